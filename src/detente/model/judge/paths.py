"""What happens in time when a plan is kept, broken openly, cheated on, or left: the judge's own reckoning.

One shape serves all (ANSWERS): a path is a list of branches, each a `Contingency`: a part of the law of one random date
X. It says of each measure when its entries stop and when what is in force is undone, each the earlier of a date that is
known (`anchor` + years) and one that moves with X (X + years). Breaking out, faking, faking and then leaving, and the
exits that any of these meets, are fillings of that shape. Shapes of arrays: [moments, 1], or [moments, leaving
moments].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Dossier
from detente.model.judge.detection import NEVER, TIE, Chance, Dated, DetectionTime, Leaves, Seen, Thinned
from detente.model.judge.facts import Course, Facts, Undoing
from detente.model.judge.later import AtRate, Departure, Discovery, Later, OnDate
from detente.model.kinds import Side
from detente.model.numeric import Array, Flags

BEFORE, AFTER, BETWEEN = 0, 1, 2
SIDES: tuple[Side, Side, Side] = ("before", "after", "between")
UNSEEN = DetectionTime(None)
NUDGE = 2 * TIE


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

    @property
    def late(self) -> Flags:
        """Whether what is set off here comes just after its time."""
        return np.asarray(self.side == BETWEEN)


class Calendar:
    """All moments at which somebody could deviate, and which of them count for whom. DESIGN §5, ANSWERS R7."""

    def __init__(self, dossier: Dossier, facts: Facts) -> None:
        self.dossier = dossier
        self.facts = facts
        exits = {e.at for e in dossier.exits if e.at is not None and e.at > TIE}
        dated = [*facts.tau, *(x for x in exits if min(abs(x - t) for t in facts.tau) > TIE)]
        performers = sorted({q for by in facts.by for q in by})
        fakes = [
            (q, m) for q in performers for m in range(len(facts.measures)) if facts.fakeable[m] and q in facts.by[m]
        ]
        between: dict[tuple[int, int | None], list[float]] = {(q, None): list(self._just(q)) for q in performers}
        for q, m in fakes:
            between[q, m] = [*between[q, None], *(t - facts.delay[m] for t in self._arriving(q))]
        for q in performers:
            between[q, None] += self._turning(q)
        times = [_on(t, dated) for t in _apart(t for found in between.values() for t in found if t > -TIE)]
        keys = [(t, side) for t in dated for side in (BEFORE, AFTER)] + [(t, BETWEEN) for t in times]
        keys = sorted(keys + [(t, BEFORE) for t in times if t not in dated])
        self.all = Instants.at(facts.tau, (t for t, _ in keys), (side for _, side in keys))
        always = {i for i, (t, side) in enumerate(keys) if side != BETWEEN and t in dated}
        self.dates = np.array(dated)
        number = {key: i for i, key in enumerate(keys)}
        self.of: dict[tuple[int, int | None], NDArray[np.intp]] = {}
        for key, found in between.items():
            near = {times[i] for i in _nearest(times, [t for t in found if t > -TIE])}
            at = {number[t, side] for t in near for side in (BEFORE, BETWEEN)}
            self.of[key] = np.array(sorted(always | at), np.intp)
        """Moments for open breaches by a party, and for its faking of a measure: indices of `all`."""
        self.leaving = {(q, m): np.union1d(self.of[q, m], self.of[q, None]) for q, m in fakes}
        """Moments at which who has faked a measure could leave openly."""
        self.entry = [keys.index((t, BEFORE)) for t in facts.tau]
        """The moment before the entries of each period."""

    def _arriving(self, q: int) -> Iterator[float]:
        """Times just after which what falls on a date still comes before the answer to what q does; before, not."""
        exits = [e.at for e in self.dossier.exits if e.at is not None]
        for r in sorted(self.facts.answering_parties[q]):
            yield from (t - self.facts.response[r] for t in (*self.facts.tau, *exits))

    def _just(self, q: int) -> Iterator[float]:
        """Dates just after which q could best break the deal openly, but for the dates themselves."""
        yield from self._arriving(q)
        yield from self._growth_ends()
        corners = self.dossier.parties[self.facts.parties[q]].no_deal_course(self.dossier.start)
        if len(corners) > 1 and self.facts.first[q] < NEVER:
            yield from (t - self.facts.first[q] for t, _ in corners)

    def _growth_ends(self) -> list[float]:
        """When the growth of something stops."""
        tables = [t for m in self.facts.bodies for t in (m.effects, m.intrusion)]
        tables += [i.effects for i in self.dossier.interactions.values()]
        grows = [e.per_year for table in tables for e in table.values() if e.per_year is not None]
        return sorted({g.lasts.value for g in grows if g.lasts is not None})

    def _turning(self, q: int) -> Iterator[float]:
        """Times of q's open breach after which something is undone only once its growth has stopped.

        And, of what belongs to an interaction, once others of the dates have entered. Not in ANSWERS' list: between
        its moments the slack bends here, and may be least.
        """
        facts = self.facts
        joined = {facts.measure[n] for i in self.dossier.interactions.values() for n in i.when.measures}
        grown = self._growth_ends()
        for m, undo in enumerate(facts.undo):
            stops = [0.0] if q in facts.by[m] else []
            stops += [facts.response[r] for r in facts.by[m] if r != q and facts.answering(m, q)]
            turns = [*grown, *(facts.tau if m in joined else ())]
            if undo < NEVER:
                yield from (t - stop - undo for stop in stops for t in turns)
        yield from self._overtaking(q)

    def _overtaking(self, q: int) -> Iterator[float]:
        """Times of q's open breach from which on what it sets off comes after what a later exit on a date does.

        What is felt once the deal is over is felt from the answer to the breach until the exit has it undone; or, if
        nobody answers, from the answer to the exit until the breach has it undone. The slack bends here, too.
        """
        facts = self.facts
        answered = facts.first[q] < NEVER
        dated = [
            (e.at, facts.party[e.party]) for e in self.dossier.exits if e.at is not None and e.party in facts.party
        ]
        over = [m for m, x in enumerate(facts.bodies) if x.if_over and facts.answering(m, q) != answered]
        for x, r in dated:
            for m in over:
                by_exit, by_breach = facts.open[r].gone[m], facts.first[q]
                if not answered:
                    by_exit, by_breach = facts.first[r], facts.open[q].gone[m]
                if by_exit < by_breach < NEVER:
                    yield x + by_exit - by_breach

    def dated(self, moments: Instants) -> Flags:
        """Whether each moment is just before or just after what happens on a date of the grid or of an exit."""
        near = np.abs(self.dates[None, :] - moments.t[:, None]).min(axis=1) < TIE
        return np.asarray((moments.side != BETWEEN) & near)

    def day(self, t: float, side: int) -> date:
        """The calendar day of a moment; of one between dates the day that holds it."""
        if side != BETWEEN:
            grid = zip(self.facts.tau, self.dossier.grid.dates, strict=True)
            exits = ((e.at, e.day) for e in self.dossier.exits if e.at is not None and e.day is not None)
            named = (day for at, day in (*grid, *exits) if abs(at - t) < TIE)
            if (found := next(named, None)) is not None:
                return found
        return self.dossier.grid.day(t)


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


class Tail(NamedTuple):
    """E[e^(−ρX); X > x] and P(X > x) at some x: what a stretch of X holds is the difference of two points."""

    later: Array
    left: Array

    def within(self, low: Tail, high: Tail) -> Tail:
        """This point, or the nearer end of the stretch."""
        return Tail(
            np.maximum(np.minimum(self.later, low.later), high.later),
            np.maximum(np.minimum(self.left, low.left), high.left),
        )

    def where(self, mask: Flags, other: Tail) -> Tail:
        return Tail(np.where(mask, other.later, self.later), np.where(mask, other.left, self.left))


class Backs(NamedTuple):
    """Of each measure: years until it is performed again, from the anchor and from X; one of them at most."""

    known: tuple[float, ...]
    moving: tuple[float, ...]


@dataclass(eq=False)
class Contingency:
    """What happens where X falls in (low, high], weighed. Times are known (anchor + …) or move with X (X + …)."""

    chance: Chance
    low: Array
    high: Array
    weight: Array
    base: NDArray[np.intp]
    """The last period whose entries have happened when what is counted from the anchor begins."""
    anchor: Array
    late: Flags
    """Whether what is counted from the anchor comes just after its time."""
    known: Undoing | None = None
    """Years from the anchor until entries stop, and until what is in force is undone."""
    moving: Undoing | None = None
    """As `known`, from X."""
    back: Backs | None = None
    """When each measure is performed again, not before it was undone; what was held up enters then. No path of today's
    has one: breaches that are cured will."""
    answer: tuple[float, float] = (NEVER, NEVER)
    """Years until the first answer: from the anchor, from X; one of them at most."""
    pays: int | None = None
    """Who pays its collapse_cost then."""
    leaver: int | None = None
    """Whose needed measures hold others' entries up from the anchor on, or from X on."""
    holds: Literal["anchor", "moving", None] = None
    nudge: Array | None = None
    """Subtracted from dates that X must pass, where it is seen just after a visit."""
    later: Later | None = None
    """Of a breach that is known: the exits that come after that."""
    size: int = 0
    """How many numbers are kept in `_points`."""
    _points: dict[tuple[float | None, str, float], Tail] = field(default_factory=dict)

    def forget(self) -> None:
        """Keep no points of those asked for so far."""
        self._points.clear()
        self.size = 0

    def point(self, rho: float, x: float, of: Literal["date", "anchor"] = "date") -> Tail:
        """The point at a date, or so many years from the anchor."""
        key = (rho, of, x)
        if key not in self._points:
            self._keep(key, self.at(rho, self.anchor + x if of == "anchor" else np.array(x)))
        return self._points[key]

    def _keep(self, key: tuple[float | None, str, float], point: Tail) -> None:
        self._points[key] = point
        self.size += point.later.size + point.left.size

    def passing(self, rho: float, x: float) -> Tail:
        """The point that X must pass if an entry at a date is still to happen."""
        if self.nudge is None:
            return self.point(rho, x)
        key = (rho, "passing", x)
        if key not in self._points:
            self._keep(key, self.at(rho, x - self.nudge))
        return self._points[key]

    def at(self, rho: float, x: Array) -> Tail:
        return Tail(self.chance.later(rho, x), self.chance.left(x))

    def ends(self, rho: float) -> tuple[Tail, Tail]:
        """The points at both ends; nothing is left beyond an end that never comes."""
        key = (rho, "low", 0.0)
        if key not in self._points:
            if isinstance(self.chance, Dated):
                low, high = Tail(np.zeros((1, 1)), np.ones((1, 1))), Tail(np.zeros((1, 1)), np.zeros((1, 1)))
            else:
                low, high = self.at(rho, self.low), self.at(rho, np.maximum(self.low, self.high))
                high = Tail(high.later, np.where(np.isinf(self.high), 0.0, high.left))
            self._points[key], self._points[rho, "high", 0.0] = low, high
        return self._points[key], self._points[rho, "high", 0.0]

    def answered(self, rho: float) -> Array:
        """E[e^(−ρ·first answer)], weighed."""
        fixed, lag = self.answer
        low, high = self.ends(rho)
        if lag < NEVER:
            return np.asarray(self.weight * np.exp(-rho * lag) * (low.later - high.later))
        if fixed < NEVER:
            return np.asarray(self.weight * np.exp(-rho * (self.anchor + fixed)) * (low.left - high.left))
        return np.zeros((1, 1))

    def spared(self, course: Course) -> Array:
        """E[what `no_deal` costs from the first answer on], weighed."""
        fixed, lag = self.answer
        low, high = self.ends(course.rho)
        if fixed < NEVER:
            return np.asarray(self.weight * course.spared(self.anchor + fixed) * (low.left - high.left))
        if lag == NEVER:
            return np.zeros((1, 1))
        if not course.moves:
            return np.asarray(course.pieces[-1][0] * self.answered(course.rho))
        return np.asarray(self.weight * self._moving(course, lag))

    def _moving(self, course: Course, lag: float) -> Array:
        """As `spared`, line by line of a course that moves."""
        total, rho = np.zeros((1, 1)), course.rho
        low, high = self.ends(rho)
        ends = [*(end - lag for end in course.ends), NEVER]
        start = -NEVER
        for (b, c), constant, end in zip(course.pieces, course.constants, ends, strict=True):
            here = self.point(rho, start).within(low, high) if start > -NEVER else low
            then = self.point(rho, end).within(low, high) if end < NEVER else high
            total = total + constant * (here.left - then.left)
            total = total + np.exp(-rho * lag) * (b + c * lag) * (here.later - then.later)
            if c:
                near = np.clip(max(start, -1.0), self.low, np.maximum(self.low, self.high))
                far = np.clip(end, self.low, np.maximum(self.low, self.high))
                moved = self.chance.moved(rho, near) - self.chance.moved(rho, far)
                total = total + np.exp(-rho * lag) * c * moved
            start = end
        return total


class Paths:
    """Builds the branches of what can happen from moments on."""

    def __init__(self, dossier: Dossier, facts: Facts) -> None:
        self.facts = facts
        exits = [e for e in dossier.exits if e.party in facts.party]
        self.rates = [(facts.party[e.party], e.rate) for e in exits if e.at is None and e.rate > 0]
        self.leaving = sum(rate for _, rate in self.rates)
        """Exits a year."""
        dated = [(e.at, facts.party[e.party], e.chance) for e in exits if e.at is not None and e.chance > 0]
        self.dated = sorted(dated, key=lambda exit_: exit_[0])

    def leaving_at(self, q: int, rate: float) -> Paths:
        """These, where a party leaves at one rate a year instead of those that the dossier states."""
        paths = copy(self)
        paths.rates = [*((r, x) for r, x in self.rates if r != q), *([(q, rate)] if rate > 0 else [])]
        paths.leaving = sum(x for _, x in paths.rates)
        return paths

    def kept(self, now: Instants) -> list[Contingency]:
        """Everybody keeps the plan, until somebody leaves."""
        branches, _ = self._until(now, UNSEEN, 0.0, None)
        return branches

    def broken(self, now: Instants, mover: int) -> list[Contingency]:
        """The mover openly stops and undoes what costs it; the others answer. DESIGN §5."""
        return [self._breach(now, np.ones((1, 1)), mover)]

    def faked(self, now: Instants, faker: int, m: int) -> list[Contingency]:
        """The faker fakes in secret: it is known at T + delay, if nobody has left by then. DESIGN §5, ANSWERS §2."""
        law, delay = self.facts.law[m], self.facts.delay[m]
        branches, _ = self._until(now, law, delay, None, faker)
        return branches

    def faked_and_left(self, now: Instants, then: Instants, faker: int, m: int) -> list[Contingency]:
        """As `faked`, but the faker breaks openly at a later moment, unless it is known before. ANSWERS R2."""
        law, delay = self.facts.law[m], self.facts.delay[m]
        branches, weight = self._until(now, law, delay, then, faker)
        since = np.maximum(then.t - now.t, 0.0)
        soon = np.where(then.late, 0.0, self._nudge(now, law))
        weight = weight * np.exp(-self.leaving * since) * law.left(since - soon - delay)
        return [*branches, self._breach(then, weight, faker)]

    def _breach(self, then: Instants, weight: Array, mover: int) -> Contingency:
        branch = self._parting(then, weight, mover)
        branch.later = self._later(then, mover, Discovery(), np.zeros((1, 1)))
        return branch

    def _parting(self, then: Instants, weight: Array, mover: int) -> Contingency:
        first = self.facts.first[mover]
        return Contingency(
            Dated(),
            then.t,
            then.t,
            weight,
            then.base,
            then.t,
            then.late,
            known=self.facts.open[mover],
            answer=(first, NEVER),
            pays=mover,
            leaver=mover,
            holds="anchor",
        )

    def _until(
        self, now: Instants, law: DetectionTime, delay: float, then: Instants | None, faker: int | None = None
    ) -> tuple[list[Contingency], Array]:
        """Exits and, of a faker, being found out, until it leaves; and what is left by the dated exits till then."""
        exits: list[Contingency] = []
        steps: list[tuple[Array, Array]] = []
        weight, share = np.ones((1, 1)), np.ones((1, 1))
        nudge = self._nudge(now, law)
        for x, r, chance in self.dated:
            counts = self._to_come(now, None, x)
            stays = np.exp(-self.leaving * np.maximum(x - now.t, 0.0)) * law.left(x - nudge - now.t - delay)
            before = counts & self._to_come(now, then, x)
            if before.any():
                exits.append(self._dated_exit(x, r, np.where(before, weight * chance * stays, 0.0)))
            weight = weight * np.where(before, 1 - chance, 1.0)
            steps.append((x - nudge, np.where(counts, -chance * share, 0.0)))
            share = share * np.where(counts, 1 - chance, 1.0)
        last = np.full((1, 1), NEVER) if then is None else then.t
        branches = [
            self._exit(now, self._thinned(Leaves(law, now.t, delay, self.leaving, rate), steps), q, last)
            for q, rate in self.rates
        ]
        if faker is not None and law.sees:
            chance_ = self._thinned(Seen(law, now.t, delay, self.leaving), steps)
            found_out = self._found_out(now, then, faker, chance_, nudge if law.round else None)
            known = Discovery(law, delay, None if then is None else found_out.high - now.t)
            found_out.later = self._later(now, faker, known, nudge)
            branches.append(found_out)
        return [*branches, *exits], weight

    @staticmethod
    def _thinned(chance: Chance, steps: Sequence[tuple[Array, Array]]) -> Chance:
        return Thinned(chance, steps) if steps else chance

    @staticmethod
    def _nudge(now: Instants, law: DetectionTime) -> Array:
        """What is set off just after a moment is seen just after a visit: a little later than all else on its date."""
        return np.asarray(NUDGE * now.late if law.round else np.zeros((1, 1)), float)

    @staticmethod
    def _to_come(now: Instants, then: Instants | None, x: float) -> Flags:
        """Whether a dated exit comes after the moment, and before the leaving."""
        counts = (x > now.t + TIE) | ((np.abs(x - now.t) <= TIE) & (now.side == BEFORE))
        if then is not None:
            counts = counts & ((x < then.t - TIE) | ((np.abs(x - then.t) <= TIE) & (then.side != BEFORE)))
        return np.asarray(counts)

    def _found_out(
        self, now: Instants, then: Instants | None, faker: int, chance: Chance, nudge: Array | None
    ) -> Contingency:
        """The others know at X; whoever cheats stops the rest at the first answer, or when it leaves."""
        facts = self.facts
        at = now if then is None else then
        last = np.full((1, 1), NEVER)
        if then is not None:
            last = then.t if nudge is None else then.t - np.where(then.late, 0.0, nudge)
        branch = Contingency(
            chance,
            now.t,
            last,
            np.ones((1, 1)),
            at.base,
            at.t,
            at.late,
            moving=facts.found_out[faker],
            answer=(NEVER, facts.first[faker]),
            pays=faker,
            nudge=nudge if now.late.any() else None,
        )
        if then is not None:
            measures = range(len(facts.measures))
            branch.known = Undoing(
                tuple(0.0 if faker in facts.by[m] else NEVER for m in measures),
                tuple(facts.undoes(faker, m) for m in measures),
            )
            branch.leaver, branch.holds = faker, "anchor"
        return branch

    def _later(self, since: Instants, breaker: int, known: Discovery, nudge: Array) -> Later | None:
        """Exits after a breach is known: on one date it is known first, unless it was set off just after a moment."""
        if not (self.rates or self.dated):
            return None
        exits: list[tuple[int, Departure]] = []
        steps: list[tuple[Array, Array]] = []
        share = np.ones((1, 1))
        for x, r, chance in self.dated:
            date = x - since.t
            leave = np.where(self._to_come(since, None, x), chance * share, 0.0)
            exits.append((r, OnDate(known, date, leave * np.exp(-self.leaving * np.maximum(date, 0.0)), date - nudge)))
            steps.append((date, -leave))
            share = share - leave
        exits += [(r, AtRate(known, rate, self.leaving, steps)) for r, rate in self.rates]
        return Later(breaker, since.t, tuple(exits))

    def _exit(self, now: Instants, leaves: Chance, q: int, last: Array) -> Contingency:
        """Party q leaves at X: as a breakout, but nobody pays for it."""
        return Contingency(
            leaves,
            now.t,
            last,
            np.ones((1, 1)),
            now.base,
            now.t,
            now.late,
            moving=self.facts.open[q],
            answer=(NEVER, self.facts.first[q]),
            leaver=q,
            holds="moving",
        )

    def _dated_exit(self, x: float, q: int, weight: Array) -> Contingency:
        at = Instants.at(self.facts.tau, [x], [BEFORE]).column()
        branch = self._parting(at, weight, q)
        branch.pays = None
        return branch
