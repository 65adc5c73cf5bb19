"""What happens in time when a plan is kept, broken openly or cheated on: the judge's own reckoning. DESIGN §4, §5.

Times t are years from signature. A moment is a number μ = 2k (τ_k⁻) or 2k + 1 (τ_k⁺); an entry in period e (−1: before
signature) is done at μ when 2e + 1 ≤ μ. T is the random time to detection. Values are present values at signature in
a party's points. Nothing here is shared with the coefficient matrices that a designer solves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from detente.dossier.schema import Condition, Dossier, Effect, Party, Undo
from detente.model.check_detection import NEVER, TIE, Law
from detente.model.plan import FULL

Rises = tuple[tuple[int, float], ...]
"""Periods (−1: before signature) in which a measure's share rises, and by how much."""


class Worth:
    """What one measure, or one interaction, is worth to one party while it is in force (ρ > 0)."""

    __slots__ = ("ending", "felt", "lasting", "once", "rho")

    def __init__(self, party: Party, effects: Mapping[str, Effect], weight: Mapping[str, float], rho: float) -> None:
        self.rho = rho
        self.once = 0.0
        self.lasting = 0.0
        ending: list[tuple[float, float]] = []
        self.felt = False
        for j, effect in effects.items():
            w = weight.get(j, 0.0)
            self.once += w * effect.once.value
            self.lasting += w * effect.level.value / rho
            if (growth := effect.per_year) is not None and growth.lasts is None:
                self.lasting += w * growth.rate.value / rho**2
            elif growth is not None and growth.lasts is not None:
                ending.append((w * growth.rate.value / rho**2, growth.lasts.value))
            rate = growth.rate.value if growth else 0.0
            self.felt = self.felt or (w != 0 and any((effect.once.value, effect.level.value, rate)))
        self.ending = tuple(ending)

    def tail(self, t: float) -> float:
        """Value of being in force from t on for ever, `once` left out."""
        e = math.exp(-self.rho * t)
        value = self.lasting * e
        for worth, until in self.ending:
            if t < until:
                value += worth * (e - math.exp(-self.rho * until))
        return value

    def entry(self, t: float) -> float:
        """Value of the `once` effects of an entry at t."""
        return self.once * math.exp(-self.rho * t)

    def late(self, t: float, after: float, law: Law) -> float:
        """E[tail(t + T); T > after] for T of this law."""
        if t == NEVER or after == NEVER:
            return 0.0
        seen, e = law.later(self.rho, after), math.exp(-self.rho * t)
        value = self.lasting * e * seen
        for worth, until in self.ending:
            last = until - t
            if last > after:
                grown = e * (seen - law.later(self.rho, last))
                stopped = math.exp(-self.rho * until) * (law.left(after) - law.left(last))
                value += worth * (grown - stopped)
        return value


class Fate(NamedTuple):
    """What becomes of an entry: in force from `start` (if T > `after`) until `end` (+ T where `random`)."""

    start: float
    after: float
    end: float
    random: bool
    fresh: bool
    """Whether the entry is still to come at the moment."""


class Facts:
    """The dossier as plain numbers, by index of party and measure."""

    def __init__(self, dossier: Dossier) -> None:
        self.tau = dossier.grid.years
        self.parties = tuple(dossier.parties)
        self.measures = tuple(dossier.measures)
        self.bodies = tuple(dossier.measures.values())
        self.party = {p: i for i, p in enumerate(self.parties)}
        self.measure = {m: i for i, m in enumerate(self.measures)}
        self.rho = tuple(p.discount.value if p.discount else 0.0 for p in dossier.parties.values())
        self.weight = tuple(_weights(dossier, p) for p in dossier.parties.values())
        self.by = tuple(frozenset(self.party[p] for p in m.by if p in self.party) for m in self.bodies)
        self.answers_to = tuple(
            frozenset(self.party[p] for p in dossier.conditional_on(m) if p in self.party) for m in self.measures
        )
        needs = [dossier.prerequisites(m) for m in self.measures]
        self.needs = tuple(tuple(self.measure[n] for n in dict.fromkeys(a + b)) for a, b in needs)
        self.response = tuple(p.response_time.value if p.response_time else 0.0 for p in dossier.parties.values())
        self.undo = tuple(m.undo.within.value if isinstance(m.undo, Undo) else NEVER for m in self.bodies)
        self.keeps = tuple(m.undo.keeps.value if isinstance(m.undo, Undo) else 1.0 for m in self.bodies)
        self.fakeable = tuple(m.fakeable for m in self.bodies)
        verifications = [m.verification for m in self.bodies]
        self.law = tuple(Law(v) for v in verifications)
        self.delay = tuple(v.delay.value if v else 0.0 for v in verifications)
        self.first = tuple(self._first_answer(p) for p in range(len(self.parties)))

    def _first_answer(self, mover: int) -> float:
        """Years from a breach by the mover to the first answer; never where nobody answers it."""
        others = {
            r
            for by, conditional in zip(self.by, self.answers_to, strict=True)
            if mover in by or mover in conditional
            for r in by
            if r != mover
        }
        return min((self.response[r] for r in others), default=NEVER)

    def answering(self, m: int, mover: int) -> bool:
        """Whether a measure answers to a breach by the mover: conditional on it, or performed by it."""
        return mover in self.by[m] or mover in self.answers_to[m]

    def costs(self, p: int, m: int) -> bool:
        """Whether having a measure in force costs a party something: stakes × (level + per_year/ρ) < 0."""
        total = 0.0
        for j, effect in self.bodies[m].effects.items():
            if w := self.weight[p].get(j, 0.0):
                growth = effect.per_year.rate.value / self.rho[p] if effect.per_year and self.rho[p] else 0.0
                total += w * (effect.level.value + growth)
        return total < -1e-12

    def answer(self, m: int, mover: int, own: float) -> tuple[float, float]:
        """Years from the breach (or from its being seen) until a measure's entries stop, and until it is undone.

        The mover itself stops its part `own` years after.
        """
        if not self.answering(m, mover):
            return NEVER, NEVER
        stops = {r: own if r == mover else self.response[r] for r in self.by[m]}
        undone = [stop + self.undo[m] for r, stop in stops.items() if self.costs(r, m)]
        return min(stops.values()), min(undone, default=NEVER)

    def no_faster(self, faker: int, m: int) -> frozenset[int]:
        """The faker's fakeable measures that are seen no faster than m, which is one of them. DESIGN §5."""
        rivals = [n for n in range(len(self.measures)) if self.fakeable[n] and faker in self.by[n]]
        if self.rho[faker]:
            bar = self._speed(faker, m) * (1 + 1e-12)
            return frozenset(n for n in rivals if self._speed(faker, n) <= bar)
        bar = self._lag(m) * (1 - 1e-12)
        return frozenset(n for n in rivals if self._lag(n) >= bar)

    def _speed(self, faker: int, m: int) -> float:
        """e^(−ρ·delay)·E[e^(−ρT)]."""
        rho = self.rho[faker]
        return math.exp(-rho * self.delay[m]) * self.law[m].later(rho, -1.0)

    def _lag(self, m: int) -> float:
        """Mean years until a faked measure is seen: the order of `_speed` as ρ → 0."""
        return self.delay[m] + self.law[m].mean()


def _weights(dossier: Dossier, party: Party) -> dict[str, float]:
    """w_pj = stake_pj / (best_j − worst_j), points a year for a unit of interest. DESIGN §4."""
    scales = {j: i.best.value - i.worst.value for j, i in dossier.interests.items()}
    return {j: stake.value / scales[j] for j, stake in party.stakes.items() if scales.get(j)}


UNSEEN = Law(None)


class Path:
    """A course of events from a moment on. Here: everybody keeps the plan."""

    def __init__(self, facts: Facts, moment: int) -> None:
        self.facts = facts
        self.moment = moment
        self.t0 = facts.tau[moment // 2]
        self.law = UNSEEN
        """Of T, where the path is random."""

    def fate(self, m: int, e: int) -> Fate:
        """What becomes of measure m's entry in period e."""
        done = 2 * e + 1 <= self.moment
        return Fate(self.t0 if done else self.facts.tau[e], 0.0, NEVER, False, not done)

    def happens(self, m: int, e: int) -> Fate | None:
        """As `fate`; None for an entry that is not made."""
        return self.fate(m, e)


class Breakout(Path):
    """The mover openly stops and undoes what costs it; the others answer. DESIGN §5."""

    def __init__(self, facts: Facts, moment: int, mover: int) -> None:
        super().__init__(facts, moment)
        self.answers = [facts.answer(m, mover, 0.0) for m in range(len(facts.measures))]

    def happens(self, m: int, e: int) -> Fate | None:
        planned = self.fate(m, e)
        stop, undone = self.answers[m]
        if planned.fresh and planned.start >= self.t0 + stop - TIE:
            return None
        return planned._replace(end=self.t0 + undone)


class Cheating(Path):
    """The faker fakes, and undoes in secret, m with all that is seen no faster; it is seen at T + delay. DESIGN §5."""

    def __init__(self, facts: Facts, moment: int, faker: int, m: int) -> None:
        super().__init__(facts, moment)
        self.law = facts.law[m]
        self.secret = facts.no_faster(faker, m)
        self.seen = self.t0 + facts.delay[m]
        own = facts.first[faker]
        never = (NEVER, NEVER)
        self.answers = [facts.answer(n, faker, own) if self.law.sees else never for n in range(len(facts.measures))]

    def happens(self, m: int, e: int) -> Fate | None:
        planned = self.fate(m, e)
        if m in self.secret:
            return None if planned.fresh else planned._replace(end=self.t0 + self.facts.undo[m])
        stop, undone = self.answers[m]
        if stop == NEVER:
            return planned
        after = max(0.0, planned.start - self.seen - stop) if planned.fresh else 0.0
        return planned._replace(after=after, end=self.seen + undone, random=True)


class Presence(NamedTuple):
    """When all of a measure is in force on a path: as Fate, and whether it was so before the moment."""

    start: float
    after: float
    end: float
    random: bool
    past: bool


class Together:
    """An interaction: effects that are present while a condition on measures, each wholly in force, holds."""

    def __init__(self, facts: Facts, when: Condition) -> None:
        self.facts = facts
        self.when = when
        self.measures = tuple(dict.fromkeys(facts.measure[m] for m in when.measures))

    def holds(self, present: Iterable[int]) -> bool:
        names = {self.facts.measures[m] for m in present}
        return _holds(self.when, names)

    def value(self, worth: Worth, path: Path, rises: Mapping[int, Rises], blocked: frozenset[int]) -> float:
        """Expected value from the path's moment on."""
        presences = {m: p for m in self.measures if (p := presence(path, m, rises[m], m in blocked))}
        past = self.holds(m for m, p in presences.items() if p.past)
        total = 0.0
        for low, high in _cases(presences.values()):
            sample = (low + high) / 2 if high < NEVER else low + 1.0
            spans = list(self._spans(presences, sample))
            chance = path.law.left(low) - (path.law.left(high) if high < NEVER else 0.0)
            for (start, start_random), (end, end_random) in spans:
                total += _expect(worth, path.law, start, start_random, low, high, chance)
                total -= _expect(worth, path.law, end, end_random, low, high, chance)
            if spans and not past:
                total += worth.entry(spans[0][0][0]) * chance
        return total

    def _spans(
        self, presences: Mapping[int, Presence], t: float
    ) -> Iterator[tuple[tuple[float, bool], tuple[float, bool]]]:
        """Stretches of time in which the condition holds, given T = t; each end as (time, whether T is to be added)."""
        alive = {m: (p.start, p.end + t if p.random else p.end) for m, p in presences.items() if t >= p.after}
        ends = {p.start: (p.start, False) for p in presences.values()}
        ends |= {p.end + t if p.random else p.end: (p.end, p.random) for p in presences.values()}
        marks = sorted([*ends, NEVER] if NEVER not in ends else ends)
        for low, high in pairwise(marks):
            middle = (low + high) / 2 if high < NEVER else low + 1.0
            if high - low > TIE and self.holds(m for m, (a, b) in alive.items() if a <= middle < b):
                yield ends[low], ends.get(high, (NEVER, False))


def _holds(when: Condition, names: set[str]) -> bool:
    if when.measure is not None:
        return when.measure in names
    if when.all is not None:
        return all(_holds(part, names) for part in when.all)
    return any(_holds(part, names) for part in when.any or ())


def presence(path: Path, m: int, rises: Rises, blocked: bool) -> Presence | None:
    """When all of m is in force on a path; None where that never happens."""
    share, after = 0.0, 0.0
    for e, rise in rises:
        fate = path.happens(m, e)
        if fate is None or (blocked and fate.fresh):
            return None
        share, after = share + rise, max(after, fate.after)
        if share >= FULL:
            stays = path.facts.keeps[m] >= FULL
            end, random = (NEVER, False) if stays or fate.end == NEVER else (fate.end, fate.random)
            return Presence(fate.start, after, end, random, not fate.fresh)
    return None


def _cases(presences: Iterable[Presence]) -> Iterator[tuple[float, float]]:
    """Ranges of T within which entries and ends come in the same order."""
    known = list(presences)
    fixed = {p.start for p in known} | {p.end for p in known if not p.random and p.end < NEVER}
    cuts = {p.after for p in known} | {t - p.end for p in known if p.random for t in fixed}
    marks = [0.0, *sorted(t for t in cuts if t > 0), NEVER]
    if not any(p.random or p.after for p in known):
        marks = [0.0, NEVER]
    return ((low, high) for low, high in pairwise(marks) if high - low > 1e-12)


def _expect(worth: Worth, law: Law, t: float, random: bool, low: float, high: float, chance: float) -> float:
    """E[tail(t or t + T); low < T < high]."""
    if t == NEVER:
        return 0.0
    if random:
        return worth.late(t, low, law) - worth.late(t, high, law)
    return worth.tail(t) * chance


class Row(dict[int, float]):
    """Value to one party, from a path's moment on, of a whole entry: code m·(K+1) + e + 1 → points. Fills itself."""

    def __init__(self, path: Path, worths: Sequence[Worth], togethers: Sequence[tuple[int, Together, Worth]]) -> None:
        super().__init__()
        self.path = path
        self.worths = worths
        self.togethers = togethers
        self.width = len(path.facts.tau) + 1
        self._known: dict[object, float] = {}

    def __missing__(self, code: int) -> float:
        m, e = code // self.width, code % self.width - 1
        self[code] = value = self._entry(m, e)
        return value

    def _entry(self, m: int, e: int) -> float:
        fate = self.path.happens(m, e)
        if fate is None:
            return 0.0
        worth, lost = self.worths[m], 1 - self.path.facts.keeps[m]
        value = worth.tail(fate.start) + (worth.entry(fate.start) if fate.fresh else 0.0)
        chance = self.path.law.left(fate.after) if fate.after else 1.0
        value *= chance
        if lost and fate.end < NEVER:
            end = worth.late(fate.end, fate.after, self.path.law) if fate.random else chance * worth.tail(fate.end)
            value -= lost * end
        return value

    def together(self, i: int, rises: tuple[Rises, ...], whole: bool, blocked: frozenset[int]) -> float:
        """Value of interaction i, given the rises of its measures; remembered where all entries are `whole`."""
        key = (i, rises, blocked)
        value = self._known.get(key)
        if value is None:
            together, worth = next((t, w) for n, t, w in self.togethers if n == i)
            value = together.value(worth, self.path, dict(zip(together.measures, rises, strict=True)), blocked)
            if whole:
                self._known[key] = value
        return value
