"""The conditions of a satisfactory plan that need no values: prerequisites, demands, links and so on. DESIGN §5.

Each `Term` judges the dates of a plan: None where it is met, else a `Miss` that says by how much and in what way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detente.dossier.schema import Demand, Dossier, Link, Measure, OneOf, Resource
from detente.model.judge.detection import NEVER, TIE
from detente.model.judge.facts import Facts
from detente.model.judge.requirements import SLIGHT, judgement_of
from detente.model.judge.timing import Kind, Miss, MissIn, Timetable, Timing


@dataclass(frozen=True)
class Term:
    """One condition: its kind and whom or what it concerns, and the function that judges a timing."""

    kind: Kind
    judge: MissIn
    name: str | None = None
    party: str | None = None
    measure: int | None = None
    """Where it is a condition of the plans that contain one measure."""

    def concerns(self, t: Timing) -> bool:
        """Whether it is a condition of a plan."""
        return self.measure is None or bool(t.rises[self.measure]) or self.measure in t.off


class Terms:
    """All conditions without values of a dossier, at a success level and with the openings of some parties."""

    def __init__(self, dossier: Dossier, facts: Facts, success: str, openings: Sequence[str]) -> None:
        self.dossier = dossier
        self.facts = facts
        self.clock = Timetable(dossier, facts)
        self.all = tuple(_terms(self.clock, success, openings))


def binds(demand: Demand, openings: Sequence[str]) -> bool:
    """Whether a demand binds: red lines always, openings where their party is named. DESIGN §3."""
    return demand.firmness == "red_line" or (demand.firmness == "opening" and demand.by in openings)


def _terms(clock: Timetable, success: str, openings: Sequence[str]) -> Iterator[Term]:
    dossier = clock.dossier
    yield Term("empty", _nothing)
    for m, measure in enumerate(clock.facts.bodies):
        yield from _of_measure(clock, m, measure)
    for name, group in dossier.one_of.items():
        yield Term("one_of", _one_of(clock, group), name)
    for name, demand in dossier.demands.items():
        if binds(demand, openings):
            yield Term("demand", judgement_of(clock, demand.require), name, demand.by)
    levels = {"minimal": dossier.success.minimal, "full": dossier.success.full}
    for i, require in enumerate(levels.get(success, ())):
        yield Term("success", judgement_of(clock, require), f"{success}.{i}")
    for name, resource in dossier.capacity.items():
        yield Term("capacity", _capacity(clock, resource), name)
    for name, link in dossier.links.items():
        yield Term("link", _link(clock, link), name)


def _nothing(t: Timing) -> Miss | None:
    return Miss(-1.0, None, "nothing enters into force on the grid: this is no deal") if t.empty else None


# --- one measure --------------------------------------------------------------------------------------------------


class Preparation(NamedTuple):
    """What making a measure takes: years of work, after what is in force and verified."""

    measure: int
    name: str
    takes: float
    in_force: Sequence[str]
    verified: Sequence[str]


def _of_measure(clock: Timetable, m: int, measure: Measure) -> Iterator[Term]:
    name = clock.facts.measures[m]
    work = Preparation(m, name, measure.takes.value, *clock.dossier.prerequisites(name))
    yield Term("grid", _on_grid(clock, m), measure=m)
    if measure.divisible:
        yield Term("order", _prepared(clock, work), measure=m)
        yield Term("pace", _pace(clock, work), measure=m)
    elif work.in_force or work.verified or work.takes:
        yield Term("order", _order(clock, work), measure=m)


def _on_grid(clock: Timetable, m: int) -> MissIn:
    def judge(t: Timing) -> Miss | None:
        if m not in t.off:
            return None
        day = t.off[m]
        near = " and ".join(d.isoformat() for d in clock.grid.neighbours(day))
        return Miss(-1.0, day, f"{clock.facts.measures[m]}: {day} is not a grid date; its neighbours are {near}")

    return judge


def _prepared(clock: Timetable, work: Preparation) -> MissIn:
    """Of a divisible measure, whether all that it needs is ever there; how fast it may go says its pace."""

    def judge(t: Timing) -> Miss | None:
        e = t.entered(work.measure)
        ready, last = clock.ready(t, work.in_force, work.verified)
        return _unready(clock, work, e, last) if e is not None and ready == NEVER else None

    return judge


def _order(clock: Timetable, work: Preparation) -> MissIn:
    """Whether a measure enters only when what it needs is there, and its work done since."""

    def judge(t: Timing) -> Miss | None:
        e = t.entered(work.measure)
        if e is None or t.first[work.measure] == -1:
            return None
        ready, last = clock.ready(t, work.in_force, work.verified)
        if ready == NEVER:
            return _unready(clock, work, e, last)
        tau, earliest = clock.tau[e], ready + work.takes
        if tau >= earliest - TIE:
            return None
        why = f" after {last}" if last else ""
        note = f"{work.name} enters {earliest - tau:.3g} years too early: it takes {work.takes:.3g} years{why}"
        return Miss(tau - earliest, clock.grid.dates[e], note)

    return judge


def _unready(clock: Timetable, work: Preparation, e: int, last: str) -> Miss:
    return Miss(-1.0, clock.grid.dates[e], f"{work.name} needs {last}, which the plan never completes")


def _pace(clock: Timetable, work: Preparation) -> MissIn:
    """Whether a divisible measure rises no faster than its work allows, never falls, and ends at no more than all."""
    m, tau = work.measure, clock.tau

    def most(k: int, ready: float) -> float:
        """What work since the date before, or since it could start, has made ready by period k."""
        worked = tau[k] - max(tau[k - 1], ready) if k else -1.0
        if work.takes:
            return max(0.0, worked) / work.takes
        return 1.0 if worked >= -TIE else 0.0

    def judge(t: Timing) -> Miss | None:
        ready, _ = clock.ready(t, work.in_force, work.verified)
        for k, rise in t.rises[m]:
            if k >= 0 and rise > (allowed := most(k, ready)) + SLIGHT:
                note = f"{work.name} rises by {rise:.4g} where the work allows {allowed:.4g}"
                return Miss(allowed - rise, clock.grid.dates[k], note)
        if m in t.shrinks:
            return Miss(-1.0, t.shrinks[m], f"{work.name}: its share falls")
        if (total := sum(rise for _, rise in t.rises[m])) > 1 + SLIGHT:
            return Miss(1 - total, None, f"{work.name}: its share passes 100 %")
        return None

    return judge


# --- groups, resources and links ----------------------------------------------------------------------------------


def _one_of(clock: Timetable, group: OneOf) -> MissIn:
    names = clock.facts.measures
    alternatives = [frozenset(clock.facts.measure[m] for m in a) for a in group.of]
    union = frozenset().union(*alternatives)

    def judge(t: Timing) -> Miss | None:
        chosen = {m for m in union if t.rises[m]}
        if not any(chosen <= a for a in alternatives):
            several = ", ".join(sorted(names[m] for m in chosen))
            return Miss(-1.0, None, f"{several} do not belong to one alternative")
        if group.exactly and not chosen:
            return Miss(-1.0, None, "none of the alternatives is chosen")
        return None

    return judge


def _capacity(clock: Timetable, resource: Resource) -> MissIn:
    limit = resource.limit.value
    uses = [(clock.facts.measure[m], use) for m, use in clock.dossier.uses(resource).items()]
    slight = SLIGHT * max(1.0, abs(limit))

    def judge(t: Timing) -> Miss | None:
        worst: Miss | None = None
        for k in _changes(t, [m for m, _ in uses]):
            used = sum(use * t.share(m, k) for m, use in uses)
            if used > limit + slight and (worst is None or limit - used < worst.margin):
                worst = Miss(limit - used, clock.grid.dates[k], f"{used:.6g} used of {limit:.6g}")
        return worst

    return judge


def _changes(t: Timing, measures: Sequence[int]) -> list[int]:
    """The first period, and every other in which one of the measures changes."""
    return sorted({0, *(e for m in measures for e, _ in t.rises[m] if e >= 0)})


def _link(clock: Timetable, link: Link) -> MissIn:
    share, ahead = clock.scale(link.share), link.ahead_by.value
    above = None if link.at_most is None else clock.scale(link.at_most)
    below = None if link.at_least is None else clock.scale(link.at_least)

    def margins(t: Timing, tau: float, given: float) -> Iterator[float]:
        if above is not None:
            yield clock.progress(above, t, tau) + ahead - given
        if below is not None:
            yield given + ahead - clock.progress(below, t, tau)

    def judge(t: Timing) -> Miss | None:
        worst: Miss | None = None
        for k, tau in enumerate(clock.tau):
            given = sum(w * t.share(m, k) for m, w in share)
            margin = min(margins(t, tau, given), default=0.0)
            if margin < -SLIGHT and (worst is None or margin < worst.margin):
                note = f"{given:.1%} in force, {-margin:.1%} beyond what verified progress allows"
                worst = Miss(margin, clock.grid.dates[k], note)
        return worst

    return judge
