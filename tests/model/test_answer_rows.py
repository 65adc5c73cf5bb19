"""Rows on breaches that are answered by suspensions: closed forms, and what happens event by event. ANSWERS §4, §5."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.dossier.schema import Dossier
from detente.model.kinds import Side
from detente.model.numeric import Array
from detente.model.rows.answered import AnsweredTopic, AnswerRows, rows_under
from detente.model.rows.arrays import Model
from detente.model.rows.linear import truth
from detente.model.rows.moments import Moment
from detente.model.rows.temptation import Conditions, Seldom, Temptation, rows_at, values
from tests.model.lapsing import Path
from tests.model.test_answers import Row, dossier, numbers, said

EXACT = 1e-9
NEAR = 1e-6
ROUGHLY = 2e-4
"""What quadrature misses of one random time, and of two."""


def at_signature(d: Dossier, kind: Temptation, *, party: int = 0, other: int = -1, measure: int = -1) -> float:
    """The slack of a row just after signature, everything in force."""
    model = Model.of(d)
    rows = AnswerRows(model).of(AnsweredTopic(kind, party, other, measure, (0,)))
    shares = np.ones((model.M, model.K + 1))
    shares[:, 0] = model.state
    (there,) = (r for r, label in enumerate(rows.labels) if label.at == Moment(0.0, "after", 0))
    assert rows.on(shares)[there]
    return float(rows.slacks(shares)[there])


def two(
    given: Row,
    years: float,
    *,
    lag: float,
    stops: str = "[n]",
    verify: str = "open",
    then: str = "stays",
    cost: float = 0.01,
    share: float = 1.0,
    relief: float = 1.0,
) -> Dossier:
    """a performs m at c a year, b performs n, worth g a year to a: suspended for so many years, cured as it is."""
    gain = given["g"] * relief
    return dossier(
        f"""
  m: {{by: a, effects: {{a: {{level: {-given["c"] * share!r}}}, b: {{level: 2}}}}, undo: {{in: 0}}, verify: {verify}}}
  n: {{by: b, effects: {{a: {{level: {gain!r}}}, b: {{level: {-cost!r}}}}}, undo: {{in: 0}}, verify: open}}
""",
        rho=given["discount_continuous_per_year"],
        response_b=lag,
        rest=f"answers: {{p: {{to: [m], stops: {stops}, for: {years!r} years, cure: {lag!r} years, then: {then}}}}}",
    )


@numbers("answer_penance", "answer_penance_iff_grim")
def test_penance(case: dict[str, Any]) -> None:
    given, expect = said(case)
    lag, least = given["response_years"], expect["min_for_years"]
    assert at_signature(two(given, least, lag=lag), "lapse") == pytest.approx(0, abs=1e-8)
    assert at_signature(two(given, least * 1.01, lag=lag), "lapse") > 1e-4
    # done in full, the longest penance is worth as much as leaving for ever
    longest = two(given, expect["max_for_years_penance"], lag=lag)
    model = Model.of(longest)
    left = at_signature(longest, "lapse") - float(values(model)[0].coef.sum())  # type: ignore[union-attr]
    away = given["c"] * 0.0 - given["g"] * (1 - math.exp(-0.1 * lag)) / 0.1
    assert left == pytest.approx(away, abs=1e-8)


@numbers("answer_both_suspend")
def test_both_suspend(case: dict[str, Any]) -> None:
    given, expect = said(case)
    d = two(given, expect["min_for_years"], lag=given["response_years"], stops="[m, n]", cost=given["c"])
    assert at_signature(d, "lapse") == pytest.approx(0, abs=EXACT)
    partner = two({**given, "c": given["g"]}, 1.0, lag=0.25, stops="[m, n]", cost=given["c"])
    assert at_signature(partner, "forgive", party=1, other=0) < 0


@numbers("answer_covert", "answer_share")
def test_covert(case: dict[str, Any]) -> None:
    given, expect = said(case)
    lag, verify = given["delta_years"], f"{{by: x, detects: {given['detection_rate_per_year']!r} /year}}"
    if "min_for_years" in expect:
        d = two(given, expect["min_for_years"], lag=lag, verify=verify)
        assert at_signature(d, "lapse", measure=0) == pytest.approx(0, abs=EXACT)
    else:
        for kind, relief in (("lapse", "theta_over_x_cured"), ("never", "theta_over_x_never")):
            d = two(given, given["for_years"], lag=lag, verify=verify, share=0.5, relief=0.5 * expect[relief])
            assert at_signature(d, kind, measure=0) == pytest.approx(0, abs=EXACT)  # type: ignore[arg-type]


@numbers("answer_club_3", "answer_club_4", "answer_club_7")
def test_club(case: dict[str, Any]) -> None:
    given, expect = said(case)
    b, c, m, rho = (given[x] for x in ("b", "c", "suspend", "discount_continuous_per_year"))
    d = dossier(
        f"""
  m: {{by: a, effects: {{a: {{level: {b - c!r}}}, b: {{level: {b!r}}}}}, undo: {{in: 0}}, verify: open}}
  n: {{by: b, effects: {{a: {{level: {m * b!r}}}, b: {{level: {m * b - c!r}}}}}, undo: {{in: 0}}, verify: open}}
""",
        rho=rho,
        response_b=given["response_years"],
        rest=f"answers: {{x: {{to: [m], stops: [n], for: {expect['min_for_years']!r} years, "
        f"cure: {given['response_years']!r} years}}}}",
    )
    assert at_signature(d, "lapse") == pytest.approx(0, abs=EXACT)
    assert (at_signature(d, "forgive", party=1, other=0) >= 0) is expect["credible"]


@numbers("alarms")
def test_alarms(case: dict[str, Any]) -> None:
    given, expect = said(case)
    verify = "{by: x, detects: 1 /year, false_alarms: 0.2 /year}"
    d = two(given, expect["best_for_years"], lag=0.0, stops="[m, n]", verify=verify)
    assert worth_of(d)[0] == pytest.approx(expect["value"], abs=EXACT)
    assert at_signature(d, "lapse", measure=0) == pytest.approx(0, abs=EXACT)
    grim = two(given, 1e4, lag=0.0, stops="[m, n]", verify=verify)
    assert worth_of(grim)[0] == pytest.approx(expect["value_grim"], abs=EXACT)
    quiet = two(given, 1.0, lag=0.0, stops="[m, n]", verify="{by: x, detects: 1 /year}")
    assert worth_of(quiet)[0] == pytest.approx(expect["value_without_noise"], abs=EXACT)


def worth_of(d: Dossier) -> list[float]:
    """What everything in force is worth to each party."""
    model, shares = Model.of(d), np.ones((len(d.measures), 2))
    found = []
    for rows in values(model):
        assert rows is not None
        terms = sum(c * 1.0 for c in rows.terms[0].values())
        found.append(float(rows.const[0]) + float(np.sum(rows.coef[0, :, 1:] * shares[:, 1:])) + terms)
    return found


# --- against what happens, event by event ------------------------------------------------------------------------


def drawn(seed: int, *, exits: bool, then: str, alarms: bool) -> tuple[Dossier, dict[str, float]]:
    """A dossier of three parties, and when a plan enters its measures."""
    rng = np.random.default_rng(seed)

    def some(low: float, high: float) -> float:
        return float(f"{rng.uniform(low, high):.3f}")

    def undo(keeps: bool = True) -> str:
        return f"{{in: {some(0, 0.6)} years, keeps: {int(rng.choice([0, 20])) if keeps else 0} %}}"

    noise = f", false_alarms: {some(0.05, 0.4)} /year" if alarms else ""

    def seen() -> str:
        return f"{{by: x, detects: {some(0.4, 2.0)} /year, delay: {some(0, 0.4)} years{noise}}}"

    own = "\n".join(
        f"  m{i}: {{by: a, effects: {{a: {{level: {-some(0.2, 2)}, once: {some(-1, 0.5)}}}, "
        f"b: {{level: {some(0.5, 2)}}}}}, undo: {undo() if i < 2 else 'never'}, verify: {seen()}}}"
        for i in range(3)
    )
    given = "\n".join(
        f"  n{i}: {{by: {by}, effects: {{a: {{level: {some(0.5, 3)}, once: {some(-0.5, 0.5)}}}, "
        f"{by if isinstance(by, str) else 'b'}: {{level: {-some(0.1, 1)}}}}}, undo: {undo()}, verify: open}}"
        for i, by in enumerate(("b", "c", "b"))
    )
    shocks = ""
    if exits:
        shocks = (
            f"shocks: {{one: {{ends: b, rate: {some(3, 20)} %/year}}, two: {{ends: a, rate: {some(1, 9)} %/year}}, "
            f"three: {{ends: c, at: {rng.choice(['2020-10-01', '2021-02-11'])}, chance: {some(10, 40)} %}}}}"
        )
    collapse = f"collapse_cost: {some(0, 3)}"
    lengths = [f"for: {some(0.4, 1.5)} years, cure: {some(0.0, 0.4)} years, cost: {some(0, 2)}" for _ in range(2)]
    answers = (
        f"answers: {{one: {{to: [m0, m2], stops: [n0, n1], {lengths[0]}, then: {then}}}, "
        f"two: {{to: [m1], stops: [n1, n2, m1], {lengths[1]}}}}}"
    )
    head = f"""
detente: 1
title: drawn
start: 2020-01-01
periods: [4 x 3 months, 1 x 6 months]
interests: {{a: {{unit: x, worst: 0, best: 1}}, b: {{unit: x, worst: 0, best: 1}}, c: {{unit: x, worst: 0, best: 1}}}}
parties:
  a: {{stakes: {{a: 1}}, discount: {some(0.05, 0.3)} /year, response_time: {some(0, 0.5)} years, {collapse}}}
  b: {{stakes: {{b: 1}}, discount: 0.1 /year, response_time: {some(0, 0.5)} years}}
  c: {{stakes: {{c: 1}}, discount: 0.1 /year, response_time: {some(0, 0.5)} years}}
measures:
{own}
{given}
{answers}
{shocks}
"""
    d = dt.loads(head)
    dates = d.grid.years
    return d, {name: float(dates[rng.integers(0, len(dates) - 1)]) for name in d.measures}


def shares_of(model: Model, entries: dict[str, float]) -> Array:
    shares = np.zeros((model.M, model.K + 1))
    for m, name in enumerate(model.measures):
        shares[m, 1:] = model.tau >= entries[name] - 1e-9
    return shares


def moments(model: Model) -> list[Moment]:
    sides: tuple[Side, ...] = ("before", "after")
    return [Moment.at(model.tau, float(t), side) for t in model.tau[:3] for side in sides]


def compared(d: Dossier, entries: dict[str, float], rows: Conditions, topic: AnsweredTopic) -> int:
    """How many rows that bind say what happens."""
    model, count = rows.model, 0
    shares = shares_of(model, entries)
    for label, slack, on in zip(rows.labels, rows.slacks(shares), rows.on(shares), strict=True):
        assert label.at is not None
        if not on:
            continue
        path = Path(
            dossier=d,
            entries=entries,
            party=model.parties[topic.party],
            answers=tuple(model.pauses[a].name for a in topic.answers),
            t0=label.at.years,
            before=label.at.side == "before",
            measure=None if topic.measure < 0 else model.measures[topic.measure],
            cured=topic.kind != "never",
            leaves=None if label.leaves is None else (label.leaves.years, label.leaves.side == "before"),
        )
        assert slack == pytest.approx(path.slack(), abs=ROUGHLY if d.shocks else NEAR), (topic, label)
        count += 1
    return count


@pytest.mark.parametrize("alarms", [False, True], ids=["quiet", "noisy"])
@pytest.mark.parametrize("then", ["stays", "end"])
@pytest.mark.parametrize("exits", [False, True], ids=["stay", "leave"])
@pytest.mark.parametrize("seed", range(2))
def test_lapses_are_what_happens(seed: int, exits: bool, then: str, alarms: bool) -> None:
    d, entries = drawn(seed, exits=exits, then=then, alarms=alarms)
    model, count = Model.of(d), 0
    for topic in AnswerRows(model).topics():
        count += compared(d, entries, rows_under(model, topic, moments(model)), topic)
    assert count


@pytest.mark.parametrize("alarms", [False, True], ids=["quiet", "noisy"])
@pytest.mark.parametrize("exits", [False, True], ids=["stay", "leave"])
@pytest.mark.parametrize("seed", range(2))
def test_leaving_after_a_pause_is_what_happens(seed: int, exits: bool, alarms: bool) -> None:
    d, entries = drawn(seed, exits=exits, then="stays", alarms=alarms)
    model, count = Model.of(d), 0
    every = moments(model)
    pairs = [(i, j) for i in range(len(every)) for j in range(i, len(every)) if (i + j) % 3 == 0]
    for a, pause in enumerate(model.pauses):
        for m in pause.to:
            topic = AnsweredTopic("covert", 0, -1, m, (a,))
            rows = rows_under(model, topic, [every[i] for i, _ in pairs], [every[j] for _, j in pairs])
            count += compared(d, entries, rows, topic)
    assert count


@pytest.mark.parametrize("exits", [False, True], ids=["stay", "leave"])
@pytest.mark.parametrize("seed", range(3))
def test_false_alarms_are_in_what_is_kept_and_in_breaking_out(seed: int, exits: bool) -> None:
    d, entries = drawn(seed, exits=exits, then="stays", alarms=True)
    model = Model.of(d)
    shares, near = shares_of(model, entries), ROUGHLY if exits else NEAR
    start = Path(d, entries, "a", ("one", "two"), 0.0, before=True)
    (signed, *_) = values(model)
    assert signed is not None
    terms = sum(c * truth(e, shares) for e, c in signed.terms[0].items())
    assert float(signed.const[0] + np.sum(signed.coef[0] * shares)) + terms == pytest.approx(start.worth(), abs=near)
    rows = Seldom(model).of((0, -1, -1))
    for label, slack in zip(rows.labels, rows.slacks(shares), strict=True):
        at = label.at
        assert at is not None
        if at.years <= 0.5:
            before = at.side == "before"
            path = Path(d, entries, "a", ("one", "two"), at.years, before, leaves=(at.years, before))
            assert slack == pytest.approx(path.slack(), abs=near), label


# --- where an end is the end of §5, whatever else is felt ----------------------------------------------------------


ENDED = """
detente: 1
title: ended
start: 2020-01-01
periods: [4 x 3 months]
interests: {{a: {{unit: x, worst: 0, best: 1}}, b: {{unit: x, worst: 0, best: 1}}}}
parties:
  a: {{stakes: {{a: 1}}, discount: 0.1 /year, response_time: {lag}, collapse_cost: 2, no_deal: -0.7 /year}}
  b: {{stakes: {{b: 1}}, discount: 0.2 /year, response_time: {lag}}}
measures:
  m: {{by: a, effects: {{a: {{level: -1, once: -0.3}}}}, undo: {{in: 2 months, keeps: 10 %}}, verify: {verify}}}
  n: {{by: b, effects: {{a: {{level: 2, once: 0.2}}, b: {{level: -1}}}}, undo: {{in: 1 month}}, after: [m],
    verify: open}}
  o: {{by: b, effects: {{a: {{level: 1}}}}, undo: {{in: 0}}, conditional_on: [],
    if_over: {{a: {{level: -4}}}}, verify: open}}
  z: {{by: b, undo: {{in: 0}}, verify: open}}
answers: {{pause: {{to: [m], stops: [z], for: 1 year, then: {then}}}}}
shocks: {{one: {{ends: b, rate: 8 %/year}}, two: {{ends: a, rate: 3 %/year}}}}
"""


def ended(verify: str, lag: str = "0", then: str = "end") -> tuple[Model, Array]:
    model = Model.of(dt.loads(ENDED.format(verify=verify, lag=lag, then=then)))
    return model, shares_of(model, {"m": 0.25, "n": 0.5, "o": 0.0, "z": 0.25})


def test_an_end_at_once_is_a_breakout() -> None:
    model, shares = ended("open")
    never = rows_under(model, AnsweredTopic("never", 0, -1, -1, (0,)), moments(model))
    openly = rows_at(model, "breakout", (0, -1, -1), moments(model))
    made = shares[0, [1, 2, 3]] > 0
    assert made.any()
    assert never.slacks(shares) == pytest.approx(openly.slacks(shares), abs=1e-8)


def test_an_end_at_once_after_cheating_is_that_of_cheating() -> None:
    model, shares = ended("{by: x, detects: 1 /year, delay: 1 month}")
    topic = AnsweredTopic("never", 0, -1, 0, (0,))
    never, covert = (
        rows_under(model, topic, moments(model)),
        rows_at(model, "covert", (0, -1, 0), moments(model)),
    )
    assert never.slacks(shares) == pytest.approx(covert.slacks(shares), abs=1e-7)


def test_leaving_before_anything_is_seen_is_that_of_cheating() -> None:
    model, shares = ended("{by: x, detects: 0.000000001 /year}", lag="2 months", then="stays")
    every = moments(model)
    starts, ends = every[:4], every[2:6]
    paused = rows_under(model, AnsweredTopic("covert", 0, -1, 0, (0,)), starts, ends)
    assert paused.slacks(shares) == pytest.approx(rows_at(model, "covert", (0, -1, 0), starts, ends).slacks(shares))


def test_between_dates_it_is_the_same() -> None:
    d, entries = drawn(1, exits=True, then="end", alarms=True)
    model = Model.of(d)
    at = [Moment.at(model.tau, t, "between") for t in (0.1, 0.43)]
    count = 0
    for topic in AnswerRows(model).topics():
        count += compared(d, entries, rows_under(model, topic, at), topic)
    for m in model.pauses[1].to:
        topic = AnsweredTopic("covert", 0, -1, m, (1,))
        ends = [Moment.at(model.tau, t, "between") for t in (0.37, 0.61)]
        count += compared(d, entries, rows_under(model, topic, at, ends), topic)
    assert count > 5
