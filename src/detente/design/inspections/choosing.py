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
from detente.design.plan.clock import Clock
from detente.design.plan.examiner import Candidate, Examiner
from detente.design.plan.judging import Judging, on_dates, rows_of
from detente.design.plan.objective import Objective, Pool
from detente.design.plan.separation import NEARLY, Reach
from detente.design.plan.solve import Solver
from detente.design.programme.closeness import LOOSE, MET, SPARE, Relief
from detente.design.programme.columns import linear_of
from detente.design.programme.linear import ALWAYS, Linear, LinearForm, combine, ones
from detente.design.programme.problem import Problem
from detente.design.programme.question import Question
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
        slack = linear_of(self.columns, rows.coef.of(r).ravel(), rows.terms[r], float(rows.const[r]))
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
            found.append(Relief(whole, Linear(combine((-1.0, on.row)), 1.0 - on.const)))
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


class ChoicePool(Pool):
    """Plans with the regimes that go with them, the best of those that were found."""

    postpones = False
    """A plan that is no better may have better regimes."""

    def __init__(self, weigh: Callable[[Array, Choice], Any]) -> None:
        super().__init__()
        self.weigh = weigh
        """What is least for the best regimes of a plan."""
        self.chosen: dict[bytes, Choice] = {}

    def serves(self, candidate: Candidate, objective: Objective | None) -> bool:
        known = self.chosen.get(candidate.shares.tobytes())
        return known is not None and self.weigh(*candidate) >= self.weigh(candidate.shares, known)

    def add(self, candidate: Candidate) -> None:
        super().add(candidate)
        if not self.serves(candidate, None):
            self.chosen[candidate.shares.tobytes()] = candidate.choice
            self.rescore()  # regimes count


class ChoiceExaminer(Examiner):
    """Examines plans with the regimes that go with them."""

    problem: Choosing

    def __init__(self, problem: Choosing, under: Callable[[Choice], Judging] | None = None) -> None:
        super().__init__(problem)
        self.fakings = problem.fakings
        self.under = lru_cache(maxsize=64)(under or self._under)
        """Who judges plans under a choice of regimes."""
        self._found: dict[tuple[bytes, Choice], tuple[Slack, ...]] = {}
        """What the judge found broken in candidates."""

    def _under(self, choice: Choice) -> Judging:
        dossier = self.fakings.menus.applied(choice)
        success = self.problem.model.dossier.success
        return Judging(dossier.model_copy(update={"success": success}), self.problem.question)

    def read(self, x: Array) -> Candidate:
        return super().read(x)._replace(choice=self.problem.regimes.choice(x))

    def breaks(self, candidate: Candidate) -> bool:
        return super().breaks(candidate) or bool(self.broken(candidate))

    def broken(self, candidate: Candidate, *, refused: bool = False) -> list[Broken]:
        """Rows on cheating that a candidate breaks, the worst of each block first.

        `refused`: those, too, for which only the judge may refuse it.
        """
        found, shares = [], candidate.shares
        least = MET * self.problem.valued.closeness.sizes.slight(shares)
        if refused:
            least = NEARLY * SLIGHT * self.problem.model.norm
        for q, m in self.fakings.pairs:
            if shares[m, -1] < 0.5:
                continue
            faking_ = self.fakings.of(q, m, candidate.choice)
            rows = self.fakings.rows(faking_)
            slack = np.where(rows.on(shares), rows.slacks(shares), np.inf)
            over = slack < -least[[label.party for label in rows.labels]]
            found += [Broken(faking_, int(r), float(slack[r])) for r in np.argsort(slack) if over[r]]
        return found

    def accepts(self, candidate: Candidate) -> bool:
        judging, model = self.under(candidate.choice), self.problem.model
        if judging.accepts(model, candidate.shares):
            return True
        if found := judging.broken(model, candidate.shares):
            self._found[candidate.key] = found
        return False

    def learn(self, candidate: Candidate) -> int:
        added = self._add_found(candidate) + self.separation.add_violated(candidate.shares, WORST)
        added += self._cut_worst(self.broken(candidate))
        if added:
            return added
        refused = self._cut_worst(self.broken(candidate, refused=True))
        return self.separation.add_refused(candidate.shares, WORST) + refused

    def _add_found(self, candidate: Candidate) -> int:
        """What the judge found broken; rows on cheating stand for the regimes at hand."""
        found, model = self._found.pop(candidate.key, ()), self.problem.model
        families: dict[tuple[int, int], list[Slack]] = {}
        for s in found:
            if s.measure is not None:
                faker = s.party if s.other is None else s.other
                families.setdefault((model.parties.index(faker or ""), model.index[s.measure]), []).append(s)
        added = 0
        for (q, m), slacks in families.items():
            faking_ = self.fakings.of(q, m, candidate.choice)
            added += sum([self.problem.cut(faking_, r) for r in self.fakings.add(faking_, slacks)])
        return added + self._add_open([s for s in found if s.measure is None])

    def _add_open(self, found: Sequence[Slack]) -> int:
        """The conditions that hang on no regime."""
        if found:
            dates = on_dates(self.problem.known, found, self.separation.families.topics)
            new = self.problem.valued.extend(joined([rows_of(self.problem.model, found), *dates]))
            for r in new[: len(found)]:
                self.problem.valued.activate(r)
        return len(found)

    def _cut_worst(self, broken: Sequence[Broken], *, each: int = WORST) -> int:
        taken: dict[tuple[Any, ...], int] = {}
        added = 0
        for b in broken:
            label = self.fakings.rows(b.faking).labels[b.r]
            key = (*b.faking[:2], label.kind, label.party)
            if taken.get(key, 0) < each and self.problem.cut(b.faking, b.r):
                taken[key] = taken.get(key, 0) + 1
                added += 1
        return added

    def no_good(self, candidate: Candidate) -> tuple[LinearForm, float]:
        """Not this plan with these regimes."""
        row, low = super().no_good(candidate)
        for columns, place in zip(self.problem.regimes.z, candidate.choice, strict=True):
            row[columns[place]] = -1.0
        return row, low - len(candidate.choice)

    def separate_further(self, x: Array) -> int:
        """Add the rows on cheating that the relaxation breaks by the most."""
        problem, reach = self.problem, Reach(self.problem, x)
        choice, added = problem.regimes.choice(x), 0
        most = problem.valued.closeness.sizes.slight(np.ones((problem.model.M, problem.model.K + 1)))
        for q, m in self.fakings.pairs:
            if reach.f[m, -1] < HARDLY:
                continue
            faking_ = self.fakings.of(q, m, choice)
            rows = self.fakings.rows(faking_)
            slack = rows.const + rows.coef.times(reach.f)
            slight = LOOSE * most[[label.party for label in rows.labels]]
            worst = [int(r) for r in np.argsort(slack)[:40] if slack[r] < -slight[r]]
            depth = {r: float(slack[r]) + _relief(problem, reach, faking_, r) for r in worst}
            for r in sorted(depth, key=lambda r: depth[r])[:2]:
                added += depth[r] < -slight[r] and problem.cut(faking_, r)
        return added


def _relief(problem: Choosing, reach: Reach, faking_: Faking, r: int) -> float:
    """The most that terms and reliefs could add to a row's left side in the relaxation."""
    added = 0.0
    for e, c in problem.fakings.rows(faking_).terms[r].items():
        low, high = reach.of(e)
        added += c * (high if c > 0 else low)
    for relief in problem.reliefs(faking_, r):
        given = relief.given.const + sum(v * reach.x[c] for c, v in relief.given.row.items())
        added += relief.points * given
    return added


class ChoosingSolver(Solver):
    """Finds the best plan with the regimes to go with it. `under`: who judges plans under a choice of regimes."""

    problem: Choosing
    pool: ChoicePool

    def __init__(
        self,
        problem: Choosing,
        clock: Clock,
        *,
        under: Callable[[Choice], Judging] | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        spent = problem.fakings.menus.spent
        pool = ChoicePool(lambda shares, choice: spent(choice))
        super().__init__(problem, clock, examiner=ChoiceExaminer(problem, under), pool=pool, say=say)
