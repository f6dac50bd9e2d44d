"""Payloads, compressed: with a dictionary of what the payloads of a connection and record type have in common.

Most of a payload is names, and what every other one says too. With a dictionary of that it is compressed in half the
time to half the size. Nothing is lost by it:

- a dictionary is committed before anything is compressed with it, and it is never changed; if one goes, everything
  that was compressed with it is compressed anew in the same transaction, and whoever still has it in mind notices;
- a compressed payload names its dictionary in its own header, so all can be read whatever dictionaries come later;
- what was compressed without one stays readable as it is.

A dictionary outlives the payloads, so it holds only what many of them share. That may be the name of a person who has
many orders; if that person is erased, so is the dictionary.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update
from zstandard import (
    ZstdCompressionDict,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
    get_frame_parameters,
    train_dictionary,
)

from crossdock.errors import PermanentError
from crossdock.store.erasure.scan import rows_within
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import dictionaries, imports, quarantine

LEVEL = 1
FEWEST_SAMPLES = 50
_MOST_SAMPLES, _LONGEST_SAMPLE = 200, 16 * 1024  # making a dictionary takes some 20 ms, and never much longer
_SIZE = 32 * 1024
_SEGMENT, _MATCH = 1024, 8  # how it is put together; to try others out would take ten times as long

_THERE = select(dictionaries.c.dictionary_id).where(dictionaries.c.dictionary_id == bindparam("id"))


class MissingDictionaryError(PermanentError):
    """A payload was compressed with a dictionary that is not there."""

    def __init__(self, store: str, dictionary_id: int) -> None:
        super().__init__(
            f"the store {store!r} has lost dictionary {dictionary_id}, with which a payload was compressed; "
            "restore a backup"
        )


class Compression:
    """Compresses and decompresses the payloads of one store; shared by the threads of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current: dict[tuple[str, str], ZstdCompressionDict | None] = {}
        self._known: dict[int, ZstdCompressionDict] = {}
        self._decompressors = _Decompressors()

    def pack(self, connection_id: str, record_type: str, payloads: Sequence[bytes | None]) -> list[bytes]:
        """Compress the payloads of a page, in their order; of ``None`` comes nothing.

        The first page that is large enough gives the dictionary, in a transaction of its own.
        """
        samples = [payload for payload in payloads if payload is not None]
        if not samples:
            return [b""] * len(payloads)
        dictionary = self._dictionary(connection_id, record_type, samples)
        one = ZstdCompressor(level=LEVEL, dict_data=dictionary).compress
        return [b"" if payload is None else one(payload) for payload in payloads]

    def checked(self, connection: Connection, packed: list[bytes]) -> list[bytes]:
        """Make sure, in the transaction that writes what was packed just now, that it can be unpacked."""
        first = next(filter(None, packed), None)
        dictionary_id = 0 if first is None else get_frame_parameters(first).dict_id
        if not dictionary_id or self._database.run(connection, _THERE, (dictionary_id,)).first() is not None:
            return packed
        self._current.clear()
        return [one and _alone(self.unpack(one)) for one in packed]

    def drop(self, connection: Connection, dictionary_id: int) -> None:
        """Delete a dictionary, and compress without one whatever was compressed with it."""
        for table in (imports, quarantine):
            for row in rows_within(connection, table):
                packed = row.columns["payload"]
                if packed and get_frame_parameters(packed).dict_id == dictionary_id:
                    this = [column == value for column, value in zip(table.primary_key, row.key, strict=True)]
                    connection.execute(update(table).where(*this).values(payload=_alone(self.unpack(packed))))
        connection.execute(delete(dictionaries).where(dictionaries.c.dictionary_id == dictionary_id))
        self._current.clear()

    def unpack(self, packed: bytes) -> bytes:
        """Decompress a payload; not to be called inside a transaction.

        Raises:
            MissingDictionaryError: the dictionary that it was compressed with is gone.
        """
        dictionary_id = get_frame_parameters(packed).dict_id
        mine = self._decompressors.by_dictionary
        if dictionary_id not in mine:
            known = self._known_dictionary(dictionary_id) if dictionary_id else None
            mine[dictionary_id] = ZstdDecompressor(dict_data=known)
        return mine[dictionary_id].decompress(packed)

    def _known_dictionary(self, dictionary_id: int) -> ZstdCompressionDict:
        if dictionary_id not in self._known:
            content = self._read(dictionaries.c.dictionary_id == dictionary_id)
            if content is None:
                raise MissingDictionaryError(self._database.name, dictionary_id)
            self._known[dictionary_id] = ZstdCompressionDict(content)
        return self._known[dictionary_id]

    def _dictionary(self, connection_id: str, record_type: str, samples: Sequence[bytes]) -> ZstdCompressionDict | None:
        """Find the dictionary of a connection and record type, or make it."""
        key = connection_id, record_type
        if key not in self._current:
            content = self._read(
                dictionaries.c.connection_id == connection_id, dictionaries.c.record_type == record_type
            )
            if content is None and len(samples) < FEWEST_SAMPLES:
                return None  # a larger page may come
            found = ZstdCompressionDict(content) if content else self._make(connection_id, record_type, samples)
            if found is not None:
                found.precompute_compress(level=LEVEL)
                self._known[found.dict_id()] = found
            self._current[key] = found
        return self._current[key]

    def _read(self, *conditions: ColumnElement[bool]) -> bytes | None:
        query = select(dictionaries.c.content).where(*conditions).order_by(dictionaries.c.dictionary_id)
        with self._database.read() as connection:
            return connection.execute(query).scalars().first()

    def _make(self, connection_id: str, record_type: str, samples: Sequence[bytes]) -> ZstdCompressionDict | None:
        made = make_dictionary(samples[:_MOST_SAMPLES])
        if made is None:
            return None
        dictionary_id, content = made.dict_id(), made.as_bytes()
        taken = select(dictionaries.c.content).where(dictionaries.c.dictionary_id == dictionary_id)
        with self._database.write() as connection:
            held = connection.execute(taken).scalar_one_or_none()
            if held is None:
                connection.execute(
                    insert(dictionaries).values(
                        dictionary_id=dictionary_id,
                        connection_id=connection_id,
                        record_type=record_type,
                        content=content,
                    )
                )
        # The id is made of the content; by a rare chance another one has it, and then there is none.
        return made if held in (None, content) else None


class _Decompressors(threading.local):
    """One for each dictionary, which takes ten times as long to make as to use; each thread has its own."""

    def __init__(self) -> None:
        self.by_dictionary: dict[int, ZstdDecompressor] = {}


def _alone(payload: bytes) -> bytes:
    return ZstdCompressor(level=LEVEL).compress(payload)


def make_dictionary(samples: Sequence[bytes]) -> ZstdCompressionDict | None:
    """Make a dictionary of what one in twenty of these payloads has; ``None`` if that is too little to be of use."""
    pieces = [sample[:_LONGEST_SAMPLE].split(b",") for sample in samples]
    holders = Counter(piece for sample in pieces for piece in set(sample))
    least = max(3, len(samples) // 20)
    shared: list[bytes | bytearray | memoryview] = [
        b",".join(piece for piece in sample if holders[piece] >= least) for sample in pieces
    ]
    if sum(map(len, shared)) < _SIZE:
        return None
    try:
        return train_dictionary(_SIZE, shared, k=_SEGMENT, d=_MATCH)
    except ZstdError:
        return None
