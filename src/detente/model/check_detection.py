"""When cheating is seen, as the judge reckons it: visit by visit, in plain sums. DESIGN §4, §5.

Shares nothing with `detection`, which has closed forms for whole arrays of times.
"""

from __future__ import annotations

import math
from bisect import bisect_right

from detente.dossier.schema import Verify

NEVER = math.inf
TIE = 1e-9
"""Years within which two dates are one."""


class Law:
    """The distribution of T, years from the worst start of the cheating until it is seen; T may never come.

    Between visits it is seen at a constant rate. A visit at t takes the chance that none has seen it down to what it
    leaves. `chances` of None: never seen.
    """

    def __init__(self, verify: Verify | None) -> None:
        self.rate = verify.detects.value if verify and verify.detects else 0.0
        self.round: list[tuple[float, float]] = []
        """(years, chance that the visits of a round have not seen it) of one round of visits."""
        self.every = NEVER
        if verify and (visits := verify.visits):
            if visits.random and visits.detects:
                self.rate += visits.random.value * visits.detects.value
            if visits.every:
                self.every = visits.every.value
            if visits.times:
                self.round = [(t.value, 1 - chance.value) for t, chance in visits.times]
            elif visits.every and visits.detects:
                self.round = [(self.every, 1 - visits.detects.value)]
        if not any(left < 1 for _, left in self.round):
            self.round, self.every = [], NEVER
        self._diaries: dict[float, _Diary] = {}

    @property
    def sees(self) -> bool:
        """Whether it can be seen at all."""
        return self.rate > 0 or bool(self.round)

    def left(self, after: float) -> float:
        """P(T > after)."""
        unseen = self._diary(0.0).unseen(after) if self.round else 1.0
        return math.exp(-self.rate * after) * unseen if self.rate else unseen

    def later(self, rho: float, after: float) -> float:
        """E[e^(−ρT); T > after]; `after` below 0 for whenever it is seen."""
        if after == NEVER:
            return 0.0
        if self.round:
            diary = self._diary(rho)
            return diary.total - (diary.until(after) if after >= 0 else 0.0)
        both = self.rate + rho
        return self.rate / both * math.exp(-both * max(0.0, after)) if self.rate else 0.0

    def mean(self) -> float:
        """E[T]; never where it may never be seen."""
        if not self.sees or (self.rate == 0 and self.every == NEVER and self.round[-1][1] > 0):
            return NEVER
        marks = [(0.0, 1.0), *self.round]
        ends = [*(t for t, _ in self.round), self.every]
        total = sum(left * self._length(t, end) for (t, left), end in zip(marks, ends, strict=True) if left)
        passed = self.round[-1][1] * math.exp(-self.rate * self.every) if self.every < NEVER else 0.0
        return total * _series(passed)

    def _length(self, start: float, end: float) -> float:
        """∫ e^(−rate·t) dt from start to end."""
        if self.rate == 0:
            return end - start
        return (math.exp(-self.rate * start) - math.exp(-self.rate * end)) / self.rate

    def _diary(self, rho: float) -> _Diary:
        if rho not in self._diaries:
            self._diaries[rho] = _Diary(self, rho)
        return self._diaries[rho]


class _Diary:
    """The visits one after the other, as far as has been asked, with E[e^(−ρT); T ≤ visit] summed up."""

    def __init__(self, law: Law, rho: float) -> None:
        self.law = law
        self.both = law.rate + rho
        self.share = law.rate / self.both if law.rate else 0.0
        self.times, self.lefts, self.sums = [0.0], [1.0], [0.0]
        if law.every == NEVER:
            self._write(NEVER)
            self.total = self.sums[-1] + self._between(len(law.round), NEVER)
        else:
            passed = law.round[-1][1] * math.exp(-self.both * law.every)
            self.total = self.until(law.every) * _series(passed)

    def unseen(self, t: float) -> float:
        """The chance that no visit has seen it by then."""
        return self.lefts[self._last(t)]

    def until(self, t: float) -> float:
        """E[e^(−ρT); T ≤ t]."""
        i = self._last(t)
        return self.sums[i] + self._between(i, t)

    def _last(self, t: float) -> int:
        """The last visit by then; 0 for none."""
        self._write(t)
        return bisect_right(self.times, t + TIE) - 1

    def _between(self, i: int, t: float) -> float:
        """What is seen from visit i until t, when no visit comes."""
        if not self.share or t <= self.times[i]:
            return 0.0
        return self.share * self.lefts[i] * (math.exp(-self.both * self.times[i]) - math.exp(-self.both * t))

    def _write(self, until: float) -> None:
        """Write down the visits until a time, and one more."""
        law = self.law
        n = len(law.round)
        while self.times[-1] <= until + TIE and (law.every < NEVER or len(self.times) <= n):
            rounds, place = divmod(len(self.times) - 1, n)
            time = law.round[place][0] + (rounds * law.every if rounds else 0.0)
            left = law.round[place][1] * law.round[-1][1] ** rounds
            seen = (self.lefts[-1] - left) * math.exp(-self.both * time)
            self.sums.append(self.sums[-1] + self._between(len(self.times) - 1, time) + seen)
            self.times.append(time)
            self.lefts.append(left)


def _series(r: float) -> float:
    """1 + r + r² + …, for 0 ≤ r < 1, as (1 + r)(1 + r²)(1 + r⁴)…"""
    total = 1.0
    while r > 1e-18:
        total, r = total * (1 + r), r * r
    return total
