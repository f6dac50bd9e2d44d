"""What happened to the entries of a record, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crossdock.cli.output import Redact, print_table, shortened
from crossdock.cli.record_view import owner_of, shown
from crossdock.store.reads.entry_history import EntryChange

if TYPE_CHECKING:
    from crossdock.records import Working
    from crossdock.store import Store

_COLUMNS = ("when", "who", "through", "entry", "old", "new")
_LONGEST_VALUE = 40
_PAGE = 500


def changes_of(store: Store, record_type: str, local_id: str, key: str | None) -> Iterator[EntryChange]:
    """Read the whole history of a record's entries, or of one of them.

    Args:
        store: where it is.
        record_type: of the record.
        local_id: which record.
        key: the dictionary key of one entry, or its bare key, whoever owns it.
    """
    whole = key if key is not None and "|" in key else None
    position, more = 0, True
    while more:
        page = store.entry_history.page(record_type, local_id, key=whole, after=position, limit=_PAGE)
        if page is None:
            return
        for change in page.changes:
            if key is None or whole or change.key is None or change.key.rpartition("|")[2] == key:
                yield change
        position, more = page.position, page.more


def show_changes(changes: Sequence[EntryChange], names: Mapping[str, str], redact: Redact) -> None:
    """Print the history, oldest first."""
    print_table(_COLUMNS, [_row(change, names) for change in changes], redact=redact)


def _row(change: EntryChange, names: Mapping[str, str]) -> tuple[object, ...]:
    when = change.changed[:19].replace("T", " ")
    who = change.actor_name or names.get(change.connection_id or "", change.connection_id or "")
    if change.actor_kind == "operator":
        who = f"operator {who}"
    through = change.through if change.run_id is None else f"{change.through}, run {change.run_id[:8]}"
    if change.key is None:
        return when, who, through, f"(the record was {change.event})", None, None
    owner, (_id, module, name) = owner_of(change.key, names), change.key.split("|")
    entry = f"{owner}|{module}|{name}" + (f" of {change.place}" if change.place else "")
    return when, who, through, entry, _value(change.old), _value(change.new)


def _value(entry: Working | None) -> str | None:
    if entry is None:
        return None
    return shortened(shown(entry["value"]), _LONGEST_VALUE) or '""'  # a value too, and no absence
