"""Files of sites and of strata: what is read, what is refused and where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from detente.errors import UsageError
from detente.verify.inspection.files import BUNDLED, STRATA, read_inspections, read_strata, strata_of
from detente.verify.inspection.inspected import inspect
from detente.verify.inspection.plan import Inspections, ViolationSite, days_to_deter, judge_visits, plan_inspections
from detente.verify.inspection.sampling import Method, Sample
from detente.verify.inspection.timing import Channel, constant, periodic

GOOD = """\
inspections: 1
title: Two sites
start: 2020-02-29
days: 40
discount: 0.08 /year
channels:
  satellites: {detects: 20 %/year, false_alarms: 5 %/year}
  flights: {visits: {every: 3 months, detects: 30 %}, group: air}
sites:
  reactor: {gain: 20 /year, caught: 60, days: 3, detects: 50 %, channels: [satellites, flights]}
  store:
    gain: 30
    caught: 60
    days: 4
    sample: {items: 40, mean: 2000 g, goal: 8 kg, methods: [{drawn: 10, sd: 10 %}, {drawn: 3, sd: 1 %}]}
"""


def written(folder: Path, text: str, name: str = "sites.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_what_python_would(tmp_path):
    assignment, findings = read_inspections(written(tmp_path, GOOD))
    assert findings == []
    satellites = Channel("satellites", constant(-np.log(0.8)), constant(-np.log(0.8)), None, -np.log(0.95))
    flights = Channel("flights", periodic(0.25, 0.3), periodic(0.25, 0.3, "average"), "air")
    sample = Sample(40, 2.0, 8.0, (Method(10, 0.1), Method(3, 0.01)))
    sites = (
        ViolationSite("reactor", 20, 60, 3, detects=0.5, channels=(satellites, flights)),
        ViolationSite("store", 30, 60, 4, sample=sample),
    )
    by_hand, _ = plan_inspections(Inspections(sites, 40, 0.08))
    plan = inspect(assignment).plan
    assert plan.visits == by_hand.visits
    assert [s.value for s in plan.sites] == pytest.approx([s.value for s in by_hand.sites])
    assert plan.false_alarm == pytest.approx(by_hand.false_alarm)


MISTAKES = [
    ("caught: 60, days: 3", "caught: -60, days: 3", "inspect.number", 10),
    ("days: 3", "days: 3.5", "inspect.type", 10),
    ("detects: 50 %", "detects: 150 %", "inspect.number", 10),
    ("gain: 20 /year", "gian: 20 /year", "inspect.unknown_field", 10),
    ("[satellites, flights]", "[satelites, flights]", "inspect.unknown_channel", 10),
    ("every: 3 months", "every: 0", "inspect.channel", 8),
    ("discount: 0.08 /year", "discount: 0 /year", "inspect.discount", 5),
    ("discount: 0.08 /year\n", "", "inspect.missing", 1),
    ("detects: 50 %, ", "", "inspect.detects", 10),
    ("drawn: 10", "drawn: 50", "inspect.sample", 15),
    ("2000 g", "2000 m", "inspect.number", 15),
    ("days: 40", "days: [40", "inspect.yaml", None),
]


@pytest.mark.parametrize(("right", "wrong", "code", "line"), MISTAKES, ids=[m[1] or m[0] for m in MISTAKES])
def test_a_mistake_is_found_at_its_line(tmp_path, right, wrong, code, line):
    assert right in GOOD
    assignment, findings = read_inspections(written(tmp_path, GOOD.replace(right, wrong, 1)))
    assert assignment is None
    assert code in {f.code for f in findings}
    found = next(f for f in findings if f.code == code)
    assert found.remedy
    assert found.file.endswith("sites.yaml")
    assert line is None or found.line == line


def test_a_site_may_be_called_as_a_case_calls_it(tmp_path):
    assignment, findings = read_inspections(written(tmp_path, GOOD.replace("  reactor:", "  centrifuge hall:")))
    assert findings == []
    assert [s.name for s in assignment.task.sites] == ["centrifuge hall", "store"]
    _, (found,) = read_inspections(written(tmp_path, GOOD.replace("  reactor:", "  '':")))
    assert found.code == "inspect.name"


def test_sites_are_no_table(tmp_path):
    _, (found,) = read_inspections(written(tmp_path, "site,days\n", "sites.csv"))
    assert (found.code, found.message) == ("inspect.file", "sites are written in YAML, not as a table")


def test_a_file_that_is_not_there():
    _, (found,) = read_inspections("yongbyon-2081")
    assert (found.code, found.remedy) == ("inspect.file", "did you mean 'yongbyon-2018'?")


@pytest.mark.parametrize("name", BUNDLED)
def test_what_comes_with_the_program_deters_and_says_so(name):
    found = inspect(read_inspections(name)[0])
    task = found.plan.task
    assert found.plan.complies
    assert found.deters == days_to_deter(task)
    assert 0 < found.deters < task.days
    below = next(e for e in found.efforts if e.days == 0)
    assert below.value > 0
    assert [e.value for e in found.efforts] == sorted((e.value for e in found.efforts), reverse=True)
    for s in found.plan.sites:
        assert s.holds_at <= s.site.caught
        (turned,), _ = judge(replace(task, sites=(replace(s.site, caught=s.holds_at),)), {s.site.name: s.visits})
        assert turned.value == pytest.approx(0, abs=1e-9)


def judge(task: Inspections, visits: dict[str, int]):
    plan, findings = judge_visits(task, visits)
    return plan.sites, findings


def test_without_a_budget_it_asks_for_one(tmp_path):
    assignment, _ = read_inspections(written(tmp_path, GOOD.replace("days: 40\n", "")))
    with pytest.raises(UsageError, match="‘days’"):
        inspect(assignment)
    assert inspect(assignment, days=20).plan.days <= 20


TABLE = "stratum,items,mean,share,effort\npowder,60,0.5 kg,,1\nrods,40,2 kg,50 %,1.5\n"


def test_strata_from_a_table_and_from_yaml_are_the_same(tmp_path):
    file, findings = read_strata(written(tmp_path, TABLE, "store.csv"))
    assert findings == []
    text = "strata:\n  powder: {items: 60, mean: 500 g}\n  rods: {items: 40, mean: 2, share: 50 %, effort: 1.5}\n"
    same, _ = read_strata(written(tmp_path, text))
    assert strata_of(file) == strata_of(same)
    assert file.title == "store"
    for name in STRATA:
        assert read_strata(name)[0].strata


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace(",", ";").replace(".", ","),
        "sep=;\n" + TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        "\ufeff" + TABLE.replace("stratum,items,mean", "Stratum, Items ,MEAN"),
    ],
)
def test_strata_from_a_table_in_any_manner(tmp_path, text):
    same, _ = read_strata(written(tmp_path, TABLE, "store.csv"))
    file, findings = read_strata(written(tmp_path, text, "other.CSV"))
    assert findings == []
    assert strata_of(file) == strata_of(same)


def test_strata_from_a_workbook(tmp_path):
    book = Workbook()
    for row in TABLE.splitlines():
        book.active.append([int(c) if c.isdigit() else c or None for c in row.split(",")])
    book.save(tmp_path / "store.xlsx")
    file, findings = read_strata(tmp_path / "store.xlsx")
    assert findings == []
    assert strata_of(file) == strata_of(read_strata(written(tmp_path, TABLE, "store.csv"))[0])


@pytest.mark.parametrize(
    ("right", "wrong", "code", "line"),
    [
        ("stratum,", "name,", "inspect.column", 1),
        ("rods,40", "powder,40", "inspect.column", 3),
        ("rods,40", "rods,forty", "inspect.type", 3),
        ("rods,40", "rods,0", "inspect.number", 3),
        ("2 kg", "", "inspect.missing", 3),
        ("50 %", "150 %", "inspect.number", 3),
        ("effort", "efort", "inspect.unknown_field", 2),
    ],
)
def test_a_mistake_in_a_table_is_found_at_its_line(tmp_path, right, wrong, code, line):
    file, findings = read_strata(written(tmp_path, TABLE.replace(right, wrong, 1), "store.csv"))
    assert file is None
    assert (code, line) in {(f.code, f.line) for f in findings}


def test_what_is_wrong_with_strata_is_said_in_the_words_of_strata(tmp_path):
    _, (finding,) = read_strata(written(tmp_path, TABLE.replace("rods,40", "rods,0"), "store.csv"))
    said = "a number of at least 1"
    assert (finding.message, finding.remedy) == (f"expected {said}, found 0", f"write {said}")
    _, (finding,) = read_strata(written(tmp_path, "- 1\n", "store.yaml"))
    assert "practice-store" in finding.remedy


BITS = st.sampled_from(
    [",", ";", "\t", "\n", ": ", "1,5", "−1", "\u00a0", '"', "[", "}", "&a", "\x00", "0", "-1", "1e999", ""]
)


@given(st.data())
def test_whatever_is_written_is_answered_with_findings(tmp_path_factory, data):
    """Sites in YAML, strata in YAML and in a table, with a few stretches cut out or replaced."""
    yaml = "strata:\n  powder: {items: 60, mean: 500 g}\n  rods: {items: 40, mean: 2, share: 50 %, effort: 1.5}\n"
    name, text, read = data.draw(
        st.sampled_from(
            [("a.yaml", GOOD, read_inspections), ("b.yaml", yaml, read_strata), ("c.csv", TABLE, read_strata)]
        )
    )
    for _ in range(data.draw(st.integers(1, 3))):
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.sampled_from([0, 1, 5]))
        text = text[:at] + data.draw(BITS) + text[at + length :]
    found, findings = read(written(tmp_path_factory.getbasetemp(), text, name))
    assert (found is None) == any(f.severity == "error" for f in findings)
    assert all(f.code.startswith("inspect.") and f.file.endswith(name) for f in findings)
