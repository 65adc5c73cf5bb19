"""The conditions with a value of a question, and those of them that its programme holds."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from detente.design.programme.closeness import Closeness, Relief
from detente.design.programme.columns import Columns, linear_of
from detente.design.programme.known import Known
from detente.design.programme.linear import ALWAYS, NEVER, Linear, LinearForm, combine
from detente.design.programme.question import Question, bound
from detente.model.numeric import Array
from detente.model.rows.temptation import Conditions, Label, Rising, Switch, joined


class ValuedRows:
    """ValuedRows rows, which grow with what plans are found to break; the programme holds those that are activated."""

    def __init__(self, known: Known, question: Question, columns: Columns) -> None:
        self.known, self.question, self.columns, self.model = known, question, columns, known.model
        self.closeness = Closeness(columns)
        self.rows = bound(known.rows, question)
        self.party = _parties(self.rows)
        """[R] whose row each is."""
        self.active: dict[int, int | None] = {}
        """Rows in the programme: index in `rows` → row of the programme; None where it cannot hold it."""
        self._lapsing: dict[tuple[tuple[Rising, ...], ...], Linear] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def extend(self, rows: Conditions) -> range:
        """Further rows, behind those there are; where they are found now. They only narrow what is possible."""
        self.known.learn(rows)
        first = len(self.rows)
        self.rows = joined([self.rows, bound(rows, self.question)])
        self.party = _parties(self.rows)
        return range(first, len(self.rows))

    def slight(self, shares: Array) -> Array:
        """[R] more than the judge lets each row be missed by in a plan."""
        slight: Array = self.closeness.sizes.slight(shares)[self.party]
        return slight

    # --- in the programme --------------------------------------------------------------------------------------

    @property
    def binding(self) -> set[Label]:
        """The rows in the programme, by what they are about."""
        return {self.rows.labels[r] for r in self.active}

    def begin_with(self, binding: Set[Label]) -> None:
        """Put rows into the programme that others turned out to need."""
        for r, label in enumerate(self.rows.labels):
            if label in binding:
                self.activate(r)

    def activate(self, r: int) -> None:
        """Put a row into the programme."""
        if r not in self.active:
            reliefs = self._reliefs(r)
            self.active[r] = self.closeness.hold(self.rows.labels[r].party, self.slack(r), reliefs)

    def _reliefs(self, r: int) -> list[Relief]:
        """What relaxes a row where it does not bind."""
        switch = self.rows.labels[r].switch
        on = self.switch(switch)
        points = -self.least(r, without=switch.party if switch.kind == "performs" else None)
        return [] if on == ALWAYS or points <= 0 else [Relief(points, Linear(combine((-1.0, on.row)), 1.0 - on.const))]

    def slack(self, r: int) -> Linear:
        """A row as a linear function of the columns."""
        return linear_of(self.columns, self.rows.coef.of(r).ravel(), self.rows.terms[r], float(self.rows.const[r]))

    def switch(self, s: Switch) -> Linear:
        """1 where a row binds."""
        if s.kind == "always":
            return ALWAYS
        if s.kind == "performs":
            return self.columns.performs(s.party)
        if self.model.state[s.measure] >= 1:
            return ALWAYS
        if s.kind == "lapses":
            if s.groups not in self._lapsing:
                self._lapsing[s.groups] = _lapsing(self.columns, s.groups)
            return self._lapsing[s.groups]
        row: LinearForm = {self.columns.f(s.measure, s.period): 1.0}
        if s.kind == "enters" and s.period > 0:
            row[self.columns.f(s.measure, s.period - 1)] = -1.0
        return Linear(row)

    # --- bounds ------------------------------------------------------------------------------------------------

    def least(self, r: int, *, without: int | None = None) -> float:
        """A lower bound on a row, over all plans, or all plans in which a party performs nothing."""
        spared = 0.0 if without is None else float(self.rows.coef.least_of(r)[self.model.by[without]].sum())
        return float(self.rows.least[r]) - spared

    def most(self, r: int) -> float:
        """An upper bound on a row over all plans."""
        tail = np.cumsum(self.rows.coef.of(r)[:, ::-1], axis=1)
        best = np.maximum(tail.max(axis=1, initial=0.0), 0.0).sum()
        standing = np.abs(tail).max(axis=1, initial=0.0) @ self.model.state
        return float(self.rows.const[r] + best + standing + sum(max(c, 0.0) for c in self.rows.terms[r].values()))


def _lapsing(columns: Columns, groups: Sequence[Sequence[Rising]]) -> Linear:
    """1 where there is one of each group of cells."""
    parts = [_one_of(columns, cells) for cells in groups]
    if len(parts) == 1 or NEVER in parts:
        return parts[0] if len(parts) == 1 else NEVER
    column = columns.program.add_column()
    together = combine((1.0, {column: 1.0}), *((-1.0, part.row) for part in parts))
    columns.program.add_row(together, low=1.0 - len(parts) + sum(part.const for part in parts))
    return Linear.of(column)


def _one_of(columns: Columns, cells: Sequence[Rising]) -> Linear:
    """1 where there is any of some cells; of parts of a measure all counts."""
    found = [_cell(columns, cell) for cell in cells]
    partial = any(columns.model.divisible[cell.measure] for cell in cells)
    if not found or (len(found) == 1 and not partial):
        return found[0] if found else NEVER
    column = columns.program.add_column(integer=partial)
    for one in found:
        columns.program.add_row(combine((1.0, {column: 1.0}), (-1.0, one.row)), low=one.const)
    return Linear.of(column)


def _cell(columns: Columns, cell: Rising) -> Linear:
    """How much of a cell is there."""
    row: LinearForm = {}
    const, state = 0.0, float(columns.model.state[cell.measure])
    for period, sign in ((cell.period, 1.0), (cell.since, -1.0)):
        if period is not None and period >= 0:
            row = combine((1.0, row), (sign, {columns.f(cell.measure, period): 1.0}))
        elif period is not None:
            const += sign * state
    return Linear(row, const)


def _parties(rows: Conditions) -> NDArray[np.int64]:
    return np.array([label.party for label in rows.labels], np.int64)
