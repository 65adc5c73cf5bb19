"""What is asked of a plan: which demands, which level of success; and which conditions that leaves standing."""

from __future__ import annotations

from dataclasses import dataclass

from detente.dossier.schema import Require
from detente.model.kinds import SuccessLevel
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import Conditions, Label


@dataclass(frozen=True)
class Question:
    """Which conditions bind besides those that always do."""

    success: SuccessLevel = "none"
    openings: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    """Conditions set aside, by the names of `asked` and `family`."""


ANY_DEAL = Question()


def requirements(model: Model, level: SuccessLevel) -> tuple[Require, ...]:
    """What success at a level asks."""
    success = model.dossier.success
    return {"none": (), "minimal": success.minimal, "full": success.full}[level]


def asked(model: Model, question: Question) -> dict[str, Require]:
    """The demands and requirements of success that bind in a question, by name: demands.NAME, success.LEVEL.NUMBER."""
    demands = {
        f"demands.{name}": demand.require
        for name, demand in model.dossier.demands.items()
        if demand.firmness == "red_line" or (demand.firmness == "opening" and demand.by in question.openings)
    }
    level = question.success
    return demands | {f"success.{level}.{i}": r for i, r in enumerate(requirements(model, level))}


def family(model: Model, label: Label) -> str:
    """The name of the family of conditions that a valued row belongs to: consent.PARTY, breakout.PARTY, ..."""
    kind = "exposure" if label.kind == "secret_exposure" else label.kind
    return f"{kind}.{model.parties[label.party]}"


def bound(valued: Conditions, question: Question) -> Conditions:
    """The valued rows that bind in a question."""
    if not question.without:
        return valued
    return valued.only([family(valued.model, label) not in question.without for label in valued.labels])
