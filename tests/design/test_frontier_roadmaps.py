"""The frontier of full roadmaps against exhaustive search over all plans, each judged by `check`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from detente.design.programme.question import Question
from detente.design.questions.frontier import APART, MARKS, Frontier, frontier
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, check
from tests.design.test_exhaustive import QUESTIONS, bargainers, best, count
from tests.design.test_gap import pie
from tests.strategies import all_plans, dossiers

Values = tuple[float, ...]
GAP = 0.005


def reached(dossier: Dossier, question: Question, parties: Sequence[str]) -> list[Values]:
    """The values of all satisfactory plans to these parties."""
    judge = Judge(dossier, success=question.success, openings=question.openings)  # type: ignore[arg-type]
    fine = (plan for plan in all_plans(dossier) if judge.satisfactory(plan))
    return list({tuple(judge.values(plan)[p] for p in parties) for plan in fine})


def nondominated(values: Sequence[Values], near: np.ndarray) -> list[np.ndarray]:
    """Vectors that no other beats, equal ones once."""
    kept: list[np.ndarray] = []
    for v in sorted(map(np.array, values), key=lambda v: -float(v.sum())):
        if not any(np.all(k >= v - near) for k in kept):
            kept.append(v)
    return kept


def near_of(found: Frontier, values: Sequence[Values]) -> np.ndarray:
    walk = np.array([found.walk_away[p] for p in found.parties])
    return 4 * APART * np.maximum(np.max(np.array(values), axis=0) - walk, 1e-3) + 2e-6


def checked(found: Frontier) -> None:
    """Every plan passes `check` and is worth what its point says."""
    question = found.question
    marks = [m for m in found.marks.values() if m is not None]
    for point in (*found.points, *marks):
        assert point.plan is not None
        verdict = check(found.dossier, point.plan, success=question.success, openings=question.openings)  # type: ignore[arg-type]
        assert verdict.satisfactory
        assert {p: verdict.values[p] for p in found.parties} == pytest.approx(dict(point.values))


def objective_of(rule: str, gains: Sequence[float], tops: Sequence[float]) -> float:
    if rule == "nash":
        return sum(map(math.log, gains))
    if rule == "utilitarian":
        return sum(gains)
    if rule == "egalitarian":
        return min(gains, default=0.0)
    return min((g / top for g, top in zip(gains, tops, strict=True) if top > 1e-6), default=0.0)


def marked(found: Frontier) -> None:
    """The marked points are the rules' best over all plans, within the gap."""
    expected = best(found.dossier, found.question.success, found.question.openings)
    people = bargainers(found.dossier)
    assert set(found.parties) == set(people)
    tops = dict(zip(people, _tops(found, people), strict=True))
    for rule in MARKS:
        objective, used = expected[rule]
        mark = found.marks[rule]
        assert mark is not None
        assert found.rule_used[rule] == used
        gains = [mark.values[p] - found.walk_away[p] for p in people]
        made = objective_of(used, gains, [tops[p] for p in people])
        slack = 2 * GAP if used == "nash" else 2 * GAP * max(1.0, abs(objective))
        assert objective - slack <= made <= objective + 1e-5 * max(1.0, abs(objective)), rule


def _tops(found: Frontier, people: Sequence[str]) -> list[float]:
    values = reached(found.dossier, found.question, people)
    return [max(v[i] for v in values) - found.walk_away[p] for i, p in enumerate(people)]


def agree(dossier: Dossier, question: Question) -> None:
    found = frontier(dossier, question, points=None)
    assert found.complete
    people = bargainers(dossier)
    values = reached(dossier, question, people)
    if not values:
        assert found.status == "none_exists"
        assert not found.points
        return
    assert found.status == "satisfactory"
    assert set(found.parties) == set(people)
    values = reached(dossier, question, found.parties)
    checked(found)
    marked(found)
    near = near_of(found, values)
    expected = nondominated(values, near)
    points = [np.array([p.values[q] for q in found.parties]) for p in found.points]
    for v in expected:
        assert any(np.all(p >= v - near) for p in points), ("missed", v)
    for p in points:
        assert not any(np.all(v >= p - 1e-9) and np.any(v > p + near) for v in map(np.array, values)), ("beaten", p)
    assert len(points) == found.distinct
    assert all(p.gap == 0.0 for p in found.points)
    vectors = np.array(values)
    if all(np.max(np.abs(v - w) / near) > 10 for i, v in enumerate(vectors) for w in vectors[:i]):
        assert len(points) == len(expected)


def small(most: int) -> st.SearchStrategy[Dossier]:
    return dossiers(measures=5).filter(lambda d: count(d) <= most and len(bargainers(d)) > 0)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(small(300), QUESTIONS)
def test_a_few_frontiers_are_those_of_exhaustive_search(dossier: Dossier, asked: tuple[str, tuple[str, ...]]) -> None:
    agree(dossier, Question(*asked))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(small(1300), QUESTIONS)
def test_frontiers_are_those_of_exhaustive_search(dossier: Dossier, asked: tuple[str, tuple[str, ...]]) -> None:
    agree(dossier, Question(*asked))


@pytest.mark.long
@settings(max_examples=500, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
@given(small(1300), QUESTIONS)
def test_frontiers_are_those_of_exhaustive_search_at_length(
    dossier: Dossier, asked: tuple[str, tuple[str, ...]]
) -> None:
    agree(dossier, Question(*asked))


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(small(1300).filter(lambda d: len(bargainers(d)) == 3))
def test_three_parties(dossier: Dossier) -> None:
    agree(dossier, Question())


def short_of_all(dossier: Dossier) -> None:
    question = Question()
    found = frontier(dossier, question, points=2)
    assert len(found.points) <= 2
    assert not found.complete
    assert found.notes
    values = [np.array(v) for v in reached(dossier, question, found.parties)]
    walk = np.array([found.walk_away[p] for p in found.parties])
    room = np.max(values, axis=0) - walk
    checked(found)
    for point in found.points:
        p = np.array([point.values[q] for q in found.parties])
        beaten_by = max(float(np.min((v - p) / np.maximum(room, 1e-6))) for v in values)
        assert beaten_by <= point.gap + 1e-4


def test_a_few_points_of_a_divided_pie_say_that_they_are_not_all() -> None:
    dossier = pie()
    agree(dossier, Question())
    short_of_all(dossier)


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(small(300))
def test_a_few_points_say_that_they_are_not_all_and_are_beaten_by_no_more_than_their_gap(dossier: Dossier) -> None:
    assume(len(frontier(dossier, Question(), points=None).points) > 3)
    short_of_all(dossier)


def test_no_deal_has_no_frontier() -> None:
    made = frontier(_hopeless(), Question())
    assert (made.status, made.points, made.complete) == ("none_exists", (), True)
    assert all(mark is None for mark in made.marks.values())


def _hopeless() -> Dossier:
    party = {"discount": "5 %/year", "response_time": 0}
    return Dossier.model_validate(
        {
            "detente": 1,
            "title": "a loss for one",
            "start": "2020-01-01",
            "periods": ["2 x 1 year"],
            "interests": {"x": {"unit": "u", "worst": 0, "best": 1}},
            "parties": {"a": {**party, "stakes": {"x": 1}}, "b": {**party, "stakes": {"x": -1}}},
            "measures": {"m": {"by": "b", "effects": {"x": {"level": 1}}, "verify": "open"}},
        }
    )


@pytest.mark.parametrize("consenting", [0, 1])
def test_fewer_than_two_bargainers(consenting: int) -> None:
    document = {
        "detente": 1,
        "title": "alone",
        "start": "2020-01-01",
        "periods": ["2 x 1 year"],
        "interests": {"x": {"unit": "u", "worst": 0, "best": 1}},
        "parties": {
            "a": {"discount": "5 %/year", "stakes": {"x": 1}, "response_time": 0, "consents": bool(consenting)},
            "b": {"response_time": 0, "consents": False},
        },
        "measures": {"m": {"by": "b", "effects": {"x": {"level": 1}}, "verify": "open"}},
    }
    found = frontier(Dossier.model_validate(document), Question(), points=None)
    assert found.status == "satisfactory"
    assert len(found.parties) == consenting
    assert found.complete
    assert len(found.points) == 1
