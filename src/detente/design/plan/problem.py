"""The plan problem of a model as a growing MILP: what a plan may be, and valued conditions on demand. DESIGN §5, §6.

Columns: f[m,k] (binary, or continuous for divisible measures), then whatever rows turn out to need: completeness of
divisible measures, conditions of interactions, presence, alternatives.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detente.design.plan.known import Known
from detente.design.plan.program import INF, LinearForm, Program, combine
from detente.design.plan.sizes import Sizes
from detente.dossier.grid import years_between
from detente.dossier.schema import Before, InForce, InterestBound, Link, Never, ProgressBy, Require, Resource
from detente.model.levels import without_deal
from detente.model.numeric import Array
from detente.model.rows.arrays import Model
from detente.model.rows.conditions import Expression, in_force
from detente.model.rows.conditions import holds as condition_holds
from detente.model.rows.detection import SNAP
from detente.model.rows.linear import Rows
from detente.model.rows.temptation import Conditions, Label, Switch, joined
from detente.model.tolerance import SLIGHT

SOME = 1e-4
"""Least share of a divisible measure that counts as some; what is missing from all counts as less than all."""
LOOSE, MET, TIGHT = 2.0, 1.5, 0.0
"""By how many times what is slight the programme lets a valued row be missed, for what it rules out to be ruled out
for the judge, too; by how many a plan may miss it that the judge is asked about; and by how many where shares can
follow a row closer than that, as long as plans are looked for."""
CLIP = 1e6
"""Larger coefficients, in units of a party's scale, are cut to this: HiGHS would take rounding for effects."""


@dataclass(frozen=True)
class Question:
    """Which conditions bind besides those that always do."""

    success: str = "none"
    openings: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    """Conditions set aside, by the names of `asked` and `family`."""


ANY_DEAL = Question()


@dataclass(frozen=True)
class Linear:
    """A linear function: const + Σ row[column]·x[column]."""

    row: Mapping[int, float]
    const: float = 0.0


class Problem:
    """Builds the programme for a model and a question."""

    def __init__(self, known: Known, question: Question = Question()) -> None:
        self.known, self.model, self.question = known, known.model, question
        self.valued = bound(known.rows, question)
        self.valued_party = _parties(self.valued)
        """[R] whose row each is."""
        self.sizes = Sizes.of(self.model)
        self.program = Program()
        self.slip = TIGHT if self.partial else LOOSE
        self._low: dict[int, tuple[float, float]] = {}
        """Rows of the programme that hold valued rows: (low, what is slight) in the row's unit."""
        self._expressions: dict[Expression, int] = {}
        self._all_of: dict[tuple[int, int], int] = {}
        self._some: dict[int, int] = {}
        self._performs: dict[int, int | None] = {}
        self.active: dict[int, int | None] = {}
        """Valued rows in the programme: index in `valued` → row of the programme; None where it cannot hold it."""
        self._shares()
        self._order()
        self._static()

    # --- columns -----------------------------------------------------------------------------------------------

    def f(self, m: int, k: int) -> int:
        """Column of the share of m in force in period k ≥ 0."""
        return m * self.model.K + k

    def _shares(self) -> None:
        model = self.model
        K = model.K
        low = np.repeat(model.state, K)
        high = np.ones(model.M * K)
        for m in range(model.M):
            if model.state[m] > 0 and not model.divisible[m]:
                continue
            high[m * K : m * K + self.earliest[m]] = model.state[m]
        self.program.add_columns(low, high, integer=False)
        self.program.integer |= {
            self.f(m, k) for m in range(model.M) if not model.divisible[m] for k in range(K) if high[self.f(m, k)] > 0
        }
        for m in range(model.M):
            for k in range(1, K):
                if high[self.f(m, k - 1)] > low[self.f(m, k - 1)]:
                    self.program.add_row({self.f(m, k): 1.0, self.f(m, k - 1): -1.0}, low=0.0)

    @cached_property
    def earliest(self) -> list[int]:
        """[M] first period in which a measure could enter (K where none), by its own work and what it needs."""
        return earliest_periods(self.model)

    @cached_property
    def takes(self) -> Array:
        return np.array([m.takes.value for m in self.model.dossier.measures.values()])

    def last_ready(self, m: int, k: int, wait: float) -> int:
        """Last period in which a prerequisite can enter for m to enter in k, `wait` years being spent first."""
        return int(np.searchsorted(self.model.tau, self.model.tau[k] - wait + SNAP, side="right")) - 1

    def all_in(self, m: int, k: int) -> int | bool:
        """Column that is 1 exactly when all of m is in force in period k (k = −1: before signature)."""
        expression = in_force(m, k, float(self.model.state[m]))
        return expression if isinstance(expression, bool) else self.column(expression)

    def column(self, expression: Expression) -> int:
        """The column that equals an expression wherever the shares are whole."""
        assert not isinstance(expression, bool)
        if expression in self._expressions:
            return self._expressions[expression]
        kind = expression[0]
        if kind == "in":
            column = self._complete(expression[1], expression[2])
        elif kind == "rise":
            column = self._rise(*expression[1:])
        else:
            parts = [self.column(part) for part in expression[1]]
            column = self.program.add_column()
            sign = 1.0 if kind == "all" else -1.0
            for part in parts:
                self.program.add_row({part: sign, column: -sign}, low=0.0)
            total = combine(*[(sign, {part: 1.0}) for part in parts], (1.0, {column: -sign}))
            self.program.add_row(total, high=len(parts) - 1 if kind == "all" else 0.0)
        self._expressions[expression] = column
        return column

    def _complete(self, m: int, k: int) -> int:
        if not self.model.divisible[m]:
            return self.f(m, k)
        if (m, k) not in self._all_of:
            c = self.program.add_column(integer=True)
            self.program.add_row({self.f(m, k): 1.0, c: -1.0}, low=0.0)
            self.program.add_row({self.f(m, k): 1.0, c: -SOME}, high=1.0 - SOME)
            self._all_of[m, k] = c
        return self._all_of[m, k]

    def _rise(self, m: int, k: int, k0: int, needed: Expression) -> int:
        """Column for (f[m,k] − f[m,k0])·needed."""
        b = self.column(needed)
        rise: LinearForm = {self.f(m, k): 1.0}
        const = 0.0
        if k0 >= 0:
            rise[self.f(m, k0)] = -1.0
        else:
            const = -float(self.model.state[m])
        z = self.program.add_column()
        if self.model.divisible[m]:
            self.parts.add(z)
        self.program.add_row({z: 1.0, b: -1.0}, high=0.0)
        self.program.add_row(combine((1.0, {z: 1.0}), (-1.0, rise)), high=const)
        self.program.add_row(combine((1.0, {z: 1.0}), (-1.0, rise), (-1.0, {b: 1.0})), low=const - 1.0)
        return z

    def some(self, m: int) -> int | bool:
        """Column that is 1 exactly when any of m is in the plan, what the state has in force included."""
        if self.model.state[m] > 0:
            return True
        return self._some_new(m)

    def _some_new(self, m: int) -> int:
        """Column that is 1 exactly when some of m enters on the grid."""
        if not self.model.divisible[m]:
            return self.f(m, self.model.K - 1)
        if m not in self._some:
            u, last = self.program.add_column(integer=True), self.f(m, self.model.K - 1)
            state = float(self.model.state[m])
            self.program.add_row({last: 1.0, u: -1.0}, high=state)
            self.program.add_row({last: 1.0, u: -SOME}, low=state)
            self._some[m] = u
        return self._some[m]

    def performs(self, p: int) -> int | None:
        """Column that is 1 while party p performs something in the plan; None where it always does."""
        if p not in self._performs:
            mine = [self.some(int(m)) for m in np.flatnonzero(self.model.by[p])]
            if any(c is True for c in mine):  # not `in`: column 1 equals True
                self._performs[p] = None
            else:
                u = self.program.add_column()
                for c in mine:
                    self.program.add_row({u: 1.0, int(c): -1.0}, low=0.0)
                self.program.add_row(combine((1.0, {u: 1.0}), *[(-1.0, {int(c): 1.0}) for c in mine]), high=0.0)
                self._performs[p] = u
        return self._performs[p]

    # --- what a plan may be ------------------------------------------------------------------------------------

    def _order(self) -> None:
        model = self.model
        for m, name in enumerate(model.measures):
            if model.state[m] >= 1 or (model.state[m] > 0 and not model.divisible[m]):
                continue
            for n, wait, verified in prerequisites(model, name):
                if model.divisible[m]:
                    self._pace(m, n, wait, verified=verified)
                else:
                    self._precede(m, n, wait)
            if model.divisible[m]:
                self._pace(m)

    def _precede(self, m: int, n: int, wait: float) -> None:
        for k in range(self.earliest[m], self.model.K):
            ready = self._ready(n, k, wait + float(self.takes[m]))
            if ready is True:
                continue
            if ready is False:
                self.program.set_bounds(self.f(m, k), 0.0, 0.0)
            else:
                self.program.add_row({self.f(m, k): 1.0, ready: -1.0}, high=0.0)

    def _ready(self, n: int, k: int, wait: float) -> int | bool:
        """Whether n was complete (and verified) `wait` years before period k starts."""
        model = self.model
        if model.state[n] >= 1 - 1e-9:
            return True
        last = self.last_ready(n, k, wait)
        return self.all_in(n, last) if last >= 0 else False

    def _pace(
        self, m: int, n: int | None = None, wait: float = 0.0, *, verified: bool = False, unless: Sequence[int] = ()
    ) -> None:
        """A divisible measure rises no faster than its work, from when n is ready; unless one of some columns is 1."""
        model, takes = self.model, float(self.takes[m])
        state = float(model.state[m])
        for k in range(model.K):
            before: LinearForm = {self.f(m, k - 1): -1.0} if k else {}
            rise = combine((1.0, {self.f(m, k): 1.0}), (1.0, before))
            offset = 0.0 if k else state
            if k == 0:
                self.program.add_row(rise, high=offset)
                continue
            bound: LinearForm = {}
            whole = 0.0
            if n is None or model.state[n] >= 1 - 1e-9:
                since = max(0.0, standing_verified(model, n, wait)) if n is not None and verified else 0.0
                whole = max(0.0, model.tau[k] - max(model.tau[k - 1], since)) / takes
            else:
                # work done in this period grows with each period by which n is ready
                spare = 0.0
                for j in range(k, -1, -1):
                    work = max(0.0, model.tau[k] - max(model.tau[k - 1], model.tau[j] + wait)) / takes
                    if work > spare + 1e-12:
                        c = self.all_in(n, j)
                        assert not isinstance(c, bool)
                        bound[c] = bound.get(c, 0.0) + work - spare
                        spare = work
            freed = dict.fromkeys(unless, -(float(model.tau[k] - model.tau[k - 1]) / takes))
            self.program.add_row(combine((1.0, rise), (-1.0, bound), (1.0, freed)), high=whole)

    def _static(self) -> None:
        d = self.model.dossier
        if self.new:
            self.program.add_row(combine(*[(1.0, {c: 1.0}) for c in self.new]), low=1.0)
        for group in d.one_of.values():
            self._one_of(group.of, exactly=group.exactly)
        for resource in d.capacity.values():
            for k in range(self.model.K):
                self.program.add_row(self._used(resource, k), high=resource.limit.value)
        for link in d.links.values():
            self._link(link)
        for name, requirement in asked(self.model, self.question).items():
            if name not in self.question.without:
                self.require(requirement)

    def _used(self, resource: Resource, k: int) -> LinearForm:
        """What is used of a resource in period k."""
        return {self.f(self.model.index[m], k): amount for m, amount in self.model.dossier.uses(resource).items()}

    @cached_property
    def new(self) -> list[int]:
        """Columns that are 1 exactly when something of a measure enters on the grid."""
        free = (self.model.state == 0) | self.model.divisible
        return [self._some_new(int(m)) for m in np.flatnonzero(free & self.model.real)]

    def _one_of(self, alternatives: Sequence[Iterable[str]], *, exactly: bool) -> None:
        sets = [[self.model.index[m] for m in dict.fromkeys(names)] for names in alternatives]
        chosen = self.program.add_columns(np.zeros(len(sets)), np.ones(len(sets)), integer=True)
        self.program.add_row(dict.fromkeys(chosen, 1.0), low=1.0 if exactly else 0.0, high=1.0)
        for m in dict.fromkeys(m for s in sets for m in s):
            allowed = {c: -1.0 for c, s in zip(chosen, sets, strict=True) if m in s}
            self.at_most({**allowed}, 0.0, self.some(m))
        if exactly:
            for c, s in zip(chosen, sets, strict=True):
                self.at_least({c: -1.0}, 0.0, *[self.some(m) for m in s])

    def at_most(self, row: LinearForm, high: float, *indicators: int | bool) -> None:
        """row + Σ indicators ≤ high."""
        fixed = sum(1.0 for i in indicators if i is True)
        columns = [(1.0, {int(i): 1.0}) for i in indicators if not isinstance(i, bool)]
        self.program.add_row(combine((1.0, row), *columns), high=high - fixed)

    def at_least(self, row: LinearForm, low: float, *indicators: int | bool) -> None:
        """row + Σ indicators ≥ low."""
        fixed = sum(1.0 for i in indicators if i is True)
        columns = [(1.0, {int(i): 1.0}) for i in indicators if not isinstance(i, bool)]
        self.program.add_row(combine((1.0, row), *columns), low=low - fixed)

    # --- demands, success, links -------------------------------------------------------------------------------

    def require(self, r: Require) -> None:
        """Add a requirement as rows."""
        if isinstance(r, InForce):
            last = self.model.K - 1 if r.by is None else self.model.dossier.grid.last_by(r.by)
            self.at_least({}, 1.0, self.all_in(self.model.index[r.in_force], last))
        elif isinstance(r, Never):
            self.at_most({}, 0.0, self.some(self.model.index[r.never]))
        elif isinstance(r, Before):
            self._before(*(self.model.index[m] for m in r.before))
        elif isinstance(r, InterestBound):
            for level in self.levels(r):
                self._bound(r, level)
            self._bound_drift(r)
        else:
            amount = self.verified(dict(self.scale(r.progress)), self._years(r.by))
            self.program.add_row(amount.row, low=r.at_least.value - amount.const - 1e-9)

    def _years(self, day: date | None) -> float:
        return math.inf if day is None else years_between(self.model.dossier.start, day)

    def _before(self, a: int, b: int) -> None:
        if self.model.state[b] > 0:
            self.at_least({}, 1.0, self.all_in(a, -1))
            return
        for k in range(self.model.K):
            ready = self.all_in(a, k)
            if ready is not True:
                self.program.add_row({self.f(b, k): 1.0, int(ready): -1.0}, high=0.0)

    def scale(self, name_or_shares: str | Mapping[str, object]) -> dict[int, float]:
        """A scale as shares of 1 by measure."""
        return scale(self.model, name_or_shares)

    def verified(self, shares: Mapping[int, float], at: float) -> Linear:
        """Verified part of a scale at a time in years."""
        counted = [(share, self.counted(m, at)) for m, share in shares.items()]
        return Linear(combine(*((s, c.row) for s, c in counted)), sum(s * c.const for s, c in counted))

    def counted(self, m: int, at: float) -> Linear:
        """The share of a measure that is verified at a time."""
        return self.counted_after(m, at, self.model.dossier.measures[self.model.measures[m]].confirms_in)

    def counted_after(self, m: int, at: float, confirms: float) -> Linear:
        """As `counted`, were it to count as verified so many years after it enters."""
        model, row, const = self.model, {}, 0.0
        state = float(model.state[m])
        if state > 0 and standing_verified(model, m, confirms) <= at + SNAP:
            const += state
        last = int(np.searchsorted(model.tau, at - confirms + SNAP, side="right")) - 1
        if last >= 0 and (state == 0 or model.divisible[m]):
            row[self.f(m, last)] = 1.0
            const -= state
        return Linear(row, const)

    def _link(self, link: Link) -> None:
        given = self.scale(link.share)
        for k, t in enumerate(self.model.tau):
            left: LinearForm = {self.f(m, k): s for m, s in given.items()}
            if link.at_most is not None:
                right = self.verified(self.scale(link.at_most), float(t))
                row = combine((1.0, left), (-1.0, right.row))
                self.program.add_row(row, high=right.const + link.ahead_by.value + 1e-9)
            if link.at_least is not None:
                right = self.verified(self.scale(link.at_least), float(t))
                row = combine((1.0, left), (-1.0, right.row))
                self.program.add_row(row, low=right.const - link.ahead_by.value - 1e-9)

    def _bound_drift(self, r: InterestBound) -> None:
        """In the last period, which never ends, the level may not move against the bound for ever."""
        drift = self._drift(r.interest)
        if r.at_most is not None:
            self.program.add_row(drift.row, high=-drift.const)
        if r.at_least is not None:
            self.program.add_row(drift.row, low=-drift.const)

    def _bound(self, r: InterestBound, level: Linear) -> None:
        if r.at_most is not None:
            self.program.add_row(level.row, high=r.at_most.value - level.const + 1e-9)
        if r.at_least is not None:
            self.program.add_row(level.row, low=r.at_least.value - level.const - 1e-9)

    def levels(self, r: InterestBound) -> list[Linear]:
        """The interest's level at both sides of every kink from `from` on."""
        name, model = r.interest, self.model
        since = max(0.0, self._years(r.since)) if r.since else 0.0
        knots = self._knots(name)
        result = []
        for k in range(model.K):
            begin, end = float(model.tau[k]), float(model.edges[k + 2])
            if end <= since + SNAP:
                continue
            times = {max(begin, since), *(t for t in knots if max(begin, since) < t < end)}
            if math.isfinite(end):
                times.add(end)
            result += [self.level(name, k, t) for t in sorted(times)]
        return result

    def _effects(self, name: str) -> Iterable[tuple[int, float, float, float, float]]:
        """(column, level, once, rate, until) of everything that moves an interest; columns as in Model."""
        d = self.model.dossier
        parts = [m.effects_on(name) for m in d.measures.values()]
        parts += [(i.effects[name],) if name in i.effects else () for i in d.interactions.values()]
        for c, effects in enumerate(parts):
            for e in effects:
                rate, until = 0.0, math.inf
                if e.per_year is not None:
                    rate = e.per_year.rate.value
                    until = e.per_year.lasts.value if e.per_year.lasts is not None else math.inf
                yield c, e.level.value, e.once.value, rate, until

    def _knots(self, name: str) -> list[float]:
        d = self.model.dossier
        course = [years_between(d.start, day) for day, _ in d.interests[name].course]
        return course + [until for *_, rate, until in self._effects(name) if rate and math.isfinite(until)]

    def level(self, name: str, k: int, t: float) -> Linear:
        """The interest's level at time t in (or at the end of) period k, as entries stand in period k."""
        model = self.model
        row: LinearForm = {}
        const = without_deal(model.dossier, name, t)
        for c, level, once, rate, until in self._effects(name):
            const += self._add(row, c, k, level + once)
            if once and c < model.M:
                const -= once * float(model.state[c])
            elif once and self._held(c, -1) is True:
                const -= once
            for j in range(k + 1):
                span = min(t, float(model.edges[j + 2]), until) - float(model.tau[j])
                if rate and span > 0:
                    const += self._add(row, c, j, rate * span)
        return Linear(row, const)

    def _drift(self, name: str) -> Linear:
        row: LinearForm = {}
        const = 0.0
        for c, _, _, rate, until in self._effects(name):
            if rate and not math.isfinite(until):
                const += self._add(row, c, self.model.K - 1, rate)
        return Linear(row, const)

    def _held(self, c: int, k: int) -> Expression:
        """Whether an interaction's condition holds in period k while the deal is kept."""
        model = self.model

        def atom(n: str) -> Expression:
            return in_force(model.index[n], k, float(model.state[model.index[n]]))

        return condition_holds(model.conditions[c - model.M], atom)

    def _add(self, row: LinearForm, c: int, k: int, coefficient: float) -> float:
        """Add coefficient × (share of measure, or truth of interaction, in period k); returns what is constant."""
        if coefficient == 0.0:
            return 0.0
        if c < self.model.M:
            column: int | bool = self.f(c, k)
        else:
            held = self._held(c, k)
            column = held if isinstance(held, bool) else self.column(held)
        if isinstance(column, bool):
            return coefficient if column else 0.0
        row[column] = row.get(column, 0.0) + coefficient
        return 0.0

    # --- valued rows -------------------------------------------------------------------------------------------

    def least(self, r: int, *, without: int | None = None) -> float:
        """A lower bound on row r, over all plans, or all plans in which a party performs nothing."""
        valued = self.valued
        if without is None:
            return float(valued.least[r])
        spared = float(valued.worst[r][self.model.by[without]].sum())
        return float(valued.least[r]) - spared

    def most(self, r: int) -> float:
        """An upper bound on row r over all plans."""
        tail = np.cumsum(self.valued.coef[r, :, ::-1], axis=1)
        best = np.maximum(tail.max(axis=1, initial=0.0), 0.0).sum()
        standing = np.abs(tail).max(axis=1, initial=0.0) @ self.model.state
        return float(self.valued.const[r] + best + standing + sum(max(c, 0.0) for c in self.valued.terms[r].values()))

    def switch(self, s: Switch) -> Linear | None:
        """1 where a row binds; None where it always does."""
        if s.kind == "always":
            return None
        if s.kind == "performs":
            column = self.performs(s.party)
            return None if column is None else Linear({column: 1.0})
        if self.model.state[s.measure] >= 1:
            return None
        row: LinearForm = {self.f(s.measure, s.period): 1.0}
        if s.kind == "enters" and s.period > 0:
            row[self.f(s.measure, s.period - 1)] = -1.0
        return Linear(row)

    def slack(self, r: int) -> Linear:
        """Valued row r as a linear function of the columns."""
        nonzero = np.flatnonzero(self.valued.flat[r])
        row: LinearForm = {int(c): float(self.valued.flat[r, c]) for c in nonzero}
        for e, c in self.valued.terms[r].items():
            column = self.column(e)
            row[column] = row.get(column, 0.0) + c
        return Linear(row, float(self.valued.const[r]))

    @property
    def binding(self) -> set[Label]:
        """The valued rows in the programme, by what they are about."""
        return {self.valued.labels[r] for r in self.active}

    def begin_with(self, binding: Set[Label]) -> None:
        """Put rows into the programme that others turned out to need."""
        for r, label in enumerate(self.valued.labels):
            if label in binding:
                self.activate(r)

    def extend(self, rows: Conditions) -> range:
        """Further valued rows, behind those there are; where they are found now. They only narrow what is possible."""
        self.known.learn(rows)
        first = len(self.valued)
        self.valued = joined([self.valued, bound(rows, self.question)])
        self.valued_party = _parties(self.valued)
        return range(first, len(self.valued))

    @property
    def partial(self) -> bool:
        """Whether some measure can be in force in part."""
        return bool(np.any(self.model.divisible & (self.model.state < 1)))

    def slight(self, shares: Array) -> Array:
        """[R] more than the judge lets each row be missed by in a plan."""
        slight: Array = self.sizes.slight(shares)[self.valued_party]
        return slight

    def activate(self, r: int) -> None:
        """Put valued row r into the programme."""
        if r in self.active:
            return
        label, on = self.valued.labels[r], self.switch(self.valued.labels[r].switch)
        reliefs = []
        if on is not None:
            relief = -self.least(r, without=label.switch.party if label.switch.kind == "performs" else None)
            reliefs = [(relief, Linear(combine((-1.0, on.row)), 1.0))] if relief > 0 else []
        self.active[r] = self.hold(label.party, self.slack(r), reliefs)

    def hold(self, p: int, slack: Linear, reliefs: Sequence[tuple[float, Linear]] = ()) -> int | None:
        """Row: a slack of p's may not be missed by more than is slight, less what relieves it; in p's scale.

        `reliefs`: points, and the share of them that is given. None where the programme cannot hold the row.
        """
        unit = float(self.sizes.scale[p])
        row: LinearForm = {c: v / unit for c, v in slack.row.items()}
        const, most = slack.const / unit, math.inf
        if max(map(abs, row.values()), default=0.0) > CLIP:
            if any(v > CLIP and c in self.parts for c, v in row.items()):
                return None
            row, most = _clipped(row, const)
        for points, given in reliefs:
            relief = min(points / unit * (1 + 1e-9) + 1e-9, most)
            row = combine((1.0, row), (relief, given.row))
            const += relief * given.const
        size = {self.f(int(m), self.model.K - 1): float(v) for m, v in enumerate(self.sizes.outsize[p]) if v > 0}
        row = combine((1.0, row), (LOOSE * SLIGHT / unit, size))
        slight = SLIGHT * float(self.sizes.always[p]) / unit
        held = self.program.add_row(row, low=-const - self.slip * slight)
        self._low[held] = -const, slight
        return held

    def loosen(self) -> bool:
        """Let every valued row be missed by more than the judge would; whether any was held closer."""
        return self._let(LOOSE)

    def tighten(self) -> None:
        """Hold rows closely again where shares can follow them."""
        if self.partial:
            self._let(TIGHT)

    def _let(self, slip: float) -> bool:
        changed = self.slip != slip
        self.slip = slip
        for row, (low, slight) in self._low.items() if changed else ():
            self.program.set_row(row, low=low - slip * slight)
        return changed

    @cached_property
    def parts(self) -> set[int]:
        """Columns of shares that need not be whole."""
        return {self.f(int(m), k) for m in np.flatnonzero(self.model.divisible) for k in range(self.model.K)}

    def values(self, rows: Rows) -> Linear:
        """A one-row value as a linear function of the columns."""
        row: LinearForm = {int(c): float(v) for c, v in enumerate(rows.coef[0, :, 1:].ravel()) if v != 0.0}
        for e, c in rows.terms[0].items():
            column = self.column(e)
            row[column] = row.get(column, 0.0) + c
        return Linear(row, float(rows.const[0] + rows.coef[0, :, 0] @ self.model.state))

    @cached_property
    def worth(self) -> list[Linear | None]:
        """[P] V_p(f; 0)."""
        return [None if rows is None else self.values(rows) for rows in self.known.worth]


# --- facts of a model that the problem and the search share ------------------------------------------------------


def state_ready(model: Model, n: int, *, verified: bool) -> float:
    """When a measure already in force counts (as verified), in years from signature, not before 0."""
    confirms = model.dossier.measures[model.measures[n]].confirms_in
    return max(0.0, standing_verified(model, n, confirms)) if verified else 0.0


def standing_verified(model: Model, n: int, confirms: float) -> float:
    """When a measure already in force counts as verified, which takes `confirms` years where no date is given."""
    d = model.dossier
    standing = d.state.in_force[model.measures[n]]
    if standing.verified is not None:
        return years_between(d.start, standing.verified)
    return years_between(d.start, standing.since) + confirms


def prerequisites(model: Model, name: str) -> list[tuple[int, float, bool]]:
    """(measure, years from its entry to when it counts, whether verified) for all that a measure needs."""
    in_force_first, verified_first = model.dossier.prerequisites(name)
    waits = [(model.index[n], 0.0, False) for n in in_force_first]
    return waits + [(model.index[n], model.dossier.measures[n].confirms_in, True) for n in verified_first]


def earliest_periods(model: Model) -> list[int]:
    """[M] first period in which each measure could enter; K where it cannot."""
    takes = [m.takes.value for m in model.dossier.measures.values()]
    needs = [prerequisites(model, name) for name in model.measures]
    ready = [0.0] * model.M
    for _ in range(model.M + 1):
        for m in range(model.M):
            start = 0.0
            for n, wait, verified in needs[m]:
                if model.state[n] >= 1 - 1e-9:
                    start = max(start, state_ready(model, n, verified=verified))
                else:
                    start = max(start, ready[n] + wait)
            if model.state[m] >= 1:
                ready[m] = 0.0
                continue
            at = int(np.searchsorted(model.tau, start + (0.0 if model.divisible[m] else takes[m]) - SNAP, side="left"))
            if model.divisible[m]:
                at = max(at, 1)
                while at < model.K and model.tau[at] <= start + SNAP:
                    at += 1
            ready[m] = float(model.tau[at]) if at < model.K else math.inf
    return [int(np.searchsorted(model.tau, r - SNAP, side="left")) if math.isfinite(r) else model.K for r in ready]


def requirements(model: Model, level: str) -> tuple[Require, ...]:
    """What success at a level asks."""
    success = model.dossier.success
    return {"none": (), "minimal": success.minimal, "full": success.full}[level]


def asked(model: Model, question: Question) -> dict[str, Require]:
    """The demands and requirements of success that bind in a question, by name: demands.NAME, success.LEVEL.NUMBER."""
    demands = {
        f"demands.{name}": demand.require
        for name, demand in model.dossier.demands.items()
        if demand.firmness == "red_line" or (demand.firmness == "opening" and demand.by in question.openings)
    }
    level = question.success
    return demands | {f"success.{level}.{i}": r for i, r in enumerate(requirements(model, level))}


def family(model: Model, label: Label) -> str:
    """The name of the family of conditions that a valued row belongs to: consent.PARTY, breakout.PARTY, ..."""
    kind = "exposure" if label.kind == "secret_exposure" else label.kind
    return f"{kind}.{model.parties[label.party]}"


def bound(valued: Conditions, question: Question) -> Conditions:
    """The valued rows that bind in a question."""
    if not question.without:
        return valued
    return valued.only([family(valued.model, label) not in question.without for label in valued.labels])


def _parties(rows: Conditions) -> NDArray[np.int64]:
    return np.array([label.party for label in rows.labels], np.int64)


def _clipped(row: LinearForm, const: float) -> tuple[LinearForm, float]:
    """A row ≥ 0 of columns 0 or 1 that a plan meets if it meets the given one, its coefficients cut; −its least value.

    What is below −CLIP is raised to it. What is above is lowered to what still outweighs all the rest.
    """
    row = {c: max(v, -CLIP) for c, v in row.items()}
    most = max(0.0, -const - sum(v for v in row.values() if v < 0))
    return {c: min(v, max(CLIP, most)) for c, v in row.items()}, most


def scale(model: Model, name_or_shares: str | Mapping[str, object]) -> dict[int, float]:
    """A scale of progress, or shares written out, as shares of 1 by measure."""
    shares = model.dossier.progress[name_or_shares] if isinstance(name_or_shares, str) else name_or_shares
    amounts = {model.index[m]: float(s) for m, s in shares.items()}  # type: ignore[arg-type]
    total = sum(amounts.values())
    return {m: a / total for m, a in amounts.items()} if total else amounts


__all__ = [
    "ANY_DEAL",
    "INF",
    "Linear",
    "Problem",
    "ProgressBy",
    "Question",
    "asked",
    "earliest_periods",
    "family",
    "prerequisites",
    "scale",
]
