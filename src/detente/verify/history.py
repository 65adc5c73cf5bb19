"""What the runs in a declaration can have made, as figures: the bridge from the file to `production`."""

from __future__ import annotations

from collections.abc import Iterable

from detente.verify.declaration import Counts, Declaration, Enrichment, Irradiation, Material, days_of, years_of
from detente.verify.figures import NATURAL_ASSAY, Figure, figure, product, total
from detente.verify.production import Campaign, Production, enrichment_capacity, plutonium_of

ALL = Figure(1.0)


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
        return _enriched(plants) if not reactors else f"{next(iter(reactors))} enriches no uranium"
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
    factor = figure(run.capacity_factor)
    if counts == "separated" and run.recovered is not None:
        factor = product([factor, figure(run.recovered)])
    return Campaign(run.reactor, figure(run.power), days_of(run), factor, figure(run.grams_per_mwd))


def _enriched(runs: dict[str, Enrichment]) -> Production | str:
    """The most that enrichment runs can have made."""
    parts = [capacity_of(name, run) for name, run in runs.items()]
    if reasons := [p for p in parts if isinstance(p, str)]:
        return reasons[0]
    made = [p for p in parts if isinstance(p, Production)]
    whole = total(p.kg for p in made)
    names = {name for p in made for name in p.shares}
    variance = {n: sum(p.shares.get(n, 0.0) * p.kg.u**2 for p in made) for n in sorted(names)}
    return Production(whole, {n: v / whole.u**2 if whole.u**2 else 0.0 for n, v in variance.items()})


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


def feed_assay(run: Enrichment) -> Figure:
    """The assay of the feed: natural uranium's where it is not stated."""
    return Figure(NATURAL_ASSAY) if run.feed.assay is None else figure(run.feed.assay)
