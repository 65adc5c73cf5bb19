"""Laws of the random time on which a path turns: of being known, of a party's leaving, whichever comes first.

A law is a measure on times Z ≥ 0 counted from each of some moments [I]; its mass may be less than 1. All integrals are
closed forms over what `detection.Watch` knows. ANSWERS §2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.detection import SNAP, Watch, Watches, column
from detente.model.rows.moments import Moments

T = TypeVar("T")
N = TypeVar("N", int, float)
Rho = float | Array
Rhos = Sequence[tuple[Array, Array]]
"""A discount rate: one, or of each moment."""


class Law(Protocol):
    """A random time, counted from each moment."""

    def partial(self, rho: Rho, a: Array, b: Array) -> Array:
        """∫ over (a, b] of e^(−ρz) dF(z); a, b and ρ broadcast against [I, …]; a < 0 takes in 0, b may be infinite."""

    def just_before(self, z: Array, chosen: Flags) -> Array:
        """`z`, or where chosen and the law has an atom there, a time just before it."""

    def within(self, begin: float, end: float) -> bool:
        """Whether the time could fall after one time and not after another, in years from signature."""

    def at(self, i: Indices, rates: Rhos = ()) -> Law:
        """As counted from some of the moments, in order; `rates`: see `_Sums.at`."""


@dataclass(frozen=True)
class Leaving:
    """A party leaves the deal: at a rate a year and, or, at a time with a chance."""

    party: int
    rate: float
    at: float
    chance: float


@dataclass(frozen=True, eq=False)
class Exits:
    """Who may leave a deal, as seen from some moments, given that nobody has left before."""

    leavings: tuple[Leaving, ...]
    t0: Array
    """[I] the moments."""
    still: Flags
    """[D, I] whether each dated exit is still to come."""
    just_after: Flags
    """[I] whether what is set off at a moment falls just after its time, and so after an exit at that very time."""

    @classmethod
    def of(cls, leavings: Sequence[Leaving], moments: Moments) -> Exits:
        chosen = tuple(x for x in leavings if x.rate > 0) + tuple(
            sorted((x for x in leavings if x.chance > 0), key=lambda x: x.at)
        )
        at = np.array([x.at for x in chosen if x.chance > 0])[:, None]
        still = (at > moments.years + SNAP) | ((at >= moments.years - SNAP) & moments.before)
        return cls(chosen, moments.years, still, moments.just_after)

    def at(self, i: Indices) -> Exits:
        """From some of the moments, in order."""
        return Exits(self.leavings, self.t0[i], self.still[:, i], self.just_after[i])

    @cached_property
    def stays(self) -> list[Array]:
        """[D + 1] of [I]: the chance that nobody has left on a date before each dated exit, and after the last."""
        left = [np.ones(self.t0.shape)]
        for x, still in zip(self.dated, self.still, strict=True):
            left.append(left[-1] * np.where(still, 1.0 - x.chance, 1.0))
        return left

    @cached_property
    def dated(self) -> tuple[Leaving, ...]:
        """Exits at a date, in order of time and, on one date, of the dossier."""
        return tuple(x for x in self.leavings if x.chance > 0)

    @cached_property
    def rate(self) -> float:
        """The rate at which somebody leaves."""
        return sum(x.rate for x in self.leavings)

    @property
    def parties(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(x.party for x in self.leavings))

    @cached_property
    def nobody(self) -> Array:
        """[I] the chance that nobody ever leaves."""
        return self.until(np.full(self.t0.shape, np.inf), np.ones(self.t0.shape, bool))

    def until(self, years: Array, counted: Flags) -> Array:
        """[I] the chance that nobody leaves within `years` from each moment; `counted`: exits at that very time too."""
        left = np.where(np.isposinf(years), 0.0 if self.rate else 1.0, np.exp(-self.rate * np.minimum(years, 1e300)))
        for x, still in zip(self.dated, self.still, strict=True):
            gone = still & (x.at - self.t0 < years + np.where(counted, SNAP, -SNAP))
            left = left * np.where(gone, 1.0 - x.chance, 1.0)
        return left


@dataclass(frozen=True, eq=False)
class Detected:
    """T, the time to detection, where it becomes known (at T + delay) before anybody leaves."""

    watch: Watch | Watches
    delay: float | Array
    exits: Exits

    def partial(self, rho: Rho, a: Array, b: Array) -> Array:
        return np.maximum(self._upto(rho, b) - self._upto(rho, a), 0.0)

    def _upto(self, rho: Rho, z: Array) -> Array:
        """∫ over [0, z]."""
        exits = self.exits
        total = self._sums.of(rho, z, lambda: rho + exits.rate)
        whole = self.watch.upto(total, z)
        amount = self._sums.up_to_dates(rho, z, whole, lambda t: self.watch.upto(total, t))
        faded: Array = amount * like(np.exp(-exits.rate * self.delay), z)
        return faded

    @cached_property
    def _sums(self) -> _Sums:
        return _Sums(self.exits, self._cuts)

    @cached_property
    def _cuts(self) -> list[Array]:
        """For each dated exit [I] the last T that becomes known before it."""
        exits = self.exits
        times = (x.at - exits.t0 - self.delay for x in exits.dated)
        return [just_before(self.watch, t, exits.just_after) for t in times]

    def at(self, i: Indices, rates: Rhos = ()) -> Detected:
        watch = _at(self.watch, i)
        assert watch is not None
        some = Detected(watch, _some(self.delay, i), self.exits.at(i))
        some._sums.take(self._sums, i, rates)
        return some

    def just_before(self, z: Array, chosen: Flags) -> Array:
        return just_before(self.watch, z, chosen)

    def within(self, begin: float, end: float) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Left:
    """X, the time at which one party leaves, before anybody else does and before the others know (at T + delay)."""

    party: int | Indices
    """One, or of each moment one."""
    exits: Exits
    watch: Watch | Watches | None = None
    delay: float | Array = 0.0
    too_late: Array | None = None
    """[I] a time at which a dated exit no longer counts; ∞ for none."""

    def partial(self, rho: Rho, a: Array, b: Array) -> Array:
        return np.maximum(self._upto(rho, b) - self._upto(rho, a), 0.0)

    def _upto(self, rho: Rho, z: Array) -> Array:
        """∫ over [0, z]."""
        exits, sums, amount = self.exits, self._sums, np.zeros(z.shape)
        if np.any(self._rate):
            kappa = rho + exits.rate
            amount = like(self._rate, z) * sums.up_to_dates(
                rho, z, self._before(kappa, z), lambda t: self._before(kappa, t)
            )
        for at, worth in sums.of(("on dates", rho), z, lambda: list(self._on_dates(rho, z))):
            amount = amount + np.where(at <= z + SNAP, worth, 0.0)
        return amount

    @cached_property
    def _sums(self) -> _Sums:
        return _Sums(self.exits, self._dates)

    def _on_dates(self, rho: Rho, z: Array) -> Iterator[tuple[Array, Array]]:
        """Years until each dated exit of the party, and what it adds, against z."""
        exits = self.exits
        for x, at, stays, still in zip(exits.dated, self._dates, exits.stays, exits.still, strict=False):
            if np.any(x.party == self.party):
                yield column(at, z), column(stays, z) * self._on_the_date(rho, x, still & (x.party == self.party), z)

    @cached_property
    def _rate(self) -> float | Array:
        """At which the party leaves."""
        rates = np.zeros(1 + max((x.party for x in self.exits.leavings), default=0))
        for x in self.exits.leavings:
            rates[x.party] += x.rate
        found: float | Array = rates[self.party] if np.ndim(self.party) else float(rates[self.party])
        return found

    @cached_property
    def _dates(self) -> list[Array]:
        """[I] years until each dated exit."""
        return [x.at - self.exits.t0 for x in self.exits.dated]

    def _on_the_date(self, rho: Rho, x: Leaving, still: Flags, like: Array) -> Array:
        """E[e^(−ρX); X on the date], but for the chance that nobody left on a date before."""
        if self.too_late is not None:
            still = still & ~(np.abs(x.at - self.exits.t0 - self.too_late) <= SNAP)
        now = np.maximum(x.at - self.exits.t0, 0.0)
        chance = np.where(still, x.chance * self._unknown(now, self.exits.just_after), 0.0)
        worth: Array = column(chance, like) * np.exp(-(rho + self.exits.rate) * column(now, like))
        return worth

    def within(self, begin: float, end: float) -> bool:
        """Whether the party could leave after one time and not after another, in years from signature."""
        mine = [x for x in self.exits.leavings if x.party == self.party]
        return any(x.rate or begin - SNAP < x.at <= end + SNAP for x in mine)

    def just_before(self, z: Array, chosen: Flags) -> Array:
        return z  # nobody's leaving is counted from just after a moment

    def _unknown(self, x: Array, just_after: Flags | None = None) -> Array:
        """P(T + delay > x), or ≥ where what is seen falls just after its time."""
        if self.watch is None:
            return np.ones(np.shape(x))
        since = x - like(self.delay, x)
        return self.watch.survival(since if just_after is None else just_before(self.watch, since, just_after))

    def _before(self, kappa: Rho, z: Array) -> Array:
        """∫ from 0 to z of e^(−κx) P(T + delay > x) dx, for κ > 0: by parts."""
        x = np.maximum(z, 0.0)
        amount = 1.0 - np.exp(-kappa * x) * self._unknown(x)
        if self.watch is not None:
            delay = like(self.delay, x)
            amount = amount - np.exp(-kappa * delay) * self.watch.upto(kappa, x - delay)
        result: Array = amount / kappa
        return result

    def at(self, i: Indices, rates: Rhos = ()) -> Left:
        late = None if self.too_late is None else self.too_late[i]
        some = Left(_some(self.party, i), self.exits.at(i), _at(self.watch, i), _some(self.delay, i), late)
        some._sums.take(self._sums, i, rates)
        return some


@dataclass(frozen=True, eq=False)
class LeftLater(Left):
    """X, the time at which one party leaves, before anybody else does and after the others know (at K = T + delay)."""

    watch: Watch | Watches
    until: Array | None = None
    """[I] the last T that counts; None for no last one."""

    def at(self, i: Indices, rates: Rhos = ()) -> LeftLater:
        until = None if self.until is None else self.until[i]
        watch = _at(self.watch, i)
        assert watch is not None
        return LeftLater(_some(self.party, i), self.exits.at(i), watch, _some(self.delay, i), until=until)

    def partial(self, rho: Rho, a: Array, b: Array) -> Array:
        zero = np.zeros((1,) * np.ndim(a))
        return self.partial_after(rho, zero, zero, True, a, b)

    def partial_after(self, rho: Rho, lag: Array, other: Array, moves: bool, a: Array, b: Array) -> Array:
        """E[e^(−ρ·later); a < X ≤ b]: the later of K + lag and a time, X being added to it where it moves."""
        a, b, other = np.broadcast_arrays(a, b, other)
        exits, stays, rate = self.exits, np.ones(a.shape), like(self._rate, a)
        low, amount = np.maximum(np.asarray(a, float), 0.0), np.zeros(a.shape)
        after = self._after_moving if moves else self._after_fixed
        for x, still in zip((*exits.dated, None), (*exits.still, None), strict=True):
            high = np.maximum(low, b) if x is None else np.clip(column(x.at - exits.t0, a), low, np.maximum(low, b))
            if np.any(rate):
                amount += rate * stays * after(rho, lag, other, low, high)
            if x is None or still is None:
                break
            if np.any(x.party == self.party):
                on, still_to_come = self._on_a_date(x.at, rho, lag, other, moves=moves), still & (x.party == self.party)
                amount += np.where(self._inside(x.at, still_to_come, a, b), stays * x.chance * on, 0.0)
            stays = stays * np.where(column(still, a), 1.0 - x.chance, 1.0)
            low = high
        return amount

    def _after_moving(self, rho: Rho, lag: Array, other: Array, low: Array, high: Array) -> Array:
        """∫ over x in (low, high] of e^(−Hx) E[e^(−ρ·max(K + lag, x + other)); K < x], H the rate of all exits.

        Up to x = K + lag − other the answer is the later of the two, and from then on the undoing.
        """
        H, gap = self.exits.rate, np.maximum(lag - other, 0.0)
        faded, faded_more = _fade(H, high), _fade(H + rho, high)
        near = _fade(H, low) * self._known(rho, low - gap, low)
        near += self._known(rho + H, low, high) - np.exp(-H * gap) * self._known(rho + H, low - gap, high - gap)
        near -= faded * self._known(rho, high - gap, high)
        far = _fade(H + rho, low) * self._known(0.0, -1.0, low - gap)
        far += np.exp(-(H + rho) * gap) * self._known(H + rho, low - gap, high - gap)
        far -= faded_more * self._known(0.0, -1.0, high - gap)
        amount: Array = np.exp(-rho * lag) * near / H + np.exp(-rho * other) * far / (H + rho)
        return amount

    def _after_fixed(self, rho: Rho, lag: Array, other: Array, low: Array, high: Array) -> Array:
        """As `_after_moving`, `other` being a fixed time."""
        H, turn = self.exits.rate, np.minimum(other - lag, high)

        def left(kappa: Rho, a: Array, b: Array) -> Array:
            """E[e^(−κK) (e^(−H·max(low, K)) − e^(−H·high)); a < K ≤ b]"""
            first = _fade(H, low) * self._known(kappa, a, np.minimum(b, low))
            first += self._known(kappa + H, np.maximum(a, low), b)
            result: Array = first - _fade(H, high) * self._known(kappa, a, b)
            return result

        never = np.full(turn.shape, -1.0)
        amount: Array = np.exp(-rho * other) * left(0.0, never, turn) + np.exp(-rho * lag) * left(rho, turn, high)
        return amount / H

    def _inside(self, at: float, still: Flags, a: Array, b: Array) -> Flags:
        """Whether a dated exit, where it is still to come, falls in (a, b]."""
        x = column(at - self.exits.t0, a)
        inside: Flags = (x > a + SNAP) & (x <= b + SNAP) & column(still, a)
        return inside

    def _on_a_date(self, at: float, rho: Rho, lag: Array, other: Array, *, moves: bool) -> Array:
        """The same of one dated exit, but for the chance that nobody left on a date before."""
        now = np.maximum(column(at - self.exits.t0, other), 0.0)
        delay = like(self.delay, now)
        last = just_before(self.watch, now - delay, column(self.exits.just_after, other)) + delay
        turn = np.minimum(now + other - lag if moves else other - lag, last)
        early = np.exp(-rho * (now + other if moves else other)) * self._known(0.0, -1.0, turn)
        late = np.exp(-rho * lag) * self._known(rho, turn, last)
        amount: Array = np.exp(-self.exits.rate * now) * (early + late)
        return amount

    def _known(self, kappa: Rho, a: Array | float, b: Array) -> Array:
        """E[e^(−κK); a < K ≤ b]; a < 0 takes in 0."""
        until, delay = np.inf if self.until is None else column(self.until, b), like(self.delay, b)
        low, high = np.where(np.less(a, 0), -1.0, a - delay), np.minimum(b - delay, until)
        return np.asarray(np.exp(-kappa * delay) * self.watch.partial(kappa, low, np.maximum(low, high)))


@dataclass(frozen=True, eq=False)
class Weighed:
    """A law with a chance beside it at each moment."""

    law: Law
    chance: Array
    """[I]"""

    def partial(self, rho: Rho, a: Array, b: Array) -> Array:
        return column(self.chance, a) * self.law.partial(rho, a, b)

    def at(self, i: Indices, rates: Rhos = ()) -> Weighed:
        return Weighed(self.law.at(i, rates), self.chance[i])

    def just_before(self, z: Array, chosen: Flags) -> Array:
        return self.law.just_before(z, chosen)

    def within(self, begin: float, end: float) -> bool:
        return self.law.within(begin, end)


def kind_of(law: Law) -> object:
    """What laws have in common that can be `joined`."""
    if isinstance(law, Weighed):
        return Weighed, kind_of(law.law)
    if isinstance(law, Left):
        return type(law), law.watch is None, law.exits.leavings
    return type(law), law.exits.leavings if isinstance(law, Detected) else ()


def joined(laws: Sequence[Law]) -> Law:
    """Laws of one kind as one, from the moments of all."""
    first = laws[0]
    if len(laws) == 1:
        return first
    if isinstance(first, Weighed):
        every = [x for x in laws if isinstance(x, Weighed)]
        return Weighed(joined([x.law for x in every]), np.concatenate([x.chance for x in every]))
    if not isinstance(first, Detected | Left):
        return replace(first, chance=np.concatenate([x.chance for x in laws]))  # type: ignore[attr-defined, type-var]
    several: Sequence[Any] = laws
    moments = [len(x.exits.t0) for x in several]

    def whole(name: str, none: float) -> Array:
        """[I] of numbers of all moments, or one for all; `none` where there is none."""
        each = [none if getattr(x, name) is None else getattr(x, name) for x in several]
        return np.concatenate([np.broadcast_to(x, (n,)) for x, n in zip(each, moments, strict=True)])

    party = whole("party", 0.0).astype(np.int64) if isinstance(first, Left) else np.zeros(0, np.int64)

    exits = Exits(
        first.exits.leavings,
        np.concatenate([x.exits.t0 for x in several]),
        np.concatenate([x.exits.still for x in several], axis=1),
        np.concatenate([x.exits.just_after for x in several]),
    )
    seen = [(x.watch, n) for x, n in zip(several, moments, strict=True)]
    watch = None if first.watch is None else Watches.joined(seen)
    if isinstance(first, Left) and not isinstance(first, LeftLater):
        return Left(party, exits, watch, whole("delay", 0.0), whole("too_late", np.inf))
    assert watch is not None
    if isinstance(first, Detected):
        return Detected(watch, whole("delay", 0.0), exits)
    return LeftLater(party, exits, watch, whole("delay", 0.0), until=whole("until", np.inf))


class _Sums:
    """What has been summed up to the dates of exits, kept for each discount rate that was asked for."""

    def __init__(self, exits: Exits, dates: Sequence[Array]) -> None:
        """`dates`: of each dated exit the [I] times from which on it counts that somebody has left, in order."""
        self.exits, self.dates = exits, dates
        self._kept: dict[tuple[object, int], tuple[Any, Any]] = {}

    def of(self, what: Any, z: Array, work_out: Callable[[], T]) -> T:
        key = _key(what), z.ndim
        if key not in self._kept:
            self._kept[key] = what, work_out()
        found: T = self._kept[key][1]
        return found

    def take(self, other: _Sums, i: Indices, rates: Rhos) -> None:
        """What another has of some of its moments, at 0 and at each of some rates by what it is called here."""
        here: dict[object, Rho] = {0.0: 0.0} | {id(there): now for there, now in rates}
        for (_, ndim), (what, found) in other._kept.items():
            name, rho = what if isinstance(what, tuple) else ("", what)
            if (now := here.get(_key(rho))) is not None:
                mine = (name, now) if name else now
                self._kept[_key(mine), ndim] = mine, _rows(found, i)

    def up_to_dates(self, rho: Rho, z: Array, whole: Array, upto: Callable[[Array], Array]) -> Array:
        """Of what comes up to z (`whole`), counted with the chance that nobody has left on a date by then."""

        def made() -> list[tuple[Array, Array, Array]]:
            stays = [column(x, z) for x in self.exits.stays]
            cuts = [column(x, z) for x in self.dates]
            return [(cut, a - b, (a - b) * upto(cut)) for cut, a, b in zip(cuts, stays, stays[1:], strict=False)]

        amount = column(self.exits.stays[-1], z) * whole
        for cut, less, before in self.of(("dates", rho), z, made):
            amount = amount + np.where(z < cut, less * whole, before)
        return amount


def _rows(x: Any, i: Indices) -> Any:
    """Those of some moments, of arrays [I, …] in lists and tuples."""
    if isinstance(x, list | tuple):
        return type(x)(_rows(y, i) for y in x)
    return x[i] if isinstance(x, np.ndarray) else x


def _key(what: Any) -> object:
    """A rate by its value, an array by what it is: it is kept, so that none else can take its place."""
    if isinstance(what, tuple):
        return tuple(_key(x) for x in what)
    return id(what) if isinstance(what, np.ndarray) else what


def _fade(kappa: Rho, x: Array) -> Array:
    """e^(−κx), also at infinity."""
    return np.where(np.isposinf(x), 0.0, np.exp(-kappa * np.where(np.isposinf(x), 0.0, x)))


def like(x: float | Array, other: Array) -> Array:
    """A number, or [I], against [I, …]."""
    return column(np.asarray(x), other) if np.ndim(x) else np.asarray(x)


def _some(x: N | NDArray[Any], i: Indices) -> Any:
    return x[i] if isinstance(x, np.ndarray) else x


def _at(watch: Watch | Watches | None, i: Indices) -> Watch | Watches | None:
    return watch.at(i) if isinstance(watch, Watches) else watch


def just_before(watch: Watch | Watches, t: Array, chosen: Flags) -> Array:
    """`t`, or where chosen and a visit falls on it, a time just before it."""
    return np.where(chosen & watch.visits_at(t), t - 1.1 * SNAP, t) if watch.visits else t


STEP = 2e-4


def first_moment(law: Law, rho: Rho, a: Array, b: Array) -> Array:
    """E[Z e^(−ρZ); a < Z ≤ b] for finite b: minus the slope of E[e^(−ρZ)] in ρ, a five-point difference (1e-11)."""
    near = law.partial(rho + STEP, a, b) - law.partial(rho - STEP, a, b)
    far = law.partial(rho + 2 * STEP, a, b) - law.partial(rho - 2 * STEP, a, b)
    return (far - 8 * near) / (12 * STEP)
