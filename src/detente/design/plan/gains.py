"""What plans bring the parties, as rules count it: from what, in which units, and to whom. DESIGN §5."""

from __future__ import annotations

import numpy as np

from detente.design.plan.kinds import Rule
from detente.design.programme.linear import Linear
from detente.design.programme.problem import Problem
from detente.model.numeric import Array
from detente.model.rows.arrays import Model

FINE, COARSE = 1e-4, 1e-6
"""The programme counts gains in this part of what is at stake, fine enough for small gains of who has much at stake;
but in no less than this part of the largest effect, or rounding would look like a loss."""
COUNTED = ("nash", "kalai_smorodinsky", "egalitarian")
"""Rules whose choice hangs on what gains are counted from."""


class Gains:
    """The gains of plans of one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.model = problem, problem.model
        self.bargainers = bargainers(self.model)
        self.threat = threat(self.model)
        self.unit = min(map(self.at_stake, self.bargainers), default=1.0)
        """The least that a bargainer has at stake: what is small beside it is small for all."""

    def at_stake(self, p: int) -> float:
        """What counts as 1 point for a party, as far as rounding goes: Σ|stakes|/ρ, or its effects if larger."""
        return float(self.problem.valued.closeness.sizes.scale[p])

    def grain(self, p: int) -> float:
        """The points in which the programme counts a party's gains."""
        largest = max(map(abs, self.linear(p).row.values()), default=0.0)
        return max(FINE * self.at_stake(p), COARSE * largest)

    def linear(self, p: int) -> Linear:
        """The gain of a party that values something, as the programme sees it."""
        worth = self.problem.worth[p]
        assert worth is not None
        return Linear(worth.row, worth.const - float(self.threat[p]))

    def value(self, p: int, shares: Array) -> float:
        """What a plan is worth to a party that values something."""
        return self.problem.known.value(p, shares)

    def from_values(self, values: Array) -> Array:
        """[..., bargainers] gains in plans that are worth so much to the parties [P, ...]."""
        gains: Array = np.moveaxis(values, 0, -1)[..., self.bargainers] - self.threat[self.bargainers]
        return gains

    def of(self, shares: Array) -> Array:
        """[bargainers] V_p(f; 0) − walk_away_p, or V_p(f; 0) where no deal is what the parties fall back to."""
        return np.array([self.value(p, shares) - self.threat[p] for p in self.bargainers])


def bargainers(model: Model) -> list[int]:
    """Consenting parties that some measure touches: whose gains the rules weigh."""
    return [int(p) for p in np.flatnonzero(model.consents & model.valued & model.touched)]


def threat(model: Model) -> Array:
    """[P] what gains are counted from: each party's walk-away value, or 0, no deal, where the dossier says so."""
    counted: Array = model.walk_away * (model.dossier.disagreement == "walk_away")
    return counted


def counted(objective: float, unit: float) -> float:
    """What a gap is a part of: the objective, or where that is next to nothing, the same part of its unit (FINE)."""
    return max(abs(objective), FINE * unit)


def counted_from(model: Model, rule: Rule) -> tuple[str, ...]:
    """What a rule counted gains from, in words, where that makes a difference. ANSWERS R6."""
    if rule not in COUNTED or not np.any(model.walk_away[model.consents & model.valued & model.touched]):
        return ()
    if model.dossier.disagreement == "no_deal":
        return ("Gains are counted from no deal; walk-away values are a condition only.",)
    return ("Gains are counted from walk-away values.",)
