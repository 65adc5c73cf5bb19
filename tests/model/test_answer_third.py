"""A third evaluator of answers, from the texts alone, against closed forms, against a simulation, and for comparing.

`compare` says where the slack rows of `detente.evaluate` differ from those of `tests.model.answer_rows`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.dossier import loads
from detente.dossier.schema import Dossier
from detente.model.plan import Plan
from tests.checkout import SHARED, SHARED_IS_HERE, needs_shared
from tests.model import random_answers
from tests.model.answer_rows import Evaluator, Row
from tests.model.answer_story import Act, Deal, alarmed, expected, play, sampled
from tests.model.moments import NAMES, instant
from tests.model.story import SIGNATURE
from tests.model.test_check_story import at_of, told

FILE = SHARED / "data" / "known_answers" / "answers.json"
CASES = {c["name"]: c for c in json.loads(FILE.read_text(encoding="utf-8"))["cases"]} if SHARED_IS_HERE else {}
NEAR = 1e-9


def case(name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return CASES[name]["given"], CASES[name]["expect"]


# closed forms


def exchange(
    *,
    rho: float,
    cost: float = 1.0,
    gain: float,
    length: float,
    response: float = 0.0,
    cure: float = 0.0,
    stops: tuple[str, ...] = ("q_flow",),
    verify: Any = "open",
    then: str = "stays",
) -> Evaluator:
    """p's flow costs it, q's flow is worth something to p; q's costs q as much as p's costs p, and the other way."""
    flows = {
        "p_flow": {"by": "p", "effects": {"p": {"level": -cost}, "q": {"level": gain}}, "verify": verify},
        "q_flow": {"by": "q", "effects": {"p": {"level": gain}, "q": {"level": -cost}}, "verify": "open"},
    }
    party = {"discount": f"{rho!r} /year", "response_time": f"{response!r} years"}
    answer = {"to": ["p_flow"], "stops": list(stops), "for": f"{length!r} years", "cure": f"{cure!r} years"}
    document = {
        "detente": 1,
        "title": "two flows",
        "start": "2026-01-01",
        "periods": ["1 x 1 year"],
        "interests": {j: {"unit": "points", "worst": 0, "best": 1} for j in "pq"},
        "parties": {j: {**party, "stakes": {j: 1}} for j in "pq"},
        "measures": {m: {**x, "undo": {"in": "0"}} for m, x in flows.items()},
        "answers": {"pause": {**answer, "then": then}},
    }
    d = loads(json.dumps(document))
    return Evaluator(d, Plan(dict.fromkeys(d.measures, d.start)))


def the(e: Evaluator, kind: str, measure: str | None = None, party: str = "p") -> Row:
    found = [r for r in e.rows() if (r.kind, r.measure, r.party, r.moment) == (kind, measure, party, "after")]
    return found[0]


@needs_shared
@pytest.mark.parametrize("name", ["answer_penance", "answer_penance_iff_grim"])
def test_penance(name: str) -> None:
    given, expect = case(name)
    rho, wait = given["discount_continuous_per_year"], given["response_years"]

    def least(length: float) -> Evaluator:
        return exchange(rho=rho, gain=given["g"], cost=given["c"], length=length, response=wait, cure=wait)

    assert the(least(expect["min_for_years"]), "lapse").slack == pytest.approx(0, abs=NEAR)
    longest = least(expect["max_for_years_penance"])
    assert the(longest, "lapse").deviate == pytest.approx(the(longest, "never").deviate, abs=NEAR)


@needs_shared
def test_both_suspend() -> None:
    given, expect = case("answer_both_suspend")
    rho, wait = given["discount_continuous_per_year"], given["response_years"]
    length = expect["min_for_years"]
    e = exchange(
        rho=rho, gain=given["g"], cost=given["c"], length=length, response=wait, cure=wait, stops=("q_flow", "p_flow")
    )
    assert the(e, "lapse").slack == pytest.approx(0, abs=NEAR)
    window = (math.exp(-rho * wait) - math.exp(-rho * (wait + length))) / rho
    assert the(e, "forgive", party="q").slack == pytest.approx(expect["forgive_per_year"] * window, abs=NEAR)


def covert(given: Mapping[str, Any], *, length: float, gain: float, alarms: float = 0.0, **more: Any) -> Evaluator:
    delta = given.get("delta_years", 0.0)
    verify = {
        "by": "x",
        "detects": f"{given['detection_rate_per_year']!r} /year",
        "delay": f"{delta * 0.4!r} years",
        "false_alarms": f"{alarms!r} /year",
    }
    return exchange(
        rho=given["discount_continuous_per_year"],
        gain=gain,
        cost=given["c"],
        length=length,
        response=delta * 0.6,
        cure=delta * 0.6,
        verify=verify,
        **more,
    )


@needs_shared
def test_covert() -> None:
    given, expect = case("answer_covert")
    e = covert(given, length=expect["min_for_years"], gain=given["g"])
    assert the(e, "lapse", "p_flow").slack == pytest.approx(0, abs=NEAR)


@needs_shared
def test_shares() -> None:
    given, expect = case("answer_share")
    for kind, name in (("lapse", "theta_over_x_cured"), ("never", "theta_over_x_never")):
        e = covert(given, length=given["for_years"], gain=given["g"] * expect[name])
        assert the(e, kind, "p_flow").slack == pytest.approx(0, abs=NEAR)


@needs_shared
@pytest.mark.parametrize("name", ["answer_club_3", "answer_club_4", "answer_club_7"])
def test_club(name: str) -> None:
    given, expect = case(name)
    rho, wait, length = given["discount_continuous_per_year"], given["response_years"], expect["min_for_years"]
    names = [f"p{k}" for k in range(given["parties"])]
    document = {
        "detente": 1,
        "title": "a club",
        "start": "2026-01-01",
        "periods": ["1 x 1 year"],
        "interests": {j: {"unit": "points", "worst": 0, "best": 1} for j in names},
        "parties": {
            j: {"discount": f"{rho!r} /year", "response_time": f"{wait!r} years", "stakes": {j: 1}} for j in names
        },
        "measures": {
            f"m_{j}": {
                "by": j,
                "effects": {i: {"level": given["b"] - (given["c"] if i == j else 0)} for i in names},
                "undo": {"in": "0"},
                "verify": "open",
            }
            for j in names
        },
        "answers": {
            "pause": {
                "to": ["m_p0"],
                "stops": [f"m_{j}" for j in names[1 : given["suspend"] + 1]],
                "for": f"{length!r} years",
                "cure": f"{wait!r} years",
                "credible": True,
            }
        },
    }
    d = loads(json.dumps(document))
    e = Evaluator(d, Plan(dict.fromkeys(d.measures, d.start)))
    assert the(e, "lapse", party="p0").slack == pytest.approx(0, abs=NEAR)
    window = (math.exp(-rho * wait) - math.exp(-rho * (wait + length))) / rho
    forgive = the(e, "forgive", party="p1")
    assert forgive.slack == pytest.approx(expect["forgive_per_year"] * window, abs=NEAR)
    assert (forgive.slack >= 0) is expect["credible"]


BOTH = ("q_flow", "p_flow")


@needs_shared
def test_alarms() -> None:
    given, expect = case("alarms")
    phi, gain, long_ = given["false_alarms_per_year"], given["g"], 4000.0
    e = covert(given, length=expect["best_for_years"], gain=gain, alarms=phi, stops=BOTH)
    assert e.keep("p", SIGNATURE) == pytest.approx(expect["value"], abs=NEAR)
    assert the(e, "lapse", "p_flow").slack == pytest.approx(0, abs=NEAR)
    grim = covert(given, length=long_, gain=gain, alarms=phi, stops=BOTH)
    assert grim.keep("p", SIGNATURE) == pytest.approx(expect["value_grim"], abs=NEAR)
    assert the(grim, "lapse", "p_flow").slack > 0
    quiet = covert(given, length=expect["best_for_years"], gain=gain, stops=BOTH)
    assert quiet.keep("p", SIGNATURE) == pytest.approx(expect["value_without_noise"], abs=NEAR)
    last = covert(given, length=long_, gain=gain, alarms=expect["max_false_alarms_grim"], stops=BOTH)
    assert the(last, "lapse", "p_flow").slack == pytest.approx(0, abs=NEAR)


@needs_shared
def test_alarms_and_verdicts() -> None:
    given, expect = case("alarms_verdicts")
    flows, best = case("alarms")
    phi, gain = flows["false_alarms_per_year"], flows["g"]
    shape = {
        "ending_all": (4000.0, phi),
        "short_pause": (best["best_for_years"] * 1.001, phi),
        "without_alarms": (4000.0, 0.0),
    }
    for name, (length, alarms) in shape.items():
        e = covert(flows, length=length, gain=gain, alarms=alarms, stops=BOTH)
        kept = the(e, "lapse", "p_flow").slack >= -1e-7
        assert [kept and e.keep("p", SIGNATURE) >= x for x in given["walk_away"]] == expect[name]


def test_the_share_that_false_alarms_cost_is_that_of_a_renewal_process() -> None:
    rng = np.random.default_rng(5)
    for phi, length, rho in ((0.2, 0.57, 0.1), (2.0, 0.5, 0.2), (0.5, 4.0, 0.05)):
        sigma = 1 - math.exp(-rho * length)
        found = alarmed(phi, length, rho, 20_000, rng)
        assert found.mean() == pytest.approx(phi * sigma / (rho + phi * sigma), abs=4 * found.std() / math.sqrt(20_000))


# the simulation


def an_act(row: Row) -> Act:
    return Act(row.kind, row.party, row.years, row.moment, tuple(row.answer.split("+")), row.measure)


def lapses(d: Dossier, plan: Plan) -> list[Row]:
    return [row for row in Evaluator(d, plan).rows() if row.kind != "forgive"]


@pytest.mark.parametrize("seed", range(12))
def test_rows_are_those_of_the_simulation(seed: int) -> None:
    """No exits: one random time at the most, summed by quadrature."""
    d = random_answers.dossier(seed, exits=False)
    plan = random_answers.plan(d, seed)
    deal, rows = Deal(d, plan.entry, plan.share), lapses(d, plan)
    for i in np.random.default_rng(seed).permutation(len(rows))[:10]:
        row = rows[i]
        assert expected(deal, row.party, an_act(row)) == pytest.approx(row.deviate, rel=1e-8, abs=1e-8), row
        keeping = Act("keep", row.party, row.years, row.moment)
        assert expected(deal, row.party, keeping) == pytest.approx(row.keep, rel=1e-8, abs=1e-8), row


def nearly(seed: int, rows: int, draws: int) -> None:
    d = random_answers.dossier(seed, exits=True)
    plan = random_answers.plan(d, seed)
    deal, found = Deal(d, plan.entry, plan.share), lapses(d, plan)
    for i in np.random.default_rng(seed).permutation(len(found))[:rows]:
        row, act = found[i], an_act(found[i])
        times = sampled(deal, act, draws, np.random.default_rng([seed, i]))
        keeping = Act("keep", row.party, row.years, row.moment)
        kept, left = (play(deal, row.party, x, *times) for x in (keeping, act))
        for drawn, said in ((kept, row.keep), (left, row.deviate), (kept - left, row.slack)):
            error = drawn.std() / math.sqrt(draws)
            assert drawn.mean() == pytest.approx(said, abs=4.5 * error + 1e-7), row


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_rows_are_those_of_the_simulation_with_exits(seed: int) -> None:
    nearly(seed, rows=2, draws=10_000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_rows_are_those_of_a_long_simulation_with_exits(seed: int) -> None:
    nearly(seed, rows=6, draws=100_000)


# comparing


def told_here(e: Evaluator, row: Any) -> Row:
    """A judged row of a lapse or of forgiveness, by the evaluator here."""
    at = at_of(e.story, row)
    moment, years = row.moment, float(at.t)
    if row.kind == "forgive":
        value = e._forgiving(row.party, e.windows([row.answer], row.other), at)
        return Row("forgive", row.party, row.other, None, row.answer, moment, years, value, 0.0)
    return e.lapse(row.kind, row.party, tuple(row.answer.split("+")), row.measure, at)


def compare(d: Dossier, plan: Plan, *, near: float = 1e-7, most: int | None = None) -> list[str]:
    """Where `detente.evaluate` and the evaluator here differ: rows that one has and the other not, and values.

    `most`: of how many judged rows, drawn at random, the values are compared.
    """
    e, found = Evaluator(d, plan), []
    theirs = {
        (
            row.kind,
            row.party,
            row.other,
            row.measure,
            row.answer,
            row.moment,
            round(float(at_of(e.story, row).t), 6),
        ): row
        for row in dt.evaluate(d, plan).verdict.slacks
        if row.kind in ("lapse", "never", "forgive")
    }
    for kind, p, some, m, at in e.listed():
        answer = "+".join(a for a in d.answers if a in some)
        wanted = (kind, p, None, m, answer, NAMES[int(at.phase)], round(float(at.t), 6))
        if wanted not in theirs:
            found.append(f"not judged: {wanted}")
    chosen = np.random.default_rng(0).permutation(len(theirs))[:most]
    for key, row in (list(theirs.items())[i] for i in sorted(chosen)):
        here = told_here(e, row)
        if not here.binding:
            found.append(f"only judged: {key}")
        size = max(1.0, abs(here.keep), abs(here.deviate))
        if row.kind == "forgive":
            if abs(row.slack - here.slack) > near * size:
                found.append(f"slack: {key} {here.slack!r} judged {row.slack!r}")
        elif abs(row.keep - here.keep) > near * size:
            found.append(f"keep: {key} {here.keep!r} judged {row.keep!r}")
        elif abs(row.deviate - here.deviate) > near * size:
            found.append(f"deviate: {key} {here.deviate!r} judged {row.deviate!r}")
        elif row.measure is None and here.measures != tuple(row.measures):
            found.append(f"measures: {key} {here.measures} judged {row.measures}")
    return found


def compare_the_rest(d: Dossier, plan: Plan, *, near: float = 1e-7) -> list[str]:
    """As `compare`, for what false alarms change in the rows of §5, and for pausing and then leaving (no exits)."""
    e = Evaluator(d, plan)
    deal, found = Deal(d, plan.entry, plan.share), []
    for row in dt.evaluate(d, plan).verdict.slacks:
        if row.kind not in ("consent", "breakout", "covert", "exposure", "secret_exposure") or row.keep is None:
            continue
        at = SIGNATURE if row.kind == "consent" else at_of(e.story, row)
        left = None if row.leaves_years is None else instant(row.leaves_years, row.leaves_moment)
        if getattr(row, "answer", None) is not None:
            if d.exits or left is None:
                continue
            assert row.years is not None
            leaves = (float(left.t), row.leaves_moment)
            act = Act("leave", row.party, float(at.t), row.moment, (row.answer,), row.measure, leaves)
            keep, deviate = e.keep(row.party, at), expected(deal, row.party, act)
        else:
            told_ = told(e.story, row)
            keep, deviate = told_.keep, told_.deviate
            breaker = row.other or row.party
            if row.kind == "consent":
                keep = e.keep(row.party, at)
            elif row.other is None:
                keep = e.keep(row.party, at)
                deviate -= e.breach_alarms(row.party, breaker, at, row.measure, left)
            else:
                ahead = math.exp(-e.story.rho[row.party] * float(at.t))
                keep -= e.breach_alarms(row.party, breaker, at, row.measure, left) * ahead
                keep -= float(e.alarm_loss(row.party, 0.0, np.array(float(at.t))))
        size = max(1.0, abs(keep), abs(deviate))
        if abs(keep - row.keep) > near * size or abs(deviate - row.deviate) > near * size:
            found.append(f"{row} here keep {keep!r} deviate {deviate!r}")
    return found
