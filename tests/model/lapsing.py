"""What happens when a breach is answered by a suspension, told event by event: another reading of ANSWERS §4, §5.

It knows a dossier of whole measures without needs, interactions or growth, and nothing of `detente.model`. For one time
of being seen and many times [R] at which somebody leaves it finds what is entered, hidden and undone, and discounts
that; expectations are Gauss–Legendre sums between the times at which the order of events changes. Values are present
values at signature, points of the breacher.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Answer, Dossier, Undo, Verify

Floats = NDArray[np.float64]
INF = math.inf
NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)


@dataclass(frozen=True)
class Measure:
    name: str
    by: tuple[str, ...]
    answers: tuple[str, ...]
    undo: float
    keeps: float
    falls: bool
    rate: float
    """Points a year to the breacher."""
    once: float
    level: dict[str, float]
    """Points a year to each."""
    entry: float


@dataclass(frozen=True)
class Path:
    """One breach. `t0`, `before`: the moment; `answers`: by what it is answered; `measure`: None for all to see."""

    dossier: Dossier
    entries: dict[str, float]
    party: str
    answers: tuple[str, ...]
    t0: float
    before: bool
    measure: str | None = None
    cured: bool = True
    leaves: tuple[float, bool] | None = None
    """When p breaks openly, and whether before the entries of that date."""

    # --- what the dossier says -------------------------------------------------------------------------------------

    @cached_property
    def rho(self) -> float:
        return float(self.dossier.parties[self.party].discount.value)  # type: ignore[union-attr]

    @cached_property
    def measures(self) -> dict[str, Measure]:
        d, found = self.dossier, {}
        for name, body in d.measures.items():
            level = {p: sum(e.level.value for i, e in body.effects.items() if i == p) for p in d.parties}
            once = sum(e.once.value for i, e in body.effects.items() if i == self.party)
            undo, keeps = (body.undo.within.value, body.undo.keeps.value) if isinstance(body.undo, Undo) else (INF, 1.0)
            joint = tuple(body.by) if len(body.by) > 1 else ()
            found[name] = Measure(
                name=name,
                by=tuple(body.by),
                answers=(*d.conditional_on(name), *joint),
                undo=undo,
                keeps=keeps,
                falls=body.falls,
                rate=level[self.party],
                once=once,
                level=level,
                entry=self.entries.get(name, INF),
            )
        return found

    def response(self, q: str) -> float:
        found = self.dossier.parties[q].response_time
        acts = any(q in m.by for m in self.dossier.measures.values())
        return float(found.value) if found is not None and acts else 0.0

    def first(self, p: str) -> float:
        others = {q for m in self.measures.values() if p in m.answers for q in m.by if q != p}
        return min((self.response(q) for q in others), default=INF)

    def made(self, m: Measure) -> bool:
        return m.entry < self.t0 - 1e-9 or (abs(m.entry - self.t0) <= 1e-9 and not self.before)

    @cached_property
    def pauses(self) -> list[Answer]:
        return [self.dossier.answers[a] for a in self.answers]

    @cached_property
    def verify(self) -> Verify | None:
        if self.measure is None:
            return None
        found = self.dossier.measures[self.measure].verification
        assert found is not None
        return found

    @cached_property
    def delay(self) -> float:
        return 0.0 if self.verify is None else float(self.verify.delay.value)

    @cached_property
    def lapsing(self) -> set[str]:
        """What is not performed: all of it is seen no faster in these dossiers, or is for all to see."""
        found = set()
        for m in (self.measures[n] for a in self.pauses for n in a.to):
            costs = m.rate < 0 if self.made(m) else m.rate / self.rho + m.once < 0
            if m.name == self.measure or (costs and (self.measure is None or self._no_faster(m.name))):
                found.add(m.name)
        return found

    def _no_faster(self, name: str) -> bool:
        body = self.dossier.measures[name]
        return body.fakeable and self._speed(name) <= self._speed(self.measure or "") * (1 + 1e-12)

    def _speed(self, name: str) -> float:
        v = self.dossier.measures[name].verification
        assert v is not None
        assert v.detects is not None
        rate = v.detects.value
        return math.exp(-self.rho * v.delay.value) * rate / (rate + self.rho)

    def reply(self, answer: Answer) -> dict[str, float]:
        """Years from being known to each suspension."""
        who = {n: [q for q in self.measures[n].by if q != self.party] for n in answer.stopped}
        least = {n: min((self.response(q) for q in qs), default=INF) for n, qs in who.items()}
        own = min(least.values())
        own = self.first(self.party) if own == INF else own
        return {n: own if d == INF else d for n, d in least.items()}

    @cached_property
    def windows(self) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        for a in self.pauses:
            for n, d in self.reply(a).items():
                m = self.measures[n]
                end = max(d + a.length.value, a.cure.value) if self.cured else INF
                if m.keeps < 1 and d + m.undo < end:
                    b, e = found.get(n, (INF, -INF))
                    found[n] = min(b, d + m.undo), max(e, end)
        return found

    @cached_property
    def end(self) -> float:
        """Years from being known to the end of the deal."""
        ends = [a.cure.value for a in self.pauses if a.then == "end"]
        return INF if self.cured else min(ends, default=INF)

    def cure(self, name: str) -> float:
        (found,) = (a.cure.value for a in self.pauses if name in a.to)
        return found if self.cured else INF

    # --- one realisation -------------------------------------------------------------------------------------------

    def stops(self, who: str, at: Floats, *, at_once: bool = False) -> dict[str, tuple[Floats, Floats]]:
        """When each measure stops, and is undone, after somebody breaks the deal or leaves it."""
        found = {}
        for m in self.measures.values():
            stop, undone = np.full(at.shape, INF), np.full(at.shape, INF)
            if who in m.by or who in m.answers:
                for q in m.by:
                    if q != who and not (who in m.answers or len(m.by) > 1):
                        continue
                    wait = 0.0 if q == who or at_once else self.response(q)
                    if who in m.by and q != who:
                        stop = np.minimum(stop, at)
                    stop = np.minimum(stop, at + wait)
                    if m.level[q] < 0 or m.falls:
                        undone = np.minimum(undone, at + wait + m.undo)
            found[m.name] = stop, undone
        return found

    def kept(self, x: Floats, leaver: str) -> Floats:
        """The deal kept until somebody leaves at x."""
        fates, total = self.stops(leaver, x), np.zeros(x.shape)
        for m in self.measures.values():
            stop, undone = fates[m.name]
            total = total + self._worth(m, np.where(m.entry < stop, m.entry, INF), undone)
        return total - self._alarms(x + self.first(leaver), {})

    def lapsed(self, seen: Floats, x: Floats, leaver: str) -> Floats:
        """The breach, seen after some years, while somebody would leave at x."""
        known = self.t0 + seen + self.delay
        left = np.where(x < known, x, INF)
        a, strict = self.leaves or (INF, False)
        told = known < a - 1e-9  # else p leaves before it is answered
        over = np.minimum(known + self.end, a)
        gone = (x < over) if not strict else (x < over - 1e-9)
        breaks = self.leaves is not None
        after = 0.0 if strict or not breaks else 1e-9  # entries of that date come first
        broken = self.stops(self.party, over + after, at_once=not breaks)
        ends = self.first(self.party) if breaks else (0.0 if self.first(self.party) < INF else INF)
        deal = np.where(gone, x + self.first(leaver), over + ends)
        fates, total = self.stops(leaver, x), np.zeros(x.shape)
        hides: dict[str, tuple[Floats, Floats]] = {}
        for m in self.measures.values():
            stop, undone = (np.where(gone, u, v) for u, v in zip(fates[m.name], broken[m.name], strict=True))
            entry, hidden = np.where(m.entry < stop, m.entry, INF), []
            if m.name in self.lapsing:
                back = np.where(told, known + self.cure(m.name), INF)
                back = np.where((back > a) | ((back >= a - 1e-9) & strict), INF, back)
                back = np.where(left < INF, INF, np.where(gone, np.minimum(back, x), back))
                if not self.made(m):
                    late = np.where(m.entry < back, back, m.entry)
                    entry = np.where((entry < INF) & (late < INF) & ((late < stop) | gone), late, INF)
                else:
                    hidden.append((np.full(x.shape, self.t0 + m.undo), back))
            if m.name in self.windows:
                start, until = (known + w for w in self.windows[m.name])
                ended = np.where((over < INF) & (not breaks), np.where(start < over, INF, start), until)
                until = np.where(gone, np.minimum(until, x), ended)
                start = np.where((left < INF) | ~told, INF, start)
                if m.name in self.lapsing:
                    start = np.maximum(start, back)
                hides[m.name] = start, np.maximum(start, until)
                hidden.append(hides[m.name])
            total = total + self._worth(m, entry, undone, hidden)
        total = total - self._alarms(deal, hides)
        paid = np.where(gone, INF, over + ends)
        collapse = self.dossier.parties[self.party].collapse_cost.value
        total = total - collapse * np.exp(-self.rho * paid)
        for pause in self.pauses:
            at = known + min(self.reply(pause).values())
            paid_by = (at < x) & ((at <= over + 1e-9) | breaks)  # the end of the deal forestalls an answer
            total = total - pause.cost.value * np.exp(-self.rho * at) * (paid_by & told & (at < a - 1e-9))
        return total

    def _worth(self, m: Measure, entry: Floats, undone: Floats, hidden: Sequence[tuple[Floats, Floats]] = ()) -> Floats:
        start = np.maximum(entry, self.t0)
        e = lambda t: np.exp(-self.rho * t)  # noqa: E731
        lost = e(np.maximum(undone, start))
        for begin, end in hidden:
            low = np.maximum(begin, start)
            lost = lost + np.maximum(e(low) - e(np.minimum(end, np.maximum(undone, start))), 0.0)
        later = 0.0 if self.made(m) else m.once
        flow = m.rate / self.rho * (e(start) - (1 - m.keeps) * lost)
        return np.where(entry < INF, flow + later * e(np.where(entry < INF, entry, 0.0)), 0.0)

    def _alarms(self, over: Floats, hides: dict[str, tuple[Floats, Floats]]) -> Floats:
        """What false alarms take until the deal is over, but for what is hidden anyway."""
        total, rho = np.zeros(over.shape), self.rho
        for a in self.dossier.answers.values():
            for n in a.stopped:
                for name in a.to:
                    v = self.dossier.measures[name].verification
                    phi = 0.0 if v is None else v.false_alarms.value
                    m, often = self.measures[n], phi * (1 - math.exp(-rho * a.length.value))
                    if not phi or m.undo >= max(a.length.value, a.cure.value):
                        continue
                    since = max(m.entry, self.measures[name].entry, self.t0)
                    if since == INF:
                        continue
                    e = lambda t: np.exp(-rho * t)  # noqa: E731
                    stretch = np.maximum(e(since) - e(over), 0.0)
                    if n in hides:
                        begin, end = hides[n]
                        low = np.maximum(begin, since)
                        stretch = stretch - np.maximum(e(low) - e(np.minimum(end, over)), 0.0)
                    total = total + often / (rho + often) * (1 - m.keeps) * m.rate / rho * stretch
        return total

    # --- expectations ----------------------------------------------------------------------------------------------

    def slack(self) -> float:
        """Kept less lapsed, in present value at the moment."""
        seen, chances = self._seen()
        total = 0.0
        for x, weights, leaver in self._left(seen):
            when = np.broadcast_to(seen[:, None], x.shape).ravel()
            difference = self.kept(x.ravel(), leaver) - self.lapsed(when, x.ravel(), leaver)
            total += float(np.sum(chances[:, None] * weights * difference.reshape(x.shape)))
        return total * math.exp(self.rho * self.t0)

    def worth(self) -> float:
        """What the deal is worth, kept by all who do not leave."""
        left = self._left(np.zeros(1))
        return sum(float(np.sum(weights.ravel() * self.kept(x.ravel(), leaver))) for x, weights, leaver in left)

    @cached_property
    def turns(self) -> list[float]:
        """Years from being known to events."""
        waits = {0.0, *(a.cure.value for a in self.pauses), *(x for w in self.windows.values() for x in w if x < INF)}
        return sorted(waits | {min(self.reply(a).values()) for a in self.pauses})

    @cached_property
    def dates(self) -> list[float]:
        found = {self.t0, *(self.t0 + m.undo for m in self.measures.values() if m.undo < INF), *self.entries.values()}
        found |= {x.at for x in self.dossier.exits if x.at is not None}
        if self.leaves is not None:
            waits = {self.response(q) for q in self.dossier.parties}
            found |= {self.leaves[0] + w + m.undo for w in waits for m in self.measures.values() if m.undo < INF}
            found |= {self.leaves[0] + w for w in (0.0, *waits)}
        return sorted(found)

    def _seen(self) -> tuple[Floats, Floats]:
        if self.verify is None:
            return np.zeros(1), np.ones(1)
        assert self.verify.detects is not None
        rate = self.verify.detects.value
        edges = {t - self.t0 - self.delay - w for t in self.dates for w in self.turns}
        t, w = _panels(np.array([sorted(edges)]), rate)
        return t[0], w[0] * rate * np.exp(-rate * t[0])

    def _left(self, seen: Floats) -> Iterator[tuple[Floats, Floats, str]]:
        """When somebody leaves, by when the breach is seen, with chances: [T, X]."""
        rates = [(x.party, x.rate) for x in self.dossier.exits if x.at is None]
        dated = [(x.party, x.at, x.chance) for x in self.dossier.exits if x.at is not None]
        total, known = sum(r for _, r in rates), seen + self.delay
        dated = [d for d in dated if d[1] > self.t0 + 1e-9 or (abs(d[1] - self.t0) <= 1e-9 and self.before)]

        def stays(t: Floats) -> Floats:
            left = np.ones(t.shape)
            for _, at, chance in dated:
                left = left * np.where(t > at, 1 - chance, 1.0)
            return left

        if total:
            waits = {0.0, *(self.response(q) for q in self.dossier.parties)}
            fixed = {t - self.t0 - w for t in self.dates for w in waits} | {at - self.t0 for _, at, _ in dated}
            edges = np.concatenate(
                [np.broadcast_to(sorted(fixed), (len(seen), len(fixed))), known[:, None] + np.array(self.turns)], axis=1
            )
            x, w = _panels(np.sort(edges, axis=1), total)
            for party, rate in rates:
                yield self.t0 + x, w * rate * np.exp(-total * x) * stays(self.t0 + x), party
        for party, at, chance in dated:
            now = np.full((len(seen), 1), at)
            yield now, chance * np.exp(-total * (now - self.t0)) * stays(now), party
        if not total:
            never = np.full((len(seen), 1), INF)
            yield never, stays(never), self.party


def _panels(edges: Floats, rate: float) -> tuple[Floats, Floats]:
    """Nodes and weights between sorted edges [I, E], and far beyond the last."""
    inner = np.maximum(edges, 0.0)
    last = inner[:, -1:]
    tail = np.array([0.3, 0.7, 1.2, 2.0, 3.0, 4.5, 6.5, 9.0, 12.0, 16.0, 21.0, 27.0, 36.0]) / rate
    every = np.concatenate([np.zeros((len(edges), 1)), inner, last + tail], axis=1)
    a, b = every[:, :-1, None], every[:, 1:, None]
    nodes, weights = (a + b) / 2 + NODES * (b - a) / 2, WEIGHTS * (b - a) / 2
    there = np.any(b > a + 1e-12, axis=0)[:, 0]
    return nodes[:, there].reshape(len(edges), -1), weights[:, there].reshape(len(edges), -1)
