"""What a planner of samples is told: sizes by three rules, what given samples see, and a budget spread over strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from detente.errors import UsageError
from detente.verify.inspection.games import OneShot, detection_to_deter
from detente.verify.inspection.sampling import (
    Method,
    Sample,
    SamplingGame,
    Stratum,
    WholeSpread,
    Worst,
    defects_for,
    detection,
    sample_size,
    sample_size_iaea,
    sample_size_jaech,
    sampling_game,
    spread,
    spread_whole,
)

POINTS = 60
"""Sample sizes, and shares, at which curves are given."""


@dataclass(frozen=True)
class Size:
    """How many to draw by one rule, and the chance that so many see the loss."""

    rule: str
    drawn: int | None
    """None where measuring every item is not enough."""
    detection: float | None


class Deters(NamedTuple):
    """When whoever could take material would rather comply: the one-shot game of `OneShot`."""

    gain: float
    caught: float
    detection: float
    """The least that a sure visit must see the loss with."""
    visit: float
    """The least chance of a visit that sees what this sample sees; above 1 where even a sure one does not deter."""


@dataclass(frozen=True)
class SamplePlan:
    """One stratum: how many items to draw, and what samples that somebody proposes would see."""

    items: int
    mean_kg: float
    goal_kg: float
    share: float
    sees: float
    wanted: float
    """The detection probability asked for."""
    defects: int
    sizes: tuple[Size, ...]
    curve: tuple[tuple[int, float], ...]
    """(drawn, chance to see the loss)."""
    sample: Sample | None = None
    worst: Worst | None = None
    """The way to take the goal that `sample` is least likely to see."""
    by_share: tuple[tuple[float, float], ...] = ()
    """(share taken of each item, chance that `sample` sees it)."""
    deters: Deters | None = None
    """Where payoffs were given: of the sample proposed, else of the exact size."""

    def size(self, rule: str) -> Size:
        return next(s for s in self.sizes if s.rule == rule)


@dataclass(frozen=True)
class StrataPlan:
    """Several strata under one budget."""

    title: str
    goal_kg: float
    budget: float
    strata: Mapping[str, Stratum]
    drawn: Mapping[str, float]
    """By the rule for large strata, in real numbers, with what they see at least."""
    detection: float
    whole: Mapping[str, int]
    """In whole items, with what they see at least: the best, or by the rule where there are too many to enumerate."""
    whole_detection: float
    game: SamplingGame | None
    """Where there are few enough of them."""


def plan_sample(
    items: int,
    mean_kg: float,
    goal_kg: float,
    wanted: float,
    *,
    share: float = 1.0,
    sees: float = 1.0,
    methods: tuple[Method, ...] = (),
    payoffs: tuple[float, float] | None = None,
) -> SamplePlan:
    """How many of like items to draw. Raises UsageError where the items do not hold the goal, or numbers are none.

    With `payoffs` (what the loss gains unseen, what being seen costs), how often such a visit must come to deter, too.
    """
    if not 0 < wanted < 1:
        raise UsageError(f"a detection probability is above 0 and below 1, not {wanted:g}")
    if not 0 <= sees <= 1:
        raise UsageError(f"the chance to recognise a defect is from 0 to 1, not {sees:g}")
    defects = defects_for(goal_kg, share, mean_kg)
    if defects > items:
        held = f"{items} items of which {share:.0%} of {mean_kg:g} kg is taken hold {items * share * mean_kg:g} kg"
        raise UsageError(f"{held}, less than the goal of {goal_kg:g} kg: there is nothing to detect")
    miss = round(1 - wanted, 12)
    drawn = {
        "exact": sample_size(items, defects, miss, sees),
        "Jaech": min(items, sample_size_jaech(items, defects, miss)),
        "IAEA": min(items, sample_size_iaea(items, defects, miss)),
    }
    sizes = tuple(Size(r, n, None if n is None else detection(items, defects, n, sees)) for r, n in drawn.items())
    numbers = np.unique(np.linspace(0, items, min(items + 1, POINTS), dtype=int))
    curve = tuple((int(n), detection(items, defects, int(n), sees)) for n in numbers)
    plan = SamplePlan(
        items=items,
        mean_kg=mean_kg,
        goal_kg=goal_kg,
        share=share,
        sees=sees,
        wanted=wanted,
        defects=defects,
        sizes=sizes,
        curve=curve,
    )
    plan = _judged(plan, Sample(items, mean_kg, goal_kg, methods)) if methods else plan
    return plan if payoffs is None else replace(plan, deters=_deters(plan, *payoffs))


def _deters(plan: SamplePlan, gain: float, caught: float) -> Deters:
    exact = plan.size("exact").detection
    sees = plan.worst.detection if plan.worst is not None else plan.curve[-1][1] if exact is None else exact
    game = OneShot(gain=gain, caught=caught, missed=1.0, miss=1 - sees)
    return Deters(gain, caught, detection_to_deter(gain, caught), game.deterring)


def _judged(plan: SamplePlan, sample: Sample) -> SamplePlan:
    if faults := sample.problems():
        raise UsageError("; ".join(faults))
    ways = sample.choices()
    some = ways[:: max(1, len(ways) // POINTS)]
    seen = tuple((share, sample.detection(share, d)) for share, d in some)
    return replace(plan, sample=sample, worst=sample.worst(), by_share=seen)


def plan_strata(title: str, strata: Mapping[str, Stratum], goal_kg: float, budget: float) -> StrataPlan:
    """A budget spread over strata so that no split of the goal is seen with less. Raises UsageError."""
    held = sum(s.items * s.yield_kg for s in strata.values())
    if held < goal_kg:
        raise UsageError(f"all strata together hold {held:g} kg, less than the goal of {goal_kg:g} kg")
    parts = list(strata.values())
    found = spread(parts, goal_kg, budget)
    try:
        game = sampling_game(parts, goal_kg, budget)
    except UsageError:  # too many to enumerate
        game = None
    drawn = {name: float(n) for name, n in zip(strata, found.drawn, strict=True)}
    whole = WholeSpread(game.pure, game.pure_detection) if game else spread_whole(parts, goal_kg, budget)
    named = dict(zip(strata, whole.drawn, strict=True))
    return StrataPlan(
        title=title,
        goal_kg=goal_kg,
        budget=budget,
        strata=strata,
        drawn=drawn,
        detection=1 - found.miss,
        whole=named,
        whole_detection=whole.detection,
        game=game,
    )
