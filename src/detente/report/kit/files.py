"""The files of a page: itself, its figures and its tables; and files put into a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detente.report.kit.figure import Figure
from detente.report.kit.table import Table

Files = dict[str, bytes]
"""What is in files, by their names within a folder."""


def files_of(name: str, page: str, figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> Files:
    """A page, its figures as PNG, SVG and CSV, and its tables as CSV."""
    files = {name: page.encode("utf-8")}
    for name, figure in figures.items():
        files[f"figures/{name}.png"] = figure.png()
        files[f"figures/{name}.svg"] = figure.svg(titled=True).encode("utf-8")
        files[f"figures/{name}.csv"] = csv_bytes(figure.table)
    return files | {f"tables/{name}.csv": csv_bytes(table) for name, table in tables.items()}


def plan_file(verdict: str) -> str:
    """The file name of a verdict's plan: "openings:usa" is in plan-openings-usa.json."""
    return f"plan-{re.sub(r'[^A-Za-z0-9_-]+', '-', verdict)}.json"


def csv_bytes(table: Table) -> bytes:
    """UTF-8 with the mark that spreadsheets need to know it."""
    return table.csv().encode("utf-8-sig")


def json_bytes(data: Any) -> bytes:
    """JSON that people can edit."""
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files, with the folders that they need. Returns their paths."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return [folder / name for name in files]
