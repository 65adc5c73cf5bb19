"""The D statistic and its samples: public vectors, instruments that are shared, and the best allocation by search."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import UsageError
from detente.verify.balance.d_statistic import PairedItems, allocate, d_statistic, sigma_d, whole
from tests.verify.balances import vectors, within


def strata_of(inputs):
    columns = (inputs[c] for c in ("N", "xbar", "dRO", "dRI"))
    return [PairedItems(*row) for row in zip(*columns, strict=True)]


def test_sigma(shared):
    v = vectors(shared)["d_statistic_sigma"]
    leanings = zip(v["inputs"]["dSO"], v["inputs"]["dSI"], strict=True)
    strata = [
        replace(s, operator_systematic=o, inspector_systematic=i)
        for s, (o, i) in zip(strata_of(v["inputs"]), leanings, strict=True)
    ]
    assert sigma_d(strata, v["inputs"]["n"]) == pytest.approx(v["expected"]["sigma_D"], abs=1e-9)


def test_allocation(shared):
    v = vectors(shared)["neyman_allocation"]
    strata = [replace(s, cost=c) for s, c in zip(strata_of(v["inputs"]), v["inputs"]["cost"], strict=True)]
    drawn = allocate(strata, v["inputs"]["budget"])
    assert drawn == pytest.approx(v["expected"]["n"], abs=1e-9)
    assert sigma_d(strata, drawn) ** 2 == pytest.approx(v["expected"]["random_var"], abs=1e-9)


def test_strata_that_share_an_instrument_lean_together():
    one = PairedItems(10, 2.0, 0.0, 0.0, 0.01, 0.0)
    two = PairedItems(20, 1.0, 0.0, 0.0, 0.01, 0.0)
    assert sigma_d([one, two], [5, 5]) == pytest.approx(0.2 * np.sqrt(2))
    both = [replace(s, operator_instrument="scale") for s in (one, two)]
    assert sigma_d(both, [5, 5]) == pytest.approx(0.4)


def test_d_in_many_histories():
    """Drawn item by item from the model; alarms and detections as often as stated."""
    strata = [
        PairedItems(50, 2.0, 0.01, 0.02, 0.005, 0.01, inspector_instrument="counter"),
        PairedItems(30, 5.0, 0.02, 0.03, 0.005, 0.01, inspector_instrument="counter"),
    ]
    drawn, runs, rng = (10, 12), 100_000, np.random.default_rng(8)
    counter = rng.standard_normal(runs)
    d = np.zeros(runs)
    for s, n in zip(strata, drawn, strict=True):
        own = rng.standard_normal((2, n, runs)).mean(axis=1)
        operator = s.operator_random * own[0] + s.operator_systematic * rng.standard_normal(runs)
        inspector = s.inspector_random * own[1] + s.inspector_systematic * counter
        d += s.items * s.mean_kg * (operator - inspector)
    sigma = sigma_d(strata, drawn)
    assert within(d.std(), sigma, sigma / np.sqrt(2 * runs))
    said = d_statistic(strata, [[2.0] * 10, [5.0] * 12], [[2.0] * 10, [5.0] * 12])
    assert within(np.mean(d > said.threshold_kg), 0.05, np.sqrt(0.05 * 0.95 / runs))
    chance = said.detects(6.0)
    assert within(np.mean(d + 6.0 > said.threshold_kg), chance, np.sqrt(chance * (1 - chance) / runs))


def test_overstated_items_make_an_alarm():
    strata = [PairedItems(40, 2.0, 0.005, 0.01)]
    honest = d_statistic(strata, [[2.0, 2.01]], [[2.01, 2.0]])
    assert honest.d_kg == pytest.approx(0.0)
    assert not honest.alarm
    false = d_statistic(strata, [[2.0, 2.0]], [[1.8, 2.0]])
    assert false.d_kg == pytest.approx(40 * 0.1)
    assert false.alarm


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(2, 9), st.floats(0.5, 5), st.floats(0.01, 0.1)), min_size=2, max_size=3), st.data()
)
def test_allocations_are_the_best(rows, data):
    strata = [PairedItems(n, x, 0.0, s) for n, x, s in rows]
    budget = data.draw(st.integers(len(strata), sum(s.items for s in strata)))
    every = [n for n in product(*(range(1, s.items + 1) for s in strata)) if sum(n) <= budget]
    best = min(sigma_d(strata, n) for n in every)
    integers = whole(strata, budget)
    assert sum(integers) <= budget
    assert sigma_d(strata, integers) == pytest.approx(best)
    reals = allocate(strata, budget)
    assert reals @ np.ones(len(strata)) <= budget + 1e-9
    assert all(n <= s.items + 1e-9 for n, s in zip(reals, strata, strict=True))
    assert sigma_d(strata, reals) <= best + 1e-9


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: sigma_d(s, [0, 1]),
        lambda s: sigma_d(s, [1]),
        lambda s: allocate(s, 0),
        lambda s: whole(s, 1),
        lambda s: whole(s, float("nan")),
        lambda s: allocate(s, float("nan")),
        lambda s: sigma_d(s, [6, 1]),
        lambda s: d_statistic(s, [[1.0], [1.0]], [[1.0], [1.0]], level=0.0),
        lambda s: d_statistic(s, [[1.0]], [[1.0]]),
        lambda s: d_statistic([replace(s[0], operator_random=0.0, inspector_random=0.0)], [[1.0]], [[1.0]]),
        lambda s: replace(s[0], items=-5),
        lambda s: replace(s[0], mean_kg=float("nan")),
        lambda s: replace(s[0], inspector_random=-0.1),
        lambda s: replace(s[0], cost=0.0),
        lambda s: d_statistic(s, [[1.0], [1.0]], [[1.0], [float("nan")]]),
    ],
)
def test_what_cannot_be_asked(ask):
    with pytest.raises(UsageError):
        ask([PairedItems(5, 1.0, 0.01, 0.01), PairedItems(5, 1.0, 0.01, 0.01)])
