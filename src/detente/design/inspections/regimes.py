"""The regimes that a dossier's measures can be inspected under, and a choice of one for each. DESIGN §3, §6.

A choice says for every measure that has regimes which one is taken, by its place in the menu: the places go by effort,
and the first is none at all, where what the block itself says counts and nothing is spent. Where the block does not
say how cheating is seen, or would see more than a regime that takes effort, it is not what is left without inspection:
then the first is a regime of effort 0, if there is one, else that cheating is never seen.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any, Literal

from detente.dossier.changes.overlays import apply
from detente.dossier.quantities import ZERO
from detente.dossier.schema import Dossier, Effect, Measure, Verify
from detente.errors import UsageError
from detente.model.rows.arrays import INSPECTED
from detente.model.rows.detection import watch

Effort = Literal["days", "cost"]
MANY = 20_000
"""Efforts beyond which they are not written down."""
SAME = 1e-12
"""Differences in how well cheating is seen, and in years, that are none."""
ROUNDING = 1e-6
"""The part of an effort, or of 1, within which two efforts are the same."""
Choice = tuple[int, ...]
"""The place in its menu of each measure with regimes, in the order of `Menus.menus`."""


@dataclass(frozen=True)
class _Place:
    """One way to inspect a measure: a regime, or None for none, and what it takes a year."""

    regime: str | None
    effort: float
    blind: bool = False
    """No inspection, where what the block says cannot be had without: cheating is never seen."""


@dataclass(frozen=True)
class Menu:
    """The ways to inspect a measure, the least effort first."""

    measure: str
    places: tuple[_Place, ...]


@dataclass(frozen=True)
class Inspection:
    """What inspecting a measure under one regime does, as a measure of its own."""

    name: str
    measure: str
    menu: int
    place: int


@dataclass(frozen=True, eq=False)
class Menus:
    """All menus of a dossier, and what a choice from them makes of it."""

    dossier: Dossier
    effort: Effort
    menus: tuple[Menu, ...]

    @classmethod
    def of(cls, dossier: Dossier, effort: Effort | None = None) -> Menus:
        """The menus in days or cost; left open, whichever all regimes state. Raises UsageError where some do not."""
        chosen = effort or _stated(dossier)
        menus = (_menu(dossier, name, verify, chosen) for name, verify in _with_regimes(dossier))
        return cls(dossier, chosen, tuple(menus))

    @property
    def unit(self) -> str:
        """What efforts are counted in."""
        if self.effort == "days":
            return "inspector-days a year"
        costs = [r.cost for _, v in _with_regimes(self.dossier) for r in v.regimes.values() if r.cost is not None]
        return next((c.unit for c in costs if c.unit), None) or "cost a year"

    @property
    def none(self) -> Choice:
        return (0,) * len(self.menus)

    @property
    def most(self) -> Choice:
        """The dearest regime of each."""
        return tuple(len(menu.places) - 1 for menu in self.menus)

    @cached_property
    def stated(self) -> Choice:
        """What the dossier chooses as it stands; −1 where it chooses none and that is on no menu."""
        chosen = {name: verify.regime for name, verify in _with_regimes(self.dossier)}
        return tuple(
            next((i for i, p in enumerate(menu.places) if p.regime == chosen[menu.measure] and not p.blind), -1)
            for menu in self.menus
        )

    def spent(self, choice: Choice) -> float:
        """Its effort a year."""
        return math.fsum(menu.places[i].effort for menu, i in zip(self.menus, choice, strict=True) if i >= 0)

    def named(self, choice: Choice) -> dict[str, str | None]:
        """Measure → regime, None for none."""
        return {menu.measure: menu.places[i].regime for menu, i in zip(self.menus, choice, strict=True)}

    def overlay(self, choice: Choice) -> dict[str, Any]:
        """The changes that make a choice out of what the dossier states. None deletes."""
        changes: dict[str, Any] = {}
        for menu, i, stated in zip(self.menus, choice, self.stated, strict=True):
            if i == stated:
                continue
            place, path = menu.places[i], f"measures.{menu.measure}.verify"
            verify = self.dossier.measures[menu.measure].verify
            assert isinstance(verify, Verify)
            if place.regime != verify.regime:
                changes[f"{path}.regime"] = place.regime
            if place.blind:
                changes[f"{path}.detects"] = "0 %/year"
                changes |= {f"{path}.visits": None} if verify.visits is not None else {}
        return changes

    def effort_of(self, i: int, place: int, kind: Effort | None) -> float:
        """Days or cost a year of a place of a menu, whatever effort it is ordered by; 0 where it does not say."""
        return self.verify(i).effort(self.menus[i].places[place].regime, kind)

    def verify(self, i: int) -> Verify:
        """How the dossier verifies the measure of a menu."""
        verify = self.dossier.measures[self.menus[i].measure].verify
        assert isinstance(verify, Verify)
        return verify

    def way(self, i: int, place: int) -> Verify:
        """What counts of a measure's verification at a place of its menu."""
        verify, chosen = self.verify(i), self.menus[i].places[place]
        if chosen.blind:
            return verify.under(None).model_copy(update={"detects": ZERO, "visits": None})
        return verify.under(chosen.regime)

    @cached_property
    def applied(self) -> Any:
        """The dossier under a choice."""

        @lru_cache(maxsize=256)
        def dossier(choice: Choice) -> Dossier:
            changes = self.overlay(choice)
            return apply(self.dossier, changes, name="inspections") if changes else self.dossier

        return dossier


def _menu(dossier: Dossier, name: str, verify: Verify, effort: Effort) -> Menu:
    """The places of one measure. Raises UsageError where a regime does not say its effort."""
    places = []
    for which, regime in verify.regimes.items():
        amount = getattr(regime, effort)
        if amount is None:
            raise UsageError(f"regime {which!r} of {name!r} does not say its {effort}: add '{effort}: 40 /year'")
        places.append(_Place(which, amount.value))
    rho = _discount(dossier, name)
    places.sort(key=lambda p: (p.effort, seen_value(verify.under(p.regime), rho)))
    own = seen_value(verify, rho) if _says(verify) else math.inf
    worse = any(p.effort > 0 and seen_value(verify.under(p.regime), rho) < own - SAME for p in places)
    blind = dossier.measures[name].fakeable and (worse or not _says(verify))
    none = [] if blind and places[0].effort == 0 else [_Place(None, 0.0, blind)]
    return Menu(name, (*none, *places))


class Efforts:
    """What the choices from menus can take, in order."""

    def __init__(self, menus: Menus) -> None:
        sums = {0.0}
        for menu in menus.menus:
            sums = {round(s + p.effort, 6) for s in sums for p in menu.places}
            if len(sums) > MANY:
                sums = set()
                break
        self.sums = sorted(sums)
        """Empty where that is too much to write down."""

    def at_least(self, effort: float) -> float:
        """The least that some choice takes which is no less than an effort."""
        i = bisect_left(self.sums, effort - ROUNDING * max(1.0, effort))
        return max(effort, self.sums[i]) if i < len(self.sums) else effort


# --- inspections as measures -----------------------------------------------------------------------------------------


def spread(menus: Menus, choice: Choice) -> tuple[Dossier, tuple[Inspection, ...]]:
    """The dossier under a choice, with what inspections do to interests as measures of their own, one a regime.

    These enter with the measure that they inspect where their regime is chosen, and end with it. Raises UsageError
    where a measure's own fate hangs on its regime: where inspecting it decides whether its performer minds it.
    """
    dossier = menus.applied(choice)
    bodies, found = dict(dossier.measures), list[Inspection]()
    for i, menu in enumerate(menus.menus):
        regimes, body = menus.verify(i).regimes, bodies[menu.measure]
        bodies[menu.measure] = body.model_copy(update={"verify": _bare(body.verify)})
        for n, place in enumerate(menu.places):
            effects = regimes[place.regime].effects if place.regime is not None else {}
            if effects:
                name = f"{menu.measure}{INSPECTED}{place.regime}"
                bodies[name] = _inspection(menus.dossier, menu.measure, effects)
                found.append(Inspection(name, menu.measure, i, n))
    return dossier.model_copy(update={"measures": bodies}) if found else dossier, tuple(found)


def _inspection(dossier: Dossier, measure: str, effects: Mapping[str, Effect]) -> Measure:
    body = dossier.measures[measure]
    if measure in dossier.state.in_force:
        raise UsageError(
            f"{measure!r} is in force already and its regimes have effects: choose its regime in the dossier"
        )
    conditional = dossier.conditional_on(measure)
    changed = {"effects": effects, "if_over": {}, "verify": "open", "conditional_on": conditional}
    return body.model_copy(update=changed)


def _bare(verify: object) -> object:
    """How a measure is verified, without what inspecting it does to interests."""
    if not isinstance(verify, Verify):
        return verify
    regimes = {name: regime.model_copy(update={"effects": {}}) for name, regime in verify.regimes.items()}
    return verify.model_copy(update={"regimes": regimes})


# --- what to know of them --------------------------------------------------------------------------------------------


def remarks(menus: Menus) -> Iterator[str]:
    """Where blocks do not say what is had for nothing, and where more effort is worse in some way."""
    replaced = [m for m, u in enumerate(menus.menus) if u.places[0].blind or u.places[0].regime is not None]
    if odd := [menus.menus[m].measure for m in replaced if _says(menus.verify(m))]:
        yield (
            f"The block itself sees more than a regime that takes effort, so it is not had for nothing: "
            f"without effort, cheating is never seen, or as the regime of effort 0 has it: {', '.join(odd)}."
        )
    silent = [menus.menus[m] for m in replaced if not _says(menus.verify(m))]
    if named := [u.measure for u in silent if u.places[0].blind]:
        yield f"Without a regime nothing says how cheating is seen, so it never is: {', '.join(named)}."
    for m, menu in enumerate(menus.menus):
        ways = [(place, menus.way(m, i)) for i, place in enumerate(menu.places)]
        rho = _discount(menus.dossier, menu.measure)
        for (less, a), (more, b) in combinations(ways, 2):
            if worse := " and ".join(_worse(a, b, rho)):
                name = "no inspection" if less.regime is None else repr(less.regime)
                yield f"Regime {more.regime!r} of {menu.measure!r} takes more effort than {name}, but {worse}."


def _worse(a: Verify, b: Verify, rho: float) -> Iterator[str]:
    """In what the second of two ways to verify is worse."""
    if seen_value(b, rho) < seen_value(a, rho) - SAME:
        yield "sees cheating less"
    if (b.confirms_in or b.delay).value > (a.confirms_in or a.delay).value + SAME:
        yield "confirms later"


def seen_value(verify: Verify, rho: float) -> float:
    """E[e^(−ρ(T + delay))]: how well cheating is seen, 1 at once and 0 never."""
    return math.exp(-rho * verify.delay.value) * float(watch(verify).partial(rho, -1.0, math.inf))


def confirms(verify: Verify) -> float:
    """Years from entry to counting as verified."""
    return (verify.confirms_in or verify.delay).value


def _says(verify: Verify) -> bool:
    """Whether a block itself says how cheating is seen."""
    return verify.detects is not None or verify.visits is not None


def _with_regimes(dossier: Dossier) -> Iterator[tuple[str, Verify]]:
    for name, measure in dossier.measures.items():
        if isinstance(measure.verify, Verify) and measure.verify.regimes:
            yield name, measure.verify


def _stated(dossier: Dossier) -> Effort:
    """Days, unless some regime does not say them and all say their cost."""
    regimes = [r for _, verify in _with_regimes(dossier) for r in verify.regimes.values()]
    if any(r.days is None for r in regimes) and all(r.cost is not None for r in regimes):
        return "cost"
    return "days"


def _discount(dossier: Dossier, measure: str) -> float:
    """The continuous discount of whoever performs a measure; the least of several."""
    rates = [d.value for p in dossier.measures[measure].by if (d := dossier.parties[p].discount) is not None]
    return min(rates, default=0.05) or 0.05
