"""What it rests on that a plan is kept: fear of what, whose threats, how long nobody walks out. ANSWERS R4, R8, §2, §9.

Everything here is asked of the judge; nothing is solved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from detente.design.plan.clock import Clock
from detente.design.questions.margins import dangerous
from detente.design.questions.parallel import each, on, stopped
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack, Verdict, measures_in
from detente.model.judge.weighing.rows import Family
from detente.model.plan import Plan
from detente.model.tolerance import slight

MOST = 0.99
"""The greatest chance of walking out within a year that is tried."""
CHANCES = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, MOST)
"""Chances at which the whole plan is judged, as far as it is kept: between two at which it is, none is searched."""
PRECISION = 1e-5
"""How closely a chance is found, as a part of it."""
QUICK = ("consent", "breakout")
"""Kinds of conditions that are judged in no time: with them the search begins."""

ASSUMED = (
    "Once a breach is known, whoever answers the breaker stops what answers to it, and takes back what costs it "
    "something or falls with the deal. What nobody minds goes on, and so does all that does not answer to the breaker: "
    "that may still end because somebody else leaves.",
    "That ends the deal: the losses of no deal return, the breaker bears its cost of collapse, and nobody forgives. "
    "Real partners may shrug at a small breach; and where alarms can be false, ending all destroys what it protects.",
)
"""What is assumed about breaches. ANSWERS R4; as docs/rests-on.md says it."""
LEFT_OUT = (
    "What is tried, of every party, just before and after each date and at the times between from which an answer "
    "would come just too late for another step: to break out openly; to fake a measure together with all that costs "
    "the faker something and is seen no faster; and to do so and then break openly, at whichever later of these "
    "moments is best.",
    "Between these moments open breaches are searched, but that secret cheating does not pay there, or to leave there "
    "after it, is not proved.",
    "Left out: breaking a deal so as to renegotiate it, several parties that break it together, evidence that only "
    "one party sees, factions inside a party, faking a step without those that are seen no faster, changing one's mind "
    "twice, choosing what to drop with interactions in view, entering after one's own breach what one likes, and "
    "inspections drawn by lot within the design.",
)
"""What the deviations that are tried cover, and what they leave out. ANSWERS R7, §9; as docs/rests-on.md says it."""


@dataclass(frozen=True)
class _Least:
    """The thinnest margin against a temptation, and what shares of it are fear of the end; None where it is nothing."""

    row: Slack
    from_collapse_cost: float | None
    from_no_deal: float | None


@dataclass(frozen=True)
class Walkout:
    """How likely a party walks out within a year, and the least chance at which the plan is no longer kept."""

    party: str
    stated: float | None
    """None where the dossier states no rate."""
    flips: float | None
    """None: no chance up to 99 % does it, or it was not tried."""
    then: tuple[str, str | None, str | None] | None = None
    """What fails first there: kind, party, date."""
    tried: bool = True


@dataclass(frozen=True)
class Footing:
    """What it rests on that a plan is kept."""

    first_false_alarm: float | None
    """Years until the first false alarm is to be expected, once all of the plan stands; None where none is stated."""
    least: _Least | None
    forgive: tuple[Slack, ...]
    """Rows of `Judge.forgiving`, the greatest margin first."""
    empty: tuple[str, ...]
    """Parties whose breach stops nothing that anybody minds and takes nothing down."""
    walkouts: tuple[Walkout, ...]
    left_out: tuple[str, ...] = LEFT_OUT


def footing(
    dossier: Dossier,
    plan: Plan,
    verdict: Verdict,
    *,
    walkouts: Sequence[Walkout] | None = None,
    seconds: float = math.inf,
    cancelled: Callable[[], bool] = lambda: False,
    executor: Executor | None = None,
) -> Footing:
    """What a judged plan rests on; `walkouts`: where they are known already; `seconds`: how long to look for them.

    `executor`: where they are looked for, party by party; by default here.
    """
    judge = Judge(dossier)
    if walkouts is None:
        clock = Clock(seconds, cancelled)
        with on(executor, lambda: clock.left <= 0) as pool:
            walkouts = walkouts_of(judge, plan, clock, pool)
    alarms = false_alarms(dossier, plan)
    return Footing(
        # All measures of the plan count, under their chosen regimes, as in `verify needs`: an alarm needs no cheat.
        first_false_alarm=1 / alarms if alarms > 0 else None,
        least=_least(verdict),
        forgive=tuple(sorted(judge.forgiving(plan), key=lambda s: -(s.slack or 0.0))),
        empty=empty_threats(judge, plan),
        walkouts=tuple(walkouts),
        left_out=(*LEFT_OUT, *_untried(dossier, walkouts)),
    )


def _untried(dossier: Dossier, walkouts: Iterable[Walkout]) -> Iterator[str]:
    names = [dossier.parties[w.party].name or w.party for w in walkouts if not w.tried]
    if names:
        found = "was not worked out before the search was stopped"
        yield f"How likely each of these may walk out {found}: {', '.join(names)}."


def false_alarms(dossier: Dossier, plan: Plan) -> float:
    """False alarms to be expected a year once a whole plan stands, under the regimes that a dossier chooses."""
    standing = [dossier.measures[m].verification for m, day in plan.entry.items() if day is not None]
    return math.fsum(v.false_alarms.value for v in standing if v is not None)


# --- fear of the end ---------------------------------------------------------------------------------------------


def _least(verdict: Verdict) -> _Least | None:
    """The most dangerous moment, as reports call it, and the shares of its slack.

    A slack of nothing (to the judge's tolerance) or less has no shares; the row holds the amounts in points.
    """
    row = dangerous(verdict)
    if row is None or row.slack is None:
        return None
    nothing = slight(row.scale, row.keep or 0.0, row.deviate or 0.0)
    if row.slack <= nothing or row.from_collapse_cost is None or row.from_no_deal is None:
        return _Least(row, None, None)
    return _Least(row, row.from_collapse_cost / row.slack, row.from_no_deal / row.slack)


def empty_threats(judge: Judge, plan: Plan) -> tuple[str, ...]:
    """Parties that perform something in a plan of which no other party, after their breach, would be glad to stop
    anything that answers to them, and nothing of others falls. ANSWERS R8.

    The dossier's warning (lesson.empty_threat) asks the same of all that could be in a plan, and only of whom something
    tempts to break it.
    """
    facts = judge.facts
    active = [facts.measure[m] for m in measures_in(judge, plan)]

    def threatens(m: int, breacher: int) -> bool:
        others = facts.by[m] - {breacher}
        if not others or not facts.answering(m, breacher):
            return False
        return facts.bodies[m].falls or any(facts.costs(p, m) for p in others)

    performers = [p for p in range(len(facts.parties)) if any(p in facts.by[m] for m in active)]
    return tuple(facts.parties[p] for p in performers if not any(threatens(m, p) for m in active))


# --- walking out -------------------------------------------------------------------------------------------------


def walkouts_of(judge: Judge, plan: Plan, clock: Clock, executor: Executor) -> tuple[Walkout, ...]:
    """For each party that performs something in a plan, the least chance a year of its walking out that breaks it.

    The chance stands in place of all rates that the dossier states for the party; its dated exits, and all exits of
    others, stay. Broken: a condition with values (consent, temptation, exposure) fails; others do not hang on exits.
    0 where the plan is not kept even if the party never walks out. The chances at which a plan is kept need not be an
    interval: the plan is judged at each of CHANCES, and the search goes into the first stretch that ends broken.
    """
    dossier = judge.dossier
    acting = [p for p in dossier.parties if any(p in dossier.measures[m].by for m in measures_in(judge, plan))]
    asked = [(dossier, plan, p, clock.left) for p in acting]
    found = {who[2]: walkout for who, walkout in each(executor, _walkout, asked, cancelled=lambda: clock.left <= 0)}
    return tuple(found.get(p) or Walkout(p, _stated(dossier, p), None, tried=False) for p in acting)


def _walkout(asked: tuple[Dossier, Plan, str, float]) -> Walkout:
    dossier, plan, party, seconds = asked
    clock = Clock(seconds, stopped)
    return _Leaving(Judge(dossier), plan, party, lambda: clock.left <= 0).walkout(_stated(dossier, party))


def _stated(dossier: Dossier, party: str) -> float | None:
    """The chance a year of a party's walking out that a dossier states."""
    rates = [e.rate for e in dossier.exits if e.party == party and e.at is None]
    return -math.expm1(-math.fsum(rates)) if rates else None


class _TimeIsUp(Exception):
    """There is no time to go on."""


@dataclass
class _Leaving:
    """A plan, where one party walks out more or less often."""

    judge: Judge
    plan: Plan
    party: str
    over: Callable[[], bool]

    def broken(self, chance: float, among: Iterable[Family]) -> Mapping[Family, Slack]:
        """What fails if the party walks out with this chance within a year, of some conditions."""
        if self.over():
            raise _TimeIsUp
        return self.judge.leaving_at(self.party, -math.log1p(-chance)).breaks(self.plan, among)

    def walkout(self, stated: float | None) -> Walkout:
        try:
            found = self._flip()
        except _TimeIsUp:
            return Walkout(self.party, stated, None, tried=False)
        if found is None:
            return Walkout(self.party, stated, None)
        chance, rows = found
        first = min(rows.values(), key=_relative)
        day = None if first.date is None else first.date.isoformat()
        return Walkout(self.party, stated, chance, (first.kind, first.party, day))

    def _flip(self) -> tuple[float, Mapping[Family, Slack]] | None:
        """The least chance at which something fails, and what: first by what is quick to judge, then by all."""
        every = self.judge.families(self.plan)
        found = self._first([f for f in every if f.kind in QUICK], CHANCES, 0.0)
        slow = [f for f in every if f.kind not in QUICK]
        earlier = self._first(slow, [c for c in CHANCES if found is None or c < found[0]], 0.0)
        found = earlier or found
        while found is not None and found[0] > 0:
            near = found[0] * (1 - 2 * PRECISION)
            earlier = self._first(every, [near], max(c for c in CHANCES if c < near))
            if earlier is None:
                break
            found = earlier
        return found

    def _first(
        self, among: Sequence[Family], chances: Sequence[float], kept: float
    ) -> tuple[float, Mapping[Family, Slack]] | None:
        """The first of rising chances at which one of some conditions fails, brought closer from below."""
        for chance in chances:
            rows = self.broken(chance, among)
            if rows:
                return self._closer(kept, chance, rows)
            kept = chance
        return None

    def _closer(self, kept: float, chance: float, rows: Mapping[Family, Slack]) -> tuple[float, Mapping[Family, Slack]]:
        """Halve between a chance at which all is kept and one at which these fail; what no longer fails is dropped."""
        while chance - kept > PRECISION * chance:
            middle = (kept + chance) / 2
            fewer = self.broken(middle, rows)
            if fewer:
                chance, rows = middle, fewer
            else:
                kept = middle
        return chance, rows


def _relative(row: Slack) -> float:
    """Slack in units of the party's scale."""
    return (row.slack or 0.0) / max(row.scale, abs(row.keep or 0.0), abs(row.deviate or 0.0), 1e-300)
