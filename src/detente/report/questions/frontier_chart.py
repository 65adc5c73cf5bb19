"""The frontier as a chart and as tables: what one party's gain costs another, and the points that rules choose."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detente.design.questions.frontier import Frontier, Point
from detente.libraries import altair as alt
from detente.report.kit.figure import DANGER, FAINT, INK, Figure, Row, inline
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import annual, expectation, measure, number, party, percent, several

MARKS = {
    "nash": ("Nash", "#d55e00", "diamond"),
    "kalai_smorodinsky": ("Kalai–Smorodinsky", "#0072b2", "square"),
    "egalitarian": ("Egalitarian", "#009e73", "triangle-up"),
    "utilitarian": ("Utilitarian", "#cc79a7", "cross"),
}
SIDE = 560
"""Pixels of the plot, across; it is two thirds as high."""
MOST_DRAWN = 2000
"""Points that the chart draws; the table has all."""
SAME = 1e-6
"""Values closer than this, as a part of their size, are one place on the chart."""
CAPTION = (
    "Each point is a deal: how much it is worth to one party (across) and to another (up). Dashed red lines: the least "
    "at which each consents. Points are each party's own, so slopes are prices of exchange, not justice."
)


@dataclass(frozen=True)
class Stop:
    """A place on the frontier that a reader can open: its number, its deal, and the rules that choose it."""

    number: int
    point: Point
    rules: tuple[str, ...]
    beside: bool
    """Whether only a rule chose it: the search for the frontier did not find it."""

    @property
    def chosen_by(self) -> str:
        return several([MARKS[r][0] for r in self.rules])


def stops(frontier: Frontier) -> tuple[Stop, ...]:
    """The points, with those that only a rule chose among them, by the first party's value; numbered from 1."""
    places: list[tuple[Point, list[str], bool]] = [(p, [], False) for p in frontier.points]
    for rule, chosen in frontier.marks.items():
        if chosen is None:
            continue
        near = next((names for p, names, _ in places if _same(p, chosen)), None)
        if near is None:
            places.append((chosen, [rule], True))
        else:
            near.append(rule)
    order = sorted(places, key=lambda x: tuple(x[0].values[p] for p in frontier.parties))
    return tuple(Stop(i, p, tuple(names), beside) for i, (p, names, beside) in enumerate(order, 1))


def thinned(frontier: Frontier, most: int) -> tuple[Stop, ...]:
    """The stops, evenly thinned where there are more than so many; those that a rule chooses stay."""
    found = stops(frontier)
    every = max(1, -(-len(found) // most))
    return tuple(s for s in found if s.rules or s.number % every == 0 or len(found) <= most)


def _same(a: Point, b: Point) -> bool:
    return all(abs(a.values[p] - b.values[p]) <= SAME * max(1.0, abs(b.values[p])) for p in b.values)


def is_choices(frontier: Frontier) -> bool:
    """Whether its points are outcomes of a case that is nothing but choices, not roadmaps."""
    return any(p.plan is None for p in frontier.points)


def scaled(frontier: Frontier, name: str, value: float) -> float:
    """A value as the chart shows it: a year's worth of a roadmap, an outcome's own utility."""
    return float(value) if is_choices(frontier) else annual(frontier.dossier, name, float(value))


def unit(frontier: Frontier) -> str:
    return "points" if is_choices(frontier) else "points a year"


def frontier_figure(frontier: Frontier, run: str = "") -> Figure | None:
    """The chart; None where there is no point, or only one party to bargain."""
    rows = frontier_rows(frontier)
    if not rows or len(frontier.parties) < 2:
        return None
    said = " ".join(
        [CAPTION, _joined(frontier), f"{frontier.dossier.title};", f"run {run}." if run else "no run recorded."]
    )
    chart = frontier_chart(frontier)
    return Figure("frontier", "What one party's gain costs another", " ".join(said.split()), chart, tuple(rows))


def _joined(frontier: Frontier) -> str:
    """What the chart may not be read to say."""
    left = len(stops(frontier)) - len(thinned(frontier, MOST_DRAWN))
    drawn = f"{left} points between those drawn are left to the table. " if left else ""
    if len(frontier.parties) > 2:
        return f"{drawn}With more than two parties, a point that looks worse for both shown is better for another."
    line = (
        "" if frontier.complete else "The thin line leads the eye from point to point: between them nothing is known."
    )
    return f"{drawn}{line}"


def frontier_rows(frontier: Frontier) -> list[Row]:
    """One row for each stop: what the figure's CSV holds."""
    people = frontier.parties
    rows: list[Row] = []
    for s in stops(frontier):
        row: dict[str, Cell] = {"point": s.number}
        row |= {f"value_{p}": float(s.point.values[p]) for p in people}
        row |= {} if is_choices(frontier) else {f"annual_{p}": scaled(frontier, p, s.point.values[p]) for p in people}
        row |= {"chosen_by": s.chosen_by, "proved": proved(s)}
        rows.append(row)
    return rows


def frontier_chart(frontier: Frontier) -> Any:
    """A scatter of any two parties, chosen below the live chart; `chosen` is the number of the open point."""
    names = {p: party(frontier.dossier, p) for p in frontier.parties}
    keys = {p: f"v{i}" for i, p in enumerate(frontier.parties)}
    data = [_datum(frontier, s, keys) for s in thinned(frontier, MOST_DRAWN)]
    marked = _marked(frontier, keys)
    walk = [{keys[p]: scaled(frontier, p, frontier.walk_away[p]) for p in frontier.parties}]
    across, up = _choice("across", keys, names, 0), _choice("up", keys, names, 1)
    chosen = alt.param(name="chosen", value=opening(frontier))
    x = alt.X("x:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=6))
    y = alt.Y("y:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=6))

    def layer(rows: Sequence[Row]) -> Any:
        return alt.Chart(inline(rows)).transform_calculate(x="datum[across]", y="datum[up]")

    colour, shape = _rule_looks({str(m["rule"]) for m in marked})
    points = layer(data)
    tooltip = [
        alt.Tooltip("said:N", title="point"),
        *(alt.Tooltip(f"t{i}:N", title=names[p]) for i, p in enumerate(keys)),
    ]
    lead = [points.mark_line(color="#c9c9c4", strokeWidth=1).encode(x=x, y=y)] if len(keys) == 2 else []
    layers = [
        layer(walk).mark_rule(color=DANGER, strokeDash=[5, 3], opacity=0.8).encode(x=x),
        layer(walk).mark_rule(color=DANGER, strokeDash=[5, 3], opacity=0.8).encode(y=y),
        *lead,
        points.mark_point(filled=True, size=58, color="#8c8c8c", opacity=0.9, cursor="pointer").encode(
            x=x, y=y, tooltip=tooltip
        ),
        points.transform_filter("datum.stop === chosen")
        .mark_point(filled=False, size=650, color=INK, strokeWidth=1.8, opacity=1)
        .encode(x=x, y=y),
        layer(marked)
        .mark_point(filled=True, opacity=1, stroke="white", strokeWidth=1, cursor="pointer")
        .encode(x=x, y=y, color=colour, shape=shape, size=alt.Size("size:Q", scale=None), tooltip=tooltip),
        layer(_labelled(frontier, keys))
        .mark_text(align="left", dx=10, dy=-9, fontSize=10.5, color=INK)
        .encode(x=x, y=y, text="label:N"),
        *_axis_titles(keys, names, unit(frontier)),
    ]
    return alt.layer(*layers).add_params(across, up, chosen).properties(width=SIDE, height=round(SIDE * 0.68))


def _marked(frontier: Frontier, keys: Mapping[str, str]) -> list[Row]:
    """A mark for each rule that chooses a point."""
    return [
        {**_datum(frontier, s, keys), "rule": MARKS[r][0], "size": _size(i, len(s.rules))}
        for s in stops(frontier)
        for i, r in enumerate(s.rules)
    ]


def _rule_looks(used: Container[str]) -> tuple[Any, Any]:
    """Colour and shape of the marks, by rule."""
    looks = [look for look in MARKS.values() if look[0] in used]
    labels, colours, shapes = ([look[i] for look in looks] for i in range(3))
    legend = alt.Legend(orient="top", direction="horizontal", symbolSize=110, symbolStrokeWidth=0)
    colour = alt.Color("rule:N", title="Chosen by", scale=alt.Scale(domain=labels, range=colours), legend=legend)
    return colour, alt.Shape("rule:N", title="Chosen by", scale=alt.Scale(domain=labels, range=shapes))


def _size(place: int, count: int) -> float:
    """Marks on one point lie within one another."""
    return 150.0 if count == 1 else 330.0 * 0.4**place


def opening(frontier: Frontier) -> int:
    """The point that is open at first: Nash's, else the first."""
    return next((s.number for s in stops(frontier) if "nash" in s.rules), 1)


def _choice(name: str, keys: Mapping[str, str], names: Mapping[str, str], first: int) -> Any:
    """Which party an axis shows: a list to choose from where there are more than two."""
    value = list(keys.values())[first]
    if len(keys) <= 2:
        return alt.param(name=name, value=value)
    listed = alt.binding_select(options=list(keys.values()), labels=list(names.values()), name=f"{name.capitalize()}: ")
    return alt.param(name=name, value=value, bind=listed)


def _datum(frontier: Frontier, s: Stop, keys: Mapping[str, str]) -> dict[str, Cell]:
    values = {keys[p]: scaled(frontier, p, s.point.values[p]) for p in frontier.parties}
    texts = {f"t{i}": f"{number(v)} {unit(frontier)}" for i, v in enumerate(values.values())}
    said = f"{s.number}{f', {s.chosen_by}' if s.rules else ''}; click to open"
    return {"stop": s.number, "said": said, **values, **texts}


def _labelled(frontier: Frontier, keys: Mapping[str, str]) -> list[Row]:
    """The points that rules choose, with their rules' names."""
    return [{**_datum(frontier, s, keys), "label": s.chosen_by} for s in stops(frontier) if s.rules]


def _axis_titles(keys: Mapping[str, str], names: Mapping[str, str], what: str) -> list[Any]:
    """Titles that follow the choice of parties, which those of axes cannot."""
    titles = [{keys[p]: f"{names[p]}, {what}" for p in keys}]
    base = alt.Chart(inline(titles))
    look: dict[str, Any] = {"fontSize": 12, "color": FAINT, "clip": False}
    height = round(SIDE * 0.68)
    return [
        base.transform_calculate(title="datum[across]")
        .mark_text(**look)
        .encode(x=alt.value(SIDE / 2), y=alt.value(height + 34), text="title:N"),
        base.transform_calculate(title="datum[up]")
        .mark_text(**look, angle=270)
        .encode(x=alt.value(-46), y=alt.value(height / 2), text="title:N"),
    ]


def frontier_sentences(frontier: Frontier) -> tuple[str, ...]:
    """How many points, whether that is all, what was proved, and what a rule fell back to."""
    if not frontier.points:
        proved = "No satisfactory deal exists (proved), so there is no frontier."
        undecided = "No satisfactory deal was found, and none was ruled out: the search stopped at its limit."
        return (proved if frontier.status == "none_exists" else undecided,)
    said = [_how_many(frontier), *frontier.notes, *_fallen_back(frontier), expectation(frontier.dossier)]
    return tuple(filter(None, said))


def _how_many(frontier: Frontier) -> str:
    n, beside = len(frontier.points), sum(s.beside for s in stops(frontier))
    who = several([party(frontier.dossier, p) for p in frontier.parties])
    found = f"{n} deal{'s' if n > 1 else ''} on the frontier between {who}"
    chosen = f", and {beside} beside them that a rule chooses" if beside else ""
    whole = ": that is all of it, every other deal is matched or beaten by one of these"
    return f"{found}{chosen}{whole if frontier.complete else ''}."


def _fallen_back(frontier: Frontier) -> Iterator[str]:
    """Rules whose point could not be had, and what stands in its place."""
    for rule, used in frontier.rule_used.items():
        if used != rule and frontier.marks.get(rule) is not None:
            yield f"The {_rule(rule)} point could not be had; the {_rule(used)} point stands in its place."


def _rule(rule: str) -> str:
    return MARKS[rule][0] if rule in MARKS else rule


def frontier_table(frontier: Frontier) -> Table:
    """The stops as the page lists them."""
    people = {p: party(frontier.dossier, p) for p in frontier.parties}
    yearly = not is_choices(frontier)
    heads = [h for p in people.values() for h in ([p, f"{p}, a year"] if yearly else [p])]
    rows: list[list[Cell]] = []
    for s in stops(frontier):
        values: list[Cell] = []
        for p in people:
            values += [float(s.point.values[p])] + ([scaled(frontier, p, s.point.values[p])] if yearly else [])
        rows.append([s.number, *values, s.chosen_by, *([] if frontier.complete else [proved(s)])])
    columns = ["point", *heads, "chosen by", *([] if frontier.complete else ["proved"])]
    return Table.of("The deals of the frontier", columns, rows)


def proved(stop: Stop) -> str:
    """How far a deal is proved to be from being bettered: for everyone at once, or by the rule that chose it."""
    gap = stop.point.gap
    if gap is None:
        return "not proved"
    if gap < 5e-5:
        return "best by its rule" if stop.beside else "nothing better for all"
    return f"within {percent(gap)} of its rule's best" if stop.beside else f"nothing {percent(gap)} better for all"


def outcome(frontier: Frontier, point: Point) -> list[str]:
    """The titles of the measures that an outcome takes in."""
    return [measure(frontier.dossier, m) for m in point.outcome or ()]
