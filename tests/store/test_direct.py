"""Direct writes: one record, by the same door as imports."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crossdock.errors import OwnershipError, RecordError
from crossdock.records import Working
from crossdock.store import Ignored, RemoteIdTakenError, Store, UnknownRecordError, VersionConflictError
from tests.store.shop import (
    ERP,
    ERP_API,
    ERP_IMPORT,
    LATER,
    OPERATOR,
    SHOP,
    SHOP_API,
    entry,
    incoming,
    local_id,
    order,
    row,
    stored,
    write,
)


def test_a_record_is_created_read_changed_and_deleted(store: Store) -> None:
    made = store.write_record(
        OPERATOR, "order", None, {"channel": "phone", "totals": {"totalInclVat": Decimal("1.10")}}
    )
    assert (made.version, made.changed) == (1, True)
    assert store.record("order", made.local_id) == made.record
    assert made.record["totals"] == {"totalInclVat": "1.10"}
    changed = store.write_record(OPERATOR, "order", made.local_id, lambda record: {**record, "channel": "web"})
    assert (changed.version, changed.record["channel"], changed.record["totals"]) == (2, "web", made.record["totals"])
    store.delete_record(OPERATOR, "order", made.local_id)
    assert store.record("order", made.local_id) is None


def test_a_write_that_changes_nothing_leaves_version_and_time(store: Store) -> None:
    made = store.write_record(OPERATOR, "order", None, {"channel": "phone"})
    again = store.write_record(OPERATOR, "order", made.local_id, {"channel": "phone"})
    assert not again.changed
    assert again.record == made.record
    assert len(store.history("order", made.local_id)) == 1


def test_what_only_the_store_writes_cannot_be_written(store: Store) -> None:
    given = {"channel": "web", "localId": "f" * 32, "version": 9, "created": LATER, "lastModified": LATER}
    made = store.write_record(OPERATOR, "order", None, given)
    assert made.local_id != "f" * 32
    assert made.version == 1
    assert made.record["created"] != LATER


def test_every_act_of_an_operator_is_recorded(store: Store) -> None:
    write(store, incoming(order(customData=entry(SHOP, "k", "1"), rows=[row(1, sku="a")])))
    target = local_id(store)
    store.write_record(
        OPERATOR, "order", target, lambda record: {**record, "customData": {}, "rows": [row(1, sku="b")]}
    )
    store.delete_record(OPERATOR, "order", target)
    lines = store.history("order", target)
    lines[:2] = sorted(lines[:2], key=lambda line: line.path, reverse=True)
    assert [line.path for line in lines] == [
        f"rows[{1:032x}].sku",
        f"customData[{SHOP}|connector.woocommerce|k]",
        "",
    ]
    assert {(line.actor_kind, line.actor_name, line.through) for line in lines} == {("operator", "kim", "cli")}
    assert (lines[0].old, lines[0].new) == ("a", "b")
    assert lines[1].new is None
    assert lines[2].old["rows"] == [row(1, sku="b")]


def test_a_record_made_by_hand_tells_by_whom(store: Store) -> None:
    made = store.write_record(OPERATOR, "order", None, {"channel": "phone"})
    [line] = store.history("order", made.local_id)
    assert (line.path, line.old, line.new, line.actor_name, line.version) == ("", None, {"channel": "phone"}, "kim", 1)


def test_a_refused_write_names_every_key_and_leaves_the_record(store: Store) -> None:
    write(store, incoming(order(customData=entry(SHOP, "k", "1"))))
    before = stored(store)
    keys = [f"{SHOP}|connector.woocommerce|k", "|x-crm|tier"]

    def grab(record: Working) -> Working:
        return {**record, "channel": "erp", "customData": entry(None, "tier", "gold", module="x-crm")}

    with pytest.raises(OwnershipError) as refusal:
        store.write_record(ERP_API, "order", before["localId"], grab)
    assert all(key in str(refusal.value) for key in keys)
    assert stored(store) == before
    with pytest.raises(OwnershipError):
        store.delete_record(ERP_API, "order", before["localId"])
    assert stored(store) == before
    assert store.history("order", before["localId"]) == []


def test_a_write_may_insist_on_the_version_it_has_read(store: Store) -> None:
    made = store.write_record(OPERATOR, "order", None, {"channel": "one"})
    store.write_record(OPERATOR, "order", made.local_id, {"channel": "two"}, expected_version=1)
    with pytest.raises(VersionConflictError, match="has version 2, not 1"):
        store.write_record(OPERATOR, "order", made.local_id, {"channel": "three"}, expected_version=1)


@pytest.mark.parametrize(
    ("record", "pointer"),
    [
        ({"chanel": "web"}, "/chanel"),
        ({"totals": {"totalInclVat": 1.1}}, "/totals/totalInclVat"),
        ({"rows": [{"type": "product"}]}, "/rows/0/rowId"),
        ({"channel": "\ud800"}, None),
        ({"remoteIdMap": {"shop": "1"}}, "/remoteIdMap/shop"),
        ({"customData": {"|x-a|k": {"moduleId": "x-a", "key": "other", "type": "bool", "value": True}}}, "/customData"),
    ],
)
def test_what_is_no_valid_record_is_refused_with_its_place(store: Store, record: Working, pointer: str | None) -> None:
    with pytest.raises(RecordError) as refusal:
        store.write_record(OPERATOR, "order", None, record)
    assert refusal.value.stage == "validate"
    assert refusal.value.pointer == pointer
    assert store.counts() == {}


def test_two_rows_with_one_id_are_refused(store: Store) -> None:
    with pytest.raises(RecordError, match="two rows have the rowId"):
        store.write_record(OPERATOR, "order", None, {"rows": [row(1), row(1)]})


def test_an_unknown_record_is_named(store: Store) -> None:
    for attempt in (
        lambda: store.write_record(OPERATOR, "order", "f" * 32, {}),
        lambda: store.delete_record(OPERATOR, "order", "f" * 32),
    ):
        with pytest.raises(UnknownRecordError, match="there is no order 'ffff"):
            attempt()


def test_a_connection_links_itself_and_its_import_then_finds_the_record(store: Store) -> None:
    write(store, incoming(order("138", channel="web")))
    target = local_id(store)
    link = {SHOP: "138", ERP: "A-1"}
    store.write_record(ERP_API, "order", target, lambda record: {**record, "remoteIdMap": link})
    [result] = write(store, incoming(order("A-1", ERP, customerNote="from the erp"), owner=ERP), actor=ERP_IMPORT)
    assert (result.outcome, result.local_id) == ("updated", target)
    assert (stored(store)["channel"], stored(store)["customerNote"]) == ("web", "from the erp")
    assert stored(store)["remoteIdMap"] == link


def test_a_remote_id_that_is_taken_is_a_conflict(store: Store) -> None:
    write(store, incoming(order("1")), incoming(order("2")))
    target = local_id(store, "2")
    with pytest.raises(RemoteIdTakenError, match=local_id(store, "1")):
        store.write_record(SHOP_API, "order", target, lambda record: {**record, "remoteIdMap": {SHOP: "1"}})
    with pytest.raises(RemoteIdTakenError):
        store.write_record(SHOP_API, "order", None, {"remoteIdMap": {SHOP: "1"}})
    assert stored(store, "2")["remoteIdMap"] == {SHOP: "2"}
    assert store.counts() == {"order": 2}


def test_an_unlinked_record_is_new_to_the_next_import(store: Store) -> None:
    write(store, incoming(order("1", channel="web")))
    first = local_id(store, "1")
    store.write_record(OPERATOR, "order", first, lambda record: {**record, "remoteIdMap": {}})
    assert store.known(SHOP, "order", ["1"]) == {}
    [result] = write(store, incoming(order("1", channel="web")))
    assert result.outcome == "created"
    assert result.local_id != first


def test_a_deleted_record_is_new_to_the_next_import(store: Store) -> None:
    write(store, incoming(order("1")))
    store.delete_record(OPERATOR, "order", local_id(store, "1"))
    assert store.known(SHOP, "order", ["1"]) == {}
    assert write(store, incoming(order("1")))[0].outcome == "created"


def test_a_connection_may_link_what_its_imports_ignored_so_far(store: Store) -> None:
    item = incoming(order("1"))
    fields = (item.remote_id, item.modified, item.digest, item.config_hash, item.payload, item.ledger)
    write(store, Ignored(*fields, "a test order"))
    made = store.write_record(SHOP_API, "order", None, {"remoteIdMap": {SHOP: "1"}})
    known = store.known(SHOP, "order", ["1"])["1"]
    assert (known.local_id, known.outcome, known.digest) == (made.local_id, "stored", b"")


def test_numbers_given_out_grow_with_each_commit_and_never_come_twice(store: Store) -> None:
    made = [store.write_record(OPERATOR, "order", None, {"channel": str(number)}).local_id for number in range(3)]
    store.delete_record(OPERATOR, "order", made[2])
    store.write_record(OPERATOR, "order", made[0], {"channel": "changed"})
    new = store.write_record(OPERATOR, "order", None, {}).local_id
    with store._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT local_id, sequence FROM records ORDER BY sequence").all()
    assert [tuple(one) for one in rows] == [(made[1], 2), (made[0], 5), (new, 6)]  # the deletion is number 4
