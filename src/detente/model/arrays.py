"""The model: a dossier as read-only arrays whose rows carry the dossier's names. DESIGN §4."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detente.dossier.quantities import Number
from detente.dossier.schema import Condition, Dossier, Effect, Party, Undo
from detente.model.detection import Watch, watch

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Model:
    """What is computed on. P parties, M measures, J interactions (columns M … M+J−1), K periods.

    Times are years from signature, rates continuous, values stake points. A party without a discount has no values.
    """

    dossier: Dossier
    parties: tuple[str, ...]
    measures: tuple[str, ...]
    interactions: tuple[str, ...]
    tau: Array
    """[K] start of each period."""
    rho: Array
    """[P] continuous discount rate; 1 where a party has no values."""
    valued: Flags
    """[P] whether a party values anything at all."""
    layers: tuple[tuple[float, Array], ...]
    """(until, rates [P, M+J]): points a year while in force, up to `until` years after signature."""
    once: Array
    """[P, M+J] points at entry."""
    by: Flags
    """[P, M] who performs."""
    answers: Flags
    """[P, M] measure m answers to a breach by p (conditional on p, or joint with p)."""
    costs: Flags
    """[P, M] p performs m and m costs it something."""
    undo: Array
    """[M] years from stopping to undone; infinite where it cannot be undone."""
    keeps: Array
    """[M] share of the effect that stays after undoing."""
    state: Array
    """[M] share already in force before signature."""
    response: Array
    """[P] years from seeing a breach to answering; 0 for parties that perform nothing."""
    walk_away: Array
    collapse: Array
    """[P] points at the first answer to its own breach."""
    limit: Array
    """[P] exposure limit; infinite where none."""
    spared: Array
    """[P] −no_deal/ρ: what keeping any deal is worth beyond interests."""
    consents: Flags
    divisible: Flags
    fakeable: Flags
    detection: tuple[Watch | None, ...]
    delay: Array
    """[M] years from seeing to saying so."""

    @property
    def K(self) -> int:
        return len(self.tau)

    @property
    def M(self) -> int:
        return len(self.measures)

    @cached_property
    def edges(self) -> Array:
        """[K+2]: −∞ (before signature), then the start of each period, then ∞."""
        return np.concatenate([[-np.inf], self.tau, [np.inf]])

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(self.dossier.interactions[name].when for name in self.interactions)

    @cached_property
    def index(self) -> dict[str, int]:
        """Column of a measure."""
        return {name: i for i, name in enumerate(self.measures)}

    @cached_property
    def touched(self) -> Flags:
        """[P] parties that some measure or interaction touches."""
        flows = np.any([np.any(np.abs(rates) > TINY, axis=1) for _, rates in self.layers], axis=0)
        touched: Flags = flows | np.any(np.abs(self.once) > TINY, axis=1)
        return touched

    @cached_property
    def norm(self) -> Array:
        """[P] Σ|stakes|/ρ, the yardstick of the robust rule; 0 where a party has no stakes."""
        parties = self.dossier.parties
        total = [sum(abs(s.value) for s in parties[p].stakes.values()) for p in self.parties]
        return np.array(total) / self.rho

    def answerers(self, p: int) -> list[int]:
        """Other parties that perform a measure of the dossier that answers to p."""
        return [q for q in range(len(self.parties)) if q != p and bool(np.any(self.by[q] & self.answers[p]))]

    def speed(self, p: int, m: int) -> float:
        """How soon cheating on m is seen, as p counts time: E[e^(−ρ(T + delay))], 1 at once and 0 never."""
        detection, discount = self.detection[m], self.dossier.parties[self.parties[p]].discount
        assert detection is not None
        if discount is None:
            return 1 / (1 + float(self.delay[m]) + detection.mean())
        rho = discount.value
        return math.exp(-rho * self.delay[m]) * float(detection.partial(rho, -1.0, np.inf))

    def seen_no_faster(self, p: int, m: int) -> list[int]:
        """p's fakeable measures seen no faster than m: S(m) of DESIGN §5, m included."""
        mine = [n for n in range(self.M) if self.fakeable[n] and self.by[p, n]]
        bound = self.speed(p, m)
        return [n for n in mine if n == m or self.speed(p, n) <= bound * (1 + 1e-12)]

    @classmethod
    def of(cls, dossier: Dossier) -> Model:
        """Compile a dossier. The dossier has passed its checks."""
        return _compile(dossier)


def _matters(party: Party) -> bool:
    """Whether anything can be worth something to a party."""
    amounts = (party.collapse_cost, party.walk_away)
    cares = bool(party.stakes) or party.loses or party.exposure_limit is not None or any(a.value for a in amounts)
    return cares and party.discount is not None and party.discount.value > 0


def _amount(number: Number, rho: float) -> float:
    return number.value / rho if number.flow else number.value


def _scaled(effects: Mapping[str, Effect], weights: Mapping[str, float]) -> list[tuple[Effect, float]]:
    return [(e, weights[i]) for i, e in effects.items() if weights.get(i)]


def _compile(d: Dossier) -> Model:
    parties, measures, interactions = tuple(d.parties), tuple(d.measures), tuple(d.interactions)
    P, M, n = len(parties), len(measures), len(measures) + len(interactions)
    valued = np.array([_matters(q) for q in d.parties.values()], bool)
    people = list(d.parties.values())
    rho = np.array([q.discount.value if q.discount and v else 1.0 for q, v in zip(people, valued, strict=True)])
    layers: dict[float, Array] = {math.inf: np.zeros((P, n))}
    once, costs = np.zeros((P, n)), np.zeros((P, M), bool)
    columns = [m.effects for m in d.measures.values()] + [i.effects for i in d.interactions.values()]
    for p, party in enumerate(d.parties.values()):
        if not valued[p]:
            continue
        weights = {
            i: s.value / (d.interests[i].best.value - d.interests[i].worst.value) for i, s in party.stakes.items()
        }
        for c, effects in enumerate(columns):
            standing = 0.0
            for effect, w in _scaled(effects, weights):
                layers[math.inf][p, c] += w * effect.level.value
                once[p, c] += w * effect.once.value
                standing += w * effect.level.value
                if effect.per_year is not None:
                    growth = w * effect.per_year.rate.value / rho[p]
                    until = effect.per_year.lasts.value if effect.per_year.lasts is not None else math.inf
                    layers.setdefault(until, np.zeros((P, n)))[p, c] += growth
                    standing += growth
            if c < M:
                costs[p, c] = standing < -TINY and party_performs(d, parties[p], measures[c])
    by = np.array([[p in m.by for m in d.measures.values()] for p in parties], bool).reshape(P, M)
    conditional = [d.conditional_on(m) for m in measures]
    answers = np.array([[p in c for c in conditional] for p in parties], bool).reshape(P, M) | (
        by & (by.sum(axis=0) > 1)
    )
    verifies = [m.verification for m in d.measures.values()]

    def points(amount: Callable[[Party], Number | None], default: float) -> Array:
        """[P] an amount of each party as a present value; the default where it has none or values nothing."""
        amounts = [amount(q) if v else None for q, v in zip(people, valued, strict=True)]
        return np.array([default if a is None else _amount(a, r) for a, r in zip(amounts, rho, strict=True)])

    model = Model(
        dossier=d,
        parties=parties,
        measures=measures,
        interactions=interactions,
        tau=np.array(d.grid.years),
        rho=rho,
        valued=valued,
        layers=tuple(layers.items()),
        once=once,
        by=by,
        answers=answers,
        costs=costs,
        undo=np.array([m.undo.within.value if isinstance(m.undo, Undo) else np.inf for m in d.measures.values()]),
        keeps=np.array([m.undo.keeps.value if isinstance(m.undo, Undo) else 1.0 for m in d.measures.values()]),
        state=np.array([d.state.in_force[m].share.value if m in d.state.in_force else 0.0 for m in measures]),
        response=np.array([q.response_time.value if q.response_time else 0.0 for q in people]),
        walk_away=points(lambda q: q.walk_away, 0.0),
        collapse=points(lambda q: q.collapse_cost, 0.0),
        limit=points(lambda q: q.exposure_limit, np.inf),
        spared=-points(lambda q: q.no_deal if isinstance(q.no_deal, Number) else None, 0.0),
        consents=np.array([q.must_consent for q in people], bool),
        divisible=np.array([m.divisible for m in d.measures.values()], bool),
        fakeable=np.array([m.fakeable for m in d.measures.values()], bool),
        detection=tuple(watch(v) if v else None for v in verifies),
        delay=np.array([v.delay.value if v else 0.0 for v in verifies]),
    )
    for array in vars(model).values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return model


def party_performs(dossier: Dossier, party: str, measure: str) -> bool:
    return party in dossier.measures[measure].by
