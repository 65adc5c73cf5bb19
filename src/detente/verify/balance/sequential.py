"""Statistics of a sequence of balances: SITMUF, MUFR, GEMUF and Page's test.

Arrays are [..., period]; S is the covariance of the MUFs, L its lower Cholesky root.
Sources: Pike and Woods 1982 (MUFR), Picard 1987 (SITMUF), Seifert 1986 (GEMUF), Page 1954 (CUSUM).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from detente.model.numeric import Array, Indices
from detente.verify.balance.covariance import cholesky, whiten

V5B3_WEIGHTS = (1, 1, 3, 1, 1)
"""GEMUF's estimate of the loss of a period: a mean of five MUFs that counts the middle one thrice."""


def sitmuf(muf: ArrayLike, covariance: Array) -> Array:
    """L⁻¹ MUF: independent, standard deviation 1, mean 0 where nothing is lost."""
    return whiten(cholesky(covariance), np.asarray(muf, float))


@dataclass(frozen=True, eq=False)
class Residuals:
    """MUFR: each MUF less what the earlier ones led to expect, and its standard deviation."""

    values: Array
    sd: Array


def mufr(muf: ArrayLike, covariance: Array) -> Residuals:
    """MUFR_i = MUF_i − c_i' S_(i−1)⁻¹ MUF_(1..i−1) = L_ii · SITMUF_i."""
    root = cholesky(covariance)
    sd = np.diagonal(root, axis1=-2, axis2=-1)
    return Residuals(whiten(root, np.asarray(muf, float)) * sd, sd)


def gemuf(muf: ArrayLike, covariance: Array) -> Array:
    """GEMUF V1: Z_i = MUF' S_i⁻¹ MUF over the first i balances, χ² with i degrees where nothing is lost."""
    return np.cumsum(sitmuf(muf, covariance) ** 2, axis=-1)


def v5b3_estimate(muf: ArrayLike) -> Array:
    """The losses that GEMUF V5B3 supposes; 0 in the first and last two periods, where it is not defined."""
    values = np.asarray(muf, float)
    n, weights = values.shape[-1], np.array(V5B3_WEIGHTS) / sum(V5B3_WEIGHTS)
    estimate = np.zeros(values.shape)
    if n >= 5:
        estimate[..., 2:-2] = sum(w * values[..., j : n - 4 + j] for j, w in enumerate(weights))
    return estimate


def gemuf_v5b3(muf: ArrayLike, covariance: Array) -> Array:
    """GEMUF V5B3: Z_i = M̂' S_i⁻¹ MUF over the first i balances, M̂ the smoothed MUF."""
    root = cholesky(covariance)
    values = np.asarray(muf, float)
    return np.cumsum(whiten(root, v5b3_estimate(values)) * whiten(root, values), axis=-1)


def page(y: ArrayLike, k: float, start: float = 0.0) -> Array:
    """Page's sums S_i = max(0, S_(i−1) + y_i − k), from S_0 = start on."""
    values = np.asarray(y, float)
    sums = np.empty(values.shape)
    now = np.full(values.shape[:-1], start)
    for i in range(values.shape[-1]):
        now = np.maximum(0.0, now + values[..., i] - k)
        sums[..., i] = now
    return sums


def first_alarm(statistic: ArrayLike, threshold: ArrayLike) -> Indices:
    """The first period (from 1) in which the statistic is above its threshold; 0 where it never is."""
    above = np.asarray(statistic, float) > threshold
    return np.where(above.any(axis=-1), above.argmax(axis=-1) + 1, 0)
