"""Every kind of condition can be said in words, whoever fails it."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from detente.dossier import loads, starter
from detente.model.judge.check import Slack
from detente.model.judge.timing import Kind
from detente.report.kit.words import number
from detente.report.roadmap import conditions

DOSSIER = loads(starter())


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_failure_says_who_when_and_by_how_much(kind):
    row = Slack(
        kind, "north", "south", "release_water", "before", date(2025, 4, 1), 1.0, 3.5, -2.5, note="the note", name="it"
    )
    said = conditions.failed(DOSSIER, row)
    assert said.endswith(".")
    assert conditions.remedy(row)
    if kind in ("consent", "breakout", "covert", "exposure", "secret_exposure"):
        assert "North" in said
        assert "2.5" in said
        assert kind == "consent" or "1 Apr 2025" in said
    else:
        assert "the note" in said


@pytest.mark.parametrize(
    ("note", "remedy"),
    [
        ("relief needs freeze, which the plan never completes", "add what it needs to the plan, or leave it out"),
        ("relief enters 0.5 years too early: it takes 1 years after freeze", "move it to a later grid date"),
    ],
)
def test_what_mends_an_order_hangs_on_whether_what_is_needed_comes_at_all(note, remedy):
    assert conditions.remedy(Slack("order", measure="relief", slack=-1.0, note=note)) == remedy


def test_the_most_dangerous_moment_in_a_sentence():
    row = Slack("breakout", "north", None, None, "before", date(2025, 4, 1), 12.3, 11.9, 0.4)
    a_year = number(0.4 * DOSSIER.parties["north"].discount.value)
    assert conditions.dangerous(DOSSIER, row) == (
        "On 1 Apr 2025, just before that day's steps, North is closest to breaking out openly. Keeping the deal is "
        f"then worth 12.3 points to it, breaking out 11.9: a margin of 0.4 points ({a_year} a year, 3.25 % of what it "
        "would keep)."
    )
    assert conditions.margin(row) == "0.4"


def test_leaving_is_named_where_it_is_part_of_the_temptation():
    leaves = {"leaves": date(2026, 2, 3), "leaves_years": 1.084, "leaves_moment": "between"}
    row = Slack("covert", "north", None, "release_water", "between", date(2025, 5, 20), 3.0, 2.0, 1.0, **leaves)
    said = conditions.dangerous(DOSSIER, row)
    assert said.startswith(
        "Just after 20 May 2025, North is closest to cheating in secret on “Release water in the dry season” and"
    )
    assert "and, if not found out by then, breaking openly just after 3 Feb 2026. Keeping" in said


def test_a_failure_to_hold_a_limit_adds_up_as_printed():
    row = Slack("exposure", "south", "north", None, "after", date(2025, 4, 1), -32.04, -25.0, -7.04)
    assert conditions.failed(DOSSIER, row) == (
        "If North broke out on 1 Apr 2025, just after that day's steps, South would have lost 32.0 points, 7.0 beyond "
        "its limit of 25.0."
    )
