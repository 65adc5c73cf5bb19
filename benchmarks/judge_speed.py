"""What judging a plan of korea-2018 costs: the first, plans that differ a little from it, and all that it was before.

    .venv/bin/python -m benchmarks.judge_speed

Prints milliseconds of processor, and how many times as long as one exponential for each condition and measure, which
is the size of the sums that a verdict takes. The plans shift one measure each by a period.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeVar

import numpy as np

from detente.design.plan.clock import Clock
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.dossier import load
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge
from detente.model.plan import Plan

T = TypeVar("T")


def plans_of(dossier: Dossier, count: int) -> list[Plan]:
    """The nash plan that meets minimal success, and others in which one measure each enters a period later."""
    made = Designer(Known.of(dossier), Question("minimal"), gap=0.005, clock=Clock(120.0)).design("nash")
    assert made.plan is not None
    plan, dates = made.plan, dossier.grid.dates
    later = dict(pairwise(dates))
    movable = [m for m, day in plan.entry.items() if day in later and m not in plan.share]
    others = [Plan({**plan.entry, m: later[day]}, plan.share) for m in movable if (day := plan.entry[m])]
    return [plan, *others[:: max(1, len(others) // (count - 1))][: count - 1]]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=4)
    parser.add_argument("--times", type=int, default=3, help="how often all is done; the fastest counts")
    options = parser.parse_args(arguments)
    took: dict[str, list[float]] = defaultdict(list)

    def clocked(name: str, work: Callable[[], T], of: int = 1) -> T:
        start = time.process_time()
        found = work()
        took[name].append((time.process_time() - start) / of)
        return found

    dossier = load("korea-2018")
    first, *others = plans_of(dossier, options.plans)
    some = next(iter(dossier.parties))
    for _ in range(options.times):
        judge, other = clocked("a judge, of a dossier", lambda: Judge(dossier)), Judge(dossier)
        verdict = clocked("verdict on the first plan", partial(judge.verdict, first))
        differs = partial(list[object], map(judge.verdict, others))
        clocked("verdict on each plan that differs a little", differs, len(others))
        clocked("missed by the first plan", partial(other.missed, first))
        differs = partial(list[object], map(other.missed, others))
        clocked("missed by each plan that differs a little", differs, len(others))
        elsewhere = judge.leaving_at(some, 0.2)
        clocked("missed where a party leaves at another rate", partial(elsewhere.missed, first))
        numbers = np.linspace(0.0, 1.0, len(verdict.slacks) * len(dossier.measures))
        clocked(f"{len(numbers)} exponentials", partial(np.exp, numbers))
    *names, bare = took
    for name in names:
        print(f"{name:46} {1e3 * min(took[name]):8.1f} ms {min(took[name]) / min(took[bare]):8.1f} times {bare}")


if __name__ == "__main__":
    main()
