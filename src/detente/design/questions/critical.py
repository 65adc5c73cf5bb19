"""Which numbers the verdict hangs on: for each, the nearest value at which it flips. DESIGN §6.

A number's range is what its dossier states, else from half to twice its value. Its ends (and, where it enters the
conditions otherwise than linearly, the middle of either side) are judged; between a value with the stated verdict and
one without, the flip is found by bisection, and told as a short decimal beyond it that was judged to flip as well. A
flip and back between the values judged would not be seen.
Plans found for one value are tried first at the next, so most values need no solver. Where one does and takes long, the
number is left for another round, in which each value has more time, until all is settled or the time is up.
"""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property, lru_cache
from itertools import combinations, product, repeat
from typing import Any, Literal, Protocol, TypeVar

from detente.design.plan.clock import Clock
from detente.design.plan.judging import plan_of
from detente.design.plan.objective import ANY
from detente.design.plan.rules import Designer, any_plan
from detente.design.plan.solve import Solver
from detente.design.programme.known import Known
from detente.design.programme.problem import Problem
from detente.design.programme.question import Question
from detente.design.questions.parallel import each, stopped, workers
from detente.design.questions.sources import Input, inputs
from detente.dossier.changes.overlays import apply
from detente.dossier.changes.restate import Manner, manner_of, raw_at
from detente.dossier.places import dotted, nearest
from detente.dossier.schema import Dossier
from detente.errors import DossierError, UsageError
from detente.model.judge.check import Judge
from detente.model.plan import Plan

_Status = Literal["flips", "no_flip_in_range", "undecided"]
MINIMAL = Question("minimal")
PRECISION = 5e-4
"""How closely a flip is bracketed, as a part of the range."""
POOL = 12
"""Plans that are tried before solving."""
PATIENCE = 4
"""How many times as long a value may take in the next round."""
GRACE = 2.0
"""Seconds after the limit in which searches under way hand in what they have found."""
LINEAR = ("walk_away", "collapse_cost", "exposure_limit", "no_deal", "level", "once", "rate")
"""Numbers that every condition is linear in, while they do not change their sign."""
EXIT = (Manner("%/year", "chance"), 0.0, 99.0)
"""How a rate of exit that is stated as nothing is turned, and how far. ANSWERS §2."""


@dataclass(frozen=True)
class Flip:
    """Where the verdict flips as one number moves, all in the unit that the dossier writes it in.

    `low`, `high`: the range searched. `flips_at`: the nearest value judged at which the verdict is another; `distance`:
    how far that is, as a part of the range. Where `status` is "undecided" some value could not be judged; a flip that
    was found all the same is then perhaps not the nearest. `late`: for want of time.
    """

    path: str
    stated: float
    unit: str
    flips_at: float | None
    low: float
    high: float
    status: _Status
    distance: float | None = None
    source: str | None = None
    late: bool = False


@dataclass(frozen=True)
class PairFlip:
    """Where the verdict flips as two numbers move together toward ends of their ranges; `share`: how far they go."""

    paths: tuple[str, str]
    flips_at: tuple[float, float] | None
    share: float | None
    status: _Status
    late: bool = False


@dataclass(frozen=True)
class Critical:
    """The verdict, and what it hangs on: the numbers nearest to a flip first. `finished`: time did not run out."""

    dossier: Dossier
    question: Question
    verdict: Literal["satisfactory", "none_exists", "undecided"]
    numbers: tuple[Flip, ...]
    pairs: tuple[PairFlip, ...]
    finished: bool


@dataclass(frozen=True)
class Dial:
    """One number that can be turned: where to write it, how, and how far."""

    path: str
    where: str
    stated: float
    low: float
    high: float
    manner: Manner
    linear: bool
    source: str | None

    def at(self, x: float) -> dict[str, Any]:
        """The overlay that sets it to x in its unit."""
        return {self.where: self.manner.say(x)}

    def flip(self, x: float | None, status: _Status, *, late: bool = False) -> Flip:
        width, unit = self.high - self.low, self.manner.unit
        distance = abs(x - self.stated) / width if x is not None and width > 0 else None
        return Flip(
            self.path,
            self.stated,
            unit,
            x,
            low=self.low,
            high=self.high,
            status=status,
            distance=distance,
            source=self.source,
            late=late,
        )


def critical(
    dossier: Dossier,
    question: Question = MINIMAL,
    *,
    only: Sequence[str] = (),
    pairs: bool = False,
    jobs: int = 0,
    executor: Executor | None = None,
    time_limit: float = 600.0,
    solve_seconds: float = 20.0,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Critical:
    """Search the numbers of a dossier (`only`: these paths, or all below them), and their pairs on request.

    `executor` runs the searches (default: worker processes, one a core, or as many as `jobs` says). Raises UsageError
    for a path that names no number.
    """
    clock = Clock(time_limit, cancelled)
    until = time.time() + time_limit
    dials = dials_of(dossier, only)
    say("Judging the case as it stands")
    verdict, plans = _stated(dossier, question, clock)
    if verdict is None:
        left = tuple(d.flip(None, "undecided", late=True) for d in dials)
        return Critical(dossier, question, "undecided", left, (), finished=False)
    packed = pickle.dumps((dossier, question, plans, verdict, until))
    rounds = _Rounds(packed, clock, solve_seconds, say)
    with workers(jobs if len(dials) > 4 else 1, cancelled) if executor is None else nullcontext(executor) as pool:
        found = rounds.searched(pool, _search, [(d,) for d in dials], "numbers")
        flips = tuple(sorted((found.get((d,)) or d.flip(None, "undecided", late=True) for d in dials), key=_rank))
        together: dict[tuple[Dial, Dial], PairFlip] = {}
        if pairs:
            chosen = [d for d in dials if only or d.path in [f.path for f in flips[:6]]]
            together = rounds.searched(pool, _search_pair, list(combinations(chosen, 2)), "pairs")
    ordered = tuple(sorted(together.values(), key=lambda p: (p.share is None, p.share or 0.0, p.paths)))
    stated: Literal["satisfactory", "none_exists"] = "satisfactory" if verdict else "none_exists"
    late = any(f.late for f in flips) or any(p.late for p in ordered)
    return Critical(dossier, question, stated, flips, ordered, finished=rounds.whole and not late)


class _Found(Protocol):
    @property
    def late(self) -> bool: ...
    @property
    def flips_at(self) -> object: ...


K = TypeVar("K", bound="tuple[Dial, ...]")
F = TypeVar("F", bound=_Found)


@dataclass
class _Rounds:
    """Searches all that is asked, and again what was not settled in its time, while there is time."""

    packed: bytes
    clock: Clock
    seconds: float
    """How long one value may take in the first round."""
    say: Callable[[str], None]
    whole: bool = True
    """Whether all that was asked was searched."""

    def searched(
        self, pool: Executor, search: Callable[[tuple[bytes, float, K]], F], asked: Sequence[K], what: str
    ) -> dict[K, F]:
        found: dict[K, F] = {}
        seconds, left = self.seconds, list(asked)
        while left and self.clock.left > 0:
            tasks = [(self.packed, seconds, key) for key in left]
            for (_, _, key), answer in each(pool, search, tasks, cancelled=self._over):
                if key not in found or answer.flips_at is not None or not answer.late:
                    found[key] = answer
                settled = sum(not f.late for f in found.values())
                self.say(f"{settled} of {len(asked)} {what} searched")
            left, seconds = [key for key in left if key in found and found[key].late], seconds * PATIENCE
        self.whole &= len(found) == len(asked)
        return found

    def _over(self) -> bool:
        return self.clock.cancelled() or self.clock.left <= -GRACE


def _rank(flip: Flip) -> tuple[Any, ...]:
    """The nearest flips first, then what is undecided, then the rest."""
    order = {"flips": 0, "undecided": 1, "no_flip_in_range": 2}
    return order[flip.status], flip.distance or 0.0, flip.path


def dials_of(dossier: Dossier, only: Sequence[str] = ()) -> list[Dial]:
    """The numbers to turn: those uncertain, assumed or without a source; or those named. Raises UsageError."""
    known = inputs(dossier)
    if only:
        for path in only:
            if not any(is_within(i.path, path) for i in known):
                raise UsageError(f"no number at {path!r}: {nearest(path, [i.path for i in known])}")
        return [dial_of(dossier, i) for i in known if any(is_within(i.path, path) for path in only)]
    return [dial_of(dossier, i) for i in known if i.used and (i.number.range or i.assumed or not i.source)]


def is_within(path: str, part: str) -> bool:
    """Whether a dotted path is another, or lies below it."""
    return path == part or path.startswith(f"{part}.")


def dial_of(dossier: Dossier, found: Input) -> Dial:
    """A number as it can be turned: its range as stated, else from half to twice its value."""
    number = found.number
    where, raw = raw_at(dossier.document, found.where)
    manner = manner_of(raw, number)
    ends = number.range or (number.value / 2, number.value * 2)
    low, high = sorted(manner.written(v) for v in ends)
    stated = manner.written(number.value)
    parts = found.path.split(".")
    if parts[0] == "shocks" and parts[-1] == "rate" and number.value == 0 and number.range is None:
        manner, low, high = EXIT  # a rate of nothing is stated to ask at which the verdict flips
    named = parts[-1] in LINEAR or parts[2:3] == ["stakes"] or parts[2:4] == ["no_deal", "course"]
    linear = named and parts[0] != "shocks" and (low >= 0 or high <= 0)
    return Dial(
        found.path, dotted(where), stated, low=low, high=high, manner=manner, linear=linear, source=found.source
    )


# --- judging one changed dossier -----------------------------------------------------------------------------------


def _stated(dossier: Dossier, question: Question, clock: Clock) -> tuple[bool | None, list[Plan]]:
    """The verdict on the dossier as it stands, and two plans far from each other where there are any."""
    known = Known.of(dossier)
    first = Solver(Problem(known, question), clock).best(ANY)
    if first.shares is None:
        return (False if first.proved else None), []
    plans = []
    for rule in ("robust", "nash"):
        with clock.within(clock.left / 4):
            found = Designer(known, question, gap=0.02, clock=clock).design(rule)
        if found.plan is not None:
            plans.append(found.plan)
    return True, plans or [plan_of(known.model, first.shares)]


class Trials:
    """Judges changed dossiers: by the plans known, else by solving."""

    def __init__(self, dossier: Dossier, question: Question, plans: Iterable[Plan], clock: Clock) -> None:
        self.dossier, self.question, self.plans, self.clock = dossier, question, list(plans), clock
        self.stated = tuple(self.plans)
        """Plans that are satisfactory as the dossier stands."""
        self.seconds = math.inf
        """How long one of them may take."""
        self.late = False
        """Whether one was not settled for want of time."""
        self._ruled_out: set[str] = set()

    @cached_property
    def _known(self) -> Known:
        return Known.of(self.dossier)

    def searching(self, seconds: float) -> Trials:
        """The same at the beginning of a search, each trial of which may take so long."""
        self.seconds, self.late = seconds, False
        return self

    def possible(self, changes: Mapping[str, Any]) -> bool | None:
        """Whether some plan is satisfactory under changes; None where that is not settled, or no dossier says so."""
        if self.clock.left <= 0:
            self.late = True
            return None
        if str(changes) in self._ruled_out:
            return False
        try:
            changed = apply(self.dossier, changes)
        except DossierError:
            return None
        if any(_bystander(plan, changes) for plan in self.stated):
            return True
        judge = Judge(changed, success=self.question.success, openings=self.question.openings)
        for i, plan in enumerate(self.plans):
            if judge.satisfactory(plan):
                self.plans.insert(0, self.plans.pop(i))
                return True
        with self.clock.within(self.seconds):
            found, settled = any_plan(judge, self.question, self.clock, like=[self._known])
            self.late |= found is None and not settled and self.clock.left <= 0
        if found is None:
            self._ruled_out |= {str(changes)} if settled else set()
            return False if settled else None
        self.plans = [found, *self.plans][:POOL]
        return True


def _bystander(plan: Plan, changes: Mapping[str, Any]) -> bool:
    """Whether changes concern only measures that a plan leaves out: then they change nothing for it."""
    return all(path.startswith("measures.") and plan.entry.get(path.split(".")[1]) is None for path in changes)


@lru_cache(maxsize=1)
def _trials(packed: bytes) -> tuple[Trials, bool]:
    """What a worker keeps between its tasks: the plans that it has found."""
    dossier, question, plans, verdict, until = pickle.loads(packed)
    return Trials(dossier, question, plans, Clock(until - time.time(), stopped)), verdict


# --- searching -----------------------------------------------------------------------------------------------------


def _search(task: tuple[bytes, float, tuple[Dial]]) -> Flip:
    """The nearest flip of one number, on both sides of its stated value."""
    packed, seconds, (dial,) = task
    known, verdict = _trials(packed)
    trials = known.searching(seconds)
    low, high = (_reach(trials, dial, end) for end in (dial.low, dial.high))
    dial = replace(dial, low=low, high=high)
    tolerance = PRECISION * (high - low)
    found: list[float] = []
    unsettled = False
    for end in (low, high):
        if end == dial.stated:
            continue
        steps = [end] if dial.linear else [(dial.stated + end) / 2, end]
        at, settled = first_flip(lambda x: trials.possible(dial.at(x)), dial.stated, steps, verdict, tolerance / 2)
        unsettled = unsettled or not settled
        found += [] if at is None else [_said(trials, dial, at, end, verdict, tolerance / 2)]
    status: _Status = "undecided" if unsettled else "flips" if found else "no_flip_in_range"
    nearest_found = min(found, key=lambda x: abs(x - dial.stated), default=None)
    return dial.flip(nearest_found, status, late=unsettled and trials.late)


def _reach(trials: Trials, dial: Dial, end: float) -> float:
    """The farthest value toward an end that a dossier can have."""
    span = end - dial.stated
    tries = [end, *([1.0] if dial.stated <= 1 < end else []), *([100.0] if dial.stated <= 100 < end else [])]
    for x in [*tries, *(dial.stated + span / 2.0**i for i in range(1, 8))]:
        try:
            apply(trials.dossier, dial.at(x))
        except DossierError:
            continue
        return x
    return dial.stated


def first_flip(
    possible: Callable[[float], bool | None], start: float, steps: Sequence[float], verdict: bool, tolerance: float
) -> tuple[float | None, bool]:
    """The first value, from start along the steps, with another verdict; and whether all was settled."""
    last = start
    for x in steps:
        answer = possible(x)
        if answer is None:
            return None, False
        if answer is not verdict:
            return _bisected(possible, last, x, verdict, tolerance)
        last = x
    return None, True


def _bisected(
    possible: Callable[[float], bool | None], same: float, other: float, verdict: bool, tolerance: float
) -> tuple[float | None, bool]:
    """Where the verdict flips between a value with the stated verdict and one without: the nearest judged beyond it."""
    while abs(other - same) > tolerance:
        middle = (same + other) / 2
        answer = possible(middle)
        if answer is None:
            return other, False
        same, other = (middle, other) if answer is verdict else (same, middle)
    return other, True


def _said(trials: Trials, dial: Dial, at: float, end: float, verdict: bool, tolerance: float) -> float:
    """The shortest decimal at most so far beyond a flip, away from what is stated, that is judged to flip, too."""
    for x in beyond(dial.stated, at, end, tolerance):
        if trials.possible(dial.at(x)) is (not verdict):
            return x
    return at


def _said_together(
    trials: Trials, dials: tuple[Dial, Dial], at: tuple[float, float], ends: Sequence[float], verdict: bool
) -> tuple[float, float]:
    """As `_said`, for two numbers at once."""
    a, b = dials
    near = [
        beyond(d.stated, x, end, PRECISION * (d.high - d.low)) if x != d.stated else repeat(x, 4)
        for d, x, end in zip(dials, at, ends, strict=True)
    ]
    for x, y in zip(*near, strict=False):
        if trials.possible({**a.at(x), **b.at(y)}) is (not verdict):
            return x, y
    return at


def beyond(stated: float, at: float, end: float, tolerance: float) -> Iterator[float]:
    """Decimals between a value and an end, at most `tolerance` farther from what is stated; the shortest first."""
    digits = -math.floor(math.log10(tolerance))
    for n in range(digits, digits + 4):
        size = Decimal(1).scaleb(-n)
        away = ROUND_CEILING if at > stated else ROUND_FLOOR
        x = float((Decimal(at) / size).to_integral_value(away) * size)
        if abs(x - stated) <= abs(end - stated):
            yield x


def _search_pair(task: tuple[bytes, float, tuple[Dial, Dial]]) -> PairFlip:
    """The nearest flip as two numbers go toward their ends in step."""
    packed, seconds, (a, b) = task
    known, verdict = _trials(packed)
    trials = known.searching(seconds)
    best, unsettled = math.inf, False
    where: tuple[float, float] | None = None
    for ends in product(*[[_reach(trials, d, e) for e in (d.low, d.high)] for d in (a, b)]):

        def at(share: float, ends: tuple[float, ...] = ends) -> tuple[float, float]:
            return a.stated + share * (ends[0] - a.stated), b.stated + share * (ends[1] - b.stated)

        def possible(share: float) -> bool | None:
            x, y = at(share)
            return trials.possible({**a.at(x), **b.at(y)})

        share, settled = first_flip(possible, 0.0, [0.5, 1.0], verdict, PRECISION)
        unsettled = unsettled or not settled
        if share is not None and share < best:
            best, where = share, _said_together(trials, (a, b), at(share), ends, verdict)
    status: _Status = "undecided" if unsettled else "flips" if where else "no_flip_in_range"
    return PairFlip((a.path, b.path), where, None if where is None else best, status, unsettled and trials.late)
