"""Closure rules: a declaration in which everything closes, then one thing broken at a time."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detente.verify.declaration.closure import RULES, closure, separated_on
from detente.verify.declaration.figures import figure, product, total
from detente.verify.declaration.judgement import judge
from detente.verify.declaration.statement import Irradiation
from tests.verify.small_declaration import findings, results, small


def test_everything_closes_and_every_rule_was_put() -> None:
    found = closure(small())
    assert [str(r) for r in found if r.verdict != "closes"] == []
    assert {r.rule for r in found} == set(RULES)
    assert judge(small()).closes == "yes"


CASCADE = {"feed": "5456.2 kg", "product": "25 kg", "tails": "5431.2 kg"}


@pytest.mark.parametrize(
    ("tails", "u235", "mass"),
    [
        ("5431.2 kg", "closes", "closes"),
        ("5431.15 kg", "closes", "closes"),
        ("5431.1 kg", "closes", "does not close"),
        ("5430.9 kg", "does not close", "does not close"),
        ("5431 kg", "does not close", "does not close"),
    ],
)
def test_masses_close_within_their_rounding(tails: str, u235: str, mass: str) -> None:
    """5456.2·0.711 % = 25·90 % + 5431.2·0.3 % to 0.000018 kg, far less than the 0.1 kg to which masses are stated."""
    run = {f"operations__cascade__{s}__mass": m for s, m in {**CASCADE, "tails": tails}.items()}
    run |= {f"operations__cascade__{s}__assay": a for s, a in zip(CASCADE, ("0.711 %", "90 %", "0.3 %"), strict=True)}
    said = {rule: results(rule, "operations.cascade", **run)[0] for rule in ("u235", "mass")}
    assert {rule: r.verdict for rule, r in said.items()} == {"u235": u235, "mass": mass}
    assert ("within what was rounded" in said["u235"].message) == (u235 == "closes")


def test_figures_that_differ_are_told_with_the_digits_that_differ() -> None:
    run = {f"operations__cascade__{s}__mass": m for s, m in {**CASCADE, "tails": "5431 kg"}.items()}
    (found,) = results("mass", "operations.cascade", **run)
    assert found.message.startswith("feed = product + tails: 5,456.2 > 5,456 kg")


def test_the_published_account_of_2008(shared: Path) -> None:
    known = json.loads((shared / "data/known_answers/verification.json").read_text(encoding="utf-8"))
    v = next(v for v in known if v["name"] == "declaration_closure_2008")
    i = v["inputs"]
    use = {"claim": "pu", "role": "used"}
    (account,) = results(
        "account",
        "claims.pu",
        claims__pu={"statement": "initial", "material": "plutonium", "total": i["total"]},
        materials={n: {**use, "mass": i[n]} for n in ("weapons", "test", "remaining")},
        items=[],
    )
    assert account.verdict == "closes"
    assert account.difference is not None
    assert account.difference.mean == pytest.approx(v["expected"]["residual"], abs=1e-12)
    assert i["external_estimate_min"] - i["total"] == v["expected"]["shortfall_vs_external"]


AGAIN = {"reactor": "reactor", "begun": "2011-06-01", "ended": "2014-01-01", "power": 20, "capacity_factor": 0.5,
         "grams_per_mwd": 0.9, "source": "logs"}  # fmt: skip
"""A second run of the reactor that begins before the first has ended."""


BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("account", "claims.pu", {"claims__pu__total": {"mean": 20, "sd": 1}}),
    ("history", "claims.pu", {"claims__pu__total": {"mean": 25, "sd": 1}}),
    ("history", "claims.sep", {"operations__run__recovered": {"mean": 0.3, "sd": 0.01}}),
    ("separated", "claims.sep", {"claims__sep__total": {"mean": 19, "sd": 1}}),
    ("mass", "operations.cascade", {"operations__cascade__tails__mass": {"mean": 2100, "sd": 5}}),
    ("u235", "operations.cascade", {"operations__cascade__feed__assay": "0.72 %"}),
    ("separative_work", "operations.cascade", {"operations__cascade__capacity": {"mean": 1500, "sd": 50}}),
    ("separative_work", "claims.heu", {"claims__heu__total": {"mean": 20, "sd": 0.1}}),
    ("assay", "claims.heu", {"claims__heu__assay": "4 %"}),
    ("dates", "operations.run", {"operations__run__discharged": "2011-06-01"}),
    ("dates", "operations.run", {"facilities__reactor__begun": "2010-06-01"}),
    ("dates", "operations.run", {"facilities__plant__begun": "2014-01-01"}),
    ("dates", "claims.pu", {"claims__pu__as_of": "2021-01-01"}),
    ("age", "operations.run", {"operations__run__am241_pu241": {"mean": 0.2, "sd": 0.01}}),
    ("items", "items.1", {"items__1__id": "1"}),
    ("items", "materials.metal", {"items__1__mass": {"mean": 3, "sd": 0.01}}),
    ("items", "items.0", {"sites__hill__declared": False}),
    ("sites", "facilities.store", {"facilities__store__site": None}),
    ("sites", "facilities.reactor", {"sites__hill__declared": False}),
    ("sites", "sites.valley", {"sites__valley": {"name": "The Valley"}}),
    ("transfers", "transfers.shipped", {"transfers__shipped__received": None}),
    ("transfers", "transfers.shipped", {"transfers__shipped__received": "2013-04-01"}),
    ("transfers", "transfers.shipped", {"transfers__shipped__mass_received": "7 kg"}),
    ("transfers", "claims.pu", {"transfers__shipped__to": None}),
    ("dates", "claims.pu", {"claims__pu__as_of": "2011-01-01"}),
    ("dates", "claims.sep", {"claims__sep__as_of": "2013-01-01"}),
    ("dates", "operations.again", {"operations__again": AGAIN}),
    ("assay", "operations.cascade", {"operations__cascade__product__assay": "4 %"}),
    ("items", "items.0", {"items__0__at": "plant"}),
]


@pytest.mark.parametrize(("rule", "path", "changes"), BROKEN)
def test_broken(rule: str, path: str, changes: dict[str, Any]) -> None:
    assert "does not close" in [r.verdict for r in results(rule, path, **changes)]
    assert judge(small(**changes)).closes == "no"


UNTESTED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("account", "claims.pu", "how much there ever was", {"claims__pu__total": None}),
    ("account", "claims.sep", "what became of it", {"materials__solution": None}),
    ("account", "claims.pu", "mass of gone", {"materials__gone__mass": None}),
    ("history", "claims.pu", "no operating history", {"claims__pu__operations": None}),
    ("history", "claims.sep", "share of its plutonium was recovered", {"operations__run__recovered": None}),
    ("mass", "operations.cascade", "mass of the tails", {"operations__cascade__tails__mass": None}),
    ("u235", "operations.cascade", "assay of the product", {"operations__cascade__product__assay": None}),
    ("separative_work", "operations.cascade", "installed separative", {"operations__cascade__capacity": None}),
    ("age", "operations.run", "day of separation", {"operations__run__separated": None}),
    ("items", "materials.metal", "not every mass", {"items__1__mass": None}),
]


@pytest.mark.parametrize(("rule", "path", "why", "changes"), UNTESTED)
def test_cannot_be_tested_and_says_why(rule: str, path: str, why: str, changes: dict[str, Any]) -> None:
    (found,) = [r for r in results(rule, path, **changes) if r.verdict == "cannot be tested"]
    assert why in found.message
    assert found.z is None


def test_what_others_think_of_a_plant_is_no_part_of_the_declaration() -> None:
    """Impossible runs of the same plants, by somebody else: nothing that is declared fails because of them."""
    early = {**AGAIN, "by": "others", "discharged": "2012-01-01", "begun": "2008-01-01"}
    d = small(operations__theirs=early, operations__cascade__by="others", operations__cascade__capacity=1)
    assert [str(r) for r in closure(d) if r.verdict == "does not close"] == []
    (history,) = [r for r in closure(d) if r.rule == "history" and r.path == "claims.heu"]
    assert "no operating history" in history.message


def test_what_is_sent_abroad_is_in_the_account() -> None:
    sent = {"claim": "pu", "role": "sent", "mass": "8 kg"}
    (abroad,) = results("transfers", "claims.pu", transfers__shipped__to=None, materials__sold=sent)
    assert abroad.verdict == "closes"
    received = {"claim": "pu", "role": "received"}
    (bare,) = results("transfers", "claims.pu", transfers__shipped__from=None, materials__bought=received)
    assert bare.verdict == "cannot be tested"


def test_the_size_of_the_gap_and_its_z() -> None:
    """By hand: 20 ± 1 against 8 + 0.5 + 0.5 + 3 = 12 ± √(0.1² + 0.05² + 0.2² + 0.3²)."""
    (gap,) = results("account", "claims.pu", claims__pu__total={"mean": 20, "sd": 1})
    u = math.sqrt(1 + 0.01 + 0.0025 + 0.04 + 0.09)
    assert gap.difference == pytest.approx((8, u))
    assert gap.z == pytest.approx(8 / u)
    assert "8 kg too much on the left, 1 significant quantity" in gap.message


def test_a_gap_without_any_uncertainty_is_not_put_down_to_chance() -> None:
    masses = {n: {"claim": "pu", "role": "used", "mass": m} for n, m in (("a", 5), ("b", 4))}
    (gap,) = results("account", "claims.pu", claims__pu__total=10, materials=masses, items=[])
    assert (gap.verdict, gap.z) == ("does not close", None)
    (exact,) = results("account", "claims.pu", claims__pu__total=9, materials=masses, items=[])
    assert (exact.verdict, exact.z) == ("closes", 0.0)
    assert " = " in exact.message.split(": ")[1]
    (near,) = results("history", "claims.pu")
    assert "≈" in near.message, "within the uncertainties is not the same as equal"


def test_received_material_counts_on_the_side_of_what_was_made() -> None:
    received = {"claim": "pu", "role": "received", "mass": {"mean": 5, "sd": 0.1}}
    sent = {"claim": "pu", "role": "sent", "mass": {"mean": 5, "sd": 0.1}}
    (both,) = results("account", "claims.pu", materials__bought=received, materials__sold=sent)
    assert both.verdict == "closes"
    (one,) = results("account", "claims.pu", materials__bought=received)
    assert one.verdict == "does not close"


def test_u235_uncertainty_against_monte_carlo() -> None:
    rng = np.random.default_rng(11)
    n = 200_000
    fed = rng.normal(2182.5, 5, n) * rng.normal(0.00711, 0.0001, n)
    out = rng.normal(10, 0.1, n) * 0.9 + rng.normal(2172.5, 5, n) * 0.003
    (found,) = results("u235", operations__cascade__feed__assay={"mean": 0.00711, "sd": 0.0001})
    assert found.difference is not None
    assert found.difference.u == pytest.approx(float(np.std(fed - out)), rel=0.01)


def test_products_and_sums_are_exact() -> None:
    run = small().operations["run"]
    assert isinstance(run, Irradiation)
    a, b = figure(run.power), figure(run.capacity_factor)
    second = (a.mean**2 + a.u**2) * (b.mean**2 + b.u**2)
    assert product([a, b]).u == pytest.approx(math.sqrt(second - (a.mean * b.mean) ** 2))
    assert total([a, b]) == pytest.approx((a.mean + b.mean, math.hypot(a.u, b.u)))


def test_age_by_americium_names_the_day() -> None:
    run = small().operations["run"]
    assert isinstance(run, Irradiation)
    day = separated_on(run)
    assert day is not None
    assert run.separated is not None
    assert abs((day - run.separated).days) < 60


def test_what_the_americium_says_is_named_as_a_day() -> None:
    (age,) = results("age", operations__run__am241_pu241={"mean": 0.2, "sd": 0.01})
    assert age.message.endswith("by its americium separated on 2016-05-21")


def test_results_name_their_place() -> None:
    (gap,) = results("dates", "operations.run", operations__run__discharged="2011-06-01")[1:2]
    assert (gap.line, gap.path) == (1, "operations.run")
    assert findings(claims__pu__total=12)
