"""Halves of surrogate pairs, which no valid Unicode text can hold, pass from JSON to JSON unchanged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from crossdock.records import decode_record, dump_json, encode_record, pack_record, parse_json, unpack_record
from crossdock.records.surrogates import shelter, unshelter

TEXTS = st.text(st.characters(codec=None) | st.sampled_from('\ud83d\udc00\ud800\udfff\ufdd0\U0001f600\\u"d0/'))
VALUES = st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@given(VALUES, st.booleans())
def test_any_text_that_json_can_write_is_read_and_written_the_same(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass" if ascii_only else "namereplace")
    expected = json.loads(text)
    assert json.loads(dump_json(parse_json(text))) == expected


@given(TEXTS, TEXTS)
def test_what_is_read_is_valid_unicode_and_different_texts_stay_different(one: str, other: str) -> None:
    read = [parse_json(json.dumps(text)) for text in (one, other)]
    assert all(text.encode() for text in read if text)
    assert (read[0] == read[1]) == (json.dumps(one) == json.dumps(other))


@pytest.mark.parametrize(
    ("text", "sheltered"),
    [
        (rb'"plain \u00e9 \n"', rb'"plain \u00e9 \n"'),
        (rb'"\ud83d\ude00"', rb'"\ud83d\ude00"'),  # a pair is one character
        (rb'"\\ud83d"', rb'"\\ud83d"'),  # a backslash and letters
        (rb'"\uD83D!"', '"\ufdd0d83d!"'.encode()),
        (rb'"\ude00\ud83d"', '"\ufdd0de00\ufdd0d83d"'.encode()),  # the wrong way round
        (rb'"\ufdd0"', '"\ufdd0fdd0"'.encode()),
        ('"\ufdd0"'.encode(), '"\ufdd0fdd0"'.encode()),
    ],
)
def test_only_what_is_alone_is_sheltered(text: bytes, sheltered: bytes) -> None:
    assert shelter(text) == sheltered
    assert json.loads(unshelter(sheltered)) == json.loads(text)


def test_a_record_keeps_them_in_the_store_and_shows_them_on_the_wire() -> None:
    wire = rb'{"channel":"a\ud83db","customerNote":"\ufdd0"}'
    record = unpack_record(pack_record(decode_record(wire)))
    assert json.loads(encode_record(record)) == json.loads(wire)
