"""How fast an overlay is applied, and how much faster than reading the case again.

    .venv/bin/python -m benchmarks.overlay_speed

The baseline, in the same run, is what an overlay saves: reading the file as text and validating it. Each figure is the
mean of several overlays that all differ.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from detente.dossier import apply, load
from detente.dossier.schema import Dossier

AIM_MS = 30.0
"""For a case of 40 measures."""


def mean_ms(work: Callable[[int], object], times: int) -> float:
    start = time.perf_counter()
    for i in range(times):
        work(i)
    return 1000 * (time.perf_counter() - start) / times


def changed(dossier: Dossier, i: int) -> Dossier:
    return apply(dossier, {"parties.usa.no_deal": -i, "measures.declaration.verify.detects": f"{i} %/year"})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="how many overlays")
    times = parser.parse_args(arguments).times
    dossier = load("korea-2018")
    again = mean_ms(lambda i: load("korea-2018"), max(1, times // 4))
    ours = mean_ms(lambda i: changed(dossier, i), times)
    print(f"korea-2018, {len(dossier.measures)} measures")
    print(f"read again            {again:8.1f} ms")
    print(f"an overlay            {ours:8.1f} ms  ratio {again / ours:.1f}")
    print(f"{ours:.1f} ms is {'within' if ours <= AIM_MS else 'BEYOND'} the {AIM_MS:.0f} ms asked for")


if __name__ == "__main__":
    main()
