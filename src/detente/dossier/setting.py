"""Setting dotted paths in a raw document: the arithmetic of overlays. Nothing here validates. DESIGN §2."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from detente.dossier import shape
from detente.dossier.places import NOWHERE, Path, Places, dotted, nearest
from detente.dossier.schema import PerYear
from detente.dossier.text.yaml import MAX_DEPTH, text_problem
from detente.errors import Finding


class _Refused(Exception):
    """This change cannot be made; carries what to say."""

    def __init__(self, message: str, remedy: str):
        super().__init__(message)
        self.message, self.remedy = message, remedy


def change(
    document: Mapping[str, Any], changes: Mapping[str, Any], places: Places = NOWHERE, within: Path = ()
) -> tuple[dict[str, Any], list[Finding]]:
    """A raw document with values set at dotted paths; the given one is left as it was (unchanged parts are shared).

    None deletes. `places` and `within` say where the overlay itself is written, for the Findings.
    """
    changed, findings = dict(document), []
    for path, value in changes.items():
        try:
            changed = _set(changed, _parts(path), plain(value), ())
        except _Refused as no:
            where = (*within, path)
            findings.append(places.finding("dossier.path", no.message, where, remedy=no.remedy, key=True))
    return changed, findings


def plain(value: Any, depth: int = 0) -> Any:
    """A Python value as it would stand in a file: dates as text, tuples as lists. Raises for what no file can hold."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, numbers.Real):
        return _plain_number(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if depth > MAX_DEPTH:
        raise _Refused(f"nested more than {MAX_DEPTH} levels deep", "nest less")
    if isinstance(value, Mapping):
        return {_plain_text(str(k)): plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v, depth + 1) for v in value]
    raise _Refused(f"a {type(value).__name__} cannot stand in a dossier", "write text, a number, a list or a mapping")


def _plain_text(text: str) -> str:
    if problem := text_problem(text):
        raise _Refused(problem, "remove it")
    return str(text)


def _plain_number(value: numbers.Real) -> int | float:
    if isinstance(value, numbers.Integral):
        return int(value)
    if not math.isfinite(value):
        raise _Refused(f"{value} is not a finite number", "write a finite number")
    return float(value)


def plain_document(document: Any, places: Places) -> tuple[Any, list[Finding]]:
    """A document built in Python as it would stand in a file, or why it cannot."""
    try:
        return plain(document), []
    except _Refused as no:
        return None, [places.finding("dossier.type", no.message, remedy=no.remedy)]


def _parts(path: str) -> list[str]:
    parts = str(path).split(".")
    if not all(parts):
        raise _Refused(f"{path!r} is not a path", "write it like parties.usa.no_deal")
    return parts


def _set(node: Any, parts: list[str], value: Any, done: Path) -> Any:
    """A copy of `node` with a value at `parts` below it; only what lies on the way is copied."""
    name, rest = parts[0], parts[1:]
    if not isinstance(node, Mapping | list) and shape.model_at(done) is PerYear:
        node = {"rate": node}  # what a plain number there is short for
    if isinstance(node, list):
        return _set_item(node, name, rest, value, done)
    if not isinstance(node, dict):
        what = f"{dotted(done)} is {node!r}" if len(repr(node)) < 60 else f"{dotted(done)} is text"
        raise _Refused(f"{what}, which has no {name!r}", f"set {dotted(done)} as a whole")
    if rest:
        child = node[name] if name in node and node[name] is not None else _fresh(node, name, done)
        return {**node, name: _set(child, rest, value, (*done, name))}
    if value is None:
        return _deleted(node, name, done)
    return {**node, name: value}


def _fresh(node: Mapping[str, Any], name: str, done: Path) -> dict[str, Any]:
    """An empty mapping for a known field that was not written; unknown names are refused."""
    model = shape.model_at(done)
    if model is not None and name in shape.known_fields(model):
        if shape.model_at((*done, name)) or shape.is_named_by_people((*done, name)):
            return {}
        raise _Refused(f"{dotted((*done, name))} holds no fields", f"set {dotted((*done, name))} as a whole")
    known = {*node, *(shape.known_fields(model) if model else ())}
    raise _Refused(f"there is no {name!r} in {dotted(done) or 'the dossier'}", nearest(name, known))


def _deleted(node: Mapping[str, Any], name: str, done: Path) -> dict[str, Any]:
    model = shape.model_at(done)
    if name not in node and not (model and name in shape.known_fields(model)):
        raise _Refused(f"there is no {name!r} in {dotted(done) or 'the dossier'} to delete", nearest(name, node))
    return {k: v for k, v in node.items() if k != name}


def _set_item(node: list[Any], name: str, rest: list[str], value: Any, done: Path) -> list[Any]:
    """As `_set`, in a list: an index that exists, or the next one to append."""
    index = int(name) if name.isdecimal() and len(name) < 7 else -1
    last = len(node) - 1 if rest or value is None else len(node)
    if not 0 <= index <= last:
        raise _Refused(f"{dotted(done)} is a list of {len(node)}; there is no {name!r}", f"write 0 to {max(last, 0)}")
    if rest:
        return [*node[:index], _set(node[index], rest, value, (*done, index)), *node[index + 1 :]]
    return [*node[:index], *([] if value is None else [value]), *node[index + 1 :]]
