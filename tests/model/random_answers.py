"""Random small dossiers with answers, and plans of them, from a seed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from detente.dossier import loads
from detente.dossier.schema import Dossier
from detente.model.plan import Plan

DELAYS = ["0", "1 month", "2 months", "3 months", "5 months", "1 year"]


def _some(rng: np.random.Generator, of: list[str], least: int, most: int) -> list[str]:
    n = int(rng.integers(least, min(most, len(of)) + 1))
    return [of[i] for i in sorted(rng.choice(len(of), n, replace=False))]


def _chance(rng: np.random.Generator, p: float) -> bool:
    return bool(rng.random() < p)


def _number(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def _effects(rng: np.random.Generator, interests: list[str]) -> dict[str, Any]:
    found = {}
    for j in _some(rng, interests, 1, 3):
        effect: dict[str, Any] = {}
        if _chance(rng, 0.8):
            effect["level"] = _number(rng, -9, 9)
        if _chance(rng, 0.35):
            effect["once"] = _number(rng, -9, 9)
        if _chance(rng, 0.25):
            effect["per_year"] = {"rate": _number(rng, -3, 3), "for": f"{_number(rng, 1, 60)} months"}
        if effect:
            found[j] = effect
    return found


def _measure(rng: np.random.Generator, parties: list[str], interests: list[str], earlier: list[str]) -> dict[str, Any]:
    by = [str(rng.choice(parties))] if _chance(rng, 0.8) else _some(rng, parties, 2, 2)
    x: dict[str, Any] = {"by": by, "effects": _effects(rng, interests)}
    kind = rng.random()
    if kind < 0.75:
        x["undo"] = {"in": str(rng.choice(["0", "1 month", "3 months", "8 months"]))}
        if _chance(rng, 0.3):
            x["undo"]["keeps"] = f"{_number(rng, 1, 10) * 10} %"
        if _chance(rng, 0.2):
            x["undo"]["falls"] = "always"
    if _chance(rng, 0.55):
        seen: dict[str, Any] = {"by": "iaea", "detects": f"{_number(rng, 1, 30) / 10} /year"}
        if _chance(rng, 0.5):
            seen["delay"] = str(rng.choice(DELAYS))
        if _chance(rng, 0.5):
            seen["false_alarms"] = f"{_number(rng, 1, 20) / 20} /year"
        if _chance(rng, 0.15):
            seen["visits"] = {"every": str(rng.choice(["6 months", "1 year"])), "detects": "60 %"}
        x["verify"] = seen
    else:
        x["verify"] = "open"
        if _chance(rng, 0.25):
            x["divisible"] = True
            x["takes"] = str(rng.choice(["3 months", "1 year"]))
    if not x.get("divisible") and _chance(rng, 0.3):
        x["takes"] = str(rng.choice(["3 months", "6 months"]))
    if earlier and _chance(rng, 0.3):
        if _chance(rng, 0.6):
            x["after"] = [str(rng.choice(earlier))]
        else:
            x["needs"] = {"verified": [str(rng.choice(earlier))]}
    if _chance(rng, 0.15):
        x["if_over"] = {str(rng.choice(interests)): {"level": _number(rng, -9, 9)}}
    others = [p for p in parties if p not in by]
    if len(parties) > 2 and others and _chance(rng, 0.2):
        x["conditional_on"] = _some(rng, others, 1, len(others))
    return x


def _party(rng: np.random.Generator, interests: list[str]) -> dict[str, Any]:
    x: dict[str, Any] = {
        "discount": f"{_number(rng, 3, 25) / 100} /year",
        "stakes": {j: _number(rng, -12, 12) for j in _some(rng, interests, 1, 3)},
        "response_time": str(rng.choice(DELAYS)),
    }
    if _chance(rng, 0.4):
        x["no_deal"] = f"{-_number(rng, 0, 5)} /year"
    if _chance(rng, 0.5):
        x["collapse_cost"] = _number(rng, 0, 20)
    return x


def document(seed: int, *, exits: bool | None = None) -> dict[str, Any]:
    """What a file would hold. `exits`: whether parties may leave (default: in a part of the dossiers)."""
    rng = np.random.default_rng(seed)
    parties = ["a", "b", "c"][: _number(rng, 2, 3)]
    interests = ["x", "y", "z"]
    names = [f"m{k}" for k in range(_number(rng, 3, 7))]
    lengths = [str(rng.choice(["1 month", "3 months", "6 months", "1 year"])) for _ in range(_number(rng, 1, 2))]
    count = _number(rng, 4, 8)
    periods = [f"{count // len(lengths)} x {length}" for length in lengths]
    measures: dict[str, Any] = {}
    for m in names:
        measures[m] = _measure(rng, parties, interests, list(measures))
    d: dict[str, Any] = {
        "detente": 1,
        "title": f"random answers {seed}",
        "start": "2026-01-01",
        "periods": periods,
        "interests": {j: {"unit": "points", "worst": 0, "best": 10} for j in interests},
        "parties": {p: _party(rng, interests) for p in parties},
        "measures": measures,
        "answers": _answers(rng, measures, parties),
    }
    if exits if exits is not None else _chance(rng, 0.3):
        d["shocks"] = {"leaves": {"ends": str(rng.choice(parties)), "rate": f"{_number(rng, 1, 20) / 100} /year"}}
        if _chance(rng, 0.5):
            month = int(rng.choice([3, 5, 9]))
            d["shocks"]["election"] = {
                "ends": str(rng.choice(parties)),
                "at": f"2026-{month + 1:02d}-01",
                "chance": f"{_number(rng, 1, 8) * 10} %",
            }
    if _chance(rng, 0.2):
        m = str(rng.choice(names))
        if not measures[m].get("after") and not measures[m].get("needs"):
            d["state"] = {"as_of": "2026-01-01", "in_force": {m: {"since": "2025-06-01"}}}
    return d


def _answers(rng: np.random.Generator, measures: dict[str, Any], parties: list[str]) -> dict[str, Any]:
    """Up to four; no measure is in the `to` of two; what they stop has a common measure now and then."""
    free, found = list(measures), {}
    common = _some(rng, list(measures), 1, 2)
    most = str(rng.choice([p for x in measures.values() for p in x["by"]]))
    for k in range(_number(rng, 1, 4)):
        p = most if _chance(rng, 0.7) else str(rng.choice(parties))
        mine = [m for m in free if p in measures[m]["by"]]
        if not mine:
            continue
        to = _some(rng, mine, 1, 2)
        free = [m for m in free if m not in to]
        stops = list(dict.fromkeys([*_some(rng, list(measures), 1, 2), *(common if _chance(rng, 0.7) else [])]))
        x: dict[str, Any] = {
            "to": to,
            "stops": stops,
            "for": str(rng.choice(["1 month", "4 months", "6 months", "2 years", "7 months"])),
        }
        if _chance(rng, 0.6):
            x["cure"] = str(rng.choice(["1 month", "2 months", "3 months", "9 months"]))
        if _chance(rng, 0.4):
            x["then"] = "end"
        if _chance(rng, 0.5):
            x["cost"] = _number(rng, 1, 9) if _chance(rng, 0.7) else f"{_number(rng, 1, 9) / 10} /year"
        if _chance(rng, 0.5):
            x["credible"] = True
        found[f"answer{k}"] = x
    return found


def dossier(seed: int, *, exits: bool | None = None) -> Dossier:
    """Raises DetenteError where what was drawn is refused."""
    return loads(json.dumps(document(seed, exits=exits), indent=1))


def plan(d: Dossier, seed: int) -> Plan:
    """Entries on the grid, as early as `takes`, `after` and `needs` let them, or later; a few measures never."""
    rng = np.random.default_rng([seed, 1])
    tau, dates = d.grid.years, d.grid.dates
    complete: dict[str, float] = dict.fromkeys(d.state.in_force, -1.0)
    entry: dict[str, Any] = {}
    share: dict[str, Any] = {}
    for m, x in d.measures.items():
        if m in d.state.in_force:
            continue
        in_force, verified = d.prerequisites(m)
        ready = [0.0]
        if any(n not in complete for n in (*in_force, *verified)) or _chance(rng, 0.1):
            continue
        ready += [complete[n] for n in in_force]
        ready += [complete[n] + d.measures[n].confirms_in for n in verified]
        if x.divisible:
            levels = _portions(rng, tau, max(ready), x.takes.value)
            if levels:
                share[m] = tuple((dates[k], level) for k, level in levels)
                if levels[-1][1] >= 1 - 1e-9:
                    complete[m] = tau[levels[-1][0]]
            continue
        possible = [k for k, t in enumerate(tau) if t >= max(ready) + x.takes.value - 1e-9]
        if possible:
            k = possible[0] if _chance(rng, 0.5) else int(rng.choice(possible))
            entry[m], complete[m] = dates[k], tau[k]
    return Plan({m: entry.get(m) for m in d.measures}, share)


def _portions(rng: np.random.Generator, tau: tuple[float, ...], ready: float, takes: float) -> list[tuple[int, float]]:
    level, found = 0.0, []
    for k in range(1, len(tau)):
        if tau[k - 1] < ready - 1e-9:
            continue
        most = min(1.0, level + (tau[k] - tau[k - 1]) / max(takes, 1e-9))
        new = most if _chance(rng, 0.5) else round(level + (most - level) * 0.5, 6)
        if new > level + 1e-6:
            level = min(new, 1.0)
            found.append((k, level))
    return found
