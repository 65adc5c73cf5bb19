"""Figures with a standard uncertainty, and the amounts of material that count as significant."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from statistics import NormalDist
from typing import NamedTuple

from detente.dossier.quantities import Number

Z_LIMIT = 1.959963984540054
"""A difference of more than this many standard uncertainties is not put down to chance: 5 %, two-sided."""
NATURAL_ASSAY = 0.00711
LEAST = 1e-6
"""kg, or whatever is counted: what is smaller than this is measured against it, and written with an exponent."""
NONE = 1e-9
"""A difference of no more than this part of what it is between is none."""
LOST = 1e-12
"""An uncertainty of no more than this part of a figure is lost beside it."""

KG_PER_SIGNIFICANT_QUANTITY = {
    "plutonium": 8.0,
    "u233": 8.0,
    "heu": 25.0,
    "leu": 75.0,
    "natural_uranium": 10_000.0,
    "depleted_uranium": 20_000.0,
    "thorium": 20_000.0,
}
"""IAEA Safeguards Glossary, 2001 edition, table II. Of `heu` and `leu` the U-235 in it counts, else the whole mass."""
_WITH_DECIMALS = re.compile(r"\s*[-+]?\d+\.\d+(?![\d_,])(?:[eE][-+]?\d{1,3})?", re.ASCII)
COUNTED_BY_U235 = frozenset({"heu", "leu"})
ASSAYS = {
    "heu": (0.2, 1.0),
    "leu": (0.0072, 0.2),
    "natural_uranium": (0.0070, 0.0073),
    "depleted_uranium": (0.0, 0.0071),
}
"""Least and greatest share of U-235 by which a kind of uranium is called so; natural uranium varies a little."""


class UncertainAmount(NamedTuple):
    """An amount and its standard uncertainty."""

    mean: float
    u: float = 0.0

    def __str__(self) -> str:
        return self.told()

    def told(self, digits: int = 3) -> str:
        """The mean with so many digits, or as many as its uncertainty has: "49.1 ± 4.6", "2,182.5 ± 5"."""
        if not self.u:
            return _written(self.mean, _decimals(self.mean, digits))
        fine = _decimals(self.u, 2)
        return f"{_written(self.mean, max(fine, _decimals(self.mean, digits)))} ± {_written(self.u, fine)}"

    @property
    def uncertain(self) -> bool:
        """Whether an uncertainty is stated, one that is not lost beside the mean."""
        return self.u > LOST * max(LEAST, abs(self.mean))


def told_apart(a: UncertainAmount, b: UncertainAmount) -> tuple[str, str]:
    """Two figures with as many digits as tell them apart, where any do: 38.79358 and 38.7936, not 38.8 and 38.8."""
    digits = next((n for n in range(3, 13) if a.told(n) != b.told(n)), 3)
    return a.told(digits), b.told(digits)


def _decimals(value: float, digits: int) -> int:
    return digits - 1 - math.floor(math.log10(abs(value))) if value else 0


def _written(value: float, decimals: int) -> str:
    """A number with so many decimals, thousands apart; with an exponent where it is very small or very great."""
    if value and not LEAST <= abs(value) < 1e15:
        return f"{value:.3g}"
    text = f"{round(value, max(decimals, 0)):,.{min(max(decimals, 0), 12)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def chance(p: float) -> str:
    """A chance in words: never a certainty that rounding made."""
    if 0 < p < 0.005:
        return "less than 1 %"
    return "more than 99 %" if 0.995 < p < 1 else f"{100 * p:.0f} %"


def in_quantities(count: float) -> str:
    """A number of significant quantities in words."""
    text = str(UncertainAmount(count))
    return f"{text} significant quantit{'y' if text == '1' else 'ies'}"


def figure(number: Number, covers: float | None = None) -> UncertainAmount:
    """Mean and standard deviation of a written number.

    With `covers`, its range is taken as the central interval of a normal distribution that holds this share of it
    (40 to 50 at 90 % is 45 ± 3.04; a mode within it is not used). Without: PERT for low, mode, high; uniform for min
    and max.
    """
    bounds = number.range
    if number.sd is not None and number.mean is not None:
        return UncertainAmount(number.mean, number.sd)
    if bounds is None:
        return UncertainAmount(number.value)
    low, high = bounds
    if covers is not None:
        return UncertainAmount((low + high) / 2, (high - low) / (2 * _quantile((1 + covers) / 2)))
    if number.shape == "pert":
        mean = (low + 4 * number.value + high) / 6
        return UncertainAmount(mean, math.sqrt(max(0.0, (mean - low) * (high - mean) / 7)))
    return UncertainAmount((low + high) / 2, (high - low) / math.sqrt(12))


def rounding(*numbers: Number | None) -> float:
    """The standard uncertainty that the last decimals of some masses leave open in their sum.

    5456.2 kg is anything from 5456.15 to 5456.25. Whole numbers are taken as they stand, and so is what has a range.
    """
    return math.hypot(*(_last_decimal(n) for n in numbers if n is not None and n.shape is None))


def _last_decimal(number: Number) -> float:
    found = _WITH_DECIMALS.match(number.text)
    written = Decimal(found[0]) if found else Decimal(0)
    exponent = written.as_tuple().exponent
    if not written or not isinstance(exponent, int) or exponent >= 0:
        return 0.0
    return abs(number.value / float(written)) * 10.0**exponent / math.sqrt(12)


def total(figures: Iterable[UncertainAmount]) -> UncertainAmount:
    """The sum of independent figures."""
    parts = list(figures)
    return UncertainAmount(math.fsum(f.mean for f in parts), math.hypot(*(f.u for f in parts)))


def product(figures: Iterable[UncertainAmount]) -> UncertainAmount:
    """The product of independent figures: exact mean and variance, E[∏x²] − ∏E[x]², factor by factor."""
    mean, u = 1.0, 0.0
    for f in figures:
        mean, u = mean * f.mean, math.hypot(mean * f.u, u * f.mean, u * f.u)
    return UncertainAmount(mean, u)


def minus(a: UncertainAmount, b: UncertainAmount) -> UncertainAmount:
    """The difference of two independent figures."""
    return UncertainAmount(a.mean - b.mean, math.hypot(a.u, b.u))


def z_of(difference: UncertainAmount, scale: float) -> float | None:
    """A difference in standard uncertainties: 0 where there is none, None where no uncertainty is stated."""
    if abs(difference.mean) <= NONE * max(LEAST, abs(scale)):
        return 0.0
    return difference.mean / difference.u if difference.u > LOST * max(LEAST, abs(scale)) else None


def kg_per_significant_quantity(material: str, assay: float | None = None) -> float:
    """Kilograms of a material that hold one significant quantity: 27.8 kg of uranium at 90 %.

    Where uranium's assay is not stated, the mass is taken as U-235 (cautious: the fewest kilograms).
    """
    kg = KG_PER_SIGNIFICANT_QUANTITY[material]
    return kg / assay if material in COUNTED_BY_U235 and assay else kg


def _quantile(p: float) -> float:
    return NormalDist().inv_cdf(p)
