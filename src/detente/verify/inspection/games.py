"""Inspection games: inspector against inspectee, once or stage by stage, moving together or with the plan announced.

Payoffs follow Avenhaus and Canty, *Compliance Quantified* (1996): complying is worth 0 to the inspectee, being caught
−`caught`, going unseen +`gain`. Sources of the sequential games: Dresher 1962, Maschler 1966, von Stengel 2016
(arXiv 1412.0129); of playing for time: Diamond 1982, Krieger 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb, inf, isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from detente.errors import DetenteError, UsageError
from detente.model.numeric import Array

MOST_ENTRIES = 20_000_000
"""A matrix game larger than this is refused: it would not fit."""


MOST_POINTS = 1e100
"""Payoffs beyond this would leave the range of floats."""


NEVER_PLAYED = 1e-12
"""A choice of no greater chance is left out of a lottery."""
EDGE = 1e-12
"""A chance of inspection this near to 1 is 1: a sure inspection just deters."""


class ZeroSum(NamedTuple):
    """The value of a matrix game, and how each side mixes: the row side takes what the column side pays."""

    value: float
    row: Array
    column: Array


def zero_sum(payoff: ArrayLike) -> ZeroSum:
    """Solve a matrix game by linear programming; the rows maximise."""
    A = np.asarray(payoff, float)
    if A.ndim != 2 or 0 in A.shape or not np.isfinite(A).all():
        raise UsageError("a matrix game needs a table of finite payoffs with at least one row and one column")
    rows, columns = A.shape
    done = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.hstack([-A.T, np.ones((columns, 1))]),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None, :],
        b_eq=[1.0],
        bounds=[(0.0, None)] * rows + [(None, None)],
        method="highs",
    )
    if done.status != 0:
        raise DetenteError(f"the linear programme of a matrix game was not solved: {done.message}")
    return ZeroSum(float(done.x[-1]), _shares(done.x[:-1]), _shares(-done.ineqlin.marginals))


def _shares(weights: Array) -> Array:
    positive = np.maximum(weights, 0.0)
    shares: Array = positive / positive.sum()
    return shares


# --- one inspection, or none -------------------------------------------------------------------------------------


class Equilibrium(NamedTuple):
    """How often the inspector inspects, how often the inspectee violates, and what both expect."""

    inspects: float
    violates: float
    inspector: float
    inspectee: float


@dataclass(frozen=True)
class OneShot:
    """To inspect or not, to violate or not. All amounts are positive; a violation that is inspected is missed with
    chance `miss`, and an inspection of the innocent raises a false alarm with chance `false_alarm`."""

    gain: float
    """Inspectee's, when unseen."""
    caught: float
    """Inspectee's loss, when seen."""
    missed: float
    """Inspector's loss from a violation that is not seen."""
    seen: float = 0.0
    """Inspector's loss from a violation that is seen (less than `missed`)."""
    cost: float = 0.0
    """Of an inspection."""
    miss: float = 0.0
    false_alarm: float = 0.0
    accused: float = 0.0
    """Inspectee's loss from a false alarm."""
    embarrassed: float = 0.0
    """Inspector's loss from a false alarm."""

    def __post_init__(self) -> None:
        amounts = (self.gain, self.caught, self.missed, self.seen, self.cost, self.accused, self.embarrassed)
        if not all(0 <= x <= MOST_POINTS for x in amounts) or self.gain + self.caught <= 0:
            said = f"gains, losses and costs of a game are from 0 to {MOST_POINTS:g}; gain + caught is above 0"
            raise UsageError(said)
        if not (0 <= self.miss <= 1 and 0 <= self.false_alarm <= 1):
            raise UsageError("`miss` and `false_alarm` are chances, between 0 and 1")
        if self.seen >= self.missed:
            raise UsageError("a violation that is seen must cost the inspector less than one that is missed")

    @property
    def payoffs(self) -> tuple[Array, Array]:
        """(inspector's, inspectee's), rows: inspect, do not; columns: comply, violate."""
        hit, alarm = 1 - self.miss, self.false_alarm
        inspected = -self.cost - hit * self.seen - self.miss * self.missed
        inspector = np.array([[-self.cost - alarm * self.embarrassed, inspected], [0.0, -self.missed]])
        violating = self.miss * self.gain - hit * self.caught
        inspectee = np.array([[0.0 - alarm * self.accused, violating], [0.0, self.gain]])
        return inspector, inspectee

    @property
    def deterring(self) -> float:
        """p*: the least chance of inspection at which complying pays; above 1 where no inspection deters."""
        if self.gain == 0.0:
            return 0.0
        _, inspectee = self.payoffs
        bite = inspectee[0, 0] - inspectee[0, 1] + self.gain
        least = float(self.gain / bite) if bite > 0 else inf
        return 1.0 if abs(least - 1) < EDGE else least

    def together(self) -> Equilibrium:
        """Nash equilibrium: neither knows what the other does."""
        inspector, inspectee = self.payoffs
        worth, burden = inspector[0, 1] - inspector[1, 1], -inspector[0, 0]  # of inspecting the guilty, the innocent
        if self.gain == 0.0:
            return Equilibrium(0.0, 0.0, 0.0, 0.0)
        if worth <= 0:
            return Equilibrium(0.0, 1.0, -self.missed, self.gain)
        if self.deterring >= 1:
            return Equilibrium(1.0, 1.0, float(inspector[0, 1]), float(inspectee[0, 1]))
        p, q = self.deterring, float(burden / (worth + burden))
        return Equilibrium(p, q, -q * self.missed, p * float(inspectee[0, 0]))

    def announced(self) -> Equilibrium:
        """The inspector commits first and is believed; the inspectee, where indifferent, does what suits the inspector.

        A hair more or less inspection decides that. The best plan deters at p*, unless that costs more than it saves.
        """
        inspector, inspectee = self.payoffs
        p = min(self.deterring, 1.0)
        mine, theirs = (np.array([p, 1 - p]) @ side for side in (inspector, inspectee))
        choices = [
            Equilibrium(0.0, 1.0, -self.missed, self.gain),
            Equilibrium(p, 1.0, float(mine[1]), float(theirs[1])),
        ]
        if self.deterring <= 1:
            choices.append(Equilibrium(p, 0.0, float(mine[0]), float(theirs[0])))
        return max(choices, key=lambda outcome: (outcome.inspector, -outcome.violates))


def detection_to_deter(gain: float, caught: float, *, accused: float = 0.0, false_alarm: float = 0.0) -> float:
    """The least detection probability of a sure inspection at which complying pays: 1 − (b − f·α)/(b + d)."""
    return 1 - (caught - accused * false_alarm) / (gain + caught)


# --- n stages, m inspections -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stages:
    """Dresher's game: n stages, m inspections; at most one violation, caught if its stage is inspected.

    The inspectee gets 0 if it never violates, 1 unseen, −`caught` if seen. It sees each inspection.
    """

    n: int
    m: int
    caught: float = 1.0

    def __post_init__(self) -> None:
        if self.n < 0 or self.m < 0 or not (isfinite(self.caught) and self.caught > 0):
            raise UsageError("stages and inspections are counts, and what being caught costs is above 0")

    def values(self) -> Array:
        """v[n, m], the inspectee's, by the recursion; for all fewer stages and inspections too."""
        b, v = self.caught, np.zeros((self.n + 1, self.m + 1))
        v[1:, 0] = 1.0
        for n in range(1, self.n + 1):
            for m in range(1, min(n - 1, self.m) + 1):
                after, left = v[n - 1, m - 1], v[n - 1, m]
                v[n, m] = (b * left + after) / (1 + b + after - left)
        return v

    @property
    def value(self) -> float:
        """The inspectee's expected payoff, in closed form: C(n−1, m)/Σ_(i≤m) C(n, i) b^(m−i)."""
        if self.m == 0 or self.m >= self.n:
            return float(self.m == 0 and self.n > 0)
        term = whole = self.n / (self.n - self.m)
        for i in range(self.m, 0, -1):  # each term of the sum from the one above it, all over C(n−1, m)
            term *= i * self.caught / (self.n - i + 1)
            whole += term
        return 1 / whole

    @property
    def inspects_now(self) -> float:
        """The chance that the first stage is inspected; the same whether or not the plan is announced."""
        if self.m == 0 or self.n == 0:
            return 0.0
        if self.m >= self.n:
            return 1.0
        after, left = self._next
        return (1 - left) / (1 - left + self.caught + after)

    @property
    def violates_now(self) -> float:
        """The chance of a violation at the first stage, in the zero-sum game, where neither side's plan is known."""
        if self.n == 0 or self.m >= self.n:
            return 0.0
        if self.m == 0:
            return float(self.n == 1)
        after, left = self._next
        return (after - left) / (1 - left + self.caught + after)

    @property
    def _next(self) -> tuple[float, float]:
        """The values when the first stage was inspected, and when it was not."""
        return Stages(self.n - 1, self.m - 1, self.caught).value, Stages(self.n - 1, self.m, self.caught).value

    def inspector_together(self, seen: float = 0.0) -> float:
        """The inspector's payoff where both move together: 0, −`seen` for a violation caught (< 1), −1 for one missed.

        `seen` may be negative: −`caught` makes the game zero-sum.
        """
        if seen >= 1:
            raise UsageError("a violation that is seen must cost the inspector less than one that is missed")
        v = np.zeros((self.n + 1, self.m + 1))
        v[1:, 0] = -1.0
        for n in range(1, self.n + 1):
            for m in range(1, min(n - 1, self.m) + 1):
                after, left = v[n - 1, m - 1], v[n - 1, m]
                q = (left - after) / (1 - seen + left - after) if left > after else 0.0
                v[n, m] = (1 - q) * left - q
        return float(v[self.n, self.m])

    def inspector_announced(self) -> float:
        """The inspector's payoff where it announces its chances: the inspectee complies while inspections are left."""
        return -self.value


# --- playing for time --------------------------------------------------------------------------------------------


class Timeliness(NamedTuple):
    """The expected delay of the worst violation, as a share of the period, and how both sides mix."""

    value: float
    inspections: tuple[tuple[tuple[float, ...], float], ...]
    """(times of the interim inspections, chance)"""
    starts: tuple[tuple[float, float], ...]
    """(time of the violation's start, chance)"""


def playing_for_time(grid: int, interim: int = 1) -> Timeliness:
    """Unannounced interim inspections in a period that ends with a sure one, on a grid of equal steps.

    The violation may start at 0, 1, … grid − 1 and lasts until the next inspection. One interim inspection: tends to
    1/e as the grid grows.
    """
    if not 0 <= interim < grid:
        raise UsageError("the interim inspections must be fewer than the steps of the grid")
    if comb(grid - 1, interim) * grid > MOST_ENTRIES:
        raise UsageError("too many ways to place the inspections: take a coarser grid, or fewer inspections")
    plans = np.array(list(combinations(range(1, grid), interim)), dtype=int).reshape(comb(grid - 1, interim), interim)
    starts = np.arange(grid)
    following = np.where(plans[:, :, None] > starts, plans[:, :, None], grid).min(axis=1, initial=grid)
    solved = zero_sum(-(following - starts) / grid)
    placed, started = (np.flatnonzero(chances > NEVER_PLAYED) for chances in (solved.row, solved.column))
    chosen = tuple((tuple(float(t) for t in plans[i] / grid), float(solved.row[i])) for i in placed)
    begun = tuple((float(s) / grid, float(solved.column[s])) for s in started)
    return Timeliness(-solved.value, chosen, begun)
