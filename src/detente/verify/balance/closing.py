"""Closing a material balance: what is missing in each period, whether that is more than error, and what would be seen.

The tests, each with the false-alarm rate that is asked for: MUF of each balance alone, CUMUF at the end (no test
promises more against a loss of unknown pattern), SITMUF of any balance, Page's test, and GEMUF at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr
from scipy.stats import chi2

from detente.errors import DossierError, Finding, UsageError
from detente.model.numeric import Array
from detente.verify.balance import differences, power, run_length, sequential
from detente.verify.balance.area import BalanceArea
from detente.verify.balance.checks import check_area
from detente.verify.balance.covariance import cholesky, whiten
from detente.verify.balance.differences import Compared
from detente.verify.balance.run_length import AlarmTime

if TYPE_CHECKING:
    from detente.verify.balance.rehearsal import Rehearsed

PLUTONIUM_SQ_KG = 8.0
"""A significant quantity of plutonium (IAEA Safeguards Glossary, 2001 edition)."""
MOST_RATE, MOST_LOSS_KG = 0.5, 1e9
"""The false-alarm rate and the loss from which on a balance is not closed."""
SURE = 0.95
"""The chance with which the least loss that is seen is stated."""
NAMED = 6
"""Balances of an alarm that are named."""
SOON = 0.9
"""The chance with which the balance in which Page's test alarms is stated."""
_Scope = Literal["each balance", "all balances", "at the end"]
PATTERNS: Mapping[str, str] = {
    "hardest": "spread so that the best test sees least of it",
    "even": "the same in every period",
    "at_once": "all in the period where that is hardest to see",
}


@dataclass(frozen=True)
class Period:
    """One balance, in kg and in standard deviations."""

    name: str
    opening_kg: float
    inputs_kg: float
    outputs_kg: float
    closing_kg: float
    muf_kg: float
    sigma_kg: float
    cumuf_kg: float
    sigma_cumuf_kg: float
    mufr_kg: float
    sigma_mufr_kg: float
    sitmuf: float
    page: float
    gemuf: float
    gemuf_v5b3: float
    """0 where it is not defined: in the first two periods, and everywhere with fewer than five."""

    @property
    def ratio(self) -> float:
        """MUF in its standard deviations."""
        return self.muf_kg / self.sigma_kg


@dataclass(frozen=True)
class _Verdict:
    """What one test says: its statistic by period, the threshold it must pass, and what it can see."""

    test: str
    title: str
    statistic: tuple[float, ...]
    threshold: float
    alarms: tuple[int, ...]
    """Periods, from 1, in which it alarms; of a test at the end, the last one or none."""
    false_alarm_rate: float
    scope: _Scope
    """What the false-alarm rate is for, when nothing is lost."""
    detects: Mapping[str, float]
    """By pattern: the chance that the stated loss makes it alarm."""
    times: Mapping[str, AlarmTime]
    """By pattern: when, for tests that look at every balance."""


@dataclass(frozen=True)
class Driver:
    """What part of the variance of CUMUF comes from one location and kind of error."""

    location: str
    error: Literal["random", "systematic"]
    share: float
    """Negative where a shared error cancels what it adds elsewhere."""


@dataclass(frozen=True, eq=False)
class Balance:
    """The balances of an area, closed."""

    area: BalanceArea
    loss_kg: float
    false_alarm_rate: float
    k: float
    periods: tuple[Period, ...]
    verdicts: tuple[_Verdict, ...]
    bounds: Mapping[str, float]
    """By pattern: the chance that the best test, which knows the pattern, sees the loss."""
    drivers: tuple[Driver, ...]
    """Largest first."""
    findings: tuple[Finding, ...]
    compared: tuple[Compared, ...] = ()
    """Balances of which an inspector measured something again."""
    rehearsed: tuple[Rehearsed, ...] = ()
    """How often each test alarmed in simulated histories, where that was asked for."""

    @property
    def covariance(self) -> Array:
        return self.area.covariance

    @property
    def alarmed(self) -> tuple[_Verdict, ...]:
        return tuple(v for v in self.verdicts if v.alarms)

    def verdict(self, test: str) -> _Verdict:
        return next(v for v in self.verdicts if v.test == test)

    @cached_property
    def patterns(self) -> Mapping[str, Array]:
        """What is lost in each period, by pattern."""
        return loss_patterns(self.loss_kg, self.covariance)

    def named(self, alarms: Sequence[int]) -> str:
        """The balances of alarms by name, the first ones of many."""
        more = f" and {len(alarms) - NAMED} more" if len(alarms) > NAMED else ""
        return ", ".join(self.periods[i - 1].name for i in alarms[:NAMED]) + more

    @property
    def seen_for_sure_kg(self) -> float:
        """The least total loss that the test of CUMUF sees with 95 %, however it is spread."""
        return power.detectable_loss(self.periods[-1].sigma_cumuf_kg, self.false_alarm_rate, SURE)

    @property
    def hiding(self) -> tuple[Compared, ...]:
        """Balances whose records hide more than error explains."""
        return tuple(c for c in self.compared if c.difference.alarm)

    @cached_property
    def summary(self) -> tuple[str, ...]:
        """The result in sentences."""
        last, top = self.periods[-1], self.drivers[0]
        seen = self.verdict("cumuf").detects["even"]
        how = f"over {len(self.periods)} balances" if len(self.periods) > 1 else "over the balance"
        what = "are unaccounted for" if last.cumuf_kg >= 0 else "more are there than there should be"
        return (
            f"{abs(last.cumuf_kg):.3g} kg {what} {how}: {abs(last.cumuf_kg) / last.sigma_cumuf_kg:.2g} standard "
            f"deviations of {last.sigma_cumuf_kg:.3g} kg.",
            self._alarms_in_words(),
            f"A loss of {self.loss_kg:g} kg, however spread, would be seen at the end with {in_words(seen)}; "
            f"{self.seen_for_sure_kg:.3g} kg with {SURE:.0%}. {self._delay_in_words()}",
            f"The largest part of the uncertainty, {top.share:.0%}, is the {top.error} error at {top.location}.",
            *differences.in_words(self.compared),
        )

    @property
    def surplus(self) -> bool:
        """Whether more is there than error explains, in all or in one balance: no test looks for that."""
        last = self.periods[-1]
        most = -power.critical(self.false_alarm_rate)
        each = -self.verdict("muf").threshold
        return last.cumuf_kg < most * last.sigma_cumuf_kg or any(p.ratio < each for p in self.periods)

    def _delay_in_words(self) -> str:
        """When Page's test would see the loss."""
        time = self.verdict("page").times["even"]
        soon = time.quantile(SOON)
        when = f"with {in_words(time.ever)} in all" if soon is None else f"by balance {soon} with {SOON:.0%}"
        return f"Lost in equal parts from the first balance on, it would make Page's test alarm {when}."

    def _alarms_in_words(self) -> str:
        rate = f"{self.false_alarm_rate:.2g}"
        if not self.alarmed:
            return f"No test alarms (chance of a false alarm {rate} each)."
        named = "; ".join(f"{v.title} ({self.named(v.alarms)})" for v in self.alarmed)
        return f"Alarms: {named}. Each test alarms with chance {rate} by error alone: look for mistakes first."


def in_words(chance: float) -> str:
    """A chance in whole per cent; nothing is said to be seen for certain, nor what can be to be 0 %."""
    if chance >= 0.995:
        return "more than 99%"
    return "less than 1%" if 0.0 < chance < 0.005 else f"{chance:.0%}"


def close_balance(
    area: BalanceArea,
    *,
    loss_kg: float = PLUTONIUM_SQ_KG,
    false_alarm_rate: float = 0.05,
    k: float = run_length.STANDARD_K,
) -> Balance:
    """Close the balances of an area. Raises DossierError where its measurements cannot make one."""
    if not 0.0 < false_alarm_rate < MOST_RATE:
        raise UsageError(f"a false-alarm rate is above 0 and below {MOST_RATE:g}, not {false_alarm_rate:g}")
    if not 0.0 < loss_kg < MOST_LOSS_KG:
        raise UsageError(f"a loss is above 0 and below {MOST_LOSS_KG:g} kg, not {loss_kg:g} kg")
    if not 0.0 <= k < 10.0:
        raise UsageError(f"k of Page's test is from 0 to below 10, not {k:g}")
    findings = check_area(area)
    if any(f.severity == "error" for f in findings):
        raise DossierError(findings)
    n, muf, S = len(area.periods), area.muf, area.covariance
    patterns = loss_patterns(loss_kg, S)
    groups = [m.location for m in area.measurements]
    shares = area.errors.shares(area.amounts, groups, np.ones(n))
    drivers = [Driver(place, "random" if kind == "random" else "systematic", s) for (place, kind), s in shares.items()]
    return Balance(
        area=area,
        loss_kg=loss_kg,
        false_alarm_rate=false_alarm_rate,
        k=k,
        periods=_periods(area, k),
        verdicts=_verdicts(muf, S, patterns, false_alarm_rate, k),
        bounds={name: power.neyman_pearson(m, S, false_alarm_rate) for name, m in patterns.items()},
        drivers=tuple(sorted((d for d in drivers if d.share), key=lambda d: -d.share)),
        findings=tuple(findings),
        compared=differences.differences(area, false_alarm_rate),
    )


def loss_patterns(loss_kg: float, covariance: Array) -> dict[str, Array]:
    """The patterns of PATTERNS, [period] each."""
    n = len(covariance)
    at_once = np.zeros(n)
    seen = (whiten(cholesky(covariance), np.eye(n)) ** 2).sum(axis=1)  # e'S⁻¹e of a loss in one period
    at_once[seen.argmin()] = loss_kg
    hardest = power.hardest_pattern(loss_kg, covariance)
    return {"hardest": hardest, "even": np.full(n, loss_kg / n), "at_once": at_once}


def detection_curves(balance: Balance, losses_kg: ArrayLike, pattern: str = "even") -> dict[str, Array]:
    """What chance each test has to see losses of several sizes, [loss]; `bound` is the best test of all."""
    S, rate, k = balance.covariance, balance.false_alarm_rate, balance.k
    shape, h = balance.patterns[pattern] / balance.loss_kg, balance.verdict("page").threshold
    toward = whiten(cholesky(S), shape)
    sizes = np.asarray(losses_kg, float)
    return {
        "bound": np.array([power.neyman_pearson(x * shape, S, rate) for x in sizes]),
        "cumuf": np.array([power.cumuf(x, S, rate) for x in sizes]),
        "sitmuf": np.array([power.sitmuf_each(x * shape, S, rate) for x in sizes]),
        "page": np.array([run_length.alarm_time(k, h, x * toward).ever for x in sizes]),
        "gemuf": np.array([power.gemuf(x * shape, S, rate) for x in sizes]),
    }


def _periods(area: BalanceArea, k: float) -> tuple[Period, ...]:
    muf, S = area.muf, area.covariance
    stocks, residuals, standard = area.totals("inventory"), sequential.mufr(muf, S), sequential.sitmuf(muf, S)
    columns: Sequence[Array] = (
        stocks[:-1],
        area.totals("input"),
        area.totals("output"),
        stocks[1:],
        muf,
        np.sqrt(np.diag(S)),
        np.cumsum(muf),
        _running_sigma(cholesky(S)),
        residuals.values,
        residuals.sd,
        standard,
        sequential.page(standard, k),
        sequential.gemuf(muf, S),
        sequential.gemuf_v5b3(muf, S),
    )
    rows = np.column_stack(columns).tolist()
    return tuple(Period(name, *row) for name, row in zip(area.periods, rows, strict=True))


def _verdicts(muf: Array, S: Array, patterns: Mapping[str, Array], rate: float, k: float) -> tuple[_Verdict, ...]:
    """What each test says of the balances, and with which chance it sees each pattern of loss."""
    told = [*_of_sums(muf, S, patterns, rate), *_of_independent(muf, S, patterns, rate, k)]
    gemuf = {name: power.gemuf(m, S, rate) for name, m in patterns.items()}
    squares, end = np.cumsum(whiten(cholesky(S), muf) ** 2), float(chi2.isf(rate, len(muf)))
    told.append(_verdict("gemuf", "GEMUF at the end", squares, end, rate=rate, scope="at the end", seen=gemuf))
    if len(muf) >= 5:
        limit, found = power.gemuf_v5b3_threshold(S, rate), sequential.gemuf_v5b3(muf, S)
        seen = {name: power.gemuf_v5b3(m, S, limit) for name, m in patterns.items()}
        told.append(
            _verdict("gemuf_v5b3", "GEMUF V5B3 at the end", found, limit, rate=rate, scope="at the end", seen=seen)
        )
    return tuple(told)


def _of_sums(muf: Array, S: Array, patterns: Mapping[str, Array], rate: float) -> list[_Verdict]:
    """MUF of one balance, and of all together."""
    each, sigma = power.level_each(rate, len(muf)), np.sqrt(np.diag(S))
    worst_single = float(power.single_balance(patterns["at_once"].sum(), sigma, each).min())
    total, running = next(iter(patterns.values())).sum(), np.cumsum(muf) / _running_sigma(cholesky(S))
    seen, limit = dict.fromkeys(patterns, power.cumuf(total, S, rate)), power.critical(each)
    once = {"at_once": worst_single}
    return [
        _verdict("muf", "MUF of one balance", muf / sigma, limit, rate=each, scope="each balance", seen=once),
        _verdict("cumuf", "CUMUF at the end", running, power.critical(rate), rate=rate, scope="at the end", seen=seen),
    ]


def _of_independent(muf: Array, S: Array, patterns: Mapping[str, Array], rate: float, k: float) -> list[_Verdict]:
    """SITMUF of any balance, and Page's test of its sums."""
    n, root = len(muf), cholesky(S)
    standard, limit = whiten(root, muf), power.critical(power.level_each(rate, n))
    shifts = {name: whiten(root, m) for name, m in patterns.items()}
    h = run_length.threshold_for_alarm_rate(rate, n, k)
    # a large k alarms less often than asked for whatever the threshold
    quiet = rate if h > 0 else run_length.alarm_time(k, h, np.zeros(n)).ever
    single = {name: _sitmuf_time(limit, shift) for name, shift in shifts.items()}
    summed, page = {name: run_length.alarm_time(k, h, s) for name, s in shifts.items()}, sequential.page(standard, k)
    return [
        _verdict("sitmuf", "SITMUF of any balance", standard, limit, rate=rate, scope="all balances", seen=single),
        _verdict("page", "Page's test of SITMUF", page, h, rate=quiet, scope="all balances", seen=summed),
    ]


def _running_sigma(root: Array) -> Array:
    """σ of CUMUF, [period]."""
    return np.asarray(np.linalg.norm(np.cumsum(root, axis=0), axis=1))


def _verdict(
    test: str,
    title: str,
    statistic: Array,
    threshold: float,
    *,
    rate: float,
    scope: _Scope,
    seen: Mapping[str, float] | Mapping[str, AlarmTime],
) -> _Verdict:
    above = [
        i + 1 for i, s in enumerate(statistic) if s > threshold and (scope != "at the end" or i + 1 == len(statistic))
    ]
    times = {name: s for name, s in seen.items() if isinstance(s, AlarmTime)}
    detects = {name: s.ever if isinstance(s, AlarmTime) else s for name, s in seen.items()}
    return _Verdict(
        test=test,
        title=title,
        statistic=tuple(statistic.tolist()),
        threshold=threshold,
        alarms=tuple(above),
        false_alarm_rate=rate,
        scope=scope,
        detects=detects,
        times=times,
    )


def _sitmuf_time(threshold: float, shift: Array) -> AlarmTime:
    """When the first SITMUF passes its limit: they are independent."""
    quiet = np.asarray(ndtr(threshold - shift))
    before = np.concatenate([[1.0], np.cumprod(quiet)[:-1]])
    return AlarmTime(before * ndtr(shift - threshold))
