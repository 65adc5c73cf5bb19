"""How a closed material balance reads: its page and its tables; its figures are in `balance`."""

from __future__ import annotations

from typing import Any

from detente.report.kit.figure import Row
from detente.report.kit.words import number, percent
from detente.report.verification.balance import figures as figures
from detente.report.verification.page import Mark, Page, Section, table_of
from detente.verify.balance.closing import PATTERNS, Balance

D = (
    "D is what the records hide by the inspector's measurements: outputs and closing inventories recorded too large, "
    "inputs and opening ones too small. It speaks of what part of the kilograms is covered, and for that part only."
)
REHEARSAL = (
    "Every history draws its errors anew and is judged by the covariance that its own measured amounts give, as an "
    "inspector would. Sampling: 95 % of simulations of this size lie so near the stated chance."
)
FAR, LEAST = 4.0, 1e-4
"""Standard deviations, and the least of them, beyond which a simulated chance is not the one stated."""
SHOWN = 3
"""Balances that do not add up, in words."""


def headline(balance: Balance) -> str:
    """What the tests say, in a sentence."""
    tests = _of_the_tests(balance)
    if balance.hiding:
        named = ", ".join(c.balance for c in balance.hiding[:SHOWN])
        more = f" and {len(balance.hiding) - SHOWN} more" if len(balance.hiding) > SHOWN else ""
        return f"The records hide more than errors explain in {named}{more}: items hold less than they say. {tests}"
    return tests


def _of_the_tests(balance: Balance) -> str:
    last = balance.periods[-1]
    size, ratio = number(abs(last.cumuf_kg)), number(abs(last.cumuf_kg) / last.sigma_cumuf_kg)
    missing = f"{size} kg are unaccounted for" if last.cumuf_kg >= 0 else f"{size} kg more are there than should be"
    if balance.alarmed:
        like = "a loss" if last.cumuf_kg >= 0 else "material that came in without a record"
        return (
            f"{len(balance.alarmed)} of {len(balance.verdicts)} tests alarm: {missing}, {ratio} standard deviations "
            f"of what errors explain. A mistake in the records looks the same as {like}."
        )
    if balance.surplus:
        return (
            f"No test of a loss alarms, but more is there than errors explain: {missing} at the end, {ratio} standard "
            "deviations. Look for what came in without a record, or is counted twice."
        )
    return f"No test alarms: {missing}, no more than errors of measurement explain."


def mark(balance: Balance) -> Mark:
    if balance.alarmed or balance.hiding:
        return "no"
    return "open" if balance.surplus else "yes"


def period_rows(balance: Balance) -> list[Row]:
    """One row a balance: what came, went and is there, what is missing, and in standard deviations."""
    return [
        {
            "balance": p.name,
            "opening_kg": p.opening_kg,
            "in_kg": p.inputs_kg,
            "out_kg": p.outputs_kg,
            "closing_kg": p.closing_kg,
            "MUF_kg": p.muf_kg,
            "SD_kg": p.sigma_kg,
            "CUMUF_kg": p.cumuf_kg,
            "SD_of_CUMUF_kg": p.sigma_cumuf_kg,
            "SITMUF": p.sitmuf,
            "Page": p.page,
        }
        for p in balance.periods
    ]


def test_rows(balance: Balance) -> list[Row]:
    """One row a test: what it says, and the chance that it sees the stated loss."""
    rows: list[Row] = [
        {
            "test": v.title,
            "threshold": v.threshold,
            "greatest": max(v.statistic) if v.scope != "at the end" else v.statistic[-1],
            "alarms": balance.named(v.alarms) or "none",
            "false_alarms": f"{percent(v.false_alarm_rate)}, {v.scope}",
            **{f"sees_{name.replace('_', ' ')}": _chance(v.detects.get(name)) for name in PATTERNS},
        }
        for v in balance.verdicts
    ]
    best: Row = {
        "test": "best possible, if it knew the pattern",
        "threshold": None,
        "greatest": None,
        "alarms": "",
        "false_alarms": f"{percent(balance.false_alarm_rate)}, at the end",
        **{f"sees_{name.replace('_', ' ')}": _chance(balance.bounds.get(name)) for name in PATTERNS},
    }
    return [*rows, best]


def _chance(value: float | None) -> str | None:
    if value is None:
        return None
    if value >= 0.9995:
        return "> 99.9 %"
    return "< 0.1 %" if 0.0 < value < 0.001 else percent(round(value, 4))


def driver_rows(balance: Balance) -> list[Row]:
    return [{"location": x.location, "error": x.error, "share": percent(round(x.share, 4))} for x in balance.drivers]


def difference_rows(balance: Balance) -> list[Row]:
    """One row a balance of which an inspector measured something again."""
    return [
        {
            "balance": c.balance,
            "items": c.items,
            "drawn": c.drawn,
            "covered": percent(c.covered),
            "D_kg": c.difference.d_kg,
            "SD_kg": c.difference.sigma_kg,
            "threshold_kg": c.difference.threshold_kg,
            "alarm": "yes" if c.difference.alarm else "no",
            "MUF_+_D_kg": c.muf_kg,
        }
        for c in balance.compared
    ]


def rehearsal_rows(balance: Balance) -> list[Row]:
    """One row a test and pattern of loss: how often it should alarm, and did."""
    return [
        {
            "test": r.title,
            "loss": r.pattern.replace("_", " "),
            "stated": _chance(r.stated),
            "found": percent(round(r.found, 4)),
            "sampling": f"± {percent(1.96 * r.sd)}",
        }
        for r in balance.rehearsed
    ]


def tables(balance: Balance) -> dict[str, Any]:
    """The tables of the page, as they are written to CSV, too."""
    named = {
        "tests": ("Tests", test_rows(balance)),
        "balances": ("Balances", period_rows(balance)),
        "drivers": ("Where the uncertainty comes from", driver_rows(balance)),
        "differences": ("What was measured again", difference_rows(balance)),
        "rehearsal": ("Simulated histories", rehearsal_rows(balance)),
    }
    return {name: table_of(title, rows) for name, (title, rows) in named.items() if rows}


def _about_the_records(balance: Balance) -> list[str]:
    """Balances that do not add up by far, which a reader must not miss."""
    sums = [f for f in balance.findings if f.code == "balance.sums"]
    more = [f"{len(sums) - SHOWN} more balances do not add up."] if len(sums) > SHOWN else []
    return [f"{f.message}: {f.remedy}." for f in sums[:SHOWN]] + more


def _rehearsed(balance: Balance) -> list[str]:
    """Whether the tests keep in simulation what is said of them."""
    off = [r for r in balance.rehearsed if abs(r.found - r.stated) > FAR * max(r.sd, LEAST)]
    if not balance.rehearsed:
        return []
    if not off:
        return ["In simulated histories, each judged by its own measurements, the tests alarm as often as stated."]
    worst = max(off, key=lambda r: abs(r.found - r.stated))
    loss = "no loss" if worst.pattern == "none" else f"the loss ({worst.pattern.replace('_', ' ')})"
    return [
        f"In simulated histories, each judged by its own measurements, alarms are not as frequent as stated: "
        f"{worst.title}, with {loss}, {percent(worst.found)} instead of {_chance(worst.stated)}. "
        "Large errors do that, and amounts that shrink with the loss."
    ]


def page(balance: Balance) -> Page:
    """The page of a balance area."""
    area = balance.area
    flows = sum(m.kind != "inventory" for m in area.measurements)
    checked = (
        f"{len(balance.periods)} balances of {len({m.location for m in area.measurements})} locations: {flows} flows "
        f"and {len(area.measurements) - flows} inventories measured. A loss of {number(balance.loss_kg)} kg is to be "
        f"seen; each test may alarm by error alone with a chance of {percent(balance.false_alarm_rate)}."
    )
    by_error = f"Each test alarms with a chance of {percent(balance.false_alarm_rate)} by error alone."
    tests = balance.summary[1] if balance.alarmed else by_error
    opening = "taken as exact" if area.opening_is_known else "as measured, its errors counted"
    patterns = "; ".join(f"{name.replace('_', ' ')}: {what}" for name, what in PATTERNS.items())
    more = (
        ("differences", "What was measured again", D, balance.compared),
        ("rehearsal", "Simulated histories", REHEARSAL, balance.rehearsed),
    )
    parts = (
        Section("balances", "What is missing", (), ("balances",), ("balances",)),
        Section("tests", "What the tests say", (), ("tests",), ("tests",), (f"Patterns of the loss: {patterns}.",)),
        Section("power", "Which losses would be seen, and when", (), ("power", "delay")),
        *(Section(name, title, (), (), (name,), (note,)) for name, title, note, rows in more if rows),
        Section("drivers", "Where the uncertainty comes from", (), ("drivers",), ("drivers",)),
    )
    turns_on = (
        balance.summary[3],
        f"Errors are independent between instruments and calibrations, normal, and as large as stated; the opening "
        f"inventory is {opening}. If the stated errors are too small, everything alarms; if too large, nothing does.",
    )
    return Page(
        kicker="material balance",
        title=area.title,
        checked=(checked,),
        question="Is anything missing?",
        headline=headline(balance),
        mark=mark(balance),
        said=(tests, *balance.summary[2:3], *balance.summary[4:], *_rehearsed(balance), *_about_the_records(balance)),
        turns_on=turns_on,
        parts=parts,
    )
