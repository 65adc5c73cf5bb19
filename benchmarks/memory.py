"""How much memory a large case takes: designed for a while, and with every row on a date held at once.

    .venv/bin/python -m benchmarks.memory              # 200 × 60; each line is a process of its own
    .venv/bin/python -m benchmarks.memory --measures 100 --seconds 30

Prints the peak of resident memory beside what the same rows would take as one dense matrix of coefficients on shares.
The limit of a design is looked at between its steps, and one judgement of a plan this size takes a minute or more.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
from collections.abc import Sequence

from benchmarks.generator import dossier
from detente.design.plan.clock import Clock
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.model.rows.temptation import Conditions, joined

MEGABYTE = 2**20


def designed(known: Known, seconds: float) -> Conditions:
    """The rows that a design has found worth asking about by the time its limit is up."""
    Designer(known, Question(), gap=0.01, clock=Clock(seconds)).design("nash")
    return known.rows


def on_dates(known: Known, seconds: float) -> Conditions:
    """Every row on a date, as the longest search might come to ask for."""
    return joined([known.rows, *map(known.seldom.of, known.seldom.topics)])


def report(name: str, measures: int, quarters: int, seconds: float) -> None:
    known = Known.of(dossier(measures, quarters))
    rows = {"designed": designed, "all rows on dates": on_dates}[name](known, seconds)
    held = sum(block.coef.nbytes for block in rows.coef.all) / MEGABYTE
    dense = len(rows) * measures * quarters * 8 / MEGABYTE
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sizes = f"{len(rows):6} rows: {held:6.0f} MB, dense {dense:6.0f} MB"
    print(f"{measures} × {quarters}, {name:18} {sizes}   peak {peak:6.0f} MB", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measures", type=int, default=200)
    parser.add_argument("--quarters", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=60.0, help="the limit of the design")
    options = parser.parse_args(arguments)
    for name in ("designed", "all rows on dates"):
        case = (name, options.measures, options.quarters, options.seconds)
        child = multiprocessing.get_context("spawn").Process(target=report, args=case)
        child.start()
        child.join()


if __name__ == "__main__":
    main()
