"""What goes wrong while a shop is read ends as a repetition, in quarantine, or as a stopped run that says why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from crossdock import GoneError
from crossdock.errors import PermanentError, RecordError, RetryableError
from crossdock.testing.sandbox import DropConnection, Request, Response
from tests.woocommerce.shops import ids_of, open_shop

After = Callable[[Request, Response], Response]


def broken(change: Callable[[bytes], bytes]) -> After:
    return lambda _, response: Response(response.status, change(response.body), response.headers)


def drop(_: Request, __: Response) -> Response:
    raise DropConnection


LASTING: list[tuple[str, After, type[Exception], str]] = [
    ("401", lambda *_: Response.json({"code": "x", "message": "No."}, 401), PermanentError, "gave 401, x: 'No.'"),
    ("403", lambda *_: Response.html("Blocked", 403), PermanentError, "gave 403: 'Blocked'; .* firewall"),
    ("404", lambda *_: Response.html("Not found", 404), PermanentError, "gave 404: .* check the connection's address"),
    ("429", lambda *_: Response(429), RetryableError, "gave 429; .* set rate_limit"),
    ("500", lambda *_: Response(500), RetryableError, "gave 500; the remote system failed"),
    ("503", lambda *_: Response(503), RetryableError, "gave 503; .* maintenance"),
    ("hangs up", drop, RetryableError, "closed without an answer"),
    ("html", lambda *_: Response.html("<title>Log in</title>"), RetryableError, "page for people .* 'Log in'"),
    ("empty", lambda *_: Response(200), RetryableError, "the answer is empty"),
    ("cut on the wire", lambda _, r: r.cut(len(r.body) // 2), RetryableError, "the answer ends too early"),
    ("cut by the shop", broken(lambda body: body[: len(body) // 2]), RetryableError, "the page ends too early"),
    ("object", lambda *_: Response.json({"code": "e", "message": "m"}), PermanentError, "an error came .* 'e': 'm'"),
    ("other object", lambda *_: Response.json({"orders": []}), PermanentError, "an object with 'orders' where a list"),
    ("redirect loop", lambda asked, _: Response(302, b"", {"Location": asked.path}), PermanentError, "in circles"),
]  # fmt: skip


@pytest.mark.parametrize(("after", "kind", "told"), [case[1:] for case in LASTING], ids=[case[0] for case in LASTING])
def test_a_trouble_that_lasts_stops_the_run_and_says_where_and_why(
    after: After, kind: type[Exception], told: str
) -> None:
    with open_shop(records=50) as shop:
        pages = shop.source.read("order", None)
        assert len(next(pages).items) == 20
        shop.server.after.append(after)
        with pytest.raises(kind, match=f"(?s)GET http://127.0.0.1:.*/orders.*{told}") as caught:
            next(pages)
        assert "cs_sandbox" not in str(caught.value)
        if kind is RetryableError:
            assert "given up after 3 tries" in str(caught.value)
        shop.server.after.clear()


PASSING = [case for case in LASTING if case[2] is RetryableError]


@pytest.mark.parametrize("after", [case[1] for case in PASSING], ids=[case[0] for case in PASSING])
def test_a_trouble_that_passes_costs_nothing(after: After) -> None:
    with open_shop(records=50) as shop:
        count = 0

        def now_and_then(asked: Request, response: Response) -> Response:
            nonlocal count
            count += 1
            return after(asked, response) if count % 2 else response

        shop.server.after.append(now_and_then)
        assert len(set(ids_of(shop.read()))) == 50


def test_a_payload_without_id_or_that_is_no_json_is_quarantined_and_the_rest_goes_on() -> None:
    with open_shop(records=50) as shop:
        victims = [str(row.id) for row in shop.shop.orders if row.status not in {"trash", "checkout-draft"}][:3]

        def spoil(body: bytes) -> bytes:
            body = body.replace(b'{"id":%s,' % victims[0].encode(), b'{"ident":0,')
            body = body.replace(b'{"id":%s,' % victims[1].encode(), b'{"id":%s,,' % victims[1].encode())
            return re.sub(rb'\{"id":%s,.{200}' % victims[2].encode(), b'{"id":%s,"x":"' % victims[2].encode(), body)

        shop.server.after.append(broken(spoil))
        pages = shop.read()
        pieces = [piece for page in pages for piece in page.broken]
        assert sorted(piece.remote_id or "" for piece in pieces) == ["", victims[1], victims[2]]
        assert "has no 'id'" in next(piece.reason for piece in pieces if piece.remote_id is None)
        assert len(set(ids_of(pages))) == len(ids_of(pages)) == 47
        assert not {*victims} & {*ids_of(pages)}


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_a_cache_that_ignores_the_query_stops_the_read(record_type: str) -> None:
    with open_shop(records=50, page_size=5) as shop:
        kept: dict[str, Response] = {}
        shop.server.after.append(lambda asked, response: kept.setdefault(asked.path, response))
        told = r"has no end.* ignores the|not sorted by id|a page with one record came.* a cache or a plugin"
        with pytest.raises((PermanentError, RetryableError), match=told):
            shop.read(record_type)


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
@pytest.mark.parametrize("cap", [2, 7, 19])
def test_a_server_that_caps_pages_costs_requests_but_no_records(record_type: str, cap: int) -> None:
    with open_shop(records=400) as shop:
        listed = sorted(ids_of(shop.read(record_type)))

        def capped(asked: Request) -> Response | None:
            pairs = [(name, value) for name, value in asked.query if name != "per_page" and "oauth" not in name]
            wanted = int(dict(asked.query)["per_page"])
            query = (*pairs, ("per_page", str(min(cap, wanted))))
            key = shop.server.sandbox.settings
            inner = replace(asked, query=(*query, *key.items()), secure=True)  # the shop sees https, so the key will do
            return shop.server.sandbox.handle(inner)

        shop.server.hooks.append(capped)
        assert sorted(ids_of(shop.read(record_type))) == listed


@pytest.mark.parametrize("record_type", ["order", "customer"])
def test_records_that_the_shop_counts_but_cannot_load_do_not_end_the_read(record_type: str) -> None:
    with open_shop(records=120) as shop:
        listed = ids_of(shop.read(record_type))
        lost = {*listed[3:5], *listed[18:20], listed[30], listed[-1]}

        def leave_out(_: Request, response: Response) -> Response:
            records = [record for record in json.loads(response.body) if str(record["id"]) not in lost]
            return Response.json(records, 200, {"X-WP-Total": response.headers["X-WP-Total"]})

        shop.server.after.append(leave_out)
        assert ids_of(shop.read(record_type)) == [identity for identity in listed if identity not in lost]


def test_orders_are_read_by_id_where_the_shop_does_not_sort_them_by_modification() -> None:
    with open_shop(records=70) as shop:

        def by_date(asked: Request, response: Response) -> Response:
            if dict(asked.query).get("orderby") != "modified":
                return response
            orders = sorted(json.loads(response.body), key=lambda order: order["id"] * 7919 % 101)
            return Response.json(orders, 200, {"X-WP-Total": response.headers["X-WP-Total"]})

        shop.server.after.append(by_date)
        pages = shop.read()
        assert len(set(ids_of(pages))) == len(ids_of(pages)) == 70
        assert pages[-1].cursor is not None


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (Response.json({"code": "shop_order_invalid_id", "message": "Invalid ID."}, 404), RecordError, "has no order"),
        (Response.json({"number": "1"}), RecordError, "has no 'id'"),
        (Response(200, b'{"id": 1000, "total": nope}'), RetryableError, "no JSON came"),
        (Response.html("<title>Hello</title>"), RetryableError, "'Hello'"),
        (Response.json({"code": "x", "message": "No."}, 401), PermanentError, "gave 401"),
        (Response.json({"id": 1004}), RecordError, "asked for order '1000', the shop gave '1004'"),
    ],
)  # fmt: skip
def test_fetching_one_record_fails_in_the_same_words(answer: Response, kind: type[Exception], told: str) -> None:
    with open_shop(records=3) as shop:
        shop.server.hooks.append(lambda _: answer)
        with pytest.raises(kind, match=told):
            shop.source.fetch("order", "1000")


def test_marks_that_a_plugin_leaves_before_each_answer_are_in_nobodys_way() -> None:
    with open_shop(records=5) as shop:
        shop.server.after.append(broken(lambda body: b"\n\xef\xbb\xbf\r\n\xef\xbb\xbf" + body))
        (first, *_) = ids_of(shop.read())
        assert shop.source.fetch("order", first).remote_id == first
        assert shop.source.check().startswith("'Sandbox shop'")
        with pytest.raises(GoneError):
            shop.source.fetch("order", "987654")


def test_a_record_type_it_does_not_have_is_named() -> None:
    with open_shop(records=1) as shop:
        for call in (lambda: shop.source.read("invoice", None), lambda: shop.source.fetch("invoice", "1")):
            with pytest.raises(PermanentError, match="no record type 'invoice'; it has order, product and customer"):
                call()
