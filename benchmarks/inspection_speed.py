"""How the time for samples and inspection plans grows with what is inspected.

    .venv/bin/python -m benchmarks.inspection_speed

The baseline of each, in the same run, is the same question of a hundredth of the items, or of a year's days of effort:
the ratio beside that of the sizes says how the time grows. Each figure is the least of several runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from benchmarks.clock import fastest
from detente.verify.inspection.plan import Inspections, ViolationSite, plan_inspections
from detente.verify.inspection.sampling import Method, Sample


def least_ms(work: Callable[[], object], runs: int) -> float:
    return 1000 * fastest(work, runs)[0]


def worst(items: int) -> object:
    """The worst way to take a goal from so many items, two methods looking."""
    return Sample(items, 2.0, 8.0, (Method(40, 0.1), Method(8, 0.01))).worst()


def report(name: str, small: float, large: float, sizes: str) -> None:
    print(f"{name:32} {small:9.1f} ms  {large:9.1f} ms  ratio {large / small:8.1f} at {sizes}", flush=True)


def planned(days: int) -> object:
    """Visits to two sites within so many days a year; one of them is never seen, whatever is spent there."""
    sites = (
        ViolationSite("reactor", gain=20, caught=60, days=3, detects=0.5),
        ViolationSite("blind", 20, 60, days=3, detects=0.0),
    )
    return plan_inspections(Inspections(sites, days=days, discount=0.08))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="how often each is run")
    runs = parser.parse_args(arguments).runs
    few, many = (least_ms(lambda n=n: worst(n), runs) for n in (1_000, 100_000))
    report("the worst of many items", few, many, "100 times the items")
    short, endless = (least_ms(lambda d=d: planned(d), runs) for d in (365, 10**9))
    report("a plan within a budget", short, endless, "2.7 million times the days")


if __name__ == "__main__":
    main()
