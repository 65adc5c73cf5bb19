"""What was found as plain JSON, and back again: how a result is stored with all that it knows.

Data classes, named tuples and models are written as their name and their fields in order; what cannot be written so
(a function, a dossier other than the one that was asked about) is refused. Only types of détente itself are read back.
"""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Callable, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from detente.dossier import Dossier

TAG = "$"
OWN = "detente."


def archived(value: Any, about: Any = None) -> Any:
    """A value as JSON; `about`, what was asked about, is written as a word. Raises TypeError for what cannot be."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {TAG: "float", "of": str(float(value))}
    if value is about:
        return {TAG: "about"}
    if isinstance(value, Dossier):
        raise TypeError("a dossier other than the one that was asked about")
    plain = _built_in(value, about)
    return _typed(value, about) if plain is None else plain


def _built_in(value: Any, about: Any) -> Any:
    """Dates, bytes, arrays and collections; None for all else."""
    if isinstance(value, date):
        return {TAG: "date", "of": date.isoformat(value)}
    if isinstance(value, bytes):
        return {TAG: "bytes", "of": base64.b64encode(value).decode()}
    if (numpy := sys.modules.get("numpy")) and isinstance(value, numpy.ndarray):
        return {TAG: "array", "of": archived(value.tolist(), about), "dtype": value.dtype.str, "shape": value.shape}
    if numpy and isinstance(value, numpy.generic):
        return archived(value.item(), about)
    if isinstance(value, Mapping):
        return _mapping(value, about)
    return _collection(value, about)


def _collection(value: Any, about: Any) -> Any:
    if isinstance(value, list):
        return [archived(v, about) for v in value]
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return {TAG: "tuple", "of": [archived(v, about) for v in value]}
    if isinstance(value, Set):
        return {TAG: "frozenset", "of": [archived(v, about) for v in sorted(value)]}
    return None


def _mapping(value: Mapping[Any, Any], about: Any) -> Any:
    if all(isinstance(k, str) for k in value) and TAG not in value:
        return {k: archived(v, about) for k, v in value.items()}
    return {TAG: "mapping", "of": [[archived(k, about), archived(v, about)] for k, v in value.items()]}


def _typed(value: Any, about: Any) -> Any:
    """A value of one of our own types."""
    kind = type(value)
    if not kind.__module__.startswith(OWN) or not (names := _fields(kind)):
        raise TypeError(f"a {kind.__name__}")
    parts = [archived(getattr(value, name), about) for name in names]
    return {TAG: f"{kind.__module__}:{kind.__qualname__}", "of": parts}


def _fields(kind: type) -> list[str]:
    if is_dataclass(kind):
        return [f.name for f in fields(kind)]
    if issubclass(kind, BaseModel):
        return list(kind.model_fields)
    return list(getattr(kind, "_fields", ()))


def unarchived(data: Any, about: Any = None) -> Any:
    """What `archived` wrote. Raises ValueError, TypeError, KeyError or AttributeError for anything else."""
    if isinstance(data, list):
        return [unarchived(v, about) for v in data]
    if not isinstance(data, dict):
        return data
    if TAG not in data:
        return {k: unarchived(v, about) for k, v in data.items()}
    tag = data[TAG]
    if tag == "about":
        return about
    if ":" in tag:
        return _of_type(tag, [unarchived(v, about) for v in data["of"]])
    return _MADE[tag](unarchived(data["of"], about), data)


_MADE: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "float": lambda text, _: float(text),
    "date": lambda text, _: date.fromisoformat(text),
    "bytes": lambda text, _: base64.b64decode(text),
    "array": lambda rows, data: import_module("numpy").array(rows, dtype=data["dtype"]).reshape(data["shape"]),
    "mapping": lambda pairs, _: dict(pairs),
    "tuple": lambda values, _: tuple(values),
    "frozenset": lambda values, _: frozenset(values),
}
"""How a value is made of what stands under its tag."""


def _of_type(tag: str, parts: list[Any]) -> Any:
    """A value of one of our own types from its fields; nothing of it runs but its construction."""
    module, _, name = tag.partition(":")
    if not module.startswith(OWN):
        raise ValueError(f"{module} is not ours")
    kind: Any = import_module(module)
    for part in name.split("."):
        kind = getattr(kind, part)
    if not isinstance(kind, type):
        raise TypeError(f"{tag} is no type")
    given = dict(zip(_fields(kind), parts, strict=True))
    if issubclass(kind, BaseModel):
        return kind.model_construct(**given)
    if not is_dataclass(kind):
        return kind(**given)
    value = object.__new__(kind)
    for field, part in given.items():
        object.__setattr__(value, field, part)
    return value
