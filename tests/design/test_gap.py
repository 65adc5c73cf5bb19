"""The gap table: a divided pie with closed-form answers, and random cases against exhaustive search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.design.programme.question import ANY_DEAL, Question
from detente.design.questions.gap import Gap, Hope, gap
from detente.dossier import Dossier, apply, from_dict
from detente.model.judge.check import Judge
from detente.model.plan import Plan
from tests.design.test_exhaustive import bargainers, count
from tests.design.test_explain import ALWAYS, named
from tests.strategies import all_plans, documents

RHO = 0.1


def pie(**changes: Any) -> Dossier:
    """Ten parts of a pie, all or none cut by a third: V_a = x/ρ and V_b = (1 − x + 0.1)/ρ, x ≥ 0.3 and 1.1 − x ≥ 0.55.

    a believes that b loses more without a deal; b believes that a can afford to wait for more.
    """
    parts = [f"part_{i}" for i in range(11)]
    party = {"discount": f"{RHO} /year", "response_time": 0}
    document = {
        "detente": 1,
        "title": "a pie",
        "start": "2020-01-01",
        "periods": ["1 x 1 year"],
        "interests": {i: {"unit": "pies", "worst": 0, "best": 1} for i in ("x", "y")},
        "parties": {
            "a": {**party, "stakes": {"x": 1}, "walk_away": "0.3 /year"},
            "b": {**party, "stakes": {"y": 1}, "walk_away": "0.55 /year", "no_deal": "-0.1 /year"},
            "cutter": {"response_time": 0, "consents": False},
        },
        "measures": {
            m: {
                "by": "cutter",
                "verify": "open",
                "effects": {"x": {"level": i / 10}, "y": {"level": 1 - i / 10}},
            }
            for i, m in enumerate(parts)
        },
        "one_of": {"cut": {"exactly": True, "of": [[m] for m in parts]}},
        "demands": {
            "most": {"by": "a", "firmness": "opening", "require": {"in_force": "part_9"}},
            "all": {"by": "b", "firmness": "opening", "require": {"in_force": "part_0"}},
        },
        "views": {"a": {"parties.b.no_deal": "-0.3 /year"}, "b": {"parties.a.walk_away": "0.45 /year"}},
    }
    dossier = from_dict(document)
    return apply(dossier, changes) if changes else dossier


def lines(found: Gap) -> dict[str, Any]:
    return {row.party: row for row in found.parties}


def a_year(points: float) -> Any:
    return pytest.approx(points / RHO, rel=1e-6, abs=1e-6)


def test_what_each_asks_thinks_and_can() -> None:
    found = gap(pie(), tolerance=1e-6)
    a, b = (lines(found)[p] for p in "ab")
    assert (a.can.value, b.can.value) == (a_year(0.5), a_year(0.8))
    assert (a.thinks.value, b.thinks.value) == (a_year(0.7), a_year(0.6))
    assert (a.illusion, b.illusion) == (a_year(0.2), a_year(-0.2))
    assert (a.asks.value, b.asks.value) == (a_year(0.9), a_year(1.1))
    assert a.asks.values == {"a": a_year(0.9), "b": a_year(0.2), "cutter": 0.0}
    assert (a.asks.breaks, b.asks.breaks) == (("consent.b",), ("consent.a",))
    assert a.thinks.breaks == ("consent.b",)
    assert a.can.breaks == ()
    assert (a.hopeless, b.hopeless) == (("most",), ("all",))
    assert not a.unsettled
    assert (a.gets["utilitarian"], b.gets["utilitarian"]) in [(a_year(x / 10), a_year(1.1 - x / 10)) for x in (3, 4, 5)]
    assert a.gets["egalitarian"] == a_year(0.4)  # gains 0.1 and 0.15
    assert a.gets["nash"] == a_year(0.4)  # 0.1 · 0.15 > 0.2 · 0.05
    assert found.finished


def test_the_belief_at_which_talks_could_succeed() -> None:
    """b hopes for x = 0.5, which leaves a no more; a hopes for less than 0.6 once 0.45 + n < 0.6."""
    found = gap(pie(), tolerance=1e-6)
    assert found.together is False
    assert found.share == pytest.approx(0.5, rel=1e-5)  # at x = 0.5 a gains 0.2 of 0.4
    (of_a,) = [b for b in found.beliefs if b.party == "a"]
    assert (of_a.path, of_a.believed, of_a.unit, of_a.status) == (
        "parties.b.no_deal",
        pytest.approx(-0.3),
        "/year",
        "succeeds_at",
    )
    assert of_a.true == pytest.approx(-0.1)
    assert (of_a.low, of_a.high) == (pytest.approx(-0.6), pytest.approx(-0.1))
    assert -0.15 <= of_a.succeeds_at + 1e-9 <= -0.15 + 0.005 * 0.5 + 1e-9
    believing = pie(**{"views.a": {"parties.b.no_deal": f"{of_a.succeeds_at} /year"}})
    assert gap(believing, tolerance=1e-6).together is True


def test_a_belief_of_the_other_is_no_help_where_its_own_hopes_are_the_obstacle() -> None:
    """b hopes for all but 0.2, which a would not consent to whatever it believed."""
    found = gap(pie(**{"views.b": {"parties.a.walk_away": "0.2 /year"}}), tolerance=1e-6)
    status = {b.party: b.status for b in found.beliefs}
    assert found.together is False
    assert status["a"] == "others_hope_too_much"


def test_a_hope_that_fits_is_no_obstacle() -> None:
    found = gap(pie(**{"views.a": {"parties.b.no_deal": "-0.05 /year"}}), tolerance=1e-6)
    assert lines(found)["a"].thinks.value == a_year(0.5)
    assert found.together is True
    assert found.share == 1.0
    assert {b.status for b in found.beliefs} == {"already"}


def test_claims_are_no_more_than_there_is_where_nobody_dreams_of_no_deal() -> None:
    found = gap(pie(), tolerance=1e-6)
    a, b = (lines(found)[p].without for p in "ab")
    assert (a.no_deal, b.no_deal) == (0.0, a_year(-0.1))
    assert (a.claim, b.claim) == (a_year(0.3), a_year(0.55))
    assert (found.claims.together, found.claims.there_is) == (a_year(0.85), a_year(1.1))
    assert found.claims.exceed == a_year(-0.25)
    assert not found.claims.proved


def test_mutual_optimism_about_no_deal_claims_more_than_there_is() -> None:
    """a sees itself with 0.7 a year outside; b does not see the 0.1 that no deal costs it, and gains 0.1 instead."""
    dreams = {"views.a": {"parties.a.walk_away": "0.7 /year"}, "views.b": {"parties.b.no_deal": "0.1 /year"}}
    found = gap(pie(**dreams), tolerance=1e-6)
    a, b = (lines(found)[p].without for p in "ab")
    assert (a.walk_away_thinks, a.claim) == (a_year(0.7), a_year(0.7))
    assert (b.no_deal, b.no_deal_thinks, b.claim) == (a_year(-0.1), a_year(0.1), a_year(0.75))
    assert (found.claims.together, found.claims.there_is) == (a_year(1.45), a_year(1.1))
    assert found.claims.exceed == a_year(0.35)
    assert found.claims.proved


def test_without_a_deal_there_is_nothing_to_share() -> None:
    found = gap(pie(**{"parties.a.walk_away": "0.9 /year"}), tolerance=1e-6)
    assert found.status == "none_exists"
    assert (found.together, found.share, found.beliefs) == (None, None, ())
    assert lines(found)["a"].can.proved
    assert lines(found)["a"].can.value is None


# --- random cases ----------------------------------------------------------------------------------------------------


@st.composite
def believing(draw: st.DrawFn, most: int) -> Dossier:
    """A random dossier with beliefs about the others and openings."""
    d = draw(documents(measures=4).filter(lambda d: (len(_dates(d)) + 1) ** len(d["measures"]) <= most))
    parties, names = list(d["parties"]), list(d["measures"])
    d["views"] = {}
    for p in draw(st.lists(st.sampled_from(parties), unique=True, max_size=2)):
        q = draw(st.sampled_from([q for q in parties if q != p]))
        d["views"][p] = {
            draw(st.sampled_from([f"parties.{q}.walk_away", f"parties.{q}.collapse_cost"])): draw(st.integers(0, 8)),
            f"parties.{q}.no_deal": draw(st.sampled_from(["-4 /year", "-1 /year"])),
        }
    d.setdefault("demands", {})
    for i in range(draw(st.integers(0, 2))):
        require = draw(st.sampled_from([{"in_force": draw(st.sampled_from(names))}, {"never": names[-1]}]))
        d["demands"][f"o{i}"] = {"by": draw(st.sampled_from(parties)), "firmness": "opening", "require": require}
    return from_dict(d)


def _dates(d: dict[str, Any]) -> Sequence[Any]:
    return from_dict({**d, "views": {}}).grid.dates


def best_of(dossier: Dossier, party: str, fine: Callable[[Plan], bool]) -> float | None:
    judge = Judge(dossier)
    return max((judge.values(plan)[party] for plan in all_plans(dossier) if fine(plan)), default=None)


def satisfying(dossier: Dossier, question: Question) -> Callable[[Plan], bool]:
    return Judge(dossier, success=question.success, openings=question.openings).satisfactory  # type: ignore[arg-type]


def same(hope: Hope | None, value: float | None) -> None:
    assert hope is not None
    assert hope.proved
    assert hope.value == (None if value is None else pytest.approx(value, rel=1e-5, abs=1e-5))


def agree(dossier: Dossier, question: Question) -> None:
    found = gap(dossier, question, tolerance=1e-6, beliefs=False)
    assert found.finished
    rows = lines(found)
    targets = {}
    plans = [p for p in all_plans(dossier) if satisfying(dossier, question)(p)]
    for name, row in rows.items():
        can = best_of(dossier, name, satisfying(dossier, question))
        same(row.can, can)
        seen = apply(dossier, dossier.views[name]) if name in dossier.views else dossier
        hoped = best_of(seen, name, satisfying(seen, question))
        if name in dossier.views:
            same(row.thinks, hoped)
        openings = [n for n, d in dossier.demands.items() if d.by == name and d.firmness == "opening"]
        if openings:
            same(row.asks, best_of(dossier, name, _own(dossier, name)))
            assert set(row.hopeless) == {n for n in openings if not _possible(seen, name, n, openings)}
        target = hoped if name in dossier.views else can
        if row.consents and target is not None:
            targets[name] = target
    assert found.status == ("satisfactory" if plans else "none_exists")
    if plans:
        assert {n for n, r in rows.items() if r.consents} == set(bargainers(dossier))
        _together(dossier, found, plans, targets)


def _own(dossier: Dossier, party: str) -> Callable[[Plan], bool]:
    """Whether a plan meets what always holds, and what is the party's own."""
    judge = Judge(dossier, openings=(party,))

    def own(name: str) -> bool:
        kind, _, rest = name.partition(".")
        return name in ALWAYS or (dossier.demands[rest].by == party if kind == "demands" else rest == party)

    return lambda plan: not any(own(named(s)) for s in judge.slacks(plan) if not s.accepted)


def _possible(seen: Dossier, party: str, demand: str, openings: Sequence[str]) -> bool:
    others = {f"demands.{n}.firmness": "preference" for n in openings if n != demand}
    asked = apply(seen, others) if others else seen
    return any(map(satisfying(asked, Question("none", (party,))), all_plans(asked)))


def _together(dossier: Dossier, found: Gap, plans: Sequence[Plan], targets: dict[str, float]) -> None:
    judge = Judge(dossier)
    values = [judge.values(plan) for plan in plans]
    walk = {row.party: row.walk_away for row in found.parties}

    def lacking(v: dict[str, float], slight: float) -> bool:
        return any(v[p] < t - slight * max(1.0, abs(t)) for p, t in targets.items())

    if found.together:
        assert any(not lacking(v, 1e-5) for v in values)
        assert found.share == 1.0
        return
    assert found.together is False
    assert all(lacking(v, -1e-9) for v in values)
    hopes = {p: t - walk[p] for p, t in targets.items() if t - walk[p] > 1e-6}
    share = max(min(((v[p] - walk[p]) / h for p, h in hopes.items()), default=0.0) for v in values)
    assert found.share == pytest.approx(min(1.0, share), rel=1e-4, abs=1e-5)


QUESTIONS = st.sampled_from([ANY_DEAL, ANY_DEAL, Question("minimal")])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(believing(150), QUESTIONS)
def test_a_few_hopes_are_the_best_of_all_plans(dossier: Dossier, question: Question) -> None:
    agree(dossier, question)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(believing(700), QUESTIONS)
def test_hopes_are_the_best_of_all_plans(dossier: Dossier, question: Question) -> None:
    agree(dossier, question)


@pytest.mark.long
@settings(max_examples=400, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
@given(believing(700), QUESTIONS)
def test_hopes_are_the_best_of_all_plans_at_length(dossier: Dossier, question: Question) -> None:
    assert count(dossier) <= 700
    agree(dossier, question)
