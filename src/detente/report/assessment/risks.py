"""What could break the deal: temptation and exposure at every moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from detente.design.questions.assessment import Assessment
from detente.dossier.schema import Dossier
from detente.libraries import altair as alt
from detente.model.judge.check import Slack
from detente.report.kit.figure import DANGER, INK, Row, colours, inline, time, time_axis
from detente.report.kit.panels import WHOLE, Stroke, label, panels, told_apart
from detente.report.kit.table import Cell
from detente.report.kit.words import adding, measure, number, on_date, party
from detente.report.roadmap.steps import horizon, time_domain

ACTS = {
    "breakout": "breaking out",
    "covert": "cheating in secret",
    "lapse": "dropping something for a while",
    "never": "dropping something for good",
}
PANEL = 396
"""Pixels a panel is wide, two in a row."""


def temptation_rows(assessment: Assessment) -> list[Row]:
    """The least slack of each party and kind of temptation at every moment, in order of time."""
    dossier = assessment.dossier
    least = sorted(_tightest(_valued(assessment, tuple(ACTS))), key=lambda s: _order(assessment, s))
    rows = [
        {
            "party": party(dossier, s.party),
            "tempted_to": ACTS[s.kind],
            "date": s.date,
            "moment": s.moment,
            "margin": s.slack,
            "keep": s.keep,
            "deviate": s.deviate,
            "measure": measure(dossier, s.measure) if s.measure else None,
            "years": s.years,
            "leaves": s.leaves,
        }
        for _, line in groupby(least, key=lambda s: (s.party, s.kind))
        for s in _enveloped(dossier, list(line))
    ]
    return _with_least(rows, "margin", "party")


def exposure_rows(assessment: Assessment) -> list[Row]:
    """The loss of each party with a limit if another broke out, at every moment, or faked from an entry on."""
    dossier = assessment.dossier
    rows = [
        {
            "party": party(dossier, s.party),
            "if_broken_by": party(dossier, s.other),
            "by": "cheating in secret" if s.kind == "secret_exposure" else "breaking out",
            "date": s.date,
            "moment": s.moment,
            "loss": 0.0 - (s.keep or 0.0),
            "limit": 0.0 - (s.deviate or 0.0),
            "measure": measure(dossier, s.measure) if s.measure else None,
            "years": s.years,
            "leaves": s.leaves,
        }
        for s in sorted(
            _tightest(_valued(assessment, ("exposure", "secret_exposure")), by_measure=True),
            key=lambda s: _order(assessment, s),
        )
    ]
    return _with_least(rows, "loss", "party", greatest=True)


def _valued(assessment: Assessment, kinds: Iterable[str]) -> list[Slack]:
    slacks = assessment.proof.slacks if assessment.proof else ()
    return [s for s in slacks if s.kind in kinds and s.slack is not None and s.date is not None]


def _slack(s: Slack) -> float:
    return 0.0 if s.slack is None else s.slack


def _tightest(slacks: Iterable[Slack], *, by_measure: bool = False) -> list[Slack]:
    """The tightest condition of each kind and pair of parties (and measure) at each moment."""
    found: dict[tuple[object, ...], Slack] = {}
    for s in slacks:
        measure = s.measure if by_measure else None
        key = (s.party, s.other, s.kind, measure, None if s.years is None else round(s.years, 9), s.date, s.moment)
        if key not in found or _slack(s) < _slack(found[key]):
            found[key] = s
    return list(found.values())


def _order(assessment: Assessment, s: Slack) -> tuple[object, ...]:
    parties = list(assessment.dossier.parties)
    other = parties.index(s.other) if s.other in parties else -1
    return (parties.index(str(s.party)), other, s.kind, _at(s), str(s.date), TURN.get(s.moment or "", 0))


TURN = {"before": 0, "after": 1, "between": 2}
"""In what order the moments at one time follow one another."""


def _at(s: Slack) -> float:
    return 0.0 if s.years is None else s.years


def _enveloped(dossier: Dossier, line: Sequence[Slack]) -> Iterator[Slack]:
    """A line of least slacks in order of time, without peaks that only say that fewer measures are tried there.

    Between dates some measures alone are tried for cheating: their slack counts where it lies below the line.
    """
    whole = [s.measure is None or on_date(dossier, s) for s in line]
    dated = [s for s, all_tried in zip(line, whole, strict=True) if all_tried]
    times = [_at(s) for s in dated]
    for s, all_tried in zip(line, whole, strict=True):
        i = bisect_right(times, _at(s))
        if all_tried or not 0 < i < len(dated) or _slack(s) < _between(dated[i - 1], dated[i], _at(s)):
            yield s


def _between(a: Slack, b: Slack, t: float) -> float:
    part = (t - _at(a)) / (_at(b) - _at(a)) if _at(b) > _at(a) else 0.0
    return _slack(a) + part * (_slack(b) - _slack(a))


def _with_least(rows: list[dict[str, Any]], field: str, by: str, *, greatest: bool = False) -> list[Row]:
    """The rows, each told whether it is its party's tightest."""
    sign = -1.0 if greatest else 1.0
    least: dict[Any, int] = {}
    for i, row in enumerate(rows):
        if row[by] not in least or sign * row[field] < sign * rows[least[row[by]]][field]:
            least[row[by]] = i
    return [{**row, "tightest": i in least.values()} for i, row in enumerate(rows)]


def temptation_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """A panel for each party: the margin by which keeping is worth more than the best deviation."""
    looks: dict[str, Stroke] = {
        "breaking out": (INK, WHOLE),
        "cheating in secret": ("#0072b2", [5, 3]),
        "dropping something for a while": ("#d55e00", [2, 2]),
        "dropping something for good": ("#009e73", [7, 2]),
    }
    present = {act: look for act, look in looks.items() if any(r["tempted_to"] == act for r in rows)}
    lines = told_apart("tempted_to", present, title="Tempted to")
    axis, scale = alt.Axis(tickCount=4, minExtent=46), alt.Scale(zero=True, nice=True)

    def draw(mine: list[Row], width: int) -> Any:
        base, least = alt.Chart(inline(_numbered(mine))), [r for r in mine if r["tightest"]]
        x = time_axis("date", domain=time_domain(assessment), pixels=width)
        y = alt.Y("margin:Q", title="margin, points", axis=axis, scale=scale)
        point = alt.Chart(inline(least))
        below = _room_below(mine, least[0])
        keep, deviate, margin = (_amount(least[0][field]) for field in ("keep", "deviate", "margin"))
        text = f"least margin {adding(keep, deviate, margin)[2]}"
        return alt.layer(
            base.mark_rule(color=DANGER, strokeWidth=1.2).encode(y=alt.datum(0)),
            base.mark_line(strokeWidth=1.8).encode(x=x, y=y, order="n:Q", **lines),
            point.mark_point(color=DANGER, filled=True, size=60, opacity=1).encode(x=time("date"), y=y),
            *label(point, text, x=time("date"), y=y, left=_late(assessment, least[0]), below=below, colour=DANGER),
        )

    return panels(rows, "party", draw, width=PANEL, height=170, columns=2)


def exposure_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """A panel for each party with a limit, a line for each party that could break the deal."""
    dossier = assessment.dossier
    others = [p for p in dossier.parties if any(r["if_broken_by"] == party(dossier, p) for r in rows)]
    looks: dict[str, Stroke] = {party(dossier, p): (colours(dossier)[p], WHOLE) for p in others}
    lines = told_apart("if_broken_by", looks, title="If the deal is broken by")

    def draw(mine: list[Row], width: int) -> Any:
        secret = [r for r in mine if r["by"] != "breaking out"]
        worst = next(r for r in mine if r["tightest"])
        base, point = alt.Chart(inline(_numbered(mine))), alt.Chart(inline([worst]))
        x = time_axis("date", domain=time_domain(assessment), pixels=width)
        y = alt.Y("loss:Q", title="loss, points", axis=alt.Axis(tickCount=5, minExtent=46))
        layers = [
            base.mark_rule(color="#b5b5b5").encode(y=alt.datum(0)),
            point.mark_rule(color=DANGER, strokeWidth=1.4, strokeDash=[6, 3]).encode(y="limit:Q"),
            point.mark_text(color=DANGER, fontSize=10.5, align="right", dy=-6, text="limit").encode(
                x=alt.value(width - 2), y="limit:Q"
            ),
            base.transform_filter("datum.by === 'breaking out'")
            .mark_line(strokeWidth=1.8)
            .encode(x=x, y=y, order="n:Q", **lines),
            point.mark_point(color=INK, filled=True, size=42, opacity=1).encode(x=time("date"), y=y),
            *label(point, _at_worst(worst["loss"]), x=time("date"), y=y, left=_late(assessment, worst), colour=INK),
        ]
        if secret:
            diamonds = alt.Chart(inline(secret)).mark_point(shape="diamond", size=46, strokeWidth=1.6)
            layers.insert(4, diamonds.encode(x=time("date"), y=y, color=lines["color"]))
        return alt.layer(*layers)

    return panels(rows, "party", draw, width=PANEL, height=170, columns=2)


def _numbered(rows: list[Row]) -> list[Row]:
    return [{**row, "n": i} for i, row in enumerate(rows)]


def _late(assessment: Assessment, row: Row) -> bool:
    """Whether a row lies in the second half of the time axis."""
    middle = assessment.dossier.grid.date_at(0.5 * horizon(assessment))
    return isinstance(row["date"], date) and row["date"] > middle


def _room_below(rows: list[Row], least: Row) -> bool:
    """Whether a text fits between a panel's lowest point and its zero; lines run above that point."""
    top = max(0.0, *(_amount(r["margin"]) for r in rows))
    return _amount(least["margin"]) > 0.17 * top


def _amount(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def _at_worst(cell: Cell) -> str:
    loss = _amount(cell)
    if number(loss) == "0":
        return "at worst no loss"
    return f"at worst a loss of {number(loss)}" if loss > 0 else f"at worst still {number(-loss)} better off"
