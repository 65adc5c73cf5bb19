"""A plan of inspections becomes regimes of the measures at its sites, which see what the plan sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.dossier import from_dict
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.rows.detection import watch
from detente.verify.inspection.needs import changed, coverage, overlay_of
from detente.verify.inspection.plan import InspectionPlan, Inspections, ViolationSite, judge_visits
from detente.verify.inspection.sampling import Method, Sample
from detente.verify.inspection.timing import Channel, constant

RHO = 0.08


def dossier(**sites: list[str]) -> Dossier:
    """One measure for each argument, inspected at those sites."""
    verify = {"by": "agency", "visits": {"every": "1 month", "detects": "5 %"}, "delay": "1 month"}
    measures: dict[str, Any] = {
        m: {"by": "a", "effects": {"x": {"level": -1}}, "undo": {"in": 0}, "verify": {**verify, "sites": names}}
        for m, names in sites.items()
    }
    measures["seen"] = {"by": "a", "effects": {"x": {"level": -1}}, "verify": "open"}
    return from_dict(
        {
            "detente": 1,
            "title": "sites",
            "start": "2020-01-01",
            "periods": ["2 x 6 months"],
            "interests": {"x": {"unit": "u", "worst": 0, "best": 1}},
            "parties": {
                "a": {"discount": f"{RHO} /year", "stakes": {"x": 1}, "response_time": 0},
                "b": {"discount": f"{RHO} /year", "stakes": {"x": -1}, "response_time": 0},
            },
            "measures": measures,
        }
    )


def planned(visits: dict[str, int], schedule: str = "periodic", rate: float = 0.1) -> InspectionPlan:
    tips = Channel("tips", constant(rate), constant(rate), false_alarms=0.02)
    sites = (
        ViolationSite("hall", gain=10, caught=30, days=2, detects=0.5, channels=(tips,), false_alarms=0.01),
        ViolationSite("store", gain=20, caught=30, days=5, detects=0.3),
    )
    plan, findings = judge_visits(Inspections(sites, 1000, RHO, schedule=schedule), visits)  # type: ignore[arg-type]
    assert plan is not None, findings
    return plan


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["periodic", "random"]), st.floats(0, 2))
def test_under_the_overlay_a_measure_is_seen_as_the_plan_sees_its_site(
    hall: int, store: int, schedule: str, rate: float
) -> None:
    plan, before = planned({"hall": hall, "store": store}, schedule, rate), dossier(one=["hall"], two=["store"])
    after = apply(before, overlay_of(plan, before))
    for m, site in {"one": plan.sites[0], "two": plan.sites[1]}.items():
        verify = after.measures[m].verification
        assert verify is not None
        found = watch(verify)
        times = np.linspace(0.003, 4, 97)
        assert found.survival(times) == pytest.approx(1 - np.asarray(site.worst.cdf(times)), abs=1e-9)
        assert float(found.partial(RHO, -1.0, np.inf)) == pytest.approx(site.worst.laplace(RHO), abs=1e-9)
        assert verify.false_alarms.value == pytest.approx(-np.log1p(-site.false_alarm), rel=1e-6, abs=1e-9)
        assert verify.delay.value == pytest.approx(1 / 12)


def test_cheating_goes_where_it_is_unseen_the_longest() -> None:
    plan, before = planned({"hall": 12, "store": 1}), dossier(both=["hall", "store"])
    verify = apply(before, overlay_of(plan, before)).measures["both"].verification
    assert verify is not None
    assert float(watch(verify).partial(RHO, -1.0, np.inf)) == pytest.approx(plan.sites[1].worst.laplace(RHO))


def test_days_of_a_site_are_shared_by_the_measures_that_it_serves() -> None:
    plan, before = planned({"hall": 6, "store": 4}), dossier(one=["hall"], two=["hall", "store"], three=[])
    after = apply(before, overlay_of(plan, before))
    days = {m: after.measures[m].verify.regimes["plan"].days.value for m in ("one", "two")}  # type: ignore[union-attr]
    assert days == pytest.approx({"one": 6, "two": 6 + 20})
    assert sum(days.values()) == plan.days
    assert after.measures["three"] == before.measures["three"]


def test_measures_can_be_put_to_sites_by_hand() -> None:
    plan, before = planned({"hall": 6}), dossier(one=[])
    assert set(overlay_of(plan, before, {"one": "hall"}, regime="mine")) == {
        "measures.one.verify.regimes.mine",
        "measures.one.verify.regime",
    }


@pytest.mark.parametrize(
    ("sites", "said"),
    [
        (None, "names a site of this plan"),
        ({"onne": "hall"}, "'one'"),
        ({"one": "hal"}, "'hall'"),
        ({"seen": "hall"}, "faked"),
    ],
)
def test_names_that_do_not_fit_are_refused(sites: dict[str, str] | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        overlay_of(planned({"hall": 6}), dossier(one=[]), sites)


def test_what_the_plan_leaves_out_is_said() -> None:
    plan, before = planned({"hall": 6}), dossier(one=["hall", "cave"], two=["hall"])
    found = coverage(plan, before)
    assert [(f.code, f.severity, f.path) for f in found] == [
        ("inspect.uncovered", "warning", "measures.one.verify.sites"),
        ("inspect.idle", "note", "sites"),
    ]
    assert "cave" in found[0].message
    assert "store" in found[1].message
    assert coverage(plan, dossier(one=["hall"], two=["store"])) == ()


def test_a_site_that_is_left_aside_is_said() -> None:
    plan, before = planned({"hall": 6, "store": 1}), dossier(one=["hall", "store", "cave"])
    (found,) = [f for f in coverage(plan, before, {"one": "hall"}) if f.severity == "warning"]
    assert "store, cave, too, which is left aside" in found.message


def test_what_an_overlay_changes_is_told_measure_by_measure() -> None:
    plan, before = planned({"hall": 6, "store": 4}), dossier(one=["hall", "cave"], two=["store"])
    once = apply(before, overlay_of(plan, before))
    one, two = changed(plan, before, once)
    assert (one.measure, one.counted, one.left_out) == ("one", ("hall",), ("cave",))
    assert (one.days_before, one.days, two.days) == (None, 12, 20)
    assert one.seen_before == pytest.approx(1 - 0.95**12)
    assert one.seen == pytest.approx(float(plan.sites[0].worst.cdf(1.0)))
    fewer = planned({"hall": 1, "store": 4})
    again = changed(fewer, once, apply(once, overlay_of(fewer, once, regime="fewer")))
    assert [(c.days_before, c.days) for c in again] == [(12, 2), (20, 20)]
    assert again[0].seen < again[0].seen_before


def test_a_site_without_a_violation_hides_no_cheating() -> None:
    """An empty store cannot be robbed of a goal quantity: cheating is seen as at the hall."""
    tips = Channel("tips", constant(0.1), constant(0.1))
    empty = Sample(items=2, mean_kg=1.0, goal_kg=8.0, methods=(Method(1, 0.1),))
    sites = (
        ViolationSite("hall", gain=10, caught=30, days=2, detects=0.5, channels=(tips,)),
        ViolationSite("store", gain=20, caught=30, days=5, sample=empty),
    )
    plan, _ = judge_visits(Inspections(sites, 1000, RHO), {"hall": 4, "store": 1})
    assert plan is not None
    before = dossier(both=["hall", "store"], only=["store"])
    verify = apply(before, overlay_of(plan, before)).measures["both"].verification
    assert verify is not None
    assert float(watch(verify).partial(RHO, -1.0, np.inf)) == pytest.approx(plan.sites[0].worst.laplace(RHO))
    assert [f.path for f in coverage(plan, before)] == ["measures.only.verify.sites"]
