"""Conditions that are taken over from another model are those that it would have worked out itself."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from detente.design.programme.known import Known
from detente.dossier import apply, load
from detente.dossier.schema import Dossier
from detente.model.rows.alike import COURSE, LAYERS, VALUES, alike
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import Conditions, Seldom

CASE = "korea-2018"


@pytest.fixture(scope="module")
def case() -> Dossier:
    return load(CASE)


@pytest.fixture(scope="module")
def known(case: Dossier) -> Known:
    known = Known.of(case)
    for topic in ((0, 1, 4), (1, -1, 4), (2, -1, -1)):
        known.seldom.of(topic)
    return known


def same(a: Conditions, b: Conditions) -> bool:
    terms = all(a.terms[r] == b.terms[r] for r in range(len(a)))
    return (
        a.labels == b.labels
        and terms
        and np.array_equal(a.const, b.const)
        and np.array_equal(a.coef.whole(), b.coef.whole())
    )


def test_every_part_of_a_model_is_compared() -> None:
    compared = {*COURSE, *VALUES, *LAYERS, "intrusion_once"} - {"conditions"}
    assert compared == {f.name for f in fields(Model)} - {"dossier"}


@pytest.mark.parametrize("view", ["usa", "rok", "china"])
def test_a_view_takes_over_what_it_does_not_change(case: Dossier, known: Known, view: str) -> None:
    seen = apply(case, case.views[view])
    alone, taking = Known.of(seen), Known.of(seen, like=[known])
    assert same(alone.rows, taking.rows)
    assert all(x.model is taking.model for x in (taking.rows, taking.seldom.of((0, 1, 4))))
    for topic in ((0, 1, 4), (1, -1, 4)):
        assert same(alone.seldom.of(topic), taking.seldom.of(topic))
    changed = {path.split(".")[1] for path in case.views[view]}
    new_costs = not np.array_equal(
        alone.model.costs, known.model.costs
    )  # who breaks the deal then undoes other measures
    assert new_costs == (view == "china")
    for p, name in enumerate(alone.model.parties):
        assert alike(alone.model, known.model, p) == (name not in changed and not new_costs)


CHANGES = [
    {"parties.usa.response_time": "7 months"},
    {"parties.usa.discount": "3 %/year"},
    {"parties.usa.walk_away": 9},
    {"parties.usa.collapse_cost": 99},
    {"parties.usa.stakes.trade": -99},
    {"shocks.usa_leaves_2021.chance": "21 %"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: next(iter(c)))
def test_no_change_of_a_number_is_missed(case: Dossier, known: Known, change: dict[str, object]) -> None:
    changed = apply(case, change)
    alone, taking = Known.of(changed), Known.of(changed, like=[known])
    assert same(alone.rows, taking.rows)
    assert not alike(alone.model, known.model, 0)


def test_nothing_is_kept_of_models_that_took_over_themselves(case: Dossier, known: Known) -> None:
    taking = Known.of(apply(case, case.views["rok"]), like=[known])
    assert Seldom(taking.model, [taking.seldom]).like == []
