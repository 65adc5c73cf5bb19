"""Paths and their value: the sum of DESIGN §4, as coefficients on the shares f[m,k], exact within periods.

A *path* says, for each measure, until when it follows the plan, and when it is undone. Every question (keeping,
breaking out, cheating in secret, being left exposed) is the value of some path to some party, and every value is linear
in f, so a path's value is a `Rows`: one row a moment, one coefficient a measure and period.

Moments come in pairs, τ_k⁻ and τ_k⁺: moment 2k and 2k+1. Column 0 of the period axis stands for "before signature".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from detente.model.arrays import TINY, Array, Model
from detente.model.breaches import Breach, Course, Fate, chances, follow
from detente.model.conditions import Expression, all_of, in_force
from detente.model.detection import NEVER, AtOnce, Detection

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
        """[moments] E[e^(−ρ·(first answer))]: it turns on the collapse cost and ends what was spared."""
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
        """Add an interaction's value: while its condition follows the plan, then segment by segment."""
        c = self.model.M + j
        course = follow(self.model, breach, j, t0, base)
        if course.planned is not None:
            fate = Fate(course.planned_until, course.planned_until, 0.0)
            coef = self._column(c, fate, breach.detection, t0, base)
            for i, k in zip(*np.nonzero(np.abs(coef) > TINY), strict=True):
                rows.add_term(int(i), course.planned[i][k], float(coef[i, k]))
        if len(course.segments):
            self._add(rows, course, self._held(c, breach.detection, course.segments), course.segments)
        once = float(self.model.once[self.p, c])
        if len(course.rises) and abs(once) > TINY:
            self._add(rows, course, once * self._discounts(breach.detection, course.rises), course.rises)

    def _held(self, c: int, detection: Detection, segments: Array) -> Array:
        """[segments] what the interaction is worth over each segment (x0, x1], its cell's chance included."""
        a, b, x0, m0, x1, m1 = segments[:, 2:].T
        return self._worth(c, detection, a, b, x0, m0) - self._worth(c, detection, a, b, x1, m1)

    def _worth(self, c: int, detection: Detection, a: Array, b: Array, x: Array, moves: Array) -> Array:
        """E[Φ(x or x + T); T in the cell]; a cell with a = ∞ is "never seen"."""
        finite = np.isfinite(x)
        at = np.where(finite, x, 0.0)
        still = self._tail(c, at) * chances(detection, a, b)
        return np.where(finite, np.where(moves > 0, self._expected_tail(c, detection, at, a, b), still), 0.0)

    def _discounts(self, detection: Detection, rises: Array) -> Array:
        a, b, x, moves, sign, _ = rises[:, 2:].T
        partial = np.where(moves > 0, detection.partial(self.rho, a, b), chances(detection, a, b))
        discounts: Array = sign * np.exp(-self.rho * x) * partial
        return discounts

    @staticmethod
    def _add(rows: Rows, course: Course, amounts: Array, places: Array) -> None:
        width = len(course.expressions)
        key = (places[:, 0] * width + places[:, 1]).astype(np.int64)
        used, where = np.unique(key, return_inverse=True)
        for cell, amount in zip(used, np.bincount(where, weights=amounts), strict=True):
            rows.add_term(int(cell // width), course.expressions[cell % width], float(amount))


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
