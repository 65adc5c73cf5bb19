"""Breaking the deal openly: at the moments of the calendar, and between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from detente.model.judge.calendar import BETWEEN, Instants
from detente.model.judge.detection import NEVER
from detente.model.judge.paths.branches import ZERO
from detente.model.judge.paths.values import Continuation
from detente.model.judge.weighing.interior import Interior
from detente.model.judge.weighing.plan_values import PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read
from detente.model.numeric import Array
from detente.model.tolerance import SLIGHT

AT_ALL = 1e-12
"""A slack of more than this part of its size is one."""
DIFFERENT = 1e-9
"""Points by which what a measure brings differs where it does."""


def acting(values: PlanValues, plan: Read) -> Iterator[int]:
    """The parties with values to which a plan gives something to perform."""
    return (p for p in values.stakes.worths if plan.acts(values.facts.acts[p]))


@dataclass(frozen=True)
class Breakouts:
    """Of each party that performs something, at every moment of its own."""

    values: PlanValues
    kinds = ("breakout",)
    late = False
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        yield from (Family("breakout", p) for p in acting(self.values, plan))

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        """None where the party saves and loses nothing at any of them."""
        values, p = self.values, family.party
        keeping = values.keeping(plan, p, values.calendar.breaking[p])
        rows = values.tempted(plan, family, keeping, values.streams.broken(p)).flat()
        if (np.abs(rows.slack) > AT_ALL * np.maximum(1.0, np.abs(rows.keep))).any() or self._at_stake(plan, p):
            yield rows

    def _at_stake(self, plan: Read, p: int) -> bool:
        """Whether breaking out saves or loses p anything, even where gains and losses cancel."""
        values = self.values
        worths = values.stakes.worths[p]
        if values.facts.first[p] < NEVER and (worths.course.felt or worths.collapse):
            return True
        kept, broken = (self._items(s, plan, p) for s in (values.streams.kept(), values.streams.broken(p)))
        at, moments = values.calendar.breaking[p], len(values.calendar.all)
        differ = (np.abs(np.broadcast_to(x, (moments, 1))[at] - y) for x, y in zip(kept, broken, strict=True))
        return any((difference > DIFFERENT).any() for difference in differ)

    def _items(self, stream: Continuation, plan: Read, p: int) -> list[Array]:
        """What each measure that p's breach concerns contributes to a path's value; the interactions come last."""
        worths, scope = self.values.stakes.worths[p], self.values.streams.scopes.concerned[p]
        items = {m: ZERO for m, part in enumerate(scope.measures) if part}
        for made, share in plan.made(stream.movers):
            if part := scope.measures[made.measure]:
                items[made.measure] = items[made.measure] + share * stream.entry(worths, made, part)
        holds, joint = plan.holds(stream.movers), ZERO
        for i, counts in enumerate(scope.togethers):
            if counts:
                joint = joint + stream.together(worths, i, plan.rises, holds)
        return [*items.values(), joint]


@dataclass(frozen=True)
class Between:
    """Of the same, at times between the moments of the calendar, where exits or a moving no_deal bend the slack."""

    values: PlanValues
    kinds = ("breakout",)
    late = True
    narrows = True
    _samples: dict[int, tuple[Interior, Instants]] = field(default_factory=dict)
    """By party: between which times its slack is looked at, and where."""

    def families(self, plan: Read) -> Iterator[Family]:
        yield from (Family("breakout", p, late=True) for p in acting(self.values, plan))

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        """Where it is least; `worst`: only what is broken."""
        p, tau = family.party, self.values.facts.tau
        if not (self.values.streams.leavers.rates or self.values.stakes.worths[p].course.moves):
            return
        interior, samples = self._sampled_at(p)
        if not interior.pieces:
            return
        sampled = self._sampled(plan, family, samples)
        if not (np.abs(sampled.slack) > SLIGHT * np.maximum(1.0, np.abs(sampled.keep))).any():
            return  # nothing is at stake
        found = interior.least(sampled.slack, broken=worst)
        if found:
            yield self.at(plan, p, Instants.at(tau, found, [BETWEEN] * len(found)))

    def _sampled_at(self, p: int) -> tuple[Interior, Instants]:
        if p not in self._samples:
            calendar, streams = self.values.calendar, self.values.streams
            times, turns = calendar.all.t[calendar.breaking[p]], self.values.stakes.worths[p].course.ends
            interior = Interior(times, turns, self.values.facts.rho[p] + streams.leavers.rate)
            self._samples[p] = interior, interior.samples(self.values.facts.tau)
        return self._samples[p]

    def _sampled(self, plan: Read, family: Family, samples: Instants) -> Comparisons:
        streams, p = self.values.streams, family.party
        kept = streams.of(("sampled kept", p), lambda: streams.keeping(samples))
        broken = streams.of(("sampled broken", p), lambda: streams.breaking(samples, p))
        keeping = self.values.keeping_from(plan, p, samples, kept)
        return self.values.tempted(plan, family, keeping, broken).flat()

    def at(self, plan: Read, p: int, now: Instants) -> Comparisons:
        """Keeping against breaking out at times that the calendar need not have."""
        streams = self.values.streams
        keeping = self.values.keeping_from(plan, p, now, streams.keeping(now))
        return self.values.tempted(plan, Family("breakout", p, late=True), keeping, streams.breaking(now, p)).flat()
