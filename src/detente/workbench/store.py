"""Stored runs: answers in a folder of JSON files, one a run, named after its id. Faces say which folder."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from detente.errors import UsageError
from detente.workbench.provenance import changes_said

FORMAT = 1
PRIVATE = 0o700
"""Only whose runs they are may look into the folder."""
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

    @property
    def changes(self) -> tuple[str, ...]:
        """What was changed in the case, in words."""
        return changes_said(self.overlays)

    @property
    def minute(self) -> str:
        """When it was written, by the local clock."""
        return datetime.fromtimestamp(self.written).isoformat(" ", "minutes")


@dataclass(frozen=True)
class Store:
    """Runs in a folder; where there is none, nothing is kept."""

    folder: Path | None = None
    advice: str = ""
    """How whoever asks chooses another folder."""

    def recall(self, run: str) -> Record | None:
        """A stored run, None where there is none that can be read."""
        return None if self.folder is None else _read(self.folder / f"{run}.json")

    def keep(self, run: str, record: Mapping[str, Any]) -> str | None:
        """Store a run, for nobody else to read. Returns why it is not stored, where that is impossible.

        An answer that stopped before it was finished never takes the place of one that was.
        """
        how = f" ({self.advice})" if self.advice else ""
        if self.folder is None:
            return f"no home directory: this run is not kept{how}"
        if not record.get("finished", True) and (self.recall(run) or {}).get("finished"):
            return None
        text = json.dumps({"format": FORMAT, **record}, allow_nan=False)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            self.folder.chmod(PRIVATE)
            _replace(self.folder / f"{run}.json", text)
        except OSError as error:
            return f"this run is not kept: {self.folder}: {error.strerror or error}{how}"
        return None

    def forget(self, run: str) -> bool:
        """Remove a stored run. Says whether it is gone now and was there before. Raises OSError where it cannot be."""
        file = None if self.folder is None else self.folder / f"{run}.json"
        if file is None or not file.exists():
            return False
        file.unlink()
        return True

    def find(self, prefix: str) -> tuple[str, Record]:
        """The one stored run whose id begins so. Raises UsageError where there is none, or more than one."""
        known = [r for r in self.ids() if r.startswith(prefix)] if re.fullmatch(r"[0-9a-f]+", prefix) else []
        if len(known) == 1 and (record := self.recall(known[0])) is not None:
            return known[0], record
        if len(known) > 1:
            raise UsageError(f"{prefix!r} begins {len(known)} runs: {', '.join(known[:5])}; write more of the id")
        raise UsageError(f"no stored run {prefix!r} in {self.folder}; `detente show` lists those that are there")

    def runs(self) -> tuple[StoredRun, ...]:
        """The stored runs, the newest first."""
        found: list[StoredRun] = []
        for run in self.ids():
            record = self.recall(run)
            if record is not None and self.folder is not None:
                written = (self.folder / f"{run}.json").stat().st_mtime
                found.append(_line(run, record, written))
        return tuple(sorted(found, key=lambda r: -r.written))

    def cases_of(self, run: str) -> tuple[str, ...]:
        """What the case of a stored run is called: its id and its title, as far as it has them."""
        record = self.recall(run) or {}
        document, result = record.get("document"), record.get("result")
        source = result.get("provenance") if isinstance(result, dict) else None
        named = (
            record.get("title"),
            document.get("id") if isinstance(document, dict) else None,
            source.get("case") if isinstance(source, dict) else None,
        )
        return tuple(str(name) for name in named if name)

    def ids(self) -> list[str]:
        """The ids of what is stored."""
        try:
            return sorted(p.stem for p in self.folder.glob("*.json")) if self.folder is not None else []
        except OSError:
            return []


def _line(run: str, record: Record, written: float) -> StoredRun:
    """One line of the list; what a spoilt file does not say stays empty."""
    source: Any = record
    for name in ("result", "provenance"):
        source = source.get(name) if isinstance(source, dict) else None
    source = source if isinstance(source, dict) else {}
    options = source.get("options") if isinstance(source.get("options"), dict) else {}
    overlays = [o for o in source.get("overlays") or () if isinstance(o, dict)]
    rule, success = str(options.get("rule") or ""), options.get("success")
    verb, case = str(record["verb"]), str(record["title"])
    return StoredRun(run, verb, case, written, rule=rule, success=success, overlays=tuple(overlays))


def _read(path: Path) -> Record | None:
    with suppress(OSError, ValueError):
        record = json.loads(path.read_text(encoding="utf-8"))
        whole = isinstance(record, dict) and record.get("format") == FORMAT
        if whole and all(isinstance(record.get(key), str) for key in ("verb", "title")):
            return dict(record)
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
