"""What becomes of each measure on a path: when it no longer follows the plan, and when it is undone. DESIGN §5."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.moments import Moments

Movers = int | Indices
"""Who breaks the deal or leaves it: one party, or one of each moment."""
INSTANT = 1e-10
"""Years by which what is undone "just after" a time comes after it: an interaction that stood with it has stood."""


@dataclass(frozen=True, eq=False)
class Times:
    """When something happens to each measure, years from the moment: [I, M]; infinite where it never does."""

    years: Array
    moves: Flags
    """[M], or [I, M], whether the random time is added."""

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
        mover: Movers,
        own: Array,
        known: Array,
        *,
        own_moves: bool,
        known_moves: bool,
        leaves: Moments | None = None,
        on_a_date: bool = False,
        at_once: bool = False,
    ) -> Fates:
        """The fates when a mover stops at `own`, and what answers to it is stopped a response time after `known`.

        The mover stops no later than others do. Fixed times are set off when it `leaves`, else at the moment itself;
        moving times by the moment, or `on_a_date` that is the random time's own. `at_once`: responses take no time.
        """
        model, own_, known_ = self.model, own[:, None], known[:, None]
        mine, concerned = model.by[mover], model.by[mover] | model.answers[mover]
        lag, minding = self._lag[mover], self._minding[mover]
        if at_once:
            lag, minding = (np.where(np.isfinite(x), 0.0, np.inf) for x in (lag, minding))
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

    @cached_property
    def _lag(self) -> Array:
        """[P, M] how soon somebody but each party stops a measure, once a breach is known."""
        return self._soonest(self.model.by)

    @cached_property
    def _minding(self) -> Array:
        """[P, M] how soon somebody but each party undoes it: who minds it, or whoever performs it where it falls."""
        return self._soonest(self.model.costs | (self.model.by & self.model.falls))

    def _soonest(self, who: Flags) -> Array:
        """[P, M] the least response time of those who do something, but for each party."""
        times = np.where(who, self.model.response[:, None], np.inf)
        return np.array([np.delete(times, p, axis=0).min(axis=0, initial=np.inf) for p in range(len(times))])

    def waiting(self, mover: Movers) -> dict[int, tuple[int, ...]]:
        """Measures of others that answer to a mover and directly need measures of its own; none told of several."""
        model, found = self.model, dict[int, tuple[int, ...]]()
        if np.ndim(mover):
            return found
        for m in np.flatnonzero(model.answers[mover] & ~model.by[mover]).tolist():
            if mine := tuple(n for n in model.needs[m] if model.by[mover, n]):
                found[m] = mine
        return found
