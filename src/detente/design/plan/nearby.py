"""Plans near a plan: measures entered sooner, later or not at all, one at a time, until nothing is better.

A tabu search whose weights on broken rows grow while it is stuck. It proves nothing and judges nothing: what it returns
meets every valued row of the problem and all that has no value, and is better than what was known. No chance but a
seeded one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from detente.design.plan.judging import Judging
from detente.design.programme.problem import Problem
from detente.design.programme.question import asked
from detente.design.programme.ready import prerequisites
from detente.model.numeric import Array, Flags
from detente.model.rows.conditions import Expression
from detente.model.rows.detection import SNAP
from detente.model.rows.linear import Coefficients, Rows, truth

WEIGHT, HEAVIER, LIGHTER = 10.0, 1.3, 0.9
"""What it costs at first to break a row by 1 of its scale; times what while rows stay broken, and while none is."""
AT_ONCE = 24
"""Of how many measures, drawn anew each step, the entries are looked at."""
REST = 4, 14
"""For how many steps a measure stays where it has been put: at least, and below."""
REPAIR = 600
"""After how many steps the search ends that has found no plan."""
FEW = 8
"""How many moves are tried of a step before it is given up: conditions without values may refuse them."""
ROUNDING = 1e-9
"""By how much a plan must be better, for it not to be one that is known."""
BROKEN = 1e-9
"""By what part of its scale a row counts as broken."""

Score = Callable[[Array], Array]
"""What plans are worth to an objective, from what they are worth to the parties: [parties, ...] → [...]."""


class Nearby:
    """Searches near plans of one problem, weighing the rows that plans met there were found to break."""

    def __init__(
        self,
        problem: Problem,
        judging: Judging,
        broken: Callable[[Array], NDArray[np.int64]],
        going: Callable[[], bool],
    ) -> None:
        """`broken`: the valued rows that a plan breaks; `going`: asked now and then, whether to go on."""
        self.problem, self.judging, self.broken, self.going = problem, judging, broken, going
        model = self.model = problem.model
        self.earliest = np.array(problem.columns.earliest)
        self.free = np.flatnonzero((model.state == 0) & ~model.divisible & (self.earliest < model.K))
        """Measures that are moved."""
        self.tail, self.const = np.zeros((0, model.M, model.K + 1)), np.zeros(0)
        """[rows, M, K+1] what a measure adds by entering in each period, K: never; first the parties' values."""
        self.terms: list[Coefficients] = []
        self.rows = np.zeros(0, np.int64)
        """The valued rows that are weighed, which come behind the parties' values."""
        self.weight = np.zeros(0)
        self.parties = len(model.parties)
        d, question = model.dossier, problem.question
        self.plain = not (d.one_of or d.capacity or d.links or asked(model, question) or np.any(model.divisible))
        """Whether nothing without a value is asked of plans but order."""
        waits = list(self._waits())
        self.later, self.sooner = (np.array([w[i] for w in waits], np.int64) for i in (0, 1))
        """Measures, and what each needs."""
        self.ready = np.array([w[2] for w in waits], np.int64).reshape(-1, model.K)
        """[needs, K] the last period in which what is needed may enter, by the period of the later entry."""
        none = Rows(np.zeros((1, model.M, model.K + 1)), np.zeros(1))
        worth = [rows or none for rows in problem.known.worth]
        coef, const = np.concatenate([w.coef for w in worth]), np.concatenate([w.const for w in worth])
        self._append(coef[:, :, 1:], const + coef[:, :, 0] @ model.state, [w.terms[0] for w in worth])

    def _waits(self) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        model = self.model
        for m in map(int, self.free):
            takes = model.dossier.measures[model.measures[m]].takes.value
            for need in prerequisites(model, model.measures[m]):
                if need.measure in self.free:
                    by = model.tau - takes - need.wait + SNAP
                    yield m, need.measure, np.searchsorted(model.tau, by, side="right") - 1

    def _append(self, coef: Array, const: Array, terms: Iterable[Coefficients]) -> None:
        tail = np.zeros((len(coef), self.model.M, self.model.K + 1))
        tail[:, :, :-1] = np.cumsum(coef[:, :, ::-1], axis=2)[:, :, ::-1]
        self.tail, self.const = np.concatenate([self.tail, tail]), np.concatenate([self.const, const])
        self.least = self.tail.min(axis=2)
        self.speaks = self.tail.max(axis=2) > self.least
        """[rows, M] whether it matters to them when a measure enters."""
        self.terms += terms
        self.expressions = list(dict.fromkeys(e for t in self.terms for e in t))
        number = {e: i for i, e in enumerate(self.expressions)}
        self.effect = np.zeros((len(number), len(self.terms)))
        """[expressions, rows] what each adds where it is true."""
        for r, t in enumerate(self.terms):
            self.effect[[number[e] for e in t], r] = list(t.values())
        self.about: dict[int, list[int]] = defaultdict(list)
        """The expressions that speak of a measure."""
        for e, i in number.items():
            for m in measures_of(e):
                self.about[m].append(i)

    def weigh(self, rows: NDArray[np.int64]) -> int:
        """Weigh valued rows from now on, in their party's scale; how many were not before."""
        new = np.setdiff1d(rows, self.rows)
        if len(new):
            valued = self.problem.valued
            unit, found = valued.closeness.sizes.scale[valued.party[new]], valued.rows
            terms = [{e: c / u for e, c in found.terms[r].items()} for r, u in zip(new, unit, strict=True)]
            self.rows = np.concatenate([self.rows, new])
            self.weight = np.concatenate([self.weight, np.full(len(new), WEIGHT)])
            coef = np.array([found.coef.of(int(r)) for r in new])
            self._append(coef / unit[:, None, None], found.const[new] / unit, terms)
        return len(new)

    def search(self, shares: Array, worth: Score, floor: float, patience: int) -> Array | None:
        """The best plan found near one of shares [M, K+1] that breaks no row and is worth more than `floor`.

        It ends after so many steps of `patience` without a better one.
        """
        if not len(self.free):
            return None
        self.weight[:] = WEIGHT
        rng = np.random.default_rng(0)
        at, best, last, step = Position(self, shares), None, 0, 0
        rest = np.zeros(self.model.M, np.int64)
        while step - last < (REPAIR if best is None else patience) and (step % 16 or self.going()):
            step += 1
            here, missed = at.worth(worth), at.short > BROKEN
            if here - floor > ROUNDING and not missed.any():
                if self.weigh(self.broken(at.shares)):
                    at = Position(self, at.shares)
                    continue
                if self.judging.fits(self.model, at.shares):
                    best, floor, last = at.shares.copy(), here, step
            drawn = rng.permutation(self.free)[:AT_ONCE]
            after = at.moves(drawn, worth)
            after[(rest[drawn] > step)[:, None] & ~(after > floor)] = -np.inf
            m, better = self._step(at, drawn, after, here - at.penalty)
            rest[m] = step + rng.integers(*REST)
            if not better:
                self.weight[missed] *= HEAVIER
                self.weight *= 1.0 if missed.any() else LIGHTER
        return best

    def _step(self, at: Position, drawn: NDArray[np.int64], after: Array, now: float) -> tuple[int, bool]:
        """Make the best move that conditions without values allow: of what measure, and whether it was for the better.

        No measure, −1, where there is none.
        """
        flat = after.ravel()
        few = np.argpartition(-flat, min(FEW, len(flat) - 1))[:FEW]
        for i in few[np.argsort(-flat[few], kind="stable")]:
            m, k = int(drawn[i // after.shape[1]]), int(i % after.shape[1])
            if flat[i] > -np.inf and (self.plain or self.judging.fits(self.model, at.moved(m, k))):
                at.move(m, k)
                return m, bool(flat[i] > now + ROUNDING)
        return -1, False


class Position:
    """A plan with the slack of every row that is weighed."""

    def __init__(self, near: Nearby, shares: Array) -> None:
        self.near, self.model, self.shares = near, near.model, shares.copy()
        kind, party, cell, _, _ = near.problem.valued.rows.switches
        kind, self.party, cell = kind[near.rows], party[near.rows], cell[near.rows]
        self.kind = np.where(kind == 4, 0, kind)  # rows on lapses are weighed as if they always applied
        self.switch, self.period = cell // (self.model.K + 1), cell % (self.model.K + 1) - 1
        after = shares[:, 1:]
        self.entry = np.where(after[:, -1] > 0.5, (after > 0.5).argmax(axis=1), self.model.K)
        self.truths = np.array([truth(e, shares) for e in near.expressions])
        coef = near.tail[:, :, :-1] - near.tail[:, :, 1:]
        self.slack = near.const + np.tensordot(coef, after, axes=2) + self.truths @ near.effect
        self.now = near.tail[:, np.arange(self.model.M), self.entry]
        self._switch()

    def _switch(self) -> None:
        """What rows apply, and by how much they are broken."""
        P, entry = self.near.parties, self.entry
        active = np.array([bool(np.any(self.shares[self.model.by[p], -1] > 0)) for p in range(P)])
        enters = entry[self.switch]
        there = np.where(self.kind == 2, enters <= self.period, enters == self.period)
        self.on = np.where(self.kind == 0, True, np.where(self.kind == 1, active[self.party], there))
        self.short = np.where(self.on, np.maximum(0.0, -self.slack[P:]), 0.0)

    @property
    def penalty(self) -> float:
        return float(self.short @ self.near.weight)

    def worth(self, worth: Score) -> float:
        return float(worth(self.slack[: self.near.parties]))

    def moved(self, m: int, k: int) -> Array:
        shares = self.shares.copy()
        shares[m, 1:] = np.arange(self.model.K) >= k
        return shares

    def move(self, m: int, k: int) -> None:
        near = self.near
        self.slack += near.tail[:, m, k] - self.now[:, m]
        self.now[:, m] = near.tail[:, m, k]
        self.shares, self.entry[m] = self.moved(m, k), k
        if touched := near.about.get(m):
            now = np.array([truth(near.expressions[i], self.shares) for i in touched])
            self.slack += (now - self.truths[touched]) @ near.effect[touched]
            self.truths[touched] = now
        self._switch()

    def allowed(self, drawn: NDArray[np.int64]) -> Flags:
        """[drawn, K+1] entries that the order of measures allows, where the others stay; but not as it is."""
        K, entry = self.model.K, self.entry
        ok = np.ones((self.model.M, K + 1), bool)
        ok[:, :K] = np.arange(K) >= self.near.earliest[:, None]
        m, n, ready = self.near.later, self.near.sooner, self.near.ready
        np.logical_and.at(ok[:, :K], m, entry[n][:, None] <= ready)
        there = entry[m] < K
        by = ready[there, entry[m[there]]]
        np.logical_and.at(ok, n[there], np.arange(K + 1) <= by[:, None])
        ok[np.arange(self.model.M), entry] = False
        return ok[drawn]

    def moves(self, drawn: NDArray[np.int64], worth: Score) -> Array:
        """[drawn, K+1] what each move makes of score and penalty; −∞ where the order of measures forbids it."""
        near, P, periods = self.near, self.near.parties, np.arange(self.model.K + 1)
        values = near.tail[:P, drawn] + (self.slack[:P, None] - self.now[:P, drawn])[:, :, None]
        total = worth(values) - self.penalty
        slack, room = self.slack[P:], (self.now - near.least)[P:].T[drawn]
        own = (self.kind >= 2) & (self.switch == drawn[:, None])
        at, row = np.nonzero((near.speaks[P:].T[drawn] & self.on | own) & (slack < room))
        m = drawn[at]
        short = np.maximum(0.0, -(near.tail[P + row, m] + (slack[row] - self.now[P + row, m])[:, None]))
        switched = np.flatnonzero(own[at, row])
        kind, period = self.kind[row[switched], None], self.period[row[switched], None]
        short[switched] *= np.where(kind == 2, periods <= period, periods == period)
        dearer = near.weight[row, None] * (short - self.short[row, None])
        first = np.flatnonzero(np.diff(at, prepend=-1))
        total[at[first]] -= np.add.reduceat(dearer, first, axis=0) if len(first) else 0.0
        total[~self.allowed(drawn)] = -np.inf
        return total


def measures_of(e: Expression) -> set[int]:
    """The measures that an expression speaks of."""
    assert not isinstance(e, bool)
    if e[0] == "in":
        return {e[1]}
    if e[0] == "rise":
        return {e[1]} | (set() if isinstance(e[4], bool) else measures_of(e[4]))
    return set().union(*(measures_of(part) for part in e[1] if not isinstance(part, bool)))
