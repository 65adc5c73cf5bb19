"""What goes to stderr, and what is said of errors: nothing here prints an answer."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from detente.errors import Finding

if TYPE_CHECKING:
    from detente.workbench.envelope import Progress

T = TypeVar("T")
WIDTH = 80
Hear = Callable[["Progress"], None]


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    tell(textwrap.fill(f"warning: {text}", WIDTH, subsequent_indent="  ", break_long_words=False))


def in_options(text: str) -> str:
    """What is said of parameters, named as ‘time_limit’, ‘time_limit 60’ or ‘cache=False’, in options."""
    return re.sub(r"‘(\w+)(=False)?([^’]*)’", _option, text)


def _option(found: re.Match[str]) -> str:
    return f"{'--no-' if found[2] else '--'}{found[1].replace('_', '-')}{found[3]}"


def _finding_in_options(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: in_options(value) if isinstance(value, str) else value for key, value in told.items()}


def print_json(data: Mapping[str, Any]) -> None:
    """JSON alone on stdout; beyond ASCII only where the terminal can show it."""
    if "findings" in data:
        data = {**data, "findings": [_finding_in_options(told) for told in data["findings"]]}
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(data, indent=2, ensure_ascii=plain, allow_nan=False))


def finding_lines(finding: Finding) -> list[str]:
    """file:line:col, what is wrong, and how to mend it."""
    from detente.dossier.library import id_of

    finding = Finding(**_finding_in_options(finding.as_dict()))
    file = (id_of(finding.file) or finding.file) if finding.file else None
    place = ":".join(str(x) for x in (file, finding.line, finding.column) if x is not None)
    at = f" at {finding.path}" if finding.path else ""
    head = f"{place}: " * bool(place) + f"{finding.severity} {finding.code}"
    lines = [head + at] if len(head + at) <= WIDTH else [head, f" {at}"]
    lines += wrapped(finding.message, "  ")
    return lines + (wrapped(f"to mend it: {finding.remedy}", "  ") if finding.remedy else [])


def wrapped(text: str, indent: str = "", hanging: str | None = None) -> list[str]:
    more = indent if hanging is None else hanging
    return [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(part, WIDTH, initial_indent=indent, subsequent_indent=more, break_on_hyphens=False)
    ]


def refused(findings: Sequence[Finding], *, in_json: bool) -> None:
    """What is wrong with a dossier, an overlay or a plan that a verb cannot use."""
    if in_json:
        print_json({"findings": [f.as_dict() for f in findings], "ok": False})
        return
    errors = [f for f in findings if f.severity == "error"] or list(findings)
    for finding in errors:
        tell("\n".join(finding_lines(finding)))
    tell(f"{_number(len(errors), 'error')}{_and_more(errors, len(findings) - len(errors))}")


def _and_more(errors: Sequence[Finding], rest: int) -> str:
    """What was found besides errors, and where to see it."""
    where = " that `detente check` lists" if any(f.code.startswith("dossier.") for f in errors) else ""
    return f", and {_number(rest, 'warning')} or notes{where}" if rest else ""


def _number(n: int, thing: str) -> str:
    return f"{n} {thing}{'s' if n > 1 else ''}"


def misused(text: str, *, in_json: bool) -> None:
    """A command that cannot be understood."""
    if in_json:
        finding = Finding("usage", "error", text, remedy="detente --help lists the commands and their options")
        print_json({"findings": [finding.as_dict()], "ok": False})
        return
    for line in wrapped(f"detente: {text}", "", "  "):
        tell(line)
    tell("Try `detente --help`, or `detente COMMAND --help`.")


def stopped() -> None:
    """Interrupted: what is kept and what is not."""
    tell("\nStopped. Nothing of this run was kept; `detente show` lists the finished runs that are.")


def fault(error: Exception) -> None:
    """Something that should not happen."""
    short = " ".join(str(error).split())[:300]
    tell(f"detente: unexpected {type(error).__name__}: {short}")
    tell("This is a fault of détente. Please report it with the command and the dossier; DETENTE_DEBUG=1 shows more.")


def watched(work: Callable[[Hear, threading.Event], T], *, verbose: bool, what: str) -> tuple[T, bool]:
    """Do long work beside the terminal, showing that it goes on; what it gave, and whether it was interrupted."""
    begin = time.monotonic()

    def plainly(text: str) -> None:
        tell(f"[{time.monotonic() - begin:6.1f} s] {text}")

    if verbose:
        plainly(what)
        return _beside(lambda enough: work(lambda progress: plainly(progress.text), enough))
    if not sys.stderr.isatty():
        return _beside(lambda enough: work(lambda progress: None, enough))
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn("line"), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def hear(progress: Progress) -> None:
            bar.update(task, description=progress.text)
            if "question" in (progress.best or {}):  # a verdict, which is not taken back
                bar.console.print(progress.text, markup=False, highlight=False)

        return _beside(lambda enough: work(hear, enough))


def _beside(work: Callable[[threading.Event], T]) -> tuple[T, bool]:
    """Run work in another thread: the first interrupt asks it for what it has, the second ends the program."""
    enough, ended = threading.Event(), threading.Event()
    done: list[T] = []
    failed: list[BaseException] = []

    def carry() -> None:
        try:
            done.append(work(enough))
        except BaseException as error:
            failed.append(error)
        finally:
            ended.set()

    threading.Thread(target=carry, daemon=True).start()
    while not ended.is_set():
        try:
            ended.wait(0.1)  # joining the thread would lose it at an interrupt
        except KeyboardInterrupt:
            if enough.is_set():
                stopped()
                sys.stderr.flush()
                os._exit(130)
            enough.set()
            tell("detente: stopping; what has been found is kept (press Ctrl-C again to leave at once)")
    if failed:
        raise failed[0]
    return done[0], enough.is_set()
