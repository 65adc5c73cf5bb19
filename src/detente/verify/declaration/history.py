"""What the runs in a declaration can have made, as figures: the bridge from the file to `production`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from detente.verify.declaration.figures import ASSAYS, NATURAL_ASSAY, UncertainAmount, figure
from detente.verify.declaration.kinds import Material
from detente.verify.declaration.production import ALL, Campaign, Production, enrichment_capacity, plutonium_of
from detente.verify.declaration.statement import Counts, Declaration, Enrichment, Irradiation, days_of, years_of


def made_by(d: Declaration, runs: Iterable[str], material: Material, counts: Counts) -> Production | str:
    """What some runs made (or, for enrichment, can have made at most), in kg; or why that cannot be computed."""
    known = {name: d.operations[name] for name in runs if name in d.operations}
    if not known:
        return "no operating history is stated"
    reactors = {n: r for n, r in known.items() if isinstance(r, Irradiation)}
    plants = {n: r for n, r in known.items() if isinstance(r, Enrichment)}
    if material == "plutonium":
        return _plutonium(reactors, counts) if not plants else f"{next(iter(plants))} makes no plutonium"
    if material in ("heu", "leu"):
        return _enriched(plants, material) if not reactors else f"{next(iter(reactors))} enriches no uranium"
    return f"runs of reactors and enrichment plants do not say how much {material.replace('_', ' ')} there is"


def _plutonium(runs: dict[str, Irradiation], counts: Counts) -> Production | str:
    if counts == "separated":
        runs = {n: r for n, r in runs.items() if r.separated is not None}
        if missing := [n for n, r in runs.items() if r.recovered is None]:
            return f"{missing[0]} does not say what share of its plutonium was recovered"
        if not runs:
            return "no run says that its plutonium was separated"
    return plutonium_of([_campaign(r, counts) for r in runs.values()])


def _campaign(run: Irradiation, counts: Counts) -> Campaign:
    separated = run.recovered if counts == "separated" else None
    counted = ALL if separated is None else figure(separated)
    factor, grams = figure(run.capacity_factor), figure(run.grams_per_mwd)
    return Campaign(run.reactor, figure(run.power), days_of(run), factor, grams, counted)


def _enriched(runs: dict[str, Enrichment], material: Material) -> Production | str:
    """The most that enrichment runs can have made."""
    low, high = ASSAYS[material]
    for name, run in runs.items():
        if run.product.assay and not low <= run.product.assay.value <= high:
            return f"{name} enriches to {run.product.assay.value:.3%}, which is not {material.upper()}"
    parts = {name: capacity_of(name, run) for name, run in runs.items()}
    if reasons := [p for p in parts.values() if isinstance(p, str)]:
        return reasons[0]
    made = {name: p for name, p in parts.items() if isinstance(p, Production)}
    return _together(runs, made)


def _together(runs: dict[str, Enrichment], made: dict[str, Production]) -> Production:
    """Enrichment runs as one: what a plant's runs state alike is one unknown; availability differs from run to run."""
    spread: dict[tuple[str, str, UncertainAmount | None], float] = {}
    for name, p in made.items():
        alike = _of_the_plant(runs[name])
        for source, share in p.shares.items():
            key = (source, runs[name].plant, alike[source]) if source in alike else (source, name, None)
            spread[key] = spread.get(key, 0.0) + math.sqrt(share) * p.kg.u
    u = math.hypot(*spread.values())
    shares = dict.fromkeys((source for source, _, _ in spread), 0.0)
    for (source, _, _), part in spread.items():
        shares[source] += (part / u) ** 2 if u else 0.0
    return Production(UncertainAmount(math.fsum(p.kg.mean for p in made.values()), u), shares)


def _of_the_plant(run: Enrichment) -> dict[str, UncertainAmount]:
    """The inputs that are a plant's rather than a run's, by their names in `Production.shares`."""
    stated = {"separative capacity": run.capacity, "product assay": run.product.assay, "tails assay": run.tails.assay}
    return {name: figure(n) for name, n in stated.items() if n is not None} | {"feed assay": feed_assay(run)}


def capacity_of(name: str, run: Enrichment) -> Production | str:
    """The most product (kg) of one enrichment run, or what is missing."""
    if run.capacity is None:
        return f"{name} does not state its installed separative work"
    if run.product.assay is None or run.tails.assay is None:
        return f"{name} does not state the assay of its {'product' if run.product.assay is None else 'tails'}"
    product_, tails, feed = figure(run.product.assay), figure(run.tails.assay), feed_assay(run)
    if not tails.mean < feed.mean < product_.mean:
        return f"{name} has assays out of order"
    available = ALL if run.availability is None else figure(run.availability)
    return enrichment_capacity(figure(run.capacity), years_of(run), available, product=product_, tails=tails, feed=feed)


def feed_assay(run: Enrichment) -> UncertainAmount:
    """The assay of the feed: natural uranium's where it is not stated."""
    return UncertainAmount(NATURAL_ASSAY) if run.feed.assay is None else figure(run.feed.assay)
