"""`verify balance` from the command line: simulated losses, an inspector's measurements, and what cannot be asked."""

from __future__ import annotations

import pytest

HEAD = "period,location,kind,amount_kg,random_sd,systematic_sd"
AGAIN = "inspector_kg,inspector_random_sd,inspector_systematic_sd"
HIDING = f"""{HEAD},{AGAIN}
0,store,inventory,0,1 %,0.5 %,,,
1,store,inventory,20,1 %,0.5 %,12,2 %,1 %
1,in,input,20,0.1 %,0,,,
"""
SURPLUS = f"{HEAD}\n0,store,inventory,0,1 %,0\n1,store,inventory,10.5,1 %,0\n1,in,input,10,1 %,0\n"


def test_a_loss_is_rehearsed(detente):
    asked = ("verify", "balance", "practice", "--loss", "2", "--simulate", "2000", "--taken-from", "process")
    said = detente(*asked)
    assert (said.code, said.err) == (0, "")
    assert "In simulated histories" in " ".join(said.out.split())
    assert max(len(line) for line in said.out.splitlines()) <= 80
    rows = detente(*asked, "--json").json["rehearsed"]
    assert len(rows) == 20
    assert all(0 <= r["found"] <= 1 for r in rows)
    assert rows == detente(*asked, "--json").json["rehearsed"]
    assert rows != detente(*asked, "--seed", "2", "--json").json["rehearsed"]


def test_what_records_hide_comes_first(detente, tmp_path):
    file = tmp_path / "area.csv"
    file.write_text(HIDING, "utf-8")
    said = detente("verify", "balance", file, "--out", tmp_path / "out")
    assert said.code == 0
    assert "The records hide more than errors explain in 1" in " ".join(said.out.splitlines()[1:4])
    (d,) = detente("verify", "balance", file, "--json").json["compared"]
    assert (d["alarm"], d["difference"]["d_kg"], d["covered"]) == (True, 8.0, 0.5)
    assert "What was measured again" in (tmp_path / "out" / "balance.html").read_text("utf-8")
    assert (tmp_path / "out" / "tables" / "differences.csv").is_file()


def test_a_surplus_is_said(detente, tmp_path):
    file = tmp_path / "area.csv"
    file.write_text(SURPLUS, "utf-8")
    said = " ".join(detente("verify", "balance", file).out.split())
    assert "0.5 kg more are there than should be" in said


def test_k_is_told(detente):
    soon, late = (
        detente("verify", "balance", "practice", "--k", k, "--json").json["tests"]["page"] for k in ("1", "0.25")
    )
    assert soon["threshold"] < late["threshold"]


@pytest.mark.parametrize(
    "more",
    [
        ("--taken-from", "process"),
        ("--simulate", "10", "--taken-from", "attic"),
        ("--simulate", "10", "--taken-from", "receipts"),
        ("--simulate", "-1"),
        ("--simulate", "10000000"),
        ("--k", "-1"),
        ("--k", "nan"),
        ("--loss", "nan"),
        ("--loss", "1e12"),
    ],
)
def test_what_cannot_be_asked(detente, more):
    said = detente("verify", "balance", "practice", *more)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err
    assert detente("verify", "balance", "practice", *more, "--json").json["ok"] is False
