"""Answers chosen with the plan: every choice is designed, the best is kept, and the bound holds for all of them."""

from __future__ import annotations

from typing import Any

import pytest

from detente.design.plan.designs import Design
from detente.design.questions.menus import choices, design_with_answers
from detente.dossier import Dossier, loads
from detente.errors import UsageError
from detente.model.plan import Plan
from tests.dossier.good import ANSWERED, GOOD, broken

CASE = loads(broken("stops: [pay_more]", "stops: {one_of: [pay, [pay, pay_more]]}", ANSWERED))
LENGTH, STOPS = "answers.pause.for", "answers.pause.stops"


def told(status: str, objective: float | None = None, bound: float | None = None, **more: Any) -> Design:
    more.setdefault("finished", status != "undecided")
    used = more.pop("used", "utilitarian")
    plan = Plan({}) if status == "satisfactory" else None
    return Design(status, "utilitarian", used, plan, objective=objective, bound=bound, gap=0.0, **more)  # type: ignore[arg-type]


def solved(*designs: Design) -> tuple[Any, list[str]]:
    """Designs as they come, choice by choice, and what was asked."""
    left, asked = list(designs), []

    def solve(dossier: Dossier, seconds: float) -> tuple[Design, dict[str, Any] | None]:
        asked.append(f"{dossier.answers['pause'].length.text}, {'+'.join(dossier.answers['pause'].stopped)}")
        return left.pop(0), {"regime": len(left)}

    return solve, asked


def test_every_choice_is_an_overlay() -> None:
    assert list(choices(CASE)) == [
        {LENGTH: "6 months", STOPS: "pay"},
        {LENGTH: "6 months", STOPS: ["pay", "pay_more"]},
        {LENGTH: "1 year", STOPS: "pay"},
        {LENGTH: "1 year", STOPS: ["pay", "pay_more"]},
    ]
    assert list(choices(loads(GOOD))) == [{}]


def test_the_best_is_kept_with_the_bound_of_all() -> None:
    none, fair, open_ = told("none_exists"), told("satisfactory", 5.0, 5.0), told("undecided", None, 9.0)
    solve, asked = solved(none, fair, told("satisfactory", 7.0, 7.25), told("satisfactory", 6.0, 7.5))
    found = design_with_answers(CASE, "utilitarian", solve, time_limit=60)
    assert asked == ["6 months, pay", "6 months, pay+pay_more", "1 year, pay", "1 year, pay+pay_more"]
    assert found.answers == {LENGTH: "1 year", STOPS: "pay"}
    assert (found.design.objective, found.design.bound, found.regimes) == (7.0, 7.5, {"regime": 1})
    assert found.design.gap == pytest.approx(0.5 / 7)
    assert found.design.finished
    solve, _ = solved(none, fair, open_, none)
    found = design_with_answers(CASE, "utilitarian", solve, time_limit=60)
    assert (found.design.objective, found.design.bound, found.design.finished) == (5.0, 9.0, False)


def test_none_exists_only_where_none_does_under_any_choice() -> None:
    none, open_ = told("none_exists"), told("undecided")
    for last, status in ((none, "none_exists"), (open_, "undecided")):
        solve, _ = solved(none, none, none, last)
        found = design_with_answers(CASE, "utilitarian", solve, time_limit=60).design
        assert (found.status, found.finished) == (status, status == "none_exists")


def test_a_plan_by_the_rule_itself_comes_before_one_by_its_stand_in() -> None:
    stand_in, own = told("satisfactory", 50.0, 50.0, used="egalitarian"), told("satisfactory", 3.0, 3.0)
    solve, _ = solved(stand_in, own, stand_in, stand_in)
    found = design_with_answers(CASE, "utilitarian", solve, time_limit=60).design
    assert (found.objective, found.bound, found.rule_used) == (3.0, 3.0, "utilitarian")


def test_less_is_better_under_some_rules() -> None:
    solve, _ = solved(*(told("satisfactory", x, b, used="earliest") for x, b in ((4, 4), (2, 2), (3, 1), (5, 5))))
    found = design_with_answers(CASE, "utilitarian", solve, time_limit=60)
    assert (found.design.objective, found.design.bound, found.answers[LENGTH]) == (2.0, 1.0, "6 months")


def test_where_the_time_does_not_suffice_nothing_is_proved() -> None:
    found = design_with_answers(CASE, "utilitarian", solved()[0], time_limit=0)
    assert (found.design.status, found.design.finished, found.answers) == (
        "undecided",
        False,
        next(iter(choices(CASE))),
    )


def test_shares_of_what_each_could_have_are_not_compared_across_answers() -> None:
    with pytest.raises(UsageError, match="another rule"):
        design_with_answers(CASE, "kalai_smorodinsky", solved()[0], time_limit=60)
