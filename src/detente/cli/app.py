"""The commands, one for each row of the table of verbs. Each binds the options model of its verb."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Group, Parameter
from pydantic import BaseModel, ConfigDict, Field

from detente import __version__
from detente.cli.carrying import carry_out
from detente.workbench.verbs import VERBS, Given, Verb

GROUPS = {name: Group(name, sort_key=i) for i, name in enumerate(("Questions", "Plans and dossiers", "Cases and runs"))}
HELP = """Is there a deal that both sides would rather keep than break?

A CASE is the id of a bundled case or a YAML file; a PLAN is JSON as `detente design --out` writes it."""
EPILOGUE = """To begin:       detente assess korea-2018 --out report
Your own case:  detente new my.yaml, edit it, then detente assess my.yaml
Exit codes:     0 fine, 2 errors in what was given, 3 undecided in time,
                4 interrupted: what was found is printed"""
FAMILIES = {
    "verify": "Check declarations, balances, samples and inspections, and how much of it a deal needs.",
    "sheets": "Write a case as a spreadsheet, or read one back.",
    "import": "Read a case from the files of another program.",
    "export": "Write a case or a plan for another program.",
}
"""What verbs of two words have in common, by their first."""


class Face(BaseModel):
    """How to print."""

    model_config = ConfigDict(frozen=True)
    json_: Annotated[bool, Parameter(name="--json", negative="")] = Field(
        False, description="Print JSON alone on stdout."
    )
    verbose: Annotated[bool, Parameter(name=["--verbose", "-v"], negative="")] = Field(
        False, description="Say on stderr what is being done."
    )


PLAIN = Face()


def app_of(verbs: Iterable[Verb]) -> App:
    """The command line of these verbs."""
    app = App(
        name="detente",
        help=HELP,
        help_epilogue=EPILOGUE,
        help_format="plaintext",
        version_flags=["--version"],
        version=f"detente {__version__}",
        group_commands=GROUPS["Cases and runs"],
        default_parameter=Parameter(negative_iterable="", negative_none="", show_default=_worth_showing),
    )
    families: dict[str, App] = {}
    for row in verbs:
        first, _, second = row.name.partition(" ")
        group = GROUPS[row.group]
        if second and first not in families:
            said = FAMILIES.get(first, "")
            families[first] = App(name=first, help=said, group=group, group_commands=group, help_epilogue="")
            app.command(families[first])
        command = command_of(row)
        if second:
            families[first].command(command, name=second, help_epilogue="")
        else:
            app.command(command, name=first, group=group, help_epilogue="")
    return app


def _worth_showing(default: object) -> object:
    return None if default in ((), None, False) else default


def command_of(row: Verb) -> Callable[..., int]:
    """The command of a verb."""
    places = [i for i in row.inputs if not i.flag]
    several = any(i.many for i in places)

    def command(*inputs: Any, out: Path | None = None, options: Any = None, face: Face = PLAIN) -> int:
        given = inputs if several else (*inputs, *[None] * (len(places) - len(inputs)))
        return carry_out(row, given, out, options, in_json=face.json_, verbose=face.verbose)

    out = next((i.said for i in row.inputs if i.flag), row.out.said if row.out else None)
    said = {i.name: i.said for i in places} | ({} if out is None else {"out": out})
    parameters = _parameters(row, places, writes=out is not None)
    command.__name__ = row.python
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__doc__ = _described(row, said)
    return command


def _parameters(row: Verb, places: Iterable[Given], *, writes: bool) -> list[inspect.Parameter]:
    """A verb's inputs, then what to write, then its options, then how to print."""
    model = row.options_model()
    options = _keyword("options", Annotated[model | None, Parameter(name="*")], None)
    return [
        *map(_place, places),
        *([_keyword("out", Path | None, None)] if writes else []),
        *([options] if model.model_fields else []),
        _keyword("face", Annotated[Face, Parameter(name="*")], PLAIN),
    ]


def _place(one: Given) -> inspect.Parameter:
    written: Any = Path if one.kind in ("plan", "file") else str
    if one.many:
        return inspect.Parameter(one.name, inspect.Parameter.VAR_POSITIONAL, annotation=written)
    default, kind = (inspect.Parameter.empty, written) if one.required else (None, written | None)
    return inspect.Parameter(one.name, inspect.Parameter.POSITIONAL_ONLY, default=default, annotation=kind)


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _described(row: Verb, said: dict[str, str]) -> str:
    listed = "".join(f"\n{name}\n    {text}" for name, text in said.items())
    parameters = f"\n\nParameters\n----------{listed}" if listed else ""
    return f"{row.summary}\n\nExample: {row.example}{parameters}\n"


app = app_of(VERBS)
