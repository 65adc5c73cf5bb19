"""Levels and progress over time agree with the judge, which reckons them by itself."""

from __future__ import annotations

import pytest

from detente.dossier.quantities import Number
from detente.dossier.schema import Demand, InterestBound
from detente.model.judge.facts import Facts
from detente.model.judge.terms import Terms
from detente.report.roadmap import courses
from detente.report.roadmap.steps import TimedPlan, steps

FAR = 40.0
"""Years after which nothing in the test's dossier moves any more."""


def judged(a, bound):
    """Whether the judge finds a bound on an interest met."""
    demand = Demand(by="west", firmness="red_line", require=bound)
    dossier = a.dossier.model_copy(update={"demands": {"d": demand}})
    terms = Terms(dossier, Facts(dossier), "none", ())
    (term,) = [t for t in terms.all if t.kind == "demand"]
    return term.judge(terms.clock.timing(a.plan)) is None


@pytest.mark.parametrize("interest", ["guns", "talks"])
def test_levels_are_those_that_the_judge_bounds(everything, interest):
    points = courses.with_deal(interest, TimedPlan.of(everything.dossier, everything.plan), FAR)
    most, least = max(v for _, v in points), min(v for _, v in points)
    for shift, met in ((1e-3, True), (-1e-3, False)):
        assert judged(everything, InterestBound(interest=interest, at_most=Number(value=most + shift))) is met
        assert judged(everything, InterestBound(interest=interest, at_least=Number(value=least - shift))) is met


def test_levels_follow_the_definition(everything):
    """Guns: 30, ten more a year for three years; frozen at 0.25 (−5, −4 a year until 2), scrapped at 0.75."""
    points = dict(courses.with_deal("guns", TimedPlan.of(everything.dossier, everything.plan), FAR))
    assert points[0.0] == pytest.approx(30)
    assert points[0.25] == pytest.approx(30 + 10 * 0.25 - 5, abs=0.05)
    assert points[0.75] == pytest.approx(30 + 10 * 0.75 - 5 - 4 * 0.5 - 10, abs=0.05)
    assert points[FAR] == pytest.approx(60 - 5 - 4 * 1.75 - 10)


def test_progress_counts_what_is_verified(everything):
    timed = TimedPlan.of(everything.dossier, everything.plan)
    done = dict(courses.verified(timed, "disarmament", FAR))
    by_name = {s.measure: s for s in steps(everything)}
    for time, share in done.items():
        day = everything.dossier.grid.date_at(time)
        weights = {"freeze": 0.4, "scrap": 0.6}
        assert share == pytest.approx(sum(w for m, w in weights.items() if by_name[m].verified <= day))
    assert done[FAR] == pytest.approx(1.0)


def test_what_is_given_keeps_to_its_link(everything):
    timed = TimedPlan.of(everything.dossier, everything.plan)
    link = everything.dossier.links["pay_as_you_go"]
    given, allowed = courses.in_force(timed, link.share, FAR), courses.verified(timed, "disarmament", FAR)
    for time, share in given:
        last = [v for t, v in allowed if t <= time + 1e-9][-1]
        assert share <= last + 0.1 + 1e-6
    assert given[-1][1] == pytest.approx(1.0)
