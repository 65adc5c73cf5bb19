"""The columns of a plan's programme: shares f[m,k], and behind them what rows turn out to need.

f[m,k] is the share of measure m in force in period k: 0 or 1, or anything between for divisible measures; it never
falls. A column of an expression (`detente.model.rows.conditions`) equals it wherever the shares are whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np

from detente.design.programme.linear import ALWAYS, NEVER, Linear, LinearForm, combine
from detente.design.programme.program import Program
from detente.design.programme.ready import earliest_periods
from detente.model.numeric import Array
from detente.model.rows.arrays import Model
from detente.model.rows.conditions import Expression, in_force
from detente.model.rows.linear import Coefficients

SOME = 1e-4
"""Least share of a divisible measure that counts as some; what is missing from all counts as less than all."""


class Columns:
    """What the columns of a programme stand for; adds those that are asked for, each once."""

    def __init__(self, model: Model, program: Program) -> None:
        self.model, self.program = model, program
        self.earliest = earliest_periods(model)
        """[M] first period in which a measure could enter (K where none), by its own work and what it needs."""
        self.parts = {self.f(int(m), k) for m in np.flatnonzero(model.divisible) for k in range(model.K)}
        """Columns of shares that need not be whole."""
        self.of: dict[Expression, int] = {}
        """Columns of the expressions that rows have needed."""
        self._entering: dict[int, int] = {}
        self._performing: dict[int, Linear] = {}
        _add_shares(self)

    def f(self, m: int, k: int) -> int:
        """Column of the share of m in force in period k ≥ 0."""
        return m * self.model.K + k

    # --- truths ------------------------------------------------------------------------------------------------

    def all_in(self, m: int, k: int) -> Linear:
        """1 exactly where all of m is in force in period k (k = −1: before signature)."""
        return self.holds(in_force(m, k, float(self.model.state[m])))

    def holds(self, expression: Expression) -> Linear:
        """1 exactly where an expression holds, or what it is worth."""
        if isinstance(expression, bool):
            return ALWAYS if expression else NEVER
        return Linear.of(self.column(expression))

    def some(self, m: int) -> Linear:
        """1 exactly where any of m is in the plan, what the state has in force included."""
        return ALWAYS if self.model.state[m] > 0 else Linear.of(self.enters(m))

    def performs(self, p: int) -> Linear:
        """1 while party p performs something in the plan."""
        if p not in self._performing:
            mine = [self.some(int(m)) for m in np.flatnonzero(self.model.by[p])]
            always = ALWAYS in mine
            self._performing[p] = (
                ALWAYS if always else Linear.of(self._joined("any", [c for one in mine for c in one.row]))
            )
        return self._performing[p]

    # --- columns that rows need --------------------------------------------------------------------------------

    def column(self, expression: Expression) -> int:
        """The column that equals an expression which hangs on the plan."""
        assert not isinstance(expression, bool)
        if expression not in self.of:
            kind = expression[0]
            if kind == "in":
                self.of[expression] = self._whole(expression[1], expression[2])
            elif kind == "rise":
                self.of[expression] = self._rise(*expression[1:])
            else:
                self.of[expression] = self._joined(kind, [self.column(part) for part in expression[1]])
        return self.of[expression]

    def _joined(self, kind: Literal["all", "any"], parts: Sequence[int]) -> int:
        """Column that is 1 exactly where all, or any, of some columns are."""
        column = self.program.add_column()
        sign = 1.0 if kind == "all" else -1.0
        for part in parts:
            self.program.add_row({part: sign, column: -sign}, low=0.0)
        beyond = combine(*[(sign, {part: 1.0}) for part in parts], (1.0, {column: -sign}))
        self.program.add_row(beyond, high=len(parts) - 1 if kind == "all" else 0.0)
        return column

    def _whole(self, m: int, k: int) -> int:
        """Column that is 1 exactly where all of m is in force in period k ≥ 0."""
        if not self.model.divisible[m]:
            return self.f(m, k)
        c = self.program.add_column(integer=True)
        self.program.add_row({self.f(m, k): 1.0, c: -1.0}, low=0.0)
        self.program.add_row({self.f(m, k): 1.0, c: -SOME}, high=1.0 - SOME)
        return c

    def _rise(self, m: int, k: int, k0: int, needed: Expression) -> int:
        """Column for (f[m,k] − f[m,k0])·needed."""
        b = self.column(needed)
        rise: LinearForm = {self.f(m, k): 1.0}
        const = 0.0
        if k0 >= 0:
            rise[self.f(m, k0)] = -1.0
        else:
            const = -float(self.model.state[m])
        z = self.program.add_column()
        if self.model.divisible[m]:
            self.parts.add(z)
        self.program.add_row({z: 1.0, b: -1.0}, high=0.0)
        self.program.add_row(combine((1.0, {z: 1.0}), (-1.0, rise)), high=const)
        self.program.add_row(combine((1.0, {z: 1.0}), (-1.0, rise), (-1.0, {b: 1.0})), low=const - 1.0)
        return z

    def enters(self, m: int) -> int:
        """Column that is 1 exactly where some of m enters on the grid."""
        last = self.f(m, self.model.K - 1)
        if not self.model.divisible[m]:
            return last
        if m not in self._entering:
            u, state = self.program.add_column(integer=True), float(self.model.state[m])
            self.program.add_row({last: 1.0, u: -1.0}, high=state)
            self.program.add_row({last: 1.0, u: -SOME}, low=state)
            self._entering[m] = u
        return self._entering[m]

    @cached_property
    def entering(self) -> list[int]:
        """Columns that are 1 exactly where something of a measure enters on the grid, one for each that can."""
        free = (self.model.state == 0) | self.model.divisible
        return [self.enters(int(m)) for m in np.flatnonzero(free & self.model.real)]


def linear_of(columns: Columns, coefficients: Array, terms: Coefficients, const: float) -> Linear:
    """const + Σ coefficients·f + Σ terms; coefficients [M·K]."""
    row: LinearForm = {int(c): float(coefficients[c]) for c in np.flatnonzero(coefficients)}
    for e, v in terms.items():
        column = columns.column(e)
        row[column] = row.get(column, 0.0) + v
    return Linear(row, const)


def _add_shares(columns: Columns) -> None:
    """The shares, each never falling, and none before it could enter."""
    model, program = columns.model, columns.program
    K = model.K
    low, high = np.repeat(model.state, K), np.ones(model.M * K)
    for m in np.flatnonzero((model.state == 0) | model.divisible):
        high[m * K : m * K + columns.earliest[m]] = model.state[m]
    program.add_columns(low, high, integer=False)
    whole = np.repeat(~model.divisible, K) & (high > 0)
    program.integer |= set(np.flatnonzero(whole).tolist())
    for n in range(model.M):
        for k in range(1, K):
            now, before = columns.f(n, k), columns.f(n, k - 1)
            if high[before] > low[before]:
                program.add_row({now: 1.0, before: -1.0}, low=0.0)
