"""An audit of a shop over real HTTP: what differs is found, and nothing is marked that was not proved to be gone."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec import structs

from crossdock.errors import PermanentError, RecordError
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.making import make_job
from crossdock.pipeline.repairing.audit import Audit, audit
from crossdock.pipeline.repairing.repair import Repair, repair
from crossdock.pipeline.repairing.replay import replay
from crossdock.pipeline.repairing.retry import retry
from crossdock.pipeline.repairing.sheet import STATES, Sheet
from crossdock.plugins.connector import Page, RemoteItem, Vanished
from crossdock.store import Actor, Store
from crossdock.store.erasure import erasures
from crossdock.store.erasure.erasures import RemoteRecord
from crossdock.testing import Request, Response, inject
from crossdock_woocommerce.sandbox.wire import Document
from tests.pipeline.making import SHOP, Script, connection_of, job_of, orders
from tests.woocommerce.shops import OpenShop, open_shop

Policy = Literal["keep", "mark", "quarantine"]
MARK = f"{SHOP}|x-audit|deletedRemotely"
OPERATOR = Actor("operator", None, "test", "cli")


@dataclass
class Rig:
    """A shop and a store that has imported it."""

    shop: OpenShop
    store: Store
    record_type: str = "order"
    stop: threading.Event = field(default_factory=threading.Event)

    def job(self, policy: Policy = "mark") -> ImportJob:
        configured = connection_of(f'deleted = "{policy}"\n[connection.import.product]\n')
        return make_job(configured, self.record_type, self.shop.source)

    def importer(self) -> Importer:
        return Importer(self.store, self.stop)

    def run(self, *ids: str, full: bool = True) -> dict[str, int]:
        report = self.importer().run(self.job(), ImportOptions(full=full and not ids, ids=ids))
        assert report.outcome == "succeeded", report.session_errors
        return dict(report.tally.counts)

    def audit(self, since: datetime | None = None) -> tuple[Audit, dict[str, list[str]]]:
        """Look, and write nothing."""
        with Sheet() as sheet:
            found = audit(self.importer(), self.job(), since, sheet)
            return found, {
                state: [one.remote_id for one in sheet.found(state)] for state in STATES if sheet.counts[state]
            }

    def repair(self, policy: Policy = "mark") -> tuple[Audit, Repair | None]:
        with Sheet() as sheet:
            found = audit(self.importer(), self.job(policy), None, sheet)
            return found, repair(self.importer(), found)

    def record(self, remote_id: int | str) -> dict[str, Any]:
        known = self.store.known(SHOP, self.record_type, [str(remote_id)])[str(remote_id)]
        found = self.store.record(self.record_type, known.local_id or "")
        assert found is not None
        return found

    def marked(self) -> set[str]:
        """The remote ids of the records that bear the mark."""
        return {
            record["remoteIdMap"][SHOP]
            for record in self.store.records(self.record_type)
            if MARK in record.get("customData", {})
        }

    def hide(self, order: int) -> Document:
        """Take an order out of the shop as if it had never been there; ``shop.orders.put`` brings it back."""
        table = self.shop.shop.orders
        row = table.get(order)
        assert row is not None
        document = table.document(row)
        table.remove(order)
        return document

    @property
    def ids(self) -> list[int]:
        """The orders that lists show."""
        return sorted(row.id for row in self.shop.shop.orders if row.status not in ("trash", "checkout-draft"))


@pytest.fixture
def rig(store: Store) -> Iterator[Rig]:
    with open_shop(records=12, page_size=5) as shop:
        rig = Rig(shop, store)
        assert rig.run()["created"] == 12
        yield rig


@pytest.fixture
def lone() -> Iterator[Rig]:
    """The same with a store in memory, for what has nothing to do with the store."""
    with Store.open("sqlite://") as store, open_shop(records=12, page_size=5) as shop:
        rig = Rig(shop, store)
        rig.run()
        yield rig


def test_what_is_the_same_here_and_there_is_in_step(rig: Rig) -> None:
    found, states = rig.audit()
    assert (found.listed, found.stored, found.in_step, states) == (12, 12, 12, {})
    assert not (found.trouble)
    assert not (found.unjudged)
    assert not (found.whole)
    assert not (found.differs)


def test_the_listing_asks_for_ids_and_times_only(rig: Rig) -> None:
    rig.shop.server.log.clear()
    rig.audit()
    assert len(rig.shop.server.log) > 2
    assert all("_fields=id%2Cdate_modified_gmt" in entry.target for entry in rig.shop.server.log)


def test_missing_stale_and_deleted_ones_are_told_apart(rig: Rig) -> None:
    shop = rig.shop.shop
    edited, binned, deleted = rig.ids[:3]
    placed = shop.create_order()
    shop.touch_order(edited)
    shop.trash_order(binned)
    shop.delete_order(deleted)
    found, states = rig.audit()
    assert states == {"missing": [str(placed)], "stale": [str(edited)], "deleted": [str(binned), str(deleted)]}
    assert found.differs
    assert rig.marked() == set()


def test_each_finding_says_what_people_call_the_record_and_how_it_is_gone(rig: Rig) -> None:
    binned, deleted = rig.ids[:2]
    rig.shop.shop.trash_order(binned)
    rig.shop.shop.delete_order(deleted)
    with Sheet() as sheet:
        audit(rig.importer(), rig.job(), None, sheet)
        told = [(one.remote_id, one.display_id, one.local_id, one.detail) for one in sheet.found("deleted")]
    assert told == [
        (str(one), rig.record(one)["displayId"], rig.record(one)["localId"], how)
        for one, how in ((binned, "bin"), (deleted, "gone"))
    ]


def test_a_repair_imports_what_is_missing_or_stale_and_marks_what_is_deleted(rig: Rig) -> None:
    shop = rig.shop.shop
    edited, deleted = rig.ids[:2]
    placed = shop.create_order()
    shop.edit_order(edited, {"customer_note": "be quick"})
    shop.delete_order(deleted)
    cursor = rig.store.cursor(SHOP, "order")
    _, mended = rig.repair()
    assert mended is not None
    assert (mended.report.outcome, mended.report.tally.considered, mended.unread) == ("succeeded", 3, {})
    assert {name: count for name, count in mended.report.tally.counts.items() if count} == {"created": 1, "updated": 2}
    assert rig.record(edited)["customerNote"] == "be quick"
    assert rig.record(placed)["remoteIdMap"] == {SHOP: str(placed)}
    assert rig.marked() == {str(deleted)}
    assert rig.store.cursor(SHOP, "order") == cursor
    found, states = rig.audit()
    assert states == {"settled": [str(deleted)]}
    assert not found.differs


def test_a_mark_is_an_entry_of_the_connection_and_stands_in_history_and_feed(rig: Rig) -> None:
    gone = rig.ids[0]
    before = rig.record(gone)
    rig.shop.shop.trash_order(gone)
    _, mended = rig.repair()
    assert mended is not None
    after = rig.record(gone)
    assert after["customData"].pop(MARK) == {
        "connectionId": SHOP, "moduleId": "x-audit", "key": "deletedRemotely", "type": "string", "value": "bin",
    }  # fmt: skip
    assert after["customData"] == before["customData"]
    assert (after["orderStatus"], after["version"]) == (before["orderStatus"], before["version"] + 1)
    last = rig.store.history("order", after["localId"])[-1]
    assert (last.path, last.old, last.through, last.run_id) == (
        f"customData[{MARK}]", None, "repair", mended.report.run_id,
    )  # fmt: skip


def test_nothing_is_done_a_second_time(rig: Rig) -> None:
    rig.shop.shop.delete_order(rig.ids[0])
    rig.repair()
    requests = len(rig.shop.server.log)
    assert rig.repair()[1] is None
    assert not any("/orders/" in entry.target for entry in list(rig.shop.server.log)[requests:])


def test_the_mark_goes_when_an_import_sees_the_record_again_even_if_it_is_unchanged(rig: Rig) -> None:
    gone = rig.ids[0]
    before = rig.record(gone)
    document = rig.hide(gone)
    rig.repair()
    assert rig.marked() == {str(gone)}
    rig.shop.shop.orders.put(document)
    assert rig.run()["updated"] == 1
    after = rig.record(gone)
    assert (after["customData"], after["version"]) == (before["customData"], before["version"] + 2)
    assert rig.run() == {"unchanged": 12}
    assert rig.audit()[1] == {}


def test_the_mark_goes_when_the_record_is_back_as_it_was_long_ago(rig: Rig) -> None:
    gone = rig.ids[0]
    document = rig.hide(gone)
    rig.repair()
    rig.shop.shop.orders.put(document | {"date_modified_gmt": "2020-01-01T00:00:00"})
    assert rig.audit()[1] == {"reappeared": [str(gone)]}
    rig.repair()
    assert rig.marked() == set()
    assert rig.audit()[1] == {}


def test_a_record_that_is_back_and_has_changed_is_imported_without_its_mark(rig: Rig) -> None:
    gone = rig.ids[0]
    document = rig.hide(gone)
    rig.repair()
    rig.shop.shop.orders.put(document)
    rig.shop.shop.edit_order(gone, {"customer_note": "back again"})
    rig.run(full=False)
    assert rig.record(gone)["customerNote"] == "back again"
    assert rig.marked() == set()


def test_a_replay_leaves_the_mark_where_it_is(rig: Rig) -> None:
    gone = rig.ids[0]
    rig.shop.shop.delete_order(gone)
    rig.repair()
    changed = structs.replace(rig.job(), config_hash=b"another configuration")
    done = replay(rig.importer(), changed, apply=True)
    assert (done.report.outcome, done.report.tally.considered) == ("succeeded", 12)
    assert rig.marked() == {str(gone)}


def test_what_others_write_to_a_marked_record_stays_and_the_mark_with_it(rig: Rig) -> None:
    gone = rig.ids[0]
    document = rig.hide(gone)
    rig.repair()
    rig.store.write_record(
        OPERATOR, "order", rig.record(gone)["localId"], lambda record: {**record, "customerNote": "call them"}
    )
    assert rig.marked() == {str(gone)}
    rig.shop.shop.orders.put(document)
    rig.run()
    assert rig.marked() == set()
    assert rig.record(gone)["customerNote"] == "call them"


def test_deleted_records_are_kept_as_they_are_if_that_is_configured(rig: Rig) -> None:
    gone = rig.ids[0]
    before = rig.record(gone)
    rig.shop.shop.delete_order(gone)
    found, mended = rig.repair("keep")
    assert (found.count("deleted"), found.differs, mended) == (1, False, None)
    assert rig.record(gone) == before


def test_deleted_records_wait_in_quarantine_with_the_cause_if_that_is_configured(rig: Rig) -> None:
    gone = rig.ids[0]
    document = rig.hide(gone)
    _, mended = rig.repair("quarantine")
    assert mended is not None
    assert mended.report.tally.counts["failed"] == 1
    [entry] = rig.store.quarantine_list()
    assert (entry.remote_id, entry.stage, entry.error) == (
        str(gone), "audit", f"the remote system has deleted order '{gone}'",
    )  # fmt: skip
    shown = rig.store.quarantine_show(entry.quarantine_id)
    assert shown is not None
    assert json.loads(shown[1])["id"] == gone
    assert rig.audit()[1] == {"settled": [str(gone)]}
    assert rig.repair("quarantine")[1] is None
    replay(rig.importer(), rig.job(), apply=True)
    assert rig.store.quarantine_list() == [entry]
    rig.shop.shop.orders.put(document)
    assert rig.audit()[1] == {"reappeared": [str(gone)]}
    rig.run()
    assert rig.store.quarantine_list() == []


def test_an_entry_of_a_deleted_record_can_be_retried_and_is_then_settled(rig: Rig) -> None:
    rig.shop.shop.delete_order(rig.ids[0])
    rig.repair("quarantine")
    [entry] = rig.store.quarantine_list()
    report = retry(rig.importer(), rig.job(), [entry.quarantine_id])
    assert (report.outcome, report.tally.counts["failed"]) == ("succeeded", 0)
    assert rig.store.quarantine_list() == []


def test_where_the_payload_is_not_kept_any_more_the_entry_says_so(rig: Rig) -> None:
    rig.shop.shop.delete_order(rig.ids[0])
    with rig.store._database.write() as connection:
        connection.exec_driver_sql("UPDATE imports SET payload = NULL")
    rig.repair("quarantine")
    [entry] = rig.store.quarantine_list()
    assert entry.error.endswith("; its payload is not kept any more, so it cannot be retried")
    shown = rig.store.quarantine_show(entry.quarantine_id)
    assert shown == (entry, b"")


def test_a_failure_that_waits_already_is_not_replaced_by_a_deletion(rig: Rig) -> None:
    gone = rig.ids[0]
    rig.shop.shop.edit_order(gone, {"customer_note": "be quick"})
    failing = structs.replace(rig.job(), finish=_refuse)
    rig.importer().run(failing, ImportOptions(ids=(str(gone),)))
    [before] = rig.store.quarantine_list()
    rig.shop.shop.delete_order(gone)
    rig.repair("quarantine")
    assert rig.store.quarantine_list() == [before]


def _refuse(record: dict[str, Any], payload: dict[str, Any], warn: Any) -> None:
    raise RecordError("it does not add up")


def test_what_waits_in_quarantine_is_not_missing(rig: Rig) -> None:
    placed = rig.shop.shop.create_order()
    rig.importer().run(structs.replace(rig.job(), finish=_refuse), ImportOptions(ids=(str(placed),)))
    assert rig.audit()[1] == {"quarantined": [str(placed)]}
    assert rig.repair()[1] is None


def keep_out(rig: Rig, *remote_ids: int) -> None:
    """Have a person been erased from these orders."""
    with rig.store._database.write() as connection:
        erasures.keep_out(connection, [RemoteRecord(SHOP, "order", str(one)) for one in remote_ids], "2026-01-01")


def test_what_a_person_was_erased_from_is_neither_missing_nor_stale(rig: Rig) -> None:
    placed, edited = rig.shop.shop.create_order(), rig.ids[0]
    rig.shop.shop.touch_order(edited)
    keep_out(rig, placed, edited)
    found, states = rig.audit()
    assert (states, found.in_step, found.kept_out) == ({}, 11, 2)


def test_a_mark_goes_from_a_record_that_is_kept_out_as_well(rig: Rig) -> None:
    gone = rig.ids[0]
    document = rig.hide(gone)
    rig.repair()
    keep_out(rig, gone)
    assert rig.marked() == {str(gone)}
    rig.shop.shop.orders.put(document)
    assert rig.run()["ignored"] == 1
    assert rig.marked() == set()


# Nothing is ever marked on the strength of an incomplete listing

TROUBLES = [
    "503 from 2",
    "500 from 3",
    "drop from 2",
    "html from 2",
    "truncate from 2",
    "expire from 2",
    "empty from 2",
]


@pytest.mark.parametrize("faults", TROUBLES)
def test_of_a_listing_that_breaks_off_nothing_is_concluded(lone: Rig, faults: str) -> None:
    gone = lone.ids[0]
    lone.shop.shop.delete_order(gone)
    inject(lone.shop.server, faults)
    found, mended = lone.repair()
    assert found.trouble
    assert found.unjudged == "the listing is not complete"
    assert (found.count("deleted"), mended) == (0, None)
    assert lone.marked() == set()


def test_an_audit_that_is_stopped_concludes_nothing(lone: Rig) -> None:
    lone.shop.shop.delete_order(lone.ids[0])
    lone.stop.set()
    found, states = lone.audit()
    assert (found.trouble, found.unjudged) == ("stopped before the end", "the listing is not complete")
    assert "deleted" not in states


def lie(rig: Rig, keep: int, total: int | None = None) -> None:
    """Have lists show only so many records, and say that this is all, or another number."""

    def shorten(request: Request, response: Response) -> Response:
        if not request.path.endswith("/orders") or response.status != 200:
            return response
        body = json.dumps(json.loads(response.body)[:keep]).encode()
        told = {"X-WP-Total": str(keep if total is None else total)}
        return replace(response, body=body, headers={**response.headers, **told})

    rig.shop.server.after.append(shorten)


def test_a_list_that_hides_records_does_not_make_them_deleted(lone: Rig) -> None:
    lie(lone, keep=4)
    found, states = lone.audit()
    assert found.listed == 4
    assert list(states) == ["unlisted"]
    assert len(states["unlisted"]) == 8
    lone.repair()
    assert lone.marked() == set()


def test_a_list_that_says_more_than_it_gives_is_not_complete(lone: Rig) -> None:
    lone.shop.shop.delete_order(lone.ids[0])

    def add_one(_request: Request, response: Response) -> Response:
        total = response.headers.get("X-WP-Total", "")
        told = {"X-WP-Total": str(int(total) + 1)} if total not in ("", "0") else {}
        return replace(response, headers={**response.headers, **told})

    lone.shop.server.after.append(add_one)
    found, states = lone.audit()
    assert found.unjudged == "the remote system says that it has 12 records, and listed 11"
    assert states == {}


def test_another_shop_at_the_same_address_deletes_nothing(lone: Rig) -> None:
    with open_shop(records=0) as other:
        other.shop.order_ids = lone.shop.shop.order_ids
        other.shop.create_order()
        lone.shop.server.sandbox = other.server.sandbox
        lone.shop = replace(lone.shop, source=lone.shop.reading(**other.server.sandbox.settings))
        found, mended = lone.repair("keep")
        assert found.unjudged == "nothing that is stored was listed; is this the remote system that it came from?"
        assert found.count("deleted") == 0
        assert mended is not None
        assert mended.report.tally.counts["created"] == 1


def refuse_single_reads(request: Request) -> Response | None:
    if not request.path.rpartition("/")[2].isdecimal():
        return None
    code = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    return Response.json(code, 404)


def test_a_shop_that_gives_no_single_record_proves_nothing_by_that(lone: Rig) -> None:
    lone.shop.shop.delete_order(lone.ids[0])
    lone.shop.server.hooks.append(refuse_single_reads)
    found, states = lone.audit()
    assert "which it has just listed" in found.unjudged
    assert states == {}


def test_a_404_that_is_not_the_shops_own_word_proves_nothing(lone: Rig) -> None:
    gone = lone.ids[0]
    lone.shop.shop.delete_order(gone)

    def no_route(request: Request) -> Response | None:
        if not request.path.endswith(f"/{gone}"):
            return None
        return Response.json({"code": "rest_no_route", "message": "No route was found."}, 404)

    lone.shop.server.hooks.append(no_route)
    _, states = lone.audit()
    assert states == {"unproved": [str(gone)]}
    lone.repair()
    assert lone.marked() == set()


def test_a_shop_that_fails_while_it_is_asked_for_single_records_leaves_the_rest_open(lone: Rig) -> None:
    for one in lone.ids[:3]:
        lone.shop.shop.delete_order(one)
    asked: list[str] = []

    def fail_later(request: Request) -> Response | None:
        if request.path.rpartition("/")[2].isdecimal():
            asked.append(request.path)
        return Response(500) if len(asked) > 2 else None

    lone.shop.server.hooks.append(fail_later)
    found, states = lone.audit()
    assert len(states["deleted"]) == 1
    assert "gave 500" in found.trouble


def test_a_record_that_is_back_by_the_time_of_the_repair_is_imported_and_not_marked(lone: Rig) -> None:
    gone = lone.ids[0]
    document = lone.hide(gone)
    with Sheet() as sheet:
        found = audit(lone.importer(), lone.job(), None, sheet)
        lone.shop.shop.orders.put(document)
        mended = repair(lone.importer(), found)
    assert mended is not None
    assert mended.report.tally.counts["unchanged"] == 1
    assert lone.marked() == set()


FAULTS = st.lists(
    st.sampled_from(["503", "429", "drop", "truncate", "html", "repeat", "empty", "change", "500"]).flatmap(
        lambda kind: st.tuples(st.just(kind), st.integers(1, 9), st.sampled_from(["at", "from", "every"]))
    ),
    min_size=1,
    max_size=3,
)


@given(faults=FAULTS, deleted=st.sets(st.integers(0, 11), max_size=3), binned=st.sets(st.integers(0, 11), max_size=2))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_goes_wrong_no_record_is_marked_that_is_there(
    faults: list[tuple[str, int, str]], deleted: set[int], binned: set[int]
) -> None:
    text = "; ".join(f"{kind} {when} {number}" for kind, number, when in faults)
    with Store.open("sqlite://") as store, open_shop(records=12, page_size=5) as shop:
        rig = Rig(shop, store)
        rig.run()
        ids = rig.ids
        for place in deleted:
            shop.shop.delete_order(ids[place])
        for place in binned - deleted:
            shop.shop.trash_order(ids[place])
        happening = inject(shop.server, text)
        found, mended = rig.repair()
        shop.server.hooks.remove(happening)
        gone = {str(ids[place]) for place in deleted | binned}
        assert rig.marked() <= gone, f"{text!r} at {happening.happened}"
        complete = not found.trouble and not found.unjudged
        if complete and (mended is None or (mended.report.outcome == "succeeded" and not mended.unread)):
            assert rig.marked() | set(rig.audit()[1].get("unproved", ())) == gone, f"{text!r} at {happening.happened}"
        rig.repair()
        assert rig.marked() == gone
        assert set(rig.audit()[1]) <= {"settled"}


# --since

SINCE = datetime(2024, 1, 1, tzinfo=UTC)


def test_since_looks_at_what_was_modified_since_and_judges_no_others(rig: Rig) -> None:
    known = {row.id: row.modified for row in rig.shop.shop.orders if row.id in rig.ids}
    old = [one for one, modified in known.items() if modified < "2024"]
    new = [one for one, modified in known.items() if modified >= "2024"]
    assert len(old) > 1
    assert len(new) > 1
    rig.shop.shop.delete_order(old[0])
    rig.shop.shop.delete_order(new[0])
    found, states = rig.audit(SINCE)
    assert (found.listed, found.in_step) == (len(new) - 1, len(new) - 1)
    assert states == {"deleted": [str(new[0])]}


# Other connectors


def test_a_connector_that_cannot_list_has_its_records_read_whole(store: Store) -> None:
    script = Script([orders(1, 2), orders(3)], {"2": b"{}"})
    importer = Importer(store)
    importer.run(job_of(source=Script([orders(2)])))
    with Sheet() as sheet:
        found = audit(importer, job_of(source=script), None, sheet)
        assert [one.remote_id for one in sheet.found("missing")] == ["1", "3"]
    assert found.whole


def test_products_and_their_variations_are_listed_as_well(store: Store) -> None:
    with open_shop(records=0, page_size=20) as shop:
        rig = Rig(shop, store, "product")
        rig.run()
        found, states = rig.audit()
        assert (found.in_step, states) == (found.listed, {})
        one = min(row.id for row in shop.shop.variations)
        shop.shop.variations.remove(one)
        assert rig.audit()[1] == {"deleted": [str(one)]}


@pytest.mark.parametrize("policy", get_args(Policy))
def test_an_import_whose_connector_tells_of_a_deletion_does_with_it_what_is_configured(
    store: Store, policy: Policy
) -> None:
    importer = Importer(store)
    importer.run(job_of(source=Script([orders(1, 2)])))
    source = Script([Page(orders(2).items, vanished=[Vanished("1"), Vanished("3")])])
    report = importer.run(job_of(f'deleted = "{policy}"\n', source=source))
    assert (report.outcome, report.tally.considered) == ("succeeded", 3)
    counts = {"keep": (0, 0), "mark": (1, 0), "quarantine": (0, 1)}
    assert (report.tally.counts["updated"], report.tally.counts["failed"]) == counts[policy]
    marked = [record["displayId"] for record in store.records("order") if MARK in record.get("customData", {})]
    assert marked == (["1"] if policy == "mark" else [])
    assert [entry.remote_id for entry in store.quarantine_list()] == (["1"] if policy == "quarantine" else [])


def test_without_room_for_its_sheet_an_audit_says_so() -> None:
    source = Script([Page([RemoteItem(str(number), None, b"") for number in range(5000)])])
    with Store.open("sqlite://") as empty, Sheet() as sheet:
        sheet._file.execute("PRAGMA max_page_count = 1")
        with pytest.raises(PermanentError, match=r"temporary file cannot be used .*full"):
            audit(Importer(empty), job_of(source=source), None, sheet)


def test_memory_stays_flat_however_many_records_there_are() -> None:
    def pages(count: int) -> Iterator[Page]:
        for start in range(0, count, 100):
            yield Page([RemoteItem(str(number), "2024-03-01T12:00:00Z", b"{}") for number in range(start, start + 100)])

    def peak(count: int) -> int:
        @dataclass
        class Listing(Script):
            def listing(self, record_type: str, since: datetime | None) -> Iterator[Page]:
                return pages(count)

        with Store.open("sqlite://") as empty, Sheet() as sheet:
            tracemalloc.start()
            found = audit(Importer(empty), job_of(source=Listing()), None, sheet)
            used = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert found.count("missing") == count
            return used

    peak(1_000)
    assert peak(20_000) < peak(2_000) + 500_000


def test_the_policies_are_those_of_the_configuration() -> None:
    for policy in get_args(Policy):
        assert job_of(f'deleted = "{policy}"\n').deleted == policy
    assert job_of().deleted == "keep"
