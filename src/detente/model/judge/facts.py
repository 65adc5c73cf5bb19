"""A dossier as the judge reads it: plain numbers by index of party and measure, and what things are worth. DESIGN §4.

Times are years from signature. Nothing here is shared with the coefficient matrices that a designer solves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from detente.dossier.schema import Condition, Dossier, Effect, Party, Undo
from detente.model.judge.detection import NEVER, DetectionTime
from detente.model.numeric import Array

Rises = tuple[tuple[int, float], ...]
"""Periods (−1: before signature) in which a measure's share rises, and by how much."""
SOME = 1e-12
"""An amount that counts as something."""


class Contribution:
    """What one measure, or one interaction, is worth to one party while it is in force (ρ > 0)."""

    __slots__ = ("ending", "felt", "lasting", "once", "rho")

    def __init__(self, tables: Iterable[Mapping[str, Effect]], weight: Mapping[str, float], rho: float) -> None:
        self.rho = rho
        self.once = 0.0
        self.lasting = 0.0
        ending: list[tuple[float, float]] = []
        self.felt = False
        for j, effect in (item for table in tables for item in table.items()):
            w = weight.get(j, 0.0)
            self.once += w * effect.once.value
            self.lasting += w * effect.level.value / rho
            if (growth := effect.per_year) is not None and growth.lasts is None:
                self.lasting += w * growth.rate.value / rho**2
            elif growth is not None and growth.lasts is not None and w * growth.rate.value:
                ending.append((w * growth.rate.value / rho**2, growth.lasts.value))
            rate = growth.rate.value if growth else 0.0
            self.felt = self.felt or (w != 0 and any((effect.once.value, effect.level.value, rate)))
        self.ending = tuple(ending)

    def tail(self, t: Array) -> Array:
        """Value of being in force from t on for ever, `once` left out."""
        e = np.exp(-self.rho * t)
        value = self.lasting * e
        for worth, until in self.ending:
            value = value + worth * np.maximum(e - math.exp(-self.rho * until), 0.0)
        return np.asarray(value)


class Course:
    """A party's losses without a deal, which a deal spares: linear between corners, constant outside. ANSWERS §3."""

    def __init__(self, corners: Sequence[tuple[float, float]], rho: float) -> None:
        self.corners = tuple(corners)
        self.rho = rho
        lines = [(corners[0][1], 0.0)]
        for (s, low), (t, high) in pairwise(corners):
            slope = (high - low) / (t - s) if t > s else 0.0
            lines.append((low - slope * s, slope))
        lines.append((corners[-1][1], 0.0))
        ends = [t for t, _ in corners]
        self.ends = ends
        """Where one line gives way to the next."""
        self.pieces = [(-(a / rho + b / rho**2), -b / rho) for a, b in lines]
        """(b, c): until the piece ends, ∫ from t on of −no_deal·e^(−ρs) ds is (b + c·t)·e^(−ρt) and a constant."""
        after = [0.0]
        for ((b0, c0), (b1, c1)), end in reversed(list(zip(pairwise(self.pieces), ends, strict=True))):
            after.insert(0, after[0] + (b1 + c1 * end - b0 - c0 * end) * math.exp(-rho * end))
        self.constants = after
        self.moves = any(b for _, b in lines) or any(high != low for (_, low), (_, high) in pairwise(corners))
        self.felt = any(flow for _, flow in corners)

    def spared(self, t: Array) -> Array:
        """What is spared from t on, in present value at signature."""
        piece = np.searchsorted(self.ends, t, side="left")
        b, c = (np.array(part)[piece] for part in zip(*self.pieces, strict=True))
        with np.errstate(invalid="ignore"):
            value = (b + c * np.where(np.isinf(t), 0.0, t)) * np.exp(-self.rho * t)
        return np.asarray(value + np.array(self.constants)[piece])


class Undoing(NamedTuple):
    """Of each measure: years from a breach until its entries stop, and until what is in force is undone."""

    stop: tuple[float, ...]
    gone: tuple[float, ...]


class Facts:
    """The dossier as plain numbers, by index of party and measure."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self.tau = dossier.grid.years
        self.parties = tuple(dossier.parties)
        self.measures = tuple(dossier.measures)
        self.bodies = tuple(dossier.measures.values())
        self.party = {p: i for i, p in enumerate(self.parties)}
        self.measure = {m: i for i, m in enumerate(self.measures)}
        self.rho = tuple(p.discount.value if p.discount else 0.0 for p in dossier.parties.values())
        self.weight = tuple(_weights(dossier, p) for p in dossier.parties.values())
        self.norm = tuple(
            sum(abs(s.value) for s in p.stakes.values()) / rho if rho else 0.0
            for p, rho in zip(dossier.parties.values(), self.rho, strict=True)
        )
        """Σ|stakes|/ρ."""
        self.by = tuple(frozenset(self.party[p] for p in m.by if p in self.party) for m in self.bodies)
        self.answers_to = tuple(
            frozenset(self.party[p] for p in dossier.conditional_on(m) if p in self.party) for m in self.measures
        )
        needs = [dossier.prerequisites(m) for m in self.measures]
        self.needs = tuple(tuple(self.measure[n] for n in dict.fromkeys(a + b)) for a, b in needs)
        self.response = tuple(p.response_time.value if p.response_time else 0.0 for p in dossier.parties.values())
        self.undo = tuple(m.undo.within.value if isinstance(m.undo, Undo) else NEVER for m in self.bodies)
        self.keeps = tuple(m.undo.keeps.value if isinstance(m.undo, Undo) else 1.0 for m in self.bodies)
        self.fakeable = tuple(m.fakeable for m in self.bodies)
        verifications = [m.verification for m in self.bodies]
        self.law = tuple(DetectionTime(v) for v in verifications)
        self.delay = tuple(v.delay.value if v else 0.0 for v in verifications)
        parties = range(len(self.parties))
        self.answering_parties = tuple(self._answering_parties(q) for q in parties)
        self.first = tuple(min((self.response[r] for r in others), default=NEVER) for others in self.answering_parties)
        """Years from a breach by each party to the first answer; never where nobody answers it."""
        self.open = tuple(self._fates(q, 0.0) for q in parties)
        self.found_out = tuple(self._fates(q, self.first[q]) for q in parties)
        """As `open`, where the party goes on with the rest until the first answer."""

    def _answering_parties(self, mover: int) -> frozenset[int]:
        """The other parties that perform something that answers to a breach by the mover."""
        return frozenset(
            r for m in range(len(self.measures)) if self.answering(m, mover) for r in self.by[m] if r != mover
        )

    def answering(self, m: int, mover: int) -> bool:
        """Whether a measure answers to a breach by the mover: conditional on it, or performed by it."""
        return mover in self.by[m] or mover in self.answers_to[m]

    def standing(self, p: int, m: int, *, inspected: bool) -> float:
        """Stakes × (level + per_year/ρ) of a measure in force, `for` ignored; with what its inspection does or not."""
        tables = [self.bodies[m].effects] + ([self.bodies[m].intrusion] if inspected else [])
        total = 0.0
        for j, effect in (item for table in tables for item in table.items()):
            if w := self.weight[p].get(j, 0.0):
                growth = effect.per_year.rate.value / self.rho[p] if effect.per_year and self.rho[p] else 0.0
                total += w * (effect.level.value + growth)
        return total

    def costs(self, p: int, m: int) -> bool:
        """Whether having a measure in force costs a party something."""
        return self.standing(p, m, inspected=True) < -SOME

    def entering_costs(self, p: int, m: int) -> bool:
        """Whether a measure costs a party something from its entry on: standing/ρ + stakes × once < 0. ANSWERS R1."""
        if not self.rho[p]:
            return False
        once = sum(self.weight[p].get(j, 0.0) * e.once.value for j, e in self.bodies[m].effects.items())
        return self.standing(p, m, inspected=False) / self.rho[p] + once < -SOME

    def _fates(self, mover: int, own: float) -> Undoing:
        found = [self._fate(m, mover, own) for m in range(len(self.measures))]
        return Undoing(tuple(stop for stop, _ in found), tuple(gone for _, gone in found))

    def _fate(self, m: int, mover: int, own: float) -> tuple[float, float]:
        """Years from a breach until a measure's entries stop, and until it is undone. The mover stops `own` after it.

        Those whom it costs something undo it; where it falls with the deal, whoever stops does. ANSWERS R3.
        """
        if not self.answering(m, mover):
            return NEVER, NEVER
        stops = {r: own if r == mover else self.response[r] for r in self.by[m]}
        undone = [stop + self.undo[m] for r, stop in stops.items() if self.bodies[m].falls or self.costs(r, m)]
        return min(stops.values()), min(undone, default=NEVER)

    def undoes(self, p: int, m: int) -> float:
        """Years from p's stop until it has undone a measure; never where it does not."""
        if p not in self.by[m] or not (self.bodies[m].falls or self.costs(p, m)):
            return NEVER
        return self.undo[m]

    def no_faster(self, faker: int, m: int) -> frozenset[int]:
        """The faker's fakeable measures that are seen no faster than m, which is one of them. DESIGN §5."""
        rivals = [n for n in range(len(self.measures)) if self.fakeable[n] and faker in self.by[n]]
        if self.rho[faker]:
            bar = self._speed(faker, m) * (1 + 1e-12)
            return frozenset(n for n in rivals if self._speed(faker, n) <= bar)
        bar = self._lag(m) * (1 - 1e-12)
        return frozenset(n for n in rivals if self._lag(n) >= bar)

    def _speed(self, faker: int, m: int) -> float:
        """e^(−ρ·delay)·E[e^(−ρT)]."""
        rho = self.rho[faker]
        return math.exp(-rho * self.delay[m]) * float(self.law[m].later(rho, -1.0))

    def _lag(self, m: int) -> float:
        """Mean years until a faked measure is seen: the order of `_speed` as ρ → 0."""
        return self.delay[m] + self.law[m].mean()


def _weights(dossier: Dossier, party: Party) -> dict[str, float]:
    """w_pj = stake_pj / (best_j − worst_j), points a year for a unit of interest. DESIGN §4."""
    scales = {j: i.best.value - i.worst.value for j, i in dossier.interests.items()}
    return {j: stake.value / scales[j] for j, stake in party.stakes.items() if scales.get(j)}


class Together:
    """An interaction: effects that are present while a condition on measures, each wholly in force, holds."""

    def __init__(self, facts: Facts, when: Condition) -> None:
        self.facts = facts
        self.when = when
        self.measures = tuple(dict.fromkeys(facts.measure[m] for m in when.measures))
        self.sums = tuple(self._sums(when).items())
        """The condition as Σ coefficient × [all of these are in force]."""
        self.ways = _least(self._ways(when))
        """The smallest sets of measures that fulfil it."""

    def holds(self, present: Iterable[int]) -> bool:
        there = frozenset(present)
        return any(way <= there for way in self.ways)

    def _sums(self, when: Condition) -> dict[frozenset[int], float]:
        if when.measure is not None:
            return {frozenset([self.facts.measure[when.measure]]): 1.0}
        if when.all is not None:
            return _product([self._sums(part) for part in when.all])
        none = _product([_complement(self._sums(part)) for part in when.any or ()])
        return _complement(none)

    def _ways(self, when: Condition) -> list[frozenset[int]]:
        if when.measure is not None:
            return [frozenset([self.facts.measure[when.measure]])]
        if when.all is not None:
            ways: list[frozenset[int]] = [frozenset()]
            for part in when.all:
                ways = _least([a | b for a in ways for b in self._ways(part)])
            return ways
        return [way for part in when.any or () for way in self._ways(part)]


def _least(ways: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """Without those that contain another."""
    distinct = list(dict.fromkeys(ways))
    return [way for way in distinct if not any(other < way for other in distinct)]


def _product(factors: Sequence[Mapping[frozenset[int], float]]) -> dict[frozenset[int], float]:
    total = {frozenset[int](): 1.0}
    for factor in factors:
        new: dict[frozenset[int], float] = {}
        for a, x in total.items():
            for b, y in factor.items():
                new[a | b] = new.get(a | b, 0.0) + x * y
        total = {s: x for s, x in new.items() if x}
    return total


def _complement(sums: Mapping[frozenset[int], float]) -> dict[frozenset[int], float]:
    """1 − Σ."""
    new = {s: -x for s, x in sums.items()}
    new[frozenset()] = new.get(frozenset(), 0.0) + 1.0
    return {s: x for s, x in new.items() if x}
