"""How a plan of samples reads: its page, its tables and its figure."""

from __future__ import annotations

from typing import Any

from detente.libraries import altair as alt
from detente.report.kit.figure import DANGER, INK, PALETTE, Figure, Row, inline
from detente.report.kit.words import number, percent, several
from detente.report.verification.page import Mark, Page, Section, table_of
from detente.verify.inspection.sample_plan import SamplePlan, StrataPlan


def chance(p: float) -> str:
    """A chance in words that never calls certain, or impossible, what is not."""
    shown = round(p, 4)
    if 0 < p < 1 and shown in (0.0, 1.0):
        return "more than 99.99 %" if shown else "less than 0.01 %"
    return percent(shown) if shown <= 0.9994 else f"{100 * shown:.2f} %".replace(".00", "")


def said(plan: SamplePlan) -> tuple[str, ...]:
    """The plan in sentences, the answer first."""
    exact = plan.size("exact")
    taken = f"{number(plan.defects)} of {number(plan.items)} items, {percent(plan.share)} of each"
    goal = f"{number(plan.goal_kg)} kg"
    if exact.drawn is None or exact.detection is None:
        first = f"No sample sees a loss of {goal} with {percent(plan.wanted)}: measuring every item is not enough."
    else:
        draw = f"Draw {number(exact.drawn)} of {number(plan.items)} items"
        if plan.sample is not None:
            how = "without error" if plan.sees == 1 else f"so that it recognises a defect with {percent(plan.sees)}"
            draw = f"Otherwise {number(exact.drawn)} of {number(plan.items)} items, each measured {how}, would do"
        first = f"{draw}: a loss of {goal} is then seen with {chance(exact.detection)}."
    rules = [f"{s.rule} {number(s.drawn)}" for s in plan.sizes if s.drawn is not None and s.rule != "exact"]
    blind = "" if plan.sees == 1 else ", which take it that a defect drawn is always recognised"
    more = f"The goal is {taken}; by the usual rules: {several(rules)}{blind}."
    judged = _of_methods(plan)
    told = (judged[0], first, more, *judged[1:]) if judged else (first, more)
    return (*told, *_deters(plan))


def _deters(plan: SamplePlan) -> tuple[str, ...]:
    game = plan.deters
    if game is None:
        return ()
    weighed = f"If the loss gains {number(game.gain)} unseen, and being seen costs {number(game.caught)}, "
    if game.visit > 1:
        least = f"a sure visit would have to see it with {chance(game.detection)}"
        return (f"{weighed}even a sure visit of this kind does not deter: {least}.",)
    return (
        f"{weighed}complying is as good where such a visit comes with a chance of {chance(game.visit)} or more, and "
        "that is known.",
    )


def _of_methods(plan: SamplePlan) -> tuple[str, ...]:
    if plan.sample is None or plan.worst is None:
        return ()
    w = plan.worst
    enough = "is enough" if w.detection >= plan.wanted else "does less than was asked"
    how = f"{percent(round(w.share, 4))} from each of {number(w.defects)} items"
    return (
        f"The sample proposed {enough}: it sees the loss with {chance(w.detection)} at least, and "
        f"{percent(plan.wanted)} are asked for; least likely where it is {how}.",
        f"Where nothing is gone it gives a false alarm with {chance(plan.sample.false_alarm)} each time.",
    )


def strata_said(plan: StrataPlan) -> tuple[str, ...]:
    """The spread over strata in sentences."""
    draw = several([f"{number(n)} of {number(plan.strata[name].items)} {name}" for name, n in plan.whole.items()])
    first = (
        f"Draw {draw}: a loss of {number(plan.goal_kg)} kg is then seen with {chance(plan.whole_detection)} at least, "
        "however it is split over the strata."
    )
    by_rule = several([f"{number(n)} {name}" for name, n in plan.drawn.items()])
    rule = f"By the rule for large strata, in real numbers ({by_rule}), it is seen with {chance(plan.detection)}."
    if plan.game is None:
        return (first, rule)
    lots = f"Drawing lots between plans sees it with {chance(plan.game.mixed_detection)}; the JSON has the chances."
    return (first, lots, rule)


# --- rows ------------------------------------------------------------------------------------------------------

RULES = {
    "exact": "hypergeometric, the fewest that do",
    "Jaech": "½(1 − β^(1/d))(2N − d + 1)",
    "IAEA": "N(1 − β^(1/d))",
}


def size_rows(plan: SamplePlan) -> list[Row]:
    """One row a rule."""
    return [
        {
            "rule": s.rule,
            "draws": s.drawn if s.drawn is not None else "not enough items",
            "sees": None if s.detection is None else chance(s.detection),
            "how": RULES[s.rule],
        }
        for s in plan.sizes
    ]


def method_rows(plan: SamplePlan) -> list[Row]:
    """One row a method of the proposed sample: what it sees of the worst way to take the goal."""
    if plan.sample is None:
        return []
    share = plan.worst.share if plan.worst else 1.0
    return [
        {
            "drawn": m.drawn,
            "relative_SD": percent(m.relative_sd),
            "rejects_beyond": f"{number(m.reject_at)} σ",
            "recognises_worst_share": chance(m.sees(share)),
            "false_alarm": chance(m.false_alarm),
        }
        for m in plan.sample.methods
    ]


def strata_rows(plan: StrataPlan) -> list[Row]:
    """One row a stratum."""
    return [
        {
            "stratum": name,
            "items": s.items,
            "yields_kg": s.yield_kg,
            "effort": s.effort,
            "draws": plan.whole[name],
            "takes": plan.whole[name] * s.effort,
            "by_the_rule": plan.drawn[name],
        }
        for name, s in plan.strata.items()
    ]


def tables(plan: SamplePlan | StrataPlan) -> dict[str, Any]:
    """The tables of the page, as they are written to CSV, too."""
    if isinstance(plan, StrataPlan):
        return {"strata": table_of("Strata", strata_rows(plan))}
    named = {"sizes": ("Sizes", size_rows(plan)), "methods": ("The sample proposed", method_rows(plan))}
    return {name: table_of(title, rows) for name, (title, rows) in named.items() if rows}


# --- figures ---------------------------------------------------------------------------------------------------


def figures(plan: SamplePlan | StrataPlan, run: str = "") -> dict[str, Figure]:
    """What a sample sees by its size; what a proposed one sees by the share taken; what strata give."""
    after = f"{f'Run {run}' if run else 'No run recorded'}."
    if isinstance(plan, StrataPlan):
        rows = strata_rows(plan)
        caption = f"Pale: the items there are; dark: those to draw, under a budget of {number(plan.budget)}. {after}"
        return {"strata": Figure("strata", "What to draw from each stratum", caption, _strata(rows), tuple(rows))}
    sizes: list[Row] = [{"drawn": n, "chance": p} for n, p in plan.curve]
    caption = (
        f"The chance that at least one of {plan.defects} defects among {plan.items} items is drawn and recognised, by "
        f"the number drawn. Red: what is asked for; dots: the sizes of the three rules. {after}"
    )
    found = {"sizes": Figure("sizes", "What a sample sees", caption, _sizes(plan, sizes), tuple(sizes))}
    if plan.by_share and plan.worst:
        shares: list[Row] = [{"share": s, "chance": p} for s, p in plan.by_share]
        caption = (
            "The chance that the proposed sample sees the loss, by the share taken from each item (a smaller share "
            f"from more items). The dot is the worst; a plan counts for that. {after}"
        )
        title = "What the proposed sample sees, by how the loss is spread"
        found["shares"] = Figure("shares", title, caption, _shares(plan, shares), tuple(shares))
    return found


def _chance() -> Any:
    axis = alt.Axis(format="%", tickCount=5)
    return alt.Y("chance:Q", title="chance that it is seen", axis=axis, scale=alt.Scale(domain=[0, 1]))


def _sizes(plan: SamplePlan, rows: list[Row]) -> Any:
    dots: list[Row] = [
        {"rule": s.rule, "drawn": s.drawn, "chance": s.detection} for s in plan.sizes if s.drawn is not None
    ]
    x = alt.X("drawn:Q", title="items drawn", scale=alt.Scale(domain=[0, plan.items], nice=False))
    colour = alt.Color(
        "rule:N",
        scale=alt.Scale(domain=["exact", "Jaech", "IAEA"], range=[INK, PALETTE[1], PALETTE[0]]),
        legend=alt.Legend(title="Rule", orient="top"),
    )
    line = alt.Chart(inline(rows)).mark_line(color=INK, strokeWidth=1.8).encode(x=x, y=_chance())
    asked = alt.Chart(inline([{"chance": plan.wanted}])).mark_rule(color=DANGER, strokeDash=[6, 3]).encode(y="chance:Q")
    points = alt.Chart(inline(dots)).mark_point(filled=True, opacity=1)
    # the first is the largest, so that those that fall together are all seen
    size = alt.Size("rule:N", scale=alt.Scale(domain=["exact", "Jaech", "IAEA"], range=[190, 90, 30]), legend=None)
    return alt.layer(line, asked, points.encode(x=x, y=_chance(), color=colour, size=size)).properties(
        width=720, height=230
    )


def _shares(plan: SamplePlan, rows: list[Row]) -> Any:
    axis = alt.Axis(format="%", tickCount=6)
    x = alt.X("share:Q", title="share taken from each item", axis=axis, scale=alt.Scale(domain=[0, 1]))
    line = alt.Chart(inline(rows)).mark_line(color=PALETTE[0], strokeWidth=1.8, point={"size": 12})
    worst = [{"share": plan.worst.share, "chance": plan.worst.detection}] if plan.worst else []
    dot = alt.Chart(inline(worst)).mark_point(filled=True, size=90, color=DANGER, opacity=1)
    return alt.layer(line.encode(x=x, y=_chance()), dot.encode(x=x, y=_chance())).properties(width=720, height=210)


def _strata(rows: list[Row]) -> Any:
    names = [str(r["stratum"]) for r in rows]
    axis = alt.Axis(labelLimit=220, labelColor=INK, ticks=False, domain=False)
    y = alt.Y("stratum:N", sort=names, title=None, axis=axis)
    data = alt.Chart(inline(rows))
    there = data.mark_bar(color="#dbe7f0").encode(x=alt.X("items:Q", title="items"), y=y)
    drawn = data.mark_bar(color=PALETTE[0], height={"band": 0.5}).encode(x="draws:Q", y=y)
    return alt.layer(there, drawn).properties(width=640, height=alt.Step(34))


# --- the page --------------------------------------------------------------------------------------------------


def page(plan: SamplePlan | StrataPlan) -> Page:
    """The page of a plan of samples."""
    if isinstance(plan, StrataPlan):
        return _strata_page(plan)
    first, *rest = said(plan)
    mark: Mark = "no" if plan.size("exact").drawn is None else "yes"
    if plan.worst is not None:
        mark = "yes" if plan.worst.detection >= plan.wanted else "no"
    checked = (
        f"{number(plan.items)} items of {number(plan.mean_kg)} kg each. A loss of {number(plan.goal_kg)} kg is to be "
        f"seen with {percent(plan.wanted)}."
    )
    turns_on: tuple[str, ...] = (
        f"It assumes that whoever takes material takes {percent(plan.share)} of each item that it touches, and that "
        f"measuring such an item recognises it with {percent(plan.sees)}: a smaller share from more items needs fewer "
        "draws, but a finer instrument.",
        "Draws are random, and nobody knows them beforehand.",
    )
    if plan.sample is not None:
        turns_on = (
            "The sample proposed counts for the share that it is least likely to see. Errors are taken as normal, with "
            "the standard deviations named.",
            f"The number to draw{turns_on[0].removeprefix('It')}",
            *turns_on[1:],
        )
    parts = [Section("sizes", "How many to draw", (), ("sizes",), ("sizes",))]
    if plan.sample is not None:
        note = "Methods draw each by itself; where they share an instrument, count only the better one."
        parts.append(Section("shares", "The sample proposed", (), ("shares",), ("methods",), (note,)))
    return Page(
        kicker="sample",
        title="A plan of samples",
        checked=(checked,),
        question="How many items?",
        headline=first,
        mark=mark,
        said=tuple(rest),
        turns_on=turns_on,
        parts=tuple(parts),
    )


def _strata_page(plan: StrataPlan) -> Page:
    first, *rest = strata_said(plan)
    checked = (
        f"{len(plan.strata)} strata, {number(sum(s.items for s in plan.strata.values()))} items. A loss of "
        f"{number(plan.goal_kg)} kg, split over them in any way, is to be seen with an effort of {number(plan.budget)}."
    )
    turns_on = (
        "It assumes the same share taken of each item of a stratum, that a drawn defect is recognised, and that "
        "whoever takes material knows the plan, but not which items will be drawn.",
    )
    parts = (Section("strata", "What to draw", (), ("strata",), ("strata",)),)
    return Page(
        kicker="sample",
        title=plan.title,
        checked=(checked,),
        question="What do the samples see?",
        headline=first,
        mark="open",
        said=tuple(rest),
        turns_on=turns_on,
        parts=parts,
    )
