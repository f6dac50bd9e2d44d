"""Entries of custom data as the command line reads and writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from crossdock.cli.record_view import all_entries, owner_of
from crossdock.customdata import dictionary_key, split_dictionary_key
from crossdock.customdata.entry import ENTRY
from crossdock.errors import ConfigError
from crossdock.records import SUB_RECORDS, Working, parse_json
from crossdock.suggestion import closest

if TYPE_CHECKING:
    from crossdock.cli.place import Place

# The part that carries it (``None``: the record), the dictionary key and the entry.
Found: TypeAlias = tuple[str | None, str, Working]
Change: TypeAlias = Callable[[Working], None]


def entries_of(record_type: str, record: Working, row: str | None, *, whole: bool = True) -> list[Found]:
    """List the entries of one part, or without ``row`` those of the record and (``whole``) of all its parts.

    Raises:
        ConfigError: the record has no such part.
    """
    if row is not None:
        part = _part(record_type, record, row)
        return [(row, key, entry) for key, entry in part.get("customData", {}).items()]
    return [found for found in all_entries(record_type, record) if whole or found[0] is None]


def entry_called(entries: Sequence[Found], key: str, place: Place, as_: str | None) -> Found:
    """Return the entry that KEY names: by its dictionary key, or by its bare key where only one entry has it.

    Raises:
        ConfigError: there is none, or several; says which was probably meant.
    """
    if "|" in key:
        wanted = full_key(key, place, as_)
        matches = [found for found in entries if found[1] == wanted]
    else:
        matches = [found for found in entries if found[2]["key"] == key]
    own = [found for found in matches if found[0] is None]
    matches = own or matches
    if len(matches) == 1:
        return matches[0]
    if not matches:
        known = [found[1] if "|" in key else found[2]["key"] for found in entries]
        meant = closest(key, known)
        hint = f"did you mean {meant!r}?" if meant else "crossdock customdata list shows what there is"
        raise ConfigError(f"there is no entry {key!r} here; {hint}")
    listing = ", ".join(f"{one!r}" + (f" of {part}" if part else "") for part, one, _entry in matches)
    raise ConfigError(f"several entries are called {key!r}; say which, with --row for a part's: {listing}")


def full_key(key: str, place: Place, as_: str | None) -> str:
    """Complete KEY to a dictionary key; a connection's name may stand for its id.

    Raises:
        ConfigError: it has not the form of one.
    """
    parts = key.split("|")
    if len(parts) == 2 and as_ is not None:
        return dictionary_key(place.config.connection(as_).id, *parts)
    if len(parts) != 3 or not parts[1]:  # a remote field may have the empty name, and so its entry
        hint = "" if as_ else ", or 'MODULE|KEY' together with --as CONNECTION"
        raise ConfigError(
            f"{key!r} is no key of an entry; write 'CONNECTION|MODULE|KEY', '|MODULE|KEY' for an unowned entry{hint}"
        )
    owner, module_id, name = parts
    ids = {name: id_ for id_, name in place.names.items()}
    return dictionary_key(ids.get(owner, owner), module_id, name)


def make_entry(key: str, type_: str, text: str) -> Working:
    """Build the entry that stands under a dictionary key, its value read from text.

    Raises:
        ConfigError: the text is no value of this type, or the key has parts that no entry may have.
    """
    owner, module_id, name = split_dictionary_key(key)
    entry: Working = {"connectionId": owner} if owner else {}
    entry |= {"moduleId": module_id, "key": name, "type": type_, "value": _value(type_, text)}
    try:
        ENTRY.validate_python(entry)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            raise ConfigError(_refusal(str(problem["loc"][-1]), entry)) from error
    return entry


def _value(type_: str, text: str) -> Any:
    if type_ == "bool" and text in ("true", "false"):
        return text == "true"
    if type_ != "json":
        return text
    from crossdock.mistake import shortened
    from crossdock.pipeline.payload import duplicate_names

    found = shortened(text)
    try:
        value = parse_json(text)
        twice = duplicate_names(text.encode())
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{found} is no JSON: {error}; a text in JSON stands in double quotes") from error
    if twice:
        names = ", ".join(map(repr, dict.fromkeys(twice)))
        raise ConfigError(f"{found} has {names} twice in one object; write each name once")
    return value


def _refusal(field: str, entry: Mapping[str, Any]) -> str:
    if field == "connectionId":
        return (
            f"{entry[field]!r} is no connection: neither the name of a configured one nor an id of 32 hexadecimal "
            "digits"
        )
    if field == "moduleId":
        return f"{entry[field]!r} is no module; one of your own begins with 'x-', such as 'x-crm'"
    wanted = {"bool": "true or false", "integer": "a whole number", "decimal": "a number such as 12.50"}
    return f"{entry['value']!r} is no value of type {entry['type']}; write {wanted.get(entry['type'], 'a text')}"


def put(key: str, entry: Working) -> Change:
    """Make the change that writes one entry."""
    return lambda entries: entries.update({key: entry})


def take_out(key: str) -> Change:
    """Make the change that deletes one entry; one that is gone already is no trouble."""

    def change(entries: Working) -> None:
        entries.pop(key, None)

    return change


def changed(record_type: str, record: Working, row: str | None, change: Change) -> Working:
    """Apply a change to the entries of a record or of one of its parts, and return the record.

    Raises:
        ConfigError: the record has no such part.
    """
    holder = record if row is None else _part(record_type, record, row)
    change(holder.setdefault("customData", {}))
    return record


def as_wire(found: Found, names: Mapping[str, str]) -> Working:
    """Make the JSON of an entry in a list: the entry itself, where it stands, and its owner's name."""
    part, key, entry = found
    return {"part": part, "dictionaryKey": key, "owner": owner_of(key, names), **entry}


def _part(record_type: str, record: Working, part_id: str) -> Working:
    known: list[str] = []
    for name, id_name in SUB_RECORDS[record_type].items():
        parts: list[Working] = record.get(name, [])
        for part in parts:
            if part[id_name] == part_id:
                return part
            known.append(part[id_name])
    listing = f"; it has {', '.join(known)}" if known else "; it has no parts"
    raise ConfigError(
        f"{record_type} {record.get('displayId') or record['localId']!r} has no part {part_id!r}{listing}"
    )
