"""What measures are worth to parties while they stand, and who answers whom: enough to judge a dossier, not a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from detente.dossier.schema import Dossier, Effect

TINY = 1e-12
"""Points a year below which nobody minds."""


def standing(dossier: Dossier, party: str, measure: str) -> float:
    """Points a year that a measure is worth to a party while in force, its inspection included: the sign of minding it.

    Σ stakes × (level + per_year/ρ), DESIGN §5; 0 for a party that values nothing.
    """
    return sum(weight * (effect.level.value + growth) for weight, effect, growth in _weighed(dossier, party, measure))


def once_over(dossier: Dossier, party: str, measure: str) -> float:
    """Points a year that its `if_over` effects add for a party once the deal is over."""
    felt = dossier.measures[measure].if_over
    return sum(weight(dossier, party, interest) * lasting.level.value for interest, lasting in felt.items())


def minds(dossier: Dossier, party: str, measure: str) -> bool:
    """Whether a measure costs a party something while in force, so that it is glad to stop and takes it back."""
    return standing(dossier, party, measure) < -TINY


def tempts(dossier: Dossier, party: str, measure: str) -> bool:
    """Whether a measure costs a party something while in force or at entry: a reason not to perform it."""
    effects = dossier.measures[measure].effects
    once = sum(weight(dossier, party, interest) * effect.once.value for interest, effect in effects.items())
    return once < -TINY or minds(dossier, party, measure)


def weight(dossier: Dossier, party: str, interest: str) -> float:
    """Points a year of one unit of an interest to a party."""
    stake, scale = dossier.parties[party].stakes.get(interest), dossier.interests[interest]
    return 0.0 if stake is None else stake.value / (scale.best.value - scale.worst.value)


def _weighed(dossier: Dossier, party: str, measure: str) -> Iterator[tuple[float, Effect, float]]:
    """(points of a unit, effect, its growth a year as a level of the same present value)."""
    discount = dossier.parties[party].discount
    for interest in dossier.parties[party].stakes if discount is not None else ():
        for effect in dossier.measures[measure].effects_on(interest):
            growth = effect.per_year.rate.value / discount.value if discount and effect.per_year else 0.0
            yield weight(dossier, party, interest), effect, growth


def answers(dossier: Dossier, measure: str, party: str) -> bool:
    """Whether a measure answers to a breach by a party, or is stopped by it."""
    return party in dossier.measures[measure].by or party in dossier.conditional_on(measure)


def answerers(dossier: Dossier, party: str) -> dict[str, float]:
    """The other parties that answer a breach by a party, with the years that each takes to."""
    others = [m.by for name, m in dossier.measures.items() if answers(dossier, name, party)]
    acting = dict.fromkeys(p for by in others for p in by if p != party)
    times = {p: dossier.parties[p].response_time for p in acting}
    return {p: 0.0 if time is None else time.value for p, time in times.items()}


def carriers(dossier: Dossier, breachers: Sequence[str], stops: Iterable[str]) -> tuple[str, ...]:
    """Who carries a suspension out: who performs some of what it stops, but for the breacher where there is one."""
    alone = breachers if len(breachers) == 1 else ()
    by = (p for m in stops for p in dossier.measures[m].by)
    return tuple(p for p in dict.fromkeys(by) if p not in alone)
