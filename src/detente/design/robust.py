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
    valued = problem.valued
    labels = valued.labels
    t = program.add_column(-cap, cap)
    norm = np.array([model.norm[label.party] for label in labels])
    counted = norm > 0
    stake: dict[int, int] = {}
    added: set[int] = set()

    def at_stake(p: int) -> int:
        if p not in stake:
            stake[p] = program.add_column(integer=True)
        return stake[p]

    def add(r: int) -> None:
        label, slack = labels[r], problem.slack(r)
        row, low = combine((1.0 / norm[r], slack.row), (-1.0, {t: 1.0})), -slack.const / norm[r]
        relief = max(0.0, -problem.least(r)) / norm[r] + cap
        if label.kind == "breakout" and not always_at_stake(label.party):
            s = at_stake(label.party)
            row, low = combine((1.0, row), (-relief, {s: 1.0})), low - relief
            most = problem.most(r) + 1.0
            program.add_row(combine((1.0, slack.row), (-most, {s: 1.0})), high=-slack.const + 1e-9)
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
            if not any(abs(slack[r]) > NOTHING or valued.at_stake(int(r), shares) for r in rows):
                on = on & ~mine
        safe = np.where(counted, norm, 1.0)
        return np.where(on & counted, slack / safe, np.inf)

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
        if not any(valued.at_stake(int(r), shares) for r in mine):
            return False
        solver.forbid(shares, unless=at_stake(p))  # gains and losses cancel, in this plan
        return True

    def breakouts(p: int) -> NDArray[np.bool_]:
        return np.array([label.kind == "breakout" and label.party == p for label in labels], bool)

    for r, label in enumerate(labels):
        if label.kind == "consent" and counted[r]:
            add(r)
    return Objective(Linear({t: 1.0}), score, refine, slack_for=slack_for)
