"""The history's lines: the values in which two states of a record differ."""

from __future__ import annotations

from hypothesis import given

from crossdock.errors import OwnershipError
from crossdock.records import Working, pack_record, unpack_differing
from crossdock.store import Actor
from crossdock.store.writes.changes import Change, changes
from crossdock.store.writes.guard import check
from tests.store.orders import of_anybody
from tests.store.shop import ERP, IMPORT, SHOP, entry, row


@given(of_anybody(), of_anybody())
def test_there_are_lines_exactly_if_something_differs(before: Working, after: Working) -> None:
    lines = list(changes("order", before, after))
    assert bool(lines) == (before != after)
    assert all(line.old != line.new for line in lines)
    assert len({line.path for line in lines}) == len(lines)


@given(of_anybody(), of_anybody())
def test_the_way_back_is_the_way_there_turned_round(before: Working, after: Working) -> None:
    there = {(line.path, repr(line.old), repr(line.new)) for line in changes("order", before, after)}
    back = {(line.path, repr(line.new), repr(line.old)) for line in changes("order", after, before)}
    assert there == back


@given(of_anybody(), of_anybody())
def test_what_differs_in_packed_records_has_the_same_lines_and_the_same_verdict_as_the_whole(
    before: Working, after: Working
) -> None:
    old, new = unpack_differing(pack_record(before), pack_record(after))
    assert list(changes("order", old, new)) == list(changes("order", before, after))
    assert _verdict(IMPORT, old, new) == _verdict(IMPORT, before, after)


def _verdict(actor: Actor, before: Working, after: Working) -> str:
    try:
        check(actor, "order", before, after)
    except OwnershipError as refusal:
        return str(refusal)
    return "let pass"


def test_a_line_names_the_value_as_a_person_would() -> None:
    before = {
        "channel": "web",
        "billingAddress": {"city": "Oslo", "phone": "1"},
        "discountCodes": ["a"],
        "remoteRefMap": {SHOP: "#1"},
        "rows": [row(1, sku="a", customData=entry(SHOP, "k", "1")), row(2)],
    }
    after = {
        "billingAddress": {"city": "Bergen", "phone": "1"},
        "discountCodes": ["a", "b"],
        "remoteRefMap": {SHOP: "#1", ERP: "X"},
        "rows": [row(3), row(1, sku="b")],
        "customData": entry(None, "tier", "gold", module="x-crm"),
    }
    one, two, three = (f"{number:032x}" for number in (1, 2, 3))
    assert set(_shown(list(changes("order", before, after)))) == {
        ("channel", "web", None),
        ("billingAddress.city", "Oslo", "Bergen"),
        ("discountCodes", "['a']", "['a', 'b']"),
        (f"remoteRefMap[{ERP}]", None, "X"),
        (f"rows[{one}].sku", "a", "b"),
        (f"rows[{one}].customData[{SHOP}|connector.woocommerce|k]", str(entry(SHOP, "k", "1").popitem()[1]), None),
        (f"rows[{two}]", str(row(2)), None),
        (f"rows[{three}]", None, str(row(3))),
        ("customData[|x-crm|tier]", None, str(entry(None, "tier", "gold", module="x-crm").popitem()[1])),
    }


def test_an_order_of_rows_that_changed_is_a_line() -> None:
    [line] = changes("order", {"rows": [row(1), row(2)]}, {"rows": [row(2), row(1)]})
    assert (line.path, line.old, line.new) == ("rows[]", [f"{1:032x}", f"{2:032x}"], [f"{2:032x}", f"{1:032x}"])


def _shown(lines: list[Change]) -> list[tuple[str, str | None, str | None]]:
    return [(line.path, _text(line.old), _text(line.new)) for line in lines]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
