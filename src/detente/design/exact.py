"""The exact Pareto frontier of a case that is nothing but choices, and the bargaining solutions on it. DESIGN §5, §6.

Parts that nothing joins are listed, or searched where they are too many, and then merged. Everything is judged in
whole numbers; values are fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm, prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detente.design.choice_search import available, search
from detente.design.choices import Atom, Space, Test, Values
from detente.design.merging import Chosen, Table, Whole, merge, nondominated, whole
from detente.design.solve import Clock

LISTED = 300_000
"""Outcomes of a part up to which they are all listed."""

Mark = Literal["nash", "kalai_smorodinsky", "egalitarian", "utilitarian"]
SOLVERS = {"cpsat": "CP-SAT", "highs": "HiGHS"}


@dataclass(frozen=True)
class Point:
    """An outcome: each party's value in points, and the measures of the deal."""

    values: tuple[Fraction, ...]
    outcome: tuple[str, ...]


@dataclass(frozen=True)
class Exact:
    """The distinct Pareto-optimal value vectors, the first party's best first, and the points that rules choose.

    Where not `complete`, the points are those of the outcomes seen that no other seen dominates.
    """

    parties: tuple[str, ...]
    points: tuple[Point, ...]
    nash: Point | None
    kalai_smorodinsky: Point | None
    egalitarian: Point | None
    utilitarian: Point | None
    complete: bool
    outcomes: int
    """How many outcomes there are, whether anyone would consent to them or not."""
    how: str


def exact_frontier(
    space: Space,
    *,
    ignore_walk_away: bool = False,
    seconds: float = 300.0,
    cancelled: Callable[[], bool] = lambda: False,
    by: str | None = None,
) -> Exact:
    """All points at or above every walk-away value; or all, with no deal (0) in place of the walk-away values.

    The rules choose among outcomes that leave no party below its walk-away value (or below no deal). `by` names the
    solver for parts that are too many to list: "cpsat" or "highs".
    """
    clock = Clock(seconds, cancelled)
    floors = [None if ignore_walk_away else ceil(w / u) for w, u in zip(space.walk_away, space.units, strict=True)]
    found = _Finding(space, floors, clock, by).found()
    points = tuple(
        Point(tuple(w * u for w, u in zip(worth, space.units, strict=True)), space.measures(chosen))
        for worth, chosen in found.outcomes
    )
    zero = (Fraction(0),) * len(space.parties)
    marks = marked([p.values for p in points], zero if ignore_walk_away else space.walk_away)
    chosen = {rule: None if i is None else points[i] for rule, i in marks.items()}
    return Exact(space.parties, points, **chosen, complete=found.complete, outcomes=space.size, how=found.how)


# --- the points ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    outcomes: Sequence[tuple[Values, Chosen]]
    complete: bool
    how: str


class _Finding:
    """The undominated outcomes of a space."""

    def __init__(self, space: Space, floors: Sequence[int | None], clock: Clock, by: str | None) -> None:
        self.space, self.clock, self.by = space, clock, by
        self.floors = [None if f is None else min(f, space.reach + 1) for f in floors]
        self.ceilings = [space.reach if c is None else min(c, space.reach) for c in space.ceilings]
        self.small, self.kept = space.reduced() if space.terms else (space, [list(range(len(g))) for g in space.groups])
        self.complete = True
        self.how = "merging part by part"

    def found(self) -> _Found:
        out_of_reach = any(f is not None and f > c for f, c in zip(self.floors, self.ceilings, strict=True))
        if not self.space.size or out_of_reach:
            return _Found((), True, "no outcome is left")
        parts = self.small.parts()
        tables = [self._table(part) for _, part in parts]
        merged = merge(tables, self.floors, lambda: self.clock.left <= 0)
        worth = np.minimum(merged.worth, whole([self.ceilings], len(self.ceilings), self.space.reach))
        best = nondominated(worth)
        outcomes = [(tuple(int(x) for x in worth[i]), self._chosen(parts, tables, merged.rows[i])) for i in best]
        outcomes.sort(key=lambda o: o[0], reverse=True)
        complete = self.complete and merged.complete
        return _Found(outcomes, complete, self.how + (", each step proved" if complete else ", not proved to be all"))

    def _chosen(
        self, parts: Sequence[tuple[tuple[int, ...], Space]], tables: Sequence[Table], rows: NDArray[np.int64]
    ) -> Chosen:
        chosen = [0] * len(self.space.groups)
        for (groups, _), table, row in zip(parts, tables, rows, strict=True):
            alternatives = table.chosen[row] if row >= 0 else table.idle
            assert alternatives is not None
            for g, a in zip(groups, alternatives, strict=True):
                chosen[g] = self.kept[g][a]
        return tuple(chosen)

    def _table(self, part: Space) -> Table:
        idle = tuple(len(g) - 1 for g in part.groups) if part.may_be_empty else None
        if part.size <= LISTED:
            return Table(*listed(part, self.space.reach), idle)
        chosen = self._searched(part)
        worth = whole([part.worth(c) for c in chosen], len(part.parties), self.space.reach)
        return Table(worth, chosen, idle)

    def _searched(self, part: Space) -> Sequence[Chosen]:
        """Outcomes of a part that can reach the floors together with the best of the rest."""
        self.how = f"integer programming ({SOLVERS[self.by or available()]})"
        least, most = self.small.least, self.small.most
        caps, floors = [], []
        for p, (floor, ceiling) in enumerate(zip(self.floors, self.ceilings, strict=True)):
            caps.append(min(part.most[p], ceiling - (least[p] - part.least[p])))
            low = part.least[p] if floor is None else max(part.least[p], floor - (most[p] - part.most[p]))
            floors.append(min(low, caps[p]))  # where the rest alone reaches the ceiling, all is worth the same
        searched = search(part, floors, caps, self.clock, by=self.by)
        self.complete = self.complete and searched.complete
        return searched.chosen


def listed(space: Space, reach: int) -> tuple[Whole, list[Chosen]]:
    """The undominated outcomes of a space by listing them all; taking nothing is left out where that is no deal."""
    sizes = [len(g) for g in space.groups]
    index = np.arange(prod(sizes) - space.may_be_empty)
    chosen = np.unravel_index(index, sizes)
    worth = whole([(0,) * len(space.parties)], len(space.parties), reach)
    for g, at in enumerate(chosen):
        worth = worth + whole(space.payoffs[g], len(space.parties), reach)[at]
    for term in space.terms:
        values = whole([term.values], len(space.parties), reach)
        worth = worth + values * _held(term.when, chosen, sizes)[:, None].astype(np.int64)
    best = nondominated(worth)
    return worth[best], [tuple(int(at[i]) for at in chosen) for i in best]


def _held(test: Test, chosen: Sequence[NDArray[np.intp]], sizes: Sequence[int]) -> NDArray[np.bool_]:
    """[outcomes] whether a condition holds."""
    if isinstance(test, Atom):
        member: NDArray[np.bool_] = np.isin(np.arange(sizes[test.group]), list(test.among))
        return member[chosen[test.group]]
    parts = [_held(part, chosen, sizes) for part in test.parts]
    result: NDArray[np.bool_] = np.logical_and.reduce(parts) if test.every else np.logical_or.reduce(parts)
    return result


# --- the rules -------------------------------------------------------------------------------------------------------


def marked(values: Sequence[Sequence[Fraction]], no_deal: Sequence[Fraction]) -> Mapping[Mark, int | None]:
    """The points that rules choose, by number: among those that leave no party below `no_deal`.

    Of equally good ones that with the greater least gain, then the next to least, and so on, then the greater values
    of the parties in turn. Nash asks for a gain of every party.
    """
    unit = lcm(*(x.denominator for x in no_deal), *(x.denominator for row in values for x in row))
    gains = [[int((x - d) * unit) for x, d in zip(row, no_deal, strict=True)] for row in values]
    rational = [i for i, g in enumerate(gains) if min(g) >= 0]
    best = [max((gains[i][p] for i in rational), default=0) for p in range(len(no_deal))]

    def chosen(score: Callable[[Sequence[int]], Fraction | int], among: Sequence[int]) -> int | None:
        return max(among, key=lambda i: (score(gains[i]), sorted(gains[i]), gains[i]), default=None)

    def ratio(gain: Sequence[int]) -> Fraction | int:
        return min((Fraction(g, b) for g, b in zip(gain, best, strict=True) if b), default=0)

    return {
        "nash": chosen(prod, [i for i in rational if min(gains[i]) > 0]),
        "kalai_smorodinsky": chosen(ratio, rational),
        "egalitarian": chosen(min, rational),
        "utilitarian": chosen(sum, rational),
    }
