"""A plan designed together with its inspections, within a budget. DESIGN §5, §6."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from detente.design.inspections.choosing import Choosing, ChoosingSolver
from detente.design.inspections.fakings import Fakings
from detente.design.inspections.least_effort import frugal
from detente.design.inspections.regimes import Choice, Effort, Menus
from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.examiner import Candidate
from detente.design.plan.judging import plan_of
from detente.design.plan.kinds import Rule
from detente.design.plan.rules import Designer
from detente.design.plan.solve import Solver
from detente.design.plan.soonest import met_time
from detente.design.programme.question import Question, requirements
from detente.dossier.schema import Dossier
from detente.errors import DetenteError, UsageError
from detente.model.judge.check import Verdict, check
from detente.model.kinds import SuccessLevel
from detente.model.numeric import Array
from detente.model.plan import Plan


class Joint(Designer):
    """Designs a plan together with its regimes: within a budget, or under one choice of them."""

    solver: ChoosingSolver

    def __init__(
        self,
        fakings: Fakings,
        question: Question,
        budget: float | None = None,
        *,
        fixed: Choice | None = None,
        rule: Rule = "nash",
        **given: Any,
    ) -> None:
        self.fakings, self.budget, self.fixed, self.rule = fakings, budget, fixed, rule
        super().__init__(fakings.known, question, begin=self._begin_choosing, **given)

    def _begin_choosing(self, before: Solver | None) -> Solver:
        """A programme of plans and regimes, with the rows on cheating that were found to be needed."""
        solver = ChoosingSolver(self._choosing(), self.clock, say=self.say)
        if self.rule == "earliest":
            spent = self.fakings.menus.spent
            solver.pool.weigh = lambda shares, choice: (self._met(shares, choice), spent(choice))
        if isinstance(before, ChoosingSolver):
            for cut in before.problem.cuts:
                solver.problem.cut(*cut)
            solver.pool.extend(before.pool)
            solver.pool.chosen.update(before.pool.chosen)
        return solver

    def _choosing(self) -> Choosing:
        problem = Choosing(self.fakings, self.question, budget=self.budget)
        if self.fixed is not None:
            problem.regimes.choose(self.fixed)
        return problem

    def met(self, shares: Array) -> float:
        return self._met(shares, self.solver.pool.chosen[shares.tobytes()])

    def _met(self, shares: Array, choice: Choice) -> float:
        model = replace(self.model, dossier=self.fakings.menus.applied(choice))
        return met_time(model, requirements(model, "minimal"), shares)

    def judged(self, shares: Array) -> tuple[Plan, Verdict]:
        plan = plan_of(self.model, shares)
        dossier = self.fakings.menus.applied(self.solver.pool.chosen[shares.tobytes()])
        verdict = check(dossier, plan, success=self.question.success, openings=self.question.openings)
        if not verdict.satisfactory:
            raise DetenteError("a plan designed with its inspections did not pass check: please report this dossier")
        self.choice = self._cheapest(shares)
        return plan, verdict

    def _cheapest(self, shares: Array) -> Choice:
        """The least effort that this plan needs; what it was found with where that cannot be settled.

        Under the rule `earliest`, with nothing that counts as verified later than it was found.
        """
        problem, found = self._choosing(), self.solver.pool.chosen[shares.tobytes()]
        if self.rule == "earliest":
            problem.regimes.no_later_than(found)
        n = self.model.M * self.model.K
        fixed = shares[:, 1:].ravel()
        problem.program.set_many_bounds(fixed[:n], fixed[:n])
        for cut in self.solver.problem.cuts:
            problem.cut(*cut)
        solver = ChoosingSolver(problem, Clock(max(5.0, self.clock.left), self.clock.cancelled))
        solver.widths = ()
        solver.offer(Candidate(shares, found))
        solver.best(frugal(problem, solver))
        return solver.pool.chosen[shares.tobytes()]


def design_with_inspections(
    dossier: Dossier,
    rule: Rule = "nash",
    *,
    success: SuccessLevel = "none",
    openings: Sequence[str] = (),
    budget: float | None = None,
    effort: Effort | None = None,
    time_limit: float = 300.0,
    gap: float = 0.005,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Design, dict[str, Any]]:
    """The best plan under a rule with regimes to choose freely, within a budget a year; and the overlay that sets them.

    Of several choices that this plan is satisfactory with, the one of least effort. Raises UsageError for rules and
    dossiers that it cannot do.
    """
    menus = Menus.of(dossier, effort)
    if not menus.menus:
        raise UsageError(
            "no measure has `verify.regimes`: say there what inspecting it takes, such as {days: 40 /year}"
        )
    if budget is not None and not (math.isfinite(budget) and budget >= 0):
        raise UsageError(f"a budget is 0 or more {menus.unit}, not {budget:g}")
    if rule == "robust":
        raise UsageError("rule 'robust' weighs slacks of one set of regimes: choose those first, with another rule")
    if rule in ("earliest", "minimal") and not dossier.success.minimal:
        raise UsageError(f"rule {rule!r} needs `success.minimal` in the dossier: say there what would count as success")
    question, clock = Question(success, tuple(openings)), Clock(time_limit, cancelled)
    joint = Joint(Fakings(menus), question, budget, rule=rule, gap=gap, clock=clock, say=say)
    found = joint.design(rule)
    return found, menus.overlay(joint.choice) if found.plan is not None else {}
