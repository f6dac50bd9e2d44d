"""What rules drop of a value: so that no line brings it into the record after all."""

from __future__ import annotations

from typing import Any

from crossdock.mapping.leaves import Path
from crossdock.mapping.tree import NOTHING, Entries, Node


def holds_dropped(node: Node, value: Any) -> bool:
    """Whether something at or below a node is dropped."""
    if node.rule is not None:
        return True
    if type(value) is list:
        if node.entries is not None:
            return any(_item_drops(node, node.entries, item, ()) for item in value)
        return node.element is not None and any(holds_dropped(node.element, item) for item in value)
    if type(value) is dict:
        return any(
            holds_dropped(node.children.get(name, node.element or NOTHING), item) for name, item in value.items()
        )
    return False


def brings_dropped(root: Node, data: Any, path: Path) -> bool:
    """Whether a node that an expression took is dropped, or something around or in it is."""
    node, value = root, data
    for number, step in enumerate(path):
        if node.rule is not None:
            return True
        if node.entries is not None and type(value) is list:
            return _item_drops(node, node.entries, value[int(step)], path[number + 1 :])
        element = node.element or NOTHING
        node = node.children.get(step, element) if isinstance(step, str) else element
        value = value[step]
    return holds_dropped(node, value)


def _item_drops(node: Node, entries: Entries, item: Any, path: Path) -> bool:
    definition = entries.definition
    key = item.get(definition.key) if type(item) is dict else None
    if type(key) is str:
        names = path[:1] or tuple(item)
        if key in entries.dropped_keys:
            return True
        if definition.value in item and any(name in entries.dropped_fields for name in names):
            return True
    return node.element is not None and brings_dropped(node.element, item, path)
