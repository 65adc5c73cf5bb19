"""The verbs: one function, one frozen options model and one frozen result each. The command line, the web and
notebooks all call these.

Nothing is imported before it is asked for, so that `import detente` and `detente --help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detente.workbench.catalogue import CasesResult, NewResult, SchemaResult, cases, new, schema
    from detente.workbench.comparing import CompareResult, DiffResult, compare, diff
    from detente.workbench.exchange import (
        ExportResult,
        ImportResult,
        export_efg,
        export_ics,
        export_ktab,
        export_negmas,
        export_xlsx,
        import_genius,
        import_ktab,
        import_negmas,
    )
    from detente.workbench.judging import CheckResult, EvaluateResult, check, evaluate
    from detente.workbench.needing import NeedsResult
    from detente.workbench.provenance import Provenance
    from detente.workbench.questions import (
        CriticalResult,
        ExplainResult,
        FrontierResult,
        GapResult,
        critical,
        explain,
        frontier,
        gap,
    )
    from detente.workbench.results import Result
    from detente.workbench.sheets import SheetsResult, export_sheets, import_sheets
    from detente.workbench.showing import RunsResult, show
    from detente.workbench.solving import AssessResult, DesignResult, assess, design
    from detente.workbench.verifying import (
        VerifyBalanceResult,
        VerifyDeclarationResult,
        VerifyInspectResult,
        VerifySampleResult,
        verify_balance,
        verify_declaration,
        verify_inspect,
        verify_needs,
        verify_sample,
    )

_ROOMS = {
    "catalogue": ("CasesResult", "NewResult", "SchemaResult", "cases", "new", "schema"),
    "comparing": ("CompareResult", "DiffResult", "compare", "diff"),
    "exchange": (
        "ExportResult",
        "ImportResult",
        "export_efg",
        "export_ics",
        "export_ktab",
        "export_negmas",
        "export_xlsx",
        "import_genius",
        "import_ktab",
        "import_negmas",
    ),
    "judging": ("CheckResult", "EvaluateResult", "check", "evaluate"),
    "needing": ("NeedsResult",),
    "provenance": ("Provenance",),
    "questions": (
        "CriticalResult",
        "ExplainResult",
        "FrontierResult",
        "GapResult",
        "critical",
        "explain",
        "frontier",
        "gap",
    ),
    "results": ("Result",),
    "sheets": ("SheetsResult", "export_sheets", "import_sheets"),
    "showing": ("RunsResult", "show"),
    "solving": ("AssessResult", "DesignResult", "assess", "design"),
    "verifying": (
        "VerifyBalanceResult",
        "VerifyDeclarationResult",
        "VerifyInspectResult",
        "VerifySampleResult",
        "verify_balance",
        "verify_declaration",
        "verify_inspect",
        "verify_needs",
        "verify_sample",
    ),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "AssessResult",
    "CasesResult",
    "CheckResult",
    "CompareResult",
    "CriticalResult",
    "DesignResult",
    "DiffResult",
    "EvaluateResult",
    "ExplainResult",
    "ExportResult",
    "FrontierResult",
    "GapResult",
    "ImportResult",
    "NeedsResult",
    "NewResult",
    "Provenance",
    "Result",
    "RunsResult",
    "SchemaResult",
    "SheetsResult",
    "VerifyBalanceResult",
    "VerifyDeclarationResult",
    "VerifyInspectResult",
    "VerifySampleResult",
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
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
