"""Which voice tells a verb's result in the terminal. A verb that has none of its own is told by its tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from detente.cli import answers, say, told, verified
from detente.workbench.verbs import Verb

Voice = Callable[[Any, Any, Sequence[Path]], None]


def tell(row: Verb, result: Any, named: str | None, written: Sequence[Path]) -> None:
    """Print a result; `named`: the first thing that the command named; `written`: files written of the result."""
    voice: Voice = VOICES.get(row.name, _plain)
    voice(result, named, written)


def _plain(result: Any, named: str | None, written: Sequence[Path]) -> None:
    answers.told_again(result)


def _printed(result: Any, named: str | None, written: Sequence[Path]) -> None:
    print(result)


def _new(result: Any, named: str | None, written: Sequence[Path]) -> None:
    if result.file is None:
        sys.stdout.write(result.text)
    else:
        print(f"Wrote {result.file}. Edit it, then: detente check {result.file}")


def _schema(result: Any, named: str | None, written: Sequence[Path]) -> None:
    if "verbs" in result.schema:
        answers.told_again(result)
    else:
        say.print_json(result.to_json())


VOICES: dict[str, Voice] = {
    "assess": answers.assessed,
    "design": lambda result, named, written: answers.designed(result, named, written[0] if written else None),
    "check": lambda result, named, written: answers.checked(result, named),
    "evaluate": lambda result, named, written: answers.evaluated(result),
    "compare": lambda result, named, written: answers.compared(result),
    "diff": lambda result, named, written: answers.differing(result),
    "cases": lambda result, named, written: answers.cases(result),
    "new": _new,
    "schema": _schema,
    "show": lambda result, named, written: answers.shown(result, written),
    "forget": _printed,
    "explain": lambda result, named, written: told.explain(result, written),
    "gap": lambda result, named, written: told.gap(result, written),
    "critical": lambda result, named, written: told.critical(result, written),
    "frontier": lambda result, named, written: told.frontier(result, written),
    "verify needs": verified.needed,
    **{
        f"verify {what}": lambda result, named, written: verified.verified(result, written)
        for what in ("declaration", "balance", "sample", "inspect")
    },
    **{f"import {what}": lambda result, named, written: told.imported(result) for what in ("genius", "negmas", "ktab")},
    **{f"export {what}": _printed for what in ("negmas", "ktab", "efg", "ics", "xlsx")},
    "sheets export": _printed,
    "sheets import": lambda result, named, written: print(f"{result} Next: detente check {result.written}"),
}
