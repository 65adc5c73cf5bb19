"""Writing a report's files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detente.design.questions.assessment import Assessment
from detente.design.questions.critical import Critical
from detente.design.questions.gap import Gap
from detente.errors import Finding
from detente.report.assessment.charts import figures
from detente.report.assessment.page import render
from detente.report.assessment.tables import tables
from detente.report.kit.files import plan_file, write_file, write_files
from detente.report.kit.page import run_id
from detente.report.questions.critical_chart import critical_sentences
from detente.report.questions.gap_chart import gap_sentences


def write_report(
    assessment: Assessment,
    folder: Path,
    provenance: Mapping[str, Any],
    findings: Sequence[Finding] = (),
    *,
    gap: Gap | None = None,
    critical: Critical | None = None,
) -> list[Path]:
    """Write report.html, figures/*.{png,svg,csv}, tables/*.csv and plan-<verdict>.json; returns the files written."""
    drawn = figures(assessment, run_id(provenance), gap=gap, critical=critical)
    built = tables(assessment, findings, gap=gap, critical=critical)
    gap_said = gap_sentences(gap) if gap is not None else ()
    critical_said = critical_sentences(critical) if critical is not None else ()
    page = render(assessment, drawn, built, provenance, findings, gap_said=gap_said, critical_said=critical_said)
    written = write_files(folder, "report.html", page, drawn, built)
    for name, design in assessment.verdicts.items():
        if design.plan is not None:
            text = json.dumps(design.plan.to_dict(), indent=2, ensure_ascii=False) + "\n"
            written.append(write_file(folder / plan_file(name), text.encode("utf-8")))
    return written
