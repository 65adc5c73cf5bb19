"""Plan: which measure enters into force when. DESIGN §2, §4.

As JSON: {"entry": {measure: "2018-09-12" or null}, "share": {divisible measure: [["2018-09-12", 0.5], ...]}}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

from detente.dossier.schema import Dossier
from detente.dossier.text.contents import Unread, contents
from detente.dossier.text.yaml import MAX_BYTES
from detente.errors import DossierError, Finding
from detente.model.tolerance import FULL, TIE

Shares = tuple[tuple[date, float], ...]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEYS = ("entry", "share")
"""What a plan says; files of `design` say more beside it."""


@dataclass(frozen=True)
class Plan:
    """Entry date of each measure (None: not in the plan) and, for divisible measures, cumulative shares by date."""

    entry: Mapping[str, date | None]
    share: Mapping[str, Shares] = field(default_factory=dict)

    @classmethod
    def read(cls, dossier: Dossier, source: Mapping[str, Any] | str | Path) -> Plan:
        """A plan from JSON data or from a file. Raises DossierError with all findings (codes plan.*)."""
        file = None if isinstance(source, Mapping) else str(source)
        data = source if isinstance(source, Mapping) else _load(Path(source))
        reader = _Reader(dossier, file)
        plan = reader.plan(data)
        if reader.findings:
            raise DossierError(reader.findings)
        return plan

    def to_dict(self) -> dict[str, Any]:
        """As JSON data that `read` takes back; a divisible measure's entry is its first date with a positive share."""
        entry = {m: _iso(_first(self.share[m]) if m in self.share else day) for m, day in self.entry.items()}
        share = {m: [[day.isoformat(), part] for day, part in rises] for m, rises in self.share.items()}
        return {"entry": entry, "share": share} if share else {"entry": entry}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _first(shares: Shares) -> date | None:
    return next((day for day, part in shares if part > 0), None)


def _load(file: Path) -> Mapping[str, Any]:
    """The JSON document in a file. Raises DossierError where there is none, or names stand twice."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(pairs)

    def finding(code: str, message: str, **where: Any) -> DossierError:
        return DossierError([Finding(code, "error", message, file=str(file), **where)])

    try:
        data = json.loads(contents(file, MAX_BYTES).decode("utf-8-sig"), object_pairs_hook=once)
    except Unread as problem:
        raise finding("plan.file", f"cannot read the plan: {problem.why}", remedy=problem.remedy) from problem
    except UnicodeDecodeError as problem:
        raise finding("plan.file", "cannot read the plan: this is not UTF-8 text") from problem
    except json.JSONDecodeError as problem:
        raise finding("plan.json", f"not JSON: {problem.msg}", line=problem.lineno, column=problem.colno) from problem
    except ValueError as problem:  # a whole number of thousands of digits
        remedy = "a share lies between 0 and 1"
        raise finding("plan.json", "a number with more digits than are read", remedy=remedy) from problem
    if twice:
        raise finding("plan.twice", f"written twice: {', '.join(twice)}", remedy="keep one of each")
    if not isinstance(data, Mapping):
        raise finding("plan.shape", "a plan is an object with `entry`", remedy='write {"entry": {"measure": "date"}}')
    return data


class _Reader:
    """Turns JSON data into a plan and collects what is wrong with it."""

    def __init__(self, dossier: Dossier, file: str | None) -> None:
        self.dossier = dossier
        self.file = file
        self.findings: list[Finding] = []

    def plan(self, data: Mapping[str, Any]) -> Plan:
        dates, shares = self._table(data, "entry"), self._table(data, "share")
        misspelt = [name for name in data if name not in _KEYS and get_close_matches(str(name), _KEYS, cutoff=0.75)]
        for name in misspelt:
            near = get_close_matches(str(name), _KEYS, n=1, cutoff=0.75)[0]
            self._find("plan.key", str(name), f"a plan has no {name!r}", f"did you mean {near!r}?")
        if "entry" not in data and "share" not in data and not misspelt:
            self._find("plan.shape", "", "a plan needs `entry`", 'write {"entry": {"measure": "date"}}')
        entry = {m: self._day(f"entry.{m}", dates.get(m)) for m in self.dossier.measures}
        share = {m: self._shares(m, raw) for m, raw in shares.items() if raw is not None}
        return complete(self.dossier, Plan(entry, share))

    def _find(self, code: str, path: str, message: str, remedy: str = "") -> None:
        self.findings.append(Finding(code, "error", message, file=self.file, path=path, remedy=remedy))

    def _table(self, data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """The mapping `name` of the data, without measures that the dossier does not know."""
        table = data.get(name) or {}
        if not isinstance(table, Mapping):
            self._find("plan.shape", name, f"`{name}` maps measures to dates, found {table!r}")
            return {}
        for m in table:
            if m not in self.dossier.measures:
                near = get_close_matches(str(m), self.dossier.measures, n=1, cutoff=0.4)
                remedy = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self.dossier.measures)}"
                self._find("plan.measure", f"{name}.{m}", f"the dossier has no measure {m!r}", remedy)
        return {m: raw for m, raw in table.items() if m in self.dossier.measures}

    def _day(self, path: str, raw: Any) -> date | None:
        if raw is None or (isinstance(raw, date) and not isinstance(raw, datetime)):
            return raw
        try:
            if not _DAY.fullmatch(raw):
                raise ValueError(raw)
            return date.fromisoformat(raw)
        except (TypeError, ValueError):
            self._find("plan.date", path, f"expected a date such as 2019-06-30, or null, found {raw!r}")
            return None

    def _shares(self, m: str, raw: Any) -> Shares:
        """Cumulative shares by date, written as pairs or as a mapping."""
        path = f"share.{m}"
        if not self.dossier.measures[m].divisible:
            self._find("plan.share", path, f"{m!r} is not divisible", "give its date under `entry`")
            return ()
        pairs = list(raw.items()) if isinstance(raw, Mapping) else raw
        if not _paired(pairs):
            self._find("plan.share", path, f"expected pairs of date and cumulative share, found {raw!r}")
            return ()
        days = [self._day(path, day) for day, _ in pairs]
        parts = [self._part(path, part) for _, part in pairs]
        rises = sorted((day, part) for day, part in zip(days, parts, strict=True) if day is not None)
        if any(b[0] == a[0] or b[1] < a[1] for a, b in pairwise(rises)):
            self._find("plan.share", path, "cumulative shares never fall and have one value a date")
        return tuple(rises)

    def _part(self, path: str, raw: Any) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
            self._find("plan.share", path, f"a cumulative share lies between 0 and 1, found {raw!r}")
            return 0.0
        return float(raw)


def _paired(raw: Any) -> bool:
    """Whether JSON data are a list of pairs."""
    return isinstance(raw, list | tuple) and all(isinstance(p, list | tuple) and len(p) == 2 for p in raw)


def complete(dossier: Dossier, plan: Plan) -> Plan:
    """The plan with what is left open filled in.

    Every measure has an entry; a state measure has its `since`; a divisible one has shares: those given, else rising at
    full pace from its entry date.
    """
    state = dossier.state.in_force
    given: dict[str, date | None] = {m: plan.entry.get(m) for m in dossier.measures}
    entry = given | {m: state[m].since for m in dossier.measures if m in state}
    share: dict[str, Shares] = {}
    pace = _Pace(dossier, entry, plan.share)
    for m, measure in dossier.measures.items():
        if measure.divisible and (shares := pace.shares(m)):
            share[m] = shares
            entry[m] = _first(shares)
        elif measure.divisible:
            entry[m] = None
    return Plan(entry, share)


class _Pace:
    """Shares of divisible measures that are given by their entry date alone. DESIGN §3, `divisible`."""

    def __init__(self, dossier: Dossier, entry: Mapping[str, date | None], given: Mapping[str, Shares]) -> None:
        self.dossier = dossier
        self.entry = dict(entry)
        self.given = given
        self.open: set[str] = set()

    def shares(self, m: str) -> Shares:
        """Cumulative shares by date; () where the measure is not in the plan."""
        standing = self.dossier.state.in_force.get(m)
        if standing is not None:
            given = [(day, part) for day, part in self.given.get(m, ()) if day >= self.dossier.start]
            return ((standing.since, standing.share.value), *(rise for rise in given if rise[0] > standing.since))
        if m in self.given:
            return self.given[m]
        first = self.entry[m]
        return () if first is None else self._rising(m, first)

    def _rising(self, m: str, first: date) -> Shares:
        grid = self.dossier.grid
        k = grid.index(first)
        if k is None or k == 0:
            return ((first, self._step(m, 1, 0.0) if len(grid) > 1 else 1.0),)
        ready = self._ready(m)
        rises: list[tuple[date, float]] = []
        share = 0.0
        while k < len(grid) and share < FULL:
            step = self._step(m, k, ready)
            share = min(1.0, share + (step if step > 0 else self._step(m, k, 0.0)))
            rises.append((grid.dates[k], 1.0 if share >= FULL else share))
            k += 1
        return tuple(rises)

    def _step(self, m: str, k: int, ready: float) -> float:
        """The most by which the share can rise in (τ_(k−1), τ_k]."""
        years, takes = self.dossier.grid.years, self.dossier.measures[m].takes.value
        worked = years[k] - max(years[k - 1], ready)
        if takes <= 0:
            return 1.0 if worked >= -TIE else 0.0
        return min(1.0, max(0.0, worked) / takes)

    def _ready(self, m: str) -> float:
        """When all that a measure needs is complete, in years; 0 where that never happens (which `check` refuses)."""
        if m in self.open:
            return 0.0
        self.open.add(m)
        in_force, verified = self.dossier.prerequisites(m)
        dates = [*(self._complete(n) for n in in_force), *(self._verified(n) for n in verified)]
        self.open.discard(m)
        return max([0.0, *(t for t in dates if t is not None)])

    def _complete(self, n: str) -> float | None:
        """When all of a measure is in force, in years."""
        if self.dossier.measures[n].divisible:
            day = next((day for day, part in self.shares(n) if part >= FULL), None)
        else:
            day = self.entry[n]
        return None if day is None else self.dossier.grid.time(day)

    def _verified(self, n: str) -> float | None:
        """When all of a measure counts as verified, in years."""
        standing = self.dossier.state.in_force.get(n)
        if standing is not None and standing.verified is not None and standing.share.value >= FULL:
            return self.dossier.grid.time(standing.verified)
        entered = self._complete(n)
        return None if entered is None else entered + self.dossier.measures[n].confirms_in
