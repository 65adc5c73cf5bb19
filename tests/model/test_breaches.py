"""What becomes of each measure on each branch of a deviation: by hand, by the simulator of events, and by chances.

The branches of a deviation are all that can happen, each once: their chances add up to 1. What follows a breach has the
chance of the breach. What is stopped and undone when is what `tests.model.story` tells of one realisation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.dossier.schema import Dossier
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Branch, Deviation, Maker, Sure
from detente.model.rows.fates import Fates, Times
from detente.model.rows.laws import Detected, Left
from detente.model.rows.moments import Moment, Moments
from tests.model import story as told
from tests.model.story import MOMENTS, NO_TIME, Course, Instant, Story
from tests.strategies import cases, documents

MONTH = 1 / 12
RATE = 0.7
SEEN_AT_A_RATE = {"detects": f"{100 * -math.expm1(-RATE)!r} %/year", "delay": "1 month"}
GIVE, PAY = 0, 1


def of_the_example(
    verify: dict[str, Any] = SEEN_AT_A_RATE, over: float = 0.0, besides: dict[str, Any] | None = None, **more: Any
) -> Dossier:
    """A gives what it can fake; B pays it a flow, answers after 3 months and undoes within 6.

    `over`: what A's part is worth to B once the deal is over; `besides`: further measures.
    """
    lasting = {"if_over": {"x": {"level": over}}} if over else {}
    give = {"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": "2 months"}, "verify": verify, **lasting}
    pay = {"by": "b", "effects": {"y": {"level": 1}}, "undo": {"in": "6 months"}, "verify": "open"}
    document = {
        "detente": 1,
        "title": "the example of `breaches`",
        "start": "2020-01-01",
        "periods": ["4 x 3 months"],
        "interests": {i: {"unit": "u", "worst": 0, "best": 1} for i in ("x", "y")},
        "parties": {
            "a": {"discount": "0.1 /year", "stakes": {"x": -1, "y": 2}, "response_time": "1 month"},
            "b": {"discount": "0.1 /year", "stakes": {"x": 2, "y": -1}, "response_time": "3 months"},
        },
        "measures": {"give": give, "pay": pay, **(besides or {})},
    }
    return Dossier.model_validate(document | more)


def maker(dossier: Dossier, *moments: tuple[float, Any]) -> Maker:
    model = Model.of(dossier)
    return Maker(model, Moments.of([Moment.at(model.tau, t, side) for t, side in moments]))


def chance(branch: Branch, upto: float = math.inf) -> np.ndarray:
    """[I] of going this way, the random time being no more than `upto`."""
    return branch.parts(0.0, branch.low, np.minimum(branch.high, upto))


def at(times: Times, m: int, random: float) -> np.ndarray:
    """[I] years from the moment, at one value of the random time."""
    years, moves = times[m]
    return np.asarray(years + (random if moves else 0.0), float)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_breaking_out_as_the_module_tells_it() -> None:
    (sure,) = maker(of_the_example(), (0.25, "after")).breakout(0).branches
    fates = sure.fates
    assert chance(sure) == pytest.approx([1.0])
    assert [at(x, GIVE, 9.0)[0] for x in (fates.stop, fates.made)] == pytest.approx([0.0, 2 * MONTH])
    assert [at(x, PAY, 9.0)[0] for x in (fates.stop, fates.made)] == pytest.approx([0.25, 0.75])
    assert sure.first_answer == pytest.approx([0.25])
    assert (sure.answer_from, sure.pays) == ("moment", True)


def test_faking_as_the_module_tells_it() -> None:
    """Two branches: seen at a rate λ, where B's answer moves with the time to detection; and never, of chance 0."""
    seen, never = maker(of_the_example(), (0.25, "before")).covert(0, GIVE).branches
    assert [chance(x)[0] for x in (seen, never)] == pytest.approx([1.0, 0.0])
    assert chance(seen, upto=2.0) == pytest.approx([1 - math.exp(-2 * RATE)])
    for random in (0.0, 1.5):
        assert at(seen.fates.stop, PAY, random) == pytest.approx([random + MONTH + 0.25])
        assert at(seen.fates.made, PAY, random) == pytest.approx([random + MONTH + 0.75])
        assert [at(x, PAY, random)[0] for x in (never.fates.stop, never.fates.made)] == [np.inf, np.inf]
    assert seen.first_answer == pytest.approx([MONTH + 0.25])
    assert (seen.answer_from, seen.pays, never.pays) == ("random", True, False)
    assert np.isinf(never.first_answer).all()
    assert [x.fates.stop[GIVE][0][0] for x in (seen, never)] == [-np.inf, -np.inf]  # faked: it never enters
    assert np.isfinite(seen.inspected.stop[GIVE][0]).all()  # but the inspectors come until the answer


def test_what_is_never_seen_goes_on() -> None:
    """By two visits 30 % are seen, and then half: the other half never is."""
    looks = {"visits": {"times": [["4 months", "30 %"], ["1.5 years", "50 %"]]}}
    seen, never = maker(of_the_example(looks), (0.0, "after")).covert(0, GIVE).branches
    assert [chance(x)[0] for x in (seen, never)] == pytest.approx([0.5, 0.5])
    assert chance(seen, upto=1.0) == pytest.approx([0.30])


def test_cheating_and_leaving_by_hand() -> None:
    """Left openly 1 year on; delay 1 month, answer 3: known and answered by then, known alone, or neither."""
    making = maker(of_the_example(), (0.0, "after"))
    leaves = Moments.of([Moment.at(making.model.tau, 1.0, "between")])
    both, neither, answered = making.covert(0, GIVE, leaves).branches
    late, last = 1.0 - MONTH - 0.25, 1.0 - MONTH
    assert chance(answered) == pytest.approx([1 - math.exp(-RATE * late)])
    assert chance(both) == pytest.approx([math.exp(-RATE * late) - math.exp(-RATE * last)])
    assert chance(neither) == pytest.approx([math.exp(-RATE * last)])
    assert at(both.fates.stop, PAY, 0.7) == pytest.approx([0.7 + MONTH + 0.25])
    assert at(neither.fates.stop, PAY, 0.7) == pytest.approx([1.25])
    assert at(neither.fates.made, PAY, 0.7) == pytest.approx([1.75])


def test_who_leaves_first_by_hand() -> None:
    """A and B leave at rates 0.2 and 0.3, A for sure 2 years on: then B has left first with 0.3·(1 − e^(−1))/0.5."""
    shocks = {
        "tired": {"ends": "a", "rate": f"{100 * -math.expm1(-0.2)!r} %/year"},
        "tempted": {"ends": "b", "rate": f"{100 * -math.expm1(-0.3)!r} %/year"},
        "treaty": {"ends": "a", "at": "2022-01-01", "chance": "100 %"},
    }
    making = maker(of_the_example(shocks=shocks), (0.0, "after"))
    *left, stays = making.kept().branches
    by_party = {making.model.parties[b.law.party]: chance(b)[0] for b in left if isinstance(b.law, Left)}
    first = -math.expm1(-0.5 * 2) / 0.5
    assert by_party == pytest.approx({"a": 0.2 * first + math.exp(-1), "b": 0.3 * first}, abs=1e-3)
    assert chance(stays) == pytest.approx([0.0])
    assert not any(b.pays for b in left)


def test_what_costs_at_its_entry_is_skipped_but_not_undone() -> None:
    """A's `dear` costs 5 once and nothing in force: faked with `give` where still to come, left alone where entered."""
    dear = {"by": "a", "effects": {"x": {"once": 5}}, "undo": {"in": "1 month"}, "verify": SEEN_AT_A_RATE}
    seen, _ = maker(of_the_example(besides={"dear": dear}), (0.25, "before")).covert(0, GIVE).branches
    assert seen.fates.stop[2][0] == [-np.inf]
    assert np.isinf(at(seen.fates.made, 2, 0.0)).all()
    assert at(seen.fates.made, GIVE, 0.0) == pytest.approx(2 * MONTH)


def test_an_exit_on_the_date_of_leaving_comes_after_it() -> None:
    """A fakes and leaves just before B may, on one date: unseen by then, it is followed by B's leaving with 60 %."""
    shocks = {"vote": {"ends": "b", "at": "2021-01-01", "chance": "60 %"}}
    making = maker(of_the_example(shocks=shocks, over=1.0), (0.0, "after"))
    year = making.exits.dated[0].at
    for side, there in (("before", 1.0), ("after", 0.4)):
        path = making.covert(0, GIVE, Moments.of([Moment.at(making.model.tau, year, side)]))
        (unseen_,) = [b for b in path.branches if isinstance(b.law, Sure)]
        assert chance(unseen_) == pytest.approx([math.exp(-RATE * (year - MONTH)) * there])
        assert total(path.aftermath) == pytest.approx(total(tuple(b for b in path.branches if b.pays)))


# --- by the simulator of events ------------------------------------------------------------------------------------


Seen = Counter[str]
RANDOM = (0.0613, 0.377, 1.043)
"""Values of the random time that fall on nothing else."""


def alike(fates: Fates, i: int, m: int, life: told.Life, stop: Instant, t0: float, random: float) -> None:
    """When a measure is stopped, and when undone, against a realisation told event by event."""
    assert t0 + at(fates.stop, m, random)[i] == pytest.approx(float(stop.t), abs=1e-8)
    assert t0 + at(fates.made, m, random)[i] == pytest.approx(float(life.undone.t), abs=1e-8)


def stops(story: Story, m: str, course: Course) -> Instant:
    assert course.breaker is not None
    if not story.answers(m, course.breaker):
        return NO_TIME
    return told.earliest(course.stops[r] for r in story.measures[m].by)


def as_told(story: Story, branch: Branch, i: int, course: Course, random: float) -> int:
    """Every measure of the plan on a branch, from its i-th moment on; how many were compared."""
    t0, compared = float(course.start.t), 0
    for m, name in enumerate(story.measures):
        if not story.entries[name]:
            continue
        compared += 1
        alike(branch.inspected, i, m, story._life(name, course, faked=False), stops(story, name, course), t0, random)
        life = story._life(name, course, faked=name in course.faked)
        if story.done(name, course.start):
            assert t0 + at(branch.fates.made, m, random)[i] == pytest.approx(float(life.undone.t), abs=1e-8)
        elif name in course.faked:
            assert branch.fates.stop[m][0][i] == -np.inf
        else:
            alike(branch.fates, i, m, life, stops(story, name, course), t0, random)
    return compared


def moments_of(story: Story) -> list[tuple[float, str]]:
    tau = story.tau
    return [(tau[0], "before"), (tau[0], "after"), (tau[1], "before"), (tau[-1], "after"), (tau[1] + 0.04, "between")]


def opened(story: Story, making: Maker, moments: list[Instant]) -> int:
    compared = 0
    for p, party in enumerate(story.parties):
        (sure,) = making.breakout(p).branches
        assert sure.first_answer == pytest.approx(np.full(len(moments), story.first(party)))
        for i, start in enumerate(moments):
            course = story.broken(told.Deviation.openly(party, start), start, start)
            compared += as_told(story, sure, i, course, 0.0)
    return compared


def left(story: Story, making: Maker, moments: list[Instant]) -> int:
    compared = 0
    for branch in making.kept().branches:
        if not isinstance(branch.law, Left):
            continue
        party = making.model.parties[branch.law.party]
        for i, start in enumerate(moments):
            for x in RANDOM:
                course = story.left(start, frozenset(), party, told.after(float(start.t) + x))
                compared += as_told(story, branch, i, course, x)
    return compared


def faked(story: Story, making: Maker, moments: list[Instant]) -> Iterator[tuple[str, int]]:
    """Seen before anything else happens; and, where it is left openly 0.9 years on, seen by then or not."""
    model = making.model
    away = Moments.of([Moment.at(model.tau, float(start.t) + 0.9, "between") for start in moments])
    for p, m in np.argwhere(model.by & model.fakeable):
        party, name = model.parties[p], model.measures[m]
        if not story.entries[name] or not story.rho[party]:
            continue
        unleft, leaving = making.covert(int(p), int(m)), making.covert(int(p), int(m), away)
        for i, start in enumerate(moments):
            fakes = story.faked_with(party, name, start)
            for t in RANDOM:
                known = told.just_after(float(start.t) + t + story.law(name).delay)
                breach = told.Deviation(party, start, fakes, name)
                (branch,) = at_time(unleft, i, t)
                yield "seen", as_told(story, branch, i, story.broken(breach, known, NO_TIME), t)
                leaves = told.just_after(float(start.t) + 0.9)
                (branch,) = at_time(leaving, i, t)
                known = known if bool(known.precedes(leaves)) else NO_TIME
                how = "left" if known is NO_TIME else "seen, and left"
                yield how, as_told(story, branch, i, story.broken(breach, known, leaves), t)


def at_time(path: Deviation, i: int, t: float) -> list[Branch]:
    """The branch on which the breach is known of which the time to detection is t; else the one that leaves unseen."""
    seen = [b for b in path.branches if isinstance(b.law, Detected) and b.low[i] < t <= b.high[i]]
    return seen or [b for b in path.branches if isinstance(b.law, Sure) and b.pays]


def test_what_is_stopped_and_undone_when() -> None:
    seen: Seen = Counter()

    @settings(max_examples=60)
    @given(cases(answers=True))
    def compared(case: tuple[Dossier, Plan]) -> None:
        story = Story(*case)
        points = moments_of(story)
        making, moments = maker(case[0], *points), [MOMENTS[side](t) for t, side in points]
        seen["open"] += opened(story, making, moments)
        seen["exit"] += left(story, making, moments)
        for how, many in faked(story, making, moments):
            seen[how] += many
        for p, party in enumerate(story.parties):
            waiting = {making.model.measures[m]: needs for m, needs in making.reactions.waiting(p).items()}
            named = {m: tuple(making.model.measures[n] for n in needs) for m, needs in waiting.items()}
            assert named == {m: needs for m in story.measures if (needs := story.waits_for(m, party))}
            seen["waiting"] += len(named)

    compared()
    least = {"open": 1000, "exit": 1000, "seen": 500, "seen, and left": 200, "left": 200, "waiting": 5}
    assert all(seen[how] >= many for how, many in least.items()), seen


# --- by chances ------------------------------------------------------------------------------------------------------


def total(branches: tuple[Branch, ...]) -> np.ndarray:
    return np.sum([chance(branch) for branch in branches], axis=0)


def breaches(making: Maker, leaves: Moments) -> Iterator[tuple[str, Deviation]]:
    model = making.model
    for p in range(len(model.parties)):
        yield "open", making.breakout(p)
    for p, m in np.argwhere(model.by & model.fakeable):
        yield "seen", making.covert(int(p), int(m))
        yield "left", making.covert(int(p), int(m), leaves)


def test_all_that_can_happen_happens_once() -> None:
    """Chances of the branches add up to 1; those of what follows a breach, to that of its being known.

    Where a breach is not answered what follows is somebody's leaving alone: less the chance that nobody ever does.
    """
    seen: Seen = Counter()

    @settings(max_examples=100)
    @given(left_by_somebody(), st.sampled_from([0.25, 0.9, 2.3]), st.sampled_from(["before", "after", "between"]))
    def added(dossier: Dossier, wait: float, side: Any) -> None:
        tau = Model.of(dossier).tau
        points = [(t, s) for t in tau for s in ("before", "after")] + [(float(tau[-2]) + 0.07, "between")]
        making = maker(dossier, *points)
        leaves = Moments.of([Moment.at(tau, float(t) + wait, side) for t, _ in points])
        assert total(making.plain().branches) == pytest.approx(np.ones(len(points)))
        assert total(making.kept().branches) == pytest.approx(np.ones(len(points)), abs=1e-9)
        nobody = making.exits.until(np.full(len(points), np.inf), np.ones(len(points), bool))
        for kind, path in breaches(making, leaves):
            assert total(path.branches) == pytest.approx(np.ones(len(points)), abs=1e-9)
            seen[kind] += 1
            if path.aftermath:
                known = total(tuple(b for b in path.branches if b.pays))
                answered = np.isfinite(making.model.first_answer(path.mover))
                never = unseen(making.model, path) if kind == "seen" else 0.0
                after = known if answered else known - nobody * (1 - never)
                assert total(path.aftermath) == pytest.approx(after, abs=1e-9)
                seen[f"after, {kind}, {'answered' if answered else 'not answered'}"] += 1

    added()
    afterwards = [f"after, {kind}, {how}" for kind in ("open", "seen", "left") for how in ("answered", "not answered")]
    assert all(seen[kind] >= 10 for kind in ("open", "seen", "left", *afterwards)), seen


@st.composite
def left_by_somebody(draw: st.DrawFn) -> Dossier:
    """Somebody may leave; in half of the dossiers nobody's measures answer to anybody else."""
    document = draw(documents(answers=True))
    if draw(st.booleans()):
        for body in document["measures"].values():
            body |= {"conditional_on": [], "by": body["by"] if isinstance(body["by"], str) else body["by"][0]}
    dossier = Dossier.model_validate(document)
    assume(dossier.exits)
    return dossier


def unseen(model: Model, path: Deviation) -> float:
    """The chance that a path's faking is never seen."""
    (law,) = {b.law for b in path.branches if isinstance(b.law, Detected)}
    return float(law.watch.survival(np.inf))
