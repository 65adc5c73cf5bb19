"""Rules between a few fields of one part: a scale with two ends, a discount above zero, a shock with its odds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from detente.dossier.places import Path
from detente.dossier.quantities import ROUNDING, Number
from detente.dossier.schema import Condition, Dossier, InterestBound, Link, NoDealCourse, Party, Shock, Standing
from detente.dossier.units import requirements
from detente.errors import Finding


def broken(dossier: Dossier) -> Iterator[Finding]:
    """A Finding for every rule that a dossier breaks."""
    yield from _scales(dossier)
    yield from _discounts(dossier)
    yield from _no_deal(dossier)
    yield from _response_times(dossier)
    yield from _measures(dossier)
    yield from _state(dossier)
    yield from _groups(dossier)
    yield from _bounds_and_links(dossier)
    yield from _chances(dossier)
    yield from _signs(dossier)


def _scales(dossier: Dossier) -> Iterator[Finding]:
    for name, interest in dossier.interests.items():
        if interest.worst.value == interest.best.value:
            message, remedy = f"worst and best of {name!r} are the same", "write two different ends of its scale"
            yield dossier.places.finding("dossier.scale", message, ("interests", name, "best"), remedy=remedy)
        if interest.least is not None and interest.most is not None and interest.least.value > interest.most.value:
            message = f"the least of {name!r}, {interest.least.value:g}, is above its most, {interest.most.value:g}"
            path: Path = ("interests", name, "least")
            yield dossier.places.finding("dossier.bounds", message, path, remedy="swap the two, or leave one out")
        yield from _in_order(dossier, interest.course, name, ("interests", name, "course"))


def _in_order(dossier: Dossier, course: tuple[tuple[date, Number], ...], name: str, path: Path) -> Iterator[Finding]:
    for i, (a, b) in enumerate(pairwise(day for day, _ in course)):
        if a >= b:
            said = f"{b} comes after {a}" if a > b else f"{b} stands twice"
            message, remedy = f"{said} in the course of {name!r}", "write dates in their order, each once"
            yield dossier.places.finding("dossier.course", message, (*path, i + 1), remedy=remedy)


def _no_deal(dossier: Dossier) -> Iterator[Finding]:
    """Losses without a deal that move: dates in order, and no move after the last grid date, which stands for ever."""
    last = dossier.grid.dates[-1]
    for name, party in dossier.parties.items():
        if not isinstance(party.no_deal, NoDealCourse):
            continue
        course, path = party.no_deal.course, ("parties", name, "no_deal", "course")
        yield from _in_order(dossier, course, f"no_deal of {name}", path)
        for i, ((_, before), (day, flow)) in enumerate(pairwise(course)):
            if day > last and flow.value != before.value:
                message = f"no_deal of {name!r} moves until {day}, after the last date of the grid, {last}"
                remedy = f"end its course by {last}, or lengthen `periods`: the last date stands for all later ones"
                yield dossier.places.finding("dossier.course_end", message, (*path, i + 1), remedy=remedy)


def _discounts(dossier: Dossier) -> Iterator[Finding]:
    for name, party in dossier.parties.items():
        if party.discount is None and _values_time(party):
            message = f"{name!r} has something at stake but no discount"
            path: Path = ("parties", name, "discount")
            yield dossier.places.finding("dossier.missing_discount", message, path, remedy="add 'discount: 8 %/year'")
        elif party.discount is not None and party.discount.value <= 0:
            message, remedy = "a discount of zero makes what lasts worth infinitely much", "write more than 0 %/year"
            yield dossier.places.finding("dossier.discount", message, ("parties", name, "discount"), remedy=remedy)


def _values_time(party: Party) -> bool:
    amounts = (party.walk_away, party.collapse_cost, party.exposure_limit)
    asks = bool(party.consents) and party.walk_away.value != 0
    flows = any(a is not None and a.flow for a in amounts)
    return bool(party.stakes) or party.loses or asks or flows


def _response_times(dossier: Dossier) -> Iterator[Finding]:
    for name in dossier.performers:
        if dossier.parties[name].response_time is None:
            message = f"{name!r} performs a measure but has no response_time"
            path: Path = ("parties", name, "response_time")
            remedy = "add 'response_time: 3 months', from seeing a breach to answering it"
            yield dossier.places.finding("dossier.missing_response_time", message, path, remedy=remedy)


def _measures(dossier: Dossier) -> Iterator[Finding]:
    for name, measure in dossier.measures.items():
        path: Path = ("measures", name)
        if measure.divisible and measure.takes.value == 0:
            message, remedy = f"{name!r} is divisible but takes no time", "write how long all of it takes"
            yield dossier.places.finding("dossier.divisible", message, (*path, "divisible"), remedy=remedy)


def _state(dossier: Dossier) -> Iterator[Finding]:
    for name, standing in dossier.state.in_force.items():
        for field, message, remedy in _of_standing(dossier, name, standing):
            yield dossier.places.finding("dossier.state", message, ("state", "in_force", name, field), remedy=remedy)


def _of_standing(dossier: Dossier, name: str, standing: Standing) -> Iterator[tuple[str, str, str]]:
    measure, share = dossier.measures.get(name), standing.share.value
    if standing.since > dossier.start:
        yield "since", f"{name!r} is in force since {standing.since}, after the start", f"{dossier.start} or before"
    if standing.verified is not None and standing.verified < standing.since:
        yield "verified", f"{name!r} was verified before it was in force", f"{standing.since} or after"
    if share == 0:
        yield "share", f"nothing of {name!r} is in force", "leave it out of the state"
    if measure is not None and not measure.divisible and 0 < share < 1:
        remedy = "write 100 %, or 'divisible: true' on the measure"
        yield "share", f"{name!r} is not divisible, so it is in force or not", remedy


def _groups(dossier: Dossier) -> Iterator[Finding]:
    for name, group in dossier.one_of.items():
        for i, alternative in enumerate(group.of):
            if not alternative:
                path: Path = ("one_of", name, "of", i)
                remedy = "name its measures; where none is an alternative, leave out 'exactly'"
                yield dossier.places.finding("dossier.one_of", "an alternative without measures", path, remedy=remedy)
    for name, interaction in dossier.interactions.items():
        if _is_hollow(interaction.when):
            message = "a condition on no measures at all"
            yield dossier.places.finding("dossier.condition", message, ("interactions", name), remedy="name measures")


def _is_hollow(condition: Condition) -> bool:
    parts = condition.parts
    return condition.measure is None and (not parts or any(_is_hollow(p) for p in parts))


_ONE = "write at_most or at_least"


def _bounds_and_links(dossier: Dossier) -> Iterator[Finding]:
    for path, require in requirements(dossier):
        if isinstance(require, InterestBound) and (require.at_most is None) == (require.at_least is None):
            yield dossier.places.finding(
                "dossier.bound", "a bound needs one of at_most and at_least", path, remedy=_ONE
            )
    for name, link in dossier.links.items():
        if (link.at_most is None) == (link.at_least is None):
            message = "a link needs one of at_most and at_least"
            yield dossier.places.finding("dossier.link", message, ("links", name), remedy=_ONE)
        yield from _link_shares(dossier, name, link)
    for name, shares in dossier.progress.items():
        yield from _shares(dossier, shares, ("progress", name))


def _link_shares(dossier: Dossier, name: str, link: Link) -> Iterator[Finding]:
    for side, scale in (("share", link.share), ("at_most", link.at_most), ("at_least", link.at_least)):
        if isinstance(scale, Mapping):
            yield from _shares(dossier, scale, ("links", name, side))


def _shares(dossier: Dossier, shares: Mapping[str, Number], path: Path) -> Iterator[Finding]:
    negative = [m for m, share in shares.items() if share.value < 0]
    if negative:
        yield dossier.places.finding(
            "dossier.share", "a share cannot be negative", (*path, negative[0]), remedy="write 0 or more"
        )
    elif sum(s.value for s in shares.values()) <= 0:
        message, remedy = "the shares of this scale add up to nothing", "give some measure a share above 0"
        yield dossier.places.finding("dossier.share", message, path, remedy=remedy)


def _chances(dossier: Dossier) -> Iterator[Finding]:
    for name, shock in dossier.shocks.items():
        yield from _of_shock(dossier, name, shock)
    for party, types in dossier.types.items():
        for observer in dossier.parties:
            total = sum(p.value for t in types.values() if (p := _prior(t.prior, observer)) is not None)
            if total > 1 + ROUNDING:
                message = f"the types of {party!r} add up to {total:.0%} for {observer!r}"
                yield dossier.places.finding("dossier.prior", message, ("types", party), remedy="at most 100 %")
                break


def _of_shock(dossier: Dossier, name: str, shock: Shock) -> Iterator[Finding]:
    path: Path = ("shocks", name)
    if message := _odds(name, shock):
        remedy = "write 'at' and 'chance', or 'rate', and not both"
        yield dossier.places.finding("dossier.shock", message, path, remedy=remedy)
    if shock.ends is not None and shock.changes:
        message = f"{name!r} both ends the deal and changes numbers"
        remedy = "leave out 'changes', or write two shocks: after an exit nothing else counts"
        yield dossier.places.finding("dossier.shock", message, (*path, "changes"), remedy=remedy)
    if shock.ends is not None and shock.at is not None and shock.at <= dossier.start:
        message = f"{shock.ends!r} leaves on {shock.at}, when there is no deal yet: signature is on {dossier.start}"
        remedy = "a day after signature"
        yield dossier.places.finding("dossier.exit", message, (*path, "at"), remedy=remedy)


def _odds(name: str, shock: Shock) -> str:
    """What is wrong with when a shock comes, "" for nothing: at a date with a chance, or at a rate."""
    if shock.rate is not None:
        both = shock.at is not None or shock.chance is not None
        return f"{name!r} comes both at a rate and at a date" if both else ""
    if shock.at is None and shock.chance is None:
        return f"nothing says when {name!r} comes"
    if shock.chance is None:
        return f"nothing says how likely {name!r} is on {shock.at}"
    return f"nothing says on what date {name!r} may come" if shock.at is None else ""


def _prior(prior: Number | Mapping[str, Number] | None, observer: str) -> Number | None:
    return prior.get(observer) if isinstance(prior, Mapping) else prior


def _signs(dossier: Dossier) -> Iterator[Finding]:
    for path, number in _never_negative(dossier):
        if number is not None and min(number.value, *(number.range or (number.value,))) < 0:
            code = "dossier.price" if path[-1] == "price" else "dossier.capacity"
            yield dossier.places.finding(code, f"{path[-1]} cannot be negative", path, remedy="write 0 or more")


def _never_negative(dossier: Dossier) -> Iterator[tuple[Path, Number | None]]:
    for name, demand in dossier.demands.items():
        yield ("demands", name, "price"), demand.price
    for name, resource in dossier.capacity.items():
        yield ("capacity", name, "limit"), resource.limit
        yield from ((("capacity", name, "uses", m), use) for m, use in resource.uses.items())
