"""Where a dossier's numbers come from, and which of them are assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detente.dossier.numbers import numbers_of
from detente.dossier.places import Path, dotted
from detente.dossier.quantities import Number
from detente.dossier.schema import OVERRIDDEN, Dossier, Verify

RECORDED = ("views", "types", "scenarios", "history")
"""Sections that overlays and later questions read, not the design of a plan."""
RECORDED_FIELDS = {
    "demands": ("price",),
    "measures": ("verify.false_alarms",),
    "interests": ("course", "least", "most"),
    "parties": ("talks_discount", "influence", "value_ceiling"),
}
"""Fields of sections likewise; a course matters only where a demand bounds the interest's level."""


@dataclass(frozen=True)
class Input:
    """One number of a dossier: where it stands, what it says, where it comes from."""

    where: Path
    number: Number
    source: str | None
    idle: bool = False
    """Whether it belongs to an inspection regime that is not chosen, or one that is chosen says otherwise, or to a
    shock that ends nothing."""

    @property
    def path(self) -> str:
        return dotted(self.where)

    @property
    def assumed(self) -> bool:
        return (self.source or "").strip().lower().startswith("assumption")

    @property
    def used(self) -> bool:
        """Whether designing and judging plans reads it: what is believed, feared or merely recorded is kept apart."""
        section, *rest = self.path.split(".")
        field = ".".join(rest[1:])
        recorded = section in RECORDED or self.idle
        return not recorded and not any(field.startswith(f) for f in RECORDED_FIELDS.get(section, ()))


def inputs(dossier: Dossier) -> tuple[Input, ...]:
    """Every number of a dossier with its source, or the source of the part that it stands in."""
    idle = tuple(_idle(dossier))
    return tuple(Input(where, n, source, dotted(where).startswith(idle)) for where, n, source in numbers_of(dossier))


def _idle(dossier: Dossier) -> Iterator[str]:
    """How the paths of idle numbers begin."""
    yield from (f"shocks.{name}." for name, shock in dossier.shocks.items() if shock.ends is None)
    limited = {resource.inspections for resource in dossier.capacity.values()}
    for name, measure in dossier.measures.items():
        path, verify = f"measures.{name}.verify", measure.verify
        if not isinstance(verify, Verify):
            continue
        for which, regime in verify.regimes.items():
            inside = f"{path}.regimes.{which}."
            if which != verify.regime:
                yield inside
                continue
            yield from (inside + field for field in ("days", "cost", "false_alarms") if field not in limited)
            yield from (f"{path}.{field}" for field in OVERRIDDEN if getattr(regime, field) is not None)


def assumed(dossier: Dossier) -> tuple[str, ...]:
    """The assumptions that a dossier states as sources, each once, with how many numbers rest on it."""
    counts: dict[str, int] = {}
    for item in inputs(dossier):
        if item.used and item.assumed and item.source:
            counts[item.source] = counts.get(item.source, 0) + 1
    return tuple(f"{source} ({n} number{'s' if n > 1 else ''})" for source, n in counts.items())
