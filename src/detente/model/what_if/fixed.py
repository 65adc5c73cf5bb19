"""Paths of one fixed plan, as linear functions of numbers instead of shares: what a unit of each amount is worth.

The same sum as `paths`, by the formulas of `entries` and `interactions`, but of all paths at once: one list of what
each way that a path goes makes of each entry that somebody feels. What is linear in it (points a year, at entry, once
the deal is over, of no deal, and the collapse cost) is left open. Rhos and times are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Branch, Deviation
from detente.model.rows.entries import Entries, Range
from detente.model.rows.fates import Fates, Times
from detente.model.rows.laws import joined, kind_of
from detente.model.rows.losses import Corners, expected_spared_by_turn, spared_from
from detente.model.rows.paths import Valued
from detente.model.what_if.changed import changed, chosen_of, taken
from detente.model.what_if.entered import Entered
from detente.model.what_if.felt import ENTERING, OVER, Beginnings, Entering, Feeling, Jointly, entering, together
from detente.model.what_if.fulfilled import Fulfilled
from detente.model.what_if.slots import Slots


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
            np.array([getattr(part, name) for part in parts], bool).reshape(-1, model.M)
            for name in ("measures", "over", "over_known")
        )
        return cls(measures, interactions, over, known, np.array(no_deal, bool))

    def at(self, i: Indices) -> Parts:
        """Of some of the paths, in order."""
        return Parts(*(getattr(self, f.name)[i] for f in fields(self)))


@dataclass(frozen=True, eq=False)
class Stack:
    """Paths of one shape, I of them: to whom each is valued, from when on, and what of it."""

    party: Indices
    """[I]"""
    since: Beginnings
    part: Parts
    after: Parts
    """Of the aftermath."""
    made: Callable[[Model], Deviation]
    _felt: dict[object, Feeling] = field(default_factory=dict)

    def at(self, i: Indices) -> Stack:
        """Some of the paths, in order."""
        return Stack(self.party[i], self.since.at(i), self.part.at(i), self.after.at(i), self.made)

    def felt(self, plan: Entered, slots: Slots, felt: Flags, *, after: bool, known: bool) -> Feeling:
        """What its parties feel, of `felt` [P, N]; `after`: in the aftermath; `known`: once a breach is known."""
        key = felt.tobytes(), repr(slots), after, known
        if key not in self._felt:
            if len(self._felt) > MOST:
                self._felt.clear()
            part = self.after if after else self.part
            over = part.over_known if known else part.over
            self._felt[key] = Feeling.of(plan, slots, felt[self.party], part.measures, part.interactions, over)
        return self._felt[key]


NOWHERE = np.zeros(0, np.int64)
MOST = 32
"""How much of what is felt is kept of a stack."""


@dataclass(frozen=True, eq=False)
class Hanging:
    """All that the weights of a stack's paths hang on, I of them."""

    path: Deviation
    rho: Array
    """[I] of the party."""
    felt: Flags
    """[I, N]"""
    common: tuple[object, ...]
    """The same for all paths."""

    def changes(self, known: tuple[Hanging, Array] | None) -> Flags:
        """[I] which paths hang on something else than when they were worked out last."""
        n = len(self.rho)
        if known is None:
            return np.ones(n, bool)
        now, was = ((x.path.branches, x.path.aftermath, x.rho, x.felt, x.common) for x in (self, known[0]))
        return changed(now, was, n)


@dataclass(frozen=True, eq=False)
class Way:
    """A branch of the paths of a stack, I of them."""

    stack: Stack
    branch: Branch
    first: int
    """The place of the first of the paths among all."""
    no_deal: Flags
    """[I] whether the losses of no deal return."""
    pays: Flags
    """[I] whether the party pays its collapse cost."""
    entering: Entering
    together: tuple[Jointly | None, ...]


class Weigher:
    """What a unit of each amount is worth on paths of some stacks, under one set of all that is no amount.

    Bundle of all paths on which the random time has a law of one kind are worked out at once.
    """

    def __init__(self, model: Model, plan: Entered, slots: Slots, felt: Flags, used: Indices) -> None:
        """`felt`: [P, N] the amounts that may not be 0; `used`: [n] those that anybody has."""
        self.model, self.plan, self.slots, self.felt, self.used = model, plan, slots, felt, used
        self._column = np.zeros(slots.size, np.int64)
        self._column[used] = np.arange(len(used))
        self.paths = 0
        self._place: list[Indices] = []
        self._worth: list[Array] = []
        self._alike: dict[object, list[Way]] = {}

    def add(self, stack: Stack, path: Deviation, chosen: Indices) -> Indices:
        """Take in some of a stack's paths. Their places among all."""
        if len(chosen) < len(stack.party):
            stack, path = stack.at(chosen), chosen_of(path, chosen)
        n, first = len(stack.party), self.paths
        if n:
            for branch in path.branches:
                self._go(stack, branch, path, after=False)
            for branch in path.aftermath:
                self._go(stack, branch, path, after=True)
            self._spared(stack)
        self.paths += n
        return np.arange(first, first + n)

    def _go(self, stack: Stack, branch: Branch, path: Deviation, *, after: bool) -> None:
        part = stack.after if after else stack.part
        felt = stack.felt(self.plan, self.slots, self.felt, after=after, known=branch.pays)
        no_deal = part.no_deal & np.isfinite(branch.first_answer)
        pays = no_deal & (stack.party == path.mover) & branch.pays
        way = Way(
            stack=stack,
            branch=branch,
            first=self.paths,
            no_deal=no_deal,
            pays=pays,
            entering=entering(self.model, self.plan, stack.since, branch, felt),
            together=together(self.model, self.plan, stack.since, branch, felt),
        )
        self._alike.setdefault((kind_of(branch.law), branch.answer_from), []).append(way)

    def weights(self) -> Array:
        """[paths, n]"""
        for ways in self._alike.values():
            Bundle(self, ways).weigh()
        place, worth = np.concatenate([NOWHERE, *self._place]), np.concatenate([np.zeros(0), *self._worth])
        total = np.asarray(np.bincount(place, worth, self.paths * len(self.used)), float)
        return total.reshape(self.paths, len(self.used))

    def put(self, path: Indices, slot: Indices | int, worth: Array) -> None:
        """Take in what some amounts are worth."""
        self._place.append(path * len(self.used) + self._column[slot])
        self._worth.append(worth)

    def _spared(self, stack: Stack) -> None:
        for i, years in self.courses(stack.party, stack.part.no_deal):
            for n, course in enumerate(_unit_courses(years)):
                worth = spared_from(course, self.model.rho[stack.party[i]], stack.since.years[i])
                self.put(self.paths + i, self.slots.no_deal.start + n, worth)

    def courses(self, party: Indices, chosen: Flags) -> Iterator[tuple[Indices, tuple[float, ...]]]:
        """Those that are chosen, by when the losses of no deal turn."""
        found: dict[tuple[float, ...], list[int]] = {}
        for p in range(len(self.model.parties)):
            found.setdefault(tuple(t for t, _ in self.model.losses[p]), []).append(p)
        for years, parties in found.items():
            turning = np.zeros(len(self.model.parties), bool)
            turning[parties] = True
            some = np.flatnonzero(chosen & turning[party])
            if len(some):
                yield some, years


class Bundle:
    """Branches of paths whose laws are of one kind: W ways."""

    def __init__(self, weighing: Weigher, ways: Sequence[Way]) -> None:
        self.weighing, self.model, self.slots = weighing, weighing.model, weighing.slots
        lengths = [len(way.stack.party) for way in ways]
        self.starts = np.cumsum([0, *lengths])
        self.path = np.concatenate([way.first + np.arange(n) for way, n in zip(ways, lengths, strict=True)])
        self.party = np.concatenate([way.stack.party for way in ways])
        self.rho = self.model.rho[self.party]
        years, base = (np.concatenate([getattr(way.stack.since, x) for way in ways]) for x in ("years", "base"))
        self.since = Beginnings(years, base)
        self.no_deal, self.pays = (np.concatenate([getattr(way, x) for way in ways]) for x in ("no_deal", "pays"))
        self.branch = _joined([way.branch for way in ways])
        self.ways = ways
        self.rates = self.rho[:, None]
        low, high = self.branch.low[:, None], self.branch.high[:, None]
        self.whole = Range(self.branch, self.rates, low, np.maximum(high, low))
        """[W, 1] all of a branch: what was in force at the moment is there for all of it."""

    def weigh(self) -> None:
        self._returns()
        ways = list(zip(self.ways, self.starts.tolist(), strict=False))
        self._entering(Entering.joined([way.entering.on(first) for way, first in ways]))
        for c in range(len(self.ways[0].together)):
            found = [(way.together[c], first) for way, first in ways]
            several = [together.on(first) for together, first in found if together is not None]
            if several:
                self._together(Jointly.joined(several))

    def _returns(self) -> None:
        """What the first answer costs on a branch: the losses of no deal from then on, and the collapse cost."""
        branch, put, random = self.branch, self.weighing.put, self.branch.answer_from == "random"
        for i, years in self.weighing.courses(self.party, self.no_deal):
            here, rho = taken(branch, i), self.rho[i]
            at = self.since.years[i] + here.first_answer
            if random:
                lost = expected_spared_by_turn(years, rho, here.law, at, here.low, here.high)
            else:
                chance = here.parts(0.0, here.low, here.high)
                lost = np.stack([spared_from(course, rho, at) * chance for course in _unit_courses(years)], axis=1)
            for n in range(len(years)):
                put(self.path[i], self.slots.no_deal.start + n, -lost[:, n])
        if self.pays.any():
            i = np.flatnonzero(self.pays)
            here, rho = taken(branch, i), self.rho[i]
            cost = here.parts(rho if random else 0.0, here.low, here.high)
            put(self.path[i], self.slots.collapse, -cost * np.exp(-rho * (self.since.years[i] + here.first_answer)))

    def _entering(self, every: Entering) -> None:
        for places in every.alike():
            one, whole = every.at(places), slice(None)
            entries = self._entries(one)
            when = entries.happening(whole) if one.fresh.any() else self.whole.at(one.way, entries.branch)
            if one.until[0] == OVER:
                worth = entries.left_over(whole, when)
            else:
                once = one.until[:, None] == ENTERING
                worth = entries.standing(whole, np.where(once, np.inf, one.until[:, None]), when)
                if once.any():
                    worth = np.where(once, entries.entering(when), worth)
            self.weighing.put(self.path[one.way], one.slot, one.factor * worth[:, 0])

    def _entries(self, one: Entering) -> Entries:
        """A column of entries, each on its own way; their finite times all move or all stay."""
        rho, period, since = self.rho[one.way][:, None], one.period[:, None], self.since.at(one.way)
        here = taken(self.branch, one.way, [(self.rates, rho)])
        stop, undone = (
            Times(x.years[:, None], _uniform(x, asked)) for x, asked in ((one.stop, one.fresh), (one.undone, True))
        )
        fates = Fates(stop, undone, undone, self.model.keeps[one.measure][:, None])
        random = one.low[:, None], one.high[:, None]
        return Entries(self.model, rho, here, since, fates=fates, random=random, periods=period)

    def _together(self, every: Jointly) -> None:
        rho, since = self.rho[every.way][:, None], self.since.at(every.way)
        here = taken(self.branch, every.way, [(self.rates, rho)])
        entries = Entries(self.model, rho, here, since, fates=self.branch.fates, periods=every.period)
        fulfilled = Fulfilled(entries, every)
        column = len(self.model.measures) + every.interaction
        for place, until in self.slots.kinds(inspection=False):
            there = self.weighing.felt[self.party[every.way], place.start + column]
            if there.any():
                worth = fulfilled.first if until is None else fulfilled.standing(until)
                self.weighing.put(self.path[every.way], place.start + column, there * every.factor * worth[:, 0])


def _unit_courses(years: Sequence[float]) -> Iterator[Corners]:
    """A course of one point a year at each of the turns of no deal's, and none at the others."""
    for i in range(len(years)):
        yield tuple((t, float(i == j)) for j, t in enumerate(years))


def _uniform(times: Times, asked: Flags | bool) -> Flags:
    """Whether finite times of a kind, as far as they are asked for, move: all or none."""
    return np.array([np.any(times.moves & np.isfinite(times.years) & asked)])


def _joined(branches: Sequence[Branch]) -> Branch:
    """Branches as one, from the moments of all; what becomes of measures is apart."""
    names = ("low", "high", "first_answer", "upto", "just_after", "just_after_fixed")
    arrays: dict[str, Any] = {name: np.concatenate([getattr(x, name) for x in branches]) for name in names}
    return replace(branches[0], law=joined([x.law for x in branches]), **arrays)
