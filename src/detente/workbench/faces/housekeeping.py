"""Faces of cases, runs, files and the table of verbs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema

from detente.workbench.faces.face import Json, JsonFace, at, made
from detente.workbench.faces.source import FindingFace

JsonSchema = Annotated[Json, WithJsonSchema({"$ref": "https://json-schema.org/draft/2020-12/schema"})]
PathText = Annotated[str, made(str)]
PathOrNone = Annotated[str | None, made(lambda path: None if path is None else str(path))]


class CheckFace(JsonFace):
    """Everything that is wrong with a dossier, or with a plan for it."""

    findings: Annotated[list[FindingFace], at("all_findings")]
    ok: bool


class ChangeFace(JsonFace):
    """One field that is another now."""

    path: str
    kind: str
    before: Annotated[Any, at("before", "from")]
    after: Annotated[Any, at("after", "to")]


class DiffFace(JsonFace):
    """What the second dossier says differently."""

    changes: list[ChangeFace]
    same: bool
    findings: list[FindingFace]


class BundledFace(JsonFace):
    """One bundled case."""

    id: str
    title: str
    parties: list[str]
    measures: int


class CasesFace(JsonFace):
    """The bundled cases."""

    cases: list[BundledFace]


class NewFace(JsonFace):
    """A case to start from, and where it was written."""

    file: PathOrNone
    text: str


class StoredRunFace(JsonFace):
    """One line of the list of stored runs; `written` by the local clock."""

    run: str
    verb: str
    case: str
    rule: str
    success: str | None
    changes: list[str]
    written: Annotated[str, at("minute")]


class RunsFace(JsonFace):
    """The stored runs, the newest first."""

    runs: list[StoredRunFace]


class ForgetFace(JsonFace):
    """The runs that are stored no more."""

    forgotten: list[str]


class SheetsFace(JsonFace):
    """What was written, and where."""

    written: PathText
    title: Annotated[str, at("dossier.title")]


class ExportFace(JsonFace):
    """What was written, and where."""

    written: list[PathText]
    title: Annotated[str, at("dossier.title")]


class ImportFace(JsonFace):
    """A case made from foreign files; its text where it was not written."""

    title: Annotated[str, at("dossier.title")]
    parties: Annotated[list[str], at("dossier.parties"), made(list)]
    measures: Annotated[int, at("dossier.measures"), made(len)]
    file: PathOrNone
    text: Annotated[str | None, at("text_unless_written")]
    findings: list[FindingFace]
    ok: bool = True


class GivenFace(JsonFace):
    """What a verb is given before its options."""

    name: str
    kind: str
    required: bool
    many: bool


class VerbFace(JsonFace):
    """One row of the table of verbs; options and result as JSON Schema."""

    name: str
    summary: str
    inputs: list[GivenFace]
    options: JsonSchema
    result: JsonSchema
    long: bool
    kept: bool
    writes: str | None


class VerbsFace(JsonFace):
    """The table of verbs."""

    verbs: list[VerbFace]
