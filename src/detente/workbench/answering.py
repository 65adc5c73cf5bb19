"""`answers`: what follows each breach of a deal, and which answers would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detente.design.plan.clock import Clock
from detente.design.plan.rules import design as solve
from detente.design.questions.answering import Answering, answering
from detente.dossier import Dossier
from detente.errors import Finding
from detente.report.pages import breach_files
from detente.report.questions.breach_chart import breach_figure
from detente.report.questions.breach_words import breach_sentences, breach_tables, clauses
from detente.workbench.envelope import Task
from detente.workbench.envelope import answers as answered
from detente.workbench.faces.answering import AnswersFace
from detente.workbench.keeping import KeptFinding
from detente.workbench.options import AnswersOptions
from detente.workbench.provenance import Provenance
from detente.workbench.questions import charts, rows_by_name
from detente.workbench.results import Tables

DESIGNING = 0.6
"""The part of the time that a plan may be looked for where none is given."""


@dataclass(frozen=True, repr=False)
class AnswersResult(KeptFinding):
    """For each breach of a plan what it earns, what its answer takes, and how long that would have to be."""

    face = AnswersFace

    found: Answering
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier."""

    @property
    def dossier(self) -> Dossier:
        return self.found.dossier

    @property
    def finished(self) -> bool:
        return self.found.finished

    @property
    def solved(self) -> Mapping[str, Any]:
        return {"status": self.found.status, "finished": self.found.finished}

    @property
    def clauses(self) -> dict[str, str]:
        """Each answer as it could stand in a text."""
        return clauses(self.dossier)

    def tables(self) -> Tables:
        return rows_by_name(breach_tables(self.found))

    def figures(self) -> dict[str, Any]:
        return charts(breach_figure(self.found, self.provenance.run))

    def sentences(self) -> tuple[str, ...]:
        return tuple(breach_sentences(self.found))

    def files(self) -> dict[str, bytes]:
        """A page with the picture and the tables."""
        return breach_files(self.found, self.provenance.to_json())


@answered("answers")
def answers(task: Task[AnswersOptions]) -> AnswersResult:
    """Say what follows each breach of a deal: what it earns, what its answer takes, which answers would do.

    Without a plan the best one by `nash` is looked for first.
    """
    options, work, subject = task.options, task.work, task.subject
    dossier, plans = subject.about, subject.plans
    asked: dict[str, Any] = {"success": options.success, "openings": options.openings}
    status, plan = "given", plans[0] if plans else None
    if plan is None:
        work.say("A plan to ask about")
        made = solve(
            dossier,
            "nash",
            **asked,
            time_limit=DESIGNING * work.left,
            say=work.say,
            cancelled=work.over,
        )
        status, plan = made.status, made.plan
    found = answering(dossier, plan, status=status, clock=Clock(work.left, work.over), say=work.say)
    return AnswersResult(found, subject.question, subject.findings)
