"""One best plan to look for, as data that any worker process can take on: the answer hangs on nothing else.

So questions about a case go side by side, and their answers are the same in whatever order and on however many workers.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Executor
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal, TypeVar

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.examiner import Candidate
from detente.design.plan.judging import topics
from detente.design.plan.objective import ANY, Outcome
from detente.design.plan.objectives import gain_of
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.problem import Problem
from detente.design.programme.question import Question
from detente.design.questions.parallel import Here, each, stopped
from detente.dossier import fingerprint
from detente.dossier.schema import Dossier
from detente.model.numeric import Array
from detente.model.rows.temptation import Label, joined

K = TypeVar("K", bound=Hashable)
Pursuit = Literal["rule", "best_for", "together", "any", "share"]
MOST = 8
"""Models that a process keeps: a case, and how some parties see it."""
_HANDED: dict[str, Handed] = {}
MORE = 1e-3
"""How much more, as a part, a party must hope for than it could have, for its hope to be an obstacle."""
LITTLE = 1e-3
"""The part of that by which it must hope for anything at all, for a part of its hope to be counted."""
LESS = 1e-6
"""What rounding may take from a hope, as a part."""
HANDED_ON = 4
"""Plans that are handed on to the questions that follow."""


_possible: ContextVar[Callable[[Any], None]] = ContextVar("possible", default=lambda key: None)
"""Hears, in this process, of what is looked for that there is a plan, before the best is found."""


class Handed:
    """A model that is worked out, as it goes to worker processes: packed once, and unpacked once in each of them."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.key = fingerprint(known.model.dossier)
        remember(self)

    @cached_property
    def packed(self) -> bytes:
        return pickle.dumps(self.known)

    def __reduce__(self) -> tuple[Any, ...]:
        return _handed, (self.key, self.packed)


def _handed(key: str, packed: bytes) -> Handed:
    return _HANDED.get(key) or Handed(pickle.loads(packed))


def remember(handed: Handed) -> None:
    """Have this process ask a model that is worked out already."""
    _HANDED.pop(handed.key, None)
    _HANDED[handed.key] = handed
    if len(_HANDED) > MOST:
        del _HANDED[next(iter(_HANDED))]


def _known(about: Handed | Dossier) -> Known:
    if isinstance(about, Dossier):
        there = [handed.known for handed in _HANDED.values()]
        about = _HANDED.get(fingerprint(about)) or Handed(Known.of(about, like=there))
    remember(about)
    return about.known


@dataclass(frozen=True)
class Sought:
    """The best plan of a dossier under a question: by a rule, for one party, for all together, or any at all.

    With `targets`: any that gives parties at least so much, or the one that gives all the greatest share of it.
    """

    about: Handed | Dossier
    question: Question
    aim: Pursuit
    of: str = ""
    """The rule, or the party."""
    gap: float = 0.005
    seconds: float = 300.0
    plans: tuple[Array, ...] = ()
    """Shares of plans to begin with; judged anew where the dossier is not the one that they were found for."""
    binding: frozenset[Label] = frozenset()
    """Rows that others turned out to need, to begin with."""
    elsewhere: bool = False
    """Whether plans and rows were found for another dossier."""
    best: Mapping[str, Outcome] = field(default_factory=dict)
    """What is best for some parties under the question, as far as it was found."""
    targets: Mapping[str, float] = field(default_factory=dict)
    """Values of parties (points, present value) that are hoped for."""

    def pack(self) -> None:
        """Pack what other processes will be given of a model."""
        if isinstance(self.about, Handed):
            assert self.about.packed


@dataclass(frozen=True)
class Looked:
    """What was found: a `Design` where a rule was asked for, else an `Outcome`."""

    answer: Any
    plans: tuple[Array, ...]
    """Shares of some plans found on the way that meet all that has a value, the last the best."""
    binding: frozenset[Label] = frozenset()
    """Rows that the programme turned out to need."""


def look(sought: Sought, say: Callable[[str], None] = lambda text: None) -> Looked:
    """Look for a plan, in this process; `say` hears when some plan is found."""
    known = _known(sought.about).afresh(() if sought.elsewhere else sought.plans)
    begun = len(known.plans)
    designer = Designer(known, sought.question, gap=sought.gap, clock=Clock(sought.seconds, stopped), say=say)
    if sought.aim != "any" or designer.problem.program.relax(seconds=sought.seconds).status != "infeasible":
        _begin_with(designer.problem, sought.binding)
    if sought.elsewhere:
        _offer(designer, sought)
    designer.best |= {designer.model.parties.index(name): outcome for name, outcome in sought.best.items()}
    answer = _answer(designer, sought)
    return Looked(answer, tuple(known.plans[begun:][-HANDED_ON:]), frozenset(designer.problem.valued.binding))


def _begin_with(problem: Problem, binding: frozenset[Label]) -> None:
    """Have a programme begin with rows that others turned out to need, and know all that are about the same."""
    known, bound = problem.known, topics(binding)
    found = [known.seldom.of(topic) for topic in known.seldom.topics if topic in bound]
    found += [known.answering.of(topic) for topic in known.answering.topics() if topic in bound]
    if found:
        problem.valued.extend(joined(found))
    problem.valued.begin_with(binding)


def _offer(designer: Designer, sought: Sought) -> None:
    """Judge plans that were found elsewhere, the best first, until one is accepted."""
    model, solver, objective = designer.model, designer.solver, ANY
    if sought.aim == "best_for":
        objective = gain_of(designer.gains, model.parties.index(sought.of), sought.gap)
    for shares in sorted(sought.plans, key=objective.score, reverse=True):
        if solver.examiner.judging.fits(model, shares):
            solver.offer(Candidate(shares), objective)


def _answer(designer: Designer, sought: Sought) -> Design | Outcome:
    match sought.aim:
        case "rule":
            return designer.design(sought.of)  # type: ignore[arg-type]
        case "best_for":
            return designer.best_for(designer.model.parties.index(sought.of))
        case "together":
            return designer.best_together()
        case "share":
            return best_share(designer, sought.targets)
        case "any":
            promise(designer, sought.targets)
            return designer.solver.best(ANY)


def promise(designer: Designer, targets: Mapping[str, float]) -> None:
    """Have plans give each party at least so much, less what rounding takes."""
    problem, gains, pool = designer.problem, designer.gains, designer.solver.pool
    for party, target in targets.items():
        p = designer.model.parties.index(party)
        worth, size = problem.worth[p], gains.at_stake(p)
        assert worth is not None
        enough = target - LESS * max(min(1.0, size), abs(target))
        problem.program.add_row({c: v / size for c, v in worth.row.items()}, low=(enough - worth.const) / size)
        pool[:] = [shares for shares in pool if gains.value(p, shares) >= enough]


def best_share(designer: Designer, targets: Mapping[str, float]) -> Outcome:
    """The plan that gives bargainers the greatest part of what they hope for beyond what they have without a deal."""
    gains, names = designer.gains, designer.model.parties
    hopes = {p: targets[names[p]] - float(gains.threat[p]) for p in gains.bargainers if names[p] in targets}
    least = {p: MORE * LITTLE * min(1.0, gains.at_stake(p)) for p in hopes}
    return designer.best_share({p: 1 / h for p, h in hopes.items() if h > least[p]})


def looked(
    executor: Executor,
    wanted: Mapping[K, Sought],
    *,
    cancelled: Callable[[], bool] = lambda: False,
    here: Mapping[K, Sought] | None = None,
    possible: Callable[[K], None] = lambda key: None,
) -> Iterator[tuple[K, Looked]]:
    """What is found of each, as it comes; of those that `cancelled` overtakes nothing.

    `here`: what this process looks for, while others begin with the rest. `possible` hears of each of which it is
    learned here that there is a plan, before the best is found.
    """
    for sought in wanted.values() if not isinstance(executor, Here) else ():
        sought.pack()  # while nobody works with it: tasks are sent off from another thread
    before = _possible.set(possible)
    mine = [[one] for one in (here or {}).items()]
    try:
        for task, answers in each(executor, _look, _grouped(wanted), cancelled=cancelled, here=mine):
            yield from zip((key for key, _ in task), answers, strict=True)
    finally:
        _possible.reset(before)


def _grouped(wanted: Mapping[K, Sought]) -> list[list[tuple[K, Sought]]]:
    """Tasks: what is asked of a dossier that nobody has worked out yet is one, since to work it out takes long."""
    tasks: dict[object, list[tuple[K, Sought]]] = {}
    for key, sought in wanted.items():
        alone = isinstance(sought.about, Handed)
        tasks.setdefault((key,) if alone else id(sought.about), []).append((key, sought))
    return list(tasks.values())


def _look(task: list[tuple[K, Sought]]) -> list[Looked]:
    return [look(sought, partial(_say_possible, key)) for key, sought in task]


def _say_possible(key: object, text: str) -> None:
    _possible.get()(key)
