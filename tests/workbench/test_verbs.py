"""The verbs as a notebook calls them: results are frozen, carry their provenance, and show themselves."""

from __future__ import annotations

import dataclasses
import inspect
import json
import pickle
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import detente as dt
from detente import home, workbench
from detente.design.plan.rules import RULES
from detente.workbench import options, store
from detente.workbench.options import AssessOptions, DesignOptions
from tests.checkout import REPO
from tests.faces import GOOD_PLAN, write_broken, write_plan


def test_the_example_of_the_readme(case):
    d = dt.load(case)
    r = dt.assess(d)
    assert r.assessment.shown == "full"
    assert {"verdicts", "roadmap", "values"} <= set(r.tables())
    assert "exists" in str(r)
    assert r._repr_html_().startswith("<p>")


def test_a_result_is_frozen(case, plan):
    for result in (dt.design(case), dt.evaluate(case, plan), dt.check(case), dt.cases()):
        with pytest.raises(dataclasses.FrozenInstanceError):
            result.findings = ()


def test_figures_carry_the_run(case):
    r = dt.assess(case)
    figures = r.figures()
    assert "roadmap" in figures
    assert all(r.provenance.run in f.caption for f in figures.values())


def test_the_library_knows_everything_it_lists():
    for name in dt.__all__:
        assert getattr(dt, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'desing'"):
        dt.desing  # noqa: B018
    assert dt.design.__name__ == "detente.design"  # the floor and the verb share a name, and both work


def test_importing_the_library_is_cheap():
    heavy = "('numpy', 'scipy', 'highspy', 'pydantic', 'altair', 'pandas', 'ruamel')"
    code = f"import sys, detente; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_its_version_is_the_package_version():
    assert dt.__version__ == tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_the_rules_offered_are_the_rules_there_are():
    assert DesignOptions.model_fields["rule"].annotation.__args__ == RULES


VERBS = {
    "assess": AssessOptions,
    "design": DesignOptions,
    "check": options.CheckOptions,
    "evaluate": options.EvaluateOptions,
    "compare": options.CompareOptions,
    "diff": options.DiffOptions,
    "new": options.NewOptions,
    "export_sheets": options.SheetsOptions,
    "import_sheets": options.ImportOptions,
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_shows_its_options(verb):
    function, model = getattr(workbench, verb), VERBS[verb]
    assert set(model.model_fields) <= set(inspect.signature(function).parameters)
    assert all(field.description for field in model.model_fields.values())
    assert all(f"    {name}: " in function.__doc__ for name in model.model_fields)


def test_options_are_frozen_and_take_one_for_several():
    chosen = DesignOptions(openings="north", set={"parties.north.walk_away": 3})
    assert chosen.openings == ("north",)
    assert chosen.set == ("parties.north.walk_away=3",)
    with pytest.raises(ValueError, match="frozen"):
        chosen.rule = "robust"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rul": "nash"}, "did you mean 'rule'?"),
        ({"rule": "nsh"}, "did you mean 'nash'?"),
        ({"time_limit": 0}, "greater than 0"),
        ({"time_limit": float("inf")}, "finite"),
        ({"openings": ["nroth"]}, "did you mean 'north'"),
        ({"scenario": ["x"]}, "no scenario 'x'"),
        ({"set": ["parties.north.walk_away"]}, "path=value"),
    ],
)
def test_misuse_is_said_in_words(case, given, said):
    with pytest.raises(dt.UsageError) as wrong:
        dt.design(case, **given)
    assert said in str(wrong.value)


def test_a_broken_dossier_raises_all_its_findings(tmp_path, plan):
    broken = write_broken(tmp_path)
    for ask in (lambda: dt.design(broken), lambda: dt.assess(broken), lambda: dt.evaluate(broken, plan)):
        with pytest.raises(dt.DossierError) as wrong:
            ask()
        assert len([f for f in wrong.value.findings if f.severity == "error"]) >= 2
    assert not dt.check(broken).ok


# --- overlays ---------------------------------------------------------------------------------------------------


def test_settings_overlays_and_scenarios_change_the_case(case, tmp_path):
    text = case.read_text("utf-8")
    case.write_text(f"{text}\nscenarios:\n  greedy: {{changes: {{parties.north.walk_away: 1}}}}\n", "utf-8")
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("parties.north.walk_away: 2\n", "utf-8")

    def walk_away(**given: object) -> float:
        return dt.design(case, **given).tables()["values"][0]["walk_away"]

    assert walk_away() == 0
    assert walk_away(scenario="greedy") == 1
    assert walk_away(scenario="greedy", overlay=overlay) == 2
    assert walk_away(overlay=overlay, set="parties.north.walk_away=3") == 3


def test_an_overlay_is_named_in_the_provenance_and_changes_the_run(case):
    plain, changed = dt.design(case).provenance, dt.design(case, set="parties.north.walk_away=3").provenance
    assert plain.run != changed.run
    assert [o["name"] for o in changed.to_json()["overlays"]] == ["set parties.north.walk_away"]


def test_a_setting_is_read_as_yaml(case):
    found = dt.diff(case, set=["parties.north.discount=5 %/year", "parties.south.exposure_limit=", "title='A: b'"])
    assert {(c.path, c.after) for c in found.changes} == {
        ("parties.north.discount", "5 %/year"),
        ("parties.south.exposure_limit", None),
        ("title", "A: b"),
    }


# --- provenance and the cache -----------------------------------------------------------------------------------


def test_equal_questions_are_answered_from_the_cache(case):
    first, again = dt.design(case), dt.design(dt.load(case))
    assert not first.provenance.cached
    assert again.provenance.cached
    assert again.found == first.found
    assert again.provenance.wall_seconds == first.provenance.wall_seconds


def test_an_assessment_comes_back_whole(case):
    first, again = dt.assess(case), dt.assess(case)
    assert again.provenance.cached
    for part in ("verdicts", "shown", "plan", "proof", "values", "dangerous", "exposure", "assumptions"):
        assert getattr(again.assessment, part) == getattr(first.assessment, part), part


def test_what_makes_a_run_another(case):
    plain = dt.design(case).provenance.run
    assert dt.design(case, gap=0.01).provenance.run != plain
    assert dt.design(case, rule="egalitarian").provenance.run != plain
    assert dt.assess(case).provenance.run != plain
    assert dt.design(case, cache=False).provenance.run == plain


def test_no_cache_solves_anew(case):
    dt.design(case)
    assert not dt.design(case, cache=False).provenance.cached


def test_an_undecided_answer_is_not_given_again(case):
    first = dt.design(case, time_limit=1e-9)
    assert first.status == "undecided"
    assert not dt.design(case, time_limit=1e-9).provenance.cached
    assert dt.show(first.provenance.run[:6]).status == "undecided"


def test_show_gives_a_run_again(case):
    design, assessment = dt.design(case), dt.assess(case)
    assert dt.show(design.provenance.run[:7]).found == design.found
    assert dt.show(assessment.provenance.run).assessment.plan == assessment.assessment.plan
    assert {r.run for r in dt.show().runs} == {design.provenance.run, assessment.provenance.run}


@pytest.mark.parametrize("run", ["ffffffffffff", "../../etc/passwd", "", "*"])
def test_an_unknown_run_is_misuse(run):
    with pytest.raises(dt.UsageError):
        dt.show(run)


def test_the_beginning_of_several_runs_is_misuse(case, home):
    run = dt.design(case).provenance.run
    twin = home / "runs" / f"{run[:4]}00000000.json"
    twin.write_text((home / "runs" / f"{run}.json").read_text("utf-8"), "utf-8")
    with pytest.raises(dt.UsageError, match="begins 2 runs"):
        dt.show(run[:4])


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1, "finished": true}', "[1]", '{"format": 99}'])
def test_a_spoilt_run_is_solved_anew(case, home, text):
    run = dt.design(case).provenance.run
    (home / "runs" / f"{run}.json").write_text(text, "utf-8")
    assert not dt.design(case).provenance.cached


def test_a_stored_plan_that_fails_its_check_is_not_believed(case, home):
    run = dt.design(case).provenance.run
    file = home / "runs" / f"{run}.json"
    record = json.loads(file.read_text("utf-8"))
    record["result"]["entry"]["release_water"] = None
    file.write_text(json.dumps(record), "utf-8")
    with pytest.raises(dt.UsageError, match="does not pass"):
        dt.show(run)
    assert not dt.design(case).provenance.cached


def test_a_home_that_cannot_be_written_is_a_warning(case, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way", "utf-8")
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "file"))
    with pytest.warns(store.StoreWarning, match="not kept"):
        assert dt.design(case).status == "satisfactory"
    assert dt.show().runs == ()


def test_where_runs_are_kept(monkeypatch, tmp_path):
    assert home.runs().folder == Path(tmp_path / "home" / "runs")
    monkeypatch.delenv("DETENTE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert home.runs().folder == Path("/x/detente/runs")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert home.runs().folder == Path("/h/.cache/detente/runs")


def test_the_environment_is_read_in_faces_alone(case):
    """Below them nothing is kept where nobody says where."""
    faces = {"home.py", "cli/commands.py"}
    source = REPO / "src" / "detente"
    read = {p.relative_to(source).as_posix() for p in source.rglob("*.py") if "os.environ" in p.read_text("utf-8")}
    assert read == faces
    assert not workbench.design(case).provenance.cached
    assert not workbench.design(case).provenance.cached
    assert workbench.show().runs == dt.show().runs == ()


def test_options_of_the_command_line_are_named_in_faces_alone():
    """Below them a message names the parameter; the examples of the table are commands."""
    source = REPO / "src" / "detente"
    below = [p for p in source.rglob("*.py") if p.parent.name != "cli" and p.name != "verbs.py"]
    said = {p.name: re.findall(r"(?<![\w!-])--[a-z][a-z-]+", p.read_text("utf-8")) for p in below}
    assert {name: words for name, words in said.items() if set(words) - {"--help"}} == {}


def test_a_verb_of_the_library_can_be_handed_to_another_process():
    assert pickle.loads(pickle.dumps(dt.assess)) is dt.assess


# --- plans ------------------------------------------------------------------------------------------------------


def test_a_plan_may_be_data_a_file_or_a_plan(case, plan):
    read = dt.Plan.read(dt.load(case), GOOD_PLAN)
    runs = {dt.evaluate(case, p).provenance.run for p in (plan, str(plan), GOOD_PLAN, read)}
    assert len(runs) == 1


def test_a_designed_plan_can_be_saved_edited_and_checked(case, tmp_path):
    saved = dt.design(case).save(tmp_path / "deep" / "plan.json")
    assert dt.check(case, saved).ok
    data = json.loads(saved.read_text("utf-8"))
    data["entry"]["release_water"] = None
    saved.write_text(json.dumps(data), "utf-8")
    assert {f.code for f in dt.check(case, saved).findings if f.severity == "error"} >= {"plan.order", "plan.demand"}


def test_check_and_evaluate_agree(case, tmp_path):
    bad = write_plan(tmp_path, release_water=None, pay_for_power="2025-04-01")
    evaluated, checked = dt.evaluate(case, bad), dt.check(case, bad)
    assert not evaluated.satisfactory
    kinds = sorted(f"plan.{s.kind}" for s in evaluated.failing)
    assert kinds == sorted(f.code for f in checked.findings if f.severity == "error")
    assert all(f.file == str(bad) and f.message and f.remedy for f in checked.findings if f.severity == "error")


def test_compare_names_plans_apart(case, plan, tmp_path):
    (tmp_path / "b").mkdir()
    twin = write_plan(tmp_path / "b", open_crossing=None)
    assert list(dt.compare(case, plan, twin).plans) == [str(plan), str(twin)]
    assert list(dt.compare(case, plan, GOOD_PLAN).plans) == ["plan", "plan 2"]
    with pytest.raises(dt.UsageError, match="two plans"):
        dt.compare(case, plan)


def test_spreadsheets_come_back_the_same(case, tmp_path):
    for to in ("river.xlsx", "river"):
        dt.export_sheets(case, tmp_path / to)
        dt.import_sheets(tmp_path / to, tmp_path / "back.yaml", force=True)
        assert dt.diff(case, tmp_path / "back.yaml").changes == ()
    with pytest.raises(dt.UsageError, match="there already"):
        dt.import_sheets(tmp_path / "river", tmp_path / "back.yaml")


def test_a_plan_that_takes_a_level_beyond_what_is_possible_is_warned_of(case, tmp_path):
    """Both releases of water are more than the river has: the plan holds, and says so at the line of its first step."""
    dry = ("interests.water.course=[[2025-01-01, 30]]", "interests.water.most=35")
    plan = write_plan(tmp_path)
    checked = dt.check(case, plan, set=dry)
    (found,) = [f for f in checked.findings if f.code == "plan.bounds"]
    assert checked.ok
    assert (found.severity, found.file, found.line) == ("warning", str(plan), 1)
    assert "above its most, 35 million m3/month" in found.message
    assert found in dt.evaluate(case, plan, set=dry).findings
    designed, assessed = dt.design(case, set=dry), dt.assess(case, set=dry)
    assert "plan.bounds" in {f.code for f in designed.findings}
    assert "plan.bounds" in {f.code for f in assessed.findings}
    assert "plan.bounds" in {f.code for f in dt.design(case, set=dry).findings}  # as it was kept
    assert "plan.bounds" not in {f.code for f in dt.design(case).findings}
