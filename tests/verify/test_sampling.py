"""What a sample sees, and how large it must be: published vectors, enumeration of all samples, Monte Carlo."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import hypergeom

from detente.errors import UsageError
from detente.verify.inspection import sampling
from detente.verify.inspection.sampling import (
    Method,
    Sample,
    Stratum,
    defects_for,
    detection,
    nondetection,
    sample_size,
)
from tests.verify.balances import vectors

MISSES = (0.05, 0.1, 0.2, 0.5, 0.8, 0.9)


# --- vectors -----------------------------------------------------------------------------------------------------


def test_attribute_sample_sizes(shared):
    known = vectors(shared)["attribute_sample_sizes"]
    for given_, expected in zip(known["inputs"], known["expected"], strict=True):
        N, d, beta = given_["N"], given_["d"], given_["beta"]
        assert sampling.sample_size_iaea(N, d, beta) == expected["n_iaea"]
        assert sampling.sample_size_jaech(N, d, beta) == expected["n_jaech"]
        assert sample_size(N, d, beta) == expected["n_exact"]
        for key in ("exact", "iaea"):
            missed = nondetection(N, d, expected[f"n_{key}"])
            assert missed == pytest.approx(expected[f"nd_at_{key}"], abs=known["tolerance"])


def test_nondetection_hypergeometric(shared):
    known = vectors(shared)["nondetection_hypergeometric"]
    got = [float(nondetection(v["N"], v["d"], v["n"])) for v in known["inputs"]]
    assert got == pytest.approx(known["expected"], abs=known["tolerance"])


def test_imperfect_item_detection(shared):
    known = vectors(shared)["imperfect_item_detection"]
    got = [detection(v["N"], v["d"], v["n"], v["p"]) for v in known["inputs"]]
    assert got == pytest.approx(known["expected"], abs=known["tolerance"])


def test_defects_for_one_sq(shared):
    known = vectors(shared)["defects_for_one_sq"]
    assert [defects_for(v["M"], v["gamma"], v["xbar"]) for v in known["inputs"]] == known["expected"]


def test_combined_gross_partial_plan(shared):
    known = vectors(shared)["combined_gross_partial_plan"]
    v = known["inputs"]
    methods = tuple(Method(n, sd, v["z_reject"]) for n, sd in v["methods_n_relsd"])
    sample = Sample(v["N"], v["xbar"], v["M"], methods)
    got = [sample.detection(gamma) for gamma in v["gamma_grid"]]
    assert got == pytest.approx(known["expected"]["dp"], abs=known["tolerance"])
    worst = sample.worst()
    assert worst is not None
    assert worst.detection == pytest.approx(known["expected"]["worst_dp"], abs=known["tolerance"])
    assert worst.share == known["expected"]["worst_gamma"]


def test_multi_stratum_allocation(shared):
    known = vectors(shared)["multi_stratum_allocation"]
    v, expected = known["inputs"], known["expected"]
    strata = [Stratum(*s) for s in zip(v["N"], v["mu_kg"], v["effort_per_item"], strict=True)]
    got = sampling.spread(strata, v["M"], v["budget"])
    assert got.drawn == pytest.approx(expected["n"], abs=known["tolerance"])
    assert got.miss == pytest.approx(expected["beta"], abs=known["tolerance"])
    assert got.kappa == pytest.approx(expected["kappa"], abs=known["tolerance"])


def test_iaea_detection_probability_levels(shared):
    expected = vectors(shared)["iaea_detection_probability_levels"]["expected"]
    assert {name: sampling.DETECTION_LEVELS[name] for name in expected} == expected


def exact_sizes(items: int, miss: Fraction) -> list[int]:
    """For d = 1 … N the smallest n with C(N−d, n) ≤ β·C(N, n), in whole numbers; n falls as d rises."""
    sizes, n = [], items
    for d in range(1, items + 1):
        while n > 1 and comb(items - d, n - 1) <= miss * comb(items, n - 1):
            n -= 1
        sizes.append(n)
    return sizes


def test_n_iaea_minus_n_exact_property(shared):
    """All 270,900 cases of the vector for the two formulas; the exact size by floats here, by `sample_size` below."""
    known = vectors(shared)["n_iaea_minus_n_exact_property"]
    iaea, jaech = Counter(), Counter()
    for beta, N in product(known["inputs"]["beta"], range(1, 301)):
        d, n = np.arange(1, N + 1), np.arange(N + 1)
        missed = nondetection(N, d[:, None], n[None, :])
        exact = (missed <= beta * (1 + 1e-9)).argmax(axis=1)
        share = 1 - beta ** (1 / d)
        iaea.update((np.ceil(N * share - 1e-9).astype(int) - exact).tolist())
        jaech.update((np.ceil(0.5 * share * (2 * N - d + 1) - 1e-9).astype(int) - exact).tolist())
    assert {str(k): n for k, n in iaea.items()} == known["expected"]["counts"]
    assert {str(k): n for k, n in jaech.items()} == known["expected"]["jaech_difference_counts"]


# --- exact sizes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", MISSES)
def test_sizes_are_those_of_whole_numbers(beta):
    for N in (*range(1, 26), 60):
        exact = exact_sizes(N, Fraction(repr(beta)))
        assert [sample_size(N, d, beta) for d in range(1, N + 1)] == exact


@given(st.integers(1, 3000).flatmap(lambda N: st.tuples(st.just(N), st.integers(1, N))), st.sampled_from(MISSES))
def test_the_formulas_never_ask_for_too_few(case, beta):
    N, d = case
    exact = sample_size(N, d, beta)
    assert exact is not None
    assert 0 <= sampling.sample_size_iaea(N, d, beta) - exact <= 3
    assert 0 <= sampling.sample_size_jaech(N, d, beta) - exact <= 1
    assert nondetection(N, d, exact) <= beta * (1 + 1e-9)
    assert nondetection(N, d, exact - 1) > beta * (1 - 1e-9)


@given(st.integers(1, 60), st.floats(0.05, 1.0), st.sampled_from(MISSES), st.data())
def test_imperfect_sizes_are_the_smallest(N, p, beta, data):
    d = data.draw(st.integers(1, N))
    seen = [detection(N, d, n, p) for n in range(N + 1)]
    smallest = next((n for n, dp in enumerate(seen) if dp >= 1 - beta * (1 + 1e-9)), None)
    assert sample_size(N, d, beta, p) == smallest
    assert seen == pytest.approx([1 - h for h in misses(N, d, p)], abs=1e-12)


def misses(N: int, d: int, p: float) -> list[float]:
    """scipy's hypergeometric, term by term."""
    return [sum(hypergeom.pmf(j, N, d, n) * (1 - p) ** j for j in range(min(n, d) + 1)) for n in range(N + 1)]


def test_sizes_at_ties_among_many_items():
    """One defect: (N − n)/N ≤ β in whole numbers, where logarithms of factorials are off by more than a step."""
    for N in (10**4, 10**5, 10**6):
        assert sample_size(N, 1, 0.1) == N - N // 10
        assert sample_size(N, 1, 0.3) == N - 3 * N // 10


def test_what_no_sample_reaches_is_none():
    assert sample_size(100, 1, 0.1, sees=0.8) is None
    assert sample_size(100, 2, 0.1, sees=0.8) is not None


# --- brute force -------------------------------------------------------------------------------------------------


@given(st.integers(1, 8), st.floats(0.0, 1.0), st.data())
def test_detection_by_enumeration_of_all_samples(N, p, data):
    d, n = data.draw(st.integers(1, N)), data.draw(st.integers(0, N))
    samples = list(combinations(range(N), n))
    missed = sum((1 - p) ** sum(i < d for i in s) for s in samples) / len(samples)
    assert detection(N, d, n, p) == pytest.approx(1 - missed, abs=1e-12)


@given(
    st.integers(1, 40),
    st.floats(0.2, 4.0),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from([0.0, 0.01, 0.1, 0.4])), min_size=1, max_size=3),
)
def test_the_worst_share_is_the_worst_of_a_fine_grid(N, mean, drawn):
    sample = Sample(N, mean, 5.0, tuple(Method(min(n, N), sd) for n, sd in drawn))
    worst = sample.worst()
    grid = [g for g in np.linspace(0.005, 1, 200) if defects_for(5.0, g, mean) <= N]
    if worst is None:
        assert N * mean < 5.0
        return
    assert worst.detection <= min((sample.detection(g) for g in grid), default=1.0) + 1e-12
    assert defects_for(5.0, worst.share, mean) == worst.defects
    assert sample.detection(worst.share) == pytest.approx(worst.detection)


@given(
    st.integers(1, 60),
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([0.0, 1e-320, 0.01, 0.2, 5.0]), st.sampled_from([0.0, 0.25])),
        max_size=3,
    ),
)
def test_many_ways_at_once_are_each_by_itself(N, drawn):
    sample = Sample(N, 2.0, 8.0, tuple(Method(min(n, N), sd, sees_from=f) for n, sd, f in drawn))
    ways = sample.choices()
    shares, defects = np.array([g for g, _ in ways]), np.array([d for _, d in ways], dtype=int)
    for (share, d), seen in zip(ways, sample.detections(shares, defects), strict=True):
        missed = 1.0
        for m in sample.methods:
            missed *= 1 - detection(N, d, m.drawn, m.sees(share))
        assert seen == pytest.approx(1 - missed, abs=1e-12)
        assert seen == pytest.approx(sample.detection(share, d), abs=1e-12)


def test_the_worst_of_very_many_items_is_found():
    worst = Sample(100_000, 2.0, 8.0, (Method(40, 0.1), Method(8, 0.01))).worst()
    assert worst.defects == 626


def test_what_cannot_be_computed_on_is_said():
    good = Sample(120, 2.0, 8.0, (Method(40, 0.1),))
    assert good.problems() == []
    for wrong, word in (
        (replace(good, items=10**7), "split"),
        (replace(good, items=10**6), "split"),
        (replace(good, items=0, methods=()), "item"),
        (replace(good, mean_kg=float("inf")), "mean"),
        (replace(good, methods=(Method(121),)), "drawn"),
        (replace(good, methods=(Method(1, float("nan")),)), "deviation is 0"),
        (replace(good, methods=(Method(1, 0.1, float("nan")),)), "rejected"),
        (replace(good, methods=(Method(1, 0.1, -40.0),)), "rejected"),
    ):
        (said,) = wrong.problems()
        assert word in said
    assert Method(0, 0.1, 0.0).false_alarm == 0
    assert Method(3, 0.1, 0.0).false_alarm == 1 - 0.5**3


def test_monte_carlo_of_a_combined_plan():
    """Two methods measure items with errors; a third of each of 12 items is gone. 200,000 visits."""
    sample = Sample(60, 2.0, 8.0, (Method(10, 0.1), Method(3, 0.02)))
    runs, random = 200_000, np.random.default_rng(7)
    alarm, false = np.zeros(runs, bool), np.zeros(runs, bool)
    for method in sample.methods:
        defects = random.hypergeometric(12, 48, method.drawn, size=runs)
        which = np.arange(method.drawn)[None, :] < defects[:, None]
        noise = method.relative_sd * random.standard_normal((runs, method.drawn))
        alarm |= (which & (1 / 3 + noise > method.reject_at * method.relative_sd)).any(axis=1)
        false |= (noise > method.reject_at * method.relative_sd).any(axis=1)
    for rate, exact in ((alarm.mean(), sample.detection(1 / 3)), (false.mean(), sample.false_alarm)):
        assert abs(rate - exact) < 4 * np.sqrt(exact * (1 - exact) / runs)


# --- strata ------------------------------------------------------------------------------------------------------

strata = st.lists(st.builds(Stratum, st.integers(1, 4), st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([1.0, 1.5])))


@given(strata.filter(lambda s: 1 <= len(s) <= 3), st.floats(0, 12), st.sampled_from([1.0, 2.0, 3.0]))
def test_the_integer_game_by_brute_force(parts, budget, goal):
    """Every plan against every split: the pure optimum by search, the mixed one by the other side's programme."""
    assume(sum(s.items * s.yield_kg for s in parts) >= goal)
    every = list(product(*(range(s.items + 1) for s in parts)))
    plans = [n for n in every if sum(k * s.effort for k, s in zip(n, parts, strict=True)) <= budget + 1e-9]
    splits = [d for d in every if sum(k * s.yield_kg for k, s in zip(d, parts, strict=True)) >= goal - 1e-9]
    missed = np.array([[chance(parts, n, d) for d in splits] for n in plans])
    game = sampling.sampling_game(parts, goal, budget)
    assert game.pure_detection == pytest.approx(1 - missed.max(axis=1).min())
    q = linprog(  # the violator's side: the least y with Σ_d q_d·miss(n, d) ≥ y for every plan n, maximised
        np.append(np.zeros(len(splits)), -1.0),
        A_ub=np.hstack([-missed, np.ones((len(plans), 1))]),
        b_ub=np.zeros(len(plans)),
        A_eq=[[*[1.0] * len(splits), 0.0]],
        b_eq=[1.0],
        bounds=[(0, None)] * len(splits) + [(None, None)],
    )
    assert game.mixed_detection == pytest.approx(1 + q.fun, abs=1e-9)
    assert game.mixed_detection >= game.pure_detection - 1e-9
    held = [sum(w * chance(parts, n, d) for n, w in game.mixed) for d in splits]
    assert max(held) <= 1 - game.mixed_detection + 1e-7


def chance(parts, drawn, defects) -> float:
    """Of missing all defects, in whole numbers."""
    missed = Fraction(1)
    for s, n, d in zip(parts, drawn, defects, strict=True):
        missed *= Fraction(comb(s.items - d, n), comb(s.items, n))
    return float(missed)


@given(strata.filter(lambda s: len(s) >= 1), st.floats(0, 30))
def test_spread_holds_every_split_alike(parts, budget):
    goal = 2.0
    got = sampling.spread(parts, goal, budget)
    if got.miss == 0:
        assert budget >= sum(s.items * s.effort for s in parts)
        return
    assert sum(n * s.effort for n, s in zip(got.drawn, parts, strict=True)) == pytest.approx(budget, abs=1e-9)
    for s, n in zip(parts, got.drawn, strict=True):
        assert (1 - n / s.items) ** (goal / s.yield_kg) == pytest.approx(got.miss, rel=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sample_size(10, 11, 0.1),
        lambda: sample_size(10, 2, 1.0),
        lambda: sample_size(10**9, 10**8, 0.1, 0.5),
        lambda: detection(10, 2, 11),
        lambda: detection(10, 2, 1, sees=float("nan")),
        lambda: defects_for(8.0, 0.0, 2.0),
        lambda: Stratum(3, 0.0),
        lambda: sampling.spread([], 1.0, 1.0),
        lambda: sampling.sampling_game([Stratum(1, 1.0)], 2.0, 5.0),
        lambda: sampling.sampling_game([Stratum(3000, 1.0)] * 3, 2.0, 5.0),
    ],
)
def test_misuse_is_said(call):
    with pytest.raises(UsageError):
        call()


@given(
    st.lists(st.builds(Stratum, st.integers(1, 5), st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([1.0, 1.5])))
    .filter(lambda s: 1 <= len(s) <= 3),
    st.floats(0, 14),
    st.sampled_from([1.0, 2.0, 3.0]),
)  # fmt: skip
def test_the_rule_in_whole_items_never_promises_too_much(parts, budget, goal):
    """Against every split of the goal; within the budget, and no whole items of the same rule promise more."""
    assume(sum(s.items * s.yield_kg for s in parts) >= goal)
    got = sampling.spread_whole(parts, goal, budget)
    assert sum(n * s.effort for n, s in zip(got.drawn, parts, strict=True)) <= budget + 1e-9
    assert all(0 <= n <= s.items for n, s in zip(got.drawn, parts, strict=True))
    every = list(product(*(range(s.items + 1) for s in parts)))
    splits = [d for d in every if sum(k * s.yield_kg for k, s in zip(d, parts, strict=True)) >= goal - 1e-9]
    assert got.detection <= min(1 - chance(parts, got.drawn, d) for d in splits) + 1e-9

    def promised(plan) -> float:
        left = [(1 - n / s.items) ** (goal / s.yield_kg) for n, s in zip(plan, parts, strict=True)]
        return 1 - max(left)

    fits = [n for n in every if sum(k * s.effort for k, s in zip(n, parts, strict=True)) <= budget + 1e-9]
    assert got.detection == pytest.approx(max(promised(n) for n in fits), abs=1e-9)
    assert got.detection <= 1 - sampling.spread(parts, goal, budget).miss + 1e-9
