"""Words for what a settings model refuses: which key, what is allowed, what stands there, what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crossdock.config.annotation import At, field_named, is_secret, key_names, model_at
from crossdock.config.secret_forms import SHORTEST
from crossdock.config.validation import place_in, value_at
from crossdock.mistake import kind_wanted, own_words, shortened, told
from crossdock.suggestion import did_you_mean

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_REFERENCE_HINT = '; a reference is { env = "NAME" } or { file = "PATH" }, nothing more'


class Complaint(Struct, frozen=True):
    """One thing that is wrong with a table: where, what kind of thing, and what to tell."""

    path: At
    kind: Literal["missing", "unknown", "refused"]
    message: str


def complaints(
    error: ValidationError,
    model: type[BaseModel],
    data: Mapping[str, Any],
    subject: str,
    hidden: Mapping[At, str] | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> Iterator[Complaint]:
    """Say what is wrong, each place once.

    Args:
        error: what the model said.
        model: the model.
        data: the table it refused.
        subject: how messages call it, such as ``[store]`` or ``connector 'woocommerce'``.
        hidden: values that came by reference and must not be shown, with what is shown instead; ``None`` where
            nothing can come by reference.
        elsewhere: keys that belong into another table, with that table.
    """
    by_path: dict[At, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        path = place_in(data, detail["loc"])
        if detail["type"] == "missing":
            yield _missing(model, path, str(detail["loc"][-1]), subject)
        elif detail["type"] == "extra_forbidden":
            yield _unknown(model, path, subject, elsewhere or {})
        elif detail["loc"][-1:] == ("[key]",):  # a key of a table that takes only certain ones
            key = str(path[-1])
            yield Complaint(path, "unknown", _said(f"each key of {dotted(path[:-1])!r}", detail, key, shown(key)))
        else:
            by_path.setdefault(path, []).append(detail)
    for path, details in by_path.items():
        yield Complaint(path, "refused", _refused(model, data, path, details, subject, hidden))


def shown(value: object) -> str:
    """Write a value as it stands in TOML, shortened."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return shortened(value)


def dotted(path: At) -> str:
    """Write a path as a person would: ``fields[1]``, ``table.UK``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _missing(model: type[BaseModel], path: At, name: str, subject: str) -> Complaint:
    parent = model_at(model, path)
    info = field_named(parent, name) if parent else None
    described = f": {info.description}" if info and info.description else ""
    inside = f" in {dotted(path)!r}" if path else ""
    return Complaint(path, "missing", f"{subject} lacks {name!r}{inside}{described}")


def _unknown(model: type[BaseModel], path: At, subject: str, elsewhere: Mapping[str, str]) -> Complaint:
    key = str(path[-1])
    parent = model_at(model, path[:-1])
    belongs = elsewhere.get(key) if len(path) == 1 else None
    hint = f"; it belongs into {belongs}" if belongs else did_you_mean(key, key_names(parent) if parent else [])
    return Complaint(path, "unknown", f"{subject} has no key {dotted(path)!r}{hint}")


def _refused(
    model: type[BaseModel],
    data: Mapping[str, Any],
    path: At,
    details: list[ErrorDetails],
    subject: str,
    hidden: Mapping[At, str] | None,
) -> str:
    value = value_at(data, path)
    info = field_named(model, path[0]) if path else None
    found = (hidden or {}).get(path) or ("what stands there" if info and is_secret(info) else shown(value))
    what = f"{dotted(path)!r}" if path else subject
    kinds = list(dict.fromkeys(kind for detail in details if (kind := kind_wanted(detail))))
    hint = _reference_hint(kinds, value) if hidden is not None and path not in hidden else ""
    if kinds:
        return f"{what} must be {' or '.join(kinds)}, not {found}{hint or _brackets(kinds, value)}"
    message = "; ".join(dict.fromkeys(_said(what, detail, value, found) for detail in details))
    return f"{_without(message, data, hidden or {})}{hint}"


def _reference_hint(kinds: list[str], value: object) -> str:
    """Tell how a reference is written, where one seems to be meant."""
    if isinstance(value, Mapping) and kinds and not {"a table", "a list"} & set(kinds):
        return _REFERENCE_HINT
    variable = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    return f'; a value from the environment is written {{ env = "{variable[1]}" }}' if variable else ""


def _brackets(kinds: list[str], value: object) -> str:
    """Tell how tables are written, where there is one instead of a list of them, or the other way round."""
    if kinds == ["a table"] and isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "; a header in two brackets is one of a list, write it in one"
    if kinds == ["a list"] and isinstance(value, dict):
        return "; a header in one bracket is a table, write it in two, or [...] around the value"
    return ""


def _without(message: str, data: Mapping[str, Any], hidden: Mapping[At, str]) -> str:
    """Replace hidden values that a model's own words repeat; shorter ones could stand anywhere by chance."""
    for path, text in hidden.items():
        value = value_at(data, path)
        if isinstance(value, str) and len(value) >= SHORTEST:
            for form in (repr(value), shortened(value), value):
                message = message.replace(form, text)
    return message


def _said(what: str, detail: ErrorDetails, value: object, found: str) -> str:
    said = own_words(detail)
    return f"{what} {told(detail, value, found)}" if said is None else f"{what}: {said}"
