"""What can be asked of each verb: its options are the command line's flags and the notebook's keyword arguments.

Only pydantic is imported here, so that `detente --help` stays quick.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from detente.design.plan.kinds import Rule
from detente.errors import UsageError
from detente.model.kinds import Disagreement, SuccessLevel
from detente.verify.declaration.kinds import Material


def _several(raw: Any) -> Any:
    """One value stands for a list of one."""
    return (raw,) if isinstance(raw, str | Path) else raw


def _settings(raw: Any) -> Any:
    """{"path": value} as "path=value" (JSON is YAML)."""
    if isinstance(raw, Mapping):
        return tuple(f"{path}={value if isinstance(value, str) else json.dumps(value)}" for path, value in raw.items())
    return _several(raw)


def _listed(raw: Any) -> Any:
    """ "A,B" as two names."""
    return tuple(n for text in _several(raw) for n in str(text).split(",") if n)


def _day(raw: Any) -> Any:
    """A day as text; where it is none, what was written is refused."""
    if raw is None:
        return None
    try:
        return date.fromisoformat(str(raw)).isoformat()
    except ValueError:
        raise ValueError("write a day as 2019-01-01") from None


GAP = "How far from the proven best a plan may be, as a part of its objective: 0.005 is 0.5 %."
_Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
Written = Annotated[str, BeforeValidator(str)]
"""A number as people write it: 5 %, or 0.05."""


class Options(BaseModel):
    """Options of a verb."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    files_in: ClassVar[tuple[str, ...]] = ()
    """Options that may name files."""


class KeptOptions(Options):
    """Whether an answer may come from the cache, and go there."""

    cache: bool = Field(True, description="Answer a question that was asked before from the cache.")
    keep: bool = Field(True, description="Store the answer, so that it can be shown and given again.")


class CaseOptions(Options):
    """Changes to the case before anything is asked of it."""

    files_in: ClassVar[tuple[str, ...]] = ("overlay",)

    scenario: _Names = Field((), description="A scenario that the dossier names; repeatable.")
    overlay: Annotated[tuple[Path, ...], BeforeValidator(_several)] = Field(
        (), description="A file of changes, 'dotted.path: value' a line; repeatable, the last wins."
    )
    set: Annotated[tuple[str, ...], BeforeValidator(_settings)] = Field(
        (), description="One change, such as parties.usa.walk_away=5; repeatable. Nothing after = deletes."
    )


class JudgeOptions(CaseOptions):
    """Which conditions bind besides those that always do."""

    success: SuccessLevel = Field("none", description="The success level that a plan has to meet.")
    openings: _Names = Field((), description="A party whose opening position binds; repeatable.")


class ThreatOptions(CaseOptions):
    """What bargaining rules count gains from."""

    disagreement: Disagreement | None = Field(
        None,
        description="What rules count gains from: walk-away values (walk_away), or no deal, with walk-away values as a "
        "condition only (no_deal); by default what the case says.",
    )


class SolveOptions(ThreatOptions, KeptOptions):
    """How to look for the best plan, and for how long."""

    rule: Rule = Field(
        "nash",
        description="What 'best' means: the product of gains (nash), the least gain as a part of what each could have "
        "(kalai_smorodinsky), the least gain (egalitarian), their sum (utilitarian), the least slack (robust), minimal "
        "success soonest (earliest) or with fewest measures (minimal).",
    )
    time_limit: float = Field(
        300.0, gt=0, allow_inf_nan=False, description="Seconds after which the best found so far is reported."
    )
    gap: float = Field(0.005, ge=0, lt=1, description=GAP)


class CheckOptions(JudgeOptions):
    """Options of `check`."""


class EvaluateOptions(JudgeOptions, KeptOptions):
    """Options of `evaluate`."""

    time_limit: float = Field(
        300.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds after which it is no longer worked out how likely each party may walk out.",
    )


class AnswersOptions(JudgeOptions, KeptOptions):
    """Options of `answers`."""

    time_limit: float = Field(
        300.0, gt=0, allow_inf_nan=False, description="Seconds after which what has been found is reported."
    )


class CompareOptions(JudgeOptions, KeptOptions):
    """Options of `compare`."""


class DesignOptions(SolveOptions, JudgeOptions):
    """Options of `design`."""

    with_inspections: bool = Field(False, description="Choose inspection regimes together with the plan.")
    with_answers: bool = Field(False, description="Choose from the menus of answers as well.")
    days: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="The most inspector-days a year (or cost) for regimes."
    )


class AssessOptions(SolveOptions):
    """Options of `assess`."""

    hopes: bool = Field(True, description="Compare what each party asks and thinks with what it can get.")
    critical: bool = Field(False, description="Find the numbers that minimal success hangs on, too: it takes minutes.")
    jobs: int = Field(0, ge=0, description="Processes to use: 0 is one a core; answers do not hang on it.")


class LimitOptions(JudgeOptions, KeptOptions):
    """A question about a level of success, and how long to look."""

    time_limit: float = Field(
        300.0, gt=0, allow_inf_nan=False, description="Seconds after which what has been found is reported."
    )
    gap: float = Field(0.005, ge=0, lt=1, description=GAP)


class ExplainOptions(LimitOptions, ThreatOptions):
    """Options of `explain`."""

    openings: _Names = Field(
        (), description="A party whose opening position binds; repeatable. All of them by default; 'none' for none."
    )
    all: bool = Field(False, description="List all conflicts and all concessions, however many there are.")
    most: int = Field(12, ge=1, description="How many conflicts to list.")
    alternatives: int = Field(5, ge=1, description="How many sets of concessions to list, the cheapest first.")
    rule: Rule = Field("nash", description="The rule for the deals that concessions open.")


class GapOptions(ThreatOptions, KeptOptions):
    """Options of `gap`."""

    success: SuccessLevel = Field("none", description="The success level that the deals have to meet.")
    time_limit: float = Field(
        300.0, gt=0, allow_inf_nan=False, description="Seconds after which what has been found is reported."
    )
    gap: float = Field(0.005, ge=0, lt=1, description=GAP)
    beliefs: bool = Field(True, description="Search, too, for the beliefs at which talks could succeed.")
    jobs: int = Field(0, ge=0, description="Processes to use: 0 is one a core; answers do not hang on it.")


class CriticalOptions(JudgeOptions, KeptOptions):
    """Options of `critical`."""

    success: SuccessLevel = Field("minimal", description="The success level whose verdict is to flip.")
    only: _Names = Field((), description="A number's dotted path, or the beginning of several; repeatable.")
    pairs: bool = Field(False, description="Turn pairs of numbers, too: those named, or the six nearest to a flip.")
    jobs: int = Field(0, ge=0, description="Processes to use: 0 is one a core.")
    time_limit: float = Field(
        600.0, gt=0, allow_inf_nan=False, description="Seconds after which what has been found is reported."
    )


class FrontierOptions(LimitOptions, ThreatOptions):
    """Options of `frontier`."""

    points: int = Field(25, ge=0, description="How many points of a roadmap's frontier to look for; 0 is all.")
    ignore_walk_away: bool = Field(False, description="Choices only: show outcomes below walk-away, too.")


class DiffOptions(CaseOptions):
    """Options of `diff`: the changes are made to the first case only when there is no second."""


class SheetsOptions(CaseOptions):
    """Options of `sheets export`."""


class ImportOptions(Options):
    """Options of `sheets import`."""

    force: bool = Field(False, description="Overwrite the file if it is there.")


class ImportGeniusOptions(Options):
    """Options of `import genius`."""

    profiles: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (), description="Names of the profile files, such as A,B; left out, all in the folder."
    )
    steps: int = Field(20, ge=1, le=1000, description="Into how many steps a real-valued issue is cut.")
    force: bool = Field(False, description="Overwrite the file if it is there.")


class ImportCaseOptions(Options):
    """Options of `import negmas` and `import ktab`."""

    force: bool = Field(False, description="Overwrite the file if it is there.")


class ExportOptions(CaseOptions):
    """Options of `export`."""


class NewOptions(Options):
    """Options of `new`."""

    title: str | None = Field(None, description="Title of the case.")
    template: str | None = Field(None, description="A bundled case, or a file, to start from instead of the starter.")
    force: bool = Field(False, description="Overwrite the file if it is there.")


class VerifyDeclarationOptions(KeptOptions):
    """Options of `verify declaration`."""


class VerifyBalanceOptions(KeptOptions):
    """Options of `verify balance`."""

    material: Material = Field(
        "plutonium", description="What is balanced; it says how much a significant quantity is (of uranium: of U-235)."
    )
    loss: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Kilograms whose loss is to be seen; by default one significant "
        "quantity."
    )  # fmt: skip
    false_alarms: Written = Field("5 %", description="Chance that a test alarms though nothing is lost.")
    known_opening: bool = Field(False, description="Take the opening inventory as exact.")
    k: float = Field(
        0.5,
        ge=0,
        lt=10,
        description="What Page's test takes off each SITMUF: half the shift that it is to see soonest.",
    )
    simulate: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Histories to draw with the loss and without: how often does each test alarm?",
    )
    taken_from: str | None = Field(None, description="The location, of inventories or outputs, that the loss leaves.")
    seed: int = Field(1, ge=0, description="Which draw of the histories.")


class ForgetOptions(Options):
    """Options of `forget`."""

    all: bool = Field(False, description="Remove every stored run.")
    case: str | None = Field(None, description="Remove the runs of a case, by its id or title.")


MOST_POINTS = 1e100
"""Payoffs of a game go no further."""


class VerifySampleOptions(KeptOptions):
    """Options of `verify sample`."""

    items: int | None = Field(None, ge=1, description="How many like items there are.")
    mean_kg: float | None = Field(None, gt=0, allow_inf_nan=False, description="What one of them holds.")
    goal_kg: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="The quantity whose loss is to be seen; 8 (plutonium) by default."
    )
    detection: Written = Field("90 %", description="The chance with which it is to be seen.")
    share: Written = Field("100 %", description="What is taken from each of the items that something is taken from.")
    sees: Written = Field("100 %", description="The chance to recognise such an item when it is measured.")
    method: _Names = Field(
        (), description="A sample to be judged, such as 40@10%: 40 items, each measured to 10 %; repeatable."
    )
    gain: float | None = Field(
        None, ge=0, le=MOST_POINTS, description="What the loss brings whoever takes it, unseen; with `caught` it is "
        "said how often such a visit must come to deter."
    )  # fmt: skip
    caught: float | None = Field(None, ge=0, le=MOST_POINTS, description="What being seen costs, in the same points.")
    budget: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="Effort to spread over the strata of a file; by default its own."
    )


class VerifyInspectOptions(KeptOptions):
    """Options of `verify inspect`."""

    files_in: ClassVar[tuple[str, ...]] = ("case",)

    days: int | None = Field(None, ge=0, description="Inspector-days a year; by default the file's.")
    schedule: Literal["periodic", "random"] | None = Field(
        None, description="Visits at equal intervals, or at moments that nobody can foresee; by default the file's."
    )
    start: Annotated[str | None, BeforeValidator(_day)] = Field(
        None, description="First day of the calendar, such as 2019-01-01; by default the file's, or 2019-01-01."
    )
    seed: int = Field(1, ge=0, description="Which draw of the days of random visits.")
    case: str | None = Field(
        None, description="A case whose measures name these sites: the plan becomes an overlay on it."
    )
    measure: _Names = Field(
        (), description="MEASURE=SITE: where a measure of the case is inspected, in place of its own sites; repeatable."
    )


class NeedsOptions(CaseOptions, KeptOptions):
    """Options of `verify needs`."""

    success: SuccessLevel = Field("minimal", description="The success level that the least effort is for.")
    openings: _Names = Field((), description="A party whose opening position binds; repeatable.")
    effort: Literal["days", "cost"] | None = Field(
        None, description="What effort is counted in. Left out: inspector-days, or cost where only that is stated."
    )
    steps: bool = Field(True, description="Ask, too, for the least effort of each further step and tranche.")
    rates: bool = Field(True, description="Ask, too, for the least detection of each measure by itself.")
    raises: bool = Field(True, description="Ask, too, where the next effort is worth most.")
    time_limit: float = Field(
        240.0, gt=0, allow_inf_nan=False, description="Seconds after which what has been found is reported."
    )


Chosen = TypeVar("Chosen", bound=Options)


def options_of(model: type[Chosen], options: Chosen | None, given: Mapping[str, Any]) -> Chosen:
    """The options of a verb from a model, from keyword arguments, or from both. Raises UsageError."""
    chosen = {} if options is None else {name: getattr(options, name) for name in options.model_fields_set}
    try:
        return model.model_validate({**chosen, **given})
    except ValidationError as wrong:
        raise UsageError(said(wrong, model.model_fields)) from None


def said(wrong: ValidationError, known: Iterable[str] = (), flag: Callable[[str], str] = str) -> str:
    """What is wrong with options, a line each; `flag` writes an option's name as its user does."""
    return "\n".join(_line(dict(e), list(known), flag) for e in wrong.errors(include_url=False))


def _line(error: Mapping[str, Any], known: list[str], flag: Callable[[str], str]) -> str:
    name = next((str(part) for part in error["loc"]), "options")
    if error["type"] == "extra_forbidden":
        return f"no option {flag(name)!r}{_nearest(name, known)}"
    if error["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        listed = ", ".join(choices)
        return f"{flag(name)} {error['input']!r} is none of {listed}{_nearest(str(error['input']), choices)}"
    return f"{flag(name)} {error['input']!r}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f": did you mean {near[0]!r}?" if near else ""
