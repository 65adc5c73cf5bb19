"""A model's numbers apart from its structure: what may change while a plan and what hangs on what stay. DESIGN §4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from detente.model.numeric import Array, Flags
from detente.model.rows.arrays import Layers, Model, minded, rates
from detente.model.rows.detection import Watch

SQUARE = ("once", "intrusion_once", "over")
"""Arrays of parties by columns; the others have one axis but that of draws."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Points a year in one layer: until some years after signature, [..., P, columns]."""

    until: float
    points: Array


@dataclass(frozen=True, eq=False)
class LossPoints:
    """What no deal costs a party: points a year, [..., n], at n times in years from signature."""

    years: tuple[float, ...]
    points: Array


@dataclass(frozen=True, eq=False)
class Numbers:
    """Stakes, limits, rates and times of a model: each array of one value, or with a leading axis of draws.

    P parties, C columns of M measures and J interactions, X exits in the model's order. Arrays with and without draws
    may stand side by side. `dataclasses.replace` makes others; `Numbers.of` reads those of a model.
    """

    valued: Flags
    """[P] who values anything, the same for all draws."""
    flows: tuple[Layer, ...]
    """Points a year while in force, [..., P, C]."""
    once: Array
    """[..., P, C] points at entry."""
    intrusion: tuple[Layer, ...]
    """Points a year of inspecting, [..., P, M]."""
    intrusion_once: Array
    """[..., P, M]"""
    over: Array
    """[..., P, M] points a year once the deal is over."""
    walk_away: Array
    """[..., P] points, as are `collapse` and `limit`."""
    collapse: Array
    limit: Array
    """Infinite where there is none."""
    no_deal: tuple[LossPoints, ...]
    """[P]"""
    discount: Array
    """[..., P] a year, continuous; NaN where a party states none."""
    response: Array
    """[..., P] years from seeing a breach to answering it."""
    undo: Array
    """[..., M] years; infinite where it cannot be undone."""
    keeps: Array
    """[..., M] share that stays after undoing."""
    detects: Array
    """[..., M] rate a year at which cheating is seen, besides by visits."""
    delay: Array
    """[..., M] years from seeing to saying so."""
    visits: tuple[Watch | None, ...]
    """[M] by what visits cheating is seen, the same for all draws; its own rate does not count."""
    exit_rate: Array
    """[..., X] a year."""
    exit_chance: Array
    """[..., X]"""

    @classmethod
    def of(cls, model: Model) -> Numbers:
        """One value of everything."""
        return cls(
            valued=model.valued,
            flows=tuple(Layer(*layer) for layer in model.layers),
            once=model.once,
            intrusion=tuple(Layer(*layer) for layer in model.intrusion),
            intrusion_once=model.intrusion_once,
            over=model.over,
            walk_away=model.walk_away,
            collapse=model.collapse,
            limit=model.limit,
            no_deal=tuple(_course(points) for points in model.losses),
            discount=model.discount,
            response=model.response,
            undo=model.undo,
            keeps=model.keeps,
            detects=np.array([w.rate if w else 0.0 for w in model.detection]),
            delay=model.delay,
            visits=model.detection,
            exit_rate=np.array([x.rate for x in model.exits]),
            exit_chance=np.array([x.chance for x in model.exits]),
        )

    @classmethod
    def stacked(cls, several: Sequence[Numbers]) -> Numbers:
        """Sets of numbers as draws. They agree in when growth ends, when losses turn, and visits, or ValueError."""
        first = several[0]
        if any(x._fixed() != first._fixed() for x in several):
            raise ValueError("draws of one bundle share the ends of growth, the turns of losses, and visits")
        stacked: dict[str, Any] = {
            f.name: np.stack([getattr(x, f.name) for x in several])
            for f in fields(cls)
            if f.name != "valued" and isinstance(getattr(first, f.name), np.ndarray)
        }
        flows, intrusion = (
            tuple(
                Layer(one.until, np.stack([getattr(x, name)[i].points for x in several]))
                for i, one in enumerate(getattr(first, name))
            )
            for name in ("flows", "intrusion")
        )
        no_deal = tuple(
            LossPoints(one.years, np.stack([x.no_deal[p].points for x in several]))
            for p, one in enumerate(first.no_deal)
        )
        return replace(first, flows=flows, intrusion=intrusion, no_deal=no_deal, **stacked)

    def _fixed(self) -> tuple[object, ...]:
        """What no array holds."""
        untils = (tuple(x.until for x in layers) for layers in (self.flows, self.intrusion))
        visits = tuple(None if w is None else replace(w, rate=0.0) for w in self.visits)
        return (self.valued.tobytes(), *untils, tuple(x.years for x in self.no_deal), visits)

    @property
    def draws(self) -> int | None:
        """How many; None where everything has one value. Raises ValueError where arrays disagree."""
        found = {len(x) for x in self._arrays() if x is not None}
        if len(found) > 1:
            raise ValueError(f"arrays of {' and '.join(map(str, sorted(found)))} draws in one bundle")
        return found.pop() if found else None

    def _arrays(self) -> Iterable[Array | None]:
        """Each array that has draws."""
        for f in fields(self):
            x = getattr(self, f.name)
            if isinstance(x, np.ndarray):
                yield x if x.ndim > (2 if f.name in SQUARE else 1) else None
        for course in self.no_deal:
            yield course.points if course.points.ndim > 1 else None
        for flow in (*self.flows, *self.intrusion):
            yield flow.points if flow.points.ndim > 2 else None

    def draw(self, i: int) -> Numbers:
        """One draw, as numbers of one value."""

        def one(x: Array, axes: int) -> Array:
            chosen: Array = x[i] if x.ndim > axes else x
            return chosen

        found: dict[str, Any] = {}
        for f in fields(self):
            x = getattr(self, f.name)
            if isinstance(x, np.ndarray):
                found[f.name] = one(x, 2 if f.name in SQUARE else 1)
        return replace(
            self,
            **found
            | {
                "flows": tuple(Layer(x.until, one(x.points, 2)) for x in self.flows),
                "intrusion": tuple(Layer(x.until, one(x.points, 2)) for x in self.intrusion),
                "no_deal": tuple(LossPoints(x.years, one(x.points, 1)) for x in self.no_deal),
            },
        )

    def minded(self, model: Model) -> tuple[Flags, Flags, Flags]:
        """[..., P, M] `costs`, `minds` and `dreads` of a model that had these numbers."""
        layers, added = _layers(self.flows), _layers(self.intrusion)
        return minded(model.by, rates(self.discount, self.valued), layers, self.once, added)

    def into(self, model: Model) -> Model:
        """A model that has these numbers of one value, and another's structure; its `dossier` says the other's."""
        costs, minds, dreads = self.minded(model)
        watches = zip(self.visits, self.detects, strict=True)
        leavings = zip(model.exits, self.exit_rate, self.exit_chance, strict=True)
        return replace(
            model,
            valued=self.valued,
            discount=self.discount,
            rho=rates(self.discount, self.valued),
            layers=_layers(self.flows),
            once=self.once,
            intrusion=_layers(self.intrusion),
            intrusion_once=self.intrusion_once,
            over=self.over,
            costs=costs,
            minds=minds,
            dreads=dreads,
            undo=self.undo,
            keeps=self.keeps,
            response=self.response,
            walk_away=self.walk_away,
            collapse=self.collapse,
            limit=self.limit,
            losses=tuple(tuple(zip(x.years, x.points.tolist(), strict=True)) for x in self.no_deal),
            exits=tuple(replace(x, rate=float(r), chance=float(c)) for x, r, c in leavings),
            detection=tuple(None if w is None else replace(w, rate=float(r)) for w, r in watches),
            delay=self.delay,
        )


def _course(points: tuple[tuple[float, float], ...]) -> LossPoints:
    years, amounts = zip(*points, strict=True)
    return LossPoints(years, np.array(amounts))


def _layers(flows: tuple[Layer, ...]) -> Layers:
    return tuple((x.until, x.points) for x in flows)
