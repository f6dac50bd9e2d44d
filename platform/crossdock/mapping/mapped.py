"""What became of one payload."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct, field

from crossdock.mapping.definition import Block
from crossdock.mapping.ledger import Ledger
from crossdock.records.wire import Working


class Refusal(Struct, frozen=True):
    """A target that refused its value at validation: mapped again, the value stays in the stash instead.

    ``block`` and ``element`` say which sub-record (``None``: the record); ``line`` is the mapping line's name.
    """

    block: str | None
    element: int | None
    line: str


class Part(NamedTuple):
    """A sub-record that the mapping made: where it stands in the record, and where it came from."""

    target: str
    record: Working
    block: Block
    element: int | None


class Mapped(Struct):
    """What became of one payload: the record in working form, the ledger, the parts and what to warn of.

    ``made`` are the sub-records with their blocks and elements, ``refusals`` those with which it was mapped.
    """

    record: Working
    remote_id: str
    ledger: Ledger
    warnings: list[str]
    made: list[tuple[Block, Working, int | None]] = field(default_factory=list)
    refusals: frozenset[Refusal] = frozenset()

    @property
    def parts(self) -> list[Part]:
        """The sub-records that the mapping made."""
        return [Part(block.target, record, block, element) for block, record, element in self.made]
