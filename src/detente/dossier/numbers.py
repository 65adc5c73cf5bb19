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
    elif isinstance(node, BaseModel):
        source = getattr(node, "source", None) or source
        for name, field in type(node).model_fields.items():
            if name in node.model_fields_set:
                yield from _numbers(getattr(node, name), (*path, field.alias or name), source)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _numbers(value, (*path, str(key)), source)
    elif isinstance(node, tuple):
        for i, value in enumerate(node):
            yield from _numbers(value, (*path, i), source)
