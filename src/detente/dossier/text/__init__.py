"""How files are opened and read, whoever asks: nothing else opens what a user names.

`contents` has the bytes, `yaml` raw documents with the place of every field, `documents` any model from them,
`sheet_files` the rows of any table or workbook; `tables` and `cells` lay a case out as sheets. What a case means, what
must hold between its fields, and a case as a workbook (`dossier.sheets`) are not here but beside this folder.
"""
