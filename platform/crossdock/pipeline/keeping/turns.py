"""Turns: one at a time among those that share something, in the order in which they asked."""

from __future__ import annotations

import threading
from collections import defaultdict


class Turns:
    """Says whose turn it is. Nobody waits in here: whoever is told no asks again later, and keeps its place."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._lines: dict[str, list[str]] = defaultdict(list)

    def take(self, shared: str, name: str) -> bool:
        """Ask for the turn; whoever gets it gives it back."""
        with self._guard:
            line = self._lines[shared]
            if name not in line:
                line.append(name)
            return line[0] == name

    def give_back(self, shared: str) -> None:
        """Let the next one take its turn."""
        with self._guard:
            self._lines[shared].pop(0)
