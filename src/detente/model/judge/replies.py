"""What answers a breach in place of the deal's end: what it suspends, from when to when, until cured. ANSWERS §4, §5.

Times are years from when the breach is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from detente.dossier.schema import Answer, Dossier
from detente.model.judge.detection import NEVER
from detente.model.judge.facts import SOME, Facts
from detente.model.judge.paths.secrecy import Secret, entry_costs
from detente.model.judge.stakes import points
from detente.model.tolerance import FULL


class Window(NamedTuple):
    """From when to when a measure is suspended, its undoing over."""

    begins: float
    ends: float


@dataclass(frozen=True, eq=False)
class Reply:
    """One answer, to the breach of one party."""

    number: int
    breacher: int
    to: tuple[int, ...]
    stops: tuple[int, ...]
    delays: Mapping[int, float]
    """Of what it suspends, years until its performers stop; never where it is not suspended."""
    undo: Mapping[int, float]
    length: float
    cure: float
    ends: bool
    """Whether the deal ends where the breach is not cured."""
    cost: float
    credible: bool

    @classmethod
    def of(cls, dossier: Dossier, facts: Facts, number: int, breacher: int) -> Reply:
        answer = tuple(dossier.answers.values())[number]
        stops = tuple(sorted(facts.measure[n] for n in answer.stopped))
        return cls(
            number=number,
            breacher=breacher,
            to=tuple(sorted(facts.measure[m] for m in answer.to)),
            stops=stops,
            delays=_delays(facts, stops, breacher),
            undo={n: facts.undo[n] if facts.keeps[n] < FULL else NEVER for n in stops},
            length=answer.length.value,
            cure=answer.cure.value,
            ends=answer.then == "end",
            cost=points(answer.cost, facts.rho[breacher]) if facts.rho[breacher] else 0.0,
            credible=answer.credible,
        )

    @property
    def begins(self) -> float:
        """When the first stop."""
        return min(self.delays.values(), default=NEVER)

    def windows(self, *, cured: bool = True) -> dict[int, Window]:
        """Of each measure that it suspends at all."""
        found = {}
        for n, delay in self.delays.items():
            begins = delay + self.undo[n]
            ends = max(delay + self.length, self.cure) if cured else NEVER
            if begins < ends:
                found[n] = Window(begins, ends)
        return found


def _delays(facts: Facts, stops: Sequence[int], breacher: int) -> dict[int, float]:
    """Of each: the least response time of its performers but the breacher; of its own alone: that of the others."""
    others = {n: [facts.response[r] for r in facts.by[n] if r != breacher] for n in stops}
    least = min((wait for waits in others.values() for wait in waits), default=facts.first[breacher])
    return {n: min(waits, default=least) for n, waits in others.items()}


class Alarm(NamedTuple):
    """What false alarms on one measure take of another that an answer suspends, while both are in force."""

    alarming: int
    stopped: int
    rate: float
    """Alarms a year."""
    length: float

    def share(self, rho: float) -> float:
        """φσ/(ρ + φσ) with σ = 1 − e^(−ρS): of the value of what is suspended, what is lost."""
        lost = self.rate * -math.expm1(-rho * self.length)
        return lost / (rho + lost)


class Pause(NamedTuple):
    """What answers to one party's breach do together, cured or not: a common measure is out from first to last."""

    breacher: int
    windows: tuple[tuple[int, Window], ...]
    cures: tuple[tuple[int, float], ...]
    """When each measure that the breach is of is performed again."""
    costs: tuple[tuple[float, float], ...]
    """(points to the breacher, when)."""
    end: float = NEVER
    """When the deal ends."""

    @classmethod
    def of(cls, replies: Sequence[Reply], *, cured: bool) -> Pause:
        windows: dict[int, Window] = {}
        for reply in replies:
            for n, (begins, ends) in reply.windows(cured=cured).items():
                first, last = windows.get(n, (begins, ends))
                windows[n] = Window(min(first, begins), max(last, ends))
        end = NEVER if cured else min((reply.cure for reply in replies if reply.ends), default=NEVER)
        costs = [(reply.cost, reply.begins) for reply in replies if reply.cost and reply.begins < NEVER]
        return cls(
            breacher=replies[0].breacher,
            windows=tuple((n, window) for n, window in sorted(windows.items()) if window.begins < end),
            cures=tuple((m, reply.cure if cured else NEVER) for reply in replies for m in reply.to),
            costs=tuple((cost, when) for cost, when in costs if when <= end),
            end=end,
        )


class Replies:
    """All answers of a dossier, by whose breach they are to."""

    def __init__(self, dossier: Dossier, facts: Facts) -> None:
        self.facts = facts
        self.names = tuple(dossier.answers)
        found = [
            Reply.of(dossier, facts, i, facts.party[p])
            for i, name in enumerate(self.names)
            for p in dossier.breachers(name)
        ]
        self.all = tuple(found)
        self.by_breacher = tuple(tuple(r for r in found if r.breacher == q) for q in range(len(facts.parties)))
        self.alarms = tuple(a for i, x in enumerate(dossier.answers.values()) for a in self._alarms(i, x))

    def __bool__(self) -> bool:
        return bool(self.all)

    @cached_property
    def together(self) -> tuple[tuple[tuple[Reply, ...], ...], ...]:
        """By party: the sets of answers to its breach that hang together by what they suspend."""
        return tuple(tuple(_connected(replies)) for replies in self.by_breacher)

    def set_of(self, breacher: int, numbers: Sequence[int]) -> tuple[Reply, ...]:
        return tuple(r for r in self.by_breacher[breacher] if r.number in numbers)

    def lapsing(self, replies: Sequence[Reply]) -> Secret:
        """What of measures that the answers are to costs their breacher: it lapses, openly. ANSWERS R1."""
        p, to = replies[0].breacher, [m for reply in replies for m in reply.to]
        undone = {m for m in to if self.facts.standing(p, m, inspected=False) < -SOME}
        return Secret(frozenset(undone), frozenset(m for m in to if entry_costs(self.facts, p, m)), openly=True)

    def faked(self, replies: Sequence[Reply], m: int) -> Secret:
        """What of these is faked with m. ANSWERS §4."""
        secret, to = Secret.of(self.facts, replies[0].breacher, m), {n for reply in replies for n in reply.to}
        return Secret(secret.undone & to, secret.faked & to)

    def sounding(self, first: Sequence[int | None]) -> Iterator[tuple[Alarm, int]]:
        """The alarms of a plan, given when each measure enters, and the period from which on both are in force."""
        for alarm in self.alarms:
            alarming, stopped = first[alarm.alarming], first[alarm.stopped]
            if alarming is not None and stopped is not None:
                yield alarm, max(alarming, stopped)

    def _alarms(self, number: int, answer: Answer) -> Iterator[Alarm]:
        facts, bodies = self.facts, self.facts.bodies
        windows = {n for reply in self.all if reply.number == number for n in reply.windows()}
        for m in sorted(facts.measure[name] for name in answer.to):
            verification = bodies[m].verification
            rate = verification.false_alarms.value if verification and not bodies[m].divisible else 0.0
            for n in sorted(windows) if rate > 0 else ():
                if not bodies[n].divisible:
                    yield Alarm(m, n, rate, answer.length.value)


def _connected(replies: Sequence[Reply]) -> Iterator[tuple[Reply, ...]]:
    """The sets that hang together, small ones first."""
    sets: set[tuple[int, ...]] = {(i,) for i in range(len(replies))}
    while sets:
        yield from (tuple(replies[i] for i in some) for some in sorted(sets))
        sets = {
            tuple(sorted((*some, i)))
            for some in sets
            for i, reply in enumerate(replies)
            if i not in some and any(set(reply.stops) & set(replies[k].stops) for k in some)
        }
