"""A mixed-integer linear programme that grows: columns, rows and solves, through HiGHS. Maximises."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np

from detente.design.plan.linear import Linear
from detente.errors import DetenteError
from detente.model.numeric import Array

INF = highspy.kHighsInf
SEARCHES = ("mip_allow_restart", "mip_heuristic_run_feasibility_jump")
"""HiGHS's own searches for solutions. Where a good one is known, proving is quicker without them."""
ENDLESS = ("mip_heuristic_run_rins", "mip_heuristic_run_rens", "mip_heuristic_run_root_reduced_cost")
"""Searches that presolve a part of the programme. Presolve of whole numbers may go on for ever: up to HiGHS 1.16 a loop
of `strengthenInequalities` asks no clock. Without it large cases take up to twice the time."""
LARGEST, LEAST = 1e7, 1e-12
"""Coefficients that HiGHS is given: a row with a larger one is scaled down, a smaller one is left out."""
SPREAD = 1e4
"""How far the coefficients of an objective may lie apart without the smaller ones being lost in HiGHS's tolerances."""


LIMITS = [
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kSolutionLimit,
    highspy.HighsModelStatus.kObjectiveBound,
    highspy.HighsModelStatus.kObjectiveTarget,
    highspy.HighsModelStatus.kInterrupt,
]
"""What HiGHS says where it was stopped, and its bound still is one."""
ERRORS = [
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kPresolveError,
    highspy.HighsModelStatus.kPostsolveError,
    highspy.HighsModelStatus.kUnknown,
]
"""What it says where its arithmetic failed."""


class Refused(DetenteError):
    """HiGHS took what it was given for an error: what it would say after that means nothing."""


@dataclass(frozen=True)
class Solution:
    """What a solve said. `bound` is a proven upper bound on the maximum; `x` is None where nothing was found.

    "infeasible" is said only where HiGHS itself says so of the programme as it stands.
    """

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
        self.seed = seed
        self._set(
            output_flag=False,
            log_to_console=False,
            random_seed=seed,
            threads=threads,
            small_matrix_value=LEAST,
            mip_feasibility_tolerance=1e-9,
            primal_feasibility_tolerance=1e-9,
            **dict.fromkeys(ENDLESS, False),
        )
        self._took(self.h.changeObjectiveSense(highspy.ObjSense.kMaximize))
        self._stop: Callable[[Array, float, int], bool] | None = None
        self._stopping = False
        self.give_up: Callable[[], bool] = lambda: False
        """Asked now and then during a solve: whether to stop with what there is."""
        self._watch()
        self._whole, self._end = True, INF
        self.columns = 0
        self.rows = 0
        self.integer: set[int] = set()
        self._said: dict[int, tuple[float, float]] = {}
        """Rows that were scaled down or widened: by what factor, by how much before that."""
        self.objective: Mapping[int, float] = {}
        self.unit = 1.0
        """HiGHS maximises in this unit, in which the objective's coefficients are 1 to SPREAD; all is told without."""

    @staticmethod
    def _took(status: Any) -> None:
        """HiGHS says of every change whether it made it. Raises Refused where it did not."""
        if status == highspy.HighsStatus.kError:
            raise Refused("the solver refused a part of the programme: please report this dossier")

    def _set(self, **options: Any) -> None:
        for name, value in options.items():
            self._took(self.h.setOptionValue(name, value))

    def add_columns(self, low: Array, high: Array, *, integer: bool) -> range:
        n = len(low)
        first = self.columns
        self._took(self.h.addVars(n, low, high))
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
        self._took(self.h.addRow(*self._bounds(self.rows, low, high), len(said), index, value))
        self.rows += 1
        return self.rows - 1

    def hold(self, linear: Linear, low: float = -INF, high: float = INF) -> int:
        """Add a row: a linear function keeps between two values."""
        return self.add_row(linear.row, low=low - linear.const, high=high - linear.const)

    def _bounds(self, row: int, low: float, high: float) -> tuple[float, float]:
        factor, left_out = self._said.get(row, (1.0, 0.0))
        return (low - left_out) * factor, (high + left_out) * factor

    def set_row(self, row: int, low: float = -INF, high: float = INF) -> None:
        self._took(self.h.changeRowBounds(row, *self._bounds(row, low, high)))

    def set_coefficient(self, row: int, column: int, value: float) -> None:
        self._took(self.h.changeCoeff(row, column, value * self._said.get(row, (1.0, 0.0))[0]))

    def set_bounds(self, column: int, low: float, high: float) -> None:
        self._took(self.h.changeColBounds(column, low, high))

    def set_many_bounds(self, low: Array, high: Array) -> None:
        """Bounds of the first columns, as many as are given."""
        self._took(self.h.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high))

    def bounds(self, columns: int) -> tuple[Array, Array]:
        """Bounds of the first so many columns."""
        lp = self.h.getLp()
        return np.array(lp.col_lower_[:columns]), np.array(lp.col_upper_[:columns])

    def set_objective(self, row: Mapping[int, float]) -> None:
        self.objective = dict(row)
        sizes = [abs(v) for v in row.values() if v]
        self.unit = max(min(sizes), max(sizes) / SPREAD) if sizes else 1.0
        self._cost(row)

    def _cost(self, row: Mapping[int, float]) -> None:
        cost = np.zeros(self.columns)
        for c, v in row.items():
            cost[c] = v / self.unit
        self._took(self.h.changeColsCost(self.columns, np.arange(self.columns, dtype=np.int32), cost))

    def relax(self, *, seconds: float = INF) -> Solution:
        """Solve the linear relaxation."""
        self._begin(seconds, whole=False)
        status = self._run()
        s = highspy.HighsModelStatus
        if status == s.kOptimal:
            value = self.h.getInfo().objective_function_value * self.unit
            return Solution("optimal", np.array(self.h.getSolution().col_value), value, value)
        if status == s.kInfeasible:
            return Solution("infeasible", None, -math.inf, -math.inf)
        return Solution("unbounded" if status == s.kUnbounded else "limit", None, -math.inf, math.inf)

    def _run(self) -> Any:
        """Solve; what HiGHS says of the model. Infeasible or unbounded is asked again without an objective."""
        s = highspy.HighsModelStatus
        status = self._run_once()
        if status != s.kUnboundedOrInfeasible:
            return status
        self._cost({})
        status = self._run_once()
        self._cost(self.objective)
        return s.kInfeasible if status == s.kInfeasible else s.kUnbounded

    def _run_once(self) -> Any:
        """One run in the time that is left. HiGHS counts mixed-integer runs each from its own beginning, others not."""
        before = 0.0 if self._whole and self.integer else self.h.getRunTime()
        self._set(time_limit=before + max(self._end - time.monotonic(), 0.01))
        if self.h.run() == highspy.HighsStatus.kError:
            return highspy.HighsModelStatus.kSolveError
        return self.h.getModelStatus()

    def maximise(
        self,
        *,
        seconds: float,
        absolute_gap: float = 0.0,
        hint: Array | None = None,
        hint_columns: int = 0,
        stop: Callable[[Array, float, int], bool] | None = None,
    ) -> Solution:
        """Solve to optimality, within an absolute gap, or until the time is up or `stop(x, bound, nodes)` says so.

        That is asked of every solution found.

        `hint` are shares [M, K+1] for the first `hint_columns` columns.
        """
        self._begin(seconds, whole=True)
        gap = max(absolute_gap, 1e-9 * self.unit)
        self._set(mip_rel_gap=0.0, mip_abs_gap=gap / self.unit)
        self._set(**dict.fromkeys(SEARCHES, hint is None))
        if hint is not None:  # a hint that is refused is none
            self.h.setSolution(hint_columns, np.arange(hint_columns, dtype=np.int32), hint[:, 1:].ravel())
        self._stop, self._stopping = stop, False
        status = self._run()
        if status in ERRORS and not self._stopping and not self.give_up():
            status = self._run_otherwise()
        self._stop = None
        return self._answer(status, gap)

    def _run_otherwise(self) -> Any:
        """Solve once more from nothing and with another seed, where HiGHS failed."""
        self._took(self.h.clearSolver())
        self._set(random_seed=self.seed + 1)
        status = self._run()
        self._set(random_seed=self.seed)
        return status

    def any_solution(self, *, seconds: float) -> Solution:
        """Any solution at all, by another way: from nothing, no objective, another seed. For a second opinion."""
        self._took(self.h.clearSolver())
        self._set(random_seed=self.seed + 1)
        objective = self.objective
        self.set_objective({})
        try:
            return self.maximise(seconds=seconds)
        finally:
            self.set_objective(objective)
            self._set(random_seed=self.seed)
            self._took(self.h.clearSolver())

    def _begin(self, seconds: float, *, whole: bool) -> None:
        """Begin a solve, in whole numbers where columns are meant to be, that has so many seconds."""
        self._whole, self._end = whole, time.monotonic() + seconds
        self._integrality(on=whole)
        self._set(presolve="off" if whole and self.integer else "choose")

    def _watch(self) -> None:
        """Listen once for all solves: subscriptions outlive a run."""

        def found(event: Any) -> None:
            if self._stop is not None and not self._stopping:
                data = event.data_out
                self._stopping = self._stop(
                    np.array(data.mip_solution), float(data.mip_dual_bound) * self.unit, int(data.mip_node_count)
                )

        def interrupt(event: Any) -> None:
            event.interrupt(self._stopping or self.give_up())

        self.h.cbMipSolution.subscribe(found)
        self.h.cbMipInterrupt.subscribe(interrupt)

    def _answer(self, status: Any, gap: float) -> Solution:
        info = self.h.getInfo()
        s = highspy.HighsModelStatus
        if status == s.kInfeasible:
            return Solution("infeasible", None, -math.inf, -math.inf)
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        x = np.array(self.h.getSolution().col_value) if found else None
        value = info.objective_function_value * self.unit if found else -math.inf
        bound = float(info.mip_dual_bound) * self.unit if self.integer or status != s.kOptimal else value
        if found and self.integer:  # HiGHS forgets the nodes that it cut off for being better by less than the gap
            bound = max(bound, value + gap)
        if status not in (s.kOptimal, *LIMITS) or math.isnan(bound):
            bound = math.inf
        return Solution("optimal" if status == s.kOptimal and found else "limit", x, value, bound)

    def _integrality(self, *, on: bool) -> None:
        kind = highspy.HighsVarType.kInteger if on else highspy.HighsVarType.kContinuous
        columns = np.array(sorted(self.integer), np.int32)
        if len(columns):
            self._took(self.h.changeColsIntegrality(len(columns), columns, np.array([kind] * len(columns))))
