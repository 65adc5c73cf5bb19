"""What is valued stays from plan to plan, up to a bound, and what goes can be valued again."""

from __future__ import annotations

import pytest

from detente.model.judge.check import Judge
from detente.model.judge.weighing import streams
from tests.model.test_check import GIVE, PAY, dossier, plan

SEEN = {"by": "agency", "detects": "0.3 /year"}


def test_a_plan_that_is_judged_again_after_others_has_the_same_slacks(monkeypatch: pytest.MonkeyPatch) -> None:
    d = dossier({"give": {**GIVE, "verify": SEEN}, "pay": PAY}, a={"exposure_limit": 9}, b={"exposure_limit": 9})
    first, other = plan(d), plan(d, give=2)
    expected = Judge(d).slacks(first), Judge(d).slacks(other)
    monkeypatch.setattr("detente.model.judge.weighing.weighing.RECENT", 1)
    for most in (0, 200, streams.MOST):
        monkeypatch.setattr(streams, "MOST", most)
        judge = Judge(d)
        assert [(judge.slacks(first), judge.slacks(other)) for _ in range(2)] == [expected] * 2


def test_what_was_asked_for_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    d = dossier()
    judge = Judge(d)
    judge.slacks(plan(d))
    kept = judge.weighing.values.streams
    broken, keeping = kept.broken(0), kept.kept()
    monkeypatch.setattr(streams, "MOST", keeping.size)
    kept.trim()
    assert kept.kept() is keeping
    assert kept.broken(0) is not broken
