"""Effort across sites against vectors, linear programmes, enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from detente.errors import UsageError
from detente.verify.inspection.allocation import Coverage, Sites, origami, whole_days, worst_first
from tests.verify.balances import vectors


def test_multi_site_effort_waterfill(shared):
    known = vectors(shared)["multi_site_effort_waterfill"]
    v, expected = known["inputs"], known["expected"]
    sites = Sites.of(v["gain_d"], v["loss_b"], v["rate_a"])
    got = sites.water_fill(v["budget"])
    assert got.violator == pytest.approx(expected["violator_value"], abs=known["tolerance"])
    assert got.effort == pytest.approx(expected["effort"], abs=known["tolerance"])
    assert got.detection == pytest.approx(expected["dp"], abs=known["tolerance"])
    assert sites.deterrence_budget() == pytest.approx(expected["deterrence_budget"], abs=known["tolerance"])
    assert sites.holding(0.0) == pytest.approx(expected["deterrence_effort"], abs=known["tolerance"])
    assert not got.deters
    assert sites.water_fill(expected["deterrence_budget"]).deters


def test_origami_10_targets(shared):
    known = vectors(shared)["origami_10_targets"]
    v, expected = known["inputs"], known["expected"]
    got = [origami(v["Uu_att"], v["Uc_att"], m) for m in v["resources"]]
    tolerance = known["tolerance"]
    assert [c.attacker for c in got] == pytest.approx(expected["attacker_value"], abs=tolerance)
    assert [c.resources for c in got] == pytest.approx(expected["resources_used"], abs=tolerance)
    assert got[2].coverage == pytest.approx(expected["coverage_R3"], abs=tolerance)
    assert got[6].coverage == pytest.approx(expected["coverage_R7"], abs=tolerance)


# --- divisible effort --------------------------------------------------------------------------------------------

site = st.tuples(st.floats(0, 10), st.floats(0.1, 10), st.floats(0.05, 3))
several = st.lists(site, min_size=1, max_size=6).map(lambda rows: Sites.of(*np.array(rows).T))


@given(several, st.floats(0, 20))
def test_water_filling_spends_all_and_levels(sites, budget):
    got = sites.water_fill(budget)
    assert got.effort.sum() == pytest.approx(budget, rel=1e-8, abs=1e-8)
    worth = sites.violator(got.effort)
    assert got.violator == worth.max()
    helped = got.effort > 1e-9
    assert worth[helped] == pytest.approx(np.full(helped.sum(), got.violator), abs=1e-7)


@given(several, st.floats(0.1, 10), st.integers(0, 2**32 - 1))
def test_no_other_split_is_better(sites, budget, seed):
    """Against 200 random splits, and steps from the optimum."""
    got = sites.water_fill(budget)
    random = np.random.default_rng(seed)
    for split in random.dirichlet(np.ones(len(sites.gain)), 200) * budget:
        assert sites.violator(split).max() >= got.violator - 1e-9
        nearby = 0.99 * got.effort + 0.01 * split
        assert sites.violator(nearby).max() >= got.violator - 1e-9


def test_water_filling_against_a_general_solver():
    random = np.random.default_rng(3)
    for _ in range(10):
        d, b, a = random.uniform(1, 10, 4), random.uniform(1, 10, 4), random.uniform(0.1, 1, 4)
        sites = Sites.of(d, b, a)
        budget = float(random.uniform(0.5, 1.0)) * sites.deterrence_budget()

        def slack(x, d=d, b=b, a=a):
            return x[-1] - (d - (b + d) * -np.expm1(-a * x[:-1]))

        found = minimize(
            lambda x: x[-1],
            np.append(np.full(4, budget / 4), d.max()),
            constraints=[
                {"type": "ineq", "fun": slack},
                {"type": "ineq", "fun": lambda x, budget=budget: budget - x[:-1].sum()},
            ],
            bounds=[(0, None)] * 4 + [(None, None)],
            method="SLSQP",
            options={"ftol": 1e-12, "maxiter": 500},
        )
        assert sites.water_fill(budget).violator == pytest.approx(found.fun, abs=1e-5)


@given(several)
def test_the_deterrence_budget_is_where_complying_begins(sites):
    enough = sites.deterrence_budget()
    assert sites.water_fill(enough * (1 + 1e-9)).violator <= 1e-7
    if enough > 1e-3:
        assert sites.water_fill(enough * 0.9).violator > 0


def test_where_nothing_is_seen_the_gain_stays():
    sites = Sites.of([3.0, 5.0, 1.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0])
    assert sites.deterrence_budget() == np.inf
    got = sites.water_fill(100.0)
    assert got.violator == pytest.approx(3.0)
    assert got.effort == pytest.approx([0.0, np.log(6 / 4), 0.0])
    low = Sites.of([3.0, 1.0], 1.0, [0.0, 1.0]).water_fill(4.0)
    assert (low.violator, low.effort.sum()) == (3.0, 0.0)
    plenty = Sites.of([3.0, 1.0], [1.0, 0.0], 1.0).water_fill(1e6)  # the second loses nothing: at best it gains nothing
    assert np.isfinite(plenty.effort).all()
    assert plenty.detection == pytest.approx([0.75, 1.0])
    nothing = Sites.of([3.0, 5.0], 1.0, 0.0).water_fill(4.0)
    assert nothing.violator == 5.0
    assert nothing.effort.sum() == 0


def test_a_gain_too_small_to_tell_from_the_loss():
    assert Sites.of([1e-20], 1.0, 0.5).deterrence_budget() == pytest.approx(2e-20)
    assert Sites.of([1e-20], 1.0, 0.0).deterrence_budget() == np.inf


# --- whole days --------------------------------------------------------------------------------------------------


@given(several.filter(lambda s: len(s.gain) <= 3), st.integers(0, 8))
def test_whole_days_by_enumeration(sites, days):
    got = whole_days(sites, days)
    splits = [x for x in product(range(days + 1), repeat=len(sites.gain)) if sum(x) <= days]
    assert got.worst == pytest.approx(min(float(sites.violator(x).max()) for x in splits), abs=1e-9)
    assert sum(got.units) == got.spent <= days
    assert got.worst >= sites.water_fill(float(days)).violator - 1e-9


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.lists(st.integers(-5, 9), min_size=9, max_size=9)), min_size=1, max_size=3
    ),
    st.integers(0, 8),
)
def test_the_worst_first_is_optimal_whatever_the_values_and_costs(rows, budget):
    """Values that fall, rise and stay; visits that cost different days."""
    costs, tables = [c for c, _ in rows], [t for _, t in rows]
    got = worst_first([lambda n, t=t: float(t[min(n, 8)]) for t in tables], costs, budget)
    best = min(
        max(t[n] for t, n in zip(tables, units, strict=True))
        for units in product(range(9), repeat=len(rows))
        if sum(n * c for n, c in zip(units, costs, strict=True)) <= budget
    )
    assert got.worst == best
    assert got.spent == sum(n * c for n, c in zip(got.units, costs, strict=True)) <= budget


def test_days_without_end_are_not_counted_one_by_one():
    """Counted so, they would not end within any test's limit."""
    got = whole_days(Sites.of([1.0, 2.0, 0.0], [1.0, 1.0, 3.0], [0.0, 1.0, 0.2]), 10**12)
    assert (got.units[0], got.worst) == (0, 1.0)
    assert got.spent < 1000


def test_no_more_is_spent_than_enough():
    sites = Sites.of([10.0, 6.0], [5.0, 5.0], [0.5, 0.3])
    values = [lambda n, i=i: float(sites.violator([n, n])[i]) for i in range(2)]
    got = worst_first(values, [1, 1], 1000, enough=0.0)
    assert got.worst <= 0
    assert got.spent < 12


def test_what_is_given_beforehand_stays():
    got = worst_first([lambda n: 10.0 - n, lambda n: 1.0 - n], [1, 2], 7, first=[0, 2])
    assert (got.units, got.spent, got.worst) == ((3, 2), 7, 7.0)


# --- resources that cover targets --------------------------------------------------------------------------------


def by_programmes(uncovered, covered, bare, guarded, resources, *, comply: bool) -> tuple[float, float]:
    """One linear programme for each target that might be attacked: (the defender's best, the attacker's there)."""
    n, options = len(uncovered), []
    for t in range(n + comply):
        A, limit = [], []
        for s in range(n + comply):  # target t is worth at least as much as s; the last is complying, worth 0
            if s == t:
                continue
            row = np.zeros(n)
            if s < n:
                row[s] -= uncovered[s] - covered[s]
            if t < n:
                row[t] += uncovered[t] - covered[t]
            A.append(row)
            limit.append((uncovered[t] if t < n else 0.0) - (uncovered[s] if s < n else 0.0))
        goal = np.zeros(n)
        if t < n:
            goal[t] = bare[t] - guarded[t]
        A, limit = [*A, np.ones(n)], [*limit, resources]
        done = linprog(goal, A_ub=A, b_ub=limit, bounds=[(0, 1)] * n)
        if done.status == 0:
            worth = uncovered[t] - done.x[t] * (uncovered[t] - covered[t]) if t < n else 0.0
            options.append((-done.fun + bare[t] if t < n else 0.0, worth))
    return max(options)


@pytest.mark.parametrize("comply", [False, True])
def test_origami_is_the_optimum_of_many_programmes(comply):
    random = np.random.default_rng(11)
    for _ in range(60):
        n = int(random.integers(1, 6))
        covered = random.uniform(-10, 0, n)
        uncovered = random.uniform(0, 10, n) - (3 if comply else 0)
        uncovered = np.maximum(uncovered, covered + 0.1)
        bare, guarded = random.uniform(-10, 0, n), random.uniform(0, 10, n) * (0 if comply else 1)
        m = float(random.uniform(0, n))
        got = origami(uncovered, covered, m, defender=(bare, guarded), comply=comply)
        best, _ = by_programmes(uncovered, covered, bare, guarded, m, comply=comply)
        assert got.defender == pytest.approx(best, abs=1e-7)
        assert_is_an_equilibrium(got, uncovered, covered, m, comply=comply)


def assert_is_an_equilibrium(got: Coverage, uncovered, covered, m, *, comply: bool) -> None:
    worth = uncovered - got.coverage * (uncovered - covered)
    assert got.resources <= m + 1e-9
    assert got.attacker == pytest.approx(max(worth.max(), 0.0) if comply else worth.max(), abs=1e-9)
    for t in got.tempting:
        assert worth[t] == pytest.approx(got.attacker, abs=1e-7)


@given(
    st.lists(st.tuples(st.floats(-5, 10), st.floats(0.1, 10)), min_size=1, max_size=8),
    st.floats(0, 8),
)
def test_the_attackers_best_cannot_be_lowered(targets, m):
    high = np.array([u for u, _ in targets])
    low = high - np.array([w for _, w in targets])
    got = origami(high, low, m)
    assert_is_an_equilibrium(got, high, low, m, comply=False)
    done = linprog(  # least k with u − c·w ≤ k
        np.append(np.zeros(len(high)), 1.0),
        A_ub=np.vstack([np.hstack([-np.diag(high - low), -np.ones((len(high), 1))]), [*[1.0] * len(high), 0.0]]),
        b_ub=np.append(-high, m),
        bounds=[(0, 1)] * len(high) + [(None, None)],
    )
    assert got.attacker == pytest.approx(done.fun, abs=1e-7)


def test_who_can_comply_does_when_nothing_pays():
    got = origami([1.0, 2.0], [-1.0, -2.0], 2.0, defender=([-5.0, -5.0], [-1.0, -1.0]), comply=True)
    assert (got.target, got.attacker, got.defender) == (None, 0.0, 0.0)
    assert got.coverage == pytest.approx([0.5, 0.5])
    nothing = origami([-1.0], [-2.0], 1.0, defender=([-5.0], [-1.0]), comply=True)
    assert (nothing.target, nothing.tempting, nothing.resources) == (None, (), 0.0)
    assert origami([1.0, 2.0], [-1.0, -2.0], 0.5, comply=True).target is not None


@pytest.mark.parametrize(
    "call",
    [
        lambda: Sites.of([-1.0], 1.0, 1.0),
        lambda: Sites.of([1.0], 1.0, np.nan),
        lambda: Sites.of([0.0], 0.0, 1.0),
        lambda: Sites.of([], [], []),
        lambda: Sites.of([1e308], 1e308, 1.0),
        lambda: Sites.of([1.0], 1.0, 1e-320),
        lambda: origami([1.0, 2.0], [0.0, 0.0], 1.0, defender=([np.nan, 1.0], [1.0, 1.0])),
        lambda: origami([1.0, 2.0], [0.0, 0.0], 1.0, defender=([2.0, 1.0], [1.0, 1.0])),
        lambda: Sites.of([1.0], 1.0, 1.0).water_fill(-1.0),
        lambda: Sites.of([1.0], 1.0, 1.0).water_fill(np.inf),
        lambda: worst_first([], [], 3),
        lambda: worst_first([lambda n: 0.0], [0], 3),
        lambda: worst_first([lambda n: 0.0], [2], 3, first=[2]),
        lambda: origami([1.0], [1.0], 1.0),
        lambda: origami([1.0], [0.0], -1.0),
        lambda: origami([np.inf], [0.0], 1.0),
    ],
)
def test_misuse_is_said(call):
    with pytest.raises(UsageError):
        call()
