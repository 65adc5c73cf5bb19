"""Where the slack of a condition is least between two moments, from a few samples. ANSWERS R7.

Between two moments the slack is a sum of a few exponentials of time, which a polynomial through Chebyshev's points
follows closely. It says where to look; what is found there is computed exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from detente.model.check_detection import TIE, Array
from detente.model.check_paths import BEFORE, BETWEEN, Moments

POINTS = 8
NODES = (1 - np.cos(np.pi * np.arange(POINTS) / (POINTS - 1))) / 2
FINE = np.linspace(0.0, 1.0, 65)
LOWER = 1e-9
"""By how much, relative to its size, a slack must be lower inside than at both ends."""


class Interior:
    """The stretches between moments of one party, and where in them its slack is least."""

    def __init__(self, times: Array) -> None:
        distinct = [0.0]
        for t in np.sort(times):
            if t - distinct[-1] > TIE:
                distinct.append(float(t))
        self.spans = list(pairwise(distinct))

    def samples(self, tau: Sequence[float]) -> Moments:
        """Just after the first of two moments, some between, and before the second: POINTS for each stretch."""
        times = [a + (b - a) * x for a, b in self.spans for x in NODES]
        sides = [BETWEEN] * (POINTS - 1) + [BEFORE]
        for i, (_, b) in enumerate(self.spans):
            times[(i + 1) * POINTS - 1] = b
        return Moments.at(tau, times, sides * len(self.spans))

    def least(self, slack: Array, *, below: float | None) -> list[float]:
        """Times at which it is less than at both ends of their stretch, and, if asked, below some amount."""
        sampled = slack.reshape(len(self.spans), POINTS)
        fine = sampled @ _through(FINE).T
        where = fine.argmin(axis=1)
        found: list[float] = []
        for i, (a, b) in enumerate(self.spans):
            ends = min(sampled[i, 0], sampled[i, -1])
            inside = 0 < where[i] < len(FINE) - 1
            lower = fine[i, where[i]] < ends - LOWER * max(1.0, float(np.abs(sampled[i]).max()))
            if inside and lower and (below is None or fine[i, where[i]] < below):
                near = np.linspace(FINE[where[i] - 1], FINE[where[i] + 1], 65)
                found.append(a + (b - a) * float(near[(_through(near) @ sampled[i]).argmin()]))
        return found


def _through(x: Array) -> Array:
    """[x, POINTS] the polynomial through the nodes, at x, as weights of the values there (barycentric)."""
    weights = np.where(np.arange(POINTS) % 2, -1.0, 1.0)
    weights[[0, -1]] /= 2
    apart = x[:, None] - NODES[None, :]
    exact = np.abs(apart) < 1e-14
    terms = weights / np.where(exact, 1.0, apart)
    found = terms / terms.sum(axis=1, keepdims=True)
    return np.where(exact.any(axis=1, keepdims=True), exact.astype(float), found)
