"""Plans near a plan: never worse than what was known, and all that are returned break no row and lack nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.generator import dossier
from detente.design.plan.clock import Clock
from detente.design.plan.gains import Gains
from detente.design.plan.nearby import Position, measures_of
from detente.design.plan.objectives import sum_of
from detente.design.plan.rules import Designer
from detente.design.plan.solve import Solver
from detente.design.programme.known import Known
from detente.design.programme.problem import Problem
from detente.design.programme.question import Question
from detente.model.numeric import Array

CASES = [(measures, parties, seed) for measures, parties in ((6, 3), (12, 4), (16, 5)) for seed in range(4)]


def started(measures: int, parties: int, seed: int) -> tuple[Solver, Gains]:
    known = Known.of(dossier(measures, 8, seed=seed, parties=parties))
    problem = Problem(known, Question())
    return Solver(problem, Clock(600)), Gains(problem)


def whole(problem: Problem, periods: Array) -> Array:
    """Shares of a plan in which each measure enters in a period; K: never."""
    model = problem.model
    return np.concatenate([model.state[:, None], np.arange(model.K) >= periods[:, None]], axis=1).astype(float)


def test_what_is_found_breaks_nothing_and_is_better() -> None:
    found = [len(list(_better_and_better(*case))) for case in CASES]
    assert sum(n > 0 for n in found) >= 3


def _better_and_better(measures: int, parties: int, seed: int) -> Iterator[Array]:
    """Plans found one from another, each checked."""
    solver, gains = started(measures, parties, seed)
    problem, examiner = solver.problem, solver.examiner
    objective = sum_of(gains, 0.001)
    assert objective.worth is not None
    shares, floor = whole(problem, np.array(problem.columns.earliest)), -1e9
    while (near := solver.nearby.search(shares, objective.worth, floor, 60)) is not None:
        assert examiner.judging.fits(problem.model, near)
        assert not len(examiner.separation.violated(near))
        assert objective.score(near) > floor
        shares, floor = near, objective.score(near)
        yield near


@pytest.mark.parametrize(("measures", "parties", "seed"), CASES)
def test_slacks_are_kept_up_move_by_move(measures: int, parties: int, seed: int) -> None:
    """Values, slacks and what applies are those of the plan; a move comes out as it was foretold."""
    solver, gains = started(measures, parties, seed)
    model, valued, nearby = solver.problem.model, solver.problem.valued, solver.nearby
    nearby.weigh(np.arange(len(valued)))
    scale = valued.closeness.sizes.scale[valued.party]
    at, rng = (
        Position(nearby, whole(solver.problem, np.array(solver.problem.columns.earliest))),
        np.random.default_rng(seed),
    )

    def worth(values: Array) -> Array:
        total: Array = values.sum(axis=0)
        return total

    for _ in range(30):
        drawn = rng.permutation(nearby.free)[:3]
        foretold = at.moves(drawn, worth)
        possible = np.argwhere(foretold > -np.inf)
        if len(possible):
            i, k = possible[rng.integers(len(possible))]
            at.move(int(drawn[i]), int(k))
            values = [gains.value(p, at.shares) for p in range(len(model.parties))]
            assert np.allclose(at.slack[: len(model.parties)], values, atol=1e-9)
            assert np.allclose(at.slack[len(model.parties) :], valued.rows.slacks(at.shares) / scale, atol=1e-9)
            alone = not any(m == drawn[i] for e in nearby.expressions for m in measures_of(e))
            kinds = np.isin(valued.rows.switches[0], (0, 2, 3))
            assert np.array_equal(at.on, valued.rows.on(at.shares))
            if alone and kinds.all():
                assert at.worth(worth) - at.penalty == pytest.approx(float(foretold[i, k]), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_a_design_is_as_good_as_without_looking_near_plans(seed: int) -> None:
    case = Known.of(dossier(10, 6, seed=seed, parties=4))
    near = Designer(case, Question(), gap=1e-4, clock=Clock(600))
    plain = Designer(case.afresh(), Question(), gap=1e-4, clock=Clock(600))
    plain.solver.widths = ()
    one, other = near.design("utilitarian"), plain.design("utilitarian")
    assert one.status == other.status
    if one.objective is not None and other.objective is not None:
        assert one.objective == pytest.approx(other.objective, rel=3e-4)
