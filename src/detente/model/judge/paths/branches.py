"""What happens in time when a plan is kept, broken openly, cheated on, or left: the judge's own reckoning.

One shape serves all (ANSWERS): a path is a list of branches, each a `Contingency`: a part of the law of one random date
X. It says of each measure when its entries stop and when what is in force is undone, each the earlier of a date that is
known (`at` + years) and one that moves with X (X + years). Breaking out, faking, faking and then leaving, and the
exits that any of these meets, are fillings of that shape. Shapes of arrays: [moments, 1], or [moments, leaving
moments].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from detente.dossier.schema import Dossier
from detente.model.judge.calendar import BEFORE, Instants
from detente.model.judge.detection import NEVER, TIE, Chance, Dated, DetectionTime, Leaves, Seen, Thinned
from detente.model.judge.facts import Course, Facts, Undoing
from detente.model.judge.paths.later import AtRate, Departure, Discovery, Later, OnDate
from detente.model.numeric import Array, Flags

UNSEEN = DetectionTime(None)
NUDGE = 2 * TIE
ZERO = np.zeros((1, 1))
ONE = np.ones((1, 1))
NO_END = np.full((1, 1), NEVER)


def plus(a: Array, b: Array) -> Array:
    """a + b, where to add nothing costs nothing: most of the time goes into sums [moments, leaving moments]."""
    return b if a is ZERO else a if b is ZERO else a + b


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
    """Of each measure: years until it is performed again, from `Contingency.at` and from X; one of them at most."""

    known: tuple[float, ...]
    moving: tuple[float, ...]


@dataclass(eq=False, kw_only=True)
class Contingency:
    """What happens where X falls in (low, high], weighed. Times are known (`at` + …) or move with X (X + …)."""

    chance: Chance
    low: Array
    high: Array
    weight: Array
    at: Instants
    """What is known is counted from here on; the entries of its `base` have happened then."""
    known: Undoing | None = None
    """Years from `at` until entries stop, and until what is in force is undone."""
    moving: Undoing | None = None
    """As `known`, from X."""
    back: Backs | None = None
    """When each measure is performed again, not before it was undone; what was held up enters then. No path of today's
    has one: breaches that are cured will."""
    answer: tuple[float, float] = (NEVER, NEVER)
    """Years until the first answer: from `at`, from X; one of them at most."""
    pays: int | None = None
    """Who pays its collapse_cost then."""
    leaver: int | None = None
    """Whose needed measures hold others' entries up from `at` on, or from X on."""
    holds: Literal["at", "moving", None] = None
    nudge: Array | None = None
    """Subtracted from dates that X must pass, where it is seen just after a visit."""
    later: Later | None = None
    """Of a breach that is known: the exits that come after that."""
    size: int = field(default=0, init=False)
    """How many numbers are kept."""
    _points: dict[tuple[float | None, str, float], Tail] = field(default_factory=dict, init=False)

    def _keep(self, key: tuple[float | None, str, float], point: Tail) -> Tail:
        self._points[key] = point
        self.size += point.later.size + point.left.size
        return point

    def point(self, rho: float, x: float, of: Literal["date", "at"] = "date") -> Tail:
        """The point at a date, or so many years from `at`."""
        key = (rho, of, x)
        point = self._points.get(key)
        return point or self._keep(key, self.tail(rho, self.at.t + x if of == "at" else np.array(x)))

    def passing(self, rho: float, x: float) -> Tail:
        """The point that X must pass if an entry at a date is still to happen."""
        if self.nudge is None:
            return self.point(rho, x)
        key = (rho, "passing", x)
        return self._points.get(key) or self._keep(key, self.tail(rho, x - self.nudge))

    def tail(self, rho: float, x: Array) -> Tail:
        return Tail(self.chance.later(rho, x), self.chance.left(x))

    def ends(self, rho: float) -> tuple[Tail, Tail]:
        """The points at both ends; nothing is left beyond an end that never comes."""
        key = (rho, "low", 0.0)
        if key not in self._points:
            if isinstance(self.chance, Dated):
                low, high = Tail(ZERO, ONE), Tail(ZERO, ZERO)
            else:
                low, high = self.tail(rho, self.low), self.tail(rho, np.maximum(self.low, self.high))
                high = Tail(high.later, np.where(np.isinf(self.high), 0.0, high.left))
            self._keep(key, low)
            self._keep((rho, "high", 0.0), high)
        return self._points[key], self._points[rho, "high", 0.0]

    def weighed(self, value: Array) -> Array:
        """What a value in this branch adds to that of the path."""
        return value if self.weight is ONE else self.weight * value

    def answered(self, rho: float) -> Array:
        """E[e^(−ρ·first answer)], weighed."""
        fixed, lag = self.answer
        low, high = self.ends(rho)
        if lag < NEVER:
            return np.asarray(self.weight * np.exp(-rho * lag) * (low.later - high.later))
        if fixed < NEVER:
            return np.asarray(self.weight * np.exp(-rho * (self.at.t + fixed)) * (low.left - high.left))
        return ZERO

    def spared(self, course: Course) -> Array:
        """E[what `no_deal` costs from the first answer on], weighed."""
        fixed, lag = self.answer
        low, high = self.ends(course.rho)
        if fixed < NEVER:
            return np.asarray(self.weight * course.spared(self.at.t + fixed) * (low.left - high.left))
        if lag == NEVER:
            return ZERO
        if not course.moves:
            return np.asarray(course.pieces[-1][0] * self.answered(course.rho))
        return np.asarray(self.weight * self._moving(course, lag))

    def _moving(self, course: Course, lag: float) -> Array:
        """As `spared`, line by line of a course that moves."""
        total, rho = ZERO, course.rho
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


@dataclass(frozen=True)
class Leavers:
    """Who may leave the deal by itself."""

    rates: tuple[tuple[int, float], ...]
    """(who, exits a year)"""
    dated: tuple[tuple[float, int, float], ...]
    """(years from signature, who, with what chance), in order."""

    @classmethod
    def of(cls, dossier: Dossier, facts: Facts) -> Leavers:
        exits = [e for e in dossier.exits if e.party in facts.party]
        rates = [(facts.party[e.party], e.rate) for e in exits if e.at is None and e.rate > 0]
        dated = [(e.at, facts.party[e.party], e.chance) for e in exits if e.at is not None and e.chance > 0]
        return cls(tuple(rates), tuple(sorted(dated, key=lambda exit_: exit_[0])))

    def at_rate(self, q: int, rate: float) -> Leavers:
        """These, where a party leaves at one rate a year instead of those that the dossier states."""
        others = tuple((r, x) for r, x in self.rates if r != q)
        return Leavers((*others, (q, rate)) if rate > 0 else others, self.dated)

    @cached_property
    def rate(self) -> float:
        """Exits a year."""
        return sum(rate for _, rate in self.rates)

    @cached_property
    def parties(self) -> tuple[int, ...]:
        return tuple(sorted({q for q, _ in self.rates} | {q for _, q, _ in self.dated}))


@dataclass(frozen=True)
class Paths:
    """Builds the branches of what can happen from moments on."""

    facts: Facts
    leavers: Leavers

    def kept(self, now: Instants, law: DetectionTime = UNSEEN, delay: float = 0.0) -> list[Contingency]:
        """Everybody keeps the plan, until somebody leaves; given a law, as long as a lapse is not known."""
        return self.until(now, law, delay, None).branches

    def broken(self, now: Instants, mover: int) -> list[Contingency]:
        """The mover openly stops and undoes what costs it; the others answer. DESIGN §5."""
        return [self.breach(now, ONE, mover)]

    def faked(self, now: Instants, faker: int, m: int) -> list[Contingency]:
        """The faker fakes in secret: it is known at T + delay, if nobody has left by then. DESIGN §5, ANSWERS §2."""
        law, delay = self.facts.law[m], self.facts.delay[m]
        until = self.until(now, law, delay, None)
        return [*until.at_rates, *self._found_out(now, None, faker, m, until.steps), *until.on_dates]

    def faked_and_left(self, now: Instants, then: Instants, faker: int, m: int) -> list[Contingency]:
        """As `faked`, but the faker breaks openly at a later moment, unless it is known before. ANSWERS R2."""
        until, breach = self.leaving(now, then, faker, (self.facts.law[m], self.facts.delay[m]))
        found_out = self._found_out(now, then, faker, m, until.steps)
        return [*until.at_rates, *found_out, *until.on_dates, breach]

    def leaving(
        self, now: Instants, then: Instants, mover: int, seen: tuple[DetectionTime, float] = (UNSEEN, 0.0)
    ) -> tuple[Until, Contingency]:
        """The mover breaks openly at a later moment, unless what it does is known (law, delay) before; and the exits
        before either."""
        law, delay = seen
        until = self.until(now, law, delay, then)
        since = np.maximum(then.t - now.t, 0.0)
        soon = np.where(then.late, 0.0, nudge_of(now, law))
        weight = until.stay * np.exp(-self.leavers.rate * since) * law.left(since - soon - delay)
        return until, self.breach(then, weight, mover)

    def breach(self, then: Instants, weight: Array, mover: int) -> Contingency:
        later = self.later(then, mover, Discovery(), ZERO)
        return replace(self._parting(then, weight, mover), pays=mover, later=later)

    def _parting(self, then: Instants, weight: Array, mover: int) -> Contingency:
        """The mover leaves openly at a moment; whether it pays for that is left open."""
        return Contingency(
            chance=Dated(),
            low=then.t,
            high=then.t,
            weight=weight,
            at=then,
            known=self.facts.open[mover],
            answer=(self.facts.first[mover], NEVER),
            leaver=mover,
            holds="at",
        )

    def until(self, now: Instants, law: DetectionTime, delay: float, then: Instants | None) -> Until:
        """The exits that come before a cheat is found out, or leaves."""
        exits: list[Contingency] = []
        steps: list[tuple[Array, Array]] = []
        stay, share = ONE, ONE
        nudge = nudge_of(now, law)
        for x, r, chance in self.leavers.dated:
            counts = to_come(now, None, x)
            stays = np.exp(-self.leavers.rate * np.maximum(x - now.t, 0.0)) * law.left(x - nudge - now.t - delay)
            before = counts & to_come(now, then, x)
            if before.any():
                at = Instants.at(self.facts.tau, [x], [BEFORE]).column()
                exits.append(self._parting(at, np.where(before, stay * chance * stays, 0.0), r))
            stay = stay * np.where(before, 1 - chance, 1.0)
            steps.append((x - nudge, np.where(counts, -chance * share, 0.0)))
            share = share * np.where(counts, 1 - chance, 1.0)
        last, leaving = NO_END if then is None else then.t, self.leavers.rate
        at_rates = [
            self._exit(now, thinned(Leaves(law, now.t, delay, leaving, rate), steps), q, last)
            for q, rate in self.leavers.rates
        ]
        return Until(at_rates, exits, steps, stay)

    def _found_out(
        self, now: Instants, then: Instants | None, faker: int, m: int, steps: Sequence[Thinning]
    ) -> list[Contingency]:
        """The others know at X; whoever cheats stops the rest at the first answer, or when it leaves.

        Nothing where it is never seen.
        """
        facts, law, delay = self.facts, self.facts.law[m], self.facts.delay[m]
        if not law.sees:
            return []
        nudge = nudge_of(now, law)
        high = NO_END
        if then is not None:
            high = then.t - np.where(then.late, 0.0, nudge) if law.round else then.t
        known = Discovery(law, delay, None if then is None else high - now.t)
        branch = Contingency(
            chance=thinned(Seen(law, now.t, delay, self.leavers.rate), steps),
            low=now.t,
            high=high,
            weight=ONE,
            at=now if then is None else then,
            moving=facts.found_out[faker],
            answer=(NEVER, facts.first[faker]),
            pays=faker,
            nudge=nudge if law.round and now.late.any() else None,
            later=self.later(now, faker, known, nudge),
        )
        if then is None:
            return [branch]
        stops = Undoing(
            tuple(0.0 if faker in by else NEVER for by in facts.by),
            tuple(facts.undoes(faker, n) for n in range(len(facts.measures))),
        )
        return [replace(branch, known=stops, leaver=faker, holds="at")]

    def later(self, since: Instants, breaker: int, known: Discovery, nudge: Array) -> Later | None:
        """Exits after a breach is known: on one date it is known first, unless it was set off just after a moment."""
        leavers = self.leavers
        if not leavers.parties:
            return None
        exits: list[tuple[int, Departure]] = []
        steps: list[tuple[Array, Array]] = []
        share = ONE
        for x, r, chance in leavers.dated:
            date = x - since.t
            leave = np.where(to_come(since, None, x), chance * share, 0.0)
            exits.append((r, OnDate(known, date, leave * np.exp(-leavers.rate * np.maximum(date, 0.0)), date - nudge)))
            steps.append((date, -leave))
            share = share - leave
        exits += [(r, AtRate(known, rate, leavers.rate, steps)) for r, rate in leavers.rates]
        return Later(breaker, since.t, tuple(exits))

    def _exit(self, now: Instants, leaves: Chance, q: int, last: Array) -> Contingency:
        """Party q leaves at X: as a breakout, but nobody pays for it."""
        return Contingency(
            chance=leaves,
            low=now.t,
            high=last,
            weight=ONE,
            at=now,
            moving=self.facts.open[q],
            answer=(NEVER, self.facts.first[q]),
            leaver=q,
            holds="moving",
        )


Thinning = tuple[Array, Array]
"""A date, and the change after it of the share that has not left."""


class Until(NamedTuple):
    """The exits until something else happens: at rates, and on dates; the share that stays in spite of those."""

    at_rates: list[Contingency]
    on_dates: list[Contingency]
    steps: list[Thinning]
    stay: Array

    @property
    def branches(self) -> list[Contingency]:
        return [*self.at_rates, *self.on_dates]


def thinned(chance: Chance, steps: Sequence[Thinning]) -> Chance:
    return Thinned(chance, steps) if steps else chance


def nudge_of(now: Instants, law: DetectionTime) -> Array:
    """What is set off just after a moment is seen just after a visit: a little later than all else on its date."""
    return np.asarray(NUDGE * now.late if law.round else ZERO, float)


def to_come(now: Instants, then: Instants | None, x: float) -> Flags:
    """Whether a dated exit comes after the moment, and before the leaving."""
    counts = (x > now.t + TIE) | ((np.abs(x - now.t) <= TIE) & (now.side == BEFORE))
    if then is not None:
        counts = counts & ((x < then.t - TIE) | ((np.abs(x - then.t) <= TIE) & (then.side != BEFORE)))
    return np.asarray(counts)
