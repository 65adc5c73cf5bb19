"""Expectations and reality: what each party asks, thinks that it can get, can get, and gets; picture, tables, words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detente.design.questions.beliefs import Belief
from detente.design.questions.gap import Gap, Hope, PartyGap
from detente.libraries import altair as alt
from detente.report.kit.figure import DANGER, FAINT, INK, Figure, Row, inline
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import annual, expectation, number, party, percent, rule_named, several
from detente.report.questions.conflict_words import demand, failing, happenings, number_at, question_words, quoted

WALKS, GETS, CAN, THINKS, ASKS = "walks away below", "gets", "can get", "thinks it can get", "asks for"
LOOKS = {
    WALKS: (DANGER, "stroke", 260),
    GETS: (FAINT, "circle", 34),
    CAN: (INK, "diamond", 130),
    THINKS: ("#0072b2", "triangle-up", 120),
    ASKS: ("#d55e00", "triangle-right", 130),
}
"""Colour, shape and size of each mark."""
PLOT, ROW = 640, 58
"""Pixels: the plot across, and the height of a party's row."""
CAPTION = (
    "Values of deals to each party, as annual equivalents, measured from no deal. Asks for: the best plan that meets "
    "its own opening position, whatever the others think of it. Thinks it can get: its best satisfactory deal as its "
    "own view has it; can get: the same in truth, with everyone else held to no more than consent. Small discs: what "
    "each rule of choice gives it. The band is the illusion: blue where it hopes for too much, grey where for too "
    "little. Points are each party's own: lengths compare marks of a party, not parties."
)
OPEN = {
    "already": "its hopes are no obstacle",
    "no_value_in_range": "no value in the range searched",
    "others_hope_too_much": "the others hope for too much",
    "undecided": "undecided: the search stopped at its limit",
}


def gap_figure(gap: Gap, run: str = "") -> Figure | None:
    """The picture; None where nobody can get anything."""
    rows = gap_rows(gap)
    if gap.status != "satisfactory" or not rows:
        return None
    asked = f"{gap.dossier.title}; {question_words(gap.question, gap.dossier)}"
    said = f"{CAPTION} {asked}; {f'run {run}' if run else 'no run recorded'}."
    return Figure("gap", "Expectations and reality", said, gap_chart(gap), tuple(rows))


def gap_rows(gap: Gap) -> list[Row]:
    """One row for each mark: party, what it is, its value, and a bound where the best was not proved."""
    return [_row(gap, p, what, of, value, bound) for p in gap.parties for what, of, value, bound in _marks(p)]


def _marks(p: PartyGap) -> Iterator[tuple[str, str, float, float | None]]:
    """(what, of which rule, value, bound) of a party; hopes without a plan are left out."""
    yield WALKS, "", p.walk_away, None
    for rule, value in p.gets.items():
        if value is not None:
            yield GETS, rule_named(rule), value, None
    for what, hope in ((CAN, p.can), (THINKS, p.thinks), (ASKS, p.asks)):
        if hope is not None and hope.value is not None:
            yield what, "", hope.value, None if hope.proved else hope.bound


def _row(gap: Gap, p: PartyGap, what: str, rule: str, value: float, bound: float | None) -> Row:
    return {
        "party": party(gap.dossier, p.party),
        "what": what,
        "rule": rule or None,
        "present": value,
        "annual": annual(gap.dossier, p.party, value),
        "at_most": bound,
    }


def gap_chart(gap: Gap) -> Any:
    """A row for each party: from walking away to asking, marks told apart by shape and colour."""
    rows = [{**r, "label": _label(gap, r), "said": _said(r)} for r in gap_rows(gap)]
    names = list(dict.fromkeys(str(r["label"]) for r in rows))
    present = [what for what in LOOKS if any(r["what"] == what for r in rows)]
    y = alt.Y(
        "label:N",
        sort=names,
        title=None,
        scale=alt.Scale(domain=names, paddingInner=0.3),
        axis=alt.Axis(labelLimit=240, labelColor=INK, labelFontSize=12, ticks=False, domain=False, grid=False),
    )
    x = alt.X("annual:Q", title="points a year (each party's own)", scale=alt.Scale(nice=True, zero=False))
    legend = alt.Legend(title=None, orient="top", direction="horizontal", symbolSize=90)
    colour = alt.Color("what:N", legend=legend, scale=alt.Scale(domain=present, range=[LOOKS[w][0] for w in present]))
    shapes = [_shape(LOOKS[w][1]) for w in present]
    shape = alt.Shape("what:N", legend=legend, scale=alt.Scale(domain=present, range=shapes))
    tip = [alt.Tooltip("label:N", title="party"), alt.Tooltip("said:N", title="value")]
    bands = alt.Chart(inline(_bands(gap))).encode(y=y)

    def band(test: str, tint: str) -> Any:
        return bands.transform_filter(test).mark_bar(height=16, opacity=0.32, color=tint).encode(x="low:Q", x2="high:Q")

    def marks(what: str) -> Any:
        mine = alt.Chart(inline([r for r in rows if r["what"] == what]))
        drawn = mine.mark_point(filled=True, size=LOOKS[what][2], opacity=0.95)
        return drawn.encode(y=y, x=x, color=colour, shape=shape, tooltip=tip)

    return alt.layer(
        alt.Chart(inline(_spans(gap))).mark_rule(color="#c9c9c4", strokeWidth=2).encode(y=y, x="low:Q", x2="high:Q"),
        band("datum.more", "#0072b2"),
        band("!datum.more", "#8a8a8a"),
        bands.mark_text(dy=19, fontSize=10.5, color=INK).encode(x="middle:Q", text="text:N"),
        *(marks(what) for what in present),
    ).properties(width=PLOT, height=ROW * len(names))


def _shape(name: str) -> str:
    return "M-0.12,-0.8L0.12,-0.8L0.12,0.8L-0.12,0.8Z" if name == "stroke" else name


def _label(gap: Gap, row: Row) -> str:
    needless = {party(gap.dossier, p.party) for p in gap.parties if not p.consents}
    return f"{row['party']} (need not consent)" if row["party"] in needless else str(row["party"])


def _said(row: Row) -> str:
    rule = f" by the {row['rule']} rule" if row["rule"] else ""
    return (
        f"{row['what']}{rule}: {number(_amount(row['annual']))} a year, {number(_amount(row['present']))} at signature"
    )


def _amount(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def _spans(gap: Gap) -> list[Row]:
    """From the least to the greatest mark of each party."""
    rows = gap_rows(gap)
    by: dict[str, list[float]] = {}
    for r in rows:
        by.setdefault(_label(gap, r), []).append(_amount(r["annual"]))
    return [{"label": name, "low": min(found), "high": max(found)} for name, found in by.items()]


def _bands(gap: Gap) -> list[Row]:
    """From what each party can get to what it thinks that it can get."""
    bands: list[Row] = []
    for p in gap.parties:
        if p.thinks is None or p.thinks.value is None or p.can.value is None or p.illusion is None:
            continue
        low, high = sorted(annual(gap.dossier, p.party, v) for v in (p.can.value, p.thinks.value))
        label = _label(gap, {"party": party(gap.dossier, p.party)})
        more = p.illusion > 0
        bands.append(
            {
                "label": label,
                "low": low,
                "high": high,
                "middle": (low + high) / 2,
                "text": _band_text(number(high - low), more, settled(p)),
                "more": more,
            }
        )
    return bands


def _band_text(size: str, more: bool, sure: bool) -> str:
    if size == "0":
        return "hopes for what it can get"
    return f"hopes for {size} a year too {'much' if more else 'little'}{'' if sure else ', on the best plans found'}"


def settled(p: PartyGap) -> bool:
    """Whether it is sure that a party hopes for too much, or for too little, though the best plans were not proved."""
    if p.thinks is None or p.thinks.value is None or p.can.value is None:
        return False
    if p.thinks.value >= p.can.value:
        return p.can.proved or (p.can.bound is not None and p.can.bound <= p.thinks.value)
    return p.thinks.proved or (p.thinks.bound is not None and p.thinks.bound <= p.can.value)


# --- words -----------------------------------------------------------------------------------------------------------


def gap_sentences(gap: Gap) -> tuple[str, ...]:
    """Whether all hopes can be met at once, then each party's belief against reality, then what would help."""
    claimed = claims_sentences(gap)
    if gap.status == "none_exists":
        none = "No satisfactory deal exists (proved), so nobody can get anything; what is asked is listed below."
        return (none, *claimed)
    if gap.status == "undecided":
        none = "No satisfactory deal was found, and none was ruled out: the search stopped at its limit."
        return (none, *claimed)
    said = [_together(gap)]
    for p in gap.parties:
        said += filter(None, (_illusion(gap, p), _asking(gap, p), _hopeless(gap, p)))
    said += [_belief(gap, b) for b in gap.beliefs if b.status == "succeeds_at"]
    said += claimed
    if not gap.finished:
        said.append("The search stopped at its limit: values marked “at most” may be higher than found.")
    return tuple(filter(None, [*said, expectation(gap.dossier)]))


def _together(gap: Gap) -> str:
    if gap.together:
        return "A satisfactory deal can give everyone whose consent is needed what it thinks that it can get."
    if gap.together is None:
        return "Whether one deal can give everyone what it thinks that it can get is undecided."
    part = (
        f"; the most that one deal was found to give all of them is {percent(gap.share)} of what they hope for beyond "
        "their walk-away values"
        if gap.share is not None
        else ""
    )
    if all(p.thinks is None for p in gap.parties):
        return (
            "The case has no views, so nothing can be said of illusions. No one deal gives everyone whose consent is "
            "needed the best that it can get (proved); one can give all of them "
            f"{percent(gap.share)} of it, beyond their walk-away values."
            if gap.share is not None
            else "The case has no views, so nothing can be said of illusions."
        )
    none = "No satisfactory deal gives everyone whose consent is needed what it thinks that it can get (proved)"
    return f"{none}{part}."


def _illusion(gap: Gap, p: PartyGap) -> str:
    """What a party thinks that it can get, against what it can get."""
    who = party(gap.dossier, p.party)
    if p.can.value is None:
        return ""
    can = _worth(gap, p, p.can)
    if p.thinks is None:
        return f"{who} can get {can}; the dossier gives it no view of the others that differs from the truth."
    if p.thinks.value is None:
        if not p.thinks.proved:
            return f"{who} can get {can}; what it thinks that it can get was not found in time."
        return f"{who} believes that no deal is possible (proved); in truth it can get {can}."
    thinks, off = _worth(gap, p, p.thinks), (p.illusion or 0.0)
    size = number(abs(annual(gap.dossier, p.party, off)))
    if size == "0":
        if p.thinks.proved and p.can.proved:
            return f"{who} thinks that it can get {thinks}, which is what it can get."
        return f"{who} thinks that it can get {thinks}, and so it can, by the best plans found: more may be possible."
    part = f", {percent(abs(off) / abs(p.can.value))} of what it can get" if p.can.value else ""
    much = "too much" if off > 0 else "too little"
    sure = "It" if settled(p) else "On the best plans found, though more may be possible, it"
    return f"{who} thinks that it can get {thinks}; it can get {can}. {sure} hopes for {size} a year {much}{part}."


def _worth(gap: Gap, p: PartyGap, hope: Hope) -> str:
    """A hope's value a year and at signature; and how much more it could be where the best was not proved."""
    assert hope.value is not None
    said = f"{number(annual(gap.dossier, p.party, hope.value))} points a year ({number(hope.value)} at signature"
    return f"{said}{_more(hope)})"


def _more(hope: Hope) -> str:
    if hope.proved or hope.value is None:
        return ""
    if hope.bound is None:
        return " found, perhaps more"
    return "" if number(hope.bound) == number(hope.value) else f" found, at most {number(hope.bound)}"


def _asking(gap: Gap, p: PartyGap) -> str:
    """What a party's opening position is worth to it, and what breaks under it."""
    who, hope = party(gap.dossier, p.party), p.asks
    if hope is None:
        return ""
    if hope.value is None:
        return f"No plan meets all that {who} asks for." if hope.proved else ""
    worth = f"What {who} asks for would be worth {_worth(gap, p, hope)} to it"
    broken = _broken(gap, hope)
    return f"{worth}; then {broken}." if broken else f"{worth}, and everyone could live with it."


def _broken(gap: Gap, hope: Hope) -> str:
    """What breaks, in truth, under a hope: each party's conditions together, then the demands that are not met."""
    said = [text for text in [happenings(gap.dossier, hope.breaks, "and")] if text]
    for section, one, more in (
        ("demands.", "red line would be crossed", "red lines would be crossed"),
        ("success.", "criterion of success would not be met", "criteria of success would not be met"),
    ):
        count = sum(n.startswith(section) for n in hope.breaks)
        said += [f"{count} {one if count == 1 else more}"] if count else []
    return ", and ".join(said)


def _hopeless(gap: Gap, p: PartyGap) -> str:
    if not p.hopeless:
        return ""
    which = several([quoted(demand(gap.dossier, d)) for d in p.hopeless])
    return f"Even as {party(gap.dossier, p.party)} itself sees things, no satisfactory deal meets {which} (proved)."


def _belief(gap: Gap, b: Belief) -> str:
    true = f"; in truth it is {_in(b, b.true)}" if b.true is not None else ""
    what = number_at(gap.dossier, b.path)
    return (
        f"Hopes could be met if {party(gap.dossier, b.party)} believed {_in(b, b.succeeds_at)} of “{what}” instead of "
        f"{_in(b, b.believed)}{true}."
    )


def _in(b: Belief, value: float | None) -> str:
    return f"{number(value)} {b.unit}".strip()


# --- without a deal ---------------------------------------------------------------------------------------------------


def claims_sentences(gap: Gap) -> tuple[str, ...]:
    """Who thinks better, or worse, of no deal than is true, and whether all that is claimed is there."""
    said = [_optimism(gap, p) for p in gap.parties]
    return tuple(filter(None, [*said, _claimed(gap)]))


def _claimed(gap: Gap) -> str:
    """Whether all that is claimed is there; empty where nobody claims what is not true of it."""
    c = gap.claims
    if c is None:
        return ""
    if c.there_is is None or c.most is None or c.exceed is None:
        return "How much there is to share was not found in time."
    total, there = number(c.together), number(c.there_is)
    claim = f"To do no worse than each thinks that it would without a deal, all together claim {total} points;"
    if c.proved:
        return (
            f"{claim} kept deals hold {there} at most, so the claims exceed what there is by {number(c.exceed)} "
            "(points added up across parties)."
        )
    if c.exceed <= 0 and any(p.without and p.without.no_deal_thinks is not None for p in gap.parties):
        return f"{claim} a kept deal holds {there} (points added up across parties)."
    return ""


def _optimism(gap: Gap, p: PartyGap) -> str:
    w = p.without
    if w is None or w.no_deal_thinks is None or not p.consents:
        return ""
    off = w.claim - p.walk_away
    if number(off) == "0":
        return ""
    how = "better" if off > 0 else "worse"
    return (
        f"{party(gap.dossier, p.party)} thinks itself {number(abs(off))} points {how} off without a deal than it would "
        f"be: in truth it would accept a deal worth {number(p.walk_away)}, it claims {number(w.claim)}."
    )


# --- tables ----------------------------------------------------------------------------------------------------------


def gap_tables(gap: Gap) -> dict[str, Table]:
    """The gap table, what opening positions would do to everyone, and beliefs; those that would be empty left out."""
    built = {
        "gap": _lines(gap),
        "gap_asks": _asks(gap),
        "gap_rules": _rules(gap),
        "gap_beliefs": _beliefs(gap),
        "gap_without": _without(gap),
    }
    return {name: table for name, table in built.items() if table.rows}


def _lines(gap: Gap) -> Table:
    """A line for each party: present values, and the illusion a year too."""
    columns = ["party", "consent needed", WALKS, CAN, THINKS, "too much (or too little)", "the same a year", "settled"]
    columns += [ASKS, "demands that not even its own view can meet"]
    rows: list[list[Cell]] = []
    for p in gap.parties:
        off = p.illusion if p.thinks is not None else None
        yearly = None if off is None else annual(gap.dossier, p.party, off)
        hopes: list[Cell] = [_value(p.can), _value(p.thinks), off, yearly]
        hopes += [settled(p) if off is not None else None, _value(p.asks)]
        lost = "; ".join(demand(gap.dossier, d) for d in p.hopeless)
        rows.append([party(gap.dossier, p.party), p.consents, p.walk_away, *hopes, lost])
    return Table.of("Expectations and reality, present values", columns, rows)


def _without(gap: Gap) -> Table:
    """What each party gets without a deal, in truth and in its own view, and what it claims of a deal for that."""
    columns = ["party", "no deal is worth", "it thinks", WALKS, "as it thinks", "claims of a deal"]
    rows: list[list[Cell]] = [
        [party(gap.dossier, p.party), w.no_deal, w.no_deal_thinks, p.walk_away, w.walk_away_thinks, w.claim]
        for p in gap.parties
        if (w := p.without) is not None and p.consents
    ]
    return Table.of("Without a deal, present values", columns, rows)


def _value(hope: Hope | None) -> float | None:
    return None if hope is None else hope.value


def _asks(gap: Gap) -> Table:
    """What each party's hopes would be worth to everyone in truth, and what would break."""
    people = [p.party for p in gap.parties]
    columns = [
        "hope",
        "its own value",
        "at most",
        *(f"{party(gap.dossier, p)}, in truth" for p in people),
        "what breaks",
    ]
    rows: list[list[Cell]] = []
    for p in gap.parties:
        for what, hope in ((CAN, p.can), (THINKS, p.thinks), (ASKS, p.asks)):
            if hope is not None and hope.value is not None:
                name = f"what {party(gap.dossier, p.party)} {what}"
                most = None if hope.proved else hope.bound
                worth: list[Cell] = [hope.values.get(q) for q in people]
                rows.append([name, hope.value, most, *worth, "; ".join(_all(gap, hope.breaks)) or "nothing"])
    return Table.of("What each hope would mean for everyone", columns, rows)


def _all(gap: Gap, names: Sequence[str]) -> list[str]:
    asked = [failing(gap.dossier, n) for n in names if n.startswith(("demands.", "success."))]
    return [text for text in [happenings(gap.dossier, names, "and"), *asked] if text]


def _rules(gap: Gap) -> Table:
    """What each party gets under each rule."""
    columns = ["rule", *(party(gap.dossier, p.party) for p in gap.parties), "note"]
    rows: list[list[Cell]] = []
    for rule, used in gap.rules.items():
        values: list[Cell] = [p.gets.get(rule) for p in gap.parties]
        note = (
            "" if used == rule else f"{rule_named(used)} in its place" if any(v is not None for v in values) else used
        )
        rows.append([rule_named(rule).replace("_", " "), *values, note.replace("_", " ")])
    return Table.of("What each rule gives", columns, rows)


def _beliefs(gap: Gap) -> Table:
    columns = [
        "who believes",
        "of what",
        "believed",
        "in truth",
        "hopes could be met at",
        "searched from",
        "to",
        "unit",
    ]
    columns += ["note"]
    rows: list[list[Cell]] = []
    for b in gap.beliefs:
        names: list[Cell] = [party(gap.dossier, b.party), number_at(gap.dossier, b.path)]
        rows.append([*names, b.believed, b.true, b.succeeds_at, b.low, b.high, b.unit, OPEN.get(b.status, "")])
    return Table.of("What each would have to believe", columns, rows)
