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
    leaves, empty = len(items), 0
    for item in items:
        kind = type(item)
        if kind is str:
            if not item:
                empty += 1
        elif kind is dict or kind is list:
            inner, gaps = count_leaves(item)
            leaves += inner - 1
            empty += gaps
        elif item is None:
            empty += 1
    return leaves, empty


def list_leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """List every leaf of a value with its path, in order."""
    waiting = [(path, value)]  # no recursion: a payload may be nested as deep as the parser allows
    while waiting:
        path, value = waiting.pop()
        if type(value) is dict and value:
            waiting += [((*path, name), item) for name, item in reversed(value.items())]
        elif type(value) is list and value:
            waiting += [((*path, number), value[number]) for number in range(len(value) - 1, -1, -1)]
        else:
            yield path, value


def pointer(path: Path) -> str:
    """Write a path as JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
