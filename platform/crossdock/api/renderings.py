"""Wire JSON of what was read lately, so that each state of a record is rendered once, however many programs poll it."""

from __future__ import annotations

from threading import Lock

from crossdock.records.rendering import render_record

BUDGET = 32 * 1024 * 1024


class Renderings:
    """Renders packed records, and keeps what it made; shared by the threads of a server.

    What is kept is found by the packed record itself: another state of it is another text, so nothing can be stale.

    Args:
        budget: bytes that are kept at most; beyond it, what was kept first goes first.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._kept: dict[str, bytes] = {}
        self._size = 0
        self._lock = Lock()

    def of(self, document: str) -> bytes:
        """Write a packed record as wire JSON."""
        wire = self._kept.get(document)
        if wire is None:
            wire = render_record(document)
            self._keep(document, wire)
        return wire

    def _keep(self, document: str, wire: bytes) -> None:
        with self._lock:
            if document in self._kept:
                return
            self._kept[document] = wire
            self._size += len(document) + len(wire)
            while self._size > self._budget:
                oldest = next(iter(self._kept))
                self._size -= len(oldest) + len(self._kept.pop(oldest))
