"""The exact frontier of cases that are nothing but choices, against enumeration, the judge and published domains."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.design.exact import frontier as exact
from detente.design.exact.choice_search import search
from detente.design.exact.choices import Space, space_of
from detente.design.exact.frontier import Exact, exact_frontier
from detente.design.exact.merging import Combinations, merge, nondominated
from detente.design.plan.clock import Clock
from detente.design.programme.question import Question
from detente.design.questions.frontier import frontier
from detente.dossier import from_dict
from detente.model.judge.check import check
from detente.model.plan import Plan
from detente.report.questions.frontier_chart import frontier_sentences

Document = dict[str, Any]
Values = tuple[Fraction, ...]
DAY = "2020-01-01"

# --- cases that are nothing but choices, and what they come down to by enumeration -----------------------------------


def document(
    parties: Mapping[str, Mapping[str, Any]],
    measures: Mapping[str, Mapping[str, Any]],
    **rest: Any,
) -> Document:
    """A one-period case in which an interest of each party, `NAME_utility`, is all that it cares about.

    A measure is {by, party: amount once}.
    """
    everyone = list(parties)
    result: Document = {
        "detente": 1,
        "title": "Choices",
        "start": DAY,
        "periods": ["1 x 1 year"],
        "interests": {f"{p}_utility": {"unit": "points", "worst": 0, "best": 10} for p in parties},
        "parties": {
            p: {"discount": "5 %/year", "response_time": 0, "stakes": {f"{p}_utility": 1}} | dict(said)
            for p, said in parties.items()
        },
        "measures": {
            m: {
                "by": said.get("by", everyone),
                "verify": "open",
                "effects": {f"{p}_utility": {"once": said[p]} for p in parties if p in said},
            }
            for m, said in measures.items()
        },
    }
    return result | rest


def worth(case: Document, plan: frozenset[str]) -> Values:
    """Each party's value of a deal, straight from what is written."""

    def met(when: Any) -> bool:
        if isinstance(when, str):
            return when in plan
        return all(map(met, when["all"])) if "all" in when else any(map(met, when["any"]))

    present = [case["measures"][m]["effects"] for m in plan]
    present += [i["effects"] for i in case.get("interactions", {}).values() if met(i)]

    def value(party: Mapping[str, Any]) -> Fraction:
        total = Fraction(0)
        for interest, stake in party["stakes"].items():
            scale = case["interests"][interest]
            swing = Fraction(str(scale["best"])) - Fraction(str(scale["worst"]))
            once = sum((Fraction(str(e[interest]["once"])) for e in present if interest in e), Fraction(0))
            total += Fraction(str(stake)) / swing * once
        return total

    return tuple(value(p) for p in case["parties"].values())


def deals(case: Document) -> Iterator[frozenset[str]]:
    """Every plan that the one-of groups and red lines allow; an empty one is no deal."""
    for n in range(1, len(case["measures"]) + 1):
        for plan in map(frozenset, combinations(case["measures"], n)):
            groups, demands = case.get("one_of", {}).values(), case.get("demands", {}).values()
            if all(_fits(g, plan) for g in groups) and all(_asked(d["require"], plan) for d in demands):
                yield plan


def _asked(require: Mapping[str, str], plan: frozenset[str]) -> bool:
    return require["never"] not in plan if "never" in require else require["in_force"] in plan


def _fits(group: Mapping[str, Any], plan: frozenset[str]) -> bool:
    chosen = plan & {m for a in group["of"] for m in a}
    return any(chosen <= set(a) for a in group["of"]) and bool(chosen or not group.get("exactly"))


def maxima(values: Sequence[Values]) -> list[Values]:
    """The distinct undominated vectors, greatest first."""
    some = set(values)
    return sorted(
        (v for v in some if not any(w != v and all(a >= b for a, b in zip(w, v, strict=True)) for w in some)),
        reverse=True,
    )


plain = st.sampled_from([-9, -5, -4, -3, -2, -1, 0, 0, 1, 2, 3, 3, 4, 5, 6, 9])
"""Ties, zeros and losses."""
fine = st.one_of(plain, st.sampled_from(["0.1", "-2.75", "3.3333333333333333"]))
"""Decimals too that no float holds."""
gains = st.sampled_from([0, 0, 1, 2, 3, 5, 9])


@st.composite
def cases(
    draw: st.DrawFn, amount: st.SearchStrategy[Any] = fine, *, walk_away: tuple[Any, ...] = (0, 0, 0, "0.35", 1)
) -> Document:
    """2 to 4 parties, 3 to 7 measures: alone or in one-of groups; interactions of any of them; a red line."""
    parties = [f"p{n}" for n in range(draw(st.sampled_from([2, 2, 3, 4])))]
    measures = [f"m{n}" for n in range(draw(st.sampled_from([3, 5, 6, 7])))]
    stakes = [10, 10, 10, "3.1", 0] if amount is gains else [10, 10, 10, 10, "3.1", 0, -10]
    people = {
        p: {
            "stakes": {f"{p}_utility": draw(st.sampled_from(stakes))},
            "walk_away": draw(st.sampled_from(walk_away)),
            "consents": True,
        }
        for p in parties
    }
    by = st.sampled_from([parties, *([p] for p in parties)])
    said = {m: {"by": draw(by)} | {p: draw(amount) for p in parties} for m in measures}
    interactions = {
        f"i{n}": draw(conditions(measures)) | {"effects": {f"{p}_utility": {"once": draw(amount)} for p in parties}}
        for n in range(draw(st.sampled_from([0, 1, 2, 4])))
    }
    demands = {}
    if draw(st.integers(0, 3)) == 3:
        require = {draw(st.sampled_from(["never", "in_force"])): draw(st.sampled_from(measures))}
        demands["line"] = {"by": "p0", "firmness": "red_line", "require": require}
    return document(people, said, one_of=draw(groups(measures)), interactions=interactions, demands=demands)


@st.composite
def groups(draw: st.DrawFn, measures: Sequence[str]) -> Document:
    """Some of the measures in up to two one-of groups; the last alternative of a group may be of several measures."""
    found, left = {}, list(measures)
    for name in ("g", "h"):
        taken, left = left[: draw(st.sampled_from([0, 2, 3, 4]))], left[4:]
        if taken:
            cut = draw(st.integers(1, len(taken)))
            of = [[m] for m in taken[:cut]] + ([taken[cut:]] if taken[cut:] else [])
            found[name] = {"exactly": draw(st.booleans()), "of": of}
    return found


@st.composite
def conditions(draw: st.DrawFn, measures: Sequence[str], depth: int = 2) -> Document:
    """{all: [...]} or {any: [...]}, nested at most once."""
    part: st.SearchStrategy[Any] = st.sampled_from(list(measures))
    if depth > 1:
        part = st.one_of(part, conditions(measures, depth - 1))
    return {
        draw(st.sampled_from(["all", "any"])): draw(
            st.lists(part, min_size=draw(st.sampled_from([1, 2, 3])), max_size=3)
        )
    }


def at_stake(case: Document, party: str) -> bool:
    """Whether anything is worth something to a party."""
    effects = [x["effects"] for part in ("measures", "interactions") for x in case.get(part, {}).values()]
    stakes = case["parties"][party]["stakes"]
    return any(float(s) and float(e[i]["once"]) for i, s in stakes.items() for e in effects if i in e)


# --- against enumeration ---------------------------------------------------------------------------------------------


def space_in(case: Document) -> Space | None:
    """The space of a case, None where it has none for a good reason."""
    space = space_of(from_dict(case))
    touched = [p for p in case["parties"] if at_stake(case, p)]
    idle = [p for p in case["parties"] if p not in touched and float(case["parties"][p]["walk_away"]) > 0]
    assert (space is None) == bool(idle or not touched)
    assert space is None or list(space.parties) == touched
    return space


def expected(case: Document, space: Space, floors: Sequence[Fraction] | None, ceilings: Sequence[Any]) -> list[Values]:
    """The frontier between the parties of a space by enumeration."""
    mine = [list(case["parties"]).index(p) for p in space.parties]
    values = [tuple(worth(case, plan)[i] for i in mine) for plan in deals(case)]
    values = [tuple(x if c is None else min(x, c) for x, c in zip(v, ceilings, strict=True)) for v in values]
    return maxima([v for v in values if floors is None or all(x >= f for x, f in zip(v, floors, strict=True))])


def agrees(case: Document, space: Space, found: Exact, *, ignore_walk_away: bool = False) -> None:
    """The points are those of enumeration, each is what its outcome is worth, and the marks are best among them."""
    ceilings = [None if c is None else c * u for c, u in zip(space.ceilings, space.units, strict=True)]
    floors = None if ignore_walk_away else space.walk_away
    assert found.complete
    assert [p.values for p in found.points] == expected(case, space, floors, ceilings)
    assert found.outcomes == sum(1 for _ in deals(case))
    allowed = set(deals(case))
    mine = [list(case["parties"]).index(p) for p in space.parties]
    for point in found.points:
        assert frozenset(point.outcome) in allowed
        values = worth(case, frozenset(point.outcome))
        assert point.values == tuple(
            values[i] if c is None else min(values[i], c) for i, c in zip(mine, ceilings, strict=True)
        )
    best_by_definition(found, (Fraction(0),) * len(mine) if ignore_walk_away else space.walk_away)


def best_by_definition(found: Exact, threat: Sequence[Fraction], least: Sequence[Fraction] | None = None) -> None:
    gains = {p: [x - d for x, d in zip(p.values, threat, strict=True)] for p in found.points}
    rational = [p for p in found.points if all(x >= d for x, d in zip(p.values, least or threat, strict=True))]
    most = [max((Fraction(0), *(gains[p][i] for p in rational))) for i in range(len(threat))]
    scores = {
        "nash": lambda p: prod(gains[p]) if min(gains[p]) > 0 else None,
        "kalai_smorodinsky": lambda p: min((g / b for g, b in zip(gains[p], most, strict=True) if b), default=0),
        "egalitarian": lambda p: min(gains[p]),
        "utilitarian": lambda p: sum(gains[p]),
    }
    for rule, score in scores.items():
        chosen = getattr(found, rule)
        possible = [p for p in rational if score(p) is not None]
        assert (chosen is None) == (not possible)
        assert chosen is None or (chosen in possible and score(chosen) == max(score(p) for p in possible))


@given(cases(), st.booleans())
@settings(max_examples=150)
def test_listing_and_merging_find_what_enumeration_finds(case: Document, ignore_walk_away: bool) -> None:
    space = space_in(case)
    assume(space is not None)
    agrees(case, space, exact_frontier(space, ignore_walk_away=ignore_walk_away), ignore_walk_away=ignore_walk_away)


@given(cases(gains, walk_away=(-1, 0, "2.5")))
@settings(max_examples=50)
def test_gains_counted_from_no_deal(case: Document) -> None:
    """Walk-away values say who consents; the rules count from 0."""
    space = space_in(case)
    assume(space is not None)
    found = exact_frontier(space, disagreement="no_deal")
    assert found.points == exact_frontier(space).points
    best_by_definition(found, (Fraction(0),) * len(space.parties), space.walk_away)


@given(cases(gains, walk_away=(-1, 0, "4.5")), st.sampled_from([0, 3, 8, 15]))
@settings(max_examples=50)
def test_ceilings_and_negative_walk_away_values(case: Document, ceiling: int) -> None:
    space = space_of(from_dict(case), ceilings={"p0": Fraction(ceiling)})
    assume(space is not None)
    agrees(case, space, exact_frontier(space))


@pytest.mark.parametrize("by", ["cpsat", "highs"])
@given(case=cases(plain), ceiling=st.sampled_from([None, 2, 6]))
@settings(max_examples=60)
def test_searching_finds_what_enumeration_finds(by: str, case: Document, ceiling: int | None) -> None:
    if by == "cpsat":
        pytest.importorskip("ortools")
    ceilings = {} if ceiling is None else {"p1": Fraction(ceiling)}
    space = space_of(from_dict(case), ceilings=ceilings)
    assume(space is not None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "LISTED", 2)
        agrees(case, space, exact_frontier(space, by=by))


@given(
    st.integers(1, 5).flatmap(
        lambda p: st.lists(st.lists(st.integers(-2, 4), min_size=p, max_size=p), min_size=1, max_size=40)
    )
)
@settings(max_examples=150)
def test_what_none_dominates(rows: list[list[int]]) -> None:
    best = [
        i
        for i, a in enumerate(rows)
        if not any(b != a and all(y >= x for x, y in zip(a, b, strict=True)) for b in rows) and a not in rows[:i]
    ]
    assert list(nondominated(np.array(rows))) == best
    assert list(nondominated(np.array(rows, object) * 10**30)) == best


@pytest.mark.parametrize("parties", [2, 3, 4])
def test_merging_many_agrees_with_listing_all(parties: int) -> None:
    random = np.random.default_rng(parties)
    tables = [random.integers(0, 1000, (6, parties)) for _ in range(5)]
    everything = tables[0]
    for table in tables[1:]:
        everything = (everything[:, None] + table).reshape(-1, parties)
    merged = merge([Combinations(t, [(a,) for a in range(6)]) for t in tables], [None] * parties, lambda: False)
    assert np.array_equal(merged.worth, everything[nondominated(everything)])
    assert np.array_equal(merged.worth, sum(t[merged.rows[:, i]] for i, t in enumerate(tables)))


# --- what separates, and what does not -------------------------------------------------------------------------------


@given(cases(plain))
@settings(max_examples=50)
def test_satisfactory_is_consent(case: Document) -> None:
    """The judge accepts exactly the plans whose values reach every walk-away value."""
    dossier = from_dict(case)
    assume(space_of(dossier) is not None)
    floors = [Fraction(str(p["walk_away"])) for p in case["parties"].values()]
    allowed = set(deals(case))
    for n in range(min(len(case["measures"]), 4) + 1):
        for plan in map(frozenset, combinations(case["measures"], n)):
            entry = {m: dossier.start if m in plan else None for m in case["measures"]}
            agreed = plan in allowed and all(v >= f for v, f in zip(worth(case, plan), floors, strict=True))
            assert check(dossier, Plan(entry)).satisfactory == agreed


def two(**changes: Any) -> Document:
    """a gives 1 and gets 3; b the other way round."""
    case = document({"a": {}, "b": {}}, {"x": {"a": 3, "b": -1}, "y": {"a": -1, "b": 3}})
    for path, value in changes.items():
        at = case
        *way, last = path.split("__")
        for name in way:
            at = at.setdefault(name, {})
        at[last] = value
    return case


def test_what_differs_by_rounding_is_one_point() -> None:
    """1/3 and 2/3 in sixteen decimals: their sum misses 1 by the last digit, and is no better for it."""
    third, two = 0.3333333333333333, 0.6666666666666667
    case = document(
        {"a": {}, "b": {}},
        {
            "x": {"a": third * 10, "b": 4.999995},
            "y": {"a": 0.3333333333333334 * 10, "b": 4.99999},
            "z": {"a": two * 10, "b": 1},
        },
        one_of={"one": {"exactly": True, "of": [["x"], ["y"], ["z"]]}},
    )
    space = space_of(from_dict(case))
    assert space is not None
    found = exact_frontier(space)
    assert [point.outcome for point in found.points] == [("z",), ("x",)]


def test_a_walk_away_value_below_nothing_is_the_worth_of_no_deal() -> None:
    """Two who lose by any deal, and by none lose more: both would keep either, since breaking out costs as much."""
    both = {"walk_away": -10, "collapse_cost": 10}
    case = document(
        {"a": both, "b": both},
        {"x": {"a": -10, "b": -20}, "y": {"a": -20, "b": -10}},
        one_of={"one": {"exactly": True, "of": [["x"], ["y"]]}},
    )
    space = space_of(from_dict(case))
    assert space is not None
    assert [tuple(map(float, point.values)) for point in exact_frontier(space).points] == [(-1, -2), (-2, -1)]
    for m in ("x", "y"):
        assert check(from_dict(case), Plan.read(from_dict(case), {"entry": {m: DAY}})).satisfactory
    case["parties"]["a"]["collapse_cost"] = 0.5
    assert space_of(from_dict(case)) is None


def test_where_nobody_gains_with_all_the_egalitarian_point_stands_for_nash() -> None:
    """Each deal gives one of two parties nothing, so the product of gains is 0: said, and shown."""
    case = document(
        {"a": {}, "b": {}}, {"x": {"a": 10}, "y": {"b": 10}}, one_of={"one": {"exactly": True, "of": [["x"], ["y"]]}}
    )
    found = frontier(from_dict(case))
    assert found.rule_used["nash"] == "egalitarian"
    assert found.marks["nash"] == found.marks["egalitarian"] is not None
    said = " ".join(frontier_sentences(found))
    assert "nash point could not be had; the egalitarian point stands in its place" in said.lower()


def test_two_measures() -> None:
    space = space_of(from_dict(two()))
    assert space is not None
    found = exact_frontier(space)
    assert [p.values for p in found.points] == [(Fraction(1, 5), Fraction(1, 5))]
    assert found.points[0].outcome == ("x", "y")
    assert (found.outcomes, found.complete) == (3, True)
    everything = exact_frontier(space, ignore_walk_away=True)
    assert [p.outcome for p in everything.points] == [("x",), ("x", "y"), ("y",)]
    assert everything.nash == found.nash == found.points[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"periods": ["2 x 1 year"]},
        {"measures__x__takes": "1 month"},
        {"measures__x__after": ["y"]},
        {"measures__x__verify": {"by": "b", "detects": "50 %/year"}},
        {"measures__x__effects__a_utility": {"once": 3, "level": 1}},
        {"measures__x__effects__a_utility": {"per_year": {"rate": 1, "for": "1 year"}}},
        {"measures__x__by": ["a"], "parties__b__response_time": "1 month"} | {"measures__x__conditional_on": []},
        {"measures__y__by": ["b"], "parties__b__response_time": "1 month"},
        {"measures__y__by": ["b"], "measures__y__conditional_on": []},
        {"side_conditions": [{"needs": "x", "before": "y"}]},
        {"capacity": {"money": {"limit": 1, "uses": {"x": 1, "y": 1}}}},
        {"links": {"l": {"share": {"x": 1}, "at_most": {"y": 1}}}},
        {"state__in_force__x": {"since": "2019-01-01"}},
        {"parties__a__no_deal": "-1 /year"},
        {"parties__a__exposure_limit": 1},
        {"parties__a__collapse_cost": -1},
        {"parties__a__walk_away": "1 /year"},
        {"parties__a__walk_away": -1},
        {"parties__a__consents": False},
        {"one_of": {"g": {"of": [["x"], ["y"]]}, "h": {"of": [["x"]]}}},
        {"demands": {"d": {"by": "a", "firmness": "red_line", "require": {"before": ["x", "y"]}}}},
        {"demands": {"d": {"by": "a", "firmness": "red_line", "require": {"in_force": "x", "by": "2019-01-01"}}}},
    ],
)
def test_what_does_not_separate(changes: Document) -> None:
    assert space_of(from_dict(two(**changes))) is None


def test_what_makes_no_difference_separates() -> None:
    undone = two(measures__x__undo={"in": "1 month"}, parties__a__collapse_cost=2)
    sure = two(measures__x__verify={"by": "b", "detects": "50 %/year", "covert": False})
    once = two(measures__x__effects__a_utility={"once": 3, "level": 0})
    wish = two(demands={"d": {"by": "a", "firmness": "preference", "require": {"before": ["x", "y"]}}})
    spaces = [space_of(from_dict(case)) for case in (undone, sure, once, wish)]
    assert spaces == [space_of(from_dict(two()))] * 4


def test_demands_and_success_leave_out_alternatives() -> None:
    asked = two(
        demands={"d": {"by": "a", "firmness": "opening", "require": {"never": "y"}}},
        success={"minimal": [{"in_force": "y"}], "full": [{"in_force": "x"}, {"in_force": "y"}]},
    )
    dossier = from_dict(asked)

    def outcomes(question: Question) -> list[tuple[str, ...]]:
        space = space_of(dossier, question)
        assert space is not None
        return [p.outcome for p in exact_frontier(space, ignore_walk_away=True).points]

    assert outcomes(Question()) == [("x",), ("x", "y"), ("y",)]
    assert outcomes(Question(success="minimal")) == [("x", "y"), ("y",)]
    assert outcomes(Question(success="full")) == [("x", "y")]
    assert outcomes(Question(openings=("a",))) == [("x",)]
    assert outcomes(Question(success="minimal", openings=("a",))) == []


def test_no_deal_is_no_point_and_dominates_none() -> None:
    """Nothing at all would be better for a than either measure; it is no deal, so both stay."""
    losing = document({"a": {}, "b": {}}, {"x": {"a": -1, "b": 1}, "y": {"a": -3, "b": 2}, "z": {"a": -4, "b": 2}})
    space = space_of(from_dict(losing))
    assert space is not None
    found = exact_frontier(space, ignore_walk_away=True)
    assert [p.outcome for p in found.points] == [("x",), ("y",), ("x", "y"), ("y", "z"), ("x", "y", "z")]
    assert found.nash is None
    assert exact_frontier(space) == replace(found, points=(), complete=True)


# --- limits of time --------------------------------------------------------------------------------------------------


def large(seed: int = 0) -> Space:
    """Three parties, 6^8 outcomes, more of which are undominated than are carried along without time."""
    random = np.random.default_rng(seed)
    payoffs = tuple(tuple(tuple(int(x) for x in random.integers(0, 1000, 3)) for _ in range(6)) for _ in range(8))
    groups = tuple(tuple((f"m{g}_{a}",) for a in range(6)) for g in range(8))
    zero = (Fraction(0),) * 3
    return Space(("a", "b", "c"), groups, payoffs, (), (Fraction(1),) * 3, zero, (None,) * 3)


def test_out_of_time_says_so() -> None:
    space = large()
    whole, cut = exact_frontier(space), exact_frontier(space, seconds=0.0)
    assert whole.complete
    assert not cut.complete
    assert cut.points
    assert maxima([p.values for p in cut.points]) == [p.values for p in cut.points]
    for point in cut.points:
        chosen = [int(m.split("_")[1]) for m in point.outcome]
        assert point.values == space.worth(chosen)
    cancelled = exact_frontier(space, cancelled=lambda: True)
    assert not cancelled.complete


def test_searching_out_of_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "LISTED", 0)
    for by in ("cpsat", "highs"):
        if by == "cpsat":
            pytest.importorskip("ortools")
        assert not exact_frontier(large(), seconds=0.0, by=by).complete


def test_amounts_too_large_to_prove_anything_say_so() -> None:
    """What the solver cannot hold is rounded: what it finds is reported as what it is worth, and never as all."""
    case = document({"a": {}, "b": {}}, {f"m{n}": {"a": n + 1, "b": -n} for n in range(4)})
    space = space_of(from_dict(case))
    assert space is not None
    huge = replace(space, payoffs=tuple(tuple(tuple(x * 10**25 for x in a) for a in g) for g in space.payoffs))
    caps = huge.most
    for by in ("cpsat", "highs"):
        if by == "cpsat":
            pytest.importorskip("ortools")
        assert not search(huge, huge.least, caps, Clock(10.0), by=by).complete
    assert exact_frontier(huge, ignore_walk_away=True).complete


# --- published domains -----------------------------------------------------------------------------------------------


def genius(shared: Path, name: str) -> Space:
    reader = pytest.importorskip("detente.dossier.foreign.genius")
    imported, _ = reader.read_genius(shared / "data/genius" / name)
    assert imported is not None
    dossier, _ = imported.judged()
    assert dossier is not None
    clipped = {p: Fraction(1) for p in dossier.parties} if name.startswith("anac2014") else {}
    space = space_of(dossier, ceilings=clipped)
    assert space is not None
    return space


def known(shared: Path, name: str) -> Document:
    answers: Document = json.loads((shared / "data/known_answers/genius.json").read_text())
    return answers[name]  # type: ignore[no-any-return]


ADDITIVE = (
    *("nice_or_die", "laptop", "itex_cypress", "england_zimbabwe", "camera", "energy", "six_issues"),
    *("killer_robot", "dinner"),
)
RULES = {
    "nash": "nash",
    "ks_maxmin": "kalai_smorodinsky",
    "kalai_egalitarian": "egalitarian",
    "egalitarian": "egalitarian",
    "max_welfare": "utilitarian",
}


def is_printed(values: Sequence[Fraction], printed: Sequence[float]) -> bool:
    """Whether values are those that were printed, to the last digit of them."""
    return all(abs(v - Fraction(repr(x))) <= Fraction(1, 2 * 10**9) for v, x in zip(values, printed, strict=True))


@pytest.mark.parametrize("name", ADDITIVE)
def test_additive_genius_domains(shared: Path, name: str) -> None:
    space, answer = genius(shared, name), known(shared, name)
    rational, everything = exact_frontier(space), exact_frontier(space, ignore_walk_away=True)
    assert rational.complete
    assert everything.complete
    assert rational.outcomes == answer["outcomes"]
    assert len(everything.points) == answer["n_pareto_distinct"]
    assert len(rational.points) == answer.get("n_pareto_rational", answer["n_pareto_distinct"])
    for theirs, ours in RULES.items():
        if theirs in answer:
            stated = answer[theirs]["u"] if isinstance(answer[theirs], dict) else answer[theirs]
            assert is_printed(getattr(rational, ours).values, stated), theirs


@pytest.mark.parametrize("by", ["cpsat", "highs"])
@pytest.mark.parametrize("issues", [10, 30, 40])
def test_hyper_rectangle_domains(shared: Path, issues: int, by: str) -> None:
    """Up to 10^40 outcomes, proved complete. The published frontiers are raw sums, reservations left out."""
    if by == "cpsat":
        pytest.importorskip("ortools")
    space, answer = genius(shared, f"anac2014_{issues}"), known(shared, f"anac2014_{issues}")
    found = exact_frontier(space, ignore_walk_away=True, by=by)
    assert found.complete
    assert found.outcomes == 10**issues
    raw = [tuple(v / u for v, u in zip(p.values, space.units, strict=True)) for p in found.points]
    assert raw == [tuple(map(Fraction, map(int, row))) for row in answer["frontier"]]
    assert found.nash is not None
    assert found.utilitarian is not None
    assert is_printed(found.nash.values, answer["nash"])
    assert is_printed(found.utilitarian.values, answer["max_welfare"])


def test_ten_million_outcomes_are_not_listed() -> None:
    """The most that all have together is the sum of what each choice has at the most. `benchmarks.frontier_speed`."""
    random = np.random.default_rng(0)
    payoffs = tuple(tuple(tuple(int(x) for x in random.integers(0, 1000, 2)) for _ in range(10)) for _ in range(7))
    groups = tuple(tuple((f"m{g}_{a}",) for a in range(10)) for g in range(7))
    zero = (Fraction(0),) * 2
    space = Space(("a", "b"), groups, payoffs, (), (Fraction(1),) * 2, zero, (None,) * 2)
    found = exact_frontier(space)
    assert found.complete
    assert found.outcomes == 10**7
    best = [max(sum(value) for value in group) for group in payoffs]
    assert max(sum(point.values) for point in found.points) == sum(best)
