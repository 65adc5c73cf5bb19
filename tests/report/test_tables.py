"""Tables say what the assessment says; their files hold what the page shows and cannot be run."""

from __future__ import annotations

import csv
import io
import math
from datetime import date

import pytest

from detente.design.questions.assessment import assess
from detente.dossier import loads
from detente.errors import Finding
from detente.report.assessment.inputs import USED
from detente.report.assessment.tables import _findings, tables
from detente.report.kit.page import shown
from detente.report.kit.table import FORMULA, Table, plain
from tests.report.conftest import FINDINGS

WITHOUT_A_PLAN = {"verdicts", "demands", "terms", "side_conditions", "assumptions", "inputs", "sources", "history"}
RESTS_ON = {"walkouts", "threats", "forgiving"}
WITH_A_PLAN = {"roadmap", "steps", "values", "temptation", "exposure", "verification", "success"} | RESTS_ON


def test_each_table_is_there_where_it_has_rows(everything, nothing, bare):
    assert set(tables(everything)) == WITHOUT_A_PLAN | WITH_A_PLAN
    assert set(tables(everything, FINDINGS)) == WITHOUT_A_PLAN | WITH_A_PLAN | {"findings"}
    assert set(tables(nothing)) == WITHOUT_A_PLAN
    at_least = {"verdicts", "roadmap", "steps", "values", "temptation", "assumptions", "inputs"}
    assert set(tables(bare)) == at_least | {"walkouts"}


@pytest.mark.parametrize("name", ["everything", "starter", "bare", "nothing", "stopped"])
def test_a_csv_is_its_table(name, request):
    for table in tables(request.getfixturevalue(name), FINDINGS).values():
        header, *rows = csv.reader(io.StringIO(table.csv()))
        assert header == list(table.columns)
        assert rows == [[plain(cell) for cell in row] for row in table.rows]


def test_a_csv_holds_numbers_in_full_and_dates_as_iso():
    table = Table.of("t", ["a", "b", "c", "d", "e"], [[-1 / 3, date(2024, 2, 29), True, None, float("nan")]])
    assert table.csv() == "a,b,c,d,e\r\n-0.3333333333333333,2024-02-29,yes,,\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_text_is_a_formula(text):
    assert plain(text) == f"'{text}"
    assert plain(f"a{text}") == f"a{text}"


def test_no_file_holds_a_formula(everything):
    for table in tables(everything, FINDINGS).values():
        for row, cells in zip(table.rows, csv.reader(io.StringIO(table.csv().split("\r\n", 1)[1])), strict=True):
            for value, text in zip(row, cells, strict=True):
                assert isinstance(value, int | float) or not text.startswith(FORMULA)


def test_the_roadmap_is_the_plan(everything):
    rows = tables(everything)["roadmap"].rows
    entries = {m: d for m, d in everything.plan.entry.items() if d is not None}
    assert sorted(row[0] for row in rows) == sorted(entries.values())
    by_title = {str(row[2]).partition(" (in parts")[0]: row for row in rows}
    assert set(by_title) == {everything.dossier.measures[m].title or m for m in entries}
    # in force, who gives, what, takes, verified on, verified by, answers to a breach by
    freeze = next(row for title, row in by_title.items() if title.startswith("Freeze"))
    assert freeze[4:] == (date(2024, 9, 30), "Watcher", "West & Co and Watcher")
    assert by_title["meet"][1] == "East <i> and West & Co"
    assert by_title["meet"][6] == "East <i> and West & Co (the other stops), Watcher"
    assert by_title["Hotline"][3] == "already done"
    assert by_title["@Pay"][3] == "9 months"


def test_values_are_those_of_the_assessment(everything):
    rows = {row[0]: row for row in tables(everything)["values"].rows}
    east, watcher = rows["East <i>"], rows["Watcher"]
    worth = everything.values["east"]
    assert east[1:4] == (True, worth.present, worth.annual)
    assert east[4] == pytest.approx(3.0)
    assert east[5:] == (worth.walk_away, 0.0, worth.gain)
    assert watcher[5:] == (None, None, None)


LEAVING = """
detente: 1
title: Losses that grow, and a party that may leave
start: 2024-01-01
periods: [3 x 1 year]
interests: {x: {unit: u, worst: 0, best: 1}, y: {unit: u, worst: 0, best: 1}}
parties:
  a:
    discount: 0.1 /year
    stakes: {x: 2, y: -1}
    no_deal: {course: [[2024-01-01, 0 /year], [2026-01-01, -4 /year]]}
    response_time: 0
  b: {discount: 0.1 /year, stakes: {x: -1, y: 2}, response_time: 0}
measures:
  do: {by: b, effects: {x: {level: 1}}, undo: {in: 0}, verify: open}
  pay: {by: a, effects: {y: {level: 1}}, undo: {in: 0}, verify: open}
shocks: {leaves: {ends: b, rate: 0.1 /year}}
"""


@pytest.mark.parametrize(
    ("leaves", "spared"),
    [
        (0.0, 20 * (1 - math.exp(-0.2))),  # ρ·∫ of min(t/2, 1)·4·e^(−0.1t)
        (0.1, 5 * (1 - math.exp(-0.4))),  # and still in force with a chance of e^(−0.1t)
    ],
)
def test_spared_losses_count_all_of_a_course_and_exits(leaves, spared):
    a = assess(loads(LEAVING.replace("rate: 0.1", f"rate: {leaves}")), time_limit=30)
    table = tables(a)["values"]
    row = next(row for row in table.rows if row[0] == "a")
    assert row[table.columns.index("of which spared losses of no deal, a year")] == pytest.approx(spared, rel=1e-9)


def test_each_party_s_thinnest_margin_is_its_least_slack(everything):
    for row in tables(everything)["temptation"].rows:
        names = {p.name: p_id for p_id, p in everything.dossier.parties.items()}
        kind = {"breaking out": "breakout", "cheating in secret": "covert"}[row[1]]
        slacks = [s.slack for s in everything.proof.slacks if s.kind == kind and s.party == names[row[0]]]
        assert row[-1] == pytest.approx(min(slacks), abs=1e-9)


def test_demands_and_success_are_judged_on_the_plan(everything):
    met = {row[1]: row[4] for row in tables(everything)["demands"].rows}
    assert met == {"All now": False, "never that": True, "few guns": False, "order": True}
    prices = {row[1]: row[6] for row in tables(everything)["demands"].rows}
    assert prices["never that"] == "not for sale"
    assert prices["few guns"] == pytest.approx(2 / 0.0769610, rel=1e-4)
    assert [row[2] for row in tables(everything)["success"].rows] == [True, True, False]


def test_demands_without_a_plan_are_not_judged(nothing):
    assert {row[4] for row in tables(nothing)["demands"].rows} == {None}


def test_every_number_is_listed_with_its_source(everything):
    from detente.design.questions.sources import inputs

    rows = tables(everything)["inputs"].rows
    assert sorted(row[0] for row in rows) == sorted(i.path for i in inputs(everything.dossier))
    by_path = {row[0]: row for row in rows}
    text, value, low, high, shape, unit, source, confidence, used = by_path["parties.east.discount"][1:]
    assert (text, shape, unit, source, confidence) == (
        "6 %/year",
        "low, mode, high",
        "a year, continuous",
        "assumption: patient",
        "low",
    )
    assert low < value < high
    assert used
    assert by_path["measures.freeze.effects.guns.per_year.rate"][6] == "guns a year"
    assert [row[0].split(".")[0] for row in rows] == sorted(
        (row[0].split(".")[0] for row in rows), key=list(type(everything.dossier).model_fields).index
    )


def test_what_this_answer_does_not_use_is_marked(everything):
    """A course counts only where a condition bounds it; prices and preferences never do."""
    table = tables(everything)["inputs"]
    unused = {row[0] for row in table.rows if not row[table.columns.index(USED)]}
    assert unused == {
        "interests.talks.course.0.1",
        "demands.all_now.price",
        "demands.few_guns.price",
        "demands.few_guns.require.at_most",
        "demands.order.price",
    }


@pytest.mark.parametrize("name", ["temptation", "exposure", "values"])
def test_sums_add_up_as_printed(everything, name):
    table = tables(everything)[name]
    for row in shown(table):
        texts = [row[table.columns.index(c)][1].replace(",", "").replace("−", "-") for c in table.sum]
        if all(texts):
            whole, part, rest = map(float, texts)
            assert whole - part == pytest.approx(rest, abs=1e-9)
            assert part == pytest.approx(row[table.columns.index(table.sum[1])][0], abs=0.11)


def test_a_bundled_case_is_named_by_its_id():
    from detente.dossier import library

    finding = Finding("x", "note", "said", str(library.path_of("korea-2018")), 366, 3)
    assert _findings([finding]).rows[0][2] == "korea-2018:366:3"


def test_a_finding_names_the_file_not_the_folder(everything):
    (row,) = tables(everything, FINDINGS)["findings"].rows
    assert row[2] == "case.yaml:3:5"
