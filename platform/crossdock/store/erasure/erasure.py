"""What becomes of the store's rows when a person is erased: one row in, the same without the person out.

Of what is the person's own, every field that is marked as personal is replaced, custom data about them goes, and what
says who they are is blotted out of all other texts. Amounts, times, statuses and identities stay. Of what is others',
the person's e-mail address is blotted out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any

from crossdock.records import Working, dump_json, pack_record, unpack_record
from crossdock.records.fields import RecordField, all_fields
from crossdock.records.personal import ERASED
from crossdock.store.erasure.person import Person
from crossdock.store.erasure.scan import readings

_ENTRIES = "customData"
_IDS = re.compile(r"\[[0-9a-f]{32}\]")
_EMAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")


class Erasure:
    """Erases one person from what it is shown."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def record(self, record_type: str, record: Working) -> Working:
        """Copy a record of the person, wire-level, without them."""
        return self._holder(_fields(record_type), record, "", on_record=True)

    def packed(self, record_type: str, document: bytes | str) -> bytes:
        """Write a packed record of the person without them."""
        return pack_record(self.record(record_type, unpack_record(document)))

    def change(self, record_type: str, path: str, value: Any) -> Any:
        """Copy one value of the history of a record of the person without them."""
        fields, text = _fields(record_type), _IDS.sub("[]", path)
        if type(value) is not dict:
            # A key of a map by connection stands for the whole map.
            return self._value(fields, text.removesuffix("[]") if text.endswith("Map[]") else text, value)
        if f"{_ENTRIES}[" in path:
            return self._entry(value, on_record=path.startswith(_ENTRIES))
        if not text or text.endswith("[]"):
            return self._holder(fields, value, f"{text}." if text else "", on_record=not text)
        return self._value(fields, text, value)

    def own_text(self, text: str) -> str:
        """Blot out whatever says who the person is."""
        return self.person.telling.sub(ERASED, text)

    def json(self, value: Any, pattern: re.Pattern[str]) -> Any:
        """Copy a JSON value with everything blotted out that a pattern finds, in names as well."""
        if type(value) is str:
            return pattern.sub(ERASED, value)
        if type(value) is list:
            return [self.json(one, pattern) for one in value]
        if type(value) is dict:
            return {pattern.sub(ERASED, name): self.json(one, pattern) for name, one in value.items()}
        return value

    def mentions(self, record: Working, pattern: re.Pattern[str]) -> Working:
        """Copy a record that is another's, wire-level, without what a pattern finds of the person in it."""
        made: Working = {}
        for name, value in record.items():
            if name == _ENTRIES:
                made[name] = {key: entry for key, entry in value.items() if not self._mentions(entry, pattern)}
            elif type(value) is list:
                made[name] = [self._item_without(one, pattern) for one in value]
            else:
                made[name] = self.json(value, pattern)
        return made

    def _item_without(self, item: Any, pattern: re.Pattern[str]) -> Any:
        return self.mentions(item, pattern) if type(item) is dict else self.json(item, pattern)

    def path(self, path: str) -> str:
        """Blot the person out of the key of an entry that a path ends with."""
        head, entries, key = path.partition(f"{_ENTRIES}[")
        return f"{head}{entries}{self.person.everything.sub(ERASED, key)}" if key else path

    def tells(self, remote_id: str) -> bool:
        """Say whether a remote id tells who the person is."""
        return self.person.is_told(remote_id)

    def _holder(self, fields: Mapping[str, RecordField], holder: Working, prefix: str, *, on_record: bool) -> Working:
        made = {}
        for name, value in holder.items():
            if name == _ENTRIES:
                made[name] = {
                    key: entry for key, entry in value.items() if not self._is_personal(entry, on_record=on_record)
                }
            else:
                made[name] = self._value(fields, prefix + name, value)
        return {name: value for name, value in made.items() if value != {} or holder[name] == {}}

    def _value(self, fields: Mapping[str, RecordField], text: str, value: Any) -> Any:
        field = fields.get(text)
        made = value
        match value:
            case _ if field is None:
                pass  # such as the ids of rows whose order has changed
            case str() if field.personal:
                made = ERASED if value else value
            case str() if field.kind in ("string", "map"):
                made = self.own_text(value)
            case dict() if field.kind == "map":
                made = {} if field.personal else {name: one for name, one in value.items() if not self.tells(one)}
            case dict():
                made = self._holder(fields, value, f"{text}.", on_record=False)
            case list():
                made = [self._item(fields, f"{text}[].", one) for one in value]
        return made

    def _item(self, fields: Mapping[str, RecordField], prefix: str, item: Any) -> Any:
        if type(item) is dict:
            return self._holder(fields, item, prefix, on_record=False)
        return self.own_text(item) if type(item) is str else item

    def _entry(self, entry: Working, *, on_record: bool) -> Working:
        """Copy what the history has of an entry."""
        if not self._is_personal(entry, on_record=on_record):
            return entry
        key = self.person.everything.sub(ERASED, entry.get("key", ""))
        return {**entry, "key": key, "type": "string", "value": ERASED}

    def _is_personal(self, entry: Working, *, on_record: bool) -> bool:
        """Say whether an entry on a record of the person is about them.

        What a connector stashed is as much of the payload as has no field. Its texts on the record itself, of which
        nobody knows what they hold, go as the payload goes.
        """
        stashed = on_record and entry.get("moduleId", "").startswith("connector.")
        if stashed and entry.get("type") in ("string", "json"):
            return True
        return self._mentions(entry, self.person.everything) or _looks_personal(_text(entry))

    def _mentions(self, entry: Working, pattern: re.Pattern[str]) -> bool:
        said = (_text(entry), entry.get("key", ""), entry.get("moduleId", ""))
        return any(pattern.search(reading) for text in said for reading in readings(text))


def _text(entry: Working) -> str:
    value = entry.get("value")
    return value if type(value) is str else dump_json(value).decode("utf-8", "replace")


def _looks_personal(text: str) -> bool:
    """Say whether a text has an e-mail address in it, or is an address on the internet."""
    if _EMAIL.search(text):
        return True
    try:
        ip_address(text.strip())
    except ValueError:
        return False
    return "." in text or ":" in text


@cache
def _fields(record_type: str) -> Mapping[str, RecordField]:
    return {field.text: field for field in all_fields(record_type)}
