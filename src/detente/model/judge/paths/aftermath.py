"""What is felt once the deal is over: `if_over`, from the first answer to a breach or exit on. DESIGN §4, ANSWERS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Contribution, Facts
from detente.model.judge.paths.branches import ZERO, Contingency, Tail, plus
from detente.model.judge.paths.interruption import Happening, Interruption, floored
from detente.model.judge.paths.later import Later
from detente.model.judge.paths.views import Made
from detente.model.numeric import Array

ALWAYS = np.full((1, 1), -NEVER)


def once_over(
    branches: Sequence[Interruption], worth: Contribution, made: Made, *, undone: Array | None = None
) -> Array:
    """Value of an entry's `if_over` effects along a path; `undone`: when it is undone in secret."""
    total = ZERO
    for branch in branches:
        found = Aftermath(branch, worth, made, undone).value()
        if found is not None:
            total = plus(total, branch.branch.weighed(found))
    return total


def until_over(branches: Sequence[Interruption], worth: Contribution, start: Array) -> Array:
    """Value along a path of what lasts from a date on until the deal is over, whatever is undone."""
    total = worth.tail(start)
    for branch in (interruption.branch for interruption in branches):
        if branch.answer != (NEVER, NEVER):
            total = total - branch.weighed(begun(branch, worth, start, *branch.ends(worth.rho)))
    return total


def begun(branch: Contingency, worth: Contribution, start: Array, low: Tail, high: Tail) -> Array:
    """E[value from the first answer, or `start` if that is later, on; X between two points]."""
    fixed, lag = branch.answer
    if lag < NEVER:
        return floored(branch, worth, lag, start, low, high)
    return worth.tail(np.maximum(start, branch.at.t + fixed)) * (low.left - high.left)


@dataclass(frozen=True)
class Aftermath:
    """What an entry does in one branch once the deal is over: while in force, then the share of it that stays."""

    interruption: Interruption
    worth: Contribution
    made: Made
    undone: Array | None

    @property
    def branch(self) -> Contingency:
        return self.interruption.branch

    @property
    def facts(self) -> Facts:
        return self.interruption.view.facts

    @property
    def start(self) -> Array:
        return self.interruption.view.start(self.made.period)

    @property
    def lost(self) -> float:
        return 1 - self.facts.keeps[self.made.measure]

    def value(self) -> Array | None:
        """None where the deal is never over."""
        answered, later = self.branch.answer != (NEVER, NEVER), self.branch.later
        if not answered and later is None:
            return None
        low, _ = self.branch.ends(self.worth.rho)
        happening = None if self.undone is not None else self.interruption.happening(self.worth.rho, [self.made])
        sure, after = happening or Happening(True, low)
        value = self._from_answer(after) if answered else ZERO
        if later is not None and not answered:
            value = self._from_exit(later)
        elif later is not None and not self.facts.answering(self.made.measure, later.breaker):
            value = value - self._lost_to_exits(later)
        return np.where(sure, value, 0.0)

    def _from_answer(self, after: Tail) -> Array:
        _, high = self.branch.ends(self.worth.rho)
        value = begun(self.branch, self.worth, self.start, after, high)
        if not self.lost:
            return value
        if self.undone is None:
            return value - self.lost * self._undone_openly(after)
        if self.facts.undo[self.made.measure] == NEVER:
            return value
        return value - self.lost * begun(self.branch, self.worth, np.maximum(self.start, self.undone), after, high)

    def _undone_openly(self, after: Tail) -> Array:
        """As `begun`, from when it is undone on."""
        branch, worth = self.branch, self.worth
        ends = self.interruption.ends([self.made])
        _, high = branch.ends(worth.rho)
        turn = self.interruption.turn(worth.rho, ends, after)
        fixed, lag = branch.answer
        total = ZERO
        if ends.moving < NEVER and lag < NEVER:
            total = floored(branch, worth, max(ends.moving, lag), self.start, after, turn)
        elif ends.moving < NEVER:
            floor = np.maximum(self.start, branch.at.t + fixed)
            total = floored(branch, worth, ends.moving, floor, after, turn)
        if ends.known < NEVER:
            floor = np.maximum(self.start, branch.at.t + ends.known)
            total = total + begun(branch, worth, floor, turn, high)
        return total

    def _lost_to_exits(self, later: Later) -> Array:
        """After a breach that is answered, what exits take of what does not answer to it, as where the deal is kept."""
        facts, view, rho = self.facts, self.interruption.view, self.worth.rho
        m, e, _ = self.made
        total, start, wait = ZERO, self.start - later.since, min(self.branch.answer)
        for r, exit_ in later.exits:
            stop, gone, past = facts.open[r].stop[m], facts.open[r].gone[m], ALWAYS
            if stop < NEVER and e >= 0:
                must = max(facts.tau[e] - stop, self.interruption.held(self.made, r))
                past = np.where(view.done(e), ALWAYS, must - later.since)
                total = total + exit_.faded(rho, start, wait, -NEVER, ALWAYS)
                total = total - exit_.faded(rho, start, wait, -NEVER, past)
            if self.lost and gone < NEVER:
                total = total + self.lost * exit_.faded(rho, start, wait, gone, past)
        return np.asarray(total * self.worth.lasting * np.exp(-rho * later.since))

    def _from_exit(self, later: Later) -> Array:
        """After a breach that nobody answers, from the answer to an exit on: what is in force as the breach left it."""
        rho, total, start = self.worth.rho, ZERO, self.start - later.since
        end = self.undone
        if end is None:
            end = self.branch.at.t + self.interruption.ends([self.made]).known
        for r, exit_ in later.exits:
            if (lag := self.facts.first[r]) < NEVER:
                total = total + exit_.faded(rho, start, -NEVER, lag, ALWAYS)
                if self.lost and np.isfinite(end).all():
                    floor = np.maximum(start, end - later.since)
                    total = total - self.lost * exit_.faded(rho, floor, -NEVER, lag, ALWAYS)
        return np.asarray(total * self.worth.lasting * np.exp(-rho * later.since))
