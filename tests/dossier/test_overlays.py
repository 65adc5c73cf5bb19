"""Overlays: the one way to change a dossier."""

from __future__ import annotations

import copy
import pickle
import time
from pathlib import Path
from typing import Any

import pytest

from detente.dossier import apply, fingerprint, from_dict, load, loads, read_overlay
from detente.errors import DossierError
from tests.dossier.good import GOOD

BASE = loads(GOOD, "good.yaml")

GOOD_CHANGES: list[dict[str, Any]] = [
    {"parties.east.no_deal": -5},
    {"parties.east.stakes.money": 12},  # a plain value replaces a range
    {"parties.east.stakes.money.mode": 21, "parties.east.stakes.money.source": None},
    {"parties.agency.stakes": {"arms": 1}, "parties.agency.discount": "5 %/year"},
    {
        "parties.east.exposure_limit": None,
        "parties.west.exposure_limit": None,
    },  # deleting what is not there is no error
    {"measures.cut.effects.arms.level": "-6000 kg"},
    {"measures.cut.verify": "open", "measures.pay.undo": "never"},
    {"measures.pay.verify": {"by": "us", "covert": False}},
    {"measures.pay.needs.verified": ["cut"]},  # a known field that was not written is made
    {"interests.arms.course.1.1": 9, "periods.0": "8 x 3 months"},
    {"interests.arms.course.2": ["2023-01-31", 10]},
    {"interests.arms.unit": "kg", "measures.cut.effects.arms.level": "-5 t"},
    {"state.in_force.cut": {"since": "2020-01-31", "verified": "2020-01-31"}},
    {"measures.extra": {"by": "west", "effects": {}}, "demands.soon": None},
    {"scenarios.patient": None, "title": "Another"},
    {"start": "2020-03-01"},
    {"parties.east.no_deal": {"course": [["2020-06-30", -4], ["2021-06-30", {"low": -2, "high": 0, "mode": -1}]]}},
    {"parties.agency.no_deal": "-3 /year"},  # a flow over a course
    {"parties.agency.no_deal.course.0.1": "-3 /year", "parties.agency.no_deal.course.2": ["2022-01-31", 0]},
    {"measures.pay.undo.falls": "always", "measures.pay_more.undo.falls": None},
    {"measures.cut.if_over.arms.level": "-2000 kg", "measures.pay.if_over.money": {"level": 3}},
    {"measures.pay_more.verify.regimes.close.effects.money": {"level": "-2 USD/yr"}},
    {"shocks.fall.rate": "0 %/year", "shocks.vote": {"ends": "east", "at": "2023-01-01", "chance": 0.2}},
    {"interests.arms.least": None, "interests.arms.most": "30 t", "disagreement": "walk_away"},
    {},
]


@pytest.mark.parametrize("changes", GOOD_CHANGES, ids=str)
def test_the_result_is_the_dossier_of_the_changed_document(changes: dict[str, Any]) -> None:
    before = copy.deepcopy(BASE.document)
    changed = apply(BASE, changes, name="test")
    again = from_dict(changed.document)
    assert again.model_dump() == changed.model_dump()
    assert changed.grid == again.grid
    assert list(changed.measures) == list(again.measures)
    assert BASE.document == before
    assert changed.file == "good.yaml"
    assert changed.overlays == ({"name": "test", "changes": changes},)
    assert (fingerprint(changed) == fingerprint(BASE)) == (changed == BASE) == (not changes)
    assert pickle.loads(pickle.dumps(changed)) == changed


def test_nothing_worked_out_for_the_dossier_is_taken_over() -> None:
    before = BASE.exits
    changed = apply(BASE, {"shocks.leaves": {"ends": "east", "rate": "0.2 /year"}})
    assert changed.exits[:-1] == before
    assert (changed.exits[-1].party, changed.exits[-1].rate) == ("east", 0.2)


def test_overlays_stack() -> None:
    twice = apply(apply(BASE, {"parties.east.no_deal": -5}), {"parties.east.no_deal": -2, "parties.west.no_deal": -1})
    assert [o["changes"] for o in twice.overlays] == [
        {"parties.east.no_deal": -5},
        {"parties.east.no_deal": -2, "parties.west.no_deal": -1},
    ]
    assert (twice.parties["east"].no_deal.value, twice.parties["west"].no_deal.value) == (-2, -1)


@pytest.mark.parametrize(
    ("path", "value", "code", "words"),
    [
        ("parties.est.no_deal", 1, "dossier.path", "or 'east'?"),
        ("partis.east.no_deal", 1, "dossier.path", "did you mean 'parties'"),
        ("parties.east.stakes.money.mode.x", 1, "dossier.path", "as a whole"),
        ("parties.east.discount.x", 1, "dossier.path", "as a whole"),
        ("parties.east.stake.arms", 1, "dossier.path", "did you mean 'stakes'?"),
        ("parties.east.stakes.armz", None, "dossier.path", "did you mean 'arms'?"),
        ("parties.east.stakes.armz", 1, "dossier.unknown_interest", "did you mean 'arms'?"),
        ("parties.east.no_dael", 1, "dossier.unknown_field", "did you mean 'no_deal'?"),
        ("measures.cut.undo.within", "1 month", "dossier.unknown_field", "known: falls, in, keeps"),
        ("interests.arms.course.7.1", 1, "dossier.path", "list of 2"),
        ("interests.arms.course.x", 1, "dossier.path", "list of 2"),
        ("parties..east", 1, "dossier.path", "not a path"),
        ("parties.east.no_deal", float("nan"), "dossier.path", "finite"),
        ("parties.east.no_deal", object(), "dossier.path", "object"),
        ("parties.agency.no_deal.course.0.1", "often", "dossier.number", "expected"),
        ("parties.agency.no_deal.course.5.1", -1, "dossier.path", "list of 2"),
        ("parties.agency.no_deal.value", -1, "dossier.unknown_field", "known: course, source"),
        ("shocks.fall.ends", "weast", "dossier.unknown_party", "did you mean"),
        ("shocks.vote.at", "2019-12-31", "dossier.exit", "signature is on 2020-01-31"),
        ("measures.pay_more.undo.in", "never", "dossier.number", "write 'undo: never' by itself"),
        ("parties.east.discount", "0 %/year", "dossier.discount", "more than 0"),
        ("parties.east.discount", None, "dossier.missing_discount", "add"),
        ("measures.cut", None, "dossier.unknown_measure", "pay"),
        ("measures.cut.after", ["pay"], "dossier.cycle", "needs"),
    ],
)
def test_a_bad_change_is_refused(path: str, value: object, code: str, words: str) -> None:
    with pytest.raises(DossierError) as raised:
        apply(BASE, {path: value})
    assert code in {f.code for f in raised.value.findings}
    assert words in str(raised.value)


def test_findings_name_the_overlay_and_its_line(tmp_path: Path) -> None:
    """
    changes:
      parties.west.no_deal: -1 /year
      parties.est.no_deal: -1 /year
    """
    file = tmp_path / "overlay.yaml"
    file.write_text("changes:\n  parties.west.no_deal: -1 /year\n  parties.est.no_deal: -1 /year\n")
    changes, places = read_overlay(file)
    with pytest.raises(DossierError) as raised:
        apply(BASE, changes, places=places)
    (finding,) = raised.value.findings
    assert (finding.file, finding.line, finding.path) == (str(file), 3, "parties.est.no_deal")

    file.write_text("parties.west.no_deal: -1 /year\nparties.east.discount: nothing\n")
    changes, places = read_overlay(file)
    with pytest.raises(DossierError) as raised:
        apply(BASE, changes, places=places)
    (finding,) = raised.value.findings
    assert (finding.file, finding.line, finding.code) == (str(file), 2, "dossier.number")


def test_who_may_leave_follows_the_shocks() -> None:
    """Also where the exits of the dossier before were asked for."""
    before = apply(BASE, {"shocks.tired": {"ends": "east", "rate": "0 %/year"}})
    assert 0.0 in [e.rate for e in before.exits]
    after = apply(before, {"shocks.tired.rate": "5 %/year", "shocks.again": {"ends": "west", "rate": "1 %/year"}})
    assert [(e.party, e.rate > 0) for e in after.exits][-2:] == [("east", True), ("west", True)]


@pytest.mark.parametrize("text", ["- a\n", "", "a: [", "a: 1\na: 2\n"])
def test_a_broken_overlay_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "overlay.yaml"
    file.write_text(text)
    with pytest.raises(DossierError):
        read_overlay(file)
    with pytest.raises(DossierError):
        read_overlay(tmp_path / "none.yaml")


def test_the_fingerprint_is_of_what_is_said() -> None:
    document = dict(reversed(BASE.document.items()))
    assert fingerprint(from_dict(document)) == fingerprint(BASE)
    assert fingerprint(apply(BASE, {"interests.money.best": 100.0})) == fingerprint(BASE)
    assert fingerprint(apply(BASE, {"interests.money.best": 100.5})) != fingerprint(BASE)


def test_an_ensemble_is_quick() -> None:
    """A case of 40 measures takes well under 30 ms for one overlay."""
    dossier = load("korea-2018")
    assert len(dossier.measures) >= 40
    start = time.perf_counter()
    for i in range(20):
        apply(dossier, {"parties.usa.no_deal": -i, "measures.declaration.verify.detects": f"{i} %/year"})
    assert (time.perf_counter() - start) / 20 < 0.03
