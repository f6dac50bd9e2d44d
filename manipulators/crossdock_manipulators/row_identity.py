"""The id of a row that a manipulator adds: the same at every run, so that the row is known again."""

from __future__ import annotations

from hashlib import blake2b

from crossdock import Setup, Working


def row_id(setup: Setup, record: Working, text: str) -> str:
    """Derive a ``rowId`` from the connection, the order's id there, and what the row is.

    A second row of the same kind in one order gets another id.
    """
    remote = record.get("remoteIdMap", {}).get(setup.connection_id, record.get("displayId", ""))
    taken = {row.get("rowId") for row in record.get("rows", ())}
    count = 1
    while (found := _digest(setup.connection_id, remote, f"{text}#{count}")) in taken:
        count += 1
    return found


def _digest(*parts: str) -> str:
    joined = "".join(f"{len(part)}:{part}" for part in parts)  # lengths keep ("a", "bc") and ("ab", "c") apart
    return blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
