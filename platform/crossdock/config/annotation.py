"""Looks at the annotations of settings models: which are secret, and which model stands where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

At: TypeAlias = tuple[str | int, ...]

_SECRETS = (SecretStr, SecretBytes)


def field_named(model: type[BaseModel], key: object) -> FieldInfo | None:
    """Return the field of a model that is written as ``key`` in TOML, by alias or by name."""
    for name, info in model.model_fields.items():
        if key in (info.alias, name):
            return info
    return None


def key_names(model: type[BaseModel]) -> list[str]:
    """List the keys that a model accepts, as they are written in TOML."""
    return [info.alias or name for name, info in model.model_fields.items()]


def classes_in(annotation: Any) -> Iterator[type]:
    """Walk the classes that an annotation is made of: ``tuple[Inner, ...] | None`` has ``Inner`` and ``NoneType``."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from classes_in(part)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation holds, if any: of itself, or of a list or table of it."""
    return next((part for part in classes_in(annotation) if issubclass(part, BaseModel)), None)


def is_secret(info: FieldInfo) -> bool:
    """Tell whether a field holds a secret."""
    return any(issubclass(part, _SECRETS) for part in classes_in(info.annotation))


def model_at(model: type[BaseModel], path: At) -> type[BaseModel] | None:
    """Return the model of the table at ``path``; list positions and keys of plain tables are passed over."""
    found: type[BaseModel] | None = model
    for step in path:
        info = field_named(found, step) if found else None
        if info is not None:
            found = model_in(info.annotation)
        elif isinstance(step, str) and found is not model:
            continue
    return found


def holds_many(info: FieldInfo) -> bool:
    """Tell whether a field is a list or a table of values."""
    return any(kind in (list, tuple, set, frozenset, dict) for kind in _origins(info.annotation))


def _origins(annotation: Any) -> Iterator[Any]:
    yield get_origin(annotation)
    for part in get_args(annotation):
        yield from _origins(part)
