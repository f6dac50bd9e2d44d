"""Compressed payloads: readable whatever dictionaries come, and nothing of one person in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st
from zstandard import get_frame_parameters

from crossdock.store import Quarantined, Store
from crossdock.store.imports.compression import FEWEST_SAMPLES, Compression, MissingDictionaryError, make_dictionary
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import migrate
from tests.databases import Slate, run_sql
from tests.store.shop import CONFIG, ERP, SHOP, incoming, order, write

PAGE = 2 * FEWEST_SAMPLES


def payload(number: int) -> bytes:
    """A payload like those of a shop: the same names everywhere, and a person of its own."""
    fields = ",".join(f'"a_rather_long_name_{field}":"value {field * number % 7}"' for field in range(60))
    return f'{{"id":{number},"email":"person{number}@example.test",{fields}}}'.encode()


@pytest.fixture
def migrated(url: str) -> Iterator[Database]:
    opened = Database(url, create=True)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def compression(migrated: Database) -> Compression:
    return Compression(migrated)


def dictionary_of(packed: bytes) -> int:
    return get_frame_parameters(packed).dict_id


def write_payloads(store: Store, numbers: range) -> None:
    write(store, *(incoming(order(str(number)), payload=payload(number)) for number in numbers))


def test_what_was_stored_before_with_and_after_a_dictionary_reads_back(url: str) -> None:
    with Store.open(url) as store:
        write_payloads(store, range(3))
        write_payloads(store, range(3, 3 + PAGE))
    with Store.open(url) as store:
        write_payloads(store, range(3 + PAGE, 6 + PAGE))
    with Store.open(url) as store:
        read = {found.remote_id: found.payload for found in store.payloads(SHOP, "order")}
        assert read == {str(number): payload(number) for number in range(6 + PAGE)}
        one = store.payload(SHOP, "order", str(5 + PAGE))
        assert one is not None
        assert one.payload == payload(5 + PAGE)


def test_a_dictionary_is_made_once_and_serves_the_next_program(migrated: Database) -> None:
    first = Compression(migrated)
    small = first.pack(SHOP, "order", [payload(1)])
    page = first.pack(SHOP, "order", [payload(number) for number in range(PAGE)])
    later = Compression(migrated).pack(SHOP, "order", [payload(1)])
    another_page = Compression(migrated).pack(SHOP, "order", [payload(number) for number in range(PAGE, 2 * PAGE)])
    assert dictionary_of(small[0]) == 0
    assert {dictionary_of(packed) for packed in page + later + another_page} == {dictionary_of(later[0])} != {0}
    assert len(later[0]) < len(small[0])


def test_each_connection_and_record_type_has_a_dictionary_of_its_own(compression: Compression) -> None:
    orders = compression.pack(SHOP, "order", [payload(number) for number in range(PAGE)])
    products = compression.pack(SHOP, "product", [b'{"sku":"x",' + payload(number)[1:] for number in range(PAGE)])
    others = compression.pack(ERP, "order", [b'{"no":1,' + payload(number)[1:] for number in range(PAGE)])
    assert len({dictionary_of(orders[0]), dictionary_of(products[0]), dictionary_of(others[0])}) == 3


def test_two_connections_with_the_same_payloads_share_one(migrated: Database) -> None:
    page = [payload(number) for number in range(PAGE)]
    one, two = Compression(migrated).pack(SHOP, "order", page), Compression(migrated).pack(ERP, "order", page)
    assert dictionary_of(one[0]) == dictionary_of(two[0]) != 0
    assert [Compression(migrated).unpack(packed) for packed in two[:2]] == page[:2]


def test_a_dictionary_holds_nothing_about_one_person() -> None:
    made = make_dictionary([payload(number) for number in range(PAGE)])
    assert made is not None
    assert b"a_rather_long_name_7" in made.as_bytes()
    assert b"@example.test" not in made.as_bytes()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param([b"{}"] * PAGE, id="too short"),
        pytest.param([b""] * PAGE, id="empty"),
        pytest.param([f"{number:0100d}".encode() for number in range(PAGE)], id="nothing in common"),
    ],
)
def test_a_page_that_gives_no_dictionary_is_kept_without(compression: Compression, page: list[bytes]) -> None:
    packed = compression.pack(SHOP, "order", page)
    assert {dictionary_of(one) for one in packed} == {0}
    assert [compression.unpack(one) for one in packed] == page


@given(payloads=st.lists(st.binary(max_size=300)))
def test_any_bytes_come_back_in_their_order(slate: Slate, payloads: list[bytes]) -> None:
    with slate.store():
        compression = Compression(slate.database)
    compression.pack(SHOP, "order", [payload(number) for number in range(PAGE)])
    packed = compression.pack(SHOP, "order", [None, *payloads])
    assert packed[0] == b""
    assert [compression.unpack(one) for one in packed[1:]] == payloads


def test_a_payload_in_quarantine_reads_back_too(store: Store) -> None:
    write_payloads(store, range(PAGE))
    write(store, Quarantined("1", payload(1), "no good", "RecordError", "map", CONFIG))
    [entry] = store.quarantine_list()
    shown = store.quarantine_show(entry.quarantine_id)
    assert shown is not None
    assert shown[1] == payload(1)


def test_a_lost_dictionary_is_named(url: str) -> None:
    with Store.open(url) as store:
        write_payloads(store, range(PAGE))
    run_sql(url, "DELETE FROM dictionaries")
    with Store.open(url) as store, pytest.raises(MissingDictionaryError, match=r"has lost dictionary [0-9]+"):
        store.payload(SHOP, "order", "1")
