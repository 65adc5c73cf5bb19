"""What is due on which day, and the file that says so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from detente.dossier import apply, loads
from detente.model.plan import Plan
from detente.report.foreign.calendar import due_dates, ics
from tests.report.foreign.case import CASE, DOSSIER, PLAN
from tests.report.foreign.conftest import Designed


def events(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_what_is_due_when():
    """Hand-computed: release counts two months after, the parts of scrap at once; survey, begun before, next summer."""
    assert [(d.day.isoformat(), d.kind, d.summary) for d in due_dates(DOSSIER, PLAN)] == [
        ("2024-04-30", "enters", "=Up: +Release water"),
        ("2024-04-30", "deadline", "Deadline: “+Release water” in force by 30 Apr 2024"),
        ("2024-06-30", "verified", "Verified: =Up: +Release water"),
        ("2024-07-31", "enters", "Down: scrap (30 %)"),
        ("2024-08-31", "verified", "Verified: =Up: survey"),
        ("2024-10-31", "enters", "Down: scrap (50 %)"),
        ("2025-01-01", "deadline", "Deadline: disarmament verified to 40 % by 1 Jan 2025"),
        ("2025-01-31", "enters", "Down: scrap"),
    ]


def test_what_an_event_says():
    first, deadline = due_dates(DOSSIER, PLAN)[:2]
    assert first.details == (
        "Enters into force, by =Up.",
        "Work takes 2 months: it starts on 29 Feb 2024 at the latest.",
        "Verified by Gauge, Ltd: counts as verified on 30 Jun 2024.",
        "Answers to a breach by Down.",
        "Case: River – 강 = water; more, or less",
    )
    assert first.categories == ("First", "=Up")
    assert deadline.details[0] == "Asked for by minimal success and Down (opening position). The plan meets it."
    assert deadline.categories == ("deadline", "Down")
    scrap = next(d for d in due_dates(DOSSIER, PLAN) if d.subject == "scrap")
    assert "Needs: +Release water (verified)." in scrap.details
    assert "Seen by everyone." in scrap.details


def test_the_file_reads_back():
    content = ics(DOSSIER, PLAN)
    calendar = Calendar.from_ical(content)
    assert str(calendar["x-wr-calname"]) == "Roadmap: River – 강 = water; more, or less"
    assert calendar["version"] == "2.0"
    due = due_dates(DOSSIER, PLAN)
    for event, expected in zip(events(content), due, strict=True):
        assert event["dtstart"].dt == expected.day
        assert event["dtstart"].params["VALUE"] == "DATE"
        assert (event["dtend"].dt - expected.day).days == 1
        assert event["dtstamp"].dt == datetime(2024, 1, 31, tzinfo=UTC)
        assert str(event["summary"]) == expected.summary
        assert str(event["description"]) == "\n".join(expected.details)
        assert tuple(str(c) for c in event["categories"].cats) == expected.categories
    assert len({str(e["uid"]) for e in events(content)}) == len(due)


def test_the_same_plan_is_the_same_file():
    assert ics(DOSSIER, PLAN) == ics(loads(CASE), PLAN)


def uids(plan: Plan) -> dict[str, str]:
    return {str(e["summary"]): str(e["uid"]) for e in events(ics(DOSSIER, plan))}


def test_an_event_that_moves_keeps_its_uid():
    later = Plan({**PLAN.entry, "release": date(2024, 7, 31)}, PLAN.share)
    before, after = uids(PLAN), uids(later)
    for summary in ("=Up: +Release water", "Verified: =Up: +Release water", "Down: scrap"):
        assert before[summary] == after[summary]
    other = apply(DOSSIER, {"title": "Another case"})
    assert {str(e["uid"]) for e in events(ics(other, PLAN))}.isdisjoint(before.values())


def revisions(content: bytes) -> dict[str, tuple[int, str]]:
    """Of each event its revision, and whether it is cancelled; its times say the revision, too."""
    for event in events(content):
        moved = datetime(2024, 1, 31, tzinfo=UTC) + timedelta(seconds=int(event["sequence"]))
        assert event["dtstamp"].dt == event["last-modified"].dt == moved
    return {str(e["summary"]): (int(e["sequence"]), str(e.get("status", ""))) for e in events(content)}


def test_what_moves_is_one_revision_on_and_the_rest_is_not():
    """Release is moved, then moved back; then it is dropped. A calendar takes a date over where SEQUENCE has grown."""
    later = Plan({**PLAN.entry, "release": date(2024, 7, 31)}, PLAN.share)
    first = ics(DOSSIER, PLAN)
    assert set(revisions(first).values()) == {(0, "")}
    assert ics(DOSSIER, PLAN, first) == first
    second = ics(DOSSIER, later, first)
    assert revisions(second)["=Up: +Release water"] == (1, "")
    assert revisions(second)["Verified: =Up: +Release water"] == (1, "")
    assert revisions(second)["Down: scrap"] == (0, "")
    third = ics(DOSSIER, PLAN, second)
    assert revisions(third)["=Up: +Release water"] == (2, "")
    without = ics(DOSSIER, Plan({**PLAN.entry, "release": None}, PLAN.share), third)
    assert revisions(without)["=Up: +Release water"] == (3, "CANCELLED")
    assert ics(DOSSIER, Plan({**PLAN.entry, "release": None}, PLAN.share), without) == without
    assert revisions(ics(DOSSIER, PLAN, without))["=Up: +Release water"] == (4, "")
    for other in (b"no calendar", b"BEGIN:VCALENDAR\r\nPRODID:x\r\nEND:VCALENDAR\r\n"):
        assert ics(DOSSIER, PLAN, other) == first


def test_lines_are_folded_and_nothing_breaks_out_of_them():
    """At most 75 octets a line, cut between characters; a title cannot begin an event of its own."""
    nasty = "漢字" * 60 + "\nEND:VEVENT\nBEGIN:VEVENT \\n, ; : '"
    dossier = apply(DOSSIER, {"measures.release.title": nasty, "title": nasty})
    content = ics(dossier, PLAN)
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any("\ufffd" in line.decode("utf-8", errors="replace") for line in lines)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert lines.count(b"BEGIN:VEVENT") == len(due_dates(dossier, PLAN))
    assert str(events(content)[0]["summary"]) == "=Up: " + "漢字" * 60 + " END:VEVENT BEGIN:VEVENT \\n, ; : '"


def test_korea(korea: Designed):
    """One event for each entry after signature; verification that takes time has its own."""
    found = due_dates(korea.dossier, korea.plan)
    standing = korea.dossier.state.in_force
    entered = {m: day for m, day in korea.plan.entry.items() if day is not None and m not in standing}
    parts = {m: [day for day, _ in rises] for m, rises in korea.plan.share.items()}
    expected = {f"{m} {n}" if n else m: day for m in entered for n, day in enumerate(parts.get(m, [entered[m]]))}
    assert {d.subject: d.day for d in found if d.kind == "enters"} == expected
    verified = {d.subject.split()[0] for d in found if d.kind == "verified"}
    assert {m for m in entered if korea.dossier.measures[m].verification is not None} == verified
    minimal = [r.by for r in korea.dossier.success.minimal]
    assert {day for day in minimal if day is not None} <= {d.day for d in found if d.kind == "deadline"}
    assert len(events(ics(korea.dossier, korea.plan))) == len(found)
