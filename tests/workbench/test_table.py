"""The table of verbs is the program: what it says is what there is, and a verb is one file and one row."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from threading import Event

import pytest

import detente as dt
from detente import workbench
from detente.cli import carrying
from detente.cli.app import app_of
from detente.workbench import envelope, verbs
from detente.workbench.envelope import Progress
from detente.workbench.verbs import CASE, Verb, verb
from tests.checkout import REPO
from tests.faces import GOOD_PLAN

COUNT = Verb(
    "count",
    "tests.workbench.toy_verb:count",
    "Count the measures of a case.",
    example="detente count korea-2018",
    inputs=(CASE,),
    options="tests.workbench.toy_verb:CountOptions",
    result="CountResult",
    long=False,
    kept=True,
)


@pytest.fixture
def with_a_toy(monkeypatch):
    monkeypatch.setattr(verbs, "VERBS", (*verbs.VERBS, COUNT))
    yield
    sys.modules.pop("tests.workbench.toy_verb", None)


def test_a_new_verb_is_a_name_of_the_library(with_a_toy, case):
    assert {"count"} <= set(dt.__all__) & set(dir(dt)) & set(workbench.__all__)
    first = dt.count(case)
    assert (first.measures, first.provenance.cached) == (6, False)
    assert dt.count(case).provenance.cached
    assert dt.count(case, by="north").measures < 6
    assert dt.show(first.provenance.run).sentences() == ("6 measures.",)
    assert set(inspect.signature(dt.count).parameters) == {"case", "scenario", "overlay", "set", "cache", "keep", "by"}
    heard: list[str] = []
    dt.count(case, cache=False, say=heard.append)
    assert heard == ["counting"]


def test_a_new_verb_is_a_command(with_a_toy, case, capsys):
    command, bound, _ = app_of(verbs.VERBS).parse_args(["count", str(case), "--by", "north"], exit_on_error=False)
    assert command(*bound.args, **bound.kwargs) == carrying.FINE
    assert "measures." in capsys.readouterr().out
    app_of(verbs.VERBS)(["count", "--help"], result_action="return_value")
    assert "Count only the measures of this party." in " ".join(capsys.readouterr().out.split())


def test_a_new_verb_is_in_the_schema_and_in_the_reference(with_a_toy):
    rows = {row["name"]: row for row in dt.schema("verbs").to_json()["verbs"]}
    assert rows["count"]["options"]["properties"]["by"]["description"] == "Count only the measures of this party."
    assert rows["count"]["result"]["title"] == "CountFace"
    spec = importlib.util.spec_from_file_location("generate_pages", REPO / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "## count" in module.verbs_page(verbs.VERBS)


@pytest.mark.parametrize("row", dt.VERBS, ids=lambda row: row.name)
def test_a_row_says_what_there_is(row):
    told = row.to_json()
    assert set(told) == {"name", "summary", "inputs", "options", "result", "long", "kept", "writes"}
    assert all(set(i) == {"name", "kind", "required", "many"} for i in told["inputs"])
    assert row.python in dt.__all__
    assert row.example.startswith(f"detente {row.name}")
    function = getattr(workbench, row.python)
    assert list(inspect.signature(function).parameters)[: len(row.inputs)] == [i.name for i in row.inputs]
    fields = row.options_model().model_fields
    assert all(f"    {name}: " in function.__doc__ for name in fields)
    assert ({"cache", "keep"} <= set(fields)) == row.kept
    assert row.options_model().model_json_schema() == told["options"]
    assert row.result_type().__doc__


def test_no_row_is_there_twice():
    assert len({row.name for row in dt.VERBS}) == len({row.python for row in dt.VERBS}) == len(dt.VERBS)
    with pytest.raises(KeyError):
        verb("desing")


# --- progress, cancelling, files --------------------------------------------------------------------------------


def test_progress_is_data_and_cancelling_an_event(case):
    heard: list[Progress] = []
    dt.assess(case, progress=heard.append)
    assert heard
    assert all(isinstance(p, Progress) and p.text for p in heard)
    enough = Event()
    enough.set()
    stopped = dt.assess(case, cancel=enough, cache=False)
    assert stopped.status == "undecided"
    assert dt.assess(case).status == "decided"  # what was stopped did not take its place


def test_the_best_plan_so_far_is_told_with_its_objective_and_bound(case):
    heard: list[Progress] = []
    found = dt.design(case, progress=heard.append).found
    last = [p.best for p in heard if p.best is not None][-1]
    assert dt.check(case, last["plan"]).ok
    assert last["objective"] == pytest.approx(found.objective)
    assert last["bound"] >= last["objective"] - 1e-9


def test_what_is_counted_is_told_as_numbers(case):
    heard: list[Progress] = []
    dt.critical(case, only="parties.north", jobs=1, progress=heard.append, keep=False, cache=False)
    counted = [p for p in heard if p.of is not None]
    assert counted
    assert counted[-1].done == counted[-1].of
    assert f"{counted[-1].done} of" in counted[-1].text


def test_one_time_limit_holds_for_the_whole_verb(monkeypatch):
    """What is solved one after the other under a limit hears together that the time is up."""
    now = [100.0]
    monkeypatch.setattr(envelope.time, "monotonic", lambda: now[0])
    work = envelope.Work(2.0, 100.0, lambda progress: None, lambda: False)
    assert (work.left, work.over()) == (2.0, False)
    now[0] = 101.5
    assert (work.left, work.over()) == (0.5, False)
    now[0] = 102.0
    assert work.over()
    assert 0 < work.left < 1e-6


@pytest.mark.parametrize("verb", ["assess", "explain", "gap", "frontier", "verify_needs", "critical"])
def test_an_answer_that_ran_out_of_time_is_not_given_again(case, verb):
    more = {"jobs": 1} if verb == "critical" else {}
    first = getattr(dt, verb)(case, time_limit=1e-9, **more)
    assert first.status == "undecided"
    assert not getattr(dt, verb)(case, time_limit=1e-9, **more).provenance.cached


@pytest.mark.parametrize("verb", ["check", "design", "diff", "evaluate"])
def test_where_a_face_opens_files_paths_are_refused(case, plan, verb):
    rest = {"check": (), "design": (), "diff": ("korea-2018",), "evaluate": (GOOD_PLAN,)}[verb]
    ask = getattr(workbench, verb)
    for path in (case, str(case)):
        with pytest.raises(dt.UsageError, match="hand over what it says"):
            ask(path, *rest, files=False)
    with pytest.raises(dt.UsageError, match="hand over"):
        ask(dt.load(case), *rest, overlay="changes.yaml", files=False)
    assert ask(dt.load(case), *rest, files=False)


def test_what_is_bundled_needs_no_file(case):
    assert workbench.verify_declaration("dprk-2018", files=False).closes
    assert workbench.verify_inspect("yongbyon-2018", case="korea-2018", files=False).overlay
    with pytest.raises(dt.UsageError, match="files are neither read"):
        workbench.verify_inspect("yongbyon-2018", case=str(case), files=False)
    run = dt.design(case).provenance.run
    assert dt.show(run, files=False).status == "satisfactory"
    with pytest.raises(dt.UsageError, match="hand over"):
        workbench.verify_balance("some/area.csv", files=False)


def test_a_plan_is_no_path_either(case, plan):
    with pytest.raises(dt.UsageError, match="plan"):
        workbench.evaluate(dt.load(case), str(plan), files=False)
    with pytest.raises(dt.UsageError, match="written"):
        workbench.export_ics(dt.load(case), GOOD_PLAN, files=False)
