"""A plan of inspections under a budget, against whoever knows the plan and picks the worst violation, or complies.

The violator gains a flow until it is seen and then loses at once, so what counts is the delay: a violation whose goal
quantity is complete after s years is worth g·∫_s e^(−ρt) P(T > t) dt − L·E[e^(−ρT)] to it, and complying 0.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from math import inf, isfinite
from numbers import Integral
from typing import Any, Literal, NamedTuple

import numpy as np

from detente.errors import Finding, UsageError
from detente.model.numeric import Array
from detente.verify.inspection.allocation import PAYS, worst_first
from detente.verify.inspection.sampling import ROUNDING, Sample
from detente.verify.inspection.timing import Channel, Delay, JointDetection, constant, repeats_soon, steps, together

GRID_YEARS = (*(k / 12 for k in range(25)), 3.0, 5.0, 10.0)
"""Where the record of a plan gives the chance that a violation is seen by then."""
DAYS = 365
MOST_VISITS = DAYS
"""Visits a year that a site gets at most: one a day."""
MOST_SPREAD = 52
"""Visits over which a violation is spread at most."""


class Timely(NamedTuple):
    """How soon after it is complete a violation is to be seen, and with what chance."""

    years: float
    detection: float


@dataclass(frozen=True)
class ViolationSite:
    """Where a violation may happen, what it is worth, what a visit takes and sees, and what else watches."""

    name: str
    gain: float
    """A year, to the violator, while it is not seen."""
    caught: float
    """What being seen costs the violator, once."""
    days: int
    """Inspector-days of one visit."""
    detects: float | None = None
    """The chance that one visit sees a violation under way; or it follows from `sample`."""
    sample: Sample | None = None
    false_alarms: float = 0.0
    """The chance of one at a visit, beyond those of the sample."""
    group: str | None = None
    """Whatever the visits share with other channels: access, a laboratory."""
    channels: tuple[Channel, ...] = ()
    timely: Timely | None = None


@dataclass(frozen=True)
class Inspections:
    """What is to be planned: sites, inspector-days a year, and how the violator counts time."""

    sites: tuple[ViolationSite, ...]
    days: int
    discount: float
    """The violator's, continuous, a year."""
    schedule: Literal["periodic", "random"] = "periodic"
    """Visits at equal intervals, from the worst start; or at moments that nobody can foresee."""
    patterns: tuple[int, ...] = (1, 2, 4)
    """Over how many visits a violation at a sampled site may be spread; all at once (1) is always reckoned with."""
    enough: float = -inf
    """Spend no more once no violation is worth more than this; 0: as soon as complying is best."""


class Violation(NamedTuple):
    """One way to violate: the share taken from each of so many items, spread over so many visits."""

    share: float | None
    defects: int | None
    over_visits: int
    detects: tuple[float, ...]
    """The chance that the first, second, … visit sees it; the last stands for all later ones."""

    @property
    def pattern(self) -> str:
        return "at once" if self.over_visits == 1 else f"spread over {self.over_visits} visits"


@dataclass(frozen=True)
class SitePlan:
    """The visits that a site gets, the worst violation there, and how long it goes unseen."""

    site: ViolationSite
    visits: int
    violation: Violation | None
    """None where the site does not hold a goal quantity."""
    value: float
    """What that violation is worth to the violator; complying is worth 0."""
    worst: Delay
    average: Delay
    left_out: tuple[str, ...]
    """Channels that another of their group makes redundant."""
    holds_at: float
    """What being seen must cost for no violation here to pay; infinite where one is never seen."""
    in_time: float | None
    """The chance that a violation is seen within the site's `timely`; None where there is no such goal."""

    @property
    def days(self) -> int:
        return self.visits * self.site.days

    @property
    def late(self) -> bool:
        """Whether it misses the site's `timely`."""
        goal = self.site.timely
        return goal is not None and self.in_time is not None and self.in_time < goal.detection - ROUNDING

    @property
    def false_alarm(self) -> float:
        """The chance of one or more within a year; what another channel makes redundant still gives alarms."""
        sample = self.site.sample.false_alarm if self.site.sample else 0.0
        quiet = ((1 - sample) * (1 - self.site.false_alarms)) ** self.visits
        return float(1 - quiet * np.exp(-sum(c.false_alarms for c in self.site.channels)))


class Visit(NamedTuple):
    site: str
    day: date
    days: int


@dataclass(frozen=True)
class InspectionPlan:
    """A frozen plan: how often each site is visited, and what the violator would do about it."""

    task: Inspections
    sites: tuple[SitePlan, ...]

    @property
    def visits(self) -> dict[str, int]:
        return {s.site.name: s.visits for s in self.sites}

    @property
    def days(self) -> int:
        """Inspector-days a year."""
        return sum(s.days for s in self.sites)

    @property
    def adversary(self) -> SitePlan | None:
        """The site with the violation that pays best, whether or not it pays; None where none is possible."""
        return max((s for s in self.sites if s.violation is not None), key=lambda s: s.value, default=None)

    @property
    def complies(self) -> bool:
        """No violation pays."""
        return self.adversary is None or self.adversary.value <= PAYS

    @property
    def false_alarm(self) -> float:
        """The chance of one or more within a year, anywhere."""
        return 1 - float(np.prod([1 - s.false_alarm for s in self.sites]))

    @property
    def plan_id(self) -> str:
        """Twelve hexadecimal digits: equal for equal tasks and visits."""
        text = json.dumps([_plain(self.task), self.visits], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def detection(self, years: float = 1.0) -> float | None:
        """The chance that the worst violation is seen within so many years of its start; None where there is none."""
        return float(self.adversary.worst.cdf(years)) if self.adversary else None

    def record(
        self,
        commitment: str,
        quantity_goal: str | None = None,
        *,
        site: str | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What the model and the report need to know of a commitment: of the worst site, or of the one named.

        Plain data; a mean or 90th percentile that is infinite is None.
        """
        chosen = self.adversary if site is None else next((s for s in self.sites if s.site.name == site), None)
        if chosen is None or chosen.violation is None:
            raise UsageError(f"no violation is possible at {site or 'any site'}, so there is no delay to record")
        worst, violation, rho = chosen.worst, chosen.violation, self.task.discount
        grid = np.array(GRID_YEARS)
        return {
            "commitment": commitment,
            "quantity_goal": quantity_goal,
            "cdf": {
                "years": grid.tolist(),
                "worst_start": worst.cdf(grid).tolist(),
                "average_start": chosen.average.cdf(grid).tolist(),
            },
            "p_ever": 1 - worst.never,
            "mean_years": _finite(worst.mean()),
            "p90_years": _finite(worst.quantile(0.9)),
            "laplace": {"rho": rho, "value": worst.laplace(rho)},
            "fap_per_year": chosen.false_alarm if site is not None else self.false_alarm,
            "plan_id": self.plan_id,
            "cost": {"inspector_days_per_year": chosen.days if site is not None else self.days},
            "adversary": {
                "site": chosen.site.name,
                "gamma": violation.share,
                "pattern": violation.pattern,
                "value": chosen.value,
                "complies": chosen.value <= PAYS,
            },
            "provenance": dict(provenance or {}),
        }

    def calendar(self, start: date, generator: np.random.Generator | None = None) -> list[Visit]:
        """The visits of the year from a date on, in order: sites take turns, or days are drawn for random visits."""
        found = []
        for i, s in enumerate(self.sites):
            if self.task.schedule == "random":
                if generator is None:
                    raise UsageError("random visits are drawn from a generator: give `np.random.default_rng(seed)`")
                offsets = np.sort(generator.choice(DAYS, s.visits, replace=s.visits > DAYS))
            else:
                offsets = np.floor((np.arange(s.visits) + i / len(self.sites)) * DAYS / max(s.visits, 1)).astype(int)
            found += [Visit(s.site.name, start + timedelta(days=int(n)), s.site.days) for n in offsets]
        return sorted(found, key=lambda visit: (visit.day, visit.site))


def plan_inspections(task: Inspections, *, in_time: bool = True) -> tuple[InspectionPlan | None, tuple[Finding, ...]]:
    """The whole visits within the budget for which the best violation pays least. With errors: no plan.

    Where the budget allows `visits_needed`, each site gets those first; `in_time=False` leaves goals in time aside.
    """
    findings = problems(task)
    if any(f.severity == "error" for f in findings):
        return None, tuple(findings)
    values, most = [_values(task, s) for s in task.sites], [MOST_VISITS] * len(task.sites)
    costs, first = [s.days for s in task.sites], visits_needed(task) if in_time else None
    if first is not None and sum(n * days for n, days in zip(first, costs, strict=True)) > task.days:
        first = None
    whole = worst_first(values, costs, task.days, most, first=first, enough=task.enough)
    return _judged(task, whole.units, findings)


def judge_visits(task: Inspections, visits: Mapping[str, int]) -> tuple[InspectionPlan | None, tuple[Finding, ...]]:
    """The same for visits that someone else has chosen; a site that is not named gets none."""
    findings = problems(task) + _visit_problems(task, visits)
    if any(f.severity == "error" for f in findings):
        return None, tuple(findings)
    return _judged(task, tuple(int(visits.get(s.name, 0)) for s in task.sites), findings)


def visits_in_time(task: Inspections, site: ViolationSite) -> int | None:
    """The fewest visits a year that meet the site's `timely`; None where no number does, or there is no such goal."""
    at = _site_plans(task, site)
    return None if site.timely is None else _fewest(lambda n: not at(n).late)


def visits_needed(task: Inspections) -> tuple[int, ...] | None:
    """The fewest visits of each site with which no violation pays and each is seen in time.

    None where no number of visits deters, or the file has no goal in time. A goal that no number meets is left out.
    """
    deter = _deterring(task) if any(s.timely for s in task.sites) else None
    if deter is None:
        return None
    return tuple(max(n, visits_in_time(task, s) or 0) for n, s in zip(deter, task.sites, strict=True))


def days_to_deter(task: Inspections) -> int | None:
    """The least inspector-days a year with which no violation pays; None where no number of visits is enough."""
    visits = _deterring(task)
    return None if visits is None else sum(n * s.days for n, s in zip(visits, task.sites, strict=True))


def _deterring(task: Inspections) -> tuple[int, ...] | None:
    found: list[int] = []
    for site in task.sites:
        value = _values(task, site)
        enough = _fewest(lambda n, at=value: at(n) <= PAYS)  # type: ignore[misc]
        if enough is None:
            return None
        found.append(enough)
    return tuple(found)


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """The fewest visits a year that are enough.

    More see no less, but where they take the place of a channel of their group; so the ends say whether any do.
    """
    if not (enough(0) or enough(MOST_VISITS)):
        return None
    return next(n for n in range(MOST_VISITS + 1) if enough(n))


# --- one site ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def violations(site: ViolationSite, patterns: tuple[int, ...]) -> tuple[Violation, ...]:
    """The violations to reckon with: for each pattern, the shares that no other is harder to see at every visit.

    One of them pays best, whatever it gains and loses, since a violation is worth the more the later it is seen.
    """
    if site.sample is None:
        return (Violation(None, None, 1, (float(site.detects or 0.0),)),)
    found, ways = [], site.sample.choices()
    shares, defects = np.array([share for share, _ in ways]), np.array([d for _, d in ways], dtype=int)
    for n in sorted(set(patterns)) if ways else ():
        seen = np.stack([site.sample.detections(shares, -(-defects * k // n)) for k in range(1, n + 1)], axis=1)
        found += [Violation(*ways[i], n, tuple(seen[i].tolist())) for i in _hardest(seen)]
    return tuple(found)


def _hardest(seen: Array) -> list[int]:
    """The rows that no other row is below or level with everywhere, the least total first."""
    kept, left = list[int](), np.arange(len(seen))
    while left.size:
        kept.append(int(left[seen[left].sum(axis=1).argmin()]))
        left = left[(seen[left] < seen[kept[-1]]).any(axis=1)]
    return kept


def delays(task: Inspections, site: ViolationSite, visits: int, violation: Violation) -> JointDetection:
    """How long it goes unseen under so many visits a year, with all that watches the site."""
    if task.schedule == "random" or visits == 0:
        worst = average = constant(visits * violation.detects[-1])
    else:
        worst, average = _spread(1 / visits, violation.detects)
    return together([Channel("visits", worst, average, site.group), *site.channels], task.discount)


def _spread(every: float, detects: tuple[float, ...]) -> tuple[Delay, Delay]:
    """Periodic visits whose chance rises until the violation is complete, from the worst and the average start."""
    n = len(detects)
    prefix = (n - 1) * every
    worst = steps([(k + 1) * every for k in range(n)], detects, every=every, prefix=prefix)
    starts, pieces, left = np.array([k * every for k in range(n)]), np.zeros((n, 2)), 1.0
    for k, chance in enumerate(detects):
        pieces[k] = left, -left * chance / every
        left *= 1 - chance
    return worst, Delay(starts, pieces, every, 1 - detects[-1], prefix)


def worth(task: Inspections, site: ViolationSite, visits: int, violation: Violation, delay: Delay) -> float:
    """What a violation is worth to the violator: it gains once the goal quantity is complete, until it is seen."""
    return site.gain * _unseen(task, visits, violation, delay) - site.caught * delay.laplace(task.discount)


def _unseen(task: Inspections, visits: int, violation: Violation, delay: Delay) -> float:
    """The discounted years from when the goal quantity is complete until it is seen."""
    complete = (violation.over_visits - 1) / visits if visits else 0.0
    return max(float(delay.exposed(task.discount, inf) - delay.exposed(task.discount, complete)), 0.0)


def _values(task: Inspections, site: ViolationSite) -> Callable[[int], float]:
    """The best violation's worth by visits a year; −∞ where none is possible."""
    at = _site_plans(task, site)
    return lambda n: at(n).value


def _site_plans(task: Inspections, site: ViolationSite) -> Callable[[int], SitePlan]:
    """A site by visits a year, whatever the budget and the other sites."""
    rest = replace(task, sites=(), days=0, enough=-inf)
    return lambda n: _site_plan(rest, site, n)


@lru_cache(maxsize=4096)
def _site_plan(task: Inspections, site: ViolationSite, visits: int) -> SitePlan:
    best, holds_at = (
        SitePlan(
            site=site,
            visits=visits,
            violation=None,
            value=-inf,
            worst=constant(0.0),
            average=constant(0.0),
            left_out=(),
            holds_at=0.0,
            in_time=None,
        ),
        0.0,
    )
    for violation in _ways(task, site):
        seen = delays(task, site, visits, violation)
        value, ever = worth(task, site, visits, violation, seen.worst), seen.worst.laplace(task.discount)
        gained = site.gain * _unseen(task, visits, violation, seen.worst)
        holds_at = max(holds_at, 0.0 if gained == 0 else gained / ever if ever > 0 else inf)
        if best.violation is None or value > best.value:
            best = SitePlan(
                site=site,
                visits=visits,
                violation=violation,
                value=value,
                worst=seen.worst,
                average=seen.average,
                left_out=seen.left_out,
                holds_at=0.0,
                in_time=None,
            )
    return replace(best, holds_at=holds_at, in_time=_in_time(task, site, visits))


def _ways(task: Inspections, site: ViolationSite) -> tuple[Violation, ...]:
    return violations(site, (1, *task.patterns) if task.schedule == "periodic" else (1,))


def _in_time(task: Inspections, site: ViolationSite, visits: int) -> float | None:
    """At once is the hardest to see in time: what is spread over visits has been looked for before it is complete."""
    if site.timely is None or not (ways := violations(site, (1,))):
        return None
    return float(delays(task, site, visits, ways[0]).worst.cdf(site.timely.years))


def _judged(
    task: Inspections, visits: Sequence[int], findings: list[Finding]
) -> tuple[InspectionPlan, tuple[Finding, ...]]:
    plan = InspectionPlan(task, tuple(_site_plans(task, s)(n) for s, n in zip(task.sites, visits, strict=True)))
    return plan, tuple(findings + _remarks(plan))


# --- what is wrong, and what is worth knowing --------------------------------------------------------------------


def _error(code: str, path: str, message: str, remedy: str) -> Finding:
    return Finding(f"inspect.{code}", "error", message, path=path, remedy=remedy)


def problems(task: Inspections) -> list[Finding]:
    """Everything that keeps a task from being computed on, at once."""
    found = _names([s.name for s in task.sites])
    if not _whole(task.days, 0):
        said = f"{task.days!r} inspector-days a year are no whole number of 0 or more"
        found.append(_error("budget", "days", said, "give the inspector-days of a year, such as 120"))
    if not (isfinite(task.discount) and task.discount > 0):
        said = f"a discount of {task.discount:g} a year is not above 0"
        found.append(_error("discount", "discount", said, "give the violator's continuous discount, such as 0.08"))
    if task.schedule not in ("periodic", "random"):
        said = f"there is no schedule {task.schedule!r}"
        found.append(_error("schedule", "schedule", said, "choose periodic or random"))
    if not task.patterns or not all(_whole(n, 1) and n <= MOST_SPREAD for n in task.patterns):
        said = f"a violation is spread over whole numbers of visits, of 1 to {MOST_SPREAD}"
        found.append(_error("pattern", "patterns", said, "give for example (1, 2, 4)"))
    return [*found, *(problem for site in task.sites for problem in _site_problems(site))]


def _names(names: Sequence[str]) -> list[Finding]:
    again = sorted({n for n in names if names.count(n) > 1})
    if names and not again:
        return []
    said = f"two sites are called {', '.join(again)}" if again else "there is no site to inspect"
    return [_error("site", "sites", said, "name each site once")]


def _site_problems(site: ViolationSite) -> Iterator[Finding]:
    at = f"sites.{site.name}"
    if not _whole(site.days, 1):
        said = f"a visit takes {site.days!r} inspector-days"
        yield _error("effort", f"{at}.days", said, "give a whole number of 1 or more; visits are not free")
    for field, number in (("gain", site.gain), ("caught", site.caught)):
        if not _amount(number):
            yield _error("payoff", f"{at}.{field}", f"{field} is {number:g}", "give a finite number of 0 or more")
    for field, chance in _chances_of(site):
        if chance is not None and not 0 <= chance <= 1:
            said = f"{field} is {chance:g}, which is no probability"
            yield _error("probability", f"{at}.{field}", said, "give a number from 0 to 1")
    if site.timely is not None and not (_amount(site.timely.years) and site.timely.years > 0):
        said = f"a violation is to be seen within {site.timely.years:g} years"
        yield _error("timely", f"{at}.timely.within", said, "give a time above 0, such as 3 months")
    for channel in site.channels:
        yield from _channel_problems(channel, f"{at}.channels.{channel.name}")
    if (site.detects is None) == (site.sample is None):
        yield _error("detects", at, "what a visit detects is said by one of `detects` and `sample`", "give one of them")
    for said in () if site.sample is None else site.sample.problems():
        yield _error("sample", f"{at}.sample", said, "mend the sample: items, mean, goal, and what is drawn")


def _chances_of(site: ViolationSite) -> Iterator[tuple[str, float | None]]:
    yield from (("detects", site.detects), ("false_alarms", site.false_alarms))
    if site.timely is not None:
        yield "timely.detects", site.timely.detection


def _channel_problems(channel: Channel, path: str) -> Iterator[Finding]:
    if not _amount(channel.false_alarms):
        said = f"false alarms of {channel.name} come {channel.false_alarms:g} times a year"
        yield _error("probability", path, said, "give a rate of 0 or more")
    if not all(repeats_soon(delay) for delay in (channel.worst, channel.average)):
        said = f"{channel.name} repeats every {channel.worst.every:g} years, hardly ever together with the visits"
        yield _error("channel", path, said, "take an interval such as a month, a quarter or 30 days")


def _visit_problems(task: Inspections, visits: Mapping[str, int]) -> list[Finding]:
    days = {s.name: s.days for s in task.sites}
    found = []
    for name, n in visits.items():
        if name not in days:
            said, remedy = f"there is no site {name}", f"the sites are {', '.join(sorted(days))}"
            found.append(_error("visits", f"visits.{name}", said, remedy))
        elif not _whole(n, 0):
            said = f"{n!r} visits a year are no whole number of 0 or more"
            found.append(_error("visits", f"visits.{name}", said, "give a count"))
    if not found and all(_whole(d, 1) for d in days.values()) and _whole(task.days, 0):
        needs = sum(n * days[name] for name, n in visits.items())
        if needs > task.days:
            said = f"the visits take {needs} inspector-days a year, the budget is {task.days}"
            found.append(_error("budget", "visits", said, f"leave out {needs - task.days} days, or raise the budget"))
    return found


def _remarks(plan: InspectionPlan) -> list[Finding]:
    found = []
    for s in plan.sites:
        at = f"sites.{s.site.name}"
        if s.violation is None:
            said = "the site does not hold a goal quantity, so no violation is reckoned with"
            found.append(Finding("inspect.unreachable", "note", said, path=at))
        elif max(s.violation.detects) == 0:
            said = "a visit sees nothing of the worst violation, so visits there are wasted"
            remedy = "sample more items, or by a finer method"
            found.append(Finding("inspect.blind", "warning", said, path=at, remedy=remedy))
        if s.late and s.site.timely is not None:
            said = f"a violation is seen in time with {s.in_time:.3g}, to be {s.site.timely.detection:g}"
            need = visits_in_time(plan.task, s.site)
            remedy = f"{need} visits a year would do" if need is not None else "no number of visits is enough"
            found.append(Finding("inspect.late", "warning", said, path=f"{at}.timely", remedy=remedy))
        if s.left_out:
            said = f"{', '.join(s.left_out)} shares what another channel depends on: only the best of them counts"
            found.append(Finding("inspect.shared", "note", said, path=at))
    worst = plan.adversary
    if worst is not None and worst.value > PAYS:
        said = f"a violation at {worst.site.name} pays: it is worth {worst.value:.3g} to the violator, complying 0"
        need = days_to_deter(plan.task)
        remedy = f"{need} inspector-days a year deter" if need is not None else "no number of visits deters here"
        found.append(Finding("inspect.tempting", "warning", said, path=f"sites.{worst.site.name}", remedy=remedy))
    return found


def _whole(n: object, least: int) -> bool:
    return isinstance(n, Integral) and not isinstance(n, bool) and int(n) >= least


def _amount(number: float) -> bool:
    return isfinite(number) and number >= 0


def _finite(x: float) -> float | None:
    return x if isfinite(x) else None


def _plain(value: Any) -> Any:
    """Dataclasses, tuples and arrays as JSON, for hashing."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Integral):
        return int(value)
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
