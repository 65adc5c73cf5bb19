"""A closed balance: its numbers are those of the parts, its words those of the numbers, and none is missing."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import DossierError, UsageError
from detente.report.verification.balance_page import headline, mark, page
from detente.report.verification.balance_page import test_rows as rows_of_tests
from detente.verify.balance.area import BalanceArea, Measurement
from detente.verify.balance.checks import check_area
from detente.verify.balance.closing import PATTERNS, Balance, close_balance, in_words
from detente.verify.balance.files import practice_area
from detente.verify.balance.losses import simulate
from tests.verify.balances import area, area_of, areas, vectors


def numbers(balance: Balance) -> list[float]:
    """Every number that a balance says."""
    found = [float(getattr(p, f.name)) for p in balance.periods for f in fields(p) if f.name != "name"]
    found += [p.ratio for p in balance.periods] + [d.share for d in balance.drivers] + list(balance.bounds.values())
    for v in balance.verdicts:
        found += [*v.statistic, v.threshold, v.false_alarm_rate, *v.detects.values()]
        found += [float(x) for t in v.times.values() for x in t.at]
    for c in balance.compared:
        d = c.difference
        found += [c.covered, c.muf_kg, d.d_kg, d.sigma_kg, d.threshold_kg, d.false_alarm_rate, d.detects(1.0)]
    return [*found, balance.seen_for_sure_kg, *(float(x) for m in balance.patterns.values() for x in m)]


def test_a_closed_balance_says_the_known_answers(shared):
    known = vectors(shared)
    made = area_of(known["muf_covariance_compact"]["inputs"])
    balance = close_balance(made)
    expected = {
        "muf_kg": known["muf_sequence_compact"]["expected"]["muf"],
        "cumuf_kg": known["muf_sequence_compact"]["expected"]["cumuf"],
        "sigma_kg": known["muf_covariance_compact"]["expected"]["sigma_muf"],
        "sigma_cumuf_kg": known["muf_covariance_compact"]["expected"]["sigma_cumuf"],
        "sitmuf": known["sitmuf_mufr_compact"]["expected"]["sitmuf"],
        "mufr_kg": known["sitmuf_mufr_compact"]["expected"]["mufr"],
        "sigma_mufr_kg": known["sitmuf_mufr_compact"]["expected"]["sd_mufr"],
        "page": known["sitmuf_mufr_compact"]["expected"]["page_k0.5"],
        "gemuf": known["gemuf_compact"]["expected"]["gemuf_v1"],
        "gemuf_v5b3": known["gemuf_compact"]["expected"]["v5b3_stat_undefined_as_zero"],
    }
    for name, values in expected.items():
        assert [getattr(p, name) for p in balance.periods] == pytest.approx(values, abs=1e-9), name
    assert balance.verdict("page").threshold == pytest.approx(2.63016, abs=1e-5)
    assert balance.alarmed == ()
    assert "No test alarms" in " ".join(balance.summary)


def test_the_practice_area_has_lost_something():
    balance = close_balance(practice_area())
    assert balance.findings == ()
    assert {v.test for v in balance.alarmed} >= {"cumuf", "page"}
    words = " ".join(balance.summary)
    assert "Page's test" in words
    assert "process" in words
    assert balance.verdict("page").alarms[0] > 5, "nothing is lost before June"


@settings(max_examples=40)
@given(areas(), st.floats(0.01, 0.3), st.floats(0.1, 50))
def test_every_number_is_one_and_all_agree(made, rate, loss):
    if any(f.severity == "error" for f in check_area(made)):
        with pytest.raises(DossierError):
            close_balance(made)
        return
    balance = close_balance(made, loss_kg=loss, false_alarm_rate=rate)
    assert all(math.isfinite(x) for x in numbers(balance))
    assert sum(d.share for d in balance.drivers) == pytest.approx(1.0)
    for p in balance.periods:
        assert p.muf_kg == pytest.approx(p.opening_kg + p.inputs_kg - p.outputs_kg - p.closing_kg, abs=1e-9)
    for name in PATTERNS:
        assert balance.patterns[name].sum() == pytest.approx(loss)
        for v in (v for v in balance.verdicts if name in v.detects):
            assert 0.0 <= v.detects[name] <= 1.0
            if v.test != "muf":
                assert v.detects[name] <= balance.bounds[name] + 1e-5, v.test
    assert balance.verdict("cumuf").detects["hardest"] == pytest.approx(balance.bounds["hardest"], abs=1e-9)


def test_the_period_where_a_loss_is_hardest_to_see():
    balance = close_balance(practice_area(), loss_kg=1.0)
    inverse = np.linalg.inv(balance.covariance)
    assert np.argmax(balance.patterns["at_once"]) == np.argmin(np.diag(inverse))


def test_a_known_opening_makes_the_first_balance_sharper():
    measured = practice_area()
    known = close_balance(measured.with_known_opening())
    assert known.periods[0].sigma_kg < close_balance(measured).periods[0].sigma_kg


def good() -> list[Measurement]:
    rows = [Measurement(b, "store", "inventory", 10.0, 0.01, 0.0, line=b + 2) for b in range(5)]
    rows += [Measurement(i, "in", "input", 5.0, 0.01, 0.005, "scale", id=f"i{i}", line=10 + i) for i in range(1, 5)]
    return rows + [Measurement(i, "out", "output", 5.0, 0.01, 0.005, "scale", line=20 + i) for i in range(1, 5)]


def codes(rows: list[Measurement]) -> dict[str, str]:
    return {f.code: f.severity for f in check_area(area(rows))}


def altered(row: int, **changes: object) -> list[Measurement]:
    rows = good()
    rows[row] = replace(rows[row], **changes)
    return rows


def test_what_is_good_has_no_findings():
    assert codes(good()) == {}


@pytest.mark.parametrize(
    ("rows", "code", "severity"),
    [
        (altered(6, id="i1"), "balance.repeated", "error"),
        (good()[:2] + good()[3:], "balance.missing_inventory", "error"),
        (good()[5:], "balance.missing_inventory", "error"),
        (altered(6, amount_kg=5000.0), "balance.unit", "warning"),
        (altered(6, amount_kg=0.005), "balance.unit", "warning"),
        (altered(6, systematic=0.01), "balance.instrument", "warning"),
        (altered(6, random=0.0, systematic=0.0), "balance.zero_variance", "warning"),
        ([replace(m, random=0.0, systematic=0.0) for m in good()], "balance.zero_variance", "error"),
        ([replace(m, random=0.0) for m in good()], "balance.zero_variance", "error"),
        (altered(6, amount_kg=15.0), "balance.sums", "warning"),
        (altered(2, amount_kg=15.0), "balance.sums", "warning"),
        ([m for m in good() if m.kind == "inventory" or m.period != 3], "balance.no_flows", "note"),
    ],
)
def test_what_is_wrong_is_found(rows, code, severity):
    assert codes(rows).get(code) == severity
    found = check_area(area(rows))
    assert all(f.remedy and f.message for f in found)
    if severity == "error":
        with pytest.raises(DossierError):
            close_balance(area(rows))


def test_one_wrong_inventory_is_named():
    found = [f for f in check_area(area(altered(2, amount_kg=15.0))) if f.code == "balance.sums"]
    assert len(found) == 2
    assert all("inventory at the end of 2" in f.remedy for f in found)


def test_an_item_may_stand_in_several_inventories():
    rows = good()
    rows += [Measurement(b, "vault", "inventory", 2.0, 0.01, 0.0, id="can 7") for b in range(5)]
    assert codes(rows) == {}
    rows.append(Measurement(3, "attic", "inventory", 2.0, 0.01, 0.0, id="can 7"))
    assert "balance.repeated" in codes(rows)


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        ({"loss_kg": 0.0}, "a loss is"),
        ({"false_alarm_rate": 0.7}, "a false-alarm rate is"),
        ({"k": -1.0}, "k of Page's test is"),
        ({"loss_kg": float("nan")}, "a loss is"),
    ],
)
def test_what_cannot_be_asked(ask, named):
    with pytest.raises(UsageError, match=named):
        close_balance(area(good()), **ask)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"period": 0}, "balance.period"),
        ({"period": 9}, "balance.period"),
        ({"amount_kg": float("nan")}, "balance.number"),
        ({"amount_kg": float("inf")}, "balance.number"),
        ({"amount_kg": -1.0}, "balance.number"),
        ({"random": float("nan")}, "balance.number"),
        ({"systematic": -0.1}, "balance.number"),
        ({"items": 0}, "balance.number"),
    ],
)
def test_areas_made_in_python_are_checked_as_files_are(changes, code):
    made = area(good()[:5] + altered(6, **changes)[5:]) if "period" not in changes else None
    made = made or BalanceArea("four", ("1", "2", "3", "4"), tuple(altered(6, **changes)))
    assert {f.code for f in check_area(made)} == {code}
    with pytest.raises(DossierError):
        close_balance(made)
    with pytest.raises(DossierError):
        simulate(made, 10, 1)


def test_a_small_balance_beside_a_large_one_has_an_error_of_its_own():
    """A million times smaller, each empty before and after: neither hides the other."""
    rows = [Measurement(b, "store", "inventory", 0.0, 0.01, 0.0) for b in range(3)]
    rows += [Measurement(i, k, k, m, 0.01, 0.0) for i, m in ((1, 1000.0), (2, 1e-3)) for k in ("input", "output")]
    balance = close_balance(area(rows))
    assert [p.sigma_kg for p in balance.periods] == pytest.approx([10 * 2**0.5, 1e-5 * 2**0.5])
    assert all(math.isfinite(x) for x in numbers(balance))


def surplus() -> BalanceArea:
    return area([m if m.kind != "output" else replace(m, amount_kg=5.5) for m in good()])


def test_more_than_errors_explain_is_not_good_news():
    """A test of losses says nothing of a surplus; the answer does."""
    balance = close_balance(surplus(), k=9.0)
    assert balance.surplus
    assert "2 kg more are there than there should be" in balance.summary[0]
    assert "−" not in headline(balance)
    assert "2 kg more are there" in headline(balance)
    assert mark(balance) != "yes"
    quiet = replace(balance, verdicts=tuple(replace(v, alarms=()) for v in balance.verdicts))
    assert mark(quiet) == "open"
    assert "more is there than errors explain" in headline(quiet)
    fine = close_balance(area(good()))
    assert (fine.surplus, mark(fine)) == (False, "yes")


def test_what_does_not_add_up_is_said_in_words():
    said = page(close_balance(area(altered(2, amount_kg=15.0)))).said
    assert sum("look at the inventory at the end of 2" in s for s in said) == 2


def test_of_many_alarms_the_first_are_named():
    balance = close_balance(practice_area())
    assert balance.named((1, 2)) == "2019-01-31, 2019-02-28"
    assert balance.named(tuple(range(1, 13))).endswith("2019-06-30 and 6 more")


def test_no_alarm_is_said_once():
    quiet = replace(close_balance(area(good())), findings=())
    said = page(quiet)
    assert not quiet.alarmed
    assert " ".join((said.headline, *said.said)).count("No test alarms") == 1
    assert said.said[0] == "Each test alarms with a chance of 5 % by error alone."


def test_a_chance_is_not_called_certain():
    assert [in_words(x) for x in (0.0, 0.001, 0.05, 0.99, 0.9999, 1.0)] == [
        "0%",
        "less than 1%",
        "5%",
        "99%",
        "more than 99%",
        "more than 99%",
    ]
    sure = close_balance(practice_area(), loss_kg=1e4)
    assert sure.verdict("cumuf").detects["even"] == 1.0
    assert "with more than 99%" in sure.summary[2]
    assert {r["sees_even"] for r in rows_of_tests(sure)} == {None, "> 99.9 %"}
    rows = [r for r in rows_of_tests(close_balance(practice_area())) if r["test"] == "Page's test of SITMUF"]
    assert rows[0]["sees_even"] == "> 99.9 %"


def test_a_rate_that_no_threshold_gives_is_not_claimed():
    """With k = 3 a single balance alarms with 0.1 % even at threshold 0, not with the 5 % asked for."""
    one = BalanceArea("one", ("1",), tuple(m for m in good() if m.period < 2))
    page_test = close_balance(one, k=3.0).verdict("page")
    assert page_test.threshold == 0.0
    assert page_test.false_alarm_rate == pytest.approx(0.00135, abs=1e-5)


def test_an_area_can_be_short():
    one = BalanceArea("one", ("2019",), tuple(m for m in good() if m.period < 2))
    balance = close_balance(one)
    assert len(balance.periods) == 1
    assert all(math.isfinite(x) for x in numbers(balance))
    assert "over the balance" in balance.summary[0]
