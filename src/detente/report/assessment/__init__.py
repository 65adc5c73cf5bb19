"""The report of an assessment: its story, tables, figures and page."""
