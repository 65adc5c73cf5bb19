"""When a condition with a value counts as met, and a measure as wholly in force: one scale for all. DESIGN §5.

Rounding grows with what is added up, and a point means something only beside what a party has at stake. So a slack is
weighed against the greatest of Σ|stakes|/ρ of the row's party and the two sides of the row.
"""

from __future__ import annotations

SLIGHT = 1e-7
"""A condition may be missed by this part of the row's size."""

SHARE = 1e-9
"""Shares of a measure that differ by no more are the same share."""
TIE = 1e-9
"""Years within which two times are one."""
FULL = 1 - SHARE
"""A share from which a measure counts as wholly in force."""


def slight(norm: float, *amounts: float) -> float:
    """By how much a condition may be missed, in points. `norm`: Σ|stakes|/ρ of its party; amounts: keep, deviate."""
    return SLIGHT * max(norm, *map(abs, amounts))
