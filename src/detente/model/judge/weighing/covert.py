"""Cheating: faking a measure, and what goes with it, until that is found out or the cheat breaks openly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detente.model.judge.calendar import Cheat
from detente.model.judge.weighing.pausing import Pausing
from detente.model.judge.weighing.plan_values import PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read


def cheats(values: PlanValues, plan: Read, q: int) -> Iterator[Cheat]:
    """What of a plan a party can fake, and when it enters."""
    for m in values.facts.acts[q]:
        e = plan.timing.first[m]
        if values.facts.fakeable[m] and e is not None:
            yield Cheat(q, m, e)


def broken_later(values: PlanValues, rows: Comparisons, cheat: Cheat, *, at_entry: bool) -> Iterator[Comparisons]:
    """Rows [moments, leaving moments] at the later moment that is worst for each; none where there is none."""
    calendar = values.calendar
    at, then = calendar.chances(cheat), calendar.leavings(cheat)
    found = rows.at_best(calendar.all[then], then[None, :] > (at[:1] if at_entry else at)[:, None])
    if found is not None:
        yield found


@dataclass(frozen=True)
class Coverts:
    """Faking at its entry, or undoing it in secret later, till it is found out."""

    values: PlanValues
    kinds = ("covert",)
    late = False
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        for p in self.values.stakes.worths:
            yield from (Family("covert", p, None, c.measure, c.entry) for c in cheats(self.values, plan, p))

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        values, at = self.values, self.values.calendar.chances(family.cheat)
        if len(at):
            keeping = values.keeping(plan, family.party, at)
            stream = values.streams.faked(family.cheat, at_entry=False)
            yield values.tempted(plan, family, keeping, stream).flat()


@dataclass(frozen=True)
class CovertsLeft:
    """As `Coverts`, and breaking openly at whichever later moment is best. ANSWERS R2.

    Of what an answer is to, also with the pause that it brings, in place of the deal's end.
    """

    values: PlanValues
    kinds = ("covert",)
    late = True
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        for family in Coverts(self.values).families(plan):
            yield family._replace(late=True)
            for reply in self.values.replies.by_breacher[family.party]:
                if family.measure in reply.to:
                    yield family._replace(late=True, answers=(reply.number,))

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        values, cheat = self.values, family.cheat
        at = values.calendar.chances(cheat)
        if not len(values.calendar.leavings(cheat)):
            return
        keeping = values.keeping(plan, family.party, at)
        if family.answers:
            rows = Pausing(values).left(plan, family, keeping)
        else:
            rows = values.tempted(plan, family, keeping, values.streams.left(cheat, at_entry=False))
        yield from broken_later(values, rows, cheat, at_entry=False)
