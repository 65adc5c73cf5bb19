"""How the answers of `explain`, `gap`, `critical`, `answers` and `frontier` read in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.cli.frame import cut, files, foot, heading
from detente.cli.screen import Screen
from detente.dossier import Dossier
from detente.report.kit import words

if TYPE_CHECKING:
    from detente.design.questions.answering import Breach
    from detente.design.questions.critical import Flip, PairFlip
    from detente.design.questions.gap import Hope
    from detente.workbench.answering import AnswersResult
    from detente.workbench.questions import CriticalResult, ExplainResult, FrontierResult, GapResult

FEW = 25
"""Rows of a long table that a terminal shows."""


def _level(success: str, openings: Sequence[str], result: Any) -> str:
    level = {"none": "Any deal", "minimal": "Minimal success", "full": "Full success"}[success]
    who = words.several([words.party(result.dossier, p) for p in openings])
    return f"{level}, with the opening position of {who}" if openings else level


def explain(result: ExplainResult, _: str | None, written: Sequence[Path]) -> None:
    screen, e = Screen(), result.found
    heading(screen, result.dossier.title, result.provenance.changes)
    screen.say(f"{_level(e.question.success, e.question.openings, result)}.")
    screen.gap()
    for text in result.sentences():
        screen.say(text)
    if e.conflicts:
        _conflicts(screen, result)
    for n, way in enumerate(e.concessions, 1):
        title = "The cheapest way to a deal" if n == 1 else f"Another way, number {n}"
        with screen.section(f"{title}: price {words.number(way.price)} points"):
            for name in way.give_up:
                screen.bullet(f"give up: {result.said(name)}")
            _deal(screen, result, way.deal)
    for n, less in enumerate(e.lesser, 1):
        with screen.section("No concession opens this deal. It can be had without" + (f" (way {n})" if n > 1 else "")):
            for name in less.without:
                screen.bullet(result.said(name))
            _deal(screen, result, less.deal)
    foot(screen, result.findings, result.provenance, None)
    files(screen, written)


def _conflicts(screen: Screen, result: ExplainResult) -> None:
    """What rules each other out, each condition on a line."""
    found = result.found
    more = "all of them" if found.complete else f"the first {len(found.conflicts)}; --all lists more"
    with screen.section(f"What rules each other out ({more}; each is minimal: without one of it the rest can be had)"):
        for n, conflict in enumerate(found.conflicts, 1):
            doubt = "" if conflict.proven_minimal else " (perhaps not minimal: time ran out)"
            if not conflict.members:
                screen.say("The case's own order of work, capacity and links leave nothing that could enter.", 2)
            for i, member in enumerate(conflict.members):
                screen.say(f"{f'{n}.' if not i else '':>4} {result.said(member)}{doubt * (not i)}")


def _deal(screen: Screen, result: ExplainResult, deal: Any) -> None:
    """What a deal that opens is worth to each party, in one line each."""
    if deal.verdict is None:
        screen.say("Then: no deal was found in time.", 4)
        return
    gets = ", ".join(
        f"{words.party(result.dossier, p)} {words.number(v)}"
        for p, v in deal.verdict.values.items()
        if result.dossier.parties[p].stakes
    )
    screen.say(f"Then, under the {deal.rule_used} rule, the deal is worth (present value, points): {gets}.", 4)


def gap(result: GapResult, _: str | None, written: Sequence[Path]) -> None:
    screen, g = Screen(), result.found
    heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    _hopes(screen, result)
    if g.rules:
        _given(screen, result)
    if g.beliefs:
        _beliefs(screen, result)
    foot(screen, result.findings, result.provenance, None)
    files(screen, written)


def _hopes(screen: Screen, result: GapResult) -> None:
    columns = {"party": "Party", "walk": "Walk-away", "can": "Can get", "thinks": "Thinks", "asks": "Asks"}
    rows: list[dict[str, Any]] = [
        {
            "party": words.party(result.dossier, row.party),
            "walk": row.walk_away,
            "can": _value(row.can),
            "thinks": _value(row.thinks),
            "asks": _value(row.asks, "no plan meets it"),
        }
        for row in result.found.parties
    ]
    with screen.section("What each party could have at best, present value in its points"):
        screen.table(columns, rows, right=("can", "thinks", "asks"))


def _given(screen: Screen, result: GapResult) -> None:
    rules = list(result.found.rules)
    gets = [
        {"party": words.party(result.dossier, row.party), **{r: row.gets.get(r) for r in rules}}
        for row in result.found.parties
    ]
    with screen.section("What each rule gives"):
        screen.wide({"party": "Party"}, {r: r.replace("_", " ") for r in rules}, gets)


def _beliefs(screen: Screen, result: GapResult) -> None:
    columns = {"who": "Who", "belief": "Belief", "now": "Now", "true": "In truth", "needs": "Succeeds at"}
    rows = [
        {
            "who": words.party(result.dossier, b.party),
            "belief": b.path,
            "now": f"{words.number(b.believed)} {b.unit}".strip(),
            "true": words.number(b.true),
            "needs": words.number(b.succeeds_at) if b.succeeds_at is not None else _why(b.status),
        }
        for b in result.found.beliefs
    ]
    with screen.section("What each would have to believe for talks to succeed, all else unchanged"):
        screen.table(columns, rows)


def _why(status: str) -> str:
    return {
        "already": "no obstacle",
        "no_value_in_range": "no value in range",
        "others_hope_too_much": "others hope too much",
        "undecided": "undecided",
    }[status]


def _value(hope: Hope | None, none: str = "no deal") -> str:
    if hope is None:
        return "–"
    if hope.value is None:
        return none if hope.proved else "undecided"
    return words.number(hope.value)


def answers(result: AnswersResult, _: str | None, written: Sequence[Path]) -> None:
    screen, found = Screen(), result.found
    heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    if found.breaches:
        with screen.section("The ladder of answers, points at the worst moment of each breach"):
            columns = {"what": "Breach", "answer": "Answer", "earns": "Earns", "costs": "Costs"}
            columns |= {"shortest": "Shortest", "longest": "Longest"}
            rows = [_breach_row(result.dossier, b) for b in found.breaches]
            screen.table(columns, rows[:FEW], right=("earns", "costs"), whole=True)
        cut(screen, rows, FEW, "--json has")
    if result.clauses:
        with screen.section("As they could stand in a text"):
            for text in result.clauses.values():
                screen.bullet(text)
    foot(screen, result.findings, result.provenance, None)
    files(screen, written)


def _breach_row(dossier: Dossier, b: Breach) -> dict[str, str]:
    how = "" if b.open else ", in secret"
    longest = "–" if not b.credible else "any" if b.longest is None else words.years(b.longest)
    return {
        "what": f"{b.measure} ({b.party}){how}",
        "answer": b.answer or "the end",
        "earns": words.number(b.gain),
        "costs": words.number(b.loses),
        "shortest": "none does" if b.shortest is None else words.years(b.shortest) if b.shortest else "none needed",
        "longest": longest,
    }


def critical(result: CriticalResult, _: str | None, written: Sequence[Path]) -> None:
    screen, c = Screen(), result.found
    heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    rows = [_flip_row(f) for f in c.numbers if f.status != "no_flip_in_range"]
    if rows:
        with screen.section("Where the verdict flips, the nearest first"):
            columns = {"path": "Number", "stated": "Stated", "range": "Searched", "flip": "Flips at"}
            screen.table(columns, rows[:FEW])
        cut(screen, rows, FEW, "--json has")
    if c.pairs:
        _pairs(screen, c.pairs)
    foot(screen, result.findings, result.provenance, None)
    files(screen, written)


def _flip_row(f: Flip) -> dict[str, str]:
    return {
        "path": f.path,
        "stated": f"{words.number(f.stated)} {f.unit}".strip(),
        "range": f"{words.number(f.low)} to {words.number(f.high)}",
        "flip": _flips(f),
    }


def _pairs(screen: Screen, pairs: Sequence[PairFlip]) -> None:
    """The pairs of numbers that flip the verdict together."""
    flips = [(p.paths, p.flips_at or (0.0, 0.0)) for p in pairs if p.status == "flips"]
    with screen.section("Pairs"):
        for (one, other), (a, b) in flips:
            screen.bullet(f"{one} at {words.exactly(a)} together with {other} at {words.exactly(b)}")
        if not flips:
            screen.say(f"None of {len(pairs)} pairs flips it within their ranges.", 2)


def _flips(f: Flip) -> str:
    if f.flips_at is None:
        return "undecided"
    return words.exactly(f.flips_at) + (", or nearer" if f.status == "undecided" else "")


def frontier(result: FrontierResult, _: str | None, written: Sequence[Path]) -> None:
    screen, f = Screen(), result.found
    heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    if f.points:
        columns = {p: words.party(result.dossier, p) for p in f.parties}
        with screen.section("The points that bargaining rules choose (present value, points)"):
            marks = [{"rule": rule.replace("_", " "), **p.values} for rule, p in f.marks.items() if p is not None]
            screen.table({"rule": "Rule", **columns}, marks)
        with screen.section("The frontier"):
            screen.table(columns, [dict(p.values) for p in f.points[:FEW]])
        cut(screen, f.points, FEW, "--json has")
    foot(screen, result.findings, result.provenance, None)
    files(screen, written)
