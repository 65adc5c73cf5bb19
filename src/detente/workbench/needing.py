"""`verify needs`: how much verification a deal needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from detente.design.inspections.needs import VerificationNeeds
from detente.design.inspections.needs import needs as solve
from detente.design.programme.question import Question
from detente.dossier.text.yaml import written
from detente.report.kit.files import json_bytes
from detente.report.verification.needs_chart import needs_figure, needs_files, needs_tables
from detente.report.verification.needs_words import needs_sentences
from detente.workbench.envelope import Task, answers
from detente.workbench.faces.verification import NeedsFace
from detente.workbench.options import NeedsOptions
from detente.workbench.questions import SearchAnswer
from detente.workbench.results import Tables


@dataclass(frozen=True, repr=False)
class NeedsResult(SearchAnswer):
    """The least inspection effort for a deal, and what more of it buys."""

    face = NeedsFace

    found: VerificationNeeds

    def tables(self) -> Tables:
        built = needs_tables(self.found)
        return {n: [dict(zip(t.columns, map(_cell, row), strict=True)) for row in t.rows] for n, t in built.items()}

    def figures(self) -> dict[str, Any]:
        figure = needs_figure(self.found, self.provenance.run)
        return {} if figure is None else {"needs": figure}

    def sentences(self) -> tuple[str, ...]:
        return needs_sentences(self.found)

    def files(self) -> dict[str, bytes]:
        """A page with the effort curve and the tables, the overlay that sets the regimes, and the plan."""
        files = {**needs_files(self.found, self.provenance.to_json()), "needs.json": json_bytes(self.to_json())}
        least = self.found.least
        if least.plan is not None:
            files["plan.json"] = json_bytes(least.plan.to_dict())
        if least.overlay:
            files["inspections.yaml"] = written(dict(least.overlay)).encode("utf-8")
        return files


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@answers("verify needs")
def verify_needs(task: Task[NeedsOptions]) -> NeedsResult:
    """Find the least inspection effort for which a satisfactory deal exists, and what more effort would buy."""
    options, work, subject = task.options, task.work, task.subject
    found = solve(
        subject.about,
        Question(options.success, options.openings),
        effort=options.effort,
        steps=options.steps,
        rates=options.rates,
        raises=options.raises,
        time_limit=work.left,
        say=work.say,
        cancelled=work.over,
    )
    return NeedsResult(found, subject.question, subject.findings)
