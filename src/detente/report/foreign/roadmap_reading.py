"""Reading a roadmap back from a spreadsheet that people have edited: dates and parts by measure, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from detente.dossier.schema import Dossier
from detente.dossier.text.contents import Unread
from detente.dossier.text.sheet_files import Formula, Line, Sheet, address, folder_sheets, read_sheets
from detente.errors import DossierError, Finding
from detente.model.plan import Plan
from detente.report.foreign.roadmap_sheet import CSV, DATE, MEASURE, PART, SHEET


def read_roadmap(dossier: Dossier, source: str | Path) -> Plan:
    """The plan of a workbook, a CSV file, or a folder of CSV files that `write_roadmap` wrote, edited or not.

    Rows may be in any order, other columns and sheets may say anything. A measure without a row, or without a date, is
    not in the plan; a divisible one with a date and no part rises at full pace. Raises DossierError with all findings,
    each naming its cell.
    """
    path = Path(source)
    sheet = _sheet(path)
    reader = _Reader(dossier, str(path), sheet.name)
    rows = reader.rows(sheet)
    plan = reader.plan(rows)
    if plan is None:
        raise DossierError(reader.findings)
    return plan


def _sheet(path: Path) -> Sheet:
    """The table of the roadmap, under what people call it."""
    try:
        sheets = folder_sheets(path, _is_roadmap) if path.is_dir() else read_sheets(path)
    except Unread as problem:
        raise DossierError([problem.finding("sheets", str(path), "check the name")]) from None
    for name, sheet in sheets.items():
        if _is_roadmap(name) or len(sheets) == 1:
            return replace(sheet, name=_shown(name, sheet, path))
    message = f"there is no sheet {SHEET!r} in it, only {', '.join(map(repr, sheets))}"
    raise DossierError([Finding("sheets.file", "error", message, str(path), remedy=f"name a sheet {SHEET!r}")])


def _is_roadmap(name: str) -> bool:
    return name.strip().casefold() == SHEET.casefold()


def _shown(name: str, sheet: Sheet, path: Path) -> str:
    """A sheet of a workbook by its name, a CSV file by that of the file."""
    if not sheet.delimiter:
        return name
    return f"{name}{CSV}" if path.is_dir() else path.name


@dataclass(frozen=True)
class _Row:
    """What a row says: texts, empty where nothing stands."""

    number: int
    day: str
    part: str


@dataclass
class _Reader:
    """Turns cells into a plan and collects what is wrong with them."""

    dossier: Dossier
    file: str
    sheet: str
    columns: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def _cell(self, row: int, column: str) -> str:
        return f"{self.sheet}!{address(row, self.columns.get(column, 0))}"

    def _find(self, code: str, cell: str, message: str, remedy: str) -> None:
        self.findings.append(Finding(code, "error", f"{cell}: {message}", self.file, remedy=remedy))

    # --- cells ----------------------------------------------------------------------------------------------------

    def rows(self, sheet: Sheet) -> dict[str, list[_Row]]:
        """The rows of each measure."""
        if not self._has_columns(sheet):
            return {}
        found: dict[str, list[_Row]] = {}
        for line in sheet.with_points(lambda c: c == self.columns.get(PART)).lines[1:]:
            name, day, part = (self._text(line, column) for column in (MEASURE, DATE, PART))
            number = line.row
            if name:
                found.setdefault(name, []).append(_Row(number, day, part))
            elif day or part:
                remedy = "write the measure's short name, or empty the row"
                self._find("sheets.cell", self._cell(number, MEASURE), "this row has no measure", remedy)
        return found

    def _has_columns(self, sheet: Sheet) -> bool:
        """Whether the header names the columns that a plan needs; where they are is kept."""
        header = [name.casefold() for name in sheet.header()]
        self.columns = {name: header.index(name) for name in (DATE, PART, MEASURE) if name in header}
        missing = [name for name in (DATE, MEASURE) if name not in self.columns]
        if missing:
            message = f"there is no column {' and no column '.join(map(repr, missing))}"
            self._find("sheets.cell", f"{self.sheet}!A1", message, "name the columns in the first row")
        return not missing

    def _text(self, line: Line, column: str) -> str:
        at = self.columns.get(column)
        text = "" if at is None else line.cell(at)
        if isinstance(text, Formula):
            cell = self._cell(line.row, column)
            self._find("sheets.cell", cell, "this is a formula, which is not read", "write its value")
            return ""
        return text

    # --- the plan -------------------------------------------------------------------------------------------------

    def plan(self, rows: Mapping[str, list[_Row]]) -> Plan | None:
        """The plan that the rows say; None where something is wrong with them."""
        entry: dict[str, str | None] = {}
        share: dict[str, list[list[Any]]] = {}
        for name, mine in rows.items():
            if self._in_parts(name, mine):
                share[name] = [[row.day or None, self._part(row)] for row in mine]
            else:
                entry[name] = mine[0].day or None
                self._whole(name, mine)
        try:
            plan = Plan.read(self.dossier, {"entry": entry, "share": share})
        except DossierError as error:
            self.findings += [self._placed(finding, rows) for finding in error.findings]
            return None
        return None if self.findings else plan

    def _in_parts(self, name: str, mine: list[_Row]) -> bool:
        body = self.dossier.measures.get(name)
        return body is not None and body.divisible and (len(mine) > 1 or bool(mine[0].part))

    def _part(self, row: _Row) -> float:
        text = row.part.replace(" ", "")
        try:
            return float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            message = f"expected how much is in force from then on, found {row.part!r}"
            self._find("sheets.cell", self._cell(row.number, PART), message, "write a share such as 50 %")
            return 0.0

    def _whole(self, name: str, mine: list[_Row]) -> None:
        """Complain where a measure that cannot come in parts has several rows, or a part."""
        for row in mine[1:]:
            message = f"{name!r} has another row already, {mine[0].number}, and does not come in parts"
            self._find("plan.share", self._cell(row.number, MEASURE), message, "keep one of the two rows")
        standing = name in self.dossier.state.in_force or name not in self.dossier.measures
        if mine[0].part and not standing and self._part(mine[0]) != 1:
            cell = self._cell(mine[0].number, PART)
            self._find("plan.share", cell, f"{name!r} does not come in parts", "write 100 %, or empty the cell")

    def _placed(self, finding: Finding, rows: Mapping[str, list[_Row]]) -> Finding:
        """A finding about a plan, with the cell that it is about."""
        _, _, name = finding.path.partition(".")
        if name not in rows:
            return replace(finding, file=self.file)
        column = {"plan.measure": MEASURE, "plan.share": PART}.get(finding.code, DATE)
        wrong = (r for r in rows[name] if repr(r.day) in finding.message) if column == DATE else iter(rows[name])
        row = next(wrong, rows[name][0])
        return replace(finding, message=f"{self._cell(row.number, column)}: {finding.message}", file=self.file)
