"""What a mapper remembers from payload to payload."""

from __future__ import annotations

from crossdock.customdata.stash import escape_name
from crossdock.mapping.shape import Amounts, Shapes
from crossdock.mapping.tree import Node


class Memory:
    """What stays from payload to payload: for whom it is mapped, which lines have matched, what was read before."""

    __slots__ = ("amounts", "connection_id", "matched", "module_id", "names", "reserved", "shapes")

    def __init__(self, connection_id: str, module_id: str, reserved: frozenset[str], lines: int) -> None:
        self.connection_id = connection_id
        self.module_id = module_id
        self.reserved = reserved
        self.matched = bytearray(lines)
        self.amounts = Amounts()
        self.names: dict[str, str] = {}
        self.shapes: dict[int, Shapes] = {}  # by the id of the plan's node

    def shapes_of(self, node: Node) -> Shapes:
        """The shapes of objects that have come at a node of the plan."""
        shapes = self.shapes.get(id(node))
        if shapes is None:
            shapes = self.shapes[id(node)] = Shapes(node, self)
        return shapes

    def escaped(self, name: str) -> str:
        """Write a name for a stash key; remembered, since the same names come with every payload."""
        text = self.names.get(name)
        if text is None:
            text = escape_name(name, self.reserved)
            if len(self.names) < 10_000:  # payloads with invented names must not fill the memory
                self.names[name] = text
        return text
