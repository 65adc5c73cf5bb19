"""A fixed plan under other numbers says what the rows of the changed dossier say, and what the judge says of it."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from detente.design.plan.judging import rows_of
from detente.dossier import load
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.rows.linear import truth
from detente.model.rows.temptation import Conditions, Seldom, conditions, joined, rows_at, values
from detente.model.what_if.asking import WhatIf, dated_labels
from detente.model.what_if.numbers import Numbers
from detente.model.what_if.stated import Stated
from tests.model.test_rows import VALUED, judged_name, name_of, shares
from tests.strategies import documents, dossiers, plans

LONG = int(os.environ.get("DETENTE_ROWS", "5000"))


def close(found: np.ndarray, wanted: np.ndarray, size: np.ndarray | float) -> None:
    wanted, size = np.asarray(wanted, float), np.maximum(np.asarray(size, float), 1.0)
    finite = np.isfinite(wanted)
    assert np.array_equal(finite, np.isfinite(found))
    assert np.all(np.abs(found - wanted)[finite] <= 1e-9 * np.broadcast_to(size, wanted.shape)[finite])


def compare(base: Model, changed: Dossier, plan: Any) -> None:
    """A plan worked out for one model and asked under the numbers of another against that model's own rows."""
    model = Model.of(changed)
    f, numbers = shares(model, plan), Numbers.of(model)
    rows = joined([conditions(model), *map(Seldom(model).of, Seldom(model).topics)])
    rows = rows.only(list(rows.on(f)))
    what_if = WhatIf(base, f, rows.labels)
    what_if.under(Numbers.of(base))
    answers = what_if.under(numbers)
    close(answers.slacks, rows.slacks(f), sizes(rows))
    for p, worth in enumerate(values(model)):
        if worth is not None:
            terms = sum(c * truth(e, f) for e, c in worth.terms[0].items())
            close(answers.values[p], worth.const[0] + np.sum(worth.coef[0] * f) + terms, 1 + np.abs(worth.coef).sum())
    judged = [s for s in Judge(changed).slacks(plan) if s.kind in VALUED and s.kind != "consent"]
    if judged:
        as_judged(base, rows_of(model, judged), f, judged)


def sizes(rows: Conditions) -> np.ndarray:
    terms = [sum(map(abs, t.values())) for t in rows.terms]
    return np.abs(rows.const) + np.sum(np.abs(rows.coef.whole()), axis=(1, 2)) + np.array(terms)


def as_judged(base: Model, rows: Conditions, f: np.ndarray, judged: list[Slack]) -> None:
    """Every row that the judge tries, those between dates and with leaving among them."""
    found = WhatIf(base, f, rows.labels).under(Numbers.of(rows.model))
    close(found.slacks, rows.slacks(f), sizes(rows))
    by_name = {judged_name(s): s for s in judged}
    for label, slack, exposure in zip(rows.labels, found.slacks, found.exposures, strict=True):
        s = by_name[name_of(rows.model, label)]
        assert s.keep is not None
        assert s.deviate is not None
        size = max(1.0, s.scale, abs(s.keep), abs(s.deviate))
        assert abs(slack - (s.keep - s.deviate)) <= 1e-8 * size, label
        assert np.isnan(exposure) if label.other < 0 else abs(exposure + s.keep) <= 1e-8 * size, label


@st.composite
def cases(draw: st.DrawFn) -> tuple[Dossier, Dossier, Plan]:
    """A dossier, one with the same structure and other numbers of some kind, and a plan."""
    document = draw(documents(answers=True))
    changed = copy.deepcopy(document)
    for kind in draw(st.lists(st.sampled_from(list(CHANGES)), max_size=3, unique=True)):
        CHANGES[kind](draw, changed)
    dossier = Dossier.model_validate(document)
    plan = draw(plans(dossier))
    assume(any(day for m, day in plan.entry.items() if m not in dossier.state.in_force))
    return dossier, Dossier.model_validate(changed), plan


def _party(name: str, *choices: Any) -> Callable[[st.DrawFn, dict[str, Any]], None]:
    def change(draw: st.DrawFn, d: dict[str, Any]) -> None:
        for party in d["parties"].values():
            if name != "no_deal" or not isinstance(party.get(name), dict):
                party[name] = draw(st.sampled_from(choices))

    return change


def _stakes(draw: st.DrawFn, d: dict[str, Any]) -> None:
    for party in d["parties"].values():
        party["stakes"] = {i: draw(st.integers(-9, 9).filter(bool)) for i in party["stakes"]}


def _losses(draw: st.DrawFn, d: dict[str, Any]) -> None:
    for party in d["parties"].values():
        if isinstance(party.get("no_deal"), dict):
            course = party["no_deal"]["course"]
            party["no_deal"] = {"course": [[day, f"{draw(st.integers(-8, 2)) / 2:g} /year"] for day, _ in course]}


def _effects(draw: st.DrawFn, d: dict[str, Any]) -> None:
    tables = [m["effects"] for m in d["measures"].values()]
    tables += [x["effects"] for x in d.get("interactions", {}).values()]
    tables += [m["if_over"] for m in d["measures"].values() if "if_over" in m]
    for m in d["measures"].values():
        regimes = m["verify"].get("regimes", {}) if isinstance(m["verify"], dict) else {}
        tables += [x["effects"] for x in regimes.values() if "effects" in x]
    for effect in (e for table in tables for e in table.values()):
        for name, value in effect.items():
            effect[name] = _scaled(draw, value)


def _scaled(draw: st.DrawFn, value: Any) -> Any:
    factor = draw(st.sampled_from([-1, 0.5, 2]))
    if isinstance(value, dict):
        return {"rate": value["rate"] * factor, "for": draw(st.sampled_from(["9 months", "2 years", "30 months"]))}
    return value * factor


def _undoing(draw: st.DrawFn, d: dict[str, Any]) -> None:
    for m in d["measures"].values():
        if "undo" in m:
            m["undo"] |= {"in": draw(st.sampled_from([0, "2 months", "3 months"]))}
            m["undo"]["keeps"] = draw(st.sampled_from(["0 %", "30 %", "100 %"]))


def _detection(draw: st.DrawFn, d: dict[str, Any]) -> None:
    for m in d["measures"].values():
        if isinstance(m["verify"], dict):
            m["verify"]["delay"] = draw(st.sampled_from([0, "2 months", "7 months"]))
            if "detects" in m["verify"]:
                m["verify"]["detects"] = draw(st.sampled_from(["0 %/year", "35 %/year", "90 %/year"]))
            visits = m["verify"].get("visits", {})
            if "detects" in visits:
                visits["detects"] = draw(st.sampled_from(["45 %", "100 %"]))


def _visits(draw: st.DrawFn, d: dict[str, Any]) -> None:
    for m in d["measures"].values():
        visits = m["verify"].get("visits", {}) if isinstance(m["verify"], dict) else {}
        if "random" in visits:
            visits["random"] = draw(st.sampled_from(["0.5 /year", "3 /year"]))
        if "detects" in visits and "every" in visits:
            visits["every"] = draw(st.sampled_from(["3 months", "80 days"]))


def _exits(draw: st.DrawFn, d: dict[str, Any]) -> None:
    for shock in d.get("shocks", {}).values():
        if "rate" in shock:
            shock["rate"] = draw(st.sampled_from(["0 %/year", "10 %/year", "25 %/year"]))
        else:
            shock["chance"] = draw(st.sampled_from(["10 %", "70 %", "100 %"]))


CHANGES = {
    "discounts": _party("discount", "4 %/year", "12 %/year"),
    "response times": _party("response_time", 0, "2 months", "3 months", "9 months"),
    "walk-away values": _party("walk_away", 2, "-1 /year"),
    "collapse costs": _party("collapse_cost", 0, 5, "2 /year"),
    "limits": _party("exposure_limit", 3, "1 /year"),
    "no deal": _party("no_deal", "-2 /year", "1 /year", 0),
    "courses": _losses,
    "stakes": _stakes,
    "effects": _effects,
    "undoing": _undoing,
    "detection": _detection,
    "visits": _visits,
    "exits": _exits,
}


@settings(max_examples=60, deadline=None)
@given(cases())
def test_a_plan_under_other_numbers(case: tuple[Dossier, Dossier, Plan]) -> None:
    dossier, changed, plan = case
    compare(Model.of(dossier), changed, plan)


@settings(max_examples=30, deadline=None)
@given(cases())
def test_draws_are_answered_one_by_one(case: tuple[Dossier, Dossier, Plan]) -> None:
    """Draws that share the turns of growth and losses, at once: those of two dossiers, and of amounts between them."""
    dossier, changed, plan = case
    one, other = (Numbers.of(Model.of(d)) for d in (dossier, changed))
    halfway = replace(other, once=(one.once + other.once) / 2, limit=other.limit + 1.0)
    try:
        numbers = Numbers.stacked([one, other, halfway, one])
    except ValueError:
        reject()
    model = Model.of(dossier)
    f = shares(model, plan)
    what_if = WhatIf(model, f, dated_labels(model, f))
    together = what_if.under(numbers)
    for i, alone in enumerate(what_if.under(x) for x in (one, other, halfway, one)):
        for name in ("values", "slacks", "exposures"):
            np.testing.assert_allclose(getattr(together, name)[i], getattr(alone, name), rtol=1e-12, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_what_does_not_change_is_as_if_worked_out_anew(data: st.DataObject) -> None:
    """One change after another, each back and forth, of one kind or of several: against numbers asked about alone."""
    document = data.draw(documents(answers=True))
    dossier = Dossier.model_validate(document)
    plan = data.draw(plans(dossier))
    model = Model.of(dossier)
    f = shares(model, plan)
    labels = dated_labels(model, f)
    what_if, asked = WhatIf(model, f, labels), [Numbers.of(model)]
    for kind in data.draw(st.lists(st.sampled_from(list(CHANGES)), min_size=1, max_size=4)):
        CHANGES[kind](data.draw, document)
        asked += [Numbers.of(Model.of(Dossier.model_validate(document))), data.draw(st.sampled_from(asked))]
    for numbers in asked:
        found, anew = what_if.under(numbers), WhatIf(model, f, labels).under(numbers)
        for name in ("values", "slacks", "exposures"):
            np.testing.assert_allclose(getattr(found, name), getattr(anew, name), rtol=1e-12, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["discount", "response", "undo", "keeps", "detects", "delay", "exit_rate", "exit_chance"]
)
def test_every_rate_and_time_of_a_case_can_be_changed_alone(name: str) -> None:
    """Two of each kind in korea-2018, one after the other, against rows compiled anew: the last of each topic."""
    dossier = load("korea-2018")
    model = Model.of(dossier)
    f = np.zeros((model.M, model.K + 1))
    f[:, 3:], f[model.state > 0] = 1.0, 1.0
    numbers = Numbers.of(model)
    last = {(label.party, label.other, label.measure): label for label in dated_labels(model, f)}
    labels = [label for label in last.values() if label.at is not None]
    what_if = WhatIf(model, f, labels)
    amounts = getattr(numbers, name)
    for i in np.flatnonzero(np.isfinite(amounts))[:2].tolist():
        changed = amounts.copy()
        changed[i] = min(1.0, 1.3 * changed[i] + 0.02)
        other = replace(numbers, **{name: changed})
        model_of_it = other.into(model)
        every = [rows_at(model_of_it, x.kind, (x.party, x.other, x.measure), [x.at]) for x in labels if x.at]
        rows = joined(every)
        close(what_if.under(other).slacks, rows.slacks(f), sizes(rows))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_parts_of_divisible_measures_count_as_such(data: st.DataObject) -> None:
    """Any shares that never fall, against the rows."""
    dossier = data.draw(dossiers(answers=True, divisible=True))
    model = Model.of(dossier)
    f = np.zeros((model.M, model.K + 1))
    for m in range(model.M):
        steps = [0.25, 0.5, 1.0] if model.divisible[m] else [1.0]
        rises = sorted((data.draw(st.integers(1, model.K)), share) for share in steps)
        for k, share in rises if not model.state[m] else [(0, 1.0)]:
            f[m, k:] = np.maximum(f[m, k:], share)
    rows = joined([conditions(model), *map(Seldom(model).of, Seldom(model).topics)])
    found = WhatIf(model, f, rows.labels).under(Numbers.of(model))
    close(found.slacks, rows.slacks(f), sizes(rows))


@settings(max_examples=30, deadline=None)
@given(cases())
def test_rows_on_dates_are_those_that_bind(case: tuple[Dossier, Dossier, Plan]) -> None:
    dossier, _, plan = case
    model = Model.of(dossier)
    f = shares(model, plan)
    rows = joined([conditions(model), *map(Seldom(model).of, Seldom(model).topics)])
    assert set(dated_labels(model, f)) == set(rows.only(list(rows.on(f))).labels)


@settings(max_examples=100, deadline=None)
@given(dossiers(answers=True))
def test_stakes_and_effects_make_the_amounts_of_the_model(dossier: Dossier) -> None:
    numbers = Numbers.of(Model.of(dossier))
    found = Stated.of(dossier).into(numbers)
    for name in ("once", "intrusion_once", "over"):
        np.testing.assert_allclose(getattr(found, name), getattr(numbers, name), rtol=1e-12, atol=1e-12)
    for name in ("flows", "intrusion"):
        wanted = {x.until: x.points for x in getattr(numbers, name)}
        for flow in getattr(found, name):
            np.testing.assert_allclose(flow.points, wanted.pop(flow.until, 0.0 * flow.points), rtol=1e-12, atol=1e-12)
        assert not wanted


def test_a_stake_can_be_drawn() -> None:
    dossier = load("korea-2018")
    model, stated = Model.of(dossier), Stated.of(dossier)
    f = np.zeros((model.M, model.K + 1))
    f[:, 1:] = 1.0
    j = list(dossier.interests).index("arsenal")
    stakes = np.stack([stated.stakes] * 3)
    stakes[:, 0, j] = [30.0, 40.0, 55.0]
    drawn = replace(stated, stakes=stakes).into(Numbers.of(model))
    found = WhatIf(model, f).under(drawn)
    for i, stake in enumerate([30.0, 40.0, 55.0]):
        changed = Model.of(apply(dossier, {"parties.usa.stakes.arsenal": stake}))
        alone = WhatIf(changed, f).under(Numbers.of(changed))
        assert alone.labels == found.labels
        np.testing.assert_allclose(found.slacks[i], alone.slacks, rtol=1e-9, atol=1e-7)
        np.testing.assert_allclose(found.values[i], alone.values, rtol=1e-9, atol=1e-7)


def test_other_numbers_that_ask_for_other_rows_are_refused() -> None:
    model = Model.of(load("korea-2018"))
    f = np.zeros((model.M, model.K + 1))
    f[:5, 1:] = 1.0
    numbers = Numbers.of(model)
    limit = np.where(np.arange(len(model.parties)) == 2, 10.0, numbers.limit)
    assert len(WhatIf(model, f).under(numbers).slacks)
    with pytest.raises(ValueError, match="other rows"):
        WhatIf(model, f).under(replace(numbers, limit=limit))


def test_draws_must_agree_in_number() -> None:
    numbers = Numbers.of(Model.of(load("korea-2018")))
    two, three = (np.stack([numbers.discount] * n) for n in (2, 3))
    with pytest.raises(ValueError, match="2 and 3 draws"):
        assert replace(numbers, discount=two, response=three).draws


@pytest.mark.long
@pytest.mark.timeout(7200)
@settings(max_examples=LONG, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
@given(cases())
def test_a_plan_under_other_numbers_at_length(case: tuple[Dossier, Dossier, Plan]) -> None:
    dossier, changed, plan = case
    compare(Model.of(dossier), changed, plan)
