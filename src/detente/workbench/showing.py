"""`show`: a stored run again, or the list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detente.dossier import from_dict
from detente.errors import UsageError
from detente.workbench import store
from detente.workbench.envelope import answers
from detente.workbench.faces import RunsFace
from detente.workbench.keeping import SPOILT
from detente.workbench.options import Options
from detente.workbench.results import Result, Tables
from detente.workbench.solving import AssessResult, DesignResult, assess_again, design_again


@dataclass(frozen=True, repr=False)
class RunsResult(Result):
    """The stored runs, the newest first."""

    runs: tuple[store.StoredRun, ...]

    face = RunsFace

    def tables(self) -> Tables:
        return {"runs": list(self.to_json()["runs"])}

    def sentences(self) -> tuple[str, ...]:
        n = len(self.runs)
        return (f"{n} stored run{'' if n == 1 else 's'} in {store.folder()}.",)


@dataclass(frozen=True, repr=False)
class StoredResult(Result):
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


@answers("show")
def show(run: str | None, chosen: Options) -> DesignResult | AssessResult | StoredResult | RunsResult:
    """A stored run again (the beginning of its id is enough); without one, the list of them. Raises UsageError."""
    if run is None:
        return RunsResult(store.runs())
    found, record = store.find(run)
    try:
        if record["verb"] in ("design", "assess"):
            dossier = from_dict(record["document"])
            return design_again(record, dossier) if record["verb"] == "design" else assess_again(record, dossier)
        said, tables = tuple(record["sentences"]), dict(record["tables"])
        return StoredResult(record["verb"], record["title"], dict(record["result"]), said, tables)
    except SPOILT as error:
        raise UsageError(f"the stored run {found} cannot be read ({error}): ask again with ‘no_cache’") from error
