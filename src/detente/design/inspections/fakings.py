"""Cheating under any choice of regimes: the rows on it that hang on the regimes, worked out when asked for. DESIGN §5.

A block of rows on faking m stands for one regime of m and for which measures of the faker are seen no faster than m,
which hangs on their regimes too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from detente.design.inspections.regimes import SAME, Choice, Inspection, Menus, confirms, spread
from detente.design.plan.judging import key_of, key_of_row, rows_of
from detente.design.programme.known import Known
from detente.dossier.schema import Verify
from detente.errors import UsageError
from detente.model.judge.check import Slack
from detente.model.numeric import Array, Flags
from detente.model.rows.answered import AnswerRows
from detente.model.rows.arrays import TINY, Model
from detente.model.rows.detection import NEVER, Watch, watch
from detente.model.rows.faking import speed
from detente.model.rows.temptation import Conditions, joined

AT_ONCE = Watch(1e9)
"""Stands for a measure that is seen sooner than any other."""


class Faking(NamedTuple):
    """Faking m by q, under a regime of m, together with `members`: what a block of rows stands for."""

    q: int
    m: int
    place: int
    members: frozenset[int]


class Fakings:
    """The rows on cheating of a dossier under any choice of regimes, worked out when they are asked for."""

    def __init__(self, menus: Menus) -> None:
        self.menus = menus
        self.ways = [[menus.way(i, place) for place in range(len(menu.places))] for i, menu in enumerate(menus.menus)]
        """[menu][place] what counts of each measure's verification."""
        quickest = tuple(int(np.argmin([confirms(v) for v in ways])) for ways in self.ways)
        dossier, self.inspections = spread(menus, quickest)
        self.model = model = _like_the_inspected(Model.of(dossier), self.inspections)
        """Under the regimes that confirm soonest: what its order and links allow, some choice may allow."""
        self.menu = {model.index[menu.measure]: i for i, menu in enumerate(menus.menus)}
        self._answered_alike()
        self.known = Known(model)
        """Its rows are those that no regime changes."""
        self.pairs = self.known.seldom.fakings
        """(q, m): what q can fake."""
        self.together = {model.index[n] for c in model.conditions for n in c.measures}
        """Measures that interact with others."""
        self._blocks: dict[Faking, Conditions] = {}
        self.difference = lru_cache(maxsize=400)(self._difference)
        self.speed = lru_cache(maxsize=None)(self._speed)

    def _answered_alike(self) -> None:
        """Raises UsageError where what an answer brings hangs on a regime: no row here knows of that."""
        model, inspected = self.model, {self.model.index[x.measure] for x in self.inspections}
        for pause in model.pauses:
            alarmed = {m for m in pause.to if m in self.menu and _differ(self.ways[self.menu[m]])}
            for m in sorted(alarmed | (inspected & {*pause.to, *pause.stops})):
                raise UsageError(
                    f"what the answer {pause.name!r} brings hangs on the regime of {model.measures[m]!r}: choose that "
                    f"regime in the dossier, since the programme that chooses plan and regimes together cannot"
                )

    def place(self, m: int, choice: Choice) -> int:
        return choice[self.menu[m]] if m in self.menu else 0

    def seen(self, m: int, place: int) -> tuple[Watch, float]:
        """A measure's time to detection and delay."""
        if m in self.menu:
            verify = self.ways[self.menu[m]][place]
            return watch(verify), verify.delay.value
        return self.model.detection[m] or NEVER, float(self.model.delay[m])

    def _speed(self, q: int, m: int, place: int) -> float:
        return speed(_seen(self.model, {m: self.seen(m, place)}), q, m)

    def mine(self, q: int) -> list[int]:
        return [int(n) for n in np.flatnonzero(self.model.fakeable & self.model.by[q])]

    def joins(self, q: int, n: int, its: int, m: int, place: int) -> bool:
        """Whether q's n, under its regime, is seen no faster than m."""
        return n == m or self.speed(q, n, its) <= self.speed(q, m, place) * (1 + SAME)

    def of(self, q: int, m: int, choice: Choice) -> Faking:
        place = self.place(m, choice)
        members = [n for n in self.mine(q) if self.joins(q, n, self.place(n, choice), m, place)]
        return Faking(q, m, place, frozenset(members))

    def rows(self, faking_: Faking) -> Conditions:
        """The rows on whether cheating pays on dates, and behind them those that plans were found to break besides."""
        if faking_ not in self._blocks:
            under = self._under(faking_)
            every = self.known.answering.topics()
            lapses = [AnswerRows(under).of(t) for t in every if (t.party, t.measure) == (faking_.q, faking_.m)]
            self._blocks[faking_] = joined([self.known.seldom.of((faking_.q, -1, faking_.m), under), *lapses])
        return self._blocks[faking_]

    def _under(self, faking_: Faking) -> Model:
        q, m, place, members = faking_
        seen = {n: (NEVER, 0.0) if n in members else (AT_ONCE, 0.0) for n in self.mine(q)}
        return _seen(self.model, {**seen, m: self.seen(m, place)})

    def add(self, faking_: Faking, slacks: Sequence[Slack]) -> list[int]:
        """Where the rows for some of the judge's conditions on cheating stand; those that are missing are made."""
        rows, model = self.rows(faking_), self.model
        known = {key_of_row(model, label) for label in rows.labels}
        if new := [s for s in slacks if key_of(s) not in known]:
            rows = self._blocks[faking_] = joined([rows, rows_of(self._under(faking_), new)])
        place = {key_of_row(model, label): r for r, label in enumerate(rows.labels)}
        return [place[key_of(s)] for s in slacks]

    def _difference(self, q: int, m: int, place: int) -> Array:
        """[rows on dates, M, K] what it adds to the coefficients that a measure is faked together with m."""
        sets = frozenset(self.mine(q)), frozenset({m})
        models = (self._under(Faking(q, m, place, s)) for s in sets)
        all_, alone = (self.known.seldom.of((q, -1, m), seen).coef.whole() for seen in models)
        difference: Array = all_ - alone
        return difference


def _differ(ways: Sequence[Verify]) -> bool:
    """Whether alarms are false more often under some regimes than under others."""
    return len({verify.false_alarms.value for verify in ways}) > 1


def _costs_with(model: Model, m: int, x: int) -> Flags:
    """[P] who performs m and is cost something by m and another column together."""
    standing = sum((rates[:, m] + rates[:, x] for _, rates in model.layers), np.zeros(len(model.parties)))
    costs: Flags = model.by[:, m] & (standing < -TINY)
    return costs


def _like_the_inspected(model: Model, inspections: Sequence[Inspection]) -> Model:
    """The model in which inspections are undone, and fall, with the measures that they inspect."""
    costs = model.costs.copy()
    for inspection in inspections:
        x, m = model.index[inspection.name], model.index[inspection.measure]
        if np.any((model.costs[:, m] != _costs_with(model, m, x)) & model.by[:, m]):
            raise UsageError(
                f"whether {inspection.measure!r} costs its performer something hangs on its regime: choose that "
                f"regime in the dossier, since the programme that chooses plan and regimes together cannot"
            )
        costs[:, x] = model.costs[:, m]
    return replace(model, costs=costs) if inspections else model


def _seen(model: Model, seen: Mapping[int, tuple[Watch, float]]) -> Model:
    """The model in which some measures have other times to detection and delays."""
    detection, delay = list(model.detection), model.delay.copy()
    for m, (found, years) in seen.items():
        detection[m], delay[m] = found, years
    return replace(model, detection=tuple(detection), delay=delay)
