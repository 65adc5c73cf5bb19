"""The moments at which the text asks whether somebody would rather deviate, and its rows told by the simulator.

ANSWERS R2, R7, §2 and §3, listed from the dossier alone. `Told` has what a slack row has of a moment.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from detente.dossier.schema import Number
from tests.model.story import AFTER, BEFORE, LATER, MOMENTS, NO_TIME, SIGNATURE, TINY, Deviation, Instant, Story

NAMES = {BEFORE: "before", AFTER: "after", LATER: "between"}


def instant(years: float, moment: str) -> Instant:
    return MOMENTS[moment](years)


def _once(instants: Iterable[Instant]) -> list[Instant]:
    """In order, none twice."""
    found: list[Instant] = []
    for one in sorted(instants, key=lambda x: float(x.key)):
        if not found or found[-1].precedes(one):
            found.append(one)
    return found


def dates(story: Story) -> list[Instant]:
    """Before and after every date: of the grid, and of an exit."""
    exits = {x.at for x in story.dossier.exits if x.at is not None}
    times = [*story.tau, *(t for t in exits if all(abs(t - tau) > TINY for tau in story.tau))]
    return [Instant(t, phase) for t in sorted(times) for phase in (BEFORE, AFTER)]


def openly(story: Story, breaker: str, *, delay: float = 0.0) -> list[Instant]:
    """When an open breach by a party is tried; `delay`: also when a secret one is that is known so much later.

    Both just before and just after the times from which on the answer comes too late for what falls on a date.
    """
    answering = {q for m in story.measures if story.answers(m, breaker) for q in story.measures[m].by} - {breaker}
    exits = {x.at for x in story.dossier.exits if x.at is not None}
    waits = {story.response[q] + late for q in answering for late in (0.0, delay)}
    arriving = {t - wait for t in {*story.tau[1:], *exits} for wait in waits}
    tables = [e for x in story.measures.values() for e in (x.effects, x.intrusion)]
    tables += [x.effects for x in story.dossier.interactions.values()]
    ends = {e.per_year.lasts.value for table in tables for e in table.values() if e.per_year and e.per_year.lasts}
    turns = {t - story.first(breaker) for t, _ in story.parties[breaker].no_deal_course(story.dossier.start)}
    if len(story.parties[breaker].no_deal_course(story.dossier.start)) < 2:
        turns = set()
    found = [Instant(t, LATER) for t in arriving | ends | turns] + [Instant(t, BEFORE) for t in arriving]
    return _once([*dates(story), *(one for one in found if one.t >= -TINY)])


def starts(story: Story, p: str, m: str) -> list[Instant]:
    """When p may begin to fake m: at its entry, and where it can be undone at every later moment."""
    if not story.entries[m]:
        return []
    entered = Instant(story.entries[m][0][0], BEFORE)
    found = openly(story, p, delay=story.law(m).delay)
    if story.undo[m] == math.inf:
        return [one for one in found if abs(float(one.t) - float(entered.t)) < TINY and one.phase == BEFORE]
    return [one for one in found if not one.precedes(entered)]


def leavings(story: Story, p: str, m: str, start: Instant) -> list[Instant]:
    """When p may leave openly after beginning to fake m: later, just after the entries of the same date included."""
    return [one for one in openly(story, p, delay=story.law(m).delay) if start.precedes(one)]


@dataclass(frozen=True)
class Told:
    """A slack row as the simulator tells it."""

    kind: str
    party: str
    other: str | None
    measure: str | None
    at: Instant
    keep: float
    deviate: float
    leaves: Instant | None = None

    @property
    def slack(self) -> float:
        return self.keep - self.deviate

    @property
    def key(self) -> tuple[Any, ...]:
        return self.kind, self.party, self.other, self.measure, round(float(self.at.t), 6), int(self.at.phase)


def points(amount: Number, rho: float) -> float:
    return amount.value / rho if amount.flow else amount.value


def limit(story: Story, p: str) -> float:
    amount = story.parties[p].exposure_limit
    assert amount is not None
    return points(amount, story.rho[p])


def tell(
    story: Story, kind: str, p: str, other: str | None, m: str | None, at: Instant, leaves: Iterable[Instant] = ()
) -> Iterator[Told]:
    """The row of a moment and, for secret ones, those with each of some moments of leaving."""
    leaves = [NO_TIME, *leaves]
    breaker = other or p
    deviation = Deviation.openly(breaker, at)
    if m is not None:
        deviation = Deviation(breaker, at, story.faked_with(breaker, m, at), m)
    if other is None:
        ahead = story.ahead(p, at)
        keep = story.keep(p, at) * ahead
        values = story.deviations(p, deviation, leaves)
        told = [Told(kind, p, other, m, at, keep, value * ahead) for value in values]
    else:
        values = story.deviations(p, deviation, leaves, no_deal=False)
        had = story.enjoyed(p, at)
        told = [Told(kind, p, other, m, at, had + value, -limit(story, p)) for value in values]
    yield told[0]
    for row, left in zip(told[1:], leaves[1:], strict=True):
        yield replace(row, leaves=left)


def consent(story: Story, p: str) -> Told:
    walk_away = points(story.parties[p].walk_away, story.rho[p])
    return Told("consent", p, None, None, SIGNATURE, story.keep(p, SIGNATURE), walk_away)


def acts(story: Story, p: str) -> list[str]:
    """The measures of the plan that a party performs."""
    return [m for m, x in story.measures.items() if p in x.by and story.entries[m]]


def entry(story: Story, m: str) -> Instant | None:
    """Just before a measure's entry, from signature on."""
    times = [t for t, _ in story.entries[m] if t >= 0]
    return Instant(times[0], BEFORE) if times and story.entries[m][0][0] >= 0 else None


def rows(story: Story, parties: Iterable[str] | None = None) -> Iterator[Told]:
    """Every breakout, covert and exposure row of a plan, R2's of every leaving moment each by itself."""
    valued = [p for p in parties or story.parties if story.rho[p] > 0]
    for p in valued:
        for at in openly(story, p) if acts(story, p) else ():
            yield from tell(story, "breakout", p, None, None, at)
        for m in acts(story, p):
            if story.measures[m].fakeable:
                for at in starts(story, p, m):
                    yield from tell(story, "covert", p, None, m, at, leavings(story, p, m, at))
        for q in story.parties if story.parties[p].exposure_limit is not None else ():
            for at in openly(story, q) if q != p and acts(story, q) else ():
                yield from tell(story, "exposure", p, q, None, at)
            for m in acts(story, q) if q != p else ():
                begun = entry(story, m)
                if story.measures[m].fakeable and begun is not None:
                    yield from tell(story, "secret_exposure", p, q, m, begun, leavings(story, q, m, begun))
