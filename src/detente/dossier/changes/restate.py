"""Saying a number again with another value, in the unit in which its author wrote it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from detente.dossier.places import Path
from detente.dossier.quantities import ROUNDING, UNITS_IN_YEARS, Number, as_float

NOTHING = 1e-12
"""Amounts that differ by less are one, however small."""
PARTS = ("value", "mode", "mean", "max", "high", "min", "low")
_SAID = re.compile(r"^\s*([-+\d][\d_,.]*(?:[eE][-+]?\d+)?|\.\d+)\s*(.*?)\s*$", re.DOTALL)


@dataclass(frozen=True)
class Manner:
    """How a number is written: its unit, and what stands before it for a canonical value."""

    unit: str
    """What stands behind the digits: "months", "%/year", "kg", or nothing."""
    kind: Literal["plain", "length", "flow", "discount", "chance", "share"]
    years: float = 1.0
    """Of the unit of time; for an amount: one of its canonical units, in the unit written."""
    as_text: bool = True

    def written(self, value: float) -> float:
        """A canonical value in the unit."""
        if self.kind == "discount":
            return 100 * math.expm1(value * self.years)
        if self.kind == "chance":
            return -100 * math.expm1(-value * self.years)
        if self.kind == "length":
            return value / self.years
        return value * (100.0 if self.kind == "share" else self.years)

    def say(self, x: float) -> str | float:
        """What to write in the dossier for x in the unit."""
        return f"{x:.12g} {self.unit}".strip() if self.as_text else x


def raw_at(document: Any, path: Path) -> tuple[Path, Any]:
    """What a document says at a path, or at the last part of it that is written out (shorthand has no inner parts)."""
    node, reached = document, 0
    for key in path:
        inside = isinstance(node, Mapping) and key in node
        if not inside and not (isinstance(node, list) and isinstance(key, int) and key < len(node)):
            break
        node, reached = node[key], reached + 1
    return path[:reached], node


def manner_of(raw: Any, number: Number) -> Manner:
    """How a number was written, from what its dossier says and what that was read as."""
    for name in PARTS:
        said = raw.get(name) if isinstance(raw, Mapping) else raw if name == "value" else None
        value = getattr(number, name)
        if said is not None and value is not None and (value != 0 or not isinstance(raw, Mapping)):
            return _manner(said, value)
    return _manner(number.text, number.value)


def _manner(said: Any, value: float) -> Manner:
    found = _SAID.match(said) if isinstance(said, str) else None
    if found is None:
        return Manner("", "plain", as_text=False)
    digits, unit = as_float(found[1]), found[2]
    percent, _, per = unit.replace(" ", "").partition("/")
    if per and (years := _years(per)):
        if percent != "%":
            return Manner(unit, "flow", _ratio(digits, value, years))
        # what the digits were read as shows which percentage is meant
        discount = value != 0 and _same(math.log1p(digits / 100) / years, value)  # a discount is never 0
        return Manner(unit, "discount" if discount else "chance", years)
    if not per and (years := _years(unit)):
        return Manner(unit, "length", years)
    if unit == "%" and _same(digits / 100, value):
        return Manner(unit, "share")
    return Manner(unit, "plain", _ratio(digits, value, 1.0))


def _ratio(digits: float, value: float, usual: float) -> float:
    """What to multiply a canonical value by: as usual, unless the amount was converted from another unit."""
    return usual if _same(digits, value * usual) or not value else digits / value


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=ROUNDING, abs_tol=NOTHING)


def _years(unit: str) -> float:
    return UNITS_IN_YEARS.get({"yr": "year"}.get(unit, unit.removesuffix("s")), 0.0)
