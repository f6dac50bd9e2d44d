"""What giving ``customData`` anew means: the writer's own entries are replaced, everybody else's stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

Entries: TypeAlias = Mapping[str, dict[str, Any]]


def replace_own(
    before: Entries | None,
    given: Mapping[str, dict[str, Any] | None] | None,
    connection_id: str | None,
    flowed: Collection[str] = (),
) -> dict[str, dict[str, Any]]:
    """Return the entries that stand after a writer gave ``customData`` of a record or of one of its parts.

    What the writer owns and may write (its entries of modules ``x-``; for an operator the unowned ones) and did not
    give is gone. What others own, what a connector's mapping stashed and what a flow brought stays unless it is given.
    Whatever is given stands as given, others' entries too: an echo changes nothing, and anything else is for the guard
    to refuse.

    Args:
        before: the entries as they stand, by dictionary key; ``None`` is none. They are not changed.
        given: what the writer gave, by dictionary key; ``None`` for one entry takes it out, ``None`` for all is none.
        connection_id: the writer's; ``None`` is an operator.
        flowed: the dictionary keys of entries that a flow brought here.
    """
    own = f"{connection_id or ''}|x-"
    given = given or {}
    after = {
        key: given.get(key, entry)
        for key, entry in (before or {}).items()
        if key in given or key in flowed or not key.startswith(own)
    }
    return {key: entry for key, entry in {**after, **given}.items() if entry is not None}
