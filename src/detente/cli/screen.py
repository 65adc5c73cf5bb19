"""Answers in a terminal: 80 columns, readable without colour."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from detente.report.kit.words import number

WIDEST = 100
PADDING = 3
"""Blanks beside and between two columns."""
NARROW = 18
"""The most that a column of names takes."""
FIXED = frozenset({"date", "leaves", "run", "level", "answer"})
"""Columns that are not broken."""


class Screen:
    """Prints titles, paragraphs and tables on stdout."""

    def __init__(self) -> None:
        self.console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
        self.console.width = min(self.console.width, WIDEST)

    def _print(self, what: RenderableType, **how: Any) -> None:
        """Print without the blanks that fill lines up."""
        with self.console.capture() as caught:
            self.console.print(what, **how)
        print("\n".join(line.rstrip(" ") for line in caught.get().split("\n")), end="")

    def gap(self) -> None:
        print()

    def title(self, text: str) -> None:
        self._print(Text(text, style="bold"))

    @contextmanager
    def section(self, text: str) -> Iterator[None]:
        """A heading with a blank line before it."""
        self.gap()
        self.title(text)
        yield

    def say(self, text: str, indent: int = 0) -> None:
        self._print(Padding(Text(text), (0, 0, 0, indent)))

    def bullet(self, text: str) -> None:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row("  -", Text(text))
        self._print(grid)

    def path(self, text: str) -> None:
        """A line that is not broken, so that it can be copied."""
        self._print(Text(text), soft_wrap=True)

    def wide(self, left: Mapping[str, str], rest: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        """A table that goes on below where its columns do not fit side by side; no word is broken."""
        width = {k: _widest_word([h, *(_cell(r.get(k)) for r in rows)]) + PADDING for k, h in {**left, **rest}.items()}
        room = self.console.width - sum(width[k] for k in left)
        for i, keys in enumerate(_parted(rest, width, room)):
            if i:
                self.gap()
            self.table({**left, **{k: rest[k] for k in keys}}, rows, whole=True)

    def table(
        self,
        columns: Mapping[str, str],
        rows: Sequence[Mapping[str, Any]],
        right: Collection[str] = (),
        *,
        whole: bool = False,
        spare: Collection[str] = (),
    ) -> None:
        """Columns: key of the row, and the heading; numbers, and the columns named so, stand on the right.

        `whole`: no word is broken; nor is one where there is room for all, without the columns `spare` if need be.
        """
        found = [_Column.of(k, h, rows, right=k in right, whole=whole) for k, h in columns.items()]
        shown = found if self._fit(found) else [c for c in found if c.key not in spare]
        whole = whole or self._fit(shown)
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=True, header_style="bold")
        for column in shown:
            column.add_to(table, whole=whole)
        for cells in zip(*(c.cells for c in shown), strict=True):
            table.add_row(*map(Text, cells))
        self._print(table)

    def _fit(self, columns: Iterable[_Column]) -> bool:
        """Whether columns fit side by side, no word broken."""
        return sum(c.least + PADDING for c in columns) <= self.console.width


def _parted(keys: Iterable[str], width: Mapping[str, int], room: int) -> list[list[str]]:
    """Keys in order, so many together as there is room for, and at least one."""
    parts: list[list[str]] = [[]]
    for key in keys:
        if parts[-1] and sum(width[k] for k in (*parts[-1], key)) > room:
            parts.append([])
        parts[-1].append(key)
    return parts


class _Column(NamedTuple):
    """A column of a table."""

    key: str
    heading: str
    cells: tuple[str, ...]
    right: bool
    """On the right, as numbers are."""
    fixed: bool
    """Nothing in it is broken."""

    @classmethod
    def of(cls, key: str, heading: str, rows: Sequence[Mapping[str, Any]], *, right: bool, whole: bool) -> _Column:
        values = [row.get(key) for row in rows]
        cells = tuple(map(_cell, values))
        fixed = key in FIXED or right or (whole and _longest([heading, *cells]) <= _widest_word([heading, *cells]))
        return cls(key, heading, cells, right or any(isinstance(v, int | float) for v in values), fixed)

    @property
    def widest_word(self) -> int:
        return _widest_word([self.heading, *self.cells])

    @property
    def least(self) -> int:
        """The least width."""
        return _longest([self.heading, *self.cells]) if self.fixed else self.widest_word

    def add_to(self, table: Table, *, whole: bool) -> None:
        """`whole`: no word is broken."""
        table.add_column(
            self.heading,
            justify="right" if self.right else "left",
            no_wrap=self.fixed,
            overflow="fold",
            max_width=NARROW if self.key in ("who", "verified_by") else None,
            min_width=self.widest_word if whole else None,
        )


def _longest(texts: Sequence[str]) -> int:
    return max(map(len, texts))


def _widest_word(texts: Sequence[str]) -> int:
    return max((len(word) for text in texts for word in text.split()), default=0)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return number(value) if isinstance(value, float) else str(value)
