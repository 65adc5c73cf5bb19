"""A dossier as the judge reads it: plain numbers by index of party and measure, and what things are worth. DESIGN §4.

Times are years from signature. Nothing here is shared with the coefficient matrices that a designer solves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from detente.dossier.schema import Dossier, Effect, Measure, Party, Undo
from detente.model.judge.detection import NEVER, DetectionTime
from detente.model.judge.together import Together
from detente.model.numeric import Array

Rises = tuple[tuple[int, float], ...]
"""Periods (−1: before signature) in which a measure's share rises, and by how much."""
SOME = 1e-12
"""An amount that counts as something."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one measure, or one interaction, is worth to one party while it is in force (ρ > 0)."""

    rho: float
    once: float = 0.0
    lasting: float = 0.0
    ending: tuple[tuple[float, float], ...] = ()
    """Of growth that stops: (worth for ever, when it stops)."""
    felt: bool = True

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, Effect]], weight: Mapping[str, float], rho: float) -> Contribution:
        once, lasting, felt = 0.0, 0.0, False
        ending: list[tuple[float, float]] = []
        weighed = [(w, effect) for table in tables for j, effect in table.items() if (w := weight.get(j, 0.0))]
        for w, effect in weighed:
            rate, lasts = (effect.per_year.rate.value, effect.per_year.lasts) if effect.per_year else (0.0, None)
            once += w * effect.once.value
            lasting += w * effect.level.value / rho
            if lasts is None:
                lasting += w * rate / rho**2
            elif rate:
                ending.append((w * rate / rho**2, lasts.value))
            felt = felt or any((effect.once.value, effect.level.value, rate))
        return cls(rho, once, lasting, tuple(ending), felt)

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
        people, bodies = tuple(dossier.parties.values()), tuple(dossier.measures.values())
        self.dossier = dossier
        self.tau = dossier.grid.years
        self.parties = tuple(dossier.parties)
        self.measures = tuple(dossier.measures)
        self.bodies = bodies
        self.party = _index(self.parties)
        self.measure = _index(self.measures)
        self.rho = tuple(map(_rho, people))
        self.weight = tuple(_weights(dossier, p) for p in people)
        self.norm = tuple(map(_norm, people))
        """Σ|stakes|/ρ."""
        self.response = tuple(map(_response, people))
        self.by = tuple(_indices(self.party, m.by) for m in bodies)
        self.acts = tuple(tuple(m for m, by in enumerate(self.by) if q in by) for q in self.party.values())
        """The measures that each party performs."""
        self.answers_to = tuple(_indices(self.party, dossier.conditional_on(m)) for m in self.measures)
        self.needs = tuple(_needs(dossier, m, self.measure) for m in self.measures)
        self.undo = tuple(map(_undo, bodies))
        """Years in which each is undone, and what of it that `keeps`."""
        self.keeps = tuple(map(_keeps, bodies))
        self.fakeable = tuple(m.fakeable for m in bodies)
        self.law = tuple(DetectionTime(m.verification) for m in bodies)
        self.delay = tuple(map(_delay, bodies))
        self.togethers = tuple(Together.of(self.measure, i.when) for i in dossier.interactions.values())

    @cached_property
    def answering_parties(self) -> tuple[frozenset[int], ...]:
        """The other parties that perform something that answers to a breach by each party."""
        parties, measures = range(len(self.parties)), range(len(self.measures))
        answer = [[self.by[m] for m in measures if self.answering(m, q)] for q in parties]
        return tuple(frozenset().union(*answer[q]) - {q} for q in parties)

    @cached_property
    def first(self) -> tuple[float, ...]:
        """Years from a breach by each party to the first answer; never where nobody answers it."""
        return tuple(min((self.response[r] for r in others), default=NEVER) for others in self.answering_parties)

    @cached_property
    def open(self) -> tuple[Undoing, ...]:
        """What happens to each measure after an open breach by each party."""
        return tuple(self._fates(q, 0.0, self.response) for q in range(len(self.parties)))

    @cached_property
    def found_out(self) -> tuple[Undoing, ...]:
        """As `open`, where the party goes on with the rest until the first answer."""
        return tuple(self._fates(q, self.first[q], self.response) for q in range(len(self.parties)))

    @cached_property
    def at_once(self) -> tuple[Undoing, ...]:
        """As `open`, where nobody takes time to answer."""
        return tuple(self._fates(q, 0.0, (0.0,) * len(self.parties)) for q in range(len(self.parties)))

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

    def _fates(self, mover: int, own: float, response: Sequence[float]) -> Undoing:
        found = [self._fate(m, mover, own, response) for m in range(len(self.measures))]
        return Undoing(tuple(stop for stop, _ in found), tuple(gone for _, gone in found))

    def _fate(self, m: int, mover: int, own: float, response: Sequence[float]) -> tuple[float, float]:
        """Years from a breach until a measure's entries stop, and until it is undone. The mover stops `own` after it.

        Those whom it costs something undo it; where it falls with the deal, whoever stops does. ANSWERS R3.
        """
        if not self.answering(m, mover):
            return NEVER, NEVER
        stops = {r: own if r == mover else response[r] for r in self.by[m]}
        undone = [stop + self.undo[m] for r, stop in stops.items() if self.bodies[m].falls or self.costs(r, m)]
        return min(stops.values()), min(undone, default=NEVER)

    def undoes(self, p: int, m: int) -> float:
        """Years from p's stop until it has undone a measure; never where it does not."""
        if p not in self.by[m] or not (self.bodies[m].falls or self.costs(p, m)):
            return NEVER
        return self.undo[m]


def _rho(party: Party) -> float:
    return party.discount.value if party.discount else 0.0


def _norm(party: Party) -> float:
    return sum(abs(s.value) for s in party.stakes.values()) / _rho(party) if _rho(party) else 0.0


def _response(party: Party) -> float:
    return party.response_time.value if party.response_time else 0.0


def _undo(measure: Measure) -> float:
    return measure.undo.within.value if isinstance(measure.undo, Undo) else NEVER


def _keeps(measure: Measure) -> float:
    return measure.undo.keeps.value if isinstance(measure.undo, Undo) else 1.0


def _delay(measure: Measure) -> float:
    return measure.verification.delay.value if measure.verification else 0.0


def _needs(dossier: Dossier, measure: str, index: Mapping[str, int]) -> tuple[int, ...]:
    in_force, verified = dossier.prerequisites(measure)
    return tuple(index[n] for n in dict.fromkeys(in_force + verified))


def _index(names: Iterable[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def _indices(index: Mapping[str, int], names: Iterable[str]) -> frozenset[int]:
    return frozenset(index[name] for name in names if name in index)


def _weights(dossier: Dossier, party: Party) -> dict[str, float]:
    """w_pj = stake_pj / (best_j − worst_j), points a year for a unit of interest. DESIGN §4."""
    scales = {j: i.best.value - i.worst.value for j, i in dossier.interests.items()}
    return {j: stake.value / scales[j] for j, stake in party.stakes.items() if scales.get(j)}
