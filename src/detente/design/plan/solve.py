"""Best plans: a MILP whose valued rows are added as plans are found to break them. DESIGN §5, §6.

Every bound is a true bound, since a programme with fewer rows, or looser ones than the judge's, can only do better. A
plan leaves this module only when the judge accepts it. What the rows let through and the judge refuses becomes further
rows (`Examiner.learn`), or is cut off by itself. That there is no plan is said only where two solves say so
(`_Search._none`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from detente.design.plan.clock import Clock
from detente.design.plan.examiner import Candidate, Examiner
from detente.design.plan.nearby import Nearby
from detente.design.plan.objective import Objective, Outcome, Pool
from detente.design.programme.problem import Problem
from detente.design.programme.program import Solution
from detente.model.numeric import Array

REPAIR_WIDTH = 2
WIDTHS = (1, 3)
"""How many periods around the relaxation's entries are looked at first: wider, they take as long as the whole."""
NEAR_ROUNDS = 30
RELAXED_ROUNDS = 40
FURTHER_ROUNDS = 30
"""How often rows are added to a relaxation, and how often those that are looked for only then."""
STALLED = 4
"""Rounds of the relaxation that hardly improve its bound, after which it is let be."""
HARDLY = 1e-4
"""The part of a bound by which it hardly improves."""
NEAR_SECONDS = 4.0
LEAP = 0.3
"""The part of the way to the bound by which a plan must be better for it to be judged at once."""
ROUNDING, ROUNDED_BOUND = 1e-7, 1e-5
"""The parts of an objective within which it is at its bound, and within which it is so where shares were set anew."""
SOON = 1.0
"""Seconds that a relaxation may take for a bound when the time is up."""
LARGE = 1000
"""Measures times dates from which on plans are looked for near plans: smaller programmes are sooner solved."""
STEPS, CLIMBS = 150, 4
"""After how many steps without a better plan the search near one ends; near how many relaxations plans are looked for.
"""
PATIENCE = 3
"""How often the search goes on after two solves of one programme disagreed."""
NOT_TWICE = "One solve found no plan; a second one, begun elsewhere, did not confirm it in time: that proves nothing."
CLOSELY = "Shares keep a little farther from what conditions allow than they must: perhaps not the best; see the bound."
LOST = "The solver gave up without a result: that proves nothing."


class Solver:
    """Solves one problem for one objective after another, keeping rows and plans found."""

    def __init__(
        self,
        problem: Problem,
        clock: Clock,
        *,
        examiner: Examiner | None = None,
        pool: Pool | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.problem, self.clock, self.say = problem, clock, say
        self.examiner = examiner or Examiner(problem)
        self.pool = Pool() if pool is None else pool
        problem.program.give_up = lambda: clock.left <= 0
        self.nearby = Nearby(problem, self.examiner.judging, self.examiner.separation.violated, lambda: clock.left > 0)
        self.first_plan_seconds: float | None = None
        self.widths: tuple[int, ...] = WIDTHS
        self.doubtful = False
        """Whether a no-good row has cut off parts of divisible measures that no row rules out: nothing is proved."""
        self.contradicted = 0
        """How often a second look found a solution where there was said to be none."""

    def recall(self) -> None:
        """Begin with the plans that were found under other questions and fit this one as well."""
        model, fits = self.problem.model, self.examiner.judging.fits
        self.pool.extend(x for x in self.problem.known.plans if fits(model, x))
        if self.pool:
            self._first()

    def _first(self) -> None:
        """Note when the first plan is there, and say so."""
        if self.first_plan_seconds is None:
            self.first_plan_seconds = time.monotonic() - self.clock.start
            self.say("A plan is found; looking for the best")

    def offer(self, candidate: Candidate, objective: Objective | None = None) -> bool:
        """Keep a candidate if it satisfies every row and the judge; whether it does.

        One that is no better by an objective than what is known is not judged and not kept: it would change nothing.
        """
        if self.examiner.breaks(candidate):
            return False
        if self.pool.serves(candidate, objective):
            return True
        if not self.examiner.accepts(candidate):
            return False
        self._first()
        self.pool.add(candidate)
        return True

    def forbid(self, candidate: Candidate, *, unless: int | None = None) -> None:
        """No-good row: not this plan, unless a column is 1."""
        row, low = self.examiner.no_good(candidate)
        self.problem.program.add_row(row if unless is None else {**row, unless: 1.0}, low=low)
        self.doubtful |= unless is None and self.problem.valued.closeness.partial

    def best(self, objective: Objective) -> Outcome:
        """The best plan for an objective, with a proven bound, within the clock."""
        return _Search(self, objective).run()


class _Search:
    """One search for the best plan by an objective."""

    def __init__(self, solver: Solver, objective: Objective) -> None:
        self.solver, self.objective = solver, objective
        self.problem, self.program, self.clock = solver.problem, solver.problem.program, solver.clock
        self.examiner, self.closeness = solver.examiner, solver.problem.valued.closeness
        self.bound = math.inf
        """A proven upper bound on the objective."""
        self.climber = _Climber(self)
        self._solved = -1
        """How many rows the programme had when it was last solved."""

    # --- the whole ---------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        if not self.problem.columns.entering:  # nothing can enter: every plan is empty
            return Outcome(None, -math.inf, -math.inf, proved=True)
        self.program.set_objective(self.objective.target.row)
        relaxed = _relaxed(self.solver, self.objective)
        if relaxed.status == "infeasible" and (none := self._none()) is not None:
            return none
        self.bound_by(relaxed)
        if relaxed.x is not None:
            relaxed = self.climber.from_relaxations(relaxed)
        for width in () if self.climber.found else self.solver.widths:
            if relaxed.x is not None and self.clock.left > 0 and not self.good_enough():
                self._look_near(relaxed.x, width)
        while True:
            self._tell()
            if self.good_enough():
                return self._outcome(proved=True)
            if self.clock.left <= 0:
                self._bound_at_last()
                return self._outcome(proved=self.good_enough())
            if (done := self._solve_on()) is not None:
                return done

    def _solve_on(self) -> Outcome | None:
        """Solve the whole programme once more; what there is to say where that is the end."""
        answer, broken, changed = self._solve(self.clock.left)
        if broken is not None and self.clock.left > 0:
            self.climber.climb(self.examiner.read(broken))
            if not self.climber.found:
                self._look_near(broken, REPAIR_WIDTH)
        if answer.status == "infeasible":
            return self._none()
        if not self.solver.doubtful:
            self.bound_by(answer)
        if not changed and answer.status == "optimal":
            self.bound = max(self.bound, self.known[1])
            near = not self.closeness.partial or self.good_enough(ROUNDED_BOUND)
            return self._outcome(proved=near and not self.solver.doubtful, note="" if near else CLOSELY)
        if not changed and math.isinf(answer.bound):  # neither done, nor stopped, and nothing learned
            return self._outcome(proved=False, note=LOST)
        return None

    def _bound_at_last(self) -> None:
        """When the time is up: the relaxation with the rows that were found since there was a bound is soon solved."""
        if self.objective.target.row and not self.solver.doubtful and not self.clock.cancelled():
            self.program.set_objective(self.objective.target.row)
            self.bound_by(self.program.relax(seconds=SOON))

    def _tell(self) -> None:
        """Tell the best plan so far."""
        shares, value = self.known
        if shares is not None:
            self.objective.heard(shares, value, self.bound)

    def bound_by(self, answer: Solution) -> None:
        bound = answer.bound if answer.status != "infeasible" else math.inf
        self.bound = min(self.bound, self.objective.bound(bound + self.objective.target.const))

    @property
    def known(self) -> tuple[Array | None, float]:
        """The best plan known, and its value."""
        return self.solver.pool.best(self.objective)

    def _outcome(self, *, proved: bool, note: str = "") -> Outcome:
        shares, value = self.known
        return Outcome(shares, value, self.bound, proved=proved, note=note)

    def good_enough(self, rounded: float = ROUNDING) -> bool:
        """Whether the bound is within the gap, or within what is rounding."""
        shares, value = self.known
        rounding = rounded * max(min(1.0, self.objective.unit), abs(value))
        return shares is not None and self.bound - value <= max(self.objective.slack_for(value), rounding)

    def _none(self) -> Outcome | None:
        """What it means that the programme has no solution; None where a second look found one, and the search goes on.

        The second look lets rows be missed by more than the judge would, has no objective, and begins elsewhere. It has
        the time that is left: in large cases as long as the first took, or there is no proof.
        """
        if self.solver.doubtful:
            return self._outcome(proved=False)
        if self.clock.left <= 0:
            return self._outcome(proved=False, note=NOT_TWICE)
        self._solved = self.program.rows
        answer = self.program.any_solution(seconds=self.clock.left)
        if answer.status == "infeasible":
            self.bound = self.known[1]
            return self._outcome(proved=True)
        if answer.x is None:
            return self._outcome(proved=False, note=NOT_TWICE)
        self._learn(self.closeness.closely(answer.x))
        self.program.set_objective(self.objective.target.row)
        self.solver.contradicted += 1
        if self.solver.contradicted > PATIENCE:
            return self._outcome(proved=False, note=NOT_TWICE)
        return None

    # --- solves ------------------------------------------------------------------------------------------------

    def _look_near(self, x: Array, width: int) -> None:
        """Look for plans whose entries are near to those of a solution: a small programme, for plans only."""
        n = self.problem.width
        low, high = self.program.bounds(n)
        self.program.set_many_bounds(*_near(self.problem, x, width))
        for _ in range(NEAR_ROUNDS):
            answer, _, changed = self._solve(min(NEAR_SECONDS, self.clock.left))
            only_good = answer.x is not None and not self.examiner.breaks(self.examiner.read(answer.x))
            if not changed or self.clock.left <= 0 or only_good:
                break
        self.program.set_many_bounds(low, high)

    def _solve(self, seconds: float) -> tuple[Solution, Array | None, bool]:
        """Solve the programme as it is and learn from every plan met.

        The answer, the last solution met that breaks rows, and whether the programme has changed.
        """
        shares, value = self.known
        self.program.set_objective(self.objective.target.row)
        met = _Met(self)
        self._solved = self.program.rows
        answer = self.program.maximise(
            seconds=seconds,
            absolute_gap=0.9 * self.objective.slack_for(value if shares is not None else 0.0),
            hint=shares,
            hint_columns=self.problem.width,
            stop=met.stops,
        )
        met.judge()
        found = met.rejected + ([] if answer.x is None else [self.closeness.closely(answer.x)])
        broken = next((x for x in reversed(found) if self.examiner.breaks(self.examiner.read(x))), None)
        learned = [self._learn(x) for x in found]
        return answer, broken, any(learned)

    def _learn(self, x: Array) -> bool:
        """From a solution of the programme: a plan, or the rows that it breaks; whether the programme has changed."""
        candidate = self.examiner.read(x)
        refined = self.objective.refine(x)
        if self.solver.offer(candidate, self.objective):
            return refined
        added = self.examiner.learn(candidate)
        if not added and not refined and self.program.rows == self._solved:
            self.solver.forbid(candidate)  # by rounding alone it breaks rows that were in the programme
        return True


class _Climber:
    """Looks for plans near plans."""

    def __init__(self, search: _Search) -> None:
        self.search, self.solver, self.examiner = search, search.solver, search.solver.examiner
        self.found = False
        """Whether a plan has been found near another one."""

    def from_relaxations(self, relaxed: Solution) -> Solution:
        """Look near the relaxation, and near that with the rows that the plans near it break; the last one."""
        for _ in range(CLIMBS):
            if relaxed.x is None or self.search.clock.left <= 0 or self.search.good_enough():
                break
            self.climb(self.examiner.read(relaxed.x))
            if not self.examiner.separation.add_all(self.solver.nearby.rows):
                break
            relaxed = _relaxed(self.solver, self.search.objective)
            self.search.bound_by(relaxed)
        return relaxed

    def climb(self, candidate: Candidate) -> None:
        """Look for better and better plans near one, and for what the judge refuses in them."""
        solver, objective, shares = self.solver, self.search.objective, candidate.shares
        worth, unit = objective.worth, objective.unit
        alone = solver.pool.postpones and bool(solver.widths)  # a plan says all of a candidate, and may be looked for
        large = solver.problem.width >= LARGE
        if worth is None or not alone or not large or not self.examiner.judging.fits(solver.problem.model, shares):
            return
        while solver.clock.left > 0 and not self.search.good_enough():
            floor = self.search.known[1] / unit
            near = solver.nearby.search(shares, lambda values: worth(values) / unit, floor, STEPS)
            if near is None:
                break
            shares = near
            if solver.offer(Candidate(near), objective):
                self.found = True
            else:
                self.examiner.learn(Candidate(near))
                if not solver.nearby.weigh(self.examiner.separation.below(near)):
                    break


class _Met:
    """What the solver comes upon during a solve."""

    def __init__(self, search: _Search) -> None:
        self.search, self.solver, self.objective = search, search.solver, search.objective
        self.rejected: list[Array] = []
        self.better: list[Array] = []
        """Plans that are a little better each than the one before: to judge each of many takes longer than to find it.
        """

    def stops(self, x: Array, bound: float, nodes: int) -> bool:
        """Whether the solve is to stop at a solution, to learn from the rows that it breaks.

        Where its tree is begun it goes on: its bound stays true, and there may be more to learn from.
        """
        x = self.search.closeness.closely(x)
        return not self._put_off(x, bound) and self._reject(x) and nodes <= 1

    def _put_off(self, x: Array, bound: float) -> bool:
        """Keep for later a plan that is a little better than the best known: another that is better may follow."""
        candidate, (known, value) = self.solver.examiner.read(x), self.solver.pool.best(self.objective)
        if not self.solver.pool.postpones or known is None or self.solver.examiner.breaks(candidate):
            return False
        most = self.objective.bound(bound + self.objective.target.const)
        if self.objective.score(candidate.shares) - value > LEAP * (most - value):
            return False
        self.better.append(x)
        return True

    def judge(self) -> None:
        """Judge what was put off, the best first, until a plan is accepted."""
        for x in reversed(self.better):
            if not self._reject(x):
                return

    def _reject(self, x: Array) -> bool:
        """Keep a plan, or note that it was refused."""
        if self.solver.offer(self.solver.examiner.read(x), self.objective):
            return False
        self.rejected.append(x)
        return True


def _relaxed(solver: Solver, objective: Objective) -> Solution:
    """Solve the relaxation, adding rows until none is broken."""
    answer = _relaxed_once(solver, objective)
    for _ in range(FURTHER_ROUNDS):
        if answer.x is None or solver.clock.left <= 0 or not solver.examiner.separate_further(answer.x):
            break
        answer = _relaxed_once(solver, objective)
    return answer


def _relaxed_once(solver: Solver, objective: Objective) -> Solution:
    best, stalled = Solution("limit", None, -math.inf, math.inf), 0
    for _ in range(RELAXED_ROUNDS):
        answer = solver.problem.program.relax(seconds=max(SOON, solver.clock.left))
        if answer.status == "infeasible":
            return answer
        if answer.x is None:
            return best
        stalled = stalled + 1 if best.bound - answer.bound < HARDLY * max(1.0, abs(answer.bound)) else 0
        best = replace(answer, bound=min(best.bound, answer.bound))
        added = solver.examiner.separate(answer.x)
        refined = objective.refine(answer.x)
        if (not added and not refined) or stalled >= STALLED or solver.clock.left <= 0:
            break
    return best


def _near(problem: Problem, x: Array, width: int) -> tuple[Array, Array]:
    """Bounds of shares within so many periods of where a solution has them."""
    model = problem.model
    low, high = (b.reshape(model.M, model.K) for b in problem.program.bounds(problem.width))
    f = x[: problem.width].reshape(model.M, model.K)
    begun, done = f > 0.01, f > 0.99
    first = np.where(begun.any(axis=1), begun.argmax(axis=1), model.K) - width
    last = np.where(done.any(axis=1), done.argmax(axis=1) + width, model.K)
    period = np.arange(model.K)[None, :]
    shut = (period < first[:, None]) & (low < 1)
    full = (period >= last[:, None]) & (high > 0)
    return np.where(full, 1.0, low).ravel(), np.where(shut, low, high).ravel()
