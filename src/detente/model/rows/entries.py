"""What entries are worth on a branch of a path, by the period in which they come: exact within periods. DESIGN §4.

An entry of all of m in period e is worth W[m,e], so that a path is Σ W[m,e]·(f[m,e] − f[m,e−1]) =
Σ (W[m,k] − W[m,k+1])·f[m,k], linear in the shares f. Column 0 of the period axis stands for "before signature".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import TINY, Layers, Model
from detente.model.rows.breaches import Branch
from detente.model.rows.detection import SNAP
from detente.model.rows.fates import Fates
from detente.model.rows.laws import Rho

Which = slice | Indices
"""Measures, by columns."""

Felt = tuple[tuple[tuple[float, float], ...], float]
"""Layers (until, points a year), and points at entry."""


def felt(layers: Layers, once: Array, p: int, c: int) -> Felt | None:
    """What a measure, or an interaction, is worth to a party; None where nothing."""
    own = tuple((until, float(rates[p, c])) for until, rates in layers if abs(rates[p, c]) > TINY)
    return (own, float(once[p, c])) if own or abs(once[p, c]) > TINY else None


def shares_of(worth: Array) -> Array:
    """Coefficients on shares f[m,k] from the worth W[m,e] of entries: W[k] − W[k+1], period axis last."""
    coefficients: Array = worth - np.concatenate([worth[..., 1:], np.zeros((*worth.shape[:-1], 1))], axis=-1)
    return coefficients


def flow(rho: Rho, until: float | Array, start: Array) -> Array:
    """What a point a year from a start until a time is worth at signature."""
    worth: Array = np.exp(-rho * start) / rho
    return np.maximum(worth - np.exp(-rho * until) / rho, 0.0) if np.any(np.isfinite(until)) else worth


class Since(Protocol):
    """From when paths are valued: see `Moments`."""

    @property
    def years(self) -> Array: ...

    @property
    def base(self) -> Indices: ...

    def __len__(self) -> int: ...


class Entries:
    """What entries are worth on a branch, by the period of the entry: [I, E], E = K+1 where no periods are chosen.

    Measures are asked for by a slice (one, in every period) or by an array [E] (of each column its own), all of whose
    finite times move with the random time or all stay.
    """

    def __init__(
        self,
        model: Model,
        rho: Rho,
        branch: Branch,
        moments: Since,
        *,
        fates: Fates | None = None,
        random: tuple[Array, Array] | None = None,
        periods: Indices | None = None,
    ) -> None:
        """`fates`: the branch's own, where not given; `random`: [I, 1 or E] the part of its random time, or all of it.

        `periods`: [E] the columns that are worked out, −1 for before signature; or [I, E], of each moment its own.
        """
        self.model, self.rho, self.branch, self.moments = model, rho, branch, moments
        self.fates = branch.fates if fates is None else fates
        self.t0 = moments.years[:, None]
        self.base = moments.base[:, None]
        self.period = np.atleast_2d(np.arange(-1, model.K) if periods is None else periods)
        self.tau = model.edges[None, :-1] if periods is None else model.edges[self.period + 1]
        self.fresh = self.period > self.base
        self.start = np.maximum(self.tau, self.t0)
        self.low, self.high = (branch.low[:, None], branch.high[:, None]) if random is None else random
        self._ranges: dict[bytes, Range] = {}

    @cached_property
    def cells(self) -> tuple[tuple[int, Entries], ...]:
        """(k0, with the random time falling after period k0 began and not after the next), where it ever does."""
        found = ((k0, self._within(k0)) for k0 in range(-1, self.model.K - 1))
        return tuple((k0, cell) for k0, cell in found if cell is not None)

    def _within(self, k0: int) -> Entries | None:
        model, law = self.model, self.branch.law
        begin, end = float(model.tau[k0]) if k0 >= 0 else 0.0, float(model.tau[k0 + 1])
        if not law.within(begin, end):
            return None
        high = np.minimum(self.high, end - self.t0)
        there = (high >= 0) & (self.base <= k0)
        if not np.any(there):
            return None
        return self._on(np.where(there, self.low_from(k0), 0.0), np.where(there, high, 0.0))

    @cached_property
    def after_all(self) -> Entries:
        """With the random time falling after the last period began."""
        low = self.low_from(self.model.K - 1)
        return self._on(low, np.maximum(self.high, low))

    def low_from(self, k0: int | Indices) -> Array:
        """[I, 1 or E] the low end of the random times that come after some period began; of any, where it has."""
        begin = self.model.edges[np.asarray(k0) + 1] - self.t0
        low: Array = np.where(self.base >= k0, self.low, np.maximum(self.low, begin))
        return low

    def _on(self, low: Array, high: Array) -> Entries:
        return Entries(self.model, self.rho, self.branch, self.moments, fates=self.fates, random=(low, high))

    def happening(self, m: Which, *, at_once: bool = False) -> Range:
        """The random times for which entries of m happen: what was in force at the moment is there for all.

        `at_once`: only where they come before the random time itself.
        """
        stop, moves = self.fates.stop[m]
        if at_once:
            stop = np.zeros((len(self.moments), 1))
        key = stop.tobytes() + bytes([moves, at_once])
        if key not in self._ranges:
            self._ranges[key] = self._range(stop, moves)
        return self._ranges[key]

    def _range(self, stop: Array, moves: bool) -> Range:
        first = self.first(stop, moves)
        return Range(self.branch, self.rho, first, np.broadcast_to(np.maximum(self.high, first), first.shape))

    def first(self, stop: Array, moves: bool | Flags) -> Array:
        """[I, E] the random times after which entries happen that stop at some time: one that moves, or does not."""
        ahead, first = self.tau - self.t0, self.low
        if np.any(moves):
            law, late = self.branch.law, self.branch.just_after[:, None]
            first = np.maximum(self.low, law.just_before(ahead - np.where(moves, stop, 0.0), late))
        if not np.all(moves):
            snap = np.where(self.branch.just_after_fixed[:, None], -SNAP, SNAP)
            there = (stop > ahead + snap) | ((self.period <= self.branch.upto[:, None]) & ~np.isneginf(stop))
            first = np.where(moves, first, np.where(there, self.low, np.inf))
        return np.where(self.fresh, first, self.low)

    def standing(self, m: Which, until: float | Array, when: Range) -> Array:
        """[I, E] what a point a year is worth while m, entered, is in force, until some years after signature.

        `until`: the same for all, or [I, E].
        """
        total = flow(self.rho, until, self.start) * when.chance
        fates, keeps = self.fates, self.fates.keeps[m]
        for chosen, times in self.fates.undone(self.fresh):
            if np.any(np.isfinite(times.years[:, m]) & (keeps < 1)):
                lost = self._ended(until, times[m], when)
                if fates.back is not None:
                    lost = lost - self._ended(until, fates.back[m], when)
                total = total - np.where(chosen, (1 - keeps) * lost, 0.0)
        return total

    def entering(self, when: Range) -> Array:
        """[I, E] what a point at entry is worth, where that is still to come."""
        return np.where(self.fresh, np.exp(-self.rho * np.maximum(self.tau, 0.0)), 0.0) * when.chance

    def _ended(self, until: float | Array, time: tuple[Array, bool], when: Range) -> Array:
        """What is lost of a point a year from a time on, entries that do not happen left out."""
        offset, moves = time
        if not np.any(np.isfinite(offset)):
            return np.zeros(self.start.shape)
        at, rho = self.t0 + np.where(np.isfinite(offset), offset, 0.0), self.rho
        if not moves:
            total = flow(rho, until, at) * when.chance
        elif np.all(np.isposinf(until)):
            total = np.exp(-rho * at) * when.discount / rho
        else:
            last = np.minimum(when.high, until - at)
            seen = np.exp(-rho * at) * when.parts(rho, when.low, last)
            total = (seen - np.exp(-rho * until) * when.parts(0.0, when.low, last)) / rho
        return np.where(np.isfinite(offset), total, 0.0)

    def left_over(self, m: Which, when: Range) -> Array:
        """[I, E] a point a year from the first answer on while m is in force: whole until undone, then `keeps`."""
        finite, keeps = np.isfinite(self.branch.first_answer), self.fates.keeps[m]
        if not np.any(finite):
            return np.zeros(self.start.shape)
        total = when.discounted_over(self.t0, (self.start - self.t0, False))
        for chosen, times in self.fates.undone(self.fresh):
            offset, moves = times[m]
            there = np.isfinite(offset)
            if np.any(there & (keeps < 1)):
                lost = when.discounted_over(self.t0, (np.where(there, offset, 0.0), moves))
                total = total - np.where(chosen & there, (1 - keeps) * lost, 0.0)
        return np.where(finite[:, None], total / self.rho, 0.0)


def worth_of(
    entries: Entries,
    m: int,
    own: Felt,
    over: float,
    *,
    made_only_before_turn: bool = False,
    only_after: int | None = None,
) -> Array:
    """[I, K+1] what an entry of all of m in each period is worth to who feels it so.

    `made_only_before_turn`: of entries to come, those before the random time; `only_after`: none until a period.
    """
    which = slice(m, m + 1)
    when = entries.happening(which, at_once=made_only_before_turn)
    layers, once = own
    total = np.zeros(entries.start.shape)
    for until, rate in layers:
        total = total + rate * entries.standing(which, until, when)
    if once:
        total = total + once * entries.entering(when)
    if over:
        total = total + over * entries.left_over(which, when)
    return total if only_after is None else np.where(entries.period > only_after, total, 0.0)


@dataclass
class Range:
    """The part (low, high] of a branch's law on which entries happen: [I, K+1], with its chance and discount."""

    branch: Branch
    rho: Rho
    low: Array
    high: Array

    @cached_property
    def chance(self) -> Array:
        return self.parts(0.0, self.low, self.high)

    @cached_property
    def discount(self) -> Array:
        """E[e^(−ρZ)] on the range."""
        return self.parts(self.rho, self.low, self.high)

    def at(self, i: Indices, branch: Branch) -> Range:
        """Of some moments, from which a branch goes."""
        rho = self.rho[i] if isinstance(self.rho, np.ndarray) else self.rho
        some = Range(branch, rho, self.low[i], self.high[i])
        some.chance, some.discount = self.chance[i], self.discount[i]
        return some

    def parts(self, rho: Rho, a: Array, b: Array) -> Array:
        return self.branch.parts(rho, a, np.maximum(a, b))

    def discounted_over(self, t0: Array, other: tuple[Array, bool]) -> Array:
        """E[e^(−ρt)] of the later of the first answer and a time from the moment, or from the random time."""
        (b, b_moves), branch = other, self.branch
        a = np.where(np.isfinite(branch.first_answer), branch.first_answer, 0.0)[:, None]
        if branch.answer_from == "known":
            low, high = self.low, np.maximum(self.low, self.high)
            return np.exp(-self.rho * t0) * branch.later(self.rho, a, b, b_moves, low, high)
        a_moves = branch.answer_from == "random"
        if a_moves == b_moves:
            at = np.exp(-self.rho * (t0 + np.maximum(a, b)))
            return at * (self.discount if a_moves else self.chance)
        moving, fixed = (a, b) if a_moves else (b, a)
        cut = np.clip(fixed - moving, self.low, self.high)
        first = np.exp(-self.rho * (t0 + fixed)) * self.parts(0.0, self.low, cut)
        return first + np.exp(-self.rho * (t0 + moving)) * self.parts(self.rho, cut, self.high)
