"""From a command to its end: ask the verb, write what was asked for, print the answer, say how it went."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from detente.cli import say
from detente.cli.voices import tell
from detente.workbench.verbs import Verb
from detente.workbench.writing import file_for, folder_for

FINE, WRONG, UNDECIDED, PARTIAL = 0, 2, 3, 4


def carry_out(
    row: Verb, inputs: tuple[Any, ...], out: Path | None, options: Any, *, in_json: bool, verbose: bool
) -> int:
    """Carry a command out. Returns its exit code. Raises what its verb raises."""
    given = _with_files(row, inputs, out)
    folder = out if row.out else None
    if folder and row.name != "show":
        _placed(row, folder)
    named = next((str(i) for i in inputs if i is not None), None)
    result, interrupted = _answer(row, given, options, named or "as told", verbose=verbose)
    written = _written(result, folder) if folder else []
    if in_json:
        say.print_json(result.to_json())
    else:
        tell(row, result, named, written)
    return PARTIAL if interrupted else _exit_code(row, result)


def _exit_code(row: Verb, result: Any) -> int:
    if row.long and result.status == "undecided":
        return UNDECIDED
    return WRONG if row.name == "check" and not result.ok else FINE


def _with_files(row: Verb, inputs: tuple[Any, ...], out: Path | None) -> tuple[Any, ...]:
    """The inputs with the files that the verb itself writes, in the order of the row."""
    places = iter(inputs)
    given: list[Any] = []
    for one in row.inputs:
        if one.many:
            given += places
        elif not one.flag:
            given.append(next(places))
        elif out is None and one.ending:
            source = next(i for i in reversed(inputs) if i is not None)
            given.append(Path(Path(source).stem + one.ending))
        else:
            given.append(out)
    return tuple(given)


def _placed(row: Verb, out: Path) -> None:
    """Ask, before any work is done, whether the result can be written there. Raises UsageError."""
    assert row.out is not None
    (folder_for if row.out.place == "folder" else file_for)(out)


def _answer(row: Verb, given: tuple[Any, ...], options: Any, named: str, *, verbose: bool) -> tuple[Any, bool]:
    """The answer, and whether it was interrupted."""
    told: dict[str, Any] = {"warn": say.warn, "store": import_module("detente.home").runs()} | (
        {} if options is None else {"options": options}
    )
    doing = row.doing.format(named)
    if row.long:
        return say.watched(
            lambda progress, cancel: row.ask(*given, **told, progress=progress, cancel=cancel),
            verbose=verbose,
            what=doing,
        )
    if verbose and doing:
        say.tell(doing)
    return row.ask(*given, **told), False


def _written(result: Any, out: Path) -> list[Path]:
    """Write a result where it can be written: a folder, or the one file that a plan is."""
    if hasattr(result, "save"):
        return [result.save(out)]
    files: list[Path] = result.write(out)
    return files
