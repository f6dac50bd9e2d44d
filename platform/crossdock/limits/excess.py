"""One broken limit: which one, by which entry, and by how much."""

from __future__ import annotations

from msgspec import Struct

from crossdock.plural import counted


class Excess(Struct, frozen=True):
    """One broken limit.

    Args:
        limit: the name of the rule, such as ``kibo``.
        rule: which number of it, such as ``max_value``.
        key: the dictionary key of the entry; ``None`` if all entries together break it.
        by: by how much; ``None`` where that is no number (a type, a character).
        said: what is wrong, in words.
    """

    limit: str
    rule: str
    key: str | None
    by: int | None
    said: str

    def __str__(self) -> str:
        about = f"{self.key!r}: " if self.key is not None else ""
        return f"{about}{self.said} (limit {self.limit!r}, {self.rule})"


def too_much(found: int, most: int, what: str, unit: str, tail: str = "") -> str:
    """Say that something is over its limit, and by how much."""
    return f"{what} {counted(found, unit)}{tail}, {found - most:,} more than the {most:,} allowed"


def too_little(found: int, least: int, what: str, unit: str, tail: str = "") -> str:
    """Say that something is under its limit, and by how much."""
    return f"{what} {counted(found, unit)}{tail}, {least - found:,} less than the {least:,} required"
