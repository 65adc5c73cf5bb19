"""A raw document as tables that a person can edit, and back, losing nothing.

Each table holds the items at one pattern of paths, one row each: its keys first, then its fields under dotted column
names. What no table claims stands in the table `dossier`, one field a row.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from detente.dossier.places import Path, dotted, nearest
from detente.dossier.text import cells
from detente.errors import Finding

ANY, ITEM = "*", "#"
"""Steps of a pattern: any key of a mapping, any item of a list."""


@dataclass(frozen=True)
class Layout:
    """Which items a table holds: a pattern of paths, and the names of the key columns for its `*` steps."""

    name: str
    pattern: tuple[str, ...]
    keys: tuple[str, ...]
    pair: tuple[str, str] | None = None
    """Column names of the two items of a list of two."""


@dataclass
class TextRow:
    """One item: the texts of its key cells and of its field cells, and where it stands in the table (from 2)."""

    keys: tuple[str, ...]
    cells: dict[str, str]
    number: int = 0


@dataclass
class TextTable:
    """A table as text; `columns` are those that any row uses."""

    layout: Layout
    rows: list[TextRow] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """In the order of their first use, those of one field (takes.low, takes.high) side by side."""
        used = dict.fromkeys(c for row in self.rows for c in row.cells)
        stems = list(dict.fromkeys(_stem(c) for c in used))
        return sorted(used, key=lambda c: stems.index(_stem(c)))


def _stem(column: str) -> str:
    return column.removesuffix(cells.LIST).removesuffix(cells.JSON).split(".")[0]


def _layout(name: str, pattern: str, *keys: str, pair: tuple[str, str] | None = None) -> Layout:
    return Layout(name, tuple(pattern.split(".")), keys, pair)


REST = Layout("dossier", (), ("field",))
LAYOUTS = (
    _layout("sources", "sources.*", "source"),
    _layout("interests", "interests.*", "interest"),
    _layout("courses", "interests.*.course.#", "interest", pair=("date", "level")),
    _layout("parties", "parties.*", "party"),
    _layout("stakes", "parties.*.stakes.*", "party", "interest"),
    _layout("losses", "parties.*.no_deal.course.#", "party", pair=("date", "flow")),
    _layout("measures", "measures.*", "measure"),
    _layout("effects", "measures.*.effects.*", "measure", "interest"),
    _layout("if_over", "measures.*.if_over.*", "measure", "interest"),
    _layout("regimes", "measures.*.verify.regimes.*", "measure", "regime"),
    _layout("regime_effects", "measures.*.verify.regimes.*.effects.*", "measure", "regime", "interest"),
    _layout("one_of", "one_of.*", "group"),
    _layout("interactions", "interactions.*", "interaction"),
    _layout("interaction_effects", "interactions.*.effects.*", "interaction", "interest"),
    _layout("capacity", "capacity.*", "resource"),
    _layout("uses", "capacity.*.uses.*", "resource", "measure"),
    _layout("demands", "demands.*", "demand"),
    _layout("progress", "progress.*.*", "scale", "measure"),
    _layout("links", "links.*", "link"),
    _layout("views", "views.*.*", "party", "path"),
    _layout("types", "types.*.*", "party", "type"),
    _layout("type_changes", "types.*.*.changes.*", "party", "type", "path"),
    _layout("shocks", "shocks.*", "shock"),
    _layout("shock_changes", "shocks.*.changes.*", "shock", "path"),
    _layout("answers", "answers.*", "answer"),
    _layout("scenarios", "scenarios.*", "scenario"),
    _layout("scenario_changes", "scenarios.*.changes.*", "scenario", "path"),
    _layout("correlations", "correlations.#"),
    _layout("terms", "terms.*.*", "term", "party"),
    _layout("side_conditions", "side_conditions.#"),
    _layout("success", "success.*.#", "level"),
    _layout("state", "state.in_force.*", "measure"),
    _layout("history", "history.#"),
)
_ITEMS = {layout.pattern for layout in LAYOUTS}


def to_tables(document: dict[str, Any]) -> list[TextTable]:
    """All tables of a document, the empty ones too, `dossier` first."""
    rest = copy.deepcopy(document)
    tables = [TextTable(layout, _taken(rest, layout)) for layout in reversed(LAYOUTS)]
    rows = [TextRow((column,), {"value": text}) for column, text in cells.columns(rest).items()]
    return [TextTable(REST, rows), *reversed(tables)]


def _taken(document: dict[str, Any], layout: Layout) -> list[TextRow]:
    """The rows of one table, whose items are taken out of the document."""
    paths = list(_matches(document, layout.pattern))
    rows = [_row(layout, path, _at(document, path)) for path in paths]
    for path in reversed(paths):
        _take(document, path, layout.pattern)
    return rows


def _row(layout: Layout, path: Path, value: Any) -> TextRow:
    if layout.pair and isinstance(value, list) and len(value) == 2:
        value = dict(zip(layout.pair, value, strict=True))
    keys = tuple(cells.written(str(p)) for p, step in zip(path, layout.pattern, strict=True) if step == ANY)
    if value == {} and keys:
        return TextRow(keys, {})
    return TextRow(keys, cells.columns(value))


def _matches(node: Any, pattern: tuple[str, ...], done: Path = ()) -> Iterator[Path]:
    if not pattern:
        yield done
        return
    step, rest = pattern[0], pattern[1:]
    if step == ITEM and isinstance(node, list):
        for i, child in enumerate(node):
            yield from _matches(child, rest, (*done, i))
    elif isinstance(node, dict):
        for key in list(node) if step == ANY else [step] if step in node else []:
            yield from _matches(node[key], rest, (*done, key))


def _at(node: Any, path: Path) -> Any:
    for part in path:
        node = node[part]
    return node


def _take(document: dict[str, Any], path: Path, pattern: tuple[str, ...]) -> None:
    """Remove an item, and the containers that this empties, up to what is itself an item of another table."""
    while path:
        parent = _at(document, path[:-1])
        del parent[path[-1]]
        path, pattern = path[:-1], pattern[:-1]
        if parent or pattern in _ITEMS:
            return


@dataclass
class TabledDocument:
    """The document that tables stand for, with the cell of each path, and what is wrong with the tables."""

    file: str
    document: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def complain(self, cell: str, message: str, remedy: str = "", path: str = "") -> None:
        self.findings.append(Finding("sheets.cell", "error", f"{cell}: {message}", self.file, path=path, remedy=remedy))


def from_tables(tables: dict[str, TextTable], tabled: TabledDocument, cell: Any) -> TabledDocument:
    """The document that tables stand for; `cell(table, row, column)` names a cell for people ("parties!C4")."""
    for layout in (REST, *LAYOUTS):
        for row in tables[layout.name].rows if layout.name in tables else ():
            try:
                _set_row(tabled, layout, row, cell)
            except cells.Unreadable as problem:
                tabled.complain(cell(layout.name, row, problem.column), problem.message, "mend or empty this cell")
    return tabled


def _set_row(tabled: TabledDocument, layout: Layout, row: TextRow, cell: Any) -> None:
    if layout is REST:
        _set_field(tabled, row, cell)
        return
    value = cells.value_of(row.cells)
    if layout.pair and isinstance(value, dict) and set(value) == set(layout.pair):
        value = [value[name] for name in layout.pair]
    keys = [_key(text, name) for text, name in zip(row.keys, layout.keys, strict=True)]
    path = _set(tabled.document, layout, keys, value)
    tabled.cells[dotted(path)] = cell(layout.name, row, layout.keys[-1] if layout.keys else "")
    for column in row.cells:
        name: Path = _plain_name(column)
        if layout.pair and name[:1] and name[0] in layout.pair:
            name = (layout.pair.index(str(name[0])), *name[1:])
        tabled.cells[dotted((*path, *name))] = cell(layout.name, row, column)


def _set_field(tabled: TabledDocument, row: TextRow, cell: Any) -> None:
    """A row of the table `dossier`: the field's name is the column that it would be."""
    name, text = row.keys[0], row.cells.get("value")
    if text is None:
        return
    content = cells.value_of({name: text})
    _merge(tabled.document, content, name)
    tabled.cells[dotted(_plain_name(name))] = cell(REST.name, row, "value")


def _merge(document: dict[str, Any], content: Any, column: str) -> None:
    if not isinstance(content, dict):
        raise cells.Unreadable("field", f"expected the name of a field, found {column!r}")
    for key, value in content.items():
        if key in document and isinstance(value, dict) and isinstance(document[key], dict) and value:
            _merge(document[key], value, column)
        elif key in document:
            raise cells.Unreadable("field", f"{key!r} is written twice")
        else:
            document[key] = value


def _plain_name(column: str) -> tuple[str, ...]:
    name = column.removesuffix(cells.LIST).removesuffix(cells.JSON)
    return tuple(name.split(".")) if name and name != "value" else ()


def _key(text: str, name: str) -> str:
    try:
        found = cells.read(text)
    except ValueError as error:
        raise cells.Unreadable(name, str(error)) from None
    return found if isinstance(found, str) else text


def _set(document: dict[str, Any], layout: Layout, keys: list[str], value: Any) -> Path:
    """Put an item in its place; what it belongs to must have a row of its own."""
    waiting, path = list(keys), cast("Path", ())
    node: Any = document
    steps = layout.pattern
    for i, step in enumerate(steps[:-1]):
        name = waiting.pop(0) if step == ANY else step
        path = (*path, name)
        if name not in node:
            if steps[: i + 1] in _ITEMS:
                raise cells.Unreadable(layout.keys[len(keys) - len(waiting) - 1], _orphan(name, steps[: i + 1], node))
            node[name] = [] if steps[i + 1] == ITEM else {}
        node = node[name]
        if not isinstance(node, list if steps[i + 1] == ITEM else dict):
            raise cells.Unreadable(layout.keys[-1] if layout.keys else "", f"{dotted(path)} is already something else")
    return _place(node, waiting, value, layout, path)


def _place(node: Any, waiting: list[str], value: Any, layout: Layout, path: Path) -> Path:
    if layout.pattern[-1] == ITEM:
        node.append(value)
        return (*path, len(node) - 1)
    name = waiting.pop(0)
    if name in node:
        raise cells.Unreadable(layout.keys[-1], f"{name!r} has another row already")
    node[name] = value
    return (*path, name)


def _orphan(name: str, pattern: tuple[str, ...], known: Any) -> str:
    sheet = next(layout.name for layout in LAYOUTS if layout.pattern == pattern)
    return f"there is no {name!r} in the sheet {sheet!r}; {nearest(name, known)}"
