"""A table: what the report shows and what its CSV file holds are one thing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

Cell = str | float | int | bool | date | None
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so is run as a formula by spreadsheets (OWASP, CSV injection)."""


@dataclass(frozen=True)
class Table:
    """Columns and rows of plain values; faces format them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    sum: tuple[str, str, str] | None = None
    """Columns whose numbers must add up as shown: the first less the second is the third."""

    @classmethod
    def of(
        cls,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        *,
        sum: tuple[str, str, str] | None = None,
    ) -> Table:
        return cls(tuple(columns), tuple(tuple(row) for row in rows), title, sum)

    def numeric(self, column: int) -> bool:
        """Whether a column holds numbers, and nothing but numbers."""
        cells = [row[column] for row in self.rows if row[column] is not None]
        return bool(cells) and all(isinstance(c, int | float) and not isinstance(c, bool) for c in cells)

    def csv(self) -> str:
        """As CSV: full precision, ISO dates; text that a spreadsheet would run as a formula is apostrophised."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([guarded(c) for c in self.columns])
        writer.writerows([plain(cell) for cell in row] for row in self.rows)
        return out.getvalue()


def plain(cell: Cell) -> str:
    """A cell as text for a file."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return repr(cell) if cell == cell and abs(cell) != float("inf") else ""
    return guarded(cell)


def guarded(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
