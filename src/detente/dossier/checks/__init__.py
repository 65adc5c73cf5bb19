"""What must hold between the fields of a dossier, as Findings: errors, warnings, and the lessons of past deals."""

from __future__ import annotations

from detente.dossier.schema import Dossier
from detente.errors import Finding


def errors(dossier: Dossier) -> list[Finding]:
    """Only what makes a dossier unusable; fast enough for every draw of an ensemble."""
    return []


def check(dossier: Dossier) -> list[Finding]:
    """Everything worth saying about a dossier: errors first."""
    return []
