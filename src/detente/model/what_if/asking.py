"""What a plan is worth, and by how much it meets each condition, were the numbers others.

`WhatIf` works a plan out once; `under` then answers for other numbers, many draws of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Flags
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Deviation, Maker
from detente.model.rows.faking import Faked
from detente.model.rows.moments import Moment, Moments
from detente.model.rows.temptation import (
    Families,
    Label,
    Seldom,
    Temptation,
    binding,
    consent_of,
    standing_since,
    switches_of,
    temptation,
)
from detente.model.what_if.fixed import Entered, FixedPaths, Slots
from detente.model.what_if.numbers import Numbers

REMEMBERED = 8
"""How many sets of weights are kept of the same rows."""

T = TypeVar("T")
_Timing = tuple[object, ...]
"""What weights hang on, besides the structure."""


@dataclass(frozen=True, eq=False)
class Answers:
    """A plan under numbers: of one value, or of each draw along the leading axis."""

    labels: tuple[Label, ...]
    values: Array
    """[..., P] V_p(f; 0), `no_deal` included; 0 for parties that value nothing."""
    slacks: Array
    """[..., R] as the labels say; infinite where there is no limit to exposure, NaN where a party values nothing."""
    exposures: Array
    """[..., R] how much worse off than never having signed, points at signature; NaN for rows of other kinds."""


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows that differ in their moments alone."""

    kind: Temptation
    party: int
    other: int
    measure: int
    rows: tuple[int, ...]
    labels: tuple[Label, ...]

    @property
    def mover(self) -> int:
        return self.other if self.other >= 0 else self.party


class WhatIf:
    """The rows of one plan of a model, worked out but for their numbers.

    Slots (all that is a point, or points a year) are weighed by what was worked out before, draw by draw in one
    product. Weights hang on the rest: rates, times, chances, and who minds what. Where these change, the rows that hang
    on them are worked out again, once for all draws that agree in them, and kept. A row at a moment between dates stays
    at that moment, though the moments that matter move with response times and delays: ask for others by their labels.
    """

    def __init__(self, model: Model, shares: Array, labels: Sequence[Label] | None = None) -> None:
        """`shares`: [M, K+1] of the plan; `labels`: the rows that are asked for, all on dates that bind by default."""
        self.model, self.plan = model, Entered.of(model, shares)
        self.labels = dated_labels(model, shares) if labels is None else tuple(labels)
        self._rows_asked = _rows_asked(Numbers.of(model)) if labels is None else None
        self.entering = np.unique(self.plan.measure)
        self.moments = tuple(dict.fromkeys([model.moments[0], *(x.at for x in self.labels if x.at is not None)]))
        self._blocks = tuple(_blocks(self.labels))
        self._kept: dict[object, dict[_Timing, Any]] = {}

    def under(self, numbers: Numbers) -> Answers:
        """What the plan is worth, and its slacks. Raises ValueError where other numbers ask for other rows on dates."""
        if self._rows_asked is not None and _rows_asked(numbers) != self._rows_asked:
            raise ValueError("exits, limits, undoing or values that come or go ask for other rows: make another WhatIf")
        values, compared = self._weighed(numbers, numbers.draws or 1)
        slacks, exposures = self._measured(numbers, compared)
        if numbers.draws is None:
            values, slacks, exposures = values[0], slacks[0], exposures[0]
        return Answers(self.labels, values, slacks, exposures)

    def _weighed(self, numbers: Numbers, draws: int) -> tuple[Array, Array]:
        """[draws, P] what the plan is worth, and [draws, R] the rows but for walk-away values and limits."""
        values = np.zeros((draws, len(self.model.parties)))
        slacks = np.full((draws, len(self.labels)), np.nan)
        valued = np.flatnonzero(numbers.valued).tolist()
        amounts = {p: np.atleast_2d(Slots.of(numbers, p).amounts(numbers, p)) for p in valued}
        for chosen, worked_out in self._groups(numbers, draws):
            for p in valued:
                values[chosen, p] = _times(amounts[p], chosen, worked_out.signed(p))[:, 0]
            for block in (b for b in self._blocks if numbers.valued[b.party]):
                slacks[np.ix_(chosen, np.array(block.rows))] = _times(
                    amounts[block.party], chosen, worked_out.weights(block)
                )
        return values, slacks

    def _measured(self, numbers: Numbers, compared: Array) -> tuple[Array, Array]:
        """[draws, R] slacks, against walk-away values and limits, and exposures."""
        slacks, exposures = compared.copy(), np.full(compared.shape, np.nan)
        for block in self._blocks:
            rows = list(block.rows)
            if block.kind == "consent":
                slacks[:, rows] -= numbers.walk_away[..., block.party, None]
            elif block.other >= 0:
                exposures[:, rows] = -slacks[:, rows]
                slacks[:, rows] += numbers.limit[..., block.party, None]
        return slacks, exposures

    def kept(self, what: object, hanging: _Timing, work_out: Callable[[], T]) -> T:
        """What was worked out before under the same that it hangs on, of the last few times."""
        known = self._kept.setdefault(what, {})
        if hanging not in known:
            if len(known) == REMEMBERED:
                del known[next(iter(known))]
            known[hanging] = work_out()
        found: T = known[hanging]
        return found

    def _groups(self, numbers: Numbers, draws: int) -> Iterator[tuple[NDArray[np.intp], Worked]]:
        """Draws that agree in all that weights hang on."""
        found: dict[bytes, list[int]] = {}
        for i, row in enumerate(self._hanging(numbers, draws)):
            found.setdefault(row.tobytes(), []).append(i)
        for alike in found.values():
            one = numbers if numbers.draws is None else numbers.draw(alike[0])
            yield np.array(alike), Worked(self, one)

    def _hanging(self, numbers: Numbers, draws: int) -> Array:
        """[draws, …] the numbers that weights hang on, side by side."""
        width = len(self.model.parties) * len(self.entering)
        flags = [x[..., self.entering].reshape(-1, width) for x in numbers.minded(self.model)]
        single = (numbers.discount, numbers.response, numbers.undo, numbers.keeps, numbers.detects, numbers.delay)
        others = [np.atleast_2d(x) for x in (*single, numbers.exit_rate, numbers.exit_chance)]
        over = np.any(numbers.over != 0, axis=(-1, -2)).reshape(-1, 1)
        every = [(p, Slots.of(numbers, p)) for p in np.flatnonzero(numbers.valued).tolist()]
        felt = [np.atleast_2d(slots.felt(slots.amounts(numbers, p))) for p, slots in every]
        parts = (*flags, *others, over, *felt)
        return np.concatenate([np.broadcast_to(x, (draws, x.shape[1])) for x in parts], axis=1, dtype=float)


class Worked:
    """The weights of a plan's rows under one set of what they hang on."""

    def __init__(self, of: WhatIf, numbers: Numbers) -> None:
        self.of, self.numbers, self.model = of, numbers, numbers.into(of.model)
        self._makers: dict[tuple[Moment, ...], Maker] = {}
        self._deviations: dict[tuple[object, ...], Deviation] = {}
        self._hanging: dict[int, _Timing] = {}

    def signed(self, p: int) -> Array:
        """[1, N] of the plan as kept."""
        return self.of.kept(("signed", p), self._valued(p), lambda: self._paths_of(p).signed().of)

    def weights(self, block: _Block) -> Array:
        """[rows, N]"""
        if block.kind == "consent":
            return self.signed(block.party)
        hanging = self._valued(block.party)
        if block.measure >= 0:
            hanging = (*hanging, *self._seen(block.mover, block.measure))
        return self.of.kept(block, hanging, lambda: self._work_out(block))

    def _work_out(self, block: _Block) -> Array:
        maker = self._maker([label.at for label in block.labels])
        said = temptation if block.other < 0 else standing_since
        return said(self._paths_of(block.party), maker, self._deviation(maker, block)).of

    def _deviation(self, maker: Maker, block: _Block) -> Deviation:
        """What a block's rows ask about, the same for all whom it bears upon."""
        leaves = tuple(label.leaves for label in block.labels if label.leaves is not None)
        key = maker, block.mover, block.measure, leaves
        if key not in self._deviations:
            self._deviations[key] = (
                maker.breakout(block.mover)
                if block.measure < 0
                else maker.covert(block.mover, block.measure, Moments.of(leaves) if leaves else None)
            )
        return self._deviations[key]

    def _maker(self, moments: Sequence[Moment | None]) -> Maker:
        asked = tuple(at for at in moments if at is not None)
        if asked not in self._makers:
            self._makers[asked] = Maker(self.model, Moments.of(asked))
        return self._makers[asked]

    def _paths_of(self, p: int) -> FixedPaths:
        def make() -> FixedPaths:
            slots = Slots.of(self.numbers, p)
            return FixedPaths(self.model, p, self.of.plan, slots, felt=self._felt(p), moments=self.of.moments)

        return self.of.kept(("paths", p), self._valued(p), make)

    # --- what weights hang on ----------------------------------------------------------------------------------------

    @cached_property
    def _common(self) -> _Timing:
        model, entering = self.model, self.of.entering
        costs, over = model.costs[:, entering].tobytes(), bool(np.any(model.over))
        times = (model.response, model.undo[entering], model.keeps[entering])
        untils = tuple(tuple(x.until for x in layers) for layers in (self.numbers.flows, self.numbers.intrusion))
        return (costs, over, *(x.tobytes() for x in times), model.exits, untils)

    def _valued(self, p: int) -> _Timing:
        """What any weight of a party hangs on."""
        if p not in self._hanging:
            rho, years = float(self.model.rho[p]), self.numbers.no_deal[p].years
            self._hanging[p] = rho, years, self._felt(p).tobytes(), self._common
        return self._hanging[p]

    def _felt(self, p: int) -> Flags:
        """[N] which amounts of a party may not be 0."""
        slots = Slots.of(self.numbers, p)
        return slots.felt(slots.amounts(self.numbers, p))

    def _seen(self, q: int, m: int) -> _Timing:
        """What weights hang on besides where q fakes m."""
        faked, entering = Faked.of(self.model, q, m), self.of.entering
        return faked.watch, faked.delay, faked.undone[entering].tobytes(), faked.skipped[entering].tobytes()


def dated_labels(model: Model, shares: Array) -> tuple[Label, ...]:
    """All rows on dates that bind for a plan: those of `conditions` and `Seldom`."""
    families = Families(model, model.moments)
    breakouts = [(int(q), -1, -1) for q in np.flatnonzero(model.valued & model.by.any(axis=1))]
    consents = [consent_of(int(p)) for p in np.flatnonzero(model.valued & model.consents)]
    asked = [*consents, *(label for t in (*breakouts, *Seldom(model).topics) for label in families.labels(t))]
    on = binding(model, switches_of(asked, model.K), shares)
    return tuple(label for label, there in zip(asked, on, strict=True) if there)


def _rows_asked(numbers: Numbers) -> tuple[bytes, ...]:
    """What there must be for the same rows on dates: exits on dates, limits, what can be undone, who values."""
    there = (numbers.exit_chance > 0, np.isfinite(numbers.limit), np.isfinite(numbers.undo), numbers.valued)
    return tuple(b"".join(sorted({row.tobytes() for row in np.atleast_2d(x)})) for x in there)


def _blocks(labels: Iterable[Label]) -> Iterator[_Block]:
    found: dict[tuple[Temptation, int, int, int, bool], list[int]] = {}
    every = tuple(labels)
    for r, label in enumerate(every):
        key = label.kind, label.party, label.other, label.measure, label.leaves is not None
        found.setdefault(key, []).append(r)
    for (kind, party, other, measure, _), rows in found.items():
        yield _Block(kind, party, other, measure, tuple(rows), tuple(every[r] for r in rows))


def _times(amounts: Array, chosen: NDArray[np.intp], weights: Array) -> Array:
    """[chosen draws, rows] of amounts [1 or draws, N] and weights [rows, N]."""
    product: Array = (amounts if len(amounts) == 1 else amounts[chosen]) @ weights.T
    return product
