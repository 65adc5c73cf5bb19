"""The main question, whole: which deals are possible, and what the best of them looks like. DESIGN §6 `assess`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design, impossible, unasked
from detente.design.plan.kinds import Rule
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.design.questions.footing import ASSUMED, Footing, footing
from detente.design.questions.margins import dangerous, exposures
from detente.design.questions.parallel import on
from detente.design.questions.sought import Handed, Looked, Pursuit, Sought, looked
from detente.dossier.quantities import ZERO
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack, Verdict
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.arrays import Model


@dataclass(frozen=True)
class Worth:
    """What a plan is worth to a party: present value and its annual equivalent, beside its walk-away value (points)."""

    present: float
    annual: float
    walk_away: float
    must_consent: bool

    @property
    def gain(self) -> float:
        return self.present - self.walk_away


@dataclass(frozen=True)
class Assessment:
    """Verdicts by question ("openings", "openings:PARTY", "minimal", "full"), and the roadmap that is shown.

    `shown` names the verdict whose plan is the roadmap: full success where it can be had, else minimal, else none
    ("none": the best deal of any kind); None where no plan was found at all.
    """

    dossier: Dossier
    rule: Rule
    verdicts: Mapping[str, Design]
    shown: str | None
    plan: Plan | None
    proof: Verdict | None
    values: Mapping[str, Worth]
    dangerous: Slack | None
    """The least slack among the temptations (breakout, covert)."""
    exposure: tuple[Slack, ...]
    """The tightest exposure row of each party that has a limit."""
    assumptions: tuple[str, ...]
    footing: Footing | None = None
    """What it rests on that the plan shown is kept; None where none is shown, or it was not asked."""


def assess(
    dossier: Dossier,
    *,
    rule: Rule = "nash",
    time_limit: float = 300.0,
    gap: float = 0.005,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
    known: Known | None = None,
    executor: Executor | None = None,
    tell: Callable[[str, Design], None] = lambda name, verdict: None,
    possible: Callable[[str], None] = lambda name: None,
) -> Assessment:
    """Judge a case. The first question is asked here; the others then begin with the plans that it found.

    `known`: of the dossier, where something is; plans are added to it. `executor`: where questions are asked, side by
    side; by default here, one after another. `tell`: hears each verdict as it comes; `possible`: the name of each
    question to which there is found to be a plan, while the best is still looked for.
    """
    known = known or Known.of(dossier)
    clock = Clock(time_limit, cancelled)
    with on(executor, lambda: clock.left <= 0) as pool:
        asked = questions(dossier)
        asking = _Asking(Handed(known), rule, gap, clock, pool, of=len(asked), say=say, tell=tell, possible=possible)
        verdicts, shown = asking.answered(asked)
        found = concluded(known.model, rule, verdicts, shown)
        if found.plan is None or found.proof is None:
            return found
        say("What the plan rests on")
        resting = footing(dossier, found.plan, found.proof, seconds=clock.left, cancelled=cancelled, executor=pool)
        return replace(found, footing=resting)


@dataclass
class _Asking:
    """Asks questions of a case, each on its own, so that it does not matter how many are asked at a time."""

    case: Handed
    rule: Rule
    gap: float
    clock: Clock
    executor: Executor
    of: int
    """How many questions there are."""
    say: Callable[[str], None]
    tell: Callable[[str, Design], None]
    possible: Callable[[str], None]
    verdicts: dict[str, Design] = field(default_factory=dict)
    _found: dict[str, Looked] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def answered(self, asked: Mapping[str, Question]) -> tuple[dict[str, Design], str | None]:
        """All verdicts, with the one on any deal where no other has a plan; and the one whose plan is shown."""
        first, *rest = sorted(asked, key=lambda name: name.startswith("openings"))
        hard = {name: asked[name] for name in rest if not name.startswith("openings:")}
        there_are = self.begin({first: asked[first]}, hard)
        self.ask({name: asked[name] for name in rest if name not in self.verdicts}, there_are)
        verdicts = {name: self.verdicts[name] for name in asked}
        shown = next((n for n in ("full", "minimal", "none") if n in verdicts and verdicts[n].plan is not None), None)
        if shown is None and "none" not in verdicts and self.clock.left > 0:
            self.say("No success level can be had: looking for any deal at all")
            self.ask({"none": Question()}, {})
            verdicts["none"] = self.verdicts["none"]
            shown = "none" if verdicts["none"].plan is not None else None
        return verdicts, shown

    def begin(self, first: Mapping[str, Question], rest: Mapping[str, Question]) -> dict[str, tuple[Array, ...]]:
        """Ask the first question here, and meanwhile of others whether there is any plan; what there is.

        That there is none is proved in a part of the time without a best plan in view.
        """
        there_are: dict[str, tuple[Array, ...]] = {}
        wanted, mine = self._sought(rest, "any"), self._sought(first, "rule")
        for name, one in self._looked(wanted, mine):
            if name in first:
                self._conclude(name, one.answer, one)
            elif one.answer.infeasible:
                self._conclude(name, impossible(self.rule), one)
            elif one.answer.shares is not None:
                there_are[name] = (one.answer.shares,)
                self._glimpse(name)
        self._keep(first)
        return there_are

    def ask(self, asked: Mapping[str, Question], plans: Mapping[str, tuple[Array, ...]]) -> None:
        """Ask for the best plans, beginning with what the first question has found, and some plans of each."""
        wanted = self._sought(asked, "rule")
        wanted = {name: replace(one, plans=(*one.plans, *plans.get(name, ()))) for name, one in wanted.items()}
        for name, one in self._looked(wanted, {}):
            self._conclude(name, one.answer, one)
        self._keep(asked)

    def _sought(self, asked: Mapping[str, Question], aim: Pursuit) -> dict[str, Sought]:
        """No question may take more than two equal shares of the time; those that it does not suffice for are open."""
        known, seconds = self.case.known, self.clock.left * min(1.0, 2.0 / max(1, self.of))
        of, plans = self.rule if aim == "rule" else "", tuple(known.plans)
        return {
            name: Sought(
                self.case, question, aim, of, self.gap, seconds=max(1.0, seconds), plans=plans, binding=known.binding
            )
            for name, question in asked.items()
        }

    def _looked(self, wanted: Mapping[str, Sought], mine: Mapping[str, Sought]) -> Iterator[tuple[str, Looked]]:
        return looked(self.executor, wanted, cancelled=lambda: self.clock.left <= 0, here=mine, possible=self._glimpse)

    def _glimpse(self, name: str) -> None:
        """Tell once that there is a plan."""
        if name not in self._told:
            self._told.add(name)
            self.possible(name)

    def _conclude(self, name: str, verdict: Design, one: Looked) -> None:
        self.verdicts[name], self._found[name] = verdict, one
        self.tell(name, verdict)

    def _keep(self, asked: Iterable[str]) -> None:
        """Hand on what was found, in the order of asking, however it came; what there was no time for is open."""
        known = self.case.known
        for name in asked:
            if (one := self._found.get(name)) is None:
                self.verdicts[name] = unasked(self.rule)
                continue
            known.plans.extend(one.plans)
            known.binding |= one.binding


def concluded(model: Model, rule: Rule, verdicts: Mapping[str, Design], shown: str | None) -> Assessment:
    """An assessment from its verdicts and the name of the one whose plan is shown."""
    proof = verdicts[shown].verdict if shown else None
    return Assessment(
        dossier=model.dossier,
        rule=rule,
        verdicts=verdicts,
        shown=shown,
        plan=verdicts[shown].plan if shown else None,
        proof=proof,
        values=worths(model, proof) if proof else {},
        dangerous=dangerous(proof) if proof else None,
        exposure=exposures(proof) if proof else (),
        assumptions=assumptions(model.dossier),
    )


def questions(dossier: Dossier) -> dict[str, Question]:
    """The questions that a dossier allows, in the order of telling."""
    openers = tuple(dict.fromkeys(x.by for x in dossier.demands.values() if x.firmness == "opening"))
    asked: dict[str, Question] = {}
    if openers:
        asked["openings"] = Question("none", openers)
        asked |= {f"openings:{p}": Question("none", (p,)) for p in openers}
    if dossier.success.minimal:
        asked["minimal"] = Question("minimal")
    if dossier.success.full:
        asked["full"] = Question("full")
    return asked or {"none": Question()}


def describe(name: str, dossier: Dossier) -> str:
    """A question in words."""
    if name == "openings":
        return "All opening positions together"
    if name.startswith("openings:"):
        party = name.split(":", 1)[1]
        return f"Opening position of {dossier.parties[party].name or party} alone"
    return {"minimal": "Minimal success", "full": "Full success", "none": "Any deal"}[name]


def worths(model: Model, proof: Verdict) -> dict[str, Worth]:
    """Each party's value of a judged plan."""
    return {
        name: Worth(
            present=proof.values.get(name, 0.0),
            annual=proof.values.get(name, 0.0) * float(model.rho[p]) if model.valued[p] else 0.0,
            walk_away=float(model.walk_away[p]),
            must_consent=bool(model.consents[p]),
        )
        for p, name in enumerate(model.parties)
    }


def spared(dossier: Dossier, plan: Plan, proof: Verdict) -> dict[str, float]:
    """What of each party's present value a plan spares it of being without a deal, less what exits take of that."""
    if not any(party.loses for party in dossier.parties.values()):
        return dict.fromkeys(proof.values, 0.0)
    parties = {name: party.model_copy(update={"no_deal": ZERO}) for name, party in dossier.parties.items()}
    otherwise = Judge(dossier.model_copy(update={"parties": parties})).values(plan)
    return {name: value - otherwise[name] for name, value in proof.values.items()}


OWN = (
    *ASSUMED,
    "Everyone values what is written here, at a constant discount, and knows the plan; only cheating is hidden.",
    "Values are measured from no deal; the last period of the time grid never ends.",
)
"""The model's own assumptions."""


def assumptions(dossier: Dossier) -> tuple[str, ...]:
    """What the answer rests on: the model's own assumptions, then those that the dossier says it makes."""
    from detente.design.questions.sources import assumed

    return (*OWN, *assumed(dossier))
