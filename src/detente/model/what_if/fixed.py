"""Paths of one fixed plan, as linear functions of numbers instead of shares: what a unit of each amount is worth.

The same sum as `paths`, by the formulas of `entries` and `interactions`, where only the periods in which the plan
enters anything are worked out. What is linear in it (points a year, at entry, once the deal is over, of no deal, and
the collapse cost) is left open. Rates and times are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Branch, Deviation, Maker
from detente.model.rows.entries import Entries, Range
from detente.model.rows.fates import Fates
from detente.model.rows.interactions import Conjoined, conjunctions
from detente.model.rows.losses import Corners, expected_spared_from, spared_from
from detente.model.rows.moments import Moment, Moments
from detente.model.rows.paths import PathValues, Valued
from detente.model.tolerance import FULL
from detente.model.what_if.numbers import Numbers


@dataclass(frozen=True)
class Slots:
    """Where each amount of a party stands in [N]; what is felt while in force with when that ends at the latest."""

    flows: tuple[tuple[slice, float], ...]
    """Points a year, by layer."""
    once: slice
    """At entry."""
    inspection: tuple[tuple[slice, float], ...]
    """The same of inspecting."""
    inspection_once: slice
    over: slice
    """Once the deal is over."""
    no_deal: slice
    """At each point of the course of no deal."""
    collapse: int

    @classmethod
    def of(cls, numbers: Numbers, p: int) -> Slots:
        columns, measures = numbers.once.shape[-1], numbers.over.shape[-1]
        flows, added = [x.until for x in numbers.flows], [x.until for x in numbers.intrusion]
        sizes = [columns] * (len(flows) + 1) + [measures] * (len(added) + 2) + [len(numbers.no_deal[p].years)]
        ends = np.cumsum([0, *sizes]).tolist()
        places = [slice(a, b) for a, b in pairwise(ends)]
        first, then = places[: len(flows)], places[len(flows) + 1 : -3]
        return cls(
            flows=tuple(zip(first, flows, strict=True)),
            once=places[len(flows)],
            inspection=tuple(zip(then, added, strict=True)),
            inspection_once=places[-3],
            over=places[-2],
            no_deal=places[-1],
            collapse=ends[-1],
        )

    @property
    def size(self) -> int:
        return self.collapse + 1

    def kinds(self, inspection: bool) -> list[tuple[slice, float | None]]:
        """Where what is felt while in force stands, with when it ends at the latest; and (None) at entry."""
        if inspection:
            return [(self.inspection_once, None), *self.inspection]
        return [(self.once, None), *self.flows]

    def amounts(self, numbers: Numbers, p: int) -> Array:
        """[..., N] those of a party."""
        flows = [x.points[..., p, :] for x in numbers.flows]
        added = [x.points[..., p, :] for x in numbers.intrusion]
        single = [numbers.once[..., p, :], *added, numbers.intrusion_once[..., p, :], numbers.over[..., p, :]]
        parts = [*flows, *single, numbers.no_deal[p].points, numbers.collapse[..., p, None]]
        axes = max(x.ndim for x in parts)
        draws = max(len(x) for x in parts if x.ndim == axes) if axes > 1 else 1
        whole = np.concatenate([np.broadcast_to(x, (draws, x.shape[-1])) for x in parts], axis=-1)
        return whole if axes > 1 else whole[0]

    def felt(self, amounts: Array) -> Flags:
        """[..., N] which amounts are worked out: all of no deal and collapse, of others those that are not 0."""
        felt: Flags = amounts != 0
        felt[..., self.no_deal] = felt[..., self.collapse] = True
        return felt

    def within(self, part: Valued, *, no_deal: bool) -> Array:
        """[N] 1 for the amounts of a part of a path, 0 for the others."""
        within = np.zeros(self.size)
        interactions = np.zeros(self.once.stop - self.once.start - len(part.measures), bool)
        interactions[list(part.interactions)] = True
        for place, _ in self.kinds(False):
            within[place] = np.concatenate([part.measures, interactions])
        for place, _ in self.kinds(True):
            within[place] = part.measures
        within[self.over], within[self.no_deal] = part.over, no_deal
        return within


@dataclass
class Weights:
    """[I, N] what a unit of each amount is worth, from each of some moments on."""

    of: Array

    def minus(self, other: Weights) -> Weights:
        return Weights(self.of - other.of)

    def plus(self, other: Weights) -> Weights:
        return Weights(self.of + other.of)

    def scaled(self, factor: Array) -> Weights:
        return Weights(self.of * factor[:, None])


@dataclass(frozen=True, eq=False)
class Combined:
    """Conjunctions of a plan's interactions that come true, Q of them, all of as many clauses."""

    interaction: Indices
    """[Q]"""
    sign: Array
    """[Q]"""
    clauses: tuple[Indices, ...]
    """Of each clause its measures, [Q, n]; some may stand twice."""

    @cached_property
    def members(self) -> Indices:
        """[Q, all n]"""
        return np.concatenate(self.clauses, axis=1)

    @cached_property
    def who(self) -> Indices:
        """[F] the measures among the members, each once."""
        return np.unique(self.members)

    @cached_property
    def place(self) -> Indices:
        """[Q, n] of each member its place in `who`."""
        return np.searchsorted(self.who, self.members)

    def only(self, interactions: Flags) -> Combined:
        """Of some interactions, one flag each."""
        chosen = interactions[self.interaction]
        return Combined(self.interaction[chosen], self.sign[chosen], tuple(x[chosen] for x in self.clauses))


@dataclass(frozen=True, eq=False)
class Entered:
    """What a plan enters when: E rises of shares, and from when on each measure is whole."""

    measure: Indices
    """[E]"""
    period: Indices
    """[E] −1 for before signature."""
    rise: Array
    """[E]"""
    whole: Indices
    """[M] the period from which on all of a measure is in force; K where it never is."""
    combined: tuple[Combined, ...]

    @classmethod
    def of(cls, model: Model, shares: Array) -> Entered:
        """Of shares [M, K+1]."""
        rises = np.diff(shares, axis=1, prepend=0.0)
        measure, column = np.nonzero(rises)
        full = shares >= FULL
        whole = np.where(full.any(axis=1), full.argmax(axis=1) - 1, model.K)
        combined = tuple(_combined(model, whole))
        return cls(measure, column - 1, rises[measure, column], whole, combined)

    def ready(self, needs: dict[int, tuple[int, ...]], measures: Indices) -> Indices:
        """[n] from when on what each of some measures needs is whole; −1 where it waits for nothing."""
        return np.array(
            [max((int(self.whole[n]) for n in needs.get(int(m), ())), default=-1) for m in measures], np.int64
        )


def _combined(model: Model, whole: Indices) -> Iterator[Combined]:
    """The conjunctions whose measures all come into force, by how many clauses they have."""
    found: dict[int, list[tuple[int, int, list[list[int]]]]] = {}
    for j, when in enumerate(model.conditions):
        for clauses, sign in conjunctions(when):
            members = [sorted(model.index[name] for name in clause) for clause in sorted(clauses, key=sorted)]
            if all(whole[m] < model.K for clause in members for m in clause):
                found.setdefault(len(members), []).append((j, sign, members))
    for several in found.values():
        interactions, signs, members_of = zip(*several, strict=True)
        every = tuple(_padded([members[c] for members in members_of]) for c in range(len(members_of[0])))
        yield Combined(np.array(interactions), np.array(signs, float), every)


def _padded(several: list[list[int]]) -> Indices:
    """Lists as long as the longest, the first of each standing again."""
    width = max(map(len, several))
    return np.array([x + x[:1] * (width - len(x)) for x in several], np.int64)


class FixedPaths(PathValues[Weights]):
    """Values of a plan's paths to one party as weights of its amounts.

    `felt`: [N] the amounts that may not be 0; `moments`: all that will be asked about.
    """

    def __init__(
        self, model: Model, party: int, plan: Entered, slots: Slots, *, felt: Flags, moments: Sequence[Moment]
    ) -> None:
        super().__init__(model, party)
        self.plan, self.slots = plan, slots
        self._place = {at: i for i, at in enumerate(moments)}
        self._every = Maker(model, Moments.of(moments))
        self.felt = felt
        self._courses = tuple(_unit_courses([t for t, _ in model.losses[party]]))
        self._combined: dict[bytes, list[Combined]] = {}
        flows, added = (np.any([felt[x] for x, _ in slots.kinds(i)], axis=0) for i in (False, True))
        self.flows_felt, self.interactions_felt = flows[: model.M], flows[model.M :]
        self.inspection_felt, self.over_felt = added, felt[slots.over]

    def _kept(self, maker: Maker, part: Valued, *, no_deal: bool) -> Weights:
        """Slots are weighed one by one: a part of the plan as kept is some of the whole."""
        whole = super()._kept(self._every, self._everything(), no_deal=True)
        return Weights(whole.of[self._places(maker)] * self.slots.within(part, no_deal=no_deal))

    def _plain(self, maker: Maker) -> Weights:
        return Weights(super()._plain(self._every).of[self._places(maker)])

    def _places(self, maker: Maker) -> list[int]:
        """Where a maker's moments stand among all."""
        return [self._place[at] for at in maker.moments]

    def _value(self, path: Deviation, part: Valued, *, no_deal: bool) -> Weights:
        found = Weights(np.zeros((len(path.moments), self.slots.size)))
        for branch in path.branches:
            self._add(found, branch, path.moments, part)
            if no_deal:
                self._returns(found, branch, path.moments, pays=branch.pays and path.mover == self.p)
        for branch in path.aftermath:
            self._add(found, branch, path.moments, part.aftermath())
        if no_deal:
            spared = [spared_from(course, self.rho, path.moments.years) for course in self._courses]
            found.of[:, self.slots.no_deal] += np.stack(spared, axis=1)
        return found

    def _returns(self, found: Weights, branch: Branch, moments: Moments, *, pays: bool) -> None:
        """What the first answer costs on a branch: the losses of no deal from then on, and the collapse cost."""
        finite = np.isfinite(branch.first_answer)
        if not np.any(finite):
            return
        at, law = moments.years + np.where(finite, branch.first_answer, 0.0), branch.law
        low, high = branch.low, branch.high
        if branch.answer_from == "random":
            lost = [expected_spared_from(course, self.rho, law, at, low, high) for course in self._courses]
            cost = np.exp(-self.rho * at) * branch.parts(self.rho, low, high)
        else:
            chance = branch.parts(0.0, low, high)
            lost = [spared_from(course, self.rho, at) * chance for course in self._courses]
            cost = np.exp(-self.rho * at) * chance
        found.of[:, self.slots.no_deal] -= np.where(finite[:, None], np.stack(lost, axis=1), 0.0)
        if pays:
            found.of[:, self.slots.collapse] -= np.where(finite, cost, 0.0)

    # --- measures ----------------------------------------------------------------------------------------------------

    def _add(self, found: Weights, branch: Branch, moments: Moments, part: Valued) -> None:
        flows, over = part.measures & self.flows_felt, (part.over_known if branch.pays else part.over) & self.over_felt
        for piece in self._pieces(branch, moments, branch.fates, flows | over):
            self._felt_in(found, piece, flows, inspection=False)
            if over.any():
                found.of[:, self.slots.over] += piece.spread(piece.left_over, over)
        inspected = part.measures & self.inspection_felt
        for piece in self._pieces(branch, moments, branch.inspected, inspected):
            self._felt_in(found, piece, inspected, inspection=True)
        chosen = np.isin(np.arange(len(self.interactions_felt)), part.interactions) & self.interactions_felt
        if chosen.any():
            self._interactions(found, branch, moments, chosen)

    def _felt_in(self, found: Weights, piece: Piece, chosen: Flags, *, inspection: bool) -> None:
        """Add what some measures of a piece are worth while in force and at entry, where somebody feels it."""
        for place, until in self.slots.kinds(inspection):
            felt = self.felt[place][: self.model.M] & chosen
            if felt[piece.measure].any():
                worth = piece.entering if until is None else piece.standing(until)
                found.of[:, place][:, : self.model.M] += piece.spread(worth, felt)

    def _pieces(self, branch: Branch, moments: Moments, fates: Fates, chosen: Flags) -> Iterator[Piece]:
        """The entries of some measures, those together that move alike."""
        plan, model = self.plan, self.model
        every = np.flatnonzero(chosen[plan.measure])
        for columns in _alike(fates, plan.measure, every):
            measure, period = plan.measure[columns], plan.period[columns]
            ready = plan.ready(branch.waits, measure)
            entries = Entries(model, self.rho, branch, moments, fates=fates, periods=period)
            waits = np.isin(measure, list(branch.waits))
            if branch.held is None and waits.any():
                yield from self._waiting(entries, columns, ready, waits)
                continue
            held = np.full(1, model.K) if branch.held is None else branch.held
            counted = (period <= held[:, None]) | (ready <= held[:, None])
            yield Piece(plan, columns, entries, entries.happening(measure), counted)

    def _waiting(self, entries: Entries, columns: Indices, ready: Indices, waits: Flags) -> Iterator[Piece]:
        """Where entries wait for what somebody who leaves has entered by then.

        They come before its leaving, or between that and the answer where what they need is there.
        """
        plan, branch = self.plan, entries.branch
        measure, period = plan.measure[columns], plan.period[columns]
        yield Piece(plan, columns, entries, entries.happening(measure), ~waits)
        yield Piece(plan, columns, entries, entries.happening(measure, at_once=True), waits)
        high = np.minimum(entries.high, entries.tau - entries.t0)
        there = (high >= 0) & (entries.base < period) & (ready < period)
        low = np.where(there, entries.low_from(ready), 0.0)
        random = low, np.where(there, high, 0.0)
        between = Entries(
            self.model, self.rho, branch, entries.moments, fates=entries.fates, random=random, periods=period
        )
        yield Piece(plan, columns, between, between.happening(measure), waits & there)

    # --- interactions ------------------------------------------------------------------------------------------------

    def _true_of(self, chosen: Flags) -> list[Combined]:
        """The conjunctions of some interactions that come true."""
        key = chosen.tobytes()
        if key not in self._combined:
            some = (c.only(chosen) for c in self.plan.combined)
            self._combined[key] = [c for c in some if len(c.sign)]
        return self._combined[key]

    def _interactions(self, found: Weights, branch: Branch, moments: Moments, chosen: Flags) -> None:
        for combined in self._true_of(chosen):
            together = Fulfilled(self.plan, combined, Entries(self.model, self.rho, branch, moments))
            for place, until in self.slots.kinds(False):
                felt = self.felt[place][self.model.M :] & chosen
                if felt[combined.interaction].any():
                    worth = together.first if until is None else together.standing(until)
                    found.of[:, place][:, self.model.M :] += together.spread(worth, felt)


@dataclass(frozen=True, eq=False)
class Piece:
    """Some entries of a plan, E of them, on a branch."""

    plan: Entered
    columns: Indices
    """[E] which."""
    entries: Entries
    when: Range
    counted: Flags
    """[I, E] or [E] whether they happen, as far as that hangs on what they wait for."""

    @cached_property
    def measure(self) -> Indices:
        return self.plan.measure[self.columns]

    def standing(self, until: float) -> Array:
        return self.entries.standing(self.measure, until, self.when)

    @property
    def entering(self) -> Array:
        return self.entries.entering(self.when)

    @property
    def left_over(self) -> Array:
        return self.entries.left_over(self.measure, self.when)

    def spread(self, worth: Array, chosen: Flags) -> Array:
        """[I, M] of some measures, from [I, E] of their entries."""
        rises = np.zeros((len(self.columns), len(chosen)))
        rises[np.arange(len(self.columns)), self.measure] = self.plan.rise[self.columns] * chosen[self.measure]
        spread: Array = np.where(self.counted, worth, 0.0) @ rises
        return spread


def _unit_courses(years: Sequence[float]) -> Iterator[Corners]:
    """A course of one point a year at each of the turns of no deal's, and none at the others."""
    for i in range(len(years)):
        yield tuple((t, float(i == j)) for j, t in enumerate(years))


class Fulfilled(Conjoined):
    """Conjunctions of a plan on a branch: [I, Q]."""

    def __init__(self, plan: Entered, combined: Combined, entries: Entries) -> None:
        self.plan, self.combined = plan, combined
        branch, moments = entries.branch, entries.moments
        self.who, self.place = combined.who, combined.place
        periods = plan.whole[self.who]
        self.entries = Entries(entries.model, entries.rho, branch, moments, fates=entries.fates, periods=periods)
        self.rho = entries.rho
        first = self._first_times()
        needs = plan.ready(branch.waits, self.who)
        turn = np.minimum(periods, np.where(np.isin(self.who, list(branch.waits)), needs, -1))[self.place].max(axis=1)
        """[Q] what waits is there where the party that breaks or leaves does so in this period or later."""
        held = np.full(len(moments), entries.model.K) if branch.held is None else branch.held
        low = self.entries.low if branch.held is not None else self.entries.low_from(np.minimum(turn, entries.model.K))
        self.low = np.maximum(low, first[:, self.place].max(axis=2))
        self.high = np.maximum(self.entries.high, self.low)
        self.counted = turn <= held[:, None] if branch.held is not None else turn < entries.model.K
        self.start = self.entries.start[:, self.place].max(axis=2)
        self.later = np.any(self.entries.fresh[:, self.place], axis=2)

    def _first_times(self) -> Array:
        """[I, F] from which random times on each member happens."""
        entries, fates = self.entries, self.entries.fates
        first = np.empty(entries.start.shape)
        for columns in _alike(fates, self.who, np.arange(len(self.who))):
            periods = self.plan.whole[self.who[columns]]
            some = Entries(entries.model, self.rho, entries.branch, entries.moments, fates=fates, periods=periods)
            first[:, columns] = some.happening(self.who[columns]).low
        return first

    @cached_property
    def _undone(self) -> tuple[Array, Array]:
        """[I, F] when each member is undone: fixed, and moving."""
        fates, fresh, who = self.entries.fates, self.entries.fresh, self.who
        years = np.where(fresh, fates.later.years[:, who], fates.made.years[:, who])
        years = np.where(fates.keeps[who] >= FULL, np.inf, years)
        moves = np.where(fresh, fates.later.moves[who], fates.made.moves[who])
        return np.where(moves, np.inf, years), np.where(moves, years, np.inf)

    def _of(self, clause: int) -> Indices:
        """[Q, n] the places of a clause's members."""
        start = sum(x.shape[1] for x in self.combined.clauses[:clause])
        return self.place[:, start : start + self.combined.clauses[clause].shape[1]]

    def ends(self, clause: int | None) -> tuple[Array, Array]:
        place = self.place if clause is None else self._of(clause)
        fixed, moving = (x[:, place].min(axis=2) for x in self._undone)
        return fixed, moving

    def clauses_in_time(self) -> Iterator[tuple[Flags, Array]]:
        for clause in range(len(self.combined.clauses)):
            place = self._of(clause)
            yield np.any(self.entries.fresh[:, place], axis=2), self.entries.start[:, place].max(axis=2)

    def spread(self, worth: Array, chosen: Flags) -> Array:
        """[I, J] of interactions, from [I, Q] of conjunctions."""
        signs = np.zeros((len(self.combined.sign), len(chosen)))
        signs[np.arange(len(signs)), self.combined.interaction] = self.combined.sign
        spread: Array = np.where(self.counted, worth, 0.0) @ signs
        return spread


def _alike(fates: Fates, measure: Indices, every: Indices) -> Iterator[Indices]:
    """Columns, of all or some measures, whose finite times all move or all stay."""
    if not len(every):
        return
    key = np.zeros(len(every), np.int64)
    for times in (fates.stop, fates.made, fates.later, *([] if fates.back is None else [fates.back])):
        moves = times.moves[measure[every]]
        there = ~np.isposinf(times.years[:, measure[every]]).all(axis=0)
        key = 2 * key + np.where(there, moves, moves.any())
    for one in sorted(set(key.tolist())):
        yield every[key == one]
