"""Seeded random dossiers of any size, shaped like real ones: gifts against relief, in order, partly verified."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from detente.dossier.schema import Dossier

NAMES = ("north", "south", "east", "west", "centre", "coast", "hills", "isles")


def document(measures: int, quarters: int, *, seed: int = 0, parties: int = 3) -> dict[str, Any]:
    """Each measure costs its performer and pays somebody else, some in secret.

    Two principals and a neighbour; or more parties, up to eight, each of which gives in turn to any other.
    """
    rng = random.Random(seed)
    names = NAMES[:parties]
    sides = {
        name: {
            "discount": f"{rng.choice([6, 8, 10, 12])} %/year",
            "stakes": {f"{name}_gain": 100, f"{name}_cost": -100},
            "response_time": rng.choice(["2 weeks", "1 month", "2 months"]),
            "collapse_cost": rng.choice([0, 5, 10]),
            "no_deal": f"-{rng.choice([0, 1, 2])} /year",
            "exposure_limit": 150,
        }
        for name in names
    }
    interests = {f"{p}_{kind}": {"unit": "points", "worst": 0, "best": 100} for p in names for kind in ("gain", "cost")}
    body = {f"m{i:03}": _measure(rng, i, names) for i in range(measures)}
    return {
        "detente": 1,
        "title": f"Generated case of {measures} measures and {quarters} quarters (seed {seed})",
        "start": "2020-01-01",
        "periods": [f"{quarters} x 3 months"],
        "interests": interests,
        "parties": sides,
        "measures": body,
    }


def _measure(rng: random.Random, i: int, names: Sequence[str]) -> dict[str, Any]:
    giver, taker = _pair(rng, i, names)
    cost = rng.uniform(1.0, 10.0)
    others = [p for p in names if p != giver]
    effects: dict[str, Any] = {f"{giver}_cost": {"level": round(cost, 3)}}
    effects[f"{taker}_gain"] = {"level": round(cost * rng.uniform(0.9, 1.8), 3)}
    if rng.random() < 0.3:
        effects[f"{giver}_cost"]["once"] = round(cost * rng.uniform(0.5, 3), 3)
    m: dict[str, Any] = {
        "by": giver,
        "conditional_on": others,
        "takes": f"{rng.choice([0, 2, 3, 6, 9])} months",
        "effects": effects,
    }
    if rng.random() < 0.6:
        m["undo"] = {"in": f"{rng.choice([1, 3, 6, 12])} months"}
    if rng.random() < 0.4:
        detects, delay = rng.choice([50, 80, 95]), rng.choice([1, 3])
        m["verify"] = {"by": "agency", "detects": f"{detects} %/year", "delay": f"{delay} months"}
    else:
        m["verify"] = "open"
    if i >= 6 and rng.random() < 0.4:
        m["after"] = [f"m{rng.randrange(i - 6, i):03}"]
    return m


def _pair(rng: random.Random, i: int, names: Sequence[str]) -> tuple[str, str]:
    """Who gives and who takes."""
    if len(names) > 3:
        giver = names[i % len(names)]
        return giver, rng.choice([p for p in names if p != giver])
    if i % 9 == 8:
        return "east", rng.choice(["north", "south"])
    return ("north", "south") if i % 2 else ("south", "north")


def dossier(measures: int, quarters: int, *, seed: int = 0, parties: int = 3) -> Dossier:
    return Dossier.model_validate(document(measures, quarters, seed=seed, parties=parties))
