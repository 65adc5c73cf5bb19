"""Paths and their value: the sum of DESIGN §4, as coefficients on the shares f[m,k], exact within periods.

Every question (keeping, breaking out, cheating in secret, being left exposed) is the value of some `Deviation` to some
party. A path is valued entry by entry: W[m,e] is what an entry of all of m in period e is worth on it, so that the
whole is Σ W[m,e]·(f[m,e] − f[m,e−1]) = Σ (W[m,k] − W[m,k+1])·f[m,k], linear in f. Interactions are in `interactions`.

Column 0 of the period axis stands for "before signature".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.model.arrays import TINY, Array, Flags, Model
from detente.model.breaches import Branch, Deviation, Fates, Maker
from detente.model.conditions import Expression, all_of, in_force
from detente.model.detection import SNAP
from detente.model.laws import Left
from detente.model.losses import expected_spared_from, spared_from
from detente.model.moments import Moments

Terms = dict[tuple[Any, ...], float]
"""Coefficients on expressions."""
Layers = tuple[tuple[float, Array], ...]


@dataclass
class Rows:
    """Linear functions of a plan: const + Σ coef[i, m, k+1]·f[m,k] + Σ terms[i][e]·e, one for each moment i."""

    coef: Array
    """[moments, M, K+1]; period axis as in `Model.edges`."""
    const: Array
    """[moments]"""
    cells: list[tuple[NDArray[np.int64], NDArray[np.int64], Array]] = field(default_factory=list)
    """(moment, number of an expression, coefficient) of the terms, in pieces that add up."""
    expressions: list[Expression] = field(default_factory=list)
    """The valuation's expressions, by number; shared by its rows."""

    def add(self, i: NDArray[np.int64], number: NDArray[np.int64], amount: Array) -> None:
        self.cells.append((i, number, amount))

    def minus(self, other: Rows) -> Rows:
        """This less the other, moment by moment."""
        mine = [] if len(self.const) < len(other.const) else self.cells
        if len(self.const) < len(other.const):  # one row of this serves all
            every = np.arange(len(other.const))
            mine = [
                (np.repeat(every, len(i)), np.tile(number, len(every)), np.tile(amount, len(every)))
                for i, number, amount in self.cells
            ]
        cells = mine + [(i, number, -amount) for i, number, amount in other.cells]
        return Rows(self.coef - other.coef, self.const - other.const, cells, self.expressions)

    def plus(self, other: Rows) -> Rows:
        """The sum, moment by moment."""
        cells = self.cells + other.cells
        return Rows(self.coef + other.coef, self.const + other.const, cells, self.expressions)

    def scaled(self, factor: Array) -> Rows:
        cells = [(i, number, amount * factor[i]) for i, number, amount in self.cells]
        return Rows(self.coef * factor[:, None, None], self.const * factor, cells, self.expressions)

    @property
    def terms(self) -> list[Terms]:
        """For each moment its coefficients on expressions."""
        found: list[Terms] = [{} for _ in self.const]
        if not self.cells:
            return found
        i, number, amount = (np.concatenate(x) for x in zip(*self.cells, strict=True))
        width = len(self.expressions)
        used, where = np.unique(i * width + number, return_inverse=True)
        for cell, total in zip(used, np.bincount(where, weights=amount), strict=True):
            expression = self.expressions[cell % width]
            assert not isinstance(expression, bool)
            if abs(total) > TINY:
                found[cell // width][expression] = float(total)
        return found


@dataclass(frozen=True, eq=False)
class Part:
    """What of a path is valued."""

    measures: Flags
    """[M] in their effects, and those of their inspection."""
    interactions: tuple[int, ...]
    over: bool
    """Whether what measures do once the deal is over counts."""

    @classmethod
    def concerned(cls, model: Model, mover: int) -> Part:
        """What a breach by the mover bears upon: what it performs or what answers to it, and interactions with that."""
        measures = model.by[mover] | model.answers[mover]
        conditions = enumerate(model.conditions)
        there = tuple(j for j, c in conditions if any(measures[model.index[n]] for n in c.measures))
        return cls(measures, there, bool(np.isfinite(model.first_answer(mover))))

    def rest(self, model: Model) -> Part:
        """What the breach leaves standing: it goes on as planned, and may still end because somebody leaves."""
        others = tuple(j for j in range(len(model.conditions)) if j not in self.interactions)
        return Part(~self.measures, others, not self.over)


class Valuation:
    """Values of paths to one party, in present value at signature. The one place where DESIGN §4's sum is computed."""

    def __init__(self, model: Model, party: int):
        self.model, self.p = model, party
        self.rho = float(model.rho[party])
        self.expressions: list[Expression] = []
        self._number: dict[Expression, int] = {}
        self._known: dict[tuple[Maker, tuple[object, ...]], Rows] = {}
        self._signature = Maker(model, Moments.of([model.moments[0]]))

    # --- paths ---------------------------------------------------------------------------------------------------

    def signed(self) -> Rows:
        """One row: the whole plan as kept by all who do not leave, from just before signature, `no_deal` included."""
        return self.keeping(self._signature)

    def keeping(self, maker: Maker) -> Rows:
        """The plan kept by all who do not leave, from each moment on, with what of `no_deal` that spares."""
        return self._once(maker, ("kept",), lambda: self._value(maker.kept(), self._everything(), no_deal=True))

    def lost(self, maker: Maker, path: Deviation) -> Rows:
        """Keeping the deal less breaking it, from each moment on: what the breach leaves standing is in both."""
        part = Part.concerned(self.model, path.mover)
        kept = self._once(
            maker,
            ("concerned", path.mover),
            lambda: self._value(maker.kept(), part, no_deal=part.over),
        )
        return kept.minus(self._value(path, part, no_deal=part.over))

    def after(self, maker: Maker, path: Deviation, *, no_deal: bool) -> Rows:
        """A party's breaking the deal, from each moment on; with what `no_deal` then costs, and its collapse cost.

        What the breach leaves standing is worth what it is where the deal is kept: by all who do not leave.
        """
        model, mover = self.model, path.mover
        part = Part.concerned(model, mover)
        rest, answered = part.rest(model), part.over
        rows = self._value(path, part, no_deal=no_deal and answered)
        beside = self._once(
            maker,
            ("beside", mover, no_deal),
            lambda: self._value(maker.kept(), rest, no_deal=no_deal and not answered),
        )
        return rows.plus(beside)

    def _everything(self) -> Part:
        model = self.model
        return Part(np.ones(model.M, bool), tuple(range(len(model.conditions))), True)

    def _value(self, path: Deviation, part: Part, *, no_deal: bool) -> Rows:
        """A part of a path from each of its moments on."""
        rows = self._rows(len(path.moments))
        for branch in path.branches:
            self._add(rows, branch, path.moments, part)
            if no_deal:
                rows.const -= self._returns(branch, path.moments, pays=branch.pays and path.mover == self.p)
        if no_deal:
            rows.const += spared_from(self.model.losses[self.p], self.rho, path.moments.years)
        return rows

    def enjoyed(self, maker: Maker) -> Rows:
        """The plan from signature to each moment, while nobody leaves (`no_deal` not counted)."""
        whole, later = (
            self._once(m, ("plain",), lambda m=m: self._value(m.plain(), self._everything(), no_deal=False))  # type: ignore[misc]
            for m in (self._signature, maker)
        )
        return whole.minus(later)

    def _once(self, maker: Maker, what: tuple[object, ...], make: Callable[[], Rows]) -> Rows:
        if (maker, what) not in self._known:
            self._known[maker, what] = make()
        return self._known[maker, what]

    def _rows(self, moments: int) -> Rows:
        shape = (moments, self.model.M, self.model.K + 1)
        return Rows(np.zeros(shape), np.zeros(moments), [], self.expressions)

    def _returns(self, branch: Branch, moments: Moments, *, pays: bool) -> Array:
        """[I] what the first answer costs on a branch: the losses of no deal from then on, and the collapse cost."""
        finite = np.isfinite(branch.first_answer)
        at = moments.years + np.where(finite, branch.first_answer, 0.0)
        low, high, course = branch.low, branch.high, self.model.losses[self.p]
        cost = float(self.model.collapse[self.p]) if pays else 0.0
        if branch.answer_moves:
            lost = expected_spared_from(course, self.rho, branch.law, at, low, high)
            lost = lost + cost * np.exp(-self.rho * at) * branch.parts(self.rho, low, high)
        else:
            lost = spared_from(course, self.rho, at) + cost * np.exp(-self.rho * at)
            lost = lost * branch.parts(0.0, low, high)
        return np.where(finite, lost, 0.0)

    def number(self, expression: Expression) -> int:
        """The number of an expression in the valuation's rows."""
        if expression not in self._number:
            self._number[expression] = len(self.expressions)
            self.expressions.append(expression)
        return self._number[expression]

    # --- one branch ----------------------------------------------------------------------------------------------

    def _add(self, rows: Rows, branch: Branch, moments: Moments, part: Part) -> None:
        from detente.model.interactions import add_interactions

        model, p = self.model, self.p
        entries = Entries(self, branch, branch.fates, moments)
        for m in range(model.M):
            over = float(model.over[p, m]) if part.over else 0.0
            if (own := _felt(model.layers, model.once, p, m) if part.measures[m] else None) or over:
                self._measure(rows, entries, m, own or ((), 0.0), over)
        entries = entries if branch.inspected is branch.fates else Entries(self, branch, branch.inspected, moments)
        for m in range(model.M):
            if part.measures[m] and (own := _felt(model.intrusion, model.intrusion_once, p, m)):
                self._measure(rows, entries, m, own, 0.0)
        add_interactions(self, rows, branch, moments, part.interactions)

    def _measure(self, rows: Rows, entries: Entries, m: int, own: Felt, over: float) -> None:
        """Add what one measure is worth."""
        branch = entries.branch
        if m in branch.waits and branch.held is None:
            rows.coef[:, m] += shares_of(entries.worth(m, own, over, made_only_before_turn=True))
            for k0 in range(-1, self.model.K - 1):
                self._between(rows, entries, m, k0, own, over)
            return
        coef = shares_of(entries.worth(m, own, over))
        if branch.held is not None and m in branch.waits:
            self._hold_back(rows, coef, m, branch.waits[m], branch.held)
        rows.coef[:, m] += coef

    def _hold_back(self, rows: Rows, coef: Array, m: int, needs: tuple[int, ...], held: Array) -> None:
        """Entries of m later than a period do not happen where what m needs of the breaker is unentered by then."""
        for k0 in np.unique(held).astype(int):
            chosen = np.flatnonzero(held == k0)
            needed = self._needed(needs, int(k0))
            if needed is True:
                continue
            for k in range(int(k0) + 1, self.model.K):
                moved = coef[chosen, k + 1].copy()
                if np.all(np.abs(moved) <= TINY):
                    continue
                coef[chosen, k + 1] = 0.0
                coef[chosen, k0 + 1] += moved
                self._rise(rows, chosen, moved, m, k, int(k0), needed)

    def _between(self, rows: Rows, entries: Entries, m: int, k0: int, own: Felt, over: float) -> None:
        """Entries of m between a party's leaving, after period k0 began and before the next, and the answer."""
        cell = entries.within(k0)
        if cell is None:
            return
        coef = shares_of(cell.worth(m, own, over, only_after=k0))
        needed = self._needed(entries.branch.waits[m], k0)
        chosen = np.arange(len(coef))
        for k in range(k0 + 1, self.model.K):
            if np.any(np.abs(coef[:, k + 1]) > TINY):
                self._rise(rows, chosen, coef[:, k + 1], m, k, k0, needed)

    def _needed(self, needs: tuple[int, ...], k0: int) -> Expression:
        return all_of(in_force(n, k0, float(self.model.state[n])) for n in needs)

    def _rise(
        self, rows: Rows, chosen: NDArray[np.int64], amount: Array, m: int, k: int, k0: int, needed: Expression
    ) -> None:
        """Add amount × (f[m,k] − f[m,k0]), where what is needed is there."""
        if needed is True:
            rows.coef[chosen, m, k + 1] += amount
            rows.coef[chosen, m, k0 + 1] -= amount
        elif needed is not False:
            there = np.flatnonzero(np.abs(amount) > TINY)
            number = self.number(("rise", m, k, k0, needed))
            rows.add(chosen[there], np.full(len(there), number), amount[there])


Felt = tuple[tuple[tuple[float, float], ...], float]
"""Layers (until, points a year), and points at entry."""


def _felt(layers: Layers, once: Array, p: int, c: int) -> Felt | None:
    """What a column is worth to a party; None where nothing."""
    own = tuple((until, float(rates[p, c])) for until, rates in layers if abs(rates[p, c]) > TINY)
    return (own, float(once[p, c])) if own or abs(once[p, c]) > TINY else None


def felt(v: Valuation, c: int) -> Felt | None:
    """What a measure, or an interaction, is worth to the party; None where nothing."""
    return _felt(v.model.layers, v.model.once, v.p, c)


def shares_of(worth: Array) -> Array:
    """Coefficients on shares f[m,k] from the worth W[m,e] of entries: W[k] − W[k+1], period axis last."""
    coefficients: Array = worth - np.concatenate([worth[..., 1:], np.zeros((*worth.shape[:-1], 1))], axis=-1)
    return coefficients


class Entries:
    """What entries are worth on a branch, by the period of the entry: [I, K+1]."""

    def __init__(
        self, v: Valuation, branch: Branch, fates: Fates, moments: Moments, low: Array | None = None, high: Any = None
    ) -> None:
        self.v, self.branch, self.fates, self.moments = v, branch, fates, moments
        self.t0 = moments.years[:, None]
        self.tau = v.model.edges[None, :-1]
        self.period = np.arange(-1, v.model.K)[None, :]
        self.fresh = self.period > moments.base[:, None]
        self.start = np.maximum(self.tau, self.t0)
        self.low = branch.low if low is None else low
        self.high = branch.high if high is None else high
        self._ranges: dict[bytes, Range] = {}

    def within(self, k0: int) -> Entries | None:
        """With the random time falling after period k0 began and not after the next; None where it never does."""
        model = self.v.model
        begin = float(model.tau[k0]) if k0 >= 0 else 0.0
        low = np.maximum(self.low, begin - self.moments.years) if k0 >= 0 else self.low
        high = np.minimum(self.high, float(model.tau[k0 + 1]) - self.moments.years)
        there = (high >= 0) & (self.moments.base <= k0)
        law = self.branch.law
        if not np.any(there) or (isinstance(law, Left) and not law.within(begin, float(model.tau[k0 + 1]))):
            return None
        low = np.where(self.moments.base == k0, self.low, low)
        low, high = np.where(there, low, 0.0), np.where(there, high, 0.0)
        return Entries(self.v, self.branch, self.fates, self.moments, low, high)

    def after_all(self) -> tuple[Array, Array]:
        """The random times after the last period began."""
        begin = float(self.v.model.tau[-1]) - self.moments.years
        low = np.where(self.moments.base == self.v.model.K - 1, self.low, np.maximum(self.low, begin))
        return low, np.maximum(self.high, low)

    def happening(self, m: int, *, at_once: bool = False) -> Range:
        """The random times for which entries of m happen: what was in force at the moment is there for all.

        `at_once`: only where they come before the random time itself.
        """
        stop, moves = (self.fates.stop.years[:, m], bool(self.fates.stop.moves[m]))
        if at_once:
            stop = np.zeros(len(self.low))
        key = stop.tobytes() + bytes([moves, at_once])
        if key not in self._ranges:
            self._ranges[key] = self._range(stop[:, None], moves)
        return self._ranges[key]

    def _range(self, stop: Array, moves: bool) -> Range:
        low, high = self.low[:, None], self.high[:, None]
        ahead = self.tau - self.t0
        if moves:
            first = np.maximum(low, self.branch.law.just_before(ahead - stop, self.branch.just_after[:, None]))
        else:
            snap = np.where(self.branch.just_after_fixed[:, None], -SNAP, SNAP)
            there = (stop > ahead + snap) | ((self.period <= self.branch.upto[:, None]) & ~np.isneginf(stop))
            first = np.where(there, low, np.inf)
        first = np.where(self.fresh, first, low)
        return Range(self.branch, self.v.rho, first, np.broadcast_to(np.maximum(high, first), first.shape))

    def worth(
        self, m: int, own: Felt, over: float, *, made_only_before_turn: bool = False, only_after: int | None = None
    ) -> Array:
        """[I, K+1] what an entry of all of m in each period is worth.

        `made_only_before_turn`: of entries to come, those before the random time; `only_after`: none until a period.
        """
        when = self.happening(m, at_once=made_only_before_turn)
        layers, once = own
        rho, fates = self.v.rho, self.fates
        total = sum((rate * self._flow(until, self.start) for until, rate in layers), np.zeros(self.start.shape))
        if once:
            total = total + np.where(self.fresh, once * np.exp(-rho * np.maximum(self.tau, 0.0)), 0.0)
        total = total * when.chance
        keeps = float(fates.keeps[m])
        for chosen, times in ((~self.fresh, fates.made), (self.fresh, fates.later)):
            if keeps < 1 and np.any(np.isfinite(times.years[:, m])):
                lost = self._ended(layers, times[m], when)
                if fates.back is not None:
                    lost = lost - self._ended(layers, fates.back[m], when)
                total = total - np.where(chosen, (1 - keeps) * lost, 0.0)
        if over:
            total = total + over * self._over(m, keeps, when)
        if only_after is not None:
            total = np.where(self.period > only_after, total, 0.0)
        result: Array = total
        return result

    def _flow(self, until: float, t: Array) -> Array:
        """A point a year from t until a time, at signature."""
        rho = self.v.rho
        flow: Array = np.maximum(np.exp(-rho * t) - np.exp(-rho * until), 0.0) / rho
        return flow

    def _ended(self, layers: tuple[tuple[float, float], ...], time: tuple[Array, bool], when: Range) -> Array:
        """What is lost from a time on, entries that do not happen left out."""
        offset, moves = time[0][:, None], time[1]
        total = np.zeros(self.start.shape)
        if not np.any(np.isfinite(offset)):
            return total
        at, rho = self.t0 + offset, self.v.rho
        for until, rate in layers:
            if not moves:
                total = total + rate * self._flow(until, at) * when.chance
            elif np.isposinf(until):
                total = total + rate / rho * np.exp(-rho * at) * when.discount
            else:
                last = np.minimum(when.high, until - at)
                seen = np.exp(-rho * at) * when.parts(rho, when.low, last)
                total = total + rate / rho * (seen - np.exp(-rho * until) * when.parts(0.0, when.low, last))
        return np.where(np.isfinite(offset), total, 0.0)

    def _over(self, m: int, keeps: float, when: Range) -> Array:
        """[I, K+1] a point a year from the first answer on while m is in force: whole until undone, then `keeps`."""
        branch = self.branch
        finite = np.isfinite(branch.first_answer)
        if not np.any(finite):
            return np.zeros(self.start.shape)
        answer = (np.where(finite, branch.first_answer, 0.0)[:, None], branch.answer_moves)
        total = when.discounted_later(self.t0, answer, (self.start - self.t0, False))
        for chosen, times in ((~self.fresh, self.fates.made), (self.fresh, self.fates.later)):
            offset, moves = times.years[:, m][:, None], bool(times.moves[m])
            there = np.isfinite(offset)
            if keeps < 1 and np.any(there):
                lost = when.discounted_later(self.t0, answer, (np.where(there, offset, 0.0), moves))
                total = total - np.where(chosen & there, (1 - keeps) * lost, 0.0)
        return np.where(finite[:, None], total / self.v.rho, 0.0)


@dataclass
class Range:
    """The part (low, high] of a branch's law on which entries happen: [I, K+1], with its chance and discount."""

    branch: Branch
    rho: float
    low: Array
    high: Array

    def __post_init__(self) -> None:
        self.chance = self.parts(0.0, self.low, self.high)
        self._discount: Array | None = None

    @property
    def discount(self) -> Array:
        """E[e^(−ρZ)] on the range."""
        if self._discount is None:
            self._discount = self.parts(self.rho, self.low, self.high)
        return self._discount

    def parts(self, rho: float, a: Array, b: Array) -> Array:
        return self.branch.parts(rho, a, np.maximum(a, b))

    def discounted_later(self, t0: Array, one: tuple[Array, bool], other: tuple[Array, bool]) -> Array:
        """E[e^(−ρt)] of the later of two times, years from the moment, each moving with the random time or not."""
        (a, a_moves), (b, b_moves) = one, other
        if a_moves == b_moves:
            at = np.exp(-self.rho * (t0 + np.maximum(a, b)))
            return at * (self.discount if a_moves else self.chance)
        moving, fixed = (a, b) if a_moves else (b, a)
        cut = np.clip(fixed - moving, self.low, self.high)
        first = np.exp(-self.rho * (t0 + fixed)) * self.parts(0.0, self.low, cut)
        return first + np.exp(-self.rho * (t0 + moving)) * self.parts(self.rho, cut, self.high)


def truth(expression: Expression, shares: Array) -> float:
    """Value of an expression for a plan's shares ([M, K+1])."""
    if isinstance(expression, bool):
        return float(expression)
    kind = expression[0]
    if kind == "in":
        return float(shares[expression[1], expression[2] + 1] >= 1 - 1e-9)
    if kind == "rise":
        _, m, k, k0, needed = expression
        return float(shares[m, k + 1] - shares[m, k0 + 1]) * truth(needed, shares)
    parts = [truth(part, shares) for part in expression[1]]
    return min(parts) if kind == "all" else max(parts)
