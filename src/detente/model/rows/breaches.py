"""Deviations: what each measure does, from when to when, after somebody breaks, fakes or leaves. DESIGN §5, ANSWERS.

One shape serves all. From a moment on, a path goes one of a few ways (`Branch`), each on a part of the law of one
random time: when the others know, or when a party leaves. On a branch a measure follows the plan until `stop`, stays
as it then is, is undone at a time, down to `keeps`, and may be performed again from `back` on. Times count from the
moment and, where they move, from the random time.

Example. A breaks out; B, which answers after 3 months, pays A a flow that it can undo within 6: one sure branch, on
which B's measure has stop 0.25 and is undone at 0.75. Had A faked its measure, seen at a rate λ a year and reported a
month later, there would be two: seen, on the law of T, where B's measure has stop 1/12 + 0.25 and is undone at
1/12 + 0.75, both moving with T; and never seen (chance 0 here), where it goes on for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from detente.model.numeric import Array, Flags, Indices
from detente.model.rows.arrays import Model
from detente.model.rows.detection import SNAP, column
from detente.model.rows.faking import Faked
from detente.model.rows.fates import Fates, Movers, Reactions
from detente.model.rows.laws import Detected, Exits, Law, Left, LeftLater, Rho, Rhos, Weighed, just_before, like
from detente.model.rows.moments import Moments

Counted = Literal["moment", "random", "known"]


@dataclass(frozen=True, eq=False)
class Branch:
    """One way that a path goes, on (low, high] of a law."""

    law: Law
    low: Array
    high: Array
    """[I]"""
    fates: Fates
    inspected: Fates
    """Of what inspecting each measure does, which cheating does not spare."""
    first_answer: Array
    """[I] years until the deal is over; infinite where nobody answers."""
    answer_from: Counted
    """What it is counted from; where somebody leaves once the others know, it may be that they know."""
    pays: bool
    """Whether the mover pays its collapse cost at the first answer."""
    leaver: Movers
    """Whose measures entries may wait for; −1: none waits."""
    waits: dict[int, tuple[int, ...]]
    """Where that is one: entries that answer to it and directly need measures of its own. They wait for these."""
    held: Array | None
    """[I] the period from which on waiting entries do not happen unless by then what they need has entered; None: from
    the random time on."""
    upto: Array
    """[I] entries of periods up to this one come before any stop at a fixed time."""
    just_after: Flags
    """[I] whether an entry on the date of a stop that moves still happens."""
    just_after_fixed: Flags
    """[I] the same for stops at fixed times."""

    def parts(self, rho: Rho, a: Array, b: Array) -> Array:
        """E[e^(−ρZ); a < Z ≤ b], on this branch."""
        return self.law.partial(rho, a, b)

    def later(self, rho: Rho, answer: Array, other: Array, moves: bool, a: Array, b: Array) -> Array:
        """The same of the later of the answer, counted from when the others see it, and a time. See `LeftLater`."""
        assert isinstance(self.law, LeftLater)
        delay = like(self.law.delay, answer)
        return self.law.partial_after(rho, answer - delay, other, moves, a, b)


@dataclass(frozen=True, eq=False)
class Deviation:
    """All branches of a path, from some moments on. Their chances add up to 1."""

    moments: Moments
    branches: tuple[Branch, ...]
    mover: Movers = -1
    """Who breaks the deal."""
    aftermath: tuple[Branch, ...] = ()
    """Somebody's leaving once the breach is known, which bears on `if_over` alone: where the breach is answered, on
    that of what it leaves standing; where nobody answers it, and the deal goes on, on that of what it does not."""


@dataclass(frozen=True, eq=False)
class Sure:
    """A branch on which nothing is random, with its chance at each moment."""

    chance: Array

    def partial(self, rho: Rho, a: Array, b: Array) -> Array:
        return np.where((a < 0) & (b >= 0), column(self.chance, a), 0.0)

    def at(self, i: Indices, rates: Rhos = ()) -> Sure:
        return Sure(self.chance[i])

    def just_before(self, z: Array, chosen: Flags) -> Array:
        return z

    def within(self, begin: float, end: float) -> bool:
        return True


class Maker:
    """Makes the deviations of a model from some moments on."""

    def __init__(self, model: Model, moments: Moments) -> None:
        self.model, self.moments = model, moments
        self.n = len(moments)
        self.zero = np.zeros(self.n)
        self.base = moments.base.astype(float)
        self.reactions = Reactions(model, moments)

    @cached_property
    def exits(self) -> Exits:
        return Exits.of(self.model.exits, self.moments)

    # --- branches --------------------------------------------------------------------------------------------------

    def _branch(self, law: Law, fates: Fates, **given: object) -> Branch:
        """A branch over the whole of a law on which nobody answers, but for what is given."""
        branch = Branch(
            law=law,
            low=np.full(self.n, -1.0),
            high=np.full(self.n, np.inf),
            fates=fates,
            inspected=fates,
            first_answer=np.full(self.n, np.inf),
            answer_from="moment",
            pays=False,
            leaver=-1,
            waits={},
            held=None,
            upto=self.base,
            just_after=self.moments.just_after,
            just_after_fixed=self.moments.just_after,
        )
        return replace(branch, **given)  # type: ignore[arg-type]

    def _sure(self, chance: Array) -> Branch:
        return self._branch(Sure(chance), self.reactions.none())

    def _left(
        self, faked: Faked | None = None, high: Array | None = None, too_late: Array | None = None
    ) -> Iterator[Branch]:
        """A party leaves before anything else happens: as in a breakout, at no cost."""
        never = np.zeros(self.n, bool)
        for q in self.exits.parties:
            law = Left(q, self.exits) if faked is None else Left(q, self.exits, faked.watch, faked.delay, too_late)
            fates = self.reactions.after(q, self.zero, self.zero, own_moves=True, known_moves=True, on_a_date=True)
            branch = self._branch(
                law,
                fates,
                first_answer=self.zero + self.model.first_answer(q),
                answer_from="random",
                leaver=q,
                waits=self.reactions.waiting(q),
                just_after=never,
                just_after_fixed=never,
            )
            if high is not None:
                branch = replace(branch, high=high)
            yield branch if faked is None else replace(branch, fates=faked.spares(fates, self.moments))

    def _first_answer(self, p: Movers) -> Array:
        """Years from a breach by p, once known, to the first answer: of one, or [I]."""
        return self._first_answers[p]

    @cached_property
    def _first_answers(self) -> Array:
        return np.array([self.model.first_answer(q) for q in range(len(self.model.parties))])

    # --- deviations ------------------------------------------------------------------------------------------------

    def plain(self) -> Deviation:
        """The plan is kept, and nobody ever leaves."""
        return Deviation(self.moments, (self._sure(np.ones(self.n)),))

    def kept(self) -> Deviation:
        """The plan is kept by all who do not leave."""
        stays = self._sure(self.exits.nobody)
        return Deviation(self.moments, (*self._left(), stays))

    def breakout(self, p: Movers) -> Deviation:
        """p openly stops and undoes what it can. Known at once, so nobody's leaving counts any more.

        Of several p each is answered, or none is.
        """
        fates = self.reactions.after(p, self.zero, self.zero, own_moves=False, known_moves=False)
        first = self.zero + self._first_answer(p)
        held = {"leaver": p, "waits": self.reactions.waiting(p), "held": self.base}
        sure = self._branch(Sure(np.ones(self.n)), fates, first_answer=first, pays=True, **held)
        after = self._aftermath(p, sure, lambda r: Left(r, self.exits), Sure(self.exits.nobody))
        return Deviation(self.moments, (sure,), p, after)

    def covert(self, p: int, m: int, leaves: Moments | None = None) -> Deviation:
        """p fakes m, and what else it fakes with it, until it is seen or, in some later moments, leaves openly."""
        return self.faking(p, Faked.of(self.model, p, m), leaves)

    def faking(self, p: Movers, faked: Faked, leaves: Moments | None = None) -> Deviation:
        """As `covert`; of several p each is answered, or none is."""
        first = self._first_answer(p)
        known = self.zero + faked.delay
        law = Detected(faked.watch, faked.delay, self.exits)
        seen = self._seen(p, faked, law, known + first, known, own_moves=True, known_moves=True)
        if leaves is None:
            never = faked.watch.survival(np.full(self.n, np.inf)) * self.exits.nobody
            unseen = replace(self._sure(never), fates=faked.spares(self.reactions.none(), self.moments))
            after = self._known_and_left(p, faked, seen, None)
            return Deviation(self.moments, (seen, *self._left(faked), unseen), p, after)
        away = leaves.years - self.moments.years
        missed = self.moments.just_after & ~leaves.just_after
        late, last = (just_before(faked.watch, t, missed) for t in (away - known - first, away - known))
        counted = ~leaves.before
        unknown = np.asarray(faked.watch.survival(last), float)
        neither = unknown * self.exits.until(away, counted)
        left = {
            "leaver": p,
            "waits": self.reactions.waiting(p),
            "held": leaves.base.astype(float),
            "upto": leaves.base.astype(float),
            "just_after_fixed": leaves.just_after,
        }
        both = self._seen(p, faked, law, away, known, own_moves=False, known_moves=True, leaves=leaves)
        open_ = self._seen(p, faked, Sure(neither), away, away, own_moves=False, known_moves=False, leaves=leaves)
        both, open_, seen = (replace(x, **left) for x in (both, open_, seen))  # type: ignore[arg-type]
        branches = [
            replace(both, low=np.maximum(-1.0, late), high=last),
            open_,
            *self._left(faked, away, np.where(counted, np.inf, away)),
        ]
        if np.all(np.isfinite(first)):
            branches.append(replace(seen, high=late))
        since = np.where(counted, away, away - 2 * SNAP)
        stays = Sure(unknown * self.exits.nobody)
        later = self._aftermath(p, open_, lambda r: Weighed(Left(r, self.exits), unknown), stays, since)
        return Deviation(self.moments, tuple(branches), p, (*self._known_and_left(p, faked, both, last), *later))

    def _known_and_left(self, p: Movers, faked: Faked, breach: Branch, last: Array | None) -> tuple[Branch, ...]:
        """The aftermath of p's being found out, with T no later than a last time."""
        watch, delay = faked.watch, faked.delay
        stays = Weighed(Detected(watch, delay, Exits.of((), self.moments)), self.exits.nobody)
        breach = breach if last is None else replace(breach, high=last)
        return self._aftermath(p, breach, lambda r: LeftLater(r, self.exits, watch, delay, until=last), stays)

    def _aftermath(
        self, p: Movers, breach: Branch, later: Callable[[int], Law], stays: Law, since: Array | None = None
    ) -> tuple[Branch, ...]:
        """Each party's leaving after a breach, by the law of that, `since` some time; and nobody's. See `Deviation`."""
        if not np.any(self.model.over):
            return ()
        answered, found = bool(np.all(np.isfinite(self._first_answer(p)))), list[Branch]()
        for r, left in zip(self.exits.parties, self._left(), strict=True):
            low, law = left.low if since is None else since, later(r)
            if answered:
                counted: Counted = "known" if breach.answer_from == "random" else "moment"
                left = replace(left, first_answer=breach.first_answer, answer_from=counted)
                found.append(replace(left, law=law, low=low))
            else:
                goes_on = replace(breach, first_answer=left.first_answer, answer_from="random")
                found.append(replace(goes_on, law=law, low=low, high=left.high))
        if answered:
            nobody = self._branch(stays, self.reactions.none(), high=breach.high)
            found.append(replace(nobody, first_answer=breach.first_answer, answer_from=breach.answer_from))
        return tuple(found)

    def _seen(
        self,
        p: Movers,
        faked: Faked,
        law: Law,
        own: Array,
        known: Array,
        *,
        own_moves: bool,
        known_moves: bool,
        leaves: Moments | None = None,
    ) -> Branch:
        fates = self.reactions.after(p, own, known, own_moves=own_moves, known_moves=known_moves, leaves=leaves)
        return self._branch(
            law,
            faked.spares(fates, self.moments),
            inspected=fates,
            first_answer=known + self._first_answer(p),
            answer_from="random" if known_moves else "moment",
            pays=True,
        )
