"""Why there is no deal, and what it would take: conflicts, concessions and the deals that they open. DESIGN §6."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.kinds import Rule, Status
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.design.questions.conflicts import Conflict, Possible, concessions, conflicts, members
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Demand, Dossier

T = TypeVar("T")


@dataclass(frozen=True)
class Concession:
    """What would have to be given up, at what price, the overlay that does it, and the deal that it opens."""

    give_up: tuple[str, ...]
    price: float
    overlay: Mapping[str, Any]
    deal: Design


@dataclass(frozen=True)
class Lesser:
    """What would have to be left out of success, and the deal that is then possible."""

    without: tuple[str, ...]
    overlay: Mapping[str, Any]
    deal: Design


@dataclass(frozen=True)
class Explanation:
    """Why a question has the answer that it has.

    `complete`: the conflicts are all that there are; `ranked`: the concessions are all that there are.
    """

    dossier: Dossier
    question: Question
    status: Status
    members: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    complete: bool
    concessions: tuple[Concession, ...] = ()
    ranked: bool = True
    lesser: tuple[Lesser, ...] = ()
    """Where no concession opens a deal: the fewest requirements of success to leave out."""


def explain(
    dossier: Dossier,
    question: Question,
    *,
    rule: Rule = "nash",
    most: int | None = 12,
    alternatives: int | None = 5,
    time_limit: float = 300.0,
    gap: float = 0.005,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Explanation:
    """All minimal conflicts of a question (at most so many), and the cheapest concessions (likewise; None: all)."""
    known = Known.of(dossier)
    clock = Clock(time_limit, cancelled)
    order = members(known, question)
    possible = Possible(known, question, clock)
    whole = possible(possible.all)
    if whole is not False:
        status: Status = "satisfactory" if whole else "undecided"
        return Explanation(dossier, question, status, order, (), complete=whole is True, ranked=whole is True)
    opening = _Opening(possible, order, rule, gap)
    say("Looking for the cheapest concessions")
    found, ranked = opening.cheapest(alternatives, say)
    lesser = opening.lesser(alternatives, say) if not found and ranked else ()
    say("Looking for conflicts")
    least, complete = _some(conflicts(possible, order), most, say, "conflicts")
    least.sort(key=lambda c: (len(c.members), [order.index(n) for n in c.members]))
    return Explanation(
        dossier,
        question,
        "none_exists",
        members=order,
        conflicts=tuple(least),
        complete=complete and all(c.proven_minimal for c in least),
        concessions=found,
        ranked=ranked,
        lesser=lesser,
    )


@dataclass(frozen=True)
class _Opening:
    """What would open a deal, and the best deal that it opens."""

    possible: Possible
    order: tuple[str, ...]
    rule: Rule
    gap: float

    @property
    def dossier(self) -> Dossier:
        return self.possible.known.model.dossier

    def cheapest(self, most: int | None, say: Callable[[str], None]) -> tuple[tuple[Concession, ...], bool]:
        """The cheapest concessions, at most so many, and whether these are all there are."""
        prices = for_sale(self.dossier, self.order)
        sets, ranked = _some(concessions(self.possible, prices), most, say, "sets of concessions")
        overlays = map(giving_up, sets)
        return tuple(
            Concession(s, sum(prices[n] for n in s), overlay, self._opened(overlay))
            for s, overlay in zip(sets, overlays, strict=True)
        ), ranked

    def lesser(self, most: int | None, say: Callable[[str], None]) -> tuple[Lesser, ...]:
        """The fewest requirements of success to leave out."""
        own = {n: 1.0 for n in self.order if n.startswith("success.")}
        sets, _ = _some(concessions(self.possible, own), most, say, "lesser successes")
        overlays = [(s, _shorter(self.dossier, s)) for s in sets if len(s) == len(sets[0])]
        return tuple(Lesser(s, overlay, self._opened(overlay)) for s, overlay in overlays)

    def _opened(self, overlay: Mapping[str, Any]) -> Design:
        clock = self.possible.clock
        asked = replace(self.possible.question, without=frozenset())
        changed = self.possible.known.asking_else(apply(self.dossier, overlay))
        return Designer(changed, asked, gap=self.gap, clock=clock).design(self.rule)


def for_sale(dossier: Dossier, names: Sequence[str]) -> dict[str, float]:
    """The demands that can be given up, with their prices: an opening without a price costs nothing to give up."""
    prices = {}
    for name in names:
        section, _, short = name.partition(".")
        if section == "demands":
            demand = dossier.demands[short]
            if demand.price is not None or demand.firmness == "opening":
                prices[name] = _points(dossier, demand)
    return prices


def _points(dossier: Dossier, demand: Demand) -> float:
    """The price of a demand as a present value; a flow is worth its perpetuity to whose demand it is."""
    if demand.price is None:
        return 0.0
    discount = dossier.parties[demand.by].discount
    return demand.price.value / discount.value if demand.price.flow and discount else demand.price.value


def giving_up(names: Sequence[str]) -> dict[str, Any]:
    """The overlay by which demands become preferences: still reported, no longer binding."""
    return {f"{name}.firmness": "preference" for name in names}


def _shorter(dossier: Dossier, names: Sequence[str]) -> dict[str, Any]:
    """The overlay that leaves requirements out of a success level."""
    level = names[0].split(".")[1]
    out = {int(name.split(".")[2]) for name in names}
    return {f"success.{level}": [r for i, r in enumerate(dossier.document["success"][level]) if i not in out]}


def _some(found: Iterable[T | None], most: int | None, say: Callable[[str], None], what: str) -> tuple[list[T], bool]:
    """What is found, up to a number; whether that is all there is."""
    kept: list[T] = []
    for item in found:
        if item is None or (most is not None and len(kept) == most):
            return kept, False
        kept.append(item)
        say(f"{what.capitalize()} found so far: {len(kept)}")
    return kept, True
