"""Numbers as people write them: "8 %/year", "6 months", 30, {low: 20, mode: 30, high: 60, source: ...}.

Every number of a dossier is a `Number`: a point value in the canonical unit of its field (years, continuous
rates per year, shares of 1, stake points), the range it may lie in, and where it comes from. DESIGN §3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeGuard, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from detente.dossier.places import nearest
from detente.dossier.text.yaml import with_hyphens

Confidence = Literal["low", "medium", "high"]
DAYS_PER_YEAR = 365.25
ROUNDING = 1e-9
"""Sums of shares, and times in years, that differ by no more are one: what rounding may add to a number of size one."""
UNITS_IN_YEARS = {"day": 1 / DAYS_PER_YEAR, "week": 7 / DAYS_PER_YEAR, "month": 1 / 12, "quarter": 0.25, "year": 1.0}
_NUMBER = r"[-+]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TIME = re.compile(rf"^\s*({_NUMBER})\s*(day|week|month|quarter|year)s?\s*$")
_PER = re.compile(rf"^\s*({_NUMBER})\s*(%?)\s*/\s*(day|week|month|quarter|year|yr)\s*$")
_PERCENT = re.compile(rf"^\s*({_NUMBER})\s*%\s*$")
_THOUSANDS = re.compile(r"^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?(?:[eE][-+]?\d+)?$")
_WITH_UNIT = re.compile(rf"^\s*({_NUMBER})\s*([^\W\d_].*?|[%$€£¥°/].*?)?\s*$", re.DOTALL)
_DIGITS = "write it in digits, such as 30"
SHAPES = (("low", "mode", "high"), ("mean", "sd"), ("min", "max"))
NUMBER_FIELDS = frozenset({"value", "source", "confidence", *(n for shape in SHAPES for n in shape)})


class _Wrong(ValueError):
    """What is wrong with a number, in which part of it where it has several, and how to mend it."""

    def __init__(self, message: str, remedy: str, part: str = "") -> None:
        super().__init__(message)
        self.remedy, self.part = remedy, part


class Number(BaseModel):
    """A number of the dossier: point value and range in the canonical unit of its field, with its source."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: float
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    mean: float | None = None
    sd: float | None = None
    min: float | None = None
    max: float | None = None
    unit: str | None = None
    flow: bool = False
    """True where an amount was written "5 /year": the perpetuity of that flow."""
    text: str = ""
    """The point value as it was written."""
    source: str | None = None
    confidence: Confidence | None = None

    @property
    def shape(self) -> Literal["pert", "normal", "uniform"] | None:
        """The family of its distribution, None for a number without a range."""
        if self.low is not None:
            return "pert"
        if self.mean is not None:
            return "normal"
        return "uniform" if self.min is not None else None

    @property
    def range(self) -> tuple[float, float] | None:
        """Least and greatest stated value (for mean and sd: the central 95 %); None where no range is stated."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        if self.min is not None and self.max is not None:
            return self.min, self.max
        if self.mean is not None and self.sd is not None:
            return self.mean - 1.959964 * self.sd, self.mean + 1.959964 * self.sd
        return None

    def __float__(self) -> float:
        return self.value


def as_float(text: str) -> float:
    """A written number; commas may only separate thousands, so that "1,5" is not read as 15."""
    if "," in text and not _THOUSANDS.match(text):
        message = f"{text!r} is not a number; write 1.5 with a point, 1,000 with three digits after each comma"
        raise _Wrong(message, f"write {text.replace(',', '.')}" if text.count(",") == 1 else "leave out the commas")
    return float(text.replace("_", "").replace(",", ""))


def _finite(value: float, written: object) -> float:
    if not math.isfinite(value):
        raise _Wrong(f"{written!r} is not a finite number", "write a finite number")
    return value


def _is_number(raw: object) -> TypeGuard[int | float]:
    """Whether it is a number already; true and false are none."""
    return isinstance(raw, int | float) and not isinstance(raw, bool)


Quantity = tuple[float, str | None, bool]  # value, unit, is a flow


def parse_scalar(raw: object) -> Quantity:
    """A plain number, or a number with a unit of the interest ("30 kg")."""
    if isinstance(raw, bool):
        raise _Wrong(f"expected a number, found {str(raw).lower()}", _DIGITS)
    if isinstance(raw, int | float):
        return _finite(float(raw), raw), None, False
    if isinstance(raw, str) and (found := _WITH_UNIT.match(raw)):
        return _finite(as_float(found[1]), raw), found[2], False
    raise _Wrong(f"expected a number such as 30 or '30 kg', found {raw!r}", _DIGITS)


def parse_duration(raw: object) -> Quantity:
    """A length of time, in years: months are twelfths, days and weeks parts of 365.25 days."""
    if _is_number(raw) and raw == 0:
        return 0.0, None, False
    if isinstance(raw, str):
        if raw.strip() == "0":
            return 0.0, None, False
        if found := _TIME.match(raw):
            value = as_float(found[1]) * UNITS_IN_YEARS[found[2]]
            if value < 0:
                raise _Wrong(f"a length of time cannot be negative, found {raw!r}", "write 0 or more")
            return _finite(value, raw), None, False
    raise _Wrong(f"expected a length of time such as '6 months', '45 days' or 0, found {raw!r}", _length(raw))


def _length(raw: object) -> str:
    """What was perhaps meant for a length of time."""
    found = _WITH_UNIT.match(str(raw)) if isinstance(raw, str) or _is_number(raw) else None
    unit = (found[2] or "").casefold() if found else ""
    begun = next((u for u in ("month", "day", "week", "year", "quarter") if unit and u[:1] == unit[:1]), "month")
    return f"did you mean '{found[1]} {begun}s'?" if found else "write digits and a unit, such as 6 months"


def _unit_of_time(name: str) -> float:
    """In years."""
    return UNITS_IN_YEARS["year" if name == "yr" else name]


def _per(raw: object, percent: Callable[[float], float], *, what: str, example: str) -> Quantity:
    if isinstance(raw, str) and (found := _PER.match(raw)):
        unit, number = _unit_of_time(found[3]), as_float(found[1])
        if number < 0:
            raise _Wrong(f"{what} cannot be negative, found {raw!r}", f"write 0 or more, such as {example}")
        rate = percent(number / 100) / unit if found[2] else number / unit
        return _finite(rate, raw), None, False
    if _is_number(raw) and raw == 0:
        return 0.0, None, False
    share = isinstance(raw, str) and _PERCENT.match(raw)
    remedy = f"did you mean '{share[1]} %/year'?" if share else f"write it as {example}"
    raise _Wrong(f"expected {what} such as {example}, found {raw!r}", remedy)


def parse_discount(raw: object) -> Quantity:
    """A discount, as a continuous rate a year: "8 %/year" is ln 1.08; "0.05 /year" is already continuous."""
    return _per(raw, math.log1p, what="a discount", example="'8 %/year'")


def _hazard(chance: float) -> float:
    if chance >= 1:
        raise _Wrong("a chance of 100 % within a year has no finite rate", "write less, such as '99 %/year'")
    return -math.log1p(-chance)


def parse_hazard(raw: object) -> Quantity:
    """A chance within a year, as a continuous rate: "90 %/year" is −ln(1 − 0.9)."""
    return _per(raw, _hazard, what="a chance per year", example="'90 %/year'")


def parse_share(raw: object) -> Quantity:
    """A part of 1: "60 %", or 0.6."""
    value: float | None = None
    if isinstance(raw, str) and (found := _PERCENT.match(raw)):
        value = as_float(found[1]) / 100
    elif _is_number(raw):
        value = float(raw)
    if value is None or not math.isfinite(value):
        raise _Wrong(f"expected a share such as '60 %' or 0.6, found {raw!r}", "write 50 % or 0.5")
    if not 0 <= value <= 1:
        raise _Wrong(f"a share lies between 0 % and 100 %, found {raw!r}", "write 50 % or 0.5")
    return value, None, False


def parse_amount(raw: object) -> Quantity:
    """Stake points, present value (5), or the perpetuity of a flow ("5 /year")."""
    if isinstance(raw, str) and (found := _PER.match(raw)) and not found[2]:
        return _finite(as_float(found[1]) / _unit_of_time(found[3]), raw), None, True
    value, unit, _ = parse_scalar(raw)
    if unit not in (None, "point", "points"):
        raise _Wrong(f"expected stake points such as 60 or '5 /year', found {raw!r}", "leave out the unit")
    return value, None, False


def parse_flow(raw: object) -> Quantity:
    """Stake points a year: "-2 /year", or the bare number."""
    value, _, _ = parse_amount(raw)
    return value, None, True


def parse_capacity(raw: object) -> Quantity:
    """An amount of a resource, with any unit in words ("300 days/year")."""
    return parse_scalar(raw)


def _number(parse: Callable[[object], Quantity]) -> Callable[[Any], Any]:
    """A validator that turns what was written into a `Number` by one parser for point and range alike."""

    def validate(raw: Any) -> Any:
        if isinstance(raw, Number):
            return raw
        try:
            return _ranged(raw, parse) if isinstance(raw, Mapping) else _plain(raw, parse)
        except (ValueError, OverflowError) as error:
            remedy = getattr(error, "remedy", "write one number, such as 30")
            said = {"message": str(error), "remedy": remedy, "part": getattr(error, "part", "")}
            raise PydanticCustomError("detente.number", "{message}", said) from None

    return validate


def _read(raw: object, parse: Callable[[object], Quantity]) -> Quantity:
    """What a parser makes of a number; one that is right but for a typographic minus sign is told so."""
    try:
        return parse(_short(raw))
    except (ValueError, OverflowError):
        plain = with_hyphens(raw) if isinstance(raw, str) else None
        if plain is None or not _can_be_read(plain, parse):
            raise
    raise _Wrong(f"{raw!r} has a typographic minus sign", f"write {plain} with the hyphen of the keyboard")


def _can_be_read(text: str, parse: Callable[[object], Quantity]) -> bool:
    try:
        parse(text)
    except (ValueError, OverflowError):
        return False
    return True


def _plain(raw: Any, parse: Callable[[object], Quantity]) -> Number:
    value, unit, flow = _read(raw, parse)
    return Number.model_construct(value=value, unit=unit, flow=flow, text=str(raw))


def _ranged(raw: Mapping[str, Any], parse: Callable[[object], Quantity]) -> Number:
    """{value: ..., source: ...}, {low, mode, high}, {mean, sd} or {min, max}."""
    shape = _shape_of(raw)
    names = [n for n in raw if n == "value" or n in shape]
    parts = {n: _part(n, raw[n], parse) for n in names}
    unit = _one_unit(parts)
    values = {n: p[0] for n, p in parts.items()}
    _check_order(values, raw)
    point, text = _point(values, raw)
    return Number(
        **{**values, "value": point},
        unit=unit,
        flow=any(p[2] for p in parts.values()),
        text=text,
        source=_text(raw, "source"),
        confidence=_confidence(raw),
    )


def _one_unit(parts: Mapping[str, Quantity]) -> str | None:
    units = {unit for _, unit, _ in parts.values() if unit}
    if len(units) > 1:
        raise _Wrong(f"one number, several units: {', '.join(sorted(units))}", "write all of it in one unit")
    return next(iter(units), None)


def _short(raw: Any) -> Any:
    """Refuse a text that is no number before any pattern looks at it."""
    if isinstance(raw, str) and len(raw) > 100:
        raise ValueError(f"expected a number, found a text of {len(raw)} characters")
    if isinstance(raw, int) and abs(raw) > 10**300:
        raise ValueError("this number is too large")
    return raw


def _part(name: str, raw: object, parse: Callable[[object], Quantity]) -> Quantity:
    """One part of a range; a spread is a difference, so it obeys no bound of the field but its own sign."""
    try:
        value, unit, flow = _read(raw, parse)
    except (ValueError, OverflowError) as error:
        raise _Wrong(str(error), getattr(error, "remedy", _DIGITS), name) from None
    if name == "sd" and value < 0:
        raise _Wrong("sd cannot be negative", "write 0 or more", name)
    return value, unit, flow


def _shape_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the range that was written, () for a point value. Raises ValueError where it is incomplete."""
    _check_known(raw)
    shape = next((s for s in SHAPES if any(n in raw for n in s)), ())
    if shape:
        _check_whole(raw, shape)
    elif "value" not in raw:
        raise _Wrong("a number in this form needs 'value', or low, mode and high", "add 'value: ...'")
    return shape


def _check_known(raw: Mapping[str, Any]) -> None:
    if unknown := [n for n in raw if n not in NUMBER_FIELDS]:
        named = str(unknown[0]) if str(unknown[0]).isprintable() else ""
        message = f"unknown field {unknown[0]!r} in a number; known: {', '.join(sorted(NUMBER_FIELDS))}"
        raise _Wrong(message, nearest(str(unknown[0]), NUMBER_FIELDS), named)


def _check_whole(raw: Mapping[str, Any], shape: tuple[str, ...]) -> None:
    """A range of one shape has all of its parts and none of another's; `value` may stand for the mode."""
    if stray := [n for n in raw if n not in (*shape, "value", "source", "confidence")]:
        raise _Wrong(f"{stray[0]!r} does not go together with {shape[0]!r}", "leave out one of the two")
    given = {*raw, "mode"} if "value" in raw else {*raw}
    if missing := [n for n in shape if n not in given]:
        message = f"a range with {', '.join(n for n in shape if n in raw)} also needs {missing[0]!r}"
        raise _Wrong(message, f"add '{missing[0]}: ...'")


def _check_order(values: Mapping[str, float], raw: Mapping[str, Any]) -> None:
    pairs = [("low", "mode"), ("mode", "high"), ("low", "high"), ("min", "max")]
    pairs += [("low", "value"), ("value", "high"), ("min", "value"), ("value", "max")]
    for a, b in pairs:
        if a in values and b in values and values[a] > values[b]:
            raise _Wrong(f"{a} ({raw[a]}) is above {b} ({raw[b]})", "put them in order", a)


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    if not isinstance(found := raw.get(name), str | None):
        raise _Wrong(f"{name} is text, found {found!r}", "put quotes round it", name)
    return found


def _confidence(raw: Mapping[str, Any]) -> Confidence | None:
    found = raw.get("confidence")
    if found is None or found in ("low", "medium", "high"):
        return cast("Confidence | None", found)
    raise _Wrong(f"confidence is low, medium or high, found {found!r}", "write low, medium or high", "confidence")


def _point(values: Mapping[str, float], raw: Mapping[str, Any]) -> tuple[float, str]:
    """The point value: as stated, else the mode, else the mean, else the midpoint."""
    for name in ("value", "mode", "mean"):
        if name in values:
            return values[name], str(raw[name])
    middle = (values["min"] + values["max"]) / 2
    return middle, f"{raw['min']} … {raw['max']}"


def written_as(example: str) -> WithJsonSchema:
    """What a JSON schema says of a number: it is written as the example, or in its parts."""
    one: dict[str, Any] = {"type": ["number", "string"], "examples": [example]}
    names = ("value", *(n for shape in SHAPES for n in shape))
    fields: dict[str, Any] = {name: {"type": ["number", "string"]} for name in names}
    fields |= {"source": {"type": "string"}, "confidence": {"enum": ["low", "medium", "high"]}}
    return WithJsonSchema({"anyOf": [one, {"type": "object", "properties": fields, "additionalProperties": False}]})


Scalar = Annotated[Number, BeforeValidator(_number(parse_scalar)), written_as("30 kg")]
Duration = Annotated[Number, BeforeValidator(_number(parse_duration)), written_as("6 months")]
Discount = Annotated[Number, BeforeValidator(_number(parse_discount)), written_as("8 %/year")]
Hazard = Annotated[Number, BeforeValidator(_number(parse_hazard)), written_as("90 %/year")]
Share = Annotated[Number, BeforeValidator(_number(parse_share)), written_as("60 %")]
Amount = Annotated[Number, BeforeValidator(_number(parse_amount)), written_as("5 /year")]
Flow = Annotated[Number, BeforeValidator(_number(parse_flow)), written_as("-2 /year")]
Capacity = Annotated[Number, BeforeValidator(_number(parse_capacity)), written_as("300 days/year")]

ZERO = Number(value=0.0, text="0")
