"""What follows each breach: lengths and flows against closed forms, and what there is nothing to answer with."""

from __future__ import annotations

import math
from datetime import date

import pytest

from detente.design.questions.answering import Answering, Breach, answering
from detente.dossier.schema import Dossier
from detente.model.plan import Plan
from tests.model.test_answers import dossier

RHO, GAIN, COST, RESPONSE = 0.1, 2.0, 1.0, 0.25


def exchange(
    *, to: str = "m", stops: str = "[n]", years: float = 1.0, verify: str = "open", extra: str = ""
) -> Dossier:
    """a performs m at 1 a year, b performs n, worth 2 a year to a; b minds n by a half, and answers in a quarter."""
    rest = f"answers: {{pause: {{to: [{to}], stops: {stops}, for: {years} years, cure: 3 months{extra}}}}}"
    return dossier(
        f"""
  m: {{by: a, effects: {{a: {{level: -1}}, b: {{level: 2}}}}, undo: {{in: 0}}, verify: {verify}}}
  n: {{by: b, effects: {{a: {{level: 2}}, b: {{level: -0.5}}}}, undo: {{in: 0}}, verify: open}}
""",
        rho=RHO,
        response_a=RESPONSE,
        response_b=RESPONSE,
        periods="[4 x 3 months]",
        rest=rest,
    )


def asked(d: Dossier, **late: str) -> Answering:
    return answering(d, Plan({m: date.fromisoformat(late[m]) if m in late else d.start for m in d.measures}))


def of(found: Answering, measure: str, *, openly: bool = True) -> Breach:
    (breach,) = [b for b in found.breaches if b.measure == measure and b.open is openly]
    return breach


def test_penance() -> None:
    """S from −ln(1 − (c/g)(e^(ρℓ) − 1))/ρ on, and up to ln(g/c)/ρ; ANSWERS §4."""
    b = of(asked(exchange()), "m")
    shortest = -math.log(1 - (COST / GAIN) * (math.exp(RHO * RESPONSE) - 1)) / RHO
    assert (b.answer, b.answerers, b.stops) == ("pause", ("b",), ("n",))
    assert b.shortest == pytest.approx(shortest, abs=2e-4)
    assert b.longest == pytest.approx(math.log(GAIN / COST) / RHO, abs=2e-4)
    saved = COST * -math.expm1(-RHO * RESPONSE) / RHO
    assert b.gain == pytest.approx(saved)
    taken = GAIN * math.exp(-RHO * RESPONSE) * -math.expm1(-RHO) / RHO
    assert b.loses == pytest.approx(taken)
    assert b.needed_flow == pytest.approx(saved * GAIN / taken)
    assert b.available_flow == pytest.approx(GAIN)
    assert b.bring_forward is None
    assert b.credible
    assert b.proportionate
    assert b.margin == pytest.approx(0.5 * math.exp(-RHO * RESPONSE) * -math.expm1(-RHO) / RHO)
    assert all(stage.gain == pytest.approx(saved) for stage in b.course)


def test_who_suspends_what_it_likes_does_not_carry_it_out() -> None:
    b = of(asked(exchange(stops="[n, m]")), "m")
    assert b.shortest is not None
    assert not b.credible
    assert b.longest is None
    assert not b.proportionate
    assert b.margin is not None
    assert b.margin < 0


def test_a_breach_without_an_answer_ends_the_deal_and_is_asked_what_would_do() -> None:
    found = asked(exchange(to="n", stops="[m]"))
    b = of(found, "m")
    assert (b.answer, b.stops, b.answerers) == (None, ("n",), ("b",))
    assert b.loses == pytest.approx((GAIN * math.exp(-RHO * RESPONSE) - math.exp(-RHO * RESPONSE) * COST) / RHO)
    assert b.shortest == pytest.approx(0.127383, abs=2e-4)
    assert of(found, "n").answer == "pause"


def test_a_step_to_bring_forward_where_there_is_nothing_yet_to_suspend() -> None:
    found = asked(exchange(), n="2020-10-01")
    b = of(found, "m")
    assert b.at.date == date(2020, 1, 1)
    assert b.available_flow == 0
    assert b.bring_forward == ("n", date(2020, 10, 1), date(2020, 1, 1))


def test_the_best_trigger_under_false_alarms() -> None:
    """Abreu, Milgrom and Pearce: λσV ≥ c with V = (g − c)/(ρ + φσ): S = .571584; V = 18, 20 without noise."""
    verify = "{by: x, detects: 1 /year, false_alarms: 0.2 /year}"
    d = dossier(
        f"""
  m: {{by: a, effects: {{a: {{level: -1}}, b: {{level: 3}}}}, undo: {{in: 0}}, verify: {verify}}}
  n: {{by: b, effects: {{a: {{level: 3}}, b: {{level: -1}}}}, undo: {{in: 0}}, verify: open}}
""",
        rho=RHO,
        rest="answers: {pause: {to: [m], stops: [m, n], for: 0.5715841383994863 years}}",
    )
    alarms = asked(d).alarms
    assert alarms.per_year == pytest.approx(0.2)
    assert alarms.first == pytest.approx(5)
    trigger = alarms.best["pause"]
    assert trigger is not None
    assert (trigger.years, trigger.regime) == (pytest.approx(0.571584, abs=2e-4), None)
    assert alarms.cost["a"] == pytest.approx(2.0, abs=1e-6)


def test_a_plan_that_nobody_would_break_has_no_breaches() -> None:
    d = exchange()
    assert asked(d.model_copy(update={"answers": {}})).breaches
    nothing = answering(d, Plan(dict.fromkeys(d.measures)))
    assert (nothing.breaches, nothing.joint) == ((), ())
    assert answering(d, None, status="none_exists").status == "none_exists"


def test_what_hangs_together_is_told_by_its_tightest_lapse() -> None:
    (row,) = asked(exchange()).joint
    assert (row.party, row.answer, row.measures) == ("a", "pause", ("m",))
    assert row.slack is not None
    assert row.accepted
