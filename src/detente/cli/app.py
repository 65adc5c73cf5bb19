"""The commands. Each binds the options model of its verb; what they print is in `answers`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter
from pydantic import BaseModel, ConfigDict, Field

from detente.workbench.options import (
    AssessOptions,
    CheckOptions,
    CompareOptions,
    DesignOptions,
    DiffOptions,
    EvaluateOptions,
    ImportOptions,
    NewOptions,
    SheetsOptions,
)

FINE, WRONG, UNDECIDED, INTERRUPTED = 0, 2, 3, 130
ASK = Group("Questions", sort_key=0)
JUDGE = Group("Plans and dossiers", sort_key=1)
KEEP = Group("Cases and runs", sort_key=2)

HELP = """Is there a deal that both sides would rather keep than break?

A CASE is the id of a bundled case or a YAML file; a PLAN is JSON as `detente design --out` writes it."""
EPILOGUE = """To begin:       detente assess korea-2018 --out report
Your own case:  detente new my.yaml, edit it, then detente assess my.yaml
Exit codes:     0 fine, 2 errors in what was given, 3 undecided in time"""


class Face(BaseModel):
    """How to print."""

    model_config = ConfigDict(frozen=True)
    json_: Annotated[bool, Parameter(name="--json", negative="")] = Field(
        False, description="Print JSON alone on stdout."
    )
    verbose: Annotated[bool, Parameter(name=["--verbose", "-v"], negative="")] = Field(
        False, description="Say on stderr what is being done."
    )


Printed = Annotated[Face, Parameter(name="*")]
PLAIN = Face()


def _worth_showing(default: object) -> object:
    return None if default in ((), None, False) else default


app = App(
    name="detente",
    help=HELP,
    help_epilogue=EPILOGUE,
    help_format="plaintext",
    version_flags=["--version"],
    group_commands=KEEP,
    default_parameter=Parameter(negative_iterable="", negative_none="", show_default=_worth_showing),
)


def _version() -> str:
    from detente import __version__

    return f"detente {__version__}"


app.version = _version


@app.command(group=ASK, help_epilogue="")
def assess(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[AssessOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Say whether the parties can reach a satisfactory deal, and what it looks like.

    Example: detente assess korea-2018 --out report

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        Folder for the HTML report, its figures and tables, and the plans.
    """
    from detente.cli import say
    from detente.workbench import solving
    from detente.workbench.writing import folder_for

    if out:
        folder_for(out)
    result, interrupted = say.watched(
        lambda tell, cancelled: solving.assess(case, options, say=tell, cancelled=cancelled),
        verbose=face.verbose,
        what=f"Assessing {case}",
    )
    written = result.write(out) if out else []
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import answers

        answers.assessed(result, case, written)
    return INTERRUPTED if interrupted else UNDECIDED if result.status == "undecided" else FINE


@app.command(group=ASK, help_epilogue="")
def design(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[DesignOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Find the best satisfactory plan under a rule, or prove that there is none.

    Example: detente design korea-2018 --rule nash --success minimal --out plan.json

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        File for the plan, as JSON that check, evaluate and compare read.
    """
    from detente.cli import say
    from detente.workbench import solving
    from detente.workbench.writing import file_for

    if out:
        file_for(out)
    result, interrupted = say.watched(
        lambda tell, cancelled: solving.design(case, options, say=tell, cancelled=cancelled),
        verbose=face.verbose,
        what=f"Designing for {case}",
    )
    saved = result.save(out) if out else None
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import answers

        answers.designed(result, case, saved)
    return INTERRUPTED if interrupted else UNDECIDED if result.status == "undecided" else FINE


@app.command(group=JUDGE, help_epilogue="")
def check(
    case: str,
    plan: Path | None = None,
    /,
    *,
    options: Annotated[CheckOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Find what is wrong with a case, or with a plan for it.

    Example: detente check my.yaml plan.json --success minimal

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    plan
        A plan, as JSON.
    """
    from detente.cli import say
    from detente.workbench import judging

    result = judging.check(case, plan, options)
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import answers

        answers.checked(result, case)
    return FINE if result.ok else WRONG


@app.command(group=JUDGE, help_epilogue="")
def evaluate(
    case: str,
    plan: Path,
    /,
    *,
    options: Annotated[EvaluateOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Judge a plan: every condition with its slack, and what it is worth to each party.

    Example: detente evaluate korea-2018 plan.json

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    plan
        A plan, as JSON.
    """
    from detente.cli import say
    from detente.workbench import judging

    result = judging.evaluate(case, plan, options)
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import answers

        answers.evaluated(result)
    return FINE


@app.command(group=JUDGE, help_epilogue="")
def compare(
    case: str,
    /,
    *plans: Path,
    options: Annotated[CompareOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Put plans side by side: values, least slack, dates.

    Example: detente compare korea-2018 mine.json theirs.json

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    plans
        Two plans or more, as JSON.
    """
    from detente.cli import say
    from detente.workbench import comparing

    result = comparing.compare(case, *plans, options=options)
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import answers

        answers.compared(result)
    return FINE


@app.command(group=JUDGE, help_epilogue="")
def diff(
    a: str,
    b: str | None = None,
    /,
    *,
    options: Annotated[DiffOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Say what one case says differently from another, or what overlays change in it.

    Example: detente diff korea-2018 my.yaml

    Parameters
    ----------
    a
        A bundled case's id, or a file.
    b
        The other; left out, the first as the overlays change it.
    """
    from detente.cli import say
    from detente.workbench import comparing

    result = comparing.diff(a, b, options)
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import answers

        answers.differing(result)
    return FINE


@app.command(group=KEEP, help_epilogue="")
def cases(*, face: Printed = PLAIN) -> int:
    """List the bundled cases.

    Example: detente cases
    """
    from detente.cli import say
    from detente.workbench import catalogue

    result = catalogue.cases()
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import answers

        answers.cases(result)
    return FINE


@app.command(group=KEEP, help_epilogue="")
def new(
    file: Path | None = None,
    /,
    *,
    options: Annotated[NewOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write a commented case to start from.

    Example: detente new my.yaml --title "Our dispute"

    Parameters
    ----------
    file
        Where to write it; left out, it is printed.
    """
    from detente.cli import say
    from detente.workbench import catalogue

    result = catalogue.new(file, options)
    if face.json_:
        say.print_json(result.to_json())
    elif result.file is None:
        sys.stdout.write(result.text)
    else:
        print(f"Wrote {result.file}. Edit it, then: detente check {result.file}")
    return FINE


@app.command(group=KEEP, help_epilogue="")
def schema(*, face: Printed = PLAIN) -> int:
    """Print the JSON Schema of a case, for editors and other programs.

    Example: detente schema > case.schema.json
    """
    from detente.cli import say
    from detente.workbench import catalogue

    say.print_json(catalogue.schema().to_json())
    return FINE


@app.command(group=KEEP, help_epilogue="")
def show(run: str | None = None, /, *, out: Path | None = None, face: Printed = PLAIN) -> int:
    """Print a stored run again, or list the stored runs.

    Example: detente show 3fa2

    Parameters
    ----------
    run
        A run's id, or its beginning; left out, the runs are listed.
    out
        Where to write the run's report (a folder) or its plan (a file).
    """
    from detente.cli import answers, say
    from detente.workbench import showing
    from detente.workbench.solving import AssessResult, DesignResult

    result = showing.show(run)
    written: list[Path] = []
    if out is not None and isinstance(result, AssessResult):
        written = result.write(out)
    elif out is not None and isinstance(result, DesignResult):
        written = [result.save(out)]
    if face.json_:
        say.print_json(result.to_json())
    else:
        answers.shown(result, written)
    return FINE


sheets = App(name="sheets", help="Write a case as a spreadsheet, or read one back.", group=KEEP, help_epilogue="")
app.command(sheets)


@sheets.command(name="export")
def export_sheets(
    case: str,
    to: Path,
    /,
    *,
    options: Annotated[SheetsOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write a case as a spreadsheet: an .xlsx file, or a folder of CSV files.

    Example: detente sheets export korea-2018 korea.xlsx

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    to
        An .xlsx file, or a folder for CSV files.
    """
    from detente.cli import say
    from detente.workbench import sheets as room

    result = room.export_sheets(case, to, options)
    if face.json_:
        say.print_json(result.to_json())
    else:
        print(result)
    return FINE


@sheets.command(name="import")
def import_sheets(
    source: Path,
    file: Path,
    /,
    *,
    options: Annotated[ImportOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write the case of a spreadsheet as a YAML file.

    Example: detente sheets import korea.xlsx my.yaml

    Parameters
    ----------
    source
        An .xlsx file, or a folder of CSV files.
    file
        The YAML file to write.
    """
    from detente.cli import say
    from detente.workbench import sheets as room

    result = room.import_sheets(source, file, options)
    if face.json_:
        say.print_json(result.to_json())
    else:
        print(f"{result} Next: detente check {result.written}")
    return FINE


from detente.cli import exchange, questions, verify  # noqa: E402, F401  (their commands join the app)
