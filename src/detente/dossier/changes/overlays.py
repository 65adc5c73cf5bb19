"""Overlays, the only way to change a dossier: a view, a type, a draw, inspections, the ledger's state. DESIGN §2."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from detente.dossier.checks.embedded import blamed, judged
from detente.dossier.places import NOWHERE, Places
from detente.dossier.schema import Dossier
from detente.dossier.setting import change, plain_document
from detente.dossier.text.documents import read_document
from detente.dossier.text.yaml import FileKind, Parsed
from detente.errors import DossierError, Finding


def apply(
    dossier: Dossier, changes: Mapping[str, Any], *, name: str | None = None, places: Places = NOWHERE
) -> Dossier:
    """A new dossier with raw values set at dotted paths: {"parties.usa.no_deal": "-3 /year"}; None deletes.

    `name` is kept for the provenance; `places` (from `read_overlay`) lets findings name the overlay's lines. Raises
    DossierError with all findings where a path does not exist or the result is not a dossier.
    """
    document, findings = change(dossier.document, changes, places)
    if findings:
        raise DossierError(findings)
    changed, findings = judged(dossier, document, changes, Places(places.file))
    if changed is None:
        raise DossierError([blamed(f, changes, places) for f in findings])
    changed._file, changed._places = dossier.file, dossier.places
    changed._overlays = (*dossier.overlays, {"name": name, "changes": plain_document(changes, NOWHERE)[0]})
    return changed


_OVERLAY = FileKind("dossier", "an overlay", "write 'dotted.path: value' lines")


def read_overlay(path: str | FilePath) -> tuple[dict[str, Any], Places]:
    """Changes from a YAML or JSON file of dotted paths, or {changes: {...}}, with their places for `apply`.

    Raises DossierError.
    """
    parsed = read_document(path, _OVERLAY)
    findings = list(parsed.findings)
    if not findings and not isinstance(parsed.document, dict):
        findings = [
            parsed.places.finding(
                "dossier.top_level", "an overlay is a list of 'dotted.path: value'", remedy=_OVERLAY.start
            )
        ]
    if findings:
        raise DossierError(findings)
    return _changes_of(parsed)


def oddities_of(changes: Mapping[str, Any], places: Places) -> list[Finding]:
    """A warning where an overlay is a whole dossier, which overrides all of a case and not what differs."""
    whole = [name for name in ("detente", "title", "parties", "measures") if name in changes]
    if "detente" not in whole or len(whole) < 2:
        return []
    message = "this overlay is a whole dossier: it replaces all that it names, and is no case of its own here"
    remedy = "name it as the case; an overlay is a list of 'dotted.path: value'"
    return [places.finding("dossier.whole_overlay", message, ("detente",), remedy=remedy, severity="warning", key=True)]


def _changes_of(parsed: Parsed) -> tuple[dict[str, Any], Places]:
    inner = parsed.document.get("changes")
    if not isinstance(inner, dict):
        return parsed.document, parsed.places
    keys = {k[1:]: v for k, v in parsed.places.keys.items() if k[:1] == ("changes",) and k[1:]}
    values = {k[1:]: v for k, v in parsed.places.values.items() if k[:1] == ("changes",)}
    return inner, Places(parsed.places.file, keys, values)


def fingerprint(dossier: Dossier) -> str:
    """sha256 of what a dossier says, overlays included: canonical JSON of its raw document, whatever the key order."""
    return hashlib.sha256(canonical(dossier._document).encode()).hexdigest()


def canonical(document: Any) -> str:
    """JSON with sorted keys and no spaces, a whole float written as an integer."""
    return json.dumps(_whole(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _whole(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _whole(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_whole(v) for v in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node
