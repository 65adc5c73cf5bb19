"""Best plans: a MILP whose valued rows are added as plans are found to break them. DESIGN §5, §6.

Every bound is a true bound, since a programme with fewer rows, or looser ones than the judge's, can only do better. A
plan leaves this module only when the judge accepts it. What the rows let through and the judge refuses becomes further
rows (`missed`), or is cut off by itself. That there is no plan is said only where two solves say so (`_none`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from detente.design.plan.closeness import LOOSE, MET
from detente.design.plan.judging import Judging, topics
from detente.design.plan.linear import Linear
from detente.design.plan.problem import Problem
from detente.design.plan.program import Solution
from detente.model.numeric import Array
from detente.model.rows.conditions import Expression
from detente.model.rows.temptation import Conditions, Topic
from detente.model.tolerance import SLIGHT

REPAIR_WIDTH = 2
WIDTHS = (1, 3)
"""How many periods around the relaxation's entries are looked at first: wider, they take as long as the whole."""
NEAR_ROUNDS = 30
AROUND = 3
"""How many moments on either side of a broken row its neighbours are taken from."""
WORST = 8
"""How many broken rows of each family are put into the programme at once."""
NEAR_SECONDS = 4.0
LEAP = 0.3
"""The part of the way to the bound by which a plan must be better for it to be judged at once."""
NEARLY = 0.9
"""The part of what the judge lets pass at the least that is made use of."""
SOON = 1.0
"""Seconds that a relaxation may take for a bound when the time is up."""
PATIENCE = 3
"""How often the search goes on after two solves of one programme disagreed."""
NOT_TWICE = "One solve found no plan; a second one, begun elsewhere, did not confirm it in time: that proves nothing."
CLOSELY = "Shares keep a little farther from what conditions allow than they must: perhaps not the best; see the bound."
LOST = "The solver gave up without a result: that proves nothing."


@dataclass
class Clock:
    """Seconds left of a limit, counted from when it is made."""

    seconds: float
    cancelled: Callable[[], bool] = lambda: False
    """Whether whoever asked wants no more than what has been found."""
    start: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return 0.0 if self.cancelled() else self.seconds - (time.monotonic() - self.start)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """No more than so many seconds for what is done inside."""
        whole = self.seconds
        self.seconds = min(whole, time.monotonic() - self.start + seconds)
        try:
            yield
        finally:
            self.seconds = whole


@dataclass
class Objective:
    """What to maximise, as the programme sees it and as it really is."""

    target: Linear
    score: Callable[[Array], float]
    """True objective of a plan's shares [M, K+1]; −∞ where the rule does not apply to the plan."""
    refine: Callable[[Array], bool] = lambda x: False
    """Bring the programme's idea closer to the truth at x; says whether it added anything."""
    bound: Callable[[float], float] = lambda b: b
    slack_for: Callable[[float], float] = lambda value: 0.0
    """Absolute gap that is good enough at an objective value."""
    unit: float = 1.0
    """A size of objective beside which rounding is nothing, where the objective itself is smaller."""


ANY = Objective(Linear({}), lambda shares: 0.0)
"""Any plan will do."""


@dataclass(frozen=True)
class Outcome:
    """`shares` is None where no plan was found; `proved`: the bound is within the gap, or there is no plan.

    `note`: why what one solve said is not taken for a proof.
    """

    shares: Array | None
    objective: float
    bound: float
    proved: bool
    note: str = ""

    @property
    def infeasible(self) -> bool:
        return self.proved and self.shares is None


class Solver:
    """Solves one problem for one objective after another, keeping rows and plans found."""

    def __init__(
        self,
        problem: Problem,
        clock: Clock,
        *,
        judging: Judging | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.problem, self.clock, self.say = problem, clock, say
        self._closeness = problem.valued.closeness
        self.judging = judging or Judging.of(problem.known, problem.question)
        problem.program.give_up = lambda: clock.left <= 0
        self._everything = np.ones((problem.model.M, problem.model.K + 1))
        self._contradicted = 0
        """How often a second look found a solution where there was said to be none."""
        self.pool: list[Array] = []
        """Shares of plans known to satisfy every row."""
        self._scored: tuple[Objective | None, list[float]] = None, []
        """An objective, and its value for each plan of the pool."""
        self.first_plan_seconds: float | None = None
        self.widths: tuple[int, ...] = WIDTHS
        self.doubtful = False
        """Whether a no-good row has cut off parts of divisible measures that no row rules out: nothing is proved."""
        self._broken: Array | None = None
        """The last solution of the programme that broke rows."""
        self._solved = -1
        """How many rows the programme had when it was last solved."""
        self._grouped: tuple[Conditions, dict[tuple[object, ...], list[int]]] | None = None
        self._topics: tuple[Conditions, set[Topic]] | None = None
        self._missed: dict[bytes, Conditions] = {}
        """Rows beyond those of the problem that plans break, to be added when the programme is not being solved."""

    # --- judging -----------------------------------------------------------------------------------------------

    def shares(self, x: Array) -> Array:
        """The plan in a solution: [M, K+1], binaries rounded, column 0 the state."""
        model = self.problem.model
        f = np.clip(x[: model.M * model.K].reshape(model.M, model.K), 0.0, 1.0)
        whole = ~model.divisible
        f[whole] = np.round(f[whole])
        f = np.where(f < 1e-8, 0.0, np.where(f > 1 - 1e-8, 1.0, f))
        return np.concatenate([model.state[:, None], np.maximum.accumulate(f, axis=1)], axis=1)

    def violated(self, shares: Array) -> NDArray[np.int64]:
        """Valued rows that a plan breaks by so much that the judge need not be asked."""
        slack = self.slacks(shares)
        broken: NDArray[np.int64] = np.flatnonzero(
            (slack < -MET * self.problem.valued.slight(shares)) & self.on(shares)
        )
        return broken

    def refused(self, shares: Array) -> NDArray[np.int64]:
        """Valued rows that a plan misses by more than rounding: what the judge may refuse it for."""
        least = NEARLY * SLIGHT * self.problem.model.norm[self.problem.valued.party]
        missed: NDArray[np.int64] = np.flatnonzero((self.slacks(shares) < -least) & self.on(shares))
        return missed

    def on(self, shares: Array) -> NDArray[np.bool_]:
        """[R] which valued rows apply to a plan."""
        return self.problem.valued.rows.on(shares)

    def slacks(self, shares: Array) -> Array:
        """[R] slack of every valued row for a plan."""
        return self.problem.valued.rows.slacks(shares)

    def _relieved(self, f: Array) -> Array:
        """[R] how far each row is switched on in the relaxation, for shares f [M, K+1]."""
        kind, party, cell, previous = self.problem.valued.rows.switches
        model = self.problem.model
        active = np.array([f[model.by[p]].max(initial=0.0) for p in range(len(model.parties))])
        flat = f.ravel()
        return np.where(kind == 0, 1.0, np.where(kind == 1, active[party], flat[cell] - flat[previous] * (kind == 3)))

    def _optimistic(self, x: Array) -> Array:
        """[R] the most that each row's left side could be in the relaxation at x, switches relieved."""
        problem = self.problem
        K = problem.model.K
        f = x[: problem.model.M * K].reshape(problem.model.M, K)
        valued = problem.valued.rows
        slack = valued.const + valued.flat @ f.ravel()
        if valued.expressions:
            cache: dict[Expression, tuple[float, float]] = {}
            ranges = np.array([self._range(e, f, x, cache) for e in valued.expressions])
            positive, negative = valued.on_terms
            slack = slack + positive @ ranges[:, 1] + negative @ ranges[:, 0]
        whole = np.concatenate([problem.model.state[:, None], f], axis=1)
        return slack + np.maximum(0.0, -valued.least) * (1.0 - self._relieved(whole))

    def _range(
        self, e: Expression, f: Array, x: Array, cache: dict[Expression, tuple[float, float]]
    ) -> tuple[float, float]:
        """Least and greatest value of an expression's column in the relaxation at x."""
        if (column := self.problem.columns.of.get(e)) is not None:
            value = float(x[column]) if column < len(x) else 0.0
            return value, value
        if e not in cache:
            cache[e] = self._range_of(e, f, x, cache)
        return cache[e]

    def _range_of(
        self, e: Expression, f: Array, x: Array, cache: dict[Expression, tuple[float, float]]
    ) -> tuple[float, float]:
        assert not isinstance(e, bool)
        if e[0] == "in":
            value = float(f[e[1], e[2]])
            return (0.0 if self.problem.model.divisible[e[1]] else value), value
        if e[0] == "rise":
            _, m, k, k0, needed = e
            rise = float(f[m, k] - (f[m, k0] if k0 >= 0 else self.problem.model.state[m]))
            low, high = self._range(needed, f, x, cache)
            return max(0.0, rise + low - 1.0), min(rise, high)
        parts = [self._range(part, f, x, cache) for part in e[1]]
        if e[0] == "all":
            return max(0.0, sum(p[0] for p in parts) - len(parts) + 1), min(p[1] for p in parts)
        return max(p[0] for p in parts), min(1.0, sum(p[1] for p in parts))

    # --- solving -----------------------------------------------------------------------------------------------

    def _add_worst(self, rows: Iterable[int], slack: Array, *, each: int, around: bool = False) -> int:
        """Put the most broken rows of each family into the programme; how many were new."""
        by_family: dict[tuple[object, ...], list[int]] = {}
        for r in rows:
            by_family.setdefault(self._key(int(r)), []).append(int(r))
        added = 0
        for members in by_family.values():
            for r in sorted(members, key=lambda r: float(slack[r]))[:each]:
                if r not in self.problem.valued.active:
                    for near in self._neighbours(r) if around else (r,):
                        self.problem.valued.activate(near)
                    added += 1
        return added

    def _neighbours(self, r: int) -> list[int]:
        """The rows of r's family at moments near its own: what the next plan would break by a small delay."""
        moment = self.problem.valued.rows.labels[r].moment
        family = self._families()[self._key(r)]
        return [n for n in family if abs(self.problem.valued.rows.labels[n].moment - moment) <= AROUND]

    def _key(self, r: int) -> tuple[object, ...]:
        label = self.problem.valued.rows.labels[r]
        return label.kind, label.party, label.other, label.measure

    def _families(self) -> dict[tuple[object, ...], list[int]]:
        """The rows that a plan can break, by what they are about."""
        valued = self.problem.valued.rows
        if self._grouped is None or self._grouped[0] is not valued:
            families: dict[tuple[object, ...], list[int]] = {}
            for r in np.flatnonzero(valued.least < 0):
                families.setdefault(self._key(int(r)), []).append(int(r))
            self._grouped = valued, families
        return self._grouped[1]

    def offer(self, shares: Array, objective: Objective | None = None) -> bool:
        """Keep a plan if it satisfies every row and the judge; whether it does.

        One that is no better by an objective than what is known is not judged and not kept: it would change nothing.
        """
        if len(self.violated(shares)):
            return False
        if self._settled(shares, objective):
            return True
        if not self._judged(shares):
            return False
        if self.first_plan_seconds is None:
            self.first_plan_seconds = time.monotonic() - self.clock.start
        if not self._kept(shares):
            self.pool.append(shares)
        return True

    def recall(self) -> None:
        """Begin with the plans that were found under other questions and fit this one as well."""
        model = self.problem.model
        self.pool.extend(x for x in self.problem.known.plans if self.judging.fits(model, x))
        if self.pool:
            self.first_plan_seconds = time.monotonic() - self.clock.start

    def _kept(self, shares: Array) -> bool:
        return any(np.array_equal(shares, p) for p in self.pool)

    def _settled(self, shares: Array, objective: Objective | None) -> bool:
        """Whether judging a plan would change nothing."""
        if self._kept(shares):
            return True
        known, value = (None, 0.0) if objective is None else self._incumbent(objective)
        return known is not None and objective is not None and objective.score(shares) <= value

    def _judged(self, shares: Array) -> bool:
        """Whether the judge accepts a plan; the rows that it misses are noted."""
        if shares.tobytes() in self._missed:
            return False
        if self.judging.accepts(self.problem.model, shares):
            if not self.problem.question.without:
                self.problem.known.plans.append(shares)
            return True
        if (rows := self.judging.missed(self.problem.known, shares, self._on_dates())) is not None:
            self._missed[shares.tobytes()] = rows
        return False

    def _on_dates(self) -> set[Topic]:
        """What the problem has the rows on dates of."""
        valued = self.problem.valued.rows
        if self._topics is None or self._topics[0] is not valued:
            self._topics = valued, topics(valued.labels)
        return self._topics[1]

    def _add_missed(self, shares: Array) -> int:
        """Put the rows that the judge missed in a plan into the problem and the programme; how many."""
        rows = self._missed.pop(shares.tobytes(), None)
        if rows is None:
            return 0
        new = self.problem.valued.extend(rows)
        broken = np.flatnonzero((self.slacks(shares) < 0.0) & self.on(shares))
        for r in broken[broken >= new.start]:
            self.problem.valued.activate(int(r))
        return len(new)

    def best(self, objective: Objective) -> Outcome:
        """The best plan for an objective, with a proven bound, within the clock."""
        self._closeness.tighten()
        found = self._best(objective)
        held_closely = self._closeness.partial and self._closeness.loosen()
        bounds = bool(objective.target.row) and math.isfinite(found.bound)  # where any plan will do, nothing is bounded
        if not held_closely or found.shares is None or self.doubtful or not bounds:
            return found
        return self._bounded(objective, found)

    def _bounded(self, objective: Objective, found: Outcome) -> Outcome:
        """An outcome of rows held closer than the judge holds them, its bound taken again from looser ones."""
        program, value = self.problem.program, found.objective
        program.set_objective(objective.target.row)
        gap = objective.slack_for(value)
        answer = program.maximise(
            seconds=max(1.0, self.clock.left),
            absolute_gap=0.1 * gap,
            hint=found.shares,
            hint_columns=self.problem.width,
        )
        least = answer.bound if math.isfinite(answer.bound) else program.relax(seconds=SOON).bound
        bound = max(value, objective.bound(least + objective.target.const))
        slight = 1e-5 * max(min(1.0, objective.unit), abs(value))
        proved = found.proved and bound - value <= max(gap, slight)
        return replace(found, bound=bound, proved=proved, note=found.note if proved == found.proved else CLOSELY)

    def _best(self, objective: Objective) -> Outcome:
        if not self.problem.columns.entering:  # nothing can enter: every plan is empty
            return Outcome(None, -math.inf, -math.inf, proved=True)
        self.problem.program.set_objective(objective.target.row)
        relaxed = self._relaxation(objective)
        if relaxed is None:
            if (none := self._none(objective, math.inf)) is not None:
                return none
            relaxed = None, math.inf
        x, bound = relaxed[0], objective.bound(relaxed[1] + objective.target.const)
        if x is not None:
            for width in self.widths:
                if self.clock.left > 0 and not self._good_enough(objective, bound):
                    self._near(objective, x, width)
        while True:
            shares, value = self._incumbent(objective)
            if self._good_enough(objective, bound):
                return Outcome(shares, value, bound, proved=True)
            if self.clock.left <= 0:
                return Outcome(shares, value, bound, proved=False)
            answer, changed = self._solve_whole(objective, seconds=self.clock.left)
            if self._broken is not None and self.clock.left > 0:
                self._near(objective, self._broken, REPAIR_WIDTH)
            shares, value = self._incumbent(objective)
            if answer.status == "infeasible":
                if (none := self._none(objective, bound)) is not None:
                    return none
                continue
            if not self.doubtful:
                bound = min(bound, objective.bound(answer.bound + objective.target.const))
            if not changed and answer.status == "optimal":
                return Outcome(shares, value, max(bound, value), proved=not self.doubtful)
            if not changed and self._stuck(answer):
                return Outcome(shares, value, bound, proved=False, note=LOST)

    @staticmethod
    def _stuck(answer: Solution) -> bool:
        """Whether HiGHS ended without a word: neither done, nor stopped, and nothing learned."""
        return math.isinf(answer.bound)

    def _none(self, objective: Objective, bound: float) -> Outcome | None:
        """What it means that the programme has no solution; None where a second look found one, and the search goes on.

        The second look lets rows be missed by more than the judge would, has no objective, and begins elsewhere. It has
        the time that is left: in large cases as long as the first took, or there is no proof.
        """
        shares, value = self._incumbent(objective)
        if self.doubtful:
            return Outcome(shares, value, bound, proved=False)
        loosened = self._closeness.loosen()
        if self.clock.left <= 0:
            return Outcome(shares, value, bound, proved=False, note=NOT_TWICE)
        self._solved = self.problem.program.rows
        answer = self.problem.program.any_solution(seconds=self.clock.left)
        if answer.status == "infeasible":
            return Outcome(shares, value, value, proved=True)
        if answer.x is None:
            return Outcome(shares, value, bound, proved=False, note=NOT_TWICE)
        self._learn(objective, answer.x)
        self.problem.program.set_objective(objective.target.row)
        self._contradicted += 1
        if not loosened and self._contradicted > PATIENCE:
            shares, value = self._incumbent(objective)
            return Outcome(shares, value, bound, proved=False, note=NOT_TWICE)
        return None

    def _good_enough(self, objective: Objective, bound: float) -> bool:
        shares, value = self._incumbent(objective)
        return shares is not None and bound - value <= max(
            objective.slack_for(value), 1e-7 * max(min(1.0, objective.unit), abs(value))
        )

    def _solve_whole(self, objective: Objective, *, seconds: float) -> tuple[Solution, bool]:
        """Solve the programme as it is and learn from every plan met; whether that changed the programme."""
        program = self.problem.program
        shares, value = self._incumbent(objective)
        program.set_objective(objective.target.row)
        rejected: list[Array] = []
        better: list[Array] = []
        self._solved = program.rows
        answer = program.maximise(
            seconds=seconds,
            absolute_gap=0.9 * objective.slack_for(value if shares is not None else 0.0),
            hint=shares,
            hint_columns=self.problem.width,
            stop=lambda x, bound, nodes: (
                not self._put_off(objective, x, bound, better) and self._reject(objective, x, rejected, begun=nodes > 1)
            ),
        )
        self._judge(objective, better, rejected)
        found = [x for x in (*rejected, answer.x) if x is not None]
        self._broken = next((x for x in reversed(found) if len(self.violated(self.shares(x)))), None)
        learned = [self._learn(objective, x) for x in found]
        return answer, any(learned)

    def _found_only_good(self, answer: Solution) -> bool:
        return answer.x is not None and not len(self.violated(self.shares(answer.x)))

    def _near(self, objective: Objective, x: Array, width: int) -> None:
        """Look for plans whose entries are near to those of the relaxation: a small programme, for plans only."""
        model, program = self.problem.model, self.problem.program
        n = model.M * model.K
        low, high = program.bounds(n)
        f = x[:n].reshape(model.M, model.K)
        begun, done = f > 0.01, f > 0.99
        first = np.where(begun.any(axis=1), begun.argmax(axis=1), model.K) - width
        last = np.where(done.any(axis=1), done.argmax(axis=1) + width, model.K)
        period = np.arange(model.K)[None, :]
        least = low.reshape(model.M, model.K)
        shut = (period < first[:, None]) & (least < 1)
        full = (period >= last[:, None]) & (high.reshape(model.M, model.K) > 0)
        program.set_many_bounds(
            np.where(full, 1.0, least).ravel(), np.where(shut, least, high.reshape(model.M, model.K)).ravel()
        )
        for _ in range(NEAR_ROUNDS):
            answer, changed = self._solve_whole(objective, seconds=min(NEAR_SECONDS, self.clock.left))
            if not changed or self.clock.left <= 0 or self._found_only_good(answer):
                break
        program.set_many_bounds(low, high)

    def _learn(self, objective: Objective, x: Array) -> bool:
        """From a solution of the programme: a plan, or the rows that it breaks; whether the programme has changed."""
        shares = self.shares(x)
        refined = objective.refine(x)
        if self.offer(shares, objective):
            return refined
        added = self._add_missed(shares) + self._add_broken(shares) or self._add_refused(shares)
        self._rule_out(shares, known=not added and not refined)
        return True

    def _add_broken(self, shares: Array) -> int:
        """Put the worst of the rows that a plan breaks into the programme; how many."""
        return self._add_worst(self.violated(shares), self.slacks(shares), each=WORST, around=True)

    def _add_refused(self, shares: Array) -> int:
        """Put the worst of the rows into the programme for which the judge may refuse a plan; how many."""
        return self._add_worst(self.refused(shares), self.slacks(shares), each=WORST)

    def _rule_out(self, shares: Array, *, known: bool) -> None:
        """Forbid a plan that by rounding alone breaks rows which were in the programme when it was solved."""
        if known and self.problem.program.rows == self._solved:
            self.forbid(shares)

    def forbid(self, shares: Array, *, unless: int | None = None) -> None:
        """No-good row: not this plan, unless a column is 1."""
        model = self.problem.model
        row, ones = ({} if unless is None else {unless: 1.0}), 0.0
        for m in np.flatnonzero(~model.divisible):
            for k in range(model.K):
                inside = shares[m, k + 1] > 0.5
                row[self.problem.columns.f(int(m), k)] = -1.0 if inside else 1.0
                ones += inside
        self.problem.program.add_row(row, low=1.0 - ones)
        self.doubtful |= unless is None and bool(np.any(model.divisible & (model.state < 1)))

    def _put_off(self, objective: Objective, x: Array, bound: float, better: list[Array]) -> bool:
        """Keep for later a plan that is a little better than the best known: another that is better still may follow.

        To judge each of many takes longer than to find it.
        """
        shares, (known, value) = self.shares(x), self._incumbent(objective)
        if known is None or len(self.violated(shares)):
            return False
        most = objective.bound(bound + objective.target.const)
        if objective.score(shares) - value > LEAP * (most - value):
            return False
        better.append(x)
        return True

    def _judge(self, objective: Objective, better: list[Array], rejected: list[Array]) -> None:
        """Judge what was put off, the best first, until a plan is accepted."""
        for x in reversed(better):
            if not self._reject(objective, x, rejected, begun=False):
                return

    def _reject(self, objective: Objective, x: Array, rejected: list[Array], *, begun: bool) -> bool:
        """Keep a plan that the solver has come upon, or stop it to learn from one that breaks rows.

        Where its tree is begun it goes on: its bound stays true, and there may be more to learn from.
        """
        if self.offer(self.shares(x), objective):
            return False
        rejected.append(x)
        return not begun

    def _incumbent(self, objective: Objective) -> tuple[Array | None, float]:
        if self._scored[0] is not objective or len(self._scored[1]) > len(self.pool):
            self._scored = objective, []
        scores = self._scored[1]
        scores += [objective.score(shares) for shares in self.pool[len(scores) :]]
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        if best is None or scores[best] == -math.inf:
            return None, -math.inf
        return self.pool[best], scores[best]

    def _relaxation(self, objective: Objective) -> tuple[Array | None, float] | None:
        """Solve the relaxation, adding rows until none is broken; None where even that has no solution."""
        bound, last, stalled = math.inf, None, 0
        for _ in range(40):
            answer = self.problem.program.relax(seconds=max(1.0, self.clock.left))
            if answer.status == "infeasible":
                return None
            if answer.x is None:
                return last, bound
            improved = bound - answer.bound
            stalled = stalled + 1 if improved < 1e-4 * max(1.0, abs(answer.bound)) else 0
            bound, last = min(bound, answer.bound), answer.x
            slack = self._optimistic(answer.x)
            broken = np.flatnonzero(slack < -LOOSE * self.problem.valued.slight(self._everything))
            added = self._add_worst(broken, slack, each=2)
            refined = objective.refine(answer.x)
            if (not added and not refined) or stalled >= 4 or self.clock.left <= 0:
                break
        return last, bound
