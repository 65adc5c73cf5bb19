"""Answers in a terminal: 80 columns, readable without colour."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from detente.report.kit.words import number

WIDEST = 100
PADDING = 3
"""Blanks beside and between two columns."""
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
        room, part = self.console.width - sum(width[k] for k in left), list[str]()
        parts = [part]
        for key in rest:
            if part and sum(width[k] for k in (*part, key)) > room:
                part = []
                parts.append(part)
            part.append(key)
        for i, keys in enumerate(parts):
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
        texts = {key: [heading, *(_cell(r.get(key)) for r in rows)] for key, heading in columns.items()}
        fixed = {k for k, t in texts.items() if k in FIXED or k in right or (whole and _longest(t) <= _widest_word(t))}

        def fits(keys: Collection[str]) -> bool:
            widths = (_longest(texts[k]) if k in fixed else _widest_word(texts[k]) for k in keys)
            return sum(w + PADDING for w in widths) <= self.console.width

        if not fits(columns):
            columns = {k: heading for k, heading in columns.items() if k not in spare}
        whole = whole or fits(columns)
        shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=True, header_style="bold")
        for key, heading in columns.items():
            numeric = key in right or any(isinstance(r.get(key), int | float) for r in rows)
            most = 18 if key in ("who", "verified_by") else None
            justify: Literal["left", "right"] = "right" if numeric else "left"
            shown.add_column(
                heading,
                justify=justify,
                no_wrap=key in fixed,
                overflow="fold",
                max_width=most,
                min_width=_widest_word(texts[key]) if whole else None,
            )
        for row in rows:
            shown.add_row(*(Text(_cell(row.get(key))) for key in columns))
        self._print(shown)


def _longest(texts: Sequence[str]) -> int:
    return max(map(len, texts))


def _widest_word(texts: Sequence[str]) -> int:
    return max((len(word) for text in texts for word in text.split()), default=0)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return number(value) if isinstance(value, float) else str(value)
