"""What every result can do: turn into JSON, into tables, into figures, and show itself in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from detente.dossier import Dossier
from detente.errors import Finding
from detente.report.kit import words
from detente.report.kit.files import json_bytes, write_files
from detente.workbench.faces.face import read_as, schema_of, told_as
from detente.workbench.faces.plans import SlackFace
from detente.workbench.writing import folder_for

if TYPE_CHECKING:
    from detente.design.questions.assessment import Worth
    from detente.model.judge.check import Slack, Verdict
    from detente.model.plan import Plan

WHOLE = 1 - 1e-9
"""The share of a measure that is all of it, but for rounding."""
Cells = Mapping[str, Any]
"""A row of a table, by column."""
Tables = dict[str, list[Cells]]


class Result(ABC):
    """A frozen answer of a verb."""

    face: ClassVar[Any]
    """What its JSON is: a `JsonFace`, or one of several."""

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return told_as(self.face, self)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Any:
        """Its JSON, typed. Raises pydantic's ValidationError."""
        return read_as(cls.face, data)

    @abstractmethod
    def sentences(self) -> tuple[str, ...]:
        """The answer in a few sentences."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """What its JSON is, as JSON Schema."""
        return schema_of(cls.face)

    def tables(self) -> Tables:
        """Tables by name; every row is a mapping from column to value."""
        return {}

    def figures(self) -> dict[str, Any]:
        """Altair charts by name."""
        return {}

    def files(self) -> dict[str, bytes]:
        """What `write` writes, by name within the folder: the page, its figures and tables, plans, or JSON alone."""
        return {f"{type(self).__name__.removesuffix('Result').lower()}.json": json_bytes(self.to_json())}

    def write(self, folder: str | Path) -> list[Path]:
        """Write the files that belong to it. Returns their paths. Raises UsageError."""
        return write_files(folder_for(folder), self.files())

    def __str__(self) -> str:
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        first = self.sentences()[0] if self.sentences() else ""
        return f"<{type(self).__name__}: {first}>"

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(s)}</p>" for s in self.sentences())
        return said + "".join(_html(name, rows) for name, rows in self.tables().items() if rows and name != "slacks")


def _html(name: str, rows: Sequence[Cells]) -> str:
    head = "".join(f"<th>{escape(str(c))}</th>" for c in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(_cell(v))}</td>" for v in r.values()) + "</tr>" for r in rows)
    caption = escape(name.replace("_", " ").capitalize())
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    return "" if value is None else words.number(value) if isinstance(value, float) else str(value)


def worths_of(dossier: Dossier, proof: Verdict) -> dict[str, Worth]:
    """Each party's value of a judged plan."""
    from detente.design.questions.assessment import worths
    from detente.model.rows.arrays import Model

    return worths(Model.of(dossier), proof)


def values_table(dossier: Dossier, worths: Mapping[str, Worth]) -> list[Cells]:
    """One row a party: what the plan is worth to it, and what it must be worth."""
    return [
        {
            "party": words.party(dossier, p),
            "present": w.present,
            "a_year": w.annual,
            "walk_away": w.walk_away,
            "consent": "needed" if w.must_consent else "not asked",
        }
        for p, w in worths.items()
    ]


def roadmap_table(dossier: Dossier, plan: Plan | None) -> list[Cells]:
    """One row a step, in the order of dates: when, who, what, and who sees it."""
    if plan is None:
        return []
    steps = [step for m in dossier.measures for step in _steps(dossier, plan, m)]
    return [row for _, row in sorted(steps, key=lambda s: s[0])]


def _steps(dossier: Dossier, plan: Plan, m: str) -> list[tuple[Any, Cells]]:
    from detente.report.roadmap.steps import seen_by

    rises: Sequence[tuple[Any, float]] = plan.share.get(m, ())
    if not rises and (day := plan.entry.get(m)) is not None:
        rises = ((day, 1.0),)
    title = words.measure(dossier, m)
    return [
        (
            day,
            {
                "date": day.isoformat(),
                "who": words.several([words.party(dossier, p) for p in dossier.measures[m].by]),
                "what": title if part >= WHOLE and len(rises) == 1 else f"{title} ({part:.0%} done)",
                "verified_by": seen_by(dossier, m),
                "measure": m,
            },
        )
        for day, part in rises
    ]


def slack_table(dossier: Dossier, slacks: Sequence[Slack]) -> list[Cells]:
    """One row a condition, as in the JSON."""
    return [SlackFace.told(s) for s in slacks]


def counted(findings: Sequence[Finding]) -> str:
    """How many of which severity: `2 errors, 1 warning`."""
    numbers = [(s, sum(f.severity == s for f in findings)) for s in ("error", "warning", "note")]
    return ", ".join(f"{n} {s}{'s' if n > 1 else ''}" for s, n in numbers if n) or "nothing to report"
