"""The model: a dossier as read-only arrays whose rows carry the dossier's names. DESIGN §4."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Literal

import numpy as np

from detente.dossier.quantities import Number
from detente.dossier.schema import Condition, Dossier, Effect, Party, Undo, Verify
from detente.model.numeric import Array, Flags
from detente.model.rows.detection import SNAP, Watch, value_or, watch
from detente.model.rows.laws import Leaving
from detente.model.rows.moments import Moments, dated
from detente.model.rows.pauses import Suspension, pauses_of

Layers = tuple[tuple[float, Array], ...]
"""(until, points a year [P, M + interactions])"""
TINY = 1e-12
"""Points, and parts of a number, that are rounding."""
INSPECTED = "@"
"""Stands in the names of columns that say what inspecting a measure does, where its regime is open: measure@regime."""


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
    discount: Array
    """[P] continuous discount rate; NaN where a party states none."""
    rho: Array
    """[P] the same; 1 where a party has no values."""
    valued: Flags
    """[P] whether a party values anything at all."""
    layers: tuple[tuple[float, Array], ...]
    """(until, rates [P, M+J]): points a year while in force, up to `until` years after signature."""
    once: Array
    """[P, M+J] points at entry."""
    intrusion: tuple[tuple[float, Array], ...]
    """As `layers`, [P, M]: what inspecting a measure under its regime does. Cheating on it does not spare that."""
    intrusion_once: Array
    """[P, M]"""
    over: Array
    """[P, M] points a year of what is in force once the deal is over, from the first answer on."""
    by: Flags
    """[P, M] who performs."""
    answers: Flags
    """[P, M] measure m answers to a breach by p (conditional on p, or joint with p)."""
    needs: tuple[tuple[int, ...], ...]
    """[M] the measures that each directly needs, in force or verified."""
    costs: Flags
    """[P, M] p performs m and m, with its inspection, costs it something while in force."""
    minds: Flags
    """[P, M] p performs m and having it in force costs it something: worth undoing in secret. ANSWERS R1."""
    dreads: Flags
    """[P, M] p performs m and entering it costs it something, `once` included: worth faking. ANSWERS R1."""
    falls: Flags
    """[M] whether any breach that it answers takes it down."""
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
    losses: tuple[tuple[tuple[float, float], ...], ...]
    """[P] (years, points a year) that no deal costs, beyond interests: linear between, constant outside."""
    exits: tuple[Leaving, ...]
    """By what shocks parties leave the deal, in the dossier's order."""
    consents: Flags
    divisible: Flags
    fakeable: Flags
    detection: tuple[Watch | None, ...]
    delay: Array
    """[M] years from seeing to saying so."""
    false_alarms: Array
    """[M] alarms a year without a cause."""
    pauses: tuple[Suspension, ...]
    """What breaches of some measures draw instead of the end of the deal, in the dossier's order."""

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
    def moments(self) -> Moments:
        """Just before and just after the entries of each date, and each dated exit that falls on none."""
        own = [x.at for x in self.exits if x.chance]
        return dated(self.tau, sorted(t for t in own if np.min(np.abs(self.tau - t)) > SNAP))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(self.dossier.interactions[name].when for name in self.interactions)

    @cached_property
    def index(self) -> dict[str, int]:
        """Column of a measure."""
        return {name: i for i, name in enumerate(self.measures)}

    @cached_property
    def real(self) -> Flags:
        """[M] whether a column is a measure of the dossier, and not what inspecting one does."""
        return np.array([INSPECTED not in name for name in self.measures], bool)

    @cached_property
    def touched(self) -> Flags:
        """[P] parties that some measure or interaction touches while the deal is kept, which somebody may leave."""
        layers = (*self.layers, *self.intrusion)
        flows = np.any([np.any(np.abs(rates) > TINY, axis=1) for _, rates in layers], axis=0)
        shifts = [self.once, self.intrusion_once]
        if any(x.rate or x.chance for x in self.exits):
            shifts.append(self.over)
        touched: Flags = np.any([flows, *(np.any(np.abs(x) > TINY, axis=1) for x in shifts)], axis=0)
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

    def first_answer(self, p: int) -> float:
        """Years from a breach by p, once known, to the first answer; infinite where nobody answers."""
        return min((float(self.response[q]) for q in self.answerers(p)), default=np.inf)

    @classmethod
    def of(cls, dossier: Dossier) -> Model:
        """Compile a dossier. The dossier has passed its checks."""
        return _read_only(_compile(dossier))


def _matters(party: Party) -> bool:
    """Whether anything can be worth something to a party."""
    amounts = (party.collapse_cost, party.walk_away)
    cares = bool(party.stakes) or party.loses or party.exposure_limit is not None or any(a.value for a in amounts)
    return cares and party.discount is not None and party.discount.value > 0


def _points(amounts: Sequence[Number | None], rho: Array, default: float) -> Array:
    """[P] an amount of each party as a present value; the default where it has none."""
    pairs = zip(amounts, rho, strict=True)
    return np.array([default if a is None else a.value / r if a.flow else a.value for a, r in pairs])


def _share(d: Dossier, m: str) -> float:
    """The share of a measure in force before signature."""
    return d.state.in_force[m].share.value if m in d.state.in_force else 0.0


def _undoing(undo: Undo | Literal["never"]) -> tuple[float, float]:
    """Years from stopping to undone, and the share that stays: for ever, and all, where it cannot be undone."""
    return (undo.within.value, undo.keeps.value) if isinstance(undo, Undo) else (math.inf, 1.0)


class _Worth:
    """What columns are worth to each party: points a year while in force, by how long growth lasts, and at entry."""

    def __init__(self, parties: int, columns: int) -> None:
        self.shape = parties, columns
        self.layers: dict[float, Array] = {math.inf: np.zeros(self.shape)}
        self.once = np.zeros(self.shape)

    def add(self, p: int, c: int, effects: Mapping[str, Effect], weights: Mapping[str, float], rho: float) -> None:
        for interest, effect in effects.items():
            w = weights.get(interest, 0.0)
            if not w:
                continue
            self.layers[math.inf][p, c] += w * effect.level.value
            self.once[p, c] += w * effect.once.value
            if effect.per_year is not None:
                until = effect.per_year.lasts.value if effect.per_year.lasts is not None else math.inf
                layer = self.layers.setdefault(until, np.zeros(self.shape))
                layer[p, c] += w * effect.per_year.rate.value / rho


def rates(discount: Array, valued: Flags) -> Array:
    """[…, P] discount rates to count with: 1 where a party has no values."""
    return np.where(valued, discount, 1.0)


def minded(by: Flags, rho: Array, layers: Layers, once: Array, intrusion: Layers) -> tuple[Flags, Flags, Flags]:
    """`Model.costs`, `minds` and `dreads`, growth counted as if it never ended: […, P, M], of one or of draws."""
    M = by.shape[-1]
    standing = sum((rates[..., :M] for _, rates in layers), np.zeros(by.shape))
    inspected = standing + sum((rates for _, rates in intrusion), np.zeros(by.shape))
    entered = standing / rho[..., :, None] + once[..., :M]
    return by & (inspected < -TINY), by & (standing < -TINY), by & (entered < -TINY)


def _weights(d: Dossier, party: Party) -> dict[str, float]:
    """w_pj, points a year for a unit of each interest. DESIGN §4."""
    return {i: s.value / (d.interests[i].best.value - d.interests[i].worst.value) for i, s in party.stakes.items()}


def _worths(d: Dossier, valued: Flags, rho: Array) -> tuple[_Worth, _Worth, Array]:
    """What measures and interactions are worth, what inspecting measures is, and [P, M] what lasts once it is over."""
    P, M, bodies = len(d.parties), len(d.measures), list(d.measures.values())
    columns = [m.effects for m in bodies] + [i.effects for i in d.interactions.values()]
    worth, intrusion, over = _Worth(P, len(columns)), _Worth(P, M), np.zeros((P, M))
    for p, party in enumerate(d.parties.values()):
        if not valued[p]:
            continue
        weights = _weights(d, party)
        for c, effects in enumerate(columns):
            worth.add(p, c, effects, weights, rho[p])
        for m, body in enumerate(bodies):
            intrusion.add(p, m, body.intrusion, weights, rho[p])
            over[p, m] = sum(weights.get(i, 0.0) * lasting.level.value for i, lasting in body.if_over.items())
    return worth, intrusion, over


def _performing(d: Dossier) -> tuple[Flags, Flags]:
    """[P, M] `Model.by` and `Model.answers`."""
    shape = len(d.parties), len(d.measures)
    by = np.array([[p in m.by for m in d.measures.values()] for p in d.parties], bool).reshape(shape)
    conditional = [d.conditional_on(m) for m in d.measures]
    answers = np.array([[p in c for c in conditional] for p in d.parties], bool).reshape(shape)
    return by, answers | (by & (by.sum(axis=0) > 1))


def _needs(d: Dossier) -> tuple[tuple[int, ...], ...]:
    """`Model.needs`"""
    index = {m: i for i, m in enumerate(d.measures)}
    return tuple(tuple(dict.fromkeys(index[n] for n in chain(*d.prerequisites(m)))) for m in d.measures)


def _watched(how: Sequence[Verify | None]) -> dict[str, Any]:
    """What a model says of how each measure is verified."""
    return {
        "detection": tuple(watch(v) if v else None for v in how),
        "delay": np.array([v.delay.value if v else 0.0 for v in how]),
        "false_alarms": np.array([v.false_alarms.value if v else 0.0 for v in how]),
    }


def _compile(d: Dossier) -> Model:
    people, bodies = list(d.parties.values()), list(d.measures.values())
    valued = np.array([_matters(q) for q in people], bool)
    discount = np.array([value_or(q.discount, np.nan) for q in people])
    rho = rates(discount, valued)
    worth, intrusion, over = _worths(d, valued, rho)
    by, answers = _performing(d)
    layers, added = tuple(worth.layers.items()), tuple(intrusion.layers.items())
    costs, minds, dreads = minded(by, rho, layers, worth.once, added)
    undo, keeps = np.array([_undoing(m.undo) for m in bodies]).reshape(-1, 2).T.copy()

    def points(amount: Callable[[Party], Number | None], default: float) -> Array:
        return _points([amount(q) if v else None for q, v in zip(people, valued, strict=True)], rho, default)

    return Model(
        dossier=d,
        parties=tuple(d.parties),
        measures=tuple(d.measures),
        interactions=tuple(d.interactions),
        tau=np.array(d.grid.years),
        discount=discount,
        rho=rho,
        valued=valued,
        layers=layers,
        once=worth.once,
        intrusion=added,
        intrusion_once=intrusion.once,
        over=over,
        by=by,
        answers=answers,
        needs=_needs(d),
        costs=costs,
        minds=minds,
        dreads=dreads,
        falls=np.array([m.falls for m in bodies], bool),
        undo=undo,
        keeps=keeps,
        state=np.array([_share(d, m) for m in d.measures]),
        response=np.array([value_or(q.response_time, 0.0) for q in people]),
        walk_away=points(lambda q: q.walk_away, 0.0),
        collapse=points(lambda q: q.collapse_cost, 0.0),
        limit=points(lambda q: q.exposure_limit, np.inf),
        losses=tuple(q.no_deal_course(d.start) if v else ((0.0, 0.0),) for q, v in zip(people, valued, strict=True)),
        exits=tuple(Leaving(list(d.parties).index(x.party), x.rate, x.at or 0.0, x.chance) for x in d.exits),
        consents=np.array([q.must_consent for q in people], bool),
        divisible=np.array([m.divisible for m in bodies], bool),
        fakeable=np.array([m.fakeable for m in bodies], bool),
        **_watched([m.verification for m in bodies]),
        pauses=pauses_of(d, rho.tolist(), valued.tolist()),
    )


def _read_only(model: Model) -> Model:
    for array in vars(model).values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return model
