"""Counting and listing the leaves of a payload: scalars, and empty lists and objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


def count_leaves(value: Any) -> tuple[int, int]:
    """Count the leaves of a value, and how many of them are empty (``null``, ``""``, ``[]``, ``{}``)."""
    kind = type(value)
    if kind is dict:
        items = value.values()
    elif kind is list:
        items = value
    else:
        return 1, int(value is None or value == "")
    if not items:
        return 1, 1
    leaves = empty = 0
    for item in items:
        if type(item) is dict or type(item) is list:
            inner, gaps = count_leaves(item)
            leaves += inner
            empty += gaps
        else:
            leaves += 1
            if item is None or item == "":
                empty += 1
    return leaves, empty


def list_leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """List every leaf of a value with its path."""
    if type(value) is dict and value:
        for name, item in value.items():
            yield from list_leaves(item, (*path, name))
    elif type(value) is list and value:
        for number, item in enumerate(value):
            yield from list_leaves(item, (*path, number))
    else:
        yield path, value


def pointer(path: Path) -> str:
    """Write a path as JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
