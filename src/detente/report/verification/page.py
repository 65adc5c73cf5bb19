"""The page of one verification: what was checked, the answer in words, what it turns on, then pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from detente.errors import Finding
from detente.report.kit.figure import Figure, Row
from detente.report.kit.files import Files, files_of
from detente.report.kit.page import flat, run_id, script_json, source, templates, vega_script
from detente.report.kit.table import Table

Mark = Literal["yes", "no", "open"]
FINDINGS = ("code", "line", "what", "to mend it")


@dataclass(frozen=True)
class Section:
    """A section of the page; figures and tables are named."""

    id: str
    title: str
    said: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """What a page says, in the order in which it says it."""

    kicker: str
    title: str
    checked: tuple[str, ...]
    question: str
    headline: str
    mark: Mark
    """Whether the headline is good news, bad news, or neither."""
    said: tuple[str, ...]
    turns_on: tuple[str, ...]
    """The assumptions that drive the answer."""
    parts: tuple[Section, ...]


def table_of(title: str, rows: Sequence[Row]) -> Table:
    """Rows as a table; columns in the order in which they first come, underscores as blanks."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    shown = [name.replace("_", " ") for name in columns]
    return Table.of(title, shown, [[row.get(name) for name in columns] for row in rows])


def render(
    page: Page,
    figures: Mapping[str, Figure],
    tables: Mapping[str, Table],
    provenance: Mapping[str, Any],
    findings: Sequence[Finding],
) -> str:
    """The page as self-contained HTML."""
    return (
        templates()
        .get_template("verification.html.j2")
        .render(
            page=page,
            run=run_id(provenance),
            figures=figures,
            svgs={name: Markup(f.inline_svg()) for name, f in figures.items()},
            specs={name: script_json(f.spec()) for name, f in figures.items()},
            tables=tables,
            warnings=_listed("Warnings", [f for f in findings if f.severity != "note"]),
            notes=_listed("Notes", [f for f in findings if f.severity == "note"]),
            provenance=flat(provenance),
            css=source("report.css"),
            js=source("report.js"),
            vega=vega_script() if figures else Markup(""),
        )
    )


def _listed(title: str, findings: Sequence[Finding]) -> Table:
    said = [(f.code, f.line, f"{f.path}: {f.message}" if f.path else f.message, f.remedy) for f in findings]
    return Table.of(title, FINDINGS, said)


def page_files(
    name: str,
    page: Page,
    figures: Mapping[str, Figure],
    tables: Mapping[str, Table],
    provenance: Mapping[str, Any],
    findings: Sequence[Finding] = (),
) -> Files:
    """NAME.html, figures/*.{png,svg,csv} and tables/*.csv."""
    text = render(page, figures, tables, provenance, findings)
    return files_of(f"{name}.html", text, figures, tables)
