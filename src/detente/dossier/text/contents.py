"""The bytes of a file that somebody names, or why they cannot be had. The one place where such files are opened."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Literal

from detente.dossier.places import nearest
from detente.errors import Finding

_STANDARD_INPUT = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})


class Unread(Exception):
    """A file that cannot be read: why, what would help, and whether it is its size."""

    def __init__(self, why: str, remedy: str = "", kind: Literal["file", "size"] = "file"):
        super().__init__(why)
        self.why, self.remedy, self.kind = why, remedy, kind

    def finding(self, prefix: str, file: str, remedy: str = "") -> Finding:
        """As a Finding; `remedy` is what helps where only the file can be wrong."""
        said = self.why if self.kind == "size" else f"cannot read it: {self.why}"
        return Finding(f"{prefix}.{self.kind}", "error", said, file, remedy=self.remedy or remedy)


def contents(path: str | FilePath, most: int) -> bytes:
    """The bytes of a regular file, or of /dev/stdin. Raises Unread, for more than `most` bytes too.

    A named pipe, a device or a socket is not opened: it could block for ever, or never end.
    """
    file = FilePath(path)
    try:
        kind = file.stat().st_mode
        if stat.S_ISDIR(kind):
            raise Unread(
                "it is a folder", "name a file in it, or what comes with the program (`detente cases` lists cases)"
            )
        if not stat.S_ISREG(kind) and str(path) not in _STANDARD_INPUT:
            raise Unread("it is a pipe, a device or a socket, not a file", "save it as a file, or name /dev/stdin")
        with file.open("rb") as stream:
            data = stream.read(most + 1)
    except (OSError, ValueError) as error:
        raise Unread(getattr(error, "strerror", None) or str(error)) from None
    if len(data) > most:
        raise Unread(f"larger than {most // 1_000_000} MB", "name a smaller file", "size")
    return data


def which_name(path: str | FilePath, known: Iterable[str]) -> str:
    """The remedy for a file that is not there: the nearest of the names that come with the program."""
    return "check the name" if FilePath(path).suffix else nearest(str(path), known)
