"""A mixed-integer linear programme that grows, and its solves through HiGHS. Maximises."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np

from detente.design.programme.matrix import FEASIBLE, INF, Matrix
from detente.model.numeric import Array

SEARCHES = ("mip_allow_restart", "mip_heuristic_run_feasibility_jump")
"""HiGHS's own searches for solutions. Where a good one is known, proving is quicker without them."""
ENDLESS = ("mip_heuristic_run_rins", "mip_heuristic_run_rens", "mip_heuristic_run_root_reduced_cost")
"""Searches that presolve a part of the programme. Presolve of whole numbers may go on for ever: up to HiGHS 1.16 a loop
of `strengthenInequalities` asks no clock. Without it large cases take up to twice the time."""

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


@dataclass(frozen=True)
class Solution:
    """What a solve said. `bound` is a proven upper bound on the maximum; `x` is None where nothing was found.

    "infeasible" is said only where HiGHS itself says so of the programme as it stands.
    """

    status: Literal["optimal", "infeasible", "limit", "unbounded"]
    x: Array | None
    objective: float
    bound: float


class Program(Matrix):
    """A matrix that is solved, grown row by row between solves."""

    def __init__(self, *, seed: int = 0, threads: int = 1) -> None:
        super().__init__()
        self.seed = seed
        self.set_options(
            random_seed=seed,
            threads=threads,
            mip_feasibility_tolerance=FEASIBLE,
            primal_feasibility_tolerance=FEASIBLE,
            **dict.fromkeys(ENDLESS, False),
        )
        self._stop: Callable[[Array, float, int], bool] | None = None
        self._stopping = False
        self.give_up: Callable[[], bool] = lambda: False
        """Asked now and then during a solve: whether to stop with what there is."""
        self._watch()
        self._whole, self._end = True, INF

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
        self.set_costs({})
        status = self._run_once()
        self.set_costs(self.objective)
        return s.kInfeasible if status == s.kInfeasible else s.kUnbounded

    def _run_once(self) -> Any:
        """One run in the time that is left. HiGHS counts mixed-integer runs each from its own beginning, others not."""
        before = 0.0 if self._whole and self.integer else self.h.getRunTime()
        self.set_options(time_limit=before + max(self._end - time.monotonic(), 0.01))
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
        gap = max(absolute_gap, FEASIBLE * self.unit)
        self.set_options(mip_rel_gap=0.0, mip_abs_gap=gap / self.unit)
        self.set_options(**dict.fromkeys(SEARCHES, hint is None))
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
        self.took(self.h.clearSolver())
        self.set_options(random_seed=self.seed + 1)
        status = self._run()
        self.set_options(random_seed=self.seed)
        return status

    def any_solution(self, *, seconds: float) -> Solution:
        """Any solution at all, by another way: from nothing, no objective, another seed. For a second opinion."""
        self.took(self.h.clearSolver())
        self.set_options(random_seed=self.seed + 1)
        objective = self.objective
        self.set_objective({})
        try:
            return self.maximise(seconds=seconds)
        finally:
            self.set_objective(objective)
            self.set_options(random_seed=self.seed)
            self.took(self.h.clearSolver())

    def same_choice(self, x: Array, least: Mapping[int, float]) -> Array | None:
        """The best solution that chooses in whole numbers as `x` does, some rows no less than given; None: it has none.

        Another solver works it out: this one may be in the midst of its search.
        """
        other = Matrix()
        lp = self.h.getLp()
        lp.integrality_ = []
        other.took(other.h.passModel(lp))
        whole = np.array(sorted(self.integer), np.int32)
        chosen = np.round(x[whole])
        other.took(other.h.changeColsBounds(len(whole), whole, chosen, chosen))
        for row, low in least.items():
            other.took(other.h.changeRowBounds(row, self._bounds(row, low, INF)[0], INF))
        other.set_options(primal_feasibility_tolerance=FEASIBLE)
        other.h.run()
        optimal = other.h.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return np.array(other.h.getSolution().col_value) if optimal else None

    def _begin(self, seconds: float, *, whole: bool) -> None:
        """Begin a solve, in whole numbers where columns are meant to be, that has so many seconds."""
        self._whole, self._end = whole, time.monotonic() + seconds
        self._integrality(on=whole)
        self.set_options(presolve="off" if whole and self.integer else "choose")

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
            self.took(self.h.changeColsIntegrality(len(columns), columns, np.array([kind] * len(columns))))
