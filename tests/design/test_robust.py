"""The robust rule by itself: closed forms, exhaustive search by the judge, and parties with nothing at stake."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.design.plan.clock import Clock
from detente.design.plan.objective import Objective, Outcome
from detente.design.plan.robust import least_slack
from detente.design.plan.solve import Solver
from detente.design.programme.known import Known
from detente.design.programme.problem import Problem
from detente.design.programme.question import Question
from detente.dossier import from_dict
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from tests.design.test_exhaustive import count, robustness
from tests.model.test_rows import shares
from tests.strategies import all_plans, dossiers

RHO, CAP, GAP = 0.1, 50.0, 1e-6


def searching(dossier: Dossier) -> tuple[Solver, Objective]:
    problem = Problem(Known.of(dossier), Question())
    solver = Solver(problem, Clock(60.0))
    return solver, least_slack(problem, solver, CAP, lambda value: GAP)


def most_robust(dossier: Dossier) -> Outcome:
    solver, objective = searching(dossier)
    found = solver.best(objective)
    assert found.proved
    return found


def exchange(
    give: float, get: float, response: float = 0.5, *, a: dict[str, Any] | None = None, **measures: Any
) -> Dossier:
    """a pays `give` a year and gets `get` of b, who gains 10 and pays 1; all is undone at once."""
    party = {"discount": f"{RHO} /year", "response_time": f"{response!r} years"}
    return from_dict(
        {
            "detente": 1,
            "title": "two flows",
            "start": "2020-01-01",
            "periods": ["1 x 1 year"],
            "interests": {i: {"unit": "u", "worst": 0, "best": 1} for i in "xyz"},
            "parties": {
                "a": {**party, "stakes": {"x": -give, "y": get}, **(a or {})},
                "b": {**party, "stakes": {"x": 10, "y": -1}},
            },
            "measures": {
                "give": {"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}, "verify": "open"},
                "pay": {"by": "b", "effects": {"y": {"level": 1}}, "undo": {"in": 0}, "verify": "open"},
                **measures,
            },
            "success": {"minimal": [{"in_force": "give"}, {"in_force": "pay"}]},
        }
    )


def margin(give: float, get: float, response: float) -> float:
    """a's slack from breaking out, (get·e^(−ρr) − give)/ρ, in units of (give + get)/ρ."""
    return (get * math.exp(-RHO * response) - give) / (give + get)


@pytest.mark.parametrize(("give", "get", "response"), [(1.0, 2.0, 0.5), (2.0, 3.0, 1.0), (1.0, 8.0, 0.0)])
def test_an_exchange_is_as_robust_as_its_thinner_margin(give: float, get: float, response: float) -> None:
    expected = min(margin(give, get, response), margin(1, 10, response))
    assert most_robust(exchange(give, get, response)).objective == pytest.approx(expected, abs=1e-5)


def test_what_widens_the_thinnest_margin_is_taken_though_it_narrows_another() -> None:
    """b may pay 1 more, of z, which a has a stake of 2 in and b of −1: a's margin grows, b's falls, and stays wider."""
    z = {"by": "b", "effects": {"z": {"level": 1}}, "undo": {"in": 0}, "verify": "open"}
    d = exchange(2.0, 3.0, 0.0, a={"stakes": {"x": -2, "y": 3, "z": 2}}, more=z)
    d = from_dict({**d.document, "parties": {**d.document["parties"], "b": _b_with(d, z=-1)}})
    solver, objective = searching(d)
    found = solver.best(objective)
    assert found.shares is not None
    assert found.shares[list(d.measures).index("more"), -1] == 1
    assert found.objective == pytest.approx(min((3 + 2 - 2) / 7, (10 - 1 - 1) / 12), abs=1e-5)


def _b_with(dossier: Dossier, **stakes: float) -> dict[str, Any]:
    b = dossier.document["parties"]["b"]
    return {**b, "stakes": {**b["stakes"], **stakes}}


def test_gains_and_losses_that_cancel_are_a_margin_of_nothing() -> None:
    """Answered at once, a gives what it gets: a margin of 0, though consent, against a walk-away of −5, has one."""
    d = exchange(2.0, 2.0, 0.0, a={"walk_away": -5})
    plan = Plan(dict.fromkeys(d.measures, d.start))
    assert robustness(d, Judge(d), plan) == pytest.approx(0.0, abs=1e-9)
    assert best_of_all(d) == pytest.approx(0.0, abs=1e-9)
    assert searching(d)[1].score(shares(Model.of(d), plan)) == pytest.approx(0.0, abs=1e-9)
    assert most_robust(d).objective == pytest.approx(0.0, abs=1e-5)
    assert believed(*searching(d), shares(Model.of(d), plan)) == pytest.approx(0.0, abs=1e-5)


def test_who_has_nothing_at_stake_sets_no_margin() -> None:
    """a's gift costs it nothing and nobody answers it: no row of a's breaking out, and b's consent alone counts."""
    gift = {"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}, "verify": "open"}
    raw = {**exchange(1.0, 1.0).document, "measures": {"gift": gift}, "success": {}}
    raw["parties"] = {
        "a": {"discount": f"{RHO} /year", "stakes": {"y": 1}, "response_time": 0, "walk_away": -7},
        "b": {"discount": f"{RHO} /year", "stakes": {"x": 4}, "response_time": 0},
    }
    d = from_dict(raw)
    assert most_robust(d).objective == pytest.approx(min(7 * RHO, 1.0), abs=1e-5)


def test_what_was_learned_of_one_plan_holds_nobody_back_in_another() -> None:
    """a's exchange has a thin margin; a gift that costs it nothing has none, and only consent, far off, counts."""
    gift = {"by": "a", "effects": {"z": {"level": 1}}, "undo": {"in": 0}, "verify": "open"}
    d = exchange(1.0, 2.0, 0.5, a={"walk_away": -100}, gift=gift)
    d = from_dict({**d.document, "parties": {**d.document["parties"], "b": {**_b_with(d, z=4), "walk_away": -600}}})
    nothing = dict.fromkeys(d.measures)
    trade, given_ = Plan({**nothing, "give": d.start, "pay": d.start}), Plan({**nothing, "gift": d.start})
    solver, objective = searching(d)
    thin, far = margin(1, 2, 0.5), min(100 * RHO / 3, (600 * RHO + 4) / 15)
    for plan, expected in ((trade, thin), (given_, far), (trade, thin)):
        assert believed(solver, objective, shares(Model.of(d), plan)) == pytest.approx(expected, abs=1e-5)
    assert most_robust(d).objective == pytest.approx(far, abs=1e-5)


def best_of_all(dossier: Dossier) -> float:
    judge = Judge(dossier)
    return max(min(CAP, robustness(dossier, judge, plan)) for plan in all_plans(dossier) if judge.satisfactory(plan))


def believed(solver: Solver, objective: Objective, f: Array) -> float:
    """The least slack that the programme takes a plan to have, once it has been told all that it had wrong of it."""
    program, model = solver.problem.program, solver.problem.model
    fixed = f[:, 1:].ravel()
    program.set_many_bounds(fixed, fixed)
    program.set_objective(objective.target.row)
    for _ in range(50):
        found = program.maximise(seconds=30.0)
        assert found.x is not None, "the programme rules out a plan that it should only weigh"
        assert np.array_equal(solver.examiner.read(found.x).shares[:, 1:], fixed.reshape(model.M, model.K))
        if not objective.refine(found.x):
            return found.objective
    raise AssertionError("it never learns")


def test_the_programme_comes_to_believe_what_the_judge_says() -> None:
    """Not by cutting off what it took for better: row by row, and party by party that has something at stake."""
    seen: Counter[bool] = Counter()

    @settings(max_examples=40)
    @given(st.data())
    def believes(data: st.DataObject) -> None:
        dossier, fine = data.draw(solvable())
        plan = data.draw(st.sampled_from(fine))
        known = min(CAP, robustness(dossier, Judge(dossier), plan))
        found = believed(*searching(dossier), shares(Model.of(dossier), plan))
        assert found == pytest.approx(known, rel=1e-5, abs=1e-5)
        seen[known < CAP] += 1

    believes()
    assert seen[True] >= 10, seen


@st.composite
def solvable(draw: st.DrawFn) -> tuple[Dossier, list[Plan]]:
    """A small dossier with all its satisfactory plans."""
    dossier = draw(dossiers(measures=3, answers=True))
    assume(count(dossier) <= 200)
    judge = Judge(dossier)
    fine = [plan for plan in all_plans(dossier) if judge.satisfactory(plan)]
    assume(fine)
    return dossier, fine


@pytest.mark.slow
def test_score_and_search_against_every_plan() -> None:
    searched = 0

    @settings(max_examples=40)
    @given(solvable())
    def against_all(case: tuple[Dossier, list[Plan]]) -> None:
        nonlocal searched
        dossier, fine = case
        judge, model = Judge(dossier), Model.of(dossier)
        solver, objective = searching(dossier)
        for plan in fine:
            known = min(CAP, robustness(dossier, judge, plan))
            assert objective.score(shares(model, plan)) == pytest.approx(known, rel=1e-7, abs=1e-7)
        found, best = solver.best(objective), best_of_all(dossier)
        assert found.proved
        assert found.shares is not None
        assert found.objective == pytest.approx(best, rel=1e-5, abs=1e-5)
        assert found.bound >= best - 1e-6 * max(1.0, abs(best))
        searched += best < CAP

    against_all()
    assert searched >= 10
