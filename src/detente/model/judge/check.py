"""The judge: whether a plan is satisfactory, recomputed by simulating what happens in time. DESIGN §5, ANSWERS.

It shares no code with the coefficient matrices that `design` solves: each is a test of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.judge.facts import Facts
from detente.model.judge.paths import SIDES, Instants
from detente.model.judge.rows import Comparisons, Family, Read, Weighing
from detente.model.judge.terms import Kind, Miss, Term, Terms
from detente.model.kinds import Disagreement, Side, SuccessLevel
from detente.model.plan import Plan
from detente.model.tolerance import slight

Day = date


@dataclass(frozen=True)
class Slack:
    """One condition and by how much a plan meets it: keep − deviate, points in present value at the moment.

    Exposures are at signature: keep is the party's value since signature, deviate −limit. Conditions without values
    have slack None when met, else a negative margin and a `note`.
    """

    kind: Kind | Literal["forgive"]
    party: str | None = None
    other: str | None = None
    measure: str | None = None
    moment: Side | None = None
    date: date | None = None
    keep: float | None = None
    deviate: float | None = None
    slack: float | None = None
    note: str = ""
    name: str | None = None
    """Name of the demand, link, group or resource."""
    years: float | None = None
    """The moment in years from signature, exact: one between dates need not fall on a day."""
    leaves: Day | None = None
    """When the cheat breaks openly, if it is not found out before."""
    leaves_years: float | None = None
    leaves_moment: Side | None = None
    answer: str | None = None
    measures: tuple[str, ...] | None = None
    scale: float = 0.0
    """Σ|stakes|/ρ of the party."""
    from_collapse_cost: float | None = None
    """What of the slack is the deviator's collapse_cost, discounted from the first answer."""
    from_no_deal: float | None = None
    """What of the slack is `no_deal` to come from the first answer on."""

    @property
    def accepted(self) -> bool:
        """Whether the condition counts as met."""
        if self.slack is None:
            return True
        if self.keep is None:
            return False
        return self.slack >= -slight(self.scale, self.keep, self.deviate or 0.0)


@dataclass(frozen=True)
class Verdict:
    """Whether a plan is satisfactory, with the slack of every condition and each party's present value."""

    satisfactory: bool
    slacks: tuple[Slack, ...]
    values: Mapping[str, float]


class Judge:
    """Judges the plans of one dossier at one success level, with the openings of some parties binding."""

    def __init__(self, dossier: Dossier, *, success: SuccessLevel = "none", openings: Sequence[str] = ()) -> None:
        self.dossier = dossier
        self.facts = Facts(dossier)
        self.terms = self._terms(success, openings)
        self.weighing = Weighing(dossier, self.facts, self.terms)

    def asking(self, success: SuccessLevel, openings: Sequence[str]) -> Judge:
        """The judge of the same dossier under another question: what paths are worth does not hang on that."""
        judge = copy(self)
        judge.terms = self._terms(success, openings)
        return judge

    def _terms(self, success: SuccessLevel, openings: Sequence[str]) -> Terms:
        if success not in ("none", "minimal", "full"):
            raise UsageError(f"success is none, minimal or full, found {success!r}")
        if unknown := [p for p in openings if p not in self.dossier.parties]:
            raise UsageError(f"no party {unknown[0]!r}; known: {', '.join(self.dossier.parties)}")
        return Terms(self.dossier, self.facts, success, openings)

    def _read(self, plan: Plan) -> Read:
        return self.weighing.read(self.terms.clock.timing(plan))

    def _empty(self, plan: Read) -> bool:
        return self.terms.all[0].judge(plan.timing) is not None

    def satisfactory(self, plan: Plan) -> bool:
        """Whether a plan meets every condition; stops at the first that it fails."""
        read = self._read(plan)
        timing = read.timing
        return (
            all(term.judge(timing) is None for term in self.terms.all)
            and all(rows.accepted.all() for rows in self.weighing.listed(read))
            and all(rows.accepted.all() for rows in self.weighing.unlisted(read, worst=True))
        )

    def verdict(self, plan: Plan) -> Verdict:
        """Whether a plan is satisfactory, with the slack of every condition and each party's value."""
        slacks = self.slacks(plan)
        return Verdict(all(row.accepted for row in slacks), slacks, self.values(plan))

    def slacks(self, plan: Plan) -> tuple[Slack, ...]:
        """Every condition with its slack. An empty plan has none with values but consent, at value 0."""
        read = self._read(plan)
        terms = [self._slack_of_term(term, term.judge(read.timing)) for term in self.terms.all if self._on(term, read)]
        if self._empty(read):
            consents = [(p, np.zeros(1), np.array([least])) for p, least in self.weighing.walk_away.items()]
            rows = [Comparisons("consent", p, None, None, self.facts.norm[p], None, k, d) for p, k, d in consents]
        else:
            rows = [*self.weighing.listed(read), *self.weighing.unlisted(read, worst=False)]
        return (*(slack for row in rows for slack in self._slacks(row)), *terms)

    def leaving_at(self, party: str, rate: float) -> Judge:
        """This judge, where a party leaves the deal at one rate a year instead of those that the dossier states."""
        judge = copy(self)
        judge.weighing = self.weighing.leaving_at(self.facts.party[party], rate)
        return judge

    def active(self, plan: Plan) -> tuple[str, ...]:
        """Measures of which a plan performs something, those that stand already included; none of an empty plan."""
        read = self._read(plan)
        return () if self._empty(read) else tuple(self.facts.measures[m] for m, rises in read.rises.items() if rises)

    def families(self, plan: Plan) -> tuple[Family, ...]:
        """The conditions with values that concern a plan, those alike but for their moment as one."""
        read = self._read(plan)
        return () if self._empty(read) else (*self.weighing.families(read), *self.weighing.late_families(read))

    def breaks(self, plan: Plan, among: Iterable[Family]) -> dict[Family, Slack]:
        """The worst of each of some families that a plan does not meet."""
        read, found = self._read(plan), dict[Family, Slack]()
        for family in among:
            for rows in self.weighing.rows(read, family):
                for slack in self._worst(rows, np.ones(rows.keep.shape, bool), most=1):
                    found[family] = slack
        return found

    def forgiving(self, plan: Plan) -> tuple[Slack, ...]:
        """Whether an answerer (party) would rather forgive the breach of one measure by its performer (other) for ever.

        Of each such three the moment at which forgiving (keep) is worth most more than answering (deviate).
        """
        read = self._read(plan)
        if self._empty(read):
            return ()
        rows = self.weighing.forgiving(read)
        return tuple(slack for row in rows for slack in self._slacks(row.only(np.argmax(row.slack, keepdims=True))))

    def missed(self, plan: Plan) -> tuple[Slack, ...]:
        """What is broken of the conditions that a solver does not hold from the start: the worst few of each family.

        All but consent, and one's own breaking out on dates.
        """
        read = self._read(plan)
        if self._empty(read):
            return ()
        found: list[Slack] = []
        for rows in self.weighing.listed(read):
            if rows.at is not None:
                dated = self.weighing.calendar.dated(rows.at)
                found += self._worst(rows, ~dated if rows.kind == "breakout" else np.ones(dated.shape, bool))
        for rows in self.weighing.unlisted(read, worst=True):
            found += self._worst(rows, np.ones(rows.keep.shape, bool))
        return tuple(found)

    def _worst(self, rows: Comparisons, chosen: NDArray[np.bool_], most: int = 3) -> Iterable[Slack]:
        broken = np.flatnonzero(chosen & ~rows.accepted)
        return self._slacks(rows.only(broken[np.argsort(rows.slack[broken], kind="stable")[:most]]))

    def values(self, plan: Plan) -> dict[str, float]:
        """Present value to each party, points: its losses without a deal, which a deal spares, included. DESIGN §4."""
        read = self._read(plan)
        if self._empty(read):
            return dict.fromkeys(self.facts.parties, 0.0)
        return {
            name: self.weighing.value(read, p) if p in self.weighing.tables else 0.0
            for p, name in enumerate(self.facts.parties)
        }

    def gain(self, plan: Plan, *, threat: Disagreement | None = None) -> dict[str, float]:
        """Value, counted from the threat point, points, of each consenting party that some measure touches. DESIGN §5.

        `threat`: its walk-away value, or no deal (default: what the dossier says). ANSWERS R6.
        """
        values, names = self.values(plan), self.facts.parties
        counted = (threat or self.dossier.disagreement) == "walk_away"
        return {
            names[p]: values[names[p]] - (self.weighing.walk_away[p] if counted else 0.0) for p in self.weighing.touched
        }

    @staticmethod
    def _on(term: Term, plan: Read) -> bool:
        """Whether a condition on one measure concerns a plan."""
        return term.measure is None or bool(plan.timing.rises[term.measure]) or term.measure in plan.timing.off

    def _slack_of_term(self, term: Term, miss: Miss | None) -> Slack:
        return Slack(
            term.kind,
            party=term.party,
            measure=None if term.measure is None else self.facts.measures[term.measure],
            date=miss.date if miss else None,
            slack=miss.margin if miss else None,
            note=miss.note if miss else "",
            name=term.name,
        )

    def _slacks(self, rows: Comparisons) -> Iterator[Slack]:
        facts = self.facts
        other = None if rows.other is None else facts.parties[rows.other]
        measure = None if rows.measure is None else facts.measures[rows.measure]
        for i, (keep, deviate) in enumerate(zip(rows.keep.tolist(), rows.deviate.tolist(), strict=True)):
            moment, day, years = self._when(rows.at, i)
            leaves_moment, leaves, leaves_years = self._when(rows.leaves, i)
            yield Slack(
                rows.kind,
                facts.parties[rows.party],
                other,
                measure,
                moment,
                day,
                keep,
                deviate,
                keep - deviate,
                years=years,
                leaves=leaves,
                leaves_years=leaves_years,
                leaves_moment=leaves_moment,
                scale=rows.norm,
                from_collapse_cost=None if rows.collapse is None else float(rows.collapse[i]),
                from_no_deal=None if rows.no_deal is None else float(rows.no_deal[i]),
            )

    def _when(self, moments: Instants | None, i: int) -> tuple[Side | None, Day | None, float | None]:
        if moments is None:
            return None, None, None
        t, side = float(moments.t[i]), int(moments.side[i])
        return SIDES[side], self.weighing.calendar.day(t, side), t


def check(dossier: Dossier, plan: Plan, *, success: SuccessLevel = "none", openings: Sequence[str] = ()) -> Verdict:
    """Whether a plan is satisfactory, recomputed from the dossier alone. DESIGN §5."""
    return Judge(dossier, success=success, openings=openings).verdict(plan)
