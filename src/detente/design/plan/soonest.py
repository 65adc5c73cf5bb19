"""When a plan meets requirements, and the objective of the rule that has them met as early as can be. DESIGN §5."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from detente.design.plan.objective import Objective
from detente.design.programme.linear import Linear, total
from detente.design.programme.problem import Problem
from detente.design.programme.ready import standing_ready, standing_verified
from detente.design.programme.requirements import MET as ROUNDING
from detente.design.programme.verification import scale
from detente.dossier.grid import years_between
from detente.dossier.schema import Before, InForce, InterestBound, ProgressBy, Require
from detente.model.numeric import Array
from detente.model.rows.arrays import Model
from detente.model.rows.detection import SNAP
from detente.model.tolerance import FULL


def soonest(problem: Problem, first: Sequence[Require], met: Callable[[Array], float]) -> Objective:
    """All requirements met as early as can be. `met`: years from signature at which a plan meets them.

    A column for each time at which they can be met, 1 from when on they are.
    """
    program, times = problem.program, _times(problem, first)
    columns = program.add_columns(np.zeros(len(times)), np.ones(len(times)), integer=True)
    for i, t in enumerate(times):
        if i:
            program.add_row({columns[i]: 1.0, columns[i - 1]: -1.0}, low=0.0)
        for r in first:
            _met_by(problem, r, t, columns[i])
    program.add_row({columns[-1]: 1.0}, low=1.0)
    spans = np.diff(np.array([*times, times[-1]]))
    target = Linear({c: float(span) for c, span in zip(columns, spans, strict=True)}, -times[-1])
    return Objective(target, lambda shares: -met(shares))


def _times(problem: Problem, first: Sequence[Require]) -> list[float]:
    """Times at which requirements can be met: entries, verifications that count, dates that they name."""
    model = problem.model
    times = set(model.tau.tolist())
    for r in first:
        if isinstance(r, InterestBound) and r.since:
            times.add(max(0.0, years_between(model.dossier.start, r.since)))
        if isinstance(r, ProgressBy):
            for m in scale(model, r.progress):
                waits = problem.verification.waits(m)
                times |= {t + wait for wait in waits for t in model.tau.tolist()}
                if model.state[m] > 0:
                    times |= {max(0.0, standing_verified(model, m, wait)) for wait in waits}
    ordered = sorted(times)
    return [t for i, t in enumerate(ordered) if i == 0 or t - ordered[i - 1] > SNAP]


def _met_by(problem: Problem, r: Require, t: float, met: int) -> None:
    """Row: `met` may be 1 only where a requirement is met at time t."""
    program, columns, model = problem.program, problem.columns, problem.model
    k = int(np.searchsorted(model.tau, t + SNAP, side="right")) - 1
    if isinstance(r, InForce):
        program.hold(total([(1.0, columns.all_in(model.index[r.in_force], k)), (-1.0, Linear.of(met))]), low=0.0)
    elif isinstance(r, ProgressBy):
        done = problem.requirements.progress(r.progress, t)
        program.hold(total([(1.0, done), (-r.at_least.value, Linear.of(met))]), low=-ROUNDING)
    elif isinstance(r, InterestBound):
        if r.since and years_between(model.dossier.start, r.since) > t + SNAP:
            program.add_row({met: 1.0}, high=0.0)
    elif isinstance(r, Before):
        b = model.index[r.before[1]]
        if model.state[b] == 0:
            late = [(1.0, columns.some(b)), (-1.0, Linear.of(columns.f(b, k)))]
            program.hold(total([(1.0, Linear.of(met)), *late]), high=1.0)


# --- of a plan -------------------------------------------------------------------------------------------------------


def met_time(model: Model, first: Sequence[Require], shares: Array) -> float:
    """Years from signature at which all requirements are met by a plan; infinite where one never is."""
    return max((_met_time(model, r, shares) for r in first), default=0.0)


def _met_time(model: Model, r: Require, shares: Array) -> float:
    if isinstance(r, InForce):
        return _reached(model, shares[model.index[r.in_force]] >= FULL, math.inf)
    if isinstance(r, ProgressBy):
        return _progress_time(model, r, shares)
    if isinstance(r, InterestBound):
        return max(0.0, years_between(model.dossier.start, r.since)) if r.since else 0.0
    if isinstance(r, Before):
        return _reached(model, shares[model.index[r.before[1]]] > ROUNDING, 0.0)
    return 0.0  # never


def _reached(model: Model, there: Array, never: float) -> float:
    """The time of the first of the state and the periods at which something is so; `never` where it is at none."""
    found = np.flatnonzero(there)
    if not len(found):
        return never
    return 0.0 if found[0] == 0 else float(model.tau[found[0] - 1])


def _progress_time(model: Model, r: ProgressBy, shares: Array) -> float:
    """When verified progress reaches what is required."""
    if r.at_least.value <= ROUNDING:
        return 0.0
    events: list[tuple[float, float]] = []
    for m, part in scale(model, r.progress).items():
        wait = model.dossier.measures[model.measures[m]].confirms_in
        if shares[m, 0] > 0:
            events.append((standing_ready(model, m, verified=True), part * float(shares[m, 0])))
        rises = np.diff(shares[m])
        events += [(float(model.tau[k]) + wait, part * float(rises[k])) for k in np.flatnonzero(rises > 0)]
    reached = 0.0
    for t, amount in sorted(events):
        reached += amount
        if reached >= r.at_least.value - ROUNDING:
            return t
    return math.inf
