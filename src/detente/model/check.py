"""The judge: whether a plan is satisfactory, recomputed by simulating what happens in time. DESIGN §5.

It shares no code with the coefficient matrices that `design` solves: each is a test of the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.check_detection import NEVER
from detente.model.check_paths import Breakout, Cheating, Facts, Path, Row, Together, Worth
from detente.model.check_terms import SLIGHT, Breach, Kind, Term, Terms, Timing
from detente.model.plan import Plan

SuccessLevel = Literal["none", "minimal", "full"]


@dataclass(frozen=True)
class Slack:
    """One condition and by how much a plan meets it: keep − deviate, points in present value at the moment's date.

    Exposures are at signature: keep is the party's value since signature, deviate −limit. Conditions without values
    have slack None when met, else a negative margin and a `note`.
    """

    kind: Kind
    party: str | None = None
    other: str | None = None
    measure: str | None = None
    moment: Literal["before", "after"] | None = None
    date: date | None = None
    keep: float | None = None
    deviate: float | None = None
    slack: float | None = None
    note: str = ""
    name: str | None = None
    """Name of the demand, link, group or resource."""

    @property
    def accepted(self) -> bool:
        """Whether the condition counts as met."""
        if self.slack is None:
            return True
        return self.keep is not None and self.slack >= -SLIGHT * max(1.0, abs(self.keep))


@dataclass(frozen=True)
class Verdict:
    """Whether a plan is satisfactory, with the slack of every condition and each party's present value."""

    satisfactory: bool
    slacks: tuple[Slack, ...]
    values: Mapping[str, float]


class _Valued(NamedTuple):
    """A condition with a value: `party` keeps by `keep` ≥ `deviate`; indices of party, other, measure, moment."""

    kind: Kind
    party: int
    other: int | None
    measure: int | None
    moment: int | None
    keep: float
    deviate: float

    @property
    def accepted(self) -> bool:
        return self.keep - self.deviate >= -SLIGHT * max(1.0, abs(self.keep))


class _Plan:
    """A plan as the judge reads it: whole entries as codes of `Row`, parts of divisible measures with their share."""

    def __init__(self, timing: Timing, width: int, togethers: Sequence[Together]) -> None:
        self.timing = timing
        self.codes: list[int] = []
        self.parts: list[tuple[int, float]] = []
        for m, rises in enumerate(timing.rises):
            if len(rises) == 1 and rises[0][1] == 1.0:
                self.codes.append(m * width + rises[0][0] + 1)
            else:
                self.parts.extend((m * width + e + 1, rise) for e, rise in rises)
        self.together = [tuple(timing.rises[m] for m in t.measures) for t in togethers]
        self.whole = [all(len(r) == 0 or r[0][1] == 1.0 for r in rises) for rises in self.together]
        self.kept: dict[int, list[float]] = {}


class Judge:
    """Judges the plans of one dossier at one success level, with the openings of some parties binding."""

    def __init__(self, dossier: Dossier, *, success: SuccessLevel = "none", openings: Sequence[str] = ()) -> None:
        if success not in ("none", "minimal", "full"):
            raise UsageError(f"success is none, minimal or full, found {success!r}")
        if unknown := [p for p in openings if p not in dossier.parties]:
            raise UsageError(f"no party {unknown[0]!r}; known: {', '.join(dossier.parties)}")
        self.dossier = dossier
        self.facts = facts = Facts(dossier)
        self.terms = Terms(dossier, facts, success, openings)
        self.togethers = [together for together, _ in self.terms.togethers]
        self.width = len(facts.tau) + 1
        self.moments = range(2 * len(facts.tau))
        self.dates = dossier.grid.dates
        self._set_parties()
        self._set_acts()
        self._kept: dict[tuple[int, int], Row] = {}
        self._broken: dict[tuple[int, int, int], Row] = {}
        self._faked: dict[tuple[int, int, int, int], Row] = {}

    # what is known before any plan

    def _set_parties(self) -> None:
        """Parties with values, and their constants in points."""
        facts, parties = self.facts, list(self.dossier.parties.values())

        def points(amount: Number, p: int) -> float:
            return amount.value / facts.rho[p] if amount.flow else amount.value

        self.valued = [p for p, party in enumerate(parties) if facts.rho[p] > 0 and self._matters(p)]
        self.spared = {p: -parties[p].no_deal_course(self.dossier.start)[0][1] / facts.rho[p] for p in self.valued}
        self.collapse = {p: points(parties[p].collapse_cost, p) for p in self.valued}
        self.walk_away = {p: points(parties[p].walk_away, p) for p in self.valued if parties[p].must_consent}
        limits = [(p, parties[p].exposure_limit) for p in self.valued]
        self.limit = {p: points(limit, p) for p, limit in limits if limit is not None}
        self.ahead = {p: [math.exp(facts.rho[p] * t) for t in facts.tau] for p in self.valued}
        self.worths = {
            p: [Worth(parties[p], body.effects, facts.weight[p], facts.rho[p]) for body in facts.bodies]
            for p in self.valued
        }
        self.shared = {
            p: [Worth(parties[p], effects, facts.weight[p], facts.rho[p]) for _, effects in self.terms.togethers]
            for p in self.valued
        }
        self.touched = [p for p in self.walk_away if any(w.felt for w in [*self.worths[p], *self.shared[p]])]

    def _matters(self, p: int) -> bool:
        party = self.dossier.parties[self.facts.parties[p]]
        amounts = (party.collapse_cost, party.walk_away)
        return bool(party.stakes) or party.loses or party.exposure_limit is not None or any(a.value for a in amounts)

    def _set_acts(self) -> None:
        """Who performs what, and which entries wait for which of a mover's measures."""
        facts = self.facts
        parties, measures = range(len(facts.parties)), range(len(facts.measures))
        self.acts = [[m for m in measures if q in facts.by[m]] for q in parties]
        self.fakes = [[m for m in self.acts[q] if facts.fakeable[m]] for q in parties]
        self.waits = [
            [
                (m, n)
                for m in measures
                if q in facts.answers_to[m] and q not in facts.by[m]
                for n in facts.needs[m]
                if q in facts.by[n]
            ]
            for q in parties
        ]

    # values along a path

    def _row(self, p: int, path: Path) -> Row:
        shared = [(i, t, w) for i, (t, w) in enumerate(zip(self.togethers, self.shared[p], strict=True)) if w.felt]
        return Row(path, self.worths[p], shared)

    def _kept_row(self, p: int, moment: int) -> Row:
        row = self._kept.get((p, moment))
        if row is None:
            row = self._kept[p, moment] = self._row(p, Path(self.facts, moment))
        return row

    def _broken_row(self, p: int, moment: int, mover: int) -> Row:
        row = self._broken.get((p, moment, mover))
        if row is None:
            row = self._broken[p, moment, mover] = self._row(p, Breakout(self.facts, moment, mover))
        return row

    def _faked_row(self, p: int, moment: int, faker: int, m: int) -> Row:
        row = self._faked.get((p, moment, faker, m))
        if row is None:
            row = self._faked[p, moment, faker, m] = self._row(p, Cheating(self.facts, moment, faker, m))
        return row

    def _sum(self, row: Row, plan: _Plan, blocked: frozenset[int] = frozenset()) -> float:
        """Value from a path's moment on, in present value at signature, without no_deal and collapse."""
        codes, parts = plan.codes, plan.parts
        if blocked:
            codes = [c for c in codes if not self._held(c, row.path.moment, blocked)]
            parts = [part for part in parts if not self._held(part[0], row.path.moment, blocked)]
        total = sum(map(row.__getitem__, codes))
        for code, share in parts:
            total += share * row[code]
        for i, _, _ in row.togethers:
            total += row.together(i, plan.together[i], plan.whole[i], blocked)
        return total

    def _held(self, code: int, moment: int, blocked: frozenset[int]) -> bool:
        """Whether an entry still to come does not happen because it needs what the mover leaves unentered."""
        return code // self.width in blocked and 2 * (code % self.width - 1) + 1 > moment

    def _blocked(self, plan: _Plan, mover: int, moment: int) -> frozenset[int]:
        """Measures that answer to the mover and directly need one of its that is not complete at the moment."""
        full = plan.timing.full
        found = [m for m, n in self.waits[mover] if (e := full[n]) is None or 2 * e + 1 > moment]
        return frozenset(found) if found else _NONE

    def _future(self, plan: _Plan, p: int) -> list[float]:
        """Value of keeping from each moment on, present value at signature, without no_deal."""
        if p not in plan.kept:
            plan.kept[p] = [self._sum(self._kept_row(p, moment), plan) for moment in self.moments]
        return plan.kept[p]

    # the conditions with values

    def _valued(self, plan: _Plan) -> Iterator[_Valued]:
        for p, least in self.walk_away.items():
            yield _Valued("consent", p, None, None, None, self._value(plan, p), least)
        for p in self.valued:
            yield from self._breakouts(plan, p)
        for p in self.valued:
            yield from self._coverts(plan, p)
        for p in self.limit:
            yield from self._exposures(plan, p)

    def _value(self, plan: _Plan, p: int) -> float:
        return self._sum(self._kept_row(p, 0), plan) + self.spared[p]

    def _acting(self, plan: _Plan, p: int) -> bool:
        """Whether a plan gives a party something to perform."""
        return any(plan.timing.rises[m] for m in self.acts[p])

    def _breakouts(self, plan: _Plan, p: int) -> Iterator[_Valued]:
        """Keeping against breaking out at every moment; none where p saves and loses nothing at any of them."""
        if not self._acting(plan, p):
            return
        answered = math.exp(-self.facts.rho[p] * self.facts.first[p])
        after = self.spared[p] * (1 - answered) - self.collapse[p] * answered
        rows = []
        for moment, future in zip(self.moments, self._future(plan, p), strict=True):
            ahead = self.ahead[p][moment // 2]
            row = self._broken_row(p, moment, p)
            deviate = self._sum(row, plan, self._blocked(plan, p, moment)) * ahead + after
            rows.append(_Valued("breakout", p, None, None, moment, future * ahead + self.spared[p], deviate))
        if any(abs(r.keep - r.deviate) > 1e-12 * max(1.0, abs(r.keep)) for r in rows) or self._at_stake(plan, p):
            yield from rows

    def _at_stake(self, plan: _Plan, p: int) -> bool:
        """Whether breaking out saves or loses p anything, even where gains and losses cancel."""
        if math.isfinite(self.facts.first[p]) and (self.spared[p] or self.collapse[p]):
            return True
        for moment in self.moments:
            blocked = self._blocked(plan, p, moment)
            kept = self._items(self._kept_row(p, moment), plan, _NONE)
            broken = self._items(self._broken_row(p, moment, p), plan, blocked)
            if any(abs(kept.get(i, 0.0) - broken.get(i, 0.0)) > 1e-9 for i in {*kept, *broken}):
                return True
        return False

    def _items(self, row: Row, plan: _Plan, blocked: frozenset[int]) -> dict[int, float]:
        """What each measure contributes to a path's value, and (as −1) the interactions."""
        items: dict[int, float] = {}
        for code, share in [*((c, 1.0) for c in plan.codes), *plan.parts]:
            if not (blocked and self._held(code, row.path.moment, blocked)):
                items[code // self.width] = items.get(code // self.width, 0.0) + share * row[code]
        for i, _, _ in row.togethers:
            items[-1] = items.get(-1, 0.0) + row.together(i, plan.together[i], plan.whole[i], blocked)
        return items

    def _coverts(self, plan: _Plan, p: int) -> Iterator[_Valued]:
        """Keeping against faking m, and all that is seen no faster, at its entry or against undoing it later."""
        for m in self.fakes[p]:
            seen = self._answer_factor(p, m)
            after = self.spared[p] * (1 - seen) - self.collapse[p] * seen
            for moment in self._chances(plan, m):
                ahead = self.ahead[p][moment // 2]
                keep = self._future(plan, p)[moment] * ahead + self.spared[p]
                deviate = self._sum(self._faked_row(p, moment, p, m), plan) * ahead + after
                yield _Valued("covert", p, None, m, moment, keep, deviate)

    def _answer_factor(self, p: int, m: int) -> float:
        """E[e^(−ρ(time to the first answer))] when p fakes m."""
        rho, wait = self.facts.rho[p], self.facts.delay[m] + self.facts.first[p]
        return math.exp(-rho * wait) * self.facts.law[m].later(rho, -1.0)

    def _chances(self, plan: _Plan, m: int) -> range:
        """Moments at which m can be faked (at its entry) or undone in secret (from then on, if it can be)."""
        e = plan.timing.first[m]
        if e is None:
            return range(0)
        last = len(self.moments) if self.facts.undo[m] < NEVER else 2 * e + 1
        return range(max(0, 2 * e), last)

    def _exposures(self, plan: _Plan, p: int) -> Iterator[_Valued]:
        """Value since signature when another party breaks out at any moment, or fakes a measure from its entry."""
        future = self._future(plan, p)
        others = [q for q in range(len(self.facts.parties)) if q != p and self._acting(plan, q)]
        for q in others:
            for moment in self.moments:
                row = self._broken_row(p, moment, q)
                value = future[0] - future[moment] + self._sum(row, plan, self._blocked(plan, q, moment))
                yield _Valued("exposure", p, q, None, moment, value, -self.limit[p])
        for q in others:
            for m in self.fakes[q]:
                e = plan.timing.first[m]
                if e is not None and e >= 0:
                    value = future[0] - future[2 * e] + self._sum(self._faked_row(p, 2 * e, q, m), plan)
                    yield _Valued("secret_exposure", p, q, m, 2 * e, value, -self.limit[p])

    # verdicts

    def _read(self, plan: Plan) -> _Plan:
        return _Plan(self.terms.clock.timing(plan), self.width, self.togethers)

    def _empty(self, plan: _Plan) -> bool:
        return self.terms.all[0].judge(plan.timing) is not None

    def satisfactory(self, plan: Plan) -> bool:
        """Whether a plan meets every condition; stops at the first that it fails."""
        read = self._read(plan)
        timing = read.timing
        return all(term.judge(timing) is None for term in self.terms.all) and all(
            row.accepted for row in self._valued(read)
        )

    def slacks(self, plan: Plan) -> tuple[Slack, ...]:
        """Every condition with its slack. An empty plan has none with values but consent, at value 0."""
        read = self._read(plan)
        terms = [self._slack_of_term(term, term.judge(read.timing)) for term in self.terms.all if self._on(term, read)]
        if self._empty(read):
            rows = [_Valued("consent", p, None, None, None, 0.0, least) for p, least in self.walk_away.items()]
        else:
            rows = list(self._valued(read))
        return (*map(self._slack, rows), *terms)

    def values(self, plan: Plan) -> dict[str, float]:
        """Present value to each party, points: its losses without a deal, which a deal spares, included. DESIGN §4."""
        read = self._read(plan)
        if self._empty(read):
            return dict.fromkeys(self.facts.parties, 0.0)
        return {name: self._value(read, p) if p in self.spared else 0.0 for p, name in enumerate(self.facts.parties)}

    def gain(self, plan: Plan) -> dict[str, float]:
        """Value less walk-away value, points, of each consenting party that some measure touches. DESIGN §5."""
        values = self.values(plan)
        names = self.facts.parties
        return {names[p]: values[names[p]] - self.walk_away[p] for p in self.touched}

    @staticmethod
    def _on(term: Term, plan: _Plan) -> bool:
        """Whether a condition on one measure concerns a plan."""
        return term.measure is None or bool(plan.timing.rises[term.measure]) or term.measure in plan.timing.off

    def _slack_of_term(self, term: Term, breach: Breach | None) -> Slack:
        return Slack(
            term.kind,
            party=term.party,
            measure=None if term.measure is None else self.facts.measures[term.measure],
            date=breach.date if breach else None,
            slack=breach.margin if breach else None,
            note=breach.note if breach else "",
            name=term.name,
        )

    def _slack(self, row: _Valued) -> Slack:
        facts, moment = self.facts, row.moment
        return Slack(
            row.kind,
            facts.parties[row.party],
            None if row.other is None else facts.parties[row.other],
            None if row.measure is None else facts.measures[row.measure],
            None if moment is None else ("after" if moment % 2 else "before"),
            None if moment is None else self.dates[moment // 2],
            row.keep,
            row.deviate,
            row.keep - row.deviate,
        )


_NONE: frozenset[int] = frozenset()


def check(dossier: Dossier, plan: Plan, *, success: SuccessLevel = "none", openings: Sequence[str] = ()) -> Verdict:
    """Whether a plan is satisfactory, recomputed from the dossier alone. DESIGN §5."""
    judge = Judge(dossier, success=success, openings=openings)
    slacks = judge.slacks(plan)
    return Verdict(all(row.accepted for row in slacks), slacks, judge.values(plan))
