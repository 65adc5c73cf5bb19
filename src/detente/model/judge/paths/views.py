"""A plan as seen from some moments on: which entries have happened, from when each counts, and what is hidden."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from detente.model.judge.calendar import Instants
from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Contribution, Facts, Rises
from detente.model.judge.paths.branches import ZERO
from detente.model.judge.paths.secrecy import Secret
from detente.model.numeric import Array, Flags
from detente.model.tolerance import FULL

Holds = tuple[int | None, ...]
"""Of each mover of a path: the period in which all that an entry needs of it is complete (NOT_AT_ALL: never)."""
NOT_AT_ALL = 1 << 30


class Made(NamedTuple):
    """An entry: of which measure, in which period, and what would hold it up."""

    measure: int
    period: int
    holds: Holds


class View:
    """What there is of a plan at each of some moments, with what one party hides of it."""

    def __init__(self, facts: Facts, now: Instants, hidden: Secret | None = None) -> None:
        self.facts = facts
        self.now = now.column()
        self.hidden = hidden
        self._done: dict[int, Flags] = {}
        self._start: dict[int, Array] = {}

    def done(self, e: int) -> Flags:
        """Whether an entry in period e has happened."""
        if e not in self._done:
            self._done[e] = np.asarray(e <= self.now.base)
        return self._done[e]

    def start(self, e: int) -> Array:
        """From when on an entry in period e counts."""
        if e not in self._start:
            self._start[e] = self.now.t if e < 0 else np.where(self.done(e), self.now.t, self.facts.tau[e])
        return self._start[e]

    def once(self, worth: Contribution, e: int) -> Array:
        """What an entry is worth once, in present value, where it is still to come."""
        if e < 0 or not worth.once:
            return ZERO
        return np.where(self.done(e), 0.0, worth.once * math.exp(-worth.rho * self.facts.tau[e]))

    def hides(self, m: int, e: int) -> Flags | None:
        """At which moments an entry is faked, or undone in secret; None where it cannot be."""
        if self.hidden is None or (m not in self.hidden.undone and m not in self.hidden.faked):
            return None
        return np.where(self.done(e), m in self.hidden.undone, m in self.hidden.faked)

    def undone(self, m: int) -> Array:
        """When what is undone in secret is undone."""
        return self.now.t + self.facts.undo[m]

    def cap(self, made: Sequence[Made], undone: frozenset[int]) -> Array | None:
        """When the first of some measures that are undone in secret has been undone."""
        measures = {x.measure for x in made if x.measure in undone and self.facts.keeps[x.measure] < FULL}
        first = min((self.facts.undo[m] for m in measures), default=NEVER)
        return None if first == NEVER else self.now.t + first


def last_of(made: Sequence[Made]) -> int:
    """The period of the last entry."""
    return max(x.period for x in made)


def made_whole(
    measures: Sequence[int], rises: Mapping[int, Rises], holds: Mapping[int, Holds]
) -> dict[int, list[Made]]:
    """Of each measure that ever is wholly in force, the entries by which it comes into force."""
    found = {m: _made(m, rises[m], holds.get(m, ())) for m in measures}
    return {m: made for m, made in found.items() if made}


def _made(m: int, rises: Rises, holds: Holds) -> list[Made]:
    share, found = 0.0, []
    for e, rise in rises:
        share += rise
        found.append(Made(m, e, holds))
        if share >= FULL:
            return found
    return []
