"""The exact frontier of choices whose values add up: merge one part after another, and prune what is dominated.

What is dominated among the outcomes of some parts stays dominated whatever is chosen elsewhere, so the set that is
carried along stays small however many outcomes there are. Dominance is judged on whole numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Indices

Whole = NDArray[Any]
"""Whole numbers [outcomes, parties]: int64 where sums provably fit, else Python ints."""
_Stop = Callable[[], bool]
Chosen = tuple[int, ...]
FITS = 2**62
AT_ONCE = 2_000_000
"""How many sums are formed before they are pruned."""
THIN = 200
"""How many outcomes are carried along once time is up."""
BLOCK = 512
ROUNDING = 10**12
"""Numbers that differ by less than this part of the greater are one number, written in decimals that were cut."""


class TimeUp(Exception):
    """The filter was told to stop."""


@dataclass(frozen=True, eq=False)
class Combinations:
    """Outcomes of one part: what each party gets [outcomes, parties], and the alternatives chosen in its groups."""

    worth: Whole
    chosen: Sequence[Chosen]
    idle: Chosen | None = None
    """The alternatives that take nothing, worth nothing, where nothing at all is no deal; they are not in `worth`."""


@dataclass(frozen=True, eq=False)
class Merged:
    """Undominated outcomes [outcomes, parties], the row of each table that makes each [outcomes, tables]."""

    worth: Whole
    rows: Indices
    """−1: the table's idle alternatives."""
    complete: bool


def whole(rows: Sequence[Sequence[int]], parties: int, reach: int) -> Whole:
    """Rows as an array in which sums of size `reach` are exact."""
    kind = np.int64 if reach < FITS else object
    return np.array(rows, kind).reshape(len(rows), parties)


def merge(tables: Sequence[Combinations], floors: Sequence[int | None], stop: _Stop) -> Merged:
    """Undominated sums of one row from each table that reach the floors. Once told to stop, it carries only some.

    Of several ways to the same sums the first in the order of the rows is kept. Where nothing at all is no deal, it
    is carried beside the rest and dominates none.
    """
    found = np.zeros((0 if tables[0].idle is not None else 1, len(floors)), tables[0].worth.dtype)
    steps: list[tuple[Indices, Indices]] = []
    complete = True
    for here, most in zip(tables, _most_to_come(tables), strict=True):
        pruned = _Pruned(here, most, floors)
        try:
            before, rows, worth = pruned.all(found, stop)
        except TimeUp:
            complete = False
            before, rows, worth = pruned.some(found)
        steps.append((before, rows))
        found = worth
    return Merged(found, _traced(steps, len(found)), complete)


class _Pruned:
    """Undominated sums of a row carried so far and a row of one table."""

    def __init__(self, here: Combinations, most: Sequence[int], floors: Sequence[int | None]) -> None:
        nothing = np.zeros((1, len(floors)), here.worth.dtype)
        self.worth, self.most, self.floors = here.worth, most, floors
        self.with_idle = here.worth if here.idle is None else np.concatenate([here.worth, nothing])
        self.idle = here.idle is not None

    def all(self, found: Whole, stop: _Stop) -> tuple[Indices, Indices, Whole]:
        """(row carried, row of the table, sum) of each; −1 for idle. Raises TimeUp."""
        pieces = max(1, -(-len(found) * len(self.with_idle) // AT_ONCE))
        every = np.arange(len(self.with_idle))
        return self._prune(found, np.array_split(np.arange(len(found)), pieces), every, stop)

    def some(self, found: Whole) -> tuple[Indices, Indices, Whole]:
        """As `all`, from an even sample."""
        return self._prune(found, [_sample(len(found))], _sample(len(self.with_idle)), lambda: False)

    def _prune(
        self, found: Whole, pieces: Sequence[Indices], rows: Indices, stop: _Stop
    ) -> tuple[Indices, Indices, Whole]:
        kept = []
        for piece in pieces:
            before, with_ = np.repeat(piece, len(rows)), np.tile(rows, len(piece))
            kept.append(self._best(before, with_, found[before] + self.with_idle[with_], stop))
        if self.idle:
            with_ = rows[rows < len(self.worth)]
            kept.append(self._best(np.full(len(with_), -1), with_, self.worth[with_], stop))
        before, with_, worth = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        if len(kept) > 1:
            best = nondominated(worth, stop)
            before, with_, worth = before[best], with_[best], worth[best]
        if self.idle:
            with_ = np.where(with_ == len(self.worth), -1, with_)
        return before, with_, worth

    def _best(self, before: Indices, with_: Indices, worth: Whole, stop: _Stop) -> tuple[Indices, Indices, Whole]:
        can = np.ones(len(worth), bool)
        for p, floor in enumerate(self.floors):
            if floor is not None:
                can &= (worth[:, p] >= floor - self.most[p]).astype(bool)
        open_ = np.flatnonzero(can)
        best = open_[nondominated(worth[open_], stop)]
        return before[best], with_[best], worth[best]


def _most_to_come(tables: Sequence[Combinations]) -> list[list[int]]:
    """For each table what each party can still get from those after it."""
    most = [0] * tables[0].worth.shape[1]
    result = []
    for table in reversed(tables):
        result.append(most)
        if len(table.worth):
            best = [int(x) for x in table.worth.max(axis=0)]
            most = [m + (b if table.idle is None else max(b, 0)) for m, b in zip(most, best, strict=True)]
    return result[::-1]


def _sample(n: int) -> Indices:
    return np.unique(np.linspace(0, n - 1, THIN).astype(np.int64)) if n > THIN else np.arange(n)


def _traced(steps: Sequence[tuple[Indices, Indices]], n: int) -> Indices:
    """The rows that made each outcome, by following what it was carried from; −1, nothing, is followed by nothing."""
    rows = np.full((n, len(steps)), -1)
    at = np.arange(n)
    for i in range(len(steps) - 1, -1, -1):
        before, with_ = steps[i]
        made = at >= 0
        rows[made, i] = with_[at[made]]
        at = np.where(made, before[at], -1) if len(before) else at
    return rows


# --- what no other dominates -----------------------------------------------------------------------------------------


def nondominated(worth: Whole, stop: _Stop = lambda: False) -> Indices:
    """Rows that no other row dominates (more is better), in their order; the first of equal rows. Raises TimeUp."""
    if len(worth) < 2:
        return np.arange(len(worth))
    parties = worth.shape[1]
    columns = [np.unique(c, return_inverse=True)[1] if parties > 2 or c.dtype == object else c for c in worth.T]
    order = np.lexsort([-c for c in reversed(columns)])
    ranked = np.stack([c[order] for c in columns], axis=1)
    first = np.concatenate([[True], np.any(ranked[1:] != ranked[:-1], axis=1)])
    order, ranked = order[first], ranked[first]
    if parties == 1:
        best = np.arange(1)
    elif parties == 2:
        seen = np.maximum.accumulate(ranked[:, 1])
        best = np.flatnonzero(np.concatenate([[True], ranked[1:, 1] > seen[:-1]]))
    elif parties == 3:
        best = _maxima_of_three(ranked[:, 1], ranked[:, 2], stop)
    else:
        best = _maxima(ranked, stop)
    return np.sort(order[best])


def distinct(worth: Whole) -> Indices:
    """Rows that no other dominates once what differs by the rounding of decimals counts as equal, in their order.

    Of rows that are then equal the first is kept. A file that states 0.333… and 0.667… makes sums that should be the
    same and differ in their last digit.
    """
    ranks = [_ranks(column) for column in worth.T]
    return nondominated(np.stack(ranks, axis=1)) if len(worth) else np.arange(0)


def _ranks(column: NDArray[Any]) -> Indices:
    """The place of each number among the different ones, those within ROUNDING of the next counted as one."""
    values, place = np.unique(column, return_inverse=True)
    known = [int(v) for v in values]
    steps = [(b - a) * ROUNDING > max(abs(a), abs(b)) for a, b in pairwise(known)]
    return np.concatenate([[0], np.cumsum(steps, dtype=np.int64)])[place]


def _maxima_of_three(y: Indices, z: Indices, stop: _Stop) -> Indices:
    """Maxima among distinct points in falling lexicographic order of (x, y, z).

    A point is dominated where one before it has no less of y and of z. Blocks of doubling length: in each pair of
    blocks, what the left one dominates of the right one goes, by a running maximum of z as y falls.
    """
    falling = np.argsort(-y, kind="stable")  # positions as y falls, the earlier of equals first
    lift = int(z.max()) + 2
    size = 1
    while size < len(y):
        if stop():
            raise TimeUp
        pair = falling // (2 * size)
        by_pair = np.argsort(pair, kind="stable")
        at, base = falling[by_pair], pair[by_pair] * lift
        left = at // size % 2 == 0
        seen = np.maximum.accumulate(np.where(left, z[at], -1) + base)
        gone = np.zeros(len(y), bool)
        gone[at[~left & (seen >= z[at] + base)]] = True
        falling = falling[~gone[falling]]
        size *= 2
    return np.sort(falling)


def _maxima(ranked: Indices, stop: _Stop) -> Indices:
    """Maxima among distinct points of any dimension: a dominating point has a greater sum of ranks, so comes before."""
    order = np.argsort(-ranked.sum(axis=1), kind="stable")
    found = order[:0]
    for start in range(0, len(order), BLOCK):
        if stop():
            raise TimeUp
        block = order[start : start + BLOCK]
        for earlier in range(0, len(found), BLOCK):
            block = block[~_dominated(ranked[block], ranked[found[earlier : earlier + BLOCK]])]
        points = ranked[block]
        found = np.concatenate([found, block[~_dominated(points, points)]])
    return np.sort(found)


def _dominated(points: Indices, others: Indices) -> NDArray[np.bool_]:
    """Whether some other of a set of distinct points has no less of anything."""
    no_less = np.ones((len(points), len(others)), bool)
    for p in range(points.shape[1]):
        no_less &= np.greater_equal(others[None, :, p], points[:, None, p])
    found: NDArray[np.bool_] = no_less.sum(axis=1) > int(others is points)  # a point is no less than itself
    return found
