"""What stands in files: YAML with the place of everything, tables and workbooks, a case as sheets. No meaning yet."""
