"""What it rests on that a plan is kept: fear of what, whose threats, how long nobody walks out. ANSWERS R4, R8, §2, §9.

Everything here is asked of the judge; nothing is solved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from detente.design.plan.clock import Clock
from detente.design.questions.margins import dangerous
from detente.design.questions.parallel import on
from detente.design.questions.walkouts import Walkout, walkouts_of
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack, Verdict, measures_in
from detente.model.plan import Plan
from detente.model.tolerance import slight

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


LAPSES_LEFT_OUT = (
    "Of lapses that are answered these are left out: to break openly while the suspension after an open lapse runs, to "
    "lapse again during a penance whose answer would end the deal, answers that end the deal together with others that "
    "suspend nothing in common, to lapse while a false alarm has suspended what the answer would, a suspension as a "
    "breach that is answered in turn, and what measures do only together; between the moments that are tried nothing "
    "is proved.",
)
"""The same of cases with answers to breaches. ANSWERS §4, §5."""


@dataclass(frozen=True)
class _Least:
    """The thinnest margin against a temptation, and what shares of it are fear of the end; None where it is nothing."""

    row: Slack
    from_collapse_cost: float | None
    from_no_deal: float | None


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
            walkouts = walkouts_of(judge, plan, verdict, clock, pool)
    alarms = false_alarms(dossier, plan)
    return Footing(
        # All measures of the plan count, under their chosen regimes, as in `verify needs`: an alarm needs no cheat.
        first_false_alarm=1 / alarms if alarms > 0 else None,
        least=_least(verdict),
        forgive=tuple(sorted(judge.forgiving(plan), key=lambda s: -(s.slack or 0.0))),
        empty=empty_threats(judge, plan),
        walkouts=tuple(walkouts),
        left_out=(*LEFT_OUT, *LAPSES_LEFT_OUT[: bool(dossier.answers)], *_untried(dossier, walkouts)),
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
