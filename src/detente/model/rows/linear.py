"""Linear functions of a plan, with terms on products of what is in force. Nothing here knows what they mean.

Column 0 of the period axis stands for "before signature".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array
from detente.model.rows.arrays import TINY
from detente.model.rows.conditions import Expression

Coefficients = dict[tuple[Any, ...], float]
"""Coefficients on expressions."""


class Expressions:
    """The expressions that rows speak of, each with its number."""

    def __init__(self) -> None:
        self.all: list[Expression] = []
        self._number: dict[Expression, int] = {}

    def number(self, expression: Expression) -> int:
        """The number of an expression, given to it when it is first met."""
        if expression not in self._number:
            self._number[expression] = len(self.all)
            self.all.append(expression)
        return self._number[expression]

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, number: int) -> Expression:
        return self.all[number]


@dataclass
class Rows:
    """Linear functions of a plan: const + Σ coef[i, m, k+1]·f[m,k] + Σ terms[i][e]·e, one for each moment i."""

    coef: Array
    """[moments, M, K+1]; period axis as in `Model.edges`."""
    const: Array
    """[moments]"""
    cells: list[tuple[NDArray[np.int64], NDArray[np.int64], Array]] = field(default_factory=list)
    """(moment, number of an expression, coefficient) of the terms, in pieces that add up."""
    expressions: Expressions = field(default_factory=Expressions)
    """Shared by the rows of one valuation."""

    def add(self, i: NDArray[np.int64], number: NDArray[np.int64], amount: Array) -> None:
        self.cells.append((i, number, amount))

    def minus(self, other: Rows) -> Rows:
        """This less the other, moment by moment."""
        mine = [] if len(self.const) < len(other.const) else self.cells
        if len(self.const) < len(other.const):  # one row of this serves all
            every = np.arange(len(other.const))
            mine = [
                (np.repeat(every, len(i)), np.tile(number, len(every)), np.tile(amount, len(every)))
                for i, number, amount in self.cells
            ]
        cells = mine + [(i, number, -amount) for i, number, amount in other.cells]
        return Rows(self.coef - other.coef, self.const - other.const, cells, self.expressions)

    def plus(self, other: Rows) -> Rows:
        """The sum, moment by moment."""
        cells = self.cells + other.cells
        return Rows(self.coef + other.coef, self.const + other.const, cells, self.expressions)

    def scaled(self, factor: Array) -> Rows:
        cells = [(i, number, amount * factor[i]) for i, number, amount in self.cells]
        return Rows(self.coef * factor[:, None, None], self.const * factor, cells, self.expressions)

    @property
    def terms(self) -> list[Coefficients]:
        """For each moment its coefficients on expressions."""
        found: list[Coefficients] = [{} for _ in self.const]
        if not self.cells:
            return found
        i, number, amount = (np.concatenate(x) for x in zip(*self.cells, strict=True))
        width = len(self.expressions)
        used, where = np.unique(i * width + number, return_inverse=True)
        for cell, total in zip(used, np.bincount(where, weights=amount), strict=True):
            expression = self.expressions[cell % width]
            assert not isinstance(expression, bool)
            if abs(total) > TINY:
                found[cell // width][expression] = float(total)
        return found


def truth(expression: Expression, shares: Array) -> float:
    """Value of an expression for a plan's shares ([M, K+1])."""
    if isinstance(expression, bool):
        return float(expression)
    kind = expression[0]
    if kind == "in":
        return float(shares[expression[1], expression[2] + 1] >= 1 - 1e-9)
    if kind == "rise":
        _, m, k, k0, needed = expression
        return float(shares[m, k + 1] - shares[m, k0 + 1]) * truth(needed, shares)
    parts = [truth(part, shares) for part in expression[1]]
    return min(parts) if kind == "all" else max(parts)
