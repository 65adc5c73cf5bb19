"""The plan whose least share of what each party could have at best is greatest: Kalai–Smorodinsky. DESIGN §5.

What a party could have at best is known from below, by a plan, and from above, by a proof. Shares of the least that it
can be are too large, so that a bound on them is a bound; shares of the most that it can be are too small, so that a
plan has no less. Where the two are near enough the ideals need not be known any better: those of parties that get a
greater share than others may stay rough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detente.design.plan.gains import counted
from detente.design.plan.objective import Outcome
from detente.design.plan.objectives import POSITIVE
from detente.model.numeric import Array

if TYPE_CHECKING:
    from detente.design.plan.rules import Designer

ROUGH = 0.05
"""The gap within which ideals are found before it is known which of them matter."""
CLOSE, SHARES = 0.2, 0.5
"""The parts of the gap that is asked for within which those that matter are found, and shares of them."""
ROUNDING = 1e-6
"""The part of an ideal within which its bound is no better known."""
TRIES = 3
"""How often the search for a party's ideal is taken up again."""


def greatest_share(designer: Designer) -> Outcome:
    """The plan with the greatest least share; its objective and bound hold whatever ideals turn out to be."""
    ideals = Ideals(designer)
    if (failed := ideals.begin()) is not None:
        return failed
    while True:
        found = ideals.told(designer.best_share(ideals.weights, SHARES))
        loose = ideals.loose(found)
        if found.proved or found.shares is None or not loose or designer.clock.left <= 0:
            return found
        ideals.refine(loose)


class Ideals:
    """What each bargainer could have at best, as far as it is known."""

    def __init__(self, designer: Designer) -> None:
        self.designer, self.gains = designer, designer.gains
        self.tried = dict.fromkeys(self.gains.bargainers, 0)

    def begin(self) -> Outcome | None:
        """Find them roughly; what to say where somebody's best is not even that well known."""
        designer, bargainers = self.designer, self.gains.bargainers
        part = max(1.0, ROUGH / designer.gap) if designer.gap else 1.0
        for i, p in enumerate(bargainers):
            with designer.clock.within(designer.clock.left / (2 * (len(bargainers) - i))):
                rough = designer.best_for(p, part)
            if rough.shares is None and not rough.proved:
                rough = designer.best_for(p, CLOSE)
            if rough.shares is None:
                return rough
        return None

    @property
    def weights(self) -> dict[int, float]:
        """One by the least that the best can be, of each who can gain."""
        best = self.designer.best
        able = [p for p in self.gains.bargainers if best[p].objective > POSITIVE * self.gains.at_stake(p)]
        return {p: 1.0 / best[p].objective for p in able}

    def told(self, outcome: Outcome) -> Outcome:
        """An outcome in shares of the least that ideals can be, in shares that hold whatever they are."""
        designer, best = self.designer, self.designer.best
        if outcome.shares is None:
            return outcome
        surest = min((best[p].objective / best[p].bound for p in self.weights), default=1.0)
        bound = outcome.bound * (1.0 if outcome.bound >= 0 else surest)
        value = min(self.surely(outcome.shares).values(), default=outcome.objective)
        near = bound - value <= designer.gap * counted(value, 1.0)
        settled = outcome.proved and all(map(self._known, self.weights))
        return Outcome(outcome.shares, value, bound, proved=near or settled, note=outcome.note)

    def surely(self, shares: Array) -> dict[int, float]:
        """What share of its best each party has at least in a plan."""
        best, gains = self.designer.best, dict(zip(self.gains.bargainers, self.gains.of(shares), strict=True))
        return {p: float(gains[p]) / (best[p].bound if gains[p] >= 0 else best[p].objective) for p in self.weights}

    def loose(self, found: Outcome) -> list[int]:
        """Parties whose ideals keep an outcome from being near enough, the one to look at first in front."""
        if found.shares is None:
            return []
        surely = self.surely(found.shares)
        near = found.bound - self.designer.gap * counted(found.objective, 1.0)
        loose = [p for p in surely if surely[p] < near and not self._known(p) and self.tried[p] < TRIES]
        return sorted(loose, key=surely.__getitem__)

    def _known(self, p: int) -> bool:
        """Whether a party's ideal is known as well as it need be at the most."""
        best = self.designer.best[p]
        near = max(CLOSE * self.designer.gap, ROUNDING) * counted(best.objective, self.gains.at_stake(p))
        return best.proved and best.bound - best.objective <= near

    def refine(self, loose: list[int]) -> None:
        """Know the first of some ideals better."""
        p, clock = loose[0], self.designer.clock
        self.tried[p] += 1
        with clock.within(clock.left / len(loose)):
            self.designer.best_for(p, CLOSE)
