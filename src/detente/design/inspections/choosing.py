"""Plan and inspections chosen together: one programme over both, rows on cheating switched by the regimes. DESIGN §5.

A row on faking m stands for one regime of m and for which measures of the faker are seen no faster than m, which hangs
on their regimes too. It is relaxed where m has another regime, and, by no more than it takes, for each measure that
another regime would bring among those faked with m, or take from them. Nothing is assumed of what more effort does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import Any, Literal, NamedTuple

import numpy as np

from detente.design.inspections.regimes import SAME, Choice, Inspection, Menus, spread
from detente.design.plan.closeness import LOOSE, MET, Relief
from detente.design.plan.columns import Columns
from detente.design.plan.judging import Judging, key_of, key_of_row, on_dates, rows_of
from detente.design.plan.known import Known
from detente.design.plan.linear import ALWAYS, NEVER, Linear, LinearForm, combine, ones
from detente.design.plan.order import Order, settled
from detente.design.plan.problem import Problem
from detente.design.plan.question import Question
from detente.design.plan.ready import Prerequisite, standing_verified
from detente.design.plan.solve import NEARLY, Objective, Solver
from detente.design.plan.verification import AsStated, share_verified
from detente.dossier.schema import Dossier, Resource, Verify
from detente.errors import UsageError
from detente.model.judge.check import Slack
from detente.model.numeric import Array
from detente.model.plan import FULL
from detente.model.rows.arrays import Model
from detente.model.rows.detection import NEVER as UNSEEN
from detente.model.rows.detection import SNAP, Watch, watch
from detente.model.rows.temptation import Conditions, joined
from detente.model.tolerance import SLIGHT

ENOUGH = 1e-9
"""Effort beyond a budget that is rounding."""
AT_ONCE = Watch(1e9)
"""Stands for a measure that is seen sooner than any other."""


class Faking(NamedTuple):
    """Faking m by q, under a regime of m, together with `members`: what a block of rows stands for."""

    q: int
    m: int
    place: int
    members: frozenset[int]


class Fakings:
    """The rows on cheating of a dossier under any choice of regimes, worked out when they are asked for."""

    def __init__(self, menus: Menus) -> None:
        self.menus = menus
        quickest = tuple(int(np.argmin([confirms(v) for v in self._ways(i)])) for i in range(len(menus.menus)))
        dossier, self.inspections = spread(menus, quickest)
        self.model = model = self._like_the_inspected(Model.of(dossier))
        """Under the regimes that confirm soonest: what its order and links allow, some choice may allow."""
        self.menu = {model.index[menu.measure]: i for i, menu in enumerate(menus.menus)}
        self.known = Known(model)
        """Its rows are those that no regime changes."""
        self.pairs = self.known.seldom.fakings
        """(q, m): what q can fake."""
        self.together = {model.index[n] for c in model.conditions for n in c.measures}
        """Measures that interact with others."""
        self._blocks: dict[Faking, Conditions] = {}
        self.difference = lru_cache(maxsize=400)(self._difference)
        self.speed = lru_cache(maxsize=None)(self._speed)

    def _like_the_inspected(self, model: Model) -> Model:
        """The model in which inspections are undone, and fall, with the measures that they inspect."""
        costs = model.costs.copy()
        for inspection in self.inspections:
            x, m = model.index[inspection.name], model.index[inspection.measure]
            if np.any((model.costs[:, m] != model.costs_with(m, x)) & model.by[:, m]):
                raise UsageError(
                    f"whether {inspection.measure!r} costs its performer something hangs on its regime: choose that "
                    f"regime in the dossier, since the programme that chooses plan and regimes together cannot"
                )
            costs[:, x] = model.costs[:, m]
        return replace(model, costs=costs) if self.inspections else model

    def _ways(self, i: int) -> list[Verify]:
        return [self.menus.way(i, place) for place in range(len(self.menus.menus[i].places))]

    @cached_property
    def ways(self) -> list[list[Verify]]:
        """[menu][place] what counts of each measure's verification."""
        return [self._ways(i) for i in range(len(self.menus.menus))]

    def place(self, m: int, choice: Choice) -> int:
        return choice[self.menu[m]] if m in self.menu else 0

    def seen(self, m: int, place: int) -> tuple[Watch, float]:
        """A measure's time to detection and delay."""
        if m in self.menu:
            verify = self.ways[self.menu[m]][place]
            return watch(verify), verify.delay.value
        return self.model.detection[m] or UNSEEN, float(self.model.delay[m])

    def _with(self, seen: Mapping[int, tuple[Watch, float]]) -> Model:
        detection, delay = list(self.model.detection), self.model.delay.copy()
        for m, (found, years) in seen.items():
            detection[m], delay[m] = found, years
        return replace(self.model, detection=tuple(detection), delay=delay)

    def _speed(self, q: int, m: int, place: int) -> float:
        return self._with({m: self.seen(m, place)}).speed(q, m)

    def mine(self, q: int) -> list[int]:
        return [int(n) for n in np.flatnonzero(self.model.fakeable & self.model.by[q])]

    def joins(self, q: int, n: int, its: int, m: int, place: int) -> bool:
        """Whether q's n, under its regime, is seen no faster than m."""
        return n == m or self.speed(q, n, its) <= self.speed(q, m, place) * (1 + SAME)

    def of(self, q: int, m: int, choice: Choice) -> Faking:
        place = self.place(m, choice)
        members = [n for n in self.mine(q) if self.joins(q, n, self.place(n, choice), m, place)]
        return Faking(q, m, place, frozenset(members))

    def rows(self, faking_: Faking) -> Conditions:
        """The rows on whether cheating pays on dates, and behind them those that plans were found to break besides."""
        if faking_ not in self._blocks:
            self._blocks[faking_] = self.known.seldom.of((faking_.q, -1, faking_.m), self._under(faking_))
        return self._blocks[faking_]

    def _under(self, faking_: Faking) -> Model:
        q, m, place, members = faking_
        seen = {n: (UNSEEN, 0.0) if n in members else (AT_ONCE, 0.0) for n in self.mine(q)}
        return self._with({**seen, m: self.seen(m, place)})

    def add(self, faking_: Faking, slacks: Sequence[Slack]) -> list[int]:
        """Where the rows for some of the judge's conditions on cheating stand; those that are missing are made."""
        rows, model = self.rows(faking_), self.model
        known = {key_of_row(model, label) for label in rows.labels}
        if new := [s for s in slacks if key_of(s) not in known]:
            rows = self._blocks[faking_] = joined([rows, rows_of(self._under(faking_), new)])
        place = {key_of_row(model, label): r for r, label in enumerate(rows.labels)}
        return [place[key_of(s)] for s in slacks]

    def _difference(self, q: int, m: int, place: int) -> Array:
        """[rows on dates, M, K] what it adds to the coefficients that a measure is faked together with m."""
        sets = frozenset(self.mine(q)), frozenset({m})
        models = (self._under(Faking(q, m, place, s)) for s in sets)
        all_, alone = (self.known.seldom.of((q, -1, m), seen).coef for seen in models)
        difference: Array = all_ - alone
        return difference


def confirms(verify: Verify) -> float:
    """Years from entry to counting as verified."""
    return (verify.confirms_in or verify.delay).value


class AsChosen:
    """The regimes chosen with a plan: a column for each place of each menu, of which one is 1."""

    def __init__(self, columns: Columns, fakings: Fakings) -> None:
        self.columns, self.model, self.program = columns, columns.model, columns.program
        self.fakings, self.menus = fakings, fakings.menus
        self.z = [[self.program.add_column(integer=True) for _ in menu.places] for menu in self.menus.menus]
        """[menu][place] columns."""
        self._counted: dict[tuple[int, tuple[Any, ...]], Linear] = {}
        for places in self.z:
            self.program.add_row(ones(places), low=1.0, high=1.0)
        for inspection in fakings.inspections:
            self._inspected(inspection)

    def _inspected(self, inspection: Inspection) -> None:
        """What inspecting a measure does is in force with it, where its regime is chosen."""
        x, m = self.model.index[inspection.name], self.model.index[inspection.measure]
        chosen = self.z[inspection.menu][inspection.place]
        for k in range(self.model.K):
            there, standing = self.columns.f(x, k), self.columns.f(m, k)
            self.program.set_bounds(there, 0.0, 1.0)
            self.program.add_row({there: 1.0, standing: -1.0}, high=0.0)
            self.program.add_row({there: 1.0, chosen: -1.0}, high=0.0)
            self.program.add_row({there: 1.0, standing: -1.0, chosen: -1.0}, low=-1.0)

    @property
    def spent(self) -> LinearForm:
        """The effort of a choice."""
        menus = self.menus.menus
        return {
            c: p.effort for cs, menu in zip(self.z, menus, strict=True) for c, p in zip(cs, menu.places, strict=True)
        }

    def choose(self, choice: Choice) -> None:
        """Leave no other choice."""
        for columns, place in zip(self.z, choice, strict=True):
            for i, c in enumerate(columns):
                self.program.set_bounds(c, float(i == place), float(i == place))

    def no_later_than(self, choice: Choice) -> None:
        """Leave no regime under which a measure counts as verified later than under this choice."""
        for columns, ways, place in zip(self.z, self.fakings.ways, choice, strict=True):
            for c, way in zip(columns, ways, strict=True):
                if confirms(way) > confirms(ways[place]) + SAME:
                    self.program.set_bounds(c, 0.0, 0.0)

    def choice(self, x: Array) -> Choice:
        return tuple(int(np.argmax(x[columns])) for columns in self.z)

    # --- what inspections use ----------------------------------------------------------------------------------

    def used(self, resource: Resource, k: int) -> LinearForm:
        """What is used of a resource in period k, at least: by inspections as the regimes chosen have it."""
        row: LinearForm = {self.columns.f(self.model.index[m], k): amount.value for m, amount in resource.uses.items()}
        for i in range(len(self.menus.menus)) if resource.inspections else ():
            row[self._inspecting(i, k, resource.inspections)] = 1.0
        return row

    def _inspecting(self, i: int, k: int, kind: Literal["days", "cost"] | None) -> int:
        """Column for what inspecting a measure uses in period k, while it is in force."""
        efforts = [self.menus.effort_of(i, place, kind) for place in range(len(self.z[i]))]
        column = self.program.add_column(high=max(efforts))
        standing = self.columns.f(self.model.index[self.menus.menus[i].measure], k)
        for effort in sorted(set(efforts) - {0.0}):
            less = [z for z, e in zip(self.z[i], efforts, strict=True) if e < effort]
            row = {column: 1.0, standing: -effort, **dict.fromkeys(less, effort)}
            self.program.add_row(row, low=0.0)
        return column

    # --- what counts as verified -------------------------------------------------------------------------------

    def waits(self, m: int) -> tuple[float, ...]:
        return tuple(self._regimes(m)) or AsStated(self.columns).waits(m)

    def _regimes(self, m: int) -> dict[float, list[int]]:
        """Years until m counts as verified → columns of the regimes that take so long, the soonest first.

        Empty where that hangs on no choice.
        """
        if m not in self.fakings.menu:
            return {}
        i, found = self.fakings.menu[m], dict[float, list[int]]()
        for wait, column in sorted(zip(map(confirms, self.fakings.ways[i]), self.z[i], strict=True)):
            same = next((w for w in found if wait - w <= SAME), wait)
            found.setdefault(same, []).append(column)
        return found if len(found) > 1 else {}

    def write(self, order: Order) -> None:
        """What needs something verified waits as long as that takes under its regime."""
        for m, name in enumerate(self.model.measures):
            for n in self.model.dossier.prerequisites(name)[1] if not settled(self.model, m) else ():
                self._verified_first(order, m, self.model.index[n])

    def _verified_first(self, order: Order, m: int, n: int) -> None:
        sooner: list[int] = []
        for wait, columns in self._regimes(n).items():
            if sooner and self.model.divisible[m]:
                order.pace(m, Prerequisite(n, wait, verified=True), unless=sooner)
            for k in range(self.columns.earliest[m], self.model.K) if sooner and not self.model.divisible[m] else ():
                ready = self._verified_by(order, n, k, Wait(wait, float(order.takes[m])))
                if ready != ALWAYS:
                    late = combine((1.0, {self.columns.f(m, k): 1.0}), (-1.0, ones(sooner)), (-1.0, ready.row))
                    self.program.add_row(late, high=0.0)
            sooner = sooner + columns

    def _verified_by(self, order: Order, n: int, k: int, wait: Wait) -> Linear:
        """1 where n was complete, and verified so long after, early enough for work to be done by period k."""
        if self.model.state[n] < FULL:
            return order.ready(n, k, wait.verified + wait.work)
        done = max(0.0, standing_verified(self.model, n, wait.verified)) + wait.work
        return ALWAYS if done <= float(self.model.tau[k]) + SNAP else NEVER

    def counted(self, m: int, at: float) -> Linear:
        """The share of a measure that is verified at a time under the regime chosen: a column, where that matters."""
        waits = self._regimes(m)
        parts = [share_verified(self.columns, m, at, wait) for wait in waits]
        if all(part == parts[0] for part in parts):
            return parts[0] if parts else AsStated(self.columns).counted(m, at)
        key = m, tuple((*part.row.items(), part.const) for part in parts)
        if key not in self._counted:
            self._counted[key] = self._switched(parts, list(waits.values()))
        return self._counted[key]

    def _switched(self, parts: Sequence[Linear], regimes: Sequence[list[int]]) -> Linear:
        """The one of some parts, the soonest first, whose regimes are chosen: each group of columns for its part."""
        column = self.program.add_column()
        everywhere = [c for columns in regimes for c in columns]
        sooner: list[int] = []
        for part, columns in zip(parts, regimes, strict=True):
            row = combine((1.0, {column: 1.0}), (-1.0, part.row))
            later = [c for c in everywhere if c not in columns and c not in sooner]
            self.program.add_row({**row, **dict.fromkeys(sooner, -1.0)}, high=part.const)
            self.program.add_row({**row, **ones(later)}, low=part.const)
            sooner = sooner + columns
        return Linear.of(column)


class Wait(NamedTuple):
    """Years until a measure counts as verified, and of work that begins then."""

    verified: float
    work: float


class Choosing(Problem):
    """The plan problem with regimes to choose, and rows on cheating that they switch."""

    verification: AsChosen

    def __init__(
        self, fakings: Fakings, question: Question, dossier: Dossier | None = None, *, budget: float | None = None
    ) -> None:
        known = fakings.known if dossier is None else fakings.known.asking_else(dossier)
        super().__init__(known, question, partial(AsChosen, fakings=fakings))
        self.fakings = fakings
        self.cuts: dict[tuple[Faking, int], int | None] = {}
        """Rows on cheating in the programme."""
        if budget is not None:
            self.program.add_row(self.verification.spent, high=budget + ENOUGH)

    # --- rows on cheating --------------------------------------------------------------------------------------

    def cut(self, faking_: Faking, r: int) -> bool:
        """Put a row on cheating into the programme; whether it is new."""
        if (faking_, r) in self.cuts:
            return False
        rows = self.fakings.rows(faking_)
        slack = self.columns.linear(rows.flat[r], rows.terms[r], float(rows.const[r]))
        party, reliefs = rows.labels[r].party, self.reliefs(faking_, r)
        self.cuts[faking_, r] = self.valued.closeness.hold(party, slack, reliefs)
        return True

    def reliefs(self, faking_: Faking, r: int) -> list[Relief]:
        """What relaxes a row wherever it need not hold."""
        rows = self.fakings.rows(faking_)
        if (whole := -float(rows.least[r])) <= 0:
            return []
        found = []
        if (on := self.valued.switch(rows.labels[r].switch)) != ALWAYS:
            found.append(Relief(whole, Linear(combine((-1.0, on.row)), 1.0)))
        if faking_.m in self.fakings.menu:
            chosen = self.verification.z[self.fakings.menu[faking_.m]][faking_.place]
            found.append(Relief(whole, Linear({chosen: -1.0}, 1.0)))
        for n in self.fakings.mine(faking_.q):
            other = self._otherwise(faking_, n)
            relief = min(whole, self._differs(faking_, r, n)) if other else 0.0
            if relief > 0:
                found.append(Relief(relief, Linear(ones(other))))
        return found

    def _otherwise(self, faking_: Faking, n: int) -> list[int]:
        """Columns of the regimes under which n would join the faked measures, or no longer."""
        q, m, place, members = faking_
        if n == m or n not in self.fakings.menu:
            return []
        columns = self.verification.z[self.fakings.menu[n]]
        return [c for i, c in enumerate(columns) if self.fakings.joins(q, n, i, m, place) is not (n in members)]

    def _differs(self, faking_: Faking, r: int, n: int) -> float:
        """The most that a row could be higher were n faked with m where it is not, or the other way round."""
        if n in self.fakings.together or self.model.state[n] > 0:
            return float("inf")
        difference = self.fakings.difference(faking_.q, faking_.m, faking_.place)
        if r >= len(difference):
            return float("inf")
        added = difference[r, n]
        if n in faking_.members:
            added = -added
        most = float(np.cumsum(added[::-1]).max(initial=0.0))
        return most + 1e-9 if most > 0 else 0.0


WORST = 3
"""How many broken rows of each family are put into the programme at once."""


class Broken(NamedTuple):
    """A row on cheating that a plan breaks, and by how much."""

    faking: Faking
    r: int
    slack: float


class ChoosingSolver(Solver):
    """Finds the best plan with the regimes to go with it."""

    problem: Choosing

    def __init__(
        self, problem: Choosing, *args: Any, under: Callable[[Choice], Judging] | None = None, **given: Any
    ) -> None:
        super().__init__(problem, *args, **given)
        self.under = lru_cache(maxsize=64)(under or self._under)
        """Who judges plans under a choice of regimes."""
        self.chosen: dict[bytes, Choice] = {}
        """The regimes found for each plan of the pool; the best by `weigh`."""
        spent = problem.fakings.menus.spent
        self.weigh: Callable[[Array, Choice], Any] = lambda shares, choice: spent(choice)
        """What is least for the best regimes of a plan."""
        self._found: dict[tuple[bytes, Choice], list[Slack]] = {}
        """What the judge found broken in plans under choices, to be added when the programme is not being solved."""
        self._at: Choice = problem.fakings.menus.none
        """The regimes of the solution that was read last."""

    def shares(self, x: Array) -> Array:
        self._at = self.problem.verification.choice(x)
        return super().shares(x)

    def broken(self, shares: Array, choice: Choice, *, refused: bool = False) -> list[Broken]:
        """Rows on cheating that a plan breaks under a choice, the worst of each block first.

        `refused`: those, too, for which only the judge may refuse it.
        """
        fakings, found = self.problem.fakings, []
        for q, m in fakings.pairs:
            if shares[m, -1] < 0.5:
                continue
            faking_ = fakings.of(q, m, choice)
            rows = fakings.rows(faking_)
            slack = np.where(rows.on(shares), rows.slacks(shares), np.inf)
            slight = MET * self.problem.valued.closeness.sizes.slight(shares)
            if refused:
                slight = NEARLY * SLIGHT * self.problem.model.norm
            over = slack < -slight[[label.party for label in rows.labels]]
            found += [Broken(faking_, int(r), float(slack[r])) for r in np.argsort(slack) if over[r]]
        return found

    def violated(self, shares: Array) -> Any:
        """Rows that a plan breaks under the regimes read last: those of `valued`, then those on cheating."""
        open_ = super().violated(shares)
        secret = self.broken(shares, self._at)
        return np.concatenate([open_, len(self.problem.valued) + np.arange(len(secret))])

    def _under(self, choice: Choice) -> Judging:
        dossier = self.problem.fakings.menus.applied(choice)
        success = self.problem.model.dossier.success
        return Judging(dossier.model_copy(update={"success": success}), self.problem.question)

    def _settled(self, shares: Array, objective: Objective | None) -> bool:
        known = self.chosen.get(shares.tobytes())
        return known is not None and self.weigh(shares, self._at) >= self.weigh(shares, known)

    def _put_off(self, objective: Objective, x: Array, bound: float, better: list[Array]) -> bool:
        """Never: a plan that is no better may have better regimes."""
        return False

    def _judged(self, shares: Array) -> bool:
        self.judging = self.under(self._at)
        model = self.problem.model
        if self.judging.accepts(model, shares):
            return True
        if found := self.judging.broken(model, shares):
            self._found[shares.tobytes(), self._at] = found
        return False

    def _add_missed(self, shares: Array) -> int:
        """As in a `Solver`; rows on cheating stand for the regimes at hand."""
        found = self._found.pop((shares.tobytes(), self._at), [])
        fakings, model, added = self.problem.fakings, self.problem.model, 0
        families: dict[tuple[int, int], list[Slack]] = {}
        for s in found:
            if s.measure is not None:
                faker = s.party if s.other is None else s.other
                families.setdefault((model.parties.index(faker or ""), model.index[s.measure]), []).append(s)
        for (q, m), slacks in families.items():
            faking_ = fakings.of(q, m, self._at)
            added += sum([self.problem.cut(faking_, r) for r in fakings.add(faking_, slacks)])
        if open_ := [s for s in found if s.measure is None]:
            dates = on_dates(self.problem.known, open_, self._on_dates())
            new = self.problem.valued.extend(joined([rows_of(model, open_), *dates]))
            for r in new[: len(open_)]:
                self.problem.valued.activate(r)
            added += len(open_)
        return added

    def offer(self, shares: Array, objective: Objective | None = None) -> bool:
        if not super().offer(shares, objective):
            return False
        if not self._settled(shares, objective):
            self.chosen[shares.tobytes()] = self._at
            self._scored = None, []  # regimes count
        return True

    def offer_with(self, shares: Array, choice: Choice) -> bool:
        """Keep a plan that is known with its regimes, if it satisfies every row."""
        self._at = choice
        return self.offer(shares)

    def _add_broken(self, shares: Array) -> int:
        added = self._add_worst(super().violated(shares), self.slacks(shares), each=WORST, around=True)
        return added + self._cut_worst(self.broken(shares, self._at))

    def _add_refused(self, shares: Array) -> int:
        added = self._add_worst(self.refused(shares), self.slacks(shares), each=WORST)
        return added + self._cut_worst(self.broken(shares, self._at, refused=True))

    def _cut_worst(self, broken: Sequence[Broken], *, each: int = WORST) -> int:
        taken: dict[tuple[Any, ...], int] = {}
        added = 0
        for b in broken:
            label = self.problem.fakings.rows(b.faking).labels[b.r]
            key = (*b.faking[:2], label.kind, label.party)
            if taken.get(key, 0) < each and self.problem.cut(b.faking, b.r):
                taken[key] = taken.get(key, 0) + 1
                added += 1
        return added

    def forbid(self, shares: Array, *, unless: int | None = None) -> None:
        """No-good row: not this plan with these regimes."""
        model, row, ones = self.problem.model, {}, 0.0
        self.doubtful |= bool(np.any(model.divisible & (model.state < 1)))
        for m in np.flatnonzero(~model.divisible):
            for k in range(model.K):
                inside = shares[m, k + 1] > 0.5
                row[self.problem.columns.f(int(m), k)] = -1.0 if inside else 1.0
                ones += inside
        for columns, place in zip(self.problem.verification.z, self._at, strict=True):
            row[columns[place]] = -1.0
            ones += 1.0
        self.problem.program.add_row(row, low=1.0 - ones)

    def _relaxation(self, objective: Objective) -> tuple[Array | None, float] | None:
        found = super()._relaxation(objective)
        for _ in range(ROUNDS):
            if found is None or found[0] is None or self.clock.left <= 0 or not self._separate(found[0]):
                break
            found = super()._relaxation(objective)
        return found

    def _separate(self, x: Array) -> int:
        """Add the rows on cheating that the relaxation breaks by the most."""
        problem = self.problem
        f = x[: problem.model.M * problem.model.K].reshape(problem.model.M, problem.model.K)
        choice, added = problem.verification.choice(x), 0
        for q, m in problem.fakings.pairs:
            if f[m, -1] < 1e-6:
                continue
            faking_ = problem.fakings.of(q, m, choice)
            rows = problem.fakings.rows(faking_)
            slack = rows.const + rows.flat @ f.ravel()
            slight = (
                LOOSE * problem.valued.closeness.sizes.slight(self._everything)[[label.party for label in rows.labels]]
            )
            worst = [r for r in np.argsort(slack)[:40] if slack[r] < -slight[r]]
            depth = {int(r): self._depth(x, f, faking_, int(r), float(slack[r])) for r in worst}
            for r in sorted(depth, key=lambda r: depth[r])[:2]:
                added += depth[r] < -slight[r] and problem.cut(faking_, r)
        return added

    def _depth(self, x: Array, f: Array, faking_: Faking, r: int, slack: float) -> float:
        """The most that a row's left side could be in the relaxation at x, reliefs included."""
        cache: dict[Any, tuple[float, float]] = {}
        for e, c in self.problem.fakings.rows(faking_).terms[r].items():
            low, high = self._range(e, f, x, cache)
            slack += c * (high if c > 0 else low)
        for relief in self.problem.reliefs(faking_, r):
            slack += relief.points * (relief.given.const + sum(v * x[c] for c, v in relief.given.row.items()))
        return slack


ROUNDS = 30
"""How often rows on cheating are added to a relaxation."""


__all__ = ["Choosing", "ChoosingSolver", "Faking", "Fakings", "confirms"]
