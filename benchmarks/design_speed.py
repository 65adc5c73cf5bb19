"""How fast a plan is designed, and how much faster than the straightforward model.

    .venv/bin/python -m benchmarks.design_speed              # the bundled case, and 30 × 40 against the baseline
    .venv/bin/python -m benchmarks.design_speed --large      # 60 × 40 and 100 × 60 as well

The baseline is the straightforward model: all valued rows on dates at once, given to HiGHS in one solve of the same
full grid, with the same tangents of the logarithms, to the same proven gap. Its clock stops at --limit seconds; a ratio
is then a lower bound, and said to be one.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence

from benchmarks.generator import dossier as generated
from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.dossier import load
from detente.dossier.schema import Dossier
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import Seldom, conditions, joined

GAP = 0.005


def lazily(dossier: Dossier, *, gap: float, limit: float, success: str) -> tuple[float, Design]:
    """Seconds from dossier to the checked plan, and the design."""
    start = time.perf_counter()
    made = Designer(Known.of(dossier), Question(success), gap=gap, clock=Clock(limit)).design("nash")
    return time.perf_counter() - start, made


def all_rows_at_once(dossier: Dossier, *, gap: float, limit: float) -> tuple[float, Design]:
    """The same by the straightforward model: every row in, no neighbourhoods, one programme."""
    start = time.perf_counter()
    model = Model.of(dossier)
    every = joined([conditions(model), *map(Seldom(model).of, Seldom(model).topics)])
    designer = Designer(Known(model, every), Question(), gap=gap, clock=Clock(limit))
    for r in range(len(every)):
        designer.problem.valued.activate(r)
    designer.solver.widths = ()
    made = designer.design("nash")
    return time.perf_counter() - start, made


def report(name: str, seconds: float, made: Design) -> None:
    first = "none" if made.first_plan_seconds is None else f"{made.first_plan_seconds:.2f} s"
    gap = "no bound" if made.gap is None else f"gap {100 * made.gap:.2f} %"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = f"{name:34} {seconds:8.2f} s  first plan {first:>8}"
    print(f"{took}  {made.status:13} {gap:>12}  peak {peak:.0f} MB", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also 60 × 40 and 100 × 60, to 1 %%")
    parser.add_argument("--seeds", type=int, default=3, help="how many generated cases of 30 × 40")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for each solve")
    options = parser.parse_args(arguments)
    for level in ("minimal", "full"):
        seconds, made = lazily(load("korea-2018"), gap=GAP, limit=options.limit, success=level)
        report(f"korea-2018, nash, {level}", seconds, made)
    ours, theirs, settled = 0.0, 0.0, True
    for seed in range(options.seeds):
        case = generated(30, 40, seed=seed)
        seconds, made = lazily(case, gap=GAP, limit=options.limit, success="none")
        report(f"30 × 40, seed {seed}", seconds, made)
        base, plain = all_rows_at_once(case, gap=GAP, limit=options.limit)
        report("    all rows at once", base, plain)
        done = plain.gap is not None and plain.gap <= GAP
        print(f"    ratio {'' if done else 'at least '}{base / seconds:.1f}", flush=True)
        ours, theirs, settled = ours + seconds, theirs + base, settled and done
    if options.seeds:
        print(f"all seeds together: ratio {'' if settled else 'at least '}{theirs / ours:.1f}", flush=True)
    if options.large:
        for measures, quarters in ((60, 40), (100, 60)):
            seconds, made = lazily(generated(measures, quarters), gap=0.01, limit=options.limit, success="none")
            report(f"{measures} × {quarters}, to 1 %", seconds, made)


if __name__ == "__main__":
    main()
