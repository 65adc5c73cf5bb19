"""The bundled plan as it is printed, against a simulation visit by visit and item by item; its words and its dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from icalendar import Calendar

from detente.errors import UsageError
from detente.report.verification.inspection import page, site_rows
from detente.report.verification.visits import ics
from detente.verify.inspection.files import read_inspections
from detente.verify.inspection.inspected import inspect

RUNS = 100_000


@pytest.fixture(scope="module")
def assignment():
    found, findings = read_inspections("yongbyon-2018")
    assert findings == []
    return found


def seen_at_a_visit(site, violation, visit, runs, random):
    """Whether each violation is seen: items are drawn and measured, as the file says."""
    if site.sample is None:
        return random.random(runs) < site.detects
    gone = -(-violation.defects * min(visit, violation.over_visits) // violation.over_visits)
    seen = np.zeros(runs, bool)
    for m in site.sample.methods:
        drawn = random.hypergeometric(gone, site.sample.items - gone, m.drawn, size=runs)
        missing = violation.share + m.relative_sd * random.standard_normal((runs, m.drawn))
        defects = np.arange(m.drawn)[None, :] < drawn[:, None]
        seen |= (defects & (missing > m.reject_at * m.relative_sd)).any(axis=1)
    return seen


def seen_by_visits(plan, s, start, random):
    found = np.full(RUNS, np.inf)
    if not s.visits:
        return found
    if plan.task.schedule == "random":
        return random.exponential(1 / (s.visits * s.violation.detects[-1]), RUNS)
    begun = random.random(RUNS) if start == "average" else np.zeros(RUNS)
    for visit in range(1, 400):
        left = np.flatnonzero(np.isinf(found))
        here = left[seen_at_a_visit(s.site, s.violation, visit, len(left), random)]
        found[here] = (visit - begun[here]) / s.visits
    return found


def seen_by_channels(file, site, start, random):
    found = np.full(RUNS, np.inf)
    for name in file.sites[site].channels:
        channel = file.channels[name]
        if channel.detects.value:
            found = np.minimum(found, random.exponential(1 / channel.detects.value, RUNS))
        if channel.visits:
            looks = random.geometric(channel.visits.detects.value, RUNS)
            begun = random.random(RUNS) if start == "average" else 0.0
            found = np.minimum(found, (looks - begun) * channel.visits.every.value)
    return found


@pytest.mark.parametrize(("days", "schedule"), [(400, "periodic"), (103, "periodic"), (200, "random"), (0, "periodic")])
def test_the_plan_by_simulation(assignment, days, schedule):
    """Chances, quantiles, means, discounting and worth of all sites and both starts, 100,000 violations each."""
    found, random = inspect(assignment, days=days, schedule=schedule), np.random.default_rng(days)
    plan, rho = found.plan, found.plan.task.discount
    for s in plan.sites:
        for start, delay in (("worst", s.worst), ("average", s.average)):
            by_channels = seen_by_channels(assignment.written, s.site.name, start, random)
            times = np.minimum(seen_by_visits(plan, s, start, random), by_channels)
            for t in (0.1, 0.25, 0.5, 1.0, 2.0):
                near((times <= t + 1e-9).astype(float), float(delay.cdf(t)))
            assert (times <= delay.quantile(0.9) + 1e-7).mean() >= 0.9 - 5 * (0.09 / RUNS) ** 0.5
            assert (times <= delay.quantile(0.9) - 1e-5).mean() <= 0.9 + 5 * (0.09 / RUNS) ** 0.5
            near(times, delay.mean())
            near(np.exp(-rho * times), delay.laplace(rho))
            if start == "worst":
                gained = s.site.gain * (1 - np.exp(-rho * times)) / rho
                near(gained - s.site.caught * np.exp(-rho * times), s.value)


def near(drawn, exact):
    assert drawn.mean() == pytest.approx(exact, abs=5 * drawn.std() / RUNS**0.5 + 1e-4)


def test_more_days_never_make_it_worse(assignment):
    found = inspect(assignment)
    values = [e.value for e in found.efforts]
    assert values == sorted(values, reverse=True)
    assert next(e.days for e in found.efforts if e.value <= 1e-9) == found.deters


def test_what_is_not_seen_in_time_is_said(assignment):
    short = page(inspect(assignment, days=234))
    (late,) = [text for text in short.said if text.startswith("Not seen in time")]
    assert "Centrifuge plant at Yongbyon, 0 % within 1 month (to be 50 %), 12 visits a year would do" in late
    assert "take 235 inspector-days a year together" in " ".join(short.said)
    assert short.mark == "open"
    assert "No violation pays under this plan" in short.headline
    assert "not seen in time at Radiochemical Laboratory and Centrifuge plant at Yongbyon" in short.headline
    enough = inspect(assignment, days=235)
    assert enough.needs == 235
    assert not any(s.late for s in enough.plan.sites)
    assert (page(enough).mark, enough.plan.complies) == ("yes", True)
    assert "235 inspector-days a year and come first" in " ".join(page(enough).said)


def test_more_likely_than_not_a_false_alarm_is_in_the_headline(assignment):
    assert "false alarm within a year is more likely than not (63.8 %)" in page(inspect(assignment)).headline


def test_the_answer_says_from_when_the_calendar_runs_and_why(assignment):
    unsaid = replace(assignment, written=assignment.written.model_copy(update={"start": None}))
    for task, start, said in (
        (assignment, None, "from 1 Jan 2019, as the file says"),
        (assignment, date(2020, 2, 1), "from 1 Feb 2020, as asked"),
        (unsaid, None, "from 1 Jan 2019, by default: nothing says when"),
    ):
        assert f"The calendar runs {said}." in page(inspect(task, days=20, start=start)).said


def test_a_chance_that_rounds_to_one_is_not_called_certain(assignment):
    rows = site_rows(inspect(assignment, days=5000))
    assert "more than 99.99 %" in {row["seen_in_half_a_year"] for row in rows}
    assert not any("100 %" in str(row["seen_in_half_a_year"]) for row in rows)


def test_where_a_violation_pays_the_hardest_to_deter_is_named(assignment):
    few = page(inspect(assignment, days=20))
    assert few.mark == "no"
    assert few.turns_on[0].startswith("The hardest to deter is")
    unwatched = tuple(replace(s, channels=()) for s in assignment.task.sites)
    never = inspect(replace(assignment, task=replace(assignment.task, sites=unwatched)), days=0)
    assert "never seen" in page(never).turns_on[0]


# --- dates -------------------------------------------------------------------------------------------------------


def test_the_calendar_is_read_again_by_others(assignment):
    found = inspect(assignment, start=date(2020, 2, 29))
    text = ics(found)
    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    events = Calendar.from_ical(text).walk("VEVENT")
    assert len({e["UID"] for e in events}) == len(events) == len(found.visits) == sum(found.plan.visits.values())
    for event, visit in zip(events, found.visits, strict=True):
        assert event.decoded("DTSTART") == visit.day
        assert event.decoded("DTEND") == visit.day + timedelta(days=1)
        assert str(event["SUMMARY"]) == f"Inspection: {found.title_of(visit.site)}"
        assert date(2020, 2, 29) <= visit.day < date(2021, 2, 28)
    assert [v.day for v in found.visits] == sorted(v.day for v in found.visits)


@pytest.mark.parametrize("start", [date(9999, 1, 1), date(9999, 12, 31)])
def test_a_year_beyond_the_calendar_is_refused(assignment, start):
    with pytest.raises(UsageError, match="beyond the calendar"):
        inspect(assignment, start=start)
    assert inspect(assignment, start=date(9998, 12, 31)).visits
