"""Dossiers as spreadsheets: a workbook, or a folder of CSV files, that a person can edit and that lose nothing.

One sheet for each kind of thing, one row for each thing, a field's description as a comment on its header. Sheets whose
name begins with _ are ignored, so notes have a place. Text never runs as a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from detente.dossier import shape
from detente.dossier.files import judged_document
from detente.dossier.places import Path, nearest
from detente.dossier.quantities import NUMBER_FIELDS, Number
from detente.dossier.schema import Dossier
from detente.dossier.text.cells import JSON, LIST, LONGEST
from detente.dossier.text.contents import Unread
from detente.dossier.text.sheet_files import Formula, Sheet, address, folder_sheets, read_sheets
from detente.dossier.text.tables import (
    ITEM,
    LAYOUTS,
    REST,
    Layout,
    TabledDocument,
    TextRow,
    TextTable,
    from_tables,
    to_tables,
)
from detente.errors import DossierError, Finding
from detente.libraries import openpyxl

_SHEETS = {layout.name: layout for layout in (REST, *LAYOUTS)}
_NUMBER_COLUMNS = ("value", "low", "mode", "high", "source", "confidence")


def to_xlsx(dossier: Dossier, path: str | FilePath) -> None:
    """Write a workbook. Raises DossierError where a text is longer than a cell can hold."""
    tables = _tables(dossier)
    book = openpyxl.Workbook()
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
    return _dossier(FilePath(path), "{sheet}!{cell}")


def from_csv(folder: str | FilePath) -> Dossier:
    """The dossier of a folder of CSV files. Raises DossierError with all findings, each naming its file and cell."""
    return _dossier(FilePath(folder), "{sheet}.csv!{cell}")


def _tables(dossier: Dossier) -> list[TextTable]:
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


def _columns(table: TextTable) -> list[str]:
    """The columns in use; for an empty sheet those that it could have."""
    if table.layout is REST:
        return ["value"]
    if table.layout.pair and not table.rows:
        return list(table.layout.pair)
    path = tuple(0 if step == "#" else step for step in table.layout.pattern)
    model = shape.model_at(path)
    numbers = list(_NUMBER_COLUMNS) if model is Number else []
    if table.rows:
        return list(dict.fromkeys([*numbers, *table.columns]))
    return numbers or (shape.known_fields(model) if model else ["value"])


def _grid(table: TextTable) -> Iterator[list[str]]:
    """The table as rows of texts, header first."""
    columns = _columns(table)
    yield [*table.layout.keys, *columns]
    for row in table.rows:
        yield [*row.keys, *(row.cells.get(c, "") for c in columns)]


def _fill(sheet: Any, table: TextTable) -> None:
    for r, texts in enumerate(_grid(table), start=1):
        for c, text in enumerate(texts, start=1):
            if text != "":
                _write(sheet.cell(r, c), text, header=r == 1 or c <= len(table.layout.keys))
    for cell in sheet[1]:
        cell.font = openpyxl.styles.Font(bold=True)
        if note := _description(table.layout, str(cell.value)):
            cell.comment = openpyxl.comments.Comment(note, "détente")
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


def _sheets_of(path: FilePath) -> dict[str, Sheet]:
    try:
        return folder_sheets(path, _is_read) if path.is_dir() else read_sheets(path)
    except Unread as problem:
        raise DossierError([problem.finding("sheets", str(path), "check the name")]) from None


def _is_read(name: str) -> bool:
    return not name.startswith("_")


def _dossier(path: FilePath, name_of_cell: str) -> Dossier:
    tabled = TabledDocument(str(path))
    known = _known(_sheets_of(path), tabled)
    headers = {name: _header(_SHEETS[name], sheet) for name, sheet in known.items()}
    tables = {n: _table(_SHEETS[n], sheet, headers[n], tabled, name_of_cell) for n, sheet in known.items()}

    def cell(sheet: str, row: TextRow, column: str) -> str:
        names = headers[sheet]
        at = names.index(column) if column in names else 0
        return name_of_cell.format(sheet=sheet, cell=address(row.number, at))

    from_tables(tables, tabled, cell)
    dossier, findings = judged_document(tabled.document, str(path), tabled.findings)
    if dossier is None:
        raise DossierError([_with_cell(f, tabled) for f in findings])
    return dossier


def _known(sheets: dict[str, Sheet], tabled: TabledDocument) -> dict[str, Sheet]:
    """The sheets that have a place, under the names that they have here."""
    found: dict[str, Sheet] = {}
    for name, sheet in sheets.items():
        if not _is_read(name):
            continue
        known = name.strip().casefold()
        if known in _SHEETS and known not in found:
            found[known] = sheet
            continue
        message = f"a second sheet {known!r}" if known in found else f"there is no place for a sheet {name!r}"
        near = "keep one of them" if known in found else nearest(name, _SHEETS)
        remedy = f"{near}; or let its name begin with _ to have it ignored"
        tabled.findings.append(Finding("sheets.unknown_sheet", "error", message, tabled.file, remedy=remedy))
    return found


def _header(layout: Layout, sheet: Sheet) -> list[str]:
    """The names of the columns as they are known here: Takes.Low is takes.low."""
    return [_column(layout, name) for name in sheet.header()]


def _column(layout: Layout, name: str) -> str:
    """The name of a column as the fields of its table are spelt, whatever the case of its letters."""
    plain = [*layout.keys, *(layout.pair or ()), "value"]
    if name.casefold() in plain:
        return name.casefold()
    kind = next((end for end in (LIST, JSON) if name.endswith(end)), "")
    path: Path = tuple(0 if step == ITEM else step for step in layout.pattern)
    for part in name.removesuffix(kind).split("."):
        fields = _fields_at(path)
        path = (*path, part if part in fields or part.casefold() not in fields else part.casefold())
    return ".".join(str(part) for part in path[len(layout.pattern) :]) + kind


def _fields_at(path: Path) -> list[str]:
    """The fields that may stand below a path; those of a number where it may be written as one."""
    fields = [field for model in shape.models_at(path) for field in shape.known_fields(model)]
    return fields or ([] if shape.is_named_by_people(path) else [*NUMBER_FIELDS])


def _table(layout: Layout, sheet: Sheet, header: list[str], tabled: TabledDocument, name_of_cell: str) -> TextTable:
    """A sheet as a table of texts."""
    table, width = TextTable(layout), len(layout.keys)
    if not sheet.lines:
        return table
    named = [name for name in header if name]
    if tuple(header[:width]) != layout.keys or len(set(named)) < len(named):
        wanted = f"begin with {', '.join(layout.keys)} and repeat none" if width else "repeat none"
        first = name_of_cell.format(sheet=layout.name, cell=address(sheet.lines[0].row, 0))
        tabled.complain(first, f"the headers must {wanted}", "mend the headers")
        return table
    for line in sheet.with_points(lambda c: _holds_numbers(header[c : c + 1], width, c)).lines[1:]:

        def place(column: int, row: int = line.row) -> str:
            return name_of_cell.format(sheet=layout.name, cell=address(row, column))

        texts = [_cell_text(line.cell(c), tabled, place, c) for c in range(max(len(header), len(line.cells)))]
        if any(texts):
            _add_row(table, header, texts, line.row, tabled, place)
    return table


def _holds_numbers(name: list[str], width: int, column: int) -> bool:
    return column >= width and bool(name) and not name[0].endswith((LIST, JSON))


def _add_row(
    table: TextTable,
    header: list[str],
    texts: list[str],
    number: int,
    tabled: TabledDocument,
    place: Callable[[int], str],
) -> None:
    width = len(table.layout.keys)
    for c, text in enumerate(texts):
        if text and (c >= len(header) or not header[c]):
            tabled.complain(place(c), "this column has no header", "name the column, or empty it")
    if not all(texts[:width]):
        empty = texts[:width].index("")
        tabled.complain(place(empty), f"this row has no {table.layout.keys[empty]}", "name it")
        return
    pairs = zip(header[width:], texts[width:], strict=False)
    table.rows.append(TextRow(tuple(texts[:width]), {h: t for h, t in pairs if t and h}, number))


def _cell_text(text: str, tabled: TabledDocument, place: Callable[[int], str], column: int) -> str:
    if isinstance(text, Formula):
        tabled.complain(place(column), "this is a formula, which is not read", "write its value")
        return ""
    return text


def _with_cell(finding: Finding, tabled: TabledDocument) -> Finding:
    """A finding of the dossier, with the cell in its message."""
    parts = finding.path.split(".") if finding.path else []
    for n in range(len(parts), 0, -1):
        if cell := tabled.cells.get(".".join(parts[:n])):
            return replace(finding, message=f"{cell}: {finding.message}")
    return finding


def sheet_names() -> Iterable[str]:
    """The sheets of a workbook, in order."""
    return tuple(_SHEETS)
