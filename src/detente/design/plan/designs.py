"""What a design says: the plan with its proof, how near it is to the best, or that there is none. DESIGN §6."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from detente.design.plan.gains import FINE, Gains, counted, counted_from
from detente.design.plan.kinds import Rule, Status
from detente.design.plan.objective import Outcome
from detente.model.judge.check import Verdict
from detente.model.plan import Plan

CAP = 1e3
"""Above any slack in units of its party's Σ|stakes|/ρ."""
STOPPED = "Stopped at the time limit: satisfactory, but perhaps not the best; see bound and gap."


@dataclass(frozen=True)
class Design:
    """The best plan for a rule, or the proof that there is none, or how far the search got."""

    status: Status
    rule: Rule
    rule_used: Rule
    plan: Plan | None = None
    verdict: Verdict | None = None
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    first_plan_seconds: float | None = None
    notes: tuple[str, ...] = ()
    finished: bool = field(default=True, kw_only=True)
    """False where time ran out: there may be a better plan, or any plan at all, than what was found."""


def unasked(rule: Rule) -> Design:
    """What is known of a question that the time did not suffice for."""
    return Design("undecided", rule, rule, finished=False)


def impossible(rule: Rule) -> Design:
    """What is known of a question to which no plan is an answer."""
    return Design("none_exists", rule, rule)


@dataclass(frozen=True)
class Ended:
    """What a search by a rule has found, to be told."""

    rule: Rule
    used: Rule
    """What the rule fell back to."""
    outcome: Outcome
    first_plan_seconds: float | None
    notes: tuple[str, ...]

    def none_exists(self, why: str | None = None) -> Design:
        notes = () if why is None else (why,)
        return Design("none_exists", self.rule, self.rule, first_plan_seconds=self.first_plan_seconds, notes=notes)

    def undecided(self) -> Design:
        notes = (*self.notes, *([self.outcome.note] if self.outcome.note else []))
        return Design(
            "undecided",
            self.rule,
            self.used,
            bound=self._bound,
            first_plan_seconds=self.first_plan_seconds,
            notes=notes,
            finished=False,
        )

    def satisfactory(self, plan: Plan, verdict: Verdict, gains: Gains) -> Design:
        found = self.outcome
        unbound = self.used == "robust" and found.objective >= CAP  # no condition carries a value
        gap = self.gap(gains)
        return Design(
            "satisfactory",
            self.rule,
            self.used,
            plan,
            verdict,
            objective=None if unbound else self._sign * found.objective,
            bound=None if unbound else self._bound,
            gap=None if unbound else gap,
            first_plan_seconds=self.first_plan_seconds,
            notes=(*self.notes, *self._remarks(verdict, gap, gains)),
            finished=found.proved,
        )

    def _remarks(self, verdict: Verdict, gap: float | None, gains: Gains) -> list[str]:
        notes, unit = [], self._unit(gains)
        if gap and self.used != "nash" and abs(self.outcome.objective) < FINE * unit:
            notes.append(f"The objective is next to nothing: its gap is told as a part of {FINE * unit:.3g} instead.")
        if self.used == "robust":
            notes.append(_what_binds(verdict, gains))
        if not self.outcome.proved:
            notes.append(self.outcome.note or STOPPED)
        return notes

    @property
    def _sign(self) -> float:
        return -1.0 if self.used in ("earliest", "minimal") else 1.0

    @property
    def _bound(self) -> float | None:
        return self._sign * self.outcome.bound if math.isfinite(self.outcome.bound) else None

    def gap(self, gains: Gains) -> float | None:
        found = self.outcome
        if not math.isfinite(found.bound) or not math.isfinite(found.objective):
            return None
        difference = max(0.0, found.bound - found.objective)
        return (
            -math.expm1(-difference)
            if self.used == "nash"
            else difference / counted(found.objective, self._unit(gains))
        )

    def _unit(self, gains: Gains) -> float:
        """The points of what is at stake, or 1, that a rule's objective is a size of."""
        return gains.unit if self.used in ("utilitarian", "egalitarian") else 1.0


def remarks(used: Rule, gains: Gains) -> tuple[str, ...]:
    """What to know of a rule's objective."""
    compares = (f"The {used} rule compares stake points across parties.",)
    return counted_from(gains.model, used) + compares * (used in ("utilitarian", "egalitarian"))


def _what_binds(verdict: Verdict, gains: Gains) -> str:
    """The row that sets the robust objective, in words."""
    model = gains.model
    norm = dict(zip(model.parties, model.norm, strict=True))
    rows = [s for s in verdict.slacks if s.slack is not None and s.party and norm[s.party] > 0 and s.keep is not None]
    unit = "the least slack as a share of its party's Σ|stakes|/ρ"
    if not rows:
        return f"Objective: {unit}; no condition sets it."
    row = min(rows, key=lambda s: (s.slack or 0.0) / norm[s.party or ""])
    name = model.dossier.parties[row.party or ""].name or row.party
    side = "just after" if row.moment == "between" else "on"
    when = f" {side} {row.date}" if row.date else ""
    when += f", when breaking openly on {row.leaves} at the latest" if row.leaves else ""
    return f"Objective: {unit}; it is set by the {row.kind.replace('_', ' ')} condition of {name}{when}."
