"""The quarantine: what failed waits with its payload and error, until it succeeds or is dropped."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.store import Ignored, Quarantined, Store, Unchanged
from tests.store.shop import (
    CONFIG,
    EARLY,
    ERP,
    ERP_IMPORT,
    LATER,
    SHOP,
    entry,
    incoming,
    order,
    write,
)


def failed(remote_id: str | None = "138", payload: bytes = b'{"id": 138}', **fields: Any) -> Quarantined:
    given: dict[str, Any] = {"error": "no currency", "error_class": "RecordError", "stage": "map"} | fields
    return Quarantined(remote_id, payload, config_hash=CONFIG, **given)


def test_a_failed_payload_is_kept_to_the_byte_with_its_error(store: Store) -> None:
    payload = b'{"id": 138, "note": "\\u0000 \xff"} no JSON at all'
    [result] = write(store, failed(payload=payload, pointer="/currency", modified=EARLY))
    assert (result.outcome, result.message, result.remote_id) == ("failed", "no currency", "138")
    [waiting] = store.quarantine_list()
    assert (waiting.error, waiting.error_class, waiting.stage, waiting.pointer, waiting.modified) == (
        "no currency",
        "RecordError",
        "map",
        "/currency",
        EARLY,
    )
    assert (waiting.config_hash, waiting.failures, waiting.run_id) == (CONFIG, 1, store.runs()[0].run_id)
    assert store.quarantine_show(waiting.quarantine_id) == (waiting, payload)


def test_a_repeat_replaces_its_entry_and_is_counted(store: Store) -> None:
    write(store, failed(payload=b"one"))
    [before] = store.quarantine_list()
    write(store, failed(payload=b"two", error="no customer"))
    [after] = store.quarantine_list()
    assert (after.quarantine_id, after.failures, after.error) == (before.quarantine_id, 2, "no customer")
    assert after.first_failed == before.first_failed
    assert after.last_failed >= before.last_failed
    assert store.quarantine_show(after.quarantine_id) == (after, b"two")


def test_a_payload_without_an_id_is_told_apart_by_its_bytes(store: Store) -> None:
    write(store, failed(None, b"{"), failed(None, b"["), failed(None, b"{"))
    write(store, failed(None, b"["))
    assert [(waiting.remote_id, waiting.failures) for waiting in store.quarantine_list()] == [(None, 1), (None, 2)]


def test_a_later_success_takes_the_entry_away(store: Store) -> None:
    write(store, failed(), failed("139"))
    write(store, incoming(order()))
    assert [waiting.remote_id for waiting in store.quarantine_list()] == ["139"]


def test_a_success_within_the_same_page_counts_too(store: Store) -> None:
    write(store, failed(), incoming(order()))
    assert store.quarantine_list() == []
    write(store, incoming(order()), failed())
    assert len(store.quarantine_list()) == 1


def test_a_success_of_an_older_payload_leaves_the_newer_one_waiting(store: Store) -> None:
    write(store, failed(modified=LATER))
    write(store, incoming(order(), EARLY))
    assert len(store.quarantine_list()) == 1
    write(store, incoming(order(), LATER))
    assert store.quarantine_list() == []


def test_a_record_that_is_back_as_it_was_is_no_longer_waiting(store: Store) -> None:
    write(store, incoming(order(), EARLY))
    write(store, failed(modified=EARLY))
    write(store, Unchanged(store.known(SHOP, "order", ["138"])["138"]))
    assert store.quarantine_list() == []


def test_an_ignored_record_is_no_longer_waiting(store: Store) -> None:
    write(store, failed())
    item = incoming(order())
    fields = (item.remote_id, item.modified, item.digest, item.config_hash, item.payload, item.ledger)
    write(store, Ignored(*fields, "a test order"))
    assert store.quarantine_list() == []


def test_another_connections_success_is_not_this_ones(store: Store) -> None:
    write(store, failed())
    write(store, incoming(order(owner=ERP), owner=ERP), actor=ERP_IMPORT)
    assert len(store.quarantine_list()) == 1
    assert store.quarantine_list(SHOP) == store.quarantine_list()
    assert store.quarantine_list(ERP) == store.quarantine_list(SHOP, "product") == []


def test_a_refused_update_waits_and_the_stored_record_stays(store: Store) -> None:
    write(store, incoming(order(channel="web")))
    known = store.known(SHOP, "order", ["138"])
    write(store, incoming(order(channel="app", customData=entry(None, "tier", "gold", module="x-crm")), LATER))
    [waiting] = store.quarantine_list()
    assert "|x-crm|tier" in waiting.error
    assert store.known(SHOP, "order", ["138"]) == known  # so the next import tries again


def test_dropped_entries_are_gone_and_counted(store: Store) -> None:
    write(store, failed("1"), failed("2"), failed("3"))
    ids = [waiting.quarantine_id for waiting in store.quarantine_list()]
    assert store.quarantine_drop([ids[0], ids[2], 999]) == 2
    assert [waiting.remote_id for waiting in store.quarantine_list()] == ["2"]
    assert store.quarantine_show(ids[0]) is None


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\x00", "\\0"])
def test_even_text_that_cannot_be_stored_fails_alone(store: Store, text: str) -> None:
    results = write(store, failed(text, error=f"bad {text}", pointer=f"/{text}"), incoming(order("1")))
    assert [result.outcome for result in results] == ["failed", "created"]
    [waiting] = store.quarantine_list()
    assert waiting.error == f"bad {text.encode('utf-8', 'backslashreplace').decode()}"


@pytest.mark.parametrize("ignore", [None, "a test order"])
def test_a_record_with_an_id_that_is_no_unicode_is_refused_and_counted(store: Store, ignore: str | None) -> None:
    for _again in range(2):
        bad = incoming(order("1"), remote_id="\ud800", ignore=ignore)
        refused, _other = write(store, bad, incoming(order("2")))
        assert refused.outcome == "failed"
    [waiting] = store.quarantine_list()
    assert (waiting.remote_id, waiting.failures) == ("\\ud800", 2)
    assert store.known(SHOP, "order", ["\ud800", "2"]).keys() == {"2"}


def test_a_record_with_text_that_is_no_unicode_is_refused(store: Store) -> None:
    bad = incoming(order("1"))
    bad.produced["channel"] = "\ud800"
    results = write(store, bad, incoming(order("2")))
    assert [result.outcome for result in results] == ["failed", "created"]
    assert store.counts() == {"order": 1}
