"""Being left exposed: how much worse off than if it had never signed a party may be when another breaks the deal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detente.model.judge.paths.values import Continuation
from detente.model.judge.weighing.covert import broken_later, cheats
from detente.model.judge.weighing.plan_values import PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read


@dataclass(frozen=True)
class Exposures:
    """When another breaks out at any of its moments, or fakes a measure from its entry on."""

    values: PlanValues
    kinds = ("exposure", "secret_exposure")
    late = False
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        facts = self.values.facts
        for p in self.values.stakes.limit:
            others = [q for q in range(len(facts.parties)) if q != p and plan.acts(facts.acts[q])]
            yield from (Family("exposure", p, q) for q in others)
            yield from _secret(self.values, plan, p)

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        streams, calendar, q = self.values.streams, self.values.calendar, family.other
        if family.kind == "exposure" and q is not None:
            yield _exposed(self.values, plan, family, streams.broken(q), calendar.breaking[q]).flat()
        else:
            stream, at = streams.faked(family.cheat, at_entry=True), calendar.chances(family.cheat)[:1]
            yield _exposed(self.values, plan, family, stream, at).flat()


@dataclass(frozen=True)
class ExposuresLeft:
    """As the secret ones, where the faker breaks openly at whichever later moment is worst."""

    values: PlanValues
    kinds = ("secret_exposure",)
    late = True
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        for p in self.values.stakes.limit:
            yield from (family._replace(late=True) for family in _secret(self.values, plan, p))

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        calendar, cheat = self.values.calendar, family.cheat
        if len(calendar.leavings(cheat)):
            stream, at = self.values.streams.left(cheat, at_entry=True), calendar.chances(cheat)[:1]
            rows = _exposed(self.values, plan, family, stream, at)
            yield from broken_later(self.values, rows, cheat, at_entry=True)


def _secret(values: PlanValues, plan: Read, p: int) -> Iterator[Family]:
    for q in range(len(values.facts.parties)):
        for cheat in cheats(values, plan, q) if q != p else ():
            if cheat.entry >= 0:
                yield Family("secret_exposure", p, q, cheat.measure, cheat.entry)


def _exposed(values: PlanValues, plan: Read, family: Family, stream: Continuation, at: NDArray[np.intp]) -> Comparisons:
    """Value since signature against the limit, at moments of the calendar."""
    p, q = family.party, family.other
    assert q is not None
    value = values.enjoyed(plan, p)[at] + values.broken(stream, p, q, plan, at)
    return Comparisons(
        family=family,
        norm=values.facts.norm[p],
        at=values.calendar.all[at],
        keep=value,
        deviate=np.full(value.shape, -values.stakes.limit[p]),
    )
