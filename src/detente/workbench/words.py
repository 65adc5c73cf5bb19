"""What results say in words: names of parties and measures, a condition that fails, the most dangerous moment."""

from __future__ import annotations

from datetime import date
from math import isfinite
from typing import TYPE_CHECKING

from detente.dossier import Dossier
from detente.report.kit.words import exactly, expectation, leaving, measure, number, party, several, when

if TYPE_CHECKING:
    from detente.design.plan.designs import Design
    from detente.model.judge.check import Slack

__all__ = [
    "answer",
    "because",
    "dangerous",
    "exactly",
    "expectation",
    "exposed",
    "failed",
    "measure",
    "moment",
    "number",
    "party",
    "remedy",
    "several",
    "tempted",
    "triple",
]


def triple(keep: float | None, deviate: float | None) -> tuple[str, str, str]:
    """Two amounts and by how much the first is more, which add up as printed."""
    if keep is None or deviate is None or not (isfinite(keep) and isfinite(deviate)):
        return number(keep), number(deviate), number(None if keep is None or deviate is None else keep - deviate)
    gap, size = abs(keep - deviate), max(abs(keep), abs(deviate))
    places = 0 if size >= 9999.95 and gap >= 0.95 else next((n for n in range(1, 6) if gap * 10**n >= 0.95), 6)
    if gap < 1e-6:
        places = 0 if size >= 9999.95 else 1
    a, b = round(keep, places), round(deviate, places)
    return _fixed(a, places), _fixed(b, places), _fixed(round(a - b, places), places)


def _fixed(value: float, places: int) -> str:
    text = f"{abs(value):,.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"−{text}" if value < 0 and text != "0" else text


def moment(dossier: Dossier, row: Slack) -> str:
    """When: "On 2019-06-12, just before that day's steps", "Just after 2020-12-12"."""
    return _capital(_at(dossier, row))


def _at(dossier: Dossier, row: Slack) -> str:
    return when(dossier, row, written=date.isoformat)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def tempted(dossier: Dossier, row: Slack) -> str:
    """What a party is tempted to do."""
    if row.kind == "breakout":
        return "break out"
    if row.kind == "covert":
        return f"cheat in secret on “{measure(dossier, row.measure)}”{_then(dossier, row, 'break')}"
    return row.kind


def _then(dossier: Dossier, row: Slack, breaks: str) -> str:
    """How cheating ends where its performer does not wait to be found out; `breaks`: "break" or "breaks"."""
    leaves = leaving(dossier, row, written=date.isoformat)
    return f" and, if not found out by then, {breaks} openly {leaves}" if leaves else ""


def dangerous(dossier: Dossier, row: Slack) -> str:
    """The most dangerous moment in a sentence."""
    keep, deviate, slack = triple(row.keep, row.deviate)
    return (
        f"{moment(dossier, row)}, {party(dossier, row.party)} is most tempted to {tempted(dossier, row)}: keeping the "
        f"deal is worth {keep}, the temptation {deviate}, slack {slack} points."
    )


def exposed(dossier: Dossier, row: Slack) -> str:
    """The largest exposure of a party in a sentence. `keep` is its value since signature, `deviate` minus its limit."""
    who, keep, limit = party(dossier, row.party), row.keep or 0.0, number(-(row.deviate or 0.0))
    if keep > -5e-5:
        return f"{who} never loses by having signed, whoever breaks out and whenever; it could bear {limit} points."
    return (
        f"{who} is most exposed if {party(dossier, row.other)} {_harm(dossier, row)}: it has then lost "
        f"{number(-keep)} of the {limit} points that it can bear."
    )


def _harm(dossier: Dossier, row: Slack) -> str:
    """What another does to a party that is exposed, and when."""
    if row.kind == "exposure":
        return f"breaks out {_at(dossier, row)}"
    return f"fakes “{measure(dossier, row.measure)}” {_at(dossier, row)}{_then(dossier, row, 'breaks')}"


def failed(dossier: Dossier, row: Slack) -> str:
    """A condition that a plan does not meet: which one, whose, when, by how much."""
    who, (deviate, keep, short) = party(dossier, row.party), triple(row.deviate, row.keep)
    match row.kind:
        case "consent":
            return (
                f"{who} does not consent: the plan is worth {keep} points to it, "
                f"its walk-away value is {deviate}, {short} more."
            )
        case "breakout" | "covert":
            return (
                f"{moment(dossier, row)}, {who} would rather {tempted(dossier, row)}: keeping is worth {keep} points, "
                f"the temptation {deviate}, {short} more."
            )
        case "exposure" | "secret_exposure":
            lost, limit, short = triple(-(row.keep or 0.0), -(row.deviate or 0.0))
            return (
                f"If {party(dossier, row.other)} {_harm(dossier, row)}, {who} has lost {lost} "
                f"points, {short} beyond its limit of {limit}."
            )
    subject = {
        "demand": f"Demand {row.name!r} of {who} is not met",
        "success": f"Success {row.name!r} is not met",
        "link": f"Link {row.name!r} does not hold",
        "order": "The order does not hold",
        "capacity": f"There is not enough of {row.name!r}",
        "one_of": f"Alternatives {row.name!r} are mixed",
        "grid": "A date is off the grid",
        "pace": "A share rises too fast",
        "empty": "The plan is empty",
    }[row.kind]
    return f"{subject}: {row.note}." if row.note else f"{subject}."


def _never(row: Slack) -> bool:
    """Whether what a measure needs is not in the plan."""
    return row.note.endswith("never completes")


def remedy(row: Slack) -> str:
    """How a condition that fails may be met."""
    return {
        "consent": "give it more, ask less of it, or bring what it gains forward",
        "breakout": "let what it gains come later or in smaller steps, or answer faster",
        "covert": "verify the measure better, or let what it gains wait for verification",
        "exposure": "let the other side's steps come first, or cut the measure into tranches",
        "secret_exposure": "verify the measure better, or let this party's steps wait for verification",
        "link": "let it wait for verified progress",
        "order": "add what it needs to the plan, or leave it out" if _never(row) else "move it to a later grid date",
        "pace": "let its share only rise, to 100 %" if "share" in row.note else "spread it over more grid dates",
        "grid": "take one of the neighbouring grid dates",
        "empty": "give at least one measure a date",
        "one_of": "keep the measures of one alternative",
        "capacity": "spread the measures over more dates",
        "demand": "change the dates, or leave out whose opening binds",
        "success": "change the dates, or ask for a lower success level",
    }[row.kind]


def answer(found: Design) -> str:
    """The answer to a question, in a word."""
    return "yes" if found.plan is not None else "no" if found.status == "none_exists" else "undecided"


def because(found: Design) -> str:
    """What the answer rests on."""
    if found.status == "none_exists":
        return "none exists, proved"
    if found.status == "satisfactory":
        return "deal found and checked"
    bound = "" if found.bound is None else f", bound {number(found.bound)}"
    if found.plan is not None:
        return f"deal found and checked; best one undecided{bound}"
    return f"none found, none ruled out{bound}"
