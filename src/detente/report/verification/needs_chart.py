"""How much verification a deal needs: the effort curve, the next best buys, the least detection; words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from detente.design.inspections import Aim, Least, Needs
from detente.report.conflict_words import question_words
from detente.report.figure import DANGER, FAINT, INK, PALETTE, Figure, Row, inline
from detente.report.html import page, run_id
from detente.report.table import Cell, Table
from detente.report.words import LEVELS, NONE, measure, number, percent, several, years
from detente.report.write import write_files

PLOT, ROW = 560, 21
"""Pixels: the plot across, and the height of an aim's row."""
GROUPS = {"success": "Level of success", "progress": "Verified progress", "measure": "A deal with"}
CAPTION = (
    "The effort curve. A bar begins at the least effort a year with which some satisfactory deal reaches what its row "
    "names, and goes on: more effort allows it too. Discs are proved to be the least; between an open disc and the "
    "tick left of it the search was stopped, and less effort may do. Red: no regimes on the menus are enough. The "
    "dashed line is what the regimes that the case chooses take."
)


def needs_figure(found: Needs, run: str = "") -> Figure | None:
    """The effort curve; None where no measure has regimes."""
    rows = curve_rows(found)
    if found.most <= 0 or not rows:
        return None
    asked = f"{found.dossier.title}; {question_words(found.question, found.dossier)}"
    said = f"{CAPTION} {asked}; {f'run {run}' if run else 'no run recorded'}."
    return Figure("needs", "How much verification a deal needs", said, _chart(found, rows), tuple(rows))


def aim_words(found: Needs, aim: Aim) -> str:
    if aim.kind == "success":
        return LEVELS[aim.name].capitalize()
    return f"{percent(aim.share)} of {aim.name}" if aim.kind == "progress" else measure(found.dossier, aim.name)


def curve_rows(found: Needs) -> list[Row]:
    """One row for each step: the least effort for it, and between what it lies where that is not settled."""
    return [
        {
            "what": GROUPS[s.aim.kind],
            "step": aim_words(found, s.aim),
            "status": s.status,
            "effort": s.effort,
            "at_least": None if s.status == "none_exists" else s.bound,
        }
        for s in found.steps
    ]


def _chart(found: Needs, rows: list[Row]) -> Any:
    """Each kind of step a panel of rows, by effort; all on one axis."""
    import altair as alt

    top = 1.05 * max([found.stated_effort, *(_float(r["effort"]) or 0.0 for r in rows), 1.0])
    scale = alt.Scale(domain=[0, top], nice=False)
    panels = []
    groups = [g for g in GROUPS.values() if any(r["what"] == g for r in rows)]
    for g in groups:
        mine = [r for r in rows if r["what"] == g]
        if g == GROUPS["measure"]:
            mine.sort(key=lambda r: _place(r, top))
        last = g == groups[-1]
        order = [str(r["step"]) for r in mine]
        axis = alt.Axis(title=found.unit.capitalize() if last else None, labels=last, ticks=last, tickCount=6)
        x = alt.X("effort:Q", scale=scale, axis=axis)
        y = alt.Y("step:N", sort=order, title=None, axis=alt.Axis(labelLimit=330, grid=False))
        title = alt.TitleParams(g, anchor="start", fontSize=12, color=INK)
        data = [{**r, "top": top, "label": number(_float(r["effort"]))} for r in mine]
        known = [r for r in data if r["effort"] is not None]
        never = [{**r, "effort": 0.0, "label": "with no regimes here"} for r in data if r["status"] == "none_exists"]
        open_ = [r for r in data if r["status"] == "undecided"]
        unknown = [{**r, "effort": r["at_least"], "label": "not settled in time"} for r in open_ if r["effort"] is None]
        text: dict[str, Any] = {"align": "left", "dx": 9, "fontSize": 10.5}
        layers = [
            alt.Chart(inline(known)).mark_bar(color="#dbe7f0", size=11).encode(x=x, x2="top:Q", y=y),
            alt.Chart(inline([{"effort": found.stated_effort}])).mark_rule(color=FAINT, strokeDash=[5, 3]).encode(x=x),
            alt.Chart(inline([r for r in open_ if r["effort"] is not None]))
            .mark_rule(color=FAINT)
            .encode(x=alt.X("at_least:Q", scale=scale), x2="effort:Q", y=y),
            alt.Chart(inline(open_))
            .mark_tick(color=FAINT, thickness=2, size=11)
            .encode(x=alt.X("at_least:Q", scale=scale), y=y),
            alt.Chart(inline([r for r in known if r["status"] == "satisfactory"]))
            .mark_point(filled=True, size=64, color=PALETTE[0], opacity=1)
            .encode(x=x, y=y),
            alt.Chart(inline([r for r in known if r["status"] == "undecided"]))
            .mark_point(filled=True, fill="white", stroke=PALETTE[0], size=64, opacity=1)
            .encode(x=x, y=y),
            alt.Chart(inline(known)).mark_text(color=INK, **text).encode(x=x, y=y, text="label:N"),
            alt.Chart(inline(never)).mark_text(color=DANGER, **text).encode(x=x, y=y, text="label:N"),
            alt.Chart(inline(unknown)).mark_text(color=FAINT, **text).encode(x=x, y=y, text="label:N"),
        ]
        panels.append(alt.layer(*layers).properties(width=PLOT, height=ROW * len(order), title=title))
    return alt.vconcat(*panels, spacing=14).resolve_scale(x="independent", y="independent")


def _float(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _place(row: Row, top: float) -> tuple[float, str]:
    effort = _float(row["effort"])
    return (effort if effort is not None else 2 * top if row["status"] == "undecided" else 3 * top), str(row["step"])


# --- tables ------------------------------------------------------------------------------------------------------


def needs_tables(found: Needs) -> dict[str, Table]:
    """The least effort for each step, the regimes of the one asked for, next steps, and the least detection."""
    built = {
        "effort": Table.of(
            "The least effort for each step",
            ["what", "step", f"least, {found.unit}", "proved to be at least", "regimes"],
            [
                [r["what"], r["step"], r["effort"], r["at_least"], _answer(found, s)]
                for r, s in zip(curve_rows(found), found.steps, strict=True)
            ],
        )
    }
    if kept := dict(inspected(found, found.least)):
        chosen = [[measure(found.dossier, m), r] for m, r in kept.items()]
        built["regimes"] = Table.of("The regimes of the least effort", ["measure", "regime"], chosen)
    if found.raises:
        built["next"] = Table.of(
            "What the next step of effort brings",
            [
                "measure",
                "from",
                "to",
                f"more {found.unit}",
                "growth of the gains, %",
                "at most, %",
                "by 100 of effort, %",
                "sure",
                "more false alarms a year",
            ],
            [
                [
                    measure(found.dossier, r.measure),
                    r.before or "none",
                    r.after,
                    r.effort,
                    None if r.more is None else 100 * r.more,
                    None if r.most is None else 100 * r.most,
                    None if r.more is None or not r.effort else 1e4 * r.more / r.effort,
                    "yes" if r.sure else "no",
                    r.false_alarms,
                ]
                for r in found.raises
            ],
        )
    if found.rates:
        built["detection"] = Table.of(
            "The least detection of each measure, the others as at the least effort",
            ["measure", "answer", "times a year", "chance within a year, %"],
            [
                [
                    measure(found.dossier, r.measure),
                    ANSWERS[r.status] if r.status != "undecided" or r.rate is None else "enough; less may do",
                    r.rate,
                    None if r.chance is None else 100 * r.chance,
                ]
                for r in found.rates
            ],
        )
    return built


ANSWERS = {
    "found": "the least",
    "none_needed": "none is needed",
    "not_enough": "no detection is enough",
    "undecided": "not settled in time",
}


def _answer(found: Needs, s: Least) -> str:
    if s.status == "none_exists":
        return "no regimes here are enough"
    if s.effort is None:
        return "not settled in time"
    return "; ".join(f"{measure(found.dossier, m)}: {r}" for m, r in inspected(found, s)) or NONE


def inspected(found: Needs, s: Least) -> list[tuple[str, str]]:
    """The measures that are inspected at some effort, with their regimes."""
    verified = {m: found.dossier.measures[m].verification for m in s.regimes}
    chosen = [(m, r) for m, r in s.regimes.items() if r is not None]
    return [(m, r) for m, r in chosen if (v := verified[m]) is not None and v.effort(r, found.effort) > 0]


# --- words -------------------------------------------------------------------------------------------------------


def needs_sentences(found: Needs) -> tuple[str, ...]:
    """The answer first, then what more effort buys, then what to know about the answer."""
    return tuple(_said(found))


def _said(found: Needs) -> Iterator[str]:
    yield _first(found)
    steps = [s for s in found.steps if s.aim != found.least.aim]
    if further := [s for s in steps if s.aim.kind == "success" and s.status != "undecided"]:
        yield " ".join(_step(found, s) for s in further)
    if never := [aim_words(found, s.aim) for s in steps if s.status == "none_exists" and s.aim.kind != "success"]:
        yield f"No regimes on the menus are enough for: {'; '.join(never)}."
    if (opens := found.next_step) is not None and opens.effort is not None:
        more = number(opens.effort - (found.least.effort or 0.0))
        named = several([_opened(found, aim) for aim in _opening(found, opens.effort)])
        yield f"What opens next, at {number(opens.effort)} {found.unit}, {more} more: {named}."
    yield from _bought(found)
    yield from _detection(found)
    if not found.finished:
        yield "The search stopped at its limit before all was settled."
    yield from found.notes


def _detection(found: Needs) -> Iterator[str]:
    """The least chance of detection, of one measure at a time."""
    settled = [r for r in found.rates if r.status == "found" and r.chance is not None]
    enough = [r for r in found.rates if r.status == "undecided" and r.chance is not None]
    for rates, said in ((settled, "The least chance of detection within a year"), (enough, "Enough, if not the least")):
        if rates:
            named = [f"“{measure(found.dossier, r.measure)}” {percent(r.chance or 0.0)}" for r in rates]
            yield f"{said}, one measure at a time: {several(named)}."
    if free := [measure(found.dossier, r.measure) for r in found.rates if r.status == "none_needed"]:
        level = LEVELS[found.question.success].capitalize()
        yield f"{level} can be had without seeing whether one of these is kept: {several(free, 'or')}."


def _opening(found: Needs, effort: float) -> list[Aim]:
    """What can first be had at an effort; of each scale the greatest part."""
    aims = [s.aim for s in found.steps if s.effort == effort]
    most = {a.name: a.share for a in aims if a.kind == "progress"}
    return [a for a in aims if a.kind != "progress" or a.share == most[a.name]]


def _opened(found: Needs, aim: Aim) -> str:
    words = aim_words(found, aim)
    return f"a deal with “{words}”" if aim.kind == "measure" else words[:1].lower() + words[1:]


def _bought(found: Needs) -> Iterator[str]:
    """Where the next effort is worth most, or that it is worth nothing that is sure."""
    gains = "the gains of the parties (geometric mean, under the Nash rule)"
    best = next((r for r in found.raises if r.sure and r.more is not None and r.more > 0), None)
    if best is not None and best.more is not None:
        alarms = f" It brings {number(best.false_alarms)} more false alarms a year." if best.false_alarms > 0 else ""
        yield (
            f"The next effort is worth most on “{measure(found.dossier, best.measure)}”: “{best.after}” takes "
            f"{number(best.effort)} {found.unit} more, and {gains} could grow by {percent(best.more)}.{alarms}"
        )
    elif found.raises and (known := [r.most for r in found.raises if r.most is not None]):
        unknown = len(found.raises) - len(known)
        rest = f"; {unknown} more were not settled in time" if unknown else ""
        yield (
            f"Beyond that, no single next regime is sure to add to {gains}: by {percent(max(0.0, max(known)))} "
            f"at the most{rest}."
        )


def _first(found: Needs) -> str:
    level, s = LEVELS[found.question.success], found.least
    if s.status == "none_exists":
        return f"No effort on the menus is enough for {level}: with none of the regimes does a satisfactory deal exist."
    if s.effort is None:
        return f"How much effort {level} takes was not settled in time."
    if s.effort == 0:
        return f"{level.capitalize()} needs no inspection beyond what the case has without any regime.{_alarms(s)}"
    kept = [f"“{measure(found.dossier, m)}” ({r})" for m, r in inspected(found, s)]
    least = "The least effort" if s.status == "satisfactory" else "Enough effort (less may do)"
    return f"{least} for {level} is {number(s.effort)} {found.unit}: {several(kept)}.{_alarms(s)}"


def _alarms(s: Least) -> str:
    if not s.false_alarms:
        return ""
    return f" The deal found with it would have a false alarm about every {years(1 / s.false_alarms)}."


def _step(found: Needs, s: Least) -> str:
    words = aim_words(found, s.aim)
    if s.status == "none_exists":
        return f"{words}: no regimes on the menus are enough."
    return f"{words}: {number(s.effort)} {found.unit}."


def write_needs(found: Needs, folder: Path, provenance: Mapping[str, Any]) -> list[Path]:
    """Write needs.html with its figure and tables into a folder; returns what was written."""
    figure = needs_figure(found, run_id(provenance))
    drawn = {} if figure is None else {figure.name: figure}
    built, asked = needs_tables(found), question_words(found.question, found.dossier)
    said, kind = needs_sentences(found), "verification that a deal needs"
    text = page("needs.html.j2", drawn, built, provenance, dossier=found.dossier, kind=kind, asked=asked, said=said)
    return write_files(folder, "needs.html", text, drawn, built)
