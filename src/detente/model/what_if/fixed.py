"""Paths of one fixed plan, as linear functions of numbers instead of shares: what a unit of each amount is worth.

The same sum as `paths`, by the formulas of `entries` and `interactions`, but of all paths at once: one list of what
each path, to each party, makes of each entry that the party feels. What is linear in it (points a year, at entry, once
the deal is over, of no deal, and the collapse cost) is left open. Rates and times are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Branch, Deviation
from detente.model.rows.entries import Entries, Range
from detente.model.rows.fates import Fates, Times
from detente.model.rows.interactions import Conjoined
from detente.model.rows.losses import Corners, expected_spared_from, spared_from
from detente.model.rows.moments import Moments
from detente.model.rows.paths import Valued
from detente.model.tolerance import FULL
from detente.model.what_if.entered import Combined, Entered
from detente.model.what_if.slots import Slots

Put = Callable[[Indices, Indices, Array], None]
"""Takes in what some amounts, by path and slot, are worth."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What of each of some paths is valued, I of them: see `Valued`."""

    measures: Flags
    """[I, M]"""
    interactions: Flags
    """[I, J]"""
    over: Flags
    over_known: Flags
    """[I, M]"""
    no_deal: Flags
    """[I]"""

    @classmethod
    def of(cls, model: Model, parts: Sequence[Valued], no_deal: Sequence[bool]) -> Parts:
        interactions = np.zeros((len(parts), len(model.conditions)), bool)
        for i, part in enumerate(parts):
            interactions[i, list(part.interactions)] = True
        measures, over, known = (
            np.array([getattr(part, name) for part in parts]).reshape(-1, model.M)
            for name in ("measures", "over", "over_known")
        )
        return cls(measures, interactions, over, known, np.array(no_deal, bool))

    def at(self, i: Indices) -> Parts:
        return Parts(*(x[i] for x in (self.measures, self.interactions, self.over, self.over_known, self.no_deal)))


@dataclass(frozen=True, eq=False)
class Since:
    """From when paths are valued, I of them."""

    years: Array
    base: Indices

    def __len__(self) -> int:
        return len(self.years)


@dataclass(frozen=True, eq=False)
class Stack:
    """Paths of one shape, I of them: to whom each is valued, from when on, and what of it."""

    party: Indices
    """[I]"""
    moments: Moments
    part: Parts
    after: Parts
    """Of the aftermath."""
    made: Callable[[Model], Deviation]


class Weighing:
    """What a unit of each amount is worth on the paths of a stack, under one set of all that is no amount."""

    def __init__(self, model: Model, plan: Entered, slots: Slots, felt: Flags, stack: Stack) -> None:
        """`felt`: [P, N] the amounts that may not be 0."""
        self.model, self.plan, self.slots, self.felt, self.stack = model, plan, slots, felt, stack
        self.rho = model.rho[stack.party]
        self.place: list[Indices] = []
        self.worth: list[Array] = []
        self._ranges: dict[Branch, Range] = {}

    def weights(self) -> Array:
        """[I, N]"""
        shape = len(self.stack.party), self.slots.size
        if not shape[0]:
            return np.zeros(shape)
        path = self.stack.made(self.model)
        for branch in path.branches:
            self._measures(branch, self.stack.part)
            self._interactions(branch)
            self._returns(branch, path)
        for branch in path.aftermath:
            self._measures(branch, self.stack.after)
        self._spared()
        place, worth = (np.concatenate([np.zeros(0), *x]) for x in (self.place, self.worth))
        total: Array = np.bincount(place.astype(np.int64), worth, shape[0] * shape[1])
        return total.reshape(shape)

    def _put(self, i: Indices, slot: Indices, worth: Array) -> None:
        self.place.append(i * self.slots.size + slot)
        self.worth.append(worth)

    # --- no deal -----------------------------------------------------------------------------------------------------

    def _courses(self, chosen: Flags) -> Iterator[tuple[Indices, tuple[Corners, ...]]]:
        """Those paths that are chosen, by when the losses of no deal turn, with a course of one point at each turn."""
        found: dict[tuple[float, ...], list[int]] = {}
        for p in range(len(self.model.parties)):
            found.setdefault(tuple(t for t, _ in self.model.losses[p]), []).append(p)
        for years, parties in found.items():
            some = chosen & np.isin(self.stack.party, parties)
            if some.any():
                yield np.flatnonzero(some), tuple(_unit_courses(years))

    def _spared(self) -> None:
        for i, courses in self._courses(self.stack.part.no_deal):
            for n, course in enumerate(courses):
                worth = spared_from(course, self.rho[i], self.stack.moments.years[i])
                self._put(i, np.full(len(i), self.slots.no_deal.start + n), worth)

    def _returns(self, branch: Branch, path: Deviation) -> None:
        """What the first answer costs on a branch: the losses of no deal from then on, and the collapse cost."""
        finite = np.isfinite(branch.first_answer) & self.stack.part.no_deal
        for i, courses in self._courses(finite):
            rho, at, law = self.rho[i], self.stack.moments.years[i] + branch.first_answer[i], branch.law.at(i)
            low, high = branch.low[i], branch.high[i]
            chance = None if branch.answer_from == "random" else law.partial(0.0, low, high)
            for n, course in enumerate(courses):
                if chance is None:
                    lost = expected_spared_from(course, rho, law, at, low, high)
                else:
                    lost = spared_from(course, rho, at) * chance
                self._put(i, np.full(len(i), self.slots.no_deal.start + n), -lost)
        if branch.pays:
            i = np.flatnonzero(finite & (self.stack.party == path.mover))
            rho, law, low, high = self.rho[i], branch.law.at(i), branch.low[i], branch.high[i]
            cost = law.partial(rho if branch.answer_from == "random" else 0.0, low, high)
            cost = cost * np.exp(-rho * (self.stack.moments.years[i] + branch.first_answer[i]))
            self._put(i, np.full(len(i), self.slots.collapse), -cost)

    # --- measures ----------------------------------------------------------------------------------------------------

    def _measures(self, branch: Branch, part: Parts) -> None:
        over = part.over_known if branch.pays else part.over
        for inspection, fates in ((False, branch.fates), (True, branch.inspected)):
            kinds = self.slots.kinds(inspection)
            lasting = [(place, until) for place, until in kinds if until is None or np.isposinf(until)]
            self._felt_in(branch, fates, part.measures, lasting)
            for kind in (kind for kind in kinds if kind not in lasting):
                self._felt_in(branch, fates, part.measures, [kind])
        self._left_over(branch, over)

    def _felt(self, part: Flags, places: Sequence[slice]) -> tuple[Indices, Indices]:
        """Paths and entries of a part whose measures are felt in some way."""
        felt = np.any([self.felt[:, place][:, : self.model.M] for place in places], axis=0)
        some = (part & felt[self.stack.party])[:, self.plan.measure]
        i, e = np.nonzero(some)
        return i, e

    def _felt_in(
        self, branch: Branch, fates: Fates, part: Flags, kinds: Sequence[tuple[slice, float | None]]
    ) -> None:
        for piece in self._pieces(branch, fates, *self._felt(part, [place for place, _ in kinds])):
            for place, until in kinds:
                felt = self.felt[self.stack.party[piece.i], place.start + piece.measure]
                if felt.any():
                    worth = piece.entering if until is None else piece.standing(until)
                    self._put_of(piece, felt, place, worth)

    def _left_over(self, branch: Branch, over: Flags) -> None:
        if np.isfinite(branch.first_answer).any():
            for piece in self._pieces(branch, branch.fates, *self._felt(over, [self.slots.over])):
                self._put_of(piece, np.ones(len(piece.i), bool), self.slots.over, piece.left_over)

    def _put_of(self, piece: Piece, felt: Flags, place: slice, worth: Array) -> None:
        amount = np.where(felt & piece.counted, worth[:, 0] * piece.rise, 0.0)
        self._put(piece.i, place.start + piece.measure, amount)

    def _pieces(self, branch: Branch, fates: Fates, i: Indices, e: Indices) -> Iterator[Piece]:
        """Entries on a branch, those together that move alike."""
        plan, K = self.plan, self.model.K
        stop = fates.stop.years[_rows(fates.stop.years, i), plan.measure[e]]
        happens = (plan.period[e] <= self.stack.moments.base[i]) | ~np.isneginf(stop)
        i, e = i[happens], e[happens]
        if not len(i):
            return
        measure, period = plan.measure[e], plan.period[e]
        leaver = branch.leaver if isinstance(branch.leaver, int) else branch.leaver[i]
        ready, waits = plan.ready[leaver, measure], plan.waits[leaver, measure]
        for some in _alike(fates, i, measure, period > self.stack.moments.base[i]):
            entries = self._entries(branch, fates, i[some], measure[some], period[some])
            when = entries.happening(slice(None)) if entries.fresh.any() else self._whole(branch).at(i[some], entries.branch)
            piece = Piece(plan, i[some], e[some], entries, when, np.ones(len(some), bool))
            if branch.held is not None or not waits[some].any():
                held = np.full(len(some), K) if branch.held is None else branch.held[i[some]]
                yield replace(piece, counted=~waits[some] | (period[some] <= held) | (ready[some] <= held))
            else:
                yield from self._waiting(piece, ready[some], waits[some])

    def _whole(self, branch: Branch) -> Range:
        """[I, 1] all of a branch: what was in force at the moment is there for all of it."""
        if branch not in self._ranges:
            low, high = branch.low[:, None], branch.high[:, None]
            self._ranges[branch] = Range(branch, self.rho[:, None], low, np.maximum(high, low))
        return self._ranges[branch]

    def _entries(self, branch: Branch, fates: Fates, i: Indices, measure: Indices, period: Indices) -> Entries:
        """One column of entries, each on its own path."""
        here, moments = _taken(branch, i), self.stack.moments
        since = Since(moments.years[i], moments.base[i])
        some = _fates_of(fates, i, measure, self.model.keeps)
        return Entries(self.model, self.rho[i][:, None], here, since, fates=some, periods=period[:, None])

    def _waiting(self, piece: Piece, ready: Indices, waits: Flags) -> Iterator[Piece]:
        """Where entries wait for what somebody who leaves has entered by then.

        They come before its leaving, or between that and the answer where what they need is there.
        """
        entries = piece.entries
        yield replace(piece, counted=~waits)
        yield replace(piece, when=entries.happening(slice(None), at_once=True), counted=waits)
        needed = ready[:, None]
        high = np.minimum(entries.high, entries.tau - entries.t0)
        there = (high >= 0) & (entries.base < entries.period) & (needed < entries.period)
        random = np.where(there, entries.low_from(needed), 0.0), np.where(there, high, 0.0)
        between = Entries(
            self.model,
            entries.rho,
            entries.branch,
            entries.moments,
            fates=entries.fates,
            random=random,
            periods=entries.period,
        )
        counted = waits & there[:, 0]
        yield replace(piece, entries=between, when=between.happening(slice(None)), counted=counted)

    # --- interactions ------------------------------------------------------------------------------------------------

    def _interactions(self, branch: Branch) -> None:
        M, party = self.model.M, self.stack.party
        kinds = self.slots.kinds(inspection=False)
        felt = np.any([self.felt[:, place][:, M:] for place, _ in kinds], axis=0)
        chosen = self.stack.part.interactions & felt[party]
        for combined in self.plan.combined if chosen.any() else ():
            i, c = np.nonzero(chosen[:, combined.interaction])
            if not len(i):
                continue
            together = Fulfilled(self, combined, branch, i, c)
            column = M + combined.interaction[c]
            for place, until in kinds:
                there = self.felt[party[i], place.start + column]
                if there.any():
                    worth = together.first if until is None else together.standing(until)
                    counted = np.where(there & together.counted, worth[:, 0] * combined.sign[c], 0.0)
                    self._put(i, place.start + column, counted)


@dataclass(frozen=True, eq=False)
class Piece:
    """Some entries, each on a path: n of them."""

    plan: Entered
    i: Indices
    """[n] the path."""
    e: Indices
    """[n] the entry of the plan."""
    entries: Entries
    """[n, 1]"""
    when: Range
    counted: Flags
    """[n] whether they happen, as far as that hangs on what they wait for."""

    @cached_property
    def measure(self) -> Indices:
        return self.plan.measure[self.e]

    @property
    def rise(self) -> Array:
        return self.plan.rise[self.e]

    def standing(self, until: float) -> Array:
        return self.entries.standing(slice(None), until, self.when)

    @property
    def entering(self) -> Array:
        return self.entries.entering(self.when)

    @property
    def left_over(self) -> Array:
        return self.entries.left_over(slice(None), self.when)


def _unit_courses(years: Sequence[float]) -> Iterator[Corners]:
    """A course of one point a year at each of the turns of no deal's, and none at the others."""
    for i in range(len(years)):
        yield tuple((t, float(i == j)) for j, t in enumerate(years))


class Fulfilled(Conjoined):
    """Conjunctions of a plan on a branch, each on a path: [n, 1]."""

    def __init__(self, weighing: Weighing, combined: Combined, branch: Branch, i: Indices, c: Indices) -> None:
        plan, model, moments = weighing.plan, weighing.model, weighing.stack.moments
        self.combined, self.rho = combined, weighing.rho[i][:, None]
        who = combined.members[c]
        period = plan.whole[who]
        here = _taken(branch, i)
        since = Since(moments.years[i], moments.base[i])
        self.entries = Entries(model, self.rho, here, since, fates=branch.fates, periods=period)
        leaver = branch.leaver if isinstance(branch.leaver, int) else branch.leaver[i][:, None]
        needs = np.where(plan.waits[leaver, who], plan.ready[leaver, who], -1)
        turn = np.minimum(period, needs).max(axis=1, keepdims=True)
        """[n, 1] what waits is there where the party that breaks or leaves does so in this period or later."""
        if branch.held is None:
            low, self.counted = self.entries.low_from(np.minimum(turn, model.K)), turn[:, 0] < model.K
        else:
            low, self.counted = self.entries.low, turn[:, 0] <= branch.held[i]
        stop, moves = _of_each(branch.fates.stop, i, who)
        self.low = np.maximum(low, self.entries.first(stop, moves).max(axis=1, keepdims=True))
        self.high = np.maximum(self.entries.high, self.low)
        self.start = self.entries.start.max(axis=1, keepdims=True)
        self.later = np.any(self.entries.fresh, axis=1, keepdims=True)
        self._undone = self._undoing(branch.fates, i, who)

    def _undoing(self, fates: Fates, i: Indices, who: Indices) -> tuple[Array, Array]:
        """[n, F] when each member is undone: fixed, and moving."""
        fresh = self.entries.fresh
        made, later = _of_each(fates.made, i, who), _of_each(fates.later, i, who)
        years, moves = (np.where(fresh, b, a) for a, b in zip(made, later, strict=True))
        years = np.where(fates.keeps[who] >= FULL, np.inf, years)
        return np.where(moves, np.inf, years), np.where(moves, years, np.inf)

    def _of(self, clause: int) -> slice:
        """The members of a clause."""
        start = sum(x.shape[1] for x in self.combined.clauses[:clause])
        return slice(start, start + self.combined.clauses[clause].shape[1])

    def ends(self, clause: int | None) -> tuple[Array, Array]:
        some = slice(None) if clause is None else self._of(clause)
        fixed, moving = (x[:, some].min(axis=1, keepdims=True) for x in self._undone)
        return fixed, moving

    def clauses_in_time(self) -> Iterator[tuple[Flags, Array]]:
        for clause in range(len(self.combined.clauses)):
            some = self._of(clause)
            fresh, start = self.entries.fresh[:, some], self.entries.start[:, some]
            yield np.any(fresh, axis=1, keepdims=True), start.max(axis=1, keepdims=True)


def _rows(x: Array, i: Indices) -> Indices:
    """Where [I, …] stand, or all at one place where there is but one for all."""
    return i if len(x) > 1 else np.zeros(len(i), np.int64)


def _of_each(times: Times, i: Indices, who: Indices) -> tuple[Array, Flags]:
    """[n, …] when something happens to measures [n, …] on paths [n], and whether that moves."""
    rows = _rows(times.years, i).reshape(-1, *[1] * (who.ndim - 1))
    moves = times.moves[who] if times.moves.ndim == 1 else times.moves[rows, who]
    return times.years[rows, who], moves


def _fates_of(fates: Fates, i: Indices, measure: Indices, keeps: Array) -> Fates:
    """As one measure's of each path, [n, 1]."""

    def one(times: Times) -> Times:
        years, moves = _of_each(times, i, measure)
        return Times(years[:, None], np.any(moves & np.isfinite(years), keepdims=True))

    made = one(fates.made)
    later = made if fates.later is fates.made else one(fates.later)
    back = None if fates.back is None else one(fates.back)
    stop = one(fates.stop)
    stop = replace(stop, years=np.abs(stop.years))  # what never enters is there already: others are left out
    return Fates(stop, made, later, keeps[measure][:, None], back)


def _taken(branch: Branch, i: Indices) -> Branch:
    """As from some of its moments, in order."""
    return replace(
        branch,
        law=branch.law.at(i),
        low=branch.low[i],
        high=branch.high[i],
        first_answer=branch.first_answer[i],
        upto=branch.upto[i],
        just_after=branch.just_after[i],
        just_after_fixed=branch.just_after_fixed[i],
    )


def _alike(fates: Fates, i: Indices, measure: Indices, fresh: Flags) -> Iterator[Indices]:
    """Places of entries whose finite times all move or all stay, those made at the moment apart."""
    key = fresh.astype(np.int64)
    every = dict.fromkeys((fates.stop, fates.made, fates.later, *([] if fates.back is None else [fates.back])))
    for times in every:
        years, moves = _of_each(times, i, measure)
        finite = np.isfinite(years)
        key = 2 * key + np.where(finite, moves, bool(np.any(moves & finite)))
    first = key[0]
    if np.all(key == first):
        yield np.arange(len(i))
        return
    for one in np.unique(key).tolist():
        yield np.flatnonzero(key == one)
