"""How much verification a deal needs: the effort curve, the next best buys, the least detection; words and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.design.inspections.needs import Aim, Least, Rate, VerificationNeeds
from detente.libraries import altair as alt
from detente.model.plan import Plan
from detente.report.kit.figure import DANGER, FAINT, INK, PALETTE, Figure, Row, inline
from detente.report.kit.files import Files, files_of
from detente.report.kit.page import page, run_id
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import LEVELS, NONE, measure, number, party, requirement, several
from detente.report.questions.conflict_words import question_words
from detente.report.roadmap.steps import seen_by, steps_of
from detente.report.verification.needs_words import aim_words, inspected, needs_sentences, unseen, with_words

PLOT, ROW = 560, 21
"""Pixels: the plot across, and the height of an aim's row."""
LONGEST, LETTER = 330, 5.6
"""Pixels: the longest label, and what a letter of one takes at the most."""
GROUPS = {"success": "Level of success", "progress": "Any deal with verified progress of"}
CAPTION = (
    "The effort curve. A bar begins at the least effort a year with which some satisfactory deal reaches what its row "
    "names, and goes on: more effort allows it too. Discs are proved to be the least; between an open disc and the "
    "tick left of it the search was stopped, and less effort may do. Red: no regimes on the menus are enough. The "
    "dashed line is what the regimes that the case chooses take."
)


def needs_figure(found: VerificationNeeds, run: str = "") -> Figure | None:
    """The effort curve; None where no measure has regimes."""
    rows = curve_rows(found)
    if found.most <= 0 or not rows:
        return None
    asked = f"{found.dossier.title}; {question_words(found.question, found.dossier)}"
    said = f"{CAPTION} {asked}; {f'run {run}' if run else 'no run recorded'}."
    return Figure("needs", "How much verification a deal needs", said, _chart(found, rows), tuple(rows))


def group(found: VerificationNeeds, aim: Aim) -> str:
    """The panel that a step stands in."""
    return with_words(found) if aim.kind == "measure" else GROUPS[aim.kind]


def curve_rows(found: VerificationNeeds) -> list[Row]:
    """One row for each step: the least effort for it, and between what it lies where that is not settled."""
    return [
        {
            "what": group(found, s.aim),
            "step": aim_words(found, s.aim),
            "status": s.status,
            "effort": s.effort,
            "at_least": None if s.status == "none_exists" else s.bound,
        }
        for s in found.steps
    ]


def _chart(found: VerificationNeeds, rows: list[Row]) -> Any:
    """Each kind of step a panel of rows, by effort; all on one axis."""
    top = 1.05 * max([found.stated_effort, *(_float(r["effort"]) or 0.0 for r in rows), 1.0])
    room = min(LONGEST, LETTER * max(len(str(r["step"])) for r in rows))
    groups = list(dict.fromkeys(str(r["what"]) for r in rows))
    panels = []
    for g in groups:
        mine = [r for r in rows if r["what"] == g]
        if g == with_words(found):
            mine.sort(key=lambda r: _place(r, top))
        last = g == groups[-1]
        axis = alt.Axis(title=found.unit.capitalize() if last else None, labels=last, ticks=last, tickCount=6)
        x = alt.X("effort:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=axis)
        order, look = [str(r["step"]) for r in mine], alt.Axis(labelLimit=LONGEST, minExtent=room, grid=False)
        y = alt.Y("step:N", sort=order, title=None, axis=look)
        bars, *marks = _marks(mine, top, x, y)
        stated, told = _stated(found, x)
        drawn = alt.layer(bars, stated, *marks, *([told] if g == groups[0] else []))
        title = alt.TitleParams(g, anchor="start", fontSize=12, color=INK)
        panels.append(drawn.properties(width=PLOT, height=ROW * len(mine), title=title))
    return alt.vconcat(*panels, spacing=14).resolve_scale(x="independent", y="independent")


def _stated(found: VerificationNeeds, x: Any) -> tuple[Any, Any]:
    """The effort of the regimes that the case chooses, and what that line is."""
    stated = alt.Chart(inline([{"effort": found.stated_effort, "label": "as the case chooses"}]))
    line = stated.mark_rule(color=FAINT, strokeDash=[5, 3]).encode(x=x)
    label = stated.mark_text(align="right", dx=-4, dy=-6, fontSize=10, color=FAINT)
    return line, label.encode(x=x, y=alt.value(0), text="label:N")


def _marks(rows: list[Row], top: float, x: Any, y: Any) -> list[Any]:
    """A bar from each step's least effort on, what is proved of it, and how much it is."""
    data = [{**r, "top": top, "label": number(_float(r["effort"]))} for r in rows]
    known = [r for r in data if r["effort"] is not None]
    least, enough = ([r for r in known if r["status"] == status] for status in ("satisfactory", "undecided"))
    open_ = [r for r in data if r["status"] == "undecided"]
    never = [{**r, "effort": 0.0, "label": "no regime is enough"} for r in data if r["status"] == "none_exists"]
    unknown = [{**r, "effort": r["at_least"], "label": "not settled in time"} for r in open_ if r["effort"] is None]
    at_least = alt.X("at_least:Q", scale=alt.Scale(domain=[0, top], nice=False))
    disc: dict[str, Any] = {"filled": True, "size": 64, "opacity": 1}

    def drawn(some: Sequence[Row]) -> Any:
        return alt.Chart(inline(some)).encode(y=y)

    def texts(some: Sequence[Row], colour: str) -> Any:
        mark = drawn(some).mark_text(align="left", dx=9, fontSize=10.5, color=colour)
        return mark.encode(x=x, text="label:N")

    return [
        drawn(known).mark_bar(color="#dbe7f0", size=11).encode(x=x, x2="top:Q"),
        drawn(enough).mark_rule(color=FAINT).encode(x=at_least, x2="effort:Q"),
        drawn(open_).mark_tick(color=FAINT, thickness=2, size=11).encode(x=at_least),
        drawn(least).mark_point(**disc, color=PALETTE[0]).encode(x=x),
        drawn(enough).mark_point(**disc, fill="white", stroke=PALETTE[0]).encode(x=x),
        texts(known, INK),
        texts(never, DANGER),
        texts(unknown, FAINT),
    ]


def _float(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _place(row: Row, top: float) -> tuple[float, str]:
    effort = _float(row["effort"])
    return (effort if effort is not None else 2 * top if row["status"] == "undecided" else 3 * top), str(row["step"])


# --- tables ------------------------------------------------------------------------------------------------------


def needs_tables(found: VerificationNeeds) -> dict[str, Table]:
    """The deal of the least effort, the least effort for each step, next steps, and the least detection."""
    built = {"effort": _efforts(found)}
    if found.least.plan is not None:
        built["deal"] = _deal(found, found.least.plan)
    if found.raises:
        built["next"] = _raises(found)
    if found.rates:
        built["detection"] = _rates(found)
    return built


def _efforts(found: VerificationNeeds) -> Table:
    columns = ["what", "step", f"least, {found.unit}", "proved to be at least", "regimes"]
    steps = zip(curve_rows(found), found.steps, strict=True)
    rows = [[r["what"], r["step"], r["effort"], r["at_least"], _answer(found, s)] for r, s in steps]
    return Table.of("The least effort for each step", columns, rows)


def _raises(found: VerificationNeeds) -> Table:
    columns = ["measure", "from", "to", f"more {found.unit}", "growth of the gains, %", "at most, %"]
    columns += ["by 100 of effort, %", "sure", "more false alarms a year"]
    rows = [
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
    ]
    return Table.of("What the next step of effort brings", columns, rows)


def _rates(found: VerificationNeeds) -> Table:
    columns = ["measure", "answer", "times a year", "chance within a year, %"]
    rows = [
        [
            measure(found.dossier, r.measure),
            _settled(found, r),
            None if idle else r.rate,
            None if idle or r.chance is None else 100 * r.chance,
        ]
        for r in found.rates
        for idle in [r.status == "none_needed" and not unseen(found, r)]
    ]
    return Table.of("The least detection of each measure, the others as at the least effort", columns, rows)


ANSWERS = {
    "found": "the least",
    "none_needed": "none is needed",
    "not_enough": "no detection is enough",
    "undecided": "not settled in time",
}


def _settled(found: VerificationNeeds, r: Rate) -> str:
    if r.status == "undecided" and r.rate is not None:
        return "enough; less may do"
    if r.status == "none_needed" and not unseen(found, r):
        return "the deal found does without this measure"
    return ANSWERS[r.status]


def _deal(found: VerificationNeeds, plan: Plan) -> Table:
    """The steps of the deal that was found with the least effort, and how each is seen."""
    dossier, kept = found.dossier, dict(inspected(found, found.least))
    rows: list[list[Cell]] = [
        [
            s.entry,
            several([party(dossier, p) for p in s.by]),
            s.title,
            seen_by(dossier, s.measure),
            _watched(found, s.measure, kept),
        ]
        for s in steps_of(dossier, plan)
    ]
    return Table.of("The deal of the least effort", ["in force", "who gives", "what", "verified by", "inspected"], rows)


def _watched(found: VerificationNeeds, m: str, kept: Mapping[str, str]) -> str:
    if m in kept:
        return kept[m]
    return "not" if found.dossier.measures[m].fakeable else NONE


def _answer(found: VerificationNeeds, s: Least) -> str:
    if s.status == "none_exists":
        return "no regimes here are enough"
    if s.effort is None:
        return "not settled in time"
    return "; ".join(f"{measure(found.dossier, m)}: {r}" for m, r in inspected(found, s)) or NONE


def needs_files(found: VerificationNeeds, provenance: Mapping[str, Any]) -> Files:
    """needs.html with its figure and tables."""
    figure = needs_figure(found, run_id(provenance))
    drawn = {} if figure is None else {figure.name: figure}
    built, asked = needs_tables(found), question_words(found.question, found.dossier)
    said, kind = needs_sentences(found), "verification that a deal needs"
    level = found.question.success
    asks = [requirement(found.dossier, r) for r in getattr(found.dossier.success, level, ())]
    success = f"{LEVELS[level].capitalize()} asks for: {'; '.join(asks)}." if asks else ""
    about: dict[str, Any] = {"kind": kind, "asked": asked, "said": said, "success": success}
    text = page("needs.html.j2", drawn, built, provenance, dossier=found.dossier, **about)
    return files_of("needs.html", text, drawn, built)
