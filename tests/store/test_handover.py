"""What a connection owned that is gone is handed over, record by record, or taken out; nothing else moves."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import delete

from crossdock.config.flows import FlowMode, FlowRule, Flows
from crossdock.limits.error import LimitError
from crossdock.limits.limits import Limits
from crossdock.limits.rule import LimitRule
from crossdock.records import Working
from crossdock.store import Actor, Ignored, LeaseHeldError, LeaseLostError, Quarantined, Store, Written
from crossdock.store.flows.flow import FlowFollower, refuse_nothing
from crossdock.store.ownership import handover as handover_module
from crossdock.store.ownership.handover import ClashError, Handover, Taken
from crossdock.store.ownership.succession import Clash, Succession, succeed
from crossdock.store.sql.tables import leases
from crossdock.store.writes.limiting import LimitKeeper
from tests.databases import contents
from tests.store.orders import of_anybody
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
    stored,
    write,
)

NEW = "5377568eb7e165e3b38af6eece4a00ff"
NEW_IMPORT = Actor("connection", NEW, "new-shop", "import", "woocommerce")
NEW_API = Actor("connection", NEW, "new-shop", "api", "woocommerce")
SAME_SHOP = Succession(SHOP, NEW, identity=True)
ENTRIES = Succession(SHOP, NEW)


def note(actor: Actor, store: Store, key: str, value: str, remote_id: str = "138") -> None:
    """Write an entry of the actor's own on a record."""

    def add(record: Working) -> Working:
        own = entry(actor.connection_id, key, value, module="x-n")
        return record | {"customData": record.get("customData", {}) | own}

    store.write_record(actor, "order", local_id(store, remote_id), add)


def full(owner: str = SHOP, remote_id: str = "138", **fields: Any) -> Working:
    """An order with entries and remote ids of one connection, in all places."""
    return order(
        remote_id,
        owner,
        remoteRefMap={owner: "A-1"},
        customer={"email": "a@b.example", "remoteIdMap": {owner: "9"}},
        rows=[row(1, remoteIdMap={owner: "5"}, productRemoteIdMap={owner: "3"}, customData=entry(owner, "r", [1]))],
        customData=entry(owner, "k", "v") | entry(owner, "n", 7),
        **fields,
    )


def test_the_same_shop_under_a_new_id_goes_on_as_if_nothing_had_been(store: Store) -> None:
    write(store, incoming(full()), incoming(full(remote_id="139")), cursor="2024")
    note(ERP_API, store, "mine", "kept")
    done = store.handover.carry_out(SAME_SHOP, OPERATOR)
    assert (done.records["order"], done.entries, done.rows["imports"], done.rows["cursors"]) == (2, 6, 2, 1)
    assert SHOP not in str(stored(store, owner=NEW))
    assert store.cursor(NEW, "order") == "2024"
    assert store.cursor(SHOP, "order") is None
    outcomes = write(store, incoming(full(NEW), owner=NEW), incoming(full(NEW, "139"), owner=NEW), actor=NEW_IMPORT)
    assert [one.outcome for one in outcomes] == ["unchanged", "unchanged"]
    assert stored(store, owner=NEW)["customData"].keys() == {
        f"{NEW}|connector.woocommerce|k",
        f"{NEW}|connector.woocommerce|n",
        f"{ERP}|x-n|mine",
    }


def test_what_the_shop_changes_or_takes_away_later_is_merged_as_before(store: Store) -> None:
    write(store, incoming(full(channel="web", customerNote="a")))
    store.write_record(OPERATOR, "order", local_id(store), lambda now: now | {"customerNote": "by hand"})
    store.handover.carry_out(SAME_SHOP, OPERATOR)
    later = full(NEW, channel="new", customerNote="a")
    del later["customData"][f"{NEW}|connector.woocommerce|n"]
    write(store, incoming(later, LATER, owner=NEW), actor=NEW_IMPORT)
    record = stored(store, owner=NEW)
    assert (record["channel"], record["customerNote"]) == ("new", "by hand")
    assert record["customData"].keys() == {f"{NEW}|connector.woocommerce|k"}


def test_the_entries_alone_leave_who_knows_the_record_as_it_is(store: Store) -> None:
    write(store, incoming(full()), cursor="2024")
    done = store.handover.carry_out(ENTRIES, OPERATOR)
    assert (done.entries, done.ids, +done.rows) == (3, 0, {})
    record = stored(store)
    assert record["remoteIdMap"] == {SHOP: "138"}
    assert all(key.startswith(NEW) for key in record["customData"])
    assert store.cursor(SHOP, "order") == "2024"


def test_entries_are_deleted_and_nothing_else(store: Store) -> None:
    write(store, incoming(full()))
    note(ERP_API, store, "mine", "kept")
    assert store.handover.carry_out(Succession(SHOP, None), OPERATOR).entries == 3
    record = stored(store)
    assert record["customData"].keys() == {f"{ERP}|x-n|mine"}
    assert "customData" not in record["rows"][0]
    assert record["remoteIdMap"] == {SHOP: "138"}


def test_entries_that_were_deleted_are_made_anew_if_the_connection_comes_back(store: Store) -> None:
    write(store, incoming(full()))
    store.handover.carry_out(Succession(SHOP, None), OPERATOR)
    assert store.known(SHOP, "order", ["138"])["138"].config_hash == b""  # so that no import passes it over
    assert [one.outcome for one in write(store, incoming(full()))] == ["updated"]
    assert len(stored(store)["customData"]) == 2


@pytest.mark.parametrize("edited", [False, True])
def test_entries_that_were_deleted_are_made_anew_for_the_successor(store: Store, edited: bool) -> None:
    write(store, incoming(full()))
    if edited:
        note(ERP_API, store, "mine", "kept")
    store.handover.carry_out(Succession(SHOP, None), OPERATOR)
    store.handover.carry_out(SAME_SHOP, OPERATOR)
    assert [one.outcome for one in write(store, incoming(full(NEW), owner=NEW), actor=NEW_IMPORT)] == ["updated"]
    assert stored(store, owner=NEW)["customData"].keys() >= {
        f"{NEW}|connector.woocommerce|k",
        f"{NEW}|connector.woocommerce|n",
    }


def test_who_did_it_stands_in_the_history_and_in_the_journal(store: Store) -> None:
    write(store, incoming(full()))
    store.handover.carry_out(ENTRIES, OPERATOR)
    changes = store.history("order", local_id(store))
    assert {(one.actor_kind, one.actor_name, one.through) for one in changes} == {("operator", "kim", "cli")}
    key = f"customData[{NEW}|connector.woocommerce|k]"
    assert [one.new["value"] for one in changes if one.path == key] == ["v"]
    store.handover.record(NEW, "kim handed over")
    assert [(one.connection_id, one.summary) for one in store.journal.entries()] == [(NEW, "kim handed over")]


def test_doing_it_twice_changes_nothing_the_second_time(url: str) -> None:
    with Store.open(url) as store:
        write(store, incoming(full()))
        store.handover.carry_out(SAME_SHOP, OPERATOR)
    before = contents(url)
    with Store.open(url) as store:
        assert store.handover.survey(SAME_SHOP).nothing
        store.handover.carry_out(SAME_SHOP, OPERATOR)
    assert contents(url) == before


def test_one_that_was_cut_short_is_completed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover_module, "_PAGE", 2)
    write(store, *(incoming(full(remote_id=str(number))) for number in range(7)))
    whole, pages = handover_module.Handover._carry_page, iter(range(2))

    def stop(self: Any, *arguments: Any) -> Any:
        next(pages)  # the third page ends the process
        return whole(self, *arguments)

    monkeypatch.setattr(handover_module.Handover, "_carry_page", stop)
    with pytest.raises(RuntimeError):
        _as_error(lambda: store.handover.carry_out(SAME_SHOP, OPERATOR))
    monkeypatch.setattr(handover_module.Handover, "_carry_page", whole)
    assert store.handover.survey(SAME_SHOP).records["order"] == 3
    assert store.handover.carry_out(SAME_SHOP, OPERATOR).records["order"] == 3
    again = write(store, *(incoming(full(NEW, str(number)), owner=NEW) for number in range(7)), actor=NEW_IMPORT)
    assert {one.outcome for one in again} == {"unchanged"}


def _as_error(action: Any) -> None:
    try:
        action()
    except StopIteration as error:
        raise RuntimeError from error


PROGRAM = """
import sys
from crossdock.store import Store
from crossdock.store.ownership import handover
from tests.store.test_handover import OPERATOR, SAME_SHOP

handover._PAGE = 5
with Store.open(sys.argv[1]) as store:
    print("begins", flush=True)
    store.handover.carry_out(SAME_SHOP, OPERATOR)
"""


def test_one_whose_process_was_killed_is_completed_at_once(url: str) -> None:
    with Store.open(url) as store:
        write(store, *(incoming(full(remote_id=str(number))) for number in range(150)), cursor="2024")
    for wait in (0.05, 0.2):
        command = [sys.executable, "-c", PROGRAM, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begins\n"
            time.sleep(wait)
            process.kill()
    with Store.open(url) as store:
        store.handover.carry_out(SAME_SHOP, OPERATOR)
        again = write(store, *(incoming(full(NEW, str(number)), owner=NEW) for number in range(150)), actor=NEW_IMPORT)
        assert {one.outcome for one in again} == {"unchanged"}
        assert store.cursor(NEW, "order") == "2024"
        assert store.handover.survey(SAME_SHOP).nothing


# What stands in the way


@pytest.fixture
def clashing(store: Store) -> Store:
    """A record on which both have an entry of one name, with different values, and another with the same."""
    write(store, incoming(full()), incoming(order("139", customData=entry(SHOP, "k", "only one"))))
    for key, value in (("tier", "gold"), ("same", "same")):
        note(SHOP_API, store, key, value)
    note(NEW_API, store, "tier", "silver")
    note(NEW_API, store, "same", "same")
    return store


SHOP_API = Actor("connection", SHOP, "demo-shop", "api", "woocommerce")


def test_what_both_have_is_listed_and_the_page_refused(clashing: Store) -> None:
    found = clashing.handover.survey(ENTRIES)
    assert found.clashing == 1
    [clash] = found.clashes
    assert clash.clash == Clash(f"customData[{NEW}|x-n|tier]", "gold", "silver")
    before = stored(clashing)
    with pytest.raises(ClashError, match="nothing was handed over, for both have something in one place"):
        clashing.handover.carry_out(ENTRIES, OPERATOR)
    assert stored(clashing) == before


@pytest.mark.parametrize(("on_conflict", "left"), [("keep", "silver"), ("overwrite", "gold")])
def test_who_wins_can_be_said(clashing: Store, on_conflict: Any, left: str) -> None:
    clashing.handover.carry_out(Succession(SHOP, NEW, on_conflict=on_conflict), OPERATOR)
    entries = stored(clashing)["customData"]
    assert entries[f"{NEW}|x-n|tier"]["value"] == left
    assert entries[f"{NEW}|x-n|same"]["value"] == "same"
    assert not [key for key in entries if key.startswith(SHOP)]


def test_a_record_that_the_new_one_has_imported_already_is_not_joined_with_the_old_one(store: Store) -> None:
    write(store, incoming(full()))
    write(store, incoming(full(NEW), owner=NEW), actor=NEW_IMPORT)
    found = store.handover.survey(SAME_SHOP)
    assert found.clashing == 1
    assert found.clashes[0].clash == Taken("138", f"order/{local_id(store, owner=NEW)}")
    assert "--entries-only leaves remote ids" in str(ClashError(found.clashes, found.clashing))
    assert store.handover.survey(ENTRIES).clashing == 0


def test_who_is_being_imported_is_not_handed_over(store: Store) -> None:
    write(store, incoming(full()))
    for actor in (IMPORT, NEW_IMPORT):
        with running(store, actor), pytest.raises(LeaseHeldError, match="is going on already"):
            store.handover.carry_out(SAME_SHOP, OPERATOR)
    assert stored(store)["remoteIdMap"] == {SHOP: "138"}


def test_no_import_begins_while_the_two_are_handed_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write(store, incoming(full()))
    whole = Handover._carry_records
    refused: list[str] = []

    def meanwhile(self: Handover, *arguments: Any) -> bool:
        for owner in (SHOP, NEW):
            with pytest.raises(LeaseHeldError):
                store.start_run(owner, "order", b"c")
            refused.append(owner)
        return whole(self, *arguments)

    monkeypatch.setattr(Handover, "_carry_records", meanwhile)
    store.handover.carry_out(SAME_SHOP, OPERATOR)
    assert {*refused} == {SHOP, NEW}
    assert write(store, incoming(full(NEW), owner=NEW), actor=NEW_IMPORT)[0].outcome == "unchanged"


def test_one_whose_place_was_taken_writes_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write(store, incoming(full()))
    whole = Handover._carry_records

    def lost(self: Handover, *arguments: Any) -> bool:
        with store._database.write() as connection:
            connection.execute(delete(leases))
        return whole(self, *arguments)

    monkeypatch.setattr(Handover, "_carry_records", lost)
    with pytest.raises(LeaseLostError):
        store.handover.carry_out(SAME_SHOP, OPERATOR)
    assert stored(store)["remoteIdMap"] == {SHOP: "138"}


def test_a_limit_of_the_new_owner_holds(url: str) -> None:
    one = LimitRule("one", Limits(max_entries=1), connection_id=NEW)
    with Store.open(url, followers=(LimitKeeper((one,)),)) as store:
        write(store, incoming(full()))
        with pytest.raises(LimitError):
            store.handover.carry_out(ENTRIES, OPERATOR)
        assert all(key.startswith(SHOP) for key in stored(store)["customData"])


def linked(store: Store) -> tuple[Written, Written]:
    """A checkout with an entry of the shop's, and an order to which it flows."""
    note = entry(SHOP, "tier", "gold", module="x-n")
    checkout = store.write_record(OPERATOR, "checkout", None, {"customData": note})
    link = {"recordType": "checkout", "localId": checkout.local_id}
    return checkout, store.write_record(OPERATOR, "order", None, {"links": [link]})


@pytest.mark.parametrize("mode", ["copy", "follow"])
def test_what_a_flow_brought_goes_along_and_goes_on_flowing(url: str, mode: FlowMode) -> None:
    flows = Flows((FlowRule("checkout", "order", mode),))
    key = f"{NEW}|x-n|tier"
    with Store.open(url, followers=(FlowFollower(flows, refuse_nothing),)) as store:
        checkout, order_ = linked(store)
        store.handover.carry_out(ENTRIES, OPERATOR)
        for record_type, written in (("checkout", checkout), ("order", order_)):
            record = store.record(record_type, written.local_id)
            assert record is not None
            assert list(record["customData"]) == [key]
        later = {"customData": entry(NEW, "tier", "lead", module="x-n")}
        store.write_record(OPERATOR, "checkout", checkout.local_id, lambda now: now | later)
        record = store.record("order", order_.local_id)
        assert record is not None
        assert record["customData"][key]["value"] == ("lead" if mode == "follow" else "gold")


def test_what_waits_in_quarantine_and_what_was_ignored_goes_along(url: str) -> None:
    ignored = Ignored("7", None, b"d", b"c", b"{}", (1, 1, 0, 0, 0, 0), "not wanted")
    failed = Quarantined("8", b"{}", "broken", "RecordError", "map", b"c")
    with Store.open(url) as store:
        write(store, ignored, failed)
        assert store.handover.survey(SAME_SHOP).rows == {"imports": 1, "quarantine": 1}
        store.handover.carry_out(SAME_SHOP, OPERATOR)
        assert [one.connection_id for one in store.quarantine_list()] == [NEW]
        assert store.known(NEW, "order", ["7"])["7"].outcome == "ignored"


def test_whoever_was_erased_does_not_come_back_to_the_new_one(store: Store) -> None:
    write(store, incoming(order("138", customer={"email": "anna@example.com", "firstName": "Anna"})))
    store.erasing.erase(OPERATOR, store.erasing.survey_email("anna@example.com"))
    assert store.handover.survey(SAME_SHOP).rows["erasures"] == 1
    store.handover.carry_out(SAME_SHOP, OPERATOR)
    again = incoming(order("138", NEW, customer={"email": "anna@example.com"}), LATER, owner=NEW)
    [result] = write(store, again, actor=NEW_IMPORT)
    assert result.outcome == "ignored"


def test_the_owners_are_counted(store: Store) -> None:
    write(store, incoming(full()), incoming(full(remote_id="139")))
    note(ERP_API, store, "mine", "kept")
    note(OPERATOR, store, "u", "nobody's")
    unowned, erp, shop = store.owners.list()
    assert (unowned.connection_id, unowned.entries, unowned.remote_ids) == (None, {"x-n": 1}, {})
    assert (erp.connection_id, erp.entries.total(), erp.records) == (ERP, 1, {"order": 1})
    assert (shop.connection_id, shop.entries, shop.remote_ids) == (SHOP, {"connector.woocommerce": 6}, {"order": 2})


@given(of_anybody())
def test_there_and_back_again_is_as_it_was(content: Working) -> None:
    there = succeed("order", content, SAME_SHOP)
    assert there.clashes == []
    assert SHOP not in str(there.content)
    back = succeed("order", there.content, Succession(NEW, SHOP, identity=True))
    assert back.content == content
    assert (there.entries, there.ids) == (back.entries, back.ids)


@given(of_anybody())
def test_only_what_is_the_old_ones_moves(content: Working) -> None:
    gone = succeed("order", content, Succession(SHOP, None)).content
    moved = succeed("order", content, ENTRIES).content
    assert succeed("order", moved, Succession(NEW, None)).content == gone
    for one in (gone, moved):
        assert one.get("remoteIdMap") == content.get("remoteIdMap")
        assert _others(one) == _others(content)


def _others(record: Working) -> list[Working]:
    holders = [record, *record.get("rows", ())]
    return [
        {key: one for key, one in holder.get("customData", {}).items() if key[:32] not in (SHOP, NEW)}
        for holder in holders
    ]
