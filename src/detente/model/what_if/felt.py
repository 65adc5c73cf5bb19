"""What somebody feels of what a plan enters, on the branches of paths: one entry, or one conjunction, on each way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Branch
from detente.model.rows.fates import Fates, Times
from detente.model.tolerance import FULL
from detente.model.what_if.entered import Combined, Entered
from detente.model.what_if.slots import Slots

MANY = 2000
"""Entries above which it pays to tell them apart."""
E = TypeVar("E", "Entering", "Jointly")
ENTERING, OVER = -1.0, -2.0
"""In place of when what is felt ends: what is felt at entry, and what is felt once the deal is over."""


@dataclass(frozen=True, eq=False)
class Beginnings:
    """From when paths are valued, I of them."""

    years: Array
    base: Indices

    def __len__(self) -> int:
        return len(self.years)

    def at(self, i: Indices) -> Beginnings:
        return Beginnings(self.years[i], self.base[i])


@dataclass(frozen=True, eq=False)
class Feeling:
    """What somebody feels of what a plan enters, on some paths: n of them."""

    path: Indices
    entry: Indices
    """[n] of the plan."""
    slot: Indices
    until: Array
    """[n] when it ends at the latest, or `ENTERING`, or `OVER`."""
    inspection: Flags
    together: tuple[tuple[Indices, Indices], ...]
    """Of each `Combined` of the plan the paths, and its conjunctions."""

    @classmethod
    def of(cls, plan: Entered, slots: Slots, felt: Flags, measures: Flags, interactions: Flags, over: Flags) -> Feeling:
        """`felt`: [I, N] of each path; of which of its `measures`, its `interactions` and what is `over` is asked."""
        kinds = [(place, until, False) for place, until in slots.kinds(inspection=False)]
        kinds += [(place, until, True) for place, until in slots.kinds(inspection=True)]
        found = []
        for place, until, inspection in (*kinds, (slots.over, OVER, False)):
            column = place.start + plan.measure
            some = (over if until == OVER else measures)[:, plan.measure]
            i, e = np.nonzero(felt[:, column] & some)
            ends = np.full(len(i), ENTERING if until is None else until)
            found.append((i, e, column[e], ends, np.full(len(i), inspection)))
        first = measures.shape[1]
        any_ = np.any([felt[:, place][:, first:] for place, _ in slots.kinds(inspection=False)], axis=0) & interactions
        joint = tuple(np.nonzero(any_[:, x.interaction]) for x in plan.combined)
        return cls(*(np.concatenate(x) for x in zip(*found, strict=True)), together=joint)  # type: ignore[misc, arg-type]


@dataclass(frozen=True, eq=False)
class Entering:
    """Entries on ways that paths go, n of them."""

    way: Indices
    slot: Indices
    until: Array
    measure: Indices
    period: Indices
    fresh: Flags
    """Whether the entry is still to come."""
    factor: Array
    """By how much it raises a share; 0 where it does not happen."""
    low: Array
    high: Array
    """The part of the random time that is asked about."""
    stop: Times
    undone: Times
    """[n] when it no longer happens, and is undone; moving or not one by one."""

    def at(self, i: Indices) -> Entering:
        return _each([self], lambda x: x[0][i])

    def on(self, first: int) -> Entering:
        """With ways counted from another."""
        return replace(self, way=self.way + first)

    @classmethod
    def joined(cls, several: Sequence[Entering]) -> Entering:
        return _each(several, np.concatenate)

    def alike(self) -> Iterator[Indices]:
        """Places of entries whose finite times all move or all stay, what is over apart.

        Where there are many, those still to come are told from others, and what ends from what does not: each has
        less to be worked out.
        """
        if not len(self.way):
            return
        stop, undone = _moving(self.stop, self.fresh), _moving(self.undone, np.ones(len(self.way), bool))
        key = 4 * (self.until == OVER) + 2 * stop + undone
        if len(self.way) > MANY:
            key += 16 * self.fresh + 8 * (np.isfinite(self.until) & (self.until >= 0))
        order = np.argsort(key, kind="stable")
        yield from np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


def _moving(times: Times, asked: Flags) -> Flags:
    """Which times move; those that never come, or are not asked for, move like others."""
    finite = np.isfinite(times.years) & asked
    moving: Flags = np.where(finite, times.moves, bool(np.any(times.moves & finite)))
    return moving


@dataclass(frozen=True, eq=False)
class Jointly:
    """Conjunctions on ways that paths go, n of them, of F members each."""

    combined: Combined
    way: Indices
    interaction: Indices
    factor: Array
    """[n] the sign; 0 where it never comes true."""
    period: Indices
    stop: Times
    made: Times
    later: Times
    """[n, F]"""
    low: Array
    """[n] the low end of the random times that come after what it waits for."""

    def on(self, first: int) -> Jointly:
        return replace(self, way=self.way + first)

    @classmethod
    def joined(cls, several: Sequence[Jointly]) -> Jointly:
        return _each(several, np.concatenate)


def entering(model: Model, plan: Entered, since: Beginnings, branch: Branch, felt: Feeling) -> Entering:
    """What is felt of entries on a branch of some paths."""
    every = _entering(plan, since, branch, felt)
    leaver = branch.leaver if isinstance(branch.leaver, int) else branch.leaver[every.way]
    waits = plan.waits[leaver, every.measure]
    if not waits.any():
        return every
    ready = plan.ready[leaver, every.measure]
    if branch.held is not None:
        held = branch.held[every.way]
        there = ~waits | (every.period <= held) | (ready <= held)
        return every.at(np.flatnonzero(there))
    waiting = every.at(np.flatnonzero(waits))
    ready, t0, base = ready[waits], since.years[waiting.way], since.base[waiting.way]
    at_once = replace(waiting, stop=Times(np.zeros(len(ready)), waiting.stop.moves))
    # between somebody's leaving and the answer, where what they need has been entered by then
    high = np.minimum(waiting.high, model.edges[waiting.period + 1] - t0)
    later = np.maximum(waiting.low, model.edges[ready + 1] - t0)
    low = np.where(base >= ready, waiting.low, later)
    there = np.flatnonzero((high >= 0) & (base < waiting.period) & (ready < waiting.period))
    between = replace(waiting, low=low, high=high).at(there)
    return Entering.joined([every.at(np.flatnonzero(~waits)), at_once, between])


def _entering(plan: Entered, since: Beginnings, branch: Branch, felt: Feeling) -> Entering:
    """As if none waited. What is never entered, and what is over where nobody answers, is left out."""
    measure, period = plan.measure[felt.entry], plan.period[felt.entry]
    fresh = period > since.base[felt.path]
    stop, undone = _times(branch.fates, felt.path, measure, fresh)
    if branch.inspected is not branch.fates and felt.inspection.any():
        other = _times(branch.inspected, felt.path, measure, fresh)
        stop, undone = (_where(felt.inspection, b, a) for a, b in zip((stop, undone), other, strict=True))
    there = ~(fresh & np.isneginf(stop.years))
    there &= (felt.until != OVER) | np.isfinite(branch.first_answer[felt.path])
    stop = Times(np.where(np.isneginf(stop.years), np.inf, stop.years), stop.moves)
    every = Entering(
        way=felt.path,
        slot=felt.slot,
        until=felt.until,
        measure=measure,
        period=period,
        fresh=fresh,
        factor=plan.rise[felt.entry],
        low=branch.low[felt.path],
        high=branch.high[felt.path],
        stop=stop,
        undone=undone,
    )
    return every if there.all() else every.at(np.flatnonzero(there))


def together(
    model: Model, plan: Entered, since: Beginnings, branch: Branch, felt: Feeling
) -> tuple[Jointly | None, ...]:
    """What is felt of conjunctions on a branch of some paths, by how many clauses they have."""
    some = (len(i) > 0 for i, _ in felt.together)
    return tuple(_together(model, plan, since, branch, felt, n) if there else None for n, there in enumerate(some))


def _together(model: Model, plan: Entered, since: Beginnings, branch: Branch, felt: Feeling, n: int) -> Jointly:
    combined, (i, c) = plan.combined[n], felt.together[n]
    who = combined.members[c]
    period = plan.whole[who]
    leaver = branch.leaver if isinstance(branch.leaver, int) else branch.leaver[i][:, None]
    needs = np.where(plan.waits[leaver, who], plan.ready[leaver, who], -1)
    turn = np.minimum(period, needs).max(axis=1)
    """[n] what waits is there where the party that breaks or leaves does so in this period or later."""
    low, base = branch.low[i], since.base[i]
    if branch.held is None:
        counted, begin = turn < model.K, model.edges[np.minimum(turn, model.K) + 1] - since.years[i]
        low = np.where(base >= turn, low, np.maximum(low, begin))
    else:
        counted = turn <= branch.held[i]
    times = [of_each(x, i, who) for x in (branch.fates.stop, branch.fates.made, branch.fates.later)]
    whole = model.keeps[who] >= FULL
    stop, made, later = times[0], *(Times(np.where(whole, np.inf, x.years), x.moves) for x in times[1:])
    return Jointly(
        combined=combined,
        way=i,
        interaction=combined.interaction[c],
        factor=np.where(counted, combined.sign[c], 0.0),
        period=period,
        stop=stop,
        made=made,
        later=later,
        low=low,
    )


def _times(fates: Fates, i: Indices, measure: Indices, fresh: Flags) -> tuple[Times, Times]:
    """[n] when entries no longer happen, and when they are undone."""
    made = of_each(fates.made, i, measure)
    later = made if fates.later is fates.made else of_each(fates.later, i, measure)
    return of_each(fates.stop, i, measure), made if later is made else _where(fresh, later, made)


def of_each(times: Times, i: Indices, who: Indices) -> Times:
    """[n, …] when something happens to measures [n, …] on paths [n]."""
    rows = i.reshape(-1, *[1] * (who.ndim - 1)) if len(times.years) > 1 else 0
    moves = times.moves[who] if times.moves.ndim == 1 else times.moves[rows, who]
    return Times(times.years[rows, who], moves)


def _where(chosen: Flags, a: Times, b: Times) -> Times:
    return Times(np.where(chosen, a.years, b.years), np.where(chosen, a.moves, b.moves))


def _each(several: Sequence[E], work: Callable[[list[Any]], Any]) -> E:
    """Work done on each array of some alike."""
    first, found = several[0], dict[str, Any]()
    for name, x in vars(first).items():
        if isinstance(x, np.ndarray):
            found[name] = work([getattr(y, name) for y in several])
        elif isinstance(x, Times):
            some = [getattr(y, name) for y in several]
            found[name] = Times(work([y.years for y in some]), work([y.moves for y in some]))
    return replace(first, **found)
