"""Packs records for the store while they are at hand, so that a page need not keep their trees."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.errors import RecordError
from crossdock.records import carried_by, pack_record
from crossdock.store.imports.page import Incoming, Item, PackedItem, Parcel
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.clearance import Clearance
from crossdock.store.writes.follower import Follower
from crossdock.store.writes.searched import searched


def pack_items(
    actor: Actor, record_type: str, items: Sequence[Item], followers: Sequence[Follower] = ()
) -> list[PackedItem]:
    """Pack what an actor's import made of payloads, in their order; only incoming records have anything to pack."""
    packer = _Packer(actor, record_type, followers)
    return [packer.pack(item) if isinstance(item, Incoming) else item for item in items]


class _Packer:
    """Packs records of one type, made by one actor's import."""

    def __init__(self, actor: Actor, record_type: str, followers: Sequence[Follower]) -> None:
        self._actor = actor
        self._record_type = record_type
        self._clearance = Clearance(actor, record_type)
        self._followers = followers

    def pack(self, item: Incoming) -> Parcel:
        """Pack one record."""
        record = item.produced
        carried = carried_by(record)
        document, unfit = b"", None
        try:
            document = pack_record(record, carried)
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
            identity=record.get("remoteIdMap", {}).get(self._actor.connection_id),
            searched=searched(self._record_type, record),
            cleared_for=self._actor if self._clearance.is_clear(record, carried) else None,
            warnings=item.warnings,
            ignore=item.ignore,
            unfit=unfit,
            followed=any(follower.wants(self._record_type, record, carried) for follower in self._followers),
        )
