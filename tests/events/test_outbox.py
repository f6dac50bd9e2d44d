"""What happens is written down for those who asked, with the change itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from crossdock.config.flows import DEFAULT_FLOWS
from crossdock.config.subscription import Subscription
from crossdock.errors import RecordError
from crossdock.records import Working, parse_json
from crossdock.store import PageWrite, Store
from crossdock.store.events.event import EventFollower
from crossdock.store.flows.flow import FlowFollower
from crossdock.store.writes.follower import Follower
from tests.store.shop import (
    ERP,
    ERP_API,
    IMPORT,
    LATER,
    OPERATOR,
    SHOP,
    entry,
    incoming,
    local_id,
    order,
    row,
    running,
    write,
)

from .receiving import Clock, subscription


@contextmanager
def told(url: str, *subscriptions: Subscription, clock: Clock | None = None) -> Iterator[Store]:
    """A store with subscriptions."""
    followers: Sequence[Follower] = (EventFollower(subscriptions),)
    with Store.open(url, clock=clock or Clock(), followers=followers) as store:
        yield store


def take(store: Store, name: str = "erp-events") -> list[dict[str, Any]]:
    """Receive everything that waits for a subscription."""
    bodies = []
    while batch := store.outbox.claim(name, timedelta(minutes=5), 10):
        for message in batch:
            bodies.append(json.loads(message.body))
            store.outbox.received(message)
    return bodies


def edit(store: Store, change: Any, actor: Any = OPERATOR) -> None:
    """Change the order through the API or the command line."""
    store.write_record(actor, "order", local_id(store), change)


def test_a_new_record_is_told_with_its_custom_data_and_who_wrote_it(url: str) -> None:
    with told(url, subscription(events=frozenset({"record.created"}))) as store:
        with running(store) as run:
            item = incoming(order(customData=entry(SHOP, "vat", "SE1"), rows=[row(1, sku="A", quantity="2")]))
            store.write_page(IMPORT, run, PageWrite([item]))
        (event,) = take(store)
        record = store.record("order", local_id(store))
    assert event["type"] == "record.created"
    data = event["data"]
    assert (data["recordType"], data["version"], data["changes"]) == ("order", 1, [])
    assert data["record"] == record
    assert data["record"]["customData"] == entry(SHOP, "vat", "SE1")
    assert data["actor"] == {"kind": "connection", "name": "demo-shop", "connectionId": SHOP, "through": "import"}
    assert data["runId"] == run.run_id


def test_a_change_is_told_field_by_field_and_entry_by_entry_with_owners(url: str) -> None:
    before = order(channel="web", customData=entry(SHOP, "vat", "SE1"), rows=[row(1, sku="A")])
    note = entry(ERP, "note", "", module="x-erp")

    def change(record: Working) -> Working:
        rows = [{**record["rows"][0], "sku": "B", "customData": note}]
        remote_ids = {**record["remoteIdMap"], ERP: "E-1"}
        return {**record, "channel": "phone", "remoteIdMap": remote_ids, "rows": rows, "customData": note}

    with told(url, subscription(events=frozenset({"record.updated"}))) as store:
        write(store, incoming(before))
        edit(store, change)
        (event,) = take(store)
    row_id = f"{1:032x}"
    found = {one["path"]: (one["old"], one["new"], one["owner"]) for one in event["data"]["changes"]}
    (key, value), (vat_key, vat) = *note.items(), *entry(SHOP, "vat", "SE1").items()
    assert found == {
        "channel": ("web", "phone", None),
        f"remoteIdMap[{ERP}]": (None, "E-1", ERP),
        f"customData[{key}]": (None, value, ERP),
        f"customData[{vat_key}]": (vat, None, SHOP),
        f"rows[{row_id}].sku": ("A", "B", None),
        f"rows[{row_id}].customData[{key}]": (None, value, ERP),
    }
    assert event["data"]["actor"]["kind"] == "operator"
    assert event["data"]["version"] == 2


def test_a_change_of_entries_is_called_by_that_name_even_on_a_row(url: str) -> None:
    def change(record: Working) -> Working:
        return {**record, "rows": [{**record["rows"][0], "customData": entry(ERP, "bin", "7", module="x-erp")}]}

    everything, few = subscription(), subscription(name="fields", events=frozenset({"record.updated"}))
    with told(url, everything, few) as store:
        write(store, incoming(order(rows=[row(1)])))
        take(store)
        edit(store, change)
        assert [event["type"] for event in take(store)] == ["customData.changed"]
        assert take(store, "fields") == []


def test_who_asked_for_entries_only_hears_of_them_whatever_else_changed(url: str) -> None:
    with told(url, subscription(events=frozenset({"customData.changed"}))) as store:
        write(store, incoming(order(channel="web", rows=[row(1, customData=entry(SHOP, "a", "1"))])))
        edit(store, lambda record: {**record, "channel": "phone"})
        assert take(store) == []
        edit(store, lambda record: {**record, "channel": "app", "customData": entry(ERP, "n", "1", module="x-erp")})
        edit(store, lambda record: {**record, "rows": []})
        changed, gone = ([one["path"] for one in event["data"]["changes"]] for event in take(store))
    assert changed == ["channel", f"customData[{ERP}|x-erp|n]"]
    assert gone == [f"rows[{1:032x}]", f"rows[{1:032x}].customData[{SHOP}|connector.woocommerce|a]"]


def test_entries_of_a_row_that_comes_or_goes_have_their_owners(url: str) -> None:
    entries = entry(SHOP, "a", "1") | entry(ERP, "b", "2", module="x-erp") | entry(None, "c", "3", module="x-crm")
    with told(url, subscription(events=frozenset({"record.updated"}))) as store:
        write(store, incoming(order(rows=[])))
        edit(store, lambda record: {**record, "rows": [row(1, sku="A", customData=entries)]})
        edit(store, lambda record: {**record, "rows": []})
        came, went = (
            [(one["old"], one["new"], one["owner"]) for one in event["data"]["changes"]] for event in take(store)
        )
    assert came[0] == (None, row(1, sku="A"), None)
    assert came[1:] == [(None, value, value.get("connectionId")) for value in entries.values()]
    assert went == [(new, old, owner) for old, new, owner in came]


def test_a_key_that_looks_like_a_path_is_no_field(url: str) -> None:
    odd = entry(ERP, "rows[1].customData[x]", "1", module="x-erp")
    with told(url, subscription()) as store:
        write(store, incoming(order()))
        take(store)
        edit(store, lambda record: {**record, "customData": odd})
        (event,) = take(store)
    assert (event["type"], event["data"]["changes"][0]["owner"]) == ("customData.changed", ERP)


def test_the_path_of_an_entry_has_the_key_that_the_entry_has(url: str) -> None:
    odd = entry(SHOP, parse_json(r'"meta.half \ud83d and \u0000"'), "1")
    with told(url, subscription()) as store:
        write(store, incoming(order()))
        write(store, incoming(order(customData=odd), LATER))
        _created, changed, *_runs = [one for one in take(store) if one["type"] != "run.finished"]
    (change,) = changed["data"]["changes"]
    assert change["new"]["key"] == "meta.half \ud83d and \0"
    assert change["path"] == f"customData[{SHOP}|connector.woocommerce|{change['new']['key']}]"
    assert list(changed["data"]["record"]["customData"]) == [change["path"][len("customData[") : -1]]


def test_a_deletion_is_told_with_the_last_state(url: str) -> None:
    with told(url, subscription()) as store:
        write(store, incoming(order(channel="web")))
        take(store)
        gone = local_id(store)
        store.delete_record(OPERATOR, "order", gone)
        (event,) = take(store)
    assert (event["type"], event["data"]["localId"], event["data"]["version"]) == ("record.deleted", gone, 2)
    assert event["data"]["record"]["channel"] == "web"


def test_a_writer_does_not_hear_of_its_own_changes_unless_it_wants_to(url: str) -> None:
    quiet = subscription(name="quiet", connection_id=ERP)
    loud = subscription(name="loud", connection_id=ERP, own_changes=True)
    note = entry(ERP, "note", "1", module="x-erp")
    with told(url, quiet, loud) as store:
        write(store, incoming(order()))
        for name in ("quiet", "loud"):
            assert take(store, name)[0]["type"] == "record.created"
            take(store, name)
        edit(store, lambda record: {**record, "customData": note}, ERP_API)
        assert [event["type"] for event in take(store, "loud")] == ["customData.changed"]
        assert take(store, "quiet") == []


def test_other_record_types_and_kinds_are_not_written(url: str) -> None:
    with told(url, subscription(record_types=frozenset({"product"}), events=frozenset({"record.created"}))) as store:
        write(store, incoming(order()))
        assert store.outbox.count() == 0


def test_an_event_is_there_if_and_only_if_the_write_is(url: str) -> None:
    with told(url, subscription()) as store:
        with pytest.raises(RecordError):
            store.write_record(OPERATOR, "order", None, {"currency": "no such"})
        assert store.outbox.count() == 0
        store.write_record(OPERATOR, "order", None, {"currency": "EUR"})
        assert store.outbox.count() == 1


def test_the_end_of_a_run_is_told_with_its_report(url: str) -> None:
    with told(url, subscription(events=frozenset({"run.finished"}))) as store:
        run = store.start_run(SHOP, "order", b"c")
        assert store.outbox.count() == 0
        store.finish_run(run, {"considered": 3}, "failed")
        (event,) = take(store)
    assert event["data"]["runId"] == run.run_id
    assert (event["data"]["outcome"], event["data"]["report"]) == ("failed", {"considered": 3})


def test_a_run_that_died_is_told_when_that_is_found_out(url: str) -> None:
    clock = Clock()
    with told(url, subscription(events=frozenset({"run.finished"}))) as dying:
        run = dying.start_run(SHOP, "order", b"c")
        dying._heartbeats.pop(run.run_id).stop()
        clock.pass_by(minutes=2)
        with told(url, subscription(events=frozenset({"run.finished"})), clock=clock) as store:
            store.finish_run(store.start_run(SHOP, "order", b"c"), {}, "succeeded")
            first, second = take(store)
    assert (first["data"]["runId"], first["data"]["outcome"]) == (run.run_id, "interrupted")
    assert second["data"]["outcome"] == "succeeded"


def test_events_of_one_record_are_given_one_by_one_and_of_others_together(url: str) -> None:
    with told(url, subscription()) as store:
        write(store, incoming(order("1")), incoming(order("2")))
        write(store, incoming(order("1", channel="web"), LATER))
        lease = timedelta(minutes=5)
        records = [one for one in store.outbox.claim("erp-events", lease, 10) if b"record." in one.body]
        assert [json.loads(one.body)["type"] for one in records] == ["record.created", "record.created"]
        assert store.outbox.claim("erp-events", lease, 10) == []
        for one in records:
            store.outbox.received(one)
        (updated,) = store.outbox.claim("erp-events", lease, 10)
        assert json.loads(updated.body)["type"] == "record.updated"


def test_what_a_flow_brings_is_told_after_what_it_followed_from(url: str) -> None:
    told_of = subscription(events=frozenset({"record.created", "customData.changed"}), connection_id=ERP)
    followers = (EventFollower([told_of]), FlowFollower(DEFAULT_FLOWS))
    note = entry(ERP, "note", "1", module="x-erp")
    with Store.open(url, followers=followers) as store:
        source = store.write_record(OPERATOR, "order", None, {"customData": note}).local_id
        link = {"recordType": "order", "localId": source}
        store.write_record(OPERATOR, "shipment", None, {"links": [link]})
        events = [(event["data"]["recordType"], event["type"], event["data"]["version"]) for event in take(store)]
    assert events == [
        ("order", "record.created", 1),
        ("shipment", "record.created", 1),
        ("shipment", "customData.changed", 2),
    ]
