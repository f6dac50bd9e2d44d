"""Whatever the mapping and whatever the payload: nothing is lost, and the ledger can prove it."""

import copy
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from crossdock.customdata import read_stash_key
from crossdock.mapping.account import account_leaves
from crossdock.mapping.ledger import Ledger
from crossdock.mapping.mapped import Mapped
from crossdock.mapping.mapper import Mapper, Refusal
from crossdock.mapping.prove import prove, same
from crossdock.mapping.shape import WORTH_IT
from crossdock.records.wire import Working, decode_record, dump_json, encode_record, parse_json
from tests.mapping.building import CONNECTION, mapper_of, problems_of
from tests.mapping.mappings import mappings, overrides, payloads, refusals

thorough = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def built(text: str, own: str | None) -> Mapper:
    assume(not problems_of(text, own))
    return mapper_of(text, own)


def parsed(payload: dict[str, Any]) -> Working:
    working: Working = parse_json(dump_json(payload))
    return working


@thorough
@given(mappings(), st.none() | overrides(), st.lists(payloads(), min_size=1, max_size=3), refusals())
def test_every_payload_is_proved(text: str, own: str | None, some: list[dict[str, Any]], refused: set[Refusal]) -> None:
    mapper = built(text, own)
    for payload in map(parsed, some):
        for given_refusals in (set(), refused):
            mapped = mapper.map(payload, given_refusals)
            assert mapped.ledger.balances
            assert prove(mapper, payload, mapped) == []


@thorough
@given(mappings(), st.none() | overrides(), payloads(), st.randoms())
def test_payloads_of_a_shape_that_keeps_coming_are_proved_as_well(
    text: str, own: str | None, payload: dict[str, Any], random: Any
) -> None:
    mapper = built(text, own)
    first = encode_record(mapper.map(parsed(payload)).record)
    for _ in range(WORTH_IT):
        mapper.map(parsed(payload))
    mapped = mapper.map(parsed(payload))
    assert encode_record(mapped.record) == first
    assert prove(mapper, parsed(payload), mapped) == []
    other = parsed(payload)
    odd = _with_odd_values(other, random)
    assert prove(mapper, odd, mapper.map(odd)) == []


def _with_odd_values(value: Any, random: Any) -> Any:
    """The same names, with some values of another kind."""
    if isinstance(value, dict):
        return {name: item if name == "id" else _with_odd_values(item, random) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_odd_values(item, random) for item in value]
    return random.choice([value, value, None, "", "text", 7, Decimal("1.50"), True, [], {}, ["x"], {"s": "y"}])


@thorough
@given(mappings(), st.none() | overrides(), payloads())
def test_the_record_survives_the_wire_with_its_entries_exact(
    text: str, own: str | None, payload: dict[str, Any]
) -> None:
    record = built(text, own).map(parsed(payload)).record
    again = decode_record(encode_record(record))
    for before, after in zip(_holders(record), _holders(again), strict=True):
        assert before.keys() == after.keys()
        for key, entry in before.items():
            value = after[key]["value"]
            if entry["type"] == "decimal":
                value = Decimal(value)
            elif entry["type"] == "integer":
                value = int(value)
            assert same(value, entry["value"]), key


def _holders(record: Working) -> list[dict[str, Any]]:
    holders = [record, *(part for name in ("rows", "payments", "shipments") for part in record.get(name, []))]
    return [holder.get("customData", {}) for holder in holders]


@thorough
@given(mappings(), payloads())
def test_mapping_changes_neither_the_payload_nor_anything_else(text: str, payload: dict[str, Any]) -> None:
    mapper = built(text, None)
    before = parsed(payload)
    kept = copy.deepcopy(before)
    mapper.map(before)
    assert same(before, kept)


@thorough
@given(mappings(), st.none() | overrides(), payloads())
def test_a_payload_from_the_archive_gives_the_same_record(text: str, own: str | None, payload: dict[str, Any]) -> None:
    mapper = built(text, own)
    raw = dump_json(payload)
    archived = mapper.redactor.redact(raw, parse_json(raw))
    mapped, again = mapper.map(parse_json(raw)), mapper.map(parse_json(archived))
    assert encode_record(again.record) == encode_record(mapped.record)
    assert again.ledger == mapped.ledger


@thorough
@given(mappings(), payloads())
def test_no_two_leaves_share_a_stash_key(text: str, payload: dict[str, Any]) -> None:
    mapper = built(text, None)
    units: dict[tuple[Any, ...], Any] = {}
    for fate in account_leaves(mapper.mapping, parsed(payload)):
        if fate.key is not None:
            assert units.setdefault((fate.part, fate.key), fate.unit) == fate.unit
            read_stash_key(fate.key, mapper.mapping.prefixes)


# -- a proof that cannot fail proves nothing: each fault is found ------------------------------------------------------

MAPPING = """
[order]
id = "id"
[order.fields]
channel = "via"
"totals.totalInclVat" = "total"
discountCodes = "coupons[*].code"
customerNote = "meta_data[?key=='note'].value | [0]"
[order.rows.product]
over = "lines"
id = "id"
[order.rows.product.fields]
type = "'product'"
sku = "sku"
[order.keyValue.meta]
list = "meta_data"
sort = "id"
[order.drop]
secret = "dropped"
"""
PAYLOAD: Working = {
    "id": 7,
    "via": "web",
    "total": "1.10",
    "rate": Decimal("25.00"),
    "count": 3,
    "secret": "x",
    "coupons": [{"code": "A", "amount": 5}],
    "lines": [{"id": 1, "sku": "S", "tax": "0.10"}],
    "meta_data": [
        {"id": 2, "key": "a", "value": "second"},
        {"id": 1, "key": "a", "value": "first"},
        {"key": "note", "value": "n"},
    ],
}
LEAD = f"{CONNECTION}|connector.shop|"


def _stashed(key: str, value: Any, kind: str) -> Callable[[Mapped], None]:
    def change(mapped: Mapped) -> None:
        entry = {"connectionId": CONNECTION, "moduleId": "connector.shop", "key": key, "type": kind, "value": value}
        mapped.record["customData"][LEAD + key] = entry

    return change


def _target(name: str, value: Any) -> Callable[[Mapped], None]:
    def change(mapped: Mapped) -> None:
        mapped.record[name] = value

    return change


def _swap_metas(mapped: Mapped) -> None:
    entries = mapped.record["customData"]
    one, two = entries[f"{LEAD}meta.a"], entries[f"{LEAD}meta.a#2"]
    one["value"], two["value"] = two["value"], one["value"]


FAULTS: list[tuple[str, Callable[[Mapped], Any], str]] = [
    (
        "a lost entry",
        lambda mapped: mapped.record["customData"].pop(f"{LEAD}rate"),
        "/rate: Decimal('25.00') is in neither",
    ),
    ("other digits", _stashed("rate", Decimal("25.0"), "decimal"), "/rate: the stash has decimal Decimal('25.0'), the"),
    ("another type", _stashed("count", "3", "string"), "/count: the stash has string '3', the payload 3"),
    ("a wrong type name", _stashed("count", 3, "decimal"), "/count: the stash has decimal 3, the payload 3"),
    ("an invented entry", _stashed("nothing", 1, "integer"), "/: 'nothing' is in the stash, but the payload has no"),
    ("a mapped leaf kept", _stashed("via", "web", "string"), "/: 'via' is in the stash although nothing needs it"),
    (
        "a dropped leaf kept",
        _stashed("secret", "x", "string"),
        "/secret: it is dropped (dropped), but the stash has it",
    ),
    (
        "entries in the wrong order",
        _swap_metas,
        "/meta_data/1/value: the stash has string 'second', the payload 'first'",
    ),
    ("a third entry of two", _stashed("meta.a#3", "x", "string"), "/: 'meta.a#3' is in the stash, but the payload has"),
    ("another value", _target("channel", "shop"), "/: the record has channel 'shop' instead of 'web'"),
    ("other digits of an amount", _target("totals", {"totalInclVat": Decimal("1.1")}), "/: the record has totals"),
    ("a list cut short", _target("discountCodes", []), "/: the record has discountCodes [] instead of ['A']"),
    ("an invented field", _target("currency", "SEK"), "/: the record has currency 'SEK' instead of"),
    ("a lost field", lambda mapped: mapped.record.pop("customerNote"), "/: the record has customerNote"),
    ("a lost row", lambda mapped: mapped.record["rows"].clear(), "/: the record does not hold each part once"),
    (
        "a row's entry lost",
        lambda mapped: mapped.record["rows"][0].pop("customData"),
        "/lines/0/tax: '0.10' is in neither",
    ),
    (
        "a row without id",
        lambda mapped: mapped.record["rows"][0].pop("rowId"),
        "/lines/0: the part of rows.product has",
    ),
    (
        "an entry of somebody else",
        lambda mapped: mapped.record["customData"][f"{LEAD}rate"].update(moduleId="x-a"),
        "/: the",
    ),
]


@pytest.mark.parametrize(
    ("fault", "finding"), [(fault, finding) for _, fault, finding in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_is_found(fault: Callable[[Mapped], Any], finding: str) -> None:
    mapper = mapper_of(MAPPING)
    mapped = mapper.map(PAYLOAD)
    assert prove(mapper, PAYLOAD, mapped) == []
    fault(mapped)
    assert any(line.startswith(finding) for line in prove(mapper, PAYLOAD, mapped)), prove(mapper, PAYLOAD, mapped)


def test_a_ledger_that_is_off_by_one_is_found() -> None:
    mapper = mapper_of(MAPPING)
    mapped = mapper.map(PAYLOAD)
    counts = mapped.ledger.as_wire()
    mapped.ledger = Ledger(**{**counts, "mapped": counts["mapped"] - 1, "stashed": counts["stashed"] + 1})
    assert mapped.ledger.balances
    (finding,) = prove(mapper, PAYLOAD, mapped)
    assert finding.startswith("/: the ledger is Ledger(leaves=")


def test_a_payload_nested_as_deep_as_a_record_can_be_is_proved_or_says_so() -> None:
    mapper = mapper_of(MAPPING)
    for depth, findings in ((200, []), (700, ["/: the payload is nested too deep to be compared"])):
        payload = parse_json(b'{"id": 1, "x": ' + b"[" * depth + b"1" + b"]" * depth + b"}")
        assert prove(mapper, payload, mapper.map(payload)) == findings


LARGE = """
[order]
id = 'id'
[order.keyValue.meta]
list = 'meta_data'
[order.rows.product]
over = 'lines'
[order.rows.product.fields]
type = "'product'"
name = 'name'
"""


def test_a_large_payload_is_proved_in_proportion_to_its_size() -> None:
    count = 12_000
    payload = parsed(
        {
            "id": 1,
            "meta_data": [{"key": "_log", "value": f"entry {number}"} for number in range(count)],
            "lines": [{"name": f"row {number}", "note": "n"} for number in range(count)],
        }
    )
    mapper = mapper_of(LARGE)
    mapped = mapper.map(payload)
    begin = time.process_time()
    assert prove(mapper, payload, mapped) == []
    assert time.process_time() - begin < 10  # a glance at all the others for each entry, or row, would take minutes
