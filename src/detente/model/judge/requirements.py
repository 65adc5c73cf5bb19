"""What demands and success require of a plan, judged on its dates: in force, never, in order, progress, and levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from detente.dossier.schema import Before, Effect, InForce, InterestBound, Never, ProgressBy, Require
from detente.model.judge.detection import NEVER, TIE
from detente.model.judge.timing import Miss, MissIn, Timetable, Timing
from detente.model.judge.together import Together

SLIGHT = 1e-6
"""Rounding allowed in an amount, relative to max(1, |bound|). DESIGN §5."""
SLOPE = 1e-9
"""A level moves on for ever if it does by more than this part of max(1, what moves it)."""


def judgement_of(clock: Timetable, require: Require) -> MissIn:
    """What judges whether a plan meets a requirement."""
    match require:
        case InForce():
            return _in_force(clock, require)
        case Never():
            return _never(clock, require)
        case Before():
            return _before(clock, require)
        case ProgressBy():
            return _progress_by(clock, require)
        case InterestBound():
            return InterestLevel(clock, require).judge


def _in_force(clock: Timetable, require: InForce) -> MissIn:
    m = clock.facts.measure[require.in_force]

    def judge(t: Timing) -> Miss | None:
        full = t.full[m]
        if full is None:
            return Miss(-1.0, require.by, f"{require.in_force} is never wholly in force")
        day = clock.day(m, full)
        if require.by is None or day <= require.by:
            return None
        late = clock.grid.time(day) - clock.grid.time(require.by)
        return Miss(-late, day, f"{require.in_force} is in force only on {day}")

    return judge


def _never(clock: Timetable, require: Never) -> MissIn:
    m = clock.facts.measure[require.never]

    def judge(t: Timing) -> Miss | None:
        first = t.first[m]
        return None if first is None else Miss(-1.0, clock.day(m, first), f"{require.never} is in the plan")

    return judge


def _before(clock: Timetable, require: Before) -> MissIn:
    a, b = (clock.facts.measure[m] for m in require.before)

    def judge(t: Timing) -> Miss | None:
        first, full = t.first[b], t.full[a]
        if first is None or (full is not None and full <= first):
            return None
        text = f"{require.before[1]} enters before {require.before[0]}"
        margin = -1.0 if full is None else -max(TIE, clock.tau[full] - (clock.tau[first] if first >= 0 else 0.0))
        return Miss(margin, clock.day(b, first), text)

    return judge


def _progress_by(clock: Timetable, require: ProgressBy) -> MissIn:
    scale = clock.scale(require.progress)
    when = NEVER if require.by is None else clock.grid.time(require.by)
    least = require.at_least.value

    def judge(t: Timing) -> Miss | None:
        reached = clock.progress(scale, t, when)
        if reached >= least - SLIGHT:
            return None
        return Miss(reached - least, require.by, f"{reached:.1%} verified of {least:.1%}")

    return judge


class InterestLevel:
    """Judges a bound on an interest's level: course without a deal, and what the measures in force add. DESIGN §4."""

    def __init__(self, clock: Timetable, bound: InterestBound) -> None:
        grid, course = clock.grid, clock.dossier.interests[bound.interest].course
        self.bound = bound
        self.since = 0.0 if bound.since is None else max(0.0, grid.time(bound.since))
        self.course = sorted((grid.time(day), level.value) for day, level in course)
        self.adding = [*_measures_on(clock, bound.interest), *_interactions_on(clock, bound.interest)]
        growths = [effect.per_year for effect, _ in self.adding]
        ends = [growth.lasts.value for growth in growths if growth and growth.lasts]
        self.kinks = _apart([0.0, *clock.tau, *(t for t, _ in self.course), *ends, self.since])

    def judge(self, t: Timing) -> Miss | None:
        """The worst breach; looks at both sides of every kink from `from` on, and at the last slope."""
        worst: Miss | None = None
        for time, level in self._levels(t):
            for margin in self._margins(level):
                limit = SLIGHT * max(1.0, abs(level))
                if margin < -limit and (worst is None or margin < worst.margin):
                    worst = Miss(margin, None, f"{self.bound.interest} stands at {level:.6g} {time:.3g} years on")
        return worst or self._for_ever(t)

    def _margins(self, level: float) -> Iterator[float]:
        if self.bound.at_most is not None:
            yield self.bound.at_most.value - level
        if self.bound.at_least is not None:
            yield level - self.bound.at_least.value

    def _levels(self, t: Timing) -> Iterator[tuple[float, float]]:
        """(time, level) on both sides of every kink, from `from` on."""
        built, before, slope, since = 0.0, 0.0, 0.0, self.kinks[0]
        for time in self.kinks:
            built += slope * (time - since)
            if time > self.since + TIE:
                yield time, self._course(time) + before + built
            before = self._standing(t, time)
            if time >= self.since - TIE:
                yield time, self._course(time) + before + built
            slope, since = sum(self._growth(t, time)), time

    def _for_ever(self, t: Timing) -> Miss | None:
        rates = list(self._growth(t, self.kinks[-1]))
        slope, slight = sum(rates), SLOPE * max(1.0, sum(abs(r) for r in rates))
        rising = self.bound.at_most is not None and slope > slight
        falling = self.bound.at_least is not None and slope < -slight
        if not rising and not falling:
            return None
        return Miss(-abs(slope), None, f"{self.bound.interest} moves on by {slope:.6g} a year for ever")

    def _course(self, time: float) -> float:
        """The level without a deal: linear between what is known, constant outside."""
        if not self.course:
            return 0.0
        if time <= self.course[0][0]:
            return self.course[0][1]
        for (a, low), (b, high) in pairwise(self.course):
            if time <= b and b > a:
                return low + (high - low) * (time - a) / (b - a)
        return self.course[-1][1]

    def _standing(self, t: Timing, time: float) -> float:
        """What `level` and `once` effects add at a time."""
        shares = ((effect, share(t, time)) for effect, share in self.adding)
        return sum(effect.level.value * x.in_force + effect.once.value * x.entered for effect, x in shares)

    def _growth(self, t: Timing, time: float) -> Iterator[float]:
        """Rates of growth just after a time."""
        for effect, share in self.adding:
            growth = effect.per_year
            if growth is not None and (growth.lasts is None or time < growth.lasts.value - TIE):
                yield growth.rate.value * share(t, time).in_force


class Present(NamedTuple):
    """Of what has an effect: how much is in force at a time, and how much has ever entered since signature."""

    in_force: float
    entered: float


Adding = tuple[Effect, Callable[[Timing, float], Present]]
"""An effect on an interest, and the share of what has it at a time, entries then included."""


def _measures_on(clock: Timetable, interest: str) -> Iterator[Adding]:
    def adding(m: int, effect: Effect) -> Adding:
        def share(t: Timing, time: float) -> Present:
            entered = [(e, rise) for e, rise in t.rises[m] if e < 0 or clock.tau[e] <= time + TIE]
            return Present(sum(r for _, r in entered), sum(r for e, r in entered if e >= 0))

        return effect, share

    return (adding(m, effect) for m, body in enumerate(clock.facts.bodies) for effect in body.effects_on(interest))


def _interactions_on(clock: Timetable, interest: str) -> Iterator[Adding]:
    def adding(together: Together, effect: Effect) -> Adding:
        def share(t: Timing, time: float) -> Present:
            full = {m: e for m in together.measures if (e := t.full[m]) is not None}
            now = together.holds(m for m, e in full.items() if e < 0 or clock.tau[e] <= time + TIE)
            past = together.holds(m for m, e in full.items() if e < 0)
            return Present(float(now), float(now and not past))

        return effect, share

    effects = [i.effects for i in clock.dossier.interactions.values()]
    joint = zip(clock.facts.togethers, effects, strict=True)
    return (adding(together, table[interest]) for together, table in joint if interest in table)


def _apart(times: Iterable[float]) -> list[float]:
    """From signature on, in order, each once."""
    found: list[float] = []
    for t in sorted(t for t in times if t >= 0):
        if not found or t - found[-1] > TIE:
            found.append(t)
    return found
