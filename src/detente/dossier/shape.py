"""What the schema says may stand at a path: the model, mapping, list or value, found by walking the annotations."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from detente.dossier import schema
from detente.dossier.places import Path


def written_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model under the names that people write (`in`, not `within`)."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def known_fields(model: type[BaseModel]) -> list[str]:
    """The names that may be written in a model."""
    lifted = ["all", "any"] if model is schema.InteractionBody else []
    return [*lifted, *written_fields(model)]


def step(annotation: Any, name: str | int) -> Any:
    """The annotation one path element further down, None where the schema has nothing there."""
    for branch in _branches(annotation):
        if isinstance(branch, str):
            continue
        if (found := _child(branch, name)) is not None:
            return found
    return None


def annotation_at(path: Path, root: type[BaseModel] = schema.Dossier) -> Any:
    """The annotation of what may stand at a path of a dossier, None where the schema knows nothing of it."""
    annotation: Any = root
    for name in path:
        annotation = step(annotation, name)
        if annotation is None:
            return None
    return annotation


def model_at(path: Path, tag: str | None = None, root: type[BaseModel] = schema.Dossier) -> type[BaseModel] | None:
    """The model that a mapping at a path is read as; `tag` chooses the branch of a union."""
    return next(iter(models_at(path, tag, root)), None)


def models_at(path: Path, tag: str | None = None, root: type[BaseModel] = schema.Dossier) -> list[type[BaseModel]]:
    """As `model_at`, of every branch."""
    branches = _branches(annotation_at(path, root), tag)
    return [b for b in branches if isinstance(b, type) and issubclass(b, BaseModel)]


def description_at(path: Path) -> str | None:
    """What the schema says of the field at a path."""
    fields = (written_fields(model).get(str(path[-1])) for model in models_at(path[:-1]))
    return next((field.description for field in fields if field and field.description), None)


def is_named_by_people(path: Path) -> bool:
    """Whether what stands at a path is a mapping whose keys the author chooses (parties, stakes, ...)."""
    return any(get_origin(b) in (Mapping, dict) for b in _branches(annotation_at(path)))


def _child(annotation: Any, name: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = written_fields(annotation).get(str(name))
        return None if field is None else field.annotation
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Mapping, dict):
        return args[1]
    if origin is tuple and isinstance(name, int):
        return args[0] if len(args) == 2 and args[1] is Ellipsis else args[min(name, len(args) - 1)]
    return None


def _branches(annotation: Any, tag: str | None = None) -> list[Any]:
    """The alternatives of an annotation, without its Annotated wrappings; only the tagged one where a tag is given."""
    if isinstance(annotation, ForwardRef):
        annotation = getattr(schema, annotation.__forward_arg__)
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        tags = [n.tag for n in notes if isinstance(n, Tag)]
        return [] if tag and tags and tag not in tags else _branches(inner, tag)
    if get_origin(annotation) in (Union, types.UnionType):
        return [b for part in get_args(annotation) for b in _branches(part, tag)]
    return [] if annotation is type(None) else [annotation]
