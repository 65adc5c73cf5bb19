"""The figures of an assessment: one definition each, for page, notebook, PNG, SVG and CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detente.design.questions.assessment import Assessment
from detente.design.questions.critical import Critical
from detente.design.questions.gap import Gap
from detente.report.assessment.risks import exposure_chart, exposure_rows, temptation_chart, temptation_rows
from detente.report.assessment.watching import detection_chart, detection_rows, effort_chart, effort_rows
from detente.report.kit.figure import Figure, Row
from detente.report.kit.words import LEVELS
from detente.report.questions.critical_chart import critical_figure
from detente.report.questions.gap_chart import gap_figure
from detente.report.roadmap.chart import roadmap_chart, roadmap_rows
from detente.report.roadmap.progress import (
    interest_chart,
    interest_rows,
    progress_chart,
    progress_rows,
    value_chart,
    value_rows,
)

Draw = Callable[[Assessment, list[Row]], Any]

CAPTIONS = {
    "roadmap": "A lane for each party; what several perform together has a diamond, and dots in its performers' "
    "colours. Bars are work under way, discs entry into force, small ticks the date on which all of it counts as "
    "verified. Pale lines are the dates on which something can enter. The deal has no end: what is in force stays.",
    "temptation": "How much more keeping the deal is worth than the best deviation, at every moment, in each party's "
    "own points (present value at that date). Below the red line the party would rather break the deal. A step up or "
    "down is what enters into force that day, or what an answer would from then on come too late to stop.",
    "exposure": "What each party with a limit would have lost, against never having signed, if another party broke the "
    "deal at that moment (present value at signature, its own points). Above the dashed limit the deal asks too much "
    "trust. Diamonds: the other party only pretends to perform a measure, from its entry until it is seen or leaves. "
    "Negative: still better off.",
    "values": "Bars: the value of the deal to each party, as an annual equivalent, measured from no deal. Red ticks: "
    "the least at which it consents. Points are each party's own: lengths compare a party with its red tick, not one "
    "party with another.",
    "detection": "How likely it is that faking a step has been seen, and said, so long after the cheating starts, at "
    "its worst moment: darker is likelier, and the orange tick is where it is as likely as not. Right: the chance "
    "within a year. A party that fakes one step fakes with it whatever is seen no faster and costs it something.",
    "effort": "What inspections use while the measures stand, by the regimes that the case chooses, with what measures "
    "use of the same by themselves, and the limit.",
    "progress": "Relief and guarantees (given) against what verified progress on the other side allows or makes due. "
    "Progress counts from the day it is verified, not from the day it is performed.",
    "interests": "Levels of the interests whose course without a deal the dossier states, while the deal is kept and "
    "without it. Worst and best are scales, not bounds, so a level can pass them.",
}
TITLES = {
    "roadmap": "The roadmap",
    "temptation": "Temptation over time",
    "exposure": "Exposure over time",
    "values": "What the deal is worth to each party",
    "detection": "How soon faking would be seen",
    "effort": "What verification takes",
    "progress": "What is given against what is verified",
    "interests": "What changes on the ground",
}


def figures(
    assessment: Assessment, run: str = "", *, gap: Gap | None = None, critical: Critical | None = None
) -> dict[str, Figure]:
    """The figures that an assessment, and what was asked beside it, have data for."""
    beside = [gap_figure(gap, run) if gap else None, critical_figure(critical, run) if critical else None]
    return {**_of_plan(assessment, run), **{figure.name: figure for figure in beside if figure is not None}}


def _of_plan(assessment: Assessment, run: str) -> dict[str, Figure]:
    """The figures of the plan that is shown; none without one."""
    if assessment.plan is None:
        return {}
    drawing: dict[str, tuple[list[Row], Draw]] = {
        "roadmap": (roadmap_rows(assessment), roadmap_chart),
        "values": (value_rows(assessment), lambda a, rows: value_chart(rows)),
        "temptation": (temptation_rows(assessment), temptation_chart),
        "exposure": (exposure_rows(assessment), exposure_chart),
        "detection": (detection_rows(assessment), detection_chart),
        "effort": (effort_rows(assessment), effort_chart),
        "progress": (progress_rows(assessment), progress_chart),
        "interests": (interest_rows(assessment), interest_chart),
    }
    return {
        name: Figure(name, TITLES[name], caption(assessment, name, run), draw(assessment, rows), tuple(rows))
        for name, (rows, draw) in drawing.items()
        if rows
    }


def caption(assessment: Assessment, name: str, run: str) -> str:
    """What a figure shows, of which case, which plan and which run."""
    of = f"{assessment.dossier.title}; plan for {LEVELS.get(assessment.shown or '', assessment.shown or '')}"
    return f"{CAPTIONS[name]} {of}; {f'run {run}' if run else 'no run recorded'}."
