"""The least rate at which cheating on one measure must be seen for a deal to exist, all else as it is. DESIGN §5."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from detente.design.inspections.choosing import Choosing, ChoosingSolver
from detente.design.inspections.fakings import Faking, Fakings
from detente.design.inspections.regimes import Choice, Menus
from detente.design.plan.clock import Clock
from detente.design.plan.examiner import Candidate
from detente.design.plan.judging import Judging, plan_of
from detente.design.plan.objective import ANY
from detente.design.plan.separation import NEARLY
from detente.design.programme.question import Question
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier, Verify
from detente.model.judge.check import Judge
from detente.model.numeric import Array
from detente.model.rows.detection import Watch
from detente.model.rows.temptation import Label
from detente.model.tolerance import SLIGHT

QUICKEST = 1000.0
"""Times a year: detection beyond which no more is asked for."""
PRECISION, COARSE = 1e-8, 1e-3
"""How closely the least rate of detection of one plan is bracketed, relative: of the last, and on the way."""
CLOSE, FARTHEST = 1.02, 64.0
"""Ratios of a rate that is enough to one that is not: from where on it is lowered in small steps, and the first try."""
BELOW = 1e-5
"""How far below it every plan is ruled out, relative: more than what `check` accepts may shift it by."""


@dataclass(frozen=True)
class Rate:
    """The least constant rate of detection of one measure with which a deal exists, all else as at the least effort.

    Where that was not found, all else as the dossier states it. `found`: a deal exists at the rate, none just below it
    and none where the measure is never seen.

    `rate`: times a year; 0 where none is needed; None where no rate is enough. Undecided: a rate, if any, is enough,
    and less may be.
    """

    measure: str
    status: Literal["found", "none_needed", "not_enough", "undecided"]
    rate: float | None
    stated: float | None
    """The rate that it has there, where it has nothing but a rate."""

    @property
    def chance(self) -> float | None:
        """Within a year."""
        return None if self.rate is None else -math.expm1(-self.rate)


def fakeable(dossier: Dossier) -> list[str]:
    """The measures that can be faked and are not in force yet."""
    return [name for name, m in dossier.measures.items() if m.fakeable and name not in dossier.state.in_force]


class Rated(Fakings):
    """The rows on cheating under one dossier's regimes, one measure seen at whatever constant rate is asked about."""

    def __init__(self, dossier: Dossier) -> None:
        super().__init__(Menus(dossier, "days", ()))
        self.rates = [math.nan]
        """By place: of the measure at hand the last, of every other the first, which stands for what it is."""
        self.at_hand = -1

    def ask(self, measure: int, rate: float) -> None:
        """Have one measure seen at a rate."""
        self.at_hand = measure
        self.rates.append(rate)

    def place(self, m: int, choice: Choice) -> int:
        return len(self.rates) - 1 if m == self.at_hand else 0

    def seen(self, m: int, place: int) -> tuple[Watch, float]:
        if place:
            return Watch(self.rates[place]), float(self.model.delay[m])
        return super().seen(m, place)


class Detections:
    """Finds the least rate of one measure after another; rows and plans found for one serve the next."""

    def __init__(self, dossier: Dossier, question: Question, say: Callable[[str], None] = lambda text: None) -> None:
        self.dossier, self.question, self.say = dossier, question, say
        self.fakings = Rated(dossier)
        self.cuts: dict[tuple[Faking, int], None] = {}
        self.active: set[Label] = set()
        self.plans: list[Array] = []

    def least(self, measure: str, clock: Clock) -> Rate:
        """The least rate for one measure: of the plan at hand, then of any plan below that.

        Rates well below are tried first, since one plan follows another by small steps; what is returned was ruled out
        just below it.
        """
        verify, m = self.dossier.measures[measure].verification, self.fakings.model.index[measure]
        stated = verify.detects.value if verify and verify.detects and verify.visits is None else None
        if clock.left <= 0:
            return Rate(measure, "undecided", None, stated)
        self.say(f"The least detection for {measure}")
        shares, settled = self._any(m, 0.0, clock)
        if shares is not None or not settled:
            known = self._confirmed(measure, 0.0, shares)
            return Rate(measure, "none_needed", 0.0, stated) if known else Rate(measure, "undecided", None, stated)
        shares, settled = self._any(m, QUICKEST, clock)
        if shares is None:
            return Rate(measure, "not_enough" if settled else "undecided", None, stated)
        high, low = self._least_of(m, shares, QUICKEST, COARSE), 0.0
        while True:
            last = high < CLOSE * low
            if last:
                high = self._least_of(m, shares, high, PRECISION)
            guess = high * (1 - BELOW) if last else math.sqrt(high * max(low, high / FARTHEST))
            found, settled = self._any(m, guess, clock)
            if found is not None:
                shares, high = found, guess if last else self._least_of(m, found, guess, COARSE)
            elif last or not settled:
                break
            else:
                low = guess
        if not self._confirmed(measure, high, shares):
            return Rate(measure, "undecided", None, stated)
        return Rate(measure, "found" if settled else "undecided", high, stated)

    def _any(self, m: int, rate: float, clock: Clock) -> tuple[Array | None, bool]:
        """A plan's shares with a measure seen at a rate, and whether that, or that there is none, is settled."""
        if clock.left <= 0:
            return None, False
        self.fakings.ask(m, rate)
        problem = Choosing(self.fakings, self.question)
        judging = Judging(seen_at(self.dossier, self.fakings.model.measures[m], rate), self.question)
        solver = ChoosingSolver(problem, clock, under=lambda choice: judging)
        if (known := next((shares for shares in self.plans if solver.offer(Candidate(shares))), None)) is not None:
            return known, True
        problem.valued.begin_with(self.active)
        for faking, r in self.cuts:
            if faking == self.fakings.of(faking.q, faking.m, ()):
                problem.cut(faking, r)
        outcome = solver.best(ANY)
        self.active |= problem.valued.binding
        self.cuts |= dict.fromkeys(problem.cuts)
        if outcome.shares is not None:
            self.plans.append(outcome.shares)
        return outcome.shares, outcome.proved

    def _least_of(self, m: int, shares: Array, high: float, precision: float) -> float:
        """The least rate at which one plan meets every row, from one at which it does: between it and none it fails."""
        low = 0.0
        while high - low > precision * high:
            middle = math.sqrt(low * high) if low > 0 else high / 8
            low, high = (low, middle) if self._slack(m, shares, middle) >= 0 else (middle, high)
            if low > 0 and high < 2 * low:
                return self._root(m, shares, low, high, precision)
        return high

    def _root(self, m: int, shares: Array, low: float, high: float, precision: float) -> float:
        """The upper end of a bracket of where the least slack changes its sign, by false position, halved in turn."""
        below, above = (self._slack(m, shares, rate) for rate in (low, high))
        for turn in range(200):
            if high - low <= precision * high:
                break
            middle = (low + high) / 2
            if turn % 3 < 2 and above > below:
                middle = low - below * (high - low) / (above - below)
                margin = precision * high / 3
                middle = min(max(middle + (margin if turn % 3 else 0.0), low + margin), high - margin)
            slack = self._slack(m, shares, middle)
            low, high, below, above = (low, middle, below, slack) if slack >= 0 else (middle, high, slack, above)
        return high

    def _slack(self, m: int, shares: Array, rate: float) -> float:
        """The least slack of a plan on cheating, with a measure seen at a rate, beyond what the judge lets pass."""
        self.fakings.ask(m, rate)
        least = math.inf
        for q, n in self.fakings.pairs:
            if shares[n, -1] > 0.5:
                rows = self.fakings.rows(self.fakings.of(q, n, ()))
                party = [label.party for label in rows.labels]
                slack = (rows.slacks(shares) + NEARLY * SLIGHT * self.fakings.model.norm[party])[rows.on(shares)]
                least = min(least, float(slack.min(initial=np.inf)))
        return least

    def _confirmed(self, measure: str, rate: float, shares: Array | None) -> bool:
        """Whether a plan passes `check` with a measure seen at a rate."""
        if shares is None:
            return False
        judge = Judge(
            seen_at(self.dossier, measure, rate),
            success=self.question.success,
            openings=self.question.openings,
        )
        return judge.satisfactory(plan_of(self.fakings.model, shares))


def seen_at(dossier: Dossier, measure: str, rate: float) -> Dossier:
    """The dossier with one measure seen at a constant rate and by nothing else, under the regime that it has."""
    verify = dossier.measures[measure].verify
    assert isinstance(verify, Verify)
    path = f"measures.{measure}.verify"
    if verify.regime is not None:
        path = f"{path}.regimes.{verify.regime}"
    return apply(dossier, {f"{path}.detects": f"{float(rate)!r} /year", f"{path}.visits": {"random": 0, "detects": 0}})
