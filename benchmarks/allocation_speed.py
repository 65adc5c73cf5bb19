"""How fast effort is spread over many sites, and how much faster than by general means.

    .venv/bin/python -m benchmarks.allocation_speed

Baselines: for resources that cover targets, the linear programme of the same game in scipy's HiGHS, at a size that it
can do; for divisible effort, bisection on the level with every site in every step, to the same accuracy; for whole
days, nothing (the optimum is proved by enumeration in the tests). Each figure is the least of several runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linprog

from benchmarks.clock import fastest
from detente.verify.inspection.allocation import Sites, origami, whole_days

BOUND_MS = 20.0
"""What 40,000 targets may take."""


def least_ms(work: Callable[[], object], runs: int = 7) -> float:
    return 1000 * fastest(work, runs)[0]


def targets(n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    return random.uniform(1, 10, n), random.uniform(-10, 0, n)


def sites(n: int) -> Sites:
    random = np.random.default_rng(2)
    return Sites.of(random.uniform(1, 10, n), random.uniform(1, 10, n), random.uniform(0.1, 1, n))


def by_programme(high: np.ndarray, low: np.ndarray, resources: float) -> float:
    """The least level k with u − c·(u − l) ≤ k for every target: a row for each."""
    from scipy.sparse import diags_array, hstack, vstack

    n = len(high)
    rows = hstack([diags_array(low - high), -np.ones((n, 1))])
    total = np.append(np.ones(n), 0.0)[None, :]
    done = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=vstack([rows, total]).tocsr(),
        b_ub=np.append(-high, resources),
        bounds=[(0.0, 1.0)] * n + [(None, None)],
        method="highs",
    )
    return float(done.fun)


def by_bisection(at: Sites, budget: float) -> float:
    low, high = float(-at.caught.min()), float(at.gain.max())
    while high - low > 1e-13 * max(1.0, abs(low)) and (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if at.holding(middle).sum() > budget else (low, middle)
    return high


def report(name: str, ours: float, baseline: float | None = None) -> None:
    ratio = f"  baseline {baseline:9.2f} ms  ratio {baseline / ours:7.1f}" if baseline is not None else ""
    print(f"{name:44} {ours:8.2f} ms{ratio}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=40_000, help="how many targets or sites")
    parser.add_argument("--small", type=int, default=2_000, help="how many for the linear programme")
    options = parser.parse_args(arguments)
    high, low = targets(options.small)
    assert abs(origami(high, low, options.small / 10).attacker - by_programme(high, low, options.small / 10)) < 1e-6
    programme = least_ms(lambda: by_programme(high, low, options.small / 10), 3)
    covered = least_ms(lambda: origami(high, low, options.small / 10))
    report(f"ORIGAMI, {options.small:,} targets (HiGHS)", covered, programme)
    many_high, many_low = targets(options.targets)
    cover = least_ms(lambda: origami(many_high, many_low, options.targets / 10))
    report(f"ORIGAMI, {options.targets:,} targets", cover)
    many = sites(options.targets)
    budget = float(options.targets)
    assert abs(many.water_fill(budget).violator - by_bisection(many, budget)) < 1e-9
    filled = least_ms(lambda: many.water_fill(budget))
    report(
        f"water-filling, {options.targets:,} sites (bisection)", filled, least_ms(lambda: by_bisection(many, budget), 3)
    )
    report("whole days, 10 sites, 200 days", least_ms(lambda: whole_days(sites(10), 200)))
    for name, took in (("ORIGAMI", cover), ("water-filling", filled)):
        said = "within" if took <= BOUND_MS else "BEYOND"
        print(f"{name}: {took:.1f} ms is {said} the {BOUND_MS:.0f} ms asked for at 40,000 targets")


if __name__ == "__main__":
    main()
