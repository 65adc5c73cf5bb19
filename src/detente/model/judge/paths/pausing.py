"""What a lapse, and the pause that answers it, change of what keeping a plan is worth. ANSWERS §4, §5.

What the breacher does not perform is hidden from its lapse until it is performed again, what the others suspend while
its window lasts; all else goes on. Where the deal ends, or the breacher leaves, what is hidden then stays hidden.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from detente.model.judge.calendar import Instants
from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Contribution
from detente.model.judge.paths.branches import NO_END, NUDGE, ZERO
from detente.model.judge.paths.hiding import AT_ALL, Hiding, Staying
from detente.model.judge.paths.interruption import Interruption
from detente.model.judge.paths.lapses import Lapse
from detente.model.judge.paths.later import Discovery
from detente.model.judge.paths.secrecy import Secret
from detente.model.judge.paths.values import Continuation
from detente.model.judge.paths.views import Made, View
from detente.model.judge.replies import Pause, Window
from detente.model.judge.stakes import Worths
from detente.model.numeric import Array, Flags


class Spell(NamedTuple):
    """A window in which an entry is hidden, from `floor` (years from each moment) on, and what that takes."""

    made: Made
    window: Window
    floor: Array
    worth: Contribution
    over: Contribution | None = None
    """What it takes once the deal is over, besides."""
    alarmed: bool = False
    """Whether only what comes before the first answer counts."""


class Spells:
    """What spells take along a lapse's path, until the deal ends or the breacher leaves (`then`), and after."""

    def __init__(self, lapse: Lapse, pause: Pause, view: View, then: Instants | None) -> None:
        self.lapse, self.pause, self.view, self.then = lapse, pause, view, then
        self.facts = lapse.paths.facts
        self.hiding = lapse.hiding()
        self.breach: Interruption | None = None
        """The breacher's leaving."""
        if then is not None:
            self.left = then.t - lapse.now.t
            self.stays = lapse.stays(then)

    def known(self, lag: float) -> Hiding:
        """The law, as far as what comes `lag` after it is known comes before the leaving."""
        if self.then is None:
            return self.hiding
        known = Discovery(self.lapse.law, self.lapse.delay, self.lapse.by(self.then, lag))
        return replace(self.hiding, known=known)

    def taken(self, spell: Spell) -> Array:
        """What a spell takes on the path on which nothing is hidden."""
        (begins, ends), end = spell.window, self.pause.end
        if begins >= min(ends, end):
            return ZERO
        known = self.known(begins)
        goes_on = not self.facts.answering(spell.made.measure, self.pause.breacher)
        if goes_on or (self.then is None and end == NEVER):
            return known.between(spell.worth, begins, ends, spell.floor)
        if self.then is None:
            value = known.between(spell.worth, begins, end, spell.floor)
            return value if spell.alarmed else value + self._after_end(spell)
        value = known.between(spell.worth, begins, ends, spell.floor, self.left)
        return value + self._after_leaving(spell, known)

    def _after_end(self, spell: Spell) -> Array:
        """From the end of the deal on, until it would be undone then, if it had been made."""
        end, gone = self.pause.end, self.facts.at_once[self.pause.breacher].gone[spell.made.measure]
        past = np.where(self.view.done(spell.made.period), AT_ALL, spell.floor - NUDGE * self.lapse.now.late)
        over = spell.over if self.facts.first[self.pause.breacher] < NEVER else None
        total = ZERO
        for worth in (spell.worth, over):
            if worth is not None:
                total = total + self.hiding.after(worth, end, spell.floor, past=past, early=NUDGE)
                total = total - self.hiding.after(worth, end, spell.floor, wait=gone, past=past, early=NUDGE)
        return total

    def _after_leaving(self, spell: Spell, known: Hiding) -> Array:
        """The same from the breacher's leaving on."""
        (begins, ends), floor, p = spell.window, np.maximum(spell.floor, self.left), self.pause.breacher
        gone, first = self.facts.open[p].gone[spell.made.measure], self.facts.first[p]
        sure = replace(known, staying=Staying.sure(self.stays))
        cap = self.left + (min(gone, first) if spell.alarmed else gone)
        value = sure.between(spell.worth, begins, ends, floor, cap)
        if spell.over is not None:
            value = value + sure.between(spell.over, begins, ends, np.maximum(floor, self.left + first), cap)
        assert self.breach is not None
        happening = self.breach.happening(spell.worth.rho, [spell.made])
        return value if happening is None else np.where(happening.sure, value, 0.0)


class Paused:
    """Changes of value along a lapse's path from each of its moments on, kept by party and entry.

    `path` is what they change: keeping until the deal ends, or until the breacher leaves (`then`); None: keeping.
    """

    def __init__(self, lapse: Lapse, pause: Pause, secret: Secret, then: Instants | None = None) -> None:
        now, facts = lapse.now, lapse.paths.facts
        moments = Instants(now.t[:, 0], now.side[:, 0], now.base[:, 0])
        leavers = lapse.paths.leavers.parties
        self.lapse, self.pause, self.facts = lapse, pause, facts
        self.then = then
        self.movers = leavers if then is None and pause.end == NEVER else tuple(sorted({pause.breacher, *leavers}))
        self.view = View(facts, moments, secret)
        self.spells = Spells(lapse, pause, self.view, then)
        self.windows, self.cures = dict(pause.windows), dict(pause.cures)
        self.path: Continuation | None = None
        apart = lapse.unknown()
        if then is not None:
            path, apart = lapse.left(then), lapse.uncured(then, max(self.cures.values()))
            self.spells.breach = Interruption(path[-1], self.view, self.movers)
            self.path = Continuation(facts, moments, path, self.movers)
        elif pause.end < NEVER:
            exits, ending = lapse.ended(pause.end)
            apart = [*apart, *ending]
            self.path = Continuation(facts, moments, [*exits, *ending], self.movers)
        self.faked = Continuation(facts, moments, apart, self.movers, secret)
        self.open = Continuation(facts, moments, apart, self.movers)
        self._kept: dict[object, Array] = {}

    @property
    def size(self) -> int:
        """How many numbers are kept."""
        streams = [self.faked.size, self.open.size, 0 if self.path is None else self.path.size]
        return sum(streams) + sum(value.size for value in self._kept.values())

    def entry(self, of: Worths, made: Made) -> Array:
        """What of the value of an entry is changed."""
        key = (of.party, made)
        if key not in self._kept:
            hidden, change = self.view.hides(made.measure, made.period), ZERO
            if made.measure in self.windows:
                change = -self._suspended(of, made, hidden)
            if hidden is not None and hidden.any():
                change = change + self._lapsed(of, made, hidden)
            self._kept[key] = change
        return self._kept[key]

    def spared(self, of: Worths, made: Made, since: int) -> Array:
        """What of an entry is hidden while an alarm (from a period on) would have it suspended in any case."""
        key = (of.party, made, since)
        if key not in self._kept:
            m, hidden = made.measure, self.view.hides(made.measure, made.period)
            floor = np.maximum(self._from(made.period), self._from(since))
            spells = [Spell(made, w, floor, _lasting(of.whole[m]), alarmed=True) for w in self._both(m)]
            value, rest = map(self.spells.taken, spells)
            found = value if hidden is None else np.where(hidden, rest, value)
            self._kept[key] = (1 - self.facts.keeps[m]) * found
        return self._kept[key]

    def paid(self, of: Worths) -> Array:
        """What the answers cost the breacher."""
        total = ZERO
        for amount, when in self.pause.costs:
            total = total + amount * self.spells.known(when).paid(of.course.rho, when)
        return total

    def _from(self, e: int) -> Array:
        """When an entry counts, years from each moment."""
        return self.view.start(e) - self.lapse.now.t

    def _lapsed(self, of: Worths, made: Made, hidden: Flags) -> Array:
        """What changes where the breacher does not perform an entry."""
        assert self.view.hidden is not None
        m, done, facts = made.measure, self.view.done(made.period), self.facts
        worth = of.whole[m] if self.view.hidden.openly else of.itself[m]
        standing, entering = ZERO, ZERO
        if done.any() and facts.undo[m] < NEVER and facts.keeps[m] < 1:
            undone = np.full((1, 1), facts.undo[m])
            standing = (1 - facts.keeps[m]) * self._again(_lasting(worth), m, undone)
        if not done.all():
            whole = replace(worth, once=0.0, lasting=worth.lasting + worth.once)
            entering = self._again(whole, m, self._from(made.period))
        again = np.where(hidden, np.where(done, standing, entering), 0.0)
        return self.faked.entry(of, made) - self.open.entry(of, made) + again

    def _again(self, worth: Contribution, m: int, floor: Array) -> Array:
        """Of what is performed again once that is known and cured, or once somebody has left; not before `floor`."""
        hiding, cure, end = self.spells.known(0.0), self.cures[m], self.pause.end
        value = hiding.after(worth, 0.0, floor)
        if self.then is None:
            value = value - hiding.between(worth, 0.0, min(cure, end), floor)
            return value - hiding.after(worth, end, floor, early=NUDGE)
        left = self.spells.left
        value = value - hiding.between(worth, 0.0, cure, floor, left)
        uncured = self.spells.known(0.0).known.by(NO_END) - self.spells.known(cure).known.by(NO_END)
        tail = worth.tail(self.lapse.now.t + np.maximum(floor, left))
        return np.asarray(value - self.spells.stays * uncured * tail)

    def _both(self, m: int) -> tuple[Window, Window]:
        """When it is suspended; and where it lapses, too, the rest of that once it is performed again."""
        begins, ends = self.windows[m]
        return Window(begins, ends), Window(max(begins, self.cures.get(m, 0.0)), ends)

    def _suspended(self, of: Worths, made: Made, hidden: Flags | None) -> Array:
        """What is lost of an entry while the others suspend it."""
        m, (window, rest) = made.measure, self._both(made.measure)
        spell = Spell(made, window, self._from(made.period), _lasting(of.whole[m]), of.if_over[m])
        value = self.spells.taken(spell)
        if hidden is not None and hidden.any():
            assert self.view.hidden is not None
            spell = spell._replace(window=rest)
            if self.view.hidden.openly:
                lapsed = self.spells.taken(spell)
            else:
                inspection = spell._replace(window=window, worth=_lasting(of.inspection[m]), over=None)
                lapsed = self.spells.taken(spell._replace(worth=_lasting(of.itself[m]))) + self.spells.taken(inspection)
            value = np.where(hidden, lapsed, value)
        return (1 - self.facts.keeps[m]) * value


def _lasting(worth: Contribution) -> Contribution:
    """Without what it is worth once."""
    return replace(worth, once=0.0)
