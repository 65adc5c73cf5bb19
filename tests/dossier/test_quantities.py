"""Numbers as written → canonical values."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from detente.dossier.grid import Grid, add_months, years_between
from detente.dossier.quantities import Amount, Capacity, Discount, Duration, Flow, Hazard, Scalar, Share

WRITTEN: list[tuple[Any, Any, float]] = [
    (Scalar, 30, 30),
    (Scalar, "30 kg", 30),
    (Scalar, "1,000,000 USD/yr", 1e6),
    (Scalar, "1_000", 1000),
    (Scalar, "-2.5e3", -2500),
    (Scalar, ".5", 0.5),
    (Scalar, {"value": 3, "source": "x"}, 3),
    (Scalar, {"low": 1, "mode": 2, "high": 9}, 2),
    (Scalar, {"low": 1, "value": 4, "high": 9}, 4),
    (Scalar, {"mean": 5, "sd": 2}, 5),
    (Scalar, {"min": 2, "max": 4}, 3),
    (Duration, 0, 0),
    (Duration, "0", 0),
    (Duration, "6 months", 0.5),
    (Duration, "1 quarter", 0.25),
    (Duration, "2 years", 2),
    (Duration, "45 days", 45 / 365.25),
    (Duration, "1 week", 7 / 365.25),
    (Discount, "8 %/year", math.log(1.08)),
    (Discount, "1 %/month", 12 * math.log(1.01)),
    (Discount, "0.05 /year", 0.05),
    (Hazard, "90 %/year", -math.log(0.1)),
    (Hazard, "50 %/month", 12 * math.log(2)),
    (Hazard, "2 /year", 2),
    (Hazard, "0 %/year", 0),
    (Share, "60 %", 0.6),
    (Share, 0.6, 0.6),
    (Amount, 60, 60),
    (Amount, "5 /year", 5),
    (Amount, "60 points", 60),
    (Flow, "-2 /year", -2),
    (Flow, -2, -2),
    (Flow, "-1 /month", -12),
    (Capacity, "300 days/year", 300),
]

REFUSED: list[tuple[Any, Any, str]] = [
    (Scalar, True, "expected a number"),
    (Scalar, "many", "expected a number"),
    (Scalar, "1,5", "with a point"),
    (Scalar, "30-40", "expected a number"),
    (Scalar, None, "expected a number"),
    (Scalar, "9" * 400, "characters"),
    (Scalar, 10**400, "too large"),
    (Scalar, float("nan"), "finite"),
    (Scalar, {"low": 3, "mode": 2, "high": 9}, "above"),
    (Scalar, {"low": 1, "value": 12, "high": 9}, "above"),
    (Scalar, {"low": 1, "high": 9}, "mode"),
    (Scalar, {"mean": 1, "sd": -1}, "negative"),
    (Scalar, {"mean": 1, "low": 1, "mode": 2, "high": 3}, "together"),
    (Scalar, {"source": "x"}, "value"),
    (Scalar, {"value": 1, "unit": "kg"}, "unknown field"),
    (Scalar, {"value": 1, "confidence": "some"}, "low, medium or high"),
    (Scalar, {"low": "1 kg", "mode": "2 t", "high": "3 kg"}, "several units"),
    (Duration, 6, "such as '6 months'"),
    (Duration, "-6 months", "negative"),
    (Discount, 8, "such as '8 %/year'"),
    (Discount, "-8 %/year", "negative"),
    (Discount, "-200 %/year", "negative"),
    (Hazard, "100 %/year", "no finite rate"),
    (Hazard, "-1 %/year", "negative"),
    (Share, 60, "between 0 % and 100 %"),
    (Share, "60", "expected a share"),
    (Amount, "5 %/year", "expected stake points"),
    (Amount, "5 kg", "expected stake points"),
]


@pytest.mark.parametrize(("kind", "written", "value"), WRITTEN, ids=lambda x: str(x)[:40])
def test_as_written(kind: Any, written: Any, value: float) -> None:
    number = TypeAdapter(kind).validate_python(written)
    assert number.value == pytest.approx(value, rel=1e-12)
    assert float(number) == number.value


@pytest.mark.parametrize(("kind", "written", "words"), REFUSED, ids=lambda x: str(x)[:40])
def test_refused(kind: Any, written: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(kind).validate_python(written)


def test_ranges() -> None:
    number = TypeAdapter(Scalar).validate_python({"low": "1 kg", "mode": 2, "high": "9 kg", "source": "s"})
    assert (number.shape, number.range, number.unit, number.source) == ("pert", (1, 9), "kg", "s")
    assert TypeAdapter(Scalar).validate_python({"mean": 5, "sd": 2}).range == pytest.approx((1.08, 8.92), abs=1e-3)
    assert TypeAdapter(Scalar).validate_python(5).shape is None
    assert TypeAdapter(Amount).validate_python("5 /year").flow
    assert not TypeAdapter(Amount).validate_python("5").flow


def test_grid_dates_are_whole_months_clamped() -> None:
    grid = Grid.of(date(2020, 1, 31), [(2, 1), (2, 12)])
    assert [d.isoformat() for d in grid.dates] == ["2020-01-31", "2020-02-29", "2020-03-31", "2021-03-31"]
    assert grid.neighbours(date(2020, 3, 1)) == (date(2020, 2, 29), date(2020, 3, 31))
    assert (grid.last_by(date(2019, 1, 1)), grid.last_by(date(2020, 2, 29)), grid.last_by(date(2050, 1, 1))) == (
        -1,
        1,
        3,
    )
    assert years_between(date(2020, 1, 31), date(2020, 3, 10)) == pytest.approx(1 / 12 + 10 / 365.25)
    assert years_between(date(2020, 1, 31), date(2019, 12, 31)) == pytest.approx(-1 / 12)
    assert add_months(date(2020, 1, 31), -11) == date(2019, 2, 28)
