"""Would an answerer rather forgive a breach? What reports say of it; and, of credible answers, a condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detente.model.judge.detection import NEVER
from detente.model.judge.paths.branches import ZERO
from detente.model.judge.paths.lapses import Lapse
from detente.model.judge.paths.pausing import Paused
from detente.model.judge.paths.secrecy import NOTHING
from detente.model.judge.paths.views import NOT_AT_ALL
from detente.model.judge.replies import Pause, Reply
from detente.model.judge.weighing.pausing import changed
from detente.model.judge.weighing.plan_values import PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read
from detente.model.numeric import Array
from detente.model.tolerance import FULL


@dataclass(frozen=True)
class Forgiving:
    """What each answerer gets if a breach of one measure alone is forgiven for ever (keep), and if it is answered."""

    values: PlanValues

    def rows(self, plan: Read) -> Iterator[Comparisons]:
        """Of each measure m of the plan, each performer p of it, and each other party q that performs something in the
        plan that answers to p: one row for each moment, from just before m's first entry on, at which p could still
        drop it.

        Forgiven: m's entries to come do not happen; what is in force of it is undone `undo.in` later, down to what it
        `keeps`, with what its inspection does; the rest of the plan goes on, exits and all. Answered: the path after an
        open breach by p, on which `no_deal` returns and `if_over` is felt. Points, at the moment.
        """
        for m in plan.rises:
            for p in sorted(self.values.facts.by[m]):
                at = self._breaches(plan, p, m)
                for q in self._answerers(plan, p) if len(at) else ():
                    yield self._forgiving(plan, Family("forgive", q, p, m), at)

    def _breaches(self, plan: Read, p: int, m: int) -> NDArray[np.intp]:
        """Moments from its first entry on at which p could still not perform m."""
        calendar, facts = self.values.calendar, self.values.facts
        of, first = calendar.breaking[p], plan.timing.first[m]
        if first is None:
            return of[:0]
        last = plan.rises[m][-1][0]
        since = of[of >= (0 if first < 0 else calendar.entry[first])]
        if facts.undo[m] < NEVER and facts.keeps[m] < FULL:
            return since
        return since[calendar.all.base[since] < last]

    def _answerers(self, plan: Read, p: int) -> list[int]:
        """The valued parties that perform something in a plan that answers to p."""
        facts = self.values.facts
        acts = [n for n, rises in plan.rises.items() if rises and facts.answering(n, p)]
        return sorted({q for n in acts for q in facts.by[n] if q != p} & self.values.stakes.worths.keys())

    def _forgiving(self, plan: Read, family: Family, at: NDArray[np.intp]) -> Comparisons:
        values, q, p, m = self.values, family.party, family.other, family.measure
        assert p is not None
        assert m is not None
        every, moments = values.calendar.breaking[p], len(values.calendar.all)
        broken = values.streams.broken(p)
        ended = values.broken(broken, q, p, plan, every) - broken.lost(values.stakes.worths[q])[1]
        ended = np.broadcast_to(ended, (len(every), 1))[np.searchsorted(every, at)]
        change = np.broadcast_to(self._without(plan, m, q), (moments, 1))[at]
        keeping = values.keeping(plan, q, at)
        ahead = np.exp(values.facts.rho[q] * keeping.now.t)[:, None]
        return Comparisons(
            family=family,
            norm=values.facts.norm[q],
            at=keeping.now,
            keep=(keeping.worth + change + keeping.spared - keeping.exits) * ahead,
            deviate=(ended + keeping.spared) * ahead,
        ).flat()

    def _without(self, plan: Read, m: int, q: int) -> Array:
        """What changes for q, from each moment on, if m is no longer performed and all else goes on."""
        values = self.values
        worths, kept, forgone = values.stakes.worths[q], values.streams.kept(), values.streams.forgone(m)
        total = ZERO
        for made, share in plan.made(kept.movers):
            if made.measure == m:
                total = total + share * (forgone.entry(worths, made) - kept.entry(worths, made))
        holds = plan.holds(kept.movers)
        for i, together in enumerate(values.facts.togethers):
            if worths.together[i].felt and m in together.measures:
                after, before = (s.together(worths, i, plan.rises, holds) for s in (forgone, kept))
                total = total + after - before
        return total


@dataclass(frozen=True)
class CarryingOut:
    """That it hurts nobody to suspend what a credible answer suspends. ANSWERS §4."""

    values: PlanValues
    kinds = ("forgive",)
    late = False
    narrows = False

    def families(self, plan: Read) -> Iterator[Family]:
        yield from self._families(plan, credible=True)

    def all(self, plan: Read) -> Iterator[Comparisons]:
        """Of every answer, credible or not."""
        for family in self._families(plan, credible=False):
            yield from self.rows(plan, family, worst=True)

    def rows(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        """What is suspended, as it is worth to a performer of it at the moment, less than nothing (keep) or not.

        At every moment at which something that the answer is to is in force, were its breach known then.
        """
        values, q, p = self.values, family.party, family.other
        assert p is not None
        (reply,) = values.replies.set_of(p, family.answers)
        at = values.calendar.breaking[p]
        entries = [e for m in reply.to if (e := plan.timing.first[m]) is not None]
        there = values.calendar.all.base[at] >= min(entries, default=NOT_AT_ALL)
        if not there.any():
            return
        paused = values.streams.of(("answered", reply.number, p), lambda: self._paused(reply))
        gains = np.broadcast_to(changed(values, plan, q, paused), (len(at), 1))
        now = values.calendar.all[at]
        ahead = np.exp(values.facts.rho[q] * now.t)[:, None]
        rows = Comparisons(
            family=family,
            norm=values.facts.norm[q],
            at=now,
            keep=gains * ahead,
            deviate=np.zeros(gains.shape),
        )
        yield rows.flat().only(np.flatnonzero(there))

    def _families(self, plan: Read, *, credible: bool) -> Iterator[Family]:
        facts = self.values.facts
        for reply in self.values.replies.all:
            performers = {q for n in reply.stops for q in facts.by[n]} - {reply.breacher}
            if (reply.credible or not credible) and plan.acts(reply.to):
                for q in sorted(performers & self.values.stakes.worths.keys()):
                    yield Family("forgive", q, reply.breacher, answers=(reply.number,))

    def _paused(self, reply: Reply) -> Paused:
        """What is suspended and nothing else."""
        streams, p = self.values.streams, reply.breacher
        now = self.values.calendar.all[self.values.calendar.breaking[p]].column()
        pause = Pause.of([reply], cured=True)._replace(cures=(), costs=())
        return Paused(Lapse(streams.paths, now, p), pause, NOTHING)
