"""One claim beside what others estimate: the difference, what may be undeclared, and what the answer turns on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

from detente.verify.declaration.estimates import (
    Estimate,
    Pooled,
    Undeclared,
    bayes_factor,
    chance_complete,
    difference,
    pool,
    what_flips,
)
from detente.verify.declaration.figures import (
    Z_LIMIT,
    UncertainAmount,
    figure,
    in_quantities,
    kg_per_significant_quantity,
    minus,
    total,
)
from detente.verify.declaration.figures import chance as percent
from detente.verify.declaration.history import made_by
from detente.verify.declaration.production import Production
from detente.verify.declaration.statement import Claim, Counts, Declaration, OutsideEstimate

Conclusion = Literal["yes", "no", "cannot say"]
BY_CHANCE = 0.05
"""Estimates that lie further apart by chance alone more often than this do not contradict each other."""
FAR_APART = 180
"""Days between an estimate and the claim that are worth a word."""
MOST_CHANCE = 0.05
"""A declaration agrees only where the chance that a significant quantity is missing is no more than this."""


@dataclass(frozen=True)
class Comparison:
    """One claim beside all outside estimates of the same thing at about the same time."""

    claim: str
    agrees: Conclusion
    why: str
    declared: UncertainAmount | None = None
    estimate: UncertainAmount | None = None
    z: float | None = None
    undeclared_mean: float | None = None
    undeclared_p95: float | None = None
    chance_over_one_sq: float | None = None
    kg_per_sq: float | None = None
    bayes_factor: float | None = None
    chance_complete: float | None = None
    pooled: Pooled | None = None
    used: tuple[str, ...] = ()
    days_apart: tuple[tuple[str, int], ...] = ()
    """Days from each estimate used to the claim; nothing is added to an estimate for the time between."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Estimates that were not compared, and why."""
    shares: tuple[tuple[str, float], ...] = ()
    """Share of the variance of the difference by what it comes from, greatest first."""
    flips: tuple[tuple[str, str], ...] = ()
    """Estimates, and groups of them, each of which, left out alone, changes the answer; and to what."""
    if_counted_otherwise: str | None = None
    """The answer if the claim counts the other thing (separated, not all that was made), if it differs."""
    verifiers: tuple[str, ...] = ()
    arbiter: str | None = None

    @property
    def gap_sq(self) -> float | None:
        """Estimate minus declared in significant quantities."""
        if self.declared is None or self.estimate is None or not self.kg_per_sq:
            return None
        return (self.estimate.mean - self.declared.mean) / self.kg_per_sq


@dataclass(frozen=True)
class Revision:
    """The declaring party's own figures for the same thing, one after the other."""

    earlier: str
    later: str
    change: UncertainAmount
    z: float | None
    message: str


def declared_amount(d: Declaration, claim: str) -> UncertainAmount | None:
    """What a claim says there ever was: its total, else the sum of what it says became of it."""
    stated = d.claims[claim].total
    if stated is not None:
        return figure(stated)
    parts = [h for h in d.materials.values() if h.claim == claim]
    if not parts or any(h.mass is None for h in parts):
        return None
    gone = total(figure(h.mass) for h in parts if h.mass and h.role != "received")
    return minus(gone, total(figure(h.mass) for h in parts if h.mass and h.role == "received"))


def compare(d: Declaration, name: str) -> Comparison:
    """One claim beside every outside estimate of the same thing at about the same time. VERIFICATION §5."""
    claim = d.claims[name]
    verifiers, arbiter = claim.verified_by or d.verifiers, claim.arbitrated_by or d.arbiter
    none = Comparison(name, "cannot say", "it does not say how much", verifiers=verifiers, arbiter=arbiter)
    declared = declared_amount(d, name)
    if declared is None:
        return none
    usable, inputs, left_out = _comparable(d, claim, claim.counts)
    kg = kg_per_significant_quantity(claim.material, claim.assay.value if claim.assay else None)
    why = "no outside estimate speaks of the same thing at about the same time"
    alone = replace(none, why=why, declared=declared, kg_per_sq=kg, left_out=left_out)
    if not usable:
        return alone
    answer, why = _answer(declared, usable, kg)
    pooled = pool(usable)
    return replace(
        _hidden(d, alone, declared, pooled.cautious, kg),
        agrees=answer,
        why=why,
        pooled=pooled,
        used=tuple(e.name for e in usable),
        days_apart=_days_apart(d, claim, usable),
        shares=_shares(declared, pooled, inputs),
        flips=what_flips(usable, lambda some: _answer(declared, some, kg)[0]),
        if_counted_otherwise=_otherwise(d, claim, declared, kg, answer),
    )


def _hidden(
    d: Declaration, c: Comparison, declared: UncertainAmount, estimate: UncertainAmount, kg: float
) -> Comparison:
    """What may be undeclared, and how far the evidence speaks against the claim's being complete."""
    gap = minus(estimate, declared)
    hidden = Undeclared(gap.mean, gap.u)
    prior = d.prior.get(d.claims[c.claim].material)
    factor = bayes_factor(gap.mean, gap.u, figure(prior.undeclared_up_to).mean) if prior else None
    complete = chance_complete(factor, prior.complete.value) if prior and factor is not None else None
    return replace(
        c,
        estimate=estimate,
        z=difference(declared, estimate),
        undeclared_mean=hidden.mean,
        undeclared_p95=hidden.quantile(0.95),
        chance_over_one_sq=hidden.chance_over(kg),
        bayes_factor=factor,
        chance_complete=complete,
    )


def _answer(declared: UncertainAmount, usable: Sequence[Estimate], kg: float) -> tuple[Conclusion, str]:
    """Whether a declared amount agrees with some estimates, and why."""
    estimate = pool(usable).cautious
    gap = minus(estimate, declared)
    z = difference(declared, estimate)
    if z is None or abs(z) > Z_LIMIT:
        less = "less" if gap.mean > 0 else "more"
        return "no", f"{less} is declared than is estimated, by more than the uncertainties allow"
    chance = Undeclared(gap.mean, gap.u).chance_over(kg)
    if chance <= MOST_CHANCE:
        return "yes", "the difference is within the uncertainties, which are too small to hide a significant quantity"
    return "cannot say", f"the estimates are too uncertain: a significant quantity may be missing ({percent(chance)})"


def _comparable(
    d: Declaration, claim: Claim, counts: Counts
) -> tuple[list[Estimate], dict[str, Production], tuple[tuple[str, str], ...]]:
    """The outside estimates of the same material, counted alike, at about the same time; and why the others are not."""
    usable: list[Estimate] = []
    inputs: dict[str, Production] = {}
    left_out: list[tuple[str, str]] = []
    for name, e in d.estimates.items():
        if e.material != claim.material:
            continue
        amount = _not_comparable(d, claim, counts, e) or _amount_of(d, e)
        if isinstance(amount, str):
            left_out.append((name, amount))
            continue
        usable.append(Estimate(name, amount.kg if isinstance(amount, Production) else amount, e.group or ""))
        if isinstance(amount, Production):
            inputs[name] = amount
    return usable, inputs, tuple(left_out)


def _amount_of(d: Declaration, e: OutsideEstimate) -> UncertainAmount | Production | str:
    """What an estimate amounts to, or what keeps it from saying so."""
    made = made_by(d, e.operations, e.material, e.counts) if e.operations else None
    if isinstance(made, str):
        return made
    stated = figure(e.amount, e.covers.value if e.covers else None) if e.amount is not None else None
    amount = made.kg if made else stated
    if amount is None or not amount.uncertain:
        return "states no uncertainty"
    return made or amount


def _not_comparable(d: Declaration, claim: Claim, counts: Counts, e: OutsideEstimate) -> str:
    day = d.day_of(claim)
    if e.counts != counts:
        return f"counts what was {e.counts}, not what was {counts}"
    if day is not None and abs((e.as_of - day).days) > d.comparable_within_days:
        return f"speaks of {e.as_of}, the claim of {day}"
    return "made by the declaring party itself" if e.by == d.by else ""


def _days_apart(d: Declaration, claim: Claim, usable: Sequence[Estimate]) -> tuple[tuple[str, int], ...]:
    day = d.day_of(claim)
    return tuple((e.name, (day - d.estimates[e.name].as_of).days) for e in usable) if day else ()


def _shares(declared: UncertainAmount, pooled: Pooled, inputs: dict[str, Production]) -> tuple[tuple[str, float], ...]:
    """Where the uncertainty of the difference comes from; of a computed estimate, from which input most."""
    u = math.hypot(declared.u, pooled.cautious.u)
    if u == 0:
        return ()
    parts = [("the declared figure", (declared.u / u) ** 2)]
    for name, weight in pooled.weights:
        driver = inputs[name].driver if name in inputs else None
        label = f"{name} ({driver})" if driver else name
        parts.append((label, weight * (pooled.cautious.u / u) ** 2))
    return tuple(sorted((p for p in parts if p[1] > 0), key=lambda p: -p[1]))


def _otherwise(d: Declaration, claim: Claim, declared: UncertainAmount, kg: float, answer: Conclusion) -> str | None:
    other: Counts = "separated" if claim.counts == "produced" else "produced"
    usable, _, _ = _comparable(d, claim, other)
    if claim.material != "plutonium" or not usable:
        return None
    changed, _ = _answer(declared, usable, kg)
    if changed == answer:
        return None
    words = f"If it counts what was {other} instead, the outside figure is {pool(usable).cautious} kg"
    return f"{words}, and the answer is '{changed}'"


def revisions(d: Declaration) -> Iterator[Revision]:
    """The declaring party's successive figures for one thing."""
    series: dict[tuple[str, str], list[tuple[date, str]]] = {}
    for name, claim in d.claims.items():
        said = d.statements.get(claim.statement)
        if said and said.by == d.by and declared_amount(d, name) is not None:
            series.setdefault((claim.material, claim.counts), []).append((said.on, name))
    for (material, counts), said_on in series.items():
        ordered = sorted(said_on)
        for (day, a), (later, b) in pairwise(ordered):
            first, second = declared_amount(d, a), declared_amount(d, b)
            if first is None or second is None:
                continue
            change = minus(second, first)
            if abs(change.mean) > 0:
                words = f"{material.replace('_', ' ')} {counts}: {first} kg said on {day}, {second} kg on {later}"
                yield Revision(a, b, change, difference(second, first), words)


def sentences_of(c: Comparison, called: Callable[[str], str] = str) -> Iterator[str]:
    """A comparison in words and in significant quantities; `called` says how people call a claim or an estimate."""
    claim = called(c.claim)
    if c.declared is None or c.estimate is None or c.kg_per_sq is None:
        yield f"{claim}: cannot say, because {c.why}."
        return
    z = f", z = {c.z:.2g}" if c.z is not None else ""
    outside = f"{c.estimate} kg by outside estimates ({'; '.join(called(name) for name in c.used)})"
    beside = f"{c.declared} kg declared, {outside}: {more_than_declared(c)}{z}"
    yield f"{claim}: {beside}. Agrees: {c.agrees}, because {c.why}."
    yield from (f"{claim}: {said}." for said in (*_may_be_hidden(c, c.kg_per_sq), *_rests_on(c, called)))


def _may_be_hidden(c: Comparison, kg_per_sq: float) -> Iterator[str]:
    """What may be undeclared, and how far the evidence speaks against the claim's being complete."""
    mean, most = UncertainAmount(c.undeclared_mean or 0.0), UncertainAmount(c.undeclared_p95 or 0.0)
    hidden = f"{mean} kg on average, at most {most} kg (95 %)"
    chance = percent(c.chance_over_one_sq or 0.0)
    over = f"more than one significant quantity ({UncertainAmount(kg_per_sq)} kg) with a chance of {chance}"
    yield f"what may be undeclared is {hidden}; {over}"
    if c.bayes_factor is not None and c.chance_complete is not None:
        side = "against" if c.bayes_factor >= 1 else "for"
        now = f"the chance that it is complete is now {percent(c.chance_complete)}"
        yield f"the evidence is {_odds(c.bayes_factor)} {side} its being complete; {now}"


def _rests_on(c: Comparison, called: Callable[[str], str]) -> Iterator[str]:
    """What the answer rests on, where that is worth knowing."""
    if c.pooled and c.pooled.degrees and c.pooled.birge > 1:
        yield _spread(c.pooled)
    apart = [f"{called(name)} by {abs(days)} days" for name, days in c.days_apart if abs(days) > FAR_APART]
    if apart:
        yield f"nothing was added for the time between estimate and claim ({'; '.join(apart)})"
    if c.shares:
        name, _, driver = c.shares[0][0].partition(" (")
        of = called(name) + (f" ({driver}" if driver else "")
        yield f"the uncertainty comes most of all from {of}: {percent(c.shares[0][1])} of it"
    if c.flips:
        without = "; ".join(f"without {called(name)} it is '{answer}'" for name, answer in c.flips)
        yield f"the answer turns on an estimate: {without}"
    if c.if_counted_otherwise:
        yield c.if_counted_otherwise


def more_than_declared(c: Comparison) -> str:
    """The difference in words: 2.4 significant quantities more than declared."""
    gap = c.gap_sq or 0.0
    return f"{in_quantities(abs(gap))} {'more' if gap >= 0 else 'less'} than declared"


def _spread(pooled: Pooled) -> str:
    """How far apart estimates lie that are further from each other than expected, and what is done about it."""
    told = f"chi² {pooled.chi2:.3g} for {pooled.degrees}, p = {pooled.p:.2g}"
    if pooled.p >= BY_CHANCE:
        safe = f"to be safe, their uncertainty is multiplied by {UncertainAmount(pooled.birge)}"
        return f"the estimates lie somewhat further apart than expected, within chance ({told}); {safe}"
    wider = f"so their uncertainty is multiplied by {UncertainAmount(pooled.birge)}"
    return f"the estimates lie further apart than their uncertainties would put them ({told}), {wider}"


def _odds(factor: float) -> str:
    odds = factor if factor >= 1 else 1 / max(factor, 1e-300)
    return "more than a million to 1" if odds > 1e6 else f"{UncertainAmount(odds)} to 1"
