"""Designing where breaches are answered by suspensions: plans keep to the rows, and the judge's words find theirs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import detente as dt
from detente.design.inspections.fakings import Fakings
from detente.design.inspections.regimes import Menus
from detente.design.plan.judging import answered_of, key_of, key_of_row, name_of, on_dates, rows_of, topics
from detente.design.programme.known import Known
from detente.design.programme.problem import Problem
from detente.design.programme.question import ANY_DEAL, family
from detente.design.questions.conflicts import members
from detente.dossier import load
from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.judge.check import Slack
from detente.model.rows.answered import AnsweredTopic, AnswerRows
from detente.model.rows.arrays import Model
from detente.model.rows.temptation import joined
from detente.model.what_if.asking import WhatIf
from tests.model.test_answer_rows import drawn, shares_of
from tests.model.test_answers import dossier


def exchange(years: float, *, extra: str = "") -> Dossier:
    """a performs m at 1 a year, b performs n, worth 2 a year to a: a lapse is deterred from 0.127 years on."""
    return dossier(
        """
  m: {by: a, effects: {a: {level: -1}, b: {level: 2}}, undo: {in: 0}, verify: open}
  n: {by: b, effects: {a: {level: 2}, b: {level: -0.5}}, undo: {in: 0}, verify: open}
""",
        rho=0.1,
        response_b=0.25,
        periods="[2 x 3 months]",
        rest=f"answers: {{pause: {{to: [m], stops: [n], for: {years} years, cure: 3 months{extra}}}}}",
    )


def slack(d: Dossier, kind: str, answer: str, **fields: object) -> Slack:
    return Slack(kind, answer=answer, moment="after", years=0.0, **fields)  # type: ignore[arg-type]


def test_the_judges_words_find_their_rows() -> None:
    d, _ = drawn(0, exits=True, then="end", alarms=True)
    model = Model.of(d)
    said = [
        slack(d, "lapse", "one", party="a"),
        slack(d, "lapse", "one+two", party="a", measure="m0"),
        slack(d, "never", "two", party="a", measure="m1"),
        slack(d, "forgive", "one", party="b", other="a"),
        slack(d, "covert", "one", party="a", measure="m0", leaves_years=0.5, leaves_moment="before"),
    ]
    rows = rows_of(model, said)
    assert {key_of(s) for s in said} == {key_of_row(model, label) for label in rows.labels}
    assert {name_of(s) for s in said} == {family(model, label) for label in rows.labels}
    assert answered_of(model, said[1]) == AnsweredTopic("lapse", 0, -1, 0, (0, 1))


def test_behind_a_broken_row_come_all_on_dates() -> None:
    d, _ = drawn(0, exits=False, then="end", alarms=False)
    known = Known.of(d)
    said = [slack(d, "lapse", "one", party="a", measure="m0"), slack(d, "lapse", "one", party="a")]
    held = topics(known.rows.labels)
    (found,) = on_dates(known, said, held)
    assert {label.measure for label in found.labels} == {0}
    assert len(found) > 3


def test_conflicts_name_lapses() -> None:
    d, _ = drawn(0, exits=False, then="end", alarms=False)
    found = members(Known.of(d), ANY_DEAL)
    assert {"lapse.a", "never.a"} <= set(found)


def test_forgiveness_binds_where_it_must_be_credible() -> None:
    kinds = {credible: _kinds(exchange(1.0, extra=f", credible: {credible}")) for credible in ("true", "false")}
    assert kinds["true"] - kinds["false"] == {"forgive"}


def _kinds(d: Dossier) -> set[str]:
    return {label.kind for label in Known.of(d).rows.labels}


@pytest.mark.parametrize(("years", "there"), [(0.1, False), (0.15, True)])
def test_a_plan_keeps_to_what_deters(years: float, there: bool) -> None:
    design = dt.design(exchange(years), rule="utilitarian")
    assert (design.status == "satisfactory") is there


def test_what_ifs_are_left_to_the_judge() -> None:
    d = exchange(1.0)
    model = Model.of(d)
    with pytest.raises(ValueError, match="ask the judge"):
        WhatIf(model, np.ones((model.M, model.K + 1)))


def test_a_dossier_without_answers_has_no_such_rows() -> None:
    d = load("korea-2018")
    assert not list(AnswerRows(Model.of(d)).beginning())
    assert not list(AnswerRows(Model.of(d)).topics())


@pytest.mark.parametrize(
    ("years", "noise", "asked", "there"),
    [
        (0.58, 0.2, 10, True),
        (0.58, 0.2, 19, False),
        (1e4, 0.2, 10, False),
        (1e4, 0.0, 19, True),
    ],
)
def test_false_alarms_decide_whether_there_is_a_deal(years: float, noise: float, asked: float, there: bool) -> None:
    """The case `alarms_verdicts`: a short pause where every alarm that ended all would leave nothing to agree on."""
    d = dt.loads(f"""
detente: 1
title: alarms
start: 2020-01-01
periods: [1 x 3 months]
interests: {{a: {{unit: points, worst: 0, best: 1}}, b: {{unit: points, worst: 0, best: 1}}}}
parties:
  a: {{stakes: {{a: 1}}, discount: 0.1 /year, response_time: 0, walk_away: {asked}}}
  b: {{stakes: {{b: 1}}, discount: 0.1 /year, response_time: 0}}
measures:
  m:
    by: a
    effects: {{a: {{level: -1}}, b: {{level: 3}}}}
    undo: {{in: 0}}
    verify: {{by: x, detects: 1 /year, false_alarms: {noise} /year}}
  n: {{by: b, effects: {{a: {{level: 3}}, b: {{level: -1}}}}, undo: {{in: 0}}, verify: open}}
answers: {{pause: {{to: [m], stops: [m, n], for: {years} years}}}}
""")
    design = dt.design(d, rule="utilitarian")
    assert design.status == ("satisfactory" if there else "none_exists")


def test_the_programme_holds_rows_where_something_lapses() -> None:
    """A plan is possible exactly where each row is met that binds: of several measures, of several answers."""
    d, _ = drawn(1, exits=False, then="end", alarms=True)
    d = dt.apply(d, {"measures.m2.divisible": True, "measures.m2.takes": "3 months", "measures.m2.verify": "open"})
    known, rng = Known.of(d), np.random.default_rng(1)
    model = known.model
    sought = [t for t in known.answering.topics() if t.measure in (-1, 0)]
    rows = joined([known.answering.of(t) for t in sought])
    held = 0
    for _ in range(5):
        enters = rng.integers(0, model.K + 1, model.M)
        shares = np.zeros((model.M, model.K + 1))
        shares[:, 1:] = np.arange(model.K)[None, :] >= enters[:, None]
        shares[model.index["m2"], 1:] *= 0.25
        shares[model.index["m2"], 1] = 0.0
        slacks, on = rows.slacks(shares), rows.on(shares)
        for r in rng.permutation(len(rows))[:20]:
            problem = Problem(known)
            problem.valued.activate(problem.valued.extend(rows.only(np.arange(len(rows)) == r)).start)
            problem.program.set_many_bounds(shares[:, 1:].ravel(), shares[:, 1:].ravel())
            possible = problem.program.any_solution(seconds=10).status != "infeasible"
            assert possible is bool(slacks[r] >= -1e-6 or not on[r]), rows.labels[r]
            held += bool(on[r] and slacks[r] < 0)
    assert held


def test_lapses_under_other_regimes_are_those_of_the_dossier_with_them() -> None:
    d, entries = drawn(0, exits=False, then="end", alarms=False)
    for m, rates in (("m0", (0.3, 2.5)), ("m1", (3.0,))):
        verify = f"measures.{m}.verify"
        regimes = {f"r{i}": {"detects": f"{rate} /year", "days": 10 * (i + 1)} for i, rate in enumerate(rates)}
        d = dt.apply(d, {f"{verify}.regimes": regimes})
    menus = Menus.of(d, "days")
    fakings = Fakings(menus)
    shares, count = shares_of(fakings.model, entries), 0
    for choice in product(*(range(len(menu.places)) for menu in menus.menus)):
        model = Model.of(menus.applied(choice))
        for q, m in fakings.pairs:
            rows = fakings.rows(fakings.of(q, m, choice))
            mine = [label.kind in ("lapse", "never") for label in rows.labels]
            lapses = rows.only(mine)
            asked = [t for t in AnswerRows(model).topics() if (t.party, t.measure) == (q, m)]
            alone = joined([AnswerRows(model).of(topic) for topic in asked])
            assert lapses.labels == alone.labels
            assert lapses.slacks(shares) == pytest.approx(alone.slacks(shares))
            count += len(alone)
    assert count > 100


def test_regimes_on_which_alarms_hang_are_refused() -> None:
    d, _ = drawn(0, exits=False, then="end", alarms=True)
    d = dt.apply(
        d, {"measures.m0.verify.regimes": {"r": {"detects": "1 /year", "false_alarms": "0.5 /year", "days": 1}}}
    )
    with pytest.raises(UsageError, match="choose that regime"):
        Fakings(Menus.of(d, "days"))
