"""Questions asked side by side: the answers are those of one worker, and who is told to stop stops."""

from __future__ import annotations

from typing import Any

import pytest

from detente.design.plan.question import ANY_DEAL, Question
from detente.design.questions.assessment import Assessment, assess
from detente.design.questions.gap import Gap, gap
from detente.design.questions.parallel import each, workers
from detente.design.questions.sought import Sought, look, looked
from detente.dossier import Dossier, loads, starter
from detente.model.judge.check import Judge
from tests.design.test_gap import pie


@pytest.fixture(scope="module")
def two() -> Any:
    with workers(2) as pool:
        yield pool


def verdicts(found: Assessment) -> dict[str, Any]:
    return {name: (v.status, v.plan, v.objective, v.bound) for name, v in found.verdicts.items()}


@pytest.mark.slow
@pytest.mark.parametrize("dossier", [pie(), loads(starter("Ours"))], ids=["pie", "starter"])
def test_the_answers_do_not_hang_on_the_number_of_workers(dossier: Dossier, two: Any) -> None:
    alone, together = assess(dossier), assess(dossier, executor=two)
    assert verdicts(alone) == verdicts(together)
    assert alone.footing == together.footing
    level = Question(alone.shown if alone.shown in ("minimal", "full") else "none")
    tables: list[Gap] = [gap(dossier, level, beliefs=False), gap(dossier, level, beliefs=False, executor=two)]
    assert tables[0].parties == tables[1].parties
    assert tables[0].claims == tables[1].claims


def test_a_plan_handed_on_is_judged_under_the_new_question() -> None:
    first = look(Sought(pie(), ANY_DEAL, "best_for", "a", gap=1e-6))
    assert first.plans
    opening = Question("none", ("b",))
    handed = look(Sought(pie(), opening, "best_for", "a", gap=1e-6, plans=first.plans))
    afresh = look(Sought(pie(), opening, "best_for", "a", gap=1e-6))
    assert handed.answer.shares is None  # b asks for all of the pie, which a never consents to
    assert (handed.answer.infeasible, afresh.answer.infeasible) == (True, True)


def test_every_verdict_is_told_once_and_stands() -> None:
    heard: dict[str, Any] = {}
    found = assess(pie(), tell=heard.__setitem__)
    assert set(heard) == set(found.verdicts)
    for name, verdict in found.verdicts.items():
        assert heard.get(name, verdict) is verdict
        if verdict.plan is not None:
            assert Judge(pie()).satisfactory(verdict.plan)


def test_what_is_cancelled_is_left_open() -> None:
    with workers(1) as pool:
        wanted = {i: Sought(pie(), ANY_DEAL, "any") for i in range(3)}
        assert list(looked(pool, wanted, cancelled=lambda: True)) == []
    stopped = assess(pie(), cancelled=lambda: True)
    assert {v.status for v in stopped.verdicts.values()} == {"undecided"}
    assert not any(v.finished for v in stopped.verdicts.values())


def test_what_is_found_here_is_told_before_the_next_is_begun() -> None:
    done: list[int] = []
    with workers(1) as pool:
        for number, _ in each(pool, done.append, [1, 2, 3], cancelled=lambda: False):
            assert done == list(range(1, number + 1))
    assert done == [1, 2, 3]
