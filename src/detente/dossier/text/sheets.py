"""Dossiers as spreadsheets: a workbook, or a folder of CSV files, that a person can edit and that lose nothing.

One sheet for each kind of thing, one row for each thing, a field's description as a comment on its header. Sheets whose
name begins with _ are ignored, so notes have a place. Text never runs as a formula.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import Any
from xml.etree.ElementTree import ParseError

from detente.dossier import shape
from detente.dossier.files import judged_document
from detente.dossier.places import nearest
from detente.dossier.schema import Dossier
from detente.dossier.text.cells import JSON, LIST, LONGEST, written
from detente.dossier.text.tables import LAYOUTS, REST, Layout, Reading, Row, Table, from_tables, to_tables
from detente.errors import DossierError, Finding

MAX_UNPACKED_BYTES = 100_000_000
MAX_CELLS = 500_000
_SHEETS = {layout.name: layout for layout in (REST, *LAYOUTS)}
_NUMBER_COLUMNS = ("value", "low", "mode", "high", "source", "confidence")
Grid = list[tuple[Any, ...]]


def to_xlsx(dossier: Dossier, path: str | FilePath) -> None:
    """Write a workbook. Raises DossierError where a text is longer than a cell can hold."""
    from openpyxl import Workbook

    tables = _tables(dossier)
    book = Workbook()
    for sheet in list(book.worksheets):
        book.remove(sheet)
    for table in tables:
        _fill(book.create_sheet(table.layout.name), table)
    book.save(path)


def to_csv(dossier: Dossier, folder: str | FilePath) -> None:
    """Write a folder of CSV files (UTF-8), one for each sheet that has rows; older ones of those names are replaced."""
    folder = FilePath(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for table in _tables(dossier):
        file = folder / f"{table.layout.name}.csv"
        file.unlink(missing_ok=True)
        if table.rows:
            with file.open("w", encoding="utf-8-sig", newline="") as stream:
                csv.writer(stream).writerows(_grid(table))


def from_xlsx(path: str | FilePath) -> Dossier:
    """The dossier of a workbook. Raises DossierError with all findings, each naming its sheet and cell."""
    return _dossier(FilePath(path), workbook_cells(FilePath(path)), "{sheet}!{cell}")


def from_csv(folder: str | FilePath) -> Dossier:
    """The dossier of a folder of CSV files. Raises DossierError with all findings, each naming its file and cell."""
    return _dossier(FilePath(folder), _csv_folder(FilePath(folder)), "{sheet}.csv!{cell}")


def _tables(dossier: Dossier) -> list[Table]:
    tables = to_tables(dict(dossier.document))
    for table in tables:
        for row in table.rows:
            for text in (*row.keys, *row.cells.values()):
                if len(text) > LONGEST:
                    message = (
                        f"a text of {len(text)} characters does not fit into a cell of the sheet {table.layout.name!r}"
                    )
                    raise DossierError([Finding("sheets.too_long", "error", message, remedy="shorten it to 32,000")])
    return tables


def _columns(table: Table) -> list[str]:
    """The columns in use; for an empty sheet those that it could have."""
    if table.layout is REST:
        return ["value"]
    if table.layout.pair and not table.rows:
        return list(table.layout.pair)
    path = tuple(0 if step == "#" else step for step in table.layout.pattern)
    model = shape.model_at(path)
    numbers = list(_NUMBER_COLUMNS) if model is not None and model.__name__ == "Number" else []
    if table.rows:
        return list(dict.fromkeys([*numbers, *table.columns]))
    return numbers or (shape.known_fields(model) if model else ["value"])


def _grid(table: Table) -> Iterator[list[str]]:
    """The table as rows of texts, header first."""
    columns = _columns(table)
    yield [*table.layout.keys, *columns]
    for row in table.rows:
        yield [*row.keys, *(row.cells.get(c, "") for c in columns)]


def _fill(sheet: Any, table: Table) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font

    for r, texts in enumerate(_grid(table), start=1):
        for c, text in enumerate(texts, start=1):
            if text != "":
                _write(sheet.cell(r, c), text, header=r == 1 or c <= len(table.layout.keys))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        if note := _description(table.layout, str(cell.value)):
            cell.comment = Comment(note, "détente")
    sheet.freeze_panes = sheet.cell(2, len(table.layout.keys) + 1)


def _write(cell: Any, text: str, *, header: bool) -> None:
    """A number as a number where that is exact, everything else as text, never as a formula."""
    number = None if header else _exact_number(text)
    cell.value = text if number is None else number
    if number is None:
        cell.data_type = "s"


def _exact_number(text: str) -> int | float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    if text.lstrip("-").isdigit() and abs(value) < 1e15 and text == str(int(text)):
        return int(text)
    return value if text == repr(value) and float(f"{value:.16g}") == value and abs(value) < 1e300 else None


def _description(layout: Layout, column: str) -> str:
    """What the schema says of a column."""
    path = tuple(0 if step == "#" else step for step in layout.pattern)
    name = column.removesuffix(LIST).removesuffix(JSON)
    return shape.description_at((*path, *name.split("."))) or ""


def workbook_cells(path: FilePath) -> dict[str, Grid]:
    """The cells of every sheet. Raises DossierError where the file is no workbook."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise _unreadable(path, "it is too large for a dossier")
        book = load_workbook(path, data_only=False, read_only=False)
        return {sheet.title: _plain_cells(sheet, path) for sheet in book.worksheets}
    except (OSError, zipfile.BadZipFile, InvalidFileException) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or "it is not an xlsx workbook") from None
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, ParseError, RuntimeError) as error:
        # openpyxl lets these through where the parts of a workbook contradict each other
        raise _unreadable(path, f"it is a broken workbook ({type(error).__name__})") from None


def _plain_cells(sheet: Any, path: FilePath) -> Grid:
    if sheet.max_row * sheet.max_column > MAX_CELLS:
        raise _unreadable(path, f"the sheet {sheet.title!r} has more than {MAX_CELLS} cells")
    return [tuple(Formula(c.value) if c.data_type == "f" else c.value for c in row) for row in sheet.iter_rows()]


class Formula(str):
    """The text of a formula that someone typed."""


def _csv_folder(folder: FilePath) -> dict[str, Grid]:
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise _unreadable(folder, "there are no .csv files in it")
    return {file.stem: csv_cells(file) for file in files}


def csv_cells(file: FilePath) -> Grid:
    """The cells of a CSV file (UTF-8). Raises DossierError where it is none."""
    try:
        if file.stat().st_size > MAX_UNPACKED_BYTES:
            raise _unreadable(file, "it is too large for a dossier")
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return [tuple(row) for row in csv.reader(stream, strict=True)]
    except UnicodeDecodeError:
        raise _unreadable(file, "it is not UTF-8 text") from None
    except (OSError, csv.Error) as error:
        raise _unreadable(file, str(getattr(error, "strerror", None) or error)) from None


def _unreadable(path: FilePath, why: str) -> DossierError:
    return DossierError([Finding("sheets.file", "error", f"cannot read it: {why}", str(path))])


def _dossier(path: FilePath, sheets: dict[str, Grid], name_of_cell: str) -> Dossier:
    reading = Reading(str(path))
    tables = {name: _table(name, grid, reading, name_of_cell) for name, grid in _known(sheets, reading).items()}
    headers = {name: [str(h) for h in sheets[name][0]] if sheets[name] else [] for name in tables}

    def cell(sheet: str, row: Row, column: str) -> str:
        names = headers[sheet]
        at = names.index(column) if column in names else 0
        return name_of_cell.format(sheet=sheet, cell=address(row.number, at))

    from_tables(tables, reading, cell)
    dossier, findings = judged_document(reading.document, str(path), reading.findings)
    if dossier is None:
        raise DossierError([_with_cell(f, reading) for f in findings])
    return dossier


def _known(sheets: dict[str, Grid], reading: Reading) -> dict[str, Grid]:
    found = {name: grid for name, grid in sheets.items() if not name.startswith("_")}
    for name in [n for n in found if n not in _SHEETS]:
        message = f"there is no place for a sheet {name!r}"
        remedy = f"{nearest(name, _SHEETS)}; or let its name begin with _ to have it ignored"
        reading.findings.append(Finding("sheets.unknown_sheet", "error", message, reading.file, remedy=remedy))
        del found[name]
    return found


def _table(name: str, grid: Grid, reading: Reading, name_of_cell: str) -> Table:
    """A sheet as a table of texts; blank rows are skipped."""
    layout = _SHEETS[name]
    table = Table(layout)
    if not grid:
        return table
    header, width = [as_text(h) for h in grid[0]], len(layout.keys)
    if tuple(header[:width]) != layout.keys or len(set(filter(None, header))) < len(list(filter(None, header))):
        wanted = f"begin with {', '.join(layout.keys)} and repeat none" if width else "repeat none"
        reading.complain(name_of_cell.format(sheet=name, cell="A1"), f"the headers must {wanted}", "mend the headers")
        return table
    for number, values in enumerate(grid[1:], start=2):

        def place(column: int, row: int = number) -> str:
            return name_of_cell.format(sheet=name, cell=address(row, column))

        texts = [_cell_text(v, reading, place, c) for c, v in enumerate(values)]
        if any(texts):
            _add_row(table, header, texts, number, reading, place)
    return table


def _add_row(
    table: Table, header: list[str], texts: list[str], number: int, reading: Reading, place: Callable[[int], str]
) -> None:
    width = len(table.layout.keys)
    for c, text in enumerate(texts):
        if text and (c >= len(header) or not header[c]):
            reading.complain(place(c), "this column has no header", "name the column, or empty it")
    if not all(texts[:width]):
        reading.complain(place(0), f"this row has no {table.layout.keys[texts[:width].index('')]}", "name it")
        return
    pairs = zip(header[width:], texts[width:], strict=False)
    table.rows.append(Row(tuple(texts[:width]), {h: t for h, t in pairs if t and h}, number))


def _cell_text(value: Any, reading: Reading, place: Callable[[int], str], column: int) -> str:
    if isinstance(value, Formula):
        reading.complain(place(column), "this is a formula, which is not read", "write its value")
        return ""
    return as_text(value)


def as_text(value: Any) -> str:
    """A cell as the text that `cells.read` takes; dates that the spreadsheet made of text become text again."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return written(value) if isinstance(value, bool | int | float) else str(value)


def address(row: int, column: int) -> str:
    """The name of a cell, rows counted from 1 and columns from 0: C4."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _with_cell(finding: Finding, reading: Reading) -> Finding:
    """A finding of the dossier, with the cell in its message."""
    parts = finding.path.split(".") if finding.path else []
    for n in range(len(parts), 0, -1):
        if cell := reading.cells.get(".".join(parts[:n])):
            return replace(finding, message=f"{cell}: {finding.message}")
    return finding


def sheet_names() -> Iterable[str]:
    """The sheets of a workbook, in order."""
    return tuple(_SHEETS)
