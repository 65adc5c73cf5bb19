"""The judge as the search asks it: whether it accepts a plan under a question, and which further rows a plan breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date
from functools import cached_property

import numpy as np

from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.answered import AnsweredTopic, rows_under
from detente.model.rows.arrays import Model
from detente.model.rows.moments import Moment
from detente.model.rows.temptation import Conditions, Label, Topic, joined, rows_at

HARD = frozenset({"empty", "grid", "order", "pace", "one_of", "capacity", "link"})
"""Conditions that are no part of any conflict: they hold whatever is given up."""


class Judging:
    """Judges the plans of one dossier under one question, what the question sets aside left out."""

    def __init__(self, dossier: Dossier, question: Question, *, judge: Judge | None = None) -> None:
        self.dossier, self.question = dossier, question
        if judge is not None:
            self.judge = judge

    @classmethod
    def of(cls, known: Known, question: Question) -> Judging:
        """Of a model's dossier; all questions about one model share what its judge has worked out."""
        judge = known.judge.asking(question.success, question.openings)
        return cls(known.model.dossier, question, judge=judge)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.dossier, success=self.question.success, openings=self.question.openings)

    def accepts(self, model: Model, shares: Array) -> bool:
        """Whether the judge accepts a plan of shares [M, K+1]."""
        plan = plan_of(model, shares)
        if not self.question.without:
            return self.judge.satisfactory(plan)
        return all(s.accepted or name_of(s) in self.question.without for s in self.judge.slacks(plan))

    def fits(self, model: Model, shares: Array) -> bool:
        """Whether a plan meets all that has no value."""
        timing = self.judge.terms.clock.timing(plan_of(model, shares))
        return all(term.judge(timing) is None for term in self.judge.terms.all)

    def missed(self, known: Known, shares: Array, held: Set[Topic | AnsweredTopic] = frozenset()) -> Conditions | None:
        """Rows that a plan breaks and that no problem holds from the start; None where it breaks none of them.

        Behind them all rows on dates of what they are about: the next plan would break others of them. `held`: what the
        problem has these of, as `topics` tells.
        """
        found = self.broken(known.model, shares)
        return joined([rows_of(known.model, found), *on_dates(known, found, held)]) if found else None

    def broken(self, model: Model, shares: Array) -> tuple[Slack, ...]:
        """The conditions that a plan breaks and that no problem holds from the start, the worst of each family."""
        without = self.question.without
        return self.judge.missed(plan_of(model, shares), lambda slack: name_of(slack) not in without)


def on_dates(known: Known, found: Iterable[Slack], held: Set[Topic | AnsweredTopic]) -> Iterator[Conditions]:
    """All rows on dates of what some of the judge's conditions are about, where they are not held."""
    model = known.model
    for s in found:
        if s.answer is not None:
            if s.leaves_years is None and (answered := answered_of(model, s)) not in held:
                held = held | {answered}
                yield known.answering.of(answered)
            continue
        party, other = (-1 if x is None else model.parties.index(x) for x in (s.party, s.other))
        topic = party, other, -1 if s.measure is None else model.index[s.measure]
        if topic[1:] != (-1, -1) and topic not in held:
            held = held | {topic}
            yield known.seldom.of(topic)


def topics(labels: Iterable[Label]) -> set[Topic | AnsweredTopic]:
    """What rows on dates are about besides consent and one's own breaking out."""
    seldom = (label for label in labels if label.moment >= 0 and label.kind != "breakout")
    return {
        AnsweredTopic(label.kind, label.party, label.other, label.measure, label.answers)
        if label.answers
        else (label.party, label.other, label.measure)
        for label in seldom
    }


def rows_of(model: Model, slacks: Iterable[Slack]) -> Conditions:
    """Some of the judge's conditions with values, as rows in order of their families: see `Slack` for what they say."""
    families: dict[tuple[object, ...], list[Slack]] = {}
    for s in slacks:
        families.setdefault((s.kind, s.party, s.other, s.measure, s.answer, s.leaves_years is None), []).append(s)
    return joined([_rows_of(model, family) for family in families.values()])


def _rows_of(model: Model, family: Sequence[Slack]) -> Conditions:
    one = family[0]
    ends = [(s.leaves_years, s.leaves_moment) for s in family]
    leaves = [Moment.at(model.tau, t, side) for t, side in ends if t is not None and side is not None]
    dates = [(s.years, s.moment) for s in family]
    moments = [Moment.at(model.tau, t, side) for t, side in dates if t is not None and side is not None]
    if one.answer is not None:
        return rows_under(model, answered_of(model, one), moments, leaves or None)
    return rows_at(
        model,
        one.kind,  # type: ignore[arg-type]
        (
            model.parties.index(one.party or ""),
            -1 if one.other is None else model.parties.index(one.other),
            -1 if one.measure is None else model.index[one.measure],
        ),
        moments,
        leaves or None,
    )


def answered_of(model: Model, s: Slack) -> AnsweredTopic:
    """What one of the judge's conditions on a breach that draws answers is about."""
    names = [pause.name for pause in model.pauses]
    return AnsweredTopic(
        s.kind,  # type: ignore[arg-type]
        model.parties.index(s.party or ""),
        -1 if s.other is None else model.parties.index(s.other),
        -1 if s.measure is None else model.index[s.measure],
        tuple(names.index(name) for name in (s.answer or "").split("+")),
    )


def name_of(slack: Slack) -> str:
    """The name of the condition that a row of the judge belongs to; its kind for what always holds."""
    if slack.kind == "demand":
        return f"demands.{slack.name}"
    if slack.kind == "success":
        return f"success.{slack.name}"
    kind = "exposure" if slack.kind == "secret_exposure" else slack.kind
    return kind if kind in HARD else f"{kind}.{slack.party}"


def plan_of(model: Model, shares: Array) -> Plan:
    """A plan as people read it from shares [M, K+1]."""
    d = model.dossier
    entry: dict[str, date | None] = {}
    share: dict[str, tuple[tuple[date, float], ...]] = {}
    for m, name in ((m, model.measures[m]) for m in np.flatnonzero(model.real)):
        rises = np.flatnonzero(shares[m, 1:] > shares[m, :-1] + RISE).tolist()
        if name in d.state.in_force:
            entry[name] = d.state.in_force[name].since
        else:
            entry[name] = d.grid.dates[rises[0]] if rises else None
        if model.divisible[m] and rises:
            share[name] = tuple((d.grid.dates[k], float(shares[m, k + 1])) for k in rises)
    return Plan(entry, share)


RISE = 1e-9
"""A rise of a share that is none."""
Name = tuple[object, ...]


def key_of(s: Slack) -> Name:
    """What one of the judge's conditions is about, and when."""
    at = None if s.moment is None or s.years is None else (s.moment, round(s.years, 8))
    leaves = None if s.leaves_moment is None or s.leaves_years is None else (s.leaves_moment, round(s.leaves_years, 8))
    return s.kind, s.party, s.other, s.measure, s.answer, at, leaves


def key_of_row(model: Model, label: Label) -> Name:
    """The same of a row."""
    at, leaves = (None if x is None else (x.side, round(x.years, 8)) for x in (label.at, label.leaves))
    other = model.parties[label.other] if label.other >= 0 else None
    measure = model.measures[label.measure] if label.measure >= 0 else None
    answer = "+".join(model.pauses[a].name for a in label.answers) or None
    return label.kind, model.parties[label.party], other, measure, answer, at, leaves
