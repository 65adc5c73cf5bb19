"""A fixed plan under other numbers says what the rows of the changed dossier say, and what the judge says of it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from detente.design.plan.judging import rows_of
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier
from detente.errors import DossierError
from detente.model.judge.check import Judge
from detente.model.rows.arrays import Model
from detente.model.rows.linear import truth
from detente.model.rows.numbers import Numbers
from detente.model.rows.temptation import Seldom, conditions, joined, values
from detente.model.rows.what_if import WhatIf
from tests.model.test_rows import VALUED, judged_name, name_of, shares
from tests.strategies import dossiers, plans

LONG = int(os.environ.get("DETENTE_ROWS", "5000"))


def close(found: np.ndarray, wanted: np.ndarray, size: np.ndarray | float) -> None:
    wanted, size = np.asarray(wanted, float), np.maximum(np.asarray(size, float), 1.0)
    finite = np.isfinite(wanted)
    assert np.array_equal(finite, np.isfinite(found))
    assert np.all(np.abs(found - wanted)[finite] <= 1e-9 * np.broadcast_to(size, wanted.shape)[finite])


def compare(base: Model, changed: Dossier, plan: Any) -> None:
    """A plan worked out for one model and asked under the numbers of another against that model's own rows."""
    model = Model.of(changed)
    f = shares(model, plan)
    numbers = Numbers.of(model)
    rows = joined([conditions(model), *map(Seldom(model).of, Seldom(model).topics)])
    rows = rows.only(list(rows.on(f)))
    size = np.abs(rows.const) + np.sum(np.abs(rows.coef), axis=(1, 2))
    answers = WhatIf(base, f, rows.labels).under(numbers)
    close(answers.slacks, rows.slacks(f), size)
    for p, worth in enumerate(values(model)):
        if worth is not None:
            terms = sum(c * truth(e, f) for e, c in worth.terms[0].items())
            close(answers.values[p], worth.const[0] + np.sum(worth.coef[0] * f) + terms, 1 + np.abs(worth.coef).sum())
    judged = [s for s in Judge(changed).slacks(plan) if s.kind in VALUED and s.kind != "consent"]
    if not judged:
        return
    between = rows_of(model, judged)
    found = WhatIf(base, f, between.labels).under(numbers)
    own = between.slacks(f)
    close(found.slacks, own, np.abs(between.const) + np.sum(np.abs(between.coef), axis=(1, 2)))
    by_name = {judged_name(s): s for s in judged}
    for label, slack in zip(between.labels, found.slacks, strict=True):
        s = by_name[name_of(model, label)]
        assert s.keep is not None and s.deviate is not None and s.slack is not None
        assert abs(slack - s.slack) <= 1e-8 * max(1.0, s.scale, abs(s.keep), abs(s.deviate)), label


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_plan_under_its_own_numbers(data: st.DataObject) -> None:
    dossier = data.draw(dossiers(answers=True))
    plan = data.draw(plans(dossier))
    assume(any(day for m, day in plan.entry.items() if m not in dossier.state.in_force))
    compare(Model.of(dossier), dossier, plan)
