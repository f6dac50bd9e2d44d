"""What to do about a failure, by the stage at which it happened."""

from __future__ import annotations

from shlex import quote

_REMEDIES = {
    "fetch": "Import the record again: {again}",
    "parse": "The remote system sent something unusable. If it does so no longer, import the record again: {again}",
    "map": "Correct the mapping in [connection.import.{type}.mapping], then retry.",
    "manipulate": "Correct the chain in [connection.import.{type}], or the record in the remote system; then retry.",
    "validate": "Correct the mapping line or the step that writes the field, then retry.",
    "drift": "Correct the mapping if need be, then: crossdock drift accept {connection}; then retry.",
    "store": "Correct what writes the refused value, then retry.",
    "audit": "Delete the record (crossdock records delete), or keep it and drop this entry; to retry keeps it, too.",
    "prove": "Please report this fault; the record can be imported without --prove.",
}


def remedy_for(stage: str, connection: str, record_type: str, remote_id: str | None) -> str:
    """Say in a sentence how a failure is mended; a record whose id is unknown is read again with all others."""
    remedy = _REMEDIES.get(stage, "Mend the cause, then retry.")
    which = "--full" if remote_id is None else f"--id {quote(remote_id)}"
    again = f"crossdock import {connection} --type {record_type} {which}"
    return remedy.format(connection=connection, type=record_type, again=again)
