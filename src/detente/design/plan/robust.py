"""The robust rule: the largest least slack, each slack in units of its party's Σ|stakes|/ρ. DESIGN §5."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from detente.design.plan.judging import key_of, key_of_row, plan_of, rows_of
from detente.design.plan.problem import Linear, Problem
from detente.design.plan.program import combine
from detente.design.plan.solve import Objective, Solver
from detente.model.judge.check import Slack
from detente.model.numeric import Array
from detente.model.rows.temptation import NOTHING


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
        loses = bool(model.collapse[p]) or any(points for _, points in model.losses[p])
        return bool(model.answerers(p)) and loses

    @lru_cache(maxsize=256)
    def ratios(code: bytes) -> list[tuple[float, Slack]]:
        """The judge's conditions on a plan with their slack/norm, the least first; of shares as bytes."""
        shares = np.frombuffer(code).reshape(model.M, model.K + 1)
        rows = solver.judging.judge.slacks(plan_of(model, shares))
        counted = [(s.slack / s.scale, s) for s in rows if s.slack is not None and s.keep is not None and s.scale > 0]
        return sorted(counted, key=lambda pair: pair[0])

    def score(shares: Array) -> float:
        return min([cap, *(ratio for ratio, _ in ratios(shares.tobytes())[:1])])

    def held(s: Slack) -> int:
        """The row of the problem that stands for one of the judge's conditions; a new one where it has none."""
        if key_of(s) not in place:
            place[key_of(s)] = problem.extend(rows_of(model, [s])).start
        return place[key_of(s)]

    def refine(x: Array) -> bool:
        shares = solver.shares(x)
        broken = [held(s) for ratio, s in ratios(shares.tobytes())[:12] if ratio < float(x[t]) - 1e-9]
        new = [r for r in dict.fromkeys(broken) if r not in added]
        denied = [admit(p, shares) for p, s in stake.items() if s >= len(x) or x[s] < 0.5]
        for r in new:
            add(r)
        return bool(new) or any(denied)

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

    place = {key_of_row(model, label): r for r, label in enumerate(problem.valued.labels)}
    for r, label in enumerate(problem.valued.labels):
        if label.kind == "consent" and model.norm[label.party] > 0:
            add(r)
    return Objective(Linear({t: 1.0}), score, refine, slack_for=slack_for)
