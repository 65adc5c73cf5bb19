"""What happens when one party does not perform, or fakes, what an answer is to: branches of its paths. ANSWERS §4.

A lapse changes what keeping the plan is worth by what is hidden, which `hiding` and `pausing` add up; so its branches
are those of keeping, of an end that comes a fixed time after it is known, and of leaving at a later moment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from detente.model.judge.calendar import AFTER, Instants
from detente.model.judge.detection import NEVER, TIE, DetectionTime, Seen
from detente.model.judge.paths.branches import (
    NO_END,
    NUDGE,
    ONE,
    UNSEEN,
    Contingency,
    Paths,
    nudge_of,
    thinned,
    to_come,
)
from detente.model.judge.paths.hiding import AT_ALL, Hiding, Staying
from detente.model.judge.paths.later import Discovery
from detente.model.numeric import Array


@dataclass(frozen=True)
class Lapse:
    """A party's lapse from some moments on [moments, 1]: known at once, or with a law of when it is seen."""

    paths: Paths
    now: Instants
    breacher: int
    law: DetectionTime | None = None
    delay: float = 0.0

    def unknown(self) -> list[Contingency]:
        """The exits before it is known."""
        return [] if self.law is None else self.paths.kept(self.now, self.law, self.delay)

    def hiding(self) -> Hiding:
        """What is lost to what is hidden."""
        return Hiding(self.now.t, Discovery(self.law, self.delay), self._staying())

    def ended(self, end: float) -> tuple[list[Contingency], list[Contingency]]:
        """The exits before the deal ends, `end` years after it is known; and that: all stop at once."""
        facts, p = self.paths.facts, self.breacher
        answer = 0.0 if facts.first[p] < NEVER else NEVER
        if self.law is None:
            then = _since(facts.tau, self.now, end)
            until, breach = self.paths.leaving(self.now, then, p)
            return until.branches, [replace(breach, known=facts.at_once[p], answer=(answer, NEVER))]
        if not self.law.sees:
            return self.paths.kept(self.now), []
        law, delay, nudge = self.law, self.delay + end, nudge_of(self.now, self.law)
        until = self.paths.until(self.now, law, delay + NUDGE, None)  # exits of a date come before the deal's end
        steps = [(date - NUDGE, change) for date, change in until.steps]
        branch = Contingency(
            chance=thinned(Seen(law, self.now.t, delay, self.paths.leavers.rate), steps),
            low=self.now.t,
            high=NO_END,
            weight=ONE,
            at=self.now,
            moving=facts.at_once[p],
            answer=(NEVER, answer),
            pays=p,
            leaver=p,
            holds="moving",
            nudge=nudge if law.round and self.now.late.any() else None,
            later=self.paths.later(self.now, p, Discovery(law, delay), nudge),
        )
        return until.branches, [branch]

    def left(self, then: Instants) -> list[Contingency]:
        """The plan is kept until somebody leaves, or the breacher at a later moment."""
        until, breach = self.paths.leaving(self.now, then, self.breacher)
        return [*until.branches, breach]

    def uncured(self, then: Instants, cure: float) -> list[Contingency]:
        """The exits before it is known or the breacher leaves; and that, where nothing is performed again by then."""
        assert self.law is not None
        until, _ = self.paths.leaving(self.now, then, self.breacher, (self.law, self.delay))
        since = np.maximum(then.t - self.now.t, 0.0)
        weight = until.stay * np.exp(-self.paths.leavers.rate * since)
        weight = weight * (self.law.left(self.by(then, cure) - self.delay))
        return [*until.branches, self.paths.breach(then, weight, self.breacher)]

    def by(self, then: Instants, lag: float) -> Array:
        """Years within which it must be known for something that comes `lag` later to come before the leaving."""
        early = (then.side == 0) | (self.now.late & ~then.late)
        return np.maximum(then.t - self.now.t, 0.0) - lag - np.where(early, NUDGE, 0.0)

    def stays(self, then: Instants) -> Array:
        """The chance that nobody has left by a later moment."""
        until, _ = self.paths.leaving(self.now, then, self.breacher)
        return until.stay * np.exp(-self.paths.leavers.rate * np.maximum(then.t - self.now.t, 0.0))

    def _staying(self) -> Staying:
        leavers, nudge = self.paths.leavers, nudge_of(self.now, self.law or UNSEEN)
        steps, share = [(AT_ALL, ONE)], ONE
        for x, _, chance in leavers.dated:
            leave = np.where(to_come(self.now, None, x), chance * share, 0.0)
            steps.append((x - nudge - self.now.t, -leave))
            share = share - leave
        return Staying(leavers.rate, steps)


def _since(tau: tuple[float, ...], now: Instants, wait: float) -> Instants:
    """Some time after each moment, when what happens on a date comes after its exits and before its entries."""
    base = np.searchsorted(np.array(tau), now.t + wait + np.where(now.late, TIE, -TIE), side="right") - 1
    return Instants(now.t + wait, np.where(now.late, now.side, AFTER), np.maximum(base, now.base))
