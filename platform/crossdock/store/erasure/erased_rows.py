"""What becomes of each row of the store when a person is erased: what is written anew, and what goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from zstandard import ZstdCompressor

from crossdock.records import Working, dump_json, pack_record, parse_json, unpack_record
from crossdock.records.personal import ERASED
from crossdock.store.erasure.belongings import Belongings, Standing
from crossdock.store.erasure.erasure import Erasure
from crossdock.store.erasure.person import Person
from crossdock.store.erasure.scan import Row, Unpack, is_compressed, texts
from crossdock.store.events.event_body import rewrite_body

_PAYLOADS = ("quarantine", "deliveries")
# The columns that change, with their new values; none if nothing does. ``None``: the row goes.
Outcome: TypeAlias = dict[str, Any] | None


class RowErasure(Struct, frozen=True):
    """Erases a person from rows.

    Args:
        person: by what they are looked for.
        belongings: what is theirs.
        unpack: decompresses a payload.
        now: UTC text.
    """

    person: Person
    belongings: Belongings
    unpack: Unpack
    now: str

    @property
    def erasure(self) -> Erasure:
        """Erases the person from what is in the rows."""
        return Erasure(self.person)

    def record(self, record_type: str, local_id: str, record: Working) -> Working:
        """Copy a record, wire-level, without the person."""
        if (record_type, local_id) in self.belongings.records:
            return self.erasure.record(record_type, record)
        return self.erasure.mentions(record, self.person.everywhere)

    def is_left(self, row: Row) -> bool:
        """Say whether a row tells of the person what it may not."""
        standing = self.belongings.standing(row)
        return any(self._tells(standing, value) for value in row.columns.values())

    def outcome(self, row: Row) -> Outcome:
        """Decide what becomes of a row, of any table but that of the records."""
        standing = self.belongings.standing(row)
        # What has no identity and tells of the person is theirs whole.
        whole = standing == "own" or (row.table.name in _PAYLOADS and standing == "free" and self.is_left(row))
        made = self._of_own(row) if whole else {}
        if made is None:
            return None
        columns = {**row.columns, **made}
        for column in row.table.columns:
            if not self._tells(standing, value := columns[column.name]):
                continue
            blotted = None if column.primary_key else self._blot(row, standing, column.name, value)
            if self._tells(standing, blotted):
                blotted = None
            if blotted is None and not column.nullable:
                return None
            columns[column.name] = blotted
        return {name: value for name, value in columns.items() if value != row.columns[name]}

    def _tells(self, standing: Standing, value: Any) -> bool:
        tells = self.person.is_meant if standing == "others" else self.person.is_told
        return any(map(tells, texts(value, self.unpack)))

    def _of_own(self, row: Row) -> Outcome:
        """Decide what becomes of a row of the person, whatever it says."""
        columns = row.columns
        made: Outcome = {}
        match row.table.name:
            case "imports":
                made = self._import(columns)
            case "quarantine":
                made = None
            case "deliveries":
                made = {"payload": None, "error": None, "processed": columns["processed"] or self.now}
            case "history":
                made = self._history(columns)
            case "outbox":
                made = {"body": self._event(columns["record_type"], columns["body"])}
            case "answers":
                made = {"document": self.erasure.packed(columns["record_type"], columns["document"])}
        return made

    def _import(self, columns: Mapping[str, Any]) -> Outcome:
        """Forget a payload; of a remote record that was never stored, nothing is left."""
        if columns["local_id"] is None or self.erasure.tells(columns["remote_id"]):
            return None
        produced = columns["produced"]
        if produced is not None:
            produced = self.erasure.packed(columns["record_type"], produced).decode()
        return {"payload": None, "digest": None, "config_hash": None, "produced": produced}

    def _history(self, columns: Mapping[str, Any]) -> Outcome:
        erasure, record_type, path = self.erasure, columns["record_type"], columns["path"]
        values = {name: erasure.change(record_type, path, parse_json(columns[name])) for name in ("old", "new")}
        return {"path": erasure.path(path), **{name: dump_json(value).decode() for name, value in values.items()}}

    def _event(self, record_type: str, body: bytes) -> bytes:
        def facts(event: Any) -> Any:
            for one in event["data"].get("changes", ()):
                for name in ("old", "new"):
                    one[name] = self.erasure.change(record_type, one["path"], one[name])
                one["path"] = self.erasure.path(one["path"])
            return event

        return rewrite_body(body, facts, lambda document: self.erasure.packed(record_type, document))

    def _blot(self, row: Row, standing: Standing, name: str, value: Any) -> Any:
        """Blot out of one column what may not stay."""
        pattern = self.person.everywhere if standing == "others" else self.person.telling
        if (row.table.name, name) == ("outbox", "body"):
            blot = self.erasure.json
            return rewrite_body(value, lambda event: blot(event, pattern), lambda one: self._document(one, pattern))
        text = isinstance(value, str)
        raw = value.encode("utf-8", "surrogatepass") if text else bytes(value)
        if name in ("produced", "document"):
            made = self._document(raw, pattern)
        elif is_compressed(raw):
            made = ZstdCompressor().compress(self._json(self.unpack(raw), pattern))
        else:
            made = self._json(raw, pattern)
        return made.decode("utf-8", "surrogatepass") if text else made

    def _document(self, document: bytes | str, pattern: re.Pattern[str]) -> bytes:
        return pack_record(self.erasure.mentions(unpack_record(document), pattern))

    def _json(self, raw: bytes, pattern: re.Pattern[str]) -> bytes:
        """Blot it out of JSON, or of what is none."""
        try:
            return dump_json(self.erasure.json(parse_json(raw), pattern))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            text = raw.decode("utf-8", "surrogateescape")
            return pattern.sub(ERASED, text).encode("utf-8", "surrogateescape")
