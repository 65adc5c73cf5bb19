"""Where in the file each field stands, so that a Finding can name its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from detente.errors import Finding, Severity

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, both counted from 1."""


@dataclass(frozen=True)
class Places:
    """Places of keys (mapping entries) and values (scalars and list items) in one file."""

    file: str | None = None
    keys: Mapping[Path, Place] = field(default_factory=dict)
    values: Mapping[Path, Place] = field(default_factory=dict)

    def of(self, path: Path, *, key: bool = False) -> tuple[int | None, int | None]:
        """Place of a field: of its value where that is a scalar, else of its key, else of what it stands in.

        What stands in nothing (a missing field of the dossier itself) is missed at the top of the file.
        """
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        if found := first.get(path) or second.get(path):
            return found
        for n in range(len(path) - 1, 0, -1):
            if found := self.keys.get(path[:n]) or self.values.get(path[:n]):
                return found
        return self.values.get((), (1, 1) if self.keys or self.values else (None, None))

    def finding(
        self,
        code: str,
        message: str,
        path: Path = (),
        *,
        remedy: str = "",
        severity: Severity = "error",
        key: bool = False,
    ) -> Finding:
        """A Finding about one field, with its place in the file."""
        line, column = self.of(path, key=key)
        return Finding(
            code, severity, message=message, file=self.file, line=line, column=column, path=dotted(path), remedy=remedy
        )


NOWHERE = Places()


def dotted(path: Iterable[str | int]) -> str:
    """A path as people write it: parties.usa.stakes.arsenal."""
    return ".".join(str(p) for p in path)


def nearest(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest known ones, else all that there are."""
    names = [str(k) for k in known]
    folded = {n.casefold(): n for n in names}
    close = difflib.get_close_matches(str(name)[:80].casefold(), folded, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(repr(folded[c]) for c in close)}?"
    shown = sorted(names)[:12]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"known: {', '.join(shown)}{more}" if names else "none is defined"


def at(document: Any, path: Path) -> Any:
    """What stands at a path of a raw document, None where nothing does."""
    for part in path:
        in_list = isinstance(document, list) and isinstance(part, int) and -1 < part < len(document)
        if not in_list and not (isinstance(document, dict) and part in document):
            return None
        document = document[part]
    return document
