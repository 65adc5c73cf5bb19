"""Faces that others hold: where an answer comes from, and what is wrong with what somebody wrote."""

from __future__ import annotations

from detente.workbench.faces.face import Json, JsonFace


class ProvenanceFace(JsonFace):
    """Where an answer comes from, and what it cost."""

    run: str
    verb: str
    case: str
    dossier: str
    overlays: list[Json]
    options: Json
    plans: list[str]
    seed: int | None
    versions: dict[str, str]
    solver: Json
    wall_seconds: float | None
    cached: bool


class FindingFace(JsonFace):
    """A problem in what somebody wrote."""

    code: str
    severity: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    path: str
    remedy: str
