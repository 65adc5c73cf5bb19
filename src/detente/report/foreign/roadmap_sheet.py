"""A plan as a spreadsheet for people: one row a step, dates as dates.

A workbook also has each party's value, every condition with its slack, progress by date, and where it all comes from.
`roadmap_reading` takes the plan back out of it.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from detente.design.questions.assessment import worths
from detente.dossier import fingerprint
from detente.dossier.grid import whole_months
from detente.dossier.schema import Dossier
from detente.model.judge.check import Slack, Verdict
from detente.model.plan import Plan, Shares, complete
from detente.model.rows.arrays import Model
from detente.report.foreign.workbook import write_workbook
from detente.report.kit.files import csv_bytes
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import expectation, leaving, measure, party, several, side, years
from detente.report.roadmap import courses
from detente.report.roadmap.steps import TimedPlan, needs, seen_by, steps_of

WORKBOOK, CSV = ".xlsx", ".csv"
SHEET = "Roadmap"
DATE, PART, MEASURE = "date", "part in force", "measure"
"""The columns that say what the plan is. All others are for people."""


def write_roadmap(
    dossier: Dossier, plan: Plan, verdict: Verdict, to: Path, provenance: Mapping[str, Any] | None = None
) -> list[Path]:
    """Write a plan as a workbook (.xlsx), its steps alone as CSV (.csv), or all sheets as CSV files in a folder.

    Returns the files written; older ones of those names are replaced.
    """
    sheets = roadmap_sheets(dossier, plan, verdict, provenance)
    to.parent.mkdir(parents=True, exist_ok=True)
    if to.suffix.lower() == WORKBOOK:
        write_workbook(sheets, to, shares={PART, *sheets["Progress"].columns[1:]}, exact={PART})
        return [to]
    if to.suffix.lower() == CSV:
        return [_write_csv(sheets[SHEET], to)]
    to.mkdir(exist_ok=True)
    return [_write_csv(table, to / f"{name.lower()}{CSV}") for name, table in sheets.items()]


def _write_csv(table: Table, file: Path) -> Path:
    file.write_bytes(csv_bytes(table))
    return file


def roadmap_sheets(
    dossier: Dossier, plan: Plan, verdict: Verdict, provenance: Mapping[str, Any] | None = None
) -> dict[str, Table]:
    """The sheets by name."""
    plan = complete(dossier, plan)
    return {
        SHEET: _steps(dossier, plan),
        "Values": _values(dossier, verdict),
        "Conditions": _conditions(dossier, verdict),
        "Progress": _progress(TimedPlan.of(dossier, plan)),
        "Provenance": _provenance(dossier, verdict, provenance or {}),
    }


# --- steps ----------------------------------------------------------------------------------------------------------


def _steps(dossier: Dossier, plan: Plan) -> Table:
    columns = [DATE, "month", "who", "what", PART, "takes", "work from", "needs", "verified by", "verified on"]
    columns += ["answers to a breach by", "phase", MEASURE]
    timed = TimedPlan.of(dossier, plan)
    work_from = {step.measure: step.work_from for step in steps_of(dossier, plan)}
    rows: list[tuple[date, list[Cell]]] = []
    for m, (name, body) in enumerate(dossier.measures.items()):
        words = [years(body.takes.value), work_from.get(name), needs(dossier, name), seen_by(dossier, name)]
        answers_to = _parties(dossier, dossier.conditional_on(name)) or "nobody"
        for day, part in parts_of(dossier, plan, name):
            first: list[Cell] = [day, _month(dossier, day), _parties(dossier, body.by), measure(dossier, name), part]
            rows.append((day, [*first, *words, _verified_on(timed, m, day), answers_to, body.phase, name]))
    return Table.of(SHEET, columns, [row for _, row in sorted(rows, key=lambda r: r[0])])


def parts_of(dossier: Dossier, plan: Plan, name: str) -> Shares:
    """When how much of a measure is in force, cumulative; () where it is not in the plan."""
    day, standing = plan.entry.get(name), dossier.state.in_force.get(name)
    if name in plan.share:
        return plan.share[name]
    return () if day is None else ((day, standing.share.value if standing else 1.0),)


def _month(dossier: Dossier, day: date) -> float:
    """Months since signature; whole where the date is on the grid."""
    years = dossier.grid.time(day)
    whole = whole_months(years)
    return round(years * 12, 1) if whole is None else whole


def _parties(dossier: Dossier, names: tuple[str, ...]) -> str:
    return several([party(dossier, p) for p in names])


def _verified_on(timed: TimedPlan, m: int, day: date) -> date | None:
    """When what enters on a date counts as verified; None for what does not enter then."""
    dossier = timed.dossier
    standing = dossier.state.in_force.get(timed.terms.facts.measures[m])
    e = -1 if standing is not None and day == standing.since else dossier.grid.index(day)
    if e is None or e not in dict(timed.timing.rises[m]):
        return None
    seen = timed.seen(m, e)
    if seen < 0 and standing is not None:
        return standing.verified or standing.since
    return dossier.grid.date_at(seen)


# --- what it is worth, and what holds it together ---------------------------------------------------------------------


def _values(dossier: Dossier, verdict: Verdict) -> Table:
    columns = ["party", "consent needed", "value", "value a year", "walks away below", "margin"]
    rows: list[list[Cell]] = []
    for p, worth in worths(Model.of(dossier), verdict).items():
        if dossier.parties[p].discount is None:
            continue
        bound: list[Cell] = [worth.walk_away, worth.gain] if worth.must_consent else [None, None]
        rows.append([party(dossier, p), worth.must_consent, worth.present, worth.annual, *bound])
    return Table.of("Values, in each party's own points", columns, rows)


def _conditions(dossier: Dossier, verdict: Verdict) -> Table:
    columns = ["condition", "party", "other party", "measure", "date", "moment", "keeping", "deviating", "slack", "met"]
    rows = [_condition(dossier, s) for s in verdict.slacks]
    return Table.of("Conditions", [*columns, "name", "note", "years from signature", "then breaks openly"], rows)


def _condition(dossier: Dossier, s: Slack) -> list[Cell]:
    people: list[Cell] = [party(dossier, p) if p else None for p in (s.party, s.other)]
    what = measure(dossier, s.measure) if s.measure else None
    kind, moment = s.kind.replace("_", " "), side(dossier, s) or None
    more: list[Cell] = [s.name, s.note or None, s.years, leaving(dossier, s)]
    return [kind, *people, what, s.date, moment, s.keep, s.deviate, s.slack, s.accepted, *more]


def _progress(timed: TimedPlan) -> Table:
    """Each link and scale at every date on which one of them changes, as shares of the whole."""
    lines = dict(_lines(timed))
    times = sorted({t for points in lines.values() for t, _ in points if t < math.inf})
    rows: list[list[Cell]] = []
    for t in times:
        rows.append([timed.dossier.grid.date_at(t), *(_at(points, t) for points in lines.values())])
    return Table.of("Progress", [DATE, *lines], rows)


def _lines(timed: TimedPlan) -> Iterator[tuple[str, courses.Points]]:
    dossier = timed.dossier
    for name in dossier.progress:
        yield f"{name.replace('_', ' ')}: verified", courses.verified(timed, name, math.inf)
    for name, link in dossier.links.items():
        title = name.replace("_", " ")
        yield f"{title}: in force", courses.in_force(timed, link.share, math.inf)
        for bound, sign, word in ((link.at_most, 1.0, "allowed"), (link.at_least, -1.0, "due")):
            if bound is not None:
                ahead = sign * link.ahead_by.value
                points = [(t, v + ahead) for t, v in courses.verified(timed, bound, math.inf)]
                yield f"{title}: {word}", [(t, min(1.0, max(0.0, v))) for t, v in points]


def _at(points: courses.Points, t: float) -> float:
    return points[bisect_right([when for when, _ in points], t) - 1][1]


def _provenance(dossier: Dossier, verdict: Verdict, given: Mapping[str, Any]) -> Table:
    rows: list[list[Cell]] = [
        ["title", dossier.title],
        ["case", dossier.id],
        ["signature", dossier.start],
        ["dossier", f"sha256:{fingerprint(dossier)}"],
        ["every condition met", verdict.satisfactory],
    ]
    if said := expectation(dossier):
        rows.append(["values", said])
    known = {row[0] for row in rows}
    rows += [[key, _cell(value)] for key, value in given.items() if key not in known]
    return Table.of("Provenance", ["what", "value"], rows)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | float | date):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
