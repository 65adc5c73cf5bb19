"""How likely a party must be to walk out for a plan not to be kept any more. ANSWERS R9, §2.

It is looked for by what-ifs of the plan, and judged where it is found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np

from detente.design.plan.clock import Clock
from detente.design.questions.leaving import Concern, Leavings, about, shares_of, size
from detente.design.questions.parallel import each, stopped
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack, Verdict, measures_in
from detente.model.judge.weighing.rows import Family
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.tolerance import SLIGHT

MOST = 0.99
"""The greatest chance of walking out within a year that is tried."""
CHANCES = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, MOST)
"""Chances at which the whole plan is judged, as far as it is kept: between two at which it is, none is searched."""
PRECISION = 1e-5
"""How closely a chance is found, as a part of it."""
QUICK = ("consent", "breakout")
"""Kinds of conditions that are judged in no time: with them the search begins."""
COARSE = (0.1, 0.2, 0.4, 0.6, 0.8, MOST)
"""Chances at which what takes long is judged first; at those in between only what may fail there."""
SAFE, FAR = 0.5, 2.0
"""What a margin must be at two chances, as a part of its change between them, not to be looked at in between; and how
many times that change it must exceed, a stretch as long farther, not to be looked at there."""


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


def walkouts_of(judge: Judge, plan: Plan, verdict: Verdict, clock: Clock, executor: Executor) -> tuple[Walkout, ...]:
    """For each party that performs something in a plan, the least chance a year of its walking out that breaks it.

    The chance stands in place of all rates that the dossier states for the party; its dated exits, and all exits of
    others, stay. Failing: a condition with values (consent, temptation, exposure) fails; others do not hang on exits.
    0 where the plan is not kept even if the party never walks out. The chances at which a plan is kept need not be an
    interval: margins are looked at at each of CHANCES, and the search goes into the first stretch that ends broken.
    What-ifs say where that is, of the conditions that are met by least if the party never walks out. The judge looks
    at all conditions there, and just below at what fails there or is not safe by its margins: the plan must be broken
    and kept. Where they do not agree, all is judged.
    """
    dossier = judge.dossier
    acting = [p for p in dossier.parties if any(p in dossier.measures[m].by for m in measures_in(judge, plan))]
    rows = [row for row in verdict.slacks if row.keep is not None]
    case = _Case(dossier, plan, tuple(_tightest_rows(rows)), many=len(rows) > MANY and not dossier.answers)
    asked = [(case, clock.left, p) for p in acting]
    found = {who[2]: walkout for who, walkout in each(executor, _walkout, asked, cancelled=lambda: clock.left <= 0)}
    return tuple(found.get(p) or Walkout(p, _stated(dossier, p), None, tried=False) for p in acting)


@dataclass(frozen=True)
class _Case:
    """A plan that is asked about."""

    dossier: Dossier
    plan: Plan
    rows: tuple[Slack, ...]
    """The conditions with values that it meets by least, or misses."""
    many: bool
    """Whether there are so many that judging all of them takes long, and what-ifs know of all that may fail."""


def _walkout(asked: tuple[_Case, float, str]) -> Walkout:
    case, seconds, party = asked
    clock, stated = Clock(seconds, stopped), _stated(case.dossier, party)
    rows = case.rows if not stated else ()
    leaving = _Leaving(Judge(case.dossier), case.plan, party, rows, lambda: clock.left <= 0)
    try:
        found = _found(leaving) if case.many else leaving.first()
    except _TimeIsUp:
        return Walkout(party, stated, None, tried=False)
    if found is None:
        return Walkout(party, stated, None)
    chance, broken = found
    first = min(broken.values(), key=_relative)
    day = None if first.date is None else first.date.isoformat()
    return Walkout(party, stated, chance, (first.kind, first.party, day))


def _found(leaving: _Leaving) -> Failing | None:
    """The least chance at which something fails, and what."""
    try:
        return _Looking(leaving).first()
    except _Unsure:
        return leaving.first()


def _stated(dossier: Dossier, party: str) -> float | None:
    """The chance a year of a party's walking out that a dossier states."""
    rates = [e.rate for e in dossier.exits if e.party == party and e.at is None]
    return -math.expm1(-math.fsum(rates)) if rates else None


MANY = 1000
"""Conditions of a plan from which on what-ifs of some of them save time."""
TRIES = 4
"""How often rows that the judge breaks join those that are looked at."""
FEW = 4
"""Rows of each topic that are looked at first."""


class _Unsure(Exception):
    """What-ifs and judge do not agree."""


class _TimeIsUp(Exception):
    """There is no time to go on."""


Tightest = Mapping[Family, Slack]
Failing = tuple[float, Tightest]
"""A chance, and what fails there."""


class _Leaving:
    """A plan, where one party walks out more or less often.

    `rows`: conditions with values of the plan if it never does, where they are known.
    """

    def __init__(self, judge: Judge, plan: Plan, party: str, rows: Sequence[Slack], over: Callable[[], bool]) -> None:
        self.judge, self.plan, self.party, self.over = judge, plan, party, over
        self.every = judge.families(plan)
        self.rows = rows
        least: dict[Concern, float] = {}
        for row in rows:
            least[about(row)] = min(_margin(row), least.get(about(row), math.inf))
        known = {f: least[self.about(f)] for f in self.every if least.get(self.about(f), -1.0) >= 0}
        self._seen = {f: [(0.0, margin)] for f, margin in known.items()}
        """Of each family chances at which it is met, in the order of rising, with its margins there."""

    def about(self, family: Family) -> Concern:
        facts = self.judge.facts
        party, other = (None if x is None else facts.parties[x] for x in (family.party, family.other))
        return family.kind, party, other, None if family.measure is None else facts.measures[family.measure]

    def tightest(self, chance: float, among: Iterable[Family]) -> Tightest:
        """The least margin of each of some families if the party walks out with this chance within a year."""
        if self.over():
            raise _TimeIsUp
        return self.judge.leaving_at(self.party, -math.log1p(-chance)).tightest(self.plan, among)

    def first(self) -> Failing | None:
        """The least chance at which something fails, and what: first by what is quick to judge, then by all."""
        first = self._first([f for f in self.every if f.kind in QUICK], CHANCES)
        before = math.inf if first is None else first[0]
        first = self._slow([f for f in self.every if f.kind not in QUICK], before) or first
        found = None if first is None else self._closer(*first)
        while found is not None and found[0] > 0:
            near = found[0] * (1 - 2 * PRECISION)
            rows = _broken(self.tightest(near, [f for f in self.every if self._may_fail_before(f, near)]))
            if not rows:
                break
            found = self._closer(near, rows)
        return found

    def _first(self, among: Iterable[Family], chances: Iterable[float]) -> Failing | None:
        """The first of rising chances at which one of some families fails, and which do."""
        for chance in chances:
            judged = self.tightest(chance, [f for f in among if not self._is_met(f, chance)])
            if rows := _broken(judged):
                return chance, rows
            self._note(chance, judged)
        return None

    def _slow(self, among: Sequence[Family], before: float) -> Failing | None:
        """As `_first`, before some chance, by few judgements."""
        last = -1.0
        for chance in (c for c in COARSE if c < before):
            judged = self.tightest(chance, [f for f in among if self._may_fail_after(f, chance)])
            self._note(chance, judged)
            unsure = [f for f in judged if self._may_fail_before(f, chance)]
            if (earlier := self._first(unsure, [c for c in CHANCES if last < c < chance])) is not None:
                return earlier
            if rows := _broken(judged):
                return chance, rows
            last = chance
        left = [c for c in CHANCES if last < c < before]
        return self._first([f for f in among if left and self._may_fail_after(f, left[-1])], left)

    def _note(self, chance: float, judged: Tightest) -> None:
        for family, row in judged.items():
            self._seen[family] = sorted({*self._seen.get(family, []), (chance, _margin(row))})

    def _is_met(self, family: Family, chance: float) -> bool:
        return any(at == chance for at, _ in self._seen.get(family, []))

    def _may_fail_after(self, family: Family, chance: float) -> bool:
        """Whether something may fail at a chance farther out than it was judged."""
        seen = self._seen.get(family, [])
        if len(seen) < 2:
            return True
        (before, was), (last, margin) = seen[-2:]
        return margin < FAR * abs(margin - was) * (chance - last) / (last - before)

    def _may_fail_before(self, family: Family, chance: float) -> bool:
        """Whether something may fail between the chances about this one at which it was judged."""
        seen = self._seen.get(family, [])
        below = [margin for at, margin in seen if at < chance][-1:]
        above = [margin for at, margin in seen if at >= chance][:1]
        if not below or not above:
            return not below or self._may_fail_after(family, chance)
        return min(*below, *above) < SAFE * abs(below[0] - above[0])

    def _closer(self, chance: float, rows: Tightest) -> Failing:
        """Halve between the last of CHANCES and one at which these fail, as far as `_between` does not tell already."""
        first = kept = max((c for c in CHANCES if c < chance), default=0.0)
        meets, fails = self._between(kept, chance, rows)
        while chance - kept > PRECISION * chance:
            middle = (kept + chance) / 2
            if middle >= fails or (middle > meets and _broken(self.tightest(middle, rows))):
                chance = middle
            else:
                kept = middle
        return chance, _broken(self.tightest(chance, rows)) if kept > first else rows

    def _between(self, kept: float, chance: float, rows: Tightest) -> tuple[float, float]:
        """Two chances close together: at the lower all of these are met, at the other one of them fails.

        By the secant, in whose stead every fourth step halves; an end that stays counts half (Illinois). What no longer
        fails is dropped.
        """
        low, high, failed = math.inf, min(map(_margin, rows.values())), False
        for step in count():
            near = 0.4 * PRECISION * chance
            if chance - kept <= near:
                break
            x = (kept + chance) / 2
            if step % 4 and low < math.inf:
                x = min(max(chance - (chance - kept) * high / (high - low), kept + near / 2), chance - near / 2)
            judged = self.tightest(x, rows)
            margin = min(map(_margin, judged.values()))
            if fewer := _broken(judged):
                low = low / 2 if failed else low
                chance, rows, high, failed = x, fewer, margin, True
            else:
                high = high if failed else high / 2
                kept, low, failed = x, margin, False
        return kept, chance


class _Looking:
    """As `_Leaving`, looked for by what-ifs, and judged where it is found."""

    def __init__(self, leaving: _Leaving) -> None:
        self.leaving = leaving

    def first(self) -> Failing | None:
        """The least chance at which something fails, and what. Raises _Unsure where what-ifs and judge do not agree."""
        leaving = self.leaving
        shares, rows = shares_of(leaving.judge, leaving.plan), leaving.rows
        if shares is None or not rows or any(_margin(row) < 0 for row in rows):
            raise _Unsure
        model = Model.of(leaving.judge.dossier)
        tried = Leavings(model, model.parties.index(leaving.party), shares, rows)
        for _ in range(TRIES):
            found, missed = self._tried(tried)
            if not missed:
                return found
            tried = tried.with_rows({*tried.rows, *missed.values()})
        raise _Unsure

    def _tried(self, tried: Leavings) -> tuple[Failing | None, Tightest]:
        """Where some rows first fail; and what else fails before, by the judge."""
        margins = [(0.0, np.array([_margin(row) for row in tried.rows]))]
        for chance in CHANCES[1:]:
            margins.append((chance, tried.margins(chance)))
            if margins[-1][1].min() < 0:
                break
        else:
            return None, _broken(self.leaving.tightest(MOST, self.leaving.every))
        below, above = margins[-2:]
        chance = self._from_halving(below[0], above[0], tried.edge(below, above, PRECISION / 5))
        near = chance * (1 - 2 * PRECISION)
        margins[-1:] = [(x, tried.margins(x)) for x in (0.9 * near, chance) if x > below[0]]
        failing = {about(row) for row, margin in zip(tried.rows, margins[-1][1], strict=True) if margin < 0}
        broken = _broken(self.leaving.tightest(chance, self.leaving.every))
        if not broken:
            raise _Unsure
        doubtful = failing | {self.leaving.about(f) for f in broken} | _unsafe(tried.rows, margins)
        before = [f for f in self.leaving.every if self.leaving.about(f) in doubtful or (f.late and f.kind in QUICK)]
        return (chance, broken), _broken(self.leaving.tightest(near, before))

    @staticmethod
    def _from_halving(kept: float, chance: float, edge: float) -> float:
        """Where halving between the two ends, had it met what holds before an edge, and fails from there on."""
        while chance - kept > PRECISION * chance:
            middle = (kept + chance) / 2
            kept, chance = (kept, middle) if middle >= edge else (middle, chance)
        return chance


def _tightest_rows(rows: Iterable[Slack]) -> Iterator[Slack]:
    """Of each topic, and of each manner of ending, the few rows that are met by least."""
    found: dict[object, list[Slack]] = {}
    for row in rows:
        found.setdefault((about(row), row.leaves_years is None), []).append(row)
    for alike in found.values():
        yield from sorted(alike, key=_margin)[:FEW]


def _unsafe(rows: Sequence[Slack], margins: Sequence[tuple[float, Array]]) -> set[Concern]:
    """What may fail between the chances at which margins are known, but for those of which none comes near."""
    found = set[Concern]()
    for (_, below), (_, above) in pairwise(margins):
        close = np.minimum(below, above) < SAFE * np.abs(below - above)
        found |= {about(row) for row, there in zip(rows, close, strict=True) if there}
    return found


def _margin(row: Slack) -> float:
    """Slack in units of the size of its row, from where the judge refuses it."""
    return _relative(row) + SLIGHT


def _broken(rows: Tightest) -> Tightest:
    return {family: row for family, row in rows.items() if not row.accepted}


def _relative(row: Slack) -> float:
    """Slack in units of the party's scale."""
    return (row.slack or 0.0) / size(row)
