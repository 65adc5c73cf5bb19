"""What it rests on that a plan is kept, as a director reads it. ANSWERS R4, R8, §2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from detente.design.questions.footing import LEFT_OUT, Footing
from detente.design.questions.walkouts import MOST, Walkout
from detente.dossier.schema import Dossier
from detente.model.judge.check import Slack
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import measure, number, party, percent, several, when, years
from detente.report.roadmap.conditions import margin

GIVES_WAY = {
    "consent": "no longer consents",
    "breakout": "would rather break out",
    "covert": "would rather cheat",
    "lapse": "would rather drop something for a while",
    "never": "would rather drop something for good",
    "forgive": "would rather forgive than answer",
    "exposure": "is exposed beyond its limit",
    "secret_exposure": "is exposed beyond its limit",
}
"""What a party does where a condition of a kind fails."""


def footing_said(dossier: Dossier, found: Footing) -> tuple[str, ...]:
    """What a plan rests on, in a few sentences."""
    return tuple(_said(dossier, found))


def _said(dossier: Dossier, found: Footing) -> Iterator[str]:
    yield from _fear(dossier, found)
    yield from _walking_out(dossier, found.walkouts)
    yield from _forgiving(dossier, found.forgive)
    for p in found.empty:
        yield (
            f"A breach by {party(dossier, p)} would stop nothing that another party is glad to stop, and nothing would "
            "fall with it: as a threat that is empty."
        )
    if found.first_false_alarm is not None:
        every = years(_rough(found.first_false_alarm))
        yield f"Once all of it stands, the first false alarm is to be expected after {every}."
    yield from found.left_out[len(LEFT_OUT) :]


def _rough(x: float) -> float:
    """Two significant figures."""
    return float(f"{x:.2g}")


def _points(x: float) -> str:
    return number(_rough(x))


def _share(x: float) -> str:
    return percent(_rough(x))


def _fear(dossier: Dossier, found: Footing) -> Iterator[str]:
    """How much of the thinnest margin is fear of the deal's end."""
    if found.least is None or found.least.row.slack is None:
        return
    row, who = found.least.row, party(dossier, found.least.row.party)
    slack, cost, back = found.least.row.slack, row.from_collapse_cost or 0.0, row.from_no_deal or 0.0
    told = f"The thinnest margin is {who}’s {when(dossier, row)}: {margin(row)} points."
    if not cost and not back:
        yield f"{told} No part of it is fear of the deal’s end."
    elif found.least.from_collapse_cost is None or found.least.from_no_deal is None:
        yield f"{told} The cost of collapse counts {_points(cost)} in it, the losses of no deal {_points(back)}."
    else:
        rest = slack - cost - back
        without = f"{_points(rest)} points would be left" if rest > 0 else "there would be none"
        yield (
            f"{told} Its cost of collapse makes {_share(found.least.from_collapse_cost)} of it and the losses of no "
            f"deal that would return {_share(found.least.from_no_deal)}: without both {without}."
        )


def _walking_out(dossier: Dossier, walkouts: Sequence[Walkout]) -> Iterator[str]:
    """How likely parties may be to walk out."""
    if any(w.flips == 0 for w in walkouts):
        yield "It is not kept even if nobody more walks out than the case’s dated exits have it."
    broken = sorted(((w.flips, w.party) for w in walkouts if w.flips), key=lambda found: found[0])
    if each := [f"{party(dossier, p)} {_share(chance)}" for chance, p in broken]:
        alone = ", each by itself" if len(each) > 1 else ""
        this = f"{several(each, 'or')}{alone}"
        yield f"It is no longer kept once a party is this likely to walk out within a year: {this}."
    if firm := [party(dossier, w.party) for w in walkouts if w.tried and w.flips is None]:
        yield f"However likely it is, up to {percent(MOST)} a year, that {several(firm, 'or')} walks out, it is kept."


def _forgiving(dossier: Dossier, rows: Sequence[Slack]) -> Iterator[str]:
    """Which threats an answerer would rather not carry out."""
    hollow = [r for r in rows if (r.slack or 0.0) > 0]
    if not rows:
        return
    if not hollow:
        yield "Nobody would rather forgive the breach of any single step for ever than end the deal over it."
        return
    worst, dropped = hollow[0], measure(dossier, hollow[0].measure)
    yield (
        f"That the deal would be ended over a single step is hard to believe in {len(hollow)} of {len(rows)} cases (a "
        f"step, and a party that would answer its breach): at the worst moment that party would rather forgive the "
        f"breach for ever. Most of all {party(dossier, worst.party)}, if {party(dossier, worst.other)} dropped "
        f"“{dropped}” {when(dossier, worst)}: by {_points(worst.slack or 0.0)} points."
    )


# --- tables --------------------------------------------------------------------------------------------------------


def footing_tables(dossier: Dossier, found: Footing) -> dict[str, Table]:
    """Who may walk out how often; whose threats against whom are hollow, summed up and step by step."""
    return {
        "walkouts": _walkouts(dossier, found.walkouts),
        "threats": _threats(dossier, found.forgive),
        "forgiving": _each(dossier, found.forgive),
    }


def _walkouts(dossier: Dossier, walkouts: Sequence[Walkout]) -> Table:
    columns = ["party", "stated, % a year", "no longer kept from, % a year", "what gives way first", "on"]
    rows: list[list[Cell]] = []
    for w in sorted(walkouts, key=lambda w: 2.0 if w.flips is None else w.flips):
        kind, who, on = w.then or (None, None, None)
        stated = None if w.stated is None else _rough(100 * w.stated)
        least = None if w.flips is None else _rough(100 * w.flips)
        what = "kept in any case" if w.tried else "not worked out"
        if kind is not None:
            what = f"{party(dossier, who)} {GIVES_WAY[kind]}"
        rows.append([party(dossier, w.party), stated, least, what, date.fromisoformat(on) if on else None])
    return Table.of("How likely each party may be to walk out", columns, rows)


def _threats(dossier: Dossier, rows: Sequence[Slack]) -> Table:
    columns = ["breach by", "answered by", "steps", "rather forgiven", "most, points", "the step", "on"]
    pairs: dict[tuple[str | None, str | None], list[Slack]] = {}
    for row in rows:
        pairs.setdefault((row.other, row.party), []).append(row)
    told: list[list[Cell]] = []
    for (p, q), mine in pairs.items():
        worst, hollow = mine[0], sum((r.slack or 0.0) > 0 for r in mine)
        names: list[Cell] = [party(dossier, p), party(dossier, q), len(mine), hollow]
        told.append([*names, _rough(worst.slack or 0.0), measure(dossier, worst.measure), worst.date])
    return Table.of("Who would rather forgive a single breach for ever", columns, told)


def _each(dossier: Dossier, rows: Sequence[Slack]) -> Table:
    columns = ["step", "dropped by", "answered by", "rather forgiven", "by, points", "most on"]
    told: list[list[Cell]] = [
        [
            measure(dossier, r.measure),
            party(dossier, r.other),
            party(dossier, r.party),
            (r.slack or 0.0) > 0,
            _rough(r.slack or 0.0),
            r.date,
        ]
        for r in rows
    ]
    return Table.of("Each step, and who would rather forgive its breach than end the deal", columns, told)


def left_out_said() -> str:
    """What the deviations cover and leave out, as one paragraph."""
    return " ".join(LEFT_OUT)
