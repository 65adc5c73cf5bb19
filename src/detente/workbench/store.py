"""Stored runs: finished answers in a folder of JSON files, one a run, named after its id."""

from __future__ import annotations

import json
import os
import re
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.errors import UsageError

FORMAT = 1
Record = dict[str, Any]


class StoreWarning(UserWarning):
    """Runs cannot be kept; the answer is given all the same."""


@dataclass(frozen=True)
class StoredRun:
    """One line of the list of stored runs."""

    run: str
    verb: str
    case: str
    written: float
    """Seconds since 1970."""
    rule: str = ""
    success: str | None = None
    """The success level that was asked for; None where all were."""
    overlays: tuple[Mapping[str, Any], ...] = ()


def folder() -> Path | None:
    """Where runs are kept: $DETENTE_HOME/runs, else the user's cache; None where there is no such place."""
    if home := os.environ.get("DETENTE_HOME"):
        return Path(home) / "runs"
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "detente" / "runs"
    try:
        return Path.home() / ".cache" / "detente" / "runs"
    except RuntimeError:
        return None


def recall(run: str) -> Record | None:
    """A stored run, None where there is none that can be read."""
    place = folder()
    return None if place is None else _read(place / f"{run}.json")


def keep(run: str, record: Mapping[str, Any]) -> bool:
    """Store a run; where that is impossible, warn and go on. Says whether it is stored.

    An answer that stopped before it was finished never takes the place of one that was.
    """
    place = folder()
    if place is None:
        warnings.warn("no home directory: this run is not kept (set DETENTE_HOME)", StoreWarning, stacklevel=2)
        return False
    if not record.get("finished", True) and (_read(place / f"{run}.json") or {}).get("finished"):
        return True
    text = json.dumps({"format": FORMAT, **record}, ensure_ascii=False, allow_nan=False)
    try:
        place.mkdir(parents=True, exist_ok=True)
        _replace(place / f"{run}.json", text)
    except OSError as error:
        reason = error.strerror or error
        warnings.warn(f"this run is not kept: {place}: {reason} (set DETENTE_HOME)", StoreWarning, stacklevel=2)
        return False
    return True


def find(prefix: str) -> tuple[str, Record]:
    """The one stored run whose id begins so. Raises UsageError where there is none, or more than one."""
    ids = [r for r in _ids() if r.startswith(prefix)] if re.fullmatch(r"[0-9a-f]+", prefix) else []
    if len(ids) == 1 and (record := recall(ids[0])) is not None:
        return ids[0], record
    if len(ids) > 1:
        raise UsageError(f"{prefix!r} begins {len(ids)} runs: {', '.join(ids[:5])}; write more of the id")
    where = folder()
    raise UsageError(f"no stored run {prefix!r} in {where}; `detente show` lists those that are there")


def runs() -> tuple[StoredRun, ...]:
    """The stored runs, the newest first."""
    place = folder()
    found: list[StoredRun] = []
    for run in _ids():
        record = recall(run)
        if record is not None and place is not None:
            written = (place / f"{run}.json").stat().st_mtime
            found.append(_line(run, record, written))
    return tuple(sorted(found, key=lambda r: -r.written))


def _line(run: str, record: Record, written: float) -> StoredRun:
    """One line of the list; what a spoilt file does not say stays empty."""
    source: Any = record
    for name in ("result", "provenance"):
        source = source.get(name) if isinstance(source, dict) else None
    source = source if isinstance(source, dict) else {}
    options = source.get("options") if isinstance(source.get("options"), dict) else {}
    overlays = [o for o in source.get("overlays") or () if isinstance(o, dict)]
    rule, success = str(options.get("rule") or ""), options.get("success")
    return StoredRun(run, str(record["verb"]), str(record["title"]), written, rule, success, tuple(overlays))


def _ids() -> list[str]:
    place = folder()
    try:
        return sorted(p.stem for p in place.glob("*.json")) if place is not None else []
    except OSError:
        return []


def _read(path: Path) -> Record | None:
    with suppress(OSError, ValueError):
        record = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(record, dict) and record.get("format") == FORMAT:
            return record
    return None


def _replace(path: Path, text: str) -> None:
    """Write so that another process sees the old file or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
