"""What becomes of interactions between measures on a path: conditions, as sums of conjunctions. DESIGN §4, §5.

A condition is a disjunction of clauses (sets of measures all in force), and its truth, by inclusion and exclusion, a
sum of conjunctions with signs. A conjunction is valued by the periods in which its measures enter; measures that stop
at the same time go together, since of these only the last entry counts. A measure that has been undone, if only in
part, is no longer in force.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Condition
from detente.model.numeric import Array, Flags
from detente.model.rows.arrays import TINY
from detente.model.rows.conditions import Expression, all_of, any_of, in_force
from detente.model.rows.entries import Entries, Felt, Range, felt, flow
from detente.model.rows.fates import INSTANT
from detente.model.rows.laws import Rho
from detente.model.rows.linear import Rows
from detente.model.tolerance import FULL

Clause = frozenset[str]
Conjunction = tuple[frozenset[Clause], int]
"""Clauses that all hold, and the sign with which they count."""


@lru_cache(maxsize=1024)
def clauses_of(when: Condition) -> tuple[Clause, ...]:
    """The least sets of measures of which one, all in force, makes a condition true."""
    found = _clauses(when)
    return tuple(sorted((c for c in found if not any(d < c for d in found)), key=sorted))


def _clauses(when: Condition) -> set[Clause]:
    if when.measure is not None:
        return {frozenset([when.measure])}
    parts = [_clauses(part) for part in (when.all or when.any or ())]
    if when.any is not None:
        return set().union(*parts)
    return {frozenset().union(*chosen) for chosen in itertools.product(*parts)}


def conjunctions(when: Condition) -> Iterator[Conjunction]:
    """Inclusion and exclusion: 1[some clause holds] = Σ sign · 1[all of these hold]."""
    clauses = clauses_of(when)
    for n in range(1, len(clauses) + 1):
        for chosen in itertools.combinations(clauses, n):
            yield frozenset(chosen), 1 if n % 2 else -1


def add_interactions(rows: Rows, entries: Entries, party: int, chosen: Iterable[int]) -> None:
    """Add to rows what some interactions of a dossier are worth to a party on a branch."""
    model, branch = entries.model, entries.branch
    for j in chosen:
        when = model.conditions[j]
        own = felt(model.layers, model.once, party, model.M + j)
        if own is None:
            continue
        waits = any(model.index[name] in branch.waits for name in when.measures)
        for clauses, sign in conjunctions(when):
            scaled = tuple((until, sign * rate) for until, rate in own[0]), sign * own[1]
            if waits and branch.held is None:
                _left_by_periods(rows, entries, clauses, scaled)
            else:
                _Joint(entries, clauses, branch.held).add(rows, scaled)


def _left_by_periods(rows: Rows, entries: Entries, clauses: frozenset[Clause], own: Felt) -> None:
    """Where entries wait for what the leaver has entered: one period of its leaving after the other."""
    for k0, cell in (*entries.cells, (entries.model.K - 1, entries.after_all)):
        _Joint(cell, clauses, np.full(len(entries.moments), float(k0))).add(rows, own)


@dataclass(frozen=True)
class Group:
    """Measures of a conjunction whose entries happen for the same random times, and that belong to the same clauses."""

    members: tuple[int, ...]
    when: Range
    made_only: bool
    """Whether nothing of it can enter any more: then what was in force at the moment is all that counts."""


class Conjoined:
    """What it is worth that all measures of a conjunction are in force, given when they enter and when each ends.

    Arrays have the shape of `start`, whose first axis is that of the moments.
    """

    entries: Entries
    rho: Rho
    low: Array
    high: Array
    """The random times for which all of them happen."""
    start: Array
    """When the last of them enters."""
    later: Flags
    """Whether one of them is still to enter."""

    def ends(self, clause: int | None) -> tuple[Array, Array]:
        """Least time, years from the moment, at which one of a clause's, or of all, is undone: fixed, and moving."""
        raise NotImplementedError

    def clauses_in_time(self) -> Iterator[tuple[Flags, Array]]:
        """Of each clause whether one of its measures is still to enter, and when the last does."""
        raise NotImplementedError

    @cached_property
    def t0(self) -> Array:
        return self._column(self.entries.moments.years)

    @cached_property
    def ended(self) -> tuple[Array, Array]:
        return self.ends(None)

    @cached_property
    def when(self) -> Range:
        low, high = self._standing(self.low, self.high, *self.ended, self.start - self.t0)
        return Range(self.entries.branch, self.rho, low, high)

    def worth(self, own: Felt) -> Array:
        """What it is worth to who feels it so."""
        layers, once = own
        total = np.zeros(self.start.shape)
        for until, rate in layers:
            total = total + rate * self.standing(until)
        if once:
            total = total + once * self.first
        return total

    def standing(self, until: float) -> Array:
        """A point a year while it is so, until some years after signature."""
        return flow(self.rho, until, self.start) * self.when.chance - self._ended(until)

    def _standing(self, low: Array, high: Array, fixed: Array, moving: Array, start: Array) -> tuple[Array, Array]:
        """The random times for which it ends after it starts, if only by an `INSTANT`."""
        late = self._column(self.entries.branch.just_after)
        first = np.where(np.isfinite(moving), start - np.where(np.isfinite(moving), moving, 0.0), -np.inf)
        first = np.maximum(low, self.entries.branch.law.just_before(first, late))
        first = np.where(fixed > start + INSTANT / 10, first, np.inf)
        return first, np.maximum(high, first)

    def _column(self, x: NDArray[Any]) -> NDArray[Any]:
        return x.reshape(-1, *[1] * (self.start.ndim - 1))

    def _ended(self, until: float) -> Array:
        """E of a point a year from its end on until a time: the earlier of a fixed time and one that moves."""
        (fixed, moving), when, t0, rho = self.ended, self.when, self.t0, self.rho
        total = np.zeros(self.start.shape)
        moves, stays = np.isfinite(moving), np.isfinite(fixed)
        offset = np.where(moves, moving, 0.0)
        cut = np.where(moves, np.where(stays, fixed - offset, np.inf), -np.inf)
        cut = np.clip(cut, when.low, when.high)
        if np.any(moves):
            at = t0 + offset
            last = np.clip(until - at, when.low, cut)
            seen = np.exp(-rho * at) * when.parts(rho, when.low, last)
            if np.isfinite(until):
                seen = seen - np.exp(-rho * until) * when.parts(0.0, when.low, last)
            total = total + np.where(moves, seen / rho, 0.0)
        if np.any(stays):
            end = t0 + np.where(stays, fixed, 0.0)
            total = total + np.where(stays, flow(rho, until, end) * when.parts(0.0, cut, when.high), 0.0)
        return total

    @cached_property
    def first(self) -> Array:
        """E[e^(−ρt)] of the time at which the last of its clauses first comes true; 0 where all were true before."""
        low, high = self.low, self.high
        for c, (later, latest) in enumerate(self.clauses_in_time()):
            since, until = self._standing(low, high, *self.ends(c), latest - self.t0)
            low, high = np.where(later, since, low), np.where(later, until, high)
        when = Range(self.entries.branch, self.rho, low, high)
        first: Array = np.where(self.later, np.exp(-self.rho * self.start) * when.chance, 0.0)
        return first


class _Joint(Conjoined):
    """Several clauses at once on a branch, by the last period of entry of each group of measures."""

    def __init__(self, entries: Entries, clauses: frozenset[Clause], held: Array | None) -> None:
        self.entries, self.held = entries, held
        self.model, self.rho = entries.model, entries.rho
        self.clauses = [frozenset(self.model.index[n] for n in c) for c in sorted(clauses, key=sorted)]
        self.members = sorted(frozenset().union(*self.clauses))
        self.n, self.base = len(entries.moments), entries.moments.base
        self.from_ = int(self.base.min()) + 1
        """The column of the earliest entry that differs from one long ago, for some moment."""
        self.groups = list(self._grouped())
        self.fresh = [self._axis(entries.fresh, g) for g in range(len(self.groups))]
        self.low = _reduce(np.maximum, [self._axis(x.when.low, g) for g, x in enumerate(self.groups)])
        self.high = _reduce(np.minimum, [self._axis(x.when.high, g) for g, x in enumerate(self.groups)])
        self.start = self._latest(range(len(self.groups)))
        self.later = _reduce(np.logical_or, self.fresh)

    def _grouped(self) -> Iterator[Group]:
        found: dict[tuple[object, ...], list[int]] = {}
        ranges: dict[tuple[object, ...], Range] = {}
        for m in self.members:
            when = self.entries.happening(slice(m, m + 1))
            belongs = tuple(m in c for c in self.clauses) if len(self.clauses) > 1 else ()
            key: tuple[object, ...] = (id(when), *belongs)
            found.setdefault(key, []).append(m)
            ranges[key] = when
        for key, members in found.items():
            when = ranges[key]
            yield Group(tuple(members), when, bool(np.all(np.isposinf(when.low[self.entries.fresh]))))

    def _axis(self, x: NDArray[Any], g: int) -> NDArray[Any]:
        """[I, K+1] along the axis of a group: [I, 1, …, K+1, …, 1]; what was in force alone has an axis of length 1."""
        shape = [1] * len(self.groups)
        if self.groups[g].made_only:
            x = np.take_along_axis(np.broadcast_to(x, (self.n, x.shape[1])), self.base[:, None] + 1, axis=1)
        else:
            x = x[:, self.from_ :]
        shape[g] = x.shape[1]
        return x.reshape(x.shape[0], *shape)

    def _latest(self, groups: Iterable[int]) -> Array:
        """When the last of some groups' entries falls."""
        latest: Array = _reduce(np.maximum, [self._axis(self.entries.start, g) for g in groups])
        return latest

    # --- when it ends ----------------------------------------------------------------------------------------------

    def ends(self, clause: int | None) -> tuple[Array, Array]:
        fates, members = self.entries.fates, self.members if clause is None else self.clauses[clause]
        fixed = moving = np.full(self.start.shape, np.inf)
        for g, group in enumerate(self.groups):
            for m in group.members:
                if m not in members or fates.keeps[m] >= FULL:
                    continue
                for chosen, times in ((~self.entries.fresh, fates.made), (self.entries.fresh, fates.later)):
                    at, moves = times[m]
                    if not np.any(np.isfinite(at)):
                        continue
                    end = self._axis(np.where(chosen, at[:, None], np.inf), g)
                    fixed, moving = (fixed, np.minimum(moving, end)) if moves else (np.minimum(fixed, end), moving)
        return fixed, moving

    def clauses_in_time(self) -> Iterator[tuple[Flags, Array]]:
        for clause in self.clauses:
            groups = [g for g, group in enumerate(self.groups) if set(group.members) <= clause]
            yield _reduce(np.logical_or, [self.fresh[g] for g in groups]), self._latest(groups)

    # --- what it is worth ------------------------------------------------------------------------------------------

    def add(self, rows: Rows, own: Felt) -> None:
        """Add its worth to rows, as coefficients on products of what is in force."""
        worth = self.worth(own)
        for g, group in enumerate(self.groups):
            if group.made_only:
                continue
            after = np.zeros_like(worth)
            ahead = [slice(None)] * worth.ndim
            behind = [slice(None)] * worth.ndim
            ahead[g + 1], behind[g + 1] = slice(1, None), slice(None, -1)
            after[tuple(behind)] = worth[tuple(ahead)]
            worth = worth - after
        place = np.nonzero(np.abs(worth) > TINY)
        if not len(place[0]):
            return
        held = np.full(len(worth), -2.0) if self.held is None else self.held
        made = self.base[place[0]] + 1
        periods = [made if group.made_only else k + self.from_ for group, k in zip(self.groups, place[1:], strict=True)]
        keys = np.stack([held[place[0]].astype(int), *periods])
        width = self.model.K + 3
        code = np.zeros(keys.shape[1], np.int64)
        for part in keys:
            code = code * width + part + 2
        _, first, where = np.unique(code, return_index=True, return_inverse=True)
        known, codes = rows.expressions, code[first].tolist()
        about = known.about(self._about())
        for c, f in zip(codes, first, strict=True):
            if c not in about:
                about[c] = known.number(self._expression(keys[:, f]))
        numbers = np.array([about[c] for c in codes], np.int64)
        i, amount = place[0], worth[place]
        number = numbers[where]
        true = np.array([known[n] is True for n in numbers])[where]
        false = np.array([known[n] is False for n in numbers])[where]
        np.add.at(rows.const, i[true], amount[true])
        open_ = ~true & ~false
        rows.add(i[open_].astype(np.int64), number[open_], amount[open_])

    def _about(self) -> tuple[object, ...]:
        """What an expression hangs on besides periods."""
        members = tuple(group.members for group in self.groups)
        return members, None if self.held is None else tuple(sorted(self.entries.branch.waits.items()))

    def _expression(self, key: NDArray[np.int64]) -> Expression:
        """What must be in force: each group's measures by its period."""
        held, periods = int(key[0]), key[1:] - 1
        groups = zip(self.groups, periods, strict=True)
        return all_of(self._in_force(m, int(k), held) for group, k in groups for m in group.members)

    def _in_force(self, m: int, k: int, held: int) -> Expression:
        model, waits = self.model, self.entries.branch.waits
        there = in_force(m, k, float(model.state[m]))
        if self.held is None or m not in waits or k <= held:
            return there
        needed = [in_force(n, held, float(model.state[n])) for n in waits[m]]
        return any_of([in_force(m, held, float(model.state[m])), all_of([there, *needed])])


def _reduce(function: Callable[[Any, Any], Any], arrays: Iterable[Any]) -> Any:
    """A function of two arrays over several, broadcast against each other."""
    return functools.reduce(function, arrays)
