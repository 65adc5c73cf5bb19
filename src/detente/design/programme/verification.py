"""When measures count as verified, and what verifying them uses: as the dossier says. DESIGN §3.

`detente.design.inspections.choosing` has the same where inspection regimes are chosen together with the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from detente.design.programme.columns import Columns
from detente.design.programme.linear import Linear, LinearForm, total
from detente.design.programme.order import Order
from detente.design.programme.ready import standing_verified
from detente.dossier.schema import Resource
from detente.model.rows.arrays import Model
from detente.model.rows.detection import SNAP


class Verifying(Protocol):
    """What a programme has to know of how measures are verified."""

    def waits(self, m: int) -> tuple[float, ...]:
        """Years after its entry from which a measure may count as verified."""

    def counted(self, m: int, at: float) -> Linear:
        """The share of a measure that is verified at a time (years from signature)."""

    def used(self, resource: Resource, k: int) -> LinearForm:
        """What is used of a resource in period k, at the least."""

    def write(self, order: Order) -> None:
        """Rows on order that hang on when measures count as verified, besides those of `Order.write`."""


class AsStated:
    """Every measure is verified as the dossier says."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def waits(self, m: int) -> tuple[float, ...]:
        return (_confirms_in(self.columns.model, m),)

    def counted(self, m: int, at: float) -> Linear:
        return share_verified(self.columns, m, at, _confirms_in(self.columns.model, m))

    def used(self, resource: Resource, k: int) -> LinearForm:
        model = self.columns.model
        return {self.columns.f(model.index[m], k): amount for m, amount in model.dossier.uses(resource).items()}

    def write(self, order: Order) -> None:
        pass


def _confirms_in(model: Model, m: int) -> float:
    return model.dossier.measures[model.measures[m]].confirms_in


def share_verified(columns: Columns, m: int, at: float, confirms: float) -> Linear:
    """The share of a measure that is verified at a time, which takes `confirms` years from its entry."""
    model, row, const = columns.model, {}, 0.0
    state = float(model.state[m])
    if state > 0 and standing_verified(model, m, confirms) <= at + SNAP:
        const += state
    last = int(np.searchsorted(model.tau, at - confirms + SNAP, side="right")) - 1
    if last >= 0 and (state == 0 or model.divisible[m]):
        row[columns.f(m, last)] = 1.0
        const -= state
    return Linear(row, const)


def progress(verification: Verifying, shares: Mapping[int, float], at: float) -> Linear:
    """The verified part of a scale (shares of 1 by measure) at a time."""
    return total((share, verification.counted(m, at)) for m, share in shares.items())


def scale(model: Model, name_or_shares: str | Mapping[str, object]) -> dict[int, float]:
    """A scale of progress, or shares written out, as shares of 1 by measure."""
    shares = model.dossier.progress[name_or_shares] if isinstance(name_or_shares, str) else name_or_shares
    amounts = {model.index[m]: float(s) for m, s in shares.items()}  # type: ignore[arg-type]
    total_amount = sum(amounts.values())
    return {m: a / total_amount for m, a in amounts.items()} if total_amount else amounts
