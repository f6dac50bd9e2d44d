"""Whatever a shop answers, the program repeats, puts aside, or stops with a message that says what to do."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crossdock.testing.sandbox import DropConnection, Request, Response

from .conftest import Liar, Lie

BUSY = {"Retry-After": "1"}


def body(change: Callable[[bytes], bytes]) -> Lie:
    return lambda _, response: replace(response, body=change(response.body))


def hang_up(_: Request, __: Response) -> Response:
    raise DropConnection


def sleep(_: Request, response: Response) -> Response:
    time.sleep(0.8)
    return response


# What lasts: the trouble, and what is told. PASSING may be over when it is asked again.
STOPPING: dict[str, tuple[Lie, str]] = {
    "401": (lambda *_: Response.json({"code": "woocommerce_rest_cannot_view", "message": "No."}, 401),
            "gave 401, woocommerce_rest_cannot_view: 'No.'; check the credentials"),
    "403": (lambda *_: Response.html("Blocked", 403), "gave 403: 'Blocked'; the credentials may not do this"),
    "404": (lambda *_: Response.html("Not found", 404), "gave 404: 'Not found'; check the connection's address"),
    "an error": (lambda *_: Response.json({"code": "e", "message": "m"}), "an error came where a list should be"),
    "an object": (lambda *_: Response.json({"orders": []}), "an object with 'orders' where a list of records"),
    "a redirect loop": (lambda asked, _: Response(302, b"", {"Location": asked.path}), "in circles"),
    "elsewhere": (lambda *_: Response(302, b"", {"Location": "https://login.example/"}), "which is another host"),
}  # fmt: skip
PASSING: dict[str, tuple[Lie, str]] = {
    "429": (lambda *_: Response(429, b"", BUSY), "gave 429; the remote system limits the rate; set rate_limit"),
    "500": (lambda *_: Response(500), "gave 500; the remote system failed; its own error log tells why"),
    "502": (lambda *_: Response.html("Bad gateway", 502), "gave 502: 'Bad gateway'"),
    "503": (lambda *_: Response(503), "gave 503; the remote system is overloaded or under maintenance"),
    "a page for people": (lambda *_: Response.html("<title>Log in</title>"), "a page for people came .*: 'Log in'"),
    "nothing": (lambda *_: Response(200), "the answer is empty"),
    "half a list": (body(lambda whole: whole[: len(whole) // 2]), "the page ends too early"),
    "half an answer": (lambda _, response: response.cut(len(response.body) // 2), "the answer ends too early"),
    "no answer": (hang_up, "closed without an answer"),
    "no answer in time": (sleep, "no answer in time; the remote system is slow, or raise read_timeout"),
}  # fmt: skip
ALL = STOPPING | PASSING


@pytest.mark.parametrize("name", ALL)
def test_a_trouble_that_lasts_stops_the_run_and_says_what_to_do(liar: Liar, name: str) -> None:
    lie, told = ALL[name]
    liar.lie(lie, after=1)
    result = liar("import", "--json")
    [report] = result.json
    assert (result.code, report["outcome"], liar.outcome()) == (3, "failed", "failed")
    assert report["created"] == report["considered"] == liar.stored() == 20  # the page before it stands
    [error] = report["sessionErrors"]
    assert re.search(f"GET http://127.0.0.1:.*/orders.*({told})", error), error
    assert "cs_sandbox" not in result.out + result.err
    liar.tell_the_truth()
    [report] = liar("import", "--json").json
    assert (report["outcome"], liar.stored()) == ("succeeded", 50)


@pytest.mark.parametrize("name", PASSING)
def test_a_trouble_that_passes_is_not_even_mentioned(liar: Liar, name: str) -> None:
    lie, _told = PASSING[name]
    liar.lie(lie, after=1, times=1)
    result = liar("import", "--json")
    assert (result.code, result.err, result.json[0]["created"]) == (0, "", 50)
    assert result.json[0]["sessionErrors"] == []


def test_for_people_the_message_stands_below_the_table(liar: Liar) -> None:
    liar.lie(STOPPING["401"][0])
    result = liar("import")
    assert result.code == 3
    assert result.lines[1].split()[:4] == ["shop", "order", "failed", "0"]
    assert result.lines[3] == "shop order"
    assert result.lines[4].startswith("  error: GET http://127.0.0.1:")
    assert result.lines[4].endswith("check the credentials of the connection")


def test_a_shop_that_says_when_to_come_back_is_obeyed(liar: Liar) -> None:
    liar.lie(lambda *_: Response(429, b"", BUSY), times=1)
    start = time.monotonic()
    assert liar("import").code == 0
    assert time.monotonic() - start >= 1


def test_a_shop_that_wants_to_be_left_alone_for_long_is_not_waited_for(liar: Liar) -> None:
    liar.lie(lambda *_: Response(429, b"", {"Retry-After": "3600"}))
    start = time.monotonic()
    result = liar("import")
    assert (result.code, liar.outcome()) == (3, "failed")
    assert time.monotonic() - start < 5
    assert "gave 429" in result.out


def test_a_shop_that_is_not_there_is_told(liar: Liar) -> None:
    liar.server.close()
    result = liar("import")
    assert (result.code, liar.outcome()) == (3, "failed")
    assert re.search(r"error: GET http://127\.0\.0\.1:\d+/.*refuses the connection; check address and port", result.out)


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_a_pager_without_end_is_left(liar: Liar, record_type: str) -> None:
    liar.configure(f"[connection.import.{record_type}]\n")
    kept: dict[str, Response] = {}
    liar.lie(lambda asked, response: kept.setdefault(asked.path, response))
    text = liar.program.folder / "plugins.toml"
    text.write_text(text.read_text("utf-8").replace("page_size = 20", "page_size = 5"), "utf-8")
    result = liar("import")
    assert (result.code, liar.outcome()) == (3, "failed")
    assert re.search(r"error: .*(has no end.* ignores|not sorted by id|a cache .* to blame)", result.out)
    assert len(liar.server.log) < 100


# One bad record among good ones

GOOD = 49


def spoiled(liar: Liar, spoil: Callable[[str, bytes], bytes]) -> str:
    """Change one order of the middle of the shop as it goes over the wire; returns its id."""
    rows = [row for row in liar.sandbox.shop.orders if row.status not in {"trash", "checkout-draft"}]
    victim = str(rows[25].id)

    def change(_: Request, response: Response) -> Response:
        return replace(response, body=spoil(victim, response.body))

    liar.lie(change)
    return victim


def head(victim: str) -> bytes:
    return b'{"id":%s,' % victim.encode()


def with_field(name: str, value: Any) -> Callable[[str, bytes], bytes]:
    def change(victim: str, whole: bytes) -> bytes:
        orders = json.loads(whole)
        changed = [order | {name: value} if str(order["id"]) == victim else order for order in orders]
        return json.dumps(changed, separators=(",", ":")).encode()

    return change


BAD: dict[str, tuple[Callable[[str, bytes], bytes], bool, str]] = {
    "no id": (lambda victim, whole: whole.replace(head(victim), b'{"ident":0,'), False, "the record has no 'id'"),
    "an id that is none": (with_field("id", {}), False, "the record cannot be read"),
    "no JSON": (lambda victim, whole: whole.replace(head(victim), head(victim) + b","), True, "cannot be read"),
    "no text": (lambda victim, whole: whole.replace(head(victim), head(victim) + b'"x":"\xff",'), True, "utf-8|UTF-8"),
    "money that does not add up": (with_field("total", "99999.00"), True, "99999.00"),
    "rows that are none": (with_field("line_items", "none"), True, "the rows add up to 0.00"),
    "a row that is none": (with_field("line_items", [7]), True, "line_items|rows"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_one_bad_record_waits_in_quarantine_and_the_others_are_imported(liar: Liar, name: str) -> None:
    spoil, identified, told = BAD[name]
    victim = spoiled(liar, spoil)
    result = liar("import", "--json")
    [report] = result.json
    assert (result.code, report["outcome"], liar.outcome()) == (1, "succeeded", "succeeded")
    assert (report["considered"], report["created"], report["failed"]) == (50, GOOD, 1)
    with liar.program.store() as store:
        [entry] = store.quarantine_list()
        found = {record["displayId"] for record in store.records("order")}
    assert entry.remote_id == (victim if identified else None)
    assert re.search(told, entry.error), entry.error
    assert len(found) == GOOD
    told_to_people = liar("import", "--full").lines
    assert any(line.startswith("  1 failed and waits in quarantine") for line in told_to_people), told_to_people


@pytest.mark.parametrize("name", [name for name, (_spoil, identified, _told) in BAD.items() if identified])
def test_a_bad_record_that_gets_well_is_imported_and_leaves_the_quarantine(liar: Liar, name: str) -> None:
    spoiled(liar, BAD[name][0])
    assert liar("import").code == 1
    liar.tell_the_truth()
    [report] = liar("import", "--full", "--json").json
    assert (report["created"], report["unchanged"]) == (1, GOOD)
    assert liar("quarantine", "list", "--json").json == []


STRANGE: dict[str, tuple[Any, str, str]] = {
    "status": ("a-plugins-own", "orderStatus", "'a-plugins-own' is none of WooCommerce's own"),
    "currency": ("euros", "currency", "currency: 'euros' is "),
    "billing": ({"country": "UK"}, "billingAddress", "billingAddress.countryCode: 'UK' is "),
    "date_paid_gmt": ("soon", "paidAt", "'soon' is no ISO 8601 date-time"),
    "total": ("a lot", "totals.totalInclVat", "totals.totalInclVat cannot hold 'a lot'"),
    "number": ({"a": "b"}, "displayId", "displayId cannot hold {'a': 'b'}"),
    "meta_data": ("none", "meta_data", ""),
    "a_plugins_own": ({"a": [1, 2]}, "a_plugins_own", ""),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_value_never_becomes_a_wrong_field_and_is_never_lost(liar: Liar, name: str) -> None:
    value, field, told = STRANGE[name]
    victim = spoiled(liar, with_field(name, value))
    [report] = liar("import", "--prove", "--json").json
    assert (report["considered"], report["created"], report["proved"]) == (50, 50, 50)
    with liar.program.store() as store:
        [record] = [one for one in store.records("order") if victim in one["remoteIdMap"].values()]
    holder, _, inner = field.rpartition(".")
    assert inner not in (record[holder] if holder else record)
    kept = {entry["key"]: entry["value"] for entry in record["customData"].values()}
    assert kept["billing.country" if name == "billing" else name] == ("UK" if name == "billing" else value)
    assert not told or any(told in warning["message"] for warning in report["warnings"])
