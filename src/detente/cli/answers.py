"""How each result reads in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detente.cli.say import finding_lines
from detente.cli.screen import Screen
from detente.design.questions.footing import Footing
from detente.dossier import Dossier
from detente.errors import Finding
from detente.report.assessment.footing import footing_said
from detente.report.kit import words
from detente.report.questions import answer_words
from detente.report.roadmap import conditions
from detente.workbench.catalogue import CasesResult
from detente.workbench.comparing import CompareResult, DiffResult
from detente.workbench.judging import CheckResult, EvaluateResult, counted, told, worst
from detente.workbench.provenance import Provenance
from detente.workbench.results import Cells, Result, Tables
from detente.workbench.showing import RunsResult, StoredResult
from detente.workbench.solving import AssessResult, DesignResult

ROADMAP = {"date": "Date", "who": "Who", "what": "Gives", "verified_by": "Seen by"}
VALUES = {
    "party": "Party",
    "present": "Present value",
    "a_year": "A year",
    "walk_away": "Walk-away value",
    "consent": "Consent",
}
VERDICTS = {"question": "Question", "level": "Success", "answer": "Answer", "because": "Because"}
LEAST = {
    "kind": "Condition",
    "party": "Party",
    "date": "Date",
    "moment": "Moment",
    "keep": "Keep",
    "deviate": "Deviate",
    "slack": "Slack",
    "leaves": "Then leaves",
}
FEW_PLANS, SHORT_NAME = 3, 16
"""Plans that are compared in columns under their names."""
SHOWN_ASSUMPTIONS = 5


def assessed(result: AssessResult, case: str | None, written: Sequence[Path] = ()) -> None:
    screen, a = Screen(), result.assessment
    tables = result.tables()
    _heading(screen, result.dossier.title, result.provenance.changes)
    with screen.section("Is there a satisfactory deal?"):
        screen.say(result.sentences()[0], 2)
        screen.gap()
        screen.table(VERDICTS, [{**row, "level": _level(row)} for row in tables["verdicts"]])
    if a.plan is None:
        screen.gap()
        screen.say("There is no roadmap to show.")
    else:
        _plan(screen, result.dossier, tables, f"Roadmap: {_title(a.shown)}, rule {_rule(result)}")
        _dangers(screen, result)
    cut = len(a.assumptions) > SHOWN_ASSUMPTIONS
    first = f", the first {SHOWN_ASSUMPTIONS} of {len(a.assumptions)}; all are in the report and in --json"
    with screen.section("What was assumed" + first * cut):
        for text in a.assumptions[:SHOWN_ASSUMPTIONS]:
            screen.bullet(text)
    _foot(screen, result.findings, result.provenance, case)
    if written:
        screen.path(f"Report: {_report(written)} ({len(written)} files)")


def _heading(screen: Screen, title: str, changes: Sequence[str]) -> None:
    """The title of a case, and what was changed in it."""
    screen.title(title)
    if changes:
        screen.say(f"With: {'; '.join(changes)}")


def _level(row: Cells) -> str:
    return row["name"] if row["name"] in ("minimal", "full") else "none"


def _title(name: str | None) -> str:
    return {"full": "full success", "minimal": "minimal success"}.get(name or "", "any deal, no success level met")


def _rule(result: AssessResult) -> str:
    found = result.assessment.verdicts[result.assessment.shown or ""]
    return found.rule_used if found.rule_used == found.rule else f"{found.rule_used} (for {found.rule})"


def _plan(screen: Screen, dossier: Dossier, tables: Tables, title: str) -> None:
    with screen.section(title):
        screen.table(ROADMAP, _dates_once(tables["roadmap"]))
    with screen.section("What it is worth to each party, in its stake points above no deal"):
        screen.table(VALUES, tables["values"])
        if expected := words.expectation(dossier):
            screen.say(expected, 2)


def _dates_once(roadmap: Sequence[Cells]) -> list[Cells]:
    """The rows, a date written only where it changes."""
    before = ["", *(row["date"] for row in roadmap)]
    rows = [{**row, "verified_by": row["verified_by"].removeprefix("seen by ")} for row in roadmap]
    return [row if row["date"] != b else {**row, "date": ""} for row, b in zip(rows, before, strict=False)]


def _dangers(screen: Screen, result: AssessResult) -> None:
    a = result.assessment
    with screen.section("The most dangerous moment"):
        screen.say(conditions.dangerous(result.dossier, a.dangerous), 2)
    if a.footing is not None:
        _footing(screen, result.dossier, a.footing)
    if a.exposure:
        with screen.section("Largest exposure"):
            for row in a.exposure:
                screen.say(conditions.exposed(result.dossier, row), 2)


def _footing(screen: Screen, dossier: Dossier, found: Footing) -> None:
    with screen.section("What this rests on"):
        for text in footing_said(dossier, found):
            screen.bullet(text)


def _report(written: Sequence[Path]) -> Path:
    return next((p for p in written if p.name == "report.html"), written[0])


def _foot(screen: Screen, findings: Sequence[Finding], source: Provenance, case: str | None) -> None:
    screen.gap()
    for found in (f for f in findings if f.code.startswith("plan.")):
        screen.say(f"{found.message}.")
    problems = tuple(f for f in findings if f.severity != "error" and not f.code.startswith("plan."))
    if problems:
        screen.path(f"About the dossier: {counted(problems)}" + (f" (detente check {case})" if case else ""))
    took = "from the cache" if source.cached else f"{source.wall_seconds or 0:.1f} s"
    screen.path(f"Run {source.run}, {took}; again with: detente show {source.run}")


def designed(result: DesignResult, case: str | None, saved: Path | None = None) -> None:
    screen, found, options = Screen(), result.found, result.provenance.options
    tables = result.tables()
    _heading(screen, result.dossier.title, result.provenance.changes)
    openings = words.several([words.party(result.dossier, p) for p in options["openings"]])
    asked = f"Success level {options['success']}" + (f", with the opening of {openings}" if openings else "")
    screen.say(f"{asked}: {answer_words.answer(found)} ({answer_words.because(found)}).")
    for note in found.notes:
        screen.say(note)
    if tables:
        fell = "" if found.rule_used == found.rule else f" (in place of {found.rule})"
        _plan(screen, result.dossier, tables, f"Roadmap, rule {found.rule_used}{fell}")
        screen.gap()
        gap = "" if found.gap is None else f", gap {found.gap:.2%}"
        screen.say(f"Objective {words.number(found.objective)}, bound {words.number(found.bound)}{gap}.")
        for text in result.sentences()[1:2]:
            screen.say(text)
    if result.inspections is not None:
        with screen.section("Inspection regimes chosen with it"):
            chosen = {p.split(".")[1]: r for p, r in result.inspections.items() if p.endswith(".regime") and r}
            for name, regime in chosen.items():
                screen.bullet(f"{words.measure(result.dossier, name)}: {regime}")
            if not chosen:
                screen.say("None: the deal needs no more than what each measure states.", 2)
    _foot(screen, result.findings, result.provenance, case)
    if saved:
        screen.path(f"Plan: {saved}")
    if saved and result.inspections:
        screen.path(f"Regimes: {saved.with_name(f'{saved.stem}-inspections.json')} (use it with --overlay)")


def evaluated(result: EvaluateResult) -> None:
    screen = Screen()
    _heading(screen, result.dossier.title, result.provenance.changes)
    screen.say(result.sentences()[0])
    tables = result.tables()
    _failures(screen, result)
    _plan(screen, result.dossier, tables, "Roadmap")
    _least(screen, tables["least"])
    if result.satisfactory and len(result.sentences()) > 1:
        screen.gap()
        screen.say(result.sentences()[1])
    if result.footing.walkouts:
        _footing(screen, result.dossier, result.footing)


def _failures(screen: Screen, result: EvaluateResult) -> None:
    """The worst failure of each kind, party and measure, with how many more moments fail so."""
    for row, more in worst(result.verdict):
        screen.bullet(told(result.dossier, row, more))


def _least(screen: Screen, rows: Sequence[Cells]) -> None:
    """The least slack of each kind and party, in numbers that add up as printed."""
    if not rows:
        return
    columns = ("keep", "deviate", "slack")
    shown = [{**r, **dict(zip(columns, words.adding(*(r[c] for c in columns)), strict=True))} for r in rows]
    shown = [{**r, "kind": r["kind"].replace("_", " ")} for r in shown]
    heads = {k: v for k, v in LEAST.items() if k != "leaves" or any(r["leaves"] for r in rows)}
    with screen.section("Least slack of each kind and party, in points at its date (exposures: at signature)"):
        screen.table(heads, shown, right=columns, spare=("leaves",))


def checked(result: CheckResult, case: str) -> None:
    if result.changes:
        Screen().say(f"With: {'; '.join(result.changes)}")
    for finding in result.findings:
        print("\n".join(finding_lines(finding)))
    if result.about:
        print(f"About the dossier: {counted(result.about)} (`detente check {case}` shows them)")
    print(result.sentences()[0])


def compared(result: CompareResult) -> None:
    screen = Screen()
    _heading(screen, result.dossier.title, result.provenance.changes)
    tables, plans = result.tables(), list(result.plans)
    screen.gap()
    if len(plans) <= FEW_PLANS and all(len(name) <= SHORT_NAME for name in plans):
        names = {name: name for name in plans}
        screen.wide({"": ""}, names, tables["plans"])
    else:
        names = {name: f"({i + 1})" for i, name in enumerate(plans)}
        for name, short in names.items():
            screen.path(f"{short} {name}")
        screen.gap()
        labels = [row[""] for row in tables["plans"]]
        rows = [{"": names[n], **{row[""]: row[n] for row in tables["plans"]}} for n in plans]
        screen.wide({"": "Plan"}, {label: label[0].upper() + label[1:] for label in labels}, rows)
    with screen.section("Entry into force"):
        screen.wide({"measure": "Measure"}, names, tables["entry"])


def differing(result: DiffResult) -> None:
    screen = Screen()
    for change in result.changes:
        screen.path(change.path)
        screen.say(f"- {_shown(change.before)}", 2)
        screen.say(f"+ {_shown(change.after)}", 2)
    for finding in result.findings:
        print("\n".join(finding_lines(finding)))
    screen.say(result.sentences()[0])


def _shown(value: Any) -> str:
    import json

    return "(nothing)" if value is None else json.dumps(value, ensure_ascii=False)


def cases(result: CasesResult) -> None:
    screen = Screen()
    columns = {"id": "Case", "title": "Title", "parties": "Parties", "measures": "Measures"}
    screen.table(columns, result.tables()["cases"])


def runs(result: RunsResult) -> None:
    screen = Screen()
    for row in result.tables()["runs"]:
        level = f", success {row['success']}" if row["success"] else ""
        screen.path(f"{row['run']}  {row['written']}  {row['verb']:<6}  {row['rule']}{level}")
        screen.say(row["case"], 2)
        if row["changes"]:
            screen.say(f"With: {'; '.join(row['changes'])}", 2)
    screen.path(result.sentences()[0])


def shown(result: Result, written: Sequence[Path] = ()) -> None:
    """A stored run, as its verb printed it."""
    if isinstance(result, AssessResult):
        assessed(result, None, written)
    elif isinstance(result, DesignResult):
        designed(result, None, written[0] if written else None)
    elif isinstance(result, RunsResult):
        runs(result)
    elif isinstance(result, StoredResult):
        told_again(result)


def told_again(result: Result) -> None:
    """A result that has no voice of its own, or is stored: its sentences, then its tables."""
    screen = Screen()
    if title := getattr(result, "title", None):
        screen.title(title)
    for text in result.sentences():
        screen.say(text)
    for name, rows in result.tables().items():
        if rows:
            with screen.section(name.replace("_", " ").capitalize()):
                screen.table({str(c): str(c).replace("_", " ").capitalize() for c in rows[0]}, rows)
