"""Dossiers on which a designed plan once was not the best, or was denied; each a transcript of what must hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detente.design.plan.clock import Clock
from detente.design.plan.rules import any_plan
from detente.design.programme.question import Question
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge
from detente.model.plan import Plan
from tests.design.test_exhaustive import agree

QUIET = {"discount": "5 %/year", "response_time": 0, "walk_away": 1, "collapse_cost": 2, "exposure_limit": 5}


def case(parties: dict[str, Any], measures: dict[str, Any], **more: Any) -> Dossier:
    interests = {i: {"unit": "u", "worst": 0, "best": 5} for i in ("x", "y")}
    bodies = {m: {"conditional_on": [], "verify": "open"} | body for m, body in measures.items()}
    document = {"detente": 1, "title": "found", "start": "2020-01-31", "periods": ["2 x 1 year"]}
    return Dossier.model_validate(
        document | {"interests": interests, "parties": parties, "measures": bodies, "success": MINIMAL} | more
    )


MINIMAL = {"minimal": [{"in_force": "m0", "by": "2020-01-31"}]}
BOTH = ["a", "b"]
JOINT = {
    "m0": {"by": BOTH},
    "m1": {"by": BOTH, "after": ["m0"], "needs": {"verified": ["m0"]}},
    "m3": {"by": BOTH},
    "m4": {"by": "b", "effects": {"x": {"level": 1}}},
}


@pytest.mark.parametrize("a", [{"no_deal": "0.5 /year"}, {"stakes": {"x": 1}}], ids=["loses by a deal", "has a stake"])
def test_a_party_that_performs_nothing_has_no_temptation(a: dict[str, Any]) -> None:
    agree(case({"a": QUIET | a, "b": QUIET | {"no_deal": "-1 /year"}}, JOINT), "none", ())


def test_robust_counts_a_party_with_something_at_stake() -> None:
    parties = {
        "a": {"discount": "5 %/year", "stakes": {"x": -1}, "response_time": 0, "exposure_limit": 5, "consents": False},
        "b": QUIET | {"no_deal": "-1 /year"},
        "c": {"discount": "40 %/year", "stakes": {"x": -1}, "no_deal": "-1 /year", "walk_away": 1, "collapse_cost": 2},
    }
    measures = {
        "m0": {"by": "a"},
        "m1": {"by": "a", "effects": {"x": {"per_year": -0.2}}, "after": ["m0"]},
        "m2": {"by": BOTH, "after": ["m0"]},
    }
    agree(case(parties, measures), "none", ())


def test_minimal_success_met_on_a_date_off_the_grid() -> None:
    minimal = {"minimal": [{"interest": "x", "at_least": 0, "from": "2020-07-30"}]}
    parties = {"a": QUIET | {"consents": False}, "b": QUIET | {"stakes": {"y": 1}, "no_deal": "-1 /year"}}
    measures = {"m0": {"by": BOTH, "effects": {"y": {"level": 1}}}, "m1": {"by": BOTH, "after": ["m0"]}}
    agree(case(parties, measures, success=minimal), "none", ())


def test_two_plans_that_break_one_row_do_not_rule_out_the_parts_between() -> None:
    """Both came from one solve; the second was taken for rounding, and with it every other share of m0 was cut off."""
    parties = {
        "a": {
            "discount": "10 %/year",
            "stakes": {"x": -5},
            "response_time": "1 month",
            "walk_away": 1,
            "exposure_limit": "2 /year",
        },
        "b": {
            "discount": "40 %/year",
            "stakes": {"x": -2},
            "response_time": 0,
            "no_deal": "0.5 /year",
            "collapse_cost": 10,
        },
    }
    verify = {"by": "agency", "detects": "50 %/year", "confirms_in": 0}
    unseen = {"by": "agency", "detects": "20 %/year", "confirms_in": "4 months"}
    part = {"takes": "6 months", "undo": {"in": 0}, "verify": verify, "divisible": True}
    dossier = Dossier.model_validate(
        {
            "detente": 1,
            "title": "found",
            "start": "2020-01-31",
            "periods": ["5 x 3 months"],
            "interests": {"x": {"unit": "u", "worst": 10, "best": 5}},
            "parties": parties,
            "measures": {
                "m0": {"by": "b", "effects": {"x": {"level": 3}}, **part},
                "m1": {"by": BOTH, "effects": {"x": {"level": -2}}, "takes": "5 months", "verify": unseen},
            },
            "interactions": {"i0": {"any": ["m1", "m0"], "effects": {"x": {"level": 2}}}},
            "progress": {"done": {"m0": 1, "m1": 1}},
            "side_conditions": [{"needs": "m0", "before": "m1"}],
            "success": {"minimal": [{"progress": "done", "at_least": "25 %"}]},
        }
    )
    plan = Plan({"m0": date(2020, 7, 31), "m1": None}, {"m0": ((date(2020, 7, 31), 0.5),)})
    judge = Judge(dossier, success="minimal")
    assert judge.satisfactory(plan)
    found, settled = any_plan(judge, Question("minimal"), Clock(30))
    assert found is not None
    assert settled


def test_the_most_robust_plan_is_found_from_plans_of_other_rules() -> None:
    """The search gave up with 0.119 of 0.136, beginning with the plan that the Nash rule had found."""
    pieces = {"by": BOTH, "verify": {"by": "agency", "detects": "20 %/year", "delay": "1 month"}}
    agree(
        case(
            {
                "a": {"discount": "5 %/year", "stakes": {"y": -5}, "response_time": "8 months", "walk_away": "1 /year"}
                | {"no_deal": "-1 /year"},
                "b": {"discount": "5 %/year", "stakes": {"x": -7}, "response_time": 0, "walk_away": 1}
                | {"no_deal": "-1 /year"},
            },
            {
                "m0": {"by": BOTH, "effects": {"y": {"level": -2}}, "takes": "3 months", "undo": {"in": 0}},
                "m1": pieces | {"verify": {"by": "agency", "delay": 0, "visits": ROUNDS}},
                "m2": {"by": "a", "effects": {"y": {"level": -5}}, "after": ["m1"]},
                "m3": pieces | {"effects": {"x": {"level": -5}}, "after": ["m0"]},
            },
            periods=["5 x 3 months"],
            interactions={"i0": {"all": ["m2", "m3"], "effects": {"x": {"level": 3}}}},
            one_of={"g": {"exactly": False, "of": [["m0"], ["m1", "m2"]]}},
            capacity={"people": {"limit": 3, "uses": {"m0": 2, "m1": 1, "m2": 1, "m3": 2}}},
            side_conditions=[{"needs": "m0", "before": "m3"}],
        ),
        "none",
        (),
    )


ROUNDS = {"times": [["3 months", "25 %"], ["6 months", "25 %"]]}
