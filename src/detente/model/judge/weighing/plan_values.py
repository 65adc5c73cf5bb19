"""What a plan is worth to each party along every path: all that conditions with values are made of. DESIGN §5."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.model.judge.calendar import Instants
from detente.model.judge.detection import NEVER
from detente.model.judge.paths.branches import ZERO
from detente.model.judge.paths.values import Continuation, EntryValues
from detente.model.judge.replies import Replies
from detente.model.judge.weighing.rows import Comparisons, Family, Read
from detente.model.judge.weighing.streams import Scope, Streams
from detente.model.numeric import Array


class Keeping(NamedTuple):
    """What keeping a plan is worth to a party from some moments on, in present value at signature; [moments, 1]."""

    now: Instants
    worth: Array
    standing: Array
    """What of it goes on if the party breaks the deal."""
    spared: Array
    """What `no_deal` would be from then on."""
    exits: Array
    """What exits take of that."""


class PlanValues:
    """Values of plans; read-only, and shared by all kinds of conditions."""

    def __init__(self, streams: Streams, replies: Replies) -> None:
        self.streams = streams
        self.facts = streams.facts
        self.calendar = streams.calendar
        self.stakes = streams.stakes
        self.replies = replies

    def along(self, stream: EntryValues, p: int, plan: Read, scope: Scope | None = None) -> Array:
        """Value along paths from each of their moments on, present value at signature, without no_deal and collapse."""
        worths, scope = self.stakes.worths[p], scope or self.streams.scopes.everything
        total = ZERO
        for made, share in plan.made(stream.movers):
            if part := scope.measures[made.measure]:
                value = stream.entry(worths, made, part)
                total = total + (value if share == 1.0 else share * value)
        for i, counts in enumerate(scope.togethers):
            if counts and worths.together[i].felt:
                total = total + stream.together(worths, i, plan.rises, plan.holds(stream.movers))
        for alarm, since in self.replies.sounding(plan.timing.first) if scope.alarms else ():
            lost = alarm.share(self.facts.rho[p]) * (1 - self.facts.keeps[alarm.stopped])
            total = total - lost * stream.until_over(worths, alarm.stopped, since)
        return total

    def broken(self, stream: Continuation, p: int, q: int, plan: Read, at: NDArray[np.intp]) -> Array:
        """Value to p, as `along`, from moments of the calendar on at which q breaks the deal."""
        concerned = self.along(stream, p, plan, self.streams.scopes.concerned[q])
        return self._standing(plan, p, q)[at] + concerned

    def _standing(self, plan: Read, p: int, q: int) -> Array:
        """What q's breach leaves standing, from each moment on."""
        if (p, q) not in plan.kept:
            value = self.along(self.streams.kept(), p, plan, self.streams.scopes.standing[q])
            plan.kept[p, q] = self._each(value)
        return plan.kept[p, q]

    def kept(self, plan: Read, p: int) -> Array:
        """Value of keeping from each moment on, present value at signature, without no_deal."""
        if p not in plan.kept:
            plan.kept[p] = self._each(self.along(self.streams.kept(), p, plan))
        return plan.kept[p]

    def enjoyed(self, plan: Read, p: int) -> Array:
        """What p has enjoyed from signature until each moment."""
        return self._each(self.along(self.streams.past, p, plan))

    def spared(self, p: int) -> tuple[Array, Array]:
        """What no_deal is from each moment on, and what exits take of it."""
        worths = self.stakes.worths[p]
        _, exits = self.streams.kept().lost(worths)
        return worths.course.spared(self.calendar.all.t)[:, None], self._each(exits)

    def value(self, plan: Read, p: int) -> float:
        """Of a plan to a party, its losses without a deal, which a deal spares, included."""
        spared, exits = self.spared(p)
        return float(self.kept(plan, p)[0, 0] + spared[0, 0] - exits[0, 0])

    def keeping(self, plan: Read, p: int, at: NDArray[np.intp]) -> Keeping:
        """At some moments of the calendar."""
        spared, exits = (x[at] for x in self.spared(p))
        return Keeping(self.calendar.all[at], self.kept(plan, p)[at], self._standing(plan, p, p)[at], spared, exits)

    def keeping_from(self, plan: Read, p: int, now: Instants, kept: Continuation) -> Keeping:
        """At the moments of a path on which the plan is kept."""
        worths = self.stakes.worths[p]
        standing = self.along(kept, p, plan, self.streams.scopes.standing[p])
        _, exits = kept.lost(worths)
        return Keeping(now, self.along(kept, p, plan), standing, worths.course.spared(now.t)[:, None], exits)

    def tempted(self, plan: Read, family: Family, keeping: Keeping, stream: Continuation) -> Comparisons:
        """Keeping against a deviation of one's own: [moments, leaving moments or 1]."""
        p = family.party
        ahead = np.exp(self.facts.rho[p] * keeping.now.t)[:, None]
        collapse, no_deal = stream.lost(self.stakes.worths[p])
        if self.facts.first[p] == NEVER:
            no_deal = keeping.exits  # where nobody answers p's breach, only exits take what `no_deal` spares
        keep = (keeping.worth + keeping.spared - keeping.exits) * ahead
        after = keeping.standing + self.along(stream, p, plan, self.streams.scopes.concerned[p])
        deviate = (after + keeping.spared - no_deal - collapse) * ahead
        parts = [np.broadcast_to(x * ahead, deviate.shape) for x in (collapse, no_deal - keeping.exits)]
        return Comparisons(
            family=family,
            norm=self.facts.norm[p],
            at=keeping.now,
            keep=keep,
            deviate=deviate,
            collapse=parts[0],
            no_deal=parts[1],
        )

    def _each(self, value: Array) -> Array:
        """At each moment of the calendar: [moments, 1]."""
        return np.broadcast_to(value, (len(self.calendar.all), 1))
