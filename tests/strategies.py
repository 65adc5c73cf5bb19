"""Hypothesis strategies: tiny dossiers that use everything a dossier offers, and plans for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import strategies as st

from detente.dossier.grid import Grid
from detente.dossier.schema import Dossier
from detente.model.plan import Plan

GRIDS = [
    ["3 x 3 months"],
    ["2 x 3 months", "1 x 6 months", "1 x 1 year"],
    ["4 x 6 months"],
    ["2 x 1 year"],
    ["5 x 3 months"],
]
START = date(2020, 1, 31)


def _number(draw: st.DrawFn, low: int, high: int) -> int:
    return draw(st.integers(low, high))


def _effects(draw: st.DrawFn, interests: list[str]) -> dict[str, Any]:
    effects: dict[str, Any] = {}
    for i in interests:
        kind = draw(st.sampled_from(["none", "none", "level", "level", "once", "per_year", "for", "both"]))
        size = draw(st.integers(-6, 6).filter(bool)) if kind != "none" else 0
        if kind in ("level", "once"):
            effects[i] = {kind: size}
        elif kind == "per_year":
            effects[i] = {"per_year": size / 10}
        elif kind == "for":
            effects[i] = {"per_year": {"rate": size / 5, "for": draw(st.sampled_from(["9 months", "2 years"]))}}
        elif kind == "both":
            effects[i] = {"level": size, "once": draw(st.integers(-3, 3))}
    return effects


def _seen(draw: st.DrawFn, *, visited: bool) -> dict[str, Any]:
    """How cheating is seen: all the time, by visits, or both. Dates of visits meet those of the grid, or do not."""
    rate = draw(st.sampled_from(["20 %/year", "60 %/year", "95 %/year", "0 %/year"]))
    kinds = ["every", "random", "times", "rounds"]
    kind = draw(st.sampled_from(kinds if visited else ["rate", "rate", "rate", *kinds]))
    if kind == "rate":
        return {"detects": rate}
    seen: dict[str, Any] = {"detects": rate} if draw(st.booleans()) else {}
    if kind in ("every", "random"):
        visits = {"detects": draw(st.sampled_from(["30 %", "60 %", "100 %"]))}
        visits |= {"random": "2 /year"} if kind == "random" else {}
        visits |= {"every": draw(st.sampled_from(["3 months", "2 months", "100 days", "6 months"]))}
        return {**seen, "visits": visits}
    second = draw(st.sampled_from(["6 months", "200 days", "11 months"]))
    chance = draw(st.sampled_from(["25 %", "70 %", "100 %"]))
    visits = {"times": [[draw(st.sampled_from(["3 months", "50 days"])), "25 %"], [second, chance]]}
    return {
        **seen,
        "visits": visits | ({"every": draw(st.sampled_from(["1 year", "11 months"]))} if kind == "rounds" else {}),
    }


def _measure(
    draw: st.DrawFn, parties: list[str], interests: list[str], earlier: list[str], *, divisible: bool, visited: bool
) -> dict[str, Any]:
    joint = draw(st.integers(0, 4)) == 0
    by: Any = draw(st.permutations(parties))[:2] if joint else draw(st.sampled_from(parties))
    m: dict[str, Any] = {"by": by, "effects": _effects(draw, interests)}
    if draw(st.integers(0, 3)) == 0:
        m["conditional_on"] = draw(st.lists(st.sampled_from(parties), unique=True, max_size=2))
    takes = draw(st.sampled_from([0, 0, "3 months", "5 months", "40 days"]))
    if takes:
        m["takes"] = takes
    if draw(st.booleans()):
        m["undo"] = {"in": draw(st.sampled_from([0, "1 month", "3 months", "14 months"]))}
        if draw(st.integers(0, 2)) == 0:
            m["undo"]["keeps"] = draw(st.sampled_from(["40 %", "100 %"]))
    if visited or draw(st.booleans()):
        m["verify"] = {"by": "agency", **_seen(draw, visited=visited)}
        m["verify"]["delay"] = draw(st.sampled_from([0, "1 month", "6 months"]))
        if draw(st.integers(0, 4)) == 0:
            light = {
                "days": "40 /year",
                **_seen(draw, visited=visited),
                "delay": draw(st.sampled_from([0, "2 months"])),
            }
            m["verify"] |= {"regimes": {"light": light, "full": {"days": 90, "detects": "95 %/year"}}}
            m["verify"]["regime"] = draw(st.sampled_from(["light", "light", "full"]))
        if draw(st.booleans()):
            m["verify"]["confirms_in"] = draw(st.sampled_from([0, "2 months", "6 months"]))
        if draw(st.integers(0, 5)) == 0:
            m["verify"]["covert"] = False
    else:
        m["verify"] = "open"
    if earlier and draw(st.integers(0, 2)) == 0:
        m["after"] = [draw(st.sampled_from(earlier))]
    if earlier and draw(st.integers(0, 3)) == 0:
        m["needs"] = {"verified": [draw(st.sampled_from(earlier))]}
    if divisible:
        m |= {"divisible": True, "takes": "6 months"}
    return m


def _party(draw: st.DrawFn, interests: list[str]) -> dict[str, Any]:
    stakes = {i: draw(st.integers(-9, 9).filter(bool)) for i in interests if draw(st.integers(0, 3))}
    p: dict[str, Any] = {"discount": draw(st.sampled_from(["5 %/year", "10 %/year", "40 %/year"])), "stakes": stakes}
    p["response_time"] = draw(st.sampled_from([0, "1 month", "3 months", "8 months"]))
    for name, choices in {
        "no_deal": ["-1 /year", "-3 /year", "0.5 /year"],
        "walk_away": [1, "1 /year", -2],
        "collapse_cost": [2, 10, "1 /year"],
        "exposure_limit": [5, 20, "2 /year"],
        "consents": [False, True],
    }.items():
        if draw(st.integers(0, 2)) == 0:
            p[name] = draw(st.sampled_from(choices))
    return p


def _requirement(draw: st.DrawFn, measures: list[str], interests: list[str], scales: list[str]) -> dict[str, Any]:
    day = str(draw(st.sampled_from([date(2020, 1, 31), date(2020, 7, 30), date(2020, 12, 1), date(2021, 6, 15)])))
    kind = draw(st.sampled_from(["in_force", "in_force", "never", "before", "interest", "progress"]))
    if kind == "in_force":
        return {"in_force": draw(st.sampled_from(measures)), "by": day}
    if kind == "never":
        return {"never": draw(st.sampled_from(measures))}
    if kind == "before" and len(measures) > 1:
        return {"before": list(draw(st.permutations(measures))[:2])}
    if kind == "progress" and scales:
        return {"progress": scales[0], "at_least": draw(st.sampled_from(["30 %", "100 %"])), "by": day}
    bound = draw(st.sampled_from(["at_most", "at_least"]))
    return {"interest": draw(st.sampled_from(interests)), bound: draw(st.integers(-4, 8)), "from": day}


@st.composite
def documents(
    draw: st.DrawFn,
    *,
    measures: int = 5,
    divisible: bool = False,
    visited: bool = False,
    answers: bool = False,
    suspensions: bool = False,
) -> dict[str, Any]:
    """Raw dossiers of 2–3 parties, a few measures and periods, with everything DESIGN §3 offers now and then.

    `visited`: every measure can be faked, and is seen by visits. `answers`: with what ANSWERS §1–§3 and §6 add, now and
    then: measures that fall with the deal, effects once it is over, losses that move, exits, intrusion.
    `suspensions`: breaches are answered by suspending something, and false alarms draw that (§4, §5).
    """
    parties = ["a", "b", "c"][: draw(st.integers(2, 3))]
    interests = ["x", "y", "z"][: draw(st.integers(1, 3))]
    names = [f"m{i}" for i in range(draw(st.integers(1, measures)))]
    d: dict[str, Any] = {
        "detente": 1,
        "title": "generated",
        "start": str(START),
        "periods": draw(st.sampled_from(GRIDS)),
        "interests": {
            i: {
                "unit": "u",
                "worst": draw(st.sampled_from([0, 10, -5])),
                "best": draw(st.sampled_from([5, 20])),
                "course": [["2020-01-31", 3], ["2022-01-31", 5]],
            }
            for i in interests
        },
        "parties": {p: _party(draw, interests) for p in parties},
        "measures": {},
    }
    for i, name in enumerate(names):
        whole = not (divisible and i == 0)
        d["measures"][name] = _measure(draw, parties, interests, names[:i], divisible=not whole, visited=visited)
    if len(names) > 1:
        _extras(draw, d, names, interests)
    if draw(st.integers(0, 3)) == 0:
        scales = list(d.get("progress", {}))
        d["demands"] = {
            f"d{i}": {
                "by": draw(st.sampled_from(parties)),
                "firmness": draw(st.sampled_from(["red_line", "opening", "preference"])),
                "require": _requirement(draw, names, interests, scales),
            }
            for i in range(draw(st.integers(1, 2)))
        }
    d["success"] = {"minimal": [_requirement(draw, names, interests, list(d.get("progress", {})))]}
    if answers:
        _answers(draw, d, interests)
    if suspensions:
        _suspensions(draw, d, names)
    return d


def _suspensions(draw: st.DrawFn, d: dict[str, Any], names: list[str]) -> None:
    """What is suspended after breaches of some measures, each by one of its performers; and false alarms on these."""
    free, found = list(draw(st.permutations(names))), dict[str, Any]()
    while free and len(found) < 3 and draw(st.integers(0, 3)):
        first = free.pop()
        alike = [m for m in free if set(_by(d, m)) & set(_by(d, first))][: draw(st.integers(0, 1))]
        free = [m for m in free if m not in alike]
        stops = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        found[f"s{len(found)}"] = {
            "to": [first, *alike],
            "stops": stops,
            "for": draw(st.sampled_from(["1 month", "6 months", "2 years"])),
            "cure": draw(st.sampled_from([0, "1 month", "6 months"])),
            "then": draw(st.sampled_from(["stays", "stays", "end"])),
            "cost": draw(st.sampled_from([0, 5])),
            "credible": draw(st.booleans()),
        }
        for m in (first, *alike):
            verify = d["measures"][m]["verify"]
            if isinstance(verify, dict) and draw(st.booleans()):
                verify["false_alarms"] = draw(st.sampled_from(["10 %/year", "0.8 /year"]))
    if found:
        d["answers"] = found


def _by(d: dict[str, Any], measure: str) -> list[str]:
    by = d["measures"][measure]["by"]
    return [by] if isinstance(by, str) else list(by)


def _answers(draw: st.DrawFn, d: dict[str, Any], interests: list[str]) -> None:
    """What may happen to a deal once it is broken or left, added to a dossier. ANSWERS §1–§3, §6."""
    dates = _dates(d)
    some = st.integers(0, 2)
    for measure in d["measures"].values():
        if "undo" in measure and draw(some) == 0:
            measure["undo"]["falls"] = "always"
        if draw(some) == 0:
            felt = draw(st.lists(st.sampled_from(interests), min_size=1, max_size=2, unique=True))
            measure["if_over"] = {i: {"level": draw(st.integers(-6, 6).filter(bool))} for i in felt}
        for regime in measure["verify"].get("regimes", {}).values() if isinstance(measure["verify"], dict) else ():
            if draw(some):
                regime["effects"] = _effects(draw, interests)
    for party in d["parties"].values():
        if draw(some) == 0:
            party["no_deal"] = {"course": _course(draw, dates[-1])}
    if draw(some):
        d["shocks"] = _exits(draw, list(d["parties"]), dates)


def _dates(d: dict[str, Any]) -> tuple[date, ...]:
    """The grid dates of a raw dossier that this module made."""
    blocks = [block.split() for block in d["periods"]]
    return Grid.of(START, [(int(n), int(k) * (12 if unit.startswith("year") else 1)) for n, _, k, unit in blocks]).dates


def _course(draw: st.DrawFn, last: date) -> list[list[str]]:
    """Losses without a deal that move on and between grid dates, from before signature on, not after the last."""
    days = [date(2019, 11, 30), START, date(2020, 3, 15), date(2020, 4, 30), date(2020, 6, 15), date(2020, 7, 31), last]
    turns = sorted(draw(st.lists(st.sampled_from(days), min_size=1, max_size=3, unique=True)))
    flows = [f"{draw(st.integers(-8, 2)) / 2:g} /year" for _ in turns]
    return [[str(day), flow] for day, flow in zip(turns, flows, strict=True)]


def _exits(draw: st.DrawFn, parties: list[str], dates: tuple[date, ...]) -> dict[str, Any]:
    """Parties that may leave the deal: at a rate, and on dates on the grid, off it, and after its last."""
    days = [*dates[1:], date(2020, 3, 15), date(2020, 10, 1), date(2023, 1, 1)]
    exits: dict[str, Any] = {}
    for i in range(draw(st.integers(1, 3))):
        ends: dict[str, Any] = {"ends": draw(st.sampled_from(parties))}
        if draw(st.booleans()):
            exits[f"s{i}"] = ends | {"rate": draw(st.sampled_from(["0 %/year", "5 %/year", "30 %/year"]))}
        else:
            before = [one["at"] for one in exits.values() if "at" in one]
            day = before[-1] if before and draw(st.booleans()) else str(draw(st.sampled_from(days)))
            exits[f"s{i}"] = ends | {"at": day, "chance": draw(st.sampled_from(["20 %", "60 %", "100 %"]))}
    return exits


def _extras(draw: st.DrawFn, d: dict[str, Any], names: list[str], interests: list[str]) -> None:
    chance = st.integers(0, 3)
    if draw(chance) == 0:
        pair = list(draw(st.permutations(names))[: draw(st.integers(2, min(3, len(names))))])
        inner: Any = draw(st.sampled_from([{"all": pair}, {"any": pair}, {"all": [pair[0], {"any": pair[1:]}]}]))
        effects = _effects(draw, interests) or {interests[0]: {"level": 2}}
        d["interactions"] = {"i0": {**inner, "effects": effects}}
    if draw(chance) == 0:
        d["one_of"] = {"g": {"exactly": draw(st.booleans()), "of": [[names[0]], [names[1], *names[2:3]]]}}
    if draw(chance) == 0:
        d["capacity"] = {
            "people": {"limit": draw(st.integers(1, 3)), "uses": {n: draw(st.integers(1, 2)) for n in names}}
        }
    if draw(chance) == 0:
        d["progress"] = {"done": {n: draw(st.integers(1, 3)) for n in names[:2]}}
        if draw(st.booleans()):
            bound = draw(st.sampled_from(["at_most", "at_most", "at_least"]))
            d["links"] = {
                "l": {"share": {names[-1]: 1}, bound: "done", "ahead_by": draw(st.sampled_from(["0 %", "50 %"]))}
            }
    if draw(chance) == 0:
        since = draw(st.sampled_from([date(2020, 1, 31), date(2019, 9, 1)]))
        d["state"] = {"in_force": {names[0]: {"since": str(since)}}}
    if draw(chance) == 0:
        d["side_conditions"] = [{"needs": names[0], "before": names[-1]}]


def dossiers(**options: Any) -> st.SearchStrategy[Dossier]:
    return documents(**options).map(Dossier.model_validate)


def all_plans(dossier: Dossier) -> Iterator[Plan]:
    """Every plan of a dossier without divisible measures: each measure never, or at one of the grid dates."""
    fixed = dossier.state.in_force
    choices = [[fixed[m].since] if m in fixed else [None, *dossier.grid.dates] for m in dossier.measures]
    for days in itertools.product(*choices):
        yield Plan(dict(zip(dossier.measures, days, strict=True)))


@st.composite
def plans(draw: st.DrawFn, dossier: Dossier) -> Plan:
    fixed = dossier.state.in_force
    entry = {
        m: fixed[m].since if m in fixed else draw(st.sampled_from([None, *dossier.grid.dates]))
        for m in dossier.measures
    }
    return Plan(entry)


@st.composite
def cases(draw: st.DrawFn, **options: Any) -> tuple[Dossier, Plan]:
    """A dossier, and a plan under which something enters: one that changes nothing breaks no condition."""
    dossier = draw(dossiers(**options))
    free = [m for m in dossier.measures if m not in dossier.state.in_force]
    first, day = draw(st.sampled_from(free)), draw(st.sampled_from(dossier.grid.dates))
    plan = draw(plans(dossier))
    return dossier, plan if any(plan.entry[m] for m in free) else Plan({**plan.entry, first: day})
