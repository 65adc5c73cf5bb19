"""`design` and `assess`: questions that need a solver. Finished answers are kept, and given again when asked again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from detente.dossier import Dossier, apply, from_dict
from detente.errors import DossierError, Finding, UsageError
from detente.workbench import store, words
from detente.workbench.asking import Case, ask, known_parties
from detente.workbench.hopes import critical_json, critical_of, gap_json, gap_of
from detente.workbench.options import AssessOptions, DesignOptions, SolveOptions, options_of, takes
from detente.workbench.provenance import Provenance, provenance
from detente.workbench.results import (
    Result,
    Tables,
    finite,
    footing_json,
    plan_json,
    roadmap_table,
    slack_json,
    slack_table,
    values_json,
    values_table,
    worths_of,
)
from detente.workbench.writing import file_for, folder_for

if TYPE_CHECKING:
    from detente.design.plan.known import Known
    from detente.design.plan.problem import Question
    from detente.design.plan.rules import Design
    from detente.design.questions.assessment import Assessment, Worth
    from detente.design.questions.critical import Critical
    from detente.design.questions.gap import Gap
    from detente.model.judge.check import Slack
    from detente.model.plan import Plan

Say = Callable[[str], None]
Cancelled = Callable[[], bool]
R = TypeVar("R")
SPOILT = (KeyError, TypeError, ValueError, AttributeError, DossierError)
"""What reading a stored run raises where someone has changed its file."""


def silent(text: str) -> None:
    """Say nothing."""


def never() -> bool:
    """Go on to the end."""
    return False


@dataclass(frozen=True, repr=False)
class DesignResult(Result):
    """The best plan for a rule, or the proof that there is none, or how far the search got."""

    dossier: Dossier
    found: Design
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier, and warnings about the plan (plan.*)."""
    inspections: Mapping[str, Any] | None = None
    """The overlay of regimes that was chosen with the plan, already in the dossier; None where none was asked for."""

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

    def to_json(self) -> dict[str, Any]:
        found = self.found
        return {
            "status": found.status,
            "rule": found.rule,
            "rule_used": found.rule_used,
            **plan_json(found.plan),
            "values": values_json(self.values) if found.verdict else None,
            "objective": finite(found.objective),
            "bound": finite(found.bound),
            "gap": finite(found.gap),
            "least_slack": slack_json(self.least_slack),
            "notes": list(found.notes),
            **({} if self.inspections is None else {"inspections": dict(self.inspections)}),
            "provenance": self.provenance.to_json(),
        }

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

        level = {"none": "any deal", "minimal": "minimal success", "full": "full success"}
        said = [
            f"{level[self.provenance.options['success']].capitalize()}: {words.answer(self.found)} "
            f"({words.because(self.found)})."
        ]
        if self.found.verdict is not None and (row := dangerous(self.found.verdict)) is not None:
            said.append(words.dangerous(self.dossier, row))
        return (*said, *self.found.notes)

    def save(self, file: str | Path) -> Path:
        """Write the plan as JSON that `check`, `evaluate` and `compare` read. Returns the file's path.

        Regimes that were chosen with it go beside it, as an overlay: plan.json and plan-inspections.json.
        """
        path = save_json(self.to_json(), file)
        if self.inspections:
            save_json(self.inspections, path.with_name(f"{path.stem}-inspections.json"))
        return path


def save_json(data: Mapping[str, Any], file: str | Path) -> Path:
    """Write JSON that people can edit; missing folders are made. Returns the file's path."""
    import json

    path = file_for(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True, repr=False)
class AssessResult(Result):
    """Which deals are possible, and what the best of them looks like."""

    assessment: Assessment
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier, and warnings about the plan (plan.*)."""
    expectations: Gap | None = None
    """What each party asks, thinks that it can get, can get and gets."""
    critical: Critical | None = None
    """Where the verdict on minimal success flips."""

    @property
    def dossier(self) -> Dossier:
        return self.assessment.dossier

    @property
    def status(self) -> str:
        """`undecided` where one of the questions is, else `decided`."""
        return "undecided" if any(v.status == "undecided" for v in self.verdicts.values()) else "decided"

    @property
    def verdicts(self) -> Mapping[str, Design]:
        """The answer to each question: openings, minimal and full success."""
        return self.assessment.verdicts

    @property
    def plan(self) -> Plan | None:
        """The plan that is shown."""
        return self.assessment.plan

    @property
    def values(self) -> Mapping[str, Worth]:
        """What the plan is worth to each party; empty where there is none."""
        return self.assessment.values

    @property
    def dangerous(self) -> Slack | None:
        """The most dangerous moment."""
        return self.assessment.dangerous

    @property
    def exposure(self) -> tuple[Slack, ...]:
        """The tightest exposure of each party that has a limit."""
        return self.assessment.exposure

    def to_json(self) -> dict[str, Any]:
        from detente.report.assessment.watching import watching_json

        a = self.assessment
        return {
            "verdicts": {name: _verdict_json(v) for name, v in a.verdicts.items()},
            "shown": a.shown,
            "dangerous": slack_json(a.dangerous),
            "exposure": [slack_json(s) for s in a.exposure],
            "verification": watching_json(a),
            "values": values_json(a.values) if a.proof else None,
            "assumptions": list(a.assumptions),
            "footing": footing_json(a.footing),
            "gap": None if self.expectations is None else gap_json(self.expectations),
            "critical": None if self.critical is None else critical_json(self.critical),
            "provenance": self.provenance.to_json(),
        }

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
        from detente.report import figures

        return dict(figures(self.assessment, self.provenance.run, gap=self.expectations, critical=self.critical))

    def sentences(self) -> tuple[str, ...]:
        from detente.report.assessment.story import headline

        a = self.assessment
        rows = [verdict_row(self.dossier, name, v) for name, v in a.verdicts.items()]
        said = [headline(a)] + [f"{r['question']}: {r['answer']} ({r['because']})." for r in rows]
        if a.dangerous is not None:
            said.append(words.dangerous(self.dossier, a.dangerous))
        return (*said, *(words.exposed(self.dossier, s) for s in a.exposure))

    def write(self, folder: str | Path) -> list[Path]:
        """Write the report, its figures and tables, and the plans. Returns what was written."""
        from detente.report import write_report

        return write_report(
            self.assessment,
            folder_for(folder),
            self.provenance.to_json(),
            list(self.findings),
            gap=self.expectations,
            critical=self.critical,
        )


def _verdict_json(found: Design) -> dict[str, Any]:
    return {
        "status": found.status,
        "plan": None if found.plan is None else found.plan.to_dict(),
        "rule_used": found.rule_used,
        "objective": finite(found.objective),
        "bound": finite(found.bound),
        "gap": finite(found.gap),
        "notes": list(found.notes),
    }


def verdict_row(dossier: Dossier, name: str, found: Design) -> dict[str, str]:
    """A question, its answer and what that rests on, in words."""
    from detente.design.questions.assessment import describe

    return {
        "question": describe(name, dossier),
        "answer": words.answer(found),
        "because": words.because(found),
        "name": name,
    }


# --- asking ----------------------------------------------------------------------------------------------------


@takes(DesignOptions)
def design(
    case: Case,
    options: DesignOptions | None = None,
    /,
    *,
    say: Say = silent,
    cancelled: Cancelled = never,
    **given: Any,
) -> DesignResult:
    """Find the best satisfactory plan under a rule, or prove that there is none."""
    chosen = options_of(DesignOptions, options, given)
    asked = ask(case, chosen)
    known_parties(asked.dossier, chosen.openings)
    question = provenance("design", asked.dossier, chosen)
    if (known := _answered(question, chosen, asked.dossier, design_again)) is not None:
        return known
    if chosen.days is not None and not chosen.with_inspections:
        raise UsageError("--days is for inspections: ask for --with-inspections as well")
    begin = time.monotonic()
    found, regimes = _designed(asked.dossier, chosen, say, cancelled)
    wall = time.monotonic() - begin
    dossier = apply(asked.dossier, regimes, name="inspections") if regimes else asked.dossier
    answered = question.answered(solver=_cost(found), wall_seconds=wall)
    findings = (*asked.findings, *_beyond_bounds(dossier, found.plan))
    result = DesignResult(dossier, found, answered, findings, regimes)
    _keep(result, dossier, finished=found.finished)
    return result


def _beyond_bounds(dossier: Dossier, plan: Plan | None) -> tuple[Finding, ...]:
    """Warnings that a plan takes something beyond what is physically possible."""
    from detente.model import bounds

    return bounds.findings(dossier, plan) if plan is not None else ()


def _designed(
    dossier: Dossier, options: DesignOptions, say: Say, cancelled: Cancelled
) -> tuple[Design, dict[str, Any] | None]:
    """The best plan, and the regimes chosen with it where they are to be chosen."""
    asked: dict[str, Any] = {
        "success": options.success,
        "openings": options.openings,
        "time_limit": options.time_limit,
        "gap": options.gap,
        "say": say,
        "cancelled": cancelled,
    }
    if options.with_inspections:
        from detente.design.inspections.needs import design_with_inspections

        return design_with_inspections(dossier, options.rule, budget=options.days, **asked)
    from detente.design.plan.rules import design as solve

    return solve(dossier, options.rule, **asked), None


@takes(AssessOptions)
def assess(
    case: Case,
    options: AssessOptions | None = None,
    /,
    *,
    say: Say = silent,
    cancelled: Cancelled = never,
    **given: Any,
) -> AssessResult:
    """Say whether the parties can reach a satisfactory deal, what it looks like, and what would break it."""
    chosen = options_of(AssessOptions, options, given)
    asked = ask(case, chosen)
    question = provenance("assess", asked.dossier, chosen)
    if (known := _answered(question, chosen, asked.dossier, assess_again)) is not None:
        return known
    from detente.design.plan.known import Known
    from detente.design.questions.assessment import assess as solve

    begin = time.monotonic()
    worked_out = Known.of(asked.dossier)
    found = solve(
        asked.dossier,
        rule=chosen.rule,
        time_limit=chosen.time_limit,
        gap=chosen.gap,
        say=say,
        cancelled=cancelled,
        known=worked_out,
    )
    expected, hangs_on = _beyond(found, worked_out, chosen, say, cancelled)
    wall = time.monotonic() - begin
    costs = {name: _cost(v) for name, v in found.verdicts.items()}
    answered = question.answered(solver=costs, wall_seconds=wall)
    findings = (*asked.findings, *_beyond_bounds(asked.dossier, found.plan))
    result = AssessResult(found, answered, findings, expected, hangs_on)
    _keep(result, asked.dossier, finished=all(v.finished for v in found.verdicts.values()))
    return result


EXPECTATIONS_SECONDS = 120.0
"""The most that the table of expectations may take of an assessment."""


def _beyond(
    found: Assessment, known: Known, options: AssessOptions, say: Say, cancelled: Cancelled
) -> tuple[Gap | None, Critical | None]:
    """What an assessment says besides its verdicts, where it is asked for and there is a question left."""
    from detente.design.plan.problem import Question
    from detente.design.questions.critical import critical
    from detente.design.questions.gap import gap

    shown = found.shown or "none"
    level = shown if shown in ("minimal", "full") else "none"
    expected, hangs_on = None, None
    if options.hopes and not cancelled():
        most = min(EXPECTATIONS_SECONDS, options.time_limit)
        expected = gap(
            found.dossier,
            Question(level),
            beliefs=False,
            known=known,
            tolerance=options.gap,
            time_limit=most,
            say=say,
            cancelled=cancelled,
        )
    if options.critical and found.dossier.success.minimal and not cancelled():
        hangs_on = critical(found.dossier, Question("minimal"), time_limit=600.0, say=say, cancelled=cancelled)
    return expected, hangs_on


def _cost(found: Design) -> dict[str, Any]:
    return {
        "status": found.status,
        "bound": finite(found.bound),
        "gap": finite(found.gap),
        "first_plan_seconds": finite(found.first_plan_seconds),
    }


# --- keeping and recalling -------------------------------------------------------------------------------------


def _answered(
    question: Provenance, options: SolveOptions, dossier: Dossier, again: Callable[[store.Record, Dossier], R]
) -> R | None:
    """The stored answer to a question, None where it was not asked, not finished, is spoilt, or is not to be used."""
    record = store.recall(question.run) if options.cache else None
    if record is None or not record.get("finished"):
        return None
    asked = {"overlays": [dict(o) for o in question.overlays], "options": dict(question.options), "case": question.case}
    with suppress(*SPOILT):
        result = record["result"]
        record = {**record, "result": {**result, "provenance": {**result["provenance"], **asked}}}
        return again(record, dossier)
    return None


def _keep(result: DesignResult | AssessResult, dossier: Dossier, *, finished: bool) -> None:
    store.keep(
        result.provenance.run,
        {
            "verb": result.provenance.verb,
            "title": dossier.title,
            "finished": finished,
            "document": dict(dossier.document),
            "findings": [f.as_dict() for f in result.findings],
            "result": result.to_json(),
        },
    )


def design_again(record: store.Record, dossier: Dossier | None = None) -> DesignResult:
    """A stored design; its plan is judged anew."""
    from detente.design.plan.problem import Question

    known = from_dict(record["document"]) if dossier is None else dossier
    result, source = record["result"], _provenance(record)
    regimes = result.get("inspections")
    if regimes and dossier is not None:
        known = apply(known, regimes, name="inspections")
    asked = Question(source.options["success"], tuple(source.options["openings"]))
    plan = None if result["entry"] is None else result
    found = _design(known, {**result, "plan": plan}, result["rule"], asked, source.solver.get("first_plan_seconds"))
    return DesignResult(known, found, source, _findings(record), regimes)


def assess_again(record: store.Record, dossier: Dossier | None = None) -> AssessResult:
    """A stored assessment; its plans are judged anew."""
    from detente.design.plan.problem import Question
    from detente.design.questions.assessment import concluded, questions
    from detente.model.rows.arrays import Model

    known = from_dict(record["document"]) if dossier is None else dossier
    result, source = record["result"], _provenance(record)
    asked, rule, shown = questions(known), source.options["rule"], result["shown"]
    verdicts = {
        name: _design(known, data, rule, asked.get(name, Question()), source.solver[name]["first_plan_seconds"])
        for name, data in result["verdicts"].items()
    }
    assessment = _rested(concluded(Model.of(known), rule, verdicts, shown), result.get("footing"))
    expected = None if result["gap"] is None else gap_of(known, result["gap"])
    hangs_on = None if result["critical"] is None else critical_of(known, result["critical"])
    return AssessResult(assessment, source, _findings(record), expected, hangs_on)


def _rested(found: Assessment, stored: Mapping[str, Any] | None) -> Assessment:
    """An assessment with what its plan rests on; what takes time is as it was stored."""
    from detente.design.questions.footing import LEFT_OUT, Walkout, footing

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
    from detente.design.plan.rules import Design
    from detente.model.judge.check import check
    from detente.model.plan import Plan

    plan = None if data["plan"] is None else Plan.read(dossier, data["plan"])
    success: Any = question.success
    proof = None if plan is None else check(dossier, plan, success=success, openings=question.openings)
    if proof is not None and not proof.satisfactory:
        raise DossierError([_stale()])
    return Design(
        data["status"],
        rule,
        data["rule_used"],
        plan,
        proof,
        data["objective"],
        data["bound"],
        data["gap"],
        first,
        tuple(data["notes"]),
        finished=bool(data.get("finished", True)),
    )


def _stale() -> Finding:
    message = "the plan of this stored run does not pass today's check"
    return Finding("run.stale", "error", message, remedy="ask again with --no-cache")


def _provenance(record: store.Record) -> Provenance:
    return replace(Provenance.from_json(record["result"]["provenance"]), cached=True)


def _findings(record: store.Record) -> tuple[Finding, ...]:
    known: Sequence[Mapping[str, Any]] = record.get("findings", ())
    return tuple(Finding(**f) for f in known)
