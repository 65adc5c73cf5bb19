"""How cheating on a roadmap would be seen: by whom, how soon, with what effort, and by what margin it does not pay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from detente.design.questions.assessment import Assessment
from detente.design.questions.footing import false_alarms
from detente.design.questions.margins import least
from detente.dossier.schema import Resource, Verify
from detente.libraries import altair as alt
from detente.model.judge.check import Slack
from detente.model.rows.detection import Watch, watch
from detente.report.kit.figure import DANGER, FAINT, INK, PALETTE, Row, inline, time_axis
from detente.report.kit.panels import WHOLE, panels, told_apart
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import NONE, day, leaving, measure, number, party, percent, when, years
from detente.report.roadmap.steps import TimedPlan, horizon, seen_by, steps, time_domain

SHOWN_YEARS = 5.0
"""How long after the start of cheating its detection is drawn."""
QUARTERS = 20
SHADES = {0.0: "#eef3f8", 0.1: "#cfdff0", 0.25: "#9ebfe0", 0.5: "#5f97c9", 0.75: "#2a6fad", 0.9: "#08406f"}
"""The colour of a chance from so much on."""
MOMENT = 1e-6
"""Years to which the time is found at which faking is as likely as not to be seen."""
LATEST = 100.0
"""Years after which what is not seen counts as never seen."""


@dataclass(frozen=True)
class Watched:
    """A step that could be faked, and how that would come out. Times are years from the start of the cheating."""

    measure: str
    title: str
    by: str
    """Who verifies it."""
    regime: str | None
    """The regime chosen, in words; None for none."""
    days: float
    """Inspector-days a year, of the regime."""
    seen: Watch
    delay: float
    confirms: float
    false_alarms: float
    """A year, expected."""
    margin: Slack | None
    """The moment at which its performer is closest to faking it."""

    def chance(self, after: float) -> float:
        """That it is seen and said by then, from its worst start."""
        return 0.0 if after < self.delay else 1.0 - float(self.seen.survival(after - self.delay))

    @property
    def half(self) -> float | None:
        """When it is as likely as not to be seen and said; None where that is never."""
        if float(self.seen.survival(LATEST)) > 0.5:
            return None
        low, high = 0.0, LATEST
        while high - low > MOMENT:
            middle = (low + high) / 2
            low, high = (low, middle) if float(self.seen.survival(middle)) <= 0.5 else (middle, high)
        return high + self.delay


def watched(a: Assessment) -> tuple[Watched, ...]:
    """The steps of the shown plan that could be faked, in order of entry."""
    names = [s.measure for s in steps(a) if a.dossier.measures[s.measure].fakeable]
    return tuple(_watched(a, name) for name in names)


def _watched(a: Assessment, name: str) -> Watched:
    written = a.dossier.measures[name].verify
    assert isinstance(written, Verify)
    verify, regime = written.chosen, written.regimes.get(written.regime or "")
    slacks = a.proof.slacks if a.proof else ()
    return Watched(
        measure=name,
        title=measure(a.dossier, name),
        by=seen_by(a.dossier, name),
        regime=None if regime is None else regime.title or written.regime,
        days=written.effort(written.regime, "days"),
        seen=watch(verify),
        delay=verify.delay.value,
        confirms=(verify.confirms_in or verify.delay).value,
        false_alarms=verify.false_alarms.value,
        margin=least([s for s in slacks if s.measure == name], ("covert",)),
    )


# --- in words ----------------------------------------------------------------------------------------------------


def watching_said(a: Assessment) -> tuple[str, ...]:
    """What the roadmap's verification amounts to; empty without a plan."""
    return tuple(_said(a)) if a.plan is not None else ()


def _said(a: Assessment) -> Iterator[str]:
    found = watched(a)
    if not found:
        yield "Nothing in this roadmap can be faked in secret: all of it is seen by everyone."
        return
    count = f"{len(found)} of the roadmap's {len(steps(a))} steps" if len(found) > 1 else "One step of the roadmap"
    yield f"{count} could be faked, and the deal stands on how that would be seen.{_thinnest(a, found)}"
    worst = min(found, key=lambda w: w.chance(1.0))
    half = (
        "it may well never be seen" if worst.half is None else f"as likely as not it is seen within {years(worst.half)}"
    )
    yield (
        f"Least well seen is “{worst.title}”: that faking it is seen within a year has a chance of "
        f"{percent(worst.chance(1.0))}; {half}. It is verified by {worst.by}."
    )
    yield from _efforts(a)
    alarms = false_alarms(a.dossier, a.plan) if a.plan is not None else 0.0
    if alarms > 0:
        yield (
            f"With all of it in force, expect a false alarm about every {years(1 / alarms)}: each will look like a "
            f"breach until it is cleared up."
        )


def _thinnest(a: Assessment, found: Sequence[Watched]) -> str:
    s = least([w.margin for w in found if w.margin is not None])
    if s is None or s.slack is None or s.date is None or s.keep is None:
        return ""
    leaves = leaving(a.dossier, s)
    until = f"until it is seen, or else breaking openly {leaves}" if leaves else "until it is seen"
    return (
        f" {party(a.dossier, s.party)} is closest to faking “{measure(a.dossier, s.measure)}”, {when(a.dossier, s)}: "
        f"keeping is worth {number(s.slack)} points more than cheating {until}."
    )


def _efforts(a: Assessment) -> Iterator[str]:
    for name, rows in _by_resource(a).items():
        most = max(rows, key=lambda r: float(r["used"]))
        limit = "" if most["limit"] is None else f", of {number(most['limit'])} that there are"
        used = f"{number(most['used'])} {most['unit']}"
        yield f"{name.capitalize()} are most in use from {day(most['date'])}: {used}{limit}."


# --- tables and figures ------------------------------------------------------------------------------------------


def watching_table(a: Assessment) -> Table:
    """How each step that could be faked is verified, and by what margin faking it does not pay."""
    columns = [
        "what",
        "verified by",
        "regime",
        "inspector-days a year",
        "seen within a year, %",
        "as likely as not seen within",
        "counts as verified after",
        "false alarms a year",
        "thinnest margin, points",
        "on",
        "then breaks openly",
    ]
    rows: list[list[Cell]] = [
        [
            w.title,
            w.by,
            w.regime or NONE,
            w.days or None,
            100 * w.chance(1.0),
            "never" if w.half is None else years(w.half),
            years(w.confirms),
            w.false_alarms,
            w.margin.slack if w.margin else None,
            w.margin.date if w.margin else None,
            w.margin.leaves if w.margin else None,
        ]
        for w in watched(a)
    ]
    return Table.of("How faking each step would be seen", columns, rows)


def watching_json(a: Assessment) -> list[dict[str, Any]]:
    """The same as plain data: chances as parts of 1, times in years."""
    return [
        {
            "measure": w.measure,
            "by": w.by,
            "regime": w.regime,
            "inspector_days_per_year": w.days,
            "seen_within_a_year": w.chance(1.0),
            "half_seen_within_years": w.half,
            "verified_after_years": w.confirms,
            "false_alarms_per_year": w.false_alarms,
            "least_margin": w.margin.slack if w.margin else None,
            "least_margin_on": w.margin.date.isoformat() if w.margin and w.margin.date else None,
            "least_margin_leaves": w.margin.leaves.isoformat() if w.margin and w.margin.leaves else None,
        }
        for w in watched(a)
    ]


def detection_rows(a: Assessment) -> list[Row]:
    """The chance that faking each step is seen and said by the end of each quarter after its start."""
    return [
        {"step": w.title, "from": t0, "to": t1, "seen": w.chance(t1)}
        for w in watched(a)
        for t0, t1 in ((SHOWN_YEARS * i / QUARTERS, SHOWN_YEARS * (i + 1) / QUARTERS) for i in range(QUARTERS))
    ]


def detection_chart(a: Assessment, rows: list[Row]) -> Any:
    """A strip for each step, darker as it is likelier to have been seen; a tick where that is as likely as not."""
    found = watched(a)
    halves = [
        {"step": w.title, "at": w.half, "text": percent(w.chance(1.0)), "end": SHOWN_YEARS}
        for w in found
    ]  # fmt: skip
    y = alt.Y("step:N", sort=[w.title for w in found], title=None, axis=alt.Axis(labelLimit=330, labelColor=INK))
    scale = alt.Scale(domain=[0, SHOWN_YEARS], nice=False)
    whole = list(range(int(SHOWN_YEARS) + 1))
    axis = alt.Axis(values=whole, format="d", grid=False, title="years after the cheating starts")
    ticks = [h for h in halves if h["at"] is not None and h["at"] <= SHOWN_YEARS]  # type: ignore[operator]
    shade = alt.Scale(type="threshold", domain=list(SHADES)[1:], range=list(SHADES.values()))
    legend = alt.Legend(title="seen by then", format=".0%", orient="top", direction="horizontal")
    return alt.layer(
        alt.Chart(inline(rows))
        .mark_bar(height=17)
        .encode(
            x=alt.X("from:Q", scale=scale, axis=axis),
            x2="to:Q",
            y=y,
            color=alt.Color("seen:Q", scale=shade, legend=legend),
        ),
        alt.Chart(inline(ticks)).mark_tick(color=PALETTE[1], thickness=3, height=21).encode(x="at:Q", y=y),
        alt.Chart(inline(halves))
        .mark_text(align="left", dx=8, fontSize=10.5, color=FAINT)
        .encode(x="end:Q", y=y, text="text:N"),
    ).properties(width=480, height=alt.Step(25))


def effort_rows(a: Assessment) -> list[Row]:
    """What the roadmap uses over time of what inspections take, and what there is."""
    return [
        {"resource": r["title"], "line": line, "date": r["date"], "amount": amount}
        for rows in _by_resource(a).values()
        for r in rows
        for line, amount in ((IN_USE, r["used"]), (LIMIT, r["limit"]))
        if amount is not None
    ]


IN_USE, LIMIT = "in use", "limit"


def effort_chart(a: Assessment, rows: list[Row]) -> Any:
    """Steps over time, under the limit."""
    looks = {IN_USE: (PALETTE[0], WHOLE), LIMIT: (DANGER, [5, 3])}
    lines = told_apart("line", {n: look for n, look in looks.items() if any(r["line"] == n for r in rows)})

    def draw(mine: list[Row], width: int) -> Any:
        chart = alt.Chart(inline([{**r, "n": i} for i, r in enumerate(mine)]))
        return chart.mark_line(interpolate="step-after", strokeWidth=2).encode(
            x=time_axis("date", domain=time_domain(a), pixels=width),
            y=alt.Y("amount:Q", title=None, axis=alt.Axis(tickCount=5, minExtent=38), scale=alt.Scale(domainMin=0)),
            order="n:Q",
            **lines,
        )

    return panels(rows, "resource", draw, width=420, height=150, columns=2)


def _by_resource(a: Assessment) -> dict[str, list[dict[str, Any]]]:
    """What inspections use over time, of each resource that they use; of inspector-days where none is named."""
    if a.plan is None:
        return {}
    resources = {n: r for n, r in a.dossier.capacity.items() if r.inspections is not None}
    if not any(r.inspections == "days" for r in resources.values()):
        resources["inspector-days"] = UNLIMITED
    timed, until = TimedPlan.of(a.dossier, a.plan), horizon(a)
    found = {n.replace("_", " "): _used(timed, n.replace("_", " "), r, until) for n, r in resources.items()}
    return {n: rows for n, rows in found.items() if any(r["used"] > 0 for r in rows)}


UNLIMITED = Resource.model_validate({"limit": "0 days/year", "inspections": "days"})
"""Stands for inspector-days where the case does not say how many there are."""


def _used(timed: TimedPlan, title: str, resource: Resource, until: float) -> list[dict[str, Any]]:
    dossier, unit = timed.dossier, resource.limit.unit or "a year"
    amounts = [(i, x) for i, m in enumerate(dossier.measures) if (x := dossier.uses(resource).get(m))]
    return [
        {
            "title": f"{title.capitalize()}\n{unit}",
            "unit": unit,
            "date": dossier.grid.date_at(t),
            "used": math.fsum(x * timed.timing.share(m, k) for m, x in amounts),
            "limit": None if resource is UNLIMITED else resource.limit.value,
        }
        for k, t in [*enumerate(dossier.grid.years), (len(dossier.grid) - 1, until)]
    ]
