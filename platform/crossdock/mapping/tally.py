"""The running state of a walk in one scope: what lines write to, the stash, and the counts."""

from __future__ import annotations

from typing import Any, TypeAlias

from crossdock.mapping.leaves import Path, count_leaves
from crossdock.mapping.ledger import Ledger
from crossdock.records.wire import Working

Cover: TypeAlias = bool | None
"""Whether a line took a node or something around it: ``None`` if not, else whether it is kept in the stash as well."""


def merged(cover: Cover, other: Cover) -> Cover:
    """The cover of two; what one of them keeps is kept."""
    return other if cover is None else cover or bool(other)


class Tally:
    """One scope's state: the records that lines write to, the stash, what expressions took, and the counts."""

    __slots__ = ("dropped", "element", "empty", "inside", "mapped", "outs", "stash", "stashed", "taken")

    def __init__(self, outs: list[Working | None], element: int | None) -> None:
        self.outs = outs
        self.element = element
        self.stash: dict[str, Any] = {}
        self.taken: dict[Path, bool] = {}
        self.inside: set[Path] = set()  # the nodes around what was taken
        self.mapped = self.stashed = self.empty = self.dropped = 0

    def take(self, path: Path, *, keep: bool) -> None:
        """Note that an expression took a node."""
        self.taken[path] = keep or self.taken.get(path, False)
        self.inside.update(path[:end] for end in range(len(path)))

    def take_from(self, outer: Tally, path: Path) -> None:
        """Begin with what expressions took of the node at a path of another scope, whose paths are longer by it."""
        self.taken, self.inside = {}, set()
        if path in outer.inside:
            for taken, keep in outer.taken.items():
                if taken[: len(path)] == path:
                    self.take(taken[len(path) :], keep=keep)

    def add(self, other: Tally) -> None:
        """Add the counts of another scope."""
        self.mapped += other.mapped
        self.stashed += other.stashed
        self.empty += other.empty
        self.dropped += other.dropped

    @property
    def ledger(self) -> Ledger:
        """The counts."""
        leaves = self.mapped + self.stashed + self.empty + self.dropped
        return Ledger(leaves, self.mapped, self.stashed, self.empty, self.dropped)

    def covered(self, path: Path, cover: Cover) -> Cover:
        """The cover of a node, of which that around it is given."""
        return merged(cover, self.taken.get(path)) if self.taken else cover

    def count_taken(self, value: Any, path: Path) -> tuple[int, int, bool]:
        """Count the leaves of a node that expressions took, and the empty ones of them; and whether one is kept."""
        keep = self.taken.get(path)
        if keep is not None:
            kept = keep or any(kept for taken, kept in self.taken.items() if taken[: len(path)] == path)
            return (*count_leaves(value), kept)
        mapped, gaps, kept = 0, 0, False
        if path in self.inside:
            for step, item in value.items() if type(value) is dict else enumerate(value):
                inner, empty, keeps = self.count_taken(item, (*path, step))
                mapped, gaps, kept = mapped + inner, gaps + empty, kept or keeps
        return mapped, gaps, kept
