"""A case that is nothing but choices made at signature, in exact integers: who gets what from which alternative.

Where a dossier has one period, every effect happens once, and no one can gain by leaving a deal that they consented
to, "satisfactory" (DESIGN §5) is nothing but consent, and a deal is one alternative from each of several groups. Such
a case has an exact Pareto frontier (`exact`), found without the plan programme. Imported GENIUS and NegMAS domains are
of this kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import gcd, lcm, prod

from detente.design.programme.question import Question, asked
from detente.dossier.quantities import Number
from detente.dossier.schema import Condition, Dossier, Effect, InForce, Measure, Never, OneOf, Require
from detente.model.rows.arrays import Model

MOST_IN_ONE = 10
"""Measures of one alternative, any subset of which may be taken, beyond which it is no list of choices."""

Alternative = tuple[str, ...]
_Key = tuple[str, str]
"""A measure or an interaction: section and name."""
Values = tuple[int, ...]


@dataclass(frozen=True)
class Atom:
    """True where the alternative chosen in a group is among these."""

    group: int
    among: frozenset[int]


@dataclass(frozen=True)
class Several:
    """Every one (or one at least) of several conditions, of which no two are atoms of one group."""

    every: bool
    parts: tuple[Atom | Several, ...]


Test = Atom | Several


@dataclass(frozen=True)
class _Term:
    """What parties get, in units, while a condition on several groups holds."""

    when: Test
    values: Values

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        return tuple(_atoms(self.when))


@dataclass(frozen=True)
class Space:
    """Groups of alternatives, one of each to be chosen. A party's value is its unit × (payoffs + terms that hold)."""

    parties: tuple[str, ...]
    groups: tuple[tuple[Alternative, ...], ...]
    """The measures that each alternative takes in; () takes none, and is the last of its group."""
    payoffs: tuple[tuple[Values, ...], ...]
    """[group][alternative][party] in units."""
    terms: tuple[_Term, ...]
    units: tuple[Fraction, ...]
    """[party] points that one unit is worth."""
    walk_away: tuple[Fraction, ...]
    """[party] points."""
    ceilings: tuple[int | None, ...]
    """[party] units above which more is worth no more (the clipping of GENIUS's hyper-rectangle profiles)."""
    deal_needed: bool = True
    """Whether taking no measure at all, where that can be chosen, does not count: an empty plan is no deal."""

    @property
    def size(self) -> int:
        """How many outcomes there are."""
        return prod(len(g) for g in self.groups) - self.may_be_empty

    @cached_property
    def may_be_empty(self) -> bool:
        """Whether taking nothing is among the combinations, and has to be left out."""
        return self.deal_needed and all(g and g[-1] == () for g in self.groups)

    @cached_property
    def reach(self) -> int:
        """A bound on the size of any sum of units that can occur."""
        parties = range(len(self.parties))
        most = [sum(max((abs(a[p]) for a in g), default=0) for g in self.payoffs) for p in parties]
        return max(m + sum(abs(t.values[p]) for t in self.terms) for p, m in enumerate(most))

    @cached_property
    def least(self) -> Values:
        """[party] a lower bound on what it gets in any outcome, in units."""
        return self._bound(min)

    @cached_property
    def most(self) -> Values:
        """[party] an upper bound on what it gets in any outcome, in units."""
        return self._bound(max)

    def _bound(self, end: Callable[[Iterable[int]], int]) -> Values:
        by_group = [sum(end(a[p] for a in g) for g in self.payoffs if g) for p in range(len(self.parties))]
        return tuple(m + sum(end((0, t.values[p])) for t in self.terms) for p, m in enumerate(by_group))

    def worth(self, chosen: Sequence[int]) -> Values:
        """What each party gets, in units, by an alternative of each group; ceilings left out."""
        rows = [g[a] for g, a in zip(self.payoffs, chosen, strict=True)]
        rows += [t.values for t in self.terms if holds(t.when, chosen)]
        return tuple(sum(row[p] for row in rows) for p in range(len(self.parties)))

    def measures(self, chosen: Sequence[int]) -> tuple[str, ...]:
        """The measures of the deal that takes an alternative of each group."""
        return tuple(m for g, a in zip(self.groups, chosen, strict=True) for m in g[a])

    def parts(self) -> list[tuple[tuple[int, ...], Space]]:
        """Spaces that no term joins, each with the groups it consists of: what they are worth adds up."""
        joined = list(range(len(self.groups)))
        for term in self.terms:
            here = {joined[a.group] for a in term.atoms}
            joined = [min(here) if j in here else j for j in joined]
        members: dict[int, list[int]] = {}
        for g, j in enumerate(joined):
            members.setdefault(j, []).append(g)
        return [(tuple(groups), self._only(groups)) for groups in members.values()]

    def _only(self, groups: list[int]) -> Space:
        number = {g: i for i, g in enumerate(groups)}
        terms = [
            replace(t, when=_with_atoms(t.when, lambda a: Atom(number[a.group], a.among)))
            for t in self.terms
            if t.atoms[0].group in number
        ]
        return replace(
            self,
            groups=tuple(self.groups[g] for g in groups),
            payoffs=tuple(self.payoffs[g] for g in groups),
            terms=tuple(terms),
            deal_needed=self.may_be_empty,
        )

    def reduced(self) -> tuple[Space, list[list[int]]]:
        """The same frontier from fewer alternatives, and which of the old ones are left in each group.

        An alternative goes where another of its group is at least as good for everyone whatever else is chosen.
        """
        kept = [self._undominated(g) for g in range(len(self.groups))]
        new = [{a: i for i, a in enumerate(left)} for left in kept]

        def renumbered(atom: Atom) -> Atom:
            return Atom(atom.group, frozenset(new[atom.group][a] for a in atom.among if a in new[atom.group]))

        groups = [tuple(g[a] for a in left) for g, left in zip(self.groups, kept, strict=True)]
        payoffs = [[g[a] for a in left] for g, left in zip(self.payoffs, kept, strict=True)]
        sizes = [len(g) for g in groups]
        terms = _folded(payoffs, [(simplified(_with_atoms(t.when, renumbered), sizes), t.values) for t in self.terms])
        deal = self.may_be_empty
        space = replace(self, groups=tuple(groups), payoffs=_frozen(payoffs), terms=terms, deal_needed=deal)
        return space, kept

    def _undominated(self, g: int) -> list[int]:
        here = [(atom.among, t.values) for t in self.terms for atom in t.atoms if atom.group == g]
        rising = _members([among for among, values in here if max(values) > 0], len(self.groups[g]))
        falling = _members([among for among, values in here if min(values) < 0], len(self.groups[g]))

        def as_good(b: int, a: int) -> bool:
            if self.may_be_empty and self.groups[g][b] == ():
                return False  # with nothing else taken, this is no deal and replaces none
            inside = not (rising[a] & ~rising[b] or falling[b] & ~falling[a])
            return inside and all(y >= x for x, y in zip(self.payoffs[g][a], self.payoffs[g][b], strict=True))

        kept: list[int] = []
        for a in sorted(range(len(self.groups[g])), key=lambda a: len(self.groups[g][a])):
            if not any(as_good(b, a) for b in kept):
                kept = [b for b in kept if not as_good(a, b)] + [a]
        return sorted(kept)


def _members(sets: Sequence[frozenset[int]], n: int) -> list[int]:
    """[n] in which sets each of n things is, as bits."""
    bits = [0] * n
    for i, among in enumerate(sets):
        for a in among:
            bits[a] |= 1 << i
    return bits


# --- conditions ------------------------------------------------------------------------------------------------------


def holds(test: Test, chosen: Sequence[int]) -> bool:
    """Whether a condition holds for an alternative of each group."""
    if isinstance(test, Atom):
        return chosen[test.group] in test.among
    return (all if test.every else any)(holds(part, chosen) for part in test.parts)


def simplified(test: Test, sizes: Sequence[int]) -> Test | bool:
    """The same condition, flat, with one atom a group at each level, and no atom that always or never holds."""
    if isinstance(test, Atom):
        return bool(test.among) if len(test.among) in (0, sizes[test.group]) else test
    atoms: dict[int, frozenset[int]] = {}
    rest: dict[Test, None] = {}
    for part in _flat(test, sizes):
        if part is (not test.every):
            return part
        if isinstance(part, Atom):
            old = atoms.get(part.group, part.among)
            atoms[part.group] = old & part.among if test.every else old | part.among
        elif not isinstance(part, bool):
            rest[part] = None
    merged = [simplified(Atom(g, among), sizes) for g, among in atoms.items()]
    if (not test.every) in merged:
        return not test.every
    parts = [part for part in (*merged, *rest) if not isinstance(part, bool)]
    if not parts:
        return test.every
    return parts[0] if len(parts) == 1 else Several(test.every, tuple(parts))


def _flat(test: Several, sizes: Sequence[int]) -> Iterator[Test | bool]:
    for part in test.parts:
        simple = simplified(part, sizes)
        if isinstance(simple, Several) and simple.every == test.every:
            yield from simple.parts
        else:
            yield simple


def _atoms(test: Test) -> Iterator[Atom]:
    if isinstance(test, Atom):
        yield test
    else:
        for part in test.parts:
            yield from _atoms(part)


def _with_atoms(test: Test, change: Callable[[Atom], Atom]) -> Test:
    if isinstance(test, Atom):
        return change(test)
    return Several(test.every, tuple(_with_atoms(part, change) for part in test.parts))


def _folded(payoffs: list[list[Values]], terms: Iterable[tuple[Test | bool, Values]]) -> tuple[_Term, ...]:
    """The terms that depend on several groups; those that depend on one go into its payoffs, and the idle go."""
    left: dict[Test, Values] = {}
    for when, values in terms:
        if when is True:
            when = Atom(0, frozenset(range(len(payoffs[0]))))
        if isinstance(when, Atom):
            for a in when.among:
                payoffs[when.group][a] = _sum(payoffs[when.group][a], values)
        elif when:
            left[when] = _sum(left[when], values) if when in left else values
    return tuple(_Term(when, values) for when, values in left.items() if any(values))


def _sum(a: Values, b: Values) -> Values:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def _frozen(payoffs: Sequence[Sequence[Values]]) -> tuple[tuple[Values, ...], ...]:
    return tuple(tuple(g) for g in payoffs)


# --- from a dossier --------------------------------------------------------------------------------------------------


def space_of(
    dossier: Dossier, question: Question | None = None, *, ceilings: Mapping[str, Fraction] | None = None
) -> Space | None:
    """The choices that a dossier comes down to; None where it does not, or not surely.

    `ceilings` are points above which more is worth no more to a party. Red lines, and the demands and success that
    the question names, leave out alternatives.
    """
    model = Model.of(dossier)
    binding = tuple(asked(model, question or Question()).values())
    groups = _groups(dossier)
    if groups is None or not _plain(dossier, binding) or not _leaving_ends_all(model):
        return None
    space = _in_units(model, [_allowed(g, binding) for g in groups], ceilings or {})
    return space if space is not None and _consent_is_all(model, space) else None


def exact(number: Number) -> Fraction:
    """A number as the decimal that was written, or else the shortest one that reads the same."""
    try:
        written = Fraction(number.text)
        if float(written) == number.value:
            return written
    except (ValueError, ZeroDivisionError, OverflowError):
        pass
    return Fraction(repr(number.value))


def _plain(d: Dossier, binding: Iterable[Require]) -> bool:
    """Whether all of it happens at signature, in the open, once, with nothing that ties one group to another."""
    return (
        len(d.grid) == 1
        and not _tied(d)
        and all(map(_at_once, d.measures.values()))
        and all(map(_once, _effects(d)))
        and all(_on_one_measure(r, d) for r in binding)
        and all(_depends(i.when) for i in d.interactions.values())
    )


def _tied(d: Dossier) -> bool:
    """Whether a resource, a link, an order, an answer or what stands ties measures together, or somebody may leave."""
    ordered = any(any(d.prerequisites(m)) for m in d.measures)
    return bool(ordered or d.capacity or d.links or d.state.in_force or d.exits or d.answers)


def _at_once(m: Measure) -> bool:
    """Whether a measure is whole and in the open from its entry on, and does nothing beside its effects."""
    return not (m.if_over or m.intrusion or m.takes.value or m.divisible or m.fakeable)


def _effects(d: Dossier) -> Iterator[Effect]:
    """All that measures and interactions do."""
    for measure in d.measures.values():
        yield from measure.effects.values()
    for interaction in d.interactions.values():
        yield from interaction.effects.values()


def _once(effect: Effect) -> bool:
    return effect.level.value == 0 and (effect.per_year is None or effect.per_year.rate.value == 0)


def _on_one_measure(r: Require, d: Dossier) -> bool:
    return isinstance(r, Never) or (isinstance(r, InForce) and (r.by is None or r.by >= d.start))


def _depends(when: Condition) -> bool:
    """Whether a condition asks for measures all through: one that asks for nothing would hold without a deal."""
    return when.measure is not None or (bool(when.parts) and all(map(_depends, when.parts)))


def _groups(d: Dossier) -> list[list[Alternative]] | None:
    """The groups of alternatives in the order of the dossier's measures; None where they are no list of choices."""
    group_of = _owners(d)
    if group_of is None or any(len(set(a)) > MOST_IN_ONE for group in d.one_of.values() for a in group.of):
        return None
    groups: dict[str, list[Alternative]] = {}
    for m in d.measures:
        if m not in group_of:
            groups[f"measures.{m}"] = [(m,), ()]
        elif f"one_of.{group_of[m]}" not in groups:
            groups[f"one_of.{group_of[m]}"] = _choices(d.one_of[group_of[m]])
    return list(groups.values())


def _owners(d: Dossier) -> dict[str, str] | None:
    """The group of each measure that is in one; None where groups share a measure."""
    group_of: dict[str, str] = {}
    for name, group in d.one_of.items():
        for m in {m for a in group.of for m in a}:
            if group_of.setdefault(m, name) != name:
                return None
    return group_of


def _choices(group: OneOf) -> list[Alternative]:
    """What can be taken in of a one-of group: some of one alternative; nothing too, unless one must be chosen."""
    distinct: dict[frozenset[str], Alternative] = {}
    for names in group.of:
        for n in range(len(names), 0, -1):
            for some in combinations(dict.fromkeys(names), n):
                distinct.setdefault(frozenset(some), some)
    return list(distinct.values()) if group.exactly else [*distinct.values(), ()]


def _allowed(group: Sequence[Alternative], binding: Iterable[Require]) -> list[Alternative]:
    """The alternatives that no requirement leaves out."""
    return [a for a in group if all(_allows(r, group, a) for r in binding)]


def _allows(r: Require, group: Sequence[Alternative], alternative: Alternative) -> bool:
    if isinstance(r, Never):
        return r.never not in alternative
    assert isinstance(r, InForce)
    return r.in_force in alternative or not any(r.in_force in a for a in group)


def _leaving_ends_all(model: Model) -> bool:
    """Whether a party that breaks out at signature leaves nothing behind: what is not its own answers it at once."""
    for p in range(len(model.parties)):
        if not (model.valued[p] and model.touched[p] and model.by[p].any()):
            continue
        for m in range(model.M):
            at_once = model.answers[p, m] and not model.response[model.by[:, m]].any()
            if not (model.by[p, m] or at_once):
                return False
    return True


def _in_units(model: Model, groups: list[list[Alternative]], ceilings: Mapping[str, Fraction]) -> Space | None:
    """The space with every value a whole number of its party's unit; None where a walk-away value is irrational."""
    d, worth = model.dossier, _stakes(model)
    if not groups or worth is None:
        return None
    units = {p: _unit([*w.values(), ceilings.get(p, Fraction(0))]) for p, w in worth.items()}
    counted = {p: {key: int(x / units[p]) for key, x in w.items()} for p, w in worth.items()}
    payoffs, terms = _payoffs(d, groups, counted)
    return Space(
        parties=tuple(worth),
        groups=tuple(map(tuple, groups)),
        payoffs=payoffs,
        terms=terms,
        units=tuple(units.values()),
        walk_away=tuple(exact(d.parties[p].walk_away) for p in worth),
        ceilings=tuple(int(ceilings[p] / unit) if p in ceilings else None for p, unit in units.items()),
    )


def _stakes(model: Model) -> dict[str, dict[_Key, Fraction]] | None:
    """What each party that must consent, and to whom anything matters, gets of what.

    None where there is no such party, one walks away for a flow, or one to whom nothing matters would not consent.
    """
    d = model.dossier
    asked = [p for i, p in enumerate(model.parties) if model.valued[i] and d.parties[p].must_consent]
    worth = {p: w for p in asked if any((w := _worth(d, p)).values())}
    walk_away = {p: d.parties[p].walk_away for p in asked}
    if not worth or any(w.flow and w.value for w in walk_away.values()):
        return None
    return None if any(exact(w) > 0 for p, w in walk_away.items() if p not in worth) else worth


def _payoffs(
    d: Dossier, groups: list[list[Alternative]], worth: Mapping[str, Mapping[_Key, int]]
) -> tuple[tuple[tuple[Values, ...], ...], tuple[_Term, ...]]:
    """What alternatives, and conditions on several groups, are worth to each party, in units."""

    def values(section: str, name: str) -> Values:
        return tuple(w[section, name] for w in worth.values())

    payoffs = [[_sum_all([values("measures", m) for m in a], (0,) * len(worth)) for a in g] for g in groups]
    atoms, sizes = _measure_atoms(groups), [len(g) for g in groups]
    tests = {name: simplified(_test(i.when, atoms), sizes) for name, i in d.interactions.items()}
    terms = _folded(payoffs, [(test, values("interactions", name)) for name, test in tests.items()])
    return _frozen(payoffs), terms


def _unit(amounts: Sequence[Fraction]) -> Fraction:
    """The greatest amount of which all are whole multiples."""
    whole = lcm(*(x.denominator for x in amounts))
    return Fraction(gcd(*(int(x * whole) for x in amounts)) or 1, whole)


def _sum_all(values: Sequence[Values], nothing: Values) -> Values:
    return tuple(sum(column) for column in zip(nothing, *values, strict=True))


def _worth(d: Dossier, party: str) -> dict[_Key, Fraction]:
    """Points of a party by measure and by interaction."""
    weight = {
        i: exact(stake) / (exact(d.interests[i].best) - exact(d.interests[i].worst))
        for i, stake in d.parties[party].stakes.items()
    }

    def points(effects: Mapping[str, Effect]) -> Fraction:
        return sum((weight[i] * exact(e.once) for i, e in effects.items() if i in weight), Fraction(0))

    by_measure: dict[_Key, Fraction] = {("measures", name): points(m.effects) for name, m in d.measures.items()}
    return by_measure | {("interactions", name): points(i.effects) for name, i in d.interactions.items()}


def _measure_atoms(groups: Sequence[Sequence[Alternative]]) -> dict[str, Atom]:
    """For each measure that can be taken, where it is."""
    found: dict[str, tuple[int, set[int]]] = {}
    for g, group in enumerate(groups):
        for i, alternative in enumerate(group):
            for m in alternative:
                found.setdefault(m, (g, set()))[1].add(i)
    return {m: Atom(g, frozenset(among)) for m, (g, among) in found.items()}


def _test(when: Condition, atoms: Mapping[str, Atom]) -> Test:
    if when.measure is not None:
        return atoms.get(when.measure, Atom(0, frozenset()))
    return Several(when.all is not None, tuple(_test(part, atoms) for part in when.parts))


def _consent_is_all(model: Model, space: Space) -> bool:
    """Whether no party that consents would rather break out, which costs it its collapse cost."""
    return all(_would_stay(model, space, i) for i in range(len(model.parties)) if model.valued[i])


def _would_stay(model: Model, space: Space, i: int) -> bool:
    party = model.dossier.parties[model.parties[i]]
    if party.loses or party.exposure_limit is not None or party.collapse_cost.value < 0:
        return False
    return not model.by[i].any() or _harmless(model, space, i)


def _harmless(model: Model, space: Space, i: int) -> bool:
    """Whether a deal that a party consents to is never worse than breaking out.

    Its floor is no less than minus its collapse cost, or all it can get is no less than nothing.
    """
    name = model.parties[i]
    if name not in space.parties:
        return not model.touched[i] or min(_worth(model.dossier, name).values(), default=0) >= 0
    p, cost = space.parties.index(name), model.dossier.parties[name].collapse_cost
    return space.least[p] >= 0 or space.walk_away[p] >= (0 if cost.flow else -exact(cost))
