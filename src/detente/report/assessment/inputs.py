"""Every number of a dossier as a table, and which of them this answer uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from detente.design.questions.sources import Input, inputs
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier, InterestBound
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import several

SHAPES = {"pert": "low, mode, high", "normal": "mean, sd (central 95 %)", "uniform": "least, greatest"}
USED = "used in this answer"
KINDS = {
    "views": ("what a party believes of another", "what parties believe of others"),
    "types": ("number of a hidden type", "numbers of hidden types"),
    "shocks": ("number of a shock", "numbers of shocks"),
    "scenarios": ("number of a scenario", "numbers of scenarios"),
    "history": ("number of the history", "numbers of the history"),
    "price": ("price of a demand", "prices of demands"),
    "regimes": ("number of an inspection regime", "numbers of inspection regimes"),
    "false_alarms": ("rate of false alarms", "rates of false alarms"),
    "course": ("level on a course that no condition bounds", "levels on courses that no condition bounds"),
    "demands": ("bound in a preference", "bounds in preferences"),
}
"""What an unused number is, by its section or field: one of them, several."""


def listed(dossier: Dossier) -> Table:
    columns = ["input", "as written", "value", "lowest", "highest", "range given as", "unit", "source", "confidence"]
    columns.append(USED)
    rows: list[list[Cell]] = []
    bounded = _bounded(dossier)
    for item in sorted(inputs(dossier), key=lambda i: _place(dossier, i.path)):
        n = item.number
        low, high = n.range or (None, None)
        shape = SHAPES[n.shape] if n.shape else ""
        given: list[Cell] = [item.path, n.text, n.value, low, high, shape, _unit(dossier, item.path, n)]
        rows.append([*given, item.source, n.confidence, _used(dossier, item, bounded)])
    return Table.of("Every number and its source", columns, rows)


def _used(dossier: Dossier, item: Input, bounded: set[str]) -> bool:
    """Whether this answer reads a number: a course only where a condition bounds it, a preference never."""
    section, *rest = _parts(item.path)
    if section == "interests" and rest[1:2] == ["course"]:
        return rest[0] in bounded
    demand = dossier.demands.get(rest[0]) if section == "demands" and rest else None
    return item.used and (demand is None or demand.firmness != "preference")


def _bounded(dossier: Dossier) -> set[str]:
    """The interests whose level a red line, an opening position or a success level bounds."""
    demands = [d.require for d in dossier.demands.values() if d.firmness != "preference"]
    required = [*demands, *dossier.success.minimal, *dossier.success.full]
    return {r.interest for r in required if isinstance(r, InterestBound)}


def _parts(path: str) -> list[str]:
    return path.replace("[", ".").split(".")


def unused(table: Table) -> str:
    """What the dossier records that this answer does not use, in words: "5 prices of demands and 6 ..."."""
    used = table.columns.index(USED)
    counts = Counter(_kind(str(row[0])) for row in table.rows if not row[used])
    known = [f"{counts[kind]} {words[counts[kind] > 1]}" for kind, words in KINDS.items() if counts[kind]]
    return several([*known, f"{counts['']} other"] if counts[""] else known)


def _kind(path: str) -> str:
    section, *fields = _parts(path)
    if section in KINDS and section != "demands":
        return section
    return next((f for f in reversed(fields) if f in KINDS), section if section in KINDS else "")


def _place(dossier: Dossier, path: str) -> tuple[object, ...]:
    """Where a number stands in the file: by section, then by entry, then by name."""
    section, _, rest = path.partition(".")
    section = section.partition("[")[0]
    fields = list(type(dossier).model_fields)
    known = list(getattr(dossier, section, {}) or {}) if section in fields else []
    entry = rest.partition(".")[0]
    rank = known.index(entry) if entry in known else len(known)
    return (fields.index(section) if section in fields else len(fields), rank, _natural(path))


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text))


UNITS = {
    **dict.fromkeys(("takes", "delay", "confirms_in", "every", "in", "for", "response_time"), "years"),
    **dict.fromkeys(("discount", "detects", "random", "false_alarms"), "a year, continuous"),
    **dict.fromkeys(("keeps", "share", "chance", "prior", "ahead_by"), "share of 1"),
    "days": "inspector-days a year",
}
"""By the last name of a path."""


def _unit(dossier: Dossier, path: str, n: Number) -> str:
    """The unit in which value and range are given."""
    section, *fields = path.split(".")
    if n.unit and fields[-1] != "days":
        return n.unit
    return _unit_of_field(section, fields) or _unit_of_place(dossier, section, fields, n)


def _unit_of_field(section: str, fields: Sequence[str]) -> str:
    """The unit that the name of a field tells; empty where it tells none."""
    last = fields[-1]
    if "visits" in fields and (last == "detects" or "times" in fields):
        return "years" if last == "0" else "share of 1"
    if section == "shocks" and last == "rate":
        return "a year, continuous"
    return UNITS.get(last, "")


def _unit_of_place(dossier: Dossier, section: str, fields: Sequence[str], n: Number) -> str:
    """The unit of what a number belongs to: an interest, or a party's points."""
    name = fields[fields.index("effects") + 1] if section == "measures" and "effects" in fields else ""
    name = fields[0].partition("[")[0] if section == "interests" else name
    if name:
        unit = dossier.interests[name].unit if name in dossier.interests else ""
        return f"{unit} a year" if "per_year" in fields else unit
    if "stakes" in fields or n.flow:
        return "points a year"
    return "points" if section == "parties" or fields[-1] == "price" else ""
