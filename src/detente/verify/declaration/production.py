"""What a facility can have produced, from how it was run: plutonium, separative work, and the age of a separation.

Bookkeeping of a verifier: textbook relations between power, time and amounts, with their uncertainties.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detente.verify.declaration.figures import NATURAL_ASSAY, UncertainAmount, product, total

PU241_HALF_LIFE_YEARS, AM241_HALF_LIFE_YEARS = 14.33, 432.6
NATURAL = UncertainAmount(NATURAL_ASSAY)
ALL = UncertainAmount(1.0)
JOULES_PER_MEV = 1.602176634e-13
MOST_GRAMS_PER_MWD = 1.5
"""A megawatt-day is 1.05 g of U-235 fissioned; no reactor makes more than about as much plutonium as it fissions."""
BEYOND_MEANING = 1e100
"""A relative uncertainty that may as well be greater."""


@dataclass(frozen=True)
class Campaign:
    """One run of a reactor: thermal power (MW), days, the share of full power, grams of plutonium a MW-day.

    `recovered` is the share of it that counts: 1 for all that was made, less for what was separated.
    """

    reactor: str
    power_mw: UncertainAmount
    days: float
    capacity_factor: UncertainAmount
    grams_per_mwd: UncertainAmount
    recovered: UncertainAmount = ALL


@dataclass(frozen=True)
class Production:
    """An amount with its uncertainty, and which inputs that comes from."""

    kg: UncertainAmount
    shares: Mapping[str, float]
    """Share of the variance by input, each alone, adding up to 1 where there is any."""

    @property
    def driver(self) -> str | None:
        """The input that contributes most to the uncertainty."""
        return max(self.shares, key=lambda name: self.shares[name]) if any(self.shares.values()) else None


def plutonium(
    power_mw: UncertainAmount, days: float, capacity_factor: UncertainAmount, grams_per_mwd: UncertainAmount
) -> Production:
    """Plutonium made in one campaign, in kg: MW × days × capacity factor × g/MWd / 1000.

    The uncertainty is that of a product of independent factors, exactly. VERIFICATION "Physics".
    """
    return plutonium_of([Campaign("", power_mw, days, capacity_factor, grams_per_mwd)])


def plutonium_of(campaigns: Sequence[Campaign]) -> Production:
    """Plutonium made in several campaigns, in kg.

    Power and grams a MW-day are one unknown for all runs of a reactor that state them alike (their errors do not
    average out); capacity factors and recoveries are independent from run to run.
    """
    groups: dict[tuple[str, UncertainAmount, UncertainAmount], list[Campaign]] = {}
    for c in campaigns:
        groups.setdefault((c.reactor, c.power_mw, c.grams_per_mwd), []).append(c)
    made, variance = [], dict.fromkeys(("power", "capacity factor", "g/MWd", "recovery"), 0.0)
    for (_, power, grams), runs in groups.items():
        full_days = total(product([UncertainAmount(c.days), c.capacity_factor, c.recovered]) for c in runs)
        made.append(product([power, full_days, grams, UncertainAmount(1e-3)]))
        per_day, per_mw = power.mean * grams.mean / 1000, full_days.mean / 1000
        variance["power"] += (power.u * grams.mean * per_mw) ** 2
        variance["g/MWd"] += (grams.u * power.mean * per_mw) ** 2
        for c in runs:
            variance["capacity factor"] += (per_day * c.days * c.capacity_factor.u * c.recovered.mean) ** 2
            variance["recovery"] += (per_day * c.days * c.capacity_factor.mean * c.recovered.u) ** 2
    return Production(total(made), _shares(variance))


def _shares(variance: Mapping[str, float]) -> dict[str, float]:
    whole = math.fsum(variance.values())
    return {name: part / whole if whole else 0.0 for name, part in variance.items()}


def value_function(x: float) -> float:
    """V(x) = (2x − 1) ln(x/(1 − x)), of an assay strictly between 0 and 1."""
    return (2 * x - 1) * math.log(x / (1 - x))


@dataclass(frozen=True)
class Separation:
    """What enriching takes: kilograms of feed and tails, and separative work units (kg SWU)."""

    feed: float
    tails: float
    swu: float


def separation(product_kg: float, product: float, tails: float, feed: float = NATURAL_ASSAY) -> Separation:
    """Feed, tails and separative work for an amount of product, from assays with tails < feed < product.

    F = P (xp − xw)/(xf − xw), W = F − P, SWU = P V(xp) + W V(xw) − F V(xf).
    """
    if not 0 < tails < feed < product < 1:
        raise ValueError(f"assays must be in order: 0 < tails {tails} < feed {feed} < product {product} < 1")
    f = product_kg * (product - tails) / (feed - tails)
    w = f - product_kg
    swu = product_kg * value_function(product) + w * value_function(tails) - f * value_function(feed)
    return Separation(f, w, swu)


def enrichment_capacity(
    swu_per_year: UncertainAmount,
    years: float,
    availability: UncertainAmount,
    *,
    product: UncertainAmount,
    tails: UncertainAmount,
    feed: UncertainAmount = NATURAL,
) -> Production:
    """The most product (kg) that a plant can have made: SWU a year × years × availability / SWU per kg.

    Uncertainty by relative variances; the assays' part through the slope of SWU per kg.
    """
    per_kg = separation(1, product.mean, tails.mean, feed.mean).swu
    kg = swu_per_year.mean * years * availability.mean / per_kg

    def relative(name: str, f: UncertainAmount) -> float:
        """Relative change of SWU per kg for a standard uncertainty in one assay, by a central difference."""
        if f.u == 0:
            return 0.0
        assays = {"product": product.mean, "tails": tails.mean, "feed": feed.mean}
        step = 1e-4 * min(f.mean, 1 - f.mean, feed.mean - tails.mean, product.mean - feed.mean)
        up, down = (separation(1, **{**assays, name: f.mean + s}).swu for s in (step, -step))
        return (up - down) / (2 * step) * f.u / per_kg

    parts = {
        "separative capacity": swu_per_year.u / swu_per_year.mean if swu_per_year.mean else 0.0,
        "availability": availability.u / availability.mean if availability.mean else 0.0,
        **{f"{name} assay": relative(name, f) for name, f in (("product", product), ("tails", tails), ("feed", feed))},
    }
    variance = {name: min(abs(r), BEYOND_MEANING) ** 2 for name, r in parts.items()}
    return Production(UncertainAmount(kg, kg * math.sqrt(math.fsum(variance.values()))), _shares(variance))


def americium_ratio(years: float) -> float:
    """Am-241/Pu-241 atoms so many years after plutonium was separated clean of americium (Bateman)."""
    pu, am = _decay_constants()
    return pu / (pu - am) * math.expm1((pu - am) * years)


def separation_age(ratio: UncertainAmount) -> UncertainAmount:
    """Years since plutonium was last separated, from its Am-241/Pu-241 atom ratio: the inverse of `americium_ratio`."""
    pu, am = _decay_constants()
    grown = ratio.mean * (pu - am) / pu
    return UncertainAmount(math.log1p(grown) / (pu - am), ratio.u / (pu * (1 + grown)))


def _decay_constants() -> tuple[float, float]:
    return math.log(2) / PU241_HALF_LIFE_YEARS, math.log(2) / AM241_HALF_LIFE_YEARS


def fissions_per_mwd(mev_per_fission: float = 200.0) -> float:
    """Fissions in a megawatt-day of heat: the scale on which grams a MW-day must lie."""
    return 1e6 * 86_400 / (mev_per_fission * JOULES_PER_MEV)


def grams_fissioned_per_mwd(mev_per_fission: float = 200.0) -> float:
    """Grams of U-235 fissioned in a megawatt-day of heat: about 1.05."""
    avogadro, grams_per_mole = 6.02214076e23, 235.0439301
    return fissions_per_mwd(mev_per_fission) / avogadro * grams_per_mole
