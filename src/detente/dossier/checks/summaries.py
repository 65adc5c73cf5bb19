"""One Finding for many places: what is legal but odd is said once, with the places it concerns."""

from __future__ import annotations

from collections.abc import Sequence

from detente.dossier.places import Path
from detente.dossier.schema import Dossier
from detente.errors import Finding, Severity

Told = list[tuple[Path, str]]
"""Paths, and what to call what stands there."""


def listed(names: Sequence[str], most: int = 6) -> str:
    """a, b and c; long lists are cut."""
    unique = list(dict.fromkeys(names))
    if len(unique) > most:
        return f"{', '.join(unique[:most])} and {len(unique) - most} more"
    return " and ".join([", ".join(unique[:-1]), unique[-1]]) if len(unique) > 1 else "".join(unique)


def summed_up(
    dossier: Dossier,
    code: str,
    places: Told,
    message: str,
    *,
    remedy: str = "",
    severity: Severity = "warning",
) -> list[Finding]:
    """A single Finding at the first of some places; `{names}` and `{count}` in the message stand for all of them."""
    if not places:
        return []
    text = message.format(names=listed([name for _, name in places]), count=len(places))
    return [dossier.places.finding(code, text, places[0][0], remedy=remedy, severity=severity, key=True)]
