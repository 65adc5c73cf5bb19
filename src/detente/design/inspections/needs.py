"""How much verification a deal needs: the least inspection effort for it, and for each further step. DESIGN §5, §6."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detente.design.inspections.joint import Joint, design_with_inspections
from detente.design.inspections.least_detection import Detections, Rate, fakeable
from detente.design.inspections.least_effort import Aim, Least, Say, Search
from detente.design.inspections.regimes import Choice, Effort, Menus, remarks
from detente.design.plan.clock import Clock
from detente.design.plan.kinds import Status
from detente.design.plan.objective import Outcome
from detente.design.programme.question import Question
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier, Verify

MINIMAL = Question("minimal")
STEPS = (0.25, 0.5, 0.75, 1.0)
"""Parts of a progress scale whose least effort is asked for."""
SHARES = {"main": 0.4, "steps": 0.6, "rates": 0.78, "raises": 0.95}
"""The part of the time after which each question gives way to the next; the rest is for what is not settled."""
GAP = 0.005
"""Of the Nash products that are compared, relative."""


@dataclass(frozen=True)
class Raise:
    """What one more step of effort on one measure does to the Nash product of gains at the least effort.

    `more`: the growth of the geometric mean of the gains, as a share; None where not found, in time or at all. `sure`:
    more than what the searches' own gaps could explain.
    """

    measure: str
    before: str | None
    after: str
    effort: float
    more: float | None
    sure: bool
    most: float | None = None
    """What `more` can be at the most: proved."""
    false_alarms: float = 0.0
    """More of them to be expected a year, while the measure is in force."""

    @property
    def a_day(self) -> float | None:
        """`more` by unit of effort."""
        return None if self.more is None else self.more / self.effort if self.effort > 0 else math.inf


@dataclass(frozen=True)
class VerificationNeeds:
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

    @property
    def next_step(self) -> Least | None:
        """What that includes the least opens next, and at which effort; None where nothing more is known to."""
        if self.least.effort is None:
            return None
        more = [s for s in self.steps if s.aim.implies(self.least.aim, self.dossier)]
        beyond = [s for s in more if s.effort is not None and s.effort > self.least.effort]
        return min(beyond, key=lambda s: s.effort or 0.0, default=None)


def aims_of(dossier: Dossier, level: str = "none") -> list[Aim]:
    """What to ask the least effort for: levels of success, steps of progress scales in any deal, and each measure that
    is verified in a deal that reaches a level as well.
    """
    levels = ["none", *(level for level in ("minimal", "full") if getattr(dossier.success, level))]
    found = [Aim("success", level) for level in levels]
    found += [Aim("progress", scale, share) for scale in dossier.progress for share in STEPS]
    verified = [name for name, m in dossier.measures.items() if isinstance(m.verify, Verify)]
    return found + [Aim("measure", name, beside=level) for name in verified if name not in dossier.state.in_force]


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
) -> VerificationNeeds:
    """The least inspection effort for which a satisfactory deal exists, and what more would buy. Raises UsageError."""
    clock = Clock(time_limit, cancelled)
    search = Search(Menus.of(dossier, effort), question.openings, say)
    asking = _Asking(search, question, clock)
    asking.efforts(
        aims_of(dossier, question.success) if steps else [asking.asked], alone=not (steps or rates or raises)
    )
    if rates:
        asking.detections()
    bought, notes = _raises(asking) if raises else ([], ())
    asking.once_more()
    menus = search.menus
    return VerificationNeeds(
        dossier=dossier,
        question=question,
        effort=menus.effort,
        unit=menus.unit,
        stated_effort=menus.spent(menus.stated),
        most=menus.spent(menus.most),
        least=search.known[asking.asked],
        steps=tuple(search.known[aim] for aim in asking.aims),
        raises=tuple(sorted(bought, key=lambda r: (not r.sure, -(r.a_day or 0.0)))),
        rates=tuple(asking.rates),
        notes=(*_remarks(menus), *notes, *remarks(menus)),
        finished=not cancelled() and asking.settled and all(r.most is not None for r in bought),
    )


class _Asking:
    """Asks one thing after another within a limit, each giving way to the next; what is left is for what stays open."""

    def __init__(self, search: Search, question: Question, clock: Clock) -> None:
        self.search, self.question, self.clock, self.say = search, question, clock, search.say
        self.asked = Aim("success", question.success)
        self.aims: list[Aim] = []
        self.rates: list[Rate] = []
        self.seen: Detections | None = None

    def part(self, name: str, parts: int = 1, least: float = 0.0) -> Clock:
        """Of what is left until a question gives way: one of so many equal parts, and half as much again."""
        left = max(0.0, self.clock.left - (1 - SHARES[name]) * self.clock.seconds)
        return Clock(min(left, max(least, 1.5 * left / parts)) if parts > 1 else left, self.clock.cancelled)

    def efforts(self, aims: Sequence[Aim], *, alone: bool) -> None:
        """The least effort for what was asked, and for other aims. `alone`: nothing else will be asked."""
        self.aims = list(aims)
        self.search.least(self.asked, self.clock if alone else self.part("main"))
        others = [aim for aim in aims if aim != self.asked]
        for i, aim in enumerate(others):
            self.search.least(aim, self.part("steps", len(others) - i, 4.0))
        if self.search.known[self.asked].status == "undecided" and not alone:
            self.search.least(self.asked, self.part("steps"))

    def detections(self) -> None:
        """The least rate of detection of each measure at the least effort."""
        dossier, least = self.search.menus.dossier, self.search.known[self.asked]
        faked = fakeable(dossier)
        if faked:
            self.seen = Detections(apply(dossier, least.overlay) if least.overlay else dossier, self.question, self.say)
            self.rates = [self.seen.least(m, self.part("rates", len(faked) - i, 2.0)) for i, m in enumerate(faked)]

    def once_more(self) -> None:
        """What was left open, in the time that is left."""
        for aim in self.aims:
            if aim != self.asked and self.search.known[aim].status == "undecided":
                self.search.least(aim, self.clock)
        for i, r in enumerate(self.rates):
            if (
                self.seen
                and r.status == "undecided"
                and (again := self.seen.least(r.measure, self.clock)).rate is not None
            ):
                self.rates[i] = again

    @property
    def settled(self) -> bool:
        """Whether nothing was left open."""
        efforts = {found.status for found in self.search.known.values()}
        return "undecided" not in efforts | {rate.status for rate in self.rates}


def _remarks(menus: Menus) -> Iterator[str]:
    if not menus.menus:
        yield "No measure has regimes of inspection: the effort is 0, and only detection itself can be asked about."
    for name, resource in menus.dossier.capacity.items():
        if resource.inspections == menus.effort and resource.uses:
            used = math.fsum(x.value for x in resource.uses.values())
            names = ", ".join(resource.uses)
            yield f"Not counted: what {names} use of {name!r} by themselves, together {used:g} a year."
    without = [m for m in fakeable(menus.dossier) if m not in {menu.measure for menu in menus.menus}]
    if menus.menus and without:
        yield f"Without regimes, seen as stated whatever is spent: {', '.join(without)}."


# --- what more effort buys -------------------------------------------------------------------------------------------


def _raises(asking: _Asking) -> tuple[list[Raise], tuple[str, ...]]:
    """Each next regime from the least effort, and what it does to the Nash product; and what to know about that."""
    menus, least = asking.search.menus, asking.search.known[asking.asked]
    if least.plan is None:
        return [], ()
    base = tuple([p.regime for p in menu.places].index(least.regimes[menu.measure]) for menu in menus.menus)
    nexts = [(i, place + 1) for i, place in enumerate(base) if place + 1 < len(menus.menus[i].places)]
    start = _nash(asking, base, asking.part("raises", 1 + len(nexts), 2.0)) if nexts else None
    if start is not None and start[0].infeasible:
        return [], (
            "At the least effort no plan gives every party a gain above zero, so what more effort does to the gains "
            "cannot be compared.",
        )
    found = []
    for done, (i, place) in enumerate(nexts):
        asking.say(f"What more inspection of {menus.menus[i].measure} would bring ({done + 1} of {len(nexts)})")
        raised = (*base[:i], place, *base[i + 1 :])
        end = _nash(asking, raised, asking.part("raises", len(nexts) - done, 2.0))
        found.append(_raise(menus, i, place, _growth(start, end)))
    return found, ()


def _raise(menus: Menus, i: int, place: int, growth: Growth) -> Raise:
    """The step to a place of a menu from the one before."""
    before, after = menus.menus[i].places[place - 1 : place + 1]
    return Raise(
        measure=menus.menus[i].measure,
        before=before.regime,
        after=after.regime or "",
        effort=after.effort - before.effort,
        more=growth.more,
        sure=growth.sure,
        most=growth.most,
        false_alarms=menus.way(i, place).false_alarms.value - menus.way(i, place - 1).false_alarms.value,
    )


Product = tuple[Outcome, int]
"""The search for the greatest Nash product, and of how many gains."""


def _nash(asking: _Asking, choice: Choice, clock: Clock) -> Product | None:
    """The greatest Nash product under a choice; None where there was no time."""
    if clock.left <= 0:
        return None
    search = asking.search
    joint = Joint(search.fakings, asking.question, fixed=choice, gap=GAP, clock=clock)
    search.seed(joint.solver, asking.asked, choice)
    outcome = joint.best_product()
    search.learn(joint.solver)
    if outcome.shares is not None:
        search.plans.append((outcome.shares, choice))
    return outcome, max(1, len(joint.gains.bargainers))


class Growth(NamedTuple):
    """Growth of the geometric mean of gains, as a share, the most that it can be, and whether it is sure."""

    more: float | None
    most: float | None
    sure: bool


def _growth(start: Product | None, end: Product | None) -> Growth:
    """The growth from one search to another."""
    if start is None or end is None or not math.isfinite(start[0].objective):
        return Growth(None, None, sure=False)
    (a, n), (b, _) = start, end
    more, most = (math.expm1((x - a.objective) / n) if math.isfinite(x) else None for x in (b.objective, b.bound))
    return Growth(more, most, sure=b.objective > a.bound)


__all__ = [
    "Aim",
    "Least",
    "Raise",
    "Rate",
    "Search",
    "VerificationNeeds",
    "aims_of",
    "design_with_inspections",
    "fakeable",
    "needs",
]
