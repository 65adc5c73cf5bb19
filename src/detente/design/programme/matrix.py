"""The matrix of a mixed-integer linear programme that grows: columns with bounds, rows as {column: coefficient}."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import highspy
import numpy as np

from detente.design.programme.linear import Linear
from detente.errors import DetenteError
from detente.model.numeric import Array

INF = highspy.kHighsInf
LARGEST, LEAST = 1e7, 1e-12
"""Coefficients that HiGHS is given: a row with a larger one is scaled down, a smaller one is left out."""
SPREAD = 1e4
"""How far the coefficients of an objective may lie apart without the smaller ones being lost in HiGHS's tolerances."""
FEASIBLE = 1e-9
"""Within which HiGHS takes a row, or a whole number, for met."""


class Refused(DetenteError):
    """HiGHS took what it was given for an error: what it would say after that means nothing."""


@contextmanager
def _silent_stdout() -> Iterator[None]:
    """Send what C code writes to standard output nowhere: HiGHS greets there when it is made, whatever its options."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # standard output is closed: nothing to protect
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


class Matrix:
    """Columns with bounds, rows as {column: coefficient}, and an objective to maximise, as HiGHS holds them."""

    def __init__(self) -> None:
        with _silent_stdout():
            self.h = highspy.Highs()
        self.set_options(output_flag=False, log_to_console=False, small_matrix_value=LEAST)
        self.took(self.h.changeObjectiveSense(highspy.ObjSense.kMaximize))
        self.columns = 0
        self.rows = 0
        self.integer: set[int] = set()
        self._said: dict[int, tuple[float, float]] = {}
        """Rows that were scaled down or widened: by what factor, by how much before that."""
        self.objective: Mapping[int, float] = {}
        self.unit = 1.0
        """HiGHS maximises in this unit, in which the objective's coefficients are 1 to SPREAD; all is told without."""

    @staticmethod
    def took(status: Any) -> None:
        """HiGHS says of every change whether it made it. Raises Refused where it did not."""
        if status == highspy.HighsStatus.kError:
            raise Refused("the solver refused a part of the programme: please report this dossier")

    def set_options(self, **options: Any) -> None:
        for name, value in options.items():
            self.took(self.h.setOptionValue(name, value))

    def add_columns(self, low: Array, high: Array, *, integer: bool) -> range:
        n = len(low)
        first = self.columns
        self.took(self.h.addVars(n, low, high))
        self.columns += n
        if integer:
            self.integer |= set(range(first, first + n))
        return range(first, first + n)

    def add_column(self, low: float = 0.0, high: float = 1.0, *, integer: bool = False) -> int:
        return self.add_columns(np.array([low]), np.array([high]), integer=integer)[0]

    def add_row(self, row: Mapping[int, float], low: float = -INF, high: float = INF) -> int:
        """Add a row; where it must be scaled down, what is then too small to say, of columns in 0..1, widens it."""
        factor = LARGEST / max(LARGEST, max(map(abs, row.values()), default=0.0))
        said, left_out = {}, 0.0
        for c, v in row.items():
            if abs(v) * factor > LEAST:
                said[c] = v * factor
            else:
                left_out += abs(v)
        index, value = np.fromiter(said, np.int32, len(said)), np.fromiter(said.values(), float, len(said))
        if (factor, left_out) != (1.0, 0.0):
            self._said[self.rows] = factor, left_out
        self.took(self.h.addRow(*self._bounds(self.rows, low, high), len(said), index, value))
        self.rows += 1
        return self.rows - 1

    def hold(self, linear: Linear, low: float = -INF, high: float = INF) -> int:
        """Add a row: a linear function keeps between two values."""
        return self.add_row(linear.row, low=low - linear.const, high=high - linear.const)

    def _bounds(self, row: int, low: float, high: float) -> tuple[float, float]:
        factor, left_out = self._said.get(row, (1.0, 0.0))
        return (low - left_out) * factor, (high + left_out) * factor

    def set_row(self, row: int, low: float = -INF, high: float = INF) -> None:
        self.took(self.h.changeRowBounds(row, *self._bounds(row, low, high)))

    def set_coefficient(self, row: int, column: int, value: float) -> None:
        self.took(self.h.changeCoeff(row, column, value * self._said.get(row, (1.0, 0.0))[0]))

    def set_bounds(self, column: int, low: float, high: float) -> None:
        self.took(self.h.changeColBounds(column, low, high))

    def set_many_bounds(self, low: Array, high: Array) -> None:
        """Bounds of the first columns, as many as are given."""
        self.took(self.h.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high))

    def bounds(self, columns: int) -> tuple[Array, Array]:
        """Bounds of the first so many columns."""
        lp = self.h.getLp()
        return np.array(lp.col_lower_[:columns]), np.array(lp.col_upper_[:columns])

    def set_objective(self, row: Mapping[int, float]) -> None:
        self.objective = dict(row)
        sizes = [abs(v) for v in row.values() if v]
        self.unit = max(min(sizes), max(sizes) / SPREAD) if sizes else 1.0
        self.set_costs(row)

    def set_costs(self, row: Mapping[int, float]) -> None:
        cost = np.zeros(self.columns)
        for c, v in row.items():
            cost[c] = v / self.unit
        self.took(self.h.changeColsCost(self.columns, np.arange(self.columns, dtype=np.int32), cost))
