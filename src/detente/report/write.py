"""The files of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.design.questions.assessment import Assessment
from detente.design.questions.critical import Critical
from detente.design.questions.gap import Gap
from detente.errors import Finding
from detente.report.assessment.charts import figures
from detente.report.assessment.page import render
from detente.report.assessment.tables import tables
from detente.report.kit.files import Files, files_of, json_bytes, plan_file
from detente.report.kit.page import run_id
from detente.report.questions.critical_chart import critical_sentences
from detente.report.questions.gap_chart import gap_sentences


def report_files(
    assessment: Assessment,
    provenance: Mapping[str, Any],
    findings: Sequence[Finding] = (),
    *,
    gap: Gap | None = None,
    critical: Critical | None = None,
) -> Files:
    """report.html, figures/*.{png,svg,csv}, tables/*.csv and plan-<verdict>.json.

    With a gap or critical numbers of the same case the report has a section on each.
    """
    drawn = figures(assessment, run_id(provenance), gap=gap, critical=critical)
    built = tables(assessment, findings, gap=gap, critical=critical)
    gap_said = gap_sentences(gap) if gap is not None else ()
    critical_said = critical_sentences(critical) if critical is not None else ()
    page = render(assessment, drawn, built, provenance, findings, gap_said=gap_said, critical_said=critical_said)
    files = files_of("report.html", page, drawn, built)
    for name, design in assessment.verdicts.items():
        if design.plan is not None:
            files[plan_file(name)] = json_bytes(design.plan.to_dict())
    return files
