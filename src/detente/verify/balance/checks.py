"""What must hold between the measurements of a balance area, and what would be odd. Findings `balance.*`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import inf

import numpy as np

from detente.errors import Finding, Severity
from detente.verify.balance.area import BalanceArea, Measurement

FAR_OFF = 300.0
"""So many times the usual amount of a location: grams and kilograms were probably confused."""
INCREDIBLE = 6.0
"""A MUF of so many standard deviations is a mistake in the records before it is a loss."""
LEAST_PART = 1e-5
"""A balance whose own part of its standard deviation is less than this is no balance of its own."""
COARSE = 0.3
"""A relative standard deviation from which on it was probably meant in per cent."""
SHOWN = 6


def check_area(area: BalanceArea) -> list[Finding]:
    """All that is wrong or odd with the measurements of an area; the numbers only where the rows are whole."""
    if found := list(_rows(area)):
        return found
    found = [*_ids(area), *_inventories(area), *_flows(area), *_instruments(area), *_outliers(area)]
    found += [*_exact(area), *_coarse(area), *_again(area)]
    if not any(f.severity == "error" for f in found):
        found += [*_variance(area), *_sums(area)]
    return found


def _finding(
    area: BalanceArea,
    code: str,
    severity: Severity,
    message: str,
    remedy: str,
    row: Measurement | None = None,
) -> Finding:
    return Finding(f"balance.{code}", severity, message, area.file, row.line if row else None, remedy=remedy)


def _rows(area: BalanceArea) -> Iterator[Finding]:
    """What no file can hold, but what an area made in Python can: no numbers, or periods that there are not."""
    for m in area.measurements:
        first = 0 if m.kind == "inventory" else 1
        if not first <= m.period <= len(area.periods):
            message = f"period {m.period} of the {m.kind} at {m.location!r} is none from {first} to {len(area.periods)}"
            yield _finding(area, "period", "error", message, "mend the period", m)
        second = (m.again.amount_kg, m.again.random, m.again.systematic) if m.again else ()
        if m.items < 1 or not all(0.0 <= x < inf for x in (m.amount_kg, m.random, m.systematic, *second)):
            message = f"the {m.kind} at {m.location!r} in period {m.period} has an amount, an SD or a number of items "
            remedy = "amounts and standard deviations are finite and not below 0, items 1 or more"
            yield _finding(area, "number", "error", f"{message}that is none", remedy, m)


def _ids(area: BalanceArea) -> Iterator[Finding]:
    """An item enters once, leaves once, and is in one place at a time; it may stand in several inventories."""
    first: dict[tuple[str, str, int], Measurement] = {}
    for m in (m for m in area.measurements if m.id):
        key = (m.id, m.kind, m.period if m.kind == "inventory" else 0)
        if key in first:
            where = f" (first in line {first[key].line})" if first[key].line else ""
            message = f"the {m.kind} {m.id!r} stands twice{where}"
            yield _finding(area, "repeated", "error", message, "delete one, or give it an id of its own", m)
        first.setdefault(key, m)


def _inventories(area: BalanceArea) -> Iterator[Finding]:
    """Every place that ever holds an inventory needs one at every boundary."""
    taken: dict[str, set[int]] = defaultdict(set)
    for m in area.measurements:
        if m.kind == "inventory":
            taken[m.location].add(m.period)
    if not taken:
        message = "there is no inventory, so no balance can be closed"
        yield _finding(area, "missing_inventory", "error", message, "add them; write 0 kg where nothing was left")
    for location, boundaries in taken.items():
        if missing := [b for b in range(len(area.periods) + 1) if b not in boundaries]:
            message = f"no inventory of {location!r} {_named(area, missing)}"
            remedy = "add the row; write 0 kg if the place was empty"
            row = next(m for m in area.measurements if m.kind == "inventory" and m.location == location)
            yield _finding(area, "missing_inventory", "error", message, remedy, row)


def _named(area: BalanceArea, boundaries: Sequence[int]) -> str:
    words = ["at the opening" if b == 0 else f"at the end of {area.periods[b - 1]}" for b in boundaries[:SHOWN]]
    more = f" and {len(boundaries) - SHOWN} more" if len(boundaries) > SHOWN else ""
    return ", ".join(words) + more


def _flows(area: BalanceArea) -> Iterator[Finding]:
    busy = {m.period for m in area.measurements if m.kind != "inventory"}
    if idle := [i for i in range(1, len(area.periods) + 1) if i not in busy]:
        message = f"nothing enters or leaves in {len(idle)} of the periods, first in {area.periods[idle[0] - 1]}"
        yield _finding(area, "no_flows", "note", message, "check that no rows are missing")


def _instruments(area: BalanceArea) -> Iterator[Finding]:
    """One instrument in one calibration has one error; two SDs for it are probably two instruments."""
    stated: dict[tuple[str, ...], Measurement] = {}
    told: set[tuple[str, ...]] = set()
    for m in area.measurements:
        first = stated.setdefault(m.source, m)
        if m.systematic != first.systematic and m.source not in told:
            told.add(m.source)
            name = f"the instrument {m.instrument!r}" if m.instrument else f"the instrument of {m.location!r}"
            message = f"{name} has two systematic errors in one calibration: {first.systematic:g} and {m.systematic:g}"
            yield _finding(area, "instrument", "warning", message, "make them one, or name two calibrations", m)


def _outliers(area: BalanceArea) -> Iterator[Finding]:
    places: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for m in area.measurements:
        if m.amount_kg > 0:
            places[m.location, m.kind].append(m)
    for (location, kind), rows in places.items():
        usual = float(np.median([m.amount_kg / m.items for m in rows]))
        for m in rows if len(rows) >= 4 else ():
            times = m.amount_kg / m.items / usual
            if not 1.0 / FAR_OFF < times < FAR_OFF:
                message = f"{m.amount_kg:g} kg is {times:.3g} times the usual {kind} of {location!r}"
                yield _finding(area, "unit", "warning", message, "check that it is in kilograms", m)


def _exact(area: BalanceArea) -> Iterator[Finding]:
    """Amounts without any error; of the opening inventory that may be meant."""
    without = [m for m in area.measurements if m.amount_kg > 0 and m.random == m.systematic == 0]
    for location, count in Counter(m.location for m in without).items():
        row = next(m for m in without if m.location == location)
        message = f"{count} measurements of {location!r} have no error at all"
        yield _finding(area, "zero_variance", "warning", message, "state at least one of the two SDs", row)


def _coarse(area: BalanceArea) -> Iterator[Finding]:
    """Per cent where a part was meant: one finding a location."""
    told: set[str] = set()
    for m in area.measurements:
        if (sd := max(m.random, m.systematic)) >= COARSE and m.location not in told:
            told.add(m.location)
            message = f"a relative standard deviation of {sd:.0%} at {m.location!r} tells hardly anything"
            yield _finding(area, "unit", "warning", message, f"if {sd:g} % was meant, write {sd / 100:g}", m)


def _again(area: BalanceArea) -> Iterator[Finding]:
    """What an inspector measured so far from the records that a unit is wrong, or without any error on either side."""
    for m in area.measurements:
        if m.again is None or not m.amount_kg or not m.again.amount_kg:
            continue
        times = m.again.amount_kg / m.amount_kg
        if not 1.0 / FAR_OFF < times < FAR_OFF:
            message = f"the inspector's {m.again.amount_kg:g} kg at {m.location!r} are {times:.3g} times the record's"
            yield _finding(area, "unit", "warning", message, "check that both are in kilograms", m)
        if m.random == m.systematic == m.again.random == m.again.systematic == 0:
            message = f"neither measurement at {m.location!r} has an error, so that their difference cannot be tested"
            yield _finding(area, "zero_variance", "warning", message, "state a standard deviation of one of them", m)


def _variance(area: BalanceArea) -> Iterator[Finding]:
    """Every balance needs an error of its own, not one that the balances before it already tell."""
    S = area.covariance
    try:
        own = np.diagonal(np.linalg.cholesky(S))
    except np.linalg.LinAlgError:
        own = np.zeros(len(S))
    sigma = np.sqrt(np.diagonal(S))
    poor = [i for i in range(len(S)) if not own[i] > LEAST_PART * sigma[i]]
    if poor:
        nil = [i for i in poor if not sigma[i] > 0]
        what = "has no error of measurement" if nil else "has no error that the others do not have"
        message = f"the balance of {area.periods[(nil or poor)[0]]} {what}, so it cannot be tested"
        yield _finding(area, "zero_variance", "error", message, "state the random SD of its flows and inventories")


def _sums(area: BalanceArea) -> Iterator[Finding]:
    """Balances that do not add up by far, and whether one inventory between two of them explains it."""
    sigma = np.sqrt(np.diagonal(area.covariance))
    if not (sigma > 0).all():
        return
    muf, ratio = area.muf, area.muf / sigma
    for i in np.flatnonzero(np.abs(ratio) > INCREDIBLE):
        what = "more went in than is accounted for" if muf[i] > 0 else "more is there than can be"
        message = f"{area.periods[i]} does not add up: {what}, by {abs(muf[i]):.4g} kg, {abs(ratio[i]):.3g} σ"
        remedy = "look for a missing or repeated row, or one in the wrong period"
        for j in (i - 1, i + 1):
            if 0 <= j < len(muf) and abs(ratio[j]) > INCREDIBLE and abs(muf[i] + muf[j]) < 3 * (sigma[i] + sigma[j]):
                between = area.periods[min(i, j)]
                remedy = f"{area.periods[j]} is off by the opposite: look at the inventory at the end of {between}"
        yield _finding(area, "sums", "warning", message, remedy)
