"""How large the two sides of a party's valued rows can be: what rows are scaled by, and what counts as slight in them.

The judge lets a row be missed by a part of its size in the plan (`model.tolerance`). A row of the programme knows
slack only, so it is given a bound on that size: a constant, and more where a measure of outsize effect is in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.model.numeric import Array
from detente.model.rows.arrays import Model
from detente.model.tolerance import SLIGHT

OUTSIZE = 100.0
"""Effects larger than so many times a party's scale are counted only where they are in the plan."""


@dataclass(frozen=True, eq=False)
class Sizes:
    """Points of each party, present values."""

    scale: Array
    """[P] what counts as 1 in its rows: Σ|stakes|/ρ, or the middle one of its effects where that is larger."""
    always: Array
    """[P] a bound on keep and on deviate in every row of its, without `outsize`."""
    outsize: Array
    """[P, M] what a measure adds to that where any of it is in the plan."""

    @classmethod
    def of(cls, model: Model) -> Sizes:
        """Bounds that hold for all plans at every moment."""
        flows = sum((np.abs(rates) for _, rates in model.layers), np.zeros_like(model.once))
        each = flows / model.rho[:, None] + np.abs(model.once)
        besides = sum((np.abs(rates) for _, rates in model.intrusion), np.abs(model.over))
        each[:, : model.M] += besides / model.rho[:, None] + np.abs(model.intrusion_once)
        middle = np.array([np.median(e[e > 0]) if np.any(e > 0) else 0.0 for e in each])
        scale = np.maximum(model.norm, middle)
        limit = np.where(np.isfinite(model.limit), np.abs(model.limit), 0.0)
        lost = np.array([max(abs(points) for _, points in course) for course in model.losses]) / model.rho
        constant = model.norm + lost + np.abs(model.collapse) + np.abs(model.walk_away) + limit
        usual = np.where(each <= OUTSIZE * scale[:, None], each, 0.0)
        rest = each - usual
        outsize = rest[:, : model.M].copy()
        for j, condition in enumerate(model.conditions):
            for name in condition.measures:
                outsize[:, model.index[name]] += rest[:, model.M + j]
        return cls(np.where(scale > 0, scale, 1.0), constant + usual.sum(axis=1), outsize)

    @property
    def most(self) -> Array:
        """[P] a bound on any row of each party in any plan."""
        most: Array = 2 * (self.always + self.outsize.sum(axis=1))
        return most

    def slight(self, shares: Array) -> Array:
        """[P] more than the judge lets a row of each party be missed by in a plan of shares [M, K+1]."""
        slight: Array = SLIGHT * (self.always + self.outsize @ (shares[:, -1] > 0))
        return slight
