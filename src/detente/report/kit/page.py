"""Pages: one file each, with all that its figures, its tables and its looks need, so that it opens offline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from detente.dossier.schema import Dossier
from detente.report.kit.figure import Figure
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import adding, day, expectation, fixed, number

TEMPLATES = Path(__file__).parent.parent / "templates"
FEW = 6
"""Changes of one overlay that are all written out."""
RUN_KEYS = ("run", "run_id", "id")


def page(
    template: str,
    figures: Mapping[str, Figure],
    tables: Mapping[str, Table],
    provenance: Mapping[str, Any],
    *,
    dossier: Dossier,
    **more: Any,
) -> str:
    """A page about a dossier from a template, with all that its figures, its tables and its looks need."""
    return (
        templates()
        .get_template(template)
        .render(
            dossier=dossier,
            run=run_id(provenance),
            changed=changed(dossier),
            expectation=expectation(dossier),
            figures=figures,
            svgs={name: Markup(figure.inline_svg()) for name, figure in figures.items()},
            specs={name: script_json(figure.spec()) for name, figure in figures.items()},
            tables=tables,
            provenance=flat(provenance),
            css=source("report.css"),
            js=source("report.js"),
            vega=vega_script() if figures else Markup(""),
            **more,
        )
    )


def source(name: str) -> Markup:
    """A style sheet or a script of ours, to stand in a page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def run_id(provenance: Mapping[str, Any]) -> str:
    return next((str(provenance[key]) for key in RUN_KEYS if provenance.get(key)), "")


def changed(dossier: Dossier) -> tuple[str, ...]:
    """What the overlays change in the dossier: "parties.dprk.stakes.arsenal = -200", "scenario thaw (12 changes)"."""
    return tuple(_changed(str(o.get("name") or ""), o.get("changes") or {}) for o in dossier.overlays)


def _changed(name: str, changes: Mapping[str, Any]) -> str:
    if not changes or len(changes) > FEW:
        return f"{name or 'an overlay'} ({len(changes)} changes)"
    listed = "; ".join(f"{p} deleted" if v is None else f"{p} = {_raw(v)}" for p, v in changes.items())
    return listed if not name or name.startswith("set ") else f"{name} ({listed})"


def _raw(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"


def flat(values: Mapping[str, Any], under: str = "") -> list[tuple[str, str]]:
    """Nested provenance as lines of name and value."""
    lines: list[tuple[str, str]] = []
    for name, value in values.items():
        path = f"{under}.{name}" if under else str(name)
        if isinstance(value, Mapping) and value:
            lines += flat(value, path)
        elif isinstance(value, list | tuple):
            lines.append((path, ", ".join(_scalar(v) for v in value) or "none"))
        else:
            lines.append((path, _scalar(value)))
    return lines


def _scalar(value: Any) -> str:
    if value is None or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return number(value) if isinstance(value, float) else str(value)


def cell(value: Cell) -> str:
    """A table's cell as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return day(value)
    return number(value) if isinstance(value, int | float) else value


def shown(table: Table) -> list[list[tuple[Cell, str]]]:
    """A table's cells with their texts; sums add up as printed."""
    places = [table.columns.index(name) for name in table.sum or ()]
    return [list(zip(row, _texts(row, places), strict=True)) for row in table.rows]


def _texts(row: Sequence[Cell], places: Sequence[int]) -> list[str]:
    texts = [cell(value) for value in row]
    numbers = {i: float(v) for i in places if isinstance(v := row[i], int | float)}
    if len(numbers) == 3:
        whole, part, rest = numbers.values()
        texts = [dict(zip(places, adding(whole, part, rest), strict=True)).get(i, t) for i, t in enumerate(texts)]
    else:
        texts = [fixed(numbers[i]) if i in numbers else t for i, t in enumerate(texts)]
    return texts


def script_json(value: Any) -> Markup:
    """JSON that can stand in a script element: nothing in it ends the element or opens a comment."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


@lru_cache(maxsize=1)
def vega_script() -> Markup:
    """Vega, Vega-Lite and Vega-Embed as one classic script, its names kept to itself."""
    javascript_bundle: Any = vl_convert.javascript_bundle  # its stub asks for a snippet, it does not
    bundle = str(javascript_bundle()).replace("</script", "<\\/script").replace("<!--", "<\\!--")
    return Markup(f"(function () {{\n{bundle}\n}})();")


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates of all pages, with what they may call."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": cell, "day": day, "number": number, "shown": shown}
    environment.tests["dated"] = lambda value: isinstance(value, date)
    return environment
