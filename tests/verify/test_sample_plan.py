"""What a planner of samples is told: when a sample deters, against the one-shot game, and in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detente as dt
from detente.errors import UsageError
from detente.verify.inspection.sample_plan import plan_sample, plan_strata
from detente.verify.inspection.sampling import Method, Stratum


@given(st.integers(4, 150), st.floats(0.1, 50), st.floats(0.1, 50), st.floats(0.05, 0.95), st.booleans())
def test_a_sample_deters_where_complying_pays(items, gain, caught, wanted, judged):
    """At the chance that is named a violation is worth 0; below it, it pays."""
    methods = (Method(min(items, 10), 0.1),) if judged else ()
    plan = plan_sample(items, 2.0, 8.0, wanted, methods=methods, payoffs=(gain, caught))
    sees = plan.worst.detection if judged else plan.size("exact").detection
    worth = gain - plan.deters.visit * sees * (gain + caught)
    assert worth == pytest.approx(0, abs=1e-9 * (gain + caught))
    assert (plan.deters.visit <= 1) == (sees >= plan.deters.detection - 1e-12) or abs(plan.deters.visit - 1) < 1e-9


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"gain": 10, "caught": 15}, "comes with a chance of 44.4 % or more"),
        ({"gain": 10, "caught": 0.5}, "even a sure visit of this kind does not deter"),
        ({"gain": 10, "caught": 15, "method": ["40@10%", "8@1%"]}, "comes with a chance of 46.8 % or more"),
        ({"gain": 1, "caught": 3, "sees": "0 %"}, "would have to see it with 25 %"),
    ],
)
def test_when_a_sample_deters_is_said(given_, words):
    r = dt.verify_sample(items=120, mean_kg=2.0, **given_)
    assert any(words in text for text in r.sentences())
    assert r.to_json()["deters"]["gain"] == given_["gain"]


def test_the_usual_rules_are_said_to_take_defects_as_recognised():
    assert any(
        "always recognised" in text for text in dt.verify_sample(items=120, mean_kg=2.0, sees="80 %").sentences()
    )


@pytest.mark.parametrize("given_", [{"gain": 10}, {"caught": 3}, {"gain": 0, "caught": 0}])
def test_gain_and_caught_go_together(given_):
    with pytest.raises(UsageError, match="‘gain 10’ ‘caught 15’"):
        dt.verify_sample(items=120, mean_kg=2.0, **given_)
    with pytest.raises(UsageError):
        dt.verify_sample("practice-store", **given_)


def test_strata_are_drawn_in_whole_items():
    few, many = dt.verify_sample("practice-store"), dt.verify_sample("practice-store", budget=61)
    assert few.found.whole == {"powder": 6, "rods": 12, "ingots": 12}
    assert few.sentences()[0].startswith("Draw 6 of 60 powder, 12 of 40 rods and 12 of 25 ingots: ")
    assert few.to_json()["whole_items"] == few.found.whole
    assert few.found.whole_detection == few.found.game.pure_detection <= many.found.whole_detection
    store = {"a": Stratum(4000, 0.5), "b": Stratum(3000, 2.0, 1.5), "c": Stratum(900, 4.0, 3.0)}
    large = plan_strata("large", store, 8.0, 600.0)
    assert large.game is None
    assert 0 < large.whole_detection <= large.detection < large.whole_detection + 0.01
    assert sum(n * store[name].effort for name, n in large.whole.items()) <= 600


@pytest.mark.parametrize(
    ("method", "first"), [("8@1%", "does less than was asked: it sees"), ("90@1%", "is enough: it")]
)
def test_whether_a_sample_proposed_is_enough_is_said_first(method, first):
    headline, then, *_ = dt.verify_sample(items=120, mean_kg=2.0, method=[method]).sentences()
    assert headline.startswith(f"The sample proposed {first}")
    assert "and 90 % are asked for" in headline
    assert then.startswith("Otherwise 52 of 120 items, each measured without error, would do: ")


@pytest.mark.parametrize("asked", ["100 %", "2", "0", "-5%", "x"])
def test_a_detection_that_no_sample_gives(asked):
    with pytest.raises(UsageError, match=r"‘detection.*’.* below 100 %"):
        dt.verify_sample(items=120, mean_kg=2.0, detection=asked)
    with pytest.raises(UsageError, match=r"‘false_alarms.*’.* below 50 %"):
        dt.verify_balance("practice", false_alarms=asked)
