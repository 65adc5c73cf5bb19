"""What a balance promises, over 10⁵ histories of areas made at random, judged by statistics written out anew."""

from __future__ import annotations

import numpy as np
import pytest

from detente.verify.balance.area import BalanceArea, Measurement
from detente.verify.balance.closing import PATTERNS, Balance, close_balance
from tests.verify.balances import drawn_one_by_one

RUNS = 100_000
FAR = 5.0
"""Standard deviations: of a few thousand comparisons none lies further out."""


def made(rng: np.random.Generator) -> BalanceArea:
    """Three to six locations; instruments shared between them, recalibrated now and then, one or two rows a period."""
    n, rows = int(rng.integers(1, 11)), []
    for place in range(int(rng.integers(3, 7))):
        kind = ("inventory", "input", "output")[place % 3]
        random, systematic = rng.uniform(0.002, 0.08), rng.choice([0.0, 0.02, 0.05])
        instrument, segment = str(rng.choice(["", "scale", "monitor"])), int(rng.integers(1, n + 1))
        items = int(rng.choice([1, 1, 3]))
        for period in range(kind != "inventory", n + 1):
            for _ in range(int(rng.choice([1, 2]))):
                amount, calibration = float(rng.uniform(1, 50)), str(period // segment)
                row = Measurement(
                    period, f"kp{place}", kind, amount, random, systematic, instrument, calibration, items=items
                )
                rows.append(row)
    return BalanceArea("made", tuple(str(i + 1) for i in range(n)), tuple(rows), bool(rng.integers(2)))


def statistics(balance: Balance, muf: np.ndarray) -> dict[str, np.ndarray]:
    """[period or 1, history], from their definitions: inverses in place of roots, loops in place of sums."""
    S, n = balance.covariance, len(muf)
    inverse, smooth, now, page = np.linalg.inv(S), np.zeros_like(muf), 0.0, []
    standard = np.array(
        [
            (muf[i] - S[i, :i] @ np.linalg.solve(S[:i, :i], muf[:i]))
            / np.sqrt(S[i, i] - S[i, :i] @ np.linalg.solve(S[:i, :i], S[:i, i]))
            for i in range(n)
        ]
    )
    for i in range(2, n - 2):
        smooth[i] = (muf[i - 2] + muf[i - 1] + 3 * muf[i] + muf[i + 1] + muf[i + 2]) / 7
    for y in standard:
        now = np.maximum(0.0, now + y - balance.k)
        page.append(now)
    return {
        "muf": muf / np.sqrt(np.diag(S))[:, None],
        "cumuf": muf.sum(axis=0)[None] / np.sqrt(S.sum()),
        "sitmuf": standard,
        "page": np.array(page),
        "gemuf": np.einsum("ir,ij,jr->r", muf, inverse, muf)[None],
        "gemuf_v5b3": np.einsum("ir,ij,jr->r", smooth, inverse, muf)[None],
    }


def apart(found: float, stated: float) -> float:
    return abs(found - stated) / np.sqrt(max(stated * (1.0 - stated), 1e-4) / RUNS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_alarms_and_delays_are_as_stated(seed):
    rng = np.random.default_rng(seed)
    area = made(rng)
    sigma = float(np.sqrt(area.covariance.sum()))
    balance = close_balance(
        area,
        loss_kg=rng.uniform(0.5, 4) * sigma,
        false_alarm_rate=float(rng.choice([0.01, 0.05, 0.2])),
        k=float(rng.choice([0.25, 0.5, 1.0])),
    )
    noise, S, n = drawn_one_by_one(area, RUNS, rng), balance.covariance, len(area.periods)
    spread = np.sqrt((np.outer(np.diag(S), np.diag(S)) + S**2) / RUNS)
    assert (np.abs(np.cov(noise).reshape(n, n) - S) <= FAR * spread).all()
    for pattern in ("none", *PATTERNS):
        found = statistics(balance, noise + (0.0 if pattern == "none" else balance.patterns[pattern][:, None]))
        if pattern == "none":
            assert np.abs(np.cov(found["sitmuf"]).reshape(n, n) - np.eye(n)).max() <= FAR * np.sqrt(2 / RUNS)
        for v in balance.verdicts:
            alarms = found[v.test] > v.threshold
            if v.test == "muf":
                assert pattern != "none" or max(apart(a.mean(), v.false_alarm_rate) for a in alarms) <= FAR
                continue
            stated = v.false_alarm_rate if pattern == "none" else v.detects[pattern]
            assert apart(alarms.any(axis=0).mean(), stated) <= FAR, (v.test, pattern)
            if pattern in v.times:
                first = np.where(alarms.any(axis=0), alarms.argmax(axis=0) + 1, 0)
                for period, chance in enumerate(v.times[pattern].at, start=1):
                    assert apart(np.mean(first == period), chance) <= FAR, (v.test, pattern, period)
