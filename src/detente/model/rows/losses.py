"""What being without a deal costs a party, beyond its interests: a course of losses a year. ANSWERS §3.

A course is (years, points a year), linear between its points and constant outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from detente.model.numeric import Array
from detente.model.rows.laws import Law, Rho, first_moment, like

Corners = tuple[tuple[float, float], ...]


def spared_from(course: Corners, rho: Rho, t: Array) -> Array:
    """−∫ from t on of no_deal(s) e^(−ρs) ds: what a deal that stands from t on for ever spares, at signature."""
    years, points = (np.array(x) for x in zip(*course, strict=True))
    value: Array = np.interp(t, years, points) * np.exp(-rho * t) / rho
    for (s, v), (u, w) in pairwise(course):
        if u > s:
            ahead = np.exp(-rho * np.maximum(t, s)) - np.exp(-rho * np.maximum(t, u))
            value = value + (w - v) / (u - s) * ahead / rho**2
    return -value


def spared_for_ever(course: Corners, rho: float) -> float:
    """The same from signature on."""
    return float(spared_from(course, rho, np.array(0.0)))


def expected_spared_from(course: Corners, rho: float, law: Law, shift: Array, a: Array, b: Array) -> Array:
    """E[spared_from(shift + Z); a < Z ≤ b]."""
    years, points = zip(*course, strict=True)
    spared: Array = expected_spared_by_turn(years, rho, law, shift, a, b) @ np.array(points)
    return spared


def expected_spared_by_turn(years: Sequence[float], rho: Rho, law: Law, shift: Array, a: Array, b: Array) -> Array:
    """[I, n] what each point a year at one of n turns of a course adds to E[spared_from(shift + Z); a < Z ≤ b]."""
    rate, t, low = like(rho, shift[:, None]), shift[:, None], a[:, None]
    turns, e = np.array(years), np.exp(-rate * t)
    known = _up_to_turns(turns, rate, law, t, low, np.maximum(b[:, None], low))
    sure, discounted, moments = known
    ahead = e * (discounted[:, -1:] - discounted)
    spared = np.zeros((len(shift), len(turns)))
    spared[:, 0] = (e * discounted[:, -1:] / rate)[:, 0]
    length = np.diff(turns)
    if len(length):
        s, u = turns[:-1], turns[1:]
        inside = (t - s) * e * np.diff(discounted[:, :-1]) + e * np.diff(moments[:, :-1])
        slope = (inside + length * ahead[:, 1:-1]) / rate
        early = np.exp(-rate * s) * sure[:, :-2] - np.exp(-rate * u) * sure[:, 1:-1]
        slope += (early - np.diff(ahead[:, :-1])) / rate**2
        each = np.where(length > 0, slope / np.where(length > 0, length, 1.0), 0.0)
        spared[:, :-1] -= each
        spared[:, 1:] += each
    return -spared


def _up_to_turns(turns: Array, rho: Rho, law: Law, t: Array, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """[I, n + 1] E[1], E[e^(−ρZ)] and E[Z e^(−ρZ)] of a < Z ≤ the time from t to each turn, no later than b; then b."""
    z = np.concatenate([np.clip(turns - t, a, b), b], axis=1)
    discounted, none = law.partial(rho, a, z), np.zeros(z.shape)
    if len(turns) < 2:
        return none, discounted, none
    moments = none.copy()
    moments[:, :-1] = first_moment(law, rho, a, z[:, :-1])
    return law.partial(0.0, a, z), discounted, moments
