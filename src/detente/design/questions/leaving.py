"""Conditions of a fixed plan where a party leaves more or less often, as what-ifs: where they fail first.

They say where to look; what is printed is judged. The conditions are some that the judge has found tightest, at the
moments at which it did.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from itertools import count

import numpy as np

from detente.model.judge.check import Judge, Slack
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.rows.laws import Leaving
from detente.model.rows.moments import Moment
from detente.model.rows.temptation import Label, Switch
from detente.model.tolerance import SLIGHT
from detente.model.what_if.asking import WhatIf
from detente.model.what_if.numbers import Numbers

Concern = tuple[str, str | None, str | None, str | None]
"""Kind, party, other and measure of some conditions."""
Edge = tuple[float, Array]
"""A chance, and the margins of all rows there."""
ALWAYS = Switch("always")
NOTHING = 1e-3
"""Points below which nothing is at stake: rounding is no part of less."""
NEVER = 1e-9
"""A chance that is none."""


def about(row: Slack) -> Concern:
    return row.kind, row.party, row.other, row.measure


class Leavings:
    """Some conditions of a plan, R of them, where one party leaves at a rate in place of all that are stated."""

    def __init__(self, model: Model, party: int, shares: Array, rows: Iterable[Slack]) -> None:
        """`shares`: [M, K+1] of the plan; `rows`: as they are where the party never leaves."""
        others = [replace(x, rate=0.0) if x.party == party else x for x in model.exits]
        self.model = replace(model, exits=(*others, Leaving(party, 0.0, 0.0, 0.0)))
        self.shares, self.numbers = shares, Numbers.of(self.model)
        self._take(rows)

    def _take(self, rows: Iterable[Slack]) -> None:
        self.rows = tuple(rows)
        self.what_if = WhatIf(self.model, self.shares, [_label(self.model, row) for row in self.rows])
        self.size = np.maximum([size(row) for row in self.rows], NOTHING)

    def with_rows(self, rows: Iterable[Slack]) -> Leavings:
        """The same of these rows."""
        others = copy(self)
        others._take(rows)
        return others

    def margins(self, chance: float) -> Array:
        """[R] slacks in units of their sizes, from where the judge refuses them, at a chance a year of leaving."""
        rates = self.numbers.exit_rate.copy()
        rates[-1] = -math.log1p(-chance)
        slacks = self.what_if.under(replace(self.numbers, exit_rate=rates)).slacks
        margins: Array = slacks / self.size + SLIGHT
        return margins

    def edge(self, kept: Edge, broken: Edge, precision: float) -> float:
        """A chance at which the first of all rows fails that fail at one chance, and are all met at another.

        By the secant, in whose stead every fourth step halves; an end that stays counts half (Illinois).
        """
        failing = broken[1] < 0
        some = self.with_rows(row for row, there in zip(self.rows, failing, strict=True) if there)
        (a, low), (b, high) = ((chance, float(margins[failing].min())) for chance, margins in (kept, broken))
        failed: bool | None = None
        for step in count(1):
            near = precision * b
            if b - a <= near or b < NEVER:
                break
            x = (a + b) / 2 if step % 4 == 0 else b - (b - a) * high / (high - low)
            x = min(max(x, a + near / 2), b - near / 2)
            margin = float(some.margins(x).min())
            if margin < 0:
                b, high, low, failed = x, margin, low / 2 if failed else low, True
            else:
                a, low, high, failed = x, margin, high / 2 if failed is False else high, False
        return b


def size(row: Slack) -> float:
    """What a slack is a part of: the party's scale, or what it is the difference of."""
    return max(row.scale, abs(row.keep or 0.0), abs(row.deviate or 0.0), 1e-300)


def shares_of(judge: Judge, plan: Plan) -> Array | None:
    """[M, K+1] of a plan as it is judged; None where it enters something on no date of the grid."""
    timing = judge.terms.clock.timing(plan)
    if timing.off or timing.shrinks:
        return None
    shares = np.zeros((len(timing.rises), len(judge.dossier.grid.dates) + 1))
    for m, rises in enumerate(timing.rises):
        for period, rise in rises:
            shares[m, period + 1 :] += rise
    return shares


def _label(model: Model, row: Slack) -> Label:
    party, other = (-1 if x is None else model.parties.index(x) for x in (row.party, row.other))
    measure = -1 if row.measure is None else model.index[row.measure]
    at = leaves = None
    if row.years is not None and row.moment is not None:
        at = Moment.at(model.tau, row.years, row.moment)
    if row.leaves_years is not None and row.leaves_moment is not None:
        leaves = Moment.at(model.tau, row.leaves_years, row.leaves_moment)
    return Label(row.kind, party, other, measure, -1, ALWAYS, at, leaves)  # type: ignore[arg-type]
