"""A plan designed with its inspections: against designs under each choice by itself, and the judge of every choice."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings

from detente.design.inspections.fakings import Fakings
from detente.design.inspections.joint import Joint, design_with_inspections
from detente.design.inspections.regimes import Choice, Menus
from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.examiner import Candidate
from detente.design.plan.kinds import Rule
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.dossier import apply, from_dict
from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.judge.check import Judge
from detente.model.plan import Plan
from tests.design.test_inspections import bargain, choices, exchanges, size
from tests.model.test_rows import shares

GAP = 1e-6
ANY_RULE: tuple[Rule, ...] = ("nash", "egalitarian", "utilitarian", "kalai_smorodinsky")


def alone(dossier: Dossier, rule: Rule, success: str = "none") -> Design:
    """By the designer of plans, which knows nothing of choices."""
    return Designer(Known.of(dossier), Question(success), gap=GAP, clock=Clock(60.0)).design(rule)


def under(menus: Menus, choice: Choice, rule: Rule) -> Joint:
    return Joint(Fakings(menus), Question(), fixed=choice, rule=rule, gap=GAP, clock=Clock(60.0))


def accepted(menus: Menus, plan: Plan, success: Any = "none") -> list[Choice]:
    """The choices with which the judge finds a plan satisfactory."""
    return [c for c in choices(menus) if Judge(menus.applied(c), success=success).satisfactory(plan)]


def chosen(menus: Menus, overlay: dict[str, Any]) -> Choice:
    """What an overlay makes of the dossier, by its place on the menus."""
    changed = apply(menus.dossier, overlay) if overlay else menus.dossier
    (found,) = [c for c in choices(menus) if menus.applied(c) == changed]
    return found


@pytest.mark.parametrize("rule", ANY_RULE)
def test_under_one_choice_it_is_the_design_of_that_dossier(rule: Rule) -> None:
    menus = Menus.of(bargain())
    objectives = []
    for choice in choices(menus):
        joint = under(menus, choice, rule)
        made, expected = joint.design(rule), alone(menus.applied(choice), rule)
        assert made.status == expected.status == "satisfactory"
        assert made.rule_used == expected.rule_used
        assert made.objective == pytest.approx(expected.objective, rel=1e-5, abs=1e-5)
        assert made.plan is not None
        assert Judge(menus.applied(choice)).satisfactory(made.plan)
        objectives.append(made.objective)
    assert max(objectives) > min(objectives) + 0.1, "the choice makes no difference: this shows nothing"


@pytest.mark.parametrize("budget", [0, 4.9, 5, 12, 20, None])
@pytest.mark.parametrize("rule", ["egalitarian", "utilitarian"])
def test_within_a_budget_it_is_the_best_choice_of_those_within(rule: Rule, budget: float | None) -> None:
    menus = Menus.of(bargain())
    made, overlay = design_with_inspections(menus.dossier, rule, budget=budget, gap=GAP)
    within = [c for c in choices(menus) if budget is None or menus.spent(c) <= budget]
    best = max(x for c in within if (x := alone(menus.applied(c), rule).objective) is not None)
    assert made.objective == pytest.approx(best, rel=1e-5, abs=1e-5)
    assert made.plan is not None
    choice = chosen(menus, overlay)
    assert choice in within
    assert menus.spent(choice) == min(menus.spent(c) for c in accepted(menus, made.plan) if c in within)


@settings(max_examples=6)
@given(exchanges())
def test_no_choice_of_less_effort_would_do_for_the_plan(dossier: Dossier) -> None:
    menus = Menus.of(dossier)
    assume(size(dossier, menus) <= 3000)
    made, overlay = design_with_inspections(dossier, "egalitarian", gap=1e-4)
    assert made.finished
    if made.plan is None:
        assert overlay == {}
        assert all(alone(menus.applied(c), "egalitarian").status == "none_exists" for c in choices(menus))
    else:
        enough = accepted(menus, made.plan)
        assert chosen(menus, overlay) in enough
        assert menus.spent(chosen(menus, overlay)) == min(map(menus.spent, enough))


# --- the earliest ----------------------------------------------------------------------------------------------------


def verified(light: str, full: str, share: str = "100 %") -> Dossier:
    """As `bargain`, half a year a period; minimal success is that all is verified, which the regimes take long for."""
    d = bargain().document
    part = {**d["measures"]["part"]}
    regimes = part["verify"]["regimes"]
    waits = {
        "light": {**regimes["light"], "detects": "90 %/year", "confirms_in": light},
        "full": {**regimes["full"], "confirms_in": full},
    }
    part["verify"] = {**part["verify"], "confirms_in": "2 years", "regimes": waits}
    scale = {"minimal": [{"progress": "done", "at_least": share}]}
    return from_dict({**d, "measures": {**d["measures"], "part": part}, "success": scale})


@pytest.mark.parametrize(
    ("light", "full", "takes", "years"),
    [
        ("9 months", "3 months", "full", 0.25),
        ("3 months", "3 months", "light", 0.25),
        ("1 month", "1 year", "light", 1 / 12),
        ("10 months", "8 months", "full", 8 / 12),
    ],
)
def test_the_earliest_takes_what_confirms_soonest_and_of_these_what_takes_least(
    light: str, full: str, takes: str, years: float
) -> None:
    d = verified(light, full)
    menus = Menus.of(d)
    made, overlay = design_with_inspections(d, "earliest", gap=GAP)
    assert made.plan is not None
    assert made.plan.entry["part"] == d.start
    assert menus.named(chosen(menus, overlay)) == {"part": takes}
    assert made.objective == pytest.approx(years, abs=1e-6)


@pytest.mark.parametrize(("choice", "years"), [((0,), 2.0), ((1,), 0.75), ((2,), 0.25)])
def test_when_all_is_verified_hangs_on_the_choice(choice: Choice, years: float) -> None:
    """Without a regime after 2 years, lightly after 9 months, fully after 3: from the entry at signature on."""
    menus = Menus.of(verified("9 months", "3 months"))
    made = Joint(Fakings(menus), Question(), fixed=choice, rule="earliest", gap=GAP, clock=Clock(60.0)).design(
        "earliest"
    )
    expected = alone(menus.applied(choice), "earliest")
    assert made.status == expected.status
    if expected.objective is not None:
        assert expected.objective == pytest.approx(years, abs=1e-6)
        assert made.objective == pytest.approx(years, abs=1e-6)
    assert (made.status == "satisfactory") == (choice != (0,))


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize(("rule", "kept"), [("earliest", 2), ("nash", 1)])
def test_of_two_choices_for_a_plan_the_better_is_kept(rule: Rule, kept: int, order: tuple[int, int]) -> None:
    """The earliest keeps what confirms sooner, any other rule what takes less; whichever was found first."""
    menus = Menus.of(verified("9 months", "3 months"))
    joint = Joint(Fakings(menus), Question("minimal"), rule=rule, gap=GAP, clock=Clock(60.0))
    assert joint.problem.verification.waits(joint.model.index["part"]) == pytest.approx((0.25, 0.75, 2.0))
    plan = shares(joint.model, Plan(dict.fromkeys(menus.dossier.measures, menus.dossier.start)))
    for place in order:
        assert joint.solver.offer(Candidate(plan, (place,)))
    assert joint.solver.pool.chosen[plan.tobytes()] == (kept,)
    assert joint.met(plan) == pytest.approx({1: 0.75, 2: 0.25}[kept], abs=1e-6)


def test_where_what_counts_is_met_without_it_nothing_is_inspected() -> None:
    """The other measure is 40 % of the scale by itself, verified at once: no effort is needed for that."""
    d = verified("9 months", "3 months", share="40 %")
    made, overlay = design_with_inspections(d, "earliest", gap=GAP)
    menus = Menus.of(d)
    assert made.objective == pytest.approx(0.0, abs=1e-6)
    assert made.plan is not None
    assert menus.spent(chosen(menus, overlay)) == min(map(menus.spent, accepted(menus, made.plan, "minimal")))


# --- what there is none of, and what cannot be asked ------------------------------------------------------------------


def test_what_no_budget_allows_is_proved_and_changes_nothing() -> None:
    """Minimal success needs the part, and the part needs to be seen: not without effort."""
    made, overlay = design_with_inspections(bargain(), success="minimal", budget=0)
    assert (made.status, made.finished, overlay) == ("none_exists", True, {})
    assert alone(Menus.of(bargain()).applied((0,)), "nash", "minimal").status == "none_exists"
    enough, _ = design_with_inspections(bargain(), success="minimal", budget=20)
    assert enough.status == "satisfactory"


def without_regimes() -> Dossier:
    d = bargain().document
    return from_dict(
        {**d, "measures": {k: v for k, v in d["measures"].items() if k != "part"}, "progress": {}, "success": {}}
    )


@pytest.mark.parametrize(
    ("dossier", "rule", "budget", "word"),
    [
        (without_regimes(), "nash", None, "no measure has `verify.regimes`"),
        (bargain(), "nash", -1.0, "a budget is 0 or more inspector-days a year, not -1"),
        (bargain(), "nash", math.inf, "a budget is 0 or more"),
        (bargain(), "nash", math.nan, "a budget is 0 or more"),
        (bargain(), "robust", None, "weighs slacks of one set of regimes"),
        (from_dict({**bargain().document, "success": {}}), "earliest", None, "needs `success.minimal`"),
        (from_dict({**bargain().document, "success": {}}), "minimal", None, "needs `success.minimal`"),
    ],
)
def test_what_cannot_be_asked_is_said(dossier: Dossier, rule: Rule, budget: float | None, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        design_with_inspections(dossier, rule, budget=budget)
