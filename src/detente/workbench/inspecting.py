"""`verify inspect`: which inspections, against a violator who knows the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from detente.dossier import apply, fingerprint, load
from detente.dossier.text.yaml import written
from detente.errors import DossierError, Finding, UsageError
from detente.report.kit.files import csv_bytes, json_bytes
from detente.report.verification import inspection
from detente.report.verification.page import table_of
from detente.report.verification.visits import ics, visit_rows
from detente.verify.inspection.files import read_inspections
from detente.verify.inspection.inspected import Inspected, inspect
from detente.verify.inspection.needs import Changed, changed, coverage, overlay_of
from detente.workbench.envelope import Task, answers
from detente.workbench.faces.verification import InspectFace
from detente.workbench.keeping import Subject
from detente.workbench.options import VerifyInspectOptions
from detente.workbench.verbs import Verb
from detente.workbench.verification import Verification, no_case, question_of


@dataclass(frozen=True, repr=False)
class VerifyInspectResult(Verification):
    """A plan of inspections, the worst violation under it, and how soon that is seen."""

    face = InspectFace
    reads: ClassVar[Any] = inspection

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
        visits = {
            "visits.ics": ics(self.found),
            "visits.csv": csv_bytes(table_of("Visits", visit_rows(self.found))),
            "record.json": json_bytes(self.records()),
        }
        overlay = {} if self.overlay is None else {"overlay.yaml": written(dict(self.overlay)).encode("utf-8")}
        return {**super().files(), **visits, **overlay}


def _read_inspections(row: Verb, inputs: tuple[Any, ...], options: VerifyInspectOptions) -> Subject:

    (source,) = inputs
    if options.measure and options.case is None:
        raise UsageError("‘measure’ needs ‘case’: ‘case korea-2018’ ‘measure yongbyon_access=reactor’")
    no_case(source)
    assignment, findings = read_inspections(source)
    if assignment is None:
        raise DossierError(findings)
    about = assignment.written.model_dump(mode="json")
    if options.case is not None:
        about["case"] = fingerprint(load(options.case))
    question = replace(question_of(row, assignment.title, about, options), seed=options.seed)
    return Subject(assignment, question, tuple(findings), inputs=inputs)


@answers("verify inspect", reads=_read_inspections)
def verify_inspect(task: Task[VerifyInspectOptions]) -> VerifyInspectResult:
    """Plan inspections under a budget against a violator who knows the plan, and say how soon cheating is seen."""
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
    named = [m.partition("=") for m in measures]
    for measure, _, site in named:
        if not site:
            raise UsageError(f"‘measure’ needs MEASURE=SITE, such as yongbyon_access=reactor, found {measure!r}")
    dossier, plan = load(case), found.plan
    sites = {measure: site for measure, _, site in named}
    overlay = overlay_of(plan, dossier, sites, regime=f"plan_{plan.plan_id}")
    changes = changed(plan, dossier, apply(dossier, overlay), sites)
    return overlay, changes, coverage(plan, dossier, sites)
