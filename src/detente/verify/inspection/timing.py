"""How long a violation goes unseen: exact distributions of the time to detection, for any visits and channels.

A `Delay` is a `model.rows.detection.Detection`: what the model's conditions and the overlay of a plan stand on. Times
are years from the start of the violation; its *worst* start is just after a visit, its *average* start any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, comb, gcd, inf, isfinite, lcm, log, log1p
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gamma, gammainc

from detente.errors import UsageError
from detente.model.numeric import Array
from detente.model.rows.detection import SNAP, Watch

TIMELINESS_MONTHS = {"unirradiated_direct_use": 1, "irradiated_direct_use": 3, "indirect_use": 12}
"""IAEA timeliness goals: the time in which a diversion of one significant quantity should be seen."""
MOST_PIECES = 100_000
NEVER_SEEN = 1e-12
"""A chance below this is none."""
LN_NOTHING = -800.0
"""ln 0, in effect: its exponential is 0."""
ROUNDING = 1e-9
"""A number of visits this little above a whole one is that one."""


def powers_of_decay(m: int, x: Array) -> Array:
    """∫ over (0, 1) of u^m e^(−xu) du, elementwise, for x ≥ 0."""
    small = x < 1e-5
    y = np.where(small, 1.0, x)
    exact = -np.expm1(-y) / y if m == 0 else gammainc(m + 1, y) * gamma(m + 1) / y ** (m + 1)
    series = 1 / (m + 1) - x / (m + 2) + x**2 / (2 * (m + 3))
    result: Array = np.where(small, series, exact)
    return result


@dataclass(frozen=True, eq=False)
class Delay:
    """P(T > t) = e^(−rate·t) · (a polynomial on each piece, which may jump down at its start), repeating for ever.

    From `starts[i]` on, the factor is Σ_m pieces[i, m]·(t − starts[i])^m. The pieces cover 0 to `prefix + every`; the
    last `every` years repeat, each time times `keep`. Visits make jumps, random starts slopes, constant watching the
    rate.
    """

    starts: Array
    pieces: Array
    every: float = 1.0
    keep: float = 1.0
    prefix: float = 0.0
    rate: float = 0.0

    # --- a Detection ---------------------------------------------------------------------------------------------

    def survival(self, t: ArrayLike) -> Array:
        """P(T > t); at infinity the chance that it is never seen."""
        time = np.asarray(t, float)
        finite = np.where(np.isfinite(time), np.maximum(time, 0.0), 0.0)
        rounds, i, since = self._place(finite)
        left = self.keep**rounds * _polynomial(self.pieces[i], since) * np.exp(-self.rate * finite)
        left = np.where(time < -SNAP, 1.0, np.where(np.isposinf(time), self.never, left))
        result: Array = np.clip(left, 0.0, 1.0)
        return result

    def partial(self, rho: float, a: ArrayLike, b: ArrayLike) -> Array:
        """∫ over (a, b] of e^(−ρT) dF(T), elementwise; a < 0 takes in an atom at 0, b may be infinite."""
        seen: Array = np.maximum(self._until(rho, np.asarray(b, float)) - self._until(rho, np.asarray(a, float)), 0.0)
        return seen

    def _until(self, rho: float, t: Array) -> Array:
        """E[e^(−ρT); T ≤ t] = 1 − e^(−ρt)·S(t) − ρ·∫_0^t e^(−ρx) S(x) dx."""
        survives = self.survival(t)
        if rho == 0.0:
            return np.where(t < -SNAP, 0.0, 1 - survives)
        at = np.where(np.isposinf(t), 0.0, np.exp(-rho * np.where(np.isfinite(t), np.maximum(t, 0.0), 0.0)) * survives)
        return np.where(t < -SNAP, 0.0, 1 - at - rho * self.exposed(rho, t))

    # --- summaries -----------------------------------------------------------------------------------------------

    @property
    def never(self) -> float:
        """The chance that it is never seen."""
        return float(self.pieces[self._first, 0]) if self.keep == 1.0 and self.rate == 0.0 else 0.0

    def cdf(self, t: ArrayLike) -> Array:
        return 1 - self.survival(t)

    def laplace(self, rho: float) -> float:
        """E[e^(−ρT)]; never seen counts 0."""
        return float(self.partial(rho, -1.0, inf))

    def mean(self) -> float:
        """E[T]; infinite where it may never be seen."""
        return inf if self.never > 0 else float(self.exposed(0.0, inf))

    def quantile(self, q: float) -> float:
        """The time by which it is seen with chance q, to 1e-8 of a year; infinite where it never is."""
        if not 0 < q < 1:
            raise UsageError(f"a quantile is asked for a chance between 0 and 1, not {q:g}")
        left = 1 - q + NEVER_SEEN
        if self.never > left:
            return inf
        low, high = 0.0, self.prefix + self.every
        if float(self.survival(low)) <= left:
            return 0.0
        while float(self.survival(high)) > left:
            low, high = high, 2 * high
        while high - low > SNAP / 4 and (middle := (low + high) / 2) not in (low, high):
            low, high = (middle, high) if float(self.survival(middle)) > left else (low, middle)
        return round(high, 8)

    def exposed(self, rho: float, t: ArrayLike) -> Array:
        """∫_0^t e^(−ρx) P(T > x) dx: the discounted time unseen, up to t."""
        time, theta = np.asarray(t, float), rho + self.rate
        finite = np.where(np.isfinite(time), np.maximum(time, 0.0), 0.0)
        rounds, i, since = self._place(finite)
        begun = np.exp(-theta * self.starts)
        whole = begun * _integral(self.pieces, np.append(self.starts[1:], self._end) - self.starts, theta)
        sums = np.concatenate([[0.0], np.cumsum(whole)])
        now = sums[i] + begun[i] * _integral(self.pieces[i], since, theta)
        before = float(sums[self._first])
        lap, decay = float(sums[-1]) - before, (log(self.keep) if self.keep > 0 else LN_NOTHING) - theta * self.every
        many = np.expm1(decay * rounds) / np.expm1(decay) if decay < 0 else rounds
        ever = 0.0 if lap <= 0 else lap / -np.expm1(decay) if decay < 0 else inf
        then = before + lap * many + np.exp(decay * rounds) * (now - before)
        result: Array = np.where(np.isposinf(time), before + ever, np.where(rounds > 0, then, now))
        return result

    # --- where a time falls --------------------------------------------------------------------------------------

    @property
    def _end(self) -> float:
        return self.prefix + self.every

    @property
    def _first(self) -> int:
        """The piece with which the part that repeats begins."""
        return int(np.searchsorted(self.starts, self.prefix - SNAP))

    def _place(self, t: Array) -> tuple[Array, NDArray[np.intp], Array]:
        """Whole rounds before each time, its piece, and years since that piece began."""
        rounds = np.where(t + SNAP >= self._end, np.floor((t + SNAP - self.prefix) / self.every), 0.0)
        local = t - rounds * self.every
        i = np.maximum(np.searchsorted(self.starts, local + SNAP, side="right") - 1, 0)
        return rounds, i, np.maximum(local - self.starts[i], 0.0)


def _polynomial(pieces: Array, since: Array) -> Array:
    """The value of each piece some years after it began: [..., m] → [...]."""
    value = np.zeros(np.shape(since))
    for m in range(pieces.shape[-1] - 1, -1, -1):
        value = value * since + pieces[..., m]
    return value


def _integral(pieces: Array, length: Array, theta: float) -> Array:
    """∫ of e^(−θx) times each piece over its first years, x from the piece's start."""
    total = np.zeros(np.shape(length))
    for m in range(pieces.shape[-1]):
        total = total + pieces[..., m] * length ** (m + 1) * powers_of_decay(m, theta * length)
    return total


# --- channels ----------------------------------------------------------------------------------------------------

Start = Literal["worst", "average"]


def constant(rate: float) -> Delay:
    """Watched all the time, seen at a constant rate a year: national technical means, cameras, tips."""
    if not (isfinite(rate) and rate >= 0):
        raise UsageError(f"a rate of detection is finite and not negative, not {rate:g}")
    return Delay(np.zeros(1), np.ones((1, 1)), rate=rate)


def random_visits(per_year: float, detects: float) -> Delay:
    """Visits that nobody can foresee, so many a year, each of which sees it with the same chance."""
    _chances([detects])
    return constant(per_year * detects)


def periodic(every: float, detects: float, start: Start = "worst") -> Delay:
    """A visit every so many years. T = G·τ from the worst start, U + (G − 1)·τ from an average one."""
    return calendar((every,), (detects,), every, start)


def steps(times: ArrayLike, detects: ArrayLike, *, every: float | None = None, prefix: float = 0.0) -> Delay:
    """Visits at given times after the violation starts; those after `prefix` repeat `every` so many years, if given."""
    when, chance = np.asarray(times, float), _chances(detects)
    if len(when) != len(chance) or not np.isfinite(when).all() or (when < 0).any():
        raise UsageError("each visit needs a finite time of 0 or later, and a chance")
    order = np.argsort(when, kind="stable")
    when, chance = when[order], chance[order]
    last = float(when.max(initial=0.0))
    if every is None:
        prefix, every = last, 1.0
    end = prefix + every
    if not (isfinite(every) and every > 0 and prefix >= 0) or last > end + SNAP:
        raise UsageError("the visits must fall before their round ends, and a round takes more than no time")
    starts = _merged(np.concatenate([[0.0, prefix], when]))
    starts = starts[starts < end - SNAP]
    left = np.concatenate([[1.0], np.cumprod(1 - chance)])
    levels = left[np.searchsorted(when, starts + SNAP, side="right")]
    base = levels[np.searchsorted(starts, prefix - SNAP)]
    return Delay(starts, levels[:, None], every, float(left[-1] / base) if base > 0 else 0.0, prefix)


def calendar(times: ArrayLike, detects: ArrayLike, every: float, start: Start = "worst", *, rho: float = 0.0) -> Delay:
    """Visits at fixed times of a round that repeats for ever, seen from the violation's worst or average start.

    The worst start is just after the visit that leaves the least E[e^(−ρT)], or the greatest mean where ρ = 0.
    """
    when, chance = np.asarray(times, float), _chances(detects)
    if len(when) != len(chance) or not (isfinite(every) and every > 0) or not ((when >= 0) & (when <= every)).all():
        raise UsageError("each visit needs a time within its round, and a chance")
    if not len(when):
        return constant(0.0)
    when = np.where(when > every - SNAP, 0.0, when)
    moments = _merged(when)
    chance = np.array([1 - np.prod(1 - chance[np.abs(when - t) <= SNAP]) for t in moments])
    if start == "average":
        return _average(moments, chance, every)
    found = []
    for j in range(len(moments)):
        after = np.mod(moments - moments[j], every)
        after[j] = every
        found.append(steps(after, chance, every=every))
    return min(found, key=lambda d: d.laplace(rho) if rho > 0 else -d.mean())


def _average(when: Array, chance: Array, every: float) -> Delay:
    """A start at any moment of the round: from a gap, each later visit sees a share spread evenly over the gap."""
    n = len(when)
    k = (np.arange(n)[:, None] + np.arange(n)[None, :]) % n  # the gap before visit j, and the visits from j on
    gap = np.where(n > 1, np.mod(when - np.roll(when, 1), every), every)
    wait = np.mod(when[k] - when[:, None], every)
    missed = np.cumprod(1 - chance[k], axis=1)
    seen = np.hstack([np.ones((n, 1)), missed[:, :-1]]) * chance[k] / every
    at = np.concatenate([wait.ravel(), (wait + gap[:, None]).ravel()])
    turns = np.concatenate([-seen.ravel(), seen.ravel()])
    order = np.argsort(at, kind="stable")
    at, slope = at[order], np.cumsum(turns[order])
    first = np.append(np.diff(at) > SNAP, True) & (at < every - SNAP)  # the last of those at the same moment
    at, slope = at[first], slope[first]
    at[0] = 0.0
    left = 1 + np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(at))])
    return Delay(at, np.column_stack([left, slope]), every, float(np.prod(1 - chance)))


def independent(*delays: Delay | Watch) -> Delay:
    """Seen by whichever channel sees it first, each by itself: P(T > t) is the product, exactly.

    Each channel is at the start that it was given: worst starts coincide, which is cautious; average starts differ.
    """
    parts = [d if isinstance(d, Delay) else of_watch(d) for d in delays]
    rate = sum(d.rate for d in parts)
    jumping = [d for d in parts if len(d.starts) > 1 or d.keep < 1.0]
    if len(jumping) < 2:
        return replace(jumping[0] if jumping else constant(0.0), rate=rate)
    every = common_round([d.every for d in jumping if d.keep < 1.0])
    prefix = max(d.prefix for d in jumping)
    starts = _merged(np.concatenate([[0.0, prefix], *(_edges(d, prefix + every) for d in jumping)]))
    starts = starts[starts < prefix + every - SNAP]
    pieces, keep = np.ones((len(starts), 1)), 1.0
    for d in jumping:
        pieces = _times(pieces, _moved(d, starts))
        keep *= d.keep ** round(every / d.every) if d.keep < 1.0 else 1.0
    return Delay(starts, pieces, every, keep, prefix, rate)


def _edges(d: Delay, end: float) -> Array:
    """Where pieces of a delay begin, from the start to an end, in all its rounds."""
    laps = ceil((end - d.prefix) / d.every) if d.keep < 1.0 else 1
    if laps * len(d.starts) > MOST_PIECES:
        raise UsageError("the visits of these channels hardly ever repeat together: take simpler intervals")
    again = d.starts[d.starts >= d.prefix][None, :] + d.every * np.arange(1, laps)[:, None]
    return np.concatenate([d.starts, again.ravel()])


def of_watch(watch: Watch) -> Delay:
    """A delay from the model's own form."""
    times, seen = [t for t, _ in watch.visits], np.array([0.0, *(chance for _, chance in watch.visits)])
    left = 1 - seen
    detects = [1 - b / a if a > 0 else 0.0 for a, b in pairwise(left)]
    found = steps(times, detects, every=watch.every if isfinite(watch.every) else None)
    return Delay(found.starts, found.pieces, found.every, found.keep, found.prefix, watch.rate)


def watch_of(delay: Delay) -> Watch:
    """A delay in the model's own form, the shape that a dossier's `verify.visits` has.

    Where it does not repeat from the start on, its visits are written out until it is almost surely seen.
    """
    if np.any(delay.pieces[:, 1:] != 0):
        raise UsageError("an average start has no list of visits: give the worst start to the model")
    levels = delay.pieces[:, 0]
    if levels[0] < 1:
        raise UsageError("a list of visits begins after the violation does: a visit at 0 cannot be written")
    times, left, every = delay.starts[1:], levels[1:], inf
    if delay.keep < 1 and delay.prefix == 0:
        times, left, every = np.append(times, delay.every), np.append(left, delay.keep), delay.every
    elif delay.keep < 1:
        laps = 1 if delay.keep == 0 else min(ceil(log(NEVER_SEEN) / log(delay.keep)), MOST_PIECES // len(levels))
        lap = np.arange(1, laps + 1)[:, None]
        times = np.append(times, (delay.starts[delay._first :] + lap * delay.every).ravel())
        left = np.append(left, (levels[delay._first :] * delay.keep**lap).ravel())
    falls = left < np.concatenate([[1.0], left[:-1]])
    return Watch(delay.rate, tuple(zip(times[falls].tolist(), (1 - left[falls]).tolist(), strict=True)), every)


def repeats_soon(delay: Delay) -> bool:
    """Whether it soon repeats together with any whole number of visits a year."""
    fraction = Fraction(delay.every).limit_denominator(1000)
    return delay.keep == 1.0 or (abs(float(fraction) - delay.every) <= 1e-3 * SNAP and fraction.numerator <= 200)


def common_round(rounds: Sequence[float]) -> float:
    """The least time that is a whole number of each of these rounds."""
    if not rounds:
        return 1.0
    ratios = [Fraction(r / rounds[0]).limit_denominator(100_000) for r in rounds]
    if any(abs(float(f) * rounds[0] - r) > 1e-3 * SNAP for f, r in zip(ratios, rounds, strict=True)):
        raise UsageError("the rounds of these channels have no common multiple: take intervals that divide a year")
    return rounds[0] * lcm(*(f.numerator for f in ratios)) / gcd(*(f.denominator for f in ratios))


def _chances(detects: ArrayLike) -> Array:
    chance = np.asarray(detects, float)
    if not ((chance >= 0) & (chance <= 1)).all():
        raise UsageError("what a visit detects is a chance, between 0 and 1")
    return chance


def _merged(times: Array) -> Array:
    """In order, and those closer than SNAP once."""
    ordered = np.sort(times)
    distinct: Array = ordered[np.append(True, np.diff(ordered) > SNAP)]
    return distinct


def _moved(d: Delay, starts: Array) -> Array:
    """The polynomials of a delay from other starts, of which each lies in one of its pieces."""
    rounds, i, since = d._place(starts)
    moved: Array = np.zeros((len(starts), d.pieces.shape[1]))
    for k in range(d.pieces.shape[1]):
        for m in range(k + 1):
            moved[:, m] += d.pieces[i, k] * comb(k, m) * since ** (k - m)
    moved *= (d.keep**rounds)[:, None]
    return moved


def _times(a: Array, b: Array) -> Array:
    """The product of polynomials, row by row."""
    result = np.zeros((len(a), a.shape[1] + b.shape[1] - 1))
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            result[:, i + j] += a[:, i] * b[:, j]
    return result


# --- channels that depend on each other --------------------------------------------------------------------------


@dataclass(frozen=True)
class Channel:
    """A way to see a violation, at its worst and its average start.

    Channels of one `group` stand or fall together: they share an instrument, a laboratory, or the access to a site.
    """

    name: str
    worst: Delay
    average: Delay
    group: str | None = None
    false_alarms: float = 0.0
    """A year."""


class JointDetection(NamedTuple):
    """What several channels see, those that count and those that another of their group makes redundant."""

    worst: Delay
    average: Delay
    counted: tuple[str, ...]
    left_out: tuple[str, ...]


def together(channels: Sequence[Channel], rho: float) -> JointDetection:
    """Independent channels multiply; of a group only the best counts, by E[e^(−ρT)] from the worst start.

    The best of a group is what is certain, however the group's members depend on each other.
    """
    groups: dict[str, list[Channel]] = {}
    for c in channels:
        if c.group is not None:
            groups.setdefault(c.group, []).append(c)
    best = [max(group, key=lambda c: c.worst.laplace(rho)) for group in groups.values()]
    counted = [*(c for c in channels if c.group is None), *best]
    out = tuple(c.name for c in channels if not any(c is kept for kept in counted))
    worst, average = independent(*(c.worst for c in counted)), independent(*(c.average for c in counted))
    return JointDetection(worst, average, tuple(c.name for c in counted), out)


# --- how often ---------------------------------------------------------------------------------------------------


class Interval(NamedTuple):
    visits: int
    every: float


def interval_for(goal: float, detection: float, detects: float) -> Interval | None:
    """The longest time between visits that detects with this chance within the goal, from the worst start.

    k = ⌈ln(1 − DP)/ln(1 − p)⌉ visits, goal/k apart, in the goal's unit; None where no number of visits is enough.
    """
    if not (goal > 0 and 0 <= detection <= 1 and 0 <= detects <= 1):
        raise UsageError("a goal is a time above 0, and detection probabilities lie between 0 and 1")
    if detection > detects and (detects == 0 or detection == 1):
        return None
    visits = 1 if detects >= detection else ceil(log1p(-detection) / log1p(-detects) - ROUNDING)
    return Interval(visits, goal / visits)
