"""Does a declaration add up by itself? Each rule closes, fails by so much, or cannot be tested and says why.

Only the declaring party's own runs are put to the rules: what others think of a plant is no part of a declaration.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from detente.dossier.places import Path, dotted
from detente.verify.declaration.figures import (
    ASSAYS,
    Z_LIMIT,
    UncertainAmount,
    figure,
    in_quantities,
    kg_per_significant_quantity,
    minus,
    product,
    rounding,
    told_apart,
    total,
    z_of,
)
from detente.verify.declaration.history import capacity_of, feed_assay, made_by
from detente.verify.declaration.production import separation, separation_age
from detente.verify.declaration.statement import Claim, Declaration, Enrichment, Holding, Irradiation, Item

_Verdict = Literal["closes", "does not close", "cannot be tested"]
RULES = {
    "account": "produced + received = stock + used + waste + lost + sent",
    "history": "what the declared runs made = what is declared",
    "separated": "separated ≤ produced",
    "mass": "feed = product + tails",
    "u235": "feed·xF = product·xP + tails·xW",
    "separative_work": "separative work used ≤ installed × time × availability",
    "assay": "assays are those of the material",
    "dates": "what comes first came first; within the facility's life, one run at a time",
    "age": "the age of the plutonium = when it is said to have been separated",
    "items": "each item once, at a declared site, where its entry is, and together that entry",
    "sites": "each facility at a declared site, each declared site with a facility",
    "transfers": "what leaves arrives; what is sent or received abroad is in the account",
}


@dataclass(frozen=True)
class RuleResult:
    """One rule applied to one part of a declaration, with its place in the file."""

    rule: str
    path: str
    verdict: _Verdict
    message: str
    difference: UncertainAmount | None = None
    """Left side minus right side of the rule, in `unit`."""
    z: float | None = None
    """The difference in its standard uncertainties; None where there is none stated or nothing to compare."""
    unit: str = "kg"
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def closure(d: Declaration) -> list[RuleResult]:
    """Every rule that can be put to a declaration. Never raises for a Declaration that was read without errors."""
    return [
        result
        for rule in (accounts, histories, separated, streams, assays, dates, ages, items, sites, transfers)
        for result in rule(d)
    ]


def _result(d: Declaration, rule: str, path: Path, verdict: _Verdict, message: str) -> RuleResult:
    line, column = d.places.of(path)
    return RuleResult(rule, dotted(path), verdict, message, file=d.places.file, line=line, column=column)


def _untested(d: Declaration, rule: str, path: Path, why: str) -> RuleResult:
    return _result(d, rule, path, "cannot be tested", f"cannot be tested: {why}")


def _balance(
    d: Declaration,
    rule: str,
    path: Path,
    left: UncertainAmount,
    right: UncertainAmount,
    *,
    of: Claim | None = None,
    unit: str = "kg",
    at_most: bool = False,
    rounded: float = 0.0,
) -> RuleResult:
    """Left = right (or, `at_most`, left ≤ right) within the stated uncertainties; `of` a claim's material.

    `rounded` is the standard uncertainty that the decimals written leave open, for where no other is stated.
    """
    gap = minus(left, right)
    z = z_of(gap, max(abs(left.mean), abs(right.mean)))
    within = abs(gap.mean) <= Z_LIMIT * rounded
    beyond = (z is None or abs(z) > Z_LIMIT) and not within
    fails = beyond and (gap.mean > 0 or not at_most)
    said = _beyond(left, right, unit) if fails else _met(left, right, unit, at_most=at_most, exactly=z == 0)
    without = "within what was rounded" if within else "no uncertainty is stated"
    how = "exactly" if z == 0 else f"z = {z:.2g}" if z is not None else without
    message = f"{RULES[rule]}: {said} ({how})"
    if fails:
        message += f"; {UncertainAmount(abs(gap.mean))} {unit} too {'much' if gap.mean > 0 else 'little'} on the left"
        message += f", {in_quantities(abs(gap.mean) / _significant(of))}" if of else ""
    found = _result(d, rule, path, "does not close" if fails else "closes", message)
    return replace(found, difference=gap, z=z, unit=unit)


def _met(left: UncertainAmount, right: UncertainAmount, unit: str, *, at_most: bool, exactly: bool) -> str:
    return f"{left} {'≤' if at_most else '=' if exactly else '≈'} {right} {unit}"


def _beyond(left: UncertainAmount, right: UncertainAmount, unit: str) -> str:
    return f" {'>' if left.mean > right.mean else '<'} ".join(told_apart(left, right)) + f" {unit}"


def _significant(claim: Claim) -> float:
    return kg_per_significant_quantity(claim.material, claim.assay.value if claim.assay else None)


def accounts(d: Declaration) -> Iterator[RuleResult]:
    """Of each claim: all that was made or received is somewhere, used, waste, lost or sent."""
    return (_account(d, name, claim) for name, claim in d.claims.items())


def _account(d: Declaration, name: str, claim: Claim) -> RuleResult:
    path = ("claims", name)
    parts = {n: h for n, h in d.materials.items() if h.claim == name}
    if claim.total is None:
        return _untested(d, "account", path, "it does not say how much there ever was")
    if all(h.role == "received" for h in parts.values()):
        return _untested(d, "account", path, "it does not say what became of it")
    masses = [(h.role, h.mass) for h in parts.values() if h.mass is not None]
    if bare := [n for n, h in parts.items() if h.mass is None]:
        return _untested(d, "account", path, f"the mass of {bare[0]} is not stated")
    gone = total(figure(mass) for role, mass in masses if role != "received")
    came = total(figure(mass) for role, mass in masses if role == "received")
    last = rounding(claim.total, *(mass for _, mass in masses))
    return _balance(d, "account", path, total([figure(claim.total), came]), gone, of=claim, rounded=last)


def histories(d: Declaration) -> Iterator[RuleResult]:
    """Of each claim: what the runs it names made. An enrichment plant says only how much at most."""
    for name, claim in d.claims.items():
        path = ("claims", name)
        own = [n for n in claim.operations if n in d.operations and d.own(d.operations[n])]
        made = made_by(d, own, claim.material, claim.counts)
        if isinstance(made, str) and not claim.operations and claim.material not in ("plutonium", "heu", "leu"):
            continue
        if isinstance(made, str):
            yield _untested(d, "history", path, made)
        elif claim.total is None:
            yield _untested(d, "history", path, "it does not say how much there ever was")
        elif claim.material == "plutonium":
            yield _balance(d, "history", path, made.kg, figure(claim.total), of=claim)
        else:
            yield _balance(d, "separative_work", path, figure(claim.total), made.kg, of=claim, at_most=True)


def separated(d: Declaration) -> Iterator[RuleResult]:
    """A statement does not claim to have separated more than it claims to have made."""
    by_key: dict[tuple[str, str], dict[str, tuple[str, Claim]]] = {}
    for name, claim in d.claims.items():
        by_key.setdefault((claim.statement, claim.material), {})[claim.counts] = (name, claim)
    for pair in by_key.values():
        if len(pair) == 2 and pair["separated"][1].total and pair["produced"][1].total:
            name, part = pair["separated"]
            whole = pair["produced"][1].total
            if part.total is not None and whole is not None:
                path = ("claims", name)
                last = rounding(part.total, whole)
                yield _balance(
                    d, "separated", path, figure(part.total), figure(whole), of=part, at_most=True, rounded=last
                )


def streams(d: Declaration) -> Iterator[RuleResult]:
    """Of each enrichment run: uranium and U-235 in are out, and no more work was done than was installed."""
    for name, run in d.operations.items():
        if isinstance(run, Enrichment) and d.own(run):
            path = ("operations", name)
            yield _uranium(d, path, run)
            yield _u235(d, path, run)
            yield _work(d, path, name, run)


def _uranium(d: Declaration, path: Path, run: Enrichment) -> RuleResult:
    if missing := _missing(run, "mass"):
        return _untested(d, "mass", path, missing)
    feed, made, tails = (figure(s.mass) for s in (run.feed, run.product, run.tails) if s.mass)
    last = rounding(run.feed.mass, run.product.mass, run.tails.mass)
    return _balance(d, "mass", path, feed, total([made, tails]), rounded=last)


def _u235(d: Declaration, path: Path, run: Enrichment) -> RuleResult:
    if missing := _missing(run, "mass") or _missing(run, "assay"):
        return _untested(d, "u235", path, missing)
    streams_ = [(run.feed, feed_assay(run)), *((s, figure(s.assay)) for s in (run.product, run.tails) if s.assay)]
    fed, made, left = (product([figure(s.mass), assay]) for s, assay in streams_ if s.mass)
    last = math.hypot(*(rounding(s.mass) * assay.mean for s, assay in streams_))
    return _balance(d, "u235", path, fed, total([made, left]), rounded=last)


def _missing(run: Enrichment, what: Literal["mass", "assay"]) -> str:
    named = {"feed": run.feed, "product": run.product, "tails": run.tails}
    missing = [n for n, s in named.items() if getattr(s, what) is None and (what, n) != ("assay", "feed")]
    return f"the {what} of the {missing[0]} is not stated" if missing else ""


def _work(d: Declaration, path: Path, name: str, run: Enrichment) -> RuleResult:
    capacity = capacity_of(name, run)
    if isinstance(capacity, str) or run.product.mass is None:
        why = capacity if isinstance(capacity, str) else "the mass of the product is not stated"
        return _untested(d, "separative_work", path, why)
    made = figure(run.product.mass)
    assays_ = [figure(a).mean for a in (run.product.assay, run.tails.assay) if a is not None]
    per_kg = separation(1, assays_[0], assays_[1], feed_assay(run).mean).swu
    used = UncertainAmount(made.mean * per_kg, made.u * per_kg)
    # The whole uncertainty of capacity, assays included, stands on the right.
    installed = UncertainAmount(capacity.kg.mean * per_kg, capacity.kg.u * per_kg)
    last = rounding(run.product.mass) * per_kg
    return _balance(d, "separative_work", path, used, installed, unit="SWU", at_most=True, rounded=last)


def assays(d: Declaration) -> Iterator[RuleResult]:
    """Highly enriched uranium has 20 % U-235 or more, low enriched less and more than natural."""
    for path, material, x in (*_claimed_assays(d), *_stored_assays(d)):
        low, high = ASSAYS.get(material, (1.0, 0.0))
        said = f"{x:.3%} U-235 {'is' if low <= x <= high else 'is not'} an assay of {material.replace('_', ' ')}"
        yield _result(d, "assay", path, "closes" if low <= x <= high else "does not close", said)


def _claimed_assays(d: Declaration) -> Iterator[tuple[Path, str, float]]:
    """Of claims, and of the products of the runs that they name."""
    for name, claim in d.claims.items():
        if claim.assay:
            yield ("claims", name), claim.material, claim.assay.value
        for n, run in ((n, d.operations.get(n)) for n in claim.operations):
            if isinstance(run, Enrichment) and d.own(run) and run.product.assay:
                yield ("operations", n), claim.material, run.product.assay.value


def _stored_assays(d: Declaration) -> Iterator[tuple[Path, str, float]]:
    for name, h in d.materials.items():
        if h.assay and h.claim in d.claims:
            yield ("materials", name), d.claims[h.claim].material, h.assay.value


_Step = tuple[str, date | None]
_SPOKEN = "the day it speaks of"


def dates(d: Declaration) -> Iterator[RuleResult]:
    """What comes first came first."""
    for name, s in d.statements.items():
        yield from _in_order(d, ("statements", name), [("said", s.on), ("reported", s.reported)])
    for name, c in d.claims.items():
        said = d.statements.get(c.statement)
        yield from _in_order(d, ("claims", name), [(_SPOKEN, c.as_of), ("said", said.on if said else None)])
        for n in c.operations:
            yield from _in_order(d, ("claims", name), [*_last_step(d, c, n), (_SPOKEN, d.day_of(c))])
    for name, f in d.facilities.items():
        yield from _in_order(d, ("facilities", name), [("begun", f.begun), ("ended", f.ended)])
    own = {name: run for name, run in d.operations.items() if d.own(run)}
    for name, run in own.items():
        yield from _run_in_order(d, ("operations", name), run)
    yield from _one_at_a_time(d, {n: r for n, r in own.items() if isinstance(r, Irradiation)})


def _run_in_order(d: Declaration, path: Path, run: Irradiation | Enrichment) -> Iterator[RuleResult]:
    facility = run.reactor if isinstance(run, Irradiation) else run.plant
    yield from _in_order(d, path, _life(d, facility, [("run begun", run.begun), ("run ended", run.ended)]))
    if isinstance(run, Irradiation):
        yield from _in_order(d, path, run.steps())
        if run.separated_at and run.separated:
            yield from _in_order(d, path, _life(d, run.separated_at, [("separated", run.separated)]))


def _last_step(d: Declaration, claim: Claim, name: str) -> list[_Step]:
    """The last thing that must have happened to a run before a claim can count what it made."""
    run = d.operations.get(name)
    if run is None or not d.own(run):
        return []
    if claim.counts == "separated" and isinstance(run, Irradiation):
        return [(f"{name} separated", run.separated)]
    return [(f"{name} ended", run.ended)]


def _one_at_a_time(d: Declaration, runs: dict[str, Irradiation]) -> Iterator[RuleResult]:
    """Of each reactor: no two runs at once, which would count its plutonium twice."""
    for reactor in dict.fromkeys(r.reactor for r in runs.values()):
        ordered = sorted(((n, r) for n, r in runs.items() if r.reactor == reactor), key=lambda nr: nr[1].begun)
        for (a, first), (b, second) in pairwise(ordered):
            yield from _in_order(d, ("operations", b), [(f"{a} ended", first.ended), (f"{b} begun", second.begun)])


def _life(d: Declaration, facility: str, steps: list[_Step]) -> list[_Step]:
    """Steps between the beginning and the end of a facility's operation."""
    f = d.facilities.get(facility)
    return [(f"{facility} begun", f.begun), *steps, (f"{facility} ended", f.ended)] if f else steps


def _in_order(d: Declaration, path: Path, steps: list[_Step]) -> Iterator[RuleResult]:
    known = [(what, day) for what, day in steps if day is not None]
    if len(known) < 2:
        return
    wrong = [(a, b) for a, b in pairwise(known) if a[1] > b[1]]
    for (first, day), (second, earlier) in wrong:
        message = f"{second} on {earlier}, {(day - earlier).days} days before {first} on {day}"
        yield _result(d, "dates", path, "does not close", message)
    if not wrong:
        yield _result(d, "dates", path, "closes", " ≤ ".join(f"{what} {day}" for what, day in known))


def ages(d: Declaration) -> Iterator[RuleResult]:
    """Americium that has grown in says when plutonium was separated."""
    for name, run in d.operations.items():
        if not isinstance(run, Irradiation) or not d.own(run) or run.am241_pu241 is None:
            continue
        path = ("operations", name)
        if run.sampled is None or run.separated is None:
            missing = "day of the sample" if run.sampled is None else "day of separation"
            yield _untested(d, "age", path, f"the {missing} is not stated")
            continue
        stated = UncertainAmount((run.sampled - run.separated).days / 365.25)
        found = _balance(d, "age", path, separation_age(figure(run.am241_pu241)), stated, unit="years")
        day = separated_on(run)
        yield replace(found, message=f"{found.message}; by its americium separated on {day}") if day else found


def separated_on(run: Irradiation) -> date | None:
    """The day of the last separation by the americium grown in, None where no sample says so."""
    if run.am241_pu241 is None or run.sampled is None:
        return None
    days = separation_age(figure(run.am241_pu241)).mean * 365.25
    return run.sampled - timedelta(days=days) if days < run.sampled.toordinal() - 1 else None


def items(d: Declaration) -> Iterator[RuleResult]:
    """Items: no number twice, each at a declared site, and together what their entry says."""
    times = Counter(i.id for i in d.items)
    for n, item in enumerate(d.items):
        if times[item.id] > 1:
            message = f"item {item.id} is listed {times[item.id]} times"
            yield _result(d, "items", ("items", n, "id"), "does not close", message)
        else:
            yield _placed(d, ("items", n), item)
    for name, h in d.materials.items():
        if own := [i for i in d.items if i.of == name]:
            yield _together(d, name, h, own)


def _placed(d: Declaration, path: Path, item: Item) -> RuleResult:
    """Whether an item is where its entry is, at a declared site."""
    facility, entry = d.facilities.get(item.at), d.materials.get(item.of or "")
    site = d.sites.get(facility.site) if facility and facility.site else None
    if facility is None or site is None or not site.declared:
        where = f"{item.at}, which is at no declared site"
        return _result(d, "items", path, "does not close", f"item {item.id} is at {where}")
    if entry and entry.at not in (None, item.at):
        where = f"{item.at}, but {item.of} at {entry.at}"
        return _result(d, "items", path, "does not close", f"item {item.id} is at {where}")
    return _result(d, "items", path, "closes", f"item {item.id} is listed once, at {facility.site}")


def _together(d: Declaration, name: str, entry: Holding, own: Sequence[Item]) -> RuleResult:
    """Whether items weigh together what their entry says."""
    path, masses = ("materials", name), [i.mass for i in own if i.mass is not None]
    if entry.mass is None or len(masses) < len(own):
        return _untested(d, "items", path, "not every mass of its items is stated")
    listed, last = total(map(figure, masses)), rounding(entry.mass, *masses)
    return _balance(d, "items", path, listed, figure(entry.mass), rounded=last)


def sites(d: Declaration) -> Iterator[RuleResult]:
    """The list of sites, both ways."""
    for name, f in d.facilities.items():
        site = d.sites.get(f.site) if f.site else None
        message = ""
        if site is None:
            message = f"{f.name or name} is at no site that is listed"
        elif not site.declared and _is_declared_to_run(d, name):
            message = f"{f.name or name} is declared to run, at {site.name or f.site}, which is not declared"
        if message:
            yield _result(d, "sites", ("facilities", name), "does not close", message)
    used = {f.site for f in d.facilities.values()}
    for name, site in ((name, site) for name, site in d.sites.items() if site.declared):
        closes = name in used
        message = f"{site.name or name} is declared {'with' if closes else 'without'} a facility"
        yield _result(d, "sites", ("sites", name), "closes" if closes else "does not close", message)


def _is_declared_to_run(d: Declaration, facility: str) -> bool:
    runs = (r for r in d.operations.values() if d.own(r))
    return any(facility == (r.reactor if isinstance(r, Irradiation) else r.plant) for r in runs) or any(
        h.at == facility for h in d.materials.values()
    )


def transfers(d: Declaration) -> Iterator[RuleResult]:
    """What leaves arrives, after it left, and as much of it."""
    for name, t in d.transfers.items():
        path = ("transfers", name)
        if t.origin is None and t.to is None:
            yield _untested(d, "transfers", path, "it says neither where from nor where to")
        elif t.received is None and t.to is not None:
            message = f"{figure(t.mass)} kg left for {t.to} on {t.sent} and never arrived"
            yield _result(d, "transfers", path, "does not close", message)
        elif t.received is not None and t.received < t.sent:
            message = f"arrived on {t.received}, before it left on {t.sent}"
            yield _result(d, "transfers", path, "does not close", message)
        else:
            arrived = figure(t.mass_received or t.mass)
            last = rounding(t.mass, t.mass_received)
            yield _balance(d, "transfers", path, figure(t.mass), arrived, rounded=last)
    for name in d.claims:
        yield from _abroad(d, name, "sent")
        yield from _abroad(d, name, "received")


def _abroad(d: Declaration, claim: str, role: Literal["sent", "received"]) -> Iterator[RuleResult]:
    """Of one claim: what went abroad (or came from there) transfer by transfer is what its account says did."""
    of_claim = [t for t in d.transfers.values() if t.claim == claim]
    masses = [t.mass for t in of_claim if t.to is None]
    if role == "received":
        masses = [t.mass_received or t.mass for t in of_claim if t.origin is None]
    held = [h.mass for h in d.materials.values() if h.claim == claim and h.role == role]
    stated = [mass for mass in held if mass is not None]
    path = ("claims", claim)
    if masses and len(stated) < len(held):
        yield _untested(d, "transfers", path, f"the mass of what was {role} is not stated")
    elif masses:
        moved, last = total(map(figure, masses)), rounding(*masses, *held)
        yield _balance(d, "transfers", path, moved, total(map(figure, stated)), of=d.claims[claim], rounded=last)
