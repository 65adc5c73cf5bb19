"""détente: is there a deal that both sides would rather keep than break?

    import detente as dt
    d = dt.load("korea-2018")
    r = dt.assess(d)

Verbs take a case (a bundled id, a file or a dossier) and their options as keyword arguments. Nothing heavy is imported
before it is needed.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import detente.design as _design

__version__ = "0.1.0"

if TYPE_CHECKING:
    from detente.dossier import Dossier, apply, fingerprint, from_dict, load, loads, read_overlay
    from detente.errors import DetenteError, DossierError, Finding, UsageError
    from detente.model.plan import Plan
    from detente.workbench import (
        assess,
        cases,
        check,
        compare,
        critical,
        diff,
        evaluate,
        explain,
        export_efg,
        export_ics,
        export_ktab,
        export_negmas,
        export_sheets,
        export_xlsx,
        frontier,
        gap,
        import_genius,
        import_ktab,
        import_negmas,
        import_sheets,
        new,
        schema,
        show,
        verify_balance,
        verify_declaration,
        verify_inspect,
        verify_needs,
        verify_sample,
    )

_HOMES = {
    "detente.dossier": ("Dossier", "apply", "fingerprint", "from_dict", "load", "loads", "read_overlay"),
    "detente.errors": ("DetenteError", "DossierError", "Finding", "UsageError"),
    "detente.model.plan": ("Plan",),
    "detente.workbench": (
        "assess",
        "cases",
        "check",
        "compare",
        "critical",
        "diff",
        "evaluate",
        "explain",
        "export_efg",
        "export_ics",
        "export_ktab",
        "export_negmas",
        "export_sheets",
        "export_xlsx",
        "frontier",
        "gap",
        "import_genius",
        "import_ktab",
        "import_negmas",
        "import_sheets",
        "new",
        "schema",
        "show",
        "verify_balance",
        "verify_declaration",
        "verify_inspect",
        "verify_needs",
        "verify_sample",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DetenteError",
    "Dossier",
    "DossierError",
    "Finding",
    "Plan",
    "UsageError",
    "apply",
    "assess",
    "cases",
    "check",
    "compare",
    "critical",
    "design",
    "diff",
    "evaluate",
    "explain",
    "export_efg",
    "export_ics",
    "export_ktab",
    "export_negmas",
    "export_sheets",
    "export_xlsx",
    "fingerprint",
    "from_dict",
    "frontier",
    "gap",
    "import_genius",
    "import_ktab",
    "import_negmas",
    "import_sheets",
    "load",
    "loads",
    "new",
    "read_overlay",
    "schema",
    "show",
    "verify_balance",
    "verify_declaration",
    "verify_inspect",
    "verify_needs",
    "verify_sample",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


class _Floor(ModuleType):
    """A floor that has the name of a verb: calling it calls the verb."""

    def __call__(self, *args: Any, **given: Any) -> Any:
        verb = self.__name__.rpartition(".")[2]
        return getattr(import_module("detente.workbench"), verb)(*args, **given)


_design.__class__ = _Floor
