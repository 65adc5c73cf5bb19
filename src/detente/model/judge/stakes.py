"""What is at stake for each party, in points: what everything is worth to it, and its constants. DESIGN §4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier, Effect, Party
from detente.model.judge.facts import Contribution, Course, Facts


@dataclass(frozen=True)
class Worths:
    """What everything is worth to one party."""

    party: int
    whole: tuple[Contribution, ...]
    """Of each measure, its inspection included."""
    itself: tuple[Contribution, ...]
    """Of each measure without its inspection."""
    inspection: tuple[Contribution, ...]
    if_over: tuple[Contribution, ...]
    together: tuple[Contribution, ...]
    course: Course
    collapse: float
    """What it pays where its breach has the deal end."""

    @classmethod
    def of(cls, dossier: Dossier, facts: Facts, p: int) -> Worths:
        party, weight, rho, bodies = dossier.parties[facts.parties[p]], facts.weight[p], facts.rho[p], facts.bodies

        def worths(tables: Iterable[Iterable[Mapping[str, Effect]]]) -> tuple[Contribution, ...]:
            return tuple(Contribution.of(part, weight, rho) for part in tables)

        return cls(
            party=p,
            whole=worths([b.effects, b.intrusion] for b in bodies),
            itself=worths([b.effects] for b in bodies),
            inspection=worths([b.intrusion] for b in bodies),
            if_over=worths([{j: Effect(level=x.level) for j, x in b.if_over.items()}] for b in bodies),
            together=worths([i.effects] for i in dossier.interactions.values()),
            course=Course(party.no_deal_course(dossier.start), rho),
            collapse=points(party.collapse_cost, rho),
        )

    def felt(self, *, left: bool) -> bool:
        """Whether the party feels anything while the deal is kept, which somebody may leave."""
        return any(x.felt for x in (*self.whole, *(self.if_over if left else ()), *self.together))


@dataclass(frozen=True)
class Stakes:
    """The parties that values matter to, and what of these consent or bear only so much."""

    worths: Mapping[int, Worths]
    """Of each party with values."""
    walk_away: Mapping[int, float]
    """Of each that must consent."""
    limit: Mapping[int, float]
    """How exposed each that says so may be."""

    @classmethod
    def of(cls, dossier: Dossier, facts: Facts) -> Stakes:
        valued = {p: x for p, x in enumerate(dossier.parties.values()) if facts.rho[p] > 0 and _matters(x)}
        limits = {p: x.exposure_limit for p, x in valued.items()}
        return cls(
            {p: Worths.of(dossier, facts, p) for p in valued},
            {p: points(x.walk_away, facts.rho[p]) for p, x in valued.items() if x.must_consent},
            {p: points(limit, facts.rho[p]) for p, limit in limits.items() if limit is not None},
        )


def _matters(party: Party) -> bool:
    amounts = (party.collapse_cost, party.walk_away)
    return bool(party.stakes) or party.loses or party.exposure_limit is not None or any(a.value for a in amounts)


def points(amount: Number, rho: float) -> float:
    """A constant of a party; a flow goes on for ever."""
    return amount.value / rho if amount.flow else amount.value
