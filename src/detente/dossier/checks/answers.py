"""Answers that fit the breach: whose breach each is to, and whether it has anything to suspend. ANSWERS §4, §5."""

from __future__ import annotations

from collections.abc import Iterator

from detente.dossier.checks.summaries import Told, listed, summed_up
from detente.dossier.checks.worth import carriers, tempts
from detente.dossier.places import Path
from detente.dossier.quantities import ROUNDING
from detente.dossier.schema import Answer, Dossier, Lengths, Suspensions, Undo
from detente.errors import Finding

MOST = 6
"""Answers of one breacher that may hang together: each set of them is a breach of its own."""


def broken(dossier: Dossier) -> Iterator[Finding]:
    """A Finding for every answer that cannot be used."""
    known = {name for name, a in dossier.answers.items() if set(a.to) <= dossier.measures.keys()}
    for name in dossier.answers:
        yield from _unusable(dossier, name, known)
    yield from _to_twice(dossier)
    if all(set(stops) <= dossier.measures.keys() for a in dossier.answers.values() for _, stops in _menu(a)):
        yield from _too_many(dossier, known)


def _unusable(dossier: Dossier, name: str, known: set[str]) -> Iterator[Finding]:
    answer, path = dossier.answers[name], ("answers", name)
    if name in known and not dossier.breachers(name):
        message = f"nobody performs all of {listed(answer.to)}, so {name!r} is to nobody's breach"
        remedy = "write an answer for each performer"
        yield dossier.places.finding("dossier.answer_breacher", message, (*path, "to"), remedy=remedy)
    for where, stops in _menu(answer):
        if not stops:
            message, remedy = f"{name!r} suspends nothing", "name the measures that are suspended"
            yield dossier.places.finding("dossier.answer_empty", message, (*path, *where), remedy=remedy)


def _menu(answer: Answer) -> list[tuple[Path, tuple[str, ...]]]:
    """Where each list of measures that it may suspend stands, and what they are."""
    if isinstance(answer.stops, Suspensions):
        return [(("stops", "one_of", i), stops) for i, stops in enumerate(answer.stops.one_of)]
    return [(("stops",), answer.stops)]


def _to_twice(dossier: Dossier) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, answer in dossier.answers.items():
        for m in answer.to:
            if first.setdefault(m, name) != name:
                message = f"{first[m]!r} is an answer to {m!r} already: of two it would not be known which is due"
                remedy = "write one answer to it, or another measure"
                yield dossier.places.finding("dossier.answer_twice", message, ("answers", name, "to"), remedy=remedy)


def _too_many(dossier: Dossier, known: set[str]) -> Iterator[Finding]:
    """Every set of a party's answers that suspend something in common is a breach of its own: 2^n of them."""
    for party in dossier.parties:
        mine = [name for name in dossier.answers if name in known and party in dossier.breachers(name)]
        for together in hanging_together(dossier, mine):
            if len(together) > MOST:
                message = (
                    f"{len(together)} answers to {party}'s breaches suspend measures in common, at most {MOST} can: "
                    f"{listed(together)}"
                )
                remedy = "put measures that are answered alike into one answer"
                yield dossier.places.finding(
                    "dossier.answers_together", message, ("answers", together[MOST]), remedy=remedy, key=True
                )


def hanging_together(dossier: Dossier, names: list[str]) -> list[list[str]]:
    """Answers in groups that are linked by what they suspend, or may suspend, in common; in the dossier's order."""
    stops = {name: {m for _, some in _menu(dossier.answers[name]) for m in some} for name in names}
    groups: list[list[str]] = []
    for name in names:
        linked = [g for g in groups if any(stops[name] & stops[other] for other in g)]
        groups = [g for g in groups if g not in linked] + [[n for g in linked for n in g] + [name]]
    return groups


def oddities(dossier: Dossier) -> list[Finding]:
    """Warnings about answers."""
    return [
        *_nothing_suspended(dossier),
        *_too_short(dossier),
        *_nobody_carries_out(dossier),
        *_nothing_lapses(dossier),
        *_interactions(dossier),
        *_divisible_alarms(dossier),
        *_menus(dossier),
    ]


def _nothing_suspended(dossier: Dossier) -> list[Finding]:
    """What is not undone before the suspension is over."""
    never: Told = []
    late: Told = []
    for name, answer in dossier.answers.items():
        for m in dict.fromkeys(m for _, stops in _menu(answer) for m in stops):
            undo = dossier.measures[m].undo
            if not isinstance(undo, Undo):
                never.append((("answers", name, "stops"), f"{m} ({name})"))
            elif undo.within.value >= _longest(answer) - ROUNDING:
                late.append((("answers", name, "stops"), f"{m} ({name})"))
    return [
        *summed_up(
            dossier,
            "dossier.answer_undo_never",
            never,
            "cannot be undone, so that it is not suspended: {names}",
            remedy="leave it out, or write how long undoing takes: 'undo: {in: 1 month}'",
        ),
        *summed_up(
            dossier,
            "dossier.answer_window",
            late,
            "takes as long to undo as it would be suspended, so that nothing is suspended: {names}",
            remedy="write a longer 'for', or a shorter 'undo'",
        ),
    ]


def _longest(answer: Answer) -> float:
    lengths = answer.lasts.one_of if isinstance(answer.lasts, Lengths) else (answer.lasts,)
    return max(length.value for length in lengths)


def _too_short(dossier: Dossier) -> list[Finding]:
    """A suspension that is over before the cure is due lasts until then."""
    found: Told = []
    for name, answer in dossier.answers.items():
        times = [_response(dossier, p) for p in _carriers(dossier, name)]
        if times and _longest(answer) + min(times) < answer.cure.value - ROUNDING:
            found.append((("answers", name, "for"), name))
    message = "is over before the cure is due, and lasts until then: {names}"
    return summed_up(dossier, "dossier.answer_short", found, message, remedy="make 'for' as long as 'cure', or longer")


def _response(dossier: Dossier, party: str) -> float:
    time = dossier.parties[party].response_time
    return 0.0 if time is None else time.value


def _carriers(dossier: Dossier, name: str) -> tuple[str, ...]:
    """Who carries an answer out, or may, of its menu."""
    return carriers(dossier, dossier.breachers(name), (m for _, stops in _menu(dossier.answers[name]) for m in stops))


def _nobody_carries_out(dossier: Dossier) -> list[Finding]:
    found: Told = [(("answers", name, "stops"), name) for name in dossier.answers if not _carriers(dossier, name)]
    message = "suspends only what the breacher itself performs: {names}"
    remedy = "name something that others perform"
    return summed_up(dossier, "dossier.answer_carrier", found, message, remedy=remedy)


def _nothing_lapses(dossier: Dossier) -> list[Finding]:
    """Nobody stops what costs it nothing."""
    found: Told = [
        (("answers", name, "to"), name)
        for name, answer in dossier.answers.items()
        if not any(tempts(dossier, p, m) for m in answer.to for p in dossier.breachers(name))
    ]
    message = "is to measures that cost their performer nothing, so that no breach of them is worth answering: {names}"
    remedy = "check the performer's stakes, or leave the answer out"
    return summed_up(dossier, "dossier.answer_idle", found, message, remedy=remedy)


def _interactions(dossier: Dossier) -> list[Finding]:
    """A suspension does not reach what measures do only together."""
    found: Told = []
    for name, answer in dossier.answers.items():
        named = {*answer.to, *(m for _, stops in _menu(answer) for m in stops)}
        touched = [i for i, one in dossier.interactions.items() if named & set(one.when.measures)]
        found += [(("answers", name), f"{i} ({name})") for i in touched]
    message = "goes on as if nothing were suspended, or lapsed: {names}"
    remedy = "write what they do together as effects of one of them, where that matters here"
    return summed_up(dossier, "dossier.answer_interaction", found, message, remedy=remedy)


def _divisible_alarms(dossier: Dossier) -> list[Finding]:
    """What a false alarm suspends of a measure that is in force in part is not counted."""
    found: Told = []
    for name, answer in dossier.answers.items():
        alarmed = [m for m in answer.to if (v := dossier.measures[m].verification) and v.false_alarms.value > 0]
        stopped = dict.fromkeys(m for _, stops in _menu(answer) for m in stops)
        if alarmed:
            parts = [m for m in dict.fromkeys([*alarmed, *stopped]) if dossier.measures[m].divisible]
            found += [(("answers", name), f"{m} ({name})") for m in parts]
    message = "is divisible, so that false alarms which draw the answer are not counted on it: {names}"
    remedy = "cut it into measures that are in force whole"
    return summed_up(dossier, "dossier.answer_divisible", found, message, remedy=remedy)


def _menus(dossier: Dossier) -> list[Finding]:
    found: Told = []
    for name, answer in dossier.answers.items():
        found += [(("answers", name, "for"), f"{name}.for")] if isinstance(answer.lasts, Lengths) else []
        found += [(("answers", name, "stops"), f"{name}.stops")] if isinstance(answer.stops, Suspensions) else []
    message = "is a menu, of which the first entry counts unless answers are chosen with the plan: {names}"
    remedy = "have answers chosen with the plan, or write the one that is meant"
    return summed_up(dossier, "dossier.answer_menu", found, message, remedy=remedy, severity="note")
