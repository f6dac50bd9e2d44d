"""What became of events that were due."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """How many events were received, will be tried again, and were given up."""

    received: int = 0
    postponed: int = 0
    given_up: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally."""
        self.received += other.received
        self.postponed += other.postponed
        self.given_up += other.given_up
