"""What is felt once the deal is over, where a breach is known first and somebody leaves later: the judge by pen.

Known at K, left at X: an exit after K changes nothing of what answers to the breach; what does not, it ends as if the
deal were kept; and where nobody answers the breach, the exit alone ends the deal. K and X are independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from detente.dossier.schema import Dossier
from detente.model.judge.calendar import BETWEEN, Instants
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from tests.model.test_check import RHO, dossier, plan, row, stream

H, SEEN = 0.1, 0.3
LEAVES: Mapping[str, Any] = {"leaves": {"ends": "b", "rate": f"{H} /year"}}
LASTS = 1 / (RHO + H)
"""Years of present value until b leaves."""
OVER: Mapping[str, Any] = {"if_over": {"x": {"level": -1}}, "undo": {"in": 0, "falls": "always"}}
CLAUSE: Mapping[str, Any] = {"by": "b", "effects": {"y": {"level": -1}}, "undo": {"in": 0}, "conditional_on": ["a"]}


def bystanding(shocks: Mapping[str, Any] = LEAVES, **fields: Any) -> tuple[Dossier, Plan]:
    """b, who would answer a's breach by its clause, performs m as well, which does not answer to a and falls with b.

    a pays 1.4 a year, and feels 1 a year less once the deal is over, on what there is of m.
    """
    pay = {"by": "a", "effects": {"x": {"level": -1.4}}, "undo": {"in": 0}, "verify": fields.pop("verify", "open")}
    m = {"by": "b", "effects": {"y": {"level": 1}}, "conditional_on": [], **OVER, **fields.pop("m", {})}
    d = dossier({"pay": pay, "clause": CLAUSE, "m": m}, shocks=shocks, **fields)
    return d, plan(d, clause=None)


def test_what_does_not_answer_to_a_breach_still_ends_with_a_later_exit() -> None:
    """If b could no longer leave after a's breach, that would be worth −10, not −5: worse than keeping, at −7."""
    d, p = bystanding(a={"walk_away": -10})
    found = row(d, p, "breakout", "a", (0, "before"))
    assert (found.keep, found.deviate) == pytest.approx((-1.4 * LASTS, -LASTS))
    assert not Judge(d).satisfactory(p)


def test_so_it_does_after_secret_cheating_is_known() -> None:
    """Known at a rate of 0.3 before b leaves, the deal is over until b does; where b leaves first, nothing is left."""
    d, p = bystanding(verify={"by": "agency", "detects": f"{SEEN} /year"})
    found = row(d, p, "covert", "a", (0, "before"), "pay")
    assert found.deviate == pytest.approx(-SEEN / (RHO + H + SEEN) * LASTS)


def test_and_after_an_exit_on_a_date() -> None:
    """b answers half a year after the breach. If it leaves a year on, by a chance of half, m is gone 3 months later."""
    at, undo = 1.0, {"in": "3 months", "falls": "always", "keeps": "20 %"}
    shocks = {"leaves": {"ends": "b", "at": "2021-01-01", "chance": "50 %"}}
    d, p = bystanding(shocks, m={"undo": undo}, b={"response_time": "6 months"})
    found = row(d, p, "breakout", "a", (0, "before"))
    assert found.deviate == pytest.approx(-stream(0.5) + 0.5 * 0.8 * stream(at + 0.25))
    after = row(d, p, "breakout", "a", (2, "after"))
    assert after.deviate == pytest.approx(-stream(0.5))


def test_an_entry_that_an_exit_after_the_breach_forestalls_is_not_felt() -> None:
    """m is to enter at 2 years, if b has not left by then."""
    d, p = bystanding()
    p = Plan({**p.entry, "m": d.grid.dates[4]})
    found = row(d, p, "breakout", "a", (0, "before"))
    assert found.deviate == pytest.approx(-math.exp(-(RHO + H) * 2) * LASTS)


def alone(undo: Any = "never", **m: Any) -> tuple[Dossier, Plan]:
    """Nobody answers a, who performs m at 0.1 a year, and has 1 a year of it once b has left and a has answered."""
    seen = {"by": "agency", "detects": "50 %/year"}
    effects = {"x": {"level": -0.1}, "y": {"level": 1}}
    d = dossier(
        {"m": {"by": "a", "verify": seen, "undo": undo, "effects": effects, "if_over": {"x": {"level": 1}}, **m}},
        shocks=LEAVES,
    )
    return d, plan(d)


def test_what_a_breach_leaves_of_nothing_is_not_felt_once_somebody_leaves() -> None:
    """Keeping is worth 4. Whether a fakes m, or breaks before it enters, there is no m to feel anything of: 0."""
    d, p = alone()
    rows = [r for r in Judge(d).slacks(p) if r.party == "a" and r.moment == "before" and r.years == 0]
    assert {r.kind for r in rows if r.kind != "consent"} == {"breakout", "covert"}
    for r in rows:
        if r.kind != "consent":
            assert (r.keep, r.deviate) == pytest.approx((4, 0))
    assert Judge(d).satisfactory(p)


@pytest.mark.parametrize("kind", ["breakout", "covert"])
def test_a_breach_that_nobody_answers_leaves_less_for_when_somebody_leaves(kind: str) -> None:
    """a undoes m, openly or in secret, within half a year, but for a quarter; b leaves before that, or later.

    Of faking m that is the same until it is known, and after it: nobody answers.
    """
    d, p = alone({"in": "6 months", "keeps": "25 %"})

    def over(end: float) -> float:
        """1 a year from b's leaving until then, or for ever."""
        return stream(0, end) - (1 - math.exp(-(RHO + H) * end)) * LASTS

    found = row(d, p, kind, "a", (0, "after"))
    cost = -0.1 * (stream(0, 0.5) + 0.25 * stream(0.5))
    assert found.deviate == pytest.approx(cost + 0.25 * over(math.inf) + 0.75 * over(0.5))


def overtaken() -> tuple[Dossier, Plan]:
    """c may leave in two years, and takes m with it 3 months later; b answers a's breach only after a year.

    After a breach from 1.25 years on, m ends before that answer. A breach by the fourth spares a the bill.
    """
    undo = {"in": "3 months", "falls": "always"}
    own = {"by": "a", "effects": {"x": {"level": -3.2}, "y": {"level": 5}}, "undo": {"in": 0}}
    m = {"by": "c", "effects": {"z": {"level": 1}}, "if_over": {"x": {"level": -4}}, "conditional_on": [], "undo": undo}
    bill = {"by": "b", "effects": {"x": {"once": -0.8}}, "conditional_on": ["a"]}
    d = dossier(
        {"own": own, "m": m, "bill": bill},
        b={"response_time": "1 year"},
        parties={"c": {"discount": f"{RHO} /year", "stakes": {"z": 1}, "response_time": 0}},
        periods=["2 x 5 years"],
        shocks={"exit": {"ends": "c", "at": "2022-01-01", "chance": "50 %"}},
    )
    return d, plan(d, bill=1)


def test_the_least_slack_may_lie_where_a_breach_is_answered_just_as_somebody_leaves() -> None:
    """Breaking just then pays, and then only. Exits on dates alone have nobody look between the moments."""
    d, p = overtaken()
    judge = Judge(d)
    read = judge.weighing.read(p)
    moments = Instants.at(d.grid.years, np.linspace(0.005, 1.995, 399), [BETWEEN] * 399)
    dense = judge.weighing.between.at(read, judge.facts.party["a"], moments)
    found = [r for r in judge.slacks(p) if (r.kind, r.party) == ("breakout", "a")]
    assert {r.years for r in found if slack(r) < 0} == {1.25}
    assert min(slack(r) for r in found) == pytest.approx(dense.slack.min())


def slack(r: Slack) -> float:
    assert r.slack is not None
    return r.slack


def test_a_party_that_may_leave_at_another_rate_is_as_in_a_dossier_that_says_so() -> None:
    """The paths of breaches, which a judge shares with itself under another rate, hang on exits here."""
    d, p = bystanding()
    asked = Judge(d)
    asked.slacks(p)
    stated, _ = bystanding({"leaves": {"ends": "b", "rate": "0.25 /year"}})
    assert asked.leaving_at("b", 0.25).slacks(p) == Judge(stated).slacks(p)
