"""Levels of interests over time under a plan, and what moves them. Facts, not values: no discounting. DESIGN §4."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from detente.dossier.schema import Condition, Dossier, Effect
from detente.model.plan import Plan, complete
from detente.model.tolerance import FULL, TIE

JUST_BEFORE = 1e-6
"""Years before a time at which what enters then is not yet in force."""
BEFORE = -1.0
"""Years at which what stood before signature counts as entered."""
Points = list[tuple[float, float]]
"""(years from signature, amount); two points at one time are a jump."""
Schedule = Mapping[str, Iterable[tuple[float, float]]]
"""For each measure (years, rise of the share in force); what stood before signature at `BEFORE`."""
_Share = Callable[[float], float]
"""The part of something that is in force at a time, entries at that time included."""


@dataclass(frozen=True)
class Moving:
    """One effect on an interest: of a measure, of its inspection, or of an interaction."""

    source: str
    """The measure, or the interaction."""
    measures: tuple[str, ...]
    effect: Effect
    share: _Share

    def standing(self, t: float, *, before: bool = False) -> float:
        """What `level` and `once` add at a time, or just before it."""
        now = self.share(t - JUST_BEFORE if before and t > 0 else t)
        return self.effect.level.value * now + self.effect.once.value * (now - self.share(BEFORE / 2))

    def rate(self, since: float) -> float:
        """What it adds a year just after a time."""
        growth = self.effect.per_year
        if growth is None or (growth.lasts is not None and since >= growth.lasts.value - TIE):
            return 0.0
        return growth.rate.value * self.share(since)


def entries(dossier: Dossier, plan: Plan) -> Schedule:
    """When the shares of measures rise under a plan, each date where it stands, on the grid or not."""
    plan, state = complete(dossier, plan), dossier.state.in_force
    found: dict[str, list[tuple[float, float]]] = {}
    for name in dossier.measures:
        day = plan.entry.get(name)
        shares = plan.share.get(name) or (((day, 1.0),) if day is not None else ())
        rises, before = found.setdefault(name, []), 0.0
        for when, share in shares:
            stood = name in state and when <= state[name].since
            rises.append((BEFORE if stood else dossier.grid.time(when), share - before))
            before = share
    return found


def moving(dossier: Dossier, interest: str, entered: Schedule) -> list[Moving]:
    """Everything that moves an interest under a plan."""
    found = [
        Moving(name, (name,), effect, _share(entered.get(name, ())))
        for name, measure in dossier.measures.items()
        for effect in measure.effects_on(interest)
    ]
    found += [
        Moving(name, body.when.measures, body.effects[interest], _together(body.when, entered))
        for name, body in dossier.interactions.items()
        if interest in body.effects
    ]
    return found


def _share(rises: Iterable[tuple[float, float]]) -> _Share:
    known = tuple(rises)
    return lambda t: sum(rise for when, rise in known if when <= t + TIE)


def _together(when: Condition, entered: Schedule) -> _Share:
    shares = {name: _share(entered.get(name, ())) for name in when.measures}

    def holds(condition: Condition, t: float) -> bool:
        if condition.measure is not None:
            return shares[condition.measure](t) >= FULL
        if condition.all is not None:
            return all(holds(part, t) for part in condition.all)
        return any(holds(part, t) for part in condition.any or ())

    return lambda t: float(holds(when, t))


def without_deal(dossier: Dossier, interest: str, t: float) -> float:
    """An interest's level without a deal: linear between what is known, constant outside; 0 where nothing is known."""
    known = sorted((dossier.grid.time(day), level.value) for day, level in dossier.interests[interest].course)
    if not known or t <= known[0][0]:
        return known[0][1] if known else 0.0
    for (a, low), (b, high) in pairwise(known):
        if t <= b:
            return low + (high - low) * (t - a) / (b - a)
    return known[-1][1]


def with_deal(dossier: Dossier, interest: str, entered: Schedule, until: float) -> Points:
    """An interest's level while the plan is kept, with both sides of every jump."""
    parts = moving(dossier, interest, entered)
    points: Points = []
    for t, before, added in added_by(parts, _times(dossier, interest, parts, until)):
        points.append((t, without_deal(dossier, interest, t) + sum(added)))
        if before is not None:
            points.insert(-1, (t, without_deal(dossier, interest, t) + sum(before)))
    return points


def added_by(parts: list[Moving], times: list[float]) -> Iterator[tuple[float, list[float] | None, list[float]]]:
    """(time, what each part adds just before it, and at it); None before the first time."""
    grown = [0.0] * len(parts)
    for i, t in enumerate(times):
        if i:
            since = times[i - 1]
            grown = [g + part.rate(since) * (t - since) for g, part in zip(grown, parts, strict=True)]
        before = [g + part.standing(t, before=True) for g, part in zip(grown, parts, strict=True)] if i else None
        yield t, before, [g + part.standing(t) for g, part in zip(grown, parts, strict=True)]


def turns(dossier: Dossier, interest: str, parts: list[Moving]) -> list[float]:
    """Times from signature on at which a level may jump or bend: the grid, the course's dates, the ends of growth."""
    times = {0.0, *dossier.grid.years}
    times |= {dossier.grid.time(day) for day, _ in dossier.interests[interest].course}
    times |= {g.lasts.value for p in parts if (g := p.effect.per_year) is not None and g.lasts is not None}
    return sorted(t for t in times if t >= 0)


def _times(dossier: Dossier, interest: str, parts: list[Moving], until: float) -> list[float]:
    return sorted({t for t in (*turns(dossier, interest, parts), until) if t <= until + TIE})
