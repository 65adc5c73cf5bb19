"""`cases`, `new` and `schema`: what there is to start from, and what may be written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from detente.dossier import CaseInfo, read, starter
from detente.dossier import cases as bundled
from detente.dossier.files import read_bytes
from detente.dossier.library import path_of, retitled
from detente.dossier.schema_json import json_schema
from detente.errors import DossierError, UsageError
from detente.workbench import verbs
from detente.workbench.envelope import answers
from detente.workbench.faces.housekeeping import CasesFace, JsonSchema, NewFace, VerbsFace
from detente.workbench.options import NewOptions, Options
from detente.workbench.results import Result, Tables
from detente.workbench.writing import file_for


@dataclass(frozen=True, repr=False)
class CasesResult(Result):
    """The bundled cases."""

    face = CasesFace

    cases: tuple[CaseInfo, ...]

    def tables(self) -> Tables:
        return {"cases": [{**asdict(c), "parties": ", ".join(c.parties)} for c in self.cases]}

    def sentences(self) -> tuple[str, ...]:
        return tuple(f"{c.id}: {c.title} ({c.measures} measures)" for c in self.cases)


@answers("cases")
def cases(chosen: Options) -> CasesResult:
    """List the bundled cases."""
    return CasesResult(bundled())


@dataclass(frozen=True, repr=False)
class NewResult(Result):
    """A case to start from; `file` says where it was written, None where it was not."""

    face = NewFace

    text: str
    file: Path | None

    def sentences(self) -> tuple[str, ...]:
        return (f"Wrote {self.file}." if self.file else "A case to start from.",)


@answers("new")
def new(file: str | Path | None, chosen: NewOptions) -> NewResult:
    """Write a commented case to start from. Raises UsageError where the file is there already."""
    text = _template(chosen)
    if file is None:
        return NewResult(text, None)
    path = file_for(file)
    if path.exists() and not chosen.force:
        raise UsageError(f"{path} is there already: choose another name, or overwrite it with ‘force’")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return NewResult(text, path)


def _template(options: NewOptions) -> str:
    if options.template is None:
        return starter(options.title)
    dossier, findings = read(options.template)
    raw, _ = read_bytes(path_of(options.template) or Path(options.template))
    if dossier is None or raw is None:
        raise DossierError(findings)
    text = raw.decode("utf-8-sig")
    if options.title is None:
        return text
    return retitled(text, options.title)


@dataclass(frozen=True, repr=False)
class SchemaResult(Result):
    """The JSON Schema of a dossier, or the table of verbs."""

    face = VerbsFace | JsonSchema

    schema: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return self.schema

    def tables(self) -> Tables:
        rows = self.schema.get("verbs", [])
        return {"verbs": [{"verb": r["name"], "summary": r["summary"]} for r in rows]} if rows else {}

    def sentences(self) -> tuple[str, ...]:
        if "verbs" in self.schema:
            return (f"{len(self.schema['verbs'])} verbs.",)
        return (f"JSON Schema of a dossier, {len(self.schema.get('properties', {}))} fields.",)


@answers("schema")
def schema(of: str | None, chosen: Options) -> SchemaResult:
    """The JSON Schema of a dossier, for editors and other programs; of "verbs": the table of verbs."""
    if of in (None, "case"):
        return SchemaResult(json_schema())
    if of != "verbs":
        raise UsageError(f"a schema is of a case, or of verbs, found {of!r}")
    return SchemaResult({"verbs": [row.to_json() for row in verbs.VERBS]})
