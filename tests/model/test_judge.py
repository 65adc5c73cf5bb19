"""The judge beyond single breaches: exits, leaving after faking, moments between dates, what bends in between.

Numbers are those of ANSWERS (data/known_answers/answers.json) where a case is named, else pen and paper.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detente.dossier.schema import Dossier
from detente.model.judge.calendar import BETWEEN, Instants
from detente.model.judge.check import Judge, Slack, check
from detente.model.judge.facts import Course, Facts, Undoing
from detente.model.judge.paths.branches import Backs, Leavers, Paths
from detente.model.judge.paths.values import Continuation
from detente.model.judge.paths.views import Made
from detente.model.judge.stakes import Worths
from detente.model.judge.together import Together
from detente.model.plan import Plan
from tests.model.test_check import GIVE, PAY, RHO, dossier, plan, row, stream

SEEN = {"by": "agency", "detects": "0.3 /year"}


def leaving(**fields: Any) -> Mapping[str, Any]:
    return {"exit": {"ends": "b", **fields}}


def test_keeping_is_an_expectation_over_exits() -> None:
    """`exit_of_the_payer` and `own_exit`: (g − c)/(ρ + h), the breakout as if nobody left by itself."""
    d = dossier(shocks=leaving(rate="0.1 /year"), b={"response_time": "1 year"})
    p = plan(d)
    assert check(d, p).values["a"] == pytest.approx(2 / (RHO + 0.1))
    found = row(d, p, "breakout", "a", (1, "after"))
    assert (found.keep, found.deviate) == pytest.approx((2 / (RHO + 0.1), 3 * stream(0, 1)))
    own = (3 / RHO) * (1 - math.exp(-RHO) * 0.1 / (RHO + 0.1)) - 1 / (RHO + 0.1)
    mine = dossier(shocks={"exit": {"ends": "a", "rate": "0.1 /year"}}, b={"response_time": "1 year"})
    assert check(mine, plan(mine)).values["a"] == pytest.approx(own)


def test_an_exit_on_a_date_is_to_come_before_it_and_past_after_it() -> None:
    """`exit_of_the_payer_dated`, on a date that no period begins with: it has its own two moments."""
    d = dossier(shocks=leaving(at="2021-04-01", chance="25 %"))
    p = plan(d)
    assert check(d, p).values["a"] == pytest.approx(2 / RHO * (1 - 0.25 * math.exp(-RHO * 1.25)))
    found = [r for r in Judge(d).slacks(p) if r.kind == "breakout" and r.party == "a" and r.years == 1.25]
    assert [(r.moment, r.date.isoformat() if r.date else "") for r in found] == [
        ("before", "2021-04-01"),
        ("after", "2021-04-01"),
        ("between", "2021-04-01"),
    ]
    assert [r.keep for r in found] == pytest.approx([2 / RHO * 0.75, 2 / RHO, 2 / RHO])


def test_cheating_ends_with_what_comes_first() -> None:
    """Known at rate λ, b leaves at rate h: a's faking brings g/(ρ + λ + h), as both end b's part at once."""
    d = dossier({"give": {**GIVE, "verify": SEEN}, "pay": PAY}, shocks=leaving(rate="0.2 /year"))
    found = row(d, plan(d), "covert", "a", (0, "before"))
    assert found.deviate == pytest.approx(3 / (RHO + 0.3 + 0.2))


def test_faking_may_end_in_an_open_break() -> None:
    """`swap_on_one_date`: fake the gift, take the other's, leave: worth G − C, however good the inspection."""
    gift = {
        "by": "a",
        "effects": {"x": {"once": -3}, "y": {"once": 4}},
        "verify": {"by": "agency", "detects": "9 /year"},
    }
    back = {"by": "b", "effects": {"x": {"once": 4}, "y": {"once": -3}}}
    d = dossier({"gift": gift, "back": back}, a={"collapse_cost": 2}, b={"collapse_cost": 9})
    p = plan(d, gift=4, back=4)
    (left,) = [r for r in Judge(d).slacks(p) if r.kind == "covert" and r.leaves is not None]
    assert (left.moment, left.leaves_moment, left.leaves) == ("before", "after", d.grid.dates[4])
    assert (left.keep, left.deviate) == pytest.approx((1, 2))
    assert not left.accepted
    assert left in Judge(d).missed(p, lambda slack: slack.leaves is not None)
    assert not Judge(d).satisfactory(p)
    assert not check(d, p).satisfactory


def test_what_takes_long_is_looked_at_only_where_nothing_else_that_is_asked_is_broken() -> None:
    gift = {
        "by": "a",
        "effects": {"x": {"once": -3}, "y": {"once": 4}},
        "verify": {"by": "agency", "detects": "9 /year"},
    }
    back = {"by": "b", "effects": {"x": {"once": 4}, "y": {"once": -3}}}
    d = dossier({"gift": gift, "back": back}, a={"collapse_cost": 2}, b={"collapse_cost": 9})
    p = plan(d, gift=4, back=4)
    assert {s.leaves for s in Judge(d).missed(p)} == {None}
    assert {s.leaves for s in Judge(d).missed(p, lambda slack: slack.kind != "covert" or slack.leaves is not None)} == {
        d.grid.dates[4]
    }
    assert Judge(d).missed(p, lambda slack: False) == ()


def test_what_falls_with_the_deal_falls_minded_or_not() -> None:
    """`falls`: a likes the treaty that b performs, which b does not mind; b undoes it in half a year all the same."""
    for falls, value in (("always", 2 * stream(0, 0.75)), ("minded", 2 / RHO)):
        treaty = {"by": "b", "effects": {"x": {"level": 2}}, "undo": {"in": "6 months", "falls": falls}}
        d = dossier({"treaty": treaty, "give": GIVE}, b={"response_time": "3 months"})
        assert row(d, plan(d), "breakout", "a", (1, "after")).deviate == pytest.approx(value)


def test_the_best_time_to_break_is_just_before_the_answer_would_stop_a_gift() -> None:
    """b's gift of 8 at 2 years still comes where a breaks the deal just after 1.75 years; b answers a quarter later."""
    gift = {"by": "b", "effects": {"x": {"once": 8}, "y": {"once": -1}}}
    d = dossier({"give": GIVE, "gift": gift}, b={"response_time": "3 months", "collapse_cost": 40})
    rows = [r for r in Judge(d).slacks(plan(d, gift=4)) if r.party == "a" and r.years == 1.75]
    (found,) = [r for r in rows if r.moment == "between"]
    assert (found.moment, found.date) == ("between", d.start.replace(year=2021, month=10))
    assert found.deviate == pytest.approx(8 * math.exp(-RHO / 4))
    assert found in Judge(d).missed(plan(d, gift=4))


def test_the_best_time_to_break_is_just_before_a_burden_can_no_longer_be_stopped() -> None:
    """b's step at 2 years costs a 8. At 1.7, with 0.3 to b's answer, it does not come; just after, it does."""
    burden = {"by": "b", "effects": {"x": {"once": -8}, "y": {"once": 9}}}
    d = dossier({"give": GIVE, "burden": burden}, b={"response_time": "109.575 days", "collapse_cost": 40})
    rows = [r for r in Judge(d).slacks(plan(d, burden=4)) if r.party == "a" and r.kind == "breakout" and r.years]
    before, after = sorted((r for r in rows if abs(r.years - 1.7) < 1e-6), key=lambda r: r.moment or "")
    assert (before.moment, after.moment) == ("before", "between")
    assert before.deviate == pytest.approx(0.0)
    assert after.deviate == pytest.approx(-8 * math.exp(-RHO * 0.3))


def bystander(*, thanked: bool, **c: Any) -> tuple[Dossier, Plan]:
    """a and b exchange flows and answer to each other alone; b leaves at 0.2 a year. c, whom that brings 6, visits.

    `thanked`: a thanks c for it, at once, as long as it visits. `arms` cost c 2 a year once the deal is over.
    """
    h, own, inspected = "0.2 /year", {"effects": {"z": {"level": -0.5}}, "undo": {"in": 0}}, {"verify": SEEN}
    measures = {
        "give": {**GIVE, "conditional_on": ["b"]},
        "pay": {**PAY, "effects": {**PAY["effects"], "z": {"level": 6}}, "conditional_on": ["a"]},
        "visit": {"by": "c", **own, **inspected, "conditional_on": []},
        "arms": {"by": "a", "if_over": {"z": {"level": -2}}, "conditional_on": []},
    }
    if thanked:
        thanks = {"effects": {"x": {"level": -0.1}, "z": {"level": 1}}, "undo": {"in": 0}}
        measures["thank"] = {"by": "a", **thanks, "conditional_on": ["c"]}
    party = {"discount": f"{RHO} /year", "stakes": {"z": 1}, "response_time": 0, **c}
    d = dossier(measures, a={"exposure_limit": 90}, parties={"c": party}, shocks={"exit": {"ends": "b", "rate": h}})
    return d, plan(d)


LASTS = 1 / (RHO + 0.2)
"""Years of present value until b leaves."""
ENDED = 1 / RHO - LASTS


def test_a_breach_that_nobody_answers_does_not_keep_a_third_party_from_leaving() -> None:
    """Whatever c does, and whenever it is seen: 6 a year until b leaves, then the arms and what no deal costs."""
    d, p = bystander(thanked=False, no_deal="-3 /year")
    rest = 6 * LASTS - 2 * ENDED + 3 * LASTS
    rows = [r for r in Judge(d).slacks(p) if r.party == "c" and r.kind in ("breakout", "covert")]
    assert {(r.kind, r.leaves is None) for r in rows} == {("breakout", True), ("covert", True), ("covert", False)}
    assert [r.deviate for r in rows] == pytest.approx([rest] * len(rows))
    assert [r.keep for r in rows] == pytest.approx([rest - 0.5 / RHO] * len(rows))


def test_a_slight_breach_does_not_keep_a_third_party_from_leaving() -> None:
    """Breaking out or faking, c loses the thanks, for the deal is over then, but has the 6 only until b leaves.

    Of faking: what first happens, b's leaving at 0.2 or being seen at 0.3 a year, decides.
    """
    d, p = bystander(thanked=True, collapse_cost=0.7)
    keep, first = 6 * LASTS - 2 * ENDED + 0.5 / RHO, 1 / (RHO + 0.2 + 0.3)
    found = row(d, p, "breakout", "c", (2, "after"))
    assert (found.keep, found.deviate) == pytest.approx((keep, 6 * LASTS - 2 / RHO - 0.7))
    found = row(d, p, "covert", "c", (0, "before"))
    ended = 1 / RHO - first
    faking = 6 * LASTS - 2 * ended + (first + 0.2 * first / RHO) - 0.7 * 0.3 * first
    assert (found.keep, found.deviate) == pytest.approx((keep, faking))
    assert Judge(d).satisfactory(p)


def test_nor_does_it_shelter_the_exposed() -> None:
    """a's exchange, worth 2 a year, may end whatever c does; until c breaks, its thanks cost it 0.1."""
    d, p = bystander(thanked=True)
    rows = [r for r in Judge(d).slacks(p) if r.kind == "exposure" and (r.party, r.other) == ("a", "c")]
    for r in rows:
        assert r.years is not None
        assert r.keep == pytest.approx(1.9 * stream(0, r.years) + 2 * LASTS * math.exp(-RHO * r.years))
    assert rows


def bent() -> tuple[Dossier, Plan]:
    """At 10 years a must give 10, and gets 20 if c, who may leave at any time, has not left by then."""
    c = {"discount": "5 %/year", "stakes": {"z": 1}, "response_time": 0}
    gift = {"by": "b", "effects": {"x": {"once": 20}, "y": {"once": -1}}}
    price = {"by": "a", "effects": {"x": {"once": -10}, "y": {"once": 20}}, "conditional_on": ["b"]}
    d = dossier(
        {"gift": gift, "price": price, "host": {"by": "c"}},
        parties={"c": c},
        periods=["2 x 10 years"],
        shocks={"exit": {"ends": "c", "rate": "0.3 /year"}},
    )
    return d, plan(d, gift=1, price=1)


def test_the_least_slack_may_lie_between_the_moments() -> None:
    d, p = bent()
    judge = Judge(d)
    found = [r for r in judge.slacks(p) if (r.kind, r.party) == ("breakout", "a")]
    read = judge.weighing.read(p)
    times = np.linspace(0.01, 9.99, 999)
    moments = Instants.at(d.grid.years, times, [BETWEEN] * 999)
    dense = judge.weighing.between.at(read, judge.facts.party["a"], moments)
    inside = [r for r in found if r.moment == "between" and 0 < (r.years or 0) < 10]
    assert inside, "there is one"
    assert min(r.slack or 0 for r in inside) == pytest.approx(dense.slack.min(), abs=1e-5)
    assert min(r.slack or 0 for r in inside) <= dense.slack.min() + 1e-9
    assert min(r.slack or 0 for r in found if r not in inside) > dense.slack.min() + 0.01


def test_gains_are_counted_from_the_threat_point() -> None:
    d = dossier(a={"walk_away": 4}, disagreement="no_deal")
    assert Judge(d).gain(plan(d)) == pytest.approx({"a": 20, "b": 20})
    assert Judge(d).gain(plan(d), threat="walk_away") == pytest.approx({"a": 16, "b": 20})


def test_what_of_a_slack_is_collapse_cost_and_no_deal() -> None:
    """Of keep − breakout, C·e^(−ρℓ) and what no_deal is from the answer on: the rest is what is exchanged."""
    d = dossier(a={"collapse_cost": 3, "no_deal": "-2 /year"}, b={"response_time": "1 year"})
    found = row(d, plan(d), "breakout", "a", (2, "after"))
    assert found.from_collapse_cost == pytest.approx(3 * math.exp(-RHO))
    assert found.from_no_deal == pytest.approx(2 * stream(1))


def test_rounding_is_forgiven_by_what_is_at_stake() -> None:
    slack = Slack("consent", keep=1.0, deviate=1.0 + 1e-5, slack=-1e-5)
    assert not slack.accepted
    assert replace(slack, scale=1e3).accepted


@pytest.mark.parametrize("low", [-3.0, 0.0, 2.0])
def test_no_deal_that_moves(low: float) -> None:
    """`no_deal_course`, and against a sum over small steps."""
    course = Course(((low, -6.0), (low + 10, -2.0)), RHO)
    steps = np.linspace(0, 400, 4_000_001)
    flow = np.interp(steps, [low, low + 10], [6.0, 2.0]) * np.exp(-RHO * steps)
    assert float(course.spared(np.array(0.0))) == pytest.approx(np.trapezoid(flow, steps), rel=1e-9)
    late = steps >= 5
    assert float(course.spared(np.array(5.0))) == pytest.approx(np.trapezoid(flow[late], steps[late]), rel=1e-8)


def test_an_interaction_is_a_sum_of_products() -> None:
    d = dossier(interactions={"i": {"all": ["give", {"any": ["pay", "give"]}], "effects": {"x": {"level": 1}}}})
    together = Together.of(Facts(d).measure, d.interactions["i"].when)
    assert dict(together.sums) == {frozenset({0}): 1.0}
    assert together.ways == [frozenset({0})]


def test_a_breach_that_is_cured() -> None:
    """`answer_penance`: a stops, is answered after ℓ, performs again then, and is suspended for S: at the least S even.

    Nothing of today's builds such a branch; the value function knows it.
    """
    wait, penance = 0.25, 0.12738349632978083
    d = dossier(
        {
            "give": {"by": "a", "effects": {"x": {"level": -1}}, "undo": {"in": 0}},
            "pay": {"by": "b", "effects": {"x": {"level": 2}}, "undo": {"in": 0}},
        }
    )
    facts = Facts(d)
    now = Instants.at(facts.tau, [0.0], [1]).column()
    (branch,) = Paths(facts, Leavers.of(d, facts)).broken(now, 0)
    back = Backs((wait, wait + penance), (math.inf, math.inf))
    branch = replace(branch, known=Undoing((0.0, wait), (0.0, wait)), back=back)
    paths = Continuation(facts, Instants.at(facts.tau, [0.0], [1]), [branch], ())
    value = sum(float(paths.entry(Worths.of(d, facts, 0), Made(m, 0, ()))[0, 0]) for m in (0, 1))
    assert value == pytest.approx(1 / RHO)


def test_growth_that_ends_before_it_could_be_stopped_is_no_threat() -> None:
    """Each lets something grow for 5 years, answered after 1: what a withholds from year 4 on costs it nothing.

    Of a's −1 a year, which stays, the last year's is worth ∫ e^(−ρs) ds / ρ at year 4. No date of the grid is near.
    """

    def growing(rate: float) -> dict[str, Any]:
        return {"per_year": {"rate": rate, "for": "5 years"}}

    give = {"by": "a", "effects": {"x": growing(-1), "y": growing(1)}, "undo": {"in": 0}}
    back = {"by": "b", "effects": {"x": growing(2), "y": growing(-0.5)}, "undo": {"in": 0}}
    d = dossier({"give": give, "back": back}, b={"response_time": "12 months"}, periods=["2 x 10 years"])
    rows = [r for r in Judge(d).slacks(plan(d, give=0, back=0)) if r.kind == "breakout" and r.party == "a"]
    least = min(rows, key=lambda r: r.slack or 0.0)
    assert least.years == pytest.approx(4.0)
    assert least.slack == pytest.approx(-(1 - math.exp(-RHO)) / RHO**2)
