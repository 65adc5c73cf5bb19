"""Numbers, dates and names as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from detente.dossier.schema import Dossier

MINUS = "−"
NONE = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LEVELS = {"minimal": "minimal success", "full": "full success", "none": "any deal"}
MOMENTS = {"before": "just before that day's steps", "after": "just after that day's steps"}


def number(value: float | None) -> str:
    """Three significant digits, whole numbers from 100 on, thousands apart, a true minus sign."""
    if value is None or value != value:
        return NONE
    if abs(value) == float("inf"):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    if size >= 99.95 or size == 0:
        text = f"{size:,.0f}"
    else:
        text = _significant(size)
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) != 0 else text


def _significant(size: float) -> str:
    if size == int(size):
        return f"{size:.0f}"
    if size < 1e-6:
        return "0"
    decimals = next((n for n in range(9) if size * 10**n >= 100), 9)
    return f"{size:.{decimals}f}"


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
    if abs(months - round(months)) < 1e-6 and round(months) < 24:
        return _count(round(months), "month")
    if months < 1:
        return _count(round(length * 365.25), "day")
    return f"{number(length)} years" if months >= 24 else f"{number(months)} months"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


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
