"""The JSON that scripts of others rely on: shape, exit code, and nothing else on stdout."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import pytest

from tests.faces import FINDING_KEYS, SLACK_KEYS, write_broken, write_plan


def numbers(node):
    """Every float in a document."""
    if isinstance(node, dict):
        for value in node.values():
            yield from numbers(value)
    elif isinstance(node, list):
        for value in node:
            yield from numbers(value)
    elif isinstance(node, float):
        yield node


def is_slack_row(row):
    assert set(row) == SLACK_KEYS
    assert row["moment"] in ("before", "between", "after", None)
    assert (row["moment"] is None) == (row["years"] is None)
    if row["years"] is not None:
        assert row["years"] >= 0
        assert len(row["date"]) == 10
    assert row["leaves"] is None or row["kind"] in ("covert", "secret_exposure")
    assert row["answer"] is row["measures"] is None
    if row["keep"] is not None:
        assert math.isclose(row["slack"], row["keep"] - row["deviate"], abs_tol=1e-9)


def is_values(values):
    assert set(values) == {"north", "south"}
    assert all(set(v) == {"present", "annual"} for v in values.values())


def is_provenance(source):
    assert len(source["run"]) == 12
    assert len(source["dossier"]) == 64
    assert {"detente", "numpy", "highspy", "python"} <= set(source["versions"])
    assert {"overlays", "options", "seed", "solver", "wall_seconds"} <= set(source)


def is_footing(found):
    assert set(found) == {"first_false_alarm_years", "least", "forgive", "empty", "exits", "left_out"}
    assert found["least"] is None or set(found["least"]) == {
        *("kind", "party", "date", "moment", "slack", "from_collapse_cost", "from_no_deal")
    }
    assert found["forgive"]
    assert all(set(row) == {"party", "measure", "answerer", "date", "margin"} for row in found["forgive"])
    assert [row["margin"] for row in found["forgive"]] == sorted((r["margin"] for r in found["forgive"]), reverse=True)
    assert [row["party"] for row in found["exits"]] == ["north", "south"]
    for row in found["exits"]:
        assert set(row) == {"party", "stated_a_year", "flips_a_year", "then"}
        assert row["then"] is None or set(row["then"]) == {"kind", "party", "date"}
        assert (row["then"] is None) == (row["flips_a_year"] is None)
    assert set(found["empty"]) <= {"north", "south"}
    assert all(isinstance(text, str) for text in found["left_out"])


def test_check(detente, case):
    said = detente("check", case, "--json")
    assert said.code == 0
    assert set(said.json) == {"findings", "ok"}
    assert said.json["ok"] is True
    assert all(set(f) == FINDING_KEYS for f in said.json["findings"])


def test_check_of_a_plan(detente, case, plan, tmp_path):
    assert detente("check", case, plan, "--json").code == 0
    said = detente("check", case, write_plan(tmp_path, release_water=None), "--json")
    assert said.code == 2
    assert said.json["ok"] is False
    errors = [f for f in said.json["findings"] if f["severity"] == "error"]
    assert {f["code"] for f in errors} >= {"plan.order", "plan.demand"}
    assert all(set(f) == FINDING_KEYS for f in errors)


def test_check_of_a_plan_with_openings(detente, case, plan):
    said = detente("check", case, plan, "--openings", "south", "--json")
    assert said.code == 2
    assert [f["code"] for f in said.json["findings"] if f["severity"] == "error"] == ["plan.demand"]


def test_design(detente, case):
    said = detente("design", case, "--rule", "egalitarian", "--success", "minimal", "--openings", "north", "--json")
    assert said.code == 0
    found = said.json
    assert set(found) == {
        *("status", "rule", "rule_used", "entry", "values", "objective", "bound", "gap", "least_slack"),
        *("notes", "provenance", "answers"),
    }
    assert (found["status"], found["rule"], found["rule_used"]) == ("satisfactory", "egalitarian", "egalitarian")
    assert found["answers"] is None
    assert set(found["entry"]) == {
        "gauges",
        "release_water",
        "release_more",
        "free_captives",
        "pay_for_power",
        "open_crossing",
    }
    assert all(day is None or len(day) == 10 for day in found["entry"].values())
    is_values(found["values"])
    is_slack_row(found["least_slack"])
    is_provenance(found["provenance"])
    assert found["provenance"]["options"]["openings"] == ["north"]


def test_design_where_none_exists(detente, case):
    said = detente("design", case, "--openings", "south", "--openings", "north", "--json")
    assert said.code == 0
    assert said.json["status"] == "none_exists"
    assert [said.json[k] for k in ("entry", "values", "least_slack", "objective", "bound", "gap")] == [None] * 6


def test_design_where_time_runs_out(detente, case):
    said = detente("design", case, "--time-limit", "1e-9", "--json")
    assert said.code == 3
    assert said.json["status"] == "undecided"
    assert (said.json["entry"] is None) == (said.json["values"] is None) == (said.json["least_slack"] is None)


def test_shares_of_divisible_measures(detente, case):
    case.write_text(
        case.read_text("utf-8").replace("    title: Pay for the power", "    divisible: true\n    title: Pay")
    )
    said = detente("design", case, "--success", "full", "--json")
    assert said.code == 0
    shares = said.json["share"]["pay_for_power"]
    assert shares[-1][1] == 1.0
    assert said.json["entry"]["pay_for_power"] == shares[0][0]


def test_evaluate(detente, case, plan, tmp_path):
    said = detente("evaluate", case, plan, "--json")
    assert said.code == 0
    assert set(said.json) == {"satisfactory", "values", "slacks", "footing", "provenance"}
    is_footing(said.json["footing"])
    assert said.json["satisfactory"] is True
    is_values(said.json["values"])
    is_provenance(said.json["provenance"])
    for row in said.json["slacks"]:
        is_slack_row(row)
    kinds = {row["kind"] for row in said.json["slacks"]}
    assert {"consent", "breakout", "covert", "exposure", "secret_exposure", "demand", "order", "grid", "empty"} <= kinds
    assert {row["moment"] for row in said.json["slacks"]} == {"before", "between", "after", None}
    leaving = [row for row in said.json["slacks"] if row["leaves"]]
    assert {"covert", "secret_exposure"} == {row["kind"] for row in leaving}
    assert all(row["leaves"] >= row["date"] for row in leaving)


def test_evaluate_of_a_plan_that_fails(detente, case, tmp_path):
    said = detente("evaluate", case, write_plan(tmp_path, gauges="2025-02-01"), "--json")
    assert said.code == 0
    assert said.json["satisfactory"] is False
    assert [r["slack"] for r in said.json["slacks"] if r["kind"] == "grid" and r["measure"] == "gauges"] == [-1.0]


def test_evaluate_takes_what_design_writes(detente, case, tmp_path):
    file = tmp_path / "designed.json"
    designed = detente("design", case, "--json", "--out", file)
    assert json.loads(file.read_text("utf-8")) == designed.json
    evaluated = detente("evaluate", case, file, "--json").json
    assert evaluated["satisfactory"]
    assert evaluated["values"] == designed.json["values"]


def test_assess(detente, case):
    said = detente("assess", case, "--json")
    assert said.code == 0
    found = said.json
    assert {"verdicts", "dangerous", "exposure", "values", "assumptions", "footing", "provenance"} <= set(found)
    assert list(found["verdicts"]) == ["openings", "openings:south", "openings:north", "minimal", "full"]
    for verdict in found["verdicts"].values():
        assert {"status", "plan", "rule_used", "objective", "bound", "gap"} <= set(verdict)
        assert (verdict["plan"] is None) == (verdict["status"] == "none_exists")
    assert set(found["verdicts"]["full"]["plan"]) == {"entry"}
    is_slack_row(found["dangerous"])
    assert found["dangerous"]["kind"] in ("breakout", "covert")
    for row in found["exposure"]:
        is_slack_row(row)
    is_values(found["values"])
    assert all(isinstance(a, str) for a in found["assumptions"])
    is_footing(found["footing"])
    is_provenance(found["provenance"])


def test_assess_where_nothing_can_be_had(detente, case):
    said = detente("assess", case, "--set", "parties.north.walk_away=100000", "--json")
    assert said.code == 0
    assert {v["status"] for v in said.json["verdicts"].values()} == {"none_exists"}
    assert said.json["dangerous"] is said.json["values"] is said.json["footing"] is None
    assert said.json["exposure"] == []


def test_assess_where_time_runs_out(detente, case):
    said = detente("assess", case, "--time-limit", "1e-9", "--no-cache", "--json")
    assert said.code in (0, 3)  # each question has a second at least
    assert said.code == (3 if "undecided" in {v["status"] for v in said.json["verdicts"].values()} else 0)


def test_cases(detente):
    found = detente("cases", "--json").json["cases"]
    assert "korea-2018" in {c["id"] for c in found}
    assert all(set(c) == {"id", "title", "parties", "measures"} for c in found)


def test_schema_describes_the_starter(detente, case):
    from detente.dossier import load

    said = detente("schema", "--json")
    assert said.code == 0
    assert said.out == detente("schema").out
    jsonschema.Draft202012Validator(said.json).validate(dict(load(case).document))


def test_new(detente, tmp_path):
    file = tmp_path / "new.yaml"
    assert detente("new", file, "--title", "Ours", "--json").json["file"] == str(file)
    assert detente("check", file).code == 0
    assert detente("new", file, "--json").code == 2
    assert detente("new", file, "--force", "--template", "korea-2018").code == 0
    assert detente("diff", "korea-2018", file, "--json").json["same"] is True
    assert detente("new").out.startswith("# ")


def test_diff(detente, case, tmp_path):
    said = detente("diff", case, "--set", "parties.north.walk_away=3", "--json")
    assert said.code == 0
    change = {"path": "parties.north.walk_away", "kind": "added", "from": None, "to": 3}
    assert said.json == {"changes": [change], "same": False, "findings": []}


def test_compare(detente, case, plan, tmp_path):
    other = write_plan(tmp_path, "other.json", release_water=None)
    said = detente("compare", case, plan, other, "--json")
    assert said.code == 0
    assert list(said.json["plans"]) == ["plan", "other"]
    assert [p["satisfactory"] for p in said.json["plans"].values()] == [True, False]
    for found in said.json["plans"].values():
        is_values(found["values"])
        is_slack_row(found["least_slack"])


def test_show(detente, case):
    designed, assessed = detente("design", case, "--json").json, detente("assess", case, "--json").json
    for first in (designed, assessed):
        said = detente("show", first["provenance"]["run"][:8], "--json")
        assert said.code == 0
        assert said.json == first | {"provenance": first["provenance"] | {"cached": True}}
    assert {r["verb"] for r in detente("show", "--json").json["runs"]} == {"design", "assess"}


def test_spreadsheets(detente, case, tmp_path):
    assert detente("sheets", "export", case, tmp_path / "x.xlsx", "--json").json["written"] == str(tmp_path / "x.xlsx")
    said = detente("sheets", "import", tmp_path / "x.xlsx", tmp_path / "x.yaml", "--json")
    assert said.json == {"written": str(tmp_path / "x.yaml"), "title": "A river between two neighbours"}


def test_no_number_is_beyond_json(detente, case, plan):
    for command in (("design",), ("assess",), ("evaluate", plan)):
        found = detente(command[0], case, *command[1:], "--json").json
        assert all(math.isfinite(x) for x in numbers(found))


# --- what is wrong ----------------------------------------------------------------------------------------------

ON_A_CASE = {
    "assess": [],
    "design": [],
    "check": [],
    "evaluate": ["plan.json"],
    "compare": ["plan.json", "plan.json"],
    "diff": ["korea-2018"],
    "export": ["x.xlsx"],
}


def command(verb: str, case: Path | str, folder: Path) -> list[str | Path]:
    write_plan(folder)
    head: list[str | Path] = ["sheets", verb] if verb == "export" else [verb]
    rest = [a if a == "korea-2018" else folder / a for a in ON_A_CASE[verb]]
    return [*head, case, *rest]


@pytest.mark.parametrize("verb", ON_A_CASE)
def test_a_broken_dossier_in_every_verb(detente, tmp_path, verb):
    broken = write_broken(tmp_path)
    said = detente(*command(verb, broken, tmp_path), "--json")
    assert said.code == 2
    assert set(said.json) == {"findings", "ok"}
    assert said.json["ok"] is False
    errors = [f for f in said.json["findings"] if f["severity"] == "error"]
    assert {f["path"].partition(".")[0] for f in errors} == {"measures", "demands"}
    assert all(f["file"] == str(broken) and f["line"] and f["column"] for f in errors)
    plain = detente(*command(verb, broken, tmp_path))
    assert plain.code == 2
    listed = plain.out if verb == "check" else plain.err
    assert f"{broken}:" in listed.replace("\n", "")
    assert "to mend it" in listed
    assert verb == "check" or plain.out == ""


@pytest.mark.parametrize("verb", ON_A_CASE)
def test_an_unknown_case_in_every_verb(detente, tmp_path, verb):
    said = detente(*command(verb, "korea-2019", tmp_path), "--json")
    assert said.code == 2
    (finding,) = said.json["findings"]
    assert "korea-2018" in finding["remedy"]


@pytest.mark.parametrize("verb", ON_A_CASE)
def test_a_broken_overlay_in_every_verb(detente, case, tmp_path, verb):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("parties.north.walk_away: 2\nparties.nort.walk_away: 2\n", "utf-8")
    args = [a for a in command(verb, case, tmp_path) if a != "korea-2018"]
    said = detente(*args, "--overlay", overlay, "--json")
    assert said.code == 2
    (finding,) = said.json["findings"]
    assert (finding["file"], finding["line"]) == (str(overlay), 2)
    assert "north" in finding["remedy"]


@pytest.mark.parametrize(
    "argv",
    [
        ["desgin", "korea-2018"],
        ["design"],
        ["design", "{case}", "--rul", "nash"],
        ["design", "{case}", "--rule", "nsh"],
        ["design", "{case}", "--openings", "nroth"],
        ["design", "{case}", "--success", "most"],
        ["design", "{case}", "--time-limit", "soon"],
        ["design", "{case}", "--time-limit", "0"],
        ["design", "{case}", "--gap", "nan"],
        ["design", "{case}", "--set", "x"],
        ["check", "{case}", "{plan}", "--openings", "nroth"],
        ["evaluate", "{case}"],
        ["evaluate", "{case}", "no-such-plan.json"],
        ["compare", "{case}", "{plan}"],
        ["diff", "{case}"],
        ["show", "ffffff"],
        ["new", "{case}"],
    ],
)
def test_misuse(detente, case, plan, argv):
    given = [a.format(case=case, plan=plan) for a in argv]
    said = detente(*given, "--json")
    assert said.code == 2
    assert said.json["ok"] is False
    assert all(f["message"] for f in said.json["findings"])
    plain = detente(*given)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err
    assert "Traceback" not in plain.err
    assert "pydantic" not in plain.err
