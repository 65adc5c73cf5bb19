"""What judging a plan of korea-2018 costs: the first, plans that differ a little from it, and all that it was before.

    .venv/bin/python -m benchmarks.judge_speed

Prints milliseconds of processor, and how many times as long as one exponential for each condition and measure, which
is the size of the sums that a verdict takes. The plans shift one measure each by a period.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from detente.design.plan.known import Known
from detente.design.plan.problem import Question
from detente.design.plan.rules import Clock, Designer
from detente.dossier import load
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge
from detente.model.plan import Plan


def plans_of(dossier: Dossier, count: int) -> list[Plan]:
    """The nash plan that meets minimal success, and others in which one measure each enters a period later."""
    made = Designer(Known.of(dossier), Question("minimal"), gap=0.005, clock=Clock(120.0)).design("nash")
    assert made.plan is not None
    plan, dates = made.plan, dossier.grid.dates
    later = dict(pairwise(dates))
    movable = [m for m, day in plan.entry.items() if day in later and m not in plan.share]
    others = [Plan({**plan.entry, m: later[day]}, plan.share) for m in movable if (day := plan.entry[m])]
    return [plan, *others[:: max(1, len(others) // (count - 1))][: count - 1]]


def clocked(work: Callable[[], object]) -> float:
    """Seconds of processor."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=4)
    parser.add_argument("--times", type=int, default=3, help="how often all is done; the fastest counts")
    options = parser.parse_args(arguments)
    dossier = load("korea-2018")
    plans = plans_of(dossier, options.plans)
    numbers = np.linspace(0.0, 1.0, len(Judge(dossier).slacks(plans[0])) * len(dossier.measures))
    bare = min(clocked(lambda: np.exp(-numbers)) for _ in range(20))

    def told(name: str, seconds: Sequence[float]) -> None:
        best = min(seconds)
        print(f"{name:46} {1e3 * best:8.1f} ms {best / bare:8.1f} times bare", flush=True)

    print(f"{len(numbers)} bare exponentials: {1e3 * bare:.2f} ms")
    fresh, made, first, others, again, changed = ([] for _ in range(6))  # type: tuple[list[float], ...]
    for _ in range(options.times):
        made.append(clocked(lambda: Judge(dossier)))
        judge, missing = Judge(dossier), Judge(dossier)
        fresh.append(clocked(lambda judge=judge: judge.verdict(plans[0])))
        others.append(clocked(lambda judge=judge: [judge.verdict(p) for p in plans[1:]]) / (len(plans) - 1))
        first.append(clocked(lambda judge=missing: judge.missed(plans[0])))
        again.append(clocked(lambda judge=missing: [judge.missed(p) for p in plans[1:]]) / (len(plans) - 1))
        changed.append(clocked(lambda judge=judge: judge.leaving_at(next(iter(dossier.parties)), 0.2).missed(plans[0])))
    told("a judge, of a dossier", made)
    told("verdict on the first plan", fresh)
    told("verdict on each plan that differs a little", others)
    told("missed by the first plan", first)
    told("missed by each plan that differs a little", again)
    told("missed where a party leaves at another rate", changed)


if __name__ == "__main__":
    main()
