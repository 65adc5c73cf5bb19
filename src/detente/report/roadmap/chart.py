"""The roadmap as a chart: a lane for each party, a row for each measure, real dates across."""

from __future__ import annotations

from datetime import date
from typing import Any

from detente.design.questions.assessment import Assessment
from detente.libraries import altair as alt
from detente.report.kit.figure import (
    DANGER,
    FAINT,
    HAIR,
    INK,
    JOINT_COLOUR,
    JOINTLY,
    Row,
    colours,
    inline,
    time,
    time_axis,
)
from detente.report.kit.words import day, month, party, several
from detente.report.roadmap.steps import Step, answering, danger_date, last_date, steps

LABELS, PLOT, ROW = 318, 596, 21
"""Pixels: the labels' column, the plot, the height of a row."""
DOT = 9
"""Pixels between the dots that say who performs a joint measure."""


def roadmap_rows(assessment: Assessment) -> list[Row]:
    """One row for each measure, lane after lane."""
    dossier = assessment.dossier
    taken = steps(assessment)
    rows: list[Row] = []
    for lane in [*dossier.parties, JOINTLY]:
        rows.extend(_row(assessment, s) for s in taken if s.lane == lane)
    return rows


def _row(assessment: Assessment, s: Step) -> Row:
    dossier = assessment.dossier
    start = dossier.start
    return {
        "lane": party(dossier, s.lane) if s.lane != JOINTLY else "Together",
        "measure": s.measure,
        "title": s.title,
        "by": several([party(dossier, p) for p in s.by]),
        "work_from": s.work_from,
        "entry": s.entry,
        "in_full": s.full,
        "verified": s.verified,
        "seen_by": s.seen_by,
        "answers_to": answering(dossier, s),
        "drawn_at": max(s.full or s.entry, start),
        "when": f"since {month(s.entry)}" if s.standing else month(s.full or s.entry),
    }


def roadmap_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """Layers from back to front: entry dates, lane headings, work, the way to verification, entries, texts."""
    dossier = assessment.dossier
    placed, heads = _placed(assessment, rows)
    count = len(placed) + len(heads)
    domain = [dossier.start.isoformat(), last_date(assessment).isoformat()]
    y = alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(count)), padding=0))
    colour = alt.Color("colour:N", scale=None)
    base = alt.Chart(inline(placed)).encode(y=y, tooltip=_tooltip())
    head = alt.Chart(inline(heads)).encode(y=y)
    dates = [{"entry": d} for d in dossier.grid.dates if d.isoformat() <= domain[1]]
    parts = [{"entry": d, "row": r["row"], "colour": r["colour"]} for r, d in _parts(assessment, placed)]
    dots = [dot for r in placed for dot in _dots(assessment, r)]

    layers = [
        alt.Chart(inline(dates))
        .mark_rule(color=HAIR, strokeWidth=1)
        .encode(x=time_axis("entry", domain=domain, pixels=PLOT, grid=False)),
        *_danger(assessment),
        head.mark_bar(color="#f4f4f2", height=ROW - 1).encode(x=alt.value(-LABELS), x2=alt.value(PLOT)),
        head.mark_bar(height=ROW - 1).encode(x=alt.value(-LABELS), x2=alt.value(-LABELS + 4), color=colour),
        head.mark_text(align="left", fontWeight="bold", fontSize=12, color=INK).encode(
            x=alt.value(-LABELS + 12), text="title:N"
        ),
        base.mark_bar(height=9, opacity=0.35).encode(x=time("work_from"), x2="drawn_at:T", color=colour),
        base.mark_rule(strokeWidth=1.2, opacity=0.8).encode(x=time("drawn_at"), x2="verified:T", color=colour),
        alt.Chart(inline(parts))
        .mark_point(size=22, filled=False, opacity=1)
        .encode(x=time("entry"), y=y, color=colour),
        base.mark_tick(thickness=2, height=11).encode(x=time("verified"), color=colour),
        base.mark_point(filled=True, size=62, opacity=1).encode(
            x=time("drawn_at"), color=colour, shape=alt.Shape("shape:N", scale=None)
        ),
        base.mark_text(align="left", fontSize=11.5, color=INK, limit=LABELS - 16).encode(
            x=alt.value(-LABELS + 12), text="title:N"
        ),
        base.mark_text(align="left", dx=8, fontSize=10, color=FAINT).encode(x=time("text_at"), text="when:N"),
    ]
    if dots:
        layers.append(
            alt.Chart(inline(dots))
            .mark_point(filled=True, size=34, opacity=1)
            .encode(x=alt.X("at:Q", scale=None), y=y, color=colour, tooltip=[alt.Tooltip("by:N", title="performed by")])
        )
    return alt.layer(*layers).properties(width=PLOT, height=ROW * count)


def _placed(assessment: Assessment, rows: list[Row]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows with their place and look; and the lane headings above them."""
    dossier = assessment.dossier
    palette = colours(dossier)
    placed: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    lane = None
    for row in rows:
        performers = dossier.measures[str(row["measure"])].by
        colour = palette[performers[0]] if len(performers) == 1 else JOINT_COLOUR
        if row["lane"] != lane:
            lane = row["lane"]
            heads.append({"row": len(placed) + len(heads), "title": lane, "colour": colour})
        verified, drawn = row["verified"], row["drawn_at"]
        assert isinstance(drawn, date)
        placed.append(
            {
                **row,
                "row": len(placed) + len(heads),
                "colour": colour,
                "shape": "circle" if len(performers) == 1 else "diamond",
                "verified": max(verified, drawn) if isinstance(verified, date) else None,
                "text_at": max(verified, drawn) if isinstance(verified, date) else drawn,
                "work_text": _day(row["work_from"]),
                "entry_text": _day(row["entry"]),
                "verified_text": _day(verified),
            }
        )
    return placed, heads


def _day(cell: Any) -> str:
    return day(cell) if isinstance(cell, date) else "–"


def _tooltip() -> list[Any]:
    shown = {
        "title": "measure",
        "by": "by",
        "work_text": "work from",
        "entry_text": "in force",
        "verified_text": "verified",
        "seen_by": "seen by",
        "answers_to": "answers to a breach by",
    }
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in shown.items()]


def _parts(assessment: Assessment, placed: list[dict[str, Any]]) -> list[tuple[dict[str, Any], date]]:
    """Dates on which a divisible measure's share rises."""
    by_name = {s.measure: s for s in steps(assessment)}
    start = assessment.dossier.start
    return [(r, day) for r in placed for day, _ in by_name[r["measure"]].parts if day >= start]


def _dots(assessment: Assessment, row: dict[str, Any]) -> list[Row]:
    """Who performs a joint measure: a dot in each performer's colour, at the right of its label."""
    dossier = assessment.dossier
    performers = dossier.measures[row["measure"]].by
    if len(performers) == 1:
        return []
    palette = colours(dossier)
    first = -14 - DOT * (len(performers) - 1)
    return [
        {"row": row["row"], "at": float(first + DOT * i), "colour": palette[p], "by": party(dossier, p)}
        for i, p in enumerate(performers)
    ]


def _danger(assessment: Assessment) -> list[Any]:
    """A rule at the most dangerous moment, its label above the plot."""
    when, row = danger_date(assessment), assessment.dangerous
    if when is None or row is None:
        return []
    act = "to break out" if row.kind == "breakout" else "to cheat in secret"
    text = f"{day(when)}: most dangerous moment, {party(assessment.dossier, row.party)} is most tempted {act}"
    late = (when - assessment.dossier.start).days > 0.35 * (last_date(assessment) - assessment.dossier.start).days
    rule = alt.Chart(inline([{"entry": when, "text": text}]))
    x = time("entry")
    return [
        rule.mark_rule(color=DANGER, strokeWidth=1.5, strokeDash=[5, 3]).encode(x=x),
        rule.mark_text(color=DANGER, fontSize=11, fontWeight="bold", align="right" if late else "left", dy=-10).encode(
            x=x, y=alt.value(0), text="text:N"
        ),
    ]
