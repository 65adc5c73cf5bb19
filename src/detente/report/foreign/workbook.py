"""Tables as a workbook that people can sort, print and edit: real dates, readable widths, a header that stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from detente.dossier.text.cells import LONGEST
from detente.libraries import openpyxl
from detente.report.kit.table import FORMULA, Cell, Table, plain

NARROWEST, WIDEST = 8, 48
"""Characters."""
FIRST_DATE = date(1900, 3, 1)
"""The first that every spreadsheet counts alike; earlier ones are written as text."""


def write_workbook(
    tables: Mapping[str, Table], file: Path, *, shares: Collection[str] = (), exact: Collection[str] = ()
) -> None:
    """Write an .xlsx file, one sheet a table.

    Columns named in `shares` are shown in per cent; in those named in `exact` a number that a cell would round is text.
    """
    book = openpyxl.Workbook()
    for sheet in list(book.worksheets):
        book.remove(sheet)
    for name, table in tables.items():
        _fill(book.create_sheet(name), table, shares, exact)
    book.save(file)


def _fill(sheet: Any, table: Table, shares: Collection[str], exact: Collection[str]) -> None:
    for c, name in enumerate(table.columns, start=1):
        _head(sheet, c, name, [plain(row[c - 1]) for row in table.rows])
    for r, row in enumerate(table.rows, start=2):
        for c, (name, value) in enumerate(zip(table.columns, row, strict=True), start=1):
            cell = sheet.cell(r, c)
            _write(cell, plain(value) if name in exact and _rounded(value) else value)
            cell.alignment = _placing(value)
            if name in shares:
                cell.number_format = "0.##%"
    sheet.freeze_panes = "A2"
    if table.rows:
        sheet.auto_filter.ref = sheet.dimensions


def _placing(value: Cell) -> Any:
    """Texts beyond the widest column go on below."""
    return openpyxl.styles.Alignment(wrap_text=isinstance(value, str) and len(value) > WIDEST, vertical="top")


def _head(sheet: Any, column: int, name: str, texts: Sequence[str]) -> None:
    """The header of a column, and a width for all its texts."""
    cell = sheet.cell(1, column)
    _write(cell, name)
    cell.font = openpyxl.styles.Font(bold=True)
    cell.alignment = openpyxl.styles.Alignment(wrap_text=True, vertical="top")
    width = min(WIDEST, max(NARROWEST, *map(_shown, (name, *texts))) + 2)
    sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].width = width


def _shown(text: str) -> int:
    """Characters that a cell shows: numbers are not shown to their last digit."""
    try:
        float(text)
    except ValueError:
        return len(text)
    return min(len(text), 12)


def _write(cell: Any, value: Cell) -> None:
    """A date as a date, a finite number as a number, everything else as text, never as a formula."""
    if isinstance(value, date) and value >= FIRST_DATE:
        cell.value, cell.number_format = value, "yyyy-mm-dd"
    elif isinstance(value, int | float) and not isinstance(value, bool) and plain(value):
        cell.value = value
        if isinstance(value, float):
            cell.number_format = "#,##0.00"
    else:
        text = value if isinstance(value, str) else plain(value)
        text = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub(" ", text)[:LONGEST]
        if text:
            cell.value, cell.data_type = text, "s"
            cell.quotePrefix = text.startswith(FORMULA)


def _rounded(value: Cell) -> bool:
    """Whether a cell, which keeps 16 digits, would change a number."""
    return isinstance(value, float) and float(f"{value:.16g}") != value
