"""Plan and regimes in one programme, by itself: what it lets through and rules out, against the judge of each choice.

Every row is in the programme at once, so that nothing hangs on which of them a search would have added. A plan with a
choice of regimes that the judge accepts must be a solution, and one that breaks a condition of structure, consent,
breaking out or cheating on a date must be none. Rows on cheating are those of the dossier with the choice made.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.design.inspections.choosing import Choosing
from detente.design.inspections.fakings import Fakings
from detente.design.inspections.regimes import Choice, Menus, confirms
from detente.design.programme.question import Question
from detente.dossier import from_dict
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from detente.model.rows.temptation import Conditions
from tests.design.test_inspections import bargain, choices, exchanges, inspected, size
from tests.model.test_rows import judged_name, slacks
from tests.strategies import all_plans

MOST = 600
"""Plans times choices that are all judged."""
EACH = 6
"""Of each kind of plan, under each choice, how many are tried."""
CLEARLY = 1e-4
"""By how much of its size a condition is missed for the programme to see it, too."""


def shares_of(fakings: Fakings, plan: Plan, choice: Choice) -> np.ndarray:
    """[M, K+1], what inspecting a measure does being in force with it under the regime chosen."""
    model = fakings.model
    f = np.zeros((model.M, model.K + 1))
    for m, name in enumerate(model.measures):
        if name in plan.entry and (day := plan.entry[name]) is not None:
            k = model.dossier.grid.index(day) if model.state[m] == 0 else -1
            assert k is not None
            f[m, k + 1 :] = 1.0
    for x in fakings.inspections:
        if choice[x.menu] == x.place:
            f[model.index[x.name]] = f[model.index[x.measure]]
    return f


def whole(fakings: Fakings, budget: float | None = None, success: str = "none") -> Choosing:
    """The programme with every row on dates in it, on cheating under every choice."""
    problem = Choosing(fakings, Question(success), budget=budget)
    for r in range(len(problem.valued)):
        problem.valued.activate(r)
    for choice, (q, m) in itertools.product(choices(fakings.menus), fakings.pairs):
        faking = fakings.of(q, m, choice)
        for r in range(len(fakings.rows(faking))):
            problem.cut(faking, r)
    return problem


class Trial:
    """Asks a programme whether a plan with a choice is one of its solutions."""

    def __init__(self, problem: Choosing) -> None:
        self.problem = problem
        self.low, self.high = problem.program.bounds(problem.program.columns)

    def solves(self, plan: Plan, choice: Choice) -> bool:
        problem, program, model = self.problem, self.problem.program, self.problem.model
        f = shares_of(problem.fakings, plan, choice)[:, 1:]
        fixed = {problem.columns.f(m, k): f[m, k] for m in np.flatnonzero(model.real) for k in range(model.K)}
        for columns, place in zip(problem.regimes.z, choice, strict=True):
            fixed |= {c: float(i == place) for i, c in enumerate(columns)}
        if any(not self.low[c] <= value <= self.high[c] for c, value in fixed.items()):
            return False
        for c, value in fixed.items():
            program.set_bounds(c, value, value)
        found = program.maximise(seconds=30.0)
        for c in fixed:
            program.set_bounds(c, self.low[c], self.high[c])
        assert found.status in ("optimal", "infeasible")
        return found.status == "optimal"


def seen_by_the_programme(s: Slack) -> bool:
    """Whether a condition that a plan breaks is one of those in the programme, and clearly broken."""
    if s.accepted:
        return False
    if s.keep is None or s.slack is None or s.deviate is None:
        return True
    size_ = max(1.0, s.scale, abs(s.keep), abs(s.deviate))
    on_a_date = s.kind == "consent" or (s.moment in ("before", "after") and s.date is not None and s.leaves is None)
    return s.kind in ("consent", "breakout", "covert") and on_a_date and s.slack < -CLEARLY * size_


@pytest.mark.slow
def test_what_it_lets_through_and_what_not() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=16)
    @given(exchanges() | inspected(), st.none() | st.integers(5, 40))
    def tried(dossier: Dossier, budget: int | None) -> None:
        menus = Menus.of(dossier)
        assume(size(dossier, menus) <= MOST)
        trial = Trial(whole(Fakings(menus), budget))
        for choice in choices(menus):
            judge = Judge(menus.applied(choice))
            affordable = budget is None or menus.spent(choice) <= budget + 1e-9
            known: Counter[str] = Counter()
            for plan in all_plans(dossier):
                rows = judge.slacks(plan)
                if all(s.accepted for s in rows) and known["accepted"] < EACH:
                    known["accepted" if affordable else "too dear"] += 1
                    assert trial.solves(plan, choice) == affordable, (plan, choice)
                elif broken := [s for s in rows if seen_by_the_programme(s)]:
                    kind = "cheating" if all(s.kind == "covert" for s in broken) else "refused"
                    if known[kind] < EACH:
                        known[kind] += 1
                        assert not trial.solves(plan, choice), (plan, choice, broken)
            seen.update(known)

    tried()
    assert seen["accepted"] >= 30, seen
    assert seen["too dear"] >= 3, seen
    assert seen["refused"] >= 100, seen
    assert seen["cheating"] >= 20, seen


def covert(rows: Conditions, f: np.ndarray) -> dict[tuple[object, ...], float]:
    return {name: value for name, value in slacks(rows, f).items() if name[0] == "covert"}


@pytest.mark.slow
def test_rows_on_cheating_are_those_of_the_dossier_with_the_choice_made() -> None:
    """Under every choice, of whatever is faked together: number by number what the judge finds on dates."""
    compared = 0

    @settings(max_examples=12)
    @given(exchanges() | inspected(), st.data())
    def alike(dossier: Dossier, data: st.DataObject) -> None:
        nonlocal compared
        fakings = Fakings(Menus.of(dossier))
        plan = data.draw(st.sampled_from([p for p, _ in zip(all_plans(dossier), range(400), strict=False)][1:]))
        for choice in choices(fakings.menus):
            judged = {
                judged_name(s): s
                for s in Judge(fakings.menus.applied(choice)).slacks(plan)
                if s.kind == "covert" and s.leaves is None
            }
            f = shares_of(fakings, plan, choice)
            for q, m in fakings.pairs:
                for name, value in covert(fakings.rows(fakings.of(q, m, choice)), f).items():
                    if (s := judged.get(name)) is not None:
                        assert s.slack is not None
                        assert s.keep is not None
                        near = 1e-8 * max(1.0, s.scale, abs(s.keep))
                        assert value == pytest.approx(s.slack, abs=near), (choice, name)
                        compared += 1

    alike()
    assert compared >= 300


# --- a programme by hand ---------------------------------------------------------------------------------------------


def test_a_choice_left_alone_and_what_it_takes() -> None:
    """One measure, inspected not at all, lightly (5 days) or fully (20)."""
    menus = Menus.of(bargain())
    assert [menus.spent(choice) for choice in choices(menus)] == [0, 5, 20]
    fakings = Fakings(menus)
    problem = Choosing(fakings, Question())
    (columns,) = problem.regimes.z
    assert problem.regimes.spent == dict(zip(columns, (0, 5, 20), strict=True))
    problem.regimes.choose((1,))
    low, high = problem.program.bounds(problem.program.columns)
    assert [(low[c], high[c]) for c in columns] == [(0, 0), (1, 1), (0, 0)]


@pytest.mark.parametrize(("budget", "ways"), [(4.9, 1), (5, 2), (19.9, 2), (20, 3)])
def test_a_budget_leaves_the_choices_within_it(budget: float, ways: int) -> None:
    menus = Menus.of(bargain())
    problem = Choosing(Fakings(menus), Question(), budget=budget)
    plan = Plan(dict.fromkeys(menus.dossier.measures, menus.dossier.start))
    trial = Trial(problem)
    assert [trial.solves(plan, choice) for choice in choices(menus)] == [n < ways for n in range(3)]


def solves_as_judged(
    dossier: Dossier, plan: Plan, expected: dict[str | None, bool], success: Literal["none", "minimal"] = "none"
) -> None:
    """One menu: under each of its regimes the judge accepts a plan as expected, and so does the programme."""
    menus = Menus.of(dossier)
    trial = Trial(whole(Fakings(menus), success=success))
    (menu,) = menus.menus
    regimes = {place.regime: (i,) for i, place in enumerate(menu.places)}
    judges = {regime: Judge(menus.applied(choice), success=success) for regime, choice in regimes.items()}
    judged = {regime: judge.satisfactory(plan) for regime, judge in judges.items()}
    assert judged == expected
    assert {regime: trial.solves(plan, choice) for regime, choice in regimes.items()} == expected


def seen_at(weight: float) -> str:
    """The rate at which cheating is seen that makes E[e^(−ρT)] such at 10 % a year."""
    return f"{0.1 * weight / (1 - weight)!r} /year"


def test_what_is_faked_together_hangs_on_the_regime_of_the_other() -> None:
    """a's m costs 1 and n 2, for a flow of 4; m is seen with weight ½, n with 0.3 or, inspected fully, 0.9.

    Alone m is not worth faking: 1 ≤ 4·½. With n it is: 3 > 4·½; but fully inspected n is seen sooner than m and no
    longer faked with it, and faking n with m does not pay either: 3 ≤ 4·0.9.
    """
    regimes = {"light": {"days": 1, "detects": seen_at(0.3)}, "full": {"days": 9, "detects": seen_at(0.9)}}
    flow = {"by": "b", "effects": {"y": {"level": 4}, "z": {"level": -1}}, "undo": {"in": 0}, "verify": "open"}
    d = of_two(
        m={"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}, "verify": {"detects": seen_at(0.5)}},
        n={"by": "a", "effects": {"x": {"level": 2}}, "undo": {"in": 0}, "verify": {"detects": 0, "regimes": regimes}},
        flow=flow,
    )
    plan = Plan(dict.fromkeys(d.measures, d.start))
    solves_as_judged(d, plan, {None: False, "light": False, "full": True})


def test_what_inspecting_does_comes_with_the_regime_that_is_chosen() -> None:
    """Full inspection costs b 9 a year, more than all it gains: it consents to no such deal."""
    regimes = {"light": {"days": 1, "detects": seen_at(0.9)}}
    regimes["full"] = {"days": 9, "detects": seen_at(0.95), "effects": {"z": {"level": -9}}}  # type: ignore[dict-item]
    d = of_two(
        m={"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}, "verify": {"detects": 0, "regimes": regimes}},
        flow={"by": "b", "effects": {"y": {"level": 4}, "z": {"level": -1}}, "undo": {"in": 0}, "verify": "open"},
    )
    plan = Plan(dict.fromkeys(d.measures, d.start))
    solves_as_judged(d, plan, {None: False, "light": True, "full": False})


def test_what_inspecting_takes_of_a_resource_hangs_on_the_regime_that_is_chosen() -> None:
    """5 inspector-days a year are there: enough for the light regime, not for the full one."""
    regimes = {"light": {"days": 5, "detects": seen_at(0.9)}, "full": {"days": 9, "detects": seen_at(0.95)}}
    d = of_two(
        m={"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}, "verify": {"detects": 0, "regimes": regimes}},
        flow={"by": "b", "effects": {"y": {"level": 4}, "z": {"level": -1}}, "undo": {"in": 0}, "verify": "open"},
    )
    people = {"people": {"limit": 5, "inspections": "days"}}
    plan = Plan(dict.fromkeys(d.measures, d.start))
    expected = {None: False, "light": True, "full": False}
    solves_as_judged(from_dict({**d.document, "capacity": people}), plan, expected)


def confirming(flow: dict[str, object], **more: object) -> Dossier:
    """Seen equally well whatever the regime, m counts as verified after a year, 9 months (light) or 3 (full)."""
    regimes = {
        "light": {"days": 1, "detects": seen_at(0.9), "confirms_in": "9 months"},
        "full": {"days": 9, "detects": seen_at(0.9), "confirms_in": "3 months"},
    }
    verify = {"detects": seen_at(0.9), "confirms_in": "1 year", "regimes": regimes}
    body = {"by": "b", "effects": {"y": {"level": 4}, "z": {"level": -1}}, "undo": {"in": 0}, "verify": "open"}
    d = of_two(
        m={"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}, "verify": verify}, flow={**body, **flow}
    )
    return from_dict({**d.document, "periods": ["5 x 3 months"], **more})


def test_what_waits_for_verification_waits_as_long_as_the_regime_takes() -> None:
    """b, whom the wait costs nothing, pays once m is verified; a would rather be paid for it before."""
    d = patient(confirming({"needs": {"verified": ["m"]}}))
    dates = d.grid.dates
    solves_as_judged(d, Plan({"m": dates[0], "flow": dates[1]}), {None: False, "light": False, "full": True})
    solves_as_judged(d, Plan({"m": dates[0], "flow": dates[3]}), {None: False, "light": True, "full": True})
    solves_as_judged(d, Plan({"m": dates[0], "flow": dates[4]}), {None: True, "light": True, "full": True})


@pytest.mark.parametrize(("by", "soon"), [("2020-04-01", ["full"]), ("2020-10-01", ["full", "light"])])
def test_what_is_verified_by_a_day_hangs_on_the_regime(by: str, soon: list[str]) -> None:
    asked = {"minimal": [{"progress": "done", "at_least": "100 %", "by": by}]}
    d = confirming({}, progress={"done": {"m": 1}}, success=asked)
    plan = Plan(dict.fromkeys(d.measures, d.start))
    solves_as_judged(d, plan, {regime: regime in soon for regime in (None, "light", "full")}, "minimal")


def patient(dossier: Dossier) -> Dossier:
    """a will wait to be paid."""
    a = {**dossier.document["parties"]["a"], "walk_away": -50, "collapse_cost": 50}
    return from_dict({**dossier.document, "parties": {**dossier.document["parties"], "a": a}})


def test_a_flow_that_may_not_lag_behind_what_is_verified() -> None:
    """Paid from 6 months on, which is late where m is verified after 3."""
    behind = {"l": {"share": {"flow": 1}, "at_least": "done", "ahead_by": "0 %"}}
    d = patient(confirming({}, progress={"done": {"m": 1}}, links=behind))
    plan = Plan({"m": d.start, "flow": d.grid.dates[2]})
    solves_as_judged(d, plan, {None: True, "light": True, "full": False})


def of_two(**measures: object) -> Dossier:
    """a minds x and gains from y; b gains twice from x and minds what lowers z. Answers come at once."""
    party = {"discount": "0.1 /year", "response_time": 0}
    return from_dict(
        {
            "detente": 1,
            "title": "faked together",
            "start": "2020-01-01",
            "periods": ["1 x 1 year"],
            "interests": {i: {"unit": "points a year", "worst": 0, "best": 1} for i in "xyz"},
            "parties": {
                "a": {**party, "stakes": {"x": -1, "y": 1}},
                "b": {**party, "stakes": {"x": 2, "z": 1}},
            },
            "measures": measures,
        }
    )


def test_no_regime_that_confirms_later_is_left() -> None:
    """Light confirms after 6 months, full after 1: held to light all are left; held to full, light is not."""
    d = bargain()
    raw = {**d.document}
    part = {**raw["measures"]["part"]}
    verify = {**part["verify"], "confirms_in": "1 month"}
    verify["regimes"] = {**verify["regimes"], "light": {**verify["regimes"]["light"], "confirms_in": "6 months"}}
    d = from_dict({**raw, "measures": {**raw["measures"], "part": {**part, "verify": verify}}})
    fakings = Fakings(Menus.of(d))
    assert [confirms(way) for way in fakings.ways[0]] == pytest.approx([1 / 12, 0.5, 1 / 12])
    for held, left in (((1,), [1, 1, 1]), ((2,), [1, 0, 1])):
        problem = Choosing(fakings, Question())
        problem.regimes.no_later_than(held)
        high = problem.program.bounds(problem.program.columns)[1]
        assert [high[c] for c in problem.regimes.z[0]] == left
