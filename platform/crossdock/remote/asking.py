"""Asking for a page of records or for one record, as most remote systems answer: a JSON list, a JSON object."""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.errors import GoneError, RecordError
from crossdock.plugins.connector import Broken, RemoteItem, RemoteResponse, RemoteSession
from crossdock.remote.batch import Batch
from crossdock.remote.failure import RefusedError
from crossdock.remote.page import read_record, split_page

_GONE = frozenset({404, 410})


def fetch_page(
    session: RemoteSession,
    path: str,
    params: Mapping[str, str] | None = None,
    *,
    id_field: str = "id",
    modified_field: str | None = None,
    list_field: str | None = None,
    total_header: str | None = None,
    smaller: bool = False,
) -> Batch:
    """GET a list of records; an answer that is cut short is asked for again.

    ``id_field`` and ``modified_field`` are names at the top of a record; a modification time without a zone is UTC.
    ``list_field`` is the name under which the list stands, if the answer is an object around it.
    ``total_header`` is the header in which the remote system says how many records there are for this question, if it
    does: then an empty page among full ones does not pass for the end.
    ``smaller`` is what the readers say: whether they ask for fewer records if this takes too long.

    Raises:
        CrossdockError: there was no answer, or none that is a list.
    """

    def parse(answer: RemoteResponse) -> Batch:
        return split_page(answer.body, id_field, modified_field, list_field).told(answer, total_header)

    return session.read(path, parse, params, smaller=smaller)


def fetch_record(
    session: RemoteSession, path: str, remote_id: str, *, id_field: str = "id", modified_field: str | None = None
) -> RemoteItem:
    """GET the record of that id.

    Raises:
        GoneError: there is none (status 404 or 410).
        RecordError: what came is none, or another one.
        CrossdockError: there was no answer.
    """

    def parse(answer: RemoteResponse) -> RemoteItem | Broken:
        answer.json()  # a page for people is no broken record; it is asked for again
        return read_record(answer.body, id_field, modified_field)

    try:
        found = session.read(path, parse)
    except RefusedError as refusal:
        if refusal.status not in _GONE:
            raise
        raise GoneError(f"the remote system has no record {remote_id!r}: {refusal}") from None
    if isinstance(found, Broken):
        raise RecordError(f"record {remote_id!r}: {found.reason}", stage="parse")
    if found.remote_id != remote_id:
        message = f"asked for record {remote_id!r}, the remote system gave {found.remote_id!r}; is a cache before it?"
        raise RecordError(message, stage="fetch")
    return found
