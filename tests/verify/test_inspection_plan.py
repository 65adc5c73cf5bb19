"""Plans of inspections: enumeration of all plans, simulation of the worst violation, findings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise, product
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import UsageError
from detente.verify.inspection import plan as inspection_plan
from detente.verify.inspection.plan import (
    Inspections,
    Timely,
    Violation,
    ViolationSite,
    days_to_deter,
    delays,
    judge_visits,
    plan_inspections,
    visits_in_time,
    worth,
)
from detente.verify.inspection.sampling import Method, Sample
from detente.verify.inspection.timing import Channel, constant, interval_for, periodic, watch_of

SAMPLE = Sample(items=40, mean_kg=2.0, goal_kg=8.0, methods=(Method(10, 0.1), Method(3, 0.01)))
TOO_LITTLE = replace(SAMPLE, items=3, methods=(Method(1),))
SATELLITES = Channel("satellites", constant(0.2), constant(0.2), false_alarms=0.05)
CAMERAS = Channel("cameras", periodic(1 / 12, 0.05), periodic(1 / 12, 0.05, "average"), group="access")
REACTOR = ViolationSite("reactor", gain=20, caught=60, days=3, detects=0.5, channels=(SATELLITES,))
STORE = ViolationSite("store", gain=30, caught=60, days=4, sample=SAMPLE, false_alarms=0.01)
MINE = ViolationSite("mine", gain=5, caught=20, days=2, detects=0.3, group="access", channels=(CAMERAS,))
TASK = Inspections((REACTOR, STORE, MINE), days=40, discount=0.08)


def planned(task: Inspections):
    plan, findings = plan_inspections(task)
    assert plan is not None, findings
    return plan


# --- the plan is the best ----------------------------------------------------------------------------------------

site = st.builds(
    ViolationSite,
    st.just("x"),
    gain=st.floats(0, 30).map(lambda x: round(x, 2)),
    caught=st.floats(0, 60).map(lambda x: round(x, 2)),
    days=st.integers(1, 4),
    detects=st.floats(0, 1).map(lambda x: round(x, 2)),
    channels=st.sampled_from([(), (SATELLITES,), (CAMERAS,)]),
    group=st.sampled_from([None, "access"]),
)
sampled = st.builds(
    ViolationSite,
    st.just("x"),
    gain=st.floats(1, 30),
    caught=st.floats(1, 60),
    days=st.integers(1, 4),
    sample=st.sampled_from([SAMPLE, TOO_LITTLE, replace(SAMPLE, methods=(Method(2, 0.3),))]),
)
tasks = st.builds(
    lambda sites, days, schedule: Inspections(
        tuple(replace(s, name=f"s{i}") for i, s in enumerate(sites)), days, 0.08, schedule
    ),
    st.lists(st.one_of(site, sampled), min_size=1, max_size=3),
    st.integers(0, 8),
    st.sampled_from(["periodic", "random"]),
)


@settings(max_examples=40)
@given(tasks)
def test_no_plan_within_the_budget_is_better(task):
    plan = planned(task)
    assert plan.days <= task.days
    patterns = task.patterns if task.schedule == "periodic" else (1,)

    def value(s: ViolationSite, n: int) -> float:
        ways = inspection_plan.violations(s, patterns)
        return max((worth(task, s, n, v, delays(task, s, n, v).worst) for v in ways), default=-inf)

    tables = [[value(s, n) for n in range(task.days // s.days + 1)] for s in task.sites]
    best = min(
        max(table[n] for table, n in zip(tables, visits, strict=True))
        for visits in product(*(range(len(table)) for table in tables))
        if sum(n * s.days for n, s in zip(visits, task.sites, strict=True)) <= task.days
    )
    assert (plan.adversary.value if plan.adversary else -inf) == pytest.approx(best, abs=1e-9)


@settings(max_examples=40)
@given(tasks)
def test_a_plan_keeps_its_word(task):
    """What it says of each site is what its delay says; records are plain and finite."""
    plan = planned(task)
    for s in plan.sites:
        if s.violation is None:
            assert s.visits == 0
            continue
        assert s.value == pytest.approx(worth(task, s.site, s.visits, s.violation, s.worst))
        if s.violation.over_visits == 1:
            gained = s.site.gain * (1 - s.worst.laplace(0.08)) / 0.08
            assert s.value == pytest.approx(gained - s.site.caught * s.worst.laplace(0.08))
        record = plan.record("freeze", "8 kg", site=s.site.name)
        json.dumps(record, allow_nan=False)
        cdf = record["cdf"]
        assert (np.diff(cdf["worst_start"]) >= -1e-12).all()
        assert 0 <= record["fap_per_year"] <= 1
        if s.violation.over_visits == 1:  # where it rises from visit to visit, a later start can only be seen later
            assert (np.array(cdf["worst_start"]) <= np.array(cdf["average_start"]) + 1e-9).all()
    assert plan.complies == (plan.adversary is None or plan.adversary.value <= 1e-9)


@settings(max_examples=30)
@given(tasks)
def test_days_to_deter_is_the_least_budget_that_deters(task):
    need = days_to_deter(task)
    if need is None:
        assert not planned(replace(task, days=60)).complies
        return
    assert planned(replace(task, days=need)).complies
    assert planned(replace(task, days=need, enough=0.0)).days == need
    if need:
        assert not planned(replace(task, days=need - 1)).complies


# --- the worst violation -----------------------------------------------------------------------------------------


def every_way(site: ViolationSite, patterns: tuple[int, ...]) -> list[Violation]:
    """Each share over each number of visits, none left out."""
    sample, found = site.sample, []
    for n in patterns:
        for share, d in sample.choices():
            seen = tuple(sample.detection(share, -(-d * k // n)) for k in range(1, n + 1))
            found.append(Violation(share, d, n, seen))
    return found


@pytest.mark.parametrize(
    "drawn", [((40, 0.1),), ((10, 0.1), (3, 0.01)), ((30, 0.2), (2, 0.02)), ((5, 0.0), (25, 0.15))]
)
@pytest.mark.parametrize(("gain", "caught"), [(30.0, 1.0), (1.0, 60.0)])
def test_no_share_and_no_pattern_pays_better(drawn, gain, caught):
    """The best may be spread where the next would pay at once: what being seen must cost holds against all of them."""
    sample = Sample(120, 2.0, 8.0, tuple(Method(n, sd) for n, sd in drawn))
    store = replace(STORE, sample=sample, gain=gain, caught=caught, channels=(SATELLITES,))
    task = replace(TASK, sites=(store,))
    for visits in (0, 1, 3, 12):
        plan, _ = judge_visits(replace(task, days=99), {"store": visits})
        (best,) = plan.sites
        ways = [(v, delays(task, store, visits, v).worst) for v in every_way(store, (1, 2, 4))]
        assert best.value == pytest.approx(max(worth(task, store, visits, v, d) for v, d in ways), abs=1e-9)
        turned = replace(store, caught=best.holds_at)
        assert max(worth(task, turned, visits, v, d) for v, d in ways) == pytest.approx(0, abs=1e-7)


def test_at_once_is_reckoned_with_whatever_the_file_says():
    spread = replace(TASK, patterns=(4,))
    assert planned(spread).visits == planned(replace(TASK, patterns=(1, 4))).visits


def test_at_once_the_worst_share_is_the_samples():
    (found,) = inspection_plan.violations(STORE, (1,))
    worst = SAMPLE.worst()
    assert worst is not None
    assert (found.share, found.defects, found.detects[0]) == pytest.approx(tuple(worst))


@pytest.mark.parametrize("schedule", ["periodic", "random"])
@pytest.mark.parametrize("start", ["worst", "average"])
def test_delays_and_worth_by_simulation(schedule, start):
    """100,000 violations, spread over three visits (all at once if visits are random), with satellites beside."""
    task = replace(TASK, schedule=schedule)
    violation = Violation(0.5, 8, 3, (0.1, 0.25, 0.5)) if schedule == "periodic" else Violation(1.0, 4, 1, (0.5,))
    visits, runs, random = 4, 100_000, np.random.default_rng(2)
    if schedule == "periodic":
        first = np.full(runs, 1 / visits) if start == "worst" else random.random(runs) / visits
        times = first[:, None] + np.arange(80) / visits
    else:
        times = random.exponential(1 / visits, (runs, 120)).cumsum(axis=1)
    chance = np.append(violation.detects, np.full(times.shape[1] - len(violation.detects), violation.detects[-1]))
    seen = random.random(times.shape) < chance
    found = np.where(seen, times, inf).min(axis=1)
    found = np.minimum(found, random.exponential(5.0, runs))
    both = delays(task, REACTOR, visits, violation)
    delay = both.worst if start == "worst" else both.average
    assert delay.mean() == pytest.approx(found.mean(), abs=4 * found.std() / runs**0.5)
    for t in (0.25, 0.4, 0.75, 1.5):
        p = float(delay.cdf(t))
        assert (found <= t).mean() == pytest.approx(p, abs=4 * (p * (1 - p) / runs) ** 0.5 + 1e-12)
    if start == "worst":
        complete, rho = (violation.over_visits - 1) / visits, task.discount
        gains = np.maximum(np.exp(-rho * complete) - np.exp(-rho * found), 0) / rho
        payoff = REACTOR.gain * gains - REACTOR.caught * np.exp(-rho * found)
        exact = worth(task, REACTOR, visits, violation, delay)
        assert payoff.mean() == pytest.approx(exact, abs=4 * payoff.std() / runs**0.5)


def test_false_alarms_by_simulation():
    runs, random = 200_000, np.random.default_rng(3)
    plan, _ = judge_visits(TASK, {"store": 3, "reactor": 2})
    assert plan is not None
    quiet = random.random((runs, 3)) > STORE.false_alarms
    for method in SAMPLE.methods:
        quiet &= (random.standard_normal((runs, 3, method.drawn)) < method.reject_at).all(axis=2)
    alarms = ~quiet.all(axis=1) | (random.poisson(SATELLITES.false_alarms, runs) > 0)
    p = plan.false_alarm
    assert alarms.mean() == pytest.approx(p, abs=4 * (p * (1 - p) / runs) ** 0.5)


def test_access_that_is_shared_counts_once():
    plan, findings = judge_visits(TASK, {"mine": 2})
    assert plan is not None
    mine = plan.sites[2]
    assert mine.worst.laplace(0.08) == pytest.approx(max(CAMERAS.worst.laplace(0.08), periodic(0.5, 0.3).laplace(0.08)))
    assert len(mine.left_out) == 1
    noisy = replace(MINE, channels=(replace(CAMERAS, false_alarms=0.3),))
    plan, _ = judge_visits(replace(TASK, sites=(noisy,)), {"mine": 2})
    assert plan.false_alarm == pytest.approx(1 - np.exp(-0.3))  # whichever of them counts
    assert "inspect.shared" in {f.code for f in findings}


# --- record, calendar, identity ----------------------------------------------------------------------------------


def test_the_record_says_what_the_model_needs():
    plan = planned(TASK)
    record = plan.record("freeze", "8 kg plutonium", provenance={"source": "assumed"})
    assert set(record) == {
        *("commitment", "quantity_goal", "cdf", "p_ever", "mean_years", "p90_years", "laplace"),
        *("fap_per_year", "plan_id", "cost", "adversary", "provenance"),
    }
    worst = plan.adversary
    assert worst is not None
    assert record["adversary"]["site"] == worst.site.name
    assert record["laplace"] == {"rho": 0.08, "value": worst.worst.laplace(0.08)}
    assert record["cost"] == {"inspector_days_per_year": plan.days}
    assert plan.detection(1.0) == record["cdf"]["worst_start"][12]
    watch = watch_of(worst.worst)
    assert watch.partial(0.08, -1.0, inf) == pytest.approx(record["laplace"]["value"])


def test_equal_plans_have_equal_names():
    again = Inspections(tuple(replace(s) for s in TASK.sites), 40, 0.08)
    assert planned(TASK).plan_id == planned(again).plan_id
    assert planned(TASK).plan_id != planned(replace(TASK, discount=0.09)).plan_id


def test_a_year_of_periodic_visits():
    plan = planned(TASK)
    days = plan.calendar(date(2019, 1, 1))
    assert days == sorted(days, key=lambda v: v.day)
    assert sum(v.days for v in days) == plan.days
    for name, n in plan.visits.items():
        dates = [v.day for v in days if v.site == name]
        assert len(dates) == n
        assert all(date(2019, 1, 1) <= d < date(2020, 1, 1) for d in dates)
        gaps = {(b - a).days for a, b in pairwise(dates)}
        assert all(abs(gap - 365 / n) < 1 for gap in gaps)


def test_random_visits_are_drawn_from_the_seed():
    plan = planned(replace(TASK, schedule="random"))
    drawn = plan.calendar(date(2019, 1, 1), np.random.default_rng(1))
    assert drawn == plan.calendar(date(2019, 1, 1), np.random.default_rng(1))
    assert drawn != plan.calendar(date(2019, 1, 1), np.random.default_rng(2))
    assert {s.site.name: sum(v.site == s.site.name for v in drawn) for s in plan.sites} == plan.visits
    with pytest.raises(UsageError, match="generator"):
        plan.calendar(date(2019, 1, 1))


def test_drawn_dates_are_seen_no_later_than_the_plan_says():
    """Four visits on days drawn anew each year, against the exponential of the plan: 100,000 violations."""
    runs, p, random = 100_000, 0.5, np.random.default_rng(4)
    start = random.random(runs)
    days = np.concatenate([random.random((runs, 4)) + year for year in range(12)], axis=1)
    seen = (random.random(days.shape) < p) & (days > start[:, None])
    found = np.where(seen, days, inf).min(axis=1) - start
    plan = delays(replace(TASK, schedule="random"), replace(REACTOR, channels=()), 4, Violation(None, None, 1, (p,)))
    for t in (0.25, 0.5, 1.0, 2.0):
        assert (found <= t).mean() >= float(plan.worst.cdf(t)) - 0.006


# --- findings ----------------------------------------------------------------------------------------------------


def codes(task: Inspections, visits: dict[str, int] | None = None) -> set[tuple[str, str]]:
    plan, findings = plan_inspections(task) if visits is None else judge_visits(task, visits)
    assert (plan is None) == any(f.severity == "error" for f in findings)
    assert all(f.message and "nan" not in f.code for f in findings)
    return {(f.code, f.path) for f in findings}


def with_reactor(**changes) -> Inspections:
    return replace(TASK, sites=(replace(REACTOR, **changes),))


@pytest.mark.parametrize(
    ("task", "code", "path"),
    [
        (replace(TASK, sites=()), "inspect.site", "sites"),
        (replace(TASK, sites=(REACTOR, REACTOR)), "inspect.site", "sites"),
        (replace(TASK, days=-1), "inspect.budget", "days"),
        (replace(TASK, days=1.5), "inspect.budget", "days"),
        (replace(TASK, discount=0.0), "inspect.discount", "discount"),
        (replace(TASK, discount=nan), "inspect.discount", "discount"),
        (replace(TASK, schedule="never"), "inspect.schedule", "schedule"),
        (replace(TASK, patterns=(0,)), "inspect.pattern", "patterns"),
        (replace(TASK, patterns=(10**9,)), "inspect.pattern", "patterns"),
        (with_reactor(timely=Timely(0.0, 0.5)), "inspect.timely", "sites.reactor.timely.within"),
        (with_reactor(timely=Timely(1.0, nan)), "inspect.probability", "sites.reactor.timely.detects"),
        (with_reactor(days=0), "inspect.effort", "sites.reactor.days"),
        (with_reactor(days=2.5), "inspect.effort", "sites.reactor.days"),
        (with_reactor(gain=-1.0), "inspect.payoff", "sites.reactor.gain"),
        (with_reactor(caught=inf), "inspect.payoff", "sites.reactor.caught"),
        (with_reactor(detects=1.2), "inspect.probability", "sites.reactor.detects"),
        (with_reactor(detects=nan), "inspect.probability", "sites.reactor.detects"),
        (with_reactor(false_alarms=-0.1), "inspect.probability", "sites.reactor.false_alarms"),
        (with_reactor(detects=None), "inspect.detects", "sites.reactor"),
        (with_reactor(sample=SAMPLE), "inspect.detects", "sites.reactor"),
        (with_reactor(detects=None, sample=replace(SAMPLE, items=5)), "inspect.sample", "sites.reactor.sample"),
        (with_reactor(detects=None, sample=replace(SAMPLE, goal_kg=nan)), "inspect.sample", "sites.reactor.sample"),
        (
            with_reactor(channels=(replace(SATELLITES, false_alarms=nan),)),
            "inspect.probability",
            "sites.reactor.channels.satellites",
        ),
        (
            with_reactor(channels=(Channel("odd", periodic(0.1234567, 0.1), constant(0.1)),)),
            "inspect.channel",
            "sites.reactor.channels.odd",
        ),
    ],
)
def test_bad_input_is_a_finding(task, code, path):
    assert (code, path) in codes(task)


@pytest.mark.parametrize(
    ("visits", "code", "path"),
    [
        ({"reactor": 20}, "inspect.budget", "visits"),
        ({"reactor": -1}, "inspect.visits", "visits.reactor"),
        ({"reactor": 1.5}, "inspect.visits", "visits.reactor"),
        ({"factory": 1}, "inspect.visits", "visits.factory"),
    ],
)
def test_visits_that_cannot_be_are_findings(visits, code, path):
    assert (code, path) in codes(TASK, visits)


def test_a_plan_beyond_the_budget_says_by_how_much():
    _, findings = judge_visits(TASK, {"reactor": 12, "store": 3})
    (found,) = [f for f in findings if f.code == "inspect.budget"]
    assert "48 inspector-days" in found.message
    assert "8 days" in found.remedy


def test_what_is_worth_knowing():
    too_little = replace(STORE, name="empty", sample=TOO_LITTLE)
    assert ("inspect.unreachable", "sites.empty") in codes(replace(TASK, sites=(REACTOR, too_little)))
    assert ("inspect.blind", "sites.reactor") in codes(with_reactor(detects=0.0))
    plan, findings = plan_inspections(replace(TASK, days=3))
    assert plan is not None
    assert not plan.complies
    (found,) = [f for f in findings if f.code == "inspect.tempting"]
    assert f"{days_to_deter(TASK)} inspector-days" in found.remedy


def test_where_no_violation_is_possible_there_is_nothing_to_record():
    empty = replace(STORE, sample=TOO_LITTLE)
    plan = planned(replace(TASK, sites=(empty,)))
    assert (plan.days, plan.complies, plan.adversary, plan.detection()) == (0, True, None, None)
    with pytest.raises(UsageError, match="no violation"):
        plan.record("freeze")
    with pytest.raises(UsageError, match="nowhere"):
        plan.record("freeze", site="nowhere")


# --- in time -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["periodic", "random"])
@pytest.mark.parametrize("group", [None, "access"])
def test_visits_that_see_it_in_time(schedule, group):
    """The fewest that do, by trying all; by the rule ⌈ln(1 − DP)/ln(1 − p)⌉ where nothing else watches."""
    timely = Timely(0.25, 0.9)
    site_ = replace(REACTOR, timely=timely, channels=(SATELLITES, CAMERAS), group=group)
    task = replace(TASK, sites=(site_,), days=10_000, schedule=schedule)
    need = visits_in_time(task, site_)
    for n in (need - 1, need):
        plan, findings = judge_visits(task, {"reactor": n})
        (found,) = plan.sites
        assert found.in_time == pytest.approx(float(found.worst.cdf(0.25)))
        assert found.late == (n < need) == ("inspect.late" in {f.code for f in findings})
    alone = replace(site_, channels=())
    if schedule == "periodic":
        rule = interval_for(0.25, 0.9, 0.5)
        assert visits_in_time(replace(task, sites=(alone,)), alone) == round(1 / rule.every) == 16
    assert visits_in_time(task, replace(alone, detects=0.0)) is None
    assert visits_in_time(task, replace(alone, timely=None)) is None


@settings(max_examples=30)
@given(
    tasks, st.lists(st.tuples(st.sampled_from([0.1, 0.25, 0.5]), st.sampled_from([0.3, 0.6])), min_size=3, max_size=3)
)
def test_goals_in_time_come_first_where_there_is_effort(task, goals):
    """Of all plans with at least what deterrence and the goals need, the worst violation is worth least."""
    sites = tuple(replace(s, timely=Timely(*goal)) for s, goal in zip(task.sites, goals, strict=False))
    task = replace(task, sites=sites, days=12)
    first, plan = inspection_plan.visits_needed(task), planned(task)
    without, _ = plan_inspections(task, in_time=False)
    costs = [s.days for s in sites]
    if first is None or sum(n * c for n, c in zip(first, costs, strict=True)) > task.days:
        assert plan.visits == without.visits
        return
    assert plan.days <= task.days
    assert plan.complies
    ranges = [range(n, task.days // c + 1) for n, c in zip(first, costs, strict=True)]
    rivals = [
        judge_visits(task, dict(zip((s.name for s in sites), visits, strict=True)))[0]
        for visits in product(*ranges)
        if sum(n * c for n, c in zip(visits, costs, strict=True)) <= task.days
    ]
    best = min(p.adversary.value if p.adversary else -inf for p in rivals)
    assert (plan.adversary.value if plan.adversary else -inf) == pytest.approx(best, abs=1e-9)
    assert {s.site.name for s in plan.sites if s.late} <= {
        s.name for s in sites if s.group or visits_in_time(task, s) is None
    }


def test_what_is_spread_is_seen_no_later_after_it_is_complete():
    within = 0.2
    for visits in (2, 4, 12):
        at_once, *others = [v for v in every_way(STORE, (1, 2, 4)) if v.share == 1.0]
        first = delays(TASK, STORE, visits, at_once).worst.cdf(within)
        for v in others:
            complete = (v.over_visits - 1) / visits
            assert delays(TASK, STORE, visits, v).worst.cdf(complete + within) >= first - 1e-9


def test_no_site_gets_more_than_a_visit_a_day():
    plan = planned(replace(TASK, days=10**9, sites=(REACTOR, replace(REACTOR, name="blind", detects=0.0))))
    assert plan.visits == {"reactor": 365, "blind": 0}
