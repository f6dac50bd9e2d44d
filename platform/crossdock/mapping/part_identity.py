"""What the id of a part would be had another connection mapped it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossdock.mapping.walk import known_as, part_id


def renamed_part(
    known: str,
    old: str,
    new: str,
    record_type: str,
    record_id: str,
    own_id: str | None,
    blocks: Iterable[str],
    places: int,
) -> str | None:
    """Find the id under which another connection's mapping would know a part; ``None`` if no mapping made it.

    Args:
        known: its id now.
        old: the connection that mapped it.
        new: the connection that shall have mapped it.
        record_type: the record's type.
        record_id: the record's remote id.
        own_id: the part's remote id, if it has one.
        blocks: what the blocks of the mapping are called.
        places: in how many places of a list it may have stood, where it has no id of its own.
    """
    was, becomes = (known_as(one, record_type, record_id) for one in (old, new))
    for ending in _endings(own_id, blocks, places):
        if part_id(f"{was}{ending}") == known:
            return part_id(f"{becomes}{ending}")
    return None


def _endings(own_id: str | None, blocks: Iterable[str], places: int) -> Iterator[str]:
    names = tuple(blocks)
    if own_id is not None:
        yield from (f"{name}|{own_id}" for name in names)
    yield from names
    yield from (f"{name}#{number}" for name in names for number in range(places))
