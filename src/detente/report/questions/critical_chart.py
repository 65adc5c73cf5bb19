"""What the verdict hangs on: numbers with the value at which it flips, the nearest first; picture, table, words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detente.design.questions.critical import Critical, Flip, PairFlip
from detente.libraries import altair as alt
from detente.report.kit.figure import DANGER, FAINT, INK, Figure, Row, inline
from detente.report.kit.table import Cell, Table
from detente.report.kit.words import exactly, number, percent, several
from detente.report.questions.conflict_words import number_at, question_words

MOST = 30
"""Numbers drawn; the table has all."""
NEAREST = 3
"""Numbers named in words."""
PLOT, ROW = 490, 36
CAPTION = (
    "Each number that can flip the verdict on its own, all others as stated; the nearest first. Grey bar: the range "
    "searched, from the stated value (the black tick) down and up, in widths of that range. Red diamond: the "
    "nearest value at which the verdict is another."
)
STATUS = {"flips": "flips", "no_flip_in_range": "no flip in range", "undecided": "undecided"}
IS = {"satisfactory": "a deal exists", "none_exists": "no deal exists", "undecided": "undecided"}
OTHER = {"satisfactory": "no deal is possible any more", "none_exists": "a deal becomes possible"}


def critical_figure(critical: Critical, run: str = "") -> Figure | None:
    """The picture; None where no number flips."""
    rows = critical_rows(critical)
    drawn = rows[:MOST]
    if not drawn:
        return None
    left = f"{len(rows) - MOST} more are in the table. " if len(rows) > MOST else ""
    of = f"{critical.dossier.title}; {question_words(critical.question, critical.dossier)}"
    said = f"{CAPTION} {left}{of}; {f'run {run}' if run else 'no run recorded'}."
    return Figure("critical", "What the verdict hangs on", said, critical_chart(drawn), tuple(rows))


def critical_rows(critical: Critical) -> list[Row]:
    """The numbers that flip, nearest first."""
    return [_row(critical, f) for f in critical.numbers if f.flips_at is not None]


def _row(critical: Critical, f: Flip) -> Row:
    return {
        "number": number_at(critical.dossier, f.path),
        "path": f.path,
        "stated": f.stated,
        "flips_at": f.flips_at,
        "from": f.low,
        "to": f.high,
        "unit": f.unit,
        "distance": f.distance,
    }


def critical_chart(rows: list[Row]) -> Any:
    """A bar for each number about its stated value, a diamond where the verdict flips."""
    data = [_datum(row, i) for i, row in enumerate(rows)]
    order = [str(d["label"]) for d in data]
    y = alt.Y(
        "label:N",
        sort=order,
        title=None,
        scale=alt.Scale(domain=order),
        axis=alt.Axis(
            labelLimit=370,
            labelLineHeight=13,
            labelOffset=-6,
            labelColor=INK,
            ticks=False,
            domain=False,
            grid=False,
            labelExpr="split(datum.label, '\\n')",
        ),
    )
    furthest = max(max(abs(float(d["a"])), abs(float(d["b"]))) for d in data)
    scale = alt.Scale(domain=[-furthest - 0.12, furthest + 0.12], nice=False, zero=False)
    x = alt.X(
        "at:Q",
        title="distance from the stated value, as a part of the range",
        scale=scale,
        axis=alt.Axis(format="+%", tickCount=5),
    )
    base = alt.Chart(inline(data)).encode(y=y)
    tip = [alt.Tooltip(f"{f}:N", title=t) for f, t in (("number", "number"), ("flip", "flips at"), ("said", "stated"))]
    ends: dict[str, Any] = {"fontSize": 10, "color": FAINT}
    layers = [
        base.mark_bar(height=11, color="#d9d9d4").encode(x=alt.X("a:Q", scale=scale), x2="b:Q", tooltip=tip),
        base.mark_text(**ends, align="right", dx=-5).encode(x=alt.X("a:Q", scale=scale), text="low:N"),
        base.mark_text(**ends, align="left", dx=5).encode(x=alt.X("b:Q", scale=scale), text="high:N"),
        base.mark_tick(color=INK, thickness=1.5, height=19).encode(x=alt.X("zero:Q", scale=scale)),
        base.mark_rule(color=DANGER, strokeWidth=2).encode(x=alt.X("zero:Q", scale=scale), x2="at:Q"),
        base.mark_point(shape="diamond", size=80, filled=True, color=DANGER, opacity=1).encode(x=x, tooltip=tip),
        base.mark_text(fontSize=10.5, fontWeight="bold", color=DANGER, dy=-11).encode(x=x, text="flip:N"),
    ]
    return alt.layer(*layers).properties(width=PLOT, height=ROW * len(data))


def _datum(row: Row, i: int) -> dict[str, Any]:
    """A row in widths of its range, about its stated value."""
    low, high, stated, at = (float(row[k]) for k in ("from", "to", "stated", "flips_at"))  # type: ignore[arg-type]
    width = (high - low) or 1.0
    unit = f" {row['unit']}" if row["unit"] else ""
    return {
        "number": row["number"],
        "label": f"{row['number']}\nstated {number(stated)}{unit}",
        "a": (low - stated) / width,
        "b": (high - stated) / width,
        "at": (at - stated) / width,
        "zero": 0.0,
        "low": number(low),
        "high": number(high),
        "flip": number(at),
        "said": f"{number(stated)}{unit}",
    }


# --- words and table -------------------------------------------------------------------------------------------------


def critical_sentences(critical: Critical) -> tuple[str, ...]:
    """Whether any number flips the verdict, the nearest ones, and what was not settled."""
    asked = question_words(critical.question, critical.dossier)
    if critical.verdict == "undecided":
        return (f"The verdict itself ({asked}) is undecided, so nothing could be said of what it hangs on.",)
    said = [f"As the numbers stand, {IS[critical.verdict]} ({asked}).", *_flips_said(critical), *_open_said(critical)]
    if critical.pairs:
        said.append(_pairs(critical, [p for p in critical.pairs if p.status == "flips"]))
    return tuple(said)


def _flips_said(critical: Critical) -> Iterator[str]:
    """How many numbers change the verdict by themselves, and the nearest of them."""
    tried, flips = len(critical.numbers), [f for f in critical.numbers if f.flips_at is not None]
    settled = sum(f.status != "undecided" for f in critical.numbers)
    if flips and tried > 1:
        changes = "changes" if len(flips) == 1 else "change"
        yield f"Of {tried} numbers, each moved alone within its range, {len(flips)} {changes} the verdict."
    elif flips:
        yield "The number asked about, moved within its range, changes the verdict."
    elif settled < tried:
        of = f" of the {settled} of {tried} that were settled" if settled else ""
        yield f"No number{of} was found to change the verdict, moved within its range."
    else:
        were = "was" if tried == 1 else "were"
        yield f"No single number, moved within its range, changes the verdict: {tried} {were} tried."
    yield from (_flip(critical, f) for f in flips[:NEAREST])


def _open_said(critical: Critical) -> Iterator[str]:
    """What was not settled, and why."""
    unsettled = [f for f in critical.numbers if f.status == "undecided"]
    late = sum(f.late for f in unsettled)
    if late:
        yield f"{late} could not be settled in time."
    if late < len(unsettled):
        yield f"{len(unsettled) - late} could not be settled: at some value no deal was found, nor ruled out."


def _flip(critical: Critical, f: Flip) -> str:
    unit = f" {f.unit}" if f.unit else ""
    near = f", {percent(f.distance)} of its range away" if f.distance is not None else ""
    at = f"at {exactly(f.flips_at or 0.0)}{unit} instead of {number(f.stated)}{unit}{near}"
    perhaps = ", perhaps nearer" if f.status == "undecided" else ""
    return f"{number_at(critical.dossier, f.path)}: {at}, {OTHER[critical.verdict]}{perhaps}."


def _pairs(critical: Critical, pairs: list[PairFlip]) -> str:
    tried = len(critical.pairs)
    if not pairs:
        return f"No two numbers, moved together, change it: {tried} pairs were tried."
    first = several([number_at(critical.dossier, path) for path in pairs[0].paths])
    return f"Of {tried} pairs of numbers moved together, {len(pairs)} change it; the nearest: {first}."


def critical_tables(critical: Critical) -> dict[str, Table]:
    """Every number tried, and every pair; those that would be empty are left out."""
    built = {"critical": _numbers(critical), "critical_pairs": _together(critical)}
    return {name: table for name, table in built.items() if table.rows}


def _numbers(critical: Critical) -> Table:
    columns = ["number", "stated", "flips at", "searched from", "to", "unit", "share of the range", "status", "source"]
    columns += ["path"]
    rows: list[list[Cell]] = []
    for f in critical.numbers:
        values: list[Cell] = [f.stated, f.flips_at, f.low, f.high, f.unit]
        name = number_at(critical.dossier, f.path)
        rows.append([name, *values, f.distance, STATUS[f.status], f.source or "no source", f.path])
    return Table.of("The numbers tried, the nearest flip first", columns, rows)


def _together(critical: Critical) -> Table:
    columns = ["first number", "second number", "first flips at", "second flips at", "share of the way", "status"]
    rows: list[list[Cell]] = []
    for p in critical.pairs:
        names: list[Cell] = [number_at(critical.dossier, path) for path in p.paths]
        rows.append([*names, *(p.flips_at or (None, None)), p.share, STATUS[p.status]])
    return Table.of("The pairs tried, the nearest flip first", columns, rows)
