"""Reading dossiers: the good one is clean, and everything that can be wrong is a Finding at its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detente.dossier import cases, from_dict, load, loads, read, read_overlay, reads
from detente.dossier.changes.overlays import oddities_of
from detente.dossier.library import starter
from detente.errors import DossierError
from tests.dossier.good import GOOD, broken

Case = tuple[str, str, str, str | None, int | None]

# (what to replace, by what, code, dotted path, line)
BROKEN: list[Case] = [
    # the text
    ("title: Two", "title: [Two", "dossier.yaml", "", 3),
    ("title: Two neighbours", "title: Two: neighbours", "dossier.yaml", "", 2),
    ("  east:\n    name", "  east:\n\tname", "dossier.tab", "", 14),
    ("title: Two neighbours and a dam\n", "title: a\ntitle: b\n", "dossier.duplicate", "title", 3),
    (
        "stakes: {arms: 30, money: -5}",
        "stakes: {arms: 30, arms: -5}",
        "dossier.duplicate",
        "parties.west.stakes.arms",
        22,
    ),
    ("name: East", "name: &e East", "dossier.indirection", "parties.east.name", 14),
    ("name: East", "name: *e", "dossier.indirection", "parties.east.name", 14),
    ("name: East", "name: !!str East", "dossier.indirection", "parties.east.name", 14),
    ("name: East", "<<: {name: East}", "dossier.indirection", "parties.east", 14),
    ("name: East", 'name: "East\\0"', "dossier.text", "parties.east.name", 14),
    ("name: East", "name: East\0", "dossier.text", "", 14),
    ("worst: 10,", "worst: .nan,", "dossier.number", "interests.arms.worst", 7),
    ("worst: 10,", "worst: -.inf,", "dossier.number", "interests.arms.worst", 7),
    ("worst: 10,", "worst: 1e999,", "dossier.number", "interests.arms.worst", 7),
    ("history: [{date", "---\nhistory: [{date", "dossier.documents", "", 71),
    ("name: East", "name: " + "[" * 60, "dossier.depth", "", 14),
    # fields by themselves
    ("title: Two neighbours and a dam\n", "", "dossier.missing", "title", 1),
    ("title: Two neighbours and a dam", "title: 2020", "dossier.type", "title", 2),
    ("title: Two neighbours and a dam", "title:", "dossier.type", "title", 2),
    ("detente: 1", "detente: 2", "dossier.choice", "detente", 1),
    ("start: 2020-01-31", "start: 2020-02-31", "dossier.date", "start", 3),
    ("start: 2020-01-31", "start: 2020", "dossier.date", "start", 3),
    ("start: 2020-01-31", "start: 31.1.2020", "dossier.date", "start", 3),
    ("[4 x 3 months, 2 x 1 year]", "[]", "dossier.missing", "periods", 4),
    ("4 x 3 months", "4 times 3 months", "dossier.periods", "periods.0", 4),
    ("4 x 3 months", "0 x 3 months", "dossier.number", "periods.0", 4),
    ("4 x 3 months", "1000 x 999 years", "dossier.periods", "periods", 4),
    ("response_time: 1 month\n", "response_tme: 1 month\n", "dossier.unknown_field", "parties.west.response_tme", 23),
    ("discount: 8 %/year", "discount: 8", "dossier.number", "parties.east.discount", 15),
    ("discount: 8 %/year", "discount: -8 %/year", "dossier.number", "parties.east.discount", 15),
    ("discount: 8 %/year", "discount: [8]", "dossier.number", "parties.east.discount", 15),
    ("low: 10, mode: 20", "low: 25, mode: 20", "dossier.number", "parties.east.stakes.money.low", 16),
    ("low: 10, mode: 20", "lo: 10, mode: 20", "dossier.number", "parties.east.stakes.money.lo", 16),
    ("low: 10, mode: 20", "mode: 20", "dossier.number", "parties.east.stakes.money", 16),
    ("confidence: low", "confidence: lo", "dossier.number", "parties.west.discount.confidence", 21),
    ("consents: false", "consents: perhaps", "dossier.type", "parties.agency.consents", 24),
    ("  agency: {", "  the agency: {", "dossier.name", "parties.the agency", 24),
    ("    by: east\n", "    by: [ea st]\n", "dossier.name", "measures.cut.by.0", 28),
    ("    by: east\n", "    by: []\n", "dossier.missing", "measures.cut.by", 28),
    ("takes: 3 months", "takes: -3 months", "dossier.number", "measures.cut.takes", 29),
    ("takes: 3 months", "takes: 3", "dossier.number", "measures.cut.takes", 29),
    ("{in: 6 months, keeps: 10 %}", "{within: 6 months}", "dossier.unknown_field", "measures.cut.undo.within", 31),
    ("{in: 6 months, keeps: 10 %}", "nevr", "dossier.choice", "measures.cut.undo", 31),
    ("{in: 6 months, keeps: 10 %}", "[never]", "dossier.type", "measures.cut.undo", 31),
    ("keeps: 10 %", "keeps: 110 %", "dossier.number", "measures.cut.undo.keeps", 31),
    ("detects: 90 %/year", "detects: 100 %/year", "dossier.number", "measures.cut.verify.detects", 32),
    ("detects: 90 %/year", "detects: 90 %", "dossier.number", "measures.cut.verify.detects", 32),
    ("of: [[pay], [pay_more]]", "of: []", "dossier.missing", "one_of.how.of", 47),
    ("{any: [pay, pay_more]}", "{some: [pay]}", "dossier.condition", "interactions.both.all.1", 48),
    ("firmness: opening", "firmness: open", "dossier.choice", "demands.soon.firmness", 51),
    ("{in_force: cut, by: 2021-01-31}}\n  no", "{cut: 2021}}\n  no", "dossier.require", "demands.soon.require", 51),
    ("{never: pay_more}", "{never: pay_more, in_force: cut}", "dossier.require", "demands.no_more.require", 52),
    (
        "{never: pay_more}",
        "{never: pay_more, by: 2021-01-01}",
        "dossier.unknown_field",
        "demands.no_more.require.by",
        52,
    ),
    ("before: [cut, pay]", "before: [cut]", "dossier.missing", "demands.first.require.before", 53),
    ("share: {pay: 40, pay_more: 60}", "share: 3", "dossier.type", "links.follows.share", 57),
    ("prior: {west: 30 %}", "prior: {west: 130 %}", "dossier.number", "types.east.serious.prior.west", 59),
    # units
    ("level: -5,", "level: -5 USD,", "dossier.unit", "measures.cut.effects.arms.level", 30),
    ("rate: -0.1,", "rate: -0.1 kg/t,", "dossier.unit", "measures.cut.effects.arms.per_year.rate", 30),
    ("stakes: {arms: 30,", "stakes: {arms: 30 kg,", "dossier.unit", "parties.west.stakes.arms", 22),
    ("at_most: 5,", "at_most: 5 weeks,", "dossier.unit", "demands.ceiling.require.at_most", 54),
    ("cut: 120}", "cut: 120 kg}", "dossier.unit", "capacity.inspectors.uses.cut", 49),
    # names
    (
        "stakes: {arms: 30, money",
        "stakes: {armz: 30, money",
        "dossier.unknown_interest",
        "parties.west.stakes.armz",
        22,
    ),
    ("    by: east\n", "    by: eest\n", "dossier.unknown_party", "measures.cut.by", 28),
    ("    by: [west]\n", "    by: [west, norh]\n", "dossier.unknown_party", "measures.pay.by.1", 36),
    ("after: [cut]", "after: [cutt]", "dossier.unknown_measure", "measures.pay.after.0", 40),
    ("verified: [cut]", "verified: [cutt]", "dossier.unknown_measure", "measures.pay_more.needs.verified.0", 46),
    ("terms: [ceiling]", "terms: [cieling]", "dossier.unknown_term", "measures.cut.terms.0", 34),
    ("[[pay], [pay_more]]", "[[pay], [pay_less]]", "dossier.unknown_measure", "one_of.how.of.1.0", 47),
    ("{any: [pay, pay_more]}", "{any: [pay, x]}", "dossier.unknown_measure", "interactions.both.all.1.any.1", 48),
    ("uses: {cut", "uses: {cot", "dossier.unknown_measure", "capacity.inspectors.uses.cot", 49),
    ("soon: {by: west", "soon: {by: wst", "dossier.unknown_party", "demands.soon.by", 51),
    ("{never: pay_more}", "{never: pay_mor}", "dossier.unknown_measure", "demands.no_more.require.never", 52),
    ("interest: arms", "interest: arm", "dossier.unknown_interest", "demands.ceiling.require.interest", 54),
    ("{progress: done", "{progress: dun", "dossier.unknown_progress", "demands.half.require.progress", 55),
    ("at_most: done", "at_most: dun", "dossier.unknown_progress", "links.follows.at_most", 57),
    ("done: {cut", "done: {cat", "dossier.unknown_measure", "progress.done.cat", 56),
    ("views: {west", "views: {wset", "dossier.unknown_party", "views.wset", 58),
    ("prior: {west", "prior: {wset", "dossier.unknown_party", "types.east.serious.prior.wset", 59),
    ("full: [{in_force: pay}]", "full: [{in_force: play}]", "dossier.unknown_measure", "success.full.0.in_force", 68),
    ("before: pay_more, written", "before: more, written", "dossier.unknown_measure", "side_conditions.0.before", 63),
    # rules between fields
    ("worst: 10, best: 0", "worst: 0, best: 0", "dossier.scale", "interests.arms.best", 7),
    ("[2022-01-31, 8]", "[2019-01-31, 8]", "dossier.course", "interests.arms.course.1", 7),
    ("    discount: 8 %/year\n", "", "dossier.missing_discount", "parties.east.discount", 13),
    ("discount: 8 %/year", "discount: 0 %/year", "dossier.discount", "parties.east.discount", 15),
    ("    response_time: 1 month\n", "", "dossier.missing_response_time", "parties.west.response_time", 20),
    ("    undo: {in: 0}", "    undo: {in: 0}\n    divisible: true", "dossier.divisible", "measures.pay.divisible", 39),
    ("detects: 90 %/year, ", "", "dossier.missing_detects", "measures.cut.verify.detects", 32),
    ("after: [cut]", "after: [pay]", "dossier.needs_itself", "measures.pay.after", 40),
    ("    terms: [ceiling]", "    after: [pay_more]", "dossier.cycle", "measures.cut.after", 34),
    ("before: pay_more, written", "before: cut, written", "dossier.needs_itself", "measures.cut.needs", 26),
    ("of: [[pay], [pay_more]]", "of: [[pay], []]", "dossier.one_of", "one_of.how.of.1", 47),
    ("{any: [pay, pay_more]}", "{any: []}", "dossier.condition", "interactions.both", 48),
    ("limit: 300 days", "limit: -300 days", "dossier.capacity", "capacity.inspectors.limit", 49),
    ("price: 3", "price: -3", "dossier.price", "demands.soon.price", 51),
    ("at_most: 5, from", "at_most: 5, at_least: 3, from", "dossier.bound", "demands.ceiling.require", 54),
    ("at_most: 5, from", "from", "dossier.bound", "demands.ceiling.require", 54),
    ("at_most: done, ", "", "dossier.link", "links.follows", 57),
    ("done: {cut: 100}", "done: {cut: 0}", "dossier.share", "progress.done", 56),
    ("chance: 50 %, ", "", "dossier.shock", "shocks.election", 60),
    ("chance: 50 %, ", "chance: 50 %, rate: 5 %/year, ", "dossier.shock", "shocks.election", 60),
    ("not: {changes", "not: {prior: 80 %, changes", "dossier.prior", "types.east", 59),
    (
        "state: {as_of: 2020-01-31}",
        "state: {in_force: {cut: {since: 2021-01-01}}}",
        "dossier.state",
        "state.in_force.cut.since",
        69,
    ),
    (
        "state: {as_of: 2020-01-31}",
        "state: {in_force: {cut: {since: 2019-01-01, share: 50 %}}}",
        "dossier.state",
        None,
        69,
    ),
    (
        "state: {as_of: 2020-01-31}",
        "state: {in_force: {cat: {since: 2019-01-01}}}",
        "dossier.unknown_measure",
        None,
        69,
    ),
    ("by: 2021-01-31}}\n  no", "by: 2019-01-31}}\n  no", "dossier.past_date", "demands.soon.require.by", 51),
    (
        "  no_more: {by: west, firmness: preference, require: {never: pay_more}}",
        "  n: {by: west, firmness: red_line, "
        "require: {never: cut}}\n  y: {by: east, firmness: red_line, require: {in_force: cut}}",
        "dossier.contradiction",
        "demands.y.require",
        53,
    ),
    # how a deal ends
    ("if_over: {arms", "if_over: {army", "dossier.unknown_interest", "measures.cut.if_over.army", 33),
    (
        "if_over: {arms: {level: -1 t}}",
        "if_over: {arms: {once: 1}}",
        "dossier.missing",
        "measures.cut.if_over.arms.level",
        33,
    ),
    ("level: -1 t}", "level: 1 USD}", "dossier.unit", "measures.cut.if_over.arms.level", 33),
    ("{money: {once: -1}}", "{mony: {once: -1}}", "dossier.unknown_interest", None, 45),
    ("{money: {once: -1}}", "{money: {once: -1 t}}", "dossier.unit", None, 45),
    ("least: 0,", "least: 0 USD,", "dossier.unit", "interests.arms.least", 7),
    ("least: 0,", "least: 30,", "dossier.bounds", "interests.arms.least", 7),
    ("falls: always", "falls: perhaps", "dossier.choice", "measures.pay_more.undo.falls", 44),
    ("{in: 1 month, falls", "{in: never, falls", "dossier.number", "measures.pay_more.undo.in", 44),
    ("[2021-06-30, -2]", "[2020-01-31, -2]", "dossier.course", "parties.agency.no_deal.course.1", 24),
    ("[2021-06-30, -2]", "[2022-06-30, -2]", "dossier.course_end", "parties.agency.no_deal.course.1", 24),
    ("[2021-06-30, -2]", "[2021-06-30, lots]", "dossier.number", "parties.agency.no_deal.course.1.1", 24),
    ("no_deal: {course: [[", "no_deal: {curse: [[", "dossier.unknown_field", "parties.agency.no_deal.curse", 24),
    ("], source: guess}}", "], sauce: guess}}", "dossier.unknown_field", "parties.agency.no_deal.sauce", 24),
    ("discount: 6 %/year, ", "", "dossier.missing_discount", "parties.agency.discount", 24),
    ("ends: east", "ends: eest", "dossier.unknown_party", "shocks.fall.ends", 61),
    ("{ends: east, rate", "{ends: east, changes: {title: x}, rate", "dossier.shock", "shocks.fall.changes", 61),
    ("{ends: east, rate: 2 %/year}", "{ends: east}", "dossier.shock", "shocks.fall", 61),
    ("{ends: west, at: 2020-11-03, ", "{ends: west, ", "dossier.shock", "shocks.vote", 61),
    (", chance: 10 %}", "}", "dossier.shock", "shocks.vote", 61),
    (", chance: 10 %}", ", chance: 110 %}", "dossier.number", "shocks.vote.chance", 61),
    ("{ends: west, at: 2020-11-03", "{ends: west, at: 2020-01-31", "dossier.exit", "shocks.vote.at", 61),
    ("disagreement: no_deal", "disagreement: no-deal", "dossier.choice", "disagreement", 71),
    # overlays that a dossier carries
    ("parties.east.no_deal: -5", "parties.est.no_deal: -5", "dossier.path", "views.west.parties.est.no_deal", 58),
    ("parties.east.stakes.arms: -60", "parties.east.stake.arms: -60", "dossier.path", None, 59),
    ("parties.west.stakes.money: -20", "parties.west.stakes.money: lots", "dossier.number", None, 60),
    ("parties.east.discount: 2 %/year", "parties.east.discount: 0 %/year", "dossier.discount", None, 67),
]


def test_the_good_dossier_is_clean() -> None:
    dossier, findings = reads(GOOD, "good.yaml")
    assert dossier is not None
    assert [f for f in findings if f.severity != "note"] == []
    assert dossier.grid.dates[1].isoformat() == "2020-04-30"
    assert loads(GOOD) == dossier


@pytest.mark.parametrize("case", BROKEN, ids=[f"{c[2]}:{c[1][:30]!r}" for c in BROKEN])
def test_a_broken_dossier_is_a_finding_at_its_line(case: Case) -> None:
    before, after, code, path, line = case
    text = broken(before, after)
    dossier, findings = reads(text, "broken.yaml")
    assert dossier is None
    found = [f for f in findings if f.code == code and f.severity == "error"]
    assert found, f"expected {code}, found {[str(f) for f in findings]}"
    assert all(f.file == "broken.yaml" for f in findings)
    assert path is None or path in [f.path for f in found]
    assert line in [f.line for f in found] or (line is None and found[0].line == 1)
    with pytest.raises(DossierError) as raised:
        loads(text, "broken.yaml")
    assert raised.value.findings == tuple(findings)


def test_a_list_of_wrong_items_is_not_called_empty() -> None:
    _, findings = reads(broken("[4 x 3 months, 2 x 1 year]", "[4 x 3 weeks]"), "broken.yaml")
    assert [f.code for f in findings if f.severity == "error"] == ["dossier.periods"]


def test_the_table_has_many_kinds() -> None:
    assert len({c[2] for c in BROKEN}) >= 35
    assert len(BROKEN) >= 45


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "dossier.empty"),
        (b"# nothing\n", "dossier.empty"),
        (b"\xff\xfea\x00", "dossier.encoding"),
        (b"title: caf\xe9", "dossier.encoding"),
        (b"- a\n- b", "dossier.top_level"),
        (b"just words", "dossier.top_level"),
        (b"null", "dossier.top_level"),
        (b"\0", "dossier.text"),
        (b"a: " + b"x" * 5_000_001, "dossier.size"),
        (b"[" + b"1," * 100_001 + b"]", "dossier.size"),
        (b"? [a]\n: 1", "dossier.yaml"),
        (b'a: "\\UFFFFFFFF"', "dossier.yaml"),
        (b"%YAML 3.0\n---\na: 1", "dossier.yaml"),
        (b"a: " + b"9" * 5000, "dossier.unknown_field"),
    ],
)
def test_what_is_hardly_a_dossier(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    dossier, findings = read(file)
    assert dossier is None
    assert code in {f.code for f in findings}


def test_all_findings_at_once() -> None:
    """A wrong field does not hide what is wrong between other fields."""
    text = broken("discount: 8 %/year", "discount: 8").replace("after: [cut]", "after: [cutt]")
    text = text.replace("worst: 0\n", "wurst: 0\n").replace("chance: 50 %, ", "")
    _, findings = reads(text)
    assert {f.code for f in findings if f.severity == "error"} == {
        "dossier.number",
        "dossier.unknown_measure",
        "dossier.unknown_field",
        "dossier.missing",
        "dossier.shock",
    }


def test_remedies_name_the_nearest() -> None:
    _, findings = reads(broken("firmness: opening", "firmnes: opening"))
    assert any("did you mean 'firmness'?" in f.remedy for f in findings)
    _, findings = reads(broken("after: [cut]", "after: [cutt]"))
    assert findings[0].remedy == "did you mean 'cut'?"


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("title: Two", "title:\u00a0Two", "2:7"),
        ("  east:\n", "\u00a0 east:\n", "13:1"),
        ("discount: 8 %/year", "discount: \u00a08 %/year", "15:15"),
        ("worst: 0\n", "worst: 0\u202f\n", "10:13"),
        ("title: Two", "title\u3000: Two", "2:6"),
    ],
)
def test_spaces_that_are_none_are_pointed_at(before: str, after: str, place: str) -> None:
    """A non-breaking space, pasted from a page, stands where YAML wants an ordinary one."""
    _, findings = reads(broken(before, after), "broken.yaml")
    found = [f for f in findings if f.code == "dossier.space"]
    assert [f"{f.line}:{f.column}" for f in found] == [place]
    assert found[0].remedy == "write an ordinary space"


def test_such_spaces_within_a_text_are_text() -> None:
    _, findings = reads(broken("title: Two neighbours", "title: Deux\u00a0; voisins"), "good.yaml")
    assert not [f for f in findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("before", "after", "message", "remedy"),
    [
        ("detente: 1", 'detente: "1"', "expected a number, found the text '1'", "write 1 without quotes"),
        ("arms: -10", "arms: −10", "'−10' has a typographic minus sign", "write -10 with the hyphen of the keyboard"),
        ("low: 10, mode", "low: –10 kg, mode", "'–10 kg' has a typographic minus sign", "write -10 kg with"),
    ],
)
def test_numbers_that_look_right_say_how_to_write_them(before: str, after: str, message: str, remedy: str) -> None:
    _, findings = reads(broken(before, after), "broken.yaml")
    assert [(f.message, f.remedy.startswith(remedy)) for f in findings if f.severity == "error"] == [(message, True)]


def test_periods_beyond_all_measure_are_told_as_they_are_written() -> None:
    for count, said in (("1000000000", "'1000000000 x 1 month'"), ("123456", "found 123456")):
        _, findings = reads(broken("[4 x 3 months, 2 x 1 year]", f"[{count} x 1 month]"))
        assert said in next(f.message for f in findings if f.severity == "error")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Reading one could block for ever; so could an overlay."""
    os.mkfifo(tmp_path / "pipe")
    dossier, (finding,) = read(tmp_path / "pipe")
    assert dossier is None
    assert (finding.code, "/dev/stdin" in finding.remedy) == ("dossier.file", True)
    with pytest.raises(DossierError, match="a pipe, a device or a socket"):
        read_overlay(tmp_path / "pipe")


def test_missing_files_and_unknown_cases(tmp_path: Path) -> None:
    for where in (tmp_path / "none.yaml", tmp_path, "korea-2081", "no\0such"):
        dossier, findings = read(where)
        assert dossier is None
        assert [f.code for f in findings] == ["dossier.file"]
    assert "korea-2018" in read("korea-2081")[1][0].remedy


def test_json_is_read(tmp_path: Path) -> None:
    import json

    file = tmp_path / "good.json"
    file.write_text(json.dumps(loads(GOOD).document, indent=1))
    assert load(file) == loads(GOOD)


def test_dates_and_words_stay_text() -> None:
    dossier = loads(broken("name: East", "name: no"))
    assert dossier.parties["east"].name == "no"
    assert dossier.document["start"] == "2020-01-31"


def test_a_document_built_in_python() -> None:
    from datetime import date

    document = {**loads(GOOD).document, "start": date(2020, 1, 31)}
    assert from_dict(document) == loads(GOOD)
    with pytest.raises(DossierError, match=r"dossier\.type"):
        from_dict({**document, "title": object()})
    with pytest.raises(DossierError, match="not a finite number"):
        from_dict({**document, "capacity": {"i": {"limit": float("nan")}}})


def test_amounts_are_in_the_unit_of_their_interest() -> None:
    dossier = loads(broken("level: -5,", "level: {low: -6000 kg, mode: -5000 kg, high: -4000 kg},"))
    level = dossier.measures["cut"].effects["arms"].level
    assert (level.value, level.range, level.unit) == (-5.0, (-6.0, -4.0), "t")
    assert loads(broken("rate: -0.1,", "rate: -1 kg/month,")).measures["cut"].effects["arms"].per_year
    assert loads(broken("level: 40", "level: 4 USD/month")).measures["pay"].effects[
        "money"
    ].level.value == pytest.approx(48)


def test_every_bundled_case_is_clean() -> None:
    assert "korea-2018" in [c.id for c in cases()]
    for case in cases():
        dossier, findings = read(case.id)
        assert dossier is not None, [str(f) for f in findings if f.severity == "error"]
        assert case.measures == len(dossier.measures)
        assert case.title == dossier.title


def test_the_starter_takes_a_title() -> None:
    assert loads(starter()).title
    assert loads(starter("It's: a #test")).title == "It's: a #test"


def test_importing_is_cheap() -> None:
    import subprocess
    import sys

    code = "import sys, detente.dossier; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pint", "openpyxl", "scipy", "pandas", "numpy"} & set(loaded)


def test_a_whole_dossier_as_an_overlay_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "whole.yaml").write_text(GOOD, encoding="utf-8")
    (finding,) = oddities_of(*read_overlay(tmp_path / "whole.yaml"))
    assert (finding.severity, finding.code, finding.line) == ("warning", "dossier.whole_overlay", 1)
    (tmp_path / "overlay.yaml").write_text("title: Another\nparties.east.no_deal: -3\n", encoding="utf-8")
    assert oddities_of(*read_overlay(tmp_path / "overlay.yaml")) == []
