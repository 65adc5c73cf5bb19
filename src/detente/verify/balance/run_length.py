"""When Page's test alarms: run lengths, chance of an alarm and delay over a finite horizon, thresholds.

The test sums y_i − k, y_i normal with SD 1 and mean `shift`, and alarms when the sum S passes h. Its state is an atom
at 0 and a density on (0, h], carried from period to period by Gauss–Legendre quadrature (Nyström's method; Brook and
Evans 1972 for the idea). The kernel is smooth, so that a few nodes give nine digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr

from detente.errors import UsageError
from detente.model.numeric import Array

STANDARD_K = 0.5
"""The usual reference value: best against a shift of one standard deviation a period."""
HIGHEST = 130.0
"""No threshold is looked for beyond this."""
LEAST = 1e-9
"""The least threshold that is looked for: that of an alarm in the first period that is above k."""
CLOSE, CLOSE_RELATIVE = 1e-11, 1e-13
"""Where the search for a threshold stops."""
ROUNDING = 1e-9
"""A run length this little below 1 is 1."""
LONGEST = 1e11
"""Run lengths beyond this are lost in rounding, and are not told."""
SIEGMUND_SHIFT = 1.166
"""What crossing in steps adds to the threshold: 2 × 0.583 standard deviations (Siegmund 1985)."""


@dataclass(frozen=True, eq=False)
class AlarmTime:
    """In which period the first alarm comes, if it comes. `at` is [period], from the first one on."""

    at: Array

    @property
    def ever(self) -> float:
        """Chance of an alarm within the horizon: false-alarm or detection probability, by what was assumed."""
        return min(1.0, float(self.at.sum()))

    @property
    def survival(self) -> Array:
        """Chance of no alarm up to each period's end, [period]."""
        return np.clip(1.0 - np.cumsum(self.at), 0.0, 1.0)

    def delay(self, begins: int = 1) -> AlarmTime:
        """Periods from the start of period `begins` to the alarm, given none before it."""
        quiet = 1.0 - float(self.at[: begins - 1].sum())
        if not 1 <= begins <= len(self.at) or quiet <= 0.0:
            raise UsageError(f"no loss can begin in period {begins} of {len(self.at)} unnoticed")
        return AlarmTime(self.at[begins - 1 :] / quiet)

    @property
    def mean(self) -> float | None:
        """Mean period of the alarm given that there is one; None where there is none."""
        return float(self.at @ np.arange(1, len(self.at) + 1)) / self.ever if self.ever > 0 else None

    def quantile(self, chance: float) -> int | None:
        """The first period by which the alarm has come with this chance; None where it never has."""
        reached = np.cumsum(self.at) >= chance
        return int(reached.argmax()) + 1 if reached.any() else None


def _normal(x: Array) -> Array:
    return np.asarray(np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi))


@lru_cache(maxsize=64)
def _legendre(count: int) -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _nodes(h: float) -> tuple[Array, Array]:
    """Places and weights on (0, h]."""
    nodes, weights = _legendre(int(max(60, np.ceil(7 * h))))
    return 0.5 * h * (nodes + 1.0), 0.5 * h * weights


def average_run_length(k: float, h: float, shift: float = 0.0, start: float = 0.0) -> float:
    """Mean number of periods to the alarm: ARL(s) = 1 + ARL(0)Φ(k−s−μ) + ∫ ARL(u)φ(u−s+k−μ)du over (0, h].

    Raises UsageError where it is longer than LONGEST.
    """
    _check(k, h, shift, start)
    return _told(_run_length(k, h, shift, start), k, h, shift)


def _told(length: float, k: float, h: float, shift: float) -> float:
    if length > LONGEST:
        raise UsageError(f"with k = {k:g}, h = {h:g} and mean {shift:g} an alarm takes more than {LONGEST:g} periods")
    return length


def _check(k: float, h: float, *others: float) -> None:
    if not (np.isfinite([k, h, *others]).all() and 0.0 <= h <= HIGHEST):
        raise UsageError(f"Page's test needs finite numbers, and a threshold from 0 to {HIGHEST:g}, not {h}")


def _run_length(k: float, h: float, shift: float, start: float) -> float:
    """The same, infinite where rounding would hide it: a matrix so nearly singular gives anything from there on."""
    u, w = _nodes(h)
    places = np.concatenate([[0.0], u])
    kernel = np.empty((len(places), len(places)))
    kernel[:, 0] = ndtr(k - places - shift)
    kernel[:, 1:] = w * _normal(u - places[:, None] + k - shift)
    try:
        lengths = np.linalg.solve(np.eye(len(places)) - kernel, np.ones(len(places)))
    except np.linalg.LinAlgError:
        return np.inf
    if not (lengths.min() >= 1.0 - ROUNDING and lengths.max() <= LONGEST):
        return np.inf
    return float(1.0 + lengths[0] * ndtr(k - start - shift) + (w * _normal(u - start + k - shift)) @ lengths[1:])


def siegmund(k: float, h: float, shift: float = 0.0) -> float:
    """Siegmund's approximation of the run length, good to a few per cent; exact ones cost little more."""
    drift, b = shift - k, h + SIEGMUND_SHIFT
    _check(k, h, shift)
    if abs(drift) * b < 1e-4:
        return b * b
    if drift * b < -300.0:
        return _told(np.inf, k, h, shift)
    return float((np.exp(-2.0 * drift * b) + 2.0 * drift * b - 1.0) / (2.0 * drift * drift))


def alarm_time(k: float, h: float, shifts: ArrayLike) -> AlarmTime:
    """The distribution of the first alarm over periods whose means are `shifts`, in SDs, from S_0 = 0 on."""
    means = np.atleast_1d(np.asarray(shifts, float))
    _check(k, h, *means)
    u, w = _nodes(h)
    atom, density = 1.0, np.zeros(len(u))  # density times weights
    at = np.empty(len(means))
    step = u[:, None] - u + k
    kernel, last = np.empty(step.shape), np.nan
    for i, shift in enumerate(means):
        if shift != last:
            kernel, last = w[:, None] * _normal(step - shift), shift
        at[i] = atom * ndtr(shift - k - h) + density @ ndtr(shift - k - h + u)
        below = atom * ndtr(k - shift) + density @ ndtr(k - shift - u)
        density = kernel @ density + w * _normal(u + k - shift) * atom
        atom = float(below)
    return AlarmTime(at)


def threshold_for_alarm_rate(rate: float, periods: int, k: float = STANDARD_K) -> float:
    """The h that gives a chance `rate` of any false alarm in so many periods; 0 where less would be needed."""
    if not 0.0 < rate < 1.0 or periods < 1:
        raise UsageError(
            f"a false-alarm rate lies between 0 and 1, over at least one period, not {rate} over {periods}"
        )
    quiet = np.zeros(periods)
    return _threshold(lambda h: alarm_time(k, h, quiet).ever - rate, f"a false-alarm rate of {rate}")


def threshold_for_run_length(periods: float, k: float = STANDARD_K) -> float:
    """The h whose false alarms come every so many periods in the mean; 0 where less would be needed."""
    if not 1.0 < periods < LONGEST / 10:
        raise UsageError(f"a mean time between false alarms is above one period and below {LONGEST / 10:g}")
    wanted, far = np.log(periods), np.log(LONGEST)
    return _threshold(
        lambda h: wanted - min(far, np.log(_run_length(k, h, 0.0, 0.0))), f"{periods} periods between alarms"
    )


def _threshold(excess: Callable[[float], float], asked: str) -> float:
    """Where a function that falls with h is zero."""
    low, high = LEAST, 2.0
    if excess(low) <= 0.0:
        return 0.0
    while excess(high) > 0.0:
        low, high = high, 2.0 * high
        if high > HIGHEST:
            raise UsageError(f"no threshold up to {HIGHEST:g} gives {asked}")
    return float(brentq(excess, low, high, xtol=CLOSE, rtol=CLOSE_RELATIVE))
