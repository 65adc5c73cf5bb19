"""`verify`: does a declaration hold, is material missing, how many samples, which inspections."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from detente.dossier import apply, fingerprint, load
from detente.dossier.changes.overlays import canonical
from detente.dossier.library import path_of
from detente.dossier.quantities import parse_share
from detente.errors import DossierError, Finding, UsageError
from detente.report.kit.files import csv_bytes, json_bytes
from detente.workbench.envelope import Task, answers
from detente.workbench.faces.verification import BalanceFace, DeclarationFace, InspectFace, ItemsFace, StrataFace
from detente.workbench.keeping import Kept, Subject
from detente.workbench.needing import verify_needs
from detente.workbench.options import (
    Options,
    VerifyBalanceOptions,
    VerifyDeclarationOptions,
    VerifyInspectOptions,
    VerifySampleOptions,
)
from detente.workbench.provenance import Provenance, versions
from detente.workbench.results import Tables
from detente.workbench.verbs import Verb

if TYPE_CHECKING:
    from detente.verify.balance.area import BalanceArea
    from detente.verify.balance.closing import Balance
    from detente.verify.declaration.judgement import Judgement
    from detente.verify.declaration.statement import Declaration
    from detente.verify.inspection.files import StrataFile
    from detente.verify.inspection.inspected import Inspected
    from detente.verify.inspection.needs import Changed
    from detente.verify.inspection.sample_plan import SamplePlan, StrataPlan
    from detente.verify.inspection.sampling import Method

__all__ = ["verify_balance", "verify_declaration", "verify_inspect", "verify_needs", "verify_sample"]

Source = str | Path
"""A bundled example's name, or a file."""
PRACTICE = "practice"
"""The name of the made-up balance area."""


@dataclass(frozen=True, repr=False)
class Verification(Kept):
    """What the four verifications have in common: a page, its figures and its tables."""

    room: ClassVar[str]
    """The module of `report.verification` that says how it reads."""
    provenance: Provenance
    findings: tuple[Finding, ...]
    """Warnings and notes about the file."""

    @property
    def ok(self) -> bool:
        """Whether it is as it should be."""
        return bool(self._page().mark != "no")

    def _found(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def _reads(self) -> Any:
        return import_module(f"detente.report.verification.{self.room}")

    def _page(self) -> Any:
        return self._reads().page(*self._found())

    def tables(self) -> Tables:
        found = self._reads().tables(*self._found())
        return {n: [dict(zip(t.columns, row, strict=True)) for row in t.rows] for n, t in found.items()}

    def figures(self) -> dict[str, Any]:
        drawn: dict[str, Any] = self._reads().figures(*self._found(), self.provenance.run)
        return drawn

    def sentences(self) -> tuple[str, ...]:
        """The answer, and what it turns on."""
        page = self._page()
        return (page.headline, *page.said, *page.turns_on)

    def files(self) -> dict[str, bytes]:
        """The page, its figures as PNG, SVG and CSV, its tables as CSV, and all of it as JSON."""
        from detente.report.verification.page import page_files

        reads, found = self._reads(), self._found()
        source, tables = self.provenance.to_json(), reads.tables(*found)
        name = self.provenance.verb.removeprefix("verify ")
        files = page_files(name, reads.page(*found), self.figures(), tables, source, findings=self.findings)
        return {**files, f"{name}.json": json_bytes(self.to_json())}


@dataclass(frozen=True, repr=False)
class VerifyDeclarationResult(Verification):
    """Whether a declaration closes by itself, and agrees with what others know."""

    face = DeclarationFace

    room: ClassVar[str] = "declaration"
    declaration: Declaration
    found: Judgement
    text: bytes = b""
    """The file as it was read."""

    def _found(self) -> tuple[Any, ...]:
        return self.declaration, self.found

    @property
    def closes(self) -> str:
        """yes, no, or cannot say."""
        return self.found.closes

    @property
    def agrees(self) -> str:
        """yes, no, or cannot say."""
        return self.found.agrees

    def as_asked(self, subject: Subject) -> VerifyDeclarationResult:
        return replace(self, text=_text(subject.inputs[0]))

    def files(self) -> dict[str, bytes]:
        """As the others; and the declaration itself, to be kept with its judgement or to start another from."""
        return {**super().files(), "as-declared.yaml": self.text}


@dataclass(frozen=True, repr=False)
class VerifyBalanceResult(Verification):
    """What is missing from a balance area, and whether that is more than error."""

    face = BalanceFace

    room: ClassVar[str] = "balance_page"
    found: Balance

    def _found(self) -> tuple[Any, ...]:
        return (self.found,)

    @property
    def tests(self) -> dict[str, Any]:
        """What each test says, by its name."""
        return {
            v.test: {
                "title": v.title,
                "statistic": list(v.statistic),
                "threshold": v.threshold,
                "alarms": [self.found.periods[i - 1].name for i in v.alarms],
                "false_alarm_rate": v.false_alarm_rate,
                "scope": v.scope,
                "detects": dict(v.detects),
                "alarm_by_period": {name: [1 - float(s) for s in t.survival] for name, t in v.times.items()},
            }
            for v in self.found.verdicts
        }

    @property
    def compared(self) -> list[dict[str, Any]]:
        """What was measured again."""
        return [{**asdict(c), "alarm": c.difference.alarm} for c in self.found.compared]


@dataclass(frozen=True, repr=False)
class VerifySampleResult(Verification):
    """How many items to draw, and what a sample sees."""

    face = ItemsFace | StrataFace

    room: ClassVar[str] = "sample"
    found: SamplePlan | StrataPlan

    def _found(self) -> tuple[Any, ...]:
        return (self.found,)

    @property
    def lottery(self) -> list[dict[str, Any]] | None:
        """Draws from the strata with their chances, where drawing lots between them is worth it."""
        game = getattr(self.found, "game", None)
        return game and [{"draws": list(plan), "chance": p} for plan, p in game.mixed]


@dataclass(frozen=True, repr=False)
class VerifyInspectResult(Verification):
    """A plan of inspections, the worst violation under it, and how soon that is seen."""

    face = InspectFace

    room: ClassVar[str] = "inspection"
    found: Inspected
    overlay: Mapping[str, Any] | None = None
    """The plan as changes to a case, where one was named."""
    changes: tuple[Changed, ...] = ()
    """What they come to, measure by measure."""

    def _found(self) -> tuple[Any, ...]:
        return self.found, self.changes

    @property
    def complies(self) -> bool:
        """No violation pays."""
        return self.found.plan.complies

    def records(self) -> dict[str, Any]:
        """What the model and the report need to know of each site: the distribution of the delay, and what it costs."""
        plan, source = self.found.plan, {"run": self.provenance.run, "file": self.provenance.dossier}
        named = [s.site.name for s in plan.sites if s.violation is not None]
        return {n: plan.record(self.found.title_of(n), site=n, provenance=source) for n in named}

    def files(self) -> dict[str, bytes]:
        """As the others; and visits.ics, visits.csv, record.json and, for a case, overlay.yaml."""
        from detente.dossier.text.yaml import written
        from detente.report.verification.page import table_of
        from detente.report.verification.visits import ics, visit_rows

        visits = {
            "visits.ics": ics(self.found),
            "visits.csv": csv_bytes(table_of("Visits", visit_rows(self.found))),
            "record.json": json_bytes(self.records()),
        }
        overlay = {} if self.overlay is None else {"overlay.yaml": written(dict(self.overlay)).encode("utf-8")}
        return {**super().files(), **visits, **overlay}


# --- asking ----------------------------------------------------------------------------------------------------


def _read_declaration(row: Verb, inputs: tuple[Any, ...], options: Options) -> Subject:
    from detente.verify.declaration.files import read

    (source,) = inputs
    _no_case(source)
    declaration, findings = read(source)
    if declaration is None:
        raise DossierError(findings)
    question = _asked(row, declaration.title, declaration.model_dump(mode="json"), options)
    return Subject(declaration, question, tuple(findings), inputs=inputs)


def _text(source: Source) -> bytes:
    """The file as it is."""
    from detente.dossier.files import read_bytes
    from detente.verify.declaration.files import path_of as file_of

    return read_bytes(file_of(source))[0] or b""


@answers("verify declaration", reads=_read_declaration)
def verify_declaration(task: Task[VerifyDeclarationOptions]) -> VerifyDeclarationResult:
    """Say whether a declaration adds up by itself, and whether it agrees with what others know."""
    from detente.verify.declaration.judgement import judge

    subject = task.subject
    text = _text(subject.inputs[0])
    return VerifyDeclarationResult(subject.question, subject.findings, subject.about, judge(subject.about), text)


def _read_balance(row: Verb, inputs: tuple[Any, ...], options: VerifyBalanceOptions) -> Subject:
    area, findings = _area(inputs[0], known_opening=options.known_opening)
    rows = [asdict(replace(m, line=None)) for m in area.measurements]
    question = _asked(row, area.title, {"periods": list(area.periods), "rows": rows}, options)
    question = replace(question, seed=options.seed) if options.simulate else question
    return Subject(area, question, tuple(findings), inputs=inputs)


@answers("verify balance", reads=_read_balance)
def verify_balance(task: Task[VerifyBalanceOptions]) -> VerifyBalanceResult:
    """Close the material balances of an area: what is missing, is it more than error, which losses would be seen."""
    from detente.verify.balance.closing import close_balance
    from detente.verify.balance.rehearsal import rehearse
    from detente.verify.declaration.figures import KG_PER_SIGNIFICANT_QUANTITY

    chosen, subject = task.options, task.subject
    loss = KG_PER_SIGNIFICANT_QUANTITY[chosen.material] if chosen.loss is None else chosen.loss
    if chosen.taken_from and not chosen.simulate:
        raise UsageError("‘taken_from’ is about simulated histories: say how many, such as ‘simulate 20000’")
    rate = _between(chosen.false_alarms, "false_alarms", 0.5)
    balance = close_balance(subject.about, loss_kg=loss, false_alarm_rate=rate, k=chosen.k)
    if chosen.simulate:
        balance = rehearse(balance, chosen.simulate, chosen.seed, chosen.taken_from)
    findings = tuple(dict.fromkeys([*subject.findings, *balance.findings]))
    return VerifyBalanceResult(subject.question, findings, balance)


def _area(source: Source, *, known_opening: bool) -> tuple[BalanceArea, tuple[Finding, ...]]:
    from detente.verify.balance.files import practice_area, read_area

    if str(source) == PRACTICE and not Path(source).exists():
        return practice_area().with_known_opening(known_opening), ()
    area, findings = read_area(source, opening_is_known=known_opening)
    if area is None:
        raise DossierError(findings)
    return area, findings


def _read_strata(row: Verb, inputs: tuple[Any, ...], options: VerifySampleOptions) -> Subject:
    """Strata from a file, or items of one kind as the options tell them."""
    from detente.verify.inspection.files import read_strata

    (source,) = inputs
    if source is None:
        if options.items is None or options.mean_kg is None:
            raise UsageError("say how many items there are and what one holds: ‘items 100’ ‘mean_kg 2’; or name a file")
        title = f"{options.items} items of {options.mean_kg:g} kg"
        return Subject(None, _asked(row, title, {}, options), inputs=inputs)
    if stray := [name for name in OF_ONE_KIND if name in options.model_fields_set]:
        raise UsageError(f"{stray[0]!r} is for one kind of items; the strata of {source} say it themselves")
    file, findings = read_strata(source)
    if file is None:
        raise DossierError(findings)
    question = _asked(row, file.title, file.model_dump(mode="json"), options)
    return Subject(file, question, tuple(findings), inputs=inputs)


@answers("verify sample", reads=_read_strata)
def verify_sample(task: Task[VerifySampleOptions]) -> VerifySampleResult:
    """Say how many items to draw, of one kind of items or of the strata of a file, and what a sample sees."""
    subject = task.subject
    plan = _items(task.options) if subject.about is None else _strata(subject.about, task.options)
    return VerifySampleResult(subject.question, subject.findings, plan)


def _items(chosen: VerifySampleOptions) -> SamplePlan:
    """The sample from items of one kind. Raises UsageError."""
    from detente.verify.inspection.sample_plan import plan_sample

    if chosen.budget is not None:
        raise UsageError("a budget is for the strata of a file: name one")
    assert chosen.items is not None
    assert chosen.mean_kg is not None
    return plan_sample(
        chosen.items,
        chosen.mean_kg,
        chosen.goal_kg or GOAL_KG,
        _between(chosen.detection, "detection", 1.0),
        share=_chance(chosen.share, "share"),
        sees=_chance(chosen.sees, "sees"),
        methods=tuple(_method(m) for m in chosen.method),
        payoffs=_payoffs(chosen),
    )


OF_ONE_KIND = ("items", "mean_kg", "detection", "share", "sees", "method", "gain", "caught")
"""Options of a sample that the strata of a file say themselves."""
GOAL_KG = 8.0
"""A significant quantity of plutonium (IAEA Safeguards Glossary, 2001 edition)."""


def _strata(file: StrataFile, chosen: VerifySampleOptions) -> StrataPlan:
    """The sample from the strata of a file. Raises UsageError."""
    from detente.verify.inspection.files import strata_of
    from detente.verify.inspection.sample_plan import plan_strata

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
    from detente.verify.inspection.sampling import Method

    drawn, at, sd = text.partition("@")
    if not drawn.strip().isdecimal():
        raise UsageError(f"‘method’ needs a number of items and a standard deviation, such as 40@10%, found {text!r}")
    return Method(int(drawn), _chance(sd, "method") if at else 0.0)


def _read_inspections(row: Verb, inputs: tuple[Any, ...], options: VerifyInspectOptions) -> Subject:
    from detente.verify.inspection.files import read_inspections

    (source,) = inputs
    if options.measure and options.case is None:
        raise UsageError("‘measure’ needs ‘case’: ‘case korea-2018’ ‘measure yongbyon_access=reactor’")
    _no_case(source)
    assignment, findings = read_inspections(source)
    if assignment is None:
        raise DossierError(findings)
    about = assignment.written.model_dump(mode="json")
    if options.case is not None:
        about["case"] = fingerprint(load(options.case))
    question = replace(_asked(row, assignment.title, about, options), seed=options.seed)
    return Subject(assignment, question, tuple(findings), inputs=inputs)


@answers("verify inspect", reads=_read_inspections)
def verify_inspect(task: Task[VerifyInspectOptions]) -> VerifyInspectResult:
    """Plan inspections under a budget against a violator who knows the plan, and say how soon cheating is seen."""
    from detente.verify.inspection.inspected import inspect

    chosen, subject = task.options, task.subject
    start = date.fromisoformat(chosen.start) if chosen.start else None
    found = inspect(subject.about, days=chosen.days, schedule=chosen.schedule, start=start, seed=chosen.seed)
    overlay, changes, beside = (None, (), ()) if chosen.case is None else _overlay(found, chosen.case, chosen.measure)
    findings = tuple(dict.fromkeys([*subject.findings, *found.findings, *beside]))
    return VerifyInspectResult(subject.question, findings, found, overlay, changes)


def _overlay(
    found: Inspected, case: str, measures: tuple[str, ...]
) -> tuple[Mapping[str, Any], tuple[Changed, ...], tuple[Finding, ...]]:
    """The plan as changes to a case, what they come to, and what they leave out. Raises UsageError, DossierError."""
    from detente.verify.inspection.needs import changed, coverage, overlay_of

    named = [m.partition("=") for m in measures]
    for measure, _, site in named:
        if not site:
            raise UsageError(f"‘measure’ needs MEASURE=SITE, such as yongbyon_access=reactor, found {measure!r}")
    dossier, plan = load(case), found.plan
    sites = {measure: site for measure, _, site in named}
    overlay = overlay_of(plan, dossier, sites, regime=f"plan_{plan.plan_id}")
    changes = changed(plan, dossier, apply(dossier, overlay), sites)
    return overlay, changes, coverage(plan, dossier, sites)


# --- in common -------------------------------------------------------------------------------------------------


def _no_case(source: Source) -> None:
    """Raises UsageError for a bundled case, which other verbs take."""
    if path_of(str(source)) is not None:
        raise UsageError(
            f"{source} is a case, not a file of this verb: detente verify needs {source} says how much verification "
            "its deal needs"
        )


def _asked(row: Verb, title: str, about: Mapping[str, Any], options: Options) -> Provenance:
    """The provenance of a question about a file that is no dossier: in place of the dossier, what the file says."""
    said = hashlib.sha256(canonical(about).encode()).hexdigest()
    return Provenance(row.name, title, said, (), options.model_dump(mode="json"), versions())


def _chance(text: str, name: str) -> float:
    """A part of 1, written 5 % or 0.05. Raises UsageError."""
    try:
        plain = float(text) if "%" not in text else text
        return parse_share(plain)[0]
    except ValueError:
        raise UsageError(f"‘{name}’ {text!r} is no share: write it as 5% or 0.05, from 0 to 1") from None


def _between(text: str, name: str, most: float) -> float:
    """A part of 1 that is above 0 and below `most`. Raises UsageError."""
    try:
        value = _chance(text, name)
    except UsageError:
        value = -1.0
    if not 0 < value < most:
        raise UsageError(f"‘{name}’ {text!r}: write it as 5% or 0.05, above 0 % and below {100 * most:g} %")
    return value
