"""What a test can see: levels, and the chance that a loss of a given pattern is detected.

A pattern is what is lost in each period, [period], in kg. It moves the mean of the MUFs and leaves their covariance S.
Bounds: Neyman and Pearson's test, which knows the pattern, and the best that can be promised to one who does not
(Avenhaus and Jaech 1981: the test of CUMUF is minimax).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri
from scipy.stats import chi2, ncx2

from detente.errors import UsageError
from detente.model.numeric import Array
from detente.verify.balance.covariance import cholesky, whiten
from detente.verify.balance.sequential import v5b3_estimate

TERMS, AT_A_TIME = 1 << 16, 1 << 11
"""Terms of a characteristic function's inversion: at most, and looked at together."""
NEGLIGIBLE = -28.0
"""Logarithm of the size of terms that are left out."""
CLOSE = 1e-9
"""In standard deviations of the statistic; where the search for its threshold stops."""
FAR = 40.0
"""So many standard deviations beyond a threshold nothing is left to chance."""


def critical(level: float) -> float:
    """z_(1−a): how many standard deviations a one-sided test of level a asks for."""
    return float(-ndtri(level))


def level_each(level: float, periods: int) -> float:
    """a_i = 1 − (1 − a)^(1/n): the level of each of n independent tests that alarm at level a together."""
    return float(-np.expm1(np.log1p(-level) / periods))


def single_balance(loss: ArrayLike, sigma: ArrayLike, level: float) -> Array:
    """Chance that one balance alarms: Φ(L/σ − z_(1−a)). Half of the losses L = z σ are seen."""
    return np.asarray(ndtr(np.asarray(loss, float) / np.asarray(sigma, float) - critical(level)))


def detectable_loss(sigma: float, level: float, chance: float) -> float:
    """The loss that one balance shows with this chance; 3.29 σ for 95 % at level 5 %."""
    return float(sigma * (critical(level) + ndtri(chance)))


def neyman_pearson(pattern: ArrayLike, covariance: Array, level: float) -> float:
    """The bound: what the best test sees of a pattern that it knows, Φ(√(m'S⁻¹m) − z_(1−a))."""
    shift = whiten(cholesky(covariance), np.asarray(pattern, float))
    return float(ndtr(np.sqrt(shift @ shift) - critical(level)))


def hardest_pattern(loss: float, covariance: Array) -> Array:
    """m* = L·S1/(1'S1): how a loss must be spread for the best test to see least of it."""
    lean = covariance.sum(axis=1)
    return np.asarray(loss * lean / lean.sum())


def cumuf(loss: float, covariance: Array, level: float) -> float:
    """What the test of CUMUF sees of a total loss, however spread: Φ(L/√(1'S1) − z_(1−a)). No test promises more."""
    return float(ndtr(loss / np.sqrt(covariance.sum()) - critical(level)))


def sitmuf_each(pattern: ArrayLike, covariance: Array, level: float) -> float:
    """Chance that SITMUF of any period passes the limit that gives one false alarm with chance `level` over all."""
    shift = whiten(cholesky(covariance), np.asarray(pattern, float))
    return float(-np.expm1(log_ndtr(critical(level_each(level, len(shift))) - shift).sum()))


def gemuf(pattern: ArrayLike, covariance: Array, level: float) -> float:
    """Chance that GEMUF V1 over all periods alarms."""
    shift = whiten(cholesky(covariance), np.asarray(pattern, float))
    n = len(shift)
    threshold, size = float(chi2.isf(level, n)), float(shift @ shift)
    if size == 0.0:
        return level
    return float(ncx2.sf(threshold, n, size)) if np.sqrt(size) < np.sqrt(threshold) + FAR else 1.0


def gemuf_v5b3_threshold(covariance: Array, level: float) -> float:
    """What GEMUF V5B3 over all periods (five at least) passes with chance `level` where nothing is lost."""
    weights = np.asarray(np.linalg.eigvalsh(_v5b3_form(covariance)), float)
    none, spread = np.zeros(len(weights)), float(np.sqrt(2.0 * weights @ weights))
    low = float(weights.sum())
    high = low + spread
    while _tail(weights, none, high) > level:
        high += 2.0 * spread
    while _tail(weights, none, low) < level:
        low -= spread
    return float(brentq(lambda q: _tail(weights, none, q) - level, low, high, xtol=CLOSE * spread))


def gemuf_v5b3(pattern: ArrayLike, covariance: Array, threshold: float) -> float:
    """Chance that GEMUF V5B3 over all periods passes its threshold."""
    shift = whiten(cholesky(covariance), np.asarray(pattern, float))
    return exceeds(_v5b3_form(covariance), threshold, shift)


def _v5b3_form(covariance: Array) -> Array:
    """The symmetric form Q with Z = y'Qy in y = SITMUF."""
    if len(covariance) < 5:
        raise UsageError("GEMUF V5B3 looks at five balances at least")
    root = cholesky(covariance)
    smoothed = whiten(root, v5b3_estimate(root.T)).T  # M̂ of each column of L, whitened
    return np.asarray(0.5 * (smoothed + smoothed.T))


def exceeds(form: Array, value: float, mean: Array | None = None) -> float:
    """P(y'Qy > value), y normal with independent components of SD 1."""
    weights, axes = np.linalg.eigh(form)
    return _tail(weights, np.zeros(len(weights)) if mean is None else (axes.T @ mean) ** 2, value)


def _tail(weights: Array, lean: Array, value: float) -> float:
    """P(Σ weight·χ²(1, lean) > value) by inversion of the characteristic function.

    Davies 1973: a midpoint sum over u, whose step keeps the next image out of reach; about six digits.
    """
    centre = float(weights @ (1.0 + lean))
    spread = float(np.sqrt(2.0 * (weights**2) @ (1.0 + 2.0 * lean)))
    if abs(value - centre) > FAR * spread:
        return 1.0 if value < centre else 0.0
    step = np.pi / (abs(value - centre) + 12.0 * spread + 60.0 * float(np.abs(weights).max()))
    total = 0.5
    for first in range(0, TERMS, AT_A_TIME):
        number = np.arange(first, first + AT_A_TIME) + 0.5
        wu = np.multiply.outer(weights, step * number)
        square = 1.0 + wu * wu
        phase = 0.5 * (np.arctan(wu) + lean[:, None] * wu / square).sum(axis=0) - 0.5 * value * step * number
        log_size = -0.25 * np.log(square).sum(axis=0) - 0.5 * (lean[:, None] * wu * wu / square).sum(axis=0)
        total += float((np.sin(phase) * np.exp(log_size) / (np.pi * number)).sum())
        if log_size[-1] < NEGLIGIBLE:
            break
    return min(1.0, max(0.0, total))
