"""Numbers and lengths of time as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.dossier import apply, loads, starter
from detente.model.judge.check import Slack
from detente.report.kit.words import adding, expectation, number, several, signed, when, years
from tests.report.conftest import BARE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1234567.8, "1,234,568"),
        (1071.2, "1,071"),
        (99.96, "100"),
        (59.997, "60"),
        (28.38, "28.4"),
        (-8.216, "−8.22"),
        (0.19, "0.19"),
        (0.0032978, "0.0033"),
        (0.00012345, "0.000123"),
        (-1e-12, "0"),
        (None, "–"),
        (math.nan, "–"),
        (-math.inf, "−∞"),
    ],
)
def test_number(value, text):
    assert number(value) == text


@given(st.floats(min_value=1e-4, max_value=1e9))
def test_a_number_is_right_to_three_digits(value):
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.0051)
    assert number(-value) == f"−{number(value)}"


@pytest.mark.parametrize(
    ("triple", "texts"),
    [
        ((1071.14, 1042.76, 28.38), ("1,071.1", "1,042.7", "28.4")),
        ((60, 59.94, 0.06), ("60.0", "59.9", "0.1")),
        ((60, 59.97, 0.03), ("60.00", "59.97", "0.03")),
        ((60, 168, -108), ("60.0", "168.0", "−108.0")),
        ((5.25, 5.25, 0.0), ("5.25", "5.25", "0.00")),
        ((0, 0, 0), ("0.0", "0.0", "0.0")),
        ((-0.0, 1e-12, -1e-12), ("0.0", "0.0", "0.0")),
    ],
)
def test_a_difference_adds_up_as_printed(triple, texts):
    assert adding(*triple) == texts


def test_signed():
    assert [signed(v) for v in (2.5, -2.5, 0.0, None)] == ["+2.5", "−2.5", "0", "–"]


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "at once"),
        (7 / 365.25, "7 days"),
        (1 / 365.25, "1 day"),
        (1 / 12, "1 month"),
        (0.75, "9 months"),
        (1, "1 year"),
        (1.5, "18 months"),
        (2.5, "2.5 years"),
        (1.5 / 12, "1.5 months"),
    ],
)
def test_years(length, text):
    assert years(length) == text


def test_values_are_said_to_be_expectations_where_somebody_may_walk_out():
    dossier = loads(starter())
    assert expectation(dossier) == ""
    tired = apply(dossier, {"shocks.tired": {"ends": "north", "rate": "0 %/year"}})
    assert expectation(tired) == ""
    vote = {"shocks.tired.rate": "5 %/year", "shocks.vote": {"ends": "south", "at": "2026-05-04", "chance": "20 %"}}
    assert expectation(apply(tired, vote)) == (
        "Values are expectations: the deal may end by itself, where North (at any time) or South (on 4 May 2026) "
        "walks out."
    )


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (1.0, "on 1 Jan 2025, just before that day's steps"),
        (11 / 12, "on 1 Dec 2024, when an answer would still come before a later date"),
        (0.4, "on 25 May 2024, just before something has stopped growing"),
        (0.3, "on 19 Apr 2024, between two dates"),
    ],
)
def test_a_moment_off_the_grid_says_no_more_of_itself_than_is_true(at, said):
    grows = {"measures.do.effects.x.per_year": {"rate": 1, "for": f"{0.4 * 12} months"}}
    dossier = apply(loads(BARE), grows)
    row = Slack("breakout", "a", moment="before", date=dossier.grid.day(at), years=at)
    assert when(dossier, row) == said


def test_several():
    assert [several(list("ABC"[:n])) for n in range(4)] == ["", "A", "A and B", "A, B and C"]
