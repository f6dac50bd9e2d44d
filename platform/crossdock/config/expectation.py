"""What a configuration test expects of a record, value by value: ``rows[0].sku``, ``customData[meta._source]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from crossdock.config.scope import Scope
from crossdock.customdata import dictionary_key
from crossdock.customdata.sameness import same
from crossdock.records import SUB_RECORDS, Working, parse_json
from crossdock.records.fields import RecordField, UnknownFieldError, find_field
from crossdock.toml import Place

_PART = re.compile(r"(\w+)\[(\d{1,6})\](?:\.(.+))?", re.DOTALL)
_ENTRY = re.compile(r"customData\[(.+)\]", re.DOTALL)
_ENTRIES = "customData"


class Owner(Struct, frozen=True):
    """Whose custom data is meant where only a key is given: the tested connection's, of its connector's module."""

    connection_id: str
    module_id: str

    def entry_key(self, text: str) -> str:
        """Complete ``key`` or ``module|key`` to the key of the dictionary.

        Raises:
            ValueError: it has too many parts.
        """
        match text.split("|"):
            case [key]:
                return dictionary_key(self.connection_id, self.module_id, key)
            case [module, key]:
                return dictionary_key(self.connection_id, module, key)
            case [_, _, _]:
                return text
        message = f"{text!r} is no key of custom data; write key, module|key or owner|module|key"
        raise ValueError(message)


class Expectation(Struct, frozen=True):
    """One value that a record should have.

    Args:
        name: as a person writes it: ``rows[0].sku``.
        parts: the name of the list of parts that it stands in, or ``None``: the record itself.
        position: which part, from 0.
        field: the field, or ``None``: an entry of custom data.
        entry: the dictionary key of the entry.
        value: what should stand there, as TOML gave it; ``None``: nothing.
        place: where it is expected, for messages.
        count: how many parts there should be; then ``parts`` alone is meant.
    """

    name: str
    parts: str | None
    position: int
    field: RecordField | None
    entry: str | None
    value: Any
    place: Place
    count: int | None = None

    def actual(self, record: Working) -> Any:
        """Look up what stands there; of an entry, all of it; ``None`` for nothing."""
        holder: Any = record
        if self.parts is not None:
            there = record.get(self.parts) or []
            if self.count is not None:
                return len(there)
            if self.position >= len(there):
                return None
            holder = there[self.position]
        if self.field is None:
            return holder.get(_ENTRIES, {}).get(self.entry)
        for step in self.field.text.rpartition("[].")[2].split("."):
            holder = holder.get(step) if isinstance(holder, dict) else None
        return holder

    def is_met(self, actual: Any) -> bool:
        """Tell whether what stands there is what was expected."""
        if self.count is not None or self.value is None or actual is None:
            return bool(actual == (self.count if self.count is not None else self.value))
        if self.field is None:
            return _entry_is(self.value, actual)
        return _field_is(self.field, self.value, actual)


def _field_is(field: RecordField, value: Any, actual: Any) -> bool:
    if field.kind == "decimal":  # 10 and 10.00 are the same amount
        return bool(field.coerce(value) == field.coerce(actual))
    return same(_plain(field.coerce(value)), _plain(actual))


def _plain(value: Any) -> Any:
    """Write numbers inside lists and tables as the wire does."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value


def _entry_is(value: Any, entry: Mapping[str, Any]) -> bool:
    kind, found = entry["type"], entry["value"]
    if kind == "json":
        return same(parse_json(value) if isinstance(value, str) and is_json(value) else value, found)
    if kind in ("integer", "decimal"):
        number = type(value) is int if kind == "integer" else isinstance(value, int | Decimal)
        return number and not isinstance(value, bool) and Decimal(str(found)) == value
    return same(value, found)


def is_json(text: str | bytes) -> bool:
    """Tell whether a text is JSON."""
    try:
        parse_json(text)
    except (ValueError, RecursionError):
        return False
    return True


class ExpectationReader(Struct):
    """Reads ``expect`` and ``absent`` of one test; what is wrong is said to the scope."""

    scope: Scope
    record_type: str
    owner: Owner

    def expected(self, table: Mapping[str, Any]) -> Iterator[Expectation]:
        """Walk the values of ``expect``; tables are looked into as far as the record has them, too."""
        yield from self._table(table, "", ("expect",))

    def absent(self, names: tuple[str, ...]) -> Iterator[Expectation]:
        """Walk the places at which nothing should stand."""
        for position, name in enumerate(names):
            if (found := self._read(name, None, ("absent", position))) is not None:
                yield found

    def _table(self, table: Mapping[str, Any], prefix: str, path: tuple[str | int, ...]) -> Iterator[Expectation]:
        for key, value in table.items():
            name, at = f"{prefix}{key}", (*path, key)
            if key == _ENTRIES or key.endswith(f".{_ENTRIES}"):
                yield from self._entries(name, value, at)
            elif name in SUB_RECORDS[self.record_type]:
                yield from self._parts(name, value, at)
            elif isinstance(value, dict) and self._is_object(name):
                yield from self._table(value, f"{name}.", at)
            elif (found := self._read(name, value, at)) is not None:
                yield found

    def _parts(self, name: str, parts: object, path: tuple[str | int, ...]) -> Iterator[Expectation]:
        """Expect so many parts, and of each what is listed."""
        if not isinstance(parts, list):
            self.scope.say(path, f'{name!r} must be a list, a table for each; or write "{name}[0]" for the first')
            return
        place = self.scope.place(path)
        yield Expectation(f"number of {name}", name, 0, None, None, None, place, count=len(parts))
        for position, part in enumerate(parts):
            if isinstance(part, dict):
                yield from self._table(part, f"{name}[{position}].", (*path, position))
            else:
                self.scope.say(
                    (*path, position), f"each of {name!r} must be a table of fields, such as {{ sku = ... }}"
                )

    def _entries(self, name: str, entries: object, path: tuple[str | int, ...]) -> Iterator[Expectation]:
        if not isinstance(entries, dict):
            self.scope.say(path, f'{name!r} must be a table of keys and values, such as {{ "meta._source" = "app" }}')
            return
        for key, value in entries.items():
            found = self._read(f"{name}[{key}]", value, (*path, key))
            if found is not None:
                yield found

    def _is_object(self, name: str) -> bool:
        inner = _PART.fullmatch(name)
        if inner is not None and inner[3] is None:
            return inner[1] in SUB_RECORDS[self.record_type]
        try:
            return find_field(self.record_type, _generic(name)).kind == "object"
        except UnknownFieldError:
            return False

    def _read(self, name: str, value: Any, path: tuple[str | int, ...]) -> Expectation | None:
        found = _PART.fullmatch(name)
        parts, position, inner = None, 0, name
        if found and found[1] in SUB_RECORDS[self.record_type] and found[3]:
            parts, position, inner = found[1], int(found[2]), found[3]
        place = self.scope.place(path)
        if entry := _ENTRY.fullmatch(inner):
            try:
                key = self.owner.entry_key(entry[1])
            except ValueError as error:
                self.scope.say(path, str(error))
                return None
            return Expectation(name, parts, position, None, key, value, place)
        field = self._field(name, path)
        if field is None:
            return None
        if isinstance(value, datetime):
            value = value.isoformat()
        if (refused := _refused(field, value)) is not None:
            self.scope.say(path, f"{name!r} can never be {value!r}: {refused}")
            return None
        return Expectation(name, parts, position, field, None, value, place)

    def _field(self, name: str, path: tuple[str | int, ...]) -> RecordField | None:
        generic = _generic(name)
        try:
            return find_field(self.record_type, generic)
        except UnknownFieldError as error:
            numbered = f"; write rows[0] for the first of a list, not {error.suggestion}" if _lists(error) else ""
            hint = f"; did you mean {error.suggestion!r}?" if error.suggestion and not numbered else numbered
            allowed = "" if hint else f"; allowed there: {', '.join(error.allowed)}"
            message = f"{self.record_type} has no field {name!r}{hint}{allowed}"
            at = self.scope.document.key_place((*self.scope.path, *path))
            self.scope.problems.append(at.problem(message))
        return None


def _lists(error: UnknownFieldError) -> bool:
    return error.suggestion is not None and "[]" in error.suggestion


def _generic(name: str) -> str:
    return re.sub(r"\[\d+\]", "[]", name)


def _refused(field: RecordField, value: Any) -> str | None:
    return None if value is None else field.problem(field.coerce(value))
