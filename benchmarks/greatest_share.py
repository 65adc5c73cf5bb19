"""How long the rule of Kalai and Smorodinsky takes: every party's best plan is a problem of its own.

    .venv/bin/python -m benchmarks.greatest_share                       # korea-2018, without a success level
    .venv/bin/python -m benchmarks.greatest_share --success minimal

Prints the seconds of computing, the gap, and how well each party's best is known.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from detente.design.plan.clock import Clock
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.dossier import load


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", default="korea-2018")
    parser.add_argument("--success", choices=("none", "minimal", "full"), default="none")
    parser.add_argument("--gap", type=float, default=0.005)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds")
    options = parser.parse_args(arguments)
    start = time.process_time()
    known = Known.of(load(options.case))
    designer = Designer(known, Question(options.success), gap=options.gap, clock=Clock(options.limit))
    made = designer.design("kalai_smorodinsky")
    gap = "no gap" if made.gap is None else f"gap {100 * made.gap:.2f} %"
    print(f"{time.process_time() - start:.1f} s  {made.status}  {gap}  share {made.objective} to {made.bound}")
    for p, best in designer.best.items():
        print(f"    {known.model.parties[p]:8} at best {best.objective:8.1f} to {best.bound:8.1f}")


if __name__ == "__main__":
    main()
