"""What a path is worth to a party: one sum over what enters, and over the branches in which it stops. DESIGN §4.

Values are in points, present value at signature, from the path's moment on. An entry is worth what it would be if
nothing happened, less what is lost branch by branch: all of it where it does not happen, else what comes after it is
undone. All integrals are exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from detente.dossier.schema import Dossier, Effect, Interaction
from detente.model.judge.detection import NEVER, TIE
from detente.model.judge.facts import SOME, Contribution, Course, Facts, Rises, Together
from detente.model.judge.paths import Contingency, Instants, Tail
from detente.model.numeric import Array, Flags
from detente.model.tolerance import FULL

Holds = tuple[int | None, ...]
"""Of each mover of a path: the period in which all that an entry needs of it is complete (NOT_AT_ALL: never)."""
NOT_AT_ALL = 1 << 30
Made = tuple[int, int, Holds]
"""A measure, the period of an entry of it, and what would hold that up."""
ZERO = np.zeros((1, 1))
ALWAYS = np.full((1, 1), -NEVER)
Portion = Literal["whole", "base", "over"]
"""Of a measure's worth: all; what it does in any case, its inspection included; what it does once the deal is over."""


class Worths(NamedTuple):
    """What everything is worth to one party."""

    whole: tuple[Contribution, ...]
    """Of each measure, its inspection included."""
    itself: tuple[Contribution, ...]
    """Of each measure without its inspection."""
    inspection: tuple[Contribution, ...]
    if_over: tuple[Contribution, ...]
    together: tuple[Contribution, ...]
    course: Course


def table(dossier: Dossier, facts: Facts, p: int, interactions: Sequence[Interaction]) -> Worths:
    party, weight, rho = dossier.parties[facts.parties[p]], facts.weight[p], facts.rho[p]

    def worths(tables: Sequence[Sequence[Mapping[str, Effect]]]) -> tuple[Contribution, ...]:
        return tuple(Contribution(part, weight, rho) for part in tables)

    bodies = facts.bodies
    over = [{j: Effect(level=lasting.level) for j, lasting in body.if_over.items()} for body in bodies]
    return Worths(
        worths([[b.effects, b.intrusion] for b in bodies]),
        worths([[b.effects] for b in bodies]),
        worths([[b.intrusion] for b in bodies]),
        worths([[effects] for effects in over]),
        worths([[i.effects] for i in interactions]),
        Course(party.no_deal_course(dossier.start), rho),
    )


class Secret(NamedTuple):
    """What a faker fakes with m: of each measure, whether it is undone in secret, and whether it is faked at entry."""

    undone: frozenset[int]
    faked: frozenset[int]
    openly: bool = False
    """Whether everybody sees it and nobody answers: then what its inspection does ends with it."""


def secret(facts: Facts, faker: int, m: int) -> Secret:
    """m itself, and what is seen no faster and costs the faker something. ANSWERS R1."""
    rivals = facts.no_faster(faker, m)
    undone = {n for n in rivals if facts.standing(faker, n, inspected=False) < -SOME}
    faked = {n for n in rivals if facts.entering_costs(faker, n)}
    return Secret(frozenset({m, *undone}), frozenset({m, *faked}))


@dataclass(frozen=True)
class Happening:
    """Whether an entry, or several, are made in a branch: where `sure`, if X passes the point `after`."""

    sure: Flags | bool
    after: Tail


@dataclass(frozen=True)
class Again:
    """What comes back when a measure is performed again: all of it, its `once` too, or only what was `lost`."""

    worth: Contribution
    start: Array
    once: Array
    """Of the entry, in present value, where it is still to come."""

    def value(self, branch: Contingency, m: int, low: Tail, high: Tail, lost: float | None = None) -> Array:
        """E[what comes back; X between two points]: `lost` of what is in force, or (None) an entry held up."""
        assert branch.back is not None
        known, moving = branch.back.known[m], branch.back.moving[m]
        entry = Contribution((), {}, self.worth.rho)
        entry.lasting = self.worth.once
        entered = lost is None
        if moving < NEVER:
            value = _floored(branch, self.worth, moving, self.start, low, high)
            late = _floored(branch, entry, moving, self.start, low, high) if entered and entry.lasting else ZERO
        elif known < NEVER:
            date = np.maximum(self.start, branch.anchor + known)
            value = self.worth.tail(date) * (low.left - high.left)
            late = entry.tail(date) * (low.left - high.left)
        else:
            return ZERO
        return value + np.where(self.once != 0, late, 0.0) if lost is None else lost * value


class Continuation:
    """Values along one kind of path, from each of its moments on, kept by party and entry."""

    def __init__(
        self,
        facts: Facts,
        now: Instants,
        branches: Sequence[Contingency],
        movers: Sequence[int],
        hidden: Secret | None = None,
    ) -> None:
        self.facts = facts
        self.now = now.column()
        self.branches = branches
        self.movers = tuple(movers)
        self.hidden = hidden
        self.kept: dict[object, Array] = {}
        self._size = 0

    @property
    def size(self) -> int:
        """How many numbers are kept of what was asked so far."""
        return self._size + sum(branch.size for branch in self.branches)

    def forget(self) -> None:
        """Keep nothing of what was asked so far."""
        self.kept.clear()
        self._size = 0
        for branch in self.branches:
            branch.forget()

    # entries

    def entry(self, worths: Worths, p: int, made: Made, part: Portion = "whole") -> Array:
        """Of all of a measure, entering in a period, or of a part of what it does."""
        key = (p, made, part)
        value = self.kept.get(key)
        if value is None:
            value = self.kept[key] = self._entry(worths, made, part)
            self._size += value.size
        return value

    def _entry(self, worths: Worths, made: Made, part: Portion) -> Array:
        base = ZERO if part == "over" else self._base(worths, made)
        return base if part == "base" else base + self._once_over(worths.if_over[made[0]], made)

    def _base(self, worths: Worths, made: Made) -> Array:
        m, e, _ = made
        mask = self._hidden(m, e)
        if mask is None:
            return self._open(worths.whole[m], made)
        openly = self.hidden is not None and self.hidden.openly
        value = self._secret(worths.whole[m] if openly else worths.itself[m], m, e)
        if worths.inspection[m].felt and not openly:
            value = value + self._open(worths.inspection[m], made)
        return value if mask.all() else np.where(mask, value, self._open(worths.whole[m], made))

    def _once_over(self, worth: Contribution, made: Made) -> Array:
        """What is felt once the deal is over."""
        m, e, _ = made
        if not worth.felt:
            return ZERO
        mask = self._hidden(m, e)
        if mask is None:
            return self._over(worth, made)
        value = np.where(self._done(e), self._over(worth, made, undone=self._undone(m)), 0.0)
        return value if mask.all() else np.where(mask, value, self._over(worth, made))

    def _done(self, e: int) -> Flags:
        return np.asarray(e <= self.now.base)

    def _start(self, e: int) -> Array:
        return self.now.t if e < 0 else np.where(self._done(e), self.now.t, self.facts.tau[e])

    def _hidden(self, m: int, e: int) -> Flags | None:
        """At which moments an entry is faked, or undone in secret."""
        if self.hidden is None or (m not in self.hidden.undone and m not in self.hidden.faked):
            return None
        return np.where(self._done(e), m in self.hidden.undone, m in self.hidden.faked)

    def _undone(self, m: int) -> Array:
        """When what is undone in secret is undone."""
        return self.now.t + self.facts.undo[m]

    def _secret(self, worth: Contribution, m: int, e: int) -> Array:
        lost = 1 - self.facts.keeps[m]
        standing = worth.tail(self.now.t)
        if lost and self.facts.undo[m] < NEVER:
            standing = standing - lost * worth.tail(self._undone(m))
        return np.where(self._done(e), standing, 0.0)

    def _open(self, worth: Contribution, made: Made) -> Array:
        """Of an entry that goes as the branches have it."""
        m, e, _ = made
        if not worth.felt:
            return ZERO
        start = self._start(e)
        whole = worth.tail(start) + self._once(worth, e)
        total = whole
        for branch in self.branches:
            loss = self._loss(branch, worth, [made], start, whole, lost=1 - self.facts.keeps[m])
            if loss is not None:
                total = total - branch.weight * loss
        return total

    def _once(self, worth: Contribution, e: int) -> Array:
        if e < 0 or not worth.once:
            return ZERO
        return np.where(self._done(e), 0.0, worth.once * math.exp(-worth.rho * self.facts.tau[e]))

    # what is lost in a branch

    def _loss(
        self,
        branch: Contingency,
        worth: Contribution,
        made: Sequence[Made],
        start: Array,
        whole: Array,
        *,
        lost: float,
        cap: Array | None = None,
    ) -> Array | None:
        """What is lost of `whole`: all, where an entry is not made; `lost` of what comes after the first undoing.

        `cap`: when it has ended in any case.
        """
        here = self._happening(branch, worth.rho, made)
        ends = self._ends(branch, made) if lost else (NEVER, NEVER)
        if here is None and ends == (NEVER, NEVER):
            return None
        low, high = branch.ends(worth.rho)
        here = here or Happening(True, low)
        after = low if here.after is low else here.after.within(low, high)
        if len(made) > 1:
            here, after = self._overlap(branch, worth.rho, _last(made), here, after, ends)
        loss = ZERO if after is low else (low.left - after.left) * whole
        if ends != (NEVER, NEVER):
            loss = loss + lost * self._ended(branch, worth, ends, after, cap)
        again = None
        if branch.back is not None and len(made) == 1:
            m = made[0][0]
            again = Again(worth, start, whole - worth.tail(start))
            loss = loss - again.value(branch, m, after, high, lost) - again.value(branch, m, low, after)
        if here.sure is True:
            return loss
        unmade = (low.left - high.left) * whole
        if again is not None:
            unmade = unmade - again.value(branch, made[0][0], low, high)
        return np.where(here.sure, loss, unmade)

    def _happening(self, branch: Contingency, rho: float, made: Sequence[Made]) -> Happening | None:
        """Whether all these entries are made; None where they are in any case."""
        sure: Flags | bool = True
        after: Tail | None = None
        for m, e, holds in made:
            if e < 0:
                continue
            date = self.facts.tau[e]
            needed = self._needed(branch.leaver, holds)
            if branch.known is not None and branch.known.stop[m] < NEVER:
                sure = sure & ((e <= branch.base) | (branch.anchor + branch.known.stop[m] > date + _tie(branch.late)))
            if branch.holds == "anchor" and needed is not None:
                sure = sure & ((e <= branch.base) | (needed <= branch.base))
            must = -NEVER if branch.moving is None else date - branch.moving.stop[m]
            if branch.holds == "moving":
                must = max(must, self._held(needed, e))
            if must > -NEVER:
                low, _ = branch.ends(rho)
                point = branch.passing(rho, must).where(self._done(e), low)
                after = point if after is None else _later(after, point)
        if sure is True and after is None:
            return None
        return Happening(sure, branch.ends(rho)[0] if after is None else after)

    def _needed(self, leaver: int | None, holds: Holds) -> int | None:
        return holds[self.movers.index(leaver)] if leaver in self.movers and holds else None

    def _held(self, needed: int | None, e: int) -> float:
        """The date that a leaving must come after, lest it hold an entry up."""
        return -NEVER if needed is None else self.facts.tau[min(needed, e)]

    def _ends(self, branch: Contingency, made: Sequence[Made]) -> tuple[float, float]:
        """Years until the first of the measures is undone: from the anchor, and from X."""
        measures = [m for m, _, _ in made if self.facts.keeps[m] < FULL]
        known = min((branch.known.gone[m] for m in measures), default=NEVER) if branch.known else NEVER
        moving = min((branch.moving.gone[m] for m in measures), default=NEVER) if branch.moving else NEVER
        return known, moving

    def _overlap(
        self,
        branch: Contingency,
        rho: float,
        e: int,
        here: Happening,
        after: Tail,
        ends: tuple[float, float],
    ) -> tuple[Happening, Tail]:
        """As before, and the first to be undone is so only after the last, in period e, has entered.

        For an instant will do: at what is set off just after a moment, or at a leaving after the entries of its date.
        """
        known, moving = ends
        if e < 0:
            return here, after
        date, (low, high) = self.facts.tau[e], branch.ends(rho)
        if known < NEVER:
            entered = (e <= branch.base) | (branch.anchor + known > date + _tie(branch.late))
            here = Happening(here.sure & entered, after)
        if moving < NEVER:
            point = branch.passing(rho, date - moving).where(self._done(e), low)
            after = _later(after, point).within(low, high)
        return here, after

    def _ended(
        self, branch: Contingency, worth: Contribution, ends: tuple[float, float], after: Tail, cap: Array | None
    ) -> Array:
        """E[what comes after the undoing; X beyond `after`]."""
        known, moving = ends
        _, high = branch.ends(worth.rho)
        turn = self._turn(branch, worth.rho, ends, after)
        total = ZERO
        if moving < NEVER and cap is None:
            total = _late(branch, worth, moving, after, turn)
        elif moving < NEVER and cap is not None:
            over = branch.at(worth.rho, cap - moving).within(after, turn)
            total = _late(branch, worth, moving, after, over) - worth.tail(cap) * (after.left - over.left)
        if known < NEVER:
            end = branch.anchor + known
            value = worth.tail(end) if cap is None else worth.tail(np.minimum(end, cap)) - worth.tail(cap)
            total = total + value * (turn.left - high.left)
        return total

    @staticmethod
    def _turn(branch: Contingency, rho: float, ends: tuple[float, float], after: Tail) -> Tail:
        """The point up to which what moves with X comes before what is known."""
        known, moving = ends
        _, high = branch.ends(rho)
        if moving == NEVER:
            return after
        if known == NEVER:
            return high
        return branch.point(rho, known - moving, "anchor").within(after, high)

    # what is felt once the deal is over

    def _over(self, worth: Contribution, made: Made, undone: Array | None = None) -> Array:
        """Value of `if_over` effects: from the first answer on while in force, then the share that stays."""
        m, e, _ = made
        total, start, lost = ZERO, self._start(e), 1 - self.facts.keeps[m]
        for branch in self.branches:
            answered = branch.answer != (NEVER, NEVER)
            if not answered and branch.later is None:
                continue
            low, high = branch.ends(worth.rho)
            here = None if undone is not None else self._happening(branch, worth.rho, [made])
            here = here or Happening(True, low)
            if not answered:
                total = total + branch.weight * np.where(here.sure, self._over_later(branch, worth, made, undone), 0.0)
                continue
            after = here.after.within(low, high)
            value = self._beyond(branch, worth, start, after, high)
            if lost and undone is not None and self.facts.undo[m] < NEVER:
                value = value - lost * self._beyond(branch, worth, np.maximum(start, undone), after, high)
            elif lost and undone is None:
                value = value - lost * self._undone_over(branch, worth, made, start, after)
            if branch.later is not None and not self.facts.answering(m, branch.later.breaker):
                value = value - self._lost_later(branch, worth, made)
            total = total + branch.weight * np.where(here.sure, value, 0.0)
        return total

    def _lost_later(self, branch: Contingency, worth: Contribution, made: Made) -> Array:
        """After a breach that is answered, what exits take of what does not answer to it, as where the deal is kept."""
        m, e, holds = made
        assert branch.later is not None
        since, lost, total = branch.later.since, 1 - self.facts.keeps[m], ZERO
        start, wait = self._start(e) - since, min(branch.answer)
        for r, exit_ in branch.later.exits:
            stop, gone, past = self.facts.open[r].stop[m], self.facts.open[r].gone[m], ALWAYS
            if stop < NEVER and e >= 0:
                must = max(self.facts.tau[e] - stop, self._held(self._needed(r, holds), e))
                past = np.where(self._done(e), ALWAYS, must - since)
                total = total + exit_.faded(worth.rho, start, wait, -NEVER, ALWAYS)
                total = total - exit_.faded(worth.rho, start, wait, -NEVER, past)
            if lost and gone < NEVER:
                total = total + lost * exit_.faded(worth.rho, start, wait, gone, past)
        return np.asarray(total * worth.lasting * np.exp(-worth.rho * since))

    def _over_later(self, branch: Contingency, worth: Contribution, made: Made, undone: Array | None) -> Array:
        """After a breach that nobody answers, from the answer to an exit on: what is in force as the breach left it."""
        m, e, _ = made
        assert branch.later is not None
        since, lost, total = branch.later.since, 1 - self.facts.keeps[m], ZERO
        start, (gone, _) = self._start(e) - since, self._ends(branch, [made])
        end = branch.anchor + gone if undone is None else undone
        for r, exit_ in branch.later.exits:
            if (lag := self.facts.first[r]) < NEVER:
                total = total + exit_.faded(worth.rho, start, -NEVER, lag, ALWAYS)
                if lost and np.isfinite(end).all():
                    total = total - lost * exit_.faded(worth.rho, np.maximum(start, end - since), -NEVER, lag, ALWAYS)
        return np.asarray(total * worth.lasting * np.exp(-worth.rho * since))

    def _beyond(self, branch: Contingency, worth: Contribution, start: Array, low: Tail, high: Tail) -> Array:
        """E[value from the first answer, or `start` if that is later, on; X between two points]."""
        fixed, lag = branch.answer
        if lag < NEVER:
            return _floored(branch, worth, lag, start, low, high)
        return worth.tail(np.maximum(start, branch.anchor + fixed)) * (low.left - high.left)

    def _undone_over(self, branch: Contingency, worth: Contribution, made: Made, start: Array, after: Tail) -> Array:
        """As `_beyond`, from when it is undone on."""
        known, moving = ends = self._ends(branch, [made])
        _, high = branch.ends(worth.rho)
        turn = self._turn(branch, worth.rho, ends, after)
        fixed, lag = branch.answer
        total = ZERO
        if moving < NEVER and lag < NEVER:
            total = total + _floored(branch, worth, max(moving, lag), start, after, turn)
        elif moving < NEVER:
            total = total + _floored(branch, worth, moving, np.maximum(start, branch.anchor + fixed), after, turn)
        if known < NEVER:
            floor = np.maximum(start, branch.anchor + known)
            total = total + self._beyond(branch, worth, floor, turn, high)
        return total

    # interactions

    def together(
        self, worths: Worths, p: int, i: int, together: Together, rises: Mapping[int, Rises], holds: Mapping[int, Holds]
    ) -> Array:
        """Of an interaction, given when its measures enter."""
        key = (p, i, tuple((m, rises[m], holds[m]) for m in together.measures))
        value = self.kept.get(key)
        if value is None:
            made = {m: entered for m in together.measures if (entered := _made(m, rises[m], holds[m]))}
            value = self.kept[key] = self._together(worths.together[i], together, made)
            self._size += value.size
        return value

    def _together(self, worth: Contribution, together: Together, made: Mapping[int, Sequence[Made]]) -> Array:
        total = ZERO
        patterns = self._patterns(made)
        for pattern, mask in patterns:
            value = ZERO
            for measures, factor in together.sums:
                if measures and measures <= made.keys() and not pattern.absent & measures:
                    value = value + factor * self._all_of(worth, [x for m in measures for x in made[m]], pattern)
            if worth.once:
                value = value + worth.once * self._first_time(worth.rho, together, made, pattern)
            total = value if mask is None else total + np.where(mask, value, 0.0)
        return total

    def _patterns(self, made: Mapping[int, Sequence[Made]]) -> list[tuple[_Pattern, Flags | None]]:
        """What of an interaction is faked, and what undone in secret, with the moments at which that is so."""
        hidden = {m: mask for m, x in made.items() if (mask := self._hidden(m, x[-1][1])) is not None and mask.any()}
        if not hidden:
            return [(_Pattern(frozenset(), frozenset()), None)]
        found: dict[_Pattern, Flags] = {}
        done = {m: self._done(made[m][-1][1]) for m in hidden}
        for i in range(len(self.now.t)):
            absent = frozenset(m for m, mask in hidden.items() if mask[i, 0] and not done[m][i, 0])
            undone = frozenset(m for m, mask in hidden.items() if mask[i, 0] and done[m][i, 0])
            mask = found.setdefault(_Pattern(absent, undone), np.zeros(self.now.t.shape, bool))
            mask[i, 0] = True
        return list(found.items())

    def _cap(self, made: Sequence[Made], pattern: _Pattern) -> Array | None:
        """When the first of what is undone in secret has been undone."""
        measures = {m for m, _, _ in made if m in pattern.undone and self.facts.keeps[m] < FULL}
        first = min((self.facts.undo[m] for m in measures), default=NEVER)
        return None if first == NEVER else self.now.t + first

    def _all_of(self, worth: Contribution, made: Sequence[Made], pattern: _Pattern) -> Array:
        """Of the time in which all of these measures are in force."""
        start, cap = self._start(max(e for _, e, _ in made)), self._cap(made, pattern)
        whole = worth.tail(start)
        if cap is not None:
            whole = worth.tail(np.minimum(start, cap)) - worth.tail(cap)
        seen = [x for x in made if x[0] not in pattern.undone]
        total = whole
        for branch in self.branches if seen else ():
            loss = self._loss(branch, worth, seen, start, whole, lost=1.0, cap=cap)
            if loss is not None:
                total = total - branch.weight * loss
        return total

    def _first_time(
        self, rho: float, together: Together, made: Mapping[int, Sequence[Made]], pattern: _Pattern
    ) -> Array:
        """E[e^(−ρ·(when the condition first comes true))], where it was not true before the moment."""
        ways = [
            [x for m in way for x in made[m]]
            for way in together.ways
            if way <= made.keys() and not pattern.absent & way
        ]
        ways.sort(key=_last)
        true = np.zeros(self.now.t.shape, bool)
        for way in together.ways:
            if way <= made.keys():
                true = true | self._done(_last([x for m in way for x in made[m]]))
        if true.all() or not ways:
            return ZERO
        certain = self._expected_first(None, rho, ways, pattern)
        total = certain
        for branch in self.branches:
            low, high = branch.ends(rho)
            change = self._expected_first(branch, rho, ways, pattern) - (low.left - high.left) * certain
            total = total + branch.weight * change
        return np.where(true, 0.0, total)

    def _expected_first(
        self, branch: Contingency | None, rho: float, ways: Sequence[Sequence[Made]], pattern: _Pattern
    ) -> Array:
        """As `_first_time`, in one branch (None: if nothing happens); ways in order of their last entry.

        Each way comes true if X passes a point, so an earlier way that comes true in more cases leaves it none.
        """
        total, taken = ZERO, ZERO
        for way in ways:
            chance = self._comes_true(branch, rho, way, pattern)
            total = total + np.maximum(chance - taken, 0.0) * math.exp(-rho * self.facts.tau[_last(way)])
            taken = np.maximum(taken, chance)
        return total

    def _comes_true(self, branch: Contingency | None, rho: float, way: Sequence[Made], pattern: _Pattern) -> Array:
        """The chance that all of these are in force together, be it for an instant, of what a branch holds."""
        cap = self._cap(way, pattern)
        lasts = True if cap is None else cap > self.facts.tau[_last(way)] + _tie(self.now.late)
        if branch is None:
            return np.where(lasts, 1.0, 0.0) + ZERO
        low, high = branch.ends(rho)
        seen = [x for x in way if x[0] not in pattern.undone]
        here = self._happening(branch, rho, seen) or Happening(True, low)
        after = here.after.within(low, high)
        here, after = self._overlap(branch, rho, _last(way), here, after, self._ends(branch, seen))
        return np.where(here.sure & lasts, after.left - high.left, 0.0)


class Past:
    """What was enjoyed from signature until each moment, if nobody left: as `Continuation`."""

    def __init__(self, facts: Facts, now: Instants) -> None:
        self.facts = facts
        self.now = now.column()
        self.kept: dict[object, Array] = {}

    def entry(self, worths: Worths, p: int, made: Made, part: Portion = "whole") -> Array:
        m, e, _ = made
        assert part == "whole", "nothing is over yet"
        value = self.kept.get((p, m, e))
        if value is None:
            value = self.kept[p, m, e] = self._value(worths.whole[m], e)
        return value

    def _value(self, worth: Contribution, e: int) -> Array:
        if not worth.felt:
            return ZERO
        date = max(0.0, self.facts.tau[e] if e >= 0 else 0.0)
        once = worth.once * math.exp(-worth.rho * date) if e >= 0 else 0.0
        enjoyed = worth.tail(np.array(date)) - worth.tail(self.now.t) + once
        return np.where(e <= self.now.base, enjoyed, 0.0)

    def together(
        self, worths: Worths, p: int, i: int, together: Together, rises: Mapping[int, Rises], holds: Mapping[int, Holds]
    ) -> Array:
        key = (p, i, tuple(rises[m] for m in together.measures))
        value = self.kept.get(key)
        if value is None:
            last = {m: x[-1][1] for m in together.measures if (x := _made(m, rises[m], ()))}
            value = self.kept[key] = self._together(worths.together[i], together, last)
        return value

    def _together(self, worth: Contribution, together: Together, last: Mapping[int, int]) -> Array:
        total, level = ZERO, Contribution((), {}, worth.rho)
        level.lasting, level.ending, level.felt = worth.lasting, worth.ending, True
        for measures, factor in together.sums:
            if measures and measures <= last.keys():
                total = total + factor * self._value(level, max(last[m] for m in measures))
        first = min((max(last[m] for m in way) for way in together.ways if way <= last.keys()), default=-1)
        if first >= 0:
            once = worth.once * math.exp(-worth.rho * self.facts.tau[first])
            total = total + np.where(first <= self.now.base, once, 0.0)
        return total


class _Pattern(NamedTuple):
    """Measures that are faked and do not enter, and measures that are undone in secret."""

    absent: frozenset[int]
    undone: frozenset[int]


def _tie(late: Flags) -> Array:
    """Years by which something must come after a date to come after its entries; what comes just after one does."""
    return np.where(late, -TIE, TIE)


def _last(made: Sequence[Made]) -> int:
    return max(e for _, e, _ in made)


def _made(m: int, rises: Rises, holds: Holds) -> list[Made]:
    """The entries by which all of a measure comes into force; none where it never is."""
    share, found = 0.0, []
    for e, rise in rises:
        share += rise
        found.append((m, e, holds))
        if share >= FULL:
            return found
    return []


def _later(a: Tail, b: Tail) -> Tail:
    """The point beyond both."""
    return Tail(np.minimum(a.later, b.later), np.minimum(a.left, b.left))


def _late(branch: Contingency, worth: Contribution, lag: float, low: Tail, high: Tail) -> Array:
    """E[value from X + lag on; X between two points]."""
    faded = math.exp(-worth.rho * lag)
    value = worth.lasting * faded * (low.later - high.later)
    for amount, until in worth.ending:
        stop = branch.point(worth.rho, until - lag).within(low, high)
        grown = faded * (low.later - stop.later)
        value = value + amount * (grown - math.exp(-worth.rho * until) * (low.left - stop.left))
    return np.asarray(value)


def _floored(branch: Contingency, worth: Contribution, lag: float, floor: Array, low: Tail, high: Tail) -> Array:
    """E[value from X + lag, or `floor` if that is later, on; X between two points]."""
    turn = branch.at(worth.rho, floor - lag).within(low, high)
    return np.asarray(worth.tail(floor) * (low.left - turn.left) + _late(branch, worth, lag, turn, high))
