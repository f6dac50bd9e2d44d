"""Fingerprints of tables: how many rows, and a digest of all of them that is the same on every database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

_BYTES = 16
_encode = msgspec.msgpack.Encoder().encode


class Fingerprint(NamedTuple):
    """What is in one table: ``digest`` is of all rows in whatever order, ``counter`` the last id that was given out.

    ``counter`` is ``None`` where ids are not given out by the database, or none was yet.
    """

    table: str
    rows: int
    digest: str
    counter: int | None


class Digest:
    """Takes rows, in any order, and tells how many there were and what they add up to.

    Each row is hashed with the types of its values, and the hashes are added. So two databases need not sort alike,
    and a row that stands twice counts twice.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take some rows."""
        for row in rows:
            self.rows += 1
            self._sum += int.from_bytes(blake2b(_encode(row), digest_size=_BYTES).digest())

    def fingerprint(self, table: str, counter: int | None) -> Fingerprint:
        """Say what there was."""
        total = self._sum % (1 << 8 * _BYTES)
        return Fingerprint(str(table), self.rows, f"{total:0{2 * _BYTES}x}", counter)
