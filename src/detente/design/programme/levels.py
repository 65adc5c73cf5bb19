"""The level of an interest, as the columns of a plan's programme have it. DESIGN §3 (interests), §5 (demands)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from detente.design.programme.columns import Columns
from detente.design.programme.linear import Linear, total
from detente.dossier.grid import years_between
from detente.dossier.schema import Dossier
from detente.model.levels import without_deal
from detente.model.rows.arrays import Model
from detente.model.rows.conditions import Expression, in_force
from detente.model.rows.conditions import holds as condition_holds
from detente.model.rows.detection import SNAP


class _Mover(NamedTuple):
    """What a measure, or an interaction, does to an interest while it is in force."""

    c: int
    """Its column in `Model`: measures first, then interactions."""
    level: float
    once: float
    rate: float
    """Levels a year."""
    until: float
    """Years from signature at which `rate` ends."""


class Level:
    """An interest's level over time as a linear function of columns, which are added where they are missing."""

    def __init__(self, columns: Columns, interest: str) -> None:
        self.columns, self.model, self.interest = columns, columns.model, interest
        self.movers = tuple(_movers(self.model.dossier, interest))

    def at_kinks(self, since: float) -> Iterator[Linear]:
        """The level at both sides of every kink from a time on."""
        model, knots = self.model, self._knots()
        for k in range(model.K):
            begin, end = max(float(model.tau[k]), since), float(model.edges[k + 2])
            if end <= since + SNAP:
                continue
            times = {begin, *(t for t in knots if begin < t < end), *((end,) if math.isfinite(end) else ())}
            yield from (self.at(k, t) for t in sorted(times))

    def at(self, k: int, t: float) -> Linear:
        """The level at time t in (or at the end of) period k, as entries stand in period k."""
        known = Linear({}, without_deal(self.model.dossier, self.interest, t))
        return total([(1.0, known), *(part for mover in self.movers for part in self._moved(mover, k, t))])

    def drift(self) -> Linear:
        """By how much a year it moves in the last period, which never ends."""
        lasting = [x for x in self.movers if x.rate and not math.isfinite(x.until)]
        return total([(x.rate, self._there(x.c, self.model.K - 1)) for x in lasting])

    def _knots(self) -> list[float]:
        """Times at which the level may turn besides those at which something enters."""
        d = self.model.dossier
        course = [years_between(d.start, day) for day, _ in d.interests[self.interest].course]
        return course + [x.until for x in self.movers if x.rate and math.isfinite(x.until)]

    def _moved(self, x: _Mover, k: int, t: float) -> Iterator[tuple[float, Linear]]:
        model = self.model
        if x.level + x.once:
            yield x.level + x.once, self._there(x.c, k)
        if x.once:
            yield -x.once, self._before(x.c)
        for j in range(k + 1) if x.rate else ():
            span = min(t, float(model.edges[j + 2]), x.until) - float(model.tau[j])
            if span > 0:
                yield x.rate * span, self._there(x.c, j)

    def _there(self, c: int, k: int) -> Linear:
        """The share of a measure, or the truth of an interaction, in period k."""
        if c < self.model.M:
            return Linear.of(self.columns.f(c, k))
        return self.columns.holds(_condition(self.model, c, k))

    def _before(self, c: int) -> Linear:
        """The same before signature."""
        if c < self.model.M:
            return Linear({}, float(self.model.state[c]))
        return Linear({}, float(_condition(self.model, c, -1) is True))


def _movers(dossier: Dossier, interest: str) -> Iterator[_Mover]:
    parts = [m.effects_on(interest) for m in dossier.measures.values()]
    parts += [(i.effects[interest],) if interest in i.effects else () for i in dossier.interactions.values()]
    for c, effects in enumerate(parts):
        for e in effects:
            rate, until = 0.0, math.inf
            if e.per_year is not None:
                rate = e.per_year.rate.value
                until = e.per_year.lasts.value if e.per_year.lasts is not None else math.inf
            yield _Mover(c, e.level.value, e.once.value, rate, until)


def _condition(model: Model, c: int, k: int) -> Expression:
    """Whether an interaction's condition holds in period k while the deal is kept."""

    def atom(n: str) -> Expression:
        return in_force(model.index[n], k, float(model.state[model.index[n]]))

    return condition_holds(model.conditions[c - model.M], atom)
