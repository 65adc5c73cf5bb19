"""Deviations that end a deal other than at once: it is over some time after a lapse, or left at a later moment.

With nothing hidden: what lapses and what is suspended until then is worked out beside it (`lapses`). ANSWERS §4.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detente.model.rows.breaches import Branch, Deviation, Maker, Sure
from detente.model.rows.detection import SNAP
from detente.model.rows.faking import Faked
from detente.model.rows.laws import Detected, Left
from detente.model.rows.moments import Moments


class Endings(Maker):
    """Makes the deviations of deals that go on for a while after a breach."""

    def ending(self, p: int, after: float, faked: Faked | None = None) -> Deviation:
        """p lapses, and the deal ends `after` years from when that is known: all stop at once, at the cost of an end.

        Until then it is kept by all who do not leave, as if p performed. `faked`: how it is seen; None: at once.
        """
        years = self.zero + after
        first = np.where(np.isfinite(self._first_answer(p)), years, np.inf)
        if faked is None:
            chance = self.exits.until(years, np.ones(self.n, bool))
            fates = self.reactions.after(p, years, years, own_moves=False, known_moves=False, at_once=True)
            end = self._branch(Sure(chance), fates, first_answer=first, pays=True)
            stays = Sure(self.exits.nobody)
            later = self._aftermath(p, end, lambda r: Left(r, self.exits), stays, years)
            return Deviation(self.moments, (end, *self._left(high=years)), p, later)
        faked = replace(faked, delay=faked.delay + after + 2 * SNAP)  # who leaves on the date of an answer leaves first
        fates = self.reactions.after(
            p, years + faked.delay - after, years + faked.delay - after, own_moves=True, known_moves=True, at_once=True
        )
        law = Detected(faked.watch, faked.delay, self.exits)
        first = first + faked.delay - after
        end = self._branch(law, fates, first_answer=first, answer_from="random", pays=True)
        never = self._sure(faked.watch.survival(np.full(self.n, np.inf)) * self.exits.nobody)
        left = (replace(x, fates=x.inspected) for x in self._left(faked))
        return Deviation(self.moments, (end, *left, never), p, self._known_and_left(p, faked, end, None))

    def leaving(self, p: int, leaves: Moments) -> Deviation:
        """p breaks the deal openly in some later moments, unless somebody leaves before."""
        away, counted = leaves.years - self.moments.years, ~leaves.before
        fates = self.reactions.after(p, away, away, own_moves=False, known_moves=False, leaves=leaves)
        base = leaves.base.astype(float)
        open_ = self._branch(
            Sure(self.exits.until(away, counted)),
            fates,
            first_answer=away + self._first_answer(p),
            pays=True,
            leaver=p,
            waits=self.reactions.waiting(p),
            held=base,
            upto=base,
            just_after_fixed=leaves.just_after,
        )
        since = np.where(counted, away, away - 2 * SNAP)
        later = self._aftermath(p, open_, lambda r: Left(r, self.exits), Sure(self.exits.nobody), since)
        return Deviation(self.moments, (open_, *self.left_unknown(None, leaves)), p, later)

    def left_unknown(self, faked: Faked | None, leaves: Moments | None = None) -> tuple[Branch, ...]:
        """A party leaves before what is faked is known, and before the faker leaves openly in some later moments."""
        if leaves is None:
            return tuple(self._left(faked))
        away = leaves.years - self.moments.years
        too_late = np.where(leaves.before, away, np.inf)
        if faked is not None:
            return tuple(self._left(faked, away, too_late))
        return tuple(
            replace(x, law=Left(q, self.exits, too_late=too_late))
            for q, x in zip(self.exits.parties, self._left(high=away), strict=True)
        )
