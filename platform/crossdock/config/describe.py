"""Describes settings models for people: which keys there are, what may stand there, and what holds without them."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from msgspec import Struct
from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from crossdock.config.duration import format_duration
from crossdock.config.failure_budget import FailureBudget

_WORDS: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    Path: "path",
    SecretStr: "secret",
    SecretBytes: "secret",
    timedelta: "duration",
    FailureBudget: "whole number or percentage",
    date: "date",
    datetime: "date and time",
    dict: "table",
    Any: "any value",
}
_LISTS = (list, tuple, set, frozenset)


class KeyDescription(Struct, frozen=True):
    """One key of a table.

    Args:
        key: as it is written in TOML.
        kind: what may stand there, in words.
        required: whether it must be given.
        default: what holds without it, as TOML; empty if that is nothing in particular.
        text: what it is for.
    """

    key: str
    kind: str
    required: bool
    default: str
    text: str


def describe(model: type[BaseModel]) -> Iterator[KeyDescription]:
    """Describe the keys of a settings model, in the order in which they are declared."""
    for name, info in model.model_fields.items():
        required = info.is_required()
        yield KeyDescription(
            key=info.alias or name,
            kind=_kind(info.annotation) + _limits(info),
            required=required,
            default="" if required else _toml(info.get_default(call_default_factory=True)),
            text=info.description or "",
        )


def _kind(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(parts[0])
    if origin is Literal:
        return " or ".join(_toml(part) for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(part) for part in parts if part is not types.NoneType))
    plain = origin or annotation
    if plain in _LISTS:
        inner = _kind(parts[0]) if parts else "any value"
        return f"list of {_plural(inner)}"
    return _word(plain)


def _word(plain: Any) -> str:
    if isinstance(plain, type):
        if issubclass(plain, Enum):
            return " or ".join(_toml(member.value) for member in plain)
        if issubclass(plain, BaseModel):
            return "table"
    return _WORDS.get(plain, getattr(plain, "__name__", str(plain)))


def _plural(kind: str) -> str:
    return f"{kind}s" if kind in ("text", "number", "whole number", "path", "table", "date") else kind


def _limits(info: FieldInfo) -> str:
    limits = []
    for rule in info.metadata:
        match rule:
            case Ge(ge=value):
                limits.append(f"at least {value}")
            case Gt(gt=value):
                limits.append(f"above {value}")
            case Le(le=value):
                limits.append(f"at most {value}")
            case Lt(lt=value):
                limits.append(f"below {value}")
    return f", {', '.join(limits)}" if limits else ""


def _toml(value: object) -> str:
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).lower()
        case timedelta():
            text = f'"{format_duration(value)}"'
        case Enum():
            text = _toml(value.value)
        case int() | float() | Decimal():
            text = str(value)
        case list() | tuple() | set() | frozenset():
            text = f"[{', '.join(map(_toml, value))}]" if value else ""
        case dict():
            text = "a table" if value else ""
        case BaseModel():  # its keys are described by themselves
            text = ""
        case _:
            text = f'"{value}"'
    return text
