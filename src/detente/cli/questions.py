"""The commands that ask why not, what it would take, what it hangs on, and what else could be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from detente.cli.app import ASK, FINE, INTERRUPTED, PLAIN, UNDECIDED, Face, Printed, app
from detente.workbench.options import CriticalOptions, ExplainOptions, FrontierOptions, GapOptions


def _asked(verb: str, what: str, case: str, options: Any, out: Path | None, face: Face) -> int:
    """Ask a question beside the terminal, write what was asked for, and print the answer."""
    from detente.cli import say
    from detente.workbench import questions
    from detente.workbench.writing import folder_for

    if out:
        folder_for(out)
    ask: Callable[..., Any] = getattr(questions, verb)
    result, interrupted = say.watched(
        lambda tell, cancelled: ask(case, options, say=tell, cancelled=cancelled),
        verbose=face.verbose,
        what=what,
    )
    written = result.write(out) if out else []
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import told

        getattr(told, verb)(result, written)
    return INTERRUPTED if interrupted else UNDECIDED if result.status == "undecided" else FINE


@app.command(group=ASK, help_epilogue="")
def explain(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ExplainOptions | None, Parameter(name="*", negative_bool="")] = None,
    face: Printed = PLAIN,
) -> int:
    """Say why there is no deal, and what the cheapest ways to one are.

    Example: detente explain korea-2018 --openings usa

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        Folder for the concessions as overlays, and the plans that they open.
    """
    return _asked("explain", f"Explaining {case}", case, options, out, face)


@app.command(group=ASK, help_epilogue="")
def gap(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[GapOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Say what each party asks, thinks that it can get, can get, and gets.

    Example: detente gap korea-2018 --success minimal

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        Folder for a page with the picture and the table.
    """
    return _asked("gap", f"Expectations and reality of {case}", case, options, out, face)


@app.command(group=ASK, help_epilogue="")
def critical(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[CriticalOptions | None, Parameter(name="*", negative_bool="")] = None,
    face: Printed = PLAIN,
) -> int:
    """Find the numbers that the verdict hangs on, and where it flips.

    Example: detente critical korea-2018 --success full --only parties.dprk

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        Folder for a page with the picture and the table.
    """
    return _asked("critical", f"Turning the numbers of {case}", case, options, out, face)


@app.command(group=ASK, help_epilogue="")
def frontier(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[FrontierOptions | None, Parameter(name="*", negative_bool="")] = None,
    face: Printed = PLAIN,
) -> int:
    """Find the Pareto frontier between the parties, and the fair points on it.

    Example: detente frontier korea-2018 --success minimal --out frontier

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        Folder for a page on which each point opens its roadmap, and for the plans.
    """
    return _asked("frontier", f"The frontier of {case}", case, options, out, face)
