"""KTAB files become parties with stakes, and parties with stakes become KTAB files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.dossier import from_dict, load
from detente.dossier.changes.overlays import apply
from detente.dossier.foreign import read_ktab, write_ktab
from detente.errors import UsageError
from tests.dossier.foreign.genius_files import put

TWO = """Dam, "Who runs the dam, and how soon",3,2,
Actor, Description, Influence, Control Position, Control Salience, Pace Position, Pace Salience,
UP, "Upstream, the builder", 80, 10, 60.5, 90, 20,
DOWN, Downstream , 55.25, 100, 70, 0, 30,
NGO,,5,50,0,50,100
"""


def test_parties_and_stakes_without_measures(tmp_path):
    imported, findings = read_ktab(put(tmp_path, "dam.csv", TWO))
    assert [(f.code, f.severity) for f in findings] == [("foreign.no_measures", "note")]
    assert "measures" in findings[0].message
    dossier, said = imported.judged()
    assert {f.severity for f in said} == {"note"}
    assert dossier.title == "Dam"
    assert dossier.summary == "Who runs the dam, and how soon"
    assert {n: (p.name, p.influence.value) for n, p in dossier.parties.items()} == {
        "up": ("UP", 80),
        "down": ("DOWN", 55.25),
        "ngo": ("NGO", 5),
    }
    up, pace = dossier.interests["up_control"], dossier.interests["down_pace"]
    assert (up.title, up.worst.value, up.best.value) == ("Control", 100, 10)  # from the farther end to its position
    assert (pace.worst.value, pace.best.value) == (100, 0)
    assert dossier.parties["up"].stakes["up_control"].value == 60.5
    assert not dossier.measures


def test_a_round_trip_keeps_every_number(tmp_path):
    imported, _ = read_ktab(put(tmp_path, "dam.csv", TWO))
    path = write_ktab(imported.judged()[0], tmp_path / "out" / "again.csv")
    assert path.read_text(encoding="utf-8").splitlines() == [
        'Dam,"Who runs the dam, and how soon",3,2',
        "Actor,Description,Influence,Control Position,Control Salience,Pace Position,Pace Salience",
        'UP,"Upstream, the builder",80,10,60.5,90,20',
        "DOWN,Downstream,55.25,100,70,0,30",
        "NGO,,5,50,0,50,100",
    ]
    again, findings = read_ktab(path)
    assert len(findings) == 1
    before, after = imported.document, again.document
    assert {k: v for k, v in after.items() if k == "title"} == {"title": "Dam"}
    assert str(after).replace("again.csv", "dam.csv") == str(before)


@pytest.mark.parametrize("first", ["Dam; how soon, 1, 1", "Dam, how soon, 1, 1, , "])
def test_the_first_line_in_both_manners(tmp_path, first):
    text = f"\ufeff{first}\nActor,Description,Power,Pstn1,Sal1,\nA,x,102.5,75.79,49.53,\n"
    imported, findings = read_ktab(put(tmp_path, "x.csv", text))
    assert [(f.code, f.severity, f.line) for f in findings] == [
        ("foreign.range", "warning", 3),  # an influence above 100 is kept
        ("foreign.no_measures", "note", 1),
    ]
    assert imported.document["summary"] == "how soon"
    assert imported.document["interests"]["a_dimension_1"]["title"] == "Dimension 1"
    assert imported.document["parties"]["a"]["influence"] == 102.5


def test_what_stands_after_the_cells_that_ktab_reads_is_passed_over(tmp_path):
    """KTAB reads four cells of the first line, and of an actor's as many as there are dimensions; notes may follow."""
    text = "Plan A,desc,2,1,0,,,\nActor,Description,Influence,Dim0 Position,Dim0 Salience,Notes\n"
    imported, findings = read_ktab(put(tmp_path, "x.csv", text + "A,a,50,10,60,hawk\nB,b,40,90,70\n"))
    assert [(f.code, f.line) for f in findings] == [("foreign.ignored", 3), ("foreign.no_measures", 1)]
    assert [p["stakes"] for p in imported.document["parties"].values()] == [{"a_dim0": 60}, {"b_dim0": 70}]


def test_semicolons_part_cells_as_in_every_table(tmp_path):
    plain = "Dam,how soon,2,1\nActor,Description,Influence,Pace Position,Pace Salience\nA,a,50,10,60.5\nB,b,40,90,70\n"
    same = read_ktab(put(tmp_path, "dam.csv", plain))[0].document
    assert read_ktab(put(tmp_path, "dam.csv", plain.replace(",", ";")))[0].document == same
    assert read_ktab(put(tmp_path, "dam.csv", plain.replace(",", ";").replace("60.5", "60,5")))[0].document == same


def test_any_case_can_be_written_once_influence_is_known(tmp_path):
    dossier = load("korea-2018")
    with pytest.raises(UsageError, match=r"parties\.\w+\.influence"):
        write_ktab(dossier, tmp_path / "k.csv")
    staked = [n for n, p in dossier.parties.items() if p.stakes]
    weighed = apply(dossier, {f"parties.{n}.influence": 10 * i for i, n in enumerate(staked, 1)})
    imported, findings = read_ktab(write_ktab(weighed, tmp_path / "k.csv"))
    assert [f.severity for f in findings] == ["note"]
    parties = list(imported.document["parties"].values())
    assert [p["influence"] for p in parties] == [10 * i for i in range(1, len(staked) + 1)]
    for party in parties:
        assert sum(party["stakes"].values()) == pytest.approx(100, abs=1e-4)
    positions = {i["best"] for i in imported.document["interests"].values()}
    assert positions <= {0, 50, 100}


def test_what_cannot_be_written(tmp_path):
    base = {"detente": 1, "title": "t", "start": "2000-01-01", "periods": ["1 x 1 year"]}
    nobody = from_dict(base | {"parties": {"a": {}}})
    with pytest.raises(UsageError, match="nobody has a stake"):
        write_ktab(nobody, tmp_path / "x.csv")
    scale = {"title": "same", "unit": "u", "worst": 0, "best": 1}
    party = {"discount": "5 %/year", "influence": 3, "stakes": {"i": 1, "j": 2}}
    twice = from_dict(base | {"interests": {"i": scale, "j": scale}, "parties": {"a": party}})
    with pytest.raises(UsageError, match="several interests titled 'same'"):
        write_ktab(twice, tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("Dam, ", "", "table", 1),
        ("3,2,", "three,2,", "number", 1),
        ("3,2,", "3,2000,", "size", 1),
        ("3,2,", "4,2,", "mismatch", 1),
        ("Downstream ,", "Down, stream,", "table", 4),
        ("55.25", "much", "number", 4),
        ("55.25", "nan", "number", 4),
        ("55.25", "-1", "range", 4),
        (" 10,", " 101,", "range", 3),
        ("NGO", "UP", "duplicate", 3),
        ("NGO", "", "missing", 5),
        ("Control Position", "Con\x07trol Position", "name", 2),
        ('"Upstream', '"Up"stream', "file", None),
    ],
)
def test_faults_are_named_with_their_line(tmp_path, old, new, code, line):
    imported, findings = read_ktab(put(tmp_path, "dam.csv", TWO.replace(old, new, 1)))
    assert imported is None
    (finding,) = (f for f in findings if f.severity == "error")
    assert (finding.code, finding.line, finding.file) == (f"foreign.{code}", line, str(tmp_path / "dam.csv"))
    assert finding.remedy


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "missing"), (b"\xff", "file"), (b"a,b,1,1\n" * 2000, "size"), (None, "file")]
)
def test_files_that_are_no_such_table(tmp_path, data, code):
    path = tmp_path / "none.csv" if data is None else put(tmp_path, "x.csv", data)
    assert [f.code for f in read_ktab(path)[1]] == [f"foreign.{code}"]


BITS = st.sampled_from([",", '"', "\n", "\r", "\x00", "nan", "-5", "1e999", ";", "é", "9" * 70, " ", "UP"])


@given(st.lists(st.tuples(st.integers(0, len(TWO)), st.integers(0, 9), BITS), max_size=5))
def test_nothing_crashes_it(edits):
    text = TWO
    for at, length, bit in edits:
        text = text[:at] + bit + text[at + length :]
    with tempfile.TemporaryDirectory() as folder:
        imported, findings = read_ktab(put(Path(folder), "x.csv", text))
    assert (imported is None) == any(f.severity == "error" for f in findings)
    if imported is not None:
        assert imported.judged()[0] is not None
