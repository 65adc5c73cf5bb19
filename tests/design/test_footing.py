"""What it rests on that a plan is kept: closed forms, and definitions. ANSWERS R4, R8, §2."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.design.questions import walkouts
from detente.design.questions.footing import LEFT_OUT, Footing, footing
from detente.dossier import apply, from_dict
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, check, measures_in
from detente.model.plan import Plan
from tests.checkout import REPO
from tests.strategies import documents, plans

RHO = 0.1
PART = {"by": "a", "effects": {"ax": {"level": -1}, "bx": {"level": 5}}, "undo": {"in": 0}, "verify": "open"}
FLOW = {"by": "b", "effects": {"ax": {"level": 2}, "bx": {"level": -1}}, "undo": {"in": 0}, "verify": "open"}


def exchange(
    measures: Mapping[str, Any] | None = None,
    *,
    response: float = 0.0,
    a: Mapping[str, Any] | None = None,
    b: Mapping[str, Any] | None = None,
    **sections: Any,
) -> Dossier:
    """a's part costs it 1 a year and is worth 5 to b, whose flow costs 1 and is worth 2 to a; b answers late."""
    base = {"discount": f"{RHO} /year", "consents": False, "response_time": 0}
    return from_dict(
        {
            "detente": 1,
            "title": "an exchange",
            "start": "2020-01-01",
            "periods": ["2 x 1 year"],
            "interests": {x: {"unit": "points", "worst": 0, "best": 1} for x in ("ax", "bx")},
            "parties": {
                "a": {**base, "stakes": {"ax": 1}, **(a or {})},
                "b": {**base, "stakes": {"bx": 1}, "response_time": f"{response!r} years", **(b or {})},
            },
            "measures": {"part": PART, "flow": FLOW} if measures is None else dict(measures),
            **sections,
        }
    )


def signed(d: Dossier, *left_out: str) -> Plan:
    return Plan({m: None if m in left_out else d.start for m in d.measures})


def rests(d: Dossier, plan: Plan | None = None, **how: Any) -> Footing:
    plan = plan or signed(d)
    return footing(d, plan, check(d, plan), **how)


def chance(rate: float) -> float:
    return -math.expm1(-rate)


# --- walking out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.004, 0.1, 1.7])
def test_how_likely_the_other_side_may_be_to_walk_out(rate: float) -> None:
    """`exit_of_the_payer`: a keeps up to the response −ln(1 − (ρ/(ρ+h))(1 − c/g))/ρ, so up to that h."""
    response = -math.log(1 - RHO / (RHO + rate) * (1 - 1 / 2)) / RHO
    a, b = rests(exchange(response=response)).walkouts
    assert (a.party, b.party, b.stated) == ("a", "b", None)
    assert b.flips == pytest.approx(chance(rate), rel=1e-4)
    assert b.then == ("breakout", "a", "2020-01-01")
    # a leaves at h: b goes on paying for the response; worth (4 − h(1 − e^(−ρl))/ρ)/(ρ + h), to break out nothing
    most = 4 * RHO / (1 - math.exp(-RHO * response))
    assert a.flips == (pytest.approx(chance(most), rel=1e-4) if chance(most) <= 0.99 else None)


def test_the_rate_stands_in_place_of_all_that_are_stated() -> None:
    shocks = {"x": {"ends": "b", "rate": "2 %/year"}, "y": {"ends": "b", "rate": "3 %/year"}}
    _, b = rests(exchange(response=2.0, shocks=shocks)).walkouts
    assert b.stated == pytest.approx(1 - 0.98 * 0.97)
    assert b.flips == pytest.approx(rests(exchange(response=2.0)).walkouts[1].flips)
    _, asked = rests(exchange(shocks={"x": {"ends": "b", "rate": "0 %/year"}})).walkouts
    assert (asked.stated, asked.flips, asked.then) == (0.0, None, None)


def test_what_is_not_kept_even_if_nobody_leaves_flips_at_nothing() -> None:
    a, b = rests(exchange(response=20.0)).walkouts
    assert a.flips == b.flips == 0.0
    assert a.then == b.then == ("breakout", "a", "2020-01-01")


def test_conditions_without_values_do_not_hang_on_exits() -> None:
    d = exchange(demands={"no": {"by": "a", "firmness": "red_line", "require": {"never": "part"}}})
    assert not check(d, signed(d)).satisfactory
    assert rests(d).walkouts[1].flips is None


def test_what_is_not_tried_is_said() -> None:
    found = rests(exchange(), seconds=-1.0)
    assert [(w.flips, w.tried) for w in found.walkouts] == [(None, False)] * 2
    assert found.left_out[: len(LEFT_OUT)] == LEFT_OUT
    assert found.left_out[-1].endswith("before the search was stopped: a, b.")


def test_a_flip_is_the_edge_of_what_is_kept() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=30)
    @given(st.data())
    def at_the_edge(data: st.DataObject) -> None:
        document = data.draw(documents(answers=True))
        d = Dossier.model_validate(document)
        plan = data.draw(plans(d))
        for w in rests(d, plan).walkouts:
            edge(document, plan, w.party, w.flips)
            seen["never" if w.flips is None else "at nothing" if w.flips == 0 else "between"] += 1

    at_the_edge()
    assert all(seen[how] >= 1 for how in ("never", "at nothing", "between")), seen


def test_what_ifs_find_what_the_judge_alone_finds() -> None:
    """Of all conditions that a plan meets if a party never walks out: those that it does not are left aside."""
    seen: Counter[str] = Counter()

    def leaving(document: dict[str, Any], plan: Plan, party: str) -> walkouts._Leaving:
        d, shocks = Dossier.model_validate(document), document.get("shocks", {})
        others = {n: s for n, s in shocks.items() if s.get("ends") != party or "rate" not in s}
        never = Dossier.model_validate({**document, "shocks": others})
        rows = [s for s in check(never, plan).slacks if s.keep is not None]
        missed = {walkouts.about(s) for s in rows if not s.accepted}
        met = [s for s in rows if walkouts.about(s) not in missed]
        found = walkouts._Leaving(Judge(d), plan, party, met, lambda: False)
        found.every = tuple(f for f in found.every if found.about(f) not in missed)
        return found

    @settings(max_examples=8, deadline=None)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        document = data.draw(documents(answers=True))
        d = Dossier.model_validate(document)
        plan = data.draw(plans(d))
        for party in d.parties:
            try:
                found = walkouts._Looking(leaving(document, plan, party)).first()
            except walkouts._Unsure:
                seen["unsure"] += 1
                continue
            alone = leaving(document, plan, party).first()
            assert (found is None) == (alone is None)
            if found is not None and alone is not None:
                assert found[0] == pytest.approx(alone[0], rel=3e-5)
            seen["never" if found is None else "between"] += 1

    agree()
    assert seen["never"] + seen["between"] >= 3, seen
    assert seen["between"] >= 1, seen


def edge(document: dict[str, Any], plan: Plan, party: str, flips: float | None) -> None:
    """A plan is kept up to where it flips and not from there on; where it never flips, at every chance."""
    chances = (0.0, 0.01, 0.1, 0.4, 0.99)
    kept = [_kept(document, plan, party, c) for c in chances]
    if flips is None:
        assert all(kept)
    else:
        assert not _kept(document, plan, party, flips)
        assert flips == 0 or _kept(document, plan, party, flips * (1 - 2e-5))
        assert all(k for k, c in zip(kept, chances, strict=True) if c < flips)


def _kept(document: dict[str, Any], plan: Plan, party: str, likely: float) -> bool:
    """By a judge of a dossier that says so."""
    others = {n: s for n, s in document.get("shocks", {}).items() if s.get("ends") != party or "rate" not in s}
    leaves = {"ends": party, "rate": f"{100 * likely!r} %/year"}
    changed = Dossier.model_validate({**document, "shocks": {**others, "leaves": leaves}})
    return all(s.accepted for s in check(changed, plan).slacks if s.keep is not None)


# --- fear of the end -----------------------------------------------------------------------------------------------


def test_what_of_the_thinnest_margin_is_fear_of_the_end() -> None:
    """a: keep (2 − 1 + 1)/ρ; break out and be answered after a year: (2 + 1)(1 − e^(−ρ))/ρ − 3 e^(−ρ)."""
    found = rests(exchange(response=1.0, a={"collapse_cost": 3, "no_deal": -1})).least
    assert found is not None
    answered = math.exp(-RHO)
    slack = 2 / RHO - (3 * (1 - answered) / RHO - 3 * answered)
    assert (found.row.party, found.row.kind) == ("a", "breakout")
    assert found.row.slack == pytest.approx(slack)
    assert found.from_collapse_cost == pytest.approx(3 * answered / slack)
    assert found.from_no_deal == pytest.approx(answered / RHO / slack)


def test_what_is_no_margin_has_no_shares() -> None:
    found = rests(exchange(response=20.0, a={"collapse_cost": 1})).least
    assert found is not None
    assert found.row.slack is not None
    assert found.row.slack < 0
    assert found.from_collapse_cost is found.from_no_deal is None
    assert found.row.from_collapse_cost == pytest.approx(math.exp(-2))


# --- forgiving -----------------------------------------------------------------------------------------------------


def margins(d: Dossier, plan: Plan | None = None) -> dict[tuple[Any, Any, Any], float]:
    rows = rests(d, plan).forgive
    slacks = [row.slack or 0.0 for row in rows]
    assert slacks == sorted(slacks, reverse=True)
    return {(row.other, row.measure, row.party): slack for row, slack in zip(rows, slacks, strict=True)}


def test_who_would_rather_forgive() -> None:
    """b pays 1 a year for parts worth 5 and 4. One dropped: the other is left for ever, or until the deal ends.

    Forgiven, b has 4 − 1 (or 5 − 1), and is spared 3, for ever. Answered: −1 + 3 until its answer after a year.
    """
    measures = {"part": PART, "other": {**PART, "effects": {"ax": {"level": -1}, "bx": {"level": 4}}}, "flow": FLOW}
    found = margins(exchange(measures, response=1.0, b={"no_deal": -3}))
    until = 1 - math.exp(-RHO)
    assert found["a", "part", "b"] == pytest.approx((4 - 1 + 3 - (-1 + 3) * until) / RHO)
    assert found["a", "other", "b"] == pytest.approx((5 - 1 + 3 - (-1 + 3) * until) / RHO)
    # a gives 2 a year for a flow of 2, and answers at once: forgiving costs it 2 a year
    assert found["b", "flow", "a"] == pytest.approx(-2 / RHO)
    assert len(found) == 3


def test_forgiving_lets_what_was_done_be_undone_as_its_undo_says() -> None:
    """Nobody but b has anything to lose: forgiven, half of a's part stays; at the end, too, where a undoes it."""
    part = {**PART, "undo": {"in": "2 years", "keeps": "50 %"}}
    found = margins(exchange({"part": part, "flow": FLOW}, response=1.0))
    assert found["a", "part", "b"] == pytest.approx(-math.exp(-RHO) / RHO)


def test_a_breach_begins_with_the_entry_and_ends_where_nothing_can_be_undone() -> None:
    d = exchange({"part": {**PART, "undo": "never"}, "flow": FLOW})
    day = d.grid.dates[1]
    rows = [r for r in Judge(d).forgiving(Plan({"part": day, "flow": d.start})) if r.measure == "part"]
    assert [(r.date, r.moment) for r in rows] == [(day, "before")]


def test_forgiven_before_anything_enters_a_plan_is_worth_what_it_is_without_the_step() -> None:
    seen: list[float] = []

    @given(st.data())
    def compared(data: st.DataObject) -> None:
        seen.extend(margins_forgiven(data))

    compared()
    assert len(seen) >= 40
    assert any(abs(worth) > 1 for worth in seen)


def margins_forgiven(data: st.DataObject) -> list[float]:
    """What each plan is worth without the step, compared; one with nothing left out is none."""
    document = data.draw(documents(answers=True))
    for body in document["measures"].values():
        body.pop("needs", None)
        body.pop("after", None)
    d = Dossier.model_validate({**document, "side_conditions": []})
    plan = data.draw(plans(d))
    judge = Judge(d)
    read = judge.weighing.read(plan)
    assume(measures_in(judge, plan))
    found = []
    for rows in judge.weighing.forgiving(read):
        assert rows.at is not None
        m = rows.family.measure
        assert m is not None
        name = judge.facts.measures[m]
        if rows.at.t[0] == 0 and rows.at.side[0] == 0 and read.timing.first[m] == 0:
            entry = {m: None if m == name else e for m, e in plan.entry.items()}
            share = {m: s for m, s in plan.share.items() if m != name}
            without = judge.weighing.read(Plan(entry, share))
            worth = judge.weighing.values.value(without, rows.family.party)
            assert rows.keep[0] == pytest.approx(worth, rel=1e-8, abs=1e-8)
            found.append(worth)
    return found


# --- threats and alarms --------------------------------------------------------------------------------------------


def test_a_threat_that_nobody_is_glad_to_carry_out_is_empty() -> None:
    """Syria 2013: not to strike costs nobody who would strike anything."""
    measures = {
        "destroy": {"by": "b", "effects": {"bx": {"level": -1}, "ax": {"level": 3}}, "undo": {"in": 0}},
        "no_strikes": {"by": "a", "effects": {"bx": {"level": 2}, "ax": {"level": 1}}, "undo": {"in": 0}},
        "aid": {"by": "a", "effects": {"bx": {"level": 2}, "ax": {"level": -1}}, "undo": {"in": 0}},
    }
    measures = {m: {**body, "verify": "open"} for m, body in measures.items()}
    d = exchange(measures)
    assert rests(d).empty == ()
    assert rests(d, signed(d, "aid")).empty == ("b",)
    falls = apply(d, {"measures.no_strikes.undo.falls": "always"})
    assert rests(falls, signed(d, "aid")).empty == ()


def test_years_to_the_first_false_alarm_are_of_the_plan_and_its_regimes() -> None:
    seen = {"by": "x", "detects": "90 %/year", "false_alarms": "0.1 /year"}
    strict = {"title": "more", "false_alarms": "0.5 /year", "days": 1}
    measures = {
        "part": {**PART, "verify": {**seen, "regimes": {"more": strict}, "regime": "more"}},
        "flow": {**FLOW, "verify": seen},
    }
    d = exchange(measures)
    assert rests(d).first_false_alarm == pytest.approx(1 / 0.6)
    assert rests(d, signed(d, "part")).first_false_alarm == pytest.approx(10)
    assert rests(exchange()).first_false_alarm is None


def test_an_empty_plan_rests_on_nothing() -> None:
    d = exchange()
    found = rests(d, signed(d, "part", "flow"))
    assert (found.least, found.forgive, found.empty, found.walkouts) == (None, (), (), ())


def test_the_page_on_the_model_says_the_same() -> None:
    from detente.design.questions.footing import ASSUMED

    page = " ".join((REPO / "docs" / "rests-on.md").read_text(encoding="utf-8").split())
    assert all(text in page for text in (*ASSUMED, " ".join(LEFT_OUT)))
