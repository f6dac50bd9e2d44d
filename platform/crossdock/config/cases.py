"""Configuration tests: ``[[test]]`` tables in ``*.test.toml`` beside plugins.toml, or in its folder ``tests``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from pydantic import Field

from crossdock.config.connection import Connection
from crossdock.config.expectation import Expectation, ExpectationReader, Owner
from crossdock.config.imports import DEFAULT_TYPE
from crossdock.config.load import Config
from crossdock.config.scope import Scope
from crossdock.config.tables import Table
from crossdock.customdata import entry_of, split_dictionary_key
from crossdock.errors import ConfigError, Problem
from crossdock.records import RECORD_TYPES, SUB_RECORDS, Working, decode_record, dump_json, parse_json, to_wire
from crossdock.records.fields import all_fields
from crossdock.suggestion import did_you_mean
from crossdock.toml import Place, TomlDocument, read_toml

PATTERN = "*.test.toml"
_SOURCES = ("payload", "payload_file", "record")
_VERDICTS = ("ignored", "failed")
_OFFSET = re.compile(r"\(byte (\d+)\)")


class CaseTable(Table):
    """``[[test]]``: one configuration test."""

    name: str = Field(min_length=1, description="what is tested, as a sentence; each name once")
    connection: str | None = Field(
        default=None, description="the connection whose mapping and chain are tested; may be left out if there is one"
    )
    type: str = Field(default=DEFAULT_TYPE, description="the record type")
    payload: str | dict[str, Any] | None = Field(
        default=None, description="what the remote system sends: JSON in `'''`, or a table"
    )
    payload_file: Path | None = Field(default=None, description="or a file with the JSON, relative to the test's file")
    record: dict[str, Any] | None = Field(
        default=None, description="or a record, to test the manipulators alone; what the mapping does is left out"
    )
    expect: dict[str, Any] = Field(
        default={},
        description="values that the record has in the end, by their dotted names; all others are left alone",
    )
    absent: tuple[str, ...] = Field(default=(), description="fields and entries that the record does not have")
    ignored: str | None = Field(
        default=None, description='the record is kept out; its reason has this text in it (`""`: any reason)'
    )
    failed: str | None = Field(
        default=None, description='the record fails; its error has this text in it (`""`: any error)'
    )
    warnings: tuple[str, ...] | None = Field(
        default=None,
        description="each warning has one of these texts in it, and each text is in one; `[]` is no warning at all",
    )


class Case(Struct, frozen=True):
    """One configuration test, ready to be run; ``payload`` or ``record`` is what goes in."""

    name: str
    connection: Connection
    record_type: str
    payload: bytes | None
    record: Working | None
    expectations: tuple[Expectation, ...]
    ignored: str | None
    failed: str | None
    warnings: tuple[str, ...] | None
    place: Place


def load_cases(config: Config) -> tuple[Case, ...]:
    """Read all configuration tests of a configuration.

    Raises:
        ConfigError: with every problem in every file; or there is no file.
    """
    files = find_case_files(config.folder)
    if not files:
        raise ConfigError(
            f"there is no {PATTERN} beside {config.file} or in its folder 'tests'; write one with a [[test]] in it, "
            "such as docs/configuration-tests.md shows"
        )
    problems: list[Problem] = []
    cases: list[Case] = []
    for file in files:
        try:
            document = read_toml(_called(file))
        except ConfigError as error:
            problems += error.problems or [Problem(str(_called(file)), 1, 1, str(error))]
            continue
        cases += _FileReader(config, file, document, problems, {case.name: case.place for case in cases}).read()
    if problems:
        raise ConfigError(sorted(problems, key=lambda one: (one.file, one.line, one.column)))
    return tuple(cases)


def find_case_files(folder: Path) -> list[Path]:
    """List the files with configuration tests that belong to the plugins.toml of a folder."""
    return [*sorted(folder.glob(PATTERN)), *sorted((folder / "tests").rglob(PATTERN))]


def _called(file: Path) -> Path:
    """Name a file as a person would who stands here."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file


class _FileReader(Struct):
    """Reads the tests of one file; ``taken`` are the names of those before."""

    config: Config
    file: Path
    document: TomlDocument
    problems: list[Problem]
    taken: dict[str, Place]

    def read(self) -> Iterator[Case]:
        tests = self.document.data.get("test")
        scope = Scope(self.document, (), self.problems)
        for key in self.document.data.keys() - {"test"}:
            place = self.document.key_place((key,))
            self.problems.append(place.problem(f"a file of tests has no key {key!r}{did_you_mean(key, ['test'])}"))
        if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
            told = "write [[test]] with two brackets" if tests else "the file has no [[test]]; add one, or delete it"
            scope.say(("test",), told)
            return
        for position, test in enumerate(tests):
            case = self._case(scope.inner("test", position), test)
            if case is not None:
                yield case

    def _case(self, scope: Scope, raw: Mapping[str, Any]) -> Case | None:
        before = len(self.problems)
        table = scope.read(CaseTable, raw, "[[test]]", folder=self.file.parent)
        if table is None:
            return None
        self._check_name(scope, table.name)
        _check_whole(scope, table)
        connection = self._connection(scope, table)
        if connection is None or not _check_type(scope, table, connection):
            return None
        owner = Owner(connection.id, connection.connector.module_id)
        reader = ExpectationReader(scope, table.type, owner)
        expectations = (*reader.expected(table.expect), *reader.absent(table.absent))
        payload = _payload(scope, table)
        record = None if table.record is None else _record(scope.inner("record"), table.type, table.record, owner)
        if len(self.problems) > before:
            return None
        return Case(
            name=table.name,
            connection=connection,
            record_type=table.type,
            payload=payload,
            record=record,
            expectations=expectations,
            ignored=table.ignored,
            failed=table.failed,
            warnings=table.warnings,
            place=scope.place(("name",)),
        )

    def _check_name(self, scope: Scope, name: str) -> None:
        if (first := self.taken.get(name)) is not None:
            scope.say(("name",), f"the name {name!r} is already taken by {first.file}:{first.line}; give another")
        self.taken[name] = scope.place(("name",))

    def _connection(self, scope: Scope, table: CaseTable) -> Connection | None:
        connections = self.config.connections
        names = [connection.name for connection in connections]
        if table.connection is None:
            if len(connections) == 1:
                return connections[0]
            scope.say((), f"[[test]] lacks 'connection'; there are {', '.join(names) or 'none yet'}")
            return None
        for connection in connections:
            if table.connection in (connection.name, connection.id):
                return connection
        scope.say(
            ("connection",), f"there is no connection {table.connection!r}{did_you_mean(table.connection, names)}"
        )
        return None


def _check_whole(scope: Scope, table: CaseTable) -> None:
    """Say whether what goes in is given exactly once, and whether anything is expected at all."""
    given = [name for name in _SOURCES if getattr(table, name) is not None]
    if not given:
        scope.say((), "[[test]] lacks what goes in: 'payload', 'payload_file' or 'record'")
    elif len(given) > 1:
        scope.say((given[1],), f"{given[0]!r} and {given[1]!r} both say what goes in; leave one of them out")
    verdicts = [name for name in _VERDICTS if getattr(table, name) is not None]
    for name in verdicts:
        for other in ("expect", "absent", *verdicts):
            if other != name and getattr(table, other):
                scope.say((other,), f"of a record that is {name} nothing else is expected; leave {other!r} out")
                return
    if not (verdicts or table.expect or table.absent or table.warnings is not None):
        scope.say((), "a test that expects nothing proves nothing; add 'expect', 'absent', 'ignored' or 'failed'")


def _check_type(scope: Scope, table: CaseTable, connection: Connection) -> bool:
    if table.type in connection.imports:
        return True
    if table.type not in RECORD_TYPES:
        scope.say(("type",), f"there is no record type {table.type!r}{did_you_mean(table.type, connection.imports)}")
    else:
        known = ", ".join(connection.imports) or "nothing"
        scope.say(("type",), f"connection {connection.name!r} imports no {table.type!r} (only {known})")
    return False


def _payload(scope: Scope, table: CaseTable) -> bytes | None:
    if table.payload_file is not None:
        try:
            return table.payload_file.read_bytes()
        except OSError as error:
            scope.say(("payload_file",), f"{str(table.payload_file)!r} cannot be read: {error.strerror}")
    elif isinstance(table.payload, dict):
        _check_json(scope.inner("payload"), table.payload)
        return dump_json(_as_json(table.payload))
    elif table.payload is not None:
        if table.failed is None:  # it may be broken on purpose
            _check_text(scope, table.payload)
        return table.payload.encode(errors="surrogatepass")
    return None


def _check_text(scope: Scope, text: str) -> None:
    try:
        parse_json(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        found = _OFFSET.search(str(error))
        offset = len(text.encode()[: int(found[1])].decode(errors="ignore")) if found else None
        hint = "" if "{" in text else "; 'payload_file' names a file that holds it"
        scope.say(("payload",), f"the payload is no JSON: {error}{hint}", offset=offset)


def _check_json(scope: Scope, value: Any) -> None:
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _check_json(scope.inner(key), item)
    elif isinstance(value, date | time):
        scope.say((), f'JSON has no times; write it as the remote system does: "{value.isoformat()}"')


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _record(scope: Scope, record_type: str, raw: dict[str, Any], owner: Owner) -> Working | None:
    """Read a record into working form; parts get an id, entries are written by key and plain value."""
    record = _written(scope, {name: _written(scope.inner(name), value, owner) for name, value in raw.items()}, owner)
    for name, id_field in SUB_RECORDS[record_type].items():
        parts = record.get(name)
        if isinstance(parts, list) and all(isinstance(part, dict) for part in parts):
            record[name] = [{id_field: f"{number:032x}"} | part for number, part in enumerate(parts, 1)]
    model = scope.read(RECORD_TYPES[record_type], record, record_type)
    return None if model is None else _working(record_type, decode_record(to_wire(model)))


def _written(scope: Scope, value: Any, owner: Owner) -> Any:
    """Write entries out in full, and times as text."""
    if isinstance(value, list):
        return [_written(scope.inner(position), item, owner) for position, item in enumerate(value)]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict) and isinstance(entries := value.get("customData"), dict):
        return value | {"customData": dict(_entries(scope.inner("customData"), entries, owner))}
    return value


def _entries(scope: Scope, entries: dict[str, Any], owner: Owner) -> Iterator[tuple[str, Any]]:
    for key, value in entries.items():
        try:
            full = owner.entry_key(key)
        except ValueError as error:
            scope.say((key,), str(error))
        else:
            yield full, entry_of(*split_dictionary_key(full), value)


def _working(record_type: str, record: Working) -> Working:
    """Bring what stands on the wire into working form: decimals and whole numbers as such."""
    for field in all_fields(record_type):
        if field.kind == "decimal":
            for parent, value in field.values(record):
                if value is not None:
                    parent[field.steps[-1]] = field.coerce(value)
    parts = [part for name in SUB_RECORDS[record_type] for part in record.get(name, ())]
    for holder in (record, *parts):
        for entry in holder.get("customData", {}).values():
            if entry["type"] in ("integer", "decimal"):
                entry["value"] = (int if entry["type"] == "integer" else Decimal)(entry["value"])
    return record
