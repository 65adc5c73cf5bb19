"""Reading dossiers: a bundled case, a file, a text, or a document built in Python. DESIGN §3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from detente.dossier import checks, library, validation
from detente.dossier.places import Places
from detente.dossier.schema import Dossier
from detente.dossier.setting import plain_document
from detente.dossier.text.contents import Unread, contents, which_name
from detente.dossier.text.documents import read_document
from detente.dossier.text.yaml import MAX_BYTES, Parsed, parse
from detente.errors import DossierError, Finding


def load(case: str | FilePath) -> Dossier:
    """The dossier of a bundled case (its id) or of a YAML or JSON file. Raises DossierError with all findings."""
    return _or_raise(*read(case))


def loads(text: str | bytes, file: str | None = None) -> Dossier:
    """The dossier of a YAML or JSON text; `file` is the name that findings give. Raises DossierError."""
    return _or_raise(*reads(text, file))


def from_dict(document: Mapping[str, Any]) -> Dossier:
    """The dossier of a document built in Python, by the same rules as a file. Raises DossierError."""
    raw, findings = plain_document(document, Places())
    return _or_raise(*((None, findings) if findings else _judged(raw, Places(), [], thorough=False)))


def read(case: str | FilePath) -> tuple[Dossier | None, list[Finding]]:
    """As `load`, but returns the findings, warnings and notes of a good dossier too; None where it is unusable."""
    path = library.path_of(str(case)) or FilePath(case)
    return _of(read_document(path, known=library.ids()))


def reads(text: str | bytes, file: str | None = None) -> tuple[Dossier | None, list[Finding]]:
    """As `read`, from a text."""
    return _of(parse(text, file))


def _of(parsed: Parsed) -> tuple[Dossier | None, list[Finding]]:
    if parsed.document is None and parsed.findings:
        return None, list(parsed.findings)
    return _judged(parsed.document, parsed.places, list(parsed.findings), thorough=True)


def judged_document(
    document: dict[str, Any], file: str, findings: list[Finding]
) -> tuple[Dossier | None, list[Finding]]:
    """As `read`, from a raw document that another reader (a spreadsheet's) built, with what it had to say."""
    raw, faults = plain_document(document, Places(file))
    return (None, findings + faults) if faults else _judged(raw, Places(file), findings, thorough=True)


def read_bytes(path: FilePath) -> tuple[bytes | None, list[Finding]]:
    """The bytes of a file, or a Finding that says why they cannot be had."""
    try:
        return contents(path, MAX_BYTES), []
    except Unread as problem:
        remedy = which_name(path, library.ids())
        return None, [problem.finding("dossier", str(path), remedy)]


def _judged(
    document: Any, places: Places, findings: list[Finding], *, thorough: bool
) -> tuple[Dossier | None, list[Finding]]:
    """Validate and check a raw document; `thorough` adds warnings, notes and what else is wrong in a broken one."""
    dossier, faults = validation.validate(document, places)
    known = {f.path for f in findings if f.path}
    findings = findings + [f for f in faults if f.path not in known]
    if dossier is None:
        return None, _in_order(findings + (_rest(document, places, findings) if thorough else []))
    findings += checks.check(dossier) if thorough else checks.errors(dossier)
    broken = any(f.severity == "error" for f in findings)
    return (None if broken else dossier), _in_order(findings)


def _rest(document: Any, places: Places, findings: list[Finding]) -> list[Finding]:
    """What is wrong between the fields of a document of which some fields are themselves wrong."""
    spoilt = [f.path for f in findings]
    partial = validation.validate_what_can_be(document, places)
    if partial is None:
        return []
    partial._document, partial._file, partial._places = document, places.file, places
    return [f for f in checks.errors(partial) if not any(_touch(f.path, s) for s in spoilt)]


def _touch(path: str, spoilt: str) -> bool:
    return path == spoilt or path.startswith(f"{spoilt}.") or spoilt.startswith(f"{path}.")


def _in_order(findings: list[Finding]) -> list[Finding]:
    rank = {"error": 0, "warning": 1, "note": 2}
    misspelt = [f for f in findings if f.code == "dossier.unknown_field"]

    def place(f: Finding) -> tuple[int, int, int, int]:
        """By line; a missing field after the misspelt one that it was perhaps meant to be."""
        around = (f.path, f.path.rpartition(".")[0]) if "missing" in f.code else ()
        beside = [g for g in misspelt if g.path.rpartition(".")[0] in around]
        after = max(map(_position, beside), default=(0, 0))
        return rank[f.severity], *max(after, _position(f)), int(bool(beside))

    return sorted(dict.fromkeys(findings), key=place)


def _position(f: Finding) -> tuple[int, int]:
    return f.line or 0, f.column or 0


def _or_raise(dossier: Dossier | None, findings: list[Finding]) -> Dossier:
    if dossier is None:
        raise DossierError(findings)
    return dossier
