"""One page of records, one record: what a connector gets, and what becomes of answers that are neither."""

from __future__ import annotations

import pytest

from crossdock import PermanentError, RecordError, RefusedError, fetch_page, fetch_record
from crossdock.testing.sandbox import Response
from tests.remote.servers import scene

ORDER = {"id": 7, "changed": "2024-03-01T12:00:00", "total": "1.10"}


def test_a_page_is_cut_into_its_records_and_knows_the_remotes_clock() -> None:
    with scene(Response.json([ORDER])) as world:
        batch = fetch_page(world.session, "orders", {"page": "2"}, modified_field="changed")
        assert world.asked[0].query == (("page", "2"),)
    assert [(item.remote_id, item.modified) for item in batch.items] == [("7", "2024-03-01T12:00:00Z")]
    assert batch.clock is not None


@pytest.mark.parametrize(("told", "total"), [("12", 12), ("many", None), ("", None), ("-3", None), ("9" * 5000, None)])
def test_a_header_may_say_how_many_records_there_are(told: str, total: int | None) -> None:
    with scene(Response.json([ORDER], headers={"X-Total": told})) as world:
        assert fetch_page(world.session, "orders", total_header="X-Total").total == total
        assert fetch_page(world.session, "orders").total is None


def test_the_list_may_stand_inside_an_object() -> None:
    with scene(Response.json({"data": [ORDER], "next": None})) as world:
        batch = fetch_page(world.session, "orders", list_field="data", modified_field="changed")
    assert [item.remote_id for item in batch.items] == ["7"]


def test_a_page_that_ends_too_early_is_asked_for_again() -> None:
    whole = Response.json([ORDER, ORDER])
    with scene(Response(200, whole.body[:20]), whole) as world:
        assert fetch_page(world.session, "orders").count == 2


def test_an_error_in_place_of_a_list_is_told() -> None:
    answer = Response.json({"code": "closed", "message": "the till is closed"})
    with scene(answer) as world, pytest.raises(PermanentError, match="the till is closed"):
        fetch_page(world.session, "orders")


def test_a_record_comes_byte_for_byte() -> None:
    with scene(Response(200, b' {"no": "K-7",  "total": 1.10}\n')) as world:
        item = fetch_record(world.session, "orders/K-7", "K-7", id_field="no")
    assert (item.remote_id, item.modified, item.raw) == ("K-7", None, b'{"no": "K-7",  "total": 1.10}')


@pytest.mark.parametrize(
    ("answer", "stage", "said"),
    [
        (Response.json({"message": "no such order"}, 404), "fetch", "has no record '7': .*no such order"),
        (Response.json({"total": "1.10"}), "parse", "record '7': the record has no 'id'"),
        (Response.json({"id": 8}), "fetch", "asked for record '7', the remote system gave '8'"),
    ],
)
def test_what_is_not_that_record_fails_alone(answer: Response, stage: str, said: str) -> None:
    with scene(answer) as world, pytest.raises(RecordError, match=said) as caught:
        fetch_record(world.session, "orders/7", "7")
    assert caught.value.stage == stage


def test_a_refusal_for_another_reason_stays_one() -> None:
    with scene(Response(403, b"{}")) as world, pytest.raises(RefusedError):
        fetch_record(world.session, "orders/7", "7")
