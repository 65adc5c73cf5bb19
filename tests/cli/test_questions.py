"""The commands that ask why not, what it would take, and what else could be had, as scripts and people see them."""

from __future__ import annotations

import json

import pytest

OPPOSED = {
    "demands.no_gauges": {"by": "south", "firmness": "opening", "price": 3, "require": {"never": "gauges"}},
    "demands.gauges_first": {"by": "north", "firmness": "opening", "price": 8, "require": {"in_force": "gauges"}},
}


@pytest.fixture
def opposed(tmp_path):
    file = tmp_path / "opposed.json"
    file.write_text(json.dumps({"demands": {k.split(".")[1]: v for k, v in OPPOSED.items()}}), encoding="utf-8")
    return file


def test_explain(detente, case, opposed, tmp_path):
    said = detente("explain", case, "--overlay", opposed, "--json")
    assert said.code == 0
    assert {"status", "conflicts", "complete", "concessions", "provenance"} <= set(said.json)
    assert said.json["conflicts"][0] == {
        "members": ["demands.no_gauges", "demands.gauges_first"],
        "proven_minimal": True,
    }
    assert {"give_up", "price", "overlay", "values"} <= set(said.json["concessions"][0])
    told = detente("explain", case, "--overlay", opposed, "--all", "--out", tmp_path / "why")
    assert told.code == 0
    assert "give up" in told.out
    again = detente("design", case, "--overlay", opposed, "--overlay", tmp_path / "why" / "concession-1.json", "--json")
    assert again.json["status"] == "satisfactory"
    run = said.json["provenance"]["run"]
    assert detente("show", run, "--json").json["status"] == "none_exists"
    assert "explain" in detente("show").out


def test_gap(detente, case):
    said = detente("gap", case, "--json")
    assert said.code == 0
    assert set(said.json["parties"]) == {"north", "south"}
    for row in said.json["parties"].values():
        assert set(row["without"]) == {"no_deal", "no_deal_thinks", "walk_away_thinks", "claim"}
    assert set(said.json["claims"]) == {"together", "there_is", "at_most", "exceed", "proved"}
    assert detente("gap", case, "--no-beliefs").code == 0


WALKS = ("--set", "parties.north.walk_away=3", "--disagreement", "no_deal")


def test_gains_may_be_counted_from_no_deal(detente, case):
    said = detente("design", case, *WALKS, "--json")
    assert said.code == 0
    assert said.json["notes"] == ["Gains are counted from no deal; walk-away values are a condition only."]
    assert {"disagreement": "no_deal"} in [o["changes"] for o in said.json["provenance"]["overlays"]]
    assert said.json["provenance"]["options"]["disagreement"] == "no_deal"
    plain = detente("design", case, *WALKS[:2], "--json").json
    assert plain["notes"] == ["Gains are counted from walk-away values."]
    assert plain["objective"] < said.json["objective"]
    same = detente("design", case, *WALKS[:2], "--set", "disagreement=no_deal", "--json").json
    assert same["entry"] == said.json["entry"]


@pytest.mark.parametrize("verb", ["assess", "explain", "gap", "frontier"])
def test_every_question_about_rules_takes_a_threat_point(detente, case, verb):
    few = ("--points", "1") if verb == "frontier" else ()
    said = detente(verb, case, *WALKS, *few, "--json")
    assert said.code == 0
    assert {"disagreement": "no_deal"} in [o["changes"] for o in said.json["provenance"]["overlays"]]
    assert detente(verb, case, "--disagreement", "no", "--json").code == 2


def test_critical(detente, case, tmp_path):
    said = detente("critical", case, "--only", "parties.north", "--jobs", "1", "--json")
    assert said.code == 0
    assert set(said.json) >= {"numbers", "provenance", "verdict"}
    assert all({"path", "stated", "flips_at", "from", "to", "status"} <= set(n) for n in said.json["numbers"])
    assert detente("critical", case, "--only", "parties.nroth", "--json").code == 2
    assert detente("critical", case, "--only", "parties.north", "--jobs", "1", "--out", tmp_path / "c").code == 0


def test_frontier(detente, case, tmp_path):
    said = detente("frontier", case, "--points", "2", "--json")
    assert said.code == 0
    keys = {"points", "nash", "kalai_smorodinsky", "egalitarian", "utilitarian", "complete", "distinct"}
    assert keys <= set(said.json)
    assert detente("frontier", case, "--points", "2", "--out", tmp_path / "f").code == 0


@pytest.mark.parametrize("kind", ["genius", "negmas", "ktab"])
def test_importing_nothing_is_refused_with_a_remedy(detente, tmp_path, kind):
    said = detente("import", kind, tmp_path / "missing", "--json")
    assert said.code == 2
    assert said.json["ok"] is False
    assert all(f["remedy"] for f in said.json["findings"])


def test_exports(detente, case, plan, tmp_path):
    for kind in ("xlsx", "ics", "efg"):
        said = detente("export", kind, case, plan, "--out", tmp_path / f"p.{kind}", "--json")
        assert said.code == 0
        assert said.json["written"] == [str(tmp_path / f"p.{kind}")]
    assert detente("export", "negmas", case, "--out", tmp_path / "n").code == 2
