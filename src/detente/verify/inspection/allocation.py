"""Where inspection effort goes: against whoever sees the allocation and violates where it pays best, or complies.

Effort that is divisible, whole inspector-days, and resources of which each covers one target. Source of ORIGAMI:
Kiekintveld, Jain, Tsai, Pita, Ordóñez and Tambe, AAMAS 2009.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detente.errors import UsageError
from detente.model.numeric import Array

CLOSE = 1e-13
"""Relative; where Newton's method stops."""
PAYS = 1e-9
"""A violation worth no more than this does not pay."""
TIED = 1e-9
"""Targets whose worth differs by no more than this, relatively, are worth the same."""
LOWER = 1e-12
"""By how much, relatively, further units must lower a site's value to help."""
MOST = 1e100
"""Beyond this, sums and ratios of payoffs and rates would leave the range of floats."""
FULL = 40.0
"""Beyond this rate·effort nothing is unseen: 1 − e^(−40) is 1 in floats."""


# --- divisible effort --------------------------------------------------------------------------------------------


class Allocation(NamedTuple):
    """Effort at each site, what it detects, and what the best violation is worth to the violator."""

    effort: Array
    detection: Array
    violator: float

    @property
    def deters(self) -> bool:
        """Complying, worth 0, is at least as good as any violation."""
        return self.violator <= PAYS


@dataclass(frozen=True)
class Sites:
    """A violation at site i gains d_i unseen and loses b_i seen; effort x sees it with chance 1 − e^(−a_i·x)."""

    gain: Array
    caught: Array
    rate: Array

    @classmethod
    def of(cls, gain: ArrayLike, caught: ArrayLike, rate: ArrayLike) -> Sites:
        d, b, a = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in (gain, caught, rate)))
        if d.ndim != 1 or not d.size or not all((np.abs(x) <= MOST).all() for x in (d, b, a)):
            raise UsageError(f"gains, losses and rates are lists of numbers up to {MOST:g}, one for each site")
        if not ((d >= 0) & (b >= 0) & (d + b > 0) & ((a == 0) | (a >= 1 / MOST))).all():
            raise UsageError("gains, losses and rates are not negative, and gain + loss is above 0 at each site")
        return cls(d, b, a)

    def holding(self, violator: float) -> Array:
        """The least effort at each site that leaves a violation worth no more than this; infinite where none does."""
        held = np.maximum(self.caught + violator, 0.0)
        return self._holding(self.gain > violator, held, self.gain - violator)

    def _holding(self, above: NDArray[np.bool_], held: Array, over: Array) -> Array:
        """ln((b + d)/held)/a at the sites above the level, 0 at the others; `held` is b + level, `over` d − level."""
        effort = np.zeros(self.gain.size)
        with np.errstate(divide="ignore", over="ignore"):
            effort[above] = np.log1p(over[above] / held[above]) / self.rate[above]
        return effort

    def detection(self, effort: ArrayLike) -> Array:
        result: Array = -np.expm1(-self.rate * np.asarray(effort, float))
        return result

    def violator(self, effort: ArrayLike) -> Array:
        """What a violation at each site is worth to the violator: d − (b + d)·DP."""
        result: Array = self.gain - (self.caught + self.gain) * self.detection(effort)
        return result

    def deterrence_budget(self) -> float:
        """B*: the least effort at which complying is as good as any violation; infinite where a site sees nothing."""
        return float(self.holding(0.0).sum())

    def water_fill(self, budget: float) -> Allocation:
        """The effort that makes the best violation worth least: all sites with effort are equally tempting.

        The effort needed is convex and falls with the level held, so Newton's method, kept in a bracket, closes in
        from below. Where a site that nothing sees sets the level, effort beyond it is not spent.
        """
        if not (np.isfinite(budget) and budget >= 0):
            raise UsageError("a budget is finite and not negative")
        seen = self.rate > 0
        floor = float(self.gain[~seen].max(initial=-inf))
        if budget == 0.0 or not seen.any():
            effort = np.zeros(self.gain.size)
        else:
            least = float(self.caught[seen].min())
            rise = self._rise(budget, max(floor + least, 1e-300), float(self.gain[seen].max()) + least)
            above, held = seen & (self.gain + least > rise), self.caught - least + rise
            effort = self._holding(above, held, self.gain + least - rise)
        return Allocation(effort, self.detection(effort), float(self.violator(effort).max()))

    def _rise(self, budget: float, low: float, high: float) -> float:
        """How far above −(the least loss b) the level lies at which the effort needed is the budget.

        Counted from there because b + level may be tiny, where much effort leaves next to nothing unseen.
        """
        seen = self.rate > 0
        d, b, a = self.gain[seen], self.caught[seen], self.rate[seen]
        least = float(b.min())
        whole, b, top = b + d, b - least, d + least
        rise = (low + high) / 2
        for _ in range(2000):
            if not low < rise < high:
                break
            above = top > rise
            held = b[above] + rise
            over = float((np.log(whole[above] / held) / a[above]).sum()) - budget
            slope = -float((1 / (a[above] * held)).sum())
            low, high = (rise, high) if over > 0 else (low, rise)
            step = rise - over / slope
            following = step if low < step < high else (low + high) / 2
            if abs(following - rise) <= CLOSE * following:
                return following
            rise = following
        return rise


# --- whole days --------------------------------------------------------------------------------------------------


class WholeUnits(NamedTuple):
    """Whole units at each site, what they cost together, and the value of the worst site."""

    units: tuple[int, ...]
    spent: int
    worst: float


def worst_first(
    value: Sequence[Callable[[int], float]],
    cost: Sequence[int],
    budget: int,
    most: Sequence[int] | None = None,
    *,
    first: Sequence[int] | None = None,
    enough: float = -inf,
) -> WholeUnits:
    """Spend a budget in whole units so that the largest value is least, each a function of the units at its site.

    Always helps the site that is worst now, by as many units as it takes to lower it: whatever lowers the maximum must
    do that too, so this is optimal. What the worst can no longer use goes to the next worst. Once no value is
    above `enough`, nothing more is spent; nor are more than `most` units at a site. The units of `first` are given
    beforehand, and the rest so on top of them.
    """
    if not value or budget < 0 or len(cost) != len(value) or any(c < 1 for c in cost):
        raise UsageError("give at least one site, whole costs of 1 or more, and a budget of 0 or more")
    units = list(first or [0] * len(value))
    left = budget - sum(n * c for n, c in zip(units, cost, strict=True))
    if left < 0:
        raise UsageError("what is given beforehand costs more than the budget")
    now = [at(n) for at, n in zip(value, units, strict=True)]
    queue = [(-v, i) for i, v in enumerate(now)]
    heapq.heapify(queue)
    while queue and -queue[0][0] > enough:
        _, i = heapq.heappop(queue)
        spare = left // cost[i] if most is None else min(left // cost[i], most[i] - units[i])
        more = _helps(value[i], units[i], spare)
        if more:
            units[i] += more
            left -= more * cost[i]
            now[i] = value[i](units[i])
            heapq.heappush(queue, (-now[i], i))
    return WholeUnits(tuple(units), budget - left, max(now))


def _helps(value: Callable[[int], float], units: int, affordable: int) -> int:
    """The fewest further units that lower the value; 0 where all that can be paid for do not."""
    now = value(units)
    least = now - LOWER * max(1.0, abs(now))
    return next((more for more in range(1, affordable + 1) if value(units + more) < least), 0)


def whole_days(sites: Sites, days: int) -> WholeUnits:
    """Whole inspector-days at each site that make the best violation worth least."""
    d, b, a = sites.gain.tolist(), sites.caught.tolist(), sites.rate.tolist()

    def worth(i: int) -> Callable[[int], float]:
        return lambda x: float(d[i] - (b[i] + d[i]) * -np.expm1(-a[i] * x))

    most = [ceil(FULL / rate) if rate > FULL / max(days, 1) else days if rate > 0 else 0 for rate in a]
    return worst_first([worth(i) for i in range(len(d))], [1] * len(d), days, most)


# --- resources that cover targets --------------------------------------------------------------------------------


class Coverage(NamedTuple):
    """How much of each target is covered, the attacker's best, the targets that reach it, and the defender's pick."""

    coverage: Array
    attacker: float
    tempting: tuple[int, ...]
    """Targets worth attacking most; none where complying is better."""
    target: int | None
    """What is attacked, ties broken for the defender; None: the attacker complies."""
    defender: float | None
    """What the defender gets, where its payoffs were given; 0 for compliance."""

    @property
    def resources(self) -> float:
        return float(self.coverage.sum())


def origami(
    uncovered: ArrayLike,
    covered: ArrayLike,
    resources: float,
    *,
    defender: tuple[ArrayLike, ArrayLike] | None = None,
    comply: bool = False,
) -> Coverage:
    """Cover targets so that the attacker's best is least: the defender's optimal commitment.

    `uncovered` > `covered` are the attacker's payoffs; `defender` the defender's for an attack that finds its target
    uncovered, covered. With `comply`, the attacker may also do nothing, worth 0 to both; it does where that is best.
    Coverage beyond what lowers the attacker's best is not spent.
    """
    high, low = np.atleast_1d(np.asarray(uncovered, float)), np.atleast_1d(np.asarray(covered, float))
    if high.shape != low.shape or high.ndim != 1 or not high.size or not (high > low).all():
        raise UsageError("each target is worth more to the attacker uncovered than covered")
    if not (np.isfinite(high - low).all() and resources >= 0):
        raise UsageError("payoffs are finite, and resources are not negative")
    width = high - low
    floor = max(float(low.max()), 0.0) if comply else float(low.max())
    k = max(floor, _root(high, width, resources))
    coverage = np.clip((high - k) / width, 0.0, 1.0)
    close = TIED * max(1.0, abs(k))
    tempting = np.flatnonzero(high - coverage * width >= k - close)
    complies = comply and k <= close
    chosen = tuple(tempting.tolist())
    if defender is None:
        return Coverage(coverage, k, chosen, None if complies else chosen[0], None)
    gets = _defended(coverage, defender)[tempting]
    if complies and gets.max(initial=-inf) <= 0:
        return Coverage(coverage, 0.0, chosen, None, 0.0)
    best = int(gets.argmax())
    return Coverage(coverage, k, chosen, chosen[best], float(gets[best]))


def _defended(coverage: Array, defender: tuple[ArrayLike, ArrayLike]) -> Array:
    """What the defender gets where each target is attacked."""
    bare, guarded = (np.broadcast_to(np.asarray(x, float), coverage.shape) for x in defender)
    if not (np.isfinite(bare - guarded).all() and (guarded >= bare).all()):
        raise UsageError("a target is worth at least as much to the defender covered as uncovered, and both are finite")
    return np.asarray(bare + coverage * (guarded - bare))


def _root(high: Array, width: Array, resources: float) -> float:
    """The level k with Σ max(0, (high − k)/width) = resources, by one sort: the sum is linear between payoffs."""
    order = np.argsort(-high)
    top, weight = high[order], 1 / width[order]
    slope, offset = np.cumsum(weight), np.cumsum(top * weight)
    needed = offset - top * slope  # at k = top[j], with the targets above it
    j = int(np.searchsorted(needed, resources, side="right")) - 1
    return float((offset[j] - resources) / slope[j])
