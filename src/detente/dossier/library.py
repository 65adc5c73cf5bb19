"""The bundled cases, and the starter that `detente new` writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath

from detente.dossier.text.yaml import parse

_CASES = FilePath(__file__).with_name("cases")
_STARTER = "starter"


@dataclass(frozen=True)
class CaseInfo:
    """One bundled case, for a list."""

    id: str
    title: str
    parties: tuple[str, ...]
    measures: int


def ids() -> tuple[str, ...]:
    """The ids of the bundled cases, without the starter."""
    return tuple(sorted(p.stem for p in _CASES.glob("*.yaml") if p.stem != _STARTER))


@cache
def cases() -> tuple[CaseInfo, ...]:
    """The bundled cases in the order of their ids, without the starter."""
    return tuple(_info(p) for p in sorted(_CASES.glob("*.yaml")) if p.stem != _STARTER)


def path_of(case: str) -> FilePath | None:
    """The file of a bundled case, None where there is none of that id."""
    path = _CASES / f"{case}.yaml"
    return path if re.fullmatch(r"[\w-]+", case) and path.is_file() and not FilePath(case).is_file() else None


def id_of(file: str | FilePath) -> str | None:
    """The id of the bundled case in a file, None for any other file."""
    path = FilePath(file)
    return path.stem if path.parent == _CASES else None


def starter(title: str | None = None) -> str:
    """The text of a small commented dossier to start from, with a title of one's own."""
    text = (_CASES / f"{_STARTER}.yaml").read_text(encoding="utf-8")
    return text if title is None else retitled(text, title)


def retitled(text: str, title: str) -> str:
    """The text of a dossier with another title."""
    quoted = "'" + " ".join(title.split()).replace("'", "''") + "'"
    return re.sub(r"(?m)^title:.*$", lambda _: f"title: {quoted}", text, count=1)


def _info(path: FilePath) -> CaseInfo:
    """Read only as far as a list needs: no validation."""
    document = parse(path.read_bytes(), str(path)).document
    document = document if isinstance(document, dict) else {}
    parties = document.get("parties") or {}
    names = tuple(str((p or {}).get("name") or key) for key, p in parties.items())
    return CaseInfo(path.stem, str(document.get("title", path.stem)), names, len(document.get("measures") or {}))
