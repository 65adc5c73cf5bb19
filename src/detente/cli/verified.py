"""How the answers of `verify` read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.cli.frame import cut, files, foot, heading, run
from detente.cli.say import in_options
from detente.cli.screen import Screen
from detente.workbench.results import counted

if TYPE_CHECKING:
    from detente.workbench.needing import NeedsResult
    from detente.workbench.verification import Verification

FEW = 14
"""Rows of a long table that a terminal shows."""
SHOWN: Mapping[str, Mapping[str, Sequence[str]]] = {
    "verify declaration": {
        "claims": ("claim", "declared kg", "estimated kg", "z", "more SQ", "agrees"),
        "rules": ("verdict", "where", "in numbers"),
    },
    "verify balance": {
        "tests": ("test", "threshold", "greatest", "alarms", "sees hardest"),
        "balances": ("balance", "MUF kg", "SD kg", "CUMUF kg", "SITMUF", "Page"),
        "differences": ("balance", "drawn", "D kg", "SD kg", "threshold kg", "MUF + D kg"),
        "rehearsal": ("test", "loss", "stated", "found", "sampling"),
        "drivers": ("location", "error", "share"),
    },
    "verify sample": {
        "sizes": ("rule", "draws", "sees", "how"),
        "methods": ("drawn", "relative SD", "recognises worst share", "false alarm"),
        "strata": ("stratum", "items", "yields kg", "effort", "draws", "by the rule"),
    },
    "verify inspect": {
        "sites": ("site", "visits a year", "days a year", "worth", "90 % within"),
        "changes": ("measure", "inspector-days a year: was", "inspector-days a year: now"),
        "visits": ("date", "site", "inspector days"),
    },
}
"""The columns that fit into 80 characters; the page and --json have all."""
LEFT_OUT = ("regimes", "from", "at most, %", "sure", "more false alarms a year")
"""Columns of `verify needs` that do not."""
TITLES = {
    "claims": "Declared and estimated",
    "rules": "What does not close, or cannot be tested",
    "tests": "What the tests say",
    "balances": "Balance by balance",
    "differences": "What was measured again",
    "rehearsal": "How often tests alarmed in simulated histories",
    "drivers": "Where the uncertainty comes from",
    "sizes": "How many to draw",
    "methods": "The sample proposed",
    "strata": "What to draw from each stratum",
    "sites": "Site by site",
    "changes": "What changes in the case",
    "visits": "The first visits",
}


def verified(result: Verification, _: str | None, written: Sequence[Path]) -> None:
    """The answer in words, what it turns on, then the tables; long ones are cut."""
    screen = Screen()
    screen.title(result.title)
    for text in result.sentences():
        screen.say(text)
    tables = result.tables()
    for name, columns in SHOWN[result.provenance.verb].items():
        if rows := _worth_showing(name, tables.get(name, [])):
            with screen.section(TITLES[name]):
                known = {c: c[:1].upper() + c[1:] for c in columns if c in rows[0]}
                screen.table(known, rows[:FEW], whole=True)
            cut(screen, rows, FEW, "--out and --json have")
    _about_the_file(screen, result)
    files(screen, written)
    if overlay := next((p for p in written if p.name == "overlay.yaml"), None):
        screen.path(f"In a case: detente design {result.provenance.options['case']} --overlay {overlay}")


def _about_the_file(screen: Screen, result: Verification) -> None:
    """Warnings about what was read, and how to see the run again."""
    screen.gap()
    for found in [f for f in result.findings if f.severity == "warning"][:FEW]:
        line = f", line {found.line}" if found.line else ""
        screen.say(in_options(f"Warning{line}: {found.message}: {found.remedy}."))
    if result.findings:
        screen.path(f"About the file: {counted(result.findings)}; --json has them.")
    run(screen, result.provenance)


def needed(result: NeedsResult, case: str | None, written: Sequence[Path]) -> None:
    """The answer in words, then what each effort buys."""
    screen = Screen()
    heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    tables = result.tables()
    tables["next"] = [r for r in tables.get("next", []) if r["sure"] == "yes"]
    for name, rows in tables.items():
        if rows:
            with screen.section(name.replace("_", " ").capitalize()):
                screen.table({c: c[:1].upper() + c[1:] for c in rows[0] if c not in LEFT_OUT}, rows[:FEW])
            cut(screen, rows, FEW, "--out and --json have")
    foot(screen, result.findings, result.provenance, case)
    files(screen, written)


def _worth_showing(name: str, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [r for r in rows if r["verdict"] != "closes"] if name == "rules" else list(rows)
