"""Stakes and effects as a dossier states them, as arrays: a change of one reaches all amounts that hang on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detente.dossier.schema import Dossier, Effect
from detente.model.numeric import Array
from detente.model.rows.arrays import rates
from detente.model.what_if.numbers import Layer, Numbers


@dataclass(frozen=True, eq=False)
class Effects:
    """What columns do to J interests, in the interests' units: each [..., columns, J]."""

    level: Array
    once: Array
    growth: Array
    """Units a year."""
    until: Array
    """[columns, J] years from signature at which growth ends; infinite where it never does. The same for all draws."""

    @classmethod
    def of(cls, columns: Sequence[Mapping[str, Effect]], interests: Sequence[str]) -> Effects:
        shape = len(columns), len(interests)
        level, once, growth, until = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.full(shape, math.inf)
        for c, effects in enumerate(columns):
            for name, effect in effects.items():
                j = interests.index(name)
                level[c, j], once[c, j] = effect.level.value, effect.once.value
                if effect.per_year is not None:
                    growth[c, j] = effect.per_year.rate.value
                    until[c, j] = math.inf if effect.per_year.lasts is None else effect.per_year.lasts.value
        return cls(level, once, growth, until)

    def flows(self, weights: Array, rho: Array, untils: Sequence[float]) -> tuple[Layer, ...]:
        """Points a year of parties by when they end; `weights`: [..., P, J] points for a unit. DESIGN §4."""
        found = []
        for until in dict.fromkeys([*untils, *np.unique(self.until).tolist()]):
            points = _felt(self.growth * (self.until == until), weights) / rho[..., None]
            found.append(Layer(until, points + _felt(self.level, weights) if math.isinf(until) else points))
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Stated:
    """What a dossier states of stakes and effects; arrays of one value, or with a leading axis of draws."""

    stakes: Array
    """[..., P, J] points a year for the whole swing of an interest."""
    swing: Array
    """[..., J] best − worst, in the interest's unit."""
    effects: Effects
    """Of measures and interactions."""
    intrusion: Effects
    """Of inspecting measures."""
    over: Array
    """[..., M, J] units once the deal is over."""

    @classmethod
    def of(cls, dossier: Dossier) -> Stated:
        d, interests = dossier, list(dossier.interests)
        measures = list(d.measures.values())
        stakes = [[q.stakes[i].value if i in q.stakes else 0.0 for i in interests] for q in d.parties.values()]
        over = [[m.if_over[i].level.value if i in m.if_over else 0.0 for i in interests] for m in measures]
        return cls(
            stakes=np.array(stakes).reshape(len(d.parties), len(interests)),
            swing=np.array([i.best.value - i.worst.value for i in d.interests.values()]),
            effects=Effects.of(
                [*(m.effects for m in measures), *(x.effects for x in d.interactions.values())], interests
            ),
            intrusion=Effects.of([m.intrusion for m in measures], interests),
            over=np.array(over).reshape(len(measures), len(interests)),
        )

    def into(self, numbers: Numbers) -> Numbers:
        """Numbers with these stakes and effects, at the discount rates that they have."""
        weights = self.stakes / self.swing[..., None, :] * numbers.valued[:, None]
        rho = rates(numbers.discount, numbers.valued)
        layers = ((self.effects, numbers.flows), (self.intrusion, numbers.intrusion))
        flows, intrusion = (effects.flows(weights, rho, [x.until for x in had]) for effects, had in layers)
        return replace(
            numbers,
            flows=flows,
            once=_felt(self.effects.once, weights),
            intrusion=intrusion,
            intrusion_once=_felt(self.intrusion.once, weights),
            over=_felt(self.over, weights),
        )


def _felt(units: Array, weights: Array) -> Array:
    """[..., P, columns] points of units, [..., columns, J]."""
    points: Array = weights @ np.swapaxes(units, -1, -2)
    return points
