"""How many items to sample, and what a sample sees: attributes, measured variables, strata.

N items, d of them defective, n drawn. A defect has lost the share γ of its material, all together one goal quantity.
Sources: IAEA Safeguards Technical Manual; Jaech, *Statistical Methods in Nuclear Material Control* (1973); Avenhaus and
Canty, *Compliance Quantified* (1996); Krieger, Burr and Norman, JNMM 44(3), 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb, isfinite, log
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import gammaln, ndtr

from detente.errors import UsageError
from detente.model.numeric import Array
from detente.verify.inspection.games import MOST_ENTRIES, NEVER_PLAYED, zero_sum

DETECTION_LEVELS = {"low": 0.20, "medium": 0.50, "high": 0.90}
"""Detection probabilities that the IAEA's safeguards criteria name."""
ROUNDING = 1e-9
"""Relative: a quotient this little above a whole number is that number."""
CLOSE, CLOSE_RELATIVE = 1e-15, 1e-14
"""Where the search for a rate κ stops."""
MOST_ITEMS = 1_000_000
"""More like items than this are refused; they can be split into strata."""
MOST_TERMS = 10_000_000
"""Ways to take the goal, times items drawn, beyond which a sample is refused."""
CHUNK = 1_000_000
"""Terms that are in memory at a time."""


def _up(x: float) -> int:
    return ceil(x - ROUNDING * max(1.0, abs(x)))


def _check(items: int, defects: int, miss: float | None = None) -> None:
    if not 1 <= defects <= items:
        raise UsageError(f"{defects} defects among {items} items: there must be at least one, and no more than items")
    if items > MOST_ITEMS:
        raise UsageError(f"{items:,} items are more than {MOST_ITEMS:,}: split them into strata")
    if miss is not None and not 0 < miss < 1:
        raise UsageError(f"the chance to miss, {miss:g}, must lie between 0 and 1, both left out")


# --- what a sample sees ------------------------------------------------------------------------------------------


def _log_choose(n: ArrayLike, k: ArrayLike) -> Array:
    """ln C(n, k), −∞ where k is not in 0..n."""
    n, k = np.broadcast_arrays(np.asarray(n, float), np.asarray(k, float))
    inside = (k >= 0) & (k <= n)
    n, k = np.where(inside, n, 0.0), np.where(inside, k, 0.0)
    result: Array = np.where(inside, gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), -np.inf)
    return result


def nondetection(items: ArrayLike, defects: ArrayLike, drawn: ArrayLike) -> Array:
    """The chance that no defect is drawn: C(N−d, n)/C(N, n), elementwise."""
    n = np.asarray(items, float) - np.asarray(defects, float)
    result: Array = np.exp(_log_choose(n, drawn) - _log_choose(items, drawn))
    return result


def detection(items: int, defects: int, drawn: int, sees: float = 1.0) -> float:
    """The chance that a sample sees a violation, where a drawn defect is recognised with chance `sees`."""
    _check(items, defects)
    if not (0 <= drawn <= items and 0 <= sees <= 1):
        raise UsageError("a sample is no larger than what it is drawn from, and `sees` is a chance")
    if sees == 1.0:
        return float(1 - nondetection(items, defects, drawn))
    j = np.arange(max(0, drawn - (items - defects)), min(defects, drawn) + 1)
    chance = np.exp(_log_choose(defects, j) + _log_choose(items - defects, drawn - j) - _log_choose(items, drawn))
    return float(min(1.0, max(0.0, chance @ (1 - (1 - sees) ** j))))


def _missed(items: int, defects: NDArray[np.int_], drawn: int, sees: Array) -> Array:
    """[way] the chance that a sample recognises none of the defects, Σ_j Hyp(j; N, d, n)(1 − p)^j; exact sums."""
    logs = gammaln(np.arange(items + 1) + 1.0)  # ln k!
    most = min(drawn, int(defects.max(initial=0)))
    j, result = np.arange(most + 1), np.empty(len(defects))
    step = max(1, CHUNK // (most + 1))
    for at in range(0, len(defects), step):
        d, p = defects[at : at + step, None], sees[at : at + step, None]
        sound, can = items - d - drawn + j, (j <= d) & (items - d - drawn + j >= 0)
        chosen = logs[d] - logs[j] - logs[np.maximum(d - j, 0)]
        others = logs[items - d] - logs[drawn - j] - logs[np.maximum(sound, 0)]
        whole = logs[items] - logs[drawn] - logs[items - drawn]
        result[at : at + step] = np.where(can, np.exp(chosen + others - whole) * (1 - p) ** j, 0.0).sum(axis=1)
    return np.minimum(result, 1.0)


# --- how many to draw --------------------------------------------------------------------------------------------


def sample_size_iaea(items: int, defects: int, miss: float) -> int:
    """N(1 − β^(1/d)), rounded up: the safeguards manual's; at most 3 more than needed."""
    _check(items, defects, miss)
    return _up(items * (1 - miss ** (1 / defects)))


def sample_size_jaech(items: int, defects: int, miss: float) -> int:
    """½(1 − β^(1/d))(2N − d + 1), rounded up: at most 1 more than needed."""
    _check(items, defects, miss)
    return _up(0.5 * (1 - miss ** (1 / defects)) * (2 * items - defects + 1))


def sample_size(items: int, defects: int, miss: float, sees: float = 1.0) -> int | None:
    """The smallest sample that misses with at most this chance; None where measuring every item is not enough."""
    _check(items, defects, miss)

    def enough(n: int) -> bool:
        return (
            _exactly_enough(items, defects, n, miss)
            if sees == 1.0
            else detection(items, defects, n, sees) >= 1 - miss * (1 + ROUNDING)
        )

    if not enough(items):
        return None
    low, high = 0, items
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _exactly_enough(items: int, defects: int, drawn: int, miss: float) -> bool:
    """C(N−d, n) ≤ β·C(N, n), in whole numbers where logarithms cannot tell; β is the decimal that it prints as."""
    if drawn > items - defects:
        return True
    excess = float(_log_choose(items - defects, drawn) - _log_choose(items, drawn)) - log(miss)
    if abs(excess) > ROUNDING * max(1.0, items / 1e4):
        return excess < 0
    return comb(items - defects, drawn) <= Fraction(repr(float(miss))) * comb(items, drawn)


def defects_for(goal_kg: float, share: float, mean_kg: float) -> int:
    """How many items of this mean must lose the share γ to make up the goal quantity."""
    if not (goal_kg > 0 and mean_kg > 0 and 0 < share <= 1):
        raise UsageError("a goal and a mean are above 0 kg, and the share taken from an item is in (0, 1]")
    return max(1, _up(goal_kg / (share * mean_kg)))


# --- gross, partial and bias defects together --------------------------------------------------------------------


@dataclass(frozen=True)
class Method:
    """A way to measure `drawn` of the items: rejects one that deviates by more than `reject_at` standard deviations.

    `relative_sd` 0 is an attribute test: it sees every loss of the share `sees_from` or more, and nothing less.
    """

    drawn: int
    relative_sd: float = 0.0
    reject_at: float = 3.0
    sees_from: float = 0.0

    def sees(self, share: float) -> float:
        """The chance to recognise an item that has lost this share: 1 − Φ(z − γ/δ)."""
        if share < self.sees_from:
            return 0.0
        return float(ndtr(share / self.relative_sd - self.reject_at)) if self.relative_sd > 0 else 1.0

    @property
    def false_alarm(self) -> float:
        """The chance that it rejects one or more sound items."""
        return 0.0 if self.relative_sd == 0.0 else float(1 - ndtr(self.reject_at) ** self.drawn)


class Worst(NamedTuple):
    """The way to take a goal quantity that a sample is least likely to see."""

    share: float
    defects: int
    detection: float


@dataclass(frozen=True)
class Sample:
    """Like items, and the methods by which each visit measures some of them, each on its own random draw."""

    items: int
    mean_kg: float
    goal_kg: float
    methods: tuple[Method, ...]

    def problems(self) -> list[str]:
        """What is wrong with it, in words; nothing where it can be computed on."""
        found = []
        if self.items < 1 or not (isfinite(self.mean_kg) and self.mean_kg > 0):
            found.append("a stratum needs at least one item, of a mean above 0 kg")
        if not (isfinite(self.goal_kg) and self.goal_kg > 0):
            found.append(f"a goal quantity is above 0 kg, not {self.goal_kg:g}")
        for method in self.methods:
            if not 0 <= method.drawn <= self.items:
                found.append(f"{method.drawn} items cannot be drawn from {self.items}")
            if not (isfinite(method.relative_sd) and method.relative_sd >= 0):
                found.append(f"a relative standard deviation is 0 or more, not {method.relative_sd:g}")
            if not (isfinite(method.reject_at) and method.reject_at >= 0):
                found.append(f"an item is rejected 0 or more standard deviations off, not {method.reject_at:g}")
        if not found and self.items * sum(m.drawn + 1 for m in self.methods) > MOST_TERMS:
            found.append(
                f"{self.items:,} items, so many of them drawn, can be lost in too many ways: split the stratum"
            )
        return found

    def detection(self, share: float, defects: int | None = None) -> float:
        """DP(γ) = 1 − ∏ (1 − DP_m(γ)); by default for as many defects as make up the goal."""
        count = defects_for(self.goal_kg, share, self.mean_kg) if defects is None else defects
        _check(self.items, count)
        return float(self.detections(np.array([share]), np.array([count]))[0])

    def detections(self, shares: Array, defects: NDArray[np.int_]) -> Array:
        """The same for many ways to take material, elementwise."""
        missed = np.ones(len(shares))
        for method in self.methods:
            sees = np.array([method.sees(float(share)) for share in shares])
            missed *= _missed(self.items, defects, method.drawn, sees)
        return 1 - missed

    def choices(self) -> list[tuple[float, int]]:
        """(share, defects): for each number of defects, the least share that makes up the goal.

        Nothing else can be worst: of equally many defects, the smaller are harder to see. Empty: too little is there.
        """
        least = max(1, _up(self.goal_kg / self.mean_kg))
        return [(min(1.0, self.goal_kg / (d * self.mean_kg)), d) for d in range(least, self.items + 1)]

    def worst(self) -> Worst | None:
        """The plan's detection probability: the least over all ways to take the goal; None where nobody could."""
        ways = self.choices()
        if not ways:
            return None
        shares, defects = np.array([share for share, _ in ways]), np.array([d for _, d in ways])
        seen = self.detections(shares, defects)
        i = int(seen.argmin())
        return Worst(*ways[i], float(seen[i]))

    @property
    def false_alarm(self) -> float:
        return 1 - float(np.prod([1 - method.false_alarm for method in self.methods]))


# --- strata under one budget -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stratum:
    """Like items that are sampled together: how many, what a defect there yields, and the effort to measure one."""

    items: int
    yield_kg: float
    effort: float = 1.0

    def __post_init__(self) -> None:
        numbers = (self.yield_kg, self.effort)
        if self.items < 1 or not all(isfinite(x) and x > 0 for x in numbers):
            raise UsageError("a stratum has items, and the yield and the effort of each are above 0")


class Spread(NamedTuple):
    """Samples from several strata, and the chance that they miss whatever mix of defects makes up the goal."""

    drawn: Array
    miss: float
    kappa: float


def spread(strata: Sequence[Stratum], goal_kg: float, budget: float) -> Spread:
    """n_i = N_i(1 − e^(−κμ_i)) with Σ e_i n_i = B: β = e^(−κM) for every split of the goal (a saddle point).

    Real numbers, for large strata. Everything is measured, and nothing missed, where the budget allows it.
    """
    items = np.array([float(s.items) for s in strata])
    gains = np.array([s.yield_kg for s in strata])
    effort = np.array([s.effort for s in strata])
    if not strata or not (isfinite(goal_kg) and goal_kg > 0 and isfinite(budget) and budget >= 0):
        raise UsageError("give at least one stratum, a goal above 0 kg, and a budget of 0 or more")
    if budget >= float(effort @ items):
        return Spread(items, 0.0, float("inf"))

    def over(kappa: float) -> float:
        return float(effort @ (items * -np.expm1(-kappa * gains))) - budget

    high = 1.0 / float(gains.max())
    while over(high) < 0:
        high *= 2
    kappa = float(brentq(over, 0.0, high, xtol=CLOSE, rtol=CLOSE_RELATIVE))
    return Spread(items * -np.expm1(-kappa * gains), float(np.exp(-kappa * goal_kg)), kappa)


class WholeSpread(NamedTuple):
    """Whole samples from several strata, and the least that they see of whatever split of the goal."""

    drawn: tuple[int, ...]
    detection: float


def spread_whole(strata: Sequence[Stratum], goal_kg: float, budget: float) -> WholeSpread:
    """The rule of `spread` in whole items: the greatest κ for which n_i = ⌈N_i(1 − e^(−κμ_i))⌉ are within the budget.

    C(N−d, n)/C(N, n) ≤ (1 − n/N)^d, so β ≤ e^(−κM) for κ = min −ln(1 − n_i/N_i)/μ_i: what is said is never too much.
    """
    whole = spread(strata, goal_kg, budget)
    items, gains = np.array([float(s.items) for s in strata]), np.array([s.yield_kg for s in strata])
    effort = np.array([s.effort for s in strata])
    if whole.miss == 0.0:
        return WholeSpread(tuple(s.items for s in strata), 1.0)

    def drawn(kappa: float) -> Array:
        found: Array = np.minimum(np.ceil(items * -np.expm1(-kappa * gains) - ROUNDING), items)
        return found

    low, high = 0.0, whole.kappa * (1 + ROUNDING)
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if float(effort @ drawn(middle)) <= budget + ROUNDING else (low, middle)
    got = drawn(low)
    with np.errstate(divide="ignore"):
        kappa = float((-np.log1p(-got / items) / gains).min())
    return WholeSpread(tuple(int(n) for n in got), float(-np.expm1(-kappa * goal_kg)))


class SamplingGame(NamedTuple):
    """Whole samples from several strata against whoever knows the plan: one plan, or a lottery over plans."""

    pure: tuple[int, ...]
    pure_detection: float
    mixed: tuple[tuple[tuple[int, ...], float], ...]
    mixed_detection: float
    """What the lottery sees, whatever the split; the inspectee knows the chances, not the draw."""
    splits: tuple[tuple[tuple[int, ...], float], ...]
    """The inspectee's lottery over numbers of defects in each stratum."""


def sampling_game(strata: Sequence[Stratum], goal_kg: float, budget: float) -> SamplingGame:
    """The exact game in whole items, by enumeration and linear programming: for a few strata."""
    ways = float(np.prod([s.items + 1.0 for s in strata]))
    if not strata or ways > MOST_ENTRIES / 10:
        raise UsageError(f"{ways:.3g} ways to draw are too many to enumerate: use `spread`, or fewer strata")
    every = np.indices([s.items + 1 for s in strata]).reshape(len(strata), -1).T
    effort, gains = np.array([s.effort for s in strata]), np.array([s.yield_kg for s in strata])
    most = np.array([s.items for s in strata])
    left = budget - every @ effort
    fits = left >= -ROUNDING
    plans = every[fits & ((every == most) | (left[:, None] < effort - ROUNDING)).all(axis=1)]
    taken = every @ gains - goal_kg
    reaches = taken >= -ROUNDING * goal_kg
    splits = every[reaches & ((every == 0) | (taken[:, None] < gains - ROUNDING * goal_kg)).all(axis=1)]
    if not len(plans) or not len(splits):
        raise UsageError("the budget must be 0 or more, and the strata must hold the goal quantity")
    if len(plans) * len(splits) > MOST_ENTRIES:
        raise UsageError("too many plans and splits to enumerate: use `spread`, or fewer strata")
    missed = np.ones((len(plans), len(splits)))
    for i, s in enumerate(strata):
        table = nondetection(s.items, np.arange(s.items + 1)[None, :], np.arange(s.items + 1)[:, None])
        missed *= table[plans[:, i][:, None], splits[:, i][None, :]]
    seen = 1 - missed
    best = int(seen.min(axis=1).argmax())
    solved = zero_sum(seen)
    return SamplingGame(
        tuple(int(n) for n in plans[best]),
        float(seen[best].min()),
        _lottery(plans, solved.row),
        solved.value,
        _lottery(splits, solved.column),
    )


def _lottery(choices: np.ndarray, shares: Array) -> tuple[tuple[tuple[int, ...], float], ...]:
    return tuple((tuple(int(n) for n in choices[i]), float(shares[i])) for i in np.flatnonzero(shares > NEVER_PLAYED))
