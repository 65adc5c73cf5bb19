"""Paths and their value: the sum of DESIGN §4, as coefficients on the shares f[m,k], exact within periods.

A *path* says, for each measure, until when it follows the plan, and when it is undone. Every question (keeping,
breaking out, cheating in secret, being left exposed) is the value of some path to some party, and every value is linear
in f, so a path's value is a `Rows`: one row a moment, one coefficient a measure and period.

Moments come in pairs, τ_k⁻ and τ_k⁺: moment 2k and 2k+1. Column 0 of the period axis stands for "before signature".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detente.model.arrays import TINY, Array, Model
from detente.model.conditions import Expression, all_of, any_of, holds, in_force
from detente.model.detection import NEVER, SNAP, AtOnce, Detection

Terms = dict[tuple[Any, ...], float]
"""Coefficients on expressions."""


@dataclass
class Rows:
    """Linear functions of a plan: const + Σ coef[i, m, k+1]·f[m,k] + Σ terms[i][e]·e, one for each moment i."""

    coef: Array
    """[moments, M, K+1]; period axis as in `Model.edges`."""
    const: Array
    """[moments]"""
    terms: list[Terms]

    @classmethod
    def zeros(cls, model: Model, moments: int) -> Rows:
        return cls(np.zeros((moments, model.M, model.K + 1)), np.zeros(moments), [{} for _ in range(moments)])

    def add_term(self, i: int, expression: Expression, coefficient: float) -> None:
        if expression is True:
            self.const[i] += coefficient
        elif expression is not False and abs(coefficient) > TINY:
            self.terms[i][expression] = self.terms[i].get(expression, 0.0) + coefficient

    def minus(self, other: Rows) -> Rows:
        """This less the other, moment by moment (one row of this serves all, where it has only one)."""
        result = Rows(self.coef - other.coef, self.const - other.const, [dict(t) for t in other.terms])
        for i, terms in enumerate(result.terms):
            for e in terms:
                terms[e] = -terms[e]
            for e, c in self.terms[i if len(self.terms) > 1 else 0].items():
                terms[e] = terms.get(e, 0.0) + c
                if abs(terms[e]) <= TINY:
                    del terms[e]
        return result

    def scaled(self, factor: Array) -> Rows:
        return Rows(
            self.coef * factor[:, None, None],
            self.const * factor,
            [{e: c * f for e, c in t.items()} for t, f in zip(self.terms, factor, strict=True)],
        )


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
    """A range (a, b] of the time to detection, its chance, and a time inside it."""

    a: float
    b: float
    sample: float
    chance: float


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


class Valuation:
    """Values of paths to one party, in present value at signature. The one place where DESIGN §4's sum is computed."""

    def __init__(self, model: Model, party: int):
        self.model, self.p = model, party
        self.rho = float(model.rho[party])
        k = np.repeat(np.arange(model.K), 2)
        self.t0: Array = model.tau[k]
        self.base = k - 1 + np.tile([0, 1], model.K)
        self._kept: Rows | None = None

    # --- the discounted flow of one column -----------------------------------------------------------------------

    def _layers(self, c: int) -> list[tuple[float, float]]:
        return [(u, float(rates[self.p, c])) for u, rates in self.model.layers if abs(rates[self.p, c]) > TINY]

    def _tail(self, c: int, t: Array) -> Array:
        """Φ(t): what the column is worth from t on while in force, in present value at signature."""
        total = np.zeros(np.shape(t))
        for until, rate in self._layers(c):
            total = total + rate / self.rho * np.maximum(np.exp(-self.rho * t) - np.exp(-self.rho * until), 0.0)
        return total

    def _expected_tail(self, c: int, detection: Detection, shift: Array, a: Array, b: Array) -> Array:
        """E[Φ(shift + T); T in (a, b]]."""
        total = np.zeros(np.broadcast(shift, a, b).shape)
        shift = np.asarray(shift, float)
        if not np.all(np.isfinite(shift)):
            return total
        for until, rate in self._layers(c):
            end = np.minimum(b, until - shift)
            moved = np.exp(-self.rho * shift) * detection.partial(self.rho, a, end)
            total = total + rate / self.rho * (moved - np.exp(-self.rho * until) * detection.partial(0.0, a, end))
        return total

    # --- one column, as measures and untouched interactions have it ----------------------------------------------

    def _column(self, c: int, fate: Fate, detection: Detection, t0: Array, base: Array) -> Array:
        """Coefficients [moments, K+1] on the share in each period of a column that meets a fate."""
        model = self.model
        detection = detection if fate.random and np.isfinite(fate.stop) else (NEVER if fate.random else AtOnce())
        begin, end = model.edges[None, :-1], model.edges[None, 1:]
        period = np.arange(-1, model.K)[None, :]
        live = period >= base[:, None]
        A = np.maximum(begin, t0[:, None])
        offset = t0[:, None] + (fate.stop if np.isfinite(fate.stop) else 0.0)
        low = np.where(period == base[:, None], -1.0, begin - offset)
        high = end - offset
        survives = detection.survival(high)
        stops_here = detection.partial(0.0, low, high)
        tail_A = self._tail(c, A)
        coef = (tail_A - self._tail(c, np.maximum(end, A))) * survives + tail_A * stops_here
        if np.isfinite(fate.stop) and np.isfinite(fate.undone):
            lost = self._expected_tail(c, detection, t0[:, None] + fate.undone, low, high)
            coef = coef - (1 - fate.keeps) * lost
        coef = np.where(live, coef, 0.0)
        if abs(once := float(model.once[self.p, c])) > TINY:
            enters = detection.survival(model.tau[None, :] - offset)
            value = np.where(period[:, 1:] > base[:, None], once * np.exp(-self.rho * model.tau)[None, :] * enters, 0.0)
            coef[:, 1:] += value
            coef[:, :-1] -= value
        return coef

    def _has(self, c: int) -> bool:
        return bool(self._layers(c)) or abs(float(self.model.once[self.p, c])) > TINY

    # --- paths ---------------------------------------------------------------------------------------------------

    def kept(self) -> Rows:
        """The plan as agreed, from each moment on (`no_deal` not counted)."""
        if self._kept is None:
            plan = Breach(-1, NEVER, (Fate(),) * self.model.M, np.inf)
            self._kept = self._follow(plan, self.t0, self.base)
        return self._kept

    def since_signature(self) -> Rows:
        """The whole plan as agreed, from just before signature (`no_deal` not counted): one row."""
        rows = self.kept()
        return Rows(rows.coef[:1], rows.const[:1], rows.terms[:1])

    def after(self, breach: Breach) -> Rows:
        """The path after a breach at each moment (`no_deal` and collapse cost not counted)."""
        return self._follow(breach, self.t0, self.base)

    def answered(self, breach: Breach) -> Array:
        """[moments] E[e^(−ρ·(first answer))], at signature: what turns on the collapse cost and ends what was spared."""
        if not np.isfinite(breach.first_answer):
            return np.zeros(len(self.t0))
        discounted = np.exp(-self.rho * (self.t0 + breach.first_answer))
        return discounted * breach.detection.partial(self.rho, -1.0, np.inf)

    def _follow(self, breach: Breach, t0: Array, base: Array) -> Rows:
        model = self.model
        rows = Rows.zeros(model, len(t0))
        for m in range(model.M):
            if self._has(m):
                coef = self._column(m, breach.fates[m], breach.detection, t0, base)
                if m in breach.needs:
                    self._hold_back(rows, coef, m, breach, base)
                rows.coef[:, m] += coef
        for j in range(len(model.interactions)):
            if self._has(model.M + j):
                self._interaction(rows, j, breach, t0, base)
        rows.const += rows.coef[:, :, 0] @ model.state
        rows.coef[:, :, 0] = 0.0
        return rows

    def _hold_back(self, rows: Rows, coef: Array, m: int, breach: Breach, base: Array) -> None:
        """Entries of m planned between breach and answer do not happen where what m needs of the mover is unentered."""
        model = self.model
        for i, k0 in enumerate(base):
            needed = all_of(in_force(n, int(k0), float(model.state[n])) for n in breach.needs[m])
            if needed is True:
                continue
            for k in range(int(k0) + 1, model.K):
                moved = float(coef[i, k + 1])
                if abs(moved) <= TINY:
                    continue
                coef[i, k + 1] = 0.0
                coef[i, k0 + 1] += moved
                rows.add_term(i, self._rise(m, k, int(k0), needed), moved)

    def _rise(self, m: int, k: int, k0: int, needed: Expression) -> Expression:
        return False if needed is False else ("rise", m, k, k0, needed)

    # --- interactions --------------------------------------------------------------------------------------------

    def _interaction(self, rows: Rows, j: int, breach: Breach, t0: Array, base: Array) -> None:
        model = self.model
        condition = model.conditions[j]
        members = [model.index[n] for n in dict.fromkeys(condition.measures)]
        met = [m for m in members if np.isfinite(breach.fates[m].stop) or m in breach.needs]
        if not met:
            coef = self._column(model.M + j, Fate(), NEVER, t0, base)
            standing = [self._at(j, {m: k for m in members}) for k in range(-1, model.K)]
            for i in range(len(t0)):
                for k in np.flatnonzero(np.abs(coef[i]) > TINY):
                    rows.add_term(i, standing[k], float(coef[i, k]))
            return
        for i in range(len(t0)):
            for cell in self._cells(breach, met, float(t0[i])):
                self._within_cell(rows, i, j, breach, float(t0[i]), int(base[i]), cell)

    def _at(self, j: int, periods: dict[int, int]) -> Expression:
        model = self.model
        return holds(
            model.conditions[j],
            lambda n: in_force(model.index[n], periods[model.index[n]], float(model.state[model.index[n]])),
        )

    def _cells(self, breach: Breach, met: Sequence[int], t0: float) -> list[Cell]:
        """Ranges (a, b] of T within which everything happens in one order, each with its chance and a T inside."""
        fates = [breach.fates[m] for m in met]
        detection = breach.detection
        moving = sorted({t for f in fates if f.random for t in (f.stop, f.undone) if np.isfinite(t)})
        if not moving or isinstance(detection, AtOnce):
            return [Cell(-1.0, np.inf, 0.0, 1.0)]
        fixed = [float(t) for t in self.model.tau if t > t0 - SNAP]
        fixed += [t0 + t for f in fates if not f.random for t in (f.undone,) if np.isfinite(t)]
        cuts = sorted({0.0, *(x - t0 - t for x in fixed for t in moving if x - t0 - t > SNAP)})
        cuts = [c for i, c in enumerate(cuts) if i == 0 or c - cuts[i - 1] > SNAP]
        ranges = [(a if a > 0 else -1.0, b, (a + b) / 2) for a, b in itertools.pairwise(cuts)]
        ranges.append((cuts[-1] if cuts[-1] > 0 else -1.0, np.inf, cuts[-1] + 1.0))
        cells = [Cell(a, b, sample, float(detection.partial(0.0, a, b))) for a, b, sample in ranges]
        cells.append(Cell(np.inf, np.inf, np.inf, float(detection.survival(np.inf))))
        return [cell for cell in cells if cell.chance > 0]

    def _within_cell(
        self, rows: Rows, i: int, j: int, breach: Breach, t0: float, base: int, cell: Cell
    ) -> None:
        """Add the interaction's expected value over one cell of T: segment by segment, each worth Φ at its ends."""
        model, c = self.model, self.model.M + j
        a, b, sample = cell.a, cell.b, cell.sample
        detection: Detection = breach.detection
        members = [model.index[n] for n in dict.fromkeys(model.conditions[j].measures)]
        times: dict[float, tuple[float, bool]] = {t0: (t0, False)}
        for t in model.tau:
            if t > t0 + SNAP:
                times[float(t)] = (float(t), False)
        for m in members:
            f = breach.fates[m]
            for t in (f.stop, f.undone):
                at = t0 + t + (sample if f.random else 0.0)
                if np.isfinite(at) and not any(abs(at - x) <= SNAP for x in times):
                    times[at] = (t0 + t, f.random)
        order = sorted(times)

        def worth(x: float) -> float:
            start, moves = times[x]
            if not moves or isinstance(detection, AtOnce):
                return cell.chance * float(self._tail(c, np.array(x)))
            return float(self._expected_tail(c, detection, np.array(start), np.array(a), np.array(b)))

        def discount(x: float) -> float:
            start, moves = times[x]
            if not moves or isinstance(detection, AtOnce):
                return cell.chance * float(np.exp(-self.rho * x))
            return float(np.exp(-self.rho * start) * detection.partial(self.rho, a, b))

        once = float(model.once[self.p, c])
        before = self._at(j, {m: base for m in members})
        ever, last, value = before, None, 0.0
        for x, y in zip(order, [*order[1:], np.inf], strict=True):
            now = self._during(j, breach, t0, base, (x + y) / 2 if np.isfinite(y) else x + 1.0, sample)
            held = (worth(x) - (worth(y) if np.isfinite(y) else 0.0)) if self._layers(c) else 0.0
            if now == last:
                value += held
            else:
                if last is not None:
                    rows.add_term(i, last, value)
                last, value = now, held
            if once:
                seen = any_of([ever, now])
                if seen != ever:
                    rows.add_term(i, seen, once * discount(x))
                    rows.add_term(i, ever, -once * discount(x))
                    ever = seen
        if last is not None:
            rows.add_term(i, last, value)

    def _during(self, j: int, breach: Breach, t0: float, base: int, t: float, sample: float) -> Expression:
        """The interaction's condition at time t after a breach at t0 that is seen after `sample` years."""
        model = self.model

        def planned(m: int, k: int) -> Expression:
            return in_force(m, k, float(model.state[m]))

        def atom(name: str) -> Expression:
            m = model.index[name]
            f = breach.fates[m]
            wait = sample if f.random else 0.0
            stop, undone = t0 + f.stop + wait, t0 + f.undone + wait
            if t > undone and f.keeps < 1 - 1e-9:
                return False
            last = int(np.searchsorted(model.tau, t, side="right")) - 1
            if t > stop:
                last = min(last, int(np.searchsorted(model.tau, stop - SNAP, side="left")) - 1)
            k = max(base, last)
            if m in breach.needs and k > base:
                first = [planned(n, base) for n in breach.needs[m]]
                return any_of([planned(m, base), all_of([planned(m, k), *first])])
            return planned(m, k)

        return holds(model.conditions[j], atom)


def evaluate(rows: Rows, model: Model, shares: Array, moments: Iterable[int] | None = None) -> Array:
    """Values of rows for a plan's shares f[m,k] ([M, K+1], column 0 the state)."""
    chosen = range(len(rows.const)) if moments is None else moments
    values = rows.const + np.einsum("imk,mk->i", rows.coef, shares)
    for i in chosen:
        values[i] += sum(c * truth(e, shares) for e, c in rows.terms[i].items())
    return values


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
