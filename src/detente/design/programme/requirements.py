"""Rows on what a plan must meet whatever it is worth: demands, success, links, alternatives, capacity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from detente.design.programme.columns import Columns
from detente.design.programme.levels import Level
from detente.design.programme.linear import ALWAYS, Linear, ones, total
from detente.design.programme.verification import Verifying, progress, scale
from detente.dossier.grid import years_between
from detente.dossier.schema import Before, InForce, InterestBound, Link, Never, Require, Resource

MET = 1e-9
"""Levels and shares by which a plan may miss what is required: rounding, to the judge as well."""


class Requirements:
    """Writes requirements into the programme of some columns."""

    def __init__(self, columns: Columns, verification: Verifying) -> None:
        self.columns, self.model, self.program = columns, columns.model, columns.program
        self.verification = verification

    def write(self) -> None:
        """What every plan meets: something enters, one alternative of each group, resources, links."""
        dossier = self.model.dossier
        if self.columns.entering:
            self.program.add_row(ones(self.columns.entering), low=1.0)
        for group in dossier.one_of.values():
            self._one_of(group.of, exactly=group.exactly)
        for resource in dossier.capacity.values():
            self._capacity(resource)
        for link in dossier.links.values():
            self._link(link)

    def require(self, r: Require) -> None:
        """What a demand, or success, asks."""
        if isinstance(r, InForce):
            last = self.model.K - 1 if r.by is None else self.model.dossier.grid.last_by(r.by)
            self.program.hold(self.columns.all_in(self.model.index[r.in_force], last), low=1.0)
        elif isinstance(r, Never):
            self.program.hold(self.columns.some(self.model.index[r.never]), high=0.0)
        elif isinstance(r, Before):
            self._before(*(self.model.index[m] for m in r.before))
        elif isinstance(r, InterestBound):
            self._level(r)
        else:
            self.program.hold(self.progress(r.progress, self._years(r.by)), low=r.at_least.value - MET)

    def progress(self, name_or_shares: str | Mapping[str, object], at: float) -> Linear:
        """The verified part of a scale at a time."""
        return progress(self.verification, scale(self.model, name_or_shares), at)

    def _years(self, day: date | None) -> float:
        return math.inf if day is None else years_between(self.model.dossier.start, day)

    def _before(self, a: int, b: int) -> None:
        if self.model.state[b] > 0:
            self.program.hold(self.columns.all_in(a, -1), low=1.0)
            return
        for k in range(self.model.K):
            ready = self.columns.all_in(a, k)
            if ready != ALWAYS:
                self.program.hold(total([(1.0, Linear.of(self.columns.f(b, k))), (-1.0, ready)]), high=0.0)

    def _level(self, r: InterestBound) -> None:
        """The level keeps to its bound; in the last period, which never ends, it may not move against it for ever."""
        level = Level(self.columns, r.interest)
        since = max(0.0, self._years(r.since)) if r.since else 0.0
        for reached in level.at_kinks(since):
            if r.at_most is not None:
                self.program.hold(reached, high=r.at_most.value + MET)
            if r.at_least is not None:
                self.program.hold(reached, low=r.at_least.value - MET)
        drift = level.drift()
        if r.at_most is not None:
            self.program.hold(drift, high=0.0)
        if r.at_least is not None:
            self.program.hold(drift, low=0.0)

    def _link(self, link: Link) -> None:
        given = scale(self.model, link.share)
        for k, t in enumerate(self.model.tau):
            left = Linear({self.columns.f(m, k): s for m, s in given.items()})
            if link.at_most is not None:
                ahead = total([(1.0, left), (-1.0, self.progress(link.at_most, float(t)))])
                self.program.hold(ahead, high=link.ahead_by.value + MET)
            if link.at_least is not None:
                ahead = total([(1.0, left), (-1.0, self.progress(link.at_least, float(t)))])
                self.program.hold(ahead, low=-link.ahead_by.value - MET)

    def _capacity(self, resource: Resource) -> None:
        for k in range(self.model.K):
            self.program.add_row(self.verification.used(resource, k), high=resource.limit.value)

    def _one_of(self, alternatives: Sequence[Iterable[str]], *, exactly: bool) -> None:
        sets = [[self.model.index[m] for m in dict.fromkeys(names)] for names in alternatives]
        chosen = self.program.add_columns(np.zeros(len(sets)), np.ones(len(sets)), integer=True)
        self.program.add_row(ones(chosen), low=1.0 if exactly else 0.0, high=1.0)
        for m in dict.fromkeys(m for s in sets for m in s):
            allowed = Linear(ones(c for c, s in zip(chosen, sets, strict=True) if m in s))
            self.program.hold(total([(-1.0, allowed), (1.0, self.columns.some(m))]), high=0.0)
        for c, s in zip(chosen, sets, strict=True) if exactly else ():
            self.program.hold(total([(-1.0, Linear.of(c)), *((1.0, self.columns.some(m)) for m in s)]), low=0.0)
