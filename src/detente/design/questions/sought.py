"""One best plan to look for, as data that any worker process can take on: the answer hangs on nothing else.

So questions about a case go side by side, and their answers are the same in whatever order and on however many workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.examiner import Candidate
from detente.design.plan.judging import topics
from detente.design.plan.known import Known
from detente.design.plan.objective import ANY, Outcome
from detente.design.plan.question import Question
from detente.design.plan.rules import Designer
from detente.design.questions.parallel import each, stopped
from detente.dossier import fingerprint
from detente.dossier.schema import Dossier
from detente.model.numeric import Array
from detente.model.rows.temptation import Label

K = TypeVar("K", bound=Hashable)
Pursuit = Literal["rule", "best_for", "together", "any"]
MOST = 4
"""Models that a process keeps: a case, and how some parties see it."""
LARGE = 300
"""Measures times dates from which on workers are worth their start."""
CROWD = 8
"""Workers that are begun unasked: each keeps models of its own."""
_MODELS: dict[str, Known] = {}
HANDED_ON = 4
"""Plans that are handed on to the questions that follow."""


@dataclass(frozen=True)
class Sought:
    """The best plan of a dossier under a question: by a rule, for one party, for all together, or any at all."""

    dossier: Dossier
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


@dataclass(frozen=True)
class Looked:
    """What was found: a `Design` where a rule was asked for, else an `Outcome`."""

    answer: Any
    plans: tuple[Array, ...]
    """Shares of some plans found on the way that meet all that has a value, the last the best."""
    binding: frozenset[Label] = frozenset()
    """Rows that the programme turned out to need."""


def look(sought: Sought) -> Looked:
    """Look for a plan, in this process."""
    known = _known(sought.dossier).afresh(() if sought.elsewhere else sought.plans)
    begun = len(known.plans)
    for topic in sorted(topics(sought.binding) & set(known.seldom.topics)):  # sets differ from process to process
        known.learn(known.seldom.of(topic))
    designer = Designer(known, sought.question, gap=sought.gap, clock=Clock(sought.seconds, stopped))
    designer.problem.valued.begin_with(sought.binding)
    if sought.elsewhere:
        for shares in sought.plans:
            designer.solver.offer(Candidate(shares))
    answer = _answer(designer, sought)
    return Looked(answer, tuple(known.plans[begun:][-HANDED_ON:]), frozenset(designer.problem.valued.binding))


def _answer(designer: Designer, sought: Sought) -> Design | Outcome:
    match sought.aim:
        case "rule":
            return designer.design(sought.of)  # type: ignore[arg-type]
        case "best_for":
            return designer.best_for(designer.model.parties.index(sought.of))
        case "together":
            return designer.best_together()
        case "any":
            return designer.solver.best(ANY)


def jobs_for(dossier: Dossier, jobs: int) -> int:
    """How many workers to use (`jobs` 0: one a core): one for a small case, which is answered while they start."""
    if len(dossier.measures) * len(dossier.grid.dates) < LARGE:
        return 1
    return jobs or min(os.cpu_count() or 1, CROWD)


def remember(known: Known) -> None:
    """Have this process ask a model that is worked out already."""
    key = fingerprint(known.model.dossier)
    _MODELS.pop(key, None)
    _MODELS[key] = known
    if len(_MODELS) > MOST:
        del _MODELS[next(iter(_MODELS))]


def _known(dossier: Dossier) -> Known:
    known = _MODELS.get(fingerprint(dossier)) or Known.of(dossier)
    remember(known)
    return known


def looked(
    executor: Executor, wanted: Mapping[K, Sought], *, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[tuple[K, Looked]]:
    """What is found of each, as it comes; of those that `cancelled` overtakes nothing."""
    for (key, _), answer in each(executor, _look, list(wanted.items()), cancelled=cancelled):
        yield key, answer


def _look(wanted: tuple[object, Sought]) -> Looked:
    return look(wanted[1])
