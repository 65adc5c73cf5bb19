"""A plan on its dossier's grid: when each measure enters, is wholly in force, and counts as verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier
from detente.model.judge.detection import NEVER, TIE
from detente.model.judge.facts import Facts, Rises
from detente.model.plan import Plan, complete
from detente.model.tolerance import FULL

Kind = Literal[
    "consent",
    "breakout",
    "covert",
    "exposure",
    "secret_exposure",
    "demand",
    "success",
    "link",
    "order",
    "capacity",
    "one_of",
    "grid",
    "pace",
    "empty",
]
AnsweredKind = Literal["lapse", "never", "forgive"]
"""Of breaches that are answered, and of answering them."""
LEAST = 1e-12
"""A share that counts as something."""


class Timing:
    """A plan on the grid: when each measure's share rises. Off-grid dates are moved to the next grid date."""

    __slots__ = ("first", "full", "off", "rises", "shrinks")

    def __init__(self, rises: tuple[Rises, ...], off: Mapping[int, date], shrinks: Mapping[int, date]) -> None:
        self.rises = rises
        self.first = [r[0][0] if r else None for r in rises]
        self.full = [_full(r) for r in rises]
        self.off = off
        self.shrinks = shrinks

    @property
    def empty(self) -> bool:
        """Whether nothing enters on the grid: no deal."""
        return not any(r and r[-1][0] >= 0 for r in self.rises)

    def entered(self, m: int) -> int | None:
        """The first period of the grid in which something of a measure enters."""
        return next((k for k, _ in self.rises[m] if k >= 0), None)

    def share(self, m: int, k: int) -> float:
        """f[m, k]."""
        return sum(rise for e, rise in self.rises[m] if e <= k)


def _full(rises: Rises) -> int | None:
    """The period from which all of a measure is in force, None where that never is."""
    if len(rises) == 1:
        return rises[0][0] if rises[0][1] >= FULL else None
    share = 0.0
    for e, rise in rises:
        share += rise
        if share >= FULL:
            return e
    return None


class Miss(NamedTuple):
    """How a plan fails a condition: a negative margin, the date it shows at, and a sentence."""

    margin: float
    date: date | None
    note: str


MissIn = Callable[[Timing], Miss | None]
ProgressScale = list[tuple[int, float]]
"""Measures and their parts of a scale of progress."""


class Timetable:
    """Puts plans on a dossier's grid, and says when what they hold counts as verified."""

    def __init__(self, dossier: Dossier, facts: Facts) -> None:
        state = dossier.state.in_force
        self.dossier = dossier
        self.facts = facts
        self.grid = dossier.grid
        self.tau = facts.tau
        self.standing = tuple(state.get(m) for m in dossier.measures)
        self.divisible = tuple(m.divisible for m in dossier.measures.values())
        self.confirms = tuple(m.confirms_in for m in facts.bodies)
        self._names = tuple(zip(dossier.measures, self.divisible, strict=True))
        self._period = {day: k for k, day in enumerate(dossier.grid.dates)}
        self._entered: dict[int | None, Rises] = {None: ()}
        self._entered.update({k: ((k, 1.0),) for k in range(len(dossier.grid))})
        self._standing = {m: ((-1, s.share.value),) for m, s in enumerate(self.standing) if s}

    def timing(self, plan: Plan) -> Timing:
        if any(d and m not in plan.share and plan.entry.get(m) for m, d in self._names):
            plan = complete(self.dossier, plan)
        rises: list[Rises] = []
        off: dict[int, date] = {}
        shrinks: dict[int, date] = {}
        for i, (m, divisible) in enumerate(self._names):
            if divisible:
                rises.append(self._divisible(i, plan.share.get(m, ()), off, shrinks))
            elif i in self._standing:
                rises.append(self._standing[i])
            else:
                day = plan.entry.get(m)
                rises.append(self._entered[None if day is None else self._on_grid(i, day, off)])
        return Timing(tuple(rises), off, shrinks)

    def _on_grid(self, i: int, day: date, off: dict[int, date]) -> int | None:
        """The period that starts on a date; off the grid, which is noted, the next one, None after the last."""
        k = self._period.get(day)
        if k is not None:
            return k
        off.setdefault(i, day)
        after = self.grid.last_by(day) + 1
        return after if after < len(self._period) else None

    def _divisible(
        self, i: int, shares: Sequence[tuple[date, float]], off: dict[int, date], shrinks: dict[int, date]
    ) -> Rises:
        standing = self.standing[i]
        level = standing.share.value if standing else 0.0
        rises = {-1: level} if level > LEAST else {}
        for day, part in sorted(shares):
            if standing and (day <= standing.since or day < self.dossier.start):
                continue
            if part < level - LEAST:
                shrinks.setdefault(i, day)
            if part > level + LEAST:
                k = self._on_grid(i, day, off)
                if k is not None:
                    rises[k] = rises.get(k, 0.0) + part - level
                level = part
        return tuple(sorted(rises.items()))

    def verified(self, t: Timing, m: int) -> float:
        """When all of a measure counts as verified, in years; NEVER where it never does."""
        full = t.full[m]
        return NEVER if full is None else self.seen(m, full)

    def seen(self, m: int, e: int) -> float:
        """When an entry in period e counts as verified, in years."""
        if e >= 0:
            return self.tau[e] + self.confirms[m]
        standing = self.standing[m]
        assert standing is not None
        if standing.verified is not None:
            return self.grid.time(standing.verified)
        return self.grid.time(standing.since) + self.confirms[m]

    def ready(self, t: Timing, in_force: Sequence[str], verified: Sequence[str]) -> tuple[float, str]:
        """When all that is needed is there, in years (never: NEVER), and the need that is there last."""
        ready, last = 0.0, ""
        for n in in_force:
            full = t.full[self.facts.measure[n]]
            when = NEVER if full is None else self.tau[full] if full >= 0 else 0.0
            ready, last = (when, n) if when > ready else (ready, last)
        for n in verified:
            when = self.verified(t, self.facts.measure[n])
            ready, last = (when, f"{n} (verified)") if when > ready else (ready, last)
        return ready, last

    def day(self, m: int, e: int) -> date:
        """The day of an entry in period e."""
        standing = self.standing[m]
        return standing.since if e < 0 and standing is not None else self.grid.dates[e]

    def scale(self, scale: str | Mapping[str, Number]) -> ProgressScale:
        """Measures and their normalised shares."""
        parts = self.dossier.progress[scale] if isinstance(scale, str) else scale
        total = sum(part.value for part in parts.values())
        return [(self.facts.measure[m], part.value / total) for m, part in parts.items()] if total else []

    def progress(self, scale: ProgressScale, t: Timing, when: float) -> float:
        """Verified progress on a scale at a time, a share of 1."""
        return sum(w * rise for m, w in scale for e, rise in t.rises[m] if self.seen(m, e) <= when + TIE)
