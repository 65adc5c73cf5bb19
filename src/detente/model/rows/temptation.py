"""The conditions of DESIGN §5 that carry a value, as linear rows: consent, temptation and exposure at every moment.

Each row says: slack ≥ 0 while its switch is on. Slack is in the party's points, at the row's date (exposures: at
signature).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Array, Flags
from detente.model.rows.alike import alike
from detente.model.rows.arrays import Model
from detente.model.rows.blocks import Block, Blocks
from detente.model.rows.breaches import Deviation, Maker
from detente.model.rows.detection import SNAP
from detente.model.rows.linear import Coefficients, Rows, TermRows, truth
from detente.model.rows.moments import Moment, Moments
from detente.model.rows.paths import L, PathValues, Valuation
from detente.model.tolerance import SHARE

CHUNK = 16
"""Moments whose rows are worked out at a time."""
NOTHING = 1e-9
"""Stake points below which nothing is at stake."""

Temptation = Literal["consent", "breakout", "covert", "exposure", "secret_exposure", "lapse", "never", "forgive"]


class Rising(NamedTuple):
    """A measure of which something is in force in a period that was not in another one (None: that is in force)."""

    measure: int
    since: int | None
    period: int


@dataclass(frozen=True)
class Switch:
    """When a row binds: always, while party p performs anything, while m is in force in k, or where m enters at k.

    "lapses": where there is one of each group of cells.
    """

    kind: Literal["always", "performs", "in", "enters", "lapses"]
    party: int = -1
    measure: int = -1
    period: int = -1
    groups: tuple[tuple[Rising, ...], ...] = ()


@dataclass(frozen=True)
class Label:
    """What a row is about: indices into the model; −1 where it does not apply, or the moment is none of the model's."""

    kind: Temptation
    party: int
    other: int
    measure: int
    moment: int
    switch: Switch
    at: Moment | None = None
    leaves: Moment | None = None
    """When cheating ends in an open break."""
    answers: tuple[int, ...] = ()
    """By which a breach is answered in place of ending the deal."""


def consent_of(p: int) -> Label:
    """Of the row that says that a party would agree."""
    return Label("consent", p, other=-1, measure=-1, moment=-1, switch=Switch("always"))


@dataclass(frozen=True, eq=False)
class Conditions:
    """All valued rows of a model, R of them: slack = const + coef·f + terms."""

    model: Model
    labels: tuple[Label, ...]
    coef: Blocks
    """On f[m,k]."""
    const: Array
    """[R] what no plan changes, what is in force before signature included."""
    terms: TermRows
    """On products of what is in force."""

    @cached_property
    def least(self) -> Array:
        """[R] a lower bound on each row over all plans."""
        count = len(self.terms.expressions)
        least: Array = self.const + self.coef.least + self.terms.total(np.ones(count), np.zeros(count))
        return least

    def at_stake(self, r: int, shares: Array) -> bool:
        """Whether anything by itself, measure or interactions, makes a difference between a row's two paths."""
        items = self.coef.standing_of(r) + np.sum(self.coef.of(r) * shares[:, 1:], axis=1)
        together = 0.0
        for e, c in self.terms[r].items():
            if e[0] == "rise":
                items[e[1]] += c * truth(e, shares)
            else:
                together += c * truth(e, shares)
        return bool(np.any(np.abs(items) > NOTHING)) or abs(together) > NOTHING

    def slacks(self, shares: Array) -> Array:
        """[R] slack of every row for a plan's shares [M, K+1]."""
        slack: Array = self.const + self.coef.times(shares[:, 1:])
        holds = np.array([truth(e, shares) for e in self.terms.expressions])
        return slack + self.terms.total(holds, holds)

    def on(self, shares: Array) -> Flags:
        """[R] which rows apply to a plan's shares [M, K+1]."""
        return binding(self.model, self.switches, shares)

    @cached_property
    def switches(self) -> Switches:
        return switches_of(self.labels, self.model.K)

    def only(self, chosen: Sequence[bool]) -> Conditions:
        """Some of the rows, one flag a row."""
        rows = np.flatnonzero(chosen)
        labels = tuple(self.labels[r] for r in rows)
        return Conditions(self.model, labels, self.coef.only(rows), self.const[rows], self.terms.only(rows))

    def __len__(self) -> int:
        return len(self.labels)


class Switches(NamedTuple):
    """[R] each: kind (0 always, 1 performs, 2 in, 3 enters, 4 lapses), party, cell of [M, K+1], the cell before it."""

    kind: NDArray[np.int64]
    party: NDArray[np.int64]
    cell: NDArray[np.int64]
    previous: NDArray[np.int64]
    groups: tuple[tuple[int, tuple[tuple[Rising, ...], ...]], ...]
    """Of rows that lapses switch on."""


def switches_of(labels: Sequence[Label], K: int) -> Switches:
    """The switches of rows as arrays."""
    kinds = {"always": 0, "performs": 1, "in": 2, "enters": 3, "lapses": 4}
    switches = [label.switch for label in labels]
    cell = np.array([max(0, s.measure) * (K + 1) + s.period + 1 for s in switches], np.int64)
    kind = np.array([kinds[s.kind] for s in switches], np.int64)
    party, groups = np.array([s.party for s in switches], np.int64), ((r, s.groups) for r, s in enumerate(switches))
    return Switches(kind, party, cell, np.maximum(cell - 1, 0), tuple((r, g) for r, g in groups if kind[r] == 4))


def risen(cell: Rising, shares: Array) -> float:
    """How much of a cell is there in a plan's shares [M, K+1]."""
    before = 0.0 if cell.since is None else float(shares[cell.measure, cell.since + 1])
    return float(shares[cell.measure, cell.period + 1]) - before


def binding(model: Model, switches: Switches, shares: Array) -> Flags:
    """[R] which rows apply to a plan's shares [M, K+1]."""
    kind, party, cell, previous, groups = switches
    f = shares.ravel()
    active = np.array([shares[model.by[p]].max(initial=0.0) > SHARE for p in range(len(model.parties))])
    there = f[cell] - f[previous] * (kind == 3) > 0.5
    on: Flags = np.where(kind == 0, True, np.where(kind == 1, active[party], there))
    for r, each in groups:
        on[r] = all(any(risen(cell, shares) > SHARE for cell in cells) for cells in each)
    return on


def values(model: Model) -> list[Rows | None]:
    """For each party the one row of V_p(f; 0), `no_deal` included; None for parties that value nothing."""
    return [Valuation(model, p).signed() if model.valued[p] else None for p in range(len(model.parties))]


def conditions(model: Model, seldom: Seldom | None = None) -> Conditions:
    """Consent, and everybody's own breaking out on the dates of the grid and of exits.

    What these leave out is worked out where a plan breaks it: `Seldom`, and for moments between dates `rows_at`.
    """
    seldom = seldom or Seldom(model)
    families = Families(model, Moments.of([model.moments[0]]))
    openly = [seldom.of((q, -1, -1)) for q in families.valuations if model.by[q].any()]
    return joined([block(model, families.consent()), *openly])


def _dated(model: Model) -> Iterator[Families]:
    """The model's moments, some at a time: late ones have fewer entries still to come."""
    every = list(model.moments)
    for i in range(0, len(every), CHUNK):
        yield Families(model, Moments.of(every[i : i + CHUNK]), i)


class Seldom:
    """The conditions on the same dates that seldom bind, one topic at a time: being left exposed, and cheating.

    `like`: those of other models, from which topics are taken over that are the same.
    """

    def __init__(self, model: Model, like: Sequence[Seldom] = ()) -> None:
        self.model = model
        self.like: list[Seldom] = [x for x in like if not x.like]
        self._stated: dict[Topic, Conditions] = {}

    def __getstate__(self) -> dict[str, object]:
        """What another process is given: everybody's own breaking out."""
        return {
            "model": self.model,
            "like": (),
            "_stated": {t: x for t, x in self._stated.items() if t[1:] == (-1, -1)},
        }

    @cached_property
    def families(self) -> list[Families]:
        return list(_dated(self.model))

    @cached_property
    def fakings(self) -> tuple[tuple[int, int], ...]:
        """(q, m): what q can fake."""
        found = np.argwhere(self.model.fakeable[None, :] & self.model.by)
        return tuple((int(q), int(m)) for q, m in found)

    @cached_property
    def topics(self) -> tuple[Topic, ...]:
        """All that there are."""
        model = self.model
        open_ = [(p, int(q), -1) for q in np.flatnonzero(model.by.any(axis=1)) for p in exposed(model, int(q))]
        secret = [(p, q, m) for q, m in self.fakings if model.state[m] < 1 for p in exposed(model, q)]
        return (*open_, *secret, *((q, -1, m) for q, m in self.fakings if model.valued[q]))

    def of(self, topic: Topic, seen: Model | None = None) -> Conditions:
        """The conditions of one; `seen`: the model, detection as it may be."""
        if seen is not None:
            return joined([block(f.model, f.about(topic, seen)) for f in self.families])
        if topic not in self._stated:
            taken = self._taken(topic)
            self._stated[topic] = self._made(topic) if taken is None else taken
        return self._stated[topic]

    def _made(self, topic: Topic) -> Conditions:
        return joined([block(f.model, f.about(topic, f.model)) for f in self.families])

    def _taken(self, topic: Topic) -> Conditions | None:
        """Those of another model, where they are the same."""
        there = (x for x in self.like if topic in x._stated and alike(self.model, x.model, topic[0]))
        other = next(there, None)
        return None if other is None else replace(other._stated[topic], model=self.model)


Topic = tuple[int, int, int]
"""Party, other (−1: itself, by cheating), measure that is faked (−1: an open breach)."""


def exposed(model: Model, q: int) -> list[int]:
    """The parties with an exposure limit that q's breaking the deal could hurt."""
    return [p for p in range(len(model.parties)) if p != q and model.valued[p] and np.isfinite(model.limit[p])]


def rows_at(
    model: Model, kind: Temptation, topic: Topic, moments: Sequence[Moment], leaves: Sequence[Moment] | None = None
) -> Conditions:
    """One condition at any moments; of cheating that ends in an open break, with the moments at which it does."""
    party, other, measure = topic
    families = Families(model, Moments.of(moments))
    maker, valuation = families.maker, families.valuations[party]
    mover = other if other >= 0 else party
    if kind in ("breakout", "exposure"):
        path, switches = maker.breakout(mover), [Switch("performs", mover)] * len(moments)
    else:
        path = maker.covert(mover, measure, None if leaves is None else Moments.of(leaves))
        entering = kind == "secret_exposure"
        switches = [families.switch(measure, i, entering=entering) for i in range(len(moments))]
    rows = _compared(valuation, maker, path)
    ends: Sequence[Moment | None] = leaves or [None] * len(moments)
    labels = [
        Label(kind, *topic, moment=-1, switch=switch, at=at, leaves=end)
        for switch, at, end in zip(switches, moments, ends, strict=True)
    ]
    return block(model, iter([(labels, rows, list(range(len(moments))))]))


def joined(blocks: Sequence[Conditions]) -> Conditions:
    """Blocks of rows as one."""
    if len(blocks) == 1:
        return blocks[0]
    coef = Blocks(blocks[0].coef.shape, tuple(block for b in blocks for block in b.coef.all))
    labels, const = tuple(label for b in blocks for label in b.labels), np.concatenate([b.const for b in blocks])
    return Conditions(blocks[0].model, labels, coef, const, TermRows.joined([b.terms for b in blocks]))


_Family = tuple[list[Label], Rows, list[int]]


def block(model: Model, families: Iterator[_Family]) -> Conditions:
    labels: list[Label] = []
    coef: list[Block] = []
    const: list[Array] = [np.zeros(0)]
    terms: list[Coefficients] = []
    for found, rows, chosen in families:
        labels += found
        coef.append(Block.of(model, rows.coef[chosen]))
        const.append(rows.const[chosen] + coef[-1].standing.sum(axis=1))
        every = rows.terms
        terms += [every[i] for i in chosen]
    blocks = Blocks((model.M, model.K), tuple(coef))
    return Conditions(model, tuple(labels), blocks, np.concatenate(const), TermRows.of(terms))


class Families:
    """The conditions of a model at some moments, family by family; `first` is the number of the first of them."""

    def __init__(self, model: Model, moments: Moments, first: int = 0) -> None:
        self.model, self.moments, self.first = model, moments, first
        self.maker = Maker(model, moments)
        self.entering = [i for i in range(len(moments)) if self._enters(i)]
        self.at_entry = Maker(model, Moments.of([moments[i] for i in self.entering]))
        self.valuations = {p: Valuation(model, p) for p in range(len(model.parties)) if model.valued[p]}

    def consent(self) -> Iterator[_Family]:
        model = self.model
        for p, v in self.valuations.items():
            if model.consents[p]:
                rows = v.signed()
                row = Rows(rows.coef, rows.const - model.walk_away[p], rows.cells, rows.expressions)
                yield [consent_of(p)], row, [0]

    def about(self, topic: Topic, seen: Model) -> Iterator[_Family]:
        """A topic, where there is something to ask."""
        labels = self.labels(topic)
        if labels and topic[0] in self.valuations:
            yield labels, self._rows(topic, seen), [*range(len(labels))]

    def labels(self, topic: Topic) -> list[Label]:
        """What a topic asks at these moments."""
        p, other, m = topic
        every: Sequence[int] = range(len(self.moments))
        if m < 0:
            performs = Switch("performs", p if other < 0 else other)
            return [self._label("breakout" if other < 0 else "exposure", topic, i, performs) for i in every]
        if other >= 0:
            return [self._label("secret_exposure", topic, i, self.switch(m, i, entering=True)) for i in self.entering]
        chosen = every if self._later(m) else self.entering if self.model.state[m] < 1 else ()
        return [self._label("covert", topic, i, self.switch(m, i, entering=False)) for i in chosen]

    def _label(self, kind: Temptation, topic: Topic, i: int, switch: Switch) -> Label:
        return Label(kind, *topic, moment=self.first + i, switch=switch, at=self.moments[i])

    def _later(self, m: int) -> bool:
        """Whether m can be undone in secret once it is in force."""
        return bool(np.isfinite(self.model.undo[m]))

    def _rows(self, topic: Topic, seen: Model) -> Rows:
        p, other, m = topic
        maker = self.maker if m < 0 or (other < 0 and self._later(m)) else self.at_entry
        if m < 0:
            path = maker.breakout(p if other < 0 else other)
        else:
            path = self._seen(maker, seen).covert(p if other < 0 else other, m)
        return _compared(self.valuations[p], maker, path)

    def _seen(self, maker: Maker, seen: Model) -> Maker:
        return maker if seen is self.model else Maker(seen, maker.moments)

    def _enters(self, i: int) -> bool:
        """Whether entries of a period follow at once on a moment."""
        moment, tau = self.moments[i], self.model.tau
        last = moment.base + 1 < self.model.K
        return moment.side == "before" and last and abs(float(tau[moment.base + 1]) - moment.years) <= SNAP

    def switch(self, m: int, i: int, *, entering: bool) -> Switch:
        """When a row on faking m at a moment binds: while m is in force or entering then; or only as it enters."""
        period = int(self.moments.base[i]) + (1 if self._enters(i) else 0)
        only = entering or not np.isfinite(self.model.undo[m])
        return Switch("enters" if only else "in", measure=m, period=period)


def _compared(v: Valuation, maker: Maker, path: Deviation) -> Rows:
    """What a row on a path says: of the party's own breach, temptation, else its exposure and its limit."""
    if path.mover == v.p:
        return temptation(v, maker, path)
    rows = standing_since(v, maker, path)
    rows.const += v.model.limit[v.p]
    return rows


def temptation(v: PathValues[L], maker: Maker, path: Deviation) -> L:
    """keep − deviate at each moment, in present value at that moment."""
    return v.lost(maker, path).scaled(np.exp(v.rho * maker.moments.years))


def standing_since(v: PathValues[L], maker: Maker, path: Deviation) -> L:
    """The exposed party's value since signature where another breaks the deal at each moment."""
    after = v.after(maker, path, no_deal=False)
    return v.enjoyed(maker).minus(after.scaled(np.full(len(maker.moments), -1.0)))
