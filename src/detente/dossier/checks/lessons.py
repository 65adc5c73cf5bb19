"""What past deals teach, asked of this one (LESSONS.md): terms read two ways, order left open, gifts for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from detente.dossier.checks.order import ancestors, earliest, loops, prerequisites, with_demanded_order
from detente.dossier.checks.summaries import Told, listed, summed_up
from detente.dossier.numbers import numbers_of
from detente.dossier.places import Path
from detente.dossier.schema import Dossier, InForce, Measure, ProgressBy, Undo, Verify
from detente.errors import Finding

DEEP = 0.6
"""Share of the horizon after which a trigger counts as too deep to be reached."""


def lessons(dossier: Dossier) -> list[Finding]:
    """Warnings and notes, one for each lesson that this dossier does not heed."""
    return [
        *_terms(dossier),
        *_circular_order(dossier),
        *_open_order(dossier),
        *_deep_triggers(dossier),
        *_one_way(dossier),
        *_no_verifier(dossier),
        *_no_due_date(dossier),
        *_unwritten(dossier),
        *_lateness(dossier),
        *_unsourced(dossier),
    ]


def _terms(dossier: Dossier) -> list[Finding]:
    """Leap Day 2012: is a satellite launch a missile test?"""
    found = []
    for term, readings in dossier.terms.items():
        resting = [m for m, measure in dossier.measures.items() if _rests_on(measure, term)]
        distinct = {" ".join(text.casefold().split()) for text in readings.values()}
        if resting and len(distinct) != 1:
            how = f"read in {len(distinct)} ways, by {listed(list(readings))}" if readings else "not defined by anyone"
            message = f"{term!r} is {how}; on it rest {listed(resting)}"
            remedy = "agree on one reading before signature, or reword what rests on it"
            path: Path = ("terms", term)
            finding = dossier.places.finding("lesson.term", message, path, remedy=remedy, severity="warning", key=True)
            found.append(finding)
    return found


def _rests_on(measure: Measure, term: str) -> bool:
    words = re.escape(term.replace("_", " ").replace("-", " ").casefold())
    title = (measure.title or "").replace("-", " ").casefold()
    return term in measure.terms or re.search(rf"\b{words}\b", title) is not None


def _circular_order(dossier: Dossier) -> list[Finding]:
    """Minsk II, read in both directions: demands and prerequisites whose order goes round in a circle."""
    found: Told = [
        (("measures", loop[0]), " before ".join([loop[0], *reversed(loop)]))
        for loop in loops(with_demanded_order(dossier))
    ]
    message = "the orders that are asked for go round in a circle: {names}"
    return summed_up(dossier, "lesson.circular_order", found, message, remedy="agree on who moves first")


def _open_order(dossier: Dossier) -> list[Finding]:
    """Reciprocal steps that wait for the same things, with nothing to say which comes first."""
    graph = with_demanded_order(dossier)
    if loops(graph):
        return []
    before, needed = ancestors(graph), prerequisites(dossier)
    found: Told = [
        (("measures", a), f"{a} / {b}")
        for a, b in combinations(dossier.measures, 2)
        if set(needed[a]) == set(needed[b])
        and a not in before[b]
        and b not in before[a]
        and _reciprocal(dossier, a, b)
        and not {a, b} & dossier.state.in_force.keys()
    ]
    message = "reciprocal steps without an agreed order, {count} in all: {names}"
    remedy = "right if the plan is to choose it; else use `after`, or a demand {before: [a, b]}"
    return summed_up(dossier, "lesson.open_order", found, message, remedy=remedy, severity="note")


def _reciprocal(dossier: Dossier, a: str, b: str) -> bool:
    one, other = dossier.measures[a], dossier.measures[b]
    return (
        not set(one.by) & set(other.by)
        and any(p in dossier.conditional_on(a) for p in other.by)
        and any(p in dossier.conditional_on(b) for p in one.by)
    )


def _deep_triggers(dossier: Dossier) -> list[Finding]:
    """Light-water reactors before safeguards, 1994."""
    horizon = dossier.grid.years[-1]
    found: Told = [
        (("measures", m), f"{m} (from year {start:.1f})")
        for m, (start, entry) in earliest(dossier).items()
        if horizon > 0 and DEEP * horizon < start and entry < float("inf")
    ]
    message = f"what must come first takes most of the {horizon:g} years: {{names}}"
    remedy = "an earlier, smaller step in exchange holds better than a distant prize"
    return summed_up(dossier, "lesson.deep_trigger", found, message, remedy=remedy)


def _one_way(dossier: Dossier) -> list[Finding]:
    """Oil already burnt, seals off in a day: what is given for ever in answer to what can be taken back."""
    return [finding for party in dossier.performers for finding in _given_for_ever(dossier, party)]


def _given_for_ever(dossier: Dossier, party: str) -> Iterator[Finding]:
    for_ever = [m for m in _performed(dossier, party) if _lasting(dossier.measures[m])]
    answered = dict.fromkeys(p for m in for_ever for p in dossier.conditional_on(m))
    reversible = [m for p in answered for m in _performed(dossier, p) if dossier.measures[m].undo != "never"]
    if for_ever and reversible:
        message = f"{party} cannot take back {listed(for_ever)}; what they answer can be undone: {listed(reversible)}"
        remedy = "split it into steps, pair it with what cannot be undone, or write how it can be undone"
        path: Path = ("measures", for_ever[0])
        yield dossier.places.finding("lesson.one_way", message, path, remedy=remedy, severity="warning", key=True)


def _performed(dossier: Dossier, party: str) -> list[str]:
    """What a party is to perform, without what is done already."""
    done = dossier.state.in_force
    return [m for m, measure in dossier.measures.items() if party in measure.by and m not in done]


def _lasting(measure: Measure) -> bool:
    """Whether a measure moves something for good and neither stops nor is undone."""
    moves = any(e.level.value != 0 or e.per_year is not None for e in measure.effects.values())
    return moves and (measure.undo == "never" or (isinstance(measure.undo, Undo) and measure.undo.keeps.value >= 1))


def _no_verifier(dossier: Dossier) -> list[Finding]:
    found: Told = [
        (("measures", m), m)
        for m, measure in dossier.measures.items()
        if isinstance(measure.verify, Verify) and measure.verify.by is None
    ]
    message = "is to be verified, but by nobody in particular: {names}"
    return summed_up(dossier, "lesson.no_verifier", found, message, remedy="add 'by: iaea' to verify")


def _no_due_date(dossier: Dossier) -> list[Finding]:
    found: Told = [
        (("demands", name), name)
        for name, demand in dossier.demands.items()
        if isinstance(demand.require, InForce | ProgressBy) and demand.require.by is None
    ]
    message = "asks for something at no particular time: {names}"
    return summed_up(dossier, "lesson.no_due_date", found, message, remedy="add 'by: DATE'", severity="note")


def _unwritten(dossier: Dossier) -> list[Finding]:
    """Banco Delta Asia 2007: 91 days lost over a condition off the text."""
    found: Told = [
        (("side_conditions", i), f"{s.needs} before {s.before}")
        for i, s in enumerate(dossier.side_conditions)
        if not s.written
    ]
    message = "conditions that are not in the text: {names}"
    return summed_up(
        dossier, "lesson.unwritten", found, message, remedy="write them into the deal, or settle them first"
    )


def _lateness(dossier: Dossier) -> list[Finding]:
    """KEDO's oil and Japan's share: givers are late as often as takers."""
    found: Told = [
        (("measures", m, "takes"), m)
        for m, measure in dossier.measures.items()
        if measure.takes.value > 0 and measure.takes.range is None
    ]
    message = "{count} measures take a time that cannot be late: {names}"
    remedy = "write takes: {low: ..., mode: ..., high: ...}, and `critical` asks how late it may be"
    return summed_up(dossier, "lesson.lateness", found, message, remedy=remedy, severity="note")


def _unsourced(dossier: Dossier) -> list[Finding]:
    numbers = list(numbers_of(dossier))
    bare = [path for path, _, source in numbers if source is None]
    if not bare:
        return []
    message = f"{len(bare)} of {len(numbers)} numbers have no source"
    remedy = 'write {value: ..., source: "..."}, or a `source` on the part that they stand in'
    return [dossier.places.finding("lesson.unsourced", message, bare[0], remedy=remedy, severity="note")]
