"""Writing a report's files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detente.design.assessment import Assessment
from detente.errors import Finding
from detente.report.charts import figures
from detente.report.html import render, run_id
from detente.report.tables import tables


def write_report(
    assessment: Assessment, folder: Path, provenance: Mapping[str, Any], findings: Sequence[Finding] = ()
) -> list[Path]:
    """Write report.html, figures/*.{png,svg,csv}, tables/*.csv and plan-<verdict>.json; returns the files written."""
    drawn = figures(assessment, run_id(provenance))
    built = tables(assessment, findings)
    page = render(assessment, drawn, built, provenance, findings)
    written = [_write(folder / "report.html", page.encode("utf-8"))]
    for name, figure in drawn.items():
        written.append(_write(folder / "figures" / f"{name}.png", figure.png()))
        written.append(_write(folder / "figures" / f"{name}.svg", figure.svg(titled=True).encode("utf-8")))
        written.append(_write(folder / "figures" / f"{name}.csv", _csv(figure.table.csv())))
    for name, table in built.items():
        written.append(_write(folder / "tables" / f"{name}.csv", _csv(table.csv())))
    for name, design in assessment.verdicts.items():
        if design.plan is not None:
            text = json.dumps(design.plan.to_dict(), indent=2, ensure_ascii=False) + "\n"
            written.append(_write(folder / plan_file(name), text.encode("utf-8")))
    return written


def plan_file(verdict: str) -> str:
    """The file name of a verdict's plan: "openings:usa" is in plan-openings-usa.json."""
    return f"plan-{re.sub(r'[^A-Za-z0-9_-]+', '-', verdict)}.json"


def _csv(text: str) -> bytes:
    """UTF-8 with the mark that spreadsheets need to know it."""
    return text.encode("utf-8-sig")


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
