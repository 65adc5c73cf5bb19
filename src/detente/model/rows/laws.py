"""Laws of the random time on which a path turns: of being known, of a party's leaving, whichever comes first.

A law is a measure on times Z ≥ 0 counted from each of some moments [I]; its mass may be less than 1. All integrals are
closed forms over what `detection.Watch` knows. ANSWERS §2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Flags
from detente.model.rows.detection import SNAP, Watch
from detente.model.rows.moments import Moments


class Law(Protocol):
    """A random time, counted from each moment."""

    def partial(self, rho: float, a: Array, b: Array) -> Array:
        """∫ over (a, b] of e^(−ρz) dF(z); a and b broadcast against [I, …]; a < 0 takes in 0, b may be infinite."""

    def just_before(self, z: Array, chosen: Flags) -> Array:
        """`z`, or where chosen and the law has an atom there, a time just before it."""

    def within(self, begin: float, end: float) -> bool:
        """Whether the time could fall after one time and not after another, in years from signature."""


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


def _column(x: NDArray[Any], like: Array) -> NDArray[Any]:
    """[I] against [I, …]."""
    return x.reshape(x.shape + (1,) * (like.ndim - x.ndim))


@dataclass(frozen=True, eq=False)
class Detected:
    """T, the time to detection, where it becomes known (at T + delay) before anybody leaves."""

    watch: Watch
    delay: float
    exits: Exits

    def partial(self, rho: float, a: Array, b: Array) -> Array:
        a, b = np.broadcast_arrays(a, b)
        exits = self.exits
        total = rho + exits.rate
        low, amount = np.asarray(a, float), np.zeros(a.shape)
        for cut, weight in zip(self._cuts, exits.stays, strict=False):
            high = np.clip(_column(cut, a), low, np.maximum(low, b))
            amount += _column(weight, a) * self.watch.partial(total, low, high)
            low = high
        amount += _column(exits.stays[-1], a) * self.watch.partial(total, low, np.maximum(low, b))
        amount *= np.exp(-exits.rate * self.delay)
        return amount

    @cached_property
    def _cuts(self) -> list[Array]:
        """For each dated exit [I] the last T that becomes known before it."""
        exits = self.exits
        times = (x.at - exits.t0 - self.delay for x in exits.dated)
        return [just_before(self.watch, t, exits.just_after) for t in times]

    def just_before(self, z: Array, chosen: Flags) -> Array:
        return just_before(self.watch, z, chosen)

    def within(self, begin: float, end: float) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Left:
    """X, the time at which one party leaves, before anybody else does and before the others know (at T + delay)."""

    party: int
    exits: Exits
    watch: Watch | None = None
    delay: float = 0.0
    too_late: Array | None = None
    """[I] a time at which a dated exit no longer counts; ∞ for none."""

    def partial(self, rho: float, a: Array, b: Array) -> Array:
        a, b = np.broadcast_arrays(a, b)
        exits = self.exits
        rate = sum(x.rate for x in exits.leavings if x.party == self.party)
        low, amount = np.maximum(a, 0.0) if rate else a, np.zeros(a.shape)
        for x, weight, worth in zip(exits.dated, exits.stays, self._on_dates(rho), strict=False):
            at = _column(x.at - exits.t0, a)
            if rate:
                high = np.clip(at, low, np.maximum(low, b))
                amount += rate * _column(weight, a) * self._between(rho + exits.rate, low, high)
                low = high
            if x.party == self.party:
                amount += np.where((at > a + SNAP) & (at <= b + SNAP), _column(weight * worth, a), 0.0)
        if rate:
            amount += rate * _column(exits.stays[-1], a) * self._between(rho + exits.rate, low, np.maximum(low, b))
        return amount

    def _on_dates(self, rho: float) -> list[Array]:
        """For each dated exit [I] E[e^(−ρX); X on its date], but for the chance that nobody left on a date before."""
        if rho not in self._by_rate:
            self._by_rate[rho] = [
                self._on_the_date(rho, x, still) for x, still in zip(self.exits.dated, self.exits.still, strict=True)
            ]
        return self._by_rate[rho]

    def _on_the_date(self, rho: float, x: Leaving, still: Flags) -> Array:
        if x.party != self.party:
            return np.zeros(still.shape)
        if self.too_late is not None:
            still = still & ~(np.abs(x.at - self.exits.t0 - self.too_late) <= SNAP)
        now = np.maximum(x.at - self.exits.t0, 0.0)
        worth = x.chance * np.exp(-(rho + self.exits.rate) * now) * self._unknown(now, self.exits.just_after)
        return np.where(still, worth, 0.0)

    @cached_property
    def _by_rate(self) -> dict[float, list[Array]]:
        """`_on_dates`, by discount rate."""
        return {}

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
        since = x - self.delay
        return self.watch.survival(
            since if just_after is None else just_before(self.watch, since, _column(just_after, x))
        )

    def _between(self, kappa: float, a: Array, b: Array) -> Array:
        """∫ from a to b of e^(−κx) P(T + delay > x) dx, for κ > 0: by parts."""
        if kappa <= 0:
            return np.zeros(a.shape)

        def end(x: Array) -> Array:
            finite = np.where(np.isposinf(x), 0.0, x)
            return np.where(np.isposinf(x), 0.0, np.exp(-kappa * finite) * self._unknown(finite))

        amount: Array = (end(a) - end(b)) / kappa
        if self.watch is not None:
            seen = self.watch.partial(kappa, a - self.delay, b - self.delay)
            amount = amount - np.exp(-kappa * self.delay) * seen / kappa
        return np.maximum(amount, 0.0)


@dataclass(frozen=True, eq=False)
class LeftLater(Left):
    """X, the time at which one party leaves, before anybody else does and after the others know (at K = T + delay)."""

    watch: Watch
    until: Array | None = None
    """[I] the last T that counts; None for no last one."""

    def partial(self, rho: float, a: Array, b: Array) -> Array:
        zero = np.zeros((1,) * np.ndim(a))
        return self.partial_after(rho, zero, zero, True, a, b)

    def partial_after(self, rho: float, lag: Array, other: Array, moves: bool, a: Array, b: Array) -> Array:
        """E[e^(−ρ·later); a < X ≤ b]: the later of K + lag and a time, X being added to it where it moves."""
        a, b, other = np.broadcast_arrays(a, b, other)
        exits, stays = self.exits, np.ones(a.shape)
        rate = sum(x.rate for x in exits.leavings if x.party == self.party)
        low, amount = np.maximum(np.asarray(a, float), 0.0), np.zeros(a.shape)
        after = self._after_moving if moves else self._after_fixed
        for x, still in zip((*exits.dated, None), (*exits.still, None), strict=True):
            high = np.maximum(low, b) if x is None else np.clip(_column(x.at - exits.t0, a), low, np.maximum(low, b))
            if rate:
                amount += rate * stays * after(rho, lag, other, low, high)
            if x is None or still is None:
                break
            if x.party == self.party:
                on = self._on_a_date(x.at, rho, lag, other, moves=moves)
                amount += np.where(self._inside(x.at, still, a, b), stays * x.chance * on, 0.0)
            stays = stays * np.where(_column(still, a), 1.0 - x.chance, 1.0)
            low = high
        return amount

    def _after_moving(self, rho: float, lag: Array, other: Array, low: Array, high: Array) -> Array:
        """∫ over x in (low, high] of e^(−Hx) E[e^(−ρ·max(K + lag, x + other)); K < x], H the rate of all exits.

        Up to x = K + lag − other the answer is the later of the two, and from then on the undoing.
        """
        H, gap = self.exits.rate, np.maximum(lag - other, 0.0)
        fade = {k: _fade(k, high) for k in (H, H + rho)}
        near = _fade(H, low) * self._known(rho, low - gap, low)
        near += self._known(rho + H, low, high) - np.exp(-H * gap) * self._known(rho + H, low - gap, high - gap)
        near -= fade[H] * self._known(rho, high - gap, high)
        far = _fade(H + rho, low) * self._known(0.0, -1.0, low - gap)
        far += np.exp(-(H + rho) * gap) * self._known(H + rho, low - gap, high - gap)
        far -= fade[H + rho] * self._known(0.0, -1.0, high - gap)
        amount: Array = np.exp(-rho * lag) * near / H + np.exp(-rho * other) * far / (H + rho)
        return amount

    def _after_fixed(self, rho: float, lag: Array, other: Array, low: Array, high: Array) -> Array:
        """As `_after_moving`, `other` being a fixed time."""
        H, turn = self.exits.rate, np.minimum(other - lag, high)

        def left(kappa: float, a: Array, b: Array) -> Array:
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
        x = _column(at - self.exits.t0, a)
        inside: Flags = (x > a + SNAP) & (x <= b + SNAP) & _column(still, a)
        return inside

    def _on_a_date(self, at: float, rho: float, lag: Array, other: Array, *, moves: bool) -> Array:
        """The same of one dated exit, but for the chance that nobody left on a date before."""
        now = np.maximum(_column(at - self.exits.t0, other), 0.0)
        last = just_before(self.watch, now - self.delay, _column(self.exits.just_after, other)) + self.delay
        turn = np.minimum(now + other - lag if moves else other - lag, last)
        early = np.exp(-rho * (now + other if moves else other)) * self._known(0.0, -1.0, turn)
        late = np.exp(-rho * lag) * self._known(rho, turn, last)
        amount: Array = np.exp(-self.exits.rate * now) * (early + late)
        return amount

    def _known(self, kappa: float, a: Array | float, b: Array) -> Array:
        """E[e^(−κK); a < K ≤ b]; a < 0 takes in 0."""
        until = np.inf if self.until is None else _column(self.until, b)
        low, high = np.where(np.less(a, 0), -1.0, a - self.delay), np.minimum(b - self.delay, until)
        return np.asarray(np.exp(-kappa * self.delay) * self.watch.partial(kappa, low, np.maximum(low, high)))


@dataclass(frozen=True, eq=False)
class Weighed:
    """A law with a chance beside it at each moment."""

    law: Law
    chance: Array
    """[I]"""

    def partial(self, rho: float, a: Array, b: Array) -> Array:
        a, b = np.broadcast_arrays(a, b)
        return _column(self.chance, a) * self.law.partial(rho, a, b)

    def just_before(self, z: Array, chosen: Flags) -> Array:
        return self.law.just_before(z, chosen)

    def within(self, begin: float, end: float) -> bool:
        return self.law.within(begin, end)


def _fade(kappa: float, x: Array) -> Array:
    """e^(−κx), also at infinity."""
    return np.where(np.isposinf(x), 0.0, np.exp(-kappa * np.where(np.isposinf(x), 0.0, x)))


def just_before(watch: Watch, t: Array, chosen: Flags) -> Array:
    """`t`, or where chosen and a visit falls on it, a time just before it."""
    return np.where(chosen & watch.visits_at(t), t - 1.1 * SNAP, t)


STEP = 2e-4


def first_moment(law: Law, rho: float, a: Array, b: Array) -> Array:
    """E[Z e^(−ρZ); a < Z ≤ b] for finite b: minus the slope of E[e^(−ρZ)] in ρ, a five-point difference (1e-11)."""
    near = law.partial(rho + STEP, a, b) - law.partial(rho - STEP, a, b)
    far = law.partial(rho + 2 * STEP, a, b) - law.partial(rho - 2 * STEP, a, b)
    return (far - 8 * near) / (12 * STEP)
