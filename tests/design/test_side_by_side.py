"""Questions asked side by side: the answers are those of one worker, and who is told to stop stops."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from detente.design.programme.known import Known
from detente.design.programme.question import ANY_DEAL, Question
from detente.design.questions.assessment import Assessment, assess
from detente.design.questions.gap import Gap, gap
from detente.design.questions.parallel import Crew, each, workers
from detente.design.questions.sought import Handed, Sought, look, looked
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


class Idle(Executor):
    """Takes tasks and never begins one."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


def test_what_nobody_of_a_crew_begins_is_done_here() -> None:
    found = list(each(Crew(Idle()), str, [1, 2, 3, 4, 5, 6], cancelled=lambda: False, here=[0]))
    assert found[0] == (0, "0")
    assert sorted(found) == [(i, str(i)) for i in range(7)]


def test_that_there_is_a_deal_is_told_before_the_best_is_known() -> None:
    heard: list[tuple[str, str]] = []
    found = assess(
        pie(),
        tell=lambda name, verdict: heard.append(("verdict", name)),
        possible=lambda name: heard.append(("possible", name)),
    )
    some = [name for name, verdict in found.verdicts.items() if verdict.plan is not None]
    assert some
    for name in some:
        assert heard.count(("possible", name)) == 1
        assert heard.index(("possible", name)) < heard.index(("verdict", name))


def test_a_model_is_the_same_once_it_was_handed_over() -> None:
    known = Known.of(pie())
    known.plans.extend(look(Sought(Handed(known), ANY_DEAL, "any")).plans)
    other: Known = pickle.loads(pickle.dumps(known))
    assert (other.rows.labels, other.plans, other.binding) == (known.rows.labels, [], frozenset())
    ours, theirs = (look(Sought(Handed(k), ANY_DEAL, "best_for", "a", gap=1e-6)).answer for k in (known, other))
    assert ours.objective == theirs.objective
