"""The due dates of a plan as an iCalendar file (RFC 5545): what enters when, when it counts as verified, deadlines met.

An event keeps its UID when another plan of the same dossier gives it another date, and where it is told what calendar
it replaces, what has changed since is one revision on (SEQUENCE, LAST-MODIFIED), so that calendars move it. No clock is
read: the same plan in place of the same calendar is always the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from detente.dossier import fingerprint
from detente.dossier.quantities import ROUNDING
from detente.dossier.schema import Dossier, InForce, ProgressBy, Require
from detente.libraries import icalendar
from detente.model.judge.facts import Facts
from detente.model.judge.terms import Terms
from detente.model.plan import Plan, complete
from detente.report.kit.words import FIRMNESS, LEVELS, day, number, party, requirement, several, years
from detente.report.roadmap.steps import Step, TimedPlan, needs, steps_of

PRODUCT = "-//detente//roadmap//EN"


@dataclass(frozen=True)
class Due:
    """Something that is due on a day."""

    day: date
    kind: str
    """enters, verified or deadline; with `subject` what makes the event the same in another plan."""
    subject: str
    summary: str
    details: tuple[str, ...]
    categories: tuple[str, ...]


def ics(dossier: Dossier, plan: Plan, replaces: bytes = b"") -> bytes:
    """A calendar of all-day events, one for each thing that is due, in the order of dates.

    `replaces` is the calendar that was handed out before, if any. What differs from it gets its next revision; what is
    no longer due stands as cancelled, since calendars keep what a file does not mention.
    """
    case, stamp = fingerprint(dossier), datetime.combine(dossier.start, time(), UTC)
    calendar = icalendar.Calendar()
    name = _line(f"Roadmap: {dossier.title}")
    for key, value in {"prodid": PRODUCT, "version": "2.0", "name": name, "x-wr-calname": name}.items():
        calendar.add(key, value)
    before = _events(replaces)
    revision = max((_sequence(event) for event in before.values()), default=-1) + 1
    for due in due_dates(dossier, plan):
        event = icalendar.Event()
        event.add("uid", _uid(case, due))
        event.add("dtstart", due.day)
        event.add("dtend", due.day + timedelta(days=1))
        event.add("summary", _line(due.summary))
        event.add("description", "\n".join(_line(text) for text in due.details))
        event.add("categories", [_line(c) for c in due.categories])
        event.add("transp", "TRANSPARENT")
        old = before.pop(str(event["uid"]), None)
        _revise(event, revision if old is None or _says(old) != _says(event) else _sequence(old), stamp)
        calendar.add_component(event)
    for event in before.values():
        calendar.add_component(_cancelled(event, revision, stamp))
    return bytes(calendar.to_ical())


def _events(calendar: bytes) -> dict[str, Any]:
    """The events of a calendar that this program wrote, by UID; none where it is something else."""
    try:
        found = icalendar.Calendar.from_ical(calendar) if calendar else None
    except ValueError:
        return {}
    mine = found is not None and str(found.get("prodid")) == PRODUCT
    return {str(e["uid"]): e for e in found.walk("VEVENT") if "uid" in e} if found is not None and mine else {}


def _sequence(event: Any) -> int:
    return int(event.get("sequence", 0))


def _says(event: Any) -> tuple[str, ...]:
    """What people see of an event."""
    names = ("dtstart", "dtend", "summary", "description", "categories", "status")
    return tuple(event[name].to_ical().decode() if name in event else "" for name in names)


def _revise(event: Any, revision: int, stamp: datetime) -> None:
    """Say which revision an event has; its times are those of signature and as many seconds, since no clock is read."""
    for name in ("sequence", "last-modified", "dtstamp"):
        event.pop(name, None)
    event.add("sequence", revision)
    event.add("dtstamp", stamp + timedelta(seconds=revision))
    event.add("last-modified", stamp + timedelta(seconds=revision))


def _cancelled(event: Any, revision: int, stamp: datetime) -> Any:
    if str(event.get("status", "")) != "CANCELLED":
        event["status"] = "CANCELLED"
        _revise(event, revision, stamp)
    return event


def _uid(case: str, due: Due) -> str:
    return hashlib.sha256(f"{case}\n{due.kind}\n{due.subject}".encode()).hexdigest()[:32] + "@detente"


def _line(text: str) -> str:
    """Text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def due_dates(dossier: Dossier, plan: Plan) -> tuple[Due, ...]:
    """What a plan asks for by date: entries into force, verification of them, and the deadlines that it meets."""
    plan = complete(dossier, plan)
    timed = TimedPlan.of(dossier, plan)
    found = [due for step in steps_of(dossier, plan) for due in _of_step(timed, step)]
    found += _deadlines(timed)
    return tuple(sorted(found, key=lambda due: due.day))


# --- steps ----------------------------------------------------------------------------------------------------------


def _of_step(timed: TimedPlan, step: Step) -> Iterator[Due]:
    """The entries of a measure, or of its parts, and when each counts as verified; what is past is left out."""
    dossier, index = timed.dossier, list(timed.dossier.measures).index(step.measure)
    body = dossier.measures[step.measure]
    who = several([party(dossier, p) for p in step.by])
    categories = (*([step.phase] if step.phase else []), *(party(dossier, p) for p in step.by))
    share = 0.0
    for n, (e, rise) in enumerate(timed.timing.rises[index]):
        share += rise
        what = f"{who}: {step.title}{_part(share)}"
        subject = f"{step.measure} {n}" if n else step.measure
        seen = dossier.grid.date_at(max(0.0, timed.seen(index, e)))
        if e >= 0:
            details = tuple(_details(dossier, step, seen))
            yield Due(dossier.grid.dates[e], "enters", subject, what, details, categories)
        if body.verification is not None and (e >= 0 or timed.seen(index, e) > 0):
            told = (f"Counts as verified on this day, by {step.seen_by}.", f"Case: {dossier.title}")
            yield Due(seen, "verified", subject, f"Verified: {what}", told, (*categories, "verification"))


def _part(share: float) -> str:
    return "" if share >= 1 - ROUNDING else f" ({number(100 * share)} %)"


def _details(dossier: Dossier, step: Step, seen: date) -> Iterator[str]:
    yield f"Enters into force, by {several([party(dossier, p) for p in step.by])}."
    if step.takes and step.work_from:
        yield f"Work takes {years(step.takes)}: it starts on {day(step.work_from)} at the latest."
    if first := needs(dossier, step.measure):
        yield f"Needs: {first}."
    if dossier.measures[step.measure].verification is None:
        yield "Seen by everyone."
    else:
        yield f"Verified by {step.seen_by}: counts as verified on {day(seen)}."
    if step.answers_to:
        yield f"Answers to a breach by {several([party(dossier, p) for p in step.answers_to], 'or')}."
    yield f"Case: {dossier.title}"


# --- deadlines ------------------------------------------------------------------------------------------------------


def _deadlines(timed: TimedPlan) -> Iterator[Due]:
    """The last days that success and demands name and that the plan keeps to; one event for all that ask the same."""
    asked: dict[tuple[date, str], list[tuple[str, str]]] = {}
    for require, whose, category in _met(timed):
        if isinstance(require, InForce | ProgressBy) and require.by is not None:
            asked.setdefault((require.by, requirement(timed.dossier, require)), []).append((whose, category))
    for (by, words), those in asked.items():
        details = (f"Asked for by {several([whose for whose, _ in those])}. The plan meets it.",)
        categories = ("deadline", *dict.fromkeys(c for _, c in those if c))
        subject = f"{by.isoformat()} {words}"
        yield Due(by, "deadline", subject, f"Deadline: {words}", (*details, f"Case: {timed.dossier.title}"), categories)


def _met(timed: TimedPlan) -> Iterator[tuple[Require, str, str]]:
    """Every requirement that the plan meets, whether it binds or not; who asks for it, and the party."""
    dossier = timed.dossier
    for level, required in (("minimal", dossier.success.minimal), ("full", dossier.success.full)):
        met = _judged(timed, dossier, level)
        yield from ((r, LEVELS[level], "") for i, r in enumerate(required) if f"{level}.{i}" in met)
    firm = {name: d.model_copy(update={"firmness": "red_line"}) for name, d in dossier.demands.items()}
    met = _judged(timed, dossier.model_copy(update={"demands": firm}), "none")
    for name, d in dossier.demands.items():
        if name in met:
            who = party(dossier, d.by)
            yield d.require, f"{who} ({FIRMNESS[d.firmness]})", who


def _judged(timed: TimedPlan, dossier: Dossier, level: str) -> Sequence[str]:
    """The names of the demands and success requirements that bind in a dossier, and that the plan meets."""
    terms = (t for t in Terms(dossier, Facts(dossier), level, ()).all if t.kind in ("demand", "success"))
    return [t.name for t in terms if t.name is not None and t.judge(timed.timing) is None]
