"""The linear rows that design works with say the same, number by number, as the judge that simulates a plan."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from detente.design.plan.judging import rows_of
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import Conditions, Label, Seldom, conditions, joined
from tests.strategies import cases

VALUED = ("consent", "breakout", "covert", "exposure", "secret_exposure")
Name = tuple[object, ...]
LONG = int(os.environ.get("DETENTE_ROWS", "5000"))


def shares(model: Model, plan: Plan) -> np.ndarray:
    """[M, K+1] of a plan without divisible measures."""
    grid = model.dossier.grid
    f = np.zeros((model.M, model.K + 1))
    for m, name in enumerate(model.measures):
        if model.state[m]:
            f[m, :] = 1.0
        elif plan.entry[name] is not None:
            f[m, grid.dates.index(plan.entry[name]) + 1 :] = 1.0
    return f


def name_of(model: Model, label: Label) -> Name:
    """What a row is about, as the judge names it."""
    at, other, measure = label.at, label.other, label.measure
    return (
        label.kind,
        model.parties[label.party],
        model.parties[other] if other >= 0 else None,
        model.measures[measure] if measure >= 0 else None,
        None if at is None else (at.side, round(at.years, 6)),
        None if label.leaves is None else (label.leaves.side, round(label.leaves.years, 6)),
    )


def judged_name(s: Slack) -> Name:
    at = None if s.moment is None or s.years is None else (s.moment, round(s.years, 6))
    leaves = None if s.leaves_moment is None or s.leaves_years is None else (s.leaves_moment, round(s.leaves_years, 6))
    return s.kind, s.party, s.other, s.measure, at, leaves


def slacks(rows: Conditions, f: np.ndarray) -> dict[Name, float]:
    """Slack of every row that applies to shares."""
    found = zip(rows.labels, rows.slacks(f), rows.on(f), strict=True)
    return {name_of(rows.model, label): float(slack) for label, slack, on in found if on}


def agree(dossier: Dossier, plan: Plan, within: float = 1e-8) -> Counter[str]:
    """Compare every row on a date, and every other condition that the judge tries; how many of each kind."""
    model = Model.of(dossier)
    f = shares(model, plan)
    dated = slacks(joined([conditions(model), *map(Seldom(model).of, Seldom(model).topics)]), f)
    judged = {judged_name(s): s for s in Judge(dossier).slacks(plan) if s.kind in VALUED}
    idle = {p for p in dossier.parties if not any(k[:2] == ("breakout", p) for k in judged)}
    for name, value in dated.items():
        if name[0] == "breakout" and name[1] in idle:
            assert abs(value) < 1e-9, name
        else:
            assert name in judged, name
    others = [s for name, s in judged.items() if name not in dated]
    alone = slacks(rows_of(model, others), f) if others else {}
    for name, s in judged.items():
        assert s.slack is not None
        assert s.keep is not None
        assert s.deviate is not None
        value = dated[name] if name in dated else alone[name]
        assert abs(value - s.slack) <= within * max(1.0, s.scale, abs(s.keep), abs(s.deviate)), (name, value, s.slack)
    return Counter(str(name[0]) for name in judged)


def test_rows_and_judge_agree() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=100, deadline=None)
    @given(cases(answers=True))
    def compared(case: tuple[Dossier, Plan]) -> None:
        seen.update(agree(*case))

    compared()
    assert all(seen[kind] >= least for kind, least in LEAST.items()), seen


LEAST = {"consent": 80, "breakout": 1000, "covert": 400, "exposure": 200, "secret_exposure": 20}
"""How many rows of each kind a hundred examples hold at the least."""


@pytest.mark.long
@pytest.mark.timeout(7200)
@settings(max_examples=LONG, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
@given(cases(answers=True))
def test_rows_and_judge_agree_at_length(case: tuple[Dossier, Plan]) -> None:
    agree(*case)
