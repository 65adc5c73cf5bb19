"""The paths that have been valued, kept from plan to plan, and what of each counts in a breach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from detente.model.judge.calendar import Calendar, Cheat, Instants
from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Facts
from detente.model.judge.paths.branches import Leavers, Paths
from detente.model.judge.paths.secrecy import Secret
from detente.model.judge.paths.values import Continuation, Past, Portion
from detente.model.judge.stakes import Stakes

MOST = 1 << 24
"""Numbers that are kept from plan to plan."""
REST: Mapping[Portion | None, Portion | None] = {"whole": None, "base": "over", "over": "base", None: "whole"}


class Sized(Protocol):
    """What is kept."""

    @property
    def size(self) -> int:
        """How many numbers it keeps."""


Kept = TypeVar("Kept", bound=Sized)


@dataclass(frozen=True)
class Scope:
    """What of a path counts: which part of each measure, and which interactions."""

    measures: tuple[Portion | None, ...]
    togethers: tuple[bool, ...]
    alarms: bool = True

    def rest(self) -> Scope:
        """What of a path counts where this does not."""
        togethers = tuple(not counts for counts in self.togethers)
        return Scope(tuple(REST[part] for part in self.measures), togethers, not self.alarms)


@dataclass(frozen=True)
class Scopes:
    """What counts on the path of a breach by each party, and what the breach leaves standing.

    That goes on as planned, exits included, as if there were no breach; but if somebody answers the breach, the deal is
    over then, and what is felt from then on is of the breach's path. Where nobody leaves, both paths are worth the
    same.
    """

    everything: Scope
    concerned: tuple[Scope, ...]
    standing: tuple[Scope, ...]
    outlived: tuple[bool, ...]
    """Whether exits still make a difference on the path of a breach by each party once it is known."""

    @classmethod
    def of(cls, facts: Facts, stakes: Stakes, leavers: Leavers) -> Scopes:
        parties, left = range(len(facts.parties)), bool(leavers.parties)
        every: Portion = "whole"
        everything = Scope((every,) * len(facts.bodies), (True,) * len(facts.togethers))
        concerned = tuple(_concerned(facts, q) if left else everything for q in parties)
        outlived = tuple(left and _outlived(facts, stakes, q) for q in parties)
        return cls(everything, concerned, tuple(scope.rest() for scope in concerned), outlived)


def _concerned(facts: Facts, q: int) -> Scope:
    others: Portion | None = "over" if facts.first[q] < NEVER else None
    concerned = [facts.answering(m, q) for m in range(len(facts.bodies))]
    togethers = (any(concerned[m] for m in together.measures) for together in facts.togethers)
    return Scope(tuple("whole" if there else others for there in concerned), tuple(togethers), others is not None)


def _outlived(facts: Facts, stakes: Stakes, q: int) -> bool:
    """Whether anything that is felt once the deal is over ends with an exit after q's breach, or begins with it.

    That may be what does not answer to a breach that is answered, and what does to one that nobody answers.
    """
    answered = facts.first[q] < NEVER
    some = [m for m in range(len(facts.bodies)) if facts.answering(m, q) != answered]
    return any(worths.if_over[m].felt for worths in stakes.worths.values() for m in some)


def _is_answered(key: object) -> bool:
    return isinstance(key, tuple) and key[0] in ("paused", "answered")


class Streams:
    """Values along the paths from the moments of a calendar, each built when it is first asked for."""

    def __init__(
        self,
        calendar: Calendar,
        stakes: Stakes,
        leavers: Leavers,
        past: Past | None = None,
        kept: Mapping[object, Any] | None = None,
    ) -> None:
        """`past` and `kept`: what another of the same calendar has valued and holds here, too."""
        self.facts = calendar.facts
        self.calendar = calendar
        self.stakes = stakes
        self.leavers = leavers
        self.paths = Paths(self.facts, leavers)
        self.scopes = Scopes.of(self.facts, stakes, leavers)
        self.past = past or Past(self.facts, calendar.all)
        self._streams: dict[object, Any] = dict(kept or {})
        """In the order in which they were last asked for."""

    def leaving_at(self, q: int, rate: float) -> Streams:
        """The same where a party leaves at one rate a year instead of those stated; what no exit bends is shared."""
        leavers = self.leavers.at_rate(q, rate)
        outlived = Scopes.of(self.facts, self.stakes, leavers).outlived
        bent = [a or b for a, b in zip(self.scopes.outlived, outlived, strict=True)]
        keys = [("broken", p) for p, changes in enumerate(bent) if not changes]
        kept: dict[object, Any] = {key: self._streams[key] for key in keys if key in self._streams}
        return Streams(self.calendar, self.stakes, leavers, self.past, kept)

    def unanswered(self) -> Streams:
        """The same but for what hangs on the answers to breaches."""
        kept = {key: stream for key, stream in self._streams.items() if not _is_answered(key)}
        return Streams(self.calendar, self.stakes, self.leavers, self.past, kept)

    def trim(self) -> None:
        """Forget what was asked for longest ago, where too much is kept."""
        kept = sum(stream.size for stream in self._streams.values())
        while kept > MOST:
            oldest = next(iter(self._streams))
            kept -= self._streams.pop(oldest).size

    def kept(self) -> Continuation:
        """Everybody keeps the plan."""
        return self.of("kept", lambda: self.keeping(self.calendar.all))

    def forgone(self, m: int) -> Continuation:
        """One measure is no longer performed, and all else goes on."""
        secret = Secret(frozenset([m]), frozenset([m]), openly=True)
        return self.of(("forgone", m), lambda: self.keeping(self.calendar.all, secret))

    def broken(self, q: int) -> Continuation:
        """A party breaks the deal openly, at each of its moments."""
        return self.of(("broken", q), lambda: self.breaking(self.calendar.all[self.calendar.breaking[q]], q))

    def faked(self, cheat: Cheat, *, at_entry: bool) -> Continuation:
        """A party fakes a measure, at each chance it has or only at its entry."""
        return self.of(("faked", cheat, at_entry), lambda: self._cheating(cheat, at_entry=at_entry))

    def left(self, cheat: Cheat, *, at_entry: bool) -> Continuation:
        """As `faked`, and breaks openly at each later moment that it could leave at: [moments, leaving moments]."""
        leaves = self.calendar.all[self.calendar.leavings(cheat)].row()
        return self.of(("left", cheat, at_entry), lambda: self._cheating(cheat, leaves, at_entry=at_entry))

    def keeping(self, now: Instants, secret: Secret | None = None) -> Continuation:
        """Everybody keeps the plan, from any moments on."""
        return Continuation(self.facts, now, self.paths.kept(now.column()), self.leavers.parties, secret)

    def breaking(self, now: Instants, q: int) -> Continuation:
        """A party breaks the deal openly, at any moments."""
        movers = {q, *self.leavers.parties} if self.scopes.outlived[q] else {q}
        return Continuation(self.facts, now, self.paths.broken(now.column(), q), sorted(movers))

    def _cheating(self, cheat: Cheat, then: Instants | None = None, *, at_entry: bool) -> Continuation:
        q, m, _ = cheat
        chances = self.calendar.chances(cheat)
        now, secret = self.calendar.all[chances[:1] if at_entry else chances], Secret.of(self.facts, q, m)
        if then is None:
            return Continuation(self.facts, now, self.paths.faked(now.column(), q, m), self.leavers.parties, secret)
        branches, movers = self.paths.faked_and_left(now.column(), then, q, m), sorted({q, *self.leavers.parties})
        return Continuation(self.facts, now, branches, movers, secret)

    def of(self, key: object, build: Callable[[], Kept]) -> Kept:
        """What is kept under a key, built where there is none."""
        stream = self._streams.pop(key, None) or build()
        self._streams[key] = stream
        return stream
