"""What the judge makes of answers (ANSWERS §4) and alarms (§5): the closed forms, and a simulation in small steps."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest

import detente as dt
from detente.model.judge.check import Judge, Slack
from tests.checkout import SHARED, SHARED_IS_HERE, needs_shared

FILE = SHARED / "data" / "known_answers" / "answers.json"
CASES = {c["name"]: c for c in json.loads(FILE.read_text(encoding="utf-8"))["cases"]} if SHARED_IS_HERE else {}
NEAR = 1e-9

HEAD = """
detente: 1
title: a known answer
start: 2020-01-01
periods: {periods}
interests:
  a: {{unit: points, worst: 0, best: 1}}
  b: {{unit: points, worst: 0, best: 1}}
parties:
  a: {{stakes: {{a: 1}}, discount: {rho!r} /year, response_time: {response!r} years, consents: {consents}, {a}}}
  b: {{stakes: {{b: 1}}, discount: {rho!r} /year, response_time: {response!r} years, consents: {consents}, {b}}}
"""


def said(name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What is given, and what is expected of it."""
    return CASES[name]["given"], CASES[name]["expect"]


def dossier(
    measures: str,
    answers: str = "",
    *,
    rho: float = 0.1,
    response: float = 0.25,
    periods: str = "[1 x 3 months]",
    rest: str = "",
    a: str = "",
    b: str = "",
    consents: str = "false",
) -> dt.Dossier:
    head = HEAD.format(rho=rho, response=response, periods=periods, a=a, b=b, consents=consents)
    tail = f"answers:\n{answers}\n" if answers else ""
    return dt.loads(f"{head}measures:\n{measures}\n{tail}{rest}\n")


def judged(d: dt.Dossier, plan: dt.Plan | None = None) -> tuple[Slack, ...]:
    """The conditions of a plan, by default of everything at signature."""
    return Judge(d).slacks(plan or dt.Plan(dict.fromkeys(d.measures, d.start)))


def chosen(rows: tuple[Slack, ...], **fields: Any) -> list[Slack]:
    return [row for row in rows if all(getattr(row, name) == value for name, value in fields.items())]


def one(rows: tuple[Slack, ...], **fields: Any) -> Slack:
    """Those of a stationary plan say the same at every moment after signature."""
    found = chosen(rows, **fields)
    assert found
    for row in found:
        assert row.deviate == pytest.approx(found[0].deviate, abs=NEAR)
    return found[0]


def exchange(
    *, g: float, c: float, S: float, cure: float, to: str = "[part]", stops: str = "[flow]", **more: Any
) -> dt.Dossier:
    """a's part costs it c a year, b's flow costs b 1 and is worth g to a."""
    rest = {"verify": "open", "answer": "", "flow_b": -1.0, "part_b": 0.0, **more}
    return dossier(
        f"""
  part:
    by: a
    effects: {{a: {{level: {-c!r}}}, b: {{level: {rest.pop("part_b")!r}}}}}
    undo: {{in: 0}}
    verify: {rest.pop("verify")}
  flow:
    by: b
    effects: {{a: {{level: {g!r}}}, b: {{level: {rest.pop("flow_b")!r}}}}}
    undo: {{in: 0}}
    verify: open
""",
        f"  pause: {{to: {to}, stops: {stops}, for: {S!r} years, cure: {cure!r} years, {rest.pop('answer')}}}",
        **rest,
    )


# Closed forms


@needs_shared
@pytest.mark.parametrize("name", ["answer_penance", "answer_penance_iff_grim"])
def test_penance(name: str) -> None:
    given, expect = said(name)
    g, c, rho, response = given["g"], given["c"], given["discount_continuous_per_year"], given["response_years"]

    def rows(S: float) -> tuple[Slack, ...]:
        return judged(exchange(g=g, c=c, S=S, cure=response, rho=rho, response=response))

    lapse = one(rows(expect["min_for_years"]), kind="lapse", moment="after")
    assert lapse.slack == pytest.approx(0, abs=NEAR)
    assert (lapse.party, lapse.measure, lapse.answer, lapse.measures) == ("a", None, "pause", ("part",))
    longest = rows(expect["max_for_years_penance"])
    left = one(longest, kind="breakout", party="a", moment="after")
    assert one(longest, kind="lapse", moment="after").deviate == pytest.approx(left.deviate, abs=NEAR)


@needs_shared
def test_both_suspend() -> None:
    given, expect = said("answer_both_suspend")
    g, c, rho = given["g"], given["c"], given["discount_continuous_per_year"]
    wait, S = given["response_years"], expect["min_for_years"]
    d = exchange(
        g=g,
        c=c,
        S=S,
        cure=wait,
        rho=rho,
        response=wait,
        stops="[part, flow]",
        flow_b=-c,
        part_b=g,
        answer="credible: true",
    )
    rows = judged(d)
    assert one(rows, kind="lapse", moment="after").slack == pytest.approx(0, abs=NEAR)
    forgive = one(rows, kind="forgive", moment="after")
    year = (math.exp(-rho * wait) - math.exp(-rho * (wait + S))) / rho
    assert forgive.slack == pytest.approx(expect["forgive_per_year"] * year, abs=NEAR)
    assert (forgive.party, forgive.other, forgive.answer, forgive.accepted) == ("b", "a", "pause", False)
    assert any(row.kind == "forgive" for row in Judge(d).missed(dt.Plan(dict.fromkeys(d.measures, d.start))))


@needs_shared
def test_faking_that_is_answered() -> None:
    given, expect = said("answer_covert")
    delta, rho = given["delta_years"], given["discount_continuous_per_year"]
    seen = f"{{by: x, detects: {given['detection_rate_per_year']!r} /year}}"
    exact = {"g": given["g"], "c": given["c"], "rho": rho, "response": delta, "cure": delta, "verify": seen}
    rows = judged(exchange(S=expect["min_for_years"], **exact))
    row = one(rows, kind="lapse", measure="part")
    assert row.slack == pytest.approx(0, abs=NEAR)
    assert row.measures == ("part",)

    given, expect = said("answer_share")
    for kind, share in (("lapse", "theta_over_x_cured"), ("never", "theta_over_x_never")):
        rows = judged(exchange(S=given["for_years"], **{**exact, "g": given["g"] * expect[share]}))
        assert one(rows, kind=kind, measure="part").slack == pytest.approx(0, abs=NEAR)


@needs_shared
@pytest.mark.parametrize("name", ["answer_club_3", "answer_club_4", "answer_club_7"])
def test_a_club(name: str) -> None:
    given, expect = said(name)
    rho, wait, S = given["discount_continuous_per_year"], given["response_years"], expect["min_for_years"]
    size, b, c = given["parties"], given["b"], given["c"]
    members = [f"p{i}" for i in range(size)]
    document = {
        "detente": 1,
        "title": "a club",
        "start": "2020-01-01",
        "periods": ["1 x 3 months"],
        "interests": {m: {"unit": "points", "worst": 0, "best": 1} for m in members},
        "parties": {
            m: {
                "stakes": {m: 1},
                "discount": f"{rho!r} /year",
                "response_time": f"{wait!r} years",
                "consents": False,
            }
            for m in members
        },
        "measures": {
            f"part_{m}": {
                "by": m,
                "effects": {other: {"level": b - c if other == m else b} for other in members},
                "undo": {"in": 0},
                "verify": "open",
            }
            for m in members
        },
        "answers": {
            "pause": {
                "to": ["part_p0"],
                "stops": [f"part_{m}" for m in members[1 : given["suspend"] + 1]],
                "for": f"{S!r} years",
                "cure": f"{wait!r} years",
                "credible": True,
            }
        },
    }
    rows = judged(dt.from_dict(document))
    assert one(rows, kind="lapse", moment="after").slack == pytest.approx(0, abs=NEAR)
    hurts = chosen(rows, kind="forgive", moment="after")
    year = (math.exp(-rho * wait) - math.exp(-rho * (wait + S))) / rho
    assert {row.party for row in hurts} == set(members[1 : given["suspend"] + 1])
    for row in hurts:
        assert row.slack == pytest.approx(expect["forgive_per_year"] * year, abs=NEAR)
        assert row.accepted is expect["credible"]


@needs_shared
def test_alarms() -> None:
    given, expect = said("alarms")
    rho, rate = given["discount_continuous_per_year"], given["false_alarms_per_year"]
    exact = {"g": given["g"], "c": given["c"], "rho": rho, "response": 0.0, "cure": 0.0, "stops": "[part, flow]"}

    def judge(S: float, alarms: float) -> Judge:
        seen = f"{{by: x, detects: {given['detection_rate_per_year']!r} /year, false_alarms: {alarms!r} /year}}"
        return Judge(exchange(S=S, verify=seen, **exact))

    def value(S: float, alarms: float = rate) -> float:
        found = judge(S, alarms)
        return found.values(dt.Plan(dict.fromkeys(found.dossier.measures, found.dossier.start)))["a"]

    best = expect["best_for_years"]
    assert value(best) == pytest.approx(expect["value"], abs=NEAR)
    assert value(1000.0) == pytest.approx(expect["value_grim"], abs=NEAR)
    assert value(best, 0.0) == pytest.approx(expect["value_without_noise"], abs=NEAR)
    found = judge(best, rate)
    rows = found.slacks(dt.Plan(dict.fromkeys(found.dossier.measures, found.dossier.start)))
    row = one(rows, kind="lapse", measure="part")
    assert row.keep == pytest.approx(expect["value"], abs=NEAR)
    assert row.slack == pytest.approx(0, abs=NEAR)
    grim = judge(1000.0, expect["max_false_alarms_grim"])
    rows = grim.slacks(dt.Plan(dict.fromkeys(grim.dossier.measures, grim.dossier.start)))
    assert one(rows, kind="lapse", measure="part").slack == pytest.approx(0, abs=NEAR)


@needs_shared
def test_verdicts_under_alarms() -> None:
    basis, _ = said("alarms")
    given, expect = said("alarms_verdicts")
    best = CASES["alarms"]["expect"]["best_for_years"]

    def satisfactory(walk_away: float, S: float, alarms: float) -> bool:
        seen = f"{{by: x, detects: {basis['detection_rate_per_year']!r} /year, false_alarms: {alarms!r} /year}}"
        d = exchange(
            g=basis["g"], c=basis["c"], rho=0.1, response=0.0, cure=0.0, S=S, stops="[part, flow]", verify=seen,
            part_b=3.0, flow_b=-1.0, a=f"walk_away: {walk_away!r}", consents="true",
        )  # fmt: skip
        return Judge(d).satisfactory(dt.Plan(dict.fromkeys(d.measures, d.start)))

    rate = basis["false_alarms_per_year"]
    for i, walk_away in enumerate(given["walk_away"]):
        assert satisfactory(walk_away, 1000.0, rate) is expect["ending_all"][i]
        assert satisfactory(walk_away, best * 1.0001, rate) is expect["short_pause"][i]
        assert satisfactory(walk_away, 1000.0, 0.0) is expect["without_alarms"][i]
