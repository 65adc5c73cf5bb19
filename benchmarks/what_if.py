"""What a what-if costs: a fixed plan of korea-2018 under other numbers, beside compiling its dossier's rows anew.

    .venv/bin/python -m benchmarks.what_if

Prints milliseconds a set of numbers, wall clock and processor. Amounts (effects, stakes, limits, losses) are weighed by
what is known; a rate or a time has the paths worked out again that hang on it. `compiling anew` is `Model.of` and all
rows on dates of the changed dossier, as `Known` and `Seldom` make them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from detente.design.plan.clock import Clock
from detente.design.plan.rules import Designer
from detente.design.programme.known import Known
from detente.design.programme.question import Question
from detente.dossier import load
from detente.dossier.schema import Dossier
from detente.model.numeric import Array, Flags
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import Seldom, conditions, joined
from detente.model.what_if.asking import WhatIf
from detente.model.what_if.numbers import Layer, Numbers


def clocked(name: str, work: Callable[[], object], sets: int = 1) -> None:
    """Print what some work takes, by set of numbers."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{name:58} {1e3 * wall / sets:10.2f} ms {1e3 * processor / sets:10.2f} ms of processor", flush=True)


def shares_of(dossier: Dossier) -> Array:
    """[M, K+1] the shares of the nash plan that meets minimal success."""
    made = Designer(Known.of(dossier), Question("minimal"), gap=0.005, clock=Clock(120.0)).design("nash")
    assert made.plan is not None
    model = Model.of(dossier)
    shares = np.zeros((model.M, model.K + 1))
    for m, name in enumerate(model.measures):
        day = made.plan.entry[name]
        if model.state[m] or day is not None:
            start = 0 if model.state[m] or day is None else dossier.grid.dates.index(day) + 1
            shares[m, start:] = 1.0
    return shares


def all_rows(dossier: Dossier, shares: Array) -> Array:
    """[R] the slack of every row on a date, compiled anew."""
    model = Model.of(dossier)
    seldom = Seldom(model)
    return joined([conditions(model), *map(seldom.of, seldom.topics)]).slacks(shares)


def drawn(numbers: Numbers, draws: int, rng: np.random.Generator) -> Numbers:
    """Draws in which every amount is up to a tenth more or less."""

    def near(x: Array) -> Array:
        return x * rng.uniform(0.9, 1.1, (draws, *x.shape))

    return replace(
        numbers,
        flows=tuple(Layer(x.until, near(x.points)) for x in numbers.flows),
        once=near(numbers.once),
        over=near(numbers.over),
        walk_away=near(numbers.walk_away),
        collapse=near(numbers.collapse),
        limit=near(numbers.limit),
    )


def changeable(name: str, numbers: Numbers) -> Flags:
    """Which of some rates or times could be others: those above 0, and all at which somebody leaves on no date."""
    return numbers.exit_chance == 0 if name == "exit_rate" else getattr(numbers, name) > 0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--timed", type=int, default=10, help="draws in which rates and times differ, too")
    options = parser.parse_args(arguments)
    dossier = load("korea-2018")
    shares, rng = shares_of(dossier), np.random.default_rng(1)
    clocked("compiling anew, all rows on dates", lambda: all_rows(dossier, shares))
    model = Model.of(dossier)
    what_if, numbers = WhatIf(model, shares), Numbers.of(model)
    print(f"{len(what_if.labels)} rows bind")
    clocked("first set of numbers", lambda: what_if.under(numbers))
    for name in ("once", "over", "walk_away", "collapse", "limit"):
        clocked(
            f"then another {name}", lambda x=name: what_if.under(replace(numbers, **{x: 1.1 * getattr(numbers, x)}))
        )
    for name in ("discount", "response", "delay", "detects", "exit_rate"):
        for i in np.flatnonzero(changeable(name, numbers)).tolist():
            x = getattr(numbers, name).copy()
            x[i] = 1.1 * x[i] + 0.01
            clocked(f"then another {name}, of one", lambda x=x, n=name: what_if.under(replace(numbers, **{n: x})))
    all_amounts = drawn(numbers, options.draws, rng)
    clocked(f"{options.draws} draws of all amounts, each", lambda: what_if.under(all_amounts), options.draws)
    rates = numbers.discount * rng.uniform(0.9, 1.1, (options.timed, len(model.parties)))
    times = numbers.response * rng.uniform(0.9, 1.1, (options.timed, len(model.parties)))
    everything = replace(drawn(numbers, options.timed, rng), discount=rates, response=times)
    clocked(f"{options.timed} draws of rates and times too, each", lambda: what_if.under(everything), options.timed)


if __name__ == "__main__":
    main()
