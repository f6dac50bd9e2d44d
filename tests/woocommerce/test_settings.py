"""What a connection to a shop may be told."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from crossdock_woocommerce.settings import WooSettings

KEYS = {"consumer_key": SecretStr("ck_1"), "consumer_secret": SecretStr("cs_1")}


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("http://127.0.0.1:8080/shop/", "http://127.0.0.1:8080/shop"),
        ("https://shop.example/en/wp-json/wc/v3/orders", "https://shop.example/en"),  # pasted from a browser
        ("sandbox:", "sandbox:"),
    ],
)
def test_the_address_is_that_of_the_shop(written: str, url: str) -> None:
    assert WooSettings.model_validate({"url": written, **KEYS}).url == url


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"url": "shop.example"}, "such as https://shop.example"),
        ({"url": "ftp://shop.example"}, "such as https://shop.example"),
        ({"url": "https://[bad"}, "no address"),
        ({"url": "https://ck_1:cs_1@shop.example"}, "the key goes into consumer_key"),
        ({"url": "https://shop.example/?consumer_key=ck_1"}, "the key goes into consumer_key"),
        ({"url": "http://shop.example", "auth": "basic"}, "over https only"),
        ({"url": "http://shop.example", "auth": "query"}, "over https only"),
        ({"auth": "digest"}, "'auto', 'basic', 'oauth1' or 'query'"),
        ({"page_size": 101}, "less than or equal to 100"),
        ({"page_size": 1}, "greater than or equal to 2"),
        ({"url": "https://my shop.example"}, "a space cannot stand in one"),
        ({"url": "sandbox:shop"}, "begins with neither https:// nor http://"),
        ({"api_path": "/wp-json /wc/v3"}, "only a path"),
        ({"api_path": "https://shop.example/wp-json"}, "only a path"),
        ({"consumer_key": SecretStr("")}, "is empty"),
        ({"consumer_key": SecretStr("ck_1\ncs_1")}, "characters that no key has"),
        ({"consumer_secret": SecretStr("cs_é")}, "characters that no key has"),
        ({"consumer_keys": "x"}, "Extra inputs"),
    ],
)
def test_what_cannot_be_right_is_refused_with_a_hint(change: dict[str, object], hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WooSettings.model_validate({"url": "https://shop.example", **KEYS, **change})
    assert hint in str(caught.value)


def test_a_key_is_required_except_by_the_sandbox() -> None:
    with pytest.raises(ValidationError, match="consumer_secret"):
        WooSettings.model_validate({"url": "https://shop.example", "consumer_key": SecretStr("ck_1")})
    assert WooSettings.model_validate({"url": "sandbox:"}).consumer_key.get_secret_value()


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in WooSettings.model_fields.values())
