"""How the answers of `explain`, `gap`, `critical`, `frontier` and `import` read in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.cli.answers import _foot, _heading
from detente.cli.say import finding_lines
from detente.cli.screen import Screen
from detente.report.kit import words

if TYPE_CHECKING:
    from detente.design.questions.critical import Flip
    from detente.design.questions.gap import Hope
    from detente.workbench.exchange import ImportResult
    from detente.workbench.questions import CriticalResult, ExplainResult, FrontierResult, GapResult

FEW = 25
"""Rows of a long table that a terminal shows."""


def _written(screen: Screen, written: Sequence[Path]) -> None:
    if written:
        page = next((p for p in written if p.suffix == ".html"), written[0])
        screen.path(f"Written: {page} ({len(written)} file{'s' if len(written) > 1 else ''})")


def _level(success: str, openings: Sequence[str], result: Any) -> str:
    level = {"none": "Any deal", "minimal": "Minimal success", "full": "Full success"}[success]
    who = words.several([words.party(result.dossier, p) for p in openings])
    return f"{level}, with the opening position of {who}" if openings else level


def explain(result: ExplainResult, written: Sequence[Path] = ()) -> None:
    screen, e = Screen(), result.found
    _heading(screen, result.dossier.title, result.provenance.changes)
    screen.say(f"{_level(e.question.success, e.question.openings, result)}.")
    screen.gap()
    for text in result.sentences():
        screen.say(text)
    if e.conflicts:
        more = "all of them" if e.complete else f"the first {len(e.conflicts)}; --all lists more"
        with screen.section(
            f"What rules each other out ({more}; each is minimal: without one of it the rest can be had)"
        ):
            for n, conflict in enumerate(e.conflicts, 1):
                doubt = "" if conflict.proven_minimal else " (perhaps not minimal: time ran out)"
                if not conflict.members:
                    screen.say("The case's own order of work, capacity and links leave nothing that could enter.", 2)
                for i, member in enumerate(conflict.members):
                    screen.say(f"{f'{n}.' if not i else '':>4} {result.said(member)}{doubt * (not i)}")
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
    _foot(screen, result.findings, result.provenance, None)
    _written(screen, written)


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


def gap(result: GapResult, written: Sequence[Path] = ()) -> None:
    screen, g = Screen(), result.found
    _heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    columns = {"party": "Party", "walk": "Walk-away", "can": "Can get", "thinks": "Thinks", "asks": "Asks"}
    rows: list[dict[str, Any]] = [
        {
            "party": words.party(result.dossier, row.party),
            "walk": row.walk_away,
            "can": _value(row.can),
            "thinks": _value(row.thinks),
            "asks": _value(row.asks, "no plan meets it"),
        }
        for row in g.parties
    ]
    with screen.section("What each party could have at best, present value in its points"):
        screen.table(columns, rows, right=("can", "thinks", "asks"))
    rules = list(g.rules)
    if rules:
        with screen.section("What each rule gives"):
            gets = [
                {"party": words.party(result.dossier, row.party), **{r: row.gets.get(r) for r in rules}}
                for row in g.parties
            ]
            screen.wide({"party": "Party"}, {r: r.replace("_", " ") for r in rules}, gets)
    if g.beliefs:
        with screen.section("What each would have to believe for talks to succeed, all else unchanged"):
            screen.table(
                {"who": "Who", "belief": "Belief", "now": "Now", "true": "In truth", "needs": "Succeeds at"},
                [
                    {
                        "who": words.party(result.dossier, b.party),
                        "belief": b.path,
                        "now": f"{words.number(b.believed)} {b.unit}".strip(),
                        "true": words.number(b.true),
                        "needs": words.number(b.succeeds_at) if b.succeeds_at is not None else _why(b.status),
                    }
                    for b in g.beliefs
                ],
            )
    _foot(screen, result.findings, result.provenance, None)
    _written(screen, written)


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


def critical(result: CriticalResult, written: Sequence[Path] = ()) -> None:
    screen, c = Screen(), result.found
    _heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    rows = [
        {
            "path": f.path,
            "stated": f"{words.number(f.stated)} {f.unit}".strip(),
            "range": f"{words.number(f.low)} to {words.number(f.high)}",
            "flip": _flips(f),
        }
        for f in c.numbers
        if f.status != "no_flip_in_range"
    ]
    if rows:
        with screen.section("Where the verdict flips, the nearest first"):
            columns = {"path": "Number", "stated": "Stated", "range": "Searched", "flip": "Flips at"}
            screen.table(columns, rows[:FEW])
        if len(rows) > FEW:
            screen.say(f"… and {len(rows) - FEW} more; --json has all of them.")
    pairs = [p for p in c.pairs if p.status == "flips"]
    if c.pairs:
        with screen.section("Pairs"):
            for p in pairs:
                a, b = p.flips_at or (0.0, 0.0)
                screen.bullet(f"{p.paths[0]} at {words.exactly(a)} together with {p.paths[1]} at {words.exactly(b)}")
            if not pairs:
                screen.say(f"None of {len(c.pairs)} pairs flips it within their ranges.", 2)
    _foot(screen, result.findings, result.provenance, None)
    _written(screen, written)


def _flips(f: Flip) -> str:
    if f.flips_at is None:
        return "undecided"
    return words.exactly(f.flips_at) + (", or nearer" if f.status == "undecided" else "")


def frontier(result: FrontierResult, written: Sequence[Path] = ()) -> None:
    screen, f = Screen(), result.found
    _heading(screen, result.dossier.title, result.provenance.changes)
    for text in result.sentences():
        screen.say(text)
    if f.points:
        columns = {p: words.party(result.dossier, p) for p in f.parties}
        with screen.section("The points that bargaining rules choose (present value, points)"):
            marks = [{"rule": rule.replace("_", " "), **p.values} for rule, p in f.marks.items() if p is not None]
            screen.table({"rule": "Rule", **columns}, marks)
        with screen.section("The frontier"):
            screen.table(columns, [dict(p.values) for p in f.points[:FEW]])
        if len(f.points) > FEW:
            screen.say(f"… and {len(f.points) - FEW} more; --json has all of them.")
    _foot(screen, result.findings, result.provenance, None)
    _written(screen, written)


def imported(result: ImportResult) -> None:
    """On stdout the case itself, where it was not written to a file; what there is to say goes to stderr."""
    import sys

    from detente.cli.say import tell

    for finding in result.findings:
        tell("\n".join(finding_lines(finding)))
    if result.file is None:
        sys.stdout.write(result.text)
    else:
        print(f"{result} Next: detente check {result.file}")
