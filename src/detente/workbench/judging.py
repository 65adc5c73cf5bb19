"""`check` and `evaluate`: what is wrong with a dossier, and how a plan does under it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.dossier import Dossier
from detente.errors import DossierError, Finding
from detente.model.check import Slack, Verdict
from detente.model.check import check as judge
from detente.model.plan import Plan
from detente.workbench import words
from detente.workbench.asking import Case, PlanLike, ask, known_parties, placed, read_plan
from detente.workbench.options import CheckOptions, EvaluateOptions, JudgeOptions, options_of, takes
from detente.workbench.provenance import Provenance, provenance
from detente.workbench.results import (
    Result,
    Tables,
    roadmap_table,
    slack_json,
    slack_table,
    values_json,
    values_table,
    worths_of,
)


@dataclass(frozen=True, repr=False)
class CheckResult(Result):
    """Everything that is wrong with a dossier, or with a plan for it, and everything worth a warning."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not any(f.severity == "error" for f in self.findings)

    def to_json(self) -> dict[str, Any]:
        return {"findings": [f.as_dict() for f in self.findings], "ok": self.ok}

    def tables(self) -> Tables:
        return {"findings": [f.as_dict() for f in self.findings]}

    def sentences(self) -> tuple[str, ...]:
        return (f"{'No errors' if self.ok else 'Not usable'}: {counted(self.findings)}.",)


def counted(findings: tuple[Finding, ...]) -> str:
    """How many of which severity: `2 errors, 1 warning`."""
    numbers = [(s, sum(f.severity == s for f in findings)) for s in ("error", "warning", "note")]
    return ", ".join(f"{n} {s}{'s' if n > 1 else ''}" for s, n in numbers if n) or "nothing to report"


@takes(CheckOptions)
def check(
    case: Case, plan: PlanLike | None = None, options: CheckOptions | None = None, /, **given: Any
) -> CheckResult:
    """Find what is wrong with a case, or with a plan for it."""
    chosen = options_of(CheckOptions, options, given)
    try:
        asked = ask(case, chosen)
        if plan is None:
            return CheckResult(asked.findings)
        known_parties(asked.dossier, chosen.openings)
        verdict = judged(asked.dossier, read_plan(asked.dossier, plan), chosen)
    except DossierError as broken:
        return CheckResult(broken.findings)
    file = str(plan) if isinstance(plan, str | Path) else None
    return CheckResult((*placed(plan_findings(asked.dossier, verdict, file), plan), *asked.findings))


def judged(dossier: Dossier, plan: Plan, options: JudgeOptions) -> Verdict:
    return judge(dossier, plan, success=options.success, openings=options.openings)


def plan_findings(dossier: Dossier, verdict: Verdict, file: str | None) -> tuple[Finding, ...]:
    """One error a condition that a plan fails, the worst first."""
    failing = sorted((s for s in verdict.slacks if not s.accepted), key=lambda s: s.slack or 0.0)
    return tuple(_finding(dossier, s, file) for s in failing)


def _finding(dossier: Dossier, row: Slack, file: str | None) -> Finding:
    return Finding(
        f"plan.{row.kind}",
        "error",
        words.failed(dossier, row),
        file=file,
        path=f"entry.{row.measure}" if row.measure else "",
        remedy=words.remedy(row),
    )


@dataclass(frozen=True, repr=False)
class EvaluateResult(Result):
    """A plan under a dossier: every condition with its slack, and what it is worth to each party."""

    dossier: Dossier
    plan: Plan
    verdict: Verdict
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier."""

    @property
    def satisfactory(self) -> bool:
        return self.verdict.satisfactory

    @property
    def failing(self) -> tuple[Slack, ...]:
        """The conditions that are not met, the worst first."""
        return tuple(sorted((s for s in self.verdict.slacks if not s.accepted), key=lambda s: s.slack or 0.0))

    def to_json(self) -> dict[str, Any]:
        return {
            "satisfactory": self.satisfactory,
            "values": values_json(worths_of(self.dossier, self.verdict)),
            "slacks": [slack_json(s) for s in self.verdict.slacks],
            "provenance": self.provenance.to_json(),
        }

    def tables(self) -> Tables:
        return {
            "roadmap": roadmap_table(self.dossier, self.plan),
            "values": values_table(self.dossier, worths_of(self.dossier, self.verdict)),
            "slacks": slack_table(self.dossier, self.verdict.slacks),
        }

    def sentences(self) -> tuple[str, ...]:
        from detente.design.assessment import dangerous

        if self.satisfactory:
            row = dangerous(self.verdict)
            return ("The plan is satisfactory.", *([words.dangerous(self.dossier, row)] if row else []))
        n = len(self.failing)
        many = f"{n} conditions fail" if n > 1 else "1 condition fails"
        return (f"The plan is not satisfactory: {many}.", words.failed(self.dossier, self.failing[0]))


@takes(EvaluateOptions)
def evaluate(case: Case, plan: PlanLike, options: EvaluateOptions | None = None, /, **given: Any) -> EvaluateResult:
    """Judge a plan: every condition with its slack, and what the plan is worth to each party."""
    chosen = options_of(EvaluateOptions, options, given)
    begin = time.monotonic()
    asked = ask(case, chosen)
    known_parties(asked.dossier, chosen.openings)
    read = read_plan(asked.dossier, plan)
    verdict = judged(asked.dossier, read, chosen)
    asked_for = provenance("evaluate", asked.dossier, chosen, (read.to_dict(),))
    wall = time.monotonic() - begin
    return EvaluateResult(
        asked.dossier, read, verdict, asked_for.answered(solver={}, wall_seconds=wall), asked.findings
    )
