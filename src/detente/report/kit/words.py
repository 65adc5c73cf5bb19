"""Numbers, dates, moments and names as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from math import isfinite
from typing import TYPE_CHECKING

from detente.dossier.grid import whole_months
from detente.dossier.schema import Before, Dossier, InForce, InterestBound, Never, ProgressBy, Require

if TYPE_CHECKING:
    from detente.model.judge.check import Slack

MINUS = "−"
NONE = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LEVELS = {"minimal": "minimal success", "full": "full success", "none": "any deal"}
FIRMNESS = {"red_line": "red line", "opening": "opening position", "preference": "preference"}
MOMENTS = {"before": "just before that day's steps", "after": "just after that day's steps"}
IN_TIME = "when an answer would still come before a later date"
"""Of a moment off the grid: a little later, and the answer would come after the steps, or the exit, of that date."""
GROWN = "just before something has stopped growing"
BETWEEN = "between two dates"
JUST_AFTER = "just after that"
LEAST = 1e-6
"""An amount below this is said as 0; where it must be exact, in powers of ten."""
SAME = 1e-8
"""Years within which two times are one."""


def number(value: float | None) -> str:
    """Three significant digits, whole numbers from 100 on, thousands apart, a true minus sign."""
    if value is None or value != value:
        return NONE
    if abs(value) == float("inf"):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    text = f"{size:,.0f}" if size >= 99.95 or size == 0 else _significant(size)
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) != 0 else text


def exactly(value: float) -> str:
    """A number with all its digits, for one that was chosen to be short and must not be rounded."""
    text = f"{abs(value):,.12f}".rstrip("0").rstrip(".") if abs(value) >= LEAST else f"{abs(value):.6g}"
    return f"{MINUS}{text}" if value < 0 else text


def _significant(size: float) -> str:
    if size < LEAST:
        return "0"
    decimals = next((n for n in range(9) if size * 10**n >= 100), 9)
    return f"{size:.{decimals}f}".rstrip("0").rstrip(".")


def fixed(value: float, decimals: int = 1) -> str:
    """A number with so many decimals, thousands apart, a true minus sign."""
    text = f"{abs(value):,.{decimals}f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) != 0 else text


def adding(whole: float, part: float, rest: float) -> tuple[str, str, str]:
    """A difference whose numbers add up as printed: one decimal, more where all or the rest would be too coarse.

    The middle one takes what rounding leaves over.
    """
    if not all(map(isfinite, (whole, part, rest))):
        return number(whole), number(part), number(rest)
    largest, least = max(abs(whole), abs(part), abs(rest)), abs(rest)
    decimals = next((n for n in range(1, 7) if largest * 10**n >= 100 or largest < LEAST), 6)
    if least >= LEAST:
        decimals = next((n for n in range(decimals, 7) if round(least, n)), 6)
    a, c = round(whole, decimals), round(rest, decimals)
    return fixed(a, decimals), fixed(a - c, decimals), fixed(c, decimals)


def signed(value: float | None) -> str:
    """A number with its sign, + included."""
    text = number(value)
    return f"+{text}" if value is not None and value > 0 and text not in (NONE, "0") else text


def percent(share: float) -> str:
    return f"{number(100 * share)} %"


def day(value: date | None) -> str:
    """12 Jun 2018."""
    return NONE if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def when(dossier: Dossier, row: Slack) -> str:
    """The moment of a condition: "on 12 Jun 2019, just before that day's steps", "just after 12 Dec 2020"."""
    return _when(dossier, row.date, row.moment, row.years)


def leaving(dossier: Dossier, row: Slack) -> str | None:
    """When a cheat that is not found out by then breaks the deal openly; None where it never does."""
    if row.leaves is None:
        return None
    return _when(dossier, row.leaves, row.leaves_moment, row.leaves_years)


def _when(dossier: Dossier, on: date | None, side: str | None, at: float | None) -> str:
    if on is None:
        return "at signature"
    if side == "between":
        return f"just after {day(on)}"
    said = _side(dossier, on, side, at)
    return f"on {day(on)}, {said}" if said else f"on {day(on)}"


def side(dossier: Dossier, row: Slack) -> str:
    """What stands beside the date of a condition: "just before that day's steps"; empty where it has no moment."""
    return "" if row.date is None else _side(dossier, row.date, row.moment, row.years)


def _side(dossier: Dossier, on: date, side: str | None, at: float | None) -> str:
    if side is None:
        return ""
    if side == "between":
        return JUST_AFTER
    years = dossier.grid.time(on) if at is None else at
    if _steps_at(dossier, years):
        return MOMENTS[side]
    leavers = [party(dossier, e.party) for e in dossier.exits if e.at is not None and abs(e.at - years) < SAME]
    if leavers:
        return f"just {side} {several(list(dict.fromkeys(leavers)), 'or')} may walk out"
    return _why(dossier, years) if side == "before" else JUST_AFTER


def _why(dossier: Dossier, years: float) -> str:
    """What sets a moment off the grid, where that is known."""
    if any(abs(end - years) < SAME for end in _ends_of_growth(dossier)):
        return GROWN
    return IN_TIME if _answered_in_time(dossier, years) else BETWEEN


def _answered_in_time(dossier: Dossier, years: float) -> bool:
    """Whether an answer to what happens then, open or seen late, comes on a date of the grid or of an exit."""
    regimes = [m.verification for m in dossier.measures.values() if m.verification is not None]
    late = {0.0, *(v.delay.value for v in regimes)}
    answers = [p.response_time.value for p in dossier.parties.values() if p.response_time is not None]
    exits = [e.at for e in dossier.exits if e.at is not None]
    waits = [t - years for t in (*dossier.grid.years, *exits)]
    return any(abs(answer + seen - wait) < SAME for answer, seen, wait in product(answers, late, waits))


def _ends_of_growth(dossier: Dossier) -> Iterator[float]:
    """Years after which something has grown for as long as it does."""
    tables = [t for m in dossier.measures.values() for t in (m.effects, m.intrusion)]
    for table in (*tables, *(i.effects for i in dossier.interactions.values())):
        for effect in table.values():
            if effect.per_year is not None and effect.per_year.lasts is not None:
                yield effect.per_year.lasts.value


def _steps_at(dossier: Dossier, years: float) -> bool:
    return any(abs(years - t) < SAME for t in dossier.grid.years)


def on_date(dossier: Dossier, row: Slack) -> bool:
    """Whether a condition's moment is just before or just after the steps of a date of the grid."""
    at = dossier.grid.time(row.date) if row.years is None and row.date is not None else row.years
    return row.moment in ("before", "after") and at is not None and _steps_at(dossier, at)


def expectation(dossier: Dossier) -> str:
    """That values are expectations, and over what; empty where nobody may walk out of a deal."""
    ways: dict[str, list[str]] = {}
    for e in dossier.exits:
        if e.rate > 0 or e.chance > 0:
            ways.setdefault(e.party, []).append("at any time" if e.at is None else f"on {day(e.day)}")
    if not ways:
        return ""
    said = [f"{party(dossier, p)} ({several(list(dict.fromkeys(at)), 'or')})" for p, at in ways.items()]
    return f"Values are expectations: the deal may end by itself, where {several(said, 'or')} walks out."


def month(value: date) -> str:
    """Jun 2018."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def years(length: float) -> str:
    """A length of time in the unit that reads best."""
    if length == 0:
        return "at once"
    months = length * 12
    if months < 0.999:
        return _count(round(length * 365.25), "day")
    whole = whole_months(length)
    if months >= 24 or (whole is not None and whole % 12 == 0):
        return _count(length, "year")
    return _count(months, "month")


def _count(n: float, what: str) -> str:
    return f"{number(n)} {what}" if number(n) == "1" else f"{number(n)} {what}s"


def several(names: Sequence[str], joint: str = "and") -> str:
    """A, B and C."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {joint} {names[-1]}"


def party(dossier: Dossier, name: str | None) -> str:
    """A party's name for people; a name that is no party's stands as it is."""
    if name is None:
        return NONE
    known = dossier.parties.get(name)
    return (known.name or name) if known else name


def measure(dossier: Dossier, name: str | None) -> str:
    """A measure's title."""
    if name is None:
        return NONE
    known = dossier.measures.get(name)
    return (known.title or name) if known else name


def interest(dossier: Dossier, name: str) -> str:
    known = dossier.interests.get(name)
    return (known.title or name) if known else name


def annual(dossier: Dossier, name: str, present: float) -> float:
    """The annual equivalent ρ·V of a present value."""
    discount = dossier.parties[name].discount
    return present * discount.value if discount is not None else 0.0


def rule_named(name: str) -> str:
    return {"nash": "Nash", "kalai_smorodinsky": "Kalai–Smorodinsky"}.get(name, name)


def requirement(dossier: Dossier, r: Require) -> str:
    """A requirement in words."""
    match r:
        case InForce():
            return f"“{measure(dossier, r.in_force)}” in force{_by(r.by)}"
        case Never():
            return f"“{measure(dossier, r.never)}” never"
        case Before():
            first, then = r.before
            return f"“{measure(dossier, first)}” not later than “{measure(dossier, then)}”"
        case ProgressBy():
            return f"{r.progress.replace('_', ' ')} verified to {percent(r.at_least.value)}{_by(r.by)}"
        case InterestBound():
            bounds = [
                f"{side} {number(bound.value)}"
                for side, bound in (("at most", r.at_most), ("at least", r.at_least))
                if bound is not None
            ]
            unit = dossier.interests[r.interest].unit if r.interest in dossier.interests else ""
            since = f" from {day(r.since)}" if r.since else ""
            return f"{interest(dossier, r.interest)} {' and '.join(bounds)} {unit}{since}".strip()


def _by(limit: date | None) -> str:
    return f" by {day(limit)}" if limit is not None else ""
