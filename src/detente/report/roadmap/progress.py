"""What each party gets, and what changes on the ground: values, relief against verified progress, interests."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from detente.design.questions.assessment import Assessment
from detente.dossier.quantities import ROUNDING
from detente.dossier.schema import Interest
from detente.libraries import altair as alt
from detente.model import levels
from detente.report.kit.figure import DANGER, FAINT, INK, Row, colours, inline, time_axis
from detente.report.kit.panels import WHOLE, Stroke, panels, told_apart
from detente.report.kit.words import annual, interest, number, party
from detente.report.roadmap import courses
from detente.report.roadmap.steps import TimedPlan, horizon, time_domain

GIVEN, ALLOWED, DUE, DONE = "given", "allowed by verified progress", "due for verified progress", "verified"
KEPT, NO_DEAL = "with the deal", "without a deal"
LEAST, MOST = "least possible", "most possible"
WIDE, NARROW = 420, 246
"""Pixels of a panel, two or three in a row."""


def value_rows(assessment: Assessment) -> list[Row]:
    """Each party's value of the shown plan a year, and the value at which it would walk away."""
    dossier = assessment.dossier
    return [
        {
            "party": party(dossier, p),
            "annual": worth.annual,
            "walk_away_annual": annual(dossier, p, worth.walk_away),
            "present": worth.present,
            "walk_away": worth.walk_away,
            "must_consent": worth.must_consent,
            "colour": colours(dossier)[p],
        }
        for p, worth in assessment.values.items()
        if dossier.parties[p].discount is not None
    ]


def value_chart(rows: list[Row]) -> Any:
    """A bar for each party, a red tick where it would walk away."""
    data = [{**r, "label": _label(r), "text": f"{number(r['annual'])} a year"} for r in rows]  # type: ignore[arg-type]
    y = alt.Y(
        "label:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, labelColor=INK, ticks=False, domain=False)
    )
    base = alt.Chart(inline(data)).encode(y=y)
    return alt.layer(
        base.mark_bar(height=18, opacity=0.85).encode(
            x=alt.X("annual:Q", title="stake points a year (each party's own)"), color=alt.Color("colour:N", scale=None)
        ),
        base.mark_tick(color=DANGER, thickness=3, height=26).encode(x="walk_away_annual:Q"),
        base.mark_text(align="left", dx=6, fontSize=11, color=FAINT).encode(x="annual:Q", text="text:N"),
    ).properties(width=680, height=alt.Step(34))


def _label(row: Row) -> str:
    return str(row["party"]) if row["must_consent"] else f"{row['party']} (need not consent)"


def progress_rows(assessment: Assessment) -> list[Row]:
    """For each link what is given and what verified progress allows; for scales in no link what is verified."""
    if assessment.plan is None:
        return []
    dossier = assessment.dossier
    timed = TimedPlan.of(dossier, assessment.plan)
    until = horizon(assessment)
    rows: list[Row] = []
    linked: set[str] = set()
    for name, link in dossier.links.items():
        title = name.replace("_", " ")
        given = courses.in_force(timed, link.share, until)
        rows += _stepwise(timed, title, GIVEN, given)
        for bound, sign, label in ((link.at_most, 1.0, ALLOWED), (link.at_least, -1.0, DUE)):
            if bound is not None:
                slack = sign * link.ahead_by.value
                points = [(t, v + slack) for t, v in courses.verified(timed, bound, until)]
                rows += _stepwise(timed, title, label, points)
                linked |= {bound} if isinstance(bound, str) else set()
        linked |= {link.share} if isinstance(link.share, str) else set()
    for name in dossier.progress:
        if name not in linked:
            rows += _stepwise(timed, name.replace("_", " "), DONE, courses.verified(timed, name, until))
    return rows


def _stepwise(timed: TimedPlan, title: str, line: str, points: courses.Points) -> list[Row]:
    grid = timed.dossier.grid
    return [{"scale": title, "line": line, "date": grid.date_at(t), "share": max(0.0, v)} for t, v in points]


def progress_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """A panel for each link or scale: steps over time, in per cent."""
    blue = "#0072b2"
    looks: dict[str, Stroke] = {
        GIVEN: ("#d55e00", WHOLE),
        ALLOWED: (blue, [5, 3]),
        DUE: (blue, [2, 2]),
        DONE: (INK, WHOLE),
    }
    lines = told_apart("line", {n: look for n, look in looks.items() if any(r["line"] == n for r in rows)})
    axis, scale = alt.Axis(format="%", tickCount=5, minExtent=38), alt.Scale(domainMin=0)

    def draw(mine: list[Row], width: int) -> Any:
        chart = alt.Chart(inline([{**r, "n": i} for i, r in enumerate(mine)]))
        return chart.mark_line(interpolate="step-after", strokeWidth=2).encode(
            x=time_axis("date", domain=time_domain(assessment), pixels=width),
            y=alt.Y("share:Q", title=None, axis=axis, scale=scale),
            order="n:Q",
            **lines,
        )

    return panels(rows, "scale", draw, width=WIDE, height=170, columns=2)


def interest_rows(assessment: Assessment) -> list[Row]:
    """Levels with and without the deal, and their bounds, of the interests whose course without a deal is known."""
    if assessment.plan is None:
        return []
    dossier = assessment.dossier
    timed = TimedPlan.of(dossier, assessment.plan)
    until = horizon(assessment)
    rows: list[Row] = []
    for name, body in dossier.interests.items():
        if body.course:
            title = f"{interest(dossier, name)}\n{body.unit}"
            kept = courses.with_deal(name, timed, until)
            times = sorted({t for t, _ in kept})
            alone = _bends([(t, levels.without_deal(dossier, name, t)) for t in times])
            lines = [(KEPT, kept), (NO_DEAL, alone)]
            for label, bound in _bounds(body):
                if _near(bound, kept + alone):
                    lines.append((label, [(0.0, bound), (until, bound)]))
            for line, points in lines:
                rows += [
                    {"interest": title, "line": line, "date": dossier.grid.date_at(t), "level": v} for t, v in points
                ]
    return rows


def _bounds(body: Interest) -> list[tuple[str, float]]:
    """The physical bounds of an interest, with the names of their lines."""
    return [(label, b.value) for label, b in ((LEAST, body.least), (MOST, body.most)) if b is not None]


def _near(bound: float, points: courses.Points) -> bool:
    """Whether a bound is worth drawing: it is passed, or no farther off than the levels move."""
    low, high = min(v for _, v in points), max(v for _, v in points)
    return low - (high - low) <= bound <= high + (high - low)


def _bends(points: courses.Points) -> courses.Points:
    """The same line without the points that lie on it."""
    if len(points) < 3:
        return points
    slopes = [(b - a) / (t - s) for (s, a), (t, b) in pairwise(points)]
    inner = [p for p, (low, high) in zip(points[1:-1], pairwise(slopes), strict=True) if abs(high - low) > ROUNDING]
    return [points[0], *inner, points[-1]]


def interest_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """A small panel for each interest: with and without the deal, and what it cannot physically pass."""
    looks: dict[str, Stroke] = {
        KEPT: ("#0072b2", WHOLE),
        NO_DEAL: ("#8a8a8a", [4, 3]),
        LEAST: (DANGER, [1, 2]),
        MOST: (DANGER, [6, 2]),
    }
    lines = told_apart("line", {name: look for name, look in looks.items() if any(r["line"] == name for r in rows)})

    def draw(mine: list[Row], width: int) -> Any:
        chart = alt.Chart(inline([{**r, "n": i} for i, r in enumerate(mine)]))
        return chart.mark_line(strokeWidth=2).encode(
            x=time_axis("date", domain=time_domain(assessment), pixels=width),
            y=alt.Y("level:Q", title=None, axis=alt.Axis(tickCount=4, minExtent=38)),
            order="n:Q",
            **lines,
        )

    return panels(rows, "interest", draw, width=NARROW, height=130, columns=3)
