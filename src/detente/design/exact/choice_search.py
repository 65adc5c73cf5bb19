"""The exact frontier of choices that hang together (hyper-rectangles, interactions), by integer programming.

Boxes {worth > corner} hold all that may still be undominated. Each is asked for the outcome that gives the first
party most, and of those the one that gives the others most; it splits every box that holds it. A box without an
outcome is proved empty. With none left, all points are known (Klamroth, Lacour and Vanderpooten, EJOR 2015; with two
parties this is the ε-constraint method). What an outcome is worth is always computed again in whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Literal, Protocol

import numpy as np

from detente.design.exact.choices import Atom, Space, Test, Values
from detente.design.exact.merging import Chosen
from detente.design.plan.clock import Clock
from detente.design.programme.matrix import INF
from detente.design.programme.program import Program
from detente.libraries import cp_model

CPSAT_FITS = 2**58
"""Sums that CP-SAT can hold; greater amounts are rounded, and nothing is proved."""
HIGHS_FITS = 10**6
"""Sums up to which HiGHS, which computes in floats, is trusted to tell one unit from the next."""
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Searched:
    """Outcomes found, by their alternatives; `complete`: proved to be all."""

    chosen: tuple[Chosen, ...]
    complete: bool


@dataclass(frozen=True)
class Best:
    """The best outcome of a box; "limit": one of those seen, or none, before time was up."""

    status: Literal["proved", "empty", "limit"]
    chosen: Chosen | None = None


class _Solver(Protocol):
    """Maximises the sum of some parties' worth, where each party gets at least so much."""

    trusted: bool
    """Whether its proofs hold for amounts of this size."""

    def best(self, parties: Sequence[int], at_least: Sequence[int], clock: Clock) -> Best: ...


def search(
    space: Space, floors: Sequence[int], caps: Sequence[int], clock: Clock, *, by: str | None = None
) -> Searched:
    """The undominated outcomes of a space at or above floors, where more than its cap is worth no more to a party.

    `by` is "cpsat" (where it is installed, the default) or "highs".
    """
    formulation = _Formulation(space)
    solver: _Solver = _CpSat(formulation, caps) if (by or available()) == "cpsat" else _Highs(formulation, caps)
    found: list[Chosen] = []
    boxes: list[Values] = [tuple(f - 1 for f in floors)]
    complete = solver.trusted
    while boxes:
        corner = boxes.pop(0)
        best = _undominated(solver, space, caps, corner, clock)
        if best.chosen is not None:
            found.append(best.chosen)
        if best.status == "limit":
            return Searched(tuple(found), complete=False)
        if best.chosen is not None:
            worth = _capped(space, caps, best.chosen)
            boxes = _split(boxes, worth, [_raised(corner, p, worth) for p in range(1, len(corner))])
    return Searched(tuple(found), complete)


def available() -> str:
    """The solver that is used: CP-SAT where it is installed, else HiGHS."""
    return "cpsat" if find_spec("ortools") else "highs"


def _undominated(solver: _Solver, space: Space, caps: Sequence[int], corner: Values, clock: Clock) -> Best:
    """The outcome of a box that is best for the first party, then for the others together."""
    at_least = [c + 1 for c in corner]
    first = solver.best([0], at_least, clock)
    if first.status != "proved" or len(corner) == 1:
        return first
    assert first.chosen is not None
    worth = _capped(space, caps, first.chosen)
    at_least = [worth[0], *at_least[1:]]
    then = solver.best(range(1, len(corner)), at_least, clock)
    return then if then.status == "proved" else Best("limit", then.chosen or first.chosen)


def _capped(space: Space, caps: Sequence[int], chosen: Chosen) -> Values:
    return tuple(min(w, c) for w, c in zip(space.worth(chosen), caps, strict=True))


def _raised(corner: Values, p: int, worth: Values) -> Values:
    return (*corner[:p], worth[p], *corner[p + 1 :])


def _split(boxes: Sequence[Values], worth: Values, new: list[Values]) -> list[Values]:
    """The boxes, those that hold a point replaced by the parts of them that it does not dominate; none twice."""
    left = [b for b in boxes if not all(w > c for w, c in zip(worth, b, strict=True))]
    new = new + [_raised(b, p, worth) for b in boxes if b not in left for p in range(len(worth))]
    return left + [
        b
        for i, b in enumerate(new)
        if not any(_holds(o, b) for o in (*left, *new[:i])) and not any(_holds(o, b) and o != b for o in new[i + 1 :])
    ]


def _holds(outer: Values, inner: Values) -> bool:
    return all(o <= i for o, i in zip(outer, inner, strict=True))


# --- as an integer programme -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Literals:
    """Columns and negated columns (~c), of which one is true exactly when a condition holds, or does not."""

    true: tuple[int, ...]
    false: tuple[int, ...]


@dataclass
class _Formulation:
    """Columns 0 or 1: an alternative is chosen, a condition holds. `clauses`: one literal at least of each is true."""

    space: Space
    columns: int = 0
    groups: list[range] = field(default_factory=list)
    clauses: list[tuple[int, ...]] = field(default_factory=list)
    worth: list[dict[int, int]] = field(default_factory=list)
    """[party] column → units."""

    def __post_init__(self) -> None:
        space = self.space
        for g in space.groups:
            self.groups.append(range(self.columns, self.columns + len(g)))
            self.columns += len(g)
        self.worth = [
            {
                c: a[p]
                for group, g in zip(self.groups, space.payoffs, strict=True)
                for c, a in zip(group, g, strict=True)
            }
            for p in range(len(space.parties))
        ]
        if space.may_be_empty:
            self.clauses.append(tuple(c for group in self.groups for c in group[:-1]))
        for term in space.terms:
            wanted, unwanted = max(term.values) > 0, min(term.values) < 0
            column = self._column(term.when, only_if=wanted, whenever=unwanted)
            for p, units in enumerate(term.values):
                self.worth[p][column] = units

    def _column(self, test: Test, *, only_if: bool, whenever: bool) -> int:
        """A column that is 1 only if, or whenever, a condition holds."""
        parts = [test] if isinstance(test, Atom) else test.parts
        every = isinstance(test, Atom) or test.every
        literals = [self._literals(part, only_if=only_if, whenever=whenever) for part in parts]
        column = self.columns
        self.columns += 1
        if only_if:
            some = [literal for part in literals for literal in part.true]
            self.clauses += [(~column, *part.true) for part in literals] if every else [(~column, *some)]
        if whenever:
            some = [literal for part in literals for literal in part.false]
            self.clauses += [(column, *some)] if every else [(column, *part.false) for part in literals]
        return column

    def _literals(self, test: Test, *, only_if: bool, whenever: bool) -> _Literals:
        if isinstance(test, Atom):
            group = self.groups[test.group]
            inside = tuple(c for a, c in enumerate(group) if a in test.among)
            return _Literals(inside, tuple(c for c in group if c not in inside))
        column = self._column(test, only_if=only_if, whenever=whenever)
        return _Literals((column,), (~column,))

    def chosen(self, x: Sequence[float]) -> Chosen:
        """The alternatives that a solution takes."""
        return tuple(max(range(len(group)), key=lambda a: x[group[a]]) for group in self.groups)


class _CpSat:
    """CP-SAT: whole numbers throughout, so what it says is proved."""

    def __init__(self, formulation: _Formulation, caps: Sequence[int]) -> None:
        self.formulation = formulation
        space = formulation.space
        self.shift = max(0, max(space.reach, *map(abs, caps)).bit_length() - CPSAT_FITS.bit_length())
        self.trusted = self.shift == 0
        self.model = cp_model.CpModel()
        self.x = [self.model.new_bool_var("") for _ in range(formulation.columns)]
        for group in formulation.groups:
            self.model.add_exactly_one(self.x[c] for c in group)
        for clause in formulation.clauses:
            self.model.add_bool_or(self.x[c] if c >= 0 else self.x[~c].negated() for c in clause)
        self.caps = [cap >> self.shift for cap in caps]
        low = [least >> self.shift for least in space.least]
        self.u = [self.model.new_int_var(min(a, b) - len(self.x), b, "") for a, b in zip(low, self.caps, strict=True)]
        for u, worth in zip(self.u, formulation.worth, strict=True):
            self.model.add(u <= sum((units >> self.shift) * self.x[c] for c, units in worth.items()))

    def best(self, parties: Sequence[int], at_least: Sequence[int], clock: Clock) -> Best:
        """Solve a copy, so that the model never changes."""
        model = self.model.clone()
        for u, amount in zip(self.u, at_least, strict=True):
            model.add(u >= -(-amount >> self.shift))
        model.maximize(sum(self.u[p] for p in parties))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.linearization_level = 2  # the relaxation is strong: six times as fast on 10^40 outcomes
        solver.parameters.max_time_in_seconds = max(clock.left, 0.01)
        solver.parameters.catch_sigint_signal = False
        status = self._solve(solver, model, clock)
        if status == cp_model.INFEASIBLE:
            return Best("empty")
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Best("limit")
        chosen = self.formulation.chosen([solver.boolean_value(x) for x in self.x])
        return Best("proved" if status == cp_model.OPTIMAL else "limit", chosen)

    def _solve(self, solver: object, model: object, clock: Clock) -> object:
        """Solve in a thread, so that cancelling and Ctrl-C are heard."""
        with ThreadPoolExecutor(1) as pool:
            task = pool.submit(solver.solve, model)  # type: ignore[attr-defined]
            try:
                while not task.done():
                    try:
                        task.result(POLL_SECONDS)
                    except TimeoutError:
                        if clock.left <= 0:
                            solver.stop_search()  # type: ignore[attr-defined]
                return task.result()
            except BaseException:
                solver.stop_search()  # type: ignore[attr-defined]
                raise


class _Highs:
    """HiGHS: half a unit on either side of each bound, so that its tolerances cannot confuse whole numbers."""

    def __init__(self, formulation: _Formulation, caps: Sequence[int]) -> None:
        self.formulation, self.program, self.caps = formulation, Program(), caps
        space, program = formulation.space, self.program
        self.trusted = max(space.reach, *map(abs, caps)) <= HIGHS_FITS
        n = formulation.columns
        program.add_columns(np.zeros(n), np.ones(n), integer=True)
        for group in formulation.groups:
            program.add_row(dict.fromkeys(group, 1.0), low=1.0, high=1.0)
        for clause in formulation.clauses:
            signs = {c if c >= 0 else ~c: 1.0 if c >= 0 else -1.0 for c in clause}
            program.add_row(signs, low=1.0 - sum(c < 0 for c in clause))
        self.u = [program.add_column(-INF, float(cap)) for cap in caps]
        for u, worth in zip(self.u, formulation.worth, strict=True):
            program.add_row({u: -1.0, **{c: float(units) for c, units in worth.items()}}, low=0.0)

    def best(self, parties: Sequence[int], at_least: Sequence[int], clock: Clock) -> Best:
        """The bound must lie less than a unit above what was found."""
        for u, amount, cap in zip(self.u, at_least, self.caps, strict=True):
            if amount > cap:
                return Best("empty")
            self.program.set_bounds(u, amount - 0.5, float(cap))
        self.program.set_objective({self.u[p]: 1.0 for p in parties})
        self.program.give_up = lambda: clock.left <= 0
        answer = self.program.maximise(seconds=clock.left, absolute_gap=0.25)
        if answer.status == "infeasible":
            again = self.program.any_solution(seconds=clock.left)
            return Best("empty" if again.status == "infeasible" else "limit")
        if answer.x is None:
            return Best("limit")
        chosen = self.formulation.chosen(list(answer.x))
        worth = _capped(self.formulation.space, self.caps, chosen)
        enough = all(w >= amount for w, amount in zip(worth, at_least, strict=True))
        if not enough:
            return Best("limit")
        proved = answer.bound < sum(worth[p] for p in parties) + 0.9
        return Best("proved" if proved else "limit", chosen)
