"""Every kind of condition can be said in words, whoever fails it."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from detente.dossier import loads, starter
from detente.model.judge.check import Slack
from detente.model.judge.timing import Kind
from detente.workbench import words

DOSSIER = loads(starter())


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_failure_says_who_when_and_by_how_much(kind):
    row = Slack(
        kind, "north", "south", "release_water", "before", date(2025, 4, 1), 1.0, 3.5, -2.5, note="the note", name="it"
    )
    said = words.failed(DOSSIER, row)
    assert said.endswith(".")
    assert words.remedy(row)
    if kind in ("consent", "breakout", "covert", "exposure", "secret_exposure"):
        assert "North" in said
        assert "2.5" in said
        assert kind == "consent" or "2025-04-01" in said
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
    assert words.remedy(Slack("order", measure="relief", slack=-1.0, note=note)) == remedy


def test_the_most_dangerous_moment_in_a_sentence():
    row = Slack("breakout", "north", None, None, "before", date(2025, 4, 1), 12.3, 11.9, 0.4)
    assert words.dangerous(DOSSIER, row) == (
        "On 2025-04-01, just before that day's steps, North is most tempted to break out: "
        "keeping the deal is worth 12.3, the temptation 11.9, slack 0.4 points."
    )


def test_leaving_is_named_where_it_is_part_of_the_temptation():
    leaves = {"leaves": date(2026, 2, 3), "leaves_years": 1.084, "leaves_moment": "between"}
    row = Slack("covert", "north", None, "release_water", "between", date(2025, 5, 20), 3.0, 2.0, 1.0, **leaves)
    assert words.dangerous(DOSSIER, row).startswith(
        "Just after 2025-05-20, North is most tempted to cheat in secret on “Release water in the dry season” and, "
        "if not found out by then, break openly just after 2026-02-03: keeping"
    )


def test_an_exposure_says_what_is_lost_of_what_can_be_borne():
    row = Slack("exposure", "south", "north", None, "after", date(2025, 4, 1), -5.0, -25.0, 20.0)
    said = words.exposed(DOSSIER, row)
    assert "North breaks out on 2025-04-01" in said
    assert "lost 5 of the 25 points" in said
    assert "never loses" in words.exposed(
        DOSSIER, Slack("exposure", "south", "north", keep=0.0, deviate=-25.0, slack=25.0)
    )


@pytest.mark.parametrize(
    ("keep", "deviate", "said"),
    [
        (12.34, 11.86, ("12.3", "11.9", "0.4")),
        (1046.04, 1045.96, ("1,046.04", "1,045.96", "0.08")),
        (-59.9968, -60.0, ("−59.997", "−60", "0.003")),
        (123456.4, 23456.3, ("123,456", "23,456", "100,000")),
        (5.0, 5.0, ("5", "5", "0")),
        (float("inf"), 5.0, ("∞", "5", "∞")),
        (None, None, ("–", "–", "–")),
    ],
)
def test_three_amounts_add_up_as_printed(keep, deviate, said):
    assert words.triple(keep, deviate) == said
