"""How errors of measurement add up in material balances: the covariance of MUF, and what it is made of.

A measured amount is x = t(1 + r + s): r is drawn anew for every item, s once for every instrument between two
calibrations (Jaech, *Statistical Methods in Nuclear Material Control*, 1973). Each amount enters the balance of one
period (a flow) or of two (an inventory closes one and opens the next) with a sign, so the covariance of the balances
is a sum over sources of error: one for each measurement, one for each instrument and calibration.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from detente.model.numeric import Array, Indices


@dataclass(frozen=True, eq=False)
class Errors:
    """Which measurement enters which balance, and the errors it carries. A row is a measurement."""

    enters: Any
    """Sparse [period, row]: +1 what makes MUF larger (inputs, opening inventory), −1 what makes it smaller."""
    random: Array
    """[row]: relative SD of the row's own error; for n equal items weighed one by one, that of an item over √n."""
    systematic: Array
    """[row]: relative SD of the error that the row shares."""
    source: Indices
    """[row]: which shared error, an instrument in one calibration, counted from 0."""

    @classmethod
    def of(
        cls,
        balances: Sequence[Sequence[tuple[int, float]]],
        random: ArrayLike,
        systematic: ArrayLike,
        sources: Sequence[Hashable],
        *,
        periods: int,
    ) -> Errors:
        """From what each row is to the balances, as (period from 0, sign), and the name of its shared error."""
        places = [(period, row, sign) for row, signs in enumerate(balances) for period, sign in signs]
        period, row, sign = (np.array(column) for column in zip(*places, strict=True))
        numbers = {name: i for i, name in enumerate(dict.fromkeys(sources))}
        return cls(
            csr_array((sign.astype(float), (period, row)), shape=(periods, len(balances))),
            np.asarray(random, float),
            np.asarray(systematic, float),
            np.array([numbers[name] for name in sources]),
        )

    @property
    def periods(self) -> int:
        return int(self.enters.shape[0])

    @property
    def sources(self) -> int:
        return int(self.source.max()) + 1

    def muf(self, amounts: Array) -> Array:
        """MUF_i = I_i − O_i − (C_i − C_(i−1)); amounts [row] or [row, iteration], result the same by period."""
        return np.asarray(self.enters @ amounts)

    def draw(self, true: Array, iterations: int, rng: np.random.Generator) -> Array:
        """Amounts as measured, [row, iteration]."""
        error = rng.standard_normal((len(true), iterations))
        error *= self.random[:, None]
        error += self.systematic[:, None] * rng.standard_normal((self.sources, iterations))[self.source]
        error += 1.0
        error *= true[:, None]
        return error

    def covariance(self, amounts: Array) -> Array:
        """Covariance of the MUFs: amounts [row] give [period, period], amounts [row, iteration] one an iteration."""
        variance = (amounts.T * self.random).T ** 2
        shared = self._shared(amounts)
        total = shared @ np.swapaxes(shared, -1, -2)
        n, steps = self.periods, np.arange(self.periods)
        total[..., steps, steps] += (self.enters.power(2) @ variance).T
        beside = (self.enters[:-1].multiply(self.enters[1:]) @ variance).T if n > 1 else np.zeros((0,))
        total[..., steps[:-1], steps[1:]] += beside
        total[..., steps[1:], steps[:-1]] += beside
        return np.asarray(total)

    def _shared(self, amounts: Array) -> Array:
        """What a standard deviation of each shared error moves each balance, [..., period, source]."""
        n, sources = self.enters.shape[0], self.sources
        at = self.enters.tocoo()
        rows = csr_array(
            (at.data * self.systematic[at.col], (at.row * sources + self.source[at.col], at.col)),
            shape=(n * sources, len(self.random)),
        )
        return np.ascontiguousarray((rows @ amounts).T).reshape(*amounts.shape[1:], n, sources)

    def shares(self, amounts: Array, groups: Sequence[str], weights: Array) -> dict[tuple[str, str], float]:
        """What part of the variance of Σ weights·MUF comes from each group of rows and kind of error; they sum to 1.

        A shared error is divided by covariance: a group that cancels what others add has a negative share.
        """
        moves = np.asarray(self.enters.T @ weights) * amounts
        own = (moves * self.random) ** 2
        lean = moves * self.systematic
        common = lean * np.bincount(self.source, lean, minlength=self.sources)[self.source]
        total = float(own.sum() + common.sum())
        names = {name: i for i, name in enumerate(dict.fromkeys(groups))}
        number = np.array([names[g] for g in groups])
        parts = {kind: np.bincount(number, x) / total for kind, x in (("random", own), ("systematic", common))}
        return {(name, kind): float(part[i]) for name, i in names.items() for kind, part in parts.items()}


def cholesky(covariance: Array) -> Array:
    """The lower root L with S = L L'. Raises numpy's LinAlgError where S is not positive definite."""
    return np.asarray(np.linalg.cholesky(covariance), dtype=float)


def whiten(root: Array, values: Array) -> Array:
    """L⁻¹ values: values [..., period], root [..., period, period] lower triangular."""
    values = np.asarray(values, float)
    solved = np.empty(np.broadcast_shapes(values.shape, root.shape[:-1]))
    for i in range(root.shape[-1]):
        before = np.einsum("...j,...j->...", root[..., i, :i], solved[..., :i])
        solved[..., i] = (values[..., i] - before) / root[..., i, i]
    return solved
