"""Running a command: whatever goes wrong is said in words, and becomes an exit code."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from cyclopts import CycloptsError
from pydantic import ValidationError

from detente.cli import say
from detente.cli.app import app
from detente.cli.carrying import FINE, WRONG
from detente.errors import DossierError, UsageError
from detente.workbench.options import said

FAULT, INTERRUPTED = 1, 130


def run(argv: Sequence[str]) -> int:
    """Run a command; returns its exit code. Nothing but BrokenPipeError is raised."""
    try:
        command, bound, _ = app.parse_args(list(argv), print_error=False, exit_on_error=False)
        code = command(*bound.args, **bound.kwargs)
        return code if isinstance(code, int) else FINE
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        say.stopped()
        return INTERRUPTED
    except Exception as error:
        return _told(error, in_json="--json" in argv)


def _told(error: Exception, *, in_json: bool) -> int:
    """Say what went wrong. Returns the exit code; raises again what is a fault of ours where that is asked for."""
    if isinstance(error, DossierError):
        say.refused(error.findings, in_json=in_json)
        return WRONG
    if (misuse := _misuse(error)) is not None:
        say.misused(misuse, in_json=in_json)
        return WRONG
    if os.environ.get("DETENTE_DEBUG"):
        raise error
    say.fault(error)
    return FAULT


def _misuse(error: Exception) -> str | None:
    """What whoever gave the command can mend, in words; None for what is a fault of ours."""
    if isinstance(error, UsageError):
        return say.in_options(str(error))
    if isinstance(error, CycloptsError):
        return _meant(error)
    if os.environ.get("DETENTE_DEBUG") or not isinstance(error, OSError):
        return None
    if error.filename:
        return f"{error.filename}: {error.strerror}; choose another place"
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "there is no space left where the answer is written; make room, or choose another place" if full else None


def _meant(wrong: CycloptsError) -> str:
    """What is wrong with the flags, without the words of the libraries that read them."""
    cause = wrong.__cause__ or wrong.__context__
    if isinstance(cause, ValidationError):
        return said(cause, flag=lambda name: "--" + name.replace("_", "-"))
    return str(wrong)
