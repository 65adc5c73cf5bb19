"""The Pareto frontier between consenting parties: how much of one's gain costs the others how much. DESIGN §6.

On full roadmaps by ε-constraint: the gains still open are a set of zones {g > corner}; each solve looks inside a zone
for the point whose least gain beyond the corner, as a part of what each party could have there, is largest. It finds
a point, which splits the zones that hold it, or proves that the zone is empty (Klamroth, Lacour and Vanderpooten,
EJOR 2015). The largest zone comes first, so that the points are spread out whenever the search is stopped. All points
are known once no zone is left. Cases that separate into choices are solved exactly, without a solver, by `choices`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detente.design.exact.choices import exact, space_of
from detente.design.exact.frontier import Bargain, Exact, exact_frontier
from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.gains import counted_from
from detente.design.plan.kinds import Rule, Status
from detente.design.plan.objective import Objective, Outcome
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.linear import Linear, total
from detente.design.programme.question import ANY_DEAL, Question
from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.judge.check import Verdict
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.arrays import Model

MARKS: tuple[Rule, ...] = ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian")
ROADMAPS = "ε-constraint on full roadmaps"
APART = 1e-5
"""Values closer than this, as a part of what a party could have, are the same point."""
NOTHING = 1e-6
"""Parts of what a party could have, or of its stakes, that are none."""
SLIGHT = 1e-3
"""Weight of the sum of gains beside the least gain: enough to choose among points of equal least gain."""


@dataclass(frozen=True)
class Point:
    """A deal on the frontier: each party's value (points), and the plan, or the outcome where the case separates.

    `gap`: no plan gives every party more by this part of what each could still have had; 0 where nothing better is.
    Of a point that a rule chooses it is the rule's own: None where nothing bounds it.
    """

    values: Mapping[str, float]
    plan: Plan | None = None
    outcome: tuple[str, ...] | None = None
    gap: float | None = 0.0


@dataclass(frozen=True)
class Frontier:
    """Points in the order of the first party's value, the points that rules choose, and whether that is all."""

    dossier: Dossier
    question: Question
    status: Status
    parties: tuple[str, ...]
    walk_away: Mapping[str, float]
    points: tuple[Point, ...]
    marks: Mapping[str, Point | None]
    rule_used: Mapping[str, str]
    """What a rule fell back to, by rule."""
    complete: bool
    how: str
    notes: tuple[str, ...] = ()

    @property
    def distinct(self) -> int:
        """How many distinct value vectors there are among the points."""
        return len(self.points)


def frontier(
    dossier: Dossier,
    question: Question = ANY_DEAL,
    *,
    points: int | None = 25,
    ignore_walk_away: bool = False,
    gap: float = 0.005,
    time_limit: float = 300.0,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Frontier:
    """The frontier of a case: exact where it is nothing but choices, else at most so many points (None: all).

    Every plan has passed `check`. Raises UsageError where walk-away values are to be ignored on a roadmap.
    """
    ceilings = {p: exact(q.value_ceiling) for p, q in dossier.parties.items() if q.value_ceiling is not None}
    space = space_of(dossier, question, ceilings=ceilings)
    if space is not None:
        say("The case is nothing but choices: listing, merging and pruning")
        found = exact_frontier(
            space,
            ignore_walk_away=ignore_walk_away,
            disagreement=dossier.disagreement,
            seconds=time_limit,
            cancelled=cancelled,
        )
        return _of_choices(dossier, question, found)
    if ignore_walk_away:
        raise UsageError("walk-away values can be ignored only where a case is nothing but choices, without time")
    return _of_roadmaps(Known.of(dossier), question, points, _Terms(gap, Clock(time_limit, cancelled), say))


class _Terms(NamedTuple):
    """How closely and how long to look, and who is told."""

    gap: float
    clock: Clock
    say: Callable[[str], None]

    def designer(self, known: Known, question: Question) -> Designer:
        return Designer(known, question, gap=self.gap, clock=self.clock)


def _of_roadmaps(known: Known, question: Question, points: int | None, terms: _Terms) -> Frontier:
    """The frontier of roadmaps: what rules choose, then the zones between."""
    designer = terms.designer(known, question)
    designs: dict[str, Design] = {}
    for rule in MARKS:
        terms.say(f"Looking for the {rule.replace('_', '–').title()} point")
        chosen = terms.designer(known, question) if rule == "nash" else designer
        designs[rule] = chosen.design(rule)
        if designs[rule].status == "none_exists":
            return _nothing(designer, designs[rule])
        designer.solver.pool.extend(chosen.solver.pool if chosen is not designer else [])
    if not designer.solver.pool:
        return _nothing(designer, designs["nash"])
    search = _Search(designer, points, terms.say)
    search.go_on()
    return _searched(search, designs)


def _searched(search: _Search, designs: Mapping[str, Design]) -> Frontier:
    """What a search has found, every plan judged."""
    designer, model = search.designer, search.designer.model
    names = tuple(model.parties[p] for p in designer.gains.bargainers)
    complete = not search.zones and not search.open
    judged = [(f, *designer.judged(f.shares)) for f in search.points]
    return Frontier(
        dossier=model.dossier,
        question=designer.question,
        status="satisfactory",
        parties=names,
        walk_away={p: float(model.walk_away[model.parties.index(p)]) for p in names},
        points=tuple(Point(_of(verdict, names), plan, gap=_gap(f.gap, complete)) for f, plan, verdict in judged),
        marks={r: Point(_of(d.verdict, names), d.plan, gap=d.gap) if d.plan else None for r, d in designs.items()},
        rule_used={rule: d.rule_used for rule, d in designs.items()},
        complete=complete,
        how=ROADMAPS,
        notes=(*_said(search, complete), *counted_from(model, "nash")),
    )


def _of_choices(dossier: Dossier, question: Question, found: Exact) -> Frontier:
    """The exact frontier of choices, as every frontier is told."""

    def told(point: Bargain | None) -> Point | None:
        if point is None:
            return None
        values = {p: float(v) for p, v in zip(found.parties, point.values, strict=True)}
        return Point(values, outcome=point.outcome)

    fell = "egalitarian" if found.nash is None else "nash"
    marks: dict[str, Point | None] = {rule: told(getattr(found, fell if rule == "nash" else rule)) for rule in MARKS}
    points = tuple(p for p in map(told, reversed(found.points)) if p is not None)
    status: Status = "satisfactory" if points else "none_exists" if found.complete else "undecided"
    stopped = "Stopped before the end: a point may be missing, or beaten by one not seen."
    return Frontier(
        dossier=dossier,
        question=question,
        status=status,
        parties=found.parties,
        walk_away={p: float(dossier.parties[p].walk_away.value) for p in found.parties},
        points=points,
        marks=marks,
        rule_used={rule: fell if rule == "nash" else rule for rule in MARKS},
        complete=found.complete,
        how=found.how,
        notes=(*([] if found.complete else [stopped]), *counted_from(Model.of(dossier), "nash")),
    )


def _gap(gap: float, complete: bool) -> float | None:
    """What is known of a point: nothing better exists where the frontier is complete; None where nothing is known."""
    return 0.0 if complete else gap if math.isfinite(gap) else None


def _of(verdict: Verdict | None, names: Sequence[str]) -> dict[str, float]:
    return {p: verdict.values[p] for p in names} if verdict else {}


def _nothing(designer: Designer, design: Design) -> Frontier:
    """No satisfactory plan: proved, or none found in time."""
    return Frontier(
        dossier=designer.model.dossier,
        question=designer.question,
        status=design.status,
        parties=(),
        walk_away={},
        points=(),
        marks=dict.fromkeys(MARKS),
        rule_used={},
        complete=design.status == "none_exists",
        how=ROADMAPS,
    )


def _said(search: _Search, complete: bool) -> tuple[str, ...]:
    if complete:
        return ()
    worst = max((f.gap for f in search.found), default=0.0)
    left = len(search.zones) + search.open
    notes = [
        f"Not all of the frontier: {len(search.points)} points, at least {left} gaps between them not looked into."
    ]
    if math.isinf(worst):
        notes.append("Time was up before any gap between points was looked into: these are the plans that were found.")
    elif worst > NOTHING:
        most = math.ceil(1000 * worst) / 10
        notes.append(f"No plan beats a point for everyone by more than {most:g} % of what each could still have had.")
    return tuple(notes)


class _Search:
    """Splits the open zones until none is left, enough points are found, or time is up."""

    def __init__(self, designer: Designer, points: int | None, say: Callable[[str], None]) -> None:
        self.designer, self.most, self.say = designer, math.inf if points is None else points, say
        self.found: list[_Found] = []
        self.open = False
        """Whether a zone was left unsettled."""
        bounds = np.array([designer.best_for(p).bound for p in designer.gains.bargainers])
        self.known = bool(np.all(np.isfinite(bounds)))
        """Whether each party's best has a bound: without one there are no zones to split."""
        self.ideal = np.where(np.isfinite(bounds), bounds, 1.0)
        """[bargainers] an upper bound on each party's gain."""
        stakes = np.array([designer.gains.at_stake(p) for p in designer.gains.bargainers])
        self.scale = np.maximum(self.ideal, NOTHING * np.minimum(stakes, 1.0))
        walk_away = (
            designer.model.walk_away[designer.gains.bargainers] - designer.gains.threat[designer.gains.bargainers]
        )
        self.zones = [np.minimum(walk_away, 0.0) - 2 * APART * self.scale]
        """Corners: a zone is all gains above its corner."""
        program = designer.problem.program
        self.gains = [designer.gains.linear(p) for p in designer.gains.bargainers]
        self.t = program.add_column(APART, 1.0)
        self.rows = [
            program.add_row({**{c: v / s for c, v in g.row.items()}, self.t: -1.0})
            for g, s in zip(self.gains, self.scale, strict=True)
        ]
        slight = total((SLIGHT / float(s), g) for s, g in zip(self.scale, self.gains, strict=True))
        self.target = total([(1.0, Linear.of(self.t)), (1.0, slight)])

    def keep(self, shares: Array, gap: float) -> None:
        """Note a point, and split the zones that hold it."""
        gains = self.designer.gains.of(shares)
        self.found.append(_Found(gains, shares, gap))
        inside = [z for z in self.zones if np.all(gains > z)]
        rest = [z for z in self.zones if not np.all(gains > z)]
        split = [_with(z, p, gains[p]) for z in inside for p in range(len(gains))]
        split = [z for z in split if np.all(self.ideal - z > APART * self.scale)]
        self.zones = rest + [z for i, z in enumerate(split) if not _redundant(z, i, split, rest)]

    def go_on(self) -> None:
        """Settle zones, the largest first; where time is up before, what rules found is all there is."""
        if not self.known or self.designer.clock.left <= 0:
            self.open = True
            for shares in self.designer.solver.pool:
                self.found.append(_Found(self.designer.gains.of(shares), shares, math.inf))
            return
        while self.zones and len(self.found) < self.most:
            corner = max(self.zones, key=lambda z: float(np.prod((self.ideal - z) / self.scale)))
            if self.designer.clock.left <= 0:
                self.open = True
                return
            outcome = self._inside(corner)
            if outcome.shares is not None:
                self.keep(outcome.shares, max(0.0, outcome.bound - outcome.objective))
                self.say(f"Points of the frontier found so far: {len(self.found)}")
            else:
                self.open = self.open or not outcome.proved
            self.zones = [z for z in self.zones if z is not corner]

    def _inside(self, corner: Array) -> Outcome:
        """The point of a zone whose least gain beyond the corner is largest, as a part of the zone."""
        width = self.ideal - corner
        program = self.designer.problem.program
        for row, gain, w, c, s in zip(self.rows, self.gains, width, corner, self.scale, strict=True):
            program.set_coefficient(row, self.t, -float(w / s))
            program.set_row(row, low=float(c - gain.const) / float(s))

        def score(shares: Array) -> float:
            gains = self.designer.gains.of(shares)
            least = float(np.min((gains - corner) / width, initial=1.0))
            return least + SLIGHT * float(np.sum(gains / self.scale)) if least >= APART else -math.inf

        return self.designer.solver.best(Objective(self.target, score, slack_for=lambda v: self.designer.gap))

    @property
    def points(self) -> list[_Found]:
        """The points found that none other dominates, by the first party's gain."""
        near = APART * self.scale / 2
        best = [
            f
            for i, f in enumerate(self.found)
            if not any(
                np.all(g.gains >= f.gains - near) and (np.any(g.gains > f.gains + near) or j < i)
                for j, g in enumerate(self.found)
                if j != i
            )
        ]
        return sorted(best, key=lambda f: tuple(f.gains))


@dataclass(frozen=True)
class _Found:
    """Gains [bargainers], shares [M, K+1], and by how much a sum of scaled gains could be greater."""

    gains: Array
    shares: Array
    gap: float


def _with(zone: Array, p: int, value: float) -> Array:
    corner = zone.copy()
    corner[p] = value
    return corner


def _redundant(z: Array, i: int, split: Sequence[Array], rest: Sequence[Array]) -> bool:
    """Whether another zone holds all of this one."""
    return any(np.all(o <= z) for o in rest) or any(
        np.all(o <= z) and (np.any(o < z) or j < i) for j, o in enumerate(split) if j != i
    )
