"""Measurements of a balance area from a CSV file or a workbook; whatever is wrong with them comes back as Findings.

One row for each measurement. The columns are those of COLUMNS; `docs/howto/close-a-material-balance.md` explains them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import cast

from detente.dossier.places import nearest
from detente.dossier.text.contents import Unread
from detente.dossier.text.sheet_files import Line, Sheet, read_sheet
from detente.errors import DossierError, Finding
from detente.verify.balance.area import SIGNS, BalanceArea, Component, Measurement, Remeasured
from detente.verify.balance.checks import check_area

COLUMNS = {
    "period": "the number of the period from 1; of an inventory, that at whose end it was taken, 0 for the opening one",
    "date": "in place of `period`: the day, as YYYY-MM-DD; the days of inventories divide the periods",
    "location": "the key measurement point, where it was measured",
    "kind": "input, output or inventory",
    "amount_kg": "kilograms of the element or isotope that is balanced",
    "gross_kg": "kilograms in all, in place of `amount_kg` together with `assay`, or to check it",
    "assay": "the part of `gross_kg` that is balanced: 0.85, or 85 %",
    "random_sd": "relative standard deviation of an item's own error: 0.01, or 1 %",
    "systematic_sd": "relative standard deviation of the error shared within a calibration",
    "instrument": "what measured it, if several locations share it",
    "calibration": "which calibration of the instrument: the same name, the same systematic error",
    "items": "how many like items the amount is the sum of, each measured once (1)",
    "id": "an item's name; it can enter once and leave once",
    "inspector_kg": "what an inspector measured in the same items, where that was done",
    "inspector_random_sd": "relative standard deviation of the inspector's own error of an item",
    "inspector_systematic_sd": "that of the error which the inspector's measurements with an instrument share",
    "inspector_instrument": "what the inspector measured with, if several locations share it",
}
NAMES = ("location", "instrument", "calibration", "id", "inspector_instrument")
OTHER_NAMES = {"kp": "location", "kmp": "location", "inspector_amount_kg": "inspector_kg"}
NUMBERS = tuple(name for name in COLUMNS if name.endswith(("_kg", "_sd")) or name == "assay")
NEEDED = ("location", "kind", "random_sd", "systematic_sd")
MOST_ROWS, MOST_PERIODS, MOST_FINDINGS = 100_000, 400, 100
MOST_KG = 1e7
"""More than ten thousand tonnes in one measurement is no amount in kilograms."""
LEAST_SD = 1e-9
ROUNDING = 1e-3
"""How far, relatively, an amount may be from gross times assay."""
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
WITH_COMMAS = re.compile(r"[+-]?[\d., ]*,[\d., ]*([eE][+-]?\d+)?", re.ASCII)
TIME_OF_DAY = re.compile(r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$", re.ASCII)
LONGEST_NAME = 80
PRACTICE = "practice.csv"


@dataclass
class _Problems:
    """Findings as they come up, up to a bound."""

    file: str
    found: list[Finding] = field(default_factory=list)
    left_out: int = 0
    commas: int = 0
    first_comma: int = 0

    def add_comma(self, message: str, line: int) -> None:
        """One finding for all numbers with a comma, however many there are."""
        self.commas += 1
        if self.commas == 1:
            self.first_comma = len(self.found)
            self.add("number", message, "write a decimal point, and nothing between thousands", line)
        elif self.first_comma < len(self.found):
            first = self.found[self.first_comma]
            said = f"{first.message.partition(';')[0]}; {self.commas} cells have such a comma"
            self.found[self.first_comma] = replace(first, message=said)

    def add(self, code: str, message: str, remedy: str = "", line: int | None = None) -> None:
        if len(self.found) >= MOST_FINDINGS:
            self.left_out += 1
            return
        self.found.append(Finding(f"balance.{code}", "error", message, self.file, line, remedy=remedy))

    def all(self) -> tuple[Finding, ...]:
        if not self.left_out:
            return tuple(self.found)
        more = Finding("balance.more", "note", f"and {self.left_out} more", self.file, remedy="mend the first ones")
        return (*self.found, more)


def read_area(path: str | Path, *, opening_is_known: bool = False) -> tuple[BalanceArea | None, tuple[Finding, ...]]:
    """The area in a .csv or .xlsx file (first sheet whose name does not begin with _); None where there are errors."""
    place = Path(path)
    problems = _Problems(str(path))
    lines = _lines(place, problems)
    rows = _rows(lines, problems) if lines else []
    if problems.found or not rows:
        if not problems.found:
            problems.add("empty", "there are no measurements in it", "write one row for each measurement")
        return None, problems.all()
    periods, rows = _numbered(rows, problems)
    if problems.found:
        return None, problems.all()
    measurements = tuple(row.measurement for row in rows)
    area = BalanceArea(place.stem, periods, measurements, opening_is_known=opening_is_known, file=str(path))
    findings = [*check_area(area), *_repeated(lines, str(path))]
    return (None if any(f.severity == "error" for f in findings) else area), tuple(findings)


def practice_area() -> BalanceArea:
    """A made-up area to practise on: a year of monthly balances from which something is missing."""
    place = files("detente.verify").joinpath("practice", PRACTICE)
    area, findings = read_area(Path(str(place)))
    if area is None:
        raise DossierError(findings)
    return replace(area, title="Practice area (made up)", file=None)


# --- lines of a file -------------------------------------------------------------------------------------------


def _lines(place: Path, problems: _Problems) -> tuple[Line, ...]:
    """The rows of a file that say anything, the header first; none where something is wrong."""
    try:
        sheet = read_sheet(place)
    except Unread as problem:
        remedy = problem.remedy or "name a .csv or .xlsx file of measurements"
        problems.add("file", problem.finding("balance", str(place)).message, remedy)
        return ()
    if len(sheet.lines) - 1 > MOST_ROWS:
        problems.add("size", f"it has more than {MOST_ROWS:,} rows", "add up items, and give their number in `items`")
        return ()
    return _with_points(sheet).lines


def _with_points(sheet: Sheet) -> Sheet:
    names = [_name(cell) for cell in sheet.header()]
    return sheet.with_points(lambda c: c < len(names) and names[c] in NUMBERS)


# --- rows ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """A measurement whose period may still be a date."""

    measurement: Measurement
    day: date | None


def _rows(lines: tuple[Line, ...], problems: _Problems) -> list[_Row]:
    header = _header(lines[0], problems)
    if problems.found:
        return []
    rows = []
    for line in lines[1:]:
        number = line.line
        texts = [*line.cells, *[""] * (len(header) - len(line.cells))]
        for extra in (t for t in texts[len(header) :] if t):
            problems.add("column", f"{extra[:40]!r} stands in a column without a name", "name it, or empty it", number)
        if (row := _row(_Cells(dict(zip(header, texts, strict=False)), number, problems))) is not None:
            rows.append(row)
    return rows


def _header(line: Line, problems: _Problems) -> list[str]:
    """The names of the columns, those without one or beginning with _ as they are."""
    number, names = line.line, [_name(c) for c in line.cells]
    for name in names:
        if name and not name.startswith("_") and name not in COLUMNS and name != "note":
            problems.add(*_unknown_column(name), number)
    for name in sorted({n for n in names if n and names.count(n) > 1}):
        problems.add("column", f"the column {name!r} stands twice", "delete one", number)
    for name in (n for n in NEEDED if n not in names):
        problems.add("column", f"there is no column {name!r}: {COLUMNS[name]}", "add it", number)
    if ("period" in names) == ("date" in names):
        problems.add("column", "periods are told by one of the columns `period` and `date`", "have one of them", number)
    if "amount_kg" not in names and not {"gross_kg", "assay"} <= set(names):
        problems.add("column", "there is no column 'amount_kg'", "add it, or both gross_kg and assay", number)
    return names


def _unknown_column(name: str) -> tuple[str, str, str]:
    """Code, message and remedy."""
    stem = re.sub(r"[ _(\[]*(g|grams?|t|tonnes?|lb|mg)[)\]]*$", "", name)
    if stem in ("amount", "gross", "mass", "weight"):
        return "unit", f"the column {name[:40]!r} is not in kilograms", "convert it: amount_kg, gross_kg"
    remedy = f"{nearest(name, COLUMNS)}; a name that begins with _ is ignored"
    return "column", f"no column is called {name[:40]!r}", remedy


def _name(cell: str) -> str:
    """The name of a column as it is known: `Amount (kg)` is amount_kg."""
    name = cell.casefold()
    plain = re.sub(r"\s+", "_", re.sub(r"[\s_]*[(\[]\s*kg\s*[)\]]$", "_kg", name))
    plain = OTHER_NAMES.get(plain, plain)
    return plain if plain in COLUMNS else name


@dataclass
class _Cells:
    """One row of texts, read cell by cell; a problem makes the cell None and the row unusable."""

    texts: dict[str, str]
    line: int
    problems: _Problems

    def get(self, name: str) -> str:
        return self.texts.get(name, "")

    def bad(self, code: str, message: str, remedy: str) -> None:
        self.problems.add(code, message, remedy, self.line)

    def required(self, name: str) -> str:
        if not self.get(name):
            self.bad("missing", f"this row has no {name}", f"write {COLUMNS[name]}")
        return self.get(name)

    def check_name(self, name: str) -> None:
        text = self.get(name)
        if len(text) > LONGEST_NAME or not text.isprintable():
            remedy = f"write one line of {LONGEST_NAME} letters at most"
            self.bad("name", f"{name} is {text[:20]!r} …, no name", remedy)

    def number(self, name: str, text: str) -> float | None:
        if NUMBER.fullmatch(text):
            return float(text)
        if re.fullmatch(r"[+-]?[\d.]+(?:e[+-]?\d+)? *[a-z]+", text, re.IGNORECASE):
            self.bad("unit", f"{name} is {text[:40]!r}", "write the number only, in the unit of the column")
        elif WITH_COMMAS.fullmatch(text):
            self.problems.add_comma(f"{name} is {text[:40]!r}, no number", self.line)
        else:
            remedy = "paste the value in place of the formula" if text.startswith("=") else "write a number"
            self.bad("number", f"{name} is {text[:40]!r}, no number", remedy)
        return None

    def count(self, name: str, least: int, most: int, *, default: int | None) -> int | None:
        text = self.get(name)
        if not text and default is not None:
            return default
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            said = f"{name} is {text[:40]!r}" if text else f"this row has no {name}"
            self.bad("number", said, f"write a whole number from {least} to {most}")
            return None
        return int(text)

    def mass(self, name: str) -> float | None:
        text = self.get(name)
        value = self.number(name, text) if text else None
        if value is not None and value < 0:
            self.bad("negative", f"{name} is {value:g}: nothing weighs less than 0", "outputs are positive too")
            return None
        if value is not None and value > MOST_KG:
            self.bad("unit", f"{name} is {value:g}, more than {MOST_KG:g} kg", "check that it is in kilograms")
            return None
        return value

    def fraction(self, name: str) -> float | None:
        text = self.get(name)
        value = self.number(name, text.removesuffix("%").strip())
        return value / 100.0 if value is not None and text.endswith("%") else value

    def deviation(self, name: str) -> float | None:
        """A relative standard deviation."""
        value = self.fraction(name) if self.required(name) else None
        if value is not None and value < 0:
            self.bad("negative", f"{name} is {value:g}: a standard deviation is not below 0", "write 0 or more")
        elif value is not None and value >= 1:
            self.bad("unit", f"{name} is {value:g}, which is {value:.0%}", f"{value:g} % is written {value / 100:g}")
        elif value is not None and 0 < value < LEAST_SD:
            self.bad("zero_variance", f"{name} is {value:g}: nothing is measured so well", "write 0, or a larger one")
        return value


def _row(cells: _Cells) -> _Row | None:
    """The measurement of a row; None where something is wrong with it."""
    problems = cells.problems
    before = len(problems.found) + problems.left_out
    day, period = _when(cells)
    kind = _kind(cells)
    amount = _amount(cells)
    random, systematic = cells.deviation("random_sd"), cells.deviation("systematic_sd")
    items = cells.count("items", 1, MOST_ROWS * 10, default=1)
    location, again = cells.required("location"), _again(cells)
    for name in NAMES:
        cells.check_name(name)
    if kind and kind != "inventory" and period == 0 and day is None:
        cells.bad("period", "a flow belongs to a period from 1 on", "0 is for opening inventories")
    if len(problems.found) + problems.left_out > before:
        return None
    return _Row(
        Measurement(
            period=period or 0,
            location=location,
            kind=cast(Component, kind),
            amount_kg=amount or 0.0,
            random=random or 0.0,
            systematic=systematic or 0.0,
            instrument=cells.get("instrument"),
            calibration=cells.get("calibration"),
            items=items or 1,
            id=cells.get("id"),
            line=cells.line,
            again=again,
        ),
        day,
    )


def _again(cells: _Cells) -> Remeasured | None:
    """What an inspector found; None where nothing of it is filled, or something is wrong."""
    if not any(cells.get(c) for c in COLUMNS if c.startswith("inspector_")):
        return None
    cells.required("inspector_kg")
    amount = cells.mass("inspector_kg")
    random, systematic = cells.deviation("inspector_random_sd"), cells.deviation("inspector_systematic_sd")
    if amount is None or random is None or systematic is None:
        return None
    return Remeasured(amount, random, systematic, cells.get("inspector_instrument"))


def _when(cells: _Cells) -> tuple[date | None, int | None]:
    if "date" not in cells.texts:
        return None, cells.count("period", 0, MOST_PERIODS, default=None)
    if not cells.required("date"):
        return None, None
    try:
        return date.fromisoformat(TIME_OF_DAY.sub("", cells.get("date"))), None
    except ValueError:
        cells.bad("date", f"{cells.get('date')[:40]!r} is not a day", "write it as 2018-06-12")
        return None, None


def _kind(cells: _Cells) -> str:
    kind = cells.required("kind").casefold()
    if kind and kind not in SIGNS:
        cells.bad("kind", f"{kind[:40]!r} is no kind of measurement", nearest(kind, SIGNS))
        return ""
    return kind


def _amount(cells: _Cells) -> float | None:
    """As written, or gross times assay; where all three are written they must agree."""
    filled = [name for name in ("amount_kg", "gross_kg", "assay") if cells.get(name)]
    amount, gross = cells.mass("amount_kg"), cells.mass("gross_kg")
    assay = cells.fraction("assay") if "assay" in filled else None
    if not filled:
        cells.bad("missing", "this row has no amount", "write amount_kg; 0 where there was nothing")
    elif filled in (["gross_kg"], ["assay"]):
        cells.bad("missing", f"this row has {filled[0]} only", "write both gross_kg and assay, or amount_kg")
    elif assay is not None and not 0 <= assay <= 1:
        said = f"an assay of {assay:g} is impossible: it is a part, from 0 to 1"
        cells.bad("assay", said, "85 % is 0.85, or 85 %")
    elif gross is not None and amount is not None:
        _check_parts(cells, amount, gross, assay)
    elif gross is not None and assay is not None:
        return gross * assay
    return amount


def _check_parts(cells: _Cells, amount: float, gross: float, assay: float | None) -> None:
    """Whether an amount is that part of a gross weight."""
    if amount > gross * (1 + ROUNDING):
        cells.bad("assay", f"amount_kg, {amount:g}, is more than gross_kg, {gross:g}", "mend one of them")
    elif assay is not None and abs(amount - gross * assay) > ROUNDING * (gross * assay):
        said = f"amount_kg is {amount:g}, but gross_kg times assay is {gross * assay:g}"
        cells.bad("assay", said, "mend one of the three")


def _repeated(lines: tuple[Line, ...], file: str) -> Iterator[Finding]:
    """Rows that say cell by cell what an earlier one says."""
    where: dict[tuple[str, ...], list[int]] = {}
    for line in lines[1:]:
        where.setdefault(line.cells, []).append(line.line)
    for first, *others in [at for at in where.values() if len(at) > 1][:MOST_FINDINGS]:
        more = f", and so do {len(others) - 1} more" if len(others) > 1 else ""
        message = f"line {others[0]} says the same as line {first}{more}: both are counted"
        remedy = "delete one; if both were measured, give each an id or add them up, with their number in `items`"
        yield Finding("balance.repeated", "warning", message, file, others[0], remedy=remedy)


# --- periods ---------------------------------------------------------------------------------------------------


def _numbered(rows: list[_Row], problems: _Problems) -> tuple[tuple[str, ...], list[_Row]]:
    """The names of the periods, and the rows with their dates turned into periods."""
    if rows[0].day is None:
        count = max(r.measurement.period for r in rows)
        if count == 0:
            problems.add("period", "there is an opening inventory and nothing after it", "add the rows of period 1")
        return tuple(str(i) for i in range(1, count + 1)), rows
    days = sorted({r.day for r in rows if r.day is not None and r.measurement.kind == "inventory"})
    if not 2 <= len(days) <= MOST_PERIODS + 1:
        what = (
            f"inventories were taken on {len(days)} days; a balance lies between two, and {MOST_PERIODS} are the most"
        )
        problems.add("period", what, "add the opening and the closing inventory")
        return (), rows
    return tuple(d.isoformat() for d in days[1:]), [_placed(row, days, problems) for row in rows]


def _placed(row: _Row, days: list[date], problems: _Problems) -> _Row:
    """A flow of a day belongs to the period that the next inventory ends, that day included."""
    day = cast(date, row.day)
    period = bisect_left(days, day)
    if row.measurement.kind != "inventory" and not 1 <= period < len(days):
        when = "not after the first" if period == 0 else "after the last"
        what = f"{day.isoformat()} is {when} inventory, so it belongs to no balance"
        problems.add("period", what, f"inventories span {days[0]} to {days[-1]}", row.measurement.line)
    return replace(row, measurement=replace(row.measurement, period=period))
