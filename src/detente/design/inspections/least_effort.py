"""The least inspection effort with which a satisfactory deal reaches something: proved, or bounded. DESIGN §5, §6.

Plan and regimes are chosen together (`choosing`), so the least effort is proved without taking it that more inspection
never hurts. (It can: a measure that comes to be seen a little sooner than another is then faked together with it.)
What is known of one aim serves the others: whoever reaches all of a scale reaches half of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, Literal, cast

from detente.design.inspections.choosing import Choosing, ChoosingSolver
from detente.design.inspections.fakings import Faking, Fakings
from detente.design.inspections.regimes import ROUNDING, Choice, Efforts, Menus
from detente.design.plan.clock import Clock
from detente.design.plan.examiner import Candidate
from detente.design.plan.judging import Judging, plan_of
from detente.design.plan.kinds import Status
from detente.design.plan.objective import ANY, Objective
from detente.design.programme.linear import Linear
from detente.design.programme.question import Question
from detente.design.questions.footing import false_alarms
from detente.dossier.schema import Dossier, InForce, ProgressBy, Require, Success
from detente.errors import DetenteError
from detente.model.judge.check import Judge
from detente.model.kinds import SuccessLevel
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.temptation import Label

_Kind = Literal["success", "progress", "measure"]
Say = Callable[[str], None]
SOME_SECONDS = 3.0
"""For any plan under the most inspection, where the search for the least found none."""


@dataclass(frozen=True)
class Aim:
    """Something a satisfactory deal might reach: a level of success, part of a progress scale, a measure."""

    kind: _Kind
    name: str
    share: float = 1.0
    """Of a progress scale."""
    beside: str = "none"
    """The level of success that is to be reached as well, for a measure."""

    @property
    def level(self) -> SuccessLevel:
        """The success level to ask for of the dossier that `asked` gives."""
        return cast(SuccessLevel, self.name) if self.kind == "success" else "minimal"

    def asked(self, dossier: Dossier) -> Dossier:
        """The dossier in which this is what success at `level` means."""
        if self.kind == "success":
            return dossier
        return dossier.model_copy(update={"success": Success(minimal=self.requires(dossier))})

    def requires(self, dossier: Dossier) -> tuple[Require, ...]:
        """What it asks of a plan."""
        levels = {"minimal": dossier.success.minimal, "full": dossier.success.full}
        if self.kind == "success":
            return levels.get(self.name, ())
        if self.kind == "progress":
            return (ProgressBy.model_validate({"progress": self.name, "at_least": self.share}),)
        return (*levels.get(self.beside, ()), InForce.model_validate({"in_force": self.name}))

    def implies(self, other: Aim, dossier: Dossier) -> bool:
        """Whether every deal that reaches this reaches the other as well."""
        mine = self.requires(dossier)
        return all(any(_covers(have, wanted) for have in mine) for wanted in other.requires(dossier))


def _covers(have: Require, wanted: Require) -> bool:
    """Whether whatever meets one requirement meets another."""
    if isinstance(have, InForce) and isinstance(wanted, InForce):
        return have.in_force == wanted.in_force and _in_time(have.by, wanted.by)
    if isinstance(have, ProgressBy) and isinstance(wanted, ProgressBy):
        enough = have.progress == wanted.progress and have.at_least.value >= wanted.at_least.value
        return enough and _in_time(have.by, wanted.by)
    return have == wanted


def _in_time(have: date | None, wanted: date | None) -> bool:
    return wanted is None or (have is not None and have <= wanted)


@dataclass(frozen=True)
class Least:
    """The least effort for an aim, with regimes and a plan that prove it is enough.

    `none_exists`: proved, with any regimes. `undecided`: stopped; `effort`, if any, is enough, less may be. `bound`:
    proved that less is not enough.
    """

    aim: Aim
    status: Status
    effort: float | None
    bound: float
    regimes: Mapping[str, str | None] = field(default_factory=dict)
    overlay: Mapping[str, Any] = field(default_factory=dict)
    plan: Plan | None = None
    false_alarms: float | None = None
    """To be expected a year once the whole plan stands, under these regimes."""


class Search:
    """Looks for the least effort of one aim after another; rows, plans and bounds found for one serve the next."""

    def __init__(self, menus: Menus, openings: Sequence[str] = (), say: Say = lambda text: None) -> None:
        self.menus, self.openings, self.say = menus, tuple(openings), say
        self.fakings, self.efforts = Fakings(menus), Efforts(menus)
        self.cuts: dict[tuple[Faking, int], int | None] = {}
        self.active: set[Label] = set()
        self.plans: list[tuple[Array, Choice]] = []
        self.known: dict[Aim, Least] = {}
        self.judge = lru_cache(maxsize=512)(self._judge)

    def least(self, aim: Aim, clock: Clock) -> Least:
        """The least effort with which some plan reaches an aim, as far as the clock allows."""
        found = self._followed(aim)
        if found.status == "undecided" and clock.left > 0:
            found = self._sought(aim, found, clock)
        self.known[aim] = found
        return found

    def _followed(self, aim: Aim) -> Least:
        """What is known of an aim from others: the cheapest plan that reaches it too, and the greatest bound."""
        dossier = self.menus.dossier
        below = [x for other, x in self.known.items() if aim.implies(other, dossier)]
        if any(x.status == "none_exists" for x in below):
            return Least(aim, "none_exists", None, 0.0)
        floor = max((x.bound for x in below), default=0.0)
        plans = sorted(self.plans, key=lambda known: self.menus.spent(known[1]))
        best = next(((s, c) for s, c in plans if self._fits(aim, s, c)), None)
        if best is None:
            return Least(aim, "undecided", None, floor)
        return self._with(aim, *best, floor, proved=_reached(self.menus.spent(best[1]), floor))

    def _with(self, aim: Aim, shares: Array, choice: Choice, bound: float, *, proved: bool) -> Least:
        spent, plan = self.menus.spent(choice), plan_of(self.fakings.model, shares)
        return Least(
            aim,
            status="satisfactory" if proved else "undecided",
            effort=spent,
            bound=spent if proved else min(bound, spent),
            regimes=self.menus.named(choice),
            overlay=self.menus.overlay(choice),
            plan=plan,
            false_alarms=false_alarms(self.menus.applied(choice), plan),
        )

    def _sought(self, aim: Aim, known: Least, clock: Clock) -> Least:
        """The least effort by the programme of plans and regimes, above a bound that is known."""
        self.say(f"The least effort for {words_of(aim)}")
        solver = self._solver(aim, clock)
        problem = solver.problem
        if known.bound > 0:
            problem.program.add_row(problem.regimes.spent, low=known.bound - ROUNDING)
        for shares, choice in self.plans:
            if self._fits(aim, shares, choice):
                solver.offer(Candidate(shares, choice))
        outcome = solver.best(frugal(problem, solver))
        if outcome.shares is None and not outcome.proved and not clock.cancelled():
            outcome = replace(outcome, shares=self._some(aim, solver))
        self.learn(solver)
        bound = max(known.bound, -outcome.bound) if math.isfinite(outcome.bound) else known.bound
        bound = self.efforts.at_least(bound)
        if outcome.shares is None:
            status: Status = "none_exists" if outcome.proved else "undecided"
            return Least(aim, status, None, bound)
        choice = solver.pool.chosen[outcome.shares.tobytes()]
        if not self.judge(aim, choice).satisfactory(plan_of(self.fakings.model, outcome.shares)):
            raise DetenteError("a plan chosen with its inspections did not pass check: please report this dossier")
        self.plans.append((outcome.shares, choice))
        spent = self.menus.spent(choice)
        proved = outcome.proved or _reached(spent, bound)
        self.say(f"{words_of(aim)}: {spent:g} {self.menus.unit}{'' if proved else ', perhaps less'}")
        return self._with(aim, outcome.shares, choice, bound, proved=proved)

    def _solver(self, aim: Aim, clock: Clock) -> ChoosingSolver:
        """The programme for an aim, with all rows that others turned out to need."""
        problem = Choosing(self.fakings, Question(aim.level, self.openings), aim.asked(self.fakings.model.dossier))
        self._begin(problem)

        def under(choice: Choice) -> Judging:
            judge = self.judge(aim, choice)
            return Judging(judge.dossier, problem.question, judge=judge)

        return ChoosingSolver(problem, clock, under=under, say=self.say)

    def seed(self, solver: ChoosingSolver, aim: Aim, choice: Choice) -> None:
        """Give a solver under one choice what is known: rows, and plans that reach an aim under it."""
        self._begin(solver.problem)
        for shares, _ in self.plans:
            if self._fits(aim, shares, choice):
                solver.offer(Candidate(shares, choice))

    def learn(self, solver: ChoosingSolver) -> None:
        """Keep the rows that a solver turned out to need."""
        self.active |= solver.problem.valued.binding
        self.cuts |= solver.problem.cuts

    def _begin(self, problem: Choosing) -> None:
        """Put rows into a programme that others turned out to need."""
        problem.valued.begin_with(self.active)
        for cut in self.cuts:
            problem.cut(*cut)

    def _some(self, aim: Aim, solver: ChoosingSolver) -> Array | None:
        """Any plan at all, under the most inspection: for a search that found none."""
        first = self._solver(aim, Clock(SOME_SECONDS, solver.clock.cancelled))
        first.problem.regimes.choose(self.menus.most)
        shares = first.best(ANY).shares
        return shares if shares is not None and solver.offer(Candidate(shares, self.menus.most)) else None

    def _judge(self, aim: Aim, choice: Choice) -> Judge:
        dossier = aim.asked(self.menus.applied(choice))
        return Judge(dossier, success=aim.level, openings=self.openings)

    def _fits(self, aim: Aim, shares: Array, choice: Choice) -> bool:
        """Whether it meets all that has no value; the rest it met for another aim."""
        judge = self.judge(aim, choice)
        return Judging(judge.dossier, Question(aim.level, self.openings), judge=judge).fits(self.fakings.model, shares)


def _reached(spent: float, bound: float) -> bool:
    """Whether an effort is no more than what is proved to be needed."""
    return spent <= bound + ROUNDING * max(1.0, bound)


def frugal(problem: Choosing, solver: ChoosingSolver) -> Objective:
    """The least effort."""
    spent = problem.fakings.menus.spent
    target = Linear({c: -amount for c, amount in problem.regimes.spent.items()})
    return Objective(
        target,
        lambda shares: -spent(solver.pool.chosen[shares.tobytes()]),
        slack_for=lambda v: ROUNDING * max(1.0, abs(v)),
    )


def words_of(aim: Aim) -> str:
    """An aim as progress lines name it."""
    if aim.kind == "success":
        return "any deal" if aim.name == "none" else f"{aim.name} success"
    if aim.kind == "progress":
        return f"{aim.share:.0%} of {aim.name}"
    return aim.name if aim.beside == "none" else f"{aim.beside} success with {aim.name}"
