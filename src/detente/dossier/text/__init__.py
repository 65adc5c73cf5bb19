"""How files are opened and read, whoever asks: nothing else opens what a user names.

`contents` has the bytes, `yaml` raw documents with the place of every field, `documents` any model from them,
`sheet_files` the rows of any table or workbook; `tables`, `cells` and `sheets` make a case of sheets, and sheets of a
case. What a case means, and what must hold between its fields, is not here but beside this folder.
"""
