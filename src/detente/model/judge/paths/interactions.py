"""What an interaction is worth along a path: the time in which its measures are in force together. DESIGN §4."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detente.model.judge.facts import Contribution
from detente.model.judge.paths.branches import ZERO, plus
from detente.model.judge.paths.interruption import Happening, Interruption, Undisturbed
from detente.model.judge.paths.views import Made, View, last_of
from detente.model.judge.together import Together
from detente.model.numeric import Array, Flags


class Pattern(NamedTuple):
    """Measures that are faked and do not enter, and measures that are undone in secret."""

    absent: frozenset[int]
    undone: frozenset[int]


@dataclass(frozen=True)
class JointEffect:
    """An interaction whose measures enter as a plan has it, on a path of some branches."""

    branches: Sequence[Interruption]
    view: View
    worth: Contribution
    together: Together
    made: Mapping[int, Sequence[Made]]
    """The entries of those of its measures that are ever wholly in force."""

    def value(self) -> Array:
        total = ZERO
        for pattern, mask in self._patterns():
            value = ZERO
            for measures, factor in self.together.sums:
                if measures and measures <= self.made.keys() and not pattern.absent & measures:
                    all_of = self._all_of(self._entries(measures), pattern)
                    value = plus(value, all_of if factor == 1.0 else factor * all_of)
            if self.worth.once:
                value = value + self.worth.once * self._first_time(pattern)
            total = value if mask is None else total + np.where(mask, value, 0.0)
        return total

    def _entries(self, measures: frozenset[int]) -> list[Made]:
        return [one for m in measures for one in self.made[m]]

    def _patterns(self) -> list[tuple[Pattern, Flags | None]]:
        """What is faked, and what undone in secret, with the moments at which that is so (None: all)."""
        last = {m: entries[-1].period for m, entries in self.made.items()}
        masks = {m: self.view.hides(m, e) for m, e in last.items()}
        hidden = {m: mask for m, mask in masks.items() if mask is not None and mask.any()}
        if not hidden:
            return [(Pattern(frozenset(), frozenset()), None)]
        states = np.array([np.where(mask, np.where(self.view.done(last[m]), 2, 1), 0) for m, mask in hidden.items()])
        found: list[tuple[Pattern, Flags | None]] = []
        for state in np.unique(states.reshape(len(hidden), -1), axis=1).T:
            absent, undone = (frozenset(m for m, s in zip(hidden, state, strict=True) if s == n) for n in (1, 2))
            found.append((Pattern(absent, undone), (states == state[:, None, None]).all(axis=0)))
        return found

    def _all_of(self, made: Sequence[Made], pattern: Pattern) -> Array:
        """Of the time in which all of these measures are in force."""
        start, cap = self.view.start(last_of(made)), self.view.cap(made, pattern.undone)
        whole = self.worth.tail(start)
        if cap is not None:
            whole = self.worth.tail(np.minimum(start, cap)) - self.worth.tail(cap)
        seen = [one for one in made if one.measure not in pattern.undone]
        total, of = whole, Undisturbed(self.worth, seen, start, whole, 1.0, cap)
        for branch in self.branches if seen else ():
            loss = branch.loss(of)
            if loss is not None:
                total = total - branch.branch.weighed(loss)
        return total

    def _first_time(self, pattern: Pattern) -> Array:
        """E[e^(−ρ·(when the condition first comes true))], where it was not true before the moment."""
        could = [(way, self._entries(way)) for way in self.together.ways if way <= self.made.keys()]
        ways = sorted((made for way, made in could if not pattern.absent & way), key=last_of)
        true = np.zeros(self.view.now.t.shape, bool)
        for _, made in could:
            true = true | self.view.done(last_of(made))
        if true.all() or not ways:
            return ZERO
        certain = self._expected_first(ways, [self._lasts(way, pattern) for way in ways])
        total = certain
        for branch in self.branches:
            low, high = branch.branch.ends(self.worth.rho)
            expected = self._expected_first(ways, [self._comes_true(branch, way, pattern) for way in ways])
            total = total + branch.branch.weighed(expected - (low.left - high.left) * certain)
        return np.where(true, 0.0, total)

    def _expected_first(self, ways: Sequence[Sequence[Made]], chances: Sequence[Array]) -> Array:
        """As `_first_time`, given the chance that each way comes true; ways in order of their last entry.

        Each way comes true if X passes a point, so an earlier way that comes true in more cases leaves it none.
        """
        total, taken, tau = ZERO, ZERO, self.view.facts.tau
        for way, chance in zip(ways, chances, strict=True):
            total = total + np.maximum(chance - taken, 0.0) * math.exp(-self.worth.rho * tau[last_of(way)])
            taken = np.maximum(taken, chance)
        return total

    def _lasts(self, way: Sequence[Made], pattern: Pattern) -> Array:
        """Where nothing happens, whether all of these are in force together, be it for an instant: 0 or 1."""
        cap = self.view.cap(way, pattern.undone)
        tau = self.view.facts.tau
        return np.where(True if cap is None else cap > tau[last_of(way)] + self.view.now.tie, 1.0, 0.0) + ZERO

    def _comes_true(self, branch: Interruption, way: Sequence[Made], pattern: Pattern) -> Array:
        """As `_lasts`, the chance of it in what a branch holds."""
        rho = self.worth.rho
        low, high = branch.branch.ends(rho)
        seen = [one for one in way if one.measure not in pattern.undone]
        happening = branch.happening(rho, seen) or Happening(True, low)
        sure, after = branch.overlapping(rho, last_of(way), happening, branch.ends(seen))
        return np.where(sure, after.left - high.left, 0.0) * self._lasts(way, pattern)
