"""Distributions of the time to detection: vectors, closed forms, quadrature of the definition, Monte Carlo."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import UsageError
from detente.model.rows.detection import Watch
from detente.verify.inspection import timing
from detente.verify.inspection.timing import (
    Channel,
    Delay,
    calendar,
    constant,
    independent,
    periodic,
    steps,
    together,
    watch_of,
)
from tests.verify.balances import vectors

# --- vectors -----------------------------------------------------------------------------------------------------


def test_detection_time_periodic(shared):
    known = vectors(shared)["detection_time_periodic"]
    v, expected, tolerance = known["inputs"], known["expected"], known["tolerance"]
    delay = periodic(v["tau_months"], v["p"], "average")
    assert delay.mean() == pytest.approx(expected["mean"], abs=tolerance)
    assert delay.cdf(v["t"]) == pytest.approx(expected["cdf"], abs=tolerance)
    assert delay.laplace(0.05) == pytest.approx(expected["laplace_rho0.05"], abs=tolerance)
    assert periodic(v["tau_months"], v["p"]).mean() == pytest.approx(expected["worst_start_mean"], abs=tolerance)
    second = sum(2 * integral(lambda t: t * delay.survival(t), 3.0 * k, 3.0 * (k + 1)) for k in range(150))
    assert second - delay.mean() ** 2 == pytest.approx(expected["var"], abs=tolerance)


def test_inspection_interval_for_timeliness(shared):
    known = vectors(shared)["inspection_interval_for_timeliness"]
    for v, expected in zip(known["inputs"], known["expected"], strict=True):
        got = timing.interval_for(v["goal"], v["dp"], v["p"])
        assert got is not None
        assert got.visits == expected["k"]
        assert got.every == pytest.approx(expected["tau"], abs=known["tolerance"])
        assert periodic(got.every, v["p"]).cdf(v["goal"]) >= v["dp"] - 1e-12


def test_independent_channels(shared):
    """One visit of each channel, at the same moment."""
    known = vectors(shared)["independent_channels"]
    both = independent(*(steps([1.0], [p]) for p in known["inputs"]["dp"]))
    assert both.cdf(1.0) == pytest.approx(known["expected"], abs=known["tolerance"])


def test_iaea_timeliness_goals_months(shared):
    assert vectors(shared)["iaea_timeliness_goals_months"]["expected"] == timing.TIMELINESS_MONTHS


# --- any delay is what its definition says -----------------------------------------------------------------------

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)


def integral(f, a: float, b: float) -> float:
    return float((b - a) / 2 * (WEIGHTS @ f((a + b) / 2 + (b - a) / 2 * NODES)))


def exposed(delay: Delay, rho: float, t: float) -> float:
    """∫_0^t e^(−ρx) S(x) dx by quadrature between all moments at which S may turn or jump."""
    rounds = range(int(t / delay.every) + 2)
    turns = {0.0, t, *(float(s) for s in delay.starts)}
    turns |= {float(s) + k * delay.every for s in delay.starts for k in rounds if s >= delay.prefix - 1e-9}
    turns |= {delay.prefix + k * delay.every for k in rounds}
    edges = sorted(x for x in turns if 0 <= x <= t)
    return sum(
        integral(lambda x: np.exp(-rho * x) * delay.survival(x), a + 2e-9, b - 2e-9)
        for a, b in pairwise(edges)
        if b - a > 1e-8
    )


chances = st.floats(0.0, 1.0).map(lambda p: round(p, 3))
rounds = st.sampled_from([0.25, 1 / 3, 0.5, 1.0, 1.5, 30 / 365.25])
rates = st.floats(0.0, 3.0).map(lambda x: round(x, 3))
visits = st.lists(st.tuples(st.floats(0.01, 1.0).map(lambda x: round(x, 2)), chances), min_size=1, max_size=4)


@st.composite
def delays(draw) -> Delay:
    """Of one channel or several."""
    kind = draw(st.sampled_from(["constant", "periodic", "calendar", "steps", "prefix", "several"]))
    start = draw(st.sampled_from(["worst", "average"]))
    if kind == "constant":
        return constant(draw(rates))
    if kind == "periodic":
        return periodic(draw(rounds), draw(chances), start)
    times, seen = zip(*draw(visits), strict=True)
    if kind == "calendar":
        return calendar(times, seen, 1.0, start)
    if kind == "steps":
        return steps(times, seen)
    if kind == "prefix":
        return steps(times, seen, every=0.6, prefix=max(times) - 0.3 if max(times) > 0.3 else max(times))
    return independent(draw(delays()), draw(delays()), constant(draw(rates)))


@settings(max_examples=60)
@given(delays(), st.floats(0, 4), st.floats(0, 4), st.sampled_from([0.0, 0.05, 0.7]))
def test_partial_is_the_integral_of_its_survival(delay, a, b, rho):
    a, b = min(a, b), max(a, b)
    by_parts = (
        np.exp(-rho * a) * delay.survival(a)
        - np.exp(-rho * b) * delay.survival(b)
        - rho * (exposed(delay, rho, b) - exposed(delay, rho, a))
    )
    assert delay.partial(rho, a, b) == pytest.approx(by_parts, abs=1e-6)
    assert delay.exposed(rho, b) == pytest.approx(exposed(delay, rho, b), abs=1e-6)
    assert delay.partial(rho, -1.0, a) + delay.partial(rho, a, b) == pytest.approx(
        delay.partial(rho, -1.0, b), abs=1e-12
    )


@given(delays())
def test_survival_falls_and_its_integral_is_the_mean(delay):
    t = np.linspace(-0.5, 12, 400)
    s = delay.survival(t)
    assert (s[t < 0] == 1).all()
    assert ((s >= 0) & (s <= 1)).all()
    assert (np.diff(s) <= 1e-12).all()
    assert delay.survival(inf) == delay.never <= s[-1] + 1e-12
    assert delay.partial(0.0, -1.0, inf) == pytest.approx(1 - delay.never)
    if delay.never > 0:
        assert delay.mean() == inf
    else:
        up_to = delay.quantile(0.9) * 6
        if up_to < 60:
            left = float(delay.mean() - delay.exposed(0.0, up_to))
            assert exposed(delay, 0.0, up_to) + left == pytest.approx(delay.mean(), abs=1e-6)
            assert left >= -1e-12
        if delay.mean() < 100:
            assert (1 - delay.laplace(1e-7)) / 1e-7 == pytest.approx(delay.mean(), rel=1e-4, abs=1e-4)


@given(delays(), st.floats(0.05, 0.95))
def test_quantiles(delay, q):
    t = delay.quantile(q)
    if t == inf:
        assert delay.cdf(inf) < q
    else:
        assert delay.cdf(t + 1e-7) >= q - 1e-9
        assert t == 0 or delay.cdf(t - 1e-7) <= q + 1e-9


@given(delays(), st.lists(st.floats(-1, 9), min_size=1, max_size=6), st.sampled_from([0.0, 0.1]))
def test_arrays_are_answered_elementwise(delay, times, rho):
    t = np.array(times)
    assert delay.survival(t) == pytest.approx([float(delay.survival(x)) for x in times])
    table = delay.partial(rho, t[:, None], np.append(t, inf)[None, :])
    assert table.shape == (len(t), len(t) + 1)
    assert np.isfinite(table).all()
    assert table[0, -1] == pytest.approx(float(delay.partial(rho, times[0], inf)))


@given(delays())
def test_a_delay_is_a_detection(delay):
    assert delay.partial(0.08, -1.0, np.array([0.5, inf])).shape == (2,)


# --- closed forms ------------------------------------------------------------------------------------------------


@given(st.floats(0.02, 3), st.floats(0.01, 1), st.floats(0.01, 2))
def test_periodic_visits_in_closed_form(tau, p, rho):
    worst, average = periodic(tau, p), periodic(tau, p, "average")
    geometric = p * np.exp(-rho * tau) / (1 - (1 - p) * np.exp(-rho * tau))
    assert worst.laplace(rho) == pytest.approx(geometric)
    assert average.laplace(rho) == pytest.approx(
        (1 - np.exp(-rho * tau)) / (rho * tau) * p / (1 - (1 - p) * np.exp(-rho * tau))
    )
    assert worst.mean() == pytest.approx(tau / p)
    assert average.mean() == pytest.approx(tau * (1 / p - 0.5))
    assert worst.survival(tau) == pytest.approx(1 - p)
    assert worst.survival(tau - 1e-6) == 1


@given(st.floats(0.01, 5), st.floats(0.01, 1), st.floats(0, 2), st.floats(0, 9), st.floats(0, 9))
def test_random_visits_are_exponential(rate, p, rho, a, b):
    delay, plain = timing.random_visits(rate, p), Watch(rate * p)
    assert delay.survival([a, inf]) == pytest.approx(plain.survival([a, inf]))
    assert delay.partial(rho, a, b) == pytest.approx(plain.partial(rho, a, b), abs=1e-12)
    assert delay.mean() == pytest.approx(1 / (rate * p))


@given(st.floats(0.05, 2), st.floats(0, 1), st.floats(0, 2), st.floats(0, 5), st.sampled_from([0.0, 0.1]))
def test_visits_and_constant_watching_multiply(tau, p, rate, t, rho):
    both = independent(periodic(tau, p), constant(rate))
    assert both.survival(t) == pytest.approx(periodic(tau, p).survival(t) * np.exp(-rate * t))
    watch = Watch(rate, ((tau, p),), tau) if p > 0 else Watch(rate)
    assert both.partial(rho, -1.0, t) == pytest.approx(watch.partial(rho, -1.0, t), abs=1e-10)


@settings(max_examples=60)
@given(delays(), delays(), st.lists(st.floats(0, 6), min_size=1, max_size=5))
def test_survivals_of_independent_channels_multiply(one, other, times):
    t = np.array([x for x in times if not near_a_visit(one, x) and not near_a_visit(other, x)])
    assert independent(one, other).survival(t) == pytest.approx(one.survival(t) * other.survival(t), abs=1e-9)


def near_a_visit(delay: Delay, t: float) -> bool:
    return abs(float(delay.survival(t - 1e-7) - delay.survival(t + 1e-7))) > 1e-6


@settings(max_examples=60)
@given(delays().filter(lambda d: d.pieces.shape[1] == 1), st.floats(0, 7))
def test_the_models_own_form_is_the_same_delay(delay, t):
    if delay.pieces[0, 0] < 1:
        with pytest.raises(UsageError):
            watch_of(delay)
        return
    watch = watch_of(delay)
    for x in (t, inf):
        assert watch.survival(x) == pytest.approx(delay.survival(x), abs=1e-9)
    again = timing.of_watch(watch)
    for rho in (0.0, 0.3):
        assert watch.partial(rho, 0.5, t) == pytest.approx(delay.partial(rho, 0.5, t), abs=1e-9)
        assert again.laplace(rho) == pytest.approx(delay.laplace(rho), abs=1e-9)


def test_an_average_start_has_no_list_of_visits():
    with pytest.raises(UsageError, match="worst start"):
        watch_of(periodic(0.5, 0.3, "average"))


# --- starts ------------------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(visits, st.floats(0, 1), st.sampled_from([0.0, 0.2]))
def test_the_worst_start_is_the_worst_of_many(dates, begin, rho):
    times, seen = zip(*dates, strict=True)
    worst = calendar(times, seen, 1.0, rho=rho)
    if max(seen) == 0:
        assert worst.mean() == inf
        return
    waits = [(t - begin) % 1.0 or 1.0 for t in times]
    other = steps(waits, seen, every=1.0)
    assert worst.mean() >= other.mean() - 1e-6 if rho == 0 else worst.laplace(rho) <= other.laplace(rho) + 1e-6


@settings(max_examples=30)
@given(visits, st.sampled_from([0.0, 0.4]), st.floats(0.05, 3))
def test_the_average_start_is_the_mean_over_starts(dates, rho, t):
    """Midpoints between a thousand starts."""
    times, seen = zip(*dates, strict=True)
    average = calendar(times, seen, 1.0, "average")
    starts = (np.arange(1000) + 0.5) / 1000
    each = [steps([(x - s) % 1.0 for x in times], seen, every=1.0) for s in starts[::10]]
    sampled = np.mean([float(d.partial(rho, -1.0, t)) for d in each])
    assert average.partial(rho, -1.0, t) == pytest.approx(sampled, abs=0.04)


def test_visits_on_the_same_day_count_together():
    both = calendar([0.5, 0.5, 0.0, 1.0], [0.5, 0.5, 0.2, 0.5], 1.0)
    apart = calendar([0.5, 1.0], [0.75, 0.6], 1.0)
    for start in ("worst", "average"):
        both = calendar([0.5, 0.5, 0.0, 1.0], [0.5, 0.5, 0.2, 0.5], 1.0, start)
        apart = calendar([0.5, 1.0], [0.75, 0.6], 1.0, start)
        assert both.mean() == pytest.approx(apart.mean())
        assert both.laplace(0.3) == pytest.approx(apart.laplace(0.3))


# --- Monte Carlo -------------------------------------------------------------------------------------------------


def test_delays_by_simulation():
    """Quarterly visits, two dates a year, and a constant watch, all from one start at random: 200,000 violations."""
    runs, random = 200_000, np.random.default_rng(5)
    dates, seen = np.array([0.2, 0.7]), np.array([0.3, 0.6])
    start = random.random(runs)
    found = random.exponential(1 / 0.15, runs)
    for k in range(60):
        for date, p in zip(dates, seen, strict=True):
            at = date + k - start
            found = np.where((at > 0) & (random.random(runs) < p), np.minimum(found, at), found)
    phase = random.random(runs) * 0.25
    for k in range(240):
        found = np.where(random.random(runs) < 0.1, np.minimum(found, phase + 0.25 * k), found)
    delay = independent(calendar(dates, seen, 1.0, "average"), periodic(0.25, 0.1, "average"), constant(0.15))
    assert delay.mean() == pytest.approx(found.mean(), abs=4 * found.std() / runs**0.5)
    discounted = np.exp(-0.5 * found)
    assert delay.laplace(0.5) == pytest.approx(discounted.mean(), abs=4 * discounted.std() / runs**0.5)
    for t in (0.1, 0.3, 0.8, 2.0):
        p = float(delay.cdf(t))
        assert (found <= t).mean() == pytest.approx(p, abs=4 * (p * (1 - p) / runs) ** 0.5)
    assert (found <= delay.quantile(0.9)).mean() == pytest.approx(0.9, abs=4 * (0.09 / runs) ** 0.5)


# --- channels that share -----------------------------------------------------------------------------------------


def channel(name: str, p: float, group: str | None = None) -> Channel:
    return Channel(name, periodic(0.5, p), periodic(0.5, p, "average"), group)


def test_of_a_group_only_the_best_counts():
    found = together([channel("cameras", 0.2, "access"), channel("visits", 0.6, "access"), channel("seals", 0.3)], 0.1)
    assert set(found.counted) == {"seals", "visits"}
    assert found.left_out == ("cameras",)
    assert found.worst.survival(0.5) == pytest.approx(0.4 * 0.7)
    assert found.average.survival(0.25) == pytest.approx(0.7 * 0.85)


@given(st.lists(st.tuples(chances, st.sampled_from([None, "a", "b"])), min_size=1, max_size=5))
def test_sharing_never_sees_more_than_independence(parts):
    channels = [channel(str(i), p, group) for i, (p, group) in enumerate(parts)]
    shared_, alone = together(channels, 0.1).worst, independent(*(c.worst for c in channels))
    assert shared_.laplace(0.1) <= alone.laplace(0.1) + 1e-12
    assert shared_.laplace(0.1) >= max(c.worst.laplace(0.1) for c in channels) - 1e-12


def test_no_channel_never_sees():
    assert together([], 0.1).worst.survival(inf) == 1
    assert independent().mean() == inf


# --- intervals, misuse -------------------------------------------------------------------------------------------


@given(st.floats(0.05, 0.99), st.floats(0.01, 1.0))
def test_intervals_are_the_longest(dp, p):
    got = timing.interval_for(12.0, dp, p)
    assert got is not None
    assert 1 - (1 - p) ** got.visits >= dp - 1e-8
    assert got.visits == 1 or 1 - (1 - p) ** (got.visits - 1) < dp + 1e-8
    assert got.every * got.visits == pytest.approx(12)


def test_what_no_interval_reaches_is_none():
    assert timing.interval_for(12, 0.5, 0.0) is None
    assert timing.interval_for(12, 1.0, 0.9) is None
    assert timing.interval_for(12, 1.0, 1.0) == (1, 12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: periodic(0.0, 0.5),
        lambda: periodic(1.0, 1.5),
        lambda: periodic(1.0, float("nan")),
        lambda: constant(-1.0),
        lambda: constant(inf),
        lambda: steps([0.5], [0.1, 0.2]),
        lambda: steps([-0.5], [0.1]),
        lambda: steps([2.5], [0.1], every=1.0),
        lambda: calendar([1.5], [0.1], 1.0),
        lambda: periodic(1.0, 0.5).quantile(1.0),
        lambda: independent(periodic(1.0, 0.5), periodic(2**0.5, 0.5)),
        lambda: timing.interval_for(0, 0.5, 0.5),
        lambda: watch_of(steps([0.0], [0.5])),
    ],
)
def test_misuse_is_said(call):
    with pytest.raises(UsageError):
        call()
