"""A verb in one file: how many measures a case has. tests/workbench/test_table.py gives it its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from detente.workbench.envelope import Task, answers
from detente.workbench.faces.face import JsonFace
from detente.workbench.faces.source import ProvenanceFace
from detente.workbench.keeping import Kept
from detente.workbench.options import CaseOptions, KeptOptions
from detente.workbench.provenance import Provenance


class CountOptions(CaseOptions, KeptOptions):
    """Options of `count`."""

    by: str | None = Field(None, description="Count only the measures of this party.")


class CountFace(JsonFace):
    """How many measures a case has."""

    measures: int
    provenance: ProvenanceFace


@dataclass(frozen=True, repr=False)
class CountResult(Kept):
    """How many measures a case has."""

    face = CountFace

    measures: int
    provenance: Provenance
    findings: tuple[Any, ...]

    def sentences(self) -> tuple[str, ...]:
        return (f"{self.measures} measures.",)


@answers("count")
def count(task: Task[CountOptions]) -> CountResult:
    """Count the measures of a case."""
    by, subject = task.options.by, task.subject
    task.work.say("counting")
    found = [m for m in subject.about.measures.values() if by is None or by in m.by]
    return CountResult(len(found), subject.question, subject.findings)
