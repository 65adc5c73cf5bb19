"""`verify sample`: how many items to draw, and what a sample sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from detente.errors import DossierError, UsageError
from detente.report.verification import sample
from detente.verify.inspection.files import StrataFile, read_strata, strata_of
from detente.verify.inspection.sample_plan import SamplePlan, StrataPlan, plan_sample, plan_strata
from detente.verify.inspection.sampling import Method
from detente.workbench.envelope import Task, answers
from detente.workbench.faces.verification import ItemsFace, StrataFace
from detente.workbench.keeping import Subject
from detente.workbench.options import VerifySampleOptions
from detente.workbench.verbs import Verb
from detente.workbench.verification import Verification, question_of, share_between, share_of


@dataclass(frozen=True, repr=False)
class VerifySampleResult(Verification):
    """How many items to draw, and what a sample sees."""

    face = ItemsFace | StrataFace
    reads: ClassVar[Any] = sample

    found: SamplePlan | StrataPlan

    def _found(self) -> tuple[Any, ...]:
        return (self.found,)

    @property
    def lottery(self) -> list[dict[str, Any]] | None:
        """Draws from the strata with their chances, where drawing lots between them is worth it."""
        game = getattr(self.found, "game", None)
        return game and [{"draws": list(plan), "chance": p} for plan, p in game.mixed]


def _read_strata(row: Verb, inputs: tuple[Any, ...], options: VerifySampleOptions) -> Subject:
    """Strata from a file, or items of one kind as the options tell them."""

    (source,) = inputs
    if source is None:
        if options.items is None or options.mean_kg is None:
            raise UsageError("say how many items there are and what one holds: ‘items 100’ ‘mean_kg 2’; or name a file")
        title = f"{options.items} items of {options.mean_kg:g} kg"
        return Subject(None, question_of(row, title, {}, options), inputs=inputs)
    if stray := [name for name in OF_ONE_KIND if name in options.model_fields_set]:
        raise UsageError(f"{stray[0]!r} is for one kind of items; the strata of {source} say it themselves")
    file, findings = read_strata(source)
    if file is None:
        raise DossierError(findings)
    question = question_of(row, file.title, file.model_dump(mode="json"), options)
    return Subject(file, question, tuple(findings), inputs=inputs)


@answers("verify sample", reads=_read_strata)
def verify_sample(task: Task[VerifySampleOptions]) -> VerifySampleResult:
    """Say how many items to draw, of one kind of items or of the strata of a file, and what a sample sees."""
    subject = task.subject
    plan = _items(task.options) if subject.about is None else _strata(subject.about, task.options)
    return VerifySampleResult(subject.question, subject.findings, plan)


def _items(chosen: VerifySampleOptions) -> SamplePlan:
    """The sample from items of one kind. Raises UsageError."""
    if chosen.budget is not None:
        raise UsageError("a budget is for the strata of a file: name one")
    assert chosen.items is not None
    assert chosen.mean_kg is not None
    return plan_sample(
        chosen.items,
        chosen.mean_kg,
        chosen.goal_kg or GOAL_KG,
        share_between(chosen.detection, "detection", 1.0),
        share=share_of(chosen.share, "share"),
        sees=share_of(chosen.sees, "sees"),
        methods=tuple(_method(m) for m in chosen.method),
        payoffs=_payoffs(chosen),
    )


OF_ONE_KIND = ("items", "mean_kg", "detection", "share", "sees", "method", "gain", "caught")
"""Options of a sample that the strata of a file say themselves."""
GOAL_KG = 8.0
"""A significant quantity of plutonium (IAEA Safeguards Glossary, 2001 edition)."""


def _strata(file: StrataFile, chosen: VerifySampleOptions) -> StrataPlan:
    """The sample from the strata of a file. Raises UsageError."""
    budget = file.budget if chosen.budget is None else chosen.budget
    if budget is None:
        raise UsageError("how much effort is there? give a ‘budget’, or 'budget: ...' in the file")
    goal = chosen.goal_kg or (file.goal.value if file.goal else GOAL_KG)
    return plan_strata(file.title, strata_of(file), goal, budget)


def _payoffs(chosen: VerifySampleOptions) -> tuple[float, float] | None:
    """(gain, caught), or neither. Raises UsageError."""
    if chosen.gain is None and chosen.caught is None:
        return None
    if chosen.gain is None or chosen.caught is None or chosen.gain + chosen.caught == 0:
        raise UsageError("‘gain’ and ‘caught’ go together, and one of them is above 0: ‘gain 10’ ‘caught 15’")
    return chosen.gain, chosen.caught


def _method(text: str) -> Method:
    """40@10%: 40 items, each measured to 10 %. Raises UsageError."""
    drawn, at, sd = text.partition("@")
    if not drawn.strip().isdecimal():
        raise UsageError(f"‘method’ needs a number of items and a standard deviation, such as 40@10%, found {text!r}")
    return Method(int(drawn), share_of(sd, "method") if at else 0.0)
