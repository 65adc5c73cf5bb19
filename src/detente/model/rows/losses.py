"""What being without a deal costs a party, beyond its interests: a course of losses a year. ANSWERS §3.

A course is (years, points a year), linear between its points and constant outside.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from detente.model.numeric import Array
from detente.model.rows.laws import Law, Rate, first_moment

Corners = tuple[tuple[float, float], ...]


def spared_from(course: Corners, rho: Rate, t: Array) -> Array:
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


def expected_spared_from(course: Corners, rho: Rate, law: Law, shift: Array, a: Array, b: Array) -> Array:
    """E[spared_from(shift + Z); a < Z ≤ b]."""
    e = np.exp(-rho * shift)

    def after(low: Array) -> Array:
        """E[e^(−ρ(shift + Z)); Z > low]"""
        return e * law.partial(rho, np.clip(low, a, np.maximum(a, b)), b)

    value: Array = course[0][1] * after(a) / rho if course[0][1] else np.zeros(np.shape(shift))
    for (s, v), (u, w) in pairwise(course):
        if u <= s or v == w:
            continue
        slope = (w - v) / (u - s)
        low, high = np.clip(s - shift, a, np.maximum(a, b)), np.clip(u - shift, a, np.maximum(a, b))
        inside = (shift - s) * e * law.partial(rho, low, high) + e * first_moment(law, rho, low, high)
        value = value + slope * (inside + (u - s) * after(high)) / rho
        early = np.exp(-rho * s) * law.partial(0.0, a, low) - np.exp(-rho * u) * law.partial(0.0, a, high)
        value = value + slope * (early + after(low) - after(high)) / rho**2
    return -value
