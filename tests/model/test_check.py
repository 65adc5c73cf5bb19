"""The judge: every kind of condition is refused where it is missed by a little, and small cases agree with the pen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, get_args

import pytest

from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.judge.check import Judge, Slack, check
from detente.model.judge.timing import Kind
from detente.model.plan import Plan

RHO = 0.1
Asked = tuple[Dossier, Plan, dict[str, Any]]
"""A dossier, a plan, and what else the judge is asked."""
Case = Callable[[float], Asked]
"""What is asked, with this much room: it is refused below 0, accepted above."""
GIVE: dict[str, Any] = {"by": "a", "effects": {"x": {"level": -1}, "y": {"level": 3}}, "undo": {"in": 0}}
PAY: dict[str, Any] = {"by": "b", "effects": {"x": {"level": 3}, "y": {"level": -1}}, "undo": {"in": 0}}


def dossier(
    measures: Mapping[str, Any] | None = None,
    *,
    a: Mapping[str, Any] | None = None,
    b: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Dossier:
    """Five half-years; a lives on x and b on y, a point a year for a unit, ρ = 0.1. As it stands: `give` for `pay`."""
    people = {
        name: {"discount": f"{RHO} /year", "stakes": {interest: 1}, "response_time": 0, **(extra or {})}
        for name, interest, extra in (("a", "x", a), ("b", "y", b))
    }
    return Dossier.model_validate(
        {
            "detente": 1,
            "title": "a small exchange",
            "start": "2020-01-01",
            "periods": ["5 x 6 months"],
            "interests": {i: {"unit": "points a year", "worst": 0, "best": 1} for i in "xyz"},
            "parties": {**people, **fields.pop("parties", {})},
            "measures": {"give": GIVE, "pay": PAY} if measures is None else measures,
            **fields,
        }
    )


def plan(d: Dossier, **periods: int | None) -> Plan:
    """Every measure at signature, but for those named: in that period, or not at all."""
    at: dict[str, int | None] = {**dict.fromkeys(d.measures, 0), **periods}
    return Plan({m: None if k is None else d.grid.dates[k] for m, k in at.items()})


def row(
    d: Dossier, p: Plan, kind: str, party: str, at: tuple[int, str] | None = None, measure: str | None = None
) -> Slack:
    """The one row of a kind, party, moment and measure."""
    (found,) = [
        r
        for r in Judge(d).slacks(p)
        if (r.kind, r.party) == (kind, party)
        and r.leaves is None
        and (at is None or (r.date, r.moment) == (d.grid.dates[at[0]], at[1]))
        and (measure is None or r.measure == measure)
    ]
    return found


def stream(start: float, end: float = math.inf) -> float:
    """Present value of a point a year from start to end."""
    return (math.exp(-RHO * start) - math.exp(-RHO * end)) / RHO


# every kind of condition: refused by a little, accepted a little relaxed


def consent(margin: float) -> Asked:
    d = dossier(a={"walk_away": 20 - margin})
    return d, plan(d), {}


def consent_as_a_flow(margin: float) -> Asked:
    d = dossier(a={"walk_away": f"{2 - margin} /year"})
    return d, plan(d), {}


def breakout(margin: float) -> Asked:
    d = dossier(b={"response_time": f"{math.log(3) / RHO - margin} years"})
    return d, plan(d), {}


def covert(margin: float) -> Asked:
    verify = {"by": "agency", "detects": f"{RHO / 2 + margin} /year"}
    d = dossier({"give": {**GIVE, "verify": verify}, "pay": PAY})
    return d, plan(d), {}


def exposure(margin: float) -> Asked:
    d = dossier(
        {"give": {**GIVE, "undo": "never"}, "pay": PAY}, a={"exposure_limit": 10 + margin}, b={"collapse_cost": 20}
    )
    return d, plan(d), {}


def secret_exposure(margin: float) -> Asked:
    verify = {"by": "agency", "detects": f"{RHO} /year"}
    d = dossier({"give": GIVE, "pay": {**PAY, "verify": verify}}, a={"exposure_limit": 5 + margin})
    return d, plan(d), {}


def demand(require: Mapping[str, Any], **periods: int | None) -> Case:
    def case(margin: float) -> Asked:
        require_now = {k: v(margin) if callable(v) else v for k, v in require.items()}
        d = dossier(
            {"give": GIVE, "pay": PAY, "other": {"by": "a", "verify": {"confirms_in": "3 months", "covert": False}}},
            demands={"d": {"by": "a", "firmness": "red_line", "require": require_now}},
            progress={"done": {"give": 1, "other": 3}},
            interests={
                **{i: {"unit": "points a year", "worst": 0, "best": 1} for i in "xy"},
                "z": {"unit": "u", "worst": 0, "best": 1, "course": [["2020-01-01", 3], ["2021-01-01", 4]]},
            },
        )
        return d, plan(d, **periods), {}

    return case


def by(late: str, early: str) -> Callable[[float], str]:
    return lambda margin: late if margin > 0 else early


def success(margin: float) -> Asked:
    minimal = [{"in_force": "give", "by": "2020-07-01" if margin > 0 else "2020-06-30"}]
    d = dossier(success={"minimal": minimal, "full": [{"never": "give"}]})
    return d, plan(d, give=1, pay=1), {"success": "minimal"}


def opening(margin: float) -> Asked:
    d = dossier(demands={"d": {"by": "b", "firmness": "opening", "require": {"never": "give"}}})
    return d, plan(d), {"openings": ["a"] if margin > 0 else ["b"]}


def link(margin: float) -> Asked:
    verify = {"confirms_in": "7 months" if margin < 0 else "6 months", "covert": False}
    d = dossier(
        {"give": {**GIVE, "verify": verify}, "pay": PAY},
        progress={"done": {"give": 2}},
        links={"relief": {"share": {"pay": 3}, "at_most": "done"}},
    )
    return d, plan(d, pay=1), {}


def link_with_a_lead(margin: float) -> Asked:
    d = dossier(
        {"give": GIVE, "pay": PAY, "more": {"by": "b"}},
        links={"relief": {"share": {"pay": 1, "more": 3}, "at_least": {"give": 1}, "ahead_by": 0.75 + margin}},
    )
    return d, plan(d, more=2), {}


def order(margin: float) -> Asked:
    takes = "6 months" if margin > 0 else "7 months"
    d = dossier({"give": GIVE, "pay": {**PAY, "takes": takes, "after": "give"}})
    return d, plan(d, give=1, pay=2), {}


def order_verified(margin: float) -> Asked:
    verify = {"covert": False, "delay": "3 months", "confirms_in": "4 months" if margin > 0 else "7 months"}
    d = dossier({"give": {**GIVE, "verify": verify}, "pay": {**PAY, "needs": {"verified": ["give"]}}})
    return d, plan(d, give=0, pay=1), {}


def order_of_what_is_missing(margin: float) -> Asked:
    d = dossier({"give": GIVE, "pay": {**PAY, "after": "first"}, "first": {"by": "a"}})
    return d, plan(d, first=0 if margin > 0 else None), {}


def side_condition(margin: float) -> Asked:
    d = dossier(side_conditions=[{"needs": "give", "before": "pay"}])
    return d, plan(d, give=0 if margin > 0 else 1), {}


def capacity(margin: float) -> Asked:
    d = dossier(capacity={"teams": {"limit": 5 + margin, "uses": {"give": 2, "pay": 3}}})
    return d, plan(d, pay=3), {}


def one_of(margin: float) -> Asked:
    measures = {"give": GIVE, "pay": PAY, "more": {"by": "a"}}
    d = dossier(
        measures, one_of={"g": {"of": [["give"], ["more", "pay"]] if margin < 0 else [["give", "pay"], ["more"]]}}
    )
    return d, plan(d, more=None), {}


def exactly_one_of(margin: float) -> Asked:
    d = dossier(
        {"give": GIVE, "pay": PAY, "more": {"by": "a"}, "most": {"by": "a"}},
        one_of={"g": {"exactly": margin < 0, "of": [["more"], ["most"]]}},
    )
    return d, plan(d, more=None, most=None), {}


def grid(margin: float) -> Asked:
    d = dossier()
    day = date(2020, 7, 1) if margin > 0 else date(2020, 7, 2)
    return d, Plan({"give": day, "pay": date(2020, 7, 1)}), {}


def pace(margin: float) -> Asked:
    d = dossier({"give": {**GIVE, "divisible": True, "takes": "1 year"}, "pay": PAY})
    shares = ((d.grid.dates[1], 0.5 - margin), (d.grid.dates[2], 1 - margin))
    return d, Plan({"give": d.grid.dates[1], "pay": d.grid.dates[0]}, {"give": shares}), {}


def pace_at_signature(margin: float) -> Asked:
    d = dossier({"give": {**GIVE, "divisible": True}, "pay": PAY})
    k = 1 if margin > 0 else 0
    return d, Plan({"give": d.grid.dates[k], "pay": d.start}, {"give": ((d.grid.dates[k], 1.0),)}), {}


def empty(margin: float) -> Asked:
    d = dossier({"give": GIVE, "pay": PAY, "done": {"by": "a"}}, state={"in_force": {"done": {"since": "2019-12-01"}}})
    return d, plan(d) if margin > 0 else plan(d, give=None, pay=None), {}


KINDS: list[tuple[str, Case]] = [
    ("consent", consent),
    ("consent", consent_as_a_flow),
    ("breakout", breakout),
    ("covert", covert),
    ("exposure", exposure),
    ("secret_exposure", secret_exposure),
    ("demand", demand({"in_force": "give", "by": by("2020-07-01", "2020-06-30")}, give=1)),
    ("demand", demand({"in_force": by("give", "other")}, other=None)),
    ("demand", demand({"never": by("other", "give")}, other=None)),
    ("demand", demand({"before": lambda margin: ["give", "pay"] if margin > 0 else ["pay", "give"]}, pay=1)),
    ("demand", demand({"interest": "y", "at_most": lambda margin: 2 + margin}, pay=1, give=1)),
    (
        "demand",
        demand({"interest": "x", "at_least": lambda margin: 2 - margin, "from": by("2020-07-01", "2020-06-30")}, pay=1),
    ),
    ("demand", demand({"interest": "z", "at_most": lambda margin: 4 + margin})),
    ("demand", demand({"interest": "z", "at_least": lambda margin: 3.5 - margin, "from": "2020-07-01"})),
    ("demand", demand({"progress": "done", "at_least": "75 %", "by": by("2020-04-01", "2020-03-31")}, give=4)),
    ("demand", demand({"progress": "done", "at_least": lambda margin: 0.25 - margin}, other=None)),
    ("demand", opening),
    ("success", success),
    ("link", link),
    ("link", link_with_a_lead),
    ("order", order),
    ("order", order_verified),
    ("order", order_of_what_is_missing),
    ("order", side_condition),
    ("capacity", capacity),
    ("one_of", one_of),
    ("one_of", exactly_one_of),
    ("grid", grid),
    ("pace", pace),
    ("pace", pace_at_signature),
    ("empty", empty),
]


@pytest.mark.parametrize(("kind", "case"), KINDS)
def test_a_little_decides(kind: str, case: Case) -> None:
    for margin, good in ((-1e-3, False), (1e-3, True)):
        d, p, asked = case(margin)
        verdict = check(d, p, **asked)
        assert verdict.satisfactory is good
        assert Judge(d, **asked).satisfactory(p) is good
        assert {s.kind for s in verdict.slacks if not s.accepted} == (set() if good else {kind})


def test_every_kind_has_its_case() -> None:
    assert {kind for kind, _ in KINDS} == set(get_args(Kind))


# small cases, by hand


def test_an_exchange() -> None:
    """Both give from signature on; each answers, and undoes, after its own time."""
    d = dossier(a={"response_time": "3 months", "no_deal": "-0.5 /year"}, b={"response_time": "6 months"})
    p = plan(d)
    assert check(d, p).values == pytest.approx({"a": 2 / RHO + 0.5 / RHO, "b": 2 / RHO})
    for at in ((0, "after"), (1, "before"), (4, "after")):
        found = row(d, p, "breakout", "a", at)
        assert found.keep == pytest.approx(2.5 / RHO)
        assert found.deviate == pytest.approx(3.5 * stream(0, 0.5))
    before = row(d, p, "breakout", "b", (0, "before"))
    assert before.deviate == pytest.approx(3 * stream(0, 0.25)), "a still enters at signature, before it answers"
    assert before.slack == before.keep - before.deviate


def test_collapse_cost_is_paid_at_the_first_answer_even_to_a_measure_outside_the_plan() -> None:
    third = {"discount": "5 %/year", "response_time": "1 month"}
    measures = {"give": GIVE, "pay": PAY, "protest": {"by": "c", "conditional_on": ["a"]}}
    d = dossier(measures, a={"collapse_cost": "2 /year"}, b={"response_time": "1 year"}, parties={"c": third})
    found = row(d, plan(d, protest=None), "breakout", "a", (2, "after"))
    assert found.deviate == pytest.approx(3 * stream(0, 1) - 2 / RHO * math.exp(-RHO / 12))


def test_where_nobody_answers_nothing_is_lost() -> None:
    """b's measure goes on whatever a does, so a breaks out, keeps what it is spared, and pays nothing for it."""
    d = dossier({"give": GIVE, "pay": {**PAY, "conditional_on": []}}, a={"collapse_cost": 50, "no_deal": "-1 /year"})
    found = row(d, plan(d), "breakout", "a", (0, "after"))
    assert found.keep == pytest.approx(3 / RHO)
    assert found.deviate == pytest.approx(4 / RHO)
    later = row(d, plan(d, pay=3), "breakout", "a", (0, "after"))
    assert later.deviate == pytest.approx(1 / RHO + 3 * stream(1.5)), "later entries too"


def test_what_costs_nothing_is_not_undone() -> None:
    """a likes what it does: it goes on doing it, and so has nothing to gain."""
    kind = {"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}}
    d = dossier({"kind": kind, "pay": PAY})
    found = row(d, plan(d), "breakout", "a", (0, "after"))
    assert (found.keep, found.deviate) == pytest.approx((4 / RHO, 1 / RHO))


def test_growth_weighs_in_what_costs_and_its_end_does_not() -> None:
    """Level +5 a year, growth −1 a year: 5 − 1/ρ < 0, so a undoes it, though its growth soon ends by itself."""
    effect = {"x": {"level": 5, "per_year": {"rate": -1, "for": "1 year"}}}
    d = dossier({"slow": {"by": "a", "effects": effect, "undo": {"in": "2 years"}}, "pay": PAY})
    found = row(d, plan(d), "breakout", "a", (0, "after"))
    shift = -(stream(0, 1) - math.exp(-RHO)) / RHO - math.exp(-RHO) / RHO
    assert found.deviate == pytest.approx(5 * stream(0, 2) + shift), "it grows to −1 in a year, and stays there"


def test_keeps() -> None:
    """Undone, 40 % of it stays for ever, growth included."""
    pay = {
        "by": "b",
        "effects": {"x": {"per_year": 2}, "y": {"level": -1}},
        "undo": {"in": "6 months", "keeps": "40 %"},
    }
    d = dossier({"give": GIVE, "pay": pay})
    found = row(d, plan(d), "breakout", "a", (1, "after"))
    assert found.deviate == pytest.approx(2 / RHO * (stream(0, 0.5) + 0.4 * stream(0.5)))


def test_joint_measure() -> None:
    """a and b hold talks, which only b pays for. It stops when either stops, and b undoes it in its own time."""
    talks = {"by": ["a", "b"], "effects": {"x": {"level": 2}, "y": {"level": -1}}, "undo": {"in": "3 months"}}
    d = dossier({"talks": talks}, a={"response_time": "1 year"}, b={"response_time": "6 months"})
    p = plan(d)
    assert row(d, p, "breakout", "a", (0, "after")).deviate == pytest.approx(2 * stream(0, 0.75))
    assert row(d, p, "breakout", "b", (0, "after")).deviate == pytest.approx(-stream(0, 0.25))
    assert row(d, p, "breakout", "a", (0, "before")).deviate == 0
    assert row(d, p, "breakout", "b", (0, "before")).deviate == 0


def test_joint_measure_answers_a_third_party() -> None:
    """It enters no more from the first answer on; what is in force is undone by whom it costs, in that party's time."""
    c = {"discount": f"{RHO} /year", "stakes": {"z": 1}, "response_time": 0}
    talks = {"by": ["a", "b"], "effects": {"y": {"level": -1}, "z": {"level": 2}}, "undo": {"in": "3 months"}}
    measures = {"talks": talks, "quiet": {"by": "c", "effects": {"z": {"level": -1}}, "undo": {"in": 0}}}
    d = dossier(measures, a={"response_time": "6 months"}, b={"response_time": "1 year"}, parties={"c": c})
    assert row(d, plan(d), "breakout", "c", (0, "after")).deviate == pytest.approx(2 * stream(0, 1.25))
    late = plan(d, talks=1)
    assert row(d, late, "breakout", "c", (0, "after")).deviate == 0, "an answer on an entry date comes before the entry"
    assert row(d, late, "breakout", "c", (1, "before")).deviate == pytest.approx(2 * stream(0, 1.25))


def test_an_entry_that_waits_for_the_mover_does_not_happen() -> None:
    """b would pay at 0.5 and 1 years, before it answers; but `pay` needs a's `give`, which is not given."""
    measures = {"give": GIVE, "pay": {**PAY, "after": "give"}, "aid": PAY}
    d = dossier(measures, b={"response_time": "2 years"})
    p = plan(d, give=1, pay=1, aid=2)
    before = row(d, p, "breakout", "a", (0, "after"))
    assert before.deviate == pytest.approx(3 * stream(1, 2))
    after = row(d, p, "breakout", "a", (1, "after"))
    assert after.deviate == pytest.approx(3 * stream(0, 2) + 3 * stream(0.5, 2))


def test_only_direct_needs_hold_an_entry_up_and_only_where_it_answers() -> None:
    through = {"by": "b", "after": "give"}
    for pay in ({**PAY, "after": "through"}, {**PAY, "after": "give", "conditional_on": []}):
        d = dossier({"give": GIVE, "through": through, "pay": pay}, b={"response_time": "3 years"})
        found = row(d, plan(d, give=1, through=1, pay=1), "breakout", "a", (0, "after"))
        assert found.deviate == pytest.approx(3 * stream(0.5, 3 if pay["after"] == "through" else math.inf))


def test_once_stays_and_is_counted_while_it_is_to_come() -> None:
    gift = {"by": "b", "effects": {"x": {"once": 7}, "y": {"once": -1}}}
    d = dossier({"give": GIVE, "gift": gift})
    p = plan(d, gift=2)
    assert check(d, p).values["a"] == pytest.approx(7 * math.exp(-RHO) - 1 / RHO)
    assert row(d, p, "breakout", "a", (2, "before")).keep == pytest.approx(7 - 1 / RHO)
    assert row(d, p, "breakout", "a", (2, "after")).keep == pytest.approx(-1 / RHO)


def test_interaction_ends_with_one_of_its_measures_and_its_once_does_not() -> None:
    both = {"all": ["give", "pay"], "effects": {"x": {"level": 4, "once": 6}}}
    d = dossier(interactions={"both": both}, b={"response_time": "1 year"})
    p = plan(d, pay=1)
    assert check(d, p).values["a"] == pytest.approx(-1 / RHO + 7 * stream(0.5) + 6 * math.exp(-0.05))
    assert row(d, p, "breakout", "a", (0, "after")).deviate == pytest.approx(3 * stream(0.5, 1)), "never both"
    assert row(d, p, "breakout", "b", (1, "after")).keep == pytest.approx(2 / RHO)
    a_out = row(d, p, "breakout", "a", (1, "after"))
    assert a_out.keep == pytest.approx(6 / RHO)
    assert a_out.deviate == pytest.approx(3 * stream(0, 1)), "give has ended at once"


def test_interaction_under_secret_cheating() -> None:
    """Both in force is worth 4 a year; b fakes the later part, so it never comes to be."""
    both = {"all": ["give", "pay"], "effects": {"x": {"level": 4, "once": 6}}}
    verify = {"by": "agency", "detects": "0.3 /year", "delay": "6 months"}
    d = dossier({"give": GIVE, "pay": {**PAY, "verify": verify}}, interactions={"both": both}, a={"exposure_limit": 9})
    p = plan(d, pay=1)
    hidden = row(d, p, "secret_exposure", "a", (1, "before"))
    answered = math.exp(-RHO) * 0.3 / 0.4
    assert hidden.keep == pytest.approx(-(1 - answered) / RHO)
    undone = row(d, p, "covert", "b", (2, "after"))
    assert undone.deviate == pytest.approx(3 * (1 - math.exp(-RHO * 0.5) * 0.3 / 0.4) / RHO)


def test_interaction_that_a_detected_cheat_ends() -> None:
    """`any` of give and pay is worth 4 a year to b: it lasts until a answers and undoes `give`."""
    verify = {"by": "agency", "detects": "0.3 /year"}
    d = dossier(
        {"give": GIVE, "pay": {**PAY, "verify": verify}},
        interactions={
            "any": {"any": ["give", "pay"], "effects": {"y": {"level": 4, "per_year": {"rate": 1, "for": "2 years"}}}}
        },
        a={"response_time": "1 year"},
    )
    found = row(d, plan(d), "covert", "b", (0, "before"))

    def stopped(t: float) -> float:
        return 7 * stream(0, t + 1) + stream(0, min(t + 1, 2)) / RHO

    steps = 200_000
    mean = sum(stopped(-math.log1p(-(i + 0.5) / steps) / 0.3) for i in range(steps)) / steps
    assert found.deviate == pytest.approx(mean, rel=1e-6)


def test_interaction_that_begins_only_if_cheating_is_seen_late() -> None:
    """`give` and `late` together are worth 4 a year to b and 5 at once; a ends `give` half a year after it sees."""
    verify = {"by": "agency", "detects": "0.3 /year"}
    late = {"by": "a", "conditional_on": []}
    d = dossier(
        {"give": GIVE, "pay": {**PAY, "verify": verify}, "late": late},
        interactions={"both": {"all": ["give", "late"], "effects": {"y": {"level": 4, "once": 5}}}},
        a={"response_time": "6 months"},
    )
    found = row(d, plan(d, late=4), "covert", "b", (0, "before"))
    both = math.exp(-0.3 * 1.5)
    together = 4 * (math.exp(-RHO * 2) * both - math.exp(-RHO * 0.5) * 0.3 / 0.4 * math.exp(-0.4 * 1.5)) / RHO
    together += 5 * math.exp(-RHO * 2) * both
    assert found.deviate == pytest.approx(3 * (1 - math.exp(-RHO * 0.5) * 0.3 / 0.4) / RHO + together)


def test_interaction_outlives_an_undoing_that_keeps_all() -> None:
    pay = {**PAY, "undo": {"in": 0, "keeps": "100 %"}}
    both = {"all": ["pay"], "effects": {"x": {"level": 4}}}
    d = dossier({"give": GIVE, "pay": pay}, interactions={"both": both})
    assert row(d, plan(d), "breakout", "a", (0, "after")).deviate == pytest.approx(7 / RHO)


def test_interaction_that_would_begin_as_it_ends_does_not() -> None:
    """b has undone `pay` at one year, but for rounding, which is when `late` enters."""
    late = {"by": "b", "conditional_on": []}
    pay = {**PAY, "undo": {"in": "0.7000000000000002 years"}}
    d = dossier(
        {"give": GIVE, "pay": pay, "late": late},
        interactions={"both": {"all": ["pay", "late"], "effects": {"x": {"once": 5}}}},
        b={"response_time": "0.3 years"},
    )
    assert row(d, plan(d, late=2), "breakout", "a", (0, "after")).deviate == pytest.approx(3 * stream(0, 1))


def test_interaction_that_nobody_would_end_may_never_begin() -> None:
    """`late` is for ever, and enters at 2 years only if b's cheating is not answered by then."""
    verify = {"by": "agency", "detects": "0.3 /year"}
    d = dossier(
        {"pay": {**PAY, "verify": verify}, "late": {"by": "a"}},
        interactions={"one": {"all": ["late"], "effects": {"y": {"level": 4, "once": 5}}}},
        a={"response_time": "6 months"},
    )
    found = row(d, plan(d, late=4), "covert", "b", (0, "before"))
    assert found.deviate == pytest.approx((4 / RHO + 5) * math.exp(-RHO * 2) * math.exp(-0.3 * 1.5))


def test_tranches_do_not_launder_cheating() -> None:
    """Cut into four, each seen just as fast, the promise is faked as a whole: the value of cheating is the same."""
    verify = {"by": "agency", "detects": "0.04 /year"}
    whole = dossier({"give": {**GIVE, "verify": verify}, "pay": PAY})
    part = {**GIVE, "effects": {"x": {"level": -0.25}, "y": {"level": 0.75}}, "verify": verify}
    cut = dossier({**{f"give{i}": part for i in range(4)}, "pay": PAY})
    once = row(whole, plan(whole), "covert", "a", (0, "before"))
    each = row(cut, plan(cut), "covert", "a", (0, "before"), "give2")
    assert (each.keep, each.deviate) == pytest.approx((once.keep, once.deviate))
    assert not each.accepted
    assert not once.accepted


def test_what_is_seen_faster_is_not_faked_with_it_but_stopped_at_the_first_answer() -> None:
    slow, fast = ({"by": "agency", "detects": f"{rate} /year"} for rate in (0.2, 0.5))
    d = dossier(
        {"slow": {**GIVE, "verify": slow}, "fast": {**GIVE, "verify": fast}, "pay": PAY}, b={"response_time": "1 year"}
    )
    p = plan(d)
    wait = math.exp(-RHO)
    seen_slow, seen_fast = wait * 0.2 / 0.3, wait * 0.5 / 0.6
    slow_row, fast_row = (row(d, p, "covert", "a", (0, "before"), m) for m in ("slow", "fast"))
    assert slow_row.deviate == pytest.approx((3 - 1) * (1 - seen_slow) / RHO), "fast goes on until then"
    assert fast_row.deviate == pytest.approx(3 * (1 - seen_fast) / RHO), "slow is faked too"


def test_secret_undoing() -> None:
    """In force and hard to see, it is undone in secret: from undo.in later, down to `keeps`."""
    verify = {"by": "agency", "detects": "0.2 /year", "delay": "3 months"}
    give = {**GIVE, "undo": {"in": "6 months", "keeps": "20 %"}, "verify": verify}
    d = dossier(
        {"give": give, "pay": PAY}, b={"response_time": "3 months", "collapse_cost": 99}, a={"collapse_cost": 2}
    )
    found = row(d, plan(d), "covert", "a", (3, "after"))
    seen = math.exp(-RHO * 0.5) * 0.2 / 0.3
    assert found.deviate == pytest.approx(-stream(0, 0.5) - 0.2 * stream(0.5) + 3 * (1 - seen) / RHO - 2 * seen)
    entry = row(d, plan(d), "covert", "a", (0, "before"))
    assert entry.deviate == pytest.approx(3 * (1 - seen) / RHO - 2 * seen), "faked from the first, nothing is kept"


def test_a_measure_that_cannot_be_undone_is_faked_at_its_entry_only() -> None:
    verify = {"by": "agency", "detects": "0.2 /year"}
    d = dossier({"give": {**GIVE, "undo": "never", "verify": verify}, "pay": PAY})
    found = [(r.date, r.moment, r.leaves is None) for r in Judge(d).slacks(plan(d, give=2)) if r.kind == "covert"]
    assert found == [(d.grid.dates[2], "before", True), (d.grid.dates[2], "before", False)]


def test_never_seen() -> None:
    d = dossier(
        {"give": {**GIVE, "verify": {"by": "agency", "detects": "0 %/year"}}, "pay": PAY}, a={"collapse_cost": 99}
    )
    found = row(d, plan(d), "covert", "a", (1, "after"))
    assert found.deviate == pytest.approx(3 / RHO)


def test_no_deal_is_spared_until_the_first_answer_and_left_out_of_exposure() -> None:
    verify = {"by": "agency", "detects": "0.4 /year"}
    d = dossier(
        {"give": {**GIVE, "verify": verify}, "pay": PAY},
        a={"no_deal": "-5 /year", "exposure_limit": 1},
        b={"response_time": "6 months"},
    )
    p = plan(d)
    seen = math.exp(-RHO * 0.5) * 0.4 / 0.5
    assert row(d, p, "covert", "a", (0, "before")).deviate == pytest.approx((3 + 5) * (1 - seen) / RHO)
    assert row(d, p, "exposure", "a", (2, "after")).keep == pytest.approx(2 * stream(0, 1))


def test_state_is_in_force_from_before_signature() -> None:
    """Its level counts from signature, its `once` is past, its answer is as everybody's; it alone is no deal."""
    freeze = {"by": "a", "effects": {"x": {"level": -1, "once": -40}, "y": {"level": 3}}, "undo": {"in": 0}}
    d = dossier(
        {"freeze": freeze, "pay": {**PAY, "takes": "6 months", "after": "freeze"}},
        state={"in_force": {"freeze": {"since": "2019-03-01"}}},
    )
    p = plan(d, freeze=None, pay=1)
    assert check(d, p).values["a"] == pytest.approx(-1 / RHO + 3 * stream(0.5))
    assert row(d, p, "breakout", "a", (0, "before")).deviate == 0
    assert check(d, p).satisfactory
    alone = check(d, plan(d, freeze=None, pay=None))
    assert alone.values == {"a": 0, "b": 0}
    assert [r.kind for r in alone.slacks if not r.accepted] == ["empty"]


def test_a_fakeable_state_measure_can_be_undone_in_secret_at_every_moment() -> None:
    verify = {"by": "agency", "detects": "0.2 /year"}
    d = dossier({"give": {**GIVE, "verify": verify}, "pay": PAY}, state={"in_force": {"give": {"since": "2019-03-01"}}})
    found = [r for r in Judge(d).slacks(plan(d)) if r.kind == "covert" and r.leaves is None]
    assert sum(r.moment != "between" for r in found) == 2 * len(d.grid)
    between = [r.years for r in found if r.moment == "between"]
    assert between == pytest.approx(d.grid.years), "b answers at once"


def test_divisible_measure() -> None:
    """It rises by halves: worth half of it between, its `once` half and half; what it needs is all of it."""
    give = {
        **GIVE,
        "divisible": True,
        "takes": "1 year",
        "effects": {"x": {"level": -1, "once": -2}, "y": {"level": 3}},
    }
    d = dossier({"give": give, "pay": {**PAY, "after": "give"}})
    p = plan(d, give=1, pay=2)
    assert check(d, p).satisfactory
    spent = -0.5 * stream(0.5) - 0.5 * stream(1) - math.exp(-RHO * 0.5) - math.exp(-RHO)
    assert check(d, p).values["a"] == pytest.approx(spent + 3 * stream(1))
    assert row(d, p, "breakout", "a", (1, "after")).deviate == 0
    early = check(d, plan(d, give=1, pay=1))
    assert [r.kind for r in early.slacks if not r.accepted] == ["order"]


def test_a_breakout_leaves_a_divisible_measure_incomplete() -> None:
    give = {**GIVE, "divisible": True, "takes": "1 year", "undo": "never"}
    d = dossier({"give": give, "pay": {**PAY, "after": "give"}}, b={"response_time": "5 years"})
    p = plan(d, give=1, pay=2)
    assert row(d, p, "breakout", "a", (1, "after")).deviate == pytest.approx(-0.5 / RHO)
    assert row(d, p, "breakout", "a", (2, "after")).deviate == pytest.approx(-1 / RHO + 3 * stream(0, 5))


def test_exposure_is_counted_since_signature() -> None:
    """a gave for a year, irreversibly, and got half a year's pay when b walks out at 1 year; a answers at once."""
    d = dossier({"give": {**GIVE, "undo": "never"}, "pay": PAY}, a={"exposure_limit": "1 /year"})
    found = row(d, plan(d, pay=1), "exposure", "a", (2, "after"))
    assert (found.other, found.deviate) == ("b", -1 / RHO)
    assert found.keep == pytest.approx(-1 / RHO + 3 * stream(0.5, 1))


def test_a_party_with_nothing_at_stake_has_no_temptation_row() -> None:
    """c performs something that neither costs nor brings it anything, and nobody answers to it."""
    c = {"discount": "5 %/year", "stakes": {"z": 1}, "response_time": 0}
    measures = {"give": {**GIVE, "conditional_on": ["b"]}, "pay": {**PAY, "conditional_on": ["a"]}, "host": {"by": "c"}}
    d = dossier(measures, parties={"c": c})
    assert {r.party for r in Judge(d).slacks(plan(d)) if r.kind == "breakout"} == {"a", "b"}


def test_a_party_without_stakes_may_perform() -> None:
    d = dossier({"give": GIVE, "pay": PAY, "inspect": {"by": "c"}}, parties={"c": {"response_time": "1 month"}})
    verdict = check(d, plan(d))
    assert verdict.satisfactory
    assert verdict.values["c"] == 0
    assert "c" not in {r.party for r in verdict.slacks}


def test_gains_are_of_consenting_parties_that_something_touches() -> None:
    people = {
        "idle": {"discount": "5 %/year", "stakes": {"z": 1}},
        "bystander": {"discount": "5 %/year", "stakes": {"x": 1}, "consents": False},
    }
    d = dossier(a={"walk_away": 4}, parties=people)
    assert Judge(d).gain(plan(d)) == pytest.approx({"a": 16, "b": 20})


def test_off_the_grid_the_neighbours_are_named() -> None:
    d = dossier()
    (found,) = [
        r for r in Judge(d).slacks(Plan({"give": date(2020, 9, 1), "pay": d.start})) if r.kind == "grid" and r.note
    ]
    assert "2020-07-01" in found.note
    assert "2021-01-01" in found.note


def test_a_preference_never_binds() -> None:
    d = dossier(demands={"d": {"by": "a", "firmness": "preference", "require": {"never": "give"}}})
    assert check(d, plan(d), openings=["a", "b"]).satisfactory


def test_growth_for_ever_crosses_every_ceiling() -> None:
    for lasts, good in (({"for": "5 years"}, True), ({}, False)):
        grow = {"by": "a", "effects": {"z": {"per_year": {"rate": 1, **lasts}}}}
        bound = {"by": "b", "firmness": "red_line", "require": {"interest": "z", "at_most": 5}}
        d = dossier({"give": GIVE, "pay": PAY, "grow": grow}, demands={"d": bound})
        assert check(d, plan(d)).satisfactory is good


def test_the_level_before_a_drop_counts() -> None:
    """It grows by 1 in its first half-year, just before 3 of it go: a ceiling of 0.9 is crossed for a moment."""
    grow = {"by": "a", "effects": {"z": {"per_year": {"rate": 2, "for": "6 months"}}}}
    drop = {"by": "b", "effects": {"z": {"once": -3}}}
    for ceiling, good in ((0.9, False), (1.0, True)):
        bound = {"by": "b", "firmness": "red_line", "require": {"interest": "z", "at_most": ceiling}}
        d = dossier({"give": GIVE, "pay": PAY, "grow": grow, "drop": drop}, demands={"d": bound})
        assert check(d, plan(d, drop=1)).satisfactory is good


def test_what_stands_before_signature_counts_in_levels_but_not_its_once() -> None:
    """Two state measures and what they add together: 2 + 3; a third measure adds 1 with one of them."""
    old = {"by": "a", "effects": {"z": {"level": 1, "once": 50}}}
    add = {"old": {"all": ["old", "older"], "effects": {"z": {"level": 3, "once": 50}}}}
    add["new"] = {"all": ["old", "new"], "effects": {"z": {"level": 0.25, "once": 0.75}}}
    for new, level in ((None, 5), (2, 6)):
        for ceiling, good in ((level - 0.01, False), (level, True)):
            d = dossier(
                {"give": GIVE, "pay": PAY, "old": old, "older": old, "new": {"by": "a"}},
                interactions=add,
                state={"in_force": {m: {"since": "2019-12-01"} for m in ("old", "older")}},
                demands={
                    "most": {"by": "b", "firmness": "red_line", "require": {"interest": "z", "at_most": ceiling}},
                    "least": {"by": "b", "firmness": "red_line", "require": {"interest": "z", "at_least": 5}},
                },
            )
            assert check(d, plan(d, new=new)).satisfactory is good


def test_before_allows_the_same_date_and_what_stands() -> None:
    for fields in ({}, {"state": {"in_force": {"give": {"since": "2019-12-01"}}}}):
        bound = {"by": "b", "firmness": "red_line", "require": {"before": ["give", "pay"]}}
        d = dossier(demands={"d": bound}, **fields)
        assert check(d, plan(d, give=1, pay=1)).satisfactory


def test_misuse() -> None:
    with pytest.raises(UsageError, match="no party 'c'"):
        Judge(dossier(), openings=["c"])
    with pytest.raises(UsageError, match="none, minimal or full"):
        Judge(dossier(), success="some")
