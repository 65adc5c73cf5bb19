"""Words, tables and figures of explain, gap, critical and frontier."""
