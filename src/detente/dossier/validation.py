"""A raw document → a Dossier, or Findings that speak of fields as they are written, not of how pydantic sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from detente.dossier import shape, units
from detente.dossier.places import Path, Places, at, nearest
from detente.dossier.schema import Dossier
from detente.dossier.text.yaml import plain_scalar, with_hyphens
from detente.errors import Finding

_Model = TypeVar("_Model", bound=BaseModel)
_CODES = {
    "missing": "dossier.missing",
    "too_short": "dossier.missing",
    "too_long": "dossier.type",
    "extra_forbidden": "dossier.unknown_field",
    "string_pattern_mismatch": "dossier.name",
    "literal_error": "dossier.choice",
    "greater_than_equal": "dossier.number",
    "less_than_equal": "dossier.number",
}
_TYPES = {
    "string_type": "text; put quotes round it if it looks like a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "names and what belongs to them",
    "mapping_type": "names and what belongs to them",
    "model_type": "fields and what belongs to them",
    "model_attributes_type": "fields and what belongs to them",
    "tuple_type": "a list",
    "list_type": "a list",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
}
_NUMBERS = frozenset(kind for kind, expected in _TYPES.items() if "number" in expected and kind != "string_type")
_BOUNDS = {
    "greater_than": "a number above",
    "greater_than_equal": "a number of at least",
    "less_than": "a number below",
    "less_than_equal": "a number of at most",
}


def validate(document: Any, places: Places) -> tuple[Dossier | None, list[Finding]]:
    """Judge each field by itself and convert units. Either a Dossier without findings, or Findings and none."""
    if not isinstance(document, dict):
        message = "a dossier is a list of fields such as 'title: ...', " + f"found {_shown(document)}"
        return None, [places.finding("dossier.top_level", message, remedy="`detente new` writes one to start from")]
    try:
        dossier = Dossier.model_validate(document, by_alias=True, by_name=False)
    except ValidationError as error:
        return None, translated(error.errors(include_url=False), document, places)
    findings = _grid(dossier, places)
    converted, unit_findings = units.convert(dossier, places)
    findings += unit_findings
    if findings:
        return None, findings
    converted._document, converted._file, converted._places = document, places.file, places
    return converted, []


def revalidate(before: Dossier, document: Any, touched: Iterable[tuple[str, ...]]) -> Dossier | None:
    """As `validate`, where only the named items ((section, name)) differ from a good dossier; None to ask it instead.

    An ensemble changes a few numbers a thousand times: only the parts that changed are read again.
    """
    update: dict[str, Any] = {}
    for path in touched:
        section, item = path[0], path[1] if len(path) > 1 else None
        if section not in _SECTIONS or item is None or item not in document.get(section, {}):
            return None
        try:
            part = _section(section).validate_python({item: document[section][item]}, by_alias=True, by_name=False)
        except ValidationError:
            return None
        update[section] = {**update.get(section, getattr(before, section)), **part}
    for section, items in update.items():
        update[section] = {name: items[name] for name in document[section]}
    changed, findings = units.convert(before.model_copy(update=update), before.places)
    if findings:
        return None
    _forget(changed)
    changed._document = document
    return changed


def _forget(copied: Dossier) -> None:
    """Drop what a copy took over of what was worked out for the dossier that it was copied from."""
    for name in set(vars(copied)) - set(Dossier.model_fields):
        del vars(copied)[name]


_SECTIONS = frozenset({"interests", "parties", "measures", "capacity", "demands", "interactions", "links", "shocks"})


@cache
def _section(name: str) -> TypeAdapter[dict[str, Any]]:
    """A validator of one section of named items."""
    annotation: Any = Dossier.model_fields[name].annotation
    return TypeAdapter(annotation)


def validate_what_can_be(document: Any, places: Places) -> Dossier | None:
    """The dossier that is left when the fields with errors are left out, None where too little is left.

    For checking the rest of a broken file in one go; never handed to anyone.
    """
    dossier = what_can_be(document, Dossier)
    return dossier if dossier is not None and not _grid(dossier, places) else None


def what_can_be(document: Any, root: type[_Model]) -> _Model | None:
    """A document read as a model once the fields with errors are left out, None where too little is left."""
    pruned = document
    for _ in range(6):
        try:
            return root.model_validate(pruned, by_alias=True, by_name=False)
        except ValidationError as error:
            paths = {_written(e["loc"], pruned)[0] for e in error.errors(include_url=False)}
            pruned = _without(pruned, {p if at(pruned, p) is not None else p[:-1] for p in paths})
            if not isinstance(pruned, dict):
                return None
    return None


def _grid(dossier: Dossier, places: Places) -> list[Finding]:
    try:
        _ = dossier.grid
    except (ValueError, OverflowError) as error:
        return [places.finding("dossier.periods", str(error), ("periods",), remedy="write fewer or shorter periods")]
    return []


def translated(
    errors: list[ErrorDetails],
    document: Any,
    places: Places,
    *,
    root: type[BaseModel] = Dossier,
    prefix: str = "dossier",
) -> list[Finding]:
    """What pydantic says of a document, in terms of what is written; `root` is the model that it was read as."""
    findings = [_finding(e, document, places, root) for e in errors if not _only_spoilt(e, document)]
    recoded = [replace(f, code=f.code.replace("dossier.", f"{prefix}.", 1)) for f in findings]
    return list(dict.fromkeys(recoded))


def _only_spoilt(error: ErrorDetails, document: Any) -> bool:
    """Whether a list is called too short only because what is written in it is wrong, which is said of each item."""
    return error["type"] == "too_short" and bool(at(document, _written(error["loc"], document)[0]))


def _finding(error: ErrorDetails, document: Any, places: Places, root: type[BaseModel]) -> Finding:
    path, tag = _written(error["loc"], document)
    kind = error["type"]
    code = _CODES.get(kind) or (kind.replace("detente.", "dossier.") if kind.startswith("detente.") else "dossier.type")
    message, remedy = _words(kind, error, path, shape.model_at(path[:-1], tag, root))
    remedy = _decimal_comma(path, document) or _alone(error, shape.model_at(path, tag, root)) or remedy
    key = kind == "extra_forbidden" or "[key]" in error["loc"]
    part = error.get("ctx", {}).get("part", "")
    path = (*path, part) if part and at(document, (*path, part)) is not None else path
    return places.finding(code, message[:400], path, remedy=remedy, key=key)


def _decimal_comma(path: Path, document: Any) -> str:
    """{value: 30,5} is read as `value: 30` and an empty `5`: what to write instead, "" where all is well."""
    for here in (path, path[:-1]):
        fields = at(document, here)
        for before, after in pairwise(fields.items() if isinstance(fields, dict) else ()):
            whole = isinstance(before[1], int) and not isinstance(before[1], bool)
            if whole and after[1] is None and str(after[0]).isdigit() and (here != path[:-1] or path[-1] == after[0]):
                return f"write {before[0]}: {before[1]}.{after[0]} with a point; a comma begins another field"
    return ""


def _alone(error: ErrorDetails, model: type[BaseModel] | None) -> str:
    """How to write what stands where the one field that a part must have belongs, "" where it is something else."""
    found, kind = error["input"], error["type"]
    if model is None or kind not in ("model_type", "model_attributes_type") or not isinstance(found, str | int | float):
        return ""
    needed = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
    return f"write {{{needed[0]}: {found}}}" if len(needed) == 1 else ""


def _words(kind: str, error: ErrorDetails, path: Path, model: type[BaseModel] | None) -> tuple[str, str]:
    """What to say of one error, and how to mend it; `model` is what the field stands in."""
    found, context = error["input"], error.get("ctx", {})
    if kind in _SAID:
        return _SAID[kind](error, path)
    if kind == "extra_forbidden":
        return f"unknown field {path[-1]!r}", nearest(str(path[-1]), shape.known_fields(model) if model else ())
    if plain := _unquoted(kind, error):
        return plain
    if kind == "literal_error":
        known = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        return f"expected {' or '.join(known)}, found {_shown(found)}", nearest(str(found), known)
    if kind in _TYPES:
        return _other_type(_TYPES[kind], found)
    if kind in _BOUNDS:
        expected = f"{_BOUNDS[kind]} {next(iter(context.values())):g}"
        return f"expected {expected}, found {_shown(found)}", f"write {expected}"
    return error["msg"], str(context.get("remedy", ""))


def _missing(error: ErrorDetails, path: Path) -> tuple[str, str]:
    if isinstance(item := error["loc"][-1], int):
        return f"this list is too short: item {item + 1} is missing", "write all items"
    return f"{path[-1]!r} is missing", f"add '{path[-1]}: ...'"


def _too_long(error: ErrorDetails, _: Path) -> tuple[str, str]:
    most = error.get("ctx", {}).get("max_length", "fewer")
    return f"this list is too long: {len(error['input'])} items", f"write {most}"


def _no_name(error: ErrorDetails, _: Path) -> tuple[str, str]:
    remedy = "a name has letters a–z, digits, _ and -, and begins with a letter"
    return f"{_shown(error['input'])} is not a name", remedy


_SAID: Mapping[str, Callable[[ErrorDetails, Path], tuple[str, str]]] = {
    "missing": _missing,
    "too_long": _too_long,
    "too_short": lambda error, path: ("nothing is written here", "write at least one"),
    "string_pattern_mismatch": _no_name,
}


def _other_type(wanted: str, found: Any) -> tuple[str, str]:
    if found is None:
        return f"expected {wanted}, found nothing", "fill it in, or leave the field out"
    expected, _, how = wanted.partition("; ")
    return f"expected {expected}, found {_shown(found)}", how or f"write {expected}"


def _number_in(text: str) -> int | float | None:
    """The number that a text says as YAML reads it; None where it says something else."""
    try:
        value = plain_scalar(text.strip())
    except ValueError:
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _unquoted(kind: str, error: ErrorDetails) -> tuple[str, str] | None:
    """What to say of a number that is written as a text, None where it is none."""
    found = error["input"]
    if not isinstance(found, str) or (kind not in _NUMBERS and kind != "literal_error"):
        return None
    plain = with_hyphens(found)
    number = _number_in(plain or found)
    if number is None:
        return None
    if kind == "literal_error" and str(number) not in str(error.get("ctx", {}).get("expected", "")).split(" or "):
        return None
    if plain:
        said = f"{_shown(found)} has a typographic minus sign"
        return said, f"write {number} with the hyphen of the keyboard"
    return f"expected a number, found the text {_shown(found)}", f"write {number} without quotes"


def _shown(value: Any) -> str:
    """What was written, short enough for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"fields ({', '.join(str(k) for k in list(value)[:4])})"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _written(loc: tuple[int | str, ...], document: Any) -> tuple[Path, str | None]:
    """Pydantic's location as a path of the file, and the last union tag in it, which the file does not show.

    An element is kept when the file has it; tags, `[key]` and what validators slipped in between are left out; a last
    element that names a field which should be there stays.
    """
    path: list[str | int] = []
    node, tag = document, None
    for i, name in enumerate(loc):
        if isinstance(node, dict) and name in node:
            node = node[str(name)]
        elif isinstance(node, list) and isinstance(name, int) and name < len(node):
            node = node[name]
        elif i < len(loc) - 1 or not (isinstance(node, dict) and isinstance(name, str) and name[:1] not in "<["):
            tag = name if isinstance(name, str) and name.startswith("<") else tag
            continue
        path.append(name)
    return tuple(path), tag


def _without(document: Any, paths: set[Path]) -> Any:
    """A copy of a raw document without what stands at some paths; lists lose the item's whole list."""
    if () in paths:
        return None
    if isinstance(document, dict):
        return dict(_left(document.items(), paths))
    if isinstance(document, list):
        return [item for _, item in _left(enumerate(document), paths)]
    return document


def _left(parts: Iterable[tuple[Any, Any]], paths: set[Path]) -> Iterator[tuple[Any, Any]]:
    """What is left of the parts of a document, by name or place, without what stands at some paths."""
    for name, part in parts:
        below = {p[1:] for p in paths if p[0] == name}
        if () not in below:
            yield name, _without(part, below)
