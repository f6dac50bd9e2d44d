"""Looks at the annotations of settings models: which values are secret, and which model stands where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, get_args

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


def secret_values(model: type[BaseModel], data: object, path: At = ()) -> Iterator[tuple[At, object]]:
    """Walk the values that stand where a secret belongs, with their paths."""
    if isinstance(data, list):
        for position, item in enumerate(data):
            yield from secret_values(model, item, (*path, position))
    elif isinstance(data, dict):
        for key, value in data.items():
            info = field_named(model, key)
            if info is None:
                continue
            if is_secret(info):
                yield (*path, key), value
            elif inner := model_in(info.annotation):
                yield from secret_values(inner, value, (*path, key))


def secrets_of(settings: object) -> Iterator[str]:
    """Walk all secret values that a validated model holds."""
    if isinstance(settings, SecretStr):
        yield settings.get_secret_value()
    elif isinstance(settings, SecretBytes):
        yield settings.get_secret_value().decode("utf-8", "replace")
    elif isinstance(settings, BaseModel):
        for name in type(settings).model_fields:
            yield from secrets_of(getattr(settings, name))
    elif isinstance(settings, dict):
        for value in settings.values():
            yield from secrets_of(value)
    elif isinstance(settings, list | tuple | set | frozenset):
        for value in settings:
            yield from secrets_of(value)
