"""Answers that suspend something until a breach is cured: what draws them, when what is hidden. ANSWERS §4."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from detente.dossier.schema import Dossier

if TYPE_CHECKING:
    from detente.model.rows.arrays import Model


@dataclass(frozen=True)
class Suspension:
    """An answer: what is suspended, in place of ending the deal, where a party does not perform some measures."""

    name: str
    breachers: tuple[int, ...]
    """Who performs all of `to`, and is answered by this."""
    to: tuple[int, ...]
    stops: tuple[int, ...]
    length: float
    """Years from the answer on, at least."""
    cure: float
    """Years from being known to being performed again."""
    ends: bool
    """Whether the deal ends where the breach is not cured."""
    credible: bool
    """Whether carrying it out must hurt nobody who does."""
    cost: tuple[float, ...]
    """[P] points to the breacher at the answer."""


class HiddenSpan(NamedTuple):
    """Years from being known in which a measure is suspended."""

    begin: float
    end: float


def pauses_of(d: Dossier, rho: Sequence[float], valued: Sequence[bool]) -> tuple[Suspension, ...]:
    """The answers of a dossier; of a menu the first entry. `rho`: [P]."""
    measure, party = ({name: i for i, name in enumerate(names)} for names in (d.measures, d.parties))

    def points(amount: float, flow: bool) -> tuple[float, ...]:
        return tuple((amount / r if flow else amount) if v else 0.0 for r, v in zip(rho, valued, strict=True))

    return tuple(
        Suspension(
            name=name,
            breachers=tuple(party[p] for p in d.breachers(name)),
            to=tuple(measure[m] for m in answer.to),
            stops=tuple(dict.fromkeys(measure[n] for n in answer.stopped)),
            length=answer.length.value,
            cure=answer.cure.value,
            ends=answer.then == "end",
            credible=answer.credible,
            cost=points(answer.cost.value, answer.cost.flow),
        )
        for name, answer in d.answers.items()
    )


def hanging_together(pauses: Sequence[Suspension], p: int) -> tuple[tuple[int, ...], ...]:
    """Every set of p's answers that hang together by what they stop, single ones first."""
    mine = [a for a, pause in enumerate(pauses) if p in pause.breachers]
    stops = {a: frozenset(pauses[a].stops) for a in mine}
    sets = (chosen for n in range(1, len(mine) + 1) for chosen in combinations(mine, n))
    return tuple(chosen for chosen in sets if _connected(chosen, stops))


def _connected(chosen: tuple[int, ...], stops: Mapping[int, frozenset[int]]) -> bool:
    there, met = {chosen[0]}, stops[chosen[0]]
    while near := [a for a in chosen if a not in there and stops[a] & met]:
        there.update(near)
        met = met.union(*(stops[a] for a in near))
    return len(there) == len(chosen)


def responses(model: Model, pause: Suspension, p: int) -> dict[int, float]:
    """Years from p's breach being known to each of an answer's suspensions: infinite where nobody answers."""
    others = {n: [q for q in range(len(model.parties)) if q != p and model.by[q, n]] for n in pause.stops}
    soonest = {n: min((float(model.response[q]) for q in who), default=math.inf) for n, who in others.items()}
    own = min(soonest.values(), default=math.inf)
    if math.isinf(own):
        own = model.first_answer(p)
    return {n: own if math.isinf(years) else years for n, years in soonest.items()}


def answer_begins(model: Model, pause: Suspension, p: int) -> float:
    """Years from p's breach being known to the answer; infinite where there is none."""
    return min(responses(model, pause, p).values(), default=math.inf)


def windows(model: Model, pauses: Sequence[Suspension], p: int, *, cured: bool) -> dict[int, HiddenSpan]:
    """When what some answers to p stop is hidden: from the first to the last date over them; no empty ones."""
    found: dict[int, HiddenSpan] = {}
    for pause in pauses:
        for n, response in responses(model, pause, p).items():
            begin = response + float(model.undo[n])
            end = max(response + pause.length, pause.cure) if cured else math.inf
            if model.keeps[n] < 1 and math.isfinite(begin) and begin < end:
                known = found.get(n, HiddenSpan(begin, end))
                found[n] = HiddenSpan(min(begin, known.begin), max(end, known.end))
    return found
