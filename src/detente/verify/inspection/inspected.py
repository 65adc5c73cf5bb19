"""A plan of inspections with what is asked about it: what more days would buy, what deters, and the dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple

import numpy as np

from detente.errors import DossierError, Finding, UsageError
from detente.verify.inspection.files import Assignment, placed
from detente.verify.inspection.plan import (
    InspectionPlan,
    Inspections,
    Visit,
    days_to_deter,
    plan_inspections,
    visits_needed,
)

HALF_A_YEAR = 0.5
POINTS = 101
"""Budgets for which the worst violation's worth is given."""


class _Budget(NamedTuple):
    """What a budget of inspector-days a year would leave to the violator, spent against it alone: no goal in time."""

    days: int
    value: float
    """Of the worst violation."""
    detection: float
    """The chance that the worst violation is seen within half a year."""


@dataclass(frozen=True)
class Inspected:
    """A plan, its dates, and how it would change with the effort."""

    assignment: Assignment
    plan: InspectionPlan
    findings: tuple[Finding, ...]
    start: date
    start_said: str
    """Why the calendar begins on that day."""
    visits: tuple[Visit, ...]
    deters: int | None
    """The least inspector-days a year with which no violation pays; None where no number of visits is enough."""
    needs: int | None
    """The least for which each is seen in time as well, where that can be; None without goals, or deterrence."""
    efforts: tuple[_Budget, ...]

    def title_of(self, site: str) -> str:
        return self.assignment.title_of(site)


def inspect(
    assignment: Assignment,
    *,
    days: int | None = None,
    schedule: Literal["periodic", "random"] | None = None,
    start: date | None = None,
    seed: int = 1,
) -> Inspected:
    """Plan the inspections of a file. Raises UsageError without a budget, DossierError where the task is faulty."""
    budget = assignment.stated_days if days is None else days
    if budget is None:
        raise UsageError("how many inspector-days a year are there? give ‘days’, or 'days: ...' in the file")
    task = replace(assignment.task, days=budget, schedule=schedule or assignment.task.schedule)
    plan, findings = plan_inspections(task)
    if plan is None:
        raise DossierError(placed(assignment, findings))
    begins, why = _begins(assignment, start)
    if begins.year >= date.max.year:
        raise UsageError(f"a year from {begins.isoformat()} runs beyond the calendar: give an earlier ‘start’")
    visits = tuple(plan.calendar(begins, np.random.default_rng(seed)))
    deters = days_to_deter(task)
    most = max(budget, deters or 0, 1)
    budgets = sorted({*np.linspace(0, 1.25 * most, POINTS).astype(int).tolist(), budget, deters or 0})
    efforts = tuple(_effort(replace(task, days=n)) for n in budgets) if plan.adversary else ()
    first = visits_needed(task)
    needs = None if first is None else sum(n * s.days for n, s in zip(first, task.sites, strict=True))
    return Inspected(
        assignment=assignment,
        plan=plan,
        findings=placed(assignment, findings),
        start=begins,
        start_said=why,
        visits=visits,
        deters=deters,
        needs=needs,
        efforts=efforts,
    )


def _begins(assignment: Assignment, asked: date | None) -> tuple[date, str]:
    if asked is not None:
        return asked, "as asked"
    stated = assignment.written.start is not None
    return assignment.start, "as the file says" if stated else "by default: nothing says when"


def _effort(task: Inspections) -> _Budget:
    plan, _ = plan_inspections(task, in_time=False)
    worst = plan.adversary if plan is not None else None
    assert plan is not None
    assert worst is not None
    return _Budget(task.days, worst.value, plan.detection(HALF_A_YEAR) or 0.0)
