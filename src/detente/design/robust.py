"""The robust rule: the largest least slack, each slack in units of its party's Σ|stakes|/ρ. DESIGN §5."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detente.design.problem import Linear, Problem
from detente.design.program import Array, combine
from detente.design.solve import Objective, Solver
from detente.model.temptation import NOTHING


def least_slack(problem: Problem, solver: Solver, cap: float, slack_for: Callable[[float], float]) -> Objective:
    """max t with t ≤ slack/norm for every valued row that applies, rows added where a solution breaks them.

    A party that has nothing at stake in a plan has no temptation rows there: a binary says so, and may only where all
    of its rows are zero.
    """
    model, program = problem.model, problem.program
    t = program.add_column(-cap, cap)
    stake: dict[int, int] = {}
    added: set[int] = set()

    def at_stake(p: int) -> int:
        if p not in stake:
            stake[p] = program.add_column(integer=True)
        return stake[p]

    def norm() -> Array:
        """[R] Σ|stakes|/ρ of each row's party; 0 where it has none, and the row does not count."""
        return model.norm[problem.valued_party]

    def add(r: int) -> None:
        label, slack = problem.valued.labels[r], problem.slack(r)
        unit = float(model.norm[label.party])
        row, low = combine((1.0 / unit, slack.row), (-1.0, {t: 1.0})), -slack.const / unit
        relief = max(0.0, -problem.least(r)) / unit + cap
        if label.kind == "breakout" and not always_at_stake(label.party):
            s = at_stake(label.party)
            row, low = combine((1.0, row), (-relief, {s: 1.0})), low - relief
            most = problem.most(r) / unit + 1.0
            row_of_most = combine((1.0 / unit, slack.row), (-most, {s: 1.0}))
            program.add_row(row_of_most, high=-slack.const / unit + NOTHING)
        on = problem.switch(label.switch)
        if on is not None:
            row, low = combine((1.0, row), (-relief, on.row)), low - relief
        program.add_row(row, low=low)
        added.add(r)

    def always_at_stake(p: int) -> bool:
        costs = float(model.collapse[p] + model.spared[p])
        return bool(model.answerers(p)) and abs(costs) > 1e-9

    def ratios(shares: Array) -> Array:
        """[R] slack/norm of the rows that apply to a plan, infinite for the rest."""
        slack = solver.slacks(shares)
        on = solver.on(shares)
        for p in range(len(model.parties)):
            mine = breakouts(p)
            rows = np.flatnonzero(mine & on)
            if not any(abs(slack[r]) > NOTHING or problem.valued.at_stake(int(r), shares) for r in rows):
                on = on & ~mine
        counted = norm() > 0
        return np.where(on & counted, slack / np.where(counted, norm(), 1.0), np.inf)

    def score(shares: Array) -> float:
        return float(min(cap, ratios(shares).min(initial=np.inf)))

    def refine(x: Array) -> bool:
        shares = solver.shares(x)
        ratio = ratios(shares)
        value = float(x[t])
        broken = [int(r) for r in np.argsort(ratio) if ratio[r] < value - 1e-9 and int(r) not in added][:12]
        denied = [admit(p, shares) for p, s in stake.items() if s >= len(x) or x[s] < 0.5]
        for r in broken:
            add(r)
        return bool(broken) or any(denied)

    def admit(p: int, shares: Array) -> bool:
        """Have the programme see that a party has something at stake in a plan; whether that was new to it."""
        mine = np.flatnonzero(solver.on(shares) & breakouts(p))
        slack = solver.slacks(shares)
        best = int(max(mine, key=lambda r: slack[r], default=-1))
        if best >= 0 and slack[best] > NOTHING:
            if best not in added:
                add(best)
                return True
            return False
        if not any(problem.valued.at_stake(int(r), shares) for r in mine):
            return False
        solver.forbid(shares, unless=at_stake(p))  # gains and losses cancel, in this plan
        return True

    def breakouts(p: int) -> NDArray[np.bool_]:
        return np.array([label.kind == "breakout" and label.party == p for label in problem.valued.labels], bool)

    for r, label in enumerate(problem.valued.labels):
        if label.kind == "consent" and model.norm[label.party] > 0:
            add(r)
    return Objective(Linear({t: 1.0}), score, refine, slack_for=slack_for)
