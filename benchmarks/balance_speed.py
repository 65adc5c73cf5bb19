"""How fast histories of a material balance area are simulated, and how much memory that takes.

    .venv/bin/python -m benchmarks.balance_speed

31 locations, 15 balances, 1,000 histories: errors, MUF, covariance from each history's own measurements, SITMUF,
GEMUF (both versions) and Page. The aim is 0.2 s and 200 MB, for the whole process, on two cores.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence

import numpy as np

from detente.verify.balance.area import BalanceArea, Component, Measurement
from detente.verify.balance.losses import simulate

AIM_SECONDS, AIM_MB = 0.2, 200


def area(locations: int = 31, balances: int = 15, *, seed: int = 0) -> BalanceArea:
    """A made-up area: a third each inputs, outputs and inventories, recalibrated every five balances."""
    rng = np.random.default_rng(seed)
    kinds: tuple[Component, ...] = ("input", "output", "inventory")
    rows = []
    for place in range(locations):
        kind = kinds[place % 3]
        for period in range(0 if kind == "inventory" else 1, balances + 1):
            amount = float(rng.uniform(5, 20))
            rows.append(
                Measurement(period, f"kp{place}", kind, amount, 0.01, 0.005, calibration=str(max(0, period - 1) // 5))
            )
    return BalanceArea("made up", tuple(str(i + 1) for i in range(balances)), tuple(rows))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args(arguments)
    seconds = []
    for seed in range(options.repeats):
        made = area()  # anew, so that nothing is kept from the last one
        start = time.perf_counter()
        simulate(made, options.iterations, seed)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    best, first = min(seconds), seconds[0]
    ratio = AIM_SECONDS / best
    print(f"{options.iterations} × 31 × 15: best {best:.3f} s, first {first:.3f} s (aim {AIM_SECONDS} s, {ratio:.1f}×)")
    print(f"peak of the process {peak:.0f} MB (aim {AIM_MB} MB)")


if __name__ == "__main__":
    main()
