"""Conditions that compare values, as rows of keep and deviate: who would gain by what, when. DESIGN §5, ANSWERS.

A row says keep ≥ deviate at one moment. Rows of one family (kind, parties, measure) are arrays over its moments, or
over its moments and the later ones at which a cheat may leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.model.judge.calendar import Cheat, Instants
from detente.model.judge.facts import Rises
from detente.model.judge.paths.views import NOT_AT_ALL, Holds, Made
from detente.model.judge.timing import AnsweredKind, Kind, Timing
from detente.model.numeric import Array, Flags
from detente.model.tolerance import SLIGHT


class Family(NamedTuple):
    """Conditions that differ only in their moment. `late`: those that no calendar of moments lists, but a search finds.

    That is faking that ends in an open break, and breaking out between two dates.
    """

    kind: Kind | AnsweredKind
    party: int
    other: int | None = None
    measure: int | None = None
    entry: int | None = None
    """The period in which the measure enters."""
    late: bool = False
    answers: tuple[int, ...] = ()
    """The answers that a lapse draws."""

    @property
    def cheat(self) -> Cheat:
        """Who fakes what, and when that enters: the party itself, or the other that exposes it."""
        assert self.measure is not None
        assert self.entry is not None
        return Cheat(self.party if self.other is None else self.other, self.measure, self.entry)


@dataclass(frozen=True, kw_only=True)
class Comparisons:
    """Conditions of one family: its party keeps by `keep` ≥ `deviate` at each moment; arrays [rows]."""

    family: Family
    norm: float
    """Σ|stakes|/ρ of the party."""
    at: Instants | None
    """None where there is no moment: consent."""
    keep: Array
    deviate: Array
    leaves: Instants | None = None
    """When a cheat breaks openly."""
    collapse: Array | None = None
    """What of the slack is collapse_cost."""
    no_deal: Array | None = None
    """What of it is `no_deal` to come."""
    lapsing: Flags | None = None
    """[rows, measures] which measures lapse."""

    @property
    def slack(self) -> Array:
        return self.keep - self.deviate

    @property
    def size(self) -> Array:
        """What a slack is a part of."""
        return np.maximum(np.maximum(np.abs(self.keep), np.abs(self.deviate)), self.norm)

    @property
    def accepted(self) -> NDArray[np.bool_]:
        return np.asarray(self.slack >= -SLIGHT * self.size)

    def flat(self) -> Comparisons:
        """[moments, 1] → [moments]."""
        assert self.at is not None
        shape = len(self.at), 1
        return self._of(lambda x: np.broadcast_to(x, shape)[:, 0], self.at, self.leaves)

    def only(self, chosen: NDArray[np.intp]) -> Comparisons:
        """Some of the rows."""
        at, leaves = (None if x is None else x[chosen] for x in (self.at, self.leaves))
        lapsing = None if self.lapsing is None else self.lapsing[chosen]
        return replace(self._of(lambda x: x[chosen], at, leaves), lapsing=lapsing)

    def worst(self, most: int, among: NDArray[np.bool_] | None = None) -> Comparisons:
        """Those that are broken the most, of all or some."""
        broken = np.flatnonzero(~self.accepted if among is None else among & ~self.accepted)
        return self.only(broken[np.argsort(self.slack[broken], kind="stable")[:most]])

    def tightest(self) -> Comparisons:
        """The one that is met by least for its size, or broken by most; of equals the first."""
        accepted = self.accepted
        part = np.where(accepted.all() | ~accepted, self.slack / self.size, np.inf)
        return self.only(np.flatnonzero(part <= part.min() + SLIGHT)[:1])

    def at_best(self, then: Instants, possible: NDArray[np.bool_]) -> Comparisons | None:
        """The worst leaving moment of each row: [moments, leaving moments] → [moments]; None where none is possible."""
        assert self.at is not None
        some = np.flatnonzero(possible.any(axis=1))
        if not len(some):
            return None
        best = np.argmin(np.where(possible, self.slack, np.inf)[some], axis=1)
        lapsing = None if self.lapsing is None else self.lapsing[some]
        found = self._of(lambda x: np.broadcast_to(x, possible.shape)[some, best], self.at[some], then[best])
        return replace(found, lapsing=lapsing)

    def _of(self, part: Callable[[Array], Array], at: Instants | None, leaves: Instants | None) -> Comparisons:
        return replace(
            self,
            at=at,
            leaves=leaves,
            keep=part(self.keep),
            deviate=part(self.deviate),
            collapse=None if self.collapse is None else part(self.collapse),
            no_deal=None if self.no_deal is None else part(self.no_deal),
        )


class Read:
    """A plan as the judge reads it: entries with their share, and what of others they wait for.

    With it is kept what has been worked out for it alone.
    """

    def __init__(self, timing: Timing, waits: Sequence[Sequence[tuple[int, int]]]) -> None:
        """`waits`: of each mover, (measure, one of the mover's measures that it needs)."""
        self.timing = timing
        self.rises: Mapping[int, Rises] = dict(enumerate(timing.rises))
        self.waits = waits
        self.kept: dict[object, Array] = {}
        """What goes on as planned, from each moment on."""
        self.rows: dict[tuple[Family, bool], list[Comparisons]] = {}
        """What of its conditions has been weighed."""
        self._made: dict[tuple[int, ...], list[tuple[Made, float]]] = {}
        self._holds: dict[tuple[int, ...], dict[int, Holds]] = {}

    def acts(self, measures: Iterable[int]) -> bool:
        """Whether some of these measures are in the plan."""
        return any(self.timing.rises[m] for m in measures)

    def holds(self, movers: tuple[int, ...]) -> dict[int, Holds]:
        """Of each measure: from when on all that it directly needs of each mover is complete."""
        found = self._holds.get(movers)
        if found is None:
            each = [self._needed(q) for q in movers]
            found = self._holds[movers] = {m: tuple(needed.get(m) for needed in each) for m in self.rises}
        return found

    def made(self, movers: tuple[int, ...]) -> list[tuple[Made, float]]:
        """Entries, and how much each adds to the share of its measure."""
        found = self._made.get(movers)
        if found is None:
            holds = self.holds(movers)
            entries = ((m, e, rise) for m, rises in self.rises.items() for e, rise in rises)
            found = self._made[movers] = [(Made(m, e, holds[m]), rise) for m, e, rise in entries]
        return found

    def _needed(self, q: int) -> dict[int, int]:
        needed: dict[int, int] = {}
        for m, n in self.waits[q]:
            full = self.timing.full[n]
            if full is None or full >= 0:
                needed[m] = max(needed.get(m, -1), NOT_AT_ALL if full is None else full)
        return needed
