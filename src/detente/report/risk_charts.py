"""What could break the deal: temptation and exposure at every moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from detente.design.assessment import Assessment
from detente.model.check import Slack
from detente.report.figure import DANGER, INK, Row, colours, inline, time_axis
from detente.report.roadmap import date_at, horizon, time_domain
from detente.report.table import Cell
from detente.report.words import measure, number, party

ACTS = {"breakout": "breaking out", "covert": "cheating in secret"}
PANEL = 425
"""Pixels a panel is wide, two in a row."""


def temptation_rows(assessment: Assessment) -> list[Row]:
    """The least slack of each party and kind of temptation at every moment, in order of time."""
    dossier = assessment.dossier
    found: dict[tuple[str, str, str, str], Slack] = {}
    for s in _valued(assessment, ("breakout", "covert")):
        key = (str(s.party), s.kind, str(s.date), str(s.moment))
        if key not in found or _slack(s) < _slack(found[key]):
            found[key] = s
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
        }
        for s in sorted(found.values(), key=lambda s: _order(assessment, s))
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
        }
        for s in sorted(_valued(assessment, ("exposure", "secret_exposure")), key=lambda s: _order(assessment, s))
    ]
    return _with_least(rows, "loss", "party", greatest=True)


def _valued(assessment: Assessment, kinds: Iterable[str]) -> list[Slack]:
    slacks = assessment.proof.slacks if assessment.proof else ()
    return [s for s in slacks if s.kind in kinds and s.slack is not None and s.date is not None]


def _slack(s: Slack) -> float:
    return 0.0 if s.slack is None else s.slack


def _order(assessment: Assessment, s: Slack) -> tuple[object, ...]:
    parties = list(assessment.dossier.parties)
    other = parties.index(s.other) if s.other in parties else -1
    return (parties.index(str(s.party)), other, s.kind, str(s.date), s.moment == "after")


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
    import altair as alt

    data = [{**r, "n": i, "mark": f"least margin {number(r['margin'])}"} for i, r in enumerate(rows)]  # type: ignore[arg-type]
    domain = time_domain(assessment)
    x = time_axis("date", domain=domain, pixels=PANEL)
    y = alt.Y(
        "margin:Q",
        title="margin, points",
        axis=alt.Axis(tickCount=4, minExtent=46),
        scale=alt.Scale(zero=True, nice=True),
    )
    acts = list(ACTS.values())
    colour = alt.Color(
        "tempted_to:N",
        scale=alt.Scale(domain=acts, range=[INK, "#0072b2"]),
        legend=alt.Legend(title="Tempted to", orient="top", direction="horizontal"),
    )
    dash = alt.StrokeDash("tempted_to:N", scale=alt.Scale(domain=acts, range=[[1, 0], [5, 3]]), legend=None)
    base = alt.Chart()
    tightest = base.transform_filter("datum.tightest")
    layers = alt.layer(
        base.mark_rule(color=DANGER, strokeWidth=1.2).encode(y=alt.datum(0)),
        base.mark_line(strokeWidth=1.8).encode(x=x, y=y, color=colour, strokeDash=dash, order="n:Q"),
        tightest.mark_point(color=DANGER, filled=True, size=60, opacity=1).encode(x=x, y=y),
        *_labels(tightest, x, y, DANGER, _middle(assessment)),
        data=inline(data),
    )
    return _panels(layers, assessment, rows)


def exposure_chart(assessment: Assessment, rows: list[Row]) -> Any:
    """A panel for each party with a limit, a line for each party that could break the deal."""
    import altair as alt

    dossier = assessment.dossier
    palette = colours(dossier)
    data = [{**r, "n": i, "mark": _at_worst(r["loss"])} for i, r in enumerate(rows)]
    domain = time_domain(assessment)
    x = time_axis("date", domain=domain, pixels=PANEL)
    y = alt.Y("loss:Q", title="loss, points", axis=alt.Axis(tickCount=5, minExtent=46))
    others = [p for p in dossier.parties if any(r["if_broken_by"] == party(dossier, p) for r in rows)]
    colour = alt.Color(
        "if_broken_by:N",
        scale=alt.Scale(domain=[party(dossier, p) for p in others], range=[palette[p] for p in others]),
        legend=alt.Legend(title="If the deal is broken by", orient="top", direction="horizontal"),
    )
    base = alt.Chart()
    openly = base.transform_filter("datum.by === 'breaking out'")
    secretly = base.transform_filter("datum.by !== 'breaking out'")
    tightest = base.transform_filter("datum.tightest")
    layers = alt.layer(
        base.mark_rule(color="#b5b5b5").encode(y=alt.datum(0)),
        tightest.mark_rule(color=DANGER, strokeWidth=1.4, strokeDash=[6, 3]).encode(y="limit:Q"),
        tightest.mark_text(color=DANGER, fontSize=10.5, align="right", dy=-6, text="limit").encode(
            x=alt.value(_width(rows) - 2), y="limit:Q"
        ),
        openly.mark_line(strokeWidth=1.8).encode(x=x, y=y, color=colour, order="n:Q"),
        secretly.mark_point(shape="diamond", size=46, strokeWidth=1.6).encode(x=x, y=y, color=colour),
        tightest.mark_point(color=INK, filled=True, size=42, opacity=1).encode(x=x, y=y),
        *_labels(tightest, x, y, INK, _middle(assessment)),
        data=inline(data),
    )
    return _panels(layers, assessment, rows)


def _middle(assessment: Assessment) -> str:
    """The middle of the time axis, as the charts' expressions compare it."""
    grid = assessment.dossier.grid
    return date_at(grid, 0.5 * horizon(assessment)).isoformat()


def _labels(points: Any, x: Any, y: Any, colour: str, middle: str) -> list[Any]:
    """Texts beside points, towards the middle of the panel, on a white halo so that lines do not cross them."""
    layers: list[Any] = []
    for side, align, dx in (("<", "left", 7), (">=", "right", -7)):
        here = points.transform_filter(f"toDate(datum.date) {side} toDate('{middle}')").encode(x=x, y=y, text="mark:N")
        look = {"align": align, "dx": dx, "dy": -9, "fontSize": 10.5, "fontWeight": "bold"}
        layers.append(here.mark_text(**look, stroke="white", strokeWidth=4, color="white"))
        layers.append(here.mark_text(**look, color=colour))
    return layers


def _at_worst(loss: Cell) -> str:
    assert isinstance(loss, float)
    if number(loss) == "0":
        return "at worst no loss"
    return f"at worst a loss of {number(loss)}" if loss > 0 else f"at worst still {number(-loss)} better off"


def _width(rows: Sequence[Row]) -> int:
    return PANEL if len({r["party"] for r in rows}) > 1 else 2 * PANEL


def _panels(layers: Any, assessment: Assessment, rows: list[Row]) -> Any:
    import altair as alt

    dossier = assessment.dossier
    names = [party(dossier, p) for p in dossier.parties]
    shown = [n for n in dict.fromkeys(names) if any(r["party"] == n for r in rows)]
    facet = alt.Facet("party:N", sort=shown, header=alt.Header(title=None))
    sized = layers.properties(width=_width(rows), height=170)
    return sized.facet(facet=facet, columns=2).resolve_scale(y="independent", x="shared").resolve_axis(x="independent")
