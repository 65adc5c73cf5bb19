"""`check` and `evaluate`: what is wrong with a dossier, and how a plan does under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from detente.design.questions.assessment import Worth
from detente.design.questions.footing import Footing, footing
from detente.design.questions.margins import VALUED, dangerous
from detente.dossier import Dossier
from detente.errors import DossierError, Finding
from detente.model import bounds
from detente.model.judge.check import Slack, Verdict
from detente.model.judge.check import check as judge
from detente.model.plan import Plan
from detente.report.kit import words
from detente.report.roadmap import conditions
from detente.workbench.asking import Case, PlanLike, ask, known_parties, placed, read_plan
from detente.workbench.envelope import Task, answers, read_case
from detente.workbench.faces.housekeeping import CheckFace
from detente.workbench.faces.plans import EvaluateFace
from detente.workbench.keeping import Kept, Subject
from detente.workbench.options import CheckOptions, EvaluateOptions, JudgeOptions
from detente.workbench.provenance import Provenance, changes_said
from detente.workbench.results import (
    Cells,
    Result,
    Tables,
    counted,
    roadmap_table,
    slack_table,
    values_table,
    worths_of,
)
from detente.workbench.verbs import Verb


@dataclass(frozen=True, repr=False)
class CheckResult(Result):
    """Everything that is wrong with a dossier, or with a plan for it, and everything worth a warning."""

    face = CheckFace

    findings: tuple[Finding, ...]
    """About the plan where there is one, else about the dossier."""
    judged_at: JudgeOptions | None = None
    """What the plan had to meet; None where no plan was judged."""
    failing: int = 0
    """How many conditions the plan fails, every moment counted."""
    about: tuple[Finding, ...] = ()
    """Beside a plan: warnings and notes about the dossier."""
    changes: tuple[str, ...] = ()
    """What was changed in the dossier, in words."""

    @property
    def ok(self) -> bool:
        return not any(f.severity == "error" for f in self.findings)

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """About the plan, then about the dossier."""
        return (*self.findings, *self.about)

    def tables(self) -> Tables:
        return {"findings": [f.as_dict() for f in self.findings]}

    def sentences(self) -> tuple[str, ...]:
        if self.judged_at is None:
            return (f"{'No errors' if self.ok else 'Not usable'}: {counted(self.findings)}.",)
        openings = "".join(f", with the opening of {p}" for p in self.judged_at.openings)
        asked = f"(success: {self.judged_at.success}{openings})"
        if self.ok:
            return (f"The plan is satisfactory {asked}.",)
        return (f"The plan is not satisfactory: {failures(self.failing)} {asked}.",)


def failures(n: int) -> str:
    return f"{n} conditions fail" if n > 1 else "1 condition fails"


@answers("check")
def check(case: Case, plan: PlanLike | None, chosen: CheckOptions) -> CheckResult:
    """Find what is wrong with a case, or with a plan for it."""
    try:
        asked = ask(case, chosen)
        changes = changes_said(asked.dossier.overlays)
        if plan is None:
            return CheckResult(asked.findings, changes=changes)
        known_parties(asked.dossier, chosen.openings)
        read = read_plan(asked.dossier, plan)
        verdict = judged(asked.dossier, read, chosen)
    except DossierError as broken:
        return CheckResult(broken.findings)
    file = _file(plan)
    beyond = bounds.findings(asked.dossier, read, file)
    found = tuple(placed((*plan_findings(asked.dossier, verdict, file), *beyond), plan))
    return CheckResult(found, chosen, sum(not s.accepted for s in verdict.slacks), asked.findings, changes)


def judged(dossier: Dossier, plan: Plan, options: JudgeOptions) -> Verdict:
    return judge(dossier, plan, success=options.success, openings=options.openings)


def plan_findings(dossier: Dossier, verdict: Verdict, file: str | None) -> tuple[Finding, ...]:
    """One error a condition that a plan fails: the dates first, then what the parties would rather do."""
    return tuple(_finding(dossier, row, more, file) for row, more in worst(verdict))


KINDS = ("empty", "grid", "order", "pace", "one_of", "capacity", "demand", "success", "link")
"""Conditions on dates, in the order of telling; those with values follow."""
_ORDER = {kind: i for i, kind in enumerate((*KINDS, *VALUED))}


def worst(verdict: Verdict) -> list[tuple[Slack, int]]:
    """The worst moment of each condition that a plan fails, and at how many more moments it does."""
    groups: dict[tuple[str | None, ...], list[Slack]] = {}
    for row in sorted((s for s in verdict.slacks if not s.accepted), key=_by_slack):
        groups.setdefault((row.kind, row.party, row.other, row.measure, row.name), []).append(row)
    rows = sorted(groups.values(), key=lambda g: (_ORDER[g[0].kind], _by_slack(g[0])))
    return [(g[0], len({(s.years, s.moment, s.date) for s in g}) - 1) for g in rows]


def _by_slack(row: Slack) -> float:
    return row.slack or 0.0


def told(dossier: Dossier, row: Slack, more: int) -> str:
    """A condition that fails in a sentence, and how often it does."""
    text = conditions.failed(dossier, row)
    return f"{text[:-1]} (and {more} more moment{'s' if more > 1 else ''})." if more else text


def _finding(dossier: Dossier, row: Slack, more: int, file: str | None) -> Finding:
    return Finding(
        f"plan.{row.kind}",
        "error",
        told(dossier, row, more),
        file=file,
        path=f"entry.{row.measure}" if row.measure else "",
        remedy=conditions.remedy(row),
    )


@dataclass(frozen=True, repr=False)
class EvaluateResult(Kept):
    """A plan under a dossier: every condition with its slack, and what it is worth to each party."""

    face = EvaluateFace

    dossier: Dossier
    plan: Plan
    verdict: Verdict
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier, and warnings about the plan (plan.*)."""

    known_footing: Footing | None = None
    """What was stored; it takes long to work out."""
    remember: Callable[[EvaluateResult], None] | None = field(default=None, compare=False)
    """Called once the footing is known."""

    @property
    def finished(self) -> bool:
        return self.known_footing is None or all(w.tried for w in self.known_footing.walkouts)

    def once_whole(self, then: Callable[[EvaluateResult], None]) -> EvaluateResult:
        return replace(self, remember=then)

    @cached_property
    def footing(self) -> Footing:
        """What it rests on that the plan is kept; worked out when it is asked for, and then stored."""
        if self.known_footing is not None:
            return self.known_footing
        left = self.provenance.options["time_limit"] - (self.provenance.wall_seconds or 0.0)
        found = footing(self.dossier, self.plan, self.verdict, seconds=left)
        if self.remember is not None:
            self.remember(replace(self, known_footing=found, remember=None))
        return found

    @property
    def satisfactory(self) -> bool:
        return self.verdict.satisfactory

    @property
    def failing(self) -> tuple[Slack, ...]:
        """The conditions that are not met, the worst first."""
        return tuple(sorted((s for s in self.verdict.slacks if not s.accepted), key=_by_slack))

    @property
    def worths(self) -> Mapping[str, Worth]:
        """What the plan is worth to each party."""
        return worths_of(self.dossier, self.verdict)

    def tables(self) -> Tables:
        return {
            "roadmap": roadmap_table(self.dossier, self.plan),
            "values": values_table(self.dossier, self.worths),
            "least": least_table(self.dossier, self.verdict),
            "slacks": slack_table(self.dossier, self.verdict.slacks),
        }

    def sentences(self) -> tuple[str, ...]:
        if self.satisfactory:
            row = dangerous(self.verdict)
            return ("The plan is satisfactory.", *([conditions.dangerous(self.dossier, row)] if row else []))
        many = failures(len(self.failing))
        return (f"The plan is not satisfactory: {many}.", conditions.failed(self.dossier, self.failing[0]))


def least_table(dossier: Dossier, verdict: Verdict) -> list[Cells]:
    """The moment of least slack of each kind of condition and party."""
    groups: dict[tuple[str, str | None], list[Slack]] = {}
    for s in verdict.slacks:
        if s.kind in VALUED and s.slack is not None:
            groups.setdefault((s.kind, s.party), []).append(s)
    rows = [min(group, key=_by_slack) for group in groups.values()]
    return [
        {
            "kind": s.kind,
            "party": words.party(dossier, s.party),
            "moment": s.moment,
            "date": None if s.date is None else s.date.isoformat(),
            "leaves": None if s.leaves is None else s.leaves.isoformat(),
            "keep": s.keep,
            "deviate": s.deviate,
            "slack": s.slack,
        }
        for s in sorted(rows, key=lambda s: _ORDER[s.kind])
    ]


def _read_plan(row: Verb, inputs: tuple[Any, ...], options: EvaluateOptions) -> Subject:
    """A case with a plan for it, and what there is to say about either."""
    subject = read_case(row, inputs, options)
    beyond = bounds.findings(subject.about, subject.plans[0], _file(inputs[1]))
    return replace(subject, findings=(*subject.findings, *placed(beyond, inputs[1])))


@answers("evaluate", reads=_read_plan)
def evaluate(task: Task[EvaluateOptions]) -> EvaluateResult:
    """Judge a plan: every condition with its slack, and what the plan is worth to each party."""
    subject, (plan,) = task.subject, task.subject.plans
    verdict = judged(subject.about, plan, task.options)
    return EvaluateResult(subject.about, plan, verdict, subject.question, subject.findings)


def _file(plan: PlanLike) -> str | None:
    return str(plan) if isinstance(plan, str | Path) else None
