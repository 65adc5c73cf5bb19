"""The conditions of DESIGN §5 that carry a value, as linear rows: consent, temptation and exposure at every moment.

Each row says: slack ≥ 0 while its switch is on. Slack is in the party's points, at the row's date (exposures: at
signature).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from detente.model.arrays import Array, Flags, Model
from detente.model.breaches import Breach, breakout, covert
from detente.model.paths import Rows, Terms, Valuation, truth

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NOTHING = 1e-9
"""Stake points below which nothing is at stake."""

Kind = Literal["consent", "breakout", "covert", "exposure", "secret_exposure"]


@dataclass(frozen=True)
class Switch:
    """When a row binds: always, while party p performs anything, while m is in force in k, or where m enters at k."""

    kind: Literal["always", "performs", "in", "enters"]
    party: int = -1
    measure: int = -1
    period: int = -1


@dataclass(frozen=True)
class Label:
    """What a row is about: indices into the model; −1 where it does not apply."""

    kind: Kind
    party: int
    other: int
    measure: int
    moment: int
    switch: Switch


@dataclass(frozen=True, eq=False)
class Conditions:
    """All valued rows of a model: slack = const + coef·f + terms. [R, M, K] coefficients on f[m,k]."""

    model: Model
    labels: tuple[Label, ...]
    coef: Array
    standing: Array
    """[R, M] what the shares in force before signature contribute."""
    const: Array
    """[R] what no plan changes, `standing` included."""
    terms: tuple[Terms, ...]

    @cached_property
    def expressions(self) -> tuple[tuple[Any, ...], ...]:
        """The expressions that rows have coefficients on."""
        return tuple(dict.fromkeys(e for t in self.terms for e in t))

    @cached_property
    def on_terms(self) -> tuple[csr_array, csr_array]:
        """[R, expressions] positive and negative coefficients on expressions."""
        from scipy.sparse import csr_array

        number = {e: i for i, e in enumerate(self.expressions)}
        cells = [(r, number[e], c) for r, t in enumerate(self.terms) for e, c in t.items()]
        row, column, value = (np.array(x) for x in zip(*cells, strict=True)) if cells else (np.zeros(0, int),) * 3
        shape = (len(self), len(self.expressions))
        positive = csr_array((np.maximum(value, 0.0), (row, column)), shape=shape)
        negative = csr_array((np.minimum(value, 0.0), (row, column)), shape=shape)
        return positive, negative

    @cached_property
    def flat(self) -> Array:
        """[R, M·K] coefficients on f."""
        flat: Array = self.coef.reshape(len(self), self.model.M * self.model.K)
        return flat

    @cached_property
    def worst(self) -> Array:
        """[R, M] least contribution of each measure to each row over all its ways to enter, or not."""
        model = self.model
        tail = np.cumsum(self.coef[:, :, ::-1], axis=2)[:, :, ::-1]
        worst = np.minimum(tail.min(axis=2, initial=0.0), 0.0)
        whole = (model.state > 0) & ~model.divisible
        worst[:, whole] = tail[:, whole, 0]
        part = (model.state > 0) & model.divisible
        worst[:, part] = tail[:, part, 0] * model.state[part] + worst[:, part] * (1 - model.state[part])
        result: Array = worst
        return result

    @cached_property
    def least(self) -> Array:
        """[R] a lower bound on each row over all plans."""
        below: Array = np.asarray(self.on_terms[1].sum(axis=1)).ravel()
        least: Array = self.const + self.worst.sum(axis=1) + below
        return least

    def at_stake(self, r: int, shares: Array) -> bool:
        """Whether anything by itself, measure or interactions, makes a difference between a row's two paths."""
        items = self.standing[r] + np.sum(self.coef[r] * shares[:, 1:], axis=1)
        together = 0.0
        for e, c in self.terms[r].items():
            if e[0] == "rise":
                items[e[1]] += c * truth(e, shares)
            else:
                together += c * truth(e, shares)
        return bool(np.any(np.abs(items) > NOTHING)) or abs(together) > NOTHING

    def slacks(self, shares: Array) -> Array:
        """[R] slack of every row for a plan's shares [M, K+1]."""
        slack: Array = self.const + self.flat @ shares[:, 1:].ravel()
        if self.expressions:
            holds = np.array([truth(e, shares) for e in self.expressions])
            slack = slack + (self.on_terms[0] + self.on_terms[1]) @ holds
        return slack

    def on(self, shares: Array) -> Flags:
        """[R] which rows apply to a plan's shares [M, K+1]."""
        kind, party, cell, previous = self.switches
        f, model = shares.ravel(), self.model
        active = np.array([shares[model.by[p]].max(initial=0.0) > 1e-9 for p in range(len(model.parties))])
        there = f[cell] - f[previous] * (kind == 3) > 0.5
        on: Flags = np.where(kind == 0, True, np.where(kind == 1, active[party], there))
        return on

    @cached_property
    def switches(self) -> tuple[NDArray[np.int64], ...]:
        """[R] each: kind (0 always, 1 performs, 2 in, 3 enters), party, cell of [M, K+1], and the cell before it."""
        kinds = {"always": 0, "performs": 1, "in": 2, "enters": 3}
        switches = [label.switch for label in self.labels]
        cell = np.array([max(0, s.measure) * (self.model.K + 1) + s.period + 1 for s in switches], np.int64)
        kind = np.array([kinds[s.kind] for s in switches], np.int64)
        return kind, np.array([s.party for s in switches], np.int64), cell, np.maximum(cell - 1, 0)

    def only(self, chosen: Sequence[bool]) -> Conditions:
        """Some of the rows, one flag a row."""
        rows = np.flatnonzero(chosen)
        labels, terms = (tuple(x[r] for r in rows) for x in (self.labels, self.terms))
        return Conditions(self.model, labels, self.coef[rows], self.standing[rows], self.const[rows], terms)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.labels)


def values(model: Model) -> list[Rows | None]:
    """For each party the one row of V_p(f; 0), `no_deal` included; None for parties that value nothing."""
    result: list[Rows | None] = []
    for p in range(len(model.parties)):
        if not model.valued[p]:
            result.append(None)
            continue
        rows = Valuation(model, p).since_signature()
        result.append(Rows(rows.coef, rows.const + model.spared[p], rows.terms))
    return result


def conditions(model: Model) -> Conditions:
    """Every valued condition, as one block of rows."""
    return _block(model, _families(model))


def faking(model: Model, valuations: dict[int, Valuation], q: int, m: int) -> Conditions:
    """The conditions on q's faking m, by itself and against whoever is exposed to it, as one block of rows."""
    return _block(model, _secret(model, valuations, q, m))


def _block(model: Model, families: Iterator[Family]) -> Conditions:
    labels: list[Label] = []
    coef: list[Array] = []
    standing: list[Array] = []
    const: list[Array] = []
    terms: list[Terms] = []
    for found, rows, chosen in families:
        labels += found
        coef.append(rows.coef[chosen, :, 1:])
        standing.append(rows.coef[chosen, :, 0] * model.state)
        const.append(rows.const[chosen] + standing[-1].sum(axis=1))
        terms += [rows.terms[i] for i in chosen]
    shape = (0, model.M, model.K)
    return Conditions(
        model,
        tuple(labels),
        np.concatenate(coef) if coef else np.zeros(shape),
        np.concatenate(standing) if standing else np.zeros(shape[:2]),
        np.concatenate(const) if const else np.zeros(0),
        tuple(terms),
    )


Family = tuple[list[Label], Rows, list[int]]


def _families(model: Model) -> Iterator[Family]:
    yield from _consent(model)
    valuations = {p: Valuation(model, p) for p in range(len(model.parties)) if model.valued[p]}
    for q in range(len(model.parties)):
        if not model.by[q].any():
            continue
        open_breach = breakout(model, q)
        always = Switch("performs", q)
        moments = list(range(2 * model.K))
        if q in valuations:
            rows = _temptation(valuations[q], open_breach)
            yield [Label("breakout", q, -1, -1, i, always) for i in moments], rows, moments
        for p in _exposed(model, q):
            rows = _exposure(valuations[p], open_breach)
            yield [Label("exposure", p, q, -1, i, always) for i in moments], rows, moments
        for m in np.flatnonzero(model.fakeable & model.by[q]):
            yield from _secret(model, valuations, q, int(m))


def _consent(model: Model) -> Iterator[Family]:
    for p, rows in enumerate(values(model)):
        if rows is not None and model.consents[p]:
            row = Rows(rows.coef, rows.const - model.walk_away[p], rows.terms)
            yield [Label("consent", p, -1, -1, -1, Switch("always"))], row, [0]


def _exposed(model: Model, q: int) -> list[int]:
    return [p for p in range(len(model.parties)) if p != q and np.isfinite(model.limit[p])]


def _secret(model: Model, valuations: dict[int, Valuation], q: int, m: int) -> Iterator[Family]:
    breach = covert(model, q, m)
    entries = [2 * k for k in range(model.K)] if model.state[m] < 1 else []

    def enters(i: int) -> Switch:
        return Switch("enters", measure=m, period=i // 2)

    if q in valuations:
        rows = _temptation(valuations[q], breach)
        if np.isfinite(model.undo[m]):
            moments = list(range(2 * model.K))
            yield [Label("covert", q, -1, m, i, Switch("in", measure=m, period=i // 2)) for i in moments], rows, moments
        else:
            yield [Label("covert", q, -1, m, i, enters(i)) for i in entries], rows, entries
    for p in _exposed(model, q):
        if entries:
            rows = _exposure(valuations[p], breach)
            yield [Label("secret_exposure", p, q, m, i, enters(i)) for i in entries], rows, entries


def _temptation(v: Valuation, breach: Breach) -> Rows:
    """keep − deviate at each moment, in present value at that moment."""
    rows = v.kept().minus(v.after(breach))
    rows.const += (v.model.spared[v.p] + v.model.collapse[v.p]) * v.answered(breach)
    return rows.scaled(np.exp(v.rho * v.t0))


def _exposure(v: Valuation, breach: Breach) -> Rows:
    """The exposed party's value since signature where another breaks the deal at each moment, plus its limit."""
    rows = v.since_signature().minus(v.kept().minus(v.after(breach)))
    rows.const += v.model.limit[v.p]
    return rows
