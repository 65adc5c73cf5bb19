"""Conditions and numbers by their names in the dossier, as a diplomat reads them; and why a question has its answer.

A condition is `demands.NAME`, `success.LEVEL.N`, or a family of one party: `consent.P`, `breakout.P`, `covert.P`,
`exposure.P`. What a conflict says is told in its own way round: who would do what if all that is asked were met.
"""

from __future__ import annotations

from collections.abc import Iterable

from detente.design.plan.designs import Design
from detente.design.programme.question import Question
from detente.design.questions.conflicts import Conflict
from detente.design.questions.explain import Concession, Explanation, Lesser, for_sale
from detente.dossier.schema import Dossier
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import LEVELS, interest, measure, number, party, requirement, several

WOULD = {
    "consent": "would rather not sign",
    "breakout": "would break out",
    "covert": "would cheat in secret",
    "lapse": "would lapse and do penance",
    "never": "would lapse and never perform again",
    "forgive": "would rather forgive than answer",
    "exposure": "would be exposed beyond its limit",
}
HOLDS = {
    "consent": "prefers the deal to no deal",
    "breakout": "is never better off breaking out",
    "covert": "is never better off cheating in secret",
    "lapse": "is never better off lapsing and doing penance",
    "never": "is never better off lapsing for ever",
    "forgive": "would never rather forgive than answer",
    "exposure": "never stands to lose more than its limit",
}
LEVEL = {"minimal": "Minimal success", "full": "Full success"}
OUTRIGHT = "cannot be had together, whatever else is agreed"


# --- conditions and numbers by name ----------------------------------------------------------------------------------


def condition(dossier: Dossier, name: str) -> str:
    """What has to hold: "United States: ICBMs gone by 2020", "North Korea prefers the deal to no deal"."""
    kind, _, rest = name.partition(".")
    return f"{party(dossier, rest)} {HOLDS[kind]}" if kind in HOLDS else _asked(dossier, name)


def failing(dossier: Dossier, name: str) -> str:
    """What goes wrong where it does not hold: "North Korea would rather not sign"; a demand with "not met"."""
    kind, _, rest = name.partition(".")
    return f"{party(dossier, rest)} {WOULD[kind]}" if kind in WOULD else f"not met: {_asked(dossier, name)}"


def _asked(dossier: Dossier, name: str) -> str:
    """A demand with whose it is, or a requirement of success with its level."""
    section, _, rest = name.partition(".")
    if section == "demands" and rest in dossier.demands:
        return f"{party(dossier, dossier.demands[rest].by)}: {demand(dossier, rest)}"
    if section == "success":
        level, _, place = rest.partition(".")
        required = dossier.success.full if level == "full" else dossier.success.minimal
        return f"{LEVEL[level]}: {requirement(dossier, required[int(place)])}"
    return name.replace("_", " ")


def quoted(text: str) -> str:
    """A text in quotation marks, those inside it made single."""
    return f"“{text.replace('“', '‘').replace('”', '’')}”"


def demand(dossier: Dossier, name: str) -> str:
    """A demand's title, else what it asks."""
    body = dossier.demands[name]
    return body.title or requirement(dossier, body.require)


def number_at(dossier: Dossier, path: str) -> str:
    """A number by its path, as people read it: "North Korea: stakes, warheads", "“Declaration”: verify, detects"."""
    section, _, rest = path.partition(".")
    name, _, field = rest.partition(".")
    name = name.partition("[")[0]
    titles = {
        "parties": lambda: party(dossier, name),
        "measures": lambda: f"“{measure(dossier, name)}”",
        "interests": lambda: interest(dossier, name),
        "demands": lambda: _asked(dossier, f"demands.{name}"),
    }
    if section not in titles or not field:
        return path.replace("_", " ")
    words = [interest(dossier, part) if part in dossier.interests else part for part in field.split(".")]
    return f"{titles[section]()}: {', '.join(w.replace('_', ' ') for w in words)}"


def question_words(question: Question, dossier: Dossier) -> str:
    """What was asked for: "minimal success", "any deal with the opening position of the United States"."""
    level = LEVELS.get(question.success, question.success)
    if not question.openings:
        return level
    whose = several([party(dossier, p) for p in question.openings])
    return f"{level} with the opening position{'s' if len(question.openings) > 1 else ''} of {whose}"


# --- why, and what it would take -------------------------------------------------------------------------------------


def conflict(dossier: Dossier, found: Conflict) -> str:
    """A conflict in a sentence."""
    asked, families = _parted(found.members)
    wants = several([_quoted(dossier, n) for n in asked])
    then = happenings(dossier, families, "or")
    if not found.members:
        return "No plan on the time grid can be carried out at all, whatever is asked of it."
    if not families:
        return f"{wants} {OUTRIGHT if len(asked) > 1 else 'cannot be had, whatever else is agreed'}."
    return f"With {wants}, {then}." if asked else f"Whatever is agreed, {then}."


def _parted(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Demands and requirements; families of conditions."""
    members = list(names)
    families = [n for n in members if n.partition(".")[0] in WOULD]
    return [n for n in members if n not in families], families


def happenings(dossier: Dossier, names: Iterable[str], joint: str) -> str:
    """What goes wrong, by party: "North Korea would rather not sign and would break out, and China would break out"."""
    acts: dict[str, list[str]] = {}
    for kind, _, who in (n.partition(".") for n in names):
        if kind in WOULD:
            acts.setdefault(who, []).append(WOULD[kind])
    said = [f"{party(dossier, who)} {several(does, joint)}" for who, does in acts.items()]
    return f", {joint} ".join(said)


def _quoted(dossier: Dossier, name: str) -> str:
    """What is asked, in quotation marks after whose it is: "United States: “ICBMs gone by 2020”"."""
    whose, _, what = _asked(dossier, name).partition(": ")
    return f"{whose}: {quoted(what)}" if name.startswith("demands.") else _asked(dossier, name)


def explain_sentences(explanation: Explanation) -> tuple[str, ...]:
    """The answer, why it is so, and the cheapest way out, each in a sentence."""
    e = explanation
    meets = _meeting(e.question, e.dossier)
    if e.status == "satisfactory":
        return (f"A satisfactory deal exists{meets}: nothing stands in its way.",)
    if e.status == "undecided":
        return (f"Whether a satisfactory deal exists{meets} is undecided: the search stopped at its limit.",)
    return (f"No satisfactory deal exists{meets} (proved).", _counted(e), *_ways_out(e))


def _meeting(question: Question, dossier: Dossier) -> str:
    """ "that meets minimal success and the opening position of United States", or nothing."""
    asked = [LEVELS.get(question.success, question.success)] if question.success != "none" else []
    asked += [f"the opening position of {party(dossier, p)}" for p in question.openings]
    return f" that meets {several(asked)}" if asked else ""


def _counted(e: Explanation) -> str:
    n = len(e.conflicts)
    if not n:
        return "Which conditions rule each other out was not found before the search stopped at its limit."
    conflicts = f"{n} minimal conflict{'s' if n > 1 else ''}"
    whole = "that is all of them" if e.complete else "there may be more"
    return f"{conflicts} found; {whole}. A deal becomes possible only if each conflict is resolved somewhere."


def _ways_out(e: Explanation) -> Iterable[str]:
    if e.concessions:
        yield concession(e.dossier, e.concessions[0], cheapest=True)
        more = len(e.concessions) - 1
        if more:
            yield f"{_ways(more)} known{'' if e.ranked else '; there may be more'}."
        elif not e.ranked:
            yield "There may be other ways out."
        else:
            yield "There is no other minimal set of concessions."
    elif e.ranked:
        yield "No concession that is for sale opens a deal: what stands in the way has no price."
        if e.lesser:
            yield lesser(e.dossier, e.lesser[0])
    else:
        yield "No set of concessions that opens a deal was found before the search stopped at its limit."


def _ways(n: int) -> str:
    return f"{n} other set{'s' if n > 1 else ''} of concessions {'are' if n > 1 else 'is'}"


def concession(dossier: Dossier, found: Concession, *, cheapest: bool = False) -> str:
    """Who would have to give up what, and what that opens."""
    if not found.give_up:
        return "Nobody has to give up anything."
    by: dict[str, list[str]] = {}
    for name in found.give_up:
        short = name.partition(".")[2]
        by.setdefault(dossier.demands[short].by, []).append(quoted(demand(dossier, short)))
    who = "; ".join(f"{party(dossier, p)} gives up {several(what)}" for p, what in by.items())
    price = f"price {number(found.price)} point{'' if found.price == 1 else 's'}"
    return f"{'The cheapest way out' if cheapest else 'A way out'} ({price}): {who}. {_opens(found.deal)}"


def _opens(deal: Design) -> str:
    if deal.plan is not None:
        return "That opens a deal."
    return "That opens a deal, but its best plan was not found before the search stopped at its limit."


def lesser(dossier: Dossier, found: Lesser) -> str:
    """What would have to be left out of success."""
    return f"What would have to be left out of success: {several([_asked(dossier, n) for n in found.without])}."


# --- tables ----------------------------------------------------------------------------------------------------------


def explain_tables(explanation: Explanation) -> dict[str, Table]:
    """Conflicts, concessions and lesser successes; those that would be empty are left out."""
    built = {
        "conflicts": _conflicts(explanation),
        "concessions": _concessions(explanation),
        "lesser": _lesser(explanation),
        "conditions": _conditions(explanation),
    }
    return {name: table for name, table in built.items() if table.rows}


def _conflicts(e: Explanation) -> Table:
    columns = ["conflict", "what is asked", "what then goes wrong", "proved minimal"]
    rows: list[list[Cell]] = []
    for i, found in enumerate(e.conflicts, 1):
        asked, families = _parted(found.members)
        then = happenings(e.dossier, families, "or") or (
            "they cannot be had together" if len(asked) > 1 else "it cannot be had"
        )
        wants = "; ".join(_asked(e.dossier, n) for n in asked) or "any deal at all"
        rows.append([i, wants, then, found.proven_minimal])
    return Table.of("What cannot be had together", columns, rows)


def _concessions(e: Explanation) -> Table:
    """A row for each demand given up, and what each party gets under the deal that the whole set opens."""
    parties, prices = valued(e), for_sale(e.dossier, e.members)
    columns = ["way out", "who", "gives up", "price", "price of all", "deal", *(party(e.dossier, p) for p in parties)]
    rows: list[list[Cell]] = []
    for i, found in enumerate(e.concessions, 1):
        values: list[Cell] = [found.deal.verdict.values.get(p) if found.deal.verdict else None for p in parties]
        for j, name in enumerate(found.give_up):
            short = name.partition(".")[2]
            body = e.dossier.demands[short]
            ends: list[Cell] = [found.price, _deal(found.deal), *values] if j == 0 else [None] * (len(values) + 2)
            rows.append([i, party(e.dossier, body.by), demand(e.dossier, short), prices[name], *ends])
    return Table.of("Ways out, the cheapest first", columns, rows)


def _deal(deal: Design) -> str:
    """A plan that was checked, or a deal of which only the possibility is known."""
    return "exists (checked)" if deal.plan is not None else "possible; no plan found in time"


def _lesser(e: Explanation) -> Table:
    parties = valued(e)
    columns = ["way out", "left out of success", "deal", *(party(e.dossier, p) for p in parties)]
    rows: list[list[Cell]] = []
    for i, found in enumerate(e.lesser, 1):
        values: list[Cell] = [found.deal.verdict.values.get(p) if found.deal.verdict else None for p in parties]
        rows.append([i, "; ".join(_asked(e.dossier, n) for n in found.without), _deal(found.deal), *values])
    return Table.of("Lesser successes", columns, rows)


def _conditions(e: Explanation) -> Table:
    """What was weighed: every condition, and in how many of the conflicts found it stands."""
    rows: list[list[Cell]] = [[condition(e.dossier, n), sum(n in c.members for c in e.conflicts), n] for n in e.members]
    return Table.of("The conditions weighed", ["condition", "conflicts that hold it", "name"], rows)


def valued(e: Explanation) -> list[str]:
    """The parties to whom anything is worth anything."""
    return [p for p, body in e.dossier.parties.items() if body.discount is not None]
