"""Links between records are found from both ends, and wait for an end that is not there yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crossdock.records import Working
from crossdock.store import Linked, Store
from crossdock.store.flows.links import LinkFollower
from tests.store.shop import ERP, ERP_API, LATER, OPERATOR, SHOP, incoming, local_id, order, write

LATEST, LAST = "2024-03-03T14:09:29Z", "2024-03-03T14:09:30Z"


@pytest.fixture
def linking(url: str) -> Iterator[Store]:
    with Store.open(url, followers=(LinkFollower(),)) as store:
        yield store


def to(remote_id: str, owner: str = SHOP, record_type: str = "order") -> Working:
    return {"recordType": record_type, "connectionId": owner, "remoteId": remote_id}


def make(store: Store, record_type: str = "product", **fields: object) -> str:
    return store.write_record(OPERATOR, record_type, None, fields).local_id


def test_a_record_is_found_from_both_ends_of_a_link(linking: Store) -> None:
    target = make(linking, "order")
    product = make(linking, links=[{"recordType": "order", "localId": target}])
    assert linking.linked("product", product) == [Linked("order", target, "to")]
    assert linking.linked("order", target) == [Linked("product", product, "from")]


def test_a_link_by_remote_id_finds_a_record_that_is_there(linking: Store) -> None:
    write(linking, incoming(order("7\x00\\")))
    product = make(linking, links=[to("7\x00\\")])
    assert linking.linked("product", product) == [Linked("order", local_id(linking, "7\x00\\"), "to")]


def test_a_link_by_remote_id_waits_for_a_record_that_is_imported_later(linking: Store) -> None:
    product = make(linking, links=[to("9"), to("7"), to("7", ERP)])
    assert linking.linked("product", product) == []
    write(linking, incoming(order("6")), incoming(order("7")))
    assert linking.linked("product", product) == [Linked("order", local_id(linking, "7"), "to")]
    assert linking.linked("order", local_id(linking, "6")) == []


def test_a_link_finds_a_record_to_which_a_connection_links_itself_later(linking: Store) -> None:
    product = make(linking, links=[to("A-1", ERP)])
    target = make(linking, "order")
    linking.write_record(ERP_API, "order", target, {"remoteIdMap": {ERP: "A-1"}})
    assert linking.linked("order", target) == [Linked("product", product, "from")]


def test_a_link_waits_again_when_its_other_end_is_deleted_or_unlinked(linking: Store) -> None:
    product = make(linking, links=[to("7")])
    write(linking, incoming(order("7")))
    linking.delete_record(OPERATOR, "order", local_id(linking, "7"))
    assert linking.linked("product", product) == []
    write(linking, incoming(order("7")))
    again = local_id(linking, "7")
    assert linking.linked("product", product) == [Linked("order", again, "to")]
    linking.write_record(OPERATOR, "order", again, {})
    assert linking.linked("product", product) == []


def test_a_link_to_a_deleted_record_leads_nowhere(linking: Store) -> None:
    target = make(linking, "order")
    product = make(linking, links=[{"recordType": "order", "localId": target}])
    linking.delete_record(OPERATOR, "order", target)
    assert linking.linked("product", product) == []


def test_links_that_change_or_go_are_forgotten(linking: Store) -> None:
    first, second = make(linking, "order"), make(linking, "order")
    product = make(linking, links=[{"recordType": "order", "localId": first}])
    linking.write_record(OPERATOR, "product", product, {"links": [{"recordType": "order", "localId": second}]})
    assert linking.linked("order", first) == []
    assert linking.linked("order", second) == [Linked("product", product, "from")]
    linking.delete_record(OPERATOR, "product", product)
    assert linking.linked("order", second) == []


def test_records_of_one_page_find_each_other(linking: Store) -> None:
    write(linking, incoming(order("1", links=[to("2")])), incoming(order("2", links=[to("1")])))
    one, two = local_id(linking, "1"), local_id(linking, "2")
    assert linking.linked("order", one) == [Linked("order", two, "to"), Linked("order", two, "from")]


def test_of_a_record_that_a_page_brings_twice_the_last_links_count(linking: Store) -> None:
    write(linking, incoming(order("1")), incoming(order("2")))
    for remote_id in ("3", "3", "4"):  # new, then known, then new
        first = incoming(order(remote_id, links=[to("1"), to("2")]))
        write(linking, first, incoming(order(remote_id, links=[to("2")]), LATER), incoming(order(remote_id), LATEST))
        assert linking.linked("order", local_id(linking, remote_id)) == []
    write(linking, incoming(order("3", links=[to("1")]), LAST), incoming(order("3", links=[to("2")]), LAST))
    assert linking.linked("order", local_id(linking, "3")) == [Linked("order", local_id(linking, "2"), "to")]
    assert linking.linked("order", local_id(linking, "1")) == []


def test_an_import_without_links_shows_nothing_to_its_follower(linking: Store) -> None:
    assert not LinkFollower().wants("order", order("1"), [])
    assert LinkFollower().wants("order", order("1", links=[to("2")]), [])
