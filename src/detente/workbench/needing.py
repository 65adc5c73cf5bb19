"""`verify needs`: how much verification a deal needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.workbench.envelope import Task, answers
from detente.workbench.faces import NeedsFace
from detente.workbench.options import NeedsOptions
from detente.workbench.questions import SearchAnswer
from detente.workbench.results import Tables
from detente.workbench.writing import save_json

if TYPE_CHECKING:
    from detente.design.inspections.needs import VerificationNeeds


@dataclass(frozen=True, repr=False)
class NeedsResult(SearchAnswer):
    """The least inspection effort for a deal, and what more of it buys."""

    face = NeedsFace

    found: VerificationNeeds

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


@answers("verify needs")
def verify_needs(task: Task[NeedsOptions]) -> NeedsResult:
    """Find the least inspection effort for which a satisfactory deal exists, and what more effort would buy."""
    from detente.design.inspections.needs import needs as solve
    from detente.design.plan.question import Question

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
