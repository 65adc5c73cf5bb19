"""Plan and inspections chosen together: one programme over both, rows on cheating switched by the regimes. DESIGN §5.

A row on faking m stands for one regime of m and for which measures of the faker are seen no faster than m, which hangs
on their regimes too. It is relaxed where m has another regime, and, by no more than it takes, for each measure that
another regime would bring among those faked with m, or take from them. Nothing is assumed of what more effort does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from detente.design.inspections.chosen import AsChosen, RegimeColumns
from detente.design.inspections.fakings import Faking, Fakings
from detente.design.inspections.regimes import Choice
from detente.design.plan.closeness import LOOSE, MET, SPARE, Relief
from detente.design.plan.judging import Judging, on_dates, rows_of
from detente.design.plan.linear import ALWAYS, Linear, combine, ones
from detente.design.plan.problem import Problem
from detente.design.plan.question import Question
from detente.design.plan.solve import NEARLY, Objective, Solver
from detente.dossier.schema import Dossier
from detente.model.judge.check import Slack
from detente.model.numeric import Array
from detente.model.rows.temptation import joined
from detente.model.tolerance import SLIGHT

ENOUGH = 1e-9
"""Effort beyond a budget that is rounding."""
HARDLY = 1e-6
"""A share in a relaxation of which no row on cheating is looked at."""


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
            self.program.add_row(self.regimes.spent, high=budget + ENOUGH)

    @property
    def regimes(self) -> RegimeColumns:
        return self.verification.regimes

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
            chosen = self.regimes.z[self.fakings.menu[faking_.m]][faking_.place]
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
        columns = self.regimes.z[self.fakings.menu[n]]
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
        return most + SPARE if most > 0 else 0.0


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
        self._at = self.problem.regimes.choice(x)
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
        for columns, place in zip(self.problem.regimes.z, self._at, strict=True):
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
        choice, added = problem.regimes.choice(x), 0
        for q, m in problem.fakings.pairs:
            if f[m, -1] < HARDLY:
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
