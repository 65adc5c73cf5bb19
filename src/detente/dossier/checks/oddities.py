"""What is legal and odd: said once each, since it may be a slip. DESIGN §3."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from detente.dossier.checks.order import ancestors, earliest, prerequisites
from detente.dossier.checks.summaries import Told, listed, summed_up
from detente.dossier.places import Path, nearest
from detente.dossier.quantities import ROUNDING
from detente.dossier.schema import Dossier, Effect, InterestBound, Measure, Undo, Verify
from detente.dossier.units import requirements
from detente.errors import Finding

SHORT_OF_WHOLE = 1e-6
"""By how much shares may miss 100: thirds are written with a few digits."""
_DIGITS = re.compile(r"\d+|\b\w\b")
"""Numbers and single letters: what tells hall 1 from hall 2."""


def oddities(dossier: Dossier) -> list[Finding]:
    """Warnings and notes, one for each kind of oddity."""
    return [
        *_beyond_scale(dossier),
        *_undo_of_once(dossier),
        *_never_enters(dossier),
        *_endless_growth(dossier),
        *_idle_conditions(dossier),
        *_conditions_left_out(dossier),
        *_unverified(dossier),
        *_progress_sums(dossier),
        *_no_course(dossier),
        *_excluded_prerequisites(dossier),
        *_state_out_of_order(dossier),
        *_odd_signs(dossier),
        *_unused(dossier),
        *_almost_a_party(dossier),
        *_almost_the_same(dossier),
        *_counted_twice(dossier),
        *_beyond_bounds(dossier),
    ]


def _effects(dossier: Dossier) -> Iterator[tuple[Path, str, str, Effect]]:
    """(path, label, interest, effect) of measures, of ways to inspect them, and of interactions."""
    for name, measure in dossier.measures.items():
        path: Path = ("measures", name)
        yield from _labelled(measure.effects, (*path, "effects"), name)
        over = {interest: Effect(level=lasting.level) for interest, lasting in measure.if_over.items()}
        yield from _labelled(over, (*path, "if_over"), f"{name} once over")
        for which, regime in measure.verify.regimes.items() if isinstance(measure.verify, Verify) else ():
            yield from _labelled(regime.effects, (*path, "verify", "regimes", which, "effects"), f"{which} of {name}")
    for name, interaction in dossier.interactions.items():
        yield from _labelled(interaction.effects, ("interactions", name, "effects"), name)


def _labelled(effects: Mapping[str, Effect], path: Path, label: str) -> Iterator[tuple[Path, str, str, Effect]]:
    yield from (((*path, i), f"{label} on {i}", i, effect) for i, effect in effects.items())


def _beyond_scale(dossier: Dossier) -> list[Finding]:
    found: Told = []
    for path, label, interest, effect in _effects(dossier):
        scale = dossier.interests[interest]
        swing = abs(scale.best.value - scale.worst.value)
        if max(abs(effect.level.value), abs(effect.once.value)) > swing * (1 + ROUNDING):
            found.append((path, label))
    message = "larger than the whole swing from worst to best: {names}"
    remedy = "right if the scale is meant so; else widen worst and best, or check the unit"
    return summed_up(dossier, "dossier.beyond_scale", found, message, remedy=remedy)


def _undo_of_once(dossier: Dossier) -> list[Finding]:
    def only_once(measure: Measure) -> bool:
        effects = measure.effects.values()
        return bool(effects) and not measure.if_over and all(e.level.value == 0 and e.per_year is None for e in effects)

    found: Told = [
        (("measures", name, "undo"), name)
        for name, m in dossier.measures.items()
        if isinstance(m.undo, Undo) and only_once(m)
    ]
    message = "can be undone, but all effects are `once`, which nothing takes back: {names}"
    return summed_up(dossier, "dossier.undo_of_once", found, message, remedy="leave undo out, or use `level`")


def _never_enters(dossier: Dossier) -> list[Finding]:
    times = earliest(dossier)
    found: Told = [(("measures", m), m) for m, (_, entry) in times.items() if entry == math.inf]
    message = f"cannot enter by the last date of the grid, {dossier.grid.dates[-1]}: {{names}}"
    return summed_up(dossier, "dossier.never_enters", found, message, remedy="lengthen `periods`, or shorten `takes`")


def _endless_growth(dossier: Dossier) -> list[Finding]:
    found: Told = [
        ((*path, "per_year"), label)
        for path, label, _, effect in _effects(dossier)
        if effect.per_year is not None and effect.per_year.lasts is None
    ]
    message = "grows for ever, which is worth more than most arsenals: {names}"
    return summed_up(dossier, "dossier.endless_growth", found, message, remedy="write {rate: ..., for: 10 years}")


def _idle_conditions(dossier: Dossier) -> list[Finding]:
    found: Told = [
        (("measures", name, "conditional_on"), f"{party} ({name})")
        for name, measure in dossier.measures.items()
        for party in measure.conditional_on or ()
        if party not in dossier.performers
    ]
    message = "answers to a party that performs nothing and so cannot breach: {names}"
    return summed_up(dossier, "dossier.idle_condition", found, message, remedy="leave the party out")


def _conditions_left_out(dossier: Dossier) -> list[Finding]:
    performers = set(dossier.performers)
    found: Told = [
        (("measures", name), name)
        for name, m in dossier.measures.items()
        if m.conditional_on is None and len(performers) > 2 and performers - set(m.by)
    ]
    message = f"does not say whose breach it answers, so it answers to all {len(performers)} performers: {{names}}"
    return summed_up(dossier, "dossier.conditional_on", found, message, remedy="add 'conditional_on: [...]'")


def _unverified(dossier: Dossier) -> list[Finding]:
    found: Told = [(("measures", name), name) for name, m in dossier.measures.items() if m.verify is None]
    message = "does not say how it is verified, so it counts as seen by everyone: {names}"
    remedy = "write 'verify: open', or {by: ..., detects: 90 %/year, delay: 1 month}"
    return summed_up(dossier, "dossier.unverified", found, message, remedy=remedy)


def _progress_sums(dossier: Dossier) -> list[Finding]:
    found: Told = []
    for name, shares in dossier.progress.items():
        total = sum(s.value for s in shares.values())
        if not math.isclose(total, 100, abs_tol=SHORT_OF_WHOLE):
            found.append((("progress", name), f"{name} ({total:g})"))
    message = "shares do not add up to 100 and are scaled to it: {names}"
    return summed_up(dossier, "dossier.progress_sum", found, message, remedy="right if meant as weights")


def _no_course(dossier: Dossier) -> list[Finding]:
    found: Told = [
        (path, require.interest)
        for path, require in requirements(dossier)
        if isinstance(require, InterestBound) and not dossier.interests[require.interest].course
    ]
    message = "a bound on an interest without a course is measured from 0: {names}"
    remedy = "add 'course: [[date, level], ...]'"
    idle: Told = [
        (("interests", name), name)
        for name, interest in dossier.interests.items()
        if not interest.course and (interest.least is not None or interest.most is not None)
    ]
    unread = "without a course its least and most cannot be judged: {names}"
    return [
        *summed_up(dossier, "dossier.no_course", found, message, remedy=remedy),
        *summed_up(dossier, "dossier.no_course", idle, unread, remedy=remedy),
    ]


def _excluded_prerequisites(dossier: Dossier) -> list[Finding]:
    before = ancestors(prerequisites(dossier))
    found: Told = []
    for name, group in dossier.one_of.items():
        for one, other in combinations(group.of, 2):
            pairs = ((one, other), (other, one))
            clash = [m for a, b in pairs for m in a if m not in b and before[m] & (set(b) - set(a))]
            found += [(("one_of", name), f"{m} ({name})") for m in clash]
    message = "needs a measure of another alternative, so it can never enter: {names}"
    return summed_up(dossier, "dossier.excluded_prerequisite", found, message, remedy="move one of the two")


def _state_out_of_order(dossier: Dossier) -> list[Finding]:
    standing = dossier.state.in_force
    found: Told = [
        (("state", "in_force", m), f"{m} (before {listed(missing)})")
        for m, needed in prerequisites(dossier).items()
        if m in standing and (missing := [n for n in needed if n not in standing])
    ]
    return summed_up(dossier, "dossier.state_order", found, "in force before what it needs: {names}")


def _odd_signs(dossier: Dossier) -> list[Finding]:
    found: Told = []
    for name, party in dossier.parties.items():
        for field in ("collapse_cost", "exposure_limit"):
            amount = getattr(party, field)
            if amount is not None and amount.value < 0:
                found.append((("parties", name, field), f"{field} of {name}"))
        if any(flow > 0 for _, flow in party.no_deal_course(dossier.start)):
            found.append((("parties", name, "no_deal"), f"no_deal of {name}, which is a loss and so negative"))
    return summed_up(dossier, "dossier.sign", found, "has an unusual sign: {names}", remedy="check the sign")


def _unused(dossier: Dossier) -> list[Finding]:
    wanted = {i for p in dossier.parties.values() for i in p.stakes}
    moved = {interest for _, _, interest, _ in _effects(dossier)}
    found: Told = [
        (("interests", name), f"{name} ({'no measure moves it' if name in wanted else 'no party has a stake in it'})")
        for name in dossier.interests
        if name not in wanted & moved
    ]
    return summed_up(dossier, "dossier.unused_interest", found, "counts for nothing: {names}", severity="note")


def _almost_a_party(dossier: Dossier) -> list[Finding]:
    """Verifiers whose name is a slip away from a party's."""
    found: Told = []
    for name, measure in dossier.measures.items():
        by = getattr(measure.verify, "by", None)
        if by and by not in dossier.parties and by.casefold() in {p.casefold() for p in dossier.parties}:
            found.append((("measures", name, "verify", "by"), f"{by!r}: {nearest(by, dossier.parties)}"))
    return summed_up(dossier, "dossier.verifier", found, "verifier is not the party of that name: {names}")


def _almost_the_same(dossier: Dossier) -> list[Finding]:
    """Sites and channels whose name is a slip away from another's: a plan of inspections goes by these names."""
    found: Told = []
    for field in ("sites", "channels"):
        known: dict[str, str] = {}
        for name, measure in dossier.measures.items():
            for i, said in enumerate(getattr(measure.verify, field, ())):
                slip = said.casefold() if said.casefold() in known else _slip(said.casefold(), known)
                if slip is not None and known[slip] != said:
                    found.append((("measures", name, "verify", field, i), f"{said!r} and {known[slip]!r}"))
                known.setdefault(said.casefold(), said)
    message = "almost the same name, perhaps for one and the same: {names}"
    return summed_up(dossier, "dossier.site", found, message, remedy="write it the same way everywhere")


def _slip(said: str, known: Iterable[str]) -> str | None:
    close = [
        k
        for k in difflib.get_close_matches(said, known, n=3, cutoff=0.9)
        if _DIGITS.findall(k) == _DIGITS.findall(said)
    ]
    return close[0] if close else None


def _counted_twice(dossier: Dossier) -> list[Finding]:
    found: Told = []
    for name, resource in dossier.capacity.items():
        for m in resource.uses:
            verify = dossier.measures[m].verify
            if isinstance(verify, Verify) and any(verify.effort(r, resource.inspections) for r in verify.regimes):
                found.append((("capacity", name, "uses", m), f"{m} ({name})"))
    message = "uses a resource by itself and by its inspections, which add up: {names}"
    return summed_up(dossier, "dossier.counted_twice", found, message, remedy="leave out one, if they are the same")


def _beyond_bounds(dossier: Dossier) -> list[Finding]:
    """Courses without a deal that are already beyond what is said to be physically possible."""
    found: Told = []
    for name, interest in dossier.interests.items():
        low, high = (None if b is None else b.value for b in (interest.least, interest.most))
        for i, (day, level) in enumerate(interest.course):
            if (low is not None and level.value < low) or (high is not None and level.value > high):
                found.append((("interests", name, "course", i), f"{name} ({level.value:g} on {day})"))
    message = "stands beyond its own least or most without any deal: {names}"
    return summed_up(dossier, "dossier.beyond_bounds", found, message, remedy="mend the course or the bound")
