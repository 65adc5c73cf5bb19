"""Where a dossier's numbers come from, and which of them are assumptions."""

from __future__ import annotations

from dataclasses import dataclass

from detente.dossier.numbers import numbers_of
from detente.dossier.places import dotted
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier

RECORDED = ("views", "types", "shocks", "scenarios", "history")
"""Sections that overlays and later questions read, not the design of a plan."""
RECORDED_FIELDS = {"demands": ("price",), "measures": ("verify.false_alarms",), "interests": ("course",)}
"""Fields of sections likewise; a course matters only where a demand bounds the interest's level."""


@dataclass(frozen=True)
class Input:
    """One number of a dossier: where it stands, what it says, where it comes from."""

    path: str
    number: Number
    source: str | None

    @property
    def assumed(self) -> bool:
        return (self.source or "").strip().lower().startswith("assumption")

    @property
    def used(self) -> bool:
        """Whether designing and judging plans reads it: what is believed, feared or merely recorded is kept apart."""
        section, *rest = self.path.split(".")
        field = ".".join(rest[1:])
        return section not in RECORDED and not any(field.startswith(f) for f in RECORDED_FIELDS.get(section, ()))


def inputs(dossier: Dossier) -> tuple[Input, ...]:
    """Every number of a dossier with its source, or the source of the part that it stands in."""
    return tuple(Input(dotted(path), number, source) for path, number, source in numbers_of(dossier))


def assumed(dossier: Dossier) -> tuple[str, ...]:
    """The assumptions that a dossier states as sources, each once, with how many numbers rest on it."""
    counts: dict[str, int] = {}
    for item in inputs(dossier):
        if item.used and item.assumed and item.source:
            counts[item.source] = counts.get(item.source, 0) + 1
    return tuple(f"{source} ({n} number{'s' if n > 1 else ''})" for source, n in counts.items())
