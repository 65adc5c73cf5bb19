"""Keeping a plan against every deviation from it: all conditions with values, by family. DESIGN §5, ANSWERS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from detente.dossier.schema import Dossier
from detente.model.judge.calendar import Calendar
from detente.model.judge.facts import Facts
from detente.model.judge.paths.branches import Leavers
from detente.model.judge.replies import Replies
from detente.model.judge.stakes import Stakes
from detente.model.judge.timing import Timetable
from detente.model.judge.weighing.breakout import Between, Breakouts
from detente.model.judge.weighing.consent import Consents
from detente.model.judge.weighing.covert import Coverts, CovertsLeft
from detente.model.judge.weighing.exposure import Exposures, ExposuresLeft
from detente.model.judge.weighing.forgiving import CarryingOut, Forgiving
from detente.model.judge.weighing.lapses import Lapses
from detente.model.judge.weighing.plan_values import PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read
from detente.model.judge.weighing.streams import Streams
from detente.model.plan import Plan

RECENT = 4
"""Plans whose conditions are kept once weighed: who asks whether one is accepted asks next what it misses."""


class FamilyKind(Protocol):
    """A kind of condition with values."""

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of its families."""

    @property
    def late(self) -> bool:
        """Whether it is a search that finds their moments."""

    @property
    def narrows(self) -> bool:
        """Whether it looks for less where only the worst is asked for."""

    def families(self, plan: Read) -> Iterator[Family]:
        """Those that concern a plan."""

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        """The rows of one; `worst`: where moments are searched for, only what is broken."""


class Weighing:
    """Weighs keeping a plan against every deviation from it, for the plans of one dossier."""

    def __init__(self, clock: Timetable, streams: Streams, replies: Replies) -> None:
        values = PlanValues(streams, replies)
        self.clock = clock
        self.values = values
        self.consents = Consents(values)
        self.between = Between(values)
        self.listed_kinds: tuple[FamilyKind, ...] = (
            self.consents,
            Breakouts(values),
            Coverts(values),
            Exposures(values),
            Lapses(values),
            CarryingOut(values),
        )
        """In order of cost."""
        self.late_kinds: tuple[FamilyKind, ...] = (CovertsLeft(values), ExposuresLeft(values), self.between)
        every = (*self.listed_kinds, *self.late_kinds)
        self._kind_of = {(kind, weigher.late): weigher for weigher in every for kind in weigher.kinds}
        self._waits = _waits(values.facts)
        self._recent: dict[object, Read] = {}

    @classmethod
    def of(cls, dossier: Dossier, facts: Facts) -> Weighing:
        return cls(
            Timetable(dossier, facts),
            Streams(Calendar(dossier, facts), Stakes.of(dossier, facts), Leavers.of(dossier, facts)),
            Replies(dossier, facts),
        )

    def leaving_at(self, q: int, rate: float) -> Weighing:
        """The same where a party leaves at one rate a year instead of those that the dossier states."""
        return Weighing(self.clock, self.values.streams.leaving_at(q, rate), self.values.replies)

    def answering(self, dossier: Dossier) -> Weighing:
        """The same under the answers of a dossier that is another in nothing else."""
        streams = self.values.streams.unanswered()
        return Weighing(self.clock, streams, Replies(dossier, self.values.facts))

    def read(self, plan: Plan) -> Read:
        """A plan, as it is weighed."""
        timing = self.clock.timing(plan)
        key = timing.rises, *timing.off.items(), *timing.shrinks.items()
        read = self._recent.pop(key, None)
        if read is None:
            read = Read(timing, self._waits)
        self._recent[key] = read
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        return read

    def families(self, plan: Read) -> Iterator[Family]:
        """All that are listed, in order of cost."""
        for kind in self.listed_kinds:
            yield from kind.families(plan)

    def late_families(self, plan: Read) -> Iterator[Family]:
        """Those that a search finds."""
        for kind in self.late_kinds:
            yield from kind.families(plan)

    def rows(self, plan: Read, family: Family, *, worst: bool = True) -> list[Comparisons]:
        """The rows of a family; `worst`: where moments are searched for, only what is broken."""
        kind = self._kind_of[family.kind, family.late]
        key = family, worst and kind.narrows
        if key not in plan.rows:
            self.values.streams.trim()
            plan.rows[key] = list(kind.rows(plan, family, worst=worst))
        return plan.rows[key]

    def listed(self, plan: Read) -> Iterator[Comparisons]:
        """All at the moments of the calendar, in order of cost."""
        for family in self.families(plan):
            yield from self.rows(plan, family)

    def unlisted(self, plan: Read, *, worst: bool) -> Iterator[Comparisons]:
        """Faking that ends in an open break, and moments the calendar lacks; `worst`: only what is broken."""
        for family in self.late_families(plan):
            yield from self.rows(plan, family, worst=worst)

    def forgiving(self, plan: Read) -> Iterator[Comparisons]:
        """Whether answerers would rather forgive a breach of one measure."""
        return Forgiving(self.values).rows(plan)

    def carrying_out(self, plan: Read) -> Iterator[Comparisons]:
        """Whether it hurts those who suspend something to do so, for each answer, binding or not."""
        return CarryingOut(self.values).all(plan)


def _waits(facts: Facts) -> list[list[tuple[int, int]]]:
    """Of each mover: the measures of others that answer to it, each with one of the mover's that it needs."""
    parties, measures = range(len(facts.parties)), range(len(facts.measures))
    answering = [[m for m in measures if q in facts.answers_to[m] and q not in facts.by[m]] for q in parties]
    return [[(m, n) for m in answering[q] for n in facts.needs[m] if q in facts.by[n]] for q in parties]
