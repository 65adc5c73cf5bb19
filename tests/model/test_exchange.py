"""The closed forms of DESIGN §7 (data/known_answers/exchange.json), written as dossiers and judged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from tests.checkout import SHARED, SHARED_IS_HERE, needs_shared

pytestmark = needs_shared

FILE = SHARED / "data" / "known_answers" / "exchange.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))["cases"] if SHARED_IS_HERE else []
COVERED: set[str] = set()
Given = Mapping[str, float]


def cases(pattern: str) -> pytest.MarkDecorator:
    """The cases whose name matches; what no test asks for is found out by the last test."""
    found = [case for case in CASES if re.fullmatch(pattern, case["name"])]
    COVERED.update(case["name"] for case in found)
    return pytest.mark.parametrize("case", found, ids=[case["name"] for case in found])


def near(case: Mapping[str, Any], name: str) -> Any:
    return pytest.approx(case["expect"][name], rel=case["tolerance"], abs=case["tolerance"])


def years(length: float) -> str:
    return f"{length!r} years"


def dossier(
    rho: float, parties: Mapping[str, Any], measures: Mapping[str, Any], periods: str = "1 x 3 months"
) -> Dossier:
    """Each party wants more of the interest of its own name, a point a year for a unit."""
    people = {
        p: {"discount": f"{rho!r} /year", "stakes": {p: 1}, "response_time": 0, "consents": False, **fields}
        for p, fields in parties.items()
    }
    interests = {p: {"unit": "points a year", "worst": 0, "best": 1} for p in parties}
    return Dossier.model_validate(
        {
            "detente": 1,
            "title": "an exchange",
            "start": "2020-01-01",
            "periods": [periods],
            "interests": interests,
            "parties": people,
            "measures": measures,
        }
    )


def at_signature(d: Dossier) -> Plan:
    return Plan(dict.fromkeys(d.measures, d.start))


def rows(d: Dossier, plan: Plan, kind: str, party: str) -> list[Slack]:
    """Those of a kind and party; faking that ends in an open break has rows of its own."""
    slacks = Judge(d).slacks(plan)
    return [row for row in slacks if row.kind == kind and row.party == party and row.leaves is None]


def kept(d: Dossier, kind: str, party: str) -> bool:
    found = rows(d, at_signature(d), kind, party)
    assert found
    return all(row.accepted for row in found)


def flips(case: Mapping[str, Any], name: str, holds: Callable[[float], bool], *, up: bool) -> None:
    """The verdict changes at the expected number: it holds just above (`up`) and not just below, or the other way."""
    critical = case["expect"][name]
    assert holds(critical * (1 + 1e-4)) is up
    assert holds(critical * (1 - 1e-4)) is not up


@cases("hold_up.*")
def test_hold_up(case: Mapping[str, Any]) -> None:
    given = case["given"]

    def paid(collapse_cost: float) -> Dossier:
        return dossier(
            given["discount_continuous_per_year"],
            {"a": {"response_time": years(given["response_years"])}, "b": {"collapse_cost": collapse_cost}},
            {
                "gift": {"by": "a"},
                "flow": {"by": "b", "effects": {"b": {"level": -given["c_per_year"]}}, "undo": {"in": 0}},
            },
        )

    for row in rows(paid(case["expect"]["min_collapse_cost_B"]), at_signature(paid(0)), "breakout", "b"):
        assert row.slack == pytest.approx(0, abs=case["tolerance"] * abs(row.keep))
    flips(case, "min_collapse_cost_B", lambda cost: kept(paid(cost), "breakout", "b"), up=True)


def mutual_flows(given: Given, response: float, undo: float, collapse_cost: float, verify: Any = "open") -> Dossier:
    flow = {"by": "b", "effects": {"a": {"level": given["g"]}, "b": {"level": -1}}, "undo": {"in": years(undo)}}
    return dossier(
        given["discount_continuous_per_year"],
        {"a": {"collapse_cost": collapse_cost}, "b": {"response_time": years(response)}},
        {
            "part": {"by": "a", "effects": {"a": {"level": -given["c"]}}, "undo": {"in": 0}, "verify": verify},
            "flow": flow,
        },
    )


@cases("mutual_flows.*")
def test_mutual_flows(case: Mapping[str, Any]) -> None:
    given = case["given"]
    d = mutual_flows(given, given["response_years"], given["undo_years"], given["collapse_cost"])
    for row in rows(d, at_signature(d), "breakout", "a"):
        assert row.keep == near(case, "keep")
        assert row.deviate == near(case, "breakout")
        assert -row.slack == near(case, "temptation")
    assert kept(d, "breakout", "a") is case["expect"]["keepable"]


@cases("longest_lag")
def test_longest_lag(case: Mapping[str, Any]) -> None:
    def after(lag: float) -> bool:
        return kept(mutual_flows(case["given"], lag / 3, lag * 2 / 3, 0), "breakout", "a")

    flips(case, "longest_lag_years", after, up=False)


def faked(given: Given, rate: float) -> Dossier:
    """The delay before the answer is in part the verifier's, in part the other side's."""
    delay = given["delay_years"]
    verify = {"by": "agency", "detects": f"{rate!r} /year", "delay": years(delay / 4)}
    return mutual_flows(given, delay * 3 / 4, 0, given["collapse_cost"], verify)


@cases(r"covert_g.*")
def test_verification_is_good_enough(case: Mapping[str, Any]) -> None:
    rate = case["expect"]["min_detection_rate_per_year"]
    for row in rows(d := faked(case["given"], rate), at_signature(d), "covert", "a"):
        assert row.slack == pytest.approx(0, abs=1e-8)
    flips(case, "min_detection_rate_per_year", lambda r: kept(faked(case["given"], r), "covert", "a"), up=True)


@cases(r"covert_value.*")
def test_value_of_cheating(case: Mapping[str, Any]) -> None:
    d = faked(case["given"], case["given"]["detection_rate_per_year"])
    for row in rows(d, at_signature(d), "covert", "a"):
        assert row.keep == near(case, "keep")
        assert row.deviate == near(case, "cheat")
    assert kept(d, "covert", "a") is case["expect"]["keepable"]


@cases(r"tranche_exposure.*")
def test_tranches(case: Mapping[str, Any]) -> None:
    given = case["given"]
    n, months = int(given["tranches"]), int(given["gap_years"] * 6)
    part = given["total"] / n
    measures: dict[str, Any] = {}
    for i in range(n):
        before = {"after": [f"answer_{i - 1}"]} if i else {}
        measures[f"tranche_{i}"] = {"by": "a", "effects": {"a": {"once": -part}}, **before}
        answer = {"a": {"once": part * 1.1}, "b": {"once": -1}}
        measures[f"answer_{i}"] = {"by": "b", "effects": answer, "after": [f"tranche_{i}"]}

    def limited(limit: float) -> tuple[Dossier, Plan]:
        rho = given["discount_continuous_per_year"]
        parties = {"a": {"exposure_limit": limit, "response_time": years(0.1)}, "b": {}}
        d = dossier(rho, parties, measures, f"{2 * n} x {months} months")
        return d, Plan(dict(zip(measures, d.grid.dates, strict=True)))

    worst = min(row.keep for row in rows(*limited(0), "exposure", "a"))
    assert -worst == near(case, "max_exposure")
    flips(case, "max_exposure", lambda x: all(r.accepted for r in rows(*limited(x), "exposure", "a")), up=True)


@cases("level_effect|once_effect")
def test_value_of_an_effect(case: Mapping[str, Any]) -> None:
    given = case["given"]
    effect = {"level": given["worth_per_year"]} if "worth_per_year" in given else {"once": given["worth"]}
    measures = {"m": {"by": "b", "effects": {"a": effect}}}
    d = dossier(given["discount_continuous_per_year"], {"a": {}, "b": {}}, measures, "5 x 6 months")
    assert given["from_years"] == d.grid.years[3]
    assert Judge(d).values(Plan({"m": d.grid.dates[3]}))["a"] == near(case, "value")


@cases("per_year_effect")
def test_value_of_growth(case: Mapping[str, Any]) -> None:
    """It is withdrawn because its performer breaks out on entry, and needs so long to undo it."""
    given = case["given"]
    length = given["to_years"] - given["from_years"]
    growth = {"a": {"per_year": given["units_per_year"] * given["worth_per_unit_year"]}, "b": {"level": -1}}
    measures = {"m": {"by": "b", "effects": growth, "undo": {"in": years(length)}}}
    parties = {"a": {"exposure_limit": 0}, "b": {}}
    d = dossier(given["discount_continuous_per_year"], parties, measures, "5 x 6 months")
    entered = Plan({"m": d.grid.dates[3]})
    (row,) = [r for r in rows(d, entered, "exposure", "a") if r.date == d.grid.dates[3] and r.moment == "after"]
    assert row.keep == near(case, "value")


def test_no_case_is_left_out() -> None:
    assert {case["name"] for case in CASES} == COVERED
    assert len(COVERED) == 28
