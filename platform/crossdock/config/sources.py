"""What the configuration of an import was read from, written down so that it can be built again later.

The snapshot says what a configuration was; from its sources it can be run once more, with file and line of each of its
mapping lines and manipulators. As with the snapshot, no connector setting is part of them, so no secret.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from crossdock.config.chain import Step
from crossdock.limits.rule import LimitRule
from crossdock.toml import Place, TomlDocument, parse_toml

Steps: TypeAlias = tuple[str | int, ...]

TABLES = ("mapping", "drop", "redact", "manipulators")
_MARK = "\x00"  # no TOML key holds it
_READ: Mapping[str, Any] = {
    "Decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


@dataclass(frozen=True)
class PlacedTable(TomlDocument):
    """Part of a TOML file without its text: its data, and where its keys and values stood."""

    places: Mapping[Steps, tuple[Place, Place]] = field(default_factory=dict, repr=False)

    def place(self, path: Sequence[str | int], offset: int | None = None) -> Place:  # noqa: ARG002 - without the text
        """Say where the value at ``path`` began, or the nearest one around it."""
        return self._nearest(path)[1]

    def key_place(self, path: Sequence[str | int]) -> Place:
        """Say where the key of ``path`` stood, or the nearest one around it."""
        return self._nearest(path)[0]

    def _nearest(self, path: Sequence[str | int]) -> tuple[Place, Place]:
        trail = (self.places.get(tuple(path[:length])) for length in range(len(path), -1, -1))
        nowhere = Place(self.file, 1, 1)
        return next((found for found in trail if found is not None), (nowhere, nowhere))


class Sources(Struct, frozen=True):
    """What one import's configuration was read from.

    Args:
        connector: the connector's mapping.
        table: ``[connection.import.TYPE]`` as far as it decides what becomes of a payload.
        files: what the manipulators read, by name as configured.
        limits: the rules that hold.
    """

    connector: TomlDocument
    table: PlacedTable
    files: Mapping[str, bytes]
    limits: Sequence[LimitRule]

    @classmethod
    def of(
        cls,
        connector: TomlDocument,
        document: TomlDocument,
        path: Sequence[str | int],
        table: Mapping[str, Any],
        folder: Path,
        steps: Sequence[Step],
        limits: Sequence[LimitRule],
    ) -> Sources:
        """Take them from what stands at ``path`` of the operator's file and beside it."""
        data = {name: table[name] for name in TABLES if name in table}
        at = tuple(path)
        places = {
            inner: (document.key_place(at + inner), document.place(at + inner)) for inner in ((), *_walk(data, ()))
        }
        names = {
            file: str(file.relative_to(folder)) for step in steps for file in step.files if file.is_relative_to(folder)
        }
        files = {name: file.read_bytes() for file, name in names.items()}
        return cls(connector, PlacedTable(document.file, data, "", places), files, tuple(limits))

    def write(self) -> str:
        """Write them as JSON."""
        places = [
            [list(inner), key.line, key.column, value.line, value.column]
            for inner, (key, value) in self.table.places.items()
        ]
        content = {
            "connector": {"file": self.connector.file, "text": self.connector.text},
            "table": {"file": self.table.file, "data": self.table.data, "places": places},
            "files": {name: _legible(content) for name, content in self.files.items()},
            "limits": [
                [rule.name, rule.connection_id, rule.module_id, sorted(rule.record_types), rule.limits.given]
                for rule in self.limits
            ],
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_marked)

    @classmethod
    def read(cls, text: str) -> Sources:
        """Read what :meth:`write` has written."""
        content = json.loads(text, object_hook=_unmarked)
        connector, table = content["connector"], content["table"]
        file = table["file"]
        places = {
            tuple(inner): (Place(file, key_line, key_column), Place(file, line, column))
            for inner, key_line, key_column, line, column in table["places"]
        }
        return cls(
            parse_toml(connector["text"], connector["file"]),
            PlacedTable(file, table["data"], "", places),
            {name: _content(kept) for name, kept in content["files"].items()},
            tuple(_rule(*rule) for rule in content["limits"]),
        )


def _walk(value: object, at: Steps) -> Iterator[Steps]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in inner:
        yield (*at, step)
        yield from _walk(child, (*at, step))


def _legible(content: bytes) -> str | list[str]:
    """Write a file's content as text, so that a search finds what stands in it, or else encoded."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return [b64encode(content).decode("ascii")]


def _content(kept: str | list[str]) -> bytes:
    return kept.encode("utf-8") if isinstance(kept, str) else b64decode(kept[0])


def _rule(
    name: str, connection_id: str | None, module_id: str | None, record_types: list[str], given: dict[str, Any]
) -> LimitRule:
    from crossdock.limits.limits import Limits  # noqa: PLC0415 - making the model takes milliseconds

    limits = Limits.model_validate(given, strict=False)
    return LimitRule(name, limits, connection_id, module_id, frozenset(record_types))


def _marked(value: object) -> object:
    """Write what JSON has no word for."""
    return {_MARK: [type(value).__name__, str(value)]}


def _unmarked(table: dict[str, Any]) -> Any:
    if _MARK not in table:
        return table
    kind, text = table[_MARK]
    return _READ[kind](text)
