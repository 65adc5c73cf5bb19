"""What must hold between the fields of a dossier, as Findings: errors, warnings, and the lessons of past deals.

Every check is a generator from a dossier to Findings. `errors` runs on every draw of an ensemble, so it holds only what
makes a dossier unusable; `check` adds what an author should hear once.
"""

from __future__ import annotations

from detente.dossier.checks import (
    answers,
    correlations,
    demands,
    embedded,
    endings,
    lessons,
    magnitudes,
    oddities,
    repeats,
)
from detente.dossier.checks.errors import errors
from detente.dossier.schema import Dossier
from detente.errors import Finding

__all__ = ["check", "errors"]


def check(dossier: Dossier) -> list[Finding]:
    """Everything worth saying about a dossier; warnings and lessons only where there is no error."""
    found = [*errors(dossier), *demands.past_dates(dossier), *demands.contradictory(dossier)]
    found += [*embedded.overlays(dossier), *correlations.correlations(dossier)]
    if not any(f.severity == "error" for f in found):
        found += [*demands.contradictions(dossier), *demands.too_early(dossier)]
        found += [*magnitudes.lost(dossier), *oddities.oddities(dossier), *repeats.repeats(dossier)]
        found += [*endings.endings(dossier), *answers.oddities(dossier), *lessons.lessons(dossier)]
    return found
