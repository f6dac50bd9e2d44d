"""Redaction: what a ``redact`` rule covers is replaced in the raw payload before anybody keeps it.

Names stay, values go; so a redacted payload still has the same leaves and can be mapped again.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from crossdock.expressions.expression import ANY
from crossdock.mapping.definition import DropRule, KeyValueList, Mapping, Pattern
from crossdock.mapping.leaves import list_leaves
from crossdock.records.surrogates import shelter, unshelter
from crossdock.records.wire import dump_json

REDACTED = "[redacted]"

_QUOTED = f'"{REDACTED}"'.encode()
_RAW = msgspec.Raw(_QUOTED)
# Only the outermost object is taken apart; each field stays the text that it was.
_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_join = msgspec.json.Encoder().encode
_check_object = msgspec.json.Decoder(msgspec.defstruct("Object", [])).decode
_TEXT_VALUE = re.compile(rb'\s*+:\s*+("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)


class Redactor:
    """Takes the secrets that a mapping names out of payloads; build once, use for every payload."""

    def __init__(self, mapping: Mapping) -> None:
        lists = {item.path: item for item in mapping.key_values}
        self._secrets = [_Secret(rule, lists) for rule in mapping.rules if rule.redact]
        self._whole = [secret.field for secret in self._secrets if secret.whole]
        self._deeper = [secret for secret in self._secrets if not secret.whole]

    def redact(self, raw: bytes, payload: dict[str, Any], *, unique: bool = False) -> bytes:
        """Write a payload with ``[redacted]`` in the place of each secret that holds something.

        Args:
            raw: the JSON text of the payload.
            payload: the same, parsed; it is only read.
            unique: whether no name stands twice in one of its objects; then texts are redacted where they stand.

        Returns:
            The text: the same bytes if the payload has none of the fields that hold secrets, else the fields of the
            outermost object with their own bytes, save those in which something was redacted.
        """
        secrets = [secret for secret in self._secrets if payload.get(secret.field, REDACTED) != REDACTED]
        if unique:
            raw, secrets = self._redact_texts(raw, payload, secrets)
        if not secrets:
            return raw
        fields = _fields_of(raw)
        for secret in secrets:
            if secret.whole and type(payload[secret.field]) is str and payload[secret.field]:
                fields[secret.field] = _RAW
                continue
            value = self.redact_value({secret.field: payload[secret.field]})[secret.field]
            if value != payload[secret.field]:
                fields[secret.field] = msgspec.Raw(dump_json(value))
        return unshelter(_join(fields))

    def _redact_texts(self, raw: bytes, payload: dict[str, Any], secrets: list[_Secret]) -> tuple[bytes, list[_Secret]]:
        """Redact where they stand the secrets that are texts; gives the new text and the secrets that are left."""
        left = []
        for secret in secrets:
            value = payload[secret.field]
            place = secret.place_in(raw) if secret.whole and type(value) is str else None
            if place is None:
                left.append(secret)
            elif value:
                raw = raw[: place[0]] + _QUOTED + raw[place[1] :]
        return raw, left

    def redact_value(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Copy a parsed payload without its secrets; what has none is shared with the original."""
        value: Any = payload
        blanks = {
            name: _blank(secret) for name in self._whole if (secret := payload.get(name)) is not None and secret != ""
        }
        if blanks:
            value = {**payload, **blanks}
        for secret in self._deeper:
            value = secret.replace(value)
        return value  # type: ignore[no-any-return]  # an object stays an object

    def secrets(self, payload: dict[str, Any]) -> list[str]:
        """List the texts that :meth:`redact` takes out of a payload, the longest first; not those of a few letters."""
        found = _texts(payload) - _texts(self.redact_value(payload))
        return sorted((text for text in found if len(text) > 3), key=lambda text: (-len(text), text))

    def redact_text(self, raw: bytes) -> bytes:
        """Redact a text that does not parse: whatever follows the name of a secret goes, wherever that stands."""
        for secret in self._secrets:
            raw = secret.anywhere.sub(rb"\1" + _QUOTED, raw)
        return raw


def _fields_of(raw: bytes) -> dict[str, msgspec.Raw]:
    """Take the outermost object of a payload apart."""
    try:
        return _split(raw)
    except msgspec.DecodeError:
        return _split(shelter(raw))  # half a surrogate pair stands in it


def redact_payload(mapping: Mapping, raw: bytes, payload: dict[str, Any]) -> bytes:
    """Write one payload without the secrets that a mapping names; for many payloads keep a `Redactor`."""
    return Redactor(mapping).redact(raw, payload)


class _Secret:
    """One ``redact`` rule; ``field`` is the outermost name on the way to it, ``whole`` that it goes no further."""

    def __init__(self, rule: DropRule, lists: dict[Pattern, KeyValueList]) -> None:
        self.pattern = rule.pattern
        self.entry = rule.entry
        self.list = lists[rule.pattern] if rule.entry is not None else None
        names = [step for step in rule.pattern if isinstance(step, str)]
        self.field = names[0]
        self.whole = len(rule.pattern) == 1 and self.list is None
        self.name = json.dumps(self.field, ensure_ascii=False).encode()
        self.anywhere = _anywhere(rule.entry if rule.entry is not None else names[-1], self.list)

    def place_in(self, raw: bytes) -> tuple[int, int] | None:
        """Find where the text of this field begins and ends in a payload; ``None`` if that is not certain."""
        at = raw.find(self.name)
        # Behind one of these marks, a quote begins a text: one inside a text would have a backslash before it.
        value = _TEXT_VALUE.match(raw, at + len(self.name)) if at > 0 and raw[at - 1] in b",{" else None
        if value is None:
            return None
        # In the outermost object stands what leaves a whole one if all before it is cut off, or all behind it.
        remainder = b"{" + raw[at:] if 2 * at > len(raw) else raw[:at] + b'"":0}'
        try:
            _check_object(remainder)
        except msgspec.DecodeError:
            return None
        return value.span(1)

    def replace(self, value: Any, depth: int = 0) -> Any:
        """The value without this secret; the value itself if it has none."""
        if depth == len(self.pattern):
            return self._without_entry(value, self.list) if self.list else _blank(value)
        step = self.pattern[depth]
        new: Any = value
        if type(value) is dict:
            names = list(value) if step is ANY else [step] if step in value else []
            new = {**value, **{name: self.replace(value[name], depth + 1) for name in names}}
        elif type(value) is list and step is ANY:
            new = [self.replace(item, depth + 1) for item in value]
        return value if new == value else new

    def _without_entry(self, items: Any, definition: KeyValueList) -> Any:
        """Blank all of an entry but what tells which it is; a shop repeats the value in fields of its own."""
        kept = (definition.key, definition.sort)
        if type(items) is not list:
            return items
        return [
            {name: value if name in kept else _blank(value) for name, value in item.items()}
            if type(item) is dict and item.get(definition.key) == self.entry
            else item
            for item in items
        ]


def _blank(value: Any) -> Any:
    """Replace every leaf that holds something."""
    if type(value) is dict:
        return {name: _blank(item) for name, item in value.items()}
    if type(value) is list:
        return [_blank(item) for item in value]
    return value if value is None or value == "" else REDACTED


def _texts(value: Any) -> set[str]:
    return {leaf for _path, leaf in list_leaves(value) if type(leaf) is str}


def _anywhere(name: str, entries: KeyValueList | None) -> re.Pattern[bytes]:
    """Finds the value behind a name in text that may be cut off or broken; an object or list reaches to the end."""
    behind = _quoted(name)
    if entries is not None:  # the first value behind the entry's key
        behind += rb"[^{}]*?" + _quoted(entries.value)
    value = rb'(?:"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[\[{].*|[^\s,"{}\[\]]+)'
    return re.compile(rb"(" + behind + rb"\s*:\s*)" + value, re.DOTALL)


def _quoted(name: str) -> bytes:
    """A pattern for a name in JSON text, with the letters beyond ASCII as they are or escaped."""
    texts = {json.dumps(name), json.dumps(name, ensure_ascii=False)}
    return b"(?:" + b"|".join(re.escape(text.encode()) for text in sorted(texts)) + b")"
