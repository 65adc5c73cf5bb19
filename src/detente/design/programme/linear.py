"""Linear functions of a programme's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LinearForm = dict[int, float]
"""Column → coefficient."""


@dataclass(frozen=True)
class Linear:
    """const + Σ row[column]·x[column]."""

    row: Mapping[int, float]
    const: float = 0.0

    @classmethod
    def of(cls, column: int) -> Linear:
        return cls({column: 1.0})


ALWAYS, NEVER = Linear({}, 1.0), Linear({}, 0.0)
"""What is so in every plan, and in none."""


def combine(*rows: tuple[float, Mapping[int, float]]) -> LinearForm:
    """Σ factor·row."""
    result: LinearForm = {}
    for factor, row in rows:
        for c, v in row.items():
            result[c] = result.get(c, 0.0) + factor * v
    return result


def total(parts: Iterable[tuple[float, Linear]]) -> Linear:
    """Σ factor·linear."""
    chosen = list(parts)
    return Linear(combine(*((f, p.row) for f, p in chosen)), sum(f * p.const for f, p in chosen))


def ones(columns: Iterable[int]) -> LinearForm:
    """Σ of columns."""
    return dict.fromkeys(columns, 1.0)
