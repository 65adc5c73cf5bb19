"""Paths and their value: the sum of DESIGN §4, as coefficients on the shares f[m,k], exact within periods.

Every question (keeping, breaking out, cheating in secret, being left exposed) is the value of some `Deviation` to some
party: branch by branch, what single measures are worth here and in `entries`, what interactions are in `interactions`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Flags
from detente.model.rows.alarms import Alarmed, add_alarms, alarms_of
from detente.model.rows.arrays import TINY, Model
from detente.model.rows.breaches import Branch, Deviation, Maker
from detente.model.rows.conditions import Expression, all_of, in_force
from detente.model.rows.entries import Entries, Felt, felt, shares_of, worth_of
from detente.model.rows.interactions import add_interactions
from detente.model.rows.linear import Expressions, Rows
from detente.model.rows.losses import expected_spared_from, spared_from
from detente.model.rows.moments import Moments

L = TypeVar("L", bound="Summable")


class Rise(NamedTuple):
    """What enters of a measure after one period and until another, where what it needs is there."""

    measure: int
    until: int
    after: int
    needed: Expression


@dataclass(frozen=True, eq=False)
class Valued:
    """What of a path is valued."""

    measures: Flags
    """[M] in their effects, and those of their inspection."""
    interactions: tuple[int, ...]
    over: Flags
    """[M] whose `if_over` counts, until a breach is known: it is felt once somebody leaves."""
    over_known: Flags
    """[M] the same once a breach is known."""
    answered: bool
    """Whether `no_deal` returns with an answer to the breach."""
    alarms: bool
    """Whether false alarms are: with an answer to the breach they are over."""

    @classmethod
    def concerned(cls, model: Model, mover: int) -> Valued:
        """What a breach by the mover bears upon: what it performs or what answers to it, and interactions with that."""
        measures = model.by[mover] | model.answers[mover]
        conditions = enumerate(model.conditions)
        there = tuple(j for j, c in conditions if any(measures[model.index[n]] for n in c.measures))
        answered = bool(np.isfinite(model.first_answer(mover)))
        return cls(measures, there, measures | answered, measures, answered, answered)

    def rest(self, model: Model) -> Valued:
        """What the breach leaves standing: it goes on as planned, and may still end because somebody leaves."""
        others = tuple(j for j in range(len(model.conditions)) if j not in self.interactions)
        return Valued(~self.measures, others, ~self.over, ~self.over, not self.answered, not self.alarms)

    @property
    def key(self) -> tuple[object, ...]:
        return self.measures.tobytes(), self.interactions, self.over.tobytes(), self.alarms

    def aftermath(self) -> Valued:
        """Of who leaves once the breach is known."""
        none = np.zeros_like(self.measures)
        over = ~self.measures if self.answered else self.measures
        return Valued(none, (), over, over, answered=False, alarms=False)


class Summable(Protocol):
    """Linear functions, one for each moment: of a plan's shares, or of numbers."""

    def minus(self, other: Self) -> Self: ...

    def plus(self, other: Self) -> Self: ...

    def scaled(self, factor: Array) -> Self: ...


class PathValues(ABC, Generic[L]):
    """Values of paths to one party, in present value at signature, put together from those of deviations."""

    def __init__(self, model: Model, party: int):
        self.model, self.p = model, party
        self.rho = float(model.rho[party])
        self._known: dict[tuple[Maker, tuple[object, ...]], L] = {}
        self._signature = Maker(model, Moments.of([model.moments[0]]))

    @abstractmethod
    def _value(self, path: Deviation, part: Valued, *, no_deal: bool) -> L:
        """A part of a path from each of its moments on."""

    # --- paths ---------------------------------------------------------------------------------------------------

    def signed(self) -> L:
        """One row: the whole plan as kept by all who do not leave, from just before signature, `no_deal` included."""
        return self.keeping(self._signature)

    def keeping(self, maker: Maker) -> L:
        """The plan kept by all who do not leave, from each moment on, with what of `no_deal` that spares."""
        return self._kept(maker, self._everything(), no_deal=True)

    def lost(self, maker: Maker, path: Deviation) -> L:
        """Keeping the deal less breaking it, from each moment on: what the breach leaves standing is in both."""
        part = Valued.concerned(self.model, int(path.mover))
        kept = self._kept(maker, part, no_deal=part.answered)
        return kept.minus(self._value(path, part, no_deal=part.answered))

    def after(self, maker: Maker, path: Deviation, *, no_deal: bool) -> L:
        """A party's breaking the deal, from each moment on; with what `no_deal` then costs, and its collapse cost.

        What the breach leaves standing is worth what it is where the deal is kept: by all who do not leave.
        """
        part = Valued.concerned(self.model, int(path.mover))
        rows = self._value(path, part, no_deal=no_deal and part.answered)
        return rows.plus(self._kept(maker, part.rest(self.model), no_deal=no_deal and not part.answered))

    def enjoyed(self, maker: Maker) -> L:
        """The plan from signature to each moment, while nobody leaves (`no_deal` not counted)."""
        return self._plain(self._signature).minus(self._plain(maker))

    def _everything(self) -> Valued:
        model = self.model
        every = np.ones(model.M, bool)
        return Valued(every, tuple(range(len(model.conditions))), every, every, answered=True, alarms=True)

    def _kept(self, maker: Maker, part: Valued, *, no_deal: bool) -> L:
        """A part of the plan kept by all who do not leave."""
        return self._once(maker, ("kept", *part.key, no_deal), lambda: self._value(maker.kept(), part, no_deal=no_deal))

    def _plain(self, maker: Maker) -> L:
        """The plan, from each moment on, were nobody ever to leave."""
        return self._once(maker, ("plain",), lambda: self._value(maker.plain(), self._everything(), no_deal=False))

    def _once(self, maker: Maker, what: tuple[object, ...], make: Callable[[], L]) -> L:
        if (maker, what) not in self._known:
            self._known[maker, what] = make()
        return self._known[maker, what]


class Valuation(PathValues[Rows]):
    """As linear functions of a plan. The one place where DESIGN §4's sum is computed."""

    def __init__(self, model: Model, party: int):
        super().__init__(model, party)
        self.expressions = Expressions()
        self.alarms: tuple[Alarmed, ...] = tuple(alarms_of(model, party))

    def _value(self, path: Deviation, part: Valued, *, no_deal: bool) -> Rows:
        rows = self.nothing(len(path.moments))
        for branch in path.branches:
            self._add(rows, branch, path.moments, part)
            if no_deal:
                rows.const -= self._returns(branch, path.moments, pays=branch.pays and path.mover == self.p)
        for branch in path.aftermath:
            self._add(rows, branch, path.moments, part.aftermath())
        if no_deal:
            rows.const += spared_from(self.model.losses[self.p], self.rho, path.moments.years)
        return rows

    def of_branches(self, branches: Iterable[Branch], moments: Moments, measures: Flags) -> Rows:
        """What some measures are worth by themselves on some branches."""
        rows = self.nothing(len(moments))
        part = Valued(measures, (), measures, measures, answered=False, alarms=False)
        for branch in branches:
            self._add(rows, branch, moments, part)
        return rows

    def nothing(self, moments: int) -> Rows:
        """Rows of no worth."""
        shape = (moments, self.model.M, self.model.K + 1)
        return Rows(np.zeros(shape), np.zeros(moments), [], self.expressions)

    def _returns(self, branch: Branch, moments: Moments, *, pays: bool) -> Array:
        """[I] what the first answer costs on a branch: the losses of no deal from then on, and the collapse cost."""
        finite = np.isfinite(branch.first_answer)
        at = moments.years + np.where(finite, branch.first_answer, 0.0)
        low, high, course = branch.low, branch.high, self.model.losses[self.p]
        cost = float(self.model.collapse[self.p]) if pays else 0.0
        if branch.answer_from == "random":
            lost = expected_spared_from(course, self.rho, branch.law, at, low, high)
            lost = lost + cost * np.exp(-self.rho * at) * branch.parts(self.rho, low, high)
        else:
            lost = spared_from(course, self.rho, at) + cost * np.exp(-self.rho * at)
            lost = lost * branch.parts(0.0, low, high)
        return np.where(finite, lost, 0.0)

    # --- one branch ----------------------------------------------------------------------------------------------

    def _add(self, rows: Rows, branch: Branch, moments: Moments, part: Valued) -> None:
        model, p = self.model, self.p
        entries = Entries(model, self.rho, branch, moments)
        over = np.where(part.over_known if branch.pays else part.over, model.over[p], 0.0)
        for m in np.flatnonzero(part.measures | (over != 0)).tolist():
            own = felt(model.layers, model.once, p, m) if part.measures[m] else None
            if own or over[m]:
                self._measure(rows, entries, m, own or ((), 0.0), float(over[m]))
        inspected = Entries(model, self.rho, branch, moments, fates=branch.inspected)
        for m in np.flatnonzero(part.measures).tolist():
            if own := felt(model.intrusion, model.intrusion_once, p, m):
                self._measure(rows, inspected, m, own, 0.0)
        add_interactions(rows, entries, p, part.interactions)
        if part.alarms:
            add_alarms(rows, entries, self.alarms)

    def _measure(self, rows: Rows, entries: Entries, m: int, own: Felt, over: float) -> None:
        """Add what one measure is worth."""
        branch = entries.branch
        if m in branch.waits and branch.held is None:
            rows.coef[:, m] += shares_of(worth_of(entries, m, own, over, made_only_before_turn=True))
            for k0, cell in entries.cells:
                self._between(rows, cell, m, k0, own, over)
            return
        coef = shares_of(worth_of(entries, m, own, over))
        if branch.held is not None and m in branch.waits:
            self.hold_back(rows, coef, m, branch.waits[m], branch.held)
        rows.coef[:, m] += coef

    def hold_back(self, rows: Rows, coef: Array, m: int, needs: tuple[int, ...], held: Array) -> None:
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
                self._rise(rows, Rise(m, k, int(k0), needed), chosen, moved)

    def _between(self, rows: Rows, entries: Entries, m: int, k0: int, own: Felt, over: float) -> None:
        """Entries of m between a party's leaving, after period k0 began and before the next, and the answer."""
        coef = shares_of(worth_of(entries, m, own, over, only_after=k0))
        needed = self._needed(entries.branch.waits[m], k0)
        chosen = np.arange(len(coef))
        for k in range(k0 + 1, self.model.K):
            if np.any(np.abs(coef[:, k + 1]) > TINY):
                self._rise(rows, Rise(m, k, k0, needed), chosen, coef[:, k + 1])

    def _needed(self, needs: tuple[int, ...], k0: int) -> Expression:
        return all_of(in_force(n, k0, float(self.model.state[n])) for n in needs)

    def _rise(self, rows: Rows, rise: Rise, chosen: NDArray[np.int64], amount: Array) -> None:
        """Add amount × (f[m,k] − f[m,k0]) to some rows, where what is needed is there."""
        m, k, k0, needed = rise
        if needed is True:
            rows.coef[chosen, m, k + 1] += amount
            rows.coef[chosen, m, k0 + 1] -= amount
        elif needed is not False:
            there = np.flatnonzero(np.abs(amount) > TINY)
            number = rows.expressions.number(("rise", *rise))
            rows.add(chosen[there], np.full(len(there), number), amount[there])
