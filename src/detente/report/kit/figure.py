"""A figure: one chart definition that gives the page, the notebook, PNG, SVG and CSV; and how all charts look."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import vl_convert

from detente.dossier.schema import Dossier
from detente.libraries import altair as alt
from detente.report.kit.table import Cell, Table

Row = Mapping[str, Cell]
Spec = dict[str, Any]
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7b68c8")
"""After Okabe and Ito: told apart by readers with any colour vision."""
JOINT_COLOUR = "#4d4d4d"
JOINTLY = ""
"""The lane of measures that several parties perform together."""
DANGER = "#b2182b"
INK, FAINT, HAIR = "#222222", "#6b6b6b", "#e4e4e4"
FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"
WIDTH = 940
"""Pixels a figure may take on the page."""


@dataclass(frozen=True)
class Figure:
    """A chart with its title, its caption (which names the run) and the rows it draws."""

    name: str
    title: str
    caption: str
    chart: Any
    """An Altair chart without a title of its own: the page gives it one."""
    rows: tuple[Row, ...]

    @property
    def table(self) -> Table:
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        return Table.of(self.title, columns, [[row.get(name) for name in columns] for row in self.rows])

    def spec(self, *, titled: bool = False) -> Spec:
        """Vega-Lite, with title and caption drawn in where the chart stands alone."""
        chart = self.chart
        if titled:
            lines = textwrap.wrap(self.caption, 130)
            title = alt.TitleParams(self.title, subtitle=lines, anchor="start", frame="bounds", offset=16)
            chart = chart.properties(title=title)
        spec: Spec = dressed(chart).to_dict()
        return spec

    def svg(self, *, titled: bool = False) -> str:
        return str(vl_convert.vegalite_to_svg(_text(self.spec(titled=titled))))

    def inline_svg(self) -> str:
        """An SVG that can stand beside others in one page: ids carry the figure's name, its size follows the page."""
        svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{self.name}-", self.svg())
        return re.sub(r'^<svg([^>]*?) width="[\d.]+" height="[\d.]+"', r"<svg\1", svg.strip(), count=1)

    def png(self, *, scale: float = 2.0) -> bytes:
        return bytes(vl_convert.vegalite_to_png(_text(self.spec(titled=True)), scale=scale))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Shown in a notebook as Altair shows it."""
        return dressed(self.chart.properties(title=self.title))._repr_mimebundle_(include, exclude)


def _text(spec: Spec) -> str:
    return json.dumps(spec, allow_nan=False)


def colours(dossier: Dossier) -> dict[str, str]:
    """A colour for each party, the same in every figure."""
    found = {p: PALETTE[i % len(PALETTE)] for i, p in enumerate(dossier.parties)}
    return found | {JOINTLY: JOINT_COLOUR}


def dressed(chart: Any) -> Any:
    """The look of every chart."""
    line = {"domainColor": "#b5b5b5", "tickColor": "#b5b5b5", "gridColor": HAIR}
    small = {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"}
    return chart.configure(
        font=FONT,
        background="white",
        padding={"left": 6, "top": 6, "right": 28, "bottom": 6},  # a reader's fonts may be wider than ours
        axis={**line, **small, "labelColor": FAINT, "titleColor": FAINT, "labelFlush": False},
        view={"stroke": None},
        legend={
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "labelColor": INK,
            "labelLimit": 320,
        },
        title={"fontSize": 15, "subtitleFontSize": 11, "subtitleColor": FAINT, "subtitlePadding": 6, "color": INK},
    )


def inline(rows: Sequence[Row]) -> Any:
    """Rows as a chart's data, dates as ISO text."""
    return alt.InlineData(values=[{name: _plain(cell) for name, cell in row.items()} for row in rows])


def _plain(cell: Cell) -> str | float | bool | None:
    if cell is None or isinstance(cell, bool | str):
        return cell
    if isinstance(cell, int | float):
        return float(f"{cell:.9g}") if cell == cell and abs(cell) != float("inf") else None
    return cell.isoformat()


def time_axis(field: str, *, domain: Sequence[str], pixels: float, grid: bool = True) -> Any:
    """The time axis of a chart: it shows dates as written, wherever the reader is (UTC on both sides)."""
    years = (date.fromisoformat(domain[1]) - date.fromisoformat(domain[0])).days / 365.25
    every = years * 52 / pixels  # years between labels that are 52 pixels apart
    if every < 0.5:
        months = next(m for m in (1, 3, 6) if m / 12 >= every or m == 6)
        look: dict[str, Any] = {"format": "%b %Y", "tickCount": {"interval": "month", "step": months}}
    else:
        step = next((n for n in (1, 2, 5, 10, 20, 50) if n >= every), 100)
        look = {"format": "%Y", "tickCount": {"interval": "year", "step": step}}
    return alt.X(
        f"{field}:T",
        title=None,
        scale=alt.Scale(type="utc", domain=list(domain)),
        axis=alt.Axis(grid=grid, labelOverlap="greedy", **look),
    )


def time(field: str) -> Any:
    """A place on the time axis that another layer of the chart defines."""
    return alt.X(f"{field}:T", title=None, scale=alt.Scale(type="utc"))
