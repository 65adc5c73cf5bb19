"""Amounts of one party so far apart that the smaller are lost in what counts as slight, or too large to compute with.

Rows and objectives are scaled party by party, so it does not matter in what unit a party's points are. But a condition
may be missed by a part of what the party has at stake: what is smaller than that decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from detente.dossier.checks.summaries import listed, summed_up
from detente.dossier.places import Path
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier, Effect, Party
from detente.errors import Finding

LOST = 1e-7
"""The part of what a party has at stake below which an amount decides nothing: what conditions may be missed by."""
TOO_LARGE = 1e100
"""Points beyond which their products are no longer numbers."""
RESIDUE = 1e-12
"""What is below this part of the largest is rounding of whoever wrote the file, and not worth a word."""
AMOUNTS = ("walk_away", "collapse_cost", "exposure_limit", "no_deal")


def uncomputable(dossier: Dossier) -> list[Finding]:
    """Amounts that are no numbers once they are weighed, as errors."""
    found = {p: label for party in dossier.parties for p, label, size in _worths(dossier, party) if size > TOO_LARGE}
    message = "worth more than anything can be computed with: {names}"
    remedy = "choose a larger unit for the interest, or fewer points"
    return summed_up(dossier, "dossier.magnitude", list(found.items()), message, remedy=remedy, severity="error")


def lost(dossier: Dossier) -> list[Finding]:
    """Amounts that are nothing beside what else the same party has at stake, as a warning."""
    found: dict[Path, str] = {}
    beside: list[str] = []
    for party in dossier.parties:
        worths = list(_worths(dossier, party))
        _, label, largest = max(worths, key=lambda worth: worth[2], default=((), "", 0.0))
        small = {path: name for path, name, size in worths if RESIDUE * largest < size < LOST * largest}
        found |= small
        beside += [label] if small else []
    message = f"so small beside {listed(beside)} (a ten-millionth or less) that it counts as nothing: {{names}}"
    remedy = "check the units: what matters should not be so small beside the rest"
    return summed_up(dossier, "dossier.magnitude", list(found.items()), message, remedy=remedy)


def _worths(dossier: Dossier, party: str) -> Iterator[tuple[Path, str, float]]:
    """(path, label, points as a present value, without a sign) of what a party values."""
    body = dossier.parties[party]
    rho = body.discount.value if body.discount is not None else 0.0
    if rho <= 0:
        return
    for interest, stake in body.stakes.items():
        yield ("parties", party, "stakes", interest), f"stake of {party} in {interest}", abs(stake.value) / rho
    for name in AMOUNTS:
        amount = getattr(body, name)
        if isinstance(amount, Number):
            yield ("parties", party, name), f"{name} of {party}", abs(amount.value) / (rho if amount.flow else 1.0)
    for section, name, interest, effect in _effects(dossier):
        if interest in body.stakes:
            size = _size(dossier, body, interest, effect, rho)
            yield (section, name, "effects", interest), f"{name} on {interest} for {party}", size


def _effects(dossier: Dossier) -> Iterator[tuple[str, str, str, Effect]]:
    """Every effect with where it is written: section, name, interest."""
    for section, parts in (("measures", dossier.measures), ("interactions", dossier.interactions)):
        yield from ((section, n, i, effect) for n, part in parts.items() for i, effect in part.effects.items())


def _size(dossier: Dossier, party: Party, interest: str, effect: Effect, rho: float) -> float:
    """The largest part of what an effect is worth to a party."""
    scale = dossier.interests.get(interest)
    if scale is None:
        return 0.0
    swing = abs(scale.best.value - scale.worst.value)
    if swing == 0:
        return 0.0
    growth = abs(effect.per_year.rate.value) / rho if effect.per_year is not None else 0.0
    parts = (abs(effect.level.value) / rho, abs(effect.once.value), growth / rho)
    size = abs(party.stakes[interest].value) / swing * max(parts)
    return math.inf if math.isnan(size) else size
