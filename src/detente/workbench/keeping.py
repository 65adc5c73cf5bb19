"""How an answer is stored with all that it knows, and comes back when the same is asked again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from detente.dossier import Dossier
from detente.errors import DossierError, Finding
from detente.model.plan import Plan
from detente.workbench.archive import archived, unarchived
from detente.workbench.provenance import Provenance
from detente.workbench.results import Result
from detente.workbench.store import Record, Store

SPOILT = (KeyError, TypeError, ValueError, AttributeError, ImportError, RecursionError, DossierError)
"""What reading a stored run raises where someone has changed its file."""
BESIDE = ("provenance", "findings")
"""Fields of a result that hang on when and how it was asked."""


@dataclass(frozen=True)
class Subject:
    """What is asked about: a dossier, or what a file of another kind says; and the question that is put to it."""

    about: Any
    question: Provenance
    findings: tuple[Finding, ...] = ()
    """Warnings and notes about the case or the file."""
    plans: tuple[Plan, ...] = ()
    inputs: tuple[Any, ...] = ()
    """As they were given."""


class Kept(Result):
    """An answer that hangs on its question alone: it is stored, and given again when the same is asked."""

    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about what was asked about, then about the answer."""

    @property
    def title(self) -> str:
        """What was asked about."""
        dossier = getattr(self, "dossier", None)
        return self.provenance.case if dossier is None else str(dossier.title)

    @property
    def finished(self) -> bool:
        """Whether nothing is left that more time could tell."""
        return True

    @property
    def solved(self) -> Mapping[str, Any]:
        """What the provenance says of how it was solved."""
        return {}

    def parts(self) -> dict[str, Any]:
        """All that the answer consists of, by field; fields that are not compared are no part of it."""
        mine = [f.name for f in fields(self) if f.compare and f.name not in BESIDE]  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in mine}

    def stored(self, about: Any) -> dict[str, Any]:
        """What the store keeps of it besides its JSON: its parts, and how it is told where those are of no use."""
        told = {"sentences": list(self.sentences()), "tables": {n: list(rows) for n, rows in self.tables().items()}}
        with suppress(TypeError, RecursionError):
            told["parts"] = archived(self.parts(), about)
        return told

    @classmethod
    def again(cls, record: Record, subject: Subject) -> Self:
        """The stored answer to a question. Raises one of SPOILT where the record does not say what its JSON says."""
        parts = unarchived(record["parts"], subject.about)
        findings = (*subject.findings, *findings_of(record)[record["about"] :])
        made: Callable[..., Self] = cls
        result = made(**parts, provenance=provenance_of(record), findings=findings)
        if _plain(result.to_json()) != _plain(record["result"]):
            raise ValueError("it contradicts itself")
        return result.as_asked(subject)

    def once_whole(self, then: Callable[[Self], None]) -> Self:
        """Itself; `then` is called once all of it is worked out, which most are from the beginning."""
        then(self)
        return self

    def as_asked(self, subject: Subject) -> Self:
        """With what is no part of the question, such as names of files, as it was given now."""
        return self


class KeptFinding(Kept):
    """An answer that can be asked all that what was found can: its field of that name is `holds`."""

    holds: ClassVar[str] = "found"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == self.holds:
            raise AttributeError(name)
        return getattr(getattr(self, self.holds), name)

    def __dir__(self) -> list[str]:
        """For whoever lets an editor or a notebook complete a name."""
        return sorted({*super().__dir__(), *(n for n in dir(getattr(self, self.holds)) if not n.startswith("_"))})


def _plain(told: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps({k: v for k, v in told.items() if k not in BESIDE}))


def recalled(store: Store, kind: type[Kept], subject: Subject) -> Kept | None:
    """The stored answer to a question; None where it was not asked, not finished, or is spoilt."""
    question = subject.question
    record = store.recall(question.run)
    if record is None or not record.get("finished"):
        return None
    asked = {"overlays": [dict(o) for o in question.overlays], "options": dict(question.options), "case": question.case}
    with suppress(*SPOILT):
        result = record["result"]
        record = {**record, "result": {**result, "provenance": {**result["provenance"], **asked}}}
        return kind.again(record, subject)
    return None


def keep(store: Store, result: Kept, subject: Subject, *, finished: bool = True) -> str | None:
    """Store an answer, also one that was stopped, so that it can be shown. Why it is not stored, where it is not."""
    document = {"document": dict(subject.about.document)} if isinstance(subject.about, Dossier) else {}
    return store.keep(
        result.provenance.run,
        {
            "verb": result.provenance.verb,
            "title": result.title,
            "finished": finished and result.finished,
            **document,
            "findings": [f.as_dict() for f in result.findings],
            "about": len(subject.findings),
            "result": result.to_json(),
            **result.stored(subject.about),
        },
    )


def provenance_of(record: Record) -> Provenance:
    """Where a stored answer comes from."""
    return replace(Provenance.from_json(record["result"]["provenance"]), cached=True)


def findings_of(record: Record) -> tuple[Finding, ...]:
    return tuple(Finding(**f) for f in record.get("findings", ()))
