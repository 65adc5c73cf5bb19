"""The least inspection effort, and plans chosen with their regimes, against every choice and every plan."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.design.inspections import Aim, Search, aims_of, design_with_inspections, needs
from detente.design.problem import Question
from detente.design.regimes import Choice, Menus
from detente.design.solve import Clock
from detente.dossier import from_dict
from detente.dossier.overlays import apply
from detente.dossier.schema import Dossier
from detente.errors import DossierError, UsageError
from detente.model.check import Judge
from tests.model.test_exchange import faked
from tests.strategies import _seen, all_plans, documents

MOST = 1500
"""Plans times choices beyond which a case is too large to enumerate."""


@st.composite
def inspected(draw: st.DrawFn) -> Dossier:
    """A tiny dossier in which what can be faked has regimes, dearer ones not always better."""
    raw = draw(documents(measures=4, visited=True))
    found = 0
    for m in raw["measures"].values():
        verify = m["verify"]
        verify.pop("regime", None)
        verify.pop("regimes", None)
        verify["detects"] = draw(st.sampled_from(["0 %/year", "10 %/year", "50 %/year"]))
        verify.pop("visits", None)
        if found < 3 and draw(st.integers(0, 3)):
            found += 1
            names = ["light", "full"][: draw(st.integers(1, 2))]
            verify["regimes"] = {n: _regime(draw, n) for n in names}
            if draw(st.integers(0, 2)) == 0:
                verify["regime"] = names[0]
    assume(found)
    try:
        return from_dict(raw)
    except DossierError:
        assume(False)
        raise


def _regime(draw: st.DrawFn, name: str) -> dict[str, Any]:
    days = draw(st.integers(1, 9)) * (3 if name == "full" else 1)
    regime = {"days": f"{days} /year", **_seen(draw, visited=draw(st.booleans()))}
    if draw(st.integers(0, 3)) == 0:
        regime["delay"] = draw(st.sampled_from([0, "2 months", "9 months"]))
    if draw(st.integers(0, 3)) == 0:
        regime["confirms_in"] = draw(st.sampled_from([0, "4 months"]))
    return regime


def choices(menus: Menus) -> list[Choice]:
    return list(itertools.product(*[range(len(menu.places)) for menu in menus.menus]))


def size(dossier: Dossier, menus: Menus) -> int:
    free = [m for m in dossier.measures if m not in dossier.state.in_force]
    return (len(dossier.grid) + 1) ** len(free) * len(choices(menus))


def possible(menus: Menus, aim: Aim) -> Iterator[float]:
    """The effort of every choice with which some plan reaches an aim."""
    for choice in choices(menus):
        dossier = menus.applied(choice)
        judge = Judge(apply(dossier, aim.changes) if aim.changes else dossier, success=aim.level)  # type: ignore[arg-type]
        if any(judge.satisfactory(plan) for plan in all_plans(dossier)):
            yield menus.spent(choice)


def least_effort_is_least(dossier: Dossier) -> str:
    menus = Menus.of(dossier)
    assume(size(dossier, menus) <= MOST)
    search = Search(menus)
    for aim in aims_of(dossier)[:3]:
        found = search.least(aim, Clock(60))
        expected = min(possible(menus, aim), default=None)
        assert found.status == ("none_exists" if expected is None else "satisfactory")
        assert found.effort == (None if expected is None else pytest.approx(expected))
    return found.status


@given(inspected())
@settings(max_examples=25)
def test_the_least_effort_is_that_of_the_cheapest_choice_with_a_deal(dossier: Dossier) -> None:
    try:
        least_effort_is_least(dossier)
    except UsageError as refused:
        assert "cannot differ" in str(refused)


@pytest.mark.long
@given(inspected())
@settings(max_examples=1500)
def test_the_least_effort_at_length(dossier: Dossier) -> None:
    try:
        least_effort_is_least(dossier)
    except UsageError as refused:
        assert "cannot differ" in str(refused)


def best_within(menus: Menus, budget: float, value: Any) -> float | None:
    """The greatest value over every choice within a budget and every plan."""
    found = []
    for choice in choices(menus):
        if menus.spent(choice) <= budget + 1e-9:
            judge = Judge(menus.applied(choice))
            found += [value(judge, plan) for plan in all_plans(menus.dossier) if judge.satisfactory(plan)]
    return max(found, default=None)


def together_is_best(dossier: Dossier, budget: float) -> None:
    menus = Menus.of(dossier)
    assume(size(dossier, menus) <= MOST)
    found, overlay = design_with_inspections(dossier, "egalitarian", budget=budget, gap=0.0)

    def least_gain(judge: Judge, plan: Any) -> float:
        return min(judge.gain(plan).values(), default=0.0)

    expected = best_within(menus, budget, least_gain)
    assert (found.plan is None) == (expected is None)
    if expected is not None:
        assert found.objective == pytest.approx(expected, rel=1e-5, abs=1e-5)
        changed = apply(dossier, overlay) if overlay else dossier
        assert Judge(changed).satisfactory(found.plan)
        assert Menus.of(changed).spent(Menus.of(changed).stated) <= budget + 1e-9


@given(inspected(), st.integers(0, 25))
@settings(max_examples=20)
def test_plan_and_regimes_together_are_the_best_within_a_budget(dossier: Dossier, budget: int) -> None:
    try:
        together_is_best(dossier, budget)
    except UsageError as refused:
        assert "cannot differ" in str(refused)


@pytest.mark.long
@given(inspected(), st.integers(0, 25))
@settings(max_examples=1000)
def test_plan_and_regimes_together_at_length(dossier: Dossier, budget: int) -> None:
    try:
        together_is_best(dossier, budget)
    except UsageError as refused:
        assert "cannot differ" in str(refused)
