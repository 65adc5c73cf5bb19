"""Coefficients of many rows on the shares of a plan, where there are any: rows of one block share measures and periods.

A row at a moment says nothing of measures that its two sides value alike, and nearly nothing of the periods before it:
two thirds of a matrix of all rows would be zeros. Blocks are shared by whoever holds rows, and never copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Indices
from detente.model.rows.arrays import Model


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows, R of them, on the shares f[m,k] of n measures from one period on."""

    coef: Array
    """[R, n, K − first]"""
    measures: Indices
    """[n]"""
    first: int
    standing: Array
    """[R, M] what the shares in force before signature contribute."""
    least: Array
    """[R, n] the least that each measure contributes over all its ways to enter, or not."""

    @classmethod
    def of(cls, model: Model, coef: Array) -> Block:
        """Of coefficients [R, M, K+1], the first those on what is in force before signature."""
        there = np.any(coef[:, :, 1:], axis=0)
        measures = np.flatnonzero(there.any(axis=1))
        first = int(np.append(there.any(axis=0), True).argmax())
        some = np.ascontiguousarray(coef[:, measures, 1 + first :])
        return cls(some, measures, first, coef[:, :, 0] * model.state, _least(model, some, measures))

    def times(self, f: Array) -> Array:
        """[R] Σ coefficient · f, of shares [M, K]."""
        shares = f[self.measures, self.first :].ravel()
        product: Array = self.coef.reshape(len(self.coef), len(shares)) @ shares
        return product

    def only(self, rows: NDArray[np.intp]) -> Block:
        """Some of the rows."""
        if len(rows) == len(self.coef):
            return self
        return Block(self.coef[rows], self.measures, self.first, self.standing[rows], self.least[rows])


def _least(model: Model, coef: Array, measures: Indices) -> Array:
    """`Block.least`: what is in force stays so, and what is divisible keeps the share in force."""
    if not coef.size:
        return np.zeros(coef.shape[:2])
    tail = np.cumsum(coef[:, :, ::-1], axis=2)
    least, whole = np.minimum(tail.min(axis=2), 0.0), tail[:, :, -1]
    state = np.where(model.divisible, model.state, model.state > 0)[measures]
    result: Array = whole * state + least * (1 - state)
    return result


@dataclass(frozen=True, eq=False)
class Blocks:
    """Coefficients of rows, R of them in order, on the shares f[m,k] of M measures in K periods."""

    shape: tuple[int, int]
    """M, K"""
    all: tuple[Block, ...]

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """The first row of each block, and how many rows there are."""
        return np.cumsum([0, *(len(block.coef) for block in self.all)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def _place(self, r: int) -> tuple[Block, int]:
        """The block that holds a row, and the row's number in it."""
        b = int(np.searchsorted(self.starts, r, side="right")) - 1
        return self.all[b], r - int(self.starts[b])

    def of(self, r: int) -> Array:
        """[M, K] coefficients of one row."""
        (block, i), whole = self._place(r), np.zeros(self.shape)
        whole[block.measures, block.first :] = block.coef[i]
        return whole

    def whole(self) -> Array:
        """[R, M, K]"""
        return np.array([self.of(r) for r in range(len(self))]).reshape(-1, *self.shape)

    def least_of(self, r: int) -> Array:
        """[M] the least that each measure contributes to one row."""
        (block, i), least = self._place(r), np.zeros(self.shape[0])
        least[block.measures] = block.least[i]
        return least

    def standing_of(self, r: int) -> Array:
        """[M] what the shares in force before signature contribute to one row."""
        block, i = self._place(r)
        standing: Array = block.standing[i]
        return standing

    @cached_property
    def least(self) -> Array:
        """[R] the least that all measures contribute to each row."""
        return _end_to_end(block.least.sum(axis=1) for block in self.all)

    def times(self, f: Array) -> Array:
        """[R] Σ coefficient · f, of shares [M, K]."""
        return _end_to_end(block.times(f) for block in self.all)

    def only(self, rows: NDArray[np.intp]) -> Blocks:
        """Some of the rows, in order."""
        ends = np.searchsorted(rows, self.starts)
        parts = zip(self.all, self.starts[:-1], ends[:-1], ends[1:], strict=True)
        return Blocks(self.shape, tuple(block.only(rows[a:b] - start) for block, start, a, b in parts if a < b))


def _end_to_end(parts: Iterable[Array]) -> Array:
    return np.concatenate([np.zeros(0), *parts])
