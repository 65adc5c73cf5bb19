"""The case that a gap table is of, in truth and as each party sees it; and the best plans that it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.kinds import Rule
from detente.design.plan.objective import Outcome
from detente.design.plan.rules import RULES, Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.design.questions.conflicts import members
from detente.design.questions.sought import HANDED_ON, Handed, Pursuit, Sought
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier
from detente.model.numeric import Array
from detente.model.rows.arrays import Model

Want = tuple[Literal["can", "thinks", "asks", "met", "all", "rule", "together", "share"], str]
"""What is looked for: of a party, a demand, a rule, or of all hopes."""
Wanted = dict[Want, tuple[str, Sought]]
"""What is looked for, in words and as a question."""


@dataclass(frozen=True)
class Sides:
    """A case, the question that its deals have to meet, and how closely and how long to look."""

    known: Known
    question: Question
    tolerance: float
    clock: Clock

    @property
    def model(self) -> Model:
        return self.known.model

    @property
    def dossier(self) -> Dossier:
        return self.known.model.dossier

    @cached_property
    def views(self) -> dict[str, Model]:
        """The case as each party that has a view of its own sees it."""
        return {p: Model.of(self.seen(p)) for p in self.dossier.views}

    def seen(self, party: str, changes: Mapping[str, Any] | None = None) -> Dossier:
        """The case as a party sees it, with further changes."""
        return apply(self.dossier, {**self.dossier.views[party], **(changes or {})})

    def designer(self, known: Known | None = None) -> Designer:
        return Designer(known or self.known, self.question, gap=self.tolerance, clock=self.clock)

    def openings(self, party: str) -> list[str]:
        return [n for n, d in self.dossier.demands.items() if d.by == party and d.firmness == "opening"]

    def titled(self, party: str) -> str:
        return self.dossier.parties[party].name or party

    @cached_property
    def people(self) -> list[str]:
        """Parties that value something that the deal touches."""
        model = self.model
        return [name for p, name in enumerate(model.parties) if model.valued[p] and model.touched[p]]


class Hoping:
    """The best plans that the table stands on, to be looked for side by side.

    `patience`: seconds for each: within them most are proved, and the rest have a bound.
    """

    def __init__(self, sides: Sides, patience: float) -> None:
        self.sides, self.patience = sides, patience
        self.case = Handed(sides.known)

    def hopes(self) -> Wanted:
        """What each party can get, and asks for; and how much there is."""
        wanted: Wanted = {}
        for name in self.sides.people:
            wanted["can", name] = f"What {self.sides.titled(name)} can get", self._sought("best_for", name)
        for name in self.sides.people:
            if self.sides.openings(name):
                asked = f"What {self.sides.titled(name)} asks for"
                wanted["asks", name] = asked, self._sought("best_for", name, question=self._asked(name))
        model = self.sides.model
        if any(model.consents[model.parties.index(name)] for name in self.sides.people):
            consents = frozenset(n for n in members(self.sides.known, self.sides.question) if n.startswith("consent."))
            freed = replace(self.sides.question, without=consents)
            wanted["all", ""] = "Whether there is as much as all claim", self._sought("together", question=freed)
        return wanted

    def illusions(self, can: Mapping[str, Outcome]) -> Wanted:
        """What each party thinks that it can get, at least what it can where it thinks that kept, and could be met."""
        wanted: Wanted = {}
        for name in (name for name in self.sides.people if name in self.sides.views):
            said = f"What {self.sides.titled(name)} thinks that it can get"
            plans = plans_of(can[name])
            wanted["thinks", name] = said, self._sought("best_for", name, view=name, plans=plans)
        for name in self.sides.people:
            openings = self.sides.openings(name)
            for demand in openings:
                said = f"Whether {demand} could be met in its own view"
                others = frozenset(f"demands.{n}" for n in openings if n != demand)
                alone = Question("none", (name,), others)
                wanted["met", demand] = said, self._sought("any", question=alone, view=name)
        return wanted

    def rules(self, can: Mapping[str, Outcome], known: Mapping[Rule, Design]) -> Wanted:
        """The plan of each rule that is not known, from what is best for the parties."""
        asked = [r for r in RULES if r not in ("earliest", "minimal") or self.sides.dossier.success.minimal]
        plans = plans_of(*(can[name] for name in self.sides.people))
        wanted: Wanted = {}
        for rule in (r for r in asked if r not in known):
            sought = replace(self._sought("rule", rule, plans=plans), best=can)
            wanted["rule", rule] = f"What the {rule.replace('_', '-')} rule gives", sought
        return wanted

    def together(self, targets: Mapping[str, float]) -> Wanted:
        """Whether one plan could give all that they hope for, and the greatest part of that."""
        plans = tuple(self.sides.known.plans[-HANDED_ON:])
        any_, share = (replace(self._sought(aim, plans=plans), targets=targets) for aim in ("any", "share"))
        return {
            ("together", ""): ("Whether all hopes could be met together", any_),
            ("share", ""): ("How much of all hopes could be met together", share),
        }

    def _sought(
        self,
        aim: Pursuit,
        of: str = "",
        *,
        question: Question | None = None,
        view: str = "",
        plans: Sequence[Array] = (),
    ) -> Sought:
        """`view`: whose of the case; `plans`: to begin with, besides those that are known."""
        elsewhere = view in self.sides.views
        whole, twice = max(self.patience, self.sides.clock.left), 2 * self.patience
        seconds = {"rule": twice, "share": twice, "any": whole}.get(aim, self.patience)
        return Sought(
            self.sides.views[view].dossier if elsewhere else self.case,
            question or self.sides.question,
            aim,
            of,
            self.sides.tolerance,
            seconds=seconds,
            plans=(*self.sides.known.plans[-HANDED_ON:], *plans),
            binding=self.sides.known.binding,
            elsewhere=elsewhere,
        )

    def _asked(self, party: str) -> Question:
        """A party's opening position and its own conditions, and nobody else's."""
        question = Question("none", (party,))
        others = [n for n in members(self.sides.known, question) if not self._own(n, party)]
        return replace(question, without=frozenset(others))

    def _own(self, member: str, party: str) -> bool:
        kind, _, rest = member.partition(".")
        return self.sides.dossier.demands[rest].by == party if kind == "demands" else rest == party


def plans_of(*found: Outcome) -> list[Array]:
    """The plans that were found."""
    return [x for one in found if (x := one.shares) is not None]
