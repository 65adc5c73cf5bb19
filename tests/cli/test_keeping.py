"""What is kept, given again, left unkept and forgotten, from the command line."""

from __future__ import annotations

import json

import pytest


def test_an_answer_comes_from_the_cache_unless_it_is_not_to(detente, case):
    asked = ("frontier", case, "--points", "1", "--json")
    assert detente(*asked).json["provenance"]["cached"] is False
    assert detente(*asked).json["provenance"]["cached"] is True
    assert detente(*asked, "--no-cache").json["provenance"]["cached"] is False
    assert "from the cache" in detente(*asked[:-1]).out


def test_nothing_is_written_where_nothing_is_to_be_kept(detente, case, plan, home):
    for argv in (["design", case], ["evaluate", case, plan], ["verify", "sample", "practice-store"]):
        said = detente(*argv, "--no-keep")
        assert said.code == 0
        assert "detente show" not in said.out
    assert not home.exists()
    assert detente("show", "--json").json == {"runs": []}


def test_runs_are_forgotten(detente, case):
    run = detente("design", case, "--json").json["provenance"]["run"]
    other = detente("verify", "sample", "practice-store", "--json").json["provenance"]["run"]
    assert detente("forget", "--case", "A river between two neighbours", "--json").json == {"forgotten": [run]}
    assert detente("forget", other[:6], "--json").json == {"forgotten": [other]}
    assert detente("forget", "--all", "--json").json == {"forgotten": []}
    assert detente("forget", "--all").out == "Forgot 0 runs.\n"
    said = detente("forget", "--json")
    assert said.code == 2
    assert "--all of them, or those of a --case" in said.json["findings"][0]["message"]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("design", "CASE", "--days", "3"), "--days is for inspections: ask for --with-inspections as well"),
        (("verify", "balance", "practice", "--taken-from", "process"), "such as --simulate 20000"),
        (("verify", "sample"), "--items 100 --mean-kg 2"),
        (("diff", "CASE"), "--set, --overlay or --scenario"),
        (("check", "CASE", "--set", "nothing"), "--set needs path=value"),
    ],
)
def test_options_are_named_as_flags(detente, case, argv, says):
    said = detente(*(case if a == "CASE" else a for a in argv))
    assert said.code == 2
    assert says in " ".join(said.err.split())
    assert "‘" not in said.err


def test_the_table_of_verbs(detente):
    rows = json.loads(detente("schema", "verbs", "--json").out)["verbs"]
    needs = next(row for row in rows if row["name"] == "verify needs")
    assert needs["inputs"] == [{"name": "case", "kind": "case", "required": True, "many": False}]
    assert (needs["long"], needs["kept"], needs["writes"]) == (True, True, None)
    assert "time_limit" in needs["options"]["properties"]
    assert {"least", "raises", "provenance"} <= set(needs["result"]["properties"])
    assert "verify needs" in detente("schema", "verbs").out
    assert detente("schema", "nothing").code == 2
