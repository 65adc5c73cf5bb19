"""The conditions on breaches that are answered by suspensions, as rows: lapses, cured or never, and forgiveness.

ANSWERS §4. What the rows say is in `lapses`; here is when they bind, and at which moments they are asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from detente.model.rows.arrays import Model
from detente.model.rows.detection import SNAP
from detente.model.rows.endings import Endings
from detente.model.rows.lapses import Dropping, LapseRows, Leave, forgiving
from detente.model.rows.linear import Rows
from detente.model.rows.moments import Moment, Moments
from detente.model.rows.pauses import hanging_together
from detente.model.rows.temptation import (
    CHUNK,
    Conditions,
    Families,
    Label,
    Rising,
    Switch,
    Temptation,
    block,
    joined,
)

_Group = tuple[Rising, ...]


class AnsweredTopic(NamedTuple):
    """What some rows are about, whatever their moment: indices, −1 where it does not apply."""

    kind: Temptation
    """lapse, never or forgive; covert: cheating, answered, cured, that ends in an open break."""
    party: int
    other: int
    """Of forgiveness the breacher."""
    measure: int
    """At whose detection a lapse is seen; −1: at once."""
    answers: tuple[int, ...]

    @property
    def breach(self) -> Dropping:
        return Dropping(self.other if self.kind == "forgive" else self.party, self.measure, self.answers)


class AnswerRows:
    """The rows of a model on the dates of the grid and of exits, one topic at a time."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._stated: dict[AnsweredTopic, Conditions] = {}

    def of(self, topic: AnsweredTopic) -> Conditions:
        """Those of one."""
        if topic not in self._stated:
            every = list(enumerate(self.model.moments))
            parts = [every[i : i + CHUNK] for i in range(0, len(every), CHUNK)]
            self._stated[topic] = joined([self._of(topic, part) for part in parts])
        return self._stated[topic]

    def _of(self, topic: AnsweredTopic, numbered: Sequence[tuple[int, Moment]]) -> Conditions:
        families, m = Families(self.model, Moments.of([at for _, at in numbered])), topic.measure
        chosen = [*range(len(numbered))]
        if m >= 0 and not np.isfinite(self.model.undo[m]):
            chosen = families.entering if self.model.state[m] < 1 else []
        chosen = [i for i in chosen if all(_groups(self.model, topic, numbered[i][1]))]
        return rows_under(self.model, topic, [numbered[i][1] for i in chosen], first=[numbered[i][0] for i in chosen])

    def beginning(self) -> Iterator[Conditions]:
        """What a programme holds from the start: open breaches of one answer, and forgiveness that binds."""
        for a, pause in enumerate(self.model.pauses):
            for p in pause.breachers:
                for kind in ("lapse", "never") if self.model.valued[p] else ():
                    yield self.of(AnsweredTopic(kind, p, -1, -1, (a,)))
                carriers = {q for n in pause.stops for q in np.flatnonzero(self.model.by[:, n]).tolist()} - {p}
                for q in sorted(carriers) if pause.credible else ():
                    if self.model.valued[q]:
                        yield self.of(AnsweredTopic("forgive", q, p, -1, (a,)))

    def topics(self) -> Iterator[AnsweredTopic]:
        """All that there are, but for breaking openly in the end."""
        model = self.model
        for p in np.flatnonzero(model.valued).tolist():
            for answers in hanging_together(model.pauses, p):
                among = [m for m in np.flatnonzero(Dropping(p, -1, answers).among(model)).tolist() if model.fakeable[m]]
                for measure in (-1, *among):
                    yield AnsweredTopic("lapse", p, -1, measure, answers)
                    yield AnsweredTopic("never", p, -1, measure, answers)


def rows_under(
    model: Model,
    topic: AnsweredTopic,
    moments: Sequence[Moment],
    leaves: Sequence[Moment] | None = None,
    *,
    first: Sequence[int] | None = None,
) -> Conditions:
    """The rows of a topic at any moments; `first`: the number of each among the model's."""
    ends: Sequence[Moment | None] = leaves or [None] * len(moments)
    numbers = first if first is not None else [-1] * len(moments)
    if not moments:
        return block(model, iter([([], Rows(np.zeros((0, model.M, model.K + 1)), np.zeros(0)), [])]))
    families = Families(model, Moments.of(moments))
    rows = _rows(topic, families, leaves).scaled(np.exp(float(model.rho[topic.party]) * families.moments.years))
    labels = [
        Label(
            topic.kind,
            topic.party,
            topic.other,
            topic.measure,
            moment=number,
            switch=_switch(families, topic, i),
            at=at,
            leaves=end,
            answers=topic.answers,
        )
        for i, (at, end, number) in enumerate(zip(moments, ends, numbers, strict=True))
    ]
    return block(model, iter([(labels, rows, [*range(len(moments))])]))


def _rows(topic: AnsweredTopic, families: Families, leaves: Sequence[Moment] | None) -> Rows:
    valuation, maker, breach = families.valuations[topic.party], Endings(families.model, families.moments), topic.breach
    if topic.kind == "forgive":
        return forgiving(valuation, maker, topic.answers[0], topic.other)
    if leaves is not None:
        return Leave(valuation, maker, breach, Moments.of(leaves)).rows()
    return LapseRows(valuation, maker, breach, cured=topic.kind == "lapse").rows()


# --- when they bind ----------------------------------------------------------------------------------------------


def _switch(families: Families, topic: AnsweredTopic, i: int) -> Switch:
    """Where something of each answer lapses."""
    if topic.measure >= 0 and len(topic.answers) == 1:
        return families.switch(topic.measure, i, entering=False)
    groups = _groups(families.model, topic, families.moments[i])
    if topic.measure >= 0:
        own = families.switch(topic.measure, i, entering=False)
        since = own.period - 1 if own.kind == "enters" else None
        groups = (*groups, (Rising(own.measure, since, own.period),))
    one = groups[0][0] if len(groups) == 1 and len(groups[0]) == 1 else None
    simple = one is not None and one.period >= 0 and one.since in (None, one.period - 1)
    if one is None or not simple or families.model.divisible[one.measure]:
        return Switch("lapses", groups=groups)
    return Switch("in" if one.since is None else "enters", measure=one.measure, period=one.period)


def _groups(model: Model, topic: AnsweredTopic, moment: Moment) -> tuple[_Group, ...]:
    """Of each answer what of it may lapse, but for that of the measure that is seen."""
    breach, base = topic.breach, moment.base
    if topic.kind == "forgive":
        return (tuple(Rising(m, None, base) for m in breach.among(model).nonzero()[0].tolist()),)
    lapsing, end = breach.lapsing(model), breach.ends_after(model)
    groups = []
    for pause in breach.pauses(model):
        if topic.measure in pause.to:
            continue
        cure = pause.cure if topic.kind == "lapse" else math.inf if end is None else end
        years = math.inf if topic.measure >= 0 else moment.years + cure
        last = int(np.searchsorted(model.tau, years + SNAP, side="right")) - 1
        cells = []
        for m in pause.to:
            made = bool(lapsing.undone[m]) and math.isfinite(model.undo[m]) and float(model.keeps[m]) < 1
            late = bool(lapsing.skipped[m]) and last > base
            if made or late:
                cells.append(Rising(m, None if made else base, last if late else base))
        groups.append(tuple(cells))
    return tuple(groups)
