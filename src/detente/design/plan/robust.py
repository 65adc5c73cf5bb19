"""The robust rule: the largest least slack, each slack in units of its party's Σ|stakes|/ρ. DESIGN §5."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from detente.design.plan.examiner import Candidate
from detente.design.plan.judging import key_of, key_of_row, plan_of, rows_of
from detente.design.plan.objective import Objective
from detente.design.plan.solve import Solver
from detente.design.programme.linear import ALWAYS, Linear, combine
from detente.design.programme.problem import Problem
from detente.model.judge.check import Slack
from detente.model.numeric import Array
from detente.model.rows.temptation import NOTHING

WORST = 12
"""How many of the judge's conditions on a plan are looked at for rows that the programme lacks."""
SHORT = 1e-9
"""Units of slack by which a plan must fall short of what the programme thinks that it has."""


def least_slack(problem: Problem, solver: Solver, cap: float, slack_for: Callable[[float], float]) -> Objective:
    """max t with t ≤ slack/norm for every valued row that applies, rows added where a solution breaks them.

    `cap`: above any slack in these units.
    """
    least = _LeastSlack(problem, solver, cap)
    return Objective(Linear.of(least.t), least.of, least.refine, slack_for=slack_for)


class _LeastSlack:
    """The least slack as the programme has it, a column that its rows keep down, and as the judge has it.

    A party that has nothing at stake in a plan has no temptation rows there: a binary says so, and may only where all
    of its rows are zero.
    """

    def __init__(self, problem: Problem, solver: Solver, cap: float) -> None:
        self.problem, self.valued, self.program = problem, problem.valued, problem.program
        self.solver, self.cap = solver, cap
        self.t = self.program.add_column(-cap, cap)
        self.held: set[int] = set()
        """Rows that keep `t` down."""
        self.stake: dict[int, int] = {}
        """Columns that are 1 where a party has something at stake."""
        self.place = {key_of_row(problem.model, label): r for r, label in enumerate(self.valued.rows.labels)}
        """Where the row stands for one of the judge's conditions."""
        self.ratios = lru_cache(maxsize=256)(self._ratios)
        for r, label in enumerate(self.valued.rows.labels):
            if label.kind == "consent" and problem.model.norm[label.party] > 0:
                self._hold(r)

    # --- in the programme --------------------------------------------------------------------------------------

    def _hold(self, r: int) -> None:
        """Row: t ≤ slack/norm of a valued row, where it applies."""
        label, slack = self.valued.rows.labels[r], self.valued.slack(r)
        unit = float(self.problem.model.norm[label.party])
        row, low = combine((1.0 / unit, slack.row), (-1.0, {self.t: 1.0})), -slack.const / unit
        relief = max(0.0, -self.valued.least(r)) / unit + self.cap
        if label.kind == "breakout" and not self._always_at_stake(label.party):
            s = self._at_stake(label.party)
            row, low = combine((1.0, row), (-relief, {s: 1.0})), low - relief
            most = self.valued.most(r) / unit + 1.0
            row_of_most = combine((1.0 / unit, slack.row), (-most, {s: 1.0}))
            self.program.add_row(row_of_most, high=-slack.const / unit + NOTHING)
        on = self.valued.switch(label.switch)
        if on != ALWAYS:
            row, low = combine((1.0, row), (-relief, on.row)), low - relief * (1.0 - on.const)
        self.program.add_row(row, low=low)
        self.held.add(r)

    def _at_stake(self, p: int) -> int:
        if p not in self.stake:
            self.stake[p] = self.program.add_column(integer=True)
        return self.stake[p]

    def _always_at_stake(self, p: int) -> bool:
        model = self.problem.model
        loses = bool(model.collapse[p]) or any(points for _, points in model.losses[p])
        return bool(model.answerers(p)) and loses

    def refine(self, x: Array) -> bool:
        """Have the programme see what the plan in a solution really has; whether it learned anything."""
        shares = self.solver.examiner.read(x).shares
        short = [s for ratio, s in self.ratios(shares.tobytes())[:WORST] if ratio < float(x[self.t]) - SHORT]
        new = [r for r in dict.fromkeys(map(self._row_of, short)) if r not in self.held]
        denied = [self._admit(p, shares) for p, s in self.stake.items() if s >= len(x) or x[s] < 0.5]
        for r in new:
            self._hold(r)
        return bool(new) or any(denied)

    def _row_of(self, s: Slack) -> int:
        """The row of the problem that stands for one of the judge's conditions; a new one where it has none."""
        if key_of(s) not in self.place:
            self.place[key_of(s)] = self.valued.extend(rows_of(self.problem.model, [s])).start
        return self.place[key_of(s)]

    def _admit(self, p: int, shares: Array) -> bool:
        """Have the programme see that a party has something at stake in a plan; whether that was new to it."""
        mine = np.flatnonzero(self.valued.rows.on(shares) & self._breakouts(p))
        slack = self.valued.rows.slacks(shares)
        best = int(max(mine, key=lambda r: slack[r], default=-1))
        if best >= 0 and slack[best] > NOTHING:
            if best in self.held:
                return False
            self._hold(best)
            return True
        if not any(self.valued.rows.at_stake(int(r), shares) for r in mine):
            return False
        self.solver.forbid(Candidate(shares), unless=self._at_stake(p))  # gains and losses cancel, in this plan
        return True

    def _breakouts(self, p: int) -> NDArray[np.bool_]:
        labels = self.valued.rows.labels
        return np.array([label.kind == "breakout" and label.party == p for label in labels], bool)

    # --- to the judge ------------------------------------------------------------------------------------------

    def of(self, shares: Array) -> float:
        """The least slack of a plan."""
        return min([self.cap, *(ratio for ratio, _ in self.ratios(shares.tobytes())[:1])])

    def _ratios(self, code: bytes) -> list[tuple[float, Slack]]:
        """The judge's conditions on a plan with their slack/norm, the least first; of shares as bytes."""
        model = self.problem.model
        shares = np.frombuffer(code).reshape(model.M, model.K + 1)
        rows = self.solver.examiner.judging.judge.slacks(plan_of(model, shares))
        counted = [(s.slack / s.scale, s) for s in rows if s.slack is not None and s.keep is not None and s.scale > 0]
        return sorted(counted, key=lambda pair: pair[0])
