"""How closely a programme holds conditions with a value: the judge lets each be missed by what is slight.

What the programme rules out must be ruled out for the judge, too, so rows may be missed by more than he allows. Shares
of divisible measures would make use of that: those of a solution are set anew, as close to the rows as they can be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detente.design.programme.columns import Columns
from detente.design.programme.linear import Linear, LinearForm, combine
from detente.design.programme.sizes import Sizes
from detente.model.numeric import Array
from detente.model.tolerance import SLIGHT

LOOSE, MET, TIGHT = 2.0, 1.5, 0.0
"""By how many times what is slight the programme lets a valued row be missed, for what it rules out to be ruled out
for the judge, too; by how many a plan may miss it that the judge is asked about; and by how many where the shares of a
solution are set anew."""
CLIP = 1e6
"""Larger coefficients, in units of a party's scale, are cut to this: HiGHS would take rounding for effects."""
SPARE = 1e-9
"""What a relief is enlarged by, as a part and in units of a party's scale, for rounding not to bind where it should
not."""
WHOLE = 1e-9
"""Distance of a share from none or all that is rounding."""


@dataclass(frozen=True)
class Relief:
    """Points by which a row is relaxed, and the share of them that is given."""

    points: float
    given: Linear


class Closeness:
    """Holds slacks of parties in the programme, each in its party's scale."""

    def __init__(self, columns: Columns) -> None:
        self.columns, self.model, self.program = columns, columns.model, columns.program
        self.sizes = Sizes.of(self.model)
        self.partial = bool(np.any(self.model.divisible & (self.model.state < 1)))
        """Whether some measure can be in force in part."""
        self._close: dict[int, float] = {}
        """Rows of the programme that hold slacks: the least that each is where it is held closely."""

    def hold(self, p: int, slack: Linear, reliefs: Sequence[Relief] = ()) -> int | None:
        """Row: a slack of p's may not be missed by more than is slight, less what relieves it.

        None where the programme cannot hold the row.
        """
        unit = float(self.sizes.scale[p])
        row: LinearForm = {c: v / unit for c, v in slack.row.items()}
        const, most = slack.const / unit, math.inf
        if max(map(abs, row.values()), default=0.0) > CLIP:
            if any(v > CLIP and c in self.columns.parts for c, v in row.items()):
                return None
            row, most = _clipped(row, const)
        for relief in reliefs:
            amount = min(relief.points / unit * (1 + SPARE) + SPARE, most)
            row = combine((1.0, row), (amount, relief.given.row))
            const += amount * relief.given.const
        last = self.model.K - 1
        size = {self.columns.f(int(m), last): float(v) for m, v in enumerate(self.sizes.outsize[p]) if v > 0}
        row = combine((1.0, row), (LOOSE * SLIGHT / unit, size))
        slight = SLIGHT * float(self.sizes.always[p]) / unit
        held = self.program.add_row(row, low=-const - LOOSE * slight)
        self._close[held] = -const - TIGHT * slight
        return held

    def closely(self, x: Array) -> Array:
        """A solution of the programme whose shares keep to what rows allow; as it is, where it cannot be made so.

        Wherever all shares are whole, or the solver finds none, it stays.
        """
        parts = x[sorted(self.columns.parts)]
        if not self.partial or np.all(np.abs(parts - np.round(parts)) < WHOLE):
            return x
        kept = self.program.same_choice(x, self._close)
        return x if kept is None else kept


def _clipped(row: LinearForm, const: float) -> tuple[LinearForm, float]:
    """A row ≥ 0 of columns 0 or 1 that a plan meets if it meets the given one, its coefficients cut; −its least value.

    What is below −CLIP is raised to it. What is above is lowered to what still outweighs all the rest.
    """
    row = {c: max(v, -CLIP) for c, v in row.items()}
    most = max(0.0, -const - sum(v for v in row.values() if v < 0))
    return {c: min(v, max(CLIP, most)) for c, v in row.items()}, most
