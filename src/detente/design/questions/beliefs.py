"""What a party would have to believe for talks to succeed. DESIGN §6."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from detente.design.plan.gains import threat
from detente.design.plan.objective import ANY, Outcome
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.questions.critical import PRECISION, Dial, dial_of, first_flip, is_within
from detente.design.questions.hopes import Sides
from detente.design.questions.sought import MORE, promise
from detente.design.questions.sources import inputs
from detente.dossier.changes.overlays import apply
from detente.errors import DossierError

COARSER = 10
"""How much less closely a belief is found than a number of `critical`: each value takes a search."""
_Status = Literal["succeeds_at", "already", "no_value_in_range", "others_hope_too_much", "undecided"]


@dataclass(frozen=True)
class Belief:
    """A belief about another party, and the value, in its unit, at which talks could succeed, the rest unchanged.

    `status`: "succeeds_at"; "already" where this party's hopes are no obstacle; "no_value_in_range";
    "others_hope_too_much" where the other parties' hopes cannot be met together even at this party's walk-away value;
    "undecided".
    """

    party: str
    path: str
    believed: float
    true: float | None
    unit: str
    succeeds_at: float | None
    low: float
    high: float
    status: _Status


@dataclass
class Believing:
    """For each belief of a party about others: where it would hope for no more than the others' hopes leave it."""

    sides: Sides
    say: Callable[[str], None]
    whole: bool = field(default=True, init=False)
    """Whether all was settled."""

    def all(self, targets: Mapping[str, float]) -> Iterator[Belief]:
        for party, target in targets.items():
            if party in self.sides.dossier.views:
                yield from self._of(party, target, {q: t for q, t in targets.items() if q != party})

    def _of(self, party: str, target: float, others: Mapping[str, float]) -> Iterator[Belief]:
        view, p = self.sides.dossier.views[party], self.sides.model.parties.index(party)
        self.say(f"What the others' hopes leave {self.sides.titled(party)}")
        left = self._promising(others).best_for(p)
        seen = apply(self.sides.dossier, view)
        dials = [dial_of(seen, i) for i in inputs(seen) if any(is_within(i.path, path) for path in view)]
        if left.shares is None or left.objective == -math.inf:
            status: _Status = "others_hope_too_much" if left.infeasible else "undecided"
            yield from (self._belief(party, d, None, status) for d in dials)
            return
        most = left.objective + float(threat(self.sides.model)[p])
        enough = target <= most + MORE * max(1.0, abs(most))
        yield from (self._belief(party, d, None, "already") if enough else self._turned(party, d, most) for d in dials)

    def _turned(self, party: str, dial: Dial, most: float) -> Belief:
        """Search one belief for the nearest value at which the party hopes for no more than it can have."""
        self.say(f"What {party} would have to believe of {dial.path}")
        true = self._true(dial)
        ends = [dial.low, dial.high, *([] if true is None else [true])]
        dial = replace(dial, low=min(ends), high=max(ends))

        def hopes_for_more(x: float) -> bool | None:
            try:
                view = Known.of(self.sides.seen(party, dial.at(x)), like=[self.sides.known])
            except DossierError:
                return None
            more = {party: most + MORE * max(1.0, abs(most))}
            return settled(self._promising(more, view).solver.best(ANY))

        found: list[float] = []
        whole = True
        for end in (dial.low, dial.high):
            steps = [(dial.stated + end) / 2, end] if end != dial.stated else []
            width = PRECISION * COARSER * (dial.high - dial.low)
            at, done = first_flip(hopes_for_more, dial.stated, steps, True, width)
            found += [] if at is None else [at]
            whole = whole and done
        if found:
            return self._belief(party, dial, min(found, key=lambda x: abs(x - dial.stated)), "succeeds_at")
        return self._belief(party, dial, None, "no_value_in_range" if whole else "undecided")

    def _promising(self, targets: Mapping[str, float], view: Known | None = None) -> Designer:
        """A designer whose plans give each party at least so much."""
        designer = self.sides.designer(view)
        promise(designer, targets)
        return designer

    def _true(self, dial: Dial) -> float | None:
        """What the dossier itself says of a number, in the unit of the belief."""
        values = [i.number.value for i in inputs(self.sides.dossier) if i.path == dial.path]
        return dial.manner.written(values[0]) if values else None

    def _belief(self, party: str, dial: Dial, at: float | None, status: _Status) -> Belief:
        self.whole &= status != "undecided"
        return Belief(
            party,
            dial.path,
            believed=dial.stated,
            true=self._true(dial),
            unit=dial.manner.unit,
            succeeds_at=at,
            low=dial.low,
            high=dial.high,
            status=status,
        )


def settled(outcome: Outcome) -> bool | None:
    """Whether there is a plan; None where that was not settled in time."""
    return True if outcome.shares is not None else False if outcome.proved else None
