"""What is looked for among plans, and what a search for it has found."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detente.design.plan.examiner import Candidate
from detente.design.programme.linear import Linear
from detente.model.numeric import Array


@dataclass
class Objective:
    """What to maximise, as the programme sees it and as it really is."""

    target: Linear
    score: Callable[[Array], float]
    """True objective of a plan's shares [M, K+1]; −∞ where the rule does not apply to the plan."""
    refine: Callable[[Array], bool] = lambda x: False
    """Bring the programme's idea closer to the truth at x; says whether it added anything."""
    bound: Callable[[float], float] = lambda b: b
    slack_for: Callable[[float], float] = lambda value: 0.0
    """Absolute gap that is good enough at an objective value."""
    worth: Callable[[Array], Array] | None = None
    """The score from what a plan is worth to each party, [P, ...] → [...], where it hangs on nothing else; finite."""
    unit: float = 1.0
    """A size of objective beside which rounding is nothing, where the objective itself is smaller."""
    heard: Callable[[Array, float, float], None] = lambda shares, value, bound: None
    """Hears of the best plan so far, its objective and the bound, while the search goes on."""


ANY = Objective(Linear({}), lambda shares: 0.0)
"""Any plan will do."""


@dataclass(frozen=True)
class Outcome:
    """`shares` is None where no plan was found; `proved`: the bound is within the gap, or there is no plan.

    `note`: why what one solve said is not taken for a proof.
    """

    shares: Array | None
    objective: float
    bound: float
    proved: bool
    note: str = ""

    @property
    def infeasible(self) -> bool:
        return self.proved and self.shares is None


class Pool(list[Array]):
    """Shares [M, K+1] of plans that satisfy every row."""

    postpones = True
    """Whether a candidate that is hardly better than the best known may wait."""

    def __init__(self) -> None:
        super().__init__()
        self._scored: tuple[Objective | None, list[float]] = None, []
        """An objective, and its value for each plan."""

    def holds(self, shares: Array) -> bool:
        return any(np.array_equal(shares, plan) for plan in self)

    def best(self, objective: Objective) -> tuple[Array | None, float]:
        """The best plan known by an objective, and its value."""
        if self._scored[0] is not objective or len(self._scored[1]) > len(self):
            self._scored = objective, []
        scores = self._scored[1]
        scores += [objective.score(shares) for shares in self[len(scores) :]]
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        if best is None or scores[best] == -math.inf:
            return None, -math.inf
        return self[best], scores[best]

    def rescore(self) -> None:
        """Weigh every plan anew: something that its value hangs on has changed."""
        self._scored = None, []

    def serves(self, candidate: Candidate, objective: Objective | None) -> bool:
        """Whether to examine a candidate would change nothing."""
        if self.holds(candidate.shares):
            return True
        known, value = (None, 0.0) if objective is None else self.best(objective)
        return known is not None and objective is not None and objective.score(candidate.shares) <= value

    def add(self, candidate: Candidate) -> None:
        """Keep a candidate that was accepted."""
        if not self.holds(candidate.shares):
            self.append(candidate.shares)
