"""What a face is: JSON that is filled from a result, and read again.

It is filled from the attributes of a result (`at`: from elsewhere than the attribute of its own name; `made`: of what
is there) and written in the order of its fields. Its JSON Schema is what `detente schema verbs` says of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

Json = dict[str, Any]
READING = object()
"""Tells validators that JSON is read, not told."""


class JsonFace(BaseModel):
    """What is told of a thing as JSON."""

    model_config = ConfigDict(from_attributes=True, frozen=True, json_schema_serialization_defaults_required=True)
    spare: ClassVar[tuple[str, ...]] = ()
    """Keys that are left out where there is nothing."""

    @classmethod
    def told(cls, thing: Any) -> Json:
        """A thing as JSON data."""
        return cls.model_validate(thing).to_json()

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` wrote. Raises pydantic's ValidationError."""
        return cls.model_validate(data, by_alias=False, by_name=True, context=READING)

    def to_json(self) -> Json:
        """As JSON data."""
        return self.model_dump(mode="json", by_alias=True)

    @model_serializer(mode="wrap")
    def _without_spare(self, written: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]
        """No type is said of what comes back: the JSON Schema would say no more than that."""
        return {k: v for k, v in written(self).items() if v is not None or k not in self.spare}

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, data: Any, info: ValidationInfo) -> Any:
        """JSON that is read, under the names of the fields."""
        if info.context is not READING or not isinstance(data, Mapping):
            return data
        names = {field.serialization_alias or name: name for name, field in cls.model_fields.items()}
        return dict.fromkeys(cls.spare) | {names.get(key, key): value for key, value in data.items()}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What may be left out is not required."""
        schema = handler(core)
        own = handler.resolve_ref_schema(schema)
        own["required"] = [key for key in own.get("required", ()) if key not in cls.spare]
        return schema


def schema_of(face: Any) -> Json:
    """The JSON Schema of a face, or of one of several."""
    return TypeAdapter(face).json_schema(mode="serialization")


def told_as(face: Any, thing: Any) -> Json:
    """A thing as JSON data; of several faces, by the one that it fills."""
    found: JsonFace = TypeAdapter(face).validate_python(thing, from_attributes=True)
    return found.to_json()


def read_as(face: Any, data: Mapping[str, Any]) -> Any:
    """JSON data as the face, or the one of several, that wrote it."""
    return TypeAdapter(face).validate_python(data, by_alias=False, by_name=True, context=READING)


def at(path: str, name: str | None = None) -> Any:
    """Where a field is read from: a dotted path of attributes; `name`: its key, where Python cannot say it."""
    return Field(validation_alias=AliasPath(*path.split(".")), serialization_alias=name)


def made(make: Callable[[Any], Any]) -> BeforeValidator:
    """Makes a field of what is there; where JSON is read, it is made already."""

    def convert(value: Any, info: ValidationInfo) -> Any:
        return value if info.context is READING else make(value)

    return BeforeValidator(convert)


def finite(value: float | None) -> float | None:
    """A number as JSON can hold it; None for one that is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def _as_json(rows: Sequence[Any]) -> list[Json]:
    """Data classes or named tuples as JSON objects."""
    return [row._asdict() if hasattr(row, "_asdict") else asdict(row) for row in rows]


Real = int | float
Finite = Annotated[float | None, BeforeValidator(finite)]
PartyValues = dict[str, Finite]
JsonRows = Annotated[list[Json], made(_as_json)]
Said = Annotated[list[str], made(lambda said: list(said()))]
PlanJson = Annotated[Json | None, made(lambda plan: None if plan is None else plan.to_dict())]
"""{"entry": ...} and, with divisible measures in the plan, {"share": ...}."""
