"""Overlays that a dossier carries (views, types, shocks, scenarios): each must apply, and give a usable dossier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from detente.dossier import validation
from detente.dossier.checks.errors import errors
from detente.dossier.places import Path, Places, dotted
from detente.dossier.schema import Dossier
from detente.dossier.setting import change
from detente.errors import Finding


def overlays(dossier: Dossier) -> list[Finding]:
    """Findings of every carried overlay, at the line of the change that causes them."""
    before = {(f.code, f.path) for f in errors(dossier)}
    found = []
    for path, changes in carried(dossier):
        found += _of_one(dossier, path, changes, before)
    return found


def carried(dossier: Dossier) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every overlay in a dossier, with the path at which its changes are written."""
    yield from ((("views", name), changes) for name, changes in dossier.views.items())
    for party, types in dossier.types.items():
        yield from ((("types", party, name, "changes"), one.changes) for name, one in types.items())
    yield from ((("shocks", name, "changes"), shock.changes) for name, shock in dossier.shocks.items())
    yield from ((("scenarios", name, "changes"), one.changes) for name, one in dossier.scenarios.items())


def _of_one(dossier: Dossier, path: Path, changes: Mapping[str, Any], known: set[tuple[str, str]]) -> list[Finding]:
    document, findings = change(dossier.document, changes, dossier.places, path)
    if not findings:
        _, findings = judged(dossier, document, changes, Places(dossier.file))
        findings = [blamed(f, changes, dossier.places, path) for f in findings if (f.code, f.path) not in known]
    return findings


def judged(
    before: Dossier, document: Any, changes: Mapping[str, Any], places: Places
) -> tuple[Dossier | None, list[Finding]]:
    """The dossier of a changed document, or its errors. Only what changed is read again where that is enough."""
    changed = validation.revalidate(before, document, dict.fromkeys(tuple(p.split(".")[:2]) for p in changes))
    findings: list[Finding] = []
    if changed is None:
        changed, findings = validation.validate(document, places)
    if changed is not None:
        findings = [f for f in errors(changed) if f.severity == "error"]
    return (None if findings else changed), findings


def blamed(finding: Finding, changes: Mapping[str, Any], places: Places, within: Path = ()) -> Finding:
    """A finding of the changed dossier, put at the line of the change that touches it."""
    path = next((p for p in changes if _touches(p, finding.path)), None)
    line, column = places.of((*within, path) if path is not None else within)
    message, where = finding.message, finding.path
    if within:
        message, where = f"after this change: {message}", dotted((*within, *([path] if path else [])))
    return Finding(
        finding.code,
        finding.severity,
        message=message,
        file=places.file,
        line=line,
        column=column,
        path=where,
        remedy=finding.remedy,
    )


def _touches(change_path: str, path: str) -> bool:
    return change_path == path or path.startswith(f"{change_path}.") or change_path.startswith(f"{path}.")
