"""`check` tells the ways apart in which a shop can be out of reach, and what to do about each."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import requests
import responses

from crossdock.errors import PermanentError
from crossdock.plugins.connector import RemoteSession
from crossdock.remote import Session
from crossdock.testing.sandbox import Request, Response
from crossdock_woocommerce.settings import WooSettings
from crossdock_woocommerce.source import WooSource
from tests.woocommerce.shops import OpenShop, impatient, open_shop

Hook = Callable[[Request], Response | None]


def problem(shop: OpenShop, **settings: object) -> str:
    with pytest.raises(PermanentError) as caught:
        shop.reading(**settings).check()
    message = str(caught.value)
    for secret in shop.server.sandbox.settings.values():
        assert secret not in message
    return message


def test_a_shop_that_answers_is_named_with_its_orders() -> None:
    with open_shop(records=12) as shop:
        assert shop.source.check() == (
            f"'Sandbox shop' at {shop.server.url} (WooCommerce, version not told) lists 12 orders"
        )


def test_the_version_is_told_where_the_key_may_see_it() -> None:
    with open_shop(records=1) as shop:
        status = {"environment": {"version": "11.0.1"}}
        shop.server.hooks.append(lambda asked: Response.json(status) if "system_status" in asked.path else None)
        assert "(WooCommerce 11.0.1) lists 1 order" in shop.source.check()


def test_a_wrong_key_and_a_wrong_secret_and_no_permission_are_three_things() -> None:
    with open_shop() as shop:
        assert "does not know this consumer_key" in problem(shop, consumer_key="ck_other")
        wrong = problem(shop, consumer_secret="cs_other")
        assert "signs otherwise: consumer_secret is wrong (a lost one means a new key" in wrong
        assert "or the shop calls itself by another address: compare url with the Site Address" in wrong
        writing = {"consumer_key": "ck_sandbox_write", "consumer_secret": "cs_sandbox_write"}
        assert "the key may not read; give it the permission Read" in problem(shop, **writing)


def refusing(status: int, code: str, message: str) -> Hook:
    return lambda asked: Response.json({"code": code, "message": message}, status) if "wc/v3" in asked.path else None


def missing(asked: Request) -> Response:
    return Response.html("<title>Page not found</title>", 404)


def index(namespaces: list[str], at: str) -> Hook:
    """Answer as a WordPress whose REST API has its table of contents at an address, and nothing else."""

    def answer(asked: Request) -> Response | None:
        route = dict(asked.query).get("rest_route")
        if at == (f"/?rest_route={route}" if route else asked.path):
            return Response.json({"name": "Site", "namespaces": namespaces})
        return missing(asked) if "?" in at else Response.json({"code": "rest_no_route", "message": "No route"}, 404)

    return answer


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        (refusing(403, "woocommerce_rest_cannot_view", "Sorry"), "belongs to a user who may not see orders"),
        (refusing(403, "jwt_auth_bad_auth_header", "No."), "a plugin of the shop, .* \\(jwt_auth_bad_auth_header"),
        (refusing(401, "itsec_rest_api_access_restricted", "No."), "have it let through what goes to /wp-json/wc/v3"),
        (refusing(401, "invalid_username", "Unknown username."), "the shop does not know this consumer_key"),
        (refusing(401, "woocommerce_rest_authentication_error", "Invalid timestamp."), "clocks of this machine and"),
        (refusing(401, "woocommerce_rest_authentication_error", "Consumer key is invalid."), "not know this consumer"),
        (refusing(401, "woocommerce_rest_authentication_error", "Odd."), "the shop refuses the key"),
        (refusing(400, "rest_invalid_param", "Invalid parameter(s): order"), "does not understand the request"),
        (lambda _: Response.html("<title>Forbidden by WAF</title>", 403), "in front of .* 'Forbidden by WAF'"),
        (lambda _: Response.html("<h1>Authorization Required</h1>", 401), "another password before the shop"),
        (index(["wp/v2"], "/wp-json/"), "without WooCommerce's REST API; is the plugin WooCommerce active"),
        (index(["wp/v2", "wc/v3"], "/wp-json/"), "but not at the path /wp-json/wc/v3"),
        (index(["wp/v2"], "/?rest_route=/"), "another permalink structure than Plain"),
        (missing, "there is no WordPress at"),
        (lambda _: Response.html("<title>A blog</title>"), "'A blog'.* is no WooCommerce REST API, or a page"),
        (lambda _: Response.json({"hello": "world"}), "an object with 'hello' where a list of records should be"),
        (lambda _: Response(500, b""), "gave 500; the remote system failed; its own error log tells why"),
        (lambda _: Response(302, b"", {"Location": "https://www.shop.example/"}), "set the connection's url to https://www"),
    ],
)  # fmt: skip
def test_everything_else_is_told_apart(hook: Hook, told: str) -> None:
    with open_shop() as shop:
        shop.server.hooks.append(hook)
        with pytest.raises(PermanentError, match=told):
            shop.source.check()


def test_a_wrong_path_is_told_from_a_wrong_site() -> None:
    with open_shop() as shop:
        assert "but not at the path /wp-json/wc/v9" in problem(shop, api_path="/wp-json/wc/v9")
        assert "there is no WordPress at" in problem(shop, url=f"{shop.server.url}/blog")


def test_a_shop_that_does_not_run_is_unreachable() -> None:
    with open_shop() as shop:
        shop.server.close()
        assert "refuses the connection; check address and port" in problem(shop)


@responses.activate
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (requests.exceptions.ConnectTimeout(), "does not answer in time"),
        (requests.exceptions.SSLError("handshake"), "no TLS connection comes about"),
        (requests.exceptions.ReadTimeout(), "the remote system is slow"),
    ],
)
def test_an_unreachable_shop_is_a_permanent_error_for_a_person_who_waits(error: Exception, told: str) -> None:
    responses.get("https://shop.example/wp-json/wc/v3/orders", body=error)
    with Session(timing=impatient()) as session, pytest.raises(PermanentError, match=told):
        https_source(session).check()


def https_source(session: RemoteSession, **settings: object) -> WooSource:
    base = {"url": "https://shop.example", "consumer_key": "ck_1234567", "consumer_secret": "cs_1234567"}
    return WooSource(WooSettings.model_validate({**base, **settings}), session)


@responses.activate
def test_an_unknown_key_over_https_is_told_even_after_the_other_way_was_tried() -> None:
    refusal = json.dumps({"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources."})
    responses.get("https://shop.example/wp-json/wc/v3/orders", body=refusal, status=401)
    with Session(timing=impatient()) as session, pytest.raises(PermanentError) as caught:
        https_source(session).check()
    assert "does not know this consumer_key" in str(caught.value)
    assert 'try auth = "oauth1"' in str(caught.value)
    assert len(responses.calls) == 2


@responses.activate
def test_the_key_is_shown_to_the_api_only_for_wordpress_would_take_it_for_a_login() -> None:
    def index_for_nobody(asked: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if "Authorization" in asked.headers or "consumer_key" in str(asked.url):
            return 401, {}, json.dumps({"code": "invalid_username", "message": "Unknown username."})
        return 200, {}, json.dumps({"name": "Site", "namespaces": ["wc/v3"]})

    responses.add_callback("GET", "https://shop.example/wp-json/", index_for_nobody)
    responses.get("https://shop.example/wp-json/wc/v3/orders", body="[]", headers={"X-WP-Total": "0"})
    responses.get("https://shop.example/wp-json/wc/v3/system_status", status=403)
    missing = json.dumps({"code": "rest_no_route", "message": "No route was found"})
    responses.get("https://shop.example/wp-json/wc/v9/orders", body=missing, status=404)
    with Session(timing=impatient()) as session:
        assert https_source(session).check().startswith("'Site' at https://shop.example")
        with pytest.raises(PermanentError, match="but not at the path /wp-json/wc/v9"):
            https_source(session, api_path="/wp-json/wc/v9").check()
    for call in responses.calls:
        assert ("Authorization" in call.request.headers) == ("/wc/" in str(call.request.url))
