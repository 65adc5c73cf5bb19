"""What a fresh user stumbled over: places that cannot be written, what was changed, how a plan's failures are told."""

from __future__ import annotations

import re

import pytest

from detente.cli.say import finding_lines
from detente.errors import Finding
from detente.workbench import envelope
from tests.faces import write_plan

CHANGE = "parties.north.walk_away=1"


@pytest.mark.parametrize(
    "argv",
    [
        ("assess", "CASE", "--out", "file"),
        ("assess", "CASE", "--out", "file/report"),
        ("design", "CASE", "--out", "folder"),
        ("design", "CASE", "--out", "file/plan.json"),
        ("new", "folder"),
        ("new", "file/my.yaml"),
        ("sheets", "export", "CASE", "folder.xlsx"),
        ("sheets", "export", "CASE", "file/in.xlsx"),
        ("sheets", "export", "CASE", "file/in"),
        ("sheets", "export", "CASE", "file"),
        ("sheets", "import", "CASE", "folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_misuse_and_nothing_is_solved(detente, case, tmp_path, monkeypatch, argv):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.xlsx").mkdir()
    monkeypatch.setattr(envelope, "ask", lambda *_: pytest.fail("asked before the place was known to be good"))
    said = detente(*(case if a == "CASE" else a for a in argv))
    assert (said.code, said.out) == (2, "")
    assert re.search(r"name an? |choose another place", said.err.replace("\n ", ""))


def test_what_was_changed_is_said(detente, case, plan):
    for argv in (["assess", case], ["design", case], ["evaluate", case, plan], ["compare", case, plan, plan]):
        assert "With: parties.north.walk_away = 1" in detente(*argv, "--set", CHANGE).out.splitlines()[1]
        assert "With:" not in detente(*argv).out
    assert detente("check", case, plan, "--set", CHANGE).out.startswith("With: parties.north.walk_away = 1\n")
    listed = detente("show")
    assert "With: parties.north.walk_away = 1" in listed.out
    assert "nash, success none" in listed.out
    row = next(r for r in detente("show", "--json").json["runs"] if r["changes"] and r["verb"] == "design")
    assert (row["rule"], row["success"], row["changes"]) == ("nash", "none", ["parties.north.walk_away = 1"])
    assert "With: parties.north.walk_away = 1" in detente("show", row["run"]).out


def test_a_plan_that_passes_or_fails_is_called_so(detente, case, plan, tmp_path):
    assert detente("check", case, plan).out.splitlines()[-1] == "The plan is satisfactory (success: none)."
    bad = write_plan(tmp_path, "bad.json", release_water=None, gauges="2025-02-01")
    said = detente("check", case, bad, "--success", "full")
    assert said.out.splitlines()[-1].startswith("The plan is not satisfactory: ")
    assert said.out.splitlines()[-1].endswith(" conditions fail (success: full).")
    data = detente("check", case, bad, "--json").json
    errors = [f["code"] for f in data["findings"] if f["severity"] == "error"]
    assert errors[0] == "plan.grid"
    assert all(code.startswith("plan.") for code in errors)
    assert set(data) == {"findings", "ok"}


def test_the_worst_moment_stands_for_all(detente, case, plan):
    said = detente("check", case, plan, "--set", "parties.south.collapse_cost=-2000", "--json").json
    found = [f for f in said["findings"] if f["code"] == "plan.breakout"]
    assert len(found) == 1
    assert re.search(r"\(and \d+ more moments\)\.$", found[0]["message"])


def test_evaluate_shows_the_least_slacks(detente, case, plan):
    out = detente("evaluate", case, plan).out
    assert "Least slack of each kind and party" in out
    row = re.search(r"breakout +North +\d{4}-\d\d-\d\d +\w+ +(\S+) +(\S+) +(\S+)", out)
    keep, deviate, slack = (float(x.replace("−", "-").replace(",", "")) for x in row.groups())
    assert keep - deviate == pytest.approx(slack, abs=1e-9)


def test_what_a_plan_rests_on_is_told(detente, case, plan):
    for command in (("evaluate", case, plan), ("assess", case)):
        told = " ".join(detente(*command).out.split("What this rests on")[1].split())
        assert "The thinnest margin is North’s" in told
        assert "walk out within a year: South" in told


def test_many_plans_are_compared_without_breaking_words(detente, case, plan, tmp_path):
    more = [write_plan(tmp_path, f"a_rather_long_name_of_a_plan_{i}.json") for i in range(7)]
    out = detente("compare", case, plan, *more).out
    assert max(map(len, out.splitlines())) <= 80
    assert "(8) a_rather_long_name_of_a_plan_6" in out
    for word in ("Satisfactory", "release_water", "2025-04-01"):
        assert word in out
    assert not re.search(r"\d{4}-\d\d-?\n", out.replace(" ", ""))


def test_few_assumptions_are_not_counted_and_many_are(detente, case):
    said = detente("assess", case).out
    heading = next(line for line in said.splitlines() if line.startswith("What was assumed"))
    assert heading == "What was assumed" or re.match(
        r"What was assumed, the first 5 of \d+; all are in the rep", heading
    )


def test_a_bundled_case_is_named_by_its_id(detente):
    said = detente("check", "korea-2018")
    assert re.search(r"^korea-2018:\d+:\d+: ", said.out, re.MULTILINE)
    assert ".yaml" not in said.out
    assert detente("check", "korea-2018", "--json").json["findings"][0]["file"].endswith("korea-2018.yaml")


def test_a_case_in_the_place_of_a_plan(detente, case, tmp_path):
    assert "the order is CASE PLAN" in detente("check", case, case).out.replace("\n  ", " ")
    (tmp_path / "odd.json").write_text("entry:", "utf-8")
    assert "a plan is JSON as" in detente("check", case, tmp_path / "odd.json").out


def test_options_that_a_remedy_names_are_told_as_flags():
    finding = Finding("foreign.profiles", "error", "no profiles are named", remedy="name them (‘profiles A,B’)")
    assert finding_lines(finding)[-1].strip() == "to mend it: name them (--profiles A,B)"
