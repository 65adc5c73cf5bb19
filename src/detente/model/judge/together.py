"""Interactions: conditions on which measures are in force, as sums and as the smallest sets that fulfil them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detente.dossier.schema import Condition

Ways = list[frozenset[int]]
Sums = dict[frozenset[int], float]


@dataclass(frozen=True)
class Together:
    """An interaction: effects that are present while a condition on measures, each wholly in force, holds."""

    measures: tuple[int, ...]
    sums: tuple[tuple[frozenset[int], float], ...]
    """The condition as Σ coefficient × [all of these are in force]."""
    ways: Ways
    """The smallest sets of measures that fulfil it."""

    @classmethod
    def of(cls, index: Mapping[str, int], when: Condition) -> Together:
        measures = tuple(dict.fromkeys(index[m] for m in when.measures))
        return cls(measures, tuple(_sums(index, when).items()), _least(_ways(index, when)))

    def holds(self, present: Iterable[int]) -> bool:
        there = frozenset(present)
        return any(way <= there for way in self.ways)


def _sums(index: Mapping[str, int], when: Condition) -> Sums:
    if when.measure is not None:
        return {frozenset([index[when.measure]]): 1.0}
    if when.all is not None:
        return _product([_sums(index, part) for part in when.all])
    return _complement(_product([_complement(_sums(index, part)) for part in when.any or ()]))


def _ways(index: Mapping[str, int], when: Condition) -> Ways:
    if when.measure is not None:
        return [frozenset([index[when.measure]])]
    if when.all is not None:
        ways: Ways = [frozenset()]
        for part in when.all:
            ways = _least([a | b for a in ways for b in _ways(index, part)])
        return ways
    return [way for part in when.any or () for way in _ways(index, part)]


def _least(ways: Iterable[frozenset[int]]) -> Ways:
    """Without those that contain another."""
    distinct = list(dict.fromkeys(ways))
    return [way for way in distinct if not any(other < way for other in distinct)]


def _product(factors: Sequence[Sums]) -> Sums:
    total = {frozenset[int](): 1.0}
    for factor in factors:
        new: Sums = {}
        for a, x in total.items():
            for b, y in factor.items():
                new[a | b] = new.get(a | b, 0.0) + x * y
        total = {s: x for s, x in new.items() if x}
    return total


def _complement(sums: Sums) -> Sums:
    """1 − Σ."""
    new = {s: -x for s, x in sums.items()}
    new[frozenset()] = new.get(frozenset(), 0.0) + 1.0
    return {s: x for s, x in new.items() if x}
