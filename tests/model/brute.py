"""A slow reading of DESIGN §5, second by second: the level of every interest is followed through time and discounted.

Written to test the judge. It knows T, the time to detection; `expected` integrates over it numerically.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detente.dossier.schema import Condition, Dossier, Undo, Verify
from detente.model.plan import Plan, complete

NEVER = math.inf


@dataclass(frozen=True)
class Breach:
    """By whom, when; `measure` and `seen_after` (T) where it is secret."""

    mover: str
    period: int
    after: bool
    measure: str | None = None
    seen_after: float = NEVER


class Story:
    """What happens to a plan: entries and ends of every measure, with (breach) or without one."""

    def __init__(self, dossier: Dossier, plan: Plan, breach: Breach | None) -> None:
        self.dossier = dossier
        self.tau = dossier.grid.years
        self.plan = complete(dossier, plan)
        self.breach = breach
        self.entries: dict[str, list[tuple[float, float]]] = {}
        self.planned = {m: self._planned(m) for m in dossier.measures}
        self.end: dict[str, float] = dict.fromkeys(dossier.measures, NEVER)
        for m in dossier.measures:
            self._tell(m)

    # what was planned

    def _planned(self, m: str) -> list[tuple[float, float]]:
        """(time, rise); time −1 for what was in force before signature."""
        standing = self.dossier.state.in_force.get(m)
        before = [(-1.0, standing.share.value)] if standing else []
        if self.dossier.measures[m].divisible:
            shares = [(self.dossier.grid.index(day), part) for day, part in self.plan.share.get(m, ())]
            found = [(self.tau[k], part) for k, part in shares if k is not None]
            levels = [before[0][1] if before else 0.0, *(part for _, part in found)]
            rises = [(t, b - a) for (t, _), (a, b) in zip(found, pairwise(levels), strict=True)]
            return before + [(t, rise) for t, rise in rises if rise > 0]
        day = self.plan.entry[m]
        return before or ([(self.tau[self.dossier.grid.index(day)], 1.0)] if day else [])

    def _done(self, time: float) -> bool:
        """Whether a planned entry has happened before the moment of breach."""
        assert self.breach
        t0 = self.tau[self.breach.period]
        return time < t0 - 1e-9 or (abs(time - t0) < 1e-9 and self.breach.after)

    def _kept_until(self, t: float) -> bool:
        """Whether the plan is still kept just after the entries of a date, if only for an instant."""
        return self.breach is not None and self._done(t)

    # who answers whom

    def conditional(self, m: str, mover: str) -> bool:
        measure = self.dossier.measures[m]
        if measure.conditional_on is None:
            return mover not in measure.by
        return mover in measure.conditional_on

    def first_answer(self) -> float:
        """Years from the breach, or its being seen and reported, to the first answer."""
        assert self.breach
        times = []
        for m, measure in self.dossier.measures.items():
            if self.conditional(m, self.breach.mover) or self.breach.mover in measure.by:
                times += [self.dossier.parties[r].response_time.value for r in measure.by if r != self.breach.mover]
        return min(times, default=NEVER)

    def stop(self, m: str, r: str) -> float:
        """When performer r stops measure m; NEVER if it goes on."""
        breach = self.breach
        assert breach
        t0 = self.tau[breach.period]
        mover = breach.mover
        if mover not in self.dossier.measures[m].by and not self.conditional(m, mover):
            return NEVER
        seen = t0
        if breach.measure is not None:
            seen += breach.seen_after + self.delay(breach.measure)
        if r == mover:
            return t0 if breach.measure is None else seen + self.first_answer()
        return seen + self.dossier.parties[r].response_time.value

    def delay(self, m: str) -> float:
        verify = self.dossier.measures[m].verification
        return verify.delay.value if verify else 0.0

    def speed(self, m: str) -> float:
        """e^(−ρ·delay)·E[e^(−ρT)], T's law taken apart into its visits and what lies between."""
        rho = self.dossier.parties[self.breach.mover].discount.value
        verify = self.dossier.measures[m].verification
        rate, total, since, left = hazard(verify), 0.0, 0.0, 1.0
        share = rate / (rate + rho)
        for t, then in [*visits(verify, FAR / rho), (NEVER, 0.0)]:
            seen = math.exp(-(rate + rho) * since) - math.exp(-(rate + rho) * t)
            total += left * share * seen + (left - then) * math.exp(-(rate + rho) * t)
            since, left = t, then
        return math.exp(-rho * self.delay(m)) * total

    def secret(self) -> set[str]:
        breach = self.breach
        assert breach
        if breach.measure is None:
            return set()
        mine = {m for m, x in self.dossier.measures.items() if breach.mover in x.by and x.fakeable}
        return {m for m in mine if self.speed(m) <= self.speed(breach.measure) * (1 + 1e-12)}

    def costs(self, r: str, m: str) -> bool:
        total = 0.0
        for j, effect in self.dossier.measures[m].effects.items():
            w = weight(self.dossier, r, j)
            if w:
                rate = effect.per_year.rate.value if effect.per_year else 0.0
                total += w * (effect.level.value + rate / self.dossier.parties[r].discount.value)
        return total < -1e-12

    # what happens

    def _tell(self, m: str) -> None:
        planned, breach, measure = self.planned[m], self.breach, self.dossier.measures[m]
        if breach is None:
            self.entries[m] = planned
            return
        undo = measure.undo.within.value if isinstance(measure.undo, Undo) else NEVER
        if m in self.secret():
            self.entries[m] = [e for e in planned if self._done(e[0])]
            self.end[m] = self.tau[breach.period] + undo
            return
        stops = {r: self.stop(m, r) for r in measure.by}
        made = [e for e in planned if self._done(e[0]) or e[0] < min(stops.values()) - 1e-9]
        if breach.measure is None and self.conditional(m, breach.mover) and breach.mover not in measure.by:
            in_force, verified = self.dossier.prerequisites(m)
            waiting = [n for n in (*in_force, *verified) if breach.mover in self.dossier.measures[n].by]
            if any(sum(r for t, r in self.planned[n] if self._done(t)) < 1 - 1e-9 for n in waiting):
                made = [e for e in made if self._done(e[0])]
        self.entries[m] = made
        self.end[m] = min((stop + undo for r, stop in stops.items() if self.costs(r, m)), default=NEVER)

    def share(self, m: str, t: float) -> float:
        """f at a time (entries on it included), after what was undone."""
        f = sum(rise for time, rise in self.entries[m] if time <= t + 1e-9)
        undo = self.dossier.measures[m].undo
        gone = t >= self.end[m] - 1e-9
        return f * undo.keeps.value if gone and isinstance(undo, Undo) else f

    def holds(self, when: Condition, t: float) -> bool:
        if when.measure is not None:
            return self.share(when.measure, t) >= 1 - 1e-9
        if when.all is not None:
            return all(self.holds(part, t) for part in when.all)
        return any(self.holds(part, t) for part in when.any or ())

    def times(self) -> list[float]:
        """All times from signature on at which something changes."""
        found = {0.0, *self.tau, *(t for t in self.end.values() if t < NEVER)}
        effects = [x.effects for x in self.dossier.measures.values()]
        effects += [x.effects for x in self.dossier.interactions.values()]
        growth = [e.per_year for table in effects for e in table.values()]
        found |= {g.lasts.value for g in growth if g and g.lasts}
        merged: list[float] = []
        for t in sorted(found):
            if not merged or t - merged[-1] > 1e-9:
                merged.append(t)
        return merged

    def value(self, p: str, *, since: tuple[float, bool] = (0.0, False)) -> float:
        """Value to p from a moment (time, after its entries) on, present value at signature, no_deal left out."""
        party = self.dossier.parties[p]
        rho, (t0, after) = party.discount.value, since
        total = 0.0
        built = 0.0
        ever = {i: self.holds(x.when, -0.5) for i, x in self.dossier.interactions.items()}
        times = self.times()
        for k, t in enumerate(times):
            onces = sum(
                rise * effect.once.value * weight(self.dossier, p, j)
                for m, x in self.dossier.measures.items()
                for time, rise in self.entries[m]
                if abs(time - t) < 1e-9
                for j, effect in x.effects.items()
            )
            level, slope = 0.0, 0.0
            parts = [(self.share(m, t), x.effects) for m, x in self.dossier.measures.items()]
            for i, x in self.dossier.interactions.items():
                now = self.holds(x.when, t)
                earned = now or (self._kept_until(t) and Story(self.dossier, self.plan, None).holds(x.when, t))
                if earned and not ever[i]:
                    onces += sum(e.once.value * weight(self.dossier, p, j) for j, e in x.effects.items())
                ever[i] = ever[i] or earned
                parts.append((float(now), x.effects))
            for f, effects in parts:
                for j, effect in effects.items():
                    w = weight(self.dossier, p, j)
                    level += w * effect.level.value * f
                    grows = effect.per_year
                    if grows and (grows.lasts is None or t < grows.lasts.value - 1e-9):
                        slope += w * grows.rate.value * f
            if t > t0 + 1e-9 or (abs(t - t0) < 1e-9 and not after):
                total += onces * math.exp(-rho * t)
            end = times[k + 1] if k + 1 < len(times) else NEVER
            if end > t0 + 1e-9:
                built = built if t >= t0 - 1e-9 else 0.0
                start = max(t, t0)
                total += _discounted(level + built, slope, start, end, rho)
                built += slope * (end - start) if end < NEVER else 0.0
        return total


def _discounted(level: float, slope: float, start: float, end: float, rho: float) -> float:
    """∫ (level + slope·(s − start))·e^(−ρs) ds from start to end."""
    e0 = math.exp(-rho * start)
    if end == NEVER:
        return e0 * (level / rho + slope / rho**2)
    e1, length = math.exp(-rho * end), end - start
    return level * (e0 - e1) / rho + slope * ((e0 - e1) / rho**2 - length * e1 / rho)


def weight(dossier: Dossier, p: str, j: str) -> float:
    stake = dossier.parties[p].stakes.get(j)
    interest = dossier.interests[j]
    return stake.value / (interest.best.value - interest.worst.value) if stake else 0.0


NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


FAR = 36.0
"""e^(−FAR) is nothing."""


def hazard(verify: Verify) -> float:
    """Chances a year of being seen between the visits whose dates are known."""
    rate = verify.detects.value if verify.detects else 0.0
    if verify.visits and verify.visits.random:
        rate += verify.visits.random.value * verify.visits.detects.value
    return rate


def visits(verify: Verify, until: float) -> list[tuple[float, float]]:
    """(T, the chance that none of the visits so far has seen it), visit by visit, while there is one left to see."""
    found: list[tuple[float, float]] = []
    if not verify.visits or not (verify.visits.every or verify.visits.times):
        return found
    single = [(verify.visits.every, verify.visits.detects)]
    round_ = [(t.value, 1 - chance.value) for t, chance in verify.visits.times or single]
    start, left = 0.0, 1.0
    while start < until and left > 1e-13:
        found += [(start + t, left * unseen) for t, unseen in round_]
        start, left = start + (verify.visits.every.value if verify.visits.every else NEVER), found[-1][1]
    return found


def expected(dossier: Dossier, m: str, tell: Callable[[float], float]) -> float:
    """E[tell(T)] for T of m's law: visit by visit, and by Gauss-Legendre between what changes the order of events."""
    verify = dossier.measures[m].verification
    assert verify
    rate, seen = hazard(verify), visits(verify, NEVER)
    left = [1.0, *(chance for _, chance in seen)]
    total = sum((a - b) * math.exp(-rate * t) * tell(t) for (t, _), (a, b) in zip(seen, pairwise(left), strict=True))
    if rate == 0:
        return total + (tell(NEVER) * left[-1] if left[-1] > 1e-12 else 0.0)
    fixed = {0.0, *dossier.grid.years}
    undos = {x.undo.within.value for x in dossier.measures.values() if isinstance(x.undo, Undo)}
    fixed |= {t + u for t in fixed for u in undos}
    tables = [x.effects for x in (*dossier.measures.values(), *dossier.interactions.values())]
    fixed |= {e.per_year.lasts.value for x in tables for e in x.values() if e.per_year and e.per_year.lasts}
    responses = {q.response_time.value for q in dossier.parties.values() if q.response_time}
    lags = {verify.delay.value + r + u for r in responses for u in {0.0, *undos}}
    cuts = {f - t - lag for f in fixed for t in dossier.grid.years for lag in lags}
    last = max(fixed) + 60 / rate
    step = 1.0
    cuts |= {t for t, _ in seen}
    marks = sorted({0.0, last, *(c for c in cuts if 0 < c < last), *np.arange(step, last, step)})
    for low, high in pairwise(marks):
        unseen = left[bisect_right(seen, (low + high) / 2, key=lambda visit: visit[0])]
        if high - low < 1e-9 or unseen < 1e-13:
            continue
        for x, w in zip(NODES, WEIGHTS, strict=True):
            t = (low + high) / 2 + x * (high - low) / 2
            total += w * (high - low) / 2 * rate * math.exp(-rate * t) * unseen * tell(t)
    return total
