"""How stored runs read in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from detente.cli import answers, plain
from detente.cli.screen import Screen
from detente.workbench.results import Result
from detente.workbench.showing import RunsResult
from detente.workbench.solving import AssessResult, DesignResult


def runs(result: RunsResult) -> None:
    screen = Screen()
    for row in result.tables()["runs"]:
        level = f", success {row['success']}" if row["success"] else ""
        screen.path(f"{row['run']}  {row['written']}  {row['verb']:<6}  {row['rule']}{level}")
        screen.say(row["case"], 2)
        if row["changes"]:
            screen.say(f"With: {'; '.join(row['changes'])}", 2)
    screen.path(result.sentences()[0])


def shown(result: Result, named: str | None, written: Sequence[Path]) -> None:
    """A stored run, as its verb printed it."""
    if isinstance(result, AssessResult):
        answers.assessed(result, None, written)
    elif isinstance(result, DesignResult):
        answers.designed(result, None, written)
    elif isinstance(result, RunsResult):
        runs(result)
    else:
        plain.told_again(result)
