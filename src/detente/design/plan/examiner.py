"""What a solution of the programme says, whether it is a plan, and what there is to learn from it if not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detente.design.plan.judging import Judging
from detente.design.plan.separation import Separator
from detente.design.programme.linear import LinearForm
from detente.design.programme.problem import Problem
from detente.model.numeric import Array
from detente.model.rows.temptation import Conditions

GRAIN = 1e-8
"""Shares that are rounded to none, or to all."""


class Candidate(NamedTuple):
    """A plan that might be satisfactory."""

    shares: Array
    """[M, K+1], column 0 the state."""
    choice: tuple[int, ...] = ()
    """The regimes that go with it, where they are chosen with the plan."""

    @property
    def key(self) -> tuple[bytes, tuple[int, ...]]:
        return self.shares.tobytes(), self.choice


class Examiner:
    """Examines candidates for one problem; what they break is put into its programme when that is not being solved."""

    def __init__(self, problem: Problem, judging: Judging | None = None) -> None:
        self.problem = problem
        self.separation = Separator(problem)
        self.judging = judging or Judging.of(problem.known, problem.question)
        self._missed: dict[tuple[bytes, tuple[int, ...]], Conditions] = {}
        """Rows beyond those of the problem that candidates break."""

    def read(self, x: Array) -> Candidate:
        """The plan in a solution, binaries rounded."""
        model = self.problem.model
        f = np.clip(x[: self.problem.width].reshape(model.M, model.K), 0.0, 1.0)
        whole = ~model.divisible
        f[whole] = np.round(f[whole])
        f = np.where(f < GRAIN, 0.0, np.where(f > 1 - GRAIN, 1.0, f))
        return Candidate(np.concatenate([model.state[:, None], np.maximum.accumulate(f, axis=1)], axis=1))

    def breaks(self, candidate: Candidate) -> bool:
        """Whether it breaks a row by so much that the judge need not be asked."""
        return len(self.separation.violated(candidate.shares)) > 0

    def accepts(self, candidate: Candidate) -> bool:
        """Whether the judge accepts it; the rows that it misses are noted."""
        known, shares = self.problem.known, candidate.shares
        if candidate.key in self._missed:
            return False
        if self.judging.accepts(self.problem.model, shares):
            if not self.problem.question.without:
                known.plans.append(shares)
            return True
        if (rows := self.judging.missed(known, shares, self.separation.families.topics)) is not None:
            self._missed[candidate.key] = rows
        return False

    def learn(self, candidate: Candidate) -> int:
        """Put rows into the programme for which a candidate was refused; how many."""
        rows, shares = self._missed.pop(candidate.key, None), candidate.shares
        added = 0 if rows is None else self.separation.add_found(shares, rows)
        return added + self.separation.add_violated(shares) or self.separation.add_refused(shares)

    def separate(self, x: Array) -> int:
        """Put rows into the programme that a point of the relaxation breaks; how many."""
        return self.separation.add_relaxed(x)

    def separate_further(self, x: Array) -> int:
        """Likewise once `separate` finds none."""
        return 0

    def no_good(self, candidate: Candidate) -> tuple[LinearForm, float]:
        """Row and its least value: not this candidate, as far as whole measures tell."""
        model = self.problem.model
        row: LinearForm = {}
        ones = 0.0
        for m in np.flatnonzero(~model.divisible):
            for k in range(model.K):
                inside = candidate.shares[m, k + 1] > 0.5
                row[self.problem.columns.f(int(m), k)] = -1.0 if inside else 1.0
                ones += inside
        return row, 1.0 - ones
