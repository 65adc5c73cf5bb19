"""NegMAS folders: what we write, NegMAS itself reads with our utilities; what it writes, we read with its utilities."""

from __future__ import annotations

import itertools
import random
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.design.questions.frontier import frontier
from detente.dossier import from_dict
from detente.dossier.foreign import read_genius, read_negmas, write_negmas
from detente.errors import UsageError
from tests.dossier.foreign.genius_files import put, shop
from tests.dossier.foreign.test_genius import boxes, utility

OURS = {
    "detente": 1,
    "title": "Free and grouped: no, 18:00",
    "start": "2000-01-01",
    "periods": ["1 x 1 year"],
    "interests": {
        "money": {"unit": "EUR", "worst": 10, "best": -30},
        "face": {"unit": "points", "worst": 0, "best": 1},
    },
    "parties": {
        "b": {"discount": "5 %/year", "stakes": {"money": 0.7, "face": -0.3}, "response_time": 0, "walk_away": -0.1},
        "a": {"discount": "9 %/year", "stakes": {"face": 3}, "response_time": 0},
        "bystander": {"name": "Has no stake, signs nothing"},
    },
    "measures": {
        "no": {"title": "no", "by": ["a", "b"], "effects": {"money": {"once": -8}}},
        "t18_00": {"title": "18:00", "by": ["a", "b"], "effects": {"money": {"once": 6}, "face": {"once": 0.1}}},
        "n7": {"title": "7", "by": ["a", "b"], "effects": {"face": {"once": 0.35}}},
        "free": {"title": 'A "free" one: it\'s # odd', "by": ["a"], "effects": {"face": {"once": 0.21}}},
        "idle": {"by": ["b"], "effects": {}},
    },
    "one_of": {"when": {"exactly": True, "of": [["no"], ["t18_00"]]}, "number": {"of": [["n7"]]}},
}
BONUS = {
    "both": {"all": ["free", {"any": ["no", "t18_00"]}, "n7"], "effects": {"face": {"once": 0.5}}},
    "either": {"any": ["free", "n7"], "effects": {"money": {"once": -4}}},
    "never": {"all": ["no", "t18_00"], "effects": {"money": {"once": -99}}},
}
NO_BOX = {"any": [{"all": ["no", "n7"]}, "free"], "effects": {"face": {"once": 1}}}


@pytest.fixture(scope="module")
def scenario():
    """NegMAS's own reader of a folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inout = pytest.importorskip("negmas.inout")

    def load(folder: Path) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = inout.Scenario.from_yaml_folder(folder)
        assert found is not None
        return found

    return load


def agree(document: dict[str, Any], theirs: Any, groups: list[dict[str, str | None]], most: int = 4000) -> None:
    """NegMAS's utility of every outcome (or of many) is ours; `groups`: text of each value → its measure."""
    assert [len(i.values) for i in theirs.outcome_space.issues] == [len(g) for g in groups]
    offers = list(itertools.product(*groups)) if most else []
    if len(offers) > most:
        offers = random.Random(7).sample(offers, most)
    functions = {u.name: u for u in theirs.ufuns}
    for offer in offers:
        chosen = {g[v] for g, v in zip(groups, offer, strict=True) if g[v]}
        assert all(v in i.values for v, i in zip(offer, theirs.outcome_space.issues, strict=True))
        for party, function in functions.items():
            assert function(offer) == pytest.approx(float(utility(document, party, chosen)), abs=1e-12)


def groups_of(document: dict[str, Any]) -> list[dict[str, str | None]]:
    return [
        {document["measures"][m]["title"]: m for (m,) in group["of"]} for group in document.get("one_of", {}).values()
    ]


@pytest.mark.parametrize("name", ["nice_or_die", "laptop", "itex_cypress", "england_zimbabwe", "camera", "dinner"])
def test_negmas_gives_an_exported_domain_our_utilities(shared, scenario, tmp_path, name):
    document = read_genius(shared / "data" / "genius" / name)[0].document
    write_negmas(from_dict(document), tmp_path)
    theirs = scenario(tmp_path)
    agree(document, theirs, groups_of(document), most=600)
    reserved = {u.name: u.reserved_value for u in theirs.ufuns}
    assert reserved == {p: party["walk_away"] for p, party in document["parties"].items()}
    for u in theirs.ufuns:  # tables are normalised: the largest entry is 1
        assert all(max(f.mapping.values()) == 1 for f in u.values)


def test_negmas_gives_hyper_rectangles_our_utilities(shared, scenario, tmp_path):
    document = read_genius(shared / "data" / "genius" / "anac2014_10")[0].document
    write_negmas(from_dict(document), tmp_path)
    groups, theirs, rng = groups_of(document), scenario(tmp_path), random.Random(3)
    few = [{k: g[k] for k in rng.sample(sorted(g), 2)} for g in groups]
    functions = {u.name: u for u in theirs.ufuns}
    for offer in itertools.islice(itertools.product(*few), 0, None, 7):
        chosen = {g[v] for g, v in zip(groups, offer, strict=True)}
        for party, function in functions.items():
            assert function(offer) == pytest.approx(float(utility(document, party, chosen)), abs=1e-12)


@pytest.mark.parametrize("with_bonus", [False, True])
def test_free_measures_texts_and_negative_points(scenario, tmp_path, with_bonus):
    document = OURS | ({"interactions": BONUS} if with_bonus else {})
    paths = write_negmas(from_dict(document), tmp_path / "new")
    assert [p.name for p in paths] == ["free_and_grouped_no_18_00.yml", "b.yml", "a.yml"]
    groups = [
        {"no": "no", "18:00": "t18_00"},
        {"7": "n7", "none of them": None},
        {"yes": "free", "no": None},
        {"yes": "idle", "no": None},
    ]
    agree(document, scenario(tmp_path / "new"), groups)
    names = [i.name for i in scenario(tmp_path / "new").outcome_space.issues]
    assert names == ["when", "number", 'A "free" one: it\'s # odd', "idle"]


def test_what_lies_outside_a_box_is_exported_too(scenario, tmp_path):
    (tmp_path / "xml").mkdir()
    boxes(tmp_path / "xml", 15)
    document = read_genius(tmp_path / "xml")[0].document
    write_negmas(from_dict(document), tmp_path / "yml")
    agree(document, scenario(tmp_path / "yml"), groups_of(document))


@pytest.mark.parametrize("name", ["laptop", "camera", "anac2014_10"])
def test_a_round_trip_keeps_the_utilities(shared, tmp_path, name):
    before = read_genius(shared / "data" / "genius" / name)[0].document
    write_negmas(from_dict(before), tmp_path)
    imported, findings = read_negmas(tmp_path)
    assert findings == []
    assert imported.judged()[1] == []
    after, rng = imported.document, random.Random(1)
    assert list(after["one_of"]) == list(before["one_of"])
    assert list(after["measures"]) == list(before["measures"])
    for _ in range(50):
        chosen = {rng.choice(g["of"])[0] for g in before["one_of"].values()}
        for party in before["parties"]:
            ours, theirs = utility(before, party, chosen), utility(after, party, chosen)
            assert float(theirs) == pytest.approx(float(ours), abs=1e-12)
            assert after["parties"][party]["walk_away"] == before["parties"][party]["walk_away"]


SPACE = """type: DiscreteCartesianOutcomeSpace
name: trade
issues:
- {name: Price, type: ContiguousIssue, values: [2, 5]}
- {name: Colour, type: CategoricalIssue, values: [red, blue, 3]}
- {name: Size, type: negmas.outcomes.DiscreteCardinalIssue, values: [1, 4]}
"""
SELLER = """type: LinearAdditiveUtilityFunction
name: seller
reserved_value: 0.5
bias: 0.25
weights: [2.0, -0.5, 0.125]
values:
- {type: AffineFun, slope: 0.5, bias: -1}
- {type: TableFun, mapping: {red: 0.2, blue: 30, 3: -1}}
- {type: IdentityFun}
"""
BUYER = """type: HyperRectangleUtilityFunction
name: buyer
reserved_value: -.inf
outcome_ranges:
- {0: [2, 5], 2: 4}
- {1: [red, 3, nothing], 0: [2, 3, 4]}
- {2: [[0, 2], 4]}
- {}
utilities: [1, 0.5, 3, -0.25]
weights: [1.0, 2, 0.5, 1]
bias: 0.125
"""


def test_what_negmas_writes_we_read_with_its_utilities(scenario, tmp_path):
    for name, text in (("trade.yml", SPACE), ("seller.yml", SELLER), ("buyer.yml", BUYER), ("_notes.yml", "a: 1")):
        put(tmp_path, name, text)
    theirs = scenario(tmp_path)
    imported, findings = read_negmas(tmp_path)
    assert [(f.code, f.severity, f.line) for f in findings] == [("foreign.reservation", "note", 3)]
    assert imported.judged()[0] is not None
    document = imported.document
    assert document["title"] == "trade"
    assert document["parties"]["seller"]["walk_away"] == 0.5
    functions = {u.name: u for u in theirs.ufuns}
    values = [[2, 3, 4, 5], ["red", "blue", 3], [1, 4]]
    least = {"seller": 9.0, "buyer": 9.0}
    for offer in itertools.product(*values):
        chosen = {f"{i}_{v}" for i, v in zip(("price", "colour", "size"), offer, strict=True)}
        for party, function in functions.items():
            ours = float(utility(document, party, chosen))
            assert function(offer) == pytest.approx(ours, abs=1e-12), (party, offer)
            least[party] = min(least[party], ours)
    assert document["parties"]["buyer"]["walk_away"] <= least["buyer"]


def test_what_negmas_itself_dumps_is_read(shared, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inout = pytest.importorskip("negmas.inout")
        theirs = inout.Scenario.from_genius_folder(shared / "data" / "genius" / "laptop")
        theirs.to_yaml(tmp_path)
    imported, findings = read_negmas(tmp_path)
    assert findings == []
    document, groups = imported.document, groups_of(imported.document)
    agree(document, theirs, groups)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"periods": ["2 x 1 year"]}, "2 periods"),
        ({"measures.no.takes": "1 month"}, "no takes time"),
        ({"measures.no.after": ["n7"]}, "no needs other measures first"),
        ({"measures.no.effects": {"face": {"level": 1}}}, "no has effects in time"),
        ({"one_of.when.of": [["no", "free"], ["t18_00"]]}, "an alternative of when has several measures"),
        ({"one_of.number.of": [["n7"], ["no"]]}, "no stands twice"),
        ({"demands": {"d": {"by": "a", "firmness": "red_line", "require": {"never": "no"}}}}, "the red line d binds"),
        ({"capacity": {"c": {"limit": 1, "uses": {"no": 1}}}}, "capacity bind"),
        ({"state": {"in_force": {"n7": {"since": "1999-01-01"}}}}, "in force already"),
        ({"parties.a.no_deal": "-1 /year"}, "no_deal of a"),
        ({"parties.a.walk_away": "1 /year"}, "walk_away of a"),
        ({"interactions": {"x": NO_BOX}}, "the condition of x is not a box"),
        ({"measures": {}, "one_of": {}}, "no measures"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(tmp_path, change, said):
    document = dict(OURS)
    for path, value in change.items():
        node, *rest = path.split(".")
        if rest:
            part = {k: dict(v) for k, v in document[node].items()}
            part[rest[0]][rest[1]] = value
            document[node] = part
        else:
            document[node] = value
    with pytest.raises(UsageError, match=said):
        write_negmas(from_dict(document), tmp_path)
    assert list(tmp_path.iterdir()) == []


TASK = {
    "domain.yml": "name: chores\ntype: CartesianOutcomeSpace\n"
    "issues:\n- {name: cleaner, type: CategoricalIssue, values: [ann, bob]}\n",
    "ann.yml": "name: ann\ntype: LinearAdditiveUtilityFunction\nweights: [1]\nreserved_value: -10\n"
    "values: [{type: TableFun, mapping: {ann: -1, bob: -2}}]\n",
    "bob.yml": "name: bob\ntype: LinearAdditiveUtilityFunction\nweights: [1]\nreserved_value: -10\n"
    "values: [{type: TableFun, mapping: {ann: -2, bob: -1}}]\n",
}


@pytest.mark.parametrize(
    ("reserved", "points"),
    [
        ("-10", [(-1, -2), (-2, -1)]),
        ("-1.5", [(-1, -2)]),
        ("-.inf", [(-1, -2), (-2, -1)]),
        (".inf", []),
        ("+.inf", []),
    ],
)
def test_a_reservation_is_the_worth_of_no_deal_below_nothing_too(tmp_path, reserved, points):
    """Of two who lose by every deal, one (ann) accepts down to its reservation; +∞ is beyond all that there is."""
    for name, text in TASK.items():
        put(tmp_path, name, text.replace("-10", reserved) if name == "ann.yml" else text)
    imported, _ = read_negmas(tmp_path)
    found = frontier(imported.judged()[0])
    assert [tuple(point.values.values()) for point in found.points] == points[::-1]
    assert found.complete


def test_a_reservation_that_is_no_number_is_an_error(tmp_path):
    for name, text in TASK.items():
        put(tmp_path, name, text.replace("-10", ".nan"))
    assert read_negmas(tmp_path)[0] is None


def test_a_folder_with_other_parties_is_not_written_into(tmp_path):
    put(tmp_path, "stranger.yml", "a: 1")
    with pytest.raises(UsageError, match=r"stranger\.yml"):
        write_negmas(from_dict(OURS), tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        write_negmas(from_dict(OURS), tmp_path / "stranger.yml")


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "line"),
    [
        ("trade.yml", "DiscreteCartesianOutcomeSpace", "Something", "root", None),
        ("trade.yml", "CategoricalIssue", "CallableIssue", "unknown_type", 5),
        ("trade.yml", "name: Colour", "name: Price", "duplicate", 5),
        ("trade.yml", "[2, 5]", "[5, 2]", "number", 4),
        ("trade.yml", "[2, 5]", "[0, 900000000]", "size", 4),
        ("trade.yml", "[red, blue, 3]", "[red, red, 3]", "duplicate", 5),
        ("trade.yml", "[red, blue, 3]", "[]", "missing", 5),
        ("trade.yml", "issues:", "isues:", "missing", 1),
        ("seller.yml", "LinearAdditiveUtilityFunction", "ExpDiscountedUFun", "unknown_type", 1),
        ("seller.yml", "[2.0, -0.5, 0.125]", "[2.0]", "mismatch", 5),
        ("seller.yml", "-0.5", "half", "number", 5),
        ("seller.yml", "blue: 30", "green: 30", "mismatch", 8),
        ("seller.yml", "blue: 30", "blue: much", "number", 8),
        ("seller.yml", "type: AffineFun", "type: SinFun", "unknown_type", 7),
        ("seller.yml", "type: TableFun, mapping: {red: 0.2, blue: 30, 3: -1}", "type: IdentityFun", "mismatch", 8),
        ("buyer.yml", "utilities: [1,", "utilities: [", "mismatch", 4),
        ("buyer.yml", "{0: [2, 5], 2: 4}", "{7: [2, 5]}", "mismatch", 5),
        ("buyer.yml", "{0: [2, 5], 2: 4}", "[2, 5]", "missing", 5),
        ("buyer.yml", "bias: 0.125", "bias: [1]", "number", 11),
    ],
)
def test_faults_are_named_with_their_line(tmp_path, file, old, new, code, line):
    for name, text in (("trade.yml", SPACE), ("seller.yml", SELLER), ("buyer.yml", BUYER)):
        put(tmp_path, name, text.replace(old, new, 1) if name == file else text)
    imported, findings = read_negmas(tmp_path)
    assert imported is None
    (finding,) = (f for f in findings if f.severity == "error")
    assert (finding.code, finding.line) == (f"foreign.{code}", line)
    assert finding.remedy
    assert Path(finding.file or "").name == (tmp_path.name if code == "root" else file)


def test_a_folder_is_needed(tmp_path):
    assert [f.code for f in read_negmas(tmp_path / "none")[1]] == ["foreign.file"]
    assert [f.code for f in read_negmas(shop(tmp_path / "xml"))[1]] == ["foreign.root"]


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 9), st.floats(allow_nan=False), st.text(max_size=4)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([SPACE, SELLER, BUYER]), st.integers(0, 10), JUNK, st.integers(0, 400))
def test_nothing_crashes_it(tmp_path_factory, text, line, junk, cut):
    folder = tmp_path_factory.mktemp("junk")
    lines = text.splitlines()
    lines[line % len(lines)] = f"{lines[line % len(lines)].partition(':')[0]}: {junk!r}"
    for name, original in (("trade.yml", SPACE), ("seller.yml", SELLER), ("buyer.yml", BUYER)):
        spoilt = "\n".join(lines)[: max(cut, 40)] if original is text else original
        put(folder, name, spoilt.encode("utf-8", "surrogatepass"))
    imported, findings = read_negmas(folder)
    assert (imported is None) == any(f.severity == "error" for f in findings)
    if imported is not None:
        assert imported.judged()[0] is not None
