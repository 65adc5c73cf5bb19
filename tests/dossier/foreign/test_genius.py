"""GENIUS domains become dossiers whose values are GENIUS's utilities."""

from __future__ import annotations

import itertools
import json
import random
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detente.dossier import from_dict, reads
from detente.dossier.foreign import read_genius
from detente.errors import UsageError
from detente.model.judge.check import check
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from tests.dossier.foreign.genius_files import change, domain, integer, issue, profile, put, real, shop

ADDITIVE = ["nice_or_die", "laptop", "itex_cypress", "england_zimbabwe", "camera", "energy", "six_issues"]
ADDITIVE += ["dinner", "killer_robot"]  # three parties
BOXED = ["anac2014_10", "anac2014_30", "anac2014_40"]


def document_of(folder: Path, *profiles: str, **options: Any) -> dict[str, Any]:
    imported, findings = read_genius(folder, profiles, **options)
    assert imported is not None, findings
    return imported.document


def messages(folder: Path, *profiles: str) -> list[str]:
    imported, findings = read_genius(folder, profiles)
    assert imported is None
    return [f"{f.code}: {f.message}" for f in findings if f.severity == "error"]


def exact(value: float) -> Fraction:
    return Fraction(str(value))


def utility(document: dict[str, Any], party: str, chosen: set[str]) -> Fraction:
    """A party's utility by the definition: stakes over swings times what is in force."""
    stakes = document["parties"][party]["stakes"]

    def points(effects: dict[str, Any]) -> Fraction:
        of = [(exact(stakes[i]), document["interests"][i], exact(e["once"])) for i, e in effects.items() if i in stakes]
        return sum((s * once / (exact(i["best"]) - i["worst"]) for s, i, once in of), Fraction(0))

    def holds(when: Any) -> bool:
        if isinstance(when, str):
            return when in chosen
        return all(map(holds, when["all"])) if "all" in when else any(map(holds, when["any"]))

    total = sum((points(document["measures"][m].get("effects", {})) for m in chosen), Fraction(0))
    for interaction in document.get("interactions", {}).values():
        if holds({k: v for k, v in interaction.items() if k in ("all", "any")}):
            total += points(interaction["effects"])
    return total


def tables(document: dict[str, Any]) -> list[list[list[Fraction]]]:
    """[party][issue][value] exact utilities of an additive case."""
    groups = [[m for (m,) in g["of"]] for g in document["one_of"].values()]
    return [[[utility(document, p, {m}) for m in g] for g in groups] for p in document["parties"]]


def outcomes(document: dict[str, Any]) -> np.ndarray:
    """[outcome, party] every utility in units of 1e-12, by plain enumeration in integers."""
    columns = []
    for party in tables(document):
        total = np.zeros(1, np.int64)
        for values in party:
            units = np.array([round(v * 10**12) for v in values], np.int64)
            total = (total[:, None] + units[None, :]).ravel()
        columns.append(total)
    found: np.ndarray = np.stack(columns, axis=1)
    return found


def pareto(points: np.ndarray) -> np.ndarray:
    """The distinct undominated rows, by their definition: none is at least as good everywhere and better somewhere."""
    left = np.unique(points, axis=0)
    left = left[np.argsort(-left.sum(axis=1), kind="stable")]
    front = []
    while len(left):
        best = left[0]
        front.append(best)
        left = left[np.any(left > best, axis=1)]
    return np.array(front)


@pytest.mark.parametrize("name", [*ADDITIVE, *BOXED])
def test_the_public_domains_are_good_dossiers(shared, name):
    folder = shared / "data" / "genius" / name
    imported, findings = read_genius(folder)
    assert imported is not None
    assert {f.severity for f in findings} <= {"warning", "note"}
    assert {f.code for f in findings} == (set() if name in ADDITIVE else {"foreign.repaired", "foreign.clip"})
    text = imported.as_yaml()
    dossier, said = reads(text)
    assert said == []
    assert dossier == from_dict(imported.document)
    known = json.loads((shared / "data" / "known_answers" / "genius.json").read_text())[name]
    stated = zip(known.get("discount", []), known.get("reservation", []), strict=False)
    for party, (d, r) in zip(dossier.parties.values(), stated, strict=False):
        assert party.walk_away.value == r
        assert (party.talks_discount.value if party.talks_discount else 1.0) == d


@pytest.mark.parametrize("name", ADDITIVE)
def test_enumeration_gives_the_known_pareto_sets_and_solutions(shared, name):
    known = json.loads((shared / "data" / "known_answers" / "genius.json").read_text())[name]
    document = document_of(shared / "data" / "genius" / name)
    points = outcomes(document)
    assert len(points) == known["outcomes"]
    front = pareto(points // 100)
    assert len(front) == known["n_pareto_distinct"]
    least = np.array([p["walk_away"] for p in document["parties"].values()])
    rational = front[np.all(front / 1e10 >= least - 1e-12, axis=1)]
    assert len(rational) == known.get("n_pareto_rational", known["n_pareto_distinct"])
    gains = rational / 1e10 - least
    expected = {"nash": gains.prod(axis=1), "max_welfare": gains.sum(axis=1)}
    expected["egalitarian" if "egalitarian" in known else "kalai_egalitarian"] = gains.min(axis=1)
    expected["ks_maxmin"] = (gains / gains.max(axis=0)).min(axis=1)
    for rule, score in expected.items():
        u = np.array(known[rule]["u"] if isinstance(known[rule], dict) else known[rule])
        ties = rational[score >= score.max() - 1e-12] / 1e10
        assert any(np.allclose(u, tie, rtol=0, atol=2e-9) for tie in ties), rule


def xml_utility(root: ET.Element, offer: dict[int, str]) -> Fraction:
    """GENIUS's rule applied to the file itself, by another reader than ours."""
    box = root.find(".//utility")
    if box is not None:
        total = Fraction(0)
        for rectangle in box.iter("hyperRectangle"):
            inside = all(
                int(b.get("min")) <= int(offer[int(b.get("index"))]) <= int(b.get("max"))
                for b in rectangle.findall("INCLUDES")
            )
            total += Fraction(rectangle.get("utility")) if inside else 0
        return total / Fraction(box.get("maxutility"))
    weights = {int(w.get("index")): Fraction(w.get("value")) for w in root.iter("weight")}
    total = Fraction(0)
    for one in root.iter("issue"):
        index, evaluator = int(one.get("index")), one.find("evaluator")
        if evaluator is None:
            worth = {i.get("value"): Fraction(i.get("evaluation")) for i in one.iter("item")}
            total += weights[index] * worth[offer[index]] / max(worth.values())
        else:
            at = int(offer[index]) - int(one.get("lowerbound"))
            level = Fraction(evaluator.get("offset")) + Fraction(evaluator.get("slope")) * at
            total += weights[index] * min(Fraction(1), max(Fraction(0), level))
    return total


@pytest.mark.parametrize("name", [*ADDITIVE, *BOXED])
def test_random_offers_have_the_utility_that_the_file_says(shared, name):
    folder = shared / "data" / "genius" / name
    document = document_of(folder)
    model = Model.of(from_dict(document))
    groups = [[m for (m,) in g["of"]] for g in document["one_of"].values()]
    rng = random.Random(name)
    for n, party in enumerate(document["parties"]):
        text = (folder / f"{party}.xml").read_text(encoding="utf-8")
        root = ET.fromstring(re.sub(r"\A\s*(<!--.*?-->\s*)?<\?xml.*?\?>", "", text, flags=re.DOTALL))
        for _ in range(20):
            chosen = [rng.choice(g) for g in groups]
            offer = {i: document["measures"][m]["title"] for i, m in enumerate(chosen, 1)}
            expected = xml_utility(root, offer)
            assert abs(utility(document, party, set(chosen)) - expected) < Fraction(1, 10**14)
            if name in ADDITIVE:
                value = sum(model.once[n, model.index[m]] for m in chosen)
                assert value == pytest.approx(float(expected), abs=1e-12)


def test_the_shape_of_a_small_domain(tmp_path):
    imported, findings = read_genius(shop(tmp_path), ["seller", "buyer.xml"])
    assert findings == []
    d = imported.document
    assert d["title"] == "shop"
    assert list(d["parties"]) == ["seller", "buyer"]
    assert d["interests"]["seller_size"] == {
        "title": "Size for seller", "unit": "evaluation", "worst": 0, "best": 4, "source": "seller.xml"
    }  # fmt: skip
    assert d["parties"]["buyer"]["stakes"] == {"buyer_size": 0.5, "buyer_colour": 0.5}
    assert d["parties"]["buyer"]["walk_away"] == 0.25
    assert d["parties"]["buyer"]["talks_discount"] == 0.75
    assert "talks_discount" not in d["parties"]["seller"]
    assert d["measures"]["size_l"]["title"] == "L"
    assert d["measures"]["size_l"]["effects"] == {"seller_size": {"once": 4}}  # zeros are left out
    assert d["one_of"]["colour"] == {"exactly": True, "of": [["colour_red"], ["colour_blue"]]}
    assert "interactions" not in d
    assert [p.name for p in imported.sources] == ["domain.xml", "seller.xml", "buyer.xml"]


def test_profiles_come_in_natural_order_and_by_name(tmp_path):
    shop(tmp_path)
    for n in (10, 9):
        put(tmp_path, f"agent{n}.xml", (tmp_path / "seller.xml").read_text())
    assert list(document_of(tmp_path)["parties"]) == ["agent9", "agent10", "buyer", "seller"]
    assert list(document_of(tmp_path, "seller", "agent10")["parties"]) == ["seller", "agent10"]
    assert list(document_of(tmp_path / "domain.xml", "buyer", "seller")["parties"]) == ["buyer", "seller"]


def test_names_in_any_script_become_unique_ids(tmp_path):
    names = ["60 Gb", "60-Gb", "прокат", "平和", "a & b", "__", "é"]
    put(tmp_path, "domain.xml", domain(issue(1, "1st", names), issue(2, "1st", names), name=""))
    for party in ("p", "q"):
        text = profile(issue(1, "1st", dict.fromkeys(names, 1)), issue(2, "1st", dict.fromkeys(names, 1)),
                       weights=(1, 0))  # fmt: skip
        put(tmp_path, f"{party}.xml", text)
    imported, _ = read_genius(tmp_path)
    dossier, said = imported.judged()
    assert said == []
    assert [m.title for m in dossier.measures.values()] == names * 2
    assert list(dossier.measures)[:4] == ["n1st_60_gb", "n1st_60_gb_2", "n1st", "n1st_2"]
    assert dossier.parties["p"].stakes["p_n1st_2"].value == 0  # a weight of 0 is a stake of 0


LINEAR = '<evaluator ftype="linear" offset="{}" slope="{}"/>'


def test_integer_issues_are_clipped_and_not_rescaled(tmp_path):
    put(tmp_path, "domain.xml", domain(integer(1, "Price", 10, 14)))
    put(tmp_path, "p.xml", profile(integer(1, "Price", 10, 14, LINEAR.format("-0.1", "0.3")), weights=(1,)))
    put(tmp_path, "q.xml", profile(integer(1, "Price", 10, 14, LINEAR.format("0.5", "-0.1")), weights=(1,)))
    d = document_of(tmp_path)
    assert [m["title"] for m in d["measures"].values()] == ["10", "11", "12", "13", "14"]
    by_party = tables(d)
    assert by_party[0][0] == [0, Fraction(1, 5), Fraction(1, 2), Fraction(4, 5), 1]
    assert by_party[1][0] == [Fraction(n, 10) for n in (5, 4, 3, 2, 1)]  # at most a half, as GENIUS has it


@pytest.mark.parametrize(
    ("evaluator", "expected"),
    [
        (LINEAR.format("0", "0.25"), [0, "1/4", "1/2", "3/4", 1]),
        ('<evaluator ftype="linear" parameter0="-2" parameter1="1"/>', [0, 1, 1, 1, 1]),
        ('<evaluator ftype="constant" parameter0="0.5"/>', ["1/2"] * 5),
        ('<evaluator ftype="triangular" parameter0="2" parameter1="6" parameter2="3"/>', [0, 1, "2/3", "1/3", 0]),
    ],
)
def test_real_issues_are_cut_into_steps_and_said_so(tmp_path, evaluator, expected):
    put(tmp_path, "domain.xml", domain(real(1, "Share", 2, 6)))
    put(tmp_path, "p.xml", profile(real(1, "Share", 2, 6, evaluator), weights=(1,)))
    imported, findings = read_genius(tmp_path, steps=4)
    assert [(f.code, f.severity) for f in findings] == [("foreign.grid", "note")]
    assert "4 steps, 5 values" in findings[0].message
    got = tables(imported.document)[0][0]
    assert [float(g) for g in got] == pytest.approx([float(Fraction(e)) for e in expected])
    with pytest.raises(UsageError, match="1 to 1000 steps"):
        read_genius(tmp_path, steps=0)


BOXES = """<utility maxutility="{}"><ufun type="PlainUfun" weight="1" aggregation="sum">
<hyperRectangle utility="4"><INCLUDES index="1" min="1" max="2"/><INCLUDES index="2" min="0" max="9"/></hyperRectangle>
<hyperRectangle utility="3"><EXCLUDES index="1" min="0" max="1"/><EXCLUDES index="2" min="1" max="1"/></hyperRectangle>
<hyperRectangle utility="2" weight="0.5"></hyperRectangle>
<ufun weight="2"><hyperRectangle utility="1"><INCLUDES index="2" min="1" max="2"/></hyperRectangle></ufun>
<hyperRectangle utility="7"><INCLUDES index="2" min="5" max="7"/></hyperRectangle>
<hyperRectangle utility="5"><EXCLUDES index="2" min="5" max="7"/></hyperRectangle>
</ufun></utility>"""


def boxes(folder: Path, most: object) -> None:
    put(folder, "domain.xml", domain(integer(1, "A", 0, 2), integer(2, "B", 0, 2)))
    both = (integer(1, "A", 0, 2), integer(2, "B", 0, 2))
    for name in ("p", "q"):
        put(folder, f"{name}.xml", profile(*both, utility=BOXES.format(most)))


def test_hyper_rectangles_include_exclude_and_nest(tmp_path):
    boxes(tmp_path, 15)
    imported, findings = read_genius(tmp_path)
    assert findings == []  # 4 + 3 + 1 + 2 + 5 is maxutility, so that the clip cannot matter
    dossier, said = imported.judged()
    assert dossier is not None
    assert said == []
    d = imported.document
    for a, b in itertools.product(range(3), repeat=2):
        raw = 4 * (1 <= a <= 2) + 3 * (not (a <= 1 and b == 1)) + 1 + 2 * (1 <= b <= 2) + 5
        assert utility(d, "p", {f"a_{a}", f"b_{b}"}) == Fraction(raw, 15)
    assert d["interactions"]["p_box_1"]["all"] == [{"any": ["a_1", "a_2"]}]
    assert d["interactions"]["p_box_2"]["any"] == ["a_2", "b_0", "b_2"]
    assert "p_box_5" not in d["interactions"]  # holds for no value


def test_a_clip_that_may_bind_is_said(tmp_path):
    boxes(tmp_path, 14)
    _, findings = read_genius(tmp_path)
    assert [(f.code, f.severity) for f in findings] == [("foreign.clip", "note")] * 2
    assert "14" in findings[0].message


def test_an_issue_that_is_worth_nothing_is_said(tmp_path):
    shop(tmp_path)
    change(tmp_path / "seller.xml", 'value="red" evaluation="3"', 'value="red" evaluation="0"')
    imported, findings = read_genius(tmp_path)
    assert [(f.code, f.severity, f.line) for f in findings] == [("foreign.worthless", "note", 8)]
    assert "seller_colour" not in imported.document["interests"]
    assert imported.judged()[1] == []


def test_negative_evaluations_are_kept(tmp_path):
    shop(tmp_path)
    change(tmp_path / "seller.xml", 'value="S" evaluation="1"', 'value="S" evaluation="-2"')
    d = document_of(tmp_path, "seller", "buyer")
    assert tables(d)[0][0] == [Fraction(-3, 8), Fraction(3, 8), Fraction(3, 4)]


def test_weights_far_from_one_and_odd_discounts_are_said(tmp_path):
    shop(tmp_path)
    change(tmp_path / "seller.xml", 'value="0.75"', 'value="0.25"')
    change(tmp_path / "buyer.xml", 'discount_factor value="0.75"', 'discount_factor value="1.5"')
    imported, findings = read_genius(tmp_path)
    assert sorted(f.code for f in findings) == ["foreign.discount", "foreign.weights"]
    assert "talks_discount" not in imported.document["parties"]["buyer"]


def test_a_reservation_is_never_clamped(tmp_path):
    shop(tmp_path)
    change(tmp_path / "buyer.xml", 'reservation value="0.25"', 'reservation value="-3.5"')
    assert document_of(tmp_path, "buyer")["parties"]["buyer"]["walk_away"] == -3.5


def test_a_plan_is_worth_its_utility(tmp_path):
    """Through the model and its judge: an outcome at signature is a plan that holds, and its value is the utility."""
    boxes(tmp_path, 15)
    document = document_of(tmp_path)
    dossier = from_dict(document)
    for a, b in itertools.product(range(3), repeat=2):
        chosen = {f"a_{a}", f"b_{b}"}
        verdict = check(dossier, Plan({m: dossier.start if m in chosen else None for m in dossier.measures}))
        assert verdict.satisfactory
        for party, value in verdict.values.items():
            assert value == pytest.approx(float(utility(document, party, chosen)), abs=1e-12)
