"""Every pure verb answers from the cache what it answered before; what is not to be kept leaves no trace."""

from __future__ import annotations

import json
import stat
from datetime import date

import numpy as np
import pytest

import detente as dt
from detente.errors import Finding, UsageError
from detente.workbench.archive import archived, unarchived
from tests.faces import GOOD_PLAN

OPPOSED = {
    "demands.no_gauges": {"by": "south", "firmness": "opening", "price": 3, "require": {"never": "gauges"}},
    "demands.gauges_first": {"by": "north", "firmness": "opening", "price": 8, "require": {"in_force": "gauges"}},
}
ASKED = {
    "assess": lambda case, **given: dt.assess(case, **given),
    "design": lambda case, **given: dt.design(case, **given),
    "explain": lambda case, **given: dt.explain(dt.apply(dt.load(case), OPPOSED), **given),
    "gap": lambda case, **given: dt.gap(case, **given),
    "answers": lambda case, **given: dt.answers(case, GOOD_PLAN, **given),
    "critical": lambda case, **given: dt.critical(case, only="parties.north", pairs=True, jobs=1, **given),
    "frontier": lambda case, **given: dt.frontier(case, points=2, **given),
    "evaluate": lambda case, **given: dt.evaluate(case, GOOD_PLAN, **given),
    "compare": lambda case, **given: dt.compare(case, GOOD_PLAN, {"entry": {"gauges": "2025-07-01"}}, **given),
    "verify declaration": lambda case, **given: dt.verify_declaration("dprk-2008", **given),
    "verify balance": lambda case, **given: dt.verify_balance("practice", simulate=100, **given),
    "verify sample": lambda case, **given: dt.verify_sample("practice-store", **given),
    "verify inspect": lambda case, **given: dt.verify_inspect("yongbyon-2018", days=100, case="korea-2018", **given),
    "verify needs": lambda case, **given: dt.verify_needs(case, steps=False, raises=False, **given),
}


def said(result):
    """The JSON of a result as a program reads it, without what tells whether it came from the cache."""
    told = json.loads(json.dumps(result.to_json(), allow_nan=False))
    return told | {"provenance": told["provenance"] | {"cached": None}}


def test_every_verb_that_is_kept_is_asked_here():
    assert set(ASKED) == {row.name for row in dt.VERBS if row.kept}


@pytest.mark.parametrize("verb", ASKED)
def test_what_was_asked_before_comes_from_the_cache(case, verb, tmp_path):
    first = ASKED[verb](case)
    told = said(first)
    again = ASKED[verb](case)
    assert (first.provenance.cached, again.provenance.cached) == (False, True)
    assert type(again) is type(first)
    assert said(again) == told
    assert again.sentences() == first.sentences()
    assert again.tables() == first.tables()
    assert again.findings == first.findings
    assert not ASKED[verb](case, cache=False).provenance.cached


@pytest.mark.parametrize("verb", ["explain", "verify declaration", "verify inspect", "verify needs"])
def test_what_comes_from_the_cache_can_be_written(case, verb, tmp_path):
    first, again = ASKED[verb](case), ASKED[verb](case)
    files = {p.relative_to(tmp_path / "a") for p in first.write(tmp_path / "a")}
    assert {p.relative_to(tmp_path / "b") for p in again.write(tmp_path / "b")} == files
    assert {str(name) for name in files} == set(again.files())


def test_a_declaration_from_the_cache_is_kept_as_its_file_reads_now(tmp_path):
    file = dt.verify_declaration("dprk-2008").write(tmp_path / "a")
    (declared,) = (p for p in file if p.name == "as-declared.yaml")
    dt.verify_declaration(declared)
    declared.write_text(declared.read_text(encoding="utf-8") + "# read again\n", encoding="utf-8")
    again = dt.verify_declaration(declared)
    assert again.provenance.cached
    assert again.files()["as-declared.yaml"] == declared.read_bytes()


@pytest.mark.parametrize(("verb", "name"), [("assess", "verdicts"), ("explain", "conflicts")])
def test_what_was_found_can_be_asked_of_the_answer_and_completed(case, verb, name):
    result = ASKED[verb](case)
    assert name in dir(result)
    assert getattr(result, name) == getattr(getattr(result, result.holds), name)
    assert not hasattr(result, "nothing_of_that_name")


def test_what_has_no_page_is_written_as_json(case, tmp_path):
    judged = dt.evaluate(case, GOOD_PLAN)
    assert json.loads(judged.files()["evaluate.json"]) == judged.to_json()
    designed = dt.design(case)
    assert dt.check(case, json.loads(designed.files()["plan.json"])).ok
    assert designed.write(tmp_path) == [tmp_path / "plan.json"]


@pytest.mark.parametrize("verb", ASKED)
def test_nothing_is_kept_where_nothing_is_to_be(case, home, verb):
    first = ASKED[verb](case, keep=False)
    first.to_json()
    assert not home.exists()
    assert not ASKED[verb](case, keep=False).provenance.cached


def test_plans_are_compared_under_the_names_that_they_have_now(case, plan, tmp_path):
    twin = tmp_path / "other.json"
    twin.write_text(plan.read_text("utf-8"), "utf-8")
    assert list(dt.compare(case, plan, twin).plans) == ["plan", "other"]
    again = dt.compare(case, twin, plan)
    assert again.provenance.cached
    assert list(again.plans) == ["other", "plan"]


def test_a_plan_of_inspections_hangs_on_the_case_that_it_is_put_into(case):
    def asked() -> str:
        return dt.verify_inspect("yongbyon-2018", case=str(case), measure="release_water=reactor").provenance.run

    before = asked()
    case.write_text(case.read_text("utf-8").replace("title: Release water", "title: Let water go", 1), "utf-8")
    assert asked() != before


def test_a_record_that_contradicts_itself_is_solved_anew(case, home):
    run = dt.gap(case).provenance.run
    file = home / "runs" / f"{run}.json"
    record = json.loads(file.read_text("utf-8"))
    record["result"]["status"] = "undecided"
    file.write_text(json.dumps(record), "utf-8")
    assert not dt.gap(case).provenance.cached


# --- the archive ------------------------------------------------------------------------------------------------


def test_what_is_archived_comes_back():
    value = {
        "days": (date(2025, 1, 2), None),
        "numbers": [1, 2.5, float("inf"), float("-inf"), True],
        "array": np.arange(6.0).reshape(2, 3),
        1: frozenset({"a", "b"}),
        "finding": Finding("a.b", "note", "text", line=3),
        "bytes": b"\x00\xff",
    }
    back = unarchived(json.loads(json.dumps(archived(value), allow_nan=False)))
    assert np.array_equal(back.pop("array"), value.pop("array"))
    assert back == value


@pytest.mark.parametrize("value", [len, object(), dt.from_dict])
def test_what_cannot_be_archived_is_refused(value):
    with pytest.raises(TypeError):
        archived({"it": value})


@pytest.mark.parametrize(
    "data",
    [
        {"$": "os:system", "of": ["true"]},
        {"$": "detente.errors:Finding", "of": ["too", "few"]},
        {"$": "detente.dossier:load", "of": ["korea-2018"]},
        {"$": "detente.errors:UsageError", "of": ["x"]},
        {"$": "spam", "of": []},
    ],
)
def test_only_what_is_ours_is_read(data):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        unarchived(data)


# --- forgetting -------------------------------------------------------------------------------------------------


def test_runs_are_forgotten(case):
    runs = [dt.design(case, rule=rule).provenance.run for rule in ("nash", "egalitarian", "robust")]
    other = dt.verify_sample("practice-store").provenance.run
    assert dt.forget(runs[0][:8]).to_json() == {"forgotten": [runs[0]]}
    with pytest.raises(UsageError, match="no stored run"):
        dt.forget(runs[0])
    assert set(dt.forget(case=dt.load(case).title).forgotten) == set(runs[1:])
    assert dt.forget(all=True).forgotten == (other,)
    assert dt.show().runs == ()
    for nothing in ({}, {"all": True, "case": "x"}):
        with pytest.raises(UsageError, match="name one of these"):
            dt.forget(**nothing)


def test_nobody_else_may_look_into_the_store(case, home):
    dt.design(case)
    assert stat.S_IMODE((home / "runs").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in (home / "runs").iterdir())
