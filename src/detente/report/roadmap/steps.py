"""The plan as people read it: who does what, from when to when, seen by whom, answering to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from detente.design.questions.assessment import Assessment
from detente.dossier.grid import Grid
from detente.dossier.schema import Dossier, Verify
from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Facts
from detente.model.judge.terms import Terms
from detente.model.judge.timing import Timing
from detente.model.plan import Plan
from detente.model.rows.detection import watch
from detente.model.tolerance import FULL
from detente.report.kit.figure import JOINTLY
from detente.report.kit.words import day, measure, party, percent, several


@dataclass(frozen=True)
class Step:
    """One measure of a plan."""

    measure: str
    title: str
    by: tuple[str, ...]
    lane: str
    """The party that performs it; JOINTLY where several do."""
    takes: float
    """Years of work."""
    work_from: date | None
    """The latest day on which work can start; None where it was done before signature, or needs none."""
    entry: date
    full: date | None
    """When all of it is in force: later than `entry` where it comes in parts, None where it never is."""
    verified: date | None
    """When all of it counts as verified."""
    seen_by: str
    answers_to: tuple[str, ...]
    parts: tuple[tuple[date, float], ...]
    standing: bool
    """In force before signature."""
    phase: str | None


@dataclass(frozen=True)
class TimedPlan:
    """A plan on its dossier's grid, as the judge times it."""

    dossier: Dossier
    terms: Terms
    timing: Timing

    @classmethod
    def of(cls, dossier: Dossier, plan: Plan) -> TimedPlan:
        terms = Terms(dossier, Facts(dossier), "none", ())
        return cls(dossier, terms, terms.clock.timing(plan))

    def seen(self, m: int, e: int) -> float:
        """When an entry counts as verified, years."""
        return self.terms.clock.seen(m, e)

    def entered(self, m: int) -> Iterator[tuple[float, float]]:
        """(years, rise) of a measure's entries; what stands before signature is at −1."""
        for e, rise in self.timing.rises[m]:
            yield (-1.0 if e < 0 else self.dossier.grid.years[e]), rise


def steps(assessment: Assessment) -> tuple[Step, ...]:
    """The measures of the shown plan, in order of entry."""
    return () if assessment.plan is None else steps_of(assessment.dossier, assessment.plan)


def steps_of(dossier: Dossier, plan: Plan) -> tuple[Step, ...]:
    """The measures of a plan, in order of entry."""
    timed = TimedPlan.of(dossier, plan)
    found = [_step(timed, plan, m, name) for m, name in enumerate(dossier.measures)]
    return tuple(sorted((s for s in found if s is not None), key=lambda s: (s.entry, not s.standing)))


def answering(dossier: Dossier, step: Step) -> str:
    """Whose breach a step answers, and of one that several perform together who stops."""
    others = several([party(dossier, p) for p in step.answers_to])
    if step.lane != JOINTLY:
        return others or "nobody"
    stop = "the other stops" if len(step.by) == 2 else "the others stop"
    own = f"{several([party(dossier, p) for p in step.by])} ({stop})"
    return f"{own}, {others}" if others else own


def _step(timed: TimedPlan, plan: Plan, m: int, name: str) -> Step | None:
    entry = plan.entry.get(name)
    if entry is None:
        return None
    dossier, measure = timed.dossier, timed.dossier.measures[name]
    parts = plan.share.get(name, ())
    full = next((day for day, part in parts if part >= FULL), None) if parts else entry
    verified = timed.terms.clock.verified(timed.timing, m)
    standing = name in dossier.state.in_force
    return Step(
        measure=name,
        title=measure.title or name,
        by=measure.by,
        lane=JOINTLY if measure.joint else measure.by[0],
        takes=measure.takes.value,
        work_from=None if standing else _work_from(dossier.grid, entry, measure.takes.value, in_parts=bool(parts)),
        entry=entry,
        full=full,
        verified=_verified(dossier, name, verified),
        seen_by=seen_by(dossier, name),
        answers_to=dossier.conditional_on(name),
        parts=parts,
        standing=standing,
        phase=measure.phase,
    )


def _work_from(grid: Grid, entry: date, takes: float, *, in_parts: bool) -> date | None:
    if takes <= 0:
        return None
    if in_parts:
        return max((day for day in grid.dates if day < entry), default=entry)
    return grid.date_at(max(0.0, grid.time(entry) - takes))


def _verified(dossier: Dossier, name: str, years: float) -> date | None:
    standing = dossier.state.in_force.get(name)
    if years == NEVER:
        return None
    if years < 0:
        return (standing.verified or standing.since) if standing else dossier.start
    return dossier.grid.date_at(years)


def seen_by(dossier: Dossier, name: str) -> str:
    """Who verifies a measure, in words."""
    verify = dossier.measures[name].verify
    if not isinstance(verify, Verify):
        return "seen by everyone"
    return party(dossier, verify.by) if verify.by else "no verifier named"


def needs(dossier: Dossier, name: str) -> str:
    """What must be there before work on a measure starts, in words; empty where that is nothing."""
    in_force, verified = dossier.prerequisites(name)
    return several([*(measure(dossier, n) for n in in_force), *(f"{measure(dossier, n)} (verified)" for n in verified)])


def detection(dossier: Dossier, name: str) -> str:
    """How surely cheating on a measure is seen, in words; empty where it cannot be faked."""
    measure = dossier.measures[name]
    if not measure.fakeable or measure.verification is None:
        return ""
    seen = watch(measure.verification)
    return f"{percent(1 - float(seen.survival(1.0)))} {'within a' if seen.visits else 'a'} year"


def on_last_date(assessment: Assessment) -> str:
    """What is to be said where steps, or their last parts, enter on the last date of the time grid."""
    last = assessment.dossier.grid.dates[-1]
    n = sum(1 for s in steps(assessment) if not s.standing and last in (s.entry, *(day for day, _ in s.parts)))
    if not n:
        return ""
    fall = f"{n} steps fall" if n > 1 else "1 step falls"
    they = "they" if n > 1 else "it"
    return (
        f"{fall} on the last date of the grid ({day(last)}); with a longer grid {they} might come later, or not at all."
    )


def danger_date(assessment: Assessment) -> date | None:
    return assessment.dangerous.date if assessment.dangerous else None


def last_date(assessment: Assessment) -> date:
    """The end of the time axis: a little after the last thing that happens in the plan."""
    grid = assessment.dossier.grid
    found = [day for s in steps(assessment) for day in (s.entry, s.full, s.verified) if day is not None]
    last = max([*found, danger_date(assessment) or grid.start, grid.dates[min(1, len(grid) - 1)]])
    return last + timedelta(days=max(30, round(0.02 * (last - grid.start).days)))


def horizon(assessment: Assessment) -> float:
    """Years that charts over time show: somewhat more than the grid, since its last period never ends."""
    years = assessment.dossier.grid.years[-1]
    return years + max(0.25, 0.06 * years)


def time_domain(assessment: Assessment) -> list[str]:
    """First and last date of charts over time."""
    grid = assessment.dossier.grid
    return [grid.start.isoformat(), grid.date_at(horizon(assessment)).isoformat()]


def gaps(grid: Grid) -> str:
    """The time grid in words."""
    lengths = [b - a for a, b in pairwise(grid.months)]
    if not lengths:
        return "one period, which never ends"
    short, long = min(lengths), max(lengths)
    span = f"{short} months" if short == long else f"{short} to {long} months"
    return f"{len(grid)} entry dates {span} apart, the last on {day(grid.dates[-1])}"
