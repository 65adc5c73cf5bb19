"""The closed forms of ANSWERS (data/known_answers/answers.json) §1, §2, §3, §6, as dossiers, through `import detente`.

Numbers as printed (`numbers`), and random dossiers on either side of each threshold (`either_side`): a hundredth below
it and a hundredth above it the verdict differs. Every party wants more of the interest of its own name, a point a year
for a unit; who answers minds what it stops by a hundredth of a point a year, where the case does not say more.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import detente as dt
from tests.checkout import SHARED, SHARED_IS_HERE, needs_shared

FILE = SHARED / "data" / "known_answers" / "answers.json"
CASES = {c["name"]: c for c in json.loads(FILE.read_text(encoding="utf-8"))["cases"]} if SHARED_IS_HERE else {}
COVERED: set[str] = set()
LATER = {"answer_", "alarms", "trust_"}
"""Beginnings of the names of what ANSWERS §4, §5 and §7 bring."""

NEAR = 1e-7

Row = Mapping[str, Any]
random_dossiers = settings(max_examples=24)


def numbers(*names: str) -> pytest.MarkDecorator:
    COVERED.update(names)
    found = [pytest.param(CASES.get(name), id=name, marks=needs_shared) for name in names]
    return pytest.mark.parametrize("case", found)


def said(case: Mapping[str, Any]) -> tuple[Any, Any]:
    """What is given, and what is expected of it."""
    return case["given"], case["expect"]


HEAD = """
detente: 1
title: a known answer
start: 2020-01-01
periods: {periods}
interests:
  a: {{unit: points, worst: 0, best: 1}}
  b: {{unit: points, worst: 0, best: 1}}
parties:
  a: {{stakes: {{a: 1}}, discount: {rho!r} /year, response_time: {response_a!r} years, consents: false, {a}}}
  b: {{stakes: {{b: 1}}, discount: {rho!r} /year, response_time: {response_b!r} years, consents: false, {b}}}
"""


def dossier(
    measures: str,
    *,
    rho: float,
    response_a: float = 0.0,
    response_b: float = 0.0,
    a: str = "",
    b: str = "",
    periods: str = "[1 x 3 months]",
    rest: str = "",
) -> dt.Dossier:
    """From YAML: what the parties say besides (`a`, `b`), the measures, and whatever sections follow."""
    head = HEAD.format(rho=rho, response_a=response_a, response_b=response_b, a=a, b=b, periods=periods)
    return dt.loads(f"{head}measures:\n{measures}\n{rest}\n")


def judged(d: dt.Dossier, entry: Mapping[str, Any] | None = None) -> list[Row]:
    """The slack rows of a plan, by default of everything at signature, dates as `evaluate --json` has them."""
    plan = dt.Plan(entry if entry is not None else dict.fromkeys(d.measures, d.start))
    return plainly(dt.evaluate(d, plan))


def plainly(found: Any) -> list[Row]:
    rows = [dataclasses.asdict(row) for row in found.verdict.slacks]
    return [{name: str(x) if isinstance(x, date) else x for name, x in row.items()} for row in rows]


def chosen(rows: list[Row], **fields: Any) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in fields.items())]


def the(rows: list[Row], **fields: Any) -> Row:
    (row,) = chosen(rows, **fields)
    return row


def kept(rows: list[Row], party: str, *kinds: str) -> bool:
    """Whether a party has no reason to break or cheat, so far as these kinds of rows go."""
    found = [row for row in rows if row["party"] == party and row["kind"] in (kinds or ("breakout", "covert"))]
    assert found
    return all(row["slack"] >= -1e-7 * max(1.0, abs(row["keep"])) for row in found)


def either_side(threshold: float, holds: Callable[[float], bool], *, up: bool) -> None:
    """It holds a hundredth above the threshold and not a hundredth below it (`up`), or the other way round."""
    assert holds(threshold * 1.01) is up
    assert holds(threshold * 0.99) is not up


def between(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda x: float(f"{x:.4g}"))


RHO = between(0.03, 0.3)
COST = between(0.3, 3.0)
TIMES_COST = between(1.2, 4.0)
"""How many times its cost what is given for it is worth."""
HAZARD = between(0.02, 0.5)


# §1 R1: nobody fakes what it likes


def liked(
    *, rho: float, rate: float, relief: float, c: float, like: float, cost_once: float = 0.0, falls: str = "minded"
) -> dt.Dossier:
    n = f"{{level: {like!r}}}" if like else f"{{once: {-cost_once!r}}}"
    return dossier(
        f"""
  m: {{by: b, effects: {{b: {{level: {-c!r}}}}}, undo: {{in: 0}}, verify: {{by: x, detects: {rate!r} /year}}}}
  n:
    by: b
    effects: {{b: {n}}}
    undo: {{in: 0, falls: {falls}}}
    verify: {{by: x, detects: {rate!r} /year}}
  relief: {{by: a, effects: {{b: {{level: {relief!r}}}, a: {{level: -1}}}}, undo: {{in: 0}}, verify: open}}
""",
        rho=rho,
    )


def of_liked(given_: Mapping[str, float], **more: Any) -> dt.Dossier:
    return liked(
        rho=given_["discount_continuous_per_year"],
        rate=given_["detection_rate_per_year"],
        relief=given_["relief"],
        c=given_["c"],
        like=given_.get("like", 0.0),
        cost_once=given_.get("cost_once", 0.0),
        **more,
    )


@numbers("faking_liked", "faking_liked_falls_always")
def test_nobody_fakes_what_it_likes(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    rows = judged(of_liked(given_, falls="always" if "always" in case["name"] else "minded"))
    row = the(rows, kind="covert", party="b", measure="m", moment="before", leaves=None)
    assert row["keep"] == pytest.approx(expect["keep"], abs=NEAR)
    assert row["deviate"] == pytest.approx(expect["fake_m"], abs=NEAR)
    assert kept(rows, "b") is expect["keepable"]


@numbers("faking_once")
def test_what_costs_at_its_entry_is_faked_as_well(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    row = the(judged(of_liked(given_)), kind="covert", party="b", measure="m", moment="before", leaves=None)
    assert row["deviate"] == pytest.approx(expect["fake_m_and_n"], abs=NEAR)


@random_dossiers
@given(RHO, between(0.1, 2), COST, between(0.1, 2), st.sampled_from(["minded", "always"]))
def test_relief_that_deters_faking_beside_what_is_liked(
    rho: float, rate: float, c: float, like: float, falls: str
) -> None:
    """(relief + what falls with the deal)·Λ ≥ c."""
    seen = rate / (rate + rho)
    threshold = c / seen - (like if falls == "always" else 0.0)
    assume(threshold > 0.05)
    either_side(
        threshold,
        lambda relief: kept(
            judged(liked(rho=rho, rate=rate, relief=relief, c=c, like=like, falls=falls)), "b", "covert"
        ),
        up=True,
    )


# §1 R2: cheat, then leave


def big_step(*, rho: float, rate: float, delay: float, response: float, c: float, big: float, pay1: float, pay2: float):
    d = dossier(
        f"""
  m: {{by: b, effects: {{b: {{level: {-c!r}}}}}, verify: {{by: x, detects: {rate!r} /year, delay: {delay!r} years}}}}
  big: {{by: b, effects: {{b: {{once: {-big!r}}}}}, verify: open}}
  pay1: {{by: a, effects: {{b: {{level: {pay1!r}}}, a: {{level: -0.01}}}}, undo: {{in: 0}}, verify: open}}
  pay2: {{by: a, effects: {{b: {{level: {pay2!r}}}, a: {{level: -0.01}}}}, undo: {{in: 0}}, verify: open}}
""",
        rho=rho,
        response_a=response,
        response_b=response,
        periods="[4 x 1 year]",
    )
    first, _, second, third = d.grid.dates
    return judged(d, {"m": first, "big": second, "pay1": first, "pay2": third})


@numbers("cheat_then_leave_delay_0", "cheat_then_leave_delay_0.5", "cheat_then_leave_delay_3")
def test_cheat_then_leave_before_the_big_step(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    rows = big_step(
        rho=given_["discount_continuous_per_year"],
        rate=given_["detection_rate_per_year"],
        delay=given_["delay_years"],
        response=given_["response_years"],
        **{name: given_[name] for name in ("c", "big", "pay1", "pay2")},
    )
    start = {"party": "b", "moment": "before", "date": "2020-01-01"}
    row = the(rows, kind="covert", measure="m", leaves="2022-01-01", **start)
    assert row["keep"] == pytest.approx(expect["keep"], abs=NEAR)
    assert row["deviate"] == pytest.approx(expect["leave"], abs=NEAR)
    if "covert" in expect:
        assert the(rows, kind="covert", measure="m", leaves=None, **start)["deviate"] == pytest.approx(
            expect["covert"], abs=NEAR
        )
        assert the(rows, kind="breakout", **start)["deviate"] == pytest.approx(expect["breakout"], abs=NEAR)
    assert kept(rows, "b") is expect["keepable"]


@random_dossiers
@given(RHO, between(0.1, 2), between(0, 1.5), between(0.05, 0.9), between(4, 8), between(4, 8))
def test_the_big_step_that_one_would_still_take(
    rho: float, rate: float, delay: float, response: float, pay1: float, pay2: float
) -> None:
    """Faking m at c a year and leaving just before 2 years: known at Y = min(T + delay, 2)."""
    c = 1.0
    last = 2 - delay
    fast = math.exp(-(rate + rho) * last)
    seen = math.exp(-rho * delay) * rate / (rate + rho) * (1 - fast) + math.exp(-2 * rho - rate * last)
    answered = seen * math.exp(-rho * response)
    threshold = math.exp(2 * rho) * (pay2 * math.exp(-3 * rho) + pay1 * answered - c) / rho

    def leaving(big: float) -> float:
        fields = {"rho": rho, "rate": rate, "delay": delay, "response": response, "c": c, "pay1": pay1, "pay2": pay2}
        found = chosen(big_step(big=big, **fields), kind="covert", measure="m", moment="before", date="2020-01-01")
        return min(row["slack"] for row in found if row["leaves"] is not None)

    assume(threshold > 0.5)
    assert leaving(threshold * 1.01) < 0
    bound = 0.01 * threshold * math.exp(-2 * rho)
    assert leaving(threshold * 0.99) <= bound + NEAR  # some other moment may be better still


def swap(X: float, G: float, C: float, rho: float, rate: float) -> list[Row]:
    return judged(
        dossier(
            f"""
  gift: {{by: a, effects: {{a: {{once: {-X!r}}}}}, verify: {{by: x, detects: {rate!r} /year}}}}
  answer: {{by: b, effects: {{a: {{once: {G!r}}}}}, verify: open}}
""",
            rho=rho,
            a=f"collapse_cost: {C!r}",
        )
    )


@numbers("swap_on_one_date")
def test_leaving_just_after_a_swap(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    rows = swap(
        given_["X"],
        given_["G"],
        given_["collapse_cost"],
        given_["discount_continuous_per_year"],
        given_["detection_rate_per_year"],
    )
    row = the(rows, kind="covert", party="a", measure="gift", moment="before", leaves="2020-01-01")
    assert row["keep"] == pytest.approx(expect["keep"], abs=NEAR)
    assert row["deviate"] == pytest.approx(expect["leave_after_entries"], abs=NEAR)
    broken = the(rows, kind="breakout", party="a", moment="before")
    assert broken["deviate"] == pytest.approx(expect["breakout_before"], abs=NEAR)
    assert kept(rows, "a") is expect["keepable"]


@random_dossiers
@given(RHO, between(1, 9), between(1, 9), st.sampled_from([0.5, 5.0, 3000.0]))
def test_a_swap_is_as_safe_as_collapse_is_dear(rho: float, X: float, more: float, rate: float) -> None:
    """X ≤ C however good the inspection, for leaving at once; X ≤ C·Λ for never leaving."""
    either_side(X * (rate + rho) / rate, lambda C: kept(swap(X, X + more, C, rho, rate), "a"), up=True)
    rows = swap(X, X + more, 0.99 * X, rho, rate)
    row = the(rows, kind="covert", party="a", measure="gift", moment="before", leaves="2020-01-01")
    assert row["slack"] == pytest.approx(-0.01 * X, abs=NEAR)


# §1 R3: what lives only while the deal lives


@numbers("falls")
def test_what_falls_with_the_deal(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)

    v, within = given_["v"], given_["undo_years"]

    def after_breakout(by: str, undo: str) -> float:
        d = dossier(
            f"""
  own: {{by: a, effects: {{a: {{level: -1}}}}, undo: {{in: 0}}, verify: open}}
  treaty: {{by: {by}, effects: {{a: {{level: {v!r}}}}}, undo: {{in: {within!r} years, {undo}}}, verify: open}}
""",
            rho=given_["discount_continuous_per_year"],
            response_b=given_["response_years"],
        )
        return the(judged(d), kind="breakout", party="a", moment="after", date="2020-01-01")["deviate"]

    found = {
        "joint": after_breakout("[a, b]", "falls: always"),
        "by_B": after_breakout("b", "falls: always"),
        "by_A": after_breakout("a", "falls: always"),
        "by_B_keeps_half": after_breakout("b", "falls: always, keeps: 50 %"),
        "minded": after_breakout("b", "falls: minded"),
    }
    assert found == pytest.approx(expect, abs=NEAR)


@random_dossiers
@given(RHO, between(0.5, 3), between(0, 2), between(0, 2), COST, st.sampled_from(["a", "b", "[a, b]"]))
def test_a_treaty_that_falls_pays_for_what_is_given(
    rho: float, v: float, response: float, undo: float, c: float, by: str
) -> None:
    """Its worth from the fall on, v·e^(−ρ(stop + undo)), carries a cost of c a year at most."""

    def holds(cost: float) -> bool:
        d = dossier(
            f"""
  own: {{by: a, effects: {{a: {{level: {-cost!r}}}}}, undo: {{in: 0}}, verify: open}}
  treaty: {{by: {by}, effects: {{a: {{level: {v!r}}}}}, undo: {{in: {undo!r} years, falls: always}}, verify: open}}
""",
            rho=rho,
            response_b=response,
        )
        rows = chosen(judged(d), kind="breakout", moment="after")
        return kept(rows, "a", "breakout")

    stop = response if by == "b" else 0.0
    either_side(v * math.exp(-rho * (stop + undo)), holds, up=False)


# §1 R6: the threat point


def pie(walk_away: float, threat: str) -> dt.Dossier:
    """Twenty ways to share 1, of which one is chosen."""
    parts = range(21)
    measures = "\n".join(
        f"  p{k}: {{by: [a, b], effects: {{a: {{once: {k / 20!r}}}, b: {{once: {1 - k / 20!r}}}}}, verify: open}}"
        for k in parts
    )
    shares = ", ".join(f"[p{k}]" for k in parts)
    text = dossier(
        measures,
        rho=0.1,
        periods="[1 x 1 year]",
        rest=f"one_of: {{share: {{exactly: true, of: [{shares}]}}}}\ndisagreement: {threat}\n",
    ).document
    parties = {p: {**text["parties"][p], "consents": True} for p in ("a", "b")}
    parties["a"]["walk_away"] = walk_away
    return dt.from_dict({**text, "parties": parties})


@numbers("threat_point")
def test_threat_point(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    for threat in ("walk_away", "no_deal"):
        for walk_away, share in zip(given_["walk_away"], expect[f"threat_{threat}"], strict=True):
            found = dt.design(pie(walk_away, threat), rule="nash").to_json()
            assert found["values"]["a"]["present"] == pytest.approx(share, abs=NEAR), (threat, walk_away)


# §1 R7: every moment


@needs_shared
@numbers("between_dates")
def test_the_best_time_to_break_is_between_dates(case: Mapping[str, Any]) -> None:
    expect = case["expect"]
    for name in ("between_dates", "between_dates_fine"):
        d = dt.load(str(SHARED / "data" / "found" / "moments" / f"{name}.yaml"))
        fifth = next(day for day in d.grid.dates if day.year == 2025)
        plan = dt.Plan({"flow": d.start, "first": fifth, "second": d.grid.dates[-1]})
        found = dt.evaluate(d, plan)
        rows = chosen(plainly(found), kind="breakout", party="a")
        worst = min(rows, key=lambda row: row["slack"])
        assert worst["slack"] == pytest.approx(expect["slack_just_after_year_4"], abs=1e-6)
        assert (worst["moment"], worst["date"]) == ("between", "2024-01-01")
        assert worst["years"] == pytest.approx(4.0, abs=1e-9)
        assert found.satisfactory is expect["keepable"]
        if name == "between_dates":
            on_dates = min(row["slack"] for row in rows if row["moment"] != "between")
            assert on_dates == pytest.approx(expect["least_slack_on_dates"], abs=1e-6)


@random_dossiers
@given(between(0.05, 0.15), between(0.25, 1.75), between(1.1, 2), st.booleans())
def test_a_later_flow_that_outweighs_paying_once_the_gift_is_certain(
    rho: float, response: float, times: float, fine: bool
) -> None:
    """Just after 5 − ℓ the gift of year 5 still arrives: the flow of year 10 must be at least e^(ρ(5 + ℓ)) a year."""
    gift = times * (math.exp(5 * rho) - math.exp(rho * response)) / rho
    periods = "[40 x 3 months, 1 x 1 year]" if fine else "[2 x 5 years, 1 x 1 year]"

    def holds(flow: float) -> bool:
        d = dossier(
            f"""
  pays: {{by: a, effects: {{a: {{level: -1}}}}, undo: {{in: 0}}, verify: open}}
  gift: {{by: b, effects: {{a: {{once: {gift!r}}}}}, verify: open}}
  later: {{by: b, effects: {{a: {{level: {flow!r}}}, b: {{level: -0.01}}}}, undo: {{in: 0}}, verify: open}}
""",
            rho=rho,
            response_b=response,
            periods=periods,
        )
        fifth = next(day for day in d.grid.dates if day.year == 2025)
        return kept(judged(d, {"pays": d.start, "gift": fifth, "later": d.grid.dates[-1]}), "a")

    either_side(math.exp(rho * (5 + response)), holds, up=True)


@pytest.mark.parametrize("step", [11.0, 9.9])
def test_the_last_moment_at_which_an_unwelcome_step_is_still_prevented(step: float) -> None:
    """b pays a 1 a year, and does at 5 years what costs a a step; a leaves at the latest when b just answers before it.

    At 4 years, b answering after one: keep − leave = e^(−ρ)(1/ρ − step), ρ = .1. After 4 years and before: more.
    """
    d = dossier(
        f"""
  own: {{by: a, verify: open}}
  flow: {{by: b, effects: {{a: {{level: 1}}, b: {{level: -0.01}}}}, undo: {{in: 0}}, verify: open}}
  bad: {{by: b, effects: {{a: {{once: {-step!r}}}}}, verify: open}}
""",
        rho=0.1,
        response_b=1.0,
        periods="[2 x 5 years]",
    )
    rows = chosen(judged(d, {"own": d.start, "flow": d.start, "bad": d.grid.dates[1]}), kind="breakout", party="a")
    worst = min(rows, key=lambda row: row["slack"])
    assert worst["slack"] == pytest.approx(math.exp(-0.1) * (10 - step), abs=NEAR)
    assert worst["years"] == pytest.approx(4.0, abs=1e-9)
    assert kept(rows, "a") is (step < 10)


@numbers("gradualism")
def test_gradual_tranches(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)

    def rows(tranches: list[float]) -> list[Row]:
        lines = []
        for i, size in enumerate(tranches):
            for giver, other in (("a", "b"), ("b", "a")):
                cost, worth = -given_["cost"] * size, given_["worth"] * size
                effects = f"{{{giver}: {{level: {cost!r}}}, {other}: {{level: {worth!r}}}}}"
                lines.append(f"  {giver}{i}: {{by: {giver}, effects: {effects}, verify: open}}")
        breaking = f"collapse_cost: {given_['collapse_cost']!r}"
        response = given_["response_years"]
        d = dossier(
            "\n".join(lines),
            rho=given_["discount_continuous_per_year"],
            response_a=response,
            response_b=response,
            a=breaking,
            b=breaking,
            periods=f"[{len(tranches)} x 1 year]",
        )
        return judged(d, {f"{p}{i}": d.grid.dates[i] for p in ("a", "b") for i in range(len(tranches))})

    tranches = expect["tranches"]
    for p in ("a", "b"):
        found = chosen(rows(tranches), kind="breakout", party=p, moment="before")
        found = [row for row in found if row["date"].endswith("-01-01")]
        assert len(found) == given_["tranches"]
        for row in found:
            assert row["slack"] == pytest.approx(expect["breakout_slack_before_each_date"], abs=NEAR)
        for i in range(len(tranches)):
            assert not kept(rows([size * (1.01 if n == i else 1) for n, size in enumerate(tranches)]), p)
    either_side(expect["one_step"], lambda size: kept(rows([size]), "a"), up=False)


# §2: exits


def flows(
    *,
    rho: float,
    g: float,
    c: float,
    response: float = 0.0,
    undo: float = 0.0,
    C: float = 0.0,
    leaves: str = "",
    verify: str = "open",
) -> list[Row]:
    """a's part costs it c a year, b's flow is worth g to it; the moments at signature and after."""
    return judged(
        dossier(
            f"""
  part: {{by: a, effects: {{a: {{level: {-c!r}}}}}, undo: {{in: 0}}, verify: {verify}}}
  flow: {{by: b, effects: {{a: {{level: {g!r}}}, b: {{level: -1}}}}, undo: {{in: {undo!r} years}}, verify: open}}
""",
            rho=rho,
            response_b=response,
            a=f"collapse_cost: {C!r}",
            rest=f"shocks: {{out: {{ends: {leaves}}}}}" if leaves else "",
        )
    )


def at_rate(party: str, rate: float) -> str:
    return f"{party}, rate: {rate!r} /year"


def exchanged(given_: Mapping[str, Any]) -> dict[str, float]:
    return {"rho": given_["discount_continuous_per_year"], "g": given_["g"], "c": given_["c"]}


@numbers("exit_of_the_payer")
def test_exit_of_the_payer(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    basis, leaves = exchanged(given_), at_rate("b", given_["exit_rate_per_year"])
    for row in chosen(flows(**basis, leaves=leaves, response=1.0), kind="breakout", party="a"):
        assert row["keep"] == pytest.approx(expect["keep"], abs=NEAR)
    either_side(
        expect["longest_response_years"], lambda wait: kept(flows(**basis, leaves=leaves, response=wait), "a"), up=False
    )
    either_side(expect["without_exits"], lambda wait: kept(flows(**basis, response=wait), "a"), up=False)


@random_dossiers
@given(RHO, COST, TIMES_COST, HAZARD)
def test_longest_response_while_the_payer_may_leave(rho: float, c: float, times: float, h: float) -> None:
    g = c * times
    longest = -math.log(1 - rho / (rho + h) * (1 - c / g)) / rho
    leaves = at_rate("b", h)
    either_side(longest, lambda wait: kept(flows(rho=rho, g=g, c=c, response=wait, leaves=leaves), "a"), up=False)


@numbers("exit_of_the_payer_undo")
def test_exit_of_a_payer_who_undoes_slowly(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    rows = flows(
        **exchanged(given_),
        leaves=at_rate("b", given_["exit_rate_per_year"]),
        response=given_["response_years"],
        undo=given_["undo_years"],
    )
    for row in chosen(rows, kind="breakout", party="a", moment="after"):
        assert row["keep"] == pytest.approx(expect["keep"], abs=NEAR)
        assert row["deviate"] == pytest.approx(expect["breakout"], abs=NEAR)


@random_dossiers
@given(RHO, COST, TIMES_COST, HAZARD, between(0, 2), between(0.1, 3))
def test_collapse_cost_that_a_slow_answer_needs(
    rho: float, c: float, times: float, h: float, undo: float, response: float
) -> None:
    """g·e^(−ρu)(e^(−ρl) − h/(ρ+h)) ≥ cρ/(ρ+h) − ρC·e^(−ρl)."""
    g = c * times
    answered = math.exp(-rho * response)
    deterred = g * math.exp(-rho * undo) * (answered - h / (rho + h))
    threshold = (c * rho / (rho + h) - deterred) / (rho * answered)
    assume(threshold > 0.05)
    fields = {"rho": rho, "g": g, "c": c, "leaves": at_rate("b", h), "undo": undo, "response": response}
    either_side(threshold, lambda C: kept(flows(C=C, **fields), "a", "breakout"), up=True)


@numbers("own_exit")
def test_ones_own_exit_changes_nothing(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    basis, leaves = exchanged(given_), at_rate("a", given_["exit_rate_per_year"])
    for row in chosen(flows(**basis, leaves=leaves, response=given_["response_years"]), kind="breakout", party="a"):
        assert row["keep"] == pytest.approx(expect["keep"], abs=NEAR)
    either_side(
        expect["longest_response_years"], lambda wait: kept(flows(**basis, leaves=leaves, response=wait), "a"), up=False
    )


@random_dossiers
@given(RHO, COST, TIMES_COST, HAZARD)
def test_longest_response_whatever_ones_own_exits(rho: float, c: float, times: float, h: float) -> None:
    leaves = at_rate("a", h)
    either_side(
        math.log(times) / rho,
        lambda wait: kept(flows(rho=rho, g=c * times, c=c, response=wait, leaves=leaves), "a"),
        up=False,
    )


@numbers("exit_of_the_payer_dated")
def test_exit_on_a_date(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    leaves = f"b, at: 2021-01-01, chance: {given_['exit_chance']!r}"
    row = the(flows(**exchanged(given_), leaves=leaves), kind="breakout", party="a", moment="after", date="2020-01-01")
    assert row["keep"] == pytest.approx(expect["keep"], abs=NEAR)


@random_dossiers
@given(RHO, COST, TIMES_COST, between(0.05, 0.7), st.sampled_from(["2020-01-20", "2021-01-01", "2023-05-17"]))
def test_longest_response_before_an_election(rho: float, c: float, times: float, chance: float, day: str) -> None:
    """The worst moment is just before it: (g − c)(1 − p) ≥ g(1 − e^(−ρl))."""
    longest = -math.log(1 - (1 - 1 / times) * (1 - chance)) / rho
    leaves = f"b, at: {day}, chance: {chance!r}"
    either_side(
        longest, lambda wait: kept(flows(rho=rho, g=c * times, c=c, response=wait, leaves=leaves), "a"), up=False
    )


@numbers("exit_and_detection")
def test_exits_and_detection(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    basis, leaves = exchanged(given_), at_rate("b", given_["exit_rate_per_year"])
    for response, rate in zip(given_["response_years"], expect["min_detection_rate_per_year"], strict=True):
        either_side(
            rate,
            lambda x, wait=response: kept(
                flows(**basis, leaves=leaves, response=wait, verify=f"{{by: x, detects: {x!r} /year}}"), "a", "covert"
            ),
            up=True,
        )
    either_side(
        expect["without_exits"],
        lambda x: kept(flows(**basis, verify=f"{{by: x, detects: {x!r} /year}}"), "a", "covert"),
        up=True,
    )


@random_dossiers
@given(RHO, COST, TIMES_COST, HAZARD, between(0, 0.5))
def test_least_detection_while_the_payer_may_leave(
    rho: float, c: float, times: float, h: float, response: float
) -> None:
    g = c * times
    room = math.exp(-rho * response) - 1 + rho / (rho + h) * (1 - c / g)
    assume(room >= 0.02)
    either_side(
        rho * c / g / room,
        lambda x: kept(
            flows(
                rho=rho, g=g, c=c, leaves=at_rate("b", h), response=response, verify=f"{{by: x, detects: {x!r} /year}}"
            ),
            "a",
            "covert",
        ),
        up=True,
    )


def gift(*, rho: float, g: float, X: float, h: float) -> list[Row]:
    return judged(
        dossier(
            f"""
  gift: {{by: a, effects: {{a: {{once: {-X!r}}}}}, verify: open}}
  flow: {{by: b, effects: {{a: {{level: {g!r}}}, b: {{level: -1}}}}, undo: {{in: 0}}, verify: open}}
""",
            rho=rho,
            rest=f"shocks: {{out: {{ends: b, rate: {h!r} /year}}}}",
        )
    )


@numbers("exit_gift")
def test_a_gift_for_a_flow_that_may_end(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    basis = {"rho": given_["discount_continuous_per_year"], "g": given_["g"], "X": given_["X"]}
    either_side(expect["max_exit_rate_per_year"], lambda h: kept(gift(**basis, h=h), "a"), up=False)


@random_dossiers
@given(RHO, COST, between(1, 9))
def test_largest_exit_rate_for_a_gift(rho: float, g: float, years: float) -> None:
    """h ≤ g/X − ρ."""
    X = g * years
    assume(g / X - rho > 0.01)
    either_side(g / X - rho, lambda h: kept(gift(rho=rho, g=g, X=X, h=h), "a"), up=False)


# §3: no deal moves


def disarmed(
    *,
    rho: float,
    pi: float,
    c: float,
    response: float,
    C: float = 0.0,
    share: float = 1.0,
    pi_b: float = 0.0,
    b: str = "",
) -> list[Row]:
    felt = f"if_over: {{a: {{level: {pi * share!r}}}, b: {{level: {-pi_b!r}}}}}, " if pi or pi_b else ""
    return judged(
        dossier(
            f"""
  disarms: {{by: b, {felt}verify: open}}
  flow: {{by: a, effects: {{a: {{level: {-c!r}}}}}, undo: {{in: 0}}, verify: open}}
""",
            rho=rho,
            response_b=response,
            a=f"collapse_cost: {C!r}",
            b=b,
        )
    )


def predator(given_: Mapping[str, float]) -> dict[str, float]:
    rho, response = given_["discount_continuous_per_year"], given_["response_years"]
    return {"rho": rho, "pi": given_["pi_per_year"], "c": given_["c_per_year"], "response": response}


@numbers("if_over_hold_up")
def test_what_is_felt_once_the_deal_is_over(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    basis = predator(given_)
    either_side(expect["min_collapse_cost_A"], lambda C: kept(disarmed(**basis, C=C), "a"), up=True)
    either_side(expect["without"], lambda C: kept(disarmed(**{**basis, "pi": 0.0}, C=C), "a"), up=True)
    for row in chosen(disarmed(**basis, C=expect["min_collapse_cost_A"]), kind="breakout", party="a"):
        assert row["slack"] == pytest.approx(0, abs=1e-6)


@random_dossiers
@given(RHO, between(0.5, 9), COST, between(0.05, 2))
def test_collapse_cost_that_deters_predation(rho: float, pi: float, c: float, response: float) -> None:
    threshold = (pi + c * math.exp(rho * response)) / rho
    basis = {"rho": rho, "pi": pi, "c": c, "response": response}
    either_side(threshold, lambda C: kept(disarmed(**basis, C=C), "a"), up=True)


@numbers("if_over_largest_share")
def test_largest_share_of_disarmament(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    basis = {**predator(given_), "C": given_["collapse_cost"]}
    either_side(expect["max_share"], lambda share: kept(disarmed(**basis, share=share), "a"), up=False)


@random_dossiers
@given(RHO, between(0.5, 9), COST, between(0.05, 2), between(1.1, 4))
def test_largest_share_of_disarmament_at_random(rho: float, pi: float, c: float, response: float, times: float) -> None:
    C = times * c * math.exp(rho * response) / rho
    share = (rho * C - c * math.exp(rho * response)) / pi
    basis = {"rho": rho, "pi": pi, "c": c, "response": response, "C": C}
    either_side(share, lambda x: kept(disarmed(**basis, share=x), "a"), up=False)


@numbers("if_over_exposure")
def test_exposure_of_the_disarmed(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    basis = {
        "rho": given_["discount_continuous_per_year"],
        "response": given_["response_years"],
        "pi": 0.0,
        "pi_b": given_["pi_B_per_year"],
        "c": 1.0,
    }
    rows = disarmed(**basis, b="exposure_limit: 1")
    row = the(rows, kind="exposure", party="b", other="a", moment="after", date="2020-01-01")
    assert -row["keep"] == pytest.approx(expect["exposure"], abs=NEAR)
    either_side(
        expect["exposure"], lambda x: kept(disarmed(**basis, b=f"exposure_limit: {x!r}"), "b", "exposure"), up=True
    )


def losing(*, rho: float, response: float, first: float, last: float, c: float) -> list[Row]:
    d = dossier(
        f"""
  own: {{by: a, effects: {{a: {{level: {-c!r}}}}}, undo: {{in: 0}}, verify: open}}
  other: {{by: b, verify: open}}
""",
        rho=rho,
        response_b=response,
        a=f"no_deal: {{course: [[2020-01-01, {first!r} /year], [2030-01-01, {last!r} /year]]}}",
        periods="[3 x 5 years]",
    )
    return judged(d)


@numbers("no_deal_course")
def test_a_no_deal_that_moves(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    (_, first), (_, last) = given_["course"]
    rho, response = given_["discount_continuous_per_year"], given_["response_years"]
    rows = losing(rho=rho, response=response, first=first, last=last, c=0.0)
    signed = the(rows, kind="breakout", party="a", moment="before", date="2020-01-01")
    assert signed["keep"] == pytest.approx(expect["spared_at_0"], abs=NEAR)
    later = the(rows, kind="breakout", party="a", moment="before", date="2025-01-01")
    assert later["keep"] == pytest.approx(expect["spared_at_5"], abs=NEAR)
    assert later["deviate"] == pytest.approx(expect["spared_5_to_answer"], abs=NEAR)


@random_dossiers
@given(RHO, between(0, 2), between(1, 5), between(1.1, 4))
def test_cost_that_a_fading_fear_still_carries(rho: float, response: float, last: float, times: float) -> None:
    """Losses that fall to `last` a year carry c ≤ last·e^(−ρl), from when they have fallen on."""
    either_side(
        last * math.exp(-rho * response),
        lambda c: kept(losing(rho=rho, response=response, first=-last * times, last=-last, c=c), "a"),
        up=False,
    )


# §6: inspection costs the inspected


def inspected(*, rho: float, g: float, c: float, s: float, rate: float) -> list[Row]:
    regime = f"{{by: x, regimes: {{r: {{detects: {rate!r} /year, effects: {{a: {{level: {-s!r}}}}}}}}}, regime: r}}"
    return flows(rho=rho, g=g, c=c, verify=regime)


@numbers("regime_light", "regime_full", "regime_anywhere")
def test_inspection_costs_the_inspected(case: Mapping[str, Any]) -> None:
    given_, expect = said(case)
    rho, c = given_["discount_continuous_per_year"], given_["c"]
    rows = inspected(rho=rho, g=given_["g"], c=c, s=given_["s"], rate=given_["detection_rate_per_year"])
    row = the(rows, kind="covert", party="a", measure="part", moment="before", date="2020-01-01", leaves=None)
    assert row["slack"] * rho + c == pytest.approx(expect["left"], abs=NEAR)
    assert kept(rows, "a", "covert") is expect["keepable"]


@random_dossiers
@given(RHO, COST, between(1.5, 4), between(0.1, 9))
def test_largest_intrusion_that_still_deters(rho: float, c: float, times: float, rate: float) -> None:
    """(g − s)·Λ ≥ c."""
    g = c * times
    largest = g - c * (rate + rho) / rate
    assume(largest > 0.05)
    either_side(largest, lambda s: kept(inspected(rho=rho, g=g, c=c, s=s, rate=rate), "a", "covert"), up=False)


@needs_shared
def test_no_case_is_left_out() -> None:
    missing = {name for name in CASES if name not in COVERED and not any(name.startswith(x) for x in LATER)}
    assert not missing
    assert set(CASES) >= COVERED
