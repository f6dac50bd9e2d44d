"""The id of a row that code adds: the same at every run, so that the row is known again."""

from __future__ import annotations

from hashlib import blake2b

from crossdock.records.wire import Working


def row_id(connection_id: str, record: Working, text: str) -> str:
    """Derive a ``rowId`` from the connection, the order's id there, and what the row is.

    For a row that a manipulator or a connector's ``finish`` adds. ``text`` says what the row is, such as its remote id;
    a second row with the same text in one order gets another id.
    """
    remote = record.get("remoteIdMap", {}).get(connection_id, record.get("displayId", ""))
    taken = {row.get("rowId") for row in record.get("rows", ())}
    count = 1
    while (found := _digest(connection_id, remote, f"{text}#{count}")) in taken:
        count += 1
    return found


def _digest(*parts: str) -> str:
    joined = "".join(f"{len(part)}:{part}" for part in parts)  # lengths keep ("a", "bc") and ("ab", "c") apart
    return blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
