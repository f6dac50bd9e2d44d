"""Cutting a page into records: the good ones go on, a bad one is isolated, a page that is none is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.errors import CrossdockError, PermanentError, RetryableError
from crossdock.plugins.connector import Broken, RemoteItem
from crossdock.remote import Batch, read_record, split_page

texts = st.text(st.sampled_from('aé{}[],:"\\ \n€😀'), max_size=8)
leaves = st.one_of(st.none(), st.booleans(), st.integers(), texts)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
INNER = 9_000_000  # ids of objects inside records, never to be taken for a record


def record(number: int, value: object) -> bytes:
    found = {
        "id": number,
        "date_modified_gmt": f"2024-03-03T14:09:{number % 60:02}",
        "lines": [{"id": INNER + number, "name": "a"}, {"id": INNER - number, "name": "},{"}],
        "value": value,
    }
    return json.dumps(found).encode()


def split(body: bytes) -> Batch:
    return split_page(body, "id", "date_modified_gmt")


@settings(deadline=None)
@given(st.lists(values, max_size=6), st.sampled_from([b",", b", ", b" ,\n"]), st.sampled_from([b"", b" ", b"\n"]))
def test_every_record_comes_out_byte_for_byte(found: list[object], comma: bytes, blank: bytes) -> None:
    raws = [record(number, value) for number, value in enumerate(found, 1)]
    batch = split(b"[" + blank + comma.join(raws) + blank + b"]")
    assert [item.raw for item in batch.items] == raws
    assert [item.remote_id for item in batch.items] == [str(number) for number in range(1, len(raws) + 1)]
    assert (batch.broken, batch.certain) == ([], True)


names = st.sampled_from(["id", "a", "b", '"b":', "", "\\"])
records = st.dictionaries(names, st.recursive(leaves, lambda inner: st.dictionaries(names, inner) | st.lists(inner)))


@settings(max_examples=200, deadline=None)
@given(st.lists(records, max_size=5), st.sampled_from([",", ", ", ",\n"]), st.booleans())
def test_a_compact_page_is_cut_as_the_parser_sees_it(found: list[dict[str, object]], comma: str, last: bool) -> None:
    numbered = [one | {"id": at} if last else {"id": at} | one | {"id": at} for at, one in enumerate(found, 1)]
    raws = [json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode() for one in numbered]
    batch = split(f"[{comma.join(map(bytes.decode, raws))}]".encode())
    assert [item.raw for item in batch.items] == raws
    assert [item.remote_id for item in batch.items] == [str(at) for at in range(1, len(raws) + 1)]
    assert (batch.broken, batch.certain) == ([], True)


@pytest.mark.parametrize(
    "odd",
    [
        # the name that tells records apart stands in one of them twice, or only deeper inside, or not at all
        b'{"id":2,"a":1,"b":[{"a":2},{"a":3}],"c":{}}',
        b'{"id":2,"b":[{"id":8,"a":1},{"id":9,"a":2}]}',
        b'{"id":2,"b":[]}',
        # or in a text
        rb'{"id":2,"a":"},{\"id\":3,\"a\":4","b":[]}',
        b'{"id":2,"a":1,"b":",{"}',
        # blanks around what is between records
        b' {"id":2,"a":1,"b":[]} ',
    ],
)
def test_a_record_unlike_the_first_is_cut_right(odd: bytes) -> None:
    usual = b'{"id":1,"a":"x","b":[{"id":7}],"c":2}'
    for raws in ([usual, odd, usual], [odd, usual], [usual, odd], [odd], [usual, usual]):
        batch = split(b"[" + b",".join(raws) + b"]")
        assert ([item.raw for item in batch.items], batch.broken) == ([raw.strip() for raw in raws], [])


@settings(max_examples=500, deadline=None)
@given(st.lists(values, min_size=2, max_size=6), st.data())
def test_damage_in_one_record_costs_no_other_record(found: list[object], data: st.DataObject) -> None:
    raws = [record(number, value) for number, value in enumerate(found, 1)]
    victim = data.draw(st.integers(0, len(raws) - 1))
    place = data.draw(st.integers(0, len(raws[victim]) - 1))
    put = data.draw(st.sampled_from([b"", b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\xff", b"x", b'"}', b"},{"]))
    damaged = [*raws]
    damaged[victim] = raws[victim][:place] + put + raws[victim][place + 1 :]
    try:
        batch = split(b"[" + b",".join(damaged) + b"]")
    except RetryableError:
        return  # indistinguishable from a page that was cut short: it is asked for again
    others = [raw for index, raw in enumerate(raws) if index != victim]
    assert [item.raw for item in batch.items if item.raw in others] == others
    assert not [item for item in batch.items if abs(int(item.remote_id) - INNER) < 100]


@settings(max_examples=300, deadline=None)
@given(st.lists(values, min_size=1, max_size=4), st.data())
def test_a_page_cut_short_is_asked_for_again_or_has_only_true_records(found: list[object], data: st.DataObject) -> None:
    raws = [record(number, value) for number, value in enumerate(found, 1)]
    body = b"[" + b",".join(raws) + b"]"
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(RetryableError):
        split(cut)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text('[]{}",:12ab \\', max_size=60).map(str.encode)))
def test_whatever_comes_ends_as_records_or_as_an_error_of_ours(body: bytes) -> None:
    try:
        batch = split(body)
    except CrossdockError:
        return
    assert all(isinstance(item.raw, bytes) and item.remote_id for item in batch.items)


@pytest.mark.parametrize(
    ("piece", "reason", "identity"),
    [
        (b'{"id": 5, "a": NaN}', "cannot be read: JSON is malformed", "5"),
        (b'{"id": "A-5", "a": 1,}', "cannot be read", "A-5"),
        (b'{"a": {"id": 7}, "id": -5, "b": \'x\'}', "cannot be read", "-5"),  # the id at the top, not the inner one
        (b'{"a": {"id": 7}, "b": nope}', "cannot be read", None),
        (b'{"id": 5.5}', "got `float`", None),
        (b'{"id": true}', "got `bool`", None),
        (b'{"id": null, "a": 1}', "has no 'id'", None),
        (b'{"id": ""}', "has no 'id'", None),
        (b'{"a": 1}', "has no 'id'", None),
        (b"[]", "Expected `object`, got `array`", None),
        (b"7", "Expected `object`, got `int`", None),
        (b"null", "Expected `object`, got `null`", None),
        (b'{"id": 5, "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "cannot be read: it is nested too deep", "5"),
        (rb'{"id": "\ud800"}', "'id' is no text in Unicode", None),
        (b'{"id": 5, "a": [1, 2}', "damaged: an unexpected '}'", "5"),
        (b'{"id": 5, "a": "open}', "damaged: another record begins inside it", "5"),
        (b'{"id": 5, "a": {"b": 1}', "damaged: an unexpected ']'", "5"),
        (b'{"id": 5, "a": 1}}', "damaged: an unexpected '}'", "5"),
        (b'{"id": 5, "a": 1}]', "damaged: the list ends before its last record", "5"),
    ],
)
def test_a_bad_record_is_isolated_with_reason_and_id(piece: bytes, reason: str, identity: str | None) -> None:
    before, after = record(1, None), record(2, None)
    batch = split(b"[" + before + b", " + piece + b", " + after + b"]")
    assert [item.raw for item in batch.items] == [before, after]
    (found,) = batch.broken
    assert reason in found.reason
    assert (found.raw, found.remote_id) == (piece, identity)
    assert batch.certain is ("damaged" not in found.reason)


@pytest.mark.parametrize("text", [rb"a\ud83d", rb"\udc00\ud800", "\ufdd0".encode()])
def test_halves_of_surrogate_pairs_are_text_like_any_other(text: bytes) -> None:
    raws = [record(1, None), b'{"id": 5, "name": "' + text + b'"}', record(2, None)]
    batch = split(b"[" + b",".join(raws) + b"]")
    assert ([item.raw for item in batch.items], batch.broken) == (raws, [])


def test_a_mark_before_and_output_behind_the_list_do_no_harm() -> None:
    page = b"\xef\xbb\xbf\n[" + record(1, None) + b"]<!-- cached -->"
    assert [item.remote_id for item in split(page).items] == ["1"]


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b"", RetryableError, "the answer is empty"),
        (b"  \n", RetryableError, "the answer is empty"),
        (b"<html><head><title>Just a\nmoment...</title></head>", RetryableError, "'Just a moment...'"),
        (b"<br />\n<b>Warning</b>: mysqli [", RetryableError, "'Warning : mysqli ['"),
        (b"Service unavailable", RetryableError, "no JSON: 'Service unavailable'"),
        (b'{"id":7,"key":"secr\\"et","x":["secret","secret', RetryableError, '{"id":7,"key":"…","x":["…","…"\''),
        (b'[{"id": 1', RetryableError, "ends too early, after 9 bytes"),
        (b'{"code": "rest_no_route", "message": "No route"}', PermanentError, "'rest_no_route': 'No route'"),
        (b'{"data": [], "x": 1}', PermanentError, "an object with 'data', 'x' where a list"),
        (b"null", PermanentError, "the answer is 'null' where a list"),
        (b"\xff\xfe", RetryableError, "no JSON"),
    ],
)
def test_what_is_no_list_is_named(body: bytes, kind: type[CrossdockError], told: str) -> None:
    with pytest.raises(kind) as caught:
        split(body)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-03-03T14:09:27", "2024-03-03T14:09:27Z"),
        ("2024-03-03T14:09:27Z", "2024-03-03T14:09:27Z"),
        ("2024-03-03T09:09:27-05:00", "2024-03-03T14:09:27Z"),
        ("2024-03-03T14:09:27.9991", "2024-03-03T14:09:27Z"),
        ("2024-03-03 14:09:27", "2024-03-03T14:09:27Z"),
        ("0000-00-00T00:00:00", None),
        ("soon", None),
        ("", None),
        (1709474967, None),
        (None, None),
    ],
)
def test_modification_times_are_utc_to_the_second(written: object, read: str | None) -> None:
    found = read_record(json.dumps({"id": 1, "m": written}).encode(), "id", "m")
    assert isinstance(found, RemoteItem)
    assert found.modified == read


def test_names_of_id_and_time_are_the_connectors() -> None:
    page = b'[{"orderId": "A 1", "changed": "2024-01-01T00:00:00Z"}]'
    (item,) = split_page(page, "orderId", "changed").items
    assert (item.remote_id, item.modified) == ("A 1", "2024-01-01T00:00:00Z")


def test_without_a_modification_field_damage_is_not_guessed_around() -> None:
    page = b'[{"id": 1, "a": [1}, {"id": 2}]'
    with pytest.raises(RetryableError):
        split_page(page, "id")


def test_one_record_that_is_none_is_broken() -> None:
    assert isinstance(read_record(b'{"message": "x"}'), Broken)


WRAPPED = [record(1, None), b'{"id": 5, "a": NaN}', b'{"id": 6, "data": [1], "b": "]}"}', record(2, None)]


@pytest.mark.parametrize("before", [b"", b'"x": {"data": [7]}, ', rb'"\"data\"": "\"data\": [", '])
@pytest.mark.parametrize("raws", [WRAPPED, [WRAPPED[0], WRAPPED[2], WRAPPED[3]], []])
def test_a_list_inside_an_object_is_cut_like_one_that_stands_alone(before: bytes, raws: list[bytes]) -> None:
    listed = b"[" + b", ".join(raws) + b"]"
    found = split_page(b"{" + before + b'"data" : ' + listed + b', "next": "]"}', "id", "changed", "data")
    assert found == split_page(listed, "id", "changed")


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b'{"data": [{"id": 1}, {"id"', RetryableError, "the list 'data' has no end"),
        (b'{"items": []}', PermanentError, "has no list 'data' at its top: '{\"items\": []}'; is this the right path?"),
        (b"[]", PermanentError, "has no list 'data' at its top"),
        (b'{"data": 7}', PermanentError, "where a list of records should be"),
        (b"<html><title>Hello</title>", RetryableError, "'Hello'"),
        (b"", RetryableError, "the answer is empty"),
    ],
)
def test_an_object_without_its_list_is_told(body: bytes, kind: type[CrossdockError], told: str) -> None:
    with pytest.raises(kind) as caught:
        split_page(body, "id", None, "data")
    assert told in str(caught.value)
