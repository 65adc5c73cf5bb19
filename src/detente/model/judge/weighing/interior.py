"""Where the slack of a condition is least between two moments, from a few samples. ANSWERS R7.

Between two moments the slack is a sum of a few exponentials of time, which a polynomial through Chebyshev's points
follows closely. It says where to look; what is found there is computed exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from detente.model.judge.calendar import BEFORE, BETWEEN, Instants
from detente.model.judge.detection import TIE
from detente.model.numeric import Array

POINTS = 12
NODES = (1 - np.cos(np.pi * np.arange(POINTS) / (POINTS - 1))) / 2
FINE = np.linspace(0.0, 1.0, 65)
LONGEST = 3.0
"""How much, in powers of e, anything may change within one piece of a stretch."""
LOWER = 1e-9
"""By how much, relative to its size, a slack must be lower inside than at both ends."""
AT_NODE = 1e-14
"""What is nearer to a node, of a piece of length 1, is at it."""
NEAR = 1e-3
"""A slack of less than this part of its size is worth a closer look."""


class Interior:
    """The stretches between moments of one party, in pieces, and where in them its slack is least."""

    def __init__(self, times: Array, turns: Sequence[float], rate: float) -> None:
        """`turns`: times at which the slack bends; `rate`: how fast it changes at most."""
        distinct = [0.0]
        for t in np.sort(times):
            if t - distinct[-1] > TIE:
                distinct.append(float(t))
        self.pieces: list[list[float]] = []
        """The edges of the pieces of each stretch."""
        for a, b in pairwise(distinct):
            edges = [a, *sorted({t for t in turns if a + TIE < t < b - TIE}), b]
            parts = [(low, high, max(1, math.ceil(rate * (high - low) / LONGEST))) for low, high in pairwise(edges)]
            self.pieces.append([low + (high - low) * i / n for low, high, n in parts for i in range(n)] + [b])

    def samples(self, tau: Sequence[float]) -> Instants:
        """Just after the first of two moments, some between, and before the second: POINTS for each piece."""
        times: list[float] = []
        sides: list[int] = []
        for edges in self.pieces:
            for a, b in pairwise(edges):
                times += [*(a + (b - a) * x for x in NODES[:-1]), b]
                sides += [BETWEEN] * POINTS
            sides[-1] = BEFORE
        return Instants.at(tau, times, sides)

    def least(self, slack: Array, *, broken: bool) -> list[float]:
        """Times at which it is less than at both ends of their stretch; `broken`: only where it may be below 0."""
        values = slack.reshape(-1, POINTS)
        fine = values @ _through(FINE).T
        found: list[float] = []
        row = 0
        for edges in self.pieces:
            rows = range(row, row := row + len(edges) - 1)
            size = float(np.abs(values[rows]).max())
            ends = min(values[rows[0], 0], values[rows[-1], -1])
            i, j = divmod(int(fine[rows].argmin()), len(FINE))
            least = float(fine[rows[i], j])
            if least < ends - LOWER * size and not (broken and least > NEAR * size):
                found.append(self._closer(edges, i, values[rows[i]], j))
        return found

    @staticmethod
    def _closer(edges: Sequence[float], i: int, values: Array, j: int) -> float:
        """The least of the polynomial of piece i near the j-th of FINE, where its slope is 0 if it is."""
        low, high = FINE[max(0, j - 1)], FINE[min(len(FINE) - 1, j + 1)]
        x = np.array([low, (low + high) / 2, high])
        for _ in range(6):
            y = _through(x) @ values
            bend = (y[0] - y[1]) + (y[2] - y[1])
            centre = x[1] + (x[2] - x[0]) / 4 * (y[0] - y[2]) / bend if bend > 0 else x[int(y.argmin())]
            centre, step = float(np.clip(centre, low, high)), (x[2] - x[0]) / 6
            x = np.clip(np.array([centre - step, centre, centre + step]), 0.0, 1.0)
        return edges[i] + (edges[i + 1] - edges[i]) * float(x[1])


def _through(x: Array) -> Array:
    """[x, POINTS] the polynomial through the nodes, at x, as weights of the values there (barycentric)."""
    weights = np.where(np.arange(POINTS) % 2, -1.0, 1.0)
    weights[[0, -1]] /= 2
    apart = x[:, None] - NODES[None, :]
    exact = np.abs(apart) < AT_NODE
    terms = weights / np.where(exact, 1.0, apart)
    found = terms / terms.sum(axis=1, keepdims=True)
    return np.where(exact.any(axis=1, keepdims=True), exact.astype(float), found)
