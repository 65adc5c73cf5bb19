"""Numbers, dates and names as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from detente.dossier.schema import Dossier

MINUS = "−"
NONE = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LEVELS = {"minimal": "minimal success", "full": "full success", "none": "any deal"}
FIRMNESS = {"red_line": "red line", "opening": "opening position", "preference": "preference"}
MOMENTS = {"before": "just before that day's steps", "after": "just after that day's steps"}


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
    text = f"{abs(value):,.12f}".rstrip("0").rstrip(".") if abs(value) >= 1e-6 else f"{abs(value):.6g}"
    return f"{MINUS}{text}" if value < 0 else text


def _significant(size: float) -> str:
    if size < 1e-6:
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
    largest, least = max(abs(whole), abs(part), abs(rest)), abs(rest)
    decimals = next((n for n in range(1, 7) if largest * 10**n >= 100 or largest < 1e-6), 6)
    if least >= 1e-6:
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
    whole = abs(months - round(months)) < 1e-6
    if months >= 24 or (whole and round(months) % 12 == 0):
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
