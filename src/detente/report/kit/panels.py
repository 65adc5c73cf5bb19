"""Small multiples: a panel for each party or quantity, lines told apart by colour and dash together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from detente.libraries import altair as alt
from detente.report.kit.figure import FAINT, INK, Row

Stroke = tuple[str, Sequence[int]]
"""Colour and dashes of a line."""
WHOLE: Sequence[int] = (1, 0)


def told_apart(field: str, looks: Mapping[str, Stroke], *, title: str | None = None) -> dict[str, Any]:
    """Encodings that give each value of a field its colour and dashes, with one legend for both."""
    names = list(looks)
    legend = alt.Legend(title=title, orient="top", direction="horizontal")
    colours = alt.Scale(domain=names, range=[colour for colour, _ in looks.values()])
    dashes = alt.Scale(domain=names, range=[list(dash) for _, dash in looks.values()])
    return {
        "color": alt.Color(f"{field}:N", scale=colours, legend=legend),
        "strokeDash": alt.StrokeDash(f"{field}:N", scale=dashes, legend=legend),
    }


def panels(
    rows: Sequence[Row], by: str, draw: Callable[[list[Row], int], Any], *, width: int, height: int, columns: int
) -> Any:
    """A panel for each value of a field, in the rows' order; a lone panel takes two panels' width.

    `draw` makes the layers of one panel from its rows and its width. A name's second line is its panel's subtitle.
    """
    names = list(dict.fromkeys(str(r[by]) for r in rows))
    wide = width if len(names) > 1 else 2 * width
    charts = []
    for name in names:
        first, *rest = name.split("\n")
        title = alt.TitleParams(
            first, subtitle=rest, anchor="start", fontSize=12, subtitleFontSize=10.5, subtitlePadding=2, color=INK
        )
        drawn = draw([r for r in rows if r[by] == name], wide)
        charts.append(drawn.properties(width=wide, height=height, title=title))
    shared = alt.concat(*charts, columns=columns)
    return shared.resolve_scale(color="shared", strokeDash="shared")


def label(points: Any, text: str, *, x: Any, y: Any, left: bool, below: bool = False, colour: str = FAINT) -> list[Any]:
    """A text beside a point, above or below it, on a white halo so that lines do not cross it."""
    look: dict[str, Any] = {
        "align": "right" if left else "left",
        "dx": -7 if left else 7,
        "dy": 13 if below else -10,
        "fontSize": 10.5,
        "fontWeight": "bold",
        "text": text,
    }
    halo = points.mark_text(**look, stroke="white", strokeWidth=5, strokeJoin="round", color="white")
    return [halo.encode(x=x, y=y), points.mark_text(**look, color=colour).encode(x=x, y=y)]
