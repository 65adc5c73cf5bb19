"""A third opinion: a brute search over deviations finds nothing better than the judge's best.

What is searched, for every party of a random small dossier and a random plan, by the simulator of events alone:

- **Breaking openly** at every time of a fine lattice, and on both sides of every time at which something jumps; undoing
  what the text undoes, or any other subset of what the party performs. Also what that exposes each other party to.
- **Cheating in secret** from every time of a lattice on at which a measure m can be faked (just before its entry) or is
  in force and can be undone: m with every subset of the party's fakeable measures that are seen no faster than m, seen
  at m's rate and delay; for ever, or until leaving openly at every later time of the lattice.

A deviation that does better than the judge's best of its kind (`judge_finds_it`) fails the test, unless `left_out` says
which sentence of ANSWERS leaves it out:

- §9, "faking a set that is not closed" and "measure by measure": the set faked (undone) is not the text's own, and some
  measure on which the two differ is good for the party at one time and bad at another (growth that stops, `once`
  against level, `if_over`, interactions). Where each is plainly good or plainly bad, no other set may do better.
- R7, "for faking the law of T bends it: not proved": secret cheating that begins, or is left openly, at a time that is
  none of the listed moments.

Not searched: sets seen faster than m (they are seen at another's rate, and then have that one's own row), cheating on a
second measure later on (changing one's mind), entering after one's own breach, coalitions, and what §4 and §5 add.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.dossier.schema import Dossier
from detente.model.judge.check import Slack
from detente.model.plan import Plan
from tests.model.moments import acts, leavings, limit, openly, starts
from tests.model.story import BEFORE, LATER, NO_TIME, Deviation, Instant, Story, once
from tests.model.test_check_story import at_of, near, valued
from tests.strategies import cases

SLIGHT = 1e-6
"""Relative to a row's size: the judge accepts by 1e-7, and quadrature adds its own."""


@dataclass(frozen=True)
class Found:
    """A deviation and what it leaves of keeping: keep − deviate at its start."""

    deviation: Deviation
    slack: float
    size: float


def lattice(story: Story, n: int) -> list[Instant]:
    """Times between 0 and well after the last date, none of which is special."""
    last = max([story.tau[-1], *(x.at for x in story.dossier.exits if x.at is not None)]) + 1.5
    return [Instant(last * (k + 0.37) / n, LATER) for k in range(n)]


# what is searched


def opened(story: Story, p: str, times: list[Instant], drops: list[frozenset[str] | None]) -> Iterator[Found]:
    for at in times:
        keep, ahead = story.keep(p, at), story.ahead(p, at)
        for dropped in drops:
            deviation = Deviation.openly(p, at, dropped)
            yield Found(deviation, (keep - story.deviate(p, deviation)) * ahead, max(1.0, abs(keep) * ahead))


def subsets(measures: list[str]) -> list[frozenset[str]]:
    sizes = range(len(measures) + 1)
    return [frozenset(some) for size in sizes for some in itertools.combinations(measures, size)]


def cheats(story: Story, p: str, times: list[Instant]) -> list[Deviation]:
    """Every way to begin to cheat."""
    found = []
    mine = [m for m in acts(story, p) if story.measures[m].fakeable]
    for m in mine:
        entered = story.entries[m][0][0]
        rivals = [n for n in mine if n != m and n in story.no_faster(p, m)]
        begins = [Instant(entered, BEFORE)] if entered >= 0 else []
        begins += [at for at in times if story.done(m, at)] if story.undo[m] < math.inf else []
        found += [Deviation(p, at, frozenset({m}) | some, m) for at in begins for some in subsets(rivals)]
    return found


def cheated(story: Story, deviation: Deviation, times: list[Instant]) -> Iterator[Found]:
    """For ever, or left at each later time."""
    p, leaves = deviation.party, [NO_TIME, *(at for at in times if deviation.start.precedes(at))]
    keep, ahead = story.keep(p, deviation.start), story.ahead(p, deviation.start)
    for left, value in zip(leaves, story.deviations(p, deviation, leaves), strict=True):
        found = Deviation(p, deviation.start, deviation.faked, deviation.seen_as, left)
        yield Found(found, (keep - value) * ahead, max(1.0, abs(keep) * ahead))


# what the text leaves out


def plain(story: Story, p: str, m: str, *, intrusion: bool) -> bool:
    """Whether a measure is good for p at every time, or bad at every time, whatever becomes of the others."""
    x, weight = story.measures[m], story.weight[p]
    tables = [x.effects, *([x.intrusion] if intrusion else [])]
    felt = [effect for table in tables for j, effect in table.items() if weight.get(j)]
    together = [i for i in story.dossier.interactions.values() if m in i.when.measures]
    if any(e.per_year and e.per_year.lasts for e in felt) or any(weight.get(j) for j in x.if_over):
        return False
    if any(weight.get(j) for i in together for j in i.effects):
        return False
    standing = story.standing(p, m, intrusion=intrusion)
    return standing * sum(once(table, weight) for table in tables) >= 0


def left_out(story: Story, deviation: Deviation) -> str | None:
    """The sentence of ANSWERS that leaves a deviation out; None where it must be covered."""
    p, at = deviation.party, deviation.start
    if deviation.open:
        text = frozenset(m for m in acts(story, p) if story.minds(p, m))
        differs = set() if deviation.drops is None else deviation.drops ^ text
        if not all(plain(story, p, m, intrusion=True) for m in differs):
            return "§9: what is dropped is chosen measure by measure"
        return None
    assert deviation.seen_as is not None
    differs = deviation.faked ^ story.faked_with(p, deviation.seen_as, at)
    if not all(plain(story, p, m, intrusion=False) for m in differs):
        return "§9: a set that is not the text's own"
    if not near(starts(story, p, deviation.seen_as), at):
        return "R7: begins between the listed moments"
    leaves = leavings(story, p, deviation.seen_as, at)
    if math.isfinite(float(deviation.leaves.t)) and not near(leaves, deviation.leaves):
        return "R7: is left between the listed moments"
    return None


# the judge's best


def least(rows: list[Slack]) -> float:
    """The least slack; 0 where nobody has anything at stake."""
    return min((row.slack for row in rows if row.slack is not None), default=0.0)


def judge_finds_it(story: Story, rows: list[Slack], found: Found) -> None:
    """What a search has found is no better than the judge's best of its kind, or left out by the text.

    Breaking openly: than the best moment for it. Cheating: than the best ending of what begins at that moment with that
    measure; where the judge has no such row, than the best of all that the party could do.
    """
    p, m, at = found.deviation.party, found.deviation.seen_as, found.deviation.start
    mine = [row for row in rows if row.party == p and row.kind in ("breakout", "covert")]
    alike = [row for row in mine if row.measure == m and (m is None or near([at_of(story, row)], at))]
    best = least(alike or mine)
    if found.slack < best - SLIGHT * found.size:
        assert left_out(story, found.deviation) is not None, (found, best)


def exposures_are_covered(story: Story, rows: list[Slack], p: str, times: list[Instant]) -> None:
    """No time of breaking, up to the last date (which stands for every later one), exposes p to more than judged."""
    times = [at for at in times if float(at.t) <= story.tau[-1]]
    for q in story.parties if story.parties[p].exposure_limit is not None else ():
        if q == p or not acts(story, q):
            continue
        best = least([row for row in rows if (row.kind, row.party, row.other) == ("exposure", p, q)])
        for at in times:
            had = story.enjoyed(p, at)
            value = had + story.deviate(p, Deviation.openly(q, at), no_deal=False)
            assert value + limit(story, p) >= min(best, 0.0) - SLIGHT * max(1.0, abs(had)), (p, q, at)


def test_a_search_over_deviations_finds_nothing_better() -> None:
    """All open breaks at 40 times and all jumps; a dozen of the ways to cheat, left at each of these times."""
    seen: Counter[str] = Counter()

    @settings(max_examples=50)
    @given(cases(answers=True, measures=4), st.data())
    def nothing_better(case: tuple[Dossier, Plan], data: st.DataObject) -> None:
        story, rows = Story(*case), valued(*case)
        for p in story.parties:
            if not acts(story, p) or story.rho[p] <= 0:
                continue
            times = sorted([*lattice(story, 40), *openly(story, p)], key=lambda x: float(x.key))
            drops = data.draw(st.sampled_from(subsets(acts(story, p))))
            ways = cheats(story, p, times)
            chosen = data.draw(st.lists(st.sampled_from(ways), max_size=4, unique=True)) if ways else ()
            some = times[:: data.draw(st.integers(2, 4))]
            for found in opened(story, p, times, [None, drops]):
                judge_finds_it(story, rows, found)
                seen["openly"] += 1
            for found in (one for way in chosen for one in cheated(story, way, some)):
                judge_finds_it(story, rows, found)
                seen["secretly"] += 1
            exposures_are_covered(story, rows, p, times[::3])

    nothing_better()
    assert seen["openly"] >= 2000, seen
    assert seen["secretly"] >= 200, seen


@pytest.mark.long
@settings(max_examples=300)
@given(st.data())
def test_a_long_search_over_deviations_finds_nothing_better(data: st.DataObject) -> None:
    """Every subset and every pair of times."""
    case = data.draw(cases(answers=True, measures=4, divisible=data.draw(st.booleans())))
    story, rows = Story(*case), valued(*case)
    for p in story.parties:
        if not acts(story, p) or story.rho[p] <= 0:
            continue
        times = sorted([*lattice(story, 100), *openly(story, p)], key=lambda x: float(x.key))
        for found in opened(story, p, times, [None, *subsets(acts(story, p))]):
            judge_finds_it(story, rows, found)
        for way in cheats(story, p, times[::3]):
            for found in cheated(story, way, times[::2]):
                judge_finds_it(story, rows, found)
        for q in story.parties:
            exposures_are_covered(story, rows, q, times)
