"""How the key is sent: signed over plain http, as a password over https, in the query where that gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from crossdock.config.remote import RemoteConfig
from crossdock.errors import PermanentError
from crossdock.remote import Session
from crossdock.testing.sandbox import Request, Response, SandboxOptions, SandboxServer
from crossdock_woocommerce.sandbox import goods, make_sandbox
from crossdock_woocommerce.source import WooSource
from tests.remote.servers import CERTIFICATE, use_tls
from tests.woocommerce.shops import ids_of, impatient, open_shop, settings_for


class Behind:
    """The shop behind a web server that speaks TLS, keeps its answers, and may drop the Authorization header."""

    def __init__(self, *, drops_header: bool) -> None:
        self.shop = make_sandbox(SandboxOptions(records=30))
        self.settings = self.shop.settings
        self.asked: list[Request] = []
        self._drops_header = drops_header
        self._kept: dict[object, Response] = {}

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        headers = dict(request.headers)
        if self._drops_header:
            headers.pop("authorization", None)
        address = (request.path, request.query)
        if address not in self._kept:
            self._kept[address] = self.shop.handle(replace(request, headers=headers, secure=True))
        return self._kept[address]


@contextmanager
def https_shop(*, drops_header: bool = False, **settings: object) -> Iterator[tuple[Behind, WooSource]]:
    behind = Behind(drops_header=drops_header)
    server = SandboxServer(behind)
    url = use_tls(server)
    with server, Session(RemoteConfig(ca_bundle=CERTIFICATE, retries=0), timing=impatient()) as session:
        yield behind, WooSource(settings_for(server, **{"url": url, "page_size": 20, **settings}), session)
        assert server.errors == []


def test_over_plain_http_every_request_is_signed_and_the_secret_stays_here() -> None:
    with open_shop(records=60) as shop:
        seen: list[Request] = []
        shop.server.hooks.append(seen.append)
        assert len(ids_of(shop.read())) == 60
        for asked in seen:
            query = dict(asked.query)
            assert query["oauth_signature_method"] == "HMAC-SHA256"
            assert "authorization" not in asked.headers
            assert "cs_sandbox" not in str(asked)
        nonces = [dict(asked.query)["oauth_nonce"] for asked in seen]
        assert len(set(nonces)) == len(nonces)


def test_a_repeated_request_is_signed_anew() -> None:
    with open_shop(records=5) as shop:
        nonces: list[str] = []

        def busy_once(asked: Request, response: Response) -> Response:  # after the shop has taken note of the nonce
            nonces.append(dict(asked.query)["oauth_nonce"])
            return Response(503) if len(nonces) == 1 else response

        shop.server.after.append(busy_once)
        assert len(ids_of(shop.read())) == 5
        assert len(set(nonces)) == len(nonces) == 2


def test_a_redirected_request_is_signed_anew() -> None:
    with open_shop(records=5) as shop:

        def moved(asked: Request) -> Response | None:
            if not asked.path.startswith("/old"):
                return None
            query = "&".join(f"{name}={value}" for name, value in asked.query)
            return Response(301, b"", {"Location": f"{asked.path.removeprefix('/old')}?{query}"})

        shop.server.hooks.append(moved)
        assert len(ids_of(list(shop.reading(url=f"{shop.server.url}/old").read("order", None)))) == 5


def test_over_https_the_key_is_sent_as_user_and_password() -> None:
    with https_shop() as (behind, source):
        assert len(ids_of(list(source.read("order", None)))) == 30
        assert all(asked.headers["authorization"].startswith("Basic ") for asked in behind.asked)
        assert "ck_sandbox" not in str([asked.query for asked in behind.asked])


def test_a_server_that_drops_the_header_gets_the_key_in_the_query_from_then_on() -> None:
    with https_shop(drops_header=True) as (behind, source):
        assert len(ids_of(list(source.read("order", None)))) == 30
        ways = ["query" if "consumer_key" in dict(asked.query) else "header" for asked in behind.asked]
        assert ways[0] == "header"
        assert set(ways[1:]) == {"query"}
        assert all("authorization" not in asked.headers for asked in behind.asked[1:])


@pytest.mark.parametrize("auth", ["auto", "basic", "oauth1", "query"])
@pytest.mark.parametrize("record_type", ["order", "customer"])
def test_a_cache_in_front_of_the_shop_has_no_answer_to_what_is_asked(auth: str, record_type: str) -> None:
    with https_shop(auth=auth) as (behind, source):
        before = ids_of(list(source.read(record_type, None)))
        behind.shop.shop.create_order()
        goods.create_customer(behind.shop.shop, {"email": "ny@example.test"})
        assert len(ids_of(list(source.read(record_type, None)))) == len(before) + 1
        assert len({(asked.path, asked.query) for asked in behind.asked}) == len(behind.asked)


@pytest.mark.parametrize("auth", ["basic", "oauth1", "query"])
def test_a_way_can_be_demanded(auth: str) -> None:
    with https_shop(auth=auth) as (behind, source):
        assert source.check().endswith("lists 30 orders")
        (asked, *_) = behind.asked
        ways = {
            "basic": "authorization" in asked.headers,
            "oauth1": "oauth_signature" in dict(asked.query),
            "query": "consumer_secret" in dict(asked.query),
        }
        assert [way for way, taken in ways.items() if taken] == [auth]


@pytest.mark.parametrize("drops_header", [False, True])
def test_a_wrong_secret_is_named_whichever_way_it_is_sent(drops_header: bool) -> None:
    with https_shop(drops_header=drops_header, consumer_secret="cs_other") as (_, source):
        with pytest.raises(PermanentError, match="consumer_secret is wrong") as caught:
            source.check()
        assert "cs_other" not in str(caught.value)


def test_a_wrong_key_is_named_even_though_the_shop_only_says_that_it_sees_nobody() -> None:
    with https_shop(consumer_key="ck_other") as (_, source), pytest.raises(PermanentError, match="this consumer_key"):
        source.check()
