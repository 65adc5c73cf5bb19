"""How errors add up: public vectors, the definition pair by pair, and amounts drawn one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.verify.balance.area import Measurement
from detente.verify.balance.covariance import cholesky, whiten
from tests.verify.balances import area, area_of, areas, by_definition, covariances, vectors, within


def test_muf_and_cumuf(shared):
    v = vectors(shared)["muf_sequence_compact"]
    made = area_of(v["inputs"])
    assert made.muf == pytest.approx(v["expected"]["muf"], abs=1e-9)
    assert np.cumsum(made.muf) == pytest.approx(v["expected"]["cumuf"], abs=1e-9)


def test_covariance(shared):
    v = vectors(shared)["muf_covariance_compact"]
    S = area_of(v["inputs"]).covariance
    assert np.array(v["expected"]["cov"]) == pytest.approx(S, abs=1e-9)
    assert np.sqrt(np.diag(S)) == pytest.approx(v["expected"]["sigma_muf"], abs=1e-9)
    n = len(S)
    cumuf = [np.sqrt(S[:i, :i].sum()) for i in range(1, n + 1)]
    assert cumuf == pytest.approx(v["expected"]["sigma_cumuf"], abs=1e-9)


def test_items_measured_one_by_one(shared):
    v = vectors(shared)["random_error_aggregation"]
    x, dr, ds = v["inputs"]["x"], v["inputs"]["rel_random"], v["inputs"]["rel_syst"]
    stock = [Measurement(b, "store", "inventory", 0.0, 0.0, 0.0) for b in (0, 1)]
    singly = area([Measurement(1, "in", "input", a, dr, ds) for a in x] + stock)
    together = area([Measurement(1, "in", "input", sum(x), dr, ds, items=len(x)), *stock])
    at_once = area([Measurement(1, "in", "input", sum(x), dr, ds), *stock])
    expected = v["expected"]
    assert np.sqrt(singly.covariance[0, 0]) == pytest.approx(expected["sigma_per_sample_model"], abs=1e-12)
    assert np.sqrt(together.covariance[0, 0]) == pytest.approx(expected["sigma_per_sample_model"], abs=1e-12)
    assert np.sqrt(at_once.covariance[0, 0]) == pytest.approx(expected["sigma_period_total_model"], abs=1e-12)


def test_batches_of_the_course(shared):
    v = vectors(shared)["sigma_muf_batches_lesson"]
    stock = [Measurement(b, "store", "inventory", 0.0, 0.0, 0.0) for b in (0, 1)]
    sigmas = []
    for case in v["inputs"]:
        row = Measurement(1, "in", "input", case["M"], case["eps_r"], 0.0, items=case["n"])
        sigmas.append(float(np.sqrt(area([row, *stock]).covariance[0, 0])))
    assert sigmas == pytest.approx(v["expected"]["sigma"], abs=1e-9)
    assert 3 * sigmas[0] == pytest.approx(v["expected"]["threshold_3sigma_first"], abs=1e-9)
    first = v["inputs"][0]
    leaning = area([Measurement(1, "in", "input", first["M"], 0.0, first["eps_r"], items=first["n"]), *stock])
    assert np.sqrt(leaning.covariance[0, 0]) == pytest.approx(v["expected"]["systematic_only_first"], abs=1e-9)


@given(areas())
def test_covariance_is_what_its_definition_says(made):
    S = made.covariance
    expected = by_definition(made)
    assert np.abs(S - expected).max() <= 1e-9 * np.abs(expected).max()
    if not (made.opening_is_known and len(made.periods) == 1):
        cholesky(S)


@given(areas(most=4), st.integers(0, 99))
def test_many_at_once_is_one_by_one(made, seed):
    amounts = made.errors.draw(made.amounts, 3, np.random.default_rng(seed))
    together = made.errors.covariance(amounts)
    for i in range(3):
        assert together[i] == pytest.approx(made.errors.covariance(amounts[:, i]), rel=1e-12, abs=1e-12)
        assert made.errors.muf(amounts)[:, i] == pytest.approx(made.errors.muf(amounts[:, i]))


def test_recalibration_cuts_the_tie_between_periods():
    """Two periods of one flow: σ of the sum is 2vδ with one calibration, √2·vδ with two."""
    stock = [Measurement(b, "store", "inventory", 0.0, 0.0, 0.0) for b in range(3)]

    def cumuf(calibrations: str) -> float:
        flows = [Measurement(i, "in", "input", 10.0, 0.0, 0.01, "scale", c) for i, c in enumerate(calibrations, 1)]
        return float(np.sqrt(area([*flows, *stock]).covariance.sum()))

    assert cumuf("aa") == pytest.approx(0.2)
    assert cumuf("ab") == pytest.approx(0.1 * np.sqrt(2))


def test_an_instrument_that_measures_both_ends_cancels():
    rows = [
        Measurement(1, "in", "input", 10.0, 0.001, 0.05, "scale"),
        Measurement(1, "out", "output", 10.0, 0.001, 0.05),
    ]
    stock = [Measurement(b, "store", "inventory", 0.0, 0.0, 0.0) for b in (0, 1)]
    own = area([*rows, *stock]).covariance[0, 0]
    common = area([rows[0], replace(rows[1], instrument="scale"), *stock]).covariance[0, 0]
    assert own == pytest.approx(2 * 0.01**2 + 2 * 0.5**2)
    assert common == pytest.approx(2 * 0.01**2)


def test_a_known_opening_inventory_adds_nothing():
    rows = [Measurement(b, "store", "inventory", 10.0, 0.02, 0.01) for b in range(3)]
    measured, known = area(rows), area(rows).with_known_opening()
    assert measured.covariance[0, 0] == pytest.approx(2 * 0.2**2)
    assert known.covariance[0, 0] == pytest.approx(0.2**2 + 0.1**2)
    assert known.covariance[1, 1] == measured.covariance[1, 1]
    assert known.covariance[0, 1] == pytest.approx(-(0.2**2))


def test_covariance_is_that_of_amounts_drawn_one_by_one():
    """Error by error from the model x = t(1 + r + s), without the code under test."""
    rows = [Measurement(b, "store", "inventory", 20.0 + b, 0.03, 0.02, "monitor", str(b // 2)) for b in range(5)]
    rows += [Measurement(i, "in", "input", 30.0, 0.01, 0.01, "scale", items=3) for i in range(1, 5)]
    rows += [Measurement(i, "out", "output", 28.0 - i, 0.01, 0.01, "scale") for i in range(1, 5)]
    made, count, rng = area(rows), 200_000, np.random.default_rng(7)
    shared = {m.source: rng.standard_normal(count) for m in rows}
    drawn = np.zeros((4, count))
    for m in rows:
        own = rng.standard_normal((m.items, count)).sum(axis=0) / m.items
        x = m.amount_kg * (1 + m.random * own + m.systematic * shared[m.source])
        if m.kind == "inventory":
            for period, sign in ((m.period, -1), (m.period + 1, 1)):
                if 1 <= period <= 4:
                    drawn[period - 1] += sign * x
        else:
            drawn[m.period - 1] += x if m.kind == "input" else -x
    S, found = made.covariance, np.cov(drawn)
    for i in range(4):
        assert within(drawn[i].mean(), made.muf[i], np.sqrt(S[i, i] / count))
        for j in range(4):
            assert within(found[i, j], S[i, j], np.sqrt((S[i, i] * S[j, j] + S[i, j] ** 2) / count))
    mine = np.cov(made.errors.muf(made.errors.draw(made.amounts, count, rng)))
    for i in range(4):
        for j in range(4):
            assert within(mine[i, j], S[i, j], np.sqrt((S[i, i] * S[j, j] + S[i, j] ** 2) / count))


@given(areas())
def test_shares_of_variance_add_up(made):
    weights = np.linspace(1, 2, len(made.periods))
    shares = made.errors.shares(made.amounts, [m.location for m in made.measurements], weights)
    assert sum(shares.values()) == pytest.approx(1.0)
    for place in {m.location for m in made.measurements}:
        quiet = [replace(m, random=0.0) if m.location == place else m for m in made.measurements]
        less = replace(made, measurements=tuple(quiet)).covariance
        total = weights @ made.covariance @ weights
        assert shares[place, "random"] == pytest.approx((total - weights @ less @ weights) / total, abs=1e-9)


@given(covariances())
def test_whitening_is_the_inverse_of_the_root(S):
    root = cholesky(S)
    assert whiten(root, root.T) == pytest.approx(np.eye(len(S)), abs=1e-9)
    assert whiten(root, S[0]) == pytest.approx(np.linalg.solve(root, S[0]), abs=1e-9)
