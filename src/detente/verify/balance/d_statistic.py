"""The D statistic: what the operator says of items against what the inspector measures in a sample of them.

D = Σ_k (N_k/n_k) Σ_j (operator − inspector), kg. An operator who overstates what is there makes D large. Sources:
Stewart 1971, Jaech 1973. Strata that share an instrument err together: their leanings
add before they are squared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from detente.errors import UsageError
from detente.model.numeric import Array
from detente.verify.balance.power import critical


@dataclass(frozen=True)
class PairedItems:
    """Like items: how many, how heavy, and the relative SDs of the two sides' measurements."""

    items: int
    mean_kg: float
    operator_random: float
    inspector_random: float
    operator_systematic: float = 0.0
    inspector_systematic: float = 0.0
    operator_instrument: str | None = None
    """Strata that name the same instrument share its systematic error; None: nobody else's."""
    inspector_instrument: str | None = None
    cost: float = 1.0
    """Of measuring one item, in any unit."""

    def __post_init__(self) -> None:
        errors = (self.operator_random, self.inspector_random, self.operator_systematic, self.inspector_systematic)
        if not (self.items >= 1 and 0 < self.mean_kg < inf and all(0 <= e < inf for e in errors)):
            raise UsageError("a stratum has items, a mean above 0 kg, and standard deviations that are not below 0")
        if not 0 < self.cost < inf:
            raise UsageError(f"measuring an item costs something, not {self.cost}")

    @property
    def item_sigma_kg(self) -> float:
        """SD of the difference of one item, random errors only."""
        return self.mean_kg * float(np.hypot(self.operator_random, self.inspector_random))


@dataclass(frozen=True)
class Difference:
    """D, its standard deviation, and whether it is too large to be error."""

    d_kg: float
    sigma_kg: float
    threshold_kg: float
    false_alarm_rate: float

    @property
    def alarm(self) -> bool:
        return self.d_kg > self.threshold_kg

    def detects(self, falsified_kg: float) -> float:
        """Chance that so much, overstated evenly over the items, makes D alarm."""
        return float(ndtr((falsified_kg - self.threshold_kg) / self.sigma_kg))


def sigma_d(strata: Sequence[PairedItems], drawn: ArrayLike) -> float:
    """SD of D: Σ N²x²(dRO² + dRI²)/n, and for every instrument (Σ N x dS over its strata)²."""
    sample = np.asarray(drawn, float)
    if len(sample) != len(strata) or not (sample > 0).all():
        raise UsageError("each stratum needs a sample, and none can be empty")
    if any(n > s.items for n, s in zip(sample, strata, strict=True)):
        raise UsageError("a sample has no more items than its stratum")
    random = sum((s.items * s.item_sigma_kg) ** 2 / n for s, n in zip(strata, sample, strict=True))
    leanings: dict[tuple[str, str | int], float] = {}
    for i, s in enumerate(strata):
        sides = (
            ("operator", s.operator_instrument, s.operator_systematic),
            ("inspector", s.inspector_instrument, s.inspector_systematic),
        )
        for side, instrument, systematic in sides:
            key = (side, i) if instrument is None else ("named", instrument)
            sign = 1.0 if side == "operator" else -1.0  # an instrument that both sides use cancels
            leanings[key] = leanings.get(key, 0.0) + sign * s.items * s.mean_kg * systematic
    return float(np.sqrt(random + sum(lean**2 for lean in leanings.values())))


def d_statistic(
    strata: Sequence[PairedItems],
    operator_kg: Sequence[ArrayLike],
    inspector_kg: Sequence[ArrayLike],
    *,
    level: float = 0.05,
) -> Difference:
    """D from the amounts of the items sampled in each stratum, as stated and as measured again."""
    if not 0.0 < level < 1.0 or not len(strata) == len(operator_kg) == len(inspector_kg):
        raise UsageError("a level lies between 0 and 1, and each stratum has amounts stated and measured")
    pairs = [(np.asarray(o, float), np.asarray(i, float)) for o, i in zip(operator_kg, inspector_kg, strict=True)]
    for stated, measured in pairs:
        if stated.shape != measured.shape or stated.ndim != 1 or not np.isfinite(stated - measured).all():
            raise UsageError("each item sampled needs one amount stated and one measured")
    sigma = sigma_d(strata, [len(stated) for stated, _ in pairs])
    if sigma == 0.0:
        raise UsageError("neither side's measurements have an error, so that no difference can be tested")
    d = sum(s.items * float(np.mean(a - b)) for s, (a, b) in zip(strata, pairs, strict=True))
    return Difference(d, sigma, critical(level) * sigma, level)


def allocate(strata: Sequence[PairedItems], budget: float) -> Array:
    """How many items to draw from each stratum for the least SD of D: n_k ~ N_k σ_k/√c_k, never more than there are.

    Real numbers, which spend the whole budget unless every item is drawn; see `whole` for a plan.
    """
    if not 0 < budget < inf:
        raise UsageError(f"a budget is above 0, not {budget}")
    size = np.array([s.items * s.item_sigma_kg for s in strata])
    cost, most = np.array([s.cost for s in strata]), np.array([float(s.items) for s in strata])
    drawn, free, left = np.zeros(len(strata)), size > 0, budget
    while free.any():
        share = np.where(free, size / np.sqrt(cost), 0.0)
        drawn = np.where(free, share * left / (share @ cost), drawn)
        over = free & (drawn >= most)
        if not over.any():
            break
        drawn, free = np.where(over, most, drawn), free & ~over
        left = budget - float(drawn[~free] @ cost[~free])
    return drawn


def whole(strata: Sequence[PairedItems], budget: float) -> tuple[int, ...]:
    """The same in whole items, one at least from each stratum: the next item goes where it lowers D's variance most."""
    drawn = [1] * len(strata)
    spent = sum(s.cost for s in strata)
    if not spent <= budget:
        raise UsageError(f"one item from each stratum costs {spent:g}, more than the budget of {budget:g}")
    while True:
        gains = [
            ((s.items * s.item_sigma_kg) ** 2 / (n * (n + 1)) / s.cost, -k)
            for k, (s, n) in enumerate(zip(strata, drawn, strict=True))
            if n < s.items and s.item_sigma_kg > 0 and spent + s.cost <= budget
        ]
        if not gains:
            return tuple(drawn)
        best = -max(gains)[1]
        drawn[best] += 1
        spent += strata[best].cost
