"""What makes a dossier unusable, in one list that is quick enough for every draw."""

from __future__ import annotations

from detente.dossier.checks import answers, magnitudes, names, order, rules, verification
from detente.dossier.schema import Dossier
from detente.errors import Finding


def errors(dossier: Dossier) -> list[Finding]:
    """Findings that forbid the use of a dossier, and warnings about names that only people read."""
    found = [*names.unknown(dossier), *rules.broken(dossier), *verification.broken(dossier)]
    found += answers.broken(dossier)
    if not any(f.severity == "error" for f in found):
        found += magnitudes.uncomputable(dossier)
    return found + list(order.cycles(dossier))
