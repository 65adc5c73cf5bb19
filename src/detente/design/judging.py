"""The judge as the search asks it: whether it accepts a plan under a question, and which further rows a plan breaks."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from detente.design.problem import Question
from detente.design.program import Array
from detente.dossier.schema import Dossier
from detente.model.arrays import Model
from detente.model.check import Judge, Slack
from detente.model.moments import Moment
from detente.model.plan import Plan
from detente.model.temptation import Conditions, joined, row

HARD = frozenset({"empty", "grid", "order", "pace", "one_of", "capacity", "link"})
"""Conditions that are no part of any conflict: they hold whatever is given up."""


class Judging:
    """Judges the plans of one dossier under one question, what the question sets aside left out."""

    def __init__(self, dossier: Dossier, question: Question, *, judge: Judge | None = None) -> None:
        self.dossier, self.question = dossier, question
        if judge is not None:
            self.judge = judge

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.dossier, success=self.question.success, openings=self.question.openings)  # type: ignore[arg-type]

    def accepts(self, model: Model, shares: Array) -> bool:
        """Whether the judge accepts a plan of shares [M, K+1]."""
        plan = plan_of(model, shares)
        if not self.question.without:
            return self.judge.satisfactory(plan)
        return all(s.accepted or name_of(s) in self.question.without for s in self.judge.slacks(plan))

    def missed(self, model: Model, shares: Array) -> Conditions | None:
        """Rows that a plan breaks and that no problem holds from the start; None where it breaks none of them."""
        found = [s for s in self.judge.missed(plan_of(model, shares)) if name_of(s) not in self.question.without]
        return joined([row_of(model, s) for s in found]) if found else None


def row_of(model: Model, slack: Slack) -> Conditions:
    """One of the judge's conditions with a value, as a row: its moment may be any, and cheating may end in leaving."""
    assert slack.years is not None
    assert slack.moment is not None
    leaves = None
    if slack.leaves_years is not None and slack.leaves_moment is not None:
        leaves = Moment.at(model.tau, slack.leaves_years, slack.leaves_moment)
    return row(
        model,
        slack.kind,  # type: ignore[arg-type]
        model.parties.index(slack.party or ""),
        -1 if slack.other is None else model.parties.index(slack.other),
        -1 if slack.measure is None else model.index[slack.measure],
        Moment.at(model.tau, slack.years, slack.moment),
        leaves,
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
    for m, name in enumerate(model.measures):
        rises = [k for k in range(model.K) if shares[m, k + 1] > shares[m, k] + 1e-9]
        if name in d.state.in_force:
            entry[name] = d.state.in_force[name].since
        else:
            entry[name] = d.grid.dates[rises[0]] if rises else None
        if model.divisible[m] and rises:
            share[name] = tuple((d.grid.dates[k], float(shares[m, k + 1])) for k in rises)
    return Plan(entry, share)
