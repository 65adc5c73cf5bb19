"""Quantities over time under a plan: interests with and without the deal, progress that is verified, relief given.

These are facts for charts, not values: no discounting, nothing in stake points. DESIGN §4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from detente.dossier.quantities import Number
from detente.dossier.schema import Condition, Effect, Interest
from detente.model.check_detection import TIE
from detente.model.plan import FULL
from detente.report.roadmap import Reading

Points = list[tuple[float, float]]
"""(years from signature, amount); two points at one time are a jump."""


def without_deal(interest: Interest, reading: Reading, t: float) -> float:
    """An interest's level without a deal: linear between what is known, constant outside."""
    known = sorted((reading.dossier.grid.time(day), level.value) for day, level in interest.course)
    if t <= known[0][0]:
        return known[0][1]
    for (a, low), (b, high) in pairwise(known):
        if t <= b:
            return low + (high - low) * (t - a) / (b - a)
    return known[-1][1]


def with_deal(name: str, reading: Reading, until: float) -> Points:
    """An interest's level while the plan is kept, with both sides of every jump."""
    interest = reading.dossier.interests[name]
    moving = list(_moving(name, reading))
    points: Points = []
    times = _times(name, reading, until)
    grown = 0.0
    for i, t in enumerate(times):
        base = without_deal(interest, reading, t) + grown
        if i:
            points.append((t, base + sum(_standing(e, share, t, before=True) for e, share in moving)))
        points.append((t, base + sum(_standing(e, share, t) for e, share in moving)))
        if i + 1 < len(times):
            grown += sum(_growth(e, share, t, times[i + 1]) for e, share in moving)
    return points


Share = Callable[[float], float]
"""The part of something that is in force at a time, entries at that time included; −1 is before signature."""


def _moving(name: str, reading: Reading) -> Iterator[tuple[Effect, Share]]:
    dossier = reading.dossier
    for m, measure in enumerate(dossier.measures.values()):
        if name in measure.effects:
            yield measure.effects[name], _share(reading, m)
    index = {n: m for m, n in enumerate(dossier.measures)}
    for body in dossier.interactions.values():
        if name in body.effects:
            yield body.effects[name], _together(reading, body.when, index)


def _share(reading: Reading, m: int) -> Share:
    rises = tuple(reading.entered(m))
    return lambda t: sum(rise for when, rise in rises if when <= t + TIE)


def _together(reading: Reading, when: Condition, index: Mapping[str, int]) -> Share:
    shares = {n: _share(reading, index[n]) for n in when.measures}

    def holds(condition: Condition, t: float) -> bool:
        if condition.measure is not None:
            return shares[condition.measure](t) >= FULL
        if condition.all is not None:
            return all(holds(part, t) for part in condition.all)
        return any(holds(part, t) for part in condition.any or ())

    return lambda t: float(holds(when, t))


def _standing(effect: Effect, share: Share, t: float, *, before: bool = False) -> float:
    """What `level` and `once` add at a time, or just before it."""
    now = share(t - 1e-6 if before and t > 0 else t)
    return effect.level.value * now + effect.once.value * (now - share(-0.5))


def _growth(effect: Effect, share: Share, since: float, until: float) -> float:
    if effect.per_year is None:
        return 0.0
    end = until if effect.per_year.lasts is None else min(until, effect.per_year.lasts.value)
    return effect.per_year.rate.value * share(since) * max(0.0, end - since)


def _times(name: str, reading: Reading, until: float) -> list[float]:
    dossier = reading.dossier
    times = {0.0, until, *dossier.grid.years}
    times |= {dossier.grid.time(day) for day, _ in dossier.interests[name].course}
    growths = (e.per_year for e, _ in _moving(name, reading))
    times |= {g.lasts.value for g in growths if g is not None and g.lasts is not None}
    return sorted(t for t in times if 0 <= t <= until + TIE)


def scale(reading: Reading, shares: str | Mapping[str, Number]) -> dict[int, float]:
    """Measures and their part of a scale, of 1 in all."""
    parts = reading.dossier.progress[shares] if isinstance(shares, str) else shares
    total = sum(part.value for part in parts.values())
    index = {name: m for m, name in enumerate(reading.dossier.measures)}
    return {index[name]: part.value / total for name, part in parts.items()} if total else {}


def verified(reading: Reading, shares: str | Mapping[str, Number], until: float) -> Points:
    """Verified progress on a scale, as steps."""
    weights = scale(reading, shares)
    return _steps([(reading.seen(m, e), w * r) for m, w in weights.items() for e, r in reading.timing.rises[m]], until)


def in_force(reading: Reading, shares: str | Mapping[str, Number], until: float) -> Points:
    """How much of a scale is in force, as steps."""
    weights = scale(reading, shares)
    return _steps([(when, w * rise) for m, w in weights.items() for when, rise in reading.entered(m)], until)


def _steps(rises: list[tuple[float, float]], until: float) -> Points:
    times = sorted({0.0, until, *(t for t, _ in rises if 0 < t <= until)})
    return [(t, sum(rise for when, rise in rises if when <= t + TIE)) for t in times]
