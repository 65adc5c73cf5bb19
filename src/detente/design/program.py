"""A mixed-integer linear programme that grows: columns, rows and solves, through HiGHS. Maximises."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
INF = highspy.kHighsInf
SEARCHES = (
    "mip_allow_restart",
    "mip_heuristic_run_rins",
    "mip_heuristic_run_rens",
    "mip_heuristic_run_root_reduced_cost",
    "mip_heuristic_run_feasibility_jump",
)
"""HiGHS's own searches for solutions. Where a good one is known, proving takes a third of the time without them."""


@dataclass(frozen=True)
class Answer:
    """What a solve said. `bound` is a proven upper bound on the maximum; `x` is None where nothing was found."""

    status: Literal["optimal", "infeasible", "limit", "unbounded"]
    x: Array | None
    objective: float
    bound: float


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


class Program:
    """Columns with bounds, rows as {column: coefficient}; grown row by row between solves."""

    def __init__(self, *, seed: int = 0, threads: int = 1) -> None:
        with _silent_stdout():
            self.h = highspy.Highs()
        for name, value in {
            "output_flag": False,
            "log_to_console": False,
            "random_seed": seed,
            "threads": threads,
            "mip_feasibility_tolerance": 1e-9,
            "primal_feasibility_tolerance": 1e-9,
        }.items():
            self.h.setOptionValue(name, value)
        self.h.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._stop: Callable[[Array, float], bool] | None = None
        self._stopping = False
        self.give_up: Callable[[], bool] = lambda: False
        """Asked now and then during a solve: whether to stop with what there is."""
        self._watch()
        self.columns = 0
        self.rows = 0
        self.integer: set[int] = set()

    def add_columns(self, low: Array, high: Array, *, integer: bool) -> range:
        n = len(low)
        first = self.columns
        self.h.addVars(n, low, high)
        self.columns += n
        if integer:
            self.integer |= set(range(first, first + n))
        return range(first, first + n)

    def add_column(self, low: float = 0.0, high: float = 1.0, *, integer: bool = False) -> int:
        return self.add_columns(np.array([low]), np.array([high]), integer=integer)[0]

    def add_row(self, row: Mapping[int, float], low: float = -INF, high: float = INF) -> int:
        items = [(c, v) for c, v in row.items() if v != 0.0]
        index = np.array([c for c, _ in items], np.int32)
        value = np.array([v for _, v in items], float)
        self.h.addRow(low, high, len(items), index, value)
        self.rows += 1
        return self.rows - 1

    def set_row(self, row: int, low: float = -INF, high: float = INF) -> None:
        self.h.changeRowBounds(row, low, high)

    def set_coefficient(self, row: int, column: int, value: float) -> None:
        self.h.changeCoeff(row, column, value)

    def set_bounds(self, column: int, low: float, high: float) -> None:
        self.h.changeColBounds(column, low, high)

    def set_many_bounds(self, low: Array, high: Array) -> None:
        """Bounds of the first columns, as many as are given."""
        self.h.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high)

    def bounds(self, columns: int) -> tuple[Array, Array]:
        """Bounds of the first so many columns."""
        lp = self.h.getLp()
        return np.array(lp.col_lower_[:columns]), np.array(lp.col_upper_[:columns])

    def set_objective(self, row: Mapping[int, float]) -> None:
        cost = np.zeros(self.columns)
        for c, v in row.items():
            cost[c] = v
        self.h.changeColsCost(self.columns, np.arange(self.columns, dtype=np.int32), cost)

    def relax(self) -> Answer:
        """Solve the linear relaxation."""
        self._integrality(on=False)
        self.h.run()
        status = self.h.getModelStatus()
        s = highspy.HighsModelStatus
        if status == s.kOptimal:
            value = self.h.getInfo().objective_function_value
            return Answer("optimal", np.array(self.h.getSolution().col_value), value, value)
        if status in (s.kInfeasible, s.kUnboundedOrInfeasible):
            return Answer("infeasible", None, -math.inf, -math.inf)
        return Answer("unbounded" if status == s.kUnbounded else "limit", None, -math.inf, math.inf)

    def maximise(
        self,
        *,
        seconds: float,
        absolute_gap: float = 0.0,
        hint: Array | None = None,
        hint_columns: int = 0,
        stop: Callable[[Array, float], bool] | None = None,
    ) -> Answer:
        """Solve to optimality, within an absolute gap, or until the time is up or `stop(x, bound)` says so.

        `hint` are shares [M, K+1] for the first `hint_columns` columns.
        """
        self._integrality(on=True)
        self.h.setOptionValue("time_limit", max(seconds, 0.01) + self.h.getRunTime())
        self.h.setOptionValue("mip_rel_gap", 0.0)
        self.h.setOptionValue("mip_abs_gap", max(absolute_gap, 1e-9))
        for name in SEARCHES:
            self.h.setOptionValue(name, hint is None)
        if hint is not None:
            self.h.setSolution(hint_columns, np.arange(hint_columns, dtype=np.int32), hint[:, 1:].ravel())
        self._stop, self._stopping = stop, False
        self.h.run()
        self._stop = None
        return self._answer()

    def _watch(self) -> None:
        """Listen once for all solves: subscriptions outlive a run."""

        def found(event: Any) -> None:
            if self._stop is not None and not self._stopping:
                data = event.data_out
                self._stopping = self._stop(np.array(data.mip_solution), float(data.mip_dual_bound))

        def interrupt(event: Any) -> None:
            event.interrupt(self._stopping or self.give_up())

        self.h.cbMipSolution.subscribe(found)
        self.h.cbMipInterrupt.subscribe(interrupt)

    def _answer(self) -> Answer:
        status = self.h.getModelStatus()
        info = self.h.getInfo()
        s = highspy.HighsModelStatus
        if status in (s.kInfeasible, s.kUnboundedOrInfeasible):
            return Answer("infeasible", None, -math.inf, -math.inf)
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        x = np.array(self.h.getSolution().col_value) if found else None
        value = info.objective_function_value if found else -math.inf
        bound = float(info.mip_dual_bound)
        if not self.integer and status == s.kOptimal:
            bound = value
        return Answer("optimal" if status == s.kOptimal else "limit", x, value, bound)

    def _integrality(self, *, on: bool) -> None:
        kind = highspy.HighsVarType.kInteger if on else highspy.HighsVarType.kContinuous
        columns = np.array(sorted(self.integer), np.int32)
        if len(columns):
            self.h.changeColsIntegrality(len(columns), columns, np.array([kind] * len(columns)))


Row = dict[int, float]


def combine(*rows: tuple[float, Mapping[int, float]]) -> Row:
    """Σ factor·row."""
    result: Row = {}
    for factor, row in rows:
        for c, v in row.items():
            result[c] = result.get(c, 0.0) + factor * v
    return result


def ones(columns: Sequence[int]) -> Row:
    return dict.fromkeys(columns, 1.0)
