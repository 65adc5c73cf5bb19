"""What happens after a breach, in words: clauses of a text, the ladder of answers, where nothing could answer."""

from __future__ import annotations

from collections.abc import Iterator

from detente.design.questions.answering import Answering, Breach
from detente.dossier.checks.worth import carriers
from detente.dossier.schema import Answer, Dossier
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import day, measure, number, party, several, years
from detente.report.roadmap.conditions import answer as titled


def clauses(dossier: Dossier) -> dict[str, str]:
    """Each answer as it could stand in a text."""
    return {name: _clause(dossier, name, answer) for name, answer in dossier.answers.items()}


def _clause(dossier: Dossier, name: str, answer: Answer) -> str:
    breachers = dossier.breachers(name)
    acting = carriers(dossier, breachers, answer.stopped) or breachers
    who = several([party(dossier, p) for p in breachers], "or")
    to, stops = _named(dossier, answer.to, "or"), _named(dossier, answer.stopped, "and")
    whom = several([party(dossier, p) for p in acting])
    does = "suspends" if len(acting) == 1 else "suspend"
    how = ", in the open or in secret" if any(dossier.measures[m].fakeable for m in answer.to) else ""
    text = (
        f"Should {who} not perform {to}{how}, {whom} {does} {stops} for at least "
        f"{years(answer.length.value)} from its answer, and until the breach is cured."
    )
    due = f" The cure is due within {years(answer.cure.value)}" if answer.cure.value else " The cure is due at once"
    text += f"{due} of the breach's becoming known; what was suspended is then resumed."
    if answer.then == "end":
        text += " Where it is not cured by then, the parties are no longer bound."
    else:
        text += " Where it is not cured by then, the suspension lasts."
    if answer.cost.value:
        text += f" {who} bears costs of {number(answer.cost.value)} points once."
    return text


def _named(dossier: Dossier, measures: tuple[str, ...], joint: str) -> str:
    return several([f"“{measure(dossier, m)}”" for m in measures], joint)


# --- what was found --------------------------------------------------------------------------------------------------


def breach_sentences(found: Answering) -> tuple[str, ...]:
    """What a director reads: what is not answered, what its answer does not deter, what would not be carried out."""
    return tuple(_sentences(found))


def _sentences(found: Answering) -> Iterator[str]:
    dossier, breaches = found.dossier, found.breaches
    if found.plan is None:
        yield "There is no deal to break." if found.status == "none_exists" else "No deal was found in time."
        return
    if not breaches and found.finished:
        yield "Nobody would ever save anything by dropping what it promised: no breach needs an answer."
        return
    if breaches:
        yield _summary(found)
    for b in breaches:
        if b.at.slack is not None and not b.at.accepted:
            pays = f"pays {number(-b.at.slack)} points on {day(b.at.date)}"
            yield f"{_what(dossier, b)} {pays}, whatever {_its(dossier, b)}."
    bare = [b for b in breaches if b.available_flow <= 0 and b.gain > 0]
    if bare:
        names = several(list(dict.fromkeys(_what(dossier, b) for b in bare)))
        yield f"When it would pay best, there is nothing to suspend in answer to {names}."
    hurts = [b for b in breaches if b.answer is not None and not b.credible]
    for name in dict.fromkeys(b.answer for b in hurts):
        worst = min((b for b in hurts if b.answer == name), key=lambda b: b.margin or 0.0)
        yield (
            f"“{titled(dossier, name)}” would not be carried out: to suspend what it names costs a party that does so "
            f"{number(-(worst.margin or 0.0))} points."
        )
    yield from _noise(found)
    if not found.finished:
        yield "The time did not suffice for every breach."


def _summary(found: Answering) -> str:
    every = found.breaches
    good = sum(b.proportionate for b in every)
    answered = sum(b.answer is not None for b in every)
    return (
        f"Of {len(every)} ways to break what was promised, {answered} have an answer of their own, the others end the "
        f"deal; for {good} there is a suspension that deters, that the breacher would rather sit out than leave, and "
        "that hurts nobody who carries it out."
    )


def _noise(found: Answering) -> Iterator[str]:
    dossier, alarms = found.dossier, found.alarms
    if alarms.first is None:
        return
    yield f"A false alarm is to be expected every {years(alarms.first)}."
    for name, trigger in alarms.best.items():
        stated = dossier.answers[name].length.value
        if trigger is None:
            yield f"No length of “{titled(dossier, name)}” deters what it is to."
        else:
            under = f" under the regime “{trigger.regime}”" if trigger.regime else ""
            least = years(trigger.years) if trigger.years else "no suspension at all"
            yield f"“{titled(dossier, name)}” deters from {least} on{under}; it is stated as {years(stated)}."
    lost = {p: points for p, points in alarms.cost.items() if abs(points) > 1e-9}
    if lost:
        told = several([f"{party(dossier, p)} {number(points)}" for p, points in lost.items()])
        yield f"Answers drawn by false alarms cost, in points of present value: {told}."


def _what(dossier: Dossier, b: Breach) -> str:
    act = "dropping" if b.open else "faking"
    return f"{party(dossier, b.party)}’s {act} “{measure(dossier, b.measure)}”"


def _its(dossier: Dossier, b: Breach) -> str:
    return "the end of the deal costs it" if b.answer is None else f"“{titled(dossier, b.answer)}” takes from it"


def breach_tables(found: Answering) -> dict[str, Table]:
    """The ladder of answers; what hangs together; the clauses."""
    dossier = found.dossier
    columns = (
        "breach",
        "by",
        "how",
        "answer",
        "worst on",
        "earns",
        "costs",
        "shortest that deters",
        "longest borne",
        "must suspend a year",
        "can suspend a year",
        "carried out",
        "bring forward",
    )
    ladder = Table.of("The ladder of answers", columns, [_row(dossier, b) for b in found.breaches])
    built = {"breaches": ladder} if found.breaches else {}
    if found.joint:
        rows = [
            (
                titled(dossier, s.answer),
                party(dossier, s.party),
                several([measure(dossier, m) for m in s.measures or ()]),
                s.date,
                s.slack,
            )
            for s in found.joint
        ]
        names = ("answers", "by", "measures", "worst on", "margin")
        built["lapses"] = Table.of("Lapses under each answer", names, rows)
    if dossier.answers:
        said = [(titled(dossier, name), text) for name, text in clauses(dossier).items()]
        built["clauses"] = Table.of("The answers as clauses", ("answer", "clause"), said)
    return built


def _row(dossier: Dossier, b: Breach) -> tuple[Cell, ...]:
    forward = ""
    if b.bring_forward is not None:
        n, _, to = b.bring_forward
        forward = f"{measure(dossier, n)}, to {day(to)}"
    return (
        measure(dossier, b.measure),
        party(dossier, b.party),
        "in the open" if b.open else "in secret",
        titled(dossier, b.answer) if b.answer else "ends the deal",
        b.at.date,
        b.gain,
        b.loses,
        "none" if b.shortest is None else years(b.shortest) if b.shortest else "none needed",
        "not carried out" if not b.credible else "any" if b.longest is None else years(b.longest),
        b.needed_flow,
        b.available_flow,
        b.credible,
        forward,
    )
