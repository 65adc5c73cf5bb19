"""Simulated histories agree with closed forms, over 10⁵ and more of them, and with a plain loop over one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detente.errors import UsageError
from detente.verify.balance import power, sequential
from detente.verify.balance.area import Measurement
from detente.verify.balance.closing import close_balance
from detente.verify.balance.losses import simulate
from detente.verify.balance.sequential import first_alarm
from tests.verify.balances import area, within

RUNS = 120_000
PERIODS = 8


@pytest.fixture(scope="module")
def made():
    rows = [Measurement(b, "store", "inventory", 40.0, 0.01, 0.004, "monitor") for b in range(PERIODS + 1)]
    for i in range(1, PERIODS + 1):
        rows.append(Measurement(i, "in", "input", 30.0, 0.01, 0.004, "scale", str(i // 5), items=4))
        rows.append(Measurement(i, "out", "output", 29.0, 0.008, 0.004, "scale", str(i // 5), items=3))
        rows.append(Measurement(i, "waste", "output", 1.0, 0.2, 0.05))
    return area(rows)


@pytest.fixture(scope="module")
def balance(made):
    return close_balance(made, loss_kg=3.0)


@pytest.fixture(scope="module", params=["none", "even", "at_once"])
def histories(request, made, balance):
    loss = None if request.param == "none" else balance.patterns[request.param]
    drawn = simulate(made, RUNS, np.random.SeedSequence(20), loss=loss, covariance_from_measured=False)
    return request.param, drawn


STATISTICS = {"cumuf": "cumuf", "sitmuf": "sitmuf", "page": "page", "gemuf": "gemuf", "gemuf_v5b3": "gemuf_v5b3"}


@pytest.mark.parametrize("test", STATISTICS)
def test_alarms_are_as_frequent_as_stated(balance, histories, test):
    pattern, drawn = histories
    verdict = balance.verdict(test)
    chance = verdict.false_alarm_rate if pattern == "none" else verdict.detects[pattern]
    statistic = getattr(drawn, STATISTICS[test])
    if test == "cumuf":
        statistic = statistic / balance.periods[-1].sigma_cumuf_kg
    looked_at = statistic if verdict.scope == "all balances" else statistic[:, -1:]
    found = (looked_at > verdict.threshold).any(axis=1).mean()
    assert within(found, chance, np.sqrt(chance * (1 - chance) / RUNS))


@pytest.mark.parametrize("test", ["sitmuf", "page"])
def test_alarms_come_when_stated(balance, histories, test):
    pattern, drawn = histories
    if pattern == "none":
        return
    verdict = balance.verdict(test)
    first = first_alarm(getattr(drawn, test), verdict.threshold)
    for period, chance in enumerate(verdict.times[pattern].at, start=1):
        assert within(np.mean(first == period), chance, np.sqrt(max(chance, 1e-6) * (1 - chance) / RUNS))


def test_one_balance_alone_alarms_as_stated(balance, histories):
    pattern, drawn = histories
    verdict, sigma = balance.verdict("muf"), np.array([p.sigma_kg for p in balance.periods])
    lost = np.zeros(PERIODS) if pattern == "none" else balance.patterns[pattern]
    for i in range(PERIODS):
        chance = float(power.single_balance(lost[i], sigma[i], verdict.false_alarm_rate))
        found = np.mean(drawn.muf[:, i] / sigma[i] > verdict.threshold)
        assert within(found, chance, np.sqrt(chance * (1 - chance) / RUNS))


def test_sitmuf_is_standard_where_nothing_is_lost(histories):
    pattern, drawn = histories
    if pattern == "none":
        assert np.cov(drawn.sitmuf.T) == pytest.approx(np.eye(PERIODS), abs=5 * np.sqrt(2 / RUNS))


def test_covariances_from_what_was_measured_change_little(made, balance):
    """While errors are small. Waste known to 20 % that reads low raises MUF and lowers σ: more false alarms."""
    threshold, rates = balance.verdict("page").threshold, {}
    for sd in (0.02, 0.2):
        rows = [replace(m, random=sd) if m.location == "waste" else m for m in made.measurements]
        drawn = simulate(area(rows), 100_000, 4)
        rates[sd] = (drawn.page > threshold).any(axis=1).mean()
        assert drawn.sitmuf.std(axis=0) == pytest.approx(np.ones(PERIODS), abs=0.02)
    assert rates[0.02] == pytest.approx(0.05, abs=5 * np.sqrt(0.05 * 0.95 / 100_000))
    assert 0.055 < rates[0.2] < 0.08


def test_each_history_is_that_of_a_plain_loop(made):
    """The same statistics from the same amounts, one history at a time."""
    drawn = simulate(made, 5, 9, loss=[0, 0, 1, 0, 0, 0, 0, 0])
    amounts = made.errors.draw(made.amounts, 5, np.random.default_rng(9))
    for i in range(5):
        muf, S = made.errors.muf(amounts[:, i]) + np.eye(PERIODS)[2], made.errors.covariance(amounts[:, i])
        standard = sequential.sitmuf(muf, S)
        assert drawn.muf[i] == pytest.approx(muf)
        assert drawn.sigma[i] == pytest.approx(np.sqrt(np.diag(S)))
        assert drawn.sitmuf[i] == pytest.approx(standard)
        assert drawn.gemuf[i] == pytest.approx(sequential.gemuf(muf, S))
        assert drawn.gemuf_v5b3[i] == pytest.approx(sequential.gemuf_v5b3(muf, S))
        assert drawn.page[i] == pytest.approx(sequential.page(standard, 0.5))


def test_a_loss_may_leave_nothing_that_errs():
    rows = [Measurement(b, "store", "inventory", kg, 0.01, 0.0) for b, kg in enumerate((0.0, 1.0, 5.0))]
    rows += [Measurement(1, "in", "input", 1.0, 0.0, 0.0), Measurement(2, "in", "input", 4.0, 0.01, 0.0)]
    with pytest.raises(UsageError, match="no error of its own"):
        simulate(area(rows), 5, 1, loss=[1.0, 0.0], taken_from="store")


def test_a_seed_is_a_result_and_nothing_else_is(made):
    once, again = simulate(made, 50, 1), simulate(made, 50, np.random.default_rng(1))
    assert (once.page == again.page).all()
    assert (once.page != simulate(made, 50, 2).page).any()


@pytest.mark.parametrize("place", ["store", "waste"])
def test_what_is_taken_from_a_place_is_missing_from_the_balance(made, place):
    lost = np.array([0, 0, 0.3, 0, 0.6, 0, 0, 0])
    drawn = simulate(made, 20_000, 6, loss=lost, taken_from=place)
    sigma = np.sqrt(np.diag(made.covariance))
    assert np.abs((drawn.muf.mean(axis=0) - made.muf - lost) / sigma).max() < 5 / np.sqrt(20_000)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        ({"iterations": 0, "seed": 1}, "at least one"),
        ({"iterations": 1, "seed": 1, "loss": [1.0]}, "8 finite numbers"),
        ({"iterations": 1, "seed": 1, "loss": [float("nan")] * 8}, "finite"),
        ({"iterations": 1, "seed": 1, "loss": [9.0] * 8, "taken_from": "store"}, "cannot be lost"),
        ({"iterations": 1, "seed": 1, "loss": [1.0] * 8, "taken_from": "in"}, "neither"),
        ({"iterations": 1, "seed": 1, "loss": [1.0] * 8, "taken_from": "attic"}, "neither"),
    ],
)
def test_what_cannot_be_asked(made, ask, says):
    with pytest.raises(UsageError, match=says):
        simulate(made, **ask)
