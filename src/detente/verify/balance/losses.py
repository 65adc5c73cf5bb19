"""Many histories of a balance area: errors drawn anew, a loss if one is supposed, and what every statistic says.

For what has no closed form, and to check what has: false-alarm rates, detection probabilities, delays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from detente.errors import DossierError, UsageError
from detente.model.numeric import Array
from detente.verify.balance.area import BalanceArea
from detente.verify.balance.checks import check_area
from detente.verify.balance.covariance import cholesky, whiten
from detente.verify.balance.run_length import STANDARD_K
from detente.verify.balance.sequential import page, v5b3_estimate

CHUNK = 1_000_000
"""Numbers drawn at a time: bounds memory, and is part of what a seed means."""
Seed = int | np.random.SeedSequence | np.random.Generator


@dataclass(frozen=True, eq=False)
class Histories:
    """Statistics of simulated histories, [iteration, period] unless said otherwise."""

    muf: Array
    sigma: Array
    """Of each MUF, as an inspector would state it: from the measured amounts, unless told otherwise."""
    sitmuf: Array
    gemuf: Array
    gemuf_v5b3: Array
    page: Array
    sigma_cumuf: Array
    """Of CUMUF at the end, [iteration]."""

    @property
    def cumuf(self) -> Array:
        return np.cumsum(self.muf, axis=-1)


def simulate(
    area: BalanceArea,
    iterations: int,
    seed: Seed,
    *,
    loss: ArrayLike | None = None,
    taken_from: str | None = None,
    k: float = STANDARD_K,
    covariance_from_measured: bool = True,
) -> Histories:
    """Draw histories in which nothing is missing but `loss`.

    The amounts of the area say how large the errors are; what they leave unaccounted for themselves is taken off.
    `loss` is kg in each period. With `taken_from` it leaves that location's inventories (from the period's end on) and
    outputs; without, it is missing from the balance and from no measured amount. With `covariance_from_measured`
    each history is judged by a covariance from its own measurements, else by the true one. The two agree while errors
    are small; an output known to 20 % that reads low raises MUF and lowers σ, and false alarms become more frequent.
    Raises DossierError where the measurements make no balance.
    """
    if iterations < 1:
        raise UsageError(f"a simulation needs at least one history, not {iterations}")
    if wrong := [f for f in check_area(area) if f.severity == "error"]:
        raise DossierError(wrong)
    n, rng = len(area.periods), np.random.default_rng(seed)
    lost = np.zeros(n) if loss is None else np.asarray(loss, float)
    if lost.shape != (n,) or not np.isfinite(lost).all():
        raise UsageError(f"a loss is {n} finite numbers, one for each period")
    true = area.amounts if taken_from is None else _less(area, lost, taken_from)
    missing = lost if taken_from is None else np.zeros(n)
    at_once = max(1, CHUNK // max(len(true), n * n, n * area.errors.sources))
    parts = [
        _some(area, true, missing, min(at_once, iterations - done), rng, k, measured=covariance_from_measured)
        for done in range(0, iterations, at_once)
    ]
    joined = parts[0] if len(parts) == 1 else [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return Histories(*joined)


def _some(
    area: BalanceArea, true: Array, missing: Array, count: int, rng: np.random.Generator, k: float, *, measured: bool
) -> list[Array]:
    amounts = area.errors.draw(true, count, rng)
    muf = np.ascontiguousarray(area.errors.muf(amounts).T) + (missing - area.muf)
    covariance = area.errors.covariance(amounts if measured else true)
    try:
        root = cholesky(covariance)
    except np.linalg.LinAlgError:
        raise UsageError("so much is lost that what is left gives a balance no error of its own") from None
    standard = whiten(root, muf)
    sigma = np.broadcast_to(np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1)), muf.shape)
    smoothed = whiten(root, v5b3_estimate(muf))
    return [
        muf,
        sigma,
        standard,
        np.cumsum(standard * standard, axis=-1),
        np.cumsum(smoothed * standard, axis=-1),
        page(standard, k),
        np.broadcast_to(np.sqrt(covariance.sum(axis=(-2, -1))), muf.shape[:1]),
    ]


def _less(area: BalanceArea, lost: Array, location: str) -> Array:
    """The true amounts after the loss: less in every inventory since, unless an output of the period was short."""
    rows = area.rows_at(location)
    kinds = {area.measurements[r].kind for r in rows}
    if kinds not in ({"inventory"}, {"output"}):
        raise UsageError(f"a loss is taken from a location of inventories, or of outputs; {location!r} is neither")
    first = 0 if kinds == {"inventory"} else 1
    gone = np.concatenate([[0.0], np.cumsum(lost)]) if first == 0 else np.concatenate([[0.0], lost])
    period = np.array([area.measurements[r].period for r in rows])
    there = np.bincount(period, area.amounts[rows], minlength=len(gone))
    if (gone > there).any():
        short = int(np.argmax(gone - there))
        raise UsageError(
            f"{location!r} holds {there[short]:g} kg at {short}, from which {gone[short]:g} kg cannot be lost"
        )
    left = np.array(area.amounts)
    left[rows] *= 1.0 - np.divide(gone, there, out=np.zeros(len(gone)), where=there > 0)[period]
    return left
