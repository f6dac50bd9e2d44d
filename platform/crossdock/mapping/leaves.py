"""Counting and listing the leaves of a payload: scalars, and empty lists and objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


DEEPEST = 900
"""How many objects and lists may stand inside each other; what goes deeper could not be written as JSON again."""


def count_leaves(value: Any) -> tuple[int, int]:
    """Count the leaves of a value, and how many of them are empty (``null``, ``""``, ``[]``, ``{}``).

    Raises:
        RecursionError: it is nested deeper than ``DEEPEST``.
    """
    if type(value) is not dict and type(value) is not list:
        return 1, int(value is None or value == "")
    leaves, empty, containers = 1, 0, [value]
    for container in containers:  # among whose items are more
        if not container:
            empty += 1
            continue
        leaves += len(container) - 1
        for item in container.values() if type(container) is dict else container:
            if type(item) is str:
                if not item:
                    empty += 1
            elif type(item) is dict or type(item) is list:
                containers.append(item)
            elif item is None:
                empty += 1
    if len(containers) > DEEPEST and _depth(value) > DEEPEST:
        raise RecursionError
    return leaves, empty


def _depth(value: Any) -> int:
    """How deep a value is nested."""
    depth, level = 0, [value]
    while level := [item for item in level if type(item) is dict or type(item) is list]:
        depth += 1
        level = [item for container in level for item in (container.values() if type(container) is dict else container)]
    return depth


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
