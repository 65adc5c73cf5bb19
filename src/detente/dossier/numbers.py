"""Every number of a dossier: where it stands, what it says, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from detente.dossier.places import Path
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier


def numbers_of(dossier: Dossier) -> Iterator[tuple[Path, Number, str | None]]:
    """Every number that was written: its path, itself, and its source or that of the part around it."""
    for section in type(dossier).model_fields:
        if section in dossier.model_fields_set:
            yield from _numbers(getattr(dossier, section), (section,), None)


def _numbers(node: object, path: Path, source: str | None) -> Iterator[tuple[Path, Number, str | None]]:
    if isinstance(node, Number):
        yield path, node, node.source or source
        return
    if isinstance(node, BaseModel):
        source = getattr(node, "source", None) or source
    for name, part in _parts(node):
        yield from _numbers(part, (*path, name), source)


def _parts(node: object) -> Iterator[tuple[str | int, object]]:
    """What was written inside a part of a dossier, by its name or place there."""
    if isinstance(node, BaseModel):
        fields = type(node).model_fields
        yield from ((fields[n].alias or n, getattr(node, n)) for n in fields if n in node.model_fields_set)
    elif isinstance(node, Mapping):
        yield from ((str(key), value) for key, value in node.items())
    elif isinstance(node, tuple):
        yield from enumerate(node)
