"""The verbs: one row of `verbs.VERBS`, one frozen options model and one frozen result each. The command line, the web
and notebooks all call these.

Nothing is imported before it is asked for, so that `import detente` and `detente --help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from detente.workbench import verbs

_OTHERS = {"Progress": "envelope", "Provenance": "provenance", "Result": "results"}


def names() -> list[str]:
    """What is here by name: the functions of the verbs, their results, and what all of them share."""
    results = {row.result for row in verbs.VERBS}
    return sorted({*(row.python for row in verbs.VERBS), *results, *_OTHERS})


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return names()
    for row in verbs.VERBS:
        if name in (row.python, row.result):
            return getattr(import_module(row.module), name)
    if name in _OTHERS:
        return getattr(import_module(f"{__name__}.{_OTHERS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return names()
