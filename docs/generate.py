"""Writes docs/reference from the schemas and from the options of the verbs: `python docs/generate.py`.

A test compares the pages with what this would write, so they cannot fall behind the program.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ForwardRef, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from detente.cli.app import Face
from detente.dossier import schema, shape
from detente.dossier.quantities import Number
from detente.dossier.schema_json import for_readers
from detente.verify.declaration import statement as declaration
from detente.verify.inspection import files as inspection_files
from detente.workbench.verbs import VERBS, Given, Verb

REFERENCE = Path(__file__).with_name("reference")
REMADE = "<!-- Made by docs/generate.py; change the program and run it again. -->\n"
NAME = "NAME"
"""Stands for a name that the author chooses, in paths."""


def main() -> None:
    """Write every page of the reference."""
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of each page by file name."""
    return {
        "dossier.md": dossier_page(),
        "declaration.md": declaration_page(),
        "inspections.md": inspections_page(),
        "verbs.md": verbs_page(),
    }


# --- the dossier, and other files ------------------------------------------------------------------------------


class _Written(GenerateJsonSchema):
    """JSON Schema without defaults, which are parsed numbers rather than anything that can be written."""

    def default_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])


def dossier_page() -> str:
    return _page(
        schema.Dossier,
        "Every part of a case file and its fields. `NAME` in a path is a name that you choose; **bold** fields must be "
        "written. Any number may also be a mapping with its range and its source: see [the format](../dossier.md).",
    )


def declaration_page() -> str:
    return _page(
        declaration.Declaration,
        "Every part of a declaration and its fields, as in [Check a declaration](../howto/check-a-declaration.md). "
        "`NAME` in a path is a name that you choose; **bold** fields must be written. Any number may also be a mapping "
        "with its range and its source: `{mean: 30, sd: 0.5, source: ...}`, `{min: 40, max: 50}` or "
        "`{low: 20, mode: 30, high: 60}`.",
    )


def inspections_page() -> str:
    return _page(
        inspection_files.InspectionsFile,
        "Every part of a file of sites to inspect, as in [Plan inspections](../howto/plan-inspections.md). `NAME` in a "
        "path is a name that you choose; **bold** fields must be written. Any number may also be a mapping with its "
        "source: `{value: 50 %, source: ...}`.",
    )


def _page(root: type[BaseModel], said: str) -> str:
    title = _title(root).lower()
    parts = [REMADE, f"# Fields of {'an' if title[0] in 'aeiou' else 'a'} {title}\n", said + "\n"]
    for model, places in parts_of(root).items():
        where = ", ".join(f"`{p}`" for p in places) or "the top of the file"
        parts += [f"## {_title(model)}\n", f"At {where}. {_purpose(model)}\n", *_fields(model)]
    return "\n".join(parts)


def parts_of(root: type[BaseModel]) -> dict[type[BaseModel], list[str]]:
    """Every model in the order of its first place, with the paths at which it stands."""
    found: dict[type[BaseModel], list[str]] = {root: []}
    waiting: list[tuple[type[BaseModel], str]] = [(root, "")]
    while waiting:
        model, path = waiting.pop(0)
        for name, field in shape.written_fields(model).items():
            for part, place in _models(field.annotation, f"{path}.{name}".lstrip(".")):
                if part not in found:
                    waiting.append((part, place))
                if place not in (places := found.setdefault(part, [])) and part is not model:
                    places.append(place)
    return found


def _models(annotation: Any, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    """The models in an annotation, with the paths at which they stand."""
    if isinstance(annotation, ForwardRef):
        annotation = eval(annotation.__forward_arg__, vars(schema))
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is None and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in (Number, schema.PeriodBlock):
            yield annotation, path
    elif origin is Annotated:
        yield from _models(args[0], path)
    elif origin is Mapping:
        yield from _models(args[1], f"{path}.{NAME}")
    else:
        for part in args:
            yield from _models(part, path)


def _model_named(name: str) -> type[BaseModel]:
    known = (vars(module).get(name) for module in (schema, declaration, inspection_files))
    return next(m for m in known if isinstance(m, type) and issubclass(m, BaseModel))


def _title(model: type[BaseModel]) -> str:
    name = model.__name__.removesuffix("Body").removesuffix("Part")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _purpose(model: type[BaseModel]) -> str:
    return for_readers(inspect.getdoc(model) or "")


def _fields(model: type[BaseModel]) -> list[str]:
    written = model.model_json_schema(by_alias=True, schema_generator=_Written)
    if "$ref" in written:
        written = written["$defs"][model.__name__]
    needed = set(written.get("required", ()))
    lines = ["| field | written as | meaning |", "|---|---|---|"]
    for name, field in shape.written_fields(model).items():
        label = f"**`{name}`**" if name in needed else f"`{name}`"
        kinds = " or ".join(dict.fromkeys(_kinds(written["properties"][name])))
        models = {model for model, _ in _models(field.annotation, "")}
        if len(models) == 1:
            kinds = re.sub(r"\bfields\b", _link(*models), kinds)
        lines.append(f"| {label} | {_cell(kinds)} | {_cell(field.description or '')} |")
    return [*lines, ""]


def _kinds(written: dict[str, Any]) -> Iterator[str]:
    """What a JSON Schema lets one write, in words."""
    if "$ref" in written:
        yield _link(_model_named(written["$ref"].rpartition("/")[2]))
    elif alternatives := written.get("anyOf") or written.get("oneOf"):
        if example := alternatives[0].get("examples"):
            yield f"a number, such as `{example[0]}`"
            alternatives = [a for a in alternatives[2:] if a.get("type") != "null"]
        for one in alternatives:
            yield from _kinds(one)
    elif "const" in written:
        yield f"`{written['const']}`"
    elif "enum" in written:
        yield from (f"`{choice}`" for choice in written["enum"])
    elif written.get("type") == "array":
        if pair := written.get("prefixItems"):
            yield "[" + ", ".join(k for part in pair for k in _kinds(part)) + "]"
        else:
            items = " or ".join(dict.fromkeys(_kinds(written["items"])))
            yield f"a list of ({items})" if " or " in items else f"a list of {items}"
    elif written.get("type") == "object":
        inner = [*written.get("patternProperties", {}).values(), written.get("additionalProperties")]
        values = [k for one in inner if isinstance(one, dict) for k in _kinds(one)]
        yield "names, each with " + " or ".join(dict.fromkeys(values)) if values else "fields"
    elif written.get("type") != "null":
        yield _simple(written)


def _simple(written: dict[str, Any]) -> str:
    if example := written.get("examples"):
        return f"text, such as `{example[0]}`"
    pattern = written.get("pattern", "")
    if pattern.startswith("^\\d"):
        return "a date"
    kind = written.get("type")
    if kind == "string":
        return "a name" if pattern else "text"
    known = {"boolean": "`true` or `false`", "integer": "a whole number", "number": "a number"}
    return known.get(str(kind), "a number" if isinstance(kind, list) and "number" in kind else "anything")


def _link(model: type[BaseModel]) -> str:
    title = _title(model).lower()
    return f"[{title}](#{title.replace(' ', '-')})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# --- the verbs -------------------------------------------------------------------------------------------------


def flag(name: str) -> str:
    return "--" + name.rstrip("_").replace("_", "-")


def verbs_page(verbs: Iterable[Verb] = VERBS) -> str:
    parts = [
        REMADE,
        "# Verbs and their options\n",
        "A verb is a command, and a function of the package with the same options as keyword arguments: "
        "`--time-limit 60` is `time_limit=60`. A CASE is a bundled case's id or a file; in Python it may be a dossier. "
        "A PLAN is a JSON file; in Python it may be a plan or its data.\n",
        "Every command also takes `--json` (print JSON alone), `--verbose` or `-v` (say what is being done) and "
        "`--help`. It ends with 0 where all is well, 2 where something given is wrong, 3 where the answer is "
        "undecided in time. `detente schema verbs --json`, or `dt.VERBS`, is this page for programs.\n",
    ]
    for row in verbs:
        parts += [f"## {row.name}\n", *_verb(row)]
    return "\n".join(parts)


def _verb(row: Verb) -> Iterator[str]:
    places = [i for i in row.inputs if not i.flag]
    shown = " ".join([row.name, *map(_place, places)])
    arguments = ", ".join(("*" if i.many else "") + i.name for i in places)
    yield row.summary + "\n"
    yield f"`detente {shown}` · `dt.{row.python}({arguments})`\n"
    if rows := list(_options(row)):
        yield "| flag | keyword | default | meaning |\n|---|---|---|---|"
        yield "\n".join(rows) + "\n"


def _place(place: Given) -> str:
    name = place.name.upper()
    if place.many:
        return f"{name}..."
    return name if place.required else f"[{name}]"


def _options(row: Verb) -> Iterator[str]:
    for name, field in row.options_model().model_fields.items():
        default = "" if field.default in ((), None) else f"`{field.default}`"
        switch = f"`{flag(name)}`" + (f", `--no-{name}`" if field.annotation is bool and field.default else "")
        yield f"| {switch} | `{name}` | {default} | {_cell(field.description or '')} |"
    written = [(i.name, i.said) for i in row.inputs if i.flag] + ([("out", row.out.said)] if row.out else [])
    for name, said in written:
        yield f"| `{flag(name)}` | | | {_cell(said)} |"


PRINTING = tuple(flag(name) for name in Face.model_fields)
"""The flags of every command that say how to print."""

if __name__ == "__main__":
    main()
