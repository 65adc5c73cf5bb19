"""`import` and `export`: cases and plans in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from detente.cli.app import FINE, KEEP, PLAIN, Face, Printed, app
from detente.workbench.options import ExportOptions, ImportCaseOptions, ImportGeniusOptions

reading = App(name="import", help="Read a case from the files of another program.", group=KEEP, help_epilogue="")
writing = App(name="export", help="Write a case or a plan for another program.", group=KEEP, help_epilogue="")
app.command(reading)
app.command(writing)


def _imported(result: Any, face: Face) -> int:
    from detente.cli import say, told

    if face.json_:
        say.print_json(result.to_json())
    else:
        told.imported(result)
    return FINE


def _exported(result: Any, face: Face) -> int:
    from detente.cli import say

    if face.json_:
        say.print_json(result.to_json())
    else:
        print(result)
    return FINE


@reading.command(name="genius")
def import_genius(
    source: Path,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ImportGeniusOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Read a GENIUS domain and its profiles.

    Example: detente import genius laptop --out laptop.yaml

    Parameters
    ----------
    source
        A folder with one domain and its profiles, or a domain file with profiles named.
    out
        The YAML file to write; left out, it is printed.
    """
    from detente.workbench import exchange

    return _imported(exchange.import_genius(source, out, options), face)


@reading.command(name="negmas")
def import_negmas(
    source: Path,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ImportCaseOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Read a NegMAS scenario folder.

    Example: detente import negmas scenario --out scenario.yaml

    Parameters
    ----------
    source
        The scenario's folder.
    out
        The YAML file to write; left out, it is printed.
    """
    from detente.workbench import exchange

    return _imported(exchange.import_negmas(source, out, options), face)


@reading.command(name="ktab")
def import_ktab(
    source: Path,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ImportCaseOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Read a KTAB file: parties and stakes, without measures.

    Example: detente import ktab actors.csv --out actors.yaml

    Parameters
    ----------
    source
        The CSV file.
    out
        The YAML file to write; left out, it is printed.
    """
    from detente.workbench import exchange

    return _imported(exchange.import_ktab(source, out, options), face)


@writing.command(name="negmas")
def export_negmas(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ExportOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write a case that is nothing but choices as a NegMAS scenario.

    Example: detente export negmas laptop.yaml --out scenario

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        The folder to write, by default named after the case.
    """
    from detente.workbench import exchange

    return _exported(exchange.export_negmas(case, out or f"{Path(case).stem}-negmas", options), face)


@writing.command(name="ktab")
def export_ktab(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ExportOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write parties, influence and stakes as a KTAB file.

    Example: detente export ktab actors.yaml --out actors.csv

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        The file to write, by default named after the case.
    """
    from detente.workbench import exchange

    return _exported(exchange.export_ktab(case, out or f"{Path(case).stem}.csv", options), face)


@writing.command(name="efg")
def export_efg(
    case: str,
    plan: Path | None = None,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ExportOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write the commit-or-break game of a plan for Gambit.

    Example: detente export efg korea-2018 plan.json --out plan.efg

    Parameters
    ----------
    case
        A bundled case's id, or a file; or a plan that names its case itself.
    plan
        The plan, as JSON.
    out
        The file to write, by default named after the plan.
    """
    from detente.workbench import exchange

    return _exported(exchange.export_efg(case, plan, out or _named(plan or case, ".efg"), options), face)


@writing.command(name="ics")
def export_ics(
    case: str,
    plan: Path | None = None,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ExportOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write the due dates of a plan as a calendar.

    Example: detente export ics korea-2018 plan.json --out plan.ics

    Parameters
    ----------
    case
        A bundled case's id, or a file; or a plan that names its case itself.
    plan
        The plan, as JSON.
    out
        The file to write, by default named after the plan.
    """
    from detente.workbench import exchange

    return _exported(exchange.export_ics(case, plan, out or _named(plan or case, ".ics"), options), face)


@writing.command(name="xlsx")
def export_xlsx(
    case: str,
    plan: Path | None = None,
    /,
    *,
    out: Path | None = None,
    options: Annotated[ExportOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Write a plan's roadmap, or a whole case, as a spreadsheet.

    Example: detente export xlsx korea-2018 plan.json --out plan.xlsx

    Parameters
    ----------
    case
        A bundled case's id, or a file; or a plan that names its case itself.
    plan
        The plan, as JSON; without one the case itself is written.
    out
        An .xlsx or .csv file, or a folder for CSV files; by default named after the plan.
    """
    from detente.workbench import exchange

    return _exported(exchange.export_xlsx(case, plan, out or _named(plan or case, ".xlsx"), options), face)


def _named(source: str | Path, suffix: str) -> Path:
    return Path(Path(source).stem + suffix)
