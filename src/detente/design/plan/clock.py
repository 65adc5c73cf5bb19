"""The time that a search may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Clock:
    """Seconds left of a limit, counted from when it is made."""

    seconds: float
    cancelled: Callable[[], bool] = lambda: False
    """Whether whoever asked wants no more than what has been found."""
    start: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return 0.0 if self.cancelled() else self.seconds - (time.monotonic() - self.start)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """No more than so many seconds for what is done inside."""
        whole = self.seconds
        self.seconds = min(whole, time.monotonic() - self.start + seconds)
        try:
            yield
        finally:
            self.seconds = whole
