"""Demands against the calendar, against each other, and against what counts as success."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from detente.dossier.checks.order import earliest
from detente.dossier.grid import add_months
from detente.dossier.places import Path
from detente.dossier.quantities import ROUNDING
from detente.dossier.schema import Demand, Dossier, InForce, Never, ProgressBy
from detente.dossier.units import requirements
from detente.errors import Finding


def past_dates(dossier: Dossier) -> Iterator[Finding]:
    """Requirements due before the signature, unless the state already meets them."""
    for path, require in requirements(dossier):
        if not isinstance(require, InForce | ProgressBy) or require.by is None or require.by >= dossier.start:
            continue
        if not isinstance(require, InForce) or not _stood(dossier, require.in_force, require.by):
            message = f"due on {require.by}, before the start on {dossier.start}"
            remedy = f"{dossier.start} or after"
            yield dossier.places.finding("dossier.past_date", message, (*path, "by"), remedy=remedy)


def _stood(dossier: Dossier, measure: str, day: date) -> bool:
    standing = dossier.state.in_force.get(measure)
    return standing is not None and standing.since <= day


def contradictory(dossier: Dossier) -> Iterator[Finding]:
    """Red lines that can never hold together, whatever the plan: one rules out what another asks for."""
    for path, message in _never_and_always(dossier):
        remedy = "keep one of the two, or make one of them an opening: red lines always bind"
        yield dossier.places.finding("dossier.contradiction", message, path, remedy=remedy)


def contradictions(dossier: Dossier) -> Iterator[Finding]:
    """A success level that a red line rules out: it cannot be had."""
    for path, message in _success_crosses(dossier):
        remedy = "this success level cannot be reached while the red line stands"
        yield dossier.places.finding("dossier.contradiction", message, path, remedy=remedy, severity="warning")


def _red_lines(dossier: Dossier) -> Iterator[tuple[str, Demand]]:
    yield from ((n, d) for n, d in dossier.demands.items() if d.firmness == "red_line")


def _never_and_always(dossier: Dossier) -> Iterator[tuple[Path, str]]:
    never = {d.require.never: n for n, d in _red_lines(dossier) if isinstance(d.require, Never)}
    for name, demand in _red_lines(dossier):
        if isinstance(demand.require, InForce) and demand.require.in_force in never:
            measure = demand.require.in_force
            yield ("demands", name, "require"), f"{name!r} asks for {measure!r}, which {never[measure]!r} rules out"


def _success_crosses(dossier: Dossier) -> Iterator[tuple[Path, str]]:
    never = {d.require.never: n for n, d in _red_lines(dossier) if isinstance(d.require, Never)}
    for path, require in requirements(dossier):
        if path[0] == "success" and isinstance(require, InForce) and require.in_force in never:
            yield path, f"success asks for {require.in_force!r}, which {never[require.in_force]!r} rules out"


def too_early(dossier: Dossier) -> Iterator[Finding]:
    """Due dates before the first date at which the measure could enter."""
    times = earliest(dossier)
    for path, require in requirements(dossier):
        if isinstance(require, InForce) and require.by is not None and require.by >= dossier.start:
            entry = times[require.in_force][1]
            if entry > dossier.grid.time(require.by) + ROUNDING:
                message = f"{require.in_force!r} is due on {require.by} but cannot enter before {_day(dossier, entry)}"
                remedy = "a later date, a shorter 'takes', or fewer prerequisites"
                path = (*path, "by")
                yield dossier.places.finding("dossier.too_early", message, path, remedy=remedy, severity="warning")


def _day(dossier: Dossier, years: float) -> str:
    if years == float("inf"):
        return "the last date of the grid"
    return str(add_months(dossier.start, round(years * 12)))
