"""Moments: when somebody could break the deal, and which entries have happened by then. DESIGN §5, ANSWERS R7."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detente.model.kinds import Side
from detente.model.numeric import Array
from detente.model.rows.detection import SNAP


@dataclass(frozen=True)
class Moment:
    """Just before or just after what happens at a time, or just after a time between ("between").

    Whatever is set off at a "between" moment falls just after its time, so an entry on the date of an answer still
    arrives; set off before or after a date, the answer comes first.
    """

    years: float
    side: Side
    base: int
    """The last period whose entries have happened; −1 before those of signature."""

    @classmethod
    def at(cls, tau: Array, years: float, side: Side) -> Moment:
        """The moment on a grid that starts its periods at `tau`."""
        last = int(np.searchsorted(tau, years + SNAP, side="right")) - 1
        on_date = last >= 0 and abs(float(tau[last]) - years) <= SNAP
        return cls(years, side, last - 1 if side == "before" and on_date else last)


@dataclass(frozen=True, eq=False)
class Moments(Sequence[Moment]):
    """Several moments as arrays [I]."""

    years: Array
    base: NDArray[np.int64]
    sides: tuple[Side, ...]

    @classmethod
    def of(cls, moments: Sequence[Moment]) -> Moments:
        return cls(
            np.array([m.years for m in moments], float),
            np.array([m.base for m in moments], np.int64),
            tuple(m.side for m in moments),
        )

    @cached_property
    def just_after(self) -> NDArray[np.bool_]:
        """[I] whether what is set off falls just after its time."""
        return np.array([side == "between" for side in self.sides], bool)

    @cached_property
    def before(self) -> NDArray[np.bool_]:
        return np.array([side == "before" for side in self.sides], bool)

    def __len__(self) -> int:
        return len(self.sides)

    def __getitem__(self, i: int) -> Moment:  # type: ignore[override]
        return Moment(float(self.years[i]), self.sides[i], int(self.base[i]))

    def __iter__(self) -> Iterator[Moment]:
        return (self[i] for i in range(len(self)))


def dated(tau: Array, others: Sequence[float] = ()) -> Moments:
    """Just before and just after each date of the grid, and each other date, on which nothing enters."""
    times = sorted([*(float(t) for t in tau), *others])
    return Moments.of([Moment.at(tau, t, side) for t in times for side in ("before", "after")])
