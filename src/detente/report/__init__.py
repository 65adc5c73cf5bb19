"""What people read: one self-contained HTML report, its figures and its tables. DESIGN §6 `assess`, §8.

Charts and templates are imported when they are asked for, so that importing this package costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.errors import Finding

if TYPE_CHECKING:
    from detente.design.assessment import Assessment
    from detente.report.figure import Figure
    from detente.report.table import Table

__all__ = ["figures", "tables", "write_report"]


def write_report(
    assessment: Assessment, folder: Path, provenance: Mapping[str, Any], findings: Sequence[Finding] = ()
) -> list[Path]:
    """Write report.html, figures/, tables/ and the plans into a folder; returns what was written."""
    from detente.report.write import write_report as write

    return write(assessment, folder, provenance, findings)


def figures(assessment: Assessment, run: str = "") -> dict[str, Figure]:
    """The charts of an assessment by name; those that it has no data for are left out."""
    from detente.report.charts import figures as draw

    return draw(assessment, run)


def tables(assessment: Assessment, findings: Sequence[Finding] = ()) -> dict[str, Table]:
    """The tables of an assessment by name; those that would be empty are left out."""
    from detente.report.tables import tables as build

    return build(assessment, findings)
