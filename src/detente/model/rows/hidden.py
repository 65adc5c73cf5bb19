"""What a point a year is worth while something is hidden from a deal that nobody has left. ANSWERS §4.

Between two times it is hidden while nobody has left (S), where a breach has been known for some years (F): integrals of
e^(−ρt)·S(t)·F(t), exact, since between the dates of exits S fades at one rate, and F is integrated by parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from detente.model.numeric import Array
from detente.model.rows.detection import Watch, column
from detente.model.rows.laws import Exits, Law, Rho


@dataclass(frozen=True)
class HiddenTime:
    """As seen from some moments [I], by a party with a discount rate."""

    rho: float
    exits: Exits
    watch: Watch | None
    """By what a breach is seen; None: it is known at once."""

    def staying(self, start: Array, until: Array | float) -> Array:
        """[I, E] from a start until a time (years from signature) while nobody has left."""
        return self._between(None, 0.0, start, until)

    def known(
        self, lag: float, start: Array, until: Array | float, *, last: Array | None = None, leaving: bool = True
    ) -> Array:
        """The same, but only once a breach at the moment has been seen for `lag` years.

        `last`: [I] the last time of being seen that counts; `leaving`: whether anybody can leave.
        """
        if math.isinf(lag):
            return np.zeros(np.broadcast_shapes(start.shape, np.shape(until)))
        return self._between(self.watch or AT_ONCE, lag, start, until, last, leaving=leaving)

    def _between(
        self,
        watch: Watch | _AtOnce | None,
        lag: float,
        start: Array,
        until: Array | float,
        last: Array | None = None,
        *,
        leaving: bool = True,
    ) -> Array:
        t0, exits = self.exits.t0[:, None], self.exits
        start, until = np.broadcast_arrays(np.asarray(start, float), until)
        a, b = start - t0, np.maximum(until, start) - t0
        kappa = self.rho + (exits.rate if leaving else 0.0)
        of = _Upto(kappa, watch, lag, None if last is None else last[:, None])
        if not leaving or not exits.dated:
            stays = column(exits.stays[-1], a) if leaving else 1.0
            return np.asarray(np.exp(-self.rho * t0) * stays * (of(b) - of(a)), float)
        amount = column(exits.stays[-1], a) * (of(b) - of(a))
        for x, now, then in zip(exits.dated, exits.stays, exits.stays[1:], strict=False):
            cut = np.maximum(x.at - t0, 0.0)
            amount = amount + column(now - then, a) * (of(np.minimum(b, cut)) - of(np.minimum(a, cut)))
        return np.asarray(np.exp(-self.rho * t0) * amount, float)


class _AtOnce:
    """A breach that is known at once, as `Watch` has it."""

    def survival(self, t: Array) -> Array:
        return np.where(t >= 0, 0.0, 1.0)

    def upto(self, rho: float, t: Array) -> Array:
        return np.where(t >= 0, 1.0, 0.0)


AT_ONCE = _AtOnce()


@dataclass(frozen=True)
class _Upto:
    """z → ∫ from 0 to z of e^(−κu)·P(T + lag ≤ u, T ≤ last) du; P is 1 where nothing need be seen."""

    kappa: float
    watch: Watch | _AtOnce | None
    lag: float
    last: Array | None

    def __call__(self, z: Array) -> Array:
        if self.watch is None:
            return (1.0 - _fade(self.kappa, z)) / self.kappa
        if self.last is None:
            return self._growing(z)
        end = np.maximum(self.last + self.lag, 0.0)
        known = 1.0 - self.watch.survival(np.broadcast_to(self.last, z.shape))
        over = (_fade(self.kappa, np.minimum(z, end)) - _fade(self.kappa, z)) / self.kappa
        return self._growing(np.minimum(z, end)) + known * over

    def _growing(self, z: Array) -> Array:
        assert self.watch is not None
        since = z - self.lag
        seen = math.exp(-self.kappa * self.lag) * self.watch.upto(self.kappa, since)
        amount: Array = (seen - _fade(self.kappa, z) * (1.0 - self.watch.survival(since))) / self.kappa
        return amount


def _fade(kappa: Rho, x: Array) -> Array:
    """e^(−κx), also at infinity."""
    return np.exp(-kappa * x)


def until_turn(
    law: Law,
    rho: Rho,
    t0: Array,
    shift: Array | float,
    stretch: tuple[Array, Array | float],
    ends: tuple[Array, Array],
) -> Array:
    """[I, E] of a point a year from a start until a time or, before that, t0 + shift + Z: with Z in (low, high].

    `t0`: [I, 1]; `shift`: a number or [I, 1]; `stretch`: start and until; `ends`: [I, 1] low and high.
    """
    start, until = np.broadcast_arrays(np.asarray(stretch[0], float), stretch[1])
    low, high = ends
    high = np.broadcast_to(np.maximum(low, high), start.shape)
    x = np.clip(start - t0 - shift, low, high)
    y = np.clip(until - t0 - shift, x, high)
    amount = _fade(rho, start) * law.partial(0.0, x, high) - np.exp(-rho * (t0 + shift)) * law.partial(rho, x, y)
    if np.any(np.isfinite(until)):
        amount = amount - _fade(rho, until) * law.partial(0.0, y, high)
    return np.where(start < until, amount / rho, 0.0)
