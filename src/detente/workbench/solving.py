"""`design` and `assess`: questions that need a solver."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.dossier import Dossier, apply
from detente.errors import DossierError, Finding, UsageError
from detente.report.kit import words
from detente.report.kit.files import json_bytes, write_files
from detente.report.questions import answer_words
from detente.report.roadmap import conditions
from detente.workbench.archive import archived, unarchived
from detente.workbench.envelope import Progress, Task, Work, answers
from detente.workbench.faces.face import finite
from detente.workbench.faces.plans import AssessFace, DesignFace
from detente.workbench.keeping import Kept, KeptFinding, Subject, findings_of, provenance_of
from detente.workbench.options import AssessOptions, DesignOptions
from detente.workbench.provenance import Provenance
from detente.workbench.results import (
    Tables,
    roadmap_table,
    slack_table,
    values_table,
    worths_of,
)
from detente.workbench.store import Record
from detente.workbench.writing import file_for

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from detente.design.plan.designs import Design
    from detente.design.programme.known import Known
    from detente.design.programme.question import Question
    from detente.design.questions.assessment import Assessment, Worth
    from detente.design.questions.critical import Critical
    from detente.design.questions.gap import Gap
    from detente.model.judge.check import Slack
    from detente.model.kinds import SuccessLevel
    from detente.model.plan import Plan


@dataclass(frozen=True, repr=False)
class DesignResult(Kept):
    """The best plan for a rule, or the proof that there is none, or how far the search got."""

    face = DesignFace

    dossier: Dossier
    found: Design
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier, and warnings about the plan (plan.*)."""
    inspections: Mapping[str, Any] | None = None
    """The overlay of regimes that was chosen with the plan, already in the dossier; None where none was asked for."""
    answers: Mapping[str, Any] | None = None
    """The overlay of what was chosen from the menus of answers, likewise."""

    @property
    def finished(self) -> bool:
        return self.found.finished

    @property
    def solved(self) -> Mapping[str, Any]:
        return _cost(self.found)

    @property
    def status(self) -> str:
        return self.found.status

    @property
    def plan(self) -> Plan | None:
        return self.found.plan

    @property
    def values(self) -> Mapping[str, Worth]:
        """What the plan is worth to each party; empty where there is none."""
        return worths_of(self.dossier, self.found.verdict) if self.found.verdict else {}

    @property
    def least_slack(self) -> Slack | None:
        from detente.design.questions.margins import least

        return least(self.found.verdict.slacks) if self.found.verdict else None

    def tables(self) -> Tables:
        if self.found.verdict is None:
            return {}
        return {
            "roadmap": roadmap_table(self.dossier, self.found.plan),
            "values": values_table(self.dossier, self.values),
            "slacks": slack_table(self.dossier, self.found.verdict.slacks),
        }

    def sentences(self) -> tuple[str, ...]:
        from detente.design.questions.margins import dangerous

        level = words.LEVELS[self.provenance.options["success"]].capitalize()
        said = [f"{level}: {answer_words.answer(self.found)} ({answer_words.because(self.found)})."]
        if self.found.verdict is not None and (row := dangerous(self.found.verdict)) is not None:
            said.append(conditions.dangerous(self.dossier, row))
        return (*said, *self.found.notes)

    def stored(self, about: Any) -> dict[str, Any]:
        return {}

    @classmethod
    def again(cls, record: Record, subject: Subject) -> DesignResult:
        """A stored design; its plan is judged anew."""
        return design_again(record, subject.about)

    def save(self, file: str | Path) -> Path:
        """Write the plan as JSON that `check`, `evaluate` and `compare` read. Returns the file's path.

        Regimes and answers that were chosen with it go beside it, as overlays: plan.json, plan-inspections.json and
        plan-answers.json.
        """
        path, files = file_for(file), self.files()
        plan = {path.name: files.pop("plan.json")}
        beside = {f"{path.stem}{name.removeprefix('plan')}": data for name, data in files.items()}
        return write_files(path.parent, plan | beside)[0]

    def files(self) -> dict[str, bytes]:
        """The plan, and the regimes and answers that were chosen with it."""
        chosen = {"inspections": self.inspections, "answers": self.answers}
        beside = {f"plan-{what}.json": json_bytes(overlay) for what, overlay in chosen.items() if overlay}
        return {"plan.json": json_bytes(self.to_json())} | beside


@dataclass(frozen=True, repr=False)
class AssessResult(KeptFinding):
    """Which deals are possible, and what the best of them looks like."""

    face = AssessFace
    holds = "assessment"

    assessment: Assessment
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier, and warnings about the plan (plan.*)."""
    expectations: Gap | None = None
    """What each party asks, thinks that it can get, can get and gets."""
    critical: Critical | None = None
    """Where the verdict on minimal success flips."""

    @property
    def finished(self) -> bool:
        hangs_on = self.critical is None or self.critical.finished
        return all(v.finished for v in self.verdicts.values()) and hangs_on

    @property
    def solved(self) -> Mapping[str, Any]:
        return {name: _cost(v) for name, v in self.verdicts.items()}

    def stored(self, about: Any) -> dict[str, Any]:
        return {"beside": archived((self.expectations, self.critical), about)}

    @classmethod
    def again(cls, record: Record, subject: Subject) -> AssessResult:
        """A stored assessment; its plans are judged anew."""
        return assess_again(record, subject.about)

    @property
    def status(self) -> str:
        """`undecided` where one of the questions is, else `decided`."""
        return "undecided" if any(v.status == "undecided" for v in self.verdicts.values()) else "decided"

    @property
    def verification(self) -> Any:
        """How what the plan asks for is watched."""
        from detente.report.assessment.watching import watching_json

        return watching_json(self.assessment)

    def tables(self) -> Tables:
        a = self.assessment
        return {
            "verdicts": [verdict_row(self.dossier, name, v) for name, v in a.verdicts.items()],
            "roadmap": roadmap_table(self.dossier, a.plan),
            "values": values_table(self.dossier, a.values),
            "exposure": slack_table(self.dossier, a.exposure),
            "slacks": slack_table(self.dossier, a.proof.slacks if a.proof else ()),
            "assumptions": [{"assumption": text} for text in a.assumptions],
        }

    def figures(self) -> dict[str, Any]:
        from detente.report.assessment.charts import figures

        return dict(figures(self.assessment, self.provenance.run, gap=self.expectations, critical=self.critical))

    def sentences(self) -> tuple[str, ...]:
        from detente.report.assessment.story import headline

        a = self.assessment
        rows = [verdict_row(self.dossier, name, v) for name, v in a.verdicts.items()]
        said = [headline(a)] + [f"{r['question']}: {r['answer']} ({r['because']})." for r in rows]
        if a.dangerous is not None:
            said.append(conditions.dangerous(self.dossier, a.dangerous))
        return (*said, *(conditions.exposed(self.dossier, s) for s in a.exposure))

    def files(self) -> dict[str, bytes]:
        """The report, its figures and tables, and the plans."""
        from detente.report.write import report_files

        return report_files(
            self.assessment,
            self.provenance.to_json(),
            self.findings,
            gap=self.expectations,
            critical=self.critical,
        )


def verdict_row(dossier: Dossier, name: str, found: Design) -> dict[str, str]:
    """A question, its answer and what that rests on, in words."""
    from detente.design.questions.assessment import describe

    return {
        "question": describe(name, dossier),
        "answer": answer_words.answer(found),
        "because": answer_words.because(found),
        "name": name,
    }


# --- asking ----------------------------------------------------------------------------------------------------


@answers("design")
def design(task: Task[DesignOptions]) -> DesignResult:
    """Find the best satisfactory plan under a rule, or prove that there is none."""
    options, subject = task.options, task.subject
    if options.days is not None and not options.with_inspections:
        raise UsageError("‘days’ is for inspections: ask for ‘with_inspections’ as well")
    found, regimes, answers = _designed(task)
    dossier = _under(subject.about, regimes, answers)
    findings = (*subject.findings, *_beyond_bounds(dossier, found.plan))
    return DesignResult(dossier, found, subject.question, findings, regimes, answers)


def _under(dossier: Dossier, regimes: dict[str, Any] | None, answers: dict[str, Any] | None) -> Dossier:
    """A dossier under what was chosen with a plan."""
    for name, overlay in (("inspections", regimes), ("answers", answers)):
        dossier = apply(dossier, overlay, name=name) if overlay else dossier
    return dossier


def _beyond_bounds(dossier: Dossier, plan: Plan | None) -> tuple[Finding, ...]:
    """Warnings that a plan takes something beyond what is physically possible."""
    from detente.model import bounds

    return bounds.findings(dossier, plan) if plan is not None else ()


Overlay = dict[str, Any]


def _designed(task: Task[DesignOptions]) -> tuple[Design, Overlay | None, Overlay | None]:
    """The best plan, and the regimes and the answers chosen with it where they are to be chosen."""
    options, work, dossier = task.options, task.work, task.subject.about
    if not options.with_answers:
        return *_solved(task, dossier, work.left), None
    from detente.design.questions.menus import design_with_answers

    def solve(under: Dossier, seconds: float) -> tuple[Design, Overlay | None]:
        return _solved(task, under, seconds)

    chosen = design_with_answers(dossier, options.rule, solve, time_limit=work.left, say=work.say)
    return chosen.design, chosen.regimes, chosen.answers


def _solved(task: Task[DesignOptions], dossier: Dossier, seconds: float) -> tuple[Design, Overlay | None]:
    """The best plan for a dossier, and the regimes chosen with it where they are to be chosen."""
    options, work = task.options, task.work
    asked: dict[str, Any] = {
        "success": options.success,
        "openings": options.openings,
        "time_limit": seconds,
        "gap": options.gap,
        "say": work.say,
        "cancelled": work.over,
    }
    if options.with_inspections:
        from detente.design.inspections.needs import design_with_inspections

        return design_with_inspections(dossier, options.rule, budget=options.days, **asked)
    from detente.design.plan.rules import design as solve

    return solve(dossier, options.rule, **asked, tell=_teller(work)), None


def _teller(work: Work) -> Callable[[Plan, float, float], None]:
    """Tells the best plan so far, where it or its bound is better than what was told."""
    told = (math.nan, math.nan)

    def tell(plan: Plan, objective: float, bound: float) -> None:
        nonlocal told
        if told != (objective, bound):
            told = objective, bound
            text = f"Best plan so far: objective {words.number(objective)}, bound {words.number(finite(bound))}"
            best = {"plan": plan.to_dict(), "objective": finite(objective), "bound": finite(bound)}
            work.tell(Progress(text, best=best))

    return tell


@answers("assess")
def assess(task: Task[AssessOptions]) -> AssessResult:
    """Say whether the parties can reach a satisfactory deal, what it looks like, and what would break it."""
    from detente.design.questions.parallel import jobs_for, on

    options, work, subject = task.options, task.work, task.subject
    with on(work.executor, work.over, jobs_for(subject.about, options.jobs)) as pool:  # workers begin to start here
        from detente.design.programme.known import Known
        from detente.design.questions.assessment import assess as solve

        known, telling = Known.of(subject.about), _Telling(task)
        found = solve(
            subject.about,
            rule=options.rule,
            time_limit=work.left,
            gap=options.gap,
            say=work.say,
            cancelled=work.over,
            known=known,
            executor=pool,
            tell=telling.verdict,
            possible=telling.possible,
        )
        expected = _expected(found, known, task, pool) if options.hopes and not work.over() else None
    hangs_on = _hangs_on(task) if options.critical and not work.over() else None
    findings = (*subject.findings, *_beyond_bounds(subject.about, found.plan))
    return AssessResult(found, subject.question, findings, expected, hangs_on)


@dataclass
class _Telling:
    """Tells verdicts as they come."""

    task: Task[AssessOptions]
    told: int = 0

    def verdict(self, name: str, found: Design) -> None:
        self.told += 1
        self._tell(name, answer_words.answer(found), found.status, finished=found.finished)

    def possible(self, name: str) -> None:
        """There is a plan, while the best is still looked for."""
        self._tell(name, "yes; looking for the best", "satisfactory", finished=False)

    def _tell(self, name: str, answer: str, status: str, *, finished: bool) -> None:
        from detente.design.questions.assessment import describe, questions

        dossier = self.task.subject.about
        best = {"question": name, "status": status, "finished": finished}
        text = f"{describe(name, dossier)}: {answer}"
        self.task.work.tell(Progress(text, self.told, len(questions(dossier)), best))


EXPECTATIONS_SECONDS, PATIENCE = 120.0, 5.0
"""The most that the table of expectations may take of an assessment, and each best plan in it."""


def _expected(found: Assessment, known: Known, task: Task[AssessOptions], executor: Executor) -> Gap:
    """What each party asks, thinks and can get, at the level of the plan that is shown."""
    from detente.design.programme.question import Question
    from detente.design.questions.gap import gap

    levels: dict[str | None, SuccessLevel] = {"minimal": "minimal", "full": "full"}
    level = levels.get(found.shown, "none")
    task.work.say("What each party asks for, can get and gets")
    return gap(
        found.dossier,
        Question(level),
        beliefs=False,
        known=known,
        tolerance=task.options.gap,
        time_limit=min(EXPECTATIONS_SECONDS, task.work.left),
        say=task.work.say,
        cancelled=task.work.over,
        executor=executor,
        designs={found.rule: found.verdicts[level]} if level in found.verdicts else {},
        patience=PATIENCE,
    )


def _hangs_on(task: Task[AssessOptions]) -> Critical | None:
    """The numbers that minimal success hangs on, where there is such a level."""
    from detente.design.programme.question import Question
    from detente.design.questions.critical import critical

    dossier, work = task.subject.about, task.work
    if not dossier.success.minimal:
        return None
    return critical(
        dossier,
        Question("minimal"),
        time_limit=work.left,
        executor=work.executor,
        say=work.say,
        cancelled=work.stopped,
    )


def _cost(found: Design) -> dict[str, Any]:
    return {
        "status": found.status,
        "bound": finite(found.bound),
        "gap": finite(found.gap),
        "first_plan_seconds": finite(found.first_plan_seconds),
    }


# --- recalling -------------------------------------------------------------------------------------


def design_again(record: Record, dossier: Dossier) -> DesignResult:
    """A stored design; its plan is judged anew."""
    from detente.design.programme.question import Question

    result, source = record["result"], provenance_of(record)
    regimes, answers = result.get("inspections"), result.get("answers")
    known = _under(dossier, regimes, answers)
    asked = Question(source.options["success"], tuple(source.options["openings"]))
    plan = None if result["entry"] is None else result
    found = _design(known, {**result, "plan": plan}, result["rule"], asked, source.solver.get("first_plan_seconds"))
    return DesignResult(known, found, source, findings_of(record), regimes, answers)


def assess_again(record: Record, dossier: Dossier) -> AssessResult:
    """A stored assessment; its plans are judged anew."""
    from detente.design.programme.question import Question
    from detente.design.questions.assessment import concluded, questions
    from detente.model.rows.arrays import Model

    known = dossier
    result, source = record["result"], provenance_of(record)
    asked, rule, shown = questions(known), source.options["rule"], result["shown"]
    verdicts = {
        name: _design(known, data, rule, asked.get(name, Question()), source.solver[name]["first_plan_seconds"])
        for name, data in result["verdicts"].items()
    }
    assessment = _rested(concluded(Model.of(known), rule, verdicts, shown), result.get("footing"))
    expected, hangs_on = unarchived(record["beside"], known)
    return AssessResult(assessment, source, findings_of(record), expected, hangs_on)


def _rested(found: Assessment, stored: Mapping[str, Any] | None) -> Assessment:
    """An assessment with what its plan rests on; what takes time is as it was stored."""
    from detente.design.questions.footing import LEFT_OUT, footing
    from detente.design.questions.walkouts import Walkout

    if stored is None or found.plan is None or found.proof is None:
        return found
    notes = stored["left_out"][len(LEFT_OUT) :]
    walkouts = [
        Walkout(
            party=row["party"],
            stated=row["stated_a_year"],
            flips=row["flips_a_year"],
            then=None if row["then"] is None else (row["then"]["kind"], row["then"]["party"], row["then"]["date"]),
            tried=not any(words.party(found.dossier, row["party"]) in note for note in notes),
        )
        for row in stored["exits"]
    ]
    return replace(found, footing=footing(found.dossier, found.plan, found.proof, walkouts=walkouts))


def _design(dossier: Dossier, data: Mapping[str, Any], rule: Any, question: Question, first: float | None) -> Design:
    from detente.design.plan.designs import Design
    from detente.model.judge.check import check
    from detente.model.plan import Plan

    plan = None if data["plan"] is None else Plan.read(dossier, data["plan"])
    success: Any = question.success
    proof = None if plan is None else check(dossier, plan, success=success, openings=question.openings)
    if proof is not None and not proof.satisfactory:
        raise DossierError([_stale()])
    return Design(
        status=data["status"],
        rule=rule,
        rule_used=data["rule_used"],
        plan=plan,
        verdict=proof,
        objective=data["objective"],
        bound=data["bound"],
        gap=data["gap"],
        first_plan_seconds=first,
        notes=tuple(data["notes"]),
        finished=bool(data.get("finished", True)),
    )


def _stale() -> Finding:
    message = "the plan of this stored run does not pass today's check"
    return Finding("run.stale", "error", message, remedy="ask again without the cache")
