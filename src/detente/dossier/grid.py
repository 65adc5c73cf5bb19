"""The time grid: dates for people, years for the model. DESIGN §3, §4."""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor

from detente.dossier.quantities import DAYS_PER_YEAR, ROUNDING

SLIVER = 1e-6
"""The part of a month or a day that counts as rounding: times of people are no finer."""


def whole_months(years: float) -> int | None:
    """A time in months; None where it is not a whole number of them."""
    months = years * 12
    return round(months) if abs(months - round(months)) < SLIVER else None


def add_months(start: date, months: int) -> date:
    """`start` plus whole months, the day clamped to the month's end."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def years_between(start: date, day: date) -> float:
    """Model time of a calendar date: whole months as twelfths, then days over 365.25; negative before `start`."""
    if day < start:
        return -years_between(day, start)
    months = (day.year - start.year) * 12 + day.month - start.month
    if add_months(start, months) > day:
        months -= 1
    return months / 12 + (day - add_months(start, months)).days / DAYS_PER_YEAR


@dataclass(frozen=True)
class Grid:
    """K periods: period k starts at `years[k]` = `dates[k]`; the last never ends."""

    start: date
    months: tuple[int, ...]
    dates: tuple[date, ...]

    @classmethod
    def of(cls, start: date, blocks: Sequence[tuple[int, int]]) -> Grid:
        """From (count, months) blocks. Raises ValueError where the grid runs past year 9999."""
        months = [0]
        for count, length in blocks:
            for _ in range(count):
                months.append(months[-1] + length)
        months.pop()
        if start.year * 12 + start.month + months[-1] > 9998 * 12:
            raise ValueError("the time grid runs past the year 9999")
        return cls(start, tuple(months), tuple(add_months(start, m) for m in months))

    @property
    def years(self) -> tuple[float, ...]:
        return tuple(m / 12 for m in self.months)

    def __len__(self) -> int:
        return len(self.months)

    def index(self, day: date) -> int | None:
        """The period that starts on a date, None where no period does."""
        return self.dates.index(day) if day in self.dates else None

    def neighbours(self, day: date) -> tuple[date, ...]:
        """The grid dates next to a date, one on either side where there is one."""
        i = bisect_right(self.dates, day)
        return self.dates[max(0, i - 1) : i + 1]

    def last_by(self, day: date) -> int:
        """The last period that starts on or before a date, −1 where none does."""
        return bisect_right(self.dates, day) - 1

    def time(self, day: date) -> float:
        return years_between(self.start, day)

    def date_at(self, years: float) -> date:
        """The calendar date nearest to a time in years: whole months, then days."""
        month, days = self._since(years)
        return month + timedelta(days=round(days))

    def day(self, years: float) -> date:
        """The day that holds a time in years: of a grid date, that date."""
        month, days = self._since(years)
        return month + timedelta(days=max(0, floor(days + SLIVER)))

    def _since(self, years: float) -> tuple[date, float]:
        """The last whole month from the start by then, and the days since."""
        months = floor(years * 12 + ROUNDING)
        return add_months(self.start, months), (years - months / 12) * DAYS_PER_YEAR
