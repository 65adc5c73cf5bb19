"""What one branch of a path does to entries: which are made, how long they last, and what of their worth is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Contribution
from detente.model.judge.paths.branches import ZERO, Contingency, Tail, plus
from detente.model.judge.paths.views import Holds, Made, View, last_of
from detente.model.numeric import Array, Flags
from detente.model.tolerance import FULL


class Undisturbed(NamedTuple):
    """What entries are worth, together, where nothing happens."""

    worth: Contribution
    made: Sequence[Made]
    start: Array
    """From when on all of them count."""
    whole: Array
    lost: float
    """What share of it is lost when one of them is undone."""
    cap: Array | None = None
    """When it has ended in any case."""


class Happening(NamedTuple):
    """Whether an entry, or several, are made in a branch: where `sure`, if X passes the point `after`."""

    sure: Flags | bool
    after: Tail


class Ends(NamedTuple):
    """Years until the first of some measures is undone: from the branch's `at`, and from X."""

    known: float
    moving: float

    @property
    def never(self) -> bool:
        return self.known == NEVER and self.moving == NEVER


@dataclass(frozen=True)
class Interruption:
    """A branch of a path, as seen from the moments at which the path begins."""

    branch: Contingency
    view: View
    movers: tuple[int, ...]
    """Whom the entries' `holds` are about."""

    def loss(self, of: Undisturbed) -> Array | None:
        """What is lost: all, where an entry is not made; else of what comes after the first undoing. None: nothing."""
        branch, rho = self.branch, of.worth.rho
        happening = self.happening(rho, of.made)
        ends = self.ends(of.made) if of.lost else Ends(NEVER, NEVER)
        if happening is None and ends.never:
            return None
        low, high = branch.ends(rho)
        happening = happening or Happening(True, low)
        if len(of.made) > 1:
            happening = self.overlapping(rho, last_of(of.made), happening, ends)
        sure, after = happening.sure, happening.after
        loss = ZERO if after is low else (low.left - after.left) * of.whole
        if not ends.never:
            ended = self._ended(of, ends, after)
            loss = plus(loss, ended if of.lost == 1.0 else of.lost * ended)
        again = Again.of(branch, of)
        if again is not None:
            loss = loss - again.value(after, high, of.lost) - again.value(low, after)
        if sure is True:
            return loss
        unmade = (low.left - high.left) * of.whole
        if again is not None:
            unmade = unmade - again.value(low, high)
        return np.where(sure, loss, unmade)

    def happening(self, rho: float, made: Sequence[Made]) -> Happening | None:
        """Whether all these entries are made; None where they are in any case."""
        low, high = self.branch.ends(rho)
        sure: Flags | bool = True
        after = low
        for one in made:
            if one.period >= 0:
                sure = sure & self._sure(one)
                if (must := self._must(one)) > -NEVER:
                    point = self._passing(rho, must, one.period)
                    after = point if after is low else beyond(after, point)
        if sure is True and after is low:
            return None
        return Happening(sure, after if after is low else after.within(low, high))

    def _sure(self, one: Made) -> Flags | bool:
        """Whether nothing that is known keeps an entry from being made."""
        branch, (m, e, holds) = self.branch, one
        sure: Flags | bool = True
        if branch.known is not None and branch.known.stop[m] < NEVER:
            comes = branch.at.t + branch.known.stop[m] > self.view.facts.tau[e] + branch.at.tie
            sure = (e <= branch.at.base) | comes
        if branch.holds == "at" and (needed := self._needed(holds, branch.leaver)) is not None:
            sure = sure & ((e <= branch.at.base) | (needed <= branch.at.base))
        return sure

    def _must(self, one: Made) -> float:
        """The date that X must come after, lest it stop an entry or hold it up."""
        branch, tau = self.branch, self.view.facts.tau
        must = -NEVER if branch.moving is None else tau[one.period] - branch.moving.stop[one.measure]
        if branch.holds == "moving" and branch.leaver is not None:
            must = max(must, self.held(one, branch.leaver))
        return must

    def _needed(self, holds: Holds, leaver: int | None) -> int | None:
        """The period in which all that an entry needs of a leaver is complete."""
        return holds[self.movers.index(leaver)] if leaver in self.movers and holds else None

    def held(self, one: Made, leaver: int) -> float:
        """The date that a leaving must come after, lest it hold an entry up."""
        needed = self._needed(one.holds, leaver)
        return -NEVER if needed is None else self.view.facts.tau[min(needed, one.period)]

    def _passing(self, rho: float, date: float, e: int) -> Tail:
        """The point that X must pass, a date, where an entry in period e is still to come."""
        low, _ = self.branch.ends(rho)
        return self.branch.passing(rho, date).where(self.view.done(e), low)

    def ends(self, made: Sequence[Made]) -> Ends:
        branch, keeps = self.branch, self.view.facts.keeps
        measures = [x.measure for x in made if keeps[x.measure] < FULL]
        known = min((branch.known.gone[m] for m in measures), default=NEVER) if branch.known else NEVER
        moving = min((branch.moving.gone[m] for m in measures), default=NEVER) if branch.moving else NEVER
        return Ends(known, moving)

    def overlapping(self, rho: float, e: int, happening: Happening, ends: Ends) -> Happening:
        """As before, and the first to be undone is so only after the last, in period e, has entered.

        For an instant will do: at what is set off just after a moment, or at a leaving after the entries of its date.
        """
        if e < 0:
            return happening
        at, date, (sure, after) = self.branch.at, self.view.facts.tau[e], happening
        if ends.known < NEVER:
            sure = sure & ((e <= at.base) | (at.t + ends.known > date + at.tie))
        if ends.moving < NEVER:
            after = beyond(after, self._passing(rho, date - ends.moving, e)).within(*self.branch.ends(rho))
        return Happening(sure, after)

    def _ended(self, of: Undisturbed, ends: Ends, after: Tail) -> Array:
        """E[what comes after the undoing; X beyond `after`]."""
        branch, worth, cap = self.branch, of.worth, of.cap
        _, high = branch.ends(worth.rho)
        turn = self.turn(worth.rho, ends, after)
        total = ZERO
        if ends.moving < NEVER and cap is None:
            total = late(branch, worth, ends.moving, after, turn)
        elif ends.moving < NEVER and cap is not None:
            over = branch.tail(worth.rho, cap - ends.moving).within(after, turn)
            total = late(branch, worth, ends.moving, after, over) - worth.tail(cap) * (after.left - over.left)
        if ends.known < NEVER:
            end = branch.at.t + ends.known
            value = worth.tail(end) if cap is None else worth.tail(np.minimum(end, cap)) - worth.tail(cap)
            total = plus(total, value * (turn.left - high.left))
        return total

    def turn(self, rho: float, ends: Ends, after: Tail) -> Tail:
        """The point up to which what moves with X comes before what is known."""
        _, high = self.branch.ends(rho)
        if ends.moving == NEVER:
            return after
        if ends.known == NEVER:
            return high
        return self.branch.point(rho, ends.known - ends.moving, "at").within(after, high)


@dataclass(frozen=True)
class Again:
    """What comes back when a measure is performed again: all of it, its `once` too, or only what was `lost`."""

    branch: Contingency
    measure: int
    worth: Contribution
    start: Array
    once: Array
    """Of the entry, in present value, where it is still to come."""

    @classmethod
    def of(cls, branch: Contingency, of: Undisturbed) -> Again | None:
        """None where nothing is performed again."""
        if branch.back is None or len(of.made) > 1:
            return None
        return cls(branch, of.made[0].measure, of.worth, of.start, of.whole - of.worth.tail(of.start))

    def value(self, low: Tail, high: Tail, lost: float | None = None) -> Array:
        """E[what comes back; X between two points]: `lost` of what is in force, or (None) an entry held up."""
        branch, m = self.branch, self.measure
        assert branch.back is not None
        known, moving = branch.back.known[m], branch.back.moving[m]
        entry = Contribution(self.worth.rho, lasting=self.worth.once)
        if moving < NEVER:
            value, entered = (floored(branch, x, moving, self.start, low, high) for x in (self.worth, entry))
        elif known < NEVER:
            date = np.maximum(self.start, branch.at.t + known)
            value, entered = (x.tail(date) * (low.left - high.left) for x in (self.worth, entry))
        else:
            return ZERO
        return value + np.where(self.once != 0, entered, 0.0) if lost is None else lost * value


def beyond(a: Tail, b: Tail) -> Tail:
    """The point beyond both."""
    return Tail(np.minimum(a.later, b.later), np.minimum(a.left, b.left))


def late(branch: Contingency, worth: Contribution, lag: float, low: Tail, high: Tail) -> Array:
    """E[value from X + lag on; X between two points]."""
    faded = math.exp(-worth.rho * lag)
    value = worth.lasting * faded * (low.later - high.later)
    for amount, until in worth.ending:
        stop = branch.point(worth.rho, until - lag).within(low, high)
        grown = faded * (low.later - stop.later)
        value = value + amount * (grown - math.exp(-worth.rho * until) * (low.left - stop.left))
    return np.asarray(value)


def floored(branch: Contingency, worth: Contribution, lag: float, floor: Array, low: Tail, high: Tail) -> Array:
    """E[value from X + lag, or `floor` if that is later, on; X between two points]."""
    turn = branch.tail(worth.rho, floor - lag).within(low, high)
    return np.asarray(worth.tail(floor) * (low.left - turn.left) + late(branch, worth, lag, turn, high))
