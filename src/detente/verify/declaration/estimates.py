"""Comparing what is declared with what others estimate: differences, what may be undeclared, pooling, completeness.

VERIFICATION §5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from scipy.special import chdtrc, log_ndtr, ndtri_exp

from detente.verify.declaration.figures import Z_LIMIT, UncertainAmount, minus, z_of

_FAR = -100.0
"""Below this many standard deviations gap and tail cancel, and the tail's asymptotic series is the better sum."""
CERTAIN = 1e-6
"""An expected number that is uncertain by no more than this part of itself counts as known."""


@dataclass(frozen=True)
class Undeclared:
    """What may be undeclared, U | data ~ N(gap, u²) cut off at zero (nothing less than nothing can be hidden)."""

    gap: float
    """Estimate minus declared."""
    u: float

    def chance_over(self, amount: float) -> float:
        """P(U > amount)."""
        if self.u == 0:
            return float(max(self.gap, 0.0) > amount)
        if amount <= 0:
            return 1.0
        return math.exp(_log_cdf((self.gap - amount) / self.u) - _log_cdf(self.gap / self.u))

    @property
    def mean(self) -> float:
        if self.u == 0:
            return max(self.gap, 0.0)
        a = self.gap / self.u
        if a < _FAR:
            return self.u * (1 - (2 - 10 / a**2) / a**2) / -a
        hazard = math.exp(-0.5 * a * a - 0.5 * math.log(2 * math.pi) - _log_cdf(a))
        return max(0.0, self.gap + self.u * hazard)

    def quantile(self, p: float) -> float:
        """The amount that U exceeds with probability 1 − p."""
        if self.u == 0:
            return max(self.gap, 0.0)
        a = self.gap / self.u
        t = -math.log1p(-p)
        if a < _FAR:
            return self.u * (t - (t * t / 2 + t) / a**2) / -a
        return max(0.0, self.gap - self.u * float(ndtri_exp(_log_cdf(a) - t)))


def gap_chance_over(amount: float, gap: float, u: float) -> float:
    """P(N(gap, u²) > amount): as `Undeclared.chance_over` before the cut at zero."""
    return float(gap > amount) if u == 0 else math.exp(_log_cdf((gap - amount) / u))


def difference(declared: UncertainAmount, estimate: UncertainAmount) -> float | None:
    """z = (D − E)/√(uD² + uE²); below zero where less is declared than estimated. None where neither has an u."""
    return z_of(minus(declared, estimate), max(abs(declared.mean), abs(estimate.mean)))


def log_bayes_factor(gap: float, u: float, up_to: float) -> float | None:
    """Log Bayes factor of "something is undeclared, up to so much, each amount as likely" against "nothing is"."""
    if u <= 0 or up_to <= 0:
        return None
    low, high = -gap / u, (up_to - gap) / u
    if up_to / u * max(1.0, abs(low), abs(high)) < 1e-4:  # too narrow to subtract: the likelihood in the middle
        return up_to / u * (gap - up_to / 4) / u / 2
    return _log_between(low, high) - math.log(up_to / u) + 0.5 * low * low + 0.5 * math.log(2 * math.pi)


def bayes_factor(gap: float, u: float, up_to: float) -> float | None:
    """As `log_bayes_factor`; infinity where it is beyond what a number can hold."""
    log = log_bayes_factor(gap, u, up_to)
    return None if log is None else (math.exp(log) if log < 700 else math.inf)


def chance_complete(bayes_factor: float, prior: float = 0.5) -> float:
    """Chance that nothing is undeclared, from the Bayes factor against it and the chance held before."""
    return prior / (prior + (1 - prior) * bayes_factor) if 0 < prior < 1 else prior


def _log_cdf(z: float) -> float:
    return float(log_ndtr(z))


def _log_between(low: float, high: float) -> float:
    """log(Φ(high) − Φ(low)), taken in the tail where it does not cancel."""
    if low > 0:
        low, high = -high, -low
    a, b = _log_cdf(low), _log_cdf(high)
    return b + math.log(-math.expm1(a - b)) if b > a else -math.inf


@dataclass(frozen=True)
class Estimate:
    """One outside estimate; those of one `group` share a method or a source and are no independent evidence."""

    name: str
    amount: UncertainAmount
    group: str = ""


@dataclass(frozen=True)
class Pooled:
    """Several estimates as one: inverse-variance mean and how well they agree."""

    amount: UncertainAmount
    chi2: float
    degrees: int
    birge: float
    """√(chi²/(n − 1)): above 1 the estimates disagree by more than they admit. 1 for a single one."""
    p: float
    weights: tuple[tuple[str, float], ...]

    @property
    def cautious(self) -> UncertainAmount:
        """The mean with its uncertainty widened by the Birge ratio where that is above 1."""
        return UncertainAmount(self.amount.mean, self.amount.u * max(1.0, self.birge))


def pool(estimates: Sequence[Estimate]) -> Pooled:
    """The inverse-variance mean of estimates with a stated uncertainty; a group counts as one estimate."""
    if not estimates or any(e.amount.u <= 0 for e in estimates):
        raise ValueError("pooling needs estimates, each with an uncertainty above zero")
    keyed = sorted(((e.group or f"\0{e.name}", e) for e in estimates), key=lambda k: k[0])
    groups = [[e for _, e in members] for _, members in groupby(keyed, key=lambda k: k[0])]
    single = [_of_one_origin(members) for members in groups]
    mean, u, shares = _weighted([f for f, _ in single])
    chi2 = math.fsum(((f.mean - mean) / f.u) ** 2 for f, _ in single)
    degrees = len(single) - 1
    weights = [(e.name, w * v) for (_, inner), w, m in zip(single, shares, groups, strict=True)
               for e, v in zip(m, inner, strict=True)]  # fmt: skip
    birge = math.sqrt(chi2 / degrees) if degrees else 1.0
    return Pooled(UncertainAmount(mean, u), chi2, degrees, birge, _chi2_tail(chi2, degrees), tuple(sorted(weights)))


def _weighted(figures: Sequence[UncertainAmount]) -> tuple[float, float, list[float]]:
    """Inverse-variance mean, its uncertainty and the weights; scaled, so that extreme figures do not overflow."""
    least = min(f.u for f in figures)
    raw = [(least / f.u) ** 2 for f in figures]
    whole = math.fsum(raw)
    shares = [w / whole for w in raw]
    return math.fsum(w * f.mean for w, f in zip(shares, figures, strict=True)), least / math.sqrt(whole), shares


def _of_one_origin(members: Sequence[Estimate]) -> tuple[UncertainAmount, list[float]]:
    """Estimates of one origin as one: errors fully shared, and the spread between them added."""
    mean, _, shares = _weighted([e.amount for e in members])
    shared = math.fsum(w * e.amount.u for w, e in zip(shares, members, strict=True))
    spread = math.fsum(w * (e.amount.mean - mean) ** 2 for w, e in zip(shares, members, strict=True))
    return UncertainAmount(mean, math.hypot(shared, math.sqrt(spread))), shares


def _chi2_tail(chi2: float, degrees: int) -> float:
    return float(chdtrc(degrees, chi2)) if degrees else 1.0


def what_flips(
    estimates: Sequence[Estimate], conclude: Callable[[Sequence[Estimate]], str]
) -> tuple[tuple[str, str], ...]:
    """The estimates, and the groups of them, each of which, left out alone, changes the conclusion; and to what."""
    now = conclude(estimates)
    rest = [(e.name, [other for other in estimates if other is not e]) for e in estimates]
    for group in dict.fromkeys(e.group for e in estimates if e.group):
        others = [e for e in estimates if e.group != group]
        rest += [(group, others)] if len(others) < len(estimates) - 1 else []
    without = [(name, conclude(others)) for name, others in rest if others]
    return tuple((name, then) for name, then in without if then != now)


def still_hidden(prior: float, detects: float, looks: int) -> float:
    """Chance that an undeclared site is there after so many independent looks that found nothing (Bayes)."""
    missed = prior * (1 - detects) ** looks
    if detects == 1 and looks:
        return 0.0
    return missed / (missed + 1 - prior) if prior < 1 else 1.0


def sites_unseen(expected: float, detects: float, u: float = 0.0) -> tuple[float, float]:
    """Mean number of undeclared sites still unseen, and the chance that there is none, of a Poisson number before.

    Each is found with chance `detects`, so those unseen are Poisson with mean expected × (1 − detects). Where the
    expected number is itself uncertain by u it is taken as gamma-distributed, and the number as negative binomial.
    """
    mean = expected * (1 - detects)
    if u <= CERTAIN * expected:
        return mean, math.exp(-mean)
    over = u * (1 - detects) * (u / expected) if expected else 0.0
    return mean, math.exp(-mean * math.log1p(over) / over) if over else math.exp(-mean)


@dataclass(frozen=True)
class Recapture:
    """How many sites there are, from two lists made independently of each other."""

    first: int
    second: int
    both: int
    total: float
    sd: float
    low: float | None
    """Of the 95 % interval; None where one list holds the whole of the other, which says nothing of the rest."""
    high: float | None

    @property
    def seen(self) -> int:
        return self.first + self.second - self.both


def recapture(first: int, second: int, both: int, z: float = Z_LIMIT) -> Recapture:
    """Chapman's estimate and its variance from two lists and what they share, with Chao's log-normal interval.

    N = (a + 1)(b + 1)/(m + 1) − 1; var N = (a + 1)(b + 1)(a − m)(b − m)/((m + 1)²(m + 2)). Chapman 1951; Seber 1970;
    Chao, Biometrics 43 (1987). The interval never falls below what has been seen. Two lists that lean on each other's
    sources share too much, and the estimate is then too low.
    """
    if not 0 <= both <= min(first, second):
        raise ValueError(f"two lists of {first} and {second} cannot share {both}")
    a, b, m = first, second, both
    n = (a + 1) * (b + 1) / (m + 1) - 1
    variance = (a + 1) * (b + 1) * (a - m) * (b - m) / ((m + 1) ** 2 * (m + 2))
    seen = a + b - m
    unseen = (a - m) * (b - m) / (m + 1)
    if not unseen:
        return Recapture(first=a, second=b, both=m, total=n, sd=0.0, low=None, high=None)
    spread = math.exp(z * math.sqrt(math.log1p(variance / unseen**2)))
    return Recapture(
        first=a,
        second=b,
        both=m,
        total=n,
        sd=math.sqrt(variance),
        low=seen + unseen / spread,
        high=seen + unseen * spread,
    )
