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
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.gains import threat
from detente.design.plan.judging import Judging, name_of, plan_of
from detente.design.plan.kinds import Rule
from detente.design.plan.known import Known
from detente.design.plan.objective import ANY, Outcome
from detente.design.plan.question import ANY_DEAL, Question
from detente.design.plan.rules import RULES, Designer
from detente.design.questions.conflicts import members
from detente.design.questions.critical import PRECISION, Dial, dial_of, first_flip, is_within
from detente.design.questions.parallel import on
from detente.design.questions.sought import HANDED_ON, Handed, Pursuit, Sought, looked
from detente.design.questions.sources import inputs
from detente.dossier.changes.overlays import apply
from detente.dossier.schema import Dossier
from detente.errors import DossierError
from detente.model.numeric import Array
from detente.model.rows.arrays import Model
from detente.model.rows.losses import spared_for_ever

Want = tuple[Literal["can", "thinks", "asks", "met", "all", "rule"], str]
"""What is looked for: of a party, a demand, or a rule."""
UNKNOWN = Outcome(None, -math.inf, math.inf, proved=False)
MORE = 1e-3
"""How much more, as a part, a party must hope for than it could have, for its hope to be an obstacle."""


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
    status: Literal["succeeds_at", "already", "no_value_in_range", "others_hope_too_much", "undecided"]


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
    clock = Clock(time_limit, cancelled)
    with on(executor, lambda: clock.left <= 0) as pool:
        seconds = max(4.0, clock.left / 12) if patience is None else patience
        table = _Gap(known or Known.of(dossier), question, tolerance, clock, say, seconds)
        return table.run(pool, designs or {}, beliefs=beliefs)


class _Gap:
    """Works out the table: first the best plans that it stands on, then what they say together."""

    def __init__(
        self,
        known: Known,
        question: Question,
        tolerance: float,
        clock: Clock,
        say: Callable[[str], None],
        patience: float,
    ) -> None:
        self.known, self.model, self.dossier = known, known.model, known.model.dossier
        self.case = Handed(known)
        self.question, self.tolerance, self.clock, self.say = question, tolerance, clock, say
        self.judge = Judging.of(known, question).judge
        self.views = {p: Model.of(self._seen(p)) for p in self.dossier.views}
        self.found: dict[Want, Any] = {}
        """Designs by rule, and outcomes by what else is wanted."""
        self.finished = True
        self.patience = patience
        """Seconds for each best plan: within them most are proved, and the rest have a bound."""

    def run(self, executor: Executor, designs: Mapping[Rule, Design], *, beliefs: bool) -> Gap:
        model = self.model
        people = [p for p in range(len(model.parties)) if model.valued[p] and model.touched[p]]
        self._look(executor, self._hopes(people))
        reached = [self._can(p) for p in people]
        wanted = self._illusions(people)
        if any(c.value is not None for c in reached):
            self.found |= {("rule", rule): design for rule, design in designs.items() if design.finished}
            wanted |= self._rules(people)
        self._look(executor, wanted)
        given: dict[str, Design] = {rule: self.found["rule", rule] for rule in RULES if ("rule", rule) in self.found}
        rows = tuple(self._party(p, can, given) for p, can in zip(people, reached, strict=True))
        status = self._status(reached)
        together, share = None, None
        searched: tuple[Belief, ...] = ()
        if status == "satisfactory":
            targets = {r.party: t for r in rows if r.consents and (t := (r.thinks or r.can).value) is not None}
            despair = [r.thinks for r in rows if r.consents and r.thinks and r.thinks.value is None]
            if despair:
                together = False if all(hope.proved for hope in despair) else None
            else:
                together = self._exists(targets)
                share = 1.0 if together else self._share(targets)
            if beliefs and not despair:
                searched = self._beliefs(targets)
        rules = {rule: d.rule_used if d.plan is not None else d.status for rule, d in given.items()}
        claims = self._claims(rows)
        finished = self.finished and self.clock.left > 0
        return Gap(self.dossier, self.question, status, rows, rules, together, share, searched, finished, claims)

    def _status(self, reached: Sequence[Hope]) -> Literal["satisfactory", "none_exists", "undecided"]:
        """Whether there is a deal: by what parties can get, and by any plan where none has anything at stake."""
        if any(c.value is not None for c in reached):
            return "satisfactory"
        none = all(c.proved for c in reached)
        if not reached:
            answer = _settled(self.designer.solver.best(ANY))
            if answer:
                return "satisfactory"
            none = answer is False
        return "none_exists" if none else "undecided"

    # --- what is looked for side by side ---------------------------------------------------------------------------

    def _look(self, executor: Executor, wanted: Mapping[Want, tuple[str, Sought]]) -> None:
        """Look for plans; of those that the time does not suffice for nothing is found."""
        self.found |= {want: UNKNOWN for want in wanted if want[0] != "rule"}
        sought = {want: one for want, (_, one) in wanted.items()}
        for want, looked_for in looked(executor, sought, cancelled=lambda: self.clock.left <= 0):
            self.say(wanted[want][0])
            self.found[want] = looked_for.answer

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
        elsewhere = view in self.views
        seconds = {"rule": 2 * self.patience, "any": max(self.patience, self.clock.left)}.get(aim, self.patience)
        return Sought(
            self.views[view].dossier if elsewhere else self.case,
            question or self.question,
            aim,
            of,
            self.tolerance,
            seconds=seconds,
            plans=(*self.known.plans[-HANDED_ON:], *plans),
            binding=self.known.binding,
            elsewhere=elsewhere,
        )

    def _hopes(self, people: Sequence[int]) -> dict[Want, tuple[str, Sought]]:
        wanted: dict[Want, tuple[str, Sought]] = {}
        for name in (self.model.parties[p] for p in people):
            wanted["can", name] = f"What {self._titled(name)} can get", self._sought("best_for", name)
        for name in (self.model.parties[p] for p in people):
            if self._openings(name):
                asked = f"What {self._titled(name)} asks for"
                wanted["asks", name] = asked, self._sought("best_for", name, question=self._asked(name))
        if any(self.model.consents[p] for p in people):
            consents = frozenset(n for n in members(self.known, self.question) if n.startswith("consent."))
            freed = replace(self.question, without=consents)
            wanted["all", ""] = "Whether there is as much as all claim", self._sought("together", question=freed)
        return wanted

    def _illusions(self, people: Sequence[int]) -> dict[Want, tuple[str, Sought]]:
        """What each party thinks that it can get, at least what it can where it thinks that kept, and could be met."""
        wanted: dict[Want, tuple[str, Sought]] = {}
        for name in (self.model.parties[p] for p in people if self.model.parties[p] in self.views):
            said = f"What {self._titled(name)} thinks that it can get"
            plans = self._best_of([name])
            wanted["thinks", name] = said, self._sought("best_for", name, view=name, plans=plans)
        for name in (self.model.parties[p] for p in people):
            openings = self._openings(name)
            for demand in openings:
                said = f"Whether {demand} could be met in its own view"
                others = frozenset(f"demands.{n}" for n in openings if n != demand)
                alone = Question("none", (name,), others)
                wanted["met", demand] = said, self._sought("any", question=alone, view=name)
        return wanted

    def _rules(self, people: Sequence[int]) -> dict[Want, tuple[str, Sought]]:
        """The plan of each rule that is not known, from what is best for the parties."""
        asked = [r for r in RULES if r not in ("earliest", "minimal") or self.dossier.success.minimal]
        names = [self.model.parties[p] for p in people]
        best = {name: self.found["can", name] for name in names}
        wanted: dict[Want, tuple[str, Sought]] = {}
        for rule in (r for r in asked if ("rule", r) not in self.found):
            sought = replace(self._sought("rule", rule, plans=self._best_of(names)), best=best)
            wanted["rule", rule] = f"What the {rule.replace('_', '-')} rule gives", sought
        return wanted

    def _best_of(self, names: Sequence[str]) -> list[Array]:
        """The best plans that were found for some parties."""
        return [x for name in names if (x := self.found["can", name].shares) is not None]

    def _openings(self, party: str) -> list[str]:
        return [n for n, d in self.dossier.demands.items() if d.by == party and d.firmness == "opening"]

    def _asked(self, party: str) -> Question:
        """A party's opening position and its own conditions, and nobody else's."""
        question = Question("none", (party,))
        others = [n for n in members(self.known, question) if not self._own(n, party)]
        return replace(question, without=frozenset(others))

    # --- hopes ---------------------------------------------------------------------------------------------------

    @cached_property
    def designer(self) -> Designer:
        return self._designer(self.known, self.question)

    def _designer(self, known: Known, question: Question) -> Designer:
        return Designer(known, question, gap=self.tolerance, clock=self.clock)

    def _can(self, p: int) -> Hope:
        return self._hope(self.model, p, self.found["can", self.model.parties[p]])

    def _hope(self, model: Model, p: int, best: Outcome) -> Hope:
        base = float(threat(model)[p])
        if best.shares is None:
            return Hope(None, None, {}, (), best.proved)
        plan = plan_of(model, best.shares)
        broken = dict.fromkeys(name_of(s) for s in self.judge.slacks(plan) if not s.accepted)
        bound = best.bound + base if math.isfinite(best.bound) else None
        return Hope(best.objective + base, bound, self.judge.values(plan), tuple(broken), best.proved)

    def _party(self, p: int, can: Hope, designs: Mapping[str, Design]) -> PartyGap:
        name = self.model.parties[p]
        view = self.views.get(name, self.model)
        thinks, asks = self.found.get(("thinks", name)), self.found.get(("asks", name))
        settled = {d: _settled(self.found["met", d]) for d in self._openings(name)}
        return PartyGap(
            party=name,
            consents=bool(self.model.consents[p]),
            walk_away=float(self.model.walk_away[p]),
            asks=None if asks is None else self._hope(self.model, p, asks),
            thinks=None if thinks is None else self._hope(view, p, thinks),
            can=can,
            gets={r: d.verdict.values[name] if d.verdict else None for r, d in designs.items()},
            hopeless=tuple(d for d, possible in settled.items() if possible is False),
            unsettled=tuple(d for d, possible in settled.items() if possible is None),
            without=self._without(p, name, view),
        )

    def _without(self, p: int, name: str, view: Model) -> Without:
        """What a party gets without a deal, and the least that it would accept if its own view were true."""
        true, thinks = (-spared_for_ever(m.losses[p], float(m.rho[p])) for m in (self.model, view))
        least = float(view.walk_away[p])
        own = name in self.dossier.views
        return Without(true, thinks if own else None, least if own else None, claim=least + thinks - true)

    def _claims(self, rows: Sequence[PartyGap]) -> Claims | None:
        """The claims together, against the greatest sum of values over plans that would be kept."""
        claimed = [r.without.claim for r in rows if r.consents and r.without is not None]
        if not claimed:
            return None
        best = self.found["all", ""]
        base = sum(float(self.designer.gains.threat[p]) for p in self.designer.gains.bargainers)
        if best.shares is None:
            return Claims(sum(claimed), None, None)
        return Claims(sum(claimed), best.objective + base, best.bound + base if math.isfinite(best.bound) else None)

    def _own(self, member: str, party: str) -> bool:
        kind, _, rest = member.partition(".")
        return self.dossier.demands[rest].by == party if kind == "demands" else rest == party

    def _seen(self, party: str, changes: Mapping[str, Any] | None = None) -> Dossier:
        """The case as a party sees it, with further changes."""
        return apply(self.dossier, {**self.dossier.views[party], **(changes or {})})

    # --- beliefs -------------------------------------------------------------------------------------------------

    def _exists(self, targets: Mapping[str, float]) -> bool | None:
        """Whether some satisfactory plan gives each party so much."""
        self.say("Whether all hopes could be met together")
        return _settled(self._promising(targets).solver.best(ANY))

    def _share(self, targets: Mapping[str, float]) -> float | None:
        """The largest part of everyone's hopes that one plan can give."""
        parties = {
            p: targets[name] for p in self.designer.gains.bargainers if (name := self.model.parties[p]) in targets
        }
        hopes = {p: target - float(self.designer.gains.threat[p]) for p, target in parties.items()}
        scales = {p: min(1.0, self.designer.gains.at_stake(p)) for p in parties}
        outcome = self.designer.best_share({p: 1 / h for p, h in hopes.items() if h > MORE * 1e-3 * scales[p]})
        return None if outcome.shares is None else min(1.0, outcome.objective)

    def _promising(self, targets: Mapping[str, float], view: Known | None = None) -> Designer:
        """A designer whose plans give each party at least so much, less what rounding takes."""
        designer = self._designer(view or self.known, self.question)
        for party, target in targets.items():
            p = self.model.parties.index(party)
            worth, size = designer.problem.worth[p], designer.gains.at_stake(p)
            assert worth is not None
            enough = target - 1e-6 * max(min(1.0, size), abs(target))
            row = {c: v / size for c, v in worth.row.items()}
            designer.problem.program.add_row(row, low=(enough - worth.const) / size)
            pool = designer.solver.pool
            pool[:] = [shares for shares in pool if designer.gains.value(p, shares) >= enough]
        return designer

    def _beliefs(self, targets: Mapping[str, float]) -> tuple[Belief, ...]:
        found: list[Belief] = []
        for party, target in targets.items():
            if party in self.dossier.views:
                found += self._beliefs_of(party, target, {q: t for q, t in targets.items() if q != party})
        return tuple(found)

    def _beliefs_of(self, party: str, target: float, others: Mapping[str, float]) -> list[Belief]:
        """For each belief of a party: where it would hope for no more than the others' hopes leave it."""
        p = self.model.parties.index(party)
        self.say(f"What the others' hopes leave {self._name(p)}")
        left = self._promising(others).best_for(p)
        seen = apply(self.dossier, self.dossier.views[party])
        dials = [
            dial_of(seen, i) for i in inputs(seen) if any(is_within(i.path, path) for path in self.dossier.views[party])
        ]
        if left.shares is None or left.objective == float("-inf"):
            status = "others_hope_too_much" if left.infeasible else "undecided"
            return [self._belief(party, d, None, status) for d in dials]
        most = left.objective + float(self.designer.gains.threat[p])
        if target <= most + MORE * max(1.0, abs(most)):
            return [self._belief(party, d, None, "already") for d in dials]
        return [self._dialled(party, d, most) for d in dials]

    def _dialled(self, party: str, dial: Dial, most: float) -> Belief:
        """Search one belief for the nearest value at which the party hopes for no more than it can have."""
        self.say(f"What {party} would have to believe of {dial.path}")
        dial = self._with_truth(dial)

        def hopes_for_more(x: float) -> bool | None:
            try:
                view = Known.of(self._seen(party, dial.at(x)))
            except DossierError:
                return None
            more = {party: most + MORE * max(1.0, abs(most))}
            return _settled(self._promising(more, view).solver.best(ANY))

        found: list[float] = []
        settled = True
        for end in (dial.low, dial.high):
            steps = [(dial.stated + end) / 2, end] if end != dial.stated else []
            width = PRECISION * 10 * (dial.high - dial.low)
            at, done = first_flip(hopes_for_more, dial.stated, steps, True, width)
            found += [] if at is None else [at]
            settled = settled and done
        if found:
            return self._belief(party, dial, min(found, key=lambda x: abs(x - dial.stated)), "succeeds_at")
        return self._belief(party, dial, None, "no_value_in_range" if settled else "undecided")

    def _with_truth(self, dial: Dial) -> Dial:
        """The range searched takes in what is true."""
        true = self._true(dial)
        ends = [dial.low, dial.high, *([] if true is None else [true])]
        return replace(dial, low=min(ends), high=max(ends))

    def _true(self, dial: Dial) -> float | None:
        """What the dossier itself says of a number, in the unit of the belief."""
        values = [i.number.value for i in inputs(self.dossier) if i.path == dial.path]
        return dial.manner.written(values[0]) if values else None

    def _belief(self, party: str, dial: Dial, at: float | None, status: Any) -> Belief:
        true = self._true(dial)
        if status == "undecided":
            self.finished = False
        return Belief(party, dial.path, dial.stated, true, dial.manner.unit, at, dial.low, dial.high, status)

    def _name(self, p: int) -> str:
        return self._titled(self.model.parties[p])

    def _titled(self, name: str) -> str:
        return self.dossier.parties[name].name or name


def _settled(outcome: Outcome) -> bool | None:
    """Whether there is a plan; None where that was not settled in time."""
    return True if outcome.shares is not None else False if outcome.proved else None
