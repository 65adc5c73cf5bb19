"""The tables of an assessment: the page shows them, CSV files hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product

from detente.design.questions.assessment import Assessment, spared
from detente.design.questions.critical import Critical
from detente.design.questions.gap import Gap
from detente.design.questions.margins import least
from detente.dossier import library
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier, Effect, Undo
from detente.errors import Finding
from detente.model.judge.check import Slack
from detente.report.assessment import story
from detente.report.assessment.footing import footing_tables
from detente.report.assessment.inputs import listed
from detente.report.assessment.risks import ACTS
from detente.report.assessment.watching import watching_table
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import (
    FIRMNESS,
    annual,
    day,
    interest,
    leaving,
    measure,
    number,
    party,
    requirement,
    several,
    side,
    signed,
    years,
)
from detente.report.questions.critical_chart import critical_tables
from detente.report.questions.gap_chart import gap_tables
from detente.report.roadmap.steps import answering, detection, steps


def tables(
    assessment: Assessment,
    findings: Sequence[Finding] = (),
    *,
    gap: Gap | None = None,
    critical: Critical | None = None,
) -> dict[str, Table]:
    """The tables that an assessment, and what was asked beside it, have rows for."""
    a = assessment
    built = {
        "verdicts": _verdicts(a),
        **(gap_tables(gap) if gap is not None else {}),
        **(critical_tables(critical) if critical is not None else {}),
        "roadmap": roadmap_table(a),
        "steps": _steps(a),
        "values": _values(a),
        "temptation": _temptation(a),
        **({} if a.footing is None else footing_tables(a.dossier, a.footing)),
        "exposure": _exposure(a),
        "verification": watching_table(a),
        "success": _success(a),
        "demands": _demands(a),
        "terms": _terms(a),
        "side_conditions": _side_conditions(a),
        "assumptions": Table.of("What the answer assumes", ["assumption"], [[text] for text in a.assumptions]),
        "findings": _findings(findings),
        "inputs": listed(a.dossier),
        "sources": Table.of("Sources", ["short name", "source"], list(a.dossier.sources.items())),
        "history": _history(a),
    }
    return {name: table for name, table in built.items() if table.rows}


def _verdicts(a: Assessment) -> Table:
    answers = [story.answer(a, name) for name in a.verdicts]
    rows = [[x.question, x.answer, x.detail] for x in answers]
    return Table.of("Which deals are possible", ["question", "answer", "in detail"], rows)


def roadmap_table(a: Assessment) -> Table:
    """The steps of the plan, in order of entry."""
    columns = ["in force", "who gives", "what", "takes", "verified on", "verified by", "answers to a breach by"]
    rows: list[list[Cell]] = []
    for s in steps(a):
        takes = "already done" if s.standing else years(s.takes)
        what = s.title + _in_parts(s.parts)
        rows.append([s.entry, _parties(a, s.by), what, takes, s.verified, s.seen_by, answering(a.dossier, s)])
    return Table.of("Who gives what, and when", columns, rows)


def _steps(a: Assessment) -> Table:
    columns = ["what", "what it changes", "undone in", "faking is seen"]
    rows = [
        [
            s.title,
            changes(a.dossier, s.measure),
            undone(a.dossier, s.measure),
            detection(a.dossier, s.measure) or "cannot be faked",
        ]
        for s in steps(a)
    ]
    return Table.of("What each step changes", columns, rows)


def _parties(a: Assessment, names: Sequence[str]) -> str:
    return several([party(a.dossier, p) for p in names])


def _in_parts(parts: Sequence[tuple[date, float]]) -> str:
    if len(parts) < 2:
        return ""
    return f" (in parts: {', '.join(f'{number(100 * share)} % on {day(when)}' for when, share in parts)})"


def undone(dossier: Dossier, name: str) -> str:
    """How fast a measure can be undone, in words."""
    undo = dossier.measures[name].undo
    if not isinstance(undo, Undo):
        return "never"
    kept = f", {number(100 * undo.keeps.value)} % stays" if undo.keeps.value else ""
    falls = "; falls with the deal" if undo.falls == "always" else ""
    return f"{years(undo.within.value)}{kept}{falls}"


def changes(dossier: Dossier, name: str) -> str:
    """What a measure does to interests, in their units."""
    return "; ".join(_changes(dossier, name))


def _changes(dossier: Dossier, name: str) -> Iterator[str]:
    measure = dossier.measures[name]
    for effects, why in ((measure.effects, ""), (measure.intrusion, " (by its inspection)")):
        for j, effect in effects.items():
            amounts = ", ".join(_effect(effect, _unit(dossier, j)))
            if amounts:
                yield f"{interest(dossier, j)} {amounts}{why}"
    for j, lasting in measure.if_over.items():
        yield f"{interest(dossier, j)} {signed(lasting.level.value)} {_unit(dossier, j)} (once the deal is over)"


def _unit(dossier: Dossier, name: str) -> str:
    return dossier.interests[name].unit if name in dossier.interests else ""


def _effect(effect: Effect, unit: str) -> Iterator[str]:
    if effect.level.value:
        yield f"{signed(effect.level.value)} {unit}"
    if effect.once.value:
        yield f"{signed(effect.once.value)} {unit} for good"
    if effect.per_year is not None and effect.per_year.rate.value:
        until = f" for {years(effect.per_year.lasts.value)}" if effect.per_year.lasts is not None else ""
        yield f"{signed(effect.per_year.rate.value)} {unit} each year{until}"


def _values(a: Assessment) -> Table:
    columns = [
        "party",
        "consent needed",
        "value",
        "value a year",
        "of which spared losses of no deal, a year",
        "walks away below",
        "walks away below, a year",
        "margin",
    ]
    rows: list[list[Cell]] = []
    saved = spared(a.dossier, a.plan, a.proof) if a.plan and a.proof else {}
    for p, worth in a.values.items():
        if a.dossier.parties[p].discount is None:
            continue
        walks: list[Cell] = [worth.walk_away, annual(a.dossier, p, worth.walk_away), worth.gain]
        rows.append(
            [
                party(a.dossier, p),
                worth.must_consent,
                worth.present,
                worth.annual,
                annual(a.dossier, p, saved[p]),
                *(walks if worth.must_consent else [None, None, None]),
            ]
        )
    return Table.of("Who gets what", columns, rows, sum=("value", "walks away below", "margin"))


def _temptation(a: Assessment) -> Table:
    slacks = a.proof.slacks if a.proof else ()
    columns = ["party", "tempted to", "measure", "date", "moment", "keeping", "deviating", "margin"]
    rows: list[list[Cell]] = []
    for p in a.dossier.parties:
        for kind, act in ACTS.items():
            s = least([s for s in slacks if s.party == p], (kind,))
            if s is not None:
                what = measure(a.dossier, s.measure) if s.measure else None
                to = f"{act}{_then(a.dossier, s)}"
                rows.append([party(a.dossier, p), to, what, s.date, side(a.dossier, s), s.keep, s.deviate, s.slack])
    return Table.of("Each party's thinnest margin", columns, rows, sum=("keeping", "deviating", "margin"))


def _then(dossier: Dossier, s: Slack) -> str:
    """How cheating ends where its performer does not wait to be found out."""
    leaves = leaving(dossier, s)
    return f", then breaking openly {leaves}" if leaves else ""


def _exposure(a: Assessment) -> Table:
    slacks = a.proof.slacks if a.proof else ()
    columns = ["party", "if the deal is broken by", "how", "date", "moment", "loss", "limit", "room"]
    rows: list[list[Cell]] = []
    for p, q in product(a.dossier.parties, repeat=2):
        s = least([s for s in slacks if (s.party, s.other) == (p, q)], ("exposure", "secret_exposure"))
        if s is None or s.keep is None or s.deviate is None:
            continue
        faking = f"faking “{measure(a.dossier, s.measure)}”{_then(a.dossier, s)}"
        how = faking if s.kind == "secret_exposure" else "breaking out"
        when: list[Cell] = [s.date, side(a.dossier, s)]
        rows.append([party(a.dossier, p), party(a.dossier, q), how, *when, 0.0 - s.keep, 0.0 - s.deviate, s.slack])
    return Table.of("Each party's largest loss", columns, rows, sum=("limit", "loss", "room"))


def _success(a: Assessment) -> Table:
    rows = [[level, r.words, r.met, r.note] for level in ("minimal", "full") for r in story.success(a, level)]
    return Table.of("Success criteria", ["level", "criterion", "met", "why not"], rows)


def _demands(a: Assessment) -> Table:
    judged = story.demands(a)
    columns = ["party", "demand", "firmness", "what it asks", "met", "why not", "price"]
    rows: list[list[Cell]] = []
    for name, d in a.dossier.demands.items():
        j = judged.get(name)
        words = j.words if j else requirement(a.dossier, d.require)
        not_for_sale = d.firmness == "red_line" and d.price is None
        price: Cell = "not for sale" if not_for_sale else _price(a.dossier, d.by, d.price)
        title = d.title or name.replace("_", " ")
        met = j.met if j else None
        rows.append([party(a.dossier, d.by), title, FIRMNESS[d.firmness], words, met, j.note if j else "", price])
    return Table.of("Demands", columns, rows)


def _price(dossier: Dossier, by: str, price: Number | None) -> float | None:
    """A price in points of present value."""
    if price is None:
        return None
    discount = dossier.parties[by].discount if by in dossier.parties else None
    return price.value / discount.value if price.flow and discount is not None and discount.value else price.value


def _terms(a: Assessment) -> Table:
    rows: list[list[Cell]] = []
    for term, readings in a.dossier.terms.items():
        resting = [m for m, body in a.dossier.measures.items() if term in body.terms]
        in_plan = [m for m in resting if a.plan is not None and a.plan.entry.get(m) is not None]
        titles = "; ".join(measure(a.dossier, m) + ("" if m in in_plan else " (not in the plan)") for m in resting)
        rows.extend([term.replace("_", " "), party(a.dossier, p), meaning, titles] for p, meaning in readings.items())
    return Table.of("Words with more than one reading", ["term", "party", "what it takes it to mean", "measures"], rows)


def _side_conditions(a: Assessment) -> Table:
    d = a.dossier
    rows = [[measure(d, s.needs), measure(d, s.before), s.written, s.source] for s in d.side_conditions]
    return Table.of("Conditions off the text", ["needed first", "before", "written down", "source"], rows)


def _findings(findings: Sequence[Finding]) -> Table:
    columns = ["severity", "code", "place", "where", "message", "what to do"]
    rows: list[list[Cell]] = []
    for f in findings:
        place = ":".join(str(x) for x in (_file(f.file), f.line, f.column) if x is not None)
        rows.append([f.severity, f.code, place, f.path, f.message, f.remedy])
    return Table.of("Findings about the dossier", columns, rows)


def _file(path: str | None) -> str | None:
    """A bundled case's id, else the file's name: a report that travels need not tell where it lay."""
    return (library.id_of(path) or re.split(r"[\\/]", path)[-1]) if path else None


def _history(a: Assessment) -> Table:
    rows = [
        [e.date, e.what, measure(a.dossier, e.measure) if e.measure else None, e.source, e.confidence]
        for e in a.dossier.history
    ]
    return Table.of("What really happened", ["date", "what", "measure", "source", "confidence"], rows)
