"""The judge's rows against what the simulator of events tells, on generated dossiers that use everything.

Every row with values (consent, breakout, covert, exposure, secret exposure; on dates and between them; leaving after
faking) is told again by `tests.model.story`. The moments that ANSWERS lists must be among the judge's.
"""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.dossier import loads
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from tests.model.moments import Told, acts, consent, entry, instant, leavings, openly, starts, tell
from tests.model.story import Instant, Story
from tests.strategies import cases


def at_of(story: Story, row: Slack) -> Instant:
    """The moment of a row, at the simulator's own time."""
    assert row.moment is not None
    if row.years is not None:
        return instant(row.years, row.moment)
    k = story.dossier.grid.index(row.date)
    assert k is not None
    return instant(story.tau[k], row.moment)


def told(story: Story, row: Slack) -> Told:
    """A row with values, by simulation."""
    assert row.party is not None
    if row.kind == "consent":
        return consent(story, row.party)
    leaves = [] if row.leaves_years is None else [instant(row.leaves_years, row.leaves_moment)]
    return list(tell(story, row.kind, row.party, row.other, row.measure, at_of(story, row), leaves))[-1]


def agrees(dossier: Dossier, plan: Plan, row: Slack, *, story: Story | None = None) -> None:
    found = told(story or Story(dossier, plan), row)
    assert row.keep == pytest.approx(found.keep, rel=1e-7, abs=1e-7), row
    assert row.deviate == pytest.approx(found.deviate, rel=1e-7, abs=1e-7), row


def valued(dossier: Dossier, plan: Plan) -> list[Slack]:
    return [row for row in Judge(dossier).slacks(plan) if row.keep is not None]


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize("divisible", [False, True])
def test_values_are_those_of_the_story(divisible: bool, answers: bool) -> None:
    """All rows but the secret ones, of which up to ten; enough of every kind."""
    seen: Counter[str] = Counter()

    @settings(max_examples=30)
    @given(cases(divisible=divisible, answers=answers), st.data())
    def told_alike(case: tuple[Dossier, Plan], data: st.DataObject) -> None:
        story, rows = Story(*case), valued(*case)
        hidden = [row for row in rows if row.measure is not None]
        some = data.draw(st.lists(st.sampled_from(hidden), max_size=10)) if hidden else []
        for row in [*(row for row in rows if row.measure is None), *some]:
            agrees(*case, row, story=story)
            seen[row.kind] += 1

    told_alike()
    assert all(seen[kind] >= least for kind, least in LEAST.items()), seen


LEAST = {"consent": 20, "breakout": 200, "covert": 8, "exposure": 40, "secret_exposure": 1}
"""How many rows of each kind thirty examples hold at the least."""


@pytest.mark.long
@pytest.mark.parametrize("divisible", [False, True])
@pytest.mark.parametrize("visited", [False, True])
@given(st.data())
def test_all_rows_are_those_of_the_story(visited: bool, divisible: bool, data: st.DataObject) -> None:
    case = data.draw(cases(divisible=divisible, visited=visited, answers=True))
    story = Story(*case)
    for row in valued(*case):
        agrees(*case, row, story=story)


def near(moments: list[Instant], at: Instant) -> bool:
    return any(not one.precedes(at) and not at.precedes(one) for one in moments)


def test_no_moment_is_forgotten() -> None:
    """Each moment of ANSWERS R7 and R2 has its rows, and the leaving of a row is the worst of all leavings."""
    seen: Counter[str] = Counter()

    @settings(max_examples=60)
    @given(cases(answers=True), st.data())
    def all_there(case: tuple[Dossier, Plan], data: st.DataObject) -> None:
        story, rows = Story(*case), valued(*case)
        for p in story.parties:
            mine = [row for row in rows if row.party == p and row.other is None]
            breakouts = [at_of(story, row) for row in mine if row.kind == "breakout"]
            missing = [at for at in openly(story, p) if breakouts and not near(breakouts, at)]
            assert not missing, (p, missing)
            seen["breakout"] += len(breakouts)
            for m in acts(story, p):
                covert = [row for row in mine if row.kind == "covert" and row.measure == m]
                seen["covert"] += every_start(story, p, m, covert)
                if left := [row for row in covert if row.leaves is not None]:
                    worst(story, data.draw(st.sampled_from(left)))
                    seen["left"] += 1

    all_there()
    assert seen["breakout"] >= 500, seen
    assert seen["covert"] >= 100, seen
    assert seen["left"] >= 20, seen


def every_start(story: Story, p: str, m: str, covert: list[Slack]) -> int:
    """Every moment at which p may begin to fake m has its row; how many there are."""
    faked = [at_of(story, row) for row in covert if row.leaves is None]
    if not (story.measures[m].fakeable and story.rho[p] > 0 and covert):
        return 0
    missing = [at for at in starts(story, p, m) if not near(faked, at)]
    assert not missing, (p, m, missing)
    return len(faked)


def worst(story: Story, row: Slack) -> None:
    at = at_of(story, row)
    leaves = leavings(story, row.other or row.party, row.measure, at)
    found = tell(story, row.kind, row.party, row.other, row.measure, at, leaves)
    least = min((one.slack for one in found if one.leaves is not None), default=math.inf)
    assert row.slack <= least + 1e-6 * max(1.0, abs(row.keep)), row


def test_the_worst_leaving_is_told_of_secret_exposures_too() -> None:
    seen: list[Slack] = []

    @settings(max_examples=60)
    @given(cases(answers=True))
    def told_of(case: tuple[Dossier, Plan]) -> None:
        story, rows = Story(*case), valued(*case)
        left = [row for row in rows if row.kind == "secret_exposure" and row.leaves is not None]
        for row in left[:2]:
            assert entry(story, row.measure) is not None
            worst(story, row)
            seen.append(row)

    told_of()
    assert len(seen) >= 5


TOGETHER_FOR_AN_INSTANT = """
detente: 1
title: b is there for an instant with both
start: 2020-01-01
periods: [3 x 1 year]
interests:
  a: {unit: points, worst: 0, best: 1}
  b: {unit: points, worst: 0, best: 1}
parties:
  a: {stakes: {a: 1}, discount: 0.1 /year, response_time: 0, consents: false}
  b: {stakes: {b: 1}, discount: 0.1 /year, response_time: 3 months, consents: false}
measures:
  own: {by: a, effects: {a: {level: -1}}, undo: {in: 0}, verify: {by: x, detects: 0.5 /year}}
  old: {by: b, effects: {b: {level: -1}}, undo: {in: 0}, verify: open}
  new: {by: b, verify: open}
interactions:
  both: {all: [old, new], effects: {a: {once: 5}}}
"""


def test_what_holds_for_an_instant_has_happened() -> None:
    """a breaks just after t = 9 months: just after t + 3 months b, who has entered `new` at one year, undoes `old`.

    For every break after t, however soon, both have stood together, and what that brings once is a's.
    """
    d = loads(TOGETHER_FOR_AN_INSTANT)
    plan = Plan({"own": d.start, "old": d.start, "new": d.grid.dates[1]})
    for row in valued(d, plan):
        agrees(d, plan, row)
    breakouts = [r for r in valued(d, plan) if r.kind == "breakout" and r.party == "a" and r.years == 0.75]
    assert {r.moment: r.deviate for r in breakouts} == pytest.approx({"before": 0, "between": 5 * math.exp(-0.025)})


COMES_FROM_ITS_OWN = """
  own: {by: a, effects: {a: {level: -1}}, undo: {in: 0}, verify: {by: x, detects: 0 /year}}
  old: {by: a, effects: {a: {level: -1}}, undo: {in: 0}, verify: open}
  new: {by: b, verify: open}
"""
UNDONE_IN_SECRET = """
  own: {by: a, effects: {a: {level: -1}}, undo: {in: 3 months}, verify: {by: x, detects: 0 /year}}
  old: {by: b, effects: {b: {level: -1}}, undo: {in: 0}, verify: open}
  new: {by: b, verify: open}
"""
SEEN_BY_A_VISIT = """
  own: {by: a, effects: {a: {level: -1}}, undo: {in: 0}, verify: {by: x, visits: {every: 1 year, detects: 100 %}}}
  old: {by: b, effects: {b: {level: -1}}, undo: {in: 0}, verify: open}
  new: {by: b, verify: open}
"""


def cheating(measures: str, needed: str, new: int) -> list[Slack]:
    """The rows of a's cheating on its own, with other measures; `new` comes after so many years."""
    head, rest = TOGETHER_FOR_AN_INSTANT.split("measures:")
    text = f"{head}measures:{measures}interactions:{rest.split('interactions:')[1]}".replace("[old, new]", needed)
    d = loads(text)
    plan = Plan({"own": d.start, "old": d.start, "new": d.grid.dates[new]})
    rows = valued(d, plan)
    for row in rows:
        agrees(d, plan, row)
    return [row for row in rows if row.kind == "covert" and row.measure == "own"]


def test_what_a_party_leaves_just_after_the_entries_of_a_date_has_stood_with_them() -> None:
    """a cheats unseen from signature and leaves at one year, once b has entered `new`: then it undoes `old` at once."""
    rows = cheating(COMES_FROM_ITS_OWN, "[old, new]", 1)
    (row,) = [r for r in rows if r.leaves is not None and (r.years, r.moment) == (0, "before")]
    assert (row.leaves_years, row.leaves_moment) == (1, "after")
    assert row.deviate == pytest.approx(5 * math.exp(-0.1) - (1 - math.exp(-0.1)) / 0.1, abs=1e-9)


def test_what_is_undone_in_secret_just_after_a_date_has_stood_with_its_entries() -> None:
    """a undoes its own in secret within three months, from just after nine months on: `new` still meets it."""
    rows = cheating(UNDONE_IN_SECRET, "[own, new]", 1)
    found = {r.moment: r.deviate for r in rows if r.leaves is None and r.years == 0.75}
    cost = (1 - math.exp(-0.025)) / 0.1
    assert found == pytest.approx({"before": -cost, "between": 5 * math.exp(-0.025) - cost})


def test_what_is_undone_just_after_a_date_because_of_a_visit_has_stood_with_its_entries() -> None:
    """a cheats from just after nine months on; seen a year later, b answers just after two years, with `new`."""
    rows = cheating(SEEN_BY_A_VISIT, "[old, new]", 2)
    found = {r.moment: r.deviate for r in rows if r.leaves is None and r.years == 0.75}
    assert found == pytest.approx({"before": 0, "between": 5 * math.exp(-0.125)})
