"""The one-file report: everything it needs is inside it, so that it opens offline and can be sent as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.design.questions.assessment import OWN, Assessment
from detente.design.questions.footing import ASSUMED
from detente.errors import Finding
from detente.report.assessment import story
from detente.report.assessment.footing import footing_said, left_out_said
from detente.report.assessment.inputs import unused
from detente.report.assessment.watching import watching_said
from detente.report.kit.figure import Figure
from detente.report.kit.page import page
from detente.report.kit.table import Table
from detente.report.kit.words import LEVELS, measure
from detente.report.roadmap.steps import gaps, on_last_date, steps


def render(
    assessment: Assessment,
    figures: Mapping[str, Figure],
    tables: Mapping[str, Table],
    provenance: Mapping[str, Any],
    findings: Sequence[Finding],
    *,
    gap_said: Sequence[str] = (),
    critical_said: Sequence[str] = (),
) -> str:
    """The report as one HTML page; `gap_said`, `critical_said`: what sections on these say, if anything."""
    a = assessment
    return page(
        "report.html.j2",
        figures,
        tables,
        provenance,
        dossier=a.dossier,
        a=a,
        headline=story.headline(a),
        qualifications=story.qualifications(a),
        answers=[story.answer(a, name) for name in a.verdicts],
        gap_said=gap_said,
        critical_said=critical_said,
        shown=LEVELS.get(a.shown or "", a.shown),
        steps=steps(a),
        grid=gaps(a.dossier.grid),
        last=on_last_date(a),
        danger=story.danger(a),
        resting=() if a.footing is None else footing_said(a.dossier, a.footing),
        left_out=left_out_said(),
        breach=" ".join(ASSUMED),
        own=len(OWN),
        exposures=story.exposures(a),
        watching=watching_said(a),
        has_limit=any(p.exposure_limit is not None for p in a.dossier.parties.values()),
        outside=_outside(a),
        used=sum(bool(row[-1]) for row in tables["inputs"].rows) if "inputs" in tables else 0,
        unused=unused(tables["inputs"]) if "inputs" in tables else "",
        errors=sum(f.severity == "error" for f in findings),
    )


def _outside(a: Assessment) -> list[str]:
    """Titles of the measures that the plan leaves out."""
    if a.plan is None:
        return []
    return [measure(a.dossier, m) for m in a.dossier.measures if a.plan.entry.get(m) is None]
