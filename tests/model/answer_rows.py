"""The rows of ANSWERS §4 and §5 from their texts alone: lapse, never, forgive, as what a deviation loses when.

What a deviation brings is told as a difference from keeping. At a time t a measure is missing with a probability that
is read off the law of K, the time at which the others know; exits multiply it by the chance that nobody has left by
then. So each row is one integral over t, of exponentials between corners: Gauss–Legendre sums are exact. What a
delayed entry brings once is carried as a perpetuity that is missing until the entry (DESIGN §4, `once`).

Entries, who answers whom, the moments and what is faked are read by `tests.model.story`, which knows nothing of
answers. Interactions and inspection regimes with effects are not read here. Values are present values at the moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Dossier, Undo, Verify
from detente.model.plan import Plan
from tests.model.moments import NAMES, acts, openly, points, starts
from tests.model.story import AFTER, BEFORE, ENTRY, LATER, NEVER, Instant, Law, Story, flow, once

Floats = NDArray[np.float64]
TINY = 1e-9
FAR = 42.0
"""e^(−FAR) is nothing."""
LEGENDRE = {n: np.polynomial.legendre.leggauss(n) for n in (3, 4, 5, 8, 14)}


@dataclass(frozen=True)
class Row:
    kind: str
    party: str
    other: str | None
    measure: str | None
    answer: str
    moment: str
    years: float
    keep: float
    deviate: float
    measures: tuple[str, ...] = ()
    binding: bool = True

    @property
    def slack(self) -> float:
        return self.keep - self.deviate

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.kind, self.party, self.other, self.measure, self.answer, self.moment, round(self.years, 6))


@dataclass(frozen=True)
class Window:
    """When an answer suspends a measure, counted from K: [begins, ends)."""

    begins: float
    ends: float


@dataclass(frozen=True)
class Increment:
    """What of a measure enters at one time; −1: before signature."""

    measure: str
    at: float
    rise: float


class Exits:
    """Who leaves first, and when, given that nobody has left by `since` (what falls on `since` itself is past)."""

    def __init__(self, dossier: Dossier) -> None:
        self.rates = {p: sum(x.rate for x in dossier.exits if x.party == p) for p in dossier.parties}
        self.total = sum(self.rates.values())
        found = [(x.at, i, x.chance, x.party) for i, x in enumerate(dossier.exits) if x.at is not None]
        self.dated = [(at, chance, party) for at, _, chance, party in sorted(found)]
        self.parties = [p for p in dossier.parties if self.rates[p] or any(p == party for *_, party in self.dated)]

    def stays(self, since: Any, y: Any) -> Floats:
        """P(nobody has left by y), exits on y included."""
        since, y = np.asarray(since, float), np.asarray(y, float)
        left = np.exp(-self.total * np.maximum(y - since, 0.0))
        for at, chance, _ in self.dated:
            left = left * np.where((at > since + TINY) & (at <= y + TINY), 1 - chance, 1.0)
        return left

    def left(self, r: str, since: Any, y: Any) -> Floats:
        """P(r has left first, by y)."""
        since, y = np.broadcast_arrays(np.asarray(since, float), np.asarray(y, float))
        total = np.zeros(y.shape)
        corners = [-NEVER, *(at for at, _, _ in self.dated), NEVER]
        if self.rates[r]:
            for low, high in pairwise(corners):
                a, b = np.maximum(since, low), np.minimum(y, high)
                some = b > a
                a, b = np.where(some, a, 0.0), np.where(some, b, 0.0)
                start = self.stays(since, a)
                part = start * (1 - np.exp(-self.total * (b - a))) / self.total * self.rates[r]
                total = total + np.where(some, part, 0.0)
        for i, (at, chance, party) in enumerate(self.dated):
            if party == r:
                before = np.exp(-self.total * np.maximum(at - since, 0.0))
                for then, other, _ in self.dated[:i]:
                    before = before * np.where(then > since + TINY, 1 - other, 1.0)
                total = total + np.where((at > since + TINY) & (at <= y + TINY), chance * before, 0.0)
        return total


class Known:
    """K: when the others know. Open: at once; else t₀ + T + delay."""

    def __init__(self, start: Instant, law: Law | None, far: float) -> None:
        self.t0, self.law = float(start.t), law
        self.first = self.t0 + (law.delay if law else 0.0)
        self.rate = law.rate if law else 0.0
        self.visits = law.visits_until(far) if law else []
        self.at = np.array([self.first + t for t, _ in self.visits])
        self.unseen = np.array([1.0, *(left for _, left in self.visits)])
        self.corners = [self.first, *self.at]

    def by(self, y: Any) -> Floats:
        """P(K ≤ y)."""
        y = np.asarray(y, float)
        if self.law is None:
            return np.where(y >= self.t0, 1.0, 0.0)
        past = np.searchsorted(self.at, y + TINY, side="right")
        gone = np.exp(-self.rate * np.maximum(y - self.first, 0.0)) * self.unseen[past]
        return np.where(y >= self.first - TINY, 1 - gone, 0.0)

    def nodes(self, cuts: Iterable[float], decay: float) -> tuple[Floats, Floats]:
        """Times K and their weights, for functions that are smooth between cuts."""
        if self.law is None:
            return np.array([self.t0]), np.array([1.0])
        times, weights = [np.zeros(0)], [np.zeros(0)]
        if self.rate:
            far = self.first + FAR / (self.rate + decay)
            t, w = gauss([*cuts, *self.corners], self.first, far, self.rate + decay)
            past = np.searchsorted(self.at, t, side="right")
            times.append(t)
            weights.append(w * self.rate * np.exp(-self.rate * (t - self.first)) * self.unseen[past])
        if len(self.at):
            times.append(self.at)
            weights.append(-np.diff(self.unseen) * np.exp(-self.rate * (self.at - self.first)))
        return np.concatenate(times), np.concatenate(weights)


def gauss(cuts: Iterable[float], low: float, high: float, decay: float) -> tuple[Floats, Floats]:
    """Nodes and weights on [low, high] between cuts, panels no longer than 5 powers of e."""
    marks = np.unique(np.array([low, high, *(c for c in cuts if low < c < high)]))
    marks = marks[np.append(True, np.diff(marks) > 1e-12)]
    times, weights = [], []
    for a, b in pairwise(marks):
        fall = (b - a) * decay
        pieces = max(1, math.ceil(fall / 5))
        x, w = LEGENDRE[4 if fall < 0.05 else 5 if fall < 0.3 else 8 if fall < 2 else 14]
        edges = np.linspace(a, b, pieces + 1)
        half = np.diff(edges)[:, None] / 2
        times.append((edges[:-1, None] + half * (x + 1)).ravel())
        weights.append((half * w).ravel())
    if not times:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(times), np.concatenate(weights)


class Evaluator:
    """All rows of §4 of a plan."""

    def __init__(self, dossier: Dossier, plan: Plan) -> None:
        self.dossier, self.story = dossier, Story(dossier, plan)
        story = self.story
        self.parties = [p for p in dossier.parties if story.rho[p] > 0]
        self.undo = story.undo
        self.keeps = {m: x.undo.keeps.value if isinstance(x.undo, Undo) else 1.0 for m, x in dossier.measures.items()}
        self.increments = [Increment(m, t, rise) for m in dossier.measures for t, rise in story.entries[m]]
        self.exits = Exits(dossier)
        self.corners = sorted({*story.corners, *(at for at, _, _ in self.exits.dated)})
        self.pairs = list(self._pairs())

    # what the text says of answers

    def answers_of(self, p: str) -> list[str]:
        return [a for a in self.dossier.answers if p in self.dossier.breachers(a)]

    def sets(self, p: str) -> Iterator[tuple[str, ...]]:
        """Sets of p's answers that hang together by common `stops`."""
        mine = self.answers_of(p)
        stops = {a: set(self.dossier.answers[a].stopped) for a in mine}
        for size in range(1, len(mine) + 1):
            for some in combinations(mine, size):
                reached, todo = {some[0]}, [some[0]]
                while todo:
                    now = todo.pop()
                    near = [b for b in some if b not in reached and stops[b] & stops[now]]
                    reached |= set(near)
                    todo += near
                if len(reached) == size:
                    yield some

    def response(self, answer: str, n: str, p: str) -> float:
        """δ_n: years from K to n's suspension."""
        story, stops = self.story, self.dossier.answers[answer].stopped
        others = {m: [story.response[q] for q in self.dossier.measures[m].by if q != p] for m in stops}
        if others[n]:
            return min(others[n])
        rest = [min(times) for m, times in others.items() if m != n and times]
        return min(rest) if rest else story.first(p)

    def begins(self, answer: str, p: str) -> float:
        """δ_A: years from K to the answer."""
        return min(self.response(answer, n, p) for n in self.dossier.answers[answer].stopped)

    def window(self, answer: str, n: str, p: str, *, cured: bool = True) -> Window | None:
        said, undo = self.dossier.answers[answer], self.undo[n]
        delta = self.response(answer, n, p)
        begins = delta + undo
        ends = max(delta + said.length.value, said.cure.value) if cured else NEVER
        return Window(begins, ends) if begins < ends - TINY and begins < NEVER else None

    def windows(self, some: Sequence[str], p: str, *, cured: bool = True) -> dict[str, Window]:
        """Of each measure from its first to its last date over the answers."""
        found: dict[str, list[Window]] = {}
        for a in some:
            for n in dict.fromkeys(self.dossier.answers[a].stopped):
                window = self.window(a, n, p, cured=cured)
                if window is not None:
                    found.setdefault(n, []).append(window)
        return {n: Window(min(w.begins for w in ws), max(w.ends for w in ws)) for n, ws in found.items()}

    def _pairs(self) -> Iterator[tuple[str, str, float, float]]:
        """(n, m, φ, S): each false alarm on m suspends n for S."""
        for a, said in self.dossier.answers.items():
            for n in dict.fromkeys(said.stopped):
                if not any(self.window(a, n, p) for p in self.dossier.breachers(a)):
                    continue
                for m in said.to:
                    x = self.dossier.measures[m]
                    phi = x.verification.false_alarms.value if x.verification else 0.0
                    if phi and not x.divisible and not self.dossier.measures[n].divisible:
                        yield n, m, phi, said.length.value

    def theta(self, p: str, phi: float, length: float) -> float:
        rho = self.story.rho[p]
        sigma = 1 - math.exp(-rho * length)
        return phi * sigma / (rho + phi * sigma)

    def alarmed(self, p: str, n: str, t: Floats) -> Floats:
        """The share of n that false alarms cost p while the plan is kept."""
        total = np.zeros(np.shape(t))
        for stopped, m, phi, length in self.pairs:
            if stopped == n:
                total = total + self.theta(p, phi, length) * self.share(m, t)
        return total

    def share(self, m: str, t: Floats) -> Floats:
        return sum((rise * (at <= t) for at, rise in self.story.entries[m]), np.zeros(np.shape(t)))

    def flow(self, p: str, m: str, t: Floats) -> Floats:
        return flow(self.dossier.measures[m].effects, self.story.weight[p], self.story.rho[p], t)

    def once(self, p: str, m: str) -> float:
        return once(self.dossier.measures[m].effects, self.story.weight[p])

    # keeping, exits to come

    def spared(self, p: str, t: Floats) -> Floats:
        """Points a year that the deal spares p while it stands."""
        course = self.dossier.parties[p].no_deal_course(self.dossier.start)
        return -np.interp(t, [a for a, _ in course], [b for _, b in course])

    def made_after(self, i: Increment, r: str) -> float:
        """r's exit after this time does not prevent an entry that answers to r."""
        story = self.story
        wait = min(0.0 if q == r else story.response[q] for q in self.dossier.measures[i.measure].by)
        needs = [float(story.complete_at(n).t) for n in story.waits_for(i.measure, r)]
        return min(i.at, max([i.at - wait, *needs]))

    def falls_after(self, m: str, r: str) -> float:
        """Years from r's exit to m undone."""
        story, x = self.story, self.dossier.measures[m]
        waits = [0.0 if q == r else story.response[q] for q in x.by if x.falls or story.minds(q, m)]
        return min(waits, default=NEVER) + self.undo[m]

    def present(self, i: Increment, since: Any, t: Floats) -> Floats:
        """Of an increment, what is expected to be in force at t if the plan is kept, given no exit by `since`."""
        total = np.ones(np.shape(t))
        for r in self.exits.parties:
            if self.story.answers(i.measure, r):
                made, falls = self.made_after(i, r), self.falls_after(i.measure, r)
                before = self.exits.left(r, since, made + 0 * t)
                undone = self.exits.left(r, since, np.maximum(t - falls, made)) if falls < NEVER else before
                total = total - before - (1 - self.keeps[i.measure]) * (undone - before)
        return total * (t >= i.at)

    def over(self, i: Increment, since: Any, t: Floats) -> Floats:
        """Of an increment, what is expected to be in force at t while the deal is over by an exit."""
        total = np.zeros(np.shape(t))
        for r in self.exits.parties:
            first = self.story.first(r)
            if first == NEVER:
                continue
            ended = self.exits.left(r, since, t - first)
            if self.story.answers(i.measure, r):
                made, falls = self.made_after(i, r), self.falls_after(i.measure, r)
                never = self.exits.left(r, since, np.minimum(made, t - first))
                undone = self.exits.left(r, since, np.clip(t - falls, np.minimum(made, t - first), t - first))
                undone = undone if falls < NEVER else never
                ended = ended - never - (1 - self.keeps[i.measure]) * (undone - never)
            total = total + ended
        return total * (t >= i.at)

    def stands(self, since: Any, t: Floats) -> Floats:
        """P(no first answer by t) if the plan is kept."""
        total = np.ones(np.shape(t))
        for r in self.exits.parties:
            if self.story.first(r) < NEVER:
                total = total - self.exits.left(r, since, t - self.story.first(r))
        return total

    def kept_rate(self, p: str, since: Any, t: Floats, answering: str | None = None) -> Floats:
        """Points a year at t of keeping, given no exit by `since`; `answering`: of what a breach by it ends."""
        story = self.story
        ends = answering is None or story.first(answering) < NEVER
        total = np.zeros(np.shape(t))
        for i in self.increments:
            m = i.measure
            if answering is None or story.answers(m, answering):
                total = total + i.rise * self.flow(p, m, t) * self.present(i, since, t)
            if (ends or story.answers(m, answering or p)) and story.once_over(p, m):
                total = total + i.rise * story.once_over(p, m) * self.over(i, since, t)
        if ends:
            stands = self.stands(since, t)
            total = total + self.spared(p, t) * stands
            for n in dict.fromkeys(n for n, *_ in self.pairs):
                lost = self.alarmed(p, n, t) * self.share(n, t) * (1 - self.keeps[n])
                total = total - self.flow(p, n, t) * lost * stands
        return total

    def onces(self, p: str, since: Any, entered: Callable[[float], Any], answering: str | None = None) -> Any:
        """What entries bring once, discounted to signature; `entered`: which are past."""
        total: Any = 0.0
        for i in self.increments:
            if answering is not None and not self.story.answers(i.measure, answering):
                continue
            chance: Any = 1.0
            for r in self.exits.parties:
                if self.story.answers(i.measure, r):
                    chance = chance - self.exits.left(r, since, self.made_after(i, r))
            value = i.rise * self.once(p, i.measure) * math.exp(-self.story.rho[p] * i.at)
            total = total + np.where(entered(i.at), 0.0, value * chance)
        return total

    def cuts(self, p: str) -> list[float]:
        """Times at which what is kept has a corner, whatever the moment."""
        story, exits = self.story, self.exits
        found = {*self.corners, *(t for t, _ in self.dossier.parties[p].no_deal_course(self.dossier.start))}
        lags = {0.0}
        for r in exits.parties:
            lags.add(story.first(r))
            lags |= {self.falls_after(m, r) for m in self.dossier.measures if story.answers(m, r)}
        lags = {x for x in lags if x < NEVER}
        base = {at for at, _, _ in exits.dated} | {
            self.made_after(i, r) for i in self.increments for r in exits.parties if story.answers(i.measure, r)
        }
        return sorted({*found, *(b + x for b in base for x in lags), *lags})

    def lags(self) -> list[float]:
        """Years after the moment at which what is kept has a corner."""
        story = self.story
        lags = {story.first(r) for r in self.exits.parties}
        lags |= {self.falls_after(m, r) for r in self.exits.parties for m in self.dossier.measures}
        return sorted(x for x in lags if x < NEVER)

    def keep(self, p: str, at: Instant) -> float:
        """Value of keeping from a moment on."""
        rho, t0, since = self.story.rho[p], float(at.t), self.since(at)
        cuts = [*self.cuts(p), *(t0 + x for x in self.lags())]
        t, w = gauss(cuts, t0, t0 + FAR / rho, rho + self.exits.total)
        flowing = float(np.sum(w * np.exp(-rho * t) * self.kept_rate(p, since, t)))
        past = self.onces(p, since, lambda day: bool(Instant(day, ENTRY).precedes(at)))
        return (flowing + float(past)) * math.exp(rho * t0)

    @staticmethod
    def since(at: Instant) -> float:
        """Given no exit by then: of an exit on the date itself, to come before its entries, past after them."""
        return float(at.t) - (3 * TINY if int(at.phase) == BEFORE else 0.0)

    # lapsing

    def lapsing(
        self, p: str, some: Sequence[str], at: Instant, m: str | None
    ) -> dict[str, list[tuple[Increment, bool]]]:
        """By answer: increments of its `to` that lapse, and whether each is in force at the moment."""
        story = self.story
        faked = story.faked_with(p, m, at) if m is not None else frozenset()
        found: dict[str, list[tuple[Increment, bool]]] = {a: [] for a in some}
        for a in some:
            for i in self.increments:
                n = i.measure
                if n not in self.dossier.answers[a].to:
                    continue
                done = bool(Instant(i.at, ENTRY).precedes(at))
                standing = story.standing(p, n, intrusion=False)
                costs = standing if done else standing / story.rho[p] + self.once(p, n)
                lapses = n in faked if m is not None else costs < -1e-12
                if lapses and not (done and self.undo[n] == NEVER):
                    found[a].append((i, done))
        return found

    def binds(
        self, lapsing: dict[str, list[tuple[Increment, bool]]], at: Instant, m: str | None, *, cured: bool
    ) -> bool:
        """Whether something of each answer lapses; secretly m always does."""
        if m is None:
            return all(self.missed(a, found, at, lapsing, cured=cured) for a, found in lapsing.items())
        return all(
            any(i.measure == m or not done or self.keeps[i.measure] < 1 for i, done in found)
            for found in lapsing.values()
        )

    def horizon(self, answer: str, *, cured: bool) -> float:
        """Years from K until what lapses of an answer is performed again."""
        said = self.dossier.answers[answer]
        return said.cure.value if cured or said.then == "end" else NEVER

    def loss(self, p: str, some: Sequence[str], at: Instant, m: str | None, *, cured: bool) -> float:
        """keep − deviate of lapsing."""
        story, rho, t0, since = self.story, self.story.rho[p], float(at.t), self.since(at)
        ends = [self.dossier.answers[a].cure.value for a in some if self.dossier.answers[a].then == "end"]
        over = min(ends) if ends and not cured else NEVER
        law = story.law(m) if m is not None else None
        far = t0 + FAR / rho + (law.delay if law else 0.0)
        known = Known(at, law, far - t0)
        lapsing = self.lapsing(p, some, at, m)
        windows = self.windows(some, p, cured=cured)
        cures = {a: min(self.dossier.answers[a].cure.value if cured else NEVER, over) for a in some}
        lapsed = [(i, done, cures[a]) for a, found in lapsing.items() for i, done in found]
        total = 0.0
        for i in self.increments:
            mine = next(((done, cure) for j, done, cure in lapsed if j is i), None)
            window = windows.get(i.measure)
            if mine is not None or window is not None:
                total += self._missing(p, i, mine, window, known, at, over)
        cuts = [c - x for c in self.corners for x in [self.begins(a, p) for a in some]]
        for a in some:
            total += self._cost(p, a, known, since, cuts, over)
        if law is not None and self.exits.parties:
            total += self._left_unseen(p, [(i, done) for i, done, _ in lapsed], known, at)
        if over < NEVER:
            total += self._ended(p, lapsed, windows, known, at, over)
        return total * math.exp(rho * t0)

    def _missing(
        self,
        p: str,
        i: Increment,
        lapsed: tuple[bool, float] | None,
        window: Window | None,
        known: Known,
        at: Instant,
        over: float,
    ) -> float:
        """What an increment does not bring until the deal is over: lapsed, delayed, or suspended."""
        rho, t0, since, n = self.story.rho[p], float(at.t), self.since(at), i.measure
        done, cure = lapsed if lapsed is not None else (True, 0.0)
        begins, ends = (window.begins, min(window.ends, over)) if window is not None else (NEVER, NEVER)
        hidden = (t0 + self.undo[n] if done else i.at) if lapsed is not None else NEVER
        cuts = [*self.corners, hidden, *(c + x for c in known.corners for x in (cure, begins, ends))]
        low = max(t0, i.at)
        t, w = gauss(
            (c for c in cuts if c < NEVER), low, t0 + FAR / rho + known.first - t0, rho + self.exits.total + known.rate
        )
        lapses = np.where(t >= hidden, 1 - known.by(t - cure) if cure < NEVER else 1.0, 0.0)
        latest = np.where(t >= hidden, np.minimum(t - begins, t - cure), t - begins)
        started = known.by(latest) if begins < NEVER else 0 * t
        finished = known.by(t - ends) if ends < NEVER else 0 * t
        penance = np.maximum(started - finished, 0.0) * (1 - self.keeps[n])
        worth = self.flow(p, n, t)
        whole = (1 - self.keeps[n]) * worth if done else worth + rho * self.once(p, n)
        lost = lapses * whole + penance * worth * (1 - self.alarmed(p, n, t))
        return i.rise * float(np.sum(w * np.exp(-rho * t) * self.exits.stays(since, t) * lost))

    def _cost(self, p: str, answer: str, known: Known, since: float, cuts: list[float], over: float = NEVER) -> float:
        rho, cost = self.story.rho[p], points(self.dossier.answers[answer].cost, self.story.rho[p])
        delta = self.begins(answer, p)
        if not cost or delta == NEVER or delta > over + TINY:
            return 0.0
        t, w = known.nodes(cuts, rho + self.exits.total)
        return cost * float(np.sum(w * np.exp(-rho * (t + delta)) * self.exits.stays(since, t + delta)))

    def _left_unseen(self, p: str, faked: Sequence[tuple[Increment, bool]], known: Known, at: Instant) -> float:
        """What faking loses after an exit before K: what would have lived on, less what the faking leaves of it."""
        story, rho, t0, since = self.story, self.story.rho[p], float(at.t), self.since(at)
        total = 0.0
        for r in self.exits.parties:
            nodes: list[tuple[float, float]] = []
            if self.exits.rates[r]:
                marks = [*self.corners, *known.corners]
                for i, _ in faked:
                    falls = self.falls_after(i.measure, r)
                    lags = [0.0, *(x for x in (falls, story.first(r)) if x < NEVER)]
                    fixed = [*self.corners, t0 + self.undo[i.measure], self.made_after(i, r)]
                    marks += [c - x for c in fixed for x in lags if c < NEVER]
                rate = self.exits.total + rho + known.rate
                x, w = gauss(marks, t0, t0 + FAR / (self.exits.total + rho), rate)
                nodes += list(
                    zip(x, w * self.exits.rates[r] * self.exits.stays(since, x) * (1 - known.by(x)), strict=True)
                )
            for k, (day, chance, party) in enumerate(self.exits.dated):
                if party == r and day > since + TINY:
                    before = math.exp(-self.exits.total * (day - t0))
                    for then, other, _ in self.exits.dated[:k]:
                        before *= 1 - other if then > since + TINY else 1.0
                    nodes.append((day, chance * before * (1 - float(known.by(day)))))
            if nodes:
                x, w = (np.array(column) for column in zip(*nodes, strict=True))
                total += sum(float(np.sum(w * self._gone(p, i, done, r, x, t0))) for i, done in faked)
        return total

    def _gone(self, p: str, i: Increment, done: bool, r: str, x: Floats, t0: float) -> Floats:
        """What one faked increment would have brought after r's exit at x."""
        story, rho, n = self.story, self.story.rho[p], i.measure
        answers, keeps, first = story.answers(n, r), self.keeps[n], story.first(r)
        falls = x + self.falls_after(n, r) if answers else np.full(x.shape, NEVER)
        made = x > self.made_after(i, r) + TINY if answers else np.ones(x.shape, bool)
        start = np.maximum(x, max(t0 + self.undo[n], -1.0) if done else i.at)

        def worth(low: Floats, high: Floats, level: float, growing: bool) -> Floats:
            """∫ between two times of flow or a level."""
            high = np.maximum(low, high)
            if not growing:
                return level / rho * (np.exp(-rho * low) - np.exp(-rho * high))
            out = np.zeros(low.shape)
            marks = [-NEVER, *self.corners, NEVER]
            for a, b in pairwise(marks):
                s, e = np.clip(low, a, b), np.clip(high, a, b)
                middle = (
                    0.0
                    if not math.isfinite(a) and not math.isfinite(b)
                    else b - 1
                    if not math.isfinite(a)
                    else a + 1
                    if not math.isfinite(b)
                    else (a + b) / 2
                )
                out = out + float(self.flow(p, n, np.array(middle))) / rho * (np.exp(-rho * s) - np.exp(-rho * e))
            return out

        forever = np.full(x.shape, NEVER)
        over = story.once_over(p, n)
        ended = np.maximum(start, x + first) if first < NEVER else forever
        if done:
            lost = (1 - keeps) * (
                worth(start, falls, 0.0, True) + worth(np.minimum(ended, np.maximum(falls, start)), falls, over, False)
            )
        else:
            whole = np.maximum(falls, start)
            lost = worth(start, whole, 0.0, True) + keeps * worth(whole, forever, 0.0, True)
            lost = lost + worth(np.minimum(ended, whole), whole, over, False)
            lost = lost + keeps * worth(np.maximum(ended, whole), forever, over, False)
            lost = lost + self.once(p, n) * np.exp(-rho * np.maximum(i.at, x))
        return i.rise * np.where(made, lost, 0.0)

    def _ended(
        self,
        p: str,
        lapsed: Sequence[tuple[Increment, bool, float]],
        windows: dict[str, Window],
        known: Known,
        at: Instant,
        over: float,
    ) -> float:
        """`then: end`: what keeping would bring from K + cure on, less what the end leaves."""
        _story, rho, t0, since = self.story, self.story.rho[p], float(at.t), self.since(at)
        undos = {x for x in self.undo.values() if x < NEVER}
        base = {*self.cuts(p), *(t0 + x for x in undos)}
        lags = {0.0, *undos, *self.lags()}
        ks, weights = known.nodes([c - x - over for c in base for x in lags], rho + self.exits.total)
        total = 0.0
        for k, weight in zip(ks, weights, strict=True):
            end = k + over
            late = int(at.phase) == LATER or (known.law is None and over <= TINY and int(at.phase) == AFTER)
            chance = float(self.exits.stays(since, end))
            total += weight * chance * self._ending(p, lapsed, windows, end, late, t0, over)
        return total

    def _ending(
        self,
        p: str,
        lapsed: Sequence[tuple[Increment, bool, float]],
        windows: dict[str, Window],
        end: float,
        late: bool,
        t0: float,
        over: float,
    ) -> float:
        """Discounted to signature: keeping from `end` on less what is left."""
        story, rho = self.story, self.story.rho[p]
        cuts = [*self.cuts(p), *(end + x for x in (*self.lags(), *self.undo.values()) if x < NEVER)]
        cuts += [t0 + x for x in self.undo.values() if x < NEVER]
        t, w = gauss(cuts, end, end + FAR / rho, rho + self.exits.total)
        answered = story.first(p) < NEVER

        def entered(day: float) -> bool:
            return day <= end + TINY if late else day < end - TINY

        rate = self.kept_rate(p, end, t, p)
        total = float(self.onces(p, end, entered, p))
        for i in self.increments:
            n = i.measure
            mine = next((done for j, done, _ in lapsed if j is i), None)
            window = windows.get(n)
            suspended = window is not None and window.begins < over - TINY
            over_worth = story.once_over(p, n) if answered else 0.0
            if not story.answers(n, p):
                if over_worth:
                    rate = rate - i.rise * over_worth * self.present(i, end, t)
                if suspended:
                    rate = rate + i.rise * (1 - self.keeps[n]) * self.flow(p, n, t) * (t >= i.at) * self.exits.stays(
                        end, t
                    )
                continue
            if not entered(i.at):
                continue
            if mine is False:
                total += i.rise * self.once(p, n) * math.exp(-rho * end)
                continue
            x = self.dossier.measures[n]
            drops = x.falls or any(story.minds(q, n) for q in x.by)
            undone = t0 + self.undo[n] if mine else end if suspended else end + self.undo[n] if drops else NEVER
            rate = rate - i.rise * (self.flow(p, n, t) + over_worth) * np.where(t >= undone, self.keeps[n], 1.0)
        total += float(np.sum(w * np.exp(-rho * t) * rate))
        if answered:
            total += points(self.dossier.parties[p].collapse_cost, rho) * math.exp(-rho * end)
        return total

    # false alarms in the rows of §5

    def alarm_loss(self, p: str, low: float, until: Floats) -> Floats:
        """What false alarms cost p between a time and others, discounted to signature."""
        rho, total = self.story.rho[p], np.zeros(np.shape(until))
        marks = [low, *(c for c in self.corners if c > low), NEVER]
        for a, b in pairwise(marks):
            middle = np.array((a + b) / 2 if b < NEVER else a + 1)
            rate = sum(
                float(self.flow(p, n, middle) * self.alarmed(p, n, middle) * self.share(n, middle))
                * (1 - self.keeps[n])
                for n in dict.fromkeys(n for n, *_ in self.pairs)
            )
            end = np.clip(until, a, b)
            total = total + rate / rho * (math.exp(-rho * a) - np.exp(-rho * end))
        return total

    def breach_alarms(self, p: str, breaker: str, at: Instant, m: str | None, leaves: Instant | None) -> float:
        """What false alarms cost p until the first answer to a breach (or to an exit before it), at the moment."""
        if not self.pairs:
            return 0.0
        story, rho, t0, since = self.story, self.story.rho[p], float(at.t), self.since(at)
        first = story.first(breaker)
        if first == NEVER:
            t, w = gauss([*self.cuts(p), *(t0 + x for x in self.lags())], t0, t0 + FAR / rho, rho + self.exits.total)
            stands = self.stands(since, t)
            rate = np.zeros(t.shape)
            for n in dict.fromkeys(n for n, *_ in self.pairs):
                rate = rate + self.flow(p, n, t) * self.alarmed(p, n, t) * self.share(n, t) * (1 - self.keeps[n])
            return float(np.sum(w * np.exp(-rho * (t - t0)) * rate * stands))
        if m is None:
            return float(self.alarm_loss(p, t0, np.array(t0 + first))) * math.exp(rho * t0)
        left = float(leaves.t) if leaves is not None else NEVER
        known = Known(at, story.law(m), FAR / rho + story.law(m).delay)
        total, chance = 0.0, 1.0
        ks, w = known.nodes([*(c - first for c in self.corners), *self.corners, left], rho)
        some = ks <= left + TINY if leaves is not None and int(leaves.phase) != BEFORE else ks < left + TINY
        w = w * self.exits.stays(since, ks - 3 * TINY) * some
        total += float(np.sum(w * self.alarm_loss(p, t0, ks + first)))
        chance -= float(np.sum(w))
        if left < NEVER:
            before = left - 3 * TINY if leaves is not None and int(leaves.phase) == BEFORE else left
            unseen = float((1 - known.by(left)) * self.exits.stays(since, before))
            total += unseen * float(self.alarm_loss(p, t0, np.array(left + first)))
            chance -= unseen
        for r in self.exits.parties:
            lag = story.first(r)
            nodes: list[tuple[float, float]] = []
            if self.exits.rates[r]:
                far = min(left, t0 + FAR / (self.exits.total + rho))
                cuts = [*(c - lag for c in self.corners if lag < NEVER), *self.corners, *known.corners]
                x, v = gauss(cuts, t0, far, self.exits.total + rho + known.rate)
                nodes += list(
                    zip(x, v * self.exits.rates[r] * self.exits.stays(since, x) * (1 - known.by(x)), strict=True)
                )
            for k, (day, odds, party) in enumerate(self.exits.dated):
                late = day > left - TINY if leaves is not None and int(leaves.phase) == BEFORE else day > left + TINY
                if party == r and day > since + TINY and not late:
                    before = math.exp(-self.exits.total * (day - t0))
                    for then, other, _ in self.exits.dated[:k]:
                        before *= 1 - other if then > since + TINY else 1.0
                    nodes.append((day, odds * before * (1 - float(known.by(day)))))
            if nodes:
                x, v = (np.array(column) for column in zip(*nodes, strict=True))
                total += float(np.sum(v * self.alarm_loss(p, t0, x + lag)))
                chance -= float(np.sum(v))
        total += chance * float(self.alarm_loss(p, t0, np.array(NEVER)))
        return total * math.exp(rho * t0)

    # rows

    def rows(self) -> Iterator[Row]:
        keeps: dict[tuple[str, float], float] = {}
        for kind, p, some, m, at in self.listed():
            when = (p, float(at.key))
            if when not in keeps:
                keeps[when] = self.keep(p, at)
            yield self.lapse(kind, p, some, m, at, keeps[when])
        yield from self.forgiving()

    def lapse(
        self, kind: str, p: str, some: tuple[str, ...], m: str | None, at: Instant, keep: float | None = None
    ) -> Row:
        """A row of a lapse, cured (`lapse`) or not (`never`)."""
        cured, keep = kind == "lapse", self.keep(p, at) if keep is None else keep
        lost = self.loss(p, some, at, m, cured=cured)
        lapsing = self.lapsing(p, some, at, m)
        names = {n for a, found in lapsing.items() for n in self.missed(a, found, at, lapsing, cured=cured)}
        return Row(
            kind,
            p,
            None,
            m,
            "+".join(a for a in self.dossier.answers if a in some),
            NAMES[int(at.phase)],
            float(at.t),
            keep,
            keep - lost,
            tuple(n for n in self.dossier.measures if n in names),
            self.binds(lapsing, at, m, cured=cured),
        )

    def missed(
        self,
        answer: str,
        found: Sequence[tuple[Increment, bool]],
        at: Instant,
        lapsing: Iterable[str],
        *,
        cured: bool,
    ) -> list[str]:
        """What of an answer's `to` lapses openly before it is performed again, or the deal ends."""
        until = float(at.t) + min(self.horizon(a if not cured else answer, cured=cured) for a in lapsing)
        return [i.measure for i, done in found if (self.keeps[i.measure] < 1 if done else i.at <= until + TINY)]

    def listed(self) -> Iterator[tuple[str, str, tuple[str, ...], str | None, Instant]]:
        """(kind, party, answers, measure at whose detection, moment) of all rows of lapses."""
        story = self.story
        for p, some in ((q, some) for q in self.parties for some in self.sets(q) if acts(story, q)):
            ways: list[tuple[str | None, Instant]] = [(None, at) for at in openly(story, p)]
            for a in some:
                for m in self.dossier.answers[a].to:
                    if self.dossier.measures[m].fakeable:
                        ways += [(m, at) for at in starts(story, p, m)]
            for m, at in ways:
                lapsing = self.lapsing(p, some, at, m)
                for kind in ("lapse", "never"):
                    if self.binds(lapsing, at, m, cured=kind == "lapse"):
                        yield kind, p, some, m, at

    def forgiving(self) -> Iterator[Row]:
        """Whether carrying an answer out hurts those who do."""
        story = self.story
        for a, said in self.dossier.answers.items():
            for p in self.dossier.breachers(a):
                windows = self.windows([a], p)
                performers = {q for n in said.stopped for q in self.dossier.measures[n].by} - {p}
                for q in self.parties:
                    if q not in performers:
                        continue
                    for at in openly(story, p):
                        if any(story.done(m, at) for m in said.to):
                            value = self._forgiving(q, windows, at)
                            yield Row(
                                "forgive",
                                q,
                                p,
                                None,
                                a,
                                NAMES[int(at.phase)],
                                float(at.t),
                                value,
                                0.0,
                                (),
                                said.credible,
                            )

    def _forgiving(self, q: str, windows: dict[str, Window], at: Instant) -> float:
        rho, t0, total = self.story.rho[q], float(at.t), 0.0
        for n, window in windows.items():
            t, w = gauss(self.corners, t0 + window.begins, t0 + window.ends, rho + self.exits.total)
            rate = -self.flow(q, n, t) * (1 - self.keeps[n]) * self.share(n, t) * self.exits.stays(self.since(at), t)
            total += float(np.sum(w * np.exp(-rho * (t - t0)) * rate))
        return total


def rows(dossier: Dossier, plan: Plan) -> list[Row]:
    return list(Evaluator(dossier, plan).rows())


__all__ = ["Evaluator", "Row", "Verify", "rows"]
