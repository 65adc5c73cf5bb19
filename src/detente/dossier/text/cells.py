"""Values as the text of a spreadsheet cell, and back, exactly: what a person would type, quoted only where it must be.

An empty cell is an absent field. Text that would read as something else ("30", "null", "=1+1") is written as a JSON
string, which also keeps spreadsheets from running it. Column names ending in [] hold lists ("usa, rok"), those ending
in {} hold JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

from detente.dossier.text.yaml import plain_scalar

LIST, JSON = "[]", "{}"
LONGEST = 32_000
"""Characters that a cell can hold (Excel: 32,767)."""

_NEEDS_QUOTES = re.compile(r'["\'=+\-@{\[#\s]|.*\s$', re.DOTALL)
_NO_ITEM = re.compile(r'[,\n"\[\]{}]')


def written(value: Any) -> str:
    """A scalar as the text of a cell."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if _would_change(value) else value
    return json.dumps(value)


def read(text: str) -> Any:
    """The scalar that the text of a cell stands for. Raises ValueError for broken quotes and for NaN and infinity."""
    if not text.startswith('"'):
        return plain_scalar(text)
    found = json.loads(text)
    if not isinstance(found, str):
        raise ValueError("expected a text in quotes")
    return found


def _would_change(text: str) -> bool:
    if not text or _NEEDS_QUOTES.match(text) or not text.isprintable():
        return True
    try:
        return plain_scalar(text) != text
    except ValueError:
        return True


def columns(value: Any, name: str = "") -> dict[str, str]:
    """The cells of a value: dotted column names and texts. A plain scalar stands under "value" where it has no name."""
    if isinstance(value, dict):
        return _mapping_columns(value, name)
    if isinstance(value, list):
        return {name + LIST: ", ".join(value)} if name and _is_plain_list(value) else {name + JSON: _json(value)}
    return {name or "value": written(value)}


def _mapping_columns(value: dict[str, Any], name: str) -> dict[str, str]:
    alone = not name and list(value) == ["value"]
    if not value or alone or not all(_is_plain_key(k) for k in value):
        return {name + JSON: _json(value)}
    found: dict[str, str] = {}
    for key, inner in value.items():
        found |= columns(inner, f"{name}.{key}" if name else key)
    return found


def value_of(cells: dict[str, str]) -> Any:
    """The value that some cells stand for: the inverse of `columns`. Raises `Unreadable` at the first bad cell."""
    value: Any = {}
    for column, text in cells.items():
        name, content = _content(column, text)
        value = content if name == "" else _put(value, name.split("."), content, column)
    return value["value"] if isinstance(value, dict) and list(value) == ["value"] and JSON not in cells else value


class Unreadable(Exception):
    """A cell that says nothing; carries its column."""

    def __init__(self, column: str, message: str):
        super().__init__(message)
        self.column, self.message = column, message


def _content(column: str, text: str) -> tuple[str, Any]:
    try:
        if column.endswith(LIST):
            return column[: -len(LIST)], [item.strip() for item in text.split(",") if item.strip()]
        if column.endswith(JSON):
            return column[: -len(JSON)], json.loads(text)
        return column, read(text)
    except RecursionError:
        raise Unreadable(column, "nested too deeply") from None
    except ValueError as error:
        raise Unreadable(column, str(error)) from None


def _put(value: Any, parts: list[str], content: Any, column: str) -> Any:
    if not isinstance(value, dict):
        raise Unreadable(column, "another column says that this is no mapping of fields")
    if len(parts) == 1:
        if parts[0] in value:
            raise Unreadable(column, f"another column says what {parts[0]!r} is")
        return {**value, parts[0]: content}
    return {**value, parts[0]: _put(value.get(parts[0], {}), parts[1:], content, column)}


def _is_plain_list(value: list[Any]) -> bool:
    return (
        bool(value)
        and all(
            isinstance(item, str) and item == item.strip() and item.isprintable() and item and not _NO_ITEM.search(item)
            for item in value
        )
        and not _NEEDS_QUOTES.match(value[0])
    )


def _is_plain_key(key: str) -> bool:
    return bool(key) and key == key.strip() and key.isprintable() and not re.search(r'[.\[\]{}"=+@#]|^-', key)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
