"""When cheating is seen: the distribution of the time to detection, with exact discounted integrals. DESIGN §4, §5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
SNAP = 1e-9
"""Two times closer than this (years) are the same moment."""


class Detection(Protocol):
    """A time to detection T ≥ 0, in years from the start of the cheating; T may never come."""

    def partial(self, rho: float, a: ArrayLike, b: ArrayLike) -> Array:
        """∫ over (a, b] of e^(−ρT) dF(T), elementwise; a < 0 takes in an atom at 0, b may be infinite."""

    def survival(self, t: ArrayLike) -> Array:
        """P(T > t); at infinity the chance that it is never seen."""


@dataclass(frozen=True)
class Exponential:
    """Seen at a constant rate a year; a rate of 0 never sees."""

    rate: float

    def partial(self, rho: float, a: ArrayLike, b: ArrayLike) -> Array:
        low, high = np.maximum(np.asarray(a, float), 0.0), np.maximum(np.asarray(b, float), 0.0)
        if self.rate == 0.0:
            return np.zeros(np.broadcast(low, high).shape)
        total = self.rate + rho
        seen: Array = self.rate / total * np.maximum(np.exp(-total * low) - np.exp(-total * high), 0.0)
        return seen

    def survival(self, t: ArrayLike) -> Array:
        time = np.maximum(np.asarray(t, float), 0.0)
        return np.ones(time.shape) if self.rate == 0.0 else np.exp(-self.rate * time)


@dataclass(frozen=True)
class AtOnce:
    """Seen at T = 0: an open breach."""

    def partial(self, rho: float, a: ArrayLike, b: ArrayLike) -> Array:
        low, high = np.asarray(a, float), np.asarray(b, float)
        return ((low < -SNAP) & (high >= -SNAP)).astype(float)

    def survival(self, t: ArrayLike) -> Array:
        return (np.asarray(t, float) < -SNAP).astype(float)


NEVER = Exponential(0.0)
