"""What it is worth not to perform something for a while, and be answered by a suspension. ANSWERS §4.

The deal goes on: nothing changes but what is hidden. Of each measure that is a stretch of time, from the moment or from
when the breach is known, which somebody's leaving ends. So a row is the sum of what is lost by hidden stretches, of
each entry by itself. An entry that comes late is one, too: what it is worth at entry, counted as its interest.
What does not end with somebody's leaving (what is faked when somebody leaves before it is known), and where the deal
ends after all, is the difference of two branches on these measures alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from detente.model.numeric import Array, Flags
from detente.model.rows.alarms import add_together, add_where
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Branch, Deviation, Sure
from detente.model.rows.conditions import all_of, in_force
from detente.model.rows.detection import SNAP, Watch
from detente.model.rows.endings import Endings
from detente.model.rows.entries import Entries, Felt, felt, shares_of
from detente.model.rows.faking import Faked
from detente.model.rows.fates import Fates, Times
from detente.model.rows.hidden import HiddenTime, until_turn
from detente.model.rows.laws import Detected
from detente.model.rows.linear import Rows
from detente.model.rows.moments import Moments
from detente.model.rows.paths import Valuation
from detente.model.rows.pauses import HiddenSpan, Suspension, answer_begins, windows


@dataclass(frozen=True)
class Dropping:
    """What p does not perform, and which answers that draws: columns; `measure` −1 for all to see, else faked."""

    party: int
    measure: int
    answers: tuple[int, ...]

    def pauses(self, model: Model) -> list[Suspension]:
        return [model.pauses[a] for a in self.answers]

    def among(self, model: Model) -> Flags:
        """[M] what the answers are to."""
        flags = np.zeros(model.M, bool)
        flags[[m for pause in self.pauses(model) for m in pause.to]] = True
        return flags

    def lapsing(self, model: Model) -> Faked:
        """What is not performed."""
        among = self.among(model)
        if self.measure < 0:
            return Faked.openly(model, self.party, among)
        return Faked.of(model, self.party, self.measure).within(among)

    def ends_after(self, model: Model) -> float | None:
        """Years from being known to the end of the deal, where it is not cured; None where it goes on."""
        return min((pause.cure for pause in self.pauses(model) if pause.ends), default=None)


def felt_of(model: Model, p: int, m: int, *, inspected: bool = True) -> Felt | None:
    """What a measure and its inspection are worth to a party."""
    own = felt(model.layers, model.once, p, m)
    if not inspected or (more := felt(model.intrusion, model.intrusion_once, p, m)) is None:
        return own
    layers, once = own or ((), 0.0)
    return (*layers, *more[0]), once + more[1]


class Hidden:
    """What hidden stretches of a deal that is kept are worth to a party, [I, K+1] by the period of the entry."""

    def __init__(self, v: Valuation, maker: Endings, watch: Watch | None, delay: float) -> None:
        model, moments = v.model, maker.moments
        self.v, self.model, self.rho, self.delay = v, model, v.rho, delay
        self.hiding = HiddenTime(v.rho, maker.exits, watch)
        self.t0, self.base = moments.years[:, None], moments.base[:, None]
        self.fresh = np.arange(-1, model.K)[None, :] > self.base
        self.start = np.maximum(model.edges[None, :-1], self.t0)

    def nothing(self) -> Array:
        return np.zeros(self.start.shape)

    def lapsed(self, start: Array, until: Array | float, cure: float) -> Array:
        """A point a year until `cure` years from being known."""
        if self.hiding.watch is None:
            return self.hiding.staying(start, np.minimum(until, np.maximum(start, self.t0 + cure)))
        return self.hiding.staying(start, until) - self.hiding.known(self.delay + cure, start, until)

    def suspended(self, window: HiddenSpan, until: Array | float) -> Array:
        """A point a year in a window."""
        known = self.hiding.known
        first = known(self.delay + window.begin, self.start, until)
        return first - known(self.delay + window.end, self.start, until)


class _Breached:
    """What is common to rows on a breach that is answered by suspensions."""

    def __init__(self, v: Valuation, maker: Endings, breach: Dropping, *, cured: bool) -> None:
        model = v.model
        self.v, self.maker, self.breach, self.model, self.p = v, maker, breach, model, breach.party
        self.faked = breach.lapsing(model)
        self.covert = breach.measure >= 0
        self.delay = float(self.faked.delay)
        watch = self.faked.watch if self.covert and isinstance(self.faked.watch, Watch) else None
        self.hidden = Hidden(v, maker, watch, self.delay)
        self.windows = windows(model, breach.pauses(model), self.p, cured=cured)
        self.cures = {m: pause.cure if cured else math.inf for pause in breach.pauses(model) for m in pause.to}
        self.concerned: Flags = model.by[self.p] | model.answers[self.p]
        """[M] what the end of the deal stops."""

    @cached_property
    def lapsing(self) -> Flags:
        return self.faked.undone | self.faked.skipped

    def difference(self, kept: Iterable[Branch], lapsed: Iterable[Branch], measures: Flags) -> Rows:
        """What some measures lose by themselves on some branches."""
        value, moments = self.v.of_branches, self.maker.moments
        return value(kept, moments, measures).minus(value(lapsed, moments, measures))

    def unknown(self, left: Sequence[Branch]) -> Rows:
        """What is lost by what stays faked for ever, since somebody leaves before it is known."""
        return self.difference([replace(x, fates=x.inspected) for x in left], left, self.lapsing)

    def lapses(self, m: int, own: Felt) -> Array:
        """Of what is in force at the moment from its undoing on, down to what stays; of what is to come, all."""
        model, hidden, (layers, once) = self.model, self.hidden, own
        worth = hidden.nothing()
        if self.faked.undone[m] and math.isfinite(model.undo[m]):
            start = np.broadcast_to(hidden.t0 + float(model.undo[m]), hidden.start.shape)
            made = sum((rate * self.lapsed(m, start, until) for until, rate in layers), hidden.nothing())
            worth += np.where(hidden.fresh, 0.0, (1 - float(model.keeps[m])) * made)
        if self.faked.skipped[m]:
            interest = (*layers, (math.inf, once * self.v.rho))
            late = sum((rate * self.lapsed(m, hidden.start, until) for until, rate in interest), hidden.nothing())
            worth += np.where(hidden.fresh, late, 0.0)
        return worth

    def lapsed(self, m: int, start: Array, until: float) -> Array:
        """[I, K+1] what a point a year is worth while a measure lapses, but for what is worked out by branches."""
        raise NotImplementedError

    def before(self, branches: Iterable[tuple[Branch, Array | float]], start: Array, until: Array | float) -> Array:
        """A point a year on some branches until their random time, which comes some years from the moment and it."""
        lost, t0, rho = self.hidden.nothing(), self.hidden.t0, self.v.rho
        for branch, shift in branches:
            ends = branch.low[:, None], branch.high[:, None]
            lost = lost + until_turn(branch.law, rho, t0, shift, (start, until), ends)
        return lost

    def beyond(self, n: int, lapses: Flags) -> HiddenSpan:
        """What of a window is left where its measure lapses until it is cured."""
        window = self.windows[n]
        if not lapses[n] or n not in self.cures:
            return window
        begin = max(window.begin, self.cures[n])
        return HiddenSpan(begin, max(begin, window.end))

    def spared(self, rows: Rows, n: int, m: int, late: Array, made: Array) -> None:
        """What alarms on m would have taken of n: of what enters later, and of what is in force at the moment."""
        add_together(rows, self.model, -late, (n, m))
        if made is late or not np.any(late - made):
            return
        state, coef = self.model.state, shares_of(late - made)
        for i, base in enumerate(self.maker.moments.base.tolist()):
            for k in range(-1, self.model.K):
                amount = np.zeros(len(coef))
                amount[i] = coef[i, k + 1]
                there = in_force(n, min(k, base), float(state[n])), in_force(m, k, float(state[m]))
                add_where(rows, amount, all_of(there))

    def paid(self, cost: float, after: float, chance: Array) -> Array:
        """[I] what a cost is worth some years from a moment."""
        worth: Array = cost * np.exp(-self.v.rho * (self.maker.moments.years + after)) * chance
        return worth

    def costs(self) -> Iterable[tuple[float, float]]:
        """What the breacher bears at each answer, and how many years from being known."""
        each = ((x.cost[self.p], answer_begins(self.model, x, self.p)) for x in self.breach.pauses(self.model))
        return [(cost, after) for cost, after in each if cost and math.isfinite(after)]


class LapseRows(_Breached):
    """Rows on not performing at some moments: kept, less lapsed, to the breacher, in present value at signature.

    `cured`: p performs again in time; else never, and what ends a deal ends it.
    """

    def __init__(self, v: Valuation, maker: Endings, breach: Dropping, *, cured: bool) -> None:
        super().__init__(v, maker, breach, cured=cured)
        self.end = None if cured else breach.ends_after(v.model)
        if self.end is not None:
            self.cures = dict.fromkeys(self.cures, self.end)
        self.left = maker.left_unknown(self.faked) if self.covert else ()

    @cached_property
    def ending(self) -> Deviation | None:
        """The end of the deal, with nothing hidden."""
        if self.end is None:
            return None
        return self.maker.ending(self.p, self.end, self.faked if self.covert else None)

    def rows(self) -> Rows:
        """What is lost by it at each moment."""
        rows = self._ended()
        for m in np.flatnonzero(self.lapsing).tolist():
            own = felt_of(self.model, self.p, m, inspected=not self.covert)
            if own is not None:
                rows.coef[:, m] += shares_of(self.lapses(m, own))
        for n in self.windows:
            self._suspended(rows, n)
        if self.left:
            rows = rows.plus(self.unknown(self.left))
        for cost, after in self.costs():
            if self.end is None or after <= self.end:  # an answer that the end of the deal forestalls costs nothing
                rows.const += self._paid(cost, after)
        return rows

    def lapsed(self, m: int, start: Array, until: float) -> Array:
        lost = self.hidden.lapsed(start, until, self.cures[m])
        turns: list[tuple[Branch, Array | float]] = [(branch, 0.0) for branch in self.left]
        if self.ending is not None:
            end = self.ending.branches[0]
            turns.append((end, end.law.delay if isinstance(end.law, Detected) else self.end or 0.0))
        return lost - self.before(turns, start, until)

    def _suspended(self, rows: Rows, n: int) -> None:
        """What is lost by a suspension, but for what alarms would have taken of it anyway, and what lapses."""
        layers, hidden = (felt_of(self.model, self.p, n) or ((), 0.0))[0], self.hidden
        made, late = (self._stretch(n, flags) for flags in (self.faked.undone, self.faked.skipped))

        def lost(flows: Iterable[tuple[float, float]], window: HiddenSpan) -> Array:
            return sum((rate * hidden.suspended(window, until) for until, rate in flows), hidden.nothing())

        worth = np.where(hidden.fresh, lost(layers, late), lost(layers, made))
        rows.coef[:, n] += (1 - float(self.model.keeps[n])) * shares_of(worth)
        for alarm in (x for x in self.v.alarms if x.suspended == n):
            of_late = lost(alarm.layers, late)
            self.spared(rows, n, alarm.alarmed, of_late, of_late if made == late else lost(alarm.layers, made))

    def _stretch(self, n: int, lapses: Flags) -> HiddenSpan:
        """What is left of a window where its measure lapses, and until the deal ends."""
        window = self.beyond(n, lapses)
        if self.end is None or (not self.concerned[n] and window.begin < self.end):
            return window
        return HiddenSpan(window.begin, max(window.begin, self.end))  # what would begin later does not

    def _paid(self, cost: float, after: float) -> Array:
        """A cost at an answer, if nobody has left by then: who leaves that day leaves first."""
        n, exits = len(self.maker.moments), self.maker.exits
        if not self.covert:
            return self.paid(cost, after, exits.until(np.full(n, after), np.ones(n, bool)))
        law = Detected(self.faked.watch, self.delay + after + 2 * SNAP, exits)
        seen = law.partial(self.v.rho, np.full(n, -1.0), np.full(n, np.inf))
        return self.paid(cost, self.delay + after, seen)

    def _ended(self) -> Rows:
        """What is lost by the end of the deal; from then on what is hidden stays so."""
        if self.ending is None:
            return self.v.nothing(len(self.maker.moments))
        rows, end = self.v.lost(self.maker, self.ending), self.ending.branches[0]
        stays = self._stays_hidden(end)
        measures = self.lapsing.copy()
        measures[[n for n in self.windows if self.concerned[n]]] = True
        return rows.plus(self.difference([end], [replace(end, fates=stays)], measures))

    def _stays_hidden(self, end: Branch) -> Fates:
        at = self.end or 0.0
        if isinstance(end.law, Detected):
            at += self.delay
        there = {n: self.windows[n].begin < (self.end or 0.0) and bool(self.concerned[n]) for n in self.windows}
        hidden = np.array([there.get(n, False) for n in range(self.model.M)])

        def ended(times: Times) -> Times:
            moves = np.where(hidden, self.covert, times.moves)
            return Times(np.where(hidden, at, times.years), moves)

        fates = replace(end.fates, made=ended(end.fates.made), later=ended(end.fates.later))
        return self.faked.spares(fates, self.maker.moments)


class Leave(_Breached):
    """Rows on faking, being answered, performing again, and breaking the deal openly in some later moments.

    What is not yet performed again by then never is; what is suspended stays so for as long as it would have been.
    """

    def __init__(self, v: Valuation, maker: Endings, breach: Dropping, leaves: Moments) -> None:
        super().__init__(v, maker, breach, cured=True)
        self.leaves, exits = leaves, maker.exits
        self.away = leaves.years - maker.moments.years
        self.until = (maker.moments.years + self.away)[:, None]
        """[I, 1] when p leaves."""
        self.path = maker.leaving(self.p, leaves)
        self.left = maker.left_unknown(self.faked, leaves)
        self.nobody = exits.until(self.away, ~leaves.before)
        """[I] the chance that nobody else has left by then."""

    def rows(self) -> Rows:
        """What is lost by it at each moment."""
        rows = self.v.lost(self.maker, self.path).plus(self.unknown(self.left))
        open_ = self.path.branches[0]
        unperformed = replace(open_, law=self._never)
        lapsed = replace(unperformed, fates=self.faked.spares(open_.fates, self.maker.moments))
        rows = rows.plus(self.difference([unperformed], [lapsed], self.lapsing))
        for m in np.flatnonzero(self.lapsing).tolist():
            if (own := felt_of(self.model, self.p, m, inspected=False)) is not None:
                rows.coef[:, m] += shares_of(self.lapses(m, own))
        for n in self.windows:
            self._suspended(rows, n)
        for cost, after in self.costs():
            law = Detected(self.faked.watch, self.delay + after + 2 * SNAP, self.maker.exits)
            seen = law.partial(self.v.rho, np.full(len(self.away), -1.0), self.away - self.delay - after - 2 * SNAP)
            rows.const += self.paid(cost, self.delay + after, seen)
        return rows

    @cached_property
    def _cure(self) -> float:
        return self.breach.pauses(self.model)[0].cure

    def _last(self, cure: float) -> Array:
        """[I] the last time of being seen from which p, known before it leaves, performs again in time."""
        last, leaves = self.away - self.delay - cure, self.leaves
        strict = leaves.before | (self.maker.moments.just_after & ~leaves.just_after) | (cure == 0)
        return np.where(strict, last - 2 * SNAP, last)

    @cached_property
    def _never(self) -> Sure:
        """What is faked is not performed again when p leaves."""
        return Sure(np.asarray(self.faked.watch.survival(self._last(self._cure)), float) * self.nobody)

    def lapsed(self, m: int, start: Array, until: float) -> Array:
        upto = np.minimum(until, np.maximum(start, self.until))
        lost = self.hidden.lapsed(start, upto, self.cures[m])
        turns: list[tuple[Branch, Array | float]] = [(branch, 0.0) for branch in self.left]
        turns.append((replace(self.path.branches[0], law=self._never), self.away[:, None]))
        return lost - self.before(turns, start, upto)

    def _suspended(self, rows: Rows, n: int) -> None:
        layers, open_ = (felt_of(self.model, self.p, n) or ((), 0.0))[0], self.path.branches[0]
        flags = self.faked.undone, self.faked.skipped
        made, late = (self._hidden(n, x, layers, np.inf) for x in flags)
        fresh = self.hidden.fresh
        coef = (1 - float(self.model.keeps[n])) * shares_of(np.where(fresh, late, made))
        if n in open_.waits:
            assert open_.held is not None
            self.v.hold_back(rows, coef, n, open_.waits[n], open_.held)
        rows.coef[:, n] += coef
        over = self.until + self.model.first_answer(self.p)
        for alarm in (x for x in self.v.alarms if x.suspended == n):
            of_made, of_late = (self._hidden(n, x, alarm.layers, over) for x in flags)
            self.spared(rows, n, alarm.alarmed, of_late, of_made)

    def _hidden(self, n: int, lapses: Flags, layers: Iterable[tuple[float, float]], over: Array | float) -> Array:
        """Of a suspension, before p leaves, and from then on until its end, or the measure's, if that comes first."""
        hidden, window, fates = self.hidden, self.beyond(n, lapses), self.path.branches[0].fates
        last = self._last(self._cure) if lapses[n] and n in self.cures else self.away - self.delay - 2 * SNAP
        concerned = bool(self.concerned[n])
        undone = np.where(hidden.fresh, fates.later.years[:, [n]], fates.made.years[:, [n]])
        end = np.minimum(hidden.t0 + undone, over)
        happens = self._happens(n)
        total = hidden.nothing()
        for until, rate in layers:
            near = hidden.suspended(window, np.minimum(until, np.maximum(hidden.start, self.until)))
            start = np.maximum(hidden.start, self.until)
            upto = np.maximum(start, np.minimum(until, end))
            first, second = (
                hidden.hiding.known(self.delay + x, start, upto, last=last, leaving=not concerned) for x in window
            )
            far = (first - second) * (self.nobody[:, None] if concerned else 1.0)
            total = total + rate * (near + np.where(happens, far, 0.0))
        return total

    def _happens(self, n: int) -> Flags:
        """[I, K+1] whether what enters then does, though p leaves."""
        entries = Entries(self.model, self.v.rho, self.path.branches[0], self.maker.moments)
        return np.isfinite(entries.first(*entries.fates.stop[slice(n, n + 1)]))


def forgiving(v: Valuation, maker: Endings, answer: int, breacher: int) -> Rows:
    """What a party would rather have than carry out an answer, in present value at signature: what that brings it."""
    hidden, model = Hidden(v, maker, None, 0.0), v.model
    rows = v.nothing(len(maker.moments))
    for n, window in windows(model, [model.pauses[answer]], breacher, cured=True).items():
        layers = (felt_of(model, v.p, n) or ((), 0.0))[0]
        worth = sum((rate * hidden.suspended(window, until) for until, rate in layers), hidden.nothing())
        rows.coef[:, n] -= (1 - float(model.keeps[n])) * shares_of(worth)
    return rows
