"""The command line: it knows the workbench and computes nothing. Exit codes: 0 fine, 1 a fault of ours, 2 errors in
what was given, 3 undecided, 4 interrupted with what was found printed, 130 interrupted."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn, TextIO

INTERRUPTED, NOBODY_READS = 130, 141


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit code."""
    codecs.register_error("detente", _spelt)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="detente")  # type: ignore[union-attr]
    try:
        code = run(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:  # as it is where standard output was closed
            sys.stdout.flush()
    except BrokenPipeError:
        _forget(sys.stdout)
        code = NOBODY_READS
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


PLAIN = str.maketrans({"−": "-", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "→": ">", "×": "x", "é": "e"})


def _spelt(error: UnicodeError) -> tuple[str, int]:
    """What a terminal without Unicode shows instead."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end].translate(PLAIN)
    return "".join(c if c.isascii() else "?" for c in text), error.end


def _forget(stream: TextIO) -> None:
    """Send what a stream still holds nowhere, so that Python does not complain at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(argv: Sequence[str]) -> int:
    """Run a command; returns its exit code. Nothing but BrokenPipeError is raised."""
    from detente.cli import commands  # here, so that an interrupt while it is loaded ends as any other

    return commands.run(argv)
