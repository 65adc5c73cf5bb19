"""Plans in formats that other programs read: Gambit, calendars, spreadsheets. INTEROP, DESIGN §8."""
