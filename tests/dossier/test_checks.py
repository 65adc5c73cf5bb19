"""Warnings and lessons: what is legal and odd, and what past deals teach. Each is said once."""

from __future__ import annotations

import pytest

from detente.dossier import apply, load, loads, reads
from detente.dossier.checks import check
from detente.errors import DossierError
from tests.dossier.good import ANSWERED, GOOD, broken

SAID: list[tuple[str, str, str, str]] = [
    ("level: -5,", "level: -5e12,", "dossier.magnitude", "cut on arms"),
    ("level: -5,", "level: -50,", "dossier.beyond_scale", "cut on arms"),
    ("effects: {money: {level: 20}}", "effects: {money: {once: 20}}", "dossier.undo_of_once", "pay_more"),
    ("takes: 3 months", "takes: 30 years", "dossier.never_enters", "cut, pay and pay_more"),
    ("per_year: {rate: -0.1, for: 5 years}", "per_year: -0.1", "dossier.endless_growth", "cut on arms"),
    ("    terms: [ceiling]", "    conditional_on: [west, agency]", "dossier.idle_condition", "agency (cut)"),
    ("    terms: [ceiling]\n", "  ask: {by: agency, verify: open}\n", "dossier.missing_response_time", ""),
    ("    verify: open\n    after", "    after", "dossier.unverified", "pay"),
    ("done: {cut: 100}", "done: {cut: 100, pay: 20}", "dossier.progress_sum", "done (120)"),
    (", course: [[2020-01-31, 5], [2022-01-31, 8]]", "", "dossier.no_course", "arms"),
    ("of: [[pay], [pay_more]]", "of: [[pay], [cut]]", "dossier.excluded_prerequisite", "pay (how)"),
    (
        "state: {as_of: 2020-01-31}",
        "state: {in_force: {pay: {since: 2019-01-01}}}",
        "dossier.state_order",
        "before cut",
    ),
    ("detects: 90 %/year", "detects: 0 %/year", "dossier.never_seen", "cut"),
    ("    by: east\n", "    by: [east, east]\n", "dossier.repeated", "east (cut)"),
    ("    terms: [ceiling]", "    conditional_on: [west, east]", "dossier.answers_itself", "east (cut)"),
    ("of: [[pay], [pay_more]]", "of: [[pay], [pay_more], [pay]]", "dossier.same_alternative", "3 and 1 (how)"),
    ("no_deal: -2 /year", "no_deal: 2 /year", "dossier.sign", "no_deal of east"),
    ("    best: 100", "    best: 100\n  sun: {unit: h, worst: 0, best: 1}", "dossier.unused_interest", "sun"),
    ("by: agency,", "by: Agency,", "dossier.verifier", "did you mean 'agency'?"),
    ("terms: {ceiling: {east: five tonnes", "terms: {ceiling: {est: five tonnes", "dossier.unknown_party", "'est'"),
    ("[{needs: cut, before", "[{needs: the_weather, before", "dossier.unknown_measure", "the_weather"),
    ("takes: 3 months", "takes: 14 months", "dossier.too_early", "due on 2021-01-31"),
    (
        "{never: pay_more}}",
        "{never: pay}}\n  x: {by: west, firmness: red_line, require: {never: pay}}",
        "dossier.contradiction",
        "success",
    ),
    ("west: five tonnes", "west: six tonnes", "lesson.term", "read in 2 ways"),
    ("{ceiling: {east: five tonnes, west: five tonnes}}", "{ceiling: {}}", "lesson.term", "not defined"),
    ("before: [cut, pay]", "before: [pay, cut]", "lesson.circular_order", "pay"),
    ("takes: 3 months", "takes: 20 months", "lesson.deep_trigger", "pay"),
    ("    undo: {in: 0}\n", "", "lesson.one_way", "west cannot take back pay"),
    ("by: agency, ", "", "lesson.no_verifier", "cut"),
    ("in_force: cut, by: 2021-01-31}}", "in_force: cut}}", "lesson.no_due_date", "soon"),
    ("written: true", "written: false", "lesson.unwritten", "cut before pay_more"),
    ("takes: 3 months", "takes: {value: 3 months, source: us}", "lesson.lateness", "cut"),
    ("level: -5, per_year: {rate: -0.1, for: 5 years}", "level: 0", "dossier.needs_falls", "cut (east)"),
    ("ends: west", "ends: agency", "dossier.idle_exit", "agency (vote)"),
    (
        "{ends: west, at: 2020-11-03, chance: 10 %}",
        "{ends: west, at: 2020-11-03, chance: 60 %}, again: {ends: west, at: 2020-11-03, chance: 50 %}",
        "dossier.exit_chances",
        "80% together, not 110%",
    ),
    (
        "{in: 1 month, falls: always}",
        "{in: 0, falls: always}\n    if_over: {money: {level: 1}}",
        "dossier.unfelt",
        "pay_more on money (it is undone by the first answer)",
    ),
    ("least: 0,", "least: 6,", "dossier.beyond_bounds", "arms (5 on 2020-01-31)"),
    ("name: East", "name: East", "lesson.unsourced", "numbers have no source"),
]


@pytest.mark.parametrize(("before", "after", "code", "words"), SAID, ids=[s[2] for s in SAID])
def test_it_is_said_once(before: str, after: str, code: str, words: str) -> None:
    dossier, findings = reads(broken(before, after), "odd.yaml")
    found = [f for f in findings if f.code == code]
    assert found, [str(f) for f in findings]
    assert len({f.path for f in found}) == len(found) <= 2
    assert words in found[0].message + found[0].remedy
    assert found[0].line
    assert (dossier is None) == (found[0].severity == "error")


def test_a_condition_left_out_with_three_performers() -> None:
    text = GOOD.replace("  agency: {consents: false", "  agency: {consents: false, response_time: 0")
    text = text.replace("one_of:", "  look: {by: agency, verify: open}\none_of:")
    _, findings = reads(text)
    (finding,) = [f for f in findings if f.code == "dossier.conditional_on"]
    assert "all 3 performers: cut, pay, pay_more and look" in finding.message


def test_reciprocal_steps_without_an_order() -> None:
    text = broken("    after: [cut]\n", "").replace("before: [cut, pay]", "never: pay_more")
    (finding,) = [f for f in reads(text)[1] if f.code == "lesson.open_order"]
    assert "1 in all" in finding.message
    assert "cut / pay" in finding.message


def test_a_term_in_a_title_counts() -> None:
    text = broken("    terms: [ceiling]\n", "").replace("west: five tonnes", "west: six tonnes")
    assert any(f.code == "lesson.term" and "cut" in f.message for f in reads(text)[1])


def test_the_first_case_hears_its_own_history() -> None:
    """Order, terms and side conditions are what broke it."""
    codes = {f.code for f in check(load("korea-2018"))}
    assert {"lesson.term", "lesson.unwritten", "lesson.one_way"} <= codes
    assert len(check(load("korea-2018"))) < 30


@pytest.mark.parametrize(
    ("end", "fine"), [("parties.a.discount", True), ("parties.a.walk_away", False), ("parties.b", False)]
)
def test_correlations_are_between_uncertain_numbers(end: str, fine: bool) -> None:
    text = f"""
detente: 1
title: two numbers that go together
start: 2020-01-01
periods: [2 x 1 year]
interests: {{x: {{unit: u, worst: 0, best: {{low: 4, mode: 5, high: 9}}}}}}
parties:
  a: {{discount: {{low: 3 %/year, mode: 5 %/year, high: 9 %/year}}, stakes: {{x: 1}}, walk_away: 1}}
correlations: [{{between: [interests.x.best, {end}], rho: 0.5}}]
"""
    _, findings = reads(text, "case.yaml")
    assert ("dossier.correlation" not in [f.code for f in findings]) is fine


@pytest.mark.parametrize(("changes", "empty"), [
    ({}, []),
    ({"parties.west.stakes.money": 5}, []),  # pay_more falls always
    ({"parties.west.stakes.money": 5, "measures.pay_more.undo.falls": "minded"}, ["east"]),
    ({"measures.pay.by": "east", "measures.pay_more.by": "east"}, ["east"]),  # and west has nothing to break
    ({"parties.east.stakes.arms": 10}, ["west"]),  # it likes the cut
    ({"parties.east.stakes.arms": 10, "measures.cut.undo.falls": "always"}, []),
])  # fmt: skip
def test_a_threat_is_empty_where_nobody_is_glad_to_carry_it_out(changes: dict[str, object], empty: list[str]) -> None:
    found = [f for f in check(apply(loads(GOOD), changes)) if f.code == "lesson.empty_threat"]
    assert [f.message.rpartition(" by ")[2] for f in found] == empty


@pytest.mark.parametrize(("changes", "why"), [
    ({}, ""),
    ({"parties.east.stakes.arms": None, "parties.west.stakes.arms": None}, "no party has a stake in it"),
    ({"measures.cut.conditional_on": [], "measures.pay.by": "east", "measures.pay_more.by": "east"}, "nobody answers"),
    ({"measures.cut.undo": {"in": 0}}, "it is undone by the first answer"),
    (
        {"measures.cut.undo": {"in": 0}, "measures.cut.conditional_on": [], "measures.ask": {"by": "east"}},
        "",  # it goes on when west breaks the deal
    ),
    ({"measures.cut.undo": {"in": 0, "keeps": "5 %"}}, ""),
    ({"measures.cut.undo": {"in": 0}, "parties.east.stakes.arms": 10}, ""),  # it likes the cut, and keeps it up
    ({"measures.cut.undo": "never"}, ""),
])  # fmt: skip
def test_what_is_never_felt_once_the_deal_is_over(changes: dict[str, object], why: str) -> None:
    found = [f for f in check(apply(loads(GOOD), changes)) if f.code == "dossier.unfelt"]
    assert bool(found) == bool(why)
    assert all(why in f.message for f in found)


SAID_OF_ANSWERS = [
    ("level: -5, per_year: {rate: -0.1, for: 5 years}", "level: 0", "dossier.answer_idle", "pause"),
    ("stops: [pay_more]", "stops: [cut]", "dossier.answer_carrier", "pause"),
    ("undo: {in: 1 month, falls: always}", "undo: never", "dossier.answer_undo_never", "pay_more (pause)"),
    ("for: {one_of: [6 months, 1 year]}", "for: 1 month", "dossier.answer_window", "pay_more (pause)"),
    ("cure: 3 months", "cure: 2 years", "dossier.answer_short", "pause"),
    ("for: {one_of: [6 months, 1 year]}", "for: {one_of: [6 months]}", "dossier.answer_menu", "pause.for"),
    ("stops: [pay_more]", "stops: {one_of: [[pay_more]]}", "dossier.answer_menu", "pause.for and pause.stops"),
    ("to: cut, stops", "to: cut, credible: true, stops", "dossier.answer_interaction", "both (pause)"),
    ("    terms: [ceiling]", "    terms: [ceiling]\n    divisible: true", "dossier.answer_divisible", "cut (pause)"),
]


@pytest.mark.parametrize(("before", "after", "code", "words"), SAID_OF_ANSWERS, ids=[s[2] for s in SAID_OF_ANSWERS])
def test_what_is_odd_of_answers(before: str, after: str, code: str, words: str) -> None:
    (found,) = [f for f in reads(broken(before, after, ANSWERED), "odd.yaml")[1] if f.code == code]
    assert words in found.message + found.remedy
    assert found.severity != "error"
    assert found.line


def test_the_beginning_of_a_menu_is_what_it_says_of_itself() -> None:
    menu = loads(ANSWERED).answers["pause"]
    one = loads(broken("for: {one_of: [6 months, 1 year]}", "for: 45 days", ANSWERED))
    assert (menu.length.value, menu.stopped) == (0.5, ("pay_more",))
    assert one.answers["pause"].length.text == "45 days"
    assert one.breachers("pause") == ("east",)


ONE_MORE = "cost: 4}\n  second: {to: pay, stops: [cut], for: 1 year}"


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("to: cut, stops", "to: [cut, pay], stops", "dossier.answer_breacher"),
        ("stops: [pay_more]", "stops: []", "dossier.answer_empty"),
        ("stops: [pay_more]", "stops: {one_of: [[pay_more], []]}", "dossier.answer_empty"),
        ("cost: 4}", ONE_MORE.replace("to: pay,", "to: [pay, cut],"), "dossier.answer_breacher"),
        ("cost: 4}", ONE_MORE.replace("to: pay,", "to: cut,"), "dossier.answer_twice"),
        ("stops: [pay_more]", "stops: [pay_mor]", "dossier.unknown_measure"),
        ("stops: [pay_more]", "stops: {one_of: [[pay_mor]]}", "dossier.unknown_measure"),
        ("to: cut, stops", "to: cat, stops", "dossier.unknown_measure"),
        ("for: {one_of: [6 months, 1 year]}", "for: {one_of: [6 months, ever]}", "dossier.number"),
        ("cost: 4}", "cost: 4, then: ends}", "dossier.choice"),
    ],
)
def test_answers_that_cannot_be_used(before: str, after: str, code: str) -> None:
    findings = reads(broken(before, after, ANSWERED), "odd.yaml")[1]
    (found,) = [f for f in findings if f.code == code and f.severity == "error"]
    assert found.path.startswith("answers.")
    assert found.remedy
    assert found.line


@pytest.mark.parametrize(("count", "refused"), [(6, False), (7, True)])
def test_only_so_many_answers_may_hang_together(count: int, refused: bool) -> None:
    """Linked by what they suspend, not all by the same."""
    extra = "".join(f"  c{i}: {{by: east, effects: {{arms: {{level: -1}}}}, verify: open}}\n" for i in range(count))
    answers = "".join(
        f"  a{i}: {{to: c{i}, stops: [pay, cut{', pay_more' * (i % 2)}], for: 1 year}}\n" for i in range(count)
    )
    text = GOOD.replace("one_of: {how", extra + "one_of: {how") + "answers:\n" + answers
    assert any(f.code == "dossier.answers_together" for f in reads(text, "odd.yaml")[1]) is refused


def test_a_course_may_stand_still_after_the_last_date() -> None:
    course = {"course": [["2022-01-31", -2], ["2030-01-31", -2]]}
    apply(loads(GOOD), {"parties.agency.no_deal": course})
    with pytest.raises(DossierError, match=r"dossier\.course_end"):
        apply(loads(GOOD), {"parties.agency.no_deal": {"course": [["2022-01-31", -2], ["2022-02-01", -3]]}})


def test_a_rate_of_nothing_may_be_stated_to_ask() -> None:
    dossier = apply(loads(GOOD), {"shocks.fall.rate": "0 %/year"})
    assert [(e.party, e.rate, e.chance) for e in dossier.exits] == [("east", 0.0, 0.0), ("west", 0.0, 0.1)]
