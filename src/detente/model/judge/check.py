"""The judge: whether a plan is satisfactory, recomputed by simulating what happens in time. DESIGN §5, ANSWERS.

It shares no code with the coefficient matrices that `design` solves: each is a test of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date

import numpy as np

from detente.dossier.schema import Answer, Dossier
from detente.errors import UsageError
from detente.model.judge.calendar import SIDES, Instants
from detente.model.judge.facts import Facts
from detente.model.judge.terms import Term, Terms
from detente.model.judge.timing import AnsweredKind, Kind, Miss
from detente.model.judge.weighing.rows import Comparisons, Family, Read
from detente.model.judge.weighing.weighing import Weighing
from detente.model.kinds import Disagreement, Side, SuccessLevel
from detente.model.numeric import Flags
from detente.model.plan import Plan
from detente.model.tolerance import slight

FEW = 3
"""How many broken conditions of a family are told of."""
Day = date


@dataclass(frozen=True)
class Slack:
    """One condition and by how much a plan meets it: keep − deviate, points in present value at the moment.

    Exposures are at signature: keep is the party's value since signature, deviate −limit. Conditions without values
    have slack None when met, else a negative margin and a `note`.
    """

    kind: Kind | AnsweredKind
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
    """The answer that a lapse draws; of several that hang together all, joined by +."""
    measures: tuple[str, ...] | None = None
    """What lapses."""
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
        self.terms = _terms(self.facts, success, openings)
        self.weighing = Weighing.of(dossier, self.facts)

    def asking(self, success: SuccessLevel, openings: Sequence[str]) -> Judge:
        """The judge of the same dossier under another question: what paths are worth does not hang on that."""
        judge = copy(self)
        judge.terms = _terms(self.facts, success, openings)
        return judge

    def leaving_at(self, party: str, rate: float) -> Judge:
        """This judge, where a party leaves the deal at one rate a year instead of those that the dossier states."""
        judge = copy(self)
        judge.weighing = self.weighing.leaving_at(self.facts.party[party], rate)
        return judge

    def answering(self, answers: Mapping[str, Answer]) -> Judge:
        """This judge, where breaches are answered by other answers than those of the dossier."""
        judge = copy(self)
        judge.dossier = self.dossier.model_copy(update={"answers": dict(answers)})
        judge.weighing = self.weighing.answering(judge.dossier)
        return judge

    def satisfactory(self, plan: Plan) -> bool:
        """Whether a plan meets every condition; stops at the first that it fails."""
        read = self.weighing.read(plan)
        return (
            all(term.judge(read.timing) is None for term in self.terms.all)
            and all(rows.accepted.all() for rows in self.weighing.listed(read))
            and all(rows.accepted.all() for rows in self.weighing.unlisted(read, worst=True))
        )

    def verdict(self, plan: Plan) -> Verdict:
        """Whether a plan is satisfactory, with the slack of every condition and each party's value."""
        slacks = self.slacks(plan)
        return Verdict(all(row.accepted for row in slacks), slacks, self.values(plan))

    def slacks(self, plan: Plan) -> tuple[Slack, ...]:
        """Every condition with its slack. An empty plan has none with values but consent, at value 0."""
        read, weighing, told = self.weighing.read(plan), self.weighing, _Telling(self.weighing)
        terms = (told.term(term, term.judge(read.timing)) for term in self.terms.all if term.concerns(read.timing))
        if read.timing.empty:
            rows = [weighing.consents.against(p, 0.0) for p in weighing.values.stakes.walk_away]
        else:
            rows = [*weighing.listed(read), *weighing.unlisted(read, worst=False)]
        return (*(slack for row in rows for slack in told.rows(row)), *terms)

    def conditions(self, plan: Plan, kinds: Collection[str], party: str | None = None) -> tuple[Slack, ...]:
        """Every row of some kinds of conditions at the moments of the calendar; of one party or of all."""
        read, told = self.weighing.read(plan), _Telling(self.weighing)
        if read.timing.empty:
            return ()
        wanted = [f for f in self.weighing.families(read) if f.kind in kinds]
        mine = [f for f in wanted if party is None or self.facts.parties[f.party] == party]
        return tuple(slack for f in mine for rows in self.weighing.rows(read, f) for slack in told.rows(rows))

    def families(self, plan: Plan) -> tuple[Family, ...]:
        """The conditions with values that concern a plan, those alike but for their moment as one."""
        read = self.weighing.read(plan)
        return () if read.timing.empty else (*self.weighing.families(read), *self.weighing.late_families(read))

    def tightest(self, plan: Plan, among: Iterable[Family]) -> dict[Family, Slack]:
        """Of each of some families what a plan meets by least for its size, or misses by most; of equals the first."""
        read, told = self.weighing.read(plan), _Telling(self.weighing)
        rows = ((family, rows) for family in among for rows in self.weighing.rows(read, family))
        return {family: slack for family, row in rows for slack in told.rows(row.tightest())}

    def forgiving(self, plan: Plan) -> tuple[Slack, ...]:
        """Whether an answerer (party) would rather forgive the breach of one measure by its performer (other) for ever.

        Of each such three the moment at which forgiving (keep) is worth most more than answering (deviate).
        """
        read, told = self.weighing.read(plan), _Telling(self.weighing)
        rows = () if read.timing.empty else self.weighing.forgiving(read)
        return tuple(slack for row in rows for slack in told.rows(row.only(np.argmax(row.slack, keepdims=True))))

    def carrying_out(self, plan: Plan) -> tuple[Slack, ...]:
        """What it is worth to who suspends something (party) to answer another's breach (other): no less than 0 where
        the answer is credible. Of each such three (answer, party, other) the moment at which it is worth least; also
        of answers that need not be."""
        read, told = self.weighing.read(plan), _Telling(self.weighing)
        rows = () if read.timing.empty else self.weighing.carrying_out(read)
        return tuple(slack for row in rows for slack in told.rows(row.only(np.argmin(row.slack, keepdims=True))))

    def missed(self, plan: Plan, asked: Callable[[Slack], bool] = lambda slack: True) -> tuple[Slack, ...]:
        """What is broken of the conditions that a solver does not hold from the start: the worst few of each family.

        All but consent, and one's own breaking out on dates, of what is asked; what takes long only where nothing else
        is broken.
        """
        read, told = self.weighing.read(plan), _Telling(self.weighing)
        if read.timing.empty:
            return ()
        late = (rows.worst(FEW) for rows in self.weighing.unlisted(read, worst=True))
        for kinds in (self._hardly_held(read), late):
            if found := tuple(slack for rows in kinds for slack in told.rows(rows) if asked(slack)):
                return found
        return ()

    def _hardly_held(self, read: Read) -> Iterator[Comparisons]:
        """The worst few that are broken of each family of listed conditions, but for those held from the start."""
        for rows in self.weighing.listed(read):
            if rows.at is not None:
                breakout = rows.family.kind == "breakout"
                yield rows.worst(FEW, ~self.weighing.values.calendar.dated(rows.at) if breakout else None)

    def values(self, plan: Plan) -> dict[str, float]:
        """Present value to each party, points: its losses without a deal, which a deal spares, included. DESIGN §4."""
        read, values = self.weighing.read(plan), self.weighing.values
        found = dict.fromkeys(self.facts.parties, 0.0)
        for p in () if read.timing.empty else values.stakes.worths:
            found[self.facts.parties[p]] = values.value(read, p)
        return found

    def gain(self, plan: Plan, *, threat: Disagreement | None = None) -> dict[str, float]:
        """Value, counted from the threat point, points, of each consenting party that some measure touches. DESIGN §5.

        `threat`: its walk-away value, or no deal (default: what the dossier says). ANSWERS R6.
        """
        stakes, left = self.weighing.values.stakes, bool(self.weighing.values.streams.leavers.parties)
        counted = (threat or self.dossier.disagreement) == "walk_away"
        values, names = self.values(plan), self.facts.parties
        touched = [p for p in stakes.walk_away if stakes.worths[p].felt(left=left)]
        return {names[p]: values[names[p]] - (stakes.walk_away[p] if counted else 0.0) for p in touched}


def _terms(facts: Facts, success: SuccessLevel, openings: Sequence[str]) -> Terms:
    if success not in ("none", "minimal", "full"):
        raise UsageError(f"success is none, minimal or full, found {success!r}")
    if unknown := [p for p in openings if p not in facts.party]:
        raise UsageError(f"no party {unknown[0]!r}; known: {', '.join(facts.parties)}")
    return Terms(facts.dossier, facts, success, openings)


class _Telling:
    """Conditions as people read them."""

    def __init__(self, weighing: Weighing) -> None:
        self.facts = weighing.values.facts
        self.calendar = weighing.values.calendar
        self.answers = weighing.values.replies.names

    def term(self, term: Term, miss: Miss | None) -> Slack:
        return Slack(
            term.kind,
            party=term.party,
            measure=None if term.measure is None else self.facts.measures[term.measure],
            date=miss.date if miss else None,
            slack=miss.margin if miss else None,
            note=miss.note if miss else "",
            name=term.name,
        )

    def rows(self, rows: Comparisons) -> Iterator[Slack]:
        family, facts = rows.family, self.facts
        other = None if family.other is None else facts.parties[family.other]
        measure = None if family.measure is None else facts.measures[family.measure]
        for i, (keep, deviate) in enumerate(zip(rows.keep.tolist(), rows.deviate.tolist(), strict=True)):
            moment, day, years = self._when(rows.at, i)
            leaves_moment, leaves, leaves_years = self._when(rows.leaves, i)
            yield Slack(
                family.kind,
                party=facts.parties[family.party],
                other=other,
                measure=measure,
                moment=moment,
                date=day,
                keep=keep,
                deviate=deviate,
                slack=keep - deviate,
                years=years,
                leaves=leaves,
                leaves_years=leaves_years,
                leaves_moment=leaves_moment,
                scale=rows.norm,
                from_collapse_cost=None if rows.collapse is None else float(rows.collapse[i]),
                from_no_deal=None if rows.no_deal is None else float(rows.no_deal[i]),
                answer="+".join(self.answers[n] for n in family.answers) or None,
                measures=None if rows.lapsing is None else self._measures(rows.lapsing[i]),
            )

    def _measures(self, chosen: Flags) -> tuple[str, ...]:
        return tuple(name for name, there in zip(self.facts.measures, chosen.tolist(), strict=True) if there)

    def _when(self, moments: Instants | None, i: int) -> tuple[Side | None, Day | None, float | None]:
        if moments is None:
            return None, None, None
        t, side = float(moments.t[i]), int(moments.side[i])
        return SIDES[side], self.calendar.day(t, side), t


def measures_in(judge: Judge, plan: Plan) -> tuple[str, ...]:
    """Measures of which a plan performs something, those that stand already included; none of an empty plan."""
    timing = judge.terms.clock.timing(plan)
    active = (m for m, rises in enumerate(timing.rises) if rises and not timing.empty)
    return tuple(judge.facts.measures[m] for m in active)


def check(dossier: Dossier, plan: Plan, *, success: SuccessLevel = "none", openings: Sequence[str] = ()) -> Verdict:
    """Whether a plan is satisfactory, recomputed from the dossier alone. DESIGN §5."""
    return Judge(dossier, success=success, openings=openings).verdict(plan)
