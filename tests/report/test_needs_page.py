"""`verify needs` as people read it: the curve, the words and the files say what was found, and no more."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import detente as dt
from detente.design.inspections.needs import Aim, VerificationNeeds
from detente.report.verification.needs_chart import curve_rows, needs_figure, needs_tables
from detente.report.verification.needs_words import needs_sentences
from detente.workbench.needing import NeedsResult

CASE: dict[str, Any] = {
    "detente": 1,
    "title": "A stock for money",
    "start": "2020-01-01",
    "periods": ["3 x 1 year"],
    "interests": {
        "stock": {"unit": "t", "worst": 10, "best": 0},
        "money": {"unit": "m", "worst": 0, "best": 10},
    },
    "parties": {
        "a": {"discount": "0.05 /year", "stakes": {"stock": -4, "money": 10}, "response_time": 0},
        "b": {"discount": "0.05 /year", "stakes": {"stock": 10, "money": -4}, "response_time": 0},
    },
    "measures": {
        "half": {
            "by": "a",
            "title": "Destroy half",
            "effects": {"stock": {"level": -5}},
            "undo": {"in": 0},
            "verify": {
                "by": "inspectors",
                "regimes": {
                    "outside": {"days": "0 /year", "detects": "1 %/year"},
                    "light": {"days": "10 /year", "detects": "60 %/year", "false_alarms": "0.1 /year"},
                    "full": {"days": "90 /year", "detects": "95 %/year", "false_alarms": "0.2 /year"},
                },
                "regime": "full",
            },
        },
        "rest": {
            "by": "a",
            "title": "Destroy the rest",
            "effects": {"stock": {"level": -5}},
            "undo": {"in": 0},
            "after": ["half"],
            "verify": {
                "by": "inspectors",
                "detects": "0 %/year",
                "regimes": {"full": {"days": "70 /year", "detects": "95 %/year", "false_alarms": "0.2 /year"}},
            },
        },
        "pay": {"by": "b", "effects": {"money": {"level": 5}}, "undo": {"in": 0}, "verify": "open"},
        "pay_more": {"by": "b", "effects": {"money": {"level": 5}}, "undo": {"in": 0}, "verify": "open"},
    },
    "success": {
        "minimal": [{"in_force": "half"}],
        "full": [{"in_force": "rest"}, {"interest": "stock", "at_most": -11}],
    },
    "progress": {"disarmament": {"half": 50, "rest": 50}},
}


@pytest.fixture(scope="module")
def result() -> NeedsResult:
    return dt.verify_needs(dt.from_dict(CASE))


@pytest.fixture(scope="module")
def found(result: NeedsResult) -> VerificationNeeds:
    return result.found


def test_the_answer_by_hand(found: VerificationNeeds) -> None:
    """Half needs to be seen, the rest as well; full success asks for what no measure can do."""
    assert found.finished
    by_aim = {(s.aim.kind, s.aim.name, s.aim.share): s for s in found.steps}
    assert by_aim["success", "minimal", 1.0].effort == found.least.effort == 10
    assert by_aim["success", "none", 1.0].effort == 10
    assert by_aim["success", "full", 1.0].status == "none_exists"
    assert by_aim["measure", "rest", 1.0].effort == 80
    assert by_aim["progress", "disarmament", 0.5].effort == 10
    assert by_aim["progress", "disarmament", 1.0].effort == 80
    assert found.next_step is not None
    assert found.next_step.effort == 80
    assert found.least.false_alarms == pytest.approx(0.1)


def test_every_step_is_a_row_of_the_curve(found: VerificationNeeds) -> None:
    rows, figure = curve_rows(found), needs_figure(found, "0123456789ab")
    assert len(rows) == len(found.steps)
    assert [r["effort"] for r in rows] == [s.effort for s in found.steps]
    assert figure is not None
    assert "run 0123456789ab" in figure.caption
    drawn = json.dumps(figure.spec(titled=True))
    for words in ("Destroy the rest", "Minimal success", "50 % of disarmament", "no regime is enough"):
        assert words in drawn
    assert figure.png().startswith(b"\x89PNG")
    assert next(csv.DictReader(figure.table.csv().splitlines()))["effort"] == "10.0"


def test_what_was_not_settled_is_drawn_as_open(found: VerificationNeeds) -> None:
    open_ = replace(found.steps[1], status="undecided", effort=10.0, bound=4.0)
    lost = replace(found.steps[2], status="undecided", effort=None, bound=4.0)
    stopped = replace(found, steps=(found.steps[0], open_, lost), least=open_, finished=False)
    figure = needs_figure(stopped)
    assert figure is not None
    assert {r["at_least"] for r in figure.rows} == {10.0, 4.0}
    assert "not settled in time" in json.dumps(figure.spec())
    said = needs_sentences(stopped)
    assert said[0].startswith("Enough effort (less may do)")
    assert any("stopped before all was settled" in s for s in said)


def test_the_words_say_the_effort_what_opens_next_and_the_alarms(found: VerificationNeeds) -> None:
    said = " ".join(needs_sentences(found))
    assert "The least effort for minimal success is 10 inspector-days a year: “Destroy half” (light)." in said
    assert "outside" not in said
    assert "a false alarm about every 10 years" in said
    assert "Full success: no regimes on the menus are enough." in said
    assert "What opens next, at 80 inspector-days a year, 70 more: minimal success with “Destroy the rest”." in said
    assert "The regime of “Destroy half” is the lowest on its menu that takes effort" in said


def test_what_opens_next_includes_what_was_asked_for(found: VerificationNeeds) -> None:
    """Part of a scale that some other deal reaches sooner is not more of this one."""
    other = replace(found.steps[-1], aim=Aim("progress", "disarmament", 0.6), effort=40.0)
    opens = replace(found, steps=(*found.steps, other)).next_step
    assert opens is not None
    assert opens.effort == 80


def test_words_of_each_outcome(found: VerificationNeeds) -> None:
    def first(**changes: Any) -> str:
        return needs_sentences(replace(found, least=replace(found.least, **changes), raises=(), rates=()))[0]

    assert first(effort=0.0, false_alarms=0.0).startswith("Minimal success needs no inspection")
    assert first(status="none_exists", effort=None).startswith("No effort on the menus is enough")
    assert first(status="undecided", effort=None) == "How much effort minimal success takes was not settled in time."


def test_next_efforts_are_sure_or_said_not_to_be(found: VerificationNeeds) -> None:
    assert found.raises
    table = needs_tables(found)["next"]
    assert [row[table.columns.index("at most, %")] for row in table.rows] == [
        None if r.most is None else pytest.approx(100 * r.most) for r in found.raises
    ]
    unsure = replace(found, raises=tuple(replace(r, more=0.0, most=0.02, sure=False) for r in found.raises))
    assert any("no single next regime is sure" in s and "2 % at the most" in s for s in needs_sentences(unsure))
    sure = replace(
        found, raises=(replace(found.raises[0], more=0.5, most=0.5, sure=True, effort=80.0, false_alarms=0.1),)
    )
    assert any(
        "takes 80 inspector-days a year more" in s and "0.1 more false alarms" in s for s in needs_sentences(sure)
    )


def test_files_and_json(result: NeedsResult, tmp_path: Path) -> None:
    data = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert data["least"]["effort"] == 10
    assert data["opens_next"]["effort"] == 80
    files = {f.relative_to(tmp_path).as_posix() for f in result.write(tmp_path)}
    assert {
        "needs.html",
        "needs.json",
        "inspections.yaml",
        "plan.json",
        "figures/needs.png",
        "tables/effort.csv",
    } <= files
    page = (tmp_path / "needs.html").read_text("utf-8")
    assert all(s.split("“")[0] in page for s in result.sentences())
    assert 'id="figure-needs"' in page
    assert {f'id="table-{name}"' for name in result.tables()} <= set(re.findall(r'id="table-\w+"', page))
    under = dt.apply(dt.from_dict(CASE), result.found.least.overlay)
    assert dt.check(under, tmp_path / "plan.json", success="minimal").ok


def test_the_least_detection_is_the_closed_form(found: VerificationNeeds) -> None:
    """a gives up 2 a year and gets up to 10: λ/(λ + ρ) = 2/10, with both ends flows of the same length."""
    rate = next(r for r in found.rates if r.measure == "half")
    assert rate.status == "found"
    assert rate.rate == pytest.approx(0.05 * 0.2 / 0.8, rel=1e-5)


def test_nothing_to_inspect_is_no_figure() -> None:
    bare = {**CASE, "measures": {n: {**m, "verify": "open"} for n, m in CASE["measures"].items()}}
    found = dt.verify_needs(dt.from_dict(bare)).found
    assert needs_figure(found) is None
    assert any("No measure has regimes" in s for s in needs_sentences(found))


def test_a_stopped_run_can_be_shown_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C keeps what is done; asked again and finished, the whole answer takes its place and stays."""
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path))
    case = dt.from_dict(CASE)
    stopped = dt.verify_needs(case, cancelled=lambda: True)
    assert not stopped.found.finished
    assert dt.show(stopped.provenance.run).sentences() == stopped.sentences()
    whole = dt.verify_needs(case)
    assert whole.provenance.run == stopped.provenance.run
    assert dt.show(whole.provenance.run).sentences() == whole.sentences()
    dt.verify_needs(case, cancelled=lambda: True)
    assert dt.show(whole.provenance.run).sentences() == whole.sentences()
