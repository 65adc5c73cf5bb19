"""How cases, differences between them and written files read in a terminal, and what has no voice of its own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from detente.cli import say
from detente.cli.screen import Screen

if TYPE_CHECKING:
    from detente.workbench.catalogue import CasesResult, NewResult, SchemaResult
    from detente.workbench.comparing import DiffResult
    from detente.workbench.importing import ImportResult
    from detente.workbench.results import Result
    from detente.workbench.sheets import SheetsResult


def cases(result: CasesResult, *_: Any) -> None:
    screen = Screen()
    columns = {"id": "Case", "title": "Title", "parties": "Parties", "measures": "Measures"}
    screen.table(columns, result.tables()["cases"])


def new(result: NewResult, *_: Any) -> None:
    if result.file is None:
        sys.stdout.write(result.text)
    else:
        print(f"Wrote {result.file}. Edit it, then: detente check {result.file}")


def schema(result: SchemaResult, *_: Any) -> None:
    """The table of verbs in short; of a case the whole schema."""
    if "verbs" in result.schema:
        told_again(result)
    else:
        say.print_json(result.to_json())


def differing(result: DiffResult, *_: Any) -> None:
    screen = Screen()
    for change in result.changes:
        screen.path(change.path)
        screen.say(f"- {_shown(change.before)}", 2)
        screen.say(f"+ {_shown(change.after)}", 2)
    for finding in result.findings:
        print("\n".join(say.finding_lines(finding)))
    screen.say(result.sentences()[0])


def _shown(value: Any) -> str:
    return "(nothing)" if value is None else json.dumps(value, ensure_ascii=False)


def imported(result: ImportResult, *_: Any) -> None:
    """On stdout the case itself, where it was not written to a file; what there is to say goes to stderr."""
    for finding in result.findings:
        say.tell("\n".join(say.finding_lines(finding)))
    if result.file is None:
        sys.stdout.write(result.text)
    else:
        print(f"{result} Next: detente check {result.file}")


def read_from_sheets(result: SheetsResult, *_: Any) -> None:
    print(f"{result} Next: detente check {result.written}")


def sentences(result: Result, *_: Any) -> None:
    print(result)


def told_again(result: Result, *_: Any) -> None:
    """Its sentences, then its tables."""
    screen = Screen()
    if title := getattr(result, "title", None):
        screen.title(title)
    for text in result.sentences():
        screen.say(text)
    for name, rows in result.tables().items():
        if rows:
            with screen.section(name.replace("_", " ").capitalize()):
                screen.table({str(c): str(c).replace("_", " ").capitalize() for c in rows[0]}, rows)
