"""Tables as people save them, CSV in its many manners or a workbook, as rows of texts. DESIGN §3.

Everything that détente reads as a table comes through here, so that one manner of saving is read everywhere: commas,
semicolons or tabs between cells, a line `sep=;` before them, UTF-8 with or without its mark, UTF-16 with it, decimal
commas where cells are not parted by commas, and .xlsx workbooks, which are known by what is in them.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import Any
from xml.etree.ElementTree import ParseError

from detente.dossier.text.cells import written
from detente.dossier.text.contents import Unread, contents
from detente.libraries import openpyxl

CSV, WORKBOOK = ".csv", ".xlsx"
MOST_BYTES = 100_000_000
"""Of a file, and of a workbook once it is unpacked."""
MOST_CELLS = 500_000
"""Of a sheet of a workbook, where a few bytes can claim a million empty cells."""
_DELIMITERS = ",;\t"
_DECLARED = re.compile(r'"?sep=([^\w\s"]|\t)"?[;,\t]*(?:\r\n|\n|\r|$)')
_IN_QUOTES = re.compile(r'"[^"]*"')
_NUMBER = re.compile(
    r"([+-]?(?=[.,]*\d)[\d.,]*\d(?:[eE][+-]?\d{1,3})?)\s*(?:(?:[^\W\d_]|[%/$€£¥°])[^\d.,]*)?", re.ASCII
)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d{1,3})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


class Formula(str):
    """The text of a formula that someone typed."""


@dataclass(frozen=True)
class Line:
    """A row that is not blank: its number in a spreadsheet, its line in the file, and the texts of its cells."""

    row: int
    line: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """The text in a column, "" where the row is shorter."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True)
class Sheet:
    """A table: its lines, blank ones left out, of which the first is the header in most."""

    name: str
    lines: tuple[Line, ...]
    delimiter: str = ","
    """What parts the cells; nothing in a workbook."""

    def header(self) -> list[str]:
        """The names of the columns, as they are written."""
        return list(self.lines[0].cells) if self.lines else []

    def with_points(self, is_number: Callable[[int], bool]) -> Sheet:
        """Decimal commas as points in some columns, where no number there is written otherwise; else as it is.

        Where each comma could as well part thousands, or commas part the cells, nothing is changed.
        """
        body = [text for line in self.lines[1:] for c, text in enumerate(line.cells) if is_number(c)]
        if self.delimiter not in (";", "\t") or not _have_decimal_commas(body):
            return self

        def pointed(c: int, text: str) -> str:
            return text.replace(",", ".") if is_number(c) and _NUMBER.fullmatch(text) else text

        body_lines = (replace(n, cells=tuple(pointed(c, t) for c, t in enumerate(n.cells))) for n in self.lines[1:])
        return replace(self, lines=(*self.lines[:1], *body_lines))


def _have_decimal_commas(texts: Iterable[str]) -> bool:
    """Whether the numbers among some texts have commas that can only be decimal ones, and no points."""
    numbers = [found[1] for text in texts if (found := _NUMBER.fullmatch(text))]
    commas = [number for number in numbers if "," in number]
    if any("." in n for n in numbers) or not all(_DECIMAL_COMMA.fullmatch(n) for n in commas):
        return False
    return not all(_THOUSANDS.fullmatch(n) for n in commas)


def is_table(path: str | FilePath) -> bool:
    """Whether a file is a table by its name."""
    return FilePath(path).suffix.casefold() in (CSV, ".tsv", WORKBOOK)


def read_sheets(path: str | FilePath) -> dict[str, Sheet]:
    """The sheets of a workbook by name, or the one table of a CSV file under the name of the file. Raises Unread."""
    file = FilePath(path)
    data = contents(file, MOST_BYTES)
    if data.startswith(b"PK") or file.suffix.casefold() == WORKBOOK:
        return {name: Sheet(name, lines, "") for name, lines in _sheets(data).items()}
    return {file.stem: csv_sheet(data, file.stem)}


def read_sheet(path: str | FilePath) -> Sheet:
    """The table of a CSV file, or the first sheet of a workbook whose name does not begin with _. Raises Unread."""
    found = next((sheet for name, sheet in read_sheets(path).items() if not name.startswith("_")), None)
    if found is None:
        raise Unread("it has no sheet to read", "let the name of the sheet to read not begin with _")
    return found


def folder_sheets(folder: str | FilePath, wanted: Callable[[str], bool]) -> dict[str, Sheet]:
    """The tables of a folder of CSV files that are wanted by name, by it. Raises Unread, for two of a name too."""
    found: dict[str, Sheet] = {}
    for file in sorted(p for p in FilePath(folder).iterdir() if is_table(p) and wanted(p.stem)):
        if file.suffix.casefold() == WORKBOOK:
            raise Unread(f"the workbook {file.name} is among its files", "name the workbook, or move it away")
        if file.stem in found:
            raise Unread(f"two of its files are tables called {file.stem!r}", "keep one of them")
        try:
            found |= read_sheets(file)
        except Unread as problem:
            raise Unread(f"{file.name}: {problem.why}", problem.remedy, problem.kind) from None
    if not found:
        raise Unread("there are no .csv files to read in it", "name a folder of tables, or a workbook")
    return found


def csv_sheet(data: bytes, name: str) -> Sheet:
    """The table of a CSV text. Raises Unread."""
    text = _decoded(data)
    declared = _DECLARED.match(text)
    start = text[declared.end() :] if declared else text
    delimiter = declared[1] if declared else _delimiter(start)
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    lines: list[Line] = []
    before = hidden = 1 if declared else 0
    try:
        for row, cells in enumerate(reader, start=1):
            if any(texts := tuple(c.strip() for c in cells)):
                lines.append(Line(row, before + 1, texts))
            before = reader.line_num + hidden
    except csv.Error as error:
        raise Unread(f"it is not CSV: {error}", "save it as CSV, with quotes round texts with commas") from None
    return Sheet(name, tuple(lines), delimiter)


def _decoded(data: bytes) -> str:
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unread("it is not UTF-8 text", "save it as CSV UTF-8, or as .xlsx") from None


def _delimiter(text: str) -> str:
    """What parts the cells of the first line that says anything; texts in quotes do not count."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = _IN_QUOTES.sub("", first)
    return max(_DELIMITERS, key=bare.count)


def _sheets(data: bytes) -> dict[str, tuple[Line, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise Unread("it is too large once unpacked", "name a smaller file", "size")
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=False, read_only=False)
        return {sheet.title: tuple(_rows(sheet)) for sheet in book.worksheets}
    except (OSError, zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException):
        raise Unread("it is not an xlsx workbook", "save it as .xlsx, or as CSV") from None
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, ParseError, RuntimeError) as error:
        # openpyxl lets these through where the parts of a workbook contradict each other
        raise Unread(f"it is a broken workbook ({type(error).__name__})", "save it anew as .xlsx") from None


def _rows(sheet: Any) -> Iterator[Line]:
    if sheet.max_row * sheet.max_column > MOST_CELLS:
        raise Unread(f"the sheet {sheet.title!r} has more than {MOST_CELLS} cells", "delete empty rows and columns")
    for row, cells in enumerate(sheet.iter_rows(), start=1):
        texts = tuple(Formula(c.value) if c.data_type == "f" else _as_text(c.value) for c in cells)
        if any(texts):
            yield Line(row, row, texts)


def _as_text(value: Any) -> str:
    """A cell of a workbook as what a person would have typed; dates that a spreadsheet made of text are text again."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return written(value) if isinstance(value, bool | int | float) else str(value).strip()


def address(row: int, column: int) -> str:
    """The name of a cell, rows counted from 1 and columns from 0: C4."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"
