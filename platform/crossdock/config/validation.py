"""Validates tables of TOML against pydantic models, strictly: a number is no text, and nothing is guessed.

What TOML cannot write is taken in the one form it can: a list for a tuple or a set, a text for a path (relative to the
folder of the configuration) or an enumeration, a whole number for a decimal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crossdock.config.annotation import At, classes_in, field_named

M = TypeVar("M", bound=BaseModel)

_COLLECTIONS: dict[str, Callable[[Any], object]] = {
    "tuple_type": tuple,
    "set_type": set,
    "frozen_set_type": frozenset,
}
_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "int_type": int,
    "float_type": float,
    "bool_type": {"true": True, "false": False}.__getitem__,
}


def validate(model: type[M], data: Mapping[str, Any], *, folder: Path = Path(), from_text: Collection[At] = ()) -> M:
    """Validate a table.

    Args:
        model: what it should be.
        data: the table, as TOML gave it.
        folder: what relative paths are relative to.
        from_text: paths of values that could only be given as text (from the environment), whatever their type.

    Raises:
        ValidationError: it is not; the error names every bad value.
    """
    current: Any = data
    while True:
        try:
            return model.model_validate(current, strict=True)
        except ValidationError as error:
            casts = _casts(model, current, error, folder, from_text)
            if not casts:
                raise
            for path, value in casts.items():
                current = _replaced(current, path, value)


def place_in(data: object, location: tuple[str | int, ...]) -> At:
    """Return the part of an error's location that exists in the data (pydantic adds the members of unions)."""
    path: list[str | int] = []
    for step in location:
        if _has(data, step):
            data = value_at(data, (step,))
            path.append(step)
    return tuple(path)


def _has(data: object, step: str | int) -> bool:
    if isinstance(data, list | tuple):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, Mapping) and step in data


def value_at(data: Any, path: At) -> Any:
    """Return what stands at a path that exists."""
    for step in path:
        data = data[step]
    return data


def _casts(
    model: type[BaseModel], data: object, error: ValidationError, folder: Path, from_text: Collection[At]
) -> dict[At, object]:
    found: dict[At, object] = {}
    for detail in error.errors(include_url=False):
        path = place_in(data, detail["loc"])
        try:
            found[path] = _cast(model, path, detail, value_at(data, path), folder, as_text=path in from_text)
        except (ValueError, TypeError, KeyError):
            continue  # there is no other form it could mean: the error stands
    return found


def _cast(
    model: type[BaseModel], path: At, detail: ErrorDetails, value: object, folder: Path, *, as_text: bool
) -> object:
    kind = detail["type"]
    if as_text and isinstance(value, str) and kind in _FROM_TEXT:
        return _FROM_TEXT[kind](value.strip())
    if isinstance(value, list) and kind in _COLLECTIONS:
        return _COLLECTIONS[kind](value)
    if kind == "is_instance_of":
        return _instance(model, path, detail, value, folder)
    raise ValueError(kind)


def _instance(model: type[BaseModel], path: At, detail: ErrorDetails, value: object, folder: Path) -> object:
    name = detail["ctx"]["class"]
    if name == "Path" and isinstance(value, str) and value:
        return folder / value
    if name == "Decimal" and type(value) is int:
        return Decimal(value)
    info = field_named(model, path[0]) if path else None
    for kind in classes_in(info.annotation) if info else ():
        if kind.__name__ == name and issubclass(kind, Enum):
            return kind(value)
    raise ValueError(name)


def _replaced(data: Any, path: At, value: object) -> Any:
    """Copy the containers on the way to ``path`` and put ``value`` there."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list | tuple):
        return type(data)(_replaced(item, rest, value) if i == step else item for i, item in enumerate(data))
    if isinstance(data, Mapping):
        return {key: _replaced(item, rest, value) if key == step else item for key, item in data.items()}
    raise ValueError(path)  # members of a set cannot be reached; the caller leaves the error standing
