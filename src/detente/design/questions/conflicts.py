"""Which conditions rule each other out: all minimal conflicting sets, and the cheapest ways to open a deal. DESIGN §6.

A condition is a demand, a requirement of success, or a family of valued rows of one party (consent, breakout, covert,
exposure); what remains (order of work, alternatives, capacity, links) always holds. Sets are explored as in MARCO
(Liffiton et al., Constraints 2016): take a largest set not yet settled; where some plan meets it, its subsets are
settled; where none does, shrink it (QuickXplain, Junker 2004) and settle what contains the result. Concessions are
minimum-cost hitting sets of the conflicts (Davies and Bacchus 2011), cheapest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detente.design.plan.clock import Clock
from detente.design.plan.examiner import Examiner
from detente.design.plan.judging import HARD, Judging, name_of, plan_of
from detente.design.plan.objective import ANY
from detente.design.plan.solve import Solver
from detente.design.programme.known import Known
from detente.design.programme.linear import ones
from detente.design.programme.matrix import INF, Refused
from detente.design.programme.problem import Problem
from detente.design.programme.program import Program
from detente.design.programme.question import Question, asked, family
from detente.errors import DetenteError
from detente.model.numeric import Array
from detente.model.rows.temptation import Label

Held = frozenset[str]


@dataclass(frozen=True)
class Conflict:
    """Conditions of which no plan meets all; `proven_minimal`: proved, and for each one left out a plan is known."""

    members: tuple[str, ...]
    proven_minimal: bool


def members(known: Known, question: Question) -> tuple[str, ...]:
    """The conditions that bind in a question, by name, in the order of telling."""
    order = ("consent", "breakout", "covert", "lapse", "never", "forgive", "exposure")
    model = known.model
    families = dict.fromkeys(family(model, label) for label in known.rows.labels)
    families |= {f"{'covert' if q < 0 else 'exposure'}.{model.parties[p]}": None for p, q, _ in known.seldom.topics}
    families |= {f"{topic.kind}.{model.parties[topic.party]}": None for topic in known.answering.topics()}
    found = [*asked(model, question), *sorted(families, key=lambda name: order.index(name.split(".")[0]))]
    return tuple(name for name in found if name not in question.without)


class Possible:
    """Whether some plan meets a set of conditions: by a plan known, by a proof known, else by solving."""

    def __init__(self, known: Known, question: Question, clock: Clock) -> None:
        self.known, self.model, self.question, self.clock = known, known.model, question, clock
        self.all: Held = frozenset(members(known, question))
        self.judge = Judging.of(known, question).judge
        self.met: list[Held] = []
        """What the plans known meet."""
        self.ruled_out: list[Held] = []
        """Sets proved impossible."""
        self.binding: set[Label] = set()
        """Valued rows that solves have needed: each next one begins with them."""

    def __call__(self, held: Held) -> bool | None:
        """True: a plan meets them all. False: proved that none does. None: out of time."""
        if any(held <= met for met in self.met):
            return True
        if any(core <= held for core in self.ruled_out):
            return False
        return self.solve(held)

    def solve(self, held: Held) -> bool | None:
        """Settle a set by the solver, whatever is known."""
        question = replace(self.question, without=self.all - held)
        problem = Problem(self.known, question)
        problem.valued.begin_with(self.binding)
        judging = Judging(self.model.dossier, question, judge=self.judge)
        outcome = Solver(problem, self.clock, examiner=Examiner(problem, judging)).best(ANY)
        self.binding |= problem.valued.binding
        if outcome.shares is not None:
            self.learn(outcome.shares, held)
            return True
        if outcome.proved:
            self.ruled_out.append(held)
            return False
        return None

    def learn(self, shares: Array, held: Held) -> None:
        """Note what a plan meets, as the judge sees it. Raises DetenteError where it does not meet what it should."""
        slacks = self.judge.slacks(plan_of(self.model, shares))
        broken = {name_of(s) for s in slacks if not s.accepted}
        if broken & (held | HARD):
            raise DetenteError(
                f"a plan did not pass check ({sorted(broken & (held | HARD))}): please report this dossier"
            )
        self.met.append(self.all - broken)


def shrink(possible: Callable[[Held], bool | None], core: Sequence[str], base: Held = frozenset()) -> tuple[str, ...]:
    """A minimal part of an impossible set, `base` always held: QuickXplain. What cannot be settled in time stays."""

    def explain(held: Held, fresh: bool, rest: Sequence[str]) -> tuple[str, ...]:
        if fresh and possible(held) is False:
            return ()
        if len(rest) == 1:
            return tuple(rest)
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        needed = explain(held | set(first), True, second)
        return (*explain(held | set(needed), bool(needed), first), *needed)

    return explain(base, True, core) if core else ()


class _Sets:
    """A programme whose solutions are sets of names, of least or greatest cost, with some ruled out."""

    def __init__(self, names: Sequence[str], cost: Mapping[str, float]) -> None:
        self.names = tuple(names)
        self.program = Program()
        first = self.program.add_columns(np.zeros(len(names)), np.ones(len(names)), integer=True)
        self.column = dict(zip(self.names, first, strict=True))
        self.program.set_objective({self.column[n]: c for n, c in cost.items()})

    def some_of(self, names: Iterable[str]) -> None:
        """At least one of these."""
        self.program.add_row(ones([self.column[n] for n in names]), low=1.0)

    def not_all_of(self, names: Iterable[str]) -> None:
        columns = [self.column[n] for n in names]
        self.program.add_row(ones(columns), high=len(columns) - 1.0)

    def best(self) -> Held | None:
        """A set of greatest value; None where every set is ruled out."""
        if not self.names:
            return frozenset()
        answer = self.program.maximise(seconds=INF)
        if answer.x is None:
            answer = self.program.any_solution(seconds=INF)
        if answer.x is None and answer.status != "infeasible":
            raise Refused("the solver could not settle which sets are left: please report this dossier")
        return None if answer.x is None else frozenset(n for n, c in self.column.items() if answer.x[c] > 0.5)


def conflicts(possible: Possible, order: Sequence[str]) -> Iterator[Conflict | None]:
    """All minimal conflicting sets, one after the other; None, and no more, where the clock runs out."""
    unsettled = _Sets(order, dict.fromkeys(order, 1.0))
    settled_empty = False
    while not settled_empty:
        seed = unsettled.best()
        if seed is None:
            return
        answer = possible(seed)
        if answer is None:
            yield None
            return
        if answer:
            met = next(m for m in possible.met if seed <= m)
            rest = [n for n in order if n not in met]
            if not rest:
                return
            unsettled.some_of(rest)
        else:
            core = shrink(possible, [n for n in order if n in seed])
            yield Conflict(_ordered(core, order), _proved(possible, frozenset(core)))
            settled_empty = not core
            if core:
                unsettled.not_all_of(core)


def _ordered(names: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
    chosen = set(names)
    return tuple(n for n in order if n in chosen)


def _proved(possible: Possible, core: Held) -> bool:
    """Prove a conflict once more, from nothing, and have a plan for each member left out."""
    return possible.solve(core) is False and all(possible(core - {name}) is True for name in sorted(core))


EACH = 1e-6
"""What giving up anything costs, as a part of all prices: of two equally cheap sets the smaller comes first."""


def concessions(possible: Possible, prices: Mapping[str, float]) -> Iterator[tuple[str, ...] | None]:
    """Sets of conditions to give up, cheapest first, each minimal; None, and no more, where the clock runs out.

    `prices` says what is for sale. Of two equally cheap sets the smaller comes first.
    """
    for_sale = tuple(prices)
    total = sum(prices.values()) + 1.0
    cost = {n: -(prices[n] + EACH * total) for n in for_sale}
    given_up = _Sets(for_sale, cost)
    while (chosen := given_up.best()) is not None:
        answer = possible(possible.all - chosen)
        if answer is None:
            yield None
            return
        if answer:
            yield _ordered(chosen, for_sale)
            if not chosen:
                return
            given_up.not_all_of(chosen)
        else:
            fixed = possible.all - frozenset(for_sale)
            core = shrink(possible, [n for n in for_sale if n not in chosen], fixed)
            if not core:
                return
            given_up.some_of(core)
