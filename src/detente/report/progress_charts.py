"""What each party gets, and what changes on the ground: values, relief against verified progress, interests."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from detente.design.assessment import Assessment
from detente.dossier.schema import Dossier
from detente.report import courses
from detente.report.figure import DANGER, FAINT, INK, Row, colours, inline, time_axis
from detente.report.roadmap import Reading, date_at, horizon, time_domain
from detente.report.words import interest, number, party

ALLOWED, DUE, GIVEN = "allowed by verified progress", "due for verified progress", "given"
KEPT, NO_DEAL = "with the deal", "without a deal"
WIDE, NARROW = 425, 268
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


def annual(dossier: Dossier, name: str, present: float) -> float:
    """The annual equivalent ρ·V of a present value."""
    discount = dossier.parties[name].discount
    return present * discount.value if discount is not None else 0.0


def value_chart(rows: list[Row]) -> Any:
    """A bar for each party, a red tick where it would walk away."""
    import altair as alt

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
    reading = Reading.of(dossier, assessment.plan)
    until = horizon(assessment)
    rows: list[Row] = []
    linked: set[str] = set()
    for name, link in dossier.links.items():
        title = name.replace("_", " ")
        given = courses.in_force(reading, link.share, until)
        rows += _stepwise(reading, title, GIVEN, given)
        for bound, sign, label in ((link.at_most, 1.0, ALLOWED), (link.at_least, -1.0, DUE)):
            if bound is not None:
                slack = sign * link.ahead_by.value
                points = [(t, v + slack) for t, v in courses.verified(reading, bound, until)]
                rows += _stepwise(reading, title, label, points)
                linked |= {bound} if isinstance(bound, str) else set()
        linked |= {link.share} if isinstance(link.share, str) else set()
    for name in dossier.progress:
        if name not in linked:
            rows += _stepwise(reading, name.replace("_", " "), "verified", courses.verified(reading, name, until))
    return rows


def _stepwise(reading: Reading, title: str, line: str, points: courses.Points) -> list[Row]:
    grid = reading.dossier.grid
    return [{"scale": title, "line": line, "date": date_at(grid, t), "share": max(0.0, v)} for t, v in points]


def progress_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """A panel for each link or scale: steps over time, in per cent."""
    import altair as alt

    lines = [n for n in (GIVEN, ALLOWED, DUE, "verified") if any(r["line"] == n for r in rows)]
    blue, red, whole = "#0072b2", "#d55e00", [1, 0]
    look = {GIVEN: (red, whole), ALLOWED: (blue, [5, 3]), DUE: (blue, [2, 2]), "verified": (INK, whole)}
    palette, dashes = [look[n][0] for n in lines], [look[n][1] for n in lines]
    share = alt.Axis(format="%", tickCount=5, minExtent=38)
    domain = time_domain(assessment)
    chart = alt.Chart(inline([{**r, "n": i} for i, r in enumerate(rows)])).mark_line(
        interpolate="step-after", strokeWidth=2
    )
    drawn = chart.encode(
        x=time_axis("date", domain=domain, pixels=WIDE),
        y=alt.Y("share:Q", title=None, axis=share, scale=alt.Scale(domainMin=0)),
        color=alt.Color(
            "line:N",
            scale=alt.Scale(domain=lines, range=palette),
            legend=alt.Legend(title=None, orient="top", direction="horizontal"),
        ),
        strokeDash=alt.StrokeDash("line:N", scale=alt.Scale(domain=lines, range=dashes), legend=None),
        order="n:Q",
    )
    return _panels(drawn, [str(r["scale"]) for r in rows], "scale", width=WIDE, columns=2)


def interest_rows(assessment: Assessment) -> list[Row]:
    """Levels with and without the deal, of the interests whose course without a deal is known."""
    if assessment.plan is None:
        return []
    dossier = assessment.dossier
    reading = Reading.of(dossier, assessment.plan)
    until = horizon(assessment)
    rows: list[Row] = []
    for name, body in dossier.interests.items():
        if body.course:
            title = f"{interest(dossier, name)}\n{body.unit}"
            kept = courses.with_deal(name, reading, until)
            times = sorted({t for t, _ in kept})
            alone = _bends([(t, courses.without_deal(body, reading, t)) for t in times])
            for line, points in ((KEPT, kept), (NO_DEAL, alone)):
                rows += [
                    {"interest": title, "line": line, "date": date_at(dossier.grid, t), "level": v} for t, v in points
                ]
    return rows


def _bends(points: courses.Points) -> courses.Points:
    """The same line without the points that lie on it."""
    if len(points) < 3:
        return points
    slopes = [(b - a) / (t - s) for (s, a), (t, b) in pairwise(points)]
    inner = [p for p, (low, high) in zip(points[1:-1], pairwise(slopes), strict=True) if abs(high - low) > 1e-9]
    return [points[0], *inner, points[-1]]


def interest_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """A small panel for each interest, two lines each."""
    import altair as alt

    domain = time_domain(assessment)
    drawn = (
        alt.Chart(inline([{**r, "n": i} for i, r in enumerate(rows)]))
        .mark_line(strokeWidth=2)
        .encode(
            x=time_axis("date", domain=domain, pixels=NARROW),
            y=alt.Y("level:Q", title=None, axis=alt.Axis(tickCount=4, minExtent=38)),
            color=alt.Color(
                "line:N",
                scale=alt.Scale(domain=[KEPT, NO_DEAL], range=["#0072b2", "#8a8a8a"]),
                legend=alt.Legend(title=None, orient="top", direction="horizontal"),
            ),
            strokeDash=alt.StrokeDash(
                "line:N", scale=alt.Scale(domain=[KEPT, NO_DEAL], range=[[1, 0], [4, 3]]), legend=None
            ),
            order="n:Q",
        )
    )
    return _panels(drawn, [str(r["interest"]) for r in rows], "interest", width=NARROW, columns=3)


def _panels(chart: Any, names: list[str], field: str, *, width: int, columns: int) -> Any:
    import altair as alt

    shown = list(dict.fromkeys(names))
    facet = alt.Facet(
        f"{field}:N",
        sort=shown,
        header=alt.Header(title=None, labelFontSize=11, labelLimit=width, labelExpr="split(datum.label, '\\n')"),
    )
    sized = chart.properties(width=width if len(shown) > 1 else 2 * width, height=130 if columns > 2 else 170)
    resolved = sized.facet(facet=facet, columns=columns).resolve_scale(y="independent", x="shared")
    return resolved.resolve_axis(x="independent")
