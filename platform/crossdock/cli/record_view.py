"""How a record looks to a person: a page with fields, rows, custom data and what it is linked with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from crossdock.cli.output import Redact, print_fields, print_heading, print_line, print_table, shortened
from crossdock.customdata import split_dictionary_key
from crossdock.records import SUB_RECORDS, Working, dump_json

if TYPE_CHECKING:
    from crossdock.store import Linked

_HEAD = ("localId", "version", "created", "lastModified", "remoteIdMap", "remoteRefMap", "customData", "displayId")
_ENTRY = ("owner", "module", "key", "type", "value")
_NAME_LENGTH = 30


def show_record(record_type: str, record: Working, names: Mapping[str, str], redact: Redact) -> None:
    """Print a page about one record."""
    print_line(f"{record_type} {record.get('displayId') or record['localId']}", redact)
    print_fields(_head(record, names), redact=redact)
    print_heading("Fields")
    parts = SUB_RECORDS[record_type]
    print_fields(_fields({k: v for k, v in record.items() if k not in _HEAD and k not in parts}, names), redact=redact)
    for name, id_name in parts.items():
        if record.get(name):
            print_heading(name.capitalize())
            _print_parts(record[name], id_name, names, redact)
    _print_custom_data("Custom data", record, names, redact)
    for name, id_name in parts.items():
        for part in record.get(name, ()):
            _print_custom_data(f"Custom data of {_part_title(name, id_name, part)}", part, names, redact)


def show_linked(linked: Sequence[Linked]) -> None:
    """Print the records that a record is linked with, whichever of the two says so."""
    if linked:
        print_heading("Linked records")
        said = {"to": "named here", "from": "names this one"}
        rows = [(f"{one.record_type}/{one.local_id}", said[one.direction]) for one in linked]
        print_table(("record", "link"), rows, indent=2)


def _print_custom_data(title: str, holder: Working, names: Mapping[str, str], redact: Redact) -> None:
    if entries := holder.get("customData"):
        print_heading(redact(title))
        print_table(_ENTRY, _entry_rows(entries.items(), names), redact=redact, indent=2)


def _part_title(name: str, id_name: str, part: Working) -> str:
    called = part.get("name") or part.get("type") or part.get("method") or ""
    return f"{name}[{part[id_name]}]{called and f' ({shortened(called, _NAME_LENGTH)})'}"


def _head(record: Working, names: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    yield "localId", record["localId"]
    yield "version", f"{record['version']}, created {record['created']}, last modified {record['lastModified']}"
    for connection_id, remote_id in record.get("remoteIdMap", {}).items():
        reference = record.get("remoteRefMap", {}).get(connection_id)
        called = f", called {reference!r}" if reference and reference != remote_id else ""
        yield f"in {names.get(connection_id, connection_id)}", f"id {remote_id}{called}"


def _fields(part: Working, names: Mapping[str, str], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in part.items():
        if name.endswith("Map"):
            yield f"{prefix}{name}", ", ".join(f"{names.get(one, one)}: {id_}" for one, id_ in value.items())
        elif isinstance(value, dict):
            yield from _fields(value, names, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", shown(value)


def _print_parts(parts: Sequence[Working], id_name: str, names: Mapping[str, str], redact: Redact) -> None:
    flat = [dict(_fields({k: v for k, v in part.items() if k != "customData"}, names)) for part in parts]
    rest = dict.fromkeys(name for part in flat for name in part if name not in (id_name, "remoteIdMap"))
    columns = (*rest, "remoteIdMap", id_name)
    numbers = [name for name in columns if name.endswith(("Vat", "Amount", "quantity", "Percent", "amount"))]
    rows = [[part.get(name) for name in columns] for part in flat]
    print_table(columns, rows, right=numbers, redact=redact, indent=2)


def all_entries(record_type: str, record: Working) -> Iterator[tuple[str | None, str, Working]]:
    """Walk the custom data of a record and of its parts: the part (``rows[<rowId>]``), dictionary key and entry."""
    for key, entry in record.get("customData", {}).items():
        yield None, key, entry
    for name, id_name in SUB_RECORDS[record_type].items():
        for part in record.get(name, ()):
            for key, entry in part.get("customData", {}).items():
                yield f"{name}[{part[id_name]}]", key, entry


def show_entries(entries: Sequence[tuple[str | None, str, Working]], names: Mapping[str, str], redact: Redact) -> None:
    """Print custom data: a table of the record's own, and one for each of its parts that has any."""
    for part, found in groupby(entries, itemgetter(0)):
        if part is not None:
            print_heading(f"Custom data of {part}")
        print_table(_ENTRY, _entry_rows((one[1:] for one in found), names), redact=redact)


def _entry_rows(entries: Iterable[tuple[str, Working]], names: Mapping[str, str]) -> list[tuple[object, ...]]:
    return [
        (owner_of(key, names), entry["moduleId"], entry["key"], entry["type"], shortened(shown(entry["value"])))
        for key, entry in entries
    ]


def owner_of(dictionary_key: str, names: Mapping[str, str]) -> str:
    """Say who owns an entry: a connection's name, its id if it is configured no longer, or nobody."""
    owner = split_dictionary_key(dictionary_key)[0]
    return "(unowned)" if owner is None else names.get(owner, owner)


def shown(value: Any) -> str:
    """Write a value for a person: a text as it is, texts of a list with commas, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return dump_json(value).decode()
