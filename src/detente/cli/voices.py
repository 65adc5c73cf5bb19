"""Which voice tells a verb's result in the terminal. A verb that has none of its own is told by its tables."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from detente.workbench.verbs import Verb

UNVOICED = "plain:told_again"
VOICES = {
    "assess": "answers:assessed",
    "design": "answers:designed",
    "check": "answers:checked",
    "evaluate": "answers:evaluated",
    "compare": "answers:compared",
    "diff": "plain:differing",
    "cases": "plain:cases",
    "new": "plain:new",
    "schema": "plain:schema",
    "show": "runs:shown",
    "forget": "plain:sentences",
    "explain": "told:explain",
    "gap": "told:gap",
    "answers": "told:answers",
    "critical": "told:critical",
    "frontier": "told:frontier",
    "verify needs": "verified:needed",
    **{f"verify {what}": "verified:verified" for what in ("declaration", "balance", "sample", "inspect")},
    **{f"import {what}": "plain:imported" for what in ("genius", "negmas", "ktab")},
    **{f"export {what}": "plain:sentences" for what in ("negmas", "ktab", "efg", "ics", "xlsx")},
    "sheets export": "plain:sentences",
    "sheets import": "plain:read_from_sheets",
}
"""Module of the command line, and function in it; nothing is imported but what a result asks for."""


def tell(row: Verb, result: Any, named: str | None, written: Sequence[Path]) -> None:
    """Print a result; `named`: the first thing that the command named; `written`: files written of the result."""
    module, _, voice = VOICES.get(row.name, UNVOICED).partition(":")
    getattr(import_module(f"detente.cli.{module}"), voice)(result, named, written)
