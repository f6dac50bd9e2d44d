"""A page of an import in the store: what becomes of each item."""

from __future__ import annotations

import pytest

from crossdock.records import Stash, Working
from crossdock.store import Ignored, LeaseLostError, PageWrite, Quarantined, Store, Unchanged, pack_items
from tests.store.shop import (
    CONFIG,
    EARLY,
    ERP,
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
    stored,
    write,
)


def test_a_new_order_is_created_with_everything_it_was_produced_with(store: Store) -> None:
    produced = order(displayId="138", customData=entry(SHOP, "meta.a", "1"))
    [result] = write(store, incoming(produced))
    record = stored(store)
    assert result.outcome == "created"
    assert record["localId"] == result.local_id
    assert record["version"] == 1
    assert record["created"] == record["lastModified"]
    assert {name: record[name] for name in produced} == produced


def test_the_next_import_knows_digest_configuration_time_and_ledger(store: Store) -> None:
    item = incoming(order())
    write(store, item)
    known = store.known(SHOP, "order", ["138", "139"])
    assert set(known) == {"138"}
    assert known["138"].digest == item.digest
    assert known["138"].config_hash == CONFIG
    assert known["138"].modified == EARLY
    assert known["138"].ledger == item.ledger


def test_an_unchanged_item_writes_nothing(store: Store) -> None:
    write(store, incoming(order()))
    before = stored(store)
    [result] = write(store, Unchanged(store.known(SHOP, "order", ["138"])["138"]))
    assert (result.outcome, result.local_id) == ("unchanged", before["localId"])
    assert stored(store) == before


def test_the_same_item_twice_in_one_page_writes_once(store: Store) -> None:
    first, second = write(store, incoming(order()), incoming(order()))
    assert (first.outcome, second.outcome) == ("created", "unchanged")
    assert first.local_id == second.local_id
    assert stored(store)["version"] == 1
    assert store.counts() == {"order": 1}


def test_two_states_of_one_record_in_one_page_end_as_the_last(store: Store) -> None:
    results = write(store, incoming(order(channel="web")), incoming(order(channel="app"), LATER))
    assert [result.outcome for result in results] == ["created", "updated"]
    assert stored(store)["channel"] == "app"


def test_a_changed_value_is_updated_and_the_history_says_so(store: Store) -> None:
    write(store, incoming(order(channel="web")))
    [result] = write(store, incoming(order(channel="app"), LATER))
    assert result.outcome == "updated"
    assert stored(store)["version"] == 2
    [line] = store.history("order", local_id(store))
    assert (line.path, line.old, line.new, line.actor_name, line.through) == (
        "channel",
        "web",
        "app",
        "demo-shop",
        "import",
    )
    assert line.run_id == store.runs()[0].run_id


def test_an_edit_made_elsewhere_survives_until_the_remote_changes_that_value(store: Store) -> None:
    write(store, incoming(order(channel="web", customerNote="one")))
    store.write_record(OPERATOR, "order", local_id(store), lambda record: {**record, "channel": "phone"})
    write(store, incoming(order(channel="web", customerNote="two"), LATER))
    assert stored(store)["channel"] == "phone"
    assert stored(store)["customerNote"] == "two"
    write(store, incoming(order(channel="app", customerNote="two"), LATER))
    assert stored(store)["channel"] == "app"


def test_what_is_produced_as_before_leaves_a_record_that_others_have_edited_as_it_is(store: Store) -> None:
    write(store, incoming(order(channel="web", customerNote="one")))
    store.write_record(OPERATOR, "order", local_id(store), lambda record: {**record, "channel": "phone"})
    before = stored(store)
    [result] = write(store, incoming(order(channel="web", customerNote="one"), LATER))
    assert (result.outcome, stored(store)) == ("unchanged", before)
    write(store, incoming(order(channel="web", customerNote="two"), LATER))
    assert (stored(store)["channel"], stored(store)["customerNote"]) == ("phone", "two")


def test_a_stale_payload_changes_nothing(store: Store) -> None:
    write(store, incoming(order(channel="web"), LATER))
    before, known = stored(store), store.known(SHOP, "order", ["138"])
    [result] = write(store, incoming(order(channel="old"), EARLY))
    assert result.outcome == "unchanged"
    assert stored(store) == before
    assert store.known(SHOP, "order", ["138"]) == known


@pytest.mark.parametrize(
    ("stored_time", "new_time", "outcome"),
    [
        ("2024-03-03T14:09:27Z", "2024-03-03T14:09:27.500000Z", "updated"),
        ("2024-03-03T14:09:27.500000Z", "2024-03-03T14:09:27Z", "unchanged"),
        ("2024-03-03T14:09:27Z", "2024-03-03T14:09:27Z", "updated"),  # within one second anything may follow
        (None, "2024-03-03T14:09:27Z", "updated"),
        ("2024-03-03T14:09:27Z", None, "updated"),
    ],
)
def test_only_an_older_modification_time_is_stale(
    store: Store, stored_time: str | None, new_time: str | None, outcome: str
) -> None:
    write(store, incoming(order(channel="one"), stored_time))
    [result] = write(store, incoming(order(channel="two"), new_time))
    assert result.outcome == outcome


def test_a_refused_record_fails_alone_and_waits_in_quarantine(store: Store) -> None:
    bad = incoming(order("2", customData=entry(ERP, "meta.a", "theirs")))
    results = write(store, incoming(order("1")), bad, incoming(order("3")))
    assert [result.outcome for result in results] == ["created", "failed", "created"]
    assert ERP in str(results[1].message)
    assert set(store.known(SHOP, "order", ["1", "2", "3"])) == {"1", "3"}
    [waiting] = store.quarantine_list()
    assert (waiting.remote_id, waiting.error_class, waiting.stage) == ("2", "OwnershipError", "store")
    shown = store.quarantine_show(waiting.quarantine_id)
    assert shown is not None
    assert shown[1] == bad.payload


def test_a_record_without_its_own_remote_id_is_refused(store: Store) -> None:
    item = incoming(order("1"), remote_id="2")
    [result] = write(store, item)
    assert result.outcome == "failed"
    assert "remoteIdMap" in str(result.message)


def stash(owner: str, **values: object) -> Stash:
    """What a mapping stashes, before anybody writes it out as entries."""
    return Stash(owner, "connector.woocommerce", values)


def test_a_stash_is_stored_as_its_entries(store: Store) -> None:
    write(store, incoming(order(customData=stash(SHOP, k="1", n=2), rows=[row(1, customData=stash(SHOP, k=True))])))
    record = stored(store)
    assert record["customData"] == entry(SHOP, "k", "1") | wire_integer(SHOP, "n", "2")
    assert record["rows"] == [row(1, customData=entry(SHOP, "k", value=True))]


def test_a_stash_is_merged_entry_by_entry(store: Store) -> None:
    write(store, incoming(order(customData=stash(SHOP, stays="1", goes="1", turns="1"))))
    theirs = entry(None, "tier", "gold", module="x-crm")
    store.write_record(
        OPERATOR, "order", local_id(store), lambda record: {**record, "customData": record["customData"] | theirs}
    )
    [result] = write(store, incoming(order(customData=stash(SHOP, stays="1", turns="2", comes="1")), LATER))
    assert result.outcome == "updated"
    now = {"stays": "1", "turns": "2", "comes": "1"}
    mine = {key: one for name, value in now.items() for key, one in entry(SHOP, name, value).items()}
    assert stored(store)["customData"] == mine | theirs
    [again] = write(store, incoming(order(customData=stash(SHOP, **now)), LATER))
    assert again.outcome == "unchanged"


def test_a_stash_of_somebody_else_is_refused_with_every_key(store: Store) -> None:
    rows = [row(1, customData=stash(ERP, c="1"))]
    [result] = write(store, incoming(order(customData=stash(ERP, a="1", b="2"), rows=rows)))
    assert result.outcome == "failed"
    for key in ("a", "b", "c"):
        assert f"customData[{ERP}|connector.woocommerce|{key}]" in str(result.message)


def wire_integer(owner: str, key: str, digits: str) -> Working:
    """An entry of type integer as it stands on the wire."""
    return {name: {**one, "type": "integer", "value": digits} for name, one in entry(owner, key, digits).items()}


@pytest.mark.parametrize("record", [order(), order(rows=[row(1), row(1)]), order(customData=entry(ERP, "k", "1"))])
def test_a_record_that_was_packed_before_is_taken_or_refused_as_if_it_were_not(store: Store, record: Working) -> None:
    one, other = incoming(record | order("1")), incoming(record | order("2"))
    as_it_is, packed = write(store, one, *pack_items(IMPORT, "order", [other]))
    assert (packed.outcome, packed.message) == (as_it_is.outcome, as_it_is.message)
    shown = [{**stored(store, name), "localId": "", "remoteIdMap": {}} for name in store.known(SHOP, "order", "12")]
    assert shown[:1] == shown[1:]


def test_an_ignored_record_is_remembered_but_not_stored(store: Store) -> None:
    item = incoming(order())
    fields = (item.remote_id, item.modified, item.digest, item.config_hash, item.payload, item.ledger)
    [result] = write(store, Ignored(*fields, "a test order"))
    assert (result.outcome, result.message) == ("ignored", "a test order")
    assert store.counts() == {}
    known = store.known(SHOP, "order", ["138"])["138"]
    assert (known.outcome, known.local_id) == ("ignored", None)
    [again] = write(store, Unchanged(known))
    assert again.outcome == "ignored"


def test_what_is_ignored_only_while_new_goes_on_once_it_is_stored(store: Store) -> None:
    kept_out = incoming(order(channel="web"), ignore="a test order")
    assert write(store, kept_out)[0].outcome == "ignored"
    assert write(store, incoming(order(channel="web")))[0].outcome == "created"
    assert write(store, incoming(order(channel="app"), LATER, ignore="a test order"))[0].outcome == "updated"


def test_what_is_always_ignored_leaves_a_stored_record_stale_and_says_so(store: Store) -> None:
    write(store, incoming(order(channel="web")))
    item = incoming(order(channel="app"), LATER)
    fields = (item.remote_id, item.modified, item.digest, item.config_hash, item.payload, item.ledger)
    [result] = write(store, Ignored(*fields, "a test order"))
    assert result.outcome == "ignored"
    assert "known, left stale" in str(result.message)
    assert stored(store)["channel"] == "web"


def test_a_cursor_moves_with_its_page(store: Store) -> None:
    write(store, incoming(order()), cursor=EARLY)
    assert store.cursor(SHOP, "order") == EARLY
    write(store, Quarantined(None, b"{", "no JSON", "DecodeError", "parse", CONFIG), cursor=LATER)
    assert store.cursor(SHOP, "order") == LATER
    store.reset_cursor(SHOP, "order")
    assert store.cursor(SHOP, "order") is None


def test_a_run_that_is_over_writes_no_page(store: Store) -> None:
    with running(store) as run:
        store.write_page(IMPORT, run, PageWrite([]))
    with pytest.raises(LeaseLostError):
        store.write_page(IMPORT, run, PageWrite([incoming(order())]))
    assert store.counts() == {}


def test_a_preview_tells_what_would_happen_and_writes_nothing(store: Store) -> None:
    write(store, incoming(order("1", channel="web")))
    before = stored(store, "1")
    with running(store) as run:
        page = PageWrite([incoming(order("1", channel="app"), LATER), incoming(order("2"))], LATER)
        results = store.preview_page(IMPORT, run, page)
    assert [result.outcome for result in results] == ["updated", "created"]
    assert stored(store, "1") == before
    assert store.counts() == {"order": 1}
    assert store.cursor(SHOP, "order") is None
