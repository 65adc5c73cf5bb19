"""A dossier as issues, values and what each is worth, where it separates into them; else a UsageError says why not.

The reverse of `domain`: for programs that know outcomes, and no time, order, breach or verification.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from detente.dossier.foreign.imported import exact
from detente.dossier.schema import Condition, Dossier, Effect, Measure, Party
from detente.errors import UsageError

NONE_OF_THEM, YES, NO = "none of them", "yes", "no"


@dataclass(frozen=True)
class _Choice:
    """An issue: each value is a measure, or nothing (None)."""

    name: str
    values: tuple[tuple[str, str | None], ...]
    """(text, measure)."""

    def texts(self) -> tuple[str, ...]:
        return tuple(text for text, _ in self.values)


@dataclass(frozen=True)
class Corner:
    """Points that an outcome earns where each issue named has one of the values named."""

    points: Fraction
    values: Mapping[int, frozenset[str]]


@dataclass(frozen=True)
class Outcomes:
    """The choices, and for each party what it makes of them."""

    choices: tuple[_Choice, ...]
    worth: Mapping[str, tuple[tuple[Fraction, ...], ...]]
    """[party][issue][value] points of a value by itself."""
    corners: Mapping[str, tuple[Corner, ...]]
    """[party] points of values together."""
    reserved: Mapping[str, Fraction]

    @classmethod
    def of(cls, dossier: Dossier) -> Outcomes:
        """Raises UsageError with everything that does not fit."""
        choices = _choices(dossier)
        parties = {name: p for name, p in dossier.parties.items() if p.stakes or p.must_consent}
        problems = list(dict.fromkeys(_misfits(dossier)))
        corners: dict[str, tuple[Corner, ...]] = {}
        if not problems:
            try:
                corners = {name: tuple(_corners(dossier, p, choices)) for name, p in parties.items()}
            except _NoBox as no:
                problems = [str(no)]
        if not choices or not parties:
            problems = problems or ["it has no measures, or nobody with a stake in them"]
        if problems:
            raise UsageError(f"this case does not separate into issues and values: {'; '.join(problems)}")
        worth = {name: _worths(dossier, p, choices) for name, p in parties.items()}
        return cls(choices, worth, corners, {name: _exact(p.walk_away.value) for name, p in parties.items()})


def _misfits(dossier: Dossier) -> Iterator[str]:
    """What an outcome space cannot say."""
    if len(dossier.grid) > 1:
        yield f"it has {len(dossier.grid)} periods, so the date of a measure counts: write `periods: [1 x 1 year]`"
    for name, measure in dossier.measures.items():
        yield from (f"{name} {why}" for why in _misfits_of(measure, measure.effects))
    for name, interaction in dossier.interactions.items():
        yield from (f"{name} {why}" for why in _misfits_of(None, interaction.effects))
    yield from _misfits_of_groups(dossier)
    yield from (f"the red line {n} binds" for n, d in dossier.demands.items() if d.firmness == "red_line")
    joining = [s for s in ("capacity", "links", "side_conditions") if getattr(dossier, s)]
    yield from (f"its {section} bind several issues together" for section in joining)
    if dossier.state.in_force:
        yield "some measures are in force already"
    yield from _misfits_of_parties(dossier)


def _misfits_of_groups(dossier: Dossier) -> Iterator[str]:
    for name, group in dossier.one_of.items():
        if any(len(alternative) != 1 for alternative in group.of):
            yield f"an alternative of {name} has several measures, of which a plan may hold a part"
    often = Counter(_grouped(dossier))
    yield from (f"{m} stands twice among the alternatives" for m, times in often.items() if times > 1)


def _misfits_of_parties(dossier: Dossier) -> Iterator[str]:
    for name, party in dossier.parties.items():
        if party.loses:
            yield f"no_deal of {name} makes every deal worth something"
        if party.walk_away.flow:
            yield f"walk_away of {name} is written a year: write its present value"


def _grouped(dossier: Dossier) -> list[str]:
    """The measures of all groups, as often as they stand there."""
    return [m for group in dossier.one_of.values() for alternative in group.of for m in alternative]


def _misfits_of(measure: Measure | None, effects: Mapping[str, Effect]) -> Iterator[str]:
    if any(e.level.value or e.per_year is not None for e in effects.values()):
        yield "has effects in time (level, per_year): only `once` fits"
    if measure is not None:
        if measure.takes.value:
            yield "takes time"
        if measure.after or measure.needs.in_force or measure.needs.verified:
            yield "needs other measures first"
        if measure.divisible:
            yield "is divisible"


def _choices(dossier: Dossier) -> tuple[_Choice, ...]:
    """Groups first, in their order, then each free measure as yes or no."""
    grouped = set(_grouped(dossier))
    found = {name: _choice_of(dossier, name) for name in dossier.one_of}
    free = {n: m for n, m in dossier.measures.items() if n not in grouped}
    of_measures = {n: _Choice(m.title or n, ((YES, n), (NO, None))) for n, m in free.items()}
    ids, choices = [*found, *of_measures], [*found.values(), *of_measures.values()]
    often = Counter(c.name for c in choices)
    return tuple(
        c if often[c.name] == 1 else _Choice(f"{c.name} ({n})", c.values) for n, c in zip(ids, choices, strict=True)
    )


def _choice_of(dossier: Dossier, name: str) -> _Choice:
    """A one-of group as a choice."""
    group = dossier.one_of[name]
    values = _named(dossier, [m for alternative in group.of for m in alternative])
    return _Choice(_group_name(dossier, name), values if group.exactly else (*values, (NONE_OF_THEM, None)))


def _named(dossier: Dossier, measures: list[str]) -> tuple[tuple[str, str], ...]:
    """Titles as texts of values, ids where two are the same."""
    titles = [dossier.measures[m].title or m for m in measures]
    unique = len(set(titles)) == len(titles) and NONE_OF_THEM not in titles
    return tuple(zip(titles if unique else measures, measures, strict=True))


def _group_name(dossier: Dossier, name: str) -> str:
    """The phase that a group's measures have to themselves (an imported issue's own name), else the group's id."""
    members = {m for alternative in dossier.one_of[name].of for m in alternative}
    phases = {dossier.measures[m].phase for m in members}
    (phase, *others) = phases
    alone = all(m in members or measure.phase != phase for m, measure in dossier.measures.items())
    return phase if phase and not others and alone else name


def _worths(dossier: Dossier, party: Party, choices: tuple[_Choice, ...]) -> tuple[tuple[Fraction, ...], ...]:
    """[choice][value] points of a value by itself."""
    return tuple(tuple(_points(dossier, party, m) for _, m in choice.values) for choice in choices)


def _points(dossier: Dossier, party: Party, measure: str | None) -> Fraction:
    return _worth(dossier, party, dossier.measures[measure].effects) if measure else Fraction(0)


def _worth(dossier: Dossier, party: Party, effects: Mapping[str, Effect]) -> Fraction:
    """Points of effects at signature: stake · once / (best − worst)."""
    total = Fraction(0)
    for name, effect in effects.items():
        if name in party.stakes:
            scale = dossier.interests[name]
            swing = _exact(scale.best.value) - _exact(scale.worst.value)
            total += _exact(party.stakes[name].value) * _exact(effect.once.value) / swing
    return total


def _exact(value: float) -> Fraction:
    found = exact(value)
    if found is None:
        raise UsageError(f"the number {value:g} is too large to export")
    return found


class _NoBox(Exception):
    """A condition that is no box of values."""


def _corners(dossier: Dossier, party: Party, choices: tuple[_Choice, ...]) -> Iterator[Corner]:
    """The interactions that concern a party. Raises _NoBox for a condition that no boxes make up."""
    place = {m: (i, text) for i, choice in enumerate(choices) for text, m in choice.values if m}
    every = {i: frozenset(choice.texts()) for i, choice in enumerate(choices)}
    for name, interaction in dossier.interactions.items():
        if points := _worth(dossier, party, interaction.effects):
            try:
                yield from _boxed(interaction.when, points, place, every)
            except _NoBox:
                raise _NoBox(f"the condition of {name} is not a box of values") from None


Bounds = dict[int, frozenset[str]]


def _boxed(when: Condition, points: Fraction, place: Mapping[str, tuple[int, str]], every: Bounds) -> Iterator[Corner]:
    """A box, or all that is outside a box: (anything) less (the box of what is not named)."""
    if when.any is not None and len({place[m][0] for m in when.measures}) > 1:
        parts = [_bounds(part, place) for part in when.any]
        if any(len(part) != 1 for part in parts):
            raise _NoBox
        without = dict[int, frozenset[str]]()
        for (issue, values), *_ in (list(part.items()) for part in parts):
            without[issue] = without.get(issue, every[issue]) - values
        yield Corner(points, {})
        yield from [Corner(-points, without)] if all(without.values()) else []
        return
    bounds = _bounds(when, place)
    yield from [Corner(points, bounds)] if all(bounds.values()) else []


def _bounds(when: Condition, place: Mapping[str, tuple[int, str]]) -> Bounds:
    """The values that a condition allows, by issue. Raises _NoBox."""
    if when.measure is not None:
        issue, text = place[when.measure]
        return {issue: frozenset([text])}
    parts = [_bounds(part, place) for part in when.parts]
    if when.all is not None:
        return _met(parts)
    issues = {i for part in parts for i in part}
    if len(issues) != 1:
        raise _NoBox
    return {issues.pop(): frozenset().union(*(values for part in parts for values in part.values()))}


def _met(parts: Iterable[Bounds]) -> Bounds:
    """What lies in all of several boxes."""
    found: Bounds = {}
    for part in parts:
        found |= {i: found.get(i, values) & values for i, values in part.items()}
    return found
