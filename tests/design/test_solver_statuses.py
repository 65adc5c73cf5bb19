"""What the solver says is looked at: refusals, and proofs that a second look does not confirm. DESIGN §5."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detente.design.plan.clock import Clock
from detente.design.plan.examiner import Examiner
from detente.design.plan.judging import Judging
from detente.design.plan.objective import ANY
from detente.design.plan.rules import Designer, any_plan
from detente.design.plan.solve import NOT_TWICE, Solver
from detente.design.programme.closeness import Closeness
from detente.design.programme.known import Known
from detente.design.programme.matrix import Refused
from detente.design.programme.problem import Problem
from detente.design.programme.program import Program, Solution
from detente.design.programme.question import Question
from detente.dossier import Dossier, from_dict
from detente.model.judge.check import Judge
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import Conditions, conditions

NOTHING_FOUND = Solution("infeasible", None, -math.inf, -math.inf)


def exchange(**more: Any) -> Dossier:
    """Two give each other what both like better than what it costs them, at three dates."""
    party = {"discount": "5 %/year", "response_time": "1 month"}
    measure = {"undo": {"in": 0}, "verify": "open"}
    document = {
        "detente": 1,
        "title": "An exchange",
        "start": "2020-01-31",
        "periods": ["3 x 1 year"],
        "interests": {i: {"unit": "u", "worst": 0, "best": 1} for i in ("x", "y")},
        "parties": {"a": party | {"stakes": {"x": -1, "y": 3}}, "b": party | {"stakes": {"x": 3, "y": -1}}},
        "measures": {
            "give": measure | {"by": "a", "effects": {"x": {"level": 1}}},
            "pay": measure | {"by": "b", "effects": {"y": {"level": 1}}},
        },
    }
    return from_dict(document | more)


def solver(dossier: Dossier, judging: Judging | None = None) -> Solver:
    problem = Problem(Known.of(dossier), Question())
    return Solver(problem, Clock(30.0), examiner=Examiner(problem, judging))


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_refused_column_is_an_error() -> None:
    program = Program()
    with pytest.raises(Refused):
        program.add_columns(np.array([math.nan]), np.array([1.0]), integer=False)


def test_large_coefficients_are_scaled_and_rows_keep_their_places() -> None:
    """1e17·x + y ≤ 1e17·0.5 + 1 and, in the next row, y ≤ 0.25."""
    program = Program()
    x, y = program.add_columns(np.zeros(2), np.ones(2), integer=False)
    first = program.add_row({x: 1e17, y: 1.0}, high=0.5e17 + 1.0)
    second = program.add_row({y: 1.0}, high=1.0)
    assert (first, second, program.h.getNumRow()) == (0, 1, 2)
    program.set_row(second, high=0.25)
    program.set_row(first, high=0.5e17)
    program.set_objective({x: 1.0, y: 1.0})
    answer = program.relax()
    assert answer.objective == pytest.approx(0.75)


def test_infeasible_or_unbounded_is_asked_again() -> None:
    program = Program()
    x, y = program.add_columns(np.zeros(2), np.full(2, math.inf), integer=False)
    program.add_row({x: 1.0, y: -1.0}, low=0.0, high=0.0)
    program.set_objective({x: 1.0})
    assert program.relax().status == "unbounded"
    program.add_row({x: 1.0, y: 1.0}, high=-1.0)
    assert program.relax().status == "infeasible"


def test_a_bound_counts_what_was_cut_off_within_the_gap() -> None:
    """Of 12 numbers some add up to at most 100: whatever the gap, the best is no better than the bound."""
    weights = [19.5, 23.7, 11.3, 31.9, 7.7, 13.1, 17.9, 29.3, 5.3, 41.1, 37.7, 3.1]
    best = max(
        sum(w for i, w in enumerate(weights) if chosen >> i & 1)
        for chosen in range(1 << len(weights))
        if sum(w for i, w in enumerate(weights) if chosen >> i & 1) <= 100
    )
    for gap in (20.0, 5.0, 1.0, 0.0):
        program = Program()
        columns = program.add_columns(np.zeros(12), np.ones(12), integer=True)
        row = dict(zip(columns, weights, strict=True))
        program.add_row(row, high=100.0)
        program.set_objective(row)
        answer = program.maximise(seconds=10.0, absolute_gap=gap)
        assert answer.objective - 1e-6 <= best <= answer.bound + 1e-6


def test_every_solve_heeds_its_seconds() -> None:
    """However many were before it: HiGHS counts some runs from the first on, and others each by itself."""
    program, chance = Program(), np.random.default_rng(0)
    columns = program.add_columns(np.zeros(200), np.ones(200), integer=True)
    for _ in range(60):
        weights = chance.integers(1, 100, 200)
        program.add_row(dict(zip(columns, map(float, weights), strict=True)), high=float(weights.sum()) / 3)
    program.set_objective({c: float(chance.integers(10, 100)) for c in columns})
    assert program.relax(seconds=10.0).status == "optimal"
    for _ in range(4):
        assert program.maximise(seconds=0.2).status == "limit"
        assert program.h.getOptionValue("time_limit")[1] <= 0.2
        assert program.h.getOptionValue("presolve")[1] == "off"  # it asks no clock: see ENDLESS
    assert program.relax(seconds=10.0).status == "optimal"


# --- proofs ----------------------------------------------------------------------------------------------------------


def test_a_false_proof_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver says "infeasible" of a feasible programme; asked without an objective it finds a plan."""
    dossier = exchange()
    monkeypatch.setattr(Program, "relax", lambda self, **given: NOTHING_FOUND)
    found, settled = any_plan(Judge(dossier), Question(), Clock(30.0))
    assert found is not None
    assert settled


def test_a_proof_that_is_not_confirmed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "relax", lambda self, **given: NOTHING_FOUND)
    monkeypatch.setattr(Program, "any_solution", lambda self, **given: Solution("limit", None, -math.inf, math.inf))
    made = Designer(Known.of(exchange()), Question(), gap=0.0, clock=Clock(30.0)).design("egalitarian")
    assert made.status == "undecided"
    assert NOT_TWICE in made.notes


def test_two_solves_that_disagree_for_ever_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every plan is refused by the judge and each is cut off; a solver that denies what it finds is given up."""
    monkeypatch.setattr(Program, "relax", lambda self, **given: NOTHING_FOUND)
    monkeypatch.setattr(Program, "maximise", lambda self, **given: NOTHING_FOUND)
    x = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    monkeypatch.setattr(Program, "any_solution", lambda self, **given: Solution("optimal", x, 0.0, 0.0))
    outcome = solver(exchange(parties={**exchange().document["parties"]})).best(ANY)
    assert not outcome.proved
    assert outcome.note == NOT_TWICE


# --- what no problem holds from the start ----------------------------------------------------------------------------


class Missing(Judging):
    """Knows one more condition than the problem: a's worth in the deal is at least so much, as a row and as judge."""

    def __init__(self, dossier: Dossier, least: float) -> None:
        super().__init__(dossier, Question())
        self.least, self.asked = least, 0

    def accepts(self, model: Model, shares: Any) -> bool:
        return super().accepts(model, shares) and self._row(model, shares) is None

    def missed(self, known: Known, shares: Any, held: Any = frozenset()) -> Conditions | None:
        self.asked += 1
        return self._row(known.model, shares)

    def _row(self, model: Model, shares: Any) -> Conditions | None:
        rows = conditions(model)
        consent = rows.only([label.kind == "consent" and label.party == 0 for label in rows.labels])
        row = replace(consent, const=consent.const - self.least)
        return row if row.slacks(shares)[0] < 0 else None


def test_rows_that_a_plan_is_found_to_break_join_the_problem() -> None:
    """a's worth of both from the start is 2/ρ = 41; of pay at the start and give later it is more."""
    dossier = exchange()
    missing = Missing(dossier, 42.0)
    found = solver(dossier, missing)
    before = len(found.problem.valued)
    outcome = found.best(ANY)
    assert outcome.shares is None or missing._row(found.problem.model, outcome.shares) is None
    assert outcome.proved
    if outcome.shares is None:
        assert len(found.problem.valued) == before + 1
    assert missing.asked


@pytest.mark.parametrize("least", [10.0, 30.0, 39.0, 60.0])
def test_joined_rows_bind_as_a_walk_away_value_would(least: float) -> None:
    dossier = exchange()
    parties = {**dossier.document["parties"]}
    parties["a"] = {**parties["a"], "walk_away": least}
    plain, settled = any_plan(Judge(exchange(parties=parties)), Question(), Clock(30.0))
    assert settled
    outcome = solver(dossier, Missing(dossier, least)).best(ANY)
    assert outcome.proved
    assert (outcome.shares is None) == (plain is None)


def in_parts() -> Dossier:
    """An exchange in which b pays in parts, and not all, or it would not agree."""
    dossier = exchange()
    parties, measures = {**dossier.document["parties"]}, {**dossier.document["measures"]}
    parties["a"] = {**parties["a"], "stakes": {"x": -1, "y": 3}}
    parties["b"] = {**parties["b"], "stakes": {"x": 1.2, "y": -2}, "walk_away": 1}
    measures["pay"] = {**measures["pay"], "divisible": True, "takes": "2 years"}
    return exchange(parties=parties, measures=measures)


def test_any_plan_is_found_in_parts() -> None:
    problem = Problem(Known.of(in_parts()), Question())
    assert problem.valued.closeness.partial
    outcome = Solver(problem, Clock(30.0)).best(ANY)
    assert outcome.shares is not None
    assert outcome.proved


def test_shares_are_set_anew_where_the_programme_lets_rows_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is best for a is where b's condition is tight: the programme misses it by more than the judge lets pass."""
    found = Designer(Known.of(in_parts()), Question(), gap=0.0, clock=Clock(30.0)).best_for(0)
    assert found.shares is not None
    assert 0.1 < found.shares[1, -1] < 0.9
    assert found.proved
    assert found.objective <= found.bound <= found.objective * (1 + 1e-5)
    monkeypatch.setattr(Closeness, "closely", lambda self, x: x)
    without = Designer(Known.of(in_parts()), Question(), gap=0.0, clock=Clock(30.0)).best_for(0)
    assert without.shares is None or not without.proved
