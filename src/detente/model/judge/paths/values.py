"""What a path is worth to a party: one sum over what enters, and over the branches in which it stops. DESIGN §4.

Values are in points, present value at signature, from the path's moment on. An entry is worth what it would be if
nothing happened, less what is lost branch by branch: all of it where it does not happen, else what comes after it is
undone. All integrals are exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, Protocol

import numpy as np

from detente.model.judge.calendar import Instants
from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Contribution, Facts, Rises
from detente.model.judge.paths.aftermath import once_over, until_over
from detente.model.judge.paths.branches import ZERO, Contingency, plus
from detente.model.judge.paths.interactions import JointEffect
from detente.model.judge.paths.interruption import Interruption, Undisturbed
from detente.model.judge.paths.secrecy import Secret
from detente.model.judge.paths.views import Holds, Made, View, made_whole
from detente.model.judge.stakes import Worths
from detente.model.numeric import Array

Portion = Literal["whole", "base", "over"]
"""Of a measure's worth: all; what it does in any case, its inspection included; what it does once the deal is over."""


class EntryValues(Protocol):
    """Values by party of what a plan consists of, at each of some moments."""

    movers: tuple[int, ...]
    """Whose measures others' entries wait for."""

    def entry(self, of: Worths, made: Made, part: Portion = "whole") -> Array:
        """Of all of a measure, entering in a period, or of a part of what it does."""

    def together(self, of: Worths, i: int, rises: Mapping[int, Rises], holds: Mapping[int, Holds]) -> Array:
        """Of an interaction, given when its measures enter."""

    def until_over(self, of: Worths, m: int, e: int) -> Array:
        """Of what lasts of a measure, from a period on until the deal is over, whether it is undone or not."""


class Continuation:
    """Values along one kind of path, from each of its moments on, kept by party and entry."""

    def __init__(
        self,
        facts: Facts,
        now: Instants,
        branches: Iterable[Contingency],
        movers: Sequence[int],
        hidden: Secret | None = None,
    ) -> None:
        self.facts = facts
        self.view = View(facts, now, hidden)
        self.movers = tuple(movers)
        self.branches = [Interruption(branch, self.view, self.movers) for branch in branches]
        self._size = 0
        self._kept: dict[object, Array] = {}
        self._lost: dict[int, tuple[Array, Array]] = {}

    @property
    def size(self) -> int:
        """How many numbers are kept."""
        return self._size + sum(branch.branch.size for branch in self.branches)

    def _keep(self, key: object, value: Array) -> Array:
        self._kept[key] = value
        self._size += value.size
        return value

    def entry(self, of: Worths, made: Made, part: Portion = "whole") -> Array:
        """Of all of a measure, entering in a period, or of a part of what it does."""
        key = (of.party, made, part)
        value = self._kept.get(key)
        return self._keep(key, self._entry(of, made, part)) if value is None else value

    def together(self, of: Worths, i: int, rises: Mapping[int, Rises], holds: Mapping[int, Holds]) -> Array:
        """Of an interaction, given when its measures enter."""
        together = self.facts.togethers[i]
        key = (of.party, i, tuple((m, rises[m], holds[m]) for m in together.measures))
        value = self._kept.get(key)
        if value is None:
            made = made_whole(together.measures, rises, holds)
            value = self._keep(key, JointEffect(self.branches, self.view, of.together[i], together, made).value())
        return value

    def until_over(self, of: Worths, m: int, e: int) -> Array:
        """Of what lasts of a measure, from a period on until the deal is over, whether it is undone or not."""
        key = (of.party, m, e, "until over")
        value = self._kept.get(key)
        found = value if value is not None else until_over(self.branches, of.whole[m], self.view.start(e))
        return self._keep(key, found) if value is None else found

    def lost(self, of: Worths) -> tuple[Array, Array]:
        """What a party's collapse_cost, and its `no_deal` to come, take from the first answer on."""
        if of.party not in self._lost:
            collapse, no_deal = ZERO, ZERO
            for branch in (interruption.branch for interruption in self.branches):
                if branch.pays == of.party and of.collapse:
                    collapse = collapse + of.collapse * branch.answered(of.course.rho)
                if of.course.felt:
                    no_deal = no_deal + branch.spared(of.course)
            self._lost[of.party] = collapse, no_deal
        return self._lost[of.party]

    def _entry(self, of: Worths, made: Made, part: Portion) -> Array:
        base = ZERO if part == "over" else self._base(of, made)
        return base if part == "base" else plus(base, self._over(of.if_over[made.measure], made))

    def _base(self, of: Worths, made: Made) -> Array:
        m = made.measure
        mask = self.view.hides(m, made.period)
        if mask is None:
            return self._open(of.whole[m], made)
        openly = self.view.hidden is not None and self.view.hidden.openly
        value = self._secret(of.whole[m] if openly else of.itself[m], made)
        if of.inspection[m].felt and not openly:
            value = value + self._open(of.inspection[m], made)
        return value if mask.all() else np.where(mask, value, self._open(of.whole[m], made))

    def _over(self, worth: Contribution, made: Made) -> Array:
        """What is felt once the deal is over."""
        if not worth.felt:
            return ZERO
        mask = self.view.hides(made.measure, made.period)
        if mask is None:
            return once_over(self.branches, worth, made)
        secret = once_over(self.branches, worth, made, undone=self.view.undone(made.measure))
        value = np.where(self.view.done(made.period), secret, 0.0)
        return value if mask.all() else np.where(mask, value, once_over(self.branches, worth, made))

    def _secret(self, worth: Contribution, made: Made) -> Array:
        m = made.measure
        lost, standing = 1 - self.facts.keeps[m], worth.tail(self.view.now.t)
        if lost and self.facts.undo[m] < NEVER:
            standing = standing - lost * worth.tail(self.view.undone(m))
        return np.where(self.view.done(made.period), standing, 0.0)

    def _open(self, worth: Contribution, made: Made) -> Array:
        """Of an entry that goes as the branches have it."""
        if not worth.felt:
            return ZERO
        start = self.view.start(made.period)
        whole = worth.tail(start) + self.view.once(worth, made.period)
        total, of = whole, Undisturbed(worth, [made], start, whole, 1 - self.facts.keeps[made.measure])
        for branch in self.branches:
            loss = branch.loss(of)
            if loss is not None:
                total = total - branch.branch.weighed(loss)
        return total


class Past:
    """What was enjoyed from signature until each moment, if nobody left: as `Continuation`."""

    movers: tuple[int, ...] = ()

    def __init__(self, facts: Facts, now: Instants) -> None:
        self.facts = facts
        self.now = now.column()
        self._kept: dict[object, Array] = {}

    def entry(self, of: Worths, made: Made, part: Portion = "whole") -> Array:
        assert part == "whole", "nothing is over yet"
        key = (of.party, made.measure, made.period)
        if key not in self._kept:
            self._kept[key] = self._value(of.whole[made.measure], made.period)
        return self._kept[key]

    def together(self, of: Worths, i: int, rises: Mapping[int, Rises], holds: Mapping[int, Holds]) -> Array:
        key = (of.party, i, tuple(rises[m] for m in self.facts.togethers[i].measures))
        if key not in self._kept:
            self._kept[key] = self._together(of.together[i], i, rises)
        return self._kept[key]

    def until_over(self, of: Worths, m: int, e: int) -> Array:
        return self._value(replace(of.whole[m], once=0.0), e)

    def _value(self, worth: Contribution, e: int) -> Array:
        if not worth.felt:
            return ZERO
        date = max(0.0, self.facts.tau[e] if e >= 0 else 0.0)
        once = worth.once * math.exp(-worth.rho * date) if e >= 0 else 0.0
        enjoyed = worth.tail(np.array(date)) - worth.tail(self.now.t) + once
        return np.where(e <= self.now.base, enjoyed, 0.0)

    def _together(self, worth: Contribution, i: int, rises: Mapping[int, Rises]) -> Array:
        total, level, together = ZERO, replace(worth, once=0.0, felt=True), self.facts.togethers[i]
        last = {m: made[-1].period for m, made in made_whole(together.measures, rises, {}).items()}
        for measures, factor in together.sums:
            if measures and measures <= last.keys():
                total = total + factor * self._value(level, max(last[m] for m in measures))
        first = min((max(last[m] for m in way) for way in together.ways if way <= last.keys()), default=-1)
        if first >= 0:
            once = worth.once * math.exp(-worth.rho * self.facts.tau[first])
            total = total + np.where(first <= self.now.base, once, 0.0)
        return total
