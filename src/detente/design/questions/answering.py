"""What follows each breach of a plan: what it earns, what its answer costs, which answers would do. ANSWERS §4.

Every number is the judge's: a breach is looked at by itself, under the answer that the dossier has for it or, where it
has none, under a suspension of all that its breacher would miss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from detente.design.plan.clock import Clock
from detente.design.questions.footing import false_alarms
from detente.dossier import Dossier, apply
from detente.dossier.checks.worth import answerers, answers, carriers, standing, tempts
from detente.dossier.grid import years_between
from detente.dossier.quantities import ROUNDING, ZERO, Number
from detente.dossier.schema import Answer, Undo
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from detente.model.tolerance import SLIGHT

STEPS = (1 / 52, 1 / 12, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 50.0)
"""Lengths, years, between which the least that will do is looked for."""
LONGEST = STEPS[-1]
"""Years beyond which no suspension is looked for: what is not deterred by then never is."""
CLOSE = 1e-4
"""Years to which lengths are worked out: less than an hour."""
NAMELESS = "answer"
"""The name of a suspension that the dossier does not have, while it is looked at."""


class Stage(NamedTuple):
    """What a breach earns at a moment, and what its answer costs then, points."""

    years: float
    date: date | None
    moment: str | None
    gain: float
    loses: float


@dataclass(frozen=True)
class Breach:
    """One measure that its performer might drop or fake, and what answers that."""

    measure: str
    party: str
    open: bool
    answer: str | None
    """The answer that the dossier has for it."""
    stops: tuple[str, ...]
    """What is suspended; where the dossier has no answer, all that the breacher would miss."""
    answerers: tuple[str, ...]
    """Who carries that out."""
    at: Slack
    """The moment at which the breach pays best, or costs least, under the answer as it stands."""
    gain: float
    """What it earns then, points, were nothing suspended."""
    loses: float
    """What the answer takes from it, points at that moment."""
    shortest: float | None
    """Years of the shortest suspension that deters it at every moment; None where none does."""
    longest: float | None
    """Years of the longest that would be carried out, and done penance for; None where there is none, or no limit."""
    needed_flow: float | None
    """Points a year, to the breacher, that must be suspended for it to be deterred; None where no window is left."""
    available_flow: float
    """Points a year that what is suspended is worth to it at that moment."""
    bring_forward: tuple[str, date, date] | None
    """A later step that would have to come by then, so that there is enough to suspend: which, from when, to when."""
    credible: bool
    """Whether carrying the answer out hurts nobody who does."""
    course: tuple[Stage, ...]
    """What it earns and what it costs, from moment to moment."""
    margin: float | None
    """What it is worth to the one whom it hurts most, points; None where nobody carries it out."""

    @property
    def proportionate(self) -> bool:
        """Whether some suspension deters it that would be carried out and done penance for."""
        if self.shortest is None or not self.credible:
            return False
        return self.longest is None or self.shortest <= self.longest + CLOSE


@dataclass(frozen=True)
class Trigger:
    """The length of an answer that deters at the least cost in false alarms, and the regime that it goes with."""

    years: float
    regime: str | None


@dataclass(frozen=True)
class Alarms:
    """False alarms on a plan, and what they cost."""

    per_year: float
    best: Mapping[str, Trigger | None]
    """By answer; None where no length deters."""
    cost: Mapping[str, float]
    """By party, what they take of a plan's value, points."""

    @property
    def first(self) -> float | None:
        """Years until the first is to be expected."""
        return 1 / self.per_year if self.per_year > 0 else None


@dataclass(frozen=True)
class Answering:
    """What happens after the breaches of a plan."""

    dossier: Dossier
    plan: Plan | None
    """None where there is none, or none was found."""
    status: str
    """Of the plan: `given`, or what a design says of it."""
    breaches: tuple[Breach, ...]
    joint: tuple[Slack, ...]
    """Of each set of answers to one party's breach the lapse that comes nearest to paying."""
    alarms: Alarms
    finished: bool = True
    """False where the time did not suffice for every breach."""


def answering(
    dossier: Dossier,
    plan: Plan | None,
    *,
    status: str = "given",
    clock: Clock | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Answering:
    """What follows each breach of a plan."""
    if plan is None:
        return Answering(dossier, None, status, (), (), Alarms(0.0, {}, {}))
    clock = clock or Clock(math.inf)
    bench, found = _Bench(Judge(dossier), plan), list[Breach]()
    cases = list(_cases(dossier, plan))
    for i, (measure, party, openly) in enumerate(cases):
        if clock.left <= 0:
            break
        say(f"Breach {i + 1} of {len(cases)}")
        found += _breach(bench, measure, party, openly=openly)
    finished = len(cases) == 0 or clock.left > 0
    joint = _joint(bench) if finished else ()
    return Answering(dossier, plan, status, tuple(found), joint, _alarms(bench, clock), finished)


def _cases(dossier: Dossier, plan: Plan) -> Iterator[tuple[str, str, bool]]:
    """(measure, performer whom it costs something, openly or in secret), in the order of entry."""
    entered = sorted((day, m) for m, day in plan.entry.items() if day is not None)
    for _, m in entered:
        for p in dossier.measures[m].by:
            if dossier.parties[p].stakes and tempts(dossier, p, m):
                yield m, p, True
                if dossier.measures[m].fakeable:
                    yield m, p, False


class _Bench:
    """A plan, judged under one answer after another."""

    def __init__(self, judge: Judge, plan: Plan) -> None:
        self.judge, self.plan, self.dossier = judge, plan, judge.dossier
        self._ends: dict[tuple[str, str | None], dict[At, float]] = {}

    def under(self, answers: Mapping[str, Answer]) -> Judge:
        """The judge of the same dossier with other answers."""
        return self.judge.answering(answers)

    def lapses(self, answer: Answer, party: str, measure: str | None) -> list[Slack]:
        """A party's lapses under one answer, cured or never: open ones, or those in secret on a measure."""
        rows = self.under({NAMELESS: answer}).conditions(self.plan, ("lapse", "never"), party)
        return [row for row in rows if row.measure == measure]

    def ends(self, party: str, measure: str | None) -> dict[At, float]:
        """What it is worth to a party, at each moment, to break the deal openly, or to fake a measure until it ends."""
        if (party, measure) not in self._ends:
            rows = self.judge.conditions(self.plan, ("breakout" if measure is None else "covert",), party)
            of_it = {_moment(row): row.deviate or 0.0 for row in rows if row.measure == measure}
            self._ends[party, measure] = of_it
        return self._ends[party, measure]

    def entered(self, measure: str, party: str, at: Slack) -> bool:
        """Whether a measure is in force when a party's breach at a moment is answered."""
        day, waits = self.plan.entry.get(measure), answerers(self.dossier, party).values()
        if day is None or at.years is None:
            return False
        return years_between(self.dossier.start, day) <= at.years + min(waits, default=0.0) + ROUNDING


At = tuple[float | None, str | None]


def _moment(row: Slack) -> At:
    return row.years, row.moment


# --- one breach ----------------------------------------------------------------------------------------------------


def _breach(bench: _Bench, measure: str, party: str, *, openly: bool) -> Iterator[Breach]:
    """A breach of one measure alone; nothing where it can at no moment be dropped."""
    dossier, secret = bench.dossier, None if openly else measure
    name = next((a for a, x in dossier.answers.items() if measure in x.to and party in dossier.breachers(a)), None)
    answer = _alone(bench, name, measure, party)
    free = bench.lapses(answer.model_copy(update={"stops": ()}), party, secret)
    if not free:
        return
    unanswered = {(row.kind, *_moment(row)): row.deviate or 0.0 for row in free}
    rows = bench.lapses(answer, party, secret) if name is not None else _ended(bench, free, party, secret)
    at = min(rows, key=lambda row: round(row.slack or 0.0, 9))
    dropped = unanswered[(at.kind, *_moment(at))]
    gain = dropped - (at.keep or 0.0)
    shortest = _shortest(bench, answer, party, secret)
    length = answer.length.value if name is not None else LONGEST if shortest is None else shortest
    margin = _margin(bench, _lasting(answer, length))
    acting = carriers(dossier, (party,), answer.stopped)
    credible = bool(acting) and (margin is None or margin >= -SLIGHT * _scale(free))
    longest = _longest(bench, answer, party) if credible else None
    available = sum(_flow(dossier, party, n) for n in answer.stopped if bench.entered(n, party, at))
    needed = _needed(bench, _lasting(answer, length), party, secret, at, dropped, available)
    short = needed is None or needed > available * (1 + SLIGHT)
    yield Breach(
        measure=measure,
        party=party,
        open=openly,
        answer=name,
        stops=answer.stopped,
        answerers=acting,
        at=at,
        gain=gain,
        loses=dropped - (at.deviate or 0.0),
        shortest=shortest,
        longest=longest,
        needed_flow=needed,
        available_flow=available,
        bring_forward=_forward(bench, party, at, (needed or math.inf) - available) if short else None,
        credible=credible,
        course=tuple(_course(rows, unanswered)),
        margin=margin,
    )


def _course(rows: Sequence[Slack], unanswered: Mapping[Any, float]) -> Iterator[Stage]:
    """Of the lapses that are cured, in order of time."""
    for row in sorted((r for r in rows if r.kind == "lapse"), key=lambda r: (r.years or 0.0, r.moment != "before")):
        free = unanswered[(row.kind, *_moment(row))]
        gain, loses = free - (row.keep or 0.0), free - (row.deviate or 0.0)
        yield Stage(row.years or 0.0, row.date, row.moment, gain, loses)


def _alone(bench: _Bench, name: str | None, measure: str, party: str) -> Answer:
    """The dossier's answer to a measure, as if to that alone; without one, suspending all that the party would miss."""
    dossier = bench.dossier
    if name is not None:
        return dossier.answers[name].model_copy(update={"to": (measure,)})
    missed = tuple(n for n in bench.plan.entry if _suspendable(bench, party, n))
    waits = answerers(dossier, party).values()
    first = Number(value=min(waits, default=0.0), text="the first response")
    return Answer(to=(measure,), stops=missed, lasts=Number(value=1.0, text="1 year"), cure=first)


def _suspendable(bench: _Bench, party: str, measure: str) -> bool:
    """Whether others perform a measure of the plan that a party would miss, and can take it back for its breach."""
    d = bench.dossier
    given = bench.plan.entry[measure] is not None and party not in d.measures[measure].by
    return given and answers(d, measure, party) and _flow(d, party, measure) > 0


def _flow(dossier: Dossier, party: str, measure: str) -> float:
    """Points a year that a party loses while a measure is suspended."""
    undo = dossier.measures[measure].undo
    return standing(dossier, party, measure) * (1 - undo.keeps.value) if isinstance(undo, Undo) else 0.0


def _lasting(answer: Answer, years: float) -> Answer:
    return answer.model_copy(update={"lasts": Number(value=years, text=f"{years!r} years")})


def _ended(bench: _Bench, free: Sequence[Slack], party: str, secret: str | None) -> list[Slack]:
    """Lapses that no answer suspends anything for: they end the deal."""
    ends = bench.ends(party, secret)
    rows = [row for row in free if row.kind == "lapse" and _moment(row) in ends]
    return [replace(r, deviate=ends[_moment(r)], slack=(r.keep or 0.0) - ends[_moment(r)]) for r in rows] or list(free)


# --- lengths -------------------------------------------------------------------------------------------------------


def _shortest(bench: _Bench, answer: Answer, party: str, secret: str | None) -> float | None:
    return _least(lambda years: _deterred(bench.lapses(_lasting(answer, years), party, secret)))


def _deterred(rows: Sequence[Slack]) -> float:
    """The least slack, of what counts as met 0 at the least."""
    return min(max(row.slack or 0.0, 0.0) if row.accepted else row.slack or 0.0 for row in rows)


def _longest(bench: _Bench, answer: Answer, party: str) -> float | None:
    """The longest suspension for which the breacher would rather do penance than leave; None where it always would."""
    ends = bench.ends(party, None)

    def leaves(years: float) -> float:
        """What leaving is worth more than penance, where that is most."""
        rows = bench.lapses(_lasting(answer, years), party, None)
        return max(
            (ends[_moment(r)] - (r.deviate or 0.0) for r in rows if _moment(r) in ends and r.kind == "lapse"),
            default=-1.0,
        )

    return _least(leaves)


def _least(value: Callable[[float], float]) -> float | None:
    """The least length in years at which a value is no longer negative; None where it is up to `LONGEST`.

    It is looked for between the first two of some lengths, ever longer, of which only the second is long enough.
    """
    low = 0.0
    if value(low) >= 0:
        return low
    for high in STEPS:
        if value(high) >= 0:
            while high - low > CLOSE * min(1.0, high):
                middle = (low + high) / 2
                low, high = (low, middle) if value(middle) >= 0 else (middle, high)
            return high
        low = high
    return None


# --- flows ---------------------------------------------------------------------------------------------------------


def _margin(bench: _Bench, answer: Answer) -> float | None:
    """What carrying an answer out is worth to the one whom it hurts most."""
    rows = bench.under({NAMELESS: answer}).carrying_out(bench.plan)
    return min((row.slack or 0.0 for row in rows), default=None)


def _scale(rows: Sequence[Slack]) -> float:
    return max(1.0, *(row.scale for row in rows))


def _needed(
    bench: _Bench, answer: Answer, party: str, secret: str | None, at: Slack, dropped: float, available: float
) -> float | None:
    """Points a year that must be suspended so that a breach is deterred at a moment; `dropped`: what it is worth then
    were nothing suspended.
    """
    gain, taken = dropped - (at.keep or 0.0), 0.0
    if gain <= 0:
        return 0.0
    if available > 0:
        rows = bench.lapses(answer.model_copy(update={"cost": ZERO}), party, secret)
        taken = dropped - next(r.deviate or 0.0 for r in rows if (r.kind, *_moment(r)) == (at.kind, *_moment(at)))
    if taken > 0:
        return gain * available / taken
    discount = bench.dossier.parties[party].discount
    if discount is None:
        return None
    rho = discount.value
    waits = answerers(bench.dossier, party).values()
    whole = math.exp(-rho * min(waits, default=math.inf)) * -math.expm1(-rho * answer.length.value) / rho
    return gain / whole if whole > 0 else None


def _forward(bench: _Bench, party: str, at: Slack, lacking: float) -> tuple[str, date, date] | None:
    """The later step of others whose effects, were they there by then, would make up what there is too little of."""
    plan, dossier = bench.plan, bench.dossier
    later = [n for n in plan.entry if _suspendable(bench, party, n) and not bench.entered(n, party, at)]
    flows = {n: _flow(dossier, party, n) for n in later}
    if not later or at.date is None:
        return None
    enough = [n for n in later if flows[n] >= lacking]
    chosen = min(enough, key=lambda n: flows[n]) if enough else max(later, key=lambda n: flows[n])
    day = plan.entry[chosen]
    return None if day is None or day <= at.date else (chosen, day, at.date)


# --- together, and false alarms --------------------------------------------------------------------------------------


def _joint(bench: _Bench) -> tuple[Slack, ...]:
    """Of each set of answers to one party's breach the lapse that comes nearest to paying."""
    worst: dict[tuple[str | None, str | None], Slack] = {}
    for row in bench.judge.conditions(bench.plan, ("lapse", "never")):
        key = row.party, row.answer
        if key not in worst or (row.slack or 0.0) < (worst[key].slack or 0.0):
            worst[key] = row
    return tuple(worst.values())


def _alarms(bench: _Bench, clock: Clock) -> Alarms:
    dossier, plan = bench.dossier, bench.plan
    quiet, loud = bench.under({}).values(plan), bench.judge.values(plan)
    best: dict[str, Trigger | None] = {}
    for name, answer in dossier.answers.items():
        if clock.left > 0 and any(plan.entry.get(m) is not None for m in answer.to):
            best[name] = _trigger(bench, name, clock)
    cost = {p: quiet[p] - loud[p] for p in dossier.parties if dossier.parties[p].stakes}
    return Alarms(false_alarms(dossier, plan), best, cost)


def _trigger(bench: _Bench, name: str, clock: Clock) -> Trigger | None:
    """The shortest length of an answer that deters all of its breaches, under the regime that leaves the most value."""
    found: list[tuple[float, Trigger]] = []
    for regime, under in _regimes(bench, name):
        years = _least(lambda years, under=under: _answer_deters(under, name, years)) if clock.left > 0 else None  # type: ignore[misc]
        if years is not None:
            values = under.under(_with_length(under.dossier, name, years)).values(under.plan)
            total = sum(values[p] for p, one in under.dossier.parties.items() if one.must_consent)
            found.append((total, Trigger(years, regime)))
    return max(found, key=lambda one: one[0])[1] if found else None


def _with_length(dossier: Dossier, name: str, years: float) -> dict[str, Answer]:
    return {**dossier.answers, name: _lasting(dossier.answers[name], years)}


def _answer_deters(bench: _Bench, name: str, years: float) -> float:
    rows = bench.under(_with_length(bench.dossier, name, years)).conditions(bench.plan, ("lapse", "never"))
    mine = [row for row in rows if row.answer == name]
    return _deterred(mine) if mine else 0.0


def _regimes(bench: _Bench, name: str) -> Iterator[tuple[str | None, _Bench]]:
    """The regimes of the one measure that an answer is to and that is inspected in several ways; else as it is."""
    dossier = bench.dossier
    menus = [m for m in dossier.answers[name].to if (v := dossier.measures[m].verify) and v != "open" and v.regimes]
    if len(menus) != 1 or bench.plan.entry.get(menus[0]) is None:
        yield None, bench
        return
    verify = dossier.measures[menus[0]].verify
    for regime in verify.regimes if verify and verify != "open" else ():
        other = apply(dossier, {f"measures.{menus[0]}.verify.regime": regime}, name="regime")
        yield regime, _Bench(Judge(other), bench.plan)
