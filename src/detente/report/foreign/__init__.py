"""Plans in formats that other programs read, and back from spreadsheets: Gambit, calendars, workbooks. INTEROP.

Cases of other programs are read and written by `dossier.foreign`.
"""
