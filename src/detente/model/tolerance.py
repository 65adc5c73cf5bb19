"""The one scale by which a condition with a value counts as met: the judge's, and the solver's. DESIGN §5.

Rounding grows with what is added up, and a point means something only beside what a party has at stake. So a slack is
weighed against the greatest of Σ|stakes|/ρ of the row's party and the two sides of the row.
"""

from __future__ import annotations

SLIGHT = 1e-7
"""A condition may be missed by this part of the row's size."""


def slight(norm: float, *amounts: float) -> float:
    """By how much a condition may be missed, in points. `norm`: Σ|stakes|/ρ of its party; amounts: keep, deviate."""
    return SLIGHT * max(norm, *map(abs, amounts))
