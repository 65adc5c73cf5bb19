"""What a party fakes together with a measure: all that is seen no faster and costs it something. DESIGN §5, ANSWERS."""

from __future__ import annotations

import math
from typing import NamedTuple

from detente.model.judge.facts import SOME, Facts

NO_FASTER = 1e-12
"""By how much, relative to its size, a measure may be seen faster than another and count as no faster."""


class Secret(NamedTuple):
    """What a faker fakes: of each measure, whether it is undone in secret, and whether it is faked at entry."""

    undone: frozenset[int]
    faked: frozenset[int]
    openly: bool = False
    """Whether everybody sees it and nobody answers: then what its inspection does ends with it."""

    @classmethod
    def of(cls, facts: Facts, faker: int, m: int) -> Secret:
        """m itself, and what is seen no faster and costs the faker something. ANSWERS R1."""
        rivals = no_faster(facts, faker, m)
        undone = {n for n in rivals if facts.standing(faker, n, inspected=False) < -SOME}
        faked = {n for n in rivals if entry_costs(facts, faker, n)}
        return cls(frozenset({m, *undone}), frozenset({m, *faked}))


NOTHING = Secret(frozenset(), frozenset(), openly=True)


def entry_costs(facts: Facts, p: int, m: int) -> bool:
    """Whether a measure costs a party something from its entry on: standing/ρ + stakes × once < 0. ANSWERS R1."""
    if not facts.rho[p]:
        return False
    once = sum(facts.weight[p].get(j, 0.0) * e.once.value for j, e in facts.bodies[m].effects.items())
    return facts.standing(p, m, inspected=False) / facts.rho[p] + once < -SOME


def no_faster(facts: Facts, faker: int, m: int) -> frozenset[int]:
    """The faker's fakeable measures that are seen no faster than m, which is one of them. DESIGN §5."""
    rivals = [n for n, by in enumerate(facts.by) if facts.fakeable[n] and faker in by]
    rho = facts.rho[faker]
    if rho:
        bar = _speed(facts, rho, m) * (1 + NO_FASTER)
        return frozenset(n for n in rivals if _speed(facts, rho, n) <= bar)
    bar = _lag(facts, m) * (1 - NO_FASTER)
    return frozenset(n for n in rivals if _lag(facts, n) >= bar)


def _speed(facts: Facts, rho: float, m: int) -> float:
    """e^(−ρ·delay)·E[e^(−ρT)]."""
    return math.exp(-rho * facts.delay[m]) * float(facts.law[m].later(rho, -1.0))


def _lag(facts: Facts, m: int) -> float:
    """Mean years until a faked measure is seen: the order of `_speed` as ρ → 0."""
    return facts.delay[m] + facts.law[m].mean()
