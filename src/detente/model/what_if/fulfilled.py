"""What conjunctions of a plan's interactions are worth on the ways that paths go."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from detente.model.numeric import Array, Flags
from detente.model.rows.entries import Entries
from detente.model.rows.interactions import Conjoined
from detente.model.what_if.felt import Jointly


class Fulfilled(Conjoined):
    """Conjunctions, each on its way: [n, 1], of entries [n, F]."""

    def __init__(self, entries: Entries, every: Jointly) -> None:
        self.entries, self.every, self.rho = entries, every, entries.rho
        first = entries.first(every.stop.years, every.stop.moves)
        self.low = np.maximum(every.low[:, None], first.max(axis=1, keepdims=True))
        self.high = np.maximum(entries.high, self.low)
        self.start = entries.start.max(axis=1, keepdims=True)
        self.later = np.any(entries.fresh, axis=1, keepdims=True)
        years, moves = (
            np.where(entries.fresh, getattr(every.later, x), getattr(every.made, x)) for x in ("years", "moves")
        )
        self._undone = np.where(moves, np.inf, years), np.where(moves, years, np.inf)
        """[n, F] when each member is undone: fixed, and moving."""

    def _of(self, clause: int) -> slice:
        """The members of a clause."""
        sizes = [x.shape[1] for x in self.every.combined.clauses]
        return slice(sum(sizes[:clause]), sum(sizes[: clause + 1]))

    def ends(self, clause: int | None) -> tuple[Array, Array]:
        some = slice(None) if clause is None else self._of(clause)
        fixed, moving = (x[:, some].min(axis=1, keepdims=True) for x in self._undone)
        return fixed, moving

    def clauses_in_time(self) -> Iterator[tuple[Flags, Array]]:
        for clause in range(len(self.every.combined.clauses)):
            some = self._of(clause)
            fresh, start = self.entries.fresh[:, some], self.entries.start[:, some]
            yield np.any(fresh, axis=1, keepdims=True), start.max(axis=1, keepdims=True)
