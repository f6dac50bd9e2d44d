"""The ledger: the account of one payload's leaves, each counted exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Ledger(NamedTuple):
    """How many leaves a payload has and what became of them; the classes always add up to ``leaves``.

    A leaf is a scalar, or an empty list or object. Precedence: dropped, refused, empty, mapped, stashed.
    """

    leaves: int = 0
    mapped: int = 0
    stashed: int = 0
    empty: int = 0
    dropped: int = 0
    refused: int = 0

    @property
    def balances(self) -> bool:
        """Whether every leaf is in exactly one class."""
        return self.leaves == self.mapped + self.stashed + self.empty + self.dropped + self.refused

    def as_wire(self) -> dict[str, int]:
        """The counts by name, as transfer reports show them."""
        return self._asdict()


def sum_ledgers(ledgers: Iterable[Iterable[int]]) -> Ledger:
    """Add ledgers class by class."""
    columns = list(zip(*ledgers, strict=True))
    return Ledger(*map(sum, columns)) if columns else Ledger()
