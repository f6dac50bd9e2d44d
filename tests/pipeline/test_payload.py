"""Payloads are parsed with every digit, and a name that stands twice in one object is always found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.errors import RecordError
from crossdock.pipeline.payload import PayloadReader
from crossdock.records.wire import dump_json, parse_json

READER = PayloadReader()

# Characters as JSON text may write them.
PLAIN = ["a", ":", ",", " ", "é", "😀", "\ufdd0", "{", "}"]
ESCAPED = [r"\"", r"\\", r"\/", r"\n", r"\u0061", r"\u003a", r"\u003A", r"\u0022", r"\u005c", r"\u003c"]
SURROGATES = [r"\ufdd0", r"\uFDD0", r"\ud83d\ude00", r"\ud83d", r"\ude00"]
CHARACTERS = st.sampled_from([*PLAIN, *ESCAPED, *SURROGATES])
TEXTS = st.lists(CHARACTERS, max_size=3).map(lambda written: f'"{"".join(written)}"')
SPACE = st.sampled_from(["", "", " ", "\n\t"])
SCALARS = TEXTS | st.sampled_from(["0", "-1.50", "1e5", "9" * 30, "true", "null"])


def _object(members: list[tuple[str, str]], space: str) -> str:
    return "{" + ",".join(f"{space}{name}{space}:{space}{value}" for name, value in members) + space + "}"


def _list(items: list[str], space: str) -> str:
    return "[" + f",{space}".join(items) + "]"


def _objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(_object, st.lists(st.tuples(TEXTS, values), max_size=4), SPACE)


VALUES = st.recursive(SCALARS, lambda inner: _objects(inner) | st.builds(_list, st.lists(inner, max_size=3), SPACE))


def doubled(text: str) -> list[str]:
    """The names that stand twice in one object, as Python's own parser sees them."""
    found: list[str] = []

    def look(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _value in members]
        found.extend(name for at, name in enumerate(names) if name in names[:at])
        return dict(members)

    json.loads(text, object_pairs_hook=look)
    return found


@given(_objects(VALUES))
def test_a_name_that_stands_twice_is_found_however_it_is_written(text: str) -> None:
    payload, twice = READER.read(text.encode())
    assert twice == doubled(text)
    assert repr(payload) == repr(parse_json(text))
    assert json.loads(dump_json(payload)) == json.loads(text)


@pytest.mark.parametrize(
    "raw", [b"", b"[1]", b'"text"', b'{"a":1', b'{"a":"\xff"}', b'{"a":' * 5_000, b'{"a":1e9999999999999999999}']
)
def test_what_is_no_object_is_the_trouble_of_its_record(raw: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        READER.read(raw)
    assert caught.value.stage == "parse"
