"""Which valued rows a plan, or a point of the relaxation, breaks; and which of them the programme gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from detente.design.plan.judging import topics
from detente.design.programme.closeness import LOOSE, MET
from detente.design.programme.problem import Problem
from detente.model.numeric import Array
from detente.model.rows.conditions import Expression
from detente.model.rows.temptation import Conditions, risen
from detente.model.tolerance import SLIGHT

AROUND = 3
"""How many moments on either side of a broken row its neighbours are taken from."""
WORST = 8
"""How many broken rows of each family are put into the programme at once."""
NEARLY = 0.9
"""The part of what the judge lets pass at the least that is made use of."""
About = tuple[object, ...]
"""What rows are about, whatever their moment: kind, party, other, measure."""


class Separator:
    """Finds the broken rows of a problem, and puts the worst of each family into its programme."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.valued = problem, problem.valued
        self._everything = np.ones((problem.model.M, problem.model.K + 1))
        self._families = _Families(self.valued.rows)

    # --- plans -------------------------------------------------------------------------------------------------

    def violated(self, shares: Array) -> NDArray[np.int64]:
        """Rows that a plan breaks by so much that the judge need not be asked."""
        return self._below(shares, -MET * self.valued.slight(shares))

    def refused(self, shares: Array) -> NDArray[np.int64]:
        """Rows that a plan misses by more than rounding: what the judge may refuse it for."""
        return self._below(shares, -NEARLY * SLIGHT * self.problem.model.norm[self.valued.party])

    def below(self, shares: Array) -> NDArray[np.int64]:
        """Rows that a plan misses by however little."""
        return self._below(shares, np.zeros(len(self.valued)))

    def add_all(self, rows: Iterable[int]) -> int:
        """Put rows into the programme; how many were new."""
        new = [int(r) for r in rows if r not in self.valued.active]
        for r in new:
            self.valued.activate(r)
        return len(new)

    def _below(self, shares: Array, least: Array) -> NDArray[np.int64]:
        rows = self.valued.rows
        below: NDArray[np.int64] = np.flatnonzero((rows.slacks(shares) < least) & rows.on(shares))
        return below

    def add_violated(self, shares: Array, each: int = WORST) -> int:
        """Put the worst of the rows that a plan breaks into the programme; how many."""
        return self._add(self.violated(shares), self.valued.rows.slacks(shares), each=each, around=True)

    def add_refused(self, shares: Array, each: int = WORST) -> int:
        """Put the worst of the rows into the programme for which the judge may refuse a plan; how many."""
        return self._add(self.refused(shares), self.valued.rows.slacks(shares), each=each)

    def add_found(self, shares: Array, rows: Conditions) -> int:
        """Put further rows into the problem, and those that a plan breaks into the programme; how many."""
        new = self.valued.extend(rows)
        broken = np.flatnonzero((self.valued.rows.slacks(shares) < 0.0) & self.valued.rows.on(shares))
        for r in broken[broken >= new.start]:
            self.valued.activate(int(r))
        return len(new)

    # --- points of the relaxation ------------------------------------------------------------------------------

    def add_relaxed(self, x: Array, each: int = 2) -> int:
        """Put the worst of the rows that a point of the relaxation breaks into the programme; how many."""
        most = Reach(self.problem, x).most(self.valued.rows)
        broken = np.flatnonzero(most < -LOOSE * self.valued.slight(self._everything))
        return self._add(broken, most, each=each)

    # --- both --------------------------------------------------------------------------------------------------

    def _add(self, broken: Iterable[int], slack: Array, *, each: int, around: bool = False) -> int:
        """Put the most broken rows of each family into the programme; how many were new.

        `around`: with those of the family at moments near by, which the next plan would break by a small delay.
        """
        added = 0
        for r in self.families.worst(broken, slack, each):
            if r not in self.valued.active:
                for near in self.families.neighbours(r) if around else (r,):
                    self.valued.activate(near)
                added += 1
        return added

    @property
    def families(self) -> _Families:
        if self._families.rows is not self.valued.rows:
            self._families = _Families(self.valued.rows)
        return self._families


class _Families:
    """Rows by what they are about."""

    def __init__(self, rows: Conditions) -> None:
        self.rows = rows
        self.topics = topics(rows.labels)
        self._members: dict[About, list[int]] = {}
        """Those that a plan can break."""
        for r in np.flatnonzero(rows.least < 0):
            self._members.setdefault(self._of(int(r)), []).append(int(r))

    def _of(self, r: int) -> About:
        label = self.rows.labels[r]
        return label.kind, label.party, label.other, label.measure, label.answers

    def worst(self, broken: Iterable[int], slack: Array, each: int) -> Iterator[int]:
        """The most broken rows of each family."""
        found: dict[About, list[int]] = {}
        for r in map(int, broken):
            found.setdefault(self._of(r), []).append(r)
        for members in found.values():
            yield from sorted(members, key=lambda r: float(slack[r]))[:each]

    def neighbours(self, r: int) -> list[int]:
        """The rows of r's family at moments near its own."""
        labels = self.rows.labels
        return [n for n in self._members[self._of(r)] if abs(labels[n].moment - labels[r].moment) <= AROUND]


class Reach:
    """What rows, and the columns of expressions, could be at the least and at the most at a point of the relaxation."""

    def __init__(self, problem: Problem, x: Array) -> None:
        self.model, self.made, self.x = problem.model, problem.columns.of, x
        self.f = x[: problem.width].reshape(self.model.M, self.model.K)
        self._known: dict[Expression, tuple[float, float]] = {}

    def of(self, e: Expression) -> tuple[float, float]:
        """Its column's value where it has one, else what its parts allow."""
        if (column := self.made.get(e)) is not None:
            value = float(self.x[column]) if column < len(self.x) else 0.0
            return value, value
        if e not in self._known:
            self._known[e] = self._of(e)
        return self._known[e]

    def _of(self, e: Expression) -> tuple[float, float]:
        assert not isinstance(e, bool)
        if e[0] == "in":
            value = float(self.f[e[1], e[2]])
            return (0.0 if self.model.divisible[e[1]] else value), value
        if e[0] == "rise":
            _, m, k, k0, needed = e
            rise = float(self.f[m, k] - (self.f[m, k0] if k0 >= 0 else self.model.state[m]))
            low, high = self.of(needed)
            return max(0.0, rise + low - 1.0), min(rise, high)
        parts = [self.of(part) for part in e[1]]
        if e[0] == "all":
            return max(0.0, sum(least for least, _ in parts) - len(parts) + 1), min(most for _, most in parts)
        return max(least for least, _ in parts), min(1.0, sum(most for _, most in parts))

    def most(self, rows: Conditions) -> Array:
        """[R] the most that each row's left side could be, switches relieved."""
        most = rows.const + rows.coef.times(self.f)
        if rows.terms.expressions:
            ranges = np.array([self.of(e) for e in rows.terms.expressions])
            most = most + rows.terms.total(ranges[:, 0], ranges[:, 1])
        result: Array = most + np.maximum(0.0, -rows.least) * (1.0 - self._switched_on(rows))
        return result

    def _switched_on(self, rows: Conditions) -> Array:
        """[R] how far each row is switched on."""
        kind, party, cell, previous, groups = rows.switches
        model = self.model
        f = np.concatenate([model.state[:, None], self.f], axis=1)
        active = np.array([f[model.by[p]].max(initial=0.0) for p in range(len(model.parties))])
        flat = f.ravel()
        there = flat[cell] - flat[previous] * (kind == 3)
        on: Array = np.where(kind == 0, 1.0, np.where(kind == 1, active[party], there))
        for r, each in groups:
            lapsing = [max((risen(cell, f) for cell in cells), default=0.0) for cells in each]
            on[r] = max(0.0, sum(lapsing) - len(lapsing) + 1)
        return on
