"""The answer to a question and what it rests on, in the words that help and manual explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detente.report.kit.words import number

if TYPE_CHECKING:
    from detente.design.plan.designs import Design


def answer(found: Design) -> str:
    """The answer in a word: yes, no or undecided."""
    if found.plan is not None:
        return "yes"
    return "no" if found.status == "none_exists" else "undecided"


def because(found: Design) -> str:
    """What the answer rests on."""
    if found.status == "none_exists":
        return "none exists, proved"
    if found.status == "satisfactory":
        return "deal found and checked"
    bound = "" if found.bound is None else f", bound {number(found.bound)}"
    if found.plan is not None:
        return f"deal found and checked; best one undecided{bound}"
    return f"none found, none ruled out{bound}"
