"""What becomes of each measure on a path: when it no longer follows the plan, and when it is undone. DESIGN §5."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Flags
from detente.model.rows.arrays import Model
from detente.model.rows.moments import Moments

INSTANT = 1e-10
"""Years by which what is undone "just after" a time comes after it: an interaction that stood with it has stood."""


@dataclass(frozen=True, eq=False)
class Times:
    """When something happens to each measure, years from the moment: [I, M]; infinite where it never does."""

    years: Array
    moves: Flags
    """[M] whether the random time is added."""

    def __getitem__(self, m: int | slice | NDArray[np.int64]) -> tuple[Array, bool]:
        """Of one measure, [I], or several, [I, n], which all move or all do not: see `Entries`."""
        return self.years[:, m], bool(np.any(self.moves[m]))

    def at(self, chosen: Flags, years: Array) -> Times:
        """With a fixed time, [M], for some measures."""
        changed = np.where(chosen, years, self.years)
        return Times(changed, self.moves & ~chosen)


@dataclass(frozen=True, eq=False)
class Fates:
    """What becomes of each measure on a branch."""

    stop: Times
    """From when on it no longer follows the plan; −∞: it never enters, whatever comes before any stop."""
    made: Times
    """When what was in force at the moment is undone."""
    later: Times
    """When what enters after the moment is undone."""
    keeps: Array
    """[M] share of the effect that stays."""
    back: Times | None = None
    """When what was undone is performed again."""

    def undone(self, fresh: Flags) -> tuple[tuple[Flags | bool, Times], ...]:
        """Which entries are undone when: those made at the moment, and fresh ones."""
        return ((True, self.made),) if self.made is self.later else ((~fresh, self.made), (fresh, self.later))


class Reactions:
    """Who stops what, when, after somebody breaks or leaves at some moments, and what waits for it."""

    def __init__(self, model: Model, moments: Moments) -> None:
        self.model, self.moments = model, moments

    def none(self) -> Fates:
        """Everything follows the plan."""
        never = Times(np.full((1, self.model.M), np.inf), np.zeros(self.model.M, bool))
        return Fates(never, never, never, self.model.keeps)

    def after(
        self,
        mover: int,
        own: Array,
        known: Array,
        *,
        own_moves: bool,
        known_moves: bool,
        leaves: Moments | None = None,
        on_a_date: bool = False,
    ) -> Fates:
        """The fates when a mover stops at `own`, and what answers to it is stopped a response time after `known`.

        The mover stops no later than others do. Fixed times are set off when it `leaves`, else at the moment itself;
        moving times by the moment, or `on_a_date` that is the random time's own.
        """
        model, own_, known_ = self.model, own[:, None], known[:, None]
        mine, concerned = model.by[mover], model.by[mover] | model.answers[mover]
        others = np.where(model.by, model.response[:, None], np.inf)
        others[mover] = np.inf
        lag, minding = others.min(axis=0), np.where(model.costs | model.falls, others, np.inf).min(axis=0)
        stop = np.where(concerned, np.where(mine, own_, known_ + lag), np.inf)
        stop_moves = concerned & np.where(mine, own_moves, known_moves)
        itself = mine & (model.costs[mover] | model.falls)
        undone = np.where(concerned, np.where(itself, own_, known_ + minding) + model.undo, np.inf)
        undone_moves = concerned & np.where(itself, own_moves, known_moves)
        at = self.moments if leaves is None else leaves
        fixed = np.where(at.just_after[:, None], INSTANT, 0.0)
        if leaves is not None:  # what is undone as the mover leaves comes after the entries of that date
            fixed = np.where(~leaves.before[:, None] & (undone == own[:, None]), INSTANT, fixed)
        moving = np.where(self.moments.just_after[:, None] & (not on_a_date), INSTANT, 0.0)
        times = Times(undone + np.where(undone_moves, moving, fixed), undone_moves)
        return Fates(Times(stop, stop_moves), times, times, model.keeps)

    def waiting(self, mover: int) -> dict[int, tuple[int, ...]]:
        """Measures of others that answer to a mover and directly need measures of its own."""
        model, found = self.model, {}
        for m in np.flatnonzero(model.answers[mover] & ~model.by[mover]).tolist():
            if mine := tuple(n for n in model.needs[m] if model.by[mover, n]):
                found[m] = mine
        return found
