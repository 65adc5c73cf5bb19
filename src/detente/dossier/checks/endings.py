"""How a deal may end, and what is felt then: exits and effects that come to nothing, empty threats. ANSWERS §1–§3."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

from detente.dossier.checks.summaries import Told, summed_up
from detente.dossier.checks.worth import TINY, answerers, answers, minds, once_over, standing, tempts, weight
from detente.dossier.quantities import ROUNDING
from detente.dossier.schema import Dossier, Undo
from detente.errors import Finding


def endings(dossier: Dossier) -> list[Finding]:
    """Warnings about how a deal may end."""
    return [
        *_idle_exits(dossier),
        *_crowded_exits(dossier),
        *_unfelt(dossier),
        *_needs_falls(dossier),
        *_empty_threats(dossier),
    ]


def _idle_exits(dossier: Dossier) -> list[Finding]:
    found: Told = [
        (("shocks", name, "ends"), f"{shock.ends} ({name})")
        for name, shock in dossier.shocks.items()
        if shock.ends is not None and shock.ends not in dossier.performers
    ]
    message = "leaves a deal in which it performs nothing, so it stops nothing: {names}"
    remedy = "name a party that performs a measure, or leave the exit out"
    return summed_up(dossier, "dossier.idle_exit", found, message, remedy=remedy)


def _crowded_exits(dossier: Dossier) -> Iterator[Finding]:
    """Chances of one party on one date that add up to more than certainty: they are read as independent."""
    together: dict[tuple[str, date], dict[str, float]] = {}
    for name, shock in dossier.shocks.items():
        if shock.ends is not None and shock.at is not None and shock.chance is not None:
            together.setdefault((shock.ends, shock.at), {})[name] = shock.chance.value
    for (party, day), chances in together.items():
        if sum(chances.values()) > 1 + ROUNDING:
            either = 1 - math.prod(1 - c for c in chances.values())
            names = " and ".join(repr(n) for n in chances)
            message = (
                f"{names} are independent chances that {party} leaves on {day}: {either:.0%} together, "
                f"not {sum(chances.values()):.0%}"
            )
            remedy, path = "write one exit with one chance", ("shocks", list(chances)[-1], "chance")
            yield dossier.places.finding("dossier.exit_chances", message, path, remedy=remedy, severity="warning")


def _unfelt(dossier: Dossier) -> list[Finding]:
    """Effects once the deal is over that nobody can ever feel."""
    found: Told = []
    ended = [p for p in dossier.performers if answerers(dossier, p)]
    for name, measure in dossier.measures.items():
        for interest in measure.if_over:
            if not any(weight(dossier, p, interest) for p in dossier.parties):
                why = "no party has a stake in it"
            elif not ended:
                why = "nobody answers any breach or exit, so no deal is ever over"
            elif not any(_outlasts(dossier, name, p) for p in ended):
                why = "it is undone by the first answer"
            else:
                continue
            found.append((("measures", name, "if_over", interest), f"{name} on {interest} ({why})"))
    message = "is never felt once the deal is over: {names}"
    return summed_up(dossier, "dossier.unfelt", found, message, remedy="leave it out, or mend what it hangs on")


def _outlasts(dossier: Dossier, name: str, leaver: str) -> bool:
    """Whether a measure can still be in force once a breach or exit by a party has been answered."""
    measure, times = dossier.measures[name], answerers(dossier, leaver)
    if not answers(dossier, name, leaver) or not isinstance(measure.undo, Undo):
        return True
    first = min(times.values())
    stops = {p: times.get(p, first) for p in measure.by if p == leaver or p in times}
    undoing = [stop for p, stop in stops.items() if measure.falls or minds(dossier, p, name)]
    gone = min(undoing, default=math.inf) + measure.undo.within.value
    return measure.undo.keeps.value > 0 or gone > first + TINY


def _needs_falls(dossier: Dossier) -> list[Finding]:
    """Measures that cost only once the deal is over: nobody takes them back unless they fall always."""
    found: Told = []
    for name, measure in dossier.measures.items():
        if measure.falls or not isinstance(measure.undo, Undo) or any(minds(dossier, p, name) for p in measure.by):
            continue
        for party in measure.by:
            over = once_over(dossier, party, name)
            if over < -TINY and standing(dossier, party, name) + over < -TINY:
                found.append((("measures", name, "undo"), f"{name} ({party})"))
                break
    message = "costs its performer something only once the deal is over, so it goes on performing it: {names}"
    remedy = "add 'falls: always' to undo, if a breach takes it down"
    return summed_up(dossier, "dossier.needs_falls", found, message, remedy=remedy)


def _empty_threats(dossier: Dossier) -> list[Finding]:
    """Syria 2013: strikes that Washington did not want to resume. What an answerer likes doing, it does not stop.

    Of parties that what they perform costs something: the others have no reason to break a deal.
    """
    found: Told = [
        (("parties", party), party)
        for party in dossier.performers
        if any(party in m.by and tempts(dossier, party, name) for name, m in dossier.measures.items())
        and not any(_threatens(dossier, name, party) for name in dossier.measures)
    ]
    message = (
        "no other party has anything that it would be glad to stop, or that falls always, after a breach by {names}"
    )
    remedy = (
        "such a breach is answered with nothing but collapse_cost and no_deal; check the answerers' stakes, or write "
        "'undo: {falls: always}' where the breach itself takes something down"
    )
    return summed_up(dossier, "lesson.empty_threat", found, message, remedy=remedy)


def _threatens(dossier: Dossier, name: str, breacher: str) -> bool:
    """Whether a measure of others stops for their own good, or falls, when a party breaks the deal."""
    measure = dossier.measures[name]
    others = [p for p in measure.by if p != breacher]
    if not others or not answers(dossier, name, breacher):
        return False
    return measure.falls or any(minds(dossier, p, name) for p in others)
