"""The command line: it knows the workbench and computes nothing. Exit codes: 0 fine, 1 a fault of ours, 2 errors in
what was given, 3 undecided, 130 interrupted."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn, TextIO

FINE, FAULT, WRONG, UNDECIDED, INTERRUPTED, NOBODY_READS = 0, 1, 2, 3, 130, 141


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
    from cyclopts import CycloptsError

    from detente.cli import say
    from detente.errors import DossierError, UsageError

    in_json = "--json" in argv
    try:
        return _call(argv)
    except BrokenPipeError:
        raise
    except DossierError as broken:
        say.refused(broken.findings, in_json=in_json)
        return WRONG
    except UsageError as wrong:
        say.misused(say.in_flags(str(wrong)), in_json=in_json)
        return WRONG
    except CycloptsError as wrong:
        say.misused(_meant(wrong), in_json=in_json)
        return WRONG
    except KeyboardInterrupt:
        say.stopped()
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("DETENTE_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename:
            say.misused(f"{error.filename}: {error.strerror}; choose another place", in_json=in_json)
            return WRONG
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            say.misused(
                "there is no space left where the answer is written; make room, or choose another place",
                in_json=in_json,
            )
            return WRONG
        say.fault(error)
        return FAULT


def _call(argv: Sequence[str]) -> int:
    from detente.cli.app import app

    command, bound, _ = app.parse_args(list(argv), print_error=False, exit_on_error=False)
    code = command(*bound.args, **bound.kwargs)
    return code if isinstance(code, int) else FINE


def _meant(wrong: Exception) -> str:
    """What is wrong with the flags, without the words of the libraries that read them."""
    from pydantic import ValidationError

    from detente.workbench.options import said

    cause = wrong.__cause__ or wrong.__context__
    if isinstance(cause, ValidationError):
        return said(cause, flag=lambda name: "--" + name.replace("_", "-"))
    return str(wrong)
