"""What is legal and says nothing, or the same thing twice: said once each, since it may be a slip. DESIGN §3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from detente.dossier.checks.summaries import Told, summed_up
from detente.dossier.places import Path
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier, Verify, Visits
from detente.errors import Finding


def repeats(dossier: Dossier) -> list[Finding]:
    """Warnings, one for each kind."""
    return [
        *_named_twice(dossier),
        *_answers_itself(dossier),
        *_equal_alternatives(dossier),
        *_never_seen(dossier),
    ]


def _named_twice(dossier: Dossier) -> list[Finding]:
    found = [(path, f"{name} ({path[1]})") for path, names in _lists(dossier) for name in _twice(names)]
    message = "stands twice in one list, which says no more than once: {names}"
    return summed_up(dossier, "dossier.repeated", found, message, remedy="leave out one, or correct its name")


def _lists(dossier: Dossier) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Every list of names of a measure, and the alternatives of a group."""
    for name, m in dossier.measures.items():
        path: Path = ("measures", name)
        yield from (((*path, field), getattr(m, field) or ()) for field in ("by", "conditional_on", "after", "terms"))
        yield from (((*path, "needs", field), getattr(m.needs, field)) for field in ("in_force", "verified"))
    for name, group in dossier.one_of.items():
        yield from ((("one_of", name, "of", i), alternative) for i, alternative in enumerate(group.of))


def _twice(names: tuple[str, ...]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _answers_itself(dossier: Dossier) -> list[Finding]:
    found: Told = [
        (("measures", name, "conditional_on"), f"{party} ({name})")
        for name, m in dossier.measures.items()
        for party in dict.fromkeys(m.conditional_on or ())
        if party in m.by
    ]
    message = "answers to a breach by its own performer, who stops it anyway: {names}"
    return summed_up(dossier, "dossier.answers_itself", found, message, remedy="name the other parties only")


def _equal_alternatives(dossier: Dossier) -> list[Finding]:
    found: Told = []
    for name, group in dossier.one_of.items():
        known: dict[frozenset[str], int] = {}
        for i, alternative in enumerate(group.of):
            if known.setdefault(frozenset(alternative), i) != i:
                found.append((("one_of", name, "of", i), f"{i + 1} and {known[frozenset(alternative)] + 1} ({name})"))
    message = "alternatives with the same measures: {names}"
    return summed_up(dossier, "dossier.same_alternative", found, message, remedy="leave out one, or name what differs")


def _never_seen(dossier: Dossier) -> list[Finding]:
    """A menu of regimes may well hold one that sees nothing; what stands alone is rather a slip."""
    found: Told = [
        (("measures", name, "verify", "detects"), name)
        for name, m in dossier.measures.items()
        if isinstance(m.verify, Verify) and m.verify.covert and not m.verify.regimes
        if _is_nothing(m.verify.detects) and _sees_nothing(m.verify.visits)
    ]
    message = "a chance of 0 that cheating is ever seen: {names}"
    remedy = "right if nobody would see it; else write a chance, such as 90 %/year, or 'visits'"
    return summed_up(dossier, "dossier.never_seen", found, message, remedy=remedy)


def _is_nothing(detects: Number | None) -> bool:
    return detects is not None and detects.value == 0


def _sees_nothing(visits: Visits | None) -> bool:
    if visits is None:
        return True
    seen = [visits.detects] if visits.detects is not None else [share for _, share in visits.times]
    return all(share.value == 0 for share in seen)
