"""What happens when somebody deviates from a plan, told event by event: a third reading of DESIGN §4, §5 and ANSWERS.

It knows the dossier and the plan and nothing of `detente.model` besides. A deviation is given whole (who, from when,
what is faked, by whose law it is seen, when it is left openly); nothing here chooses. For one realisation of the random
times (being seen, exits) it finds what is entered and what is undone, follows every measure's presence from event to
event and discounts it exactly. Realisations are told many at once (arrays [R]); expectations are Gauss–Legendre sums
between the times at which the order of events changes, and atoms for visits and dated exits.

Times are years from signature; values are present values at signature, in points of the party that is asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Condition, Dossier, Effect, Interaction, Undo, Verify
from detente.model.plan import Plan, complete

Floats = NDArray[np.float64]
NEVER = math.inf
FULL = 1 - 1e-9
TINY = 1e-9
FAR = 34.0
"""e^(−FAR) is nothing."""
PANEL = 12.0
"""The most that anything decays (in powers of e) within one panel of quadrature."""

SEEN, BEFORE, EXIT, ANSWER, ENTRY, AFTER, LATER = range(7)
"""The order of what happens on one date. LATER: just after it, and whatever was set off just after an earlier time."""
RANK = 1e-8


@dataclass(frozen=True)
class Instant:
    """A time, or many [R], and its place in the order of one date."""

    t: float | Floats
    phase: int | NDArray[np.int_] = BEFORE

    @property
    def key(self) -> Floats:
        return np.asarray(self.t + RANK * np.asarray(self.phase), float)

    def then(self, wait: float | Floats, phase: int) -> Instant:
        """What this sets off `wait` years later."""
        at_once = np.maximum(self.phase, phase)
        late = np.where(np.asarray(self.phase) == LATER, LATER, phase)
        return Instant(self.t + wait, np.where(np.asarray(wait) <= TINY, at_once, late))

    def __getitem__(self, i: NDArray[np.int_]) -> Instant:
        t, phase = np.broadcast_arrays(self.t, self.phase)
        return self if not t.ndim else Instant(t[i], phase[i])

    def precedes(self, other: Instant) -> NDArray[np.bool_]:
        return self.key < other.key - RANK / 2


def before(t: float) -> Instant:
    return Instant(t, BEFORE)


def after(t: float) -> Instant:
    return Instant(t, AFTER)


def just_after(t: float) -> Instant:
    return Instant(t, LATER)


MOMENTS = {"before": before, "after": after, "between": just_after}
NO_TIME = Instant(NEVER, SEEN)
SIGNATURE = Instant(0.0, SEEN)


def earliest(instants: Iterable[Instant]) -> Instant:
    """The first of some instants, realisation by realisation; never, where there are none."""
    first = NO_TIME
    for one in instants:
        sooner = one.precedes(first)
        first = Instant(np.where(sooner, one.t, first.t), np.where(sooner, one.phase, first.phase))
    return first


@dataclass(frozen=True)
class Deviation:
    """`party` fakes (undoes in secret where they are in force) the measures `faked` from `start`, and leaves openly.

    `seen_as`: the measure at whose rate and delay it is seen. An open breakout fakes nothing and leaves at its start.
    `drops`: what it undoes openly once it stops, where that is not simply what it minds.
    """

    party: str
    start: Instant
    faked: frozenset[str] = frozenset()
    seen_as: str | None = None
    leaves: Instant = NO_TIME
    drops: frozenset[str] | None = None

    @classmethod
    def openly(cls, party: str, at: Instant, drops: frozenset[str] | None = None) -> Deviation:
        return cls(party, at, leaves=at, drops=drops)

    @property
    def open(self) -> bool:
        return self.seen_as is None


@dataclass(frozen=True)
class Course:
    """Realisations of one kind: who broke the deal, when whoever answers that stops, when the deal is over."""

    start: Instant
    faked: frozenset[str] = frozenset()
    breaker: str | None = None
    stops: Mapping[str, Instant] = field(default_factory=dict)
    leaves: Instant = NO_TIME
    """From when entries are held back that need what the breaker has left unentered."""
    over: Instant = NO_TIME
    """The first answer."""
    pays: bool = False
    drops: frozenset[str] | None = None
    known: Instant = NO_TIME
    """When the others know of a breach."""

    def __getitem__(self, i: NDArray[np.int_]) -> Course:
        """Some of its realisations."""
        stops = {r: at[i] for r, at in self.stops.items()}
        return replace(self, stops=stops, leaves=self.leaves[i], over=self.over[i], known=self.known[i])


@dataclass(frozen=True)
class Account:
    """What of a realisation counts: of measures what they do in any case, interactions, and what the end brings."""

    measures: frozenset[str]
    interactions: frozenset[str]
    over: frozenset[str]
    """The measures of which counts what is felt once the deal is over."""
    deal: bool
    """Whether the cost of collapse and the return of no_deal count."""


@dataclass(frozen=True)
class Life:
    """What becomes of a measure: entries (time, rise), which of them are made [R], and when it is undone [R]."""

    entries: Sequence[tuple[float, float]]
    made: Sequence[NDArray[np.bool_]]
    undone: Instant
    keeps: float

    def share(self, t: Floats) -> Floats:
        """f at times [R, N]; the last of several events at one time counts."""
        f = np.zeros(t.shape)
        for (entered, rise), made in zip(self.entries, self.made, strict=True):
            f += rise * np.reshape(made, (-1, 1)) * (entered <= t)
        return np.where(t < np.reshape(self.undone.t, (-1, 1)), f, f * self.keeps)

    def entered(self, day: float) -> Floats:
        """f just after the entries of a date."""
        now = Instant(day, ENTRY)
        f = sum((rise * made * (t <= day + TINY) for (t, rise), made in zip(self.entries, self.made, strict=True)), 0.0)
        return np.where(now.precedes(self.undone), f, np.asarray(f) * self.keeps)


def holds(when: Condition, full: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    if when.measure is not None:
        return full[when.measure]
    parts = [holds(part, full) for part in (when.all if when.all is not None else when.any or ())]
    return (np.logical_and if when.all is not None else np.logical_or).reduce(np.broadcast_arrays(*parts))


def flow(effects: Mapping[str, Effect], weight: Mapping[str, float], rho: float, t: Floats) -> Floats:
    """Points a year at times t, growth as the perpetuity of what it adds."""
    total = np.zeros(np.shape(t))
    for j, effect in effects.items():
        growth, w = effect.per_year, weight.get(j, 0.0)
        total = total + w * effect.level.value
        if growth is not None:
            total = total + w * growth.rate.value / rho * (t < (growth.lasts.value if growth.lasts else NEVER))
    return total


def once(effects: Mapping[str, Effect], weight: Mapping[str, float]) -> float:
    return sum(weight.get(j, 0.0) * effect.once.value for j, effect in effects.items())


class Story:
    """A plan, and what its parties have left of it after this or that."""

    def __init__(self, dossier: Dossier, plan: Plan) -> None:
        self.dossier = dossier
        self.parties, self.measures = dossier.parties, dossier.measures
        self.tau = dossier.grid.years
        self.plan = complete(dossier, plan)
        self.entries = {m: self._planned(m) for m in self.measures}
        self.rho = {p: x.discount.value if x.discount else 0.0 for p, x in self.parties.items()}
        self.response = {p: x.response_time.value if x.response_time else 0.0 for p, x in self.parties.items()}
        self.weight = {p: self._weights(p) for p in self.parties}
        self.first, self.standing, self.waits_for = cache(self.first), cache(self.standing), cache(self.waits_for)
        self.speed, self.no_faster, self.law = cache(self.speed), cache(self.no_faster), cache(self.law)
        every = frozenset(self.measures)
        self.everything = Account(every, frozenset(dossier.interactions), every, True)
        self.concerned, self.apart, self.untouched = cache(self.concerned), cache(self.apart), cache(self.untouched)
        self.undo = {m: x.undo.within.value if isinstance(x.undo, Undo) else NEVER for m, x in self.measures.items()}

    def _planned(self, m: str) -> list[tuple[float, float]]:
        """(time, rise); time −1 for what was in force before signature."""
        standing = self.dossier.state.in_force.get(m)
        made = [(-1.0, standing.share.value)] if standing else []
        if self.measures[m].divisible:
            shares = [(self.dossier.grid.index(day), part) for day, part in self.plan.share.get(m, ())]
            found = [(self.tau[k], part) for k, part in shares if k is not None]
            levels = [made[0][1] if made else 0.0, *(part for _, part in found)]
            return made + [(t, b - a) for (t, _), (a, b) in zip(found, pairwise(levels), strict=True) if b > a]
        day = self.plan.entry[m]
        k = None if day is None else self.dossier.grid.index(day)
        return made or ([] if k is None else [(self.tau[k], 1.0)])

    def _weights(self, p: str) -> dict[str, float]:
        scale = {j: x.best.value - x.worst.value for j, x in self.dossier.interests.items()}
        return {j: stake.value / scale[j] for j, stake in self.parties[p].stakes.items() if scale[j]}

    # who answers whom

    def answers(self, m: str, breaker: str) -> bool:
        """Whether a measure answers to a breach: its breaker performs it, or it is conditional on the breaker."""
        return breaker in self.measures[m].by or breaker in self.dossier.conditional_on(m)

    def first(self, breaker: str) -> float:
        """Years from when the others know to the first answer; of the dossier, whatever the plan."""
        answering = [m for m in self.measures if self.answers(m, breaker)]
        return min((self.response[r] for m in answering for r in self.measures[m].by if r != breaker), default=NEVER)

    def concerned(self, breaker: str) -> Account:
        """What a breach changes. The rest goes on as planned, and ends when somebody leaves whom it answers to.

        A breach that nobody answers ends no deal: only exits do. One that is answered ends it for all.
        """
        measures = frozenset(m for m in self.measures if self.answers(m, breaker))
        interactions = {i for i, x in self.dossier.interactions.items() if measures & set(x.when.measures)}
        answered = self.first(breaker) < NEVER
        over = self.everything.over if answered else measures
        return Account(measures, frozenset(interactions), over, answered)

    def apart(self, breaker: str) -> Account:
        """What a breach does not change."""
        mine, every = self.concerned(breaker), self.everything
        return Account(
            every.measures - mine.measures,
            every.interactions - mine.interactions,
            every.over - mine.over,
            not mine.deal,
        )

    def standing(self, p: str, m: str, *, intrusion: bool) -> float:
        """Points a year that a measure in force is worth, its growth for ever."""
        tables = [self.measures[m].effects, *([self.measures[m].intrusion] if intrusion else [])]
        total = 0.0
        for effects in tables:
            for j, effect in effects.items():
                growth = effect.per_year.rate.value / self.rho[p] if effect.per_year and self.rho[p] else 0.0
                total += self.weight[p].get(j, 0.0) * (effect.level.value + growth)
        return total

    def minds(self, p: str, m: str) -> bool:
        return self.standing(p, m, intrusion=True) < -1e-12

    def waits_for(self, m: str, breaker: str) -> tuple[str, ...]:
        """The breaker's measures without which an entry of m, which answers to the breaker, does not happen."""
        if breaker in self.measures[m].by or not self.answers(m, breaker):
            return ()
        in_force, verified = self.dossier.prerequisites(m)
        return tuple(n for n in dict.fromkeys((*in_force, *verified)) if breaker in self.measures[n].by)

    def complete_at(self, m: str) -> Instant:
        """When the plan has all of m in force."""
        share = 0.0
        for t, rise in self.entries[m]:
            share += rise
            if share >= FULL:
                return Instant(t, ENTRY)
        return NO_TIME

    # what the text fakes

    def speed(self, p: str, m: str) -> float:
        """e^(−ρ·delay)·E[e^(−ρT)], T's law taken apart into its visits and what lies between."""
        rho, law = self.rho[p], self.law(m)
        total = since = 0.0
        left = 1.0
        for t, then in [*law.visits_until(FAR / rho), (NEVER, 0.0)]:
            decay = law.rate + rho
            total += left * law.rate / decay * (math.exp(-decay * since) - math.exp(-decay * t))
            total += (left - then) * math.exp(-decay * t)
            since, left = t, then
        return math.exp(-rho * law.delay) * total

    def no_faster(self, p: str, m: str) -> frozenset[str]:
        """m and p's fakeable measures that are seen no faster."""
        rivals = [n for n, x in self.measures.items() if p in x.by and x.fakeable]
        return frozenset(n for n in rivals if self.speed(p, n) <= self.speed(p, m) * (1 + 1e-12))

    def done(self, m: str, at: Instant) -> bool:
        """Whether a measure's entry has happened by then, if the plan is kept."""
        return any(bool(Instant(t, ENTRY).precedes(at)) for t, _ in self.entries[m])

    def faked_with(self, p: str, m: str, at: Instant) -> frozenset[str]:
        """S(m) of ANSWERS R1: m, and what is seen no faster and costs p something, entry by entry."""
        found = {m}
        for n in self.no_faster(p, m):
            worth = self.standing(p, n, intrusion=False)
            if self.done(n, at):
                costs = worth < -1e-12 and self.undo[n] < NEVER
            else:
                costs = worth / self.rho[p] + once(self.measures[n].effects, self.weight[p]) < -1e-12
            if costs and self.entries[n]:
                found.add(n)
        return frozenset(found)

    def law(self, m: str) -> Law:
        return Law(self.measures[m].verification)

    # what becomes of the measures

    def _life(self, m: str, course: Course, *, faked: bool) -> Life:
        entries, undo = self.entries[m], self.measures[m].undo
        keeps = undo.keeps.value if isinstance(undo, Undo) else 1.0
        times = [Instant(t, ENTRY) for t, _ in entries]
        if faked:
            undone = course.start.then(self.undo[m], ANSWER)
            return Life(entries, [entry.precedes(course.start) for entry in times], undone, keeps)
        breaker = course.breaker
        if breaker is None or not self.answers(m, breaker):
            return Life(entries, [np.asarray(True)] * len(entries), NO_TIME, keeps)
        stops = {r: course.stops[r] for r in self.measures[m].by}
        stop = earliest(stops.values())
        lacking = [~self.complete_at(n).precedes(course.leaves) for n in self.waits_for(m, breaker)]
        held = np.logical_or.reduce(lacking) if lacking else np.asarray(False)
        made = [entry.precedes(stop) & (entry.precedes(course.leaves) | ~held) for entry in times]
        falls = self.measures[m].falls
        undoing = [r for r in stops if falls or self._drops(r, m, course)]
        undone = earliest(stops[r].then(self.undo[m], ANSWER) for r in undoing)
        return Life(entries, made, undone, keeps)

    def _drops(self, r: str, m: str, course: Course) -> bool:
        """Whether a performer that stops undoes a measure."""
        if r == course.breaker and course.drops is not None:
            return m in course.drops
        return self.minds(r, m)

    def value(self, p: str, course: Course, *, no_deal: bool = True, of: Account | None = None) -> Floats:
        """Value to p from a course's start on [R]; without `no_deal`, the cost of collapse is left out as well."""
        rho, weight, of = self.rho[p], self.weight[p], of or self.everything
        lives = {m: self._life(m, course, faked=m in course.faked) for m in self.measures}
        counted = {m: x for m, x in self.measures.items() if m in of.measures}
        inspected = [(self._life(m, course, faked=False), x.intrusion) for m, x in counted.items() if x.intrusion]
        felt = [*((lives[m], x.effects) for m, x in counted.items()), *inspected]
        together = [x for i, x in self.dossier.interactions.items() if i in of.interactions]
        marks = self._marks(course, [*lives.values(), *(life for life, _ in inspected)])
        t, end = marks[:, :-1], marks[:, 1:]
        middle = np.where(np.isinf(end), t + 1.0, (t + end) / 2)
        shares = {m: life.share(middle) for m, life in lives.items()}
        rate = sum(
            (life.share(middle) * flow(effects, weight, rho, middle) for life, effects in felt), np.zeros(t.shape)
        )
        full = {m: share >= FULL for m, share in shares.items()}
        for one in together:
            rate = rate + holds(one.when, full) * flow(one.effects, weight, rho, middle)
        over = middle >= np.reshape(course.over.t, (-1, 1))
        for m in sorted(of.over):
            rate = rate + over * shares[m] * self.once_over(p, m)
        total = np.sum(rate * (np.exp(-rho * t) - np.exp(-rho * end)) / rho, axis=1)
        total = total + self._onces(p, felt, lives, together, course.start)
        return total + self._deal(p, course) if no_deal and of.deal else total

    def once_over(self, p: str, m: str) -> float:
        """Points a year that a measure is worth besides once the deal is over."""
        return sum(self.weight[p].get(j, 0.0) * effect.level.value for j, effect in self.measures[m].if_over.items())

    def expected(self, p: str, course: Course, *, no_deal: bool, of: Account) -> Floats:
        """As `value`; of a breach that is known, over the exits to come.

        They change nothing of what answers to the breach. What does not lives as if the plan were kept; and where
        nobody answers the breach, they alone end the deal.
        """
        if course.known is NO_TIME or not self.dossier.exits:
            return self.value(p, course, no_deal=no_deal, of=of)
        assert course.breaker is not None
        answered = self.first(course.breaker) < NEVER
        bent = frozenset(m for m in of.over if self.once_over(p, m) and self.answers(m, course.breaker) != answered)
        value = self.value(p, course, no_deal=no_deal, of=replace(of, over=of.over - bent))
        return value + _Aftermath(self, p, course, bent).value() if bent else value

    def _deal(self, p: str, course: Course) -> Floats:
        """What the deal spares p until it is over, less the cost of its collapse."""
        rho, spared = self.rho[p], self.spared(p, course.start.t) - self.spared(p, course.over.t)
        if not course.pays or p != course.breaker:
            return spared
        cost = self.parties[p].collapse_cost
        return spared - (cost.value / rho if cost.flow else cost.value) * np.exp(-rho * np.asarray(course.over.t))

    def _marks(self, course: Course, lives: Sequence[Life]) -> Floats:
        """All times [R, N] from the start on at which something may change, in order."""
        fixed = [course.start.t, NEVER, *self.corners]
        moving = [course.over.t, *(life.undone.t for life in lives)]
        columns = np.broadcast_arrays(*(np.reshape(np.asarray(c, float), (-1,)) for c in (*fixed, *moving)))
        return np.sort(np.maximum(np.stack(columns, axis=1), course.start.t), axis=1)

    @cached_property
    def corners(self) -> list[float]:
        """Entries and the ends of growth."""
        tables = [e for x in self.measures.values() for e in (x.effects, x.intrusion)]
        tables += [x.effects for x in self.dossier.interactions.values()]
        ends = {e.per_year.lasts.value for table in tables for e in table.values() if e.per_year and e.per_year.lasts}
        return sorted({t for entries in self.entries.values() for t, _ in entries if t >= 0} | ends)

    def _onces(
        self,
        p: str,
        felt: Sequence[tuple[Life, Mapping[str, Effect]]],
        lives: Mapping[str, Life],
        interactions: Sequence[Interaction],
        since: Instant,
    ) -> Floats | float:
        """What entries bring once, after the start: of measures, and of interactions that come to hold."""
        rho, weight, total = self.rho[p], self.weight[p], 0.0
        for life, effects in felt:
            for (t, rise), made in zip(life.entries, life.made, strict=True):
                if since.precedes(Instant(t, ENTRY)):
                    total = total + made * rise * once(effects, weight) * math.exp(-rho * t)
        for together in interactions:
            ever: NDArray[np.bool_] = np.asarray(False)
            for day in sorted({t for m in together.when.measures for t, _ in self.entries[m]}):
                now = holds(together.when, {m: lives[m].entered(day) >= FULL for m in together.when.measures})
                if since.precedes(Instant(day, ENTRY)):
                    total = total + (now & ~ever) * once(together.effects, weight) * math.exp(-rho * day)
                ever = ever | now
        return total

    def spared(self, p: str, since: float | Floats) -> Floats:
        """∫ from `since` on of −no_deal(t)·e^(−ρt): linear between the dates of its course, constant outside."""
        rho, course = self.rho[p], self.parties[p].no_deal_course(self.dossier.start)
        corners = [(-NEVER, course[0][1]), *course, (NEVER, course[-1][1])]
        total = np.zeros(np.shape(since))
        for (low, a), (high, b) in pairwise(corners):
            s, e = np.clip(since, low, high), high
            slope = (b - a) / (high - low) if math.isfinite(low) and math.isfinite(high) else 0.0
            if high > low:
                total = total + _ramp(a, slope, low, s, rho) - _ramp(a, slope, low, e, rho)
        return -total

    # one kind of realisation each

    def kept(self, start: Instant, faked: frozenset[str] = frozenset()) -> Course:
        """Nobody ever knows, nobody leaves."""
        return Course(start, faked)

    def left(self, start: Instant, faked: frozenset[str], party: str, at: Instant) -> Course:
        """A party walks out, as an exit; nobody pays."""
        stops = {q: at.then(self.response[q], ANSWER) for q in self.parties} | {party: at}
        return Course(start, faked, party, stops, at, at.then(self.first(party), ANSWER))

    def broken(self, deviation: Deviation, known: Instant, leaves: Instant) -> Course:
        """The others know of p's breach; p leaves openly at the latest (NO_TIME: never)."""
        p = deviation.party
        known = earliest([known, leaves])
        stops = {q: known.then(self.response[q], ANSWER) for q in self.parties}
        over = known.then(self.first(p), ANSWER)
        stops[p] = earliest([over, leaves])
        return Course(deviation.start, deviation.faked, p, stops, leaves, over, True, deviation.drops, known)

    # expectations

    def ahead(self, p: str, at: Instant) -> float:
        """What a present value at signature is at a moment."""
        return math.exp(self.rho[p] * float(at.t))

    def keep(self, p: str, start: Instant, *, no_deal: bool = True) -> float:
        """Value of keeping from a moment on, exits to come in expectation."""
        return self._mean(p, _Chances(self, p, start), no_deal=no_deal)[0]

    def enjoyed(self, p: str, until: Instant) -> float:
        """Value from signature to a moment while the plan is kept, no_deal left out."""
        whole, rest = (self.value(p, self.kept(at), no_deal=False) for at in (SIGNATURE, until))
        return float(np.sum(whole) - np.sum(rest))

    def deviate(self, p: str, deviation: Deviation, *, no_deal: bool = True) -> float:
        """Value to p of somebody's deviation, from its start on."""
        return self.deviations(p, deviation, [deviation.leaves], no_deal=no_deal)[0]

    def deviations(
        self, p: str, deviation: Deviation, leaves: Sequence[Instant], *, no_deal: bool = True
    ) -> list[float]:
        """As `deviate`, for several moments of leaving."""
        breaker, start = deviation.party, deviation.start
        of, beside = self.concerned(breaker), self.untouched(p, breaker, start, no_deal)
        if deviation.open:
            course = self.broken(deviation, start, start)
            return [beside + float(self.expected(p, course, no_deal=no_deal, of=of)[0])] * len(leaves)
        chances = _Chances(self, p, start, deviation, leaves)
        return [beside + value for value in self._mean(p, chances, no_deal=no_deal, of=of)]

    def untouched(self, p: str, breaker: str, start: Instant, no_deal: bool) -> float:
        """Value of what a breach from `start` on does not change: it lives on as if the plan were kept."""
        return self._mean(p, _Chances(self, p, start), no_deal=no_deal, of=self.apart(breaker))[0]

    def _mean(self, p: str, chances: _Chances, *, no_deal: bool, of: Account | None = None) -> list[float]:
        """Every chance times its value; what is left of 1 is for nothing ever happening."""
        n = len(chances.leaves)
        total, left = np.zeros(n), np.ones(n)
        for course, which, weights in chances.courses():
            values = self.expected(p, course, no_deal=no_deal, of=of or self.everything)
            values = np.broadcast_to(values, weights.shape)
            total += np.bincount(which, weights * values, n)
            left -= np.bincount(which, weights, n)
        rest = self.value(p, self.kept(chances.start, chances.faked), no_deal=no_deal, of=of)[0]
        return [float(x) for x in total + np.where(np.abs(left) > 1e-13, left * rest, 0.0)]


def _ramp(a: float, slope: float, low: float, t: float | Floats, rho: float) -> Floats:
    """∫ from t on of (a + slope·(s − low))·e^(−ρs) ds."""
    t = np.asarray(t, float)
    if not slope:
        return a / rho * np.exp(-rho * t)
    return np.exp(-rho * t) * ((a + slope * (t - low)) / rho + slope / rho**2)


class Law:
    """The time T to detection: a constant hazard, and visits."""

    def __init__(self, verify: Verify | None) -> None:
        self.verify = verify
        self.delay = verify.delay.value if verify else 0.0
        self.rate = hazard(verify) if verify else 0.0

    def visits_until(self, until: float) -> list[tuple[float, float]]:
        """(T, the chance that none of the visits so far has seen it)."""
        found, left = [], 1.0
        for t, then in visits(self.verify, until) if self.verify else []:
            if t <= until and then < left:
                found.append((t, then))
                left = then
        return found


def hazard(verify: Verify) -> float:
    """Chances a year of being seen between the visits whose dates are known."""
    rate = verify.detects.value if verify.detects else 0.0
    if verify.visits and verify.visits.random and verify.visits.detects:
        rate += verify.visits.random.value * verify.visits.detects.value
    return rate


def visits(verify: Verify, until: float) -> list[tuple[float, float]]:
    """(T, the chance that none of the visits so far has seen it), visit by visit, while there is one left to see."""
    found: list[tuple[float, float]] = []
    if not verify.visits or not (verify.visits.every or verify.visits.times):
        return found
    every = verify.visits.every.value if verify.visits.every else NEVER
    single = [(every, 1 - verify.visits.detects.value)] if verify.visits.detects else []
    round_ = [(t.value, 1 - chance.value) for t, chance in verify.visits.times] or single
    start, left = 0.0, 1.0
    while start < until and left > 1e-13:
        found += [(start + t, left * unseen) for t, unseen in round_]
        start, left = start + every, found[-1][1]
    return found


class _Chances:
    """The random times of a deviation (or of keeping), as nodes with weights, for each of several leaving moments."""

    def __init__(
        self,
        story: Story,
        p: str,
        start: Instant,
        deviation: Deviation | None = None,
        leaves: Sequence[Instant] = (NO_TIME,),
    ) -> None:
        self.story, self.start, self.deviation, self.leaves = story, start, deviation, leaves
        self.t0 = float(start.t)
        self.faked = deviation.faked if deviation else frozenset()
        exits = story.dossier.exits
        self.rates = {r: h for r in story.parties if (h := sum(x.rate for x in exits if x.party == r))}
        dated = [(Instant(x.at, EXIT), x.chance, x.party) for x in exits if x.at is not None]
        self.dated = sorted((x for x in dated if start.precedes(x[0])), key=lambda x: float(x[0].t))
        self.law = story.law(deviation.seen_as) if deviation and deviation.seen_as else Law(None)
        self.total = sum(self.rates.values())
        rho = story.rho[p]
        self.decay = self.law.rate + self.total + 2 * rho
        self.far = self.t0 + self.law.delay + FAR / (self.law.rate + self.total + rho)
        self.seen = self.law.visits_until(self.far - self.t0)
        self.known = np.array([float(start.then(t + self.law.delay, SEEN).key) for t, _ in self.seen])
        self.lefts = np.array([1.0, *(left for _, left in self.seen)])
        self.steps = {t for t, _ in story.parties[p].no_deal_course(story.dossier.start)}

    def stays(self, at: Instant) -> Floats:
        """The chance that nobody has left before, at instants [R]."""
        left = np.exp(-self.total * np.maximum(np.asarray(at.t, float) - self.t0, 0.0))
        for when, chance, _ in self.dated:
            left = left * np.where(when.precedes(at), 1 - chance, 1.0)
        return left

    def unseen(self, at: Instant) -> Floats:
        """The chance that the others do not know yet at instants [R]; what is known at the same instant is known."""
        since = np.maximum(np.asarray(at.t, float) - self.t0 - self.law.delay, 0.0)
        past = np.searchsorted(self.known, at.key + RANK / 2, side="right")
        return np.exp(-self.law.rate * since) * self.lefts[past]

    def courses(self) -> Iterator[tuple[Course, NDArray[np.int_], Floats]]:
        """(realisations, to which leaving moment each belongs, its chance)."""
        yield from self._exits()
        if self.deviation:
            yield from self._known(self.deviation)

    def _known(self, deviation: Deviation) -> Iterator[tuple[Course, NDArray[np.int_], Floats]]:
        """Seen before leaving, at nodes and visits; and not seen before leaving."""
        times: list[Floats] = []
        phases: list[Floats] = []
        chances: list[Floats] = []
        which: list[Floats] = []
        for i, leaves in enumerate(self.leaves):
            first = self.t0 + self.law.delay
            t, w = self._nodes(deviation.party, first, min(float(leaves.t), self.far), leaves, seen=True)
            w = w * self.law.rate * self.unseen(Instant(t, SEEN)) if self.law.rate else w * 0
            visits = np.array([v for v, _ in self.seen])
            by_then = self.known <= leaves.key + RANK / 2
            t = np.append(t, self.t0 + self.law.delay + visits[by_then])
            w = np.append(w, (-np.diff(self.lefts) * np.exp(-self.law.rate * visits))[by_then])
            phase = np.where(int(self.start.phase) == LATER, LATER, np.full(len(t), SEEN))
            if math.isfinite(float(leaves.t)):
                t, w = np.append(t, float(leaves.t)), np.append(w, self.unseen(leaves))
                phase = np.append(phase, int(leaves.phase))
            w = w * self.stays(Instant(t, phase))
            keep = w != 0
            times, phases, chances = [*times, t[keep]], [*phases, phase[keep]], [*chances, w[keep]]
            which.append(np.full(int(keep.sum()), i))
        index = np.concatenate(which).astype(int)
        if len(index):
            known_at = Instant(np.concatenate(times), np.concatenate(phases).astype(int))
            left_at = Instant(
                np.asarray([float(x.t) for x in self.leaves])[index],
                np.asarray([int(x.phase) for x in self.leaves])[index],
            )
            yield self.story.broken(deviation, known_at, left_at), index, np.concatenate(chances)

    def _exits(self) -> Iterator[tuple[Course, NDArray[np.int_], Floats]]:
        """Somebody walks out before the others know."""
        for r in {**self.rates, **{party: 0.0 for _, _, party in self.dated}}:
            rate = self.rates.get(r, 0.0)
            times: list[Floats] = []
            chances: list[Floats] = []
            which: list[Floats] = []
            for i, leaves in enumerate(self.leaves):
                t, w = self._nodes(r, self.t0, min(float(leaves.t), self.far), leaves, seen=False)
                at = Instant(t, EXIT)
                w = w * rate * self.stays(at) * self.unseen(at) if rate else w * 0
                for n, (when, chance, party) in enumerate(self.dated):
                    if party == r and when.precedes(leaves):
                        others = math.prod(1 - c for other, c, _ in self.dated[:n] if not other.precedes(when))
                        here = chance * others * float(self.stays(when)) * float(self.unseen(when))
                        t, w = np.append(t, float(when.t)), np.append(w, here)
                keep = w != 0
                times, chances = [*times, t[keep]], [*chances, w[keep]]
                which.append(np.full(int(keep.sum()), i))
            index = np.concatenate(which).astype(int)
            if len(index):
                at = Instant(np.concatenate(times), EXIT)
                yield self.story.left(self.start, self.faked, r, at), index, np.concatenate(chances)

    def _nodes(self, breaker: str, low: float, high: float, leaves: Instant, *, seen: bool) -> tuple[Floats, Floats]:
        """Nodes and weights on [low, high], between all times at which the order of events changes."""
        if (self.law.rate if seen else self.rates.get(breaker, 0.0)) == 0 or high <= low + TINY:
            return np.zeros(0), np.zeros(0)
        marks = sorted({low, high, *(c for c in self._cuts(breaker, leaves) if low < c < high)})
        return _quadrature(tuple(marks), self.decay)

    def _cuts(self, breaker: str, leaves: Instant) -> set[float]:
        """Times c − lag: c where something is fixed, lag from the event to what it brings about."""
        story = self.story
        undo = {m: u for m, u in story.undo.items() if u < NEVER}
        fixed = {*story.corners, *self.steps, *(self.t0 + undo[m] for m in self.faked if m in undo)}
        fixed |= {float(when.t) for when, _, _ in self.dated}
        if math.isfinite(float(leaves.t)):
            fixed |= {float(leaves.t) + u for u in (0.0, *undo.values())}
        lags = {0.0}
        for m, x in story.measures.items():
            if story.answers(m, breaker):
                waits = {story.response[q] for q in x.by if q != breaker}
                waits |= {0.0, min(story.first(breaker), 1e6)} if breaker in x.by else set()
                lags |= waits | {wait + undo[m] for wait in waits if m in undo}
        if story.first(breaker) < NEVER:
            lags.add(story.first(breaker))
        cuts = {c - lag for c in fixed for lag in lags}
        return cuts | {self.t0 + self.law.delay + t for t in (0.0, *(visit for visit, _ in self.seen))}


class _Aftermath:
    """What is felt of some measures once the deal is over, in each realisation [R] of a breach, over exits after it.

    Each realisation gets its own nodes for the time X of the exit: from K, when the breach is known, on, between all
    times at which the order of events changes.
    """

    STEP, NODES = 5.0, 10
    """How much anything decays at most (in powers of e) between two marks, and the nodes between them."""

    def __init__(self, story: Story, p: str, course: Course, bent: frozenset[str]) -> None:
        assert course.breaker is not None
        self.story, self.p, self.course = story, p, course
        self.of = Account(frozenset(), frozenset(), bent, False)
        self.answered = story.first(course.breaker) < NEVER
        self.known, self.over = (self._each(x, course.known) for x in (course.known, course.over))
        exits = story.dossier.exits
        dated = [(Instant(x.at, EXIT), x.chance, x.party) for x in exits if x.at is not None]
        self.dated = sorted(dated, key=lambda x: float(x[0].t))
        self.rates = {r: h for r in story.parties if (h := sum(x.rate for x in exits if x.party == r))}
        self.total = sum(self.rates.values())

    @staticmethod
    def _each(at: Instant, like: Instant) -> Instant:
        """As arrays [R]."""
        t, phase, _ = np.broadcast_arrays(at.t, at.phase, like.t)
        return Instant(np.atleast_1d(t), np.atleast_1d(phase))

    def value(self) -> Floats:
        total, left = np.zeros(len(self.known.key)), np.ones(len(self.known.key))
        for r, i, at, chance in self._exits():
            total += np.bincount(i, chance * self._felt(self._ended(r, i, at)), len(total))
            left -= np.bincount(i, chance, len(left))
        return total + left * self._felt(self._never()) if self.answered else total

    def _felt(self, course: Course) -> Floats:
        return self.story.value(self.p, course, no_deal=False, of=self.of)

    def _ended(self, r: str, i: NDArray[np.int_], at: Instant) -> Course:
        """r leaves when the breach has ended the deal, or ends it, and what is in force is as the breach left it."""
        story, course = self.story, self.course
        if self.answered:
            return replace(story.left(course.start, frozenset(), r, at), over=self.over[i])
        return replace(course[i], over=at.then(story.first(r), ANSWER))

    def _never(self) -> Course:
        return replace(self.story.kept(self.course.start), over=self.over)

    def _exits(self) -> Iterator[tuple[str, NDArray[np.int_], Instant, Floats]]:
        """(who, in which realisations, when, with what chance) leaves as the first of all."""
        for n, (when, chance, party) in enumerate(self.dated):
            before = math.prod(1 - c for other, c, _ in self.dated[:n] if not other.precedes(when))
            i = np.flatnonzero(self.known.precedes(when))
            if len(i):
                yield party, i, Instant(np.full(len(i), when.t), EXIT), chance * before * self._stays(i, when)
        for r, rate in self.rates.items():
            i, t, width = self._nodes(r)
            yield r, i, Instant(t, EXIT), rate * width * self._stays(i, Instant(t, EXIT))

    def _stays(self, i: NDArray[np.int_], at: Instant) -> Floats:
        """The chance that from K on nobody has left before."""
        left = np.exp(-self.total * (at.t - self.known.t[i]))
        for when, chance, _ in self.dated:
            left = left * np.where(self.known[i].precedes(when) & when.precedes(at), 1 - chance, 1.0)
        return left

    def _nodes(self, r: str) -> tuple[NDArray[np.int_], Floats, Floats]:
        """Realisations, times and weights of what r's leaving at a rate is integrated with."""
        known, decay = self.known.t, self.total + self.story.rho[self.p]
        steps = [known + k * self.STEP / decay for k in range(math.ceil(FAR / self.STEP) + 1)]
        cuts = [np.clip(np.broadcast_to(c, known.shape), known, steps[-1]) for c in self._cuts(r)]
        marks = np.sort(np.stack([*steps, *cuts], axis=1), axis=1)
        x, w = _legendre(self.NODES)
        width = np.diff(marks)[:, :, None] / 2
        t, weight = marks[:, :-1, None] + width * (x + 1), width * w
        i = np.broadcast_to(np.arange(len(known))[:, None, None], t.shape)
        some = np.broadcast_to(width > 1e-12, t.shape)
        return i[some], t[some], np.broadcast_to(weight, t.shape)[some]

    def _cuts(self, r: str) -> Iterator[float | Floats]:
        """Times c − lag: c where something is fixed of a realisation, lag from the exit to what it brings about."""
        story, course = self.story, self.course
        fixed: list[float | Floats] = [*story.corners, *(float(when.t) for when, _, _ in self.dated)]
        if self.answered:
            waits = [story.response[q] for q in story.parties]
            lags = {
                0.0,
                *waits,
                *(u + wait for m in self.of.over if (u := story.undo[m]) < NEVER for wait in (0.0, *waits)),
            }
            fixed.append(np.asarray(course.over.t))
        else:
            lags = {0.0, story.first(r)} - {NEVER}
            lives = [story._life(m, course, faked=m in course.faked) for m in self.of.over]
            fixed += [np.asarray(life.undone.t) for life in lives]
        for c in fixed:
            yield from (np.where(np.isfinite(c), c - lag, 0.0) for lag in lags)


@cache
def _legendre(n: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return nodes, weights


def _quadrature(marks: tuple[float, ...], decay: float) -> tuple[Floats, Floats]:
    """Gauss–Legendre between marks, with as many nodes as what decays at most so fast needs for 1e-12."""
    times: list[Floats] = []
    weights: list[Floats] = []
    for low, high in pairwise(marks):
        pieces = max(1, math.ceil((high - low) * decay / PANEL))
        if high - low < 1e-10:
            continue
        width = (high - low) / pieces
        fall = width * decay
        x, w = _legendre(4 if fall < 0.3 else 6 if fall < 2 else 10 if fall < 6 else 16)
        for k in range(pieces):
            times.append(low + width * (k + (x + 1) / 2))
            weights.append(w * width / 2)
    if not times:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(times), np.concatenate(weights)
