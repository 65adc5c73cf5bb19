"""Plans that take a level beyond what is physically possible: when, how far, and by which measures."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.dossier import apply, from_dict
from detente.dossier.quantities import Number
from detente.dossier.schema import Demand, Dossier, InterestBound
from detente.model import bounds, levels
from detente.model.judge.facts import Facts
from detente.model.judge.terms import Terms
from detente.model.plan import Plan
from tests.strategies import dossiers, plans

RAW: dict[str, Any] = {
    "detente": 1,
    "title": "Tests",
    "start": "2020-01-01",
    "periods": ["4 x 3 months", "2 x 1 year"],
    "interests": {
        "tests": {
            "title": "Missile tests",
            "unit": "tests/yr",
            "worst": 10,
            "best": 0,
            "least": 0,
            "course": [["2020-01-01", 4], ["2022-01-01", 2]],
        }
    },
    "parties": {"a": {"discount": "5 %/year", "stakes": {"tests": 5}, "response_time": 0}},
    "measures": {
        "halt": {"title": "Halt", "by": "a", "effects": {"tests": {"level": -2}}, "verify": "open"},
        "scrap": {"title": "Scrap", "by": "a", "effects": {"tests": {"level": -1.5}}, "verify": "open"},
        "talk": {"title": "Talk", "by": "a", "effects": {"tests": {"level": 0.5}}, "verify": "open"},
    },
}


def of(changes: dict[str, Any], **entry: str) -> list[bounds.Beyond]:
    dossier = apply(from_dict(RAW), changes)
    return list(bounds.beyond(dossier, Plan.read(dossier, {"entry": entry})))


def test_two_measures_that_remove_the_same_thing_are_found() -> None:
    """4 falls by one a year; less 2 from the start and 1.5 from April: below 0 from half a year on, −1.5 at the end."""
    dossier = from_dict(RAW)
    plan = Plan.read(dossier, {"entry": {"halt": "2020-01-01", "scrap": "2020-04-01"}})
    (found,) = bounds.beyond(dossier, plan)
    assert (found.interest, found.below, found.bound) == ("tests", True, 0.0)
    assert found.since == pytest.approx(0.5)
    assert (found.level, found.when) == (pytest.approx(-1.5), pytest.approx(2.0))
    assert found.measures == ("halt", "scrap")
    (finding,) = bounds.findings(dossier, plan, "plan.json")
    assert (finding.code, finding.severity, finding.file, finding.path) == (
        "plan.bounds",
        "warning",
        "plan.json",
        "entry.halt",
    )
    assert finding.message == (
        "Missile tests is taken below its least, 0 tests/yr, from 2020-07-01 on, to -1.5 tests/yr on 2022-01-01: by "
        "Halt and Scrap"
    )
    assert "need an interaction" in finding.remedy


def test_an_interaction_gives_back_what_is_counted_twice() -> None:
    shared = {"interactions": {"shared": {"all": ["halt", "scrap"], "effects": {"tests": {"level": 1.5}}}}}
    assert of({}, halt="2020-01-01", scrap="2020-04-01")
    assert not of(shared, halt="2020-01-01", scrap="2020-04-01")
    assert not of({}, halt="2020-01-01")


def test_a_course_that_is_beyond_by_itself_is_not_the_plans_doing() -> None:
    below = {"interests.tests.course": [["2020-01-01", -1]]}
    assert not of(below, talk="2020-01-01")
    (found,) = of(below, halt="2020-01-01", talk="2020-01-01")
    assert (found.since, found.level, found.measures) == (0.0, pytest.approx(-2.5), ("halt",))


def test_most_is_a_bound_from_above_and_growth_for_ever_passes_any() -> None:
    growing = {"interests.tests.most": 30, "measures.talk.effects.tests": {"per_year": 2}}
    (found,) = of(growing, talk="2020-01-01")
    assert (found.below, found.since, found.level) == (False, pytest.approx(14.0), math.inf)
    ending = {**growing, "measures.talk.effects.tests": {"per_year": {"rate": 2, "for": "10 years"}}}
    assert not of(ending, talk="2020-01-01")


def test_what_inspecting_does_counts_and_a_jump_is_at_its_date() -> None:
    watched = {
        "measures.halt.verify": {
            "by": "un",
            "detects": "50 %/year",
            "regimes": {"full": {"effects": {"tests": {"once": -3}}}},
            "regime": "full",
        }
    }
    (found,) = of(watched, halt="2020-07-01")
    assert (found.since, found.level) == (pytest.approx(0.5), pytest.approx(-3.0))
    assert not of({**watched, "measures.halt.verify.regime": None}, halt="2020-07-01")


def test_an_interest_without_a_course_has_no_level_to_judge() -> None:
    assert not of({"interests.tests.course": None}, halt="2020-01-01", scrap="2020-01-01")


def _judged(dossier: Dossier, plan: Plan, interest: str, **bound: Number) -> bool:
    demand = Demand(by="a", firmness="red_line", require=InterestBound(interest=interest, **bound))
    asked = dossier.model_copy(update={"demands": {"d": demand}})
    terms = Terms(asked, Facts(asked), "none", ())
    (term,) = [t for t in terms.all if t.kind == "demand"]
    return term.judge(terms.clock.timing(plan)) is None


@given(st.data())
def test_levels_are_those_that_the_judge_bounds(data: st.DataObject) -> None:
    """The farthest that a level gets, inspection's effects and interactions counted, against the judge's own."""
    dossier = data.draw(dossiers(measures=3, answers=True, divisible=data.draw(st.booleans())))
    plan = data.draw(plans(dossier))
    for name in dossier.interests:
        points = levels.with_deal(dossier, name, levels.entries(dossier, plan), 200.0)
        low = min(v for t, v in points if t < 190)
        drift = points[-1][1] - points[-3][1]
        if drift > -1e-6:  # else it falls for ever, and passes any bound
            assert _judged(dossier, plan, name, at_least=Number(value=low - 1e-3))
            assert not _judged(dossier, plan, name, at_least=Number(value=low + 1e-3))
        else:
            assert not _judged(dossier, plan, name, at_least=Number(value=low - 1e9))
