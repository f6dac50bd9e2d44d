"""What to do about a failure, by the stage at which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

_READ_AGAIN = ("fetch", "parse")
_MOST_IDS = 10
_REMEDIES = {
    "fetch": "Import it again:",
    "parse": "The remote system sent something unusable. If it does so no longer, import it again:",
    "map": "Correct the mapping in [connection.import.{type}.mapping], then retry; or the record in the remote system, "
    "and it comes again by itself.",
    "manipulate": "Correct the chain in [connection.import.{type}], or the record in the remote system; then retry.",
    "validate": "Correct the mapping line or the step that writes the field, then retry.",
    "drift": "Correct the mapping if need be, then: crossdock drift accept {connection}; then retry.",
    "store": "Correct what writes the refused value, then retry.",
    "audit": "Delete the record (crossdock records delete), or keep it and drop this entry; to retry keeps it, too.",
    "prove": "Please report this fault; the record can be imported without --prove.",
}


def remedies_for(stage: str, connection: str, record_type: str, remote_ids: Sequence[str | None]) -> tuple[str, ...]:
    """Say in a sentence how failures of one kind are mended, with a command where the remote system is to be asked.

    Many records, and those whose ids are unknown, are read again with all others.
    """
    remedy = _REMEDIES.get(stage, "Mend the cause, then retry.").format(connection=connection, type=record_type)
    if stage not in _READ_AGAIN:
        return (remedy,)
    known = [f"--id {quote(one)}" for one in remote_ids if one is not None]
    which = known if len(known) == len(remote_ids) <= _MOST_IDS else ["--full"]
    told = [remedy, " ".join(["crossdock", "import", connection, "--type", record_type, *which])]
    if None in remote_ids:
        told.append("An entry without an id does not leave by itself: look whether the record has come, then drop it.")
    return tuple(told)


def may_be_retried(stage: str) -> bool:
    """Say whether a stored payload can succeed once the cause is mended; not where it is itself what is broken."""
    return stage != "parse"
