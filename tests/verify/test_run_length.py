"""When Page's test alarms: public run lengths, thresholds, and 10⁵ histories and more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import UsageError
from detente.verify.balance.run_length import (
    AlarmTime,
    alarm_time,
    average_run_length,
    siegmund,
    threshold_for_alarm_rate,
    threshold_for_run_length,
)
from detente.verify.balance.sequential import first_alarm, page
from tests.verify.balances import vectors, within

RUNS = 200_000


@pytest.mark.parametrize("name", ["page_arl_k0.5_h4.0", "page_arl_k0.5_h5.0", "page_arl_k0.25_h8.0"])
def test_run_lengths(shared, name):
    v = vectors(shared)[name]
    k, h = v["inputs"]["k"], v["inputs"]["h"]
    found = [average_run_length(k, h, mu) for mu in v["inputs"]["mu"]]
    assert found == pytest.approx(v["expected"]["one_sided_arl"], rel=1e-6)


def test_siegmund(shared):
    v = vectors(shared)["page_siegmund"]
    k, h = v["inputs"]["k"], v["inputs"]["h"]
    found = [siegmund(k, h, mu) for mu in v["inputs"]["mu"]]
    assert found == pytest.approx(v["expected"]["arl_approx"], abs=1e-9)
    assert siegmund(k, h, k) == pytest.approx(siegmund(k, h, k + 1e-6), rel=1e-3)


def test_thresholds_for_a_false_alarm_rate(shared):
    v = vectors(shared)["page_threshold_for_fap5"]
    for periods, h in v["expected"]["h"].items():
        found = threshold_for_alarm_rate(v["inputs"]["fap"], int(periods), v["inputs"]["k"])
        assert found == pytest.approx(h, abs=1e-5)


@settings(max_examples=25)
@given(st.floats(0.001, 0.4), st.integers(1, 60), st.floats(0.1, 1.5))
def test_a_threshold_gives_the_rate_asked_for(rate, periods, k):
    h = threshold_for_alarm_rate(rate, periods, k)
    got = alarm_time(k, max(h, 1e-9), np.zeros(periods)).ever
    assert got == pytest.approx(rate, abs=1e-7) if h > 0 else got <= rate


@settings(max_examples=25)
@given(st.floats(2.5, 1e5), st.floats(0.25, 1.0))
def test_a_threshold_gives_the_run_length_asked_for(periods, k):
    h = threshold_for_run_length(periods, k)
    got = average_run_length(k, max(h, 1e-9))
    assert got == pytest.approx(periods, rel=1e-6) if h > 0 else got >= periods


@given(st.floats(0.2, 6), st.floats(0.1, 1), st.lists(st.floats(-2, 3), min_size=1, max_size=10))
def test_nothing_is_lost_on_the_way(h, k, shifts):
    """Chances are chances; and a first period is a single test."""
    time = alarm_time(k, h, shifts)
    assert (time.at >= 0).all()
    assert time.ever <= 1 + 1e-12
    assert (np.diff(time.survival) <= 1e-12).all()
    single = alarm_time(k, h, shifts[:1])
    assert single.ever == pytest.approx(float(first_step(h + k - shifts[0])), abs=1e-12)


def first_step(x: float) -> float:
    from math import erfc, sqrt

    return 0.5 * erfc(x / sqrt(2))


def test_the_mean_time_is_the_run_length():
    """The integral equation against the sum over periods: two derivations of one number."""
    time = alarm_time(0.5, 3.0, np.full(400, 1.0))
    assert time.survival[-1] < 1e-12
    assert 1 + time.survival.sum() == pytest.approx(average_run_length(0.5, 3.0, 1.0), rel=1e-9)
    assert time.mean == pytest.approx(average_run_length(0.5, 3.0, 1.0), rel=1e-9)


def test_a_head_start_is_a_later_state():
    """From S = s, one step on: ARL(s) = 1 + E ARL(S₁), by brute integration."""
    k, h, s, mu = 0.5, 3.0, 1.2, 0.3
    y = np.linspace(-9, 9, 40_001)
    density = np.exp(-0.5 * y**2) / np.sqrt(2 * np.pi)
    after = np.maximum(0, s + y + mu - k)
    grid = np.linspace(0, h, 301)
    lengths = np.interp(after, grid, [average_run_length(k, h, mu, start=g) for g in grid]) * (after <= h)
    assert average_run_length(k, h, mu, start=s) == pytest.approx(1 + np.trapezoid(density * lengths, y), rel=1e-4)


@pytest.mark.parametrize(("h", "shifts"), [(3.3745214, [0.0] * 12), (3.0, [0, 0, 0, 0.5, 1.5, 1.0, 0, 2.0])])
def test_alarms_come_when_they_come_in_many_histories(h, shifts):
    y = np.random.default_rng(11).standard_normal((RUNS, len(shifts))) + shifts
    first = first_alarm(page(y, 0.5), h)
    time = alarm_time(0.5, h, shifts)
    for period, chance in enumerate(time.at, start=1):
        assert within(np.mean(first == period), chance, np.sqrt(chance * (1 - chance) / RUNS))
    assert within(np.mean(first > 0), time.ever, np.sqrt(time.ever * (1 - time.ever) / RUNS))
    seen, at = first[first > 0], np.arange(1, len(shifts) + 1)
    variance = time.at @ at**2 / time.ever - time.mean**2
    assert within(seen.mean(), time.mean, np.sqrt(variance / len(seen)))
    late, begins = first[(first == 0) | (first >= 4)], 4
    delay = time.delay(begins)
    for after, chance in enumerate(delay.at):
        assert within(np.mean(late == begins + after), chance, np.sqrt(chance * (1 - chance) / len(late)))


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_run_lengths_in_many_histories(shift):
    k, h, left = 0.5, 2.0, 100_000
    rng, total, squares, now, step = np.random.default_rng(3), 0.0, 0.0, np.zeros(100_000), 0
    while left:
        step += 1
        now = np.maximum(0, now + rng.standard_normal(len(now)) + shift - k)
        ended = int((now > h).sum())
        total, squares, left = total + ended * step, squares + ended * step**2, left - ended
        now = now[now <= h]
    mean = total / 100_000
    assert within(mean, average_run_length(k, h, shift), np.sqrt((squares / 100_000 - mean**2) / 100_000))


def test_what_rounding_would_hide_is_not_told():
    """Beyond 10¹¹ the matrix is singular to a double: lengths were negative, and a search for a threshold crashed."""
    for k, h in ((0.5, 40.0), (1.0, 60.0), (0.5, 120.0)):
        with pytest.raises(UsageError, match="more than 1e"):
            average_run_length(k, h)
    lengths = [average_run_length(0.5, h) for h in np.arange(18.0, 23.0)]
    assert np.diff(np.log(lengths)) == pytest.approx(1.0, abs=1e-4)  # e^(2kh), Siegmund's slope
    h = threshold_for_run_length(9e9, 0.5)
    assert average_run_length(0.5, h) == pytest.approx(9e9, rel=1e-4)
    with pytest.raises(UsageError, match="more than"):
        siegmund(5.0, 100.0)


def test_quantiles_and_delays():
    time = AlarmTime(np.array([0.1, 0.2, 0.3]))
    assert time.quantile(0.25) == 2
    assert time.quantile(0.7) is None
    assert time.mean == pytest.approx((0.1 + 0.4 + 0.9) / 0.6)
    assert time.delay(2).at == pytest.approx([0.2 / 0.9, 0.3 / 0.9])
    assert AlarmTime(np.zeros(3)).mean is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda: threshold_for_alarm_rate(0.0, 5),
        lambda: threshold_for_alarm_rate(0.05, 0),
        lambda: threshold_for_run_length(0.5),
        lambda: threshold_for_run_length(1e11),
        lambda: threshold_for_run_length(float("nan")),
        lambda: average_run_length(0.5, -1.0),
        lambda: average_run_length(float("nan"), 4.0),
        lambda: siegmund(0.5, float("inf")),
        lambda: alarm_time(0.5, -1.0, [0.0]),
        lambda: alarm_time(0.5, 4.0, [0.0, float("nan")]),
        lambda: AlarmTime(np.zeros(3)).delay(4),
        lambda: AlarmTime(np.array([1.0, 0.0])).delay(2),
    ],
)
def test_what_cannot_be_asked(ask):
    with pytest.raises(UsageError):
        ask()
