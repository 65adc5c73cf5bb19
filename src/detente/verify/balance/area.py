"""A material balance area: what was measured in it, period by period, and with what errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from detente.model.numeric import Array, Indices
from detente.verify.balance.covariance import Errors

Component = Literal["input", "output", "inventory"]
SIGNS: dict[Component, int] = {"input": 1, "output": -1, "inventory": -1}


@dataclass(frozen=True, slots=True)
class Remeasured:
    """What an inspector measured of a row of the records."""

    amount_kg: float
    random: float
    """Relative SD of the error of one item."""
    systematic: float
    instrument: str = ""
    """Empty: an instrument of the inspector's own at this location, for this kind."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured amount: an item, or several like items that were measured one by one."""

    period: int
    """Of a flow: the period from 1. Of an inventory: the period at whose end it was taken, 0 for the opening one."""
    location: str
    kind: Component
    amount_kg: float
    random: float
    """Relative SD of the error of one item, drawn anew for each."""
    systematic: float
    """Relative SD of the error that all amounts of this instrument and calibration share."""
    instrument: str = ""
    """Empty: an instrument of its own at this location, for this kind."""
    calibration: str = ""
    items: int = 1
    id: str = ""
    line: int | None = None
    again: Remeasured | None = None

    @property
    def source(self) -> tuple[str, ...]:
        """What shares its systematic error."""
        own = (self.instrument,) if self.instrument else ("", self.location, self.kind)
        return (*own, self.calibration)


@dataclass(frozen=True)
class BalanceArea:
    """The measurements of an area over consecutive periods, half-open: (the last inventory, this one]."""

    title: str
    periods: tuple[str, ...]
    """What each period is called: its number, or the date of the inventory that ends it."""
    measurements: tuple[Measurement, ...]
    opening_is_known: bool = False
    """Whether the opening inventory is exact: agreed earlier, so that its error is in none of these balances."""
    file: str | None = None

    @cached_property
    def amounts(self) -> Array:
        """[row], kg."""
        return np.array([m.amount_kg for m in self.measurements])

    @cached_property
    def errors(self) -> Errors:
        """How the rows enter the balances, and with what errors."""
        exact = [self.opening_is_known and m.kind == "inventory" and m.period == 0 for m in self.measurements]
        random = [0.0 if e else m.random / m.items**0.5 for m, e in zip(self.measurements, exact, strict=True)]
        systematic = [0.0 if e else m.systematic for m, e in zip(self.measurements, exact, strict=True)]
        signs = [self.enters(m) for m in self.measurements]
        return Errors.of(signs, random, systematic, [m.source for m in self.measurements], periods=len(self.periods))

    def enters(self, m: Measurement) -> list[tuple[int, float]]:
        """The balances, from 0, that a measurement enters, and the sign with which it does."""
        if m.kind != "inventory":
            return [(m.period - 1, float(SIGNS[m.kind]))]
        return [(i, s) for i, s in ((m.period - 1, -1.0), (m.period, 1.0)) if 0 <= i < len(self.periods)]

    @cached_property
    def muf(self) -> Array:
        """[period], kg: what should be there and is not."""
        return self.errors.muf(self.amounts)

    @cached_property
    def covariance(self) -> Array:
        """[period, period], kg²."""
        return self.errors.covariance(self.amounts)

    def totals(self, kind: Component) -> Array:
        """Sums of a kind: [period] of flows, [boundary] of inventories (one more than there are periods)."""
        place = [m.period - (m.kind != "inventory") for m in self.measurements if m.kind == kind]
        amounts = [m.amount_kg for m in self.measurements if m.kind == kind]
        size = len(self.periods) + (kind == "inventory")
        return np.bincount(np.array(place, dtype=np.intp), np.array(amounts, float), minlength=size).astype(float)

    def rows_at(self, location: str) -> Indices:
        """Numbers of the rows of a location."""
        return np.array([i for i, m in enumerate(self.measurements) if m.location == location], dtype=np.intp)

    def with_known_opening(self, known: bool = True) -> BalanceArea:
        """The same area, its opening inventory taken as exact or as measured."""
        return replace(self, opening_is_known=known)
