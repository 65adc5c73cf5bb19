"""A negotiation domain of issues and values as an ordinary one-period dossier, so that every verb works on it.

A value of an issue is a joint measure of all parties that takes no time, is never undone and is seen by everyone; its
effects are `once`, at signature, so that a party's value of a plan is its utility of the outcome. INTEROP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from detente.dossier.foreign.imported import Names, plain

MAX_ISSUES = 200
MAX_VALUES = 5_000
"""Most values of all issues together."""
MAX_BOXES = 5_000
FILLED_IN = "not in the file: all effects are once, at signature, so it changes nothing"


@dataclass(frozen=True)
class Issue:
    """Something to be settled, and the values of which one is chosen."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ValueFunction:
    """One party's view of one issue: utility = weight · evaluation / best."""

    weight: Fraction
    best: Fraction
    evaluations: tuple[Fraction, ...]
    """One for each value of the issue, in its order."""


@dataclass(frozen=True)
class Box:
    """A utility that an outcome earns inside (or, where `outside`, not inside) a box of values."""

    utility: Fraction
    chosen: tuple[tuple[int, tuple[int, ...]], ...]
    """(issue, values in the box) for each issue that bounds it; an issue that does not bound it is left out."""
    outside: bool = False


@dataclass(frozen=True)
class Profile:
    """What one party wants: tables by issue (additive), or boxes (hyper-rectangles), or both.

    utility = Σ weight · evaluation / best + worth · Σ (utilities of the boxes that count) / most.
    """

    name: str
    source: str
    tables: tuple[ValueFunction | None, ...] = ()
    boxes: tuple[Box, ...] = ()
    most: Fraction = Fraction(1)
    worth: Fraction = Fraction(1)
    reservation: Fraction = Fraction(0)
    talks_discount: Fraction | None = None
    clipped: bool = False
    """Whether an offer above `most` may exist, which counts as `most`."""


@dataclass(frozen=True)
class Domain:
    """Issues and the parties that bargain over them."""

    title: str
    source: str
    issues: tuple[Issue, ...]
    profiles: tuple[Profile, ...]

    def document(self) -> dict[str, Any]:
        """The raw dossier."""
        return _Writing(self).document()


class _Writing:
    """Ids first (they must be unique across issues), then the parts that use them."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        parties, issues, measures, interests = Names(), Names(), Names(), Names()
        self.parties = [parties.of(p.name, otherwise=f"party{n}") for n, p in enumerate(domain.profiles, 1)]
        self.issues = [issues.of(i.name, otherwise=f"issue{n}") for n, i in enumerate(domain.issues, 1)]
        self.measures = [
            [measures.of(name, value, otherwise=f"{name}_{n}") for n, value in enumerate(issue.values, 1)]
            for name, issue in zip(self.issues, domain.issues, strict=True)
        ]
        self.interests = [[interests.of(p, i) for i in self.issues] for p in self.parties]
        self.whole = [interests.of(p, "utility") for p in self.parties]

    def document(self) -> dict[str, Any]:
        groups = zip(self.issues, self.measures, strict=True)
        document: dict[str, Any] = {
            "detente": 1,
            "title": self.domain.title,
            "summary": self._summary(),
            "start": "2000-01-01",
            "periods": ["1 x 1 year"],
            "interests": {},
            "parties": {p: self._party(n) for n, p in enumerate(self.parties)},
            "measures": self._measures(),
            "one_of": {i: {"exactly": True, "of": [[m] for m in ms]} for i, ms in groups},
            "interactions": self._interactions(),
        }
        document["interests"] = self._interests()
        return {name: part for name, part in document.items() if part not in ({}, [])}

    def _summary(self) -> str:
        profiles = ", ".join(p.source for p in self.domain.profiles)
        outcomes = prod(len(i.values) for i in self.domain.issues)
        return f"Imported from {self.domain.source} with {profiles}: {len(self.issues)} issues, {outcomes} outcomes."

    def _tables(self, party: int) -> list[tuple[int, str, ValueFunction]]:
        """(issue, its interest, the party's table); issues that count for nothing are left out."""
        tables = enumerate(self.domain.profiles[party].tables)
        return [(i, self.interests[party][i], t) for i, t in tables if t is not None and any(t.evaluations)]

    def _interests(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for p, profile in enumerate(self.domain.profiles):
            for i, name, table in self._tables(p):
                title = f"{self.domain.issues[i].name} for {profile.name}"
                found[name] = _interest(title, table.best, "evaluation", profile)
            if profile.boxes:
                found[self.whole[p]] = _interest(f"Utility of {profile.name}", profile.most, "utility", profile)
        return found

    def _party(self, n: int) -> dict[str, Any]:
        profile = self.domain.profiles[n]
        stakes = {name: plain(table.weight) for _, name, table in self._tables(n)}
        party: dict[str, Any] = {
            "name": profile.name,
            "discount": {"value": "5 %/year", "source": FILLED_IN},
            "stakes": stakes | ({self.whole[n]: plain(profile.worth)} if profile.boxes else {}),
            "walk_away": plain(profile.reservation),
            "response_time": 0,
            "source": profile.source,
        }
        if profile.reservation < 0:
            # No deal is worth so little, to who refuses and to who breaks out alike.
            party["collapse_cost"] = {"value": plain(-profile.reservation), "source": "no deal is worth its negative"}
        if not party["stakes"]:
            party["consents"] = True
        if profile.talks_discount is not None:
            party["talks_discount"] = plain(profile.talks_discount)
        if profile.clipped:
            party["value_ceiling"] = plain(profile.worth)
        return party

    def _measures(self) -> dict[str, Any]:
        tables = [(n, i, name, t) for n in range(len(self.parties)) for i, name, t in self._tables(n)]
        found: dict[str, Any] = {}
        for i, (issue, names) in enumerate(zip(self.domain.issues, self.measures, strict=True)):
            for v, measure in enumerate(names):
                effects = {
                    name: {"once": plain(t.evaluations[v])} for _, j, name, t in tables if j == i and t.evaluations[v]
                }
                found[measure] = self._measure(issue.values[v], issue.name, effects)
        return found

    def _measure(self, value: str, issue: str, effects: dict[str, Any]) -> dict[str, Any]:
        measure = {"title": value, "phase": issue, "by": list(self.parties), "takes": 0, "undo": "never"}
        measure |= {"verify": "open", "effects": effects, "source": self.domain.source}
        return {k: v for k, v in measure.items() if v != {}}

    def _interactions(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for p, profile in enumerate(self.domain.profiles):
            for n, box in enumerate(profile.boxes, 1):
                if (when := self._when(box)) is not None and box.utility:
                    effects = {self.whole[p]: {"once": plain(box.utility)}}
                    found[f"{self.parties[p]}_box_{n}"] = when | {"effects": effects, "source": profile.source}
        return found

    def _when(self, box: Box) -> dict[str, Any] | None:
        """The condition of a box on measures; None where no outcome fulfils it."""
        if any(not values for _, values in box.chosen):
            return {"any": list(self.measures[0])} if box.outside else None
        if box.outside:
            beyond = [m for i, values in box.chosen for v, m in enumerate(self.measures[i]) if v not in set(values)]
            return {"any": beyond} if beyond else None
        bounds = [(i, values) for i, values in box.chosen if len(values) < len(self.measures[i])]
        if not bounds:
            return {"any": list(self.measures[0])}
        return {"all": [{"any": [self.measures[i][v] for v in values]} for i, values in bounds]}


def _interest(title: str, best: Fraction, unit: str, profile: Profile) -> dict[str, Any]:
    return {"title": title, "unit": unit, "worst": 0, "best": plain(best), "source": profile.source}


def beyond_limits(issues: Sequence[Issue]) -> str | None:
    """Why a domain is too large to be read, None where it is not."""
    if len(issues) > MAX_ISSUES:
        return f"more than {MAX_ISSUES} issues"
    if sum(len(i.values) for i in issues) > MAX_VALUES:
        return f"more than {MAX_VALUES} values"
    return None
