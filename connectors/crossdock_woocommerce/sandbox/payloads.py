"""Files of payloads: one JSON object a line. Whatever is none is told with its file and line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crossdock import ConfigError

from .wire import Document, Number, parse

LINES = ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "tax_lines")
_TEXTS = ("status", "date_created_gmt", "date_modified_gmt")
_NUMBERS = ("customer_id", "parent_id")
_WANTED = 'each line must hold one whole JSON object, with a whole number as its "id"'
_WANTED_NOTES = 'each line must hold one whole JSON object: {"order_id": 7, "notes": [{"id": 5, ...}]}'
_LONGEST = 40


class _OddityError(ValueError):
    """What stands in a line is not what must stand there."""


def read_documents(file: Path) -> Iterator[Document]:
    """Read the payloads of a file; none if there is no such file.

    Raises:
        ConfigError: a line is no payload; says which, what stands there and what must.
    """
    for place, document in _lines(file, _WANTED):
        try:
            _check(document)
        except _OddityError as oddity:
            raise ConfigError(f"{place}: {oddity}; {_WANTED}") from oddity
        yield document


def read_notes(file: Path) -> Iterator[Document]:
    """Read the notes of orders: an order's id and its notes a line.

    Raises:
        ConfigError: as in ``read_documents``.
    """
    for place, document in _lines(file, _WANTED_NOTES):
        try:
            _whole(document, "order_id", "")
            _items(document, "notes", "")
        except _OddityError as oddity:
            raise ConfigError(f"{place}: {oddity}; {_WANTED_NOTES}") from oddity
        yield document


def _lines(file: Path, wanted: str) -> Iterator[tuple[str, Document]]:
    if not file.exists():
        return
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            place = f"{file}:{number}"
            if line.lstrip().startswith(b"["):
                each = "write each object of the array on a line of its own, as jq -c '.[]' does"
                raise ConfigError(f"{place}: a JSON array begins here; {wanted}: {each}")
            try:
                document = parse(line.rstrip())
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"{place}: this is no JSON ({_told(error)}); {wanted}") from error
            if not isinstance(document, dict):
                raise ConfigError(f"{place}: {_shown(document)} stands here; {wanted}")
            yield place, document


def _check(document: Document) -> None:
    """Look at everything that the sandbox itself takes from a payload."""
    _whole(document, "id", "")
    for name in _TEXTS:
        if not isinstance(document.get(name) or "", str):
            raise _OddityError(f'"{name}" is {_shown(document[name])}, and must be a text')
    for name in _NUMBERS:
        if document.get(name):
            _whole(document, name, "")
    _items(document, "meta_data", "")
    for name in LINES:
        for position, line in enumerate(_items(document, name, "")):
            _items(line, "meta_data", f"{name}[{position}].")


def _items(holder: Document, name: str, inside: str) -> list[Document]:
    """The objects in a list, each with its id."""
    items = holder.get(name) or []
    if not isinstance(items, list):
        raise _OddityError(f'"{inside}{name}" is {_shown(items)}, and must be a list')
    for position, item in enumerate(items):
        if not isinstance(item, dict):
            raise _OddityError(f'"{inside}{name}[{position}]" is {_shown(item)}, and must be an object')
        _whole(item, "id", f"{inside}{name}[{position}].")
    return items


def _whole(holder: Document, name: str, inside: str) -> None:
    value = holder.get(name)
    if type(value) is not int:
        found = f"is {_shown(value)}" if name in holder else "is missing"
        raise _OddityError(f'"{inside}{name}" {found}, and must be a whole number')


def _told(error: Exception) -> str:
    return f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, Number):
        return f"the number {value.text}"
    if isinstance(value, str):
        short = value if len(value) <= _LONGEST else f"{value[: _LONGEST - 3]}..."
        return f"the text {short!r}"
    return json.dumps(value)
