"""Keeping a plan against lapses that are answered: what each brings its party."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detente.model.judge.calendar import Instants
from detente.model.judge.detection import NEVER, TIE
from detente.model.judge.paths.branches import ZERO
from detente.model.judge.paths.lapses import Lapse
from detente.model.judge.paths.pausing import Paused
from detente.model.judge.paths.secrecy import Secret
from detente.model.judge.replies import Pause, Reply
from detente.model.judge.weighing.plan_values import Keeping, PlanValues
from detente.model.judge.weighing.rows import Comparisons, Family, Read
from detente.model.numeric import Array, Flags
from detente.model.tolerance import FULL


@dataclass(frozen=True)
class Pausing:
    """Rows of lapses, at moments of the calendar at which a party could lapse."""

    values: PlanValues

    def lapsing(self, plan: Read, family: Family, at: NDArray[np.intp]) -> Comparisons | None:
        """A lapse of kind `lapse` or `never`, at those moments at which something of each answer lapses."""
        values, p = self.values, family.party
        pause, replies = self._pause(family), self._replies(family)
        lapsing = self._lapsing(plan, family, pause, values.calendar.all[at])
        chosen = np.flatnonzero(np.all([lapsing[:, reply.to].any(axis=1) for reply in replies], axis=0))
        if not len(chosen):
            return None
        rows = self._weighed(plan, family, values.keeping(plan, p, at), self._paused(family, pause, at))
        return replace(rows.flat(), lapsing=lapsing).only(chosen)

    def left(self, plan: Read, family: Family, keeping: Keeping) -> Comparisons:
        """Faking, which is answered and cured, until the faker breaks openly: [moments, leaving moments]."""
        calendar, cheat = self.values.calendar, family.cheat
        at, then = calendar.chances(cheat), calendar.all[calendar.leavings(cheat)].row()
        pause = self._pause(family)
        rows = self._weighed(plan, family, keeping, self._paused(family, pause, at, then))
        return replace(rows, lapsing=self._lapsing(plan, family, pause, calendar.all[at]))

    def _replies(self, family: Family) -> Sequence[Reply]:
        return self.values.replies.set_of(family.party, family.answers)

    def _pause(self, family: Family) -> Pause:
        return Pause.of(self._replies(family), cured=family.kind != "never")

    def _secret(self, family: Family) -> Secret:
        replies, m = self._replies(family), family.measure
        return self.values.replies.lapsing(replies) if m is None else self.values.replies.faked(replies, m)

    def _paused(self, family: Family, pause: Pause, at: NDArray[np.intp], then: Instants | None = None) -> Paused:
        streams, facts, m = self.values.streams, self.values.facts, family.measure
        law, delay = (None, 0.0) if m is None else (facts.law[m], facts.delay[m])

        def build() -> Paused:
            now = self.values.calendar.all[at].column()
            return Paused(Lapse(streams.paths, now, family.party, law, delay), pause, self._secret(family), then)

        return streams.of(("paused", family), build)

    def _weighed(self, plan: Read, family: Family, keeping: Keeping, paused: Paused) -> Comparisons:
        values, p = self.values, family.party
        change = changed(values, plan, p, paused) + _spared(values, plan, p, paused)
        change = change - paused.paid(values.stakes.worths[p])
        ahead = np.exp(values.facts.rho[p] * keeping.now.t)[:, None]
        if paused.path is not None:
            rows = values.tempted(plan, family, keeping, paused.path)
            return replace(rows, deviate=rows.deviate + change * ahead)
        keep = (keeping.worth + keeping.spared - keeping.exits) * ahead
        return Comparisons(
            family=family,
            norm=values.facts.norm[p],
            at=keeping.now,
            keep=keep,
            deviate=keep + change * ahead,
        )

    def _lapsing(self, plan: Read, family: Family, pause: Pause, now: Instants) -> Flags:
        """[moments, measures] what of a breach lapses: in force and undone, or still to enter in time."""
        facts, secret, cures = self.values.facts, self._secret(family), dict(pause.cures)
        found = np.zeros((len(now), len(facts.measures)), bool)
        for m in secret.undone | secret.faked:
            entries = [e for e, _ in plan.rises[m]]
            if m in secret.undone and facts.undo[m] < NEVER and facts.keeps[m] < FULL:
                found[:, m] |= _any(e <= now.base for e in entries)
            if m in secret.faked:
                until = NEVER if family.measure is not None else min(cures[m], pause.end)
                found[:, m] |= _any((e > now.base) & (facts.tau[e] <= now.t + until + TIE) for e in entries if e >= 0)
        if family.measure is not None:
            found[:, family.measure] = True
        return found


def _any(masks: Iterable[Flags]) -> Flags | bool:
    found: Flags | bool = False
    for mask in masks:
        found = found | mask
    return found


def changed(values: PlanValues, plan: Read, p: int, paused: Paused) -> Array:
    """What a lapse and its answer change for a party, from each of its moments on, alarms and costs left out."""
    worths, total = values.stakes.worths[p], ZERO
    for made, share in plan.made(paused.movers):
        if made.measure in paused.windows or made.measure in paused.cures:
            total = total + share * paused.entry(worths, made)
    return total


def _spared(values: PlanValues, plan: Read, p: int, paused: Paused) -> Array:
    """What alarms would take of what is suspended in any case."""
    worths, total = values.stakes.worths[p], ZERO
    for alarm, since in values.replies.sounding(plan.timing.first):
        for made, _ in plan.made(paused.movers) if alarm.stopped in paused.windows else ():
            if made.measure == alarm.stopped:
                total = total + alarm.share(values.facts.rho[p]) * paused.spared(worths, made, since)
    return total
