"""Answers to requests that may come twice: who repeats one gets the answer again, and nothing is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, select, update

from crossdock.errors import CrossdockError
from crossdock.records import pack_record, unpack_record
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import answers
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.direct import After, Written, write_record
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import Follower

KEPT = timedelta(hours=24)


class Request(Struct, frozen=True):
    """What tells one request from another: who sent it, the key it came with, and the digest of all of it."""

    token_id: str
    key: str
    digest: bytes


class KeyReusedError(CrossdockError):
    """A key came again with another request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key!r} came before with another request; each request needs a key of its own")


class Answers:
    """Creates records once per request; an answer is kept for :data:`KEPT`, in the record's own transaction."""

    def __init__(self, database: Database, clock: Clock, followers: Sequence[Follower]) -> None:
        self._database = database
        self._clock = clock
        self._followers = followers

    def create(self, actor: Actor, record_type: str, after: After, request: Request) -> Written:
        """Create a record; for a request that was answered before, return what it made then, with ``changed`` false.

        Of two equal requests at once, the second waits for the first. A request that fails leaves no answer.

        Raises:
            KeyReusedError: the key came before with another request.
            OwnershipError: the record carries what the actor does not own.
            RecordError: the record is not valid, or its remote id is taken.
        """
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(delete(answers).where(answers.c.answered < to_text(now - KEPT)))
            if not _claim(connection, record_type, request, to_text(now)):
                return _again(connection, request)
            door = Door(self._database, actor, record_type, now=to_text(now), run_id=None, followers=self._followers)
            written = write_record(connection, door, None, after, None)
            answer = {"local_id": written.local_id, "version": written.version, "document": pack_record(written.record)}
            connection.execute(update(answers).where(*_is(request)).values(answer))
            return written


def _claim(connection: Connection, record_type: str, request: Request, now: str) -> bool:
    """Take the key, or find it taken."""
    row = insert(answers).values(
        token_id=request.token_id,
        idempotency_key=request.key,
        request=request.digest,
        record_type=record_type,
        local_id="",
        version=0,
        document=b"",
        answered=now,
    )
    return connection.execute(row.on_conflict_do_nothing()).rowcount == 1


def _again(connection: Connection, request: Request) -> Written:
    row = connection.execute(select(answers).where(*_is(request))).one()
    if row.request != request.digest:
        raise KeyReusedError(request.key)
    return Written(row.local_id, row.version, changed=False, record=unpack_record(row.document))


def _is(request: Request) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return answers.c.token_id == request.token_id, answers.c.idempotency_key == request.key
