"""`compare` and `diff`: plans side by side, and what two dossiers say differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detente.design.questions.margins import least
from detente.dossier import Dossier
from detente.dossier.changes.diff import Change, added_conditions
from detente.dossier.changes.diff import diff as differences
from detente.errors import Finding, UsageError
from detente.model.judge.check import Verdict
from detente.model.plan import Plan
from detente.report.kit import words
from detente.workbench.asking import Case, PlanLike, ask
from detente.workbench.envelope import Task, answers, read_case
from detente.workbench.faces.housekeeping import ChangeFace, DiffFace
from detente.workbench.faces.plans import CompareFace
from detente.workbench.judging import judged
from detente.workbench.keeping import Kept, Subject
from detente.workbench.options import CompareOptions, DiffOptions
from detente.workbench.provenance import Provenance
from detente.workbench.results import Cells, Result, Tables, worths_of
from detente.workbench.verbs import Verb


@dataclass(frozen=True, repr=False)
class CompareResult(Kept):
    """Plans for one dossier side by side."""

    face = CompareFace

    dossier: Dossier
    plans: Mapping[str, tuple[Plan, Verdict]]
    provenance: Provenance
    findings: tuple[Finding, ...] = ()

    def as_asked(self, subject: Subject) -> CompareResult:
        """Under the names that the plans have now."""
        names = _names(subject.inputs[1]) if subject.inputs else list(self.plans)
        return replace(self, plans=dict(zip(names, self.plans.values(), strict=True)))

    @property
    def plans_told(self) -> dict[str, dict[str, Any]]:
        """What the JSON says of each plan."""
        return {name: self._told(*judged_plan) for name, judged_plan in self.plans.items()}

    def _told(self, plan: Plan, verdict: Verdict) -> dict[str, Any]:
        facts = {
            "satisfactory": verdict.satisfactory,
            "values": worths_of(self.dossier, verdict),
            "least_slack": least(verdict.slacks),
            "share": None,
        }
        return {**facts, **plan.to_dict()}

    def tables(self) -> Tables:
        return {"plans": self._summary(), "entry": self._entries()}

    def _summary(self) -> list[Cells]:
        slacks = {n: least(v.slacks) for n, (_, v) in self.plans.items()}
        data = {
            "satisfactory": {n: "yes" if v.satisfactory else "no" for n, (_, v) in self.plans.items()},
            "least slack": {n: f"{words.number(s.slack)} ({s.kind})" if s else "–" for n, s in slacks.items()},
        }
        for p in self.dossier.parties:
            worth = {n: words.number(v.values[p]) for n, (_, v) in self.plans.items()}
            data[f"worth to {words.party(self.dossier, p)}"] = worth
        return [{"": label, **cells} for label, cells in data.items()]

    def _entries(self) -> list[Cells]:
        rows: list[Cells] = []
        for m in self.dossier.measures:
            days = {n: plan.entry.get(m) for n, (plan, _) in self.plans.items()}
            if any(days.values()):
                rows.append({"measure": m} | {n: day.isoformat() if day else "–" for n, day in days.items()})
        return rows

    def sentences(self) -> tuple[str, ...]:
        good = [n for n, (_, v) in self.plans.items() if v.satisfactory]
        return (f"{len(good)} of {len(self.plans)} plans are satisfactory.",)


def _read_plans(row: Verb, inputs: tuple[Any, ...], options: CompareOptions) -> Subject:
    if len(inputs[1]) < 2:
        raise UsageError("compare needs two plans at least")
    return read_case(row, inputs, options)


@answers("compare", reads=_read_plans)
def compare(task: Task[CompareOptions]) -> CompareResult:
    """Judge several plans for one case, and put them side by side."""
    subject = task.subject
    verdicts = [(plan, judged(subject.about, plan, task.options)) for plan in subject.plans]
    both = dict(zip(_names(subject.inputs[1]), verdicts, strict=True))
    return CompareResult(subject.about, both, subject.question, subject.findings)


def _names(plans: tuple[PlanLike, ...]) -> list[str]:
    """Short names that differ: a file's stem where that is enough, else its path, else its number."""
    paths = [Path(p) if isinstance(p, str | Path) else None for p in plans]
    stems = Counter(p.stem for p in paths if p)
    names = ["" if p is None else str(p) if stems[p.stem] > 1 else p.stem for p in paths]
    often = Counter(names)
    return [n if n and often[n] == 1 else f"plan {i}" for i, n in enumerate(names, 1)]


@dataclass(frozen=True, repr=False)
class DiffResult(Result):
    """What the second dossier says differently."""

    face = DiffFace

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    """Conditions that were added to what had been performed."""

    @property
    def same(self) -> bool:
        return not self.changes

    def tables(self) -> Tables:
        return {
            "changes": [ChangeFace.told(c) for c in self.changes],
            "findings": [f.as_dict() for f in self.findings],
        }

    def sentences(self) -> tuple[str, ...]:
        n = len(self.changes)
        return ("The two say the same." if not n else f"{n} difference{'s' if n > 1 else ''}.",)


@answers("diff")
def diff(a: Case, b: Case | None, chosen: DiffOptions) -> DiffResult:
    """What the second case says differently from the first; with one case, what the overlays change in it."""
    if b is None and not (chosen.overlay or chosen.set or chosen.scenario):
        raise UsageError("diff needs two cases, or one and what to change: ‘set’, ‘overlay’ or ‘scenario’")
    before = ask(a, DiffOptions()).dossier
    after = ask(a if b is None else b, chosen).dossier
    return DiffResult(tuple(differences(before, after)), tuple(added_conditions(before, after)))
