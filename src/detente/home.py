"""Where a face keeps runs. The environment is read here and in the command line, and nowhere below."""

from __future__ import annotations

import os
from pathlib import Path

from detente.workbench.store import Store


def runs() -> Store:
    """The stored runs: in $DETENTE_HOME/runs, else in the user's cache; nowhere where there is no such place."""
    return Store(_folder(), "set DETENTE_HOME")


def _folder() -> Path | None:
    if home := os.environ.get("DETENTE_HOME"):
        return Path(home) / "runs"
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "detente" / "runs"
    try:
        return Path.home() / ".cache" / "detente" / "runs"
    except RuntimeError:
        return None
