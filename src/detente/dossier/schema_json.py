"""The dossier's JSON Schema, for editors, forms and other programs (`detente schema`)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from detente.dossier.schema import Dossier

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def _schema() -> JsonSchemaValue:
    schema: JsonSchemaValue = _for_readers(
        Dossier.model_json_schema(by_alias=True, mode="validation", schema_generator=_Written)
    )
    return schema


def for_readers(text: str) -> str:
    """A description without references to the design that only this code's readers have."""
    return re.sub(r"\s*(DESIGN|ANSWERS) [\w §,]+\.?", "", text).strip()


def _for_readers(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            k: for_readers(v) if k == "description" and isinstance(v, str) else _for_readers(v) for k, v in node.items()
        }
    return [_for_readers(part) for part in node] if isinstance(node, list) else node


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a dossier as written; what holds between fields is judged by `read` only."""
    return {
        "$schema": DIALECT,
        "$id": "https://detente.invalid/schema/dossier-1.json",
        **_schema(),
        "title": "détente dossier, format 1",
    }


class _Written(GenerateJsonSchema):
    """Leaves out the defaults, which are parsed numbers rather than anything that can be written."""

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])
