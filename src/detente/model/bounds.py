"""Plans that take something beyond what is physically possible: fewer tests than none, a negative risk. ANSWERS R5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from detente.dossier.checks.summaries import listed
from detente.dossier.schema import Dossier
from detente.errors import Finding
from detente.model.levels import Moving, Schedule, added_by, entries, moving, turns, without_deal
from detente.model.plan import Plan
from detente.model.tolerance import TIE

SLIGHT = 1e-6
"""Rounding allowed in a level, relative to max(1, |bound|)."""
AFTER = 1000.0
"""Years after the last turn of a level within which what moves on for ever has passed a bound, if it ever does."""


@dataclass(frozen=True)
class Beyond:
    """A level that a plan takes beyond a bound: from when on, the farthest that it gets, and by which measures."""

    interest: str
    below: bool
    bound: float
    since: float
    """Years from signature."""
    level: float
    """The farthest beyond the bound; infinite where it moves on for ever."""
    when: float
    """Years from signature at which it is there first."""
    measures: tuple[str, ...]
    """Those that take it there, the strongest first."""


def findings(dossier: Dossier, plan: Plan, file: str | None = None) -> tuple[Finding, ...]:
    """A warning for each bound that a plan takes an interest's level beyond."""
    return tuple(_finding(dossier, b, file) for b in beyond(dossier, plan))


def beyond(dossier: Dossier, plan: Plan) -> Iterator[Beyond]:
    """Every bound that a plan passes, of interests whose course without a deal is known, and that it does not mend."""
    entered = entries(dossier, plan)
    for name, interest in dossier.interests.items():
        for bound, sign in ((interest.least, 1.0), (interest.most, -1.0)):
            if bound is not None and interest.course:
                found = _passed(dossier, name, sign, bound.value, entered)
                if found is not None:
                    yield found


def _passed(dossier: Dossier, name: str, sign: float, bound: float, entered: Schedule) -> Beyond | None:
    """How a level is taken beyond a bound; `sign` is 1 for a least and −1 for a most."""
    parts = moving(dossier, name, entered)
    times = turns(dossier, name, parts)
    slight = SLIGHT * max(1.0, abs(bound))
    points: list[tuple[float, float, list[float]]] = []
    for t, before, added in added_by(parts, [*times, times[-1] + AFTER]):
        alone = without_deal(dossier, name, t)
        points += [(t, alone + sum(a), a) for a in (before, added) if a is not None]
    outside = [i for i, p in enumerate(points) if sign * (p[1] - bound) < -slight and sign * sum(p[2]) < 0]
    if not outside:
        return None
    since = _crossing([(t, level) for t, level, _ in points[: outside[0] + 1]], bound)
    when, level, added = min((points[i] for i in outside), key=lambda p: sign * p[1])
    ever = when > times[-1] + TIE
    return Beyond(
        interest=name,
        below=sign > 0,
        bound=bound,
        since=since,
        level=-sign * inf if ever else level,
        when=when,
        measures=_movers(parts, added, sign),
    )


def _crossing(points: list[tuple[float, float]], bound: float) -> float:
    """When a level passes its bound, given its turns up to the first at which it is beyond it."""
    (a, low), (b, high) = points[-2:] if len(points) > 1 else points * 2
    passes = high != low and (low - bound) * (high - bound) <= 0
    return a + (b - a) * (bound - low) / (high - low) if passes else b


def _movers(parts: list[Moving], added: list[float], sign: float) -> tuple[str, ...]:
    """The measures behind what takes a level beyond its bound, the strongest first."""
    pushing = sorted((sign * a, i) for i, a in enumerate(added) if sign * a < -TIE)
    return tuple(dict.fromkeys(m for _, i in pushing for m in parts[i].measures))


def _finding(dossier: Dossier, found: Beyond, file: str | None) -> Finding:
    interest = dossier.interests[found.interest]
    title, side = interest.title or found.interest, "below its least" if found.below else "above its most"
    far = abs(found.level)
    if far == inf:
        reach = "further every year"
    else:
        reach = f"to {found.level:.6g} {interest.unit} on {dossier.grid.date_at(found.when)}"
    since = dossier.grid.date_at(found.since)
    message = (
        f"{title} is taken {side}, {found.bound:.6g} {interest.unit}, from {since} on, {reach}: "
        f"by {listed([dossier.measures[m].title or m for m in found.measures])}"
    )
    remedy = (
        "measures that remove the same thing need an interaction that gives back what they count twice; else mend the "
        "effects, the course or the bound"
    )
    return Finding("plan.bounds", "warning", message, file=file, path=f"entry.{found.measures[0]}", remedy=remedy)
