"""What changed between two dossiers, for people; and conditions that were added to what had been performed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from detente.dossier.checks.order import prerequisites
from detente.dossier.checks.summaries import listed
from detente.dossier.places import Path, dotted
from detente.dossier.schema import Demand, Dossier
from detente.errors import Finding


@dataclass(frozen=True, slots=True)
class Change:
    """One field that was added, removed, or is another now."""

    path: str
    before: Any
    after: Any
    kind: Literal["added", "removed", "changed"]

    def __str__(self) -> str:
        match self.kind:
            case "added":
                return f"{self.path}: + {_shown(self.after)}"
            case "removed":
                return f"{self.path}: - {_shown(self.before)}"
            case _:
                return f"{self.path}: {_shown(self.before)} → {_shown(self.after)}"


def diff(a: Dossier, b: Dossier) -> list[Change]:
    """What a reader of both would mark, in b's order: whole items where they came or went, single fields otherwise."""
    return list(_changes(dict(a.document), dict(b.document), ()))


def added_conditions(a: Dossier, b: Dossier) -> list[Finding]:
    """Conditions of b, not in a, on steps already performed or on what was promised in return for them.

    The verification protocol of 2008 was asked for after the plant had been disabled.
    """
    performed = a.state.in_force.keys() | b.state.in_force.keys()
    return [*_new_prerequisites(a, b, performed), *_new_demands(a, b, performed)]


def _changes(a: Any, b: Any, path: Path) -> Iterator[Change]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**b, **a}:
            yield from _field_changes(a, b, (*path, key))
    elif isinstance(a, list) and isinstance(b, list) and any(isinstance(x, dict) for x in (*a, *b)):
        yield from _item_changes(a, b, path)
    elif a != b:
        yield Change(dotted(path), a, b, "changed")


def _field_changes(a: dict[Any, Any], b: dict[Any, Any], path: Path) -> Iterator[Change]:
    """Of the field at a path, which one of two mappings has at least."""
    key = path[-1]
    if key not in a:
        yield Change(dotted(path), None, b[key], "added")
    elif key not in b:
        yield Change(dotted(path), a[key], None, "removed")
    else:
        yield from _changes(a[key], b[key], path)


def _item_changes(a: list[Any], b: list[Any], path: Path) -> Iterator[Change]:
    """Lists of fields (history, side conditions): item by item where both are as long, else by what came and went."""
    if len(a) == len(b):
        for i, (before, after) in enumerate(zip(a, b, strict=True)):
            yield from _changes(before, after, (*path, i))
        return
    yield from (Change(dotted((*path, i)), None, item, "added") for i, item in enumerate(b) if item not in a)
    yield from (Change(dotted((*path, i)), item, None, "removed") for i, item in enumerate(a) if item not in b)


def _new_prerequisites(a: Dossier, b: Dossier, performed: set[str]) -> Iterator[Finding]:
    before = prerequisites(a)
    for measure, needed in prerequisites(b).items():
        new = [n for n in needed if n not in before.get(measure, needed)]
        answered = _answered(b, measure, performed)
        if new and measure in performed:
            yield _finding(b, ("measures", measure), f"{measure!r} has been performed and now also needs {listed(new)}")
        elif new and answered:
            message = f"{measure!r} now also needs {listed(new)}, after {listed(answered)} was performed"
            yield _finding(b, ("measures", measure), message)


def _answered(dossier: Dossier, measure: str, performed: set[str]) -> list[str]:
    """What was performed by the parties whose conduct a measure answers."""
    others = set(dossier.conditional_on(measure))
    return [m for m in dossier.measures if m in performed and others & set(dossier.measures[m].by)]


def _new_demands(a: Dossier, b: Dossier, performed: set[str]) -> Iterator[Finding]:
    for name, demand in b.demands.items():
        touched = [m for m in _mentioned(demand) if m in performed]
        old = a.demands.get(name)
        if touched and (old is None or old.require != demand.require) and demand.firmness != "preference":
            message = f"{demand.by} now asks for {name!r}, which concerns {listed(touched)}, already performed"
            yield _finding(b, ("demands", name), message)


def _mentioned(demand: Demand) -> list[str]:
    written: Mapping[str, Any] = demand.require.model_dump()
    names = [written.get("in_force"), written.get("never"), *(written.get("before") or ())]
    return [str(n) for n in names if n]


def _finding(dossier: Dossier, path: Path, message: str) -> Finding:
    remedy = "settle it as a new bargain, with something in return"
    code = "lesson.added_condition"
    return dossier.places.finding(code, message, path, remedy=remedy, severity="warning", key=True)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{k}: {_shown(v)}" for k, v in value.items())
        return f"{{{inner}}}" if len(inner) <= 100 else f"{{{inner[:97]}...}}"
    if isinstance(value, list):
        return f"[{', '.join(_shown(v) for v in value)}]"
    return "nothing" if value is None else str(value)
