"""Writing a page with its figures and tables into a folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from detente.report.kit.figure import Figure
from detente.report.kit.table import Table


def write_files(
    folder: Path, name: str, page: str, figures: Mapping[str, Figure], tables: Mapping[str, Table]
) -> list[Path]:
    """Write a page, its figures as PNG, SVG and CSV, and its tables as CSV; returns the files written."""
    written = [write_file(folder / name, page.encode("utf-8"))]
    for name, figure in figures.items():
        written.append(write_file(folder / "figures" / f"{name}.png", figure.png()))
        written.append(write_file(folder / "figures" / f"{name}.svg", figure.svg(titled=True).encode("utf-8")))
        written.append(write_file(folder / "figures" / f"{name}.csv", _csv(figure.table.csv())))
    for name, table in tables.items():
        written.append(write_file(folder / "tables" / f"{name}.csv", _csv(table.csv())))
    return written


def plan_file(verdict: str) -> str:
    """The file name of a verdict's plan: "openings:usa" is in plan-openings-usa.json."""
    return f"plan-{re.sub(r'[^A-Za-z0-9_-]+', '-', verdict)}.json"


def _csv(text: str) -> bytes:
    """UTF-8 with the mark that spreadsheets need to know it."""
    return text.encode("utf-8-sig")


def write_file(path: Path, content: bytes) -> Path:
    """Write a file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
