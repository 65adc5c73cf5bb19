"""`verify needs`: how much verification a deal needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.workbench.envelope import Task, answers
from detente.workbench.options import NeedsOptions
from detente.workbench.questions import Answer
from detente.workbench.results import Tables, finite
from detente.workbench.writing import save_json

if TYPE_CHECKING:
    from detente.design.inspections.needs import Least, Needs


@dataclass(frozen=True, repr=False)
class NeedsResult(Answer):
    """The least inspection effort for a deal, and what more of it buys."""

    found: Needs

    @property
    def finished(self) -> bool:
        return self.found.finished

    @property
    def solved(self) -> Mapping[str, Any]:
        return {"status": self.found.status, "finished": self.found.finished}

    def to_json(self) -> dict[str, Any]:
        n = self.found
        return {
            "status": n.status,
            "success": n.question.success,
            "openings": list(n.question.openings),
            "unit": n.unit,
            "stated_effort": n.stated_effort,
            "most_effort": n.most,
            "least": _least(n.least),
            "steps": [_least(s) for s in n.steps],
            "opens_next": None if n.next_step is None else _least(n.next_step),
            "raises": [
                {
                    "measure": r.measure,
                    "from": r.before,
                    "to": r.after,
                    "effort": r.effort,
                    "growth_of_gains": finite(r.more),
                    "growth_of_gains_at_most": finite(r.most),
                    "sure": r.sure,
                    "more_false_alarms_per_year": r.false_alarms,
                }
                for r in n.raises
            ],
            "detection": [
                {"measure": r.measure, "status": r.status, "rate": finite(r.rate), "chance_per_year": finite(r.chance)}
                for r in n.rates
            ],
            "notes": list(n.notes),
            "sentences": list(self.sentences()),
            "findings": [f.as_dict() for f in self.findings],
            "finished": n.finished,
            "provenance": self.provenance.to_json(),
        }

    def tables(self) -> Tables:
        from detente.report.verification.needs_chart import needs_tables

        built = needs_tables(self.found)
        return {n: [dict(zip(t.columns, map(_cell, row), strict=True)) for row in t.rows] for n, t in built.items()}

    def figures(self) -> dict[str, Any]:
        from detente.report.verification.needs_chart import needs_figure

        figure = needs_figure(self.found, self.provenance.run)
        return {} if figure is None else {"needs": figure}

    def sentences(self) -> tuple[str, ...]:
        from detente.report.verification.needs_words import needs_sentences

        return needs_sentences(self.found)

    def write_into(self, folder: Path) -> list[Path]:
        """Write a page with the effort curve and the tables, the overlay that sets the regimes, and the plan."""
        from detente.dossier.text.yaml import written
        from detente.report.verification.needs_chart import write_needs

        files = [
            *write_needs(self.found, folder, self.provenance.to_json()),
            save_json(self.to_json(), folder / "needs.json"),
        ]
        least = self.found.least
        if least.plan is not None:
            files.append(save_json(least.plan.to_dict(), folder / "plan.json"))
        if least.overlay:
            overlay = folder / "inspections.yaml"
            overlay.write_text(written(dict(least.overlay)), encoding="utf-8")
            files.append(overlay)
        return files


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _least(s: Least) -> dict[str, Any]:
    return {
        "kind": s.aim.kind,
        "name": s.aim.name,
        "share": s.aim.share if s.aim.kind == "progress" else None,
        "status": s.status,
        "effort": finite(s.effort),
        "bound": finite(s.bound),
        "false_alarms_per_year": finite(s.false_alarms),
        "regimes": dict(s.regimes),
        "overlay": dict(s.overlay),
        "plan": None if s.plan is None else s.plan.to_dict(),
    }


@answers("verify needs")
def verify_needs(task: Task[NeedsOptions]) -> NeedsResult:
    """Find the least inspection effort for which a satisfactory deal exists, and what more effort would buy."""
    from detente.design.inspections.needs import needs as solve
    from detente.design.plan.problem import Question

    options, work, subject = task.options, task.work, task.subject
    found = solve(
        subject.about,
        Question(options.success, options.openings),
        effort=options.effort,
        steps=options.steps,
        rates=options.rates,
        raises=options.raises,
        time_limit=work.left,
        say=work.say,
        cancelled=work.over,
    )
    return NeedsResult(found, subject.question, subject.findings)
