"""Figures of a balance draw its own numbers, name the run, and make pictures and tables."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from detente.report.verification.balance import figures
from detente.verify.balance.closing import close_balance
from detente.verify.balance.files import practice_area


@pytest.fixture(scope="module")
def balance():
    return close_balance(practice_area())


@pytest.fixture(scope="module")
def drawn(balance):
    return figures(balance, "0123456789ab")


def test_every_figure_makes_a_picture_and_a_table_and_names_the_run(drawn):
    assert list(drawn) == ["balances", "tests", "drivers", "power", "delay"]
    for figure in drawn.values():
        assert figure.svg().startswith("<svg")
        assert len(figure.table.rows) == len(figure.rows) > 0
        assert "run 0123456789ab" in json.dumps(figure.spec(titled=True)).replace('", "', " ")
    assert drawn["balances"].png(scale=1).startswith(b"\x89PNG")


def test_figures_draw_the_numbers_of_the_balance(balance, drawn):
    for row, period in zip(drawn["balances"].rows, balance.periods, strict=True):
        assert (row["period"], row["muf_kg"], row["cumuf_kg"]) == (period.name, period.muf_kg, period.cumuf_kg)
        assert row["muf_limit_kg"] == balance.verdict("muf").threshold * period.sigma_kg
    alarms = [i + 1 for i, row in enumerate(drawn["tests"].rows) if row["page"] > row["page_limit"]]
    assert tuple(alarms) == balance.verdict("page").alarms
    assert sum(row["share"] for row in drawn["drivers"].rows) == pytest.approx(1.0)
    last = [row["chance"] for row in drawn["delay"].rows if row["period"] == balance.periods[-1].name]
    assert last == pytest.approx(list(balance.verdict("page").detects.values()))


def test_curves_start_at_the_false_alarm_rate_and_stay_below_the_bound(balance, drawn):
    by_test: dict[str, list[float]] = {}
    for row in drawn["power"].rows:
        by_test.setdefault(str(row["test"]), []).append(row["chance"])
    bound, *tests = by_test.values()
    for curve in (bound, *tests):
        assert curve[0] == pytest.approx(balance.false_alarm_rate, abs=1e-6)
        assert all(a <= b + 1e-9 for a, b in pairwise(curve))
    for curve in tests:
        assert all(seen <= best + 1e-7 for seen, best in zip(curve, bound, strict=True))


def test_one_balance_is_drawn_too():
    from dataclasses import replace

    area = practice_area()
    first = tuple(m for m in area.measurements if m.period <= 1)
    for figure in figures(close_balance(replace(area, periods=area.periods[:1], measurements=first))).values():
        assert figure.svg().startswith("<svg")
