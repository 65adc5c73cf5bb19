"""What false alarms cost: each draws its answer, as if a measure had not been performed. ANSWERS §5.

A product of what is suspended and what is alarmed, of the plan, until the first answer to any breach.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from detente.model.numeric import Array
from detente.model.rows.arrays import TINY, Model
from detente.model.rows.conditions import Expression, all_of, in_force
from detente.model.rows.entries import Entries, flow, shares_of
from detente.model.rows.hidden import until_turn
from detente.model.rows.linear import Rows
from detente.model.rows.pauses import windows


class Alarmed(NamedTuple):
    """What is lost to a party, a year, while two measures are in force of which one draws false alarms."""

    suspended: int
    alarmed: int
    layers: tuple[tuple[float, float], ...]
    """(until, points a year)"""


def alarms_of(model: Model, p: int) -> Iterator[Alarmed]:
    """What false alarms cost a party: by what is suspended and what they are about."""
    rho = float(model.rho[p])
    for pause in model.pauses:
        stopped = {n for q in pause.breachers for n in windows(model, [pause], q, cured=True)}
        for n in (n for n in pause.stops if n in stopped and not model.divisible[n]):
            for m in (m for m in pause.to if model.false_alarms[m] > 0 and not model.divisible[m]):
                often = float(model.false_alarms[m]) * -math.expm1(-rho * pause.length)
                lost = often / (rho + often) * (1 - float(model.keeps[n]))
                flows = ((until, float(rates[p, n]) * lost) for until, rates in (*model.layers, *model.intrusion))
                if layers := tuple((until, rate) for until, rate in flows if rate):
                    yield Alarmed(n, m, layers)


def add_alarms(rows: Rows, entries: Entries, alarms: Iterable[Alarmed]) -> None:
    """Add to rows what false alarms cost on a branch until the first answer."""
    branch, rho = entries.branch, entries.rho
    ends = branch.low[:, None], branch.high[:, None]
    answer = branch.first_answer[:, None]
    for alarm in alarms:
        worth = np.zeros(entries.start.shape)
        for until, rate in alarm.layers:
            if branch.answer_from == "random" and np.all(np.isfinite(answer)):
                lost = until_turn(branch.law, rho, entries.t0, answer, (entries.start, until), ends)
            else:
                chance = branch.parts(0.0, ends[0], np.maximum(*ends))
                lost = flow(rho, np.minimum(until, entries.t0 + answer), entries.start) * chance
            worth -= rate * lost
        add_together(rows, entries.model, worth, (alarm.suspended, alarm.alarmed))


def add_together(rows: Rows, model: Model, worth: Array, pair: tuple[int, int]) -> None:
    """Add what it is worth [I, K+1] that two whole measures are in force, by when the later of them enters."""
    n, m = pair
    if n == m:
        rows.coef[:, n] += shares_of(worth)
        return
    coef = shares_of(worth)
    for k in range(-1, model.K):
        both = all_of((in_force(n, k, float(model.state[n])), in_force(m, k, float(model.state[m]))))
        add_where(rows, coef[:, k + 1], both)


def add_where(rows: Rows, amount: Array, expression: Expression) -> None:
    """Add an amount to each row where an expression holds."""
    if expression is True:
        rows.const += amount
    elif expression is not False:
        there = np.flatnonzero(np.abs(amount) > TINY)
        number = rows.expressions.number(expression)
        rows.add(there, np.full(len(there), number), amount[there])
