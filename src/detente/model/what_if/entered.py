"""What a fixed plan enters when, and what of that waits for others or comes true together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.fates import Reactions
from detente.model.rows.interactions import conjunctions
from detente.model.tolerance import FULL


@dataclass(frozen=True, eq=False)
class Combined:
    """Conjunctions of a plan's interactions that come true, Q of them, all of as many clauses."""

    interaction: Indices
    """[Q]"""
    sign: Array
    """[Q]"""
    clauses: tuple[Indices, ...]
    """Of each clause its measures, [Q, n]; some may stand twice."""

    @cached_property
    def members(self) -> Indices:
        """[Q, all n]"""
        return np.concatenate(self.clauses, axis=1)


@dataclass(frozen=True, eq=False)
class Entered:
    """What a plan enters when: E rises of shares, and from when on each measure is whole."""

    measure: Indices
    """[E]"""
    period: Indices
    """[E] −1 for before signature."""
    rise: Array
    """[E]"""
    whole: Indices
    """[M] the period from which on all of a measure is in force; K where it never is."""
    waits: Flags
    """[P + 1, M] whether a measure waits for what somebody who breaks the deal or leaves has entered; last: nobody."""
    ready: Indices
    """[P + 1, M] from when on that is whole; −1 where it waits for nothing."""
    combined: tuple[Combined, ...]

    @classmethod
    def of(cls, model: Model, shares: Array) -> Entered:
        """Of shares [M, K+1]."""
        rises = np.diff(shares, axis=1, prepend=0.0)
        measure, column = np.nonzero(rises)
        full = shares >= FULL
        whole = np.where(full.any(axis=1), full.argmax(axis=1) - 1, model.K)
        waits = np.zeros((len(model.parties) + 1, model.M), bool)
        ready = np.full(waits.shape, -1)
        reactions = Reactions(model, model.moments)
        for p in range(len(model.parties)):
            for m, needs in reactions.waiting(p).items():
                waits[p, m], ready[p, m] = True, max(int(whole[n]) for n in needs)
        combined = tuple(_combined(model, whole))
        return cls(measure, column - 1, rises[measure, column], whole, waits, ready, combined)


def _combined(model: Model, whole: Indices) -> Iterator[Combined]:
    """The conjunctions whose measures all come into force, by how many clauses they have."""
    found: dict[int, list[tuple[int, int, list[list[int]]]]] = {}
    for j, when in enumerate(model.conditions):
        for clauses, sign in conjunctions(when):
            members = [sorted(model.index[name] for name in clause) for clause in sorted(clauses, key=sorted)]
            if all(whole[m] < model.K for clause in members for m in clause):
                found.setdefault(len(members), []).append((j, sign, members))
    for several in found.values():
        interactions, signs, members_of = zip(*several, strict=True)
        every = tuple(_padded([members[c] for members in members_of]) for c in range(len(members_of[0])))
        yield Combined(np.array(interactions), np.array(signs, float), every)


def _padded(several: list[list[int]]) -> Indices:
    """Lists as long as the longest, the first of each standing again."""
    width = max(map(len, several))
    return np.array([x + x[:1] * (width - len(x)) for x in several], np.int64)
