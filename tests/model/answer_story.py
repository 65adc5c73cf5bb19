"""A deviation played out on given times: when the others know, who walks out and when. DESIGN §4–§5, ANSWERS §2–§5.

Nothing of `detente.model` is read here, and no law of any random time: `play` takes a calendar (a plan's entries), what
somebody does (`Act`) and, run by run, the time K at which the others know and the time X at which a party leaves; it
tells for every measure of every run when it is performed, and adds up what a party has of it, discounted to the moment.
`chances` and `sampled` give the times: as nodes of a quadrature (one random time), or as draws.

False alarms. On the plan's path an alarm on m suspends n at once and for S; alarms during a suspension do not prolong
it, so a suspension and the wait for the next alarm make a cycle: the value of n's flow (1 a year) from a time at which
it is performed is W = ∫ φe^(−φs) [(1 − e^(−ρs))/ρ + e^(−ρ(s+S)) W] ds = 1/(ρ + φσ), σ = 1 − e^(−ρS), so that the
share lost is 1 − ρW = φσ/(ρ + φσ) = θ. That is exact for one alarmed measure and a flow that begins with it and never
ends; where alarms on several m suspend the same n the text adds their shares (it counts twice what two suspensions have
in common), and where the flow begins late, ends or grows it takes the same share of every part of it.
`alarmed` samples this; `play` takes the text's share.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Dossier, Effect, Undo

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NEVER = math.inf
SEEN, BEFORE, EXIT, ANSWER, ENTRY, AFTER, LATER = range(7)
PLACE = {"before": BEFORE, "after": AFTER, "between": LATER}
EPS = 1e-9


@dataclass(frozen=True)
class Time:
    """Times [R] in the order of a date."""

    t: Floats
    order: NDArray[np.int_]

    @classmethod
    def at(cls, t: Any, order: Any) -> Time:
        t, order = np.broadcast_arrays(np.asarray(t, float), np.asarray(order))
        return cls(np.atleast_1d(t), np.atleast_1d(order))

    @property
    def key(self) -> Floats:
        return self.t + EPS * (self.order - ENTRY)

    def plus(self, wait: float) -> Time:
        """An answer that long after."""
        if wait <= EPS:
            return Time(self.t + wait, np.maximum(self.order, ANSWER))
        return Time(self.t + wait, np.where(self.order == LATER, LATER, ANSWER))

    def __lt__(self, other: Time) -> Bools:
        return self.key < other.key - EPS / 2


def least(*times: Time) -> Time:
    first = times[0]
    for one in times[1:]:
        sooner = one < first
        first = Time(np.where(sooner, one.t, first.t), np.where(sooner, one.order, first.order))
    return first


@dataclass(frozen=True)
class Act:
    """What `party` does from a moment on; with a measure it is seen as that one is, else at once.

    keep | breakout | lapse | never (of `answers`) | leave: fakes of the one answer what lapses, and leaves at `leaves`.
    `lapses`: the measures of the answers' `to` that are not performed (None: the text's own).
    """

    kind: str
    party: str
    years: float
    moment: str
    answers: tuple[str, ...] = ()
    measure: str | None = None
    leaves: tuple[float, str] | None = None


class Deal:
    """A calendar and who does what in it."""

    def __init__(self, dossier: Dossier, entry: Mapping[str, Any], share: Mapping[str, Any] | None = None) -> None:
        self.dossier, self.measures = dossier, dossier.measures
        dates, tau = list(dossier.grid.dates), dossier.grid.years
        self.entries: dict[str, list[tuple[float, float]]] = {}
        for m, x in self.measures.items():
            standing = dossier.state.in_force.get(m)
            found = [(-1.0, standing.share.value)] if standing else []
            level = found[0][1] if found else 0.0
            if x.divisible:
                for day, to in (share or {}).get(m, ()):
                    if to > level:
                        found.append((tau[dates.index(day)], to - level))
                        level = to
            elif not standing and entry.get(m) in dates:
                found.append((tau[dates.index(entry[m])], 1.0))
            self.entries[m] = found
        self.rho = {p: x.discount.value if x.discount else 0.0 for p, x in dossier.parties.items()}
        self.wait = {p: x.response_time.value if x.response_time else 0.0 for p, x in dossier.parties.items()}
        self.undo = {m: x.undo.within.value if isinstance(x.undo, Undo) else NEVER for m, x in self.measures.items()}
        self.keeps = {m: x.undo.keeps.value if isinstance(x.undo, Undo) else 1.0 for m, x in self.measures.items()}

    def weight(self, p: str, j: str) -> float:
        stake, x = self.dossier.parties[p].stakes.get(j), self.dossier.interests[j]
        return 0.0 if stake is None else stake.value / (x.best.value - x.worst.value)

    def worth(self, p: str, effects: Mapping[str, Effect]) -> tuple[float, list[tuple[float, float]], float]:
        """(level, [(growth for ever, until)], once) in points."""
        level = sum(self.weight(p, j) * e.level.value for j, e in effects.items())
        growth = [
            (
                self.weight(p, j) * e.per_year.rate.value / self.rho[p],
                e.per_year.lasts.value if e.per_year.lasts else NEVER,
            )
            for j, e in effects.items()
            if e.per_year
        ]
        return level, growth, sum(self.weight(p, j) * e.once.value for j, e in effects.items())

    def standing(self, p: str, m: str) -> float:
        if not self.rho[p]:
            return sum(self.weight(p, j) * e.level.value for j, e in self.measures[m].effects.items())
        level, growth, _ = self.worth(p, self.measures[m].effects)
        return level + sum(g for g, _ in growth)

    def concerns(self, m: str, breaker: str) -> bool:
        return breaker in self.measures[m].by or breaker in self.dossier.conditional_on(m)

    def first(self, breaker: str) -> float:
        waits = [
            self.wait[q] for m, x in self.measures.items() if self.concerns(m, breaker) for q in x.by if q != breaker
        ]
        return min(waits, default=NEVER)

    def complete(self, m: str) -> float:
        total = 0.0
        for t, rise in self.entries[m]:
            total += rise
            if total > 1 - 1e-9:
                return t
        return NEVER

    def lacks(self, m: str, breaker: str) -> list[float]:
        """When the breaker's measures are complete without which an entry of m does not happen."""
        if breaker in self.measures[m].by or not self.concerns(m, breaker):
            return []
        needs = {n for some in self.dossier.prerequisites(m) for n in some}
        return [self.complete(n) for n in needs if breaker in self.measures[n].by]

    def drops(self, q: str, m: str) -> bool:
        return self.measures[m].falls or self.standing(q, m) < -1e-12

    # answers

    def speed(self, p: str, m: str) -> float:
        verify, rho = self.measures[m].verification, self.rho[p]
        assert verify is not None
        rate, left, since, total = verify.detects.value if verify.detects else 0.0, 1.0, 0.0, 0.0
        steps: list[tuple[float, float]] = []
        if verify.visits and verify.visits.every and verify.visits.detects:
            n = min(2000, int(40 / rho / verify.visits.every.value) + 1)
            steps = [((k + 1) * verify.visits.every.value, (1 - verify.visits.detects.value)) for k in range(n)]
        for t, unseen in [*steps, (NEVER, 0.0)]:
            total += left * rate / (rate + rho) * (math.exp(-(rate + rho) * since) - math.exp(-(rate + rho) * t))
            total += left * (1 - unseen) * math.exp(-(rate + rho) * t)
            left, since = left * unseen, t
        return math.exp(-rho * verify.delay.value) * total

    def faked(self, p: str, m: str, start: Time) -> set[str]:
        """S(m)."""
        found = {m}
        for n, x in self.measures.items():
            if n != m and p in x.by and x.fakeable and self.entries[n]:
                if self.speed(p, n) > self.speed(p, m) * (1 + 1e-12):
                    continue
                entered = bool((Time.at(self.entries[n][0][0], ENTRY) < start)[0])
                costs = self.standing(p, n) + (0 if entered else self.rho[p] * self.worth(p, x.effects)[2])
                if costs < -1e-12 and not (entered and self.undo[n] == NEVER):
                    found.add(n)
        return found

    def reaction(self, a: str, n: str, p: str) -> float:
        stops = self.dossier.answers[a].stopped
        waits = {m: min((self.wait[q] for q in self.measures[m].by if q != p), default=NEVER) for m in stops}
        if waits[n] < NEVER:
            return waits[n]
        rest = min((w for m, w in waits.items() if m != n), default=NEVER)
        return rest if rest < NEVER else self.first(p)

    def share_lost(self, p: str, n: str, t: Floats) -> Floats:
        """θ of n, by every alarmed measure in force."""
        total, rho = np.zeros(t.shape), self.rho[p]
        for a, said in self.dossier.answers.items():
            if n not in said.stopped or self.measures[n].divisible or self.undo[n] == NEVER:
                continue
            lags = [self.reaction(a, n, q) for q in self.dossier.breachers(a)]
            if not any(x + self.undo[n] < max(x + said.length.value, said.cure.value) - EPS for x in lags):
                continue
            for m in said.to:
                verify = self.measures[m].verification
                if verify and verify.false_alarms.value and not self.measures[m].divisible:
                    phi, sigma = verify.false_alarms.value, 1 - math.exp(-rho * said.length.value)
                    theta = phi * sigma / (rho + phi * sigma)
                    total = total + theta * sum((rise * (t >= at) for at, rise in self.entries[m]), np.zeros(t.shape))
        return total


class _Runs:
    """One act, many runs."""

    def __init__(
        self, deal: Deal, act: Act, known: Floats, exit_at: Floats, leaver: Sequence[str] | NDArray[Any]
    ) -> None:
        self.deal, self.act, self.p = deal, act, act.party
        self.n = len(known)
        self.start = Time.at(act.years, PLACE[act.moment])
        place = SEEN if act.measure is not None else PLACE[act.moment]
        self.known = Time.at(known, LATER if act.moment == "between" else place)
        self.exit = Time.at(exit_at, EXIT)
        self.leaver = np.asarray(leaver)
        self.none = Time.at(np.full(self.n, NEVER), SEEN)
        self.leaves = self.none
        if act.kind == "breakout":
            self.leaves = Time.at(np.full(self.n, act.years), PLACE[act.moment])
        if act.kind == "leave":
            assert act.leaves is not None
            self.leaves = Time.at(np.full(self.n, act.leaves[0]), PLACE[act.leaves[1]])
        covert = act.measure is not None
        self.unseen = (self.exit < self.known) if covert else np.zeros(self.n, bool)
        if act.kind == "keep":
            self.known, self.unseen = self.none, np.zeros(self.n, bool)
        if covert and act.kind == "leave":
            self.unseen = (self.exit < self.known) & (self.exit < self.leaves)
        self.over = self._over()
        self.broken = self._broken()

    def _ending(self) -> float:
        """Years from K to the end of the deal."""
        if self.act.kind != "never":
            return NEVER
        said = [self.deal.dossier.answers[a] for a in self.act.answers]
        return min((x.cure.value for x in said if x.then == "end"), default=NEVER)

    def _over(self) -> Time:
        """When `then: end` ends the deal, where nobody has left by then."""
        wait = self._ending()
        if wait == NEVER:
            return self.none
        end = self.known.plus(wait)
        gone = self.exit < end
        return Time(np.where(gone, NEVER, end.t), end.order)

    def _broken(self) -> Bools:
        """Whether p has openly broken the deal before anybody has left."""
        return np.isfinite(self.leaves.t) & ~(self.exit < self.leaves)

    # what becomes of an increment

    def lapses(self, m: str, at: float) -> tuple[bool, bool]:
        """(lapses, in force at the moment)."""
        deal, act, p = self.deal, self.act, self.p
        entered = bool((Time.at(at, ENTRY) < self.start)[0])
        if act.kind in ("keep", "breakout") or not any(m in deal.dossier.answers[a].to for a in act.answers):
            return False, entered
        if entered and deal.undo[m] == NEVER:
            return False, entered
        if act.measure is not None:
            return m in deal.faked(p, act.measure, self.start), entered
        value = deal.standing(p, m) + (0 if entered else deal.rho[p] * deal.worth(p, deal.measures[m].effects)[2])
        return value < -1e-12, entered

    def cure(self, m: str) -> float:
        said = next((x for a, x in self.deal.dossier.answers.items() if a in self.act.answers and m in x.to), None)
        return NEVER if said is None or self.act.kind == "never" else said.cure.value

    def windows(self, n: str) -> tuple[float, float] | None:
        found = []
        for a in self.act.answers:
            said = self.deal.dossier.answers[a]
            if n in said.stopped and self.deal.undo[n] < NEVER:
                delta = self.deal.reaction(a, n, self.p)
                low = delta + self.deal.undo[n]
                high = NEVER if self.act.kind == "never" else max(delta + said.length.value, said.cure.value)
                if low < high - EPS and low < self._ending() - EPS:
                    found.append((low, high))
        return (min(a for a, _ in found), max(b for _, b in found)) if found else None

    def presence(self, m: str, at: float, rise: float, t: Floats) -> tuple[Floats, Floats, Floats]:
        """(share in force at times [R, N], the part of it that is missing by penance alone, time of entry [R])."""
        deal = self.deal
        column = lambda x: np.reshape(np.broadcast_to(x, (self.n,)), (-1, 1))  # noqa: E731
        share, made = self._ended_by_exit(m, at, t)
        entry = np.where(made, at, NEVER)
        lapses, entered = self.lapses(m, at)
        window = self.windows(m) if self.act.kind in ("lapse", "never", "leave") else None
        known = np.where(self.unseen, NEVER, self.known.t)
        if self.act.kind == "leave":
            known = np.where(self.known < self.leaves, known, NEVER)
        penance = np.zeros(t.shape)
        before_exit = t < column(self.exit.t)
        if self.over_or_broken.any():
            broken, made_then, entry_then = self._broken_off(m, at, t, entered)
            which = column(self.over_or_broken)
            share = np.where(which, broken, share)
            entry = np.where(self.over_or_broken, np.where(made_then, entry_then, NEVER), entry)
            before_exit = np.where(which, True, before_exit)
        if window is not None:
            low, high = column(known) + window[0], column(known) + window[1]
            hidden = (t >= low) & (t < high) & before_exit
            if self.act.kind == "leave":
                hidden &= column((known + window[0] < self.leaves.t - EPS) | ~self.broken)
            if np.isfinite(self.over.t).any():
                hidden &= column((self.known.t + window[0] < self.over.t - EPS) | ~np.isfinite(self.over.t))
            suspended = np.minimum(share, np.where(hidden, deal.keeps[m] * (t >= at), np.inf))
            penance, share = share - suspended, suspended
        if lapses:
            share, penance, entry = self._lapsed(m, at, t, entered, share, penance, entry, before_exit, known)
        return rise * share, rise * penance, entry

    @property
    def over_or_broken(self) -> Bools:
        return np.isfinite(self.over.t) | self.broken

    def _ended_by_exit(self, m: str, at: float, t: Floats) -> tuple[Floats, Bools]:
        """Share [R, N] and whether it is ever entered, if the plan is kept until somebody walks out."""
        deal = self.deal
        share, made = np.where(t >= at, 1.0, 0.0), np.ones(self.n, bool)
        for r in dict.fromkeys(self.leaver.tolist()):
            if r == "" or not deal.concerns(m, r):
                continue
            which = (self.leaver == r) & np.isfinite(self.exit.t)
            by = deal.measures[m].by
            entry = Time.at(np.full(self.n, at), ENTRY)
            stop = least(*(self.exit if q == r else self.exit.plus(deal.wait[q]) for q in by))
            held = np.zeros(self.n, bool)
            for needed in deal.lacks(m, r):
                held |= ~(Time.at(np.full(self.n, needed), ENTRY) < self.exit)
            here = (entry < stop) & ((entry < self.exit) | ~held)
            waits = [0.0 if q == r else deal.wait[q] for q in by if deal.drops(q, m)]
            undone = self.exit.t + min(waits, default=NEVER) + deal.undo[m]
            fate = np.where(t >= undone[:, None], deal.keeps[m], 1.0) * here[:, None] * (t >= at)
            share = np.where(which[:, None], fate, share)
            made = np.where(which, here, made)
        return share, made

    def _broken_off(self, m: str, at: float, t: Floats, entered: bool) -> tuple[Floats, Bools, Floats]:
        """Share, whether made, and entry, where p leaves openly or the deal ends."""
        deal, p = self.deal, self.p
        entry = Time.at(np.full(self.n, at), ENTRY)
        share, made = np.where(t >= at, 1.0, 0.0), np.ones(self.n, bool)
        if not deal.concerns(m, p):
            return share, made, np.full(self.n, at)
        end = self.over if self.act.kind == "never" else self.leaves
        at_once = self.act.kind == "never"
        by = deal.measures[m].by
        wait = {q: 0.0 if q == p or at_once else deal.wait[q] for q in by}
        stop = least(*(end if q == p else end.plus(wait[q]) for q in by))
        held = np.zeros(self.n, bool)
        for needed in deal.lacks(m, p):
            held |= ~(Time.at(np.full(self.n, needed), ENTRY) < end)
        made = (entry < stop) & ((entry < end) | ~held)
        undone = end.t + min([wait[q] for q in by if deal.drops(q, m)], default=NEVER) + deal.undo[m]
        share = np.where(t >= undone[:, None], deal.keeps[m], 1.0) * made[:, None] * (t >= at)
        return share, made, np.full(self.n, at)

    def _lapsed(
        self,
        m: str,
        at: float,
        t: Floats,
        entered: bool,
        share: Floats,
        penance: Floats,
        entry: Floats,
        before_exit: Bools,
        known: Floats,
    ) -> tuple[Floats, Floats, Floats]:
        """What of to is not performed until it is cured, or for ever."""
        deal, act = self.deal, self.act
        cured = known + self.cure(m)
        if act.kind == "leave":
            cured = np.where(self.broken & (cured >= self.leaves.t), NEVER, cured)
        until = np.where(self.unseen, NEVER, cured)[:, None]
        counts = before_exit | self.unseen[:, None]
        if entered:
            missing = (t >= act.years + deal.undo[m]) & (t < until) & counts
            kept = np.minimum(share, deal.keeps[m])
            gone = np.where(missing, kept, share)
        else:
            missing = (t >= at) & (t < until) & counts
            gone = np.where(missing, 0.0, share)
            late = np.where(cured > at, cured, at)
            exit_first = (self.exit.t < late) & ~self.unseen & ~self.over_or_broken
            moved = np.where(exit_first & (self.exit.t >= at), self.exit.t, late)
            moved = np.where(self.unseen, NEVER, moved)
            before = exit_first & (self.exit.t < at)
            entry = np.where(np.isfinite(entry), np.where(before, entry, moved), NEVER)
        return gone, np.where(missing, 0.0, penance), entry

    # what it is worth

    def value(self, q: str, *, no_deal: bool = True) -> Floats:
        """Present values at the moment, of each run."""
        deal, t0, rho = self.deal, self.act.years, self.deal.rho[q]
        marks = self._marks(q)
        low, high = marks[:, :-1], marks[:, 1:]
        middle = np.where(np.isinf(high), low + 1.0, (low + high) / 2)
        discount = (np.exp(-rho * (low - t0)) - np.exp(-rho * (high - t0))) / rho
        total = np.zeros(self.n)
        answer = self._first_answer()
        standing = middle < answer[:, None]
        for m, x in deal.measures.items():
            level, growth, once = deal.worth(q, x.effects)
            flowing = level + sum((g * (middle < until) for g, until in growth), np.zeros(middle.shape))
            over = sum(deal.weight(q, j) * e.level.value for j, e in x.if_over.items())
            lost = deal.share_lost(q, m, middle) * standing * (1 - deal.keeps[m])
            for at, rise in deal.entries[m]:
                share, penance, entry = self.presence(m, at, rise, middle)
                total += np.sum(discount * flowing * share, axis=1)
                if lost.any():
                    planned = rise * (middle >= at)
                    part = np.where(penance > EPS, penance / (1 - deal.keeps[m] or 1.0), 0.0)
                    total -= np.sum(discount * flowing * lost * (planned - part), axis=1)
                if over:
                    total += np.sum(discount * over * share * ~standing, axis=1)
                past = bool((Time.at(at, ENTRY) < self.start)[0])
                if once and not past:
                    total += (
                        rise
                        * once
                        * np.where(
                            np.isfinite(entry), np.exp(-rho * (np.where(np.isfinite(entry), entry, 0) - t0)), 0.0
                        )
                    )
        if no_deal:
            total += self._deal(q, answer)
        return total - self._costs(q, answer)

    def _first_answer(self) -> Floats:
        deal = self.deal
        found = np.full(self.n, NEVER)
        for r in dict.fromkeys(self.leaver.tolist()):
            if r:
                found = np.where(self.leaver == r, self.exit.t + deal.first(r), found)
        if deal.first(self.p) < NEVER:
            found = np.where(self.broken, self.leaves.t + deal.first(self.p), found)
            found = np.where(np.isfinite(self.over.t), self.over.t, found)
        else:
            found = np.where(self.over_or_broken & False, NEVER, found)
        return found

    def _deal(self, q: str, answer: Floats) -> Floats:
        """What the deal spares q until the first answer (constant losses alone)."""
        course = self.deal.dossier.parties[q].no_deal_course(self.deal.dossier.start)
        assert len(course) == 1, "only a constant flow is played"
        rho = self.deal.rho[q]
        return -course[0][1] / rho * (1 - np.exp(-rho * (answer - self.act.years)))

    def _costs(self, q: str, answer: Floats) -> Floats:
        if q != self.p:
            return np.zeros(self.n)
        deal, rho, t0 = self.deal, self.deal.rho[q], self.act.years
        total = np.zeros(self.n)
        if deal.first(q) < NEVER:
            amount = deal.dossier.parties[q].collapse_cost
            cost = amount.value / rho if amount.flow else amount.value
            ended = self.over_or_broken
            total += np.where(ended, cost * np.exp(-rho * (np.where(ended, answer, 0) - t0)), 0.0)
        for a in self.act.answers:
            said = deal.dossier.answers[a]
            cost = said.cost.value / rho if said.cost.flow else said.cost.value
            delta = min(deal.reaction(a, n, q) for n in said.stopped)
            if cost and delta < NEVER and delta <= self._ending() + EPS:
                when = self.known.plus(delta)
                paid = ~self.unseen & ~(self.exit < when) & np.isfinite(self.known.t)
                paid |= np.isfinite(self.over.t)
                if self.act.kind == "leave":
                    paid = ~self.unseen & (when < self.leaves) & ~(self.exit < when)
                total += np.where(paid, cost * np.exp(-rho * (np.where(paid, when.t, 0) - t0)), 0.0)
        return total

    def _marks(self, q: str) -> Floats:
        deal, t0 = self.deal, self.act.years
        fixed = {t for entries in deal.entries.values() for t, _ in entries}
        for x in deal.measures.values():
            fixed |= {e.per_year.lasts.value for e in x.effects.values() if e.per_year and e.per_year.lasts}
        undos = {u for u in deal.undo.values() if u < NEVER}
        fixed |= {t0 + u for u in undos}
        columns: list[Any] = [t0, NEVER, *fixed]
        moving: list[tuple[Floats, set[float]]] = []
        waits = {0.0, *(deal.wait.values())}
        falls = {w + u for w in waits for u in (0.0, *undos)}
        if np.isfinite(self.exit.t).any():
            moving.append((self.exit.t, falls))
        if np.isfinite(self.leaves.t).any():
            moving.append((self.leaves.t, falls))
        if np.isfinite(self.over.t).any():
            moving.append((self.over.t, {0.0, *undos}))
        if self.act.answers:
            lags = {0.0}
            for a in self.act.answers:
                lags.add(deal.dossier.answers[a].cure.value)
            for m in deal.measures:
                window = self.windows(m)
                lags |= set(window) if window else set()
            moving.append((self.known.t, lags))
        for base, lags in moving:
            columns += [base + x for x in lags if x < NEVER]
        columns = [np.broadcast_to(c, (self.n,)) for c in columns]
        return np.sort(np.maximum(np.stack(columns, axis=1), t0), axis=1)


def play(deal: Deal, q: str, act: Act, known: Floats, exit_at: Floats | None = None, leaver: Any = None) -> Floats:
    """Values to q at the moment [R]: the others know at `known` [R], `leaver` [R] walks out at `exit_at` [R]."""
    known = np.atleast_1d(np.asarray(known, float))
    n = len(known)
    exit_at = np.full(n, NEVER) if exit_at is None else np.asarray(exit_at, float)
    leaver = np.full(n, "") if leaver is None else np.asarray(leaver)
    step = 10_000
    return np.concatenate(
        [
            _Runs(deal, act, known[i : i + step], exit_at[i : i + step], leaver[i : i + step]).value(q)
            for i in range(0, n, step)
        ]
    )


# random times


def _law(deal: Deal, act: Act) -> tuple[float, float, float, float]:
    """(rate, years between visits, chance that one sees it, delay)."""
    verify = deal.measures[act.measure].verification if act.measure is not None else None
    assert verify is not None
    every = verify.visits.every.value if verify.visits and verify.visits.every else NEVER
    chance = verify.visits.detects.value if verify.visits and verify.visits.detects else 0.0
    return verify.detects.value if verify.detects else 0.0, every, chance, verify.delay.value


def sampled(deal: Deal, act: Act, n: int, rng: np.random.Generator) -> tuple[Floats, Floats, NDArray[Any]]:
    """Draws of K, X and who leaves."""
    known = np.full(n, act.years)
    if act.measure is not None:
        rate, every, chance, delay = _law(deal, act)
        seen = rng.exponential(1 / rate, n) if rate else np.full(n, NEVER)
        if every < NEVER and chance:
            seen = np.minimum(seen, every * rng.geometric(chance, n))
        known = act.years + delay + seen
    left, who = np.full(n, NEVER), np.full(n, "", dtype="U32")
    for x in deal.dossier.exits:
        if x.at is None:
            times = act.years + rng.exponential(1 / x.rate, n) if x.rate else np.full(n, NEVER)
        else:
            to_come = x.at > act.years + EPS or (abs(x.at - act.years) <= EPS and act.moment == "before")
            times = np.where((rng.random(n) < x.chance) & to_come, x.at, NEVER)
        sooner = times < left
        left, who = np.where(sooner, times, left), np.where(sooner, x.party, who)
    return known, left, who


def mean(deal: Deal, q: str, act: Act, n: int, seed: int) -> tuple[float, float]:
    """Mean over n draws, and its standard error."""
    found = play(deal, q, act, *sampled(deal, act, n, np.random.default_rng(seed)))
    return float(found.mean()), float(found.std() / math.sqrt(n))


def expected(deal: Deal, q: str, act: Act) -> float:
    """Where nobody may leave: the sum over being seen at visits, and Gauss–Legendre between corners in K."""
    assert not deal.dossier.exits
    if act.measure is None:
        return float(play(deal, q, act, np.array([act.years]))[0])
    rate, every, chance, delay = _law(deal, act)
    first = act.years + delay
    undos = [u for u in deal.undo.values() if u < NEVER]
    lags = {0.0, *undos, *(x.cure.value for x in deal.dossier.answers.values())}
    for a, x in deal.dossier.answers.items():
        for m in x.stopped:
            for p in deal.dossier.breachers(a):
                delta = deal.reaction(a, m, p)
                some = {delta, delta + x.length.value, delta + deal.undo[m]}
                lags |= {s for s in some if s < NEVER}
    fixed = {t for entries in deal.entries.values() for t, _ in entries} | {act.years + u for u in undos}
    for x in deal.measures.values():
        fixed |= {e.per_year.lasts.value for e in x.effects.values() if e.per_year and e.per_year.lasts}
    if act.leaves is not None:
        fixed |= {act.leaves[0] + w + u for w in (0.0, *deal.wait.values()) for u in (0.0, *undos)}
    corners = {c - a - b for c in fixed for a in lags for b in (0.0, *lags)}
    far = first + 42 / (rate + deal.rho[q])
    visits = []
    if every < NEVER and chance:
        k, left = 1, 1.0
        while k * every < far - first and left > 1e-14:
            visits.append((first + k * every, left * chance, left * (1 - chance)))
            left *= 1 - chance
            k += 1
    marks = sorted({first, far, *(c for c in corners if first < c < far), *(t for t, *_ in visits)})
    x, w = np.polynomial.legendre.leggauss(8)
    times, weights = [], []
    if rate:
        for low, high in itertools.pairwise(marks):
            if high - low < 1e-12:
                continue
            pieces = max(1, math.ceil((high - low) * (rate + deal.rho[q]) / 2))
            for k in range(pieces):
                a, b = low + (high - low) * k / pieces, low + (high - low) * (k + 1) / pieces
                t = a + (b - a) * (x + 1) / 2
                unseen = next((left for at, _, left in reversed(visits) if at <= a + EPS), 1.0)
                times.append(t)
                weights.append(w * (b - a) / 2 * rate * np.exp(-rate * (t - first)) * unseen)
    for at, caught, _ in visits:
        times.append(np.array([at]))
        weights.append(np.array([caught * math.exp(-rate * (at - first))]))
    total = sum(float(x.sum()) for x in weights)
    times.append(np.array([NEVER]))
    weights.append(np.array([max(0.0, 1 - total)]))
    return float(np.sum(np.concatenate(weights) * play(deal, q, act, np.concatenate(times))))


def alarmed(phi: float, length: float, rho: float, n: int, rng: np.random.Generator) -> Floats:
    """The share of a flow for ever that false alarms cost, draw by draw: discounted time suspended, times ρ."""
    now, lost = np.zeros(n), np.zeros(n)
    while np.min(now) * rho < 40:
        begins = now + rng.exponential(1 / phi, n)
        lost += np.exp(-rho * begins) - np.exp(-rho * (begins + length))
        now = begins + length
    return lost
