"""How fast the exact Pareto frontier of a domain of choices is found, and how much faster than by listing outcomes.

    .venv/bin/python -m benchmarks.frontier_speed                  # generated domains, and any hyper-rectangles
    .venv/bin/python -m benchmarks.frontier_speed --large          # 10^6 outcomes by NegMAS as well
    .venv/bin/python -m benchmarks.frontier_speed --domains DIR    # a folder of GENIUS domains, one folder each

The baseline is NegMAS (`negmas.preferences.ops.pareto_frontier`), which lists and compares outcomes, on the same domain
in the same run. Beyond --limit outcomes it is not asked. It computes in floats; the number of its points is printed
where it differs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
from negmas import make_issue
from negmas.preferences import LinearAdditiveUtilityFunction
from negmas.preferences.ops import pareto_frontier
from negmas.preferences.value_fun import TableFun

from benchmarks.clock import fastest
from detente.design.exact.choice_search import available
from detente.design.exact.choices import Space, space_of
from detente.design.exact.frontier import exact_frontier
from detente.dossier.foreign import read_genius

DOMAINS = Path(__file__).resolve().parents[2] / "shared/data/genius"
"""Beside the checkout."""
SHAPES = ((2, 4, 10), (2, 5, 10), (2, 6, 10), (2, 7, 10), (3, 8, 7))
"""(parties, issues, values): up to 10^7 outcomes for two parties, 5.8 million for three."""
T = TypeVar("T")


def generated(parties: int, issues: int, values: int, *, opposed: bool = False, seed: int = 0) -> Space:
    """Issues with random evaluations, whole numbers up to 1000; `opposed`: of each value they add up to about 1000."""
    random = np.random.default_rng(seed)
    shape = (issues, values)
    drawn = 1000 * random.dirichlet(np.ones(parties), shape) if opposed else random.integers(0, 1001, (*shape, parties))
    payoffs = tuple(tuple(tuple(int(x) for x in value) for value in issue) for issue in drawn)
    groups = tuple(tuple((f"issue{i}_{v}",) for v in range(values)) for i in range(issues))
    names = tuple(f"party{p}" for p in range(parties))
    nothing = (Fraction(0),) * parties
    return Space(names, groups, payoffs, (), (Fraction(1, 1000 * issues),) * parties, nothing, (None,) * parties)


def by_listing(space: Space) -> int:
    """How many points NegMAS finds."""
    issues = [make_issue([a[0] for a in group], f"issue{i}") for i, group in enumerate(space.groups)]
    ufuns = [
        LinearAdditiveUtilityFunction(
            [
                TableFun({a[0]: v[p] for a, v in zip(g, w, strict=True)})
                for g, w in zip(space.groups, space.payoffs, strict=True)
            ],
            weights=[1.0] * len(issues),
            issues=issues,
        )
        for p in range(len(space.parties))
    ]
    points, _ = pareto_frontier(ufuns, issues=issues)
    return len({tuple(round(x) for x in point) for point in points})


def compare(space: Space, name: str, limit: int) -> None:
    seconds, found = fastest(lambda: exact_frontier(space), times=3)
    print(f"{name:44} {1000 * seconds:10.1f} ms  {len(found.points):6} points", end="", flush=True)
    if space.size <= limit:
        theirs, points = fastest(lambda: by_listing(space))
        differs = "" if points == len(found.points) else f"  ({points} points)"
        print(f"   NegMAS {theirs:8.2f} s   ratio {theirs / seconds:9.0f}{differs}", end="")
    print(flush=True)


def hyper_rectangles(folder: Path) -> None:
    """Domains with more outcomes than could be listed, utilities clipped at 1 as GENIUS does; by each solver."""
    solvers = dict.fromkeys((available(), "highs"))
    for path, by in product(sorted(folder.glob("anac*")), solvers):
        imported, _ = read_genius(path)
        dossier = imported.judged()[0] if imported else None
        if dossier is None:
            print(f"{path.name}: cannot be read")
            continue
        preparing, space = fastest(lambda d=dossier: space_of(d, ceilings=dict.fromkeys(d.parties, Fraction(1))))
        assert space is not None
        seconds, found = fastest(lambda s=space, b=by: exact_frontier(s, ignore_walk_away=True, by=b))
        name = f"{path.name}, 10^{len(str(space.size)) - 1} outcomes, {found.how}"
        proof = "complete" if found.complete else "NOT complete"
        print(f"{name:76} {preparing:5.2f} s + {seconds:6.2f} s  {len(found.points):4} points, {proof}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="NegMAS on 10^6 outcomes too; three opposed parties")
    parser.add_argument("--limit", type=int, help="most outcomes that NegMAS is asked to list (10^5; --large: 10^6)")
    parser.add_argument("--domains", type=Path, default=DOMAINS, help="folder of GENIUS domains")
    options = parser.parse_args(arguments)
    limit = options.limit or (10**6 if options.large else 10**5)
    for shape in SHAPES:
        space = generated(*shape)
        compare(space, f"{shape[0]} parties, {space.size:,} outcomes", limit)
    for shape in SHAPES[: None if options.large else -1]:
        space = generated(*shape, opposed=True)
        compare(space, f"{shape[0]} opposed parties, {space.size:,} outcomes", limit)
    if options.domains.is_dir():
        hyper_rectangles(options.domains)
    else:
        print(f"no domains in {options.domains}: hyper-rectangles left out")


if __name__ == "__main__":
    main()
