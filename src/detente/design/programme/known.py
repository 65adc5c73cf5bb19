"""What is worked out of a model once and serves every question about it: rows, values, judge, what searches found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np

from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge
from detente.model.numeric import Array
from detente.model.rows.answered import AnswerRows
from detente.model.rows.arrays import Model
from detente.model.rows.linear import Coefficients, Rows, truth
from detente.model.rows.temptation import Conditions, Label, Seldom, conditions, joined, values


class Known:
    """A model's rows, which grow with what searches find; what a plan is worth to each party; and who judges plans.

    `like`: what is known of models that may say the same of some parties, and need not be worked out twice.
    """

    def __init__(
        self,
        model: Model,
        rows: Conditions | None = None,
        *,
        seldom: Seldom | None = None,
        answering: AnswerRows | None = None,
        like: Iterable[Known] = (),
    ) -> None:
        self.model = model
        self.seldom: Seldom = seldom or Seldom(model, [x.seldom for x in like])
        """The conditions on dates that `rows` do not begin with."""
        self.answering: AnswerRows = answering or AnswerRows(model)
        """The same of breaches that are answered by suspensions."""
        self.rows = rows if rows is not None else joined([conditions(model, self.seldom), *self.answering.beginning()])
        """Consent, breaking out and open lapses on dates, and behind them those that plans were found to break."""
        self._first = self.rows
        self.binding: frozenset[Label] = frozenset()
        """Rows that the programmes of some questions turned out to need."""
        self.plans: list[Array] = []
        """Shares [M, K+1] of plans that meet every condition with a value."""
        self._labels: set[Label] = set(self.rows.labels)
        self._source: Known | None = None

    @classmethod
    def of(cls, dossier: Dossier, *, like: Iterable[Known] = ()) -> Known:
        return cls(Model.of(dossier), like=like)

    def asking_else(self, dossier: Dossier) -> Known:
        """The same of a dossier that differs in its demands and in what success is, which no row hangs on."""
        model = replace(self.model, dossier=dossier)
        other = Known(model, replace(self.rows, model=model), seldom=self.seldom, answering=self.answering)
        vars(other).update(worth=self.worth, _source=self)
        return other

    def afresh(self, plans: Iterable[Array] = ()) -> Known:
        """The same without what searches have found, but with plans that are known to meet all that has a value."""
        known = Known(self.model, self._first, seldom=self.seldom, answering=self.answering)
        vars(known).update(worth=self.worth, judge=self.judge)
        known.plans.extend(plans)
        return known

    def __getstate__(self) -> dict[str, object]:
        """What another process is given: no judge, which that soon makes anew, and nothing that searches have found."""
        return {name: x for name, x in vars(self.afresh()).items() if name != "judge"}

    @cached_property
    def worth(self) -> list[Rows | None]:
        """For each party the one row of what a plan is worth to it; None for parties that value nothing."""
        return values(self.model)

    def value(self, p: int, shares: Array) -> float:
        """What a plan of shares [M, K+1] is worth to a party that values something."""
        const, coef, terms = self._worth[p]
        return const + float(np.sum(coef * shares)) + sum(c * truth(e, shares) for e, c in terms.items())

    @cached_property
    def _worth(self) -> list[tuple[float, Array, Coefficients]]:
        found = [(rows or Rows(np.zeros((1, 1, 1)), np.zeros(1))) for rows in self.worth]
        return [(float(rows.const[0]), rows.coef[0], rows.terms[0]) for rows in found]

    @cached_property
    def judge(self) -> Judge:
        """Under no question: see `Judge.asking`."""
        return Judge(self.model.dossier)

    def learn(self, rows: Conditions) -> None:
        """Keep rows that a search has found for the searches to come."""
        if self._source is not None:
            self._source.learn(rows)
        new = [label not in self._labels for label in rows.labels]
        if any(new):
            self.rows = joined([self.rows, rows.only(new)])
            self._labels.update(rows.labels)
