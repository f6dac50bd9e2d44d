"""Who owns custom data, and what is done with that of connections that are no longer configured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crossdock.cli.confirmation import confirm
from crossdock.cli.finding import writer
from crossdock.cli.output import print_fields, print_json, print_line, print_table
from crossdock.errors import ConfigError
from crossdock.plural import counted
from crossdock.store.ownership.handover import ClashError, Estate
from crossdock.store.ownership.owners import Owner
from crossdock.store.ownership.succession import OnConflict, Succession

if TYPE_CHECKING:
    from crossdock.cli.place import Place

_GONE = "(not configured)"
_WHAT = {
    "imports": "imported records",
    "cursors": "cursors",
    "quarantine": "payloads in quarantine",
    "erasures": "erased, kept out",
}


def show_owners(place: Place, *, as_json: bool) -> None:
    """Print who owns how much."""
    with place.store(create=False) as store:
        owners = store.owners.list()
    if as_json:
        print_json([_as_wire(one, place.names) for one in owners], place.redact)
    elif not owners:
        print_line("there is no custom data")
    else:
        columns = ("connection", "name", "entries", "records", "remote ids")
        rows = [_row(one, place.names) for one in owners]
        print_table(columns, rows, right=columns[2:], redact=place.redact)


def hand_over(place: Place, old: str, new: str, *, entries_only: bool, on_conflict: OnConflict, yes: bool) -> None:
    """Hand over what a connection owned that is gone, after a question.

    Raises:
        ConfigError: the old one is configured still, the new one is not, or both have something in one place.
    """
    taker = place.config.connection(new)
    gone = _gone(place, old)
    blocks = {name: tuple(one.name for one in found.mapping.blocks) for name, found in taker.imports.items()}
    succession = Succession(gone, taker.id, not entries_only, on_conflict, blocks)
    name = f"{taker.name!r}"
    done = _carry_out(place, succession, f"Hand this over from {gone} to {name}?", yes=yes)
    told = f"handed over from {gone} to {name}: {_sum(done)}"
    _record(place, taker.id, told)
    print_line(told, place.redact)


def delete_all(place: Place, owner: str, *, yes: bool) -> None:
    """Delete all entries of a connection that is gone, after a question.

    Raises:
        ConfigError: it is configured still, or owns nothing.
    """
    gone = _gone(place, owner)
    done = _carry_out(place, Succession(gone, None), f"Delete these entries of {gone}?", yes=yes)
    told = f"deleted of {gone}: {_sum(done)}"
    _record(place, gone, told)
    print_line(told, place.redact)


def _carry_out(place: Place, succession: Succession, question: str, *, yes: bool) -> Estate:
    with place.store(create=False) as store:
        found = store.handover.survey(succession)
        if found.nothing or not (found.entries or succession.identity):
            raise ConfigError(f"{succession.old} owns nothing here; crossdock customdata owners lists who does")
        _show(found, succession, place.names)
        if found.clashing:
            raise ClashError(found.clashes, found.clashing)
        confirm(question, yes=yes)
        return store.handover.carry_out(succession, writer(place, None))


def _record(place: Place, connection_id: str, told: str) -> None:
    with place.store(create=False) as store:
        store.handover.record(connection_id, f"{writer(place, None).name} {told}")


def _gone(place: Place, text: str) -> str:
    """Return the id of a connection that is no longer configured."""
    for connection_id, name in place.names.items():
        if text in (connection_id, name):
            raise ConfigError(
                f"connection {name!r} is configured, and would go on writing entries; take it out of "
                f"{str(place.file)!r} first"
            )
    if len(text) != 32 or not set(text) <= set("0123456789abcdef"):
        raise ConfigError(f"{text!r} is no id of a connection: crossdock customdata owners lists those that are gone")
    return text


def _show(found: Estate, succession: Succession, names: Mapping[str, str]) -> None:
    fields: list[tuple[str, object]] = [
        ("from", succession.old),
        ("to", succession.new and names[succession.new]),
        ("entries", f"{found.entries:,}"),
        ("on", _listed(found.records)),
        ("remote ids, links", f"{found.ids:,}" if succession.identity else None),
        *((_WHAT[table], f"{count:,}") for table, count in found.rows.items()),
    ]
    print_fields((name, value) for name, value in fields if value is not None)


def _sum(done: Estate) -> str:
    ids = f", {done.ids:,} remote ids and links" if done.ids else ""
    return f"{counted(done.entries, 'entry')}{ids} of {_listed(done.records)}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(counted(count, name) for name, count in counts.items()) or "no record"


def _row(owner: Owner, names: Mapping[str, str]) -> tuple[object, ...]:
    known, entries = owner.connection_id, owner.entries.total()
    name = "(unowned)" if known is None else names.get(known, _GONE)
    return known or "-", name, f"{entries:,}", f"{owner.records.total():,}", f"{owner.remote_ids.total():,}"


def _as_wire(owner: Owner, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "connectionId": owner.connection_id,
        "name": names.get(owner.connection_id or ""),
        "configured": owner.connection_id in names,
        "entries": dict(owner.entries),
        "records": dict(owner.records),
        "remoteIds": dict(owner.remote_ids),
    }
