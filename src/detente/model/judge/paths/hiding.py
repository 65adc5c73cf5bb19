"""What is lost while a measure is hidden, from when its lapse is known, if nobody has left by then. ANSWERS §4.

Two random dates are independent: K, when the lapse is known, and X, when the first party leaves. Dates are counted from
the moment of the lapse; values are in points, present value at signature.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Contribution
from detente.model.judge.paths.branches import NO_END, NUDGE, ONE, ZERO
from detente.model.judge.paths.later import Discovery
from detente.model.numeric import Array

AT_ALL = np.full((1, 1), -1.0)
"""A date that K passes whenever it is."""


@dataclass(frozen=True)
class Staying:
    """The chance that nobody has left by a time: e^(−rate·time) times the sum of the steps before it."""

    rate: float
    steps: Sequence[tuple[Array, Array]]
    """(time, change of the share that has not left on dates); all who stay at first are a step of 1 at `AT_ALL`."""

    @classmethod
    def sure(cls, chance: Array = ONE) -> Staying:
        """As likely at any time."""
        return cls(0.0, [(AT_ALL, chance)])


@dataclass(frozen=True)
class Hiding:
    """The law of K and of X, and what they make of values; `floor` and `cap` are times within which something counts.

    Shapes: [moments, 1], or [moments, leaving moments].
    """

    since: Array
    """The moments, years from signature."""
    known: Discovery
    staying: Staying

    def between(self, worth: Contribution, begins: float, ends: float, floor: Array, cap: Array = NO_END) -> Array:
        """E[∫ of a worth from K + begins to K + ends, while nobody has left]."""
        total, rate = ZERO, worth.rho + self.staying.rate
        for amount, until in self._parts(worth):
            for date, change in self.staying.steps:
                low = np.maximum(floor, date)
                high = np.maximum(low, np.minimum(until, cap))
                gone = self._faded(0.0, rate, begins, low, high) - self._faded(0.0, rate, ends, low, high)
                total = total + amount * worth.rho / rate * change * gone
        return np.asarray(np.exp(-worth.rho * self.since) * total)

    def after(
        self,
        worth: Contribution,
        lag: float,
        floor: Array,
        *,
        wait: float = 0.0,
        past: Array = AT_ALL,
        early: float = 0.0,
    ) -> Array:
        """E[value from K + lag + wait, or `floor` if later, on; K + lag > past, and nobody has left by K + lag].

        `early`: years by which exits come before what is on their date.
        """
        if lag == NEVER or wait == NEVER:
            return ZERO
        total, rho, rate = ZERO, worth.rho, self.staying.rate
        for amount, until in self._parts(worth):
            high = np.maximum(floor, until)
            for date, change in self.staying.steps:
                since = np.maximum(date - early, past) - lag
                value = self._faded(rate, rho, lag + wait, floor, high, since)
                value = value - np.exp(-rho * high) * self.known.later(rate, since)
                total = total + amount * math.exp(-rate * lag) * change * value
        return np.asarray(np.exp(-rho * self.since) * total)

    def paid(self, rho: float, lag: float) -> Array:
        """E[e^(−ρ(K + lag)); nobody has left by then]; on one date exits come before answers."""
        total, both = ZERO, rho + self.staying.rate
        for date, change in self.staying.steps:
            total = total + change * self.known.later(both, date - lag - NUDGE)
        return np.asarray(np.exp(-rho * self.since) * math.exp(-both * lag) * total)

    def _parts(self, worth: Contribution) -> Iterator[tuple[float, Array]]:
        """(worth for ever, until when)."""
        if worth.lasting:
            yield worth.lasting, NO_END
        yield from ((amount, until - self.since) for amount, until in worth.ending)

    def _faded(self, a: float, b: float, lag: float, low: Array, high: Array, past: Array = AT_ALL) -> Array:
        """E[e^(−a·K − b·(K + lag within low and high)); K > past]."""
        known = self.known
        if lag == NEVER:
            return np.asarray(np.exp(-b * high) * known.later(a, past))
        first, last = np.maximum(low - lag, past), np.maximum(high - lag, past)
        at_first, at_last = known.later(a, first), known.later(a, last)
        early = np.exp(-b * low) * (known.later(a, past) - at_first)
        moving = math.exp(-b * lag) * (known.later(a + b, first) - known.later(a + b, last))
        return np.asarray(early + moving + np.exp(-b * high) * at_last)
