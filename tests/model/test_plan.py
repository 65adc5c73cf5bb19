"""Plans are read as they are written, and what is wrong with one is said all at once."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from detente.dossier.schema import Dossier
from detente.errors import DossierError
from detente.model.judge.check import check
from detente.model.plan import Plan

DOSSIER = Dossier.model_validate(
    {
        "detente": 1,
        "title": "t",
        "start": "2020-01-31",
        "periods": ["4 x 3 months"],
        "parties": {"a": {"response_time": 0}},
        "measures": {
            "freeze": {"by": "a"},
            "relief": {"by": "a", "divisible": True, "takes": "6 months", "after": "freeze"},
            "summit": {"by": "a"},
        },
        "state": {"in_force": {"summit": {"since": "2019-05-01"}}},
    }
)


def test_entries_alone_are_enough() -> None:
    plan = Plan.read(DOSSIER, {"entry": {"freeze": "2020-01-31", "relief": "2020-04-30"}})
    assert plan.entry["summit"] == date(2019, 5, 1), "what stands is printed with its date"
    assert plan.share["relief"] == ((date(2020, 4, 30), 0.5), (date(2020, 7, 31), 1.0)), "at full pace"
    assert check(DOSSIER, plan).satisfactory


def test_a_missing_measure_is_not_in_the_plan() -> None:
    assert Plan.read(DOSSIER, {"entry": {"freeze": None}}).entry["relief"] is None


def test_full_pace_begins_when_what_it_needs_is_there() -> None:
    plan = Plan.read(DOSSIER, {"entry": {"freeze": "2020-07-31", "relief": "2020-10-31"}})
    assert plan.share["relief"] == ((date(2020, 10, 31), 0.5),)


def test_written_and_read_again(tmp_path: Path) -> None:
    plan = Plan.read(DOSSIER, {"entry": {"freeze": "2020-04-30"}, "share": {"relief": {"2020-07-31": 0.25}}})
    assert plan.to_dict()["entry"]["relief"] == "2020-07-31"
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan.to_dict()), encoding="utf-8")
    assert Plan.read(DOSSIER, file) == plan
    assert Plan.read(DOSSIER, str(file)) == plan


def test_a_date_off_the_grid_is_kept_for_the_judge() -> None:
    plan = Plan.read(DOSSIER, {"entry": {"freeze": "2020-05-31"}})
    assert plan.entry["freeze"] == date(2020, 5, 31)
    assert {s.kind for s in check(DOSSIER, plan).slacks if not s.accepted} == {"grid"}


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = {"entry": {"freze": "2020-01-31", "freeze": "soon"}, "share": {"freeze": [], "relief": [["2020-04-30", 2]]}}
    with pytest.raises(DossierError) as error:
        Plan.read(DOSSIER, wrong)
    assert [f.code for f in error.value.findings] == ["plan.measure", "plan.date", "plan.share", "plan.share"]
    assert "did you mean 'freeze'?" in str(error.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "plan.json"),
        ("[]", "plan.shape"),
        ("{}", "plan.shape"),
        ('{"entry": 3}', "plan.shape"),
        ('{"entry": {"freeze": null, "freeze": null}}', "plan.twice"),
        ('{"share": {"relief": [["2020-04-30", 0.5], ["2020-07-31", 0.4]]}}', "plan.share"),
        ('{"share": {"relief": ["2020-04-30"]}}', "plan.share"),
        ('{"shares": {"relief": [["2020-04-30", 0.5]]}}', "plan.key"),
        ('{"entry": {}, "Share": {}}', "plan.key"),
        ('{"share": {"relief": [["2020-04-30", ' + "9" * 5000 + "]]}}", "plan.json"),
    ],
)
def test_a_file_that_is_no_plan(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DossierError) as error:
        Plan.read(DOSSIER, file)
    assert [(f.code, f.file) for f in error.value.findings] == [(code, str(file))]


def test_a_mark_before_the_text_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"entry": {"freeze": "2020-04-30"}, "rule": "nash"}', encoding="utf-8-sig")
    assert Plan.read(DOSSIER, file).entry["freeze"] == date(2020, 4, 30)


def test_a_pipe_is_no_plan(tmp_path: Path) -> None:
    """Reading one could block for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DossierError, match="a pipe, a device or a socket"):
        Plan.read(DOSSIER, tmp_path / "pipe")


def test_a_key_that_is_almost_one_of_a_plans_is_not_passed_over() -> None:
    with pytest.raises(DossierError, match="did you mean 'share'") as error:
        Plan.read(DOSSIER, {"entry": {"freeze": "2020-04-30"}, "shares": {"relief": {"2020-07-31": 0.25}}})
    assert [(f.code, f.path) for f in error.value.findings] == [("plan.key", "shares")]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match=r"plan\.file"):
        Plan.read(DOSSIER, tmp_path / "none.json")
