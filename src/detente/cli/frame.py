"""What stands around every answer in a terminal: the case and what was changed in it, the run, the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detente.cli.screen import Screen
from detente.workbench.results import counted

if TYPE_CHECKING:
    from detente.errors import Finding
    from detente.workbench.provenance import Provenance


def heading(screen: Screen, title: str, changes: Sequence[str]) -> None:
    """The title of a case, and what was changed in it."""
    screen.title(title)
    if changes:
        screen.say(f"With: {'; '.join(changes)}")


def foot(screen: Screen, findings: Sequence[Finding], source: Provenance, case: str | None) -> None:
    """What there is to say about plan and dossier, and how to see the run again."""
    screen.gap()
    for found in findings:
        if found.code.startswith("plan."):
            screen.say(f"{found.message}.")
    about = tuple(f for f in findings if f.severity != "error" and not f.code.startswith("plan."))
    if about:
        screen.path(f"About the dossier: {counted(about)}" + (f" (detente check {case})" if case else ""))
    took = "from the cache" if source.cached else f"{source.wall_seconds or 0:.1f} s"
    screen.path(f"Run {source.run}, {took}{_again(source)}")


def run(screen: Screen, source: Provenance) -> None:
    """How to see a run again."""
    screen.path(f"Run {source.run}{_again(source)}")


def _again(source: Provenance) -> str:
    return f"; again with: detente show {source.run}" if source.options.get("keep", True) else ", not kept"


def files(screen: Screen, written: Sequence[Path]) -> None:
    """The page that was written, and how many files with it."""
    if written:
        page = next((p for p in written if p.suffix == ".html"), written[0])
        screen.path(f"Written: {page} ({len(written)} file{'s' if len(written) > 1 else ''})")


def cut(screen: Screen, rows: Sequence[object], shown: int, where: str) -> None:
    """How many rows more there are than a terminal shows."""
    if len(rows) > shown:
        screen.say(f"… and {len(rows) - shown} more; {where} all of them.")
