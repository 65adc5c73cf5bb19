"""What the verbs of `verify` have in common: a page, its figures and tables, and options that are parts of 1."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from detente.dossier.changes.overlays import canonical
from detente.dossier.library import path_of
from detente.dossier.quantities import parse_share
from detente.errors import Finding, UsageError
from detente.report.kit.files import json_bytes
from detente.report.verification.page import page_files
from detente.workbench.keeping import Kept
from detente.workbench.options import Options
from detente.workbench.provenance import Provenance, versions
from detente.workbench.results import Tables
from detente.workbench.verbs import Verb

Source = str | Path
"""A bundled example's name, or a file."""


@dataclass(frozen=True, repr=False)
class Verification(Kept):
    """What the four verifications have in common: a page, its figures and its tables."""

    reads: ClassVar[Any]
    """The module of `report.verification` that says how it reads."""
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the file."""

    @property
    def ok(self) -> bool:
        """Whether it is as it should be."""
        return bool(self._page().mark != "no")

    def _found(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def _page(self) -> Any:
        return self.reads.page(*self._found())

    def tables(self) -> Tables:
        found = self.reads.tables(*self._found())
        return {n: [dict(zip(t.columns, row, strict=True)) for row in t.rows] for n, t in found.items()}

    def figures(self) -> dict[str, Any]:
        drawn: dict[str, Any] = self.reads.figures(*self._found(), self.provenance.run)
        return drawn

    def sentences(self) -> tuple[str, ...]:
        """The answer, and what it turns on."""
        page = self._page()
        return (page.headline, *page.said, *page.turns_on)

    def files(self) -> dict[str, bytes]:
        """The page, its figures as PNG, SVG and CSV, its tables as CSV, and all of it as JSON."""
        source, tables = self.provenance.to_json(), self.reads.tables(*self._found())
        name = self.provenance.verb.removeprefix("verify ")
        files = page_files(name, self._page(), self.figures(), tables, source, findings=self.findings)
        return {**files, f"{name}.json": json_bytes(self.to_json())}


def no_case(source: Source) -> None:
    """Raises UsageError for a bundled case, which other verbs take."""
    if path_of(str(source)) is not None:
        raise UsageError(
            f"{source} is a case, not a file of this verb: detente verify needs {source} says how much verification "
            "its deal needs"
        )


def question_of(row: Verb, title: str, about: Mapping[str, Any], options: Options) -> Provenance:
    """The provenance of a question about a file that is no dossier: in place of the dossier, what the file says."""
    said = hashlib.sha256(canonical(about).encode()).hexdigest()
    return Provenance(row.name, title, said, (), options.model_dump(mode="json"), versions())


def share_of(text: str, name: str) -> float:
    """A part of 1, written 5 % or 0.05. Raises UsageError."""
    try:
        plain = float(text) if "%" not in text else text
        return parse_share(plain)[0]
    except ValueError:
        raise UsageError(f"‘{name}’ {text!r} is no share: write it as 5% or 0.05, from 0 to 1") from None


def share_between(text: str, name: str, most: float) -> float:
    """A part of 1 that is above 0 and below `most`. Raises UsageError."""
    try:
        value = share_of(text, name)
    except UsageError:
        value = -1.0
    if not 0 < value < most:
        raise UsageError(f"‘{name}’ {text!r}: write it as 5% or 0.05, above 0 % and below {100 * most:g} %")
    return value
