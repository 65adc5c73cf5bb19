"""Breaches, the fate that they hold for each measure, and what becomes of interactions between measures. DESIGN §5."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from detente.dossier.schema import Condition
from detente.model.arrays import Array, Model
from detente.model.conditions import Expression, all_of, any_of, holds, in_force
from detente.model.detection import NEVER, SNAP, AtOnce, Detection


@dataclass(frozen=True)
class Fate:
    """What becomes of one measure after a breach at t0, in years; random where it waits for T, the time to detection.

    It follows the plan until t0 + stop (+ T), stays as it then is, and is undone at `undone` likewise, down to `keeps`.
    """

    stop: float = np.inf
    undone: float = np.inf
    keeps: float = 1.0
    random: bool = True


@dataclass(frozen=True)
class Cell:
    """A range (a, b] of the time to detection within which everything happens in one order, and a time inside it."""

    a: float
    b: float
    sample: float


@dataclass(frozen=True)
class Breach:
    """A deviation by one party: openly, or by faking some of its measures until it is detected."""

    mover: int
    detection: Detection
    fates: tuple[Fate, ...]
    first_answer: float
    """Years after detection; infinite where nobody answers."""
    faked: frozenset[int] = frozenset()
    needs: dict[int, list[int]] = field(default_factory=dict)
    """Measures that answer and directly need a measure of the mover: they do not enter while it is unentered."""


def breakout(model: Model, p: int) -> Breach:
    """p openly stops and undoes what it can. DESIGN §5."""
    stops = {q: float(model.response[q]) for q in model.answerers(p)} | {p: 0.0}
    fates = [_reaction(model, p, m, stops) for m in range(model.M)]
    needs: dict[int, list[int]] = {}
    for m, name in enumerate(model.measures):
        if model.answers[p, m] and not model.by[p, m]:
            in_force_first, verified_first = model.dossier.prerequisites(name)
            first = [model.index[n] for n in dict.fromkeys((*in_force_first, *verified_first))]
            if mine := [n for n in first if model.by[p, n]]:
                needs[m] = mine
    return Breach(p, AtOnce(), tuple(fates), min((s for q, s in stops.items() if q != p), default=np.inf), needs=needs)


def covert(model: Model, p: int, m: int) -> Breach:
    """p fakes m, with all of its fakeable measures that are seen no faster, until m's detection is answered."""
    faked = frozenset(model.seen_no_faster(p, m))
    delay = float(model.delay[m])
    stops = {q: delay + float(model.response[q]) for q in model.answerers(p)}
    first = min(stops.values(), default=np.inf)
    detection = model.detection[m] or NEVER
    fates = []
    for n in range(model.M):
        if n in faked:
            fates.append(Fate(0.0, float(model.undo[n]), float(model.keeps[n]), random=False))
        else:
            fates.append(_reaction(model, p, n, stops | {p: first}))
    return Breach(p, detection if stops else NEVER, tuple(fates), first, faked)


def _reaction(model: Model, p: int, m: int, stops: dict[int, float]) -> Fate:
    """The fate of a measure when its performers stop: the mover all of its own, the others what answers to it."""
    performers = [q for q in stops if model.by[q, m]]
    if not performers or not (model.by[p, m] or model.answers[p, m]):
        return Fate()
    undone = min((stops[q] + float(model.undo[m]) for q in performers if model.costs[q, m]), default=np.inf)
    return Fate(min(stops[q] for q in performers), undone, float(model.keeps[m]))


@dataclass
class Course:
    """What becomes of one interaction after a breach, moment by moment, as conditions that hold for a time.

    Until `planned_until` (+ T) it follows the plan, as `planned[i][k+1]` says; after that it is in `segments`.
    """

    planned: list[list[Expression]] | None
    planned_until: float
    expressions: list[Expression]
    segments: Array
    """[n, 8] moment, expression, cell (a, b], from (x, moves with T), to (x, moves with T)."""
    rises: Array
    """[n, 8] moment, expression, cell (a, b], time (x, moves with T), sign, 0: where the condition first comes true."""


def chances(detection: Detection, a: Array, b: Array) -> Array:
    """P(T in (a, b]); a = ∞ stands for "never seen", a = −∞ for whatever T may be."""
    seen = np.where(np.isposinf(a), detection.survival(np.inf), detection.partial(0.0, a, b))
    return np.where(np.isneginf(a), 1.0, seen)


def follow(model: Model, breach: Breach, j: int, t0: Array, base: Array) -> Course:
    """The course of interaction j after a breach at each moment."""
    names = tuple(dict.fromkeys(model.conditions[j].measures))
    members = [model.index[n] for n in names]
    needs = {m: tuple(breach.needs[m]) for m in members if m in breach.needs}
    concerned = dict.fromkeys([*members, *(n for first in needs.values() for n in first)])
    return _course(
        _Situation(
            when=model.conditions[j],
            members=tuple(zip(names, members, strict=True)),
            fates=tuple(breach.fates[m] for m in members),
            needs=tuple(needs.items()),
            state=tuple((m, float(model.state[m])) for m in concerned),
            tau=tuple(model.tau.tolist()),
            moments=tuple(zip(t0.tolist(), base.tolist(), strict=True)),
            open=isinstance(breach.detection, AtOnce),
            unseen=float(breach.detection.survival(np.inf)) > 0,
            counts_entry=bool(np.any(model.once[:, model.M + j])),
        )
    )


@dataclass(frozen=True)
class _Situation:
    """All that an interaction's course depends on: no value, so dossiers that differ in values share their courses."""

    when: Condition
    members: tuple[tuple[str, int], ...]
    fates: tuple[Fate, ...]
    needs: tuple[tuple[int, tuple[int, ...]], ...]
    state: tuple[tuple[int, float], ...]
    tau: tuple[float, ...]
    moments: tuple[tuple[float, int], ...]
    """(time, base) of each."""
    open: bool
    """Seen at once."""
    unseen: bool
    """Whether it may never be seen."""
    counts_entry: bool


@lru_cache(maxsize=512)
def _course(situation: _Situation) -> Course:
    return _Follower(situation).course()


DEAD = -2
"""Stands for the period of a measure that has been undone."""


class _Follower:
    """Works out one interaction's course. Times are years; a moving time is one that shifts with T."""

    def __init__(self, situation: _Situation) -> None:
        self.situation = situation
        self.number = dict(situation.members)
        self.members = list(self.number.values())
        self.fates, self.needs, self.state = situation.fates, dict(situation.needs), dict(situation.state)
        self.expressions: dict[Expression, int] = {}
        self.cache: dict[tuple[tuple[int, int], ...], Expression] = {}
        self.segments: list[tuple[float, ...]] = []
        self.rises: list[tuple[float, ...]] = []
        self.tau = list(situation.tau)
        at_once = situation.open
        random = [f for f in self.fates if f.random and np.isfinite(f.stop)]
        self.moving = [] if at_once else sorted({t for f in random for t in (f.stop, f.undone) if np.isfinite(t)})
        waits = bool(self.needs)
        dying = any(not f.random and np.isfinite(f.undone) and f.keeps < 1 - 1e-9 for f in self.fates)
        self.simple = not (at_once and random) and not waits and not dying
        self.until = min((f.stop for f in random), default=np.inf)
        self.counts_entry = situation.counts_entry
        self.follows = any(not np.isfinite(f.stop) for f in self.fates)

    def course(self) -> Course:
        planned, moments = None, self.situation.moments
        if self.simple:
            planned = [[self._planned(max(k, k0), k0) for k in range(-1, len(self.tau))] for _, k0 in moments]
        if not (self.simple and not np.isfinite(self.until)):
            for i, (t0, base) in enumerate(moments):
                for cell in self._cells(t0):
                    self._within(i, t0, base, cell)
        empty = np.zeros((0, 8))
        return Course(
            planned,
            self.until,
            list(self.expressions),
            np.array(self.segments) if self.segments else empty,
            np.array(self.rises) if self.rises else empty,
        )

    def _planned(self, k: int, k0: int) -> Expression:
        """The condition in period k while the plan is followed, faked measures standing as before the breach."""
        return self._holds(tuple((k, k) if f.random else (k0, k0) for f in self.fates))

    def _holds(self, periods: tuple[tuple[int, int], ...]) -> Expression:
        """The condition with each member in force as of a period (and, where it waits, its needs as of another)."""
        if periods not in self.cache:
            place = dict(zip(self.number, periods, strict=True))
            self.cache[periods] = holds(self.situation.when, lambda n: self._atom(n, *place[n]))
        return self.cache[periods]

    def _atom(self, name: str, k: int, k0: int) -> Expression:
        m = self.number[name]

        def standing(n: int, period: int) -> Expression:
            return in_force(n, period, self.state[n])

        if k == DEAD:
            return False
        if k > k0 and m in self.needs:
            first = [standing(n, k0) for n in self.needs[m]]
            return any_of([standing(m, k0), all_of([standing(m, k), *first])])
        return standing(m, k)

    def _cells(self, t0: float) -> list[Cell]:
        """Ranges of T within which everything happens in one order."""
        if not self.moving:
            return [Cell(-np.inf, np.inf, 0.0)]
        fixed = [t for t in self.tau if t > t0 - SNAP]
        fixed += [t0 + f.undone for f in self.fates if not f.random and np.isfinite(f.undone)]
        cuts = sorted({0.0, *(x - t0 - t for x in fixed for t in self.moving if x - t0 - t > SNAP)})
        cuts = [c for i, c in enumerate(cuts) if i == 0 or c - cuts[i - 1] > SNAP]
        ends = [*cuts[1:], cuts[-1] + 2.0]
        cells = [Cell(a if a > 0 else -1.0, b, (a + b) / 2) for a, b in zip(cuts, ends, strict=True)]
        cells[-1] = Cell(cells[-1].a, np.inf, cells[-1].sample)
        if not self.simple and self.situation.unseen:
            cells.append(Cell(np.inf, np.inf, np.inf))
        return cells

    def _within(self, i: int, t0: float, base: int, cell: Cell) -> None:
        """Add the segments of one cell of T."""
        begin = (t0 + self.until + cell.sample, t0 + self.until, 1.0) if self.simple else (t0, t0, 0.0)
        times = self._times(t0, begin, cell)
        ever: Expression = self._before(t0, base, begin[0], cell) if self.counts_entry else False
        start, last = begin, None
        for n, (x, at, moves) in enumerate(times):
            following = times[n + 1][0] if n + 1 < len(times) else x + 2.0
            now = self._at(t0, base, (x + following) / 2, cell.sample)
            if now != last:
                self._segment(i, cell, last, start, (x, at, moves))
                start, last = (x, at, moves), now
            if self.counts_entry and (seen := any_of([ever, now])) != ever:
                self._rise(i, cell, seen, (at, moves), 1.0)
                self._rise(i, cell, ever, (at, moves), -1.0)
                ever = seen
        self._segment(i, cell, last, start, (np.inf, np.inf, 0.0))

    def _before(self, t0: float, base: int, begin: float, cell: Cell) -> Expression:
        """The condition just before the segments begin."""
        if self.simple:
            return self._at(t0, base, max(t0, begin - 2 * SNAP), cell.sample)
        return self._holds(tuple((base, base) for _ in self.fates))

    def _segment(
        self,
        i: int,
        cell: Cell,
        held: Expression | None,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
    ) -> None:
        if held is None or held is False:
            return
        e = self.expressions.setdefault(held, len(self.expressions))
        self.segments.append((i, e, cell.a, cell.b, *start[1:], *end[1:]))

    def _rise(self, i: int, cell: Cell, e: Expression, at: tuple[float, float], sign: float) -> None:
        if e is not False:
            number = self.expressions.setdefault(e, len(self.expressions))
            self.rises.append((i, number, cell.a, cell.b, *at, sign, 0.0))

    def _times(self, t0: float, begin: tuple[float, float, float], cell: Cell) -> list[tuple[float, float, float]]:
        """Times at which the condition may change, as (time at the sample, time or offset, moves), in order."""
        times = [begin]
        for f in self.fates:
            for t in (f.stop, f.undone):
                at = t0 + t + (cell.sample if f.random else 0.0)
                if np.isfinite(at) and at > begin[0] + SNAP:
                    times.append((at, t0 + t, float(f.random and bool(self.moving))))
        last = np.inf if self.follows or np.isinf(cell.sample) else max(t[0] for t in times)
        times += [(t, t, 0.0) for t in self.tau if begin[0] + SNAP < t < last - SNAP]
        times.sort()
        return [t for n, t in enumerate(times) if n == 0 or t[0] - times[n - 1][0] > SNAP]

    def _at(self, t0: float, base: int, t: float, sample: float) -> Expression:
        """The condition at time t after a breach at t0 that is seen after `sample` years."""
        periods = []
        for m, f in zip(self.members, self.fates, strict=True):
            wait = sample if f.random else 0.0
            stop = t0 + f.stop + wait
            if t > t0 + f.undone + wait and f.keeps < 1 - 1e-9:
                periods.append((DEAD, DEAD))
                continue
            k = bisect_right(self.tau, t) - 1
            if t > stop:
                k = min(k, bisect_left(self.tau, stop - SNAP) - 1)
            k = max(base, k)
            periods.append((k, base if m in self.needs else k))
        return self._holds(tuple(periods))
