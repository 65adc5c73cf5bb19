"""`detente verify ...` in a terminal and as JSON."""

from __future__ import annotations

import pytest

ASKED = {
    "declaration": ("declaration", "dprk-2008"),
    "balance": ("balance", "practice", "--loss", "4", "--false-alarms", "1%"),
    "sample": ("sample", "--items", "100", "--mean-kg", "1", "--goal-kg", "8", "--detection", "90%"),
    "methods": ("sample", "--items", "120", "--mean-kg", "2", "--method", "40@10%", "--method", "8@1%"),
    "strata": ("sample", "practice-store"),
    "inspect": ("inspect", "yongbyon-2018", "--days", "150"),
}
FIRST = {
    "declaration": "The declaration adds up by itself, but does not agree with what others estimate,",
    "balance": "4 of 6 tests alarm",
    "sample": "Draw 25 of 100 items",
    "methods": "The sample proposed does less than was asked: it sees the loss with 85.4 % at least",
    "strata": "a loss of 8 kg is then seen with 74 % at least",
    "inspect": "No violation pays under this plan",
}


@pytest.mark.parametrize("name", ASKED)
def test_the_answer_comes_first_within_the_width(detente, name):
    said = detente("verify", *ASKED[name])
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert FIRST[name] in " ".join(lines[1:4])
    assert max(len(line) for line in lines) <= 80
    run = next(line for line in lines if line.startswith("Run ")).split()[1].strip(";")
    again = detente("show", run)
    assert again.code == 0
    assert FIRST[name] in " ".join(again.out.splitlines()[1:4])


@pytest.mark.parametrize("name", ASKED)
def test_json_alone(detente, name):
    said = detente("verify", *ASKED[name], "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["provenance"]["verb"].startswith("verify ")
    assert said.json["findings"] is not None
    assert FIRST[name] in said.json["sentences"][0] or name in ("declaration", "balance")


def test_what_is_written_is_named(detente, case, tmp_path):
    said = detente("verify", "sample", "practice-store", "--out", tmp_path / "out")
    assert "Written: " in said.out
    assert (tmp_path / "out" / "sample.html").is_file()
    put = ("--case", case, "--measure", "release_water=reactor")
    said = detente("verify", "inspect", "yongbyon-2018", *put, "--out", tmp_path / "plan")
    assert f"detente design {case} --overlay {tmp_path / 'plan' / 'overlay.yaml'}" in said.out


def test_a_place_that_cannot_be_written_is_told_before_any_work(detente, tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    said = detente("verify", "declaration", "dprk-2008", "--out", tmp_path / "file")
    assert (said.code, said.out) == (2, "")


BAD = "period,location,kind,amount_kg,random_sd,systematic_sd\n1,store,input,-3,1 %,0\n"


def test_a_bad_file_is_told_with_its_line(detente, tmp_path):
    file = tmp_path / "area.csv"
    file.write_text(BAD, "utf-8")
    said = detente("verify", "balance", file)
    assert said.code == 2
    assert f"{file}:2: error balance.negative" in said.err
    assert detente("verify", "balance", file, "--json").json["findings"][0]["code"] == "balance.negative"
    file = tmp_path / "sites.yaml"
    file.write_text("inspections: 1\ntitle: x\ndiscount: 8 %/year\nsites: {a: {gain: 1}}\n", "utf-8")
    said = detente("verify", "inspect", file)
    assert said.code == 2
    assert "inspect.missing" in said.err
    assert "detente check" not in said.err


@pytest.mark.parametrize(
    "argv",
    [
        ("sample",),
        ("sample", "--items", "100", "--mean-kg", "1", "--detection", "x"),
        ("balance", "practice", "--false-alarms", "60%"),
        ("inspect", "yongbyon-2018", "--start", "2019-13-01"),
        ("inspect", "yongbyon-2018", "--measure", "yongbyon_access=reactor"),
        ("inspect", "nosuch"),
        ("declaration", "nosuch"),
    ],
)
def test_misuse_ends_with_2_and_is_told_in_json_too(detente, argv):
    said = detente("verify", *argv)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err
    assert detente("verify", *argv, "--json").json["ok"] is False
