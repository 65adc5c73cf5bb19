"""What an inspector measured again, against the records, balance by balance: the D statistic of an area.

D_i = Σ over the strata of balance i of ±(N/n) Σ (recorded − measured again), kg; a stratum is what the records have of
one kind at one location and time, N its items, n those measured again. The sign is + for outputs and closing
inventories, − for inputs and opening ones, so that D is what the records hide, and MUF + D is what the inspector's
measurements leave unaccounted for (Avenhaus 1986 writes MUF − D, with the other sign).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from detente.verify.balance.area import BalanceArea, Measurement
from detente.verify.balance.d_statistic import Difference
from detente.verify.balance.power import critical, level_each

Signed = list[tuple[float, Measurement]]


@dataclass(frozen=True)
class Compared:
    """D of one balance."""

    balance: str
    items: int
    """In the records of the balance, of every stratum."""
    drawn: int
    """Of them measured again."""
    covered: float
    """What part of the kilograms is in strata of which something was measured again; D says nothing of the rest."""
    difference: Difference
    muf_kg: float
    """MUF + D: what is missing by the inspector's measurements."""


def differences(area: BalanceArea, false_alarm_rate: float) -> tuple[Compared, ...]:
    """D of every balance of which something was measured again and can err; empty where nothing was.

    The false-alarm rate is for all of them together, as of independent ones.
    """
    found = [(i, strata) for i, strata in enumerate(_strata(area)) if any(m.again for s in strata for _, m in s)]
    sums = [(i, strata, *_d(strata)) for i, strata in found]
    sums = [(i, strata, d, sigma) for i, strata, d, sigma in sums if sigma > 0.0]
    each = level_each(false_alarm_rate, max(1, len(sums)))
    return tuple(
        _compared(area.periods[i], strata, Difference(d, sigma, critical(each) * sigma, each), float(area.muf[i]))
        for i, strata, d, sigma in sums
    )


def _strata(area: BalanceArea) -> list[list[Signed]]:
    """By balance: its strata, each row with the sign of its difference in D. A known opening is no longer checked."""
    by_place: list[dict[tuple[str, str, int], Signed]] = [defaultdict(list) for _ in area.periods]
    for m in area.measurements:
        if not (area.opening_is_known and m.kind == "inventory" and m.period == 0):
            for i, sign in area.enters(m):
                by_place[i][m.location, m.kind, m.period].append((-sign, m))
    return [list(places.values()) for places in by_place]


def _d(strata: Sequence[Signed]) -> tuple[float, float]:
    """D and its standard deviation: random errors row by row, leanings added by instrument before they are squared."""
    d, random = 0.0, 0.0
    leanings: dict[tuple[str, ...], float] = defaultdict(float)
    for rows in strata:
        if not (drawn := sum(m.items for _, m in rows if m.again)):
            continue
        scale = sum(m.items for _, m in rows) / drawn
        for sign, m, again in ((sign, m, m.again) for sign, m in rows if m.again):
            weight, mean = sign * scale, 0.5 * (m.amount_kg + again.amount_kg)
            d += weight * (m.amount_kg - again.amount_kg)
            random += (weight * mean * hypot(m.random, again.random)) ** 2 / m.items
            leanings[m.source] += weight * mean * m.systematic
            leanings[_source(m)] -= weight * mean * again.systematic
    return d, sqrt(random + sum(lean**2 for lean in leanings.values()))


def _source(m: Measurement) -> tuple[str, ...]:
    """What shares the inspector's systematic error; the operator's own instrument leans as it leaned before."""
    name = m.again.instrument if m.again else ""
    if name and name == m.instrument:
        return m.source
    return ("inspector", name) if name else ("inspector", "", m.location, m.kind)


def _compared(name: str, strata: Sequence[Signed], difference: Difference, muf_kg: float) -> Compared:
    rows = [m for s in strata for _, m in s]
    seen = [m for s in strata if any(m.again for _, m in s) for _, m in s]
    kilograms = sum(m.amount_kg for m in rows)
    return Compared(
        name,
        sum(m.items for m in rows),
        sum(m.items for m in rows if m.again),
        sum(m.amount_kg for m in seen) / kilograms if kilograms else 1.0,
        difference,
        muf_kg + difference.d_kg,
    )


def in_words(compared: Sequence[Compared]) -> Iterator[str]:
    """What the inspector's measurements add, in sentences; none where nothing was measured again."""
    if not compared:
        return
    hiding = [c for c in compared if c.difference.alarm]
    what = "; ".join(f"{c.balance} (D = {c.difference.d_kg:.3g} kg, σ {c.difference.sigma_kg:.3g} kg)" for c in hiding)
    said = f"more than error explains: {what}" if hiding else "no more than error explains"
    yield f"Items of {len(compared)} of the balances were measured again: the records hide {said}."
    least = min(compared, key=lambda c: c.covered)
    if least.covered < 1.0:
        yield f"They say nothing of {1 - least.covered:.0%} of the kilograms of {least.balance}."
