"""The figures of a closed material balance: one definition each, for page, notebook, PNG, SVG and CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from detente.libraries import altair as alt
from detente.report.kit.figure import DANGER, FAINT, INK, PALETTE, Figure, Row, inline
from detente.report.kit.panels import WHOLE, Stroke, told_apart
from detente.report.kit.words import percent
from detente.verify.balance.closing import PATTERNS, Balance, detection_curves
from detente.verify.balance.power import critical

PANEL, HEIGHT = 396, 190
"""Pixels of a panel, two in a row."""
POINTS = 41
"""Sizes of loss at which a curve is drawn."""
CURVES: dict[str, tuple[str, Stroke]] = {
    "bound": ("the best test, if it knew the pattern", (FAINT, [2, 3])),
    "cumuf": ("CUMUF at the end", (INK, WHOLE)),
    "page": ("Page's test of SITMUF", (PALETTE[0], WHOLE)),
    "sitmuf": ("SITMUF of any balance", (PALETTE[1], [6, 3])),
    "gemuf": ("GEMUF at the end", (PALETTE[2], [6, 2, 2, 2])),
}
TITLES = {
    "balances": "What is missing from each balance",
    "tests": "What the sequential tests say",
    "drivers": "Where the uncertainty comes from",
    "power": "Which losses would be seen",
    "delay": "When a loss would be seen",
}
CAPTIONS = {
    "balances": "Left: MUF of each balance and the range that errors alone would keep it in. Right: what is missing in "
    "all, CUMUF, and the range for it if the series ended there. Red: above the range.",
    "tests": "Left: SITMUF, what each balance adds to what was known, in standard deviations; right: Page's sum of "
    "what passes k. Red lines are the thresholds; each test has the stated chance of a false alarm over all balances.",
    "drivers": "Shares of the variance of CUMUF. Random errors are drawn anew for each item, systematic ones are "
    "shared within a calibration. A negative share is an error that cancels what it adds elsewhere.",
    "power": "The chance that each test alarms, by the total loss, in equal parts over the periods. The dotted line is "
    "the bound that no test can pass. CUMUF sees every pattern of loss alike, and no test promises more.",
    "delay": "The chance that Page's test has alarmed by the end of each period, by how the stated loss is spread over "
    "them. What comes before a loss begins is false alarms.",
}


def figures(balance: Balance, run: str = "") -> dict[str, Figure]:
    """The figures of a balance by name."""
    drawing: dict[str, tuple[list[Row], Callable[[Balance, list[Row]], Any]]] = {
        "balances": (balance_rows(balance), _balances),
        "tests": (sequence_rows(balance), _tests),
        "drivers": (driver_rows(balance), _drivers),
        "power": (power_rows(balance), _power),
        "delay": (delay_rows(balance), _delay),
    }
    about = (
        f"{balance.area.title}; false alarms {percent(balance.false_alarm_rate)}, loss {balance.loss_kg:g} kg; "
        f"{f'run {run}' if run else 'no run recorded'}."
    )
    return {
        name: Figure(name, TITLES[name], f"{CAPTIONS[name]} {about}", draw(balance, rows), tuple(rows))
        for name, (rows, draw) in drawing.items()
    }


# --- rows ------------------------------------------------------------------------------------------------------


def balance_rows(balance: Balance) -> list[Row]:
    """MUF and CUMUF of every period with their limits."""
    single, total = balance.verdict("muf").threshold, critical(balance.false_alarm_rate)
    return [
        {
            "period": p.name,
            "muf_kg": p.muf_kg,
            "muf_limit_kg": single * p.sigma_kg,
            "cumuf_kg": p.cumuf_kg,
            "cumuf_limit_kg": total * p.sigma_cumuf_kg,
            "sigma_kg": p.sigma_kg,
            "sigma_cumuf_kg": p.sigma_cumuf_kg,
        }
        for p in balance.periods
    ]


def sequence_rows(balance: Balance) -> list[Row]:
    """SITMUF and Page's sum of every period with their thresholds."""
    sitmuf, page = balance.verdict("sitmuf"), balance.verdict("page")
    return [
        {
            "period": p.name,
            "sitmuf": p.sitmuf,
            "sitmuf_limit": sitmuf.threshold,
            "page": p.page,
            "page_limit": page.threshold,
            "gemuf": p.gemuf,
        }
        for p in balance.periods
    ]


def driver_rows(balance: Balance) -> list[Row]:
    return [{"location": d.location, "error": d.error, "share": d.share} for d in balance.drivers]


def power_rows(balance: Balance) -> list[Row]:
    """The chance to see a loss, by its size and test."""
    sizes = np.linspace(0.0, 1.25 * max(balance.loss_kg, balance.seen_for_sure_kg), POINTS)
    curves = detection_curves(balance, sizes)
    return [
        {"test": title, "loss_kg": float(size), "chance": float(chance)}
        for name, (title, _) in CURVES.items()
        for size, chance in zip(sizes, curves[name], strict=True)
    ]


def delay_rows(balance: Balance) -> list[Row]:
    """The chance that Page's test has alarmed by each period, by pattern of loss."""
    return [
        {"pattern": PATTERNS[name], "period": period.name, "chance": 1.0 - float(survival)}
        for name, time in balance.verdict("page").times.items()
        for period, survival in zip(balance.periods, time.survival, strict=True)
    ]


# --- charts ----------------------------------------------------------------------------------------------------


def _periods(rows: Sequence[Row]) -> Any:
    """The axis of periods, in the order of time; of many only some are labelled."""
    names = list(dict.fromkeys(str(r["period"]) for r in rows))
    every = -(-len(names) // 12)
    axis = alt.Axis(labelAngle=-40, values=names[::every], grid=False)
    return alt.X("period:N", title=None, sort=names, axis=axis)


def _against_limit(rows: list[Row], value: str, limit: str, *, title: str, both_sides: bool, panel: str) -> Any:
    """Bars or points of a statistic, red where they pass their limit, which is drawn as a band or a line."""
    data = alt.Chart(inline([{**r, "low": _negative(r, limit), "passes": _passes(r, value, limit)} for r in rows]))
    x, y = _periods(rows), alt.Y(f"{value}:Q", title=title)
    colour = alt.Color("passes:N", scale=alt.Scale(domain=[False, True], range=[INK, DANGER]), legend=None)
    if both_sides:
        edge = data.mark_bar(color="#dbe7f0", width={"band": 0.72}).encode(x=x, y=alt.Y(f"{limit}:Q"), y2="low:Q")
        body = data.mark_point(filled=True, size=52, opacity=1).encode(x=x, y=y, color=colour)
        layers = [edge, data.mark_rule(color=FAINT).encode(y=alt.datum(0)), body]
    else:
        body = data.mark_bar(width={"band": 0.6}).encode(x=x, y=y, color=colour)
        line = data.mark_rule(color=DANGER, strokeDash=[6, 3], strokeWidth=1.4).encode(y=f"max({limit}):Q")
        layers = [body, line]
    heading = alt.TitleParams(panel, anchor="start", fontSize=12, color=INK)
    return alt.layer(*layers).properties(width=PANEL, height=HEIGHT, title=heading)


def _negative(row: Row, field: str) -> float:
    return -_amount(row, field)


def _passes(row: Row, value: str, limit: str) -> bool:
    return _amount(row, value) > _amount(row, limit)


def _amount(row: Row, field: str) -> float:
    cell = row[field]
    return float(cell) if isinstance(cell, int | float) else 0.0


def _balances(balance: Balance, rows: list[Row]) -> Any:
    single = _against_limit(rows, "muf_kg", "muf_limit_kg", title="kg", both_sides=True, panel="MUF of each balance")
    total = _against_limit(rows, "cumuf_kg", "cumuf_limit_kg", title="kg", both_sides=True, panel="CUMUF so far")
    return alt.hconcat(single, total)


def _tests(balance: Balance, rows: list[Row]) -> Any:
    titled = "standard deviations"
    single = _against_limit(rows, "sitmuf", "sitmuf_limit", title=titled, both_sides=False, panel="SITMUF")
    page = _against_limit(
        rows, "page", "page_limit", title=titled, both_sides=False, panel=f"Page's sum, k = {balance.k:g}"
    )
    return alt.hconcat(single, page)


def _drivers(balance: Balance, rows: list[Row]) -> Any:
    places = list(dict.fromkeys(str(r["location"]) for r in rows))
    axis = alt.Axis(labelLimit=240, labelColor=INK, ticks=False, domain=False)
    colour = alt.Scale(domain=["random", "systematic"], range=[PALETTE[0], PALETTE[1]])
    return (
        alt.Chart(inline(rows))
        .mark_bar(height={"band": 0.8})
        .encode(
            x=alt.X("share:Q", title="share of the variance of CUMUF", axis=alt.Axis(format="%")),
            y=alt.Y("location:N", sort=places, title=None, axis=axis),
            yOffset=alt.YOffset("error:N", sort=["random", "systematic"]),
            color=alt.Color("error:N", scale=colour, legend=alt.Legend(title="Error", orient="top")),
        )
        .properties(width=640, height=alt.Step(15))
    )


def _power(balance: Balance, rows: list[Row]) -> Any:
    lines = told_apart("test", dict(CURVES.values()))
    data = alt.Chart(inline(rows))
    asked = alt.Chart(inline([{"loss_kg": balance.loss_kg}]))
    x = alt.X("loss_kg:Q", title="total loss, kg, in equal parts")
    y = alt.Y("chance:Q", title="chance of an alarm", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    return alt.layer(
        asked.mark_rule(color=DANGER, strokeDash=[6, 3]).encode(x=x),
        data.mark_line(strokeWidth=1.8).encode(x=x, y=y, **lines),
    ).properties(width=720, height=260)


def _delay(balance: Balance, rows: list[Row]) -> Any:
    looks: dict[str, Stroke] = dict(
        zip(PATTERNS.values(), ((INK, WHOLE), (PALETTE[0], [6, 3]), (PALETTE[1], [2, 2])), strict=True)
    )
    y = alt.Y("chance:Q", title="chance of an alarm so far", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    look = told_apart("pattern", looks, title="Loss")
    data = alt.Chart(inline(rows)).encode(x=_periods(rows), y=y)
    line = data.mark_line(strokeWidth=1.8, interpolate="step-after").encode(**look)
    dots = data.mark_point(filled=True, size=30, opacity=1).encode(color=look["color"].copy().legend(None))
    return (
        alt.layer(line, dots)
        .resolve_legend(color="independent", strokeDash="independent")
        .properties(width=720, height=230)
    )
