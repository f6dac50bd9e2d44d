"""Secrets are taken out of payloads before anybody keeps them."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.mapping.definition import matches
from crossdock.mapping.leaves import list_leaves
from crossdock.mapping.redact import REDACTED, Redactor, redact_payload
from crossdock.records.wire import dump_json, parse_json
from tests.mapping.building import mapping_of

MAPPING = mapping_of("""
[order]
id = "id"
[order.keyValue.meta]
list = "meta_data"
sort = "id"
[order.redact]
order_key = "opens the order"
"card.number" = "a card"
token = "a token, whatever its shape"
"lines[].pin" = "a pin of each line"
"meta._secret" = "a plugin's password"
""")
REDACTOR = Redactor(MAPPING)


def redacted(payload: dict[str, Any]) -> dict[str, Any]:
    raw = dump_json(payload)
    text: dict[str, Any] = parse_json(REDACTOR.redact(raw, payload))
    in_place: dict[str, Any] = parse_json(REDACTOR.redact(raw, payload, unique=True))
    assert list(in_place.items()) == list(text.items())
    return text


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # a text in the outermost object: the usual case
        ({"id": 1, "order_key": "wc_1"}, {"id": 1, "order_key": REDACTED}),
        # numbers and truths are values like others
        ({"token": 5}, {"token": REDACTED}),
        ({"token": False}, {"token": REDACTED}),
        # every leaf below goes, the names stay
        ({"token": {"a": ["x", {"b": 1}]}}, {"token": {"a": [REDACTED, {"b": REDACTED}]}}),
        # what holds nothing hides nothing
        (
            {"order_key": "", "token": None, "card": {"number": []}},
            {"order_key": "", "token": None, "card": {"number": []}},
        ),
        # inside an object, its neighbours kept
        ({"card": {"number": "4242", "brand": "visa"}}, {"card": {"number": REDACTED, "brand": "visa"}}),
        # the same name elsewhere is another field
        ({"number": "4242", "x": {"order_key": "k"}}, {"number": "4242", "x": {"order_key": "k"}}),
        # in each element
        ({"lines": [{"pin": "1"}, {"qty": 2}]}, {"lines": [{"pin": REDACTED}, {"qty": 2}]}),
        # an entry keeps its key and number; all else of it goes, since shops repeat the value
        (
            {
                "meta_data": [
                    {"id": 1, "key": "_secret", "value": "p", "display_value": "p"},
                    {"key": "a", "value": "b"},
                ]
            },
            {
                "meta_data": [
                    {"id": 1, "key": "_secret", "value": REDACTED, "display_value": REDACTED},
                    {"key": "a", "value": "b"},
                ]
            },
        ),
        # a field that is no object, or a list that is none, has no such secret
        ({"card": "4242", "lines": "x", "meta_data": "y"}, {"card": "4242", "lines": "x", "meta_data": "y"}),
    ],
)
def test_secrets_are_replaced(payload: dict[str, Any], expected: dict[str, Any]) -> None:
    before = copy.deepcopy(payload)
    assert redacted(payload) == expected
    assert payload == before


def test_without_secrets_the_text_is_the_same() -> None:
    raw = b'{ "id" : 1.10 }'
    assert redact_payload(MAPPING, raw, parse_json(raw)) is raw


def test_the_other_fields_keep_their_bytes() -> None:
    raw = rb'{"total": 1.10e0, "order_key": "k", "note": "caf\u00e9 \"order_key\": \"k\""}'
    assert REDACTOR.redact(raw, parse_json(raw)) == (
        rb'{"total":1.10e0,"order_key":"[redacted]","note":"caf\u00e9 \"order_key\": \"k\""}'
    )


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"order_key": "hush", "order_key": ""}',  # the first of two is not parsed, yet it stands in the text
        rb'{"order\u005fkey": "hush"}',
        rb'{"x": {"order_key": "loud"}, "order_key": "hush"}',
    ],
)
def test_a_secret_in_an_odd_place_of_the_text_is_found(raw: bytes) -> None:
    assert b"hush" not in REDACTOR.redact(raw, parse_json(raw))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # everything else keeps its bytes, be it before or behind
        (
            rb'{"a":"\u00e9","order_key" : "hush\"","b": 1.10e0}',
            rb'{"a":"\u00e9","order_key" : "[redacted]","b": 1.10e0}',
        ),
        (b'{"order_key":"hush"}', b'{"order_key":"[redacted]"}'),
        (b'{"a":{"b":[1]},"order_key":"hush" }\n', b'{"a":{"b":[1]},"order_key":"[redacted]" }\n'),
        (b'{"order_key":"","x": 1}', b'{"order_key":"","x": 1}'),
        # the same name deeper inside, in front of it or behind
        (b'{"x":{"order_key":"loud"},"order_key":"hush"}', b'{"x":{"order_key":"loud"},"order_key":"[redacted]"}'),
        (b'{"x":[{"a":1,"order_key":"loud"}],"order_key":"hush"}', None),
        (b'{"order_key":"hush","x":{"order_key":"loud"}}', b'{"order_key":"[redacted]","x":{"order_key":"loud"}}'),
        # as a value, and at the end of a text
        (b'{"a":["b","order_key"],"order_key":"hush"}', None),
        (rb'{"a":",\"order_key","order_key":"hush"}', None),
        # written in another way
        (rb'{"x":{"a":1,"order_key":"loud"},"order\u005fkey":"hush"}', None),
        (rb'{"order\u005fkey":"hush"}', None),
    ],
)
def test_a_text_is_redacted_where_it_stands(raw: bytes, expected: bytes | None) -> None:
    payload = parse_json(raw)
    in_place = REDACTOR.redact(raw, payload, unique=True)
    assert b"hush" not in in_place
    assert parse_json(in_place) == parse_json(REDACTOR.redact(raw, payload))
    if expected is not None:
        assert in_place == expected


TOKENS = st.sampled_from(
    ['"', "\\", ",", "{", "}", "[", "]", ":", " ", "order_key", '"order_key"', ',"order_key":"', "é"]
)
ODD_TEXTS = st.lists(TOKENS, max_size=6).map("".join)
ODD_VALUES: st.SearchStrategy[Any] = st.recursive(
    ODD_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXTS | st.just("order_key"), inner, max_size=3),
)


@given(
    st.dictionaries(ODD_TEXTS, ODD_VALUES, max_size=3), ODD_TEXTS, st.dictionaries(ODD_TEXTS, ODD_VALUES, max_size=3)
)
def test_whatever_else_the_text_holds_the_same_is_redacted_where_it_stands(
    before: dict[str, Any], secret: str, after: dict[str, Any]
) -> None:
    payload = {**before, **after, "order_key": secret}
    for separators in ((",", ":"), (" , ", " : ")):
        raw = json.dumps(payload, ensure_ascii=False, separators=separators).encode()
        expected = {**payload, "order_key": REDACTED if secret else ""}
        assert json.loads(REDACTOR.redact(raw, payload, unique=True)) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b'{"order_key": "hush", "id": tru',
        b'{"order_key": "hu\\"sh',  # cut off inside
        b'{"order_key": "hush\\',
        b'{"order_key" : hush}',
        b'{"card": {"number": "hush"',
        b'{"token": {"a": "x", "b": {"c": "hush"}}',
        b'{"meta_data": [{"id": 1, "key": "_secret", "value": "hush"',
    ],
)
def test_text_that_does_not_parse_is_redacted_as_well(raw: bytes) -> None:
    after = REDACTOR.redact_text(raw)
    assert b"hu" not in after
    assert b"[redacted]" in after


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize(
    "raw",
    [
        rb'{"order_key": "wc_1", "x": "\ud800"}',
        rb'{"x": "\udfff", "order_key": "wc_1"}',
        rb'{"card":{"number":"4242","brand":"\ud800"},"order_key":"wc_1"}',
        rb'{"order_key":"\ud800wc_1","x\ud800":""}',
        rb'{ "meta_data" : [ { "key" : "_secret" , "value" : "\ud800" } ] , "order_key" : "wc_1" }',
    ],
)
def test_half_a_surrogate_pair_is_no_obstacle(raw: bytes, *, unique: bool) -> None:
    payload = parse_json(raw)
    after = REDACTOR.redact(raw, payload, unique=unique)
    assert parse_json(after) == REDACTOR.redact_value(payload)
    assert b"wc_1" not in after
    assert b"4242" not in after


NAMES = st.sampled_from(["order_key", "card", "number", "token", "lines", "pin", "meta_data", "key", "value", "a"])
HALF = "\ufdd0d83d"  # half a surrogate pair, as it is parsed
SCALARS = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text()
SCALARS |= st.just(HALF)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | st.just("_secret"), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_only_the_leaves_under_redact_rules_change(payload: dict[str, Any]) -> None:
    payload = parse_json(dump_json(payload))
    plain = [rule.pattern for rule in MAPPING.rules if rule.entry is None]
    after = dict(list_leaves(redacted(payload)))
    before = dict(list_leaves(payload))
    assert after.keys() == before.keys()
    for path, value in before.items():
        secret = any(matches(pattern, path) for pattern in plain) or _in_secret_entry(payload, path)
        hides = secret and value not in (None, "", [], {})
        assert repr(after[path]) == repr(REDACTED if hides else value), path


def _in_secret_entry(payload: dict[str, Any], path: tuple[str | int, ...]) -> bool:
    items = payload.get("meta_data")
    if len(path) < 3 or path[0] != "meta_data" or not isinstance(items, list):
        return False
    entry = items[int(path[1])]
    return isinstance(entry, dict) and entry.get("key") == "_secret" and path[2] not in ("key", "id")


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_redacting_twice_changes_nothing_more(payload: dict[str, Any]) -> None:
    once = redacted(parse_json(dump_json(payload)))
    assert json.dumps(redacted(once), default=str) == json.dumps(once, default=str)
