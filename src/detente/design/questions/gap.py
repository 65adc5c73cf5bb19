"""The gap between expectations and reality: what each party asks, thinks that it can get, can get, and gets. DESIGN §6.

Asks: the best plan for the party that meets its own opening position and conditions, whatever the others think of it.
Thinks: its best satisfactory plan in the dossier as its own view has it. Can: its best satisfactory plan in truth,
with everyone else held to no more than consent. Gets: what each rule gives it. Talks could succeed where some
satisfactory plan gives every consenting party its own-view best.

Optimism may also be about what comes without a deal: each party claims as much as would leave it, in truth, no worse
off than its own view says it would be without one. Where the claims together exceed what there is to share, there is
no deal that all could accept (Fearon, International Organization 1995; Powell, APSR 2006). ANSWERS R6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Literal

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.gains import bargainers, threat
from detente.design.plan.judging import Judging, name_of, plan_of
from detente.design.plan.kinds import Rule
from detente.design.plan.objective import ANY, Outcome
from detente.design.plan.rules import RULES
from detente.design.programme.known import Known
from detente.design.programme.question import ANY_DEAL, Question
from detente.design.questions.beliefs import Belief, Believing, settled
from detente.design.questions.hopes import Hoping, Sides, Want, Wanted
from detente.design.questions.parallel import on
from detente.design.questions.sought import looked
from detente.dossier.schema import Dossier
from detente.model.rows.arrays import Model
from detente.model.rows.losses import spared_for_ever

UNKNOWN = Outcome(None, -math.inf, math.inf, proved=False)
LEAST_SECONDS, PARTS = 4.0, 12
"""Seconds for each best plan: this part of the time, but so many at the least."""


@dataclass(frozen=True)
class Hope:
    """A party's best plan somewhere: its own value there, everyone's values in truth, what breaks there in truth.

    `value` is None where no plan exists (`proved`) or none was found in time.
    """

    value: float | None
    bound: float | None
    values: Mapping[str, float]
    breaks: tuple[str, ...]
    proved: bool


@dataclass(frozen=True)
class Without:
    """What a party gets without a deal (points, present value): in truth, and as its own view has it.

    `no_deal`: what no deal brings, its losses or gains a year added up. `walk_away`: the least value at which it
    consents, beyond that. `claim`: the least value of a deal, in truth, that its own view would accept.
    """

    no_deal: float
    no_deal_thinks: float | None
    """None where it has no view of its own."""
    walk_away_thinks: float | None
    claim: float


@dataclass(frozen=True)
class Claims:
    """The claims of the consenting parties added up, and the greatest sum of values that there is (points).

    What there is: over all plans that would be kept and meet the question, whether all consent or not. `most` is a
    bound on it: the same where it was proved. None: no such plan was found. Adding compares points across parties.
    """

    together: float
    there_is: float | None
    most: float | None

    @property
    def exceed(self) -> float | None:
        """By how much the claims exceed what was found; negative where there is more than is claimed."""
        return None if self.there_is is None else self.together - self.there_is

    @property
    def proved(self) -> bool:
        """Whether the claims are certainly more than there is."""
        return self.most is not None and self.together > self.most


@dataclass(frozen=True)
class PartyGap:
    """One party's line: hopes and what comes of them (points, present value)."""

    party: str
    consents: bool
    walk_away: float
    asks: Hope | None
    """None where it has no opening position."""
    thinks: Hope | None
    """None where it has no view of the others."""
    can: Hope
    gets: Mapping[str, float | None]
    """Value by rule; None where the rule has no plan."""
    hopeless: tuple[str, ...]
    """Demands that no satisfactory plan meets, one at a time, even in its own view."""
    unsettled: tuple[str, ...]
    """Demands of which that was not settled in time."""
    without: Without | None = None

    @property
    def illusion(self) -> float | None:
        """What it thinks that it can get less what it can get."""
        thought = self.thinks or self.can
        return None if thought.value is None or self.can.value is None else thought.value - self.can.value


@dataclass(frozen=True)
class Gap:
    """The gap table of a case under a question (its success level)."""

    dossier: Dossier
    question: Question
    status: Literal["satisfactory", "none_exists", "undecided"]
    parties: tuple[PartyGap, ...]
    rules: Mapping[str, str]
    """What each rule fell back to; its status where it has no plan."""
    together: bool | None
    """Whether some satisfactory plan gives every consenting party its own-view best."""
    share: float | None
    """The largest part of these hopes (beyond walk-away values) that one satisfactory plan can give to all at once."""
    beliefs: tuple[Belief, ...]
    finished: bool
    claims: Claims | None = None
    """None where nobody's consent is needed."""


def gap(
    dossier: Dossier,
    question: Question = ANY_DEAL,
    *,
    beliefs: bool = True,
    tolerance: float = 0.005,
    time_limit: float = 300.0,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
    known: Known | None = None,
    executor: Executor | None = None,
    designs: Mapping[Rule, Design] | None = None,
    patience: float | None = None,
) -> Gap:
    """Everyone's hopes against what they can have; `beliefs`: search, too, for what they would have to believe.

    `known`: of the dossier, where something is. `executor`: where the best plans are looked for, side by side; by
    default here, one after another. `designs`: what some rules are known to give under the question. `patience`:
    seconds for each best plan; by default a twelfth of the time.
    """
    sides = Sides(known or Known.of(dossier), question, tolerance, Clock(time_limit, cancelled))
    seconds = max(LEAST_SECONDS, sides.clock.left / PARTS) if patience is None else patience
    hoping = Hoping(sides, seconds)
    with on(executor, lambda: sides.clock.left <= 0) as pool:
        looking = _Looking(pool, sides.clock, say)
        found = looking.found(hoping.hopes())
        can = {name: found["can", name] for name in sides.people}
        known_rules = {rule: design for rule, design in (designs or {}).items() if design.finished}
        found |= looking.found(hoping.illusions(can))
        if any(one.shares is not None for one in can.values()):
            targets = _hoped(sides, found)
            found |= looking.found((hoping.together(targets) if targets else {}) | hoping.rules(can, known_rules))
            found |= {("rule", rule): design for rule, design in known_rules.items()}
        return _Table(sides, found, say).told(beliefs=beliefs)


def _hoped(sides: Sides, found: Mapping[Want, Any]) -> dict[str, float]:
    """What each party whose consent is needed hopes for; nothing where one of them has no hope."""
    targets: dict[str, float] = {}
    for name in (name for name in sides.people if sides.dossier.parties[name].must_consent):
        view, thinks = sides.views.get(name, sides.model), found.get(("thinks", name))
        best: Outcome = thinks or found["can", name]
        if best.shares is not None:
            targets[name] = best.objective + float(threat(view)[view.parties.index(name)])
        elif thinks is not None:
            return {}
    return targets


@dataclass(frozen=True)
class _Looking:
    """Looks for plans side by side."""

    executor: Executor
    clock: Clock
    say: Callable[[str], None]

    def found(self, wanted: Wanted) -> dict[Want, Any]:
        """Designs by rule, and outcomes by what else is wanted; of what the time does not suffice for nothing."""
        found: dict[Want, Any] = {want: UNKNOWN for want in wanted if want[0] != "rule"}
        sought = {want: one for want, (_, one) in wanted.items()}
        for want, looked_for in looked(self.executor, sought, cancelled=lambda: self.clock.left <= 0):
            self.say(wanted[want][0])
            found[want] = looked_for.answer
        return found


class _Table:
    """What the plans that were found say together."""

    def __init__(self, sides: Sides, found: Mapping[Want, Any], say: Callable[[str], None]) -> None:
        self.sides, self.model, self.found = sides, sides.model, found
        self.judge = Judging.of(sides.known, sides.question).judge
        self.designs: dict[str, Design] = {r: found["rule", r] for r in RULES if ("rule", r) in found}
        self.say = say

    def told(self, *, beliefs: bool) -> Gap:
        rows = tuple(map(self._party, self.sides.people))
        status = self._status([row.can for row in rows])
        together, share = None, None
        believing = Believing(self.sides, self.say)
        searched: tuple[Belief, ...] = ()
        if status == "satisfactory":
            targets = _hoped(self.sides, self.found)
            despair = [r.thinks for r in rows if r.consents and r.thinks and r.thinks.value is None]
            if despair:
                together = False if all(hope.proved for hope in despair) else None
            else:
                together = settled(self.found["together", ""]) if targets else True
                share = 1.0 if together else self._share()
                searched = tuple(believing.all(targets)) if beliefs else ()
        return Gap(
            self.sides.dossier,
            self.sides.question,
            status,
            parties=rows,
            rules={rule: d.rule_used if d.plan is not None else d.status for rule, d in self.designs.items()},
            together=together,
            share=share,
            beliefs=searched,
            finished=believing.whole and self.sides.clock.left > 0,
            claims=self._claims(rows),
        )

    def _status(self, reached: Sequence[Hope]) -> Literal["satisfactory", "none_exists", "undecided"]:
        """Whether there is a deal: by what parties can get, and by any plan where none has anything at stake."""
        if any(c.value is not None for c in reached):
            return "satisfactory"
        none = all(c.proved for c in reached)
        if not reached:
            answer = settled(self.sides.designer().solver.best(ANY))
            if answer:
                return "satisfactory"
            none = answer is False
        return "none_exists" if none else "undecided"

    def _hope(self, model: Model, p: int, best: Outcome, *, kept: bool = False) -> Hope:
        """What a party hopes for, in its own view; `kept`: the judge has accepted it in truth."""
        base = float(threat(model)[p])
        if best.shares is None:
            return Hope(None, None, {}, (), best.proved)
        plan = plan_of(model, best.shares)
        rows = () if kept else self.judge.slacks(plan)
        broken = dict.fromkeys(name_of(s) for s in rows if not s.accepted)
        bound = best.bound + base if math.isfinite(best.bound) else None
        return Hope(best.objective + base, bound, self.judge.values(plan), tuple(broken), best.proved)

    def _party(self, name: str) -> PartyGap:
        p, view = self.model.parties.index(name), self.sides.views.get(name, self.model)
        thinks, asks = self.found.get(("thinks", name)), self.found.get(("asks", name))
        met = {d: settled(self.found["met", d]) for d in self.sides.openings(name)}
        return PartyGap(
            party=name,
            consents=bool(self.model.consents[p]),
            walk_away=float(self.model.walk_away[p]),
            asks=None if asks is None else self._hope(self.model, p, asks),
            thinks=None if thinks is None else self._hope(view, p, thinks),
            can=self._hope(self.model, p, self.found["can", name], kept=True),
            gets={r: d.verdict.values[name] if d.verdict else None for r, d in self.designs.items()},
            hopeless=tuple(d for d, possible in met.items() if possible is False),
            unsettled=tuple(d for d, possible in met.items() if possible is None),
            without=self._without(p, name, view),
        )

    def _without(self, p: int, name: str, view: Model) -> Without:
        """What a party gets without a deal, and the least that it would accept if its own view were true."""
        true, thinks = (-spared_for_ever(m.losses[p], float(m.rho[p])) for m in (self.model, view))
        least = float(view.walk_away[p])
        own = name in self.sides.dossier.views
        return Without(true, thinks if own else None, least if own else None, claim=least + thinks - true)

    def _share(self) -> float | None:
        """The largest part of all hopes that one plan can give."""
        best = self.found["share", ""]
        return None if best.shares is None else min(1.0, best.objective)

    def _claims(self, rows: Sequence[PartyGap]) -> Claims | None:
        """The claims together, against the greatest sum of values over plans that would be kept."""
        claimed = [r.without.claim for r in rows if r.consents and r.without is not None]
        if not claimed:
            return None
        best = self.found["all", ""]
        base = sum(float(threat(self.model)[p]) for p in bargainers(self.model))
        if best.shares is None:
            return Claims(sum(claimed), None, None)
        return Claims(sum(claimed), best.objective + base, best.bound + base if math.isfinite(best.bound) else None)
