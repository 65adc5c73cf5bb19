"""Answers chosen with the plan: a design for every choice from the menus that answers offer, and the best of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from detente.design.plan.clock import Clock
from detente.design.plan.designs import Design, unasked
from detente.design.plan.gains import counted
from detente.design.plan.kinds import Rule
from detente.dossier import Dossier, apply
from detente.dossier.schema import Lengths, Suspensions
from detente.errors import UsageError

LOWER_IS_BETTER = ("earliest", "minimal")
STOPPED = "The time did not suffice for every choice of answers: another may be better; see bound and gap."
NO_SHARES = "kalai_smorodinsky shares out what each could have at best, which is another with every choice of answers"


@dataclass(frozen=True)
class ChosenAnswers:
    """The best design over the menus of a dossier's answers."""

    design: Design
    answers: dict[str, Any]
    """The overlay of what was chosen: `answers.NAME.for` and `answers.NAME.stops`."""
    regimes: dict[str, Any] | None
    """The overlay of inspection regimes that was chosen with it; None where none was asked for."""


Solve = Callable[[Dossier, float], tuple[Design, dict[str, Any] | None]]
"""Designs for a dossier within so many seconds: what was found, and the regimes chosen with it."""


def choices(dossier: Dossier) -> Iterable[dict[str, Any]]:
    """Every choice from the menus of answers, as overlays, first entries first; an empty one where none is."""
    menus: dict[str, list[Any]] = {}
    for name, answer in dossier.answers.items():
        written = dossier.document["answers"][name]
        if isinstance(answer.lasts, Lengths):
            menus[f"answers.{name}.for"] = list(written["for"]["one_of"])
        if isinstance(answer.stops, Suspensions):
            menus[f"answers.{name}.stops"] = list(written["stops"]["one_of"])
    return (dict(zip(menus, chosen, strict=True)) for chosen in itertools.product(*menus.values()))


def design_with_answers(
    dossier: Dossier, rule: Rule, solve: Solve, *, time_limit: float, say: Callable[[str], None] = lambda text: None
) -> ChosenAnswers:
    """The best plan together with its answers. Raises UsageError where a rule cannot compare plans under other answers.

    Each choice is designed by itself, with what is left of the time shared out among those to come.
    """
    if rule == "kalai_smorodinsky":
        raise UsageError(f"{NO_SHARES}: ask for another rule")
    clock, every = Clock(time_limit), list(choices(dossier))
    found: list[ChosenAnswers] = []
    for i, overlay in enumerate(every):
        if len(every) > 1:
            say(f"Answers: choice {i + 1} of {len(every)}")
        if clock.left > 0:
            left = clock.left / (len(every) - i)
            design, regimes = solve(apply(dossier, overlay, name="answers") if overlay else dossier, left)
            found.append(ChosenAnswers(design, overlay, regimes))
    best = max(found, key=lambda one: _rank(one.design), default=ChosenAnswers(unasked(rule), every[0], None))
    return replace(best, design=_together(best.design, [one.design for one in found], untried=len(found) < len(every)))


def _rank(design: Design) -> tuple[int, float]:
    """Plans before what is open, and that before what does not exist; plans by the rule itself before its stand-in."""
    if design.plan is None:
        return (1 if design.status == "undecided" else 0), 0.0
    sign = -1.0 if design.rule_used in LOWER_IS_BETTER else 1.0
    value = math.inf if design.objective is None else sign * design.objective
    return (3 if design.rule_used == design.rule else 2), value


def _together(best: Design, all_: list[Design], *, untried: bool) -> Design:
    """The best design with a bound that holds for every choice of answers."""
    finished = not untried and all(d.finished for d in all_)
    if best.plan is None or best.objective is None:
        return replace(best, status=best.status if finished else "undecided", finished=finished)
    rivals = [d for d in all_ if d.status != "none_exists" and (d.rule_used == best.rule_used or not d.finished)]
    least, unknown = (min, -math.inf) if best.rule_used in LOWER_IS_BETTER else (max, math.inf)
    bounds = [unknown if d.bound is None or d.rule_used != best.rule_used else d.bound for d in rivals]
    bound = unknown if untried else least(bounds)
    notes = best.notes if finished else tuple(dict.fromkeys((*best.notes, STOPPED)))
    if math.isinf(bound):
        return replace(best, bound=None, gap=None, notes=notes, finished=finished)
    return replace(best, bound=bound, gap=_gap(best, bound), notes=notes, finished=finished)


def _gap(best: Design, bound: float) -> float:
    assert best.objective is not None
    difference = abs(bound - best.objective)
    if bound == best.bound and best.gap is not None:
        return best.gap
    return -math.expm1(-difference) if best.rule_used == "nash" else difference / counted(best.objective, 1.0)
