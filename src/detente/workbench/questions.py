"""`explain`, `gap`, `critical`, `frontier`: why not, what it would take, what it hangs on, what else could be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

from detente.design.programme.question import Question
from detente.design.questions.critical import Critical
from detente.design.questions.critical import critical as critical_numbers
from detente.design.questions.explain import Explanation
from detente.design.questions.explain import explain as explanation_of
from detente.design.questions.frontier import Frontier, Point
from detente.design.questions.frontier import frontier as frontier_of
from detente.design.questions.gap import Gap
from detente.design.questions.gap import gap as gap_of
from detente.design.questions.parallel import jobs_for, on
from detente.dossier import Dossier
from detente.errors import Finding
from detente.report.kit.figure import Figure
from detente.report.kit.table import Cell, Table
from detente.report.pages import critical_files, explanation_files, frontier_files, gap_files
from detente.report.questions.conflict_words import condition, explain_sentences, explain_tables
from detente.report.questions.critical_chart import critical_figure, critical_sentences, critical_tables
from detente.report.questions.frontier_chart import frontier_figure, frontier_sentences
from detente.report.questions.gap_chart import gap_figure, gap_sentences, gap_tables
from detente.workbench.asking import known_parties
from detente.workbench.envelope import Task, answers
from detente.workbench.faces.face import finite
from detente.workbench.faces.questions import CriticalFace, ExplainFace, FrontierFace, GapFace
from detente.workbench.keeping import KeptFinding
from detente.workbench.options import CriticalOptions, ExplainOptions, FrontierOptions, GapOptions
from detente.workbench.provenance import Provenance
from detente.workbench.results import Tables

NO_OPENINGS = ("none",)


@dataclass(frozen=True, repr=False)
class KeptAnswer(KeptFinding):
    """What the design floor found about a dossier, with where it comes from."""

    found: Any
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the dossier."""

    @property
    def dossier(self) -> Dossier:
        dossier: Dossier = self.found.dossier
        return dossier

    @property
    def status(self) -> str:
        return str(self.found.status)

    @property
    def finished(self) -> bool:
        return self.status != "undecided"

    @property
    def solved(self) -> Mapping[str, Any]:
        return {"status": self.found.status, "complete": self.found.complete}


class SearchAnswer(KeptAnswer):
    """An answer that says whether its search came to an end."""

    @property
    def finished(self) -> bool:
        return bool(self.found.finished)

    @property
    def solved(self) -> Mapping[str, Any]:
        return {"status": self.found.status, "finished": self.found.finished}


@dataclass(frozen=True, repr=False)
class ExplainResult(KeptAnswer):
    """Which conditions rule each other out, and the cheapest ways to a deal."""

    face = ExplainFace

    found: Explanation

    @property
    def conditions(self) -> dict[str, str]:
        """Every condition that binds, in words."""
        return {m: self.said(m) for m in self.found.members}

    def said(self, member: str) -> str:
        """A condition in words."""
        return condition(self.dossier, member)

    def tables(self) -> Tables:
        return rows_by_name(explain_tables(self.found))

    def sentences(self) -> tuple[str, ...]:
        return tuple(explain_sentences(self.found))

    def files(self) -> dict[str, bytes]:
        """A page, each set of concessions as an overlay, and the deal that it opens."""
        return explanation_files(self.found, self.provenance.to_json())


@dataclass(frozen=True, repr=False)
class GapResult(SearchAnswer):
    """What each party asks, thinks that it can get, can get, and gets."""

    face = GapFace

    found: Gap

    def tables(self) -> Tables:
        return rows_by_name(gap_tables(self.found))

    def figures(self) -> dict[str, Any]:
        return charts(gap_figure(self.found, self.provenance.run))

    def sentences(self) -> tuple[str, ...]:
        return tuple(gap_sentences(self.found))

    def files(self) -> dict[str, bytes]:
        """A page with the picture and the table."""
        return gap_files(self.found, self.provenance.to_json())


@dataclass(frozen=True, repr=False)
class CriticalResult(SearchAnswer):
    """For each number, the nearest value at which the verdict flips."""

    face = CriticalFace

    found: Critical

    @property
    def status(self) -> str:
        return self.found.verdict if self.found.finished else "undecided"

    @property
    def solved(self) -> Mapping[str, Any]:
        return {"status": self.found.verdict, "finished": self.found.finished}

    def tables(self) -> Tables:
        return rows_by_name(critical_tables(self.found))

    def figures(self) -> dict[str, Any]:
        return charts(critical_figure(self.found, self.provenance.run))

    def sentences(self) -> tuple[str, ...]:
        return tuple(critical_sentences(self.found))

    def files(self) -> dict[str, bytes]:
        """A page with the picture and the table."""
        return critical_files(self.found, self.provenance.to_json())


@dataclass(frozen=True, repr=False)
class FrontierResult(KeptAnswer):
    """The Pareto frontier between the consenting parties, with the points that bargaining rules choose."""

    found: Frontier

    face = FrontierFace

    @property
    def points_told(self) -> list[dict[str, Any] | None]:
        """Its points as JSON."""
        return [_point(self.dossier, p) for p in self.found.points]

    @property
    def marks_told(self) -> SimpleNamespace:
        """The points that rules choose as JSON, each under the name of its rule."""
        return SimpleNamespace(**{rule: _point(self.dossier, p) for rule, p in self.found.marks.items()})

    def tables(self) -> Tables:
        f = self.found
        return {
            "points": [dict(p.values) for p in f.points],
            "rules": [{"rule": rule, **p.values} for rule, p in f.marks.items() if p is not None],
        }

    def figures(self) -> dict[str, Any]:
        return charts(frontier_figure(self.found, self.provenance.run))

    def sentences(self) -> tuple[str, ...]:
        return tuple(frontier_sentences(self.found))

    def files(self) -> dict[str, bytes]:
        """A page on which each point opens its roadmap, and the plans."""
        return frontier_files(self.found, self.provenance.to_json())


def _point(dossier: Dossier, point: Point | None) -> dict[str, Any] | None:
    """A point as JSON: an outcome of choices as the titles of its measures by group, else a plan."""
    if point is None:
        return None
    values = {p: finite(v) for p, v in point.values.items()}
    if point.outcome is not None:
        titles = [dossier.measures[m].title or m for m in point.outcome]
        return {"values": values, "outcome": titles, "measures": list(point.outcome)}
    return {"values": values, "plan": None if point.plan is None else point.plan.to_dict(), "gap": finite(point.gap)}


def rows_by_name(tables: Mapping[str, Table]) -> Tables:
    """Tables of the report as tables of a result, dates as ISO text."""

    def plain(cell: Cell) -> Cell:
        return cell.isoformat() if isinstance(cell, date) else cell

    return {n: [dict(zip(t.columns, map(plain, row), strict=True)) for row in t.rows] for n, t in tables.items()}


def charts(*figures: Figure | None) -> dict[str, Any]:
    """Figures by name, of those that there are."""
    return {f.name: f for f in figures if f is not None}


# --- asking ----------------------------------------------------------------------------------------------------


@answers("explain")
def explain(task: Task[ExplainOptions]) -> ExplainResult:
    """Say why there is no deal: which conditions rule each other out, and the cheapest concessions that open one."""
    options, work, dossier = task.options, task.work, task.subject.about
    found = explanation_of(
        dossier,
        Question(options.success, openers(dossier, options.openings)),
        rule=options.rule,
        most=None if options.all else options.most,
        alternatives=None if options.all else options.alternatives,
        time_limit=work.left,
        gap=options.gap,
        say=work.say,
        cancelled=work.over,
    )
    return ExplainResult(found, task.subject.question, task.subject.findings)


def openers(dossier: Dossier, named: tuple[str, ...]) -> tuple[str, ...]:
    """The parties whose opening positions bind: those named, all by default, none for "none"."""
    if named == NO_OPENINGS:
        return ()
    known_parties(dossier, named)
    return named or tuple(dict.fromkeys(d.by for d in dossier.demands.values() if d.firmness == "opening"))


@answers("gap")
def gap(task: Task[GapOptions]) -> GapResult:
    """Say what each party asks for, thinks that it can get, can get, and gets under each rule."""
    options, work, subject = task.options, task.work, task.subject
    with on(work.executor, work.over, jobs_for(subject.about, options.jobs)) as pool:
        found = gap_of(
            subject.about,
            Question(options.success),
            beliefs=options.beliefs,
            tolerance=options.gap,
            time_limit=work.left,
            say=work.say,
            cancelled=work.over,
            executor=pool,
        )
    return GapResult(found, subject.question, subject.findings)


@answers("critical")
def critical(task: Task[CriticalOptions]) -> CriticalResult:
    """Find, for each number of the case, the nearest value at which the verdict flips.

    `executor`: any concurrent.futures.Executor; left out, one process a core.
    """

    options, work, subject = task.options, task.work, task.subject
    found = critical_numbers(
        subject.about,
        Question(options.success, options.openings),
        only=options.only,
        pairs=options.pairs,
        jobs=options.jobs,
        executor=work.executor,
        time_limit=work.left,
        say=work.say,
        cancelled=work.stopped,  # it keeps its own time, and hands in what searches under way have found
    )
    return CriticalResult(found, subject.question, subject.findings)


@answers("frontier")
def frontier(task: Task[FrontierOptions]) -> FrontierResult:
    """Find the Pareto frontier between the consenting parties, and the points that bargaining rules choose on it."""
    options, work, subject = task.options, task.work, task.subject
    found = frontier_of(
        subject.about,
        Question(options.success, options.openings),
        points=options.points or None,
        ignore_walk_away=options.ignore_walk_away,
        gap=options.gap,
        time_limit=work.left,
        say=work.say,
        cancelled=work.over,
    )
    return FrontierResult(found, subject.question, subject.findings)
