"""Where a result comes from: what was asked, of which dossier, with which versions; and what the answer cost."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import detente
from detente.dossier import Dossier, fingerprint
from detente.dossier.changes.overlays import canonical
from detente.workbench.faces.source import ProvenanceFace
from detente.workbench.options import KeptOptions, Options, ThreatOptions

RUN_LENGTH = 12
"""Hexadecimal digits of a run id."""
_ANSWERS_FROM = ("dossier", "model", "design", "verify")
"""The floors whose code decides an answer."""
_NOT_ASKED = frozenset({*KeptOptions.model_fields, *ThreatOptions.model_fields, "jobs"})
"""Options that are no part of the question, or are in the dossier's hash already."""


@dataclass(frozen=True)
class Provenance:
    """The question, whose hash is the run id, and beside it how the answer was come by."""

    verb: str
    case: str
    dossier: str
    """sha256 of the dossier with its overlays."""
    overlays: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    plans: tuple[str, ...] = ()
    """sha256 of each plan that was given."""
    seed: int | None = None
    solver: Mapping[str, Any] = field(default_factory=dict)
    """Status, bound and gap of what was solved."""
    wall_seconds: float | None = None
    cached: bool = False

    @property
    def run(self) -> str:
        asked = {
            "verb": self.verb,
            "dossier": self.dossier,
            "plans": list(self.plans),
            "options": {k: v for k, v in self.options.items() if k not in _NOT_ASKED},
            "seed": self.seed,
            "versions": dict(self.versions),
        }
        return hashlib.sha256(canonical(asked).encode()).hexdigest()[:RUN_LENGTH]

    def to_json(self) -> dict[str, Any]:
        return ProvenanceFace.told(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Provenance:
        known = {k: v for k, v in data.items() if k != "run"}
        return cls(**{**known, "overlays": tuple(data["overlays"]), "plans": tuple(data["plans"])})

    @property
    def changes(self) -> tuple[str, ...]:
        """What the scenarios, overlays and settings changed in the case, each in words."""
        return changes_said(self.overlays)

    def answered(self, *, solver: Mapping[str, Any], wall_seconds: float) -> Provenance:
        """With what the answer cost."""
        return replace(self, solver=solver, wall_seconds=round(wall_seconds, 3))


def provenance(verb: str, dossier: Dossier, options: Options, plans: tuple[Mapping[str, Any], ...] = ()) -> Provenance:
    """The provenance of a question that has not been answered yet."""
    return Provenance(
        verb=verb,
        case=dossier.id or dossier.title,
        dossier=fingerprint(dossier),
        overlays=tuple(_overlay(o) for o in dossier.overlays),
        options=options.model_dump(mode="json"),
        versions=versions(),
        plans=tuple(_hash(p) for p in plans),
    )


def _overlay(overlay: Mapping[str, Any]) -> dict[str, Any]:
    changes = dict(overlay.get("changes") or {})
    return {"name": overlay.get("name"), "hash": _hash(changes), "changes": changes}


FEW = 3
"""Changes of one overlay that are all written out."""


def changes_said(overlays: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Each overlay in words: "parties.usa.walk_away = 5", "scenario thaw (12 changes)"."""
    return tuple(_said(o.get("name") or "", o.get("changes") or {}) for o in overlays)


def _said(name: str, changes: Mapping[str, Any]) -> str:
    if len(changes) > FEW or not changes:
        return f"{name or 'an overlay'} ({len(changes)} changes)" if changes else name or "an overlay"
    listed = ", ".join(f"{p} deleted" if v is None else f"{p} = {_value(v)}" for p, v in changes.items())
    return listed if not name or name.startswith("set ") else f"{name} ({listed})"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _hash(document: Any) -> str:
    return hashlib.sha256(canonical(document).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of what decides an answer; `source` is a hash of the code of the floors that compute it."""
    packages = {name: _version(name) for name in ("detente", "numpy", "highspy")}
    return {**packages, "python": platform.python_version(), "source": _source()}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return detente.__version__ if package == "detente" else "unknown"


def _source() -> str:
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for floor in _ANSWERS_FROM:
        for file in sorted((root / floor).rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:RUN_LENGTH]
