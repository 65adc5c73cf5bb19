"""How measures are verified: regimes that exist, visits that can be kept, and some way to see what can be faked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from detente.dossier.places import Path, nearest
from detente.dossier.quantities import ROUNDING, UNITS_IN_YEARS
from detente.dossier.schema import Dossier, Measure, Regime, Verify, Visits
from detente.errors import Finding


def broken(dossier: Dossier) -> Iterator[Finding]:
    """A Finding for every `verify` that cannot be used."""
    for name, measure in dossier.measures.items():
        if isinstance(measure.verify, Verify):
            yield from _verify(dossier, name, measure, measure.verify)


def _verify(dossier: Dossier, name: str, measure: Measure, verify: Verify) -> Iterator[Finding]:
    path: Path = ("measures", name, "verify")
    if verify.regime is not None and verify.regime not in verify.regimes:
        message, remedy = f"{name!r} has no regime {verify.regime!r}", nearest(verify.regime, verify.regimes)
        yield dossier.places.finding("dossier.unknown_regime", message, (*path, "regime"), remedy=remedy)
    if measure.fakeable:
        yield from _undetected(dossier, name, verify)
    if verify.visits is not None:
        yield from _visits(dossier, verify.visits, (*path, "visits"))
    for which, regime in verify.regimes.items():
        yield from _efforts(dossier, regime, (*path, "regimes", which))
        if regime.visits is not None:
            yield from _visits(dossier, regime.visits, (*path, "regimes", which, "visits"))


def _efforts(dossier: Dossier, regime: Regime, path: Path) -> Iterator[Finding]:
    for field, effort in (("days", regime.days), ("cost", regime.cost)):
        if effort is not None and min(effort.value, *(effort.range or (effort.value,))) < 0:
            message = f"{field} cannot be negative"
            yield dossier.places.finding("dossier.capacity", message, (*path, field), remedy="write 0 or more")


def _undetected(dossier: Dossier, name: str, verify: Verify) -> Iterator[Finding]:
    """What can be faked says how that is seen, under every regime that might be chosen."""
    path: Path = ("measures", name, "verify")
    none = [None] if verify.regime is None else []  # a name that is unknown is a Finding of its own
    for which in [*none, *verify.regimes]:
        under = verify.under(which)
        if under.detects is None and under.visits is None:
            message = f"{name!r} can be faked, but nothing says how likely that is seen"
            remedy = "add 'detects: 90 %/year', or 'covert: false' where it cannot be faked"
            if which is not None:
                message = f"{message} under {which!r}"
                remedy = "add 'detects: 90 %/year' or visits, 0 %/year where it sees nothing"
            elif verify.regimes:
                remedy = f"add 'regime: {next(iter(verify.regimes))}', or 'detects: 5 %/year' for where none is chosen"
            where = (*path, "detects") if which is None else (*path, "regimes", which, "detects")
            yield dossier.places.finding("dossier.missing_detects", message, where, remedy=remedy)


def _visits(dossier: Dossier, visits: Visits, path: Path) -> Iterator[Finding]:
    for field, message, remedy in [*_schedule(visits), *_too_often(visits)]:
        where = (*path, field) if field else path
        yield dossier.places.finding("dossier.visits", message, where, remedy=remedy)


def _schedule(visits: Visits) -> Iterator[tuple[str, str, str]]:
    """(field or "", what is wrong, how to mend it): visits have times, or come with a chance each, and not both."""
    if visits.times:
        yield from _timed(visits)
        return
    if visits.detects is None:
        yield "", "nothing says how likely a visit sees cheating", "add 'detects: 60 %', or 'times'"
    if visits.every is None and visits.random is None:
        yield "", "nothing says when visits come", "add 'every: 3 months', or 'random: 4 /year'"


def _timed(visits: Visits) -> Iterator[tuple[str, str, str]]:
    for field in ("detects", "random"):
        if getattr(visits, field) is not None:
            message = f"{field!r} does not go together with 'times', which say what visits see"
            yield field, message, f"leave one of the two out; 'detects: 5 %/year' beside 'visits' works with {field!r}"
    if any(b[0].value <= a[0].value for a, b in pairwise(visits.times)):
        yield "times", "the times of visits are out of order", "put them in order, each once"
    if any(b[1].value < a[1].value for a, b in pairwise(visits.times)):
        message = "the chance that visits have seen it by then falls"
        yield "times", message, "write the chance of any visit until then, not of one visit"
    if visits.every is not None and visits.times[-1][0].value > visits.every.value + ROUNDING:
        yield "every", "visits begin again before the last of them", "make 'every' as long as the last of the times"


def _too_often(visits: Visits) -> Iterator[tuple[str, str, str]]:
    day = UNITS_IN_YEARS["day"] - ROUNDING
    every = [visits.every] if visits.every is not None else []
    for field, lengths in (("every", every), ("times", [t for t, _ in visits.times])):
        if any(min(t.value, *(t.range or (t.value,))) < day for t in lengths):
            message = "visits come at least a day after the cheating starts, and a day apart"
            yield field, message, "write '1 day' or more; what is watched all the time is 'detects: 99 %/year'"
