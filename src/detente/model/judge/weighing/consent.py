"""Whether a party signs at all: the plan against its walk-away value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detente.model.judge.weighing.plan_values import PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read


@dataclass(frozen=True)
class Consents:
    """Of each party that must consent."""

    values: PlanValues
    kinds = ("consent",)
    late = False
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        yield from (Family("consent", p) for p in self.values.stakes.walk_away)

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        yield self.against(family.party, self.values.value(plan, family.party))

    def against(self, p: int, value: float) -> Comparisons:
        """A value against the party's walk-away value."""
        return Comparisons(
            family=Family("consent", p),
            norm=self.values.facts.norm[p],
            at=None,
            keep=np.array([value]),
            deviate=np.array([self.values.stakes.walk_away[p]]),
        )
