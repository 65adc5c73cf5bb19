"""What is wrong in GENIUS files is said with file and line; whatever the files hold, reading them never crashes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.dossier.foreign import read_genius
from detente.dossier.foreign.domain import MAX_ISSUES, MAX_VALUES
from detente.dossier.text.yaml import MAX_BYTES
from tests.dossier.foreign.genius_files import change, domain, integer, issue, mutations, profile, put, real, shop


def errors(folder: Path, *profiles: str) -> list[tuple[str, str, int | None]]:
    """(code, file, line) of every error; there is at least one, and each has a remedy."""
    imported, findings = read_genius(folder, profiles)
    assert imported is None
    found = [f for f in findings if f.severity == "error"]
    assert found
    assert all(f.remedy for f in found)
    return [(f.code.removeprefix("foreign."), Path(f.file or "").name, f.line) for f in found]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        # the domain
        ("domain.xml", "<negotiation_template>", "<other>", [("xml", 15)]),
        ("domain.xml", 'index="2" name="Colour"', 'index="1" name="Colour"', [("duplicate", 9)]),
        ("domain.xml", 'index="2" name="Colour"', 'name="Colour"', [("missing", 9)]),
        ("domain.xml", 'index="2" name="Colour"', 'index="1.5" name="Colour"', [("number", 9)]),
        ("domain.xml", 'name="Colour"', 'name=" "', [("missing", 9)]),
        ("domain.xml", 'type="discrete"', 'type="colour"', [("unknown_type", 4)]),
        ("domain.xml", 'value="M"', "", [("missing", 6)]),
        # a profile that is not of this domain
        ("seller.xml", 'name="Size"', 'name="Weight"', [("mismatch", 3)]),
        ("seller.xml", 'index="2" name="Colour"', 'index="3" name="Colour"', [("mismatch", 8), ("mismatch", 1)]),
        ("seller.xml", 'index="2" name="Colour"', 'index="1" name="Colour"', [("duplicate", 8), ("mismatch", 1)]),
        ("seller.xml", 'value="M"', 'value="XXL"', [("mismatch", 5)]),
        ("seller.xml", 'value="M"', 'value="S"', [("mismatch", 3)]),
        ("seller.xml", "<utility_space>", '<utility_space type="constraint">', [("unknown_type", 1)]),
        ("seller.xml", '<item index="2" value="M" evaluation="2"/>', "", [("mismatch", 3)]),
        ("seller.xml", 'type="discrete"', 'type="integer"', [("mismatch", 3)]),
        # numbers
        ("seller.xml", 'evaluation="2"', 'evaluation="two"', [("number", 5)]),
        ("seller.xml", 'evaluation="2"', 'evaluation="NaN"', [("number", 5)]),
        ("seller.xml", 'evaluation="2"', 'evaluation="Infinity"', [("number", 5)]),
        ("seller.xml", 'evaluation="2"', 'evaluation="1e400"', [("number", 5)]),
        ("seller.xml", 'evaluation="2"', 'evaluation="1,5"', [("number", 5)]),
        ("seller.xml", 'evaluation="2"', "", [("missing", 5)]),
        # weights
        ("seller.xml", '<weight index="2" value="0.25"/>', "", [("missing", 1)]),
        ("seller.xml", '<weight index="2"', '<weight index="1"', [("duplicate", 13)]),
        ("seller.xml", '<weight index="2"', '<weight index="7"', [("mismatch", 13)]),
        ("seller.xml", 'value="0.25"', 'value="-0.25"', [("number", 13)]),
        ("seller.xml", 'value="0.25"', 'value="lots"', [("number", 13)]),
        # the rest
        ("buyer.xml", 'reservation value="0.25"', 'reservation value="low"', [("number", 16)]),
        ("buyer.xml", "<reservation", '<reservation value="1"/><reservation', [("duplicate", 16)]),
        ("buyer.xml", 'discount_factor value="0.75"', "discount_factor", [("missing", 15)]),
    ],
)
def test_each_fault_is_named_with_its_line(tmp_path, file, old, new, expected):
    shop(tmp_path)
    change(tmp_path / file, old, new)
    assert errors(tmp_path) == [(code, file, line) for code, line in expected]


PRICE = '<evaluator ftype="linear" offset="0" slope="0.1"/>'


@pytest.mark.parametrize(
    ("in_domain", "in_profile", "code", "file"),
    [
        (integer(1, "P", 5, 4), integer(1, "P", 5, 4, PRICE), "number", "domain.xml"),
        (integer(1, "P", 0, 10**9), integer(1, "P", 0, 10**9, PRICE), "size", "domain.xml"),
        (integer(1, "P", 0, 4).replace('"4"', '"4.5"'), integer(1, "P", 0, 4, PRICE), "number", "domain.xml"),
        (integer(1, "P", 0, 4), integer(1, "P", 0, 5, PRICE), "mismatch", "p.xml"),
        (integer(1, "P", 0, 4), integer(1, "P", 0, 4), "missing", "p.xml"),
        (integer(1, "P", 0, 4), integer(1, "P", 0, 4, '<evaluator offset="0"/>'), "missing", "p.xml"),
        (integer(1, "P", 0, 4), integer(1, "P", 0, 4, '<evaluator ftype="cubic"/>'), "unknown_type", "p.xml"),
        (real(1, "P", 0, 4), real(1, "P", 0, 4, '<evaluator ftype="linear" parameter0="1"/>'), "missing", "p.xml"),
        (real(1, "P", 0, 4), real(1, "P", 0, 4, '<evaluator ftype="faratin"/>'), "unknown_type", "p.xml"),
        (issue(1, "P", []), issue(1, "P", {}), "missing", "domain.xml"),
        (issue(1, "P", ["\x7f"]), issue(1, "P", {"\x7f": 1}), "name", "domain.xml"),
        ("", "", "missing", "domain.xml"),
    ],
)
def test_faults_of_issues(tmp_path, in_domain, in_profile, code, file):
    put(tmp_path, "domain.xml", domain(in_domain))
    put(tmp_path, "p.xml", profile(in_profile, weights=(1,)))
    assert [found[:2] for found in errors(tmp_path)] == [(code, file)]


def rectangles(inner: str, *, most: str = "10", aggregation: str = "sum") -> str:
    return f'<utility maxutility="{most}"><ufun aggregation="{aggregation}">{inner}</ufun></utility>'


BOUND = '<INCLUDES index="1" min="0" max="2"/>'
INSIDE = f'<hyperRectangle utility="1">{BOUND}</hyperRectangle>'
BOTH = BOUND + BOUND.replace("IN", "EX")


@pytest.mark.parametrize(
    ("utility", "code"),
    [
        (rectangles(""), "missing"),
        (rectangles(INSIDE, most="0"), "number"),
        (rectangles(INSIDE, most="much"), "number"),
        (rectangles(INSIDE, aggregation="max"), "unknown_type"),
        (rectangles(INSIDE.replace('utility="1"', "")), "missing"),
        (rectangles(INSIDE.replace('index="1"', 'index="3"')), "mismatch"),
        (rectangles(INSIDE.replace('index="1"', 'index="2"')), "unknown_type"),
        (rectangles(INSIDE.replace('max="2"', "")), "missing"),
        (rectangles(INSIDE.replace(BOUND, BOTH)), "unknown_type"),
        (rectangles(INSIDE) + "<utility/>", None),
        ('<utility maxutility="1"/>', "missing"),
    ],
)
def test_faults_of_hyper_rectangles(tmp_path, utility, code):
    put(tmp_path, "domain.xml", domain(integer(1, "A", 0, 4), issue(2, "B", ["x"])))
    put(tmp_path, "p.xml", profile(integer(1, "A", 0, 4), issue(2, "B", ["x"]), utility=utility))
    if code is None:
        assert read_genius(tmp_path)[0] is not None
    else:
        assert [found[:2] for found in errors(tmp_path)] == [(code, "p.xml")]


def test_an_empty_bound_is_a_warning(tmp_path):
    put(tmp_path, "domain.xml", domain(integer(1, "A", 0, 4)))
    empty = rectangles(INSIDE + INSIDE.replace('min="0"', 'min="3"'))
    put(tmp_path, "p.xml", profile(integer(1, "A", 0, 4), utility=empty))
    imported, findings = read_genius(tmp_path)
    assert [(f.code, f.severity) for f in findings] == [("foreign.empty_bound", "warning")]
    assert list(imported.document["interactions"]) == ["p_box_1"]


def test_choosing_files(tmp_path):
    shop(tmp_path)
    assert errors(tmp_path, "sellr") == [("profiles", tmp_path.name, None)]
    assert errors(tmp_path, "seller", "seller.xml") == [("duplicate", tmp_path.name, None)]
    assert errors(tmp_path, "domain") == [("root", "domain.xml", 1)]
    assert errors(tmp_path / "domain.xml") == [("profiles", "domain.xml", None)]
    assert errors(tmp_path / "domain.xml", "nobody") == [("profiles", "domain.xml", None)]
    assert errors(tmp_path / "seller.xml", "buyer") == [("root", "seller.xml", 1)]
    assert errors(tmp_path / "nothing.xml", "buyer")[0] == ("file", "nothing.xml", None)
    assert [e[0] for e in errors(tmp_path / "no" / "such.xml", "buyer")] == ["file", "profiles"]


def test_folders_without_one_domain_or_any_profile(tmp_path):
    (tmp_path / "empty").mkdir()
    assert errors(tmp_path / "empty") == [("root", "empty", None)]
    shop(tmp_path / "two")
    put(tmp_path / "two", "again.xml", (tmp_path / "two" / "domain.xml").read_text())
    assert errors(tmp_path / "two") == [("root", "two", None)]
    shop(tmp_path / "alone")
    for name in ("seller.xml", "buyer.xml"):
        (tmp_path / "alone" / name).unlink()
    assert errors(tmp_path / "alone") == [("profiles", "alone", None)]


def test_other_files_in_the_folder(tmp_path):
    shop(tmp_path)
    put(tmp_path, "readme.txt", "hello")
    put(tmp_path, "tournament.xml", "<tournament/>")
    imported, findings = read_genius(tmp_path)
    assert list(imported.document["parties"]) == ["buyer", "seller"]
    assert [(f.code, f.severity) for f in findings] == [("foreign.ignored", "note")]
    put(tmp_path, "pareto.xml", "\n0.5, 1.0\n1.0, 0.5\n")  # a cache that other programs leave beside the domain
    imported, findings = read_genius(tmp_path)
    assert list(imported.document["parties"]) == ["buyer", "seller"]
    assert [(f.code, f.severity) for f in findings] == [("foreign.ignored", "note")] * 2
    put(tmp_path, "broken.xml", "<utility_space>\n<b></a>")
    assert errors(tmp_path) == [("xml", "broken.xml", 2)]
    assert read_genius(tmp_path, ["seller", "buyer"])[1] == []  # whoever names files means those


def test_an_item_that_stands_twice(tmp_path):
    """In the domain the second is left out; in a profile the last evaluation counts, as in GENIUS."""
    shop(tmp_path)
    change(tmp_path / "domain.xml", '<item index="2" value="M"/>', '<item index="2" value="M"/><item value="M"/>')
    once = '<item index="2" value="M" evaluation="2"/>'
    change(tmp_path / "seller.xml", once, once.replace('"2"/>', '"0"/>') + "\n" + once)
    change(tmp_path / "buyer.xml", '<item index="3" value="L" evaluation="0"/>', '<item value="L" evaluation="0"/>' * 2)
    imported, findings = read_genius(tmp_path)
    assert [(f.code, f.severity, Path(f.file).name, f.line) for f in findings] == [
        ("foreign.duplicate", "warning", "domain.xml", 6),
        ("foreign.duplicate", "warning", "buyer.xml", 6),
        ("foreign.duplicate", "warning", "seller.xml", 6),
    ]
    assert "evaluated 0 and then 2: the last counts" in findings[2].message
    assert "alike" in findings[1].message
    assert imported.document["one_of"]["size"]["of"] == [["size_s"], ["size_m"], ["size_l"]]
    assert imported.document["measures"]["size_m"]["effects"]["seller_size"] == {"once": 2}


def test_what_rounding_left_is_nothing(tmp_path):
    shop(tmp_path)
    change(tmp_path / "seller.xml", 'evaluation="1"', 'evaluation="2.8e-17"')
    imported, findings = read_genius(tmp_path)
    assert [(f.code, f.severity, f.line) for f in findings] == [("foreign.rounding", "note", 4)]
    assert "seller_size" not in imported.document["measures"]["size_s"]["effects"]


def test_a_sum_above_one_counts_as_one(tmp_path):
    """GENIUS clips every utility at 1; the best offer to the seller would be worth 1.015."""
    shop(tmp_path)
    change(tmp_path / "seller.xml", 'value="0.75"', 'value="0.765"')
    imported, findings = read_genius(tmp_path)
    assert [(f.code, f.severity) for f in findings] == [("foreign.clip", "note")]
    assert imported.document["parties"]["seller"]["value_ceiling"] == 1
    assert "value_ceiling" not in imported.document["parties"]["buyer"]


def test_a_reservation_below_nothing_is_what_no_deal_is_worth(tmp_path):
    """To who refuses and to who breaks out alike."""
    shop(tmp_path)
    change(tmp_path / "buyer.xml", 'reservation value="0.25"', 'reservation value="-0.25"')
    buyer = read_genius(tmp_path)[0].document["parties"]["buyer"]
    assert (buyer["walk_away"], buyer["collapse_cost"]["value"]) == (-0.25, 0.25)


def test_repairs_do_not_stop_the_import(tmp_path):
    shop(tmp_path)
    change(tmp_path / "domain.xml", 'name="Colour" type', 'name="Colour"type')
    for name in ("domain.xml", "seller.xml", "buyer.xml"):
        change(tmp_path / name, 'value="M"', 'value="M & more"')
    put(tmp_path, "seller.xml", "<!-- mine -->\n<?xml version='1.0'?>\n" + (tmp_path / "seller.xml").read_text())
    imported, findings = read_genius(tmp_path)
    assert imported.document["measures"]["size_m_more"]["title"] == "M & more"
    said = [(Path(f.file).name, f.line, f.message.partition(":")[0]) for f in findings]
    assert said == [
        ("buyer.xml", 5, "a raw &"),
        ("domain.xml", 6, "a raw &"),
        ("domain.xml", 9, "no space between two attributes"),
        ("seller.xml", 2, "something before the XML declaration"),
        ("seller.xml", 7, "a raw &"),
    ]


def test_sizes_are_limited(tmp_path):
    folder = tmp_path / "wide"
    folder.mkdir()
    put(folder, "domain.xml", domain(*(issue(n, f"I{n}", ["x"]) for n in range(MAX_ISSUES + 1))))
    put(folder, "p.xml", profile())
    assert [e[0] for e in errors(folder)] == ["size"]
    put(folder, "domain.xml", domain(issue(1, "I", [f"v{n}" for n in range(MAX_VALUES + 1)])))
    assert [e[0] for e in errors(folder)] == ["size"]
    put(folder, "domain.xml", b" " * (MAX_BYTES + 1))
    assert ("size", "domain.xml", None) in errors(folder)


FILES = ("domain.xml", "seller.xml", "buyer.xml")


@given(st.data())
def test_no_mutation_crashes_it(data):
    with tempfile.TemporaryDirectory() as name:
        folder = shop(Path(name))
        for file in data.draw(st.lists(st.sampled_from(FILES), min_size=1, max_size=2, unique=True)):
            text = (folder / file).read_text(encoding="utf-8")
            put(folder, file, data.draw(mutations(text)).encode("utf-8", "surrogatepass"))
        imported, findings = read_genius(folder)
        assert (imported is None) == any(f.severity == "error" for f in findings)
        if imported is not None:
            dossier, said = imported.judged()
            assert dossier is not None, said
