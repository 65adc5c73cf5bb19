"""The seven rules of DESIGN §5, and the one entry point: `design`. Every plan returned has passed `check`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np

from detente.design.plan.clock import Clock
from detente.design.plan.examiner import Examiner
from detente.design.plan.judging import Judging, plan_of
from detente.design.plan.kinds import Rule, Status
from detente.design.plan.known import Known
from detente.design.plan.linear import Linear, combine, total
from detente.design.plan.objective import ANY, Objective, Outcome
from detente.design.plan.problem import Problem
from detente.design.plan.question import Question, requirements
from detente.design.plan.ready import standing_ready, standing_verified
from detente.design.plan.requirements import MET as REQUIRED
from detente.design.plan.solve import Solver
from detente.design.plan.verification import scale
from detente.dossier.grid import years_between
from detente.dossier.schema import Before, Dossier, InForce, InterestBound, Never, ProgressBy, Require
from detente.errors import DetenteError, UsageError
from detente.model.judge.check import Judge, Verdict
from detente.model.kinds import SuccessLevel
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.rows.detection import SNAP

RULES: tuple[Rule, ...] = get_args(Rule)
POSITIVE = 1e-9
"""A gain counts as positive above this part of what the party has at stake (`Designer.at_stake`)."""
FINE, COARSE = 1e-4, 1e-6
"""The programme counts gains in this part of what is at stake, fine enough for small gains of who has much at stake;
but in no less than this part of the largest effect, or rounding would look like a loss."""
LEAST_GAIN = 1e-6
"""The gain, in the unit that the programme counts in, below which it takes the logarithm for a straight line."""
CAP = 1e3
"""Above any slack in units of its party's Σ|stakes|/ρ."""


@dataclass(frozen=True)
class Design:
    """The best plan for a rule, or the proof that there is none, or how far the search got."""

    status: Status
    rule: Rule
    rule_used: Rule
    plan: Plan | None
    verdict: Verdict | None
    objective: float | None
    bound: float | None
    gap: float | None
    first_plan_seconds: float | None
    notes: tuple[str, ...] = ()
    finished: bool = True
    """False where time ran out: there may be a better plan, or any plan at all, than what was found."""


def unasked(rule: Rule) -> Design:
    """What is known of a question that the time did not suffice for."""
    return Design("undecided", rule, rule, None, None, None, None, None, None, (), finished=False)


def design(
    dossier: Dossier,
    rule: Rule = "nash",
    *,
    success: SuccessLevel = "none",
    openings: Sequence[str] = (),
    time_limit: float = 300.0,
    gap: float = 0.005,
    say: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Design:
    """The best satisfactory plan under a rule. Raises UsageError for a rule or level that is not on offer."""
    if rule not in RULES:
        raise UsageError(f"unknown rule {rule!r}; the rules are {', '.join(RULES)}")
    if success not in ("none", "minimal", "full"):
        raise UsageError(f"unknown success level {success!r}; the levels are none, minimal, full")
    if rule in ("earliest", "minimal") and not dossier.success.minimal:
        raise UsageError(f"rule {rule!r} needs `success.minimal` in the dossier: say there what would count as success")
    asked = Question(success, tuple(openings))
    return Designer(Known.of(dossier), asked, gap=gap, clock=Clock(time_limit, cancelled), say=say).design(rule)


class Designer:
    """Designs under one question; rows and plans found for one rule serve the next."""

    def __init__(
        self,
        known: Known,
        question: Question,
        *,
        gap: float,
        clock: Clock,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.known, self.model, self.question = known, known.model, question
        self.gap, self.clock, self.say = gap, clock, say
        self.notes: list[str] = []
        self._fresh()
        self.solver.recall()

    def _fresh(self, pool: Sequence[Array] = ()) -> None:
        """A programme anew, with the rows that were found to be needed and plans that are known."""
        self.problem = Problem(self.known, self.question)
        self.solver = Solver(self.problem, self.clock, say=self.say)
        self.solver.pool.extend(pool)
        self._best: dict[int, Outcome] = {}

    @property
    def bargainers(self) -> list[int]:
        """Consenting parties that some measure touches: whose gains the rules weigh."""
        m = self.model
        return [int(p) for p in np.flatnonzero(m.consents & m.valued & m.touched)]

    @cached_property
    def threat(self) -> Array:
        """[P] what gains are counted from."""
        return threat(self.model)

    def at_stake(self, p: int) -> float:
        """What counts as 1 point for a party, as far as rounding goes: Σ|stakes|/ρ, or its effects if larger."""
        return float(self.problem.valued.closeness.sizes.scale[p])

    def grain(self, p: int) -> float:
        """The points in which the programme counts a party's gains."""
        largest = max(map(abs, self.gain(p).row.values()), default=0.0)
        return max(FINE * self.at_stake(p), COARSE * largest)

    def gains(self, shares: Array) -> Array:
        """[bargainers] V_p(f; 0) − walk_away_p, or V_p(f; 0) where no deal is what the parties fall back to."""
        return np.array([self.value(p, shares) - self.threat[p] for p in self.bargainers])

    def gain(self, p: int) -> Linear:
        """The gain of a party as the programme sees it."""
        worth = self.problem.worth[p]
        assert worth is not None
        return Linear(worth.row, worth.const - float(self.threat[p]))

    def value(self, p: int, shares: Array) -> float:
        """What a plan is worth to a party that values something."""
        return self.known.value(p, shares)

    # --- rules -------------------------------------------------------------------------------------------------

    def design(self, rule: Rule) -> Design:
        solve = {
            "nash": self._nash,
            "kalai_smorodinsky": self._kalai_smorodinsky,
            "egalitarian": self._egalitarian,
            "utilitarian": self._utilitarian,
            "robust": self._robust,
            "earliest": self._earliest,
            "minimal": self._minimal,
        }[rule]
        outcome, used = solve()
        return self._result(rule, used, outcome)

    @property
    def unit(self) -> float:
        """The least that a bargainer has at stake: what is small beside it is small for all."""
        return min(map(self.at_stake, self.bargainers), default=1.0)

    def _close(self, unit: float = 1.0, part: float = 1.0) -> Callable[[float], float]:
        """Within which distance of a bound an objective is good enough: see `counted`."""
        return lambda value: part * self.gap * counted(value, unit)

    def _utilitarian(self) -> tuple[Outcome, Rule]:
        return self.best_together(), "utilitarian"

    def best_together(self) -> Outcome:
        """The greatest sum of gains."""
        target = total((1.0, self.gain(p)) for p in self.bargainers)
        score = Objective(
            target, lambda s: float(self.gains(s).sum()), slack_for=self._close(self.unit), unit=self.unit
        )
        return self.solver.best(score)

    def least(self, weights: dict[int, float], counted_in: float = 1.0) -> Objective:
        """max t with t ≤ weight·gain for each party (bargainers, by number)."""
        if not weights:
            return Objective(Linear({}), lambda s: 0.0, slack_for=self._close())
        grain = min(weight * self.grain(p) for p, weight in weights.items())
        unit = min(weight * self.at_stake(p) for p, weight in weights.items())
        t = self.problem.program.add_column(-math.inf, math.inf)
        for p, weight in weights.items():
            gain, size = self.gain(p), weight * self.grain(p)
            row = combine((weight / size, gain.row), (-grain / size, {t: 1.0}))
            self.problem.program.add_row(row, low=-weight * gain.const / size)
        factor = np.array([weights.get(p, 0.0) for p in self.bargainers])
        chosen = np.array([p in weights for p in self.bargainers])

        def score(shares: Array) -> float:
            return float((factor * self.gains(shares))[chosen].min())

        return Objective(Linear({t: grain}), score, slack_for=self._close(counted_in), unit=unit)

    def _least_gain(self) -> Objective:
        return self.least(dict.fromkeys(self.bargainers, 1.0), self.unit)

    def _egalitarian(self) -> tuple[Outcome, Rule]:
        return self.solver.best(self._least_gain()), "egalitarian"

    def _nash(self) -> tuple[Outcome, Rule]:
        if self.bargainers:
            outcome = self.solver.best(self._log_sum())
            if not outcome.infeasible:
                return outcome, "nash"
            self._fresh(self.solver.pool)
        self.notes.append("No satisfactory plan gives every consenting party a gain above zero: egalitarian instead.")
        return self._egalitarian()

    def _log_sum(self) -> Objective:
        """max Σ ln g, the logarithms from above by tangents, drawn where solutions fall."""
        program = self.problem.program
        fine = max(1e-8, 0.05 * self.gap / max(1, len(self.bargainers)))
        columns: list[tuple[int, int, float]] = []
        units = np.array([self.grain(p) for p in self.bargainers])
        positive = np.array([POSITIVE * self.at_stake(p) for p in self.bargainers])
        for p, unit, least in zip(self.bargainers, units, positive, strict=True):
            gain = self.gain(p)
            most = max(1.0, float(self.problem.valued.closeness.sizes.most[p]) / unit)
            g, z = (
                program.add_column(0.5 * least / unit, most),
                program.add_column(math.log(LEAST_GAIN) - 1.0, math.log(most) + 1.0),
            )
            row = combine((1 / unit, gain.row), (-1.0, {g: 1.0}))
            program.add_row(row, low=-gain.const / unit)
            columns.append((g, z, most))

        def tangent(g: int, z: int, at: float) -> None:
            even = math.sqrt(at)
            program.add_row({z: even, g: -1.0 / even}, high=even * (math.log(at) - 1.0))

        for g, z, most in columns:
            for decade in range(math.ceil(math.log10(most)) + 1):
                tangent(g, z, 10.0**decade)

        def refine(x: Array) -> bool:
            loose = [(g, z) for g, z, _ in columns if x[z] - math.log(max(LEAST_GAIN, x[g])) > fine]
            for g, z in loose:
                tangent(g, z, max(LEAST_GAIN, float(x[g])))
            return bool(loose) or self._forbid_loss(x, positive)

        def score(shares: Array) -> float:
            gains = self.gains(shares)
            return float(np.log(gains).sum()) if np.all(gains > positive) else -math.inf

        return Objective(
            Linear({z: 1.0 for _, z, _ in columns}, float(np.log(units).sum())),
            score,
            refine,
            slack_for=lambda v: -math.log1p(-min(self.gap, 0.99)),
        )

    def _forbid_loss(self, x: Array, positive: Array) -> bool:
        """Cut off a plan that gives somebody no gain by so little that the programme cannot tell; whether x is one."""
        if self.problem.valued.closeness.partial:
            return False
        f = x[: self.model.M * self.model.K]
        candidate = self.solver.examiner.read(x)
        loss = bool(np.all(np.abs(f - np.round(f)) < 1e-6) and np.any(self.gains(candidate.shares) <= positive))
        if loss:
            self.solver.forbid(candidate)
        return loss

    def _kalai_smorodinsky(self) -> tuple[Outcome, Rule]:
        weights: dict[int, float] = {}
        for p in self.bargainers:
            best = self.best_for(p, 0.2)
            if best.shares is None:
                return best, "kalai_smorodinsky"
            if best.objective > POSITIVE * self.at_stake(p):
                weights[p] = 1.0 / best.objective
        return self.solver.best(self.least(weights)), "kalai_smorodinsky"

    def best_for(self, p: int, part: float = 1.0) -> Outcome:
        """The greatest gain of one party over all satisfactory plans, whether it must consent or not.

        Within `part` of the gap that is asked for; found once.
        """
        if p not in self._best:
            least, unit = float(self.threat[p]), self.at_stake(p)
            own = Objective(
                self.gain(p),
                lambda s: self.value(p, s) - least,
                slack_for=self._close(unit, part),
                unit=unit,
            )
            self._best[p] = self.solver.best(own)
        return self._best[p]

    def _robust(self) -> tuple[Outcome, Rule]:
        from detente.design.plan.robust import least_slack

        del self.solver.pool[:-1]  # to weigh a plan here is to judge all its conditions
        return self.solver.best(least_slack(self.problem, self.solver, CAP, self._close())), "robust"

    def _earliest(self) -> tuple[Outcome, Rule]:
        first = self._meet_minimal()
        times, program = self._times(), self.problem.program
        met = program.add_columns(np.zeros(len(times)), np.ones(len(times)), integer=True)
        for i, t in enumerate(times):
            if i:
                program.add_row({met[i]: 1.0, met[i - 1]: -1.0}, low=0.0)
            for r in first:
                self._met_by(r, t, met[i])
        program.add_row({met[-1]: 1.0}, low=1.0)
        spans = np.diff(np.array([*times, times[-1]]))
        row = {met[i]: float(spans[i]) for i in range(len(times))}
        target = Linear(row, -times[-1])

        def score(shares: Array) -> float:
            return -self.met(shares)

        return self._then_egalitarian(Objective(target, score), "earliest")

    def _minimal(self) -> tuple[Outcome, Rule]:
        self._meet_minimal()
        new = self.problem.columns.entering
        target = Linear(dict.fromkeys(new, -1.0))

        def score(shares: Array) -> float:
            if math.isinf(self.met(shares)):
                return -math.inf
            return -float(np.sum((shares[:, -1] > shares[:, 0] + 1e-9)[self.model.real]))

        return self._then_egalitarian(Objective(target, score), "minimal")

    def _meet_minimal(self) -> tuple[Require, ...]:
        first = requirements(self.model, "minimal")
        if self.question.success != "minimal":
            for r in first:
                self.problem.requirements.require(r)
            asked = Judging.of(self.known, replace(self.question, success="minimal"))
            self.solver.pool[:] = [x for x in self.solver.pool if asked.fits(self.model, x)]
        return first

    def _then_egalitarian(self, primary: Objective, rule: Rule) -> tuple[Outcome, Rule]:
        """Among the plans that are best by the first objective, the one with the largest least gain."""
        outcome = self.solver.best(primary)
        if outcome.shares is None or not outcome.proved:
            return outcome, rule
        self.problem.program.add_row(primary.target.row, low=outcome.objective - primary.target.const - 1e-7)
        second = self._least_gain()
        gained = second.score

        def score(shares: Array) -> float:
            return gained(shares) if primary.score(shares) >= outcome.objective - 1e-6 else -math.inf

        second.score = score
        tie = self.solver.best(second)
        shares = outcome.shares if tie.shares is None else tie.shares
        return Outcome(shares, outcome.objective, outcome.bound, proved=True), rule

    def met(self, shares: Array) -> float:
        """Years from signature at which a plan meets minimal success; infinite where it never does."""
        return met_time(self.model, requirements(self.model, "minimal"), shares)

    def _times(self) -> list[float]:
        """Times at which minimal success can be met: entries, verifications that count, dates that it names."""
        model = self.model
        times = set(model.tau.tolist())
        for r in requirements(model, "minimal"):
            if isinstance(r, InterestBound) and r.since:
                times.add(max(0.0, years_between(model.dossier.start, r.since)))
            if isinstance(r, ProgressBy):
                for m in scale(model, r.progress):
                    waits = self.problem.verification.waits(m)
                    times |= {t + wait for wait in waits for t in model.tau.tolist()}
                    if model.state[m] > 0:
                        times |= {max(0.0, standing_verified(model, m, wait)) for wait in waits}
        ordered = sorted(times)
        return [t for i, t in enumerate(ordered) if i == 0 or t - ordered[i - 1] > SNAP]

    def _met_by(self, r: Require, t: float, met: int) -> None:
        """Row: `met` may be 1 only where a requirement is met at time t."""
        program, columns, model = self.problem.program, self.problem.columns, self.model
        k = int(np.searchsorted(model.tau, t + SNAP, side="right")) - 1
        if isinstance(r, InForce):
            program.hold(total([(1.0, columns.all_in(model.index[r.in_force], k)), (-1.0, Linear.of(met))]), low=0.0)
        elif isinstance(r, ProgressBy):
            done = self.problem.requirements.progress(r.progress, t)
            program.hold(total([(1.0, done), (-r.at_least.value, Linear.of(met))]), low=-REQUIRED)
        elif isinstance(r, InterestBound):
            if r.since and years_between(model.dossier.start, r.since) > t + SNAP:
                program.add_row({met: 1.0}, high=0.0)
        elif isinstance(r, Before):
            b = model.index[r.before[1]]
            late = [(1.0, columns.some(b)), (-1.0, Linear.of(columns.f(b, k)))]
            if model.state[b] == 0:
                program.hold(total([(1.0, Linear.of(met)), *late]), high=1.0)

    # --- results -----------------------------------------------------------------------------------------------

    def judged(self, shares: Array) -> tuple[Plan, Verdict]:
        """A plan with its proof. Raises DetenteError where it does not pass `check`."""
        plan = plan_of(self.model, shares)
        verdict = self.solver.examiner.judging.judge.verdict(plan)
        if not verdict.satisfactory:
            broken = [s for s in verdict.slacks if not s.accepted]
            raise DetenteError(f"a designed plan did not pass check ({broken[:3]}): please report this dossier")
        return plan, verdict

    def _result(self, rule: Rule, used: Rule, outcome: Outcome) -> Design:
        first = self.solver.first_plan_seconds
        notes = [*self.notes, *counted_from(self.model, used)]
        if used in ("utilitarian", "egalitarian"):
            notes.append(f"The {used} rule compares stake points across parties.")
        if outcome.infeasible:
            unmet = rule in ("earliest", "minimal") and self.question.success == "none"
            told = ("This rule asks for minimal success, which no deal meets; others may be possible.",) * unmet
            return Design("none_exists", rule, rule, None, None, None, None, None, first, told)
        sign = -1.0 if used in ("earliest", "minimal") else 1.0
        bound = sign * outcome.bound if math.isfinite(outcome.bound) else None
        if outcome.shares is None:
            notes += [outcome.note] if outcome.note else []
            return Design("undecided", rule, used, None, None, None, bound, None, first, tuple(notes), finished=False)
        plan, verdict = self.judged(outcome.shares)
        gap = self._gap(used, outcome)
        unit = self._counted_in(used)
        if gap and used != "nash" and abs(outcome.objective) < FINE * unit:
            notes.append(f"The objective is next to nothing: its gap is told as a part of {FINE * unit:.3g} instead.")
        if used == "robust":
            notes.append(self._what_binds(verdict))
        if not outcome.proved:
            stopped = "Stopped at the time limit: satisfactory, but perhaps not the best; see bound and gap."
            notes.append(outcome.note or stopped)
        objective: float | None = sign * outcome.objective
        if used == "robust" and outcome.objective >= CAP:  # no condition carries a value
            objective, bound, gap = None, None, None
        done = outcome.proved
        return Design(
            "satisfactory", rule, used, plan, verdict, objective, bound, gap, first, tuple(notes), finished=done
        )

    def _what_binds(self, verdict: Verdict) -> str:
        """The row that sets the robust objective, in words."""
        norm = dict(zip(self.model.parties, self.model.norm, strict=True))
        rows = [
            s for s in verdict.slacks if s.slack is not None and s.party and norm[s.party] > 0 and s.keep is not None
        ]
        unit = "the least slack as a share of its party's Σ|stakes|/ρ"
        if not rows:
            return f"Objective: {unit}; no condition sets it."
        row = min(rows, key=lambda s: (s.slack or 0.0) / norm[s.party or ""])
        name = self.model.dossier.parties[row.party or ""].name or row.party
        side = "just after" if row.moment == "between" else "on"
        when = f" {side} {row.date}" if row.date else ""
        when += f", when breaking openly on {row.leaves} at the latest" if row.leaves else ""
        return f"Objective: {unit}; it is set by the {row.kind.replace('_', ' ')} condition of {name}{when}."

    def _gap(self, used: Rule, outcome: Outcome) -> float | None:
        if not math.isfinite(outcome.bound) or not math.isfinite(outcome.objective):
            return None
        difference = max(0.0, outcome.bound - outcome.objective)
        if used == "nash":
            return -math.expm1(-difference)
        return difference / counted(outcome.objective, self._counted_in(used))

    def _counted_in(self, used: Rule) -> float:
        """The points of what is at stake, or 1, that a rule's objective is a size of."""
        return self.unit if used in ("utilitarian", "egalitarian") else 1.0


def counted(objective: float, unit: float) -> float:
    """What a gap is a part of: the objective, or where that is next to nothing, the same part of its unit (FINE)."""
    return max(abs(objective), FINE * unit)


def threat(model: Model) -> Array:
    """[P] what gains are counted from: each party's walk-away value, or 0, no deal, where the dossier says so."""
    counted: Array = model.walk_away * (model.dossier.disagreement == "walk_away")
    return counted


COUNTED = ("nash", "kalai_smorodinsky", "egalitarian")
"""Rules whose choice hangs on what gains are counted from."""


def counted_from(model: Model, rule: Rule) -> tuple[str, ...]:
    """What a rule counted gains from, in words, where that makes a difference. ANSWERS R6."""
    if rule not in COUNTED or not np.any(model.walk_away[model.consents & model.valued & model.touched]):
        return ()
    if model.dossier.disagreement == "no_deal":
        return ("Gains are counted from no deal; walk-away values are a condition only.",)
    return ("Gains are counted from walk-away values.",)


def any_plan(judge: Judge, question: Question, clock: Clock) -> tuple[Plan | None, bool]:
    """Some satisfactory plan of a judge's dossier, and whether that, or that there is none, is settled."""
    known = Known.of(judge.dossier)
    judging = Judging(judge.dossier, question, judge=judge)
    problem = Problem(known, question)
    outcome = Solver(problem, clock, examiner=Examiner(problem, judging)).best(ANY)
    if outcome.shares is None:
        return None, outcome.proved
    plan = plan_of(known.model, outcome.shares)
    return (plan, True) if judge.satisfactory(plan) else (None, False)


def met_time(model: Model, first: Sequence[Require], shares: Array) -> float:
    """Years from signature at which all requirements are met by a plan; infinite where one never is."""
    return max((_met_time(model, r, shares) for r in first), default=0.0)


def _complete(model: Model, m: int, shares: Array) -> float:
    found = np.flatnonzero(shares[m] >= 1 - 1e-9)
    if not len(found):
        return math.inf
    return 0.0 if found[0] == 0 else float(model.tau[found[0] - 1])


def _met_time(model: Model, r: Require, shares: Array) -> float:
    start = model.dossier.start
    if isinstance(r, InForce):
        return _complete(model, model.index[r.in_force], shares)
    if isinstance(r, ProgressBy):
        return _progress_time(model, r, shares)
    if isinstance(r, InterestBound):
        return max(0.0, years_between(start, r.since)) if r.since else 0.0
    if isinstance(r, Before):
        b = model.index[r.before[1]]
        found = np.flatnonzero(shares[b] > 1e-9)
        return 0.0 if not len(found) or found[0] == 0 else float(model.tau[found[0] - 1])
    assert isinstance(r, Never)
    return 0.0


def _progress_time(model: Model, r: ProgressBy, shares: Array) -> float:
    events: list[tuple[float, float]] = []
    for m, part in scale(model, r.progress).items():
        wait = model.dossier.measures[model.measures[m]].confirms_in
        if shares[m, 0] > 0:
            events.append((standing_ready(model, m, verified=True), part * float(shares[m, 0])))
        events += [
            (float(model.tau[k]) + wait, part * float(shares[m, k + 1] - shares[m, k]))
            for k in range(model.K)
            if shares[m, k + 1] > shares[m, k]
        ]
    reached = 0.0
    if r.at_least.value <= 1e-9:
        return 0.0
    for t, amount in sorted(events):
        reached += amount
        if reached >= r.at_least.value - 1e-9:
            return t
    return math.inf
