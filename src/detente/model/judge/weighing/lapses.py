"""Lapses that are answered: dropping or faking what an answer is to, and curing that once it is known, or never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detente.model.judge.replies import Reply
from detente.model.judge.weighing.covert import cheats
from detente.model.judge.weighing.pausing import Pausing
from detente.model.judge.weighing.plan_values import PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read


@dataclass(frozen=True)
class Lapses:
    """Of each set of answers to a party's breach that hang together: open lapses, and covert ones of each measure."""

    values: PlanValues
    kinds = ("lapse", "never")
    late = False
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        replies = self.values.replies
        for p in self.values.stakes.worths if replies else ():
            for some in replies.together[p]:
                if all(plan.acts(reply.to) for reply in some):
                    yield from self._of(plan, p, some)

    def _of(self, plan: Read, p: int, replies: Sequence[Reply]) -> Iterator[Family]:
        numbers, to = tuple(reply.number for reply in replies), {m for reply in replies for m in reply.to}
        covert = [c for c in cheats(self.values, plan, p) if c.measure in to]
        yield from (Family(kind, p, answers=numbers) for kind in ("lapse", "never"))
        for kind in ("lapse", "never"):
            yield from (Family(kind, p, None, c.measure, c.entry, answers=numbers) for c in covert)

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        calendar = self.values.calendar
        at = calendar.breaking[family.party] if family.measure is None else calendar.chances(family.cheat)
        rows = Pausing(self.values).lapsing(plan, family, at) if len(at) else None
        if rows is not None:
            yield rows
