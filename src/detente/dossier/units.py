"""Amounts written with a unit ("30 kg") → the interest's own unit. pint is imported only where units differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from detente.dossier.places import Path, Places
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier, Effect, Interest, InterestBound, Link, Measure, Require, Verify
from detente.errors import Finding
from detente.libraries import pint

Measured = tuple[Path, Number, str, bool]
"""Where, what, the unit it has to be in, and whether it is that unit a year."""

_POINTS = ("", "point", "points")
_SHARES = ("", "point", "points", "%")
_EXPRESSION = re.compile(r"[^\W\d_]+(?:(?:\^|\*\*)-?\d)?(?: ?[*/·] ?[^\W\d_]+(?:(?:\^|\*\*)-?\d)?| [^\W\d_]+)*")
_CURRENCIES = ("USD", "EUR", "GBP", "KRW", "CNY", "JPY", "RUB", "IRR", "COP")
_FIELDS = ("value", "low", "mode", "high", "mean", "sd", "min", "max")


def convert(dossier: Dossier, places: Places) -> tuple[Dossier, list[Finding]]:
    """The dossier with every amount in its interest's unit, and a Finding for each that cannot be converted."""
    findings, changed = [*_strays(dossier, places), *_limits(dossier, places)], dossier
    for path, number, unit, yearly in _amounts(dossier):
        factor = _factor(number.unit, unit, yearly=yearly)
        if factor is None:
            wanted = f"{unit}/year" if yearly else unit
            message = f"{number.unit!r} is not {wanted!r} and cannot be converted to it"
            findings.append(places.finding("dossier.unit", message, path, remedy=f"write the amount in {wanted}"))
        elif factor != 1:
            changed = _with(changed, path, _scaled(number, factor, unit))
    return changed, findings


def _strays(dossier: Dossier, places: Places) -> list[Finding]:
    """Units where stake points or shares are meant."""
    found = [(p, n, "stakes are points a year") for p, n in _stakes(dossier) if (n.unit or "") not in _POINTS]
    found += [(p, n, "shares are plain numbers or %") for p, n in _shares(dossier) if (n.unit or "") not in _SHARES]
    return [
        places.finding(
            "dossier.unit", f"the unit {n.unit!r} does not belong here: {why}", p, remedy="leave the unit out"
        )
        for p, n, why in found
    ]


def _limits(dossier: Dossier, places: Places) -> Iterator[Finding]:
    """Limits on inspections that are not in the unit of their effort."""
    currency = next((n.unit for path, n, _, _ in _efforts(dossier) if path[-1] == "cost"), None)
    for name, resource in dossier.capacity.items():
        unit = {"days": "days/year", "cost": currency, None: None}[resource.inspections]
        written = resource.limit.unit
        if unit and written and not _same(written, unit) and written.strip() != "/year":
            message = f"the limit is in {written!r}, the {resource.inspections} of inspections in {unit!r}"
            yield places.finding("dossier.unit", message, ("capacity", name, "limit"), remedy=f"write it in {unit}")


def _stakes(dossier: Dossier) -> Iterator[tuple[Path, Number]]:
    for party, p in dossier.parties.items():
        for interest, stake in p.stakes.items():
            yield ("parties", party, "stakes", interest), stake


def _shares(dossier: Dossier) -> Iterator[tuple[Path, Number]]:
    for scale, shares in dossier.progress.items():
        yield from (((("progress", scale, m)), n) for m, n in shares.items())
    for name, link in dossier.links.items():
        for side, shares in _scales(link):
            yield from ((("links", name, side, m), n) for m, n in shares.items())


def _scales(link: Link) -> Iterator[tuple[str, Mapping[str, Number]]]:
    for side, scale in (("share", link.share), ("at_most", link.at_most), ("at_least", link.at_least)):
        if isinstance(scale, Mapping):
            yield side, scale


def _amounts(dossier: Dossier) -> Iterator[Measured]:
    """Every amount that was written with a unit, beside the unit it should be in."""
    yield from (m for m in _all_amounts(dossier) if m[1].unit is not None and m[1].unit != m[2])


def _all_amounts(dossier: Dossier) -> Iterator[Measured]:
    unit_of = {name: i.unit for name, i in dossier.interests.items()}
    for name, interest in dossier.interests.items():
        yield from _scale_of(interest, ("interests", name))
    for name, measure in dossier.measures.items():
        yield from _of_measure(measure, ("measures", name), unit_of)
    for name, interaction in dossier.interactions.items():
        yield from _effects(interaction.effects, ("interactions", name, "effects"), unit_of)
    yield from _efforts(dossier)
    yield from _interest_bounds(dossier, unit_of)
    for name, resource in dossier.capacity.items():
        if unit := resource.limit.unit:
            yield from ((("capacity", name, "uses", m), used, unit, False) for m, used in resource.uses.items())


def _interest_bounds(dossier: Dossier, unit_of: Mapping[str, str]) -> Iterator[Measured]:
    for path, require in requirements(dossier):
        if isinstance(require, InterestBound) and require.interest in unit_of:
            for side, bound in (("at_most", require.at_most), ("at_least", require.at_least)):
                if bound is not None:
                    yield (*path, side), bound, unit_of[require.interest], False


def _efforts(dossier: Dossier) -> Iterator[Measured]:
    """What inspection regimes take: days a year, and costs in the unit of the first that has one."""
    currency: str | None = None
    for name, measure in dossier.measures.items():
        regimes = measure.verify.regimes if isinstance(measure.verify, Verify) else {}
        for which, regime in regimes.items():
            path: Path = ("measures", name, "verify", "regimes", which)
            if regime.days is not None:
                yield (*path, "days"), regime.days, "days", True
            if regime.cost is not None and regime.cost.unit:
                currency = currency or regime.cost.unit
                yield (*path, "cost"), regime.cost, currency, False


def requirements(dossier: Dossier) -> Iterator[tuple[Path, Require]]:
    """Every requirement of the dossier with its path: demands, then success levels."""
    for name, demand in dossier.demands.items():
        yield ("demands", name, "require"), demand.require
    for level in ("minimal", "full"):
        for i, require in enumerate(getattr(dossier.success, level)):
            yield ("success", level, i), require


def _scale_of(interest: Interest, path: Path) -> Iterator[Measured]:
    yield (*path, "worst"), interest.worst, interest.unit, False
    yield (*path, "best"), interest.best, interest.unit, False
    for side, bound in (("least", interest.least), ("most", interest.most)):
        if bound is not None:
            yield (*path, side), bound, interest.unit, False
    for i, (_, level) in enumerate(interest.course):
        yield (*path, "course", i, 1), level, interest.unit, False


def _of_measure(measure: Measure, path: Path, unit_of: Mapping[str, str]) -> Iterator[Measured]:
    """Effects of a measure: while it is in force, once the deal is over, and of ways to inspect it."""
    yield from _effects(measure.effects, (*path, "effects"), unit_of)
    for interest, lasting in measure.if_over.items():
        if interest in unit_of:
            yield (*path, "if_over", interest, "level"), lasting.level, unit_of[interest], False
    for which, regime in measure.verify.regimes.items() if isinstance(measure.verify, Verify) else ():
        yield from _effects(regime.effects, (*path, "verify", "regimes", which, "effects"), unit_of)


def _effects(effects: Mapping[str, Effect], path: Path, unit_of: Mapping[str, str]) -> Iterator[Measured]:
    for interest, effect in effects.items():
        if (unit := unit_of.get(interest)) is None:
            continue
        yield (*path, interest, "level"), effect.level, unit, False
        yield (*path, interest, "once"), effect.once, unit, False
        if effect.per_year is not None:
            yield (*path, interest, "per_year", "rate"), effect.per_year.rate, unit, True


def _scaled(number: Number, factor: float, unit: str) -> Number:
    scaled = {f: v * factor for f in _FIELDS if (v := getattr(number, f)) is not None}
    return number.model_copy(update={**scaled, "unit": unit})


def _with(node: Any, path: Path, number: Number) -> Any:
    """A copy of a frozen structure with one number replaced."""
    if not path:
        return number
    name, rest = path[0], path[1:]
    if isinstance(node, BaseModel):
        return node.model_copy(update={str(name): _with(getattr(node, str(name)), rest, number)})
    if isinstance(node, Mapping):
        return {**node, name: _with(node[name], rest, number)}
    items = list(node)
    items[int(name)] = _with(items[int(name)], rest, number)
    return tuple(items)


def _factor(written: str | None, unit: str, *, yearly: bool) -> float | None:
    """How many of the wanted unit one of the written unit is; None where they measure different things."""
    if written is None or _same(written, unit):
        return 1.0
    if yearly:
        if _same(written, f"{unit}/year") or written.strip() == "/year":
            return 1.0
        return _pint_factor(written, f"({unit})/year") or _pint_factor(written, unit)
    return _pint_factor(written, unit)


def _same(a: str, b: str) -> bool:
    return _plain(a) == _plain(b)


def _plain(unit: str) -> str:
    words = re.split(r"(\W+)", unit.strip().casefold().replace("/yr", "/year").replace(" per ", "/"))
    return "".join(w.strip() if not w.isalpha() or len(w) < 4 else w.removesuffix("s") for w in words)


def _pint_factor(written: str, unit: str) -> float | None:
    inner = unit.removeprefix("(").removesuffix(")/year")
    if not all(len(u) < 60 and (u == "%" or _EXPRESSION.fullmatch(u)) for u in (written, inner)):
        return None
    try:
        return float(_converter()(written, unit))
    except Exception:  # pint raises a dozen kinds (undefined, dimensionality, offset, tokens): all mean "no conversion"
        return None


@cache
def _converter() -> Callable[[str, str], Any]:
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    for currency in _CURRENCIES:
        registry.define(f"{currency} = [{currency}]")
    return lambda written, unit: registry.Quantity(1, written).to(unit).magnitude
