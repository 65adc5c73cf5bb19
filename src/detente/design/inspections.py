"""How much verification a deal needs: the least inspection effort for it, and for each further step. DESIGN §5, §6.

Plan and regimes are chosen together (`choosing`), so the least effort is proved without taking it that more inspection
never hurts. (It can: a measure that comes to be seen a little sooner than another is then faked together with it.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from detente.design.choosing import Choosing, ChoosingSolver, Faking, Fakings, confirms
from detente.design.problem import Linear, Problem, Question
from detente.design.program import Array
from detente.design.regimes import Choice, Effort, Menus
from detente.design.rules import Design, Designer, Rule, any_plan, plan_of
from detente.design.solve import ANY, Clock, Objective, Solver
from detente.dossier.overlays import apply
from detente.dossier.schema import Dossier, Verify
from detente.errors import DetenteError, UsageError
from detente.model.arrays import Model
from detente.model.check import Judge, Verdict, check
from detente.model.plan import Plan

Status = Literal["satisfactory", "none_exists", "undecided"]
Kind = Literal["success", "progress", "measure"]
Say = Callable[[str], None]
MINIMAL = Question("minimal")
STEPS = (0.25, 0.5, 0.75, 1.0)
"""Parts of a progress scale whose least effort is asked for."""
QUICKEST = 1000.0
"""Times a year: detection beyond which no more is asked for."""
PRECISION = 1e-7
"""How closely the least rate of detection of one plan is bracketed, relative."""
SOME_SECONDS = 3.0
"""For any plan under the most inspection, where the search for the least found none."""
BELOW = 2e-6
"""How far below it every plan is ruled out, relative: more than what `check` accepts may shift it by."""
SHARES = {"main": 0.4, "steps": 0.65, "rates": 0.82}
"""The part of the time after which each question gives way to the next."""


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

    `none_exists`: proved, with any regimes. `undecided`: stopped; `effort`, if any, is enough, less may be. `bound`:
    proved that less is not enough.
    """

    aim: Aim
    status: Status
    effort: float | None
    bound: float
    regimes: Mapping[str, str | None]
    overlay: Mapping[str, Any]
    plan: Plan | None


@dataclass(frozen=True)
class Raise:
    """What one more step of effort on one measure does to the Nash product of gains at the least effort.

    `more`: the growth of the geometric mean of the gains, as a share; None where not found in time. `sure`: more than
    what the searches' own gaps could explain.
    """

    measure: str
    before: str | None
    after: str
    effort: float
    more: float | None
    sure: bool

    @property
    def a_day(self) -> float | None:
        """`more` by unit of effort."""
        return None if self.more is None else self.more / self.effort if self.effort > 0 else math.inf


@dataclass(frozen=True)
class Rate:
    """The least constant rate of detection of one measure with which a deal exists, all else as at the least effort.

    Where that was not found, all else as the dossier states it.

    `rate`: times a year; 0 where none is needed; None where no rate is enough, or that is undecided.
    """

    measure: str
    status: Literal["found", "none_needed", "not_enough", "undecided"]
    rate: float | None
    stated: float | None
    """The rate that it has there, where it has nothing but a rate."""

    @property
    def chance(self) -> float | None:
        """Within a year."""
        return None if self.rate is None else -math.expm1(-self.rate)


@dataclass(frozen=True)
class Needs:
    """How much verification a deal needs."""

    dossier: Dossier
    question: Question
    effort: Effort
    unit: str
    stated_effort: float
    """What the regimes that the dossier chooses take."""
    most: float
    """What the dearest regimes take together."""
    least: Least
    """For the level that was asked for."""
    steps: tuple[Least, ...]
    raises: tuple[Raise, ...]
    """The next steps from the least effort, the best buy first."""
    rates: tuple[Rate, ...]
    notes: tuple[str, ...]
    finished: bool

    @property
    def status(self) -> Status:
        return self.least.status


def aims_of(dossier: Dossier) -> list[Aim]:
    """What to ask the least effort for: levels of success, steps of progress scales, measures that can be faked."""
    levels = ["none", *(level for level in ("minimal", "full") if getattr(dossier.success, level))]
    found = [Aim("success", level) for level in levels]
    found += [Aim("progress", scale, share) for scale in dossier.progress for share in STEPS]
    faked = [name for name, m in dossier.measures.items() if m.fakeable and name not in dossier.state.in_force]
    return found + [Aim("measure", name) for name in faked]


def needs(
    dossier: Dossier,
    question: Question = MINIMAL,
    *,
    effort: Effort | None = None,
    steps: bool = True,
    rates: bool = True,
    raises: bool = True,
    time_limit: float = 240.0,
    say: Say = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Needs:
    """The least inspection effort for which a satisfactory deal exists, and what more would buy. Raises UsageError."""
    clock = Clock(time_limit, cancelled)
    menus = Menus.of(dossier, effort)
    search = Search(menus, question.openings, say)
    asked = Aim("success", question.success)

    def until(part: str) -> Clock:
        return Clock(max(0.0, clock.left - (1 - SHARES[part]) * time_limit), cancelled)

    least = search.least(asked, until("main") if steps or rates or raises else clock)
    further: list[Least] = []
    aims = [aim for aim in aims_of(dossier) if aim != asked] if steps else []
    for i, aim in enumerate(aims):
        left = until("steps").left
        slice_ = Clock(min(left, max(4.0, 1.2 * left / (len(aims) - i))), cancelled)
        further.append(search.least(aim, slice_))
    under = dossier if least.plan is None else apply(dossier, least.overlay) if least.overlay else dossier
    found: list[Rate] = []
    for i, m in enumerate(faked := fakeable(dossier) if rates else []):
        left = until("rates").left
        found.append(
            _rate(under, question, m, Clock(min(left, max(2.0, 1.5 * left / (len(faked) - i))), cancelled), say)
        )
    bought = _raises(menus, question, least, clock, say) if raises else []
    finished = all(x.status != "undecided" for x in [least, *further]) and all(r.status != "undecided" for r in found)
    finished = finished and all(r.more is not None for r in bought) and not cancelled()
    return Needs(
        dossier,
        question,
        menus.effort,
        menus.unit,
        menus.spent(menus.stated),
        menus.spent(menus.most),
        least,
        tuple(sorted([least, *further], key=lambda x: _rank(dossier, x.aim)) if steps else [least]),
        tuple(sorted(bought, key=lambda r: (not r.sure, -(r.a_day or 0.0)))),
        tuple(found),
        (*_remarks(menus), *menus.notes()),
        finished,
    )


def _rank(dossier: Dossier, aim: Aim) -> int:
    aims = aims_of(dossier)
    return aims.index(aim) if aim in aims else -1


def _remarks(menus: Menus) -> Iterator[str]:
    if not menus.menus:
        yield "No measure has regimes of inspection: the effort is 0, and only detection itself can be asked about."
    without = [m for m in fakeable(menus.dossier) if m not in {menu.measure for menu in menus.menus}]
    if menus.menus and without:
        yield f"Without regimes, seen as stated whatever is spent: {', '.join(without)}."


def fakeable(dossier: Dossier) -> list[str]:
    """The measures that can be faked and are not in force yet."""
    return [name for name, m in dossier.measures.items() if m.fakeable and name not in dossier.state.in_force]


# --- the least effort ------------------------------------------------------------------------------------------------


class Search:
    """Looks for the least effort of one aim after another; rows and plans found for one serve the next."""

    def __init__(self, menus: Menus, openings: Sequence[str] = (), say: Say = lambda text: None) -> None:
        self.menus, self.openings, self.say = menus, tuple(openings), say
        self.fakings = Fakings(menus)
        self.cuts: dict[tuple[Faking, int], int] = {}
        self.active: set[int] = set()
        self.plans: list[tuple[Array, Choice]] = []

    def least(self, aim: Aim, clock: Clock) -> Least:
        """The least effort with which some plan reaches an aim, as far as the clock allows."""
        if clock.left <= 0:
            return Least(aim, "undecided", None, 0.0, {}, {}, None)
        self.say(f"The least effort for {words_of(aim)}")
        dossier = apply(self.fakings.model.dossier, aim.changes) if aim.changes else None
        problem = Choosing(self.fakings, Question(aim.level, self.openings), dossier)
        for row in sorted(self.active):
            problem.activate(row)
        for cut in self.cuts:
            problem.cut(*cut)
        solver = ChoosingSolver(problem, clock, say=self.say)
        for shares, choice in self.plans:
            if self._fits(aim, shares, choice):
                solver.offer_with(shares, choice)
        outcome = solver.best(frugal(problem, solver))
        if outcome.shares is None and not outcome.proved and not clock.cancelled():
            outcome = replace(outcome, shares=self._some(aim, solver))
        self.active |= set(problem.active)
        self.cuts |= problem.cuts
        bound = max(0.0, -outcome.bound) if math.isfinite(outcome.bound) else 0.0
        if outcome.shares is None:
            status: Status = "none_exists" if outcome.proved else "undecided"
            return Least(aim, status, None, bound, {}, {}, None)
        choice = solver.chosen[outcome.shares.tobytes()]
        if not self._reaches(aim, outcome.shares, choice):
            raise DetenteError("a plan chosen with its inspections did not pass check: please report this dossier")
        self.plans.append((outcome.shares, choice))
        spent = self.menus.spent(choice)
        self.say(f"{words_of(aim)}: {spent:g} {self.menus.unit}{'' if outcome.proved else ', perhaps less'}")
        return Least(
            aim,
            "satisfactory" if outcome.proved else "undecided",
            spent,
            spent if outcome.proved else min(bound, spent),
            self.menus.named(choice),
            self.menus.overlay(choice),
            plan_of(self.fakings.model, outcome.shares),
        )

    def _some(self, aim: Aim, solver: ChoosingSolver) -> Array | None:
        """Any plan at all, under the most inspection: for a search that found none."""
        most = self.menus.most
        dossier = self.menus.applied(most)
        model = Model.of(apply(dossier, aim.changes) if aim.changes else dossier)
        clock = Clock(SOME_SECONDS, solver.clock.cancelled)
        first = Solver(Problem(model, Question(aim.level, self.openings)), clock)
        outcome = first.best(ANY)
        if outcome.shares is not None and self._fits(aim, outcome.shares, most):
            return outcome.shares if solver.offer_with(outcome.shares, most) else None
        return None

    def _judge(self, aim: Aim, choice: Choice) -> Judge:
        dossier = self.menus.applied(choice)
        changed = apply(dossier, aim.changes) if aim.changes else dossier
        return Judge(changed, success=aim.level, openings=self.openings)  # type: ignore[arg-type]

    def _reaches(self, aim: Aim, shares: Array, choice: Choice) -> bool:
        """Whether a plan passes `check` under a choice, with the aim as its success."""
        return self._judge(aim, choice).satisfactory(plan_of(self.fakings.model, shares))

    def _fits(self, aim: Aim, shares: Array, choice: Choice) -> bool:
        """Whether it meets all that has no value; the solver looks at the rest."""
        terms = self._judge(aim, choice).terms
        timing = terms.clock.timing(plan_of(self.fakings.model, shares))
        return all(term.judge(timing) is None for term in terms.all)


def frugal(problem: Choosing, solver: ChoosingSolver) -> Objective:
    """The least effort."""
    spent = problem.menus.spent
    target = Linear({c: -amount for c, amount in problem.spent.items()})
    return Objective(
        target, lambda shares: -spent(solver.chosen[shares.tobytes()]), slack_for=lambda v: 1e-6 * max(1.0, abs(v))
    )


def words_of(aim: Aim) -> str:
    """An aim as progress lines name it."""
    if aim.kind == "success":
        return "any deal" if aim.name == "none" else f"{aim.name} success"
    return f"{aim.share:.0%} of {aim.name}" if aim.kind == "progress" else aim.name


# --- what more effort buys -------------------------------------------------------------------------------------------


def _raises(menus: Menus, question: Question, least: Least, clock: Clock, say: Say) -> list[Raise]:
    """Each next regime from the least effort, and what it does to the Nash product."""
    if least.plan is None or not menus.menus:
        return []
    base = tuple([p.regime for p in menu.places].index(least.regimes[menu.measure]) for menu in menus.menus)
    nexts = [(i, place + 1) for i, place in enumerate(base) if place + 1 < len(menus.menus[i].places)]
    start = _nash(menus.applied(base), question, Clock(clock.left / (1 + len(nexts)), clock.cancelled))
    found = []
    for done, (i, place) in enumerate(nexts):
        menu = menus.menus[i]
        say(f"What more inspection of {menu.measure} would bring ({done + 1} of {len(nexts)})")
        raised = (*base[:i], place, *base[i + 1 :])
        share = Clock(clock.left / (len(nexts) - done), clock.cancelled)
        more, sure = _growth(start, _nash(menus.applied(raised), question, share))
        before, after = menu.places[place - 1], menu.places[place]
        found.append(Raise(menu.measure, before.regime, after.regime or "", after.effort - before.effort, more, sure))
    return found


def _nash(dossier: Dossier, question: Question, clock: Clock) -> tuple[Design, int]:
    designer = Designer(Model.of(dossier), question, gap=0.005, clock=clock)
    return (designer.design("nash"), max(1, len(designer.bargainers))) if clock.left > 0 else (UNKNOWN, 1)


UNKNOWN = Design("undecided", "nash", "nash", None, None, None, None, None, None, finished=False)


def _growth(start: tuple[Design, int], end: tuple[Design, int]) -> tuple[float | None, bool]:
    """The growth of the geometric mean of gains between two Nash designs, and whether it is more than their gaps."""
    (a, n), (b, _) = start, end
    if a.objective is None or b.objective is None or a.rule_used != "nash" or b.rule_used != "nash":
        return None, False
    return math.expm1((b.objective - a.objective) / n), a.bound is not None and b.objective > a.bound


# --- the least detection ---------------------------------------------------------------------------------------------


def _rate(dossier: Dossier, question: Question, measure: str, clock: Clock, say: Say) -> Rate:
    """The least constant rate of detection for one measure: of the plan at hand, then of any plan below that."""
    verify = dossier.measures[measure].verification
    stated = verify.detects.value if verify and verify.detects and verify.visits is None else None
    if clock.left <= 0:
        return Rate(measure, "undecided", None, stated)
    say(f"The least detection for {measure}")

    def solve(rate: float) -> tuple[Plan | None, bool]:
        return any_plan(_judge(_seen_at(dossier, measure, rate), question), question, clock)

    plan, settled = solve(0.0)
    if plan is not None or not settled:
        return Rate(measure, "none_needed", 0.0, stated) if plan else Rate(measure, "undecided", None, stated)
    plan, settled = solve(QUICKEST)
    if plan is None:
        return Rate(measure, "not_enough" if settled else "undecided", None, stated)
    high = QUICKEST
    while True:
        high = _least_of(dossier, question, measure, plan, high)
        plan, settled = solve(high * (1 - BELOW))
        if plan is None:
            return Rate(measure, "found" if settled else "undecided", high if settled else None, stated)
        high *= 1 - BELOW


def _least_of(dossier: Dossier, question: Question, measure: str, plan: Plan, high: float) -> float:
    """The least rate at which one plan stays satisfactory, from one at which it is."""
    low = 0.0
    while high - low > PRECISION * high:
        middle = math.sqrt(low * high) if low > 0 else high / 8
        judge = _judge(_seen_at(dossier, measure, middle), question)
        low, high = (low, middle) if judge.satisfactory(plan) else (middle, high)
    return high


def _judge(dossier: Dossier, question: Question) -> Judge:
    return Judge(dossier, success=question.success, openings=question.openings)  # type: ignore[arg-type]


def _seen_at(dossier: Dossier, measure: str, rate: float) -> Dossier:
    """The dossier with one measure seen at a constant rate and by nothing else."""
    verify = dossier.measures[measure].verify
    assert isinstance(verify, Verify)
    chosen, path = verify.chosen, f"measures.{measure}.verify"
    changes: dict[str, Any] = {f"{path}.detects": f"{float(rate)!r} /year"}
    changes |= {f"{path}.{name}": None for name in ("visits", "regime") if getattr(verify, name) is not None}
    changes[f"{path}.delay"] = f"{chosen.delay.value!r} years"
    changes[f"{path}.confirms_in"] = f"{confirms(chosen)!r} years"
    return apply(dossier, changes)


# --- plan and inspections within a budget ----------------------------------------------------------------------------


class Joint(Designer):
    """Designs a plan together with its regimes, within a budget."""

    solver: ChoosingSolver

    def __init__(self, fakings: Fakings, question: Question, budget: float | None, **given: Any) -> None:
        self.fakings, self.budget = fakings, budget
        super().__init__(fakings.model, question, valued=fakings.open, **given)

    def _fresh(self, pool: Sequence[Array] = ()) -> None:
        chosen = self.solver.chosen if pool else {}
        self.problem: Choosing = Choosing(self.fakings, self.question, budget=self.budget)
        self.solver = ChoosingSolver(self.problem, self.clock, say=self.say)
        self.solver.pool.extend(pool)
        self.solver.chosen.update(chosen)
        self._best = {}

    def judged(self, shares: Array) -> tuple[Plan, Verdict]:
        plan = plan_of(self.model, shares)
        dossier = self.fakings.menus.applied(self.solver.chosen[shares.tobytes()])
        verdict = check(dossier, plan, success=self.question.success, openings=self.question.openings)  # type: ignore[arg-type]
        if not verdict.satisfactory:
            raise DetenteError("a plan designed with its inspections did not pass check: please report this dossier")
        self.choice = self._cheapest(shares)
        return plan, verdict

    def _cheapest(self, shares: Array) -> Choice:
        """The least effort that this plan needs; what it was found with where that cannot be settled."""
        problem = Choosing(self.fakings, self.question, budget=self.budget)
        n = self.model.M * self.model.K
        fixed = shares[:, 1:].ravel()
        problem.program.set_many_bounds(fixed[:n], fixed[:n])
        for cut in self.problem.cuts:
            problem.cut(*cut)
        solver = ChoosingSolver(problem, Clock(max(5.0, self.clock.left), self.clock.cancelled))
        solver.widths = ()
        solver.offer_with(shares, self.solver.chosen[shares.tobytes()])
        solver.best(frugal(problem, solver))
        return solver.chosen[shares.tobytes()]


def design_with_inspections(
    dossier: Dossier,
    rule: Rule = "nash",
    *,
    success: str = "none",
    openings: Sequence[str] = (),
    budget: float | None = None,
    effort: Effort | None = None,
    time_limit: float = 300.0,
    gap: float = 0.005,
    say: Say = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Design, dict[str, Any]]:
    """The best plan under a rule with regimes to choose freely, within a budget a year; and the overlay that sets them.

    Of several choices that this plan is satisfactory with, the one of least effort. Raises UsageError for rules and
    dossiers that it cannot do.
    """
    menus = Menus.of(dossier, effort)
    if not menus.menus:
        raise UsageError(
            "no measure has `verify.regimes`: say there what inspecting it takes, such as {days: 40 /year}"
        )
    if budget is not None and not (math.isfinite(budget) and budget >= 0):
        raise UsageError(f"a budget is 0 or more {menus.unit}, not {budget:g}")
    if rule == "robust":
        raise UsageError("rule 'robust' weighs slacks of one set of regimes: choose those first, with another rule")
    if rule in ("earliest", "minimal") and not dossier.success.minimal:
        raise UsageError(f"rule {rule!r} needs `success.minimal` in the dossier: say there what would count as success")
    fakings = Fakings(menus)
    if rule == "earliest" and (late := _confirming(menus, fakings)):
        raise UsageError(f"rule 'earliest' needs regimes that confirm equally soon; those of {late!r} do not")
    joint = Joint(
        fakings, Question(success, tuple(openings)), budget, gap=gap, clock=Clock(time_limit, cancelled), say=say
    )
    found = joint.design(rule)
    return found, menus.overlay(joint.choice) if found.plan is not None else {}


def _confirming(menus: Menus, fakings: Fakings) -> str | None:
    """A measure whose regimes differ in when it counts as verified."""
    for menu, ways in zip(menus.menus, fakings.ways, strict=True):
        if np.ptp([confirms(v) for v in ways]) > 1e-12:
            return menu.measure
    return None
