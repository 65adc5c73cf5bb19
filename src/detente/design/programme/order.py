"""Rows on order: no measure is in force before its work is done, and what it needs was ready for that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detente.design.programme.columns import Columns
from detente.design.programme.linear import ALWAYS, NEVER, Linear, LinearForm, combine
from detente.design.programme.ready import Prerequisite, prerequisites, standing_verified
from detente.model.rows.arrays import Model
from detente.model.rows.detection import SNAP
from detente.model.tolerance import FULL

WORK = 1e-12
"""Shares of a measure's work that are none."""


class Order:
    """Writes rows on order into the programme of some columns."""

    def __init__(self, columns: Columns) -> None:
        self.columns, self.model, self.program = columns, columns.model, columns.program
        self.takes = np.array([m.takes.value for m in self.model.dossier.measures.values()])
        """[M] years that a measure's work takes."""

    def write(self) -> None:
        """What every measure needs that is not wholly in force already."""
        for m, name in enumerate(self.model.measures):
            if settled(self.model, m):
                continue
            for need in prerequisites(self.model, name):
                if self.model.divisible[m]:
                    self.pace(m, need)
                else:
                    self._precede(m, need)
            if self.model.divisible[m]:
                self.pace(m)

    def _precede(self, m: int, need: Prerequisite) -> None:
        for k in range(self.columns.earliest[m], self.model.K):
            ready = self.ready(need.measure, k, need.wait + float(self.takes[m]))
            if ready == NEVER:
                self.program.set_bounds(self.columns.f(m, k), 0.0, 0.0)
            elif ready != ALWAYS:
                late = combine((1.0, {self.columns.f(m, k): 1.0}), (-1.0, ready.row))
                self.program.add_row(late, high=0.0)

    def ready(self, n: int, k: int, wait: float) -> Linear:
        """1 where n was complete (and verified) `wait` years before period k starts."""
        if self.model.state[n] >= FULL:
            return ALWAYS
        tau = self.model.tau
        last = int(np.searchsorted(tau, tau[k] - wait + SNAP, side="right")) - 1
        return self.columns.all_in(n, last) if last >= 0 else NEVER

    def pace(self, m: int, need: Prerequisite | None = None, *, unless: Sequence[int] = ()) -> None:
        """A divisible measure rises no faster than its work, from when what it needs is ready.

        `unless`: columns of which one that is 1 lifts that.
        """
        f, model, takes = self.columns.f, self.model, float(self.takes[m])
        self.program.add_row({f(m, 0): 1.0}, high=float(model.state[m]))
        for k in range(1, model.K):
            done = Linear({}, self._work(m, k, 0.0)) if need is None else self._done(m, k, need)
            freed = dict.fromkeys(unless, -float(model.tau[k] - model.tau[k - 1]) / takes)
            rise = {f(m, k): 1.0, f(m, k - 1): -1.0}
            self.program.add_row(combine((1.0, rise), (-1.0, done.row), (1.0, freed)), high=done.const)

    def _work(self, m: int, k: int, since: float) -> float:
        """The share of m's work that can be done in the period before k from a time on."""
        tau = self.model.tau
        return max(0.0, float(tau[k] - max(tau[k - 1], since))) / float(self.takes[m])

    def _done(self, m: int, k: int, need: Prerequisite) -> Linear:
        """The share of m's work that can be done in the period before k, once what it needs is ready."""
        model, n = self.model, need.measure
        if model.state[n] >= FULL:
            since = max(0.0, standing_verified(model, n, need.wait)) if need.verified else 0.0
            return Linear({}, self._work(m, k, since))
        done: LinearForm = {}
        spare = 0.0
        for j in range(k, -1, -1):  # the work grows with each period by which n is ready
            work = self._work(m, k, float(model.tau[j]) + need.wait)
            if work > spare + WORK:
                for c in self.columns.all_in(n, j).row:
                    done[c] = done.get(c, 0.0) + work - spare
                spare = work
        return Linear(done)


def settled(model: Model, m: int) -> bool:
    """Whether no plan can change what is in force of m."""
    return bool(model.state[m] >= 1 or (model.state[m] > 0 and not model.divisible[m]))
