"""A YAML or JSON file as a model of what it is to hold, or all that is wrong with it at once. One way for all models.

Cases have more to them than a model (units, periods, what holds between fields): `dossier.files` reads those.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from detente.dossier.places import Places
from detente.dossier.text.contents import Unread, contents, which_name
from detente.dossier.text.yaml import DOSSIER, MAX_BYTES, FileKind, Parsed, parse
from detente.dossier.validation import translated
from detente.errors import Finding

_Model = TypeVar("_Model", bound=BaseModel)


def read_document(path: str | FilePath, subject: FileKind = DOSSIER, known: Iterable[str] = ()) -> Parsed:
    """The raw document of a file with the places of its fields; `known` names come with the program."""
    try:
        data = contents(path, MAX_BYTES)
    except Unread as problem:
        remedy = f"this is hardly {subject.noun}" if problem.kind == "size" else which_name(path, known)
        return Parsed(None, Places(str(path)), (problem.finding(subject.code, str(path), remedy),))
    return parse(data, str(path), subject)


def model_of(parsed: Parsed, root: type[_Model], subject: FileKind) -> tuple[_Model | None, list[Finding]]:
    """A raw document as a model, with all findings; None where it is none, though there may be a model and errors."""
    found = list(parsed.findings)
    if parsed.document is None and found:
        return None, found
    if not isinstance(parsed.document, dict):
        message = f"{subject.noun} is a list of fields such as 'title: ...'"
        return None, [*found, parsed.places.finding(f"{subject.code}.top_level", message, remedy=subject.start)]
    try:
        return root.model_validate(parsed.document, by_alias=True, by_name=False), found
    except ValidationError as error:
        errors = error.errors(include_url=False)
    faults = translated(errors, parsed.document, parsed.places, root=root, prefix=subject.code)
    said = {f.path for f in found if f.path}
    return None, found + [f for f in faults if f.path not in said]
