"""Regimes chosen with a plan, in its programme: columns for them, what they use, when they let measures count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from detente.design.inspections.fakings import Fakings
from detente.design.inspections.regimes import SAME, Choice, Inspection, confirms
from detente.design.programme.columns import Columns
from detente.design.programme.linear import ALWAYS, NEVER, Linear, LinearForm, combine, ones
from detente.design.programme.order import Order, settled
from detente.design.programme.ready import Prerequisite, standing_verified
from detente.design.programme.verification import AsStated, share_verified
from detente.dossier.schema import Resource
from detente.model.numeric import Array
from detente.model.rows.detection import SNAP
from detente.model.tolerance import FULL


class RegimeColumns:
    """A column for each place of each menu, of which one is 1."""

    def __init__(self, columns: Columns, fakings: Fakings) -> None:
        self.columns, self.model, self.program = columns, columns.model, columns.program
        self.fakings, self.menus = fakings, fakings.menus
        self.z = [[self.program.add_column(integer=True) for _ in menu.places] for menu in self.menus.menus]
        """[menu][place] columns."""
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


class Wait(NamedTuple):
    """Years until a measure counts as verified, and of work that begins then."""

    verified: float
    work: float


class AsChosen:
    """Every measure is verified as the regime that is chosen has it: see `detente.design.programme.verification`."""

    def __init__(self, columns: Columns, fakings: Fakings) -> None:
        self.columns, self.model, self.program = columns, columns.model, columns.program
        self.fakings, self.regimes = fakings, RegimeColumns(columns, fakings)
        self.used = self.regimes.used
        self._counted: dict[tuple[int, tuple[Any, ...]], Linear] = {}

    def waits(self, m: int) -> tuple[float, ...]:
        return tuple(self._by_wait(m)) or AsStated(self.columns).waits(m)

    def _by_wait(self, m: int) -> dict[float, list[int]]:
        """Years until m counts as verified → columns of the regimes that take so long, the soonest first.

        Empty where that hangs on no choice.
        """
        if m not in self.fakings.menu:
            return {}
        i, found = self.fakings.menu[m], dict[float, list[int]]()
        for wait, column in sorted(zip(map(confirms, self.fakings.ways[i]), self.regimes.z[i], strict=True)):
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
        for wait, columns in self._by_wait(n).items():
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
        waits = self._by_wait(m)
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
