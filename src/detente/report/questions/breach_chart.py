"""What each lapse earns its party against what its answer costs it, over time: a panel for each party."""

from __future__ import annotations

from typing import Any

from detente.design.questions.answering import Answering, Breach
from detente.libraries import altair as alt
from detente.report.kit.figure import PALETTE, Figure, Row, inline, time_axis
from detente.report.kit.panels import WHOLE, panels
from detente.report.kit.words import measure, party

MOST = 4
"""Breaches that are drawn of each party: those that come nearest to paying; the table has all."""
PANEL, HEIGHT = 396, 190
DASHED = [5, 3]
EARNS, COSTS = "the lapse earns", "its answer costs"
CAPTION = (
    "What a party would save by dropping a measure until its cure is due (whole line), and what the answer would take "
    "from it (dashed), at each moment, in points of present value then. Where the whole line is above the dashed one "
    "of its colour, the lapse pays. Without an answer of its own a breach ends the deal: then the dashed line is what "
    "that costs."
)


def breach_figure(found: Answering, run: str = "") -> Figure | None:
    """The picture; None where there is no lapse to draw."""
    rows = breach_rows(found)
    if not rows:
        return None
    said = f"{CAPTION} {found.dossier.title}; {f'run {run}' if run else 'no run recorded'}."
    return Figure("breaches", "What happens after a breach", said, _chart(found, rows), tuple(rows))


def breach_rows(found: Answering) -> list[Row]:
    """For each lapse that is drawn two rows a moment: what it earns, and what its answer costs."""
    return [row for b in _drawn(found) for row in _rows(found, b)]


def _drawn(found: Answering) -> list[Breach]:
    """Of each party the answered breaches that come nearest to paying, one a measure; without any, those that end the
    deal. In the dossier's order of parties.
    """
    chosen: list[Breach] = []
    for p in found.dossier.parties:
        mine = [b for b in found.breaches if b.party == p and b.course]
        mine = [b for b in mine if b.answer is not None] or mine  # the end of the deal is of another size
        mine.sort(key=lambda b: b.at.slack or 0.0)
        first = {b.measure: b for b in reversed(mine)}
        chosen += sorted(first.values(), key=lambda b: b.at.slack or 0.0)[:MOST]
    return chosen


def _rows(found: Answering, b: Breach) -> list[Row]:
    name = measure(found.dossier, b.measure) + ("" if b.open else " (in secret)")
    return [
        {
            "party": party(found.dossier, b.party),
            "measure": name,
            "line": line,
            "date": stage.date,
            "years": stage.years,
            "points": points,
        }
        for stage in b.course
        for line, points in ((EARNS, stage.gain), (COSTS, stage.loses))
    ]


def _chart(found: Answering, rows: list[Row]) -> Any:
    dates = [str(d) for row in rows if (d := row["date"]) is not None]
    names = list(dict.fromkeys(str(row["measure"]) for row in rows))
    colour = alt.Color(
        "measure:N",
        scale=alt.Scale(domain=names, range=[PALETTE[i % len(PALETTE)] for i in range(len(names))]),
        legend=alt.Legend(title=None, orient="top", direction="vertical", columns=1, labelLimit=700),
    )
    dash = alt.StrokeDash(
        "line:N",
        scale=alt.Scale(domain=[EARNS, COSTS], range=[list(WHOLE), DASHED]),
        legend=None,
    )

    def draw(mine: list[Row], width: int) -> Any:
        base = alt.Chart(inline([{**row, "n": i} for i, row in enumerate(mine)]))
        x = time_axis("date", domain=(min(dates), max(dates)), pixels=width)
        y = alt.Y("points:Q", title="points", axis=alt.Axis(tickCount=5, minExtent=46))
        return base.mark_line(strokeWidth=1.8).encode(x=x, y=y, order="n:Q", color=colour, strokeDash=dash)

    return panels(rows, "party", draw, width=PANEL, height=HEIGHT, columns=2)
