"""Quantities over time under a plan: interests with and without the deal, progress that is verified, relief given.

These are facts for charts, not values: no discounting, nothing in stake points. DESIGN §4.
"""

from __future__ import annotations

from collections.abc import Mapping

from detente.dossier.quantities import Number
from detente.model import levels
from detente.model.judge.detection import TIE
from detente.report.roadmap.steps import TimedPlan

Points = levels.Points
"""(years from signature, amount); two points at one time are a jump."""


def with_deal(name: str, timed: TimedPlan, until: float) -> Points:
    """An interest's level while the plan is kept, with both sides of every jump."""
    entered = {measure: tuple(timed.entered(m)) for m, measure in enumerate(timed.dossier.measures)}
    return levels.with_deal(timed.dossier, name, entered, until)


def scale(timed: TimedPlan, shares: str | Mapping[str, Number]) -> dict[int, float]:
    """Measures and their part of a scale, of 1 in all."""
    parts = timed.dossier.progress[shares] if isinstance(shares, str) else shares
    total = sum(part.value for part in parts.values())
    index = {name: m for m, name in enumerate(timed.dossier.measures)}
    return {index[name]: part.value / total for name, part in parts.items()} if total else {}


def verified(timed: TimedPlan, shares: str | Mapping[str, Number], until: float) -> Points:
    """Verified progress on a scale, as steps."""
    weights = scale(timed, shares)
    return _steps([(timed.seen(m, e), w * r) for m, w in weights.items() for e, r in timed.timing.rises[m]], until)


def in_force(timed: TimedPlan, shares: str | Mapping[str, Number], until: float) -> Points:
    """How much of a scale is in force, as steps."""
    weights = scale(timed, shares)
    return _steps([(when, w * rise) for m, w in weights.items() for when, rise in timed.entered(m)], until)


def _steps(rises: list[tuple[float, float]], until: float) -> Points:
    times = sorted({0.0, until, *(t for t, _ in rises if 0 < t <= until)})
    return [(t, sum(rise for when, rise in rises if when <= t + TIE)) for t in times]
