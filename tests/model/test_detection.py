"""The time to detection: its integrals against sums, quadrature and chance, and what it does to temptation.

Periodic and random visits: closed forms of the geometric and exponential laws. DESIGN §5, §7.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate

from detente.dossier.schema import Dossier, Verify
from detente.model.judge.check import Judge
from detente.model.judge.detection import DetectionTime
from detente.model.judge.paths.secrecy import no_faster
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.rows.detection import NEVER, Watch, watch
from detente.model.rows.faking import seen_no_faster
from tests.model.story import hazard, visits
from tests.model.test_check_story import agrees
from tests.model.test_rows import agree
from tests.strategies import cases

FORMS: dict[str, dict[str, Any]] = {
    "never": {"detects": "0 %/year"},
    "rate": {"detects": "60 %/year"},
    "random": {"visits": {"random": "4 /year", "detects": "30 %"}},
    "periodic": {"visits": {"every": "3 months", "detects": "60 %"}},
    "surely": {"visits": {"every": "6 months", "detects": "100 %"}},
    "blind": {"visits": {"every": "6 months", "detects": "0 %"}},
    "rate_and_blind": {"detects": "30 %/year", "visits": {"every": "6 months", "detects": "0 %"}},
    "mixed": {"detects": "20 %/year", "visits": {"every": "5 months", "detects": "40 %"}},
    "daily": {"visits": {"every": "1 day", "detects": "1 %"}},
    "once": {"visits": {"times": [["4 months", "30 %"], ["1.5 years", "70 %"]]}},
    "once_surely": {"visits": {"times": [["4 months", "30 %"], ["1.5 years", "100 %"]]}},
    "once_and_rate": {"detects": "30 %/year", "visits": {"times": [["4 months", "30 %"], ["1 year", "70 %"]]}},
    "rounds": {"visits": {"every": "1 year", "times": [["3 months", "10 %"], ["9 months", "50 %"]]}},
    "rounds_to_the_end": {
        "detects": "5 %/year",
        "visits": {"every": "1 year", "times": [["3 months", 0], ["1 year", 0.5]]},
    },
    "both": {"visits": {"every": "6 months", "random": "2 /year", "detects": "45 %"}},
}
RATES = [0.0, 0.03, 0.3]


def verify(form: str) -> Verify:
    return Verify.model_validate(FORMS[form])


forms = pytest.mark.parametrize("form", FORMS)


def summed(form: str, rho: float, a: float, b: float) -> float:
    """∫ over (a, b] of e^(−ρT) dF, visit by visit, with scipy's quadrature of the density between them."""
    rate, seen = hazard(verify(form)), visits(verify(form), 200.0)
    total, since, left = 0.0, 0.0, 1.0
    for t, then in [*seen, (1000.0, 0.0)]:
        low, high = max(since, a), min(t, b)
        if high > low and rate:
            total += left * integrate.quad(lambda s: rate * math.exp(-(rate + rho) * s), low, high, epsabs=1e-13)[0]
        if a < t <= b and t < 1000:
            total += (left - then) * math.exp(-(rate + rho) * t)
        since, left = t, then
    return total


@forms
@pytest.mark.parametrize("rho", RATES)
def test_integrals(form: str, rho: float) -> None:
    found, law = watch(verify(form)), DetectionTime(verify(form))
    edges = [-1.0, 0.0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 1.0, 1.2, 1.5, 2.0, 7.3, 40.0]
    for a, b in pairwise(edges):
        exact = summed(form, rho, a, b)
        assert float(found.partial(rho, a, b)) == pytest.approx(exact, abs=1e-10)
        assert law.later(rho, a) - law.later(rho, b) == pytest.approx(exact, abs=1e-10)
    assert float(found.partial(rho, -1.0, np.inf)) == pytest.approx(law.later(rho, -1.0), abs=1e-13)


@forms
def test_the_judge_reckons_the_same(form: str) -> None:
    """To rounding, at times that are visits, that are not, and long after: two derivations of one law."""
    found, law = watch(verify(form)), DetectionTime(verify(form))
    times = np.concatenate([np.linspace(0, 12, 241), np.arange(60) / 12, [99.0, 1 / 365.25, 30 + 1 / 3]])
    assert found.survival(times) == pytest.approx([law.left(t) for t in times], abs=1e-13)
    for rho in RATES:
        later = [law.later(rho, t) for t in times]
        assert found.partial(rho, times, np.inf) == pytest.approx(later, abs=1e-13)
    assert found.mean() == pytest.approx(law.mean(), rel=1e-12)


@forms
def test_a_law_is_a_distribution(form: str) -> None:
    found = watch(verify(form))
    times = np.linspace(0, 30, 3000)
    left = found.survival(times)
    assert left[0] == 1
    assert np.all(np.diff(left) <= 0)
    never = float(found.survival(np.inf))
    assert found.partial(0.0, -np.inf, np.inf) == pytest.approx(1 - never)
    assert found.partial(0.0, times[:-1], times[1:]) == pytest.approx(-np.diff(left), abs=1e-12)
    assert (found.mean() == np.inf) == (never > 0)


def test_the_known_forms() -> None:
    """Worst start: T = Gτ with G geometric; random visits are exponential at rate λp; independent channels multiply."""
    rho, tau, p = 0.08, 0.25, 0.6
    periodic = watch(verify("periodic"))
    decay = math.exp(-rho * tau)
    assert periodic.partial(rho, -1, np.inf) == pytest.approx(p * decay / (1 - (1 - p) * decay), rel=1e-14)
    assert periodic.mean() == pytest.approx(tau / p)
    assert periodic.survival(1.0) == pytest.approx((1 - p) ** 4)
    assert watch(verify("random")) == Watch(4 * 0.3)
    assert watch(verify("blind")) == NEVER
    mixed = watch(verify("mixed"))
    apart = Watch(-math.log(0.8)).survival(2.0) * Watch(0.0, ((5 / 12, 0.4),), 5 / 12).survival(2.0)
    assert mixed.survival(2.0) == pytest.approx(apart)
    assert mixed.survival(2.0) == pytest.approx(0.8**2 * 0.6**4)
    assert watch(verify("once")).survival(np.inf) == pytest.approx(0.3)


@pytest.mark.parametrize("form", ["mixed", "once_and_rate", "rounds"])
def test_drawn_times(form: str) -> None:
    """Play it: draw whether each visit sees it, and when it is seen by chance; 10^5 runs."""
    rng = np.random.default_rng(4)
    n, far = 100_000, 60.0
    law = verify(form)
    seen = [(t, then) for t, then in visits(law, far)]
    left = np.array([1.0, *(then for _, then in seen)])
    given_unseen = 1 - left[1:] / np.where(left[:-1] > 0, left[:-1], 1.0)
    hits = rng.random((n, len(seen))) < given_unseen
    by_visit = np.where(hits.any(axis=1), np.array([t for t, _ in seen])[hits.argmax(axis=1)], np.inf)
    rate = hazard(law)
    drawn = np.minimum(by_visit, rng.exponential(1 / rate, n) if rate else np.inf)
    found = watch(law)
    for t in (0.25, 0.6, 1.0, 3.0):
        chance = float(found.survival(t))
        assert abs((drawn > t).mean() - chance) < 4.5 * math.sqrt(chance * (1 - chance) / n) + 1e-12
    assert np.exp(-0.3 * drawn).mean() == pytest.approx(
        float(found.partial(0.3, -1, np.inf)), abs=4.5 * 0.3 / math.sqrt(n)
    )


def test_edges_of_a_visit() -> None:
    """A visit on a date belongs to what ends there; rounding of dates does not move it."""
    thirds = Watch(0.0, ((1 / 12, 0.5),), 1 / 12)
    date = sum([1 / 12] * 11)
    assert date != 11 / 12
    for t in (date, 11 / 12):
        assert thirds.survival(t) == pytest.approx(0.5**11)
        assert thirds.partial(0.0, t - 1 / 24, t) == pytest.approx(0.5**11)
        assert thirds.partial(0.0, t, t + 1 / 24) == 0
        assert DetectionTime(Verify.model_validate({"visits": {"every": "1 month", "detects": 0.5}})).left(
            t
        ) == pytest.approx(0.5**11)
        assert list(thirds.visits_at([t, t + 1 / 24, 0.0])) == [True, False, False]
    assert list(watch(verify("rounds_to_the_end")).visits_at([1.0, 1.25, 2.0, 2.1])) == [True, True, True, False]
    assert not watch(verify("rate")).visits_at(0.25)


# --- what verification is good enough for: DESIGN §7, row 3 -----------------------------------------------------


def faking(form: dict[str, Any], *, cost: float, gain: float = 1.0, collapse: float = 0.0) -> Dossier:
    """A can fake a flow that costs it something, and gains from one that B pays until it answers what it has seen."""
    give = {"mine": {"level": -cost}, "theirs": {"level": 1}}
    return Dossier.model_validate(
        {
            "detente": 1,
            "title": "one measure that can be faked",
            "start": "2020-01-01",
            "periods": ["4 x 3 months"],
            "interests": {i: {"unit": "points a year", "worst": 0, "best": 1} for i in ("mine", "theirs")},
            "parties": {
                "a": {"discount": "0.07 /year", "stakes": {"mine": 1}, "response_time": 0, "collapse_cost": collapse},
                "b": {"discount": "0.05 /year", "stakes": {"theirs": 1}, "response_time": "1 month"},
            },
            "measures": {
                "give": {"by": "a", "effects": give, "undo": {"in": 0}, "verify": {"delay": "1 month", **form}},
                "pay": {
                    "by": "b",
                    "effects": {"mine": {"level": gain}, "theirs": {"level": -0.1}},
                    "undo": {"in": 0},
                    "verify": "open",
                },
            },
        }
    )


SEEING = [form for form in FORMS if watch(verify(form)) != NEVER]


@pytest.mark.parametrize("form", SEEING)
def test_verification_is_good_enough_exactly_when(form: str) -> None:
    """Keepable iff (g + ρC)·E[e^(−ρT)] ≥ c: the judge's slack changes its sign at that cost, and so do the rows."""
    rho, gain, collapse = 0.07, 0.9, 3.0
    wait = 1 / 12 + 1 / 12
    weight = math.exp(-rho * wait) * float(watch(verify(form)).partial(rho, -1, np.inf))
    critical = (gain + rho * collapse) * weight
    for cost, sign in ((critical, 0), (critical * (1 + 1e-6), -1), (critical * (1 - 1e-6), 1)):
        dossier = faking(FORMS[form], cost=cost, gain=gain, collapse=collapse)
        plan = Plan(dict.fromkeys(dossier.measures, dossier.start))
        slacks = [s for s in Judge(dossier).slacks(plan) if s.kind == "covert" and s.leaves is None]
        assert slacks
        for s in slacks:
            assert s.slack == pytest.approx((critical - cost) / rho, abs=1e-11)
            assert sign == 0 or math.copysign(1, s.slack) == sign
        assert agree(dossier, plan, within=1e-10)


def test_rows_and_judge_agree_on_visits() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=60, deadline=None)
    @given(cases(visited=True))
    def compared(case: tuple[Dossier, Plan]) -> None:
        seen.update(agree(*case))

    compared()
    assert seen["covert"] >= 600, seen
    assert seen["secret_exposure"] >= 25, seen


@settings(max_examples=15, deadline=None)
@given(cases(visited=True, measures=4), st.data())
def test_visits_are_the_mean_of_their_stories(case: tuple[Dossier, Plan], data: st.DataObject) -> None:
    rows = [s for s in Judge(case[0]).slacks(case[1]) if s.keep is not None and s.measure]
    assume(rows)
    agrees(*case, data.draw(st.sampled_from(rows)))


# --- regimes, and what is seen no faster ------------------------------------------------------------------------


def test_a_regime_stands_in_place_of_what_is_around_it() -> None:
    body = {
        "detects": "10 %/year",
        "delay": "1 month",
        "regimes": {
            "full": {"days": "200 /year", "visits": {"every": "1 month", "detects": "80 %"}, "delay": "1 week"}
        },
    }
    without, full = (Verify.model_validate(body | extra) for extra in ({}, {"regime": "full"}))
    assert watch(without.chosen) == Watch(-math.log1p(-0.1))
    assert watch(full.chosen) == Watch(-math.log1p(-0.1), ((1 / 12, 0.8),), 1 / 12)
    assert without.under("full").delay.value == full.chosen.delay.value == pytest.approx(7 / 365.25)
    model = Model.of(faking(body | {"regime": "full"}, cost=1))
    assert model.detection[0] == watch(full.chosen)
    assert model.delay[0] == pytest.approx(7 / 365.25)


@pytest.mark.parametrize("discount", ["7 %/year", None])
def test_what_is_seen_no_faster(discount: str | None) -> None:
    """By E[e^(−ρ(T + delay))], for a faker without a discount by the mean: `never` is seen no faster than anything."""
    party = {"discount": discount, "response_time": 0} if discount else {"response_time": 0}
    dossier = Dossier.model_validate(
        {
            "detente": 1,
            "title": "much to fake",
            "start": "2020-01-01",
            "periods": ["4 x 3 months"],
            "parties": {"a": party, "b": {"response_time": 0}},
            "measures": {form: {"by": "a", "verify": {**how, "delay": "1 month"}} for form, how in FORMS.items()},
        }
    )
    rho = math.log(1.07) if discount else 1e-7
    speed = [float(watch(verify(form)).partial(rho, -1, np.inf)) for form in FORMS]
    facts, model = Judge(dossier).facts, Model.of(dossier)
    for m, form in enumerate(FORMS):
        slower = {n for n in range(len(FORMS)) if speed[n] <= speed[m] * (1 + 1e-12)}
        assert set(seen_no_faster(model, 0, m)) == no_faster(facts, 0, m)
        assert discount is None or no_faster(facts, 0, m) == slower
        assert list(FORMS).index("never") in slower, form
