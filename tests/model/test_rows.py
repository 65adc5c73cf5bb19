"""The linear rows that design works with say the same, number by number, as the judge that simulates a plan."""

from __future__ import annotations

import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.dossier.schema import Dossier
from detente.model.arrays import Model
from detente.model.check import Judge
from detente.model.paths import truth
from detente.model.plan import Plan
from detente.model.temptation import conditions
from tests.strategies import dossiers, plans


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


def row_slacks(dossier: Dossier, plan: Plan) -> dict[tuple[object, ...], float]:
    model = Model.of(dossier)
    f = shares(model, plan)
    rows = conditions(model)
    found = {}
    for label, coef, const, terms in zip(rows.labels, rows.coef, rows.const, rows.terms, strict=True):
        s = label.switch
        if s.kind == "performs" and not f[model.by[s.party]].any():
            continue
        if s.kind == "in" and f[s.measure, s.period + 1] < 1:
            continue
        if s.kind == "enters" and f[s.measure, s.period + 1] - f[s.measure, s.period] < 1:
            continue
        value = const + (coef * f[:, 1:]).sum() + sum(c * truth(e, f) for e, c in terms.items())
        name = (
            label.kind,
            model.parties[label.party],
            model.parties[label.other] if label.other >= 0 else None,
            model.measures[label.measure] if label.measure >= 0 else None,
            (label.moment % 2, dossier.grid.dates[label.moment // 2]) if label.moment >= 0 else None,
        )
        found[name] = float(value)
    return found


def judged_slacks(dossier: Dossier, plan: Plan) -> dict[tuple[object, ...], float]:
    found = {}
    for s in Judge(dossier).slacks(plan):
        if s.kind in ("consent", "breakout", "covert", "exposure", "secret_exposure"):
            moment = None if s.moment is None else (int(s.moment == "after"), s.date)
            found[s.kind, s.party, s.other, s.measure, moment] = s.slack
    return found


@settings(max_examples=int(os.environ.get("EX", "100")), deadline=None)
@given(st.data())
def test_rows_and_judge_agree(data: st.DataObject) -> None:
    dossier = data.draw(dossiers())
    plan = data.draw(plans(dossier))
    if not any(day for m, day in plan.entry.items() if m not in dossier.state.in_force):
        return
    rows, judged = row_slacks(dossier, plan), judged_slacks(dossier, plan)
    idle = {p for p in dossier.parties if not any(k[:2] == ("breakout", p) for k in judged)}
    for name, value in rows.items():
        if name[0] == "breakout" and name[1] in idle:
            assert abs(value) < 1e-9, name
        else:
            assert name in judged, name
            assert abs(value - judged[name]) <= 1e-8 * max(1.0, abs(value)), (name, value, judged[name])
    assert set(judged) <= set(rows)
