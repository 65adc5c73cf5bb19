"""`show`: a stored run again, or the list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from detente.dossier import from_dict
from detente.errors import UsageError
from detente.workbench import verbs
from detente.workbench.envelope import answers
from detente.workbench.faces.face import read_as, schema_of
from detente.workbench.faces.housekeeping import RunsFace
from detente.workbench.keeping import SPOILT
from detente.workbench.options import Options
from detente.workbench.results import Result, Tables
from detente.workbench.solving import AssessResult, DesignResult, assess_again, design_again
from detente.workbench.store import Store, StoredRun


class ShowResult(Result):
    """The stored runs, or one of them: what its verb gave."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Any:
        return read_as(RunsFace if "runs" in data else _face_of(data["provenance"]["verb"]), data)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        kept = [_face_of(row.name) for row in verbs.VERBS if row.kept]
        return schema_of(reduce(or_, kept, RunsFace))

    def files(self) -> dict[str, bytes]:
        """None: a list of runs, and what is told again as it was, are no more than their JSON."""
        return {}


def _face_of(verb: str) -> Any:
    """What the JSON of a verb is."""
    return verbs.verb(verb).result_type().face


@dataclass(frozen=True, repr=False)
class RunsResult(ShowResult):
    """The stored runs, the newest first."""

    face = RunsFace

    runs: tuple[StoredRun, ...]
    folder: Path | None
    """Where they are."""

    def tables(self) -> Tables:
        return {"runs": list(self.to_json()["runs"])}

    def sentences(self) -> tuple[str, ...]:
        n = len(self.runs)
        return (f"{n} stored run{'' if n == 1 else 's'} in {self.folder}.",)


@dataclass(frozen=True, repr=False)
class StoredResult(ShowResult):
    """A stored run of a verb whose answer is told again as it was."""

    verb: str
    title: str
    result: dict[str, Any]
    said: tuple[str, ...]
    shown: Tables

    def to_json(self) -> dict[str, Any]:
        return self.result

    def tables(self) -> Tables:
        return self.shown

    def sentences(self) -> tuple[str, ...]:
        return self.said


@answers("show", of_runs=True)
def show(run: str | None, chosen: Options, store: Store) -> DesignResult | AssessResult | StoredResult | RunsResult:
    """A stored run again (the beginning of its id is enough); without one, the list of them. Raises UsageError."""
    if run is None:
        return RunsResult(store.runs(), store.folder)
    found, record = store.find(run)
    try:
        if record["verb"] in ("design", "assess"):
            dossier = from_dict(record["document"])
            return design_again(record, dossier) if record["verb"] == "design" else assess_again(record, dossier)
        said, tables = tuple(record["sentences"]), dict(record["tables"])
        return StoredResult(record["verb"], record["title"], dict(record["result"]), said, tables)
    except SPOILT as error:
        raise UsageError(f"the stored run {found} cannot be read ({error}): ask again with ‘cache=False’") from error
