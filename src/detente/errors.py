"""What can be wrong: a `Finding` is a problem in the user's data, as a value; exceptions are for misuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem in what the user wrote: what, where, and the ways to mend it."""

    code: str
    severity: Severity
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str = ""
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        place = ":".join(str(x) for x in (self.file, self.line, self.column) if x is not None)
        where = f"{place}: " if place else ""
        at = f" [{self.path}]" if self.path else ""
        mend = f"\n    → {self.remedy}" if self.remedy else ""
        return f"{where}{self.severity} {self.code}{at}: {self.message}{mend}"


class DetenteError(Exception):
    """Root of everything that détente raises."""


class DossierError(DetenteError):
    """A dossier, plan or overlay has findings of severity error; all of them are in `.findings`."""

    def __init__(self, findings: Sequence[Finding]):
        self.findings = tuple(findings)
        errors = [f for f in self.findings if f.severity == "error"] or list(self.findings)
        super().__init__("\n".join(str(f) for f in errors))


class UsageError(DetenteError):
    """A verb was called in a way that it cannot answer (unknown rule, no such success level)."""
