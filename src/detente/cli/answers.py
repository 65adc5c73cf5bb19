"""How assessments, designs and judged plans read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detente.cli.frame import foot, heading
from detente.cli.say import finding_lines
from detente.cli.screen import Screen
from detente.design.questions.footing import Footing
from detente.dossier import Dossier
from detente.report.assessment.footing import footing_said
from detente.report.kit import words
from detente.report.questions import answer_words
from detente.report.roadmap import conditions
from detente.workbench.comparing import CompareResult
from detente.workbench.judging import CheckResult, EvaluateResult, told, worst
from detente.workbench.results import Cells, Tables, counted
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
    heading(screen, result.dossier.title, result.provenance.changes)
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
    foot(screen, result.findings, result.provenance, case)
    if written:
        screen.path(f"Report: {_report(written)} ({len(written)} files)")


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


def designed(result: DesignResult, case: str | None, written: Sequence[Path] = ()) -> None:
    screen, found, options = Screen(), result.found, result.provenance.options
    heading(screen, result.dossier.title, result.provenance.changes)
    openings = words.several([words.party(result.dossier, p) for p in options["openings"]])
    asked = f"Success level {options['success']}" + (f", with the opening of {openings}" if openings else "")
    screen.say(f"{asked}: {answer_words.answer(found)} ({answer_words.because(found)}).")
    for note in found.notes:
        screen.say(note)
    if found.verdict is not None:
        _found(screen, result)
    if result.inspections is not None:
        _regimes(screen, result.dossier, result.inspections)
    if result.answers is not None:
        _chosen_answers(screen, result.dossier, result.answers)
    foot(screen, result.findings, result.provenance, case)
    for plan in written:
        screen.path(f"Plan: {plan}")
        for what, overlay in (("inspections", result.inspections), ("answers", result.answers)):
            if overlay:
                file = plan.with_name(f"{plan.stem}-{what}.json")
                screen.path(f"{'Regimes' if what == 'inspections' else 'Answers'}: {file} (use it with --overlay)")


def _chosen_answers(screen: Screen, dossier: Dossier, overlay: Mapping[str, Any]) -> None:
    """What was chosen from the menus of answers."""
    with screen.section("Answers chosen with it"):
        for path, chosen in overlay.items():
            _, name, field = path.split(".")
            title = dossier.answers[name].title or name
            stopped = [words.measure(dossier, m) for m in ([chosen] if isinstance(chosen, str) else chosen)]
            said = f"for {dossier.answers[name].length.text}" if field == "for" else f"stops {words.several(stopped)}"
            screen.bullet(f"{title}: {said}")
        if not overlay:
            screen.say("None of the answers offers a choice.", 2)


def _found(screen: Screen, result: DesignResult) -> None:
    """The plan that was found, and how good it is."""
    found = result.found
    fell = "" if found.rule_used == found.rule else f" (in place of {found.rule})"
    _plan(screen, result.dossier, result.tables(), f"Roadmap, rule {found.rule_used}{fell}")
    screen.gap()
    gap = "" if found.gap is None else f", gap {found.gap:.2%}"
    screen.say(f"Objective {words.number(found.objective)}, bound {words.number(found.bound)}{gap}.")
    for text in result.sentences()[1:2]:
        screen.say(text)


def _regimes(screen: Screen, dossier: Dossier, overlay: Mapping[str, Any]) -> None:
    """Which regime each measure gets."""
    chosen = {path.split(".")[1]: r for path, r in overlay.items() if path.endswith(".regime") and r}
    with screen.section("Inspection regimes chosen with it"):
        for name, regime in chosen.items():
            screen.bullet(f"{words.measure(dossier, name)}: {regime}")
        if not chosen:
            screen.say("None: the deal needs no more than what each measure states.", 2)


def evaluated(result: EvaluateResult, *_: Any) -> None:
    screen = Screen()
    heading(screen, result.dossier.title, result.provenance.changes)
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


def checked(result: CheckResult, case: str | None, *_: Any) -> None:
    if result.changes:
        Screen().say(f"With: {'; '.join(result.changes)}")
    for finding in result.findings:
        print("\n".join(finding_lines(finding)))
    if result.about:
        print(f"About the dossier: {counted(result.about)} (`detente check {case}` shows them)")
    print(result.sentences()[0])


def compared(result: CompareResult, *_: Any) -> None:
    screen = Screen()
    heading(screen, result.dossier.title, result.provenance.changes)
    tables, plans = result.tables(), list(result.plans)
    screen.gap()
    if len(plans) <= FEW_PLANS and all(len(name) <= SHORT_NAME for name in plans):
        names = {name: name for name in plans}
        screen.wide({"": ""}, names, tables["plans"])
    else:
        names = {name: f"({i + 1})" for i, name in enumerate(plans)}
        _by_number(screen, names, tables["plans"])
    with screen.section("Entry into force"):
        screen.wide({"measure": "Measure"}, names, tables["entry"])


def _by_number(screen: Screen, names: Mapping[str, str], table: Sequence[Cells]) -> None:
    """Plans in rows, each under a number that is said before."""
    for name, short in names.items():
        screen.path(f"{short} {name}")
    screen.gap()
    labels = [row[""] for row in table]
    rows = [{"": names[n], **{row[""]: row[n] for row in table}} for n in names]
    screen.wide({"": "Plan"}, {label: label[0].upper() + label[1:] for label in labels}, rows)
