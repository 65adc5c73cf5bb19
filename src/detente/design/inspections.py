"""How much verification a deal needs: the least inspection effort for it, and for each further step. DESIGN §5, §6.

Every measure with regimes can be raised from one to the next by effort. A choice of regimes with which no plan is
satisfactory is a conflict: of the raises that it lacks, one out of some core must be bought. The cheapest set of raises
that hits every core met so far is tried next, so the first that allows a deal takes the least effort (implicit hitting
sets, as for concessions in `conflicts`). This takes it that more inspection never hurts. It seldom does, but can: a
measure that comes to be seen a little sooner than another is then faked together with it. `choosing` does without the
assumption, and has the last word here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from detente.design.conflicts import shrink
from detente.design.problem import Linear, Problem, Question
from detente.design.program import INF, Program
from detente.design.regimes import Choice, Effort, Menus, among
from detente.design.rules import plan_of
from detente.design.solve import Clock, Objective, Solver
from detente.dossier.overlays import apply
from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.arrays import Model
from detente.model.check import Judge
from detente.model.plan import Plan
from detente.model.temptation import Conditions, conditions

Status = Literal["satisfactory", "none_exists", "undecided"]
Kind = Literal["success", "progress", "measure"]
POOL = 40
"""Plans that are tried before solving."""
STEPS = (0.25, 0.5, 0.75, 1.0)
"""Parts of a progress scale whose least effort is asked for."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Aim:
    """Something a satisfactory deal might reach: a level of success, part of a progress scale, a measure in force."""

    kind: Kind
    name: str
    share: float = 1.0
    """Of a progress scale."""

    @property
    def changes(self) -> dict[str, Any]:
        """The overlay under which minimal success asks for it; empty for a level of success."""
        if self.kind == "progress":
            return {"success": {"minimal": [{"progress": self.name, "at_least": self.share}]}}
        return {"success": {"minimal": [{"in_force": self.name}]}} if self.kind == "measure" else {}

    @property
    def level(self) -> str:
        """The success level to ask for under `changes`."""
        return self.name if self.kind == "success" else "minimal"


@dataclass(frozen=True)
class Least:
    """The least effort for an aim, with regimes and a plan that prove it is enough.

    `none_exists`: with no effort on the menus. `bound`: no less effort is enough, as far as was settled.
    """

    aim: Aim
    status: Status
    effort: float | None
    bound: float
    regimes: Mapping[str, str | None]
    overlay: Mapping[str, Any]
    plan: Plan | None


def aims_of(dossier: Dossier) -> list[Aim]:
    """What to ask the least effort for: levels of success, steps of progress scales, measures that can be faked."""
    levels = ["none", *(level for level in ("minimal", "full") if getattr(dossier.success, level))]
    found = [Aim("success", level) for level in levels]
    found += [Aim("progress", scale, share) for scale in dossier.progress for share in STEPS]
    faked = [name for name, m in dossier.measures.items() if m.fakeable and name not in dossier.state.in_force]
    return found + [Aim("measure", name) for name in faked]


class Search:
    """Looks for the least effort of one aim after another; plans and proofs found for one serve the next."""

    def __init__(
        self, menus: Menus, clock: Clock, *, openings: Sequence[str] = (), say: Say = lambda text: None
    ) -> None:
        self.menus, self.clock, self.openings, self.say = menus, clock, tuple(openings), say
        self.plans: list[Plan] = []
        """Plans found, the last that helped first."""
        self.ruled_out: dict[Aim, list[Choice]] = {}
        """Choices with which an aim was proved impossible."""
        self.solves = 0
        self._settled: dict[tuple[Any, ...], bool] = {}
        self._binding: set[int] = set()
        self._valued = lru_cache(maxsize=12)(self._conditions)
        self._judge = lru_cache(maxsize=64)(self._judging)

    # --- one choice --------------------------------------------------------------------------------------------

    def possible(self, aim: Aim, choice: Choice) -> bool | None:
        """Whether some plan reaches the aim under a choice; None where that was not settled in time."""
        if self.known(aim, choice) is not None:
            return True
        if any(all(a <= b for a, b in zip(choice, out, strict=True)) for out in self.excluded(aim)):
            return False
        return self._solved(aim, choice)

    def excluded(self, aim: Aim) -> list[Choice]:
        """Choices known to be too little: what allows no deal at all allows none with more to it."""
        return [*self.ruled_out.get(aim, []), *self.ruled_out.get(Aim("success", "none"), [])]

    def known(self, aim: Aim, choice: Choice) -> Plan | None:
        """A plan found before that reaches the aim under a choice."""
        for i, plan in enumerate(self.plans):
            if self._keeps(plan, aim, choice):
                self.plans.insert(0, self.plans.pop(i))
                return plan
        return None

    def _keeps(self, plan: Plan, aim: Aim, choice: Choice) -> bool:
        if aim.kind == "measure" and plan.entry.get(aim.name) is None:
            return False
        present = {m: 1 for m, day in plan.entry.items() if day is not None}
        key = (id(plan), aim, among(self.menus, choice, present))
        if key not in self._settled:
            self._settled[key] = self._judge(aim, choice).satisfactory(plan)
        return self._settled[key]

    def aimed(self, aim: Aim, choice: Choice) -> Dossier:
        """The dossier under a choice, asking for an aim as its success."""
        dossier: Dossier = self.menus.applied(choice)
        return apply(dossier, aim.changes) if aim.changes else dossier

    def _judging(self, aim: Aim, choice: Choice) -> Judge:
        return Judge(self.aimed(aim, choice), success=aim.level, openings=self.openings)  # type: ignore[arg-type]

    def _conditions(self, choice: Choice) -> Conditions:
        return conditions(Model.of(self.menus.applied(choice)))

    def _solved(self, aim: Aim, choice: Choice) -> bool | None:
        valued = self._valued(choice)
        model = replace(valued.model, dossier=self.aimed(aim, choice))
        problem = Problem(model, Question(aim.level, self.openings), valued=valued)
        for row in sorted(self._binding):
            problem.activate(row)
        outcome = Solver(problem, self.clock).best(Objective(Linear({}), lambda shares: 0.0))
        self._binding |= set(problem.active)
        self.solves += 1
        if outcome.shares is None:
            if outcome.proved:
                self.ruled_out.setdefault(aim, []).append(choice)
            return False if outcome.proved else None
        plan = plan_of(model, outcome.shares)
        if not self._judge(aim, choice).satisfactory(plan):
            return None
        self.plans = [plan, *self.plans][:POOL]
        return True

    # --- the least effort --------------------------------------------------------------------------------------

    def least(self, aim: Aim) -> Least:
        """The least effort with which some plan reaches an aim, as far as the clock allows."""
        answer = self.possible(aim, self.menus.most)
        if not answer:
            return self._least(aim, "undecided" if answer is None else "none_exists", None, 0.0)
        raises = Raises(self.menus)
        for out in self.excluded(aim):
            raises.beyond(out)
        while True:
            choice = raises.cheapest()
            assert choice is not None  # the most of all is possible, and no core rules it out
            spent = self.menus.spent(choice)
            answer = self.possible(aim, choice)
            if answer is None:
                return self._least(aim, "undecided", None, spent)
            if answer:
                return self._least(aim, "satisfactory", choice, spent)
            self.say(f"{words_of(aim)}: more than {spent:g} {self.menus.unit}")
            raises.beyond(self._widest(aim, choice))

    def _widest(self, aim: Aim, choice: Choice) -> Choice:
        """A greatest choice, from one ruled out, that is ruled out as well: only raises of a core are left to buy."""
        most = self.menus.most
        lacking = {str(m): m for m in range(len(most)) if choice[m] < most[m]}

        def held(names: Iterable[str]) -> Choice:
            fixed = {lacking[name] for name in names}
            return tuple(choice[m] if m in fixed else top for m, top in enumerate(most))

        core = shrink(lambda names: self.possible(aim, held(names)), list(lacking))
        return held(core)

    def _least(self, aim: Aim, status: Status, choice: Choice | None, bound: float) -> Least:
        if choice is None:
            return Least(aim, status, None, bound, {}, {}, None)
        regimes, overlay = self.menus.named(choice), self.menus.overlay(choice)
        return Least(aim, status, self.menus.spent(choice), bound, regimes, overlay, self.known(aim, choice))


class Raises:
    """A programme over raises: what each measure is raised to, at the least effort, beyond choices ruled out."""

    def __init__(self, menus: Menus) -> None:
        self.menus, self.program = menus, Program()
        self.columns: list[list[int]] = []
        cost: dict[int, float] = {}
        tiny = 1e-7 * (1.0 + menus.spent(menus.most))
        for menu in menus.menus:
            raised = [self.program.add_column(integer=True) for _ in menu.places[1:]]
            for below, above in zip(raised, raised[1:], strict=False):
                self.program.add_row({above: 1.0, below: -1.0}, high=0.0)
            for i, c in enumerate(raised):
                cost[c] = -(menu.places[i + 1].effort - menu.places[i].effort) - tiny
            self.columns.append(raised)
        self.program.set_objective(cost)

    def beyond(self, choice: Choice) -> None:
        """Some measure is raised above where a choice has it."""
        above = [raised[i] for raised, i in zip(self.columns, choice, strict=True) if i < len(raised)]
        self.program.add_row(dict.fromkeys(above, 1.0), low=1.0)

    def cheapest(self) -> Choice | None:
        if not self.columns:
            return ()
        x = self.program.maximise(seconds=INF).x
        return None if x is None else tuple(sum(x[c] > 0.5 for c in raised) for raised in self.columns)


def words_of(aim: Aim) -> str:
    """An aim as progress lines name it."""
    if aim.kind == "success":
        return "any deal" if aim.name == "none" else f"{aim.name} success"
    return f"{aim.share:.0%} of {aim.name}" if aim.kind == "progress" else aim.name


def menus_of(dossier: Dossier, effort: Effort | None) -> Menus:
    """The menus of a dossier. Raises UsageError where no measure has regimes."""
    menus = Menus.of(dossier, effort)
    if not menus.menus:
        raise UsageError("no measure has `verify.regimes`: say there what inspecting it takes, such as {days: 40 /year}")
    return menus
