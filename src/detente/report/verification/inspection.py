"""How a plan of inspections reads: its page, its tables and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import inf, isfinite
from typing import Any

import numpy as np

from detente.dossier.quantities import ROUNDING
from detente.libraries import altair as alt
from detente.model.numeric import Array
from detente.report.kit.figure import DANGER, FAINT, INK, PALETTE, Figure, Row, inline, time_axis
from detente.report.kit.panels import WHOLE, Stroke, panels, told_apart
from detente.report.kit.table import Cell
from detente.report.kit.words import day, number, years
from detente.report.verification.page import Page, Section, table_of
from detente.report.verification.sample import chance
from detente.report.verification.visits import visit_rows
from detente.verify.inspection.inspected import HALF_A_YEAR, Inspected
from detente.verify.inspection.needs import Changed
from detente.verify.inspection.plan import DAYS, SitePlan, visits_in_time
from detente.verify.inspection.timing import Delay

STARTS: dict[str, Stroke] = {"just after a visit (the worst start)": (DANGER, WHOLE), "any day": (PALETTE[0], [6, 3])}
MOMENTS, MOST_JUMPS = 49, 40
"""Times at which the chance to have seen a violation is drawn, and how many visits are drawn as jumps."""
CAPTIONS = {
    "detection": "The chance that the worst violation at each site has been seen, by the time since it began: if it "
    "begins just after a visit, and if it begins on any day.",
    "effort": "What the best violation would be worth to the violator, by the inspector-days there are a year, spread "
    "as well as can be against it alone. Below 0 it does not pay. The dashed line is the effort that deters; the blue "
    "dot this plan, above the line where it spends on goals in time first.",
    "visits": "The visits of one year, a mark each. ",
}


def said(found: Inspected) -> tuple[str, ...]:
    """The plan in sentences, the answer first."""
    plan = found.plan
    if plan.adversary is None:
        return ("No site holds a goal quantity: no violation is reckoned with, and no visit is needed.",)
    worst = plan.adversary
    at = found.title_of(worst.site.name)
    effort = f"{number(plan.days)} of {number(plan.task.days)} inspector-days a year"
    if plan.complies:
        first = (
            f"No violation pays under this plan ({effort}){_but(found)}: the best, at {at}, would be worth "
            f"{number(worst.value)} to the violator, complying 0."
        )
    else:
        first = (
            f"A violation at {at} pays under this plan ({effort}): it is worth {number(worst.value)} to the violator, "
            "complying 0."
        )
    begins = f"The calendar runs from {day(found.start)}, {found.start_said}."
    return (first, _deters(found), _delay(found, worst), *_in_time(found), _false_alarms(found), begins)


def _but(found: Inspected) -> str:
    """What else the plan is to be judged by, where it fails that."""
    late = [found.title_of(s.site.name) for s in found.plan.sites if s.late]
    failing = [f"one is not seen in time at {_together(late)}"] if late else []
    if found.plan.false_alarm > 0.5:
        failing.append(f"a false alarm within a year is more likely than not ({chance(found.plan.false_alarm)})")
    return f", but {' and '.join(failing)}" if failing else ""


def _together(names: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])


def _deters(found: Inspected) -> str:
    if found.deters is None:
        return (
            "No number of visits deters every violation here: a visit sees too little, or being seen costs too little."
        )
    if found.deters == 0:
        return "Even without a visit no violation pays: what watches beside them is enough."
    return f"The least effort with which none pays is {number(found.deters)} inspector-days a year."


def _delay(found: Inspected, worst: SitePlan) -> str:
    seen = _seen(worst.worst, HALF_A_YEAR)
    mean, p90 = worst.worst.mean(), worst.worst.quantile(0.9)
    if not isfinite(mean):
        return f"The worst violation is seen within half a year with {seen}, and perhaps never."
    return (
        f"The worst violation is seen within half a year with {seen}: after {years(mean)} on average, and with 90 % "
        f"within {years(p90)}, counted from the worst moment to begin it."
    )


def _false_alarms(found: Inspected) -> str:
    return f"Over a year the chance of one false alarm or more is {chance(found.plan.false_alarm)}."


def _in_time(found: Inspected) -> tuple[str, ...]:
    """Whether violations are seen as soon as the file asks."""
    late = [s for s in found.plan.sites if s.late]
    if not late:
        if all(s.in_time is None for s in found.plan.sites):
            return ()
        first = found.needs is not None and found.needs <= found.plan.task.days
        cost = f" These goals and deterrence take {number(found.needs)} inspector-days a year and come first."
        return (f"Wherever the file says how soon, a violation is seen in time.{cost if first else ''}",)
    told = [f"{found.title_of(s.site.name)}, {_of_goal(s)}, {_would_do(found, s)}" for s in late]
    short = found.needs is not None and found.needs > found.plan.task.days
    needs = (f"Deterrence and the goals that can be met take {number(found.needs)} inspector-days a year together.",)
    return (f"Not seen in time: {'; '.join(told)}.", *(needs if short else ()))


def _seen(delay: Delay, years: float) -> str:
    """The chance that it is seen by then, which rounds to 1 long before it is."""
    left = float(delay.survival(years))
    return chance(1 - left if left > ROUNDING or left == 0 else 1 - ROUNDING)


def _of_goal(s: SitePlan) -> str | None:
    goal = s.site.timely
    if s.in_time is None or goal is None:
        return None
    return f"{chance(s.in_time)} within {years(goal.years)} (to be {chance(goal.detection)})"


def _would_do(found: Inspected, s: SitePlan) -> str:
    need = visits_in_time(found.plan.task, s.site)
    return "no number of visits would do" if need is None else f"{number(need)} visits a year would do"


# --- rows ------------------------------------------------------------------------------------------------------


def site_rows(found: Inspected) -> list[Row]:
    """One row a site: its visits, what they see, and what the best violation there is worth."""
    goals = any(s.in_time is not None for s in found.plan.sites)
    return [
        {
            "site": found.title_of(s.site.name),
            "visits_a_year": s.visits,
            "days_a_year": s.days,
            **_worst_violation(s),
            **({"seen_in_time": _of_goal(s)} if goals else {}),
            "deters_if_being_seen_costs": _deterring_cost(s),
            "it_costs": s.site.caught,
            "false_alarm_a_year": chance(s.false_alarm),
        }
        for s in found.plan.sites
    ]


def _worst_violation(s: SitePlan) -> dict[str, Cell]:
    """What the best violation at a site would be worth, and how soon it is seen."""
    if s.violation is None:
        blank = ("worth", "seen_in_half_a_year", "mean_delay", "90_%_within")
        return {"worst_violation": "none possible", **dict.fromkeys(blank)}
    return {
        "worst_violation": s.violation.pattern,
        "worth": s.value,
        "seen_in_half_a_year": _seen(s.worst, HALF_A_YEAR),
        "mean_delay": _time(s.worst.mean()),
        "90_%_within": _time(s.worst.quantile(0.9)),
    }


def _deterring_cost(s: SitePlan) -> Cell:
    if s.violation is None:
        return None
    return s.holds_at if s.holds_at < inf else "no cost deters"


def _time(length: float) -> str:
    return "perhaps never" if length == inf else years(length)


def effort_rows(found: Inspected) -> list[Row]:
    """One row a budget."""
    return [
        {"inspector_days_a_year": e.days, "best_violation_worth": e.value, "seen_in_half_a_year": e.detection}
        for e in found.efforts
    ]


def change_rows(changes: Sequence[Changed]) -> list[Row]:
    """One row a measure of the case that the plan changes."""
    return [
        {
            "measure": c.title,
            "sites_visited": ", ".join(c.counted),
            "sites_not_visited": ", ".join(c.left_out) or None,
            "inspector-days_a_year:_was": c.days_before,
            "inspector-days_a_year:_now": c.days,
            "seen_within_a_year_%:_was": 100 * c.seen_before,
            "seen_within_a_year_%:_now": 100 * c.seen,
        }
        for c in changes
    ]


def changes_said(changes: Sequence[Changed]) -> tuple[str, ...]:
    """What the plan changes in the case, the largest change first."""
    if not changes:
        return ()
    c = max(changes, key=lambda c: (abs(c.days - (c.days_before or 0.0)), abs(c.seen - c.seen_before)))
    was = "none stated" if c.days_before is None else number(c.days_before)
    many = f"{len(changes)} measures of the case; most" if len(changes) > 1 else "one measure of the case"
    told = (
        f"As an overlay the plan changes {many}: “{c.title}” goes from {was} to {number(c.days)} inspector-days a "
        f"year, and faking it is seen within a year with {chance(c.seen)} in place of {chance(c.seen_before)}."
    )
    worse = [f"“{c.title}”" for c in changes if c.seen < c.seen_before - ROUNDING]
    return (told, f"Less well seen than in the case: {_together(worse)}.") if worse else (told,)


def detection_rows(found: Inspected) -> list[Row]:
    """The chance that the worst violation of each site has been seen, by months since its start."""
    watched = [s for s in found.plan.sites if s.violation is not None]
    most = max([0.5, *(t for s in watched if isfinite(t := s.worst.quantile(0.9)))])
    end, rows = min(3.0, 1.15 * most), list[Row]()
    for s in watched:
        for start, delay in zip(STARTS, (s.worst, s.average), strict=True):
            at = _moments(delay, end)
            chances = delay.cdf(at)
            rows += [
                {
                    "site": found.title_of(s.site.name),
                    "violation begins": start,
                    "months": float(12 * t),
                    "chance": float(c),
                }
                for t, c in zip(at, chances, strict=True)
            ]
    return rows


def _moments(delay: Delay, end: float) -> Array:
    """Times that are evenly spread, and those just before and at each visit, where the chance jumps."""
    laps = np.arange(1 + int(end / delay.every)) if delay.every > 0 else np.zeros(1)
    jumps = np.unique((delay.starts[None, :] + delay.every * laps[:, None]).ravel())
    jumps = jumps[(jumps > 0) & (jumps < end)][:MOST_JUMPS]
    return np.unique(np.concatenate([np.linspace(0, end, MOMENTS), jumps - 1e-5, jumps]))


def tables(found: Inspected, changes: Sequence[Changed] = ()) -> dict[str, Any]:
    """The tables of the page, as they are written to CSV, too."""
    calendar: list[Row] = [{k: v for k, v in row.items() if k != "key"} for row in visit_rows(found)]
    named: dict[str, tuple[str, list[Row]]] = {
        "sites": ("Sites", site_rows(found)),
        "changes": ("What it changes in the case", change_rows(changes)),
        "effort": ("What more days would buy", effort_rows(found)),
        "visits": ("Visits", calendar),
    }
    return {name: table_of(title, rows) for name, (title, rows) in named.items() if rows}


# --- figures ---------------------------------------------------------------------------------------------------


def figures(found: Inspected, _: Sequence[Changed] = (), run: str = "") -> dict[str, Figure]:
    """How soon violations are seen, what days buy, and the calendar."""
    after = f"{found.assignment.title}; plan {found.plan.plan_id}; {f'run {run}' if run else 'no run recorded'}."
    drawing: dict[str, tuple[str, list[Row], Any]] = {
        "effort": ("What inspector-days buy", effort_rows(found), _effort),
        "detection": ("How soon a violation is seen", detection_rows(found), _detection),
        "visits": ("The visits of a year", visit_rows(found), _calendar),
    }
    return {
        name: Figure(name, title, f"{CAPTIONS[name]} {after}", draw(found, rows), tuple(rows))
        for name, (title, rows, draw) in drawing.items()
        if rows
    }


def _effort(found: Inspected, rows: list[Row]) -> Any:
    x = alt.X("inspector_days_a_year:Q", title="inspector-days a year")
    y = alt.Y("best_violation_worth:Q", title="worth of the best violation")
    data = alt.Chart(inline(rows))
    worth = found.plan.adversary.value if found.plan.adversary else None
    here = alt.Chart(inline([{"inspector_days_a_year": found.plan.task.days, "best_violation_worth": worth}]))
    layers = [
        data.mark_rule(color=FAINT).encode(y=alt.datum(0)),
        data.mark_line(color=INK, strokeWidth=1.8, interpolate="step-after").encode(x=x, y=y),
        here.mark_point(filled=True, size=90, color=PALETTE[0], opacity=1).encode(x=x, y=y),
    ]
    if found.deters:
        deters = alt.Chart(inline([{"inspector_days_a_year": found.deters}]))
        layers.append(deters.mark_rule(color=DANGER, strokeDash=[6, 3]).encode(x=x))
    return alt.layer(*layers).properties(width=720, height=240)


def _detection(found: Inspected, rows: list[Row]) -> Any:
    looks = told_apart("violation begins", STARTS, title="The violation begins")
    axis = alt.Axis(format="%", tickCount=5)

    def draw(some: list[Row], width: int) -> Any:
        x = alt.X("months:Q", title="months since it began", scale=alt.Scale(nice=False))
        y = alt.Y("chance:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1]))
        return alt.layer(alt.Chart(inline(some)).mark_line(strokeWidth=1.8).encode(x=x, y=y, **looks))

    return panels(rows, "site", draw, width=270, height=120, columns=3)


def _calendar(found: Inspected, rows: list[Row]) -> Any:
    names = [found.title_of(s.site.name) for s in found.plan.sites]
    end = found.start + timedelta(days=DAYS)
    x = time_axis("date", domain=[found.start.isoformat(), end.isoformat()], pixels=300)
    axis = alt.Axis(labelLimit=260, labelColor=INK, ticks=False, domain=False, grid=True)
    y = alt.Y("site:N", sort=names, title=None, axis=axis, scale=alt.Scale(domain=names))
    marks = alt.Chart(inline(rows)).mark_tick(thickness=2.4, size=16, color=PALETTE[0]).encode(x=x, y=y)
    return marks.properties(width=640, height=alt.Step(26))


# --- the page --------------------------------------------------------------------------------------------------


def page(found: Inspected, changes: Sequence[Changed] = ()) -> Page:
    """The page of a plan of inspections, and of what it changes in a case."""
    plan, sentences = found.plan, said(found)
    late = any(s.late for s in plan.sites)
    case = Section("case", "What it changes in the case", (), (), ("changes",), (_of_changes(),))
    how = "at equal intervals" if plan.task.schedule == "periodic" else "on days that nobody can foresee"
    checked = (
        f"{len(plan.sites)} sites, {number(plan.task.days)} inspector-days a year, visits {how}. The violator knows "
        "the plan and picks the site and the violation that pay it best, or complies."
    )
    parts = (
        Section("sites", "Site by site", (), ("detection",), ("sites",), (_of_sites(),)),
        *((case,) if changes else ()),
        Section("effort", "What more days would buy", (), ("effort",)),
        Section("calendar", "The visits", (_from(found),), ("visits",), ("visits",)),
    )
    return Page(
        kicker="plan of inspections",
        title=found.assignment.title,
        checked=(checked,),
        question="Does cheating pay?",
        headline=sentences[0],
        mark="no" if not plan.complies else "open" if late else "yes",
        said=(*sentences[1:], *changes_said(changes)),
        turns_on=turns_on(found),
        parts=parts,
    )


def turns_on(found: Inspected) -> tuple[str, ...]:
    """The judgement that the answer hangs on most."""
    judged = "What a violation is worth, what being seen costs and what a visit sees are judgements of the file."
    some = [s for s in found.plan.sites if s.violation is not None and s.holds_at > 0]
    if not some:
        return (judged,)
    near = max(some, key=lambda s: s.holds_at / max(s.site.caught, ROUNDING))
    at, says = found.title_of(near.site.name), f"(the file says {number(near.site.caught)})"
    if found.plan.complies:
        nearest = f"The nearest to a turn is {at}: were being seen to cost less than {number(near.holds_at)} {says}, a "
        return (f"{nearest}violation there would pay.", judged)
    if near.holds_at == inf:
        return (f"At {at} a violation is never seen, so it pays whatever being seen costs.", judged)
    return (
        f"The hardest to deter is {at}: under this plan being seen would have to cost {number(near.holds_at)} {says}.",
        judged,
    )


def _of_changes() -> str:
    return (
        "Sites not visited: the measure names them, and the plan does not visit them, or the question leaves them out. "
        "Seen within a year: from the worst moment to begin, without the time from seeing to saying so."
    )


def _of_sites() -> str:
    return (
        "Worth: to the violator, in its own points, from the worst moment to begin, just after a visit. “Deters if "
        "being seen costs”: the least cost of being seen at which the violation does not pay under this plan. Channels "
        "that watch beside the visits count as independent unless they share a group."
    )


def _from(found: Inspected) -> str:
    count = number(len(found.visits))
    return f"{count} visits in the year from {day(found.start)}; the same as visits.ics and visits.csv."
