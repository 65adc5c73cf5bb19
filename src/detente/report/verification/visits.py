"""The visits of a plan of inspections as an iCalendar file (RFC 5545) and as a table.

No clock is read: the same plan is always the same file, and a visit keeps its UID when the plan moves it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from detente.libraries import icalendar
from detente.report.kit.figure import Row
from detente.report.kit.words import number
from detente.verify.inspection.inspected import Inspected

PRODUCT = "-//detente//inspections//EN"


def ics(found: Inspected) -> bytes:
    """A calendar of all-day events, one a visit, in the order of dates."""
    plan, stamp = found.plan, datetime.combine(found.start, time(), UTC)
    calendar, name = icalendar.Calendar(), _line(f"Inspections: {found.assignment.title}")
    for key, value in {"prodid": PRODUCT, "version": "2.0", "name": name, "x-wr-calname": name}.items():
        calendar.add(key, value)
    for row in visit_rows(found):
        day = date.fromisoformat(str(row["date"]))
        event = icalendar.Event()
        event.add("uid", _uid(found.assignment.title, found.start, str(row["key"]), str(row["visit"])))
        event.add("dtstamp", stamp)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", _line(f"Inspection: {row['site']}"))
        event.add("description", _line(f"{number(_number(row['inspector_days']))} inspector-days; plan {plan.plan_id}"))
        event.add("categories", ["inspection", _line(str(row["site"]))])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def visit_rows(found: Inspected) -> list[Row]:
    """One row a visit: the day, the site, and the inspector-days that it takes."""
    times: Counter[str] = Counter()
    rows: list[Row] = []
    for visit in found.visits:
        times[visit.site] += 1
        rows.append(
            {
                "date": visit.day.isoformat(),
                "site": found.title_of(visit.site),
                "visit": times[visit.site],
                "inspector_days": visit.days,
                "key": visit.site,
            }
        )
    return rows


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _uid(title: str, start: date, site: str, visit: str) -> str:
    return hashlib.sha256(f"{title}\n{start}\n{site}\n{visit}".encode()).hexdigest()[:32] + "@detente"


def _line(text: str) -> str:
    """Text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
