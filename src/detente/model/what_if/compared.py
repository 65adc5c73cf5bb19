"""What rows compare: paths of a plan, in stacks of one shape each, and the rows as sums of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Deviation, Maker
from detente.model.rows.detection import SNAP
from detente.model.rows.faking import Faked
from detente.model.rows.moments import Moment, Moments
from detente.model.rows.paths import Valued
from detente.model.rows.temptation import Label, Switch
from detente.model.what_if.entered import Entered
from detente.model.what_if.felt import Beginnings
from detente.model.what_if.fixed import Hanging, Parts, Stack, Weigher
from detente.model.what_if.numbers import Numbers
from detente.model.what_if.slots import Slots

T = TypeVar("T")
Beginning = tuple[int, Moment]
"""To whom a path is valued, and from when on."""
ALWAYS = Switch("always")


class Comparing:
    """Which paths the rows of some labels compare. What is kept, or never left, is valued once for all rows.

    A temptation is what the breach loses, at its moment; an exposure what the party has had since signature, and what
    it has from the breach on. What the breach leaves standing goes on as the plan is kept. Rows that say the same of
    the plan, before and after a date on which it enters nothing, are one: U of them.
    """

    def __init__(self, model: Model, plan: Entered, labels: Sequence[Label]) -> None:
        self.model, self.plan = model, plan
        self.signature = self._seen(model.moments[0])
        distinct = _numbered(map(self._same, labels))
        self.which = _indices(distinct[self._same(label)] for label in labels)
        """[R] of each label its row."""
        self.labels = tuple(distinct)
        self.party = _indices(label.party for label in self.labels)
        self.agreed: Flags = np.array([label.kind == "consent" for label in self.labels], bool)
        self.exposed: Flags = np.array([label.other >= 0 for label in self.labels], bool)
        self.mover = np.where(self.exposed, _indices(label.other for label in self.labels), self.party)
        self._at = [label.at or self.signature for label in self.labels]
        self._concerned = [Valued.concerned(model, q) for q in range(len(model.parties))]
        every = [(p, self.signature) for p in range(len(model.parties))]
        self._kept = _numbered([*every, *zip(self.party.tolist(), self._at, strict=True)])
        exposed = [(p, at) for p, at, there in zip(self.party.tolist(), self._at, self.exposed, strict=True) if there]
        self._plain = _numbered([x for p, at in exposed for x in ((p, self.signature), (p, at))])
        self._known: dict[Stack, tuple[Hanging, Array]] = {}
        self._of_party = {p: np.flatnonzero(self.party == p) for p in range(len(model.parties))}

    def _same(self, label: Label) -> Label:
        """A label that says the same, and nothing of when its row binds."""
        at = None if label.at is None else self._seen(label.at)
        return replace(label, moment=-1, switch=ALWAYS, at=at)

    def _seen(self, at: Moment) -> Moment:
        """A moment at which the plan has entered the same: after a date rather than before it."""
        entered = self.plan.period[self.plan.period <= at.base]
        base = int(entered.max(initial=-1))
        later = Moment.at(self.model.tau, at.years, "after")
        between = self.plan.period[(self.plan.period > at.base) & (self.plan.period <= later.base)]
        if at.side == "before" and not len(between) and all(abs(x.at - at.years) > SNAP for x in self.model.exits):
            return Moment(at.years, "after", base)
        return replace(at, base=base)

    def of_party(self, p: int) -> Indices:
        """Its rows."""
        return self._of_party[p]

    def weights(self, numbers: Numbers) -> tuple[Indices, Array, Array]:
        """Which amounts somebody has, n of N, and what a unit is worth: [P, n] of the plan kept, and [U, n] of rows."""
        model, slots = numbers.into(self.model), Slots.of(numbers)
        felt = slots.felt(slots.amounts(numbers))
        used = np.flatnonzero(felt.any(axis=0))
        common = model.keeps.tobytes(), repr(slots), _turns(model), used.tobytes()
        every = (self.kept, self.plain, *(stack for _, stack in self.breaches))
        hung = {stack: Hanging(stack.made(model), model.rho[stack.party], felt[stack.party], common) for stack in every}
        kept, plain, *breaches = self._known_of(Weigher(model, self.plan, slots, felt, used), hung)
        signed = np.zeros((len(model.parties), len(used)))
        for p in np.flatnonzero(numbers.valued).tolist():
            signed[p] = kept[self._kept[p, self.signature]]
        broken = np.zeros((len(self.labels), len(used)))
        for (rows, _), weights in zip(self.breaches, breaches, strict=True):
            broken[rows] = weights
        within = [slots.within(part, no_deal=part.answered)[used] for part in self._concerned]
        rest = [slots.within(part.rest(model), no_deal=False)[used] for part in self._concerned]
        compared = self._rows(model.rho, kept[self._kept_of], plain, broken, (np.array(within), np.array(rest)))
        return used, signed, compared

    def _known_of(self, weighing: Weigher, hung: Mapping[Stack, Hanging]) -> list[Array]:
        """The weights of each stack's paths; those are worked out that hang on something else than last time."""
        again = {stack: hanging.changes(self._known.get(stack)) for stack, hanging in hung.items()}
        places = {stack: weighing.add(stack, hung[stack].path, np.flatnonzero(x)) for stack, x in again.items()}
        worked_out = weighing.weights()
        for stack, hanging in hung.items():
            weights = np.zeros((len(stack.party), len(weighing.used)))
            if stack in self._known and not again[stack].all():
                weights[~again[stack]] = self._known[stack][1][~again[stack]]
            weights[again[stack]] = worked_out[places[stack]]
            self._known[stack] = hanging, weights
        return [self._known[stack][1] for stack in hung]

    def _rows(self, rho: Array, kept: Array, plain: Array, broken: Array, within: tuple[Array, Array]) -> Array:
        """[U, n] of paths kept and broken [U, n]; `within`: [P, n] of a breach what it bears upon, and the rest."""
        lost, rest = within
        found = kept.copy()
        own = np.flatnonzero(~self.agreed & ~self.exposed)
        years = np.array([at.years for at in self._at])
        scale = np.exp(rho[self.party] * years)
        found[own] = (kept[own] * lost[self.mover[own]] - broken[own]) * scale[own, None]
        other = np.flatnonzero(self.exposed)
        enjoyed = plain[self._plain_of[0]] - plain[self._plain_of[1]]
        found[other] = enjoyed + broken[other] + kept[other] * rest[self.mover[other]]
        return found

    @cached_property
    def _kept_of(self) -> Indices:
        """[U] the place of the path kept, from each row's moment on."""
        return _indices(self._kept[p, at] for p, at in zip(self.party.tolist(), self._at, strict=True))

    @cached_property
    def _plain_of(self) -> tuple[Indices, Indices]:
        """Of each exposure the place of the path that nobody leaves, from signature and from its moment on."""
        exposed = np.flatnonzero(self.exposed).tolist()
        parties = self.party.tolist()
        since = _indices(self._plain[parties[r], self.signature] for r in exposed)
        return since, _indices(self._plain[parties[r], self._at[r]] for r in exposed)

    # --- stacks ------------------------------------------------------------------------------------------------------

    @cached_property
    def kept(self) -> Stack:
        """The plan kept by all who do not leave."""
        moments = Moments.of([at for _, at in self._kept])
        return self._whole(list(self._kept), lambda model: Maker(model, moments).kept(), no_deal=True)

    @cached_property
    def plain(self) -> Stack:
        """The plan, were nobody ever to leave."""
        moments = Moments.of([at for _, at in self._plain])
        return self._whole(list(self._plain), lambda model: Maker(model, moments).plain(), no_deal=False)

    def _whole(self, starts: Sequence[Beginning], made: Callable[[Model], Deviation], *, no_deal: bool) -> Stack:
        model, n = self.model, len(starts)
        every = np.ones(model.M, bool)
        whole = Valued(every, tuple(range(len(model.conditions))), every, every, answered=True, alarms=False)
        part = Parts.of(model, [whole] * n, [no_deal] * n)
        moments = Moments.of([at for _, at in starts])
        return Stack(_indices(p for p, _ in starts), Beginnings(moments.years, moments.base), part, part, made)

    @cached_property
    def breaches(self) -> tuple[tuple[Indices, Stack], ...]:
        """The rows of breaches, by shape: open or not, answered or not, ending in an open break or not."""
        found: dict[tuple[bool, bool, bool], list[int]] = {}
        for r, label in enumerate(self.labels):
            if label.kind != "consent":
                answered = self._concerned[self.mover[r]].answered
                found.setdefault((label.measure >= 0, answered, label.leaves is not None), []).append(r)
        return tuple((np.array(rows), self._breach(rows)) for rows in found.values())

    def _breach(self, rows: Sequence[int]) -> Stack:
        labels, mover = [self.labels[r] for r in rows], self.mover[list(rows)]
        moments = Moments.of([self._at[r] for r in rows])
        parts = [self._concerned[q] for q in mover.tolist()]
        no_deal = [part.answered and label.other < 0 for part, label in zip(parts, labels, strict=True)]
        part = Parts.of(self.model, parts, no_deal)
        after = Parts.of(self.model, [x.aftermath() for x in parts], [False] * len(parts))
        since = Beginnings(moments.years, moments.base)
        if labels[0].measure < 0:
            party = self.party[list(rows)]
            return Stack(party, since, part, after, lambda model: Maker(model, moments).breakout(mover))
        fakings = _numbered((q, label.measure) for q, label in zip(mover.tolist(), labels, strict=True))
        which = _indices(fakings[q, label.measure] for q, label in zip(mover.tolist(), labels, strict=True))
        leaves = Moments.of([x.leaves for x in labels if x.leaves is not None]) if labels[0].leaves else None

        def made(model: Model) -> Deviation:
            return Maker(model, moments).faking(mover, Faked.stacked(model, tuple(fakings), which), leaves)

        return Stack(self.party[list(rows)], since, part, after, made)


def _turns(model: Model) -> tuple[tuple[float, ...], ...]:
    """When the losses of no deal turn, of each party."""
    return tuple(tuple(t for t, _ in course) for course in model.losses)


def _numbered(things: Iterable[T]) -> dict[T, int]:
    found: dict[T, int] = {}
    for thing in things:
        found.setdefault(thing, len(found))
    return found


def _indices(numbers: Iterable[int]) -> Indices:
    return np.array(list(numbers), np.int64)
