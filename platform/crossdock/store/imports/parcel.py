"""Packs records for the store one by one, while they are at hand, so that a page need not keep their trees."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.errors import RecordError
from crossdock.records import Working, pack_record
from crossdock.store.imports.page import Incoming, Item, PackedItem, Parcel
from crossdock.store.writes import guard
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.follower import Follower
from crossdock.store.writes.merge import has_distinct_parts
from crossdock.store.writes.searched import searched


def pack_item(actor: Actor, record_type: str, item: Item, followers: Sequence[Follower] = ()) -> PackedItem:
    """Pack what an actor's import made of one payload; only an incoming record has anything to pack."""
    if not isinstance(item, Incoming):
        return item
    record = item.produced
    document, unfit = b"", None
    try:
        document = pack_record(record)
    except UnicodeEncodeError as error:
        unfit = RecordError(f"text that cannot be stored: {error}", stage="store")
    return Parcel(
        remote_id=item.remote_id,
        modified=item.modified,
        digest=item.digest,
        config_hash=item.config_hash,
        payload=item.payload,
        ledger=item.ledger,
        document=document,
        identity=record.get("remoteIdMap", {}).get(actor.connection_id),
        searched=searched(record_type, record),
        cleared_for=actor if _is_clear(actor, record_type, record) else None,
        warnings=item.warnings,
        ignore=item.ignore,
        unfit=unfit,
        followed=any(follower.wants(record_type, record) for follower in followers),
    )


def _is_clear(actor: Actor, record_type: str, record: Working) -> bool:
    return guard.carries_only_own(actor, record_type, record) and has_distinct_parts(record_type, record)
