"""Comparisons, pooling and completeness against published vectors, quadrature and Monte Carlo."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import integrate, stats

from detente.verify.declaration.estimates import (
    Estimate,
    Undeclared,
    bayes_factor,
    chance_complete,
    difference,
    gap_chance_over,
    log_bayes_factor,
    pool,
    recapture,
    sites_unseen,
    still_hidden,
    what_flips,
)
from detente.verify.declaration.figures import (
    KG_PER_SIGNIFICANT_QUANTITY,
    UncertainAmount,
    chance,
    kg_per_significant_quantity,
    product,
)
from detente.verify.declaration.history import made_by
from detente.verify.declaration.production import (
    Campaign,
    americium_ratio,
    enrichment_capacity,
    fissions_per_mwd,
    grams_fissioned_per_mwd,
    plutonium,
    plutonium_of,
    separation,
    separation_age,
)
from tests.verify.small_declaration import small

DRAWS = 200_000


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, dict[str, Any]]:
    known = json.loads((shared / "data/known_answers/verification.json").read_text(encoding="utf-8"))
    return {v["name"]: v for v in known}


def test_vectors_of_comparison(vectors: dict[str, Any]) -> None:
    v = vectors["declaration_z"]
    declared, estimate = UncertainAmount(37.0), UncertainAmount(45.0, 3.04)
    z = difference(declared, estimate)
    assert z == pytest.approx(v["expected"]["z"], abs=1e-9)
    assert z is not None
    assert stats.norm.cdf(z) == pytest.approx(v["expected"]["p_one_sided"], abs=1e-9)
    assert gap_chance_over(8, 8, 3.04) == pytest.approx(v["expected"]["p_undeclared_gt_8"], abs=1e-9)
    v = vectors["declaration_bayes_factor"]
    factor = bayes_factor(8, 3.04, 30)
    assert factor == pytest.approx(v["expected"]["BF_undeclared_vs_true"], abs=1e-9)
    assert factor is not None
    assert chance_complete(factor) == pytest.approx(v["expected"]["posterior_true_prior_half"], abs=1e-9)
    v = vectors["combine_estimates"]
    given_ = zip(v["inputs"]["estimates"], v["inputs"]["u"], strict=True)
    pooled = pool([Estimate(str(i), UncertainAmount(*f)) for i, f in enumerate(given_)])
    e = v["expected"]
    assert pooled.amount == pytest.approx((e["mean"], e["se"]), abs=1e-9)
    assert (pooled.chi2, pooled.birge, pooled.p) == pytest.approx((e["chi2"], e["birge"], e["p"]), abs=1e-9)


def test_vectors_of_sites(vectors: dict[str, Any]) -> None:
    v = vectors["site_completeness"]
    found = [still_hidden(i["prior"], i["q"], i["k_looks"]) for i in v["inputs"]]
    assert found == pytest.approx(v["expected"], abs=1e-12)
    v = vectors["undeclared_sites_poisson"]
    assert sites_unseen(v["inputs"]["lambda"], v["inputs"]["q"]) == pytest.approx(
        (v["expected"]["posterior_mean"], v["expected"]["p_none"]), abs=1e-12
    )


def test_vectors_of_significant_quantities(vectors: dict[str, Any]) -> None:
    e = vectors["iaea_significant_quantities"]["expected"]
    ours = KG_PER_SIGNIFICANT_QUANTITY
    assert (ours["plutonium"], ours["u233"]) == (e["Pu_kg"], e["U233_kg"])
    assert (ours["heu"], ours["leu"]) == (e["HEU_U235_kg"], e["LEU_U235_kg"])
    tons = [ours[m] / 1000 for m in ("natural_uranium", "depleted_uranium", "thorium")]
    assert tons == [e["natural_U_t"], e["depleted_U_t"], e["thorium_t"]]
    v = vectors["sq_masses"]
    # An amount of 25 kg U-235 is asked for even at 4.5 %, so it is divided by the assay as for `heu`.
    kinds = {25: "heu", 75: "leu"}
    masses = [kg_per_significant_quantity(kinds[i["SQ_U235"]], i["enrichment"]) for i in v["inputs"]]
    assert masses == pytest.approx(v["expected"], abs=1e-9)
    assert kg_per_significant_quantity("heu") == 25  # not stated: taken as U-235


@pytest.mark.parametrize(
    "name", ["swu_cyclus_toolkit", "swu_natU_to_3.5pct", "swu_natU_to_90pct_t0.30", "swu_natU_to_90pct_t0.25",
             "swu_natU_to_90pct_t0.35"],
)  # fmt: skip
def test_vectors_of_separative_work(vectors: dict[str, Any], name: str) -> None:
    v = vectors[name]
    i, e = v["inputs"], v["expected"]
    s = separation(i["P_kg"], i["xp"], i["xw"], i["xf"])
    assert (s.feed, s.tails, s.swu) == pytest.approx((e["feed"], e["tails"], e["swu"]), abs=1e-9)


def test_vectors_of_cycamore(vectors: dict[str, Any]) -> None:
    v = vectors["swu_cycamore_physor"]
    i = v["inputs"]
    steps = [
        [separation(kg, float(x.strip("%")) / 100, i["xw"], i["xf"]) for x, kg in step.items()]
        for step in i["product_kg_per_step"]
    ]
    assert [sum(s.swu for s in step) for step in steps] == pytest.approx(v["expected"]["swu"], abs=0.005)
    assert [sum(s.feed for s in step) for step in steps] == pytest.approx(v["expected"]["natural_uranium"], abs=0.005)


def test_vectors_of_production(vectors: dict[str, Any]) -> None:
    i = vectors["pu_production_nti_50mwe"]["inputs"]
    made = plutonium(
        UncertainAmount(i["MWth"]), i["days"], UncertainAmount(i["capacity_factor"]), UncertainAmount(i["g_per_MWd"])
    )
    assert made.kg == pytest.approx((54.75, 0), abs=1e-9)
    v = vectors["pu_production_5mwe_range"]
    i = v["inputs"]
    ends = [
        plutonium(
            UncertainAmount(i["MWth"][n]),
            365,
            UncertainAmount(i["capacity_factor"][n]),
            UncertainAmount(i["g_per_MWd"][n]),
        ).kg.mean
        for n in (0, 1)
    ]
    assert ends == pytest.approx([v["expected"]["low"], v["expected"]["high"]], abs=1e-9)
    v = vectors["fission_energy_check"]["expected"]
    assert fissions_per_mwd() == pytest.approx(v["fissions_per_MWd"], rel=1e-6)
    assert grams_fissioned_per_mwd() == pytest.approx(v["g_U235_fissioned_per_MWd"], rel=1e-6)


def test_vectors_of_enrichment_and_age(vectors: dict[str, Any]) -> None:
    v = vectors["heu_from_swu"]
    one = UncertainAmount(1.0)
    kg = [
        enrichment_capacity(
            UncertainAmount(8000),
            1,
            one,
            product=UncertainAmount(0.9),
            tails=UncertainAmount(t),
            feed=UncertainAmount(0.00711),
        ).kg.mean
        for t in v["inputs"]["tails"]
    ]
    assert kg == pytest.approx(v["expected"]["kg_per_year"], abs=1e-9)
    v = vectors["am241_pu241_age"]
    ratios = [americium_ratio(t) for t in v["inputs"]["t_years"]]
    assert ratios == pytest.approx(v["expected"]["atom_ratio"], abs=1e-9)
    assert [separation_age(UncertainAmount(r)).mean for r in ratios] == pytest.approx(v["inputs"]["t_years"], abs=1e-9)


def test_published_scale_check_of_the_small_reactor() -> None:
    """22.5 ± 1.5 MW, .75 ± .08, .95 ± .05 a year: 5.85 ± 0.80 kg."""
    made = plutonium(UncertainAmount(22.5, 1.5), 365, UncertainAmount(0.75, 0.08), UncertainAmount(0.95, 0.05))
    assert made.kg == pytest.approx((5.85, 0.80), abs=0.005)
    assert made.driver == "capacity factor"
    assert sum(made.shares.values()) == pytest.approx(1)


def test_production_against_monte_carlo() -> None:
    rng = np.random.default_rng(4)
    power, grams = rng.normal(22.5, 1.5, DRAWS), rng.normal(0.95, 0.05, DRAWS)
    factors = [(1000.0, 0.6, 0.1), (700.0, 0.8, 0.05)]
    drawn = sum(power * days * rng.normal(c, u, DRAWS) * grams / 1000 for days, c, u in factors)
    runs = [
        Campaign("r", UncertainAmount(22.5, 1.5), days, UncertainAmount(c, u), UncertainAmount(0.95, 0.05))
        for days, c, u in factors
    ]
    made = plutonium_of(runs).kg
    assert made.mean == pytest.approx(float(np.mean(drawn)), rel=0.002)
    assert made.u == pytest.approx(float(np.std(drawn)), rel=0.01)
    apart = [Campaign(str(i), r.power_mw, r.days, r.capacity_factor, r.grams_per_mwd) for i, r in enumerate(runs)]
    assert plutonium_of(apart).kg.u < made.u, "a shared error does not average out"


def test_recovery_is_a_source_of_uncertainty_of_its_own() -> None:
    """What drives the answer is named: 90 ± 20 % recovered is not put down to the capacity factor."""
    run = Campaign(
        "r",
        UncertainAmount(22.5),
        700,
        UncertainAmount(0.8, 0.01),
        UncertainAmount(0.95, 0.01),
        UncertainAmount(0.9, 0.2),
    )
    assert plutonium_of([run]).driver == "recovery"
    drawn = np.random.default_rng(14).normal(0, 1, (3, DRAWS)) * [[0.01], [0.01], [0.2]] + [[0.8], [0.95], [0.9]]
    assert plutonium_of([run]).kg.u == pytest.approx(float(np.std(15.75 * np.prod(drawn, axis=0))), rel=0.01)


def test_products_neither_overflow_nor_lose_small_uncertainties() -> None:
    assert product([UncertainAmount(1e-300, 12.0), UncertainAmount(0.9)]) == pytest.approx((9e-301, 10.8))
    assert product([UncertainAmount(10, 1e-9), UncertainAmount(0.9)]).u == pytest.approx(9e-10, rel=1e-12)
    assert product([UncertainAmount(0, 2), UncertainAmount(3, 1)]) == pytest.approx((0, math.hypot(6, 2)))


def test_what_a_plant_states_alike_for_two_runs_is_one_unknown() -> None:
    """Errors of installed work and assays are shared by the runs of a plant, availability is each run's own."""
    rng = np.random.default_rng(15)
    capacity, tails = rng.normal(8000, 800, DRAWS), rng.normal(0.003, 0.0002, DRAWS)
    v = [(2 * x - 1) * np.log(x / (1 - x)) for x in (0.9, tails, 0.00711)]
    per_kg = v[0] + ((0.9 - tails) / (0.00711 - tails) - 1) * v[1] - (0.9 - tails) / (0.00711 - tails) * v[2]
    drawn = sum(capacity / per_kg * rng.normal(0.7, 0.1, DRAWS) for _ in range(2))
    run = {"plant": "hall", "capacity": {"mean": 8000, "sd": 800}, "availability": {"mean": 0.7, "sd": 0.1},
           "product": {"assay": 0.9}, "tails": {"assay": {"mean": 0.003, "sd": 0.0002}}, "source": "x"}  # fmt: skip
    years = {y: {**run, "begun": f"{y}-01-01", "ended": f"{y + 1}-01-01"} for y in (2010, 2014)}
    d = small(operations={f"y{y}": r for y, r in years.items()}, **_without_runs())
    made = made_by(d, ["y2010", "y2014"], "heu", "produced")
    assert not isinstance(made, str)
    assert made.kg.u == pytest.approx(float(np.std(drawn)) * 365 / 365.25, rel=0.02)
    assert sum(made.shares.values()) == pytest.approx(1)


def _without_runs() -> dict[str, Any]:
    return {f"claims__{n}__operations": None for n in ("pu", "sep", "heu")}


def test_a_run_that_makes_reactor_fuel_makes_no_highly_enriched_uranium() -> None:
    d = small(operations__cascade__product__assay="4 %")
    assert made_by(d, ["cascade"], "heu", "produced") == "cascade enriches to 4.000%, which is not HEU"
    assert not isinstance(made_by(d, ["cascade"], "leu", "produced"), str)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (UncertainAmount(30, 0.5), "30 ± 0.5"),
        (UncertainAmount(2182.5, 5), "2,182.5 ± 5"),
        (UncertainAmount(12345.678), "12,346"),
        (UncertainAmount(30.8, 0.05), "30.8 ± 0.05"),
        (UncertainAmount(0), "0"),
        (UncertainAmount(1e-9), "1e-09"),
        (UncertainAmount(1e300, 1e299), "1e+300 ± 1e+299"),
    ],
)
def test_figures_as_people_read_them(amount: UncertainAmount, text: str) -> None:
    assert str(amount) == text


def test_a_chance_is_not_rounded_to_certainty() -> None:
    assert [chance(p) for p in (0, 1e-9, 0.01, 0.5, 0.999, 1)] == [
        "0 %", "less than 1 %", "1 %", "50 %", "more than 99 %", "100 %",
    ]  # fmt: skip


def test_enrichment_uncertainty_against_monte_carlo() -> None:
    rng = np.random.default_rng(5)
    tails, swu = rng.normal(0.003, 0.0003, DRAWS), rng.normal(8000, 800, DRAWS)
    v = [(2 * x - 1) * np.log(x / (1 - x)) for x in (0.9, tails, 0.00711)]
    feed = (0.9 - tails) / (0.00711 - tails)
    drawn = swu * 2 * 0.8 / (v[0] + (feed - 1) * v[1] - feed * v[2])
    made = enrichment_capacity(
        UncertainAmount(8000, 800),
        2,
        UncertainAmount(0.8),
        product=UncertainAmount(0.9),
        tails=UncertainAmount(0.003, 0.0003),
    )
    assert made.kg.mean == pytest.approx(float(np.mean(drawn)), rel=0.005)
    assert made.kg.u == pytest.approx(float(np.std(drawn)), rel=0.02)
    assert made.driver == "separative capacity"


@given(st.floats(0.0011, 0.006), st.floats(0.02, 0.95))
def test_enriching_in_two_steps_takes_the_same_work(tails: float, high: float) -> None:
    """Value functions add up: through an assay on the way, with all streams carried on, the work is the same."""
    middle = 0.00711 + (high - 0.00711) * 0.3
    direct = separation(1, high, tails)
    second = separation(1, high, 0.00711, middle)  # its tails are natural again and go back
    first = separation(second.feed, middle, tails)
    assert first.swu + second.swu == pytest.approx(direct.swu, rel=1e-9)
    assert first.feed - second.tails == pytest.approx(direct.feed, rel=1e-9)


def test_assays_out_of_order() -> None:
    with pytest.raises(ValueError, match="in order"):
        separation(1, 0.9, 0.008, 0.00711)


def test_age_uncertainty_is_the_slope() -> None:
    step = 1e-6
    slope = (separation_age(UncertainAmount(0.3 + step)).mean - separation_age(UncertainAmount(0.3 - step)).mean) / (
        2 * step
    )
    assert separation_age(UncertainAmount(0.3, 0.01)).u == pytest.approx(0.01 * slope, rel=1e-6)


@pytest.mark.parametrize(("gap", "u"), [(8, 3.04), (-5, 2), (0, 1), (30, 0.5), (-20, 1), (-250, 2)])
def test_undeclared_against_quadrature(gap: float, u: float) -> None:
    """The definition: the normal density over [0, ∞), normalised there (scaled so that far tails do not vanish)."""
    peak = max(gap, 0.0)
    reach = 40 * u if gap >= 0 else 40 * u * u / (u + abs(gap))

    def density(x: float) -> float:
        return math.exp(-0.5 * ((x - gap) ** 2 - (peak - gap) ** 2) / u**2)

    low, high = max(0.0, peak - 40 * u), peak + reach
    whole = integrate.quad(density, low, high, limit=400, points=[peak] if low < peak else None)[0]
    first = integrate.quad(lambda x: x * density(x), low, high, limit=400, points=[peak] if low < peak else None)[0]
    hidden = Undeclared(gap, u)
    assert hidden.mean == pytest.approx(first / whole, rel=1e-7)
    p95 = hidden.quantile(0.95)
    assert integrate.quad(density, p95, high, limit=400)[0] / whole == pytest.approx(0.05, rel=1e-6)
    assert hidden.chance_over(p95) == pytest.approx(0.05, rel=1e-6)


def test_undeclared_against_monte_carlo() -> None:
    drawn = np.random.default_rng(6).normal(8, 3.04, DRAWS)
    kept = drawn[drawn > 0]
    hidden = Undeclared(8, 3.04)
    assert hidden.chance_over(8) == pytest.approx(float(np.mean(kept > 8)), abs=0.004)
    assert hidden.mean == pytest.approx(float(np.mean(kept)), abs=0.03)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.floats(0, 1e6))
def test_undeclared_is_never_less_than_nothing(gap: float, u: float, amount: float) -> None:
    hidden = Undeclared(gap, u)
    assert 0 <= hidden.chance_over(amount) <= 1 + 1e-9
    assert 0 <= hidden.mean < math.inf
    assert hidden.mean >= gap - 1e-6 * max(1, abs(gap))
    assert 0 <= hidden.quantile(0.5) <= hidden.quantile(0.95) < math.inf


def test_undeclared_without_uncertainty() -> None:
    assert Undeclared(5, 0).chance_over(4) == 1
    assert Undeclared(-5, 0).mean == 0
    assert Undeclared(5, 0).quantile(0.95) == 5
    assert difference(UncertainAmount(1), UncertainAmount(2)) is None
    assert difference(UncertainAmount(2), UncertainAmount(2)) == 0


@pytest.mark.parametrize(("gap", "u", "up_to"), [(8, 3.04, 30), (-4, 2, 10), (20, 5, 8), (0, 1, 3)])
def test_bayes_factor_against_quadrature(gap: float, u: float, up_to: float) -> None:
    some = integrate.quad(lambda x: stats.norm.pdf(gap, x, u) / up_to, 0, up_to)[0]
    assert bayes_factor(gap, u, up_to) == pytest.approx(some / stats.norm.pdf(gap, 0, u), rel=1e-8)


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e3), st.floats(1e-3, 1e5))
def test_bayes_factor_is_finite_in_logs(gap: float, u: float, up_to: float) -> None:
    log = log_bayes_factor(gap, u, up_to)
    assert log is not None
    assert not math.isnan(log)
    assert 0 <= chance_complete(bayes_factor(gap, u, up_to) or 0.0) <= 1


def test_no_uncertainty_no_bayes_factor() -> None:
    assert bayes_factor(8, 0, 30) is None


def test_a_narrow_prior_is_hardly_told_from_nothing() -> None:
    """To first order the log of the factor is gap·M/(2u²); below that the two normal tails cannot be subtracted."""
    for up_to in (1e-3, 1e-6, 1e-17):
        assert log_bayes_factor(1, 5, up_to) == pytest.approx(up_to / 50, rel=1e-3)


@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_a_certain_prior_stays_whatever_the_evidence(prior: float) -> None:
    assert chance_complete(math.inf, prior) == prior
    assert chance_complete(0.0, prior) == prior


def test_pooling_one_origin_is_one_estimate() -> None:
    """Repeating an agency's number adds nothing; two agencies with that number do."""
    one = pool([Estimate("a", UncertainAmount(40, 4))])
    repeated = pool([Estimate("a", UncertainAmount(40, 4), "x"), Estimate("b", UncertainAmount(40, 4), "x")])
    apart = pool([Estimate("a", UncertainAmount(40, 4)), Estimate("b", UncertainAmount(40, 4))])
    assert repeated.amount == pytest.approx(one.amount)
    assert (repeated.degrees, repeated.birge) == (0, 1)
    assert apart.amount.u == pytest.approx(4 / math.sqrt(2))
    spread = pool([Estimate("a", UncertainAmount(30, 4), "x"), Estimate("b", UncertainAmount(50, 4), "x")])
    assert spread.amount == pytest.approx((40, math.hypot(4, 10)))


@given(st.lists(st.tuples(st.floats(0, 1e12), st.floats(1e-9, 1e12)), min_size=1, max_size=6))
def test_pooling_stays_between_the_estimates(figures: list[tuple[float, float]]) -> None:
    pooled = pool([Estimate(str(i), UncertainAmount(*f)) for i, f in enumerate(figures)])
    means = [m for m, _ in figures]
    slack = 1e-9 * max(1.0, *means)
    assert min(means) - slack <= pooled.amount.mean <= max(means) + slack
    assert pooled.amount.u <= min(u for _, u in figures) * (1 + 1e-9)
    assert sum(w for _, w in pooled.weights) == pytest.approx(1)
    assert 0 <= pooled.p <= 1


def test_chi2_of_the_pool_against_monte_carlo() -> None:
    rng = np.random.default_rng(7)
    u = np.array([5.0, 8.0, 6.0])
    x = rng.normal(35, u, (100_000, 3))
    w = u**-2 / np.sum(u**-2)
    chi2 = np.sum(((x - (x @ w)[:, None]) / u) ** 2, axis=1)
    assert np.mean(chi2 > 4.367194004995837) == pytest.approx(0.11263565038613282, abs=0.004)


def test_pooling_needs_uncertainty() -> None:
    with pytest.raises(ValueError, match="uncertainty"):
        pool([Estimate("a", UncertainAmount(1))])


def test_what_flips() -> None:
    estimates = [Estimate("low", UncertainAmount(30, 2)), Estimate("high", UncertainAmount(60, 2))]
    assert what_flips(estimates, lambda some: "no" if pool(some).amount.mean > 40 else "yes") == (("high", "yes"),)


def test_a_group_that_flips_though_none_of_it_does_alone() -> None:
    high = [Estimate(n, UncertainAmount(60, 2), "agency") for n in ("a", "b")]
    low = Estimate("low", UncertainAmount(30, 2))
    assert what_flips([low, *high], lambda some: "no" if pool(some).amount.mean > 40 else "yes") == (("agency", "yes"),)


def test_looks_against_monte_carlo() -> None:
    rng = np.random.default_rng(8)
    there = rng.random(DRAWS) < 0.5
    found = there & (rng.random((3, DRAWS)) < 0.6).any(axis=0)
    assert still_hidden(0.5, 0.6, 3) == pytest.approx(float(np.mean(there[~found])), abs=0.004)
    assert still_hidden(1, 1, 1) == 0
    assert still_hidden(1, 0.9, 1000) == 1, "what is certain stays certain, however often nothing is found"
    assert still_hidden(0.3, 0.5, 0) == 0.3


def test_unseen_sites_against_monte_carlo() -> None:
    rng = np.random.default_rng(9)
    sites = rng.poisson(2, DRAWS)
    unseen = rng.binomial(sites, 0.3)
    mean, none = sites_unseen(2, 0.7)
    assert (mean, none) == pytest.approx((float(np.mean(unseen)), float(np.mean(unseen == 0))), abs=0.005)


def test_unseen_sites_of_an_uncertain_number_against_monte_carlo() -> None:
    """2 ± 1 expected sites are gamma-distributed (shape 4, scale 1/2); half of those there were found."""
    rng = np.random.default_rng(12)
    unseen = rng.binomial(rng.poisson(rng.gamma(4, 0.5, DRAWS)), 0.5)
    mean, none = sites_unseen(2, 0.5, 1)
    assert (mean, none) == pytest.approx((float(np.mean(unseen)), float(np.mean(unseen == 0))), abs=0.005)
    assert none > sites_unseen(2, 0.5)[1]
    assert sites_unseen(0, 0.5, 1) == (0, 1)


def test_recapture_variance_against_monte_carlo() -> None:
    """Chapman's variance is unbiased: its mean is the spread of the estimates over simulated lists."""
    rng = np.random.default_rng(13)
    first, second = rng.random((2, 100_000, 60)) < 0.6
    pairs = zip(first.sum(1), second.sum(1), (first & second).sum(1), strict=True)
    found = [recapture(int(a), int(b), int(m)) for a, b, m in pairs]
    assert np.mean([r.sd**2 for r in found]) == pytest.approx(float(np.var([r.total for r in found])), rel=0.03)


@pytest.mark.parametrize(("a", "b", "m"), [(3, 7, 3), (5, 5, 5), (0, 4, 0), (0, 0, 0)])
def test_a_list_within_the_other_says_nothing_of_the_rest(a: int, b: int, m: int) -> None:
    assert (recapture(a, b, m).low, recapture(a, b, m).high) == (None, None)


def test_recapture_by_hand_and_its_interval_covers() -> None:
    """Chapman by hand: 21·16/10 − 1 = 32.6. Simulated lists of 60 sites: mean near 60, cover near 95 %."""
    by_hand = recapture(20, 15, 9)
    assert by_hand.total == pytest.approx(32.6)
    assert by_hand.seen == 26
    rng = np.random.default_rng(10)
    first, second = rng.random((2, 20_000, 60)) < 0.5
    pairs = zip(first.sum(1), second.sum(1), (first & second).sum(1), strict=True)
    estimates = [recapture(int(a), int(b), int(m)) for a, b, m in pairs]
    assert np.mean([e.total for e in estimates]) == pytest.approx(60, rel=0.01)
    assert (
        0.93 <= np.mean([e.low is not None and e.high is not None and e.low <= 60 <= e.high for e in estimates]) <= 0.98
    )


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_recapture_never_falls_below_what_is_known(a: int, b: int, m: int) -> None:
    assume(m <= min(a, b))
    r = recapture(a, b, m)
    assert r.seen <= r.total + 1e-9
    if r.low is not None and r.high is not None:
        assert r.seen <= r.low + 1e-9 <= r.high + 1e-6
        assert r.low <= r.total <= r.high + 1e-9


def test_recapture_refuses_the_impossible() -> None:
    with pytest.raises(ValueError, match="cannot share"):
        recapture(2, 3, 4)
