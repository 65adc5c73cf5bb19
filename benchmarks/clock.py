"""How long something takes: the fastest of several runs, since what else a machine does only adds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def fastest(run: Callable[[], T], times: int = 1) -> tuple[float, T]:
    """Seconds of the fastest of several runs, and what the last gave."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
    return best, result
