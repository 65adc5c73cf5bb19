"""Reading and judging declarations: the bundled one, faults with their places and remedies, and whatever else comes."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import DossierError, Finding
from detente.report.verification.declaration import estimate_rows, headline, mark, outside_rows, page
from detente.verify.declaration.comparison import compare, sentences_of
from detente.verify.declaration.files import bundled, load, loads, read, reads
from detente.verify.declaration.judgement import Judgement, judge
from detente.verify.declaration.statement import Declaration
from tests.checkout import REPO
from tests.verify.small_declaration import SMALL, changed, findings, small

CODE = re.compile(r"declaration\.[a-z_]+\Z")


@pytest.fixture(scope="module")
def dprk() -> Declaration:
    return load("dprk-2008")


@pytest.fixture(scope="module")
def judged(dprk: Declaration) -> Judgement:
    return judge(dprk)


def test_the_bundled_declaration_is_without_fault() -> None:
    assert "dprk-2008" in bundled()
    for name in bundled():
        declaration, found = read(name)
        assert declaration is not None
        assert [str(f) for f in found] == []


def test_it_closes_by_itself_and_fails_outside(judged: Judgement) -> None:
    assert (judged.closes, judged.agrees) == ("yes", "no")
    accounts = {r.path: r for r in judged.rules if r.rule == "account"}
    stated = accounts["claims.total_december"]
    assert stated.verdict == "closes"
    assert stated.difference is not None
    assert stated.difference.mean == pytest.approx(0, abs=1e-12)
    assert accounts["claims.separated_june"].verdict == "closes"
    assert accounts["claims.total_may"].verdict == "cannot be tested"
    by_claim = {c.claim: c for c in judged.comparisons}
    first = by_claim["total_december"]
    assert first.agrees == "no"
    assert first.z is not None
    assert first.z < -3
    assert first.gap_sq is not None
    assert first.gap_sq > 2
    assert first.chance_complete is not None
    assert first.chance_complete < 0.001
    assert by_claim["total_may"].agrees == "no"
    assert by_claim["total_june"].agrees == "cannot say"


def test_what_the_answer_of_2008_turns_on(judged: Judgement) -> None:
    """All that was made, or what was separated: with the second meaning the same 30 kg are no contradiction."""
    first = judged.comparisons[0]
    assert first.if_counted_otherwise is not None
    assert "separated" in first.if_counted_otherwise
    assert "cannot say" in first.if_counted_otherwise
    assert ("isis_2006", "speaks of 2006-06-15, the claim of 2007-12-05") in first.left_out
    assert [r.earlier for r in judged.revisions] == ["total_december", "total_may"]
    last = judged.comparisons[-1]
    assert last.shares[0][0] == "reactor_history_separated (capacity factor)"


def test_sites_of_2008(judged: Judgement) -> None:
    missing = dict(judged.sites.undeclared_by_list)
    assert missing["carnegie_1998"] == ()
    assert missing["imagery_2018"] == ("punggye_ri", "kangson")
    assert judged.sites.recapture is not None
    assert judged.sites.recapture.total == pytest.approx(9)
    assert any("95 %: 8 to 16; 8 are known" in text for text in judged.sites.sentences), "sites are whole"


def test_sites_left_out_are_in_the_first_sentence(judged: Judgement) -> None:
    assert judged.sites.left_out == ("punggye_ri", "kangson")
    assert judged.sites.only_later == ("kangson",)
    assert headline(judged).endswith(", and leaves out 2 sites that others list (1 of them only later).")
    assert any("2018-08-20 (later than the declaration of 2008-06-26): " in text for text in judged.sites.sentences)


def test_what_agrees_but_leaves_a_site_out_is_not_good_news() -> None:
    lists = {"one": {"by": "others", "as_of": "2020-01-01", "sites": ["hill", "dale"], "source": "x"}}
    found = judge(small(site_lists=lists, sites__dale={"declared": False}))
    good = replace(found, closes="yes", agrees="yes")
    assert (mark(good), mark(replace(good, sites=judge(small()).sites))) == ("open", "yes")
    whole = "The declaration adds up by itself, and agrees with what others estimate, "
    assert headline(good) == f"{whole}but leaves out 1 site that others list."


@pytest.mark.parametrize(("apart", "words"), [(3.0, "within chance"), (9.0, "further apart than their uncertainties")])
def test_how_far_apart_estimates_lie_is_said_as_p_says(apart: float, words: str) -> None:
    more = {"by": "others", "material": "plutonium", "as_of": "2020-01-01", "source": "x"}
    low = {"mean": 12, "sd": 1.5}
    d = small(estimates__others__amount=low, estimates__high={**more, "amount": {"mean": 12 + apart, "sd": 1.5}})
    (said,) = [text for text in sentences_of(compare(d, "pu")) if "chi²" in text]
    assert words in said


def test_who_verifies_and_who_decides(judged: Judgement) -> None:
    assert {(c.verifiers, c.arbiter) for c in judged.comparisons} == {(("usa", "iaea"), "six")}


def test_the_words_begin_with_the_answers(judged: Judgement) -> None:
    words = judged.sentences()
    assert words[0].startswith("Closes by itself: yes")
    assert words[1] == "Agrees with outside estimates: no."
    assert any("significant quantities more than declared" in w for w in words)
    assert not any(re.search(r"\bnan\b|\binf\b|None", w) for w in words)


def test_estimates_of_2018_are_the_published_ones(shared: Path) -> None:
    known = json.loads((shared / "data/known_answers/verification.json").read_text(encoding="utf-8"))
    published = next(v for v in known if v["name"] == "dprk_estimates_mid2018")["expected"]
    d = load("dprk-2018")
    ranges = {n: e.amount.range for n, e in d.estimates.items() if e.amount}
    assert list(ranges["hecker_pu"] or ()) == published["Pu_kg"][0]["range"]
    assert list(ranges["hecker_pu_2021"] or ()) == published["Pu_kg"][3]["range"]
    assert list(ranges["isis_heu"] or ()) == published["HEU_kg"][0]["range"]
    assert (ranges["heinonen_heu"] or (0, 0))[1] == published["HEU_kg"][1]["upper"]
    assert d.estimates["rok_pu"].amount is not None
    assert d.estimates["rok_pu"].amount.value == published["Pu_kg"][2]["value"]
    assert judge(d).agrees == "cannot say"


@pytest.mark.parametrize(
    ("estimate", "answer"),
    [
        ({"mean": 12, "sd": 1}, "yes"),
        ({"mean": 12, "sd": 6}, "cannot say"),
        ({"mean": 30, "sd": 3}, "no"),
        ({"mean": 3, "sd": 1}, "no"),
    ],
)
def test_agreement(estimate: dict[str, float], answer: str) -> None:
    d = small(estimates__others__amount=estimate)
    assert compare(d, "pu").agrees == answer
    others = ("no", "cannot say")[answer != "no"]
    assert judge(d).agrees == others, "nothing outside speaks of the other claims"


def test_more_declared_than_estimated_is_said() -> None:
    assert compare(small(estimates__others__amount={"mean": 3, "sd": 1}), "pu").why.startswith("more is declared")


def test_without_any_estimate_nothing_can_be_said() -> None:
    c = compare(small(estimates=None), "pu")
    assert (c.agrees, c.z, c.estimate) == ("cannot say", None, None)
    assert judge(small(claims=None, materials=None, estimates=None, items=None, transfers=None)).agrees == "cannot say"


def test_a_claim_without_total_is_the_sum_of_its_parts() -> None:
    c = compare(small(claims__pu__total=None), "pu")
    assert c.declared is not None
    assert c.declared.mean == pytest.approx(12)


def test_the_estimate_that_flips() -> None:
    """Two that contradict each other decide nothing; either one alone would."""
    more = {"by": "others", "material": "plutonium", "as_of": "2020-01-01", "source": "x"}
    d = small(estimates__high={**more, "amount": {"mean": 40, "sd": 2}})
    c = compare(d, "pu")
    assert (c.agrees, dict(c.flips)) == ("cannot say", {"high": "yes", "others": "no"})


def test_a_prior_is_of_one_material() -> None:
    """Thirty kilograms of plutonium say nothing of how much uranium may be hidden."""
    heu = {"by": "others", "material": "heu", "amount": {"mean": 300, "sd": 50}, "as_of": "2020-01-01", "source": "x"}
    prior = {"plutonium": {"undeclared_up_to": "30 kg", "source": "x"}}
    d = small(estimates__heu=heu, prior=prior)
    assert compare(d, "pu").bayes_factor is not None
    assert compare(d, "heu").bayes_factor is None


def test_overwhelming_evidence_is_said_in_words() -> None:
    prior = {"plutonium": {"undeclared_up_to": 1000, "source": "x"}}
    d = small(estimates__others__amount={"mean": 900, "sd": 1}, claims__pu__total={"mean": 12, "sd": 0.1}, prior=prior)
    words = " ".join(judge(d).sentences())
    assert "more than a million to 1 against" in words
    assert "inf" not in words


def test_lists_of_which_one_holds_the_other() -> None:
    lists = {n: {"by": "others", "as_of": "2020-01-01", "sites": ["hill"], "source": n} for n in ("one", "two")}
    said = judge(small(site_lists=lists, completeness={"lists": ["one", "two"]})).sites.sentences
    assert said[-1].endswith("one list holds the whole of the other.")
    assert said[0].startswith("Every site is declared that stands on the list of others")


def test_the_page_says_why_an_estimate_was_not_compared(dprk: Declaration, judged: Judgement) -> None:
    row = next(r for r in outside_rows(dprk, judged) if r["estimate"] == "ISIS, Washington, Jun 2006")
    assert "speaks of 2006-06-15" in str(row["not_compared_where"])
    said = page(dprk, judged)
    assert "disputes are for Heads of delegation" in said.checked[0]
    turn = "Leave out all of the group “reactor models”, and the answer is 'cannot say'"
    assert any(turn in t for t in said.turns_on)
    assert any(t.startswith("± is one standard uncertainty") for t in said.said)


def test_the_answer_names_what_does_not_close() -> None:
    d = small(claims__pu__total={"mean": 20, "sd": 1}, sites__valley={}, sites__dale={}, sites__moor={}, sites__fen={})
    judged = judge(d)
    said = page(d, judged).said
    failing = [t for t in said if t.startswith("Does not close: ")]
    assert failing[0].startswith("Does not close: claims.pu: produced + received = ")
    assert said[1 + len(failing)] == "2 more do not close, as the table of rules says."


def test_names_on_the_page_are_told_apart_and_leave_words_alone() -> None:
    """Two claims of one day, and two estimates of one month; a claim called `all` is not put in place of "all"."""
    more = {
        "by": "others",
        "material": "plutonium",
        "as_of": "2020-01-05",
        "source": "x",
        "amount": {"mean": 14, "sd": 2},
    }
    claim = {"statement": "initial", "material": "plutonium", "total": {"mean": 11, "sd": 1}}
    d = small(claims__all=claim, estimates__again=more)
    judged = judge(d)
    rows = estimate_rows(d, judged)
    assert len({(r["claim"], r["figure"]) for r in rows}) == len(rows)
    words = " ".join((*page(d, judged).turns_on, *(t for p in page(d, judged).parts for t in p.said)))
    assert "comes most of all from" in words
    assert "Plutonium produced, said on 1 Mar 2020 (all): 11 ± 1 kg declared" in words


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"claims__pu__statement": "inital"}, "declaration.unknown_statement", "did you mean 'initial'?"),
    ({"claims__pu__operations": ["rum"]}, "declaration.unknown_operation", "'run'"),
    ({"materials__metal__claim": "pux"}, "declaration.unknown_claim", "'pu'"),
    ({"materials__metal__at": "stor"}, "declaration.unknown_facility", "'store'"),
    ({"facilities__store__site": "hil"}, "declaration.unknown_site", "'hill'"),
    ({"arbiter": "curt"}, "declaration.unknown_actor", "'court'"),
    ({"verifiers": "agencies"}, "declaration.unknown_actor", "'agency'"),
    ({"transfers__shipped__from": "plnt"}, "declaration.unknown_facility", "'plant'"),
    ({"items__0__of": "metl"}, "declaration.unknown_material", "'metal'"),
    ({"completeness": {"lists": ["a", "b"]}}, "declaration.unknown_site_list", "none is defined"),
    ({"claims__pu__material": "plutonum"}, "declaration.choice", "'plutonium'"),
    ({"claims__pu__mas": 3}, "declaration.unknown_field", "known"),
    ({"claims__pu__total": "-3 kg"}, "declaration.impossible", "check the number"),
    ({"claims__pu__total": "3 miles"}, "declaration.unit", "write it in kg"),
    ({"claims__pu__total": "lots"}, "declaration.number", "digits"),
    ({"claims__heu__assay": "0 %"}, "declaration.impossible", "90 %"),
    ({"operations__run__grams_per_mwd": 20}, "declaration.impossible", "check the number"),
    ({"operations__run__power": 0}, "declaration.impossible", "leave it out"),
    ({"operations__run__plant": "hall"}, "declaration.operation", ""),
    ({"operations__run__ended": "2009-01-01"}, "declaration.dates", "in order"),
    ({"operations__run__sampled": None}, "declaration.sampled", "sampled"),
    ({"operations__cascade__tails__assay": "2 %"}, "declaration.assays", "tails < feed < product"),
    ({"estimates__others__amount": None}, "declaration.estimate", "one of"),
    ({"statements__initial__on": "yesterday"}, "declaration.date", "2025-12-31"),
    ({"title": None}, "declaration.missing", "add 'title: ...'"),
    ({"prior": {"plutonum": {"undeclared_up_to": 3}}}, "declaration.choice", "'plutonium'"),
]
ODDITIES: list[tuple[dict[str, Any], str, str]] = [
    ({"estimates__others__covers": "90 %"}, "declaration.covers", "estimates.others.covers"),
    ({"claims__pu2": changed({})["claims"]["pu"]}, "declaration.repeated", "claims.pu2"),
    ({"operations__run__by": "others"}, "declaration.not_declared", "claims.pu.operations.0"),
    ({"operations__run__by": "others", "operations__run__discharged": "2014-01-01"}, "declaration.dates",
     "operations.run"),
    ({"prior": {"plutonium": {"undeclared_up_to": 30}}}, "declaration.no_source", "prior.plutonium.undeclared_up_to"),
    ({"operations__cascade__source": None}, "declaration.no_source", "operations.cascade.feed.mass"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "path"), ODDITIES)
def test_what_is_odd_is_a_warning(changes: dict[str, Any], code: str, path: str) -> None:
    assert (code, "warning", path) in {(f.code, f.severity, f.path) for f in findings(**changes)}
    assert all(f.remedy for f in findings(**changes))


@pytest.mark.parametrize(("changes", "code", "remedy"), FAULTS)
def test_faults_have_code_place_and_remedy(changes: dict[str, Any], code: str, remedy: str) -> None:
    found = [f for f in findings(**changes) if f.code == code]
    assert found, [str(f) for f in findings(**changes)]
    assert all(f.severity == "error" and f.line and f.column and f.file == "small.json" for f in found)
    assert remedy in found[0].remedy


def test_all_faults_at_once_with_their_lines() -> None:
    text = SMALL.replace("statement: initial, material: heu", "statement: inital, material: heu")
    text = text.replace("arbiter: court", "arbiter: curt").replace("assay: 90 %, total", "assay: 190 %, total")
    declaration, found = reads(text, "f.yaml")
    errors = [f for f in found if f.severity == "error"]
    assert declaration is None
    lines = text.splitlines()
    assert {(f.code, f.line) for f in errors} == {
        ("declaration.unknown_actor", lines.index("arbiter: court".replace("court", "curt")) + 1),
        ("declaration.number", next(i for i, line in enumerate(lines, 1) if "190" in line)),
        ("declaration.unknown_statement", next(i for i, line in enumerate(lines, 1) if "inital" in line)),
    }


def test_notes_on_bare_figures() -> None:
    found = findings(claims__pu__total=12, statements__initial__source="x", operations__run__source=None)
    said = {(f.code, f.severity, f.path) for f in found}
    assert ("declaration.no_uncertainty", "note", "claims.pu.total") in said
    assert ("declaration.no_source", "warning", "operations.run.power") in said
    weightless = findings(estimates__others__amount=12)
    assert ("declaration.no_uncertainty", "warning") in {(f.code, f.severity) for f in weightless}


def test_two_documents_with_the_same_name() -> None:
    _, found = reads(SMALL + "by: agency\n")
    assert "declaration.duplicate" in {f.code for f in found}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    declaration, (missing,) = read("dprk-2009")
    assert declaration is None
    assert (missing.code, missing.remedy) == ("declaration.file", "did you mean 'dprk-2008' or 'dprk-2018'?")
    with pytest.raises(DossierError, match=r"declaration\.empty"):
        loads("")
    with pytest.raises(DossierError, match=r"declaration\.top_level"):
        loads("- a\n- b\n")
    mine = tmp_path / "mine.yaml"
    mine.write_text(SMALL, encoding="utf-8")
    assert load(mine).title == "Ruritania's nuclear material"


def test_every_code_that_the_source_gives_is_one_code() -> None:
    source = (REPO / "src/detente/verify/declaration/files.py").read_text(encoding="utf-8")
    assert all(CODE.match(code) for code in re.findall(r'"(declaration\.[^"{]+)"', source))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["12 kg", "-1 kg", "90 %", "2020-01-31", "initial", "pu", "run", "hill", "1e308 kg", "1e-300", "0",
                     "plutonium", "heu", "separated", "store", "0.711 %", 10**400]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS
    | st.fixed_dictionaries({"mean": SCALARS, "sd": SCALARS})
    | st.fixed_dictionaries({"min": SCALARS, "max": SCALARS}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _paths(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(p for k, v in children for p in _paths(v, (*here, k)))]


DOCUMENT = changed({})
PATHS = [p for p in _paths(DOCUMENT) if p]


def _survives(text: str | bytes) -> None:
    declaration, found = reads(text, "fuzz.yaml")
    assert all(isinstance(f, Finding) and CODE.match(f.code) for f in found)
    assert (declaration is None) == any(f.severity == "error" for f in found)
    for f in found:
        assert not re.search(r"<\w+>|\[key\]", f.path)
        str(f)
    if declaration is not None:
        j = judge(declaration)
        said = [*j.sentences(), *(r.message for r in j.rules)]
        said += [text for part in page(declaration, j).parts for text in part.said]
        assert not re.search(r"\b(nan|inf|None)\b", " ".join(said).replace("inf'", ""))


@given(st.binary(max_size=200) | st.text(alphabet="abc:-[]{}\"'\n \t#&*!|>%@,?~01.<=", max_size=60))
def test_random_text(data: str | bytes) -> None:
    _survives(data)


@given(st.data())
def test_any_field_replaced_by_anything(data: st.DataObject) -> None:
    document = copy.deepcopy(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PATHS))
        node: Any = document
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for step in path[:-1]:
                node = node[step]
            if data.draw(st.booleans()) and isinstance(node, dict):
                node.pop(path[-1], None)
            elif isinstance(node, dict | list):
                node[path[-1]] = data.draw(VALUES)
    _survives(json.dumps(document))


MASSES = st.floats(0, 1e12) | st.sampled_from([0, 1e-300, 1e12, 12])
SDS = st.floats(0, 1e12) | st.sampled_from([0, 1e-300, 1e-12])


@given(MASSES, SDS, MASSES, SDS, st.floats(0.01, 1 - 1e-6), st.floats(1e-6, 0.007), st.floats(0, 1e9), st.floats(0, 1))
def test_extreme_figures_give_numbers(
    total: float, sd: float, other: float, other_sd: float, product: float, tails: float, swu: float, complete: float
) -> None:
    document = changed(
        {
            "claims.pu.total": {"mean": total, "sd": sd},
            "estimates.others.amount": {"mean": other, "sd": other_sd},
            "operations.cascade.product": {"mass": {"mean": other, "sd": sd}, "assay": product},
            "operations.cascade.tails.assay": {"mean": tails, "sd": min(sd, 1)},
            "operations.cascade.capacity": {"mean": swu, "sd": other_sd},
            "prior": {"plutonium": {"undeclared_up_to": total, "complete": complete}},
        }
    )
    _survives(json.dumps(document))
