"""Writing a report's files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detente.design.assessment import Assessment
from detente.design.critical import Critical
from detente.design.gap import Gap
from detente.errors import Finding
from detente.report.assessment_tables import tables
from detente.report.charts import figures
from detente.report.critical_chart import critical_sentences
from detente.report.figure import Figure
from detente.report.gap_chart import gap_sentences
from detente.report.html import render, run_id
from detente.report.table import Table


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


def write_files(
    folder: Path, name: str, page: str, figures: Mapping[str, Figure], tables: Mapping[str, Table]
) -> list[Path]:
    """Write a page, its figures as PNG, SVG and CSV, and its tables as CSV; returns the files written."""
    written = [write_file(folder / name, page.encode("utf-8"))]
    for name, figure in figures.items():
        written.append(write_file(folder / "figures" / f"{name}.png", figure.png()))
        written.append(write_file(folder / "figures" / f"{name}.svg", figure.svg(titled=True).encode("utf-8")))
        written.append(write_file(folder / "figures" / f"{name}.csv", _csv(figure.table.csv())))
    for name, table in tables.items():
        written.append(write_file(folder / "tables" / f"{name}.csv", _csv(table.csv())))
    return written


def plan_file(verdict: str) -> str:
    """The file name of a verdict's plan: "openings:usa" is in plan-openings-usa.json."""
    return f"plan-{re.sub(r'[^A-Za-z0-9_-]+', '-', verdict)}.json"


def _csv(text: str) -> bytes:
    """UTF-8 with the mark that spreadsheets need to know it."""
    return text.encode("utf-8-sig")


def write_file(path: Path, content: bytes) -> Path:
    """Write a file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
