"""What people read: one self-contained HTML report, its figures and its tables. DESIGN §6 `assess`, §8.

Charts and templates are imported when they are asked for, so that importing this package costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.errors import Finding

if TYPE_CHECKING:
    from detente.design.questions.assessment import Assessment
    from detente.design.questions.critical import Critical
    from detente.design.questions.explain import Explanation
    from detente.design.questions.frontier import Frontier
    from detente.design.questions.gap import Gap
    from detente.report.kit.figure import Figure
    from detente.report.kit.table import Table

__all__ = ["figures", "tables", "write_critical", "write_explanation", "write_frontier", "write_gap", "write_report"]


def write_report(
    assessment: Assessment,
    folder: Path,
    provenance: Mapping[str, Any],
    findings: Sequence[Finding] = (),
    *,
    gap: Gap | None = None,
    critical: Critical | None = None,
) -> list[Path]:
    """Write report.html, figures/, tables/ and the plans into a folder; returns what was written.

    With a gap or critical numbers of the same case the report has a section on each.
    """
    from detente.report.write import write_report as write

    return write(assessment, folder, provenance, findings, gap=gap, critical=critical)


def write_frontier(frontier: Frontier, folder: Path, provenance: Mapping[str, Any]) -> list[Path]:
    """Write frontier.html, where a chosen point opens its roadmap, and its files; returns what was written."""
    from detente.report.pages import write_frontier as write

    return write(frontier, folder, provenance)


def write_gap(gap: Gap, folder: Path, provenance: Mapping[str, Any]) -> list[Path]:
    """Write gap.html, its figure and its tables into a folder; returns what was written."""
    from detente.report.pages import write_gap as write

    return write(gap, folder, provenance)


def write_critical(critical: Critical, folder: Path, provenance: Mapping[str, Any]) -> list[Path]:
    """Write critical.html, its figure and its tables into a folder; returns what was written."""
    from detente.report.pages import write_critical as write

    return write(critical, folder, provenance)


def write_explanation(explanation: Explanation, folder: Path, provenance: Mapping[str, Any]) -> list[Path]:
    """Write explain.html, its tables, and the overlay and plan of each way out; returns what was written."""
    from detente.report.pages import write_explanation as write

    return write(explanation, folder, provenance)


def figures(
    assessment: Assessment, run: str = "", *, gap: Gap | None = None, critical: Critical | None = None
) -> dict[str, Figure]:
    """The charts of an assessment by name; those that it has no data for are left out."""
    from detente.report.assessment.charts import figures as draw

    return draw(assessment, run, gap=gap, critical=critical)


def tables(
    assessment: Assessment,
    findings: Sequence[Finding] = (),
    *,
    gap: Gap | None = None,
    critical: Critical | None = None,
) -> dict[str, Table]:
    """The tables of an assessment by name; those that would be empty are left out."""
    from detente.report.assessment.tables import tables as build

    return build(assessment, findings, gap=gap, critical=critical)
