"""The conditions of a satisfactory plan that need no values: prerequisites, demands, links and so on. DESIGN §5.

Each `Term` judges the dates of a plan: None where it is met, else a `Miss` that says by how much and in what way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, NamedTuple

from detente.dossier.quantities import Number
from detente.dossier.schema import (
    Before,
    Demand,
    Dossier,
    InForce,
    InterestBound,
    Link,
    Measure,
    Never,
    OneOf,
    ProgressBy,
    Require,
    Resource,
)
from detente.model.judge.detection import NEVER, TIE
from detente.model.judge.facts import Facts, Rises, Together
from detente.model.plan import Plan, complete
from detente.model.tolerance import FULL

Kind = Literal[
    "consent",
    "breakout",
    "covert",
    "exposure",
    "secret_exposure",
    "demand",
    "success",
    "link",
    "order",
    "capacity",
    "one_of",
    "grid",
    "pace",
    "empty",
]
SLIGHT = 1e-6
"""Rounding allowed in an amount, relative to max(1, |bound|). DESIGN §5."""
LEAST = 1e-12
"""A share that counts as something."""


class Miss(NamedTuple):
    """How a plan fails a condition: a negative margin, the date it shows at, and a sentence."""

    margin: float
    date: date | None
    note: str


class Timing:
    """A plan on the grid: when each measure's share rises. Off-grid dates are moved to the next grid date."""

    __slots__ = ("first", "full", "off", "rises", "shrinks")

    def __init__(self, rises: tuple[Rises, ...], off: Mapping[int, date], shrinks: Mapping[int, date]) -> None:
        self.rises = rises
        self.first = [r[0][0] if r else None for r in rises]
        self.full = [_full(r) for r in rises]
        self.off = off
        self.shrinks = shrinks

    def share(self, m: int, k: int) -> float:
        """f[m, k]."""
        return sum(rise for e, rise in self.rises[m] if e <= k)


def _full(rises: Rises) -> int | None:
    """The period from which all of a measure is in force, None where that never is."""
    if len(rises) == 1:
        return rises[0][0] if rises[0][1] >= FULL else None
    share = 0.0
    for e, rise in rises:
        share += rise
        if share >= FULL:
            return e
    return None


class _Grid:
    """Puts plans on a dossier's grid."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self.period = {day: k for k, day in enumerate(dossier.grid.dates)}
        state = dossier.state.in_force
        self.standing = tuple(state.get(m) for m in dossier.measures)
        self.divisible = tuple(m.divisible for m in dossier.measures.values())
        self._entered: dict[int | None, Rises] = {None: ()}
        self._entered.update({k: ((k, 1.0),) for k in range(len(dossier.grid))})
        self._standing = {m: ((-1, s.share.value),) for m, s in enumerate(self.standing) if s}

    def timing(self, plan: Plan) -> Timing:
        if any(d and m not in plan.share and plan.entry.get(m) for m, d in self._names()):
            plan = complete(self.dossier, plan)
        rises: list[Rises] = []
        off: dict[int, date] = {}
        shrinks: dict[int, date] = {}
        for i, (m, divisible) in enumerate(self._names()):
            if divisible:
                rises.append(self._divisible(i, plan.share.get(m, ()), off, shrinks))
            elif i in self._standing:
                rises.append(self._standing[i])
            else:
                day = plan.entry.get(m)
                rises.append(self._entered[None if day is None else self._on_grid(i, day, off)])
        return Timing(tuple(rises), off, shrinks)

    def _names(self) -> Iterator[tuple[str, bool]]:
        return zip(self.dossier.measures, self.divisible, strict=True)

    def _on_grid(self, i: int, day: date, off: dict[int, date]) -> int | None:
        """The period that starts on a date; off the grid, which is noted, the next one, None after the last."""
        k = self.period.get(day)
        if k is not None:
            return k
        off.setdefault(i, day)
        after = self.dossier.grid.last_by(day) + 1
        return after if after < len(self.period) else None

    def _divisible(
        self, i: int, shares: Sequence[tuple[date, float]], off: dict[int, date], shrinks: dict[int, date]
    ) -> Rises:
        standing = self.standing[i]
        level = standing.share.value if standing else 0.0
        rises = {-1: level} if level > LEAST else {}
        for day, part in sorted(shares):
            if standing and (day <= standing.since or day < self.dossier.start):
                continue
            if part < level - LEAST:
                shrinks.setdefault(i, day)
            if part > level + LEAST:
                k = self._on_grid(i, day, off)
                if k is not None:
                    rises[k] = rises.get(k, 0.0) + part - level
                level = part
        return tuple(sorted(rises.items()))


_Judgement = Callable[[Timing], Miss | None]


@dataclass(frozen=True)
class Term:
    """One condition: its kind and whom or what it concerns, and the function that judges a timing."""

    kind: Kind
    judge: _Judgement
    name: str | None = None
    party: str | None = None
    measure: int | None = None
    """Where it is a condition of the plans that contain one measure."""


class Terms:
    """All conditions without values of a dossier, at a success level and with the openings of some parties."""

    def __init__(self, dossier: Dossier, facts: Facts, success: str, openings: Sequence[str]) -> None:
        self.dossier = dossier
        self.facts = facts
        self.clock = _Grid(dossier)
        self.grid = dossier.grid
        self.tau = facts.tau
        self.takes = tuple(m.takes.value for m in facts.bodies)
        self.confirms = tuple(m.confirms_in for m in facts.bodies)
        self.togethers = [(Together(facts, i.when), i.effects) for i in dossier.interactions.values()]
        self.all = tuple(self._terms(success, openings))

    def _terms(self, success: str, openings: Sequence[str]) -> Iterator[Term]:
        yield Term("empty", self._empty)
        for m, measure in enumerate(self.facts.bodies):
            yield from self._of_measure(m, measure)
        for name, group in self.dossier.one_of.items():
            yield Term("one_of", self._one_of(group), name)
        for name, demand in self.dossier.demands.items():
            if binds(demand, openings):
                yield Term("demand", self._require(demand.require), name, demand.by)
        levels = {"minimal": self.dossier.success.minimal, "full": self.dossier.success.full}
        for i, require in enumerate(levels.get(success, ())):
            yield Term("success", self._require(require), f"{success}.{i}")
        for name, resource in self.dossier.capacity.items():
            yield Term("capacity", self._capacity(resource), name)
        for name, link in self.dossier.links.items():
            yield Term("link", self._link(link), name)

    def _of_measure(self, m: int, measure: Measure) -> Iterator[Term]:
        yield Term("grid", self._on_grid(m), measure=m)
        in_force, verified = self.dossier.prerequisites(self.facts.measures[m])
        if measure.divisible or in_force or verified or measure.takes.value:
            yield Term("order", self._order(m, in_force, verified), measure=m)
        if measure.divisible:
            yield Term("pace", self._pace(m, in_force, verified), measure=m)

    def _empty(self, t: Timing) -> Miss | None:
        if any(r and r[-1][0] >= 0 for r in t.rises):
            return None
        return Miss(-1.0, None, "nothing enters into force on the grid: this is no deal")

    def _on_grid(self, m: int) -> _Judgement:
        def judge(t: Timing) -> Miss | None:
            if m not in t.off:
                return None
            day = t.off[m]
            near = " and ".join(d.isoformat() for d in self.grid.neighbours(day))
            note = f"{self.facts.measures[m]}: {day} is not a grid date; its neighbours are {near}"
            return Miss(-1.0, day, note)

        return judge

    # when a measure may enter

    def _ready(self, t: Timing, in_force: Sequence[str], verified: Sequence[str]) -> tuple[float, str]:
        """When all that is needed is there, in years (never: NEVER), and the need that is there last."""
        ready, last = 0.0, ""
        for n in in_force:
            full = t.full[self.facts.measure[n]]
            when = NEVER if full is None else self.tau[full] if full >= 0 else 0.0
            ready, last = (when, n) if when > ready else (ready, last)
        for n in verified:
            when = self.verified(t, self.facts.measure[n])
            ready, last = (when, f"{n} (verified)") if when > ready else (ready, last)
        return ready, last

    def verified(self, t: Timing, m: int) -> float:
        """When all of a measure counts as verified, in years; NEVER where it never does."""
        full = t.full[m]
        return NEVER if full is None else self.seen(m, full)

    def seen(self, m: int, e: int) -> float:
        """When an entry in period e counts as verified, in years."""
        if e >= 0:
            return self.tau[e] + self.confirms[m]
        standing = self.clock.standing[m]
        assert standing is not None
        if standing.verified is not None:
            return self.grid.time(standing.verified)
        return self.grid.time(standing.since) + self.confirms[m]

    def _order(self, m: int, in_force: Sequence[str], verified: Sequence[str]) -> _Judgement:
        name, takes, divisible = self.facts.measures[m], self.takes[m], self.clock.divisible[m]

        def judge(t: Timing) -> Miss | None:
            e = next((k for k, _ in t.rises[m] if k >= 0), None)
            if e is None or (not divisible and t.first[m] == -1):
                return None
            ready, last = self._ready(t, in_force, verified)
            if ready == NEVER:
                return Miss(-1.0, self.grid.dates[e], f"{name} needs {last}, which the plan never completes")
            earliest = ready + (0.0 if divisible else takes)
            if divisible or self.tau[e] >= earliest - TIE:
                return None
            why = f" after {last}" if last else ""
            note = f"{name} enters {earliest - self.tau[e]:.3g} years too early: it takes {takes:.3g} years{why}"
            return Miss(self.tau[e] - earliest, self.grid.dates[e], note)

        return judge

    def _pace(self, m: int, in_force: Sequence[str], verified: Sequence[str]) -> _Judgement:
        name, takes = self.facts.measures[m], self.takes[m]

        def judge(t: Timing) -> Miss | None:
            ready, _ = self._ready(t, in_force, verified)
            for k, rise in t.rises[m]:
                if k < 0:
                    continue
                worked = self.tau[k] - max(self.tau[k - 1], ready) if k else -1.0
                most = (max(0.0, worked) / takes) if takes else (1.0 if worked >= -TIE else 0.0)
                if rise > most + SLIGHT:
                    note = f"{name} rises by {rise:.4g} where the work allows {most:.4g}"
                    return Miss(most - rise, self.grid.dates[k], note)
            if m in t.shrinks:
                return Miss(-1.0, t.shrinks[m], f"{name}: its share falls")
            if (total := sum(rise for _, rise in t.rises[m])) > 1 + SLIGHT:
                return Miss(1 - total, None, f"{name}: its share passes 100 %")
            return None

        return judge

    # groups and resources

    def _one_of(self, group: OneOf) -> _Judgement:
        alternatives = [frozenset(self.facts.measure[m] for m in a) for a in group.of]
        union = frozenset().union(*alternatives)

        def judge(t: Timing) -> Miss | None:
            chosen = {m for m in union if t.rises[m]}
            fits = [a for a in alternatives if chosen <= a]
            if not fits:
                names = ", ".join(sorted(self.facts.measures[m] for m in chosen))
                return Miss(-1.0, None, f"{names} do not belong to one alternative")
            if group.exactly and not chosen:
                return Miss(-1.0, None, "none of the alternatives is chosen")
            return None

        return judge

    def _capacity(self, resource: Resource) -> _Judgement:
        limit = resource.limit.value
        uses = [(self.facts.measure[m], use) for m, use in self.dossier.uses(resource).items()]
        slight = SLIGHT * max(1.0, abs(limit))

        def judge(t: Timing) -> Miss | None:
            worst: Miss | None = None
            for k in _changes(t, [m for m, _ in uses]):
                used = sum(use * t.share(m, k) for m, use in uses)
                if used > limit + slight and (worst is None or limit - used < worst.margin):
                    worst = Miss(limit - used, self.grid.dates[k], f"{used:.6g} used of {limit:.6g}")
            return worst

        return judge

    # scales of progress

    def _scale(self, scale: str | Mapping[str, Number]) -> list[tuple[int, float]]:
        """Measures and their normalised shares."""
        parts = self.dossier.progress[scale] if isinstance(scale, str) else scale
        total = sum(part.value for part in parts.values())
        return [(self.facts.measure[m], part.value / total) for m, part in parts.items()] if total else []

    def _progress(self, scale: list[tuple[int, float]], t: Timing, when: float) -> float:
        """Verified progress on a scale at a time, a share of 1."""
        return sum(w * rise for m, w in scale for e, rise in t.rises[m] if self.seen(m, e) <= when + TIE)

    def _link(self, link: Link) -> _Judgement:
        share = self._scale(link.share)
        above = None if link.at_most is None else self._scale(link.at_most)
        below = None if link.at_least is None else self._scale(link.at_least)
        ahead = link.ahead_by.value

        def judge(t: Timing) -> Miss | None:
            worst: Miss | None = None
            for k, tau in enumerate(self.tau):
                given = sum(w * t.share(m, k) for m, w in share)
                margins = [] if above is None else [self._progress(above, t, tau) + ahead - given]
                margins += [] if below is None else [given + ahead - self._progress(below, t, tau)]
                margin = min(margins, default=0.0)
                if margin < -SLIGHT and (worst is None or margin < worst.margin):
                    note = f"{given:.1%} in force, {-margin:.1%} beyond what verified progress allows"
                    worst = Miss(margin, self.grid.dates[k], note)
            return worst

        return judge

    # requirements of demands and of success

    def _require(self, require: Require) -> _Judgement:
        match require:
            case InForce():
                return self._in_force(require)
            case Never():
                return self._never(require)
            case Before():
                return self._before(require)
            case ProgressBy():
                return self._progress_by(require)
            case InterestBound():
                return _Level(self, require).judge

    def _day(self, m: int, e: int) -> date:
        standing = self.clock.standing[m]
        return standing.since if e < 0 and standing is not None else self.grid.dates[e]

    def _in_force(self, require: InForce) -> _Judgement:
        m = self.facts.measure[require.in_force]

        def judge(t: Timing) -> Miss | None:
            full = t.full[m]
            if full is None:
                return Miss(-1.0, require.by, f"{require.in_force} is never wholly in force")
            day = self._day(m, full)
            if require.by is None or day <= require.by:
                return None
            late = self.grid.time(day) - self.grid.time(require.by)
            return Miss(-late, day, f"{require.in_force} is in force only on {day}")

        return judge

    def _never(self, require: Never) -> _Judgement:
        m = self.facts.measure[require.never]

        def judge(t: Timing) -> Miss | None:
            first = t.first[m]
            return None if first is None else Miss(-1.0, self._day(m, first), f"{require.never} is in the plan")

        return judge

    def _before(self, require: Before) -> _Judgement:
        a, b = (self.facts.measure[m] for m in require.before)

        def judge(t: Timing) -> Miss | None:
            first, full = t.first[b], t.full[a]
            if first is None or (full is not None and full <= first):
                return None
            text = f"{require.before[1]} enters before {require.before[0]}"
            margin = -1.0 if full is None else -max(TIE, self.tau[full] - (self.tau[first] if first >= 0 else 0.0))
            return Miss(margin, self._day(b, first), text)

        return judge

    def _progress_by(self, require: ProgressBy) -> _Judgement:
        scale = self._scale(require.progress)
        when = NEVER if require.by is None else self.grid.time(require.by)
        least = require.at_least.value

        def judge(t: Timing) -> Miss | None:
            reached = self._progress(scale, t, when)
            if reached >= least - SLIGHT:
                return None
            return Miss(reached - least, require.by, f"{reached:.1%} verified of {least:.1%}")

        return judge


def binds(demand: Demand, openings: Sequence[str]) -> bool:
    """Whether a demand binds: red lines always, openings where their party is named. DESIGN §3."""
    return demand.firmness == "red_line" or (demand.firmness == "opening" and demand.by in openings)


def _changes(t: Timing, measures: Sequence[int]) -> list[int]:
    """The first period, and every other in which one of the measures changes."""
    return sorted({0, *(e for m in measures for e, _ in t.rises[m] if e >= 0)})


class _Level:
    """Judges a bound on an interest's level: course without a deal, and what the measures in force add. DESIGN §4."""

    def __init__(self, terms: Terms, bound: InterestBound) -> None:
        self.terms = terms
        self.bound = bound
        dossier, facts = terms.dossier, terms.facts
        j = bound.interest
        grid = dossier.grid
        self.since = 0.0 if bound.since is None else max(0.0, grid.time(bound.since))
        self.course = sorted((grid.time(day), level.value) for day, level in dossier.interests[j].course)
        self.moving = [(m, effect) for m, body in enumerate(facts.bodies) for effect in body.effects_on(j)]
        self.together = [(together, effects[j]) for together, effects in terms.togethers if j in effects]
        effects = [effect for _, effect in self.moving] + [effect for _, effect in self.together]
        ends = [e.per_year.lasts.value for e in effects if e.per_year and e.per_year.lasts]
        self.kinks = self._kinks([0.0, *facts.tau, *(t for t, _ in self.course), *ends, self.since])

    @staticmethod
    def _kinks(times: Sequence[float]) -> list[float]:
        kinks: list[float] = []
        for t in sorted(t for t in times if t >= 0):
            if not kinks or t - kinks[-1] > TIE:
                kinks.append(t)
        return kinks

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
        slope, slight = sum(rates), 1e-9 * max(1.0, sum(abs(r) for r in rates))
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

    def _parts(self, t: Timing, time: float) -> Iterator[tuple[int, float, float]]:
        """(index of effect, share in force, share ever entered since signature) at a time, entries on it included."""
        tau = self.terms.facts.tau
        for i, (m, _) in enumerate(self.moving):
            entered = [(e, rise) for e, rise in t.rises[m] if e < 0 or tau[e] <= time + TIE]
            yield i, sum(r for _, r in entered), sum(r for e, r in entered if e >= 0)
        for i, (together, _) in enumerate(self.together, len(self.moving)):
            full = {m: e for m in together.measures if (e := t.full[m]) is not None}
            now = together.holds(m for m, e in full.items() if e < 0 or tau[e] <= time + TIE)
            past = together.holds(m for m, e in full.items() if e < 0)
            yield i, float(now), float(now and not past)

    def _standing(self, t: Timing, time: float) -> float:
        """What `level` and `once` effects add at a time."""
        effects = [effect for _, effect in self.moving] + [effect for _, effect in self.together]
        return sum(effects[i].level.value * f + effects[i].once.value * g for i, f, g in self._parts(t, time))

    def _growth(self, t: Timing, time: float) -> Iterator[float]:
        """Rates of growth just after a time."""
        effects = [effect for _, effect in self.moving] + [effect for _, effect in self.together]
        for i, f, _ in self._parts(t, time):
            growth = effects[i].per_year
            if growth is not None and (growth.lasts is None or time < growth.lasts.value - TIE):
                yield growth.rate.value * f
