"""The exact Pareto frontier of a case that is nothing but choices, and the bargaining solutions on it. DESIGN §5, §6.

Parts that nothing joins are listed, or searched where they are too many, and then merged. Everything is judged in
whole numbers; values are fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import ceil, lcm, prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detente.design.exact.choice_search import available, search
from detente.design.exact.choices import Atom, Space, Test, Values
from detente.design.exact.merging import Chosen, Combinations, Whole, distinct, merge, nondominated, whole
from detente.design.plan.clock import Clock
from detente.model.kinds import Disagreement

LISTED = 300_000
"""Outcomes of a part up to which they are all listed."""

_Mark = Literal["nash", "kalai_smorodinsky", "egalitarian", "utilitarian"]
SOLVERS = {"cpsat": "CP-SAT", "highs": "HiGHS"}


@dataclass(frozen=True)
class Bargain:
    """An outcome: each party's value in points, and the measures of the deal."""

    values: tuple[Fraction, ...]
    outcome: tuple[str, ...]


@dataclass(frozen=True)
class Exact:
    """The distinct Pareto-optimal value vectors, the first party's best first, and the points that rules choose.

    Where not `complete`, the points are those of the outcomes seen that no other seen dominates.
    """

    parties: tuple[str, ...]
    points: tuple[Bargain, ...]
    nash: Bargain | None
    kalai_smorodinsky: Bargain | None
    egalitarian: Bargain | None
    utilitarian: Bargain | None
    complete: bool
    outcomes: int
    """How many outcomes there are, whether anyone would consent to them or not."""
    how: str


def exact_frontier(
    space: Space,
    *,
    ignore_walk_away: bool = False,
    disagreement: Disagreement = "walk_away",
    seconds: float = 300.0,
    cancelled: Callable[[], bool] = lambda: False,
    by: str | None = None,
) -> Exact:
    """All points at or above every walk-away value; or all, with no deal (0) in place of the walk-away values.

    The rules choose among outcomes that leave no party below its walk-away value (or below no deal), and count gains
    from there, or from no deal (0) where the `disagreement` is that. `by` names the solver for parts that are too many
    to list: "cpsat" or "highs".
    """
    clock = Clock(seconds, cancelled)
    floors = [None if ignore_walk_away else ceil(w / u) for w, u in zip(space.walk_away, space.units, strict=True)]
    found = _Finding(space, floors, clock, by).found()
    points = tuple(map(Bargain, _in_points(found.worth, space.units), found.outcomes))
    zero = (Fraction(0),) * len(space.parties)
    least = zero if ignore_walk_away else space.walk_away
    threat = zero if disagreement == "no_deal" else least
    marks = marked(found.worth, space.units, threat, least)
    chosen = {rule: None if i is None else points[i] for rule, i in marks.items()}
    return Exact(space.parties, points, **chosen, complete=found.complete, outcomes=space.size, how=found.how)


def _in_points(worth: Sequence[Values], units: Sequence[Fraction]) -> Iterator[tuple[Fraction, ...]]:
    """Values from whole numbers of units."""
    columns = zip(*worth, strict=True)
    return zip(
        *([Fraction(w * u.numerator, u.denominator) for w in c] for c, u in zip(columns, units, strict=bool(worth))),
        strict=True,
    )


# --- the points ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    worth: Sequence[Values]
    outcomes: Sequence[tuple[str, ...]]
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
            return _Found((), (), True, "no outcome is left")
        parts = self.small.parts()
        tables = [self._table(part) for _, part in parts]
        merged = merge(tables, self.floors, lambda: self.clock.left <= 0)
        worth = np.minimum(merged.worth, whole([self.ceilings], len(self.ceilings), self.space.reach))
        best = nondominated(worth)
        best = best[np.lexsort([-c for c in worth[best].T[::-1]])]
        best = best[distinct(worth[best])]
        complete = self.complete and merged.complete
        how = self.how + (", each step proved" if complete else ", not proved to be all")
        outcomes = self._outcomes([groups for groups, _ in parts], tables, merged.rows[best])
        return _Found([tuple(row) for row in worth[best].tolist()], outcomes, complete, how)

    def _outcomes(
        self, parts: Sequence[tuple[int, ...]], tables: Sequence[Combinations], rows: NDArray[np.int64]
    ) -> list[tuple[str, ...]]:
        """The measures of each outcome, from the rows of the tables that make it."""
        taken: list[list[tuple[str, ...]]] = [[] for _ in self.space.groups]
        for groups, table, row in zip(parts, tables, rows.T, strict=True):
            rows_and_idle = np.array([*table.chosen, *([table.idle] if table.idle is not None else [])])  # row −1: idle
            for g, alternatives in zip(groups, rows_and_idle[row].reshape(len(row), len(groups)).T, strict=True):
                left = [self.space.groups[g][a] for a in self.kept[g]]
                taken[g] = [left[a] for a in alternatives.tolist()]
        return [tuple(chain.from_iterable(outcome)) for outcome in zip(*taken, strict=True)]

    def _table(self, part: Space) -> Combinations:
        idle = tuple(len(g) - 1 for g in part.groups) if part.may_be_empty else None
        if part.size <= LISTED:
            return Combinations(*listed(part, self.space.reach), idle)
        chosen = self._searched(part)
        worth = whole([part.worth(c) for c in chosen], len(part.parties), self.space.reach)
        return Combinations(worth, chosen, idle)

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


def marked(
    worth: Sequence[Values],
    units: Sequence[Fraction],
    threat: Sequence[Fraction],
    least: Sequence[Fraction] | None = None,
) -> Mapping[_Mark, int | None]:
    """The points that rules choose, by number: among those that leave no party below `least` (default: the threat).

    Gains are counted from the threat point (ANSWERS R6), so that one may be a loss. Of equally good ones that with the
    greater least gain, then the next to least, and so on, then the greater values of the parties in turn. Nash asks for
    a gain of every party.
    """
    floors = threat if least is None else least
    gains, rational = _counted(worth, units, threat, floors)
    best = [max((0, *(gains[i][p] for i in rational))) for p in range(len(units))]
    common = lcm(*filter(None, best))

    def part_of_best(gain: Values) -> int:
        """The least part that a party gets of the most it could gain, in common units."""
        return min((g * common // b for g, b in zip(gain, best, strict=True) if b), default=0)

    return {
        "nash": _best_by(prod, gains, [i for i in rational if min(gains[i]) > 0]),
        "kalai_smorodinsky": _best_by(part_of_best, gains, rational),
        "egalitarian": _best_by(min, gains, rational),
        "utilitarian": _best_by(sum, gains, rational),
    }


def _counted(
    worth: Sequence[Values], units: Sequence[Fraction], threat: Sequence[Fraction], floors: Sequence[Fraction]
) -> tuple[list[Values], list[int]]:
    """Gains from the threat in whole numbers of one unit for all; the points that leave no party below its floor."""
    whole = lcm(*(x.denominator for x in (*units, *threat, *floors)))
    scale, less = [int(u * whole) for u in units], [int(d * whole) for d in threat]
    needed = [int(d * whole) - t for d, t in zip(floors, less, strict=True)]
    gains = [tuple(w * s - d for w, s, d in zip(row, scale, less, strict=True)) for row in worth]
    return gains, [i for i, g in enumerate(gains) if all(x >= n for x, n in zip(g, needed, strict=True))]


def _best_by(score: Callable[[Values], int], gains: Sequence[Values], among: Sequence[int]) -> int | None:
    """The number of the best by a score; of equally good ones by the least gains, then by the parties in turn."""
    scores = {i: score(gains[i]) for i in among}
    most = max(scores.values(), default=0)
    equals = [i for i in among if scores[i] == most]
    return max(equals, key=lambda i: (sorted(gains[i]), gains[i]), default=None)
