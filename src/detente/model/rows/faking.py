"""Cheating: what is faked together, and how soon that is seen. ANSWERS R1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import TINY, Model
from detente.model.rows.detection import NEVER, Watch, Watches
from detente.model.rows.fates import INSTANT, Fates
from detente.model.rows.moments import Moments


def speed(model: Model, p: int, m: int) -> float:
    """How soon cheating on m is seen, as p counts time: E[e^(−ρ(T + delay))], 1 at once and 0 never."""
    detection, rho = model.detection[m], float(model.discount[p])
    assert detection is not None
    if math.isnan(rho):
        return 1 / (1 + float(model.delay[m]) + detection.mean())
    return math.exp(-rho * model.delay[m]) * float(detection.partial(rho, -1.0, np.inf))


def seen_no_faster(model: Model, p: int, m: int) -> list[int]:
    """p's fakeable measures seen no faster than m, m included; it fakes of these what costs it."""
    mine = [n for n in range(model.M) if model.fakeable[n] and model.by[p, n]]
    bound = speed(model, p, m)
    return [n for n in mine if n == m or speed(model, p, n) <= bound * (1 + TINY)]


@dataclass(frozen=True, eq=False)
class Faked:
    """What p fakes with m, and how that is seen."""

    model: Model
    undone: Flags
    """[M], or [I, M] of each of some moments, undone in secret where in force."""
    skipped: Flags
    """[M] or [I, M] not entered where still to come."""
    watch: Watch | Watches
    delay: float | Array

    @classmethod
    def of(cls, model: Model, p: int, m: int) -> Faked:
        slow = np.zeros(model.M, bool)
        slow[seen_no_faster(model, p, m)] = True
        itself = np.arange(model.M) == m
        undone, skipped = (slow & model.minds[p]) | itself, (slow & model.dreads[p]) | itself
        return cls(model, undone, skipped, model.detection[m] or NEVER, float(model.delay[m]))

    @classmethod
    def stacked(cls, model: Model, fakings: Sequence[tuple[int, int]], which: Indices) -> Faked:
        """Of each moment one of some (p, m)."""
        each = [cls.of(model, p, m) for p, m in fakings]
        watches = tuple(model.detection[m] or NEVER for _, m in fakings)
        undone, skipped = np.array([x.undone for x in each]), np.array([x.skipped for x in each])
        return cls(
            model, undone[which], skipped[which], Watches(watches, which), np.array([x.delay for x in each])[which]
        )

    @classmethod
    def openly(cls, model: Model, p: int, among: Flags) -> Faked:
        """What of some measures costs p, and is not performed, for all to see."""
        return cls(model, among & model.minds[p], among & model.dreads[p], NEVER, 0.0)

    def within(self, among: Flags) -> Faked:
        """What of it is among some measures."""
        return replace(self, undone=self.undone & among, skipped=self.skipped & among)

    def spares(self, fates: Fates, moments: Moments) -> Fates:
        """The fates of a branch when these are faked."""
        never_entered = fates.stop.at(self.skipped, np.array(-np.inf))
        undone = self.model.undo + np.where(moments.just_after[:, None], INSTANT, 0.0)
        return replace(fates, stop=never_entered, made=fates.made.at(self.undone, undone))
