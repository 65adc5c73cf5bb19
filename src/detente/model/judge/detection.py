"""When cheating is seen, and when a party leaves by itself, as the judge reckons it. DESIGN §4, §5; ANSWERS §2.

Shares nothing with `detection`. A `DetectionTime` is the distribution of T, years from the worst start of the cheating
until it is seen. A `Chance` is that of X, the date, in years from signature, at which what is random of a path is
decided: the others know, or somebody leaves. All functions take arrays of times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detente.dossier.schema import Verify, Visits
from detente.model.numeric import Array

NEVER = math.inf
TIE = 1e-9
"""Years within which two dates are one."""
FAR = 700.0
"""e^(−FAR) is nothing."""
NOTHING = 1e-18
"""A term that changes no sum of which the first is 1."""


class DetectionTime:
    """The distribution of T, years from the worst start of the cheating until it is seen; T may never come.

    Between visits it is seen at a constant rate. A visit at t takes the chance that none has seen it down to what it
    leaves. `verify` of None: never seen.
    """

    def __init__(self, verify: Verify | None) -> None:
        visits = verify.visits if verify else None
        self.rate = verify.detects.value if verify and verify.detects else 0.0
        if visits and visits.random and visits.detects:
            self.rate += visits.random.value * visits.detects.value
        self.round = _round(visits) if visits else []
        """(years, chance that the visits of a round have not seen it) of one round of visits."""
        self.every = visits.every.value if visits and visits.every and self.round else NEVER
        self._diaries: dict[float, _Diary] = {}

    @property
    def sees(self) -> bool:
        """Whether it can be seen at all."""
        return self.rate > 0 or bool(self.round)

    def left(self, after: ArrayLike) -> Array:
        """P(T > after); at infinity the chance that it is never seen."""
        t = np.maximum(np.asarray(after, float), 0.0)
        left = np.exp(-self.rate * t) if self.rate else np.ones(t.shape)
        return np.asarray(left * self._diary(0.0).unseen(t) if self.round else left)[()]

    def later(self, rho: float, after: ArrayLike) -> Array:
        """E[e^(−ρT); after < T < ∞]; `after` below 0 for whenever it is seen."""
        t = np.maximum(np.asarray(after, float), 0.0)
        if self.round:
            diary = self._diary(rho)
            return np.asarray(diary.total - diary.until(t, 0))[()]
        both = self.rate + rho
        return np.asarray(self.rate / both * np.exp(-both * t) if self.rate else np.zeros(t.shape))[()]

    def moved(self, rho: float, until: ArrayLike) -> Array:
        """E[T e^(−ρT); T ≤ until], for finite times."""
        t = np.maximum(np.asarray(until, float), 0.0)
        if self.round:
            return self._diary(rho).until(t, 1)
        both = self.rate + rho
        if not self.rate:
            return np.zeros(t.shape)
        return np.asarray(self.rate * (1 / both**2 - (t / both + 1 / both**2) * np.exp(-both * t)))

    def mean(self) -> float:
        """E[T]; never where it may never be seen."""
        if not self.sees or (self.rate == 0 and self.every == NEVER and self.round[-1][1] > 0):
            return NEVER
        marks = [(0.0, 1.0), *self.round]
        ends = [*(t for t, _ in self.round), self.every]
        total = sum(left * self._length(t, end) for (t, left), end in zip(marks, ends, strict=True) if left)
        passed = self.round[-1][1] * math.exp(-self.rate * self.every) if self.every < NEVER else 0.0
        return total * _series(passed)

    def _length(self, start: float, end: float) -> float:
        """∫ e^(−rate·t) dt from start to end."""
        if self.rate == 0:
            return end - start
        return (math.exp(-self.rate * start) - math.exp(-self.rate * end)) / self.rate

    def _diary(self, rho: float) -> _Diary:
        if rho not in self._diaries:
            self._diaries[rho] = _Diary(self, rho)
        return self._diaries[rho]


def _round(visits: Visits) -> list[tuple[float, float]]:
    """What one round of visits leaves unseen; nothing where no visit sees anything."""
    found: list[tuple[float, float]] = []
    if visits.times:
        found = [(t.value, 1 - chance.value) for t, chance in visits.times]
    elif visits.every and visits.detects:
        found = [(visits.every.value, 1 - visits.detects.value)]
    return found if any(left < 1 for _, left in found) else []


class _Diary:
    """The visits one after the other, as far as has been asked, with E[T^n e^(−ρT); T ≤ visit] summed up, n = 0, 1."""

    def __init__(self, law: DetectionTime, rho: float) -> None:
        self.law = law
        self.both = law.rate + rho
        self.pages = self._written(1)
        if law.every == NEVER:
            self.total = float(self.pages.sums[0][-1] + self._between(self.pages, -1, NEVER, 0))
        else:
            passed = law.round[-1][1] * math.exp(-self.both * law.every)
            self.total = float(self.until(np.asarray(law.every), 0)) * _series(passed)

    def unseen(self, t: Array) -> Array:
        """The chance that no visit has seen it by then."""
        pages = self._pages(t)
        left = pages.lefts[pages.last(t)]
        return np.where(np.isinf(t), 0.0, left) if self.law.every < NEVER else left

    def until(self, t: Array, n: int) -> Array:
        """E[T^n e^(−ρT); T ≤ t]."""
        pages = self._pages(t)
        i = pages.last(t)
        found = pages.sums[n][i] + self._between(pages, i, t, n)
        if self.law.every < NEVER and n == 0 and np.isinf(t).any():
            found = np.where(np.isinf(t), self.total, found)
        return np.asarray(found)

    def _pages(self, t: Array) -> _Pages:
        """The visits till after t."""
        finite = t[np.isfinite(t)]
        if self.law.every < NEVER and finite.size and (latest := float(finite.max())) >= self.pages.times[-1] - 1.0:
            self.pages = self._written(2 * math.ceil((latest + 2.0) / self.law.every))
        return self.pages

    def _between(self, pages: _Pages, i: NDArray[np.intp] | int, t: ArrayLike, n: int) -> Array:
        """What is seen from visit i until t, when no visit comes."""
        if not self.law.rate:
            return np.zeros(np.shape(t))
        start = pages.times[i]
        grown = self._beyond(start, n) - self._beyond(np.maximum(np.asarray(t, float), start), n)
        return np.asarray(self.law.rate * pages.lefts[i] * grown)

    def _beyond(self, t: Array, n: int) -> Array:
        """∫ s^n e^(−(rate + ρ)s) ds from t on."""
        if n == 0:
            return np.asarray(np.exp(-self.both * t) / self.both)
        return np.asarray((t / self.both + 1 / self.both**2) * np.exp(-self.both * t))

    def _written(self, rounds: int) -> _Pages:
        """The visits of so many rounds, or until hardly anything can be left to see."""
        law = self.law
        round_ = np.array(law.round)
        passed = float(round_[-1, 1])
        enough = math.ceil(FAR / -math.log(passed)) + 1 if passed > 0 else 2
        k = np.arange(min(rounds, enough) if law.every < NEVER else 1)[:, None]
        starts = k * (law.every if law.every < NEVER else 0.0)
        times = np.concatenate([[0.0], (round_[:, 0] + starts).ravel()])
        pages = _Pages(times, np.concatenate([[1.0], (round_[:, 1] * round_[-1, 1] ** k).ravel()]), ())
        seen = -np.diff(pages.lefts) * np.exp(-self.both * times[1:])
        between = [self._between(pages, np.arange(len(times) - 1), times[1:], n) for n in (0, 1)]
        grown = (np.cumsum(between[n] + seen * times[1:] ** n) for n in (0, 1))
        return pages._replace(sums=tuple(np.concatenate([[0.0], total]) for total in grown))


class _Pages(NamedTuple):
    """Visits in order, the start first: when, the chance that none has seen it, and what has been seen till then."""

    times: Array
    lefts: Array
    sums: tuple[Array, ...]

    def last(self, t: Array) -> NDArray[np.intp]:
        """The last visit by then; 0 for none."""
        return np.searchsorted(self.times, t + TIE, side="right") - 1


def _series(r: float) -> float:
    """1 + r + r² + …, for 0 ≤ r < 1, as (1 + r)(1 + r²)(1 + r⁴)…"""
    total = 1.0
    while r > NOTHING:
        total, r = total * (1 + r), r * r
    return total


class Chance(Protocol):
    """The distribution of X, a date in years from signature; what is left of 1 is no branch of this kind."""

    def left(self, x: ArrayLike) -> Array:
        """P(X > x)."""

    def later(self, rho: float, x: ArrayLike) -> Array:
        """E[e^(−ρX); x < X < ∞]."""

    def moved(self, rho: float, x: ArrayLike) -> Array:
        """E[X e^(−ρX); X > x] for finite x, up to a constant."""


class Dated:
    """X never comes: what happens here is counted from a date that is known."""

    def left(self, x: ArrayLike) -> Array:
        return np.ones(np.shape(x))

    def later(self, rho: float, x: ArrayLike) -> Array:
        return np.zeros(np.shape(x))

    def moved(self, rho: float, x: ArrayLike) -> Array:
        return np.zeros(np.shape(x))


class Seen:
    """X = start + delay + T, when the others know of cheating, if nobody has left (at `leaving` a year) by then."""

    def __init__(self, law: DetectionTime, start: Array, delay: float, leaving: float) -> None:
        self.law = law
        self.known = start + delay
        self.stays = math.exp(-leaving * delay)
        self.leaving = leaving

    def left(self, x: ArrayLike) -> Array:
        since = np.asarray(x, float) - self.known
        return self.stays * self.law.later(self.leaving, since) if self.leaving else self.law.left(since)

    def later(self, rho: float, x: ArrayLike) -> Array:
        since = np.asarray(x, float) - self.known
        return np.asarray(np.exp(-rho * self.known) * self.stays * self.law.later(rho + self.leaving, since))

    def moved(self, rho: float, x: ArrayLike) -> Array:
        since, both = np.asarray(x, float) - self.known, rho + self.leaving
        found = self.known * self.law.later(both, since) - self.law.moved(both, since)
        return np.asarray(np.exp(-rho * self.known) * self.stays * found)


class Leaves:
    """X is when one party leaves, at `rate`, the first of all (who leave at `leaving`), before cheating is known.

    ∫ rate·e^(−leaving·(y − start))·P(start + delay + T > y)·e^(−ρy) dy, by parts.
    """

    def __init__(self, law: DetectionTime, start: Array, delay: float, leaving: float, rate: float) -> None:
        self.law = law
        self.start = start
        self.delay = delay
        self.leaving = leaving
        self.rate = rate

    def _left(self, rho: float, x: Array) -> Array:
        """e^(−leaving·(x − start) − ρx)·P(not known by x)."""
        gone = np.exp(-(self.leaving + rho) * (x - self.start) - rho * self.start)
        return gone * self.law.left(x - self.start - self.delay)

    def left(self, x: ArrayLike) -> Array:
        return self.later(0.0, x)

    def later(self, rho: float, x: ArrayLike) -> Array:
        y, both = np.maximum(np.asarray(x, float), self.start), self.leaving + rho
        found = self._left(rho, y)
        if self.law.sees:
            known = np.exp(-self.leaving * self.delay - rho * (self.start + self.delay))
            found = found - known * self.law.later(both, y - self.start - self.delay)
        return np.asarray(self.rate / both * found)

    def moved(self, rho: float, x: ArrayLike) -> Array:
        y, both = np.maximum(np.asarray(x, float), self.start), self.leaving + rho
        found = (y / both + 1 / both**2) * self._left(rho, y)
        if self.law.sees:
            known = self.start + self.delay
            factor, since = np.exp(-self.leaving * self.delay - rho * known), y - known
            seen = (known / both + 1 / both**2) * self.law.later(both, since) - self.law.moved(both, since) / both
            found = found - factor * seen
        return np.asarray(self.rate * found)


class Thinned:
    """X as another chance has it, where after each of some dates only a share is left, as some have left by then.

    `steps`: (date, change of the share after it), the share before the first being 1; arrays over moments.
    """

    def __init__(self, chance: Chance, steps: Sequence[tuple[Array, Array]]) -> None:
        self.chance = chance
        self.steps = steps

    def left(self, x: ArrayLike) -> Array:
        found = self.chance.left(x)
        for date, change in self.steps:
            found = found + change * self.chance.left(np.maximum(x, date))
        return found

    def later(self, rho: float, x: ArrayLike) -> Array:
        found = self.chance.later(rho, x)
        for date, change in self.steps:
            found = found + change * self.chance.later(rho, np.maximum(x, date))
        return found

    def moved(self, rho: float, x: ArrayLike) -> Array:
        found = self.chance.moved(rho, x)
        for date, change in self.steps:
            found = found + change * self.chance.moved(rho, np.maximum(x, date))
        return found
