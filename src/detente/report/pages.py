"""Pages of their own for the frontier, the gap, the critical numbers and an explanation: each one file, offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from detente.design.questions.answering import Answering
from detente.design.questions.assessment import Assessment
from detente.design.questions.critical import Critical
from detente.design.questions.explain import Explanation
from detente.design.questions.frontier import Frontier
from detente.design.questions.gap import Gap
from detente.design.questions.margins import dangerous
from detente.model.judge.check import Judge, Verdict
from detente.model.plan import Plan
from detente.report.assessment import story
from detente.report.assessment.tables import roadmap_table
from detente.report.kit.figure import Figure
from detente.report.kit.files import Files, files_of, json_bytes
from detente.report.kit.page import page, run_id, source
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import party
from detente.report.questions.breach_chart import breach_figure
from detente.report.questions.breach_words import breach_sentences, breach_tables
from detente.report.questions.concession_chart import concession_figure
from detente.report.questions.conflict_words import explain_sentences, explain_tables, question_words
from detente.report.questions.critical_chart import critical_figure, critical_sentences, critical_tables
from detente.report.questions.frontier_chart import (
    Stop,
    frontier_figure,
    frontier_sentences,
    frontier_table,
    is_choices,
    opening,
    outcome,
    scaled,
    stops,
    thinned,
)
from detente.report.questions.gap_chart import gap_figure, gap_sentences, gap_tables
from detente.report.roadmap.chart import roadmap_chart, roadmap_rows

MOST_OPENED = 300
"""Points that the page opens; the files have all."""


def gap_files(gap: Gap, provenance: Mapping[str, Any]) -> Files:
    """gap.html with its figure and tables."""
    drawn = _drawn(gap_figure(gap, run_id(provenance)))
    kind, asked = "expectations and reality", question_words(gap.question, gap.dossier)
    built, said = gap_tables(gap), gap_sentences(gap)
    text = page("page.html.j2", drawn, built, provenance, dossier=gap.dossier, kind=kind, asked=asked, said=said)
    return files_of("gap.html", text, drawn, built)


def breach_files(found: Answering, provenance: Mapping[str, Any]) -> Files:
    """answers.html with its figure and tables."""
    drawn = _drawn(breach_figure(found, run_id(provenance)))
    kind, asked = "what happens after a breach", "the plan given" if found.status == "given" else "the best plan, nash"
    built, said = breach_tables(found), breach_sentences(found)
    text = page("page.html.j2", drawn, built, provenance, dossier=found.dossier, kind=kind, asked=asked, said=said)
    return files_of("answers.html", text, drawn, built)


def critical_files(critical: Critical, provenance: Mapping[str, Any]) -> Files:
    """critical.html with its figure and tables."""
    drawn = _drawn(critical_figure(critical, run_id(provenance)))
    kind, asked = "critical numbers", question_words(critical.question, critical.dossier)
    built, said = critical_tables(critical), critical_sentences(critical)
    text = page("page.html.j2", drawn, built, provenance, dossier=critical.dossier, kind=kind, asked=asked, said=said)
    return files_of("critical.html", text, drawn, built)


def explanation_files(explanation: Explanation, provenance: Mapping[str, Any]) -> Files:
    """explain.html, its figure and tables, each way out's overlay and plan."""
    e = explanation
    drawn = _drawn(concession_figure(e, run_id(provenance)))
    built, said, asked = explain_tables(e), explain_sentences(e), question_words(e.question, e.dossier)
    text = page("page.html.j2", drawn, built, provenance, dossier=e.dossier, kind="explanation", asked=asked, said=said)
    files = files_of("explain.html", text, drawn, built)
    ways = [(f"concession-{i}", c.overlay, c.deal) for i, c in enumerate(e.concessions, 1)]
    ways += [(f"lesser-{i}", c.overlay, c.deal) for i, c in enumerate(e.lesser, 1)]
    for name, overlay, deal in ways:
        files[f"{name}.json"] = json_bytes(overlay)
        if deal.plan is not None:
            files[f"plan-{name}.json"] = json_bytes(deal.plan.to_dict())
    return files


def frontier_files(frontier: Frontier, provenance: Mapping[str, Any]) -> Files:
    """frontier.html, where a chosen point opens, its figure and table, points.json and each point's plan."""
    run = run_id(provenance)
    drawn = _drawn(frontier_figure(frontier, run))
    found = stops(frontier)
    built = {"frontier": frontier_table(frontier)} if found else {}
    opened = _opened(frontier)
    text = page(
        "frontier.html.j2",
        drawn,
        built,
        provenance,
        dossier=frontier.dossier,
        kind="frontier",
        asked=question_words(frontier.question, frontier.dossier),
        said=frontier_sentences(frontier),
        opened=opened,
        numbers={o.number for o in opened},
        first=opening(frontier),
        left_out=len(opened) < len(found),
        roadmaps=not is_choices(frontier),
        own=source("frontier.js"),
    )
    files = files_of("frontier.html", text, drawn, built)
    files["points.json"] = json_bytes({"points": [_data(s) for s in found]})
    return files | {plan_name(s): json_bytes(s.point.plan.to_dict()) for s in found if s.point.plan is not None}


def plan_name(stop: Stop) -> str:
    """The file of a point's plan, within the folder."""
    return f"plans/point-{stop.number:02d}.json"


def _drawn(figure: Figure | None) -> dict[str, Figure]:
    return {} if figure is None else {figure.name: figure}


def _data(stop: Stop) -> dict[str, Any]:
    """A point as data: its values, the rules that choose it, and its plan's file or its outcome."""
    deal: Any = {"outcome": list(stop.point.outcome or ())}
    if stop.point.plan is not None:
        deal = {"plan": plan_name(stop)}
    values = {p: float(v) for p, v in stop.point.values.items()}
    return {"point": stop.number, "values": values, "chosen_by": list(stop.rules), "gap": stop.point.gap, **deal}


# --- the points that the page opens ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """What the page shows of a point: who gets what, and its roadmap or its outcome."""

    number: int
    title: str
    values: Table
    said: tuple[str, ...] = ()
    svg: Markup = field(default_factory=Markup)
    roadmap: Table | None = None
    outcome: tuple[str, ...] = ()
    file: str = ""


def _opened(frontier: Frontier) -> list[Opened]:
    """The points, evenly thinned where there are too many; those that a rule chooses always."""
    question = frontier.question
    judge = Judge(frontier.dossier, success=question.success, openings=question.openings)
    return [_open(frontier, judge, s) for s in thinned(frontier, MOST_OPENED)]


def _open(frontier: Frontier, judge: Judge, stop: Stop) -> Opened:
    title = f"Point {stop.number}{f': {stop.chosen_by}' if stop.rules else ''}"
    values, plan = _values(frontier, stop), stop.point.plan
    if plan is None:
        return Opened(stop.number, title, values, outcome=tuple(outcome(frontier, stop.point)))
    a = roadmap_of(frontier, judge, plan)
    rows = roadmap_rows(a)
    drawn = Figure(f"roadmap-{stop.number}", title, "", roadmap_chart(a, rows), tuple(rows))
    return Opened(
        stop.number,
        title,
        values,
        said=story.danger(a),
        svg=Markup(drawn.inline_svg()),
        roadmap=roadmap_table(a),
        file=plan_name(stop),
    )


def _values(frontier: Frontier, stop: Stop) -> Table:
    """Who gets what at a point."""
    yearly = [] if is_choices(frontier) else ["value a year"]
    rows: list[list[Cell]] = []
    for p in frontier.parties:
        value, walk = float(stop.point.values[p]), float(frontier.walk_away[p])
        a_year: list[Cell] = [scaled(frontier, p, value)] if yearly else []
        rows.append([party(frontier.dossier, p), value, *a_year, walk, value - walk])
    columns = ["party", "value", *yearly, "walks away below", "margin"]
    return Table.of("Who gets what", columns, rows, sum=("value", "walks away below", "margin"))


def roadmap_of(frontier: Frontier, judge: Judge, plan: Plan) -> Assessment:
    """A point's plan as the report draws plans: judged, with its most dangerous moment."""
    slacks = judge.slacks(plan)
    proof = Verdict(all(s.accepted for s in slacks), slacks, judge.values(plan))
    return Assessment(
        dossier=frontier.dossier,
        rule="nash",
        verdicts={},
        shown=frontier.question.success,
        plan=plan,
        proof=proof,
        values={},
        dangerous=dangerous(proof),
        exposure=(),
        assumptions=(),
    )
