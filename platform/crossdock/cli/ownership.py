"""What the ownership of custom data stands in the way of, in words with the names of connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from crossdock.customdata import split_dictionary_key
from crossdock.errors import OwnershipError
from crossdock.records import SUB_RECORDS, Working
from crossdock.store import Actor


def explain(actor: Actor, error: OwnershipError, names: Mapping[str, str]) -> str:
    """Say what a refused write touched: every key, a line each, with its owner."""
    lines = [f"refused, and nothing was changed: {actor.kind} {actor.name!r} may not"]
    for offence in error.offences:
        if offence.unmade:
            owner = "nobody's: only connections have entries of connectors"
        elif offence.owner is None:
            owner = "unowned: only the operator writes it"
        else:
            owner = f"owned by connection {names.get(offence.owner, offence.owner)!r}"
        lines.append(f"  {offence.tried} {offence.place} ({owner})")
    lines.append(error.remedy("let its owner write it (--as), or do it as the operator (without --as)"))
    return "\n".join(lines)


def claims(record_type: str, record: Working, names: Mapping[str, str]) -> str:
    """Say which connections have custom data on a record or its parts, and how much; nothing if none has."""
    parts = [part for name in SUB_RECORDS[record_type] for part in record.get(name, ())]
    owners: Counter[str] = Counter()
    for holder in (record, *parts):
        for key in holder.get("customData", ()):
            if owner := split_dictionary_key(key)[0]:
                owners[names.get(owner, owner)] += 1
    return ", ".join(f"{count} of {owner}" for owner, count in owners.items())
