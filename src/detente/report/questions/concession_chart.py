"""What each way out would be worth to whom: one chart beside the table of concessions."""

from __future__ import annotations

from typing import Any

from detente.design.questions.explain import Explanation
from detente.libraries import altair as alt
from detente.report.kit.figure import DANGER, FAINT, INK, Figure, Row, colours, inline
from detente.report.kit.words import annual, number, party
from detente.report.questions.conflict_words import question_words, valued

CAPTION = (
    "The value to each party, as an annual equivalent, of the best deal that each way out opens; red: the least at "
    "which it consents. Points are each party's own."
)
WIDTH = 760
"""Pixels of all panels together."""


def concession_figure(explanation: Explanation, run: str = "") -> Figure | None:
    """The picture; None where there are not two ways out to compare."""
    rows = concession_rows(explanation)
    if len({r["way_out"] for r in rows}) < 2:
        return None
    of = f"{explanation.dossier.title}; {question_words(explanation.question, explanation.dossier)}"
    said = f"{CAPTION} {of}; {f'run {run}' if run else 'no run recorded'}."
    return Figure("concessions", "What each way out is worth", said, concession_chart(explanation, rows), tuple(rows))


def concession_rows(explanation: Explanation) -> list[Row]:
    """One row for each way out and party."""
    dossier = explanation.dossier
    return [
        {
            "way_out": i,
            "price": found.price,
            "party": party(dossier, p),
            "present": found.deal.verdict.values[p],
            "annual": annual(dossier, p, found.deal.verdict.values[p]),
        }
        for i, found in enumerate(explanation.concessions, 1)
        if found.deal.verdict is not None
        for p in valued(explanation)
    ]


def concession_chart(explanation: Explanation, rows: list[Row]) -> Any:
    """A panel for each party, a bar for each way out."""
    dossier, people = explanation.dossier, valued(explanation)
    width = round(WIDTH / len(people)) - 24
    panels = []
    for i, p in enumerate(people):
        name, body = party(dossier, p), dossier.parties[p]
        mine = [{**r, **_texts(r)} for r in rows if r["party"] == name]
        walk = body.walk_away.value if body.walk_away.flow else annual(dossier, p, body.walk_away.value)
        axis = alt.Axis(ticks=False, domain=False, labelColor=INK, labels=i == 0)
        y = alt.Y("label:N", title="way out" if i == 0 else None, sort=None, axis=axis)
        base = alt.Chart(inline(mine)).encode(y=y)
        x = alt.X("annual:Q", title="points a year", axis=alt.Axis(tickCount=3))
        drawn = alt.layer(
            base.mark_bar(height=14, opacity=0.85, color=colours(dossier)[p]).encode(x=x),
            base.mark_text(align="left", dx=4, fontSize=10, color=FAINT).encode(x="annual:Q", text="text:N"),
            alt.Chart(inline([{"x": walk}])).mark_rule(color=DANGER, strokeWidth=2).encode(x="x:Q"),
        )
        title = alt.TitleParams(name, anchor="start", fontSize=12, color=INK)
        panels.append(drawn.properties(width=width, height=26 * len(mine), title=title))
    return alt.hconcat(*panels, spacing=18)


def _texts(row: Row) -> Row:
    price, yearly = row["price"], row["annual"]
    assert isinstance(price, float | int)
    assert isinstance(yearly, float)
    return {"label": f"{row['way_out']} (price {number(price)})", "text": number(yearly)}
