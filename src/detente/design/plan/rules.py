"""The seven rules of DESIGN §5, and the one entry point: `design`. Every plan returned has passed `check`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np

from detente.design.plan.clock import Clock
from detente.design.plan.designs import CAP, Design, Ended, remarks
from detente.design.plan.examiner import Examiner
from detente.design.plan.gains import Gains
from detente.design.plan.judging import Judging, plan_of
from detente.design.plan.kinds import Rule
from detente.design.plan.objective import ANY, Objective, Outcome
from detente.design.plan.objectives import gain_of, least_gain, least_of, sum_of, sum_of_logarithms, within
from detente.design.plan.robust import least_slack
from detente.design.plan.shares import greatest_share
from detente.design.plan.solve import Solver
from detente.design.plan.soonest import met_time, soonest
from detente.design.programme.known import Known
from detente.design.programme.linear import Linear
from detente.design.programme.problem import Problem
from detente.design.programme.question import Question, requirements
from detente.dossier.schema import Dossier, Require
from detente.errors import DetenteError, UsageError
from detente.model.judge.check import Judge, Verdict
from detente.model.kinds import SuccessLevel
from detente.model.numeric import Array
from detente.model.plan import Plan

RULES: tuple[Rule, ...] = get_args(Rule)
HELD, SAME = 1e-7, 1e-6
"""How far the first objective of a rule that has two may be missed while the second is looked at: by the programme, and
by a plan."""
SOME = 1e-9
"""A rise in a measure's share that is none."""


Tell = Callable[[Plan, float, float], None]
"""Hears of the best plan so far, of its objective and of the bound."""


def design(
    dossier: Dossier,
    rule: Rule = "nash",
    *,
    success: SuccessLevel = "none",
    openings: Sequence[str] = (),
    time_limit: float = 300.0,
    gap: float = 0.005,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
    tell: Tell = lambda plan, objective, bound: None,
) -> Design:
    """The best satisfactory plan under a rule. Raises UsageError for a rule or level that is not on offer."""
    if rule not in RULES:
        raise UsageError(f"unknown rule {rule!r}; the rules are {', '.join(RULES)}")
    if success not in ("none", "minimal", "full"):
        raise UsageError(f"unknown success level {success!r}; the levels are none, minimal, full")
    if rule in ("earliest", "minimal") and not dossier.success.minimal:
        raise UsageError(f"rule {rule!r} needs `success.minimal` in the dossier: say there what would count as success")
    asked = Question(success, tuple(openings))
    clock = Clock(time_limit, cancelled)
    return Designer(Known.of(dossier), asked, gap=gap, clock=clock, say=say, tell=tell).design(rule)


class Designer:
    """Designs under one question; rows and plans found for one rule serve the next.

    `begin`: makes the solver of a programme anew, from the one before where there is one.
    """

    def __init__(
        self,
        known: Known,
        question: Question,
        *,
        gap: float,
        clock: Clock,
        say: Callable[[str], None] = lambda text: None,
        tell: Tell = lambda plan, objective, bound: None,
        begin: Callable[[Solver | None], Solver] | None = None,
    ) -> None:
        self.known, self.model, self.question = known, known.model, question
        self.gap, self.clock, self.say, self.tell = gap, clock, say, tell
        self.notes: list[str] = []
        self.begin = begin or self._begin
        self.solver = self.begin(None)
        self.solver.recall()
        self.gains = Gains(self.solver.problem)
        self.best: dict[int, Outcome] = {}
        """What is best for each party, by number, as far as that is known."""

    def _begin(self, before: Solver | None) -> Solver:
        solver = Solver(Problem(self.known, self.question), self.clock, say=self.say)
        solver.pool.extend(before.pool if before is not None else ())
        return solver

    def start_again(self) -> None:
        """A programme anew, with the rows that were found to be needed and plans that are known."""
        self.solver = self.begin(self.solver)
        self.gains = Gains(self.solver.problem)
        self.best = {}

    @property
    def problem(self) -> Problem:
        return self.solver.problem

    # --- plans -------------------------------------------------------------------------------------------------

    def design(self, rule: Rule) -> Design:
        """The best plan by a rule, judged."""
        outcome, used = _RULES[rule](self)
        notes = (*self.notes, *remarks(used, self.gains))
        found = Ended(rule, used, outcome, self.solver.first_plan_seconds, notes)
        if outcome.infeasible:
            unmet = rule in ("earliest", "minimal") and self.question.success == "none"
            return found.none_exists(UNMET if unmet else None)
        if outcome.shares is None:
            return found.undecided()
        return found.satisfactory(*self.judged(outcome.shares), self.gains)

    def decide(self, objective: Objective) -> Outcome:
        """The best plan for what a rule maximises; what is found on the way is told."""
        objective.heard = lambda shares, value, bound: self.tell(plan_of(self.model, shares), value, bound)
        return self.solver.best(objective)

    def best_together(self) -> Outcome:
        """The greatest sum of gains."""
        return self.decide(sum_of(self.gains, self.gap))

    def best_for(self, p: int, part: float = 1.0) -> Outcome:
        """The greatest gain of one party over all satisfactory plans, whether it must consent or not.

        Within `part` of the gap that is asked for; found once, and again where it is to be better known than that.
        """
        known, objective = self.best.get(p), gain_of(self.gains, p, part * self.gap)
        if known is None:
            self.best[p] = self.solver.best(objective)
        elif known.bound - known.objective > objective.slack_for(known.objective) and self.clock.left > 0:
            found = self.solver.best(objective)
            self.best[p] = replace(found, bound=min(found.bound, known.bound))
        return self.best[p]

    def best_product(self) -> Outcome:
        """The greatest Σ ln of gains; −∞ where no plan gives every bargainer one."""
        return self.decide(sum_of_logarithms(self.gains, self.solver, self.gap))

    def best_share(self, weights: Mapping[int, float], part: float = 1.0) -> Outcome:
        """The greatest least of weighted gains, within `part` of the gap that is asked for."""
        return self.decide(least_of(self.gains, weights, part * self.gap))

    def met(self, shares: Array) -> float:
        """Years from signature at which a plan meets minimal success; infinite where it never does."""
        return met_time(self.model, requirements(self.model, "minimal"), shares)

    def judged(self, shares: Array) -> tuple[Plan, Verdict]:
        """A plan with its proof. Raises DetenteError where it does not pass `check`."""
        plan = plan_of(self.model, shares)
        verdict = self.solver.examiner.judging.judge.verdict(plan)
        if not verdict.satisfactory:
            broken = [s for s in verdict.slacks if not s.accepted]
            raise DetenteError(f"a designed plan did not pass check ({broken[:3]}): please report this dossier")
        return plan, verdict


UNMET = "This rule asks for minimal success, which no deal meets; others may be possible."

# --- rules -----------------------------------------------------------------------------------------------------------

Found = tuple[Outcome, Rule]
"""What a search has found, and the rule that it fell back to."""


def _nash(designer: Designer) -> Found:
    if designer.gains.bargainers:
        outcome = designer.best_product()
        if not outcome.infeasible:
            return outcome, "nash"
        designer.start_again()
    designer.notes.append("No satisfactory plan gives every consenting party a gain above zero: egalitarian instead.")
    return _egalitarian(designer)


def _kalai_smorodinsky(designer: Designer) -> Found:
    return greatest_share(designer), "kalai_smorodinsky"


def _egalitarian(designer: Designer) -> Found:
    return designer.decide(least_gain(designer.gains, designer.gap)), "egalitarian"


def _utilitarian(designer: Designer) -> Found:
    return designer.best_together(), "utilitarian"


def _robust(designer: Designer) -> Found:
    del designer.solver.pool[:-1]  # to weigh a plan here is to judge all its conditions
    objective = least_slack(designer.problem, designer.solver, CAP, within(designer.gap))
    return designer.decide(objective), "robust"


def _earliest(designer: Designer) -> Found:
    first = _meet_minimal(designer)
    return _then_egalitarian(designer, soonest(designer.problem, first, designer.met)), "earliest"


def _minimal(designer: Designer) -> Found:
    _meet_minimal(designer)
    real = designer.model.real
    target = Linear(dict.fromkeys(designer.problem.columns.entering, -1.0))

    def score(shares: Array) -> float:
        if math.isinf(designer.met(shares)):
            return -math.inf
        return -float(np.sum((shares[:, -1] > shares[:, 0] + SOME)[real]))

    return _then_egalitarian(designer, Objective(target, score)), "minimal"


def _meet_minimal(designer: Designer) -> tuple[Require, ...]:
    """Have minimal success required, whatever the question says."""
    first, question, solver = requirements(designer.model, "minimal"), designer.question, designer.solver
    if question.success != "minimal":
        for r in first:
            designer.problem.requirements.require(r)
        asked = Judging.of(designer.known, replace(question, success="minimal"))
        solver.pool[:] = [x for x in solver.pool if asked.fits(designer.model, x)]
    return first


def _then_egalitarian(designer: Designer, primary: Objective) -> Outcome:
    """Among the plans that are best by the first objective, the one with the largest least gain."""
    solver = designer.solver
    outcome = designer.decide(primary)
    if outcome.shares is None or not outcome.proved:
        return outcome
    designer.problem.program.add_row(primary.target.row, low=outcome.objective - primary.target.const - HELD)
    second = least_gain(designer.gains, designer.gap)

    def score(shares: Array) -> float:
        return second.score(shares) if primary.score(shares) >= outcome.objective - SAME else -math.inf

    tie = solver.best(replace(second, score=score, worth=None))
    shares = outcome.shares if tie.shares is None else tie.shares
    return Outcome(shares, outcome.objective, outcome.bound, proved=True)


_RULES: Mapping[Rule, Callable[[Designer], Found]] = {
    "nash": _nash,
    "kalai_smorodinsky": _kalai_smorodinsky,
    "egalitarian": _egalitarian,
    "utilitarian": _utilitarian,
    "robust": _robust,
    "earliest": _earliest,
    "minimal": _minimal,
}


def any_plan(judge: Judge, question: Question, clock: Clock, *, like: Iterable[Known] = ()) -> tuple[Plan | None, bool]:
    """Some satisfactory plan of a judge's dossier, and whether that, or that there is none, is settled.

    `like`: as of `Known`.
    """
    known = Known.of(judge.dossier, like=like)
    judging = Judging(judge.dossier, question, judge=judge)
    problem = Problem(known, question)
    outcome = Solver(problem, clock, examiner=Examiner(problem, judging)).best(ANY)
    if outcome.shares is None:
        return None, outcome.proved
    plan = plan_of(known.model, outcome.shares)
    return (plan, True) if judge.satisfactory(plan) else (None, False)
