"""The sandbox lets in whom the measured shop lets in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256
from requests_oauthlib import OAuth1

from crossdock.testing.sandbox import SandboxOptions
from crossdock_woocommerce.sandbox import KEYS
from crossdock_woocommerce.sandbox.auth import Key

from .shop_client import API, TLS, Shop, running

BOTH, READ, WRITE = KEYS
NONCES = itertools.count(1)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A shop whose clock stands at noon."""
    with running(SandboxOptions(records=3)) as found:
        yield found


def sign(shop: Shop, key: Key = BOTH, *, late: float = 0, **options: Any) -> OAuth1:
    """Sign for the clock of the shop, which is not ours."""
    options.setdefault("nonce", f"nonce{next(NONCES)}")
    return OAuth1(key.key, key.secret, timestamp=str(int(shop.clock().timestamp() + late)), **options)


def plain(shop: Shop, auth: Any = None, path: str = "/orders", method: str = "GET", **arguments: Any) -> Any:
    return shop.session.request(method, shop.server.url + API + path, auth=auth, timeout=5, **arguments)


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert body["data"]["status"] == answer.status_code
    return answer.status_code, body["code"], body["message"]


STRANGER = (401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
FAILED = "woocommerce_rest_authentication_error"


class TestOverHttps:
    def test_basic_and_keys_in_the_query_work(self, shop: Shop) -> None:
        assert shop.get("/orders").status_code == 200
        keys = {"consumer_key": BOTH.key, "consumer_secret": BOTH.secret}
        assert shop.call("GET", "/orders", auth=None, params=keys).status_code == 200

    def test_outside_the_shop_a_key_is_a_login_that_wordpress_does_not_know(self, shop: Shop) -> None:
        index = f"{shop.server.url}/wp-json/"
        answer = shop.session.get(index, auth=(BOTH.key, BOTH.secret), headers=TLS, timeout=5)
        assert refusal(answer)[:2] == (401, "invalid_username")
        assert shop.session.get(index, headers=TLS, timeout=5).json()["namespaces"]

    def test_a_wrong_secret_is_called_that(self, shop: Shop) -> None:
        answer = shop.call("GET", "/orders", Key(BOTH.key, "cs_wrong"))
        assert refusal(answer) == (401, FAILED, "Consumer secret is invalid.")

    def test_an_unknown_key_is_a_stranger(self, shop: Shop) -> None:
        assert refusal(shop.call("GET", "/orders", Key("ck_unknown", "cs"))) == STRANGER

    def test_broken_basic_is_a_stranger(self, shop: Shop) -> None:
        for header in ("Basic !!!", "Basic /w==", "Bearer x"):
            assert refusal(shop.call("GET", "/orders", auth=None, headers={"Authorization": header})) == STRANGER

    def test_oauth_works_there_too(self, shop: Shop) -> None:
        # the address that was signed is the one the shop knows: https
        prepared = requests.Request(
            "GET", shop.server.url.replace("http:", "https:") + API + "/orders", auth=sign(shop)
        ).prepare()
        assert prepared.url is not None
        signed: str | bytes = prepared.headers["Authorization"]
        headers = {**TLS, "Authorization": signed.decode() if isinstance(signed, bytes) else signed}
        answer = shop.session.get(prepared.url.replace("https:", "http:"), headers=headers, timeout=5)
        assert answer.status_code == 200


class TestOverPlainHttp:
    def test_basic_does_not_work(self, shop: Shop) -> None:
        assert refusal(plain(shop, (BOTH.key, BOTH.secret))) == STRANGER

    def test_keys_in_the_query_do_not_work(self, shop: Shop) -> None:
        keys = {"consumer_key": BOTH.key, "consumer_secret": BOTH.secret}
        assert refusal(plain(shop, params=keys)) == STRANGER

    @pytest.mark.parametrize("method", [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256])
    @pytest.mark.parametrize("place", ["query", "auth_header"])
    def test_oauth_works_in_query_and_header(self, shop: Shop, method: str, place: str) -> None:
        params = {"status": "completed,shipped", "modified_after": "2020-01-01T00:00:00+00:00", "_fields": "id"}
        auth = sign(shop, signature_method=method, signature_type=place)
        assert plain(shop, auth, params=params).status_code == 200

    def test_oauth_signs_writes_with_a_json_body(self, shop: Shop) -> None:
        answer = plain(shop, sign(shop), "/orders/999", "PUT", json={"status": "completed"})
        assert answer.status_code == 400  # it got as far as the unknown order

    def test_a_wrong_secret_makes_a_wrong_signature(self, shop: Shop) -> None:
        answer = plain(shop, sign(shop, Key(BOTH.key, "cs_wrong")))
        assert refusal(answer) == (401, FAILED, "Invalid signature - provided signature does not match.")

    def test_an_unknown_key_is_called_that(self, shop: Shop) -> None:
        assert refusal(plain(shop, sign(shop, Key("ck_unknown", "cs")))) == (401, FAILED, "Consumer key is invalid.")

    def test_a_signed_list_parameter_never_matches(self, shop: Shop) -> None:
        answer = plain(shop, sign(shop, signature_type="query"), params={"status[]": "completed"})
        assert refusal(answer)[2] == "Invalid signature - provided signature does not match."

    def test_another_signature_method_is_refused(self, shop: Shop) -> None:
        answer = plain(shop, sign(shop, signature_method="PLAINTEXT"))
        assert refusal(answer)[2] == "Invalid signature - signature method is invalid."

    def test_what_is_missing_is_listed(self, shop: Shop) -> None:
        answer = plain(shop, params={"oauth_consumer_key": BOTH.key, "oauth_nonce": "x"})
        assert refusal(answer) == (
            401,
            "woocommerce_rest_authentication_missing_parameter",
            "Missing OAuth parameters oauth_timestamp, oauth_signature, oauth_signature_method",
        )

    @pytest.mark.parametrize(("late", "status"), [(-901, 401), (-899, 200), (899, 200), (901, 401)])
    def test_a_clock_may_be_off_by_a_quarter_of_an_hour(self, shop: Shop, late: float, status: int) -> None:
        answer = plain(shop, sign(shop, late=late))
        assert answer.status_code == status
        if status == 401:
            assert refusal(answer)[2] == "Invalid timestamp."

    def test_a_nonce_counts_once(self, shop: Shop) -> None:
        assert plain(shop, sign(shop, nonce="same")).status_code == 200
        again = plain(shop, sign(shop, nonce="same"))
        assert refusal(again) == (401, FAILED, "Invalid nonce - nonce has already been used.")
        assert plain(shop, sign(shop, READ, nonce="same")).status_code == 200  # another key's nonces are its own


class TestPermissions:
    def test_a_key_that_only_writes_cannot_read(self, shop: Shop) -> None:
        answer = shop.call("GET", "/orders", WRITE)
        assert refusal(answer) == (401, FAILED, "The API key provided does not have read permissions.")

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_a_key_that_only_reads_cannot_write(self, shop: Shop, method: str) -> None:
        answer = shop.call(method, f"/orders/{shop.ids()[0]}", READ, json={})
        assert refusal(answer) == (401, FAILED, "The API key provided does not have write permissions.")

    @pytest.mark.parametrize(
        ("method", "path", "code"),
        [
            ("GET", "/orders", "woocommerce_rest_cannot_view"),
            ("GET", "/orders/1008", "woocommerce_rest_cannot_view"),
            ("POST", "/orders", "woocommerce_rest_cannot_create"),
            ("PUT", "/orders/1008", "woocommerce_rest_cannot_edit"),
            ("DELETE", "/orders/1008", "woocommerce_rest_cannot_delete"),
            ("POST", "/orders/batch", "woocommerce_rest_cannot_batch"),
        ],
    )
    def test_a_stranger_is_told_what_he_may_not(self, shop: Shop, method: str, path: str, code: str) -> None:
        assert refusal(plain(shop, path=path, method=method, json={}))[1] == code
