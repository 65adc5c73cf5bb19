"""The least inspection effort, and plans chosen with their regimes, against every choice and every plan."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.design.inspections.fakings import Fakings
from detente.design.inspections.needs import Aim, Search, VerificationNeeds, aims_of, design_with_inspections, needs
from detente.design.inspections.regimes import Choice, Menus, remarks
from detente.design.plan.clock import Clock
from detente.design.plan.kinds import Rule
from detente.design.plan.objectives import POSITIVE
from detente.design.plan.rules import RULES, any_plan
from detente.design.programme.question import Question
from detente.dossier import from_dict
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier
from detente.errors import DossierError, UsageError
from detente.model.judge.check import Judge
from detente.model.plan import Plan
from detente.model.rows.moments import Moment
from detente.model.rows.temptation import rows_at
from tests.design.test_exhaustive import bargainers, met
from tests.strategies import _seen, all_plans, documents

MOST = 1500
"""Plans times choices beyond which a case is too large to enumerate."""


@st.composite
def inspected(draw: st.DrawFn, *, divisible: bool = False) -> Dossier:
    """A tiny dossier in which measures have regimes, dearer ones not always better, and some of nothing but words."""
    raw = draw(documents(measures=4, visited=True, divisible=divisible, answers=draw(st.booleans())))
    found = 0
    for m in raw["measures"].values():
        verify = m["verify"]
        if verify == "open":
            continue
        verify.pop("regime", None)
        verify.pop("regimes", None)
        verify["detects"] = draw(st.sampled_from(["0 %/year", "10 %/year", "50 %/year"]))
        verify.pop("visits", None)
        if found < 3 and draw(st.integers(0, 3)):
            found += 1
            names = ["light", "full"][: draw(st.integers(1, 2))]
            verify["regimes"] = {n: _regime(draw, n) for n in names}
            if draw(st.booleans()):
                verify["regimes"][names[-1]]["effects"] = {
                    draw(st.sampled_from([*raw["interests"]])): {draw(st.sampled_from(["level", "once"])): -2}
                }
            if draw(st.integers(0, 2)) == 0:
                verify["regime"] = names[0]
                if draw(st.booleans()) and all({"detects", "visits"} & {*r} for r in verify["regimes"].values()):
                    del verify["detects"]
    assume(found)
    if draw(st.integers(0, 3)) == 0:
        people = raw.setdefault("capacity", {}).setdefault("people", {"limit": 9})
        people |= {"limit": draw(st.integers(0, 20)), "inspections": "days"}
    try:
        dossier = from_dict(raw)
        Fakings(Menus.of(dossier))
    except (DossierError, UsageError):
        assume(False)
        raise
    return dossier


def _regime(draw: st.DrawFn, name: str) -> dict[str, Any]:
    days = draw(st.integers(0, 9)) * (3 if name == "full" else 1)
    regime = {"days": f"{days} /year", **_seen(draw, visited=draw(st.booleans()))}
    if draw(st.integers(0, 3)) == 0:
        regime["delay"] = draw(st.sampled_from([0, "2 months", "9 months"]))
    if draw(st.booleans()):
        regime["confirms_in"] = draw(st.sampled_from([0, "4 months", "13 months"]))
    return regime


def choices(menus: Menus) -> list[Choice]:
    return list(itertools.product(*[range(len(menu.places)) for menu in menus.menus]))


def size(dossier: Dossier, menus: Menus) -> int:
    free = [m for m in dossier.measures if m not in dossier.state.in_force]
    plans: int = (len(dossier.grid) + 1) ** len(free)
    return plans * len(choices(menus))


def possible(menus: Menus, aim: Aim) -> Iterator[float]:
    """The effort of every choice with which some plan reaches an aim."""
    for choice in choices(menus):
        dossier = menus.applied(choice)
        judge = Judge(aim.asked(dossier), success=aim.level)  # type: ignore[arg-type]
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
    least_effort_is_least(dossier)


def parts_too(dossier: Dossier) -> None:
    """Measures in force in part have no end of plans: each choice by itself, through the solver of plans alone."""
    menus = Menus.of(dossier)
    assume(math.prod(len(menu.places) for menu in menus.menus) <= 12)
    search = Search(menus)
    for aim in aims_of(dossier)[:4]:
        found, enough = search.least(aim, Clock(60)), []
        for choice in choices(menus):
            judge = Judge(aim.asked(menus.applied(choice)), success=aim.level)  # type: ignore[arg-type]
            plan, settled = any_plan(judge, Question(aim.level), Clock(60))
            assert settled
            enough += [menus.spent(choice)] if plan is not None else []
        expected = min(enough, default=None)
        assert found.status == ("none_exists" if expected is None else "satisfactory")
        assert found.effort == (None if expected is None else pytest.approx(expected))


@given(inspected(divisible=True))
@settings(max_examples=8)
def test_the_least_effort_where_measures_have_parts(dossier: Dossier) -> None:
    parts_too(dossier)


@pytest.mark.long
@given(inspected(divisible=True))
@settings(max_examples=500)
def test_the_least_effort_where_measures_have_parts_at_length(dossier: Dossier) -> None:
    parts_too(dossier)


@pytest.mark.long
@given(inspected())
@settings(max_examples=1500)
def test_the_least_effort_at_length(dossier: Dossier) -> None:
    least_effort_is_least(dossier)


def within(menus: Menus, budget: float | None) -> Iterator[tuple[Judge, Judge, Dossier, Plan]]:
    """Every satisfactory plan under every choice within a budget, with its judges, for any deal and minimal success."""
    for choice in choices(menus):
        if budget is None or menus.spent(choice) <= budget + 1e-9:
            dossier = menus.applied(choice)
            judge, minimal = Judge(dossier), Judge(dossier, success="minimal")
            for plan in all_plans(dossier):
                if judge.satisfactory(plan):
                    yield judge, minimal, dossier, plan


def best_of(menus: Menus, budget: float | None, rule: str) -> float | None:
    """The best objective of a rule over every choice and plan within a budget."""
    found = list(within(menus, budget))
    people = bargainers(menus.dossier)
    if rule in ("earliest", "minimal"):
        enough = [(d, p) for _, minimal, d, p in found if minimal.satisfactory(p)]
        if rule == "minimal":
            state = menus.dossier.state.in_force
            return min((sum(m not in state for m, day in p.entry.items() if day) for _, p in enough), default=None)
        needed = menus.dossier.success.minimal
        return min((max(met(d, p, r) for r in needed) for d, p in enough), default=None)
    gains = [[judge.gain(plan)[p] for p in people] for judge, _, _, plan in found]
    if not gains:
        return None
    if rule == "utilitarian":
        return max(sum(g) for g in gains)
    if rule == "kalai_smorodinsky":
        tops = [max(g[i] for g in gains) for i in range(len(people))]
        return max(min((x / t for x, t in zip(g, tops, strict=True) if t > POSITIVE), default=0.0) for g in gains)
    positive = [g for g in gains if g and min(g) > POSITIVE]
    if rule == "nash" and positive:
        return max(sum(math.log(x) for x in g) for g in positive)
    return max(min(g, default=0.0) for g in gains)


def together_is_best(dossier: Dossier, budget: float | None, rule: Rule = "egalitarian") -> None:
    menus = Menus.of(dossier)
    assume(size(dossier, menus) <= MOST)
    found, overlay = design_with_inspections(dossier, rule, budget=budget, gap=1e-6)
    expected = best_of(menus, budget, rule)
    assert found.finished
    assert (found.plan is None) == (expected is None)
    if expected is not None:
        assert found.plan is not None
        assert found.objective == pytest.approx(expected, rel=2e-5, abs=2e-5)
        changed = apply(dossier, overlay) if overlay else dossier
        success = "minimal" if rule in ("earliest", "minimal") else "none"
        assert Judge(changed, success=success).satisfactory(found.plan)  # type: ignore[arg-type]
        assert budget is None or Menus.of(changed).spent(Menus.of(changed).stated) <= budget + 1e-9
        if rule == "earliest":
            times = [met(changed, found.plan, r) for r in dossier.success.minimal]
            assert max(times) == pytest.approx(expected, abs=1e-6)


budgets = st.none() | st.integers(0, 25)
rules = st.sampled_from([rule for rule in RULES if rule != "robust"])


@given(inspected(), budgets, rules)
@settings(max_examples=30)
def test_plan_and_regimes_together_are_the_best_within_a_budget(dossier: Dossier, budget: int, rule: Rule) -> None:
    together_is_best(dossier, budget, rule)


@pytest.mark.long
@given(inspected(), budgets, rules)
@settings(max_examples=1500)
def test_plan_and_regimes_together_at_length(dossier: Dossier, budget: int, rule: Rule) -> None:
    together_is_best(dossier, budget, rule)


# --- exchanges that hang on inspection ---------------------------------------------------------------------------


@st.composite
def exchanges(draw: st.DrawFn) -> Dossier:
    """a performs parts that it can fake, b pays flows that answer: the deal hangs on how a is inspected."""
    measures: dict[str, Any] = {f"part_{i}": _part(draw) for i in range(draw(st.integers(2, 3)))}
    for i in range(draw(st.integers(1, 2))):
        flow = {"a": {"level": draw(st.integers(8, 16))}, "b": {"level": -draw(st.integers(2, 7))}}
        measures[f"flow_{i}"] = {"by": "b", "effects": flow, "undo": {"in": 0}, "verify": "open"}
        if draw(st.integers(0, 3)) == 0:
            measures[f"flow_{i}"]["needs"] = {"verified": ["part_0"]}
    interactions: dict[str, Any] = {}
    if draw(st.integers(0, 2)) == 0:
        interactions = {"both": {"all": ["part_0", "part_1"], "effects": {"a": {"level": draw(st.integers(-4, 4))}}}}
    limit = {"exposure_limit": draw(st.sampled_from([10, 40]))} if draw(st.booleans()) else {}
    first = [{"in_force": "part_0"}]
    return from_dict(
        {
            "detente": 1,
            "title": "an exchange under inspection",
            "start": "2020-01-01",
            "periods": [draw(st.sampled_from(["2 x 6 months", "3 x 3 months", "1 x 1 year"]))],
            "interests": {p: {"unit": "points a year", "worst": 0, "best": 1} for p in "ab"},
            "parties": {
                "a": {**PARTY, "stakes": {"a": 1}, "collapse_cost": draw(st.sampled_from([0, 5]))},
                "b": {**PARTY, "stakes": {"b": 1}, **limit},
            },
            "measures": measures,
            "interactions": interactions,
            "success": {"minimal": first, "full": [*first, {"in_force": "part_1"}]},
        }
    )


PARTY = {"response_time": "3 months", "discount": "8 %/year"}
LARGE = 3000


def _part(draw: st.DrawFn) -> dict[str, Any]:
    light, full = draw(st.integers(2, 9)), draw(st.integers(8, 30))
    often = {"every": draw(st.sampled_from(["2 months", "6 months"])), "detects": "60 %"}
    regimes: dict[str, Any] = {
        "light": {"days": f"{light} /year", "detects": draw(st.sampled_from(["15 %/year", "40 %/year"]))},
        "full": {"days": f"{full} /year", "visits": often},
    }
    if draw(st.booleans()):
        regimes["full"] |= {"delay": draw(st.sampled_from(["1 week", "4 months"]))}
    return {
        "by": "a",
        "effects": {"a": {"level": -draw(st.integers(4, 9))}, "b": {"level": draw(st.integers(8, 14))}},
        "undo": draw(st.sampled_from(["never", {"in": 0}, {"in": "3 months", "keeps": "40 %"}])),
        "verify": {"by": "agency", "detects": "2 %/year", "delay": "1 month", "regimes": regimes},
    }


def enough(dossier: Dossier) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """The least effort for each level of success, as found, and over all choices and plans."""
    menus, search = Menus.of(dossier), Search(Menus.of(dossier))
    found = {level: search.least(Aim("success", level), Clock(60)) for level in ("none", "minimal", "full")}
    assert all(x.status != "undecided" for x in found.values())
    expected = {level: min(possible(menus, Aim("success", level)), default=None) for level in found}
    return {level: x.effort for level, x in found.items()}, expected


@given(exchanges())
@settings(max_examples=6)
def test_the_least_effort_of_an_exchange(dossier: Dossier) -> None:
    assume(size(dossier, Menus.of(dossier)) <= LARGE)
    found, expected = enough(dossier)
    assert found == pytest.approx(expected)


@pytest.mark.long
@given(exchanges())
@settings(max_examples=400)
def test_the_least_effort_of_an_exchange_at_length(dossier: Dossier) -> None:
    assume(size(dossier, Menus.of(dossier)) <= 20 * LARGE)
    found, expected = enough(dossier)
    assert found == pytest.approx(expected)


@given(exchanges(), st.integers(0, 40))
@settings(max_examples=5)
def test_the_best_exchange_within_a_budget(dossier: Dossier, budget: int) -> None:
    assume(size(dossier, Menus.of(dossier)) <= LARGE)
    together_is_best(dossier, budget)


@pytest.mark.long
@given(exchanges(), st.integers(0, 40))
@settings(max_examples=300)
def test_the_best_exchange_within_a_budget_at_length(dossier: Dossier, budget: int) -> None:
    assume(size(dossier, Menus.of(dossier)) <= 20 * LARGE)
    together_is_best(dossier, budget)


@given(exchanges())
@settings(max_examples=5)
def test_what_one_search_found_on_the_way_serves_the_next(dossier: Dossier) -> None:
    search, aim = Search(Menus.of(dossier)), Aim("success", "none")
    solver = search._solver(aim, Clock(60))
    model = search.fakings.model
    between = Moment.at(model.tau, float(model.tau[0]) + 0.1, "after")
    late = solver.problem.valued.extend(rows_at(model, "breakout", (0, -1, -1), [between]))
    needed = {solver.problem.valued.rows.labels[r] for r in (0, late.start)}
    for r in (0, late.start):
        solver.problem.valued.activate(r)
    search.learn(solver)
    following = search._solver(aim, Clock(60)).problem
    assert {following.valued.rows.labels[r] for r in following.valued.active} == needed


# --- the least detection -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("c", "g", "cost", "delay"), [(1.0, 1.2, 0.0, 0.25), (1.0, 0.8, 6.0, 0.5), (2.0, 3.0, 1.0, 0.0)]
)
def test_verification_is_good_enough_exactly_when_that_holds(c: float, g: float, cost: float, delay: float) -> None:
    """DESIGN §7: (g + ρC)·E[e^(−ρT)] = c at the least detection, where E[e^(−ρT)] = e^(−ρδ)·λ/(λ + ρ)."""
    rho = 0.08
    found = needs(_exchange(rho, c, g, cost, delay), steps=False, raises=False)
    assert found.finished
    (rate,) = found.rates
    assert rate.status == "found"
    assert rate.rate is not None
    seen = math.exp(-rho * delay) * rate.rate / (rate.rate + rho)
    assert (g + rho * cost) * seen == pytest.approx(c, rel=3e-6)


def _exchange(rho: float, c: float, g: float, cost: float, delay: float) -> Dossier:
    """Both pay reversible flows; only a can fake its own. Half of the delay is the verifier's."""
    verify = {"by": "agency", "detects": "50 /year", "delay": f"{delay / 2!r} years"}
    part = {"by": "a", "effects": {"a": {"level": -c}, "b": {"level": 10}}, "undo": {"in": 0}, "verify": verify}
    flow = {"by": "b", "effects": {"a": {"level": g}, "b": {"level": -1}}, "undo": {"in": 0}, "verify": "open"}
    party = {"discount": f"{rho!r} /year", "consents": False}
    return from_dict(
        {
            "detente": 1,
            "title": "an exchange",
            "start": "2020-01-01",
            "periods": ["1 x 3 months"],
            "interests": {p: {"unit": "points a year", "worst": 0, "best": 1} for p in "ab"},
            "parties": {
                "a": {**party, "stakes": {"a": 1}, "response_time": 0, "collapse_cost": cost},
                "b": {**party, "stakes": {"b": 1}, "response_time": f"{delay / 2!r} years"},
            },
            "measures": {"part": part, "flow": flow},
            "success": {"minimal": [{"in_force": "part"}, {"in_force": "flow"}]},
        }
    )


# --- stopped at any moment, and what more effort buys --------------------------------------------------------------


def bargain(light: int = 5, full: int = 20) -> Dossier:
    """One part that a can fake, worth its flow only where it is well seen; half of a scale hangs on it."""
    verify = {
        "by": "agency",
        "detects": "2 %/year",
        "delay": "1 month",
        "false_alarms": "1 %/year",
        "regimes": {
            "light": {"days": f"{light} /year", "detects": "30 %/year", "false_alarms": "3 %/year"},
            "full": {"days": f"{full} /year", "detects": "95 %/year"},
        },
    }
    part = {"by": "a", "effects": {"a": {"level": -6}, "b": {"level": 12}}, "undo": {"in": 0}, "verify": verify}
    flow = {"by": "b", "effects": {"a": {"level": 9}, "b": {"level": -4}}, "undo": {"in": 0}, "verify": "open"}
    small = {"by": "a", "effects": {"a": {"level": -1}, "b": {"level": 5}}, "undo": {"in": 0}, "verify": "open"}
    return from_dict(
        {
            "detente": 1,
            "title": "a bargain",
            "start": "2020-01-01",
            "periods": ["2 x 6 months"],
            "interests": {p: {"unit": "points a year", "worst": 0, "best": 1} for p in "ab"},
            "parties": {p: {**PARTY, "stakes": {p: 1}} for p in "ab"},
            "measures": {"part": part, "small": small, "flow": flow},
            "progress": {"done": {"part": 60, "small": 40}},
            "success": {"minimal": [{"in_force": "part"}]},
        }
    )


def test_the_effort_that_each_step_takes_and_what_comes_with_it() -> None:
    found = needs(bargain())
    assert found.finished
    assert found.least.effort in (5, 20)
    assert found.least.regimes["part"] in ("light", "full")
    efforts = {(s.aim.kind, s.aim.name, s.aim.share): s.effort for s in found.steps}
    assert efforts["success", "none", 1.0] == 0
    assert efforts["progress", "done", 0.25] == 0
    assert efforts["progress", "done", 1.0] == found.least.effort == efforts["measure", "part", 1.0]
    under = apply(found.dossier, found.least.overlay).measures["part"].verification
    assert under is not None
    assert found.least.false_alarms == pytest.approx(under.false_alarms.value)
    none = needs(bargain(), Question("none"))
    assert none.least.effort == 0
    assert none.next_step is not None
    assert none.next_step.effort == found.least.effort
    (first,) = none.raises
    assert first.after == "light"
    assert first.most is not None
    assert first.false_alarms == pytest.approx(-math.log1p(-0.03) + math.log1p(-0.01))


class Stops:
    """Says stop from its nth question on."""

    def __init__(self, n: int) -> None:
        self.left = n

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def honest(dossier: Dossier, found: VerificationNeeds, true: VerificationNeeds) -> None:
    """Nothing is claimed that is not so, and what is given holds."""
    for step in found.steps:
        (known,) = [s for s in true.steps if s.aim == step.aim]
        assert known.status != "undecided"
        if step.status == "undecided":
            assert known.effort is None or step.bound <= known.effort + 1e-6
            assert step.effort is None or (known.effort is not None and step.effort >= known.effort - 1e-6)
        else:
            assert (step.status, step.effort) == (known.status, known.effort)
        if step.plan is not None:
            changed = apply(dossier, step.overlay) if step.overlay else dossier
            judge = Judge(step.aim.asked(changed), success=step.aim.level)  # type: ignore[arg-type]
            assert judge.satisfactory(step.plan)
            assert Menus.of(changed).spent(Menus.of(changed).stated) == pytest.approx(step.effort)
    for rate in found.rates:
        (sure,) = [r for r in true.rates if r.measure == rate.measure]
        assert rate.status == "undecided" or rate == sure


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_stopped_at_any_moment_it_gives_a_valid_part(n: int) -> None:
    dossier = bargain()
    stop = Stops(n)
    found = needs(dossier, cancelled=stop)
    honest(dossier, found, needs(dossier))
    assert found.finished == (stop.left >= 0)


@pytest.mark.parametrize("limit", [1e-9, 1e-3, 0.05])
def test_a_short_limit_gives_a_valid_part(limit: float) -> None:
    dossier = bargain()
    found = needs(dossier, time_limit=limit)
    honest(dossier, found, needs(dossier))
    if limit < 1e-6:
        assert not found.finished
        assert found.status == "undecided"


def test_a_design_with_inspections_can_be_stopped() -> None:
    for n in (0, 3, 30):
        found, overlay = design_with_inspections(bargain(), "nash", success="minimal", cancelled=Stops(n))
        assert found.plan is None or Judge(apply(bargain(), overlay), success="minimal").satisfactory(found.plan)


def test_where_the_block_says_nothing_the_regime_of_no_effort_is_what_is_left() -> None:
    """A block without `detects` beside regimes that take no effort once made an impossible dossier."""
    dossier = bargain(0, 0)
    raw = apply(dossier, {"measures.part.verify.regime": "light", "measures.part.verify.detects": None})
    menus = Menus.of(raw)
    assert [p.regime for p in menus.menus[0].places] == ["light", "full"]
    assert not any("itself sees more" in note for note in remarks(menus))
    assert needs(raw, steps=False, rates=False, raises=False).least.effort == 0


def test_a_measure_that_cannot_be_faked_is_never_blind() -> None:
    """Its regimes matter for when it is confirmed; what the block says of that needs no effort."""
    dossier = apply(bargain(), {"measures.part.verify.covert": False, "measures.part.verify.detects": None})
    assert [p.blind for p in Menus.of(dossier).menus[0].places] == [False, False, False]
