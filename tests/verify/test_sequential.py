"""SITMUF, MUFR, GEMUF and Page: public vectors, and what must hold of them exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detente.verify.balance import sequential
from detente.verify.balance.covariance import cholesky, whiten
from tests.verify.balances import area_of, areas, covariances, losses, vectors


def test_sitmuf_mufr_and_page(shared):
    v = vectors(shared)["sitmuf_mufr_compact"]
    made, expected = area_of(v["inputs"]), v["expected"]
    standard = sequential.sitmuf(made.muf, made.covariance)
    residuals = sequential.mufr(made.muf, made.covariance)
    assert standard == pytest.approx(expected["sitmuf"], abs=1e-9)
    assert residuals.values == pytest.approx(expected["mufr"], abs=1e-9)
    assert residuals.sd == pytest.approx(expected["sd_mufr"], abs=1e-9)
    assert sequential.page(standard, 0.5) == pytest.approx(expected["page_k0.5"], abs=1e-9)
    assert sequential.page(standard, 0.0) == pytest.approx(expected["page_k0"], abs=1e-9)


def test_gemuf(shared):
    v = vectors(shared)["gemuf_compact"]
    made, expected = area_of(v["inputs"]), v["expected"]
    assert sequential.gemuf(made.muf, made.covariance) == pytest.approx(expected["gemuf_v1"], abs=1e-9)
    estimate = [x or 0.0 for x in expected["v5b3_loss_estimate"]]
    assert sequential.v5b3_estimate(made.muf) == pytest.approx(estimate, abs=1e-9)
    v5b3 = sequential.gemuf_v5b3(made.muf, made.covariance)
    assert v5b3 == pytest.approx(expected["v5b3_stat_undefined_as_zero"], abs=1e-9)


def test_page_by_hand(shared):
    v = vectors(shared)["page_sequence"]
    sums = sequential.page(v["inputs"]["y"], v["inputs"]["k"])
    assert sums == pytest.approx(v["expected"]["S"], abs=1e-12)
    assert sequential.first_alarm(sums, v["inputs"]["h"]) == v["expected"]["first_alarm_index_1based"]
    assert sequential.first_alarm(sums, 100.0) == 0


def test_page_takes_k_off_at_the_first_step_too():
    assert sequential.page([0.7], 0.5) == pytest.approx([0.2])
    assert sequential.page([0.7], 0.5, start=1.0) == pytest.approx([1.2])


@given(areas())
def test_sitmuf_is_standard_and_independent(made):
    """As matrices, not by sampling: L⁻¹ S L⁻ᵀ is the unit matrix."""
    assume(not (made.opening_is_known and len(made.periods) == 1))
    S = made.covariance
    inverse = whiten(cholesky(S), np.eye(len(S))).T
    assert inverse @ S @ inverse.T == pytest.approx(np.eye(len(S)), abs=1e-7)
    assert sequential.sitmuf(made.muf, S) == pytest.approx(inverse @ made.muf, rel=1e-6, abs=1e-6)


@given(covariances(least=2), st.data())
def test_mufr_is_what_the_earlier_balances_do_not_tell(S, data):
    """Pike and Woods: the conditional expectation, by solving for it."""
    muf = data.draw(losses(len(S), -5.0))
    residuals = sequential.mufr(muf, S)
    for i in range(1, len(S)):
        weights = np.linalg.solve(S[:i, :i], S[:i, i])
        assert residuals.values[i] == pytest.approx(muf[i] - weights @ muf[:i], abs=1e-7)
        assert residuals.sd[i] ** 2 == pytest.approx(S[i, i] - weights @ S[:i, i], rel=1e-7)
    assert residuals.values / residuals.sd == pytest.approx(sequential.sitmuf(muf, S), abs=1e-9)


@given(covariances(), st.data())
def test_gemuf_is_its_definition_and_sums_sitmuf_squared(S, data):
    muf = data.draw(losses(len(S), -5.0))
    z, smooth = sequential.gemuf(muf, S), sequential.gemuf_v5b3(muf, S)
    estimate = sequential.v5b3_estimate(muf)
    assert z == pytest.approx(np.cumsum(sequential.sitmuf(muf, S) ** 2), rel=1e-9, abs=1e-9)
    for i in range(1, len(S) + 1):
        toward = np.linalg.solve(S[:i, :i], muf[:i])
        assert z[i - 1] == pytest.approx(muf[:i] @ toward, rel=1e-6, abs=1e-7)
        assert smooth[i - 1] == pytest.approx(estimate[:i] @ toward, rel=1e-6, abs=1e-6)


@given(covariances(most=5), st.data())
def test_many_histories_at_once(S, data):
    muf = np.array([data.draw(losses(len(S), -5.0)) for _ in range(3)])
    for statistic in (sequential.sitmuf, sequential.gemuf, sequential.gemuf_v5b3):
        singly = [statistic(m, S) for m in muf]
        assert statistic(muf, S) == pytest.approx(np.array(singly))
        assert statistic(muf, np.stack([S] * 3)) == pytest.approx(np.array(singly))


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20), st.floats(0, 2))
def test_page_is_the_rise_above_the_lowest_point(y, k):
    """S_n = max over starts of the sum since: the other definition."""
    path = np.concatenate([[0.0], np.cumsum(np.array(y) - k)])
    rise = [path[i] - path[: i + 1].min() for i in range(1, len(path))]
    assert sequential.page(y, k) == pytest.approx(rise, abs=1e-9)
