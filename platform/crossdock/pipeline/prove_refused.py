"""The proof that what a limit refused is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from crossdock.mapping.evaluation import value_at
from crossdock.mapping.leaves import pointer
from crossdock.mapping.mapped import Mapped
from crossdock.mapping.prove import same
from crossdock.pipeline.limiting import Limiter, RefusedEntry, shifted
from crossdock.records import Stash, Working, parse_json


def prove_refused(
    limiter: Limiter, entries: Sequence[RefusedEntry], payload: Working, kept: bytes, fresh: Mapped, finished: Mapped
) -> list[str]:
    """Check that what was refused is accounted for: out of the record, in the ledger, and still in the payload.

    Args:
        limiter: what refused it.
        entries: what it refused.
        payload: what was mapped.
        kept: the raw payload as it is stored.
        fresh: what the mapping alone makes of it; its ledger is proved.
        finished: what is stored.

    Returns:
        Nothing if it is proved, else one line for each finding.
    """
    fates = limiter.account(entries, fresh, payload)
    classes = Counter(fate.fate for fate in fates)
    expected = shifted(fresh.ledger, classes["mapped"], classes["stashed"], classes["empty"])
    found = []
    if expected != finished.ledger or not finished.ledger.balances:
        found.append(f"/: the ledger is {finished.ledger}, with what was refused it should be {expected}")
    stored = parse_json(kept)
    found += [
        f"{pointer(fate.path)}: it was refused, and the payload that is kept does not have it"
        for fate in fates
        if not same(value_at(stored, fate.path), fate.value)
    ]
    refused = {(one.place, one.excess.key) for one in entries if one.part == ()}
    holder = finished.record.get("customData", {})
    names = holder.expand() if type(holder) is Stash else holder
    found += [f"/: {name!r} was refused, and is there" for name in names if ("customData", name) in refused]
    return found
