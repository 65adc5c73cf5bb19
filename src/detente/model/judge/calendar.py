"""The moments at which somebody could deviate, and which of them count for whom. DESIGN §5, ANSWERS R7."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Dossier
from detente.model.judge.detection import NEVER, TIE
from detente.model.judge.facts import Facts
from detente.model.kinds import Side
from detente.model.numeric import Array, Flags

BEFORE, AFTER, BETWEEN = 0, 1, 2
SIDES: tuple[Side, Side, Side] = ("before", "after", "between")


@dataclass(frozen=True)
class Instants:
    """Moments in order: years from signature; before, after, or just after (between); the last period entered."""

    t: Array
    side: NDArray[np.intp]
    base: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.t)

    def __getitem__(self, chosen: NDArray[np.intp]) -> Instants:
        return Instants(self.t[chosen], self.side[chosen], self.base[chosen])

    @classmethod
    def at(cls, tau: Sequence[float], t: Iterable[float], side: Iterable[int]) -> Instants:
        times, sides = np.array(list(t), float), np.array(list(side), np.intp)
        edge = np.where(sides == BEFORE, -TIE, TIE)
        return cls(times, sides, np.searchsorted(np.array(tau), times + edge, side="right") - 1)

    def column(self) -> Instants:
        """As [moments, 1]."""
        return Instants(self.t[:, None], self.side[:, None], self.base[:, None])

    def row(self) -> Instants:
        """As [1, moments]."""
        return Instants(self.t[None, :], self.side[None, :], self.base[None, :])

    @cached_property
    def late(self) -> Flags:
        """Whether what is set off here comes just after its time."""
        return np.asarray(self.side == BETWEEN)

    @cached_property
    def tie(self) -> Array:
        """Years by which something must come after a date to come after its entries; what is late does."""
        return np.where(self.late, -TIE, TIE)


class Cheat(NamedTuple):
    """Who fakes which measure, and the period in which that enters."""

    faker: int
    measure: int
    entry: int


class Calendar:
    """All moments at which somebody could deviate, and those of each breach, as indices of `all`."""

    all: Instants
    breaking: Mapping[int, NDArray[np.intp]]
    """When each party could break the deal openly."""
    faking: Mapping[tuple[int, int], NDArray[np.intp]]
    """When a party could fake a measure, or undo it in secret."""
    leaving: Mapping[tuple[int, int], NDArray[np.intp]]
    """When who has faked a measure could leave openly."""
    entry: Sequence[int]
    """The moment before the entries of each period."""

    def __init__(self, dossier: Dossier, facts: Facts) -> None:
        self.facts = facts
        self.grid = dossier.grid
        self.days = [(e.at, e.day) for e in dossier.exits if e.at is not None and e.day is not None]
        exits = {e.at for e in dossier.exits if e.at is not None and e.at > TIE}
        self.dates = np.array([*facts.tau, *(x for x in exits if min(abs(x - t) for t in facts.tau) > TIE)])
        bends = Bends(dossier, facts)
        breaking, faking = bends.breaking(), bends.faking()
        between = [t for times in (*breaking.values(), *faking.values()) for t in times]
        index = _Index(facts.tau, self.dates.tolist(), between)
        self.all = index.all
        self.breaking = {q: index.of(times) for q, times in breaking.items()}
        self.faking = {key: index.of(times) for key, times in faking.items()}
        self.leaving = {(q, m): np.union1d(at, self.breaking[q]) for (q, m), at in self.faking.items()}
        self.entry = [index.number[t, BEFORE] for t in facts.tau]

    def chances(self, cheat: Cheat) -> NDArray[np.intp]:
        """When the measure can be faked: before its entry; or be undone in secret: later."""
        q, m, e = cheat
        entry = [] if e < 0 else [self.entry[e]]
        of = self.faking[q, m]
        later = of[self.all.base[of] >= e] if self.facts.undo[m] < NEVER else of[:0]
        return np.array([*entry, *later.tolist()], np.intp)

    def leavings(self, cheat: Cheat) -> NDArray[np.intp]:
        """When the faker could leave openly after its first chance to fake."""
        at, of = self.chances(cheat), self.leaving[cheat.faker, cheat.measure]
        return of[of > at[0]] if len(at) else of[:0]

    def dated(self, moments: Instants) -> Flags:
        """Whether each moment is just before or just after what happens on a date of the grid or of an exit."""
        near = np.abs(self.dates[None, :] - moments.t[:, None]).min(axis=1) < TIE
        return np.asarray((moments.side != BETWEEN) & near)

    def day(self, t: float, side: int) -> date:
        """The calendar day of a moment; of one between dates the day that holds it."""
        if side != BETWEEN:
            named = (*zip(self.facts.tau, self.grid.dates, strict=True), *self.days)
            if (found := next((day for at, day in named if abs(at - t) < TIE), None)) is not None:
                return found
        return self.grid.day(t)


class _Index:
    """Moments by number: two to each date, and two to each time between dates at which somebody could deviate."""

    def __init__(self, tau: Sequence[float], dates: Sequence[float], between: Iterable[float]) -> None:
        self.times = [_on(t, dates) for t in _apart(t for t in between if t > -TIE)]
        keys = [(t, side) for t in dates for side in (BEFORE, AFTER)] + [(t, BETWEEN) for t in self.times]
        keys = sorted(keys + [(t, BEFORE) for t in self.times if t not in dates])
        self.number = {key: i for i, key in enumerate(keys)}
        self.all = Instants.at(tau, (t for t, _ in keys), (side for _, side in keys))
        self.always = {self.number[t, side] for t in dates for side in (BEFORE, AFTER)}

    def of(self, wanted: Iterable[float]) -> NDArray[np.intp]:
        """Those of all dates, and those nearest to some times."""
        near = {self.times[i] for i in _nearest(self.times, [t for t in wanted if t > -TIE])}
        return np.array(
            sorted(self.always | {self.number[t, side] for t in near for side in (BEFORE, BETWEEN)}), np.intp
        )


class Bends:
    """Times between dates at which the slack of a condition may be least: where a breach comes too late for something.

    Years from signature; those before it are left to the reader.
    """

    def __init__(self, dossier: Dossier, facts: Facts) -> None:
        self.facts = facts
        self.dossier = dossier
        self.exits = [(e.at, facts.party.get(e.party)) for e in dossier.exits if e.at is not None]
        tables = [t for m in facts.bodies for t in (m.effects, m.intrusion)]
        tables += [i.effects for i in dossier.interactions.values()]
        grows = [e.per_year for table in tables for e in table.values() if e.per_year is not None]
        self.grown = sorted({g.lasts.value for g in grows if g.lasts is not None})
        """When the growth of something stops."""

    def breaking(self) -> dict[int, list[float]]:
        """Of each party that performs something, times at or just after which it could best break the deal openly."""
        performers = [q for q, acts in enumerate(self.facts.acts) if acts]
        return {q: [*self._any(q), *self._undoing(q), *self._overtaking(q)] for q in performers}

    def faking(self) -> dict[tuple[int, int], list[float]]:
        """The same of what a party could fake."""
        facts = self.facts
        fakes = [(q, m) for q, acts in enumerate(facts.acts) for m in acts if facts.fakeable[m]]
        return {(q, m): [*self._any(q), *(t - facts.delay[m] for t in self._arriving(q))] for q, m in fakes}

    def _arriving(self, q: int) -> Iterator[float]:
        """Times just after which what falls on a date still comes before the answer to what q does; before, not."""
        for r in sorted(self.facts.answering_parties[q]):
            yield from (t - self.facts.response[r] for t in (*self.facts.tau, *(x for x, _ in self.exits)))

    def _any(self, q: int) -> Iterator[float]:
        """Times at or just after which q could best deviate in either way, but for the dates themselves."""
        yield from self._arriving(q)
        yield from self.grown
        corners = self.dossier.parties[self.facts.parties[q]].no_deal_course(self.dossier.start)
        if len(corners) > 1 and self.facts.first[q] < NEVER:
            yield from (t - self.facts.first[q] for t, _ in corners)

    def _undoing(self, q: int) -> Iterator[float]:
        """Times of q's open breach after which something is undone only once its growth has stopped.

        And, of what belongs to an interaction, once others of the dates have entered. Not in ANSWERS' list: between
        its moments the slack bends here, and may be least.
        """
        facts = self.facts
        joined = {m for together in facts.togethers for m in together.measures}
        for m, undo in enumerate(facts.undo):
            if undo < NEVER:
                turns = [*self.grown, *(facts.tau if m in joined else ())]
                yield from (t - stop - undo for stop in self._stops(q, m) for t in turns)

    def _stops(self, q: int, m: int) -> Iterator[float]:
        """Years from q's open breach until somebody stops performing a measure."""
        facts = self.facts
        if q in facts.by[m]:
            yield 0.0
        yield from (facts.response[r] for r in facts.by[m] if r != q and facts.answering(m, q))

    def _overtaking(self, q: int) -> Iterator[float]:
        """Times of q's open breach from which on what it sets off comes after what a later exit on a date does.

        What is felt once the deal is over is felt from the answer to the breach until the exit has it undone; or, if
        nobody answers, from the answer to the exit until the breach has it undone. The slack bends here, too.
        """
        facts = self.facts
        answered = facts.first[q] < NEVER
        over = [m for m, x in enumerate(facts.bodies) if x.if_over and facts.answering(m, q) != answered]
        for x, r in ((x, r) for x, r in self.exits if r is not None):
            for m in over:
                by_exit, by_breach = facts.open[r].gone[m], facts.first[q]
                if not answered:
                    by_exit, by_breach = facts.first[r], facts.open[q].gone[m]
                if by_exit < by_breach < NEVER:
                    yield x + by_exit - by_breach


def _apart(times: Iterable[float]) -> list[float]:
    """In order, each once."""
    found: list[float] = []
    for t in sorted(max(0.0, t) for t in times):
        if not found or t - found[-1] > TIE:
            found.append(t)
    return found


def _nearest(times: Sequence[float], wanted: Sequence[float]) -> NDArray[np.intp]:
    """Which of some times, in order, each of others is nearest to."""
    if not wanted:
        return np.zeros(0, np.intp)
    edges = (np.array(times[1:]) + np.array(times[:-1])) / 2
    return np.searchsorted(edges, np.array(wanted)).astype(np.intp)


def _on(t: float, dates: Sequence[float]) -> float:
    """The date that a time is, but for rounding; else the time."""
    return next((date for date in dates if abs(date - t) <= TIE), t)
