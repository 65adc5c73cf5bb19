"""When cheating is seen: the distribution of the time to detection, with exact discounted integrals. DESIGN §4, §5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detente.dossier.quantities import Number
from detente.dossier.schema import Verify
from detente.model.numeric import Array, Flags, Indices

SNAP = 1e-9
"""Two times closer than this (years) are the same moment."""


@dataclass(frozen=True)
class Watch:
    """Seen at a constant rate, and by visits, each by itself: P(T > t) = e^(−rate·t)·P(no visit by t has seen it).

    `visits` are (years, chance that visits have seen it by then), in order, the first after 0. After `every` years
    the round begins again, with what is left. Neither rate nor visits: never seen.
    """

    rate: float = 0.0
    visits: tuple[tuple[float, float], ...] = ()
    every: float = np.inf

    def upto(self, rho: ArrayLike, t: Array) -> Array:
        """E[e^(−ρT); T ≤ t]; rates of an array are taken one by one where there are visits."""
        time = np.maximum(t, 0.0)
        if self.visits:
            return self._until(rho, time) if isinstance(rho, float) else self._by_rate(np.asarray(rho), time)
        if self.rate == 0.0:
            return np.zeros(time.shape)
        total = self.rate + np.asarray(rho)
        seen: Array = self.rate / total * (1.0 - np.exp(-total * time))
        return seen

    def _by_rate(self, rho: Array, t: Array) -> Array:
        rho, t = np.broadcast_arrays(rho, t)
        found = np.empty(t.shape)
        for one in np.unique(rho).tolist():
            there = rho == one
            found[there] = self._until(one, t[there])
        return found

    def partial(self, rho: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
        return np.maximum(self.upto(rho, np.asarray(b, float)) - self.upto(rho, np.asarray(a, float)), 0.0)

    def survival(self, t: ArrayLike) -> Array:
        time = np.maximum(np.asarray(t, float), 0.0)
        left = np.ones(time.shape) if self.rate == 0.0 else np.exp(-self.rate * time)
        if self.visits:
            rounds, _, i = self._place(time)
            left = left * self._unseen[-1] ** rounds * self._unseen[i]
        return left

    def visits_at(self, t: ArrayLike) -> NDArray[np.bool_]:
        """Whether a visit falls on each time."""
        time = np.asarray(t, float)
        if not self.visits:
            return np.zeros(time.shape, bool)
        rounds, since, i = self._place(np.clip(time, 0.0, 1e300))
        on_round = (rounds > 0) & (since <= SNAP) & (self.visits[-1][0] >= self.every - SNAP)
        return (time > SNAP) & (on_round | ((i > 0) & (np.abs(since - self._times[i]) <= SNAP)))

    def mean(self) -> float:
        """E[T]; infinite where it may never be seen."""
        if float(self.survival(np.inf)) > 0:
            return float(np.inf)
        ends = np.append(self._times[1:], self.every)
        if self.rate == 0.0:
            lengths = np.where(self._unseen > 0, ends - self._times, 0.0)
        else:
            lengths = (np.exp(-self.rate * self._times) - np.exp(-self.rate * ends)) / self.rate
        return float(np.sum(self._unseen * lengths) / self._lost(0.0))

    @cached_property
    def _times(self) -> Array:
        """[n+1] 0, then the visits of a round."""
        return np.array([0.0, *(t for t, _ in self.visits)])

    @cached_property
    def _unseen(self) -> Array:
        """[n+1] the chance that the visits of a round have not seen it, from each of `_times` on."""
        return np.array([1.0, *(1.0 - chance for _, chance in self.visits)])

    def _place(self, t: Array) -> tuple[Array, Array, NDArray[np.intp]]:
        """Whole rounds before each time (∞ at ∞), years since the last began, and the last of `_times` by then."""
        rounds = np.floor((t + SNAP) / self.every) if np.isfinite(self.every) else np.zeros(t.shape)
        over = np.isposinf(rounds)
        since = np.where(over, 0.0, np.maximum(t - np.where(over, 0.0, rounds) * min(self.every, 1e300), 0.0))
        i = np.searchsorted(self._times, since + SNAP, side="right") - 1
        return rounds, since, i

    def _lost(self, rho: float) -> float:
        """1 − r, where r = e^(−(ρ + rate)·every)·(chance that a round sees nothing); 1 where there is but one round."""
        if not np.isfinite(self.every):
            return 1.0
        chance = self.visits[-1][1]
        return float(chance + (1.0 - chance) * -np.expm1(-(self.rate + rho) * self.every))

    def _until(self, rho: float, t: Array) -> Array:
        """E[e^(−ρT); T ≤ t]: whole rounds, a geometric sum, and what the last has seen so far."""
        total, lost = self.rate + rho, self._lost(rho)
        share = self.rate / total if self.rate else 0.0
        decay = np.exp(-total * self._times)
        atoms = -np.diff(self._unseen) * decay[1:]
        between = -np.diff(decay) * self._unseen[:-1] * share
        sums = np.concatenate([[0.0], np.cumsum(atoms + between)])

        def within(since: Array, i: NDArray[np.intp]) -> Array:
            if share == 0.0:
                return sums[i]
            seen: Array = sums[i] + share * self._unseen[i] * np.maximum(decay[i] - np.exp(-total * since), 0.0)
            return seen

        rounds, since, i = self._place(t)
        if not np.isfinite(self.every):
            return within(since, i)
        whole = within(np.array(self.every), np.array(len(self.visits)))
        passed = (1.0 - lost) ** rounds
        result: Array = whole * (1.0 - passed) / lost + passed * within(since, i)
        return result


NEVER = Watch()


@dataclass(frozen=True, eq=False)
class Watches:
    """By what cheating is seen from each of some moments: as `Watch`, with arrays [I, …]."""

    each: tuple[Watch, ...]
    which: Indices
    """[I]"""

    def at(self, i: Indices) -> Watches:
        """Of some moments, in order."""
        return Watches(self.each, self.which[i])

    @classmethod
    def joined(cls, several: Sequence[tuple[Watches | Watch | None, int]]) -> Watches:
        """Of all moments of several, with how many each has; None: never seen."""
        each, which = list[Watch](), list[Indices]()
        for watch, n in several:
            some = watch if isinstance(watch, Watches) else cls((watch or NEVER,), np.zeros(n, np.int64))
            which.append(some.which + len(each))
            each += some.each
        return cls(tuple(each), np.concatenate(which))

    @cached_property
    def rate(self) -> Array:
        """[I] of those without visits, 0 for the others."""
        rates: Array = np.array([0.0 if w.visits else w.rate for w in self.each])[self.which]
        return rates

    @cached_property
    def visits(self) -> tuple[tuple[Watch, Indices], ...]:
        """Those with visits, each with its moments."""
        found = ((w, np.flatnonzero(self.which == n)) for n, w in enumerate(self.each) if w.visits)
        return tuple((w, i) for w, i in found if len(i))

    def upto(self, rho: ArrayLike, t: Array) -> Array:
        rate, time = column(self.rate, t), np.maximum(t, 0.0)
        total = np.where(rate > 0, rate + rho, 1.0)
        seen: Array = rate / total * (1.0 - np.exp(-total * time))
        for watch, i in self.visits:
            rates = rho if np.ndim(rho) == 0 else np.broadcast_to(rho, t.shape)[i]
            seen[i] = watch.upto(rates, t[i])
        return seen

    def partial(self, rho: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
        low, high = np.broadcast_arrays(a, b)
        return np.maximum(self.upto(rho, high) - self.upto(rho, low), 0.0)

    def survival(self, t: Array) -> Array:
        rate = column(self.rate, t)
        left: Array = np.exp(-rate * np.where(rate > 0, np.maximum(t, 0.0), 0.0))
        for watch, i in self.visits:
            left[i] = watch.survival(t[i])
        return left

    def visits_at(self, t: Array) -> Flags:
        found = np.zeros(t.shape, bool)
        for watch, i in self.visits:
            found[i] = watch.visits_at(t[i])
        return found


def column(x: NDArray[Any], like: Array) -> NDArray[Any]:
    """[I] against [I, …]."""
    return x.reshape(x.shape + (1,) * (like.ndim - x.ndim))


def value_or(number: Number | None, default: float) -> float:
    """What a number of the dossier says; the default where it is not stated."""
    return default if number is None else number.value


def watch(verify: Verify) -> Watch:
    """The time to detection of cheating that starts at its worst moment. What a regime says is read already."""
    rate = value_or(verify.detects, 0.0)
    visits = verify.visits
    if visits is None:
        return Watch(rate)
    every = value_or(visits.every, np.inf)
    if visits.times:
        seen = tuple((t.value, chance.value) for t, chance in visits.times)
    else:
        chance = value_or(visits.detects, 0.0)
        rate += value_or(visits.random, 0.0) * chance
        seen = ((every, chance),) if visits.every else ()
    return Watch(rate, seen, every) if seen and seen[-1][1] > 0 else Watch(rate)
