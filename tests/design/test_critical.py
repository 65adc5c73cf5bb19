"""Where verdicts flip: the closed forms of DESIGN §7, planted pairs, and random cases against exhaustive search."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from detente.design.plan.clock import Clock
from detente.design.plan.rules import any_plan
from detente.design.programme.question import Question
from detente.design.questions.critical import PRECISION, Flip, critical, dials_of
from detente.dossier import Dossier, apply, from_dict
from detente.dossier.numbers import numbers_of
from detente.dossier.places import dotted
from detente.errors import DossierError, UsageError
from detente.model.judge.check import Judge
from detente.model.plan import Plan
from tests.design.test_exhaustive import count
from tests.strategies import all_plans, documents

RHO = 0.1
SLIGHT = 5e-5
"""Points by which a condition may be missed: 1e-6 of what keeping is worth."""


def exchange(changes: Mapping[str, Any], *, faked: bool = False, forever: bool = False) -> Dossier:
    """a gives x and gets y of b, who gains from x and pays little: only a could be tempted. Success: both are in force.

    a's flow costs it 1 a year and brings it 2; b answers after half a year, and undoes at once. `faked`: a's part can
    be faked, and not undone; `forever`: a gives for good, and it is b who might stop paying 1 a year.
    """
    document: dict[str, Any] = {
        "detente": 1,
        "title": "an exchange",
        "start": "2020-01-01",
        "periods": ["2 x 3 months"],
        "interests": {i: {"unit": "u", "worst": 0, "best": 1} for i in "xy"},
        "parties": {
            "a": {"discount": f"{RHO} /year", "response_time": 0, "stakes": {"x": -1, "y": 2}},
            "b": {"discount": f"{RHO} /year", "response_time": "6 months", "stakes": {"x": 2, "y": -0.1}},
        },
        "measures": {
            "give": {"by": "a", "effects": {"x": {"level": 1}}, "undo": {"in": 0}, "verify": "open"},
            "pay": {"by": "b", "effects": {"y": {"level": 1}}, "undo": {"in": 0}, "verify": "open"},
        },
        "success": {"minimal": [{"in_force": "give"}, {"in_force": "pay"}]},
    }
    parties, give = document["parties"], document["measures"]["give"]
    if faked:
        parties["b"]["collapse_cost"] = 20  # or it would stop paying for what it has for good
        give |= {"undo": "never", "verify": {"by": "agency", "detects": "50 %/year", "delay": "1 month"}}
    if forever:
        give["undo"] = "never"
        parties["b"] |= {"stakes": {"x": 2, "y": -1}, "collapse_cost": 15}
        parties["a"] |= {"response_time": "6 months", "stakes": {"x": -0.1, "y": 2}}
    dossier = from_dict(document)
    return apply(dossier, changes) if changes else dossier


def written(dossier: Dossier) -> dict[str, float]:
    """Every number by its path, in the canonical unit; what is not written is its default."""
    return {dotted(path): n.value for path, n, _ in numbers_of(dossier)}


def points(dossier: Dossier, party: str, field: str) -> float:
    amount, discount = getattr(dossier.parties[party], field), dossier.parties[party].discount
    assert discount is not None
    return amount.value / discount.value if amount.flow else amount.value


def swap(d: Dossier) -> float:
    """g·(1 − keeps)·e^(−ρ(ℓ + u)) − (c − ρC·e^(−ρℓ)): not negative where both pay reversible flows and keep it up."""
    n = written(d)
    rho, answered = n["parties.a.discount"], n["parties.b.response_time"]
    undone = answered + n.get("measures.pay.undo.in", 0.0)
    gain = n["parties.a.stakes.y"] * n["measures.pay.effects.y.level"] * (1 - n.get("measures.pay.undo.keeps", 0.0))
    cost = -n["parties.a.stakes.x"] * n["measures.give.effects.x.level"]
    return gain * math.exp(-rho * undone) - cost + rho * points(d, "a", "collapse_cost") * math.exp(-rho * answered)


def seen(d: Dossier) -> float:
    """(g + ρC)·E[e^(−ρT)] − c, E = e^(−ρδ)·λ/(λ + ρ): not negative where cheating is seen in time."""
    n = written(d)
    rho, rate = n["parties.a.discount"], n["measures.give.verify.detects"]
    wait = n["measures.give.verify.delay"] + n["parties.b.response_time"]
    worth = n["parties.a.stakes.y"] + rho * points(d, "a", "collapse_cost")
    return worth * math.exp(-rho * wait) * rate / (rate + rho) + n["parties.a.stakes.x"]


def held(d: Dossier) -> float:
    """C − (c/ρ)·e^(ρℓ): not negative where who got all it wanted goes on paying."""
    n = written(d)
    rho = n["parties.b.discount"]
    return points(d, "b", "collapse_cost") + n["parties.b.stakes.y"] / rho * math.exp(
        rho * n["parties.a.response_time"]
    )


CASES = [
    # the closed form, the case, what is turned, its unit; whether there is a deal as stated
    (held, {"forever": True}, {}, "parties.b.collapse_cost", "", True),
    (held, {"forever": True}, {"parties.b.collapse_cost": 8}, "parties.b.collapse_cost", "", False),
    (held, {"forever": True}, {"parties.b.collapse_cost": "0.8 /year"}, "parties.b.collapse_cost", "/year", False),
    (held, {"forever": True}, {"parties.b.collapse_cost": 10.3}, "parties.a.response_time", "months", False),
    (held, {"forever": True}, {"parties.b.collapse_cost": 10.8}, "parties.a.response_time", "months", True),
    (held, {"forever": True}, {}, "parties.b.discount", "/year", True),
    (held, {"forever": True}, {}, "parties.b.stakes.y", "", True),
    (swap, {}, {"parties.b.response_time": "4 years"}, "parties.b.response_time", "years", True),
    (swap, {}, {"parties.b.response_time": "100 months"}, "parties.b.response_time", "months", False),
    (swap, {}, {"measures.pay.undo.in": "200 weeks"}, "measures.pay.undo.in", "weeks", True),
    (swap, {}, {"measures.pay.undo.keeps": "40 %"}, "measures.pay.undo.keeps", "%", True),
    (swap, {}, {"measures.pay.undo.keeps": "60 %"}, "measures.pay.undo.keeps", "%", False),
    (swap, {}, {}, "parties.a.stakes.y", "", True),
    (swap, {}, {}, "measures.give.effects.x.level", "", True),
    (swap, {}, {"parties.a.stakes.y": 0.8}, "measures.pay.effects.y.level", "", False),
    (swap, {}, {"parties.a.stakes.y": 1.2, "parties.b.response_time": "4 years",
     "parties.a.collapse_cost": "0.4 /year"}, "parties.a.collapse_cost", "/year", True),
    (swap, {}, {"parties.b.response_time": "5 years", "parties.a.discount": "10 %/year"}, "parties.a.discount",
     "%/year", True),
    (seen, {"faked": True}, {"parties.a.stakes.y": 1.3}, "measures.give.verify.detects", "%/year", True),
    (seen, {"faked": True}, {"measures.give.verify.detects": "7 %/year"}, "measures.give.verify.detects", "%/year",
     False),
    (seen, {"faked": True}, {"measures.give.verify.detects": "3 %/quarter"}, "measures.give.verify.detects",
     "%/quarter", True),
    (seen, {"faked": True}, {"measures.give.verify.delay": "4 years"}, "measures.give.verify.delay", "years", True),
    (seen, {"faked": True}, {"parties.b.response_time": "60 months"}, "parties.b.response_time", "months", True),
    (seen, {"faked": True}, {"parties.a.stakes.y": 1.1}, "parties.a.stakes.y", "", False),
]  # fmt: skip


def turned(dossier: Dossier, path: str, x: float) -> Dossier:
    (found,) = dials_of(dossier, [path])
    return apply(dossier, found.at(x))


def one(dossier: Dossier, path: str) -> Flip:
    found = critical(dossier, only=[path], jobs=1)
    assert found.finished
    (flip,) = found.numbers
    assert flip.path == path
    return flip


@pytest.mark.parametrize(("margin", "case", "changes", "path", "unit", "deal"), CASES)
def test_flips_are_where_closed_forms_have_them(
    margin: Callable[[Dossier], float], case: dict[str, bool], changes: dict[str, Any], path: str, unit: str, deal: bool
) -> None:
    dossier = exchange(changes, **case)
    assert (margin(dossier) > 0) is deal
    flip = one(dossier, path)
    assert flip.unit == unit
    assert flip.status == "flips", flip
    assert flip.flips_at is not None
    step = PRECISION * (flip.high - flip.low) * 1.001
    back = flip.flips_at + math.copysign(min(step, abs(flip.flips_at - flip.stated)), flip.stated - flip.flips_at)
    assert margin(turned(dossier, path, flip.flips_at)) * (-1 if deal else 1) > -SLIGHT
    assert margin(turned(dossier, path, back)) * (1 if deal else -1) > -SLIGHT
    assert flip.low <= flip.flips_at <= flip.high
    assert flip.distance == pytest.approx(abs(flip.flips_at - flip.stated) / (flip.high - flip.low))


def test_a_few_flips_in_figures() -> None:
    flip = one(exchange({}, forever=True), "parties.b.collapse_cost")
    assert flip.flips_at == pytest.approx(10 * math.exp(0.05), abs=PRECISION * 22.5)
    assert (flip.low, flip.high, flip.stated) == (7.5, 30, 15)
    flip = one(exchange({"parties.b.response_time": "4 years"}), "parties.b.response_time")
    assert flip.flips_at == pytest.approx(math.log(2) / RHO, abs=PRECISION * 6)  # with C = 0: ℓ + u ≤ ln(g/c)/ρ
    flip = one(exchange({"parties.a.stakes.y": 1.3}, faked=True), "measures.give.verify.detects")
    q = 1 / (1.3 * math.exp(-RHO * 7 / 12))
    assert flip.flips_at == pytest.approx(100 * (1 - math.exp(-RHO * q / (1 - q))), abs=PRECISION * 75)


def test_a_stated_range_is_searched_and_no_more() -> None:
    stated = {"low": 12, "mode": 15, "high": 16, "source": "a guess"}
    flip = one(exchange({"parties.b.collapse_cost": stated}, forever=True), "parties.b.collapse_cost")
    assert (flip.low, flip.high, flip.status, flip.flips_at) == (12, 16, "no_flip_in_range", None)
    assert flip.source == "a guess"
    stated = {"low": 9, "mode": 15, "high": 100}
    flip = one(exchange({"parties.b.collapse_cost": stated}, forever=True), "parties.b.collapse_cost")
    assert flip.flips_at == pytest.approx(10 * math.exp(0.05), abs=PRECISION * 91)


@pytest.mark.parametrize(
    ("changes", "path", "stated", "low", "high"),
    [
        ({"measures.pay.undo.keeps": "60 %"}, "measures.pay.undo.keeps", 60, 30, 100),
        ({"measures.pay.undo.keeps": 0.6}, "measures.pay.undo.keeps", 0.6, 0.3, 1.0),
        ({"measures.give.verify.detects": "90 %/year"}, "measures.give.verify.detects", 90,
         100 * (1 - math.sqrt(0.1)), 99),  # half and twice the rate: always less than a certainty
        ({"measures.give.verify.detects": {"min": "80 %/year", "max": "95 %/year"}}, "measures.give.verify.detects",
         100 * (1 - 0.1), 80, 95),
    ],
)  # fmt: skip
def test_ends_that_no_dossier_can_have_are_clipped(
    changes: dict[str, Any], path: str, stated: float, low: float, high: float
) -> None:
    dossier = exchange(changes, faked="verify" in path)
    flip = one(dossier, path)
    assert (flip.stated, flip.low, flip.high) == pytest.approx((stated, low, high))
    turned(dossier, path, flip.high)


def test_a_path_names_all_below_it_and_must_name_something() -> None:
    dossier = exchange({})
    found = critical(dossier, only=["parties.a"], jobs=1)
    assert {f.path for f in found.numbers} == {
        "parties.a.discount",
        "parties.a.response_time",
        "parties.a.stakes.x",
        "parties.a.stakes.y",
    }
    order = [f.distance for f in found.numbers if f.status == "flips"]
    assert order == sorted(order)
    with pytest.raises(UsageError, match="stakes"):
        critical(dossier, only=["parties.a.stake"], jobs=1)


def test_what_was_found_before_it_was_cancelled_is_kept() -> None:
    dossier = exchange({})
    whole = {f.path: f for f in critical(dossier, jobs=1).numbers}
    said: list[str] = []
    found = critical(dossier, jobs=1, say=said.append, cancelled=lambda: any(text.startswith("3 of") for text in said))
    assert not found.finished
    kept = [f for f in found.numbers if f.status != "undecided"]
    assert 3 <= len(kept) < len(found.numbers) == len(whole)
    assert all(f == whole[f.path] for f in kept)
    assert found.verdict == "satisfactory"
    at_once = critical(dossier, jobs=1, cancelled=lambda: True)
    assert {f.status for f in at_once.numbers} == {"undecided"}
    assert not at_once.finished


def slow(seconds: float, taken: list[float] | None = None) -> Callable[..., Any]:
    """As `any_plan`, which takes so long to settle anything; `taken`: what it took of the time there was."""

    def settled(judge: Judge, question: Question, clock: Clock, **given: Any) -> tuple[Plan | None, bool]:
        enough = clock.left >= seconds
        takes = min(seconds, max(clock.left, 0.0))
        time.sleep(takes)
        if taken is not None:
            taken.append(takes)
        return any_plan(judge, question, Clock(60.0), **given) if enough else (None, False)

    return settled


def test_a_value_that_takes_long_gets_the_time_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    dossier, path = exchange({}, forever=True), "parties.b.collapse_cost"
    at_once = one(dossier, path)
    monkeypatch.setattr("detente.design.questions.critical.any_plan", slow(0.03))
    found = critical(dossier, only=[path], jobs=1, solve_seconds=0.02)
    assert found.finished
    assert found.numbers == (at_once,)


def test_the_limit_holds_and_what_was_found_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What settling took adds up to no more than the limit, however slow the machine: nothing else had the time."""
    taken: list[float] = []
    monkeypatch.setattr("detente.design.questions.critical.any_plan", slow(0.3, taken))
    found = critical(exchange({}, forever=True), only=["parties.b.collapse_cost"], jobs=1, time_limit=1.5)
    assert sum(taken) <= 1.5
    assert len([takes for takes in taken if takes > 0]) <= 6
    assert not found.finished
    (flip,) = found.numbers
    assert (flip.status, flip.late) == ("undecided", True)


@pytest.mark.slow
def test_two_jobs_find_what_one_finds() -> None:
    dossier = exchange({})
    one_job, two_jobs = (critical(dossier, pairs=True, jobs=jobs) for jobs in (1, 2))
    assert two_jobs.finished
    assert [(f.path, f.status) for f in one_job.numbers] == [(f.path, f.status) for f in two_jobs.numbers]
    for a, b in zip(one_job.numbers, two_jobs.numbers, strict=True):
        assert a.flips_at == (
            None if b.flips_at is None else pytest.approx(b.flips_at, abs=PRECISION * (a.high - a.low))
        )
    assert {p.paths: p.status for p in one_job.pairs} == {p.paths: p.status for p in two_jobs.pairs}


# --- pairs -----------------------------------------------------------------------------------------------------------


def two_ways(first: float, second: float) -> Dossier:
    """Success comes by either of two exchanges like `held` (threshold 10): a deal is lost only if both are."""
    document: dict[str, Any] = {
        "detente": 1,
        "title": "two ways",
        "start": "2020-01-01",
        "periods": ["1 x 3 months"],
        "interests": {f"{i}{n}": {"unit": "u", "worst": 0, "best": 1} for i in "xy" for n in "12"},
        "parties": {},
        "measures": {},
        "progress": {"done": {"pay1": 1, "pay2": 1}},
        "success": {"minimal": [{"progress": "done", "at_least": "50 %"}]},
    }
    for n, cost in (("1", first), ("2", second)):
        x, y, a, b = f"x{n}", f"y{n}", f"a{n}", f"b{n}"
        party = {"discount": f"{RHO} /year", "response_time": 0}
        document["parties"][a] = {**party, "stakes": {x: -0.1, y: 2}}
        document["parties"][b] = {**party, "stakes": {x: 20, y: -1}, "collapse_cost": cost}
        give = {"by": a, "effects": {x: {"level": 1}}, "verify": "open", "conditional_on": [b], "after": [f"pay{n}"]}
        pay = {"by": b, "effects": {y: {"level": 1}}, "undo": {"in": 0}, "verify": "open", "conditional_on": [a]}
        document["measures"] |= {f"give{n}": give, f"pay{n}": pay}
    return from_dict(document)


def test_a_pair_flips_where_neither_number_does() -> None:
    dossier = two_ways(16, 12.5)
    paths = ["parties.b1.collapse_cost", "parties.b2.collapse_cost"]
    found = critical(dossier, only=paths, pairs=True, jobs=1)
    assert [f.status for f in found.numbers] == ["no_flip_in_range"] * 2
    (pair,) = found.pairs
    assert pair.status == "flips"
    assert pair.share == pytest.approx(max(2 * (1 - 10 / 16), 2 * (1 - 10 / 12.5)), abs=PRECISION)
    assert pair.flips_at == pytest.approx((16 * (1 - pair.share / 2), 12.5 * (1 - pair.share / 2)), rel=PRECISION * 2)
    changes = dict(zip(paths, pair.flips_at, strict=True))
    assert critical(apply(dossier, changes), only=paths[:1], jobs=1).verdict == "none_exists"


def test_a_pair_that_does_not_flip_says_so() -> None:
    paths = ["parties.b1.collapse_cost", "parties.b2.collapse_cost"]
    found = critical(two_ways(16, 25), only=paths, pairs=True, jobs=1)
    assert [p.status for p in found.pairs] == ["no_flip_in_range"]
    found = critical(two_ways(7, 8), only=paths, pairs=True, jobs=1)
    assert found.verdict == "none_exists"
    (pair,) = found.pairs
    assert pair.share == pytest.approx(10 / 8 - 1, abs=PRECISION)  # the second alone, twice as far at most


# --- random cases ----------------------------------------------------------------------------------------------------


def deal(dossier: Dossier, question: Question) -> bool:
    judge = Judge(dossier, success=question.success, openings=question.openings)  # type: ignore[arg-type]
    return any(map(judge.satisfactory, all_plans(dossier)))


@st.composite
def turnable(draw: st.DrawFn, most: int) -> tuple[Dossier, str, Question]:
    dossier = from_dict(draw(documents(measures=4)))
    assume(count(dossier) <= most)
    dials = [d for d in dials_of(dossier) if d.low < d.high]
    assume(dials)
    return dossier, draw(st.sampled_from(dials)).path, Question(draw(st.sampled_from(["none", "minimal"])))


def agree(dossier: Dossier, path: str, question: Question, steps: int) -> None:
    """As a dense scan has it, where the verdict changes no more than once on either side."""
    found = critical(dossier, question, only=[path], jobs=1)
    (flip,) = found.numbers
    (dial,) = [d for d in dials_of(dossier, [path]) if d.path == path]
    stated = deal(dossier, question)
    assert found.verdict == ("satisfactory" if stated else "none_exists")
    assert flip.status != "undecided"

    def judged(x: float) -> bool | None:
        try:
            return deal(apply(dossier, dial.at(x)), question)
        except DossierError:
            return None

    step = PRECISION * (flip.high - flip.low) * 1.01
    if flip.flips_at is not None:
        assert judged(flip.flips_at) is not stated
    near = math.inf
    for end in (flip.low, flip.high):
        scan = [flip.stated + (end - flip.stated) * i / steps for i in range(steps + 1)]
        verdicts = [judged(x) for x in scan]
        changes = [i for i, (a, b) in enumerate(itertools.pairwise(verdicts)) if a is not b]
        if len(changes) > 1 or None in verdicts:
            return  # not monotone: the nearest flip is not promised
        if changes:
            near = min(near, abs(scan[changes[0]] - flip.stated))
    width = max(abs(flip.low - flip.stated), abs(flip.high - flip.stated)) / steps
    if math.isinf(near):
        assert flip.status == "no_flip_in_range"
    else:
        assert flip.flips_at is not None
        assert near - step <= abs(flip.flips_at - flip.stated) <= near + width + step


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(turnable(60))
def test_a_few_flips_are_those_of_a_scan(case: tuple[Dossier, str, Question]) -> None:
    agree(*case, steps=6)


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(turnable(150))
def test_flips_are_those_of_a_scan(case: tuple[Dossier, str, Question]) -> None:
    agree(*case, steps=12)
