"""Correlations: each must be between two numbers of the dossier that have a range."""

from __future__ import annotations

from collections.abc import Iterator

from detente.dossier.numbers import numbers_of
from detente.dossier.places import Path, dotted, nearest
from detente.dossier.schema import Dossier
from detente.errors import Finding


def correlations(dossier: Dossier) -> Iterator[Finding]:
    """A Finding for every end of a correlation that is no uncertain number."""
    if not dossier.correlations:
        return
    uncertain = [dotted(path) for path, number, _ in numbers_of(dossier) if number.shape is not None]
    for i, correlation in enumerate(dossier.correlations):
        for end, name in enumerate(correlation.between):
            if name not in uncertain:
                path: Path = ("correlations", i, "between", end)
                message = f"{name!r} is no number with a range, so it cannot go together with another"
                yield dossier.places.finding("dossier.correlation", message, path, remedy=nearest(name, uncertain))
