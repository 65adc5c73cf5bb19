"""How near to the best plan a search comes in a given time where many parties must gain.

    .venv/bin/python -m benchmarks.many_parties                 # 60 × 40 with 5 and with 8 parties, three seeds each
    .venv/bin/python -m benchmarks.many_parties --baseline      # and the same without looking near plans

Prints the gap of nash after --limit seconds. The baseline is the same programme and the same time, plans looked for by
HiGHS alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks.generator import dossier
from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.dossier.schema import Dossier

GAP = 0.01


def designed(case: Dossier, limit: float, *, near: bool = True) -> Design:
    designer = Designer(Known.of(case), Question(), gap=GAP, clock=Clock(limit))
    if not near:
        designer.solver.nearby.free = designer.solver.nearby.free[:0]
    return designer.design("nash")


def told(design: Design) -> str:
    first = "no plan" if design.first_plan_seconds is None else f"first plan {design.first_plan_seconds:.1f} s"
    return f"{'no gap' if design.gap is None else f'gap {100 * design.gap:.2f} %':>12}  {first}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="how many generated cases of each size")
    parser.add_argument("--limit", type=float, default=100.0, help="seconds for each solve")
    parser.add_argument("--baseline", action="store_true", help="also without looking near plans")
    options = parser.parse_args(arguments)
    for parties in (5, 8):
        for seed in range(options.seeds):
            case = dossier(60, 40, seed=seed, parties=parties)
            print(f"{parties} parties, seed {seed}: {told(designed(case, options.limit))}", flush=True)
            if options.baseline:
                print(f"    HiGHS alone:     {told(designed(case, options.limit, near=False))}", flush=True)


if __name__ == "__main__":
    main()
