"""Linear functions of a plan, with terms on products of what is in force. Nothing here knows what they mean.

Column 0 of the period axis stands for "before signature".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array
from detente.model.rows.arrays import TINY
from detente.model.rows.conditions import Expression
from detente.model.tolerance import FULL

Coefficients = dict[tuple[Any, ...], float]
"""Coefficients on expressions."""


class Expressions:
    """The expressions that rows speak of, each with its number."""

    def __init__(self) -> None:
        self.all: list[Expression] = []
        self._number: dict[Expression, int] = {}
        self._about: dict[Hashable, dict[int, int]] = {}

    def about(self, what: Hashable) -> dict[int, int]:
        """The numbers of expressions about one thing, by whatever tells these apart."""
        return self._about.setdefault(what, {})

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


@dataclass(frozen=True, eq=False)
class TermRows(Sequence[Coefficients]):
    """Coefficients of many rows, R of them, on expressions, row by row."""

    starts: NDArray[np.int64]
    """[R+1] where those of each row begin."""
    number: NDArray[np.int64]
    """Of each coefficient its expression's place in `expressions`."""
    value: Array
    expressions: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, rows: Sequence[Coefficients]) -> TermRows:
        number: dict[tuple[Any, ...], int] = {}
        places = [number.setdefault(e, len(number)) for row in rows for e in row]
        values = [c for row in rows for c in row.values()]
        return cls(_starts(map(len, rows)), np.array(places, np.int64), np.array(values, float), tuple(number))

    @classmethod
    def joined(cls, parts: Sequence[TermRows]) -> TermRows:
        """Those of some rows and, behind them, of others."""
        number: dict[tuple[Any, ...], int] = {}
        places = [np.array([number.setdefault(e, len(number)) for e in x.expressions], np.int64) for x in parts]
        numbers = [place[x.number] for place, x in zip(places, parts, strict=True)]
        counts = np.concatenate([np.diff(x.starts) for x in parts])
        return cls(_starts(counts), np.concatenate(numbers), np.concatenate([x.value for x in parts]), tuple(number))

    def only(self, rows: NDArray[np.intp]) -> TermRows:
        """Those of some rows, in order."""
        there = np.zeros(len(self), bool)
        there[rows] = True
        chosen = there[self._row]
        return TermRows(_starts(np.diff(self.starts)[rows]), self.number[chosen], self.value[chosen], self.expressions)

    def total(self, negative: Array, positive: Array) -> Array:
        """[R] Σ coefficient × expression, given what each is worth to negative coefficients and to positive ones."""
        values = np.where(self.value < 0, negative[self.number], positive[self.number])
        return np.asarray(np.bincount(self._row, self.value * values, len(self)), float)

    @cached_property
    def _row(self) -> NDArray[np.intp]:
        """Of each coefficient its row."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, r: int) -> Coefficients:  # type: ignore[override]
        some = slice(self.starts[r], self.starts[r + 1])
        return {self.expressions[n]: c for n, c in zip(self.number[some], self.value[some].tolist(), strict=True)}


def _starts(counts: Iterable[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *counts])


def truth(expression: Expression, shares: Array) -> float:
    """Value of an expression for a plan's shares ([M, K+1])."""
    if isinstance(expression, bool):
        return float(expression)
    kind = expression[0]
    if kind == "in":
        return float(shares[expression[1], expression[2] + 1] >= FULL)
    if kind == "rise":
        _, m, k, k0, needed = expression
        return float(shares[m, k + 1] - shares[m, k0 + 1]) * truth(needed, shares)
    parts = [truth(part, shares) for part in expression[1]]
    return min(parts) if kind == "all" else max(parts)
