"""Boolean expressions over "measure m is fully in force by period k": what interactions and prerequisites hang on.

An expression is True, False, or a nested tuple: ("in", m, k), ("all", parts), ("any", parts), or the product
("rise", m, k, k0, condition) = (f[m,k] − f[m,k0]) · condition. Shares never fall while a deal is kept, so
atoms of one measure are ordered by period, and that is all the algebra needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from detente.dossier.schema import Condition
from detente.model.tolerance import FULL

Expression = bool | tuple[Any, ...]


def in_force(m: int, k: int, state: float) -> Expression:
    """Whether all of measure m is in force in period k (k = −1: before signature)."""
    if state >= FULL:
        return True
    return ("in", m, k) if k >= 0 else False


def _merge(kind: str, parts: Iterable[Expression]) -> Expression:
    """Flatten, drop the neutral, stop at the absorbing, keep one atom a measure."""
    absorbing = kind == "any"
    atoms: dict[int, int] = {}
    rest: dict[tuple[Any, ...], None] = {}
    stack = list(parts)
    while stack:
        part = stack.pop()
        if part is absorbing:
            return absorbing
        if isinstance(part, bool):
            continue
        if part[0] == kind:
            stack.extend(part[1])
        elif part[0] == "in":
            m, k = part[1], part[2]
            atoms[m] = k if m not in atoms else (max if absorbing else min)(atoms[m], k)
        else:
            rest[part] = None
    merged = [("in", m, k) for m, k in sorted(atoms.items())] + sorted(rest, key=repr)
    if not merged:
        return not absorbing
    return merged[0] if len(merged) == 1 else (kind, tuple(merged))


def all_of(parts: Iterable[Expression]) -> Expression:
    return _merge("all", parts)


def any_of(parts: Iterable[Expression]) -> Expression:
    return _merge("any", parts)


def holds(condition: Condition, atom: Callable[[str], Expression]) -> Expression:
    """A dossier's condition, each measure name replaced by an expression."""
    if condition.measure is not None:
        return atom(condition.measure)
    if condition.all is not None:
        return all_of(holds(part, atom) for part in condition.all)
    return any_of(holds(part, atom) for part in condition.any or ())
