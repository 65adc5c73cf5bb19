"""Rehearse what the tests of a balance promise, in histories with and without the stated loss.

Each is judged by its own measurements. The promises hold for covariances that are known; an inspector has the ones that
the measured amounts give. Where errors are large the two differ, and so does how often a test alarms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from detente.errors import UsageError
from detente.model.numeric import Array
from detente.verify.balance.closing import Balance
from detente.verify.balance.losses import Histories, simulate

MOST = 1_000_000
NOTHING = "none"
"""The pattern of no loss."""


@dataclass(frozen=True)
class Rehearsed:
    """How often a test alarmed in simulated histories."""

    test: str
    title: str
    pattern: str
    """`none`, or one of the patterns of loss."""
    stated: float
    found: float
    sd: float
    """Standard deviation of `found` by sampling."""


def rehearse(balance: Balance, histories: int, seed: int, taken_from: str | None = None) -> Balance:
    """The balance with its rehearsal: `histories` of each pattern of loss, and of none.

    `taken_from` is the location that the loss leaves, see `losses.simulate`. Raises UsageError.
    """
    if not 1 <= histories <= MOST:
        raise UsageError(f"from 1 to {MOST:,} histories can be simulated, not {histories}")
    patterns = {NOTHING: np.zeros(len(balance.periods)), **balance.patterns}
    seeds = np.random.SeedSequence(seed).spawn(len(patterns))
    found = [
        row
        for (pattern, loss), own in zip(patterns.items(), seeds, strict=True)
        for row in _alarms(
            balance, pattern, simulate(balance.area, histories, own, loss=loss, taken_from=taken_from, k=balance.k)
        )
    ]
    return replace(balance, rehearsed=tuple(found))


def _alarms(balance: Balance, pattern: str, drawn: Histories) -> list[Rehearsed]:
    """Of every test that judges the balances together."""
    statistics: dict[str, Array] = {
        "cumuf": (drawn.muf.sum(axis=1) / drawn.sigma_cumuf)[:, None],
        "sitmuf": drawn.sitmuf,
        "page": drawn.page,
        "gemuf": drawn.gemuf[:, -1:],
        "gemuf_v5b3": drawn.gemuf_v5b3[:, -1:],
    }
    rows = []
    for v in (v for v in balance.verdicts if v.test in statistics):
        found = float((statistics[v.test] > v.threshold).any(axis=1).mean())
        stated = v.false_alarm_rate if pattern == NOTHING else v.detects[pattern]
        sd = float(np.sqrt(stated * (1.0 - stated) / len(drawn.muf)))
        rows.append(Rehearsed(v.test, v.title, pattern, stated, found, sd))
    return rows
