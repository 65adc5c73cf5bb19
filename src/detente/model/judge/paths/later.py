"""Exits that come after a breach is known: two random dates, which are independent. ANSWERS §2, §3.

A breach is known at K, and X is when the first party leaves. Where K < X, the exit changes nothing of what answers to
the breach; but what does not answer to it may end then, and if nobody answers the breach, the deal is over only then.
Only what is felt once the deal is over asks for both dates. Here they are counted from the moment since when somebody
could leave, and all that is asked is E[e^(−ρ·max(floor, K + wait, X + lag)); K < X, X > past].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from detente.model.judge.detection import NEVER, TIE, DetectionTime
from detente.model.numeric import Array


class Discovery:
    """The distribution of K: `delay` + T, as far as that is not later than `last`; without a law, at once."""

    def __init__(self, law: DetectionTime | None = None, delay: float = 0.0, last: Array | None = None) -> None:
        self.law = law
        self.delay = delay
        self.last = last

    def later(self, rho: float, after: Array) -> Array:
        """E[e^(−ρK); K > after]."""
        if self.law is None:
            return np.where(after < 0, 1.0, 0.0)
        found = self.law.later(rho, after - self.delay)
        if self.last is not None:
            found = found - self.law.later(rho, np.maximum(after, self.last) - self.delay)
        return np.asarray(math.exp(-rho * self.delay) * found)

    def by(self, date: Array) -> Array:
        """P(K ≤ date)."""
        return self.later(0.0, np.array(-1.0)) - self.later(0.0, date)

    def faded(self, a: float, low: Array, b: float, high: Array) -> Array:
        """E[e^(−a·max(K, low) − b·max(K, high))]."""
        low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
        if not a:
            return np.exp(-b * high) * self.by(high) + self.later(b, high)
        at_low, at_high = np.exp(-a * low), np.exp(-b * high)
        one = at_high * (self.later(a, low) - self.later(a, high))
        other = at_low * (self.later(b, high) - self.later(b, low))
        neither = at_low * at_high * self.by(np.minimum(low, high))
        return neither + np.where(low < high, one, other) + self.later(a + b, np.maximum(low, high))


class Departure(Protocol):
    """When a party leaves, the first of all, after a breach is known."""

    def faded(self, rho: float, floor: Array, wait: float, lag: float, past: Array) -> Array:
        """E[e^(−ρ·max(floor, K + wait, X + lag)); K < X, X > past]; a wait or a lag of −∞: K, or X, does not matter."""


class AtRate:
    """A party leaves at `rate`, the first of all (who leave at `leaving`), given that some may have on dates by then.

    `steps`: (date, change of the share that has not left on a date), the share before the first being 1.
    """

    def __init__(self, known: Discovery, rate: float, leaving: float, steps: Sequence[tuple[Array, Array]]) -> None:
        self.known = known
        self.rate = rate
        self.leaving = leaving
        self.steps = [(np.zeros((1, 1)), np.ones((1, 1))), *steps]

    def faded(self, rho: float, floor: Array, wait: float, lag: float, past: Array) -> Array:
        """Given K, up to X = `turn` or K + `late` it does not matter when X is; from then on K does not."""
        if lag == -NEVER:
            return self._until(rho, floor, wait, 0.0, past)
        late, turn = max(wait - lag, 0.0), np.maximum(past, floor - lag)
        same = self._until(rho, floor, wait, 0.0, past) - self._until(rho, floor, wait, late, turn)
        return same + math.exp(-rho * lag) * self._beyond(rho, 0.0, np.zeros((1, 1)), late, turn)

    def _until(self, rho: float, floor: Array, wait: float, late: float, past: Array) -> Array:
        """E[e^(−ρ·max(floor, K + wait)); X > max(K + late, past)]."""
        if wait == -NEVER:
            return np.exp(-rho * floor) * self._beyond(0.0, 0.0, floor, late, past)
        return math.exp(-rho * wait) * self._beyond(0.0, rho, floor - wait, late, past)

    def _beyond(self, rho: float, fading: float, floor: Array, late: float, past: Array) -> Array:
        """E[e^(−ρX − fading·max(K, floor)); X > max(K + late, past)]."""
        both, total = self.leaving + rho, np.zeros((1, 1))
        for date, change in self.steps:
            total = total + change * self.known.faded(fading, floor, both, np.maximum(past, date) - late)
        return self.rate / both * math.exp(-both * late) * total


class OnDate:
    """A party leaves on a date, with a chance; known is what is so by `known_by`."""

    def __init__(self, known: Discovery, date: Array, chance: Array, known_by: Array) -> None:
        self.known = known
        self.date = date
        self.chance = chance
        self.known_by = np.maximum(known_by, 0.0)

    def faded(self, rho: float, floor: Array, wait: float, lag: float, past: Array) -> Array:
        known, by = self.known, self.known_by
        floor = np.maximum(floor, self.date + lag)
        if wait == -NEVER:
            value = np.exp(-rho * floor) * known.by(by)
        else:
            turn = np.maximum(floor - wait, 0.0)
            some = np.minimum(turn, by)
            value = np.exp(-rho * turn) * known.by(some) + known.later(rho, some) - known.later(rho, by)
            value = math.exp(-rho * wait) * value
        return np.where(self.date > past + TIE, self.chance * value, 0.0)


class Later(NamedTuple):
    """The exits after a breach is known; dates are counted from `since` on."""

    breaker: int
    since: Array
    exits: tuple[tuple[int, Departure], ...]
    """(who leaves, when)."""
