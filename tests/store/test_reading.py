"""Reading: references that people type, streams, payloads, configurations, and any text that JSON can hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import delete

from crossdock.records import decode_record
from crossdock.store import AmbiguousReferenceError, PageWrite, Store, UnknownRecordError
from crossdock.store.flows.links import LinkFollower
from crossdock.store.reads import streams as reading
from crossdock.store.reads.search import EntryIndex
from crossdock.store.sql.column_text import from_column, to_column
from crossdock.store.sql.tables import imports
from tests.databases import Postgresql, Sqlite
from tests.store.shop import (
    CONFIG,
    ERP,
    ERP_IMPORT,
    IMPORT,
    OPERATOR,
    SHOP,
    entry,
    incoming,
    local_id,
    order,
    running,
    stored,
    write,
)

NAMES = {"demo-shop": SHOP, "the-erp": ERP}
TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x00\\0%|"), max_size=6)


def test_a_record_is_found_by_its_ids_and_by_what_people_call_it(store: Store) -> None:
    write(store, incoming(order("1", displayId="1001")))
    record = stored(store, "1")
    for text in (record["localId"], "1001", "demo-shop:1001", f"{SHOP}:1001"):
        assert store.find("order", text, NAMES) == record


def test_a_display_id_may_hold_a_colon(store: Store) -> None:
    write(store, incoming(order("1", displayId="WC:1")))
    assert store.find("order", "WC:1", NAMES) == store.find("order", "demo-shop:WC:1", NAMES) == stored(store, "1")


@pytest.mark.parametrize("text", ["", "1002", ":", "demo-shop:1002", "the-erp:1001", "f" * 32, "\ud800", "\x00"])
def test_what_nobody_is_called_is_said(store: Store, text: str) -> None:
    write(store, incoming(order("1", displayId="1001")))
    with pytest.raises(UnknownRecordError, match="there is no order"):
        store.find("order", text, NAMES)
    with pytest.raises(UnknownRecordError):
        store.find("product", "1001", NAMES)


def test_an_ambiguous_reference_lists_unambiguous_ones(store: Store) -> None:
    write(store, incoming(order("1", displayId="1001")))
    write(store, incoming(order("1", ERP, displayId="1001"), owner=ERP), actor=ERP_IMPORT)
    nobodys = store.write_record(OPERATOR, "order", None, {"displayId": "1001"}).local_id
    with pytest.raises(AmbiguousReferenceError) as refusal:
        store.find("order", "1001", NAMES)
    candidates = {"order/demo-shop:1001", "order/the-erp:1001", f"order/{nobodys}"}
    assert set(refusal.value.candidates) == candidates
    assert all(candidate in str(refusal.value) for candidate in candidates)
    for candidate in candidates:
        assert store.find("order", candidate.removeprefix("order/"), NAMES)["displayId"] == "1001"


def test_two_records_that_share_even_the_connection_are_told_apart_by_local_id(store: Store) -> None:
    write(store, incoming(order("1", displayId="1001")), incoming(order("2", displayId="1001")))
    with pytest.raises(AmbiguousReferenceError) as refusal:
        store.find("order", "demo-shop:1001", NAMES)
    assert set(refusal.value.candidates) == {f"order/{local_id(store, one)}" for one in ("1", "2")}


def test_streams_give_every_record_once_in_the_order_of_local_id(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BATCH", 4)
    for count in (0, 3, 4, 1, 5):  # around the size of a batch
        with running(store) as run:
            there = store.counts().get("order", 0)
            items = [incoming(order(f"{there + number:03}")) for number in range(count)]
            store.write_page(IMPORT, run, PageWrite(items))
        ids = [record["localId"] for record in store.records("order")]
        assert ids == sorted(set(ids))
        assert len(ids) == there + count
        assert [payload.remote_id for payload in store.payloads(SHOP, "order")] == [
            f"{number:03}" for number in range(there + count)
        ]
    assert [decode_record(document) for document in store.documents("order")] == list(store.records("order"))
    assert list(store.records("product")) == []


def test_a_stream_may_be_of_what_one_connection_has(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BATCH", 2)
    for number in range(4):
        write(store, incoming(order(f"{number}")))
        write(store, incoming(order(f"{number}", ERP), owner=ERP), actor=ERP_IMPORT)
    of_both = store.write_record(OPERATOR, "order", None, {"remoteIdMap": {SHOP: "9", ERP: "9"}}).local_id
    nobodys = store.write_record(OPERATOR, "order", None, {"displayId": "1001"}).local_id
    every = list(store.records("order"))
    for owner in (SHOP, ERP):
        mine = [record for record in every if owner in record.get("remoteIdMap", {})]
        assert list(store.records("order", owner)) == mine
        assert [decode_record(document) for document in store.documents("order", owner)] == mine
        assert len(mine) == 5
        assert of_both in [record["localId"] for record in mine]
        assert nobodys not in [record["localId"] for record in mine]
    assert list(store.records("product", SHOP)) == list(store.records("order", "f" * 32)) == []


def test_payloads_are_given_once_though_others_lie_between_and_the_file_is_written_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BATCH", 2)
    ids = [str(number) for number in range(9, 0, -1)]
    for one in ids:
        write(store, incoming(order(one)))
        write(store, incoming(order(one, ERP), owner=ERP), actor=ERP_IMPORT)
    with store._database.write() as connection:
        connection.execute(delete(imports).where(imports.c.remote_id.in_(["8", "5"])))
    stream = store.payloads(SHOP, "order")
    given = [next(stream).remote_id for _ in range(3)]
    store._database.clean_up()
    given += [payload.remote_id for payload in stream]
    assert sorted(given) == ["1", "2", "3", "4", "6", "7", "9"]


def test_a_slow_reader_holds_up_no_writer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BATCH", 2)
    write(store, *(incoming(order(str(number))) for number in range(4)))
    stream = store.records("order")
    first = next(stream)
    store.write_record(OPERATOR, "order", first["localId"], {**first, "channel": "changed meanwhile"})
    assert len([first, *stream]) == 4


def test_the_payload_is_kept_to_the_byte(store: Store) -> None:
    raw = b'{"id": 138,  "total": 1.10, "note": "\\u0000\\ud800"}'
    write(store, incoming(order(), payload=raw))
    payload = store.payload(SHOP, "order", "138")
    assert payload is not None
    assert (payload.payload, payload.local_id, payload.config_hash) == (raw, local_id(store), CONFIG)
    assert store.payload(SHOP, "order", "139") is None


def test_an_empty_payload_is_a_payload(store: Store) -> None:
    write(store, incoming(order(), payload=b""))
    payload = store.payload(SHOP, "order", "138")
    assert payload is not None
    assert payload.payload == b""


def test_a_configuration_is_remembered_by_its_hash(store: Store) -> None:
    store.remember_configuration(CONFIG, '{"mapping": 1}')  # as programs did that knew nothing of sources
    found = store.configuration(CONFIG)
    assert found is not None
    assert found[1:] == ('{"mapping": 1}', None)
    store.remember_configuration(CONFIG, '{"mapping": 1}', "what it was read from")
    store.remember_configuration(CONFIG, '{"mapping": 1}', "the same, elsewhere")
    assert store.configuration(CONFIG) == (found.remembered, '{"mapping": 1}', "what it was read from")
    assert store.configuration(b"another") is None


def test_a_cursor_can_be_set_by_hand(store: Store) -> None:
    store.reset_cursor(SHOP, "order", "2024-01-01T00:00:00Z")
    [cursor] = store.cursors()
    assert (cursor.connection_id, cursor.record_type, cursor.cursor) == (SHOP, "order", "2024-01-01T00:00:00Z")
    store.reset_cursor(SHOP, "order")
    assert store.cursors() == []


def test_known_looks_up_more_records_than_a_statement_takes(store: Store) -> None:
    write(store, *(incoming(order(str(number))) for number in range(1200)))
    ids = [str(number) for number in range(1300)]
    assert set(store.known(SHOP, "order", ids)) == set(ids[:1200])


@given(TEXT)
def test_column_text_reads_back_and_holds_no_null_character(text: str) -> None:
    assert from_column(to_column(text)) == text
    assert "\0" not in to_column(text)


@given(TEXT, TEXT)
def test_different_texts_are_different_in_columns(one: str, other: str) -> None:
    assert (to_column(one) == to_column(other)) == (one == other)


@pytest.mark.parametrize("odd", ["\0", "a\\0b\0", "\\ud800", "\xff\0\n\t", "\ufdd0d800"])
def test_odd_texts_are_kept_wherever_a_program_may_write_them(url: str, odd: str) -> None:
    link = {"recordType": "invite", "connectionId": SHOP, "remoteId": odd}
    before, after = (entry(None, odd, odd + more, module="x-w") for more in ("", "!"))
    with Store.open(url, followers=(LinkFollower(), EntryIndex())) as store:
        record = {"displayId": odd, "remoteIdMap": {SHOP: odd}, "links": [link], "customData": before}
        made = store.write_record(OPERATOR, "order", None, record)
        store.write_record(OPERATOR, "order", made.local_id, lambda old: {**old, "customData": after})
        found = store.find("order", odd)
        assert {name: found[name] for name in record} == {**record, "customData": after}
        assert store.known(SHOP, "order", [odd])[odd].local_id == made.local_id
        assert store.history("order", made.local_id)[-1].path == f"customData[|x-w|{odd}]"


@settings(max_examples=20, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=4, unique=True), TEXT)
def test_any_text_that_json_can_hold_survives_everywhere(
    database: Sqlite | Postgresql, remote_ids: list[str], text: str
) -> None:
    with Store.open(database.new_url()) as store:
        produced = [
            order(one, displayId=text, channel=one, customData=entry(SHOP, "k", text), remoteRefMap={SHOP: one})
            for one in remote_ids
        ]
        write(store, *map(incoming, produced), cursor=text)
        assert set(store.known(SHOP, "order", [*remote_ids, "other"])) == set(remote_ids)
        for made in produced:
            record = stored(store, made["channel"])
            assert {name: record[name] for name in made} == made
        assert store.cursor(SHOP, "order") == text
        assert {payload.remote_id for payload in store.payloads(SHOP, "order")} == set(remote_ids)
