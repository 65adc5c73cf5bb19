"""détente: is there a deal that both sides would rather keep than break?

    import detente as dt
    d = dt.load("korea-2018")
    r = dt.assess(d)

Verbs take a case (a bundled id, a file or a dossier) and their options as keyword arguments. Nothing heavy is imported
before it is needed.
"""

# ruff: noqa: F401 (what type checkers are told; what there is, the table of verbs says)

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import detente.design as _design
from detente.workbench import verbs

__version__ = "0.1.0"

if TYPE_CHECKING:
    from detente.dossier import Dossier, apply, fingerprint, from_dict, load, loads, read_overlay
    from detente.errors import DetenteError, DossierError, Finding, UsageError
    from detente.model.plan import Plan
    from detente.workbench.balancing import verify_balance
    from detente.workbench.catalogue import cases, new, schema
    from detente.workbench.comparing import compare, diff
    from detente.workbench.declaring import verify_declaration
    from detente.workbench.exporting import export_efg, export_ics, export_ktab, export_negmas, export_xlsx
    from detente.workbench.forgetting import forget
    from detente.workbench.importing import import_genius, import_ktab, import_negmas
    from detente.workbench.inspecting import verify_inspect
    from detente.workbench.judging import check, evaluate
    from detente.workbench.needing import verify_needs
    from detente.workbench.questions import critical, explain, frontier, gap
    from detente.workbench.sampling import verify_sample
    from detente.workbench.sheets import export_sheets, import_sheets
    from detente.workbench.showing import show
    from detente.workbench.solving import assess
    from detente.workbench.verbs import VERBS

_HOMES = {
    "detente.dossier": ("Dossier", "apply", "fingerprint", "from_dict", "load", "loads", "read_overlay"),
    "detente.errors": ("DetenteError", "DossierError", "Finding", "UsageError"),
    "detente.model.plan": ("Plan",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def _names() -> list[str]:
    """What the library offers: the verbs of the table, and what they are about."""
    return sorted({*_HOME, *(row.python for row in verbs.VERBS), "VERBS"})


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return _names()
    if name == "VERBS":
        return verbs.VERBS
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if any(name == row.python for row in verbs.VERBS):
        return _at_home(getattr(import_module("detente.workbench"), name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _at_home(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb of the workbench whose runs are kept where the environment says."""

    @wraps(verb)
    def kept(*given: Any, **keywords: Any) -> Any:
        return verb(*given, **{"store": import_module("detente.home").runs(), **keywords})

    kept.__module__ = __name__
    return kept


def __dir__() -> list[str]:
    return sorted([*_names(), "__version__"])


class _Floor(ModuleType):
    """A floor that has the name of a verb: calling it calls the verb."""

    def __call__(self, *args: Any, **given: Any) -> Any:
        verb = self.__name__.rpartition(".")[2]
        return _at_home(getattr(import_module("detente.workbench"), verb))(*args, **given)


_design.__class__ = _Floor
