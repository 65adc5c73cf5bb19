"""The judge's values against a slow simulation of what happens, on generated dossiers that use everything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.dossier.schema import Dossier
from detente.model.check import Judge, Slack
from detente.model.plan import Plan
from tests.model.brute import Breach, Story, expected
from tests.strategies import dossiers, plans


def retold(dossier: Dossier, plan: Plan, row: Slack) -> tuple[float, float]:
    """(keep, deviate) of a row with a value, by simulation."""
    p, party = row.party, dossier.parties[row.party]
    rho = party.discount.value
    spared = -party.no_deal.value / rho
    if row.kind == "consent":
        return Story(dossier, plan, None).value(p) + spared, _points(party.walk_away, rho)
    k, after = dossier.grid.index(row.date), row.moment == "after"
    t0 = dossier.grid.years[k]
    if row.kind in ("exposure", "secret_exposure"):

        def suffered(seen_after: float) -> float:
            return Story(dossier, plan, Breach(row.other, k, after, row.measure, seen_after)).value(p)

        value = suffered(0.0) if row.measure is None else expected(dossier, row.measure, suffered)
        return value, -_points(party.exposure_limit, rho)

    def deviates(seen_after: float) -> float:
        story = Story(dossier, plan, Breach(p, k, after, row.measure, seen_after))
        wait = story.first_answer()
        wait += seen_after + story.delay(row.measure) if row.measure else 0.0
        answered = math.exp(-rho * wait)
        later = spared * (1 - answered) - _points(party.collapse_cost, rho) * answered
        return story.value(p, since=(t0, after)) * math.exp(rho * t0) + later

    keep = Story(dossier, plan, None).value(p, since=(t0, after)) * math.exp(rho * t0) + spared
    return keep, deviates(0.0) if row.measure is None else expected(dossier, row.measure, deviates)


def _points(amount, rho: float) -> float:
    return amount.value / rho if amount.flow else amount.value


def agrees(dossier: Dossier, plan: Plan, row: Slack) -> None:
    keep, deviate = retold(dossier, plan, row)
    assert row.keep == pytest.approx(keep, rel=1e-8, abs=1e-8), row
    assert row.deviate == pytest.approx(deviate, rel=1e-8, abs=1e-8), row


def valued(dossier: Dossier, plan: Plan) -> list[Slack]:
    return [row for row in Judge(dossier).slacks(plan) if row.keep is not None]


@pytest.mark.parametrize("divisible", [False, True])
@settings(max_examples=60)
@given(st.data())
def test_values_are_those_of_the_story(divisible: bool, data: st.DataObject) -> None:
    dossier = data.draw(dossiers(divisible=divisible))
    plan = data.draw(plans(dossier))
    if all(m in dossier.state.in_force or day is None for m, day in plan.entry.items()):
        return
    for row in valued(dossier, plan):
        if row.measure is None:
            agrees(dossier, plan, row)


@pytest.mark.slow
@pytest.mark.parametrize("divisible", [False, True])
@settings(max_examples=25)
@given(st.data())
def test_secret_cheating_is_the_mean_of_its_stories(divisible: bool, data: st.DataObject) -> None:
    dossier = data.draw(dossiers(divisible=divisible, measures=4))
    plan = data.draw(plans(dossier))
    if all(m in dossier.state.in_force or day is None for m, day in plan.entry.items()):
        return
    rows = [row for row in valued(dossier, plan) if row.measure is not None]
    if rows:
        agrees(dossier, plan, data.draw(st.sampled_from(rows)))
