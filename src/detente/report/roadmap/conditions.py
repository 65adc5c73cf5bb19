"""Conditions of a judged plan in sentences: those that fail, how each is met, the most dangerous moment, exposures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detente.dossier.schema import Dossier
from detente.report.kit.words import adding, annual, day, leaving, measure, number, party, percent, several, when

if TYPE_CHECKING:
    from detente.model.judge.check import Slack

ALL_OF_IT = 0.01
"""A limit of which no more than this part is left is all used."""
SUBJECTS = {
    "demand": "Demand {name!r} of {who} is not met",
    "success": "Success {name!r} is not met",
    "link": "Link {name!r} does not hold",
    "order": "The order does not hold",
    "capacity": "There is not enough of {name!r}",
    "one_of": "Alternatives {name!r} are mixed",
    "grid": "A date is off the grid",
    "pace": "A share rises too fast",
    "empty": "The plan is empty",
}
LAPSES = ("lapse", "never")
REMEDIES = {
    "consent": "give it more, ask less of it, or bring what it gains forward",
    "breakout": "let what it gains come later or in smaller steps, or answer faster",
    "covert": "verify the measure better, or let what it gains wait for verification",
    "lapse": "let the answer last longer, suspend more or cost more, or verify the measure better",
    "never": "let the answer suspend more, or end the deal where the breach is not cured",
    "forgive": "let the answer suspend what its performer is glad to save, or leave out 'credible'",
    "exposure": "let the other side's steps come first, or cut the measure into tranches",
    "secret_exposure": "verify the measure better, or let this party's steps wait for verification",
    "link": "let it wait for verified progress",
    "order": "move it to a later grid date",
    "pace": "spread it over more grid dates",
    "grid": "take one of the neighbouring grid dates",
    "empty": "give at least one measure a date",
    "one_of": "keep the measures of one alternative",
    "capacity": "spread the measures over more dates",
    "demand": "change the dates, or leave out whose opening binds",
    "success": "change the dates, or ask for a lower success level",
}


def dangerous(dossier: Dossier, row: Slack | None) -> str:
    """The most dangerous moment, with its numbers; None: there is none."""
    if row is None:
        return "Nobody is ever tempted: breaking the deal would save nobody anything."
    held, value, slack = row.keep or 0.0, row.deviate or 0.0, row.slack or 0.0
    act, instead = "to breaking out openly", "breaking out"
    if row.kind == "covert":
        act = (
            f"to cheating in secret on “{measure(dossier, row.measure)}” and whatever it would rather not do that is "
            f"seen no faster{_then(dossier, row, 'breaking')}"
        )
        instead = "cheating" if row.leaves is None else "cheating and leaving"
    elif row.kind in LAPSES:
        act, instead = f"to {_lapse(dossier, row, ('dropping', 'faking'))}", "the lapse"
    share = f", {percent(slack / abs(held))} of what it would keep" if held else ""
    keep, other, margin = adding(held, value, slack)
    a_year = number(annual(dossier, row.party or "", slack))
    return (
        f"{_capital(when(dossier, row))}, {party(dossier, row.party)} is closest {act}. Keeping the deal is then worth "
        f"{keep} points to it, {instead} {other}: a margin of {margin} points ({a_year} a year{share})."
    )


def margin(row: Slack) -> str:
    """By how much keeping is worth more than the temptation, in the digits in which `dangerous` has it."""
    return adding(row.keep or 0.0, row.deviate or 0.0, row.slack or 0.0)[2]


def exposed(dossier: Dossier, row: Slack) -> str:
    """The largest exposure of a party. `keep` is its value since signature, `deviate` minus its limit."""
    who, keep, least = party(dossier, row.party), row.keep or 0.0, row.deviate or 0.0
    limit, harmed = number(-least), f"{who} is most exposed if {party(dossier, row.other)} {_harm(dossier, row)}"
    if keep >= 0:
        left = "lost nothing" if number(keep) == "0" else f"gained {number(keep)} points"
        even = f"even then it would have {left} against never having signed"
        return f"{harmed}; {even}. Its limit is a loss of {limit}."
    used = f", {percent(keep / least)} of its limit of {limit}" if least else f"; its limit is {limit}"
    tight = " The deal uses all of that limit." if keep - least < ALL_OF_IT * abs(least) else ""
    return f"{harmed}: it would have lost {number(-keep)} points{used}.{tight}"


def _harm(dossier: Dossier, row: Slack) -> str:
    """What another did to a party that is exposed, and when."""
    if row.kind == "exposure":
        return f"broke out {when(dossier, row)}"
    return f"pretended to perform “{measure(dossier, row.measure)}” from {day(row.date)}{_then(dossier, row, 'broke')}"


def failed(dossier: Dossier, row: Slack) -> str:
    """A condition that a plan does not meet: which one, whose, when, by how much."""
    who = party(dossier, row.party)
    if row.kind in SUBJECTS:
        subject = SUBJECTS[row.kind].format(name=row.name, who=who)
        return f"{subject}: {row.note}." if row.note else f"{subject}."
    held, value = row.keep or 0.0, row.deviate or 0.0
    at, (deviate, keep, short) = when(dossier, row), adding(value, held, value - held)
    if row.kind == "consent":
        return (
            f"{who} does not consent: the plan is worth {keep} points to it, its walk-away value is {deviate}, "
            f"{short} more."
        )
    if row.kind == "forgive":
        return (
            f"{_capital(at)}, to carry out “{answer(dossier, row.answer)}” against {party(dossier, row.other)} would "
            f"cost {who} {number(-held)} points: it would rather forgive."
        )
    if row.kind in ("breakout", "covert", *LAPSES):
        return (
            f"{_capital(at)}, {who} would rather {_act(dossier, row)}: keeping is worth {keep} points, the temptation "
            f"{deviate}, {short} more."
        )
    lost, limit, short = adding(-held, -value, value - held)
    return (
        f"If {party(dossier, row.other)} {_harm(dossier, row)}, {who} would have lost {lost} points, {short} beyond "
        f"its limit of {limit}."
    )


def _act(dossier: Dossier, row: Slack) -> str:
    """What a party is tempted to do."""
    if row.kind == "breakout":
        return "break out"
    if row.kind in LAPSES:
        return _lapse(dossier, row, ("drop", "fake"))
    return f"cheat in secret on “{measure(dossier, row.measure)}”{_then(dossier, row, 'break')}"


def _lapse(dossier: Dossier, row: Slack, verbs: tuple[str, str]) -> str:
    """A lapse, in the open or in secret, and how it ends; `verbs` in the sentence's form."""
    named = several([f"“{measure(dossier, m)}”" for m in row.measures or ()])
    secret = row.measure is not None
    ends = "until that is known and its cure is due" if secret else "until its cure is due"
    if row.kind == "never":
        ends = f"and {'never curing' if verbs[0].endswith('ing') else 'never cure'} that"
    return f"{verbs[secret]} {named} {ends}, under “{answer(dossier, row.answer)}”"


def answer(dossier: Dossier, ids: str | None) -> str:
    """An answer's title; of several that hang together all of them."""
    return several([dossier.answers[name].title or name for name in (ids or "").split("+") if name in dossier.answers])


def _then(dossier: Dossier, row: Slack, breaking: str) -> str:
    """How cheating ends where its performer does not wait to be found out; `breaking` in the sentence's form."""
    leaves = leaving(dossier, row)
    return f" and, if not found out by then, {breaking} openly {leaves}" if leaves else ""


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def remedy(row: Slack) -> str:
    """How a condition that fails may be met."""
    if row.kind == "order" and row.note.endswith("never completes"):
        return "add what it needs to the plan, or leave it out"
    if row.kind == "pace" and "share" in row.note:
        return "let its share only rise, to 100 %"
    return REMEDIES[row.kind]
