"""When measures can enter, and when they count: what a dossier's order says of every plan."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from detente.dossier.grid import years_between
from detente.model.rows.arrays import Model
from detente.model.rows.detection import SNAP
from detente.model.tolerance import FULL


class Prerequisite(NamedTuple):
    """A measure that another one needs."""

    measure: int
    wait: float
    """Years from its entry to when it counts."""
    verified: bool


def prerequisites(model: Model, name: str) -> list[Prerequisite]:
    """All that a measure needs."""
    in_force_first, verified_first = model.dossier.prerequisites(name)
    waits = [Prerequisite(model.index[n], 0.0, verified=False) for n in in_force_first]
    return waits + [
        Prerequisite(model.index[n], model.dossier.measures[n].confirms_in, verified=True) for n in verified_first
    ]


def standing_ready(model: Model, n: int, *, verified: bool) -> float:
    """When a measure already in force counts (as verified), in years from signature, not before 0."""
    confirms = model.dossier.measures[model.measures[n]].confirms_in
    return max(0.0, standing_verified(model, n, confirms)) if verified else 0.0


def standing_verified(model: Model, n: int, confirms: float) -> float:
    """When a measure already in force counts as verified, which takes `confirms` years where no date is given."""
    d = model.dossier
    standing = d.state.in_force[model.measures[n]]
    if standing.verified is not None:
        return years_between(d.start, standing.verified)
    return years_between(d.start, standing.since) + confirms


def earliest_periods(model: Model) -> list[int]:
    """[M] first period in which each measure could enter; K where it cannot."""
    needs = [prerequisites(model, name) for name in model.measures]
    ready = [0.0] * model.M
    for _ in range(model.M + 1):
        for m in range(model.M):
            ready[m] = 0.0 if model.state[m] >= 1 else _entry(model, m, _all_ready(model, needs[m], ready))
    return [int(np.searchsorted(model.tau, r - SNAP, side="left")) if math.isfinite(r) else model.K for r in ready]


def _all_ready(model: Model, needs: list[Prerequisite], ready: list[float]) -> float:
    """From when on all prerequisites count, were each to enter as soon as it is ready."""

    def counts(need: Prerequisite) -> float:
        if model.state[need.measure] >= FULL:
            return standing_ready(model, need.measure, verified=need.verified)
        return ready[need.measure] + need.wait

    return max((counts(need) for need in needs), default=0.0)


def _entry(model: Model, m: int, start: float) -> float:
    """The first date on which m, or some of it, can be in force if its work begins at `start`; infinite if none."""
    divisible = bool(model.divisible[m])
    work = 0.0 if divisible else model.dossier.measures[model.measures[m]].takes.value
    at = int(np.searchsorted(model.tau, start + work - SNAP, side="left"))
    if divisible:
        at = max(at, 1, int(np.searchsorted(model.tau, start + SNAP, side="right")))
    return float(model.tau[at]) if at < model.K else math.inf
