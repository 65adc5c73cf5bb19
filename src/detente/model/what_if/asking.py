"""What a plan is worth, and by how much it meets each condition, were the numbers others.

`WhatIf` works a plan out once; `under` then answers for other numbers, many draws of them at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import Families, Label, Seldom, binding, consent_of, switches_of
from detente.model.what_if.compared import Comparing
from detente.model.what_if.entered import Entered
from detente.model.what_if.numbers import Numbers
from detente.model.what_if.slots import Slots

REMEMBERED = 8
"""How many sets of weights are kept."""


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


class WhatIf:
    """The rows of one plan of a model, worked out but for their numbers.

    Slots (all that is a point, or points a year) are weighed by what was worked out before, draw by draw in one
    product. Weights hang on the rest: rates, times, chances, and who minds what. Where these change they are worked out
    again, once for all draws that agree in them, and kept. A row at a moment between dates stays at that moment, though
    the moments that matter move with response times and delays: ask for others by their labels.
    """

    def __init__(self, model: Model, shares: Array, labels: Sequence[Label] | None = None) -> None:
        """`shares`: [M, K+1] of the plan; `labels`: the rows that are asked for, all on dates that bind by default.

        Raises ValueError for a model with answers that suspend something: its plans are for the judge.
        """
        if model.pauses:
            raise ValueError("answers that suspend something are not worked out here: ask the judge")
        self.model, self.plan = model, Entered.of(model, shares)
        self.labels = dated_labels(model, shares) if labels is None else tuple(labels)
        self._rows_asked = _rows_asked(Numbers.of(model)) if labels is None else None
        self._paths = Comparing(model, self.plan, self.labels)
        self._entering = np.unique(self.plan.measure)
        self._kept: dict[object, tuple[Indices, Array, Array]] = {}

    def under(self, numbers: Numbers) -> Answers:
        """What the plan is worth, and its slacks. Raises ValueError where other numbers ask for other rows on dates."""
        if self._rows_asked is not None and _rows_asked(numbers) != self._rows_asked:
            raise ValueError("exits, limits, undoing or values that come or go ask for other rows: make another WhatIf")
        values, compared = self._weighed(numbers, numbers.draws or 1)
        slacks, exposures = (x[:, self._paths.which] for x in self._measured(numbers, compared))
        if numbers.draws is None:
            values, slacks, exposures = values[0], slacks[0], exposures[0]
        return Answers(self.labels, values, slacks, exposures)

    def _weighed(self, numbers: Numbers, draws: int) -> tuple[Array, Array]:
        """[draws, P] what the plan is worth, and [draws, U] the rows but for walk-away values and limits."""
        slots = Slots.of(numbers)
        amounts = slots.amounts(numbers)
        amounts = amounts if amounts.ndim > 2 else amounts[None]
        values, slacks = np.zeros((draws, len(self.model.parties))), np.full((draws, len(self._paths.labels)), np.nan)
        for chosen, one, hanging in self._groups(numbers, slots.felt(amounts), draws):
            used, signed, rows = self._once(hanging, one)
            some = (amounts if len(amounts) == 1 else amounts[chosen])[..., used]
            values[chosen] = np.einsum("dpn,pn->dp", some, signed)
            for p in np.flatnonzero(numbers.valued).tolist():
                of = self._paths.of_party(p)
                slacks[np.ix_(chosen, of)] = some[:, p] @ rows[of].T
        return values, slacks

    def _measured(self, numbers: Numbers, compared: Array) -> tuple[Array, Array]:
        """[draws, U] slacks, against walk-away values and limits, and exposures."""
        paths = self._paths
        exposures = np.where(paths.exposed, -compared, np.nan)
        against = np.where(paths.exposed, numbers.limit[..., paths.party], 0.0)
        against = against - np.where(paths.agreed, numbers.walk_away[..., paths.party], 0.0)
        return compared + against, exposures

    def _once(self, hanging: bytes, numbers: Numbers) -> tuple[Indices, Array, Array]:
        """The weights under some numbers: those of the last few times that were the same in all that they hang on."""
        found = self._kept.pop(hanging, None) or self._paths.weights(numbers)
        self._kept[hanging] = found
        if len(self._kept) > REMEMBERED:
            del self._kept[next(iter(self._kept))]
        return found

    def _groups(self, numbers: Numbers, felt: Flags, draws: int) -> Iterator[tuple[Indices, Numbers, bytes]]:
        """Draws that agree in all that weights hang on."""
        untils = [[x.until for x in layers] for layers in (numbers.flows, numbers.intrusion)]
        common = repr((untils, [x.years for x in numbers.no_deal], numbers.visits)).encode()
        found: dict[bytes, list[int]] = {}
        for i, row in enumerate(self._hanging(numbers, felt, draws)):
            found.setdefault(row.tobytes() + common, []).append(i)
        for hanging, alike in found.items():
            yield np.array(alike), numbers if numbers.draws is None else numbers.draw(alike[0]), hanging

    def _hanging(self, numbers: Numbers, felt: Flags, draws: int) -> Array:
        """[draws, …] the numbers that weights hang on, side by side."""
        flags = [x[..., self._entering] for x in numbers.minded(self.model)]
        flat = [x.reshape(*(x.shape[:-2] or (1,)), x.shape[-2] * x.shape[-1]) for x in (*flags, felt)]
        single = (numbers.discount, numbers.response, numbers.undo, numbers.keeps, numbers.detects, numbers.delay)
        others = [np.atleast_2d(x) for x in (*single, numbers.exit_rate, numbers.exit_chance)]
        over = np.any(numbers.over != 0, axis=(-1, -2)).reshape(-1, 1)
        parts = (*flat, *others, over)
        return np.concatenate([np.broadcast_to(x, (draws, x.shape[1])) for x in parts], axis=1, dtype=float)


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
