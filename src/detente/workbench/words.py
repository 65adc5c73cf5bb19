"""What results say in words: names of parties and measures, a condition that fails, the most dangerous moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from detente.dossier import Dossier
from detente.dossier.schema import Verify

if TYPE_CHECKING:
    from detente.design.rules import Design
    from detente.model.check import Slack


def party(dossier: Dossier, name: str | None) -> str:
    found = dossier.parties.get(name or "")
    return (found.name if found else None) or name or "nobody"


def parties(dossier: Dossier, names: Sequence[str]) -> str:
    return ", ".join(party(dossier, n) for n in names)


def measure(dossier: Dossier, name: str | None) -> str:
    found = dossier.measures.get(name or "")
    return (found.title if found else None) or name or "nothing"


def verified_by(dossier: Dossier, name: str) -> str:
    """Who sees that a measure is performed."""
    verify = dossier.measures[name].verify
    if not isinstance(verify, Verify):
        return "seen by all"
    return party(dossier, verify.by) if verify.by in dossier.parties else verify.by or "not said"


def number(value: float | None) -> str:
    """Three figures or so: 0.042, 12.3, 1,240."""
    if value is None:
        return "–"
    if abs(value) < 5e-5:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.095 else f"{value:.2g}"


def moment(row: Slack) -> str:
    """When: "On 2019-06-12, just before its entries"."""
    side = {"before": ", just before its entries", "after": ", just after its entries", None: ""}[row.moment]
    return f"On {row.date}{side}" if row.date else "At signature"


def tempted(dossier: Dossier, row: Slack) -> str:
    """What a party is tempted to do."""
    if row.kind == "breakout":
        return "break out"
    if row.kind == "covert":
        return f"cheat in secret on “{measure(dossier, row.measure)}”"
    return row.kind


def dangerous(dossier: Dossier, row: Slack) -> str:
    """The most dangerous moment in a sentence."""
    return (
        f"{moment(row)}, {party(dossier, row.party)} is most tempted to {tempted(dossier, row)}: keeping the deal is "
        f"worth {number(row.keep)}, the temptation {number(row.deviate)}, slack {number(row.slack)} points."
    )


def exposed(dossier: Dossier, row: Slack) -> str:
    """The largest exposure of a party in a sentence. `keep` is its value since signature, `deviate` minus its limit."""
    how = "breaks out" if row.kind == "exposure" else f"fakes “{measure(dossier, row.measure)}”"
    keep, limit = row.keep or 0.0, -(row.deviate or 0.0)
    lost = f"has lost {number(-keep)}" if keep < -5e-5 else "has lost nothing"
    return (
        f"{party(dossier, row.party)} is most exposed if {party(dossier, row.other)} {how} "
        f"{_at(row)}: it then {lost} of the {number(limit)} points it can bear."
    )


def _at(row: Slack) -> str:
    when = moment(row)
    return when[0].lower() + when[1:]


def failed(dossier: Dossier, row: Slack) -> str:
    """A condition that a plan does not meet: which one, whose, when, by how much."""
    who, short = party(dossier, row.party), number(None if row.slack is None else -row.slack)
    match row.kind:
        case "consent":
            return (
                f"{who} does not consent: the plan is worth {number(row.keep)} points to it, "
                f"its walk-away value is {number(row.deviate)}, {short} more."
            )
        case "breakout" | "covert":
            return (
                f"{moment(row)}, {who} would rather {tempted(dossier, row)}: keeping is worth {number(row.keep)} "
                f"points, the temptation {number(row.deviate)}, {short} more."
            )
        case "exposure" | "secret_exposure":
            how = "breaks out" if row.kind == "exposure" else f"fakes “{measure(dossier, row.measure)}”"
            return (
                f"{moment(row)}, if {party(dossier, row.other)} {how}, {who} has lost {number(-(row.keep or 0.0))} "
                f"points, {short} beyond its limit of {number(-(row.deviate or 0.0))}."
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


def remedy(row: Slack) -> str:
    """How a condition that fails may be met."""
    return {
        "consent": "give it more, ask less of it, or bring what it gains forward",
        "breakout": "let what it gains come later or in smaller steps, or answer faster",
        "covert": "verify the measure better, or let what it gains wait for verification",
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
    }[row.kind]


def answer(found: Design) -> str:
    """The answer to a question, in a word or two."""
    return "yes" if found.plan is not None else "no" if found.status == "none_exists" else "undecided"


def because(found: Design) -> str:
    """What the answer rests on."""
    if found.status == "none_exists":
        return "none exists (proved)"
    if found.status == "satisfactory":
        return "a satisfactory deal exists (checked)"
    bound = "" if found.bound is None else f", bound {number(found.bound)}"
    if found.plan is not None:
        return f"a satisfactory deal exists (checked); the best one is undecided{bound}"
    return f"undecided when time ran out{bound}"
